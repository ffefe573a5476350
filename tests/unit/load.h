/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration out of a text, for tests.
 */
#ifndef HBW_TEST_LOAD_H
#define HBW_TEST_LOAD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/configuration.h"

/* NULL, and the errors are on stderr, when the text is none. */
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
		config = configuration_load(file, stderr);
	close(fd);
	unlink(file);
	return (config);
}

#endif
