/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/wait.h>

#include <stdlib.h>
#include <string.h>

#include "engine/shared_state.h"

#include "load.h"

#define STARTED		((struct mono_time){ 1000 * NSEC_PER_SEC })
#define RELOADED	((struct mono_time){ 2000 * NSEC_PER_SEC })
#define IN_EFFECT	((struct mono_time){ 2003 * NSEC_PER_SEC })

#define WATCH(name, interface, peer, heartbeat, options)		\
	"watch \"" name "\" { interface = \"" interface "\" peer = \""	\
	peer "\" heartbeat = \"" heartbeat "\" " options " }\n"

#define DB(options)	WATCH("db", "hbw1", "192.0.2.12", "udp 694", options)
#define WEB(options)	WATCH("web", "hbw0", "192.0.2.13", "udp 80", options)

/* The old configuration and its rows, and the new ones. */
static struct configuration	*config, *next_config;
static struct shared_state	*shared, *next;

static int
setup(void **state)
{
	(void)state;
	config = next_config = NULL;
	shared = next = NULL;
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	shared_state_free(shared);
	shared_state_free(next);
	configuration_free(config);
	configuration_free(next_config);
	return (0);
}

static void
start(const char *text)
{
	config = load(text);
	assert_non_null(config);
	shared = shared_state_new(config, STARTED);
	assert_non_null(shared);
}

/* Alarms of two active nodes follow those of the heartbeats. */
static void
positions_of_alarms(void **state)
{
	const struct alarm_positions	*p;

	(void)state;
	start("watch \"a\" { interface = \"hbw0\" peer = \"192.0.2.1\""
	    " heartbeat = \"ip\" }\n"
	    "watch \"b\" { interface = \"hbw0\" heartbeat = \"vrrp 1\" }\n"
	    "watch \"c\" { interface = \"hbw0\" heartbeat = \"vrrp 2\""
	    " dual-active = none }\n"
	    "watch \"d\" { interface = \"hbw0\" heartbeat = \"vrrp 3\""
	    " peer = { \"192.0.2.1\", \"192.0.2.2\" } }\n");
	p = &shared->positions;
	assert_int_equal(alarm_positions_count(p), 5 + 3);
	assert_int_equal(alarm_positions_dual(p, 0), ALARM_POSITIONS_NONE);
	assert_int_equal(alarm_positions_dual(p, 1), 5);
	assert_int_equal(alarm_positions_dual(p, 2), ALARM_POSITIONS_NONE);
	assert_int_equal(alarm_positions_dual(p, 3), 6);
	assert_int_equal(alarm_positions_dual(p, 4), 7);
	assert_int_equal(alarm_positions_dual(p, 5), ALARM_POSITIONS_NONE);
	assert_int_equal(alarm_positions_watch(p, 4), 4);
	assert_int_equal(alarm_positions_watch(p, 5), 1);
	assert_int_equal(alarm_positions_watch(p, 7), 4);
	assert_false(alarm_positions_is_dual(p, 4));
	assert_true(alarm_positions_is_dual(p, 5));
}

/* The position of each new watch in the old configuration, by its name. */
static uint32_t *
old_positions(void)
{
	uint32_t	*positions;
	size_t		 i, j;

	positions = calloc(next_config->nwatches + 1, sizeof(*positions));
	assert_non_null(positions);
	for (i = 0; i < next_config->nwatches; i++) {
		positions[i] = SHARED_STATE_NEW;
		for (j = 0; j < config->nwatches; j++)
			if (strcmp(next_config->watches[i]->name,
			    config->watches[j]->name) == 0)
				positions[i] = (uint32_t)j;
	}
	return (positions);
}

static void
reload(const char *text)
{
	uint32_t	*positions;

	next_config = load(text);
	assert_non_null(next_config);
	next = shared_state_new(next_config, RELOADED);
	assert_non_null(next);
	positions = old_positions();
	shared_state_take_over(next, next_config, shared, config, positions,
	    IN_EFFECT);
	free(positions);
}

static struct mono_time
at(int64_t seconds)
{
	return ((struct mono_time){ seconds * NSEC_PER_SEC });
}

