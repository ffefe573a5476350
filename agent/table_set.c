/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "base/utf8.h"
#include "operator.h"
#include "table_set.h"

/* The name of the data that is attached to a request of net-snmp. */
#define DATA_NAME	"hbwatch set"

/* The name of the operator if the request does not set it. */
#define WHO_UNKNOWN	"SNMP"

/* The values that a request sets in a row of hbwAlarmTable. */
struct set_row {
	uint32_t		 alarm_id;
	uint32_t		 index;		/* hbwWatchIndex */
	netsnmp_request_info	*request;	/* the first one of the row */
	unsigned		 has;		/* bits HAS_… */
	enum operator_state	 state;
	uint32_t		 seconds;
	char			 who[OPERATOR_TEXT_MAX + 1];
	char			 text[OPERATOR_TEXT_MAX + 1];
};

#define HAS_STATE	0x1U
#define HAS_WHO		0x2U
#define HAS_TEXT	0x4U
#define HAS_SECONDS	0x8U

/*
 * All rows that a SET changes.  net-snmp keeps it with the first variable, from
 * the first phase to the last.
 */
struct set {
	struct set_row	*rows;		/* owned */
	size_t		 count;
	size_t		 capacity;
};

static void
set_free(void *data)
{
	struct set	*s = data;

	free(s->rows);
	free(s);
}

/* ---- the columns: a function checks the value, another one stores it */

static int
check_state(const struct agent *agent, const netsnmp_variable_list *vb)
{
	(void)agent;
	return (netsnmp_check_vb_int_range(vb, OPERATOR_NONE,
	    OPERATOR_SHELVED));
}

static void
take_state(struct set_row *row, const netsnmp_variable_list *vb)
{
	row->state = (enum operator_state)*vb->val.integer;
}

/* Copies a text of at most OPERATOR_TEXT_MAX octets. */
static void
copy_text(const netsnmp_variable_list *vb, char *text)
{
	memcpy(text, vb->val.string, vb->val_len);
	text[vb->val_len] = '\0';
}

static int
check_text(const struct agent *agent, const netsnmp_variable_list *vb)
{
	char	 text[OPERATOR_TEXT_MAX + 1];
	int	 error;

	(void)agent;
	error = netsnmp_check_vb_type_and_max_size(vb, ASN_OCTET_STR,
	    OPERATOR_TEXT_MAX);
	if (error != SNMP_ERR_NOERROR)
		return (error);
	copy_text(vb, text);
	return (strlen(text) != vb->val_len ||
	    utf8_text_fault(text, 0, OPERATOR_TEXT_MAX) != NULL ?
	    SNMP_ERR_WRONGVALUE : SNMP_ERR_NOERROR);
}

static int
check_who(const struct agent *agent, const netsnmp_variable_list *vb)
{
	int	 error = check_text(agent, vb);

	return (error == SNMP_ERR_NOERROR && vb->val_len == 0 ?
	    SNMP_ERR_WRONGVALUE : error);
}

static void
take_who(struct set_row *row, const netsnmp_variable_list *vb)
{
	copy_text(vb, row->who);
}

static void
take_text(struct set_row *row, const netsnmp_variable_list *vb)
{
	copy_text(vb, row->text);
}

static int
check_seconds(const struct agent *agent, const netsnmp_variable_list *vb)
{
	int	 error = netsnmp_check_vb_type_and_size(vb, ASN_UNSIGNED,
		    sizeof(u_long));

	if (error != SNMP_ERR_NOERROR)
		return (error);
	return ((uint64_t)*vb->val.integer >
	    (uint64_t)(operator_shelve_most(agent) / NSEC_PER_SEC) ?
	    SNMP_ERR_WRONGVALUE : SNMP_ERR_NOERROR);
}

static void
take_seconds(struct set_row *row, const netsnmp_variable_list *vb)
{
	row->seconds = (uint32_t)*vb->val.integer;
}

static const struct writable {
	oid		 column;	/* of hbwAlarmTable */
	unsigned	 bit;
	/* Returns an error status. */
	int		(*check)(const struct agent *,
			    const netsnmp_variable_list *);
	void		(*take)(struct set_row *,
			    const netsnmp_variable_list *);
} writables[] = {
	{ 28, HAS_STATE, check_state, take_state },
	{ 29, HAS_WHO, check_who, take_who },
	{ 30, HAS_TEXT, check_text, take_text },
	{ 32, HAS_SECONDS, check_seconds, take_seconds },
};

