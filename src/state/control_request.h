/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requests of the control socket, hbwatch-control(5).  A request is a line
 * of UTF-8 whose fields are separated by TAB; the first is the version of the
 * protocol.
 */
#ifndef HBW_CONTROL_REQUEST_H
#define HBW_CONTROL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/duration.h"

#define CONTROL_PROTOCOL	1
/* The most octets of a request, without its newline. */
#define CONTROL_REQUEST_MAX	4096
/* The most octets of the text of an operator: an SnmpAdminString. */
#define CONTROL_TEXT_MAX	255

/* The longest shelf, that of the option `shelve-most`. */
#define CONTROL_SHELF_MAX_NS	(366 * DURATION_MAX_NS)

enum control_command {
	CONTROL_STATUS,		/* the watches that need attention */
	CONTROL_STATUS_ALL,
	CONTROL_STATUS_WATCH,
	CONTROL_NAMES,
	CONTROL_ACKNOWLEDGE,
	CONTROL_SHELVE,
	CONTROL_UNSHELVE,
};

struct control_request {
	enum control_command	 command;
	/* A name; of CONTROL_NAMES the beginning of names; else "". */
	const char		*watch;
	const char		*text;		/* of the operator, or "" */
	int64_t			 duration_ns;	/* of CONTROL_SHELVE */
};

#define CONTROL_ERROR_SIZE	400
/* The error of an answer during which the configuration changed. */
#define CONTROL_RELOADED	"the configuration was reloaded meanwhile; " \
				"repeat the request"

/*
 * Parses a line of `length` octets, which has no newline and is followed by a
 * NUL.  The line is changed, and the texts of the request point into it.  False
 * for an invalid request, with the reason in error[CONTROL_ERROR_SIZE].
 */
bool	 control_request_parse(struct control_request *, char *line,
	    size_t length, char *error);

#endif
