/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs scenarios: text files that drive the detector in virtual time and state
 * the expected events.  README.md lists the directives.  Writes TAP to stdout.
 */
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/detect.h"
#include "state/alarm.h"

/* The limits of a scenario. */
#define WATCHES		32
#define SOURCES		8
#define EVENTS		256
#define WORDS		32		/* in a line */

/* Begins the first line of a scenario that is to fail. */
#define FAILS		"# fails: "

/* The wall clock at 0 s: 2026-11-22T12:00:00Z. */
#define WALL_OFFSET_NS	(1795348800 * NSEC_PER_SEC)

/* An event of the detector, and the alarm after it. */
struct pending_event {
	struct detect_event	 event;
	struct alarm		 alarm;
};

struct scenario {
	const char		*file;
	int			 line;
	char			 failure[1024];	/* "" while there is none */

	struct mono_time	 now;
	int64_t			 wall_offset_ns;
	bool			 stopped;	/* the engine */
	bool			 continued;	/* and not advanced since */
	bool			 advancing;	/* in detect_advance */

	struct detect		 detect;
	struct detect_watch	 watches[WATCHES];
	int64_t			 hold_downs_ns[WATCHES];
	struct mono_time	 late[WATCHES];	/* see detect_report_late */
	uint64_t		 nlate[WATCHES];
	struct alarm		 alarms[WATCHES];
	struct configuration_watch *configs[WATCHES];
	char			*names[WATCHES];
	size_t			 nwatches;
	struct detect_source	 sources[SOURCES];
	struct detect_source	*source_list[SOURCES];
	char			*source_names[SOURCES];
	size_t			 nsources;

	struct pending_event	 pending[EVENTS];	/* not yet expected */
	size_t			 npending;
};

/* The arguments of a directive, by type.  Times are in order. */
struct args {
	uint32_t	 watch;
	uint32_t	 source;
	int64_t		 time[3];
	size_t		 ntimes;
	const char	*word;
	uint64_t	 number;
	char		**rest;
	size_t		 nrest;
};

struct directive {
	const char	*pattern;
	bool		(*run)(struct scenario *, const struct args *);
};

/* ---- messages */

/* Records the message of the first failure.  Returns false. */
static bool __attribute__((format(printf, 2, 3)))
fail(struct scenario *s, const char *format, ...)
{
	va_list	 ap;
	int	 n;

	if (s->failure[0] != '\0')
		return (false);
	n = snprintf(s->failure, sizeof(s->failure), "%d: ", s->line);
	va_start(ap, format);
	vsnprintf(s->failure + n, sizeof(s->failure) - (size_t)n, format, ap);
	va_end(ap);
	return (false);
}

#define TIME_TEXT_SIZE	40

/* Writes a time with as many digits as it needs, for example 12.5s. */
static char *
time_text(int64_t ns, char *text)
{
	uint64_t	 magnitude = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	size_t		 n;

	snprintf(text, TIME_TEXT_SIZE, "%s%" PRIu64 ".%09" PRIu64,
	    ns < 0 ? "-" : "", magnitude / NSEC_PER_SEC,
	    magnitude % NSEC_PER_SEC);
	for (n = strlen(text); text[n - 1] == '0'; n--)
		text[n - 1] = '\0';
	if (text[n - 1] == '.')
		n--;
	strcpy(text + n, "s");
	return (text);
}

#define EVENT_TEXT_SIZE	256

static char *
event_text(const struct scenario *s, const struct detect_event *e, char *text)
{
	char	 at[TIME_TEXT_SIZE], after[TIME_TEXT_SIZE];

	if (e->transition == DETECT_RAISED)
		snprintf(text, EVENT_TEXT_SIZE, "raised %s at %s cause %s",
		    s->names[e->watch], time_text(e->at.ns, at),
		    cause_text(alarm_event_verdict(e, WALL_NEVER).cause));
	else
		snprintf(text, EVENT_TEXT_SIZE, "cleared %s at %s after %s",
		    s->names[e->watch], time_text(e->at.ns, at),
		    time_text(e->duration_ns, after));
	return (text);
}

