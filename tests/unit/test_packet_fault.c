/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that their receiver discards, as the kernel of the observer or a file
 * shows them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "packet/packet_fault.h"

#include "bytes.h"

#define LINK_RAW	101
#define UDP		17
#define TCP		6

#define UNKNOWN		CAPTURE_CHECKSUM_UNKNOWN
#define TRUSTED		CAPTURE_CHECKSUM_TRUSTED
#define COMPLETE	CAPTURE_CHECKSUM_COMPLETE

/* The fault of an IP packet of which `captured` octets were captured. */
static enum packet_fault
fault_cut(const struct bytes *b, size_t captured, enum capture_checksum state)
{
	struct capture_frame	 frame = {
		.bytes = b->at, .captured = captured, .wire = b->n,
		.link_type = LINK_RAW, .checksum = state,
	};
	struct packet		 packet;
	enum packet_verdict	 verdict;

	verdict = packet_decode(frame.link_type, frame.bytes, frame.captured,
	    frame.wire, &packet);
	return (packet_fault_find(&frame, &packet, verdict));
}

/* Each state of the checksums gives the expected fault. */
static void
check_states(const struct bytes *b, enum packet_fault unknown,
    enum packet_fault trusted, enum packet_fault complete)
{
	assert_int_equal(fault_cut(b, b->n, UNKNOWN), unknown);
	assert_int_equal(fault_cut(b, b->n, TRUSTED), trusted);
	assert_int_equal(fault_cut(b, b->n, COMPLETE), complete);
}

static void
check_all(const struct bytes *b, enum packet_fault fault)
{
	check_states(b, fault, fault, fault);
}

/* The payload of a packet, whose data has an odd and an even length. */
static const char *const	 data[] = { "beat", "heartbeat" };

/* A valid packet.  UDP has a header of 8 octets, TCP one of 20. */
static struct bytes
packet(int version, unsigned protocol, const char *text)
{
	struct bytes	 b = { .n = 0 };
	size_t		 n = strlen(text) + (protocol == UDP ? 8 : 20);

	if (version == 6)
		put_ipv6(&b, protocol, 64, n);
	else
		put_ipv4(&b, protocol, 64, n);
	if (protocol == UDP)
		put_udp(&b, 694, 694, strlen(text));
	else
		put_tcp(&b, 694, 694, 1, 1, PACKET_TCP_ACK);
	put_text(&b, text);
	if (version == 4)
		set_ipv4_checksum(&b, 0);
	set_checksum(&b, 0, version == 6 ? 40 : 20, protocol);
	return (b);
}

/* Where the payload of a packet of that version begins. */
static size_t
payload(int version)
{
	return (version == 6 ? 40 : 20);
}

static size_t
checksum_at(int version, unsigned protocol)
{
	return (payload(version) + (protocol == UDP ? 6 : 16));
}

static void
valid(void **state)
{
	struct bytes	 b;
	size_t		 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		b = packet(4, UDP, data[i]);
		check_all(&b, PACKET_FAULT_NONE);
		b = packet(6, UDP, data[i]);
		check_all(&b, PACKET_FAULT_NONE);
		b = packet(4, TCP, data[i]);
		check_all(&b, PACKET_FAULT_NONE);
		b = packet(6, TCP, data[i]);
		check_all(&b, PACKET_FAULT_NONE);
	}
}

static void
hop_limit(void **state)
{
	struct bytes	 b = packet(4, UDP, "beat");

	(void)state;
	b.at[8] = 0;
	set_ipv4_checksum(&b, 0);
	check_all(&b, PACKET_FAULT_HOP_LIMIT);
	b.at[8] = 1;
	set_ipv4_checksum(&b, 0);
	check_all(&b, PACKET_FAULT_NONE);
	b = packet(6, UDP, "beat");
	b.at[7] = 0;
	check_all(&b, PACKET_FAULT_HOP_LIMIT);
}

