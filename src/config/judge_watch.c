/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/judge.h"
#include "packet/capture_expression.h"

#define INTERFACE_MAX	15		/* IFNAMSIZ - 1 */
#define RECOVERY_MAX	1000000

/* What a section is found to say; the texts are the file's or owned here. */
struct draft {
	struct configuration_profile	 profile;
	const char			*name;
	char				*heartbeat;
	struct judge_peers		 peers;
};

static void
take_enabled(struct judge *j, const struct conffile_section *s, bool *enabled)
{
	static const char *const	 words[] = { "false", "true", "no",
					    "yes", "off", "on" };
	const struct conffile_value	*v = &s->value[OPTION_ENABLED];
	size_t				 i;

	if (v->text == NULL)
		return;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(v->text, words[i]) == 0) {
			*enabled = i % 2 == 1;
			return;
		}
	}
	judge_value_fault(j, "enabled", v,
		    "is neither true nor false; expected "
	    "true, false, yes, no, on or off");
}

static void
take_recovery(struct judge *j, const struct conffile_section *s,
    uint32_t *recovery)
{
	const struct conffile_value *v = &s->value[OPTION_RECOVERY];

	if (v->text != NULL &&
	    !judge_number(v->text, 1, RECOVERY_MAX, recovery))
		judge_value_fault(j, "recovery", v,
		    "is no such number; expected 1 to 1000000 heartbeats");
}

static void
take_interface(struct judge *j, const struct conffile_section *s,
    struct draft *w)
{
	const struct conffile_value *v = &s->value[OPTION_INTERFACE];

	if (v->text == NULL)
		return;
	w->profile.interface_line = v->line;
	if (judge_text_fault(v->text, INTERFACE_MAX) != NULL ||
	    strpbrk(v->text, "/ ") != NULL || strcmp(v->text, ".") == 0 ||
	    strcmp(v->text, "..") == 0)
		judge_value_fault(j, "interface", v,
		    "is no name of an interface; "
		    "expected 1 to 15 characters without blanks and slashes");
	else
		w->profile.interface = v->text;
}

/* False, and it is none, when the option is left out or no address. */
static bool
take_local(struct judge *j, const struct conffile_section *s, struct addr *a)
{
	const struct conffile_value	*v = &s->value[OPTION_LOCAL];

	if (v->text == NULL)
		return (false);
	if (!addr_parse(v->text, a))
		judge_value_fault(j, "local", v, "is no address; expected a "
		    "numeric IPv4 or IPv6 address");
	else if (judge_addr_unspecified(a))
		judge_value_fault(j, "local", v, "is no node's address; "
		    "expected one, or the option left out for any");
	else
		return (true);
	*a = (struct addr){ .family = ADDR_NONE };
	return (false);
}

static void
take_addrs(struct judge *j, const struct conffile_section *s,
    struct draft *w)
{
	const struct addr	*local = &w->profile.local;
	size_t			 i;
	char			 text[ADDR_TEXT_SIZE];

	if (!judge_peers(j, s, &w->peers) ||
	    !take_local(j, s, &w->profile.local))
		return;
	for (i = 0; i < w->peers.n; i++)
		if (w->peers.range[i].first.family != local->family)
			break;
	if (i < w->peers.n)
		faults_add(j->faults, s->value[OPTION_LOCAL].line,
		    "local \"%s\" is not of the family of the peer; expected "
		    "an %s address", addr_text(local, text),
		    local->family == ADDR_IPV6 ? "IPv4" : "IPv6");
}

