/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "packet/vlan.h"

bool
vlan_parse(const char *text, uint32_t *vlan)
{
	size_t		 n = strcspn(text, ".");
	uint32_t	 outer, inner;

	if (strcasecmp(text, "none") == 0) {
		*vlan = VLAN_NONE;
		return (true);
	}
	if (!number_parse_bytes(text, n, 1, VLAN_ID_MAX, &outer))
		return (false);
	if (text[n] == '\0')
		*vlan = outer;
	else if (number_parse(text + n + 1, 1, VLAN_ID_MAX, &inner))
		*vlan = outer << VLAN_ID_BITS | inner;
	else
		return (false);
	return (true);
}

char *
vlan_text(uint32_t vlan, char *text)
{
	uint32_t	 outer = vlan >> VLAN_ID_BITS & VLAN_ID_MASK;
	uint32_t	 inner = vlan & VLAN_ID_MASK;

	if (vlan == VLAN_NONE)
		snprintf(text, VLAN_TEXT_SIZE, "none");
	else if (outer == 0)
		snprintf(text, VLAN_TEXT_SIZE, "%u", inner);
	else
		snprintf(text, VLAN_TEXT_SIZE, "%u.%u", outer, inner);
	return (text);
}
