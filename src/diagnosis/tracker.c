/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "diagnosis/detector_signals.h"
#include "diagnosis/diagnosis_frame.h"
#include "diagnosis/tracker.h"

/* The time between two calls of tracker_advance, while a case gets records. */
#define FEED_NS		(10 * NSEC_PER_MSEC)
/* A new case has all frames of its peer after this time. */
#define WIDEN_NS	(200 * NSEC_PER_MSEC)
/* The same while a case is observed. */
#define OBSERVE_NS	(100 * NSEC_PER_MSEC)
/* A case is observed for this long after its raise or clear. */
#define OBSERVED_NS	(60 * NSEC_PER_SEC)
/* The shortest time between two reports of changed evidence. */
#define CHANGE_NS	NSEC_PER_SEC

/* The evidence on at most this many watches without a case a second. */
#define OTHERS_BURST	64

struct tracker_case {
	bool			 raised;
	bool			 cleared;	/* after a raise */
	/* It lags: records of the ring from `position` on are missing. */
	bool			 lags;
	uint64_t		 position;
	struct mono_time	 since;		/* the last heartbeat */
	struct mono_time	 changed;	/* begin, raise or clear */
	struct wall_time	 raised_wall;
	struct mono_time	 sent;		/* last tracker_evidence */
	struct evidence_signal	 thinned;	/* when the silence began */
	/* As in the last tracker_evidence; by number. */
	uint8_t			 state[EVIDENCE_MAX + 1];
	uint8_t			 code[EVIDENCE_MAX + 1];
	uint16_t		 flags;
	struct collector	 collector;
};

/* ---- begin and end */

static bool
is_other(const struct tracker *t, size_t i)
{
	const struct detect_watch	*w = &t->setting.watches[i];

	return (w->enabled && (t->setting.position == UINT32_MAX ||
	    w->source == t->setting.position));
}

/* Lists the watches of the interface, or every n-th of them. */
static void
list_others(struct tracker *t, size_t nwatches)
{
	size_t	 i, n = 0, step = (nwatches + TRACKER_OTHERS - 1) /
		    TRACKER_OTHERS;

	for (i = 0; i < t->setting.config->nwatches; i++)
		if (is_other(t, i) && n++ % step == 0)
			t->others[t->nothers++] = (uint32_t)i;
}

bool
tracker_init(struct tracker *t, const struct tracker_setting *setting,
    const struct evidence_ring *ring)
{
	size_t	 i, nwatches = 0;

	*t = (struct tracker){ .setting = *setting, .ring = *ring };
	for (i = 0; i < setting->config->nwatches; i++)
		nwatches += is_other(t, i);
	t->cases_max = nwatches < TRACKER_CASES ? nwatches : TRACKER_CASES;
	t->cases = calloc(t->cases_max > 0 ? t->cases_max : 1,
	    sizeof(*t->cases));
	t->others = calloc((nwatches < TRACKER_OTHERS ? nwatches :
	    TRACKER_OTHERS) + 1, sizeof(*t->others));
	if (t->cases == NULL || t->others == NULL) {
		tracker_free(t);
		return (false);
	}
	list_others(t, nwatches);
	return (true);
}

void
tracker_free(struct tracker *t)
{
	free(t->cases);
	free(t->others);
	t->cases = NULL;
	t->others = NULL;
}

/* ---- cases */

static struct tracker_case *
find_case(const struct tracker *t, uint32_t watch)
{
	size_t	 i;

	for (i = 0; i < t->ncases && tracker_may_have(t, watch); i++)
		if (t->case_watches[i] == watch)
			return (&t->cases[i]);
	return (NULL);
}

static void
end_case(struct tracker *t, struct tracker_case *c)
{
	size_t	 i;

	t->case_watches[c - t->cases] = t->case_watches[--t->ncases];
	*c = t->cases[t->ncases];
	t->open = 0;
	for (i = 0; i < t->ncases; i++)
		t->open |= UINT64_C(1) << t->case_watches[i] % 64;
}

/* True while signals may still change the verdict. */
static bool
is_observed(const struct tracker_case *c, struct mono_time now)
{
	return (mono_sub(now, c->changed) < OBSERVED_NS ||
	    (!c->raised && !c->cleared));
}

