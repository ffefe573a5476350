/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "diagnosis/diagnosis_frame.h"

/*
 * The terms in their order: addresses and errors, groups, DHCP, switches, and
 * TCP with SYN, FIN or RST or a TLS alert.
 */
const char diagnosis_control_filter[] =
    "(arp or (icmp and icmp[0] = 3) or "
    "(icmp6 and (ip6[40] < 5 or ip6[40] > 129)) or "
    "(ip6[6] = 0 and ip6[40] = 58) or igmp or "
    "udp dst port 67 or udp dst port 547 or "
    "stp or ether proto 0x88cc or ether proto 0x8809 or "
    "(tcp and (tcp[13] & 7 != 0 or "
    "tcp[((tcp[12] & 0xf0) >> 2):2] = 0x1503)) or "
    "(ip6[6] = 6 and (ip6[53] & 7 != 0 or "
    "ip6[(40 + ((ip6[52] & 0xf0) >> 2)):2] = 0x1503)))";

void
diagnosis_frame_decode(const struct diagnosis_bytes *b,
    struct diagnosis_frame *f)
{
	memset(f, 0, sizeof(*f));
	f->verdict = packet_decode(b->link_type, b->bytes, b->captured,
	    b->wire, &f->packet);
	f->sent_here = f->packet.sent_here;
}
