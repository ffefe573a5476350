/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of the state file as data.  store_rows.c lists each column once,
 * with its name, SQL type, field in memory and range.  All SQL that creates,
 * writes and reads the tables is made from these lists.
 */
#ifndef HBW_STORE_ROWS_H
#define HBW_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "state/notification.h"
#include "state/store_counters.h"

/* The schema is built in steps: step n upgrades version n to n + 1. */
#define STORE_ROWS_VERSION	5
extern const char *const	 store_rows_schema[STORE_ROWS_VERSION];

/*
 * A row of any table; each table uses the fields that its list names.  The row
 * does not own its texts.
 */
struct store_row {
	struct notification		 n;	/* watch and capture: unused */
	const char			*watch;
	const char			*peer;	/* address; "": none */
	struct configuration_profile	 profile;	/* alarm: unused */
	struct configuration_alarm	 alarm;
	const char			*repair;	/* of the cause */
	const char			*floating_ip;	/* "": none */
	/* Parts of n.alarm.decided, because the file has larger numbers. */
	const char			*decided_address;	/* "": none */
	int64_t				 decided_mac;
	/* Parts of n.alarm.operator; the state is 0 if that is NULL. */
	const char			*operator_who;
	const char			*operator_text;
	struct wall_time		 operator_time;
	struct wall_time		 shelved_until;
	uint8_t				 operator_state;
	uint32_t			 decided_port;
	uint32_t			 capture_index;
	uint32_t			 capture_state;
	const char			*error;
	const char			*watcher_source;
	const char			*watcher_host;
	uint32_t			 watches;
	uint32_t			 blind_watches;
	uint32_t			 active_alarms;
	struct store_counters		 counters;
	uint8_t				 counters_id;	/* 1: the only row */
};

/*
 * The prepared statements.  PUT and DELETE_BLIND bind a row.  The other DELETEs
 * and the GETs that mention a sequence bind only that.
 */
enum store_statement {
	STORE_PUT_COUNTERS,
	STORE_PUT_NAME,
	STORE_PUT_INTERFACE,
	STORE_PUT_NOTIFICATION,
	STORE_PUT_ALARM,
	STORE_PUT_BLIND,
	STORE_PUT_STORM,
	STORE_DELETE_BLIND,
	STORE_DELETE_NOTIFICATIONS,	/* before a sequence */
	STORE_DELETE_STORMS,		/* before a sequence; not the last */
	STORE_GET_COUNTERS,
	STORE_GET_NAMES,		/* by number */
	STORE_GET_INTERFACES,		/* by number */
	STORE_GET_NOTIFICATION,		/* of a sequence */
	STORE_GET_NOTIFICATIONS,	/* after a sequence, in order */
	STORE_GET_ALARMS,		/* by watch index */
	STORE_GET_BLIND,
	STORE_GET_STORM,		/* of a sequence */
	STORE_GET_STORMS,		/* by sequence */
	STORE_GET_OPEN_STORM,		/* its sequence is 1 */
	STORE_GET_OLDEST,		/* only the sequence; 0: none */
	STORE_GET_EXTRA,		/* the same of notification_is_extra */
	STORE_STATEMENTS
};

/*
 * Prepares a statement.  Returns SQLite's result code; *q is NULL on error.
 * The caller ends it with sqlite3_finalize.
 */
int	 store_rows_prepare(sqlite3 *, enum store_statement,
	    sqlite3_stmt **q);

/*
 * Binds a row, with NULL in the columns that its event does not have.  The
 * row's texts must not change until the statement is reset.
 */
void	 store_rows_bind(sqlite3_stmt *q, enum store_statement,
	    const struct store_row *);

/*
 * Reads the columns that the row's event has; the texts are valid until the
 * statement is stepped or reset.  False when a value is outside its range, or a
 * text is missing, too long or not UTF-8: the file is damaged.
 */
bool	 store_rows_read(sqlite3_stmt *q, enum store_statement,
	    struct store_row *);

/* Are the columns equal that all watches of one section share? */
bool	 store_rows_same_profile(const struct store_row *,
	    const struct store_row *);

#endif
