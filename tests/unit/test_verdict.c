/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of causes: evidence for which each row decides, and the rows that
 * decide before it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mono.h"
#include "diagnosis/verdict.h"

#define RAISED	((struct wall_time){ 1000 * NSEC_PER_SEC })

/* Short names for the table. */
enum {
	STOP = EVIDENCE_PEER_ANNOUNCED_STOP,
	CLOSED = EVIDENCE_PEER_CLOSED_CONNECTION,
	REFUSED = EVIDENCE_PORT_REFUSED,
	PROHIBITED = EVIDENCE_PROHIBITED,
	UNREACHABLE = EVIDENCE_HOST_UNREACHABLE,
	OTHER = EVIDENCE_PEER_OTHER_TRAFFIC,
	ACKS = EVIDENCE_PEER_ACKNOWLEDGES_ONLY,
	DEAF = EVIDENCE_PEER_DOES_NOT_HEAR_US,
	ARP = EVIDENCE_ARP_UNANSWERED,
	REBOOTED = EVIDENCE_PEER_REBOOTED,
	OURS = EVIDENCE_OUR_HEARTBEATS,
	PORT = EVIDENCE_LOCAL_PORT_OPEN,
	CARRIER = EVIDENCE_CARRIER,
	SEGMENT = EVIDENCE_SEGMENT_ALIVE,
	PEERS = EVIDENCE_OTHER_PEERS_ALIVE,
	THINNED = EVIDENCE_HEARTBEATS_THINNED,
	DUAL = EVIDENCE_OTHER_ACTIVE,
	OWNER = EVIDENCE_FLOATING_IP_OWNER,
	FITS = EVIDENCE_FLOATING_IP_FITS,
	LOG = EVIDENCE_LOG_MESSAGE,
	HANDSHAKE = EVIDENCE_HANDSHAKE_FAILS,
	PING = EVIDENCE_PING_ANSWERED,
};

struct given {
	int		 number;	/* negative: absent; 0: no more */
	unsigned	 code;
};

struct test_row {
	struct given		 given[5];
	unsigned		 flags;
	int			 seconds;	/* since the raise */
	enum cause		 cause;
	enum cause_side		 side;
	unsigned		 confidence;
	int			 number;	/* that decides; 0: none */
};

#define HERE	CAUSE_SIDE_HERE
#define PEER	CAUSE_SIDE_PEER
#define BETWEEN	CAUSE_SIDE_BETWEEN
#define KNOWN	EVIDENCE_RECEIVED

