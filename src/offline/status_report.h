/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answers of hbwatchd, as text for people.  hbwatch-control(5) describes
 * the objects.  A member that is missing or null is no error, because the
 * daemon may be of another version.
 */
#ifndef HBW_STATUS_REPORT_H
#define HBW_STATUS_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "offline/screen.h"

/* The value of a member.  Of a missing one it is "", -1, 0 or false. */
const char *status_text(const json_t *, const char *key);
double	 status_number(const json_t *, const char *key);
json_int_t status_count(const json_t *, const char *key);
bool	 status_flag(const json_t *, const char *key);

/* True if the member is this text. */
bool	 status_is(const json_t *, const char *key, const char *text);

bool	 status_is_raised(const json_t *alarm);
/* Raised, and no operator has acknowledged or shelved it. */
bool	 status_is_open(const json_t *alarm);

/* " on the peer", or "" if the side is unknown. */
const char *status_side(const json_t *alarm);

#define STATUS_TIME_SIZE	48

/* The time as "2026-11-29 12:00:31 UTC", or "never". */
char	*status_time(const json_t *, const char *key, char *text);
/* The seconds since 1970, or a negative number for no time. */
double	 status_seconds(const json_t *, const char *key);

/* The style of the state of a watch, and of a severity. */
enum screen_style status_state_style(const char *state);
enum screen_style status_severity_style(const char *severity);

/* The header: the daemon, the totals, and each fault with its remedy. */
void	 status_print_daemon(const struct screen *, const json_t *daemon);
/* Only the faults. */
void	 status_print_daemon_faults(const struct screen *,
	    const json_t *daemon);

/*
 * Parts of the following, in the same form.  The first prints the cause of the
 * last raise with its remedy, and what the operator noted.
 */
void	 status_print_alarm(const struct screen *, const json_t *alarm);
void	 status_print_blind(const struct screen *, const json_t *watch);
/*
 * Paragraphs that say what is wrong with a watch, why, and what to do next;
 * nothing for a watch that needs no attention.
 */
void	 status_print_faults(const struct screen *, const json_t *watch);

/* Everything of one watch.  `now` is in seconds since 1970. */
void	 status_print_watch(const struct screen *, const json_t *watch,
	    double now);

/*
 * The table of watches.  The widths of its columns are those that the first
 * rows need, so the table can be printed while it is received.
 */
#define STATUS_TABLE_ROWS	1000
#define STATUS_TABLE_COLUMNS	10

struct status_table {
	const struct screen	*screen;
	json_t			*rows[STATUS_TABLE_ROWS];	/* owned */
	size_t			 nrows;		/* not printed yet */
	bool			 started;	/* the widths are fixed */
	int			 widths[STATUS_TABLE_COLUMNS];	/* 0: hidden */
};

void	 status_table_init(struct status_table *, const struct screen *);
/* Takes over the row. */
void	 status_table_add(struct status_table *, json_t *watch);
/* Prints the rest, and the legend if there was a row. */
void	 status_table_end(struct status_table *);

#endif
