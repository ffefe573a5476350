/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/utf8.h"
#include "state/store_rows.h"

/* Larger numbers are not written; reading them could overflow a counter. */
#define COUNT_MAX	INT32_MAX
/* The longest text of a row in bytes. */
#define TEXT_MAX	4096
#define WATCH_MAX	255
#define ADDRESS_MAX	64

/* The events that have a column, as bits; in other tables the event is 0. */
#define ALL	0xffffU
#define ALARM	(1U << NOTIFICATION_RAISED | 1U << NOTIFICATION_CLEARED | \
		    1U << NOTIFICATION_CHANGED | 1U << NOTIFICATION_REMINDER)
#define CAPTURE	(1U << NOTIFICATION_BLIND | 1U << NOTIFICATION_RESTORED)
#define WATCHER	(CAPTURE | 1U << NOTIFICATION_ALIVE | \
		    1U << NOTIFICATION_STARTED | 1U << NOTIFICATION_STOPPED)
/* Also set for the columns that are equal for all watches of one section. */
#define COMMON	0x10000U
#define PROFILE	(ALARM | COMMON)

/* Ranges: minimum and maximum. */
#define ANY	INT64_MIN, INT64_MAX
#define COUNT	0, COUNT_MAX

/*
 * The lists.  A column is one of
 *	KEY(name, field, range), the primary key or the first part of it,
 *	REQUIRED(name, field, range), a number that every event has,
 *	INTEGER(name, events, field, range), a number of some events,
 *	TEXT(name, events, field, longest), a text of some events.
 *
 * A file is recognised by the text of its CREATE TABLE statements, also by
 * earlier versions.  So each blank matters: version 0.2.0 wrote none before the
 * names that have none here.  For the same reason a list never changes after
 * its release.  New columns get a list of their own, which a new step of the
 * schema adds with ALTER TABLE ADD COLUMN, and which follows the old list in
 * PUT and FIELDS.
 */
#define NOTIFICATION(KEY, REQUIRED, INTEGER, TEXT) \
	KEY("sequence", n.sequence, COUNT) \
	REQUIRED(" watch_index", n.watch_index, COUNT) \
	REQUIRED(" event", n.event, NOTIFICATION_RAISED, NOTIFICATION_STOPPED) \
	REQUIRED("time", n.time.ns, ANY) \
	TEXT(" watch", ALARM, watch, WATCH_MAX) \
	TEXT(" peer", ALARM, peer, ADDRESS_MAX) \
	TEXT(" interface", PROFILE | CAPTURE, profile.interface, \
	    IF_NAMESIZE - 1) \
	TEXT("heartbeat", PROFILE, profile.heartbeat, TEXT_MAX) \
	INTEGER(" alarm_id", PROFILE, alarm.id, 1, INT32_MAX) \
	TEXT(" alarm_name", PROFILE, alarm.name, TEXT_MAX) \
	INTEGER("severity", PROFILE, alarm.severity, \
	    SEVERITY_CRITICAL, SEVERITY_WARNING) \
	TEXT(" type", PROFILE, alarm.type, TEXT_MAX) \
	TEXT(" service_type", PROFILE, alarm.service_type, TEXT_MAX) \
	TEXT(" source", PROFILE, profile.source, TEXT_MAX) \
	TEXT("service", PROFILE, profile.service, TEXT_MAX) \
	TEXT(" role", PROFILE, profile.role, TEXT_MAX) \
	TEXT(" host", PROFILE, profile.host, TEXT_MAX) \
	INTEGER(" raised", ALARM, n.alarm.raised.ns, ANY) \
	INTEGER("cleared", ALARM, n.alarm.cleared.ns, ANY) \
	INTEGER(" last_heartbeat", ALARM, n.alarm.last_heartbeat.ns, ANY) \
	INTEGER(" span", ALARM, n.alarm.span_ns, ANY) \
	INTEGER("serial", ALARM, n.alarm.serial, COUNT) \
	INTEGER(" count", ALARM, n.alarm.count, COUNT) \
	INTEGER(" transitions", ALARM, n.alarm.transitions, COUNT) \
	INTEGER("state", ALARM, n.alarm.state, ALARM_CLEARED, ALARM_RAISED) \
	INTEGER(" cause", ALARM, n.alarm.cause, \
	    CAUSE_UNKNOWN, CAUSE_MAX) \
	INTEGER(" end", ALARM, n.alarm.end, \
	    ALARM_END_HEARTBEAT, ALARM_END_NO_ALARM) \
	INTEGER(" flags", ALARM, n.alarm.flags, 0, ALARM_FLAGS) \
	INTEGER("capture_index", CAPTURE, capture_index, 0, UINT32_MAX) \
	INTEGER(" capture_state", CAPTURE, capture_state, \
	    SHARED_CAPTURE_RUNNING, SHARED_CAPTURE_NOT_MONITORED) \
	TEXT(" error", CAPTURE, error, SHARED_ERROR_SIZE - 1)

