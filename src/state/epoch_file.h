/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STATE/epoch: the epoch of the notifications, and whether some were sent that
 * the store does not have.  It is a file of its own so that it survives the
 * loss of the store.  It is overwritten in place, which works on a full disk.
 */
#ifndef HBW_EPOCH_FILE_H
#define HBW_EPOCH_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct epoch_file {
	uint32_t	 epoch;		/* from 1; 0: there is no file */
	bool		 unsaved;	/* some were sent and not stored */
};

/*
 * Reads a file; all zeros when there is none.  False when it cannot be read or
 * is invalid; then it is all zeros too.
 */
bool	 epoch_file_read(const char *file, struct epoch_file *);
/*
 * Writes the file with mode 0600, and syncs it and its directory.  False on
 * error (errno); then the content of the file is unknown.
 */
bool	 epoch_file_write(const char *file, const struct epoch_file *);

#endif
