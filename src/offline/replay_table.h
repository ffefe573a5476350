/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The output of `hbwatch replay -t`: a table of events, and a table of watches.
 * Each event is printed at once, so the widths of the columns come from the
 * configuration.
 */
#ifndef HBW_REPLAY_TABLE_H
#define HBW_REPLAY_TABLE_H

#include <stdbool.h>

#include "offline/player.h"
#include "offline/screen.h"

#define REPLAY_TABLE_COLUMNS	8

/* A struct of zeros is ready for use. */
struct replay_table {
	struct screen	 screen;
	bool		 started;	/* there was an event */
	int		 widths[REPLAY_TABLE_COLUMNS];	/* 0: hidden */
};

/* Prints an event to stdout.  The verdict is that of a raise, or NULL. */
void	 replay_table_event(struct replay_table *, const struct player *,
	    const struct detect_event *, const struct configuration_alarm *,
	    const struct verdict *);

/* Prints a row for each watch to stdout. */
void	 replay_table_watches(struct replay_table *, struct player *);

#endif
