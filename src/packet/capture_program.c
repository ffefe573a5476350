/* SPDX-License-Identifier: BSD-2-Clause */
#include <linux/filter.h>
#include <linux/if_packet.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <pcap.h>

#include "packet/capture_program.h"
#include "packet/packet_layers.h"

#define FIELDS_MAX	3

/* A field of a link layer header that the kernel has read already. */
struct field {
	bpf_u_int32	 offset;
	int		 size;		/* BPF_W, BPF_H or BPF_B */
	int		 metadata;	/* SKF_AD_… */
};

/* A link layer header that is not before the octets of a frame. */
struct header {
	bpf_u_int32	 length;
	size_t		 nfields;
	struct field	 fields[FIELDS_MAX];
	bool		 made;		/* by libpcap, from the fields */
};

static const struct header	 ethernet = {
	.length = 14, .nfields = 1, .fields = {
		{ 12, BPF_H, SKF_AD_PROTOCOL },
	},
};
static const struct header	 cooked = {
	.length = 16, .made = true, .nfields = 2, .fields = {
		{ 0, BPF_H, SKF_AD_PKTTYPE },
		{ 14, BPF_H, SKF_AD_PROTOCOL },
	},
};
static const struct header	 cooked2 = {
	.length = 20, .made = true, .nfields = 3, .fields = {
		{ 0, BPF_H, SKF_AD_PROTOCOL },
		{ 4, BPF_W, SKF_AD_IFINDEX },
		{ 10, BPF_B, SKF_AD_PKTTYPE },
	},
};

static const struct field *
find_field(const struct header *h, const struct bpf_insn *i)
{
	size_t	 n;

	for (n = 0; n < h->nfields; n++)
		if (BPF_MODE(i->code) == BPF_ABS &&
		    i->k == h->fields[n].offset &&
		    BPF_SIZE(i->code) == h->fields[n].size)
			return (&h->fields[n]);
	return (NULL);
}

/*
 * Changes the offset of an instruction: the octets of a frame begin after the
 * header.  A real header has offsets from SKF_LL_OFF; metadata is faster.  For
 * a header that libpcap makes, the length of a frame stays the length without
 * it, as with pcap_setfilter().  False if the instruction cannot be changed.
 */
static bool
move_offset(struct bpf_insn *i, const struct header *h)
{
	const struct field	*field;
	int			 class = BPF_CLASS(i->code);
	int			 mode = BPF_MODE(i->code);

	if ((class != BPF_LD && class != BPF_LDX) || mode == BPF_IMM ||
	    mode == BPF_MEM)
		return (true);
	if (mode == BPF_LEN)
		return (h->made);
	if (i->k >= (bpf_u_int32)SKF_LL_OFF)	/* such as the VLAN tag */
		return (mode == BPF_ABS);
	field = find_field(h, i);
	if (i->k >= h->length)
		i->k -= h->length;
	else if (field != NULL)
		i->k = (bpf_u_int32)(SKF_AD_OFF + field->metadata);
	else if (!h->made && (mode == BPF_ABS || mode == BPF_IND))
		i->k += (bpf_u_int32)SKF_LL_OFF;
	else
		return (false);
	return (true);
}

static bool
move_offsets(struct bpf_insn *program, size_t length, const struct header *h)
{
	size_t	 n;

	for (n = 0; n < length; n++)
		if (!move_offset(&program[n], h))
			return (false);
	return (true);
}

struct bpf_insn *
capture_program_cooked(const struct bpf_program *filter, int link_type,
    size_t *length)
{
	struct bpf_insn	*program;

	*length = filter->bf_len;
	program = calloc(*length, sizeof(*program));
	if (program == NULL)
		return (NULL);
	memcpy(program, filter->bf_insns, *length * sizeof(*program));
	if (move_offsets(program, *length, link_type == LINK_COOKED2 ?
	    &cooked2 : &cooked))
		return (program);
	free(program);
	return (NULL);
}

/* Changes a program so that it returns 1 for a frame that passes. */
static bool
return_one(struct bpf_insn *program, size_t length)
{
	size_t	 n;

	for (n = 0; n < length; n++) {
		if (BPF_CLASS(program[n].code) != BPF_RET)
			continue;
		if (program[n].code != (BPF_RET | BPF_K))
			return (false);
		program[n].k = program[n].k != 0;
	}
	return (true);
}

/*
 * The octets of a received frame begin after the header of Ethernet, those of
 * an outgoing one with it; packet_rcv_fanout() of Linux.
 */
struct bpf_insn *
capture_program_split(const struct bpf_program *filter, size_t *length)
{
	const struct bpf_insn	 begin[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (bpf_u_int32)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_JMP | BPF_JA, filter->bf_len),
	};
	const size_t		 n = sizeof(begin) / sizeof(begin[0]);
	const size_t		 half = filter->bf_len;
	struct bpf_insn		*program;

	*length = n + 2 * half;
	if (*length > BPF_MAXINSNS)
		return (NULL);
	program = calloc(*length, sizeof(*program));
	if (program == NULL)
		return (NULL);
	memcpy(program, begin, sizeof(begin));
	memcpy(program + n, filter->bf_insns, half * sizeof(*program));
	memcpy(program + n + half, filter->bf_insns, half * sizeof(*program));
	if (move_offsets(program + n, half, &ethernet) &&
	    return_one(program + n, 2 * half))
		return (program);
	free(program);
	return (NULL);
}
