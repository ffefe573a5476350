/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture file (pcap or pcapng) or a stream of one, read from its beginning
 * to its end in the order that it was written.
 */
#ifndef HBW_CAPTURE_FILE_H
#define HBW_CAPTURE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "packet/capture.h"

/* The name of standard input. */
#define CAPTURE_FILE_STDIN	"-"

struct capture_file;

/*
 * Called from within capture_file_next when a pipe has had nothing for a
 * while: what was read is all there is for now.  It must not touch the file.
 * False: do not wait for more; the file ends here.
 */
typedef bool capture_file_idle(void *arg);

enum capture_file_status {
	CAPTURE_FILE_FRAME,
	CAPTURE_FILE_END,
	CAPTURE_FILE_CUT,	/* it goes on, but cannot be read further */
};

/*
 * Opens a capture.  NULL on error, with one line in error[CAPTURE_ERROR_SIZE].
 * `idle` may be NULL.  The caller ends it with capture_file_close.
 */
struct capture_file *capture_file_open(const char *name, capture_file_idle *,
	    void *arg, char *error);
void	 capture_file_close(struct capture_file *);

/*
 * The next frame, valid until the next call.  Its stamp has nanoseconds;
 * WALL_NEVER where the file has none that can be used.  After CAPTURE_FILE_CUT
 * `error`, of CAPTURE_ERROR_SIZE, has one line.
 */
enum capture_file_status capture_file_next(struct capture_file *,
	    struct capture_frame *, char *error);

/* DLT_ number, which packet_decode takes, and its name. */
int	 capture_file_link_type(const struct capture_file *);
const char *capture_file_link_name(const struct capture_file *);

/* Can it be opened a second time and be read the same?  No pipe can. */
bool	 capture_file_is_regular(const struct capture_file *);
/* Octets read so far, and in all; that is 0 where it is not known. */
uint64_t capture_file_position(const struct capture_file *);
uint64_t capture_file_size(const struct capture_file *);

#endif
