/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MAC addresses (IEEE 802, EUI-48).
 */
#ifndef HBW_MAC_H
#define HBW_MAC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MAC_LENGTH	6

/* "02:00:00:00:00:01" and the NUL. */
#define MAC_TEXT_SIZE	18

struct mac {
	uint8_t	octets[MAC_LENGTH];
};

/*
 * Reads six numbers of two hexadecimal digits, separated by ':' or all by '-'.
 * False for any other text, and then *mac is unchanged.
 */
bool	 mac_parse(const char *text, struct mac *mac);

/* Writes `octets` into text[MAC_TEXT_SIZE]; returns text. */
char	*mac_text(const uint8_t *octets, char *text);

/* False for zeros, which stand for an unknown address. */
static inline bool
mac_is_known(const struct mac *mac)
{
	static const struct mac	 unknown;

	return (memcmp(mac, &unknown, sizeof(unknown)) != 0);
}

/* True for a group, such as broadcast: no frame is sent from it. */
static inline bool
mac_is_group(const struct mac *mac)
{
	return ((mac->octets[0] & 1) != 0);
}

/*
 * True for the virtual addresses of VRRP and CARP (RFC 9568, section 7.3) and
 * of HSRP (RFC 2281; version 2; for IPv6), which several hosts use.
 */
bool	 mac_is_virtual(const uint8_t *octets);

/*
 * Why no node has this address, such as "unspecified"; NULL if one can have it.
 */
const char *mac_node_fault(const struct mac *);

#endif
