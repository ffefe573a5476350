/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Matching: the watches that are found for a frame, and the filters of the
 * kernel, which must let the frames of all these watches pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <pcap.h>

#include "base/mono.h"
#include "match/match.h"
#include "match/match_filter.h"
#include "packet/decapsulate.h"

#include "bytes.h"
#include "load.h"

enum {
	LINK_RAW = 101,
	LINK_SLL = 113,
	LINK_SLL2 = 276,
};

#define VLAN		0x8100
#define SERVICE_VLAN	0x88a8
#define OLD_QINQ	0x9100

/* BPF_MAXINSNS: the longest program that the kernel accepts. */
#define KERNEL_LIMIT	4096

#define WATCH(name, options)	\
	"watch \"" name "\" { interface = \"hbw0\" " options " }\n"

static struct configuration	*config;
static struct match		*match;

/* The watches that match_frame found in the last frame, in order. */
static uint32_t			 found[64];
static size_t			 nfound;
static struct heartbeat		 last;

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

static int
setup(void **state)
{
	(void)state;
	match = NULL;
	config = NULL;
	return (0);
}

/* The last watch that match_prepare refused, and the number of them. */
static uint32_t			 refused;
static size_t			 nrefused;

static void
refuse(void *arg, uint32_t watch, int line, const char *error)
{
	assert_ptr_equal(arg, &refused);
	assert_string_not_equal(error, "");
	assert_true(line > 0);
	refused = watch;
	nrefused++;
}

static bool
prepare(int link_type)
{
	nrefused = 0;
	return (match_prepare(match, link_type, refuse, &refused));
}

static void
listen_to(const char *text)
{
	config = load(text);
	assert_non_null(config);
	match = match_new(config, NULL);
	assert_non_null(match);
	assert_true(prepare(LINK_ETHERNET));
}

static void
take(void *arg, uint32_t watch, const struct heartbeat *heartbeat)
{
	assert_ptr_equal(arg, &found);
	assert_true(nfound < sizeof(found) / sizeof(found[0]));
	found[nfound++] = watch;
	last = *heartbeat;
}

static struct capture_frame
frame_of(const struct bytes *b, int link_type)
{
	return ((struct capture_frame){
		.bytes = b->at, .captured = b->n, .wire = b->n,
		.link_type = link_type,
	});
}

/* Also checks that match_prefilter lets the frame of a watch pass. */
static enum packet_verdict
give_link(const struct bytes *b, int link_type)
{
	struct capture_frame	 frame = frame_of(b, link_type);
	enum packet_verdict	 verdict;

	nfound = 0;
	verdict = match_frame(match, &frame, take, &found);
	if (nfound > 0)
		assert_true(match_prefilter(match, &frame));
	return (verdict);
}

static enum packet_verdict
give(const struct bytes *b)
{
	return (give_link(b, LINK_ETHERNET));
}

static void
assert_found(size_t n, ...)
{
	va_list	 ap;
	size_t	 i;

	assert_int_equal(nfound, n);
	va_start(ap, n);
	for (i = 0; i < n; i++)
		assert_int_equal(found[i], va_arg(ap, unsigned));
	va_end(ap);
}

/* ---- frames */

/* Sets 192.0.2.FROM and 192.0.2.TO in the IPv4 header that was put last. */
static void
between(struct bytes *b, unsigned from, unsigned to)
{
	b->at[b->n - 5] = (uint8_t)from;
	b->at[b->n - 1] = (uint8_t)to;
}

static void
put_tag(struct bytes *b, unsigned vid, unsigned type)
{
	put_u16(b, vid);
	put_u16(b, type);
}

/* An Ethernet header and VLAN tags; the list of tags ends with 0. */
static void
put_tagged(struct bytes *b, const unsigned *tags, unsigned type)
{
	put_ethernet(b, tags[0] != 0 ? tags[0] : type);
	for (; tags[0] != 0; tags++)
		put_tag(b, 99, tags[1] != 0 ? tags[1] : type);
}

static void
put_beat(struct bytes *b, unsigned from, unsigned to, unsigned source,
    unsigned destination)
{
	put_ipv4(b, 17, 64, 12);
	between(b, from, to);
	put_udp(b, source, destination, 4);
	put_text(b, "beat");
}

static struct bytes
udp(unsigned from, unsigned to, unsigned source, unsigned destination)
{
	struct bytes	 b = { .n = 0 };

	put_ethernet(&b, 0x0800);
	put_beat(&b, from, to, source, destination);
	return (b);
}

static struct bytes
tcp(unsigned from, unsigned to, unsigned source, unsigned destination,
    uint32_t sequence, uint32_t acknowledgement, const char *data)
{
	struct bytes	 b = { .n = 0 };

	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 6, 64, 20 + strlen(data));
	between(&b, from, to);
	put_tcp(&b, source, destination, sequence, acknowledgement,
	    PACKET_TCP_ACK);
	put_text(&b, data);
	return (b);
}

static void
put_advertisement(struct bytes *b, unsigned vrid, unsigned priority)
{
	size_t	 start = b->n;

	put_u8(b, 0x21);
	put_u8(b, vrid);
	put_u8(b, priority);
	put_u8(b, 1);
	put_u16(b, 0x0001);
	put_u16(b, 0);
	put_u32(b, 0xc0000264);
	put_zeros(b, 8);
	set_u16(b, start + 6, 0xffffu & ~(unsigned)internet_sum(b->at + start,
	    b->n - start, 0));
}

static struct bytes
vrrp(unsigned from, unsigned vrid, unsigned priority)
{
	struct bytes	 b = { .n = 0 };

	put_ethernet(&b, 0x0800);
	put_ipv4(&b, 112, 255, 20);
	between(&b, from, 11);
	put_advertisement(&b, vrid, priority);
	return (b);
}

/* The header of an IPv4 packet that another host sent. */
static void
put_link(struct bytes *b, int link_type)
{
	switch (link_type) {
	case LINK_ETHERNET:
		put_ethernet(b, 0x0800);
		break;
	case LINK_SLL:
		put_u16(b, 0);
		put_u16(b, 1);
		put_u16(b, 6);
		put_zeros(b, 8);
		put_u16(b, 0x0800);
		break;
	case LINK_SLL2:
		put_u16(b, 0x0800);
		put_zeros(b, 6);
		put_u16(b, 1);
		put_u16(b, 6);
		put_zeros(b, 8);
		break;
	}
}

/* 192.0.2.FROM asks for 192.0.2.TO. */
static struct bytes
arp(unsigned from, unsigned to)
{
	struct bytes	 b = { .n = 0 };

	put_ethernet(&b, 0x0806);
	put_u32(&b, 0x00010800);
	put_u32(&b, 0x06040001);
	put_zeros(&b, 6);
	put_u32(&b, 0xc0000200 | from);
	put_zeros(&b, 6);
	put_u32(&b, 0xc0000200 | to);
	put_zeros(&b, 18);
	return (b);
}

/* UDP behind two MPLS labels. */
static struct bytes
mpls(unsigned from, unsigned to)
{
	struct bytes	 b = { .n = 0 };

	put_ethernet(&b, 0x8847);
	put_u32(&b, 0x00064040);
	put_u32(&b, 0x00064140);
	put_beat(&b, from, to, 694, 694);
	return (b);
}

/* ---- one flow */

static void
only_the_configured_flow(void **state)
{
	struct bytes	 b;

	(void)state;
	listen_to(WATCH("db", "peer = 192.0.2.12 heartbeat = \"udp 694\""));
	b = udp(12, 11, 694, 694);
	assert_int_equal(give(&b), PACKET_IP);
	assert_found(1, 0u);
	assert_true(last.alive);
	assert_int_equal(last.sender.octets[3], 12);
	b = udp(13, 11, 694, 694);
	assert_int_equal(give(&b), PACKET_IP);
	assert_found(0);
	b = udp(11, 12, 694, 694);
	give(&b);
	assert_found(0);
	b = udp(12, 11, 695, 695);
	give(&b);
	assert_found(0);
	b = tcp(12, 11, 694, 694, 1, 1, "beat");
	give(&b);
	assert_found(0);
}

static void
either_port_counts_once(void **state)
{
	struct bytes	 b;

	(void)state;
	listen_to(WATCH("db", "peer = 192.0.2.12 heartbeat = \"udp 694\"")
	    WATCH("mq", "peer = 192.0.2.12 heartbeat = \"udp 5000\""));
	b = udp(12, 11, 694, 40000);
	give(&b);
	assert_found(1, 0u);
	b = udp(12, 11, 40000, 694);
	give(&b);
	assert_found(1, 0u);
	b = udp(12, 11, 694, 694);
	give(&b);
	assert_found(1, 0u);
	/* The destination belongs to one watch, the source to another. */
	b = udp(12, 11, 694, 5000);
	give(&b);
	assert_found(2, 1u, 0u);
}

static void
several_watches_of_one_flow(void **state)
{
	struct bytes	 b = udp(12, 11, 694, 694);

	(void)state;
	listen_to(WATCH("a", "peer = 192.0.2.12 heartbeat = \"udp 694\"")
	    WATCH("b", "peer = 192.0.2.13 heartbeat = \"udp 694\"")
	    WATCH("c", "peer = 192.0.2.12 heartbeat = \"udp 694\" "
		"interruption = 1s")
	    WATCH("d", "peer = 192.0.2.12 heartbeat = ip")
	    WATCH("e", "peer = 192.0.2.12 heartbeat = \"udp 694\" "
		"enabled = false")
	    WATCH("f", "peer = 192.0.2.12 heartbeat = \"corosync 694\""));
	give(&b);
	/* The watches of a protocol are in the order of the file. */
	assert_found(4, 0u, 2u, 3u, 5u);
}

static void
local(void **state)
{
	struct bytes	 b;

	(void)state;
	listen_to(WATCH("to-11", "peer = 192.0.2.12 local = 192.0.2.11 "
	    "heartbeat = \"udp 694\"")
	    WATCH("to-10", "peer = 192.0.2.12 local = 192.0.2.10 "
		"heartbeat = \"udp 694\"")
	    WATCH("to-any", "peer = 192.0.2.12 heartbeat = \"udp 694\"")
	    WATCH("bpf-10", "peer = 192.0.2.12 local = 192.0.2.10 "
		"heartbeat = \"bpf udp\""));
	b = udp(12, 11, 694, 694);
	give(&b);
	assert_found(2, 0u, 2u);
	b = udp(12, 10, 694, 694);
	give(&b);
	assert_found(3, 1u, 2u, 3u);
	b = udp(12, 9, 694, 694);
	give(&b);
	assert_found(1, 2u);
}

/* An Ethernet header with tags of these ids, outer first; 0xffff ends them. */
static void
put_vlans(struct bytes *b, const unsigned *ids, unsigned type)
{
	put_ethernet(b, ids[0] != 0xffff ? VLAN : type);
	for (; ids[0] != 0xffff; ids++)
		put_tag(b, ids[0], ids[1] != 0xffff ? VLAN : type);
}

