/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `probe = ping`: sends three echo requests to a peer, one each second
 * (RFC 792, RFC 4443), and counts the answers.  Never waits.
 */
#ifndef HBW_PROBE_H
#define HBW_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mono.h"
#include "base/wall.h"
#include "diagnosis/evidence.h"

/* The most peers that are probed at the same time. */
#define PROBE_MAX	64

struct probe;

/* NULL on error (errno).  The caller frees it; NULL is ignored there. */
struct probe *probe_new(void);
void	 probe_free(struct probe *);

/*
 * Opens the sockets, if they are not open: without privileges only if
 * net.ipv4.ping_group_range permits it (icmp(7)), otherwise before the jail.
 * False if there is none (errno).
 */
bool	 probe_open(struct probe *);

/*
 * Begins to probe the peer of the watch with this hbwWatchIndex, after any
 * earlier probe of it.  False when that is not possible now.
 */
bool	 probe_begin(struct probe *, uint32_t index, const struct addr *peer,
	    uint32_t ifindex, struct mono_time now);

/* A descriptor that becomes readable when an answer arrives. */
int	 probe_event(const struct probe *);
/* When probe_work() must be called; MONO_NEVER: nothing is probed. */
struct mono_time probe_due(const struct probe *);

/*
 * Receives and sends what is due.  Calls `take` for each probe whose signal
 * EVIDENCE_PING_ANSWERED changed: it is present with the first answer, and
 * absent when all three requests had no answer for a second; unknown if this
 * host could send none of them.
 */
typedef void probe_take(void *arg, uint32_t index,
	    const struct evidence_signal *);
void	 probe_work(struct probe *, struct mono_time now, struct wall_time,
	    probe_take *take, void *arg);

#endif
