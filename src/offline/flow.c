/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/median.h"
#include "base/mono.h"
#include "offline/flow.h"

/* A flow with fewer intervals has a regularity of 0. */
#define INTERVALS_MIN	4
/* An interval longer than this many medians is an outage. */
#define OUTAGE_MEDIANS	5

/* ---- counting */

/* A pseudo-random number.  The seed is 0, so each run gives the same result. */
static uint32_t
next_random(struct flow *f)
{
	f->random = f->random * 1664525 + 1013904223;
	return (f->random >> 8);
}

/* Every burst has the same chance to be in the sample (reservoir sampling). */
static bool
sample_burst(struct flow *f, const struct flow_burst *burst)
{
	uint64_t	 position;

	if (f->nsample < FLOW_SAMPLE) {
		if (!array_reserve(&f->sample, &f->sample_capacity,
		    f->nsample + 1, sizeof(*f->sample)))
			return (false);
		f->sample[f->nsample++] = *burst;
		return (true);
	}
	position = next_random(f) % (f->bursts - 1);
	if (position < FLOW_SAMPLE)
		f->sample[position] = *burst;
	return (true);
}

static uint32_t
limit32(uint64_t n)
{
	return (n > UINT32_MAX ? UINT32_MAX : (uint32_t)n);
}

static uint32_t
microseconds(int64_t ns)
{
	return (limit32((uint64_t)(ns / NSEC_PER_USEC)));
}

/*
 * Adds the burst that is now complete, if there is one, to the sample and
 * begins a new burst.  False when memory is exhausted.
 */
static bool
begin_burst(struct flow *f, struct wall_time timestamp)
{
	int64_t			 interval_ns = wall_sub(timestamp,
	    f->burst_begin);
	struct flow_burst	 complete = { {
		[FLOW_INTERVAL_US] = microseconds(interval_ns),
		[FLOW_TWO_INTERVALS_US] = f->bursts < 2 ? 0 :
		    microseconds(wall_sub(timestamp, f->previous_begin)),
		[FLOW_OCTETS] = limit32(f->burst_octets),
		[FLOW_PACKETS] = limit32(f->burst_packets),
	} };

	f->previous_begin = f->burst_begin;
	f->burst_begin = timestamp;
	f->burst_octets = f->burst_packets = 0;
	f->bursts++;
	if (f->bursts == 1)
		return (true);
	if (interval_ns > f->longest_gap_ns)
		f->longest_gap_ns = interval_ns;
	return (sample_burst(f, &complete));
}

static void
count_ports(struct flow *f, uint16_t service_port, uint16_t client_port)
{
	if (f->packets > 0 && client_port != f->client_port)
		f->client_port_changes++;
	if (client_port != service_port)
		f->ports_differ = true;
	f->client_port = client_port;
}

bool
flow_count(struct flow *f, struct wall_time timestamp, size_t octets,
    uint16_t service_port, uint16_t client_port)
{
	bool	 new_burst, ok = true;

	if (f->packets > 0 && timestamp.ns < f->last.ns)
		timestamp = f->last;
	new_burst = f->packets == 0 || f->kind != FLOW_UNKNOWN ||
	    wall_sub(timestamp, f->last) >= FLOW_BURST_NS;
	if (new_burst)
		ok = begin_burst(f, timestamp);
	count_ports(f, service_port, client_port);
	if (f->packets == 0)
		f->first = timestamp;
	f->packets++;
	f->last = timestamp;
	f->burst_packets++;
	f->burst_octets += octets;
	return (ok);
}

void
flow_free(struct flow *f)
{
	free(f->sample);
	memset(f, 0, sizeof(*f));
}

/* ---- statistics of the sample */

/*
 * One value of each burst in the sample, times 1000, so that the mean of two is
 * exact: nanoseconds, thousandths of an octet or thousandths of a packet.
 */
struct values {
	int64_t	 value[FLOW_SAMPLE];	/* ascending; without unknown ones */
	size_t	 n;
	int64_t	 median;
	int64_t	 deviation;		/* median distance from `median` */
};

static void
take_values(const struct flow *f, enum flow_value which, struct values *v)
{
	int64_t	 distance[FLOW_SAMPLE];
	size_t	 i;

	*v = (struct values){ 0 };
	for (i = 0; i < f->nsample; i++)
		if (f->sample[i].value[which] > 0)
			v->value[v->n++] = INT64_C(1000) *
			    f->sample[i].value[which];
	if (v->n == 0)
		return;
	v->median = median_of(v->value, v->n);
	for (i = 0; i < v->n; i++)
		distance[i] = llabs(v->value[i] - v->median);
	v->deviation = median_of(distance, v->n);
}

static double
ratio(int64_t a, int64_t b)
{
	return ((double)a / (double)b);
}

/*
 * The share of the intervals that are near the median, or near twice or three
 * times the median, because one or two heartbeats were lost.
 */
static double
steady_share(const struct values *v)
{
	size_t	 i, n = 0;
	double	 medians, nearest;

	for (i = 0; i < v->n; i++) {
		medians = ratio(v->value[i], v->median);
		nearest = round(medians);
		if (nearest >= 1 && nearest <= 3 &&
		    fabs(medians - nearest) <= 0.25)
			n++;
	}
	return ((double)n / (double)v->n);
}

