/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/search.h"
#include "diagnose_cases.h"
#include "state/alarm.h"

/* ---- arrays in the order of alarm id and index */

struct key {
	struct diagnose_case	*const *cases;
	uint32_t		 index, alarm_id;
};

static bool
is_before(const void *arg, size_t position)
{
	const struct key		*k = arg;
	const struct diagnose_case	*c = k->cases[position];

	return (c->alarm_id < k->alarm_id ||
	    (c->alarm_id == k->alarm_id && c->index < k->index));
}

static size_t
place_of(struct diagnose_case *const *cases, size_t count, uint32_t index,
    uint32_t alarm_id)
{
	const struct key	 k = { cases, index, alarm_id };

	return (search_first(count, is_before, &k));
}

static void
insert(struct diagnose_case **cases, size_t *count, struct diagnose_case *c)
{
	size_t	 i = place_of(cases, *count, c->index, c->alarm_id);

	memmove(&cases[i + 1], &cases[i], (*count - i) * sizeof(*cases));
	cases[i] = c;
	(*count)++;
}

/* The case must be in the array. */
static void
take_out(struct diagnose_case **cases, size_t *count,
    const struct diagnose_case *c)
{
	size_t	 i = place_of(cases, *count, c->index, c->alarm_id);

	(*count)--;
	memmove(&cases[i], &cases[i + 1], (*count - i) * sizeof(*cases));
}

/* ---- cases */

void
diagnose_cases_init(struct diagnose_cases *d)
{
	size_t	 i;

	d->count = d->nkept = 0;
	TAILQ_INIT(&d->free);
	TAILQ_INIT(&d->late);
	TAILQ_INIT(&d->kept);
	for (i = 0; i < DIAGNOSE_CASES; i++)
		TAILQ_INSERT_TAIL(&d->free, &d->all[i], entry);
}

struct diagnose_case *
diagnose_find_case(struct diagnose_cases *d, uint32_t index, uint32_t alarm_id)
{
	size_t			 i;
	struct diagnose_case	*c;

	i = place_of(d->sorted, d->count, index, alarm_id);
	c = i < d->count ? d->sorted[i] : NULL;
	return (c != NULL && c->index == index && c->alarm_id == alarm_id ?
	    c : NULL);
}

static struct diagnose_list *
list_of(struct diagnose_cases *d, const struct diagnose_case *c)
{
	return (c->kept ? &d->kept : &d->late);
}

static void
free_case(struct diagnose_cases *d, struct diagnose_case *c)
{
	TAILQ_REMOVE(list_of(d, c), c, entry);
	TAILQ_INSERT_TAIL(&d->free, c, entry);
	take_out(d->sorted, &d->count, c);
	if (c->kept)
		take_out(d->order, &d->nkept, c);
}

void
diagnose_keep_case(struct diagnose_cases *d, struct diagnose_case *c)
{
	if (c->kept)
		return;
	if (d->nkept == DIAGNOSE_KEPT)
		free_case(d, TAILQ_FIRST(&d->kept));
	TAILQ_REMOVE(&d->late, c, entry);
	TAILQ_INSERT_TAIL(&d->kept, c, entry);
	insert(d->order, &d->nkept, c);
	c->kept = true;
}

static struct diagnose_case *
new_case(struct diagnose_cases *d, uint32_t index, uint32_t alarm_id)
{
	struct diagnose_case	*c;

	if (TAILQ_EMPTY(&d->free))
		free_case(d, TAILQ_FIRST(TAILQ_EMPTY(&d->late) ? &d->kept :
		    &d->late));
	c = TAILQ_FIRST(&d->free);
	TAILQ_REMOVE(&d->free, c, entry);
	*c = (struct diagnose_case){
		.index = index, .alarm_id = alarm_id,
		.kernel_due = MONO_NEVER, .changed_due = MONO_NEVER,
	};
	TAILQ_INSERT_TAIL(&d->late, c, entry);
	insert(d->sorted, &d->count, c);
	return (c);
}

struct diagnose_case *
diagnose_case_of(struct diagnose_cases *d, uint32_t index, uint32_t alarm_id)
{
	struct diagnose_case	*c = diagnose_find_case(d, index, alarm_id);

	if (c == NULL)
		return (new_case(d, index, alarm_id));
	TAILQ_REMOVE(list_of(d, c), c, entry);
	TAILQ_INSERT_TAIL(list_of(d, c), c, entry);
	return (c);
}

/* ---- evidence */

void
diagnose_take_engine(struct diagnose_case *c)
{
	/* Only the agent has these, and both the agent and the engine those. */
	static const uint8_t	 ours[] = {
		EVIDENCE_LOCAL_PORT_OPEN, EVIDENCE_CARRIER,
		EVIDENCE_FLOATING_IP_FITS, EVIDENCE_LOG_MESSAGE,
		EVIDENCE_PING_ANSWERED,
	};
	static const uint8_t	 both[] = {
		EVIDENCE_ARP_UNANSWERED, EVIDENCE_FLOATING_IP_OWNER,
		EVIDENCE_OTHER_PEERS_ALIVE, EVIDENCE_PEER_ANNOUNCED_STOP,
	};
	struct evidence		 before = c->evidence;
	struct evidence_signal	*s;
	size_t			 i;

	c->evidence = c->engine;
	for (i = 0; i < sizeof(ours); i++)
		c->evidence.signals[ours[i]] = before.signals[ours[i]];
	for (i = 0; i < sizeof(both); i++) {
		s = &c->evidence.signals[both[i]];
		if (s->state <= EVIDENCE_UNKNOWN)
			*s = before.signals[both[i]];
	}
	c->evidence.flags |= before.flags & EVIDENCE_ROUTED;
	if (wall_is_never(c->evidence.raised))
		c->evidence.raised = before.raised;
}

void
diagnose_take_event(struct diagnose_case *c, const struct detect_event *event,
    struct wall_time at, bool fresh)
{
	static const uint8_t	 numbers[] = {
		EVIDENCE_PEER_ANNOUNCED_STOP, EVIDENCE_CARRIER,
		EVIDENCE_OTHER_ACTIVE,
	};
	struct evidence		 e;
	struct evidence_signal	*s;
	size_t			 i;

	alarm_evidence(event, at, &e);
	if (!fresh) {
		c->evidence = c->engine = e;
		return;
	}
	c->evidence = c->engine;
	c->evidence.raised = at;
	c->evidence.last = e.last;
	c->evidence.flags |= e.flags & (EVIDENCE_RECEIVED | EVIDENCE_LOSSY);
	for (i = 0; i < sizeof(numbers); i++) {
		s = &c->evidence.signals[numbers[i]];
		if (s->state <= EVIDENCE_UNKNOWN)
			*s = e.signals[numbers[i]];
	}
}