static const struct test_row	 test_rows[] = {
	/* Two active nodes before all others. */
	{ {{ DUAL, 0 }, { -CARRIER, 1 }, { STOP, 0 }}, KNOWN, 0,
	  CAUSE_DUAL_ACTIVE, CAUSE_SIDE_BOTH, 95, DUAL },

	/* The link of this host. */
	{ {{ -CARRIER, 1 }, { LOG, 0 }}, KNOWN | EVIDENCE_SHARED_LINK, 0,
	  CAUSE_LINK_ABNORMAL, HERE, 98, CARRIER },
	{ {{ -CARRIER, 1 }}, KNOWN, 0, CAUSE_LINK_ABNORMAL, HERE, 60, CARRIER },
	{ {{ -CARRIER, 1 }}, KNOWN | EVIDENCE_NO_FRAMES, 0,
	  CAUSE_LINK_ABNORMAL, HERE, 98, CARRIER },
	{ {{ -CARRIER, 2 }}, KNOWN, 0, CAUSE_LINK_ABNORMAL, HERE, 98, CARRIER },
	{ {{ CARRIER, 0 }}, KNOWN, 0, CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },

	/* The floating IP, by the log and by the subnets. */
	{ {{ LOG, 0 }, { REFUSED, 3 }}, KNOWN, 0,
	  CAUSE_FLOATING_IP, HERE, 95, LOG },
	{ {{ -LOG, 0 }, { REFUSED, 3 }}, KNOWN, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, REFUSED },
	{ {{ -FITS, 0 }, { REFUSED, 3 }}, KNOWN, 0,
	  CAUSE_FLOATING_IP, HERE, 90, FITS },
	{ {{ -FITS, 0 }, { OWNER, EVIDENCE_OWNER_PEER }}, KNOWN, 0,
	  CAUSE_FLOATING_IP, PEER, 90, FITS },
	{ {{ FITS, 0 }}, KNOWN, 0, CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },

	/* Failed handshakes, though they close connections. */
	{ {{ HANDSHAKE, 48 }, { CLOSED, 1 }, { -OURS, 0 }},
	  KNOWN | EVIDENCE_OURS_FIRST, 0,
	  CAUSE_HANDSHAKE_FAILED, PEER, 85, HANDSHAKE },

	/* Our own instance: first, but not when it follows the peer. */
	{ {{ -OURS, 0 }, { STOP, 0 }}, KNOWN | EVIDENCE_OURS_FIRST, 0,
	  CAUSE_LOCAL_FAULT, HERE, 90, OURS },
	{ {{ -OURS, 0 }, { PORT, 0 }}, KNOWN | EVIDENCE_OURS_FIRST, 0,
	  CAUSE_LOCAL_FAULT, HERE, 70, OURS },
	{ {{ -OURS, 0 }, { DEAF, 1 }}, KNOWN | EVIDENCE_OURS_FIRST |
	  EVIDENCE_OURS_ASSUMED, 0, CAUSE_LOCAL_FAULT, HERE, 60, OURS },
	{ {{ -OURS, 0 }, { CLOSED, 1 }}, KNOWN, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, CLOSED },
	{ {{ -OURS, 0 }, { ARP, 1 }, { SEGMENT, 0 }},
	  KNOWN | EVIDENCE_OURS_FIRST, 0, CAUSE_HOST_DOWN, PEER, 75, ARP },
	{ {{ -PORT, 0 }}, KNOWN, 0, CAUSE_LOCAL_FAULT, HERE, 90, PORT },
	{ {{ -PORT, 0 }, { OURS, 0 }}, KNOWN, 0,
	  CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },
	{ {{ -PORT, 0 }, { REFUSED, 3 }}, KNOWN, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, REFUSED },
	/* It ended after the peer. */
	{ {{ -PORT, 0 }, { ARP, 1 }, { SEGMENT, 0 }}, KNOWN, 0,
	  CAUSE_HOST_DOWN, PEER, 75, ARP },
	{ {{ -PORT, 0 }, { -OURS, 0 }, { OTHER, 0 }}, KNOWN, 0,
	  CAUSE_PEER_HUNG, PEER, 65, OTHER },

	/* Our switch port. */
	{ {{ -SEGMENT, 0 }, { -PEERS, 0 }, { ARP, 1 }}, KNOWN, 0,
	  CAUSE_LOCAL_FAULT, HERE, 90, SEGMENT },
	{ {{ -SEGMENT, 0 }}, KNOWN, 0, CAUSE_LOCAL_FAULT, HERE, 70, SEGMENT },
	{ {{ -SEGMENT, 0 }, { -PEERS, 0 }, { REFUSED, 3 }}, KNOWN, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, REFUSED },
	{ {{ -SEGMENT, 0 }, { OTHER, 0 }}, KNOWN, 0,
	  CAUSE_PEER_HUNG, PEER, 65, OTHER },

	/* The instance of the peer. */
	{ {{ STOP, 0 }, { PROHIBITED, 13 }}, KNOWN, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 97, STOP },
	{ {{ REFUSED, 3 }, { CLOSED, 1 }, { ACKS, 0 }}, KNOWN, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, REFUSED },
	{ {{ CLOSED, 1 }, { ACKS, 0 }, { OTHER, 0 }}, KNOWN, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, CLOSED },

	/* The instance stopped because of its floating IP. */
	{ {{ REFUSED, 3 }, { OWNER, EVIDENCE_OWNER_ELSEWHERE }}, KNOWN, 0,
	  CAUSE_FLOATING_IP, PEER, 80, OWNER },
	{ {{ CLOSED, 1 }, { OWNER, EVIDENCE_OWNER_NOBODY }, { SEGMENT, 0 }},
	  KNOWN, 30, CAUSE_FLOATING_IP, PEER, 80, OWNER },
	{ {{ CLOSED, 1 }, { OWNER, EVIDENCE_OWNER_NOBODY }, { SEGMENT, 0 }},
	  KNOWN, 29, CAUSE_INSTANCE_STOPPED, PEER, 95, CLOSED },
	{ {{ CLOSED, 1 }, { OWNER, EVIDENCE_OWNER_NOBODY }}, KNOWN, 30,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, CLOSED },
	{ {{ CLOSED, 1 }, { OWNER, EVIDENCE_OWNER_HERE }}, KNOWN, 30,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, CLOSED },
	{ {{ OTHER, 0 }, { OWNER, EVIDENCE_OWNER_ELSEWHERE }}, KNOWN, 0,
	  CAUSE_PEER_HUNG, PEER, 65, OTHER },

	/* Firewalls. */
	{ {{ PROHIBITED, 13 }, { CLOSED, 1 }, { OTHER, 0 }}, KNOWN, 0,
	  CAUSE_FILTERED, BETWEEN, 98, PROHIBITED },
	{ {{ OTHER, 1 }, { ARP, 1 }}, KNOWN, 0,
	  CAUSE_FILTERED, BETWEEN, 80, OTHER },

	/* The peer does not send, or does not receive. */
	{ {{ ACKS, 0 }, { DEAF, 2 }, { OTHER, 0 }}, KNOWN, 0,
	  CAUSE_PEER_HUNG, PEER, 90, ACKS },
	{ {{ ACKS, EVIDENCE_ACKS_LOST }, { DEAF, 2 }}, KNOWN, 0,
	  CAUSE_LINK_ABNORMAL, BETWEEN, 75, ACKS },
	{ {{ ACKS, 0 }, { THINNED, 0 }}, KNOWN, 0,
	  CAUSE_PEER_HUNG, PEER, 60, ACKS },
	{ {{ OTHER, 1 }, { THINNED, 0 }}, KNOWN, 0,
	  CAUSE_LINK_ABNORMAL, BETWEEN, 60, THINNED },
	{ {{ DEAF, 2 }, { OTHER, 1 }}, KNOWN, 0,
	  CAUSE_ONE_WAY_LINK, BETWEEN, 90, DEAF },
	{ {{ DEAF, EVIDENCE_DEAF_BOTH }}, KNOWN, 0,
	  CAUSE_LINK_ABNORMAL, BETWEEN, 75, DEAF },

	/* Another interface of the same node. */
	{ {{ PEERS, 1 }, { ARP, 1 }}, KNOWN, 0,
	  CAUSE_LINK_ABNORMAL, BETWEEN, 90, PEERS },
	{ {{ PEERS, 1 }}, KNOWN, 0, CAUSE_LINK_ABNORMAL, BETWEEN, 60, PEERS },
	{ {{ PEERS, 1 }, { OTHER, 0 }}, KNOWN, 0,
	  CAUSE_PEER_HUNG, PEER, 65, OTHER },
	{ {{ PEERS, 0 }, { ARP, 1 }}, KNOWN, 0,
	  CAUSE_HOST_DOWN, PEER, 75, ARP },

	/* A restarted host, and what the first heartbeats show. */
	{ {{ REBOOTED, 2 }, { ARP, 1 }}, KNOWN | EVIDENCE_CLEARED |
	  EVIDENCE_NEW_PROCESS, 60, CAUSE_HOST_DOWN, PEER, 95, REBOOTED },
	{ {{ REBOOTED, 2 }, { ARP, 1 }}, KNOWN | EVIDENCE_CLEARED, 60,
	  CAUSE_HOST_DOWN, PEER, 75, REBOOTED },
	{ {{ REBOOTED, 2 }, { OTHER, 0 }, { CLOSED, 1 }}, KNOWN, 60,
	  CAUSE_HOST_DOWN, PEER, 75, REBOOTED },
	{ {{ REBOOTED, 2 }, { REFUSED, 3 }}, KNOWN, 60,
	  CAUSE_HOST_DOWN, PEER, 75, REBOOTED },
	{ {{ REBOOTED, 2 }, { ARP, 1 }, { STOP, 0 }}, KNOWN, 60,
	  CAUSE_HOST_DOWN, PEER, 75, REBOOTED },
	{ {{ REBOOTED, 2 }, { ARP, 1 }, { STOP, 0 }}, KNOWN |
	  EVIDENCE_CLEARED | EVIDENCE_NEW_PROCESS, 60,
	  CAUSE_HOST_DOWN, PEER, 95, REBOOTED },
	{ {{ REBOOTED, 2 }, { STOP, 0 }}, KNOWN, 60,
	  CAUSE_INSTANCE_STOPPED, PEER, 97, STOP },
	{ {{ OTHER, 0 }}, KNOWN | EVIDENCE_CLEARED | EVIDENCE_NEW_PROCESS, 9,
	  CAUSE_INSTANCE_STOPPED, PEER, 85, OTHER },
	{ {{ OTHER, 0 }}, KNOWN | EVIDENCE_NEW_PROCESS, 9,
	  CAUSE_PEER_HUNG, PEER, 65, OTHER },
	{ {{ ARP, 1 }, { SEGMENT, 0 }}, KNOWN | EVIDENCE_CLEARED |
	  EVIDENCE_SAME_PROCESS, 9, CAUSE_LINK_ABNORMAL, BETWEEN, 85, ARP },

	/* The host runs. */
	{ {{ OTHER, 0 }, { UNREACHABLE, 1 }}, KNOWN, 0,
	  CAUSE_PEER_HUNG, PEER, 65, OTHER },
	{ {{ PING, 0 }}, KNOWN, 0, CAUSE_PEER_HUNG, PEER, 65, PING },
	{ {{ -PING, 0 }}, KNOWN, 0, CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },

	/* Routers, and the neighbours. */
	{ {{ UNREACHABLE, 1 }, { ARP, 1 }}, KNOWN | EVIDENCE_ROUTED, 0,
	  CAUSE_HOST_DOWN, PEER, 85, UNREACHABLE },
	{ {{ UNREACHABLE, 1 }, { CLOSED, 4 }}, KNOWN | EVIDENCE_ROUTED, 0,
	  CAUSE_HOST_DOWN, PEER, 75, UNREACHABLE },
	{ {{ UNREACHABLE, 0 }, { CLOSED, 4 }}, KNOWN | EVIDENCE_ROUTED, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, CLOSED },
	{ {{ UNREACHABLE, 0 }}, KNOWN | EVIDENCE_ROUTED, 0,
	  CAUSE_LINK_ABNORMAL, BETWEEN, 85, UNREACHABLE },
	{ {{ ARP, 1 }, { SEGMENT, 0 }}, KNOWN | EVIDENCE_ROUTED, 0,
	  CAUSE_LINK_ABNORMAL, BETWEEN, 75, ARP },
	{ {{ ARP, 1 }, { SEGMENT, 0 }}, KNOWN | EVIDENCE_PARTLY, 0,
	  CAUSE_LINK_ABNORMAL, BETWEEN, 75, SEGMENT },
	{ {{ ARP, 2 }, { SEGMENT, 0 }}, KNOWN, 0,
	  CAUSE_HOST_DOWN, PEER, 75, ARP },
	{ {{ ARP, 1 }}, KNOWN, 0, CAUSE_HOST_DOWN, PEER, 50, ARP },
	{ {{ -ARP, 0 }, { SEGMENT, 0 }}, KNOWN, 0,
	  CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },
	{ {{ -OTHER, 0 }, { SEGMENT, 0 }}, KNOWN, 0,
	  CAUSE_HOST_DOWN, PEER, 60, OTHER },
	{ {{ -OTHER, 0 }}, KNOWN, 0, CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },

	/* Nothing of the peer, while others are received. */
	{ {{ OURS, 0 }, { SEGMENT, 0 }}, KNOWN, 0,
	  CAUSE_HOST_DOWN, PEER, 50, SEGMENT },
	{ {{ OURS, 0 }, { SEGMENT, 0 }, { -ARP, 0 }}, KNOWN, 0,
	  CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },
	{ {{ OURS, 0 }, { SEGMENT, 0 }}, 0, 0,
	  CAUSE_NEVER_HEARD, CAUSE_SIDE_UNKNOWN, 60, 0 },
	{ {{ OURS, 0 }}, KNOWN, 0, CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },

	/* Little is known. */
	{ {{ THINNED, 0 }}, KNOWN, 0,
	  CAUSE_LINK_ABNORMAL, BETWEEN, 60, THINNED },
	{ {{ THINNED, 0 }, { REFUSED, 3 }}, KNOWN, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 95, REFUSED },
	{ {{ 0, 0 }}, 0, 0, CAUSE_NEVER_HEARD, CAUSE_SIDE_UNKNOWN, 60, 0 },
	{ {{ REFUSED, 3 }}, 0, 0, CAUSE_INSTANCE_STOPPED, PEER, 95, REFUSED },
	{ {{ 0, 0 }}, KNOWN, 0, CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },
	{ {{ SEGMENT, 0 }, { PEERS, 0 }}, KNOWN, 0,
	  CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },

	/* Lost packets, or time without a capture, may hide other causes. */
	{ {{ REFUSED, 3 }}, KNOWN | EVIDENCE_LOSSY, 0,
	  CAUSE_INSTANCE_STOPPED, PEER, 60, REFUSED },
	{ {{ -CARRIER, 2 }}, KNOWN | EVIDENCE_WAS_BLIND, 0,
	  CAUSE_LINK_ABNORMAL, HERE, 60, CARRIER },
	{ {{ ARP, 1 }}, KNOWN | EVIDENCE_LOSSY, 0,
	  CAUSE_HOST_DOWN, PEER, 50, ARP },
};

