/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log of all programs; nothing else calls syslog(3).  A message is one line
 * without its newline.  log_warn, log_err and fatal append the text of errno.
 * Every thread may log.
 *
 * The priorities are syslog's: err when something failed, warning when the
 * service is degraded or an alarm is raised, notice for an alarm that is
 * cleared, a connection or a reload, info for what is normal, debug for
 * troubleshooting.
 */
#ifndef HBW_LOG_H
#define HBW_LOG_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <syslog.h>

enum log_target {
	LOG_TO_STDERR,
	LOG_TO_SYSLOG,
};

/*
 * Each line begins with `name`, which is not copied.  log_debug does nothing
 * unless `verbose`.  Without a call of log_open the name is "hbwatch", and the
 * target is stderr, which is not the journal.
 */
void	 log_open(const char *name, enum log_target, bool verbose);

/*
 * The prefix of a line on stderr: "<N>", as in sd-daemon(3), if stderr is
 * connected to the journal of systemd, else "".  The functions below write it;
 * other lines on stderr need it for their priority.
 */
const char *log_prefix(int priority);

/*
 * From this call on, passes each line to `take`, with its priority, and neither
 * opens nor writes anything: for a process in a sandbox.  `take` must not log.
 */
typedef void log_taker(void *arg, int priority, const char *line);
void	 log_redirect(log_taker *take, void *arg);

/*
 * A process that closes all descriptors disconnects from syslog before it, and
 * connects again after it.  Otherwise syslog closes its old number later,
 * although that may belong to another descriptor then.
 */
void	 log_disconnect(void);
void	 log_reconnect(void);

/* True when log_debug writes; a process that this one starts may need it. */
bool	 log_is_verbose(void);

/* Logs a line that another process, called `name`, sent to this one. */
void	 log_other(const char *name, int priority, const char *line);

#define log_debug(...)	log_message(LOG_DEBUG, 0, __VA_ARGS__)
#define log_info(...)	log_message(LOG_INFO, 0, __VA_ARGS__)
#define log_notice(...)	log_message(LOG_NOTICE, 0, __VA_ARGS__)
#define log_warn(...)	log_message(LOG_WARNING, errno, __VA_ARGS__)
#define log_warnx(...)	log_message(LOG_WARNING, 0, __VA_ARGS__)
#define log_err(...)	log_message(LOG_ERR, errno, __VA_ARGS__)
#define log_errx(...)	log_message(LOG_ERR, 0, __VA_ARGS__)
/* Logs with priority LOG_CRIT, then ends the process with exit status 1. */
#define fatal(...)	(log_message(LOG_CRIT, errno, __VA_ARGS__), exit(1))

/* `error` is a value of errno whose text is appended, or 0. */
void	 log_message(int priority, int error, const char *format, ...)
	    __attribute__((format(printf, 3, 4)));

#endif