/* ---- the detector */

/* Checks the rules that all events must follow. */
static void
check_event(struct scenario *s, const struct detect_event *e)
{
	const struct alarm	*a = &s->alarms[e->watch];
	enum alarm_state	 before = e->transition == DETECT_RAISED ?
	    ALARM_CLEARED : ALARM_RAISED;
	char			 text[EVENT_TEXT_SIZE];

	event_text(s, e, text);
	if (alarm_state(a) != before)
		fail(s, "two raises or two clears in a row: %s", text);
	if (e->number != a->transitions + 1)
		fail(s, "transition number %u after %u: %s", e->number,
		    a->transitions, text);
	if (mono_before(s->now, e->at))
		fail(s, "event in the future: %s", text);
	if (s->advancing && !s->continued && mono_before(e->at, s->now))
		fail(s, "event is late: %s", text);
	if (e->duration_ns < 0)
		fail(s, "negative duration: %s", text);
}

static void
emit(void *arg, const struct detect_event *e)
{
	struct scenario		*s = arg;
	struct alarm		*a = &s->alarms[e->watch];
	struct wall_time	 at = { e->at.ns + s->wall_offset_ns };
	struct verdict		 verdict;

	check_event(s, e);
	if (e->transition == DETECT_RAISED) {
		verdict = alarm_event_verdict(e, at);
		alarm_raise(a, e, &verdict, at, a->serial + 1);
	} else {
		alarm_clear(a, e, at, ALARM_END_HEARTBEAT);
	}
	if (s->npending < EVENTS)
		s->pending[s->npending++] = (struct pending_event){ *e, *a };
	else
		fail(s, "more than %d events are pending", EVENTS);
}

/* Calls the detector like the engine does: only when a deadline is due. */
static bool
advance(struct scenario *s, struct mono_time until)
{
	struct mono_time	 next;

	if (s->stopped)
		return (true);
	s->advancing = true;
	while (next = detect_next(&s->detect), !mono_before(until, next)) {
		s->now = mono_max(s->now, next);
		detect_advance(&s->detect, s->now);
		if (!mono_before(s->now, detect_next(&s->detect)))
			return (fail(s, "a deadline is still due"));
	}
	s->advancing = s->continued = false;
	return (s->failure[0] == '\0');
}

/*
 * Checks the deadlines before `to`.  A deadline at `to` is checked later,
 * because a heartbeat may still arrive at that time.
 */
static bool
move_to(struct scenario *s, int64_t to)
{
	char	 a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];

	if (to < s->now.ns)
		return (fail(s, "%s is before the current time %s",
		    time_text(to, a), time_text(s->now.ns, b)));
	if (to > s->now.ns && !advance(s, (struct mono_time){ to - 1 }))
		return (false);
	s->now.ns = to;
	return (true);
}

static void
report_late(void *arg, uint32_t watch, struct mono_time now)
{
	struct scenario	*s = arg;

	s->late[watch] = now;
	s->nlate[watch]++;
}

static bool
replace_detector(struct scenario *s)
{
	uint32_t	 i;
	bool		 done;

	detect_free(&s->detect);
	done = detect_init(&s->detect, s->watches, s->nwatches, s->source_list,
	    emit, s) && detect_report_late(&s->detect, report_late, s);
	for (i = 0; done && i < s->nwatches; i++)
		done = detect_hold_down(&s->detect, i, s->hold_downs_ns[i]);
	return (done || fail(s, "out of memory"));
}

/* Finds a source, or adds it if it is new. */
static bool
find_or_add_source(struct scenario *s, const char *name, uint32_t *position)
{
	size_t	 i;

	for (i = 0; i < s->nsources; i++)
		if (strcmp(s->source_names[i], name) == 0)
			break;
	*position = (uint32_t)i;
	if (i < s->nsources)
		return (true);
	if (i == SOURCES)
		return (fail(s, "more than %d sources", SOURCES));
	s->source_names[i] = strdup(name);
	s->source_list[i] = &s->sources[i];
	detect_source_begin(&s->sources[i], s->now);
	s->nsources++;
	return (s->source_names[i] != NULL);
}

