/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heartbeat protocols: the packets that each accepts, and the forms of the
 * option `heartbeat`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pcap.h>

#include "base/mono.h"
#include "protocols/protocol.h"

#include "bytes.h"

#define LINK_RAW	101

#define IPV4_HEADER	20
#define IPV6_HEADER	40
#define UDP_IPV4	28	/* offset of the data of a datagram */
#define UDP_IPV6	48

/* Decodes the first `captured` octets from a block of exactly that size. */
static bool
decode_cut(const char *name, const struct bytes *b, size_t captured,
    struct heartbeat *heartbeat)
{
	const struct protocol	*protocol = protocol_find(name);
	uint8_t			*copy = malloc(captured == 0 ? 1 : captured);
	struct packet		 packet;
	bool			 found;

	assert_non_null(protocol);
	assert_non_null(copy);
	memcpy(copy, b->at, captured);
	found = packet_decode(LINK_RAW, copy, captured, b->n, &packet) ==
	    PACKET_IP && protocol->decode(&packet, heartbeat);
	free(copy);
	return (found);
}

static bool
decode(const char *name, const struct bytes *b, struct heartbeat *heartbeat)
{
	return (decode_cut(name, b, b->n, heartbeat));
}

static bool
accepts(const char *name, const struct bytes *b)
{
	struct heartbeat heartbeat;

	return (decode(name, b, &heartbeat));
}

/* True if the packet is still accepted after one octet has been changed. */
static bool
accepts_changed(const char *name, const struct bytes *b, size_t offset,
    unsigned octet)
{
	struct bytes changed = *b;

	assert_true(offset < changed.n);
	assert_int_not_equal(changed.at[offset], octet);
	changed.at[offset] = (uint8_t)octet;
	return (accepts(name, &changed));
}

static void
check_sender(const struct heartbeat *h, enum addr_family family)
{
	static const struct addr v4 = { ADDR_IPV4, { 192, 0, 2, 12 } };
	static const struct addr v6 = { ADDR_IPV6,
	    { 0x20, 1, 0xd, 0xb8, [15] = 12 } };

	assert_true(addr_equal(&h->sender, family == ADDR_IPV4 ? &v4 : &v6));
}

/* ---- udp, corosync, tcp, ip */

static void
put_datagram(struct bytes *b, unsigned source, unsigned destination,
    const char *text)
{
	put_ipv4(b, 17, 64, 8 + strlen(text));
	put_udp(b, source, destination, strlen(text));
	put_text(b, text);
}

static void
test_udp(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_datagram(&b, 4711, 20053, "beat");
	assert_true(decode("udp", &b, &h));
	check_sender(&h, ADDR_IPV4);
	assert_true(h.alive);
	assert_false(h.stop);
	assert_int_equal(h.keys, 2);
	assert_int_equal(h.key[0], 20053);
	assert_int_equal(h.key[1], 4711);
	assert_int_equal(h.interval_ns, 0);
	assert_false(h.has_sequence);
	set_u16(&b, 20, 20053);
	assert_true(decode("udp", &b, &h));
	assert_int_equal(h.keys, 1);
	set_u16(&b, 24, 13);
	assert_false(accepts("udp", &b));
	assert_true(accepts("ip", &b));
	set_u16(&b, 24, 12);
	assert_false(accepts_changed("udp", &b, 9, 6));
}

static void
test_udp_empty(void **state)
{
	struct bytes b = { .n = 0 };

	(void)state;
	put_datagram(&b, 5405, 5405, "");
	assert_true(accepts("udp", &b));
	assert_false(accepts("corosync", &b));
}

static void
test_corosync(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_datagram(&b, 5404, 5405, "\x81\x22");
	assert_true(decode("corosync", &b, &h));
	check_sender(&h, ADDR_IPV4);
	assert_true(h.alive);
	assert_int_equal(h.key[0], 5405);
	assert_int_equal(h.key[1], 5404);
}

static void
test_tcp(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_ipv4(&b, 6, 64, 21);
	put_tcp(&b, 443, 50000, 1, 1, PACKET_TCP_ACK);
	put_text(&b, "x");
	assert_true(decode("tcp", &b, &h));
	check_sender(&h, ADDR_IPV4);
	assert_true(h.alive);
	assert_int_equal(h.keys, 2);
	assert_int_equal(h.key[0], 50000);
	assert_int_equal(h.key[1], 443);
	/* Cut after its header: by the length of IP it has data. */
	assert_true(decode_cut("tcp", &b, 40, &h));
	/* Now the octet is padding. */
	set_u16(&b, 2, 40);
	assert_false(accepts("tcp", &b));
}

static void
test_ip(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_ipv6(&b, 59, 64, 0);
	assert_true(decode("ip", &b, &h));
	check_sender(&h, ADDR_IPV6);
	assert_true(h.alive);
	assert_int_equal(h.keys, 1);
	assert_int_equal(h.key[0], 0);
}

/* ---- vrrp */

/* SUM_GROUP: with the group in place of the destination, for IPv4 */
enum sum { SUM_PLAIN, SUM_PSEUDO, SUM_GROUP };

static void
set_sum(struct bytes *b, size_t header, size_t offset, enum sum sum)
{
	size_t		 n = b->n - header;
	size_t		 addresses = header == IPV4_HEADER ? 8 : 32;
	uint32_t	 start = 0;

	set_u16(b, header + offset, 0);
	if (sum == SUM_PSEUDO)
		start = internet_sum(b->at + header - addresses, addresses,
		    (uint32_t)n + 112);
	else if (sum == SUM_GROUP)
		start = internet_sum(b->at + header - 8, 4,
		    (uint32_t)n + 112 + 0xe000 + 0x0012);
	set_u16(b, header + offset,
	    0xffffu ^ internet_sum(b->at + header, n, start));
}

/* Changes the destination to the multicast group of the protocol. */
static void
to_group(struct bytes *b)
{
	static const uint8_t	 group6[16] = { 0xff, 2, [15] = 0x12 };

	if (b->at[0] >> 4 == 4)
		memcpy(b->at + 16, "\xe0\0\0\x12", 4);
	else
		memcpy(b->at + 24, group6, sizeof(group6));
}

static void
put_vrrp2(struct bytes *b, unsigned priority, unsigned addresses)
{
	unsigned i;

	put_ipv4(b, 112, 255, 16 + 4 * addresses);
	put_u8(b, 0x21);
	put_u8(b, 51);
	put_u8(b, priority);
	put_u8(b, addresses);
	put_u8(b, 1);			/* a password */
	put_u8(b, 3);			/* every 3 s */
	put_u16(b, 0);
	for (i = 0; i < addresses; i++)
		put_u32(b, 0xc0000264 + i);
	put_text(b, "password");
	set_sum(b, IPV4_HEADER, 6, SUM_PLAIN);
}

