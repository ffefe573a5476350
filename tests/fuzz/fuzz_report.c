/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datagrams of an engine: the input is a series of them, each after its
 * length in 16 bits.  What is accepted must be possible.
 */
#include <string.h>
#include <syslog.h>

#include "base/cursor.h"
#include "base/utf8.h"
#include "diagnosis/verdict.h"
#include "engine/engine_check.h"

#include "fuzz.h"

#define WATCHES		4
#define CAPTURES	2
#define SECOND		NSEC_PER_SEC
#define FUTURE_NS	(60 * SECOND)

static const struct engine_check_clocks	 clocks = {
	{ 5000 * SECOND }, { INT64_C(1795348800) * SECOND },
};
static struct engine_check_known	 known[WATCHES];

static void
take_event(const struct engine_event *e)
{
	struct engine_check_known	*w = NULL;
	struct detect_event		 event;
	struct wall_time		 at;

	if (e->watch < WATCHES)
		w = &known[e->watch];
	if (engine_check_event(e, w, &clocks, &event, &at) != NULL)
		return;
	fuzz_check(w != NULL && w->enabled);
	fuzz_check(event.number == w->transitions + 1);
	fuzz_check(event.transition == (event.number % 2 == 1 ?
	    DETECT_RAISED : DETECT_CLEARED));
	fuzz_check(!mono_before(event.at, w->changed));
	fuzz_check(mono_sub(event.at, clocks.now) <= FUTURE_NS);
	fuzz_check(event.last_heartbeat.ns >= 0 && event.duration_ns >= 0);
	fuzz_check(event.silence_ns == 0 ||
	    event.silence_ns == w->interruption_ns);
	if (event.transition == DETECT_RAISED)
		w->used = engine_check_used(w);
	fuzz_check(mono_sub(w->used, clocks.now) <= FUTURE_NS);
	w->transitions++;
	w->changed = event.at;
}

static void
take_evidence(struct engine_evidence *e)
{
	const struct engine_check_known	*w = NULL;
	const struct evidence_signal	*s;
	char				 text[EVIDENCE_TEXT_SIZE];
	struct verdict			 verdict;
	unsigned			 i;

	if (e->watch < WATCHES)
		w = &known[e->watch];
	if (engine_check_evidence(e, w, clocks.wall) != NULL)
		return;
	fuzz_check(w != NULL && w->enabled);
	for (i = 1; i <= EVIDENCE_MAX; i++) {
		s = &e->evidence.signals[i];
		fuzz_check(s->state >= EVIDENCE_UNKNOWN &&
		    s->state <= EVIDENCE_PRESENT);
		fuzz_check(s->at.ns >= 0 &&
		    wall_sub(s->at, clocks.wall) <= FUTURE_NS);
		fuzz_check(utf8_valid(evidence_text(i, s, text)));
	}
	verdict_of(&e->evidence, clocks.wall, &verdict);
	fuzz_check(verdict.cause >= CAUSE_UNKNOWN &&
	    verdict.cause <= CAUSE_MAX && verdict.confidence <= 100);
}

static void
take_datagram(union engine_datagram *datagram, size_t length)
{
	struct engine_message	*m = &datagram->message;
	uint32_t		 i;

	if (!engine_check_datagram(datagram, length))
		return;
	if (datagram->type == ENGINE_EVENT) {
		for (i = 0; i < datagram->events.count; i++)
			take_event(&datagram->events.events[i]);
	} else if (datagram->type == ENGINE_EVIDENCE) {
		take_evidence(&datagram->evidence);
	} else if (datagram->type == ENGINE_LOG) {
		engine_check_line(m);
		fuzz_check(m->priority >= LOG_CRIT && m->priority <= LOG_DEBUG);
		fuzz_check(utf8_valid(m->text));
	} else if (datagram->type == ENGINE_CAPTURE &&
	    engine_check_capture(m, CAPTURES) == NULL) {
		fuzz_check(m->capture < CAPTURES && utf8_valid(m->text));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static union engine_datagram	 datagram;
	struct cursor			 c = cursor_over(data, size);
	const uint8_t			*bytes;
	size_t				 length;
	unsigned			 i;

	for (i = 0; i < WATCHES; i++)
		known[i] = (struct engine_check_known){
			.transitions = i, .changed = { 1000 * SECOND },
			.read = { 4000 * SECOND },
			.interruption_ns = 10 * SECOND, .enabled = i != 3,
		};
	while (cursor_ok(&c) && c.left > 0) {
		length = cursor_u16(&c);
		bytes = cursor_take(&c, length);
		if (bytes == NULL || length > sizeof(datagram))
			break;
		/* The rest may have an older datagram, as a buffer has. */
		memcpy(&datagram, bytes, length);
		take_datagram(&datagram, length);
	}
	return (0);
}
