/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logs the packets that a watch does not count because of a fault.  For each
 * watch and fault there is one line at once and then at most one an hour, so
 * that a sender of forged packets cannot fill the log.
 */
#ifndef HBW_REJECT_LOG_H
#define HBW_REJECT_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "config/configuration.h"
#include "match/match.h"

#define REJECT_LOG_INTERVAL_NS	(3600 * NSEC_PER_SEC)

/* The maximum number of lines in that time; further ones are dropped. */
#define REJECT_LOG_ENTRIES	64

struct reject_log_entry {
	uint32_t		 watch;
	enum packet_fault	 fault;
	uint64_t		 count;		/* since the last line */
	struct mono_time	 logged;	/* the last line */
};

/* All zero at first. */
struct reject_log {
	struct reject_log_entry	 entries[REJECT_LOG_ENTRIES];
	size_t			 n;
};

/* Counts a rejected packet, and logs it if a line is due. */
void	 reject_log_add(struct reject_log *, const struct configuration *,
	    const struct match_rejection *, struct mono_time now);

#endif
