/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Detects two active nodes: two senders of one VRRP, CARP or HSRP group that
 * both advertise, or two MAC addresses that both claim the floating IP of a
 * watch.  It is pure, as detect.h is.
 *
 * When a node takes over, both may send for a moment.  So an alarm is raised
 * only when both senders persist: each must have sent again, at least one and a
 * half of its intervals after both had become active.  For claims of a floating
 * IP see claims.h.
 *
 * The alarm is cleared when only one sender was active for `interruption`, or
 * for three advertised intervals if this is longer.  A time in which nothing
 * was captured does not count.
 *
 * Senders are compared only if they are on the same interface and VLAN and have
 * addresses of the same family.
 */
#ifndef HBW_DUAL_H
#define HBW_DUAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/heap.h"
#include "base/mac.h"
#include "base/mono.h"
#include "detect/claims.h"
#include "detect/detect.h"

/* The maximum number of senders of a watch; more replace the oldest ones. */
#define DUAL_SENDERS	8

/* A sender is active for this many intervals after its last advertisement. */
#define DUAL_INTERVALS	3
/* The interval of a sender that does not advertise it, and the longest one. */
#define DUAL_INTERVAL_NS	NSEC_PER_SEC
#define DUAL_INTERVAL_MAX_NS	(255 * NSEC_PER_SEC)

/* A sender is active for this long after a claim of the floating IP. */
#define DUAL_CLAIM_NS	CLAIMS_NS
/*
 * While a floating IP is not claimed at all, its owner is unknown: an alarm is
 * cleared only after this time.
 */
#define DUAL_UNCLAIMED_NS	(60 * NSEC_PER_SEC)

/* The numbers are those of hbwWatchFloatingIpState. */
enum dual_owner {
	DUAL_OWNER_UNKNOWN = 2,
	DUAL_OWNER_HERE = 3,
	DUAL_OWNER_PEER = 4,
	DUAL_OWNER_BOTH = 5,		/* two MAC addresses claim it */
	DUAL_OWNER_ELSEWHERE = 6,
	DUAL_OWNER_NOBODY = 7,
};

/* The flags of a sender. */
#define DUAL_CLAIMS	0x01		/* claims the floating IP */
#define DUAL_HERE	0x02		/* this host */
#define DUAL_PERSISTS	0x04
#define DUAL_FLAGS	0x07

/* All zero: there is no such sender. */
struct dual_sender {
	struct mono_time	 last;		/* sent last */
	/* Another one is active, too, since then; MONO_NEVER: none is. */
	struct mono_time	 rival_since;
	int64_t			 active_ns;	/* after `last`; 0: inactive */
	struct claims		 claims;	/* until its last claim */
	uint32_t		 vlan;		/* see vlan.h */
	uint32_t		 ifindex;	/* on `any`; otherwise 0 */
	struct addr		 address;	/* ADDR_NONE for a claim */
	struct mac		 mac;		/* zeros: unknown */
	uint8_t			 flags;		/* DUAL_… */
};

/* The row of a watch.  Plain memory without pointers, to be shared. */
struct dual {
	/* Odd during a write; see dual_read. */
	_Atomic uint32_t	 version;
	/* The number of raises and clears; odd while the alarm is active. */
	uint32_t		 transitions;
	struct mono_time	 raised_at;	/* the last raise */
	struct mono_time	 cleared_at;	/* the last clear */
	/* Two were active last, and so long after that it is cleared. */
	struct mono_time	 both;
	int64_t			 quiet_ns;
	/* These two are the configuration. */
	int64_t			 interruption_ns;
	uint8_t			 floating;	/* there is a floating IP */
	uint8_t			 raised;	/* 0 or 1 */
	uint8_t			 owner;		/* enum dual_owner */
	struct dual_sender	 senders[DUAL_SENDERS];
};

/* The detector of all watches that have such an alarm. */
struct duals {
	struct dual		*rows;		/* the caller's */
	const uint32_t		*watches;	/* of each row; the caller's */
	size_t			 nrows;
	const struct detect	*detect;	/* the caller's */
	uint32_t		 first;		/* position of row 0 */
	struct heap		 deadlines;	/* of clears; owned */
	bool			*scheduled;	/* by row; owned */
};

/* Starts a row without an alarm. */
void	 dual_begin(struct dual *);
/* Sets the configuration of a row and nothing else. */
void	 dual_configure(struct dual *, int64_t interruption_ns, bool floating);
/*
 * Gives a row that was just started and configured the alarm of an earlier
 * time.  The time until its clear counts from `now` on.
 */
void	 dual_restore(struct dual *, uint32_t transitions, bool raised,
	    struct mono_time raised_at, struct mono_time now);

/*
 * Starts the detector.  watches[i] is the position of the watch of row i.  The
 * events go to `emit` of detect_init; their `watch` is first + i, and their
 * silence is 0.  The caller keeps all arguments until duals_free.  False when
 * memory is exhausted.
 */
bool	 duals_init(struct duals *, const struct detect *, uint32_t first,
	    struct dual *rows, const uint32_t *watches, size_t nrows);
void	 duals_free(struct duals *);

/* Repairs a row whose writer was killed; as detect_watch_sanitize. */
void	 dual_sanitize(struct dual *);

/*
 * A sender of the group of row i advertised at the time `at` that it is active,
 * or that it is no longer.  It is `here` if this host has sent it; `mac` is its
 * MAC address or NULL.  interval_ns is the time until its next advertisement;
 * 0: unknown.
 */
struct dual_advertisement {
	struct addr	 sender;
	const uint8_t	*mac;
	uint32_t	 vlan;
	uint32_t	 ifindex;	/* on `any`; otherwise 0 */
	bool		 active;
	bool		 here;
	int64_t		 interval_ns;
};
void	 dual_advertised(struct duals *, uint32_t i,
	    const struct dual_advertisement *, struct mono_time at);

/*
 * A MAC address claimed the floating IP of row i: in an ARP reply, a gratuitous
 * ARP or a neighbour advertisement.  `owner` is DUAL_OWNER_HERE, …_PEER or
 * …_ELSEWHERE.
 */
void	 dual_claim(struct duals *, uint32_t i, struct mono_time at,
	    const struct mac *, uint32_t vlan, enum dual_owner);
/* Three requests for the floating IP of row i had no answer. */
void	 dual_unclaimed(struct duals *, uint32_t i, struct mono_time at);

/* Clears the alarms that are due at `now`.  Pass on all frames before. */
void	 duals_advance(struct duals *, struct mono_time now);
/* When to call duals_advance next; MONO_NEVER if no alarm is active. */
struct mono_time duals_next(const struct duals *);

/*
 * detect_advance and duals_advance, with all events in order of time.  The
 * detector is that of duals_init.
 */
void	 duals_advance_both(struct duals *, struct detect *,
	    struct mono_time now);

/* ---- for readers, which may be another process */

/* A consistent copy, as detect_watch_read makes it. */
void	 dual_read(const struct dual *, struct dual *copy);
/* How many nodes of the group are active at `now`. */
unsigned dual_actives(const struct dual *, struct mono_time now);
/* The owner of the floating IP, as known at `now`. */
enum dual_owner dual_owner(const struct dual *, struct mono_time now);

#endif
