/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that a watch does not count: those with a fault, from another MAC
 * address than `peer-mac`, or with a TTL below `hop-limit`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mono.h"
#include "match/match.h"

#include "bytes.h"
#include "load.h"

#define LINK_RAW	101
#define LINK_SLL	113
#define LINK_SLL2	276

#define WATCH(name, options)	\
	"watch \"" name "\" { interface = \"hbw0\" " options " }\n"

/* The sender of put_ethernet. */
#define PEER_MAC	"peer-mac = \"02:77:00:00:00:01\" "
#define OTHER_MAC	"peer-mac = \"02:77:00:00:00:09\" "
#define UDP		"peer = 192.0.2.12 heartbeat = \"udp 694\" "

static struct configuration	*config;
static struct match		*match;

/* The watches of the last frame: a bit for each that counts or rejects it. */
static unsigned			 counted;
static unsigned			 rejected;
static enum packet_fault	 fault;		/* the last one */

static int
teardown(void **state)
{
	(void)state;
	match_free(match);
	configuration_free(config);
	match = NULL;
	config = NULL;
	return (0);
}

static void
take(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	assert_ptr_equal(arg, &counted);
	assert_true(heartbeat->alive);
	counted |= 1u << watch;
}

static void
reject(void *arg, const struct match_rejection *r)
{
	assert_ptr_equal(arg, &rejected);
	assert_int_not_equal(r->fault, PACKET_FAULT_NONE);
	assert_non_null(r->packet);
	rejected |= 1u << r->watch;
	fault = r->fault;
}

static unsigned	 nrefused;

static void
refuse(void *arg, uint32_t watch, int line, const char *error)
{
	(void)watch;
	assert_null(arg);
	assert_true(line > 0);
	assert_string_not_equal(error, "");
	nrefused++;
}

static void
listen_on(const char *text, int link_type)
{
	bool	 all;

	(void)teardown(NULL);
	config = load(text);
	assert_non_null(config);
	match = match_new(config, NULL);
	assert_non_null(match);
	match_report_rejected(match, reject, &rejected);
	nrefused = 0;
	all = match_prepare(match, link_type, refuse, NULL);
	assert_int_equal(all, nrefused == 0);
}

static void
listen_to(const char *text)
{
	listen_on(text, LINK_ETHERNET);
	assert_int_equal(nrefused, 0);
}

/* Times of the frames, 1 s apart, so that none is a copy. */
static struct wall_time	 now = { NSEC_PER_SEC };

static void
give_link(const struct bytes *b, int link_type)
{
	struct capture_frame	 frame = {
		.bytes = b->at, .captured = b->n, .wire = b->n,
		.link_type = link_type, .timestamp = now,
	};

	now.ns += NSEC_PER_SEC;
	counted = rejected = 0;
	fault = PACKET_FAULT_NONE;
	(void)match_frame(match, &frame, take, &counted);
}

/* Gives a frame that the watches of `counts` count, and the others reject. */
static void
check(const struct bytes *b, unsigned counts, unsigned rejects)
{
	give_link(b, LINK_ETHERNET);
	assert_int_equal(counted, counts);
	assert_int_equal(rejected, rejects);
}

static void
put_beat(struct bytes *b)
{
	size_t	 ip = b->n;

	put_ipv4(b, 17, 64, 12);
	set_ipv4_checksum(b, ip);
	put_udp(b, 694, 694, 4);
	put_text(b, "beat");
	set_checksum(b, ip, ip + 20, 17);
}

static struct bytes
beat(void)
{
	struct bytes	 b = { .n = 0 };

	put_ethernet(&b, 0x0800);
	put_beat(&b);
	return (b);
}

/* A frame that the protocol decodes, but which its receiver discards. */
static void
damaged(void **state)
{
	static const char *const	 forms[] = {
		"udp 694", "ip", "bpf udp port 694",
	};
	struct bytes			 b;
	char				 text[256];
	size_t				 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), WATCH("w",
		    "peer = 192.0.2.12 heartbeat = \"%s\""), forms[i]);
		listen_to(text);
		b = beat();
		check(&b, 1, 0);
		b.at[25] ^= 0x34;
		check(&b, 0, 1);
		assert_int_equal(fault, PACKET_FAULT_HEADER);
		b = beat();
		b.at[41] ^= 0x34;
		check(&b, 0, 1);
		assert_int_equal(fault, PACKET_FAULT_CHECKSUM);
		b = beat();
		b.at[22] = 0;
		set_ipv4_checksum(&b, 14);
		check(&b, 0, 1);
		assert_int_equal(fault, PACKET_FAULT_HOP_LIMIT);
	}
	/* Packets of other flows are not reported. */
	listen_to(WATCH("w", "peer = 192.0.2.12 heartbeat = \"udp 695\""));
	check(&b, 0, 0);
}

