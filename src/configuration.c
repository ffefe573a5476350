/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "configuration.h"
#include "judge.h"

static void
snmp_judge(struct judge *j)
{
	const struct conffile	*file = j->file;
	struct configuration	*c = j->c;
	const char		*fault;

	c->snmp = calloc(file->nsnmp + 1, sizeof(*c->snmp));
	c->snmp_lines = calloc(file->nsnmp + 1, sizeof(*c->snmp_lines));
	if (c->snmp == NULL || c->snmp_lines == NULL) {
		faults_exhausted(j->faults);
		return;
	}
	for (; c->nsnmp < file->nsnmp; c->nsnmp++) {
		c->snmp_lines[c->nsnmp] = file->snmp[c->nsnmp].line;
		c->snmp[c->nsnmp] = faults_copy(j->faults,
		    file->snmp[c->nsnmp].text);
		fault = judge_text_fault(file->snmp[c->nsnmp].text,
		    JUDGE_LONG_TEXT_MAX);
		if (fault != NULL)
			judge_value_fault(j, "snmp", &file->snmp[c->nsnmp],
			    fault);
	}
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
	return (c);
}

void
configuration_free(struct configuration *c)
{
	if (c == NULL)
		return;
	free(c->agentx);
	while (c->nsnmp > 0)
		free(c->snmp[--c->nsnmp]);
	free(c->snmp);
	free(c->snmp_lines);
	while (c->nalarms > 0)
		configuration_alarm_release(c->alarms[--c->nalarms]);
	free(c->alarms);
	while (c->nwatches > 0)
		configuration_watch_release(c->watches[--c->nwatches]);
	free(c->watches);
	free(c);
}