/* The state of a watch that has received heartbeats. */
static void
give_a_history(struct detect_watch *w)
{
	w->received = true;
	w->transitions = 4;
	w->last = at(1990);
	w->last_wall = (struct wall_time){ 77 };
	w->raised_at = at(1500);
	w->heartbeats = 900;
	w->longest_gap_ms = 70000;
	w->jitter_ns = 5;
	w->intervals[0] = 40001;
	w->oldest = 1;
}

static void
give_an_alarm(struct detect_watch *w)
{
	give_a_history(w);
	w->raised = true;
	w->recovered = 1;
	w->transitions = 5;
	w->raised_at = at(1800);
}

static void
assert_history(const struct detect_watch *w)
{
	assert_true(w->received);
	assert_int_equal(w->last.ns, at(1990).ns);
	assert_int_equal(w->last_wall.ns, 77);
	assert_int_equal(w->heartbeats, 900);
	assert_int_equal(w->longest_gap_ms, 70000);
	assert_int_equal(detect_jitter_ns(w), 5);
	assert_int_equal(detect_interval_ns(w), NSEC_PER_SEC);
}

static void
assert_started_again(const struct detect_watch *w)
{
	assert_false(w->received);
	assert_int_equal(w->heartbeats, 0);
	assert_int_equal(w->longest_gap_ms, 0);
	assert_int_equal(detect_interval_ns(w), 0);
	assert_int_equal(w->recovered, 0);
	assert_int_equal(w->last.ns, IN_EFFECT.ns);
}

/* ---- new rows */

static void
rows_of_a_configuration(void **state)
{
	const struct detect_watch	*w;

	(void)state;
	start(DB("interruption = 7s recovery = 3") WEB("enabled = false")
	    WATCH("mq", "hbw1", "192.0.2.14", "ip", ""));
	/* A disabled watch needs no capture. */
	assert_int_equal(shared->ncaptures, 1);
	assert_int_equal(shared->nwatches, 3);
	assert_string_equal(shared->captures[0].interface, "hbw1");
	assert_int_equal(shared->captures[0].state, SHARED_CAPTURE_RUNNING);
	assert_false(shared->captures[0].listening);
	assert_false(shared->captures[0].source.blind);
	assert_int_equal(shared->captures[0].source.since.ns, STARTED.ns);
	w = &shared->watches[0];
	assert_int_equal(w->source, 0);
	assert_int_equal(w->interruption_ns, 7 * NSEC_PER_SEC);
	assert_int_equal(w->recovery, 3);
	assert_true(w->enabled);
	assert_int_equal(w->last.ns, STARTED.ns);
	assert_false(w->received || w->raised);
	assert_false(shared->watches[1].enabled);
	assert_int_equal(shared->watches[2].source, 0);
}

static void
captures_are_found(void **state)
{
	(void)state;
	start(WATCH("a", "hbw2", "192.0.2.1", "ip", "")
	    WATCH("b", "hbw0", "192.0.2.1", "ip", "")
	    WATCH("c", "hbw10", "192.0.2.1", "ip", "")
	    WATCH("d", "hbw2", "192.0.2.1", "ip", ""));
	assert_int_equal(shared->ncaptures, 3);
	assert_string_equal(shared->captures[shared_state_find_capture(shared,
	    "hbw0")].interface, "hbw0");
	assert_string_equal(shared->captures[shared_state_find_capture(shared,
	    "hbw10")].interface, "hbw10");
	assert_string_equal(shared->captures[shared_state_find_capture(shared,
	    "hbw2")].interface, "hbw2");
	assert_int_equal(shared_state_find_capture(shared, "hbw1"), UINT32_MAX);
	assert_int_equal(shared_state_find_capture(shared, ""), UINT32_MAX);
}

static void
no_watch(void **state)
{
	(void)state;
	start("source = \"s\"\n");
	assert_int_equal(shared->ncaptures, 0);
	assert_int_equal(shared->nwatches, 0);
	assert_int_equal(shared_state_find_capture(shared, "hbw0"), UINT32_MAX);
	reload(DB(""));
	assert_started_again(&next->watches[0]);
}

