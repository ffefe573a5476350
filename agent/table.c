/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <string.h>

#include "base/search.h"
#include "table.h"

const oid	 table_root[] = { HBW_MIB_ROOT };
const size_t	 table_root_length = OID_LENGTH(table_root);

const struct table *const tables[] = {
	&scalars_table, &capture_table, &watch_table, &alarm_table,
	&history_table, &evidence_table, &active_table, NULL,
};

/* Lexicographic order (RFC 2578, section 7.1.3). */
static int
compare(const oid *a, size_t na, const oid *b, size_t nb)
{
	size_t	 i;

	for (i = 0; i < na && i < nb; i++)
		if (a[i] != b[i])
			return (a[i] < b[i] ? -1 : 1);
	return (na < nb ? -1 : na > nb);
}

static int
compare_row(const struct agent *agent, const struct table *t, size_t row,
    const oid *index, size_t length)
{
	oid	 of_row[TABLE_INDEXES];

	t->index(agent, row, of_row);
	return (compare(of_row, t->indexes, index, length));
}

/* The row that a search looks for: the first with a larger index. */
struct wanted_row {
	const struct agent	*agent;
	const struct table	*table;
	const oid		*index;
	size_t			 length;
	bool			 equal;		/* or equal to it */
};

static bool
is_before(const void *arg, size_t row)
{
	const struct wanted_row	*w = arg;
	int			 order;

	order = compare_row(w->agent, w->table, row, w->index, w->length);
	return (order < 0 || (order == 0 && !w->equal));
}

/*
 * In a walk it is mostly the row of the last request or the one after it.
 * False when it is neither of them.
 */
static bool
guess_row(const struct wanted_row *wanted, size_t rows, size_t *row)
{
	size_t	 guess = *row;

	if (guess >= rows)
		return (false);
	if (!is_before(wanted, guess))
		return (guess == 0 || is_before(wanted, guess - 1));
	*row = guess + 1;
	return (guess + 1 == rows || !is_before(wanted, guess + 1));
}

/* The first row with an index above (or, with `equal`, not below) this one. */
static size_t
row_from(const struct agent *agent, const struct table *t, const oid *index,
    size_t length, bool equal)
{
	static struct {
		const struct table	*table;
		size_t			 row;
	}	 last;
	struct wanted_row	 wanted = { agent, t, index, length, equal };
	size_t			 rows = t->rows(agent);

	if (last.table == t && guess_row(&wanted, rows, &last.row))
		return (last.row);
	last.table = t;
	last.row = search_first(rows, is_before, &wanted);
	return (last.row);
}

const struct column *
table_column(const struct table *t, oid number)
{
	size_t	 i;

	for (i = 0; i < t->ncolumns; i++)
		if (t->columns[i].number == number)
			return (&t->columns[i]);
	return (NULL);
}

enum table_answer
table_find(const struct agent *agent, const oid *name, size_t length,
    struct instance *found)
{
	const struct table	*t;
	const oid		*index;
	size_t			 i, p;

	for (i = 0; (t = tables[i]) != NULL; i++) {
		p = t->prefix_length;
		if (length <= p || compare(name, p, t->prefix, p) != 0)
			continue;
		found->table = t;
		found->column = table_column(t, name[p]);
		if (found->column == NULL)
			return (TABLE_NO_OBJECT);
		index = name + p + 1;
		length -= p + 1;
		found->row = row_from(agent, t, index, length, true);
		return (found->row < t->rows(agent) && compare_row(agent, t,
		    found->row, index, length) == 0 ? TABLE_FOUND :
		    TABLE_NO_INSTANCE);
	}
	return (TABLE_NO_OBJECT);
}

/* The first instance of a table after `name`, if there is one. */
static bool
next_in_table(const struct agent *agent, const struct table *t,
    const oid *name, size_t length, struct instance *found)
{
	size_t	 i, p = t->prefix_length, rows = t->rows(agent);
	int	 order = compare(name, length < p ? length : p, t->prefix, p);

	if (order > 0 || rows == 0)
		return (false);
	found->table = t;
	for (i = 0; i < t->ncolumns; i++) {
		found->column = &t->columns[i];
		found->row = 0;
		if (order == 0 && length > p) {
			if (found->column->number < name[p])
				continue;
			if (found->column->number == name[p])
				found->row = row_from(agent, t, name + p + 1,
				    length - p - 1, false);
		}
		if (found->row < rows)
			return (true);
	}
	return (false);
}

enum table_answer
table_find_next(const struct agent *agent, const oid *name, size_t length,
    struct instance *found)
{
	size_t	 i;

	for (i = 0; tables[i] != NULL; i++)
		if (next_in_table(agent, tables[i], name, length, found))
			return (TABLE_FOUND);
	return (TABLE_END);
}

size_t
table_column_name(const struct table *t, const struct column *column,
    const oid *index, oid name[MAX_OID_LEN])
{
	size_t	 n = table_root_length;

	memcpy(name, table_root, n * sizeof(oid));
	memcpy(name + n, t->prefix, t->prefix_length * sizeof(oid));
	n += t->prefix_length;
	name[n++] = column->number;
	memcpy(name + n, index, t->indexes * sizeof(oid));
	return (n + t->indexes);
}

size_t
table_name(const struct agent *agent, const struct instance *instance,
    oid name[MAX_OID_LEN])
{
	oid	 index[TABLE_INDEXES];

	instance->table->index(agent, instance->row, index);
	return (table_column_name(instance->table, instance->column, index,
	    name));
}

void
table_value(const struct agent *agent, const struct instance *instance,
    struct value *value)
{
	union view	 view;

	instance->column->get(instance->table->view(agent, instance->row,
	    &view), value);
}
