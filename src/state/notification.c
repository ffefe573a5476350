/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "state/notification.h"

void
notification_release(struct notification *n)
{
	configuration_watch_release(n->watch);
	free(n->capture);
	n->watch = NULL;
	n->capture = NULL;
}

char *
notification_detail(const struct notification *n, char *detail)
{
	const struct notification_capture	*c = n->capture;

	if (notification_has_alarm(n))
		return (alarm_detail(&n->alarm, n->watch, detail));
	if (n->event == NOTIFICATION_STORM)
		snprintf(detail, NOTIFICATION_DETAIL_SIZE, "alarm storm: %"
		    PRIu32 " more alarms raised and %" PRIu32 " more cleared; "
		    "the history has them from sequence %" PRIu32 " on",
		    n->storm.raised, n->storm.cleared, n->storm.first);
	else
		snprintf(detail, NOTIFICATION_DETAIL_SIZE, "%s%s%s",
		    c->interface, c->error[0] != '\0' ? ": " : "", c->error);
	return (detail);
}
