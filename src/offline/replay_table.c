/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "base/mono.h"
#include "offline/replay_table.h"
#include "offline/status_report.h"

/* Columns of the screen. */
#define GAP		2		/* between two cells */
#define TIME_WIDTH	24
#define LEAST_NAME	8		/* a name or a cause is not narrower */
#define SENDER_WIDTH	15		/* of an unknown sender; IPv4 */

#define SECONDS_SIZE	32
#define COUNT_SIZE	24

struct column {
	const char	*title;
	int		 width;		/* at least */
	bool		 right;		/* aligned to the right, never cut */
	bool		 optional;	/* only if there is room for it */
	bool		 may_shrink;
};

enum event_column {
	EVENT_TIME,
	EVENT_TYPE,
	EVENT_WATCH,
	EVENT_ALARM,
	EVENT_SEVERITY,
	EVENT_PEER,
	EVENT_DURATION,
	EVENT_CAUSE,
};

static const struct column	 event_columns[REPLAY_TABLE_COLUMNS] = {
	[EVENT_TIME] = { .title = "Time", .width = TIME_WIDTH },
	[EVENT_TYPE] = { .title = "Event", .width = 7 },
	[EVENT_WATCH] = { .title = "Watch", .may_shrink = true },
	[EVENT_ALARM] = { .title = "Alarm" },
	[EVENT_SEVERITY] = { .title = "Severity", .optional = true },
	[EVENT_PEER] = { .title = "Peer", .optional = true },
	[EVENT_DURATION] = { .title = "Duration", .width = 10, .right = true },
	[EVENT_CAUSE] = { .title = "Cause", .width = 23, .may_shrink = true },
};

enum watch_column {
	WATCH_NAME,
	WATCH_STATE,
	WATCH_HEARTBEATS,
	WATCH_FIRST,
	WATCH_LAST,
	WATCH_INTERVAL,
	WATCH_GAP,
	WATCH_INTERRUPTIONS,
};

static const struct column	 watch_columns[REPLAY_TABLE_COLUMNS] = {
	[WATCH_NAME] = { .title = "Watch", .may_shrink = true },
	[WATCH_STATE] = { .title = "State", .width = 11 },
	[WATCH_HEARTBEATS] = { .title = "Heartbeats", .right = true },
	[WATCH_FIRST] = {
		.title = "First", .width = TIME_WIDTH, .optional = true,
	},
	[WATCH_LAST] = {
		.title = "Last", .width = TIME_WIDTH, .optional = true,
	},
	[WATCH_INTERVAL] = { .title = "Interval", .width = 9, .right = true },
	[WATCH_GAP] = { .title = "Longest gap", .right = true },
	[WATCH_INTERRUPTIONS] = { .title = "Interruptions", .right = true },
};

/* ---- widths */

static void
widen(int *width, size_t columns)
{
	if ((int)columns > *width)
		*width = (int)columns;
}

static void
widen_to_names(const struct screen *s, const struct player *p, int *width)
{
	char	 clean[SCREEN_TEXT_SIZE];
	size_t	 i;

	for (i = 0; i < p->config->nwatches; i++)
		widen(width, screen_columns(screen_clean(s,
		    p->config->watches[i]->name, clean)));
}

static void
widen_to_alarm(const struct configuration_alarm *alarm, int *width)
{
	if (alarm != NULL)
		widen(width, (size_t)snprintf(NULL, 0, "%" PRIu32, alarm->id));
}

static void
measure_events(struct replay_table *t, const struct player *p)
{
	const struct configuration_watch	*w;
	char					 text[ADDR_TEXT_SIZE];
	size_t					 i;

	widen_to_names(&t->screen, p, &t->widths[EVENT_WATCH]);
	for (i = 0; i < p->config->nwatches; i++) {
		w = p->config->watches[i];
		widen_to_alarm(w->profile->alarm, &t->widths[EVENT_ALARM]);
		widen_to_alarm(w->profile->dual, &t->widths[EVENT_ALARM]);
		widen(&t->widths[EVENT_PEER], w->peer.family == ADDR_NONE ?
		    SENDER_WIDTH : strlen(addr_text(&w->peer, text)));
	}
}

