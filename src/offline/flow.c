/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/median.h"
#include "base/mono.h"
#include "offline/flow.h"

/* So many intervals at least, before anything is called regular. */
#define INTERVALS_MIN	4
/* An interval that is so many times the median is an outage. */
#define OUTAGE		5

/* ---- counting */

/* The same numbers in each run. */
static uint32_t
next_random(struct flow *f)
{
	f->random = f->random * 1664525 + 1013904223;
	return (f->random >> 8);
}

/* Each beat so far has the same chance to be in the sample. */
static bool
sample_burst(struct flow *f, const struct flow_burst *burst)
{
	uint64_t	 at;

	if (f->nsample < FLOW_SAMPLE) {
		if (!array_reserve(&f->sample, &f->sample_capacity,
		    f->nsample + 1, sizeof(*f->sample)))
			return (false);
		f->sample[f->nsample++] = *burst;
		return (true);
	}
	at = next_random(f) % (f->bursts - 1);
	if (at < FLOW_SAMPLE)
		f->sample[at] = *burst;
	return (true);
}

static uint32_t
microseconds(int64_t ns)
{
	int64_t	 us = ns / NSEC_PER_USEC;

	return (us > UINT32_MAX ? UINT32_MAX : (uint32_t)us);
}

static uint32_t
cut(uint64_t n)
{
	return (n > UINT32_MAX ? UINT32_MAX : (uint32_t)n);
}

/* A beat begins, and another is complete. */
static bool
begin_burst(struct flow *f, struct wall_time timestamp)
{
	int64_t			 interval_ns = wall_sub(timestamp, f->burst);
	struct flow_burst	 burst = {
		.single_us = microseconds(interval_ns),
		.double_us = f->bursts < 2 ? 0 :
		    microseconds(wall_sub(timestamp, f->before)),
		.octets = cut(f->burst_octets),
		.packets = cut(f->burst_packets),
	};

	f->before = f->burst;
	f->burst = timestamp;
	f->burst_octets = f->burst_packets = 0;
	f->bursts++;
	if (f->bursts == 1)
		return (true);
	if (interval_ns > f->longest_ns)
		f->longest_ns = interval_ns;
	return (sample_burst(f, &burst));
}

static void
count_ports(struct flow *f, uint16_t port, uint16_t other_port)
{
	if (f->packets > 0 && other_port != f->other_port)
		f->port_changes++;
	if (other_port != port)
		f->other_ports = true;
	f->other_port = other_port;
}

bool
flow_count(struct flow *f, struct wall_time timestamp, size_t octets,
    uint16_t port, uint16_t other_port)
{
	bool	 begins, fine = true;

	if (f->packets > 0 && timestamp.ns < f->last.ns)
		timestamp = f->last;
	begins = f->packets == 0 || f->kind != FLOW_UNKNOWN ||
	    wall_sub(timestamp, f->last) >= FLOW_BURST_NS;
	if (begins)
		fine = begin_burst(f, timestamp);
	count_ports(f, port, other_port);
	if (f->packets == 0)
		f->first = timestamp;
	f->packets++;
	f->last = timestamp;
	f->burst_packets++;
	f->burst_octets += octets;
	return (fine);
}

void
flow_free(struct flow *f)
{
	free(f->sample);
	memset(f, 0, sizeof(*f));
}

/* ---- what the sample says */

struct values {
	double	 value[FLOW_SAMPLE];
	uint32_t n;
	double	 median;
	double	 deviation;	/* median of those from the median */
};

static double
single_us(const struct flow_burst *b)
{
	return (b->single_us);
}

static double
double_us(const struct flow_burst *b)
{
	return (b->double_us);
}

static double
octets(const struct flow_burst *b)
{
	return (b->octets);
}

static double
packets(const struct flow_burst *b)
{
	return (b->packets);
}

static int
compare(const void *a, const void *b)
{
	double	 x = *(const double *)a, y = *(const double *)b;

	return (x < y ? -1 : x > y);
}

static double
median(const double *values, uint32_t n)
{
	double	 sorted[FLOW_SAMPLE];

	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	return ((sorted[(n - 1) / 2] + sorted[n / 2]) / 2);
}

/* One of the numbers of each beat of the sample, where it is not 0. */
static void
take_values(const struct flow *f, double (*of)(const struct flow_burst *),
    struct values *v)
{
	double		 deviations[FLOW_SAMPLE];
	uint32_t	 i;

	v->n = 0;
	v->median = v->deviation = 0;
	for (i = 0; i < f->nsample; i++)
		if (of(&f->sample[i]) > 0)
			v->value[v->n++] = of(&f->sample[i]);
	if (v->n == 0)
		return;
	v->median = median(v->value, v->n);
	for (i = 0; i < v->n; i++)
		deviations[i] = fabs(v->value[i] - v->median);
	v->deviation = median(deviations, v->n);
}

/*
 * The share of the intervals that are near the median, or near twice or three
 * times that: one or two beats were lost.
 */