/* An expression also matches IP packets that cannot be decoded. */
static void
damaged_length(void **state)
{
	struct bytes	 b = beat();

	(void)state;
	listen_to(WATCH("w", "heartbeat = \"bpf udp port 694\""));
	set_u16(&b, 16, 33);
	set_ipv4_checksum(&b, 14);
	check(&b, 0, 1);
	assert_int_equal(fault, PACKET_FAULT_LENGTH);
}

/* Without a receiver of the reports nothing is reported. */
static void
not_reported(void **state)
{
	struct bytes	 b = beat();

	(void)state;
	listen_to(WATCH("w", UDP));
	match_report_rejected(match, NULL, NULL);
	b.at[25] ^= 0x34;
	check(&b, 0, 0);
}

static void
peer_mac(void **state)
{
	struct bytes	 b = beat();

	(void)state;
	listen_to(WATCH("same", UDP PEER_MAC) WATCH("other", UDP OTHER_MAC)
	    WATCH("any", UDP) WATCH("bpf", PEER_MAC "heartbeat = \"bpf arp or "
	    "udp\"") WATCH("other-bpf", OTHER_MAC "heartbeat = \"bpf arp or "
	    "udp\""));
	check(&b, 0x0d, 0x12);
	assert_int_equal(fault, PACKET_FAULT_MAC);
	b.at[11] = 9;
	check(&b, 0x16, 0x09);
	/* No IP packet: only the MAC address counts. */
	b.n = 0;
	put_ethernet(&b, 0x0806);
	put_zeros(&b, 46);
	check(&b, 0x08, 0x10);
}

/* The device `any` shows the address, if that of the interface has 6 octets. */
static void
peer_mac_cooked(void **state)
{
	static const uint8_t	 mac[6] = { 0x02, 0x77, 0, 0, 0, 1 };
	static const int	 links[] = { LINK_SLL, LINK_SLL2 };
	struct bytes		 b;
	size_t			 i, length;

	(void)state;
	for (i = 0; i < 2; i++) {
		listen_on(WATCH("same", UDP PEER_MAC)
		    WATCH("other", UDP OTHER_MAC), links[i]);
		assert_int_equal(nrefused, 0);
		b.n = 0;
		if (links[i] == LINK_SLL) {
			put_u16(&b, 0);
			put_u16(&b, 1);
			length = b.n + 1;
			put_u16(&b, 6);
		} else {
			put_u16(&b, 0x0800);
			put_zeros(&b, 6);
			put_u16(&b, 1);
			put_u8(&b, 0);
			length = b.n;
			put_u8(&b, 6);
		}
		put(&b, mac, 6);
		put_zeros(&b, 2);
		if (links[i] == LINK_SLL)
			put_u16(&b, 0x0800);
		put_beat(&b);
		give_link(&b, links[i]);
		assert_int_equal(counted, 1);
		assert_int_equal(rejected, 2);
		b.at[length] = 0;	/* an interface without addresses */
		give_link(&b, links[i]);
		assert_int_equal(counted, 0);
		assert_int_equal(rejected, 3);
	}
}

/* Where frames have no MAC addresses, only watches with the option are lost. */
static void
peer_mac_without_addresses(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	listen_on(WATCH("same", UDP PEER_MAC) WATCH("any", UDP)
	    WATCH("off", UDP OTHER_MAC "enabled = false"), LINK_RAW);
	assert_int_equal(nrefused, 1);
	put_beat(&b);
	give_link(&b, LINK_RAW);
	assert_int_equal(counted, 2);
	assert_int_equal(rejected, 1);
}

static void
hop_limit(void **state)
{
	struct bytes	 b = beat();

	(void)state;
	listen_to(WATCH("64", UDP "hop-limit = 64")
	    WATCH("65", UDP "hop-limit = 65")
	    WATCH("255", "heartbeat = \"bpf arp or udp\" hop-limit = 255"));
	check(&b, 1, 6);
	assert_int_equal(fault, PACKET_FAULT_FAR);
	b.at[22] = 255;
	set_ipv4_checksum(&b, 14);
	check(&b, 7, 0);
	b.at[22] = 63;
	set_ipv4_checksum(&b, 14);
	check(&b, 0, 7);
	/* A frame without IP has no hop limit. */
	b.n = 0;
	put_ethernet(&b, 0x0806);
	put_zeros(&b, 46);
	check(&b, 0, 4);
}

