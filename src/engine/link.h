/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of network interfaces.  The functions that use a descriptor need no
 * privilege and open no file.  The caller closes the descriptors with close(2).
 */
#ifndef HBW_LINK_H
#define HBW_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mac.h"

enum link_state {
	LINK_UP,
	LINK_DOWN,		/* disabled, or without a carrier */
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

/* The MAC address of an interface; zeros if it has none. */
void	 link_mac(int descriptor, const char *interface, struct mac *mac);

/*
 * A descriptor that becomes readable when an interface is added, removed or
 * changed; see rtnetlink(7).  -1 on error (errno).
 */
int	 link_monitor_open(void);
/* The same when an address of an interface is added or removed. */
int	 link_address_monitor_open(void);
/*
 * Reads and discards all messages of such a descriptor, so that it is not
 * readable any more.  True if there were some.
 */
bool	 link_monitor_drain(int descriptor);

#endif
