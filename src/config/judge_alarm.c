/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/mono.h"
#include "config/judge.h"

#define INTERRUPTION_BETWEEN_NODES \
	" Heartbeat Interruption Between the Active and Standby Nodes"

static const struct configuration_alarm built_in[] = {
	{
		.id = 12010,
		.name = "Manager" INTERRUPTION_BETWEEN_NODES,
		.severity = SEVERITY_MAJOR,
		.type = "Heartbeat",
		.service_type = "Manager",
		.interruption_ns = 7 * NSEC_PER_SEC,
	},
	{
		.id = 27003,
		.name = "DBService" INTERRUPTION_BETWEEN_NODES,
		.severity = SEVERITY_MAJOR,
		.type = "Heartbeat",
		.service_type = "DBService",
		.interruption_ns = 7 * NSEC_PER_SEC,
	},
	{
		.id = JUDGE_ALARM_DEFAULT,
		.name = "FlinkServer" INTERRUPTION_BETWEEN_NODES,
		.severity = SEVERITY_MINOR,
		.type = "Heartbeat",
		.service_type = "Flink",
		.interruption_ns = 30 * NSEC_PER_SEC,
	},
	{
		.id = 46003,
		.name = "MOTService" INTERRUPTION_BETWEEN_NODES,
		.severity = SEVERITY_MAJOR,
		.type = "Heartbeat",
		.service_type = "MOTService",
		.interruption_ns = 7 * NSEC_PER_SEC,
	},
};

#define BUILT_IN	(sizeof(built_in) / sizeof(built_in[0]))

/* What an alarm of the user's own is, where its section does not say. */
static const struct configuration_alarm alarm_default = {
	.name = "",
	.severity = SEVERITY_MINOR,
	.type = "Heartbeat",
	.service_type = "",
	.interruption_ns = 30 * NSEC_PER_SEC,
};

static void
take_severity(struct judge *j, const struct conffile_section *s,
    enum severity *severity)
{
	const struct conffile_value *v = &s->value[OPTION_SEVERITY];

	if (v->text != NULL && !severity_parse(v->text, severity))
		judge_value_fault(j, "severity", v,
		    "is none; expected critical, "
		    "major, minor or warning");
}

/* service-type alone may be empty: an alarm need not be of any. */
static void
take_service_type(struct judge *j, const struct conffile_section *s,
    const char **text)
{
	const struct conffile_value *v = &s->value[OPTION_SERVICE_TYPE];

	if (v->text != NULL && v->text[0] == '\0')
		*text = v->text;
	else
		judge_take_text(j, s, OPTION_SERVICE_TYPE, JUDGE_TEXT_MAX,
		    text);
}

/*
 * The built in alarm of that id, or a new one.  An alarm that is given twice
 * has two places, for alarms_find_twice to see.
 */
static struct configuration_alarm *
alarm_place(struct judge *j, uint32_t id)
{
	const struct configuration_alarm	*from = &alarm_default;
	struct configuration_alarm		*a;
	size_t					 i;

	for (i = 0; i < BUILT_IN; i++) {
		if (j->alarms[i].id != id)
			continue;
		if (j->alarms[i].line == 0)
			return (&j->alarms[i]);
		from = &built_in[i];
	}
	a = &j->alarms[j->nalarms++];
	*a = *from;
	a->id = id;
	return (a);
}

static void
alarm_judge(struct judge *j, const struct conffile_section *s)
{
	struct configuration_alarm	*a;
	uint32_t			 id = 0;
	char				 quoted[FAULTS_QUOTE_SIZE];

	if (!judge_number(s->title, 1, JUDGE_ALARM_ID_MAX, &id))
		faults_add(j->faults, s->line, "alarm %s is no id of an "
		    "alarm; expected a number from 1 to 2147483647",
		    faults_quote(s->title, quoted));
	a = alarm_place(j, id);
	a->line = s->line;
	judge_take_text(j, s, OPTION_NAME, JUDGE_TEXT_MAX, &a->name);
	take_severity(j, s, &a->severity);
	judge_take_text(j, s, OPTION_TYPE, JUDGE_TEXT_MAX, &a->type);
	take_service_type(j, s, &a->service_type);
	judge_take_interruption(j, s, &a->interruption_ns);
	if (s->complete && id != 0 && a->name != NULL && a->name[0] == '\0' &&
	    s->value[OPTION_NAME].text == NULL)
		faults_add(j->faults, s->line, "alarm %u has no name; expected "
		    "one, since this alarm is not built in", id);
}

static int
alarm_compare(const void *a, const void *b)
{
	const struct configuration_alarm *x = a, *y = b;

	if (x->id != y->id)
		return (x->id < y->id ? -1 : 1);
	return (x->line < y->line ? -1 : x->line > y->line);
}

static void
alarms_find_twice(struct judge *j)
{
	const struct configuration_alarm	*a = j->alarms;
	size_t					 i, first = 0;
	char					 place[FAULTS_LINE_SIZE];

	for (i = 1; i < j->nalarms; i++) {
		if (a[i].id != a[first].id)
			first = i;
		else if (a[i].id != 0)
			faults_add(j->faults, a[i].line, "alarm %u was given "
			    "before, on %s; expected it once", a[i].id,
			    faults_line(j->faults, a[i].line, a[first].line,
			    place));
	}
}

/* The alarms of the configuration, out of what they were judged to be. */
static void
alarms_keep(struct judge *j)
{
	struct configuration		*c = j->c;
	struct configuration_alarm	*a;
	int				*line;

	c->alarms = calloc(j->nalarms, sizeof(*c->alarms));
	for (; c->alarms != NULL && c->nalarms < j->nalarms; c->nalarms++) {
		/* Until here it was that of the whole text. */
		line = &j->alarms[c->nalarms].line;
		(void)places_find(&j->faults->places, *line, line);
		a = configuration_alarm_new(&j->alarms[c->nalarms]);
		if (a == NULL)
			break;
		c->alarms[c->nalarms] = a;
	}
	if (c->nalarms < j->nalarms)
		faults_exhausted(j->faults);
}

bool
judge_alarms(struct judge *j)
{
	const struct conffile	*file = j->file;
	size_t			 i, n = 0;

	for (i = 0; i < file->nsections; i++)
		n += file->sections[i].kind == CONFFILE_ALARM;
	j->alarms = calloc(BUILT_IN + n, sizeof(*j->alarms));
	if (j->alarms == NULL) {
		faults_exhausted(j->faults);
		return (false);
	}
	for (; j->nalarms < BUILT_IN; j->nalarms++)
		j->alarms[j->nalarms] = built_in[j->nalarms];
	for (i = 0; i < file->nsections; i++)
		if (file->sections[i].kind == CONFFILE_ALARM)
			alarm_judge(j, &file->sections[i]);
	qsort(j->alarms, j->nalarms, sizeof(*j->alarms), alarm_compare);
	alarms_find_twice(j);
	alarms_keep(j);
	free(j->alarms);
	return (!j->faults->exhausted);
}

struct configuration_alarm *
judge_find_alarm(const struct configuration *c, uint32_t id)
{
	size_t low = 0, high = c->nalarms, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (c->alarms[middle]->id == id)
			return (c->alarms[middle]);
		if (c->alarms[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return (NULL);
}
