/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells stories to the detector: *.scn, one statement a line, in virtual time.
 * TAP on stdout.  A story that begins with "# fails: LINE: TEXT" is one that
 * has to fail so, as a test of this program.
 *
 *	source NAME
 *	watch NAME interruption TIME [recovery N] [on SOURCE] [peer ADDRESS]
 *	    [disabled]
 *	heartbeat WATCH [stamped TIME]
 *	announce stop WATCH
 *	blind [SOURCE]			nothing can be heard
 *	resume [SOURCE]			until now it could not
 *	link down [SOURCE], link up [SOURCE]
 *	lossy [SOURCE]			packets were just found to be lost
 *	watcher sleeps, watcher wakes	packets queue, nobody judges
 *	engine replaced [after a gap]
 *	engine killed while writing WATCH
 *	wall clock steps TIME		+1h, -1h
 *	expect raised WATCH at TIME cause CAUSE
 *	expect cleared WATCH at TIME after TIME
 *	expect nothing
 *	expect state WATCH STATE
 *	expect [no] detail WATCH "TEXT"	a part of it
 *	expect heartbeats|interruptions WATCH N
 *	expect interval|jitter|silence WATCH TIME
 *	expect longest gap WATCH TIME
 *
 * Before each may stand `at TIME`, or `from TIME to TIME every TIME`; `blind`
 * takes `from TIME to TIME` alone, too.  A statement without a time happens
 * when the one before it did.  SOURCE is eth0 where it is left out.
 *
 * All that happens at one moment is heard before it is judged.  What the
 * detector says has to be expected, in its order, before the story goes on.
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

#define WATCHES		32
#define SOURCES		8
#define EVENTS		256
#define WORDS		32
#define FAILS		"# fails: "

/* Where the wall clock stands at 0 s: 2026-11-22T12:00:00Z. */
#define WALL_OFFSET_NS	(1795348800 * NSEC_PER_SEC)

/* What the detector said, and the alarm after that. */
struct happening {
	struct detect_event	 event;
	struct alarm		 alarm;
};

struct story {
	const char		*file;
	int			 line;
	char			 fault[1024];	/* "" while there is none */

	struct mono_time	 now;
	int64_t			 wall_offset_ns;
	bool			 asleep;
	bool			 woken;		/* and nothing judged since */
	bool			 judging;

	struct detect		 detect;
	struct detect_watch	 watches[WATCHES];
	struct alarm		 alarms[WATCHES];
	struct configuration_watch *configs[WATCHES];
	char			*names[WATCHES];
	size_t			 nwatches;
	struct detect_source	 sources[SOURCES];
	struct detect_source	*source_list[SOURCES];
	char			*source_names[SOURCES];
	size_t			 nsources;

	struct happening	 pending[EVENTS];	/* not yet expected */
	size_t			 npending;
};

/* The arguments of a statement, by kind, each in its order. */
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

struct statement {
	const char	*pattern;
	bool		(*run)(struct story *, const struct args *);
};

/* ---- saying things */

/* The first fault of a story is the one that counts.  Returns false. */
static bool __attribute__((format(printf, 2, 3)))
fault(struct story *s, const char *format, ...)
{
	va_list	 ap;
	int	 n;

	if (s->fault[0] != '\0')
		return (false);
	n = snprintf(s->fault, sizeof(s->fault), "%d: ", s->line);
	va_start(ap, format);
	vsnprintf(s->fault + n, sizeof(s->fault) - (size_t)n, format, ap);
	va_end(ap);
	return (false);
}

#define TIME_TEXT_SIZE	40

/* 12.5s: no more digits than it needs. */
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
event_text(const struct story *s, const struct detect_event *e, char *text)
{
	char	 at[TIME_TEXT_SIZE], after[TIME_TEXT_SIZE];

	if (e->transition == DETECT_RAISED)
		snprintf(text, EVENT_TEXT_SIZE, "raised %s at %s cause %s",
		    s->names[e->watch], time_text(e->at.ns, at),
		    alarm_cause_text(alarm_cause_of(e)));
	else
		snprintf(text, EVENT_TEXT_SIZE, "cleared %s at %s after %s",
		    s->names[e->watch], time_text(e->at.ns, at),
		    time_text(e->duration_ns, after));
	return (text);
}

/* ---- the detector */