/* ---- words */

/* Reads [+-]DIGITS[.DIGITS]UNIT, exact to the nanosecond. */
static bool
parse_time(const char *text, int64_t *ns)
{
	static const struct {
		const char	*name;
		int64_t		 ns;
	} units[] = {
		{ "ms", NSEC_PER_MSEC }, { "s", NSEC_PER_SEC },
		{ "min", 60 * NSEC_PER_SEC }, { "h", 3600 * NSEC_PER_SEC },
	};
	int64_t		 whole = 0, part = 0, scale = 1;
	bool		 minus = *text == '-';
	size_t		 i;

	if (*text == '-' || *text == '+')
		text++;
	if (!isdigit((unsigned char)*text))
		return (false);
	for (; isdigit((unsigned char)*text); text++)
		whole = whole * 10 + (*text - '0');
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text); text++) {
			part = part * 10 + (*text - '0');
			scale *= 10;
		}
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text, units[i].name) == 0)
			break;
	if (i == sizeof(units) / sizeof(units[0]) ||
	    units[i].ns * part % scale != 0)
		return (false);
	*ns = units[i].ns * whole + units[i].ns * part / scale;
	if (minus)
		*ns = -*ns;
	return (true);
}

/* Splits a line into words.  "a b" is one word; # begins a comment. */
static size_t
split(char *line, char **words)
{
	size_t	 n = 0;
	char	*end;

	for (;;) {
		line += strspn(line, " \t\n");
		if (*line == '\0' || *line == '#' || n == WORDS)
			return (n);
		if (*line == '"') {
			line++;
			end = line + strcspn(line, "\"");
		} else {
			end = line + strcspn(line, " \t\n");
		}
		words[n++] = line;
		line = *end == '\0' ? end : end + 1;
		*end = '\0';
	}
}

static bool
find_watch(const struct scenario *s, const char *name, uint32_t *watch)
{
	for (*watch = 0; *watch < s->nwatches; ++*watch)
		if (strcmp(s->names[*watch], name) == 0)
			return (true);
	return (false);
}

/*
 * Compares a word with a word of a pattern.  A pattern word in capital letters
 * is an argument, which is read.  Only an invalid argument is a failure.
 */
static bool
take_word(struct scenario *s, const char *pattern, size_t length,
    const char *word, struct args *a)
{
	char	*end;

	if (strncmp(pattern, "WATCH", length) == 0)
		return (find_watch(s, word, &a->watch) ||
		    fail(s, "no such watch \"%s\"", word));
	if (strncmp(pattern, "SOURCE", length) == 0)
		return (find_or_add_source(s, word, &a->source));
	if (strncmp(pattern, "TIME", length) == 0)
		return (parse_time(word, &a->time[a->ntimes++]) ||
		    fail(s, "invalid time \"%s\"", word));
	if (strncmp(pattern, "NUMBER", length) == 0) {
		a->number = strtoull(word, &end, 10);
		return ((*word != '\0' && *end == '\0') ||
		    fail(s, "invalid number \"%s\"", word));
	}
	if (strncmp(pattern, "WORD", length) == 0) {
		a->word = word;
		return (true);
	}
	return (strlen(word) == length && strncmp(pattern, word, length) == 0);
}

static bool
is_argument(const char *pattern)
{
	return (isupper((unsigned char)*pattern));
}

/* Compares words with a pattern; with `a`, reads the arguments as well. */
static bool
matches(struct scenario *s, const char *pattern, char **words, size_t n,
    struct args *a)
{
	size_t	 length, i;

	for (i = 0; *pattern != '\0'; i++) {
		length = strcspn(pattern, " ");
		if (strncmp(pattern, "...", length) == 0) {
			if (a != NULL) {
				a->rest = words + i;
				a->nrest = n - i;
			}
			return (true);
		}
		if (i == n)
			return (false);
		if ((a != NULL || !is_argument(pattern)) &&
		    !take_word(s, pattern, length, words[i], a))
			return (false);
		pattern += length + strspn(pattern + length, " ");
	}
	return (i == n);
}

