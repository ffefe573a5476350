/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "state/alarm.h"

#define AT(s)	((struct wall_time){ (1795348800 + (s)) * NSEC_PER_SEC })

static struct configuration_alarm	 alarm_45640 = {
	.id = 45640,
	.name = "FlinkServer Heartbeat Interruption",
	.severity = SEVERITY_MINOR,
	.type = "Heartbeat",
	.service_type = "Flink",
	.references = 1,
};

static const struct configuration_profile	 flinkserver = {
	.interface = "eth1",
	.heartbeat = "udp 20053",
	.alarm = &alarm_45640,
	.source = "mrs-cluster-1",
	.service = "Flink",
	.role = "FlinkServer",
	.host = "node-1",
};

static struct configuration_watch *
watch_of(const struct configuration_profile *like, const char *peer)
{
	struct configuration_profile	*profile;
	struct configuration_watch	*watch;
	struct addr			 addr = { 0 };

	if (peer != NULL)
		assert_true(addr_parse(peer, &addr));
	profile = configuration_profile_new(like);
	assert_non_null(profile);
	watch = configuration_watch_new(profile, "flinkserver", &addr);
	assert_non_null(watch);
	configuration_profile_release(profile);
	return (watch);
}

/* Raises it with the verdict on what the event shows. */
static void
raise_of(struct alarm *a, const struct detect_event *event,
    struct wall_time at, uint32_t serial)
{
	struct verdict	 v = alarm_event_verdict(event, at);

	alarm_raise(a, event, &v, at, serial);
}

/* alarm_detail for the watch flinkserver. */
static const char *
detail_of(const struct alarm *a, const char *peer)
{
	static char			 detail[ALARM_DETAIL_SIZE];
	struct configuration_watch	*w = watch_of(&flinkserver, peer);

	memset(detail, 0xa5, sizeof(detail));
	assert_ptr_equal(alarm_detail(a, w, detail), detail);
	configuration_watch_release(w);
	return (detail);
}

/* A raise after 30 s without a heartbeat; the last was at 12:00:00. */
static struct detect_event
raise_event(uint32_t number)
{
	return ((struct detect_event){
		.transition = DETECT_RAISED,
		.number = number,
		.last_heartbeat = AT(0),
		.silence_ns = 30 * NSEC_PER_SEC,
		.received = true,
	});
}

static struct detect_event
clear_event(uint32_t number, int64_t duration_ns)
{
	return ((struct detect_event){
		.transition = DETECT_CLEARED,
		.number = number,
		.last_heartbeat = AT(42),
		.duration_ns = duration_ns,
	});
}

static void
key(void **state)
{
	struct configuration_watch	*w = watch_of(&flinkserver, NULL);
	char				 text[ALARM_KEY_SIZE];

	(void)state;
	assert_ptr_equal(alarm_key(w, text), text);
	assert_string_equal(text,
	    "mrs-cluster-1/Flink/FlinkServer/node-1/flinkserver/45640");
	configuration_watch_release(w);
}

/* The longest key that the configuration accepts. */
static void
longest_key(void **state)
{
	struct configuration_profile	 p = flinkserver;
	struct configuration_watch	*w;
	char				 host[256], text[ALARM_KEY_SIZE];
	/* mrs-cluster-1/Flink/FlinkServer/HOST/flinkserver/45640 */
	const size_t			 rest = 13 + 5 + 11 + 11 + 5 + 5;

	(void)state;
	memset(host, 'h', sizeof(host));
	host[ALARM_KEY_SIZE - 1 - rest] = '\0';
	p.host = host;
	w = watch_of(&p, NULL);
	assert_int_equal(strlen(alarm_key(w, text)), ALARM_KEY_SIZE - 1);
	assert_string_equal(text + ALARM_KEY_SIZE - 1 - 18,
	    "/flinkserver/45640");
	configuration_watch_release(w);
}

