/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/snmp_logging.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/log.h"
#include "snmp_log.h"

/* The size of the longest line; lines of net-snmp are shorter. */
#define LINE_SIZE	512

static struct {
	snmp_log_filter	*filter;
	char		 last[LINE_SIZE];
} library_log;

/* net-snmp logs the same error at each attempt. */
static void
log_once(const char *text, int priority)
{
	if (strcmp(library_log.last, text) == 0)
		return;
	snprintf(library_log.last, sizeof(library_log.last), "%s", text);
	if (priority <= LOG_ERR)
		log_errx("net-snmp: %s", text);
	else if (priority == LOG_WARNING)
		log_warnx("net-snmp: %s", text);
	else
		log_debug("net-snmp: %s", text);
}

static int
take_line(int major, int minor, void *message, void *arg)
{
	const struct snmp_log_message	*m = message;
	char				 text[LINE_SIZE], *newline;
	size_t				 length;
	int				 error = errno;

	(void)major;
	(void)minor;
	(void)arg;
	snprintf(text, sizeof(text), "%s", m->msg);
	length = strlen(text);
	while (length > 0 && strchr("\n ", text[length - 1]) != NULL)
		text[--length] = '\0';
	/* A message of our log is one line. */
	while ((newline = strchr(text, '\n')) != NULL)
		*newline = ' ';
	errno = error;
	if (length > 0 && (library_log.filter == NULL ||
	    !library_log.filter(text, sizeof(text))))
		log_once(text, m->priority);
	return (0);
}

void
snmp_log_init(void)
{
	snmp_disable_stderrlog();
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING,
	    take_line, NULL);
}

void
snmp_log_set_filter(snmp_log_filter *filter)
{
	library_log.filter = filter;
}
