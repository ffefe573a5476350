/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/notification.h"

bool
notification_copy(struct notification *copy, const struct notification *n)
{
	*copy = *n;
	if (n->capture != NULL) {
		copy->capture = malloc(sizeof(*copy->capture));
		if (copy->capture == NULL)
			return (false);
		*copy->capture = *n->capture;
	}
	copy->watch = configuration_watch_share(n->watch);
	if (notification_has_alarm(n))
		(void)operator_action_share(n->alarm.operator);
	return (true);
}

void
notification_release(struct notification *n)
{
	if (notification_has_alarm(n)) {
		operator_action_release(n->alarm.operator);
		n->alarm.operator = NULL;
	}
	configuration_watch_release(n->watch);
	free(n->capture);
	n->watch = NULL;
	n->capture = NULL;
}

static void
describe_watcher(enum notification_event event,
    const struct notification_watcher *w, char *detail)
{
	snprintf(detail, NOTIFICATION_DETAIL_SIZE, "hbwatchd %s: %" PRIu32
	    " watch%s, %" PRIu32 " blind, %" PRIu32 " active alarm%s",
	    event == NOTIFICATION_ALIVE ? "runs" :
	    event == NOTIFICATION_STARTED ? "has started" : "stops",
	    w->watches, w->watches == 1 ? "" : "es", w->blind_watches,
	    w->active, w->active == 1 ? "" : "s");
}

static void
describe(const struct notification *n, char *detail)
{
	const struct notification_capture	*c = n->capture;

	if (n->event == NOTIFICATION_CHANGED &&
	    n->change >= OPERATOR_CHANGE_CHATTERING)
		snprintf(detail, NOTIFICATION_DETAIL_SIZE, "%s",
		    n->change == OPERATOR_CHANGE_CHATTERING ?
		    "chattering: the alarm is raised again and again; its "
		    "raises and clears are only in the history" :
		    "calm: raises and clears of the alarm are sent again");
	else if (n->event == NOTIFICATION_CHANGED &&
	    n->change > OPERATOR_CHANGE_CAUSE && n->alarm.operator != NULL)
		(void)operator_action_text(n->alarm.operator, n->change,
		    detail);
	else if (notification_has_alarm(n))
		(void)alarm_detail(&n->alarm, n->watch, detail);
	else if (n->event == NOTIFICATION_STORM)
		snprintf(detail, NOTIFICATION_DETAIL_SIZE, "alarm storm: %"
		    PRIu32 " more alarms raised and %" PRIu32 " more cleared; "
		    "the history has them from sequence %" PRIu32 " on",
		    n->storm.raised, n->storm.cleared, n->storm.first);
	else if (!notification_has_capture(n))
		describe_watcher(n->event, &c->watcher, detail);
	else
		snprintf(detail, NOTIFICATION_DETAIL_SIZE, "%s%s%s",
		    c->interface, c->error[0] != '\0' ? ": " : "", c->error);
}

char *
notification_detail(const struct notification *n, char *detail)
{
	static const char	 early[] = "; sent before it was stored";
	size_t			 length;

	describe(n, detail);
	if (n->sent_early) {
		length = strnlen(detail,
		    NOTIFICATION_DETAIL_SIZE - sizeof(early));
		memcpy(detail + length, early, sizeof(early));
	}
	return (detail);
}