/* ---- directives that make something happen */

/* The argument has created the source. */
static bool
run_source(struct scenario *s, const struct args *a)
{
	(void)a;
	return (s->failure[0] == '\0');
}

/* Reads one option.  Sets the number of words that it used. */
static bool
watch_option(struct scenario *s, struct detect_watch *w,
    struct addr *peer, char **words, size_t n, size_t *used)
{
	struct args	 a = { 0 };

	*used = 2;
	if (matches(s, "recovery NUMBER ...", words, n, &a)) {
		w->recovery = (uint32_t)a.number;
	} else if (matches(s, "hold-down TIME ...", words, n, &a)) {
		s->hold_downs_ns[s->nwatches] = a.time[0];
	} else if (matches(s, "on SOURCE ...", words, n, &a)) {
		w->source = a.source;
	} else if (matches(s, "peer WORD ...", words, n, NULL)) {
		if (!addr_parse(words[1], peer))
			return (fail(s, "invalid address \"%s\"", words[1]));
	} else if (matches(s, "disabled ...", words, n, NULL)) {
		w->enabled = false;
		*used = 1;
	} else {
		return (fail(s, "unknown watch option \"%s\"", words[0]));
	}
	return (true);
}

static bool
begin_alarm(struct scenario *s, size_t i, const struct addr *peer)
{
	static struct configuration_alarm	 alarm_45640 = {
		.id = 45640, .name = "Heartbeat Interruption",
		.severity = SEVERITY_MINOR, .type = "Heartbeat",
		.service_type = "Flink", .references = 1,
	};
	const struct configuration_profile	 template = {
		.interface = s->source_names[s->watches[i].source],
		.heartbeat = "udp 20053", .alarm = &alarm_45640,
		.source = "scenario", .service = "scenario",
		.role = "scenario", .host = "scenario",
	};
	struct configuration_profile		*profile;

	profile = configuration_profile_new(&template);
	if (profile != NULL)
		s->configs[i] = configuration_watch_new(profile, s->names[i],
		    peer);
	configuration_profile_release(profile);
	if (s->configs[i] == NULL)
		return (fail(s, "out of memory"));
	return (true);
}

static bool
run_watch(struct scenario *s, const struct args *a)
{
	struct addr			 peer = { 0 };
	struct detect_watch		 w;
	uint32_t			 i;
	size_t				 used, rest;

	if (find_watch(s, a->word, &i))
		return (fail(s, "duplicate watch \"%s\"", a->word));
	if (s->nwatches == WATCHES)
		return (fail(s, "more than %d watches", WATCHES));
	if (!find_or_add_source(s, "eth0", &i))
		return (false);
	detect_watch_begin(&w, s->now);
	detect_watch_configure(&w, i, a->time[0], 1, true);
	for (rest = 0; rest < a->nrest; rest += used)
		if (!watch_option(s, &w, &peer, a->rest + rest, a->nrest - rest,
		    &used))
			return (false);
	s->watches[s->nwatches] = w;
	s->names[s->nwatches] = strdup(a->word);
	if (s->names[s->nwatches] == NULL)
		return (fail(s, "out of memory"));
	s->nwatches++;
	return (begin_alarm(s, s->nwatches - 1, &peer) && replace_detector(s));
}

static bool
give_heartbeat(struct scenario *s, uint32_t watch, int64_t ns)
{
	detect_heartbeat(&s->detect, watch, (struct mono_time){ ns },
	    (struct wall_time){ ns + s->wall_offset_ns });
	return (s->failure[0] == '\0');
}

static bool
run_heartbeat(struct scenario *s, const struct args *a)
{
	return (give_heartbeat(s, a->watch, s->now.ns));
}

/* A packet with this number as its content, which may be a copy. */
static bool
run_packet(struct scenario *s, const struct args *a)
{
	return (detect_is_copy(&s->detect, a->watch, a->number, s->now) ||
	    give_heartbeat(s, a->watch, s->now.ns));
}

