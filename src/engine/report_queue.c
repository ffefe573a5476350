/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "base/log.h"
#include "engine/report_queue.h"

/* An event, or the place of the first of `others`. */
struct report_queue_entry {
	bool			 other;
	struct engine_event	 event;
};

bool
report_queue_init(struct report_queue *r)
{
	if (!queue_init(&r->order, sizeof(struct report_queue_entry)))
		return (false);
	if (queue_init(&r->others, sizeof(struct engine_report)))
		return (true);
	queue_free(&r->order);
	return (false);
}

void
report_queue_free(struct report_queue *r)
{
	queue_free(&r->order);
	queue_free(&r->others);
}

void
report_queue_add_event(struct report_queue *r, const struct engine_event *event)
{
	struct report_queue_entry	 entry = { .event = *event };

	if (!queue_push(&r->order, &entry))
		log_warnx("out of memory: a report is lost");
}

static bool
add_other(struct report_queue *r, const struct engine_report *report)
{
	struct report_queue_entry	 entry = { .other = true };

	if (!queue_push(&r->others, report))
		return (false);
	if (queue_push(&r->order, &entry))
		return (true);
	queue_drop_last(&r->others);
	return (false);
}

void
report_queue_add(struct report_queue *r, const struct engine_report *report)
{
	if (!add_other(r, report))
		log_warnx("out of memory: a report is lost");
}

bool
report_queue_add_log_line(struct report_queue *r, int priority, const char *line)
{
	struct engine_report	 report = {
		.type = ENGINE_LOG, .priority = priority,
	};

	snprintf(report.text, sizeof(report.text), "%s", line);
	if (r->lines >= REPORT_QUEUE_LINES_MAX || !add_other(r, &report))
		return (false);
	r->lines++;
	return (true);
}

bool
report_queue_waiting(const struct report_queue *r)
{
	return (queue_first(&r->order) != NULL);
}

/* Gathers the events up to the next report of another kind. */
static void
gather(const struct report_queue *r, struct engine_events *events)
{
	const struct report_queue_entry	*entry;

	events->type = ENGINE_EVENT;
	for (events->count = 0; events->count < ENGINE_EVENTS;
	    events->count++) {
		entry = queue_at(&r->order, events->count);
		if (entry == NULL || entry->other)
			break;
		events->events[events->count] = entry->event;
	}
}

static bool
send_first(struct report_queue *r, int socket)
{
	const struct report_queue_entry	*first = queue_first(&r->order);
	const void			*datagram;
	struct engine_events		 events = { .count = 1 };
	size_t				 length;

	if (first->other) {
		datagram = queue_first(&r->others);
		length = sizeof(struct engine_report);
	} else {
		gather(r, &events);
		datagram = &events;
		length = ENGINE_EVENTS_SIZE(events.count);
	}
	if (send(socket, datagram, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return (false);
	if (first->other) {
		r->lines -= ((const struct engine_report *)datagram)->type ==
		    ENGINE_LOG;
		queue_shift(&r->others);
	}
	for (; events.count > 0; events.count--)
		queue_shift(&r->order);
	return (true);
}

bool
report_queue_flush(struct report_queue *r, int socket)
{
	while (report_queue_waiting(r))
		if (!send_first(r, socket))
			return (errno != EPIPE && errno != ECONNRESET);
	return (true);
}
