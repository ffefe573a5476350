/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables without a network: first the functions of table.h, then requests
 * to net-snmp's agent by a session within the process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stage.h"

static struct stage	 stage;

#define AGENT		(&stage.agent)

#include "snmp_client.h"

#define N(array)	(sizeof(array) / sizeof((array)[0]))

/* The largest sub-identifier (RFC 2578, section 3.5). */
#define LARGEST		4294967295UL

/* The size of the history. */
#define HISTORY		1000

/* The last column of each table, and a number that no column has. */
#define SCALAR_LAST	"1.1.23"
#define SCALAR_NONE	"1.1.24"
#define CAPTURE_NONE	"1.2.1.11"
#define WATCH_LAST	"1.3.1.24"
#define WATCH_NONE	"1.3.1.25"
#define ALARM_LAST	"1.4.1.34"
#define ALARM_LAST_TYPE	ASN_OCTET_STR
#define ALARM_NONE	"1.4.1.35"
#define HISTORY_LAST	"1.5.1.13"
#define HISTORY_NONE	"1.5.1.14"
#define ACTIVE_LAST	"1.7.1.10"
#define ACTIVE_NONE	"1.7.1.11"

/* Four watches whose alarm ids are in another order than the watches. */
static const char	 four[] =
    "alarm 45640 { interruption = 10s }\n"
    "watch \"a\" { interface = eth1 peer = 192.0.2.12 heartbeat = ip }\n"
    "watch \"b\" { interface = eth0 peer = \"2001:db8::c\" heartbeat = ip "
    "local = \"2001:db8::b\" alarm = 12010 interruption = 20s "
    "recovery = 3 }\n"
    "watch \"c\" { interface = any heartbeat = \"vrrp 51\" "
    "dual-active = none }\n"
    "watch \"d\" { interface = eth1 peer = 192.0.2.13 "
    "heartbeat = \"udp   7\" alarm = 46003 enabled = false }\n";

static int
end(void **state)
{
	(void)state;
	stage_end(&stage);
	return (0);
}

/* Begins with `count` watches; neighbours have different alarm ids. */
static void
begin_many(size_t count)
{
	static const uint32_t	 ids[] = { 46003, 45640, 12010, 27003 };
	char			*text;
	size_t			 size, i;
	FILE			*f = open_memstream(&text, &size);

	assert_non_null(f);
	for (i = 0; i < count; i++)
		fprintf(f, "watch \"w%zu\" { interface = eth%zu "
		    "peer = 192.0.2.12 heartbeat = \"udp %zu\" "
		    "alarm = %u }\n", i, i % 7, i + 1,
		    (unsigned)ids[i % N(ids)]);
	assert_int_equal(fclose(f), 0);
	stage_begin(&stage, text);
	free(text);
}

/* ---- names as text, below hbwatchMIB */

static void
assert_is(const struct instance *instance, const char *expected)
{
	oid	 name[MAX_OID_LEN];
	char	 text[256] = "";
	size_t	 length, i, n = 0;

	length = table_name(AGENT, instance, name);
	assert_memory_equal(name, table_root,
	    table_root_length * sizeof(oid));
	for (i = table_root_length; i < length; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%lu",
		    n > 0 ? "." : "", name[i]);
	assert_string_equal(text, expected);
}

static enum table_answer
find(const char *text, struct instance *instance)
{
	oid	 name[MAX_OID_LEN];
	size_t	 length = parse_name(text, name);

	return (table_find(AGENT, name, length, instance));
}

static void
assert_next(const char *text, const char *expected)
{
	struct instance	 instance;
	oid		 name[MAX_OID_LEN];
	size_t		 length = parse_name(text, name);

	print_message("# after %s comes %s\n", text,
	    expected != NULL ? expected : "nothing");
	if (expected == NULL) {
		assert_int_equal(table_find_next(AGENT, name, length,
		    &instance), TABLE_END);
		return;
	}
	assert_int_equal(table_find_next(AGENT, name, length, &instance),
	    TABLE_FOUND);
	assert_is(&instance, expected);
}

static void
get(const char *text, struct value *value)
{
	struct instance	 instance;

	assert_int_equal(find(text, &instance), TABLE_FOUND);
	assert_is(&instance, text);
	table_value(AGENT, &instance, value);
}

static void
assert_number(const char *text, uint64_t expected)
{
	struct value	 v;

	get(text, &v);
	assert_int_equal(v.length, sizeof(u_long));
	assert_int_equal(v.unsigned32, expected);
}

static void
assert_counter64(const char *text, uint64_t expected)
{
	struct value	 v;

	get(text, &v);
	assert_int_equal(v.length, sizeof(struct counter64));
	assert_int_equal((uint64_t)v.counter64.high << 32 | v.counter64.low,
	    expected);
}

static void
assert_octets(const char *text, const void *expected, size_t length)
{
	struct value	 v;

	get(text, &v);
	assert_int_equal(v.length, length);
	assert_memory_equal(v.octets, expected, length);
}

static void
assert_text(const char *text, const char *expected)
{
	assert_octets(text, expected, strlen(expected));
}

/* 2026-11-22T12:00:SECOND.DECIZ; second -1 is never */
static void
assert_time(const char *text, int second, int deci)
{
	const u_char	 at[] = {
		0x07, 0xea, 11, 22, 12, 0, (u_char)second, (u_char)deci,
		'+', 0, 0,
	};

	if (second == -1)
		assert_octets(text, "\0\0\0\0\0\0\0", 8);
	else
		assert_octets(text, at, sizeof(at));
}

/* ---- GET */

static void
scalars(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	assert_time("1.1.2.0", 0, 0);		/* hbwStartTime */
	assert_time("1.1.3.0", 0, 0);		/* hbwConfigTime */
	assert_number("1.1.4.0", 4);		/* hbwWatchCount */
	assert_number("1.1.5.0", 0);		/* hbwActiveAlarms */
	assert_time("1.1.10.0", -1, 0);		/* hbwAlarmLastChange */
	assert_number("1.1.11.0", 7);		/* hbwNotificationEpoch */
	assert_number("1.1.12.0", 0);		/* hbwNotificationSequence */
	assert_number("1.1.13.0", 0);		/* hbwNotificationsPending */
	assert_number("1.1.14.0", 0);		/* hbwHistoryOldest */
	assert_number("1.1.15.0", 10000);	/* hbwHistorySize */
	assert_number("1.1.16.0", 0);		/* hbwStormRaised */
	assert_number("1.1.17.0", 0);		/* hbwStormCleared */
	assert_number("1.1.18.0", 0);		/* hbwStormFirst */
	assert_time("1.1.19.0", -1, 0);		/* hbwStormSince */
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 2, 4);
	stage_advance(&stage, 13);		/* raises a */
	stage_advance(&stage, 21);		/* raises c, then b */
	assert_number("1.1.5.0", 3);
	assert_number("1.1.6.0", 0);		/* hbwActiveCritical */
	assert_number("1.1.7.0", 1);		/* hbwActiveMajor */
	assert_number("1.1.8.0", 2);		/* hbwActiveMinor */
	assert_number("1.1.9.0", 0);		/* hbwActiveWarning */
	assert_time("1.1.10.0", 20, 0);
	assert_number("1.1.12.0", 3);
	assert_number("1.1.13.0", 3);
	assert_number("1.1.14.0", 1);
	outbox_delivered(&AGENT->outbox, 1);
	assert_number("1.1.13.0", 2);
	stage_reload(&stage, "", 30.5);
	assert_time("1.1.2.0", 0, 0);
	assert_time("1.1.3.0", 30, 5);
	assert_number("1.1.4.0", 0);
	assert_number("1.1.5.0", 0);
}

/* The scalars are the numbers of rows with these values of hbwWatchState. */
static void
assert_totals(uint32_t blind, uint32_t interrupted)
{
	struct value	 state;
	char		 name[32];
	uint32_t	 i, states[DETECT_DISABLED + 1] = { 0 };

	assert_number("1.1.20.0", blind);	/* hbwBlindWatches */
	assert_number("1.1.21.0", interrupted);	/* hbwInterruptedWatches */
	for (i = 1; i <= AGENT->current.config->nwatches; i++) {
		snprintf(name, sizeof(name), "1.3.1.11.%u", (unsigned)i);
		get(name, &state);
		states[state.integer]++;
	}
	assert_int_equal(states[DETECT_BLIND], blind);
	assert_int_equal(states[DETECT_INTERRUPTED], interrupted);
}

