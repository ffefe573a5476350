/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/prctl.h>

#include <errno.h>
#include <unistd.h>

#include <cap-ng.h>

#include "engine/sandbox.h"
#include "engine/scheduling.h"
#include "privileges.h"

static bool
read_capabilities(void)
{
	if (capng_get_caps_process() == 0)
		return (true);
	errno = EPERM;
	return (false);
}

/*
 * Adds capabilities to the inheritable set, which is possible only while the
 * bounding set has them.
 */
static bool
inherit(const unsigned *capabilities, size_t n)
{
	size_t	 i;

	if (!read_capabilities())
		return (false);
	for (i = 0; i < n; i++)
		if (capng_have_capability(CAPNG_PERMITTED, capabilities[i]))
			(void)capng_update(CAPNG_ADD, CAPNG_INHERITABLE,
			    capabilities[i]);
	if (capng_apply(CAPNG_SELECT_CAPS) == 0)
		return (true);
	errno = EPERM;
	return (false);
}

/*
 * Drops every capability that is not in the list.  The engine's program can get
 * the first `inherited` ones.
 */
static bool
keep(const unsigned *capabilities, size_t n, size_t inherited)
{
	bool	 has[CAP_LAST_CAP + 1];
	size_t	 i;

	if (!read_capabilities())
		return (false);
	for (i = 0; i < n; i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED,
		    capabilities[i]);
	capng_clear(CAPNG_SELECT_CAPS);
	for (i = 0; i < n; i++)
		if (has[i])
			(void)capng_update(CAPNG_ADD,
			    CAPNG_EFFECTIVE | CAPNG_PERMITTED |
			    (i < inherited ? CAPNG_INHERITABLE : 0),
			    capabilities[i]);
	if (capng_apply(CAPNG_SELECT_CAPS) == 0)
		return (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0,
		    0) == 0);
	errno = EPERM;
	return (false);
}

bool
privileges_limit(bool bind)
{
	unsigned	 capabilities[6];
	size_t		 n = 0, inherited;

	capabilities[n++] = CAP_NET_RAW;
	if (geteuid() == 0) {
		capabilities[n++] = CAP_SETUID;
		capabilities[n++] = CAP_SETGID;
	}
	if (scheduling_needs_capability())
		capabilities[n++] = CAP_SYS_NICE;
	inherited = n;
	if (!inherit(capabilities, inherited))
		return (false);
	if (geteuid() == 0)
		capabilities[n++] = CAP_KILL;
	/* Fails without CAP_SETPCAP; then the unit of systemd has done it. */
	(void)sandbox_drop_bounding();
	if (bind)
		capabilities[n++] = CAP_NET_BIND_SERVICE;
#ifndef HBW_SANITIZERS
	/* The leak sanitizer traces its own process. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return (false);
#endif
	return (keep(capabilities, n, inherited) &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

bool
privileges_settle(void)
{
	return (privileges_limit(false));
}