/* The same watch in several VLANs, and what is found in each of them. */
static void
vlan(void **state)
{
	static const struct {
		unsigned	 ids[4];
		unsigned	 watch;		/* also watch 0 */
	} cases[] = {
		{ { 0xffff }, 1 },
		{ { 0, 0xffff }, 1 },
		{ { 10, 0xffff }, 2 },
		{ { 0, 10, 0xffff }, 2 },
		{ { 20, 0xffff }, 3 },
		{ { 100, 10, 0xffff }, 4 },
		{ { 10, 100, 0xffff }, 0 },
		{ { 30, 0xffff }, 0 },
		{ { 100, 100, 10, 0xffff }, 0 },
	};
	static const char *const	 forms[] = {
		"heartbeat = \"vrrp 51\"",
		"heartbeat = \"vrrp 51\" peer = 192.0.2.12",
		("heartbeat = \"vrrp 51\" peer = 192.0.2.12 "
		    "local = 192.0.2.11"),
		"heartbeat = \"bpf proto 112\" peer = 192.0.2.12",
		"heartbeat = \"bpf vrrp or arp\"",
	};
	struct bytes	 b;
	char		 text[1024];
	size_t		 i, k;

	for (k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
		snprintf(text, sizeof(text),
		    WATCH("any", "%1$s") WATCH("none", "vlan = none %1$s")
		    WATCH("10", "vlan = 10 %1$s") WATCH("20", "vlan = 20 %1$s")
		    WATCH("100.10", "vlan = 100.10 %1$s"), forms[k]);
		listen_to(text);
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			b.n = 0;
			put_vlans(&b, cases[i].ids, 0x0800);
			put_ipv4(&b, 112, 255, 20);
			between(&b, 12, 11);
			put_advertisement(&b, 51, 100);
			/* pcap-filter looks through two tags at most. */
			if (k >= 3 && i == 8)
				continue;
			give(&b);
			if (cases[i].watch == 0)
				assert_found(1, 0u);
			else
				assert_found(2, 0u, cases[i].watch);
		}
		teardown(state);
	}
}

/* A frame that is not IP has a VLAN too. */
static void
vlan_without_ip(void **state)
{
	static const unsigned	 ten[] = { 10, 0xffff };
	const struct bytes	 plain = arp(12, 11);
	struct bytes		 b = { .n = 0 };
	size_t			 i;

	(void)state;
	listen_to(WATCH("10", "vlan = 10 heartbeat = \"bpf arp\"")
	    WATCH("20", "vlan = 20 heartbeat = \"bpf arp\"")
	    WATCH("none", "vlan = none heartbeat = \"bpf arp\""));
	give(&plain);
	assert_found(1, 2u);
	put_vlans(&b, ten, 0x0806);
	for (i = 14; i < plain.n; i++)
		put_u8(&b, plain.at[i]);
	give(&b);
	assert_found(1, 0u);
}

/* Watches that differ only in their VLAN are found only in their own one. */
static void
many_vlans(void **state)
{
	unsigned	 ids[2] = { 0, 0xffff };
	struct bytes	 b;
	char		*text;
	size_t		 size;
	unsigned	 i;
	FILE		*stream = open_memstream(&text, &size);

	(void)state;
	assert_non_null(stream);
	for (i = 1; i <= 4094; i++)
		fprintf(stream, "watch \"%u\" { interface = \"hbw0\" "
		    "vlan = %u peer = %s heartbeat = \"udp 694\" }\n", i, i,
		    i % 2 == 0 ? "192.0.2.12" : "\"2001:db8::c\"");
	assert_int_equal(fclose(stream), 0);
	listen_to(text);
	free(text);
	for (ids[0] = 0; ids[0] <= 4095; ids[0]++) {
		b.n = 0;
		put_vlans(&b, ids, 0x0800);
		put_beat(&b, 12, 11, 694, 694);
		give(&b);
		if (ids[0] != 0 && ids[0] % 2 == 0)
			assert_found(1, ids[0] - 1);
		else
			assert_found(0);
	}
}

/* One TCP connection in each of two VLANs, with the same ports. */
static void
vlan_of_tcp_keepalive(void **state)
{
	static const unsigned	 vlans[][2] = {
		{ 10, 0xffff }, { 20, 0xffff },
	};
	struct bytes		 b;
	unsigned		 i, v;

	(void)state;
	listen_to(WATCH("10", "vlan = 10 peer = 192.0.2.12 "
	    "heartbeat = \"tcp-keepalive 5000\"")
	    WATCH("20", "vlan = 20 peer = 192.0.2.12 "
		"heartbeat = \"tcp-keepalive 5000\""));
	for (i = 0; i < 4; i++) {
		for (v = 0; v < 2; v++) {
			b.n = 0;
			put_vlans(&b, vlans[v], 0x0800);
			put_ipv4(&b, 6, 64, 20);
			between(&b, 12, 11);
			put_tcp(&b, 40000, 5000, v == 0 ? 99 : 5000000, 7,
			    PACKET_TCP_ACK);
			give(&b);
			/* Repeated twice: a keepalive, see tcp_keepalive.c. */
			if (i >= 2)
				assert_found(1, v);
			else
				assert_found(0);
		}
	}
}

static void
ipv6(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	listen_to(WATCH("c", "peer = \"2001:db8::c\" heartbeat = \"udp 694\"")
	    WATCH("d", "peer = \"2001:db8::d\" heartbeat = \"udp 694\"")
	    WATCH("v4", "peer = 192.0.2.12 heartbeat = \"udp 694\""));
	put_ethernet(&b, 0x86dd);
	put_ipv6(&b, 17, 64, 12);
	put_udp(&b, 694, 694, 4);
	put_text(&b, "beat");
	set_checksum(&b, 14, 54, 17);
	give(&b);
	assert_found(1, 0u);
}

/*
 * Each of many watches is found, and no other one.  Of so many IPv6 peers some
 * have equal hashes.
 */
#define MANY_SIX	262144

static void
many_peers(void **state)
{
	struct bytes	 four = { .n = 0 }, six = { .n = 0 };
	unsigned	 i;

	(void)state;
	listen_to(WATCH("six", "peer = 2001:db8::/110 heartbeat = \"udp 694\"")
	    WATCH("four", "peer = 192.0.0.0/20 heartbeat = \"udp 694\"")
	    WATCH("again", "peer = { 192.0.5.1 } heartbeat = \"udp 694\""));
	put_ethernet(&six, 0x86dd);
	put_ipv6(&six, 17, 64, 12);
	put_udp(&six, 694, 694, 4);
	put_text(&six, "beat");
	put_ethernet(&four, 0x0800);
	put_ipv4(&four, 17, 64, 12);
	put_udp(&four, 694, 694, 4);
	put_text(&four, "beat");
	for (i = 0; i < 2 * MANY_SIX; i++) {
		set_u16(&six, 34, i >> 16);
		set_u16(&six, 36, i & 0xffff);
		set_checksum(&six, 14, 54, 17);
		give(&six);
		assert_found(i < MANY_SIX, i);
	}
	for (i = 0; i < 8192; i++) {
		set_u16(&four, 28, i);
		give(&four);
		if (i == 0x501)
			assert_found(2, MANY_SIX + i, MANY_SIX + 4096);
		else
			assert_found(i < 4096, MANY_SIX + i);
	}
}

/* The look-up table has 16 bits for a key. */
static void
keys_fit(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; protocols[i] != NULL; i++)
		assert_true(protocols[i]->maximum <= UINT16_MAX);
}

static void
any_sender(void **state)
{
	struct bytes	 b;

	(void)state;
	listen_to(WATCH("any", "heartbeat = \"vrrp 51\"")
	    WATCH("one", "peer = 192.0.2.12 heartbeat = \"vrrp 51\"")
	    WATCH("other", "heartbeat = \"vrrp 52\""));
	b = vrrp(12, 51, 100);
	give(&b);
	assert_found(2, 1u, 0u);
	assert_true(last.alive);
	b = vrrp(13, 51, 100);
	give(&b);
	assert_found(1, 0u);
	b = vrrp(13, 52, 100);
	give(&b);
	assert_found(1, 2u);
	b = vrrp(13, 53, 100);
	give(&b);
	assert_found(0);
	/* The announcement of a stop is found, but it is not a heartbeat. */
	b = vrrp(12, 51, 0);
	give(&b);
	assert_found(2, 1u, 0u);
	assert_false(last.alive);
	assert_true(last.stop);
}

static void
one_interface(void **state)
{
	struct bytes	 b = udp(12, 11, 694, 694);

	(void)state;
	config = load("watch \"a\" { interface = \"hbw0\" "
	    "peer = 192.0.2.12 heartbeat = \"udp 694\" }\n"
	    "watch \"b\" { interface = \"hbw1\" "
	    "peer = 192.0.2.12 heartbeat = \"udp 694\" }\n");
	assert_non_null(config);
	match = match_new(config, "hbw1");
	assert_non_null(match);
	give(&b);
	assert_found(1, 1u);
	match_free(match);
	match = match_new(config, NULL);
	assert_non_null(match);
	give(&b);
	assert_found(2, 0u, 1u);
	match_free(match);
	match = match_new(config, "hbw2");
	assert_non_null(match);
	give(&b);
	assert_found(0);
}

/* Segments of a connection between the peer and port 22 of this host. */
static void
peer_sends(uint32_t sequence, uint32_t acknowledgement, const char *data)
{
	struct bytes	 b = tcp(12, 11, 40000, 22, sequence, acknowledgement,
	    data);

	give(&b);
}

static void
host_sends(uint32_t sequence, uint32_t acknowledgement, const char *data)
{
	struct bytes	 b = tcp(11, 12, 22, 40000, sequence, acknowledgement,
	    data);

	give(&b);
}

/* A probe is recognised by the segments that both sides sent before it. */
static void
tcp_keepalive(void **state)
{
	(void)state;
	listen_to(WATCH("ka", "peer = 192.0.2.12 "
	    "heartbeat = \"tcp-keepalive 22\"")
	    WATCH("data", "peer = 192.0.2.12 heartbeat = \"tcp 22\""));
	peer_sends(1000, 500, "hello");
	assert_found(1, 1u);
	host_sends(500, 1005, "");
	assert_found(0);
	/* An acknowledgement of data is no keepalive. */
	host_sends(500, 1005, "world");
	peer_sends(1005, 505, "");
	assert_found(0);
	peer_sends(1004, 505, "");
	assert_found(1, 0u);
	/* A keepalive counts only for the watch of its peer. */
	host_sends(504, 1005, "");
	assert_found(0);
	peer_sends(1005, 505, "");
	assert_found(1, 0u);
}

/* ---- copies of a packet */

/* Gives a frame that one watch must find.  Returns its content. */
static uint64_t
content_on(const struct bytes *b, int link_type)
{
	give_link(b, link_type);
	assert_int_equal(nfound, 1);
	assert_false(last.copy);
	return (last.content);
}

static uint64_t
content_of(const struct bytes *b)
{
	return (content_on(b, LINK_ETHERNET));
}

