/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/versioned.h"
#include "detect/dual.h"

/*
 * A sender persists if it sends this long after it has got a rival: one and a
 * half of its intervals.  An old master of CARP advertises for almost one until
 * it gives up.  It is at least PERSIST_MIN_NS, because a busy node receives the
 * advertisement of the rival late.
 */
#define PERSIST_SHARE	2		/* of three intervals */
#define PERSIST_MIN_NS	(50 * NSEC_PER_MSEC)

/* Two requests for a floating IP are at least so far apart. */
#define REQUESTS_NS	(500 * NSEC_PER_MSEC)

/*
 * The senders of a restored row are not known.  This is longer than three
 * usual intervals.
 */
#define RESTORED_NS	(10 * NSEC_PER_SEC)

/* How often to check an alarm whose clear may become due earlier. */
#define CHECK_NS	(1 * NSEC_PER_SEC)

void
dual_begin(struct dual *d)
{
	memset(d, 0, sizeof(*d));
	d->owner = DUAL_OWNER_UNKNOWN;
}

void
dual_configure(struct dual *d, int64_t interruption_ns, bool floating)
{
	d->interruption_ns = interruption_ns;
	d->floating = floating;
}

static int64_t
max_ns(int64_t a, int64_t b)
{
	return (a > b ? a : b);
}

static int64_t
min_ns(int64_t a, int64_t b)
{
	return (a < b ? a : b);
}

void
dual_restore(struct dual *d, uint32_t transitions, bool raised,
    struct mono_time raised_at, struct mono_time now)
{
	d->transitions = transitions;
	d->raised = raised;
	d->raised_at = raised_at;
	d->both = now;
	d->quiet_ns = max_ns(d->interruption_ns,
	    d->floating ? DUAL_UNCLAIMED_NS : RESTORED_NS);
}

void
dual_sanitize(struct dual *d)
{
	d->raised = d->raised != 0;
	/* The writer may have been killed before it counted a transition. */
	if (d->raised != d->transitions % 2)
		d->transitions++;
	/* A shorter time is not valid, but the configuration may be new. */
	d->quiet_ns = max_ns(d->quiet_ns, d->interruption_ns);
	versioned_repair(&d->version);
}

void
dual_read(const struct dual *d, struct dual *copy)
{
	versioned_read(&d->version, d, copy, sizeof(*copy));
}

/* ---- senders */

static bool
is_active(const struct dual_sender *s, struct mono_time now)
{
	return (s->active_ns > 0 && mono_sub(now, s->last) <= s->active_ns);
}

/* True when both are of one group, or claim the floating IP on one link. */
static bool
is_comparable(const struct dual_sender *a, const struct dual_sender *b)
{
	return ((a->flags & DUAL_CLAIMS) == (b->flags & DUAL_CLAIMS) &&
	    a->vlan == b->vlan && a->ifindex == b->ifindex &&
	    a->address.family == b->address.family);
}

static bool
is_same(const struct dual_sender *a, const struct dual_sender *b)
{
	return (is_comparable(a, b) && addr_equal(&a->address, &b->address) &&
	    ((a->flags & DUAL_CLAIMS) == 0 ||
	    memcmp(&a->mac, &b->mac, sizeof(a->mac)) == 0));
}

static bool
are_rivals(const struct dual_sender *a, const struct dual_sender *b,
    struct mono_time now)
{
	return (a != b && is_comparable(a, b) && is_active(a, now) &&
	    is_active(b, now));
}

static bool
has_rival(const struct dual *d, const struct dual_sender *s,
    struct mono_time now)
{
	unsigned	 i;

	for (i = 0; i < DUAL_SENDERS; i++)
		if (are_rivals(s, &d->senders[i], now))
			return (true);
	return (false);
}

/* The entry of a sender; NULL when it has none. */
static struct dual_sender *
find_sender(struct dual *d, const struct dual_sender *like)
{
	unsigned	 i;

	for (i = 0; i < DUAL_SENDERS; i++)
		if (is_same(&d->senders[i], like))
			return (&d->senders[i]);
	return (NULL);
}

