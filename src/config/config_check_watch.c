/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "config/config_check.h"

/* ---- checks of several options */

static void
check_family(struct config_check *check, const struct config_section *section)
{
	const struct addr		*local = &check->settings->watch.local;
	const struct config_value	*value;
	size_t				 i;

	if (local->family == ADDR_NONE)
		return;
	for (i = 0; i < check->peers.n; i++)
		if (check->peers.range[i].first.family != local->family)
			break;
	if (i == check->peers.n)
		return;
	value = config_section_value(section, OPTION_LOCAL);
	config_value_error(check, value, "wrong address family in",
	    local->family == ADDR_IPV6 ? "IPv4, as the peer" :
	    "IPv6, as the peer");
}

/* After a syntax error the alarm's section may be missing. */
static void
check_alarm(struct config_check *check, const struct config_section *section)
{
	struct config_settings	*s = check->settings;

	s->watch.alarm = config_alarm_find(check->c, s->alarm_id);
	if (s->watch.alarm == NULL && check->file->complete)
		config_value_error(check, config_section_value(section,
		    OPTION_ALARM), "unknown", "45640, 12010, 27003, 46003 or "
		    "the id of an alarm section");
}

static void
check_missing(struct config_check *check, const struct config_section *section)
{
	const struct configuration_profile	*w = &check->settings->watch;
	const struct protocol			*protocol = w->form.protocol;
	char					 name[CONFIG_QUOTE_SIZE];

	config_quote(section->title == NULL ? "" : section->title, name);
	if (w->interface_line == 0)
		config_errors_add(check->errors, section->place, "watch %s has "
		    "no interface; expected the one to listen on", name);
	if (w->heartbeat_line == 0)
		config_errors_add(check->errors, section->place, "watch %s has "
		    "no heartbeat; expected one, such as \"udp 20053\"", name);
	if (check->peers.values > 0)
		return;
	if (section->peers_listed)
		config_errors_add(check->errors, section->place, "watch %s has "
		    "an empty list of peers; expected an address, or the "
		    "option left out where no peer is required", name);
	else if (protocol != NULL && !protocol->any_sender)
		config_errors_add(check->errors, section->place, "watch %s has "
		    "no peer; expected one, because heartbeat \"%s\" requires "
		    "it", name, w->heartbeat);
}

/*
 * One object of the MIB holds the whole key.  `suffix` is the length of the
 * longest "@ADDRESS" after the name.
 */
static void
check_key(struct config_check *check, const struct config_section *section,
    size_t suffix)
{
	const struct configuration_profile	*w = &check->settings->watch;
	size_t					 n;

	n = strlen(section->title) + suffix;
	if (n > CONFIG_TEXT_MAX)
		config_errors_add(check->errors, section->place, "the name of "
		    "this watch with its peer, NAME@ADDRESS, has up to %zu "
		    "bytes; expected at most 255", n);
	if (w->alarm == NULL)
		return;
	n += (size_t)snprintf(NULL, 0, "%s/%s/%s/%s//%u", w->source,
	    w->service, w->role, w->host, w->alarm->id);
	if (n > CONFIG_TEXT_MAX)
		config_errors_add(check->errors, section->place, "the alarm "
		    "key of this watch, source/service/role/host/watch/alarm, "
		    "has %zu bytes; expected at most 255", n);
}

/* Of a million watches too many, the first is reported. */
static void
check_count(struct config_check *check, const struct config_section *section)
{
	if (check->peers.values > 0 ||
	    ++check->nwatches <= CONFIGURATION_WATCHES_MAX || check->too_many)
		return;
	check->too_many = true;
	config_errors_add(check->errors, section->place, "too many watches; "
	    "expected at most 1000000 in all");
}

/* ---- defaults */

static const char *
first_text(const char *a, const char *b, const char *c)
{
	return (a != NULL ? a : b != NULL ? b : c);
}

/* What the section leaves out is the default of the top, or of the alarm. */
static void
add_defaults(struct config_check *check, const struct config_section *section)
{
	const struct configuration_profile	*top = &check->top.watch;
	struct configuration_profile		*w = &check->settings->watch;
	const char				*service = section->title;

	w->interruption_ns = check->settings->interruption_ns;
	if (w->alarm != NULL) {
		if (w->interruption_ns == 0)
			w->interruption_ns = w->alarm->interruption_ns;
		if (w->alarm->service_type[0] != '\0')
			service = w->alarm->service_type;
	}
	w->source = first_text(w->source, top->source, check->host);
	w->service = first_text(w->service, top->service, service);
	w->role = first_text(w->role, top->role, section->title);
	w->host = first_text(w->host, top->host, check->host);
	w->file = section->place.source->file;
	w->line = section->place.line;
}

/* ---- watches */

