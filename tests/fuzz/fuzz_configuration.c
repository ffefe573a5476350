/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration file with any bytes: it is valid and within its limits, or it
 * is rejected with errors that name the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "config/configuration.h"
#include "packet/capture_expression.h"

#include "fuzz.h"

/*
 * Replaces the function of capture_expression.c, which is not linked: this
 * target does not test the compiler of libpcap, which may send DNS queries.
 */
bool
capture_expression_valid(const char *expression, char *error)
{
	snprintf(error, CAPTURE_ERROR_SIZE, "syntax error");
	return (expression[0] != '!');
}

static void
check_watch(const struct configuration_watch *watch)
{
	const struct configuration_profile *w = watch->profile;

	fuzz_check(watch->name[0] != '\0' && w->interface[0] != '\0');
	fuzz_check(strlen(w->interface) < 16);
	fuzz_check(strchr(w->interface, '\n') == NULL);
	fuzz_check(w->form.protocol != NULL && w->alarm != NULL);
	fuzz_check(watch->peer.family != ADDR_NONE ||
	    w->form.protocol->any_sender);
	fuzz_check(w->interruption_ns >= DURATION_MIN_NS);
	fuzz_check(w->interruption_ns <= DURATION_MAX_NS);
	fuzz_check(w->hold_down_ns >= 0);
	fuzz_check(w->hold_down_ns <= DURATION_MAX_NS);
	fuzz_check((w->flapping.limit == 0) == (w->flapping.window_ns == 0));
	fuzz_check(w->recovery >= 1 && w->line > 0 && w->interface_line > 0);
	fuzz_check(w->source[0] != '\0' && w->service[0] != '\0');
	fuzz_check(w->role[0] != '\0' && w->host[0] != '\0');
}

static void
check_errors(const char *file, const char *errors)
{
	const char *line = errors, *end;

	fuzz_check(errors[0] != '\0');
	for (; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		fuzz_check(end != NULL);
		fuzz_check(strncmp(line, file, strlen(file)) == 0);
		fuzz_check(line[strlen(file)] == ':');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct configuration	*c;
	char			 file[FUZZ_PATH_SIZE], *errors;
	size_t			 length, i;
	FILE			*stream = open_memstream(&errors, &length);
	int			 fd = fuzz_memory_file(data, size, file);

	fuzz_check(stream != NULL);
	c = configuration_load(file, false, stream);
	fclose(stream);
	close(fd);
	if (c == NULL)
		check_errors(file, errors);
	else {
		fuzz_check(errors[0] == '\0');
		for (i = 0; i < c->nwatches; i++)
			check_watch(c->watches[i]);
	}
	free(errors);
	configuration_free(c);
	return (0);
}
