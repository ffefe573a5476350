/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration file with any bytes: it is valid and within its limits, or it
 * is rejected with errors that name the file.
 */
#include <sys/mman.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mono.h"
#include "config/configuration.h"
#include "packet/capture_expression.h"

#include "fuzz.h"

/*
 * Replaces the function of the same name, so that libpcap's compiler is not
 * tested: it uses the resolver.
 */
struct capture_expression *
capture_expression_new(const char *expression, int link_type, char *error)
{
	(void)link_type;
	snprintf(error, CAPTURE_ERROR_SIZE, "syntax error\n");
	return (expression[0] == '!' ? NULL : malloc(1));
}

void
capture_expression_free(struct capture_expression *e)
{
	free(e);
}

static void
check(int right)
{
	if (!right)
		abort();
}

static void
check_watch(const struct configuration_watch *watch)
{
	const struct configuration_profile *w = watch->profile;

	check(watch->name[0] != '\0' && w->interface[0] != '\0');
	check(strlen(w->interface) < 16 && strchr(w->interface, '\n') == NULL);
	check(w->form.protocol != NULL && w->alarm != NULL);
	check(watch->peer.family != ADDR_NONE || w->form.protocol->any_sender);
	check(w->interruption_ns >= CONFIGURATION_INTERRUPTION_MIN_NS);
	check(w->interruption_ns <= CONFIGURATION_INTERRUPTION_MAX_NS);
	check(w->recovery >= 1 && w->line > 0 && w->interface_line > 0);
	check(w->source[0] != '\0' && w->service[0] != '\0');
	check(w->role[0] != '\0' && w->host[0] != '\0');
}

static void
check_errors(const char *file, const char *errors)
{
	const char *line = errors, *end;

	check(errors[0] != '\0');
	for (; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		check(end != NULL);
		check(strncmp(line, file, strlen(file)) == 0);
		check(line[strlen(file)] == ':');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct configuration	*c;
	char			 file[64], *errors;
	size_t			 length, i;
	FILE			*stream = open_memstream(&errors, &length);
	int			 fd = memfd_create("configuration", 0);

	check(stream != NULL && fd != -1);
	check(write(fd, data, size) == (ssize_t)size);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	c = configuration_load(file, stream);
	fclose(stream);
	close(fd);
	if (c == NULL)
		check_errors(file, errors);
	else {
		check(errors[0] == '\0');
		for (i = 0; i < c->nwatches; i++)
			check_watch(c->watches[i]);
	}
	free(errors);
	configuration_free(c);
	return (0);
}
