/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/string_set.h"
#include "base/utf8.h"
#include "config/config_check.h"

/* ---- checks of several options */

/* The local address and all peers must be of the same address family. */
static void
check_family(struct config_check *c, const struct config_section *s)
{
	const struct addr		*local = &c->watch.local;
	const struct config_value	*v;
	size_t				 i = 0;

	while (i < c->peers.n &&
	    c->peers.range[i].range.first.family == local->family)
		i++;
	if (local->family == ADDR_NONE || i == c->peers.n)
		return;
	v = config_section_value(s, OPTION_LOCAL);
	config_error(c->errors, v->place, "local \"%s\" has another address "
	    "family than the peer; expected an %s address", v->text,
	    local->family == ADDR_IPV6 ? "IPv4" : "IPv6");
}

/*
 * An unknown alarm is not reported after a syntax error, which may be in the
 * section of that alarm.
 */
static void
check_alarm(struct config_check *c, const struct config_section *s)
{
	const struct config_value	*v;

	c->watch.alarm = config_alarm_find(&c->result, c->alarm_id);
	if (c->watch.alarm != NULL || !c->file->complete)
		return;
	v = config_section_value(s, OPTION_ALARM);
	config_error(c->errors, v->place, "unknown alarm \"%u\"; expected "
	    "45640, 12010, 27003, 46003 or the id of an alarm section",
	    c->alarm_id);
}

/*
 * By default each watch that shows which nodes are active has the built-in
 * alarm.
 */
static void
check_dual_active(struct config_check *c, const struct config_section *s)
{
	struct configuration_profile	*w = &c->watch;
	const struct config_value	*v;
	bool				 possible;

	possible = w->floating_ip.family != ADDR_NONE ||
	    (w->form.protocol != NULL && w->form.protocol->has_active);
	w->dual = config_alarm_find(&c->result, c->dual_id);
	v = config_section_value(s, OPTION_DUAL_ACTIVE);
	if (v == NULL && (!possible || w->dual == w->alarm))
		w->dual = NULL;
	else if (v == NULL || c->dual_id == 0 || !c->file->complete)
		return;
	else if (w->dual == NULL)
		config_error(c->errors, v->place, "unknown alarm \"%u\"; "
		    "expected 45640001, the id of an alarm section or none",
		    c->dual_id);
	else if (w->dual == w->alarm)
		config_error(c->errors, v->place, "dual-active \"%u\" is also "
		    "the alarm of the watch; expected another one or none",
		    c->dual_id);
	else if (!possible && w->form.protocol != NULL)
		config_error(c->errors, v->place, "dual-active \"%u\" without "
		    "a floating-ip; expected one, because heartbeat \"%s\" "
		    "does not show which nodes are active", c->dual_id,
		    w->heartbeat);
}

static void
check_missing(struct config_check *c, const struct config_section *s)
{
	const struct configuration_profile	*w = &c->watch;
	const struct protocol			*protocol = w->form.protocol;
	char					 quoted[UTF8_QUOTE_SIZE];
	const char				*name = utf8_quote(s->title,
	    quoted);

	if (w->interface_line == 0)
		config_error(c->errors, s->place, "watch %s has no interface; "
		    "expected the one to listen on", name);
	if (w->heartbeat_line == 0)
		config_error(c->errors, s->place, "watch %s has no heartbeat; "
		    "expected one, such as \"udp 20053\"", name);
	if (w->log_pattern != NULL &&
	    config_section_value(s, OPTION_LOG) == NULL)
		config_error(c->errors, s->place, "watch %s has a log-pattern "
		    "and no log; expected the log to read", name);
	if (c->peers.values > 0)
		return;
	if (s->peers_listed)
		config_error(c->errors, s->place, "watch %s has an empty list "
		    "of peers; expected an address, or no option peer", name);
	else if (protocol != NULL && !protocol->any_sender)
		config_error(c->errors, s->place, "watch %s has no peer; "
		    "expected one, because heartbeat \"%s\" requires it",
		    name, w->heartbeat);
}

/* A network card may hide multicast from `any`; see capture_join. */
static void
warn_of_any(struct config_check *c, const struct config_section *s)
{
	const struct configuration_profile	*w = &c->watch;
	const struct protocol			*protocol = w->form.protocol;

	if (w->interface == NULL || strcmp(w->interface, "any") != 0 ||
	    protocol == NULL || (protocol->groups[0] == NULL &&
	    !addr_is_multicast(&w->local)))
		return;
	config_error(c->warnings, config_section_value(s,
	    OPTION_INTERFACE)->place, "warning: interface \"any\" is not "
	    "promiscuous: it receives the multicast of heartbeat \"%s\" only "
	    "on interfaces that exist when hbwatchd starts or reloads; "
	    "expected the name of the interface", w->heartbeat);
}

/*
 * NAME@ADDRESS must fit into one object of the MIB, and so must the whole key.
 * `suffix` is the length of the longest "@ADDRESS".
 */
static void
check_key(struct config_check *c, const struct config_section *s,
    size_t suffix)
{
	const struct configuration_profile	*w = &c->watch;
	size_t					 n = strlen(s->title) + suffix;

	if (n > CONFIG_TEXT_MAX)
		config_error(c->errors, s->place, "name and peer, NAME@ADDRESS"
		    ", have up to %zu bytes; expected at most 255", n);
	if (w->alarm == NULL)
		return;
	n += (size_t)snprintf(NULL, 0, "%s/%s/%s/%s//%u", w->source,
	    w->service, w->role, w->host, w->dual != NULL &&
	    w->dual->id > w->alarm->id ? w->dual->id : w->alarm->id);
	if (n > CONFIG_TEXT_MAX)
		config_error(c->errors, s->place, "alarm key source/service/"
		    "role/host/watch/alarm has %zu bytes; expected at most "
		    "255", n);
}

