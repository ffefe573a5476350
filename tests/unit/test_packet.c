/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder of frames: link types, VLAN tags, IP headers, UDP and TCP; frames
 * that are cut short or invalid.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packet/packet.h"

#include "bytes.h"

enum {
	LINK_NULL = 0,
	LINK_PPP = 9,
	LINK_PPP_HDLC = 50,
	LINK_RAW = 101,
	LINK_CHDLC = 104,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276,
};

/*
 * Decodes from a block of exactly that size, so that a sanitizer finds a read
 * beyond its end.  packet->payload is not valid after the call.
 */
static enum packet_verdict
decode_cut(int link, const struct bytes *frame, size_t captured, size_t wire,
    struct packet *packet)
{
	uint8_t			*copy = malloc(captured == 0 ? 1 : captured);
	enum packet_verdict	 verdict;

	assert_non_null(copy);
	memcpy(copy, frame->at, captured);
	verdict = packet_decode(link, copy, captured, wire, packet);
	free(copy);
	return (verdict);
}

static enum packet_verdict
decode(int link, const struct bytes *frame, struct packet *packet)
{
	return (packet_decode(link, frame->at, frame->n, frame->n, packet));
}

static void
put_beat(struct bytes *b)
{
	put_udp(b, 20053, 20054, 4);
	put_text(b, "beat");
}

static void
put_beat_ipv4(struct bytes *b)
{
	put_ipv4(b, 17, 64, 12);
	put_beat(b);
}

static void
put_beat_ipv6(struct bytes *b)
{
	put_ipv6(b, 17, 64, 12);
	put_beat(b);
}

/* Fails unless it is the packet of put_beat_ipv4 or put_beat_ipv6. */
static void
check_beat(const struct packet *p)
{
	static const struct addr v4[] = {
		{ ADDR_IPV4, { 192, 0, 2, 12 } },
		{ ADDR_IPV4, { 192, 0, 2, 11 } },
	};
	static const struct addr v6[] = {
		{ ADDR_IPV6, { 0x20, 1, 0xd, 0xb8, [15] = 12 } },
		{ ADDR_IPV6, { 0x20, 1, 0xd, 0xb8, [15] = 11 } },
	};
	const struct addr *expected = p->source.family == ADDR_IPV6 ? v6 : v4;

	assert_true(addr_equal(&p->source, &expected[0]));
	assert_true(addr_equal(&p->destination, &expected[1]));
	assert_int_equal(p->protocol, 17);
	assert_int_equal(p->hop_limit, 64);
	assert_int_equal(p->source_port, 20053);
	assert_int_equal(p->destination_port, 20054);
	assert_int_equal(p->payload_length, 12);
	assert_int_equal(p->payload_wire, 12);
	assert_memory_equal(p->payload + 8, "beat", 4);
}

static void
test_ethernet(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_ethernet(&b, 0x0800);
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_IP);
	check_beat(&p);
	assert_int_equal(p.vlan, 0);
	assert_false(p.fragment);
	assert_false(p.sent_here);

	b.n = 0;
	put_ethernet(&b, 0x86dd);
	put_beat_ipv6(&b);
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_IP);
	check_beat(&p);
	assert_int_equal(p.source.family, ADDR_IPV6);

	b.n = 0;
	put_ethernet(&b, 0x0806);
	put_zeros(&b, 46);
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_NOT_IP);
}

static void
test_ethernet_padding(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct packet		 p;
	struct packet_tcp	 tcp;

	(void)state;
	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 6, 64, 20);
	put_tcp(&b, 1, 2, 3, 4, PACKET_TCP_ACK);
	put_text(&b, "noise!");
	assert_int_equal(b.n, 60);
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_IP);
	assert_int_equal(p.payload_wire, 20);
	assert_true(packet_tcp(&p, &tcp));
	assert_int_equal(tcp.data_wire, 0);
}

static void
test_vlan(void **state)
{
	static const unsigned	 tags[] = { 0x8100, 0x88a8, 0x9100 };
	struct bytes		 b;
	struct packet		 p;
	size_t			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		b.n = 0;
		put_ethernet(&b, tags[i]);
		put_u16(&b, 0x6000 | 101);	/* priority 3 */
		put_u16(&b, 0x0800);
		put_beat_ipv4(&b);
		assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_IP);
		check_beat(&p);
		assert_int_equal(p.vlan, 101);

		b.n = 0;
		put_ethernet(&b, tags[i]);
		put_u16(&b, 101);
		put_u16(&b, 0x8100);
		put_u16(&b, 4094);
		put_u16(&b, 0x86dd);
		put_beat_ipv6(&b);
		assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_IP);
		check_beat(&p);
		assert_int_equal(p.vlan, 101 << 12 | 4094);
	}
	/* Tags to the end of the frame. */
	b.n = 0;
	put_ethernet(&b, 0x8100);
	for (i = 0; i < 20; i++)
		put_u32(&b, 0x00018100);
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_MALFORMED);
}

