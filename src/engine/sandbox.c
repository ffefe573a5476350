/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <net/if.h>

#include <errno.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cap-ng.h>

#include "base/log.h"
#include "engine/call_filter.h"
#include "engine/sandbox.h"

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
limit_resource(int resource, rlim_t most)
{
	struct rlimit	 limits;

	if (getrlimit(resource, &limits) != 0)
		return (false);
	/* A lower hard limit is kept, because raising it needs a capability. */
	if (limits.rlim_max > most)
		limits.rlim_max = most;
	limits.rlim_cur = limits.rlim_max;
	return (setrlimit(resource, &limits) == 0);
}

/* ---- system calls: one that is not listed here kills the process */

/* The calls that are allowed with all arguments. */
static const int	 allowed[] = {
	/* The loop waits for packets, orders and deadlines. */
	SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(poll),
	SCMP_SYS(restart_syscall),
	/* It receives orders and link changes. */
	SCMP_SYS(recvfrom),
	/* libpcap checks a socket whose interface went down or was removed. */
	SCMP_SYS(getsockname),
	/* On some machines the vDSO cannot read the clock without a call. */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	/* The report queue grows; the ring of a capture is unmapped. */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
	/* Captures are closed when they fail, and at the end. */
	SCMP_SYS(close),
	/* The process exits; abort(3) blocks signals and reads its ids. */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(getpid), SCMP_SYS(gettid),
	/* The handler of SIGXCPU returns; see scheduling.c. */
	SCMP_SYS(rt_sigreturn),
	/* A preloaded library may use locks. */
	SCMP_SYS(futex),
};

/*
 * The calls that fail with EACCES instead of killing the process, because a
 * library makes them and continues after an error.  libpcap reads the count of
 * packets that the interface dropped from /sys, and a preloaded library such as
 * libfaketime reads a file whenever the clock is read.  libpcap also calls
 * setsockopt to free the ring of a failed capture, which close(2) frees anyway.
 */
static const int	 denied[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2),
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(stat64), SCMP_SYS(lstat64), SCMP_SYS(fstatat64),
	SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
};

#define STANDARD_STREAM	SCMP_CMP(0, SCMP_CMP_LE, STDERR_FILENO, 0)

/* The calls that are allowed with these arguments only. */
static bool
add_calls_with_arguments(scmp_filter_ctx filter, int report)
{
	const struct call_filter_rule	 rules[] = {
		/* Reports go to the parent: no other socket, no address. */
		{ SCMP_SYS(sendto), 2,
		    { CALL_EQUAL(0, report), CALL_EQUAL(4, 0) } },
		/* The C library writes the reason of an abort. */
		{ SCMP_SYS(write), 1, { STANDARD_STREAM } },
		{ SCMP_SYS(writev), 1, { STANDARD_STREAM } },
		/* abort(3) sends SIGABRT to this process. */
		{ SCMP_SYS(tgkill), 2,
		    { CALL_EQUAL(0, getpid()), CALL_EQUAL(2, SIGABRT) } },
		/* malloc(3) maps memory: not a file, and not executable. */
		{ SCMP_SYS(mmap), 2, { CALL_HAS_BITS(2, PROT_EXEC, 0),
		    CALL_HAS_BITS(3, MAP_ANONYMOUS, MAP_ANONYMOUS) } },
		{ SCMP_SYS(mmap2), 2, { CALL_HAS_BITS(2, PROT_EXEC, 0),
		    CALL_HAS_BITS(3, MAP_ANONYMOUS, MAP_ANONYMOUS) } },
		/*
		 * It leaves SCHED_RR during a flood, and returns to it if
		 * RLIMIT_RTPRIO permits; it locks its memory.
		 */
		{ SCMP_SYS(sched_setscheduler), 2,
		    { CALL_EQUAL(0, 0), CALL_EQUAL(1, SCHED_OTHER) } },
		{ SCMP_SYS(sched_setscheduler), 2,
		    { CALL_EQUAL(0, 0), CALL_EQUAL(1, SCHED_RR) } },
		{ SCMP_SYS(mlockall), 1, { CALL_EQUAL(0, MCL_CURRENT) } },
		/* link_state and libpcap read the state of an interface. */
		{ SCMP_SYS(ioctl), 1, { CALL_EQUAL(1, SIOCGIFFLAGS) } },
		{ SCMP_SYS(ioctl), 1, { CALL_EQUAL(1, SIOCGIFINDEX) } },
		/* libpcap reads the dropped packets and the last error. */
		{ SCMP_SYS(getsockopt), 2,
		    { CALL_EQUAL(1, SOL_PACKET),
		    CALL_EQUAL(2, PACKET_STATISTICS) } },
		{ SCMP_SYS(getsockopt), 2,
		    { CALL_EQUAL(1, SOL_SOCKET), CALL_EQUAL(2, SO_ERROR) } },
	};

	return (call_filter_allow(filter, rules,
	    sizeof(rules) / sizeof(rules[0])));
}

