/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The look-up table of match.h.  match.c builds it, and match_frame.c looks up
 * the watches of a frame.
 */
#ifndef HBW_MATCH_TABLE_H
#define HBW_MATCH_TABLE_H

#include <string.h>

#include "base/copy_table.h"
#include "match/match.h"
#include "packet/capture_expression.h"

/*
 * A form is one number with all criteria of a watch except the addresses and
 * the VLAN.  From the low bits on: the key, the position of the protocol in
 * `protocols`, the family of the peer, and the FORM_ flags below.
 */
#define FORM_KEY_MAX		0xffffu
#define FORM_PROTOCOL_SHIFT	16
#define FORM_FAMILY_SHIFT	24
/* For match_report_senders; the slot has no peer. */
#define FORM_SENDERS		(1u << 29)
#define FORM_VLAN		(1u << 30)	/* the watch has `vlan` */
/* The watch has `local`, `peer-mac` or `hop-limit`. */
#define FORM_MORE		(1u << 31)
#define FORM_NONE		UINT32_MAX	/* the slot is free */

/*
 * A watch in the look-up table.  The slot has all criteria of a watch, unless
 * the watch has `vlan`, an IPv6 peer or an option of FORM_MORE.  For these
 * watches the options in the configuration are compared too.
 */
struct slot {
	uint32_t	 peer;		/* see peer_hash and in_vlan */
	uint32_t	 form;
	uint32_t	 watch;
};

/* A watch with `bpf`. */
struct expression {
	struct capture_expression	*compiled;
	uint32_t			 watch;
};

/*
 * A protocol that a watch listens for.  decode() and follow() are called only
 * for packets with this transport and one of these ports; for protocols without
 * ports all bits are set.
 */
struct used_protocol {
	const struct protocol	*protocol;
	uint32_t		 form;		/* only the protocol's bits */
	uint8_t			 transport;	/* IPPROTO_; 0: any */
	bool			 limited;	/* see is_excluded */
	bool			 senders;	/* a slot has FORM_SENDERS */
	void			*memory;	/* for follow(); owned */
	struct copy_table	*copies;	/* for follow(); owned */
	uint64_t		 ports[UINT16_MAX / 64 + 1];	/* a bit each */
};

/*
 * The slots are sorted by hash, and slots with equal hashes by watch.  Each is
 * in the bucket of its hash or after it, with no free slot between the bucket
 * and the slot.  The last slot is free.
 */
struct match {
	const struct configuration *config;
	const char		*interface;	/* NULL: all; not owned */
	const struct own_addresses *own;	/* NULL: none; not owned */
	struct slot		*slots;
	uint32_t		 nbuckets;
	struct expression	*expressions;
	size_t			 nexpressions;
	size_t			 expressions_size;	/* allocated */
	struct used_protocol	*used;
	size_t			 nused;
	size_t			 used_size;		/* allocated */
	bool			 has_vlan;	/* a slot has FORM_VLAN */
	bool			 has_peer_mac;	/* a watch has that option */
	match_rejected		*rejected;	/* or NULL */
	void			*rejected_arg;
	match_sent		*sent;		/* or NULL */
	void			*sent_arg;
	uint8_t			*untagged;	/* a frame without its tags */
	size_t			 untagged_size;		/* allocated */

	/*
	 * For encapsulated frames, NULL if no watch has `decapsulate`: the
	 * look-up tables of these watches, for each link type of decapsulate.h.
	 * counted[watch] is the number of the last frame in which the watch was
	 * found, because a packet counts at most once.
	 */
	struct match		*inner_ip;
	struct match		*inner_ethernet;
	uint64_t		*counted;
	uint64_t		 frame;		/* number of the current one */
};

/* A multiplicative hash, because it is computed for each packet. */
static inline uint32_t
mix(uint64_t n)
{
	n *= UINT64_C(0x9e3779b97f4a7c15);
	n ^= n >> 32;
	n *= UINT64_C(0x9e3779b97f4a7c15);
	return ((uint32_t)(n >> 32));
}

/* The IPv4 address itself, the hash of an IPv6 address, or 0. */
static inline uint32_t
peer_hash(const struct addr *peer)
{
	uint64_t	 words[2];
	uint32_t	 word = 0;

	if (peer->family == ADDR_IPV6) {
		memcpy(words, peer->octets, sizeof(words));
		return (mix(words[0] ^ mix(words[1])));
	}
	memcpy(&word, peer->octets, sizeof(word));
	return (word);
}

/*
 * The value of `peer` in the slots of watches with `vlan`, so that watches that
 * differ only in their VLAN have different hashes.
 */
static inline uint32_t
in_vlan(uint32_t peer, uint32_t vlan)
{
	return (peer ^ mix(vlan));
}

static inline uint32_t
hash_of(uint32_t form, uint32_t peer)
{
	return (mix((uint64_t)form << 32 | peer));
}

/* The order of buckets is the order of hashes. */
static inline size_t
bucket(const struct match *m, uint32_t hash)
{
	return ((size_t)((uint64_t)hash * m->nbuckets >> 32));
}

/* True when the port is one of `used->ports`. */
static inline bool
ports_have(const struct used_protocol *used, uint16_t port)
{
	return ((used->ports[port / 64] >> port % 64 & 1) != 0);
}

#endif
