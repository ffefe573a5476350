/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VLAN of a frame: one number for the ids of its 802.1Q and 802.1ad tags.
 * A tag with the id 0 only has a priority (IEEE 802.1Q, table 9-2) and counts
 * as no tag.
 */
#ifndef HBW_VLAN_H
#define HBW_VLAN_H

#include <stdbool.h>
#include <stdint.h>

#define VLAN_NONE	0		/* no tag */
#define VLAN_OTHER	(1u << 24)	/* see vlan_inside; of no watch */
#define VLAN_ANY	UINT32_MAX	/* only of a watch: any tags or none */

#define VLAN_ID_MASK	0x0fff
#define VLAN_ID_BITS	12
#define VLAN_ID_MAX	4094		/* 4095 is reserved */

/* "OUTER.INNER" and the NUL. */
#define VLAN_TEXT_SIZE	16

/*
 * The VLAN of a frame in which the tag with this control information follows
 * the tags of `vlan`.  VLAN_OTHER with more than two tags or a reserved id.
 */
static inline uint32_t
vlan_inside(uint32_t vlan, uint16_t tag)
{
	uint32_t	 id = tag & VLAN_ID_MASK;

	if (id == 0)
		return (vlan);
	if (id > VLAN_ID_MAX || vlan > VLAN_ID_MASK)
		return (VLAN_OTHER);
	return (vlan << VLAN_ID_BITS | id);
}

/*
 * Reads an id, OUTER.INNER or "none".  False for any other text, and then *vlan
 * is unchanged.
 */
bool	 vlan_parse(const char *text, uint32_t *vlan);

/*
 * Writes the text that vlan_parse reads into text[VLAN_TEXT_SIZE]; returns
 * text.  VLAN_OTHER and VLAN_ANY have no such text.
 */
char	*vlan_text(uint32_t vlan, char *text);

#endif