/*
 * setsockopt(2) fails, too.  For evidence, it may set a filter; and the file
 * may be mapped.
 */
static bool
add_evidence(scmp_filter_ctx filter, int evidence)
{
	const struct call_filter_rule	 rules[] = {
		{ SCMP_SYS(setsockopt), 2, { CALL_EQUAL(1, SOL_SOCKET),
		    CALL_EQUAL(2, SO_ATTACH_FILTER) } },
		{ SCMP_SYS(mmap), 2, { CALL_HAS_BITS(2, PROT_EXEC, 0),
		    CALL_EQUAL(4, evidence) } },
		{ SCMP_SYS(mmap2), 2, { CALL_HAS_BITS(2, PROT_EXEC, 0),
		    CALL_EQUAL(4, evidence) } },
	};

	if (evidence < 0)
		return (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
		    SCMP_SYS(setsockopt), 0) == 0);
	return (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
	    SCMP_SYS(setsockopt), 1,
	    SCMP_CMP(2, SCMP_CMP_NE, SO_ATTACH_FILTER, 0)) == 0 &&
	    call_filter_allow(filter, rules,
	    sizeof(rules) / sizeof(rules[0])));
}

static bool
limit_system_calls(int report, int evidence)
{
	scmp_filter_ctx	 filter = call_filter_new(SCMP_ACT_KILL_PROCESS);

	return (filter != NULL && call_filter_load(filter,
	    call_filter_add(filter, SCMP_ACT_ALLOW, allowed,
	    sizeof(allowed) / sizeof(allowed[0])) &&
	    call_filter_add(filter, SCMP_ACT_ERRNO(EACCES), denied,
	    sizeof(denied) / sizeof(denied[0])) &&
	    add_calls_with_arguments(filter, report) &&
	    add_evidence(filter, evidence)));
}

/*
 * All kinds of mappings count for RLIMIT_AS: also the rings of the captures,
 * which are mapped already.
 */
static bool
limit_memory(size_t more)
{
	FILE		*statm = fopen("/proc/self/statm", "re");
	uintmax_t	 pages;
	int		 n = 0;

	if (statm != NULL) {
		n = fscanf(statm, "%ju", &pages);
		fclose(statm);
	}
	if (n != 1) {
		log_warn("cannot read /proc/self/statm; the memory of the "
		    "engine is not limited");
		return (true);
	}
	return (limit_resource(RLIMIT_AS, (rlim_t)pages *
	    (rlim_t)sysconf(_SC_PAGESIZE) + more));
}

static bool
limit_process(int report, size_t polled, size_t memory, int evidence)
{
	/* RLIMIT_NOFILE also limits the size of a poll set. */
	return (limit_resource(RLIMIT_CORE, 0) &&
	    limit_resource(RLIMIT_FSIZE, 0) &&
	    limit_resource(RLIMIT_NPROC, 0) &&
	    limit_memory(memory) &&
	    limit_resource(RLIMIT_NOFILE, (rlim_t)polled) &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	    limit_system_calls(report, evidence));
}

#else

/* The leak check at the exit attaches to the process with ptrace(2). */
static bool
limit_process(int report, size_t polled, size_t memory, int evidence)
{
	(void)report;
	(void)polled;
	(void)memory;
	(void)evidence;
	return (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
}

#endif

bool
sandbox_enter(int report, size_t polled, size_t memory, int evidence)
{
	/* Fails without CAP_SETPCAP; PR_SET_NO_NEW_PRIVS is enough then. */
	(void)sandbox_drop_bounding();
	return (drop_capabilities() &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    /* Executing the program with capabilities resets this. */
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
	    limit_process(report, polled, memory, evidence));
}
