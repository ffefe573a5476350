/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STATE/epoch: the epoch of the notifications, and whether some went out that
 * the store does not know of.  It is apart from the store, so that it outlives
 * it, and it is written in place, which a full disk allows.
 */
#ifndef HBW_EPOCH_FILE_H
#define HBW_EPOCH_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct epoch_file {
	uint32_t	 epoch;		/* 0: there was none */
	bool		 unsaved;	/* the store is */
};

/* False when there is a file, and no mark in it; then epoch is 0. */
bool	 epoch_file_read(const char *file, struct epoch_file *);
/* On disk; else false (errno). */
bool	 epoch_file_write(const char *file, const struct epoch_file *);

#endif