#define NOTIFICATION_4(KEY, REQUIRED, INTEGER, TEXT) \
	REQUIRED("sent_early", n.sent_early, 0, 1) \
	REQUIRED("epoch", n.epoch, 0, UINT32_MAX)

/*
 * In the rows of an older file the side is 0: there is no verdict.  The state
 * of the operator is 0 if there was no action.
 */
#define NOTIFICATION_5(KEY, REQUIRED, INTEGER, TEXT) \
	INTEGER("watches", WATCHER, watches, 0, UINT32_MAX) \
	INTEGER("blind_watches", WATCHER, blind_watches, 0, UINT32_MAX) \
	INTEGER("active_alarms", WATCHER, active_alarms, 0, UINT32_MAX) \
	TEXT("watcher_source", WATCHER, watcher_source, \
	    NOTIFICATION_TEXT_SIZE - 1) \
	TEXT("watcher_host", WATCHER, watcher_host, \
	    NOTIFICATION_TEXT_SIZE - 1) \
	INTEGER("side", ALARM, n.alarm.side, 0, CAUSE_SIDE_MAX) \
	INTEGER("confidence", ALARM, n.alarm.confidence, 0, 100) \
	INTEGER("decided", ALARM, n.alarm.number, 0, EVIDENCE_MAX) \
	INTEGER("decided_at", ALARM, n.alarm.decided.at.ns, ANY) \
	INTEGER("decided_count", ALARM, n.alarm.decided.count, 0, UINT32_MAX) \
	INTEGER("decided_state", ALARM, n.alarm.decided.state, \
	    0, EVIDENCE_PRESENT) \
	INTEGER("decided_code", ALARM, n.alarm.decided.code, 0, UINT8_MAX) \
	INTEGER("decided_port", ALARM, decided_port, 0, UINT16_MAX) \
	INTEGER("decided_mac", ALARM, decided_mac, 0, (INT64_C(1) << 48) - 1) \
	TEXT("decided_address", ALARM, decided_address, ADDRESS_MAX) \
	TEXT("peer_host", PROFILE, profile.peer_host, TEXT_MAX) \
	TEXT("log", PROFILE, profile.log, TEXT_MAX) \
	TEXT("log_pattern", PROFILE, profile.log_pattern, TEXT_MAX) \
	TEXT("repair", PROFILE, repair, TEXT_MAX) \
	TEXT("floating_ip", PROFILE, floating_ip, ADDRESS_MAX) \
	INTEGER("notified", ALARM, n.alarm.notified, COUNT) \
	INTEGER("withheld", ALARM, n.withheld, 0, NOTIFICATION_WITHHELD_MAX) \
	INTEGER("change", ALARM, n.change, 0, OPERATOR_CHANGE_MAX) \
	INTEGER("operator_state", ALARM, operator_state, 0, OPERATOR_SHELVED) \
	INTEGER("operator_time", ALARM, operator_time.ns, ANY) \
	INTEGER("shelved_until", ALARM, shelved_until.ns, ANY) \
	TEXT("operator", ALARM, operator_who, OPERATOR_TEXT_MAX) \
	TEXT("operator_text", ALARM, operator_text, OPERATOR_TEXT_MAX)