static const struct writable *
find_writable(const struct table *t, oid column)
{
	size_t	 i;

	if (t != &alarm_table)
		return (NULL);
	for (i = 0; i < COLUMNS(writables); i++)
		if (writables[i].column == column)
			return (&writables[i]);
	return (NULL);
}

bool
table_set_is_writable(const struct table *t, oid column)
{
	return (find_writable(t, column) != NULL);
}

/* ---- the first phase: variable by variable */

/* The row of an alarm, which is added if it is new.  NULL: no memory. */
static struct set_row *
row_of(struct set *s, uint32_t alarm_id, uint32_t index,
    netsnmp_request_info *request)
{
	size_t	 i;

	for (i = 0; i < s->count; i++)
		if (s->rows[i].alarm_id == alarm_id &&
		    s->rows[i].index == index)
			return (&s->rows[i]);
	if (!array_reserve(&s->rows, &s->capacity, s->count + 1,
	    sizeof(*s->rows)))
		return (NULL);
	s->rows[s->count] = (struct set_row){
		.alarm_id = alarm_id, .index = index, .request = request,
	};
	return (&s->rows[s->count++]);
}

/* Returns an error status. */
static int
add_variable(const struct agent *agent, struct set *s,
    netsnmp_request_info *request)
{
	const netsnmp_variable_list	*vb = request->requestvb;
	const struct writable		*w;
	struct instance			 instance;
	enum table_answer		 found;
	struct set_row			*row;
	oid				 index[TABLE_INDEXES];
	int				 error;

	found = table_find(agent, vb->name + table_root_length,
	    vb->name_length - table_root_length, &instance);
	if (found == TABLE_NO_OBJECT)
		return (SNMP_ERR_NOTWRITABLE);
	w = find_writable(instance.table, instance.column->number);
	if (w == NULL)
		return (SNMP_ERR_NOTWRITABLE);
	error = w->check(agent, vb);
	if (error != SNMP_ERR_NOERROR)
		return (error);
	if (found != TABLE_FOUND)
		return (SNMP_ERR_NOCREATION);
	alarm_table.index(agent, instance.row, index);
	row = row_of(s, (uint32_t)index[0], (uint32_t)index[1], request);
	if (row == NULL)
		return (SNMP_ERR_RESOURCEUNAVAILABLE);
	/* Two values of one variable contradict each other. */
	if ((row->has & w->bit) != 0)
		return (SNMP_ERR_INCONSISTENTVALUE);
	row->has |= w->bit;
	w->take(row, vb);
	return (SNMP_ERR_NOERROR);
}

static void
reserve(const struct agent *agent, netsnmp_agent_request_info *info,
    netsnmp_request_info *first)
{
	netsnmp_request_info	*request;
	netsnmp_data_list	*data = NULL;
	struct set		*s = calloc(1, sizeof(*s));
	int			 error;

	if (s != NULL)
		data = netsnmp_create_data_list(DATA_NAME, s, set_free);
	if (data == NULL) {
		free(s);
		netsnmp_set_request_error(info, first,
		    SNMP_ERR_RESOURCEUNAVAILABLE);
		return;
	}
	netsnmp_request_add_list_data(first, data);
	for (request = first; request != NULL; request = request->next) {
		error = add_variable(agent, s, request);
		if (error == SNMP_ERR_NOERROR)
			continue;
		netsnmp_set_request_error(info, request, error);
		return;
	}
}

/* ---- the other phases: row by row */

/* The position of the alarm of a row; SIZE_MAX: it is not configured. */
static size_t
position_of(const struct agent *agent, const struct set_row *row)
{
	const struct generation	*g = &agent->current;
	size_t			 position;
	int			 dual;

	for (dual = 0; dual < 2; dual++) {
		position = generation_find_alarm(g, row->index, dual == 1);
		if (position != SIZE_MAX && row->alarm_id ==
		    generation_alarm_watch(g, position)->profile->alarm->id)
			return (position);
	}
	return (SIZE_MAX);
}

