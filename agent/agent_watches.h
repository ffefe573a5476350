/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many watches are in which state.  The engine counts the watches of each
 * interface, so no function here looks at the watches themselves.
 */
#ifndef HBW_AGENT_WATCHES_H
#define HBW_AGENT_WATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "agent.h"

/* The states are those of hbwWatchState. */
struct agent_watches {
	uint32_t	 total;
	uint32_t	 starting;
	uint32_t	 alive;		/* also those that are late */
	uint32_t	 interrupted;
	uint32_t	 blind;
	uint32_t	 disabled;
};

/*
 * Counts the watches.  While no engine updates the shared rows, all enabled
 * ones are blind.  The cost grows with the number of interfaces only.
 */
struct agent_watches agent_watches_now(const struct agent *);

/*
 * The same for a notification: the moment in which one engine takes over from
 * another does not make the watches blind.
 */
struct agent_watches agent_watches_lasting(const struct agent *);

#define AGENT_WATCHES_TEXT_SIZE	192

/*
 * The numbers in words, without the states that no watch has, and that of
 * active alarms: "2 watches: 1 alive, 1 blind; 0 active alarms".  `text` holds
 * AGENT_WATCHES_TEXT_SIZE bytes.
 */
void	 agent_watches_text(const struct agent_watches *, uint32_t active,
	    char *text);

#endif
