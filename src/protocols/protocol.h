/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heartbeat protocols.  HACKING.md says how to add one.
 */
#ifndef HBW_PROTOCOL_H
#define HBW_PROTOCOL_H

#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/packet.h"
#include "protocols/heartbeat.h"

enum protocol_argument {
	ARGUMENT_NONE,			/* `ip` */
	ARGUMENT_NUMBER,		/* `udp PORT` */
	ARGUMENT_OPTIONAL,		/* `corosync [PORT]` */
	ARGUMENT_EXPRESSION,		/* `bpf EXPRESSION` */
};

#define PROTOCOL_GROUPS	3

struct protocol {
	const char		*name;		/* in the configuration */
	enum protocol_argument	 argument;
	const char		*argument_name;	/* in messages: "PORT" */
	uint32_t		 minimum;	/* of a numeric argument */
	uint32_t		 maximum;	/* at most 65535 */
	uint32_t		 default_key;	/* of an optional argument */
	uint32_t		 default_more;	/* further ones after it */
	bool			 any_sender;	/* `peer` is optional */
	/* One node of a group is active; decode() sets heartbeat->active. */
	bool			 has_active;

	/*
	 * The multicast groups to which heartbeats are sent, as numeric
	 * addresses; NULL after the last one.  None: only unicast, or groups
	 * that the user chooses.
	 */
	const char		*groups[PROTOCOL_GROUPS + 1];

	/*
	 * decode() and follow() are called only for packets with this IPPROTO_
	 * number; 0: any.  For UDP and TCP one of the packet's ports must also
	 * be in `ports`, or be the key of a watch if `ports` is empty.
	 */
	uint8_t			 transport;
	uint16_t		 ports[2];

	/*
	 * Fills in *heartbeat.  Pure.  False when the packet is not of this
	 * protocol, is malformed or does not show whether its sender is alive;
	 * then *heartbeat is undefined.  NULL for `bpf`, as is the filter.
	 */
	bool (*decode)(const struct packet *, struct heartbeat *heartbeat);

	/*
	 * NULL, or called instead of decode(), for a protocol whose heartbeats
	 * can be recognised only by comparison with the packets before them
	 * (tcp-keepalive).  It needs every packet of that transport in order,
	 * also those sent to the peer; without them it finds fewer heartbeats.
	 * `memory` is all its state: memory_size octets of the caller, aligned
	 * as by malloc(3), all zero at first.
	 */
	bool (*follow)(void *memory, const struct packet *,
	    struct heartbeat *heartbeat);
	size_t			 memory_size;

	/*
	 * A pcap-filter(7) term that can be combined by `and`; # stands for the
	 * key.  Every packet in which decode() finds that key must pass, and
	 * others may.  protocol_filter() writes it; the caller adds the peer,
	 * VLAN tags and IPv6 extension headers.
	 */
	const char		*filter;
};

/* All protocols in the order of the manual page; ends with NULL. */
extern const struct protocol *const protocols[];

/* NULL when there is no protocol of that name. */
const struct protocol *protocol_find(const char *name);

#define PROTOCOL_FILTER_SIZE	256

/* Writes the filter for a key into text[PROTOCOL_FILTER_SIZE]; returns text. */
char	*protocol_filter(const struct protocol *, uint32_t key, char *text);

/* ---- ports.c: for protocols that take a port as the argument */

#define PORTS_ARGUMENT	\
	.argument_name = "PORT", .minimum = 1, .maximum = 65535
#define PORTS_UDP	\
	PORTS_ARGUMENT, .transport = IPPROTO_UDP, .filter = "udp port #"
#define PORTS_TCP	\
	PORTS_ARGUMENT, .transport = IPPROTO_TCP, .filter = "tcp port #"

/* Fills in a heartbeat whose keys are the ports of the packet; returns true. */
bool	 ports_heartbeat(const struct packet *, struct heartbeat *);

/* ---- vrrp.c: for CARP too */

/*
 * A packet to a multicast group must have a hop limit of 255, so it was sent on
 * this link.  Packets to one address may come through routers.
 */
bool	 vrrp_hop_limit_valid(const struct packet *);

/* ---- the `heartbeat` option of a watch */

struct heartbeat_form {
	const struct protocol	*protocol;
	uint32_t		 key;		/* argument, default or 0 */
	char			*expression;	/* of `bpf`, or NULL; owned */
};

/*
 * Parses the text of the option.  On error false, and `error` says what is
 * wrong and what was expected.  The caller frees the form with
 * heartbeat_form_free, also after an error.
 */
bool	 heartbeat_form_parse(const char *text, struct heartbeat_form *,
	    char *error, size_t size);
void	 heartbeat_form_free(struct heartbeat_form *);

#endif
