/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encapsulations: those that tests/captures does not have, frames that are cut
 * short, and frames that only look like an encapsulation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packet/decapsulate.h"
#include "packet/packet.h"

#include "bytes.h"

enum {
	LINK_RAW = 101,
	LINK_SLL = 113,
	LINK_SLL2 = 276,
};

#define BEAT	32		/* octets of put_beat() */

static void
put_beat(struct bytes *b)
{
	put_ipv4(b, 17, 64, 12);
	put_udp(b, 20053, 20053, 4);
	put_text(b, "beat");
}

static void
put_label(struct bytes *b, unsigned label, bool bottom)
{
	put_u32(b, label << 12 | (bottom ? 0x100 : 0) | 64);
}

static struct capture_frame
frame_of(const struct bytes *b, int link_type)
{
	return ((struct capture_frame){
		.timestamp = { 4711 }, .bytes = b->at, .captured = b->n,
		.wire = b->n, .link_type = link_type,
	});
}

/* The link type of the inner frame with the heartbeat; 0: there is none. */
static int
beat_in(const struct bytes *b, int link_type)
{
	struct capture_frame	 outer = frame_of(b, link_type), inner;
	struct packet		 packet;

	if (!decapsulate_next(&outer, &inner))
		return (0);
	assert_int_equal(inner.timestamp.ns, 4711);
	assert_int_equal(packet_decode(inner.link_type, inner.bytes,
	    inner.captured, inner.wire, &packet), PACKET_IP);
	assert_int_equal(packet.destination_port, 20053);
	assert_int_equal(packet.payload_wire, 12);
	return (inner.link_type);
}

/* Each cut of a frame, from a block of exactly that size. */
static void
cut(const struct bytes *b, int link_type)
{
	struct capture_frame	 outer = frame_of(b, link_type), inner;
	uint8_t			*copy;
	size_t			 n;

	for (n = 0; n < b->n; n++) {
		copy = malloc(n == 0 ? 1 : n);
		assert_non_null(copy);
		memcpy(copy, b->at, n);
		outer.bytes = copy;
		outer.captured = n;
		if (decapsulate_next(&outer, &inner)) {
			assert_true(inner.bytes + inner.captured == copy + n);
			assert_true(inner.captured < inner.wire);
		}
		free(copy);
	}
}

static void
nothing_inside(void **state)
{
	static const unsigned	 types[] = { 0x0806, 0x88cc, 0x0600 };
	struct bytes		 b = { .n = 0 };
	size_t			 i;

	(void)state;
	put_ethernet(&b, 0x0800);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_ETHERNET), 0);
	b.n = 0;
	put_ethernet(&b, 0x8100);
	put_u32(&b, 0x00640800);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_ETHERNET), 0);
	for (i = 0; i < 3; i++) {
		b.n = 0;
		put_ethernet(&b, types[i]);
		put_beat(&b);
		assert_int_equal(beat_in(&b, LINK_ETHERNET), 0);
	}
}

static void
mpls(void **state)
{
	struct bytes	 b = { .n = 0 };
	unsigned	 i;

	(void)state;
	put_ethernet(&b, 0x8848);
	for (i = 0; i < 5; i++)
		put_label(&b, 16 + i, i == 4);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_ETHERNET), DECAPSULATE_IP);
	cut(&b, LINK_ETHERNET);

	/* Without a bottom of the stack there is no packet. */
	b.n = 0;
	put_ethernet(&b, 0x8847);
	for (i = 0; i < 20; i++)
		put_label(&b, 16, false);
	assert_int_equal(beat_in(&b, LINK_ETHERNET), 0);

	/* Within UDP and directly in IP. */
	b.n = 0;
	put_ipv4(&b, 17, 64, 8 + 4 + BEAT);
	put_udp(&b, 50000, 6635, 4 + BEAT);
	put_label(&b, 16, true);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_RAW), DECAPSULATE_IP);
	b.n = 0;
	put_ipv4(&b, 137, 64, 4 + BEAT);
	put_label(&b, 16, true);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_RAW), DECAPSULATE_IP);
}

/* A pseudowire with and without a control word, and an associated channel. */
static void
mpls_pseudowire(void **state)
{
	static const unsigned	 first[] = { 0x02, 0x44, 0x62, 0x10 };
	struct bytes		 b;
	size_t			 i, k;

	(void)state;
	for (i = 0; i < 4; i++) {
		for (k = 0; k < 2; k++) {
			b.n = 0;
			put_ethernet(&b, 0x8847);
			put_label(&b, 16, true);
			if (k == 1)
				put_u32(&b, 5);	/* a sequence number */
			put_ethernet(&b, 0x0800);
			b.at[b.n - 14] = (uint8_t)first[i];
			put_beat(&b);
			assert_int_equal(beat_in(&b, LINK_ETHERNET),
			    DECAPSULATE_ETHERNET);
			cut(&b, LINK_ETHERNET);
		}
	}
	b.n = 0;
	put_ethernet(&b, 0x8847);
	put_label(&b, 16, true);
	put_u32(&b, 0x10000021);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_ETHERNET), DECAPSULATE_IP);
	set_u16(&b, 20, 0x0007);	/* BFD without IP */
	assert_int_equal(beat_in(&b, LINK_ETHERNET), 0);
}

static void
gre(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_ipv4(&b, 47, 64, 4 + BEAT);
	put_u32(&b, 0x00000800);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_RAW), DECAPSULATE_IP);
	cut(&b, LINK_RAW);
	set_u16(&b, 20, 0x0001);	/* version 1: PPTP */
	assert_int_equal(beat_in(&b, LINK_RAW), 0);
	set_u16(&b, 20, 0x4000);	/* routing */
	assert_int_equal(beat_in(&b, LINK_RAW), 0);
	set_u16(&b, 20, 0);
	set_u16(&b, 22, 0x880b);
	assert_int_equal(beat_in(&b, LINK_RAW), 0);
}

