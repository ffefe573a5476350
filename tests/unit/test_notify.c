/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The varbinds of notifications: their objects, order and values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "notify.h"
#include "varbinds.h"
#include "operator.h"
#include "stage.h"
#include "table.h"

#define N(array)	(sizeof(array) / sizeof((array)[0]))

static const char	 text[] =
    "source = cluster host = node-1\n"
    "alarm 45640 { interruption = 10s }\n"
    "watch \"first\" { interface = eth0 peer = 192.0.2.12 "
    "heartbeat = ip source = s service = v role = r host = h "
    "peer-host = node-2 }\n"
    "watch \"six\" { interface = eth0 peer = \"2001:db8::c\" "
    "heartbeat = ip source = s service = v role = r host = h "
    "alarm = 12010 interruption = 10s }\n"
    "watch \"group\" { interface = eth1 heartbeat = \"vrrp 51\" "
    "source = s service = v role = r host = h }\n";

static struct stage	 stage;

static int
begin(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	stage_begin(&stage, text);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	stage_end(&stage);
	return (0);
}

static const struct notification *
notification(uint32_t i)
{
	const struct notification	*n;

	n = outbox_find(&stage.agent.outbox, i);
	assert_non_null(n);
	return (n);
}

static netsnmp_variable_list *
varbinds(uint32_t i)
{
	netsnmp_variable_list	*list;

	list = varbinds_new(&stage.agent, notification(i));
	assert_non_null(list);
	return (list);
}

/* Varbind i, from 0, after snmpTrapOID.0 */
static const netsnmp_variable_list *
nth(const netsnmp_variable_list *list, size_t i)
{
	list = list->next_variable;
	while (i-- > 0) {
		assert_non_null(list);
		list = list->next_variable;
	}
	assert_non_null(list);
	return (list);
}

/* `expected` is the part of the OID below hbwatchMIB. */
static void
assert_name(const netsnmp_variable_list *vb, const char *expected)
{
	char	 got[256] = "";
	size_t	 i, n = 0;

	assert_true(vb->name_length > table_root_length);
	assert_memory_equal(vb->name, table_root,
	    table_root_length * sizeof(oid));
	for (i = table_root_length; i < vb->name_length; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%lu",
		    n > 0 ? "." : "", vb->name[i]);
	assert_string_equal(got, expected);
}

static void
assert_number(const netsnmp_variable_list *vb, u_char type, long expected)
{
	assert_int_equal(vb->type, type);
	assert_int_equal(*vb->val.integer, expected);
}

static void
assert_octets(const netsnmp_variable_list *vb, const void *expected,
    size_t length)
{
	assert_int_equal(vb->type, ASN_OCTET_STR);
	assert_int_equal(vb->val_len, length);
	assert_memory_equal(vb->val.string, expected, length);
}

static void
assert_text(const netsnmp_variable_list *vb, const char *expected)
{
	assert_octets(vb, expected, strlen(expected));
}

/* 2026-11-22T12:00:SECOND.0Z */
static void
assert_time(const netsnmp_variable_list *vb, int second)
{
	const u_char	 expected[] = {
		0x07, 0xea, 11, 22, 12, 0, (u_char)second, 0, '+', 0, 0,
	};

	assert_octets(vb, expected, sizeof(expected));
}

static void
assert_never(const netsnmp_variable_list *vb)
{
	assert_octets(vb, "\0\0\0\0\0\0\0", 8);
}

static void
assert_trap(const netsnmp_variable_list *list, oid number)
{
	static const oid	 name[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 };
	const oid		*value = list->val.objid;
	size_t			 n = table_root_length;

	assert_int_equal(list->name_length, N(name));
	assert_memory_equal(list->name, name, sizeof(name));
	assert_int_equal(list->type, ASN_OBJECT_ID);
	assert_int_equal(list->val_len, (n + 2) * sizeof(oid));
	assert_memory_equal(value, table_root, n * sizeof(oid));
	/* hbwNotifications is 0 (RFC 2578, section 8.5). */
	assert_int_equal(value[n], 0);
	assert_int_equal(value[n + 1], number);
}

