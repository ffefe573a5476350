/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an engine has to tell its parent, until the parent takes it: in order,
 * and many events in one datagram, so that a storm costs few system calls.
 */
#ifndef HBW_REPORTS_H
#define HBW_REPORTS_H

#include <stdbool.h>

#include "engine.h"
#include "queue.h"

struct reports {
	struct queue	 order;		/* struct reports_entry: all of them */
	struct queue	 others;	/* struct engine_report: no events */
	unsigned	 lines;		/* of the log, among them */
};

/* Lines of the log that wait for a parent which does not take them. */
#define REPORTS_LINES_MOST	32

/* False when there is no memory. */
bool	 reports_init(struct reports *);
void	 reports_free(struct reports *);

/* Both log it when there is no memory, and then it is lost. */
void	 reports_event(struct reports *, const struct engine_event *);
void	 reports_add(struct reports *, const struct engine_report *);

/* A line of the log; false when it is lost, for whatever reason. */
bool	 reports_line(struct reports *, int priority, const char *line);

bool	 reports_waiting(const struct reports *);

/* Sends what the socket takes, never waits.  False when nobody is there. */
bool	 reports_flush(struct reports *, int socket);

#endif
