/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#ifdef HBW_SANITIZERS

#include <stdio.h>
#include <stdlib.h>

/* For automake, 77 is a skipped test; in TAP the first line is enough. */
int
main(void)
{
	printf("1..0 # SKIP a build with sanitizers has no jail\n");
	return (getenv("CMOCKA_MESSAGE_OUTPUT") != NULL ? 0 : 77);
}

#else

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine_message.h"
#include "jail.h"
#include "landlock.h"

#include "scratch.h"

/* The exit status of a child: the call worked, or its error. */
enum { DONE = 10, NOT_PERMITTED, NO_ACCESS, NO_CALL, NO_DESCRIPTOR, OTHER };

typedef long	 action(void);

static int
status_of(long result)
{
	return (result != -1 ? DONE : errno == EPERM ? NOT_PERMITTED :
	    errno == EACCES ? NO_ACCESS : errno == ENOSYS ? NO_CALL :
	    errno == EBADF ? NO_DESCRIPTOR : OTHER);
}

/* ---- system calls */

#define ACTION(name, call)						\
static long								\
name(void)								\
{									\
	return (call);							\
}

static char		 buffer[4096];
static char		*no_arguments[] = { NULL };
static struct iovec	 some = { buffer, 1 };

static void *
run_thread(void *arg)
{
	return (arg);
}

static long
creates_a_thread(void)
{
	pthread_t	 thread;

	return (pthread_create(&thread, NULL, run_thread, NULL) == 0 &&
	    pthread_join(thread, NULL) == 0 ? 0 : -1);
}

static long
ends_a_child(void)
{
	pid_t	 pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return (pid > 0 && kill(pid, SIGKILL) == 0 &&
	    waitpid(pid, NULL, 0) == pid ? 0 : -1);
}

static long
allocates_memory(void)
{
	char	*p = malloc(64 << 20);

	if (p == NULL)
		return (-1);
	memset(p, 1, 64 << 20);
	free(p);
	return (0);
}

static long
maps(int protection)
{
	return (mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0) == MAP_FAILED ? -1 : 0);
}

ACTION(opens, open("/dev/null", O_RDONLY))
ACTION(opens_a_socket, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
ACTION(opens_a_raw_socket, socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))
ACTION(opens_another_socket, socket(AF_VSOCK, SOCK_STREAM, 0))
ACTION(maps_code, maps(PROT_READ | PROT_EXEC))
ACTION(maps_writable_code, maps(PROT_READ | PROT_WRITE | PROT_EXEC))
ACTION(makes_memory_executable, mprotect(buffer, 1, PROT_EXEC))
ACTION(types_into_the_terminal, ioctl(0, TIOCSTI, "x"))
ACTION(terminates_its_parent, kill(getppid(), SIGTERM))
ACTION(executes, execve("/bin/true", no_arguments, no_arguments))
ACTION(executes_another_file, execveat(AT_FDCWD, "/bin/true", no_arguments,
    no_arguments, 0))
ACTION(executes_the_engine, execveat(ENGINE_DESCRIPTORS_END, "", no_arguments,
    no_arguments, AT_EMPTY_PATH))
ACTION(becomes_root, setuid(0))
ACTION(changes_a_mode, chmod("/tmp/hbwatch-jail", 0777))
ACTION(changes_an_owner, chown("/tmp/hbwatch-jail", 0, 0))
ACTION(creates_with_clone3, syscall(SYS_clone3, NULL, 0))
ACTION(clones_a_namespace, syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0,
    0))
ACTION(makes_an_unknown_call, syscall(1000))

