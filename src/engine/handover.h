/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hand-over: the data that a new engine gets from the agent, in a file in
 * memory.  The engine is another program, so it has nothing else of the agent's
 * memory.  The hand-over has the members of each watch that the engine needs,
 * but no SNMP communities, users or passphrases, and no texts of alarms.
 */
#ifndef HBW_HANDOVER_H
#define HBW_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/configuration.h"

struct handover {
	bool			 verbose;	/* see log_open */
	/*
	 * Only `realtime`, `evidence` and the watches.  They are in the
	 * arena, and have only the members that handover.c writes; the others
	 * are zero.
	 */
	struct configuration	 config;
	struct arena		 arena;
};

/*
 * Writes the hand-over of a configuration.  Returns a sealed, read-only file,
 * which the caller closes; -1 on error (errno).
 */
int	 handover_write(const struct configuration *, bool verbose);

/*
 * Reads a hand-over.  The caller frees it with handover_free.  False when it is
 * invalid (errno is EINVAL), or on another error (errno); then it is empty.
 */
bool	 handover_read(int file, struct handover *);
/* The same for the contents of a file. */
bool	 handover_parse(const uint8_t *bytes, size_t size, struct handover *);
void	 handover_free(struct handover *);

#endif
