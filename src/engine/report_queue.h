/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reports that the engine has not sent to its parent yet, in order.  Many
 * events share one datagram, so that an alarm storm needs few system calls.
 */
#ifndef HBW_REPORT_QUEUE_H
#define HBW_REPORT_QUEUE_H

#include <stdbool.h>

#include "base/queue.h"
#include "engine/engine_message.h"

struct report_queue {
	struct queue	 entries;	/* struct report_queue_entry */
	unsigned	 lines;		/* how many of them are log lines */
	unsigned	 dropped;	/* log lines, not reported yet */
	unsigned	 evidence;	/* how many of them are evidence */
	/* Memory for evidence, so that a raise allocates none; owned. */
	struct engine_evidence *evidence_slots;
	unsigned	 next_slot;	/* 0..REPORT_QUEUE_EVIDENCE_MAX - 1 */
};

/*
 * The maximum number of log lines in the queue.  Further lines are dropped and
 * counted; a line with their number is queued when there is room again.
 */
#define REPORT_QUEUE_LINES_MAX	32

/* With memory for a datagram of events.  False when memory is exhausted. */
bool	 report_queue_init(struct report_queue *);
void	 report_queue_free(struct report_queue *);

/*
 * The maximum number of evidences in the queue.  They explain alarms, but the
 * alarms do not depend on them.
 */
#define REPORT_QUEUE_EVIDENCE_MAX	256

/* The form in which an event is sent; `at` is its wall-clock time. */
struct engine_event report_queue_event(const struct detect_event *,
	    struct wall_time at);

/* Append a copy of an event, and of a message.  False: memory is exhausted. */
bool	 report_queue_add_event(struct report_queue *,
	    const struct engine_event *);
bool	 report_queue_add(struct report_queue *, const struct engine_message *);

/* The same for evidence.  False also when too many are in the queue. */
bool	 report_queue_add_evidence(struct report_queue *,
	    const struct engine_evidence *);

/* Appends a log line.  If memory is exhausted, the line counts as dropped. */
void	 report_queue_add_log_line(struct report_queue *, int priority,
	    const char *line);

/* True when the queue is not empty. */
bool	 report_queue_waiting(const struct report_queue *);

/* True each time when there are reports for one more datagram of events. */
bool	 report_queue_has_datagram(const struct report_queue *);

/*
 * Sends as many reports as the socket accepts, without waiting.  False when the
 * parent has closed its end.
 */
bool	 report_queue_flush(struct report_queue *, int socket);

#endif
