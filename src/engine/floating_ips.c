/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "engine/floating_ips.h"

static int
compare_addresses(const void *a, const void *b)
{
	const struct floating_ip	*x = a, *y = b;
	int				 order;

	order = memcmp(&x->address, &y->address, sizeof(x->address));
	return (order != 0 ? order : (x->row > y->row) - (x->row < y->row));
}

bool
floating_ips_init(struct floating_ips *all, const struct configuration *config,
    const struct alarm_positions *positions, struct duals *duals,
    const struct peer_macs *macs)
{
	const struct configuration_profile	*p;
	uint32_t				 i;

	*all = (struct floating_ips){
		.config = config, .duals = duals, .macs = macs,
		.list = calloc(positions->nduals + 1, sizeof(*all->list)),
	};
	if (all->list == NULL)
		return (false);
	for (i = 0; i < positions->nduals; i++) {
		p = config->watches[positions->duals[i]]->profile;
		if (p->floating_ip.family == ADDR_NONE || !p->enabled)
			continue;
		all->list[all->n++] = (struct floating_ip){
			.address = p->floating_ip, .row = i,
			.watch = positions->duals[i],
		};
	}
	qsort(all->list, all->n, sizeof(*all->list), compare_addresses);
	return (true);
}

void
floating_ips_free(struct floating_ips *all)
{
	free(all->list);
	*all = (struct floating_ips){ .list = NULL };
}

static enum dual_owner
owner_of(const struct floating_ips *all, const struct floating_ip *ip,
    const struct diagnosis_frame *f)
{
	const struct configuration_profile	*p =
	    all->config->watches[ip->watch]->profile;
	uint64_t				 peer = 0, source;

	if (f->sent_here)
		return (DUAL_OWNER_HERE);
	if (p->has_peer_mac)
		peer = peer_macs_number(p->peer_mac.octets);
	else if (all->macs != NULL)
		peer = all->macs->last[ip->watch];
	source = peer_macs_number(f->source.octets);
	if (peer != 0 && peer == source)
		return (DUAL_OWNER_PEER);
	return (peer == 0 || mac_is_virtual(f->source.octets) ?
	    DUAL_OWNER_UNKNOWN : DUAL_OWNER_ELSEWHERE);
}

/* Requests in quick succession may have no answer yet. */
static void
take_request(struct floating_ips *all, struct floating_ip *ip,
    struct mono_time at)
{
	if (ip->requests > 0 &&
	    mono_sub(at, ip->requested) < FLOATING_IPS_REQUEST_NS)
		return;
	ip->requested = at;
	if (++ip->requests >= FLOATING_IPS_REQUESTS)
		dual_unclaimed(all->duals, ip->row, at);
}

static void
take(struct floating_ips *all, struct floating_ip *ip,
    const struct diagnosis_frame *f)
{
	if (f->kind == DIAGNOSIS_REQUEST) {
		take_request(all, ip, f->at);
		return;
	}
	ip->requests = 0;
	if (mac_is_known(&f->source))
		dual_claim(all->duals, ip->row, f->at, &f->source,
		    f->packet.vlan, owner_of(all, ip, f));
}

struct wanted_address {
	const struct floating_ip *list;
	const struct addr	*address;
};

static bool
is_address_less(const void *arg, size_t i)
{
	const struct wanted_address	*wanted = arg;

	return (memcmp(&wanted->list[i].address, wanted->address,
	    sizeof(*wanted->address)) < 0);
}

void
floating_ips_frame(struct floating_ips *all, const char *interface,
    const struct diagnosis_frame *f)
{
	const struct wanted_address		 wanted = {
		all->list, &f->address,
	};
	const struct configuration_profile	*p;
	size_t					 i;

	if (f->kind != DIAGNOSIS_REQUEST && f->kind != DIAGNOSIS_CLAIM)
		return;
	for (i = search_first(all->n, is_address_less, &wanted); i < all->n &&
	    addr_equal(&all->list[i].address, &f->address); i++) {
		p = all->config->watches[all->list[i].watch]->profile;
		if ((interface == NULL ||
		    strcmp(p->interface, interface) == 0) &&
		    (p->vlan == VLAN_ANY || p->vlan == f->packet.vlan))
			take(all, &all->list[i], f);
	}
}
