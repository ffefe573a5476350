/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interruption in virtual time: frames before and after the last heartbeat,
 * which is at 20 s, and the verdict.
 */
#ifndef HBW_TEST_INTERRUPTION_H
#define HBW_TEST_INTERRUPTION_H

#include "diagnosis/collector.h"
#include "diagnosis/verdict.h"

#include "frames.h"
#include "load.h"

#define PORT	20053
#define LAST	20.0		/* the last heartbeat; one each second */
#define END	30.0		/* when the verdict is given */

static struct configuration	*config;
static struct own_addresses	 own;
static struct collector		 collector;
static struct evidence		 evidence;
static struct verdict		 verdict;
static double			 now;
static bool			 we_send;	/* in the baseline */

static struct mono_time
mono(double seconds)
{
	return ((struct mono_time){ (int64_t)(seconds * 1e9) });
}

/* 2026-11-29T12:00:00Z and the seconds. */
static struct wall_time
wall(double seconds)
{
	return ((struct wall_time){ INT64_C(1795953600) * NSEC_PER_SEC +
	    (int64_t)(seconds * 1e9) });
}

static inline void
end(void)
{
	configuration_free(config);
	own_addresses_free(&own);
}

/* Begins a case of a watch with this heartbeat. */
static inline void
begin_with(const char *heartbeat, const char *options, bool at_node)
{
	struct collector_setting	 setting = { .interval_ns = 0 };
	struct addr			 peer = address_of(PEER), us;
	char				 text[512], name[ADDR_TEXT_SIZE];

	if (strcmp(heartbeat, "bfd") == 0)
		setting.interval_ns = NSEC_PER_SEC;
	configuration_free(config);
	snprintf(text, sizeof(text), "watch \"w\" { interface = \"eth0\"\n"
	    "peer = \"%s\"\nheartbeat = \"%s\"\ninterruption = 5s\n%s\n}\n",
	    addr_text(&peer, name), heartbeat, options);
	config = load(text);
	assert_non_null(config);
	own_addresses_free(&own);
	own = (struct own_addresses){ .count = 0 };
	us = address_of(US);
	assert_true(own_addresses_add(&own, &us, "eth0"));
	own_addresses_sort(&own);
	setting.watch = config->watches[0];
	setting.own = at_node ? &own : NULL;
	setting.floating_ip = address_of(FLOATING);
	setting.complete = mono(LAST + 2.5);
	if (at_node)
		setting.own_mac = (struct mac){ { 2, 0, 0, 0, 0, US } };
	collector_begin(&collector, &setting, mono(LAST), true);
	now = 0;
	we_send = true;
}

static inline void
begin(const char *heartbeat)
{
	begin_with(heartbeat, "", true);
}

/* This host sends no heartbeats. */
static inline void
begin_quiet(const char *heartbeat)
{
	begin(heartbeat);
	we_send = false;
}

static inline void
take(double at, const struct bytes *b)
{
	const struct diagnosis_bytes	 bytes = {
		.bytes = b->at, .captured = b->n, .wire = b->n,
		.link_type = cooked ? 113 : 1,
	};
	struct diagnosis_frame		 f;

	assert_true(at >= now);
	now = at;
	diagnosis_frame_decode(&bytes, &f);
	f.at = mono(at);
	f.wall = wall(at);
	collector_frame(&collector, &f);
}

static inline void
evaluate_at(double at, unsigned flags)
{
	unsigned	 i;

	memset(&evidence, 0, sizeof(evidence));
	evidence.flags = (uint16_t)flags;
	evidence.raised = wall(LAST + 5);
	collector_evidence(&collector, mono(at), &evidence);
	for (i = 1; i <= EVIDENCE_MAX; i++)
		if (evidence.signals[i].state == EVIDENCE_UNKNOWN) {
			assert_int_equal(evidence.signals[i].count, 0);
			assert_true(wall_is_never(evidence.signals[i].at));
		}
	verdict_of(&evidence, wall(at), &verdict);
}

#define assert_verdict_at(at, flags, expected, sure) do {		\
	evaluate_at(at, flags);						\
	assert_string_equal(cause_text(verdict.cause), expected);	\
	assert_int_equal(verdict.confidence, sure);			\
} while (0)
#define assert_verdict(expected, sure)					\
	assert_verdict_at(END, 0, expected, sure)

static inline int
state_of(enum evidence_number number)
{
	return (evidence.signals[number].state);
}

/* ---- frames */

static inline void
ip(double at, enum host from, enum host to, unsigned protocol,
    struct bytes payload)
{
	struct bytes	 b = ip_frame(from, to, protocol, &payload);

	take(at, &b);
}

static inline void
udp_heartbeat(double at, enum host from, enum host to)
{
	ip(at, from, to, IPPROTO_UDP, udp(PORT, PORT, 20));
}

static inline void
segment(double at, enum host from, enum host to, unsigned flags,
    uint32_t sequence, uint32_t acknowledgement, size_t length)
{
	unsigned	 server = PORT, client = 40000;

	ip(at, from, to, IPPROTO_TCP, from == PEER ?
	    tcp(server, client, flags, sequence, acknowledgement, length) :
	    tcp(client, server, flags, sequence, acknowledgement, length));
}

static inline void
ask(double at, enum host from, enum host target)
{
	struct bytes	 b = request(from, from, target);

	take(at, &b);
}

static inline void
answer(double at, enum host from, enum host address, enum host to)
{
	struct bytes	 b = claim(from, address, to);

	take(at, &b);
}

/* An error for a heartbeat of ours to the peer. */
static inline void
error(double at, enum host by, unsigned type, unsigned code)
{
	struct bytes	 quoted = udp(PORT, PORT, 20), b;

	b = icmp_error(by, type, code, US, PEER, IPPROTO_UDP, &quoted);
	take(at, &b);
}

static inline void
refuse(double at, enum host by)
{
	error(at, by, ipv6 ? 1 : 3, ipv6 ? 4 : 3);
}

/*
 * Heartbeats of both nodes until the last one, and frames of the third host
 * each second until `third`.
 */
static inline void
baseline(void (*heartbeat)(double, enum host, enum host), double third)
{
	double	 t;

	for (t = 0; t <= LAST; t++) {
		heartbeat(t, PEER, US);
		if (t < LAST && we_send)
			heartbeat(t + 0.1, US, PEER);
		if (t + 0.2 < third && t < LAST)
			ask(t + 0.2, THIRD, ROUTER);
	}
}

/* From the last heartbeat on: ours go on, and the third host. */
static inline void
go_on(void (*heartbeat)(double, enum host, enum host), double from, double to)
{
	double	 t;

	for (t = from; t < to; t++) {
		if (heartbeat != NULL)
			heartbeat(t + 0.1, US, PEER);
		ask(t + 0.2, THIRD, ROUTER);
	}
}

#endif
