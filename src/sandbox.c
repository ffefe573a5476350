/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <net/if.h>

#include <errno.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <cap-ng.h>
#include <seccomp.h>

#include "sandbox.h"

#ifndef HBW_SANITIZERS

static const int allowed[] = {
	/* the loop, its sockets and the log */
	SCMP_SYS(ppoll), SCMP_SYS(poll), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(getsockopt),
	SCMP_SYS(restart_syscall),
	/* clocks, where the kernel has no vDSO for them */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	/* memory: the queue of reports may grow */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(madvise), SCMP_SYS(futex),
	/* the end, and syslog's */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(getpid),
	SCMP_SYS(gettid),
};

static bool
allow(scmp_filter_ctx filter)
{
	size_t	 i;
	int	 error = 0;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && error == 0;
	    i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	/* abort(), and nobody else: as root it could end any process of root. */
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(tgkill), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	/* To whom a socket is connected, and nobody else. */
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(sendto), 1, SCMP_A4(SCMP_CMP_EQ, 0, 0));
	/* Is the interface up?  libpcap asks that too. */
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, SIOCGIFFLAGS, 0));
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, SIOCGIFINDEX, 0));
	if (error != 0)
		errno = -error;
	return (error == 0);
}

static bool
limit_system_calls(void)
{
	scmp_filter_ctx	 filter;
	int		 error;
	bool		 fine;

	/* Refused rather than killed: an attacker gains nothing by it. */
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL) {
		errno = ENOMEM;
		return (false);
	}
	fine = allow(filter);
	if (fine && (error = seccomp_load(filter)) != 0) {
		errno = -error;
		fine = false;
	}
	seccomp_release(filter);
	return (fine);
}

#else

static bool
limit_system_calls(void)
{
	return (true);
}

#endif

bool
sandbox_enter(void)
{
	/* syslog reads the time zone, which is a file. */
	tzset();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return (false);
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
		errno = EPERM;
		return (false);
	}
	return (limit_system_calls());
}
