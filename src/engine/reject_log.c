/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "engine/reject_log.h"

/* The size of "SOURCE (MAC)". */
#define SENDER_SIZE	(ADDR_TEXT_SIZE + MAC_TEXT_SIZE + 8)

static bool
is_due(const struct reject_log_entry *e, struct mono_time now)
{
	return (e->count == 0 ||
	    mono_sub(now, e->logged) >= REJECT_LOG_INTERVAL_NS);
}

/*
 * The entry of the watch and fault.  A new one replaces one that has expired.
 * NULL when there is no room.
 */
static struct reject_log_entry *
find_entry(struct reject_log *log, const struct match_rejection *r,
    struct mono_time now)
{
	struct reject_log_entry	*e, *expired = NULL;

	for (e = log->entries; e < log->entries + log->n; e++) {
		if (e->watch == r->watch && e->fault == r->fault)
			return (e);
		if (is_due(e, now))
			expired = e;
	}
	if (log->n < REJECT_LOG_ENTRIES)
		expired = &log->entries[log->n++];
	if (expired != NULL)
		*expired = (struct reject_log_entry){
			.watch = r->watch, .fault = r->fault,
		};
	return (expired);
}

static const char *
sender_text(const struct packet *packet, char *text)
{
	char	 source[ADDR_TEXT_SIZE], mac[MAC_TEXT_SIZE];

	snprintf(text, SENDER_SIZE, "%s%s%s%s",
	    addr_text(&packet->source, source),
	    packet->mac != NULL ? " (" : "",
	    packet->mac != NULL ? mac_text(packet->mac, mac) : "",
	    packet->mac != NULL ? ")" : "");
	return (text);
}

void
reject_log_add(struct reject_log *log, const struct configuration *config,
    const struct match_rejection *r, struct mono_time now)
{
	struct reject_log_entry	*e = find_entry(log, r, now);
	char			 sender[SENDER_SIZE], since[48] = "";

	if (e == NULL)
		return;
	if (!is_due(e, now)) {
		e->count++;
		return;
	}
	if (e->count > 1)
		snprintf(since, sizeof(since), "; %" PRIu64 " since the last "
		    "message", e->count);
	log_warnx("watch \"%s\": a packet from %s does not count: %s%s",
	    config->watches[r->watch]->name, sender_text(r->packet, sender),
	    packet_fault_text(r->fault), since);
	e->count = 1;
	e->logged = now;
}
