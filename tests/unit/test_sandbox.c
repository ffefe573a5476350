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
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mono.h"
#include "base/wall.h"
#include "engine/link.h"
#include "engine/sandbox.h"

#define POLLED	2

/* What the jailed child has; made before. */
struct cell {
	int	 report;	/* its socket, and the other end */
	int	 parent;
	int	 link;
	int	 other;		/* a socket that it must not send on */
	int	 file;
};

/* Exit status of a deed: done, refused with EACCES, or else. */
enum { DONE = 10, REFUSED, OTHERWISE };

static struct cell
cell_new(void)
{
	struct cell	 c;
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
	if (c.link < 0 || c.file < 0)
		_exit(1);
	return (c);
}

/* ---- what it is after it */

/* Its lines of /proc/PID/status, read by its parent while it waits. */
static void
read_status(char *text, size_t size)
{
	struct cell	 c;
	char		 name[64], byte;
	ssize_t		 n;
	pid_t		 pid;
	int		 fd;

	c = cell_new();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (!sandbox_enter(c.report, POLLED) ||
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

/* Not so in a user namespace of one user. */
static bool
may_become_another(void)
{
	pid_t	 pid;
	int	 status;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(setresuid(65534, 65534, 65534) == 0 ? DONE : OTHERWISE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (WIFEXITED(status) && WEXITSTATUS(status) == DONE);
}

static void
is_not_root(void **state)
{
	char	 text[4096];

	(void)state;
	if (geteuid() != 0 || !may_become_another())
		skip();
	read_status(text, sizeof(text));
	assert_null(strstr(text, "\nUid:\t0\t"));
	assert_null(strstr(text, "\nGid:\t0\t"));
	assert_non_null(strstr(text, "\nGroups:\t \n"));
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
	/* The bounding set is root's to reduce. */
	if (geteuid() == 0)
		assert_non_null(strstr(text, "\nCapBnd:\t0000000000000000\n"));
#ifndef HBW_SANITIZERS
	assert_non_null(strstr(text, "\nSeccomp:\t2\n"));
#endif
}

#ifndef HBW_SANITIZERS

/* ---- what it does in there */

typedef int deed_done(const struct cell *);

static int
status_of(long result)
{
	if (result >= 0)
		return (DONE);
	return (errno == EACCES ? REFUSED : OTHERWISE);
}

/* In a child, in the jail; the wait status. */
static int
status_in_jail(deed_done *deed)
{
	struct cell	 c;
	pid_t		 pid;
	int		 status;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		c = cell_new();
		if (!sandbox_enter(c.report, POLLED))
			_exit(1);
		_exit(deed(&c));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (status);
}

static void
assert_exits(deed_done *deed, int code)
{
	int	 status = status_in_jail(deed);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

/* ---- what it needs */

static int
asks_for_time(const struct cell *c)
{
	struct timespec	 t;

	(void)c;
	/* As it is where the vDSO has no clock, too. */
	if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t) != 0)
		return (OTHERWISE);
	return (mono_now().ns > 0 && wall_now().ns > 0 ? DONE : OTHERWISE);
}

static int
takes_memory(const struct cell *c)
{
	char	*p, *larger;
	size_t	 size;

	(void)c;
	for (size = 1; size < (64 << 20); size *= 4) {
		p = malloc(size);
		if (p == NULL)
			return (OTHERWISE);
		memset(p, 1, size);
		larger = realloc(p, 2 * size);
		if (larger == NULL)
			return (OTHERWISE);
		larger[2 * size - 1] = 1;
		free(larger);
	}
	return (DONE);
}

static int
talks_to_its_parent(const struct cell *c)
{
	char	 byte = 1;

	if (send(c->report, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1 ||
	    recv(c->parent, &byte, 1, 0) != 1)
		return (OTHERWISE);
	return (recv(c->report, &byte, 1, MSG_DONTWAIT) < 0 &&
	    errno == EAGAIN ? DONE : OTHERWISE);
}

static int
polls(const struct cell *c)
{
	struct pollfd	 fds[POLLED] = {
		{ .fd = c->report, .events = POLLIN | POLLOUT },
		{ .fd = c->other, .events = POLLIN },
	};
	struct timespec	 none = { 0 };

	return (ppoll(fds, POLLED, &none, NULL) == 1 &&
	    poll(fds, POLLED, 0) == 1 && fds[0].revents == POLLOUT ?
	    DONE : OTHERWISE);
}

static int
looks_at_a_link(const struct cell *c)
{
	uint32_t	 ifindex;

	(void)link_state(c->link, "lo", &ifindex);
	return (DONE);
}

static int
closes(const struct cell *c)
{
	return (status_of(close(c->other)));
}

static void
can_do_its_work(void **state)
{
	(void)state;
	assert_exits(asks_for_time, DONE);
	assert_exits(takes_memory, DONE);
	assert_exits(talks_to_its_parent, DONE);
	assert_exits(polls, DONE);
	assert_exits(looks_at_a_link, DONE);
	assert_exits(closes, DONE);
}

static int
aborts(const struct cell *c)
{
	(void)c;
	abort();
}

static void
can_abort(void **state)
{
	int	 status = status_in_jail(aborts);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_false(WCOREDUMP(status));
}

/* ---- files: refused, so that a library which asks for one goes on */

#define DEED(name, call)						\
static int								\
name(const struct cell *c)						\
{									\
	(void)c;							\
	return (status_of(call));					\
}

static char		 path[] = "/dev/null";
static struct stat	 about;
static char		 buffer[64];

DEED(opens, syscall(SYS_openat, AT_FDCWD, path, O_RDONLY))
DEED(opens_to_write, open("/tmp/hbwatch-jail", O_WRONLY | O_CREAT, 0600))
DEED(opens_a_folder, open("/", O_RDONLY | O_DIRECTORY))
DEED(stats, stat(path, &about))
DEED(may_access, access(path, R_OK))
DEED(reads_a_link, readlink("/proc/self/exe", buffer, sizeof(buffer)))

static void
no_file_by_its_name(void **state)
{
	(void)state;
	assert_exits(opens, REFUSED);
	assert_exits(opens_to_write, REFUSED);
	assert_exits(opens_a_folder, REFUSED);
	assert_exits(stats, REFUSED);
	assert_exits(may_access, REFUSED);
	assert_exits(reads_a_link, REFUSED);
}

/* ---- all else: killed */

static struct sockaddr_un	 nowhere = { .sun_family = AF_UNIX };
static char			*no_words[] = { NULL };
static struct iovec		 some = { buffer, 1 };
static struct msghdr		 message = { .msg_iov = &some,
    .msg_iovlen = 1 };
static struct rlimit		 limits;

DEED(reads, read(c->file, buffer, 1))
DEED(makes_a_socket, socket(AF_INET, SOCK_DGRAM, 0))
DEED(makes_a_packet_socket, socket(AF_PACKET, SOCK_RAW, 0))
DEED(makes_a_pair, socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)buffer))
DEED(connects, connect(c->other, (struct sockaddr *)&nowhere,
    sizeof(nowhere)))
DEED(binds, bind(c->other, (struct sockaddr *)&nowhere, sizeof(nowhere)))
DEED(sends_elsewhere, send(c->other, "x", 1, MSG_DONTWAIT))
DEED(sends_to_an_address, sendto(c->report, "x", 1, MSG_DONTWAIT,
    (struct sockaddr *)&nowhere, sizeof(nowhere)))
DEED(sends_a_message, sendmsg(c->report, &message, MSG_DONTWAIT))
DEED(writes_elsewhere, write(c->other, "x", 1))
DEED(writes_a_vector, writev(c->other, &some, 1))
DEED(executes, execve("/bin/true", no_words, no_words))
DEED(forks, fork())
DEED(clones, syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0))
DEED(kills_its_parent, kill(getppid(), SIGTERM))
DEED(kills_itself, kill(getpid(), SIGTERM))
DEED(signals_another, syscall(SYS_tgkill, 1, 1, SIGABRT))
DEED(traces, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
DEED(becomes_root, setuid(0))
DEED(changes_groups, setgroups(0, NULL))
DEED(takes_capabilities, syscall(SYS_capset, buffer, buffer))
DEED(mounts, mount("none", "/mnt", "tmpfs", 0, NULL))
DEED(unlinks, unlink("/tmp/hbwatch-jail"))
DEED(makes_a_folder, mkdir("/tmp/hbwatch-jail", 0700))
DEED(renames, rename("/tmp/hbwatch-jail", "/tmp/hbwatch-jail.2"))
DEED(changes_a_mode, chmod("/tmp/hbwatch-jail", 0777))
DEED(leaves_its_root, chroot("/"))
DEED(makes_a_namespace, syscall(SYS_unshare, 0x10000000))
DEED(raises_a_limit, setrlimit(RLIMIT_NOFILE, &limits))
DEED(sets_the_clock, syscall(SYS_clock_settime, CLOCK_REALTIME, buffer))
DEED(doubles_a_descriptor, dup(0))
DEED(sets_a_handler, syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 8))
DEED(runs_memory, (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
DEED(protects_memory, mprotect(NULL, 4096, PROT_EXEC))
DEED(maps_a_file, (long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, c->file, 0))
DEED(asks_another_ioctl, ioctl(c->link, SIOCGIFCONF, buffer))

static void
all_else_kills(void **state)
{
	static const struct {
		const char	*name;
		deed_done	*deed;
	} deeds[] = {
#define ONE(name)	{ #name, name }
		ONE(reads), ONE(makes_a_socket), ONE(makes_a_packet_socket),
		ONE(makes_a_pair), ONE(connects), ONE(binds),
		ONE(sends_elsewhere), ONE(sends_to_an_address),
		ONE(sends_a_message), ONE(writes_elsewhere),
		ONE(writes_a_vector), ONE(executes), ONE(forks), ONE(clones),
		ONE(kills_its_parent), ONE(kills_itself), ONE(signals_another),
		ONE(traces), ONE(becomes_root), ONE(changes_groups),
		ONE(takes_capabilities), ONE(mounts), ONE(unlinks),
		ONE(makes_a_folder), ONE(renames), ONE(changes_a_mode),
		ONE(leaves_its_root), ONE(makes_a_namespace),
		ONE(raises_a_limit), ONE(sets_the_clock),
		ONE(doubles_a_descriptor), ONE(sets_a_handler),
		ONE(runs_memory), ONE(protects_memory), ONE(maps_a_file),
		ONE(asks_another_ioctl),
	};
	size_t	 i;
	int	 status, failed = 0;

	(void)state;
	for (i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		status = status_in_jail(deeds[i].deed);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
			continue;
		print_message("# %s: status %#x\n", deeds[i].name, status);
		failed++;
	}
	assert_int_equal(failed, 0);
}

#endif

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(is_not_root),
		cmocka_unit_test(has_no_capability),
#ifndef HBW_SANITIZERS
		cmocka_unit_test(can_do_its_work),
		cmocka_unit_test(can_abort),
		cmocka_unit_test(no_file_by_its_name),
		cmocka_unit_test(all_else_kills),
#endif
	};

	sandbox_find_user();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
