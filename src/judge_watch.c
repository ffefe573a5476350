/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture.h"
#include "judge.h"

#define INTERFACE_MAX	15		/* IFNAMSIZ - 1 */
#define RECOVERY_MAX	1000000

/* What a section is found to say; the texts are the file's or owned here. */
struct draft {
	struct configuration_profile	 profile;
	const char			*name;
	char				*heartbeat;
	struct addr			 peer;
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

static bool
addr_is_unspecified(const struct addr *a)
{
	static const uint8_t zero[16];

	return (memcmp(a->octets, zero, addr_length(a)) == 0);
}

/* Multicast, or IPv4's broadcast: nobody sends from it. */
static bool
addr_is_group(const struct addr *a)
{
	if (a->family == ADDR_IPV6)
		return (a->octets[0] == 0xff);
	return ((a->octets[0] & 0xf0) == 0xe0 ||
	    memcmp(a->octets, "\xff\xff\xff\xff", 4) == 0);
}

/* False, and *a is none, when the option is left out or no address. */
static bool
take_addr(struct judge *j, const struct conffile_section *s,
    enum conffile_option option, struct addr *a)
{
	const struct conffile_value	*v = &s->value[option];
	const char			*name = conffile_name(option);

	if (v->text == NULL)
		return (false);
	if (!addr_parse(v->text, a))
		judge_value_fault(j, name, v,
		    "is no address; expected a numeric "
		    "IPv4 or IPv6 address");
	else if (addr_is_unspecified(a))
		judge_value_fault(j, name, v,
		    "is no node's address; expected one, "
		    "or the option left out for any");
	else if (option == OPTION_PEER && addr_is_group(a))
		judge_value_fault(j, name, v,
		    "is the address of a group; expected "
		    "that of the node which sends");
	else
		return (true);
	*a = (struct addr){ .family = ADDR_NONE };
	return (false);
}

static void
take_addrs(struct judge *j, const struct conffile_section *s,
    struct draft *w)
{
	bool	 peer = take_addr(j, s, OPTION_PEER, &w->peer);
	bool	 local = take_addr(j, s, OPTION_LOCAL, &w->profile.local);
	char	 text[ADDR_TEXT_SIZE];

	if (!peer || !local || w->peer.family == w->profile.local.family)
		return;
	faults_add(j->faults, s->value[OPTION_LOCAL].line,
	    "local \"%s\" is not of the family of the peer; expected an %s "
	    "address", addr_text(&w->profile.local, text),
	    w->peer.family == ADDR_IPV4 ? "IPv4" : "IPv6");
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
	else if (!heartbeat_form_parse(w->profile.heartbeat, &w->profile.form, error,
	    sizeof(error)))
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

/* One object holds it all: SOURCE/SERVICE/ROLE/HOST/WATCH/ALARM. */
static void
key_judge(struct judge *j, const struct draft *w)
{
	int n;

	if (w->name == NULL || w->profile.alarm == NULL || j->faults->exhausted)
		return;
	n = snprintf(NULL, 0, "%s/%s/%s/%s/%s/%u", w->profile.source,
	    w->profile.service, w->profile.role, w->profile.host, w->name,
	    w->profile.alarm->id);
	if (n > JUDGE_TEXT_MAX)
		faults_add(j->faults, w->profile.line, "the alarm key of this watch, "
		    "source/service/role/host/watch/alarm, has %d octets; "
		    "expected at most 255", n);
}

static void
take_identities(struct judge *j, const struct conffile_section *s,
    struct draft *w)
{
	const char *service = s->title;

	if (w->profile.alarm != NULL && w->profile.alarm->service_type != NULL &&
	    w->profile.alarm->service_type[0] != '\0')
		service = w->profile.alarm->service_type;
	take_identity(j, s, OPTION_SOURCE, j->host, &w->profile.source);
	take_identity(j, s, OPTION_SERVICE, service, &w->profile.service);
	take_identity(j, s, OPTION_ROLE, s->title, &w->profile.role);
	take_identity(j, s, OPTION_HOST, j->host, &w->profile.host);
	key_judge(j, w);
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
	if (s->value[OPTION_PEER].text == NULL && p != NULL && !p->any_sender)
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
	struct configuration_watch *w;

	w = configuration_watch_new(profile, name, peer);
	if (w == NULL)
		faults_exhausted(j->faults);
	else
		j->c->watches[j->c->nwatches++] = w;
}

static void
watch_judge(struct judge *j, const struct conffile_section *s)
{
	struct draft			 w = { 0 };
	struct configuration_profile	*profile;

	draft_judge(j, s, &w);
	profile = configuration_profile_new(&w.profile);
	if (profile == NULL)
		faults_exhausted(j->faults);
	else if (w.name != NULL)
		watch_add(j, profile, w.name, &w.peer);
	configuration_profile_release(profile);
	heartbeat_form_free(&w.profile.form);
	free(w.heartbeat);
}

static int
watch_compare(const void *a, const void *b)
{
	const struct configuration_watch *const	*x = a, *const *y = b;
	int					 names;

	names = strcmp((*x)->name, (*y)->name);
	return (names != 0 ? names : (*x)->profile->line < (*y)->profile->line ?
	    -1 : (*x)->profile->line > (*y)->profile->line);
}

static void
watches_find_twice(struct judge *j)
{
	const struct configuration	 *c = j->c;
	struct configuration_watch	**sorted;
	size_t				  i, first = 0;

	sorted = calloc(c->nwatches + 1, sizeof(*sorted));
	if (sorted == NULL) {
		faults_exhausted(j->faults);
		return;
	}
	memcpy(sorted, c->watches, c->nwatches * sizeof(*sorted));
	qsort(sorted, c->nwatches, sizeof(*sorted), watch_compare);
	for (i = 1; i < c->nwatches; i++) {
		if (strcmp(sorted[i]->name, sorted[first]->name) != 0)
			first = i;
		else
			faults_add(j->faults, sorted[i]->profile->line,
			    "watch \"%s\" was given before, on line %d; "
			    "expected another name", sorted[i]->name,
			    sorted[first]->profile->line);
	}
	free(sorted);
}

void
judge_watches(struct judge *j)
{
	const struct conffile	*file = j->file;
	struct configuration	*c = j->c;
	size_t			 i;

	c->watches = calloc(file->nsections + 1, sizeof(*c->watches));
	if (c->watches == NULL) {
		faults_exhausted(j->faults);
		return;
	}
	for (i = 0; i < file->nsections && !j->faults->exhausted; i++)
		if (file->sections[i].kind == CONFFILE_WATCH)
			watch_judge(j, &file->sections[i]);
	watches_find_twice(j);
}
