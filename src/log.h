/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log of all programs; nothing else calls syslog.  Messages are one line
 * without its newline.  log_warn and fatal add what errno says.
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
/* Another name for a process that was forked. */
void	 log_rename(const char *name);

void	 log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_warnx(const char *, ...) __attribute__((format(printf, 1, 2)));
/* These two end the process with exit status 1. */
_Noreturn void fatal(const char *, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fatalx(const char *, ...) __attribute__((format(printf, 1, 2)));

#endif