/* The content is the same in copies of a packet only. */
static void
content(void **state)
{
	struct bytes	 b = udp(12, 11, 694, 694), other;
	uint64_t	 first;
	size_t		 i;

	(void)state;
	listen_to(WATCH("bpf", "heartbeat = \"bpf udp or arp\""));
	first = content_of(&b);
	assert_true(first == content_of(&b));
	/* Routed, or another port: MAC address, TTL and checksum differ. */
	other = b;
	other.at[5]++;
	other.at[22]--;
	set_ipv4_checksum(&other, 14);
	assert_true(first == content_of(&other));
	/* With padding. */
	other = b;
	put_zeros(&other, 3);
	assert_true(first == content_of(&other));
	/* The id, or another octet from the addresses on. */
	for (i = 18; i < b.n; i == 19 ? i = 26 : i++) {
		other = b;
		other.at[i] ^= 1;
		give(&other);
		if (nfound == 1)
			assert_true(first != last.content);
	}
	/* No IP packet. */
	other.n = 0;
	put_ethernet(&other, 0x0806);
	put_zeros(&other, 46);
	first = content_of(&other);
	other.at[5]++;
	assert_true(first == content_of(&other));
	other.at[40]++;
	assert_true(first != content_of(&other));
}

static void
content_on_links(void **state)
{
	struct bytes	 b = udp(12, 11, 694, 694), other = { .n = 0 };
	uint64_t	 first;

	(void)state;
	listen_to(WATCH("udp", "peer = 192.0.2.12 heartbeat = \"udp 694\""));
	first = content_of(&b);
	put_ethernet(&other, VLAN);
	put_u16(&other, 7);
	put(&other, b.at + 12, b.n - 12);
	assert_true(first == content_of(&other));
	other.n = 0;
	put_u16(&other, 0);
	put_u16(&other, 1);
	put_zeros(&other, 10);
	put(&other, b.at + 12, b.n - 12);
	assert_true(first == content_on(&other, LINK_SLL));
}

static void
give_at(const struct bytes *b, int64_t ns)
{
	struct capture_frame	 frame = frame_of(b, LINK_ETHERNET);

	frame.timestamp.ns = 1000 * NSEC_PER_SEC + ns;
	nfound = 0;
	match_frame(match, &frame, take, &found);
}

/* The copy of a segment is found only if the segment is a keepalive. */
static void
copies_of_segments(void **state)
{
	struct bytes	 b = { .n = 0 };
	int64_t		 at_us;

	(void)state;
	listen_to(WATCH("keepalive", "peer = 192.0.2.12 "
	    "heartbeat = \"tcp-keepalive 22\""));
	put_ethernet(&b, 0x0800);
	put_ipv4(&b, IPPROTO_TCP, 64, 20);
	put_tcp(&b, 22, 40000, 100, 200, 0x10);
	for (at_us = 0; at_us < 800; at_us += 100) {
		give_at(&b, at_us * NSEC_PER_USEC);
		assert_found(0);
	}
	/* The idle connection repeats it, and each time there is a copy. */
	give_at(&b, 75 * NSEC_PER_SEC);
	assert_found(0);
	give_at(&b, 75 * NSEC_PER_SEC + 20 * NSEC_PER_USEC);
	assert_found(0);
	give_at(&b, 150 * NSEC_PER_SEC);
	assert_true(nfound == 1 && !last.copy);
	give_at(&b, 150 * NSEC_PER_SEC + 20 * NSEC_PER_USEC);
	assert_true(nfound == 1 && last.copy);
}

/*
 * After a lost packet the peer repeats its acknowledgement at once.  IPv6 has
 * no id, so these segments are equal, but they are not copies of a keepalive.
 * The answer to a probe is a keepalive, and then there is a copy of it.
 */
static void
equal_acknowledgements(void **state)
{
	static const struct {
		bool		 from_peer;
		uint32_t	 sequence, acknowledgement;
		const char	*data;
		int64_t		 at_us;
		bool		 found, copy;
	} segments[] = {
		{ false, 500, 1000, "lost", 0, false, false },
		{ false, 504, 1000, "more", 1, false, false },
		{ true, 1000, 500, "", 100, false, false },
		{ true, 1000, 500, "", 120, false, false },
		{ true, 1000, 500, "", 140, false, false },
		{ false, 500, 1000, "lost", 200, false, false },
		{ true, 1000, 508, "", 300, false, false },
		{ false, 507, 1000, "", 9000000, false, false },
		{ false, 507, 1000, "", 9000010, false, false },
		{ true, 1000, 508, "", 9000100, true, false },
		{ true, 1000, 508, "", 9000110, true, true },
	};
	struct bytes	 b;
	size_t		 i;

	(void)state;
	listen_to(WATCH("keepalive", "peer = 2001:db8::c "
	    "heartbeat = \"tcp-keepalive 22\""));
	for (i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		b.n = 0;
		put_ethernet(&b, 0x86dd);
		put_ipv6(&b, IPPROTO_TCP, 64, 20 + strlen(segments[i].data));
		b.at[b.n - 17] = segments[i].from_peer ? 12 : 11;
		b.at[b.n - 1] = segments[i].from_peer ? 11 : 12;
		put_tcp(&b, segments[i].from_peer ? 22 : 40000,
		    segments[i].from_peer ? 40000 : 22, segments[i].sequence,
		    segments[i].acknowledgement, PACKET_TCP_ACK);
		put_text(&b, segments[i].data);
		give_at(&b, segments[i].at_us * NSEC_PER_USEC);
		if (nfound != segments[i].found ||
		    (nfound == 1 && last.copy != segments[i].copy))
			fail_msg("segment %zu", i);
	}
}

/* Equal keepalives of two VLANs at the same time are no copies. */
static void
equal_segments_of_vlans(void **state)
{
	static const unsigned	 vlans[][2] = {
		{ 10, 0xffff }, { 20, 0xffff },
	};
	struct bytes		 b;
	unsigned		 i, v;

	(void)state;
	listen_to(WATCH("10", "vlan = 10 peer = 192.0.2.12 "
	    "heartbeat = \"tcp-keepalive 22\"")
	    WATCH("20", "vlan = 20 peer = 192.0.2.12 "
		"heartbeat = \"tcp-keepalive 22\""));
	for (i = 0; i < 4; i++) {
		for (v = 0; v < 2; v++) {
			b.n = 0;
			put_vlans(&b, vlans[v], 0x0800);
			put_ipv4(&b, IPPROTO_TCP, 64, 20);
			put_tcp(&b, 22, 40000, 100, 200, 0x10);
			give_at(&b, i * NSEC_PER_SEC + v * NSEC_PER_USEC);
			assert_int_equal(nfound, i >= 2);
			if (nfound == 1)
				assert_true(found[0] == v && !last.copy);
		}
	}
}

/* ---- packets that this host sent */

/* This host is 192.0.2.11, on the interface of all watches. */
static struct own_addresses	 own;

static void
listen_on_this_host(const char *text)
{
	struct addr	 a;

	listen_to(text);
	match_free(match);
	match = match_new(config, "hbw0");
	assert_non_null(match);
	assert_true(prepare(LINK_ETHERNET));
	assert_true(addr_parse("192.0.2.11", &a));
	own = (struct own_addresses){ .list = NULL };
	assert_true(own_addresses_add(&own, &a, "hbw0"));
	match_ignore_own(match, &own);
}

static void
own_packets_do_not_count(void **state)
{
	struct bytes	 b;

	(void)state;
	listen_on_this_host(WATCH("own", "peer = 192.0.2.11 "
	    "heartbeat = \"udp 694\"")
	    WATCH("group", "heartbeat = \"vrrp 51\"")
	    WATCH("bpf", "heartbeat = \"bpf udp port 694 or arp\""));
	b = udp(11, 12, 694, 694);
	assert_int_equal(give(&b), PACKET_IP);
	assert_found(0);
	b = vrrp(11, 51, 100);
	give(&b);
	assert_found(0);
	b = arp(11, 12);
	give(&b);
	assert_found(0);
	b = udp(12, 11, 694, 694);
	give(&b);
	assert_found(1, 2u);
	b = vrrp(12, 51, 100);
	give(&b);
	assert_found(1, 1u);
	own_addresses_free(&own);
}

/* `any` also captures the loopback; only a peer there shows that it counts. */
static void
loopback_on_any(void **state)
{
	static const char	*const interfaces[] = { "any", "lo" };
	struct bytes		 b = udp(12, 11, 694, 694);
	char			 text[256];
	size_t			 i;

	(void)state;
	b.at[26] = 127;
	set_ipv4_checksum(&b, 14);
	for (i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "watch \"group\" { interface = %s "
		    "heartbeat = \"bpf udp\" } watch \"peer\" { interface = "
		    "%s heartbeat = \"bpf udp\" peer = 127.0.2.12 }",
		    interfaces[i], interfaces[i]);
		listen_to(text);
		match_free(match);
		match = match_new(config, interfaces[i]);
		assert_non_null(match);
		assert_true(prepare(LINK_ETHERNET));
		own = (struct own_addresses){ .list = NULL };
		match_ignore_own(match, &own);
		give(&b);
		if (i == 0)
			assert_found(1, 1u);
		else
			assert_found(2, 0u, 1u);
		teardown(state);
	}
}

/* In cooked captures the header shows that the packet was sent. */
static void
sent_packets_do_not_count(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	listen_to(WATCH("peer", "peer = 192.0.2.12 heartbeat = \"udp 694\"")
	    WATCH("bpf", "heartbeat = \"bpf udp port 694\""));
	assert_true(prepare(LINK_SLL));
	put_link(&b, LINK_SLL);
	put_beat(&b, 12, 11, 694, 694);
	give_link(&b, LINK_SLL);
	assert_found(2, 0u, 1u);
	set_u16(&b, 0, 4);
	assert_int_equal(give_link(&b, LINK_SLL), PACKET_IP);
	assert_found(0);
}

/* Sent packets are needed to recognise the answers to them. */
static void
own_segments_are_followed(void **state)
{
	(void)state;
	listen_on_this_host(WATCH("ka", "peer = 192.0.2.12 "
	    "heartbeat = \"tcp-keepalive 22\"")
	    WATCH("all", "heartbeat = \"bpf tcp\""));
	peer_sends(1000, 500, "hello");
	assert_found(1, 1u);
	host_sends(500, 1005, "world");
	assert_found(0);
	peer_sends(1005, 505, "");
	assert_found(1, 1u);
	/* The probe of this host, and the answer of the peer. */
	host_sends(504, 1005, "");
	assert_found(0);
	peer_sends(1005, 505, "");
	assert_found(2, 0u, 1u);
	own_addresses_free(&own);
}

static void
truncated_frames(void **state)
{
	struct bytes		 b = udp(12, 11, 694, 694);
	struct capture_frame	 frame;
	uint8_t			*copy;
	size_t			 n;

	(void)state;
	listen_to(WATCH("udp", "peer = 192.0.2.12 heartbeat = \"udp 694\"")
	    WATCH("ip", "peer = 192.0.2.12 heartbeat = ip")
	    WATCH("bpf", "peer = 192.0.2.12 heartbeat = \"bpf udp\""));
	for (n = 0; n <= b.n; n++) {
		copy = malloc(n + 1);
		assert_non_null(copy);
		memcpy(copy, b.at, n);
		frame = frame_of(&b, LINK_ETHERNET);
		frame.bytes = copy;
		frame.captured = n;
		nfound = 0;
		match_frame(match, &frame, take, &found);
		free(copy);
	}
	assert_found(3, 0u, 1u, 2u);
}

