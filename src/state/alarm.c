/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/mono.h"
#include "state/alarm.h"

/* Percent.  Lost packets may have shown another cause. */
#define LOSSY_CONFIDENCE	60

void
alarm_init(struct alarm *a)
{
	memset(a, 0, sizeof(*a));
	a->state = ALARM_CLEARED;
	a->cause = CAUSE_UNKNOWN;
}

enum cause
alarm_cause_of(const struct detect_event *event)
{
	if (event->dual)
		return (CAUSE_DUAL_ACTIVE);
	if (event->stopping)
		return (CAUSE_INSTANCE_STOPPED);
	if (event->link_down)
		return (CAUSE_LINK_ABNORMAL);
	if (!event->received)
		return (CAUSE_NEVER_HEARD);
	return (CAUSE_UNKNOWN);
}

/* Each cause: its side, and its confidence in percent. */
static const struct {
	enum cause_side	 side;
	unsigned	 confidence;
} causes[] = {
	[CAUSE_UNKNOWN] = { CAUSE_SIDE_UNKNOWN, 0 },
	[CAUSE_NEVER_HEARD] = { CAUSE_SIDE_UNKNOWN, 60 },
	[CAUSE_INSTANCE_STOPPED] = { CAUSE_SIDE_PEER, 97 },
	[CAUSE_FLOATING_IP] = { CAUSE_SIDE_PEER, 80 },
	[CAUSE_LINK_ABNORMAL] = { CAUSE_SIDE_HERE, 98 },
	[CAUSE_HOST_DOWN] = { CAUSE_SIDE_PEER, 75 },
	[CAUSE_ONE_WAY_LINK] = { CAUSE_SIDE_BETWEEN, 90 },
	[CAUSE_PEER_HUNG] = { CAUSE_SIDE_PEER, 65 },
	[CAUSE_DUAL_ACTIVE] = { CAUSE_SIDE_BOTH, 95 },
	[CAUSE_LOCAL_FAULT] = { CAUSE_SIDE_HERE, 90 },
	[CAUSE_FILTERED] = { CAUSE_SIDE_BETWEEN, 98 },
	[CAUSE_HANDSHAKE_FAILED] = { CAUSE_SIDE_PEER, 85 },
};
_Static_assert(sizeof(causes) / sizeof(causes[0]) == CAUSE_MAX + 1,
    "CAUSE_MAX is not the last cause");

enum cause_side
alarm_side(const struct alarm *a)
{
	return (causes[a->cause].side);
}

unsigned
alarm_confidence(const struct alarm *a)
{
	unsigned	 confidence = causes[a->cause].confidence;

	return ((a->flags & ALARM_LOSSY) != 0 && confidence > LOSSY_CONFIDENCE ?
	    LOSSY_CONFIDENCE : confidence);
}

int
alarm_level(const struct configuration_watch *w)
{
	return ((int)w->profile->alarm->severity - SEVERITY_CRITICAL + 1);
}

enum alarm_clear_type
alarm_clear_type(const struct alarm *a)
{
	if (a->state == ALARM_RAISED || a->count == 0)
		return (ALARM_NOT_CLEARED);
	return (a->end == ALARM_END_HEARTBEAT ? ALARM_CLEARED_AUTOMATICALLY :
	    ALARM_CLEARED_BY_CONFIGURATION);
}

uint32_t
alarm_age(const struct alarm *a, struct wall_time now)
{
	int64_t	 seconds = wall_sub(now, a->raised) / NSEC_PER_SEC;

	/* The clock may have been set back since, or far forward. */
	if (a->state != ALARM_RAISED || seconds < 0)
		return (0);
	return (seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds);
}

void
alarm_raise(struct alarm *a, const struct detect_event *event,
    struct wall_time at, uint32_t serial)
{
	a->state = ALARM_RAISED;
	a->cause = (uint8_t)alarm_cause_of(event);
	a->end = ALARM_END_HEARTBEAT;
	a->flags = (uint8_t)((event->received ? ALARM_RECEIVED : 0) |
	    (event->stopping ? ALARM_STOPPING : 0) |
	    (event->link_down ? ALARM_LINK_DOWN : 0) |
	    (event->lossy ? ALARM_LOSSY : 0) |
	    (event->dual ? ALARM_DUAL : 0));
	a->serial = serial;
	a->count++;
	a->raised = at;
	a->cleared = WALL_NEVER;
	a->last_heartbeat = event->last_heartbeat;
	a->span_ns = event->silence_ns;
	a->transitions = event->number;
}