static bool
run_heartbeat_timestamp(struct scenario *s, const struct args *a)
{
	return (give_heartbeat(s, a->watch, a->time[0]));
}

static bool
run_announce_stop(struct scenario *s, const struct args *a)
{
	detect_stopping(&s->detect, a->watch, s->now);
	return (true);
}

/* A deadline that is due now is still checked. */
static bool
run_blind(struct scenario *s, const struct args *a)
{
	if (!advance(s, s->now))
		return (false);
	s->sources[a->source].blind = true;
	return (true);
}

static bool
run_resume(struct scenario *s, const struct args *a)
{
	s->sources[a->source].blind = false;
	detect_source_resume(&s->sources[a->source], s->now);
	return (true);
}

static bool
run_blind_time(struct scenario *s, const struct args *a)
{
	return (move_to(s, a->time[0]) && run_blind(s, a) &&
	    move_to(s, a->time[1]) && run_resume(s, a));
}

static bool
run_link_down(struct scenario *s, const struct args *a)
{
	s->sources[a->source].link_down = true;
	return (true);
}

static bool
run_link_up(struct scenario *s, const struct args *a)
{
	s->sources[a->source].link_down = false;
	return (true);
}

static bool
run_lossy(struct scenario *s, const struct args *a)
{
	s->sources[a->source].last_loss = s->now;
	return (true);
}

static bool
run_stopped(struct scenario *s, const struct args *a)
{
	(void)a;
	if (!advance(s, s->now))
		return (false);
	s->stopped = true;
	return (true);
}

static bool
run_continued(struct scenario *s, const struct args *a)
{
	(void)a;
	s->stopped = false;
	s->continued = true;
	return (true);
}

static bool
run_replaced(struct scenario *s, const struct args *a)
{
	(void)a;
	return (replace_detector(s));
}

static bool
run_replaced_after_gap(struct scenario *s, const struct args *a)
{
	size_t	 i;

	(void)a;
	for (i = 0; i < s->nsources; i++)
		detect_source_resume(&s->sources[i], s->now);
	return (replace_detector(s));
}

static bool
run_killed(struct scenario *s, const struct args *a)
{
	s->watches[a->watch].version++;
	return (replace_detector(s));
}

static bool
run_wall_steps(struct scenario *s, const struct args *a)
{
	s->wall_offset_ns += a->time[0];
	return (true);
}

/* ---- directives that check something */

/* Compares the oldest pending event with the expected one, as text. */
static bool
expect_event(struct scenario *s, const char *expected)
{
	char	 found[EVENT_TEXT_SIZE];

	if (!advance(s, s->now))
		return (false);
	if (s->npending == 0)
		return (fail(s, "no event; expected %s", expected));
	event_text(s, &s->pending[0].event, found);
	if (strcmp(found, expected) != 0)
		return (fail(s, "%s; expected %s", found, expected));
	s->npending--;
	memmove(s->pending, s->pending + 1,
	    s->npending * sizeof(s->pending[0]));
	return (true);
}

static bool
run_expect_raised(struct scenario *s, const struct args *a)
{
	char	 text[EVENT_TEXT_SIZE], at[TIME_TEXT_SIZE];

	snprintf(text, sizeof(text), "raised %s at %s cause %s",
	    s->names[a->watch], time_text(a->time[0], at), a->word);
	return (expect_event(s, text));
}

static bool
run_expect_cleared(struct scenario *s, const struct args *a)
{
	char	 text[EVENT_TEXT_SIZE];
	char	 at[TIME_TEXT_SIZE], after[TIME_TEXT_SIZE];

	snprintf(text, sizeof(text), "cleared %s at %s after %s",
	    s->names[a->watch], time_text(a->time[0], at),
	    time_text(a->time[1], after));
	return (expect_event(s, text));
}

static bool
run_expect_nothing(struct scenario *s, const struct args *a)
{
	char	 text[EVENT_TEXT_SIZE];

	(void)a;
	if (!advance(s, s->now))
		return (false);
	if (s->npending > 0)
		return (fail(s, "unexpected event: %s", event_text(s,
		    &s->pending[0].event, text)));
	return (true);
}