/* All columns of a notification, in the order of the file. */
#define NOTIFICATION_COLUMNS(KEY, REQUIRED, INTEGER, TEXT) \
	NOTIFICATION(KEY, REQUIRED, INTEGER, TEXT) \
	NOTIFICATION_4(KEY, REQUIRED, INTEGER, TEXT) \
	NOTIFICATION_5(KEY, REQUIRED, INTEGER, TEXT)

#define COUNTERS(KEY, REQUIRED, INTEGER, TEXT) \
	KEY("id", counters_id, 1, 1) \
	REQUIRED(" epoch", counters.epoch, 1, UINT32_MAX) \
	REQUIRED(" sequence", counters.sequence, COUNT) \
	REQUIRED(" delivered", counters.delivered, COUNT) \
	REQUIRED(" serial", counters.serial, COUNT) \
	REQUIRED(" last_change", counters.last_change.ns, ANY)

#define STORM(KEY, REQUIRED, INTEGER, TEXT) \
	KEY("sequence", n.sequence, 1, COUNT_MAX) \
	REQUIRED(" raised", n.storm.raised, COUNT) \
	REQUIRED(" cleared", n.storm.cleared, COUNT) \
	REQUIRED(" first", n.storm.first, COUNT) \
	REQUIRED(" since", n.storm.since.ns, ANY)

/* ---- SQL from the lists */

#define PRIMARY_KEY(name, ...)		name " INTEGER PRIMARY KEY"
#define COUNTERS_KEY(name, ...)		PRIMARY_KEY(name, ) " CHECK (id = 1)"
#define ALARM_KEY(name, ...)		name " INTEGER NOT NULL"
#define NUMBER_TYPE(name, ...)		"," name " INTEGER"
#define REQUIRED_TYPE(name, ...)	"," name " INTEGER NOT NULL"
#define TEXT_TYPE(name, ...)		"," name " TEXT"
#define COLUMN_TYPES(LIST, KEY) \
	LIST(KEY, REQUIRED_TYPE, NUMBER_TYPE, TEXT_TYPE)

/* A number of an older row may be missing. */
#define ADDED_TYPES(LIST) \
	LIST(NUMBER_TYPE, NUMBER_TYPE, NUMBER_TYPE, TEXT_TYPE)

#define KEY_MARK(...)		"?"
#define COLUMN_MARK(...)	",?"
#define PUT(table, LIST)	"INSERT OR REPLACE INTO " table " VALUES (" \
	LIST(KEY_MARK, COLUMN_MARK, COLUMN_MARK, COLUMN_MARK) ")"

/* New columns of an existing table, for each column of a list. */
#define ADD_NUMBER(table, name) \
	"ALTER TABLE " table " ADD COLUMN " name " INTEGER;"
#define ADD_TEXT(table, name) \
	"ALTER TABLE " table " ADD COLUMN " name " TEXT DEFAULT '';"
#define NOTICE_NUMBER(name, ...)	ADD_NUMBER("notice", name)
#define NOTICE_TEXT(name, ...)		ADD_TEXT("notice", name)
#define ALARM_NUMBER(name, ...)		ADD_NUMBER("alarm", name)
#define ALARM_TEXT(name, ...)		ADD_TEXT("alarm", name)
#define ADD_COLUMNS(LIST) \
	LIST(NOTICE_NUMBER, NOTICE_NUMBER, NOTICE_NUMBER, NOTICE_TEXT) \
	LIST(ALARM_NUMBER, ALARM_NUMBER, ALARM_NUMBER, ALARM_TEXT)

