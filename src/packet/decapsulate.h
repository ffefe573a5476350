/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the frame or packet inside an encapsulation: MPLS (RFC 3032, RFC 4023),
 * GRE (RFC 2784, RFC 2890), IP in IP (RFC 2003, RFC 2473), VXLAN (RFC 7348),
 * Geneve (RFC 8926), ERSPAN types I to III, PBB (IEEE 802.1ah), VN-Tag, and
 * SNAP (RFC 1042).  Pure: no state, no I/O, no allocation.
 */
#ifndef HBW_DECAPSULATE_H
#define HBW_DECAPSULATE_H

#include <stdbool.h>

#include "packet/capture.h"
#include "packet/packet.h"

/* At most so many frames are looked for inside each other. */
#define DECAPSULATE_DEPTH_MAX	8

/* The link types of an inner frame, as packet_decode takes them. */
#define DECAPSULATE_ETHERNET	1
#define DECAPSULATE_IP		101	/* an IP packet without a link header */

/*
 * Makes *inner the frame that `outer` carries; it points into `outer` and has
 * its timestamp.  False when `outer` carries none, or when it is cut short.
 */
bool	 decapsulate_next(const struct capture_frame *outer,
	    struct capture_frame *inner);

/*
 * Call it for the packet of each frame, beginning with the outermost one and
 * *vlan = VLAN_NONE: an IP packet without a link header is in the VLAN of the
 * frame that carries it.
 */
static inline void
decapsulate_vlan(const struct capture_frame *frame, struct packet *packet,
    uint32_t *vlan)
{
	if (frame->link_type == DECAPSULATE_IP)
		packet->vlan = *vlan;
	*vlan = packet->vlan;
}

#endif
