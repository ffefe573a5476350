/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/versioned.h"
#include "detect/detect.h"
#include "detect/detect_count.h"
#include "detect/detect_interval.h"

_Static_assert(sizeof(struct detect_watch) == 128, "two cache lines");
_Static_assert(offsetof(struct detect_watch, intervals) == 64, "second line");

/* An `interruption` of three intervals is not short for 1/100 of jitter. */
#define TOLERANCE_SHARE	100

/* Entries of the heap that detect_next_raise examines: four levels. */
#define NEXT_ENTRIES	15

void
detect_watch_read(const struct detect_watch *w, struct detect_watch *copy)
{
	versioned_read(&w->version, w, copy, sizeof(*copy));
}

void
detect_watch_configure(struct detect_watch *w, uint32_t source,
    int64_t interruption_ns, uint32_t recovery, bool enabled)
{
	w->source = source;
	w->interruption_ns = (uint64_t)interruption_ns;
	w->recovery = recovery;
	w->enabled = enabled;
}

void
detect_watch_begin(struct detect_watch *w, struct mono_time now)
{
	memset(w, 0, sizeof(*w));
	w->last = now;
}

void
detect_watch_set_blind(struct detect_watch *w, bool blind,
    struct mono_time now)
{
	if (w->blind == blind)
		return;
	versioned_write_begin(&w->version);
	w->blind = blind;
	if (!blind) {
		w->last = now;
		w->received = false;
	}
	versioned_write_end(&w->version);
}

void
detect_watch_restore(struct detect_watch *w, uint32_t transitions, bool raised,
    struct mono_time raised_at, struct wall_time last)
{
	w->transitions = transitions + (raised && !w->enabled);
	w->raised = raised && w->enabled;
	w->raised_at = raised_at;
	w->last_wall = last;
}

/* The start of the monitored silence. */
static struct mono_time
silent_since(const struct detect_watch *w, const struct detect_source *source)
{
	return (mono_max(w->last, source->since));
}

static struct mono_time
deadline(const struct detect_watch *w, const struct detect_source *source)
{
	return (mono_add(silent_since(w, source),
	    (int64_t)w->interruption_ns));
}

/* When the alarm is raised. */
static struct mono_time
raise_due(const struct detect *d, uint32_t i)
{
	const struct detect_watch	*w = &d->watches[i];
	struct mono_time		 due = deadline(w,
	    d->sources[w->source]);

	return (d->hold_downs_ns == NULL ? due :
	    mono_add(due, d->hold_downs_ns[i]));
}

/* No watch is late before this time. */
static struct mono_time
earliest_late(const struct detect_watch *w, const struct detect_source *source)
{
	return (mono_add(silent_since(w, source),
	    (int64_t)w->interruption_ns / 2));
}

static inline bool
bit_is_set(const uint64_t *bits, uint32_t i)
{
	return ((bits[i / 64] >> i % 64 & 1) != 0);
}

static inline void
bit_set(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= UINT64_C(1) << i % 64;
}

