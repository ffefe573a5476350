/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <string.h>

#include "table.h"
#include "varbinds.h"

/* A column of a table, or a scalar, with its name in HBWATCH-MIB. */
struct object {
	const struct table	*table;
	oid			 column;
	const char		*name;
};

TABLE_GETTER(get_change, struct change_view, value_integer, row->change)

static const struct column change_columns[] = {
	{ 1, "hbwAlarmChange", ASN_INTEGER, get_change },
};

/* hbwNotificationObjects; requests cannot read them. */
static const struct table change_table = {
	.prefix = { 1, 8 }, .prefix_length = 2, .indexes = 1,
	.columns = change_columns, .ncolumns = COLUMNS(change_columns),
};

TABLE_GETTER(get_watcher_source, struct notification_watcher, value_text,
    row->source)
TABLE_GETTER(get_watcher_host, struct notification_watcher, value_text,
    row->host)

static const struct column watcher_columns[] = {
	{ 2, "hbwWatcherSource", ASN_OCTET_STR, get_watcher_source },
	{ 3, "hbwWatcherHost", ASN_OCTET_STR, get_watcher_host },
};

/* The same; the view is the watcher of the notification. */
static const struct table watcher_table = {
	.prefix = { 1, 8 }, .prefix_length = 2, .indexes = 1,
	.columns = watcher_columns, .ncolumns = COLUMNS(watcher_columns),
};

/* The first and the last four are only for hbwAlarmChanged. */
static const struct object changed_objects[] = {
	{ &change_table, 1, "hbwAlarmChange" },
	{ &alarm_table, 2, "hbwAlarmKey" },
	{ &alarm_table, 1, "hbwAlarmId" },
	{ &alarm_table, 3, "hbwAlarmName" },
	{ &alarm_table, 4, "hbwAlarmState" },
	{ &alarm_table, 5, "hbwAlarmSeverity" },
	{ &scalars_table, 12, "hbwNotificationSequence" },
	{ &scalars_table, 11, "hbwNotificationEpoch" },
	{ &alarm_table, 15, "hbwAlarmSerial" },
	{ &alarm_table, 9, "hbwAlarmSource" },
	{ &alarm_table, 10, "hbwAlarmServiceName" },
	{ &alarm_table, 11, "hbwAlarmRoleName" },
	{ &alarm_table, 12, "hbwAlarmHostName" },
	{ &watch_table, 2, "hbwWatchName" },
	{ &watch_table, 5, "hbwWatchPeerType" },
	{ &watch_table, 6, "hbwWatchPeer" },
	{ &alarm_table, 13, "hbwAlarmCause" },
	{ &alarm_table, 14, "hbwAlarmDetail" },
	{ &alarm_table, 16, "hbwAlarmRaisedTime" },
	{ &alarm_table, 17, "hbwAlarmClearedTime" },
	{ &watch_table, 12, "hbwWatchLastHeartbeat" },
	{ &watch_table, 19, "hbwWatchPeerText" },
	{ &watch_table, 20, "hbwWatchPeerHost" },
	{ &alarm_table, 22, "hbwAlarmSide" },
	{ &alarm_table, 21, "hbwAlarmConfidence" },
	{ &alarm_table, 23, "hbwAlarmRepair" },
	{ &alarm_table, 24, "hbwAlarmLevel" },
	{ &alarm_table, 25, "hbwAlarmLocation" },
	{ &alarm_table, 26, "hbwAlarmClearType" },
	{ &alarm_table, 28, "hbwAlarmOperatorState" },
	{ &alarm_table, 29, "hbwAlarmOperator" },
	{ &alarm_table, 30, "hbwAlarmOperatorText" },
	{ &alarm_table, 32, "hbwAlarmShelvedSeconds" },
};

static const struct object capture_objects[] = {
	{ &capture_table, 2, "hbwCaptureInterface" },
	{ &capture_table, 3, "hbwCaptureState" },
	{ &capture_table, 8, "hbwCaptureError" },
	{ &scalars_table, 12, "hbwNotificationSequence" },
	{ &scalars_table, 11, "hbwNotificationEpoch" },
	{ &watcher_table, 2, "hbwWatcherSource" },
	{ &watcher_table, 3, "hbwWatcherHost" },
	{ &scalars_table, 20, "hbwBlindWatches" },
};

/* Of hbwWatcherAlive, hbwWatcherStarted and hbwWatcherStopped. */
static const struct object watcher_objects[] = {
	{ &scalars_table, 4, "hbwWatchCount" },
	{ &scalars_table, 20, "hbwBlindWatches" },
	{ &scalars_table, 5, "hbwActiveAlarms" },
	{ &scalars_table, 12, "hbwNotificationSequence" },
	{ &scalars_table, 11, "hbwNotificationEpoch" },
	{ &watcher_table, 3, "hbwWatcherHost" },
	{ &watcher_table, 2, "hbwWatcherSource" },
};