/* Up to three tags, and the VLAN that they mean; 0xffff ends a list. */
static void
test_vlan_ids(void **state)
{
	static const struct {
		unsigned	 ids[4];
		uint32_t	 vlan;
	} cases[] = {
		{ { 0xffff }, VLAN_NONE },
		{ { 0, 0xffff }, VLAN_NONE },
		{ { 0, 0, 0xffff }, VLAN_NONE },
		{ { 7, 0xffff }, 7 },
		{ { 0, 7, 0xffff }, 7 },
		{ { 7, 0, 0xffff }, 7 },
		{ { 0xe000 | 7, 0xffff }, 7 },
		{ { 0xe000, 0xffff }, VLAN_NONE },
		{ { 7, 8, 0xffff }, 7 << 12 | 8 },
		{ { 0, 7, 8, 0xffff }, 7 << 12 | 8 },
		{ { 7, 8, 9, 0xffff }, VLAN_OTHER },
		{ { 4095, 0xffff }, VLAN_OTHER },
		{ { 4095, 7, 0xffff }, VLAN_OTHER },
	};
	struct bytes	 b;
	struct packet	 p;
	size_t		 i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b.n = 0;
		put_ethernet(&b, 0x8100);
		for (k = 0; cases[i].ids[k] != 0xffff; k++) {
			put_u16(&b, cases[i].ids[k]);
			put_u16(&b, 0x8100);
		}
		b.n -= 2;
		put_u16(&b, 0x0800);
		put_beat_ipv4(&b);
		assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_IP);
		check_beat(&p);
		assert_int_equal(p.vlan, cases[i].vlan);
	}
}

static void
test_vlan_text(void **state)
{
	static const char *const good[] = {
		"none", "1", "4094", "1.1", "100.7", "4094.4094",
	};
	static const char *const bad[] = {
		"", "0", "4095", "any", "-1", "+1", " 1", "1 ", "0x7", "7.",
		".7", "7.0", "0.7", "7.4095", "1.2.3", "7,8", "none.7",
		"7.none", "4294967297",
	};
	char		 text[VLAN_TEXT_SIZE];
	uint32_t	 vlan = 5;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(vlan_parse(bad[i], &vlan));
	assert_int_equal(vlan, 5);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(vlan_parse(good[i], &vlan));
		assert_string_equal(vlan_text(vlan, text), good[i]);
	}
	assert_int_equal(vlan, 4094 << 12 | 4094);
	assert_true(vlan_parse("None", &vlan));
	assert_int_equal(vlan, VLAN_NONE);
}

static void
put_cooked(struct bytes *b, unsigned way, unsigned device, unsigned type)
{
	put_u16(b, way);
	put_u16(b, device);
	put_u16(b, 6);
	put_zeros(b, 8);
	put_u16(b, type);
}

static void
test_cooked(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_cooked(&b, 0, 1, 0x0800);
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_SLL, &b, &p), PACKET_IP);
	check_beat(&p);
	assert_false(p.sent_here);

	b.n = 0;
	put_cooked(&b, 4, 1, 0x8100);
	put_u16(&b, 7);
	put_u16(&b, 0x86dd);
	put_beat_ipv6(&b);
	assert_int_equal(decode(LINK_SLL, &b, &p), PACKET_IP);
	check_beat(&p);
	assert_true(p.sent_here);
	assert_int_equal(p.vlan, 7);

	/* The protocol of a netlink frame is not an EtherType. */
	b.n = 0;
	put_cooked(&b, 4, 824, 0x0800);
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_SLL, &b, &p), PACKET_NOT_IP);
}

static void
put_cooked2(struct bytes *b, unsigned way, unsigned device, unsigned type)
{
	put_u16(b, type);
	put_u16(b, 0);
	put_u32(b, 3);
	put_u16(b, device);
	put_u8(b, way);
	put_u8(b, 6);
	put_zeros(b, 8);
}

