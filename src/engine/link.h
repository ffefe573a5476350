/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of network interfaces.  Nothing here needs a privilege or a file,
 * once the two descriptors are open; the caller closes them with close(2).
 */
#ifndef HBW_LINK_H
#define HBW_LINK_H

#include <stdint.h>

enum link_state {
	LINK_UP,
	LINK_DOWN,		/* set down, or without a carrier */
	LINK_MISSING,		/* no such interface */
};

/* A descriptor for link_state; -1 on error (errno). */
int	 link_open(void);

/*
 * The state of an interface, and its ifIndex; see netdevice(7).  The ifIndex of
 * a missing interface is 0.  The interface `any` is always up; its ifIndex is
 * 0.
 */
enum link_state link_state(int descriptor, const char *interface,
	    uint32_t *ifindex);

/*
 * A descriptor that poll(2) finds readable after some interface was added,
 * removed or changed; see rtnetlink(7).  -1 on error (errno).
 */
int	 link_monitor_open(void);
/* Discards what is readable, which ends that state. */
void	 link_monitor_drain(int descriptor);

#endif