static void
test_vrrp2(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_vrrp2(&b, 100, 2);
	assert_true(decode("vrrp", &b, &h));
	check_sender(&h, ADDR_IPV4);
	assert_int_equal(h.keys, 1);
	assert_int_equal(h.key[0], 51);
	assert_true(h.alive);
	assert_false(h.stop);
	assert_int_equal(h.interval_ns, 3 * NSEC_PER_SEC);

	b.n = 0;
	put_vrrp2(&b, 1, 1);
	assert_true(decode("vrrp", &b, &h));
	assert_true(h.alive);
	b.n = 0;
	put_vrrp2(&b, 0, 1);
	assert_true(decode("vrrp", &b, &h));
	assert_false(h.alive);
	assert_true(h.stop);
}

static void
test_vrrp2_invalid(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_vrrp2(&b, 100, 2);
	to_group(&b);
	assert_true(accepts("vrrp", &b));
	assert_false(accepts_changed("vrrp", &b, 8, 254));	/* TTL */
	assert_false(accepts_changed("vrrp", &b, 9, 113));
	assert_false(accepts_changed("vrrp", &b, 20, 0x11));	/* version 1 */
	assert_false(accepts_changed("vrrp", &b, 20, 0x22));	/* type 2 */
	assert_false(accepts_changed("vrrp", &b, 26, 0)); /* checksum */
	assert_false(accepts_changed("vrrp", &b, 43, 'x'));
	/* The checksum is checked only if all octets were captured. */
	b.at[43] = 'x';
	assert_true(decode_cut("vrrp", &b, b.n - 1, &h));
	assert_true(decode_cut("vrrp", &b, 26, &h));
	assert_false(decode_cut("vrrp", &b, 25, &h));

	b.n = 0;
	put_vrrp2(&b, 100, 2);
	b.at[21] = 0;			/* no VRID */
	set_sum(&b, IPV4_HEADER, 6, SUM_PLAIN);
	assert_false(accepts("vrrp", &b));
	b.at[21] = 51;
	b.at[23] = 3;			/* more addresses than there are */
	set_sum(&b, IPV4_HEADER, 6, SUM_PLAIN);
	assert_false(accepts("vrrp", &b));
}

/* VRRPv2 without the eight octets of authentication data. */
static void
put_short_vrrp2(struct bytes *b, unsigned addresses, unsigned type)
{
	put_vrrp2(b, 100, addresses);
	b->n -= 8;
	set_u16(b, 2, (unsigned)b->n);
	b->at[IPV4_HEADER + 4] = (uint8_t)type;
	set_sum(b, IPV4_HEADER, 6, SUM_PLAIN);
}

static void
test_vrrp2_without_authentication_data(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_short_vrrp2(&b, 3, 0);
	assert_true(decode("vrrp", &b, &h));
	assert_true(h.alive);
	b.n = 0;
	put_short_vrrp2(&b, 3, 1);
	assert_false(accepts("vrrp", &b));
	/* The length of a CARP packet. */
	b.n = 0;
	put_short_vrrp2(&b, 7, 0);
	assert_false(accepts("vrrp", &b));
}

static void
test_vrrp2_authentication_header(void **state)
{
	struct bytes		 inner = { .n = 0 }, b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_vrrp2(&inner, 100, 1);
	put_ipv4(&b, 51, 255, 24 + 20);
	put_u32(&b, 0x70040000);
	put_zeros(&b, 20);
	put(&b, inner.at + IPV4_HEADER, 20);
	assert_true(decode("vrrp", &b, &h));
	assert_int_equal(h.key[0], 51);
	assert_true(h.alive);
}

static void
put_vrrp3(struct bytes *b, enum addr_family family, enum sum sum)
{
	size_t address = family == ADDR_IPV4 ? 4 : 16;

	if (family == ADDR_IPV4)
		put_ipv4(b, 112, 255, 8 + address);
	else
		put_ipv6(b, 112, 255, 8 + address);
	put_u32(b, 0x31070a01);		/* VRID 7, priority 10, 1 address */
	put_u16(b, 0xf000 | 25);	/* 0.25 s, reserved bits set */
	put_u16(b, 0);
	put_zeros(b, address - 1);
	put_u8(b, 9);
	set_sum(b, family == ADDR_IPV4 ? IPV4_HEADER : IPV6_HEADER, 6, sum);
}

static void
test_vrrp3(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_vrrp3(&b, ADDR_IPV4, SUM_PSEUDO);
	assert_true(decode("vrrp", &b, &h));
	check_sender(&h, ADDR_IPV4);
	assert_int_equal(h.key[0], 7);
	assert_true(h.alive);
	assert_int_equal(h.interval_ns, 250 * NSEC_PER_MSEC);
	assert_false(accepts_changed("vrrp", &b, 31, 8));
	b.n = 0;
	put_vrrp3(&b, ADDR_IPV4, SUM_PLAIN);
	assert_true(decode("vrrp", &b, &h));
	assert_false(accepts_changed("vrrp", &b, 31, 8));

	b.n = 0;
	put_vrrp3(&b, ADDR_IPV6, SUM_PSEUDO);
	assert_true(decode("vrrp", &b, &h));
	check_sender(&h, ADDR_IPV6);
	assert_false(accepts_changed("vrrp", &b, 40, 0x21));
	b.n = 0;
	put_vrrp3(&b, ADDR_IPV6, SUM_PLAIN);
	assert_false(accepts("vrrp", &b));
}

/* Unicast may come through routers; a multicast packet may not. */
static void
test_vrrp_hop_limit(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_vrrp2(&b, 100, 1);
	assert_true(accepts_changed("vrrp", &b, 8, 64));
	assert_true(accepts_changed("vrrp", &b, 8, 1));
	to_group(&b);
	assert_false(accepts_changed("vrrp", &b, 8, 64));
	b.n = 0;
	put_vrrp3(&b, ADDR_IPV4, SUM_PSEUDO);
	assert_true(accepts_changed("vrrp", &b, 8, 64));
	b.n = 0;
	put_vrrp3(&b, ADDR_IPV6, SUM_PSEUDO);
	assert_true(accepts_changed("vrrp", &b, 7, 64));
	to_group(&b);
	set_sum(&b, IPV6_HEADER, 6, SUM_PSEUDO);
	assert_true(accepts("vrrp", &b));
	assert_false(accepts_changed("vrrp", &b, 7, 64));
}

