/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of the kernel made from those of libpcap, whose offsets are those of
 * a whole frame.  Only capture.c uses them.
 *
 * Each function returns new memory that the caller frees, and sets the number
 * of instructions.  NULL: memory is exhausted, or there is no such program, for
 * example because the filter uses the length of the frame.
 */
#ifndef HBW_CAPTURE_PROGRAM_H
#define HBW_CAPTURE_PROGRAM_H

#include <stddef.h>

struct bpf_insn;
struct bpf_program;

/*
 * The same filter for a packet socket without link layer headers, SOCK_DGRAM in
 * packet(7).  `filter` is for frames of the link type, LINKTYPE_LINUX_SLL or
 * LINKTYPE_LINUX_SLL2: libpcap makes such headers from the data of the kernel.
 */
struct bpf_insn *capture_program_cooked(const struct bpf_program *filter,
	    int link_type, size_t *length);

/*
 * A program for PACKET_FANOUT_CBPF, packet(7): it returns 1 for a frame that
 * passes `filter`, a program for frames of Ethernet, else 0.  A program ends
 * with 0 when it reads beyond the end of the frame.
 */
struct bpf_insn *capture_program_split(const struct bpf_program *filter,
	    size_t *length);

#endif