static void
never_raised(void **state)
{
	struct alarm	 a = { 0 };

	(void)state;
	assert_int_equal(alarm_state(&a), ALARM_CLEARED);
	assert_int_equal(alarm_cause(&a), CAUSE_UNKNOWN);
	assert_int_equal(alarm_side(&a), CAUSE_SIDE_UNKNOWN);
	assert_string_equal(detail_of(&a, NULL), "");
	assert_int_equal(a.serial, 0);
	assert_int_equal(a.sequence, 0);
	assert_int_equal(a.count, 0);
	assert_true(wall_is_never(a.raised));
	assert_true(wall_is_never(a.cleared));
	assert_true(wall_is_never(a.last_heartbeat));
	assert_int_equal(a.transitions, 0);
}

static void
raise_and_clear(void **state)
{
	struct alarm		 a = { 0 };
	struct detect_event	 raise = raise_event(1);
	struct detect_event	 clear = clear_event(2, 12500000000);

	(void)state;
	raise_of(&a, &raise, AT(30), 17);
	assert_int_equal(a.state, ALARM_RAISED);
	assert_int_equal(a.cause, CAUSE_UNKNOWN);
	assert_int_equal(a.serial, 17);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.raised.ns, AT(30).ns);
	assert_true(wall_is_never(a.cleared));
	assert_int_equal(a.last_heartbeat.ns, AT(0).ns);
	assert_int_equal(a.transitions, 1);
	assert_int_equal(a.flags, ALARM_RECEIVED);
	assert_int_equal(a.span_ns, 30 * NSEC_PER_SEC);
	assert_string_equal(detail_of(&a, "192.0.2.12"),
	    "no heartbeat (udp 20053 on eth1) from "
	    "192.0.2.12 for 30.000 s, the last at "
	    "2026-11-22T12:00:00.000000Z");

	/* The clear has the serial and cause of its raise. */
	alarm_clear(&a, &clear, AT(42), ALARM_END_HEARTBEAT);
	assert_int_equal(a.state, ALARM_CLEARED);
	assert_int_equal(a.cause, CAUSE_UNKNOWN);
	assert_int_equal(a.serial, 17);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.raised.ns, AT(30).ns);
	assert_int_equal(a.cleared.ns, AT(42).ns);
	assert_int_equal(a.last_heartbeat.ns, AT(42).ns);
	assert_int_equal(a.transitions, 2);
	assert_int_equal(a.end, ALARM_END_HEARTBEAT);
	assert_int_equal(a.span_ns, 12500000000);
	assert_string_equal(detail_of(&a, "192.0.2.12"),
	    "the heartbeat is back; the alarm was active for 12.500 s");
}

static void
raised_again(void **state)
{
	struct alarm		 a = { 0 };
	struct detect_event	 first = raise_event(1), again = raise_event(3);
	struct detect_event	 clear = clear_event(2, NSEC_PER_SEC);

	(void)state;
	first.stopping = true;
	raise_of(&a, &first, AT(30), 17);
	alarm_clear(&a, &clear, AT(42), ALARM_END_HEARTBEAT);
	assert_int_equal(a.cause, CAUSE_INSTANCE_STOPPED);
	raise_of(&a, &again, AT(90), 18);
	assert_int_equal(a.state, ALARM_RAISED);
	assert_int_equal(a.cause, CAUSE_UNKNOWN);
	assert_int_equal(a.serial, 18);
	assert_int_equal(a.count, 2);
	assert_int_equal(a.raised.ns, AT(90).ns);
	assert_true(wall_is_never(a.cleared));
	assert_null(strstr(detail_of(&a, NULL), "stops"));
	assert_null(strstr(detail_of(&a, NULL), "back"));
}

static void
assert_end(enum alarm_end end, const char *detail)
{
	struct alarm		 a = { 0 };
	struct detect_event	 raise = raise_event(1);
	struct detect_event	 clear = clear_event(2, NSEC_PER_SEC);

	raise_of(&a, &raise, AT(30), 1);
	alarm_clear(&a, &clear, AT(42), end);
	assert_int_equal(a.end, end);
	assert_string_equal(detail_of(&a, NULL), detail);
	/* An active alarm has no end. */
	raise.number = 3;
	raise_of(&a, &raise, AT(90), 2);
	assert_int_equal(a.end, ALARM_END_HEARTBEAT);
}