/* Is it better to replace `a` than `b`? */
static bool
is_older(const struct dual_sender *a, const struct dual_sender *b)
{
	if ((a->active_ns == 0) != (b->active_ns == 0))
		return (a->active_ns == 0);
	return (mono_before(a->last, b->last));
}

static void
set_inactive(struct dual_sender *s)
{
	s->active_ns = 0;
	s->rival_since = MONO_NEVER;
	s->flags &= (uint8_t)~DUAL_PERSISTS;
	s->claims = (struct claims){ .changes = 0 };
}

/* Makes an entry for a sender that has none, and returns it. */
static struct dual_sender *
add_sender(struct dual *d, const struct dual_sender *like)
{
	struct dual_sender	*oldest = &d->senders[0];
	unsigned		 i;

	for (i = 1; i < DUAL_SENDERS; i++)
		if (is_older(&d->senders[i], oldest))
			oldest = &d->senders[i];
	*oldest = *like;
	set_inactive(oldest);
	return (oldest);
}

/* The rival of `s` that has sent last; NULL when it has none. */
static struct dual_sender *
latest_rival(struct dual *d, const struct dual_sender *s, struct mono_time now)
{
	struct dual_sender	*r, *latest = NULL;

	for (r = d->senders; r < d->senders + DUAL_SENDERS; r++)
		if (are_rivals(s, r, now) && (latest == NULL ||
		    mono_before(latest->last, r->last)))
			latest = r;
	return (latest);
}

/*
 * `s` claims the floating IP now, and has claimed it at `before` unless it
 * `begins`.  The changes of the claimant are passed on from each one to the
 * next.
 */
static void
update_claims(struct dual *d, struct dual_sender *s, bool begins,
    struct mono_time before, struct mono_time now)
{
	struct dual_sender	*r = latest_rival(d, s, now);

	/* The last claim was its own. */
	if (r == NULL || (!begins && mono_before(r->last, before)))
		return;
	s->claims = r->claims;
	if (!claims_change(&s->claims, r->last, now))
		return;
	s->flags |= DUAL_PERSISTS;
	r->flags |= DUAL_PERSISTS;
}

/* How long after it has got a rival a sender must send to persist. */
static int64_t
persist_ns(const struct dual_sender *s)
{
	return (max_ns(s->active_ns / PERSIST_SHARE, PERSIST_MIN_NS));
}

/* Updates rival_since and DUAL_PERSISTS of the senders when `s` sends. */
static void
update_rivals(struct dual *d, struct dual_sender *s, struct mono_time now)
{
	struct dual_sender	*r;
	unsigned		 i;

	if (!has_rival(d, s, now)) {
		s->rival_since = MONO_NEVER;
		s->flags &= (uint8_t)~DUAL_PERSISTS;
	} else if (s->rival_since.ns == MONO_NEVER.ns) {
		s->rival_since = now;
	} else if ((s->flags & DUAL_CLAIMS) == 0 &&
	    mono_sub(now, s->rival_since) >= persist_ns(s)) {
		s->flags |= DUAL_PERSISTS;
	}
	for (i = 0; i < DUAL_SENDERS; i++) {
		r = &d->senders[i];
		if (are_rivals(s, r, now) &&
		    r->rival_since.ns == MONO_NEVER.ns)
			r->rival_since = now;
	}
}

static bool
are_both_active(const struct dual_sender *a, const struct dual_sender *b,
    struct mono_time now)
{
	return ((a->flags & b->flags & DUAL_PERSISTS) != 0 &&
	    are_rivals(a, b, now));
}

/*
 * How long after `both` the alarm is cleared.  `s` has sent now, and before
 * that at `before`.
 */
static int64_t
quiet_of(const struct dual *d, const struct dual_sender *s,
    const struct dual_sender *r, struct mono_time before, struct mono_time now)
{
	if ((s->flags & DUAL_CLAIMS) == 0)
		return (max_ns(d->interruption_ns,
		    max_ns(s->active_ns, r->active_ns)));
	/* The rival did not answer two requests that `s` has answered. */
	if (mono_sub(before, r->last) >= REQUESTS_NS &&
	    mono_sub(now, before) >= REQUESTS_NS)
		return (d->interruption_ns);
	return (max_ns(d->interruption_ns, DUAL_UNCLAIMED_NS));
}

