/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence_writer.h"
#include "operator.h"
#include "table.h"

#define GETTER(name, set, expression)	\
	TABLE_GETTER(name, struct alarm_view, set, expression)

GETTER(get_id, value_unsigned, row->config->profile->alarm->id)
GETTER(get_key, value_text,
    alarm_key(row->config, TABLE_BUFFER(ALARM_KEY_SIZE)))
GETTER(get_name, value_text, row->config->profile->alarm->name)
GETTER(get_state, value_integer, alarm_state(row->alarm))
GETTER(get_severity, value_integer, row->config->profile->alarm->severity)
GETTER(get_type, value_text, row->config->profile->alarm->type)
GETTER(get_service_type, value_text, row->config->profile->alarm->service_type)
/* TruthValue (RFC 2579): true is 1.  A heartbeat clears every alarm. */
GETTER(get_auto_cleared, value_integer, 1)
GETTER(get_chattering, value_integer,
    (row->alarm->flags & ALARM_CHATTERING) != 0 ? 1 : 2)
GETTER(get_source, value_text, row->config->profile->source)
GETTER(get_service_name, value_text, row->config->profile->service)
GETTER(get_role_name, value_text, row->config->profile->role)
GETTER(get_host_name, value_text, row->config->profile->host)
GETTER(get_cause, value_integer, alarm_cause(row->alarm))
GETTER(get_detail, value_text,
    alarm_detail(row->alarm, row->config, TABLE_BUFFER(ALARM_DETAIL_SIZE)))
GETTER(get_serial, value_unsigned, row->alarm->serial)
GETTER(get_raised_time, value_time, row->alarm->raised)
GETTER(get_cleared_time, value_time, row->alarm->cleared)
GETTER(get_sequence, value_unsigned, row->alarm->sequence)
GETTER(get_count, value_counter32, row->alarm->count)
GETTER(get_watch, value_text, row->config->name)
GETTER(get_peer, value_address_text, &row->config->peer)
GETTER(get_side, value_integer, alarm_side(row->alarm))
GETTER(get_confidence, value_unsigned, row->alarm->confidence)
GETTER(get_repair, value_text,
    alarm_repair(row->alarm, row->config, TABLE_BUFFER(ALARM_REPAIR_SIZE)))
GETTER(get_level, value_integer, alarm_level(row->config))
GETTER(get_location, value_text,
    alarm_location(row->config, TABLE_BUFFER(ALARM_LOCATION_SIZE)))
GETTER(get_clear_type, value_integer, alarm_clear_type(row->alarm))
GETTER(get_age, value_unsigned, alarm_age(row->alarm, wall_now()))
GETTER(get_operator_state, value_integer, alarm_operator_state(row->alarm))
GETTER(get_operator, value_text,
    row->alarm->operator == NULL ? "" : row->alarm->operator->who)
GETTER(get_operator_text, value_text,
    row->alarm->operator == NULL ? "" : row->alarm->operator->text)
GETTER(get_operator_time, value_time,
    row->alarm->operator == NULL ? WALL_NEVER : row->alarm->operator->time)

/* The rest of the shelf; in a notification the whole shelf. */
static void
get_shelved_seconds(const void *view, struct value *value)
{
	const struct alarm_view		*row = view;
	const struct operator_action	*action = row->alarm->operator;

	if (row->agent != NULL)
		value_unsigned(value, operator_shelved_seconds(action,
		    row->agent->now));
	else
		value_seconds(value,
		    operator_action_state(action) == OPERATOR_SHELVED ?
		    wall_sub(action->until, action->time) : 0);
}

const char *
alarm_view_evidence_file(const struct alarm_view *row, char *name)
{
	const struct alarm	*a = row->alarm;

	if (row->agent == NULL || row->agent->evidence_writer == NULL ||
	    row->agent->current.config->evidence == 0 ||
	    row->agent->current.config->evidence_files == 0 ||
	    a->serial == 0 || (a->flags & ALARM_SUMMARISED) != 0)
		return ("");
	(void)evidence_file_name(a->serial, row->config->name, name);
	return (evidence_writer_has(row->agent->evidence_writer, name) ? name :
	    "");
}