static bool
run_expect_state(struct scenario *s, const struct args *a)
{
	static const char *const	 states[] = {
		[DETECT_STARTING] = "starting", [DETECT_ALIVE] = "alive",
		[DETECT_LATE] = "late", [DETECT_INTERRUPTED] = "interrupted",
		[DETECT_BLIND] = "blind", [DETECT_DISABLED] = "disabled",
	};
	const struct detect_watch	*w = &s->watches[a->watch];
	const char			*state;

	if (!advance(s, s->now))
		return (false);
	state = states[detect_state(w, s->source_list[w->source], s->now)];
	if (strcmp(state, a->word) != 0)
		return (fail(s, "%s is %s; expected %s", s->names[a->watch],
		    state, a->word));
	return (true);
}

/* The detail of the first pending event if it is of this watch, or the last. */
static const char *
detail(const struct scenario *s, uint32_t watch)
{
	static char		 text[ALARM_DETAIL_SIZE];
	const struct alarm	*a = &s->alarms[watch];

	if (s->npending > 0 && s->pending[0].event.watch == watch)
		a = &s->pending[0].alarm;
	return (alarm_detail(a, s->configs[watch], text));
}

static bool
run_expect_detail(struct scenario *s, const struct args *a)
{
	if (!advance(s, s->now))
		return (false);
	if (strstr(detail(s, a->watch), a->word) == NULL)
		return (fail(s, "\"%s\" is not in the detail \"%s\"", a->word,
		    detail(s, a->watch)));
	return (true);
}

static bool
run_expect_no_detail(struct scenario *s, const struct args *a)
{
	if (!advance(s, s->now))
		return (false);
	if (strstr(detail(s, a->watch), a->word) != NULL)
		return (fail(s, "\"%s\" is in the detail \"%s\"", a->word,
		    detail(s, a->watch)));
	return (true);
}

static bool
expect_time(struct scenario *s, const char *name, int64_t ns, int64_t expected)
{
	char	 a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];

	if (ns == expected)
		return (true);
	return (fail(s, "%s is %s; expected %s", name, time_text(ns, a),
	    time_text(expected, b)));
}

static bool
run_expect_interval(struct scenario *s, const struct args *a)
{
	return (expect_time(s, "the interval",
	    detect_interval_ns(&s->watches[a->watch]), a->time[0]));
}

static bool
run_expect_jitter(struct scenario *s, const struct args *a)
{
	return (expect_time(s, "the jitter",
	    detect_jitter_ns(&s->watches[a->watch]), a->time[0]));
}

static bool
run_expect_gap(struct scenario *s, const struct args *a)
{
	return (expect_time(s, "the longest gap",
	    detect_longest_gap_ns(&s->watches[a->watch]), a->time[0]));
}

static bool
run_expect_silence(struct scenario *s, const struct args *a)
{
	return (expect_time(s, "the silence",
	    detect_silence_ns(&s->watches[a->watch], s->now), a->time[0]));
}

static bool
run_expect_late_at(struct scenario *s, const struct args *a)
{
	return (advance(s, s->now) && expect_time(s, "the last report",
	    s->late[a->watch].ns, a->time[0]));
}

static bool
expect_number(struct scenario *s, uint64_t n, uint64_t expected)
{
	if (n == expected)
		return (true);
	return (fail(s, "the number is %" PRIu64 "; expected %" PRIu64, n,
	    expected));
}

static bool
run_expect_late(struct scenario *s, const struct args *a)
{
	return (advance(s, s->now) &&
	    expect_number(s, s->nlate[a->watch], a->number));
}

static bool
run_expect_heartbeats(struct scenario *s, const struct args *a)
{
	return (expect_number(s, s->watches[a->watch].heartbeats, a->number));
}

/* The detector and the alarm both count interruptions. */
static bool
run_expect_interruptions(struct scenario *s, const struct args *a)
{
	return (expect_number(s, detect_interruptions(&s->watches[a->watch]),
	    a->number) &&
	    expect_number(s, s->alarms[a->watch].count, a->number));
}