/* ---- expressions */

static void
expression_without_peer(void **state)
{
	struct bytes	 b;

	(void)state;
	listen_to(WATCH("all", "heartbeat = \"bpf udp dst port 694\""));
	b = udp(12, 11, 40000, 694);
	give(&b);
	assert_found(1, 0u);
	assert_true(last.alive);
	b = udp(13, 11, 40000, 694);
	give(&b);
	assert_found(1, 0u);
	assert_int_equal(last.sender.octets[3], 13);
	b = udp(12, 11, 694, 40000);
	give(&b);
	assert_found(0);
}

static void
expression_with_peer(void **state)
{
	struct bytes	 b;

	(void)state;
	listen_to(WATCH("one", "peer = 192.0.2.12 "
	    "heartbeat = \"bpf udp dst port 694\""));
	b = udp(12, 11, 40000, 694);
	give(&b);
	assert_found(1, 0u);
	b = udp(13, 11, 40000, 694);
	give(&b);
	assert_found(0);
}

/* The sender of ARP is compared with `peer`, its target with `local`. */
static void
expression_for_arp(void **state)
{
	struct bytes	 b = arp(12, 11);

	(void)state;
	listen_to(WATCH("arp", "heartbeat = \"bpf arp\"")
	    WATCH("arp-12", "peer = 192.0.2.12 heartbeat = \"bpf arp\"")
	    WATCH("arp-10", "peer = 192.0.2.12 local = 192.0.2.10 "
		"heartbeat = \"bpf arp\"")
	    WATCH("udp", "peer = 192.0.2.12 heartbeat = \"udp 694\""));
	assert_int_equal(give(&b), PACKET_NOT_IP);
	assert_found(2, 0u, 1u);
	assert_int_equal(last.sender.octets[3], 12);
	b = arp(12, 10);
	give(&b);
	assert_found(3, 0u, 1u, 2u);
	b = arp(13, 11);
	give(&b);
	assert_found(1, 0u);
}

static void
expression_for_mpls(void **state)
{
	struct bytes	 b = mpls(12, 11);

	(void)state;
	listen_to(WATCH("any", "heartbeat = \"bpf mpls and mpls and udp\"")
	    WATCH("one", "peer = 192.0.2.12 "
		"heartbeat = \"bpf mpls and mpls and udp\"")
	    WATCH("udp", "peer = 192.0.2.12 heartbeat = \"udp 694\""));
	assert_int_equal(give(&b), PACKET_NOT_IP);
	assert_found(2, 0u, 1u);
	b = mpls(13, 11);
	give(&b);
	assert_found(1, 0u);
}

/* A frame that does not show its sender is not the heartbeat of a peer. */
static void
expression_for_an_unknown_sender(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	listen_to(WATCH("any", "heartbeat = \"bpf ether proto 0x88cc\"")
	    WATCH("one", "peer = 192.0.2.12 "
		"heartbeat = \"bpf ether proto 0x88cc\"")
	    WATCH("arp", "peer = 192.0.2.12 heartbeat = \"bpf arp\"")
	    WATCH("to", "local = 192.0.2.11 "
		"heartbeat = \"bpf ether proto 0x88cc\""));
	put_ethernet(&b, 0x88cc);
	put_zeros(&b, 46);
	assert_int_equal(give(&b), PACKET_NOT_IP);
	assert_found(1, 0u);
	assert_int_equal(last.sender.family, ADDR_NONE);
	/* The sender address is not captured whole. */
	b = arp(12, 11);
	b.n = 14 + 17;
	give(&b);
	assert_found(0);
}

/* A later fragment has a source address, which is compared with `peer`. */
static void
expression_and_a_later_fragment(void **state)
{
	struct bytes	 b = udp(13, 11, 694, 694);

	(void)state;
	listen_to(WATCH("any", "heartbeat = \"bpf ip proto 17\"")
	    WATCH("one", "peer = 192.0.2.12 "
		"heartbeat = \"bpf ip proto 17\""));
	set_u16(&b, 14 + 6, 185);
	assert_int_equal(give(&b), PACKET_CONTINUED);
	assert_found(1, 0u);
	b = udp(12, 11, 694, 694);
	set_u16(&b, 14 + 6, 185);
	assert_int_equal(give(&b), PACKET_CONTINUED);
	assert_found(2, 0u, 1u);
}

static void
expression_through_vlans(void **state)
{
	static const unsigned	 tags[][3] = {
		{ 0 }, { VLAN, 0 }, { SERVICE_VLAN, VLAN, 0 },
		{ VLAN, VLAN, 0 },
	};
	struct bytes		 b;
	size_t			 i;

	(void)state;
	listen_to(WATCH("plain", "heartbeat = \"bpf udp port 694\"")
	    WATCH("vlan", "heartbeat = \"bpf vlan 99 and udp port 694\"")
	    WATCH("other", "heartbeat = \"bpf vlan 98 and udp port 694\""));
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		b.n = 0;
		put_tagged(&b, tags[i], 0x0800);
		put_beat(&b, 12, 11, 694, 694);
		give(&b);
		if (i == 1)
			assert_found(2, 0u, 1u);
		else
			assert_found(1, 0u);
	}
}

/*
 * A frame of the `any` device, version 2.  With two tags the type of the inner
 * one is missing, as Linux 6.10 and later make it.
 */
static void
put_cooked2(struct bytes *b, unsigned ntags, unsigned type)
{
	put_u16(b, ntags > 0 ? VLAN : type);
	put_u32(b, 0);
	put_u16(b, 3);
	put_u16(b, 1);
	put_u16(b, 0x0006);
	put_zeros(b, 8);
	while (ntags-- > 0)
		put_tag(b, 99, type);
}

static void
expression_through_vlans_of_any(void **state)
{
	struct bytes	 b;
	unsigned	 ntags;

	(void)state;
	listen_to(WATCH("udp", "heartbeat = \"bpf udp port 694\"")
	    WATCH("peer", "peer = 192.0.2.12 "
		"heartbeat = \"bpf udp port 694\"")
	    WATCH("other-peer", "peer = 192.0.2.13 "
		"heartbeat = \"bpf udp port 694\"")
	    WATCH("other", "heartbeat = \"bpf udp port 695\""));
	assert_true(prepare(LINK_SLL2));
	for (ntags = 0; ntags <= 2; ntags++) {
		b.n = 0;
		put_cooked2(&b, ntags, 0x0800);
		put_beat(&b, 12, 11, 694, 694);
		assert_int_equal(give_link(&b, LINK_SLL2), PACKET_IP);
		assert_found(2, 0u, 1u);
	}
	/* Each part of a frame. */
	while (b.n-- > 0)
		(void)give_link(&b, LINK_SLL2);
	/* An expression may also match the frame with its tag. */
	teardown(NULL);
	listen_to(WATCH("tag", "heartbeat = \"bpf ether proto 0x8100\""));
	assert_true(prepare(LINK_SLL2));
	b.n = 0;
	put_cooked2(&b, 1, 0x0806);
	assert_int_equal(give_link(&b, LINK_SLL2), PACKET_NOT_IP);
	assert_found(1, 0u);
}

static void
expression_for_another_link(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	listen_to(WATCH("udp", "heartbeat = \"bpf udp port 694\""));
	put_beat(&b, 12, 11, 694, 694);
	assert_true(prepare(LINK_RAW));
	assert_int_equal(give_link(&b, LINK_RAW), PACKET_IP);
	assert_found(1, 0u);
}

/* Frames that this host sent match no expression, so all are inbound. */
static void
expression_with_a_direction(void **state)
{
	static const int	 link_types[] = {
		LINK_ETHERNET, LINK_RAW, LINK_SLL, LINK_SLL2,
	};
	struct bytes		 b;
	size_t			 i;

	(void)state;
	listen_to(WATCH("in", "heartbeat = \"bpf inbound and udp port 694\"")
	    WATCH("out", "heartbeat = \"bpf udp port 694 and not outbound\"")
	    WATCH("or", "heartbeat = \"bpf outbound or udp port 694\"")
	    WATCH("other", "heartbeat = \"bpf inbound and udp port 695\""));
	for (i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++) {
		assert_true(prepare(link_types[i]));
		b.n = 0;
		put_link(&b, link_types[i]);
		put_beat(&b, 12, 11, 694, 694);
		assert_int_equal(give_link(&b, link_types[i]), PACKET_IP);
		assert_found(3, 0u, 1u, 2u);
	}
	assert_null(load(WATCH("out", "heartbeat = \"bpf outbound\"")));
	assert_null(load(WATCH("out",
	    "heartbeat = \"bpf udp and outbound\"")));
}

/*
 * Data of the kernel that is not in the packet: no frame would match.  Only the
 * packets of LINUX_SLL2 have the number of the interface.
 */
static void
expression_with_metadata(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	config = load(WATCH("i", "heartbeat = \"bpf ifindex 3 and udp\""));
	match = match_new(config, NULL);
	assert_true(match_needs_ifindex(match));
	assert_true(prepare(LINK_SLL2));
	put_link(&b, LINK_SLL2);
	put_beat(&b, 12, 11, 694, 694);
	give_link(&b, LINK_SLL2);
	assert_found(0);
	b.at[7] = 3;
	give_link(&b, LINK_SLL2);
	assert_found(1, 0u);
	assert_false(prepare(LINK_SLL));
	assert_false(prepare(LINK_ETHERNET));
	teardown(state);
	/* The packet type of the kernel (SKF_AD_PKTTYPE), as a number. */
	config = load(WATCH("k",
	    "heartbeat = \"bpf ether[0xfffff004:2] = 0\""));
	match = match_new(config, NULL);
	assert_false(match_needs_ifindex(match));
	assert_false(prepare(LINK_ETHERNET));
	assert_int_equal(nrefused, 1);
}

static void
expressions_are_counted(void **state)
{
	(void)state;
	listen_to(WATCH("udp", "peer = 192.0.2.12 heartbeat = \"udp 694\""));
	assert_int_equal(match_expression_count(match), 0);
	teardown(state);
	listen_to(WATCH("udp", "peer = 192.0.2.12 heartbeat = \"udp 694\"")
	    WATCH("bpf", "heartbeat = \"bpf udp[8:4] = 0x62656174\""));
	assert_int_equal(match_expression_count(match), 1);
	teardown(state);
	listen_to(WATCH("bpf", "heartbeat = \"bpf udp\" enabled = false"));
	assert_int_equal(match_expression_count(match), 0);
}

/* ---- the kernel's filters */

struct filters {
	char			*text[MATCH_FILTERS];
	struct bpf_program	 program[MATCH_FILTERS];
	bool			 compiled[MATCH_FILTERS];
};

/* Frees the text and returns it with another term instead of `inbound`. */
static char *
replace_inbound(char *text, const char *term)
{
	char	*copy, *at, *rest = text;
	size_t	 size;
	FILE	*stream = open_memstream(&copy, &size);

	assert_non_null(stream);
	for (; (at = strstr(rest, "inbound")) != NULL; rest = at + 7)
		fprintf(stream, "%.*s%s", (int)(at - rest), rest, term);
	fputs(rest, stream);
	assert_int_equal(fclose(stream), 0);
	free(text);
	return (copy);
}