static void
totals(void **state)
{
	struct shared_state	*shared;
	uint32_t		 eth0, eth1;

	(void)state;
	/* d is disabled. */
	stage_begin(&stage, four);
	assert_totals(0, 0);
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 13);		/* raises a */
	stage_advance(&stage, 21);		/* raises c, then b */
	assert_totals(0, 3);
	stage_heartbeat(&stage, 0, 22);
	assert_totals(0, 2);
	eth0 = stage_find_capture(&stage, "eth0");
	eth1 = stage_find_capture(&stage, "eth1");
	stage_capture(&stage, eth1, SHARED_CAPTURE_FAILED, "gone", 23);
	assert_totals(1, 2);
	/* Its alarm stays active. */
	stage_capture(&stage, eth0, SHARED_CAPTURE_FAILED, "gone", 24);
	assert_totals(2, 1);
	stage_capture(&stage, eth0, SHARED_CAPTURE_DOWN, "down", 25);
	assert_totals(1, 2);
	/* One watch of an interface that is captured. */
	shared = AGENT->current.shared;
	detect_watch_set_blind(&shared->watches[1], true, AGENT->now);
	shared->captures[eth0].source.blind_watches = 1;
	shared->captures[eth0].source.interrupted = 0;
	assert_totals(2, 1);
	/* An engine may write anything: no number exceeds the watches. */
	shared->captures[eth0].source.blind_watches = UINT32_MAX;
	shared->captures[eth0].source.interrupted = UINT32_MAX;
	shared->captures[eth0].source.alive = UINT32_MAX;
	assert_totals(2, 1);
	AGENT->engine_fault = "the engine fails repeatedly";
	assert_totals(3, 0);
	AGENT->engine_fault = NULL;
	AGENT->now = stage_mono(60);
	assert_totals(3, 0);
	stage_reload(&stage, "", 70);
	assert_totals(0, 0);
}

static void
captures(void **state)
{
	struct shared_capture	*captures, *c;
	uint32_t		 any, eth0, eth1;

	(void)state;
	stage_begin(&stage, four);
	any = stage_find_capture(&stage, "any");
	eth0 = stage_find_capture(&stage, "eth0");
	eth1 = stage_find_capture(&stage, "eth1");
	captures = AGENT->current.shared->captures;
	c = &captures[eth1];
	c->ifindex = 2;
	c->packets = UINT64_C(0x123456789a);
	c->heartbeats = 5;
	c->duplicates = 4;
	c->dropped = UINT64_MAX;
	c->state = SHARED_CAPTURE_DOWN;
	strcpy(c->error, "it is down");
	AGENT->current.captures[eth1].restarts = 3;
	captures[eth0].ifindex = 9;
	captures[any].ifindex = 4;
	assert_text("1.2.1.2.3", "eth1");
	assert_number("1.2.1.3.3", SHARED_CAPTURE_DOWN);
	assert_counter64("1.2.1.4.3", UINT64_C(0x123456789a));
	assert_counter64("1.2.1.5.3", 5);
	assert_counter64("1.2.1.6.3", UINT64_MAX);
	assert_number("1.2.1.7.3", 3);
	assert_text("1.2.1.8.3", "it is down");
	assert_number("1.2.1.9.3", 2);
	assert_counter64("1.2.1.10.3", 4);
	assert_text("1.2.1.2.2", "eth0");
	assert_number("1.2.1.3.2", SHARED_CAPTURE_FAILED);
	assert_text("1.2.1.8.2", "the engine has not opened the capture yet");
	captures[eth0].listening = 1;
	assert_number("1.2.1.3.2", SHARED_CAPTURE_RUNNING);
	assert_text("1.2.1.8.2", "");
	assert_number("1.2.1.9.2", 9);
	/* The pseudo-device `any` has no ifIndex. */
	assert_text("1.2.1.2.1", "any");
	assert_number("1.2.1.9.1", 0);
	/* The interface may have been removed, or the value is invalid. */
	captures[eth0].state = SHARED_CAPTURE_FAILED;
	assert_number("1.2.1.9.2", 0);
	c->ifindex = 2147483648;
	assert_number("1.2.1.9.3", 0);
}

static void
active(void **state)
{
	struct instance	 instance;
	struct value	 age;

	(void)state;
	stage_begin(&stage, four);
	assert_int_equal(active_table.rows(AGENT), 0);
	assert_int_equal(find("1.7.1.1.45640.1", &instance), TABLE_NO_INSTANCE);
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 2, 4);
	stage_advance(&stage, 13);		/* raises a */
	assert_int_equal(active_table.rows(AGENT), 1);
	assert_next("1.7", "1.7.1.1.45640.1");
	stage_advance(&stage, 21);		/* raises c, then b */
	assert_next("1.7", "1.7.1.1.12010.2");
	assert_next("1.7.1.1.12010.2", "1.7.1.1.45640.1");
	assert_next("1.7.1.1.45640.1", "1.7.1.1.45640.3");
	assert_next("1.7.1.1.45640.3", "1.7.1.2.12010.2");
	assert_next(ACTIVE_LAST ".45640.3", NULL);
	assert_next(ACTIVE_NONE, NULL);
	assert_int_equal(find(ACTIVE_NONE ".45640.1", &instance),
	    TABLE_NO_OBJECT);
	assert_text("1.7.1.2.12010.2", "b");
	assert_text("1.7.1.3.12010.2", "2001:db8::c");
	assert_text("1.7.1.3.45640.3", "");
	assert_number("1.7.1.4.12010.2", SEVERITY_MAJOR);
	assert_number("1.7.1.5.12010.2", CAUSE_NEVER_HEARD);
	assert_number("1.7.1.5.45640.3", CAUSE_UNKNOWN);
	assert_number("1.7.1.6.12010.2", CAUSE_SIDE_UNKNOWN);
	assert_number("1.7.1.7.12010.2", 60);
	assert_number("1.7.1.7.45640.3", 0);
	get("1.7.1.8.12010.2", &age);
	assert_int_equal(age.length, sizeof(u_long));
	assert_number("1.7.1.9.12010.2", 1);	/* none(1) */
	stage_heartbeat(&stage, 0, 22);		/* clears a */
	assert_next("1.7.1.1.12010.2", "1.7.1.1.45640.3");
	assert_int_equal(find("1.7.1.1.45640.1", &instance), TABLE_NO_INSTANCE);
}

/* A reload removes rows, renames their keys and moves their positions. */
static void
active_after_reload(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	stage_advance(&stage, 21);		/* raises a, b and c */
	assert_int_equal(active_table.rows(AGENT), 3);
	stage_reload(&stage,
	    "watch \"z\" { interface = eth0 heartbeat = \"vrrp 52\" }\n"
	    "watch \"c\" { interface = any heartbeat = \"vrrp 51\" "
	    "alarm = 12010 }\n"
	    "watch \"b\" { interface = eth0 peer = \"2001:db8::c\" "
	    "local = \"2001:db8::b\" heartbeat = ip interruption = 20s "
	    "alarm = 12010 }\n", 22);
	assert_int_equal(active_table.rows(AGENT), 2);
	assert_number("1.1.5.0", 2);
	assert_next("1.7", "1.7.1.1.12010.2");
	assert_next("1.7.1.1.12010.2", "1.7.1.1.12010.3");
	assert_text("1.7.1.2.12010.3", "c");
	stage_reload(&stage, "", 23);
	assert_int_equal(active_table.rows(AGENT), 0);
	assert_next("1.7", NULL);
}

/* The index belongs to the name of the interface. */
static void
captures_in_order(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	/* One device may have two names, and so two captures. */
	AGENT->current.shared->captures[1].ifindex = 5;
	AGENT->current.shared->captures[2].ifindex = 5;
	assert_next("1.2.1.2", "1.2.1.2.1");
	assert_next("1.2.1.2.1", "1.2.1.2.2");
	assert_next("1.2.1.2.2", "1.2.1.2.3");
	assert_next("1.2.1.2.3", "1.2.1.3.1");
	stage_reload(&stage,
	    "watch \"z\" { interface = dum0 heartbeat = \"vrrp 1\" }\n"
	    "watch \"c\" { interface = eth1 heartbeat = \"vrrp 51\" }\n", 5);
	assert_next("1.2.1.2", "1.2.1.2.3");
	assert_next("1.2.1.2.3", "1.2.1.2.4");
	assert_next("1.2.1.2.4", "1.2.1.3.3");
	assert_text("1.2.1.2.3", "eth1");
	assert_text("1.2.1.2.4", "dum0");
	stage_reload(&stage, four, 6);
	assert_next("1.2.1.2.3", "1.2.1.3.1");
	assert_text("1.2.1.2.2", "eth0");
}

