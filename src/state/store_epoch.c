/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "state/store.h"
#include "state/store_epoch.h"
#include "state/store_internal.h"

/*
 * Epochs from here on are from the clock; counting does not reach them.  The
 * next one after such an epoch is from the clock, too: the one that follows it
 * by counting may have been used without being written.
 */
#define FIRST_FROM_CLOCK	1000000000

uint32_t
store_unmarked_epoch(uint32_t epoch, struct wall_time now)
{
	uint32_t	 next = epoch == UINT32_MAX ? 1 : epoch + 1;
	int64_t		 seconds = now.ns / NSEC_PER_SEC;

	return (seconds > next && seconds <= UINT32_MAX ? (uint32_t)seconds :
	    next);
}

uint32_t
store_epoch_next(uint32_t epoch)
{
	return (epoch < FIRST_FROM_CLOCK ? epoch + 1 :
	    store_unmarked_epoch(epoch, wall_now()));
}

uint32_t
store_epoch(const struct store *s)
{
	return (s->epoch);
}

bool
store_epoch_is_written(const struct store *s)
{
	return (s->epoch_file.epoch == s->epoch && !s->epoch_file_pending);
}

bool
store_epoch_write(struct store *s, bool unsaved)
{
	bool	 failed_before = s->epoch_file_pending;

	if (store_epoch_is_written(s) && s->epoch_file.unsaved == unsaved)
		return (true);
	s->epoch_file = (struct epoch_file){ s->epoch, unsaved };
	/* No start reads what is written beside files that were removed. */
	s->epoch_file_pending = s->displaced ||
	    !epoch_file_write(s->epoch_path, &s->epoch_file);
	if (!s->epoch_file_pending) {
		s->unmarked = false;
		return (true);
	}
	if (!failed_before && !s->displaced)
		log_debug("%s: %s; writing it again with the next "
		    "transaction", s->epoch_path, strerror(errno));
	return (false);
}

void
store_epoch_mark(struct store *s)
{
	if (store_epoch_write(s, true) || s->unmarked)
		return;
	s->epoch = store_unmarked_epoch(s->epoch, wall_now());
	s->unmarked = true;
}