/*
 * The direction of an Ethernet frame is not in the frame.  `inbound` is the
 * term for it: true for received frames, false for sent ones.
 */
static void
filters_compile_as(struct filters *f, int link_type, const char *inbound)
{
	pcap_t	*pcap;
	size_t	 i;

	pcap = pcap_open_dead(link_type == LINK_RAW ? DLT_RAW : link_type,
	    CAPTURE_SNAPSHOT_SMALL);
	assert_non_null(pcap);
	assert_true(match_filters(config, NULL, match, f->text));
	for (i = 0; i < MATCH_FILTERS; i++) {
		f->text[i] = replace_inbound(f->text[i], inbound);
		f->compiled[i] = pcap_compile(pcap, &f->program[i],
		    f->text[i], 1, PCAP_NETMASK_UNKNOWN) == 0;
	}
	pcap_close(pcap);
	assert_true(f->compiled[MATCH_FILTERS - 1]);
}

static void
filters_compile(struct filters *f, int link_type)
{
	filters_compile_as(f, link_type, "(1 = 1)");
}

static void
filters_free(struct filters *f)
{
	size_t	 i;

	for (i = 0; i < MATCH_FILTERS; i++)
		if (f->compiled[i])
			pcap_freecode(&f->program[i]);
	match_filters_free(f->text);
	for (i = 0; i < MATCH_FILTERS; i++)
		assert_null(f->text[i]);
}

static bool
passes(const struct filters *f, size_t i, const struct bytes *b)
{
	struct pcap_pkthdr	 header = {
		.caplen = (bpf_u_int32)b->n, .len = (bpf_u_int32)b->n,
	};

	return (pcap_offline_filter(&f->program[i], &header, b->at) != 0);
}

/* The filter that a capture of that link type sets. */
static size_t
first_compiled(const struct filters *f)
{
	size_t	 i = 0;

	while (!f->compiled[i])
		i++;
	return (i);
}

/* Writes an IP packet, without link header, that a watch of EVERYTHING has. */
typedef void put_body(struct bytes *);

static void
body_udp(struct bytes *b)
{
	put_beat(b, 12, 11, 40000, 694);
}

static void
body_udp_source(struct bytes *b)
{
	put_beat(b, 12, 11, 694, 40000);
}

static void
body_first_fragment(struct bytes *b)
{
	size_t	 start = b->n;

	put_beat(b, 12, 11, 40000, 694);
	set_u16(b, start + 6, 0x2000);
}

static void
body_ip_options(struct bytes *b)
{
	put_u16(b, 0x4600);
	put_u16(b, 24 + 12);
	put_u32(b, 0x12340000);
	put_u32(b, 0x40110000);
	put_u32(b, 0xc000020c);
	put_u32(b, 0xc000020b);
	put_u32(b, 0x94040000);
	put_udp(b, 40000, 694, 4);
	put_text(b, "beat");
}

static void
put_ah(struct bytes *b, unsigned next)
{
	put_u8(b, next);
	put_u8(b, 4);
	put_zeros(b, 22);
}

static void
body_udp_in_ah(struct bytes *b)
{
	put_ipv4(b, 51, 64, 24 + 12);
	put_ah(b, 17);
	put_udp(b, 40000, 694, 4);
	put_text(b, "beat");
}

static void
body_tcp(struct bytes *b)
{
	put_ipv4(b, 6, 64, 24);
	put_tcp(b, 40000, 5000, 1, 1, PACKET_TCP_ACK);
	put_text(b, "beat");
}

static void
body_vrrp(struct bytes *b)
{
	put_ipv4(b, 112, 255, 20);
	between(b, 13, 18);
	put_advertisement(b, 51, 100);
}

static void
body_vrrp_in_ah(struct bytes *b)
{
	put_ipv4(b, 51, 255, 24 + 20);
	put_ah(b, 112);
	put_advertisement(b, 51, 100);
}

static void
body_hsrp(struct bytes *b)
{
	put_ipv4(b, 17, 1, 28);
	put_udp(b, 1985, 1985, 20);
	put_u32(b, 0x00001003);
	put_u32(b, 0x0a640300);
	put_zeros(b, 12);
}

static void
body_udp_ipv6(struct bytes *b)
{
	size_t	 ip = b->n;

	put_ipv6(b, 17, 64, 12);
	put_udp(b, 694, 694, 4);
	put_text(b, "beat");
	set_checksum(b, ip, ip + 40, 17);
}

static void
put_hop_by_hop(struct bytes *b, unsigned next)
{
	put_u8(b, next);
	put_u8(b, 0);
	put_u32(b, 0x01040000);
	put_u16(b, 0);
}

static void
body_udp_ipv6_options(struct bytes *b)
{
	size_t	 ip = b->n;

	put_ipv6(b, 0, 64, 8 + 12);
	put_hop_by_hop(b, 17);
	put_udp(b, 694, 694, 4);
	put_text(b, "beat");
	set_checksum(b, ip, ip + 48, 17);
}

/* Version 2 of HSRP for IPv6, after an extension header. */
static void
body_hsrp_ipv6_options(struct bytes *b)
{
	size_t	 ip = b->n;

	put_ipv6(b, 0, 255, 8 + 8 + 42);
	put_hop_by_hop(b, 17);
	put_udp(b, 2029, 2029, 42);
	put_u32(b, 0x01280200);
	put_u32(b, 0x06060003);
	put_zeros(b, 10);
	put_u32(b, 3000);
	put_zeros(b, 20);
	set_checksum(b, ip, ip + 48, 17);
}

static const struct {
	const char	*name;
	unsigned	 type;
	put_body	*put;
} bodies[] = {
	{ "udp", 0x0800, body_udp },
	{ "udp, source port", 0x0800, body_udp_source },
	{ "udp, first fragment", 0x0800, body_first_fragment },
	{ "udp, IP options", 0x0800, body_ip_options },
	{ "udp in AH", 0x0800, body_udp_in_ah },
	{ "tcp", 0x0800, body_tcp },
	{ "vrrp", 0x0800, body_vrrp },
	{ "vrrp in AH", 0x0800, body_vrrp_in_ah },
	{ "hsrp", 0x0800, body_hsrp },
	{ "udp, IPv6", 0x86dd, body_udp_ipv6 },
	{ "udp, IPv6 with options", 0x86dd, body_udp_ipv6_options },
	{ "hsrp, IPv6 with options", 0x86dd, body_hsrp_ipv6_options },
};

#define BODIES	(sizeof(bodies) / sizeof(bodies[0]))

#define EVERYTHING \
	WATCH("udp", "peer = 192.0.2.12 heartbeat = \"udp 694\"")	\
	WATCH("udp6", "peer = \"2001:db8::c\" heartbeat = \"udp 694\"")	\
	WATCH("tcp", "peer = 192.0.2.12 heartbeat = \"tcp 5000\"")	\
	WATCH("vrrp", "heartbeat = \"vrrp 51\"")			\
	WATCH("hsrp", "heartbeat = \"hsrp 3\"")

static void
filters_pass_ethernet(void **state)
{
	static const unsigned	 tags[][3] = {
		{ 0 }, { VLAN, 0 }, { SERVICE_VLAN, 0 }, { VLAN, VLAN, 0 },
		{ SERVICE_VLAN, VLAN, 0 }, { OLD_QINQ, VLAN, 0 },
	};
	struct filters		 f;
	struct bytes		 b;
	size_t			 i, t, k;

	(void)state;
	listen_to(EVERYTHING);
	filters_compile(&f, LINK_ETHERNET);
	for (i = 0; i < BODIES; i++) {
		for (t = 0; t < sizeof(tags) / sizeof(tags[0]); t++) {
			b.n = 0;
			put_tagged(&b, tags[t], bodies[i].type);
			bodies[i].put(&b);
			give(&b);
			if (nfound != 1)
				fail_msg("not found: %s, tags %zu",
				    bodies[i].name, t);
			for (k = 0; k < MATCH_FILTERS - (t > 0); k++)
				if (!f.compiled[k] || !passes(&f, k, &b))
					fail_msg("filter %zu: %s, tags %zu", k,
					    bodies[i].name, t);
		}
	}
	filters_free(&f);
}

static void
filters_pass_raw(void **state)
{
	struct filters	 f;
	struct bytes	 b;
	size_t		 i;

	(void)state;
	listen_to(EVERYTHING);
	filters_compile(&f, LINK_RAW);
	for (i = 0; i < BODIES; i++) {
		b.n = 0;
		bodies[i].put(&b);
		give_link(&b, LINK_RAW);
		assert_int_equal(nfound, 1);
		if (!passes(&f, first_compiled(&f), &b))
			fail_msg("%s", bodies[i].name);
	}
	filters_free(&f);
}

/* The `any` device, with and without VLAN tags. */
static void
filters_pass_cooked(void **state)
{
	struct filters	 f;
	struct bytes	 b;
	size_t		 i;
	unsigned	 ntags;

	(void)state;
	listen_to(EVERYTHING);
	filters_compile(&f, LINK_SLL2);
	for (i = 0; i < BODIES; i++) {
		for (ntags = 0; ntags <= 2; ntags++) {
			b.n = 0;
			put_cooked2(&b, ntags, bodies[i].type);
			bodies[i].put(&b);
			give_link(&b, LINK_SLL2);
			assert_int_equal(nfound, 1);
			if (!passes(&f, first_compiled(&f), &b))
				fail_msg("%s, %u tags", bodies[i].name, ntags);
		}
	}
	filters_free(&f);
}

/* With 33 watches the filter no longer has the addresses of the peers. */
static void
filters_pass_extension_headers(void **state)
{
	static const unsigned	 n[] = { 1, 32, 33 };
	struct filters		 f;
	struct bytes		 b = { .n = 0 };
	char			*text;
	size_t			 size, i;
	unsigned		 w;
	FILE			*stream;

	for (i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		stream = open_memstream(&text, &size);
		assert_non_null(stream);
		for (w = 0; w < n[i]; w++)
			fprintf(stream, "watch \"w%u\" { interface = \"hbw0\" "
			    "peer = \"2001:db8::%x\" "
			    "heartbeat = \"udp 694\" }\n", w, 0xc + w);
		assert_int_equal(fclose(stream), 0);
		listen_to(text);
		free(text);
		filters_compile(&f, LINK_ETHERNET);
		b.n = 0;
		put_ethernet(&b, 0x86dd);
		body_udp_ipv6_options(&b);
		give(&b);
		assert_found(1, 0u);
		assert_true(passes(&f, 0, &b));
		filters_free(&f);
		teardown(state);
	}
	listen_to(WATCH("hsrp", "heartbeat = \"hsrp 3\""));
	filters_compile(&f, LINK_ETHERNET);
	b.n = 0;
	put_ethernet(&b, 0x86dd);
	body_hsrp_ipv6_options(&b);
	give(&b);
	assert_found(1, 0u);
	assert_true(passes(&f, 0, &b));
	filters_free(&f);
}

