/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One evidence file: makes its blocks from the records of a ring, in memory.
 * No I/O and no clock.
 */
#ifndef HBW_EVIDENCE_FILE_H
#define HBW_EVIDENCE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"
#include "diagnosis/evidence.h"
#include "diagnosis/evidence_ring.h"
#include "diagnosis/verdict.h"
#include "evidence_writer.h"
#include "packet/pcapng_writer.h"

/* The time before the raise, and after it, of which a file has the frames. */
#define EVIDENCE_FILE_NS	(10 * 60 * NSEC_PER_SEC)

/* The packets that get a comment: the nearest one to each of these times. */
enum evidence_moment {
	EVIDENCE_MOMENT_LAST,		/* heartbeat */
	EVIDENCE_MOMENT_RAISED,
	EVIDENCE_MOMENT_CLEARED,
	EVIDENCE_MOMENTS,
};

/* Why a file has no later frames. */
enum evidence_end {
	EVIDENCE_END_NONE,	/* it is being written, or was */
	EVIDENCE_END_TIME,	/* EVIDENCE_FILE_NS after the raise */
	EVIDENCE_END_DAEMON,	/* hbwatchd has ended */
	EVIDENCE_END_ROOM,	/* no room within evidence-files, or on disk */
	EVIDENCE_END_ERROR,	/* a write has failed */
};

#define EVIDENCE_FILE_LINKS	4

struct evidence_file {
	uint32_t		 serial;
	uint32_t		 alarm_id;
	char			*watch;		/* owned */
	char			*interface;	/* owned */
	struct wall_time	 from;		/* no earlier frames */
	struct wall_time	 moments[EVIDENCE_MOMENTS];	/* or never */
	bool			 shown[EVIDENCE_MOMENTS];	/* as comment */
	bool			 received;	/* a heartbeat, ever */
	uint64_t		 room;		/* octets that it may have */
	enum evidence_end	 end;
	bool			 has_verdict;	/* there is a verdict */
	struct evidence		 evidence;
	struct verdict		 verdict;

	uint64_t		 position;	/* in the ring */
	uint64_t		 first;		/* no records before it */
	uint64_t		 packets;
	uint64_t		 missing;	/* overwritten octets */
	/* The link types of the interfaces in the file. */
	int			 links[EVIDENCE_FILE_LINKS];
	uint32_t		 nlinks;
	/* The packet before the position, until it is known what follows. */
	struct evidence_record	 pending;
	bool			 has_pending;
};

/*
 * False when memory is exhausted.  The caller frees it, and sets `room` before
 * the first frames.
 */
bool	 evidence_file_begin(struct evidence_file *,
	    const struct evidence_raise *);
void	 evidence_file_free(struct evidence_file *);

/* Adds the header of the file, which has always PCAPNG_SECTION_SIZE octets. */
void	 evidence_file_add_header(const struct evidence_file *,
	    struct pcapng_buffer *);

/*
 * Adds the records of the ring that arrived up to `until`, at most the contents
 * of one ring.  Stops when the buffer has more than `most` octets, and then
 * returns true.  If memory is exhausted, `exhausted` of the buffer is set.
 */
bool	 evidence_file_add_frames(struct evidence_file *,
	    const struct evidence_ring *, struct mono_time until, size_t most,
	    struct pcapng_buffer *);

/* Adds the time `now`: the interface was captured until then. */
void	 evidence_file_add_time(struct evidence_file *, struct wall_time now,
	    struct pcapng_buffer *);

#endif
