/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <net/if.h>

#include <errno.h>
#include <grp.h>
#include <linux/if_packet.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include <cap-ng.h>
#include <seccomp.h>

#include "base/log.h"
#include "engine/sandbox.h"

/* Who the engine becomes; found while files can be read. */
static struct {
	bool	 known;
	uid_t	 uid;
	gid_t	 gid;
} sandbox_user;

/* One that is another user's has to be ended too, should it hang. */
static bool
may_change_user(void)
{
	return (geteuid() == 0 && capng_get_caps_process() == 0 &&
	    capng_have_capability(CAPNG_PERMITTED, CAP_SETUID) &&
	    capng_have_capability(CAPNG_PERMITTED, CAP_SETGID) &&
	    capng_have_capability(CAPNG_PERMITTED, CAP_KILL));
}

void
sandbox_find_user(void)
{
	const struct passwd	*user;

	if (!may_change_user())
		return;
	user = getpwnam(HBW_USER);
	if (user == NULL || user->pw_uid == 0)
		user = getpwnam("nobody");
	if (user == NULL || user->pw_uid == 0) {
		log_warnx("there is no user %s: the engine keeps uid 0",
		    HBW_USER);
		return;
	}
	sandbox_user.uid = user->pw_uid;
	sandbox_user.gid = user->pw_gid;
	sandbox_user.known = true;
}

/*
 * In a user namespace the ids may not be mapped (EINVAL) or not to be changed
 * (EPERM); then it stays who it is, which there is nobody.
 */
static bool
change_user(void)
{
	if (!sandbox_user.known ||
	    setgroups(0, NULL) != 0 ||
	    setresgid(sandbox_user.gid, sandbox_user.gid,
	    sandbox_user.gid) != 0 ||
	    setresuid(sandbox_user.uid, sandbox_user.uid,
	    sandbox_user.uid) != 0)
		return (!sandbox_user.known || errno == EPERM ||
		    errno == EINVAL);
	return (true);
}

bool
sandbox_drop_bounding(void)
{
	unsigned long	 capability;

	for (capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
	    capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
			return (false);
	return (true);
}

static bool
drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) == 0)
		return (true);
	errno = EPERM;
	return (false);
}

#ifndef HBW_SANITIZERS

static bool
limit(int resource, rlim_t most)
{
	const struct rlimit	 limits = { most, most };
	struct rlimit		 now;

	/* What is lower already stays. */
	if (getrlimit(resource, &now) == 0 && now.rlim_max <= most)
		return (true);
	return (setrlimit(resource, &limits) == 0);
}

/* poll takes no more descriptors than RLIMIT_NOFILE has. */
static bool
limit_resources(size_t polled)
{
	return (limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) &&
	    limit(RLIMIT_NPROC, 0) && limit(RLIMIT_NOFILE, (rlim_t)polled) &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}

/* ---- system calls: what is on no list here ends the process */

/* All that the loop needs, whatever the arguments. */
static const int allowed[] = {
	SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(poll),
	SCMP_SYS(restart_syscall),
	/* libpcap looks at a socket whose interface goes down or away */
	SCMP_SYS(getsockname), SCMP_SYS(recvfrom),
	/* where the kernel has no vDSO for it */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	/* memory: the queue of reports may grow; a capture that failed ends */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(close),
	/* the end; abort() looks for itself */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(getpid), SCMP_SYS(gettid),
	/* locks, of a library that was preloaded */
	SCMP_SYS(futex),
};

/*
 * Calls that ask for a file by its name are refused and do not kill: libpcap
 * asks /sys for more about losses, and a preloaded library such as libfaketime
 * reads its file when the time is asked for.  No file can be read all the same.
 * Nor is the ring of a capture that failed taken back before its socket is
 * closed: libpcap tries.
 */
static const int refused[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2),
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(stat64), SCMP_SYS(lstat64), SCMP_SYS(fstatat64),
	SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(setsockopt),
};

/* Calls that are allowed with these arguments. */
static int
allow_some(scmp_filter_ctx filter, int report)
{
	const struct {
		int			 call;
		unsigned		 n;
		struct scmp_arg_cmp	 is[2];
	} rules[] = {
		/* Its parent's socket is the only one that it talks to. */
		{ SCMP_SYS(sendto), 2,
		    { SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)report, 0),
		    SCMP_A4(SCMP_CMP_EQ, 0, 0) } },
		/* The last words of the C library. */
		{ SCMP_SYS(write), 1,
		    { SCMP_A0(SCMP_CMP_LE, STDERR_FILENO, 0) } },
		{ SCMP_SYS(writev), 1,
		    { SCMP_A0(SCMP_CMP_LE, STDERR_FILENO, 0) } },
		/* abort(), and nobody else. */
		{ SCMP_SYS(tgkill), 2,
		    { SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0),
		    SCMP_A2(SCMP_CMP_EQ, SIGABRT, 0) } },
		/* Memory of its own that is no code. */
		{ SCMP_SYS(mmap), 2,
		    { SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS,
		    MAP_ANONYMOUS) } },
		{ SCMP_SYS(mmap2), 2,
		    { SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS,
		    MAP_ANONYMOUS) } },
		/* Is the interface up?  libpcap asks that too. */
		{ SCMP_SYS(ioctl), 1,
		    { SCMP_A1(SCMP_CMP_EQ, SIOCGIFFLAGS, 0) } },
		{ SCMP_SYS(ioctl), 1,
		    { SCMP_A1(SCMP_CMP_EQ, SIOCGIFINDEX, 0) } },
		/* What was lost, and what happened to a capture. */
		{ SCMP_SYS(getsockopt), 2,
		    { SCMP_A1(SCMP_CMP_EQ, SOL_PACKET, 0),
		    SCMP_A2(SCMP_CMP_EQ, PACKET_STATISTICS, 0) } },
		{ SCMP_SYS(getsockopt), 2,
		    { SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET, 0),
		    SCMP_A2(SCMP_CMP_EQ, SO_ERROR, 0) } },
	};
	size_t	 i;
	int	 error = 0;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]) && error == 0; i++)
		error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
		    rules[i].call, rules[i].n, rules[i].is);
	return (error);
}

static int
add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t n)
{
	size_t	 i;
	int	 error = 0;

	for (i = 0; i < n && error == 0; i++)
		error = seccomp_rule_add(filter, action, calls[i], 0);
	return (error);
}

static bool
limit_system_calls(int report)
{
	scmp_filter_ctx	 filter;
	int		 error;

	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (filter == NULL) {
		errno = ENOMEM;
		return (false);
	}
	error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS);
	if (error == 0)
		error = add_all(filter, SCMP_ACT_ALLOW, allowed,
		    sizeof(allowed) / sizeof(allowed[0]));
	if (error == 0)
		error = add_all(filter, SCMP_ACT_ERRNO(EACCES), refused,
		    sizeof(refused) / sizeof(refused[0]));
	if (error == 0)
		error = allow_some(filter, report);
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	errno = -error;
	return (error == 0);
}

#else

/* The sanitizers' run time needs all of these. */
static bool
limit_resources(size_t polled)
{
	(void)polled;
	return (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
}

static bool
limit_system_calls(int report)
{
	(void)report;
	return (true);
}

#endif

bool
sandbox_enter(int report, size_t polled)
{
	/* Where it may not be done there is none of use in it. */
	(void)sandbox_drop_bounding();
	return (change_user() && drop_capabilities() &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    /* Another user's process has lost it. */
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
	    limit_resources(polled) && limit_system_calls(report));
}