static void
hop_limit_ipv6(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	listen_to(WATCH("64", "peer = 2001:db8::c heartbeat = \"udp 694\" "
	    "hop-limit = 64"));
	put_ethernet(&b, 0x86dd);
	put_ipv6(&b, 17, 64, 12);
	put_udp(&b, 694, 694, 4);
	put_text(&b, "beat");
	set_checksum(&b, 14, 54, 17);
	check(&b, 1, 0);
	b.at[21] = 63;
	check(&b, 0, 1);
}

/* The inner frame has its own MAC address, an inner packet that around it. */
static void
inside(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	listen_to(WATCH("same", UDP PEER_MAC "decapsulate = true")
	    WATCH("other", UDP OTHER_MAC "decapsulate = true"));
	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 4, 64, 32);	/* IP in IP */
	set_ipv4_checksum(&b, 14);
	put_beat(&b);
	check(&b, 1, 2);
	/* Its receiver does not decapsulate a damaged packet. */
	b.at[25] ^= 0x34;
	check(&b, 0, 0);
	b.n = 0;
	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 47, 64, 4 + 14 + 32);	/* GRE */
	set_ipv4_checksum(&b, 14);
	put_u32(&b, 0x00006558);
	put_ethernet(&b, 0x0800);
	put_beat(&b);
	check(&b, 1, 2);
	b.at[14 + 20 + 4 + 11] = 9;
	check(&b, 2, 1);
}

/* A tunnel over IPv6 may have no checksum: RFC 6935. */
static void
inside_ipv6(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	listen_to(WATCH("w", UDP "decapsulate = true"));
	put_ethernet(&b, 0x86dd);
	put_ipv6(&b, 17, 64, 8 + 8 + 14 + 32);
	put_udp(&b, 50000, 4789, 8 + 14 + 32);
	put_u32(&b, 0x08000000);
	put_u32(&b, 0x00000100);
	put_ethernet(&b, 0x0800);
	put_beat(&b);
	check(&b, 1, 0);
	set_u16(&b, 60, 0x1234);
	check(&b, 0, 0);
}

/* ---- tcp-keepalive, whose state depends on earlier segments */

static struct bytes
segment(bool from_peer, uint32_t sequence, uint32_t acknowledgement,
    const char *text)
{
	struct bytes	 b = { .n = 0 };

	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 6, 64, 20 + strlen(text));
	if (!from_peer) {
		b.at[29] = 0x0b;
		b.at[33] = 0x0c;
		b.at[11] = 2;
	}
	set_ipv4_checksum(&b, 14);
	put_tcp(&b, from_peer ? 22 : 40000, from_peer ? 40000 : 22, sequence,
	    acknowledgement, PACKET_TCP_ACK);
	put_text(&b, text);
	set_checksum(&b, 14, 34, 6);
	return (b);
}

/* Begins a connection in which the next sequence number of the peer is 1005. */
static void
connect_peer(const char *options)
{
	struct bytes	 b;
	char		 text[256];

	snprintf(text, sizeof(text), WATCH("w", "peer = 192.0.2.12 "
	    "heartbeat = \"tcp-keepalive 22\" %s"), options);
	listen_to(text);
	b = segment(true, 1000, 500, "hello");
	check(&b, 0, 0);
	b = segment(false, 500, 1005, "");
	check(&b, 0, 0);
	b = segment(true, 1004, 500, "");
	check(&b, 1, 0);
}

/* A segment that does not count does not change what counts afterwards. */
static void
keepalive(void **state)
{
	struct bytes	 b, probe = segment(true, 1004, 500, "");

	(void)state;
	connect_peer("");
	b = segment(true, 9000, 500, "forged");
	b.at[50] ^= 0x55;
	check(&b, 0, 0);
	check(&probe, 1, 0);
	connect_peer(PEER_MAC);
	b = segment(true, 9000, 500, "forged");
	b.at[11] = 9;
	check(&b, 0, 0);
	check(&probe, 1, 0);
	b = probe;
	b.at[11] = 9;
	check(&b, 0, 1);
	assert_int_equal(fault, PACKET_FAULT_MAC);
	connect_peer("hop-limit = 64");
	b = segment(true, 9000, 500, "forged");
	b.at[22] = 63;
	set_ipv4_checksum(&b, 14);
	check(&b, 0, 0);
	check(&probe, 1, 0);
	/* Without the options, a valid segment changes it. */
	connect_peer("");
	b = segment(true, 9000, 500, "forged");
	b.at[11] = 9;
	check(&b, 0, 0);
	check(&probe, 0, 0);
}

#define TEST(name)	cmocka_unit_test_teardown(name, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(damaged),
		TEST(damaged_length),
		TEST(not_reported),
		TEST(peer_mac),
		TEST(peer_mac_cooked),
		TEST(peer_mac_without_addresses),
		TEST(hop_limit),
		TEST(hop_limit_ipv6),
		TEST(inside),
		TEST(inside_ipv6),
		TEST(keepalive),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
