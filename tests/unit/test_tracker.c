/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracker: which frames it keeps, when a case begins and ends, and what a
 * case gets of the frames that were kept before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosis/tracker.h"

#include "frames.h"
#include "load.h"

#define SECOND		NSEC_PER_SEC
#define WALL		INT64_C(1795348800)	/* at mono 0, in seconds */
#define RING_SIZE	(1024 * 1024)

static struct configuration	*config;
static struct match		*match;
static struct own_addresses	 own;
static struct detect_watch	*rows;
static struct detect_source	 source;
static struct tracker		 tracker;
static struct evidence_ring	 ring;
static void			*memory;

/* The peers of the first two watches are PEER and THIRD. */
static int
begin(void **state)
{
	struct tracker_setting	 setting = {
		.interface = "hbw0", .source = &source, .own = &own,
	};
	struct addr		 us;
	uint32_t		 i;

	(void)state;
	config = load("watch \"w\" { interface = \"hbw0\" heartbeat ="
	    " \"udp 20053\" peer = { \"192.0.2.12\", \"192.0.2.13\","
	    " \"192.0.2.128/25\" } interruption = 10s }\n");
	memory = calloc(1, RING_SIZE);
	if (config == NULL || memory == NULL)
		return (-1);
	match = match_new(config, "hbw0");
	rows = calloc(config->nwatches, sizeof(*rows));
	us = address_of(US);
	if (match == NULL || rows == NULL ||
	    !own_addresses_add(&own, &us, "hbw0"))
		return (-1);
	own_addresses_sort(&own);
	detect_source_begin(&source, (struct mono_time){ 0 });
	for (i = 0; i < config->nwatches; i++) {
		detect_watch_begin(&rows[i], (struct mono_time){ 0 });
		detect_watch_configure(&rows[i], 0, 10 * SECOND, 1, true);
	}
	evidence_ring_view(&ring, memory, RING_SIZE);
	setting.config = config;
	setting.match = match;
	setting.watches = rows;
	return (tracker_init(&tracker, &setting, &ring) ? 0 : -1);
}

static int
end(void **state)
{
	(void)state;
	tracker_free(&tracker);
	match_free(match);
	own_addresses_free(&own);
	configuration_free(config);
	free(rows);
	free(memory);
	return (0);
}

static struct mono_time
mono(double s)
{
	return ((struct mono_time){ (int64_t)(s * 1e9) });
}

static struct wall_time
wall(double s)
{
	return ((struct wall_time){ WALL * SECOND + (int64_t)(s * 1e9) });
}

static struct capture_frame
captured(const struct bytes *b, double at)
{
	return ((struct capture_frame){
		.timestamp = wall(at), .bytes = b->at, .captured = b->n,
		.wire = b->n, .link_type = 1,
	});
}

/* The second capture has a frame. */
static void
second(struct bytes b, double at)
{
	struct capture_frame	 f = captured(&b, at);

	tracker_frame(&tracker, &f, mono(at));
}

static struct bytes
datagram(enum host from, enum host to, unsigned port)
{
	struct bytes	 payload = udp(port, port, 20);

	return (ip_frame(from, to, IPPROTO_UDP, &payload));
}

/* A watch counts a heartbeat of its peer. */
static void
heartbeat(uint32_t watch, double at)
{
	struct bytes		 b = datagram((enum host)(PEER + watch), US,
				    20053);
	struct capture_frame	 f = captured(&b, at);
	bool			 has_case = tracker_may_have(&tracker, watch);

	rows[watch].last = mono(at);
	rows[watch].last_wall = wall(at);
	rows[watch].received = 1;
	rows[watch].heartbeats++;
	tracker_heartbeat(&tracker, &f, mono(at), has_case);
	if (has_case)
		tracker_returned(&tracker, watch);
}

static struct evidence
evidence_at(uint32_t watch, double at)
{
	struct evidence	 e;

	tracker_advance(&tracker, mono(at));
	assert_true(tracker_evidence(&tracker, watch, mono(at), &e));
	return (e);
}

