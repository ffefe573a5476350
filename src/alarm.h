/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The alarm of a watch: what it is called, whether it stands, since when, why.
 */
#ifndef HBW_ALARM_H
#define HBW_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "configuration.h"
#include "detect.h"
#include "severity.h"
#include "wall.h"

/* The numbers are hbwAlarmState's. */
enum alarm_state {
	ALARM_CLEARED = 1,
	ALARM_RAISED = 2,
};

/* The numbers are hbwAlarmCause's. */
enum alarm_cause {
	ALARM_CAUSE_UNKNOWN = 1,
	ALARM_CAUSE_NEVER_HEARD = 2,
	ALARM_CAUSE_INSTANCE_STOPPED = 3,
	ALARM_CAUSE_FLOATING_IP = 4,
	ALARM_CAUSE_LINK_ABNORMAL = 5,
	ALARM_CAUSE_HOST_DOWN = 6,
	ALARM_CAUSE_ONE_WAY_LINK = 7,
	ALARM_CAUSE_PEER_HUNG = 8,
	ALARM_CAUSE_DUAL_ACTIVE = 9,
	ALARM_CAUSE_LOCAL_FAULT = 10,
};

/* SnmpAdminString holds 255 octets (RFC 3411, section 5). */
#define ALARM_DETAIL_SIZE	256

/*
 * What does not change while an alarm stands.  Alarms and the notifications
 * that still wait share it; the last to let go frees it.
 */
struct alarm_identity {
	unsigned	 references;
	uint32_t	 watch_index;	/* hbwWatchIndex */
	uint32_t	 id;
	enum severity	 severity;
	struct addr	 peer;
	char		*key;		/* source/service/role/host/watch/id */
	char		*name;
	char		*type;
	char		*service_type;
	char		*source;
	char		*service;
	char		*role;
	char		*host;
	char		*watch;
	char		*heartbeat;
	char		*interface;
};

struct alarm {
	struct alarm_identity	*identity;
	enum alarm_state	 state;
	enum alarm_cause	 cause;
	char			 detail[ALARM_DETAIL_SIZE];
	uint32_t		 serial;	/* of the last raise; 0: none */
	uint32_t		 sequence;	/* last notification; 0: none */
	uint32_t		 count;		/* raises */
	struct wall_time	 raised;
	struct wall_time	 cleared;
	struct wall_time	 last_heartbeat;	/* at the last change */
	uint32_t		 transitions;	/* of the watch, seen so far */
};

/* NULL when there is no memory.  The caller has the one reference. */
struct alarm_identity *alarm_identity_new(const struct configuration_watch *,
	    uint32_t watch_index);
struct alarm_identity *alarm_identity_share(struct alarm_identity *);
void	 alarm_identity_release(struct alarm_identity *);

/* An alarm that was never raised.  It takes over the reference. */
void	 alarm_init(struct alarm *, struct alarm_identity *);

/* What a raise says about its cause, and hbwAlarmCause's name for that. */
enum alarm_cause alarm_cause_of(const struct detect_event *);
const char *alarm_cause_text(enum alarm_cause);

/* The events of the detector; `at` is the event's time for people. */
void	 alarm_raise(struct alarm *, const struct detect_event *,
	    struct wall_time at, uint32_t serial);
/* `detail` says why, if it was not for a heartbeat; else it is NULL. */
void	 alarm_clear(struct alarm *, const struct detect_event *,
	    struct wall_time at, const char *detail);

#endif
