/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads a configuration from a text, for tests.
 */
#ifndef HBW_TEST_LOAD_H
#define HBW_TEST_LOAD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/configuration.h"

/* NULL when the text is invalid; the errors are written to stderr. */
static inline struct configuration *
load(const char *text)
{
	char			 file[] = "/tmp/hbwatch-test-XXXXXX";
	struct configuration	*config = NULL;
	size_t			 length = strlen(text);
	int			 fd;

	fd = mkstemp(file);
	if (fd == -1)
		return (NULL);
	if (write(fd, text, length) == (ssize_t)length)
		config = configuration_load(file, false, stderr);
	close(fd);
	unlink(file);
	return (config);
}

#endif