/* keepalived sends version 2 over IPv6 without the authentication data. */
static void
test_vrrp2_ipv6(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_vrrp3(&b, ADDR_IPV6, SUM_PSEUDO);
	b.at[IPV6_HEADER] = 0x21;
	set_u16(&b, IPV6_HEADER + 4, 2);	/* no authentication, 2 s */
	set_sum(&b, IPV6_HEADER, 6, SUM_PSEUDO);
	assert_true(decode("vrrp", &b, &h));
	check_sender(&h, ADDR_IPV6);
	assert_int_equal(h.key[0], 7);
	assert_true(h.alive);
	assert_int_equal(h.interval_ns, 2 * NSEC_PER_SEC);
	set_sum(&b, IPV6_HEADER, 6, SUM_PLAIN);
	assert_false(accepts("vrrp", &b));
}

/* The option old_unicast_checksum of keepalived. */
static void
test_vrrp3_old_unicast_checksum(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_vrrp3(&b, ADDR_IPV4, SUM_GROUP);
	assert_true(accepts("vrrp", &b));
	assert_false(accepts_changed("vrrp", &b, 31, 8));
	b.at[IPV4_HEADER + 7] ^= 1;
	assert_false(accepts("vrrp", &b));
}

/* ---- carp */

static void
put_carp(struct bytes *b, unsigned base, unsigned skew)
{
	put_ipv4(b, 112, 255, 36);
	put_u8(b, 0x21);
	put_u8(b, 7);
	put_u8(b, skew);
	put_u8(b, 7);
	put_u8(b, 0);
	put_u8(b, base);
	put_u16(b, 0);
	put_u32(b, 0x01020304);
	put_u32(b, 0x05060708);
	put_text(b, "twenty octets' hash.");
	set_sum(b, IPV4_HEADER, 6, SUM_PLAIN);
}

static void
test_carp(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_carp(&b, 1, 128);
	assert_true(decode("carp", &b, &h));
	check_sender(&h, ADDR_IPV4);
	assert_int_equal(h.keys, 1);
	assert_int_equal(h.key[0], 7);
	assert_true(h.alive);
	assert_false(h.stop);
	assert_int_equal(h.interval_ns, 1500 * NSEC_PER_MSEC);
	assert_true(h.has_sequence);
	assert_int_equal(h.sequence, 0x05060708);
	assert_true(accepts_changed("carp", &b, 8, 254));	/* TTL */
	to_group(&b);
	assert_true(accepts("carp", &b));
	assert_false(accepts_changed("carp", &b, 8, 254));
	assert_false(accepts_changed("carp", &b, 20, 0x31));
	assert_false(accepts_changed("carp", &b, 23, 6));
	assert_false(accepts_changed("carp", &b, 50, '-'));

	b.at[21] = 0;			/* no VHID */
	set_sum(&b, IPV4_HEADER, 6, SUM_PLAIN);
	assert_false(accepts("carp", &b));
	b.at[21] = 1;
	set_sum(&b, IPV4_HEADER, 6, SUM_PLAIN);
	assert_true(accepts("carp", &b));

	b.n = 0;
	put_carp(&b, 255, 255);
	assert_true(decode("carp", &b, &h));
	assert_false(h.alive);
	assert_true(h.stop);
	b.n = 0;
	put_carp(&b, 1, 255);
	assert_true(decode("carp", &b, &h));
	assert_true(h.alive);
}

static void
test_carp_and_vrrp(void **state)
{
	struct bytes	 b = { .n = 0 };
	unsigned	 n;

	(void)state;
	put_carp(&b, 1, 0);
	assert_true(accepts("carp", &b));
	assert_false(accepts("vrrp", &b));
	for (n = 0; n < 10; n++) {
		b.n = 0;
		put_vrrp2(&b, 100, n);
		assert_true(accepts("vrrp", &b));
		assert_false(accepts("carp", &b));
	}
}

/* ---- hsrp */

enum { HELLO = 0, RESIGN = 2 };		/* opcodes */

static void
put_hsrp1(struct bytes *b, unsigned opcode)
{
	put_ipv4(b, 17, 1, 28);
	put_udp(b, 1985, 1985, 20);
	put_u8(b, 0);
	put_u8(b, opcode);
	put_u8(b, 16);			/* state: active */
	put_u8(b, 3);			/* hello, s */
	put_u8(b, 10);
	put_u8(b, 110);
	put_u8(b, 9);			/* group */
	put_u8(b, 0);
	put_text(b, "cisco");
	put_zeros(b, 3);
	put_u32(b, 0xc0000201);
}

static void
put_hsrp2(struct bytes *b, enum addr_family family, unsigned opcode)
{
	if (family == ADDR_IPV4) {
		put_ipv4(b, 17, 1, 50);
		put_udp(b, 1985, 1985, 42);
	} else {
		put_ipv6(b, 17, 255, 50);
		put_udp(b, 2029, 2029, 42);
	}
	put_u16(b, 0x0128);
	put_u8(b, 2);
	put_u8(b, opcode);
	put_u8(b, 6);
	put_u8(b, family == ADDR_IPV4 ? 4 : 6);
	put_u16(b, 4000);		/* group */
	put_zeros(b, 6);
	put_u32(b, 100);
	put_u32(b, 1500);		/* hello, ms */
	put_u32(b, 5000);
	put_zeros(b, 16);
}

static void
test_hsrp1(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_hsrp1(&b, HELLO);
	assert_true(decode("hsrp", &b, &h));
	check_sender(&h, ADDR_IPV4);
	assert_int_equal(h.keys, 1);
	assert_int_equal(h.key[0], 9);
	assert_true(h.alive);
	assert_false(h.stop);
	assert_int_equal(h.interval_ns, 3 * NSEC_PER_SEC);
	assert_true(h.active);
	b.at[UDP_IPV4 + 2] = 8;		/* state: standby */
	assert_true(decode("hsrp", &b, &h));
	assert_true(h.alive && !h.active);
	b.at[UDP_IPV4 + 2] = 16;
	assert_false(accepts_changed("hsrp", &b, UDP_IPV4, 3));	/* version */
	assert_false(accepts_changed("hsrp", &b, 9, 6)); /* TCP */
	assert_false(accepts_changed("hsrp", &b, 22, 8)); /* port */
	assert_false(accepts_changed("hsrp", &b, UDP_IPV4 + 1, 1)); /* coup */
	set_u16(&b, 24, 27);
	assert_false(accepts("hsrp", &b));

	b.n = 0;
	put_hsrp1(&b, RESIGN);
	assert_true(decode("hsrp", &b, &h));
	assert_false(h.alive || h.active);
	assert_true(h.stop);
}