static size_t
count(const netsnmp_variable_list *list)
{
	size_t	 n = 0;

	for (; list != NULL; list = list->next_variable)
		n++;
	return (n);
}

/* Each varbind has the value that the tables have now. */
static void
assert_as_the_tables(const netsnmp_variable_list *list)
{
	const netsnmp_variable_list	*vb;
	struct instance			 instance;
	struct value			 value;

	for (vb = list->next_variable; vb != NULL; vb = vb->next_variable) {
		/* hbwNotificationObjects are in no table. */
		if (vb->name[table_root_length + 1] == 8)
			continue;
		assert_int_equal(table_find(&stage.agent,
		    vb->name + table_root_length,
		    vb->name_length - table_root_length, &instance),
		    TABLE_FOUND);
		table_value(&stage.agent, &instance, &value);
		print_message("# %s\n", instance.column->name);
		assert_int_equal(vb->type, instance.column->type);
		assert_int_equal(vb->val_len, value.length);
		assert_memory_equal(vb->val.string, value.octets,
		    value.length);
	}
}

static void
assert_same(const netsnmp_variable_list *a, const netsnmp_variable_list *b)
{
	for (; a != NULL && b != NULL; a = a->next_variable,
	    b = b->next_variable) {
		assert_int_equal(a->name_length, b->name_length);
		assert_memory_equal(a->name, b->name,
		    a->name_length * sizeof(oid));
		assert_int_equal(a->type, b->type);
		assert_int_equal(a->val_len, b->val_len);
		assert_memory_equal(a->val.string, b->val.string, a->val_len);
	}
	assert_null(a);
	assert_null(b);
}

/* The OBJECTS of hbwAlarmRaised, in their order, for the first watch. */
static const char *const alarm_names[] = {
	"1.4.1.2.45640.1",	/* hbwAlarmKey */
	"1.4.1.1.45640.1",	/* hbwAlarmId */
	"1.4.1.3.45640.1",	/* hbwAlarmName */
	"1.4.1.4.45640.1",	/* hbwAlarmState */
	"1.4.1.5.45640.1",	/* hbwAlarmSeverity */
	"1.1.12.0",		/* hbwNotificationSequence */
	"1.1.11.0",		/* hbwNotificationEpoch */
	"1.4.1.15.45640.1",	/* hbwAlarmSerial */
	"1.4.1.9.45640.1",	/* hbwAlarmSource */
	"1.4.1.10.45640.1",	/* hbwAlarmServiceName */
	"1.4.1.11.45640.1",	/* hbwAlarmRoleName */
	"1.4.1.12.45640.1",	/* hbwAlarmHostName */
	"1.3.1.2.1",		/* hbwWatchName */
	"1.3.1.5.1",		/* hbwWatchPeerType */
	"1.3.1.6.1",		/* hbwWatchPeer */
	"1.4.1.13.45640.1",	/* hbwAlarmCause */
	"1.4.1.14.45640.1",	/* hbwAlarmDetail */
	"1.4.1.16.45640.1",	/* hbwAlarmRaisedTime */
	"1.4.1.17.45640.1",	/* hbwAlarmClearedTime */
	"1.3.1.12.1",		/* hbwWatchLastHeartbeat */
	"1.3.1.19.1",		/* hbwWatchPeerText */
	"1.3.1.20.1",		/* hbwWatchPeerHost */
	"1.4.1.22.45640.1",	/* hbwAlarmSide */
	"1.4.1.21.45640.1",	/* hbwAlarmConfidence */
	"1.4.1.23.45640.1",	/* hbwAlarmRepair */
	"1.4.1.24.45640.1",	/* hbwAlarmLevel */
	"1.4.1.25.45640.1",	/* hbwAlarmLocation */
	"1.4.1.26.45640.1",	/* hbwAlarmClearType */
};

