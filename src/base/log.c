/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"

static const char	*log_name = "hbwatch";
static enum log_target	 log_target = LOG_TO_STDERR;
static bool		 log_verbose;
static log_taker	*log_take;		/* NULL: written here */
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

/* A reader that does not read must not stop us: then the line is lost. */
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
	/* dprintf asks the descriptor twice before it writes. */
	n = snprintf(line, sizeof(line), "%s: %s\n", name, text);
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) == -1)
		lost++;
}

void
log_other(const char *name, int priority, const char *line)
{
	if (log_target == LOG_TO_SYSLOG) {
		/* Only the name changes: it is connected. */
		openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
		syslog(priority, "%s", line);
		openlog(log_name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	} else {
		write_line(name, line);
	}
}

static void __attribute__((format(printf, 3, 0)))
vlog(int priority, const char *error, const char *format, va_list ap)
{
	char	 text[1024];
	size_t	 n;

	vsnprintf(text, sizeof(text), format, ap);
	n = strlen(text);
	if (error != NULL)
		snprintf(text + n, sizeof(text) - n, ": %s", error);
	if (log_take != NULL)
		log_take(log_take_arg, priority, text);
	else if (log_target == LOG_TO_SYSLOG)
		syslog(priority, "%s", text);
	else
		write_line(log_name, text);
}

void
log_debug(const char *format, ...)
{
	va_list	 ap;

	if (!log_verbose)
		return;
	va_start(ap, format);
	vlog(LOG_DEBUG, NULL, format, ap);
	va_end(ap);
}

void
log_info(const char *format, ...)
{
	va_list	 ap;

	va_start(ap, format);
	vlog(LOG_INFO, NULL, format, ap);
	va_end(ap);
}

void
log_notice(const char *format, ...)
{
	va_list	 ap;

	va_start(ap, format);
	vlog(LOG_NOTICE, NULL, format, ap);
	va_end(ap);
}

void
log_warn(const char *format, ...)
{
	va_list		 ap;
	const char	*error = strerror(errno);

	va_start(ap, format);
	vlog(LOG_WARNING, error, format, ap);
	va_end(ap);
}

void
log_warnx(const char *format, ...)
{
	va_list	 ap;

	va_start(ap, format);
	vlog(LOG_WARNING, NULL, format, ap);
	va_end(ap);
}

void
log_err(const char *format, ...)
{
	va_list		 ap;
	const char	*error = strerror(errno);

	va_start(ap, format);
	vlog(LOG_ERR, error, format, ap);
	va_end(ap);
}

void
log_errx(const char *format, ...)
{
	va_list	 ap;

	va_start(ap, format);
	vlog(LOG_ERR, NULL, format, ap);
	va_end(ap);
}

void
fatal(const char *format, ...)
{
	va_list		 ap;
	const char	*error = strerror(errno);

	va_start(ap, format);
	vlog(LOG_CRIT, error, format, ap);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *format, ...)
{
	va_list	 ap;

	va_start(ap, format);
	vlog(LOG_CRIT, NULL, format, ap);
	va_end(ap);
	exit(1);
}
