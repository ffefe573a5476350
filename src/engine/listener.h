/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture of the engine, the watches that hear by it, and its row.
 */
#ifndef HBW_LISTENER_H
#define HBW_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"
#include "detect/detect.h"
#include "engine/clock_offset.h"
#include "engine/engine_process.h"
#include "engine/shared_state.h"
#include "match/match.h"
#include "packet/capture.h"

/* What all ears of an engine have in common. */
struct listeners {
	struct detect		 detect;
	int			 link;		/* descriptor for link_state */
	struct mono_time	 before;	/* start of the last pass */
	struct mono_time	 now;		/* start of this pass */
	struct mono_time	 latest;	/* the clock when last read */
	int64_t			 taken;		/* frames in this pass */
	struct clock_offset		 clock_offset;
	struct mono_time	 at;		/* the frame at hand came */
	/* Called with a capture's change of state. */
	void			(*report)(void *arg,
				    const struct engine_report *);
	void			*arg;
};

struct listener {
	struct listeners		*all;
	struct shared_capture	*row;		/* its row; the engine's own */
	uint32_t		 position;	/* of the row */
	struct capture		*capture;	/* NULL: nothing is heard */
	struct match		*match;
	struct mono_time	 opened;
	uint64_t		 dropped;	/* as told by the kernel */
	int			 errors;	/* in a row */
	struct wall_time	 skip;		/* the one before had these */
	bool			 down;		/* too far to be opened */
	bool			 counted;	/* the frame at hand */
	char			 error[CAPTURE_ERROR_SIZE];
};

/*
 * Opens the capture; on error the reason is kept until listener_begin tells it.  The
 * row is not touched.  False when there is no memory.
 */
bool	 listener_open(struct listener *, struct listeners *, const struct configuration *,
	    struct shared_state *, uint32_t position);
void	 listener_close(struct listener *);

/*
 * The row is this engine's from here on.  After a gap nobody has seen to it
 * until the capture was opened.
 */
void	 listener_begin(struct listener *, bool after_gap);

/*
 * Takes what is waiting.  True when nothing that came before this pass is
 * left.
 */
bool	 listener_drain(struct listener *);

/* Has the interface changed its state?  Have packets been lost? */
void	 listener_check_link(struct listener *);
void	 listener_check_losses(struct listener *);

#endif
