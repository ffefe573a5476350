/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 and IPv6 addresses.
 */
#ifndef HBW_ADDR_H
#define HBW_ADDR_H

#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The values of InetAddressType (RFC 4001, section 3). */
enum addr_family {
	ADDR_NONE = 0,
	ADDR_IPV4 = 1,
	ADDR_IPV6 = 2,
};

/*
 * Octets in network order.  Octets that the family does not use are zero, so
 * addresses can be compared with memcmp.
 */
struct addr {
	uint8_t	family;			/* enum addr_family */
	uint8_t	octets[16];
};

#define ADDR_TEXT_SIZE	INET6_ADDRSTRLEN

/* Number of octets that the family uses: 0, 4 or 16. */
size_t	 addr_length(const struct addr *);
bool	 addr_equal(const struct addr *, const struct addr *);
/* True for the address of a multicast group. */
bool	 addr_is_multicast(const struct addr *);
/* True for 255.255.255.255. */
bool	 addr_is_broadcast(const struct addr *);
/* True for 0.0.0.0 and ::, which no node has as its address. */
bool	 addr_is_unspecified(const struct addr *);
/* Clears all but the first `bits` bits; true when that changes the address. */
bool	 addr_clear_host_bits(struct addr *, size_t bits);
/*
 * The address at a position of a prefix, whose host bits are zero; the position
 * is less than its number of addresses.
 */
struct addr addr_at(const struct addr *prefix, uint32_t position);
/* NULL if a node can have the address, or else the reason in words. */
const char *addr_node_fault(const struct addr *);
/* Reads a numeric address.  False for any other text; then it is ADDR_NONE. */
bool	 addr_parse(const char *text, struct addr *);
/* Writes text[ADDR_TEXT_SIZE], "" for ADDR_NONE, and returns it. */
char	*addr_text(const struct addr *, char *text);

/*
 * Sets an address; `octets` has the 4 or 16 octets of the family.  Inline,
 * because it is called twice for each packet.
 */
static inline void
addr_set(struct addr *a, enum addr_family family, const uint8_t *octets)
{
	memset(a, 0, sizeof(*a));
	a->family = (uint8_t)family;
	memcpy(a->octets, octets, family == ADDR_IPV6 ? 16 : 4);
}

#endif