/* The kinds of all records, as letters. */
static char *
kinds(void)
{
	static char		 text[5000];
	struct evidence_record	 r;
	uint64_t		 position = 0;
	size_t			 n = 0;

	while (n + 1 < sizeof(text) &&
	    evidence_ring_read(&ring, &position, &r))
		text[n++] = " hocp"[r.kind];
	text[n] = '\0';
	return (text);
}

/* ---- frames */

static void
kept_frames(void **state)
{
	(void)state;
	heartbeat(0, 1);
	second(request(THIRD, THIRD, US), 1.1);		/* ARP */
	second(datagram(THIRD, US, 7), 1.2);
	second(datagram(PEER, US, 7), 1.3);
	second(datagram(US, PEER, 20053), 1.4);		/* our heartbeat */
	second(datagram(US, PEER, 7), 1.5);
	assert_string_equal(kinds(), "hco");
}

static void
frames_of_a_late_peer(void **state)
{
	struct tracker_wanted	 wanted[TRACKER_WANTED];
	struct addr		 peer = address_of(PEER);

	(void)state;
	heartbeat(0, 1);
	assert_int_equal(tracker_wanted(&tracker, mono(6), wanted), 0);
	assert_int_equal(tracker_due(&tracker, mono(6)).ns, MONO_NEVER.ns);
	tracker_late(&tracker, 0, mono(6));
	tracker_advance(&tracker, mono(6));
	assert_int_equal(tracker_wanted(&tracker, mono(6), wanted), 1);
	assert_true(addr_equal(&wanted[0].peer, &peer));
	assert_int_equal(tracker_due(&tracker, mono(6)).ns,
	    6 * SECOND + 100 * NSEC_PER_MSEC);
	second(datagram(PEER, US, 7), 6.1);
	second(datagram(PEER, THIRD, 7), 6.2);
	second(datagram(US, PEER, 7), 6.3);
	second(datagram(THIRD, US, 7), 6.4);
	assert_string_equal(kinds(), "hppp");
	/* The heartbeat comes back, and both captures have it. */
	heartbeat(0, 7);
	second(datagram(PEER, US, 20053), 7);
	assert_int_equal(tracker.ncases, 0);
	assert_false(tracker_may_have(&tracker, 0));
	second(datagram(PEER, US, 7), 7.1);
	assert_string_equal(kinds(), "hppph");
}

static void
heartbeats_are_limited(void **state)
{
	unsigned	 i;

	(void)state;
	for (i = 0; i < 10000; i++)
		heartbeat(1, 1 + i / 10000.0);
	assert_in_range(strlen(kinds()), TRACKER_HEARTBEATS / 2,
	    TRACKER_HEARTBEATS * 5 / 4);
	/* But not those of a watch with a case. */
	tracker_late(&tracker, 1, mono(2));
	i = (unsigned)strlen(kinds());
	heartbeat(1, 2);
	assert_int_equal(strlen(kinds()), i + 1);
}

static void
packets_of_wanted_peers(void **state)
{
	static const uint8_t	 mac[MAC_LENGTH] = { 2, 0, 0, 0, 0, 7 };
	struct tracker_wanted	 wanted[] = {
		{ .peer = address_of(THIRD) },
		{ .peer = { .family = ADDR_NONE }, .mac = { { 2, 0, 0, 0, 0, 7 } } },
		{ .peer = address_of(PEER) },
	};
	struct packet		 p = {
		.source = address_of(PEER), .destination = address_of(US),
	};

	(void)state;
	assert_int_equal(tracker_find_wanted(wanted, 3, &p), 2);
	assert_int_equal(tracker_find_wanted(wanted, 2, &p), 2);
	p.mac = mac;
	assert_int_equal(tracker_find_wanted(wanted, 3, &p), 1);
	p.destination = address_of(THIRD);
	assert_int_equal(tracker_find_wanted(wanted, 3, &p), 0);
}