static void
test_cooked2(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_cooked2(&b, 1, 1, 0x0800);
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_SLL2, &b, &p), PACKET_IP);
	check_beat(&p);
	assert_false(p.sent_here);

	b.n = 0;
	put_cooked2(&b, 4, 1, 0x86dd);
	put_beat_ipv6(&b);
	assert_int_equal(decode(LINK_SLL2, &b, &p), PACKET_IP);
	check_beat(&p);
	assert_true(p.sent_here);

	b.n = 0;
	put_cooked2(&b, 0, 803, 0x0800);
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_SLL2, &b, &p), PACKET_NOT_IP);
}

/*
 * Writes a frame with two VLAN tags as libpcap hands it out on the device
 * `any`.  Linux gives the type after both tags, so that of the inner tag is
 * missing; before version 6.10 it was there.
 */
static void
put_cooked_qinq(struct bytes *b, int link, unsigned inner, unsigned inner_type,
    unsigned type)
{
	if (link == LINK_SLL)
		put_cooked(b, 0, 1, 0x88a8);
	else
		put_cooked2(b, 0, 1, 0x88a8);
	put_u16(b, 200);
	put_u16(b, inner_type);
	put_u16(b, inner);
	put_u16(b, type);
}

static void
test_cooked_qinq(void **state)
{
	/* A priority of 2 or 3 makes a tag begin like an IP packet. */
	static const unsigned	 tags[] = { 100, 0x4064, 0x4564, 0x6064 };
	static const int	 links[] = { LINK_SLL, LINK_SLL2 };
	struct bytes		 b;
	struct packet		 p;
	unsigned		 type;
	size_t			 i, k;

	(void)state;
	for (i = 0; i < 8; i++) {
		for (k = 0; k < 4; k++) {
			type = k < 2 ? 0x0800 : 0x86dd;
			b.n = 0;
			put_cooked_qinq(&b, links[i % 2], tags[i / 2],
			    k % 2 == 0 ? type : 0x8100, type);
			if (k < 2)
				put_beat_ipv4(&b);
			else
				put_beat_ipv6(&b);
			assert_int_equal(decode(links[i % 2], &b, &p),
			    PACKET_IP);
			check_beat(&p);
			assert_int_equal(p.vlan,
			    200 << 12 | (tags[i / 2] & 0xfff));
		}
	}
	/* Only the tag that Linux has not removed. */
	b.n = 0;
	put_cooked(&b, 4, 1, 0x0800);
	put_u16(&b, 100);
	put_u16(&b, 0x0800);
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_SLL, &b, &p), PACKET_IP);
	check_beat(&p);
	for (i = 0; i < b.n; i++)
		assert_int_equal(decode_cut(LINK_SLL, &b, i, b.n, &p),
		    i < 16 + 4 + 20 ? PACKET_MALFORMED : PACKET_IP);
}

/* An IP packet whose header has the value of an EtherType in the same place. */
static void
test_cooked_without_hidden_tag(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_cooked(&b, 0, 1, 0x0800);
	put_ipv4(&b, 17, 64, 0x0800 - 20);
	put_udp(&b, 20053, 20054, 0x0800 - 28);
	assert_int_equal(decode_cut(LINK_SLL, &b, b.n, 16 + 0x0800, &p),
	    PACKET_IP);
	assert_int_equal(p.vlan, 0);
	assert_int_equal(p.destination_port, 20054);

	b.n = 0;
	put_cooked(&b, 0, 1, 0x86dd);
	put_ipv6(&b, 17, 64, 12);
	set_u16(&b, 16 + 2, 0x86dd);	/* the flow label */
	put_beat(&b);
	assert_int_equal(decode(LINK_SLL, &b, &p), PACKET_IP);
	check_beat(&p);
	assert_int_equal(p.vlan, 0);
}

static void
test_untag_cooked(void **state)
{
	static const int	 links[] = { LINK_SLL, LINK_SLL2 };
	static const unsigned	 types[] = { 0x0800, 0x8100 };
	struct bytes		 b, plain, copy;
	size_t			 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		plain.n = b.n = 0;
		if (links[i % 2] == LINK_SLL)
			put_cooked(&plain, 0, 1, 0x0800);
		else
			put_cooked2(&plain, 0, 1, 0x0800);
		put_beat_ipv4(&plain);
		assert_int_equal(packet_untag_cooked(links[i % 2], plain.at,
		    plain.n, plain.n, copy.at), 0);
		put_cooked_qinq(&b, links[i % 2], 100, types[i / 2], 0x0800);
		put_beat_ipv4(&b);
		copy.n = packet_untag_cooked(links[i % 2], b.at, b.n, b.n,
		    copy.at);
		assert_int_equal(copy.n, plain.n);
		assert_memory_equal(copy.at, plain.at, plain.n);
		assert_int_equal(packet_untag_cooked(LINK_ETHERNET, b.at, b.n,
		    b.n, copy.at), 0);
		/* Cut within the tags. */
		assert_int_equal(packet_untag_cooked(links[i % 2], b.at, 17,
		    b.n, copy.at), 0);
	}
}

