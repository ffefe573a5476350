/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of captures and watches, in memory that the engine and the agent
 * share.  A new engine continues with the rows of the old one.
 *
 * The running engine writes; the agent reads at any time.  The agent writes
 * only while no engine runs: before ENGINE_GO and after engine_end.  Neither
 * side waits for the other:
 * - shared_state_read_watch makes a consistent copy of a watch;
 * - a capture has no lock, so its members may be from different moments and its
 *   error may be cut; shared_state_read_capture makes a copy;
 * - next_wakeup is atomic, and orders no other memory access.
 *
 * An attacker may control the engine, so these copies are validated (see
 * engine_check.h), and the agent reads the rows in no other way.  The rows
 * contain no pointer and no length for that reason.
 */
#ifndef HBW_SHARED_STATE_H
#define HBW_SHARED_STATE_H

#include <net/if.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/configuration.h"
#include "detect/detect.h"
#include "detect/dual.h"
#include "engine/alarm_positions.h"
#include "engine/evidence_rings.h"

/* The numbers are those of hbwCaptureState. */
enum shared_capture_state {
	SHARED_CAPTURE_RUNNING = 1,
	SHARED_CAPTURE_DOWN = 2,	/* silence counts: interface down */
	SHARED_CAPTURE_FAILED = 3,	/* silence does not count: blind */
	/* Only in a notification: no watch uses the interface any more. */
	SHARED_CAPTURE_NOT_MONITORED = 4,
};

/* The size of an error with its NUL; a longer text is truncated. */
#define SHARED_ERROR_SIZE	160

/* One for each interface that an enabled watch names. */
struct shared_capture {
	struct detect_source	 source;
	char			 interface[IF_NAMESIZE];
	uint32_t		 ifindex;	/* the last one; 0: unknown */
	uint32_t		 state;		/* enum shared_capture_state */
	uint8_t			 listening;	/* 1: an engine captures */
	uint64_t		 packets;	/* that passed the filter */
	uint64_t		 heartbeats;	/* that a watch counted */
	uint64_t		 duplicates;	/* copies of heartbeats */
	uint64_t		 dropped;	/* by the kernel */
	uint64_t		 malformed;	/* that could not be decoded */
	struct wall_time	 drained;	/* last packet: timestamp */
	char			 error[SHARED_ERROR_SIZE];	/* or "" */
};

/* The pointers and counts are private to each process; the rows are shared. */
struct shared_state {
	/* The next pass of the engine starts by then; monotonic time in ns. */
	_Atomic int64_t		*next_wakeup;
	struct shared_capture	*captures;	/* sorted by interface name */
	struct detect_watch	*watches;	/* in configuration order */
	struct dual		*duals;		/* see alarm_positions.h */
	size_t			 ncaptures;	/* 0..DETECT_SOURCES_MAX */
	size_t			 nwatches;
	struct alarm_positions	 positions;	/* private */
	/* The interface names of the captures; private, owned. */
	char			(*names)[IF_NAMESIZE];
	void			*mapping;	/* owned */
	size_t			 size;		/* of the mapping, in bytes */
	int			 file;		/* the agent's; owned */
	/* The agent's: the rings of the captures; NULL: `evidence` is 0. */
	struct evidence_rings	*rings;
};

/*
 * Creates the rows for a configuration; all watches start at `now`.  They are
 * in a file in memory of a fixed size, which the engine maps.  NULL on error
 * (errno; EMFILE: more interfaces than DETECT_SOURCES_MAX).  The caller frees
 * it with shared_state_free.
 */
struct shared_state *shared_state_new(const struct configuration *,
	    struct mono_time now);

/*
 * For the engine: maps the rows of this configuration that the agent created.
 * NULL on error (errno; EINVAL: `file` has the rows of another one).  The
 * caller keeps the file and frees the rows with shared_state_free.
 */
struct shared_state *shared_state_attach(const struct configuration *,
	    int file);
void	 shared_state_free(struct shared_state *);

/*
 * Takes over the rings of the old rows, before an engine is started: uses the
 * same ones, or copies what they have.
 */
void	 shared_state_keep_rings(struct shared_state *,
	    const struct shared_state *old);

/* The old position of a watch that the old configuration does not have. */
#define SHARED_STATE_NEW	UINT32_MAX

/*
 * Takes over the rows of an old configuration.  old_position[i] is the position
 * that watch i had there, or SHARED_STATE_NEW.  A watch whose flow has changed
 * starts again, but its alarm stays active.  A new watch starts at `now`,
 * because nothing was captured for it before.  Call it only while no engine
 * runs.
 */
void	 shared_state_take_over(struct shared_state *,
	    const struct configuration *, const struct shared_state *old,
	    const struct configuration *old_config,
	    const uint32_t *old_position, struct mono_time now);

/*
 * Repairs the rows after an engine has ended: restores the members that no
 * engine changes, and replaces invalid values.  Call it only while no engine
 * runs; `now` is read after the end of the engine, because later times are
 * invalid.
 */
void	 shared_state_sanitize(struct shared_state *,
	    const struct configuration *, struct mono_time now);

/*
 * Copy the row of watch `i`, that of two active nodes `i` and that of capture
 * `i`.  All values of a copy are
 * valid, but the configuration of a watch may be wrong:
 * shared_state_configure sets it.
 */
void	 shared_state_read_watch(const struct shared_state *, size_t i,
	    struct mono_time now, struct detect_watch *copy);
void	 shared_state_read_dual(const struct shared_state *, size_t i,
	    struct mono_time now, struct dual *copy);
void	 shared_state_configure(const struct shared_state *,
	    const struct configuration_profile *, struct detect_watch *copy);
void	 shared_state_read_capture(const struct shared_state *, size_t i,
	    struct mono_time now, struct shared_capture *copy);
/* Copies only the source of a capture. */
void	 shared_state_read_source(const struct shared_state *, size_t i,
	    struct mono_time now, struct detect_source *copy);
/* True when an engine captures on capture `i`. */
bool	 shared_state_listens(const struct shared_state *, size_t i);

/* The position of the capture of an interface; UINT32_MAX if it has none. */
uint32_t shared_state_find_capture(const struct shared_state *,
	    const char *interface);

#endif
