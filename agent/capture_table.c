/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

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

/* A row without an engine that updates it is shown as failed. */
static const void *
row_view(const struct agent *agent, size_t i, union view *room)
{
	const struct generation	*g = &agent->current;
	uint32_t		 position = g->captures[i].position;
	struct capture_view	*view = &room->capture;
	const char		*fault = agent->engine_fault;

	shared_state_read_capture(g->shared, position, &view->capture);
	view->index = g->captures[position].ifindex;
	view->restarts = g->captures[position].restarts;
	if (!agent_engine_is_alive(agent) && fault == NULL)
		fault = "the engine does not answer";
	if (fault == NULL || view->capture.state == SHARED_CAPTURE_FAILED)
		return (view);
	view->capture.state = SHARED_CAPTURE_FAILED;
	snprintf(view->capture.error, sizeof(view->capture.error), "%s",
	    fault);
	return (view);
}

const struct table capture_table = {
	.prefix = { 1, 2, 1 }, .prefix_length = 3, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
