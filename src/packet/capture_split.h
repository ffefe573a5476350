/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program of the kernel that hands each frame of an Ethernet to only one of
 * two packet sockets.  Only capture.c uses it.
 */
#ifndef HBW_CAPTURE_SPLIT_H
#define HBW_CAPTURE_SPLIT_H

#include <stddef.h>

struct bpf_insn;
struct bpf_program;

/*
 * A program for PACKET_FANOUT_CBPF, packet(7): it returns 1 for a frame that
 * passes `filter`, a program for frames of Ethernet, else 0.  A program ends
 * with 0 when it reads beyond the end of the frame.  Sets the number
 * of instructions.  New memory that the caller frees.  NULL: memory is
 * exhausted, or there is no such program, for example because the filter uses
 * the length of the frame.
 */
struct bpf_insn *capture_split_program(const struct bpf_program *filter,
	    size_t *length);

#endif
