/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/store_internal.h"
#include "state/store_tables.h"

/* ---- reading */

/* Reads the next row.  False after the last one, and on an error. */
static bool
next_row(struct store *s, enum store_statement statement, struct store_row *row)
{
	sqlite3_stmt	*q = s->statements[statement];
	int		 error;

	if (s->db == NULL)
		return (false);
	error = sqlite3_step(q);
	if (error == SQLITE_ROW && store_rows_read(q, statement, row))
		return (true);
	if (error != SQLITE_DONE && !store_db_no_memory(error))
		s->damaged = true;
	return (false);
}

/*
 * Ends the reading of rows.  False when the file is damaged or missing, or when
 * memory is exhausted.
 */
static bool
end_rows(struct store *s, enum store_statement statement)
{
	int	 error = sqlite3_reset(s->statements[statement]);

	return (s->db != NULL && !s->damaged && !store_db_no_memory(error));
}

/* Reads the only row of a statement. */
static bool
get_row(struct store *s, enum store_statement statement, struct store_row *row)
{
	bool	 found = next_row(s, statement, row);

	return (end_rows(s, statement) && found);
}

static void
bind_sequence(struct store *s, enum store_statement statement,
    uint32_t sequence)
{
	sqlite3_bind_int64(s->statements[statement], 1, sequence);
}

void
store_end_reading(struct store *s)
{
	configuration_profile_release(s->profile);
	s->profile = NULL;
}

static const char *
or_empty(const char *text)
{
	return (text == NULL ? "" : text);
}

static const char *
or_null(const char *text)
{
	return (text[0] == '\0' ? NULL : text);
}

/*
 * In the file, a text that is not configured is empty.  `address` is a buffer
 * of the caller for the row.
 */
static void
set_profile(struct store_row *row, const struct configuration_profile *p,
    char *address)
{
	row->profile = *p;
	row->profile.peer_host = or_empty(p->peer_host);
	row->profile.log = or_empty(p->log);
	row->profile.log_pattern = or_empty(p->log_pattern);
	row->alarm = *p->alarm;
	row->repair = or_empty(p->alarm->repair[row->n.alarm.cause]);
	row->floating_ip = addr_text(&p->floating_ip, address);
}

static void
leave_out_empty(struct store_row *row)
{
	struct configuration_profile	*p = &row->profile;

	p->peer_host = or_null(p->peer_host);
	p->log = or_null(p->log);
	p->log_pattern = or_null(p->log_pattern);
	memset(row->alarm.repair, 0, sizeof(row->alarm.repair));
	row->alarm.repair[row->n.alarm.cause] = or_null(row->repair);
}

/* Consecutive rows usually have the same profile, which they then share. */
static struct configuration_profile *
share_profile(struct store *s, struct store_row *row)
{
	struct store_row		 last = { .n = row->n };
	struct configuration_alarm	*alarm;
	char				 address[ADDR_TEXT_SIZE];

	if (s->profile != NULL) {
		set_profile(&last, s->profile, address);
		if (store_rows_same_profile(&last, row))
			return (s->profile);
	}
	store_end_reading(s);
	leave_out_empty(row);
	alarm = configuration_alarm_new(&row->alarm);
	if (alarm == NULL)
		return (NULL);
	row->profile.alarm = alarm;
	s->profile = configuration_profile_new(&row->profile);
	configuration_alarm_release(alarm);
	return (s->profile);
}

/* An empty text is no address.  False when the text is invalid. */
static bool
get_address(const char *text, struct addr *address)
{
	*address = (struct addr){ 0 };
	return (text[0] == '\0' || addr_parse(text, address));
}

static struct configuration_watch *
watch_of(struct store *s, struct store_row *row)
{
	struct configuration_profile	*profile;
	struct addr			 peer;

	if (!get_address(row->peer, &peer) ||
	    !get_address(row->floating_ip, &row->profile.floating_ip)) {
		s->damaged = true;
		return (NULL);
	}
	profile = share_profile(s, row);
	return (profile == NULL ? NULL :
	    configuration_watch_new(profile, row->watch, &peer));
}