static const struct object storm_objects[] = {
	{ &scalars_table, 16, "hbwStormRaised" },
	{ &scalars_table, 17, "hbwStormCleared" },
	{ &scalars_table, 18, "hbwStormFirst" },
	{ &scalars_table, 19, "hbwStormSince" },
	{ &scalars_table, 12, "hbwNotificationSequence" },
	{ &scalars_table, 11, "hbwNotificationEpoch" },
};

#define N(array)	(sizeof(array) / sizeof((array)[0]))
#define OBJECTS(array)	{ array, N(array) }
#define ALARM_OBJECTS	{ changed_objects + 1, N(changed_objects) - 5 }

static const struct {
	const struct object	*objects;
	size_t			 count;
}	 objects_of[] = {
	[NOTIFICATION_RAISED] = ALARM_OBJECTS,
	[NOTIFICATION_CLEARED] = ALARM_OBJECTS,
	[NOTIFICATION_BLIND] = OBJECTS(capture_objects),
	[NOTIFICATION_RESTORED] = OBJECTS(capture_objects),
	[NOTIFICATION_STORM] = OBJECTS(storm_objects),
	[NOTIFICATION_CHANGED] = OBJECTS(changed_objects),
	[NOTIFICATION_ALIVE] = OBJECTS(watcher_objects),
	[NOTIFICATION_REMINDER] = ALARM_OBJECTS,
	[NOTIFICATION_STARTED] = OBJECTS(watcher_objects),
	[NOTIFICATION_STOPPED] = OBJECTS(watcher_objects),
};

const char *
varbinds_object_name(enum notification_event event, size_t i)
{
	return (i < objects_of[event].count ?
	    objects_of[event].objects[i].name : NULL);
}

/* The row of a table as it was at the time of the notification. */
static const void *
view_of(const struct agent *agent, const struct notification *n,
    const struct table *table, union view *view, oid *index)
{
	const struct notification_capture	*c = n->capture;

	index[0] = index[1] = 0;
	if (table == &scalars_table) {
		view->scalars = (struct scalars_view){
			agent, n->sequence,
			notification_epoch(n, agent->epoch), &n->storm,
			c == NULL ? NULL : &c->watcher,
		};
	} else if (table == &watcher_table) {
		return (&c->watcher);
	} else if (table == &change_table) {
		view->change.change = n->change;
	} else if (table == &capture_table) {
		index[0] = c->index;
		view->capture = (struct capture_view){
			.capture.state = c->state,
		};
		memcpy(view->capture.capture.interface, c->interface,
		    sizeof(c->interface));
		memcpy(view->capture.capture.error, c->error,
		    sizeof(c->error));
	} else if (table == &watch_table) {
		index[0] = n->watch_index;
		view->watch = (struct watch_view){
			.config = n->watch,
			.watch.last_wall = n->alarm.last_heartbeat,
		};
	} else {
		index[0] = n->watch->profile->alarm->id;
		index[1] = n->watch_index;
		view->alarm = (struct alarm_view){
			.config = n->watch, .alarm = &n->alarm,
		};
	}
	return (view);
}

static bool
add_varbind(netsnmp_variable_list **varbinds, const struct agent *agent,
    const struct notification *n, const struct object *object)
{
	const struct column	*column;
	union view		 view;
	struct value		 value;
	oid			 name[MAX_OID_LEN], index[TABLE_INDEXES];
	size_t			 length;

	column = table_column(object->table, object->column);
	column->get(view_of(agent, n, object->table, &view, index), &value);
	length = table_column_name(object->table, column, index, name);
	return (snmp_varlist_add_variable(varbinds, name, length,
	    column->type, value.octets, value.length) != NULL);
}

netsnmp_variable_list *
varbinds_new(const struct agent *agent, const struct notification *n)
{
	/* snmpTrapOID.0 (RFC 3418) */
	static const oid	 trap_oid[] = {
		1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0,
	};
	netsnmp_variable_list	*varbinds = NULL;
	oid			 trap[MAX_OID_LEN];
	size_t			 i;
	bool			 ok;

	memcpy(trap, table_root, table_root_length * sizeof(oid));
	trap[table_root_length] = 0;
	trap[table_root_length + 1] = n->event;
	ok = snmp_varlist_add_variable(&varbinds, trap_oid,
	    OID_LENGTH(trap_oid), ASN_OBJECT_ID, trap,
	    (table_root_length + 2) * sizeof(oid)) != NULL;
	for (i = 0; ok && i < objects_of[n->event].count; i++)
		ok = add_varbind(&varbinds, agent, n,
		    &objects_of[n->event].objects[i]);
	if (ok)
		return (varbinds);
	snmp_free_varbind(varbinds);
	return (NULL);
}
