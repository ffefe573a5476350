/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Searches the log files of watches for a line that matches, in a thread of its
 * own: a file on a disk that hangs must not block its owner.
 *
 * Only the last MiB of a file is read, and of that only lines that are new
 * since the last look for the same watch.  At the first look, the file must
 * have changed within ten minutes.
 *
 * A line counts only if it was surely written within ten minutes: it has such a
 * time (see log_time.h), or continues a line that has one; or the file was
 * created or the last look was in that time; or it is the last line of a file
 * that changed in that time.
 */
#ifndef HBW_LOG_EVIDENCE_H
#define HBW_LOG_EVIDENCE_H

#include <sys/types.h>

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/wall.h"
#include "diagnosis/evidence.h"

#define LOG_EVIDENCE_OCTETS	((size_t)1024 * 1024)

/* A file that has other octets before the position was truncated. */
#define LOG_TAIL_OCTETS	64

/* The end of the last look.  A struct of zeros: there was none. */
struct log_position {
	dev_t		 device;
	ino_t		 inode;		/* 0: none */
	off_t		 offset;
	struct wall_time at;		/* of the last look */
	char		 tail[LOG_TAIL_OCTETS];	/* before the offset */
};

/*
 * Looks into a file now: sets the signal EVIDENCE_LOG_MESSAGE, and the position
 * after the last complete line.  `buffer` holds LOG_EVIDENCE_OCTETS + 1.
 * Returns 0, or the errno with which the file cannot be read; then the signal
 * is unknown.  EINVAL: it is no regular file.
 */
int	 log_evidence_look(const char *path, const regex_t *,
	    struct log_position *, struct wall_time now, char *buffer,
	    struct evidence_signal *);

struct log_evidence;

/* NULL on error (errno). */
struct log_evidence *log_evidence_new(void);
/*
 * Starts the thread, which has the privileges of the process at this time.
 * False on error (errno).
 */
bool	 log_evidence_start(struct log_evidence *);
/*
 * Frees it; NULL is ignored.  If the thread is reading and does not end in half
 * a second, everything remains for the end of the process.
 */
void	 log_evidence_end(struct log_evidence *);

/*
 * Requests a look for the watch with this hbwWatchIndex.  `pattern` is a valid
 * extended regular expression.  The texts are copied.  False when too many
 * requests wait for the thread, or memory is exhausted.
 */
bool	 log_evidence_ask(struct log_evidence *, uint32_t index,
	    const char *path, const char *pattern);

/* A descriptor that is readable when there is an answer; not the caller's. */
int	 log_evidence_event(const struct log_evidence *);
/* Takes the oldest answer; false: there is none. */
bool	 log_evidence_answer(struct log_evidence *, uint32_t *index,
	    struct evidence_signal *);

#endif
