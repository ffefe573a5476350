/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of numbers from 0 to size - 1 that finds its n-th smallest member, in
 * O(log size).  It is a binary indexed tree (Fenwick, "A new data structure for
 * cumulative frequency tables", 1994).
 */
#ifndef HBW_RANK_SET_H
#define HBW_RANK_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rank_set {
	uint32_t	*tree;		/* owned; from tree[1] on */
	uint32_t	 size;
	uint32_t	 count;		/* members */
};

/* Makes an empty set.  False when memory is exhausted. */
bool	 rank_set_init(struct rank_set *, uint32_t size);
void	 rank_set_free(struct rank_set *);

/* Adds a number below size to the set, or removes it. */
void	 rank_set_put(struct rank_set *, uint32_t number, bool member);

/* The member that has `n` smaller members; n is below count. */
uint32_t rank_set_nth(const struct rank_set *, uint32_t n);

#endif
