/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

#define GETTER(name, set, expression)	\
	TABLE_GETTER(name, struct watch_view, set, expression)

static int64_t
silence_ns(const struct watch_view *row)
{
	return (!row->config->profile->enabled ? 0 :
	    detect_silence_ns(&row->watch, row->now));
}

/* The alarm is the agent's, so that both tables agree. */
uint32_t
watch_view_interruptions(const struct watch_view *row)
{
	struct detect_watch	 w = {
		.transitions =
		    row->agent->current.alarms[row->position].transitions,
	};

	return (detect_interruptions(&w));
}

/* While no engine updates the row, it is shown as blind. */
enum detect_state
watch_view_state(const struct watch_view *row)
{
	const struct generation	*g = &row->agent->current;
	struct detect_source	 source = { 0 };
	struct detect_watch	 w = row->watch;

	shared_state_configure(g->shared, row->config->profile, &w);
	w.raised = g->alarms[row->position].state == ALARM_RAISED;
	/* A disabled watch has no source. */
	if (w.source < g->shared->ncaptures)
		shared_state_read_source(g->shared, w.source, row->now,
		    &source);
	if (!agent_engine_is_alive(row->agent) ||
	    row->agent->engine_fault != NULL)
		source.blind = true;
	return (detect_state(&w, &source, row->now));
}

/*
 * The row of two active nodes; false while it is not known, because the watch
 * has no such alarm or is disabled or blind.
 */
static bool
read_dual(const struct watch_view *row, struct dual *dual)
{
	const struct shared_state	*shared;
	enum detect_state		 state = watch_view_state(row);
	uint32_t			 position;

	shared = row->agent->current.shared;
	position = alarm_positions_dual(&shared->positions, row->position);
	if (position == ALARM_POSITIONS_NONE || state == DETECT_BLIND ||
	    state == DETECT_DISABLED)
		return (false);
	shared_state_read_dual(shared, position - shared->nwatches, row->now,
	    dual);
	return (true);
}

static unsigned
actives(const struct watch_view *row)
{
	struct dual	 dual;

	return (read_dual(row, &dual) ? dual_actives(&dual, row->now) : 0);
}

/* hbwWatchFloatingIpState: notConfigured(1), or an enum dual_owner. */
static int
floating_ip_state(const struct watch_view *row)
{
	struct dual	 dual;

	if (row->config->profile->floating_ip.family == ADDR_NONE)
		return (1);
	return (read_dual(row, &dual) ? (int)dual_owner(&dual, row->now) :
	    DUAL_OWNER_UNKNOWN);
}

GETTER(get_name, value_text, row->config->name)
GETTER(get_interface, value_text, row->config->profile->interface)
GETTER(get_heartbeat, value_text, row->config->profile->heartbeat)
GETTER(get_peer_type, value_address_type, &row->config->peer)
GETTER(get_peer, value_address, &row->config->peer)
GETTER(get_local_type, value_address_type, &row->config->profile->local)
GETTER(get_local, value_address, &row->config->profile->local)
GETTER(get_interruption, value_milliseconds,
    row->config->profile->interruption_ns)
GETTER(get_recovery, value_unsigned, row->config->profile->recovery)
GETTER(get_state, value_integer, watch_view_state(row))
GETTER(get_last_heartbeat, value_time, row->watch.last_wall)
GETTER(get_silence, value_milliseconds, silence_ns(row))
GETTER(get_heartbeats, value_counter64, row->watch.heartbeats)
GETTER(get_interval, value_milliseconds, detect_interval_ns(&row->watch))
GETTER(get_jitter, value_milliseconds, detect_jitter_ns(&row->watch))
GETTER(get_longest_gap, value_milliseconds, detect_longest_gap_ns(&row->watch))
GETTER(get_interruptions, value_counter32,
    watch_view_interruptions(row))
GETTER(get_peer_text, value_address_text, &row->config->peer)
GETTER(get_peer_host, value_text, row->config->profile->peer_host == NULL ?
    "" : row->config->profile->peer_host)
GETTER(get_actives, value_unsigned, actives(row))
GETTER(get_floating_ip, value_address_text, &row->config->profile->floating_ip)
GETTER(get_floating_ip_state, value_integer, floating_ip_state(row))
GETTER(get_silence_seconds, value_seconds, silence_ns(row))

static const struct column columns[] = {
	{ 2, "hbwWatchName", ASN_OCTET_STR, get_name },
	{ 3, "hbwWatchInterface", ASN_OCTET_STR, get_interface },
	{ 4, "hbwWatchHeartbeat", ASN_OCTET_STR, get_heartbeat },
	{ 5, "hbwWatchPeerType", ASN_INTEGER, get_peer_type },
	{ 6, "hbwWatchPeer", ASN_OCTET_STR, get_peer },
	{ 7, "hbwWatchLocalType", ASN_INTEGER, get_local_type },
	{ 8, "hbwWatchLocal", ASN_OCTET_STR, get_local },
	{ 9, "hbwWatchInterruption", ASN_UNSIGNED, get_interruption },
	{ 10, "hbwWatchRecovery", ASN_UNSIGNED, get_recovery },
	{ 11, "hbwWatchState", ASN_INTEGER, get_state },
	{ 12, "hbwWatchLastHeartbeat", ASN_OCTET_STR, get_last_heartbeat },
	{ 13, "hbwWatchSilence", ASN_GAUGE, get_silence },
	{ 14, "hbwWatchHeartbeats", ASN_COUNTER64, get_heartbeats },
	{ 15, "hbwWatchInterval", ASN_GAUGE, get_interval },
	{ 16, "hbwWatchJitter", ASN_GAUGE, get_jitter },
	{ 17, "hbwWatchLongestGap", ASN_GAUGE, get_longest_gap },
	{ 18, "hbwWatchInterruptions", ASN_COUNTER, get_interruptions },
	{ 19, "hbwWatchPeerText", ASN_OCTET_STR, get_peer_text },
	{ 20, "hbwWatchPeerHost", ASN_OCTET_STR, get_peer_host },
	{ 21, "hbwWatchActives", ASN_GAUGE, get_actives },
	{ 22, "hbwWatchFloatingIp", ASN_OCTET_STR, get_floating_ip },
	{ 23, "hbwWatchFloatingIpState", ASN_INTEGER, get_floating_ip_state },
	{ 24, "hbwWatchSilenceSeconds", ASN_GAUGE, get_silence_seconds },
};

static size_t
rows(const struct agent *agent)
{
	return (agent->current.config->nwatches);
}

static void
row_index(const struct agent *agent, size_t i, oid *index)
{
	index[0] = agent->current.indexes[agent->current.by_index[i]];
}

void
watch_view_set(struct watch_view *row, const struct agent *agent,
    uint32_t position)
{
	const struct generation	*g = &agent->current;

	row->config = g->config->watches[position];
	row->now = agent->now;
	row->agent = agent;
	row->position = position;
	shared_state_read_watch(g->shared, position, row->now, &row->watch);
}

static const void *
row_view(const struct agent *agent, size_t i, union view *view)
{
	watch_view_set(&view->watch, agent, agent->current.by_index[i]);
	return (&view->watch);
}

const struct table watch_table = {
	.prefix = { 1, 3, 1 }, .prefix_length = 3, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
