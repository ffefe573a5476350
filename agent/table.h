/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HBWATCH-MIB as data: each table is an array of columns, and one handler
 * serves all tables.  The scalars are a table of one row with the index 0.
 */
#ifndef HBW_TABLE_H
#define HBW_TABLE_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <stdbool.h>
#include <stddef.h>

#include "agent.h"
#include "config/configuration.h"
#include "detect/detect.h"
#include "detect/dual.h"
#include "diagnosis/evidence.h"
#include "engine/shared_state.h"
#include "state/alarm.h"
#include "state/notification.h"
#include "value.h"

/* The most sub-identifiers of an index. */
#define TABLE_INDEXES	3

struct column {
	oid		 number;
	const char	*name;		/* in HBWATCH-MIB */
	u_char		 type;		/* ASN_…, as the getter sets it */
	/* `view` is the member of union view for this table. */
	void		(*get)(const void *view, struct value *);
};

#define COLUMNS(array)	(sizeof(array) / sizeof((array)[0]))

/*
 * Defines a getter.  The expression reads the view through the pointer `row`;
 * `set` is a function of value.h, which gets the result.
 */
#define TABLE_GETTER(name, view_type, set, expression)			\
	static void							\
	name(const void *view, struct value *value)			\
	{								\
		const view_type	*row = view;				\
									\
		(void)row;						\
		set(value, expression);					\
	}

/* A buffer for a text; it is valid until the getter returns. */
#define TABLE_BUFFER(size)	((char[size]){ "" })

/*
 * The arguments of the getters.  A table fills a view from the current row, and
 * a notification fills one from the row as it was then.  As both use the same
 * getters, a varbind and the table cannot disagree.  Views own nothing.
 */
struct scalars_view {
	const struct agent			*agent;
	uint32_t				 sequence;
	uint32_t				 epoch;
	const struct notification_storm		*storm;
	/* The values of a notification; NULL: the values of now. */
	const struct notification_watcher	*watcher;
};

struct capture_view {
	struct shared_capture	 capture;	/* a copy */
	uint32_t		 restarts;
};

struct watch_view {
	const struct configuration_watch	*config;
	struct detect_watch			 watch;		/* a copy */
	const struct agent			*agent;
	uint32_t				 position;
	struct mono_time			 now;
};

struct alarm_view {
	const struct configuration_watch	*config;
	const struct alarm			*alarm;
	const struct agent			*agent;	/* NULL: no table */
};

struct change_view {
	long	 change;	/* hbwAlarmChange */
};

struct evidence_view {
	enum evidence_number		 number;
	const struct evidence_signal	*signal;
};

struct history_view {
	const struct notification		*notification;
	const struct configuration_watch	*watch;	/* NULL: no alarm */
	const struct alarm			*alarm;	/* likewise */
	bool					 delivered;
};

union view {
	struct scalars_view	 scalars;
	struct capture_view	 capture;
	struct watch_view	 watch;
	struct alarm_view	 alarm;
	struct history_view	 history;
	struct change_view	 change;
	struct evidence_view	 evidence;
};

/*
 * Values that tables and the control socket show.  The first two fill the view
 * of the watch or the capture at this position.
 */
void	 watch_view_set(struct watch_view *, const struct agent *,
	    uint32_t position);
void	 capture_view_set(struct capture_view *, const struct agent *,
	    uint32_t position);
enum detect_state watch_view_state(const struct watch_view *);
uint32_t watch_view_interruptions(const struct watch_view *);
/*
 * The evidence file of the last raise; empty if no file is written.  Writes
 * name[EVIDENCE_FILE_NAME_SIZE] if it is not empty.
 */
const char *alarm_view_evidence_file(const struct alarm_view *, char *name);

struct table {
	oid			 prefix[3];	/* below hbwatchMIB */
	size_t			 prefix_length;
	size_t			 indexes;	/* length of an index */
	const struct column	*columns;	/* readable ones, ascending */
	size_t			 ncolumns;
	size_t	(*rows)(const struct agent *);
	/* Row i in the order of the indexes; i is below rows(). */
	void	(*index)(const struct agent *, size_t i, oid *index);
	/* Fills the member for this table, and returns it. */
	const void *(*view)(const struct agent *, size_t i, union view *view);
};

/* In the order of their prefixes; ends with NULL. */
extern const struct table *const tables[];

extern const struct table scalars_table;
extern const struct table capture_table;
extern const struct table watch_table;
extern const struct table alarm_table;
extern const struct table history_table;
extern const struct table evidence_table;
extern const struct table active_table;

/* The instance of an object: a cell of a table. */
struct instance {
	const struct table	*table;
	const struct column	*column;
	size_t			 row;
};

enum table_answer {
	TABLE_FOUND,
	TABLE_NO_OBJECT,	/* no such column */
	TABLE_NO_INSTANCE,	/* a column without such a row */
	TABLE_END,		/* nothing follows */
};

/* `name` is the part of the OID below hbwatchMIB. */
enum table_answer table_find(const struct agent *, const oid *name,
	    size_t length, struct instance *);
/* The first instance after `name`. */
enum table_answer table_find_next(const struct agent *, const oid *name,
	    size_t length, struct instance *);

/* The whole OID of an instance; returns its length. */
size_t	 table_name(const struct agent *, const struct instance *,
	    oid name[MAX_OID_LEN]);
void	 table_value(const struct agent *, const struct instance *,
	    struct value *);

/* The column with this number; NULL: no such column. */
const struct column *table_column(const struct table *, oid number);
/* The whole OID of a column with an index; returns its length. */
size_t	 table_column_name(const struct table *, const struct column *,
	    const oid *index, oid name[MAX_OID_LEN]);

/* The OID of hbwatchMIB. */
extern const oid	 table_root[];
extern const size_t	 table_root_length;

#endif