static void
watch_add(struct config_check *check, struct config_section *section,
    struct configuration_profile *profile, const char *name,
    const struct addr *peer)
{
	struct configuration		*c = check->c;
	struct configuration_watch	*watch = NULL;

	if (array_reserve(&c->watches, &check->capacity, c->nwatches + 1,
	    sizeof(*c->watches)))
		watch = configuration_watch_new(profile, name, peer);
	if (watch == NULL) {
		config_errors_exhausted(check->errors);
		return;
	}
	c->watches[c->nwatches++] = watch;
	section->watches++;
}

/* A watch for each peer.  Returns the length of the longest "@ADDRESS". */
static size_t
peers_add(struct config_check *check, struct config_section *section,
    struct configuration_profile *profile)
{
	const struct config_range *r = check->peers.range;
	char			 name[CONFIG_TEXT_MAX + ADDR_TEXT_SIZE + 2];
	size_t			 length, n = strlen(section->title);
	size_t			 longest = 0;
	struct addr		 a;
	uint32_t		 i;

	memcpy(name, section->title, n);
	name[n] = '@';
	for (; r < check->peers.range + check->peers.n; r++) {
		for (i = 0; i < r->count && !check->errors->exhausted; i++) {
			a = config_range_at(r, i);
			addr_text(&a, name + n + 1);
			length = 1 + strlen(name + n + 1);
			longest = length > longest ? length : longest;
			watch_add(check, section, profile, name, &a);
		}
	}
	return (longest);
}

static void
watches_add(struct config_check *check, struct config_section *section)
{
	static const struct addr	 any;
	struct configuration_profile	*profile;
	size_t				 longest = 0;

	profile = configuration_profile_new(&check->settings->watch);
	if (profile == NULL)
		config_errors_exhausted(check->errors);
	else if (check->peers.named)
		longest = peers_add(check, section, profile);
	else
		watch_add(check, section, profile, section->title,
		    check->peers.n == 0 ? &any : &check->peers.range[0].first);
	configuration_profile_release(profile);
	check_key(check, section, longest);
}

static void
check_watch(struct config_check *check, struct config_section *section)
{
	struct config_settings	 settings = {
		.alarm_id = CONFIG_ALARM_DEFAULT,
		.watch = { .recovery = 1, .enabled = true },
	};

	check->peers.n = check->peers.values = 0;
	check->peers.named = section->peers_listed;
	config_check_section(check, section, &settings);
	check_count(check, section);
	config_check_peers(check);
	check_family(check, section);
	check_alarm(check, section);
	add_defaults(check, section);
	if (section->complete)
		check_missing(check, section);
	if (settings.watch_name != NULL)
		watches_add(check, section);
	heartbeat_form_free(&settings.watch.form);
	free(check->heartbeat);
	check->heartbeat = NULL;
}

/* ---- names that are given twice */

/*
 * The watch of that name before the watch `i`, or NULL, and then the watch is
 * added.  `seen` is a table of indices from 1 with open addressing.
 */
static const struct configuration_watch *
seen_before(const struct configuration *c, uint32_t *seen, size_t mask,
    size_t i)
{
	const char	*name = c->watches[i]->name;
	uint32_t	 hash = hash_string(name);
	size_t		 at = (hash ^ hash >> 15) & mask;

	for (; seen[at] != 0; at = (at + 1) & mask)
		if (strcmp(c->watches[seen[at] - 1]->name, name) == 0)
			return (c->watches[seen[at] - 1]);
	seen[at] = (uint32_t)i + 1;
	return (NULL);
}

/*
 * When a section repeats another with all its peers, one name is reported.  An
 * address that is twice in one section was reported before.
 */
static void
find_twice(struct config_check *check, uint32_t *seen, size_t mask)
{
	const struct configuration		*c = check->c;
	const struct config_section		*s;
	const struct configuration_watch	*before;
	size_t					 i = 0, end;
	bool					 repeated;

	for (s = check->file->sections; s != NULL; s = s->next) {
		repeated = false;
		for (end = i + s->watches; i < end; i++) {
			before = seen_before(c, seen, mask, i);
			if (before == NULL)
				continue;
			if (!repeated &&
			    before->profile != c->watches[i]->profile)
				config_errors_add(check->errors, s->place,
				    "watch \"%s\" is given twice, first at "
				    "%s:%d; expected another name",
				    before->name, before->profile->file,
				    before->profile->line);
			repeated = true;
		}
	}
}

void
config_check_watches(struct config_check *check)
{
	struct config_section	*s;
	uint32_t		*seen;
	size_t			 mask = 15;

	for (s = check->file->sections; s != NULL &&
	    !check->errors->exhausted; s = s->next)
		if (s->kind == CONFIG_WATCH)
			check_watch(check, s);
	free(check->peers.range);
	while (mask < 2 * check->c->nwatches)
		mask = 2 * mask + 1;
	seen = calloc(mask + 1, sizeof(*seen));
	if (seen == NULL)
		config_errors_exhausted(check->errors);
	else
		find_twice(check, seen, mask);
	free(seen);
}