/* ---- the file */

static const struct directive	 directives[] = {
	{ "source SOURCE",			 run_source },
	{ "watch WORD interruption TIME ...",	 run_watch },
	{ "heartbeat WATCH",			 run_heartbeat },
	{ "heartbeat WATCH timestamp TIME",	 run_heartbeat_timestamp },
	{ "packet WATCH NUMBER",		 run_packet },
	{ "announce stop WATCH",		 run_announce_stop },
	{ "blind",				 run_blind },
	{ "blind SOURCE",			 run_blind },
	{ "from TIME to TIME blind",		 run_blind_time },
	{ "from TIME to TIME blind SOURCE",	 run_blind_time },
	{ "resume",				 run_resume },
	{ "resume SOURCE",			 run_resume },
	{ "link down",				 run_link_down },
	{ "link down SOURCE",			 run_link_down },
	{ "link up",				 run_link_up },
	{ "link up SOURCE",			 run_link_up },
	{ "lossy",				 run_lossy },
	{ "lossy SOURCE",			 run_lossy },
	{ "engine stopped",			 run_stopped },
	{ "engine continued",			 run_continued },
	{ "engine replaced",			 run_replaced },
	{ "engine replaced after a gap",	 run_replaced_after_gap },
	{ "engine killed while writing WATCH",	 run_killed },
	{ "wall clock steps TIME",		 run_wall_steps },
	{ "expect raised WATCH at TIME cause WORD", run_expect_raised },
	{ "expect cleared WATCH at TIME after TIME", run_expect_cleared },
	{ "expect nothing",			 run_expect_nothing },
	{ "expect state WATCH WORD",		 run_expect_state },
	{ "expect detail WATCH WORD",		 run_expect_detail },
	{ "expect no detail WATCH WORD",	 run_expect_no_detail },
	{ "expect heartbeats WATCH NUMBER",	 run_expect_heartbeats },
	{ "expect interruptions WATCH NUMBER",	 run_expect_interruptions },
	{ "expect late WATCH NUMBER times",	 run_expect_late },
	{ "expect late WATCH at TIME",		 run_expect_late_at },
	{ "expect interval WATCH TIME",		 run_expect_interval },
	{ "expect jitter WATCH TIME",		 run_expect_jitter },
	{ "expect longest gap WATCH TIME",	 run_expect_gap },
	{ "expect silence WATCH TIME",		 run_expect_silence },
};

#define DIRECTIVES	(sizeof(directives) / sizeof(directives[0]))

static bool
run_directive(struct scenario *s, char **words, size_t n)
{
	struct args	 a = { 0 };
	size_t		 i;

	for (i = 0; i < DIRECTIVES; i++)
		if (matches(s, directives[i].pattern, words, n, NULL))
			break;
	if (i == DIRECTIVES)
		return (fail(s, "unknown or incomplete directive \"%s\"",
		    n > 0 ? words[0] : ""));
	if (strstr(directives[i].pattern, "SOURCE") == NULL &&
	    !find_or_add_source(s, "eth0", &a.source))
		return (false);
	return (matches(s, directives[i].pattern, words, n, &a) &&
	    directives[i].run(s, &a) && s->failure[0] == '\0');
}

static bool
run_every(struct scenario *s, char **words, size_t n)
{
	struct args	 a = { 0 };
	int64_t		 ns;

	if (!matches(s, "from TIME to TIME every TIME ...", words, n, &a))
		return (false);
	if (a.time[2] <= 0)
		return (fail(s, "invalid step \"%s\"", words[5]));
	for (ns = a.time[0]; ns <= a.time[1]; ns += a.time[2])
		if (!move_to(s, ns) || !run_directive(s, a.rest, a.nrest))
			return (false);
	return (true);
}

static bool
run_at(struct scenario *s, char **words, size_t n)
{
	struct args	 a = { 0 };

	return (matches(s, "at TIME ...", words, n, &a) &&
	    move_to(s, a.time[0]) && run_directive(s, a.rest, a.nrest));
}

