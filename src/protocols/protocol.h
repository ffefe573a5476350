/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heartbeat protocols.  A new one is a file beside this one that defines a
 * struct protocol, and a line in registry.c.
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

struct protocol {
	const char		*name;		/* the configuration's word */
	enum protocol_argument	 argument;
	const char		*argument_name;	/* "PORT": for messages */
	uint32_t		 minimum;	/* of a numeric argument */
	uint32_t		 maximum;
	uint32_t		 value;		/* where that is left out */
	bool			 any_sender;	/* `peer` may be left out */

	/*
	 * What decode() or follow() may take: IPPROTO_, 0 for any; of UDP and
	 * TCP what is from or to one of these ports, or where there are none,
	 * from or to the one that is the key.
	 */
	uint8_t			 transport;
	uint16_t		 ports[2];

	/*
	 * Pure.  False when the packet is none of this protocol, or is
	 * malformed, or says nothing about its sender; then *heartbeat is not
	 * to be looked at.  NULL for `bpf`, as is filter.
	 */
	bool (*decode)(const struct packet *, struct heartbeat *heartbeat);

	/*
	 * Only for a protocol whose heartbeats show against the packets before
	 * them (tcp-keepalive), else NULL.  It is asked in decode's place,
	 * which there takes too many; it wants every packet of the capture,
	 * in order, those sent to the peer too (where they are not to be had
	 * it does its best).  `memory` is all its state: memory_size octets of
	 * the caller's, aligned as malloc does, all zero at the start.
	 */
	bool (*follow)(void *memory, const struct packet *,
	    struct heartbeat *heartbeat);
	size_t			 memory_size;

	/*
	 * Writes a pcap-filter expression that lets at least every packet pass
	 * that decode() takes and that has `key`; cheap enough for the kernel.
	 * Works as snprintf does.  IPv6 extension headers, VLAN tags and the
	 * peer are the caller's affair; it is one term, fit for `and`.
	 */
	int (*filter)(uint32_t key, char *text, size_t size);
};

/* The keys of a protocol that is asked for by port: the packet's ports. */
static inline void
heartbeat_ports(struct heartbeat *heartbeat, const struct packet *packet)
{
	heartbeat->key[0] = packet->destination_port;
	heartbeat->key[1] = packet->source_port;
	heartbeat->keys = packet->source_port == packet->destination_port ?
	    1 : 2;
}

/* All of them, in the order of the manual page; ends with NULL. */
extern const struct protocol *const protocols[];

/* NULL when there is none of that name. */
const struct protocol *protocol_find(const char *name);

/* A watch's `heartbeat`, parsed. */
struct heartbeat_form {
	const struct protocol	*protocol;
	uint32_t		 key;		/* argument or default; 0 */
	char			*expression;	/* of `bpf`, else NULL; owned */
};

/*
 * Parses the text of a `heartbeat` option.  On error false, and `error` holds
 * what is wrong and what was expected.  heartbeat_form_free frees what it owns.
 */
bool	 heartbeat_form_parse(const char *text, struct heartbeat_form *,
	    char *error, size_t size);
void	 heartbeat_form_free(struct heartbeat_form *);

#endif
