/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The evidence that the kernel of this host has: the interface of a watch, the
 * neighbour entry of its peer, the sockets of its port, and the floating IP.
 *
 * No query waits: the kernel answers within the call, and a signal for which
 * there is no complete answer stays unknown.  Nothing is sent to the network.
 */
#ifndef HBW_KERNEL_EVIDENCE_H
#define HBW_KERNEL_EVIDENCE_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/wall.h"
#include "config/configuration.h"
#include "diagnosis/evidence.h"

struct kernel_evidence;

/* Answers of the kernel that were prepared are used up to this age. */
#define KERNEL_EVIDENCE_PREPARED_NS	(20 * NSEC_PER_MSEC)

/*
 * Opens the sockets, before the jail.  NULL on error (errno); the caller frees
 * it with kernel_evidence_free, which ignores NULL.
 */
struct kernel_evidence *kernel_evidence_new(void);
void	 kernel_evidence_free(struct kernel_evidence *);

/*
 * A descriptor that is readable when an interface has changed, until
 * kernel_evidence_changes is called, which counts the losses of carriers.  It
 * belongs to the struct.
 */
int	 kernel_evidence_monitor(const struct kernel_evidence *);
void	 kernel_evidence_changes(struct kernel_evidence *,
	    struct wall_time now);

/*
 * Records which UDP and TCP ports are open on this host.  Only a port that was
 * open before can be absent later: if it never was, this host may be neither of
 * the two nodes and only observe them.
 */
void	 kernel_evidence_record_ports(struct kernel_evidence *);

/*
 * Queries the kernel for a watch whose alarm may be raised in a moment, so that
 * the raise does not wait for the queries.  kernel_evidence_add_link and
 * kernel_evidence_add use the answers unless an interface has changed since
 * then.  They are kept for one watch.  `at` is now, too.
 */
void	 kernel_evidence_prepare(struct kernel_evidence *,
	    const struct configuration_watch *, struct mono_time at,
	    struct wall_time now);
/* Forgets answers that are too old; with MONO_NEVER, all. */
void	 kernel_evidence_expire(struct kernel_evidence *, struct mono_time now);

/*
 * Adds the signal of the interface, EVIDENCE_CARRIER; false: `any` has none.
 * Sets the index of the interface, which is 0 for `any` and when it is missing.
 */
bool	 kernel_evidence_add_link(struct kernel_evidence *,
	    const struct configuration_watch *, struct wall_time now,
	    struct evidence *, uint32_t *ifindex);
/*
 * Adds the signals ARP_UNANSWERED, LOCAL_PORT_OPEN, FLOATING_IP_OWNER and
 * FLOATING_IP_FITS, or corrects those that it has added before.  Frames may
 * have set the first and the third one; `engine` is the evidence that the
 * engine has reported.  `ifindex` is the index that kernel_evidence_add_link
 * has set now.  For `all` see local_ports.h: a raise must not wait for it.
 */
void	 kernel_evidence_add(struct kernel_evidence *,
	    const struct configuration_watch *, uint32_t ifindex, bool all,
	    struct wall_time now, const struct evidence *engine,
	    struct evidence *);

#endif
