/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shows an output on the whole terminal and refreshes it, until q or Ctrl-C.
 */
#ifndef HBW_STATUS_REFRESH_H
#define HBW_STATUS_REFRESH_H

#include <stdio.h>

#include "offline/command.h"
#include "offline/screen.h"

/*
 * Writes the output to screen->out and errors to stderr; the errors are shown
 * after the output.  It runs in a process of its own, which may be killed when
 * it takes too long.
 */
typedef enum command_status status_refresh_print(void *arg,
	    const struct screen *);

/*
 * Prints every second.  Returns the status of the last output that was
 * complete, or COMMAND_BLIND if there was none or the last one stopped for more
 * than 5 s.  The terminal is restored on every end but SIGKILL.
 */
enum command_status status_refresh(status_refresh_print *, void *arg);

#endif
