/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log of all programs; nothing else calls syslog(3).  A message is one line
 * without its newline.  log_warn, log_err and fatal append the text of errno.
 *
 * The priorities are syslog's: err when something failed, warning when the
 * service is degraded or an alarm is raised, notice for an alarm that is
 * cleared, a connection or a reload, info for what is normal, debug for
 * troubleshooting.
 */
#ifndef HBW_LOG_H
#define HBW_LOG_H

#include <stdbool.h>

enum log_target {
	LOG_TO_STDERR,
	LOG_TO_SYSLOG,
};

/* `name` is the process's name in each line; it is not copied. */
void	 log_open(const char *name, enum log_target, bool verbose);

/*
 * Hands each line to `take` from here on, with syslog(3)'s priority, and opens
 * and writes nothing any more: for a process that may not.  `take` must not
 * log.
 */
typedef void log_taker(void *arg, int priority, const char *line);
void	 log_redirect(log_taker *take, void *arg);
/* A line that another process, of that name, would have logged. */
void	 log_other(const char *name, int priority, const char *line);

void	 log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_notice(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_warnx(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_err(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_errx(const char *, ...) __attribute__((format(printf, 1, 2)));
/* These two end the process with exit status 1. */
_Noreturn void fatal(const char *, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fatalx(const char *, ...) __attribute__((format(printf, 1, 2)));

#endif