static void
many(void **state)
{
	char	*text;
	size_t	 size, i;
	FILE	*f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	for (i = 0; i < 5000; i++)
		fprintf(f, "watch \"w%zu\" { interface = \"hbw%zu\" "
		    "heartbeat = \"vrrp %zu\" }\n", i, i % 100, i % 255 + 1);
	assert_int_equal(fclose(f), 0);
	start(text);
	assert_int_equal(shared->ncaptures, 100);
	for (i = 0; i < 5000; i++)
		shared->watches[i].heartbeats = i + 1;
	reload(text);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(next->watches[i].heartbeats, i + 1);
		assert_string_equal(next->captures[next->watches[i].source].
		    interface, next_config->watches[i]->profile->interface);
	}
	free(text);
}

/* This process reads the values that its child has written. */
static void
rows_are_shared(void **state)
{
	pid_t	 child;
	int	 status;

	(void)state;
	start(DB(""));
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		shared->watches[0].heartbeats = 45640;
		shared->captures[0].packets = 45641;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(shared->watches[0].heartbeats, 45640);
	assert_int_equal(shared->captures[0].packets, 45641);
}

/* ---- rows that a new configuration takes over */

static void
unchanged(void **state)
{
	(void)state;
	start(DB(""));
	give_a_history(&shared->watches[0]);
	shared->watches[0].stopping = true;
	reload(DB(""));
	assert_memory_equal(&next->watches[0], &shared->watches[0],
	    sizeof(shared->watches[0]));
}

/* The positions of the watch and of its capture change. */
static void
unchanged_at_another_position(void **state)
{
	const struct detect_watch	*w;

	(void)state;
	start(DB(""));
	give_a_history(&shared->watches[0]);
	assert_int_equal(shared->watches[0].source, 0);
	reload(WEB("") "# a comment\n" DB(""));
	w = &next->watches[1];
	assert_history(w);
	assert_int_equal(w->transitions, 4);
	assert_int_equal(w->source, 1);
	assert_started_again(&next->watches[0]);
	assert_int_equal(next->watches[0].transitions, 0);
}

/* Only names change, not the flow. */
static void
other_names(void **state)
{
	(void)state;
	start(DB("source = \"a\" alarm = 45640"));
	give_an_alarm(&shared->watches[0]);
	reload(DB("source = \"b\" host = \"c\" alarm = 27003"));
	assert_history(&next->watches[0]);
	assert_true(next->watches[0].raised);
	assert_int_equal(next->watches[0].raised_at.ns, at(1800).ns);
}

static void
other_limits(void **state)
{
	const struct detect_watch	*w;

	(void)state;
	start(DB("interruption = 30s recovery = 1"));
	give_a_history(&shared->watches[0]);
	reload(DB("interruption = 7s recovery = 3"));
	w = &next->watches[0];
	assert_history(w);
	assert_int_equal(w->interruption_ns, 7 * NSEC_PER_SEC);
	assert_int_equal(w->recovery, 3);
}

static void
raised_and_unchanged(void **state)
{
	const struct detect_watch	*w;

	(void)state;
	start(DB("recovery = 3"));
	give_an_alarm(&shared->watches[0]);
	reload(DB("recovery = 3"));
	w = &next->watches[0];
	assert_history(w);
	assert_true(w->raised);
	assert_int_equal(w->raised_at.ns, at(1800).ns);
	assert_int_equal(w->transitions, 5);
	assert_int_equal(w->recovered, 1);
}

static const char *const	 other_flows[] = {
	WATCH("db", "hbw2", "192.0.2.12", "udp 694", ""),
	WATCH("db", "hbw1", "192.0.2.99", "udp 694", ""),
	WATCH("db", "hbw1", "192.0.2.12", "udp 695", ""),
	WATCH("db", "hbw1", "192.0.2.12", "tcp 694", ""),
	WATCH("db", "hbw1", "192.0.2.12", "udp 694", "local = \"192.0.2.1\""),
	WATCH("db", "hbw1", "192.0.2.12", "udp 694", "vlan = 7"),
	WATCH("db", "hbw1", "192.0.2.12", "udp 694", "vlan = none"),
	WATCH("db", "hbw1", "192.0.2.12", "udp 694", "hop-limit = 255"),
	WATCH("db", "hbw1", "192.0.2.12", "udp 694",
	    "peer-mac = \"02:00:00:00:00:02\""),
};