static void
filters_exclude(void **state)
{
	struct filters	 f;
	struct bytes	 b[4];
	size_t		 i;

	(void)state;
	listen_to(EVERYTHING);
	filters_compile(&f, LINK_ETHERNET);
	b[0] = udp(13, 11, 694, 694);
	b[1] = udp(12, 11, 695, 695);
	b[2] = tcp(12, 11, 694, 694, 1, 1, "beat");
	b[3] = arp(13, 11);
	for (i = 0; i < 4; i++) {
		give(&b[i]);
		assert_found(0);
		assert_false(passes(&f, 0, &b[i]));
		assert_false(passes(&f, 1, &b[i]));
		assert_false(passes(&f, 2, &b[i]));
	}
	filters_free(&f);
}

static bool
prefilter(const struct bytes *b, int link_type)
{
	struct capture_frame	 frame = frame_of(b, link_type);

	return (match_prefilter(match, &frame));
}

/* give_link() checks that it rejects no frame in which a watch is found. */
static void
prefilter_rejects(void **state)
{
	static const unsigned	 tag[] = { VLAN, 0 };
	struct bytes		 b = udp(13, 11, 695, 695);

	listen_to(EVERYTHING);
	assert_false(prefilter(&b, LINK_ETHERNET));
	b = udp(13, 11, 694, 40000);
	assert_true(prefilter(&b, LINK_ETHERNET));
	assert_false(prefilter(&b, LINK_SLL));
	b.n = 14 + 20 + 3;	/* the ports are not captured whole */
	assert_false(prefilter(&b, LINK_ETHERNET));
	b = udp(13, 11, 5000, 5000);
	assert_false(prefilter(&b, LINK_ETHERNET));
	b = tcp(12, 11, 694, 694, 1, 1, "beat");
	assert_false(prefilter(&b, LINK_ETHERNET));
	b = tcp(12, 11, 694, 5000, 1, 1, "beat");
	assert_true(prefilter(&b, LINK_ETHERNET));
	b.n = 0;
	put_tagged(&b, tag, 0x0800);
	put_beat(&b, 12, 11, 40000, 40001);
	assert_false(prefilter(&b, LINK_ETHERNET));
	b.n = 0;
	put_ethernet(&b, 0x86dd);
	put_ipv6(&b, 17, 64, 12);
	put_udp(&b, 40000, 40001, 4);
	put_text(&b, "beat");
	assert_false(prefilter(&b, LINK_ETHERNET));
	teardown(state);

	/* tcp-keepalive needs all segments; ip and bpf need all packets. */
	listen_to(WATCH("k", "peer = 192.0.2.12 "
	    "heartbeat = \"tcp-keepalive 22\""));
	b = tcp(12, 11, 694, 694, 1, 1, "beat");
	assert_true(prefilter(&b, LINK_ETHERNET));
	b = udp(12, 11, 22, 22);
	assert_false(prefilter(&b, LINK_ETHERNET));
	teardown(state);
	listen_to(WATCH("ip", "peer = 192.0.2.12 heartbeat = ip"));
	assert_true(prefilter(&b, LINK_ETHERNET));
	teardown(state);
	listen_to(WATCH("b", "heartbeat = \"bpf ether proto 0x88cc\""));
	assert_true(prefilter(&b, LINK_ETHERNET));
}

static void
filters_without_watches(void **state)
{
	struct filters	 f;
	struct bytes	 b = udp(12, 11, 694, 694);

	(void)state;
	listen_to(WATCH("udp", "peer = 192.0.2.12 heartbeat = \"udp 694\" "
	    "enabled = false"));
	filters_compile(&f, LINK_ETHERNET);
	assert_false(passes(&f, 0, &b));
	assert_false(passes(&f, 2, &b));
	give(&b);
	assert_found(0);
	filters_free(&f);
}

/* Segments to the peer are needed to find the keepalives of the peer. */
static void
filters_of_tcp_keepalive(void **state)
{
	struct filters	 f;
	struct bytes	 b;

	(void)state;
	listen_to(WATCH("ka", "peer = 192.0.2.12 "
	    "heartbeat = \"tcp-keepalive 22\""));
	filters_compile(&f, LINK_ETHERNET);
	b = tcp(12, 11, 40000, 22, 1, 1, "");
	assert_true(passes(&f, 0, &b));
	b = tcp(11, 12, 22, 40000, 1, 1, "");
	assert_true(passes(&f, 0, &b));
	b = tcp(11, 13, 22, 40000, 1, 1, "");
	assert_false(passes(&f, 0, &b));
	filters_free(&f);
}

static void
assert_passes_all(const struct filters *f, const struct bytes *b)
{
	give(b);
	assert_true(nfound > 0);
	assert_true(f->compiled[0]);
	assert_true(passes(f, 0, b));
	assert_true(passes(f, 1, b));
}

/* An expression together with flows, also one that moves the offsets. */
static void
filters_with_expressions(void **state)
{
	static const char *const	 texts[] = {
		"bpf udp dst port 5000", "bpf vlan 99 and udp dst port 5000",
		"bpf arp or (vlan and udp dst port 5000)",
		"bpf udp dst port 5000 or tcp",
	};
	static const unsigned		 tag[] = { VLAN, 0 };
	struct filters			 f;
	struct bytes			 b;
	char				 text[512];
	size_t				 i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(text, sizeof(text), WATCH("udp", "peer = 192.0.2.12 "
		    "heartbeat = \"udp 694\"") "watch \"bpf\" { "
		    "interface = \"hbw0\" heartbeat = \"%s\" }\n", texts[i]);
		listen_to(text);
		filters_compile(&f, LINK_ETHERNET);
		b = udp(12, 11, 694, 694);
		assert_passes_all(&f, &b);
		b.n = 0;
		put_tagged(&b, tag, 0x0800);
		put_beat(&b, 12, 11, 694, 694);
		assert_passes_all(&f, &b);
		b.n = 0;
		put_tagged(&b, tag, 0x0800);
		put_beat(&b, 13, 11, 5000, 5000);
		assert_passes_all(&f, &b);
		filters_free(&f);
		teardown(state);
	}
}

static void
filters_of_an_expression_alone(void **state)
{
	struct filters	 f;
	struct bytes	 b = udp(13, 11, 5000, 5000);

	(void)state;
	listen_to(WATCH("bpf", "heartbeat = \"bpf udp dst port 5000\""));
	filters_compile(&f, LINK_ETHERNET);
	assert_passes_all(&f, &b);
	b = udp(13, 11, 5001, 5001);
	assert_false(passes(&f, 0, &b));
	filters_free(&f);
}

/* For a link type without VLANs, only the watch with `vlan` is refused. */
static void
expression_that_is_refused(void **state)
{
	struct bytes	 b = { .n = 0 };
	struct filters	 f;
	size_t		 i;

	(void)state;
	listen_to(WATCH("before", "heartbeat = \"bpf udp port 694\"")
	    WATCH("vlan", "heartbeat = \"bpf vlan and udp\"")
	    WATCH("after", "heartbeat = \"bpf udp dst port 694\"")
	    WATCH("udp", "peer = 192.0.2.12 heartbeat = \"udp 5000\""));
	assert_false(prepare(LINK_RAW));
	assert_int_equal(nrefused, 1);
	assert_int_equal(refused, 1);
	assert_int_equal(match_expression_count(match), 3);
	assert_non_null(match_expression(match, 0));
	assert_null(match_expression(match, 1));
	put_beat(&b, 12, 11, 694, 694);
	assert_int_equal(give_link(&b, LINK_RAW), PACKET_IP);
	assert_found(2, 0u, 2u);
	filters_compile(&f, LINK_RAW);
	for (i = 0; i < MATCH_FILTERS; i++)
		assert_true(!f.compiled[i] || passes(&f, i, &b));
	b.n = 0;
	put_beat(&b, 12, 11, 695, 695);
	assert_false(passes(&f, first_compiled(&f), &b));
	filters_free(&f);
}

/* An expression that moves the offsets hides no frame of another one. */
static void
filters_of_two_expressions(void **state)
{
	static const unsigned	 tag[] = { VLAN, 0 };
	struct filters		 f;
	struct bytes		 b = udp(12, 11, 5000, 5000);

	(void)state;
	listen_to(WATCH("vlan", "heartbeat = \"bpf vlan 99 and udp\"")
	    WATCH("udp", "heartbeat = \"bpf udp dst port 5000\""));
	filters_compile(&f, LINK_ETHERNET);
	assert_passes_all(&f, &b);
	b.n = 0;
	put_tagged(&b, tag, 0x0800);
	put_beat(&b, 13, 11, 694, 694);
	assert_passes_all(&f, &b);
	filters_free(&f);
}

/*
 * Outgoing frames are captured too.  With an expression only IP packets with a
 * source address pass, because it shows which ones this host sent.
 */
static void
filters_of_sent_frames(void **state)
{
	static const char *const	 others[] = {
		WATCH("bpf", "heartbeat = \"bpf ether proto 0x88cc or udp\""),
		(WATCH("bpf", "heartbeat = \"bpf ether proto 0x88cc or udp\"")
		    WATCH("vlan", "heartbeat = \"bpf vlan and arp\"")),
		WATCH("bpf", "heartbeat = \"bpf ether proto 0x88cc or udp\" "
		    "decapsulate = true"),
	};
	static const unsigned		 vlans[][2] = {
		{ 0xffff }, { 10, 0xffff },
	};
	struct bytes			 frames[8] = { { .n = 0 } };
	struct filters			 received, sent;
	char				 text[512];
	size_t				 i, k;

	(void)state;
	for (i = 0; i < 2; i++) {
		put_vlans(&frames[i], vlans[i], 0x88cc);
		put_zeros(&frames[i], 46);
		put_vlans(&frames[2 + i], vlans[i], 0x0800);
		put_beat(&frames[2 + i], 12, 11, 68, 67);
		memset(frames[2 + i].at + frames[2 + i].n - 20, 0, 4);
		put_vlans(&frames[4 + i], vlans[i], 0x86dd);
		put_ipv6(&frames[4 + i], IPPROTO_UDP, 64, 12);
		memset(frames[4 + i].at + frames[4 + i].n - 32, 0, 16);
		put_udp(&frames[4 + i], 546, 547, 4);
		put_text(&frames[4 + i], "beat");
		set_checksum(&frames[4 + i], frames[4 + i].n - 52,
		    frames[4 + i].n - 12, 17);
		put_vlans(&frames[6 + i], vlans[i], 0x0800);
		put_beat(&frames[6 + i], 12, 11, 68, 67);
	}
	for (k = 0; k < 2 * sizeof(others) / sizeof(others[0]); k++) {
		snprintf(text, sizeof(text), "%s%s", k % 2 == 0 ? "" :
		    WATCH("keepalive", "peer = 192.0.2.12 "
		    "heartbeat = \"tcp-keepalive 22\""), others[k / 2]);
		listen_to(text);
		filters_compile_as(&received, LINK_ETHERNET, "(1 = 1)");
		filters_compile_as(&sent, LINK_ETHERNET, "(1 = 0)");
		for (i = 0; i < 8; i++) {
			give(&frames[i]);
			assert_int_equal(nfound, 1);
			if (!passes(&received, 0, &frames[i]) ||
			    passes(&sent, 0, &frames[i]) != (i >= 6) ||
			    passes(&sent, 2, &frames[i]) != (i == 6))
				fail_msg("watch %zu, frame %zu", k, i);
		}
		filters_free(&received);
		filters_free(&sent);
		teardown(state);
	}
}