void
alarm_clear(struct alarm *a, const struct detect_event *event,
    struct wall_time at, enum alarm_end end)
{
	a->state = ALARM_CLEARED;
	a->end = (uint8_t)end;
	a->cleared = at;
	a->last_heartbeat = event->last_heartbeat;
	a->span_ns = event->duration_ns;
	a->transitions = event->number;
}

char *
alarm_key(const struct configuration_watch *w, char *key)
{
	const struct configuration_profile	*p = w->profile;

	snprintf(key, ALARM_KEY_SIZE, "%s/%s/%s/%s/%s/%" PRIu32, p->source,
	    p->service, p->role, p->host, w->name, p->alarm->id);
	return (key);
}

char *
alarm_location(const struct configuration_watch *w, char *location)
{
	const struct configuration_profile	*p = w->profile;

	snprintf(location, ALARM_LOCATION_SIZE,
	    "Source=%s, ServiceName=%s, RoleName=%s, HostName=%s", p->source,
	    p->service, p->role, p->host);
	return (location);
}

/* The most bytes of an expression in the detail; the rest is cut off. */
#define HEARTBEAT_MAX	((size_t)32)

/* Appends to the detail, and cuts what does not fit. */
static void __attribute__((format(printf, 2, 3)))
add(char *detail, const char *format, ...)
{
	size_t	 used = strlen(detail);
	va_list	 ap;

	va_start(ap, format);
	vsnprintf(detail + used, ALARM_DETAIL_SIZE - used, format, ap);
	va_end(ap);
}

static void
describe_raise(const struct alarm *a, const struct configuration_watch *w,
    char *detail)
{
	char		 peer[ADDR_TEXT_SIZE], last[WALL_TEXT_SIZE];
	const char	*heartbeat = w->profile->heartbeat;
	bool		 is_long = strlen(heartbeat) > HEARTBEAT_MAX;

	/* Without the dots, a part of an expression looks like all of it. */
	add(detail, "%s (%.*s%s on %s)", (a->flags & ALARM_DUAL) != 0 ?
	    "two nodes are active" : "no heartbeat",
	    (int)(is_long ? HEARTBEAT_MAX - 3 : HEARTBEAT_MAX), heartbeat,
	    is_long ? "..." : "", w->profile->interface);
	if ((a->flags & ALARM_DUAL) != 0)
		return;
	if (w->peer.family != ADDR_NONE)
		add(detail, " from %s", addr_text(&w->peer, peer));
	add(detail, " for %.3f s", (double)a->span_ns / NSEC_PER_SEC);
	if ((a->flags & ALARM_RECEIVED) != 0)
		add(detail, ", the last at %s",
		    wall_text(a->last_heartbeat, last));
	else
		add(detail, ", none was ever received");
	if ((a->flags & ALARM_STOPPING) != 0)
		add(detail, "; the peer announced that it stops");
	if ((a->flags & ALARM_LINK_DOWN) != 0)
		add(detail, "; %s is down", w->profile->interface);
	if ((a->flags & ALARM_LOSSY) != 0)
		add(detail, "; the capture lost packets");
}

static void
describe_clear(const struct alarm *a, char *detail)
{
	switch (a->end) {
	case ALARM_END_REMOVED:
		add(detail, "the watch was removed from the configuration");
		break;
	case ALARM_END_DISABLED:
		add(detail, "the watch was disabled");
		break;
	case ALARM_END_NO_ALARM:
		add(detail, "the watch has this alarm no longer");
		break;
	case ALARM_END_REKEYED:
		add(detail, "the configuration changed the key of the alarm");
		break;
	default:
		add(detail, "%s; the alarm was active for %.3f s",
		    (a->flags & ALARM_DUAL) != 0 ? "only one node is active" :
		    "the heartbeat is back", (double)a->span_ns / NSEC_PER_SEC);
		break;
	}
}

char *
alarm_detail(const struct alarm *a, const struct configuration_watch *w,
    char *detail)
{
	detail[0] = '\0';
	if (a->state == ALARM_RAISED)
		describe_raise(a, w, detail);
	else if (a->count > 0)
		describe_clear(a, detail);
	return (detail);
}
