/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses of this host, to recognise the packets that it sent itself.
 *
 * The loopback addresses 127.0.0.0/8 and ::1 are not included, so that a
 * process of this host can be watched on the loopback.
 */
#ifndef HBW_OWN_ADDRESSES_H
#define HBW_OWN_ADDRESSES_H

#include <net/if.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct own_address {
	struct addr	 addr;
	char		 interface[IF_NAMESIZE];
};

/* A struct of zeros is empty. */
struct own_addresses {
	struct own_address	*list;		/* sorted; owned */
	size_t			 count;
	size_t			 size;		/* allocated */
	/* own_addresses_bit of all; see own_addresses_may_have. */
	uint64_t		 last_octets;
};

/* Reads the addresses of all interfaces.  False on error (errno). */
bool	 own_addresses_read(struct own_addresses *);
void	 own_addresses_free(struct own_addresses *);

/*
 * For tests: adds an address.  After the last one they must be sorted.  False
 * when memory is exhausted.
 */
bool	 own_addresses_add(struct own_addresses *, const struct addr *,
	    const char *interface);
void	 own_addresses_sort(struct own_addresses *);

/*
 * True for an address of this host.  An IPv6 link-local address (RFC 4291,
 * section 2.5.6) must be one of `interface`, because a host on another link may
 * have the same; with the interface `any` it may be of each interface.
 */
bool	 own_addresses_have(const struct own_addresses *, const struct addr *,
	    const char *interface);

/* True for 127.0.0.0/8 and ::1. */
bool	 own_addresses_is_loopback(const struct addr *);

/* A hash of the addresses that are not link-local. */
uint32_t own_addresses_hash(const struct own_addresses *);

/* A bit for the last octet of an address. */
static inline uint64_t
own_addresses_bit(const struct addr *a)
{
	return (UINT64_C(1) << (a->octets[a->family == ADDR_IPV6 ? 15 : 3] &
	    63));
}

/* A fast check for each packet: false for most addresses of other hosts. */
static inline bool
own_addresses_may_have(const struct own_addresses *own, const struct addr *a)
{
	return ((own->last_octets & own_addresses_bit(a)) != 0);
}

#endif