const char *const	 store_rows_schema[STORE_ROWS_VERSION] = {
	/* An empty file becomes version 1. */
	"CREATE TABLE counters (" COLUMN_TYPES(COUNTERS, COUNTERS_KEY)
	    ") STRICT;"
	"CREATE TABLE name (number INTEGER PRIMARY KEY,"
	    " name TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE notice (" COLUMN_TYPES(NOTIFICATION, PRIMARY_KEY)
	    ") STRICT;"
	"CREATE TABLE alarm (" COLUMN_TYPES(NOTIFICATION, ALARM_KEY)
	    ", PRIMARY KEY (watch_index)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE blind (interface TEXT PRIMARY KEY) STRICT;",
	/* Version 2 keeps the content of storm notifications. */
	"CREATE TABLE storm (" COLUMN_TYPES(STORM, PRIMARY_KEY) ") STRICT;",
	/* Version 3 keeps hbwCaptureIndex. */
	("CREATE TABLE interface (number INTEGER PRIMARY KEY,"
	    " name TEXT NOT NULL UNIQUE) STRICT;"),
	/* Version 4 keeps whether and in which epoch it was sent. */
	("ALTER TABLE notice ADD COLUMN sent_early INTEGER;"
	    "ALTER TABLE notice ADD COLUMN epoch INTEGER;"
	    "ALTER TABLE alarm ADD COLUMN sent_early INTEGER;"
	    "ALTER TABLE alarm ADD COLUMN epoch INTEGER;"),
	/*
	 * Version 5 keeps the verdict and what its texts are made of.  A watch
	 * can have two alarms.
	 */
	(ADD_COLUMNS(NOTIFICATION_5)
	    "ALTER TABLE alarm RENAME TO alarm_4;"
	    "CREATE TABLE alarm (" COLUMN_TYPES(NOTIFICATION, ALARM_KEY)
	    ADDED_TYPES(NOTIFICATION_4) ADDED_TYPES(NOTIFICATION_5)
	    ", PRIMARY KEY (watch_index, alarm_id)) STRICT, WITHOUT ROWID;"
	    "INSERT OR IGNORE INTO alarm SELECT * FROM alarm_4;"
	    "DROP TABLE alarm_4;"),
};

/* ---- the fields of the lists */

struct column {
	size_t		 offset;	/* of the field in the row */
	size_t		 size;		/* 1, 4 or 8: a number; 0: a text */
	unsigned	 events;
	int64_t		 least;
	int64_t		 most;		/* of a text: bytes without its NUL */
};

#define NUMBER_FIELD(name, events, field, ...) { \
	offsetof(struct store_row, field), \
	sizeof(((struct store_row *)NULL)->field), events, __VA_ARGS__ },
#define REQUIRED_FIELD(name, field, ...) \
	NUMBER_FIELD(name, ALL, field, __VA_ARGS__)
#define TEXT_FIELD(name, events, field, longest) \
	{ offsetof(struct store_row, field), 0, events, 0, longest },
#define FIELDS(LIST) \
	{ LIST(REQUIRED_FIELD, REQUIRED_FIELD, NUMBER_FIELD, TEXT_FIELD) }

static const struct column	 notification_columns[] =
    FIELDS(NOTIFICATION_COLUMNS);
static const struct column	 counters_columns[] = FIELDS(COUNTERS);
static const struct column	 name_columns[] = {
	REQUIRED_FIELD("number", n.watch_index, 1, INT32_MAX)
	TEXT_FIELD("name", ALL, watch, WATCH_MAX)
};
static const struct column	 interface_columns[] = {
	REQUIRED_FIELD("number", n.watch_index, 1, INT32_MAX)
	TEXT_FIELD("name", ALL, profile.interface, IF_NAMESIZE - 1)
};
static const struct column	 storm_columns[] = FIELDS(STORM);
static const struct column	 blind_columns[] = {
	TEXT_FIELD("interface", ALL, profile.interface, IF_NAMESIZE - 1)
};
static const struct column	 sequence_columns[] = {
	REQUIRED_FIELD("sequence", n.sequence, COUNT)
};

struct statement {
	const char		*sql;
	const struct column	*columns;
	size_t			 ncolumns;
};

