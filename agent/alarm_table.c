/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

static const struct alarm *
alarm_of(const void *view)
{
	return (((const struct alarm_view *)view)->alarm);
}

static const struct configuration_watch *
watch_of(const void *view)
{
	return (((const struct alarm_view *)view)->config);
}

static const struct configuration_profile *
profile_of(const void *view)
{
	return (watch_of(view)->profile);
}

static void
get_id(const void *view, struct value *v)
{
	value_unsigned(v, profile_of(view)->alarm->id);
}

static void
get_key(const void *view, struct value *v)
{
	char	 key[ALARM_KEY_SIZE];

	value_text(v, alarm_key(watch_of(view), key));
}

static void
get_name(const void *view, struct value *v)
{
	value_text(v, profile_of(view)->alarm->name);
}

static void
get_state(const void *view, struct value *v)
{
	value_integer(v, alarm_of(view)->state);
}

static void
get_severity(const void *view, struct value *v)
{
	value_integer(v, profile_of(view)->alarm->severity);
}

static void
get_type(const void *view, struct value *v)
{
	value_text(v, profile_of(view)->alarm->type);
}

static void
get_service_type(const void *view, struct value *v)
{
	value_text(v, profile_of(view)->alarm->service_type);
}

/* TruthValue (RFC 2579): true is 1.  The heartbeat clears all of them. */
static void
get_auto_cleared(const void *view, struct value *v)
{
	(void)view;
	value_integer(v, 1);
}

static void
get_source(const void *view, struct value *v)
{
	value_text(v, profile_of(view)->source);
}

static void
get_service_name(const void *view, struct value *v)
{
	value_text(v, profile_of(view)->service);
}

static void
get_role_name(const void *view, struct value *v)
{
	value_text(v, profile_of(view)->role);
}

static void
get_host_name(const void *view, struct value *v)
{
	value_text(v, profile_of(view)->host);
}

static void
get_cause(const void *view, struct value *v)
{
	value_integer(v, alarm_of(view)->cause);
}

static void
get_detail(const void *view, struct value *v)
{
	char	 detail[ALARM_DETAIL_SIZE];

	value_text(v, alarm_detail(alarm_of(view), watch_of(view), detail));
}

static void
get_serial(const void *view, struct value *v)
{
	value_unsigned(v, alarm_of(view)->serial);
}

static void
get_raised_time(const void *view, struct value *v)
{
	value_time(v, alarm_of(view)->raised);
}

static void
get_cleared_time(const void *view, struct value *v)
{
	value_time(v, alarm_of(view)->cleared);
}

static void
get_sequence(const void *view, struct value *v)
{
	value_unsigned(v, alarm_of(view)->sequence);
}

static void
get_count(const void *view, struct value *v)
{
	value_counter32(v, alarm_of(view)->count);
}

static const struct column columns[] = {
	{ 1, "hbwAlarmId", ASN_UNSIGNED, get_id },
	{ 2, "hbwAlarmKey", ASN_OCTET_STR, get_key },
	{ 3, "hbwAlarmName", ASN_OCTET_STR, get_name },
	{ 4, "hbwAlarmState", ASN_INTEGER, get_state },
	{ 5, "hbwAlarmSeverity", ASN_INTEGER, get_severity },
	{ 6, "hbwAlarmType", ASN_OCTET_STR, get_type },
	{ 7, "hbwAlarmServiceType", ASN_OCTET_STR, get_service_type },
	{ 8, "hbwAlarmAutoCleared", ASN_INTEGER, get_auto_cleared },
	{ 9, "hbwAlarmSource", ASN_OCTET_STR, get_source },
	{ 10, "hbwAlarmServiceName", ASN_OCTET_STR, get_service_name },
	{ 11, "hbwAlarmRoleName", ASN_OCTET_STR, get_role_name },
	{ 12, "hbwAlarmHostName", ASN_OCTET_STR, get_host_name },
	{ 13, "hbwAlarmCause", ASN_INTEGER, get_cause },
	{ 14, "hbwAlarmDetail", ASN_OCTET_STR, get_detail },
	{ 15, "hbwAlarmSerial", ASN_UNSIGNED, get_serial },
	{ 16, "hbwAlarmRaisedTime", ASN_OCTET_STR, get_raised_time },
	{ 17, "hbwAlarmClearedTime", ASN_OCTET_STR, get_cleared_time },
	{ 18, "hbwAlarmSequence", ASN_UNSIGNED, get_sequence },
	{ 19, "hbwAlarmCount", ASN_COUNTER, get_count },
};

static size_t
rows(const struct agent *agent)
{
	return (agent->current.config->nwatches);
}

static void
row_index(const struct agent *agent, size_t i, oid *index)
{
	uint32_t	 position = agent->current.by_alarm[i];

	index[0] = agent->current.config->watches[position]->profile->alarm->id;
	index[1] = agent->current.indexes[position];
}

static const void *
row_view(const struct agent *agent, size_t i, union view *room)
{
	uint32_t	 position = agent->current.by_alarm[i];

	room->alarm = (struct alarm_view){
		agent->current.config->watches[position], &agent->current.alarms[position],
	};
	return (&room->alarm);
}

const struct table alarm_table = {
	.prefix = { 1, 4, 1 }, .prefix_length = 3, .indexes = 2,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