static void
watches(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	assert_text("1.3.1.2.2", "b");
	assert_text("1.3.1.3.2", "eth0");
	assert_text("1.3.1.4.2", "ip");
	assert_text("1.3.1.4.4", "udp 7");
	assert_number("1.3.1.5.1", 1);
	assert_octets("1.3.1.6.1", "\xc0\x00\x02\x0c", 4);
	assert_number("1.3.1.7.1", 0);
	assert_octets("1.3.1.8.1", "", 0);
	assert_number("1.3.1.5.2", 2);
	assert_octets("1.3.1.6.2", "\x20\x01\x0d\xb8\0\0\0\0"
	    "\0\0\0\0\0\0\0\x0c", 16);
	assert_number("1.3.1.7.2", 2);
	assert_octets("1.3.1.8.2", "\x20\x01\x0d\xb8\0\0\0\0"
	    "\0\0\0\0\0\0\0\x0b", 16);
	assert_number("1.3.1.5.3", 0);
	assert_octets("1.3.1.6.3", "", 0);
	assert_number("1.3.1.9.1", 10000);
	assert_number("1.3.1.9.2", 20000);
	assert_number("1.3.1.10.1", 1);
	assert_number("1.3.1.10.2", 3);
	assert_time("1.3.1.12.1", -1, 0);
	assert_counter64("1.3.1.14.1", 0);
	assert_number("1.3.1.15.1", 0);
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 0, 2);
	stage_heartbeat(&stage, 0, 4.5);
	stage_advance(&stage, 5.25);
	assert_time("1.3.1.12.1", 4, 5);
	assert_number("1.3.1.13.1", 750);	/* hbwWatchSilence */
	assert_number("1.3.1.24.1", 0);		/* hbwWatchSilenceSeconds */
	assert_counter64("1.3.1.14.1", 3);	/* hbwWatchHeartbeats */
	assert_number("1.3.1.15.1", 1750);	/* hbwWatchInterval */
	assert_number("1.3.1.16.1", 94);	/* hbwWatchJitter */
	assert_number("1.3.1.17.1", 2500);	/* hbwWatchLongestGap */
	assert_number("1.3.1.18.1", 0);		/* hbwWatchInterruptions */
	assert_number("1.3.1.13.2", 5250);
	assert_number("1.3.1.24.2", 5);
	assert_text("1.3.1.19.2", "2001:db8::c");
	assert_text("1.3.1.19.3", "");
	/* A disabled watch has no silence. */
	assert_number("1.3.1.13.4", 0);
}

static void
watch_states(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	assert_number("1.3.1.11.1", DETECT_STARTING);
	assert_number("1.3.1.11.4", DETECT_DISABLED);
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 0, 2);
	assert_number("1.3.1.11.1", DETECT_ALIVE);
	stage_advance(&stage, 5);
	assert_number("1.3.1.11.1", DETECT_ALIVE);
	stage_advance(&stage, 5.1);
	assert_number("1.3.1.11.1", DETECT_LATE);
	stage_advance(&stage, 12);
	assert_number("1.3.1.11.1", DETECT_INTERRUPTED);
	assert_number("1.3.1.18.1", 1);
	/* The capture failed; the engine hangs; the engine has ended. */
	stage_capture(&stage, stage_find_capture(&stage, "eth1"),
	    SHARED_CAPTURE_FAILED, "x", 12);
	assert_number("1.3.1.11.1", DETECT_BLIND);
	assert_number("1.3.1.11.3", DETECT_INTERRUPTED);
	AGENT->now = stage_mono(20);
	assert_number("1.3.1.11.3", DETECT_BLIND);
	assert_number("1.3.1.11.4", DETECT_DISABLED);
	stage_advance(&stage, 20);
	assert_number("1.3.1.11.3", DETECT_INTERRUPTED);
	AGENT->engine_running = false;
	assert_number("1.3.1.11.3", DETECT_BLIND);
}

static void
alarms(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	assert_number("1.4.1.1.45640.1", 45640);
	assert_number("1.4.1.1.12010.2", 12010);
	assert_text("1.4.1.3.12010.2", "Manager Heartbeat Interruption "
	    "Between the Active and Standby Nodes");
	assert_number("1.4.1.4.45640.1", ALARM_CLEARED);
	assert_number("1.4.1.5.45640.1", SEVERITY_MINOR);
	assert_number("1.4.1.5.12010.2", SEVERITY_MAJOR);
	assert_text("1.4.1.6.45640.1", "Heartbeat");
	assert_text("1.4.1.7.45640.1", "Flink");
	assert_number("1.4.1.8.45640.1", 1);
	assert_number("1.4.1.13.45640.1", CAUSE_UNKNOWN);
	assert_text("1.4.1.14.45640.1", "");
	assert_number("1.4.1.15.45640.1", 0);
	assert_time("1.4.1.16.45640.1", -1, 0);
	assert_time("1.4.1.17.45640.1", -1, 0);
	assert_number("1.4.1.18.45640.1", 0);
	assert_number("1.4.1.19.45640.1", 0);
	assert_number("1.4.1.21.45640.1", 0);
	assert_number("1.4.1.22.45640.1", CAUSE_SIDE_UNKNOWN);
	assert_number("1.4.1.24.45640.1", 3);
	assert_number("1.4.1.24.12010.2", 2);
	assert_text("1.4.1.25.45640.1", alarm_location(
	    AGENT->current.config->watches[0],
	    (char[ALARM_LOCATION_SIZE]){ "" }));
	assert_number("1.4.1.26.45640.1", ALARM_NOT_CLEARED);
	assert_number("1.4.1.27.45640.1", 0);
	stage_heartbeat(&stage, 2, 5);
	stage_advance(&stage, 12.3);
	assert_number("1.4.1.4.45640.1", ALARM_RAISED);
	assert_number("1.4.1.5.45640.1", SEVERITY_MINOR);
	assert_number("1.4.1.13.45640.1", CAUSE_NEVER_HEARD);
	assert_number("1.4.1.15.45640.1", 1);
	assert_time("1.4.1.16.45640.1", 10, 0);
	assert_time("1.4.1.17.45640.1", -1, 0);
	assert_number("1.4.1.18.45640.1", 1);
	assert_number("1.4.1.19.45640.1", 1);
	assert_number("1.4.1.21.45640.1", 60);
	assert_number("1.4.1.26.45640.1", ALARM_NOT_CLEARED);
	stage_heartbeat(&stage, 0, 14.7);
	assert_number("1.4.1.4.45640.1", ALARM_CLEARED);
	assert_time("1.4.1.16.45640.1", 10, 0);
	assert_time("1.4.1.17.45640.1", 14, 7);
	assert_number("1.4.1.18.45640.1", 2);
	assert_number("1.4.1.15.45640.1", 1);
	assert_number("1.4.1.26.45640.1", ALARM_CLEARED_AUTOMATICALLY);
	assert_number("1.4.1.27.45640.1", 0);
}

static void
history(void **state)
{
	const struct configuration_watch	*w;
	char					 text[ALARM_DETAIL_SIZE];

	(void)state;
	stage_begin(&stage, four);
	stage_heartbeat(&stage, 2, 5);
	stage_advance(&stage, 12.3);
	stage_heartbeat(&stage, 0, 14);
	outbox_delivered(&AGENT->outbox, 1);
	w = AGENT->current.config->watches[0];
	assert_number("1.5.1.2.1", NOTIFICATION_RAISED);
	assert_time("1.5.1.3.1", 10, 0);
	assert_number("1.5.1.4.1", 45640);
	assert_text("1.5.1.5.1", "a");
	assert_text("1.5.1.6.1", alarm_key(w, text));
	assert_number("1.5.1.7.1", 1);
	assert_number("1.5.1.8.1", SEVERITY_MINOR);
	assert_number("1.5.1.9.1", CAUSE_NEVER_HEARD);
	assert_number("1.5.1.11.1", 2);
	assert_number("1.5.1.2.2", NOTIFICATION_CLEARED);
	assert_text("1.5.1.10.2",
	    alarm_detail(&AGENT->current.alarms[0], w, text));
	assert_number("1.5.1.11.2", 1);
	assert_text("1.5.1.12.2", w->profile->alarm->name);
	assert_text("1.5.1.13.2", "192.0.2.12");
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "it is gone", 15);
	assert_text("1.5.1.12.3", "");
	assert_text("1.5.1.13.3", "");
}

