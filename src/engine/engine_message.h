/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between the engine (the child process, engine.c) and its parent
 * (engine_process.c).  They are sent over a SOCK_SEQPACKET socket pair, one
 * message in each datagram; only events share a datagram.
 *
 * Both programs are of the same build, so the structures are sent as they are
 * in memory.  The parent validates each datagram with engine_check.h: the
 * engine reads untrusted packets, and an attacker may control it.
 */
#ifndef HBW_ENGINE_MESSAGE_H
#define HBW_ENGINE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"
#include "detect/detect.h"
#include "diagnosis/evidence.h"
#include "engine/shared_state.h"

/* The name of the engine in the log. */
#define ENGINE_NAME	"hbwatchd[engine]"

/* ---- the descriptors with which the engine's program is executed */

enum engine_descriptor {
	ENGINE_PARENT = 3,	/* the socket for the messages below */
	ENGINE_ROWS,		/* see shared_state_attach */
	ENGINE_HANDOVER,	/* see handover_read */
	ENGINE_RINGS,		/* see evidence_rings.h; may be closed */
	ENGINE_DESCRIPTORS_END,
};

/* ---- from the engine to its parent */

enum engine_report_type {
	ENGINE_READY = 1,	/* each capture was opened or has failed */
	ENGINE_EVENT,		/* an alarm was raised or cleared */
	ENGINE_CAPTURE,		/* the state of a capture changed */
	ENGINE_LOG,		/* a log line, which the parent writes */
	ENGINE_STOPPED,		/* ENGINE_STOP was done; the last report */
	ENGINE_EVIDENCE,	/* why a watch is silent, see below */
};

/* The size of a text with its NUL; a longer log line is truncated. */
#define ENGINE_TEXT_SIZE	224

/*
 * A report of any type but the two below.  Each member is valid for the types
 * that its comment names.
 */
struct engine_message {
	uint32_t		 type;		/* enum engine_report_type */
	uint32_t		 capture;	/* CAPTURE: its position */
	uint32_t		 state;		/* CAPTURE: the new state */
	int32_t			 priority;	/* LOG: see syslog(3) */
	/* CAPTURE: the error or ""; LOG: the line. */
	char			 text[ENGINE_TEXT_SIZE];
};

/*
 * A struct detect_event, without the members that the agent computes itself.
 * It has numbers instead of a bool or an enumeration: to read an invalid value
 * of those is undefined behaviour.
 */
struct engine_event {
	struct mono_time	 at;
	struct wall_time	 at_wall;	/* the same by the wall clock */
	struct wall_time	 last_heartbeat;
	uint32_t		 watch;		/* see alarm_positions.h */
	uint32_t		 number;
	uint8_t			 transition;	/* enum detect_transition */
	uint8_t			 received;	/* 0: false, as the next ones */
	uint8_t			 stopping;
	uint8_t			 lossy;
	uint8_t			 link_down;
};

/*
 * The datagram for reports of type ENGINE_EVENT.  With n events it has
 * ENGINE_EVENTS_SIZE(n) bytes.
 */
#define ENGINE_EVENTS		256
struct engine_events {
	uint32_t		 type;		/* ENGINE_EVENT */
	uint32_t		 count;		/* 1..ENGINE_EVENTS */
	struct engine_event	 events[ENGINE_EVENTS];
};
#define ENGINE_EVENTS_SIZE(n)	\
	(offsetof(struct engine_events, events) + \
	(n) * sizeof(struct engine_event))

/*
 * The datagram of type ENGINE_EVIDENCE.  It comes before the raise or the clear
 * of the watch, and again when its signals change, at most once a second.  The
 * signals 12, 13, 19, 20 and 22 are unknown, because the agent adds them; 15 is
 * about the other watches of the same interface.  During a storm there may be
 * none for a raise.  A raise or a clear that follows at once is in the same
 * datagram, so that the parent wakes up once for both.
 */
struct engine_evidence {
	uint32_t		 type;		/* ENGINE_EVIDENCE */
	uint32_t		 watch;
	struct evidence		 evidence;
	uint32_t		 has_event;	/* 0: there is none */
	struct engine_event	 event;		/* the next report */
};

/* ---- from the parent to the engine: a datagram of one uint32_t */

enum engine_order {
	/* Start; another engine ran until now. */
	ENGINE_GO = 1,
	/* Start; no engine ran, so silence counts from the opening only. */
	ENGINE_GO_AFTER_GAP,
	/* Take the waiting packets, send all reports, and exit. */
	ENGINE_STOP,
};

#endif