static void
test_raw(void **state)
{
	static const int	 links[] = { 101, 12, 14 };
	struct bytes		 v4 = { .n = 0 }, v6 = { .n = 0 };
	struct packet		 p;
	size_t			 i;

	(void)state;
	put_beat_ipv4(&v4);
	put_beat_ipv6(&v6);
	for (i = 0; i < 3; i++) {
		assert_int_equal(decode(links[i], &v4, &p), PACKET_IP);
		check_beat(&p);
		assert_int_equal(decode(links[i], &v6, &p), PACKET_IP);
		check_beat(&p);
	}
	assert_int_equal(decode(LINK_IPV4, &v4, &p), PACKET_IP);
	check_beat(&p);
	assert_int_equal(decode(LINK_IPV6, &v6, &p), PACKET_IP);
	check_beat(&p);
	assert_int_equal(decode(LINK_IPV4, &v6, &p), PACKET_MALFORMED);
	assert_int_equal(decode(LINK_IPV6, &v4, &p), PACKET_MALFORMED);
}

static void
test_loopback(void **state)
{
	static const unsigned	 families[] = { 10, 23, 24, 28, 30 };
	struct bytes		 b = { .n = 0 };
	struct packet		 p;
	size_t			 i;

	(void)state;
	for (i = 0; i < 5; i++) {
		b.n = 0;
		put_u32(&b, families[i] << 24);
		put_beat_ipv6(&b);
		assert_int_equal(decode(LINK_NULL, &b, &p), PACKET_IP);
		check_beat(&p);
		b.n = 0;
		put_u32(&b, families[i]);
		put_beat_ipv6(&b);
		assert_int_equal(decode(LINK_NULL, &b, &p), PACKET_IP);
		check_beat(&p);
	}
	b.n = 0;
	put_u32(&b, 2);
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_LOOP, &b, &p), PACKET_IP);
	check_beat(&p);
	b.at[3] = 7;
	assert_int_equal(decode(LINK_LOOP, &b, &p), PACKET_NOT_IP);
	b.at[3] = 2;
	b.at[0] = 2;
	assert_int_equal(decode(LINK_LOOP, &b, &p), PACKET_NOT_IP);
}

static void
test_ppp(void **state)
{
	static const struct {
		int	 link;
		size_t	 n;
		uint8_t	 header[4];
	} good[] = {
		{ LINK_PPP, 2, { 0x00, 0x21 } },
		{ LINK_PPP, 1, { 0x21 } },
		{ LINK_PPP, 4, { 0xff, 0x03, 0x00, 0x21 } },
		{ LINK_PPP_HDLC, 4, { 0xff, 0x03, 0x00, 0x21 } },
		{ LINK_PPP_HDLC, 3, { 0xff, 0x03, 0x21 } },
		{ LINK_PPP_HDLC, 4, { 0x0f, 0x00, 0x08, 0x00 } },
		{ LINK_PPP_HDLC, 4, { 0x8f, 0x00, 0x08, 0x00 } },
		{ LINK_CHDLC, 4, { 0x8f, 0x00, 0x08, 0x00 } },
	};
	struct bytes	 b = { .n = 0 };
	struct packet	 p;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		b.n = 0;
		put(&b, good[i].header, good[i].n);
		put_beat_ipv4(&b);
		assert_int_equal(decode(good[i].link, &b, &p), PACKET_IP);
		check_beat(&p);
	}
	b.n = 0;
	put_u16(&b, 0x0057);
	put_beat_ipv6(&b);
	assert_int_equal(decode(LINK_PPP, &b, &p), PACKET_IP);
	check_beat(&p);
	set_u16(&b, 0, 0xc021);		/* LCP */
	assert_int_equal(decode(LINK_PPP, &b, &p), PACKET_NOT_IP);
}

static void
test_pppoe(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_ethernet(&b, 0x8864);
	put_u16(&b, 0x1100);
	put_u16(&b, 77);
	put_u16(&b, 34);
	put_u16(&b, 0x0021);
	put_beat_ipv4(&b);
	put_zeros(&b, 4);
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_IP);
	check_beat(&p);
	set_u16(&b, 18, 39);		/* longer than the frame */
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_MALFORMED);
	set_u16(&b, 18, 33);		/* shorter than the packet */
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_MALFORMED);
	set_u16(&b, 18, 34);
	b.at[15] = 0xa7;		/* not the code of a session */
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_MALFORMED);
	b.at[15] = 0;
	b.at[14] = 0x21;
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_MALFORMED);
}