/* A copy with each run of blanks made one, and none at the ends. */
static char *
blanks_made_one(struct faults *faults, const char *text)
{
	char	*copy = faults_copy(faults, text), *to = copy;

	if (copy == NULL)
		return (NULL);
	for (; *text != '\0'; text++) {
		if (!isspace((unsigned char)*text))
			*to++ = *text;
		else if (to > copy && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > copy && to[-1] == ' ')
		to--;
	*to = '\0';
	return (copy);
}

/*
 * Which link type the interface has is not known here: the expression must fit
 * Ethernet, the `any` device, bare IP or a wireless monitor.
 */
static void
expression_judge(struct judge *j, const struct conffile_value *v,
    const char *expression)
{
	static const int		 link_types[] = { 276, 101, 127, 1 };
	struct capture_expression	*e;
	size_t				 i;
	char				 quoted[FAULTS_QUOTE_SIZE];
	char				 error[CAPTURE_ERROR_SIZE];

	for (i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++) {
		e = capture_expression_new(expression, link_types[i], error);
		if (e != NULL) {
			capture_expression_free(e);
			return;
		}
	}
	error[strcspn(error, "\n")] = '\0';
	faults_add(j->faults, v->line, "heartbeat %s: %s; expected a "
	    "pcap-filter expression", faults_quote(v->text, quoted), error);
}

static void
take_heartbeat(struct judge *j, const struct conffile_section *s,
    struct draft *w)
{
	const struct conffile_value	*v = &s->value[OPTION_HEARTBEAT];
	const char			*fault;
	char				 error[JUDGE_LONG_TEXT_MAX + 1024];

	if (v->text == NULL)
		return;
	w->profile.heartbeat_line = v->line;
	w->heartbeat = blanks_made_one(j->faults, v->text);
	w->profile.heartbeat = w->heartbeat;
	if (w->heartbeat == NULL)
		return;
	fault = judge_text_fault(w->profile.heartbeat, JUDGE_LONG_TEXT_MAX);
	if (fault != NULL)
		judge_value_fault(j, "heartbeat", v, fault);
	else if (!heartbeat_form_parse(w->heartbeat, &w->profile.form,
	    error, sizeof(error)))
		faults_add(j->faults, v->line, "%s", error);
	else if (w->profile.form.expression != NULL)
		expression_judge(j, v, w->profile.form.expression);
}

/* An alarm that is unknown may be beyond an error of syntax. */
static void
take_alarm(struct judge *j, const struct conffile_section *s,
    struct draft *w)
{
	const struct conffile_value	*v = &s->value[OPTION_ALARM];
	uint32_t			 id = JUDGE_ALARM_DEFAULT;

	if (v->text != NULL &&
	    !judge_number(v->text, 1, JUDGE_ALARM_ID_MAX, &id)) {
		judge_value_fault(j, "alarm", v,
		    "is no id of an alarm; expected a "
		    "number from 1 to 2147483647");
		return;
	}
	w->profile.alarm = judge_find_alarm(j->c, id);
	if (w->profile.alarm == NULL && j->file->complete)
		judge_value_fault(j, "alarm", v,
		    "is unknown; expected 45640, 12010, "
		    "27003, 46003 or that of an alarm section");
}

/* The value of the watch, else of the top, else the text `otherwise`. */
static void
take_identity(struct judge *j, const struct conffile_section *s,
    enum conffile_option option, const char *otherwise, const char **text)
{
	const struct conffile_value *top = &j->file->top.value[option];

	*text = top->text != NULL ? top->text : otherwise;
	judge_take_text(j, s, option, JUDGE_TEXT_MAX, text);
}

/*
 * One object holds it all: SOURCE/SERVICE/ROLE/HOST/WATCH/ALARM.  `longest` is
 * what an address adds to the name.
 */
static void
key_judge(struct judge *j, const struct draft *w, size_t longest)
{
	size_t	 n;

	n = strlen(w->name) + longest;
	if (n > JUDGE_TEXT_MAX)
		faults_add(j->faults, w->profile.line, "the name of this watch "
		    "with its peer, NAME@ADDRESS, has up to %zu octets; "
		    "expected at most 255", n);
	if (w->profile.alarm == NULL)
		return;
	n += (size_t)snprintf(NULL, 0, "%s/%s/%s/%s//%u", w->profile.source,
	    w->profile.service, w->profile.role, w->profile.host,
	    w->profile.alarm->id);
	if (n > JUDGE_TEXT_MAX)
		faults_add(j->faults, w->profile.line, "the alarm key of this "
		    "watch, source/service/role/host/watch/alarm, has %zu "
		    "octets; expected at most 255", n);
}

static void
take_identities(struct judge *j, const struct conffile_section *s,
    struct draft *w)
{
	const struct configuration_alarm	*alarm = w->profile.alarm;
	const char				*service = s->title;

	if (alarm != NULL && alarm->service_type[0] != '\0')
		service = alarm->service_type;
	take_identity(j, s, OPTION_SOURCE, j->host, &w->profile.source);
	take_identity(j, s, OPTION_SERVICE, service, &w->profile.service);
	take_identity(j, s, OPTION_ROLE, s->title, &w->profile.role);
	take_identity(j, s, OPTION_HOST, j->host, &w->profile.host);
}

static void
missing_judge(struct judge *j, const struct conffile_section *s,
    const struct draft *w)
{
	const struct protocol	*p = w->profile.form.protocol;
	char			 quoted[FAULTS_QUOTE_SIZE];

	faults_quote(s->title, quoted);
	if (s->value[OPTION_INTERFACE].text == NULL)
		faults_add(j->faults, s->line, "watch %s has no interface; "
		    "expected the one to listen on", quoted);
	if (s->value[OPTION_HEARTBEAT].text == NULL)
		faults_add(j->faults, s->line, "watch %s has no heartbeat; "
		    "expected a form of it, such as \"udp 20053\"", quoted);
	if (s->peers_listed && s->peers.n == 0)
		faults_add(j->faults, s->line, "watch %s has an empty list of "
		    "peers; expected an address in it, or the option left out "
		    "where a peer is not needed", quoted);
	else if (s->peers.n == 0 && p != NULL && !p->any_sender)
		faults_add(j->faults, s->line, "watch %s has no peer; expected "
		    "the address of the node to hear with heartbeat \"%s\"",
		    quoted, w->profile.heartbeat);
}

static void
take_name(struct judge *j, const struct conffile_section *s,
    struct draft *w)
{
	const struct conffile_value	 title = { s->title, s->line };
	const char			*fault;

	fault = judge_text_fault(s->title, JUDGE_TEXT_MAX);
	if (fault != NULL)
		judge_value_fault(j, "watch", &title, fault);
	else
		w->name = s->title;
}

static void
draft_judge(struct judge *j, const struct conffile_section *s,
    struct draft *w)
{
	w->profile.line = s->line;
	w->profile.enabled = true;
	w->profile.recovery = 1;
	take_name(j, s, w);
	take_interface(j, s, w);
	take_addrs(j, s, w);
	take_heartbeat(j, s, w);
	take_alarm(j, s, w);
	if (w->profile.alarm != NULL)
		w->profile.interruption_ns = w->profile.alarm->interruption_ns;
	judge_take_interruption(j, s, &w->profile.interruption_ns);
	take_recovery(j, s, &w->profile.recovery);
	take_enabled(j, s, &w->profile.enabled);
	take_identities(j, s, w);
	if (s->complete)
		missing_judge(j, s, w);
}

static void
watch_add(struct judge *j, struct configuration_profile *profile,
    const char *name, const struct addr *peer)
{
	struct configuration		*c = j->c;
	struct configuration_watch	**watches;
	size_t				 size;

	if (c->nwatches == j->size) {
		size = j->size == 0 ? 16 : j->size * 2;
		watches = reallocarray(c->watches, size, sizeof(*watches));
		if (watches == NULL) {
			faults_exhausted(j->faults);
			return;
		}
		c->watches = watches;
		j->size = size;
	}
	c->watches[c->nwatches] = configuration_watch_new(profile, name, peer);
	if (c->watches[c->nwatches] == NULL)
		faults_exhausted(j->faults);
	else
		c->nwatches++;
}

/* A watch for each peer; returns what the longest address adds to a name. */
static size_t
peers_add(struct judge *j, struct configuration_profile *profile,
    const struct draft *w)
{
	const struct judge_range *r;
	char			 name[JUDGE_TEXT_MAX + ADDR_TEXT_SIZE + 2];
	size_t			 length, n = strlen(w->name), longest = 0;
	struct addr		 a;
	uint32_t		 k;

	memcpy(name, w->name, n);
	name[n] = '@';
	for (r = w->peers.range; r < w->peers.range + w->peers.n; r++) {
		for (k = 0; k < r->count && !j->faults->exhausted; k++) {
			a = judge_range_at(r, k);
			addr_text(&a, name + n + 1);
			length = 1 + strlen(name + n + 1);
			longest = length > longest ? length : longest;
			watch_add(j, profile, name, &a);
		}
	}
	return (longest);
}

static void
watches_add(struct judge *j, struct draft *w)
{
	static const struct addr	 anybody;
	struct configuration_profile	*profile;
	size_t				 longest = 0;

	profile = configuration_profile_new(&w->profile);
	if (profile == NULL)
		faults_exhausted(j->faults);
	else if (w->peers.named)
		longest = peers_add(j, profile, w);
	else
		watch_add(j, profile, w->name, w->peers.n == 0 ? &anybody :
		    &w->peers.range[0].first);
	configuration_profile_release(profile);
	key_judge(j, w, longest);
}

/* A fault for all of a million watches is enough. */
static void
section_count(struct judge *j, const struct conffile_section *s)
{
	if (s->peers.n > 0 || ++j->nwatches <= CONFIGURATION_WATCHES_MAX ||
	    j->too_many)
		return;
	j->too_many = true;
	faults_add(j->faults, s->line, "too many watches; expected at most "
	    "1000000 in all");
}

static void
watch_judge(struct judge *j, const struct conffile_section *s)
{
	struct draft	 w = { 0 };

	section_count(j, s);
	draft_judge(j, s, &w);
	if (w.name != NULL)
		watches_add(j, &w);
	heartbeat_form_free(&w.profile.form);
	free(w.peers.range);
	free(w.heartbeat);
}

/* ---- names that are given twice */

/* FNV-1a (draft-eastlake-fnv, section 2). */
static uint32_t
name_hash(const char *name)
{
	uint32_t	 hash = 2166136261;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619;
	return (hash ^ hash >> 15);
}

static void
twice_say(struct judge *j, const struct configuration_watch *w,
    const struct configuration_watch *before)
{
	char place[FAULTS_LINE_SIZE];

	faults_add(j->faults, w->profile->line, "watch \"%s\" was given "
	    "before, on %s; expected another name", w->name,
	    faults_line(j->faults, w->profile->line, before->profile->line,
	    place));
}

/*
 * Of a section that repeats another, with all its peers, one name is enough;
 * what it repeats of itself was said.
 */
static void
watches_find_twice(struct judge *j)
{
	const struct configuration		*c = j->c;
	const struct configuration_profile	*reported = NULL;
	struct configuration_watch		*w, *before;
	uint32_t				*seen, mask = 15;
	size_t					 i, at;

	while (mask < 2 * c->nwatches)
		mask = 2 * mask + 1;
	seen = calloc((size_t)mask + 1, sizeof(*seen));
	if (seen == NULL) {
		faults_exhausted(j->faults);
		return;
	}
	for (i = 0; i < c->nwatches; i++) {
		w = c->watches[i];
		at = name_hash(w->name) & mask;
		while (seen[at] != 0 &&
		    strcmp(c->watches[seen[at] - 1]->name, w->name) != 0)
			at = (at + 1) & mask;
		if (seen[at] == 0) {
			seen[at] = (uint32_t)i + 1;
			continue;
		}
		before = c->watches[seen[at] - 1];
		if (reported != w->profile && before->profile != w->profile)
			twice_say(j, w, before);
		reported = w->profile;
	}
	free(seen);
}

/* Until here the lines were those of the whole text. */
static void
watches_place(struct judge *j)
{
	const struct configuration	*c = j->c;
	struct configuration_profile	*p = NULL;
	size_t				 i;

	for (i = 0; i < c->nwatches; i++) {
		if (c->watches[i]->profile == p)
			continue;
		p = c->watches[i]->profile;
		(void)places_find(&j->faults->places, p->interface_line,
		    &p->interface_line);
		(void)places_find(&j->faults->places, p->heartbeat_line,
		    &p->heartbeat_line);
		p->file = judge_place(j, &p->line);
	}
}

void
judge_watches(struct judge *j)
{
	const struct conffile	*file = j->file;
	size_t			 i;

	for (i = 0; i < file->nsections && !j->faults->exhausted; i++)
		if (file->sections[i].kind == CONFFILE_WATCH)
			watch_judge(j, &file->sections[i]);
	watches_find_twice(j);
	watches_place(j);
}
