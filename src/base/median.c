/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/median.h"

#define HALF	(MEDIAN_VALUES / 2)

/*
 * The buckets are logarithmic: each power of two has 128 of them, and each
 * value below 128 has its own.
 */
static size_t
bucket_of(int64_t value)
{
	unsigned	 shift;

	if (value < 128)
		return ((size_t)value);
	shift = 63 - 7 - (unsigned)__builtin_clzll((uint64_t)value);
	return ((size_t)(shift + 1) * 128 + (size_t)(value >> shift) - 128);
}

/* The middle of a bucket. */
static int64_t
bucket_value(size_t bucket)
{
	unsigned	 shift;

	if (bucket < 128)
		return ((int64_t)bucket);
	shift = (unsigned)(bucket / 128 - 1);
	return ((int64_t)((((uint64_t)(bucket % 128 + 128) << 1) + 1) <<
	    shift >> 1));
}

static int
compare(const void *a, const void *b)
{
	int64_t	 x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y ? -1 : x > y);
}

static void
sort(int64_t *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
}

/* Rounded down; b is not less than a. */
static int64_t
mean(int64_t a, int64_t b)
{
	return (a + (b - a) / 2);
}

int64_t
median_of(int64_t *values, size_t n)
{
	sort(values, n);
	return (mean(values[(n - 1) / 2], values[n / 2]));
}

/*
 * Keeps the HALF of the MEDIAN_VALUES kept values that is nearest to the median
 * of all values.  The others are only counted.
 */
static bool
keep_half(struct median *m)
{
	uint64_t	 middle = (m->below + m->nkept + m->above) / 2;
	uint64_t	 first = 0;	/* position of the first to keep */
	size_t		 i;

	if (m->buckets == NULL) {
		m->buckets = calloc(MEDIAN_BUCKETS, sizeof(*m->buckets));
		if (m->buckets == NULL)
			return (false);
		for (i = 0; i < m->nkept; i++)
			m->buckets[bucket_of(m->kept[i])]++;
	}
	sort(m->kept, m->nkept);
	if (middle > m->below + HALF / 2)
		first = middle - (m->below + HALF / 2);
	if (first > HALF)
		first = HALF;
	m->below += first;
	m->above += HALF - first;
	m->nkept = HALF;
	memmove(m->kept, m->kept + first, HALF * sizeof(*m->kept));
	m->low = m->kept[0];
	m->high = m->kept[HALF - 1];
	return (true);
}

bool
median_add(struct median *m, int64_t value)
{
	if (m->nkept == MEDIAN_VALUES && !keep_half(m))
		return (false);
	if (m->buckets != NULL) {
		m->buckets[bucket_of(value)]++;
		if (value < m->low) {
			m->below++;
			return (true);
		}
		if (value > m->high) {
			m->above++;
			return (true);
		}
	}
	if (!array_reserve(&m->kept, &m->capacity, m->nkept + 1,
	    sizeof(*m->kept)))
		return (false);
	m->kept[m->nkept++] = value;
	return (true);
}

void
median_free(struct median *m)
{
	free(m->kept);
	free(m->buckets);
	*m = (struct median){ 0 };
}

/* The value with a rank, counted from 0.  The kept values must be sorted. */
static int64_t
ranked(const struct median *m, uint64_t rank)
{
	uint64_t	 n = 0;
	size_t		 i;

	if (rank >= m->below && rank < m->below + m->nkept)
		return (m->kept[rank - m->below]);
	for (i = 0; i < MEDIAN_BUCKETS - 1; i++) {
		n += m->buckets[i];
		if (n > rank)
			break;
	}
	return (bucket_value(i));
}

int64_t
median_value(struct median *m)
{
	uint64_t	 n = m->below + m->nkept + m->above;

	if (n == 0)
		return (-1);
	sort(m->kept, m->nkept);
	return (mean(ranked(m, (n - 1) / 2), ranked(m, n / 2)));
}