/* Whatever the story says, this much is always so. */
static void
check_event(struct story *s, const struct detect_event *e)
{
	const struct alarm	*a = &s->alarms[e->watch];
	enum alarm_state	 before = e->transition == DETECT_RAISED ?
	    ALARM_CLEARED : ALARM_RAISED;
	char			 text[EVENT_TEXT_SIZE];

	event_text(s, e, text);
	if (a->state != before)
		fault(s, "the second in a row: %s", text);
	if (e->number != a->transitions + 1)
		fault(s, "number %u after %u: %s", e->number, a->transitions,
		    text);
	if (mono_before(s->now, e->at))
		fault(s, "ahead of its time: %s", text);
	if (s->judging && !s->woken && mono_before(e->at, s->now))
		fault(s, "late: %s", text);
	if (e->duration_ns < 0)
		fault(s, "over before it began: %s", text);
}

static void
emit(void *arg, const struct detect_event *e)
{
	struct story		*s = arg;
	struct alarm		*a = &s->alarms[e->watch];
	struct wall_time	 at = { e->at.ns + s->wall_offset_ns };

	check_event(s, e);
	if (e->transition == DETECT_RAISED)
		alarm_raise(a, e, at, a->serial + 1);
	else
		alarm_clear(a, e, at, ALARM_END_HEARTBEAT);
	if (s->npending < EVENTS)
		s->pending[s->npending++] = (struct happening){ *e, *a };
	else
		fault(s, "more events than a story may have");
}

/* As an engine does it: wakes when it has to, and not otherwise. */
static bool
judge(struct story *s, struct mono_time until)
{
	struct mono_time	 next;

	if (s->asleep)
		return (true);
	s->judging = true;
	while (next = detect_next(&s->detect), !mono_before(until, next)) {
		s->now = mono_max(s->now, next);
		detect_advance(&s->detect, s->now);
		if (!mono_before(s->now, detect_next(&s->detect)))
			return (fault(s, "the detector does not get on"));
	}
	s->judging = s->woken = false;
	return (s->fault[0] == '\0');
}

/* What is due before `to` is judged; what is due at it may yet be heard. */
static bool
move_to(struct story *s, int64_t to)
{
	char	 a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];

	if (to < s->now.ns)
		return (fault(s, "%s is before %s, where the story is",
		    time_text(to, a), time_text(s->now.ns, b)));
	if (to > s->now.ns && !judge(s, (struct mono_time){ to - 1 }))
		return (false);
	s->now.ns = to;
	return (true);
}

static bool
replace_detector(struct story *s)
{
	detect_free(&s->detect);
	if (!detect_init(&s->detect, s->watches, s->nwatches, s->source_list,
	    emit, s))
		return (fault(s, "out of memory"));
	return (true);
}

static bool
add_source(struct story *s, const char *name, uint32_t *position)
{
	size_t	 i;

	for (i = 0; i < s->nsources; i++)
		if (strcmp(s->source_names[i], name) == 0)
			break;
	*position = (uint32_t)i;
	if (i < s->nsources)
		return (true);
	if (i == SOURCES)
		return (fault(s, "too many sources"));
	s->source_names[i] = strdup(name);
	s->source_list[i] = &s->sources[i];
	detect_source_begin(&s->sources[i], s->now);
	s->nsources++;
	return (s->source_names[i] != NULL);
}

/* ---- words */

/* [+-]DIGITS[.DIGITS]UNIT, exact to the nanosecond. */
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

/* Splits a line; "…" is one word, # begins a comment. */
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
find_watch(const struct story *s, const char *name, uint32_t *watch)
{
	for (*watch = 0; *watch < s->nwatches; ++*watch)
		if (strcmp(s->names[*watch], name) == 0)
			return (true);
	return (false);
}

