/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarm.h"
#include "mono.h"

static bool
copy_texts(struct alarm_identity *id, const struct configuration_watch *w)
{
	const struct configuration_profile *p = w->profile;

	id->name = strdup(p->alarm->name);
	id->type = strdup(p->alarm->type);
	id->service_type = strdup(p->alarm->service_type);
	id->source = strdup(p->source);
	id->service = strdup(p->service);
	id->role = strdup(p->role);
	id->host = strdup(p->host);
	id->watch = strdup(w->name);
	id->heartbeat = strdup(p->heartbeat);
	id->interface = strdup(p->interface);
	if (asprintf(&id->key, "%s/%s/%s/%s/%s/%" PRIu32, p->source,
	    p->service, p->role, p->host, w->name, p->alarm->id) < 0)
		id->key = NULL;
	return (id->name != NULL && id->type != NULL &&
	    id->service_type != NULL && id->source != NULL &&
	    id->service != NULL && id->role != NULL && id->host != NULL &&
	    id->watch != NULL && id->heartbeat != NULL &&
	    id->interface != NULL && id->key != NULL);
}

struct alarm_identity *
alarm_identity_new(const struct configuration_watch *w, uint32_t watch_index)
{
	struct alarm_identity	*id;

	id = calloc(1, sizeof(*id));
	if (id == NULL)
		return (NULL);
	id->references = 1;
	id->watch_index = watch_index;
	id->id = w->profile->alarm->id;
	id->severity = w->profile->alarm->severity;
	id->peer = w->peer;
	if (!copy_texts(id, w)) {
		alarm_identity_release(id);
		return (NULL);
	}
	return (id);
}

struct alarm_identity *
alarm_identity_share(struct alarm_identity *id)
{
	if (id != NULL)
		id->references++;
	return (id);
}

void
alarm_identity_release(struct alarm_identity *id)
{
	if (id == NULL || --id->references > 0)
		return;
	free(id->key);
	free(id->name);
	free(id->type);
	free(id->service_type);
	free(id->source);
	free(id->service);
	free(id->role);
	free(id->host);
	free(id->watch);
	free(id->heartbeat);
	free(id->interface);
	free(id);
}

void
alarm_init(struct alarm *a, struct alarm_identity *id)
{
	memset(a, 0, sizeof(*a));
	a->identity = id;
	a->state = ALARM_CLEARED;
	a->cause = ALARM_CAUSE_UNKNOWN;
}

enum alarm_cause
alarm_cause_of(const struct detect_event *event)
{
	if (event->stopping)
		return (ALARM_CAUSE_INSTANCE_STOPPED);
	if (event->link_down)
		return (ALARM_CAUSE_LINK_ABNORMAL);
	if (!event->heard)
		return (ALARM_CAUSE_NEVER_HEARD);
	return (ALARM_CAUSE_UNKNOWN);
}

const char *
alarm_cause_text(enum alarm_cause cause)
{
	static const char *const texts[] = {
		[ALARM_CAUSE_UNKNOWN] = "unknown",
		[ALARM_CAUSE_NEVER_HEARD] = "neverHeard",
		[ALARM_CAUSE_INSTANCE_STOPPED] = "instanceStopped",
		[ALARM_CAUSE_FLOATING_IP] = "floatingIpMisconfigured",
		[ALARM_CAUSE_LINK_ABNORMAL] = "linkAbnormal",
		[ALARM_CAUSE_HOST_DOWN] = "hostDown",
		[ALARM_CAUSE_ONE_WAY_LINK] = "oneWayLink",
		[ALARM_CAUSE_PEER_HUNG] = "peerHung",
		[ALARM_CAUSE_DUAL_ACTIVE] = "dualActive",
		[ALARM_CAUSE_LOCAL_FAULT] = "localFault",
	};

	return (texts[cause]);
}

/* Appends to the detail; what does not fit is left out. */
static void __attribute__((format(printf, 2, 3)))
add_detail(struct alarm *a, const char *format, ...)
{
	size_t	 used = strlen(a->detail);
	va_list	 ap;

	va_start(ap, format);
	vsnprintf(a->detail + used, sizeof(a->detail) - used, format, ap);
	va_end(ap);
}

static void
explain_raise(struct alarm *a, const struct detect_event *event)
{
	const struct alarm_identity	*id = a->identity;
	char				 peer[ADDR_TEXT_SIZE];
	char				 last[WALL_TEXT_SIZE];

	a->detail[0] = '\0';
	add_detail(a, "no heartbeat (%.32s on %s)", id->heartbeat,
	    id->interface);
	if (id->peer.family != ADDR_NONE)
		add_detail(a, " from %s", addr_text(&id->peer, peer));
	add_detail(a, " for %.3f s", (double)event->silence_ns / NSEC_PER_SEC);
	if (event->heard)
		add_detail(a, ", the last at %s",
		    wall_text(event->last_heartbeat, last));
	else
		add_detail(a, ", none was ever heard");
	if (event->stopping)
		add_detail(a, "; the peer announced that it stops");
	if (event->link_down)
		add_detail(a, "; %s is down", id->interface);
	if (event->lossy)
		add_detail(a, "; the capture lost packets");
}

void
alarm_raise(struct alarm *a, const struct detect_event *event,
    struct wall_time at, uint32_t serial)
{
	a->state = ALARM_RAISED;
	a->cause = alarm_cause_of(event);
	a->serial = serial;
	a->count++;
	a->raised = at;
	a->cleared = WALL_NEVER;
	a->last_heartbeat = event->last_heartbeat;
	a->transitions = event->number;
	explain_raise(a, event);
}

void
alarm_clear(struct alarm *a, const struct detect_event *event,
    struct wall_time at, const char *detail)
{
	a->state = ALARM_CLEARED;
	a->cleared = at;
	a->last_heartbeat = event->last_heartbeat;
	a->transitions = event->number;
	if (detail != NULL)
		snprintf(a->detail, sizeof(a->detail), "%s", detail);
	else
		snprintf(a->detail, sizeof(a->detail),
		    "the heartbeat is back; the alarm stood for %.3f s",
		    (double)event->duration_ns / NSEC_PER_SEC);
}