/* The positions of these objects. */
enum {
	KEY,
	ID,
	NAME,
	STATE,
	SEVERITY,
	SEQUENCE,
	EPOCH,
	SERIAL,
	SOURCE,
	SERVICE,
	ROLE,
	HOST,
	WATCH,
	PEER_TYPE,
	PEER,
	CAUSE,
	DETAIL,
	RAISED,
	CLEARED,
	LAST,
	PEER_TEXT,
	PEER_HOST,
	SIDE,
	CONFIDENCE,
	REPAIR,
	LEVEL,
	LOCATION,
	CLEAR_TYPE,
	ALARM_VARBINDS
};

static const char *const capture_names[] = {
	"1.2.1.2.1",		/* hbwCaptureInterface */
	"1.2.1.3.1",		/* hbwCaptureState */
	"1.2.1.8.1",		/* hbwCaptureError */
	"1.1.12.0",		/* hbwNotificationSequence */
	"1.1.11.0",		/* hbwNotificationEpoch */
	"1.8.2.0",		/* hbwWatcherSource */
	"1.8.3.0",		/* hbwWatcherHost */
	"1.1.20.0",		/* hbwBlindWatches */
};

/* Only the first watch is interrupted, at 12:00:11. */
static void
interrupt_first(void)
{
	stage_heartbeat(&stage, 0, 1);
	stage_heartbeat(&stage, 1, 5);
	stage_heartbeat(&stage, 2, 5);
	stage_advance(&stage, 11);
}

static void
raised(void **state)
{
	netsnmp_variable_list	*list;
	size_t			 i;

	(void)state;
	interrupt_first();
	list = varbinds(1);
	assert_trap(list, 1);
	assert_int_equal(count(list), 1 + ALARM_VARBINDS);
	assert_int_equal(N(alarm_names), ALARM_VARBINDS);
	for (i = 0; i < ALARM_VARBINDS; i++)
		assert_name(nth(list, i), alarm_names[i]);
	assert_text(nth(list, KEY), "s/v/r/h/first/45640");
	assert_number(nth(list, ID), ASN_UNSIGNED, 45640);
	assert_text(nth(list, NAME), "FlinkServer Heartbeat Interruption "
	    "Between the Active and Standby Nodes");
	assert_number(nth(list, STATE), ASN_INTEGER, 2);
	assert_number(nth(list, SEVERITY), ASN_INTEGER, 5);
	assert_number(nth(list, SEQUENCE), ASN_UNSIGNED, 1);
	assert_number(nth(list, EPOCH), ASN_UNSIGNED, 7);
	assert_number(nth(list, SERIAL), ASN_UNSIGNED, 1);
	assert_text(nth(list, SOURCE), "s");
	assert_text(nth(list, SERVICE), "v");
	assert_text(nth(list, ROLE), "r");
	assert_text(nth(list, HOST), "h");
	assert_text(nth(list, WATCH), "first");
	assert_number(nth(list, PEER_TYPE), ASN_INTEGER, 1);
	assert_octets(nth(list, PEER), "\xc0\x00\x02\x0c", 4);
	assert_number(nth(list, CAUSE), ASN_INTEGER, 1);
	assert_true(nth(list, DETAIL)->val_len > 0);
	assert_time(nth(list, RAISED), 11);
	assert_never(nth(list, CLEARED));
	assert_time(nth(list, LAST), 1);
	assert_text(nth(list, PEER_TEXT), "192.0.2.12");
	assert_text(nth(list, PEER_HOST), "node-2");
	assert_number(nth(list, SIDE), ASN_INTEGER, 1);
	assert_number(nth(list, CONFIDENCE), ASN_UNSIGNED, 0);
	assert_true(nth(list, REPAIR)->val_len > 0);
	assert_number(nth(list, LEVEL), ASN_INTEGER, 3);
	assert_text(nth(list, LOCATION),
	    "Source=s, ServiceName=v, RoleName=r, HostName=h");
	assert_number(nth(list, CLEAR_TYPE), ASN_INTEGER, 1);
	assert_as_the_tables(list);
	snmp_free_varbind(list);
}

