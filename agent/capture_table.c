/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "table.h"

#define GETTER(name, set, expression)	\
	TABLE_GETTER(name, struct capture_view, set, expression)

/*
 * Returns 0 if the interface may not exist: the kernel may give the ifIndex of
 * a removed interface to another one.  The pseudo-device `any` has none.
 */
static uint32_t
ifindex(const struct shared_capture *c)
{
	if (c->state == SHARED_CAPTURE_FAILED ||
	    strcmp(c->interface, "any") == 0)
		return (0);
	return (c->ifindex);
}

GETTER(get_interface, value_text, row->capture.interface)
GETTER(get_state, value_integer, row->capture.state)
GETTER(get_packets, value_counter64, row->capture.packets)
GETTER(get_heartbeats, value_counter64, row->capture.heartbeats)
GETTER(get_dropped, value_counter64, row->capture.dropped)
GETTER(get_restarts, value_counter32, row->restarts)
GETTER(get_error, value_text, row->capture.error)
GETTER(get_ifindex, value_unsigned, ifindex(&row->capture))
GETTER(get_duplicates, value_counter64, row->capture.duplicates)

static const struct column columns[] = {
	{ 2, "hbwCaptureInterface", ASN_OCTET_STR, get_interface },
	{ 3, "hbwCaptureState", ASN_INTEGER, get_state },
	{ 4, "hbwCapturePackets", ASN_COUNTER64, get_packets },
	{ 5, "hbwCaptureHeartbeats", ASN_COUNTER64, get_heartbeats },
	{ 6, "hbwCaptureDropped", ASN_COUNTER64, get_dropped },
	{ 7, "hbwCaptureRestarts", ASN_COUNTER, get_restarts },
	{ 8, "hbwCaptureError", ASN_OCTET_STR, get_error },
	{ 9, "hbwCaptureIfIndex", ASN_UNSIGNED, get_ifindex },
	{ 10, "hbwCaptureDuplicates", ASN_COUNTER64, get_duplicates },
};

static size_t
rows(const struct agent *agent)
{
	return (agent->current.shared->ncaptures);
}

static void
row_index(const struct agent *agent, size_t i, oid *index)
{
	const struct generation_capture	*captures = agent->current.captures;

	index[0] = captures[captures[i].position].index;
}

/* While no engine captures, the row is shown as failed. */
void
capture_view_set(struct capture_view *row, const struct agent *agent,
    uint32_t position)
{
	const struct generation	*g = &agent->current;
	const char		*fault = agent->engine_fault;

	shared_state_read_capture(g->shared, position, agent->now,
	    &row->capture);
	row->restarts = g->captures[position].restarts;
	if (fault == NULL && !row->capture.listening &&
	    row->capture.state == SHARED_CAPTURE_RUNNING)
		fault = "the engine has not opened the capture yet";
	else if (fault == NULL && !agent_engine_is_alive(agent))
		fault = "the engine does not answer";
	if (fault == NULL || row->capture.state == SHARED_CAPTURE_FAILED)
		return;
	row->capture.state = SHARED_CAPTURE_FAILED;
	snprintf(row->capture.error, sizeof(row->capture.error), "%s",
	    fault);
}

static const void *
row_view(const struct agent *agent, size_t i, union view *view)
{
	capture_view_set(&view->capture, agent,
	    agent->current.captures[i].position);
	return (&view->capture);
}

const struct table capture_table = {
	.prefix = { 1, 2, 1 }, .prefix_length = 3, .indexes = 1,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
