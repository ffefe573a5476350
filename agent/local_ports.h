/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a process of this host uses the port of heartbeats: sock_diag(7),
 * which needs no privilege.
 */
#ifndef HBW_LOCAL_PORTS_H
#define HBW_LOCAL_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/wall.h"
#include "config/configuration.h"
#include "diagnosis/evidence.h"
#include "netlink.h"

#define LOCAL_PORTS	65536

struct local_ports {
	struct netlink_socket diag;	/* NETLINK_SOCK_DIAG, if open */
	/* Bit P % 8 of octet P / 8: port P was open on this host. */
	uint8_t		 udp[LOCAL_PORTS / 8];
	uint8_t		 tcp[LOCAL_PORTS / 8];
};

/* Without sock_diag, all signals stay unknown. */
void	 local_ports_init(struct local_ports *);
void	 local_ports_free(struct local_ports *);

/* See kernel_evidence_record_ports. */
void	 local_ports_record(struct local_ports *);

/*
 * True if a socket of this host receives what the peer sends to the port of the
 * heartbeats from the same port; false also if they have no port.  `own` is the
 * address of this host for the peer, or has no family.  The kernel finds it in
 * some microseconds.
 */
bool	 local_ports_has_receiver(struct local_ports *,
	    const struct configuration_watch *, const struct addr *own,
	    uint32_t ifindex);

/*
 * Adds the signal LOCAL_PORT_OPEN: PRESENT if there is a receiver, or a socket
 * of this host is connected to that port of the peer; ABSENT if there was one
 * and is none now.
 *
 * The kernel needs 0.1 ms for all sockets of UDP, and several ms for those of
 * TCP on a host with much memory.  So connections are searched only with `all`,
 * except those of UDP whose port was open; without it, the signal of TCP may
 * stay as it is.
 */
void	 local_ports_add_evidence(struct local_ports *,
	    const struct configuration_watch *, bool receiver, bool all,
	    struct wall_time now, struct evidence *);

#endif