/* The widths that the titles and the values of known size need. */
static void
reset(struct replay_table *t, const struct column *columns)
{
	unsigned	 i;

	for (i = 0; i < REPLAY_TABLE_COLUMNS; i++) {
		t->widths[i] = columns[i].width;
		widen(&t->widths[i], strlen(columns[i].title));
	}
}

/* Makes names and causes narrower, the widest column first. */
static void
shrink(struct replay_table *t, const struct column *columns, int too_many)
{
	unsigned	 i, widest;

	for (; too_many > 0; too_many--) {
		widest = REPLAY_TABLE_COLUMNS;
		for (i = 0; i < REPLAY_TABLE_COLUMNS; i++)
			if (columns[i].may_shrink &&
			    t->widths[i] > LEAST_NAME &&
			    (widest == REPLAY_TABLE_COLUMNS ||
			    t->widths[i] > t->widths[widest]))
				widest = i;
		if (widest == REPLAY_TABLE_COLUMNS)
			break;
		t->widths[widest]--;
	}
}

/* Hides the optional columns for which there is no room. */
static void
fit(struct replay_table *t, const struct column *columns)
{
	int		 width = (int)t->screen.width, used = -GAP;
	unsigned	 i;

	if (width == 0)
		return;
	for (i = 0; i < REPLAY_TABLE_COLUMNS; i++)
		used += columns[i].optional ? 0 : GAP + t->widths[i];
	shrink(t, columns, used - width);
	for (i = 0; i < REPLAY_TABLE_COLUMNS; i++) {
		if (!columns[i].optional)
			continue;
		if (used + GAP + t->widths[i] > width)
			t->widths[i] = 0;
		else
			used += GAP + t->widths[i];
	}
}

/* ---- output */

/*
 * A longer text, such as the IPv6 address of an unknown sender, widens its
 * column for the following rows too, if the screen has no limit.  After the
 * last column no blanks are written.
 */
static void
print_row(struct replay_table *t, const struct column *columns,
    const char *const *cells, const enum screen_style *styles)
{
	const struct screen	*s = &t->screen;
	unsigned		 i;
	int			 width;

	for (i = 0; i < REPLAY_TABLE_COLUMNS; i++) {
		if (t->widths[i] == 0)
			continue;
		if (i > 0)
			fprintf(s->out, "%*s", GAP, "");
		if (s->width == 0 && !columns[i].may_shrink)
			widen(&t->widths[i], screen_columns(cells[i]));
		width = columns[i].right ? -t->widths[i] : t->widths[i];
		if (i == REPLAY_TABLE_COLUMNS - 1 &&
		    (int)screen_columns(cells[i]) <= width)
			width = 0;
		screen_cell(s, styles[i], cells[i], width, !columns[i].right);
	}
	fputc('\n', s->out);
}

static void
print_titles(struct replay_table *t, const struct column *columns)
{
	const char		*cells[REPLAY_TABLE_COLUMNS];
	enum screen_style	 styles[REPLAY_TABLE_COLUMNS];
	unsigned		 i;

	for (i = 0; i < REPLAY_TABLE_COLUMNS; i++) {
		cells[i] = columns[i].title;
		styles[i] = SCREEN_BOLD;
	}
	print_row(t, columns, cells, styles);
}

/* To the millisecond; "-" for no time. */
static const char *
time_text(struct wall_time at, char *text)
{
	char	 time[WALL_TEXT_SIZE];

	if (wall_is_never(at))
		return ("-");
	snprintf(text, WALL_TEXT_SIZE, "%.23sZ", wall_text(at, time));
	return (text);
}

/* "-" for a negative duration. */
static const char *
seconds_text(int64_t ns, char *text)
{
	if (ns < 0)
		return ("-");
	snprintf(text, SECONDS_SIZE, "%.3f s", mono_seconds(ns));
	return (text);
}

