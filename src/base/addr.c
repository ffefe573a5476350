/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <sys/socket.h>

#include <string.h>

#include "base/addr.h"

size_t
addr_length(const struct addr *a)
{
	switch (a->family) {
	case ADDR_IPV4:
		return (4);
	case ADDR_IPV6:
		return (16);
	default:
		return (0);
	}
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return (memcmp(a, b, sizeof(*a)) == 0);
}

bool
addr_is_multicast(const struct addr *a)
{
	return (a->family == ADDR_IPV6 ? a->octets[0] == 0xff :
	    (a->octets[0] & 0xf0) == 0xe0);
}

bool
addr_is_broadcast(const struct addr *a)
{
	return (a->family == ADDR_IPV4 &&
	    memcmp(a->octets, "\xff\xff\xff\xff", 4) == 0);
}

bool
addr_is_unspecified(const struct addr *a)
{
	return (addr_equal(a, &(struct addr){ .family = a->family }));
}

bool
addr_clear_host_bits(struct addr *a, size_t bits)
{
	struct addr	 before = *a;

	for (; bits < 8 * addr_length(a); bits++)
		a->octets[bits / 8] &= (uint8_t)~(0x80 >> bits % 8);
	return (!addr_equal(&before, a));
}

struct addr
addr_at(const struct addr *prefix, uint32_t position)
{
	struct addr	 a = *prefix;
	uint8_t		*octet = a.octets + addr_length(&a);

	for (; position > 0; position >>= 8)
		*--octet |= (uint8_t)position;
	return (a);
}

const char *
addr_node_fault(const struct addr *a)
{
	if (addr_is_unspecified(a))
		return ("unspecified");
	return (addr_is_multicast(a) || addr_is_broadcast(a) ?
	    "multicast or broadcast" : NULL);
}

bool
addr_parse(const char *text, struct addr *a)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, a->octets) == 1) {
		a->family = ADDR_IPV4;
		return (true);
	}
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET6, text, a->octets) == 1) {
		a->family = ADDR_IPV6;
		return (true);
	}
	return (false);
}

char *
addr_text(const struct addr *a, char *text)
{
	text[0] = '\0';
	if (a->family == ADDR_IPV4)
		inet_ntop(AF_INET, a->octets, text, ADDR_TEXT_SIZE);
	else if (a->family == ADDR_IPV6)
		inet_ntop(AF_INET6, a->octets, text, ADDR_TEXT_SIZE);
	return (text);
}
