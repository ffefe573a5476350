/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watches whose peer is an address of this host.  An engine reads the
 * addresses when it starts, so after a change that concerns watches a new
 * engine is necessary.
 */
#ifndef HBW_OWN_PEERS_H
#define HBW_OWN_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/configuration.h"

/* The last check.  A struct of zeros: there was none. */
struct own_peers {
	uint32_t	 addresses;	/* hash of the addresses */
	uint32_t	 watches;	/* hash of the watches */
	/* Only compared.  NULL: check the watches again. */
	const struct configuration *config;
};

/*
 * Reads the addresses of this host.  True when they have changed since the last
 * check and the watches need the new ones.  When the addresses cannot be read,
 * nothing has changed.
 */
bool	 own_peers_changed(struct own_peers *, const struct configuration *);

#endif
