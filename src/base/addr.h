/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_ADDR_H
#define HBW_ADDR_H

#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are InetAddressType's (RFC 4001, section 3). */
enum addr_family {
	ADDR_NONE = 0,
	ADDR_IPV4 = 1,
	ADDR_IPV6 = 2,
};

/*
 * An IPv4 or IPv6 address in network order.  Octets that the family does not
 * use are zero, so that two addresses compare as memory.
 */
struct addr {
	uint8_t	family;			/* enum addr_family */
	uint8_t	octets[16];
};

#define ADDR_TEXT_SIZE	INET6_ADDRSTRLEN

/* How many octets of `octets` the family uses: 0, 4 or 16. */
size_t	 addr_length(const struct addr *);
bool	 addr_equal(const struct addr *, const struct addr *);
struct addr addr_from_octets(enum addr_family, const uint8_t *);
/* Reads a numeric address; false when the text is none. */
bool	 addr_parse(const char *text, struct addr *);
/* Writes the address into text[ADDR_TEXT_SIZE]; "" for ADDR_NONE. */
char	*addr_text(const struct addr *, char *text);

#endif