/*
 * Does a row without an action set texts that it cannot have?  A repeated
 * request for none is correct: its answer may have been lost.
 */
static bool
sets_no_action(const struct set_row *row, const struct operator_action *old)
{
	return (((row->has & HAS_WHO) != 0 &&
	    strcmp(row->who, old == NULL ? "" : old->who) != 0) ||
	    ((row->has & HAS_TEXT) != 0 &&
	    strcmp(row->text, old == NULL ? "" : old->text) != 0));
}

/*
 * Makes a request from the values of a row and from its present ones.  Returns
 * NULL or the fault.
 */
static const char *
request_of(const struct agent *agent, const struct set_row *row,
    size_t position, struct operator_request *r)
{
	const struct operator_action	*old;
	enum operator_state		 state;
	bool				 has_state = row->has & HAS_STATE;

	old = agent->current.alarms[position].operator;
	state = operator_action_state(old);
	if (!has_state && state == OPERATOR_NONE)
		return ("neither acknowledged nor shelved");
	if (has_state && row->state == OPERATOR_NONE &&
	    state == OPERATOR_NONE && sets_no_action(row, old))
		return ("neither acknowledged nor shelved");
	*r = (struct operator_request){
		.state = has_state ? row->state : state,
		.duration_ns = (int64_t)row->seconds * NSEC_PER_SEC,
		.who = has_state ? WHO_UNKNOWN : old->who,
		.text = has_state ? "" : old->text,
	};
	if ((row->has & HAS_WHO) != 0)
		r->who = row->who;
	if ((row->has & HAS_TEXT) != 0)
		r->text = row->text;
	if (r->state != OPERATOR_SHELVED)
		return (row->seconds == 0 ? NULL : "a duration without a "
		    "shelf");
	/* Only the operator or the text changes, and the end stays. */
	if (!has_state && (row->has & HAS_SECONDS) == 0)
		r->duration_ns = mono_sub(old->ends, agent->now);
	return (r->duration_ns > 0 ? NULL : "a shelf without a duration");
}

static const char *
check_row(const struct agent *agent, const struct set_row *row)
{
	struct operator_request	 r;
	size_t			 position = position_of(agent, row);
	const char		*fault;

	if (position == SIZE_MAX)
		return ("the alarm is not configured any more");
	fault = request_of(agent, row, position, &r);
	return (fault != NULL ? fault : operator_check(agent, position, &r));
}

static void
check(const struct agent *agent, netsnmp_agent_request_info *info,
    const struct set *s, int error)
{
	size_t	 i;

	for (i = 0; i < s->count; i++)
		if (check_row(agent, &s->rows[i]) != NULL) {
			netsnmp_set_request_error(info, s->rows[i].request,
			    error);
			return;
		}
}

/*
 * The last phase cannot fail.  The master agent starts it after all agents have
 * checked their part, so the alarm may have been cleared in between.
 */
static void
commit(struct agent *agent, const struct set *s)
{
	const struct set_row	*row;
	struct operator_request	 r;
	size_t			 i, position;
	const char		*fault;

	for (i = 0; i < s->count; i++) {
		row = &s->rows[i];
		fault = check_row(agent, row);
		if (fault == NULL) {
			position = position_of(agent, row);
			(void)request_of(agent, row, position, &r);
			fault = operator_act(agent, position, &r, wall_now());
		}
		if (fault != NULL)
			log_warnx("alarm %u of watch index %u: the SET by "
			    "SNMP is ignored: %s", row->alarm_id,
			    row->index, fault);
	}
}

void
table_set(struct agent *agent, netsnmp_agent_request_info *info,
    netsnmp_request_info *first)
{
	const struct set	*s;

	if (info->mode == MODE_SET_RESERVE1) {
		reserve(agent, info, first);
		return;
	}
	s = netsnmp_request_get_list_data(first, DATA_NAME);
	if (s == NULL)
		return;
	/* Nothing has changed before the last phase, so there is no undo. */
	if (info->mode == MODE_SET_RESERVE2)
		check(agent, info, s, SNMP_ERR_INCONSISTENTVALUE);
	else if (info->mode == MODE_SET_ACTION)
		check(agent, info, s, SNMP_ERR_COMMITFAILED);
	else if (info->mode == MODE_SET_COMMIT)
		commit(agent, s);
}
