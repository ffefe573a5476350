/* SPDX-License-Identifier: BSD-2-Clause */
/* Echo requests to addresses of this host; skipped where they are forbidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>

#include "probe.h"

#define WAIT_MS		60000

static const struct wall_time	 wall = { INT64_C(1795348800) * NSEC_PER_SEC };

static struct probe		*probe;
static unsigned			 reports;
static struct evidence_signal	 last;

static int
begin(void **state)
{
	(void)state;
	reports = 0;
	probe = probe_new();
	return (probe == NULL ? -1 : 0);
}

static int
end(void **state)
{
	(void)state;
	probe_free(probe);
	return (0);
}

static void
take(void *arg, uint32_t index, const struct evidence_signal *s)
{
	(void)arg;
	assert_int_equal(index, 7);
	reports++;
	last = *s;
}

static struct mono_time
at(int64_t seconds)
{
	return ((struct mono_time){ seconds * NSEC_PER_SEC });
}

/* Sends the first request, at the time 100 s. */
static void
probe_peer(const char *text)
{
	struct addr	 peer;

	assert_true(addr_parse(text, &peer));
	if (!probe_open(probe) || !probe_begin(probe, 7, &peer, 0, at(100)))
		skip();
	assert_int_equal(probe_due(probe).ns, at(100).ns);
	probe_work(probe, at(100), wall, take, NULL);
	assert_int_equal(probe_due(probe).ns, at(101).ns);
}

static void
answered(void **state)
{
	struct pollfd	 fd = { .fd = probe_event(probe), .events = POLLIN };

	(void)state;
	probe_peer("127.0.0.1");
	while (reports == 0) {
		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		probe_work(probe, at(100), wall, take, NULL);
	}
	assert_int_equal(last.state, EVIDENCE_PRESENT);
	assert_int_equal(last.count, 1);
	assert_int_equal(last.at.ns, wall.ns);
}

/* The kernel refuses to send to this address, so the peer got no request. */
static void
not_sent(void **state)
{
	int64_t	 t;

	(void)state;
	probe_peer("255.255.255.255");
	for (t = 101; t <= 103; t++) {
		assert_int_equal(reports, 0);
		probe_work(probe, at(t), wall, take, NULL);
	}
	assert_int_equal(reports, 1);
	assert_int_equal(last.state, EVIDENCE_UNKNOWN);
	assert_int_equal(probe_due(probe).ns, MONO_NEVER.ns);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(answered, begin, end),
		cmocka_unit_test_setup_teardown(not_sent, begin, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