/* Each bit of the header is protected, and its options are, too. */
static void
header(void **state)
{
	struct bytes	 b = { .n = 0 };
	size_t		 i;

	(void)state;
	put_ipv4(&b, 47, 255, 8);
	put_u32(&b, 0x01010100);	/* options: NOP, NOP, NOP, end */
	put_u32(&b, 0);
	b.at[0] = 0x46;
	set_ipv4_checksum(&b, 0);
	check_all(&b, PACKET_FAULT_NONE);
	for (i = 8; i < 8 * 24; i++) {
		b.at[i / 8] ^= (uint8_t)(1 << i % 8);
		if (i / 8 != 2 && i / 8 != 3)
			check_all(&b, PACKET_FAULT_HEADER);
		b.at[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	/* A card of the host that captured the file may compute it. */
	set_u16(&b, 10, 0);
	check_states(&b, PACKET_FAULT_NONE, PACKET_FAULT_HEADER,
	    PACKET_FAULT_HEADER);
}

/* A later fragment has a header, too. */
static void
header_of_fragment(void **state)
{
	struct bytes	 b = packet(4, UDP, "beat");

	(void)state;
	set_u16(&b, 6, 1);
	check_all(&b, PACKET_FAULT_HEADER);
	set_ipv4_checksum(&b, 0);
	check_all(&b, PACKET_FAULT_NONE);
}

static void
lengths(void **state)
{
	struct bytes	 b = packet(4, UDP, "beat");

	(void)state;
	set_u16(&b, 2, 33);
	check_all(&b, PACKET_FAULT_LENGTH);
	b = packet(6, UDP, "beat");
	set_u16(&b, 4, 13);
	check_all(&b, PACKET_FAULT_LENGTH);
	b = packet(4, UDP, "beat");
	set_u16(&b, 24, 7);
	check_all(&b, PACKET_FAULT_LENGTH);
	set_u16(&b, 24, 13);
	check_all(&b, PACKET_FAULT_LENGTH);
}

/* A wrong checksum, as from a broken card of the peer or a forger. */
static void
checksum(void **state)
{
	static const int	 versions[] = { 4, 6 };
	static const unsigned	 protocols[] = { UDP, TCP };
	struct bytes		 b;
	size_t			 i, k, n, at;

	(void)state;
	for (i = 0; i < 2; i++)
		for (k = 0; k < 2; k++)
			for (n = 0; n < 2; n++) {
				b = packet(versions[i], protocols[k], data[n]);
				at = checksum_at(versions[i], protocols[k]);
				b.at[at] ^= 0x55;
				check_states(&b, PACKET_FAULT_CHECKSUM,
				    PACKET_FAULT_NONE, PACKET_FAULT_CHECKSUM);
				b.at[at] ^= 0x55;
				b.at[b.n - 1] ^= 1;
				check_states(&b, PACKET_FAULT_CHECKSUM,
				    PACKET_FAULT_NONE, PACKET_FAULT_CHECKSUM);
			}
}

/* The addresses are part of the checksum. */
static void
checksum_of_addresses(void **state)
{
	struct bytes	 b = packet(6, UDP, "beat");

	(void)state;
	b.at[23]++;
	check_states(&b, PACKET_FAULT_CHECKSUM, PACKET_FAULT_NONE,
	    PACKET_FAULT_CHECKSUM);
}

static void
no_checksum(void **state)
{
	struct bytes	 b = packet(4, UDP, "beat");

	(void)state;
	set_u16(&b, 26, 0);
	check_all(&b, PACKET_FAULT_NONE);
	b = packet(6, UDP, "beat");
	set_u16(&b, 46, 0);
	check_all(&b, PACKET_FAULT_NO_CHECKSUM);
	/* A file may be from the host that sent the segment. */
	b = packet(4, TCP, "beat");
	set_u16(&b, 36, 0);
	check_states(&b, PACKET_FAULT_NONE, PACKET_FAULT_NONE,
	    PACKET_FAULT_CHECKSUM);
}

/*
 * CHECKSUM_PARTIAL: the sum of the pseudo-header, without its length if a card
 * segments the packet.  On the network it is wrong.
 */
static void
partial_checksum(void **state)
{
	static const int	 versions[] = { 4, 6 };
	static const unsigned	 protocols[] = { UDP, TCP };
	struct bytes		 b;
	size_t			 i, k, n;
	unsigned		 sum;

	(void)state;
	for (i = 0; i < 2; i++)
		for (k = 0; k < 2; k++) {
			b = packet(versions[i], protocols[k], "beat");
			n = b.n - payload(versions[i]);
			sum = pseudo_sum(&b, 0, payload(versions[i]),
			    protocols[k]);
			set_u16(&b, checksum_at(versions[i], protocols[k]),
			    sum);
			check_states(&b, PACKET_FAULT_NONE, PACKET_FAULT_NONE,
			    PACKET_FAULT_CHECKSUM);
			sum = sum > n ? sum - (unsigned)n :
			    sum + 0xffff - (unsigned)n;
			set_u16(&b, checksum_at(versions[i], protocols[k]),
			    sum);
			check_states(&b, PACKET_FAULT_NONE, PACKET_FAULT_NONE,
			    PACKET_FAULT_CHECKSUM);
			set_u16(&b, checksum_at(versions[i], protocols[k]),
			    sum + 1);
			check_states(&b, PACKET_FAULT_CHECKSUM,
			    PACKET_FAULT_NONE, PACKET_FAULT_CHECKSUM);
		}
}

/* UDP may be shorter than the IP packet; then only its own octets count. */
static void
padding_after_udp(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_ipv4(&b, UDP, 64, 8 + 4 + 3);
	set_ipv4_checksum(&b, 0);
	put_udp(&b, 694, 694, 4);
	put_text(&b, "beat");
	set_checksum(&b, 0, 20, UDP);
	put_text(&b, "xyz");
	check_all(&b, PACKET_FAULT_NONE);
}

/* Octets of the checksum are not captured, or are in other fragments. */
static void
not_verified(void **state)
{
	struct bytes	 b = packet(4, UDP, "heartbeat");
	size_t		 n;

	(void)state;
	b.at[26] ^= 0x55;
	for (n = 20; n < b.n; n++)
		assert_int_equal(fault_cut(&b, n, COMPLETE),
		    PACKET_FAULT_NONE);
	assert_int_equal(fault_cut(&b, n, COMPLETE), PACKET_FAULT_CHECKSUM);
	set_u16(&b, 6, 0x2000);		/* the first of several fragments */
	set_ipv4_checksum(&b, 0);
	check_all(&b, PACKET_FAULT_NONE);
	b = packet(6, TCP, "heartbeat");
	b.at[56] ^= 0x55;
	for (n = 40; n < b.n; n++)
		assert_int_equal(fault_cut(&b, n, COMPLETE),
		    PACKET_FAULT_NONE);
	assert_int_equal(fault_cut(&b, n, COMPLETE), PACKET_FAULT_CHECKSUM);
}

/* In a file, a segment above the MTU was joined of several segments. */
static void
joined_segments(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_ipv4(&b, TCP, 64, 1501);
	set_ipv4_checksum(&b, 0);
	put_tcp(&b, 694, 694, 1, 1, PACKET_TCP_ACK);
	put_zeros(&b, 1481);
	set_u16(&b, 36, 0x1234);
	check_states(&b, PACKET_FAULT_NONE, PACKET_FAULT_NONE,
	    PACKET_FAULT_CHECKSUM);
	b.n--;
	set_u16(&b, 2, 1520);
	set_ipv4_checksum(&b, 0);
	check_states(&b, PACKET_FAULT_CHECKSUM, PACKET_FAULT_NONE,
	    PACKET_FAULT_CHECKSUM);
}

/*
 * With a routing header, the checksum includes the last destination, which is
 * not in the IP header before the last segment.
 */
static void
routing_header(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	put_ipv6(&b, 43, 64, 8 + 12);
	put_u8(&b, UDP);
	put_u8(&b, 0);
	put_u8(&b, 4);
	put_u8(&b, 1);			/* segments left */
	put_u32(&b, 0);
	put_udp(&b, 694, 694, 4);
	put_text(&b, "beat");
	set_checksum(&b, 0, 48, UDP);
	b.at[54] ^= 0x55;
	check_all(&b, PACKET_FAULT_NONE);
	b.at[43] = 0;
	check_states(&b, PACKET_FAULT_CHECKSUM, PACKET_FAULT_NONE,
	    PACKET_FAULT_CHECKSUM);
	b.at[6] = 60;			/* destination options instead */
	check_all(&b, PACKET_FAULT_NONE);
}

/* Other protocols have no faults but those of the IP header. */
static void
other_protocols(void **state)
{
	struct bytes		 b = { .n = 0 };
	struct capture_frame	 frame = {
		.bytes = b.at, .captured = 60, .wire = 60, .link_type = 1,
	};
	struct packet		 p;
	enum packet_verdict	 verdict;

	(void)state;
	put_ethernet(&b, 0x88cc);
	put_zeros(&b, 46);
	verdict = packet_decode(1, b.at, b.n, b.n, &p);
	assert_int_equal(verdict, PACKET_NOT_IP);
	assert_int_equal(packet_fault_find(&frame, &p, verdict),
	    PACKET_FAULT_NONE);
	b.n = 0;
	put_ipv4(&b, 112, 255, 8);
	set_ipv4_checksum(&b, 0);
	put_zeros(&b, 8);
	check_all(&b, PACKET_FAULT_NONE);
}

static void
texts(void **state)
{
	unsigned	 i;

	(void)state;
	for (i = 0; i < PACKET_FAULTS; i++)
		assert_string_not_equal(packet_fault_text(i), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid),
		cmocka_unit_test(hop_limit),
		cmocka_unit_test(header),
		cmocka_unit_test(header_of_fragment),
		cmocka_unit_test(lengths),
		cmocka_unit_test(checksum),
		cmocka_unit_test(checksum_of_addresses),
		cmocka_unit_test(no_checksum),
		cmocka_unit_test(partial_checksum),
		cmocka_unit_test(padding_after_udp),
		cmocka_unit_test(not_verified),
		cmocka_unit_test(joined_segments),
		cmocka_unit_test(routing_header),
		cmocka_unit_test(other_protocols),
		cmocka_unit_test(texts),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