/* True when two are active now; then sets since when and until when. */
static bool
update_both(struct dual *d, const struct dual_sender *s,
    struct mono_time before, struct mono_time now)
{
	const struct dual_sender	*r;
	struct mono_time		 due = { INT64_MIN };
	int64_t				 quiet_ns;
	unsigned			 i;

	for (i = 0; i < DUAL_SENDERS; i++) {
		r = &d->senders[i];
		if (!are_both_active(s, r, now))
			continue;
		quiet_ns = quiet_of(d, s, r, before, now);
		if (!mono_before(due, mono_add(r->last, quiet_ns)))
			continue;
		due = mono_add(r->last, quiet_ns);
		d->both = r->last;
		d->quiet_ns = quiet_ns;
	}
	return (due.ns != INT64_MIN);
}

/* ---- alarms */

static const struct detect_watch *
watch_of(const struct duals *all, uint32_t i)
{
	return (&all->detect->watches[all->watches[i]]);
}

static const struct detect_source *
source_of(const struct duals *all, uint32_t i)
{
	return (all->detect->sources[watch_of(all, i)->source]);
}

static bool
is_blind(const struct duals *all, uint32_t i)
{
	return (watch_of(all, i)->blind || source_of(all, i)->blind);
}

/* The watch captures without a gap since then. */
static struct mono_time
monitored_since(const struct duals *all, uint32_t i)
{
	const struct detect_watch	*w = watch_of(all, i);
	struct mono_time		 since = source_of(all, i)->since;

	return (w->received ? since : mono_max(since, w->last));
}

static struct mono_time
clear_due(const struct duals *all, uint32_t i)
{
	const struct dual	*d = &all->rows[i];
	struct mono_time	 both = mono_max(d->both, d->raised_at);

	return (mono_add(mono_max(both, monitored_since(all, i)),
	    d->quiet_ns));
}

/* Adds the time of the clear, unless it is already there. */
static void
schedule(struct duals *all, uint32_t i)
{
	const struct dual	*d = &all->rows[i];

	if (!d->raised || all->scheduled[i])
		return;
	all->scheduled[i] = true;
	/*
	 * The first check.  The raise of a restored alarm may be years ago, and
	 * the time since then is passed in steps of CHECK_NS at most.
	 */
	heap_push(&all->deadlines, mono_add(clear_due(all, i),
	    d->interruption_ns - d->quiet_ns), i);
}

static void
emit(struct duals *all, uint32_t i, struct mono_time at)
{
	struct dual		*d = &all->rows[i];
	const struct detect_watch *w = watch_of(all, i);
	bool			 raise = !d->raised;
	struct detect_event	 event = {
		.transition = raise ? DETECT_RAISED : DETECT_CLEARED,
		.watch = all->first + i, .number = d->transitions + 1,
		.at = at, .dual = true, .received = raise && w->received,
		.last_heartbeat = w->received ? w->last_wall : WALL_NEVER,
		.duration_ns = raise ? 0 : mono_sub(at, d->raised_at),
	};

	d->raised = raise;
	d->transitions++;
	if (raise)
		d->raised_at = at;
	else
		d->cleared_at = at;
	all->detect->emit(all->detect->arg, &event);
}

/* `s` is active at the time `at`; it `begins` if it was not before. */
static void
continue_sender(struct duals *all, uint32_t i, struct dual_sender *s,
    bool begins, struct mono_time at)
{
	struct dual		*d = &all->rows[i];
	struct mono_time	 before = s->last;

	s->last = at;
	update_rivals(d, s, at);
	if ((s->flags & DUAL_CLAIMS) != 0)
		update_claims(d, s, begins, before, at);
	if (update_both(d, s, before, at) && !d->raised)
		emit(all, i, mono_max(at, d->cleared_at));
	schedule(all, i);
}

/*
 * A sender that was active before a gap in the capture may have stopped in it.
 */
static void
end_expired(struct duals *all, uint32_t i, struct mono_time now)
{
	struct mono_time	 since = monitored_since(all, i);
	struct dual_sender	*s;
	unsigned		 k;

	for (k = 0; k < DUAL_SENDERS; k++) {
		s = &all->rows[i].senders[k];
		if (!is_active(s, now) || mono_before(s->last, since))
			set_inactive(s);
	}
}

