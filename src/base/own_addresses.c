/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>
#include <netinet/in.h>

#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/own_addresses.h"

bool
own_addresses_is_loopback(const struct addr *a)
{
	return (a->family == ADDR_IPV4 ? a->octets[0] == 127 :
	    a->family == ADDR_IPV6 &&
	    memcmp(a->octets, &in6addr_loopback, sizeof(a->octets)) == 0);
}

static bool
is_link_local(const struct addr *a)
{
	return (a->family == ADDR_IPV6 && a->octets[0] == 0xfe &&
	    (a->octets[1] & 0xc0) == 0x80);
}

bool
own_addresses_add(struct own_addresses *own, const struct addr *addr,
    const char *interface)
{
	struct own_address	*new;

	if (own_addresses_is_loopback(addr))
		return (true);
	if (!array_reserve(&own->list, &own->size, own->count + 1,
	    sizeof(*own->list)))
		return (false);
	new = &own->list[own->count++];
	memset(new, 0, sizeof(*new));
	new->addr = *addr;
	snprintf(new->interface, sizeof(new->interface), "%s", interface);
	own->last_octets |= own_addresses_bit(addr);
	return (true);
}

static int
compare(const void *a, const void *b)
{
	return (memcmp(a, b, sizeof(struct own_address)));
}

/* The address comes first in the order of compare(). */
static int
compare_addresses(const void *a, const void *b)
{
	return (memcmp(a, b, sizeof(struct addr)));
}

void
own_addresses_sort(struct own_addresses *own)
{
	if (own->count > 0)
		qsort(own->list, own->count, sizeof(*own->list), compare);
}

/* False if it is not an IP address. */
static bool
addr_of(const struct sockaddr *address, struct addr *addr)
{
	struct sockaddr_in	 four;
	struct sockaddr_in6	 six;

	if (address != NULL && address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof(four));
		addr_set(addr, ADDR_IPV4, (const uint8_t *)&four.sin_addr);
		return (true);
	}
	if (address != NULL && address->sa_family == AF_INET6) {
		memcpy(&six, address, sizeof(six));
		addr_set(addr, ADDR_IPV6, six.sin6_addr.s6_addr);
		return (true);
	}
	return (false);
}

bool
own_addresses_read(struct own_addresses *own)
{
	struct ifaddrs	*all, *i;
	struct addr	 addr;
	bool		 ok = true;

	*own = (struct own_addresses){ .list = NULL };
	if (getifaddrs(&all) != 0)
		return (false);
	for (i = all; i != NULL && ok; i = i->ifa_next)
		if (addr_of(i->ifa_addr, &addr))
			ok = own_addresses_add(own, &addr, i->ifa_name);
	freeifaddrs(all);
	own_addresses_sort(own);
	if (!ok)
		own_addresses_free(own);
	return (ok);
}

void
own_addresses_free(struct own_addresses *own)
{
	free(own->list);
	*own = (struct own_addresses){ .list = NULL };
}

bool
own_addresses_have(const struct own_addresses *own, const struct addr *addr,
    const char *interface)
{
	struct own_address	 key = { .addr = *addr };
	bool			 any = !is_link_local(addr) ||
				    strcmp(interface, "any") == 0;

	if (!own_addresses_may_have(own, addr))
		return (false);
	snprintf(key.interface, sizeof(key.interface), "%s", interface);
	return (bsearch(&key, own->list, own->count, sizeof(*own->list),
	    any ? compare_addresses : compare) != NULL);
}

uint32_t
own_addresses_hash(const struct own_addresses *own)
{
	const struct addr	*addr;
	uint32_t		 hash = HASH_START;
	size_t			 i;

	for (i = 0; i < own->count; i++) {
		addr = &own->list[i].addr;
		if (!is_link_local(addr))
			hash = hash_bytes(hash, addr, sizeof(*addr));
	}
	return (hash);
}
