/* SPDX-License-Identifier: BSD-2-Clause */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const char	*log_name = "hbwatch";
static enum log_target	 log_target = LOG_TO_STDERR;
static bool		 log_verbose;
static log_taker	*log_take;		/* NULL: not redirected */
static void		*log_take_arg;

void
log_open(const char *name, enum log_target target, bool verbose)
{
	log_name = name;
	log_target = target;
	log_verbose = verbose;
	if (target == LOG_TO_SYSLOG)
		openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_redirect(log_taker *take, void *arg)
{
	log_take = take;
	log_take_arg = arg;
}

/* When the reader of stderr is stuck, the line is lost: never block. */
static void
write_line(const char *name, const char *text)
{
	static unsigned	 lost;
	struct pollfd	 fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	char		 line[1280];
	int		 n;

	if (poll(&fd, 1, 0) == 0) {
		lost++;
		return;
	}
	if (lost > 0)
		dprintf(STDERR_FILENO, "%s: %u lines of the log were lost\n",
		    log_name, lost);
	lost = 0;
	/* One write for the whole line; dprintf needs more system calls. */
	n = snprintf(line, sizeof(line), "%s: %s\n", name, text);
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) == -1)
		lost++;
}

void
log_other(const char *name, int priority, const char *line)
{
	if (log_target != LOG_TO_SYSLOG) {
		write_line(name, line);
		return;
	}
	/* The connection stays open; openlog changes the name only. */
	openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	syslog(priority, "%s", line);
	openlog(log_name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
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
	if (log_take != NULL)
		log_take(log_take_arg, priority, text);
	else if (log_target == LOG_TO_SYSLOG)
		syslog(priority, "%s", text);
	else
		write_line(log_name, text);
}
