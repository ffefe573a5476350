/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows that an engine shares with the agent.  The input overwrites them;
 * then the agent reads all values, and a new engine continues with the rows.
 */
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "engine/interruption_check.h"
#include "engine/shared_state.h"

#include "fuzz.h"

#define WATCHES		3
#define SECOND		NSEC_PER_SEC
#define NOW		((struct mono_time){ 5000 * SECOND })
#define FUTURE_NS	(60 * SECOND)

static struct configuration_alarm	 dual = {
	.interruption_ns = 5 * SECOND,
};
static struct configuration_profile	 profiles[WATCHES] = {
	{ .interface = "lo", .interruption_ns = SECOND, .recovery = 1,
	    .enabled = true, .dual = &dual },
	{ .interface = "eth0", .interruption_ns = 30 * SECOND, .recovery = 3,
	    .enabled = true, .dual = &dual },
	{ .interface = "lo", .interruption_ns = SECOND, .recovery = 1 },
};
static struct configuration_watch	 watches[WATCHES] = {
	{ .profile = &profiles[0] }, { .profile = &profiles[1] },
	{ .profile = &profiles[2] },
};
static struct configuration_watch	*list[WATCHES] = {
	&watches[0], &watches[1], &watches[2],
};
static struct configuration		 config = {
	.watches = list, .nwatches = WATCHES,
};

/* The warnings are not of interest here. */
static void
ignore_line(void *arg, int priority, const char *line)
{
	(void)arg;
	(void)priority;
	(void)line;
}

static void
check_time(struct mono_time t)
{
	fuzz_check(mono_sub(t, NOW) <= FUTURE_NS);
}

static void
read_duals(const struct shared_state *shared)
{
	struct dual	 d;
	size_t		 i;

	for (i = 0; i < shared->positions.nduals; i++) {
		shared_state_read_dual(shared, i, NOW, &d);
		check_time(d.raised_at);
		check_time(d.cleared_at);
		fuzz_check(d.raised <= 1);
		fuzz_check(dual_actives(&d, NOW) <= DUAL_SENDERS);
		fuzz_check(dual_owner(&d, NOW) >= DUAL_OWNER_UNKNOWN &&
		    dual_owner(&d, NOW) <= DUAL_OWNER_NOBODY);
	}
}

/* All that the tables and notifications show. */
static void
read_rows(const struct shared_state *shared)
{
	struct shared_capture	 c;
	struct detect_source	 source;
	struct detect_watch	 w;
	enum detect_state	 state;
	size_t			 i;

	for (i = 0; i < shared->ncaptures; i++) {
		shared_state_read_capture(shared, i, NOW, &c);
		fuzz_check(strcmp(c.interface, shared->names[i]) == 0);
		fuzz_check(utf8_valid(c.error) && c.listening <= 1);
		fuzz_check(c.state >= SHARED_CAPTURE_RUNNING &&
		    c.state <= SHARED_CAPTURE_FAILED);
		(void)shared_state_listens(shared, i);
	}
	for (i = 0; i < shared->nwatches; i++) {
		shared_state_read_watch(shared, i, NOW, &w);
		shared_state_configure(shared, &profiles[i], &w);
		fuzz_check((int64_t)w.interruption_ns ==
		    profiles[i].interruption_ns);
		source = (struct detect_source){ 0 };
		if (w.source < shared->ncaptures)
			shared_state_read_source(shared, w.source, NOW,
			    &source);
		fuzz_check(source.blind <= 1 && source.link_down <= 1);
		check_time(source.since);
		state = detect_state(&w, &source, NOW);
		fuzz_check(state >= DETECT_STARTING &&
		    state <= DETECT_DISABLED);
		fuzz_check(detect_silence_ns(&w, NOW) >= 0 &&
		    detect_interval_ns(&w) >= 0 &&
		    detect_jitter_ns(&w) >= 0 &&
		    detect_longest_gap_ns(&w) >= 0);
		(void)detect_interruptions(&w);
	}
	read_duals(shared);
	interruption_check_all(&config, shared, NOW);
}

static void
count_event(void *arg, const struct detect_event *event)
{
	unsigned	*events = arg;

	fuzz_check(event->watch < WATCHES + 2);
	(*events)++;
}

/* It clears the alarms of two active nodes, but none too early. */
static void
run_duals(struct shared_state *shared, struct detect *detect)
{
	const struct dual_advertisement	 a = {
		.sender = { ADDR_IPV4, { 192, 0, 2, 1 } }, .active = true,
	};
	struct duals			 duals;
	struct mono_time		 raised;
	bool				 was_raised;

	fuzz_check(duals_init(&duals, detect, WATCHES, shared->duals,
	    shared->positions.duals, shared->positions.nduals));
	was_raised = shared->duals[0].raised;
	raised = shared->duals[0].raised_at;
	dual_advertised(&duals, 0, &a, NOW);
	duals_advance(&duals, mono_add(NOW, 24 * 3600 * SECOND));
	fuzz_check(!shared->duals[0].raised && !shared->duals[1].raised);
	if (was_raised)
		fuzz_check(mono_sub(shared->duals[0].cleared_at, raised) >=
		    dual.interruption_ns);
	duals_free(&duals);
}

/* The next engine raises the alarms of the silent watches. */
static void
run_engine(struct shared_state *shared)
{
	struct detect_source	*sources[WATCHES];
	struct detect		 detect;
	unsigned		 events = 0;
	size_t			 i;

	for (i = 0; i < shared->ncaptures; i++) {
		sources[i] = &shared->captures[i].source;
		sources[i]->blind = 0;
	}
	for (i = 0; i < shared->nwatches; i++)
		detect_watch_set_blind(&shared->watches[i], false, NOW);
	fuzz_check(detect_init(&detect, shared->watches, shared->nwatches,
	    sources, count_event, &events));
	(void)detect_heartbeat(&detect, 0, NOW, (struct wall_time){ 1 });
	detect_advance(&detect, mono_add(NOW, 200 * SECOND));
	fuzz_check(shared->watches[0].raised && shared->watches[1].raised);
	fuzz_check(!shared->watches[2].enabled);
	run_duals(shared, &detect);
	detect_free(&detect);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shared_state	*shared = shared_state_new(&config, NOW);

	fuzz_check(shared != NULL);
	log_redirect(ignore_line, NULL);
	if (size > shared->size)
		size = shared->size;
	memcpy(shared->mapping, data, size);
	read_rows(shared);
	shared_state_sanitize(shared, &config, NOW);
	read_rows(shared);
	run_engine(shared);
	shared_state_free(shared);
	return (0);
}