static void
test_link_unknown(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_beat_ipv4(&b);
	assert_int_equal(decode(105, &b, &p), PACKET_LINK_UNKNOWN);
	assert_int_equal(decode(-1, &b, &p), PACKET_LINK_UNKNOWN);
	assert_false(packet_supports_link(105));
	assert_true(packet_supports_link(LINK_NULL));
	assert_true(packet_supports_link(LINK_SLL2));
}

static void
test_ipv4_options(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_ipv4(&b, 17, 64, 16);
	b.at[0] = 0x46;
	put_u32(&b, 0x01010100);
	put_beat(&b);
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	check_beat(&p);
	b.at[0] = 0x44;			/* a header of 16 octets */
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
	b.at[0] = 0x4f;			/* 60 octets, more than the packet */
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
	b.at[0] = 0x56;
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
}

static void
test_ipv4_length(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_beat_ipv4(&b);
	set_u16(&b, 2, 33);		/* one octet too many */
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
	set_u16(&b, 2, 19);
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
	set_u16(&b, 2, 20);		/* only the header */
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	assert_int_equal(p.payload_wire, 0);
	assert_int_equal(p.destination_port, 0);
	/* The length is 0 only in large TCP packets that are not segmented. */
	set_u16(&b, 2, 0);
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
	put_zeros(&b, 1501 - b.n);
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
	b.at[9] = 6;
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	assert_int_equal(p.payload_wire, 1481);
	b.n--;
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
}

static void
test_snapped(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 17, 64, 1400);
	put_udp(&b, 1, 2, 1392);
	put_zeros(&b, 1392);
	assert_int_equal(decode_cut(LINK_ETHERNET, &b, 42, b.n, &p),
	    PACKET_IP);
	assert_int_equal(p.payload_length, 8);
	assert_int_equal(p.payload_wire, 1400);
	assert_int_equal(p.destination_port, 2);
	assert_int_equal(decode_cut(LINK_ETHERNET, &b, 37, b.n, &p),
	    PACKET_IP);
	assert_int_equal(p.source_port, 0);
	assert_int_equal(p.destination_port, 0);
	assert_int_equal(decode_cut(LINK_ETHERNET, &b, 33, b.n, &p),
	    PACKET_MALFORMED);
	assert_int_equal(decode_cut(LINK_ETHERNET, &b, 34, b.n, &p),
	    PACKET_IP);
	assert_int_equal(p.payload_length, 0);
	/* The frame was too short on the wire already. */
	assert_int_equal(decode_cut(LINK_ETHERNET, &b, 42, 42, &p),
	    PACKET_MALFORMED);
	/* In some files the captured length is above that on the wire. */
	assert_int_equal(decode_cut(LINK_ETHERNET, &b, b.n, 0, &p),
	    PACKET_IP);
}

static void
test_ipv4_fragments(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;
	struct cursor	 data;

	(void)state;
	put_ipv4(&b, 17, 64, 12);
	put_udp(&b, 20053, 20054, 1000);
	put_text(&b, "beat");
	set_u16(&b, 6, 0x2000);
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	assert_true(p.fragment);
	check_beat(&p);
	assert_true(packet_udp(&p, &data, NULL));
	assert_int_equal(data.left, 4);
	set_u16(&b, 6, 0x2001);
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_CONTINUED);
	set_u16(&b, 6, 0x1fff);
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_CONTINUED);
	set_u16(&b, 6, 0x4000);		/* do not fragment */
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	assert_false(p.fragment);
}

static void
put_ah(struct bytes *b, unsigned next, size_t icv)
{
	put_u8(b, next);
	put_u8(b, (unsigned)(icv + 12) / 4 - 2);
	put_u16(b, 0);
	put_u32(b, 0xa090001);
	put_u32(b, 1);
	put_zeros(b, icv);
}

static void
test_authentication_header(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_ipv4(&b, 51, 64, 24 + 12);
	put_ah(&b, 17, 12);
	put_beat(&b);
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	check_beat(&p);
	b.at[21] = 0;			/* 8 octets */
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
	b.at[21] = 8;			/* 40 octets, but there are 36 */
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_MALFORMED);
	b.at[21] = 1;			/* 12 octets, the minimum */
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	assert_int_equal(p.payload_wire, 24);
}