static void
cleared_for_another_reason(void **state)
{
	(void)state;
	assert_end(ALARM_END_REMOVED,
	    "the watch was removed from the configuration");
	assert_end(ALARM_END_DISABLED, "the watch was disabled");
	assert_end(ALARM_END_REKEYED,
	    "the configuration changed the key of the alarm");
	assert_end(ALARM_END_HEARTBEAT,
	    "the heartbeat is back; the alarm was active for 1.000 s");
}

static void
assert_cause(struct detect_event event, enum cause cause,
    const char *detail)
{
	struct alarm	 a = { 0 };

	raise_of(&a, &event, AT(30), 1);
	assert_int_equal(a.cause, cause);
	if (strstr(detail_of(&a, "2001:db8::c"), detail) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", detail,
		    detail_of(&a, "2001:db8::c"));
}

static void
causes(void **state)
{
	struct detect_event	 e;

	(void)state;
	assert_cause(raise_event(1), CAUSE_UNKNOWN, "2001:db8::c");
	e = raise_event(1);
	e.received = false;
	e.last_heartbeat = WALL_NEVER;
	assert_cause(e, CAUSE_NEVER_HEARD, ", none was ever received");
	e.link_down = true;
	assert_cause(e, CAUSE_LINK_ABNORMAL, "; eth1 is down");
	e = raise_event(1);
	e.link_down = true;
	assert_cause(e, CAUSE_LINK_ABNORMAL, "; eth1 is down");
	e.stopping = true;
	/* Without a link, the peer may have started again since. */
	assert_cause(e, CAUSE_LINK_ABNORMAL,
	    "; the peer announced that it stops; eth1 is down");
	e.link_down = false;
	assert_cause(e, CAUSE_INSTANCE_STOPPED,
	    "; the peer announced that it stops");
	e = raise_event(1);
	e.lossy = true;
	assert_cause(e, CAUSE_UNKNOWN,
	    "; the capture lost packets");
}

/* Without a peer in the configuration, the detail names none. */
static void
no_peer(void **state)
{
	struct alarm		 a = { 0 };
	struct detect_event	 e = raise_event(1);

	(void)state;
	raise_of(&a, &e, AT(30), 1);
	assert_null(strstr(detail_of(&a, NULL), "from"));
}

static void
short_interruption(void **state)
{
	struct detect_event	 e = raise_event(1);

	(void)state;
	e.silence_ns = NSEC_PER_MSEC;
	assert_cause(e, CAUSE_UNKNOWN, " for 0.001 s");
	e.silence_ns = 24 * 3600 * NSEC_PER_SEC;
	assert_cause(e, CAUSE_UNKNOWN, " for 86400.000 s");
}

static void
cause_texts(void **state)
{
	(void)state;
	assert_string_equal(cause_text(CAUSE_UNKNOWN), "unknown");
	assert_string_equal(cause_text(CAUSE_NEVER_HEARD),
	    "neverHeard");
	assert_string_equal(cause_text(CAUSE_INSTANCE_STOPPED),
	    "instanceStopped");
	assert_string_equal(cause_text(CAUSE_LINK_ABNORMAL),
	    "linkAbnormal");
	assert_string_equal(cause_text(CAUSE_LOCAL_FAULT),
	    "localFault");
}

