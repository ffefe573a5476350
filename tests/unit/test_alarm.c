/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "alarm.h"

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

/* The identity outlives what it was made of. */
static struct alarm_identity *
identity_of(const struct configuration_profile *like, const char *peer,
    uint32_t index)
{
	struct configuration_profile	*profile;
	struct configuration_watch	*watch;
	struct alarm_identity		*identity;
	struct addr			 addr = { 0 };

	if (peer != NULL)
		assert_true(addr_parse(peer, &addr));
	profile = configuration_profile_new(like);
	assert_non_null(profile);
	watch = configuration_watch_new(profile, "flinkserver", &addr);
	assert_non_null(watch);
	configuration_profile_release(profile);
	identity = alarm_identity_new(watch, index);
	assert_non_null(identity);
	configuration_watch_release(watch);
	return (identity);
}

static struct alarm
new_alarm(const char *peer)
{
	struct alarm			 a;

	memset(&a, 0xa5, sizeof(a));
	alarm_init(&a, identity_of(&flinkserver, peer, 7));
	return (a);
}

/* After 30 s, the last heartbeat at 12:00:00. */
static struct detect_event
raise_event(uint32_t number)
{
	return ((struct detect_event){
		.transition = DETECT_RAISED,
		.number = number,
		.last_heartbeat = AT(0),
		.silence_ns = 30 * NSEC_PER_SEC,
		.heard = true,
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
identity(void **state)
{
	struct alarm			 a = new_alarm("192.0.2.12");
	const struct alarm_identity	*id = a.identity;
	char				 text[ADDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(id->key,
	    "mrs-cluster-1/Flink/FlinkServer/node-1/flinkserver/45640");
	assert_int_equal(id->id, 45640);
	assert_int_equal(id->watch_index, 7);
	assert_int_equal(id->severity, SEVERITY_MINOR);
	assert_string_equal(addr_text(&id->peer, text), "192.0.2.12");
	assert_string_equal(id->name, "FlinkServer Heartbeat Interruption");
	assert_string_equal(id->type, "Heartbeat");
	assert_string_equal(id->service_type, "Flink");
	assert_string_equal(id->source, "mrs-cluster-1");
	assert_string_equal(id->service, "Flink");
	assert_string_equal(id->role, "FlinkServer");
	assert_string_equal(id->host, "node-1");
	assert_string_equal(id->watch, "flinkserver");
	assert_string_equal(id->heartbeat, "udp 20053");
	assert_string_equal(id->interface, "eth1");
	alarm_identity_release(a.identity);
}

/* The last to let go frees it; a sanitizer sees if it is not so. */
static void
identity_is_shared(void **state)
{
	struct alarm		 a = new_alarm(NULL);
	struct alarm_identity	*other = alarm_identity_share(a.identity);

	(void)state;
	assert_ptr_equal(other, a.identity);
	alarm_identity_release(a.identity);
	assert_string_equal(other->watch, "flinkserver");
	alarm_identity_release(other);
	alarm_identity_release(NULL);
	assert_null(alarm_identity_share(NULL));
}

static void
never_raised(void **state)
{
	struct alarm	 a = new_alarm(NULL);

	(void)state;
	assert_int_equal(a.state, ALARM_CLEARED);
	assert_int_equal(a.cause, ALARM_CAUSE_UNKNOWN);
	assert_string_equal(a.detail, "");
	assert_int_equal(a.serial, 0);
	assert_int_equal(a.sequence, 0);
	assert_int_equal(a.count, 0);
	assert_true(wall_is_never(a.raised));
	assert_true(wall_is_never(a.cleared));
	assert_true(wall_is_never(a.last_heartbeat));
	assert_int_equal(a.transitions, 0);
	alarm_identity_release(a.identity);
}

static void
raise_and_clear(void **state)
{
	struct alarm		 a = new_alarm("192.0.2.12");
	struct detect_event	 raise = raise_event(1);
	struct detect_event	 clear = clear_event(2, 12500000000);

	(void)state;
	alarm_raise(&a, &raise, AT(30), 17);
	assert_int_equal(a.state, ALARM_RAISED);
	assert_int_equal(a.cause, ALARM_CAUSE_UNKNOWN);
	assert_int_equal(a.serial, 17);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.raised.ns, AT(30).ns);
	assert_true(wall_is_never(a.cleared));
	assert_int_equal(a.last_heartbeat.ns, AT(0).ns);
	assert_int_equal(a.transitions, 1);
	assert_string_equal(a.detail, "no heartbeat (udp 20053 on eth1) from "
	    "192.0.2.12 for 30.000 s, the last at "
	    "2026-11-22T12:00:00.000000Z");

	/* The clear has its raise's serial and cause. */
	alarm_clear(&a, &clear, AT(42), NULL);
	assert_int_equal(a.state, ALARM_CLEARED);
	assert_int_equal(a.cause, ALARM_CAUSE_UNKNOWN);
	assert_int_equal(a.serial, 17);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.raised.ns, AT(30).ns);
	assert_int_equal(a.cleared.ns, AT(42).ns);
	assert_int_equal(a.last_heartbeat.ns, AT(42).ns);
	assert_int_equal(a.transitions, 2);
	assert_string_equal(a.detail,
	    "the heartbeat is back; the alarm stood for 12.500 s");
	alarm_identity_release(a.identity);
}

static void
raised_again(void **state)
{
	struct alarm		 a = new_alarm(NULL);
	struct detect_event	 first = raise_event(1), again = raise_event(3);
	struct detect_event	 clear = clear_event(2, NSEC_PER_SEC);

	(void)state;
	first.stopping = true;
	alarm_raise(&a, &first, AT(30), 17);
	alarm_clear(&a, &clear, AT(42), NULL);
	assert_int_equal(a.cause, ALARM_CAUSE_INSTANCE_STOPPED);
	alarm_raise(&a, &again, AT(90), 18);
	assert_int_equal(a.state, ALARM_RAISED);
	assert_int_equal(a.cause, ALARM_CAUSE_UNKNOWN);
	assert_int_equal(a.serial, 18);
	assert_int_equal(a.count, 2);
	assert_int_equal(a.raised.ns, AT(90).ns);
	assert_true(wall_is_never(a.cleared));
	assert_null(strstr(a.detail, "stops"));
	assert_null(strstr(a.detail, "back"));
	alarm_identity_release(a.identity);
}

static void
cleared_for_another_reason(void **state)
{
	struct alarm		 a = new_alarm(NULL);
	struct detect_event	 raise = raise_event(1);
	struct detect_event	 clear = clear_event(2, NSEC_PER_SEC);
	char			 long_text[400];

	(void)state;
	alarm_raise(&a, &raise, AT(30), 1);
	alarm_clear(&a, &clear, AT(42), "the watch was disabled");
	assert_string_equal(a.detail, "the watch was disabled");
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	alarm_clear(&a, &clear, AT(42), long_text);
	assert_int_equal(strlen(a.detail), ALARM_DETAIL_SIZE - 1);
	alarm_identity_release(a.identity);
}

static void
assert_cause(struct detect_event event, enum alarm_cause cause,
    const char *detail)
{
	struct alarm	 a = new_alarm("2001:db8::c");

	alarm_raise(&a, &event, AT(30), 1);
	assert_int_equal(a.cause, cause);
	if (strstr(a.detail, detail) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", detail, a.detail);
	alarm_identity_release(a.identity);
}

static void
causes(void **state)
{
	struct detect_event	 e;

	(void)state;
	assert_cause(raise_event(1), ALARM_CAUSE_UNKNOWN, "2001:db8::c");
	e = raise_event(1);
	e.heard = false;
	e.last_heartbeat = WALL_NEVER;
	assert_cause(e, ALARM_CAUSE_NEVER_HEARD, ", none was ever heard");
	e.link_down = true;
	assert_cause(e, ALARM_CAUSE_LINK_ABNORMAL, "; eth1 is down");
	e = raise_event(1);
	e.link_down = true;
	assert_cause(e, ALARM_CAUSE_LINK_ABNORMAL, "; eth1 is down");
	e.stopping = true;
	assert_cause(e, ALARM_CAUSE_INSTANCE_STOPPED,
	    "; the peer announced that it stops; eth1 is down");
	e = raise_event(1);
	e.lossy = true;
	assert_cause(e, ALARM_CAUSE_UNKNOWN,
	    "; the capture lost packets");
}

/* Any speaker for a VRRP group: there is nobody to name. */
static void
no_peer(void **state)
{
	struct alarm		 a = new_alarm(NULL);
	struct detect_event	 e = raise_event(1);

	(void)state;
	alarm_raise(&a, &e, AT(30), 1);
	assert_null(strstr(a.detail, "from"));
	alarm_identity_release(a.identity);
}

static void
short_interruption(void **state)
{
	struct detect_event	 e = raise_event(1);

	(void)state;
	e.silence_ns = NSEC_PER_MSEC;
	assert_cause(e, ALARM_CAUSE_UNKNOWN, " for 0.001 s");
	e.silence_ns = 24 * 3600 * NSEC_PER_SEC;
	assert_cause(e, ALARM_CAUSE_UNKNOWN, " for 86400.000 s");
}

static void
cause_texts(void **state)
{
	(void)state;
	assert_string_equal(alarm_cause_text(ALARM_CAUSE_UNKNOWN), "unknown");
	assert_string_equal(alarm_cause_text(ALARM_CAUSE_NEVER_HEARD),
	    "neverHeard");
	assert_string_equal(alarm_cause_text(ALARM_CAUSE_INSTANCE_STOPPED),
	    "instanceStopped");
	assert_string_equal(alarm_cause_text(ALARM_CAUSE_LINK_ABNORMAL),
	    "linkAbnormal");
	assert_string_equal(alarm_cause_text(ALARM_CAUSE_LOCAL_FAULT),
	    "localFault");
}

/* Everything at once, and all of it long, is still said to its end. */
static void
longest_detail(void **state)
{
	struct configuration_profile	 w = flinkserver;
	struct detect_event		 e = raise_event(1);
	struct alarm			 a;

	(void)state;
	w.interface = "enp65s0f1np1.99";
	w.heartbeat = "bpf ether[12:2] = 0x88b5 and ether[14:4] = 1 "
	    "and ether[18:4] = 2 and ether[22:4] = 3";
	e.silence_ns = 24 * 3600 * NSEC_PER_SEC;
	e.stopping = e.link_down = e.lossy = true;
	alarm_init(&a, identity_of(&w,
	    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 1));
	assert_non_null(a.identity);
	alarm_raise(&a, &e, AT(30), 1);
	if (strstr(a.detail, "; the capture lost packets") == NULL)
		fail_msg("cut: \"%s\"", a.detail);
	alarm_identity_release(a.identity);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(identity),
		cmocka_unit_test(identity_is_shared),
		cmocka_unit_test(never_raised),
		cmocka_unit_test(raise_and_clear),
		cmocka_unit_test(raised_again),
		cmocka_unit_test(cleared_for_another_reason),
		cmocka_unit_test(causes),
		cmocka_unit_test(no_peer),
		cmocka_unit_test(short_interruption),
		cmocka_unit_test(cause_texts),
		cmocka_unit_test(longest_detail),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
