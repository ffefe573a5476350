/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The diagnosis of the alarms of played captures, with the code that the daemon
 * runs.  The captures take the place of one interface.
 */
#ifndef HBW_PLAYER_DIAGNOSIS_H
#define HBW_PLAYER_DIAGNOSIS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/configuration.h"
#include "detect/detect.h"
#include "diagnosis/evidence.h"
#include "diagnosis/tracker.h"
#include "diagnosis/verdict.h"
#include "packet/capture.h"
#include "packet/packet.h"

/* A peer, by its IP address or its MAC address. */
struct player_peer {
	uint32_t		 tag;		/* a hash; 0: no peer */
	uint32_t		 received;	/* last heartbeat, in ticks */
};

/* An alarm whose verdict may still change. */
struct player_case {
	uint32_t		 watch;
	struct wall_time	 until;		/* it changes no more */
	bool			 cleared;
	struct evidence		 evidence;
	struct verdict		 verdict;
};

/* Receives the verdict on the last alarm of a watch; it may be the same. */
typedef void player_verdict(void *arg, uint32_t watch, struct wall_time at,
	    const struct evidence *, const struct verdict *);

struct player_diagnosis {
	const struct configuration *config;
	struct tracker		 tracker;
	void			*ring;		/* owned */
	struct copy_table	*copies;	/* owned */
	struct player_peer	*peers;		/* a hash table; owned */
	uint32_t		 mask;		/* its size - 1 */
	uint32_t		 late;		/* no watch is late before */
	struct player_case	 cases[TRACKER_CASES];
	size_t			 ncases;
	struct wall_time	 checked;	/* when all cases were */
	player_verdict		*verdict;
	void			*arg;
};

/* The arguments must outlive it.  False when memory is exhausted. */
bool	 player_diagnosis_init(struct player_diagnosis *,
	    const struct configuration *, player_verdict *, void *arg);
/* Begins with the first packet, when the rows of the detector are set up. */
bool	 player_diagnosis_begin(struct player_diagnosis *,
	    const struct detect_watch *, const struct detect_source *);
void	 player_diagnosis_free(struct player_diagnosis *);

/*
 * Called when a frame is read: the first one for a frame that may be a
 * heartbeat, the second one for others.  This returns true if the frame may be
 * evidence; frames of a peer may be only while its heartbeats are late.
 */
void	 player_diagnosis_received(struct player_diagnosis *, struct wall_time,
	    enum packet_verdict, const struct packet *);
bool	 player_diagnosis_wants(const struct player_diagnosis *,
	    const struct capture_frame *, enum packet_verdict,
	    const struct packet *);

/* Takes such a frame, unless it is a copy. */
void	 player_diagnosis_take(struct player_diagnosis *,
	    const struct capture_frame *);

/* This address is the peer of a watch. */
void	 player_diagnosis_add_peer(struct player_diagnosis *,
	    const struct addr *);

/* A detect_late. */
void	 player_diagnosis_late(struct player_diagnosis *, uint32_t watch,
	    struct mono_time now);
/*
 * The verdict at the raise, or at the clear, with its evidence; valid until the
 * next call.  NULL: the alarm has no case any more.
 */
const struct player_case *player_diagnosis_event(struct player_diagnosis *,
	    const struct detect_event *);

/* Updates the verdicts of alarms, at most once a second. */
void	 player_diagnosis_advance(struct player_diagnosis *,
	    struct wall_time now);

#endif
