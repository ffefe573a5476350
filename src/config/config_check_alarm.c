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
	BUILT_IN_ALARM(27003, "DBService", SEVERITY_MAJOR, "DBService", 7),
	BUILT_IN_ALARM(45640, "FlinkServer", SEVERITY_MINOR, "Flink", 30),
	BUILT_IN_ALARM(46003, "MOTService", SEVERITY_MAJOR, "MOTService", 7),
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

/* An alarm, and where its section begins. */
struct placed_alarm {
	struct configuration_alarm alarm;	/* its texts are borrowed */
	struct config_place	 place;		/* all zero: built in */
};

static void
check_alarm(struct config_check *check, const struct config_section *section,
    struct placed_alarm *a)
{
	struct config_settings	 settings = { .alarm = alarm_default };
	uint32_t		 id = 0;
	size_t			 i;

	if (section->title != NULL)
		(void)number_parse(section->title, 1, CONFIG_ALARM_ID_MAX, &id);
	for (i = 0; i < BUILT_IN; i++)
		if (built_in[i].id == id)
			settings.alarm = built_in[i];
	settings.interruption_ns = settings.alarm.interruption_ns;
	config_check_section(check, section, &settings);
	a->alarm = settings.alarm;
	a->alarm.interruption_ns = settings.interruption_ns;
	a->alarm.line = section->place.line;
	a->place = section->place;
	if (section->complete && id != 0 && a->alarm.name[0] == '\0' &&
	    config_section_value(section, OPTION_NAME) == NULL)
		config_errors_add(check->errors, section->place, "alarm %u has "
		    "no name; expected one, because it is not built in", id);
}

/* By id; the built in alarm before the sections for it. */
static int
alarm_compare(const void *a, const void *b)
{
	const struct placed_alarm *x = a, *y = b;

	if (x->alarm.id != y->alarm.id)
		return (x->alarm.id < y->alarm.id ? -1 : 1);
	return (config_place_compare(&x->place, &y->place));
}

/* A section overrides the built in alarm, and must be the only one. */
static void
alarms_keep(struct config_check *check, const struct placed_alarm *a, size_t n)
{
	struct configuration		*c = check->c;
	const struct placed_alarm	*end = a + n, *first = NULL;

	for (; a < end; a++) {
		if (a->place.source == NULL && a + 1 < end &&
		    a[1].alarm.id == a->alarm.id)
			continue;
		if (first != NULL && first->alarm.id == a->alarm.id) {
			if (a->alarm.id != 0)
				config_errors_add(check->errors, a->place,
				    "alarm %u is given twice, first at %s:%d; "
				    "expected once", a->alarm.id,
				    first->place.source->file,
				    first->place.line);
			continue;
		}
		first = a;
		c->alarms[c->nalarms] = configuration_alarm_new(&a->alarm);
		if (c->alarms[c->nalarms] == NULL)
			config_errors_exhausted(check->errors);
		else
			c->nalarms++;
	}
}

bool
config_check_alarms(struct config_check *check)
{
	const struct config_section	*s;
	struct placed_alarm		*alarms;
	size_t				 i, n = BUILT_IN;

	for (s = check->file->sections; s != NULL; s = s->next)
		n += s->kind == CONFIG_ALARM;
	alarms = calloc(n, sizeof(*alarms));
	check->c->alarms = calloc(n, sizeof(*check->c->alarms));
	if (alarms == NULL || check->c->alarms == NULL) {
		config_errors_exhausted(check->errors);
		free(alarms);
		return (false);
	}
	for (i = 0; i < BUILT_IN; i++)
		alarms[i].alarm = built_in[i];
	for (s = check->file->sections; s != NULL; s = s->next)
		if (s->kind == CONFIG_ALARM)
			check_alarm(check, s, &alarms[i++]);
	qsort(alarms, n, sizeof(*alarms), alarm_compare);
	alarms_keep(check, alarms, n);
	free(alarms);
	return (!check->errors->exhausted);
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
