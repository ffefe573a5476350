/* SPDX-License-Identifier: BSD-2-Clause */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interned_string.h"
#include "config/config_check.h"
#include "config/config_parse.h"
#include "config/configuration.h"

/* The options of the daemon, and the defaults of the watches. */
static void
check_top(struct config_check *check)
{
	struct configuration	*c = check->c;
	struct config_settings	*top = &check->top;

	top->history = CONFIGURATION_HISTORY_DEFAULT;
	config_check_section(check, &check->file->top, top);
	c->history = top->history;
	c->storm_limit = top->storm_limit;
	c->storm_window_ns = top->storm_window_ns;
	if (top->agentx == NULL)
		return;
	c->agentx = strdup(top->agentx);
	if (c->agentx == NULL)
		config_errors_exhausted(check->errors);
}

static struct configuration *
configuration_check(struct config_file *file, struct config_errors *errors)
{
	struct config_check	 check = { .file = file, .errors = errors };

	check.c = calloc(1, sizeof(*check.c));
	if (check.c == NULL)
		return (config_errors_exhausted(errors));
	if (gethostname(check.host, sizeof(check.host) - 1) == -1 ||
	    config_text_fault(check.host, 1, CONFIG_TEXT_MAX) != NULL)
		strcpy(check.host, "localhost");
	check_top(&check);
	if (config_check_alarms(&check))
		config_check_watches(&check);
	return (check.c);
}

struct configuration *
configuration_load(const char *file, FILE *stream)
{
	struct config_errors	 errors = { 0 };
	struct config_file	 parsed;
	struct configuration	*c = NULL;

	config_parse(&parsed, file, &errors);
	if (!errors.exhausted)
		c = configuration_check(&parsed, &errors);
	if (!config_errors_none(&errors)) {
		config_errors_print(&errors, file, stream);
		configuration_free(c);
		c = NULL;
	}
	config_errors_free(&errors);
	config_file_free(&parsed);
	/* The parser needs several times the memory of the result. */
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