/* `like` shows that it is active until active_ns after `at`. */
static void
take_active(struct duals *all, uint32_t i, const struct dual_sender *like,
    int64_t active_ns, struct mono_time at)
{
	struct dual		*d = &all->rows[i];
	struct dual_sender	*s = find_sender(d, like);
	bool			 begins;

	if (s == NULL)
		s = add_sender(d, like);
	s->mac = like->mac;
	s->flags = (s->flags & DUAL_PERSISTS) | like->flags;
	begins = s->active_ns == 0;
	if (begins)
		s->last = at;
	s->active_ns = active_ns;
	continue_sender(all, i, s, begins, mono_max(at, s->last));
}

/* `like` shows that it is no longer active. */
static void
take_inactive(struct duals *all, uint32_t i, const struct dual_sender *like,
    struct mono_time at)
{
	struct dual		*d = &all->rows[i];
	struct dual_sender	*s = find_sender(d, like), *r;
	bool			 was_both;
	unsigned		 k;

	if (s == NULL || s->active_ns == 0)
		return;
	was_both = update_both(d, s, at, at);
	set_inactive(s);
	/* Two were active until now. */
	if (was_both) {
		d->both = mono_max(at, s->last);
		d->quiet_ns = d->interruption_ns;
	}
	for (k = 0; k < DUAL_SENDERS; k++) {
		r = &d->senders[k];
		if (has_rival(d, r, at))
			(void)update_both(d, r, r->last, at);
		else
			r->rival_since = MONO_NEVER;
	}
}

void
dual_advertised(struct duals *all, uint32_t i,
    const struct dual_advertisement *a, struct mono_time at)
{
	struct dual		*d = &all->rows[i];
	struct dual_sender	 like = {
		.address = a->sender, .vlan = a->vlan, .last = at,
		.ifindex = a->ifindex,
		.flags = a->here ? DUAL_HERE : 0,
	};
	int64_t			 interval_ns = a->interval_ns;

	if (!watch_of(all, i)->enabled || is_blind(all, i))
		return;
	if (a->mac != NULL)
		memcpy(like.mac.octets, a->mac, MAC_LENGTH);
	if (interval_ns <= 0)
		interval_ns = DUAL_INTERVAL_NS;
	if (interval_ns > DUAL_INTERVAL_MAX_NS)
		interval_ns = DUAL_INTERVAL_MAX_NS;
	versioned_write_begin(&d->version);
	end_expired(all, i, at);
	if (a->active)
		take_active(all, i, &like, DUAL_INTERVALS * interval_ns, at);
	else
		take_inactive(all, i, &like, at);
	versioned_write_end(&d->version);
}

void
dual_claim(struct duals *all, uint32_t i, struct mono_time at,
    const struct mac *mac, uint32_t vlan, enum dual_owner owner)
{
	struct dual		*d = &all->rows[i];
	struct dual_sender	 like = {
		.mac = *mac, .vlan = vlan, .last = at,
		.flags = DUAL_CLAIMS |
		    (owner == DUAL_OWNER_HERE ? DUAL_HERE : 0),
	};

	if (!watch_of(all, i)->enabled || is_blind(all, i))
		return;
	versioned_write_begin(&d->version);
	d->owner = (uint8_t)owner;
	end_expired(all, i, at);
	take_active(all, i, &like, DUAL_CLAIM_NS, at);
	versioned_write_end(&d->version);
}

void
dual_unclaimed(struct duals *all, uint32_t i, struct mono_time at)
{
	struct dual	*d = &all->rows[i];
	unsigned	 k;

	if (!watch_of(all, i)->enabled || is_blind(all, i))
		return;
	versioned_write_begin(&d->version);
	d->owner = DUAL_OWNER_NOBODY;
	for (k = 0; k < DUAL_SENDERS; k++)
		if ((d->senders[k].flags & DUAL_CLAIMS) != 0)
			take_inactive(all, i, &d->senders[k], at);
	versioned_write_end(&d->version);
}

/* ---- time */

