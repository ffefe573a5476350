/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/floating_ips.h"

#include "load.h"

#define WATCH(name, options)						\
	"watch \"" name "\" { interface = eth0 peer = 192.0.2.12 "	\
	"heartbeat = \"udp 1\" " options " }\n"

static struct configuration	*config;
static struct alarm_positions	 positions;
static struct detect_watch	 watches[8];
static struct detect_source	 source, *list[1] = { &source };
static struct detect		 detect;
static struct dual		 rows[8];
static struct duals		 duals;
static struct peer_macs		 macs;
static struct floating_ips	 ips;
static unsigned			 events;

static void
emit(void *arg, const struct detect_event *event)
{
	(void)arg;
	(void)event;
	events++;
}

static struct mono_time
at(double seconds)
{
	return ((struct mono_time){ (int64_t)(seconds * 1e9) });
}

static void
begin(const char *text)
{
	uint32_t	 i;

	config = load(text);
	assert_non_null(config);
	events = 0;
	assert_true(alarm_positions_init(&positions, config));
	detect_source_begin(&source, at(-1));
	for (i = 0; i < config->nwatches; i++) {
		detect_watch_begin(&watches[i], at(-1));
		detect_watch_configure(&watches[i], 0, at(1000).ns, 1,
		    config->watches[i]->profile->enabled);
	}
	for (i = 0; i < positions.nduals; i++) {
		dual_begin(&rows[i]);
		dual_configure(&rows[i], at(5).ns, true);
	}
	assert_true(detect_init(&detect, watches, config->nwatches, list, emit,
	    NULL));
	assert_true(duals_init(&duals, &detect, (uint32_t)config->nwatches,
	    rows, positions.duals, positions.nduals));
	assert_true(peer_macs_init(&macs, config));
	assert_true(floating_ips_init(&ips, config, &positions, &duals,
	    &macs));
}

static int
teardown(void **state)
{
	(void)state;
	floating_ips_free(&ips);
	peer_macs_free(&macs);
	duals_free(&duals);
	detect_free(&detect);
	alarm_positions_free(&positions);
	configuration_free(config);
	return (0);
}

static struct diagnosis_frame
frame(enum diagnosis_kind kind, double seconds, uint8_t address, uint8_t mac)
{
	return ((struct diagnosis_frame){
		.kind = kind, .at = at(seconds),
		.address = { ADDR_IPV4, { 192, 0, 2, address } },
		.source = { { 2, 0, 0, 0, 0, mac } },
	});
}

static void
claim(double seconds, uint8_t address, uint8_t mac)
{
	struct diagnosis_frame	 f = frame(DIAGNOSIS_CLAIM, seconds, address,
				    mac);

	f.sent_here = mac == 11;
	floating_ips_frame(&ips, "eth0", &f);
}

static void
request(double seconds, uint8_t address)
{
	struct diagnosis_frame	 f = frame(DIAGNOSIS_REQUEST, seconds, address,
				    30);

	floating_ips_frame(&ips, "eth0", &f);
}

static void
owners(void **state)
{
	const uint8_t	 peer[MAC_LENGTH] = { 2, 0, 0, 0, 0, 12 };

	(void)state;
	begin(WATCH("no", "") WATCH("a", "floating-ip = 192.0.2.10")
	    WATCH("b", "floating-ip = 192.0.2.9"));
	macs.last[1] = peer_macs_number(peer);
	claim(1, 10, 11);
	assert_int_equal(dual_owner(&rows[0], at(1)), DUAL_OWNER_HERE);
	claim(20, 10, 12);
	assert_int_equal(dual_owner(&rows[0], at(20)), DUAL_OWNER_PEER);
	claim(40, 10, 13);
	assert_int_equal(dual_owner(&rows[0], at(40)), DUAL_OWNER_ELSEWHERE);
	/* The MAC address of the peer of the other watch is not known. */
	claim(40, 9, 13);
	assert_int_equal(dual_owner(&rows[1], at(40)), DUAL_OWNER_UNKNOWN);
	claim(41, 12, 12);
	assert_int_equal(events, 0);
}

static void
two_owners(void **state)
{
	double	 t;

	(void)state;
	begin(WATCH("a", "floating-ip = 192.0.2.10") WATCH("b",
	    "floating-ip = 192.0.2.10 vlan = 7"));
	for (t = 0; t < 4; t++) {
		claim(t, 10, 11);
		claim(t + 0.001, 10, 12);
	}
	assert_int_equal(events, 1);
	assert_int_equal(rows[0].raised, 1);
	assert_int_equal(dual_owner(&rows[0], at(4)), DUAL_OWNER_BOTH);
	/* It is in another VLAN. */
	assert_int_equal(dual_owner(&rows[1], at(4)), DUAL_OWNER_UNKNOWN);
}

static void
no_answer(void **state)
{
	(void)state;
	begin(WATCH("a", "floating-ip = 192.0.2.10"));
	claim(0, 10, 12);
	request(1, 10);
	request(1.1, 10);
	request(1.2, 10);
	request(2, 10);
	assert_int_not_equal(dual_owner(&rows[0], at(2)), DUAL_OWNER_NOBODY);
	claim(2.1, 10, 12);
	request(3, 10);
	request(4, 10);
	request(4.5, 9);
	assert_int_not_equal(dual_owner(&rows[0], at(5)), DUAL_OWNER_NOBODY);
	request(5, 10);
	assert_int_equal(dual_owner(&rows[0], at(5)), DUAL_OWNER_NOBODY);
}

static void
ignored(void **state)
{
	struct diagnosis_frame	 f = frame(DIAGNOSIS_CLAIM, 1, 10, 0);

	(void)state;
	begin(WATCH("a", "floating-ip = 192.0.2.10"));
	floating_ips_frame(&ips, "eth1", &f);
	f.kind = DIAGNOSIS_PROBE;
	floating_ips_frame(&ips, "eth0", &f);
	assert_int_equal(rows[0].senders[0].active_ns, 0);
}

#define TEST(name)	cmocka_unit_test_teardown(name, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(owners),
		TEST(two_owners),
		TEST(no_answer),
		TEST(ignored),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
