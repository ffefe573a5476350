/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/rank_set.h"

/* tree[i] is the number of members among the last low_bit(i) of the first i. */
static uint32_t
low_bit(uint32_t i)
{
	return (i & -i);
}

bool
rank_set_init(struct rank_set *set, uint32_t size)
{
	*set = (struct rank_set){
		.tree = calloc((size_t)size + 1, sizeof(*set->tree)),
		.size = size,
	};
	return (set->tree != NULL);
}

void
rank_set_free(struct rank_set *set)
{
	free(set->tree);
	*set = (struct rank_set){ 0 };
}

/* The number of members below `number`. */
static uint32_t
count_below(const struct rank_set *set, uint32_t number)
{
	uint32_t	 i, sum = 0;

	for (i = number; i > 0; i -= low_bit(i))
		sum += set->tree[i];
	return (sum);
}

void
rank_set_put(struct rank_set *set, uint32_t number, bool member)
{
	uint32_t	 change = member ? 1 : UINT32_MAX;	/* or -1 */
	uint32_t	 i;

	if ((count_below(set, number + 1) > count_below(set, number)) == member)
		return;
	for (i = number + 1; i <= set->size; i += low_bit(i))
		set->tree[i] += change;
	set->count += change;
}

uint32_t
rank_set_nth(const struct rank_set *set, uint32_t n)
{
	uint32_t	 position = 0, step = 1;

	while (step <= set->size / 2)
		step *= 2;
	for (; step > 0; step /= 2)
		if (position + step <= set->size &&
		    set->tree[position + step] <= n) {
			position += step;
			n -= set->tree[position];
		}
	return (position);
}
