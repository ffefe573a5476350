/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's side of the engine, which is a child process that captures,
 * decodes, matches and detects.
 *
 * To replace an engine, the parent starts a new one, waits for ENGINE_READY,
 * stops the old one, and sends ENGINE_GO to the new one.  The captures of the
 * new engine are open before the old engine drains its own for the last time,
 * so no packet is lost.
 */
#ifndef HBW_ENGINE_PROCESS_H
#define HBW_ENGINE_PROCESS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "config/configuration.h"
#include "engine/engine_check.h"
#include "engine/engine_message.h"
#include "engine/shared_state.h"

struct engine_process {
	pid_t		 pid;
	int		 socket;	/* -1: there is no engine */

	/* The last datagram, and which of its events is received next. */
	union engine_datagram datagram;
	uint32_t	 next;		/* its position */
	uint32_t	 count;		/* the number of events */
	bool		 event_follows;	/* the one of the evidence */
};

/*
 * Starts an engine, after engine_program_open.  The caller keeps the shared
 * state until engine_end.  False on error (errno); then there is no engine.
 */
bool	 engine_start(struct engine_process *, const struct configuration *,
	    const struct shared_state *);

/* Sends an order, without waiting.  False when the engine has ended. */
bool	 engine_order(const struct engine_process *, enum engine_order);

/*
 * A report.  The pointer for its type is valid until the next call of
 * engine_receive; the other ones are NULL.  The contents are not checked: use
 * the functions of engine_check.h.
 */
struct engine_report {
	enum engine_report_type		 type;
	const struct engine_event	*event;		/* ENGINE_EVENT */
	struct engine_evidence		*evidence;	/* ENGINE_EVIDENCE */
	struct engine_message		*message;	/* other types */
};

enum engine_received {
	ENGINE_NOTHING,		/* there is no report now */
	ENGINE_REPORT,
	ENGINE_ENDED,
	ENGINE_INVALID,		/* an invalid datagram; it must be ended */
};

/* Receives one report, without waiting. */
enum engine_received engine_receive(struct engine_process *,
	    struct engine_report *);

/*
 * True when engine_receive has more reports of the last datagram, for which
 * poll(2) does not return.
 */
bool	 engine_has_buffered(const struct engine_process *);

/* Logs a message of type ENGINE_LOG, in the name of the engine. */
void	 engine_log(struct engine_message *);

/*
 * Closes the socket and kills the engine, so that it writes no more rows.  Does
 * nothing when there is no engine.  It does not wait until the process has
 * ended, because the kernel closes many captures in more than a second:
 * engine_collect does that.
 */
void	 engine_end(struct engine_process *);

/*
 * Collects the exit statuses of processes that engine_end has killed, and logs
 * those of failures, at a limited rate.  With `wait` it waits until all have
 * ended.
 */
void	 engine_collect(bool wait);
/* True while a process that engine_end has killed has not been collected. */
bool	 engine_is_ending(void);

#endif