static void
long_frames_are_cut(void **state)
{
	struct bytes		 payload = udp(7, 7, 1000);
	struct evidence_record	 r;
	uint64_t		 position = 0;

	(void)state;
	tracker_late(&tracker, 0, mono(6));
	second(ip_frame(PEER, US, IPPROTO_UDP, &payload), 6.1);
	assert_true(evidence_ring_read(&ring, &position, &r));
	assert_int_equal(r.captured, EVIDENCE_RING_SNAPSHOT);
	assert_int_equal(r.wire, 14 + 20 + payload.n);
	assert_int_equal(r.wall.ns, wall(6.1).ns);
	assert_int_equal(r.mono.ns, mono(6.1).ns);
}

/* ---- cases */

/* Frames from before the beginning of the case are evidence, too. */
static void
frames_before_the_case(void **state)
{
	struct bytes	 quoted = udp(20053, 20053, 20);
	struct evidence	 e;

	(void)state;
	heartbeat(0, 1);
	second(icmp_error(PEER, 3, 3, US, PEER, IPPROTO_UDP, &quoted), 2);
	e = evidence_at(0, 3);
	assert_int_equal(e.flags & EVIDENCE_NO_FRAMES, EVIDENCE_NO_FRAMES);
	tracker_late(&tracker, 0, mono(6));
	tracker_raised(&tracker, 0, mono(11), wall(11));
	e = evidence_at(0, 11);
	assert_int_equal(e.flags & EVIDENCE_NO_FRAMES, 0);
	assert_int_equal(e.flags & EVIDENCE_RECEIVED, EVIDENCE_RECEIVED);
	assert_int_equal(e.signals[EVIDENCE_PORT_REFUSED].state,
	    EVIDENCE_PRESENT);
	assert_int_equal(e.raised.ns, wall(11).ns);
	assert_int_equal(e.last.ns, wall(1).ns);
}

/* A case takes a limited number of records in each call. */
static void
records_in_parts(void **state)
{
	unsigned	 i;

	(void)state;
	for (i = 0; i < TRACKER_FEED + 10; i++)
		second(request(THIRD, THIRD, US), 1 + i / 1000.0);
	tracker_late(&tracker, 0, mono(6));
	tracker_late(&tracker, 1, mono(6));
	tracker_advance(&tracker, mono(6));
	assert_true(mono_sub(tracker_due(&tracker, mono(6)), mono(6)) <=
	    10 * NSEC_PER_MSEC);
	tracker_advance(&tracker, mono(6.01));
	assert_true(mono_sub(tracker_due(&tracker, mono(6)), mono(6)) >
	    10 * NSEC_PER_MSEC);
}

static void
case_of_an_alarm(void **state)
{
	struct tracker_wanted	 wanted[TRACKER_WANTED];
	struct evidence		 e;

	(void)state;
	heartbeat(0, 1);
	tracker_late(&tracker, 0, mono(6));
	tracker_raised(&tracker, 0, mono(11), wall(11));
	/* Nothing is observed any more a minute later. */
	tracker_advance(&tracker, mono(72));
	assert_int_equal(tracker_due(&tracker, mono(72)).ns, MONO_NEVER.ns);
	assert_int_equal(tracker_wanted(&tracker, mono(72), wanted), 1);
	assert_int_equal(tracker_wanted(&tracker, mono(700), wanted), 0);
	heartbeat(0, 800);
	assert_int_equal(tracker.ncases, 1);
	tracker_cleared(&tracker, 0, mono(800));
	e = evidence_at(0, 800);
	assert_int_equal(e.flags & EVIDENCE_CLEARED, EVIDENCE_CLEARED);
	assert_int_equal(e.raised.ns, wall(11).ns);
	/* It is late again. */
	tracker_late(&tracker, 0, mono(810));
	tracker_raised(&tracker, 0, mono(815), wall(815));
	e = evidence_at(0, 815);
	assert_int_equal(e.flags & EVIDENCE_CLEARED, 0);
	heartbeat(0, 820);
	tracker_cleared(&tracker, 0, mono(820));
	tracker_advance(&tracker, mono(879));
	assert_int_equal(tracker.ncases, 1);
	tracker_advance(&tracker, mono(880));
	assert_int_equal(tracker.ncases, 0);
}