void
replay_table_event(struct replay_table *t, const struct player *p,
    const struct detect_event *event, const struct configuration_alarm *alarm,
    const struct verdict *verdict)
{
	const struct addr	*peer = player_peer(p, event->watch);
	bool			 raised = event->transition == DETECT_RAISED;
	char			 time[WALL_TEXT_SIZE], id[COUNT_SIZE];
	char			 address[ADDR_TEXT_SIZE];
	char			 duration[SECONDS_SIZE];
	const char		*severity = severity_text(alarm->severity);
	enum screen_style	 styles[REPLAY_TABLE_COLUMNS] = {
		[EVENT_TYPE] = raised ? status_severity_style(severity) :
		    SCREEN_GOOD,
	};

	if (!t->started) {
		screen_init(&t->screen, stdout);
		reset(t, event_columns);
		measure_events(t, p);
		fit(t, event_columns);
		print_titles(t, event_columns);
		t->started = true;
	}
	snprintf(id, sizeof(id), "%" PRIu32, alarm->id);
	print_row(t, event_columns, (const char *[]){
		[EVENT_TIME] = time_text((struct wall_time){ event->at.ns },
		    time),
		[EVENT_TYPE] = raised ? "raised" : "cleared",
		[EVENT_WATCH] = p->config->watches[event->watch]->name,
		[EVENT_ALARM] = id,
		[EVENT_SEVERITY] = severity,
		[EVENT_PEER] = peer == NULL ? "-" : addr_text(peer, address),
		[EVENT_DURATION] = seconds_text(raised ? -1 :
		    event->duration_ns, duration),
		[EVENT_CAUSE] = raised ? cause_text(verdict->cause) : "-",
	}, styles);
}

static void
print_watch(struct replay_table *t, struct player *p, uint32_t i)
{
	const struct detect_watch	*w = &p->watches[i];
	struct player_tally		*tally = &p->tallies[i];
	const char			*state = player_state(p, i);
	char				 heartbeats[COUNT_SIZE];
	char				 interruptions[COUNT_SIZE];
	char				 first[WALL_TEXT_SIZE];
	char				 last[WALL_TEXT_SIZE];
	char				 interval[SECONDS_SIZE];
	char				 gap[SECONDS_SIZE];
	enum screen_style		 styles[REPLAY_TABLE_COLUMNS] = {
		[WATCH_STATE] = status_state_style(state),
	};

	snprintf(heartbeats, sizeof(heartbeats), "%" PRIu64,
	    (uint64_t)w->heartbeats);
	snprintf(interruptions, sizeof(interruptions), "%" PRIu64,
	    (uint64_t)detect_interruptions(w));
	print_row(t, watch_columns, (const char *[]){
		[WATCH_NAME] = p->config->watches[i]->name,
		[WATCH_STATE] = state,
		[WATCH_HEARTBEATS] = heartbeats,
		[WATCH_FIRST] = time_text(tally->first, first),
		[WATCH_LAST] = time_text(tally->last, last),
		[WATCH_INTERVAL] = seconds_text(
		    median_value(&tally->intervals), interval),
		[WATCH_GAP] = seconds_text(tally->longest_ns, gap),
		[WATCH_INTERRUPTIONS] = interruptions,
	}, styles);
}

void
replay_table_watches(struct replay_table *t, struct player *p)
{
	uint32_t	 i;

	screen_init(&t->screen, stdout);
	if (!t->started)
		fputs("No alarm was raised.\n", stdout);
	if (p->config->nwatches == 0)
		return;
	reset(t, watch_columns);
	widen_to_names(&t->screen, p, &t->widths[WATCH_NAME]);
	fit(t, watch_columns);
	fputc('\n', stdout);
	print_titles(t, watch_columns);
	for (i = 0; i < p->config->nwatches; i++)
		print_watch(t, p, i);
}
