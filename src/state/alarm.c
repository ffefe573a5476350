/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/mono.h"
#include "base/utf8.h"
#include "diagnosis/diagnosis_text.h"
#include "state/alarm.h"

enum alarm_state
alarm_state(const struct alarm *a)
{
	return (a->state == 0 ? ALARM_CLEARED : a->state);
}

enum cause
alarm_cause(const struct alarm *a)
{
	return (a->cause == 0 ? CAUSE_UNKNOWN : a->cause);
}

enum cause_side
alarm_side(const struct alarm *a)
{
	return (a->side == 0 ? CAUSE_SIDE_UNKNOWN : a->side);
}

/* The details of a raise that the detector knows. */
static uint8_t
flags_of(const struct detect_event *event)
{
	return ((uint8_t)((event->received ? ALARM_RECEIVED : 0) |
	    (event->stopping ? ALARM_STOPPING : 0) |
	    (event->link_down ? ALARM_LINK_DOWN : 0) |
	    (event->lossy ? ALARM_LOSSY : 0) |
	    (event->dual ? ALARM_DUAL : 0)));
}

static void
evidence_of(unsigned flags, struct wall_time last, struct wall_time raised,
    struct evidence *e)
{
	struct evidence_signal	*s;

	memset(e, 0, sizeof(*e));
	e->last = last;
	e->raised = raised;
	e->flags = EVIDENCE_NO_FRAMES;
	if ((flags & ALARM_RECEIVED) != 0)
		e->flags |= EVIDENCE_RECEIVED;
	if ((flags & ALARM_LOSSY) != 0)
		e->flags |= EVIDENCE_LOSSY;
	if ((flags & ALARM_STOPPING) != 0) {
		s = &e->signals[EVIDENCE_PEER_ANNOUNCED_STOP];
		s->state = EVIDENCE_PRESENT;
		s->count = 1;
	}
	if ((flags & ALARM_DUAL) != 0)
		e->signals[EVIDENCE_OTHER_ACTIVE].state = EVIDENCE_PRESENT;
	if ((flags & ALARM_LINK_DOWN) != 0) {
		s = &e->signals[EVIDENCE_CARRIER];
		s->state = EVIDENCE_ABSENT;
		s->code = EVIDENCE_CARRIER_LOST;
	}
}

void
alarm_evidence(const struct detect_event *event, struct wall_time at,
    struct evidence *e)
{
	evidence_of(flags_of(event), event->last_heartbeat, at, e);
}

struct verdict
alarm_event_verdict(const struct detect_event *event, struct wall_time at)
{
	struct evidence	 e;
	struct verdict	 v;

	alarm_evidence(event, at, &e);
	verdict_of(&e, at, &v);
	return (v);
}

enum operator_state
alarm_operator_state(const struct alarm *a)
{
	return (operator_action_state(a->operator));
}

struct verdict
alarm_verdict(const struct alarm *a)
{
	return ((struct verdict){
		.cause = alarm_cause(a), .side = alarm_side(a),
		.confidence = a->confidence, .number = a->number,
		.decided = a->decided,
	});
}

bool
alarm_set_verdict(struct alarm *a, const struct verdict *v)
{
	bool	 changed = a->cause != v->cause;

	a->cause = v->cause;
	a->side = v->side;
	a->confidence = v->confidence;
	a->number = v->number;
	a->decided = v->decided;
	return (changed);
}

