/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/median.h"
#include "detect/detect_interval.h"

/*
 * Heartbeats come together if the interval between them is below this share of
 * the long intervals, or, until the interval is reliable, below TOGETHER_NS.
 */
#define TOGETHER_SHARE	4
#define TOGETHER_NS	(NSEC_PER_MSEC / 2)

int64_t
detect_interval_learned_ns(const struct detect_watch *w, size_t max)
{
	int64_t	 intervals_ns[DETECT_INTERVALS], together_ns, interval_ns;
	size_t	 n = 0, first = 0, i;

	for (i = 0; i < max; i++)
		if (w->intervals[i] != 0)
			intervals_ns[n++] = (w->intervals[i] - 1) *
			    DETECT_UNIT_NS;
	if (n == 0)
		return (0);
	interval_ns = median_of(intervals_ns, n);
	/*
	 * Up to three senders of a group may send together.  Then at least a
	 * third of the intervals, which are sorted now, are long.  The short
	 * ones are left out.
	 */
	together_ns = intervals_ns[(n - 1) * 3 / 4] / TOGETHER_SHARE;
	while (intervals_ns[first] < together_ns)
		first++;
	if (first > 0)
		interval_ns = median_of(intervals_ns + first, n - first);
	/* If the first two came together, the long interval is not known. */
	return (n < DETECT_LEARNED && interval_ns < TOGETHER_NS ? 0 :
	    interval_ns);
}

int64_t
detect_interval_shortest_ns(const struct detect_watch *w)
{
	uint32_t	 shortest = UINT32_MAX;
	size_t		 i;

	/* Minus 1, an entry that is not recorded is the greatest value. */
	for (i = 0; i < DETECT_INTERVALS; i++)
		if (w->intervals[i] - 1 < shortest)
			shortest = w->intervals[i] - 1;
	return (shortest * DETECT_UNIT_NS);
}
