/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log lines about packets that do not count, and the limits of their rate.
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
#include "engine/reject_log.h"

#include "load.h"

static struct configuration	*config;
static struct reject_log	 reject_log;
static unsigned			 lines;
static char			 last[1024];

static void
take_line(void *arg, int priority, const char *line)
{
	(void)arg;
	assert_int_equal(priority, LOG_WARNING);
	lines++;
	snprintf(last, sizeof(last), "%s", line);
}

static int
setup(void **state)
{
	(void)state;
	config = load("watch w { interface = e peer = 192.0.2.0/24 "
	    "heartbeat = \"udp 694\" }\n");
	memset(&reject_log, 0, sizeof(reject_log));
	lines = 0;
	log_redirect(take_line, NULL);
	return (config == NULL ? -1 : 0);
}

static int
teardown(void **state)
{
	(void)state;
	log_redirect(NULL, NULL);
	configuration_free(config);
	return (0);
}

/* Adds a packet of 192.0.2.12 at a time in seconds. */
static void
add(uint32_t watch, enum packet_fault fault, int64_t seconds)
{
	static const uint8_t	 mac[] = { 2, 0, 0, 0, 0, 1 };
	struct packet		 packet = { .mac = mac };
	struct match_rejection	 r = { watch, fault, &packet };

	addr_parse("192.0.2.12", &packet.source);
	if (fault == PACKET_FAULT_CHECKSUM)
		packet.mac = NULL;
	reject_log_add(&reject_log, config, &r,
	    (struct mono_time){ seconds * NSEC_PER_SEC });
}

static void
texts(void **state)
{
	(void)state;
	add(12, PACKET_FAULT_MAC, 0);
	assert_string_equal(last, "watch \"w@192.0.2.12\": a packet from "
	    "192.0.2.12 (02:00:00:00:00:01) does not count: sent from another "
	    "MAC address than peer-mac");
	add(12, PACKET_FAULT_CHECKSUM, 0);
	assert_string_equal(last, "watch \"w@192.0.2.12\": a packet from "
	    "192.0.2.12 does not count: wrong UDP or TCP checksum");
	assert_int_equal(lines, 2);
}

static void
once_an_hour(void **state)
{
	int64_t	 at;

	(void)state;
	for (at = 0; at < 3600; at++)
		add(0, PACKET_FAULT_MAC, at);
	assert_int_equal(lines, 1);
	add(0, PACKET_FAULT_MAC, 3600);
	assert_int_equal(lines, 2);
	assert_non_null(strstr(last, "peer-mac; 3600 since the last message"));
	add(0, PACKET_FAULT_MAC, 2 * 3600);
	assert_int_equal(lines, 3);
	assert_null(strstr(last, "since"));
}

/* Each watch and each fault has its own lines. */
static void
each_by_itself(void **state)
{
	(void)state;
	add(0, PACKET_FAULT_MAC, 0);
	add(1, PACKET_FAULT_MAC, 0);
	add(1, PACKET_FAULT_FAR, 0);
	add(0, PACKET_FAULT_MAC, 1);
	assert_int_equal(lines, 3);
}

/* With very many forged peers the lines are limited, too. */
static void
limited(void **state)
{
	uint32_t	 watch;

	(void)state;
	for (watch = 0; watch < 200; watch++)
		add(watch, PACKET_FAULT_MAC, 0);
	assert_int_equal(lines, REJECT_LOG_ENTRIES);
	add(250, PACKET_FAULT_MAC, 3599);
	assert_int_equal(lines, REJECT_LOG_ENTRIES);
	add(250, PACKET_FAULT_MAC, 3600);
	assert_int_equal(lines, REJECT_LOG_ENTRIES + 1);
	assert_non_null(strstr(last, "w@192.0.2.250"));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(texts),
		TEST(once_an_hour),
		TEST(each_by_itself),
		TEST(limited),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
