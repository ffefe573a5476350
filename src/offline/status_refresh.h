/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shows an output again and again on the whole terminal, until q or Ctrl-C.
 */
#ifndef HBW_STATUS_REFRESH_H
#define HBW_STATUS_REFRESH_H

#include <stdio.h>

#include "offline/command.h"
#include "offline/screen.h"

/*
 * Writes what is to be shown to screen->out, and errors to stderr, which are
 * shown after it.  It runs in a process of its own, which may be killed when it
 * takes too long.
 */
typedef enum command_status status_refresh_print(void *arg,
	    const struct screen *);

/*
 * Prints every second.  Returns the status of the last output.  The terminal is
 * restored on every end but SIGKILL.
 */
enum command_status status_refresh(status_refresh_print *, void *arg);

#endif
