/* SPDX-License-Identifier: BSD-2-Clause */
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <pcap.h>

#include "packet/capture_split.h"

/* The offset of the type in the header of Ethernet. */
#define TYPE_OFFSET	12

/*
 * Changes an offset: for a group of sockets, the octets of a received frame
 * begin after the header of Ethernet; packet_rcv_fanout() of Linux.  The header
 * has offsets from SKF_LL_OFF.  The kernel has read the type already, and
 * SKF_AD_PROTOCOL is faster.  False if the instruction cannot be changed.
 */
static bool
move_offset(struct bpf_insn *i)
{
	int	 class = BPF_CLASS(i->code), mode = BPF_MODE(i->code);

	if ((class != BPF_LD && class != BPF_LDX) || mode == BPF_IMM ||
	    mode == BPF_MEM)
		return (true);
	if (mode == BPF_LEN)
		return (false);
	if (i->k >= (bpf_u_int32)SKF_LL_OFF)	/* such as the VLAN tag */
		return (mode == BPF_ABS);
	if (i->k >= ETH_HLEN)
		i->k -= ETH_HLEN;
	else if (mode == BPF_ABS && i->k == TYPE_OFFSET &&
	    BPF_SIZE(i->code) == BPF_H)
		i->k = (bpf_u_int32)(SKF_AD_OFF + SKF_AD_PROTOCOL);
	else if (mode == BPF_ABS || mode == BPF_IND)
		i->k += (bpf_u_int32)SKF_LL_OFF;
	else
		return (false);
	return (true);
}

/* Writes a copy of the filter that returns 1 for a frame that passes. */
static bool
write_copy(const struct bpf_program *filter, bool received,
    struct bpf_insn *copy)
{
	u_int	 n;

	memcpy(copy, filter->bf_insns, filter->bf_len * sizeof(*copy));
	for (n = 0; n < filter->bf_len; n++) {
		if (received && !move_offset(&copy[n]))
			return (false);
		if (BPF_CLASS(copy[n].code) != BPF_RET)
			continue;
		if (copy[n].code != (BPF_RET | BPF_K))
			return (false);
		copy[n].k = copy[n].k != 0;
	}
	return (true);
}

/* The octets of an outgoing frame begin with the header of Ethernet. */
struct bpf_insn *
capture_split_program(const struct bpf_program *filter, size_t *length)
{
	const struct bpf_insn	 begin[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (bpf_u_int32)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_JMP | BPF_JA, filter->bf_len),
	};
	const size_t		 n = sizeof(begin) / sizeof(begin[0]);
	struct bpf_insn		*program;

	*length = n + 2 * (size_t)filter->bf_len;
	if (*length > BPF_MAXINSNS)
		return (NULL);
	program = calloc(*length, sizeof(*program));
	if (program == NULL)
		return (NULL);
	memcpy(program, begin, sizeof(begin));
	if (write_copy(filter, true, program + n) &&
	    write_copy(filter, false, program + n + filter->bf_len))
		return (program);
	free(program);
	return (NULL);
}
