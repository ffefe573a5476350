/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header that libpcap writes for the device `any`.
 */
#ifndef HBW_PACKET_COOKED_H
#define HBW_PACKET_COOKED_H

#include "packet/packet_layers.h"

/* Decode a frame with version 1 or 2 of that header. */
enum packet_verdict packet_link_cooked(struct rest *, struct packet *);
enum packet_verdict packet_link_cooked2(struct rest *, struct packet *);
/* Skips such a header and the VLAN tags; *type is the EtherType after them. */
bool	 packet_cooked_type(struct rest *, bool version2, uint16_t *type);

#endif