/* The decided signal, from and to the columns that differ from its fields. */
static bool
get_decided(const struct store_row *row, struct evidence_signal *decided)
{
	int	 i;

	for (i = 0; i < MAC_LENGTH; i++)
		decided->mac.octets[i] = (uint8_t)(row->decided_mac >>
		    8 * (MAC_LENGTH - 1 - i));
	decided->port = (uint16_t)row->decided_port;
	return (get_address(row->decided_address, &decided->address));
}

static void
put_decided(struct store_row *row, char *address)
{
	const struct evidence_signal	*decided = &row->n.alarm.decided;
	int				 i;

	for (i = 0; i < MAC_LENGTH; i++)
		row->decided_mac = row->decided_mac << 8 |
		    decided->mac.octets[i];
	row->decided_port = decided->port;
	row->decided_address = addr_text(&decided->address, address);
}

/* False when memory is exhausted. */
static bool
get_operator(const struct store_row *row, struct alarm *a)
{
	const struct operator_action	 action = {
		.who = row->operator_who, .text = row->operator_text,
		.time = row->operator_time, .until = row->shelved_until,
		.state = row->operator_state,
	};

	a->operator = row->operator_state == 0 ? NULL :
	    operator_action_new(&action);
	return (row->operator_state == 0 || a->operator != NULL);
}

static void
put_operator(struct store_row *row)
{
	const struct operator_action	*action = row->n.alarm.operator;

	row->operator_who = row->operator_text = "";
	if (action == NULL)
		return;
	row->operator_state = action->state;
	row->operator_who = action->who;
	row->operator_text = action->text;
	row->operator_time = action->time;
	row->shelved_until = action->until;
}

static struct notification_capture *
capture_of(const struct store_row *row)
{
	struct notification_capture	*c = calloc(1, sizeof(*c));

	if (c == NULL)
		return (NULL);
	if (notification_has_capture(&row->n)) {
		c->index = row->capture_index;
		c->state = row->capture_state;
		snprintf(c->interface, sizeof(c->interface), "%s",
		    row->profile.interface);
		snprintf(c->error, sizeof(c->error), "%s", row->error);
	}
	c->watcher.watches = row->watches;
	c->watcher.blind_watches = row->blind_watches;
	c->watcher.active = row->active_alarms;
	strcpy(c->watcher.source, row->watcher_source);
	strcpy(c->watcher.host, row->watcher_host);
	return (c);
}

static bool
read_storm(struct store *s, uint32_t sequence, struct notification_storm *storm)
{
	struct store_row	 row = { .watch = NULL };

	bind_sequence(s, STORE_GET_STORM, sequence);
	if (!get_row(s, STORE_GET_STORM, &row))
		s->damaged = true;
	*storm = row.n.storm;
	return (!s->damaged);
}

/* Makes a notification from a row.  False when it is damaged, or no memory. */
static bool
read_notification(struct store *s, struct store_row *row,
    struct notification *n)
{
	*n = row->n;
	if (notification_has_alarm(n)) {
		n->alarm.sequence = n->sequence;
		if (!get_decided(row, &n->alarm.decided)) {
			s->damaged = true;
			return (false);
		}
		alarm_complete(&n->alarm);
		if (!get_operator(row, &n->alarm))
			return (false);
		n->watch = watch_of(s, row);
		if (n->watch == NULL)
			notification_release(n);
		return (n->watch != NULL);
	}
	if (notification_has_watcher(n)) {
		n->capture = capture_of(row);
		return (n->capture != NULL);
	}
	return (read_storm(s, n->sequence, &n->storm));
}

