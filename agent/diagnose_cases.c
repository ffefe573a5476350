/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "diagnose_cases.h"
#include "state/alarm.h"

struct diagnose_case *
diagnose_find_case(struct diagnose_cases *d, uint32_t index, uint32_t alarm_id)
{
	size_t	 i;

	for (i = 0; i < DIAGNOSE_CASES; i++)
		if (d->slots[i].index == index &&
		    d->slots[i].alarm_id == alarm_id)
			return (&d->all[i]);
	return (NULL);
}

static void
set_key(struct diagnose_cases *d, struct diagnose_case *c, uint32_t index,
    uint32_t alarm_id)
{
	struct diagnose_slot	*slot = &d->slots[c - d->all];

	slot->index = c->index = index;
	slot->alarm_id = c->alarm_id = alarm_id;
}

static void
remove_kept(struct diagnose_cases *d, const struct diagnose_case *c)
{
	size_t	 i;

	for (i = 0; i < d->nkept && d->order[i] != c; i++)
		;
	if (i == d->nkept)
		return;
	memmove(&d->order[i], &d->order[i + 1],
	    (--d->nkept - i) * sizeof(d->order[0]));
}

/* The one that was used least recently: of the kept ones, or of the others. */
static struct diagnose_case *
oldest_case(struct diagnose_cases *d, bool kept)
{
	size_t	 i, oldest = DIAGNOSE_CASES;

	for (i = 0; i < DIAGNOSE_CASES; i++)
		if (d->slots[i].index != 0 && (oldest == DIAGNOSE_CASES ||
		    d->slots[i].used < d->slots[oldest].used) &&
		    d->all[i].kept == kept)
			oldest = i;
	return (oldest == DIAGNOSE_CASES ? NULL : &d->all[oldest]);
}

/* Makes place for one more that is kept. */
static void
free_kept(struct diagnose_cases *d)
{
	struct diagnose_case	*c = oldest_case(d, true);

	remove_kept(d, c);
	c->kept = false;
	set_key(d, c, 0, 0);
}

void
diagnose_keep_case(struct diagnose_cases *d, struct diagnose_case *c)
{
	const struct diagnose_slot	*slot = &d->slots[c - d->all], *other;
	size_t				 i;

	if (c->kept)
		return;
	if (d->nkept == DIAGNOSE_KEPT)
		free_kept(d);
	c->kept = true;
	for (i = 0; i < d->nkept; i++) {
		other = &d->slots[d->order[i] - d->all];
		if (other->alarm_id > slot->alarm_id ||
		    (other->alarm_id == slot->alarm_id &&
		    other->index > slot->index))
			break;
	}
	memmove(&d->order[i + 1], &d->order[i],
	    (d->nkept++ - i) * sizeof(d->order[0]));
	d->order[i] = c;
}

static struct diagnose_case *
free_case(struct diagnose_cases *d)
{
	struct diagnose_case	*c = diagnose_find_case(d, 0, 0);

	if (c == NULL)
		c = oldest_case(d, false);
	if (c == NULL)
		c = oldest_case(d, true);
	remove_kept(d, c);
	return (c);
}

struct diagnose_case *
diagnose_case_of(struct diagnose_cases *d, uint32_t index, uint32_t alarm_id)
{
	struct diagnose_case	*c = diagnose_find_case(d, index, alarm_id);

	if (c == NULL) {
		c = free_case(d);
		*c = (struct diagnose_case){
			.kernel_due = MONO_NEVER, .changed_due = MONO_NEVER,
		};
		set_key(d, c, index, alarm_id);
	}
	d->slots[c - d->all].used = ++d->uses;
	return (c);
}

/* ---- evidence */

void
diagnose_take_engine(struct diagnose_case *c)
{
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
