/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory_file.h"
#include "base/mono.h"
#include "base/wall.h"
#include "engine/link.h"
#include "engine/sandbox.h"

#define POLLED	2
#define MEMORY	((size_t)256 << 20)	/* that it can allocate */

/* The descriptors of the child, which it opens before sandbox_enter. */
struct process {
	int	 report;	/* the only socket that it can send on */
	int	 parent;	/* the other end of `report` */
	int	 link;		/* for link_state */
	int	 other;		/* another socket */
	int	 file;
	int	 rings;		/* a file in memory for evidence; -1: none */
};

static bool	 with_evidence;

/* The exit status of a child: the call worked, failed with EACCES, or else. */
enum { DONE = 10, DENIED, OTHER };

static struct process
process_new(void)
{
	struct process	 c;
	int		 pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		_exit(1);
	c.report = pair[0];
	c.parent = pair[1];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		_exit(1);
	c.other = pair[0];
	c.link = link_open();
	c.file = open("/proc/self/status", O_RDONLY);
	c.rings = with_evidence ? memory_file_new("rings") : -1;
	if (c.link < 0 || c.file < 0 || (with_evidence &&
	    (c.rings < 0 || ftruncate(c.rings, 4096) != 0)))
		_exit(1);
	return (c);
}

/* ---- the process after sandbox_enter */

/* Reads /proc/PID/status of a sandboxed child. */
static void
read_status(char *text, size_t size)
{
	struct process	 c;
	char		 name[64], byte;
	ssize_t		 n;
	pid_t		 pid;
	int		 fd;

	c = process_new();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (!sandbox_enter(c.report, POLLED, MEMORY, -1) ||
		    send(c.report, "", 1, 0) != 1)
			_exit(1);
		(void)recv(c.report, &byte, 1, 0);
		_exit(0);
	}
	close(c.report);
	assert_int_equal(recv(c.parent, &byte, 1, 0), 1);
	snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
	fd = open(name, O_RDONLY);
	assert_true(fd >= 0);
	n = read(fd, text, size - 1);
	assert_true(n > 0);
	text[n] = '\0';
	close(fd);
	assert_int_equal(send(c.parent, "", 1, 0), 1);
	close(c.parent);
	close(c.other);
	close(c.link);
	close(c.file);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
has_no_capability(void **state)
{
	char	 text[4096];

	(void)state;
	read_status(text, sizeof(text));
	assert_non_null(strstr(text, "\nCapPrm:\t0000000000000000\n"));
	assert_non_null(strstr(text, "\nCapEff:\t0000000000000000\n"));
	assert_non_null(strstr(text, "\nCapInh:\t0000000000000000\n"));
	assert_non_null(strstr(text, "\nCapAmb:\t0000000000000000\n"));
	assert_non_null(strstr(text, "\nNoNewPrivs:\t1\n"));
	/* Only root can reduce the bounding set. */
	if (geteuid() == 0)
		assert_non_null(strstr(text, "\nCapBnd:\t0000000000000000\n"));
#ifndef HBW_SANITIZERS
	assert_non_null(strstr(text, "\nSeccomp:\t2\n"));
#endif
}

#ifndef HBW_SANITIZERS

/* ---- calls in the sandbox */

typedef int action(const struct process *);

static int
status_of(long result)
{
	if (result >= 0)
		return (DONE);
	return (errno == EACCES ? DENIED : OTHER);
}

/* Runs an action in a sandboxed child.  Returns its wait status. */
static int
run_in_sandbox(action *act)
{
	struct process	 c;
	pid_t		 pid;
	int		 status;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		c = process_new();
		if (!sandbox_enter(c.report, POLLED, MEMORY, c.rings))
			_exit(1);
		_exit(act(&c));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (status);
}