#define OTHER_FLOWS	(sizeof(other_flows) / sizeof(other_flows[0]))

static void
another_flow(void **state)
{
	const struct detect_watch	*w;
	size_t				 i;

	for (i = 0; i < OTHER_FLOWS; i++) {
		start(DB(""));
		give_a_history(&shared->watches[0]);
		reload(other_flows[i]);
		w = &next->watches[0];
		assert_started_again(w);
		assert_false(w->raised);
		assert_int_equal(w->transitions, 4);
		assert_string_equal(next->captures[w->source].interface,
		    next_config->watches[0]->profile->interface);
		teardown(state);
		setup(state);
	}
}

/* With another flow, the alarm stays active. */
static void
raised_and_another_flow(void **state)
{
	const struct detect_watch	*w;
	size_t				 i;

	for (i = 0; i < OTHER_FLOWS; i++) {
		start(DB(""));
		give_an_alarm(&shared->watches[0]);
		reload(other_flows[i]);
		w = &next->watches[0];
		assert_started_again(w);
		assert_true(w->raised);
		assert_int_equal(w->raised_at.ns, at(1800).ns);
		assert_int_equal(w->transitions, 5);
		teardown(state);
		setup(state);
	}
}

/* More blanks do not change the flow. */
static void
same_flow_with_other_blanks(void **state)
{
	(void)state;
	start(DB(""));
	give_a_history(&shared->watches[0]);
	reload(WATCH("db", "hbw1", "192.0.2.12", "udp   694", ""));
	assert_history(&next->watches[0]);
}

static void
disabled(void **state)
{
	const struct detect_watch	*w;

	(void)state;
	start(DB(""));
	give_a_history(&shared->watches[0]);
	reload(DB("enabled = false"));
	w = &next->watches[0];
	assert_false(w->enabled || w->raised);
	assert_int_equal(w->transitions, 4);
}

/* The alarm is cleared, which counts as a transition. */
static void
raised_and_disabled(void **state)
{
	const struct detect_watch	*w;

	(void)state;
	start(DB(""));
	give_an_alarm(&shared->watches[0]);
	reload(DB("enabled = false"));
	w = &next->watches[0];
	assert_false(w->enabled || w->raised);
	assert_int_equal(w->transitions, 6);
}

static void
enabled_again(void **state)
{
	const struct detect_watch	*w;

	(void)state;
	start(DB("enabled = false"));
	shared->watches[0].transitions = 6;
	reload(DB(""));
	w = &next->watches[0];
	assert_true(w->enabled);
	assert_started_again(w);
	assert_false(w->raised);
	assert_int_equal(w->transitions, 6);
}

static void
disabled_as_before(void **state)
{
	(void)state;
	start(DB("enabled = false"));
	shared->watches[0].transitions = 6;
	reload(DB("enabled = false"));
	assert_int_equal(next->watches[0].transitions, 6);
	assert_false(next->watches[0].enabled || next->watches[0].raised);
}

static void
removed_and_added_again(void **state)
{
	(void)state;
	start(DB("") WEB(""));
	give_an_alarm(&shared->watches[0]);
	give_a_history(&shared->watches[1]);
	reload(WEB(""));
	assert_int_equal(next->nwatches, 1);
	assert_history(&next->watches[0]);
	assert_false(next->watches[0].raised);

	/* A watch that is added again starts from the beginning. */
	shared_state_free(shared);
	configuration_free(config);
	shared = next;
	config = next_config;
	next = NULL;
	next_config = NULL;
	reload(DB("") WEB(""));
	assert_started_again(&next->watches[0]);
	assert_false(next->watches[0].raised);
	assert_int_equal(next->watches[0].transitions, 0);
	assert_history(&next->watches[1]);
}

/* Another name is another watch, even with the same flow. */
/* ---- the rows of two active nodes */

#define GROUP(name, options)						\
	"watch \"" name "\" { interface = \"hbw0\" "			\
	"heartbeat = \"vrrp 51\" " options " }\n"

