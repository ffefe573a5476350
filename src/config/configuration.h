/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a configuration file, see hbwatchd.conf(5), and checks it.
 */
#ifndef HBW_CONFIGURATION_H
#define HBW_CONFIGURATION_H

#include <stdio.h>

#include "config/config_types.h"

/*
 * Reads a regular file or, if `pipe` is true, a pipe without a name.  All other
 * files are refused without blocking.  Each error is written to `errors` as one
 * line, FILE:LINE: with the fault and the expected value; if there are errors,
 * NULL is returned.  Warnings are not written, but are in the result.  The
 * caller frees it with configuration_free.
 */
struct configuration *configuration_load(const char *file, bool pipe,
	    FILE *errors);
void	 configuration_free(struct configuration *);

#endif