static void
give(struct evidence *e, const struct given *given)
{
	int			 number = given->number;
	struct evidence_signal	*s;

	if (number == 0)
		return;
	s = &e->signals[number < 0 ? -number : number];
	s->state = number < 0 ? EVIDENCE_ABSENT : EVIDENCE_PRESENT;
	s->code = (uint8_t)given->code;
	s->count = 7;
	s->address.family = ADDR_IPV4;
}

static void
each_row(void **state)
{
	const struct test_row	*t;
	struct evidence		 e;
	struct verdict		 v;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(test_rows) / sizeof(test_rows[0]); i++) {
		t = &test_rows[i];
		memset(&e, 0, sizeof(e));
		for (n = 0; n < sizeof(t->given) / sizeof(t->given[0]); n++)
			give(&e, &t->given[n]);
		e.flags = (uint16_t)t->flags;
		e.raised = RAISED;
		verdict_of(&e, wall_add(RAISED, t->seconds * NSEC_PER_SEC), &v);
		if (v.cause != t->cause || v.side != t->side ||
		    v.confidence != t->confidence || v.number != t->number)
			fail_msg("row %zu: %s %s %u by %s", i,
			    cause_text(v.cause), cause_side_text(v.side),
			    v.confidence, evidence_name(v.number));
		assert_int_equal(v.decided.count, t->number == 0 ? 0 : 7);
	}
}