static void
test_hsrp2(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_hsrp2(&b, ADDR_IPV4, HELLO);
	assert_true(decode("hsrp", &b, &h));
	check_sender(&h, ADDR_IPV4);
	assert_int_equal(h.key[0], 4000);
	assert_true(h.alive);
	assert_int_equal(h.interval_ns, 1500 * NSEC_PER_MSEC);
	assert_true(h.active);
	b.at[UDP_IPV4 + 4] = 5;		/* state: standby */
	assert_true(decode("hsrp", &b, &h));
	assert_true(h.alive && !h.active);
	b.at[UDP_IPV4 + 4] = 6;
	assert_false(accepts_changed("hsrp", &b, UDP_IPV4, 2));
	assert_false(accepts_changed("hsrp", &b, UDP_IPV4 + 1, 41));
	assert_false(accepts_changed("hsrp", &b, UDP_IPV4 + 2, 3));
	assert_false(accepts_changed("hsrp", &b, UDP_IPV4 + 5, 5));
	set_u16(&b, UDP_IPV4 + 6, 4096);
	assert_false(accepts("hsrp", &b));
	set_u16(&b, UDP_IPV4 + 6, 4095);
	assert_true(accepts("hsrp", &b));
	set_u16(&b, 24, 49);		/* the datagram is too short */
	assert_false(accepts("hsrp", &b));

	b.n = 0;
	put_hsrp2(&b, ADDR_IPV6, RESIGN);
	assert_true(decode("hsrp", &b, &h));
	check_sender(&h, ADDR_IPV6);
	assert_false(h.alive);
	assert_true(h.stop);
	set_u16(&b, 42, 1985);
	assert_false(accepts("hsrp", &b));
}

/* ---- bfd */

enum { ADMIN_DOWN, DOWN, INIT, UP };

static void
put_bfd(struct bytes *b, unsigned port, unsigned state)
{
	put_ipv4(b, 17, 255, 32);
	put_udp(b, 49152, port, 24);
	put_u8(b, 0x20);
	put_u8(b, state << 6);
	put_u8(b, 3);
	put_u8(b, 24);
	put_u32(b, 0x11111111);
	put_u32(b, 0x22222222);
	put_u32(b, 300000);
	put_u32(b, 300000);
	put_u32(b, 0);
}

static void
test_bfd(void **state)
{
	struct bytes		 b;
	struct heartbeat	 h;
	unsigned		 s;

	(void)state;
	for (s = ADMIN_DOWN; s <= UP; s++) {
		b.n = 0;
		put_bfd(&b, 3784, s);
		assert_true(decode("bfd", &b, &h));
		check_sender(&h, ADDR_IPV4);
		assert_int_equal(h.keys, 1);
		assert_int_equal(h.key[0], 0);
		assert_int_equal(h.alive, s == INIT || s == UP);
		assert_int_equal(h.stop, s == ADMIN_DOWN);
		assert_int_equal(h.interval_ns, 300 * NSEC_PER_MSEC);
		assert_false(h.has_sequence);
	}
}

static void
test_bfd_invalid(void **state)
{
	struct bytes b = { .n = 0 };

	(void)state;
	put_bfd(&b, 3784, UP);
	assert_true(accepts("bfd", &b));
	assert_false(accepts_changed("bfd", &b, 8, 254)); /* TTL */
	assert_false(accepts_changed("bfd", &b, 23, 3785 & 0xff)); /* echo */
	assert_false(accepts_changed("bfd", &b, UDP_IPV4, 0x40)); /* version */
	assert_false(accepts_changed("bfd", &b, UDP_IPV4 + 1, 0xc1)); /* M */
	assert_false(accepts_changed("bfd", &b, UDP_IPV4 + 1, 0xc4)); /* A */
	assert_false(accepts_changed("bfd", &b, UDP_IPV4 + 2, 0));
	assert_false(accepts_changed("bfd", &b, UDP_IPV4 + 3, 23));
	assert_false(accepts_changed("bfd", &b, UDP_IPV4 + 3, 25));
	memset(b.at + UDP_IPV4 + 4, 0, 4);
	assert_false(accepts("bfd", &b));
	b.n = 0;
	put_bfd(&b, 3784, UP);
	memset(b.at + UDP_IPV4 + 8, 0, 4);
	assert_false(accepts("bfd", &b));
	/* Without the discriminator of the peer, only Down is valid. */
	assert_true(accepts_changed("bfd", &b, UDP_IPV4 + 1, DOWN << 6));
	assert_true(accepts_changed("bfd", &b, UDP_IPV4 + 1, ADMIN_DOWN));
	assert_false(accepts_changed("bfd", &b, UDP_IPV4 + 1, INIT << 6));
}

static void
test_bfd_cut(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;
	size_t			 n;

	(void)state;
	put_bfd(&b, 3784, UP);
	for (n = 0; n <= b.n; n++)
		assert_int_equal(decode_cut("bfd", &b, n, &h), n == b.n);
}

static void
test_bfd_multihop(void **state)
{
	struct bytes b = { .n = 0 };

	(void)state;
	put_bfd(&b, 4784, UP);
	b.at[8] = 60;
	assert_true(accepts("bfd", &b));
}

/* RFC 5884: the TTL is 1 inside MPLS. */
static void
test_bfd_in_mpls(void **state)
{
	struct bytes b = { .n = 0 };

	(void)state;
	put_bfd(&b, 3784, UP);
	b.at[8] = 1;
	assert_false(accepts("bfd", &b));
	memcpy(b.at + 16, "\x7f\0\0\1", 4);
	assert_true(accepts("bfd", &b));
}

