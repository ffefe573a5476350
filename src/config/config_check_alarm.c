/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/mono.h"
#include "base/number.h"
#include "config/config_check.h"

#define BUILT_IN_ALARM(number, service, level, type_of_service, seconds) {    \
	.id = (number),							      \
	.name = service " Heartbeat Interruption Between the Active and "     \
	    "Standby Nodes",						      \
	.severity = (level),						      \
	.type = "Heartbeat",						      \
	.service_type = (type_of_service),				      \
	.interruption_ns = (seconds) * NSEC_PER_SEC,			      \
}

static const struct configuration_alarm built_in[] = {
	BUILT_IN_ALARM(12010, "Manager", SEVERITY_MAJOR, "Manager", 7),
	/* DBService belongs to Manager and not to a service of its own. */
	BUILT_IN_ALARM(27003, "DBService", SEVERITY_MAJOR,
	    "FusionInsight Manager", 7),
	BUILT_IN_ALARM(45640, "FlinkServer", SEVERITY_MINOR, "Flink", 30),
	BUILT_IN_ALARM(46003, "MOTService", SEVERITY_MAJOR, "MOTService", 7),
	{
		.id = 45640001, .name = "Two Active Nodes",
		.severity = SEVERITY_CRITICAL, .type = "Heartbeat",
		.service_type = "", .interruption_ns = 5 * NSEC_PER_SEC,
	},
};

#define BUILT_IN	(sizeof(built_in) / sizeof(built_in[0]))

/* The defaults of an alarm that is not built in. */
static const struct configuration_alarm alarm_default = {
	.name = "",
	.severity = SEVERITY_MINOR,
	.type = "Heartbeat",
	.service_type = "",
	.interruption_ns = 30 * NSEC_PER_SEC,
};

/* An alarm and the place of its section. */
struct placed_alarm {
	struct configuration_alarm alarm;	/* its texts are borrowed */
	struct config_place	 place;		/* all zero: built in */
};

static void
check_alarm(struct config_check *c, const struct config_section *s,
    struct placed_alarm *a)
{
	uint32_t	 id = 0;
	size_t		 i;

	c->alarm = alarm_default;
	if (s->title != NULL)
		(void)number_parse(s->title, 1, CONFIG_ALARM_ID_MAX, &id);
	for (i = 0; i < BUILT_IN; i++)
		if (built_in[i].id == id)
			c->alarm = built_in[i];
	c->interruption_ns = c->alarm.interruption_ns;
	config_check_section(c, s);
	c->alarm.interruption_ns = c->interruption_ns;
	*a = (struct placed_alarm){ c->alarm, s->place };
	if (s->complete && id != 0 && c->alarm.name[0] == '\0' &&
	    config_section_value(s, OPTION_NAME) == NULL)
		config_error(c->errors, s->place, "alarm %u has no name; "
		    "expected one, because it is not built in", id);
}

/* Sorts by id; a built-in alarm comes before the sections with its id. */
static int
alarm_compare(const void *a, const void *b)
{
	const struct placed_alarm *x = a, *y = b;

	if (x->alarm.id != y->alarm.id)
		return (x->alarm.id < y->alarm.id ? -1 : 1);
	return ((int)x->place.position - (int)y->place.position);
}

/*
 * Keeps one alarm for each id: a section overrides the built-in alarm.  The id
 * is 0 if the title of a section is invalid; such alarms are not compared.
 */
static void
alarms_keep(struct config_check *c, const struct placed_alarm *a, size_t n)
{
	const struct placed_alarm	*first = NULL, *end = a + n;
	struct configuration_alarm	*alarm;

	for (; a < end; a++) {
		if (first != NULL && first->alarm.id == a->alarm.id) {
			config_error(c->errors, a->place, "alarm %u is "
			    "given twice, first at %s:%d; expected once",
			    a->alarm.id, first->place.file, first->place.line);
			continue;
		}
		if (a->place.file == NULL && a + 1 < end &&
		    a[1].alarm.id == a->alarm.id)
			continue;
		first = a->alarm.id == 0 ? NULL : a;
		alarm = configuration_alarm_new(&a->alarm);
		if (alarm == NULL)
			config_errors_exhausted(c->errors);
		else
			c->result.alarms[c->result.nalarms++] = alarm;
	}
}

void
config_check_alarms(struct config_check *c)
{
	const struct config_section	*s;
	struct placed_alarm		*alarms;
	size_t				 i, n = BUILT_IN;

	for (s = c->file->sections; s != NULL; s = s->next)
		n += s->kind == CONFIG_ALARM;
	alarms = arena_alloc(&c->file->arena, n * sizeof(*alarms));
	c->result.alarms = calloc(n, sizeof(*c->result.alarms));
	if (alarms == NULL || c->result.alarms == NULL) {
		config_errors_exhausted(c->errors);
		return;
	}
	for (i = 0; i < BUILT_IN; i++)
		alarms[i].alarm = built_in[i];
	for (s = c->file->sections; s != NULL; s = s->next)
		if (s->kind == CONFIG_ALARM)
			check_alarm(c, s, &alarms[i++]);
	qsort(alarms, n, sizeof(*alarms), alarm_compare);
	alarms_keep(c, alarms, n);
}

static int
id_compare(const void *id, const void *alarm)
{
	const uint32_t				*x = id;
	const struct configuration_alarm *const	*y = alarm;

	return (*x < (*y)->id ? -1 : *x > (*y)->id);
}

struct configuration_alarm *
config_alarm_find(const struct configuration *c, uint32_t id)
{
	struct configuration_alarm	**found;

	found = bsearch(&id, c->alarms, c->nalarms, sizeof(*c->alarms),
	    id_compare);
	return (found == NULL ? NULL : *found);
}
