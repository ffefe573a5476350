/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

static const struct shared_capture *
capture_of(const void *view)
{
	return (&((const struct capture_view *)view)->capture);
}

static void
get_interface(const void *view, struct value *v)
{
	value_text(v, capture_of(view)->interface);
}

static void
get_state(const void *view, struct value *v)
{
	value_integer(v, capture_of(view)->state);
}

static void
get_packets(const void *view, struct value *v)
{
	value_counter64(v, capture_of(view)->packets);
}

static void
get_heartbeats(const void *view, struct value *v)
{
	value_counter64(v, capture_of(view)->heartbeats);
}

static void
get_dropped(const void *view, struct value *v)
{
	value_counter64(v, capture_of(view)->dropped);
}

static void
get_restarts(const void *view, struct value *v)
{
	value_counter32(v, ((const struct capture_view *)view)->restarts);
}

static void
get_error(const void *view, struct value *v)
{
	value_text(v, capture_of(view)->error);
}

static const struct column columns[] = {
	{ 2, "hbwCaptureInterface", ASN_OCTET_STR, get_interface },
	{ 3, "hbwCaptureState", ASN_INTEGER, get_state },
	{ 4, "hbwCapturePackets", ASN_COUNTER64, get_packets },
	{ 5, "hbwCaptureHeartbeats", ASN_COUNTER64, get_heartbeats },
	{ 6, "hbwCaptureDropped", ASN_COUNTER64, get_dropped },
	{ 7, "hbwCaptureRestarts", ASN_COUNTER, get_restarts },
	{ 8, "hbwCaptureError", ASN_OCTET_STR, get_error },
};

static size_t
rows(const struct agent *agent)
{
	return (agent->current.shared->ncaptures);
}

static void
row_index(const struct agent *agent, size_t i, oid *index)
{
	index[0] = agent->current.captures[agent->current.captures[i].position].ifindex;
}

static const void *
row_view(const struct agent *agent, size_t i, union view *room)
{
	agent_view_capture(agent, agent->current.captures[i].position, &room->capture);
	return (&room->capture);
}

const struct table capture_table = {
	.prefix = { 1, 2, 1 }, .prefix_length = 3, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
