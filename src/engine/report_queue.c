/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "engine/report_queue.h"

struct report_queue_entry {
	/* Owned; NULL: it is of another type. */
	struct engine_message	*message;
	/* In evidence_slots; NULL: it is of another type. */
	struct engine_evidence	*evidence;
	struct engine_event	 event;
};

bool
report_queue_init(struct report_queue *q)
{
	*q = (struct report_queue){ 0 };
	queue_init(&q->entries, sizeof(struct report_queue_entry));
	q->evidence_slots = calloc(REPORT_QUEUE_EVIDENCE_MAX,
	    sizeof(*q->evidence_slots));
	return (q->evidence_slots != NULL && queue_reserve(&q->entries,
	    ENGINE_EVENTS + REPORT_QUEUE_LINES_MAX +
	    REPORT_QUEUE_EVIDENCE_MAX));
}

static void
drop_first(struct report_queue *q)
{
	const struct report_queue_entry	*first = queue_at(&q->entries, 0);

	free(first->message);
	queue_shift(&q->entries);
}

void
report_queue_free(struct report_queue *q)
{
	while (report_queue_waiting(q))
		drop_first(q);
	queue_free(&q->entries);
	free(q->evidence_slots);
}

struct engine_event
report_queue_event(const struct detect_event *event, struct wall_time at)
{
	return ((struct engine_event){
		.at = event->at, .at_wall = at,
		.last_heartbeat = event->last_heartbeat,
		.watch = event->watch, .number = event->number,
		.transition = (uint8_t)event->transition,
		.received = event->received, .stopping = event->stopping,
		.lossy = event->lossy, .link_down = event->link_down,
	});
}

bool
report_queue_add_event(struct report_queue *q, const struct engine_event *event)
{
	struct report_queue_entry	 entry = { .event = *event };

	return (queue_push(&q->entries, &entry));
}

bool
report_queue_add(struct report_queue *q, const struct engine_message *message)
{
	struct report_queue_entry	 entry = {
		.message = malloc(sizeof(*message)),
	};

	if (entry.message == NULL)
		return (false);
	*entry.message = *message;
	if (queue_push(&q->entries, &entry))
		return (true);
	free(entry.message);
	return (false);
}

bool
report_queue_add_evidence(struct report_queue *q,
    const struct engine_evidence *evidence)
{
	struct report_queue_entry	 entry = { .message = NULL };

	if (q->evidence >= REPORT_QUEUE_EVIDENCE_MAX)
		return (false);
	/* Memory that was used a moment ago is in the cache. */
	if (q->evidence == 0)
		q->next_slot = 0;
	/* The entries leave the queue in the order in which they entered. */
	entry.evidence = &q->evidence_slots[q->next_slot];
	*entry.evidence = *evidence;
	if (!queue_push(&q->entries, &entry))
		return (false);
	q->next_slot = (q->next_slot + 1) % REPORT_QUEUE_EVIDENCE_MAX;
	q->evidence++;
	return (true);
}

static bool
add_log_line(struct report_queue *q, int priority, const char *line)
{
	struct engine_message	 message = {
		.type = ENGINE_LOG, .priority = priority,
	};

	snprintf(message.text, sizeof(message.text), "%s", line);
	if (q->lines >= REPORT_QUEUE_LINES_MAX ||
	    !report_queue_add(q, &message))
		return (false);
	q->lines++;
	return (true);
}

void
report_queue_add_log_line(struct report_queue *q, int priority,
    const char *line)
{
	char	 text[64];

	snprintf(text, sizeof(text), "%u log lines were dropped", q->dropped);
	if (q->dropped > 0 && add_log_line(q, LOG_WARNING, text))
		q->dropped = 0;
	if (!add_log_line(q, priority, line))
		q->dropped++;
}

bool
report_queue_waiting(const struct report_queue *q)
{
	return (queue_at(&q->entries, 0) != NULL);
}

/* Copies the events up to the next report of another type. */
static void
gather_events(const struct report_queue *q, struct engine_events *events)
{
	const struct report_queue_entry	*entry;

	events->type = ENGINE_EVENT;
	for (events->count = 0; events->count < ENGINE_EVENTS;
	    events->count++) {
		entry = queue_at(&q->entries, events->count);
		if (entry == NULL || entry->message != NULL ||
		    entry->evidence != NULL)
			break;
		events->events[events->count] = entry->event;
	}
}

/* Adds the event that follows evidence, and returns the number of reports. */
static size_t
add_following(const struct report_queue *q, struct engine_evidence *e)
{
	const struct report_queue_entry	*next = queue_at(&q->entries, 1);

	e->has_event = next != NULL && next->message == NULL &&
	    next->evidence == NULL && next->event.watch == e->watch;
	if (e->has_event)
		e->event = next->event;
	return (e->has_event ? 2 : 1);
}

static bool
send_first(struct report_queue *q, int socket)
{
	const struct report_queue_entry	*first = queue_at(&q->entries, 0);
	const struct engine_message	*message = first->message;
	const void			*datagram = message;
	struct engine_events		 events;
	size_t				 length = sizeof(*message), n = 1;

	if (first->evidence != NULL) {
		datagram = first->evidence;
		length = sizeof(*first->evidence);
		n = add_following(q, first->evidence);
	} else if (message == NULL) {
		gather_events(q, &events);
		datagram = &events;
		length = ENGINE_EVENTS_SIZE(events.count);
		n = events.count;
	}
	if (send(socket, datagram, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return (false);
	q->evidence -= first->evidence != NULL;
	q->lines -= message != NULL && message->type == ENGINE_LOG;
	for (; n > 0; n--)
		drop_first(q);
	return (true);
}

bool
report_queue_has_datagram(const struct report_queue *q)
{
	return (q->entries.count > 0 && q->entries.count % ENGINE_EVENTS == 0);
}

bool
report_queue_flush(struct report_queue *q, int socket)
{
	while (report_queue_waiting(q))
		if (!send_first(q, socket))
			return (errno != EPIPE && errno != ECONNRESET);
	return (true);
}
