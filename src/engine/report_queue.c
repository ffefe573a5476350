/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <syslog.h>

#include "base/log.h"
#include "engine/report_queue.h"

/* An event, or a place holder for the first report of `others`. */
struct report_queue_entry {
	bool			 other;
	struct engine_event	 event;
};

void
report_queue_init(struct report_queue *q)
{
	*q = (struct report_queue){ 0 };
	queue_init(&q->order, sizeof(struct report_queue_entry));
	queue_init(&q->others, sizeof(struct engine_report));
}

void
report_queue_free(struct report_queue *q)
{
	queue_free(&q->order);
	queue_free(&q->others);
}

void
report_queue_add_event(struct report_queue *q, const struct engine_event *event)
{
	struct report_queue_entry	 entry = { .event = *event };

	if (!queue_push(&q->order, &entry))
		log_errx("out of memory: an alarm event was lost");
}

static bool
add_other(struct report_queue *q, const struct engine_report *report)
{
	struct report_queue_entry	 entry = { .other = true };

	if (!queue_push(&q->others, report))
		return (false);
	if (queue_push(&q->order, &entry))
		return (true);
	queue_drop_last(&q->others);
	return (false);
}

void
report_queue_add(struct report_queue *q, const struct engine_report *report)
{
	if (!add_other(q, report))
		log_errx("out of memory: a report was lost");
}

static bool
add_log_line(struct report_queue *q, int priority, const char *line)
{
	struct engine_report	 report = {
		.type = ENGINE_LOG, .priority = priority,
	};

	snprintf(report.text, sizeof(report.text), "%s", line);
	if (q->lines >= REPORT_QUEUE_LINES_MAX || !add_other(q, &report))
		return (false);
	q->lines++;
	return (true);
}

void
report_queue_add_log_line(struct report_queue *q, int priority,
    const char *line)
{
	char	 lost[64];

	snprintf(lost, sizeof(lost), "%u log lines were lost", q->lost);
	if (q->lost > 0 && add_log_line(q, LOG_WARNING, lost))
		q->lost = 0;
	if (!add_log_line(q, priority, line))
		q->lost++;
}

bool
report_queue_waiting(const struct report_queue *q)
{
	return (queue_at(&q->order, 0) != NULL);
}

/* Copies the events up to the next report of another type. */
static void
gather_events(const struct report_queue *q, struct engine_events *events)
{
	const struct report_queue_entry	*entry;

	events->type = ENGINE_EVENT;
	for (events->count = 0; events->count < ENGINE_EVENTS;
	    events->count++) {
		entry = queue_at(&q->order, events->count);
		if (entry == NULL || entry->other)
			break;
		events->events[events->count] = entry->event;
	}
}

static bool
send_datagram(int socket, const void *datagram, size_t length)
{
	return (send(socket, datagram, length,
	    MSG_DONTWAIT | MSG_NOSIGNAL) >= 0);
}

static bool
send_first(struct report_queue *q, int socket)
{
	const struct report_queue_entry	*first = queue_at(&q->order, 0);
	const struct engine_report	*report = queue_at(&q->others, 0);
	struct engine_events		 events;

	if (first->other) {
		if (!send_datagram(socket, report, sizeof(*report)))
			return (false);
		q->lines -= report->type == ENGINE_LOG;
		queue_shift(&q->others);
		queue_shift(&q->order);
		return (true);
	}
	gather_events(q, &events);
	if (!send_datagram(socket, &events, ENGINE_EVENTS_SIZE(events.count)))
		return (false);
	while (events.count-- > 0)
		queue_shift(&q->order);
	return (true);
}

bool
report_queue_flush(struct report_queue *q, int socket)
{
	while (report_queue_waiting(q))
		if (!send_first(q, socket))
			return (errno != EPIPE && errno != ECONNRESET);
	return (true);
}
