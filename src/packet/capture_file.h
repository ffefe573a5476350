/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A capture in a file or a pipe (pcap or pcapng), read in the order in which it
 * was written.
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
 * Called by capture_file_next when a pipe has had no data for 50 ms, and then
 * every 500 ms.  It must not use the file.  If it returns false, the capture
 * ends here.
 */
typedef bool capture_file_idle(void *arg);

enum capture_file_status {
	CAPTURE_FILE_FRAME,
	CAPTURE_FILE_END,
	CAPTURE_FILE_CUT,	/* an error: the rest cannot be read */
};

/*
 * Opens a capture.  NULL on error, with one line in error[CAPTURE_ERROR_SIZE].
 * `idle` may be NULL.  The caller ends it with capture_file_close.
 */
struct capture_file *capture_file_open(const char *name, capture_file_idle *,
	    void *arg, char *error);
void	 capture_file_close(struct capture_file *);

/*
 * Reads the next frame, which is valid until the next call.  Its timestamp is
 * WALL_NEVER if the file has none that is valid.  After CAPTURE_FILE_CUT there
 * is one line in error[CAPTURE_ERROR_SIZE].
 *
 * An evidence file of hbwatchd has statistics with the times when the capture
 * of the interface began and ended.  A time that is before the first frame, or
 * after the last one, is handed out like a frame that has only a timestamp: its
 * `bytes` are NULL.
 */
enum capture_file_status capture_file_next(struct capture_file *,
	    struct capture_frame *, char *error);

/* The properties of an open capture. */
struct capture_file_info {
	/*
	 * As packet_decode takes it.  The packets of a pcapng file may have
	 * others; then it is that of the first interface.
	 */
	int		 link_type;
	bool		 regular;	/* can be opened and read again */
	/*
	 * Written by hbwatchd: its frames are from two captures, and slightly
	 * out of order.
	 */
	bool		 evidence;
	uint64_t	 size;		/* octets; 0: not known */
};

const struct capture_file_info *capture_file_info(const struct capture_file *);
/* A static text, also for an unknown link type. */
const char *capture_file_link_name(int link_type);
/* Octets read so far. */
uint64_t capture_file_position(const struct capture_file *);

#endif