/* The octets of a name in BER (X.690, section 8.19). */
static size_t
name_octets(const netsnmp_variable_list *vb)
{
	size_t	 i, octets = 1;
	oid	 n;

	for (i = 2; i < vb->name_length; i++)
		for (n = vb->name[i], octets++; n > 127; n >>= 7)
			octets++;
	return (octets);
}

static size_t
value_octets(const netsnmp_variable_list *vb)
{
	size_t	 octets = 1;
	long	 n;

	if (vb->type == ASN_OCTET_STR)
		return (vb->val_len);
	if (vb->type == ASN_OBJECT_ID)
		return (16);
	for (n = *vb->val.integer; n > 127; n >>= 8)
		octets++;
	return (octets);
}

/* The octets of a type, a length, and a value of that length. */
static size_t
with_head(size_t octets)
{
	return (octets + (octets < 128 ? 2 : octets < 256 ? 3 : 4));
}

/* A trap with texts of usual length has less than 1,400 octets. */
static void
fits_a_packet(void **state)
{
	netsnmp_variable_list		*list;
	const netsnmp_variable_list	*vb;
	struct notification		 n;
	/* The message, its community, the PDU, and sysUpTime.0. */
	size_t				 size = 60;

	(void)state;
	end(NULL);
	stage_begin(&stage,
	    "source = \"mrs-cluster-1\" service = Flink role = FlinkServer "
	    "host = node-1 watch \"flinkserver\" { interface = eth1 "
	    "peer = \"192.0.2.12\" heartbeat = \"udp 20053\" "
	    "peer-host = node-2 log = "
	    "\"/var/log/Bigdata/flink/flinkserver/prestart.log\" }");
	stage_heartbeat(&stage, 0, 1);
	stage_advance(&stage, 31);
	n = *notification(1);
	n.alarm.cause = CAUSE_INSTANCE_STOPPED;
	n.alarm.side = CAUSE_SIDE_PEER;
	n.alarm.confidence = 95;
	n.alarm.number = EVIDENCE_PORT_REFUSED;
	n.alarm.decided = (struct evidence_signal){
		.at = stage_wall(9), .count = 12, .state = EVIDENCE_PRESENT,
		.code = 4, .port = 20053, .address = n.watch->peer,
	};
	list = varbinds_new(&stage.agent, &n);
	assert_non_null(list);
	for (vb = list; vb != NULL; vb = vb->next_variable)
		size += with_head(with_head(name_octets(vb)) +
		    with_head(value_octets(vb)));
	print_message("# at most %zu octets\n", size);
	assert_in_range(size, 1000, 1399);
	snmp_free_varbind(list);
	n.event = NOTIFICATION_CHANGED;
	n.change = OPERATOR_CHANGE_CAUSE;
	list = varbinds_new(&stage.agent, &n);
	assert_non_null(list);
	assert_trap(list, 6);
	assert_int_equal(count(list), 2 + ALARM_VARBINDS + 4);
	assert_name(nth(list, 0), "1.8.1.0");
	assert_number(nth(list, 0), ASN_INTEGER, 1);
	snmp_free_varbind(list);
}

/* hbwAlarmChanged says who shelved the alarm, for how long and why. */
static void
shelved(void **state)
{
	netsnmp_variable_list	*list;

	(void)state;
	interrupt_first();
	assert_null(operator_shelve(&stage.agent, "first", 90 * NSEC_PER_SEC,
	    "bob", "new switch", stage_wall(12)));
	list = varbinds(2);
	assert_trap(list, 6);
	assert_int_equal(count(list), 2 + ALARM_VARBINDS + 4);
	assert_number(nth(list, 0), ASN_INTEGER, 4);
	assert_name(nth(list, ALARM_VARBINDS + 1), "1.4.1.28.45640.1");
	assert_number(nth(list, ALARM_VARBINDS + 1), ASN_INTEGER, 3);
	assert_name(nth(list, ALARM_VARBINDS + 2), "1.4.1.29.45640.1");
	assert_text(nth(list, ALARM_VARBINDS + 2), "bob");
	assert_name(nth(list, ALARM_VARBINDS + 3), "1.4.1.30.45640.1");
	assert_text(nth(list, ALARM_VARBINDS + 3), "new switch");
	assert_name(nth(list, ALARM_VARBINDS + 4), "1.4.1.32.45640.1");
	/* The same whenever it is sent. */
	stage_advance(&stage, 50);
	assert_number(nth(list, ALARM_VARBINDS + 4), ASN_UNSIGNED, 90);
	snmp_free_varbind(list);
}