/* ---- the senders of groups */

/* The senders that match_frame reported for the last frame. */
static struct match_sender	 sent[8];
static struct heartbeat		 sent_heartbeat;
static size_t			 nsent;

static void
take_sender(void *arg, const struct match_sender *sender)
{
	assert_ptr_equal(arg, &sent);
	assert_true(nsent < sizeof(sent) / sizeof(sent[0]));
	sent_heartbeat = *sender->heartbeat;
	assert_int_equal(addr_equal(&sender->packet->source,
	    &sender->heartbeat->sender), 1);
	sent[nsent++] = *sender;
}

static void
listen_to_senders(const char *text)
{
	listen_on_this_host(text);
	match_report_senders(match, take_sender, &sent);
}

static void
give_sender(const struct bytes *b)
{
	nsent = 0;
	give(b);
}

/* All nodes of the group are reported, whatever the peer is. */
static void
senders_of_a_group(void **state)
{
	struct filters	 f;
	struct bytes	 b[3] = {
		vrrp(11, 51, 100), vrrp(12, 51, 100), vrrp(13, 51, 0),
	};
	struct bytes	 other = vrrp(13, 52, 100), bad = vrrp(13, 51, 100);
	size_t		 i;

	(void)state;
	listen_to_senders(WATCH("peer", "peer = 192.0.2.12 heartbeat = "
	    "\"vrrp 51\"") WATCH("none", "heartbeat = \"vrrp 51\" "
	    "dual-active = none") WATCH("far", "heartbeat = \"udp 694\" "
	    "floating-ip = 192.0.2.9 peer = 192.0.2.12")
	    WATCH("any", "heartbeat = \"vrrp 51\""));
	filters_compile(&f, LINK_ETHERNET);
	for (i = 0; i < 3; i++) {
		give_sender(&b[i]);
		assert_int_equal(nsent, 2);
		assert_int_equal(sent[0].watch + sent[1].watch, 0 + 3);
		assert_int_equal(sent_heartbeat.sender.octets[3], 11 + i);
		assert_int_equal(sent_heartbeat.active, i < 2);
		assert_int_equal(sent[0].ifindex, 0);
		assert_true(passes(&f, 0, &b[i]));
	}
	give_sender(&b[0]);
	assert_found(0);
	give_sender(&b[1]);
	assert_found(3, 0u, 1u, 3u);
	give_sender(&other);
	assert_int_equal(nsent, 0);
	/* The checksum of the IP header. */
	bad.at[14 + 10] ^= 1;
	give_sender(&bad);
	assert_int_equal(nsent, 0);
	filters_free(&f);
	own_addresses_free(&own);
}

static void
senders_in_vlans(void **state)
{
	static const unsigned	 tags[] = { VLAN, 0 };
	struct bytes		 b = { .n = 0 };

	(void)state;
	listen_to_senders(WATCH("99", "heartbeat = \"vrrp 51\" vlan = 99")
	    WATCH("98", "heartbeat = \"vrrp 51\" vlan = 98")
	    WATCH("all", "heartbeat = \"vrrp 51\"")
	    WATCH("near", "heartbeat = \"vrrp 51\" hop-limit = 255"));
	put_tagged(&b, tags, 0x0800);
	put_ipv4(&b, 112, 255, 20);
	between(&b, 12, 11);
	put_advertisement(&b, 51, 100);
	give_sender(&b);
	assert_int_equal(nsent, 3);
	assert_int_equal(sent[0].watch + sent[1].watch + sent[2].watch,
	    0 + 2 + 3);
	own_addresses_free(&own);
}

/* Only with the number of the interface can groups on `any` be told apart. */
static void
senders_on_any(void **state)
{
	struct bytes	 b = { .n = 0 };

	(void)state;
	listen_to_senders(WATCH("group", "heartbeat = \"vrrp 51\""));
	assert_true(match_needs_ifindex(match));
	put_link(&b, LINK_SLL2);
	b.at[7] = 5;
	put_ipv4(&b, 112, 255, 20);
	between(&b, 12, 11);
	put_advertisement(&b, 51, 100);
	nsent = 0;
	give_link(&b, LINK_SLL2);
	assert_int_equal(nsent, 1);
	assert_int_equal(sent[0].ifindex, 5);
	own_addresses_free(&own);
	teardown(state);
	listen_to(WATCH("group", "heartbeat = \"vrrp 51\" "
	    "dual-active = none"));
	assert_false(match_needs_ifindex(match));
}

/* ---- encapsulated frames */

/* An IP packet of 192.0.2.FROM in an IP packet of 192.0.2.12. */
static void
put_ipip(struct bytes *b, unsigned from, unsigned port)
{
	put_ipv4(b, 4, 64, 32);
	put_beat(b, from, 11, port, port);
}

static void
decapsulated(void **state)
{
	static const unsigned	 tag[] = { VLAN, 0 };
	struct bytes		 b = { .n = 0 };

	(void)state;
	listen_to(WATCH("inside", "peer = 192.0.2.13 heartbeat = \"udp 694\" "
	    "decapsulate = true")
	    WATCH("outside", "peer = 192.0.2.13 heartbeat = \"udp 694\"")
	    WATCH("ip", "peer = 192.0.2.12 heartbeat = ip "
		"decapsulate = true")
	    WATCH("bpf", "heartbeat = \"bpf udp port 694\" "
		"decapsulate = true")
	    WATCH("bpf-outside", "heartbeat = \"bpf udp port 694\"")
	    WATCH("bpf-peer", "peer = 192.0.2.12 heartbeat = "
		"\"bpf udp port 694\" decapsulate = true"));
	put_ethernet(&b, 0x0800);
	put_ipip(&b, 13, 694);
	assert_int_equal(give(&b), PACKET_IP);
	assert_found(3, 2u, 0u, 3u);
	assert_int_equal(last.sender.octets[3], 13);

	/* The outer and the inner packet: each watch is found once. */
	b.n = 0;
	put_tagged(&b, tag, 0x0800);
	put_ipip(&b, 12, 694);
	give(&b);
	assert_found(3, 2u, 3u, 5u);
	/* The same frame again counts again. */
	give(&b);
	assert_found(3, 2u, 3u, 5u);

	/* A frame without an encapsulation counts as before. */
	b = udp(13, 11, 694, 694);
	give(&b);
	assert_found(4, 0u, 1u, 3u, 4u);

	/* An Ethernet frame inside, with an expression for such frames. */
	b.n = 0;
	put_ethernet(&b, 0x88e7);
	put_u32(&b, 42);
	put_tagged(&b, tag, 0x0800);
	put_beat(&b, 13, 11, 694, 694);
	assert_int_equal(give(&b), PACKET_NOT_IP);
	assert_found(2, 0u, 3u);
}

/* The watches of decapsulated_vlan, in this order. */
enum { VLAN_10, VLAN_20, VLAN_10_20, NO_VLAN };

/*
 * An inner IP packet is in the VLAN of the tags directly before it, or without
 * such tags in that of the outer frame.  An inner frame is in its own.
 */
static void
decapsulated_vlan(void **state)
{
	/* The tags of a frame, its EtherType, and octets before the packet. */
	static const struct {
		unsigned	 ids[2];
		unsigned	 type;
		uint8_t		 octets[44];
		size_t		 n;
		unsigned	 watch;
	} cases[] = {
		/* MPLS */
		{ { 10, 0xffff }, 0x8847, { 0, 1, 1, 64 }, 4, VLAN_10 },
		/* VN-Tag, after and before a tag */
		{ { 10, 0xffff }, 0x8926, { 0, 0, 0, 0, 8, 0 }, 6, VLAN_10 },
		{ { 0xffff }, 0x8926, { 0, 0, 0, 0, 0x81, 0, 0, 10, 8, 0 }, 10,
		    VLAN_10 },
		{ { 10, 0xffff }, 0x8926,
		    { 0, 0, 0, 0, 0x81, 0, 0, 20, 8, 0 }, 10, VLAN_10_20 },
		{ { 0xffff }, 0x8926, { 0, 0, 0, 0, 0x81, 0, 0, 20, 0x88,
		    0x47, 0, 1, 1, 64 }, 14, VLAN_20 },
		/* SNAP */
		{ { 0xffff }, 44, { 0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0, 0, 10, 8,
		    0 }, 12, VLAN_10 },
		/* GRE */
		{ { 10, 0xffff }, 0x0800, { 0x45, 0, 0, 56, 0, 0, 0, 0, 64, 47,
		    0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 8, 0 }, 24,
		    VLAN_10 },
		{ { 10, 0xffff }, 0x0800, { 0x45, 0, 0, 60, 0, 0, 0, 0, 64, 47,
		    0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0x81, 0, 0, 20, 8,
		    0 }, 28, VLAN_20 },
		{ { 0xffff }, 0x0800, { 0x45, 0, 0, 64, 0, 0, 0, 0, 64, 47, 0,
		    0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0x88, 0xa8, 0, 10, 0x81,
		    0, 0, 20, 8, 0 }, 32, VLAN_10_20 },
		/* GRE with a tag that only has a priority */
		{ { 10, 0xffff }, 0x0800, { 0x45, 0, 0, 60, 0, 0, 0, 0, 64, 47,
		    0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0x81, 0, 0xe0, 0, 8,
		    0 }, 28, VLAN_10 },
		/* IP in IP */
		{ { 10, 0xffff }, 0x0800, { 0x45, 0, 0, 52, 0, 0, 0, 0, 64, 4,
		    0, 0, 10, 0, 0, 1, 10, 0, 0, 2 }, 20, VLAN_10 },
		/* GRE with an Ethernet frame */
		{ { 10, 0xffff }, 0x0800, { 0x45, 0, 0, 70, 0, 0, 0, 0, 64, 47,
		    0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0x65, 0x58, 2, 0, 0,
		    0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 }, 38, NO_VLAN },
		/* Geneve */
		{ { 10, 0xffff }, 0x0800, { 0x45, 0, 0, 72, 0, 0, 0, 0, 64, 17,
		    0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0xc0, 0, 0x17, 0xc1, 0, 52,
		    0, 0, 0, 0, 0x81, 0, 0, 0, 1, 0, 0, 20, 8, 0 }, 40,
		    VLAN_20 },
	};
	static const unsigned	 ten[] = { 10, 0xffff };
	static const unsigned	 twenty[] = { 20, 0xffff };
	struct bytes		 b;
	size_t			 i;

	(void)state;
	listen_to(WATCH("10", "vlan = 10 peer = 192.0.2.12 "
	    "heartbeat = \"udp 694\" decapsulate = true")
	    WATCH("20", "vlan = 20 peer = 192.0.2.12 "
		"heartbeat = \"udp 694\" decapsulate = true")
	    WATCH("10.20", "vlan = 10.20 peer = 192.0.2.12 "
		"heartbeat = \"udp 694\" decapsulate = true")
	    WATCH("none", "vlan = none peer = 192.0.2.12 "
		"heartbeat = \"udp 694\" decapsulate = true"));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b.n = 0;
		put_vlans(&b, cases[i].ids, cases[i].type);
		put(&b, cases[i].octets, cases[i].n);
		put_beat(&b, 12, 11, 694, 694);
		give(&b);
		if (nfound != 1 || found[0] != cases[i].watch)
			fail_msg("case %zu: %zu watches, the first is %u", i,
			    nfound, found[0]);
	}
	b.n = 0;
	put_vlans(&b, ten, 0x0800);
	put_ipv4(&b, 17, 64, 8 + 8 + 18 + 32);
	between(&b, 1, 2);
	put_udp(&b, 4789, 4789, 8 + 18 + 32);	/* VXLAN */
	put_u32(&b, 0x08000000);
	put_u32(&b, 0x00000100);
	put_vlans(&b, twenty, 0x0800);
	put_beat(&b, 12, 11, 694, 694);
	give(&b);
	assert_found(1, VLAN_20);
}