static void
put_options(struct bytes *b, unsigned next, unsigned units)
{
	put_u8(b, next);
	put_u8(b, units);
	put_u8(b, 1);			/* PadN */
	put_u8(b, units * 8 + 4);
	put_zeros(b, units * 8 + 4);
}

static void
test_ipv6_extensions(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_ipv6(&b, 0, 64, 8 + 24 + 8 + 24 + 16 + 12);
	put_options(&b, 43, 0);		/* hop-by-hop, then routing */
	put_options(&b, 44, 2);		/* routing, then fragment */
	put_u32(&b, 0x33000000);	/* a fragment that is whole, then AH */
	put_u32(&b, 99);
	put_ah(&b, 60, 12);		/* then destination options */
	put_options(&b, 17, 1);
	put_beat(&b);
	assert_int_equal(decode(LINK_IPV6, &b, &p), PACKET_IP);
	check_beat(&p);
	assert_false(p.fragment);

	b.at[6] = 60;			/* a second hop-by-hop */
	b.at[40] = 0;
	assert_int_equal(decode(LINK_IPV6, &b, &p), PACKET_MALFORMED);
	b.at[6] = 0;
	b.at[40] = 43;
	b.at[41] = 255;			/* longer than the packet */
	assert_int_equal(decode(LINK_IPV6, &b, &p), PACKET_MALFORMED);
}

static void
test_ipv6_extensions_many(void **state)
{
	struct bytes	 b;
	struct packet	 p;
	unsigned	 i, n;

	(void)state;
	for (n = 16; n <= 17; n++) {
		b.n = 0;
		put_ipv6(&b, 60, 64, n * 8 + 12);
		for (i = 0; i < n; i++)
			put_options(&b, i < n - 1 ? 60 : 17, 0);
		put_beat(&b);
		assert_int_equal(decode(LINK_IPV6, &b, &p),
		    n == 16 ? PACKET_IP : PACKET_MALFORMED);
	}
}

static void
test_ipv6_fragments(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_ipv6(&b, 44, 64, 20);
	put_u32(&b, 0x11000001);
	put_u32(&b, 7);
	put_beat(&b);
	assert_int_equal(decode(LINK_IPV6, &b, &p), PACKET_IP);
	assert_true(p.fragment);
	check_beat(&p);
	set_u16(&b, 42, 0x0008);
	assert_int_equal(decode(LINK_IPV6, &b, &p), PACKET_CONTINUED);
}

/* A TCP segment of 70,000 octets; only its headers were captured. */
static void
put_jumbogram(struct bytes *b, unsigned length, uint32_t jumbo)
{
	put_ipv6(b, 0, 64, length);
	put_u8(b, 6);
	put_u8(b, 0);
	put_u16(b, 0xc204);
	put_u32(b, jumbo);
	put_tcp(b, 1, 2, 3, 4, PACKET_TCP_ACK);
}

static void
test_jumbogram(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct packet		 p;
	struct packet_tcp	 tcp;

	(void)state;
	put_jumbogram(&b, 0, 70028);
	assert_int_equal(decode_cut(LINK_IPV6, &b, b.n, 70068, &p),
	    PACKET_IP);
	assert_int_equal(p.payload_wire, 70020);
	assert_int_equal(packet_decode(LINK_IPV6, b.at, b.n, 70068, &p),
	    PACKET_IP);
	assert_true(packet_tcp(&p, &tcp));
	assert_int_equal(tcp.data_wire, 70000);

	/* Padding and another option before the option. */
	b.n = 0;
	put_ipv6(&b, 0, 64, 0);
	put_u32(&b, 0x06020005);
	put_u32(&b, 0x03000000);
	put_u16(&b, 0xc204);
	put_u32(&b, 70024);
	put_u16(&b, 0x0108);
	put_zeros(&b, 8);
	assert_int_equal(decode_cut(LINK_IPV6, &b, b.n, 70064, &p),
	    PACKET_IP);
	assert_int_equal(p.payload_wire, 70000);

	/* Errors by RFC 2675, section 3. */
	b.n = 0;
	put_jumbogram(&b, 0, 70028);
	assert_int_equal(decode_cut(LINK_IPV6, &b, b.n, 70067, &p),
	    PACKET_MALFORMED);
	b.n = 0;
	put_jumbogram(&b, 28, 70028);
	assert_int_equal(decode_cut(LINK_IPV6, &b, b.n, 70068, &p),
	    PACKET_MALFORMED);
	b.n = 0;
	put_jumbogram(&b, 0, 65535);
	assert_int_equal(decode_cut(LINK_IPV6, &b, b.n, 70068, &p),
	    PACKET_MALFORMED);
}