/* A place for a case; NULL: all are used by cases that are observed. */
static struct tracker_case *
free_case(struct tracker *t, struct mono_time now)
{
	struct tracker_case	*oldest = NULL, *c;
	size_t			 i;

	if (t->ncases < t->cases_max)
		return (&t->cases[t->ncases++]);
	for (i = 0; i < t->ncases; i++) {
		c = &t->cases[i];
		if (!is_observed(c, now) && (oldest == NULL ||
		    mono_before(c->changed, oldest->changed)))
			oldest = c;
	}
	return (oldest);
}

static void
begin_case(struct tracker *t, struct tracker_case *c, uint32_t watch,
    struct mono_time now)
{
	const struct detect_watch		*w = &t->setting.watches[watch];
	const struct configuration_watch	*watched =
	    t->setting.config->watches[watch];
	const struct collector_setting		 setting = {
		.watch = watched, .own = t->setting.own,
		.own_mac = t->setting.mac,
		.floating_ip = watched->profile->floating_ip,
		.interval_ns = detect_interval_ns(w),
		/* The filter is widened soon, but not for all cases. */
		.complete = { t->ncases > TRACKER_WANTED ? 0 :
		    now.ns + WIDEN_NS },
	};

	*c = (struct tracker_case){
		.since = w->last, .changed = now,
		.lags = t->ring.header != NULL,
	};
	if (c->lags)
		c->position = evidence_ring_oldest(&t->ring);
	detector_signals_thinned(w, &c->thinned);
	collector_begin(&c->collector, &setting, w->last, w->received);
	t->case_watches[c - t->cases] = watch;
	t->open |= UINT64_C(1) << watch % 64;
}

/* Counts a late watch; true during a storm. */
static bool
is_storm(struct tracker *t, struct mono_time now)
{
	struct mono_time	*oldest = &t->late[t->nlate % TRACKER_CASES];

	if (t->nlate >= TRACKER_CASES &&
	    mono_sub(now, *oldest) < TRACKER_STORM_NS)
		t->storm = mono_add(now, TRACKER_STORM_NS);
	*oldest = now;
	t->nlate++;
	return (mono_before(now, t->storm));
}

/* Begins the case of a watch, or begins it again after an alarm was cleared. */
static struct tracker_case *
open_case(struct tracker *t, uint32_t watch, struct mono_time now)
{
	struct tracker_case	*c = find_case(t, watch);

	if (c != NULL && !c->cleared)
		return (c);
	if (is_storm(t, now) && c == NULL)
		return (NULL);
	if (c == NULL)
		c = free_case(t, now);
	if (c != NULL)
		begin_case(t, c, watch, now);
	return (c);
}

void
tracker_late(struct tracker *t, uint32_t watch, struct mono_time now)
{
	(void)open_case(t, watch, now);
}

void
tracker_raised(struct tracker *t, uint32_t watch, struct mono_time at,
    struct wall_time wall)
{
	struct tracker_case	*c = open_case(t, watch, at);

	if (c == NULL)
		return;
	c->raised = true;
	c->changed = at;
	c->raised_wall = wall;
}

void
tracker_resume(struct tracker *t, uint32_t watch)
{
	struct tracker_case	*c;

	if (t->ncases == t->cases_max)
		return;
	c = &t->cases[t->ncases++];
	begin_case(t, c, watch, t->setting.watches[watch].raised_at);
	c->raised = true;
}

void
tracker_cleared(struct tracker *t, uint32_t watch, struct mono_time at)
{
	struct tracker_case	*c = find_case(t, watch);

	if (c == NULL)
		return;
	c->raised = false;
	c->cleared = true;
	c->changed = at;
}

void
tracker_returned(struct tracker *t, uint32_t watch)
{
	struct tracker_case	*c = find_case(t, watch);

	if (c != NULL && !c->raised && !c->cleared)
		end_case(t, c);
}

/* ---- frames */

bool
tracker_lags(const struct tracker *t)
{
	size_t	 i;

	for (i = 0; i < t->ncases; i++)
		if (t->cases[i].lags)
			return (true);
	return (false);
}

static void
decode(const struct tracker *t, const struct evidence_record *r,
    struct diagnosis_frame *f)
{
	const struct diagnosis_bytes	 bytes = {
		.bytes = r->bytes, .captured = r->captured, .wire = r->wire,
		.link_type = r->link_type,
	};

