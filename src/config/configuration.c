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
			.history = 10000, .rate = 1000,
			.storm = { 5 * NSEC_PER_SEC, 80 },
			.control = CONFIGURATION_CONTROL,
			.shelve_most_ns = 7 * DURATION_MAX_NS,
			.evidence = 8 << 20, .evidence_files = 256 << 20,
		},
		.watch = {
			.source = c.host, .host = c.host, .recovery = 1,
			.vlan = VLAN_ANY, .enabled = true,
		},
	};
	bool			 kept;

	if (result == NULL)
		return (config_errors_exhausted(errors));
	if (gethostname(c.host, sizeof(c.host) - 1) == -1 ||
	    utf8_text_fault(c.host, 1, CONFIG_TEXT_MAX) != NULL)
		strcpy(c.host, "localhost");
	config_check_section(&c, &file->top);
	c.defaults = c.watch;
	c.result.defaults = configuration_profile_new(&c.watch);
	/* Both, because configuration_free() releases them. */
	kept = interned_string_keep(&c.result.agentx);
	kept = interned_string_keep(&c.result.control) && kept;
	if (!kept || c.result.defaults == NULL)
		config_errors_exhausted(errors);
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

struct configuration *
configuration_load(const char *file, bool pipe, FILE *stream)
{
	struct config_errors	 errors = { 0 }, warnings = { 0 };
	struct config_file	 parsed;
	struct configuration	*c = NULL;
	char			*files = NULL;
	size_t			 length;
	FILE			*names = open_memstream(&files, &length);

	config_parse(&parsed, file, pipe, config_options, names, &errors);
	if (names == NULL || fclose(names) != 0)
		config_errors_exhausted(&errors);
	if (!errors.exhausted && !parsed.arena.exhausted)
		c = configuration_check(&parsed, &errors, &warnings);
	if (c == NULL)
		free(files);
	else
		c->files = files;
	if ((c != NULL && !keep_warnings(c, &warnings, file)) ||
	    parsed.arena.exhausted)
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
	configuration_profile_release(c->defaults);
	interned_string_release(c->agentx);
	interned_string_release(c->control);
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