/* One word against one of a pattern.  Faults are of words that must be so. */
static bool
take_word(struct story *s, const char *pattern, size_t length,
    const char *word, struct args *a)
{
	char	*end;

	if (strncmp(pattern, "WATCH", length) == 0)
		return (find_watch(s, word, &a->watch) ||
		    fault(s, "there is no watch %s", word));
	if (strncmp(pattern, "SOURCE", length) == 0)
		return (add_source(s, word, &a->source));
	if (strncmp(pattern, "TIME", length) == 0)
		return (parse_time(word, &a->time[a->ntimes++]) ||
		    fault(s, "%s is no time", word));
	if (strncmp(pattern, "NUMBER", length) == 0) {
		a->number = strtoull(word, &end, 10);
		return ((*word != '\0' && *end == '\0') ||
		    fault(s, "%s is no number", word));
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

/* Do the words have the form?  With `a`, the arguments are read as well. */
static bool
fits(struct story *s, const char *pattern, char **words, size_t n,
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

/* ---- statements: what happens */

static bool
run_source(struct story *s, const struct args *a)
{
	(void)a;
	return (s->fault[0] == '\0');
}

static bool
watch_option(struct story *s, struct detect_watch *w,
    struct addr *peer, char **words, size_t n, size_t *used)
{
	struct args	 a = { 0 };

	*used = 2;
	if (fits(s, "recovery NUMBER ...", words, n, NULL) &&
	    fits(s, "recovery NUMBER ...", words, n, &a)) {
		w->recovery = (uint32_t)a.number;
	} else if (fits(s, "on SOURCE ...", words, n, NULL) &&
	    fits(s, "on SOURCE ...", words, n, &a)) {
		w->source = a.source;
	} else if (fits(s, "peer WORD ...", words, n, NULL)) {
		if (!addr_parse(words[1], peer))
			return (fault(s, "%s is no address", words[1]));
	} else if (fits(s, "disabled ...", words, n, NULL)) {
		w->enabled = false;
		*used = 1;
	} else {
		return (fault(s, "a watch has no %s", words[0]));
	}
	return (true);
}

static bool
begin_alarm(struct story *s, size_t i, const struct addr *peer)
{
	static struct configuration_alarm	 alarm_45640 = {
		.id = 45640, .name = "Heartbeat Interruption",
		.severity = SEVERITY_MINOR, .type = "Heartbeat",
		.service_type = "Flink", .references = 1,
	};
	const struct configuration_profile	 like = {
		.interface = s->source_names[s->watches[i].source],
		.heartbeat = "udp 20053", .alarm = &alarm_45640,
		.source = "story", .service = "story", .role = "story",
		.host = "story",
	};
	struct configuration_profile		*profile;

	profile = configuration_profile_new(&like);
	if (profile != NULL)
		s->configs[i] = configuration_watch_new(profile, s->names[i],
		    peer);
	configuration_profile_release(profile);
	if (s->configs[i] == NULL)
		return (fault(s, "out of memory"));
	alarm_init(&s->alarms[i]);
	return (true);
}

static bool
run_watch(struct story *s, const struct args *a)
{
	struct addr			 peer = { 0 };
	struct detect_watch		 w;
	uint32_t			 i;
	size_t				 used, rest;

	if (find_watch(s, a->word, &i) || s->nwatches == WATCHES)
		return (fault(s, "one watch %s too many", a->word));
	if (!add_source(s, "eth0", &i))
		return (false);
	detect_watch_begin(&w, i, a->time[0], 1, true, s->now);
	for (rest = 0; rest < a->nrest; rest += used)
		if (!watch_option(s, &w, &peer, a->rest + rest, a->nrest - rest,
		    &used))
			return (false);
	s->watches[s->nwatches] = w;
	s->names[s->nwatches] = strdup(a->word);
	if (s->names[s->nwatches] == NULL)
		return (fault(s, "out of memory"));
	s->nwatches++;
	return (begin_alarm(s, s->nwatches - 1, &peer) && replace_detector(s));
}

static bool
beat(struct story *s, uint32_t watch, int64_t ns)
{
	detect_heartbeat(&s->detect, watch, (struct mono_time){ ns },
	    (struct wall_time){ ns + s->wall_offset_ns });
	return (s->fault[0] == '\0');
}

static bool
run_heartbeat(struct story *s, const struct args *a)
{
	return (beat(s, a->watch, s->now.ns));
}

static bool
run_heartbeat_stamped(struct story *s, const struct args *a)
{
	return (beat(s, a->watch, a->time[0]));
}

static bool
run_announce_stop(struct story *s, const struct args *a)
{
	detect_stopping(&s->detect, a->watch, s->now);
	return (true);
}

/* What was due by now was seen. */
static bool
run_blind(struct story *s, const struct args *a)
{
	if (!judge(s, s->now))
		return (false);
	s->sources[a->source].blind = true;
	return (true);
}

static bool
run_resume(struct story *s, const struct args *a)
{
	s->sources[a->source].blind = false;
	detect_source_resume(&s->sources[a->source], s->now);
	return (true);
}

static bool
run_blind_time(struct story *s, const struct args *a)
{
	return (move_to(s, a->time[0]) && run_blind(s, a) &&
	    move_to(s, a->time[1]) && run_resume(s, a));
}

static bool
run_link_down(struct story *s, const struct args *a)
{
	s->sources[a->source].link_down = true;
	return (true);
}

static bool
run_link_up(struct story *s, const struct args *a)
{
	s->sources[a->source].link_down = false;
	return (true);
}

static bool
run_lossy(struct story *s, const struct args *a)
{
	s->sources[a->source].lossy = s->now;
	return (true);
}

static bool
run_sleep(struct story *s, const struct args *a)
{
	(void)a;
	if (!judge(s, s->now))
		return (false);
	s->asleep = true;
	return (true);
}

static bool
run_wake(struct story *s, const struct args *a)
{
	(void)a;
	s->asleep = false;
	s->woken = true;
	return (true);
}

static bool
run_replaced(struct story *s, const struct args *a)
{
	(void)a;
	return (replace_detector(s));
}

static bool
run_replaced_after_gap(struct story *s, const struct args *a)
{
	size_t	 i;

	(void)a;
	for (i = 0; i < s->nsources; i++)
		detect_source_resume(&s->sources[i], s->now);
	return (replace_detector(s));
}

static bool
run_killed(struct story *s, const struct args *a)
{
	s->watches[a->watch].version++;
	return (replace_detector(s));
}

static bool
run_wall_steps(struct story *s, const struct args *a)
{
	s->wall_offset_ns += a->time[0];
	return (true);
}

/* ---- statements: what is expected */

/* The text of an expectation against that of the event that came. */
static bool
expect_event(struct story *s, const char *expected)
{
	char	 found[EVENT_TEXT_SIZE];

	if (!judge(s, s->now))
		return (false);
	if (s->npending == 0)
		return (fault(s, "nothing happened; expected %s", expected));
	event_text(s, &s->pending[0].event, found);
	if (strcmp(found, expected) != 0)
		return (fault(s, "%s; expected %s", found, expected));
	s->npending--;
	memmove(s->pending, s->pending + 1,
	    s->npending * sizeof(s->pending[0]));
	return (true);
}

static bool
run_expect_raised(struct story *s, const struct args *a)
{
	char	 text[EVENT_TEXT_SIZE], at[TIME_TEXT_SIZE];

	snprintf(text, sizeof(text), "raised %s at %s cause %s",
	    s->names[a->watch], time_text(a->time[0], at), a->word);
	return (expect_event(s, text));
}

static bool
run_expect_cleared(struct story *s, const struct args *a)
{
	char	 text[EVENT_TEXT_SIZE];
	char	 at[TIME_TEXT_SIZE], after[TIME_TEXT_SIZE];

	snprintf(text, sizeof(text), "cleared %s at %s after %s",
	    s->names[a->watch], time_text(a->time[0], at),
	    time_text(a->time[1], after));
	return (expect_event(s, text));
}

static bool
run_expect_nothing(struct story *s, const struct args *a)
{
	char	 text[EVENT_TEXT_SIZE];

	(void)a;
	if (!judge(s, s->now))
		return (false);
	if (s->npending > 0)
		return (fault(s, "unexpected: %s", event_text(s,
		    &s->pending[0].event, text)));
	return (true);
}

static bool
run_expect_state(struct story *s, const struct args *a)
{
	static const char *const	 states[] = {
		[DETECT_STARTING] = "starting", [DETECT_ALIVE] = "alive",
		[DETECT_LATE] = "late", [DETECT_INTERRUPTED] = "interrupted",
		[DETECT_BLIND] = "blind", [DETECT_DISABLED] = "disabled",
	};
	const struct detect_watch	*w = &s->watches[a->watch];
	const char			*state;

	if (!judge(s, s->now))
		return (false);
	state = states[detect_state(w, s->source_list[w->source], s->now)];
	if (strcmp(state, a->word) != 0)
		return (fault(s, "%s is %s; expected %s", s->names[a->watch],
		    state, a->word));
	return (true);
}

/* The detail of the watch's first event that is pending, or else as it is. */
static const char *
detail(const struct story *s, uint32_t watch)
{
	static char		 text[ALARM_DETAIL_SIZE];
	const struct alarm	*a = &s->alarms[watch];

	if (s->npending > 0 && s->pending[0].event.watch == watch)
		a = &s->pending[0].alarm;
	return (alarm_detail(a, s->configs[watch], text));
}

static bool
run_expect_detail(struct story *s, const struct args *a)
{
	if (!judge(s, s->now))
		return (false);
	if (strstr(detail(s, a->watch), a->word) == NULL)
		return (fault(s, "\"%s\" is not in \"%s\"", a->word,
		    detail(s, a->watch)));
	return (true);
}

static bool
run_expect_no_detail(struct story *s, const struct args *a)
{
	if (!judge(s, s->now))
		return (false);
	if (strstr(detail(s, a->watch), a->word) != NULL)
		return (fault(s, "\"%s\" is in \"%s\"", a->word,
		    detail(s, a->watch)));
	return (true);
}

static bool
expect_time(struct story *s, const char *what, int64_t ns, int64_t expected)
{
	char	 a[TIME_TEXT_SIZE], b[TIME_TEXT_SIZE];

	if (ns == expected)
		return (true);
	return (fault(s, "%s is %s; expected %s", what, time_text(ns, a),
	    time_text(expected, b)));
}

static bool
run_expect_interval(struct story *s, const struct args *a)
{
	return (expect_time(s, "the interval",
	    detect_interval_ns(&s->watches[a->watch]), a->time[0]));
}

static bool
run_expect_jitter(struct story *s, const struct args *a)
{
	return (expect_time(s, "the jitter", 
	    detect_jitter_ns(&s->watches[a->watch]), a->time[0]));
}

static bool
run_expect_gap(struct story *s, const struct args *a)
{
	return (expect_time(s, "the longest gap",
	    detect_longest_gap_ns(&s->watches[a->watch]), a->time[0]));
}

static bool
run_expect_silence(struct story *s, const struct args *a)
{
	return (expect_time(s, "the silence",
	    detect_silence_ns(&s->watches[a->watch], s->now), a->time[0]));
}

static bool
expect_number(struct story *s, uint64_t n, uint64_t expected)
{
	if (n == expected)
		return (true);
	return (fault(s, "they are %" PRIu64 "; expected %" PRIu64, n,
	    expected));
}

static bool
run_expect_heartbeats(struct story *s, const struct args *a)
{
	return (expect_number(s, s->watches[a->watch].heartbeats, a->number));
}

/* The detector's count and the alarm's are one. */
static bool
run_expect_interruptions(struct story *s, const struct args *a)
{
	return (expect_number(s, detect_interruptions(&s->watches[a->watch]),
	    a->number) &&
	    expect_number(s, s->alarms[a->watch].count, a->number));
}

/* ---- the story */

static const struct statement	 statements[] = {
	{ "source SOURCE",			 run_source },
	{ "watch WORD interruption TIME ...",	 run_watch },
	{ "heartbeat WATCH",			 run_heartbeat },
	{ "heartbeat WATCH stamped TIME",	 run_heartbeat_stamped },
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
	{ "watcher sleeps",			 run_sleep },
	{ "watcher wakes",			 run_wake },
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
	{ "expect interval WATCH TIME",		 run_expect_interval },
	{ "expect jitter WATCH TIME",		 run_expect_jitter },
	{ "expect longest gap WATCH TIME",	 run_expect_gap },
	{ "expect silence WATCH TIME",		 run_expect_silence },
};

#define STATEMENTS	(sizeof(statements) / sizeof(statements[0]))

static bool
run_statement(struct story *s, char **words, size_t n)
{
	struct args	 a = { 0 };
	size_t		 i;

	for (i = 0; i < STATEMENTS; i++)
		if (fits(s, statements[i].pattern, words, n, NULL))
			break;
	if (i == STATEMENTS)
		return (fault(s, "there is no such statement: %s …",
		    n > 0 ? words[0] : ""));
	if (strstr(statements[i].pattern, "SOURCE") == NULL &&
	    !add_source(s, "eth0", &a.source))
		return (false);
	return (fits(s, statements[i].pattern, words, n, &a) &&
	    statements[i].run(s, &a) && s->fault[0] == '\0');
}

static bool
run_every(struct story *s, char **words, size_t n)
{
	struct args	 a = { 0 };
	int64_t		 ns;

	if (!fits(s, "from TIME to TIME every TIME ...", words, n, &a))
		return (false);
	if (a.time[2] <= 0)
		return (fault(s, "%s is no step", words[5]));
	for (ns = a.time[0]; ns <= a.time[1]; ns += a.time[2])
		if (!move_to(s, ns) || !run_statement(s, a.rest, a.nrest))
			return (false);
	return (true);
}

static bool
run_at(struct story *s, char **words, size_t n)
{
	struct args	 a = { 0 };

	return (fits(s, "at TIME ...", words, n, &a) &&
	    move_to(s, a.time[0]) && run_statement(s, a.rest, a.nrest));
}

/* Before anything else happens, what happened has to be expected. */
static bool
run_line(struct story *s, char *line)
{
	char	*words[WORDS], text[EVENT_TEXT_SIZE];
	size_t	 n = split(line, words);
	bool	 at = fits(s, "at TIME ...", words, n, NULL);

	if (n == 0)
		return (true);
	if (strcmp(words[at && n > 2 ? 2 : 0], "expect") != 0 &&
	    s->npending > 0)
		return (fault(s, "unexpected: %s", event_text(s,
		    &s->pending[0].event, text)));
	if (at)
		return (run_at(s, words, n));
	if (fits(s, "from TIME to TIME every TIME ...", words, n, NULL))
		return (run_every(s, words, n));
	return (run_statement(s, words, n));
}

static void
story_free(struct story *s)
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

/* Copies how the story is to fail, "" where it is not, to `failure`. */
static void
read_story(struct story *s, FILE *stream, char *failure, size_t size)
{
	char	*line = NULL;
	size_t	 capacity = 0;
	bool	 fine = true;

	failure[0] = '\0';
	while (fine && getline(&line, &capacity, stream) != -1) {
		s->line++;
		if (s->line == 1 && strncmp(line, FAILS, strlen(FAILS)) == 0)
			snprintf(failure, size, "%.*s",
			    (int)strcspn(line + strlen(FAILS), "\n"),
			    line + strlen(FAILS));
		fine = run_line(s, line);
	}
	if (fine)
		run_expect_nothing(s, NULL);
	free(line);
}

static bool
tell(const char *file, int number)
{
	struct story	*s;
	char		 failure[sizeof(s->fault)];
	FILE		*stream;
	bool		 fine;

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
		read_story(s, stream, failure, sizeof(failure));
	fclose(stream);
	fine = strcmp(s->fault, failure) == 0;
	printf("%sok %d - %s\n", fine ? "" : "not ", number, file);
	if (!fine && s->fault[0] != '\0')
		printf("# %s:%s\n", file, s->fault);
	if (!fine && failure[0] != '\0')
		printf("# %s: it should fail so: %s\n", file, failure);
	story_free(s);
	return (fine);
}

static int
tell_all(char *const *files, size_t n)
{
	size_t	 i;
	int	 status = 0;

	printf("1..%zu\n", n);
	for (i = 0; i < n; i++)
		if (!tell(files[i], (int)i + 1))
			status = 1;
	return (status);
}

/* The stories named, or else those of the source tree: `srcdir`. */
int
main(int argc, char *argv[])
{
	const char	*srcdir = getenv("srcdir");
	char		 pattern[4096];
	glob_t		 found;
	int		 status;

	if (argc > 1)
		return (tell_all(argv + 1, (size_t)argc - 1));
	snprintf(pattern, sizeof(pattern), "%s/tests/scenario/stories/*.scn",
	    srcdir != NULL ? srcdir : ".");
	if (glob(pattern, 0, NULL, &found) != 0) {
		printf("Bail out! no stories: %s\n", pattern);
		return (1);
	}
	snprintf(pattern, sizeof(pattern), "%s/tests/scenario/stories/failing/*.scn",
	    srcdir != NULL ? srcdir : ".");
	if (glob(pattern, GLOB_APPEND, NULL, &found) != 0) {
		printf("Bail out! no stories: %s\n", pattern);
		return (1);
	}
	status = tell_all(found.gl_pathv, found.gl_pathc);
	globfree(&found);
	return (status);
}