static void
cleared(void **state)
{
	netsnmp_variable_list	*list;
	size_t			 i;

	(void)state;
	interrupt_first();
	stage_heartbeat(&stage, 0, 13);
	list = varbinds(2);
	assert_trap(list, 2);
	assert_int_equal(count(list), 1 + ALARM_VARBINDS);
	for (i = 0; i < ALARM_VARBINDS; i++)
		assert_name(nth(list, i), alarm_names[i]);
	assert_text(nth(list, KEY), "s/v/r/h/first/45640");
	assert_number(nth(list, STATE), ASN_INTEGER, 1);
	/* The severity of the alarm, not "cleared". */
	assert_number(nth(list, SEVERITY), ASN_INTEGER, 5);
	assert_number(nth(list, SEQUENCE), ASN_UNSIGNED, 2);
	assert_number(nth(list, SERIAL), ASN_UNSIGNED, 1);
	assert_time(nth(list, RAISED), 11);
	assert_time(nth(list, CLEARED), 13);
	assert_time(nth(list, LAST), 13);
	assert_as_the_tables(list);
	snmp_free_varbind(list);
}

/* Another alarm and an IPv6 peer; then a watch without a peer. */
static void
other_peers(void **state)
{
	netsnmp_variable_list	*list;

	(void)state;
	stage_heartbeat(&stage, 0, 9);
	stage_heartbeat(&stage, 2, 9);
	stage_advance(&stage, 11);
	list = varbinds(1);
	assert_name(nth(list, KEY), "1.4.1.2.12010.2");
	assert_name(nth(list, WATCH), "1.3.1.2.2");
	assert_text(nth(list, KEY), "s/v/r/h/six/12010");
	assert_number(nth(list, SEVERITY), ASN_INTEGER, 4);
	assert_number(nth(list, PEER_TYPE), ASN_INTEGER, 2);
	assert_octets(nth(list, PEER), "\x20\x01\x0d\xb8\0\0\0\0"
	    "\0\0\0\0\0\0\0\x0c", 16);
	assert_number(nth(list, CAUSE), ASN_INTEGER, 2);
	assert_never(nth(list, LAST));
	assert_as_the_tables(list);
	snmp_free_varbind(list);

	stage_heartbeat(&stage, 0, 15);
	stage_advance(&stage, 20);
	list = varbinds(2);
	assert_text(nth(list, WATCH), "group");
	assert_number(nth(list, PEER_TYPE), ASN_INTEGER, 0);
	assert_octets(nth(list, PEER), "", 0);
	assert_as_the_tables(list);
	snmp_free_varbind(list);
}

/* A notification of the capture on eth0, and its values. */
static void
assert_capture_trap(uint32_t sequence, uint32_t kind, long state,
    const char *error, long blind)
{
	netsnmp_variable_list	*list = varbinds(sequence);
	size_t			 i;

	assert_trap(list, kind);
	assert_int_equal(count(list), 1 + N(capture_names));
	for (i = 0; i < N(capture_names); i++)
		assert_name(nth(list, i), capture_names[i]);
	assert_text(nth(list, 0), "eth0");
	assert_number(nth(list, 1), ASN_INTEGER, state);
	assert_text(nth(list, 2), error);
	assert_number(nth(list, 3), ASN_UNSIGNED, sequence);
	assert_number(nth(list, 4), ASN_UNSIGNED, 7);
	assert_text(nth(list, 5), "cluster");
	assert_text(nth(list, 6), "node-1");
	assert_number(nth(list, 7), ASN_GAUGE, blind);
	assert_as_the_tables(list);
	snmp_free_varbind(list);
}

