/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the evidence files: for each raise a pcapng file with the frames of
 * the interface's ring, from ten minutes before the raise until ten minutes
 * after it.  Comments show the verdict, the signals and the moments.
 *
 * A thread of its own writes them, so that its owner never waits for the disk:
 * a disk that hangs or is full costs a file, but never an alarm.
 */
#ifndef HBW_EVIDENCE_WRITER_H
#define HBW_EVIDENCE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wall.h"
#include "diagnosis/evidence.h"
#include "diagnosis/verdict.h"
#include "evidence_names.h"

struct evidence_writer;

/* The path of the state directory is copied.  NULL on error (errno). */
struct evidence_writer *evidence_writer_new(const char *state);
/*
 * Starts the thread, after the process has dropped its privileges: each thread
 * has its own.  Without it nothing is written.  False on error (errno).
 */
bool	 evidence_writer_start(struct evidence_writer *);
/*
 * Completes the files, ends the thread and frees everything; NULL is ignored.
 * False when that takes longer than the limit: then the thread still runs, and
 * nothing is freed.
 */
bool	 evidence_writer_end(struct evidence_writer *, int limit_ms);

/*
 * The following functions do not wait, and `w` may be NULL.  Strings are
 * copied.
 */

/*
 * True if the file with this name, of evidence_file_name, exists, or will be
 * written as far as that is known.  `w` is not NULL.
 */
bool	 evidence_writer_has(struct evidence_writer *w, const char *name);

/* Limits the size of the directory, in octets; 0: no files are written. */
void	 evidence_writer_limit(struct evidence_writer *w, uint64_t octets);

/*
 * True while files cannot be written; the reason was logged.  This is tried
 * again every 10 seconds.
 */
bool	 evidence_writer_is_failing(const struct evidence_writer *w);

struct evidence_rings;

/*
 * The rings of all interfaces, from now on; NULL: none.  Takes a reference of
 * its own.  Records that the previous rings had and these have not are written
 * from the previous ones.
 */
void	 evidence_writer_rings(struct evidence_writer *w,
	    struct evidence_rings *rings);

struct evidence_raise {
	uint32_t	 serial;	/* hbwAlarmSerial */
	uint32_t	 alarm_id;
	const char	*watch;
	const char	*interface;
	struct wall_time raised;
	struct wall_time last;		/* heartbeat, or WALL_NEVER */
	int64_t		 silence_ns;	/* before it, if none was received */
};

/*
 * These are called in this order for each serial.  evidence_writer_verdict sets
 * the verdict, and is called again when it changes.  An unknown serial is
 * ignored.
 */
void	 evidence_writer_raised(struct evidence_writer *w,
	    const struct evidence_raise *);
void	 evidence_writer_verdict(struct evidence_writer *w, uint32_t serial,
	    const struct evidence *, const struct verdict *);
void	 evidence_writer_cleared(struct evidence_writer *w, uint32_t serial,
	    struct wall_time at);

#endif
