/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "offline/command.h"

static volatile sig_atomic_t stopped;

bool
command_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return (true);
	log_err("cannot write to stdout");
	return (false);
}

static void
stop(int signal)
{
	(void)signal;
	stopped = 1;
}

void
command_catch_signals(void)
{
	struct sigaction	 action = { .sa_handler = stop };

	action.sa_flags = (int)SA_RESETHAND;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool
command_stopped(void)
{
	return (stopped);
}