static void
assert_exits(action *act, int code)
{
	int	 status = run_in_sandbox(act);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

/* ---- calls that the engine needs */

static int
reads_the_clocks(const struct process *c)
{
	struct timespec	 t;

	(void)c;
	/* Some machines need this call, because their vDSO has no clock. */
	if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t) != 0)
		return (OTHER);
	return (mono_now().ns > 0 && wall_now().ns > 0 ? DONE : OTHER);
}

static int
allocates_memory(const struct process *c)
{
	char	*p, *larger;
	size_t	 size;

	(void)c;
	for (size = 1; size < (64 << 20); size *= 4) {
		p = malloc(size);
		if (p == NULL)
			return (OTHER);
		memset(p, 1, size);
		larger = realloc(p, 2 * size);
		if (larger == NULL)
			return (OTHER);
		larger[2 * size - 1] = 1;
		free(larger);
	}
	return (DONE);
}

/* Memory of any kind; the sanitizers need more than all memory. */
static int
memory_is_limited(const struct process *c)
{
	static const int	 kinds[] = {
		MAP_PRIVATE, MAP_SHARED, MAP_PRIVATE | MAP_NORESERVE,
		MAP_PRIVATE | MAP_GROWSDOWN,
	};
	size_t			 i;

	(void)c;
#ifndef HBW_SANITIZERS
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (mmap(NULL, MEMORY + 4096, PROT_READ | PROT_WRITE,
		    kinds[i] | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
		    errno != ENOMEM)
			return (OTHER);
#else
	(void)i;
	(void)kinds;
#endif
	return (DONE);
}

static int
sends_to_its_parent(const struct process *c)
{
	char	 byte = 1;

	if (send(c->report, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1 ||
	    recv(c->parent, &byte, 1, 0) != 1)
		return (OTHER);
	return (recv(c->report, &byte, 1, MSG_DONTWAIT) < 0 &&
	    errno == EAGAIN ? DONE : OTHER);
}

static int
polls(const struct process *c)
{
	struct pollfd	 fds[POLLED] = {
		{ .fd = c->report, .events = POLLIN | POLLOUT },
		{ .fd = c->other, .events = POLLIN },
	};
	struct timespec	 none = { 0 };

	return (ppoll(fds, POLLED, &none, NULL) == 1 &&
	    poll(fds, POLLED, 0) == 1 && fds[0].revents == POLLOUT ?
	    DONE : OTHER);
}

static int
reads_the_link_state(const struct process *c)
{
	uint32_t	 ifindex;

	(void)link_state(c->link, "lo", &ifindex);
	return (DONE);
}

static int
closes(const struct process *c)
{
	return (status_of(close(c->other)));
}

static void
needed_calls_work(void **state)
{
	(void)state;
	assert_exits(reads_the_clocks, DONE);
	assert_exits(allocates_memory, DONE);
	assert_exits(memory_is_limited, DONE);
	assert_exits(sends_to_its_parent, DONE);
	assert_exits(polls, DONE);
	assert_exits(reads_the_link_state, DONE);
	assert_exits(closes, DONE);
}

static int
aborts(const struct process *c)
{
	(void)c;
	abort();
}

static void
can_abort(void **state)
{
	int	 status = run_in_sandbox(aborts);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_false(WCOREDUMP(status));
}

/* ---- files: EACCES, so that a library that opens one can continue */

#define ACTION(name, call)						\
static int								\
name(const struct process *c)						\
{									\
	(void)c;							\
	return (status_of(call));					\
}

static char		 path[] = "/dev/null";
static struct stat	 about;
static char		 buffer[64];

ACTION(opens, syscall(SYS_openat, AT_FDCWD, path, O_RDONLY))
ACTION(opens_to_write, open("/tmp/hbwatch-sandbox", O_WRONLY | O_CREAT, 0600))
ACTION(opens_a_directory, open("/", O_RDONLY | O_DIRECTORY))
ACTION(stats, stat(path, &about))
ACTION(checks_access, access(path, R_OK))
ACTION(reads_a_link, readlink("/proc/self/exe", buffer, sizeof(buffer)))

static void
no_file_can_be_opened(void **state)
{
	(void)state;
	assert_exits(opens, DENIED);
	assert_exits(opens_to_write, DENIED);
	assert_exits(opens_a_directory, DENIED);
	assert_exits(stats, DENIED);
	assert_exits(checks_access, DENIED);
	assert_exits(reads_a_link, DENIED);
}

/* ---- evidence */

static struct sock_filter	 accept_all = { BPF_RET | BPF_K, 0, 0, 1000 };
static struct sock_fprog	 program = { 1, &accept_all };

static int
sets_a_filter(const struct process *c)
{
	return (status_of(setsockopt(c->other, SOL_SOCKET, SO_ATTACH_FILTER,
	    &program, sizeof(program))));
}

static int
removes_a_filter(const struct process *c)
{
	return (status_of(setsockopt(c->other, SOL_SOCKET, SO_DETACH_FILTER,
	    &program, sizeof(program))));
}

/* Nobody can direct the frames of a split pair to the other capture. */
static int
changes_the_split(const struct process *c)
{
	return (status_of(setsockopt(c->other, SOL_PACKET, PACKET_FANOUT_DATA,
	    &program, sizeof(program))));
}

static int
frees_a_ring(const struct process *c)
{
	return (status_of(setsockopt(c->other, SOL_PACKET, PACKET_RX_RING,
	    buffer, sizeof(buffer))));
}

static int
maps_the_rings(const struct process *c)
{
	char	*p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
		    c->rings, 0);

	if (p == MAP_FAILED)
		return (OTHER);
	p[0] = 1;
	return (DONE);
}

ACTION(maps_executable_rings, (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
    MAP_SHARED, c->rings, 0))
ACTION(maps_another_file, (long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE,
    c->file, 0))
ACTION(duplicates_by_fcntl, fcntl(c->other, F_DUPFD, 0))
ACTION(makes_a_socket_block, fcntl(c->other, F_SETFL, 0))

static void
calls_for_evidence(void **state)
{
	(void)state;
	with_evidence = true;
	assert_exits(sets_a_filter, DONE);
	assert_exits(removes_a_filter, DENIED);
	assert_exits(changes_the_split, DENIED);
	assert_exits(frees_a_ring, DENIED);
	assert_exits(maps_the_rings, DONE);
	assert_true(WIFSIGNALED(run_in_sandbox(maps_executable_rings)));
	assert_true(WIFSIGNALED(run_in_sandbox(maps_another_file)));
	assert_true(WIFSIGNALED(run_in_sandbox(duplicates_by_fcntl)));
	assert_true(WIFSIGNALED(run_in_sandbox(makes_a_socket_block)));
	with_evidence = false;
	assert_exits(frees_a_ring, DENIED);
	assert_exits(sets_a_filter, DENIED);
}

/* ---- all other calls kill the process */

static struct sockaddr_un	 nowhere = { .sun_family = AF_UNIX };
static char			*no_arguments[] = { NULL };
static struct iovec		 some = { buffer, 1 };
static struct msghdr		 message = { .msg_iov = &some,
    .msg_iovlen = 1 };
static struct rlimit		 limits;

ACTION(reads, read(c->file, buffer, 1))
ACTION(creates_a_socket, socket(AF_INET, SOCK_DGRAM, 0))
ACTION(creates_a_packet_socket, socket(AF_PACKET, SOCK_RAW, 0))
ACTION(creates_a_socket_pair, socketpair(AF_UNIX, SOCK_STREAM, 0,
    (int *)buffer))
ACTION(connects, connect(c->other, (struct sockaddr *)&nowhere,
    sizeof(nowhere)))
ACTION(binds, bind(c->other, (struct sockaddr *)&nowhere, sizeof(nowhere)))
ACTION(sends_elsewhere, send(c->other, "x", 1, MSG_DONTWAIT))
ACTION(sends_to_an_address, sendto(c->report, "x", 1, MSG_DONTWAIT,
    (struct sockaddr *)&nowhere, sizeof(nowhere)))
ACTION(sends_a_message, sendmsg(c->report, &message, MSG_DONTWAIT))
ACTION(writes_elsewhere, write(c->other, "x", 1))
ACTION(writes_a_vector, writev(c->other, &some, 1))
ACTION(executes, execve("/bin/true", no_arguments, no_arguments))
ACTION(forks, fork())
ACTION(clones, syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0))
ACTION(kills_its_parent, kill(getppid(), SIGTERM))
ACTION(kills_itself, kill(getpid(), SIGTERM))
ACTION(signals_another, syscall(SYS_tgkill, 1, 1, SIGABRT))
ACTION(traces, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
ACTION(becomes_root, setuid(0))
ACTION(changes_groups, setgroups(0, NULL))
ACTION(takes_capabilities, syscall(SYS_capset, buffer, buffer))
ACTION(mounts, mount("none", "/mnt", "tmpfs", 0, NULL))
ACTION(unlinks, unlink("/tmp/hbwatch-sandbox"))
ACTION(creates_a_directory, mkdir("/tmp/hbwatch-sandbox", 0700))
ACTION(renames, rename("/tmp/hbwatch-sandbox", "/tmp/hbwatch-sandbox.2"))
ACTION(changes_a_mode, chmod("/tmp/hbwatch-sandbox", 0777))
ACTION(changes_its_root, chroot("/"))
ACTION(creates_a_namespace, syscall(SYS_unshare, 0x10000000))
ACTION(raises_a_limit, setrlimit(RLIMIT_NOFILE, &limits))
ACTION(sets_the_clock, syscall(SYS_clock_settime, CLOCK_REALTIME, buffer))
ACTION(duplicates_a_descriptor, dup(0))
ACTION(sets_a_handler, syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 8))
ACTION(maps_executable_memory, (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
ACTION(makes_memory_executable, mprotect(NULL, 4096, PROT_EXEC))
ACTION(maps_a_file, (long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, c->file, 0))
ACTION(makes_another_ioctl, ioctl(c->link, SIOCGIFCONF, buffer))

static void
all_other_calls_kill(void **state)
{
	static const struct {
		const char	*name;
		action	*act;
	} actions[] = {
#define ROW(name)	{ #name, name }
		ROW(reads), ROW(creates_a_socket),
		ROW(creates_a_packet_socket), ROW(creates_a_socket_pair),
		ROW(connects), ROW(binds), ROW(sends_elsewhere),
		ROW(sends_to_an_address), ROW(sends_a_message),
		ROW(writes_elsewhere), ROW(writes_a_vector), ROW(executes),
		ROW(forks), ROW(clones), ROW(kills_its_parent),
		ROW(kills_itself), ROW(signals_another), ROW(traces),
		ROW(becomes_root), ROW(changes_groups),
		ROW(takes_capabilities), ROW(mounts), ROW(unlinks),
		ROW(creates_a_directory), ROW(renames), ROW(changes_a_mode),
		ROW(changes_its_root), ROW(creates_a_namespace),
		ROW(raises_a_limit), ROW(sets_the_clock),
		ROW(duplicates_a_descriptor), ROW(sets_a_handler),
		ROW(maps_executable_memory), ROW(makes_memory_executable),
		ROW(maps_a_file), ROW(makes_another_ioctl),
	};
	size_t	 i;
	int	 status, failed = 0;

	(void)state;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		status = run_in_sandbox(actions[i].act);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
			continue;
		print_message("# %s: status %#x\n", actions[i].name, status);
		failed++;
	}
	assert_int_equal(failed, 0);
}

#endif

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(has_no_capability),
#ifndef HBW_SANITIZERS
		cmocka_unit_test(needed_calls_work),
		cmocka_unit_test(can_abort),
		cmocka_unit_test(no_file_can_be_opened),
		cmocka_unit_test(calls_for_evidence),
		cmocka_unit_test(all_other_calls_kill),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