static void
storms(void **state)
{
	(void)state;
	stage_begin(&stage, "storm = 1 in 30s\n"
	    "alarm 45640 { interruption = 10s }\n"
	    "watch \"a\" { interface = eth0 heartbeat = \"vrrp 1\" }\n"
	    "watch \"b\" { interface = eth0 heartbeat = \"vrrp 2\" }\n"
	    "watch \"c\" { interface = eth0 heartbeat = \"vrrp 3\" }\n");
	stage_heartbeat(&stage, 2, 0.3);
	stage_advance(&stage, 11);
	stage_heartbeat(&stage, 1, 12);
	/* During the storm. */
	assert_number("1.1.12.0", 4);		/* hbwNotificationSequence */
	assert_number("1.1.13.0", 1);		/* hbwNotificationsPending */
	assert_number("1.1.16.0", 2);		/* hbwStormRaised */
	assert_number("1.1.17.0", 1);		/* hbwStormCleared */
	assert_number("1.1.18.0", 2);		/* hbwStormFirst */
	assert_time("1.1.19.0", 10, 0);		/* hbwStormSince */
	assert_number("1.4.1.18.45640.3", 3);	/* hbwAlarmSequence */
	assert_number("1.5.1.11.1", 1);		/* hbwHistoryDelivery */
	assert_number("1.5.1.11.2", 3);
	assert_number("1.5.1.11.3", 3);
	assert_number("1.5.1.11.4", 3);
	/* After the storm. */
	agent_storm(AGENT, stage_mono(41.9), stage_wall(41.9));
	assert_number("1.1.12.0", 4);
	agent_storm(AGENT, stage_mono(42), stage_wall(42));
	assert_number("1.1.12.0", 5);
	assert_number("1.1.13.0", 2);
	assert_number("1.1.16.0", 2);
	assert_number("1.1.17.0", 1);
	assert_number("1.5.1.2.5", NOTIFICATION_STORM);
	assert_time("1.5.1.3.5", 42, 0);
	assert_number("1.5.1.4.5", 0);
	assert_text("1.5.1.5.5", "");
	assert_text("1.5.1.6.5", "");
	assert_number("1.5.1.7.5", 0);
	assert_number("1.5.1.8.5", SEVERITY_INDETERMINATE);
	assert_number("1.5.1.9.5", CAUSE_UNKNOWN);
	assert_text("1.5.1.10.5",
	    "alarm storm: 2 more alarms raised and 1 more "
	    "cleared; the history has them from sequence 2 on");
	assert_number("1.5.1.11.5", 1);
	outbox_delivered(&AGENT->outbox, 5);
	assert_number("1.5.1.11.5", 2);
	assert_number("1.5.1.11.2", 3);
	/* The next raise begins another storm. */
	stage_heartbeat(&stage, 0, 58);		/* its raise was sent */
	stage_heartbeat(&stage, 2, 59);
	assert_number("1.1.16.0", 0);
	assert_number("1.1.17.0", 1);
	assert_number("1.1.18.0", 8);
	assert_time("1.1.19.0", 59, 0);
}

static void
history_of_captures(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	stage_capture(&stage, 1, SHARED_CAPTURE_FAILED, "it is gone", 5);
	stage_capture(&stage, 1, SHARED_CAPTURE_RUNNING, "", 6);
	assert_number("1.5.1.2.1", NOTIFICATION_BLIND);
	assert_time("1.5.1.3.1", 5, 0);
	assert_number("1.5.1.4.1", 0);
	assert_text("1.5.1.5.1", "");
	assert_text("1.5.1.6.1", "");
	assert_number("1.5.1.7.1", 0);
	assert_number("1.5.1.8.1", SEVERITY_INDETERMINATE);
	assert_number("1.5.1.9.1", CAUSE_LOCAL_FAULT);
	assert_text("1.5.1.10.1", "eth0: it is gone");
	assert_number("1.5.1.2.2", NOTIFICATION_RESTORED);
	assert_number("1.5.1.8.2", SEVERITY_CLEARED);
	assert_text("1.5.1.10.2", "eth0");
}

static void
no_such_instances(void **state)
{
	static const char *const	 no_object[] = {
		"", "0", "0.1", "1", "1.1", "1.1.0", "1.1.0.0", SCALAR_NONE,
		SCALAR_NONE ".0", "1.2", "1.2.1", "1.2.0.2.0", "1.2.2.2.0",
		"1.2.1.1.0", CAPTURE_NONE ".0", "1.3.1.1.1", "1.3.1.0.1",
		WATCH_NONE ".1", "1.3.1.4294967295.1", "1.4.1.20.45640.1",
		ALARM_NONE ".45640.1", "1.5.1.1.1", HISTORY_NONE ".1", "1.6",
		"1.6.1.1.1", "2", "2.1.1", "4294967295",
	};
	static const char *const	 no_instance[] = {
		"1.1.1", "1.1.1.1", "1.1.1.0.0", SCALAR_LAST ".4294967295",
		"1.2.1.2", "1.2.1.2.0", "1.2.1.2.4", "1.2.1.2.1.0", "1.3.1.2",
		"1.3.1.2.0",
		"1.3.1.2.5", "1.3.1.2.1.1", "1.3.1.2.4294967295",
		"1.4.1.2", "1.4.1.2.45640", "1.4.1.2.45640.0",
		"1.4.1.2.45640.2", "1.4.1.2.12010.1", "1.4.1.2.1.45640",
		"1.4.1.2.45640.1.1", "1.4.1.2.45640.1.0", "1.5.1.2",
		"1.5.1.2.0", "1.5.1.2.1", "1.5.1.2.4294967295",
	};
	struct instance			 instance;
	size_t				 i;

	(void)state;
	stage_begin(&stage, four);
	for (i = 0; i < N(no_object); i++) {
		print_message("# no object: %s\n", no_object[i]);
		assert_int_equal(find(no_object[i], &instance),
		    TABLE_NO_OBJECT);
	}
	for (i = 0; i < N(no_instance); i++) {
		print_message("# no instance: %s\n", no_instance[i]);
		assert_int_equal(find(no_instance[i], &instance),
		    TABLE_NO_INSTANCE);
	}
}

/* ---- GETNEXT */

static void
next_to_a_scalar(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	assert_next("", "1.1.1.0");
	assert_next("0", "1.1.1.0");
	assert_next("0.1.4294967295", "1.1.1.0");
	assert_next("1", "1.1.1.0");
	assert_next("1.0", "1.1.1.0");
	assert_next("1.0.99", "1.1.1.0");
	assert_next("1.1", "1.1.1.0");
	assert_next("1.1.0", "1.1.1.0");
	assert_next("1.1.0.0", "1.1.1.0");
	assert_next("1.1.1", "1.1.1.0");
	assert_next("1.1.1.0", "1.1.2.0");
	assert_next("1.1.1.0.0", "1.1.2.0");
	assert_next("1.1.1.1", "1.1.2.0");
	assert_next("1.1.1.4294967295", "1.1.2.0");
	assert_next("1.1.9.0", "1.1.10.0");
	assert_next(SCALAR_LAST, SCALAR_LAST ".0");
	assert_next(SCALAR_LAST ".0", "1.2.1.2.1");
	assert_next(SCALAR_NONE, "1.2.1.2.1");
	assert_next("1.1.4294967295.4294967295", "1.2.1.2.1");
}

