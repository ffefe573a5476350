/* SPDX-License-Identifier: BSD-2-Clause */
#include "persistence.h"
#include "table.h"

static const struct notification *
notification_of(const void *view)
{
	return (((const struct history_view *)view)->notification);
}

/* NULL for a notification about a capture. */
static const struct alarm *
alarm_of(const void *view)
{
	return (notification_has_alarm(notification_of(view)) ? &notification_of(view)->alarm :
	    NULL);
}

static void
get_event(const void *view, struct value *v)
{
	value_integer(v, notification_of(view)->event);
}

static void
get_time(const void *view, struct value *v)
{
	value_time(v, notification_of(view)->time);
}

static void
get_alarm_id(const void *view, struct value *v)
{
	const struct notification	*n = notification_of(view);

	value_unsigned(v, notification_has_alarm(n) ? n->watch->profile->alarm->id :
	    0);
}

static void
get_watch(const void *view, struct value *v)
{
	const struct notification	*n = notification_of(view);

	value_text(v, notification_has_alarm(n) ? n->watch->name : "");
}

static void
get_key(const void *view, struct value *v)
{
	const struct notification	*n = notification_of(view);
	char			 key[ALARM_KEY_SIZE];

	value_text(v, notification_has_alarm(n) ? alarm_key(n->watch, key) : "");
}

static void
get_serial(const void *view, struct value *v)
{
	const struct alarm	*a = alarm_of(view);

	value_unsigned(v, a == NULL ? 0 : a->serial);
}

static void
get_severity(const void *view, struct value *v)
{
	const struct notification	*n = notification_of(view);

	if (notification_has_alarm(n))
		value_integer(v, n->watch->profile->alarm->severity);
	else
		value_integer(v, n->event == NOTIFICATION_RESTORED ?
		    SEVERITY_CLEARED : SEVERITY_INDETERMINATE);
}

static void
get_cause(const void *view, struct value *v)
{
	const struct alarm	*a = alarm_of(view);

	if (a != NULL)
		value_integer(v, a->cause);
	else
		value_integer(v, notification_of(view)->event == NOTIFICATION_STORM ?
		    ALARM_CAUSE_UNKNOWN : ALARM_CAUSE_LOCAL_FAULT);
}

static void
get_detail(const void *view, struct value *v)
{
	char	 detail[NOTIFICATION_DETAIL_SIZE];

	value_text(v, notification_detail(notification_of(view), detail));
}

static void
get_delivery(const void *view, struct value *v)
{
	const struct history_view	*h = view;

	/* pending(1), delivered(2), summarised(3) */
	value_integer(v, notification_is_summarised(h->notification) ? 3 :
	    h->delivered ? 2 : 1);
}

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

/* A row that cannot be read says so, and that it is of no watch. */
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
row_view(const struct agent *agent, size_t i, union view *room)
{
	uint32_t		 sequence = persistence_oldest(agent) + (uint32_t)i;
	const struct notification	*n = persistence_notification(agent, sequence);

	room->history = (struct history_view){
		.notification = n != NULL ? n : unreadable(),
		.delivered = sequence <= agent->outbox.delivered ||
		    (n != NULL && n->delivery == NOTIFICATION_DELIVERED),
	};
	return (&room->history);
}

const struct table history_table = {
	.prefix = { 1, 5, 1 }, .prefix_length = 3, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
