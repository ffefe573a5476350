/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "offline/status_report.h"

#define CELL_SIZE	SCREEN_TEXT_SIZE
/* Columns of the screen. */
#define GAP		1		/* between two cells */
#define MARK		2		/* the mark and its gap */
#define LEAST_NAME	8		/* a name or a peer is not narrower */

/* Those from COLUMN_OPTIONAL on are shown only if there is room for them. */
enum column {
	COLUMN_WATCH,
	COLUMN_PEER,
	COLUMN_STATE,
	COLUMN_SILENCE,
	COLUMN_INTERVAL,
	COLUMN_ALARM,
	COLUMN_CAUSE,
	COLUMN_INTERFACE,
	COLUMN_HEARTBEAT,
	COLUMN_ADDRESS,
	COLUMNS,
};
#define COLUMN_OPTIONAL	COLUMN_CAUSE

_Static_assert(COLUMNS == STATUS_TABLE_COLUMNS, "widths has all columns");

static const char *const	 titles[COLUMNS] = {
	"Watch", "Peer", "State", "Silence", "Interval", "Alarm", "Cause",
	"Interface", "Heartbeat", "Address",
};

/* Numbers are aligned to the right. */
static bool
is_right(enum column column)
{
	return (column == COLUMN_SILENCE || column == COLUMN_INTERVAL);
}

/* Open alarms come before others, then more severe ones before others. */
static int
rank(const json_t *alarm)
{
	static const char *const	 severities[] = {
		"warning", "minor", "major", "critical",
	};
	int				 i;

	for (i = 3; i > 0; i--)
		if (status_is(alarm, "severity", severities[i]))
			break;
	return (i + (status_is_open(alarm) ? 4 : 0));
}

/* The raised alarm of the highest rank; NULL: none. */
static const json_t *
first_alarm(const json_t *watch)
{
	const json_t	*alarm, *first = NULL;
	size_t		 i;

	json_array_foreach(json_object_get(watch, "alarms"), i, alarm)
		if (status_is_raised(alarm) &&
		    (first == NULL || rank(alarm) > rank(first)))
			first = alarm;
	return (first);
}

static char
mark_of(const json_t *watch)
{
	const json_t	*alarm, *first = first_alarm(watch);
	bool		 shelved = false, chattering = false;
	size_t		 i;

	json_array_foreach(json_object_get(watch, "alarms"), i, alarm) {
		shelved |= status_is(alarm, "operatorState", "shelved");
		chattering |= status_flag(alarm, "chattering");
	}
	if (first != NULL && status_is_open(first))
		return ('!');
	if (status_is(watch, "state", "blind"))
		return ('?');
	if (first != NULL &&
	    status_is(first, "operatorState", "acknowledged"))
		return ('a');
	if (shelved)
		return ('s');
	return (chattering ? '~' : ' ');
}

static void
interval_cell(const struct screen *s, const json_t *watch, char *text)
{
	char	 interval[SCREEN_DURATION_SIZE], jitter[SCREEN_DURATION_SIZE];

	if (status_number(watch, "interval") < 0)
		strcpy(text, "-");
	else
		snprintf(text, CELL_SIZE, "%s %s%s",
		    screen_duration(status_number(watch, "interval"), interval),
		    s->ascii ? "+/-" : "\xc2\xb1",
		    screen_duration(status_number(watch, "jitter"), jitter));
}

/* The raised alarm and its age, or after which time it will be raised. */
static void
alarm_cell(const json_t *watch, char *text)
{
	const json_t	*alarm = first_alarm(watch);
	char		 age[SCREEN_DURATION_SIZE];
	double		 rest;

	strcpy(text, "-");
	if (alarm != NULL) {
		snprintf(text, CELL_SIZE, "%.20s %s",
		    status_text(alarm, "severity"),
		    screen_duration(status_number(alarm, "age"), age));
	} else if (status_is(watch, "state", "late") ||
	    status_is(watch, "state", "starting")) {
		rest = status_number(watch, "interruption") -
		    status_number(watch, "silence");
		if (status_number(watch, "holdDown") > 0)
			rest += status_number(watch, "holdDown");
		if (rest > 0)
			snprintf(text, CELL_SIZE, "in %s",
			    screen_duration(rest, age));
	}
}

static void
cell(const struct screen *s, const json_t *watch, enum column column,
    char *text)
{
	const json_t	*alarm;
	const char	*host = status_text(watch, "peerHost");
	const char	*address = status_text(watch, "peer");

	text[0] = '\0';
	switch (column) {
	case COLUMN_WATCH:
		snprintf(text, CELL_SIZE, "%s", status_text(watch, "watch"));
		break;
	case COLUMN_PEER:
		snprintf(text, CELL_SIZE, "%s", *host != '\0' ? host :
		    *address != '\0' ? address : "any");
		break;
	case COLUMN_STATE:
		snprintf(text, CELL_SIZE, "%s", status_text(watch, "state"));
		break;
	case COLUMN_SILENCE:
		(void)screen_duration(status_number(watch, "silence"), text);
		break;
	case COLUMN_INTERVAL:
		interval_cell(s, watch, text);
		break;
	case COLUMN_ALARM:
		alarm_cell(watch, text);
		break;
	case COLUMN_CAUSE:
		alarm = first_alarm(watch);
		if (alarm != NULL)
			snprintf(text, CELL_SIZE, "%s%s",
			    status_text(alarm, "cause"), status_side(alarm));
		break;
	case COLUMN_INTERFACE:
		snprintf(text, CELL_SIZE, "%s",
		    status_text(watch, "interface"));
		break;
	case COLUMN_HEARTBEAT:
		snprintf(text, CELL_SIZE, "%s",
		    status_text(watch, "heartbeat"));
		break;
	case COLUMN_ADDRESS:
		if (*host != '\0')
			snprintf(text, CELL_SIZE, "%s", address);
		break;
	default:
		break;
	}
}

