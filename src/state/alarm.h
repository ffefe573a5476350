/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The alarm of a watch: whether it is active, since when and why.  Its id, name
 * and severity are in the watch's configuration.  A watch can have a second
 * alarm, which is active while two nodes are active.
 */
#ifndef HBW_ALARM_H
#define HBW_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wall.h"
#include "config/configuration.h"
#include "detect/detect.h"
#include "diagnosis/cause.h"
#include "diagnosis/verdict.h"
#include "state/operator_action.h"

/* The numbers are hbwAlarmState's. */
enum alarm_state {
	ALARM_CLEARED = 1,
	ALARM_RAISED = 2,
};

/* Whether it was cleared.  The numbers are hbwAlarmClearType's. */
enum alarm_clear_type {
	ALARM_NOT_CLEARED = 1,		/* or never raised */
	ALARM_CLEARED_AUTOMATICALLY = 2,	/* by heartbeats */
	ALARM_CLEARED_BY_CONFIGURATION = 3,
};

/* Why it was cleared.  The numbers are in the state file. */
enum alarm_end {
	ALARM_END_HEARTBEAT = 0,
	ALARM_END_REMOVED = 1,		/* the watch was removed */
	ALARM_END_DISABLED = 2,		/* the watch was disabled */
	ALARM_END_REKEYED = 3,		/* its key changed */
	ALARM_END_NO_ALARM = 4,		/* its watch has none any more */
};

/*
 * Details of the last raise, except for the bits of ALARM_KEPT, which a raise
 * does not change.  The bits are in the state file.
 */
#define ALARM_RECEIVED		0x01	/* a heartbeat was received before */
#define ALARM_STOPPING		0x02	/* the peer announced its stop */
#define ALARM_LINK_DOWN		0x04	/* our interface is down */
#define ALARM_LOSSY		0x08	/* the capture lost packets */
#define ALARM_SUMMARISED	0x10	/* by a storm notification */
#define ALARM_DUAL		0x20	/* it is that of two active nodes */
#define ALARM_CHATTERING	0x40	/* it is raised again and again */
#define ALARM_CHATTERING_SENT	0x80	/* receivers have chattering(6) and
					   not calm(7) after it */
#define ALARM_KEPT		(ALARM_CHATTERING | ALARM_CHATTERING_SENT)
#define ALARM_FLAGS		0xff

/* SnmpAdminString holds 255 octets (RFC 3411, section 5). */
#define ALARM_DETAIL_SIZE	256
#define ALARM_KEY_SIZE		256
/* The key, whose parts it has, is at most 255 octets; and its names. */
#define ALARM_LOCATION_SIZE	320

/*
 * Before the first raise only `flags`, `transitions` and `operator` can differ
 * from zero, so that an alarm that was never raised needs no physical memory.
 */
struct alarm {
	struct wall_time	 raised;
	struct wall_time	 cleared;
	struct wall_time	 last_heartbeat;	/* at the last change */
	int64_t			 span_ns;	/* RAISED: silence before it;
						   CLEARED: active time */
	uint32_t		 serial;	/* of the last raise; 0: none */
	uint32_t		 sequence;	/* last notification; 0: none */
	uint32_t		 count;		/* raises */
	uint32_t		 transitions;	/* number of the last event */
	/* The serial of the raise that is active for receivers; 0: none. */
	uint32_t		 notified;
	uint8_t			 state;		/* see alarm_state */
	uint8_t			 cause;		/* see alarm_cause */
	uint8_t			 end;		/* enum alarm_end */
	uint8_t			 flags;		/* ALARM_… */
	/* With `cause`, the verdict; see struct verdict. */
	uint8_t			 side;		/* see alarm_side */
	uint8_t			 confidence;	/* percent */
	uint8_t			 number;	/* of `decided`; 0: none */
	struct evidence_signal	 decided;
	uint64_t		 verdict_change;	/* see struct agent */
	/* The last action of an operator, a reference; NULL: none. */
	struct operator_action	*operator;
};

/* Also of an alarm that was never raised. */
enum alarm_state alarm_state(const struct alarm *);
enum cause alarm_cause(const struct alarm *);
enum cause_side alarm_side(const struct alarm *);

/*
 * The evidence that the event of a raise contains, without frames and other
 * signals; `at` is its wall-clock time.
 */
void	 alarm_evidence(const struct detect_event *, struct wall_time at,
	    struct evidence *);

/* The verdict on that evidence. */
struct verdict alarm_event_verdict(const struct detect_event *,
	    struct wall_time at);

/* The state that an operator gave to it. */
enum operator_state alarm_operator_state(const struct alarm *);

/* The present verdict on the last raise. */
struct verdict alarm_verdict(const struct alarm *);
/* Sets another verdict.  True when its cause is another one. */
bool	 alarm_set_verdict(struct alarm *, const struct verdict *);
/*
 * Sets what an alarm of version 0.2.0 or of an early 0.3.0 does not have: side,
 * confidence and `notified`.
 */
void	 alarm_complete(struct alarm *);

/* hbwAlarmLevel: 1 critical, 2 major, 3 minor, 4 warning. */
int	 alarm_level(const struct configuration_watch *);
enum alarm_clear_type alarm_clear_type(const struct alarm *);

/* The time since the raise in seconds; 0 if the alarm is not active. */
uint32_t alarm_age(const struct alarm *, struct wall_time now);

/*
 * Apply an event of the detector; `at` is its wall-clock time.  The clear keeps
 * the verdict.  Both end an acknowledgement, but not a shelf.
 */
void	 alarm_raise(struct alarm *, const struct detect_event *,
	    const struct verdict *, struct wall_time at, uint32_t serial);
void	 alarm_clear(struct alarm *, const struct detect_event *,
	    struct wall_time at, enum alarm_end);

/*
 * hbwAlarmKey: source/service/role/host/watch/id.  `key` holds ALARM_KEY_SIZE
 * bytes; the configuration was checked for longer keys.  Returns key.
 */
char	*alarm_key(const struct configuration_watch *, char *key);

/*
 * hbwAlarmLocation: "Source=..., ServiceName=..., RoleName=..., HostName=...".
 * `location` holds ALARM_LOCATION_SIZE bytes.  Returns location.
 */
char	*alarm_location(const struct configuration_watch *, char *location);

/* SnmpAdminString, as above. */
#define ALARM_REPAIR_SIZE	256

/*
 * hbwAlarmRepair: what to do next; "" if the alarm was never raised.  `repair`
 * holds ALARM_REPAIR_SIZE bytes.  Returns repair.
 */
char	*alarm_repair(const struct alarm *, const struct configuration_watch *,
	    char *repair);

/*
 * hbwAlarmDetail: the last change in words; "" if there was none.  `detail`
 * holds ALARM_DETAIL_SIZE bytes; a longer text is cut.  Returns detail.
 */
char	*alarm_detail(const struct alarm *, const struct configuration_watch *,
	    char *detail);

#endif
