/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server of the control socket, hbwatch-control(5), in the loop of the
 * agent.  It never waits for a client.  The work of one call, the number of
 * clients and their buffers are limited.
 */
#ifndef HBW_CONTROL_H
#define HBW_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "agent.h"
#include "base/mono.h"
#include "control_status.h"
#include "snmp_library.h"

/* The most clients at a time; further ones wait until one of these ends. */
#define CONTROL_CLIENTS	128

struct control;

/*
 * A server for the listening socket, which it owns; -1: none, and the functions
 * below do nothing.  `place` and the agent must outlive it.  NULL on error
 * (errno).
 */
struct control *control_new(int listener, struct agent *,
	    const struct control_place *place);
/* NULL is ignored. */
void	 control_free(struct control *);

/* Reads the names of users again. */
void	 control_reload(struct control *);

/* Appends its descriptors to the set; false when memory is exhausted. */
bool	 control_poll(struct control *, struct snmp_poll *,
	    struct mono_time now);
/* When control_work() must be called at the latest. */
struct mono_time control_due(const struct control *);
/*
 * Serves the clients for at most about half a millisecond, and not longer than
 * until one of the first `urgent` descriptors of the set is ready.  To be
 * called after poll() of that set, as the last user of it.
 */
void	 control_work(struct control *, struct snmp_poll *, size_t urgent);

#endif
