/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine: the process that captures, decodes, matches and detects.  It
 * waits for nobody, and after its start it can do nothing else.
 *
 * Its parent starts one, waits for ENGINE_READY, ends the one before it, and
 * lets the new one go: packets queue in the new one's rings from before the old
 * one takes its last, so none is missed.
 */
#ifndef HBW_ENGINE_PROCESS_H
#define HBW_ENGINE_PROCESS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"
#include "config/configuration.h"
#include "detect/detect.h"
#include "engine/shared_state.h"

enum engine_report_type {
	ENGINE_READY = 1,	/* its captures are open, or failed */
	ENGINE_EVENT,		/* a watch was raised or cleared */
	ENGINE_CAPTURE,		/* a capture's state changed */
	ENGINE_LOG,		/* a line for the log; it has none itself */
};

/* A line of the log that is longer is cut. */
#define ENGINE_TEXT_SIZE	224

/* What the engine tells its parent: a datagram each, but for events. */
struct engine_report {
	uint32_t		 type;
	struct detect_event	 event;		/* ENGINE_EVENT */
	struct wall_time	 at;		/* the same as event.at */
	uint32_t		 capture;	/* ENGINE_CAPTURE: position */
	uint32_t		 state;		/* enum shared_capture_state */
	uint32_t		 before;	/* the state until now */
	int32_t			 priority;	/* ENGINE_LOG: syslog(3)'s */
	union {
		char		 error[SHARED_ERROR_SIZE]; /* ENGINE_CAPTURE */
		char		 text[ENGINE_TEXT_SIZE]; /* ENGINE_LOG */
	};
};

/* Events go many at a time: a datagram is the first `count` of them. */
#define ENGINE_EVENTS		256
struct engine_event {
	struct detect_event	 event;
	struct wall_time	 at;		/* the same as event.at */
};
struct engine_events {
	uint32_t		 type;		/* ENGINE_EVENT */
	uint32_t		 count;		/* from 1 */
	struct engine_event	 events[ENGINE_EVENTS];
};
#define ENGINE_EVENTS_SIZE(n)	\
	(offsetof(struct engine_events, events) + \
	(n) * sizeof(struct engine_event))

enum engine_order {
	ENGINE_GO = 1,		/* an engine saw to the rows until now */
	ENGINE_GO_AFTER_GAP,	/* nobody did: count silence from the start */
	ENGINE_STOP,		/* take what is there, report it, and end */
};

/* The last datagram, as far as it is not taken yet. */
struct engine_inbox {
	union {
		uint32_t		 type;
		struct engine_report	 report;
		struct engine_events	 events;
	};
	uint32_t	 taken;		/* of the events */
	uint32_t	 count;
};

/* The parent's view of an engine. */
struct engine_process {
	pid_t			 pid;
	int			 socket;	/* -1: none */
	struct engine_inbox	*inbox;		/* owned, with the socket */
};

/*
 * Starts an engine, a child process.  False on error (errno).  The parent keeps
 * the configuration and the rows for as long as the engine lives.
 */
bool	 engine_start(struct engine_process *, const struct configuration *,
	    struct shared_state *);
/* False when the engine is gone. */
bool	 engine_order(const struct engine_process *, enum engine_order);
/* 1: a report; 0: none is waiting; -1: the engine has ended. */
int	 engine_receive(const struct engine_process *, struct engine_report *);
/*
 * Has engine_receive a report that came along with the one before?  The socket
 * does not show it.
 */
bool	 engine_has_buffered(const struct engine_process *);
/* Gives an ENGINE_LOG to the log. */
void	 engine_log(const struct engine_report *);
/* Ends an engine that has not ended by itself, and forgets it. */
void	 engine_reap(struct engine_process *);

#endif
