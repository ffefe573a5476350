/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/prctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine_message.h"
#include "engine/engine_program.h"

#define SELF		"/proc/self/exe"
#define INSTALLED	SBINDIR "/hbwatchd"

/* The number of descriptors that the program gets. */
#define DESCRIPTORS	(ENGINE_DESCRIPTORS_END - ENGINE_PARENT)

static int	 program = -1;

/* ---- the program's file */

static bool
has_trusted_owner(int file)
{
	struct stat	 st, self;

	return (fstat(file, &st) == 0 && (st.st_uid == 0 ||
	    (stat(SELF, &self) == 0 && st.st_uid == self.st_uid)));
}

/* The path has `length` octets of `directory` and then `rest`. */
static bool
open_at(const char *directory, size_t length, const char *rest)
{
	char	 path[2 * PATH_MAX];
	int	 file;

	snprintf(path, sizeof(path), "%.*s%s", (int)length, directory, rest);
	file = open(path, O_PATH | O_CLOEXEC);
	if (file < 0)
		return (false);
	if (has_trusted_owner(file)) {
		program = file;
		return (true);
	}
	close(file);
	errno = EPERM;
	return (false);
}

bool
engine_program_open(void)
{
	char		 self[PATH_MAX] = "";
	const char	*slash;
	size_t		 length, installed = strlen(INSTALLED);
	ssize_t		 n;

	n = readlink(SELF, self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash != NULL && open_at(self, (size_t)(slash - self),
	    "/" ENGINE_PROGRAM))
		return (true);
	if (slash != NULL && errno != ENOENT)
		return (false);
	/* `make install DESTDIR=` puts the prefix into another directory. */
	length = strlen(self);
	length = length >= installed && strcmp(self + length - installed,
	    INSTALLED) == 0 ? length - installed : 0;
	return (open_at(self, length, LIBEXECDIR "/" ENGINE_PROGRAM));
}

int
engine_program_file(void)
{
	return (program);
}

/* ---- the environment */

/*
 * Only these are kept, which change how a program is loaded and checked.  A
 * preloaded library, as in tests, may need any variable: then all are kept.
 */
static bool
is_kept(const char *variable)
{
	static const char *const kept[] = {
		"LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "LSAN_OPTIONS=",
		"UBSAN_OPTIONS=",
	};
	size_t	 i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
			return (true);
	return (getenv("LD_PRELOAD") != NULL);
}

/* NULL when memory is exhausted; the caller frees it. */
static char **
environment(void)
{
	char	**kept;
	size_t	  i, n = 0;

	for (i = 0; environ[i] != NULL; i++)
		continue;
	kept = calloc(i + 1, sizeof(*kept));
	if (kept == NULL)
		return (NULL);
	for (i = 0; environ[i] != NULL; i++)
		if (is_kept(environ[i]))
			kept[n++] = environ[i];
	return (kept);
}

/* ---- the child, which may only call what signal handlers may */

/* The signals that end the parent: the engine ends with its socket instead. */
static void
reset_signals(void)
{
	sigset_t	 none;

	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The capabilities to open captures and for SCHED_RR.  One that the agent does
 * not have is refused.
 */
static void
keep_capabilities(void)
{
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_NICE, 0, 0);
}

/* The numbers may overlap, so all descriptors are moved out of the way. */
static bool
move_descriptors(const int *descriptors)
{
	int	 high[DESCRIPTORS + 1], i;

	for (i = 0; i <= DESCRIPTORS; i++) {
		high[i] = -1;
		if (i < DESCRIPTORS && descriptors[i] < 0)
			continue;
		high[i] = fcntl(i < DESCRIPTORS ? descriptors[i] : program,
		    F_DUPFD_CLOEXEC, ENGINE_DESCRIPTORS_END + 1);
		if (high[i] < 0)
			return (false);
	}
	for (i = 0; i < DESCRIPTORS; i++) {
		if (high[i] < 0)
			(void)close(ENGINE_PARENT + i);
		else if (dup2(high[i], ENGINE_PARENT + i) < 0)
			return (false);
	}
	return (dup3(high[DESCRIPTORS], ENGINE_DESCRIPTORS_END, O_CLOEXEC) >=
	    0 && close_range(ENGINE_DESCRIPTORS_END + 1, ~0U, 0) == 0);
}

static void
execute(const int *descriptors, char *const *environment)
{
	static char	 name[] = ENGINE_NAME;
	char		*argv[] = { name, NULL };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/*
	 * The nice value may count within a session only.  That of a service
	 * has no other programs, but that of a terminal has.
	 */
	if (getsid(0) != getppid())
		(void)setsid();
	reset_signals();
	keep_capabilities();
	if (move_descriptors(descriptors))
		(void)execveat(ENGINE_DESCRIPTORS_END, "", argv, environment,
		    AT_EMPTY_PATH);
}

pid_t
engine_program_start(const int *descriptors)
{
	char	**kept = environment();
	pid_t	  pid = -1;

	if (kept == NULL)
		return (-1);
	pid = fork();
	if (pid == 0) {
		execute(descriptors, kept);
		/* The parent's handlers of exit(3) must not run. */
		_exit(ENGINE_PROGRAM_FAILED);
	}
	free(kept);
	return (pid);
}
