/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the frame or packet inside an encapsulation: MPLS (RFC 3032, RFC 4023),
 * GRE (RFC 2784, RFC 2890), IP in IP (RFC 2003, RFC 2473), VXLAN (RFC 7348),
 * Geneve (RFC 8926), ERSPAN types I to III (draft-foschiano-erspan-03), PBB
 * (IEEE 802.1ah), VN-Tag, and SNAP (RFC 1042).  Pure: no state, no I/O, no
 * allocation.
 */
#ifndef HBW_DECAPSULATE_H
#define HBW_DECAPSULATE_H

#include <stdbool.h>

#include "packet/capture.h"
#include "packet/packet.h"

/* The largest number of frames inside each other that callers look for. */
#define DECAPSULATE_DEPTH_MAX	8

/* The link types of inner frames, as packet_decode takes them. */
#define DECAPSULATE_ETHERNET	1
#define DECAPSULATE_IP		101	/* an IP packet without a link header */

/*
 * Makes *inner the frame that `outer` carries; it points into `outer` and has
 * its timestamp.  False when `outer` carries none, or when it is cut short.
 *
 * An Ethernet frame has its own VLAN tags.  An IP packet without a link header
 * may have tags too: those behind the header of GRE or Geneve, and those before
 * and behind VN-Tag or SNAP.  inner->vlan is their VLAN.  Without such tags it
 * is the VLAN of `outer`.  An IP packet has the MAC address of `outer`, too.
 *
 * False when `outer` is an IP packet that its receiver discards, because then
 * that does not decapsulate it.
 */
bool	 decapsulate_next(const struct capture_frame *outer,
	    struct capture_frame *inner);

/*
 * Calls packet_decode for a captured frame or one of decapsulate_next, and then
 * packet->vlan and packet->mac are right for both.
 */
static inline enum packet_verdict
decapsulate_decode(const struct capture_frame *frame, struct packet *packet)
{
	enum packet_verdict	 verdict;

	verdict = packet_decode(frame->link_type, frame->bytes,
	    frame->captured, frame->wire, packet);
	if (frame->link_type == DECAPSULATE_IP) {
		packet->vlan = frame->vlan;
		packet->mac = frame->mac;
	}
	return (verdict);
}

#endif
