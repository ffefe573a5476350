/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/interned_string.h"
#include "config/configuration.h"

/* False when there is no memory. */
static bool
share(const char **text, const char *like)
{
	*text = interned_string_share(like);
	return (*text != NULL || like == NULL);
}

struct configuration_alarm *
configuration_alarm_new(const struct configuration_alarm *like)
{
	struct configuration_alarm	*a;
	bool				 fine;

	a = malloc(sizeof(*a));
	if (a == NULL)
		return (NULL);
	*a = *like;
	a->references = 1;
	fine = share(&a->name, like->name);
	fine = share(&a->type, like->type) && fine;
	fine = share(&a->service_type, like->service_type) && fine;
	if (fine)
		return (a);
	configuration_alarm_release(a);
	return (NULL);
}

struct configuration_alarm *
configuration_alarm_share(struct configuration_alarm *a)
{
	if (a != NULL)
		a->references++;
	return (a);
}

void
configuration_alarm_release(struct configuration_alarm *a)
{
	if (a == NULL || --a->references > 0)
		return;
	interned_string_release(a->name);
	interned_string_release(a->type);
	interned_string_release(a->service_type);
	free(a);
}

struct configuration_profile *
configuration_profile_new(const struct configuration_profile *like)
{
	struct configuration_profile	*p;
	const char			*expression;
	bool				 fine;

	p = malloc(sizeof(*p));
	if (p == NULL)
		return (NULL);
	*p = *like;
	p->references = 1;
	p->alarm = configuration_alarm_share(like->alarm);
	fine = share(&p->interface, like->interface);
	fine = share(&p->heartbeat, like->heartbeat) && fine;
	fine = share(&expression, like->form.expression) && fine;
	p->form.expression = (char *)(uintptr_t)expression;
	fine = share(&p->source, like->source) && fine;
	fine = share(&p->service, like->service) && fine;
	fine = share(&p->role, like->role) && fine;
	fine = share(&p->host, like->host) && fine;
	fine = share(&p->file, like->file) && fine;
	if (fine)
		return (p);
	configuration_profile_release(p);
	return (NULL);
}

struct configuration_profile *
configuration_profile_share(struct configuration_profile *p)
{
	if (p != NULL)
		p->references++;
	return (p);
}

void
configuration_profile_release(struct configuration_profile *p)
{
	if (p == NULL || --p->references > 0)
		return;
	configuration_alarm_release(p->alarm);
	interned_string_release(p->interface);
	interned_string_release(p->heartbeat);
	interned_string_release(p->form.expression);
	interned_string_release(p->source);
	interned_string_release(p->service);
	interned_string_release(p->role);
	interned_string_release(p->host);
	interned_string_release(p->file);
	free(p);
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
	w->profile = configuration_profile_share(profile);
	w->references = 1;
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