static void
changes(void **state)
{
	struct evidence	 e;

	(void)state;
	heartbeat(0, 1);
	tracker_late(&tracker, 0, mono(6));
	tracker_raised(&tracker, 0, mono(11), wall(11));
	(void)evidence_at(0, 11);
	assert_int_equal(tracker_changed(&tracker, mono(12.5), &e),
	    UINT32_MAX);
	second(datagram(PEER, US, 7), 13);
	second(datagram(PEER, US, 7), 13.1);
	second(datagram(PEER, US, 7), 13.2);
	/* At most once a second. */
	assert_int_equal(tracker_changed(&tracker, mono(13.3), &e),
	    UINT32_MAX);
	assert_int_equal(tracker_changed(&tracker, mono(14), &e), 0);
	assert_int_equal(e.signals[EVIDENCE_PEER_OTHER_TRAFFIC].state,
	    EVIDENCE_PRESENT);
	assert_int_equal(tracker_changed(&tracker, mono(16), &e), UINT32_MAX);
}

static void
losses_and_blind_times(void **state)
{
	struct evidence	 e;

	(void)state;
	heartbeat(0, 5);
	source.last_loss = mono(4);
	tracker_late(&tracker, 0, mono(10));
	e = evidence_at(0, 11);
	assert_int_equal(e.flags & (EVIDENCE_LOSSY | EVIDENCE_WAS_BLIND), 0);
	tracker_lost(&tracker, mono(12));
	e = evidence_at(0, 12);
	assert_int_equal(e.flags & (EVIDENCE_LOSSY | EVIDENCE_WAS_BLIND),
	    EVIDENCE_LOSSY);
	detect_source_resume(&source, mono(13));
	e = evidence_at(0, 13);
	assert_int_equal(e.flags & (EVIDENCE_LOSSY | EVIDENCE_WAS_BLIND),
	    EVIDENCE_LOSSY | EVIDENCE_WAS_BLIND);
}

/* More late watches than cases within 5 s are a storm. */
static void
storm(void **state)
{
	struct evidence	 e;
	uint32_t	 i;

	(void)state;
	assert_true(config->nwatches > TRACKER_CASES + 2);
	for (i = 0; i < TRACKER_CASES + 2; i++) {
		heartbeat(i, 1);
		tracker_late(&tracker, i, mono(6));
	}
	assert_int_equal(tracker.ncases, TRACKER_CASES);
	e = evidence_at(0, 11);
	assert_int_equal(e.flags & EVIDENCE_NO_FRAMES, 0);
	e = evidence_at(TRACKER_CASES + 1, 11);
	assert_int_equal(e.flags & EVIDENCE_NO_FRAMES, EVIDENCE_NO_FRAMES);
	/* A limited number of those has evidence of the interface. */
	for (i = 0; i < 1000; i++)
		if (!tracker_evidence(&tracker, TRACKER_CASES + 1, mono(11),
		    &e))
			break;
	assert_in_range(i, 10, 100);
	/* Later, there is a case for a watch that is late alone. */
	for (i = 0; i < TRACKER_CASES; i++)
		tracker_raised(&tracker, i, mono(11), wall(11));
	tracker_late(&tracker, TRACKER_CASES + 1, mono(80));
	e = evidence_at(TRACKER_CASES + 1, 81);
	assert_int_equal(e.flags & EVIDENCE_NO_FRAMES, 0);
	assert_int_equal(tracker.ncases, TRACKER_CASES);
}