static void
test_ipv6_length(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_beat_ipv6(&b);
	set_u16(&b, 4, 13);
	assert_int_equal(decode(LINK_IPV6, &b, &p), PACKET_MALFORMED);
	set_u16(&b, 4, 0);		/* no payload: the rest is padding */
	assert_int_equal(decode(LINK_IPV6, &b, &p), PACKET_IP);
	assert_int_equal(p.payload_wire, 0);
	/* BIG TCP: a length of 0 without the option. */
	assert_int_equal(packet_decode(LINK_IPV6, b.at, b.n, 90040, &p),
	    PACKET_IP);
	assert_int_equal(p.payload_wire, 90000);
	assert_int_equal(p.payload_length, 12);
	/* The octets of the option are after the header, and do not count. */
	b.n = 0;
	put_ipv6(&b, 0, 64, 0);
	put_options(&b, 59, 0);
	put_u16(&b, 0xc204);
	put_u32(&b, 70000);
	assert_int_equal(packet_decode(LINK_IPV6, b.at, b.n, 90048, &p),
	    PACKET_IP);
	assert_int_equal(p.payload_wire, 90000);
}

/* A frame that is cut anywhere is malformed or gives the same packet. */
static void
test_every_cut(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct packet		 p;
	enum packet_verdict	 verdict;
	size_t			 n;

	(void)state;
	put_ethernet(&b, 0x8100);
	put_u16(&b, 5);
	put_u16(&b, 0x86dd);
	put_ipv6(&b, 0, 64, 8 + 8 + 24 + 12);
	put_options(&b, 44, 0);
	put_u32(&b, 0x33000000);
	put_u32(&b, 1);
	put_ah(&b, 17, 12);
	put_beat(&b);
	for (n = 0; n <= b.n; n++) {
		verdict = decode_cut(LINK_ETHERNET, &b, n, b.n, &p);
		assert_int_equal(verdict,
		    n < b.n - 12 ? PACKET_MALFORMED : PACKET_IP);
		assert_int_equal(p.destination_port,
		    n < b.n - 8 ? 0 : 20054);
	}
}

static void
test_udp(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;
	struct cursor	 data;
	size_t		 wire;

	(void)state;
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	assert_true(packet_udp(&p, &data, &wire));
	assert_int_equal(wire, 4);
	assert_int_equal(data.left, 4);
	set_u16(&b, 24, 10);		/* the rest is not in the datagram */
	assert_true(packet_udp(&p, &data, &wire));
	assert_int_equal(wire, 2);
	assert_int_equal(data.left, 2);
	set_u16(&b, 24, 7);
	assert_false(packet_udp(&p, &data, &wire));
	set_u16(&b, 24, 13);
	assert_false(packet_udp(&p, &data, &wire));
	set_u16(&b, 24, 0);
	assert_false(packet_udp(&p, &data, &wire));
	p.payload_wire = 70000;		/* of a jumbogram */
	assert_true(packet_udp(&p, &data, &wire));
	assert_int_equal(wire, 69992);
	p.payload_wire = 12;
	set_u16(&b, 24, 12);
	p.payload_length = 8;		/* cut after the header */
	assert_true(packet_udp(&p, &data, &wire));
	assert_int_equal(wire, 4);
	assert_int_equal(data.left, 0);
	p.payload_length = 7;
	assert_false(packet_udp(&p, &data, &wire));
	p.payload_length = 12;
	p.protocol = 6;
	assert_false(packet_udp(&p, &data, &wire));
}

static void
test_tcp(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct packet		 p;
	struct packet_tcp	 tcp;

	(void)state;
	put_ipv4(&b, 6, 64, 23);
	put_tcp(&b, 7, 8, 0x01020304, 0x0a0b0c0d, PACKET_TCP_ACK);
	put_text(&b, "abc");
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	assert_true(packet_tcp(&p, &tcp));
	assert_int_equal(tcp.sequence, 0x01020304);
	assert_int_equal(tcp.acknowledgement, 0x0a0b0c0d);
	assert_int_equal(tcp.window, 501);
	assert_int_equal(tcp.flags, PACKET_TCP_ACK);
	assert_int_equal(tcp.data_wire, 3);
	b.at[32] = 0x60;		/* 24 octets, but there are 23 */
	assert_false(packet_tcp(&p, &tcp));
	b.at[32] = 0x40;		/* 16 octets, less than the minimum */
	assert_false(packet_tcp(&p, &tcp));
	b.at[32] = 0x50;
	p.protocol = 17;
	assert_false(packet_tcp(&p, &tcp));
}