static void
blind_and_restored(void **state)
{
	(void)state;
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "it is gone", 5);
	assert_capture_trap(1, 3, 3, "it is gone", 2);
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 6);
	assert_capture_trap(2, 4, 1, "", 0);
}

/* A pending notification keeps the values from the time of its event. */
static void
unchanged_by_later_events(void **state)
{
	netsnmp_variable_list	*raise, *clear, *blind, *again;
	uint32_t		 i;

	(void)state;
	interrupt_first();
	raise = varbinds(1);
	stage_heartbeat(&stage, 0, 13);
	clear = varbinds(2);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "it is gone", 13);
	blind = varbinds(3);

	/* Another peer, severity, name and interface; then no watch. */
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 14);
	stage_advance(&stage, 24);
	stage_reload(&stage,
	    "alarm 45640 { name = x severity = critical }\n"
	    "watch \"first\" { interface = lo peer = 192.0.2.99 "
	    "heartbeat = \"udp 1\" }\n", 25);
	stage_heartbeat(&stage, 0, 26);
	stage_reload(&stage, "", 27);
	for (i = 1; i <= 3; i++) {
		again = varbinds(i);
		assert_same(again, i == 1 ? raise : i == 2 ? clear : blind);
		snmp_free_varbind(again);
	}
	snmp_free_varbind(raise);
	snmp_free_varbind(clear);
	snmp_free_varbind(blind);
}

/* The sequence is that of the notification, not the current one. */
static void
sequence_of_the_notification(void **state)
{
	netsnmp_variable_list	*list;
	uint32_t		 i;

	(void)state;
	stage_advance(&stage, 50);
	stage_heartbeat(&stage, 1, 51);
	stage_capture(&stage, 1, SHARED_CAPTURE_FAILED, "x", 52);
	assert_int_equal(stage.agent.outbox.sequence, 5);
	for (i = 1; i <= 5; i++) {
		list = varbinds(i);
		assert_number(nth(list, i == 5 ? 3 : SEQUENCE), ASN_UNSIGNED,
		    (long)i);
		snmp_free_varbind(list);
	}
}

/* The names of the objects are the names of the columns. */
static void
object_names(void **state)
{
	netsnmp_variable_list		*list;
	const netsnmp_variable_list	*vb;
	struct instance			 instance;
	const char			*name;
	uint32_t			 i;
	size_t				 j;

	(void)state;
	interrupt_first();
	stage_heartbeat(&stage, 0, 13);
	stage_capture(&stage, 0, SHARED_CAPTURE_FAILED, "x", 14);
	stage_capture(&stage, 0, SHARED_CAPTURE_RUNNING, "", 15);
	for (i = 1; i <= 4; i++) {
		assert_int_equal(notification(i)->event, i);
		list = varbinds(i);
		vb = list->next_variable;
		for (j = 0; (name = varbinds_object_name(i, j)) != NULL;
		    j++, vb = vb->next_variable) {
			assert_non_null(vb);
			/* hbwNotificationObjects are in no table. */
			if (vb->name[table_root_length + 1] == 8)
				continue;
			assert_int_equal(table_find(&stage.agent,
			    vb->name + table_root_length,
			    vb->name_length - table_root_length, &instance),
			    TABLE_FOUND);
			assert_string_equal(name, instance.column->name);
		}
		assert_null(vb);
		snmp_free_varbind(list);
	}
}

#define WITH_STAGE(test) \
	cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STAGE(raised),
		WITH_STAGE(cleared),
		WITH_STAGE(shelved),
		WITH_STAGE(fits_a_packet),
		WITH_STAGE(other_peers),
		WITH_STAGE(blind_and_restored),
		WITH_STAGE(unchanged_by_later_events),
		WITH_STAGE(sequence_of_the_notification),
		WITH_STAGE(object_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