/* All events must be expected before another directive runs. */
static bool
run_line(struct scenario *s, char *line)
{
	char	*words[WORDS], text[EVENT_TEXT_SIZE];
	size_t	 n = split(line, words);
	bool	 at = matches(s, "at TIME ...", words, n, NULL);

	if (n == 0)
		return (true);
	if (strcmp(words[at && n > 2 ? 2 : 0], "expect") != 0 &&
	    s->npending > 0)
		return (fail(s, "unexpected event: %s", event_text(s,
		    &s->pending[0].event, text)));
	if (at)
		return (run_at(s, words, n));
	if (matches(s, "from TIME to TIME every TIME ...", words, n, NULL))
		return (run_every(s, words, n));
	return (run_directive(s, words, n));
}

static void
scenario_free(struct scenario *s)
{
	size_t	 i;

	detect_free(&s->detect);
	for (i = 0; i < s->nwatches; i++) {
		configuration_watch_release(s->configs[i]);
		free(s->names[i]);
	}
	for (i = 0; i < s->nsources; i++)
		free(s->source_names[i]);
	free(s);
}

/* Runs a scenario.  Sets `failure` to the expected failure, "" for none. */
static void
run_scenario(struct scenario *s, FILE *stream, char *failure, size_t size)
{
	char	*line = NULL;
	size_t	 capacity = 0;
	bool	 passed = true;

	failure[0] = '\0';
	while (passed && getline(&line, &capacity, stream) != -1) {
		s->line++;
		if (s->line == 1 && strncmp(line, FAILS, strlen(FAILS)) == 0)
			snprintf(failure, size, "%.*s",
			    (int)strcspn(line + strlen(FAILS), "\n"),
			    line + strlen(FAILS));
		passed = run_line(s, line);
	}
	if (passed)
		run_expect_nothing(s, NULL);
	free(line);
}

static bool
run_file(const char *file, int number)
{
	struct scenario	*s;
	char		 failure[sizeof(s->failure)];
	FILE		*stream;
	bool		 passed;

	s = calloc(1, sizeof(*s));
	stream = fopen(file, "r");
	if (s == NULL || stream == NULL) {
		printf("not ok %d - %s: %s\n", number, file, strerror(errno));
		free(s);
		return (false);
	}
	s->file = file;
	s->wall_offset_ns = WALL_OFFSET_NS;
	if (replace_detector(s))
		run_scenario(s, stream, failure, sizeof(failure));
	fclose(stream);
	passed = strcmp(s->failure, failure) == 0;
	printf("%sok %d - %s\n", passed ? "" : "not ", number, file);
	if (!passed && s->failure[0] != '\0')
		printf("# %s:%s\n", file, s->failure);
	if (!passed && failure[0] != '\0')
		printf("# %s: expected to fail with: %s\n", file, failure);
	scenario_free(s);
	return (passed);
}

static int
run_files(char *const *files, size_t n)
{
	size_t	 i;
	int	 status = 0;

	printf("1..%zu\n", n);
	for (i = 0; i < n; i++)
		if (!run_file(files[i], (int)i + 1))
			status = 1;
	return (status);
}

/* Runs the files that are named, or passing/ and failing/ below `srcdir`. */
int
main(int argc, char *argv[])
{
	static const char *const directories[] = { "passing", "failing" };
	const char			*srcdir = getenv("srcdir");
	char				 pattern[4096];
	glob_t				 found = { 0 };
	size_t				 i;
	int				 status;

	if (argc > 1)
		return (run_files(argv + 1, (size_t)argc - 1));
	for (i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		snprintf(pattern, sizeof(pattern), "%s/tests/scenario/%s/*.scn",
		    srcdir != NULL ? srcdir : ".", directories[i]);
		if (glob(pattern, i > 0 ? GLOB_APPEND : 0, NULL, &found) != 0) {
			printf("Bail out! no files: %s\n", pattern);
			return (1);
		}
	}
	status = run_files(found.gl_pathv, found.gl_pathc);
	globfree(&found);
	return (status);
}