static void
give_a_dual(struct dual *d)
{
	d->transitions = 3;
	d->raised = true;
	d->raised_at = at(1800);
	d->both = at(1990);
	d->quiet_ns = 9 * NSEC_PER_SEC;
	d->senders[0].last = at(1991);
	d->senders[0].address = (struct addr){ ADDR_IPV4, { 192, 0, 2, 1 } };
}

static void
dual_begins(void **state)
{
	(void)state;
	start(DB("") GROUP("a", "floating-ip = \"192.0.2.9\""));
	assert_int_equal(shared->duals[0].interruption_ns, 5 * NSEC_PER_SEC);
	assert_int_equal(shared->duals[0].floating, 1);
	assert_int_equal(shared->duals[0].raised, 0);
	assert_int_equal(shared->duals[0].owner, DUAL_OWNER_UNKNOWN);
	/* Another watch has such an alarm for the first time. */
	give_a_dual(&shared->duals[0]);
	reload(GROUP("db", "") GROUP("a", "floating-ip = \"192.0.2.9\""));
	assert_int_equal(next->duals[0].transitions, 0);
	assert_int_equal(next->duals[0].floating, 0);
	assert_memory_equal(&next->duals[1], &shared->duals[0],
	    sizeof(shared->duals[0]));
}

static void
dual_continues(void **state)
{
	(void)state;
	start(GROUP("a", "") GROUP("b", ""));
	give_a_dual(&shared->duals[1]);
	reload("alarm \"45640001\" { name = \"Two\" interruption = 7s }\n"
	    DB("") GROUP("b", "peer = \"192.0.2.1\"") GROUP("c", ""));
	/* It is another flow, so its senders are not known. */
	assert_int_equal(next->duals[0].transitions, 3);
	assert_int_equal(next->duals[0].raised, 1);
	assert_int_equal(next->duals[0].raised_at.ns, at(1800).ns);
	assert_int_equal(next->duals[0].both.ns, IN_EFFECT.ns);
	assert_int_equal(next->duals[0].senders[0].address.family, ADDR_NONE);
	assert_int_equal(next->duals[0].interruption_ns, 7 * NSEC_PER_SEC);
	assert_int_equal(next->duals[1].transitions, 0);
}

/* The agent clears the alarm, and counts that as one more transition. */
static void
dual_disabled(void **state)
{
	(void)state;
	start(GROUP("a", ""));
	give_a_dual(&shared->duals[0]);
	reload(GROUP("a", "enabled = false"));
	assert_int_equal(next->duals[0].transitions, 4);
	assert_int_equal(next->duals[0].raised, 0);
}

static void
dual_sanitized(void **state)
{
	struct dual	*d, copy;

	(void)state;
	start(GROUP("a", ""));
	d = &shared->duals[0];
	give_a_dual(d);
	d->version = 5;
	d->transitions = 8;
	d->raised_at = d->both = d->senders[0].last = at(2030);
	d->quiet_ns = -1;
	d->interruption_ns = 1;
	shared_state_read_dual(shared, 0, at(2000), &copy);
	assert_int_equal(copy.raised_at.ns, at(2030).ns);
	shared_state_sanitize(shared, config, at(2000));
	assert_int_equal(d->version, 6);
	assert_int_equal(d->transitions, 9);
	assert_int_equal(d->raised_at.ns, at(2000).ns);
	assert_int_equal(d->both.ns, at(2000).ns);
	assert_int_equal(d->senders[0].last.ns, at(2000).ns);
	/* With less time, the agent would refuse the clear. */
	assert_int_equal(d->quiet_ns, 5 * NSEC_PER_SEC);
}

static void
renamed(void **state)
{
	(void)state;
	start(DB(""));
	give_an_alarm(&shared->watches[0]);
	reload(WATCH("db2", "hbw1", "192.0.2.12", "udp 694", ""));
	assert_started_again(&next->watches[0]);
	assert_false(next->watches[0].raised);
}