	diagnosis_frame_decode(&bytes, f);
	f->at = r->mono;
	f->wall = r->wall;
	f->heartbeat = r->kind == EVIDENCE_KIND_HEARTBEAT;
	/* No frame that counts as a heartbeat was sent here. */
	if (f->heartbeat)
		return;
	if (t->setting.own != NULL && own_addresses_have(t->setting.own,
	    &f->packet.source, t->setting.interface))
		f->sent_here = true;
	if (f->packet.mac != NULL && mac_is_known(&t->setting.mac) &&
	    memcmp(f->packet.mac, &t->setting.mac, MAC_LENGTH) == 0)
		f->sent_here = true;
}

/* Puts the record into the ring; cases that do not lag get it at once. */
static void
keep(struct tracker *t, const struct evidence_record *r,
    const struct diagnosis_frame *f)
{
	size_t	 i;

	if (t->ring.header != NULL)
		evidence_ring_append(&t->ring, r);
	for (i = 0; i < t->ncases; i++)
		if (!t->cases[i].lags)
			collector_frame(&t->cases[i].collector, f);
}

static int64_t *
counted_slot(struct tracker *t, struct wall_time timestamp)
{
	return (&t->counted[(uint64_t)timestamp.ns *
	    UINT64_C(0x9e3779b97f4a7c15) >> 56]);
}

void
tracker_keep_heartbeat(struct tracker *t, const struct capture_frame *frame,
    struct mono_time at)
{
	struct evidence_record	 record;
	struct diagnosis_frame	 f;

	evidence_record_set(&record, frame, at);
	record.kind = EVIDENCE_KIND_HEARTBEAT;
	if (t->ncases == 0) {
		if (t->ring.header != NULL)
			evidence_ring_append(&t->ring, &record);
		return;
	}
	*counted_slot(t, frame->timestamp) = frame->timestamp.ns;
	decode(t, &record, &f);
	keep(t, &record, &f);
}

void
tracker_announcement(struct tracker *t, const struct capture_frame *frame,
    struct mono_time at)
{
	struct evidence_record	 record;
	struct diagnosis_frame	 f;

	evidence_record_set(&record, frame, at);
	record.kind = EVIDENCE_KIND_CONTROL;
	decode(t, &record, &f);
	*counted_slot(t, frame->timestamp) = frame->timestamp.ns;
	keep(t, &record, &f);
}

static bool
is_wanted_case(const struct tracker_case *c, struct mono_time now)
{
	return (!c->cleared && (!c->raised ||
	    mono_sub(now, c->changed) < TRACKER_WANTED_NS));
}

/* The addresses of the peer of a case, as far as they are known. */
static struct tracker_wanted
wanted_of(const struct tracker_case *c)
{
	struct tracker_wanted	 wanted = { .peer = c->collector.peer };

	if (c->collector.nmacs > 0)
		wanted.mac = c->collector.macs[0];
	return (wanted);
}

size_t
tracker_wanted(const struct tracker *t, struct mono_time now,
    struct tracker_wanted *wanted)
{
	struct tracker_wanted	 w;
	size_t			 i, k, n = 0;

	for (i = 0; i < t->ncases && n < TRACKER_WANTED; i++) {
		w = wanted_of(&t->cases[i]);
		/* Several watches may have the same peer. */
		for (k = 0; k < n; k++)
			if (addr_equal(&wanted[k].peer, &w.peer) &&
			    memcmp(&wanted[k].mac, &w.mac, MAC_LENGTH) == 0)
				break;
		if (k == n && is_wanted_case(&t->cases[i], now) &&
		    (w.peer.family != ADDR_NONE || mac_is_known(&w.mac)))
			wanted[n++] = w;
	}
	return (n);
}

size_t
tracker_find_wanted(const struct tracker_wanted *wanted, size_t n,
    const struct packet *p)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if ((wanted[i].peer.family != ADDR_NONE &&
		    (addr_equal(&wanted[i].peer, &p->source) ||
		    addr_equal(&wanted[i].peer, &p->destination))) ||
		    (mac_is_known(&wanted[i].mac) && p->mac != NULL &&
		    memcmp(p->mac, &wanted[i].mac, MAC_LENGTH) == 0))
			break;
	return (i);
}

/* True when the frame is one of a peer that is wanted, or to it. */
static bool
is_of_peer(const struct tracker *t, const struct diagnosis_frame *f)
{
	struct tracker_wanted	 wanted[TRACKER_WANTED];
	size_t			 n = tracker_wanted(t, f->at, wanted);

	return (tracker_find_wanted(wanted, n, &f->packet) < n);
}

/*
 * The second capture has the frames of a peer, also its heartbeats, which the
 * main capture has counted.  A timestamp in nanoseconds recognises them.
 */