static enum screen_style
style_of(const json_t *watch, enum column column)
{
	const json_t	*alarm = first_alarm(watch);

	if (column == COLUMN_STATE)
		return (status_state_style(status_text(watch, "state")));
	if (column == COLUMN_ALARM && alarm != NULL)
		return (status_severity_style(status_text(alarm, "severity")));
	return (SCREEN_PLAIN);
}

/* ---- widths */

static void
measure(struct status_table *t)
{
	char		 text[CELL_SIZE], clean[SCREEN_TEXT_SIZE];
	unsigned	 column;
	int		 columns;
	size_t		 i;

	for (column = 0; column < COLUMNS; column++)
		for (i = 0; i < t->nrows; i++) {
			cell(t->screen, t->rows[i], column, text);
			columns = (int)screen_columns(screen_clean(t->screen,
			    text, clean));
			if (columns > t->widths[column])
				t->widths[column] = columns;
		}
	for (column = 0; column < COLUMNS; column++)
		if ((column < COLUMN_OPTIONAL || t->widths[column] > 0) &&
		    t->widths[column] < (int)strlen(titles[column]))
			t->widths[column] = (int)strlen(titles[column]);
}

/* Makes the columns of names and peers narrower, the wider one first. */
static void
shrink(struct status_table *t, int too_many)
{
	int	*a = &t->widths[COLUMN_WATCH], *b = &t->widths[COLUMN_PEER];
	int	*wider;

	for (; too_many > 0; too_many--) {
		wider = *a > *b ? a : b;
		if (*wider <= LEAST_NAME)
			break;
		(*wider)--;
	}
}

static void
fit(struct status_table *t)
{
	int		 width = (int)t->screen->width, used = MARK - GAP;
	unsigned	 column;

	for (column = 0; column < COLUMN_OPTIONAL; column++)
		used += GAP + t->widths[column];
	if (width > 0 && used > width)
		shrink(t, used - width);
	for (; column < COLUMNS; column++) {
		if (t->widths[column] == 0)
			continue;
		used += GAP + 1 + t->widths[column];
		if (used > width) {
			used -= GAP + 1 + t->widths[column];
			t->widths[column] = 0;
		}
	}
}

/* ---- output */

/* After the last column no blanks are written. */
static bool
is_last(const struct status_table *t, unsigned column)
{
	while (++column < COLUMNS)
		if (t->widths[column] > 0)
			return (false);
	return (true);
}

static void
print_cell(const struct status_table *t, enum column column,
    enum screen_style style, const char *text)
{
	int	 width = t->widths[column];

	if (width == 0)
		return;
	if (column > COLUMN_WATCH)
		fprintf(t->screen->out, "%*s",
		    GAP + (column >= COLUMN_OPTIONAL), "");
	if (is_last(t, column) && screen_columns(text) <= (size_t)width)
		width = 0;
	screen_cell(t->screen, style, text, is_right(column) ? -width : width,
	    true);
}

static void
print_titles(const struct status_table *t)
{
	unsigned	 column;

	fprintf(t->screen->out, "\n%*s", MARK, "");
	for (column = 0; column < COLUMNS; column++)
		print_cell(t, column, SCREEN_BOLD, titles[column]);
	fputc('\n', t->screen->out);
}

static void
print_row(const struct status_table *t, const json_t *watch)
{
	char		 text[CELL_SIZE], mark = mark_of(watch);
	unsigned	 column;

	screen_cell(t->screen, mark == '!' || mark == '?' ? SCREEN_BAD :
	    SCREEN_BOLD, (char[]){ mark, '\0' }, MARK, false);
	for (column = 0; column < COLUMNS; column++) {
		cell(t->screen, watch, column, text);
		print_cell(t, column, style_of(watch, column), text);
	}
	fputc('\n', t->screen->out);
	status_print_faults(t->screen, watch);
}

static void
flush(struct status_table *t)
{
	size_t	 i;

	if (t->nrows == 0)
		return;
	if (!t->started) {
		measure(t);
		fit(t);
		print_titles(t);
		t->started = true;
	}
	for (i = 0; i < t->nrows; i++) {
		print_row(t, t->rows[i]);
		json_decref(t->rows[i]);
	}
	t->nrows = 0;
}

void
status_table_init(struct status_table *t, const struct screen *s)
{
	memset(t, 0, sizeof(*t));
	t->screen = s;
}

void
status_table_add(struct status_table *t, json_t *watch)
{
	t->rows[t->nrows++] = watch;
	if (t->nrows == STATUS_TABLE_ROWS)
		flush(t);
}

void
status_table_end(struct status_table *t)
{
	flush(t);
	if (!t->started)
		return;
	fputc('\n', t->screen->out);
	screen_paragraph(t->screen, SCREEN_DIM, 0, "",
	    "! alarm active; a acknowledged; s shelved; ~ raised too often; "
	    "? blind. Silence: since the last heartbeat. Interval: median and "
	    "deviation. Alarm: severity and age, or when it is due.");
}
