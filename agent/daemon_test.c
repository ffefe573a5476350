/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access_check.h"
#include "base/log.h"
#include "daemon_test.h"
#include "host_check.h"
#include "standalone.h"

void
daemon_test_print(const char *lines, int priority)
{
	const char	*line, *end;

	for (line = lines; *line != '\0'; line = end + (*end != '\0')) {
		end = line + strcspn(line, "\n");
		fprintf(stderr, "%s%.*s\n", log_prefix(priority),
		    (int)(end - line), line);
	}
}

/* A text that a stream writes; it grows as needed. */
struct lines {
	char	*text;
	size_t	 length;
	FILE	*stream;
};

static void
begin(struct lines *l)
{
	l->stream = open_memstream(&l->text, &l->length);
	if (l->stream == NULL)
		fatal("cannot check the configuration");
}

/* Prints the lines; true when there were some. */
static bool
end(struct lines *l, int priority)
{
	if (fclose(l->stream) != 0)
		fatal("cannot check the configuration");
	daemon_test_print(l->text, priority);
	free(l->text);
	return (l->length > 0);
}

bool
daemon_test_run(const struct configuration *config, const char *file,
    const char *state, bool as_reload)
{
	struct lines	 errors, notes;
	FILE		*host;
	bool		 ok;

	begin(&errors);
	begin(&notes);
	/* Interfaces and log files may come later, addresses may go. */
	host = as_reload ? notes.stream : errors.stream;
	(void)host_check_interfaces(config, host);
	(void)host_check_peers(config, host);
	(void)host_check_link_types(config, errors.stream);
	host_check_note_link_types(config, notes.stream);
	access_check(config, file, state, host, notes.stream);
	(void)end(&notes, LOG_WARNING);
	ok = !end(&errors, LOG_ERR);
	ok = standalone_check(config, true) == STANDALONE_OK && ok;
	if (ok)
		printf("configuration OK\n");
	return (ok);
}