void
alarm_complete(struct alarm *a)
{
	struct evidence	 e;
	struct verdict	 v;

	if (a->side != 0)
		return;
	evidence_of(a->flags, a->last_heartbeat, a->raised, &e);
	verdict_of(&e, a->raised, &v);
	a->side = CAUSE_SIDE_UNKNOWN;
	a->notified = a->state == ALARM_RAISED ? a->serial : 0;
	if (v.cause == a->cause)
		(void)alarm_set_verdict(a, &v);
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

/* A shelf ends by its time or by an operator, not by an event. */
static void
end_operator_state(struct alarm *a)
{
	if (alarm_operator_state(a) == OPERATOR_SHELVED)
		return;
	operator_action_release(a->operator);
	a->operator = NULL;
}

void
alarm_raise(struct alarm *a, const struct detect_event *event,
    const struct verdict *verdict, struct wall_time at, uint32_t serial)
{
	end_operator_state(a);
	a->state = ALARM_RAISED;
	(void)alarm_set_verdict(a, verdict);
	a->end = ALARM_END_HEARTBEAT;
	a->flags = (uint8_t)((a->flags & ALARM_KEPT) | flags_of(event));
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
	end_operator_state(a);
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

/*
 * Of these signals, evidence without a time is from the detector, and is shown
 * in another way.
 */
static bool
is_of_detector(const struct alarm *a)
{
	return (wall_is_never(a->decided.at) &&
	    (a->number == EVIDENCE_PEER_ANNOUNCED_STOP ||
	    a->number == EVIDENCE_CARRIER ||
	    a->number == EVIDENCE_OTHER_ACTIVE));
}

/* True if describe_verdict shows this signal. */
static bool
is_decided(const struct alarm *a, enum evidence_number number)
{
	return (a->number == number && !is_of_detector(a));
}

static void
describe_verdict(const struct alarm *a, const struct configuration_watch *w,
    char *detail)
{
	const struct verdict	 verdict = alarm_verdict(a);
	char			 text[DIAGNOSIS_DETAIL_SIZE];

	if (a->number == 0 || is_of_detector(a))
		return;
	diagnosis_detail(w, &verdict, text);
	if (text[0] != '\0')
		add(detail, "; %s", text);
}

/* One of two active nodes: its address, its MAC address or both. */
static void
describe_node(const struct alarm *a, char *detail)
{
	const struct addr	*address = &a->decided.address;
	char			 text[ADDR_TEXT_SIZE], mac[MAC_TEXT_SIZE];

	if (address->family == ADDR_NONE && !mac_is_known(&a->decided.mac))
		return;
	add(detail, "; one of them is %s", addr_text(address, text));
	if (mac_is_known(&a->decided.mac))
		add(detail, "%sMAC address %s",
		    address->family == ADDR_NONE ? "" : ", ",
		    mac_text(a->decided.mac.octets, mac));
}

static void
describe_flags(const struct alarm *a, const struct configuration_watch *w,
    char *detail)
{
	if ((a->flags & ALARM_STOPPING) != 0 &&
	    !is_decided(a, EVIDENCE_PEER_ANNOUNCED_STOP))
		add(detail, "; the peer announced that it stops");
	if ((a->flags & ALARM_LINK_DOWN) != 0 &&
	    !is_decided(a, EVIDENCE_CARRIER))
		add(detail, "; %s is down", w->profile->interface);
	if ((a->flags & ALARM_LOSSY) != 0)
		add(detail, "; the capture lost packets");
	describe_verdict(a, w, detail);
}

static void
describe_raise(const struct alarm *a, const struct configuration_watch *w,
    char *detail)
{
	char		 peer[ADDR_TEXT_SIZE], last[WALL_TEXT_SIZE];
	const char	*heartbeat = w->profile->heartbeat;
	bool		 is_long = strlen(heartbeat) > HEARTBEAT_MAX;

	/*
	 * A notification has no room for all this and the evidence, which
	 * names the heartbeat.
	 */
	if (a->number != 0 && (a->flags & ALARM_DUAL) == 0) {
		add(detail, "no heartbeat on %s for %.10g s",
		    w->profile->interface, (double)a->span_ns / NSEC_PER_SEC);
		describe_flags(a, w, detail);
		return;
	}
	/* Without the dots, a part of an expression looks like all of it. */
	add(detail, "%s (%.*s%s on %s)", (a->flags & ALARM_DUAL) != 0 ?
	    "two nodes are active" : "no heartbeat",
	    (int)(is_long ? HEARTBEAT_MAX - 3 : HEARTBEAT_MAX), heartbeat,
	    is_long ? "..." : "", w->profile->interface);
	if ((a->flags & ALARM_DUAL) != 0) {
		if (w->profile->floating_ip.family != ADDR_NONE)
			add(detail, ", floating IP %s",
			    addr_text(&w->profile->floating_ip, peer));
		describe_node(a, detail);
		return;
	}
	if (w->peer.family != ADDR_NONE)
		add(detail, " from %s", addr_text(&w->peer, peer));
	add(detail, " for %.3f s", (double)a->span_ns / NSEC_PER_SEC);
	if ((a->flags & ALARM_RECEIVED) != 0)
		add(detail, ", the last at %s",
		    wall_text(a->last_heartbeat, last));
	else
		add(detail, ", none was ever received");
	describe_flags(a, w, detail);
}

static void
describe_clear(const struct alarm *a, const struct configuration_watch *w,
    char *detail)
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
		/* Other evidence is in the detail of the raise. */
		if (a->number == EVIDENCE_PEER_REBOOTED)
			describe_verdict(a, w, detail);
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
		describe_clear(a, w, detail);
	/* A text that was cut may end within a character. */
	while (!utf8_valid(detail))
		detail[strlen(detail) - 1] = '\0';
	return (detail);
}

char *
alarm_repair(const struct alarm *a, const struct configuration_watch *w,
    char *repair)
{
	const struct verdict	 verdict = alarm_verdict(a);

	repair[0] = '\0';
	return (a->count == 0 ? repair : diagnosis_repair(w, &verdict, repair));
}