static void
erspan(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_ipv4(&b, 47, 64, 8 + 8 + 14 + BEAT);
	put_u32(&b, 0x100088be);
	put_u32(&b, 1);
	put_u32(&b, 0x10640007);
	put_u32(&b, 3);
	put_ethernet(&b, 0x0800);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_RAW), DECAPSULATE_ETHERNET);
	cut(&b, LINK_RAW);
	b.at[28] = 0x20;		/* not the version of type II */
	assert_int_equal(beat_in(&b, LINK_RAW), 0);

	/* Type III with an IP packet. */
	b.n = 0;
	put_ipv4(&b, 47, 64, 8 + 12 + BEAT);
	put_u32(&b, 0x100022eb);
	put_u32(&b, 1);
	put_u32(&b, 0x20640007);
	put_u32(&b, 12345);
	put_u32(&b, 2 << 10);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_RAW), DECAPSULATE_IP);
	b.at[28] = 0x10;
	assert_int_equal(beat_in(&b, LINK_RAW), 0);
}

static void
put_vxlan(struct bytes *b, unsigned port, unsigned flags)
{
	put_ipv4(b, 17, 64, 8 + 8 + 14 + BEAT);
	put_udp(b, 50000, port, 8 + 14 + BEAT);
	put_u32(b, flags << 24);
	put_u32(b, 42 << 8);
	put_ethernet(b, 0x0800);
	put_beat(b);
}

static void
vxlan(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_vxlan(&b, 4789, 0x08);
	assert_int_equal(beat_in(&b, LINK_RAW), DECAPSULATE_ETHERNET);
	cut(&b, LINK_RAW);
	b.n = 0;
	put_vxlan(&b, 8472, 0x88);	/* with a group policy */
	assert_int_equal(beat_in(&b, LINK_RAW), DECAPSULATE_ETHERNET);
	b.n = 0;
	put_vxlan(&b, 4789, 0);
	assert_int_equal(beat_in(&b, LINK_RAW), 0);
	b.n = 0;
	put_vxlan(&b, 4788, 0x08);
	assert_int_equal(beat_in(&b, LINK_RAW), 0);
}

static void
geneve(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_ipv4(&b, 17, 64, 8 + 8 + BEAT);
	put_udp(&b, 50000, 6081, 8 + BEAT);
	put_u32(&b, 0x00000800);
	put_u32(&b, 42 << 8);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_RAW), DECAPSULATE_IP);
	cut(&b, LINK_RAW);
	b.at[28] = 0x40;		/* version 1 */
	assert_int_equal(beat_in(&b, LINK_RAW), 0);
	b.at[28] = 0x3f;		/* options beyond the end */
	assert_int_equal(beat_in(&b, LINK_RAW), 0);
}

static void
put_snap(struct bytes *b, uint32_t vendor, unsigned type)
{
	put_u16(b, 0xaaaa);
	put_u8(b, 3);
	put_u8(b, vendor >> 16);
	put_u16(b, vendor & 0xffff);
	put_u16(b, type);
	put_beat(b);
}

static void
snap(void **state)
{
	static const uint32_t	 vendors[] = { 0, 0xf8, 0x0c };
	struct bytes		 b;
	size_t			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		b.n = 0;
		put_ethernet(&b, 8 + BEAT);
		put_snap(&b, vendors[i], 0x0800);
		put_text(&b, "padding");
		assert_int_equal(beat_in(&b, LINK_ETHERNET),
		    i < 2 ? DECAPSULATE_IP : 0);
	}
	set_u16(&b, 12, 1500);		/* longer than the frame */
	assert_int_equal(beat_in(&b, LINK_ETHERNET), 0);
	b.n = 0;
	put_ethernet(&b, 8 + BEAT);
	put_snap(&b, 0, 0x0800);
	cut(&b, LINK_ETHERNET);
	b.at[14] = 0x42;		/* spanning tree */
	assert_int_equal(beat_in(&b, LINK_ETHERNET), 0);
}

/* Frames of the device `any`. */
static void
cooked(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_u16(&b, 0);
	put_u16(&b, 1);
	put_u16(&b, 6);
	put_zeros(&b, 8);
	put_u16(&b, 0x8847);
	put_label(&b, 16, true);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_SLL), DECAPSULATE_IP);
	cut(&b, LINK_SLL);

	b.n = 0;
	put_u16(&b, 0x8100);
	put_u32(&b, 0);
	put_u16(&b, 3);
	put_u16(&b, 1);
	put_u16(&b, 0x0006);
	put_zeros(&b, 8);
	put_u32(&b, 0x00648847);
	put_label(&b, 16, true);
	put_beat(&b);
	assert_int_equal(beat_in(&b, LINK_SLL2), DECAPSULATE_IP);
	cut(&b, LINK_SLL2);

	/* LLC has the type 4 there. */
	b.n = 0;
	put_u16(&b, 0);
	put_u16(&b, 1);
	put_u16(&b, 6);
	put_zeros(&b, 8);
	put_u16(&b, 4);
	put_snap(&b, 0, 0x0800);
	assert_int_equal(beat_in(&b, LINK_SLL), DECAPSULATE_IP);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(nothing_inside),
		cmocka_unit_test(mpls),
		cmocka_unit_test(mpls_pseudowire),
		cmocka_unit_test(gre),
		cmocka_unit_test(erspan),
		cmocka_unit_test(vxlan),
		cmocka_unit_test(geneve),
		cmocka_unit_test(snap),
		cmocka_unit_test(cooked),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
