/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The option -t: checks a configuration and what it names on this host.
 */
#ifndef HBW_DAEMON_TEST_H
#define HBW_DAEMON_TEST_H

#include <stdbool.h>

#include "config/configuration.h"

/* Writes lines to stderr, each with its priority of syslog(3) for systemd. */
void	 daemon_test_print(const char *lines, int priority);

/*
 * Checks the configuration of `file`, with the state directory `state`.  Writes
 * errors and warnings to stderr, and "configuration OK" to stdout if there are
 * no errors; then true.  `as_reload`: what a reload accepts is only a warning.
 */
bool	 daemon_test_run(const struct configuration *, const char *file,
	    const char *state, bool as_reload);

#endif