static void
test_bfd_authenticated(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_bfd(&b, 3784, UP);
	set_u16(&b, 2, 20 + 8 + 52);
	set_u16(&b, 24, 8 + 52);
	b.at[UDP_IPV4 + 1] |= 0x04;
	b.at[UDP_IPV4 + 3] = 52;
	put_u32(&b, 0x051c0100);	/* meticulous SHA1 */
	put_u32(&b, 4711);
	put_zeros(&b, 20);
	assert_true(decode("bfd", &b, &h));
	assert_true(h.alive);
	assert_true(h.has_sequence);
	assert_int_equal(h.sequence, 4711);
	b.at[8] = 254;			/* valid with authentication */
	assert_true(decode("bfd", &b, &h));
	b.at[UDP_IPV4 + 24] = 4;	/* keyed SHA1: the sequence may stay */
	assert_true(decode("bfd", &b, &h));
	assert_false(h.has_sequence);
	assert_int_equal(h.sequence, 0);
	b.at[UDP_IPV4 + 24] = 3;	/* meticulous MD5 */
	assert_true(decode("bfd", &b, &h));
	assert_int_equal(h.sequence, 4711);
	assert_true(decode_cut("bfd", &b, UDP_IPV4 + 24, &h));
	assert_false(h.has_sequence);
	b.at[UDP_IPV4 + 3] = 31;	/* longer than the BFD packet */
	assert_true(decode("bfd", &b, &h));
	assert_false(h.has_sequence);
}

/* ---- linux-ha */

static void
test_linux_ha(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_datagram(&b, 45000, 694, "###\n11:(0)t=status,"
	    "12:(0)st=active,10:(0)dt=1388,14:(1)x=:12:(0)t,,"
	    "9:(0)seq=4a,%%%\n42:1 0123,");
	assert_true(decode("linux-ha", &b, &h));
	check_sender(&h, ADDR_IPV4);
	assert_int_equal(h.keys, 1);
	assert_int_equal(h.key[0], 0);
	assert_true(h.alive);
	assert_false(h.stop);
	assert_int_equal(h.interval_ns, 0);
	assert_true(h.has_sequence);
	assert_int_equal(h.sequence, 0x4a);
	assert_false(accepts_changed("linux-ha", &b, 23, 0));	/* port */
	assert_false(accepts_changed("linux-ha", &b, UDP_IPV4, '>'));
	/* Cut after the type. */
	assert_true(decode_cut("linux-ha", &b, UDP_IPV4 + 19, &h));
	assert_true(h.alive);
	assert_false(h.has_sequence);
	assert_false(decode_cut("linux-ha", &b, UDP_IPV4 + 18, &h));
}

static void
test_linux_ha_lines(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct heartbeat	 h;

	(void)state;
	put_datagram(&b, 694, 694,
	    ">>>\nt=status\nst=active\n(1)uuid=x\nseq=ff\n<<<\nseq=1\n");
	assert_true(decode("linux-ha", &b, &h));
	assert_true(h.alive);
	assert_int_equal(h.sequence, 0xff);
	b.n = 0;
	put_datagram(&b, 694, 694, ">>>\n<<<\nt=status\n");
	assert_false(accepts("linux-ha", &b));
}

static void
test_linux_ha_messages(void **state)
{
	static const struct {
		const char	*text;
		bool		 known, alive, stop;
	} messages[] = {
		{ ">>>\nt=status\nst=up\n<<<\n", true, true, false },
		{ ">>>\nt=NS_st\nst=up\n<<<\n", true, true, false },
		{ ">>>\nt=status\nst=dead\n<<<\n", true, false, true },
		{ ">>>\nt=shutdone\nst=dead\n<<<\n", true, false, true },
		{ ">>>\nt=resource\ninfo=shutdown\n<<<\n", true, false, true },
		{ ">>>\nt=resource\ninfo=done\n<<<\n", false, false, false },
		{ ">>>\nt=NS_ackmsg\nackseq=5\n<<<\n", false, false, false },
		{ ">>>\nt=statuses\n<<<\n", false, false, false },
		{ ">>>\nst=up\n<<<\n", false, false, false },
		{ "###\n99999:(0)t=status,", false, false, false },
		{ "###\n-1:(0)t=status,", false, false, false },
		{ "###\n:(0)t=status,", false, false, false },
		{ "###\n11:(0t=status,,", false, false, false },
		{ "###\n;:(0)t=status,", false, false, false },
		{ "###\n%:(0)t=status,", false, false, false },
		{ "###\n11:(0)t=status;", false, false, false },
		{ "###\n00011:(0)t=status,", true, true, false },
		{ "###\n000011:(0)t=status,", false, false, false },
		{ "###\n", false, false, false },
		{ "#", false, false, false },
	};
	struct bytes		 b;
	struct heartbeat	 h;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		b.n = 0;
		put_datagram(&b, 694, 694, messages[i].text);
		assert_int_equal(decode("linux-ha", &b, &h),
		    messages[i].known);
		if (!messages[i].known)
			continue;
		assert_int_equal(h.alive, messages[i].alive);
		assert_int_equal(h.stop, messages[i].stop);
	}
}

static void
test_linux_ha_sequence(void **state)
{
	static const struct {
		const char	*text;
		bool		 has;
		uint32_t	 sequence;
	} numbers[] = {
		{ "0", true, 0 },
		{ "9f0a", true, 0x9f0a },
		{ "ffffffff", true, UINT32_MAX },
		{ "100000000", false, 0 },
		{ "", false, 0 },
		{ "1g", false, 0 },
		{ "1`", false, 0 },
		{ "A", false, 0 },
	};
	struct bytes		 b;
	struct heartbeat	 h;
	char			 text[64];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		b.n = 0;
		snprintf(text, sizeof(text), ">>>\nt=status\nseq=%s\n<<<\n",
		    numbers[i].text);
		put_datagram(&b, 694, 694, text);
		assert_true(decode("linux-ha", &b, &h));
		assert_int_equal(h.has_sequence, numbers[i].has);
		assert_int_equal(h.sequence, numbers[i].sequence);
	}
}

/* ---- tcp-keepalive */

struct segment {
	bool		 from_peer;
	uint32_t	 sequence;
	uint32_t	 acknowledgement;
	size_t		 data;
	unsigned	 flags;
	bool		 heartbeat;
};

static void
put_segment(struct bytes *b, const struct segment *s)
{
	put_ipv4(b, 6, 64, 20 + s->data);
	if (!s->from_peer) {
		set_u16(b, 14, 0x020b);
		set_u16(b, 18, 0x020c);
	}
	put_tcp(b, s->from_peer ? 5000 : 6000, s->from_peer ? 6000 : 5000,
	    s->sequence, s->acknowledgement, s->flags);
	put_zeros(b, s->data);
}