#define STATEMENT(kind, sql) \
	{ sql, kind##_columns, sizeof(kind##_columns) / sizeof(struct column) }

static const struct statement	 statements[STORE_STATEMENTS] = {
	[STORE_PUT_COUNTERS] = STATEMENT(counters, PUT("counters", COUNTERS)),
	[STORE_PUT_NAME] = STATEMENT(name,
	    "INSERT OR REPLACE INTO name VALUES (?, ?)"),
	[STORE_PUT_INTERFACE] = STATEMENT(interface,
	    "INSERT OR REPLACE INTO interface VALUES (?, ?)"),
	[STORE_PUT_NOTIFICATION] = STATEMENT(notification,
	    PUT("notice", NOTIFICATION_COLUMNS)),
	[STORE_PUT_ALARM] = STATEMENT(notification,
	    PUT("alarm", NOTIFICATION_COLUMNS)),
	[STORE_PUT_BLIND] = STATEMENT(blind,
	    "INSERT OR REPLACE INTO blind VALUES (?)"),
	[STORE_PUT_STORM] = STATEMENT(storm, PUT("storm", STORM)),
	[STORE_DELETE_BLIND] = STATEMENT(blind,
	    "DELETE FROM blind WHERE interface = ?"),
	[STORE_DELETE_NOTIFICATIONS] = STATEMENT(sequence,
	    "DELETE FROM notice WHERE sequence < ?"),
	[STORE_DELETE_STORMS] = STATEMENT(sequence,
	    "DELETE FROM storm WHERE sequence < ?"
	    " AND sequence < (SELECT max(sequence) FROM storm)"),
	[STORE_GET_COUNTERS] = STATEMENT(counters, "SELECT * FROM counters"),
	[STORE_GET_NAMES] = STATEMENT(name,
	    "SELECT * FROM name ORDER BY number"),
	[STORE_GET_INTERFACES] = STATEMENT(interface,
	    "SELECT * FROM interface ORDER BY number"),
	[STORE_GET_NOTIFICATION] = STATEMENT(notification,
	    "SELECT * FROM notice WHERE sequence = ?"),
	[STORE_GET_NOTIFICATIONS] = STATEMENT(notification,
	    "SELECT * FROM notice WHERE sequence > ? ORDER BY sequence"),
	[STORE_GET_ALARMS] = STATEMENT(notification,
	    "SELECT * FROM alarm ORDER BY watch_index, sequence"),
	[STORE_GET_BLIND] = STATEMENT(blind, "SELECT * FROM blind"),
	[STORE_GET_STORM] = STATEMENT(storm,
	    "SELECT * FROM storm WHERE sequence = ?"),
	[STORE_GET_STORMS] = STATEMENT(storm,
	    "SELECT * FROM storm ORDER BY sequence"),
	/* With min(), SQLite takes the time from the row of the minimum. */
	[STORE_GET_OPEN_STORM] = STATEMENT(storm,
	    "SELECT 1, count(*) FILTER (WHERE event = :raised),"
	    " count(*) FILTER (WHERE event = :cleared), min(sequence), time"
	    " FROM notice WHERE event IN (:raised, :cleared)"
	    " AND (flags & :summarised) != 0 AND ifnull(withheld, 0) = 0"
	    " AND sequence >"
	    " (SELECT coalesce(max(sequence), 0) FROM notice"
	    " WHERE event = :storm)"),
	[STORE_GET_OLDEST] = STATEMENT(sequence,
	    "SELECT min(sequence) FROM notice"),
	[STORE_GET_EXTRA] = STATEMENT(sequence, "SELECT sequence FROM notice"
	    " WHERE event >= :alive ORDER BY sequence"),
};

/* The enumerators that the SQL above uses as parameters. */
static const struct {
	const char	*parameter;
	int		 value;
} constants[] = {
	{ ":raised", NOTIFICATION_RAISED },
	{ ":cleared", NOTIFICATION_CLEARED },
	{ ":storm", NOTIFICATION_STORM },
	{ ":alive", NOTIFICATION_ALIVE },
	{ ":summarised", ALARM_SUMMARISED },
};

int
store_rows_prepare(sqlite3 *db, enum store_statement statement,
    sqlite3_stmt **q)
{
	size_t	 i;
	int	 error;

	error = sqlite3_prepare_v3(db, statements[statement].sql, -1,
	    SQLITE_PREPARE_PERSISTENT, q, NULL);
	/* Binding a parameter that the statement does not have does nothing. */
	for (i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
		(void)sqlite3_bind_int(*q, sqlite3_bind_parameter_index(*q,
		    constants[i].parameter), constants[i].value);
	return (error);
}

/* ---- rows */

static bool
has_column(const struct store_row *row, const struct column *c)
{
	return ((c->events & 1U << row->n.event) != 0);
}

static const char *
text_of(const struct column *c, const struct store_row *row)
{
	const void	*field = (const char *)row + c->offset;

	return (*(const char *const *)field);
}

static int64_t
number_of(const struct column *c, const struct store_row *row)
{
	const void	*field = (const char *)row + c->offset;

	if (c->size == sizeof(uint8_t))
		return (*(const uint8_t *)field);
	if (c->size == sizeof(uint32_t))
		return (*(const uint32_t *)field);
	return (*(const int64_t *)field);
}

void
store_rows_bind(sqlite3_stmt *q, enum store_statement statement,
    const struct store_row *row)
{
	const struct statement	*s = &statements[statement];
	const struct column	*c;
	int			 i;

	for (i = 0; i < (int)s->ncolumns; i++) {
		c = &s->columns[i];
		if (!has_column(row, c))
			sqlite3_bind_null(q, i + 1);
		else if (c->size == 0)
			sqlite3_bind_text(q, i + 1, text_of(c, row), -1,
			    SQLITE_STATIC);
		else
			sqlite3_bind_int64(q, i + 1, number_of(c, row));
	}
}

static bool
read_text(sqlite3_stmt *q, int i, const struct column *c, struct store_row *row)
{
	void		*field = (char *)row + c->offset;
	const char	*text = (const char *)sqlite3_column_text(q, i);
	int		 length = sqlite3_column_bytes(q, i);

	if (text == NULL || length > c->most ||
	    (int)strlen(text) != length || !utf8_valid(text))
		return (false);
	*(const char **)field = text;
	return (true);
}

static bool
read_number(sqlite3_stmt *q, int i, const struct column *c,
    struct store_row *row)
{
	void		*field = (char *)row + c->offset;
	int64_t		 number = sqlite3_column_int64(q, i);

	if (number < c->least || number > c->most)
		return (false);
	if (c->size == sizeof(uint8_t))
		*(uint8_t *)field = (uint8_t)number;
	else if (c->size == sizeof(uint32_t))
		*(uint32_t *)field = (uint32_t)number;
	else
		*(int64_t *)field = number;
	return (true);
}

bool
store_rows_read(sqlite3_stmt *q, enum store_statement statement,
    struct store_row *row)
{
	const struct statement	*s = &statements[statement];
	const struct column	*c;
	bool			 ok = true;
	int			 i;

	for (i = 0; i < (int)s->ncolumns && ok; i++) {
		c = &s->columns[i];
		if (has_column(row, c))
			ok = c->size == 0 ? read_text(q, i, c, row) :
			    read_number(q, i, c, row);
	}
	return (ok);
}

bool
store_rows_same_profile(const struct store_row *a,
    const struct store_row *b)
{
	const struct column	*c = notification_columns;
	bool			 same = true;
	size_t			 n;

	for (n = statements[STORE_PUT_ALARM].ncolumns; n > 0 && same; n--, c++)
		if ((c->events & COMMON) != 0)
			same = c->size == 0 ?
			    strcmp(text_of(c, a), text_of(c, b)) == 0 :
			    number_of(c, a) == number_of(c, b);
	return (same);
}