GETTER(get_evidence_file, value_text,
    alarm_view_evidence_file(row, TABLE_BUFFER(EVIDENCE_FILE_NAME_SIZE)))

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
	{ 21, "hbwAlarmConfidence", ASN_UNSIGNED, get_confidence },
	{ 22, "hbwAlarmSide", ASN_INTEGER, get_side },
	{ 23, "hbwAlarmRepair", ASN_OCTET_STR, get_repair },
	{ 24, "hbwAlarmLevel", ASN_INTEGER, get_level },
	{ 25, "hbwAlarmLocation", ASN_OCTET_STR, get_location },
	{ 26, "hbwAlarmClearType", ASN_INTEGER, get_clear_type },
	{ 27, "hbwAlarmAge", ASN_GAUGE, get_age },
	{ 28, "hbwAlarmOperatorState", ASN_INTEGER, get_operator_state },
	{ 29, "hbwAlarmOperator", ASN_OCTET_STR, get_operator },
	{ 30, "hbwAlarmOperatorText", ASN_OCTET_STR, get_operator_text },
	{ 31, "hbwAlarmOperatorTime", ASN_OCTET_STR, get_operator_time },
	{ 32, "hbwAlarmShelvedSeconds", ASN_UNSIGNED, get_shelved_seconds },
	{ 33, "hbwAlarmChattering", ASN_INTEGER, get_chattering },
	{ 34, "hbwAlarmEvidenceFile", ASN_OCTET_STR, get_evidence_file },
};

static size_t
rows(const struct agent *agent)
{
	return (generation_alarms(&agent->current));
}

static void
row_index(const struct agent *agent, size_t i, oid *index)
{
	const struct generation	*g = &agent->current;
	uint32_t		 position = g->by_alarm[i];

	index[0] = generation_alarm_watch(g, position)->profile->alarm->id;
	index[1] = generation_index(g, position);
}

static const void *
row_view(const struct agent *agent, size_t i, union view *view)
{
	const struct generation	*g = &agent->current;
	uint32_t		 position = g->by_alarm[i];

	view->alarm = (struct alarm_view){
		generation_alarm_watch(g, position), &g->alarms[position],
		agent,
	};
	return (&view->alarm);
}

const struct table alarm_table = {
	.prefix = { 1, 4, 1 }, .prefix_length = 3, .indexes = 2,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};

/* ---- hbwActiveTable: the rows of hbwAlarmTable that are active */

static const struct column active_columns[] = {
	{ 1, "hbwActiveKey", ASN_OCTET_STR, get_key },
	{ 2, "hbwActiveWatch", ASN_OCTET_STR, get_watch },
	{ 3, "hbwActivePeer", ASN_OCTET_STR, get_peer },
	{ 4, "hbwActiveSeverity", ASN_INTEGER, get_severity },
	{ 5, "hbwActiveCause", ASN_INTEGER, get_cause },
	{ 6, "hbwActiveSide", ASN_INTEGER, get_side },
	{ 7, "hbwActiveConfidence", ASN_UNSIGNED, get_confidence },
	{ 8, "hbwActiveAge", ASN_GAUGE, get_age },
	{ 9, "hbwActiveOperatorState", ASN_INTEGER, get_operator_state },
	{ 10, "hbwActiveDetail", ASN_OCTET_STR, get_detail },
};

static size_t
active_rows(const struct agent *agent)
{
	return (agent->current.active.count);
}

static void
active_index(const struct agent *agent, size_t i, oid *index)
{
	row_index(agent, rank_set_nth(&agent->current.active, (uint32_t)i),
	    index);
}

static const void *
active_view(const struct agent *agent, size_t i, union view *view)
{
	return (row_view(agent, rank_set_nth(&agent->current.active,
	    (uint32_t)i), view));
}

const struct table active_table = {
	.prefix = { 1, 7, 1 }, .prefix_length = 3, .indexes = 2,
	.columns = active_columns, .ncolumns = COLUMNS(active_columns),
	.rows = active_rows, .index = active_index, .view = active_view,
};