/* The longest detail is not cut, but dots replace the end of an expression. */
static void
longest_detail(void **state)
{
	struct configuration_profile	 p = flinkserver;
	struct configuration_watch	*w;
	struct detect_event		 e = raise_event(1);
	struct alarm			 a = { 0 };
	char				 detail[ALARM_DETAIL_SIZE];

	(void)state;
	p.interface = "enp65s0f1np1.99";
	p.heartbeat = "bpf ether[12:2] = 0x88b5 and ether[14:4] = 1 "
	    "and ether[18:4] = 2 and ether[22:4] = 3";
	e.silence_ns = 24 * 3600 * NSEC_PER_SEC;
	e.stopping = e.link_down = e.lossy = true;
	w = watch_of(&p, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
	raise_of(&a, &e, AT(30), 1);
	if (strstr(alarm_detail(&a, w, detail),
	    "no heartbeat on enp65s0f1np1.99 for 86400 s; ") == NULL)
		fail_msg("no time: \"%s\"", detail);
	/* Without a deciding signal. */
	a.number = 0;
	if (strstr(alarm_detail(&a, w, detail),
	    "; the capture lost packets") == NULL)
		fail_msg("cut: \"%s\"", detail);
	assert_ptr_equal(strstr(detail,
	    "no heartbeat (bpf ether[12:2] = 0x88b5 and ... on "), detail);
	configuration_watch_release(w);
}

static void
sides_and_confidences(void **state)
{
	static const struct detect_event	 silent = { .received = true };
	static const struct detect_event	 stopping = {
		.received = true, .stopping = true,
	};
	static const struct detect_event	 lossy = {
		.received = true, .stopping = true, .lossy = true,
	};
	static const struct detect_event	 link = { .link_down = true };
	struct alarm				 a = { 0 };

	(void)state;
	raise_of(&a, &silent, AT(30), 1);
	assert_int_equal(a.side, CAUSE_SIDE_UNKNOWN);
	assert_int_equal(a.confidence, 0);
	raise_of(&a, &stopping, AT(30), 1);
	assert_int_equal(a.side, CAUSE_SIDE_PEER);
	assert_int_equal(a.confidence, 97);
	raise_of(&a, &lossy, AT(30), 1);
	assert_int_equal(a.confidence, 60);
	raise_of(&a, &link, AT(30), 1);
	assert_int_equal(a.side, CAUSE_SIDE_HERE);
	assert_int_equal(a.confidence, 98);
}

/* Evidence with its time is shown in place of the plain words. */
static void
deciding_evidence(void **state)
{
	struct alarm		 a = { 0 };
	struct detect_event	 e = raise_event(1);
	struct verdict		 v = {
		.cause = CAUSE_INSTANCE_STOPPED, .side = CAUSE_SIDE_PEER,
		.confidence = 97, .number = EVIDENCE_PEER_ANNOUNCED_STOP,
		.decided = {
			.state = EVIDENCE_PRESENT, .at = AT(0), .count = 1,
		},
	};
	char			 repair[ALARM_REPAIR_SIZE];
	struct configuration_watch *w = watch_of(&flinkserver, "192.0.2.12");

	(void)state;
	assert_string_equal(alarm_repair(&a, w, repair), "");
	e.stopping = true;
	alarm_raise(&a, &e, &v, AT(30), 1);
	if (strstr(detail_of(&a, "192.0.2.12"),
	    " on eth1 for 30 s; the peer announced that it stops at ") == NULL)
		fail_msg("no evidence: %s", detail_of(&a, "192.0.2.12"));
	assert_true(strlen(alarm_repair(&a, w, repair)) > 0);
	/* Some signals, such as repeated data, have no time. */
	v.number = EVIDENCE_PEER_DOES_NOT_HEAR_US;
	v.cause = CAUSE_ONE_WAY_LINK;
	v.decided.code = EVIDENCE_DEAF_TCP;
	v.decided.at = WALL_NEVER;
	alarm_raise(&a, &e, &v, AT(30), 1);
	if (strstr(detail_of(&a, "192.0.2.12"), "; the peer sends the same "
	    "data again, although they arrive: the link works in one "
	    "direction only") == NULL)
		fail_msg("no evidence: %s", detail_of(&a, "192.0.2.12"));
	v.number = EVIDENCE_PEER_ANNOUNCED_STOP;
	v.cause = CAUSE_INSTANCE_STOPPED;
	v.decided.code = 0;
	v.decided.at = AT(0);
	alarm_raise(&a, &e, &v, AT(30), 1);
	/* Another verdict, with the same cause and with another one. */
	v.confidence = 60;
	assert_false(alarm_set_verdict(&a, &v));
	assert_int_equal(a.confidence, 60);
	v.cause = CAUSE_HOST_DOWN;
	assert_true(alarm_set_verdict(&a, &v));
	assert_int_equal(a.cause, CAUSE_HOST_DOWN);
	v = alarm_verdict(&a);
	assert_int_equal(v.number, EVIDENCE_PEER_ANNOUNCED_STOP);
	assert_int_equal(v.decided.at.ns, AT(0).ns);
	alarm_clear(&a, &e, AT(42), ALARM_END_HEARTBEAT);
	assert_int_equal(a.cause, CAUSE_HOST_DOWN);
	configuration_watch_release(w);
}

static void
ages(void **state)
{
	static const struct detect_event	 event = { .received = true };
	struct alarm				 a = { 0 };

	(void)state;
	assert_int_equal(alarm_age(&a, AT(100)), 0);
	raise_of(&a, &event, AT(30), 1);
	assert_int_equal(alarm_age(&a, AT(100)), 70);
	assert_int_equal(alarm_age(&a, AT(20)), 0);
	assert_int_equal(alarm_age(&a, (struct wall_time){ INT64_MAX }),
	    UINT32_MAX);
	alarm_clear(&a, &event, AT(130), ALARM_END_HEARTBEAT);
	assert_int_equal(alarm_age(&a, AT(140)), 0);
}

static void
levels_and_locations(void **state)
{
	static const struct {
		enum severity	 severity;
		int		 level;
	} all[] = {
		{ SEVERITY_CRITICAL, 1 }, { SEVERITY_MAJOR, 2 },
		{ SEVERITY_MINOR, 3 }, { SEVERITY_WARNING, 4 },
	};
	struct configuration_alarm	 alarm = alarm_45640;
	struct configuration_profile	 profile = flinkserver;
	struct configuration_watch	 watch = { .profile = &profile };
	char				 location[ALARM_LOCATION_SIZE];
	size_t				 i;

	(void)state;
	assert_string_equal(alarm_location(&watch, location),
	    "Source=mrs-cluster-1, ServiceName=Flink, RoleName=FlinkServer, "
	    "HostName=node-1");
	profile.alarm = &alarm;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		alarm.severity = all[i].severity;
		assert_int_equal(alarm_level(&watch), all[i].level);
	}
}

