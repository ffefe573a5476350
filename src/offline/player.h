/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays captures: finds the alarms that the daemon would have raised during
 * them.  The timestamps of the packets are the clock.  Configuration, matching
 * and detection are the code that the daemon runs.
 */
#ifndef HBW_PLAYER_H
#define HBW_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/median.h"
#include "base/wall.h"
#include "config/configuration.h"
#include "detect/detect.h"
#include "detect/dual.h"
#include "engine/alarm_positions.h"
#include "engine/floating_ips.h"
#include "offline/capture_merge.h"
#include "offline/command.h"
#include "offline/player_diagnosis.h"
#include "packet/packet_fault.h"

struct player;

struct player_output {
	/*
	 * An alarm was raised or cleared.  The case has the verdict; it may be
	 * NULL for a clear.
	 */
	void	(*event)(void *arg, const struct player *,
		    const struct detect_event *, const struct player_case *);
	/*
	 * An alarm of two active nodes was raised or cleared; its `watch` is
	 * the position of the watch.
	 */
	void	(*dual)(void *arg, const struct player *,
		    const struct detect_event *);
	/* A player_verdict with the player; may be NULL. */
	void	(*verdict)(void *arg, const struct player *, uint32_t watch,
		    struct wall_time at, const struct evidence *,
		    const struct verdict *);
	/* A watch received a heartbeat; may be NULL. */
	void	(*heartbeat)(void *arg, const struct player *, uint32_t watch);
	/* The captures have ended; the time is that of the last packet. */
	void	(*finish)(void *arg, struct player *);
	void	*arg;
};

/* Statistics of a watch, which the detector does not keep. */
struct player_tally {
	struct wall_time	 first;
	struct wall_time	 last;
	int64_t			 longest_ns;	/* between two; -1: none yet */
	struct median		 intervals;	/* in ns */
	struct addr		 sender;	/* of the last heartbeat */
	uint64_t		 rejected[PACKET_FAULTS];
};

struct player_matcher;

struct player {
	const struct configuration *config;
	const struct player_output *output;
	struct capture_merge	*merge;
	/* Watches have their positions in the configuration. */
	struct detect_watch	*watches;	/* owned, as the other arrays */
	struct player_tally	*tallies;
	struct detect_source	 source;	/* of all captures */
	bool			 begun;		/* there was a packet */
	struct wall_time	 start;		/* time of the first packet */
	struct wall_time	 now;		/* timestamp of the packet */

	/* The other members are private. */
	struct player_diagnosis	 diagnosis;
	const struct capture_frame *frame;	/* that is being matched */
	bool			 kept;		/* by the tracker */
	struct player_matcher	*matchers;
	size_t			 nmatchers;
	size_t			 matchers_capacity;
	struct detect		 detect;
	struct duals		 duals;
	struct dual		*dual_rows;
	struct floating_ips	 floating_ips;
	struct alarm_positions	 positions;
	struct detect_source	*sources;	/* points to `source` */
	bool			 exhausted;	/* out of memory */
	bool			 refused;	/* an expression */
	unsigned		 taken;		/* frames with bytes */
};

/*
 * Runs a subcommand with the arguments [-FLAG...] -c FILE CAPTURE...  Each of
 * the letters in `flags` is an option without an argument, and sets the element
 * of `given` at the same position.
 */
enum command_status player_main(int argc, char **argv, const char *flags,
	    bool *given, const struct player_output *);

/* ---- for the output */

/* The configured peer, or the sender of the last heartbeat; or NULL. */
const struct addr *player_peer(const struct player *, uint32_t watch);
/* The name in hbwWatchState of the state of a watch. */
const char *player_state(const struct player *, uint32_t watch);

#endif