/* Before the raise, the 30 s of the floating IP have not begun. */
static void
not_raised(void **state)
{
	struct evidence	 e = { .flags = KNOWN };
	struct verdict	 v;

	(void)state;
	give(&e, &(struct given){ CLOSED, 1 });
	give(&e, &(struct given){ OWNER, EVIDENCE_OWNER_NOBODY });
	give(&e, &(struct given){ SEGMENT, 0 });
	verdict_of(&e, RAISED, &v);
	assert_int_equal(v.cause, CAUSE_INSTANCE_STOPPED);
}

/* An orderly shutdown stops the instance, and then the host is not found. */
static void
stopped_before_gone(void **state)
{
	struct evidence	 e = { .flags = KNOWN };
	struct verdict	 v;

	(void)state;
	give(&e, &(struct given){ REFUSED, 3 });
	give(&e, &(struct given){ ARP, 1 });
	e.signals[REFUSED].at = wall_add(RAISED, NSEC_PER_SEC);
	e.signals[ARP].at = wall_add(RAISED, 2 * NSEC_PER_SEC);
	verdict_of(&e, RAISED, &v);
	assert_int_equal(v.cause, CAUSE_HOST_DOWN);
	assert_int_equal(v.confidence, 75);
	/* The ARP requests are about the router. */
	e.flags |= EVIDENCE_ROUTED;
	verdict_of(&e, RAISED, &v);
	assert_int_equal(v.cause, CAUSE_INSTANCE_STOPPED);
	/* It answered later. */
	e.flags = KNOWN;
	e.signals[REFUSED].at = wall_add(RAISED, 3 * NSEC_PER_SEC);
	verdict_of(&e, RAISED, &v);
	assert_int_equal(v.cause, CAUSE_INSTANCE_STOPPED);
}