static void
captures(void **state)
{
	struct shared_capture	*c;

	(void)state;
	start(DB("") WEB(""));
	c = &shared->captures[shared_state_find_capture(shared, "hbw1")];
	c->ifindex = 12;
	c->state = SHARED_CAPTURE_FAILED;
	c->listening = true;
	c->packets = 1;
	c->heartbeats = 2;
	c->dropped = 3;
	c->malformed = 4;
	c->drained = (struct wall_time){ 5 };
	strcpy(c->error, "gone");
	c->source.blind = true;
	c->source.link_down = true;
	c->source.since = at(1700);
	c->source.last_loss = at(1701);
	reload(WATCH("mq", "hbw2", "192.0.2.14", "ip", "") DB(""));
	assert_int_equal(next->ncaptures, 2);
	assert_int_equal(shared_state_find_capture(next, "hbw0"), UINT32_MAX);
	assert_memory_equal(&next->captures[shared_state_find_capture(next,
	    "hbw1")], c, sizeof(*c));
	c = &next->captures[shared_state_find_capture(next, "hbw2")];
	assert_string_equal(c->interface, "hbw2");
	assert_false(c->listening);
	assert_int_equal(c->packets, 0);
	assert_int_equal(c->source.since.ns, RELOADED.ns);
}

/* ---- a detector with the rows that were taken over */

static struct detect_event	 events[8];
static size_t			 nevents;

static void
emit(void *arg, const struct detect_event *event)
{
	(void)arg;
	assert_true(nevents < 8);
	events[nevents++] = *event;
}

static void
detect_begin(struct detect *d, struct shared_state *rows,
    struct detect_source **sources)
{
	size_t	 i;

	for (i = 0; i < rows->ncaptures; i++)
		sources[i] = &rows->captures[i].source;
	assert_true(detect_init(d, rows->watches, rows->nwatches, sources,
	    emit, NULL));
}

static void
heartbeat(struct detect *d, uint32_t i, int64_t seconds)
{
	detect_heartbeat(d, i, at(seconds), (struct wall_time){ seconds });
}

/* After a reload, no alarm is lost or raised twice. */
static void
detector_continues_after_a_reload(void **state)
{
	struct detect_source	*sources[4];
	struct detect		 d;

	(void)state;
	nevents = 0;
	start(DB("") WEB(""));
	detect_begin(&d, shared, sources);
	heartbeat(&d, 0, 1001);
	heartbeat(&d, 1, 1985);
	detect_advance(&d, at(1990));
	assert_int_equal(nevents, 3);
	assert_true(shared->watches[0].raised);
	assert_int_equal(shared->watches[0].raised_at.ns, at(1031).ns);
	assert_false(shared->watches[1].raised);
	heartbeat(&d, 1, 1995);
	detect_free(&d);

	nevents = 0;
	reload(WEB("interruption = 40s")
	    WATCH("db", "hbw1", "192.0.2.99", "udp 694", ""));
	detect_begin(&d, next, sources);
	detect_advance(&d, mono_add(at(2035), -1));
	assert_int_equal(nevents, 0);
	detect_advance(&d, at(2035));
	assert_int_equal(nevents, 1);
	assert_int_equal(events[0].watch, 0);
	assert_int_equal(events[0].number, 3);
	assert_int_equal(events[0].at.ns, at(2035).ns);
	heartbeat(&d, 1, 2036);
	assert_int_equal(nevents, 2);
	assert_int_equal(events[1].transition, DETECT_CLEARED);
	assert_int_equal(events[1].number, 2);
	assert_int_equal(events[1].duration_ns, at(2036 - 1031).ns);
	detect_free(&d);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(rows_of_a_configuration),
		TEST(positions_of_alarms),
		TEST(captures_are_found),
		TEST(no_watch),
		TEST(many),
		TEST(rows_are_shared),
		TEST(unchanged),
		TEST(unchanged_at_another_position),
		TEST(other_names),
		TEST(other_limits),
		TEST(raised_and_unchanged),
		TEST(another_flow),
		TEST(raised_and_another_flow),
		TEST(same_flow_with_other_blanks),
		TEST(disabled),
		TEST(raised_and_disabled),
		TEST(enabled_again),
		TEST(disabled_as_before),
		TEST(removed_and_added_again),
		TEST(renamed),
		TEST(dual_begins),
		TEST(dual_continues),
		TEST(dual_disabled),
		TEST(dual_sanitized),
		TEST(captures),
		TEST(detector_continues_after_a_reload),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
