/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes configuration files into a directory of their own and loads them.
 */
#ifndef HBW_TEST_CONFIG_FILE_H
#define HBW_TEST_CONFIG_FILE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/configuration.h"

#define FILE_NAME	"c.conf"

/* A watch "w" on line 1, with more options. */
#define WATCH(options) \
	"watch \"w\" { interface = eth0 peer = 192.0.2.1 " \
	"heartbeat = ip " options " }\n"

static char directory[] = "/tmp/hbwatch-test-XXXXXX";

static inline int
directory_enter(void **state)
{
	(void)state;
	return (mkdtemp(directory) == NULL || chdir(directory) == -1 ? -1 : 0);
}

static inline int
directory_leave(void **state)
{
	(void)state;
	unlink(FILE_NAME);
	if (chdir("/") == -1)
		return (-1);
	return (rmdir(directory));
}

static inline void
file_write(const char *text, size_t length)
{
	FILE *f = fopen(FILE_NAME, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
}

/* Loads the file.  The caller frees *errors, the text that was printed. */
static inline struct configuration *
file_load(const char *file, char **errors)
{
	struct configuration	*c;
	size_t			 size;
	FILE			*f = open_memstream(errors, &size);

	assert_non_null(f);
	c = configuration_load(file, false, f);
	assert_int_equal(fclose(f), 0);
	return (c);
}

static inline struct configuration *
load(const char *text)
{
	struct configuration	*c;
	char			*errors;

	file_write(text, strlen(text));
	c = file_load(FILE_NAME, &errors);
	assert_string_equal(errors, "");
	assert_non_null(c);
	free(errors);
	return (c);
}

static inline void
refuse(const char *text, size_t length, const char *expected)
{
	char *errors;

	file_write(text, length);
	assert_null(file_load(FILE_NAME, &errors));
	assert_string_equal(errors, expected);
	free(errors);
}

#endif