static void
clear_types(void **state)
{
	static const struct detect_event	 event = { .received = true };
	struct alarm				 a = { 0 };

	(void)state;
	assert_int_equal(alarm_clear_type(&a), ALARM_NOT_CLEARED);
	raise_of(&a, &event, AT(30), 1);
	assert_int_equal(alarm_clear_type(&a), ALARM_NOT_CLEARED);
	alarm_clear(&a, &event, AT(40), ALARM_END_HEARTBEAT);
	assert_int_equal(alarm_clear_type(&a), ALARM_CLEARED_AUTOMATICALLY);
	raise_of(&a, &event, AT(50), 2);
	alarm_clear(&a, &event, AT(60), ALARM_END_DISABLED);
	assert_int_equal(alarm_clear_type(&a), ALARM_CLEARED_BY_CONFIGURATION);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(key),
		cmocka_unit_test(longest_key),
		cmocka_unit_test(never_raised),
		cmocka_unit_test(raise_and_clear),
		cmocka_unit_test(raised_again),
		cmocka_unit_test(cleared_for_another_reason),
		cmocka_unit_test(causes),
		cmocka_unit_test(no_peer),
		cmocka_unit_test(short_interruption),
		cmocka_unit_test(cause_texts),
		cmocka_unit_test(sides_and_confidences),
		cmocka_unit_test(deciding_evidence),
		cmocka_unit_test(ages),
		cmocka_unit_test(levels_and_locations),
		cmocka_unit_test(clear_types),
		cmocka_unit_test(longest_detail),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
