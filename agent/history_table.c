/* SPDX-License-Identifier: BSD-2-Clause */
#include "persistence.h"
#include "table.h"

#define GETTER(name, set, expression)	\
	TABLE_GETTER(name, struct history_view, set, expression)

/* hbwHistoryDelivery */
enum {
	DELIVERY_PENDING = 1,
	DELIVERY_DELIVERED = 2,
	DELIVERY_SUMMARISED = 3,
	DELIVERY_SHELVED = 4,
};

static const struct addr	 no_peer;	/* ADDR_NONE */

GETTER(get_event, value_integer, row->notification->event)
GETTER(get_time, value_time, row->notification->time)
GETTER(get_alarm_id, value_unsigned, row->watch == NULL ? 0 :
    row->watch->profile->alarm->id)
GETTER(get_watch, value_text, row->watch == NULL ? "" : row->watch->name)
GETTER(get_serial, value_unsigned, row->alarm == NULL ? 0 : row->alarm->serial)
GETTER(get_key, value_text, row->watch == NULL ? "" :
    alarm_key(row->watch, TABLE_BUFFER(ALARM_KEY_SIZE)))
GETTER(get_severity, value_integer, row->watch != NULL ?
    row->watch->profile->alarm->severity :
    row->notification->event == NOTIFICATION_RESTORED ?
    SEVERITY_CLEARED : SEVERITY_INDETERMINATE)
GETTER(get_cause, value_integer, row->alarm != NULL ?
    alarm_cause(row->alarm) :
    notification_has_capture(row->notification) ?
    CAUSE_LOCAL_FAULT : CAUSE_UNKNOWN)
GETTER(get_detail, value_text,
    notification_detail(row->notification,
    TABLE_BUFFER(NOTIFICATION_DETAIL_SIZE)))
GETTER(get_delivery, value_integer,
    row->notification->withheld == NOTIFICATION_SHELVED ? DELIVERY_SHELVED :
    notification_is_unsent(row->notification) ? DELIVERY_SUMMARISED :
    row->delivered ? DELIVERY_DELIVERED : DELIVERY_PENDING)

GETTER(get_name, value_text, row->watch == NULL ? "" :
    row->watch->profile->alarm->name)
GETTER(get_peer, value_address_text, row->watch == NULL ? &no_peer :
    &row->watch->peer)

static const struct column columns[] = {
	{ 2, "hbwHistoryEvent", ASN_INTEGER, get_event },
	{ 3, "hbwHistoryTime", ASN_OCTET_STR, get_time },
	{ 4, "hbwHistoryAlarmId", ASN_UNSIGNED, get_alarm_id },
	{ 5, "hbwHistoryWatch", ASN_OCTET_STR, get_watch },
	{ 6, "hbwHistoryKey", ASN_OCTET_STR, get_key },
	{ 7, "hbwHistorySerial", ASN_UNSIGNED, get_serial },
	{ 8, "hbwHistorySeverity", ASN_INTEGER, get_severity },
	{ 9, "hbwHistoryCause", ASN_INTEGER, get_cause },
	{ 10, "hbwHistoryDetail", ASN_OCTET_STR, get_detail },
	{ 11, "hbwHistoryDelivery", ASN_INTEGER, get_delivery },
	{ 12, "hbwHistoryName", ASN_OCTET_STR, get_name },
	{ 13, "hbwHistoryPeer", ASN_OCTET_STR, get_peer },
};

static size_t
rows(const struct agent *agent)
{
	return (agent->outbox.sequence + 1 - persistence_oldest(agent));
}

static void
row_index(const struct agent *agent, size_t i, oid *index)
{
	index[0] = persistence_oldest(agent) + i;
}

/* Replaces a notification that cannot be read from the state file. */
static const struct notification *
unreadable(void)
{
	static struct notification_capture	 none = {
		.error = "the state file cannot be read",
	};
	static const struct notification	 notification = {
		.event = NOTIFICATION_BLIND, .capture = &none,
	};

	return (&notification);
}

static const void *
row_view(const struct agent *agent, size_t i, union view *view)
{
	uint32_t			 sequence;
	const struct notification	*n;
	struct history_view		*row = &view->history;

	sequence = persistence_oldest(agent) + (uint32_t)i;
	n = persistence_notification(agent, sequence);
	row->delivered = sequence <= agent->outbox.delivered ||
	    (n != NULL && n->delivery == NOTIFICATION_DELIVERED);
	row->notification = n != NULL ? n : unreadable();
	row->watch = NULL;
	row->alarm = NULL;
	if (notification_has_alarm(row->notification)) {
		row->watch = n->watch;
		row->alarm = &n->alarm;
	}
	return (row);
}

const struct table history_table = {
	.prefix = { 1, 5, 1 }, .prefix_length = 3, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
