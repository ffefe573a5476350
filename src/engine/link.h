/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_LINK_H
#define HBW_LINK_H

#include <stdint.h>

enum link_state {
	LINK_UP,
	LINK_DOWN,		/* administratively, or no carrier */
	LINK_MISSING,		/* there is no such interface */
};

/* A descriptor for link_state, good also after a jail; -1 on error (errno). */
int	 link_open(void);

/*
 * A descriptor that poll finds readable when some interface was made, unmade or
 * changed (rtnetlink(7)); -1 on error (errno).
 */
int	 link_monitor_open(void);
/* Takes the news: which interface it was is not told. */
void	 link_monitor_drain(int descriptor);

/*
 * The state of an interface (netdevice(7)), and its ifIndex, 0 when it is
 * missing.  `any` is always up and has no ifIndex.
 */
enum link_state link_state(int descriptor, const char *interface,
	    uint32_t *ifindex);

#endif