/* The longest interval that is not an outage; 0 if there is none. */
static int64_t
longest_regular(const struct values *v)
{
	size_t	 n = v->n;

	while (n > 0 && v->value[n - 1] > OUTAGE_MEDIANS * v->median)
		n--;
	return (n > 0 ? v->value[n - 1] : 0);
}

/* ---- scores: 1 for a typical heartbeat, less for other traffic */

/* 1 at `good`, 0 at `bad`, linear in the range and constant outside of it. */
static double
ramp(double value, double good, double bad)
{
	double	 share = (bad - value) / (bad - good);

	return (share < 0 ? 0 : share > 1 ? 1 : share);
}

/*
 * For comparison: of packets at random times (a Poisson process) the deviation
 * is 0.7 of the median, and 0.3 of the intervals are near the median or its
 * multiples.
 */
static double
interval_regularity(const struct values *v)
{
	if (v->n < INTERVALS_MIN)
		return (0);
	return (ramp(ratio(v->deviation, v->median), 0.03, 0.35) *
	    ramp(steady_share(v), 0.8, 0.4));
}

/*
 * A node that sends heartbeats and also answers those of its peer has two
 * bursts in a period, at an arbitrary distance.  Then the sum of two intervals
 * is regular.
 */
static double
regularity(const struct flow *f)
{
	struct values	 v;
	double		 single, pairs;

	take_values(f, FLOW_INTERVAL_US, &v);
	single = interval_regularity(&v);
	take_values(f, FLOW_TWO_INTERVALS_US, &v);
	pairs = 0.9 * interval_regularity(&v);
	return (single > pairs ? single : pairs);
}

/* Heartbeats are sent at most 20 times a second, and seldom less than once a
 * minute. */
static double
rate_score(const struct flow_verdict *v)
{
	double	 interval = ratio(v->interval_ns, NSEC_PER_SEC);

	if (interval < 0.05)
		return (0);
	if (interval < 0.1)
		return (0.8);
	return (0.5 + 0.5 * ramp(interval, 15, 60));
}

/* The packets of a heartbeat are few, small and of similar size. */
static double
size_score(const struct flow *f, const struct flow_verdict *v)
{
	struct values	 size, packets;
	double		 octets_per_second;

	take_values(f, FLOW_OCTETS, &size);
	take_values(f, FLOW_PACKETS, &packets);
	if (size.n == 0)
		return (0);
	/* size.median is in thousandths of an octet. */
	octets_per_second = ratio(size.median, v->interval_ns) * NSEC_PER_MSEC;
	return ((0.2 + 0.8 * ramp(ratio(size.median, packets.median), 400,
	    1500)) *
	    (0.7 + 0.3 * ramp(ratio(size.deviation, size.median), 0.1, 1)) *
	    (0.3 + 0.7 * ramp(ratio(packets.median, 1000), 2, 8)) *
	    ramp(log10(octets_per_second), log10(2000), log10(12000)));
}

/* A heartbeat uses constant ports, and mostly both nodes send. */
static double
ends_score(const struct flow *f, const struct flow_context *c)
{
	double	 changes = (double)f->client_port_changes / (double)f->packets;

	return ((f->ports_differ ? 0.9 : 1) * (c->answered ? 1 : 0.92) *
	    (0.4 + 0.6 * ramp(changes, 0.05, 0.5)));
}

static double
unknown_confidence(const struct flow *f, const struct flow_context *c,
    const struct flow_verdict *v)
{
	double	 intervals = (double)f->bursts - 1;
	double	 covered = c->watched_ns <= 0 ? 1 :
	    ratio(wall_sub(f->last, f->first), c->watched_ns);

	if (f->bursts <= INTERVALS_MIN || v->interval_ns <= 0)
		return (0);
	/* A flow that covers less than half of the capture is less likely. */
	return (0.98 * c->port_score * regularity(f) * rate_score(v) *
	    size_score(f, v) * ends_score(f, c) *
	    intervals / (intervals + 1.5) *
	    (0.4 + 0.6 * ramp(covered, 0.5, 0)));
}

/*
 * Each term n / (n + constant) makes the confidence grow with the number of
 * intervals: it is 0 without any, and approaches 1.
 */
static double
confidence(const struct flow *f, const struct flow_context *c,
    const struct flow_verdict *v)
{
	double	 intervals = (double)f->bursts - 1;

	if (intervals < 1)
		return (0);
	switch (f->kind) {
	case FLOW_DECODED:
		return (intervals / (intervals + 0.04));
	case FLOW_PORT:
		return (0.95 * intervals / (intervals + 1.5));
	case FLOW_KEEPALIVE:
		return (c->port_score * (0.4 + 0.4 * regularity(f)) *
		    intervals / (intervals + 1.5));
	case FLOW_UNKNOWN:
		break;
	}
	return (unknown_confidence(f, c, v));
}

struct flow_verdict
flow_score(const struct flow *f, const struct flow_context *c)
{
	struct flow_verdict	 v = { 0 };
	struct values		 intervals;

	take_values(f, FLOW_INTERVAL_US, &intervals);
	v.interval_ns = intervals.median;
	v.jitter_ns = intervals.deviation;
	v.regular_ns = longest_regular(&intervals);
	v.confidence = confidence(f, c, &v);
	return (v);
}
