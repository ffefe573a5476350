/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listener: the capture of one interface, the watches that receive heartbeats
 * through it, and its row in the shared state.  Only the engine uses it.
 */
#ifndef HBW_LISTENER_H
#define HBW_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"
#include "config/configuration.h"
#include "detect/detect.h"
#include "engine/clock_offset.h"
#include "engine/evidence_capture.h"
#include "engine/floating_ips.h"
#include "engine/link.h"
#include "engine/peer_macs.h"
#include "engine/reject_log.h"
#include "engine/report_queue.h"
#include "engine/interruption_check.h"
#include "engine/shared_state.h"
#include "match/match.h"
#include "packet/capture.h"

/* The state that all listeners of an engine share. */
struct listeners {
	struct detect		 detect;
	struct duals		 duals;
	struct floating_ips	 floating_ips;
	const struct alarm_positions *positions;	/* of the rows */
	struct report_queue	 reports;
	struct clock_offset	 clock_offset;
	struct interruption_check interruption;
	struct reject_log	 rejects;
	struct peer_macs	 peer_macs;
	bool			*blind;		/* by watch; the engine's */
	struct own_addresses	 own;		/* when the engine started */
	int			 link_socket;	/* for link_state */
	struct mono_time	 before;	/* earlier frames were taken */
	struct mono_time	 now;		/* start of this pass */
	struct mono_time	 latest;	/* the clock, when last read */
	struct mono_time	 arrived;	/* the last frame */
	int64_t			 taken;		/* frames in this pass */
};

struct listener {
	struct listeners	*common;	/* of the engine */
	const struct configuration *config;
	struct shared_capture	*row;		/* in the shared state */
	uint32_t		 position;	/* of the row */
	size_t			 nwatches;	/* enabled, on this interface */
	int			 ring_bytes;	/* for the capture */
	struct capture		*capture;	/* NULL: not open */
	struct match		*match;
	struct evidence_capture	*evidence;	/* NULL: `evidence` is 0 */
	struct mono_time	 opened;	/* when the capture was */
	uint64_t		 dropped;	/* by the kernel since opened */
	int			 errors;	/* consecutive failed passes */
	/* Frames up to this timestamp are skipped: the old engine took them. */
	struct wall_time	 skip;
	enum link_state		 link;		/* when it was opened */
	uint32_t		 ifindex;	/* likewise */
	bool			 counted;	/* a watch counted this frame */
	bool			 duplicate;	/* a watch found it a copy */
	bool			 stopping;	/* it announces a stop */
	bool			 active;	/* it is of an active node */
	bool			 needed;	/* see tracker_heartbeat */
	/* Why the capture could not be opened. */
	char			 error[CAPTURE_ERROR_SIZE];
	/* Which watch is blind although the capture is open, and why; or "". */
	char			 blind[SHARED_ERROR_SIZE];
};

/*
 * Opens the capture of row `position`, which does not change.  If that fails,
 * listener_begin will report the reason.  Sets common->blind of the watches
 * that this capture cannot serve, and logs the reason.  False when memory is
 * exhausted.  The caller frees it with listener_close.
 */
bool	 listener_open(struct listener *, struct listeners *,
	    const struct configuration *, struct shared_state *,
	    uint32_t position);
void	 listener_close(struct listener *);

/*
 * Marks a watch of this listener as blind and stores the reason for the row.
 * The caller logs it.  Call it before listener_begin.
 */
void	 listener_blind(struct listener *, uint32_t watch, const char *reason);

/*
 * Takes over the row.  `after_gap`: no engine ran until now, so silence counts
 * only from the time when the capture was opened.
 */
void	 listener_begin(struct listener *, bool after_gap);

/*
 * With `evidence`: sets the ring of the interface, after listener_begin.
 */
void	 listener_begin_evidence(struct listener *,
	    const struct evidence_ring *);

/*
 * Takes the waiting frames, up to a limit.  True when all frames that arrived
 * before this pass were taken.
 */
bool	 listener_drain(struct listener *);

/* Updates the row when the interface went up or down or was removed. */
void	 listener_check_link(struct listener *);
/* Updates the row when the kernel dropped packets. */
void	 listener_check_losses(struct listener *);

#endif