bool
duals_init(struct duals *all, const struct detect *detect, uint32_t first,
    struct dual *rows, const uint32_t *watches, size_t nrows)
{
	uint32_t	 i;

	*all = (struct duals){
		.rows = rows, .watches = watches, .nrows = nrows,
		.detect = detect, .first = first,
		.scheduled = calloc(nrows + 1, sizeof(*all->scheduled)),
	};
	if (!heap_init(&all->deadlines, nrows) || all->scheduled == NULL) {
		duals_free(all);
		return (false);
	}
	for (i = 0; i < nrows; i++) {
		dual_sanitize(&rows[i]);
		if (watch_of(all, i)->enabled)
			schedule(all, i);
	}
	return (true);
}

void
duals_free(struct duals *all)
{
	heap_free(&all->deadlines);
	free(all->scheduled);
	*all = (struct duals){ .rows = NULL };
}

struct mono_time
duals_next(const struct duals *all)
{
	const struct heap_entry	*top = heap_top(&all->deadlines);

	return (top == NULL ? MONO_NEVER : top->due);
}

static void
clear_top(struct duals *all)
{
	uint32_t	 i = heap_top(&all->deadlines)->item;
	struct dual	*d = &all->rows[i];
	unsigned	 k;

	heap_pop(&all->deadlines);
	all->scheduled[i] = false;
	versioned_write_begin(&d->version);
	/* Only those that sent since then are active. */
	for (k = 0; k < DUAL_SENDERS; k++)
		if (!mono_before(d->both, d->senders[k].last))
			set_inactive(&d->senders[k]);
	emit(all, i, clear_due(all, i));
	versioned_write_end(&d->version);
}

/*
 * The time of the next check of row i, which is not due yet.  A long `quiet_ns`
 * may become as short as `interruption`.
 */
static struct mono_time
check_due(const struct duals *all, uint32_t i, struct mono_time now)
{
	const struct dual	*d = &all->rows[i];
	struct mono_time	 due = clear_due(all, i);

	if (d->quiet_ns <= d->interruption_ns)
		return (due);
	return (mono_min(due, mono_add(now,
	    min_ns(d->interruption_ns, CHECK_NS))));
}

void
duals_advance(struct duals *all, struct mono_time now)
{
	const struct heap_entry	*top;
	uint32_t		 i;

	while ((top = heap_top(&all->deadlines)) != NULL &&
	    !mono_before(now, top->due)) {
		i = top->item;
		if (is_blind(all, i))
			/* When it is no longer blind, it is not due earlier. */
			heap_defer_top(&all->deadlines, mono_add(now,
			    max_ns(all->rows[i].interruption_ns, 1)));
		else if (mono_before(now, clear_due(all, i)))
			heap_defer_top(&all->deadlines,
			    check_due(all, i, now));
		else
			clear_top(all);
	}
}

void
duals_advance_both(struct duals *all, struct detect *detect,
    struct mono_time now)
{
	struct mono_time	 next;

	while ((next = duals_next(all)).ns <= now.ns) {
		detect_advance(detect, next);
		duals_advance(all, next);
	}
	detect_advance(detect, now);
}

/* ---- for readers */

unsigned
dual_actives(const struct dual *d, struct mono_time now)
{
	const struct dual_sender	*s, *r;
	unsigned			 i, k, n, most = 0;

	for (i = 0; i < DUAL_SENDERS; i++) {
		s = &d->senders[i];
		if ((s->flags & DUAL_CLAIMS) != 0 || !is_active(s, now))
			continue;
		for (k = 0, n = 1; k < DUAL_SENDERS; k++) {
			r = &d->senders[k];
			n += are_rivals(s, r, now);
		}
		if (n > most)
			most = n;
	}
	return (most);
}

enum dual_owner
dual_owner(const struct dual *d, struct mono_time now)
{
	unsigned	 i, k;

	for (i = 0; i < DUAL_SENDERS; i++)
		for (k = 0; k < i; k++)
			if ((d->senders[i].flags & DUAL_CLAIMS) != 0 &&
			    are_both_active(&d->senders[i], &d->senders[k],
			    now))
				return (DUAL_OWNER_BOTH);
	return ((enum dual_owner)d->owner);
}
