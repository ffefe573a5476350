/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports of the engine that its parent has not received yet, in order.  Many
 * events share one datagram, so that an alarm storm costs few system calls.
 */
#ifndef HBW_REPORT_QUEUE_H
#define HBW_REPORT_QUEUE_H

#include <stdbool.h>

#include "base/queue.h"
#include "engine/engine_message.h"

struct report_queue {
	struct queue	 entries;	/* struct report_queue_entry */
	unsigned	 lines;		/* how many of them are log lines */
	unsigned	 dropped;	/* dropped log lines, not reported */
};

/*
 * The most log lines that wait for a parent that does not receive.  Further
 * lines are dropped and counted; a line about them follows as soon as there is
 * room.
 */
#define REPORT_QUEUE_LINES_MAX	32

void	 report_queue_init(struct report_queue *);
void	 report_queue_free(struct report_queue *);

/* Appends a copy of an event.  Without memory it is dropped and logged. */
void	 report_queue_add_event(struct report_queue *,
	    const struct engine_event *);

/* Appends a copy of another report.  False when there is no memory. */
bool	 report_queue_add(struct report_queue *, const struct engine_report *);

/* Appends a log line.  Without memory it counts as dropped. */
void	 report_queue_add_log_line(struct report_queue *, int priority,
	    const char *line);

/* True when some report was not sent yet. */
bool	 report_queue_waiting(const struct report_queue *);

/*
 * Sends as much as the socket takes, without waiting.  False when the parent
 * has closed its end.
 */
bool	 report_queue_flush(struct report_queue *, int socket);

#endif
