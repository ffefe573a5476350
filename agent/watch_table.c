/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

static const struct configuration_profile *
config_of(const void *view)
{
	return (((const struct watch_view *)view)->config->profile);
}

static const struct detect_watch *
watch_of(const void *view)
{
	return (&((const struct watch_view *)view)->watch);
}

static const struct configuration_watch *
named_of(const void *view)
{
	return (((const struct watch_view *)view)->config);
}

static void
get_name(const void *view, struct value *v)
{
	value_text(v, named_of(view)->name);
}

static void
get_interface(const void *view, struct value *v)
{
	value_text(v, config_of(view)->interface);
}

static void
get_heartbeat(const void *view, struct value *v)
{
	value_text(v, config_of(view)->heartbeat);
}

static void
get_peer_type(const void *view, struct value *v)
{
	value_address_type(v, &named_of(view)->peer);
}

static void
get_peer(const void *view, struct value *v)
{
	value_address(v, &named_of(view)->peer);
}

static void
get_local_type(const void *view, struct value *v)
{
	value_address_type(v, &config_of(view)->local);
}

static void
get_local(const void *view, struct value *v)
{
	value_address(v, &config_of(view)->local);
}

static void
get_interruption(const void *view, struct value *v)
{
	value_milliseconds(v, config_of(view)->interruption_ns);
}

static void
get_recovery(const void *view, struct value *v)
{
	value_unsigned(v, config_of(view)->recovery);
}

static void
get_state(const void *view, struct value *v)
{
	value_integer(v, detect_state(watch_of(view),
	    &((const struct watch_view *)view)->source,
	    ((const struct watch_view *)view)->now));
}

static void
get_last_heartbeat(const void *view, struct value *v)
{
	value_time(v, watch_of(view)->last_wall);
}

static void
get_silence(const void *view, struct value *v)
{
	value_milliseconds(v, !config_of(view)->enabled ? 0 :
	    detect_silence_ns(watch_of(view),
	    ((const struct watch_view *)view)->now));
}

static void
get_heartbeats(const void *view, struct value *v)
{
	value_counter64(v, watch_of(view)->heartbeats);
}

static void
get_interval(const void *view, struct value *v)
{
	value_milliseconds(v, detect_interval_ns(watch_of(view)));
}

static void
get_jitter(const void *view, struct value *v)
{
	value_milliseconds(v, detect_jitter_ns(watch_of(view)));
}

static void
get_longest_gap(const void *view, struct value *v)
{
	value_milliseconds(v, detect_longest_gap_ns(watch_of(view)));
}

static void
get_interruptions(const void *view, struct value *v)
{
	value_counter32(v, detect_interruptions(watch_of(view)));
}

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

/* A row without an engine that updates it is shown as blind. */
static const void *
row_view(const struct agent *agent, size_t i, union view *room)
{
	const struct generation		*g = &agent->current;
	uint32_t			 position = g->by_index[i], source;
	struct watch_view		*view = &room->watch;

	view->config = g->config->watches[position];
	view->now = agent->now;
	detect_watch_read(&g->shared->watches[position], &view->watch);
	/* A disabled watch has none; and an engine may write anything. */
	source = view->watch.source;
	view->source = source < g->shared->ncaptures ?
	    g->shared->captures[source].source : (struct detect_source){ 0 };
	if (!agent_engine_is_alive(agent) || agent->engine_fault != NULL)
		view->source.blind = true;
	return (view);
}

const struct table watch_table = {
	.prefix = { 1, 3, 1 }, .prefix_length = 3, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