static inline void
bit_clear(uint64_t *bits, uint32_t i)
{
	bits[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* Adds the deadline of a watch, unless it has none or it is already there. */
static void
schedule(struct detect *d, uint32_t i)
{
	struct detect_watch		*w = &d->watches[i];
	const struct detect_source	*source;

	if (!w->enabled || w->raised || bit_is_set(d->scheduled, i))
		return;
	bit_set(d->scheduled, i);
	source = d->sources[w->source];
	heap_push(&d->deadlines, d->late == NULL ? deadline(w, source) :
	    earliest_late(w, source), i);
}

static void
remove_top(struct detect *d)
{
	uint32_t	 i = heap_top(&d->deadlines)->item;

	bit_clear(d->scheduled, i);
	if (d->late != NULL)
		bit_clear(d->reported, i);
	heap_pop(&d->deadlines);
}

void
detect_watch_sanitize(struct detect_watch *w)
{
	/* The writer may have been killed before it counted a transition. */
	if (w->raised != (w->transitions % 2 != 0))
		w->transitions++;
	versioned_repair(&w->version);
}

bool
detect_init(struct detect *d, struct detect_watch *watches, size_t nwatches,
    struct detect_source *const *sources, detect_emit *emit, void *arg)
{
	uint32_t	 i;

	*d = (struct detect){
		.watches = watches, .sources = sources, .emit = emit,
		.arg = arg,
	};
	d->scheduled = calloc(nwatches / 64 + 1, sizeof(*d->scheduled));
	d->contents = calloc(nwatches + 1, sizeof(*d->contents));
	d->copies = calloc(1, sizeof(*d->copies));
	if (d->scheduled == NULL || d->contents == NULL || d->copies == NULL ||
	    !heap_init(&d->deadlines, nwatches)) {
		detect_free(d);
		return (false);
	}
	for (i = 0; i < nwatches; i++) {
		detect_watch_sanitize(&watches[i]);
		schedule(d, i);
	}
	detect_count_watches(d, nwatches);
	return (true);
}

void
detect_free(struct detect *d)
{
	heap_free(&d->deadlines);
	free(d->scheduled);
	free(d->reported);
	free(d->contents);
	free(d->hold_downs_ns);
	free(d->copies);
	*d = (struct detect){ .watches = NULL };
}

bool
detect_report_late(struct detect *d, detect_late *late, void *arg)
{
	size_t		 words = d->deadlines.capacity / 64 + 1;
	uint32_t	 i;

	d->reported = calloc(words, sizeof(*d->reported));
	if (d->reported == NULL)
		return (false);
	d->late = late;
	d->late_arg = arg;
	/* The watches that are scheduled already are checked earlier. */
	d->deadlines.count = 0;
	memset(d->scheduled, 0, words * sizeof(*d->scheduled));
	for (i = 0; i < d->deadlines.capacity; i++)
		schedule(d, i);
	return (true);
}

bool
detect_hold_down(struct detect *d, uint32_t i, int64_t ns)
{
	if (d->hold_downs_ns == NULL && ns > 0) {
		d->hold_downs_ns = calloc(d->deadlines.capacity,
		    sizeof(*d->hold_downs_ns));
		if (d->hold_downs_ns == NULL)
			return (false);
	}
	if (d->hold_downs_ns != NULL)
		d->hold_downs_ns[i] = ns;
	return (true);
}

static void
raise_alarm(struct detect *d, uint32_t i, struct mono_time at)
{
	struct detect_watch		*w = &d->watches[i];
	struct detect_source		*source = d->sources[w->source];
	struct detect_event		 event = {
		.transition = DETECT_RAISED, .watch = i,
		.number = w->transitions + 1, .at = at,
		.last_heartbeat = w->received ? w->last_wall : WALL_NEVER,
		.silence_ns = (int64_t)w->interruption_ns +
		    (d->hold_downs_ns == NULL ? 0 : d->hold_downs_ns[i]),
		.received = w->received,
		.stopping = w->stopping,
		.lossy = !mono_before(source->last_loss,
		    silent_since(w, source)),
		.link_down = source->link_down,
	};

	w->raised = true;
	w->raised_at = at;
	w->recovered = 0;
	w->transitions++;
	source->interrupted++;
	source->alive -= w->received;
	d->emit(d->arg, &event);
}

static void
clear_alarm(struct detect *d, uint32_t i, struct mono_time at)
{
	struct detect_watch	*w = &d->watches[i];
	struct detect_source	*source = d->sources[w->source];
	struct detect_event	 event = {
		.transition = DETECT_CLEARED, .watch = i,
		.number = w->transitions + 1, .at = at,
		.last_heartbeat = w->last_wall,
		.duration_ns = mono_sub(at, w->raised_at),
	};

	w->raised = false;
	w->stopping = false;
	w->transitions++;
	source->interrupted--;
	source->alive++;
	d->emit(d->arg, &event);
}

static bool
is_short(const struct detect_watch *w, size_t max)
{
	int64_t	 interruption_ns = (int64_t)w->interruption_ns;
	int64_t	 safe_ns;

	if (w->intervals[DETECT_LEARNED - 1] == 0)
		return (w->intervals[0] == 0 &&
		    w->heartbeats > DETECT_LEARNED &&
		    detect_longest_gap_ns(w) > interruption_ns);
	safe_ns = DETECT_SAFE_INTERVALS *
	    detect_interval_learned_ns(w, max);
	return (interruption_ns < safe_ns - safe_ns / TOLERANCE_SHARE);
}

/*
 * True when the learned interval becomes reliable with this one.  The first
 * intervals of three senders that send together are mostly short.  So it is
 * also true when the ring is full, if only then `interruption` is too short.
 */
static bool
record_interval(struct detect_watch *w, int64_t interval_ns)
{
	int64_t		 units = interval_ns / DETECT_UNIT_NS + 1;
	uint32_t	 interval, previous;
	float		 change_ns;
	bool		 first;

	/* An interval of 24 h, the longest `interruption`, fits. */
	interval = units < UINT32_MAX ? (uint32_t)units : UINT32_MAX;
	previous = w->intervals[(w->oldest + DETECT_INTERVALS - 1) %
	    DETECT_INTERVALS];
	if (previous != 0) {
		change_ns = (float)(interval > previous ?
		    interval - previous : previous - interval) *
		    (float)DETECT_UNIT_NS;
		w->jitter_ns += (change_ns - w->jitter_ns) / 16;
	}
	first = w->intervals[w->oldest] == 0;
	w->intervals[w->oldest] = interval;
	w->oldest = (w->oldest + 1) % DETECT_INTERVALS;
	return (first && (w->oldest == DETECT_LEARNED || (w->oldest == 0 &&
	    is_short(w, DETECT_INTERVALS) && !is_short(w, DETECT_LEARNED))));
}

/*
 * Records the time between two heartbeats.  All of it must be monitored.
 * Returns what record_interval does.
 */
static bool
record_gap(struct detect_watch *w, int64_t gap_ns)
{
	int64_t	 gap_ms = (gap_ns + NSEC_PER_MSEC / 2) / NSEC_PER_MSEC;

	if (gap_ms > w->longest_gap_ms)
		w->longest_gap_ms = gap_ms < UINT32_MAX ? (uint32_t)gap_ms :
		    UINT32_MAX;
	/* An interruption is not an interval of the peer. */
	return (gap_ns <= (int64_t)w->interruption_ns &&
	    record_interval(w, gap_ns));
}

static bool
stop_grace_is_over(const struct detect_watch *w, struct mono_time at)
{
	const int	 high = 64 - DETECT_STOPPING_BITS;
	uint64_t	 ms = (uint64_t)(at.ns / NSEC_PER_MSEC);

	/* Only low bits are stored: take the difference as a signed number. */
	return ((int64_t)((ms - w->stopping_ms) << high) >> high >
	    DETECT_STOP_GRACE_NS / NSEC_PER_MSEC);
}

bool
detect_heartbeat(struct detect *d, uint32_t i, struct mono_time at,
    struct wall_time wall)
{
	struct detect_watch		*w = &d->watches[i];
	struct detect_source		*source;
	int64_t				 gap_ns;
	bool				 learned = false;

	if (!w->enabled || w->blind)
		return (false);
	source = d->sources[w->source];
	if (w->received)
		at = mono_max(at, w->last);
	if (w->raised)
		at = mono_max(at, w->raised_at);
	gap_ns = w->received ? mono_sub(at, w->last) : INT64_MAX;
	versioned_write_begin(&w->version);
	if (!w->raised && !source->blind &&
	    mono_before(deadline(w, source), at) &&
	    mono_before(raise_due(d, i), at))
		raise_alarm(d, i, raise_due(d, i));
	if (!w->received) {
		w->received = true;
		source->alive += !w->raised;
	} else if (!mono_before(w->last, source->since)) {
		learned = record_gap(w, gap_ns);
	}
	if (w->stopping && stop_grace_is_over(w, at))
		w->stopping = false;
	w->last = at;
	w->last_wall = wall;
	w->heartbeats++;
	if (w->raised) {
		if (gap_ns > (int64_t)w->interruption_ns)
			w->recovered = 0;
		if (++w->recovered >= w->recovery)
			clear_alarm(d, i, at);
	}
	versioned_write_end(&w->version);
	schedule(d, i);
	return (learned || (w->heartbeats == DETECT_LEARNED + 1 &&
	    w->intervals[0] == 0));
}

/* The key of a heartbeat in `copies`, which all watches share. */
static uint64_t
copy_key(uint32_t watch, uint32_t content)
{
	return (hash_word(content, (uint64_t)watch << 32));
}

static bool
was_received(const struct detect *d, uint32_t i, uint32_t content,
    struct mono_time at)
{
	const struct detect_watch	*w = &d->watches[i];
	int64_t				 age_ns = mono_sub(at, w->last);
	int64_t				 interval_ns;

	if (d->contents[i] != content || age_ns <= -DETECT_COPY_NS)
		age_ns = copy_table_age(d->copies, copy_key(i, content), at.ns);
	if (age_ns == INT64_MAX)
		return (false);
	interval_ns = detect_interval_ns(w);
	return (interval_ns == 0 || age_ns < interval_ns / DETECT_COPY_SHARE);
}

/* detect_is_copy soon after the last heartbeat; not inlined, as it is rare. */
static bool __attribute__((noinline))
is_copy_in_window(struct detect *d, uint32_t i, uint32_t content,
    struct mono_time at)
{
	if (was_received(d, i, content, at))
		return (true);
	copy_table_add(d->copies, copy_key(i, d->contents[i]),
	    d->watches[i].last.ns);
	d->contents[i] = content;
	return (false);
}

bool
detect_is_copy(struct detect *d, uint32_t i, uint64_t content,
    struct mono_time at)
{
	uint32_t	 half = (uint32_t)content;

	/* After the window there can be no copy of an earlier heartbeat. */
	if (mono_sub(at, d->watches[i].last) < DETECT_COPY_NS)
		return (is_copy_in_window(d, i, half, at));
	d->contents[i] = half;
	return (false);
}

void
detect_stopping(struct detect *d, uint32_t i, struct mono_time at)
{
	struct detect_watch	*w = &d->watches[i];

	versioned_write_begin(&w->version);
	w->stopping = true;
	w->stopping_ms = (uint64_t)(at.ns / NSEC_PER_MSEC);
	versioned_write_end(&w->version);
}

static int64_t
late_ns(const struct detect_watch *w)
{
	int64_t	 interruption_ns = (int64_t)w->interruption_ns;
	int64_t	 silence_ns = DETECT_LATE_INTERVALS * detect_interval_ns(w);
	int64_t	 latest_ns = interruption_ns - interruption_ns / 10;

	if (silence_ns > latest_ns)
		silence_ns = latest_ns;
	return (silence_ns > interruption_ns / 2 ? silence_ns :
	    interruption_ns / 2);
}

/*
 * Reports a watch that is late, and returns when to check it next; `due` is
 * when its alarm is raised, which is not the time of the top of the heap.
 */
static struct mono_time
check_late(struct detect *d, uint32_t i, struct mono_time due,
    struct mono_time now)
{
	const struct detect_watch	*w = &d->watches[i];
	const struct detect_source	*source = d->sources[w->source];
	struct mono_time		 late = earliest_late(w, source);
	int64_t				 half_ns = w->interruption_ns / 2;

	/* If it was reported in an earlier silence, it was before this one. */
	if (bit_is_set(d->reported, i) && !mono_before(silent_since(w, source),
	    mono_add(heap_top(&d->deadlines)->due, -half_ns)))
		bit_clear(d->reported, i);
	if (!bit_is_set(d->reported, i)) {
		/* To compare costs less than to learn the interval. */
		if (mono_before(now, late))
			return (late);
		late = mono_add(silent_since(w, source), late_ns(w));
		if (mono_before(now, late))
			return (late);
		bit_set(d->reported, i);
		d->late(d->late_arg, i, now);
	}
	/* During a hold-down, another silence may begin and become late. */
	return (mono_min(due, mono_add(now, half_ns)));
}

/* The watch at the top cannot receive: it is neither late nor overdue. */
static void
defer_blind(struct detect *d, struct mono_time now)
{
	uint32_t	 i = heap_top(&d->deadlines)->item;
	int64_t		 ns = (int64_t)d->watches[i].interruption_ns;

	if (d->late != NULL) {
		bit_clear(d->reported, i);
		ns /= 2;
	}
	/* When it is no longer blind, it is not due earlier. */
	heap_defer_top(&d->deadlines, mono_add(now, ns));
}

/*
 * Checks the top of the heap, which is due.  The alarm may be due later,
 * because a heartbeat does not move the entry: this check costs less.
 * False when the entry was postponed or removed.
 */
static bool
top_is_overdue(struct detect *d, struct mono_time now)
{
	const struct heap_entry		*top = heap_top(&d->deadlines);
	const struct detect_watch	*w = &d->watches[top->item];
	const struct detect_source	*source = d->sources[w->source];
	struct mono_time		 due = raise_due(d, top->item);

	if (w->raised) {
		remove_top(d);
	} else if (source->blind || w->blind) {
		defer_blind(d, now);
	} else if (mono_before(top->due, due)) {
		if (d->late != NULL)
			due = check_late(d, top->item, due, now);
		heap_defer_top(&d->deadlines, due);
	} else {
		return (true);
	}
	return (false);
}

bool
detect_overdue(struct detect *d, struct mono_time now)
{
	const struct heap_entry	*top;

	while ((top = heap_top(&d->deadlines)) != NULL &&
	    !mono_before(now, top->due))
		if (top_is_overdue(d, now))
			return (true);
	return (false);
}

void
detect_advance(struct detect *d, struct mono_time now)
{
	struct detect_watch	*w;
	uint32_t		 i;

	while (detect_overdue(d, now)) {
		i = heap_top(&d->deadlines)->item;
		w = &d->watches[i];
		remove_top(d);
		versioned_write_begin(&w->version);
		raise_alarm(d, i, raise_due(d, i));
		versioned_write_end(&w->version);
	}
}

struct mono_time
detect_next(const struct detect *d)
{
	const struct heap_entry	*top = heap_top(&d->deadlines);

	return (top == NULL ? MONO_NEVER : top->due);
}

static bool
may_raise(const struct detect *d, uint32_t i)
{
	const struct detect_watch	*w = &d->watches[i];

	return (!w->raised && !w->blind && !d->sources[w->source]->blind);
}

struct mono_time
detect_next_raise(const struct detect *d, struct mono_time now,
    struct mono_time limit, uint32_t *watch)
{
	const struct heap_entry	*e = heap_top(&d->deadlines);
	struct mono_time	 due, next = MONO_NEVER;
	size_t			 i, n = d->deadlines.count;

	if (n == 0 || !mono_before(e->due, limit))
		return (MONO_NEVER);
	for (i = 0; i < n && i < NEXT_ENTRIES; i++, e++) {
		/* Its row is not read without need. */
		if (!mono_before(e->due, limit) || !may_raise(d, e->item))
			continue;
		due = raise_due(d, e->item);
		if (mono_before(now, due) && mono_before(due, limit) &&
		    mono_before(due, next)) {
			next = due;
			*watch = e->item;
		}
	}
	return (next);
}

void
detect_source_begin(struct detect_source *source, struct mono_time now)
{
	*source = (struct detect_source){
		.since = now, .last_loss = { INT64_MIN },
	};
}

void
detect_source_resume(struct detect_source *source, struct mono_time now)
{
	source->since = mono_max(source->since, now);
}

enum detect_state
detect_state(const struct detect_watch *w, const struct detect_source *source,
    struct mono_time now)
{
	int64_t	 silence_ns, interval_ns;

	if (!w->enabled)
		return (DETECT_DISABLED);
	if (source->blind || w->blind)
		return (DETECT_BLIND);
	if (w->raised)
		return (DETECT_INTERRUPTED);
	silence_ns = mono_sub(now, silent_since(w, source));
	if (silence_ns >= (int64_t)w->interruption_ns)
		return (DETECT_LATE);
	if (!w->received)
		return (DETECT_STARTING);
	/* To find the median takes long, and it is not below the shortest. */
	if (silence_ns <= DETECT_LATE_INTERVALS *
	    detect_interval_shortest_ns(w))
		return (DETECT_ALIVE);
	interval_ns = detect_interval_ns(w);
	if (interval_ns > 0 && silence_ns > DETECT_LATE_INTERVALS * interval_ns)
		return (DETECT_LATE);
	return (DETECT_ALIVE);
}

int64_t
detect_interval_ns(const struct detect_watch *w)
{
	return (detect_interval_learned_ns(w, DETECT_INTERVALS));
}

bool
detect_interruption_is_short(const struct detect_watch *w)
{
	return (is_short(w, DETECT_INTERVALS));
}

int64_t
detect_jitter_ns(const struct detect_watch *w)
{
	return ((int64_t)w->jitter_ns);
}

int64_t
detect_longest_gap_ns(const struct detect_watch *w)
{
	return (w->longest_gap_ms * NSEC_PER_MSEC);
}

int64_t
detect_silence_ns(const struct detect_watch *w, struct mono_time now)
{
	int64_t	 ns = mono_sub(now, w->last);

	return (ns > 0 ? ns : 0);
}

uint32_t
detect_interruptions(const struct detect_watch *w)
{
	return (w->transitions / 2 + w->transitions % 2);
}

const char *
detect_state_text(enum detect_state state)
{
	static const char *const	 texts[] = {
		[DETECT_STARTING] = "starting",
		[DETECT_ALIVE] = "alive",
		[DETECT_LATE] = "late",
		[DETECT_INTERRUPTED] = "interrupted",
		[DETECT_BLIND] = "blind",
		[DETECT_DISABLED] = "disabled",
	};

	return (texts[state]);
}
