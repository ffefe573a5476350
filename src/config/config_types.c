/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/interned_string.h"
#include "config/config_types.h"

/*
 * The fields of an alarm and of a profile that are interned strings.  In SHARE
 * and RELEASE, x is the alarm or the profile.
 */
#define ALARM_TEXTS(one)	one(name) one(type) one(service_type)	\
	one(repair[1]) one(repair[2]) one(repair[3]) one(repair[4])	\
	one(repair[5]) one(repair[6]) one(repair[7]) one(repair[8])	\
	one(repair[9]) one(repair[10]) one(repair[11]) one(repair[12])
#define PROFILE_TEXTS(one)	one(interface) one(heartbeat)		\
	one(form.expression) one(source) one(service) one(role)	\
	one(host) one(file) one(peer_host) one(log) one(log_pattern)

#define SHARE(text)							\
	x->text = (char *)(uintptr_t)interned_string_share(like->text);	\
	done = done && (x->text != NULL || like->text == NULL);
#define RELEASE(text)	interned_string_release(x->text);

struct configuration_alarm *
configuration_alarm_new(const struct configuration_alarm *like)
{
	struct configuration_alarm	*x = malloc(sizeof(*x));
	bool				 done = true;

	if (x == NULL)
		return (NULL);
	*x = *like;
	x->references = 1;
	ALARM_TEXTS(SHARE)
	if (done)
		return (x);
	configuration_alarm_release(x);
	return (NULL);
}

void
configuration_alarm_release(struct configuration_alarm *x)
{
	if (x == NULL || --x->references > 0)
		return;
	ALARM_TEXTS(RELEASE)
	free(x);
}

struct configuration_profile *
configuration_profile_new(const struct configuration_profile *like)
{
	struct configuration_profile	*x = malloc(sizeof(*x));
	bool				 done = true;

	if (x == NULL)
		return (NULL);
	*x = *like;
	x->references = 1;
	if (x->alarm != NULL)
		x->alarm->references++;
	if (x->dual != NULL)
		x->dual->references++;
	PROFILE_TEXTS(SHARE)
	if (done)
		return (x);
	configuration_profile_release(x);
	return (NULL);
}

void
configuration_profile_release(struct configuration_profile *x)
{
	if (x == NULL || --x->references > 0)
		return;
	configuration_alarm_release(x->alarm);
	configuration_alarm_release(x->dual);
	PROFILE_TEXTS(RELEASE)
	free(x);
}

struct configuration_watch *
configuration_watch_new(struct configuration_profile *profile,
    const char *name, const struct addr *peer)
{
	struct configuration_watch	*w;
	size_t				 size = strlen(name) + 1;

	w = malloc(offsetof(struct configuration_watch, name) + size);
	if (w == NULL)
		return (NULL);
	w->profile = profile;
	profile->references++;
	w->references = 1;
	w->peer_line = 0;
	w->peer = *peer;
	memcpy(w->name, name, size);
	return (w);
}

struct configuration_watch *
configuration_watch_share(struct configuration_watch *w)
{
	if (w != NULL)
		w->references++;
	return (w);
}

void
configuration_watch_release(struct configuration_watch *w)
{
	if (w == NULL || --w->references > 0)
		return;
	configuration_profile_release(w->profile);
	free(w);
}
