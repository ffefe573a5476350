/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcap-filter(7) expressions: compiles and matches those of `bpf EXPRESSION` in
 * this process, and rewrites the text of any expression.
 */
#ifndef HBW_CAPTURE_EXPRESSION_H
#define HBW_CAPTURE_EXPRESSION_H

#include <stdbool.h>

#include "packet/capture.h"

struct capture_expression;

/*
 * Compiles an expression for received frames of a link type, so `inbound` is
 * true and `outbound` is false.  The expression matches frames with VLAN tags
 * and without them.  It is an error if it needs data that is not in the frame.
 * NULL on error, with one line in error[CAPTURE_ERROR_SIZE].  The caller frees
 * it with capture_expression_free.
 */
struct capture_expression *capture_expression_new(const char *expression,
	    int link_type, char *error);
void	 capture_expression_free(struct capture_expression *);
/*
 * Is the expression valid for some link type?  If not, the one line in
 * error[CAPTURE_ERROR_SIZE] is the error for Ethernet.
 */
bool	 capture_expression_valid(const char *expression, char *error);
/* The frame must have the link type of the expression. */
bool	 capture_expression_matches(const struct capture_expression *,
	    const struct capture_frame *);

/*
 * Rewrites an expression so that it also matches behind one or two VLAN tags.
 * The result is new memory that the caller frees; NULL when memory is
 * exhausted.  An expression that moves the offsets itself is copied unchanged.
 */
char	*capture_expression_through_vlan(const char *expression);

/*
 * True when the expression uses a keyword, such as `vlan`, that moves the
 * offsets of the terms after it.
 */
bool	 capture_expression_moves_offsets(const char *expression);

/*
 * True when the expression uses `ifindex`.  On `any` it needs a capture with
 * capture_add_ifindex.
 */
bool	 capture_expression_uses_ifindex(const char *expression);

#endif
