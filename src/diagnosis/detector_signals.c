/* SPDX-License-Identifier: BSD-2-Clause */
#include "diagnosis/detector_signals.h"

/* The interval before the i-th latest heartbeat; 0: not recorded. */
static int64_t
interval_before(const struct detect_watch *w, unsigned i)
{
	uint32_t	 interval;

	interval = w->intervals[(w->oldest + DETECT_INTERVALS - 1 - i) %
	    DETECT_INTERVALS];
	return (interval == 0 ? 0 : (interval - 1) * DETECT_UNIT_NS);
}

void
detector_signals_thinned(const struct detect_watch *w,
    struct evidence_signal *signal)
{
	int64_t		 learned = detect_interval_ns(w), sum = 0, interval;
	uint32_t	 expected = 0, missing = 0, n;
	unsigned	 i;

	*signal = (struct evidence_signal){ .state = EVIDENCE_UNKNOWN };
	if (learned <= 0)
		return;
	for (i = 0; i < DETECT_INTERVALS &&
	    sum < DETECTOR_SIGNALS_WINDOW_NS; i++) {
		interval = interval_before(w, i);
		if (interval == 0)
			break;
		n = (uint32_t)((interval + learned / 2) / learned);
		expected += n;
		missing += n > 1 ? n - 1 : 0;
		sum += interval;
	}
	if (i < DETECT_LEARNED)
		return;
	signal->count = missing;
	signal->state = missing * DETECTOR_SIGNALS_MISSING > expected ?
	    EVIDENCE_PRESENT : EVIDENCE_ABSENT;
	if (signal->state == EVIDENCE_PRESENT)
		signal->at = w->last_wall;
}

/* How another watch is: it shows something only if it was received lately. */
enum state {
	STATE_IGNORED,
	STATE_UNDECIDED,	/* it may still be received */
	STATE_ALIVE,		/* received after `last` */
	STATE_SILENT,		/* received until about `last`, not after it */
};

static enum state
state_of(const struct detect_watch *w, const struct detect_source *source,
    struct mono_time last, struct mono_time now)
{
	enum detect_state	 state = detect_state(w, source, now);

	if (!w->received || w->blind || !w->enabled)
		return (STATE_IGNORED);
	if (state == DETECT_ALIVE)
		return (mono_before(last, w->last) ? STATE_ALIVE :
		    STATE_UNDECIDED);
	if ((state == DETECT_LATE || state == DETECT_INTERRUPTED) &&
	    mono_before(mono_add(last, -DETECTOR_SIGNALS_WINDOW_NS), w->last))
		return (STATE_SILENT);
	return (STATE_IGNORED);
}

/* True when both watches are about the same node, or may be. */
static bool
same_peer(const struct configuration_watch *a,
    const struct configuration_watch *b)
{
	return (a->peer.family == ADDR_NONE || b->peer.family == ADDR_NONE ||
	    addr_equal(&a->peer, &b->peer));
}

void
detector_signals_alive(const struct detector_signals_others *o, uint32_t watch,
    struct mono_time last, struct mono_time now,
    struct evidence_signal *signal)
{
	const struct detect_watch	*w;
	size_t				 i;
	unsigned			 found[STATE_SILENT + 1] = { 0 };
	enum state			 one;

	*signal = (struct evidence_signal){ .state = EVIDENCE_UNKNOWN };
	for (i = 0; i < o->nothers; i++) {
		if (o->others[i] == watch)
			continue;
		w = &o->watches[o->others[i]];
		one = state_of(w, o->source, last, now);
		/* Only those that are alive are counted. */
		if (one == STATE_IGNORED ||
		    (one != STATE_ALIVE && found[one] > 0) ||
		    same_peer(o->config->watches[o->others[i]],
		    o->config->watches[watch]))
			continue;
		found[one]++;
		if (one == STATE_ALIVE &&
		    wall_sub(w->last_wall, signal->at) > 0)
			signal->at = w->last_wall;
	}
	signal->count = found[STATE_ALIVE];
	if (found[STATE_ALIVE] > 0)
		signal->state = EVIDENCE_PRESENT;
	else if (found[STATE_SILENT] > 0 && found[STATE_UNDECIDED] == 0)
		signal->state = EVIDENCE_ABSENT;
}
