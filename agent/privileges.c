/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <cap-ng.h>

#include "base/log.h"
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

static bool
apply_capabilities(void)
{
	if (capng_apply(CAPNG_SELECT_CAPS) == 0)
		return (true);
	errno = EPERM;
	return (false);
}

/* ---- the user */

static bool
set_ids(struct store_owner user)
{
	uid_t	 uid = user.uid;
	gid_t	 gid = user.gid;

	return (setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
	    setresuid(uid, uid, uid) == 0);
}

/*
 * Tries it in another process.  In a user namespace the ids may have no
 * mapping; then hbwatchd keeps its user, which has no privileges outside of it.
 */
static bool
can_set_ids(struct store_owner user)
{
	int	 status;
	pid_t	 pid;

	pid = fork();
	if (pid == 0)
		_exit(set_ids(user) ? 0 : 1);
	return (pid > 0 && waitpid(pid, &status, 0) == pid &&
	    WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

struct store_owner
privileges_find_user(void)
{
	const struct passwd	*user;
	struct store_owner	 self = { geteuid(), getegid() }, other;

	if (self.uid != 0 || !read_capabilities() ||
	    !capng_have_capability(CAPNG_EFFECTIVE, CAP_SETUID) ||
	    !capng_have_capability(CAPNG_EFFECTIVE, CAP_SETGID))
		return (self);
	user = getpwnam(HBW_USER);
	if (user == NULL || user->pw_uid == 0)
		user = getpwnam("nobody");
	if (user == NULL || user->pw_uid == 0) {
		log_warnx("no unprivileged user \"%s\" or \"nobody\": "
		    "hbwatchd runs as uid 0", HBW_USER);
		return (self);
	}
	other = (struct store_owner){ user->pw_uid, user->pw_gid };
	return (can_set_ids(other) ? other : self);
}

/* Permitted capabilities are kept. */
static bool
change_user(struct store_owner user)
{
	return (user.uid == geteuid() ||
	    (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && set_ids(user) &&
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0));
}

/* ---- capabilities */

/* Those that an engine needs when it starts. */
#define ENGINE_MAX	2

static size_t
engine_capabilities(unsigned capabilities[ENGINE_MAX])
{
	size_t	 n = 0;

	capabilities[n++] = CAP_NET_RAW;
	if (scheduling_needs_capability())
		capabilities[n++] = CAP_SYS_NICE;
	return (n);
}

/*
 * Makes them inheritable, which is possible only while the bounding set has
 * them.
 */
static bool
inherit(void)
{
	unsigned	 list[ENGINE_MAX];
	size_t		 i, n = engine_capabilities(list);

	if (!read_capabilities())
		return (false);
	for (i = 0; i < n; i++)
		if (capng_have_capability(CAPNG_PERMITTED, list[i]))
			(void)capng_update(CAPNG_ADD, CAPNG_INHERITABLE,
			    list[i]);
	return (apply_capabilities());
}

/* Drops all others, except with `bind` the one to bind a port. */
static bool
keep(bool bind)
{
	unsigned	 list[ENGINE_MAX + 1];
	bool		 has[ENGINE_MAX + 1];
	size_t		 i, inherited = engine_capabilities(list);
	size_t		 n = inherited;

	if (bind)
		list[n++] = CAP_NET_BIND_SERVICE;
	if (!read_capabilities())
		return (false);
	for (i = 0; i < n; i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED, list[i]);
	capng_clear(CAPNG_SELECT_CAPS);
	for (i = 0; i < n; i++)
		if (has[i])
			(void)capng_update(CAPNG_ADD,
			    CAPNG_EFFECTIVE | CAPNG_PERMITTED |
			    (i < inherited ? CAPNG_INHERITABLE : 0), list[i]);
	return (apply_capabilities() &&
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0);
}

bool
privileges_limit(struct store_owner user, bool bind)
{
	/* The leak sanitizer traces its own process. */
#ifdef HBW_SANITIZERS
	const unsigned long	 dumpable = 1;
#else
	const unsigned long	 dumpable = 0;
#endif

	if (!inherit())
		return (false);
	/* Fails without CAP_SETPCAP; then the unit of systemd has done it. */
	(void)sandbox_drop_bounding();
	return (change_user(user) && keep(bind) &&
	    prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

bool
privileges_settle(void)
{
	return (keep(false));
}

static bool
drop(bool may_chown)
{
	(void)sandbox_drop_bounding();
	capng_clear(CAPNG_SELECT_BOTH);
	if (may_chown)
		(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
		    CAP_CHOWN);
	return (apply_capabilities() &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

int
privileges_small_process(int socket, const char *name, bool may_chown)
{
	const int	 own = STDERR_FILENO + 1;

	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	(void)prctl(PR_SET_NAME, name);
	return ((socket == own || dup2(socket, own) >= 0) &&
	    close_range((unsigned)own + 1, ~0U, 0) == 0 && drop(may_chown) &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 ? own : -1);
}
