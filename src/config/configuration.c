/* SPDX-License-Identifier: BSD-2-Clause */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interned_string.h"
#include "base/mono.h"
#include "config/configuration.h"
#include "config/duration.h"
#include "config/judge.h"

static void
snmp_judge(struct judge *j)
{
	const struct conffile	*file = j->file;
	struct configuration	*c = j->c;
	const struct conffile_value *v;
	struct configuration_directive *d;
	const char		*fault;

	c->snmp = calloc(file->snmp.n + 1, sizeof(*c->snmp));
	if (c->snmp == NULL) {
		faults_exhausted(j->faults);
		return;
	}
	for (; c->nsnmp < file->snmp.n; c->nsnmp++) {
		v = &file->snmp.value[c->nsnmp];
		d = &c->snmp[c->nsnmp];
		d->line = v->line;
		d->file = judge_place(j, &d->line);
		d->text = faults_copy(j->faults, v->text);
		fault = judge_text_fault(v->text, JUDGE_LONG_TEXT_MAX);
		/* Without its text, which may hold a community. */
		if (fault != NULL)
			faults_add(j->faults, v->line,
			    "a directive of snmp %s", fault);
	}
}

static void
history_judge(struct judge *j)
{
	const struct conffile_value *v = &j->file->top.value[OPTION_HISTORY];

	j->c->history = CONFIGURATION_HISTORY_DEFAULT;
	if (v->text != NULL && !judge_number(v->text,
	    CONFIGURATION_HISTORY_MIN, CONFIGURATION_HISTORY_MAX,
	    &j->c->history))
		judge_value_fault(j, "history", v, "is no such number; "
		    "expected 100 to 1000000 notifications");
}

/* "100 in 10s". */
static bool
storm_parse(const char *text, uint32_t *limit, int64_t *window_ns)
{
	char		 number[16];
	size_t		 n = strcspn(text, " \t");
	const char	*rest = text + n + strspn(text + n, " \t");

	if (n >= sizeof(number) || strncmp(rest, "in", 2) != 0 ||
	    (rest[2] != ' ' && rest[2] != '\t'))
		return (false);
	memcpy(number, text, n);
	number[n] = '\0';
	rest += 2 + strspn(rest + 2, " \t");
	return (judge_number(number, 1, CONFIGURATION_STORM_LIMIT_MAX, limit) &&
	    duration_parse(rest, window_ns) &&
	    *window_ns >= CONFIGURATION_STORM_WINDOW_MIN_NS &&
	    *window_ns <= CONFIGURATION_STORM_WINDOW_MAX_NS);
}

static void
storm_judge(struct judge *j)
{
	const struct conffile_value *v = &j->file->top.value[OPTION_STORM];

	if (v->text != NULL && !storm_parse(v->text, &j->c->storm_limit,
	    &j->c->storm_window_ns))
		judge_value_fault(j, "storm", v, "is no rate of alarms; "
		    "expected NUMBER in DURATION, 1 to 1000000 in 1s to 1h, "
		    "such as 100 in 10s");
}

/* The defaults are judged here once and not in each watch. */
static void
top_judge(struct judge *j)
{
	static const enum conffile_option	 defaults[] = { OPTION_SOURCE,
						    OPTION_SERVICE,
						    OPTION_ROLE, OPTION_HOST };
	const char				*text = NULL;
	size_t					 i;

	judge_take_text(j, &j->file->top, OPTION_AGENTX, JUDGE_LONG_TEXT_MAX,
	    &text);
	if (text != NULL)
		j->c->agentx = faults_copy(j->faults, text);
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		judge_take_text(j, &j->file->top, defaults[i], JUDGE_TEXT_MAX,
		    &text);
	history_judge(j);
	storm_judge(j);
	snmp_judge(j);
}

static struct configuration *
configuration_judge(const struct conffile *file, struct faults *faults)
{
	struct judge j = { .file = file, .faults = faults };

	j.c = calloc(1, sizeof(*j.c));
	if (j.c == NULL)
		return (faults_exhausted(faults));
	if (gethostname(j.host, sizeof(j.host) - 1) == -1 ||
	    judge_text_fault(j.host, JUDGE_TEXT_MAX) != NULL)
		strcpy(j.host, "localhost");
	top_judge(&j);
	if (judge_alarms(&j))
		judge_watches(&j);
	return (j.c);
}

struct configuration *
configuration_load(const char *file, FILE *errors)
{
	struct faults		 faults = { 0 };
	struct conffile		*conffile;
	struct configuration	*c = NULL;

	conffile = conffile_read(file, &faults);
	if (conffile != NULL && !faults.exhausted)
		c = configuration_judge(conffile, &faults);
	conffile_free(conffile);
	if (!faults_none(&faults)) {
		faults_print(&faults, file, errors);
		configuration_free(c);
		c = NULL;
	}
	faults_free(&faults);
	/* What was read is a multiple of what is kept. */
	malloc_trim(0);
	return (c);
}

void
configuration_free(struct configuration *c)
{
	if (c == NULL)
		return;
	free(c->agentx);
	while (c->nsnmp > 0) {
		interned_string_release(c->snmp[--c->nsnmp].file);
		free(c->snmp[c->nsnmp].text);
	}
	free(c->snmp);
	while (c->nalarms > 0)
		configuration_alarm_release(c->alarms[--c->nalarms]);
	free(c->alarms);
	while (c->nwatches > 0)
		configuration_watch_release(c->watches[--c->nwatches]);
	free(c->watches);
	free(c);
}