static void
next_in_a_table(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	assert_next("1.3", "1.3.1.2.1");
	assert_next("1.3.0", "1.3.1.2.1");
	assert_next("1.3.0.5.5.5", "1.3.1.2.1");
	assert_next("1.3.1", "1.3.1.2.1");
	assert_next("1.3.1.0", "1.3.1.2.1");
	assert_next("1.3.1.0.4294967295", "1.3.1.2.1");
	assert_next("1.3.1.1", "1.3.1.2.1");
	assert_next("1.3.1.1.3", "1.3.1.2.1");
	assert_next("1.3.1.2", "1.3.1.2.1");
	assert_next("1.3.1.2.0", "1.3.1.2.1");
	assert_next("1.3.1.2.0.4294967295", "1.3.1.2.1");
	assert_next("1.3.1.2.1", "1.3.1.2.2");
	assert_next("1.3.1.2.1.0", "1.3.1.2.2");
	assert_next("1.3.1.2.1.4294967295.7", "1.3.1.2.2");
	assert_next("1.3.1.2.3", "1.3.1.2.4");
	assert_next("1.3.1.2.4", "1.3.1.3.1");
	assert_next("1.3.1.2.5", "1.3.1.3.1");
	assert_next("1.3.1.2.4294967295", "1.3.1.3.1");
	assert_next(WATCH_LAST ".4", "1.4.1.1.12010.2");
	assert_next(WATCH_NONE, "1.4.1.1.12010.2");
	assert_next("1.3.1.4294967295.1", "1.4.1.1.12010.2");
	assert_next("1.3.2", "1.4.1.1.12010.2");
	assert_next("1.3.4294967295", "1.4.1.1.12010.2");
}

static void
next_of_two_indexes(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	assert_next("1.4.1.2", "1.4.1.2.12010.2");
	assert_next("1.4.1.2.0", "1.4.1.2.12010.2");
	assert_next("1.4.1.2.12009.4294967295", "1.4.1.2.12010.2");
	assert_next("1.4.1.2.12010", "1.4.1.2.12010.2");
	assert_next("1.4.1.2.12010.1", "1.4.1.2.12010.2");
	assert_next("1.4.1.2.12010.1.9", "1.4.1.2.12010.2");
	assert_next("1.4.1.2.12010.2", "1.4.1.2.45640.1");
	assert_next("1.4.1.2.12010.2.0", "1.4.1.2.45640.1");
	assert_next("1.4.1.2.12010.3", "1.4.1.2.45640.1");
	assert_next("1.4.1.2.12011", "1.4.1.2.45640.1");
	assert_next("1.4.1.2.45640", "1.4.1.2.45640.1");
	assert_next("1.4.1.2.45640.0.5", "1.4.1.2.45640.1");
	assert_next("1.4.1.2.45640.1", "1.4.1.2.45640.3");
	assert_next("1.4.1.2.45640.1.0", "1.4.1.2.45640.3");
	assert_next("1.4.1.2.45640.3", "1.4.1.2.46003.4");
	assert_next("1.4.1.2.45640.4294967295", "1.4.1.2.46003.4");
	assert_next("1.4.1.2.46003.4", "1.4.1.3.12010.2");
	assert_next("1.4.1.2.4294967295.4294967295", "1.4.1.3.12010.2");
}

/* A watch with an alarm of two active nodes has two rows. */
static void
two_rows_of_a_watch(void **state)
{
	(void)state;
	stage_begin(&stage, "alarm 45640 { interruption = 10s }\n"
	    "watch \"a\" { interface = eth0 heartbeat = \"vrrp 1\" }\n"
	    "watch \"b\" { interface = eth0 peer = 192.0.2.12 "
	    "heartbeat = ip }\n"
	    "watch \"c\" { interface = eth0 heartbeat = \"vrrp 1\" vlan = 7 "
	    "dual-active = 12010 }\n");
	assert_next("1.4.1.2", "1.4.1.2.12010.3");
	assert_next("1.4.1.2.12010.3", "1.4.1.2.45640.1");
	assert_next("1.4.1.2.45640.1", "1.4.1.2.45640.2");
	assert_next("1.4.1.2.45640.2", "1.4.1.2.45640.3");
	assert_next("1.4.1.2.45640.3", "1.4.1.2.45640001.1");
	assert_next("1.4.1.2.45640001.1", "1.4.1.3.12010.3");
	assert_text("1.4.1.3.45640001.1", "Two Active Nodes");
	assert_number("1.4.1.1.45640001.1", 45640001);
	assert_number("1.4.1.4.45640001.1", ALARM_CLEARED);
	assert_number("1.4.1.5.45640001.1", SEVERITY_CRITICAL);
	assert_number("1.4.1.5.12010.3", SEVERITY_MAJOR);
	assert_next("1.7.1.1", NULL);

	stage_heartbeat(&stage, 0, 1);
	assert_null(stage_dual(&stage, 0, 2));
	assert_number("1.4.1.4.45640001.1", ALARM_RAISED);
	assert_number("1.4.1.4.45640.1", ALARM_CLEARED);
	assert_number("1.4.1.13.45640001.1", CAUSE_DUAL_ACTIVE);
	assert_number("1.4.1.21.45640001.1", 95);
	assert_number("1.4.1.22.45640001.1", CAUSE_SIDE_BOTH);
	assert_number("1.1.6.0", 1);
	/* The state of the watch is that of its heartbeats. */
	assert_number("1.3.1.11.1", DETECT_ALIVE);
	assert_number("1.3.1.18.1", 0);
	assert_next("1.7.1.2", "1.7.1.2.45640001.1");
	assert_next("1.7.1.2.45640001.1", "1.7.1.3.45640001.1");
	assert_text("1.7.1.2.45640001.1", "a");

	stage_advance(&stage, 11);
	assert_next("1.7.1.2", "1.7.1.2.45640.1");
	assert_next("1.7.1.2.45640.1", "1.7.1.2.45640.2");
	assert_next("1.7.1.2.45640.3", "1.7.1.2.45640001.1");
	assert_number("1.1.5.0", 4);
}

static struct duals	 duals;

/* An advertisement of the group of a watch, or a claim of its floating IP. */
static void
advertise(size_t watch, uint8_t host, bool active, double at)
{
	struct dual_advertisement	 a = {
		.active = active, .interval_ns = NSEC_PER_SEC,
		.vlan = VLAN_ANY,
	};
	uint8_t				 octets[] = { 192, 0, 2, host };

	addr_set(&a.sender, ADDR_IPV4, octets);
	stage_advance(&stage, at);
	dual_advertised(&duals, (uint32_t)watch, &a, stage_mono(at));
}

static void
claim(size_t watch, uint8_t host, enum dual_owner owner, double at)
{
	struct mac	 mac = { { 2, 0, 0, 0, 0, host } };

	stage_advance(&stage, at);
	dual_claim(&duals, (uint32_t)watch, stage_mono(at), &mac,
	    VLAN_ANY, owner);
}

/* hbwWatchActives, hbwWatchFloatingIp and hbwWatchFloatingIpState. */
static void
actives_and_floating_ip(void **state)
{
	struct shared_state	*shared;

	(void)state;
	stage_begin(&stage,
	    "watch \"a\" { interface = eth0 heartbeat = \"vrrp 1\" }\n"
	    "watch \"b\" { interface = eth0 peer = 192.0.2.12 "
	    "heartbeat = ip floating-ip = \"2001:db8::10\" }\n"
	    "watch \"c\" { interface = eth0 peer = 192.0.2.12 "
	    "heartbeat = ip floating-ip = 192.0.2.10 "
	    "dual-active = none }\n"
	    "watch \"d\" { interface = eth0 heartbeat = \"vrrp 2\" "
	    "enabled = false floating-ip = 192.0.2.10 }\n");
	shared = stage.agent.current.shared;
	assert_true(duals_init(&duals, &stage.detect, 4, shared->duals,
	    shared->positions.duals, shared->positions.nduals));
	assert_number("1.3.1.21.1", 0);
	assert_text("1.3.1.22.1", "");
	assert_number("1.3.1.23.1", 1);
	assert_text("1.3.1.22.2", "2001:db8::10");
	assert_number("1.3.1.23.2", DUAL_OWNER_UNKNOWN);
	assert_text("1.3.1.22.3", "192.0.2.10");
	assert_number("1.3.1.23.3", DUAL_OWNER_UNKNOWN);
	assert_number("1.3.1.23.4", DUAL_OWNER_UNKNOWN);

	advertise(0, 11, true, 1);
	assert_number("1.3.1.21.1", 1);
	advertise(0, 12, true, 1.5);
	assert_number("1.3.1.21.1", 2);
	advertise(0, 12, false, 1.7);
	assert_number("1.3.1.21.1", 1);
	claim(1, 1, DUAL_OWNER_PEER, 2);
	assert_number("1.3.1.23.2", DUAL_OWNER_PEER);
	claim(1, 2, DUAL_OWNER_HERE, 2.5);
	assert_number("1.3.1.23.2", DUAL_OWNER_HERE);
	claim(1, 1, DUAL_OWNER_PEER, 5);
	claim(1, 2, DUAL_OWNER_HERE, 5.001);
	claim(1, 1, DUAL_OWNER_PEER, 6);
	claim(1, 2, DUAL_OWNER_HERE, 6.001);
	assert_number("1.3.1.23.2", DUAL_OWNER_BOTH);
	/* Nothing is known while nothing is captured. */
	advertise(0, 11, true, 6.1);
	assert_number("1.3.1.21.1", 1);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "broken", 6.2);
	assert_number("1.3.1.21.1", 0);
	assert_number("1.3.1.23.2", DUAL_OWNER_UNKNOWN);
	duals_free(&duals);
}