/* With `alarms`, every row must be about an alarm. */
static bool
each_notification(struct store *s, enum store_statement statement, bool alarms,
    store_take_notification *take, void *arg)
{
	static const struct store_row	 empty;
	struct store_row		 row = empty;
	struct notification		 n;
	bool				 ok = true;

	/* A row does not have all fields: those of the last row must go. */
	for (; ok && next_row(s, statement, &row); row = empty) {
		if (alarms && !notification_has_alarm(&row.n))
			s->damaged = true;
		ok = !s->damaged && read_notification(s, &row, &n) &&
		    take(arg, &n);
	}
	return (end_rows(s, statement) && ok);
}

bool
store_alarms(struct store *s, store_take_notification *take, void *arg)
{
	return (each_notification(s, STORE_GET_ALARMS, true, take, arg));
}

bool
store_notifications(struct store *s, uint32_t after,
    store_take_notification *take, void *arg)
{
	bind_sequence(s, STORE_GET_NOTIFICATIONS, after);
	return (each_notification(s, STORE_GET_NOTIFICATIONS, false, take,
	    arg));
}

bool
store_notification(struct store *s, uint32_t sequence, struct notification *n)
{
	struct store_row	 row = { .watch = NULL };
	bool			 found;

	bind_sequence(s, STORE_GET_NOTIFICATION, sequence);
	found = next_row(s, STORE_GET_NOTIFICATION, &row) &&
	    read_notification(s, &row, n);
	(void)end_rows(s, STORE_GET_NOTIFICATION);
	return (found);
}

bool
store_names(struct store *s, store_take_name *take, void *arg)
{
	struct store_row	 row = { .watch = NULL };
	bool			 ok = true;

	while (ok && next_row(s, STORE_GET_NAMES, &row))
		ok = take(arg, row.n.watch_index, row.watch);
	return (end_rows(s, STORE_GET_NAMES) && ok);
}

bool
store_interfaces(struct store *s, store_take_name *take, void *arg)
{
	struct store_row	 row = { .watch = NULL };
	bool			 ok = true;

	while (ok && next_row(s, STORE_GET_INTERFACES, &row))
		ok = take(arg, row.n.watch_index, row.profile.interface);
	return (end_rows(s, STORE_GET_INTERFACES) && ok);
}

bool
store_blind(struct store *s, store_take_blind *take, void *arg)
{
	struct store_row	 row = { .watch = NULL };
	bool			 ok = true;

	while (ok && next_row(s, STORE_GET_BLIND, &row))
		ok = take(arg, row.profile.interface);
	return (end_rows(s, STORE_GET_BLIND) && ok);
}

bool
store_storms(struct store *s, store_take_storm *take, void *arg)
{
	struct store_row	 row = { .watch = NULL };
	bool			 ok = true;

	while (ok && next_row(s, STORE_GET_STORMS, &row))
		ok = take(arg, row.n.sequence, &row.n.storm);
	return (end_rows(s, STORE_GET_STORMS) && ok);
}

bool
store_open_storm(struct store *s, struct notification_storm *storm)
{
	struct store_row	 row = { .watch = NULL };

	if (!get_row(s, STORE_GET_OPEN_STORM, &row))
		return (false);
	*storm = row.n.storm;
	return (storm->first != 0);
}

uint32_t
store_oldest(struct store *s)
{
	struct store_row	 row = { .watch = NULL };

	return (get_row(s, STORE_GET_OLDEST, &row) ? row.n.sequence : 0);
}

bool
store_extra(struct store *s, struct history_window *window)
{
	struct store_row	 row = { .watch = NULL };
	bool			 ok = true;

	while (ok && next_row(s, STORE_GET_EXTRA, &row))
		ok = history_window_add(window, row.n.sequence);
	return (end_rows(s, STORE_GET_EXTRA) && ok);
}

bool
store_get_counters(struct store *s, struct store_counters *counters)
{
	struct store_row	 row = { .watch = NULL };

	if (!get_row(s, STORE_GET_COUNTERS, &row) ||
	    row.counters.delivered > row.counters.sequence)
		return (false);
	*counters = row.counters;
	return (true);
}

