/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "persistence.h"
#include "table.h"

static const struct agent *
agent_of(const void *view)
{
	return (((const struct scalars_view *)view)->agent);
}

static void
get_version(const void *view, struct value *v)
{
	(void)view;
	value_text(v, PACKAGE_VERSION);
}

static void
get_start_time(const void *view, struct value *v)
{
	value_time(v, agent_of(view)->start_time);
}

static void
get_config_time(const void *view, struct value *v)
{
	value_time(v, agent_of(view)->config_time);
}

static void
get_watch_count(const void *view, struct value *v)
{
	value_unsigned(v, agent_of(view)->current.config->nwatches);
}

static void
get_active_alarms(const void *view, struct value *v)
{
	value_unsigned(v, agent_of(view)->active_all);
}

static void
get_active_critical(const void *view, struct value *v)
{
	value_unsigned(v, agent_of(view)->active[SEVERITY_CRITICAL]);
}

static void
get_active_major(const void *view, struct value *v)
{
	value_unsigned(v, agent_of(view)->active[SEVERITY_MAJOR]);
}

static void
get_active_minor(const void *view, struct value *v)
{
	value_unsigned(v, agent_of(view)->active[SEVERITY_MINOR]);
}

static void
get_active_warning(const void *view, struct value *v)
{
	value_unsigned(v, agent_of(view)->active[SEVERITY_WARNING]);
}

static void
get_last_change(const void *view, struct value *v)
{
	value_time(v, agent_of(view)->last_change);
}

static void
get_epoch(const void *view, struct value *v)
{
	value_unsigned(v, ((const struct scalars_view *)view)->epoch);
}

static void
get_sequence(const void *view, struct value *v)
{
	value_unsigned(v, ((const struct scalars_view *)view)->sequence);
}

static void
get_pending(const void *view, struct value *v)
{
	value_unsigned(v, agent_of(view)->outbox.pending);
}

static void
get_history_oldest(const void *view, struct value *v)
{
	const struct agent	*agent = agent_of(view);
	uint32_t		 oldest = persistence_oldest(agent);

	value_unsigned(v, oldest > agent->outbox.sequence ? 0 : oldest);
}

static void
get_history_size(const void *view, struct value *v)
{
	value_unsigned(v, agent_of(view)->current.config->history);
}

static const struct notification_storm *
storm_of(const void *view)
{
	return (((const struct scalars_view *)view)->storm);
}

static void
get_storm_raised(const void *view, struct value *v)
{
	value_unsigned(v, storm_of(view)->raised);
}

static void
get_storm_cleared(const void *view, struct value *v)
{
	value_unsigned(v, storm_of(view)->cleared);
}

static void
get_storm_first(const void *view, struct value *v)
{
	value_unsigned(v, storm_of(view)->first);
}

static void
get_storm_since(const void *view, struct value *v)
{
	value_time(v, storm_of(view)->since);
}

static const struct column columns[] = {
	{ 1, "hbwVersion", ASN_OCTET_STR, get_version },
	{ 2, "hbwStartTime", ASN_OCTET_STR, get_start_time },
	{ 3, "hbwConfigTime", ASN_OCTET_STR, get_config_time },
	{ 4, "hbwWatchCount", ASN_GAUGE, get_watch_count },
	{ 5, "hbwActiveAlarms", ASN_GAUGE, get_active_alarms },
	{ 6, "hbwActiveCritical", ASN_GAUGE, get_active_critical },
	{ 7, "hbwActiveMajor", ASN_GAUGE, get_active_major },
	{ 8, "hbwActiveMinor", ASN_GAUGE, get_active_minor },
	{ 9, "hbwActiveWarning", ASN_GAUGE, get_active_warning },
	{ 10, "hbwAlarmLastChange", ASN_OCTET_STR, get_last_change },
	{ 11, "hbwNotificationEpoch", ASN_UNSIGNED, get_epoch },
	{ 12, "hbwNotificationSequence", ASN_UNSIGNED, get_sequence },
	{ 13, "hbwNotificationsPending", ASN_GAUGE, get_pending },
	{ 14, "hbwHistoryOldest", ASN_UNSIGNED, get_history_oldest },
	{ 15, "hbwHistorySize", ASN_UNSIGNED, get_history_size },
	{ 16, "hbwStormRaised", ASN_UNSIGNED, get_storm_raised },
	{ 17, "hbwStormCleared", ASN_UNSIGNED, get_storm_cleared },
	{ 18, "hbwStormFirst", ASN_UNSIGNED, get_storm_first },
	{ 19, "hbwStormSince", ASN_OCTET_STR, get_storm_since },
};

static size_t
rows(const struct agent *agent)
{
	(void)agent;
	return (1);
}

static void
row_index(const struct agent *agent, size_t i, oid *index)
{
	(void)agent;
	(void)i;
	index[0] = 0;
}

static const void *
row_view(const struct agent *agent, size_t i, union view *room)
{
	(void)i;
	room->scalars = (struct scalars_view){
		agent, agent->epoch, agent->outbox.sequence,
		storm_shown(&agent->storm),
	};
	return (&room->scalars);
}

const struct table scalars_table = {
	.prefix = { 1, 1 }, .prefix_length = 2, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