static void
next_at_the_end(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	/* No history yet. */
	assert_next(ALARM_LAST ".45640.3", ALARM_LAST ".46003.4");
	assert_next(ALARM_LAST ".46003.4", NULL);
	assert_next(ALARM_NONE ".45640.1", NULL);
	assert_next("1.5", NULL);
	assert_next("1.5.1.2.0", NULL);
	assert_next("1.6", NULL);
	assert_next("1.7", NULL);
	assert_next("1.4294967295", NULL);
	assert_next("2", NULL);
	assert_next("4294967295.4294967295", NULL);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 1);
	assert_next(ALARM_LAST ".46003.4", "1.5.1.2.1");
	assert_next(HISTORY_LAST, HISTORY_LAST ".1");
	assert_next(HISTORY_LAST ".0", HISTORY_LAST ".1");
	assert_next(HISTORY_LAST ".1", NULL);
	assert_next(HISTORY_NONE, NULL);
}

/* Without watches there is no capture, alarm or history. */
static void
next_over_empty_tables(void **state)
{
	struct instance	 instance;

	(void)state;
	stage_begin(&stage, "");
	assert_next(SCALAR_LAST, SCALAR_LAST ".0");
	assert_next(SCALAR_LAST ".0", NULL);
	assert_next("1.2", NULL);
	assert_next("1.3.1.2", NULL);
	assert_int_equal(find("1.3.1.2.1", &instance), TABLE_NO_INSTANCE);
	assert_int_equal(find("1.3.1.1.1", &instance), TABLE_NO_OBJECT);
	assert_int_equal(find("1.4.1.1.45640.1", &instance),
	    TABLE_NO_INSTANCE);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 1);
	assert_number("1.1.12.0", 0);
}

/* Without watches there can be a history. */
static void
next_over_empty_tables_to_history(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	stage_advance(&stage, 11);
	assert_number("1.1.5.0", 2);
	stage_reload(&stage, "", 12);
	assert_number("1.1.5.0", 0);
	assert_next(SCALAR_LAST ".0", "1.5.1.2.1");
	assert_next("1.5.1.2.1", "1.5.1.2.2");
	assert_next("1.5.1.2.4", "1.5.1.3.1");
	assert_next(HISTORY_LAST ".4", NULL);
	assert_text("1.5.1.5.1", "a");
}

/* GETNEXT finds each instance after the other, and GET finds each name. */
static size_t
walk(void)
{
	struct instance	 instance, again;
	oid		 before[MAX_OID_LEN], name[MAX_OID_LEN];
	size_t		 length = 0, next, r = table_root_length, count = 0;
	struct value	 value;

	while (table_find_next(AGENT, before + r, length, &instance) ==
	    TABLE_FOUND) {
		next = table_name(AGENT, &instance, name) - r;
		if (length > 0)
			assert_true(snmp_oid_compare(before + r, length,
			    name + r, next) < 0);
		assert_int_equal(table_find(AGENT, name + r, next, &again),
		    TABLE_FOUND);
		assert_ptr_equal(again.table, instance.table);
		assert_ptr_equal(again.column, instance.column);
		assert_int_equal(again.row, instance.row);
		table_value(AGENT, &instance, &value);
		assert_true(value.length <= VALUE_OCTETS);
		memcpy(before, name, sizeof(name));
		length = next;
		count++;
	}
	return (count);
}

static size_t
instances(void)
{
	size_t	 i, count = 0;

	for (i = 0; tables[i] != NULL; i++)
		count += tables[i]->ncolumns * tables[i]->rows(AGENT);
	return (count);
}

static void
walks(void **state)
{
	static const size_t	 counts[] = { 1, 2, 10, 500 };
	size_t			 i;

	(void)state;
	for (i = 0; i < N(counts); i++) {
		begin_many(counts[i]);
		stage_advance(&stage, 8);	/* raises the alarms of 7 s */
		assert_int_equal(watch_table.rows(AGENT), counts[i]);
		assert_int_equal(alarm_table.rows(AGENT), counts[i]);
		assert_int_equal(capture_table.rows(AGENT),
		    counts[i] < 7 ? counts[i] : 7);
		assert_int_equal(history_table.rows(AGENT),
		    counts[i] - (counts[i] + 2) / 4);
		print_message("# %zu watches: %zu instances\n", counts[i],
		    instances());
		assert_int_equal(walk(), instances());
		stage_end(&stage);
	}
	stage_begin(&stage, "");
	assert_int_equal(walk(), instances());
}

/* The index of an alarm is its id and the index of its watch. */
static void
rows_belong_to_their_watches(void **state)
{
	const struct configuration_watch	*w;
	struct value				 v;
	char					 name[64], expected[64];
	size_t					 i;

	(void)state;
	begin_many(500);
	for (i = 0; i < 500; i++) {
		snprintf(expected, sizeof(expected), "w%zu", i);
		snprintf(name, sizeof(name), "1.3.1.2.%zu", i + 1);
		assert_text(name, expected);
		w = AGENT->current.config->watches[i];
		snprintf(name, sizeof(name), "1.4.1.2.%u.%zu",
		    (unsigned)w->profile->alarm->id, i + 1);
		get(name, &v);
		assert_true(v.length > strlen(expected));
	}
}

/* A walk during which the history loses its oldest rows. */
static void
walk_while_history_moves(void **state)
{
	struct instance	 instance;
	oid		 name[MAX_OID_LEN];
	oid		*below = name + table_root_length;
	size_t		 length, i, count = 0, r = table_root_length;

	(void)state;
	stage_begin(&stage, four);
	for (i = 0; i < HISTORY; i++) {
		stage_capture(&stage, 0, i % 2 == 0 ? SHARED_CAPTURE_FAILED :
		    SHARED_CAPTURE_RUNNING, "", 1);
		outbox_delivered(&AGENT->outbox, (uint32_t)i + 1);
		outbox_trim(&AGENT->outbox, HISTORY);
	}
	length = parse_name("1.5.1.2", below);
	while (table_find_next(AGENT, below, length, &instance) ==
	    TABLE_FOUND && instance.column->number == 2) {
		length = table_name(AGENT, &instance, name) - r;
		count++;
		if (count > 100)
			continue;
		for (i = 0; i < 2; i++) {
			stage_capture(&stage, 0, i == 0 ?
			    SHARED_CAPTURE_FAILED : SHARED_CAPTURE_RUNNING, "",
			    2);
			outbox_delivered(&AGENT->outbox,
			    AGENT->outbox.sequence);
			outbox_trim(&AGENT->outbox, HISTORY);
		}
	}
	assert_int_equal(below[length - 1], HISTORY + 200);
	assert_true(count > HISTORY);
	assert_true(count <= HISTORY + 200);
}

/* Reloads with watch i, which is below `of`, if bit i of `bits` is set. */
static void
reload_some(unsigned long bits, unsigned of, double at)
{
	char		*text;
	size_t		 size;
	FILE		*f = open_memstream(&text, &size);
	unsigned	 i;

	assert_non_null(f);
	for (i = 0; i < of; i++)
		if (bits >> i & 1)
			fprintf(f, "watch w%u { interface = eth0 "
			    "peer = 192.0.2.%u heartbeat = ip }\n", i, i + 1);
	assert_int_equal(fclose(f), 0);
	stage_reload(&stage, text, at);
	free(text);
}