ACTION(traces, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
ACTION(reads_another_process, process_vm_readv(getppid(), &some, 1, &some, 1,
    0))
ACTION(mounts, mount("none", "/mnt", "tmpfs", 0, NULL))
ACTION(changes_its_root, chroot("/"))
ACTION(creates_a_namespace, unshare(CLONE_NEWUSER))
ACTION(enters_a_namespace, setns(0, 0))
ACTION(loads_a_program, syscall(SYS_bpf, 0, buffer, 0))
ACTION(loads_a_module, syscall(SYS_init_module, buffer, 0, ""))
ACTION(loads_a_kernel, syscall(SYS_kexec_load, 0, 0, NULL, 0))
ACTION(uses_keys, syscall(SYS_keyctl, 0, 0, 0))
ACTION(handles_faults, syscall(SYS_userfaultfd, 0))
ACTION(counts_events, syscall(SYS_perf_event_open, buffer, 0, -1, -1, 0))
ACTION(submits_requests, syscall(SYS_io_uring_setup, 1, buffer))
ACTION(sets_the_clock, syscall(SYS_clock_settime, CLOCK_REALTIME, NULL))

static int
run_in_jail(action *act)
{
	pid_t	 pid = fork();
	int	 status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (prctl(PR_SET_DUMPABLE, 0) != 0 ||
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		    !jail_limit_calls())
			_exit(1);
		_exit(status_of(act()));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (status);
}

static void
calls_have_results(void **state)
{
	static const struct {
		const char	*name;
		action		*act;
		int		 result;
	} rows[] = {
#define ROW(name, result)	{ #name, name, result }
		ROW(creates_a_thread, DONE), ROW(ends_a_child, DONE),
		ROW(allocates_memory, DONE), ROW(opens, DONE),
		ROW(opens_a_socket, DONE), ROW(maps_code, DONE),
		/* This test has no program at that number. */
		ROW(executes_the_engine, NO_DESCRIPTOR),
		ROW(opens_a_raw_socket, NOT_PERMITTED),
		ROW(opens_another_socket, NOT_PERMITTED),
		ROW(maps_writable_code, NOT_PERMITTED),
		ROW(makes_memory_executable, NOT_PERMITTED),
		ROW(types_into_the_terminal, NOT_PERMITTED),
		ROW(terminates_its_parent, NOT_PERMITTED),
		ROW(executes, NOT_PERMITTED),
		ROW(executes_another_file, NOT_PERMITTED),
		ROW(becomes_root, NOT_PERMITTED),
		ROW(changes_a_mode, NOT_PERMITTED),
		ROW(changes_an_owner, NOT_PERMITTED),
		ROW(clones_a_namespace, NOT_PERMITTED),
		ROW(makes_an_unknown_call, NOT_PERMITTED),
		ROW(creates_with_clone3, NO_CALL),
#undef ROW
	};
	size_t	 i;
	int	 status, failed = 0;

	(void)state;
	close(ENGINE_DESCRIPTORS_END);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		status = run_in_jail(rows[i].act);
		if (WIFEXITED(status) && WEXITSTATUS(status) == rows[i].result)
			continue;
		print_message("# %s: status %#x\n", rows[i].name, status);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void
dangerous_calls_kill(void **state)
{
	static const struct {
		const char	*name;
		action		*act;
	} rows[] = {
#define ROW(name)	{ #name, name }
		ROW(traces), ROW(reads_another_process), ROW(mounts),
		ROW(changes_its_root), ROW(creates_a_namespace),
		ROW(enters_a_namespace), ROW(loads_a_program),
		ROW(loads_a_module), ROW(loads_a_kernel), ROW(uses_keys),
		ROW(handles_faults), ROW(counts_events), ROW(submits_requests),
		ROW(sets_the_clock),
#undef ROW
	};
	size_t	 i;
	int	 status, failed = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		status = run_in_jail(rows[i].act);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
			continue;
		print_message("# %s: status %#x\n", rows[i].name, status);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* ---- files */

static struct scratch	 scratch;

static const char *
path(const char *name)
{
	return (scratch_path(&scratch, name));
}

static void
make_file(const char *name)
{
	int	 fd = open(path(name), O_WRONLY | O_CREAT, 0666);

	assert_true(fd >= 0);
	close(fd);
}

ACTION(reads_a_readable_file, open(path("read/file"), O_RDONLY))
ACTION(lists_a_readable_directory, open(path("read"), O_RDONLY | O_DIRECTORY))
ACTION(writes_a_readable_file, open(path("read/file"), O_WRONLY))
ACTION(creates_in_a_readable_directory, open(path("read/new"),
    O_WRONLY | O_CREAT, 0600))
ACTION(removes_a_readable_file, unlink(path("read/file")))
ACTION(reads_a_writable_file, open(path("write/file"), O_RDONLY))
ACTION(writes_a_writable_file, open(path("write/file"), O_RDWR | O_TRUNC))
ACTION(creates_a_file, open(path("write/new"), O_WRONLY | O_CREAT, 0600))
ACTION(renames_a_file, rename(path("write/file"), path("write/other")))
ACTION(removes_a_file, unlink(path("write/file")))
ACTION(creates_a_directory, mkdir(path("write/directory"), 0700))
ACTION(creates_a_fifo, mkfifo(path("write/fifo"), 0600))
ACTION(creates_a_link, symlink("file", path("write/link")))
ACTION(executes_a_writable_file, execl(path("write/program"), "program",
    (char *)NULL))
ACTION(modifies_a_file, open(path("modify/file"), O_RDWR | O_TRUNC))
ACTION(creates_where_it_modifies, open(path("modify/new"),
    O_WRONLY | O_CREAT, 0600))
ACTION(reads_a_file_elsewhere, open(path("other/file"), O_RDONLY))
ACTION(lists_a_directory_elsewhere, open(path("other"),
    O_RDONLY | O_DIRECTORY))
ACTION(creates_a_file_elsewhere, open(path("other/new"), O_WRONLY | O_CREAT,
    0600))

static void
files_are_limited(void **state)
{
	static const struct {
		const char	*name;
		action		*act;
		int		 result;
	} rows[] = {
#define ROW(name, result)	{ #name, name, result }
		ROW(reads_a_readable_file, DONE),
		ROW(lists_a_readable_directory, DONE),
		ROW(writes_a_readable_file, NO_ACCESS),
		ROW(creates_in_a_readable_directory, NO_ACCESS),
		ROW(removes_a_readable_file, NO_ACCESS),
		ROW(reads_a_writable_file, DONE),
		ROW(writes_a_writable_file, DONE),
		ROW(creates_a_file, DONE), ROW(creates_a_directory, DONE),
		ROW(creates_a_fifo, NO_ACCESS), ROW(creates_a_link, NO_ACCESS),
		ROW(executes_a_writable_file, NO_ACCESS),
		ROW(modifies_a_file, DONE),
		ROW(creates_where_it_modifies, NO_ACCESS),
		ROW(reads_a_file_elsewhere, NO_ACCESS),
		ROW(lists_a_directory_elsewhere, NO_ACCESS),
		ROW(creates_a_file_elsewhere, NO_ACCESS),
		ROW(renames_a_file, DONE),
		ROW(removes_a_file, OTHER),	/* it was renamed */
#undef ROW
	};
	size_t	 i;
	pid_t	 pid;
	int	 rules, status, failed = 0;

	(void)state;
	rules = landlock_begin();
	if (rules == -1)
		skip();
	close(rules);
	assert_int_equal(mkdir(path("read"), 0700), 0);
	assert_int_equal(mkdir(path("write"), 0700), 0);
	assert_int_equal(mkdir(path("modify"), 0700), 0);
	assert_int_equal(mkdir(path("other"), 0700), 0);
	make_file("read/file");
	make_file("write/file");
	make_file("write/program");
	assert_int_equal(chmod(path("write/program"), 0700), 0);
	make_file("modify/file");
	make_file("other/file");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			rules = landlock_begin();
			if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
			    !landlock_allow(rules, path("read"),
			    LANDLOCK_READ) ||
			    !landlock_allow(rules, path("modify"),
			    LANDLOCK_MODIFY) ||
			    !landlock_allow(rules, path("write"),
			    LANDLOCK_WRITE) ||
			    !landlock_allow(rules, path("missing"),
			    LANDLOCK_WRITE) || !landlock_end(rules))
				_exit(1);
			_exit(status_of(rows[i].act()));
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == rows[i].result)
			continue;
		print_message("# %s: status %#x\n", rows[i].name, status);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static int
begin(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	scratch_end(&scratch);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(calls_have_results),
		cmocka_unit_test(dangerous_calls_kill),
		cmocka_unit_test_setup_teardown(files_are_limited,
		    begin, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

#endif
