/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers for filters of system calls (seccomp(2)), whose rules are tables.
 */
#ifndef HBW_CALL_FILTER_H
#define HBW_CALL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <seccomp.h>

/* A call that is allowed with these arguments only. */
struct call_filter_rule {
	int			 call;
	unsigned		 n;		/* compared arguments */
	struct scmp_arg_cmp	 arguments[3];
};

#define CALL_EQUAL(n, value)	\
	SCMP_CMP(n, SCMP_CMP_EQ, (scmp_datum_t)(value), 0)
#define CALL_HAS_BITS(n, mask, value)	\
	SCMP_CMP(n, SCMP_CMP_MASKED_EQ, mask, value)

/*
 * Begins a filter with the action for all calls without a rule; a call of
 * another architecture kills the process.  NULL on error (errno).
 */
scmp_filter_ctx call_filter_new(uint32_t action);
/* Sets the action for calls with all arguments.  False on error (errno). */
bool	 call_filter_add(scmp_filter_ctx, uint32_t action, const int *calls,
	    size_t n);
/* Allows calls with arguments.  False on error (errno). */
bool	 call_filter_allow(scmp_filter_ctx, const struct call_filter_rule *,
	    size_t n);
/*
 * Allows only these calls from now on; any other one kills the process.  False
 * on error (errno).
 */
bool	 call_filter_only(const int *calls, size_t ncalls,
	    const struct call_filter_rule *, size_t nrules);
/*
 * The filter takes effect for this process if `ok` is true; it is freed in any
 * case.  False if `ok` is false, or on error (errno).
 */
bool	 call_filter_load(scmp_filter_ctx, bool ok);

#endif