/* The lowest index above (or, with `equal`, not below) this one; 0: none. */
static oid
lowest(oid above, bool equal)
{
	oid	 index, found = 0;
	size_t	 i;

	for (i = 0; i < watch_table.rows(AGENT); i++) {
		watch_table.index(AGENT, i, &index);
		if ((index > above || (equal && index == above)) &&
		    (found == 0 || index < found))
			found = index;
	}
	return (found);
}

/* Rows change between requests, so the guessed row must be checked. */
static void
requests_while_rows_change(void **state)
{
	struct instance	 instance;
	oid		 name[] = { 1, 3, 1, 0, 0 }, index;
	int		 i;

	(void)state;
	srand48(45640);
	stage_begin(&stage, "");
	for (i = 0; i < 20000; i++) {
		if (i % 100 == 0)
			reload_some((unsigned long)lrand48(), 30, i);
		/* The next step of a walk, or a random index. */
		if (lrand48() % 4 == 0)
			name[4] = (oid)(lrand48() % 32);
		name[3] = lrand48() % 2 == 0 ? 2 : 11;
		if (lrand48() % 4 == 0) {
			index = lowest(name[4], true);
			assert_int_equal(table_find(AGENT, name, 5,
			    &instance), index == name[4] && index != 0 ?
			    TABLE_FOUND : TABLE_NO_INSTANCE);
			continue;
		}
		index = lowest(name[4], false);
		if (table_find_next(AGENT, name, 5, &instance) !=
		    TABLE_FOUND || instance.table != &watch_table ||
		    instance.column->number != name[3]) {
			assert_int_equal(index, 0);
			continue;
		}
		watch_table.index(AGENT, instance.row, &name[4]);
		assert_int_equal(name[4], index);
	}
}

static void
index_through_reloads(void **state)
{
	(void)state;
	stage_begin(&stage, four);
	assert_text("1.3.1.2.3", "c");
	stage_reload(&stage,
	    "watch \"new\" { interface = any heartbeat = \"vrrp 1\" }\n"
	    "watch \"c\" { interface = any heartbeat = \"vrrp 51\" }\n"
	    "watch \"a\" { interface = eth0 peer = 192.0.2.12 "
	    "heartbeat = ip alarm = 27003 }\n", 5);
	assert_number("1.1.4.0", 3);
	assert_next("1.3.1.2", "1.3.1.2.1");
	assert_next("1.3.1.2.1", "1.3.1.2.3");
	assert_next("1.3.1.2.3", "1.3.1.2.5");
	assert_next("1.3.1.2.5", "1.3.1.3.1");
	assert_text("1.3.1.2.1", "a");
	assert_text("1.3.1.2.3", "c");
	assert_text("1.3.1.2.5", "new");
	assert_next("1.4.1.2", "1.4.1.2.27003.1");
	assert_next("1.4.1.2.27003.1", "1.4.1.2.45640.3");
	assert_next("1.4.1.2.45640.3", "1.4.1.2.45640.5");
	/* A watch that is configured again has its old index. */
	stage_reload(&stage, four, 6);
	assert_text("1.3.1.2.2", "b");
	assert_text("1.3.1.2.4", "d");
	assert_next("1.3.1.2.4", "1.3.1.3.1");
	assert_int_equal(walk(), instances());
}

/* ---- through net-snmp */

/* Sends a request; the caller frees the response. */
static netsnmp_pdu *
ask(int command, const char *const *names, size_t count, long repetitions)
{
	netsnmp_pdu	*pdu, *answer = NULL;
	oid		 name[MAX_OID_LEN];
	size_t		 i;

	pdu = snmp_pdu_create(command);
	assert_non_null(pdu);
	if (command == SNMP_MSG_GETBULK) {
		pdu->non_repeaters = 0;
		pdu->max_repetitions = repetitions;
	}
	for (i = 0; i < count; i++)
		snmp_add_null_var(pdu, name, whole(names[i], name));
	assert_int_equal(snmp_synch_response(client, pdu, &answer),
	    STAT_SUCCESS);
	assert_non_null(answer);
	return (answer);
}

static void
assert_varbind(const netsnmp_variable_list *vb, const char *name, u_char type)
{
	oid	 expected[MAX_OID_LEN];
	size_t	 length = whole(name, expected);

	assert_non_null(vb);
	assert_int_equal(vb->type, type);
	assert_int_equal(vb->name_length, length);
	assert_memory_equal(vb->name, expected, length * sizeof(oid));
}

static void
snmp_get(void **state)
{
	static const char *const	 names[] = {
		"1.1.4.0", "1.3.1.2.3", "1.4.1.5.12010.2", "1.3.1.14.1",
		"1.3.1.6.1", "1.3.1.18.1",
		"1.3.1.2.99", "1.3.1.1.1", SCALAR_NONE ".0", "1.1.1",
		"1.4.1.2.1", "1.5.1.2.1",
	};
	netsnmp_pdu			*answer;
	const netsnmp_variable_list	*vb;

	(void)state;
	stage_begin(&stage, four);
	answer = ask(SNMP_MSG_GET, names, N(names), 0);
	assert_int_equal(answer->errstat, SNMP_ERR_NOERROR);
	vb = answer->variables;
	assert_varbind(vb, names[0], ASN_GAUGE);
	assert_int_equal(*vb->val.integer, 4);
	vb = vb->next_variable;
	assert_varbind(vb, names[1], ASN_OCTET_STR);
	assert_int_equal(vb->val_len, 1);
	assert_int_equal(vb->val.string[0], 'c');
	vb = vb->next_variable;
	assert_varbind(vb, names[2], ASN_INTEGER);
	assert_int_equal(*vb->val.integer, SEVERITY_MAJOR);
	vb = vb->next_variable;
	assert_varbind(vb, names[3], ASN_COUNTER64);
	vb = vb->next_variable;
	assert_varbind(vb, names[4], ASN_OCTET_STR);
	assert_int_equal(vb->val_len, 4);
	vb = vb->next_variable;
	assert_varbind(vb, names[5], ASN_COUNTER);
	vb = vb->next_variable;
	assert_varbind(vb, names[6], SNMP_NOSUCHINSTANCE);
	vb = vb->next_variable;
	assert_varbind(vb, names[7], SNMP_NOSUCHOBJECT);
	vb = vb->next_variable;
	assert_varbind(vb, names[8], SNMP_NOSUCHOBJECT);
	vb = vb->next_variable;
	assert_varbind(vb, names[9], SNMP_NOSUCHINSTANCE);
	vb = vb->next_variable;
	assert_varbind(vb, names[10], SNMP_NOSUCHINSTANCE);
	vb = vb->next_variable;
	assert_varbind(vb, names[11], SNMP_NOSUCHINSTANCE);
	assert_null(vb->next_variable);
	snmp_free_pdu(answer);
}

/* GETNEXT from the OID of the module to its end. */
static void
snmp_getnext(void **state)
{
	netsnmp_variable_list	*vb = NULL;
	struct instance		 instance;
	struct value		 value;
	size_t			 count = 0, r = table_root_length;
	oid			 before[MAX_OID_LEN];
	size_t			 length = r;

	(void)state;
	begin_many(10);
	stage_advance(&stage, 8);
	memcpy(before, table_root, r * sizeof(oid));
	snmp_varlist_add_variable(&vb, before, r, ASN_NULL, NULL, 0);
	for (;;) {
		assert_int_equal(netsnmp_query_getnext(vb, client),
		    SNMP_ERR_NOERROR);
		if (vb->type == SNMP_ENDOFMIBVIEW ||
		    snmp_oid_ncompare(vb->name, vb->name_length, table_root,
		    r, r) != 0)
			break;
		assert_true(snmp_oid_compare(before, length, vb->name,
		    vb->name_length) < 0);
		assert_int_equal(table_find(AGENT, vb->name + r,
		    vb->name_length - r, &instance), TABLE_FOUND);
		table_value(AGENT, &instance, &value);
		assert_int_equal(vb->type, instance.column->type);
		assert_int_equal(vb->val_len, value.length);
		assert_memory_equal(vb->val.string, value.octets,
		    value.length);
		memcpy(before, vb->name, vb->name_length * sizeof(oid));
		length = vb->name_length;
		count++;
	}
	snmp_free_varbind(vb);
	assert_int_equal(count, instances());
}

