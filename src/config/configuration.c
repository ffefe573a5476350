/* SPDX-License-Identifier: BSD-2-Clause */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interned_string.h"
#include "base/utf8.h"
#include "config/config_check.h"
#include "config/configuration.h"

static struct configuration *
configuration_check(struct config_file *file, struct config_errors *errors,
    struct config_errors *warnings)
{
	struct configuration	*result = malloc(sizeof(*result));
	struct config_check	 c = {
		.file = file, .errors = errors, .warnings = warnings,
		.result = {
			.history = 10000, .rate = 1000, .storm_limit = 80,
			.storm_window_ns = 5 * NSEC_PER_SEC,
			.evidence = 8 << 20, .evidence_files = 256 << 20,
		},
		.watch = {
			.source = c.host, .host = c.host, .recovery = 1,
			.vlan = VLAN_ANY, .enabled = true,
		},
	};

	if (result == NULL)
		return (config_errors_exhausted(errors));
	if (gethostname(c.host, sizeof(c.host) - 1) == -1 ||
	    utf8_text_fault(c.host, 1, CONFIG_TEXT_MAX) != NULL)
		strcpy(c.host, "localhost");
	config_check_section(&c, &file->top);
	c.defaults = c.watch;
	if (c.agentx != NULL) {
		c.result.agentx = strdup(c.agentx);
		if (c.result.agentx == NULL)
			config_errors_exhausted(errors);
	}
	config_check_alarms(&c);
	config_check_watches(&c);
	*result = c.result;
	return (result);
}

/* False when memory is exhausted. */
static bool
keep_warnings(struct configuration *c, struct config_errors *warnings,
    const char *file)
{
	size_t	 length;
	FILE	*stream = open_memstream(&c->warnings, &length);

	if (stream == NULL)
		return (false);
	(void)config_errors_print(warnings, file, stream);
	return (fclose(stream) == 0 && !warnings->exhausted);
}

/* False when memory is exhausted. */
static bool
keep_files(struct configuration *c, const struct config_lex_name *file)
{
	size_t	 length;
	FILE	*stream = open_memstream(&c->files, &length);

	if (stream == NULL)
		return (false);
	for (; file != NULL; file = file->next)
		fprintf(stream, "%s\n", file->name);
	return (fclose(stream) == 0);
}

struct configuration *
configuration_load(const char *file, bool pipe, FILE *stream)
{
	struct config_errors	 errors = { 0 }, warnings = { 0 };
	struct config_file	 parsed;
	struct configuration	*c = NULL;

	config_parse(&parsed, file, pipe, config_options, &errors);
	if (!errors.exhausted && !parsed.arena.exhausted)
		c = configuration_check(&parsed, &errors, &warnings);
	if ((c != NULL && (!keep_warnings(c, &warnings, file) ||
	    !keep_files(c, parsed.names))) || parsed.arena.exhausted)
		config_errors_exhausted(&errors);
	if (config_errors_print(&errors, file, stream)) {
		configuration_free(c);
		c = NULL;
	}
	config_errors_free(&errors);
	config_errors_free(&warnings);
	arena_free(&parsed.arena);
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
	free(c->warnings);
	free(c->files);
	free(c);
}
