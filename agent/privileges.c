/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/prctl.h>

#include <errno.h>
#include <unistd.h>

#include <cap-ng.h>

#include "engine/sandbox.h"
#include "privileges.h"

/* Drops every capability that is not in the list. */
static bool
keep(const unsigned *capabilities, size_t n)
{
	bool	 has[CAP_LAST_CAP + 1];
	size_t	 i;

	if (capng_get_caps_process() != 0) {
		errno = EPERM;
		return (false);
	}
	for (i = 0; i < n; i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED,
		    capabilities[i]);
	capng_clear(CAPNG_SELECT_CAPS);
	for (i = 0; i < n; i++)
		if (has[i])
			(void)capng_update(CAPNG_ADD,
			    CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			    capabilities[i]);
	/* Clearing the inheritable set clears the ambient one, too. */
	if (capng_apply(CAPNG_SELECT_CAPS) == 0)
		return (true);
	errno = EPERM;
	return (false);
}

bool
privileges_limit(bool bind)
{
	unsigned	 capabilities[5];
	size_t		 n = 0;

	/* Fails without CAP_SETPCAP; then the unit of systemd has done it. */
	(void)sandbox_drop_bounding();
	capabilities[n++] = CAP_NET_RAW;
	if (geteuid() == 0) {
		capabilities[n++] = CAP_SETUID;
		capabilities[n++] = CAP_SETGID;
		capabilities[n++] = CAP_KILL;
	}
	if (bind)
		capabilities[n++] = CAP_NET_BIND_SERVICE;
#ifndef HBW_SANITIZERS
	/* The leak sanitizer traces its own process. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return (false);
#endif
	return (keep(capabilities, n) &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

bool
privileges_settle(void)
{
	return (privileges_limit(false));
}
