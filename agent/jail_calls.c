/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#include "engine/call_filter.h"
#include "engine/engine_message.h"
#include "jail.h"

/*
 * The system calls of the agent, of the processes of trap sinks, and of the
 * engine until it has its own filter: of net-snmp, SQLite, libpcap, OpenSSL and
 * the C library.  Any other call fails with EPERM, and the kernel logs it: a
 * rare one must not end the daemon.
 */
static const int	 allowed[] = {
	/* Files. */
	SCMP_SYS(access), SCMP_SYS(close), SCMP_SYS(close_range),
	SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(fadvise64), SCMP_SYS(fadvise64_64),
	SCMP_SYS(fallocate), SCMP_SYS(fchmod), SCMP_SYS(fcntl),
	SCMP_SYS(fcntl64), SCMP_SYS(fdatasync), SCMP_SYS(flock),
	SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(fstatat64),
	SCMP_SYS(fstatfs), SCMP_SYS(fstatfs64), SCMP_SYS(fsync),
	SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(getcwd),
	SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(lseek),
	SCMP_SYS(_llseek), SCMP_SYS(lstat), SCMP_SYS(lstat64),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(newfstatat),
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pread64),
	SCMP_SYS(preadv), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
	SCMP_SYS(read), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(readv), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(rmdir), SCMP_SYS(stat),
	SCMP_SYS(stat64), SCMP_SYS(statfs), SCMP_SYS(statfs64),
	SCMP_SYS(statx), SCMP_SYS(umask), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(write), SCMP_SYS(writev),
	/* Sockets, pipes and events. */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(bind),
	SCMP_SYS(connect), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_wait), SCMP_SYS(eventfd2),
	SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
	SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_rm_watch), SCMP_SYS(listen), SCMP_SYS(memfd_create),
	SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64), SCMP_SYS(pselect6),
	SCMP_SYS(pselect6_time64), SCMP_SYS(recvfrom), SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmmsg_time64), SCMP_SYS(recvmsg), SCMP_SYS(select),
	SCMP_SYS(_newselect), SCMP_SYS(sendmmsg), SCMP_SYS(sendmsg),
	SCMP_SYS(sendto), SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
	SCMP_SYS(signalfd4), SCMP_SYS(socketpair),
	/* Memory. */
	SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(membarrier),
	SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(mlockall),
	SCMP_SYS(mremap), SCMP_SYS(munlock), SCMP_SYS(munlockall),
	SCMP_SYS(munmap),
	/* Processes, threads and locks; new ones are in the rules below. */
	SCMP_SYS(arch_prctl), SCMP_SYS(capget), SCMP_SYS(capset),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fork),
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(getegid),
	SCMP_SYS(getegid32), SCMP_SYS(geteuid), SCMP_SYS(geteuid32),
	SCMP_SYS(getgid), SCMP_SYS(getgid32), SCMP_SYS(getpgrp),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getpriority),
	SCMP_SYS(getrandom), SCMP_SYS(getresgid), SCMP_SYS(getresuid),
	SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(getsid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid), SCMP_SYS(getuid32), SCMP_SYS(prctl),
	SCMP_SYS(prlimit64), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_getattr), SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_get_priority_max), SCMP_SYS(sched_get_priority_min),
	SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setparam),
	SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_yield), SCMP_SYS(seccomp),
	SCMP_SYS(set_robust_list), SCMP_SYS(set_thread_area),
	SCMP_SYS(set_tid_address), SCMP_SYS(set_tls), SCMP_SYS(setpriority),
	SCMP_SYS(setrlimit), SCMP_SYS(setsid), SCMP_SYS(sysinfo),
	SCMP_SYS(tgkill),
	SCMP_SYS(ugetrlimit), SCMP_SYS(uname), SCMP_SYS(vfork),
	SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(waitpid),
	/* Signals and time. */
	SCMP_SYS(clock_getres), SCMP_SYS(clock_getres_time64),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(getitimer), SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep),
	SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigtimedwait_time64),
	SCMP_SYS(setitimer), SCMP_SYS(sigaltstack), SCMP_SYS(sigreturn),
	SCMP_SYS(time), SCMP_SYS(times),
};

/*
 * Calls that nothing in hbwatchd makes, and with which an attacker would go on:
 * they kill the process.
 */
static const int	 deadly[] = {
	SCMP_SYS(acct), SCMP_SYS(add_key), SCMP_SYS(bpf), SCMP_SYS(chroot),
	SCMP_SYS(clock_settime), SCMP_SYS(delete_module),
	SCMP_SYS(finit_module), SCMP_SYS(fsconfig), SCMP_SYS(fsmount),
	SCMP_SYS(fsopen), SCMP_SYS(fspick), SCMP_SYS(init_module),
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
	SCMP_SYS(io_uring_setup), SCMP_SYS(ioperm), SCMP_SYS(iopl),
	SCMP_SYS(kcmp), SCMP_SYS(kexec_file_load), SCMP_SYS(kexec_load),
	SCMP_SYS(keyctl), SCMP_SYS(mount), SCMP_SYS(mount_setattr),
	SCMP_SYS(move_mount), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(open_tree), SCMP_SYS(perf_event_open),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(pivot_root),
	SCMP_SYS(process_madvise), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(ptrace), SCMP_SYS(reboot),
	SCMP_SYS(request_key), SCMP_SYS(setns), SCMP_SYS(settimeofday),
	SCMP_SYS(swapoff), SCMP_SYS(swapon), SCMP_SYS(syslog),
	SCMP_SYS(umount2), SCMP_SYS(unshare), SCMP_SYS(userfaultfd),
};

