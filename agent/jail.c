/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "jail.h"

bool
jail_enter(const struct configuration *config, const char *state)
{
#ifdef HBW_SANITIZERS
	/* The sanitizers need more files and system calls. */
	(void)config;
	(void)state;
	return (true);
#else
	return (jail_limit_files(config, state) && jail_limit_calls());
#endif
}