static void
decapsulated_depth(void **state)
{
	struct bytes	 b;
	unsigned	 n, i;

	(void)state;
	listen_to(WATCH("inside", "peer = 192.0.2.13 heartbeat = \"udp 694\" "
	    "decapsulate = true"));
	for (n = 1; n <= DECAPSULATE_DEPTH_MAX + 1; n++) {
		b.n = 0;
		put_ethernet(&b, 0x0800);
		for (i = 0; i < n; i++)
			put_ipv4(&b, 4, 64, 20 * (n - i) + 12);
		put_beat(&b, 13, 11, 694, 694);
		nfound = 0;
		give(&b);
		assert_int_equal(nfound, n <= DECAPSULATE_DEPTH_MAX);
	}
}

static void
filters_of_encapsulations(void **state)
{
	/* The EtherType, and the octets before the inner packet. */
	static const struct {
		unsigned	 type;
		uint8_t		 octets[44];
		size_t		 n;
	} frames[] = {
		{ 0x8847, { 0, 1, 1, 64 }, 4 },
		{ 0x8926, { 0, 0, 0, 0, 8, 0 }, 6 },
		{ 40, { 0xaa, 0xaa, 3, 0, 0, 0, 8, 0 }, 8 },
		{ 0x0800, { 0x45, 0, 0, 52, 0, 0, 0, 0, 64, 4, 0, 0, 10, 0, 0,
		    1, 10, 0, 0, 2 }, 20 },
		{ 0x0800, { 0x45, 0, 0, 56, 0, 0, 0, 0, 64, 47, 0, 0, 10, 0, 0,
		    1, 10, 0, 0, 2, 0, 0, 8, 0 }, 24 },
		{ 0x0800, { 0x45, 0, 0, 68, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0,
		    1, 10, 0, 0, 2, 0xc0, 0, 0x17, 0xc1, 0, 48, 0, 0, 0, 0, 8,
		    0, 0, 0, 1, 0 }, 36 },
		{ 0x86dd, { 0x60, 0, 0, 0, 0, 36, 47, 64, 0xfd, [23] = 1,
		    [24] = 0xfd, [39] = 2, [42] = 8 }, 44 },
	};
	static const char *const	 watches[] = {
		WATCH("w", "peer = 192.0.2.13 heartbeat = \"udp 694\" "
		    "decapsulate = true"),
		WATCH("w", "peer = 192.0.2.13 heartbeat = \"udp 694\" "
		    "decapsulate = true")
		    WATCH("v", "heartbeat = \"bpf vlan and arp\""),
		WATCH("w", "peer = 192.0.2.13 decapsulate = true "
		    "heartbeat = \"bpf udp port 694\""),
	};
	static const unsigned		 tag[] = { VLAN, 0 };
	struct filters			 f;
	struct bytes			 b, tagged;
	size_t				 i, k;

	for (k = 0; k < sizeof(watches) / sizeof(watches[0]); k++) {
		listen_to(watches[k]);
		assert_true(match_needs_payload(match));
		filters_compile(&f, LINK_ETHERNET);
		assert_true(f.compiled[0]);
		for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
			b.n = 0;
			put_ethernet(&b, frames[i].type);
			put(&b, frames[i].octets, frames[i].n);
			put_beat(&b, 13, 11, 694, 694);
			give(&b);
			assert_found(1, 0u);
			if (!passes(&f, 0, &b))
				fail_msg("watch %zu, frame %zu", k, i);
			tagged.n = 0;
			put_tagged(&tagged, tag, frames[i].type);
			put(&tagged, b.at + 14, b.n - 14);
			give(&tagged);
			assert_found(1, 0u);
			if (!passes(&f, 0, &tagged))
				fail_msg("watch %zu, tagged %zu", k, i);
		}
		b = arp(12, 11);
		if (k != 1)
			assert_false(passes(&f, 0, &b));
		filters_free(&f);
		/* Other link types hand out all frames. */
		filters_compile(&f, LINK_SLL2);
		b.n = 0;
		put_cooked2(&b, 0, 0x8847);
		assert_true(passes(&f, first_compiled(&f), &b));
		filters_free(&f);
		teardown(state);
	}
}

/* ---- many watches */

/* `n` watches, each with its own port and peer. */
static void
listen_to_many(unsigned n, bool own_ports)
{
	char		*text;
	size_t		 size;
	unsigned	 i;
	FILE		*stream = open_memstream(&text, &size);

	assert_non_null(stream);
	for (i = 0; i < n; i++)
		fprintf(stream, "watch \"w%u\" { interface = \"hbw0\" "
		    "peer = \"192.0.%u.%u\" heartbeat = \"udp %u\" }\n", i,
		    i / 200, i % 200 + 1, own_ports ? 10000 + i : 694);
	assert_int_equal(fclose(stream), 0);
	listen_to(text);
	free(text);
}

static bool
narrow(const char *sections)
{
	bool	 result;

	listen_to(sections);
	result = match_filters_are_narrow(config, NULL, match);
	teardown(NULL);
	return (result);
}

#define PEER	"peer = 192.0.2.12 "

/* Only UDP and protocols of heartbeats alone. */
static void
filters_are_narrow(void **state)
{
	(void)state;
	assert_true(narrow(WATCH("udp", PEER "heartbeat = \"udp 694\"")
	    WATCH("vrrp", "heartbeat = \"vrrp 7\"")
	    WATCH("bfd", PEER "heartbeat = bfd")));
	assert_false(narrow(WATCH("tcp", PEER "heartbeat = \"tcp 694\"")));
	assert_false(narrow(WATCH("ka", PEER
	    "heartbeat = \"tcp-keepalive 22\"")));
	assert_false(narrow(WATCH("ip", PEER "heartbeat = \"ip\"")));
	assert_false(narrow(WATCH("bpf", "heartbeat = \"bpf udp\"")));
	assert_false(narrow(WATCH("gre",
	    PEER "heartbeat = \"udp 694\" decapsulate = true")));
	/* All IP packets pass if there are too many ports. */
	listen_to_many(65, true);
	assert_false(match_filters_are_narrow(config, NULL, match));
}

static void
assert_many(unsigned n, bool own_ports)
{
	struct filters	 f;
	struct bytes	 b;
	unsigned	 i, port;

	listen_to_many(n, own_ports);
	filters_compile(&f, LINK_ETHERNET);
	assert_true(f.compiled[0] && f.compiled[1]);
	assert_true(f.program[0].bf_len <= KERNEL_LIMIT);
	for (i = 0; i < n; i += n > 200 ? 7 : 1) {
		port = own_ports ? 10000 + i : 694;
		b = udp(i % 200 + 1, 250, port, port);
		b.at[14 + 14] = (uint8_t)(i / 200);
		give(&b);
		assert_found(1, i);
		assert_true(passes(&f, 0, &b));
		b = udp(i % 200 + 1, 250, port - 1, port - 1);
		b.at[14 + 14] = 99;
		give(&b);
		assert_found(0);
	}
	filters_free(&f);
}

static void
many(void **state)
{
	/* At and above the limits for a filter with peers or ports. */
	static const unsigned	 n[] = { 2, 32, 33, 64, 65, 100, 5000 };
	size_t			 i;

	for (i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		assert_many(n[i], false);
		teardown(state);
		assert_many(n[i], true);
		teardown(state);
	}
}

/* The longest possible filters. */
static void
longest_filters(void **state)
{
	char		*text;
	size_t		 size;
	unsigned	 i, n;
	struct filters	 f;
	FILE		*stream;

	for (n = 31; n <= 64; n += 33) {
		stream = open_memstream(&text, &size);
		assert_non_null(stream);
		for (i = 0; i < n; i++)
			fprintf(stream, "watch \"w%u\" { interface = \"hbw0\" "
			    "peer = \"2001:db8:%x:7:6:5:4:%x\" "
			    "heartbeat = \"vrrp %u\" }\n", i, i * 77, i,
			    i + 1);
		assert_int_equal(fclose(stream), 0);
		listen_to(text);
		free(text);
		filters_compile(&f, LINK_ETHERNET);
		assert_true(f.compiled[0] && f.compiled[1]);
		assert_true(f.program[0].bf_len <= KERNEL_LIMIT);
		filters_free(&f);
		teardown(state);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(only_the_configured_flow),
		TEST(either_port_counts_once),
		TEST(several_watches_of_one_flow),
		TEST(local),
		TEST(vlan),
		TEST(vlan_without_ip),
		TEST(many_vlans),
		TEST(vlan_of_tcp_keepalive),
		TEST(ipv6),
		TEST(many_peers),
		TEST(keys_fit),
		TEST(any_sender),
		TEST(one_interface),
		TEST(tcp_keepalive),
		TEST(content),
		TEST(content_on_links),
		TEST(copies_of_segments),
		TEST(equal_acknowledgements),
		TEST(equal_segments_of_vlans),
		TEST(own_packets_do_not_count),
		TEST(loopback_on_any),
		TEST(sent_packets_do_not_count),
		TEST(own_segments_are_followed),
		TEST(truncated_frames),
		TEST(expression_without_peer),
		TEST(expression_with_peer),
		TEST(expression_for_arp),
		TEST(expression_for_mpls),
		TEST(expression_for_an_unknown_sender),
		TEST(expression_and_a_later_fragment),
		TEST(expression_through_vlans),
		TEST(expression_through_vlans_of_any),
		TEST(expression_for_another_link),
		TEST(expression_with_a_direction),
		TEST(expression_with_metadata),
		TEST(expressions_are_counted),
		TEST(filters_pass_ethernet),
		TEST(filters_pass_raw),
		TEST(filters_pass_cooked),
		TEST(filters_pass_extension_headers),
		TEST(filters_exclude),
		TEST(senders_of_a_group),
		TEST(senders_in_vlans),
		TEST(senders_on_any),
		TEST(prefilter_rejects),
		TEST(filters_without_watches),
		TEST(filters_of_tcp_keepalive),
		TEST(filters_are_narrow),
		TEST(filters_with_expressions),
		TEST(filters_of_an_expression_alone),
		TEST(expression_that_is_refused),
		TEST(filters_of_two_expressions),
		TEST(filters_of_sent_frames),
		TEST(decapsulated),
		TEST(decapsulated_vlan),
		TEST(decapsulated_depth),
		TEST(filters_of_encapsulations),
		TEST(many),
		TEST(longest_filters),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