/* ICMPv6 has another code for the same. */
static void
unreachable_ipv6(void **state)
{
	struct evidence	 e = { .flags = KNOWN };
	struct verdict	 v;

	(void)state;
	give(&e, &(struct given){ UNREACHABLE, 3 });
	e.signals[UNREACHABLE].address.family = ADDR_IPV6;
	verdict_of(&e, RAISED, &v);
	assert_int_equal(v.cause, CAUSE_HOST_DOWN);
	e.signals[UNREACHABLE].code = 0;
	verdict_of(&e, RAISED, &v);
	assert_int_equal(v.cause, CAUSE_LINK_ABNORMAL);
}

/* Any octets of an engine that was compromised give a valid verdict. */
static void
any_evidence(void **state)
{
	struct evidence	 e;
	struct verdict	 v;
	unsigned	 i, n;

	(void)state;
	for (i = 0; i < 256; i++) {
		memset(&e, (int)i, sizeof(e));
		for (n = 0; n <= EVIDENCE_MAX; n++)
			e.signals[n].state = (uint8_t)(i * 31 + n * 17);
		verdict_of(&e, RAISED, &v);
		assert_in_range(v.cause, 1, CAUSE_MAX);
		assert_in_range(v.side, 1, CAUSE_SIDE_MAX);
		assert_in_range(v.confidence, 0, 100);
		assert_in_range(v.number, 0, EVIDENCE_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(each_row),
		cmocka_unit_test(not_raised),
		cmocka_unit_test(stopped_before_gone),
		cmocka_unit_test(unreachable_ipv6),
		cmocka_unit_test(any_evidence),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
