/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watches of each `peer-host`, to find a node that is still received on
 * another interface.
 */
#ifndef HBW_PEER_HOSTS_H
#define HBW_PEER_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "config/configuration.h"
#include "diagnosis/evidence.h"

struct peer_hosts_entry {
	const char	*name;		/* interned; only compared */
	uint32_t	 watch;		/* its position */
};

/* A struct of zeros is empty. */
struct peer_hosts {
	struct peer_hosts_entry	*list;	/* by address of the name; owned */
	size_t			 count;
};

/*
 * Replaces the list by the one for a configuration.  False when memory is
 * exhausted; then the list is empty.
 */
bool	 peer_hosts_set(struct peer_hosts *, const struct configuration *);
void	 peer_hosts_free(struct peer_hosts *);

/*
 * Adds the signal EVIDENCE_OTHER_PEERS_ALIVE if a watch with the same peer-host
 * and another interface has received a heartbeat after e->last.  The list must
 * be for the present configuration of the agent.
 */
void	 peer_hosts_add_evidence(const struct peer_hosts *,
	    const struct agent *, const struct configuration_watch *,
	    struct evidence *e);

#endif
