/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mac.h"

bool
mac_parse(const char *text, struct mac *mac)
{
	char		 digits[3] = "", separator = '\0';
	struct mac	 m;
	size_t		 i;

	for (i = 0; i < MAC_LENGTH; i++, text += 2) {
		if (i > 0) {
			if (i == 1)
				separator = *text;
			if (*text != separator || (*text != ':' &&
			    *text != '-'))
				return (false);
			text++;
		}
		if (!isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]))
			return (false);
		digits[0] = text[0];
		digits[1] = text[1];
		m.octets[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	if (*text != '\0')
		return (false);
	*mac = m;
	return (true);
}

char *
mac_text(const uint8_t *octets, char *text)
{
	snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x",
	    octets[0], octets[1], octets[2], octets[3], octets[4], octets[5]);
	return (text);
}

bool
mac_is_virtual(const uint8_t *octets)
{
	static const uint8_t	 prefixes[][5] = {
		{ 0x00, 0x00, 0x5e, 0x00, 0x01 },
		{ 0x00, 0x00, 0x5e, 0x00, 0x02 },
		{ 0x00, 0x00, 0x0c, 0x07, 0xac },
	};
	static const uint8_t	 hsrp2[] = { 0x00, 0x00, 0x0c, 0x9f };
	static const uint8_t	 hsrp_ipv6[] = { 0x00, 0x05, 0x73, 0xa0 };
	size_t			 i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (memcmp(octets, prefixes[i], sizeof(prefixes[i])) == 0)
			return (true);
	return (memcmp(octets, hsrp2, sizeof(hsrp2)) == 0 ||
	    (memcmp(octets, hsrp_ipv6, sizeof(hsrp_ipv6)) == 0 &&
	    octets[4] < 0x10));
}

const char *
mac_node_fault(const struct mac *mac)
{
	if (mac_is_group(mac))
		return ("multicast or broadcast");
	return (mac_is_known(mac) ? NULL : "unspecified");
}