static void
test_checksum(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct packet	 p;

	(void)state;
	put_ipv4(&b, 112, 255, 9);
	put_text(&b, "123456789");
	set_u16(&b, 26, 0);
	set_u16(&b, 26, 0xffff ^ internet_sum(b.at + 20, 9, 0));
	assert_int_equal(decode(LINK_IPV4, &b, &p), PACKET_IP);
	assert_false(packet_checksum_bad(&p, NULL));
	assert_true(packet_checksum_bad(&p, &p.destination));
	set_u16(&b, 26, 0);
	set_u16(&b, 26, 0xffff ^
	    internet_sum(b.at + 12, 8 + 9, 112 + 9));
	assert_true(packet_checksum_bad(&p, NULL));
	assert_false(packet_checksum_bad(&p, &p.destination));
	b.at[28] ^= 1;
	assert_true(packet_checksum_bad(&p, &p.destination));
	p.sent_here = true;
	assert_false(packet_checksum_bad(&p, &p.destination));
	p.sent_here = false;
	p.payload_length--;		/* not all was captured */
	assert_false(packet_checksum_bad(&p, &p.destination));
}

/* The sender's MAC address, which not all link types show. */
static void
test_mac(void **state)
{
	static const uint8_t	 mac[] = { 0x02, 0x77, 0, 0, 0, 1 };
	struct bytes		 b = { .n = 0 };
	struct packet		 p;

	(void)state;
	put_ethernet(&b, 0x0806);
	put_zeros(&b, 46);
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_NOT_IP);
	assert_memory_equal(p.mac, mac, sizeof(mac));
	assert_null(p.ipv4);
	b.n = 13;
	assert_int_equal(decode(LINK_ETHERNET, &b, &p), PACKET_MALFORMED);
	assert_null(p.mac);

	b.n = 0;
	put_cooked(&b, 0, 1, 0x0800);
	memcpy(b.at + 6, mac, sizeof(mac));
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_SLL, &b, &p), PACKET_IP);
	assert_memory_equal(p.mac, mac, sizeof(mac));
	assert_ptr_equal(p.ipv4, b.at + 16);
	set_u16(&b, 4, 4);		/* a tunnel: an IPv4 address */
	assert_int_equal(decode(LINK_SLL, &b, &p), PACKET_IP);
	assert_null(p.mac);

	b.n = 0;
	put_cooked2(&b, 1, 1, 0x86dd);
	memcpy(b.at + 12, mac, sizeof(mac));
	put_beat_ipv6(&b);
	assert_int_equal(decode(LINK_SLL2, &b, &p), PACKET_IP);
	assert_memory_equal(p.mac, mac, sizeof(mac));
	assert_null(p.ipv4);
	b.at[11] = 8;			/* InfiniBand, not whole */
	assert_int_equal(decode(LINK_SLL2, &b, &p), PACKET_IP);
	assert_null(p.mac);

	b.n = 0;
	put_beat_ipv4(&b);
	assert_int_equal(decode(LINK_RAW, &b, &p), PACKET_IP);
	assert_null(p.mac);
	assert_true(packet_link_has_mac(LINK_ETHERNET));
	assert_true(packet_link_has_mac(LINK_SLL));
	assert_true(packet_link_has_mac(LINK_SLL2));
	assert_false(packet_link_has_mac(LINK_RAW));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ethernet),
		cmocka_unit_test(test_ethernet_padding),
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_vlan_ids),
		cmocka_unit_test(test_vlan_text),
		cmocka_unit_test(test_cooked),
		cmocka_unit_test(test_cooked2),
		cmocka_unit_test(test_cooked_qinq),
		cmocka_unit_test(test_cooked_without_hidden_tag),
		cmocka_unit_test(test_untag_cooked),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_ppp),
		cmocka_unit_test(test_pppoe),
		cmocka_unit_test(test_link_unknown),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_ipv4_length),
		cmocka_unit_test(test_snapped),
		cmocka_unit_test(test_ipv4_fragments),
		cmocka_unit_test(test_authentication_header),
		cmocka_unit_test(test_ipv6_extensions),
		cmocka_unit_test(test_ipv6_extensions_many),
		cmocka_unit_test(test_ipv6_fragments),
		cmocka_unit_test(test_jumbogram),
		cmocka_unit_test(test_ipv6_length),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_mac),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
