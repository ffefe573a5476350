/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The epoch in which notifications were sent that are not on disk, in a file
 * that does not depend on the disk: CONTROL.epoch beside the control socket, if
 * that is on tmpfs.  If hbwatchd is killed before the disk works again, nothing
 * in the state directory shows this epoch; with the note, the next start begins
 * a later one.  The note is lost when the machine restarts.
 */
#ifndef HBW_EPOCH_NOTE_H
#define HBW_EPOCH_NOTE_H

#include <sys/types.h>

#include <stdint.h>

struct epoch_note {
	int		 file;		/* -1: none */
	uint32_t	 epoch;		/* the last one; 0: none */
};

/*
 * Opens or creates the file that belongs to a control socket, and reads the
 * last epoch of this state directory, which must exist.  An empty path is no
 * socket.  To be called with the privileges of the start; `owner` is the user
 * who owns the file then, so that a start as that user can open it.  Without a
 * file, epoch_note_write does nothing.  An error is logged as a debug message;
 * that the file would be on a disk is none.  A copy of the struct owns the file
 * in place of the struct.
 */
void	 epoch_note_open(struct epoch_note *, const char *control,
	    const char *directory, uid_t owner);
/* Closes the file; it remains for the next start. */
void	 epoch_note_close(struct epoch_note *);

/*
 * To be called before a notification is sent in this epoch.  It does not wait
 * for a disk.
 */
void	 epoch_note_write(struct epoch_note *, uint32_t epoch);

#endif