/* Follows the segments; fails if another one than expected is a keepalive. */
static void
play(const struct segment *segments, size_t n)
{
	const struct protocol	*p = protocol_find("tcp-keepalive");
	struct bytes		 b;
	struct packet		 packet;
	struct heartbeat	 h;
	void			*memory;
	size_t			 i;

	assert_non_null(p);
	memory = calloc(1, p->memory_size);
	assert_non_null(memory);
	for (i = 0; i < n; i++) {
		b.n = 0;
		put_segment(&b, &segments[i]);
		assert_int_equal(packet_decode(LINK_RAW, b.at, b.n, b.n,
		    &packet), PACKET_IP);
		if (p->follow(memory, &packet, &h) != segments[i].heartbeat)
			fail_msg("segment %zu", i);
		if (!segments[i].heartbeat)
			continue;
		assert_true(h.alive);
		assert_true(addr_equal(&h.sender, &packet.source));
		assert_int_equal(h.key[0], packet.destination_port);
		/* decode() must accept each keepalive that follow() finds. */
		assert_true(p->decode(&packet, &h));
	}
	free(memory);
}

#define PLAY(segments)	play(segments, sizeof(segments) / sizeof(segments[0]))

#define ACK	PACKET_TCP_ACK
#define SYN	PACKET_TCP_SYN
#define FIN	PACKET_TCP_FIN
#define RST	PACKET_TCP_RST

static void
test_keepalive(void **state)
{
	static const struct segment segments[] = {
		{ true, 99, 0, 0, SYN, false },
		{ false, 499, 100, 0, SYN | ACK, false },
		{ true, 100, 500, 0, ACK, false },
		{ true, 100, 500, 40, ACK, false },
		{ false, 500, 140, 0, ACK, false },
		{ true, 139, 500, 0, ACK, true },	/* a probe */
		{ false, 500, 140, 0, ACK, true },	/* its answer */
		{ true, 139, 500, 1, ACK, true },	/* with garbage */
		{ false, 500, 140, 0, ACK, true },
		{ true, 140, 500, 0, ACK, false },
		{ false, 500, 140, 0, ACK, false },	/* no probe before it */
		{ false, 499, 140, 0, ACK, true },	/* another probe */
		{ true, 140, 500, 0, ACK, true },
		{ true, 140, 500, 1, ACK, false },	/* new data */
		{ false, 500, 141, 0, ACK, false },
		{ true, 139, 500, 2, ACK, false },	/* a retransmission */
		{ true, 140, 500, 0, ACK | FIN, false },
		{ true, 141, 500, 0, RST, false },
	};

	(void)state;
	PLAY(segments);
}

/* The capture begins while only keepalives are sent. */
static void
test_keepalive_idle(void **state)
{
	static const struct segment segments[] = {
		{ true, 139, 500, 0, ACK, false },
		{ false, 500, 140, 0, ACK, true },
		{ true, 139, 500, 0, ACK, true },
		{ false, 500, 140, 0, ACK, true },
	};

	(void)state;
	PLAY(segments);
}

static void
test_keepalive_one_direction(void **state)
{
	static const struct segment segments[] = {
		{ true, 139, 500, 0, ACK, false },
		{ true, 139, 500, 0, ACK, false },
		{ true, 139, 500, 0, ACK, true },
		{ true, 139, 500, 0, ACK, true },
		{ true, 139, 520, 0, ACK, false },
	};

	(void)state;
	PLAY(segments);
}

static void
test_keepalive_wrap(void **state)
{
	static const struct segment segments[] = {
		{ true, 0xfffffff0, 500, 16, ACK, false },
		{ false, 500, 0, 0, ACK, false },
		{ true, 0xffffffff, 500, 0, ACK, true },
		{ false, 500, 0, 0, ACK, true },
	};

	(void)state;
	PLAY(segments);
}

/* Data shows the next sequence number before it is acknowledged. */
static void
test_keepalive_unacknowledged(void **state)
{
	static const struct segment segments[] = {
		{ true, 100, 500, 40, ACK, false },
		{ true, 139, 500, 0, ACK, true },
		{ true, 100, 500, 20, ACK, false },	/* sent again */
		{ true, 139, 500, 0, ACK, true },
		{ true, 140, 500, 0, FIN | ACK, false },
		{ true, 140, 500, 0, ACK, true },
	};

	(void)state;
	PLAY(segments);
}

/* A new connection with the same ports. */
static void
test_keepalive_again(void **state)
{
	static const struct segment segments[] = {
		{ true, 100, 500, 10, ACK, false },
		{ false, 500, 110, 0, ACK, false },
		{ true, 7, 0, 0, SYN, false },
		{ false, 499, 8, 0, ACK, false },	/* the old connection */
		{ false, 9000, 8, 0, SYN | ACK, false },
		{ true, 8, 9001, 0, ACK, false },
		{ true, 109, 9001, 0, ACK, false },
		{ false, 9000, 8, 0, ACK, true },
	};
	static const struct segment retransmitted[] = {
		{ true, 7, 0, 0, SYN, false },
		{ false, 9000, 8, 0, SYN | ACK, false },
		{ true, 7, 0, 0, SYN, false },
		{ false, 9000, 8, 0, ACK, true },
	};

	(void)state;
	PLAY(segments);
	PLAY(retransmitted);
}

/* Follows a segment of connection n, which has its own sequence numbers. */
static bool
follow_nth(const struct protocol *p, void *memory, unsigned n,
    uint32_t sequence, size_t data)
{
	struct segment		 s = { true, 0, 500, data, ACK, false };
	struct bytes		 b = { .n = 0 };
	struct packet		 packet;
	struct heartbeat	 h;

	s.sequence = n * 1000 + sequence;
	put_segment(&b, &s);
	set_u16(&b, 20, 10000 + n);
	assert_int_equal(packet_decode(LINK_RAW, b.at, b.n, b.n, &packet),
	    PACKET_IP);
	return (p->follow(memory, &packet, &h));
}

/* With more connections than the limit, the last ones are kept. */
static void
test_keepalive_many(void **state)
{
	const struct protocol	*p = protocol_find("tcp-keepalive");
	void			*memory = calloc(1, p->memory_size);
	unsigned		 i;

	(void)state;
	assert_non_null(memory);
	for (i = 0; i < 3000; i++) {
		assert_false(follow_nth(p, memory, i, 0, 40));
		if (i >= 2)
			assert_true(follow_nth(p, memory, i - 2, 39, 0));
	}
	assert_true(follow_nth(p, memory, 2999, 39, 0));
	assert_false(follow_nth(p, memory, 0, 39, 0));
	free(memory);
}