/* GETNEXT of a name before our subtree, and of our last name. */
static void
snmp_getnext_around(void **state)
{
	netsnmp_variable_list	*vb = NULL;
	oid			 name[MAX_OID_LEN];
	size_t			 r = table_root_length;

	(void)state;
	stage_begin(&stage, four);
	memcpy(name, table_root, r * sizeof(oid));
	name[r - 1]--;
	name[r] = LARGEST;
	snmp_varlist_add_variable(&vb, name, r + 1, ASN_NULL, NULL, 0);
	assert_int_equal(netsnmp_query_getnext(vb, client), SNMP_ERR_NOERROR);
	assert_varbind(vb, "1.1.1.0", ASN_OCTET_STR);
	snmp_free_varbind(vb);
	vb = NULL;
	snmp_varlist_add_variable(&vb, name, whole(ALARM_LAST ".46003.4", name),
	    ASN_NULL, NULL, 0);
	(void)netsnmp_query_getnext(vb, client);
	assert_true(vb->type == SNMP_ENDOFMIBVIEW || snmp_oid_ncompare(
	    vb->name, vb->name_length, table_root, r, r) != 0);
	snmp_free_varbind(vb);
}

static void
snmp_walk(void **state)
{
	netsnmp_variable_list	*list = NULL, *vb;
	oid			 name[MAX_OID_LEN];
	size_t			 count = 0;

	(void)state;
	begin_many(500);
	snmp_varlist_add_variable(&list, name, whole("1.4.1.1", name),
	    ASN_NULL, NULL, 0);
	assert_int_equal(netsnmp_query_walk(list, client), SNMP_ERR_NOERROR);
	for (vb = list; vb != NULL; vb = vb->next_variable) {
		assert_int_equal(vb->type, ASN_UNSIGNED);
		assert_int_equal(vb->name_length, table_root_length + 6);
		/* hbwAlarmId is the first part of the index. */
		assert_int_equal(*vb->val.integer,
		    vb->name[table_root_length + 4]);
		count++;
	}
	assert_int_equal(count, 500);
	snmp_free_varbind(list);
}

/* Three columns, until after the first of them has ended. */
static void
snmp_getbulk(void **state)
{
	static const char *const	 names[] = {
		"1.3.1.2", "1.4.1.4.45640", ALARM_LAST ".46003.3",
	};
	static const char *const	 expected[][3] = {
		{ "1.3.1.2.1", "1.4.1.4.45640.1", ALARM_LAST ".46003.4" },
		{ "1.3.1.2.2", "1.4.1.4.45640.3", "1.5.1.2.1" },
		{ "1.3.1.2.3", "1.4.1.4.46003.4", "1.5.1.3.1" },
		{ "1.3.1.2.4", "1.4.1.5.12010.2", "1.5.1.4.1" },
		{ "1.3.1.3.1", "1.4.1.5.45640.1", "1.5.1.5.1" },
	};
	netsnmp_pdu			*answer;
	const netsnmp_variable_list	*vb;
	struct instance			 instance;
	size_t				 i, j;

	(void)state;
	stage_begin(&stage, four);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 1);
	answer = ask(SNMP_MSG_GETBULK, names, N(names), N(expected));
	assert_int_equal(answer->errstat, SNMP_ERR_NOERROR);
	vb = answer->variables;
	for (i = 0; i < N(expected); i++)
		for (j = 0; j < 3; j++) {
			print_message("# %s\n", expected[i][j]);
			assert_int_equal(find(expected[i][j], &instance),
			    TABLE_FOUND);
			assert_varbind(vb, expected[i][j],
			    instance.column->type);
			vb = vb->next_variable;
		}
	assert_null(vb);
	snmp_free_pdu(answer);
}

/* After our last instance GETBULK returns none of ours. */
static void
snmp_getbulk_to_the_end(void **state)
{
	static const char *const	 names[] = { ALARM_LAST ".45640.3" };
	netsnmp_pdu			*answer;
	const netsnmp_variable_list	*vb;
	size_t				 r = table_root_length;

	(void)state;
	stage_begin(&stage, four);
	answer = ask(SNMP_MSG_GETBULK, names, 1, 20);
	assert_int_equal(answer->errstat, SNMP_ERR_NOERROR);
	vb = answer->variables;
	assert_varbind(vb, ALARM_LAST ".46003.4", ALARM_LAST_TYPE);
	for (vb = vb->next_variable; vb != NULL; vb = vb->next_variable)
		assert_true(vb->type == SNMP_ENDOFMIBVIEW ||
		    snmp_oid_ncompare(vb->name, vb->name_length, table_root,
		    r, r) != 0);
	snmp_free_pdu(answer);
}

/* The whole module by GETBULK, as snmpbulkwalk does. */
static void
snmp_bulkwalk(void **state)
{
	netsnmp_pdu			*pdu, *answer = NULL;
	const netsnmp_variable_list	*vb;
	oid				 name[MAX_OID_LEN];
	size_t				 r = table_root_length, length = r;
	size_t				 count = 0;
	bool				 more = true;

	(void)state;
	begin_many(500);
	stage_advance(&stage, 8);
	memcpy(name, table_root, r * sizeof(oid));
	while (more) {
		pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
		assert_non_null(pdu);
		pdu->non_repeaters = 0;
		pdu->max_repetitions = 50;
		snmp_add_null_var(pdu, name, length);
		assert_int_equal(snmp_synch_response(client, pdu, &answer),
		    STAT_SUCCESS);
		assert_int_equal(answer->errstat, SNMP_ERR_NOERROR);
		assert_non_null(answer->variables);
		for (vb = answer->variables; vb != NULL && more;
		    vb = vb->next_variable) {
			more = vb->type != SNMP_ENDOFMIBVIEW &&
			    snmp_oid_ncompare(vb->name, vb->name_length,
			    table_root, r, r) == 0;
			if (!more)
				break;
			assert_true(snmp_oid_compare(name, length, vb->name,
			    vb->name_length) < 0);
			memcpy(name, vb->name, vb->name_length * sizeof(oid));
			length = vb->name_length;
			count++;
		}
		snmp_free_pdu(answer);
	}
	assert_int_equal(count, instances());
}

static void
snmp_set(void **state)
{
	netsnmp_pdu	*pdu, *answer = NULL;
	oid		 name[MAX_OID_LEN];
	long		 one = 1;

	(void)state;
	stage_begin(&stage, four);
	pdu = snmp_pdu_create(SNMP_MSG_SET);
	assert_non_null(pdu);
	snmp_pdu_add_variable(pdu, name, whole("1.3.1.11.1", name),
	    ASN_INTEGER, &one, sizeof(one));
	assert_int_equal(snmp_synch_response(client, pdu, &answer),
	    STAT_SUCCESS);
	assert_int_equal(answer->errstat, SNMP_ERR_NOTWRITABLE);
	snmp_free_pdu(answer);
}

#define STAGED(test)	cmocka_unit_test_teardown(test, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGED(scalars),
		STAGED(totals),
		STAGED(captures),
		STAGED(active),
		STAGED(active_after_reload),
		STAGED(captures_in_order),
		STAGED(watches),
		STAGED(watch_states),
		STAGED(alarms),
		STAGED(history),
		STAGED(storms),
		STAGED(history_of_captures),
		STAGED(no_such_instances),
		STAGED(next_to_a_scalar),
		STAGED(next_in_a_table),
		STAGED(next_of_two_indexes),
		STAGED(two_rows_of_a_watch),
		STAGED(actives_and_floating_ip),
		STAGED(next_at_the_end),
		STAGED(next_over_empty_tables),
		STAGED(next_over_empty_tables_to_history),
		STAGED(walks),
		STAGED(rows_belong_to_their_watches),
		STAGED(walk_while_history_moves),
		STAGED(requests_while_rows_change),
		STAGED(index_through_reloads),
		STAGED(snmp_get),
		STAGED(snmp_getnext),
		STAGED(snmp_getnext_around),
		STAGED(snmp_walk),
		STAGED(snmp_getbulk),
		STAGED(snmp_getbulk_to_the_end),
		STAGED(snmp_bulkwalk),
		STAGED(snmp_set),
	};

	return (cmocka_run_group_tests(tests, open_agent, close_agent));
}
