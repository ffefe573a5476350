/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

static const struct notice *
notice_of(const void *view)
{
	return (view);
}

/* NULL for a notification about a capture. */
static const struct alarm *
alarm_of(const void *view)
{
	return (notice_of(view)->alarm.identity == NULL ? NULL :
	    &notice_of(view)->alarm);
}

static void
get_event(const void *view, struct value *v)
{
	value_integer(v, notice_of(view)->event);
}

static void
get_time(const void *view, struct value *v)
{
	value_time(v, notice_of(view)->time);
}

static void
get_alarm_id(const void *view, struct value *v)
{
	const struct alarm	*a = alarm_of(view);

	value_unsigned(v, a == NULL ? 0 : a->identity->id);
}

static void
get_watch(const void *view, struct value *v)
{
	const struct alarm	*a = alarm_of(view);

	value_text(v, a == NULL ? "" : a->identity->watch);
}

static void
get_key(const void *view, struct value *v)
{
	const struct alarm	*a = alarm_of(view);

	value_text(v, a == NULL ? "" : a->identity->key);
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
	const struct alarm	*a = alarm_of(view);

	if (a != NULL)
		value_integer(v, a->identity->severity);
	else
		value_integer(v, notice_of(view)->event == NOTICE_RESTORED ?
		    SEVERITY_CLEARED : SEVERITY_INDETERMINATE);
}

static void
get_cause(const void *view, struct value *v)
{
	const struct alarm	*a = alarm_of(view);

	value_integer(v, a == NULL ? ALARM_CAUSE_LOCAL_FAULT : a->cause);
}

static void
get_detail(const void *view, struct value *v)
{
	const struct alarm	*a = alarm_of(view);
	const struct live_capture *c;
	char			 text[VALUE_OCTETS + 1];

	if (a != NULL) {
		value_text(v, a->detail);
		return;
	}
	c = &notice_of(view)->capture->capture;
	snprintf(text, sizeof(text), "%s%s%s", c->interface,
	    c->error[0] != '\0' ? ": " : "", c->error);
	value_text(v, text);
}

static void
get_delivery(const void *view, struct value *v)
{
	value_integer(v,
	    notice_of(view)->delivery == NOTICE_DELIVERED ? 2 : 1);
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
	return (agent->outbox.count);
}

static void
row_index(const struct agent *agent, size_t i, oid *index)
{
	index[0] = outbox_at(&agent->outbox, i)->sequence;
}

static const void *
row_view(const struct agent *agent, size_t i, union view *room)
{
	(void)room;
	return (outbox_at(&agent->outbox, i));
}

const struct table history_table = {
	.prefix = { 1, 5, 1 }, .prefix_length = 3, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
