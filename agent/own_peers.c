/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"
#include "base/own_addresses.h"
#include "own_peers.h"

/*
 * A hash of the watches whose peer is an address of this host.  A watch without
 * a peer or with `decapsulate` depends on all addresses: the hash then covers
 * them all.
 */
static uint32_t
hash_own_peers(const struct configuration *config,
    const struct own_addresses *own)
{
	const struct configuration_watch	*w;
	uint32_t				 i, all, hash = HASH_START;
	bool					 needs_all = false;

	for (i = 0; i < config->nwatches; i++) {
		w = config->watches[i];
		if (w->peer.family == ADDR_NONE || w->profile->decapsulate)
			needs_all = true;
		if (own_addresses_have(own, &w->peer, w->profile->interface))
			hash = hash_bytes(hash, &i, sizeof(i));
	}
	all = own_addresses_hash(own);
	return (needs_all ? hash_bytes(hash, &all, sizeof(all)) : hash);
}

bool
own_peers_changed(struct own_peers *p, const struct configuration *config)
{
	struct own_addresses	 own;
	uint32_t		 hash, before = p->watches;

	if (!own_addresses_read(&own))
		return (false);
	hash = own_addresses_hash(&own);
	if (hash != p->addresses || config != p->config)
		p->watches = hash_own_peers(config, &own);
	p->addresses = hash;
	p->config = config;
	own_addresses_free(&own);
	return (p->watches != before);
}
