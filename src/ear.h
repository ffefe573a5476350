/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture of the engine, the watches that hear by it, and its row.
 */
#ifndef HBW_EAR_H
#define HBW_EAR_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "detect.h"
#include "engine.h"
#include "live.h"
#include "match.h"
#include "mono.h"
#include "stamps.h"
#include "wall.h"

/* What all ears of an engine have in common. */
struct ears {
	struct detect		 detect;
	int			 link;		/* descriptor for link_state */
	struct mono_time	 before;	/* start of the last pass */
	struct mono_time	 now;		/* start of this pass */
	struct mono_time	 latest;	/* the clock when last read */
	int64_t			 taken;		/* frames in this pass */
	struct stamps		 stamps;
	struct mono_time	 at;		/* the frame at hand came */
	/* Called with a capture's change of state. */
	void			(*report)(void *arg,
				    const struct engine_report *);
	void			*arg;
};

struct ear {
	struct ears		*all;
	struct live_capture	*live;		/* its row; the engine's own */
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
 * Opens the capture; on error the reason is kept until ear_begin tells it.  The
 * row is not touched.  False when there is no memory.
 */
bool	 ear_open(struct ear *, struct ears *, const struct configuration *,
	    struct live *, uint32_t position);
void	 ear_close(struct ear *);

/*
 * The row is this engine's from here on.  After a gap nobody has seen to it
 * until the capture was opened.
 */
void	 ear_begin(struct ear *, bool after_gap);

/*
 * Takes what is waiting.  True when nothing that came before this pass is
 * left.
 */
bool	 ear_drain(struct ear *);

/* Has the interface changed its state?  Have packets been lost? */
void	 ear_look_at_link(struct ear *);
void	 ear_look_at_losses(struct ear *);

#endif