static void
test_keepalive_decode(void **state)
{
	static const struct segment s[] = {
		{ true, 1, 1, 1, ACK, true },
		{ true, 1, 1, 0, ACK, true },
		{ true, 1, 1, 2, ACK, false },
		{ true, 1, 1, 0, ACK | SYN, false },
		{ true, 1, 1, 0, ACK | FIN, false },
		{ true, 1, 1, 0, ACK | RST, false },
		{ true, 1, 1, 0, 0, false },
	};
	struct bytes	 b;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(s) / sizeof(s[0]); i++) {
		b.n = 0;
		put_segment(&b, &s[i]);
		assert_int_equal(accepts("tcp-keepalive", &b), s[i].heartbeat);
	}
}

/* ---- the registry */

static void
test_registry(void **state)
{
	static const char *const names[] = { "udp", "tcp", "tcp-keepalive",
	    "vrrp", "carp", "hsrp", "bfd", "linux-ha", "corosync", "ip",
	    "bpf" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_non_null(protocol_find(names[i]));
		assert_string_equal(protocol_find(names[i])->name, names[i]);
		assert_non_null(protocols[i]);
	}
	assert_null(protocols[i]);
	assert_null(protocol_find("UDP"));
	assert_null(protocol_find(""));
}

static void
test_form(void **state)
{
	static const struct {
		const char	*text, *name;
		uint32_t	 key;
		const char	*expression;
	} forms[] = {
		{ "udp 20053", "udp", 20053, NULL },
		{ " \tudp   1 ", "udp", 1, NULL },
		{ "tcp 65535", "tcp", 65535, NULL },
		{ "tcp-keepalive 5432", "tcp-keepalive", 5432, NULL },
		{ "vrrp 255", "vrrp", 255, NULL },
		{ "carp 1", "carp", 1, NULL },
		{ "hsrp 0", "hsrp", 0, NULL },
		{ "hsrp 4095", "hsrp", 4095, NULL },
		{ "bfd", "bfd", 0, NULL },
		{ "linux-ha", "linux-ha", 0, NULL },
		{ "corosync", "corosync", 5405, NULL },
		{ "corosync 5555", "corosync", 5555, NULL },
		{ "ip ", "ip", 0, NULL },
		{ "bpf  udp and  src port 7\n", "bpf", 0,
		    "udp and  src port 7" },
	};
	struct heartbeat_form	 form;
	char			 error[256];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_true(heartbeat_form_parse(forms[i].text, &form, error,
		    sizeof(error)));
		assert_string_equal(form.protocol->name, forms[i].name);
		assert_int_equal(form.key, forms[i].key);
		if (forms[i].expression == NULL)
			assert_null(form.expression);
		else
			assert_string_equal(form.expression,
			    forms[i].expression);
		heartbeat_form_free(&form);
	}
}

/* As messages list them: in the order of the registry. */
#define ALL_FORMS	"udp PORT, tcp PORT, tcp-keepalive PORT, vrrp VRID, " \
	"carp VHID, hsrp GROUP, bfd, linux-ha, corosync [PORT], ip, " \
	"bpf EXPRESSION"

static void
test_form_errors(void **state)
{
	static const char *const errors[][2] = {
		{ "udp 70000", "heartbeat \"udp 70000\": "
		    "PORT must be 1..65535" },
		{ "tcp 0", "heartbeat \"tcp 0\": PORT must be 1..65535" },
		{ "tcp 65536", "heartbeat \"tcp 65536\": "
		    "PORT must be 1..65535" },
		{ "tcp-keepalive 65536", "heartbeat \"tcp-keepalive 65536\": "
		    "PORT must be 1..65535" },
		{ "corosync 65536", "heartbeat \"corosync 65536\": "
		    "PORT must be 1..65535" },
		{ "udp 0", "heartbeat \"udp 0\": PORT must be 1..65535" },
		{ "udp 99999999999999999999", "heartbeat "
		    "\"udp 99999999999999999999\": PORT must be 1..65535" },
		{ "udp -1", "heartbeat \"udp -1\": PORT must be 1..65535" },
		{ "udp 5x", "heartbeat \"udp 5x\": PORT must be 1..65535" },
		{ "udp 5 6", "heartbeat \"udp 5 6\": "
		    "PORT must be 1..65535" },
		{ "udp", "heartbeat \"udp\": expected \"udp PORT\"" },
		{ "vrrp 256", "heartbeat \"vrrp 256\": VRID must be 1..255" },
		{ "carp 0", "heartbeat \"carp 0\": VHID must be 1..255" },
		{ "hsrp 4096", "heartbeat \"hsrp 4096\": "
		    "GROUP must be 0..4095" },
		{ "corosync x", "heartbeat \"corosync x\": "
		    "PORT must be 1..65535" },
		{ "ip 5", "heartbeat \"ip 5\": expected \"ip\"" },
		{ "bpf ", "heartbeat \"bpf \": expected \"bpf EXPRESSION\"" },
		{ "foo 1", "heartbeat \"foo 1\": expected one of " ALL_FORMS },
		{ "", "heartbeat \"\": expected one of " ALL_FORMS },
	};
	struct heartbeat_form	 form;
	char			 error[512];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		assert_false(heartbeat_form_parse(errors[i][0], &form, error,
		    sizeof(error)));
		assert_string_equal(error, errors[i][1]);
		assert_null(form.expression);
	}
	assert_false(heartbeat_form_parse("a-name-of-just-that-many-letters",
	    &form, error, 20));
	assert_int_equal(strlen(error), 19);
}

/* ---- filters: they have to pass all that the decoder accepts */

static const struct {
	int		 link;
	size_t		 header;
	uint8_t		 ipv4[20], ipv6[20];
} dead_links[] = {
	{ DLT_EN10MB, 14, { [12] = 0x08, 0x00 }, { [12] = 0x86, 0xdd } },
	{ DLT_RAW, 0, { 0 }, { 0 } },
	{ DLT_LINUX_SLL, 16, { [14] = 0x08, 0x00 }, { [14] = 0x86, 0xdd } },
	{ DLT_LINUX_SLL2, 20, { 0x08, 0x00 }, { 0x86, 0xdd } },
};

