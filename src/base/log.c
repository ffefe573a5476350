/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const char	*log_name = "hbwatch";
static enum log_target	 log_target = LOG_TO_STDERR;
static bool		 log_verbose;
static bool		 log_to_journal;	/* stderr is the journal */
static unsigned		 log_dropped;		/* lines, not yet logged */
static log_taker	*log_take;		/* NULL: not redirected */
static void		*log_take_arg;
/* The threads of a process log one after the other. */
static pthread_mutex_t	 log_mutex = PTHREAD_MUTEX_INITIALIZER;
static bool		 log_handles_fork;

static void
lock(void)
{
	(void)pthread_mutex_lock(&log_mutex);
}

static void
unlock(void)
{
	(void)pthread_mutex_unlock(&log_mutex);
}

/*
 * JOURNAL_STREAM has the device and the inode of the journal's socket
 * (systemd.exec(5)).  They are compared with stderr's, because stderr may have
 * been redirected since.
 */
static bool
stderr_is_journal(void)
{
	const char	*stream = getenv("JOURNAL_STREAM");
	char		 expected[64];
	struct stat	 st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return (false);
	snprintf(expected, sizeof(expected), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return (strcmp(stream, expected) == 0);
}

void
log_open(const char *name, enum log_target target, bool verbose)
{
	log_name = name;
	log_target = target;
	log_verbose = verbose;
	log_to_journal = stderr_is_journal();
	/* While a process forks, no other thread has this lock or syslog's. */
	if (!log_handles_fork)
		(void)pthread_atfork(lock, unlock, unlock);
	log_handles_fork = true;
	if (target == LOG_TO_SYSLOG)
		openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

bool
log_is_verbose(void)
{
	return (log_verbose);
}

void
log_disconnect(void)
{
	if (log_target == LOG_TO_SYSLOG)
		closelog();
}

void
log_reconnect(void)
{
	if (log_target == LOG_TO_SYSLOG)
		openlog(log_name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_redirect(log_taker *take, void *arg)
{
	log_take = take;
	log_take_arg = arg;
}

const char *
log_prefix(int priority)
{
	static const char *const prefixes[] = {
		"<0>", "<1>", "<2>", "<3>", "<4>", "<5>", "<6>", "<7>",
	};

	return (log_to_journal ? prefixes[LOG_PRI(priority)] : "");
}

static void
print_line(const char *name, int priority, const char *text)
{
	char	 line[1280];
	int	 n;

	/* One write for the whole line; dprintf needs more system calls. */
	n = snprintf(line, sizeof(line), "%s%s: %s\n", log_prefix(priority),
	    name, text);
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) == -1)
		log_dropped++;
}

/* Drops the line when the reader of stderr is stuck: it must never block. */
static void
write_line(const char *name, int priority, const char *text)
{
	struct pollfd	 fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	unsigned	 dropped = log_dropped;
	char		 notice[64];

	if (poll(&fd, 1, 0) == 0) {
		log_dropped++;
		return;
	}
	log_dropped = 0;
	if (dropped > 0) {
		snprintf(notice, sizeof(notice), "%u log lines were dropped",
		    dropped);
		print_line(log_name, LOG_WARNING, notice);
	}
	print_line(name, priority, text);
}

void
log_other(const char *name, int priority, const char *line)
{
	lock();
	if (log_target != LOG_TO_SYSLOG) {
		write_line(name, priority, line);
	} else {
		/* The connection stays open; openlog changes the name only. */
		openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
		syslog(priority, "%s", line);
		openlog(log_name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	}
	unlock();
}

void
log_message(int priority, int error, const char *format, ...)
{
	char	 text[1024];
	va_list	 ap;
	size_t	 n;

	if (priority == LOG_DEBUG && !log_verbose)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	n = strlen(text);
	if (error != 0)
		snprintf(text + n, sizeof(text) - n, ": %s", strerror(error));
	lock();
	if (log_take != NULL)
		log_take(log_take_arg, priority, text);
	else if (log_target == LOG_TO_SYSLOG)
		syslog(priority, "%s", text);
	else
		write_line(log_name, priority, text);
	unlock();
}
