/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes of the MAC address of a peer: which are a second sender, and what is
 * logged how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/log.h"
#include "engine/peer_macs.h"

#include "load.h"

/* 256 watches on a port, and then these. */
enum { ANY_PROTOCOL = 256, ANY_TO_US, NO_PEER };

static const uint8_t	 first[] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t	 second[] = { 2, 0, 0, 0, 0, 2 };

static struct configuration	*config;
static struct peer_macs		 macs;
static unsigned			 warnings, infos;
static char			 last[1024];

static void
take_line(void *arg, int priority, const char *line)
{
	(void)arg;
	assert_true(priority == LOG_WARNING || priority == LOG_INFO);
	warnings += priority == LOG_WARNING;
	infos += priority == LOG_INFO;
	snprintf(last, sizeof(last), "%s", line);
}

static int
setup(void **state)
{
	(void)state;
	config = load("watch w { interface = e peer = 192.0.2.0/24 "
	    "heartbeat = \"udp 694\" }\n"
	    "watch x { interface = e peer = 192.0.2.1 heartbeat = ip }\n"
	    "watch y { interface = e peer = 192.0.2.1 heartbeat = ip "
	    "local = 192.0.2.2 }\n"
	    "watch z { interface = e heartbeat = \"vrrp 1\" }\n");
	warnings = infos = 0;
	last[0] = '\0';
	log_redirect(take_line, NULL);
	return (config != NULL && peer_macs_init(&macs, config) ? 0 : -1);
}

static int
teardown(void **state)
{
	(void)state;
	log_redirect(NULL, NULL);
	peer_macs_free(&macs);
	configuration_free(config);
	return (0);
}

static void
take_from(uint32_t watch, const uint8_t *mac, uint8_t hop_limit, int64_t ms)
{
	const struct packet	 packet = { .mac = mac,
		.hop_limit = hop_limit };

	peer_macs_take(&macs, watch, &packet,
	    (struct mono_time){ ms * NSEC_PER_MSEC });
}

static void
take(uint32_t watch, const uint8_t *mac, int64_t ms)
{
	take_from(watch, mac, 64, ms);
}

/* The two addresses send in turn, `n` packets of each. */
static void
alternate(uint32_t watch, uint8_t hop_limit, unsigned n)
{
	unsigned	 i;

	for (i = 0; i < n; i++) {
		take_from(watch, first, hop_limit, 2000 * i);
		take_from(watch, second, hop_limit, 2000 * i + 1000);
	}
}

static void
texts(void **state)
{
	struct mac		 pair[2];
	struct mono_time	 at;

	(void)state;
	take(12, first, 0);
	take(12, NULL, 0);
	take(12, first, 1000);
	assert_int_equal(infos, 0);
	take(12, second, 2000);
	assert_int_equal(infos, 1);
	assert_string_equal(last, "watch \"w@192.0.2.12\": the MAC address of "
	    "192.0.2.12 changed from 02:00:00:00:00:01 to 02:00:00:00:00:02: "
	    "another network card, host or router");
	assert_false(peer_macs_in_turn(&macs, 12, pair, &at));
	take(12, first, 3000);
	assert_int_equal(warnings, 1);
	assert_string_equal(last, "watch \"w@192.0.2.12\": packets from "
	    "192.0.2.12 come from two MAC addresses in turn, 02:00:00:00:00:02 "
	    "and 02:00:00:00:00:01; another host may have this address");
	assert_true(peer_macs_in_turn(&macs, 12, pair, &at));
	assert_memory_equal(pair[0].octets, second, MAC_LENGTH);
	assert_memory_equal(pair[1].octets, first, MAC_LENGTH);
	assert_int_equal(at.ns, 3000 * NSEC_PER_MSEC);
	assert_false(peer_macs_in_turn(&macs, 13, pair, &at));
}

static void
once_an_hour(void **state)
{
	(void)state;
	/* The first turn is at 2 s. */
	alternate(12, 64, 1800);
	assert_int_equal(warnings, 1);
	assert_int_equal(infos, 1);
	take(12, first, 3602 * 1000);
	assert_int_equal(warnings, 2);
	assert_non_null(strstr(last, "; 3598 times since the last message"));
}

/* Another node takes over the address and gives it back. */
static void
failover(void **state)
{
	struct mac		 pair[2];
	struct mono_time	 at;

	(void)state;
	take(12, first, 0);
	take(12, second, 1000);
	take(12, first, 11000);
	take(12, second, 21000);
	assert_int_equal(warnings, 0);
	assert_int_equal(infos, 1);
	assert_false(peer_macs_in_turn(&macs, 12, pair, &at));
	take(12, first, 30999);
	assert_int_equal(warnings, 1);
}

/* Ordinary reasons for two MAC addresses in turn. */
static void
no_warning(void **state)
{
	static const uint8_t	 virtual[][MAC_LENGTH] = {
		{ 0, 0, 0x5e, 0, 1, 7 }, { 0, 0, 0x5e, 0, 2, 7 },
		{ 0, 0, 0x0c, 7, 0xac, 1 }, { 0, 0, 0x0c, 0x9f, 0xf0, 1 },
	};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(virtual) / sizeof(virtual[0]); i++) {
		take(12, first, 0);
		take(12, virtual[i], 0);
		take(12, first, 0);
	}
	alternate(NO_PEER, 64, 10);
	assert_int_equal(infos, 0);
	/* Through a router. */
	alternate(13, 63, 10);
	assert_int_equal(infos, 1);
	/* Several flows. */
	alternate(ANY_PROTOCOL, 64, 10);
	assert_int_equal(infos, 2);
	assert_int_equal(warnings, 0);
	alternate(ANY_TO_US, 64, 10);
	assert_int_equal(warnings, 1);
}

static void
hop_limits(void **state)
{
	static const uint8_t	 direct[] = { 0, 1, 32, 64, 128, 255 };
	uint32_t		 i;

	(void)state;
	for (i = 0; i < sizeof(direct); i++) {
		alternate(i, direct[i], 2);
		assert_int_equal(warnings, i + 1);
	}
	alternate(i, 254, 2);
	assert_int_equal(warnings, i);
}

/* All peers change, as when a router fails, and some send in turn. */
static void
limited(void **state)
{
	struct mac		 pair[2];
	struct mono_time	 at;
	uint32_t		 i;

	(void)state;
	for (i = 0; i < 256; i++)
		take(i, first, 0);
	for (i = 0; i < 256; i++)
		take(i, second, 0);
	assert_int_equal(infos, 10);
	/* The newest changes are kept. */
	take(255, first, 0);
	assert_int_equal(warnings, 1);
	take(0, first, 0);
	assert_int_equal(warnings, 1);
	for (i = 0; i < 256; i++)
		alternate(i, 64, 2);
	assert_int_equal(warnings, PEER_MACS_CHANGES);
	/* The one with the first warning is still there. */
	assert_true(peer_macs_in_turn(&macs, 255, pair, &at));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(texts),
		TEST(once_an_hour),
		TEST(failover),
		TEST(no_warning),
		TEST(hop_limits),
		TEST(limited),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