/*
 * The C library makes another call if one of these does not exist.  This is no
 * event for the kernel's log, so they have a filter of their own.
 */
static const int	 absent[] = {
	SCMP_SYS(clone3),	/* its flags cannot be checked */
	SCMP_SYS(openat2),
};

#define NAMESPACES	(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | \
			    CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUSER | \
			    CLONE_NEWUTS)
#define SOCKET_TYPE	0xf	/* without flags */
/* The group of SIOC... in the requests of ioctl. */
#define REQUEST_GROUP	0xffffff00
#define SOCKET_GROUP	0x8900

static const struct call_filter_rule	 rules[] = {
	/* Only the program of the engine. */
	{ SCMP_SYS(execveat), 2, { CALL_EQUAL(0, ENGINE_DESCRIPTORS_END),
	    CALL_EQUAL(4, AT_EMPTY_PATH) } },
	/* Memory cannot be changed and then executed. */
	{ SCMP_SYS(mmap), 1, { CALL_HAS_BITS(2, PROT_EXEC, 0) } },
	{ SCMP_SYS(mmap), 1, { CALL_HAS_BITS(2, PROT_WRITE, 0) } },
	{ SCMP_SYS(mmap2), 1, { CALL_HAS_BITS(2, PROT_EXEC, 0) } },
	{ SCMP_SYS(mmap2), 1, { CALL_HAS_BITS(2, PROT_WRITE, 0) } },
	{ SCMP_SYS(mprotect), 1, { CALL_HAS_BITS(2, PROT_EXEC, 0) } },
	/* Raw sockets only for captures. */
	{ SCMP_SYS(socket), 1, { CALL_EQUAL(0, AF_UNIX) } },
	{ SCMP_SYS(socket), 1, { CALL_EQUAL(0, AF_NETLINK) } },
	{ SCMP_SYS(socket), 1, { CALL_EQUAL(0, AF_PACKET) } },
	{ SCMP_SYS(socket), 2, { CALL_EQUAL(0, AF_INET),
	    CALL_HAS_BITS(1, SOCKET_TYPE, SOCK_STREAM) } },
	{ SCMP_SYS(socket), 2, { CALL_EQUAL(0, AF_INET),
	    CALL_HAS_BITS(1, SOCKET_TYPE, SOCK_DGRAM) } },
	{ SCMP_SYS(socket), 2, { CALL_EQUAL(0, AF_INET6),
	    CALL_HAS_BITS(1, SOCKET_TYPE, SOCK_STREAM) } },
	{ SCMP_SYS(socket), 2, { CALL_EQUAL(0, AF_INET6),
	    CALL_HAS_BITS(1, SOCKET_TYPE, SOCK_DGRAM) } },
	/* The requests of sockets, and those of stdio and net-snmp. */
	{ SCMP_SYS(ioctl), 1, { CALL_HAS_BITS(1, REQUEST_GROUP,
	    SOCKET_GROUP) } },
	{ SCMP_SYS(ioctl), 1, { CALL_EQUAL(1, FIONREAD) } },
	{ SCMP_SYS(ioctl), 1, { CALL_EQUAL(1, FIONBIO) } },
	/* Octets that a TCP sink has not acknowledged. */
	{ SCMP_SYS(ioctl), 1, { CALL_EQUAL(1, TIOCOUTQ) } },
	{ SCMP_SYS(ioctl), 1, { CALL_EQUAL(1, TCGETS) } },
	/* Processes and threads, without namespaces. */
	{ SCMP_SYS(clone), 1, { CALL_HAS_BITS(0, NAMESPACES, 0) } },
	/* Children are killed. */
	{ SCMP_SYS(kill), 1, { CALL_EQUAL(1, SIGKILL) } },
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static bool
hide_absent_calls(void)
{
	scmp_filter_ctx	 filter = call_filter_new(SCMP_ACT_ALLOW);

	return (filter != NULL && call_filter_load(filter,
	    call_filter_add(filter, SCMP_ACT_ERRNO(ENOSYS), absent,
	    COUNT(absent))));
}

bool
jail_limit_calls(void)
{
	scmp_filter_ctx	 filter;

	if (!hide_absent_calls() ||
	    (filter = call_filter_new(SCMP_ACT_ERRNO(EPERM))) == NULL)
		return (false);
	/* Older kernels cannot log. */
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	return (call_filter_load(filter,
	    call_filter_add(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed)) &&
	    call_filter_add(filter, SCMP_ACT_ALLOW, absent, COUNT(absent)) &&
	    call_filter_add(filter, SCMP_ACT_KILL_PROCESS, deadly,
	    COUNT(deadly)) &&
	    call_filter_allow(filter, rules, COUNT(rules))));
}
