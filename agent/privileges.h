/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user and the capabilities of the agent (capabilities(7)).
 */
#ifndef HBW_PRIVILEGES_H
#define HBW_PRIVILEGES_H

#include <stdbool.h>

#include "state/store_directory.h"

/*
 * The user that hbwatchd changes to when root starts it: the one of configure
 * --with-user, or else "nobody".  uid 0: hbwatchd is root and keeps its user,
 * because there is none or it lacks a capability; the former is logged.  For
 * another user than root, that user.
 */
struct store_owner privileges_find_user(void);

/*
 * Changes to this user, and drops for good all capabilities except CAP_NET_RAW,
 * with which an engine opens its captures.  With `bind`, ports below 1024 can
 * be bound until privileges_settle().  Both return false on error (errno).
 */
bool	 privileges_limit(struct store_owner, bool bind);
/* Ends the effect of `bind`. */
bool	 privileges_settle(void);

/*
 * Turns a new child of the agent into a process named `name` that keeps its
 * user, has no capability except, with `may_chown`, CAP_CHOWN, and cannot get
 * one.  It ignores the signals that end the agent, and is killed when the agent
 * ends.  Closes all descriptors but the standard ones and `socket`, whose new
 * number it returns; -1 on error (errno).
 */
int	 privileges_small_process(int socket, const char *name,
	    bool may_chown);

#endif