static bool
is_counted(struct tracker *t, struct wall_time timestamp)
{
	return (*counted_slot(t, timestamp) == timestamp.ns);
}

/* The enum evidence_kind of a frame that is no heartbeat; 0: it is not kept. */
static uint8_t
kind_of(struct tracker *t, const struct capture_frame *frame,
    const struct diagnosis_frame *f)
{
	if (diagnosis_frame_is_control(f) && (f->kind != DIAGNOSIS_BROADCAST ||
	    rate_limit_allows(&t->broadcasts, NSEC_PER_SEC /
	    TRACKER_BROADCASTS, TRACKER_BROADCASTS / 10, f->at)))
		return (EVIDENCE_KIND_CONTROL);
	if (t->ncases > 0 && is_of_peer(t, f))
		return (EVIDENCE_KIND_PEER);
	if ((f->sent_here || (t->setting.to_peer != NULL &&
	    t->setting.to_peer(t->setting.to_peer_arg, &f->packet))) &&
	    match_prefilter(t->setting.match, frame) &&
	    rate_limit_allows(&t->own, NSEC_PER_SEC / TRACKER_HEARTBEATS,
	    TRACKER_HEARTBEATS / 10, f->at))
		return (EVIDENCE_KIND_OWN);
	return (0);
}

void
tracker_frame(struct tracker *t, const struct capture_frame *frame,
    struct mono_time at)
{
	struct evidence_record	 record;
	struct diagnosis_frame	 f;

	if (is_counted(t, frame->timestamp))
		return;
	evidence_record_set(&record, frame, at);
	decode(t, &record, &f);
	record.kind = kind_of(t, frame, &f);
	if (record.kind == 0)
		return;
	keep(t, &record, &f);
	if (t->setting.kept != NULL)
		t->setting.kept(t->setting.kept_arg, &f);
}

void
tracker_lost(struct tracker *t, struct mono_time now)
{
	t->lost = now;
}

/* ---- records of the ring for new cases */

/* The least position of the cases that lag; false: none lags. */
static bool
next_position(const struct tracker *t, uint64_t *position)
{
	size_t	 i;
	bool	 found = false;

	for (i = 0; i < t->ncases; i++)
		if (t->cases[i].lags && (!found ||
		    t->cases[i].position < *position)) {
			*position = t->cases[i].position;
			found = true;
		}
	return (found);
}

/* Gives a record to all cases that need it; false: there is no more. */
static bool
feed(struct tracker *t, uint64_t position)
{
	struct evidence_record	 record;
	struct diagnosis_frame	 f;
	uint64_t		 next = position;
	size_t			 i;

	if (!evidence_ring_read(&t->ring, &next, &record))
		return (false);
	decode(t, &record, &f);
	for (i = 0; i < t->ncases; i++) {
		if (!t->cases[i].lags || t->cases[i].position >= next)
			continue;
		t->cases[i].position = next;
		collector_frame(&t->cases[i].collector, &f);
	}
	return (true);
}

static void
feed_cases(struct tracker *t)
{
	uint64_t	 position = 0;
	unsigned	 n;
	size_t		 i;

	for (n = 0; n < TRACKER_FEED; n++) {
		if (!next_position(t, &position))
			return;
		if (feed(t, position))
			continue;
		for (i = 0; i < t->ncases; i++)
			t->cases[i].lags = false;
		return;
	}
}

void
tracker_advance(struct tracker *t, struct mono_time now)
{
	size_t	 i;

	if (t->ncases == 0)
		return;
	for (i = t->ncases; i > 0; i--)
		if (t->cases[i - 1].cleared && mono_sub(now,
		    t->cases[i - 1].changed) >= TRACKER_AFTER_NS)
			end_case(t, &t->cases[i - 1]);
	feed_cases(t);
}

struct mono_time
tracker_due(const struct tracker *t, struct mono_time now)
{
	size_t	 i;

	if (tracker_lags(t))
		return (mono_add(now, FEED_NS));
	for (i = 0; i < t->ncases; i++)
		if (is_observed(&t->cases[i], now))
			return (mono_add(now, OBSERVE_NS));
	return (MONO_NEVER);
}

/* ---- evidence */

static void
add_flags(const struct tracker *t, struct mono_time since, bool received,
    struct evidence *e)
{
	const struct detect_source	*source = t->setting.source;

