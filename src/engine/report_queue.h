/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an engine has to tell its parent, until the parent takes it: in order,
 * and many events in one datagram, so that a storm costs few system calls.
 */
#ifndef HBW_REPORT_QUEUE_H
#define HBW_REPORT_QUEUE_H

#include <stdbool.h>

#include "base/queue.h"
#include "engine/engine_process.h"

struct report_queue {
	struct queue	 order;		/* struct report_queue_entry: all of them */
	struct queue	 others;	/* struct engine_report: no events */
	unsigned	 lines;		/* of the log, among them */
};

/* Lines of the log that wait for a parent which does not take them. */
#define REPORT_QUEUE_LINES_MAX	32

/* False when there is no memory. */
bool	 report_queue_init(struct report_queue *);
void	 report_queue_free(struct report_queue *);

/* Both log it when there is no memory, and then it is lost. */
void	 report_queue_add_event(struct report_queue *, const struct engine_event *);
void	 report_queue_add(struct report_queue *, const struct engine_report *);

/* A line of the log; false when it is lost, for whatever reason. */
bool	 report_queue_add_log_line(struct report_queue *, int priority, const char *line);

bool	 report_queue_waiting(const struct report_queue *);

/* Sends what the socket takes, never waits.  False when nobody is there. */
bool	 report_queue_flush(struct report_queue *, int socket);

#endif