/* ---- writing */

/*
 * After the first error nothing more is written: SQLite may have ended the
 * transaction by itself, and what follows would be on disk without the rest.
 */
static void
put(struct store *s, enum store_statement statement,
    const struct store_row *row)
{
	sqlite3_stmt	*q = s->statements[statement];
	int		 error;

	if (s->failed_now)
		return;
	store_rows_bind(q, statement, row);
	error = sqlite3_step(q);
	if (error != SQLITE_DONE) {
		s->failed_now = true;
		snprintf(s->reason, sizeof(s->reason), "%s",
		    sqlite3_errmsg(s->db));
		s->damaged = (error & 0xff) == SQLITE_CORRUPT ||
		    (error & 0xff) == SQLITE_NOTADB;
	}
	sqlite3_reset(q);
}

static void
put_notification(struct store *s, enum store_statement statement,
    const struct notification *n)
{
	struct store_row	 row = { .n = *n };
	char			 peer[ADDR_TEXT_SIZE];
	char			 address[ADDR_TEXT_SIZE];
	char			 floating_ip[ADDR_TEXT_SIZE];

	if (n->watch != NULL) {
		row.n.alarm.state = (uint8_t)alarm_state(&n->alarm);
		row.n.alarm.cause = (uint8_t)alarm_cause(&n->alarm);
		row.n.alarm.side = (uint8_t)alarm_side(&n->alarm);
		row.watch = n->watch->name;
		row.peer = addr_text(&n->watch->peer, peer);
		set_profile(&row, n->watch->profile, floating_ip);
		put_decided(&row, address);
		put_operator(&row);
	}
	if (n->capture != NULL) {
		row.profile.interface = n->capture->interface;
		row.capture_index = n->capture->index;
		row.capture_state = n->capture->state;
		row.error = n->capture->error;
		row.watcher_source = n->capture->watcher.source;
		row.watcher_host = n->capture->watcher.host;
		row.watches = n->capture->watcher.watches;
		row.blind_watches = n->capture->watcher.blind_watches;
		row.active_alarms = n->capture->watcher.active;
	}
	put(s, statement, &row);
}

void
store_put_name(struct store *s, uint32_t number, const char *name)
{
	put(s, STORE_PUT_NAME, &(struct store_row){
	    .n.watch_index = number, .watch = name });
}

void
store_put_interface(struct store *s, uint32_t number, const char *name)
{
	put(s, STORE_PUT_INTERFACE, &(struct store_row){
	    .n.watch_index = number, .profile.interface = name });
}

void
store_put_alarm(struct store *s, const struct notification *n)
{
	put_notification(s, STORE_PUT_ALARM, n);
}

void
store_put_blind(struct store *s, const char *interface, bool blind)
{
	put(s, blind ? STORE_PUT_BLIND : STORE_DELETE_BLIND,
	    &(struct store_row){ .profile.interface = interface });
}

void
store_put_notification(struct store *s, const struct notification *n)
{
	put_notification(s, STORE_PUT_NOTIFICATION, n);
	if (notification_has_alarm(n))
		store_put_alarm(s, n);
	else if (notification_has_capture(n))
		store_put_blind(s, n->capture->interface,
		    n->event == NOTIFICATION_BLIND);
	else if (n->event == NOTIFICATION_STORM)
		put(s, STORE_PUT_STORM, &(struct store_row){ .n = *n });
}

void
store_delete_before(struct store *s, uint32_t oldest)
{
	const struct store_row	 row = { .n.sequence = oldest };

	put(s, STORE_DELETE_NOTIFICATIONS, &row);
	put(s, STORE_DELETE_STORMS, &row);
}

void
store_put_counters(struct store *s, const struct store_counters *c)
{
	put(s, STORE_PUT_COUNTERS, &(struct store_row){
	    .counters_id = 1, .counters = *c });
	s->counters = *c;
}
