/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "agent_watches.h"
#include "persistence.h"
#include "table.h"

#define GETTER(name, set, expression)	\
	TABLE_GETTER(name, struct scalars_view, set, expression)

GETTER(get_version, value_text, PACKAGE_VERSION)
GETTER(get_start_time, value_time, row->agent->start_time)
GETTER(get_config_time, value_time, row->agent->config_time)
GETTER(get_watch_count, value_unsigned, row->watcher != NULL ?
    row->watcher->watches : row->agent->current.config->nwatches)
GETTER(get_active_alarms, value_unsigned, row->watcher != NULL ?
    row->watcher->active : row->agent->active_all)
GETTER(get_active_critical, value_unsigned,
    row->agent->active[SEVERITY_CRITICAL])
GETTER(get_active_major, value_unsigned, row->agent->active[SEVERITY_MAJOR])
GETTER(get_active_minor, value_unsigned, row->agent->active[SEVERITY_MINOR])
GETTER(get_active_warning, value_unsigned, row->agent->active[SEVERITY_WARNING])
GETTER(get_last_change, value_time, row->agent->last_change)
GETTER(get_epoch, value_unsigned, row->epoch)
GETTER(get_sequence, value_unsigned, row->sequence)
GETTER(get_pending, value_unsigned, row->agent->outbox.pending)

static void
get_history_oldest(const void *view, struct value *value)
{
	const struct scalars_view	*row = view;
	uint32_t			 oldest;

	oldest = persistence_oldest(row->agent);
	value_unsigned(value, oldest > row->agent->outbox.sequence ? 0 :
	    oldest);
}

GETTER(get_history_size, value_unsigned, row->agent->current.config->history)
GETTER(get_storm_raised, value_unsigned, row->storm->raised)
GETTER(get_storm_cleared, value_unsigned, row->storm->cleared)
GETTER(get_storm_first, value_unsigned, row->storm->first)
GETTER(get_storm_since, value_time, row->storm->since)
GETTER(get_blind_watches, value_unsigned, row->watcher != NULL ?
    row->watcher->blind_watches : agent_watches_now(row->agent).blind)
GETTER(get_interrupted_watches, value_unsigned,
    agent_watches_now(row->agent).interrupted)
GETTER(get_shelved, value_unsigned, row->agent->shelved)
GETTER(get_unacknowledged, value_unsigned, row->agent->unacknowledged)

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
	{ 20, "hbwBlindWatches", ASN_GAUGE, get_blind_watches },
	{ 21, "hbwInterruptedWatches", ASN_GAUGE, get_interrupted_watches },
	{ 22, "hbwShelvedAlarms", ASN_GAUGE, get_shelved },
	{ 23, "hbwUnacknowledgedAlarms", ASN_GAUGE, get_unacknowledged },
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
row_view(const struct agent *agent, size_t i, union view *view)
{
	(void)i;
	view->scalars = (struct scalars_view){
		agent, agent->outbox.sequence, agent->epoch,
		storm_shown(&agent->storm), NULL,
	};
	return (&view->scalars);
}

const struct table scalars_table = {
	.prefix = { 1, 1 }, .prefix_length = 2, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
