/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection to the control socket of hbwatchd, see hbwatch-control(5).
 * Errors are logged.
 */
#ifndef HBW_CONTROL_CLIENT_H
#define HBW_CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/config_types.h"

#define CONTROL_CLIENT_SOCKET	CONFIGURATION_CONTROL

struct control_client;

/*
 * Connects to the socket at `path`, which must outlive the connection.  NULL on
 * error, for example when nobody answers within 5 s.  The caller closes it.
 */
struct control_client *control_client_open(const char *path);
/* NULL is ignored. */
void	 control_client_close(struct control_client *);

/*
 * Sends a request: the version of the protocol, and these fields, which must
 * not contain control characters.  Several requests can be sent before their
 * answers are read.  False on error; errno is EINVAL for an invalid request, of
 * which nothing was sent.
 */
bool	 control_client_send(struct control_client *,
	    const char *const *fields, size_t nfields);

/*
 * The next line of the answer, an object; the last one has the type "end".  The
 * caller releases it.  NULL on error, or when nothing arrives for 5 s.
 */
json_t	*control_client_next(struct control_client *);

#endif