/* ---- defaults */

/* Sets the options that neither the section nor the top has. */
static void
add_defaults(struct config_check *c, const struct config_section *s)
{
	struct configuration_profile	*w = &c->watch;
	const struct configuration_alarm *alarm = w->alarm;

	w->interruption_ns = c->interruption_ns;
	if (w->interruption_ns == 0 && alarm != NULL)
		w->interruption_ns = alarm->interruption_ns;
	if (w->service == NULL)
		w->service = alarm != NULL && alarm->service_type[0] != '\0' ?
		    alarm->service_type : s->title;
	if (w->role == NULL)
		w->role = s->title;
	if (w->log != NULL && w->log_pattern == NULL)
		w->log_pattern = "Float ip .* is invalid";
	w->file = s->place.file;
	w->line = s->place.line;
}

/* ---- watches */

/* `peer` is the address; the option with it is NULL if there is none. */
static void
watch_add(struct config_check *c, struct config_section *s,
    struct configuration_profile *profile, const char *name,
    const struct addr *peer, const struct config_value *option)
{
	struct configuration		*result = &c->result;
	struct configuration_watch	*watch = NULL;

	if (array_reserve(&result->watches, &c->watch_capacity,
	    result->nwatches + 1, sizeof(*result->watches)))
		watch = configuration_watch_new(profile, name, peer);
	if (watch == NULL) {
		config_errors_exhausted(c->errors);
		return;
	}
	watch->peer_line = option == NULL ? 0 : option->place.line;
	result->watches[result->nwatches++] = watch;
	s->watches++;
}

/* Adds a watch for each peer, or one without a peer. */
static void
watches_add(struct config_check *c, struct config_section *s,
    struct configuration_profile *profile)
{
	static const struct config_range any = { .range.count = 1 };
	const struct config_peers *p = &c->peers;
	const struct config_range *r = p->n > 0 ? p->range : &any;
	const struct config_range *end = r + (p->named ? p->n : 1);
	char			 name[CONFIG_TEXT_MAX + ADDR_TEXT_SIZE + 2];
	size_t			 length, n = strlen(s->title), longest = 0;
	struct addr		 peer;
	uint32_t		 i;

	memcpy(name, s->title, n + 1);
	for (; r < end; r++) {
		for (i = 0; i < r->range.count && !c->errors->exhausted; i++) {
			peer = addr_at(&r->range.first, i);
			if (p->named) {
				name[n] = '@';
				addr_text(&peer, name + n + 1);
				length = 1 + strlen(name + n + 1);
				longest = length > longest ? length : longest;
			}
			watch_add(c, s, profile, name, &peer, r->value);
		}
	}
	check_key(c, s, longest);
}

static void
check_watch(struct config_check *c, struct config_section *s)
{
	struct configuration_profile	*profile;

	c->watch = c->defaults;
	c->watch_name = NULL;
	c->alarm_id = 45640;
	c->dual_id = 45640001;
	c->interruption_ns = 0;
	c->peers.n = c->peers.values = 0;
	c->peers.named = s->peers_listed;
	config_check_section(c, s);
	if (c->peers.values == 0)
		(void)config_count_watches(c, s->place, 1);
	config_check_peers(c);
	check_family(c, s);
	check_alarm(c, s);
	check_dual_active(c, s);
	add_defaults(c, s);
	if (s->complete)
		check_missing(c, s);
	if (c->watch.enabled)
		warn_of_any(c, s);
	profile = configuration_profile_new(&c->watch);
	if (profile == NULL)
		config_errors_exhausted(c->errors);
	else if (c->watch_name != NULL)
		watches_add(c, s, profile);
	configuration_profile_release(profile);
	heartbeat_form_free(&c->watch.form);
}

/* ---- names that are given twice */

static const char *
name_at(const void *watches, size_t i)
{
	struct configuration_watch *const	*w = watches;

	return (w[i]->name);
}

/*
 * Reports one name for each section that repeats names of other sections.  A
 * name that is twice within a section was reported with its address.
 */
static void
find_twice(struct config_check *c, struct string_set *names)
{
	struct configuration_watch *const	*watches = c->result.watches;
	const struct config_section		*s;
	const struct configuration_profile	*before;
	size_t					 i = 0, end, first;
	bool					 repeated;

	for (s = c->file->sections; s != NULL; s = s->next) {
		repeated = false;
		for (end = i + s->watches; i < end; i++) {
			first = string_set_add(names, i);
			if (first == STRING_SET_NEW)
				continue;
			before = watches[first]->profile;
			if (!repeated && before != watches[i]->profile)
				config_error(c->errors, s->place,
				    "watch \"%s\" is given twice, first at "
				    "%s:%d; expected another name",
				    watches[i]->name, before->file,
				    before->line);
			repeated = true;
		}
	}
}

void
config_check_watches(struct config_check *c)
{
	struct config_section	*s;
	struct string_set	 names = { .string = name_at };

	for (s = c->file->sections; s != NULL && !c->errors->exhausted;
	    s = s->next)
		if (s->kind == CONFIG_WATCH)
			check_watch(c, s);
	free(c->peers.range);
	names.list = c->result.watches;
	if (string_set_init(&names, c->result.nwatches))
		find_twice(c, &names);
	else
		config_errors_exhausted(c->errors);
	string_set_free(&names);
}
