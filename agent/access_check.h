/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks whether the user of hbwatchd can use the files that a configuration
 * names.  That user is the one of the systemd unit, and the one to which
 * hbwatchd changes when root starts it.
 */
#ifndef HBW_ACCESS_CHECK_H
#define HBW_ACCESS_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "config/configuration.h"

/*
 * For -t, with the configuration `file` and the directory `state`: can the user
 * read the configuration and the files of `log`, and write the state?  A file
 * or directory that does not exist yet is no error.  Started as root, it checks
 * with the groups of the user; started as that user, with its own.  For any
 * other user it only writes to `notes` what was not checked.
 *
 * A configuration in a directory that the user may not enter is a warning, as
 * long as it is not the default one: it may be checked before it is installed.
 * A `log` that the unit hides is also a warning.  Each error and warning is one
 * line.
 */
void	 access_check(const struct configuration *, const char *file,
	    const char *state, FILE *errors, FILE *notes);

#endif