static bool
passes_link(size_t link, const char *filter, const struct bytes *packet)
{
	struct bytes		 frame = { .n = 0 };
	struct pcap_pkthdr	 header = { .caplen = 0 };
	struct bpf_program	 program;
	pcap_t			*dead;
	bool			 passed;

	put(&frame, packet->at[0] >> 4 == 6 ? dead_links[link].ipv6 :
	    dead_links[link].ipv4, dead_links[link].header);
	put_bytes(&frame, packet);
	header.caplen = header.len = (bpf_u_int32)frame.n;
	dead = pcap_open_dead(dead_links[link].link, 65535);
	assert_non_null(dead);
	if (pcap_compile(dead, &program, filter, 1,
	    PCAP_NETMASK_UNKNOWN) == -1)
		fail_msg("%s: %s", filter, pcap_geterr(dead));
	passed = pcap_offline_filter(&program, &header, frame.at) != 0;
	pcap_freecode(&program);
	pcap_close(dead);
	return (passed);
}

/* True if the filters of all its keys pass it, on each link type. */
static void
check_passes(const char *name, const struct bytes *packet)
{
	const struct protocol	*p = protocol_find(name);
	struct heartbeat	 h;
	char			 filter[PROTOCOL_FILTER_SIZE], term[280];
	size_t			 i;
	unsigned		 key;

	assert_true(decode(name, packet, &h));
	for (key = 0; key < h.keys; key++) {
		protocol_filter(p, h.key[key], filter);
		assert_in_range(strlen(filter), 1, sizeof(filter) - 1);
		/* One term, so that `not` covers all of it. */
		snprintf(term, sizeof(term), "not %s", filter);
		for (i = 0; i < 4; i++) {
			assert_true(passes_link(i, filter, packet));
			assert_false(passes_link(i, term, packet));
		}
	}
}

static void
test_filters(void **state)
{
	static const struct segment	 probe = { true, 1, 1, 0, ACK, true };
	struct bytes			 b = { .n = 0 };

	(void)state;
	put_datagram(&b, 20053, 694, "###\n11:(0)t=status,");
	check_passes("udp", &b);
	check_passes("corosync", &b);
	check_passes("linux-ha", &b);
	check_passes("ip", &b);
	b.n = 0;
	put_segment(&b, &probe);
	check_passes("tcp-keepalive", &b);
	b.n = 0;
	put_ipv6(&b, 6, 64, 21);
	put_tcp(&b, 5000, 443, 1, 1, ACK);
	put_u8(&b, 1);
	check_passes("tcp", &b);
	check_passes("ip", &b);
	b.n = 0;
	put_bfd(&b, 3784, UP);
	check_passes("bfd", &b);
	b.n = 0;
	put_bfd(&b, 4784, UP);
	check_passes("bfd", &b);
	b.n = 0;
	put_hsrp1(&b, HELLO);
	check_passes("hsrp", &b);
	b.n = 0;
	put_hsrp2(&b, ADDR_IPV6, HELLO);
	check_passes("hsrp", &b);
	b.n = 0;
	put_carp(&b, 1, 0);
	check_passes("carp", &b);
}

static void
test_filters_vrrp(void **state)
{
	struct bytes	 b = { .n = 0 }, ah = { .n = 0 };
	char		 filter[PROTOCOL_FILTER_SIZE];

	(void)state;
	put_vrrp2(&b, 100, 1);
	check_passes("vrrp", &b);
	protocol_filter(protocol_find("vrrp"), 52, filter);
	assert_false(passes_link(0, filter, &b));
	put_ipv4(&ah, 51, 255, 24 + 20);
	put_u32(&ah, 0x70040000);
	put_zeros(&ah, 20);
	put(&ah, b.at + IPV4_HEADER, 20);
	check_passes("vrrp", &ah);
	b.n = 0;
	put_vrrp3(&b, ADDR_IPV6, SUM_PSEUDO);
	check_passes("vrrp", &b);
	protocol_filter(protocol_find("carp"), 8, filter);
	assert_false(passes_link(0, filter, &b));
}

/* No decoder reads beyond a packet, wherever that is cut. */
static void
test_every_cut(void **state)
{
	static const struct segment	 probe = { true, 1, 1, 1, ACK, true };
	struct bytes			 b[7] = { { .n = 0 } };
	struct heartbeat		 h;
	size_t				 i, n, p;

	(void)state;
	put_vrrp2(&b[0], 1, 3);
	put_carp(&b[1], 1, 1);
	put_hsrp1(&b[2], 0);
	put_hsrp2(&b[3], ADDR_IPV6, 0);
	put_bfd(&b[4], 3784, UP);
	put_datagram(&b[5], 694, 694, "###\n11:(0)t=status,9:(0)seq=4a,");
	put_segment(&b[6], &probe);
	for (p = 0; protocols[p] != NULL; p++) {
		if (protocols[p]->decode == NULL)
			continue;
		for (i = 0; i < sizeof(b) / sizeof(b[0]); i++)
			for (n = 0; n <= b[i].n; n++)
				(void)decode_cut(protocols[p]->name, &b[i], n,
				    &h);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_udp_empty),
		cmocka_unit_test(test_corosync),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_vrrp2),
		cmocka_unit_test(test_vrrp2_invalid),
		cmocka_unit_test(test_vrrp2_authentication_header),
		cmocka_unit_test(test_vrrp2_without_authentication_data),
		cmocka_unit_test(test_vrrp3),
		cmocka_unit_test(test_vrrp_hop_limit),
		cmocka_unit_test(test_vrrp2_ipv6),
		cmocka_unit_test(test_vrrp3_old_unicast_checksum),
		cmocka_unit_test(test_carp),
		cmocka_unit_test(test_carp_and_vrrp),
		cmocka_unit_test(test_hsrp1),
		cmocka_unit_test(test_hsrp2),
		cmocka_unit_test(test_bfd),
		cmocka_unit_test(test_bfd_invalid),
		cmocka_unit_test(test_bfd_cut),
		cmocka_unit_test(test_bfd_multihop),
		cmocka_unit_test(test_bfd_in_mpls),
		cmocka_unit_test(test_bfd_authenticated),
		cmocka_unit_test(test_linux_ha),
		cmocka_unit_test(test_linux_ha_lines),
		cmocka_unit_test(test_linux_ha_messages),
		cmocka_unit_test(test_linux_ha_sequence),
		cmocka_unit_test(test_keepalive),
		cmocka_unit_test(test_keepalive_idle),
		cmocka_unit_test(test_keepalive_one_direction),
		cmocka_unit_test(test_keepalive_wrap),
		cmocka_unit_test(test_keepalive_unacknowledged),
		cmocka_unit_test(test_keepalive_again),
		cmocka_unit_test(test_keepalive_many),
		cmocka_unit_test(test_keepalive_decode),
		cmocka_unit_test(test_registry),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_form_errors),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_filters_vrrp),
		cmocka_unit_test(test_every_cut),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