static double
steady_share(const struct values *v)
{
	uint32_t	 i, n = 0;
	double		 bursts;

	for (i = 0; i < v->n; i++) {
		bursts = round(v->value[i] / v->median);
		if (bursts >= 1 && bursts <= 3 && fabs(v->value[i] -
		    bursts * v->median) <= v->median / 4)
			n++;
	}
	return ((double)n / v->n);
}

static double
longest_regular(const struct values *v)
{
	uint32_t	 i;
	double		 longest = 0;

	for (i = 0; i < v->n; i++)
		if (v->value[i] <= OUTAGE * v->median && v->value[i] > longest)
			longest = v->value[i];
	return (longest);
}

/* ---- judging: each is 1 for what goes with a heartbeat, else less */

/* From 1 at `good` in a straight line to 0 at `bad`. */
static double
between(double value, double good, double bad)
{
	double	 share = (bad - value) / (bad - good);

	return (share < 0 ? 0 : share > 1 ? 1 : share);
}

/*
 * Random arrivals (Poisson) have a deviation of 0.7 of the median, and 0.3 of
 * them are near it or its multiples.
 */
static double
regularity_of(const struct values *v)
{
	if (v->n < INTERVALS_MIN)
		return (0);
	return (between(v->deviation / v->median, 0.03, 0.35) *
	    between(steady_share(v), 0.8, 0.4));
}

/*
 * A node that sends beats and answers those of the other has two a period, as
 * far apart as chance will have it; then every second interval is regular.
 */
static double
regularity(const struct flow *f)
{
	struct values	 v;
	double		 one, two;

	take_values(f, single_us, &v);
	one = regularity_of(&v);
	take_values(f, double_us, &v);
	two = 0.9 * regularity_of(&v);
	return (one > two ? one : two);
}

static double
rate(const struct flow_verdict *v)
{
	double	 interval = (double)v->interval_ns / NSEC_PER_SEC;

	if (interval < 0.05)
		return (0);
	if (interval < 0.1)
		return (0.8);
	return (0.5 + 0.5 * between(interval, 15, 60));
}

/* Small, of one size, and few of them. */
static double
weight(const struct flow *f, const struct flow_verdict *v)
{
	struct values	 size, number;
	double		 each, second;

	take_values(f, octets, &size);
	take_values(f, packets, &number);
	if (size.n == 0)
		return (0);
	each = size.median / number.median;
	second = size.median * NSEC_PER_SEC / (double)v->interval_ns;
	return ((0.2 + 0.8 * between(each, 400, 1500)) *
	    (0.7 + 0.3 * between(size.deviation / size.median, 0.1, 1)) *
	    (0.3 + 0.7 * between(number.median, 2, 8)) *
	    between(log10(second), log10(2000), log10(12000)));
}

/* Between two fixed ends, both of which speak. */
static double
ends(const struct flow *f, const struct flow_setting *s)
{
	double	 n = (double)f->packets;

	return ((f->other_ports ? 0.9 : 1) * (s->answered ? 1 : 0.92) *
	    (0.4 + 0.6 * between((double)f->port_changes / n, 0.05, 0.5)));
}

static double
unknown_confidence(const struct flow *f, const struct flow_setting *s,
    const struct flow_verdict *v)
{
	double	 n = (double)f->bursts - 1;
	double	 covered = s->watched_ns <= 0 ? 1 :
	    (double)wall_sub(f->last, f->first) / (double)s->watched_ns;

	if (f->bursts <= INTERVALS_MIN || v->interval_ns <= 0)
		return (0);
	return (0.98 * s->port_score * regularity(f) * rate(v) *
	    weight(f, v) * ends(f, s) * n / (n + 1.5) *
	    (0.4 + 0.6 * between(covered, 0.5, 0)));
}

static double
confidence(const struct flow *f, const struct flow_setting *s,
    const struct flow_verdict *v)
{
	double	 n = (double)f->bursts - 1;

	if (n < 1)
		return (0);
	switch (f->kind) {
	case FLOW_DECODED:
		return (n / (n + 0.04));
	case FLOW_PORT:
		return (0.95 * n / (n + 1.5));
	case FLOW_KEEPALIVE:
		return (s->port_score * (0.4 + 0.4 * regularity(f)) * n /
		    (n + 1.5));
	case FLOW_UNKNOWN:
		break;
	}
	return (unknown_confidence(f, s, v));
}

struct flow_verdict
flow_score(const struct flow *f, const struct flow_setting *s)
{
	struct flow_verdict	 v = { 0 };
	struct values		 intervals;

	take_values(f, single_us, &intervals);
	v.interval_ns = (int64_t)(intervals.median * NSEC_PER_USEC);
	v.jitter_ns = (int64_t)(intervals.deviation * NSEC_PER_USEC);
	v.regular_ns = (int64_t)(longest_regular(&intervals) * NSEC_PER_USEC);
	v.confidence = confidence(f, s, &v);
	return (v);
}