	if (mono_before(since, source->last_loss) ||
	    (t->lost.ns != 0 && mono_before(since, t->lost)))
		e->flags |= EVIDENCE_LOSSY;
	/* The time before the start of a watch does not matter. */
	if (received && mono_before(since, source->since))
		e->flags |= EVIDENCE_WAS_BLIND;
}

static void
add_others(const struct tracker *t, uint32_t watch, struct mono_time since,
    struct mono_time now, struct evidence *e)
{
	const struct detector_signals_others	 others = {
		t->setting.config, t->setting.watches, t->setting.source,
		t->others, t->nothers,
	};

	detector_signals_alive(&others, watch, since, now,
	    &e->signals[EVIDENCE_OTHER_PEERS_ALIVE]);
}

/* The signals of the interface, from the case that began last. */
static void
add_interface(const struct tracker *t, struct mono_time now,
    struct evidence *e)
{
	const struct tracker_case	*last = NULL;
	struct evidence			 other;
	size_t				 i;

	for (i = 0; i < t->ncases; i++)
		if (last == NULL ||
		    mono_before(last->since, t->cases[i].since))
			last = &t->cases[i];
	if (last == NULL)
		return;
	memset(&other, 0, sizeof(other));
	collector_evidence(&last->collector, now, &other);
	e->signals[EVIDENCE_SEGMENT_ALIVE] =
	    other.signals[EVIDENCE_SEGMENT_ALIVE];
	e->flags |= other.flags & (EVIDENCE_SHARED_LINK | EVIDENCE_PARTLY);
}

static void
write_evidence(const struct tracker *t, uint32_t watch,
    const struct tracker_case *c, struct mono_time now, struct evidence *e)
{
	const struct detect_watch	*w = &t->setting.watches[watch];
	struct mono_time		 since = c == NULL ? w->last : c->since;
	unsigned			 i;

	memset(e, 0, sizeof(*e));
	for (i = 0; i <= EVIDENCE_MAX; i++)
		e->signals[i].state = EVIDENCE_UNKNOWN;
	e->last = w->received ? w->last_wall : WALL_NEVER;
	add_flags(t, since, w->received, e);
	if (c == NULL) {
		e->flags |= EVIDENCE_NO_FRAMES |
		    (w->received ? EVIDENCE_RECEIVED : 0);
		add_interface(t, now, e);
	} else {
		e->raised = c->raised_wall;
		e->flags |= c->cleared ? EVIDENCE_CLEARED : 0;
		collector_evidence(&c->collector, now, e);
		e->signals[EVIDENCE_HEARTBEATS_THINNED] = c->thinned;
	}
	add_others(t, watch, since, now, e);
}

static void
remember(struct tracker_case *c, const struct evidence *e,
    struct mono_time now)
{
	unsigned	 i;

	c->sent = now;
	c->flags = e->flags;
	for (i = 0; i <= EVIDENCE_MAX; i++) {
		c->state[i] = e->signals[i].state;
		c->code[i] = e->signals[i].code;
	}
}

static bool
has_changed(const struct tracker_case *c, const struct evidence *e)
{
	unsigned	 i;

	for (i = 0; i <= EVIDENCE_MAX; i++)
		if (c->state[i] != e->signals[i].state ||
		    c->code[i] != e->signals[i].code)
			return (true);
	return (c->flags != e->flags);
}

bool
tracker_evidence(struct tracker *t, uint32_t watch, struct mono_time now,
    struct evidence *e)
{
	struct tracker_case	*c = find_case(t, watch);

	if (c == NULL && !rate_limit_allows(&t->others_limit,
	    NSEC_PER_SEC / OTHERS_BURST, OTHERS_BURST, now))
		return (false);
	write_evidence(t, watch, c, now, e);
	if (c != NULL)
		remember(c, e, now);
	return (true);
}

uint32_t
tracker_changed(struct tracker *t, struct mono_time now, struct evidence *e)
{
	struct tracker_case	*c;
	size_t			 i;

	for (i = 0; i < t->ncases; i++) {
		c = &t->cases[i];
		if (c->lags || !(c->raised || c->cleared) ||
		    !is_observed(c, now) || mono_sub(now, c->sent) < CHANGE_NS)
			continue;
		write_evidence(t, t->case_watches[i], c, now, e);
		c->sent = now;
		if (has_changed(c, e)) {
			remember(c, e, now);
			return (t->case_watches[i]);
		}
	}
	return (UINT32_MAX);
}