/* A new engine continues with an alarm that is active. */
static void
resumed(void **state)
{
	struct evidence	 e;

	(void)state;
	heartbeat(0, 1);
	rows[0].raised = 1;
	rows[0].raised_at = mono(11);
	tracker_resume(&tracker, 0);
	assert_true(tracker_may_have(&tracker, 0));
	heartbeat(0, 20);
	tracker_cleared(&tracker, 0, mono(20));
	e = evidence_at(0, 20);
	assert_int_equal(e.flags & EVIDENCE_NO_FRAMES, 0);
	assert_int_equal(e.flags & EVIDENCE_CLEARED, EVIDENCE_CLEARED);
}

/* ---- signals of the detector */

static void
other_peers(void **state)
{
	struct evidence	 e;

	(void)state;
	heartbeat(0, 10);
	heartbeat(1, 10);
	tracker_late(&tracker, 0, mono(15));
	e = evidence_at(0, 16);
	assert_int_equal(e.signals[EVIDENCE_OTHER_PEERS_ALIVE].state,
	    EVIDENCE_UNKNOWN);
	heartbeat(1, 17);
	e = evidence_at(0, 18);
	assert_int_equal(e.signals[EVIDENCE_OTHER_PEERS_ALIVE].state,
	    EVIDENCE_PRESENT);
	assert_int_equal(e.signals[EVIDENCE_OTHER_PEERS_ALIVE].count, 1);
	assert_int_equal(e.signals[EVIDENCE_OTHER_PEERS_ALIVE].at.ns,
	    wall(17).ns);
	/* All others of which something is known are silent, too. */
	rows[1].last = mono(9);
	rows[1].raised = 1;
	e = evidence_at(0, 20);
	assert_int_equal(e.signals[EVIDENCE_OTHER_PEERS_ALIVE].state,
	    EVIDENCE_ABSENT);
	/* A watch that became silent long before shows nothing. */
	rows[0].last = mono(1000);
	tracker_returned(&tracker, 0);
	tracker_late(&tracker, 0, mono(1005));
	e = evidence_at(0, 1006);
	assert_int_equal(e.signals[EVIDENCE_OTHER_PEERS_ALIVE].state,
	    EVIDENCE_UNKNOWN);
}

static void
set_intervals(const unsigned *tenths, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		rows[0].intervals[i] = (uint32_t)(tenths[i] * (SECOND / 10) /
		    DETECT_UNIT_NS + 1);
	rows[0].oldest = n % DETECT_INTERVALS;
}

static void
thinned(void **state)
{
	static const unsigned	 good[] = { 10, 10, 20, 10, 10, 10, 10 };
	static const unsigned	 bad[] = { 10, 20, 10, 30, 10, 20, 10 };
	struct evidence		 e;

	(void)state;
	heartbeat(0, 10);
	tracker_late(&tracker, 0, mono(15));
	e = evidence_at(0, 16);
	assert_int_equal(e.signals[EVIDENCE_HEARTBEATS_THINNED].state,
	    EVIDENCE_UNKNOWN);
	tracker_returned(&tracker, 0);
	set_intervals(good, 7);
	tracker_late(&tracker, 0, mono(25));
	e = evidence_at(0, 26);
	assert_int_equal(e.signals[EVIDENCE_HEARTBEATS_THINNED].state,
	    EVIDENCE_ABSENT);
	tracker_returned(&tracker, 0);
	set_intervals(bad, 7);
	tracker_late(&tracker, 0, mono(35));
	e = evidence_at(0, 36);
	assert_int_equal(e.signals[EVIDENCE_HEARTBEATS_THINNED].state,
	    EVIDENCE_PRESENT);
	assert_int_equal(e.signals[EVIDENCE_HEARTBEATS_THINNED].count, 4);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(kept_frames),
		TEST(frames_of_a_late_peer),
		TEST(heartbeats_are_limited),
		TEST(packets_of_wanted_peers),
		TEST(long_frames_are_cut),
		TEST(frames_before_the_case),
		TEST(records_in_parts),
		TEST(case_of_an_alarm),
		TEST(changes),
		TEST(losses_and_blind_times),
		TEST(storm),
		TEST(resumed),
		TEST(other_peers),
		TEST(thinned),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
