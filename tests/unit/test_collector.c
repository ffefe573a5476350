/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interruptions in virtual time: frames before and after the last heartbeat,
 * and the verdict.  The last heartbeat is at 20 s.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "diagnosis/collector.h"
#include "diagnosis/diagnosis_text.h"
#include "diagnosis/verdict.h"

#include "frames.h"
#include "load.h"

#define PORT	20053
#define LAST	20.0		/* the last heartbeat; one each second */
#define END	30.0		/* when the verdict is given */

static struct configuration	*config;
static struct own_addresses	 own;
static struct collector		 collector;
static struct evidence		 evidence;
static struct verdict		 verdict;
static double			 now;
static bool			 we_send;	/* in the baseline */

static struct mono_time
mono(double seconds)
{
	return ((struct mono_time){ (int64_t)(seconds * 1e9) });
}

/* 2026-11-29T12:00:00Z and the seconds. */
static struct wall_time
wall(double seconds)
{
	return ((struct wall_time){ INT64_C(1795953600) * NSEC_PER_SEC +
	    (int64_t)(seconds * 1e9) });
}

/* Begins a case of a watch with this heartbeat. */
static void
begin_with(const char *heartbeat, const char *options, bool at_node)
{
	struct collector_setting	 setting = { .interval_ns = 0 };
	struct addr			 peer = address_of(PEER), us;
	char				 text[512], name[ADDR_TEXT_SIZE];

	if (strcmp(heartbeat, "bfd") == 0)
		setting.interval_ns = NSEC_PER_SEC;
	configuration_free(config);
	snprintf(text, sizeof(text), "watch \"w\" { interface = \"eth0\"\n"
	    "peer = \"%s\"\nheartbeat = \"%s\"\ninterruption = 5s\n%s\n}\n",
	    addr_text(&peer, name), heartbeat, options);
	config = load(text);
	assert_non_null(config);
	own_addresses_free(&own);
	own = (struct own_addresses){ .count = 0 };
	us = address_of(US);
	assert_true(own_addresses_add(&own, &us, "eth0"));
	own_addresses_sort(&own);
	setting.watch = config->watches[0];
	setting.own = at_node ? &own : NULL;
	setting.floating_ip = address_of(FLOATING);
	setting.complete = mono(LAST + 2.5);
	if (at_node)
		setting.own_mac = (struct mac){ { 2, 0, 0, 0, 0, US } };
	collector_begin(&collector, &setting, mono(LAST), true);
	now = 0;
	we_send = true;
}

static void
begin(const char *heartbeat)
{
	begin_with(heartbeat, "", true);
}

/* This host sends no heartbeats. */
static void
begin_quiet(const char *heartbeat)
{
	begin(heartbeat);
	we_send = false;
}

static void
take(double at, const struct bytes *b)
{
	const struct diagnosis_bytes	 bytes = {
		.bytes = b->at, .captured = b->n, .wire = b->n,
		.link_type = cooked ? 113 : 1,
	};
	struct diagnosis_frame		 f;

	assert_true(at >= now);
	now = at;
	diagnosis_frame_decode(&bytes, &f);
	f.at = mono(at);
	f.wall = wall(at);
	collector_frame(&collector, &f);
}

static void
judge_at(double at, unsigned flags)
{
	memset(&evidence, 0, sizeof(evidence));
	evidence.flags = (uint16_t)flags;
	evidence.raised = wall(LAST + 5);
	collector_evidence(&collector, mono(at), &evidence);
	verdict_of(&evidence, wall(at), &verdict);
}

#define assert_verdict_at(at, flags, expected, sure) do {		\
	judge_at(at, flags);						\
	assert_string_equal(cause_text(verdict.cause), expected);	\
	assert_int_equal(verdict.confidence, sure);			\
} while (0)
#define assert_verdict(expected, sure)					\
	assert_verdict_at(END, 0, expected, sure)

static int
state_of(enum evidence_number number)
{
	return (evidence.signals[number].state);
}

/* ---- frames */

static void
ip(double at, enum host from, enum host to, unsigned protocol,
    struct bytes payload)
{
	struct bytes	 b = ip_frame(from, to, protocol, &payload);

	take(at, &b);
}

static void
udp_heartbeat(double at, enum host from, enum host to)
{
	ip(at, from, to, IPPROTO_UDP, udp(PORT, PORT, 20));
}

static void
segment(double at, enum host from, enum host to, unsigned flags,
    uint32_t sequence, uint32_t acknowledgement, size_t length)
{
	unsigned	 server = PORT, client = 40000;

	ip(at, from, to, IPPROTO_TCP, from == PEER ?
	    tcp(server, client, flags, sequence, acknowledgement, length) :
	    tcp(client, server, flags, sequence, acknowledgement, length));
}

static void
ask(double at, enum host from, enum host target)
{
	struct bytes	 b = request(from, from, target);

	take(at, &b);
}

static void
answer(double at, enum host from, enum host address, enum host to)
{
	struct bytes	 b = claim(from, address, to);

	take(at, &b);
}

/* An error for a heartbeat of ours to the peer. */
static void
error(double at, enum host by, unsigned type, unsigned code)
{
	struct bytes	 quoted = udp(PORT, PORT, 20), b;

	b = icmp_error(by, type, code, US, PEER, IPPROTO_UDP, &quoted);
	take(at, &b);
}

static void
refuse(double at, enum host by)
{
	error(at, by, ipv6 ? 1 : 3, ipv6 ? 4 : 3);
}

/*
 * Heartbeats of both nodes until the last one, and frames of the third host
 * each second until `third`.
 */
static void
baseline(void (*heartbeat)(double, enum host, enum host), double third)
{
	double	 t;

	for (t = 0; t <= LAST; t++) {
		heartbeat(t, PEER, US);
		if (t < LAST && we_send)
			heartbeat(t + 0.1, US, PEER);
		if (t + 0.2 < third && t < LAST)
			ask(t + 0.2, THIRD, ROUTER);
	}
}

/* From the last heartbeat on: ours go on, and the third host. */
static void
go_on(void (*heartbeat)(double, enum host, enum host), double from, double to)
{
	double	 t;

	for (t = from; t < to; t++) {
		if (heartbeat != NULL)
			heartbeat(t + 0.1, US, PEER);
		ask(t + 0.2, THIRD, ROUTER);
	}
}

/* ---- UDP */

static void
instance_killed(void)
{
	begin("udp 20053");
	baseline(udp_heartbeat, END);
	udp_heartbeat(20.1, US, PEER);
	refuse(20.11, PEER);
	udp_heartbeat(21.1, US, PEER);
	refuse(21.11, PEER);
	assert_verdict("instanceStopped", 95);
	assert_int_equal(verdict.side, CAUSE_SIDE_PEER);
	assert_int_equal(verdict.number, EVIDENCE_PORT_REFUSED);
	assert_int_equal(verdict.decided.count, 2);
	assert_int_equal(verdict.decided.port, PORT);
}

/* On each link, and for both versions of IP. */
static void
port_refused(void **state)
{
	char	 text[DIAGNOSIS_DETAIL_SIZE];

	(void)state;
	instance_killed();
	assert_string_equal(diagnosis_detail(config->watches[0], &verdict,
	    text), "ICMP port unreachable from 192.0.2.12 for UDP 20053, last "
	    "at 12:00:21 (2 times): the instance is not running");
	tagged = true;
	instance_killed();
	tagged = false;
	cooked = true;
	instance_killed();
	cooked = false;
	ipv6 = true;
	instance_killed();
	ipv6 = false;
}

/* The peer has never listened on the port. */
static void
always_refused(void **state)
{
	double	 t;

	(void)state;
	begin("udp 20053");
	for (t = 0; t <= LAST; t++) {
		udp_heartbeat(t, PEER, US);
		refuse(t + 0.5, PEER);
	}
	refuse(22.5, PEER);
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PORT_REFUSED), EVIDENCE_UNKNOWN);
	assert_int_equal(verdict.cause, CAUSE_PEER_HUNG);
}

/* An error for another port, or to another host. */
static void
refused_other(void **state)
{
	struct bytes	 quoted = udp(PORT, 5000, 20), b;

	(void)state;
	begin("udp 20053");
	baseline(udp_heartbeat, 0);
	quoted = udp(4000, 5000, 20);
	b = icmp_error(PEER, 3, 3, US, PEER, IPPROTO_UDP, &quoted);
	take(20.5, &b);
	quoted = udp(PORT, PORT, 20);
	b = icmp_error(US, 3, 3, PEER, US, IPPROTO_UDP, &quoted);
	take(20.6, &b);
	b = icmp_error(THIRD, 3, 3, US, THIRD, IPPROTO_UDP, &quoted);
	take(20.7, &b);
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PORT_REFUSED), EVIDENCE_UNKNOWN);
}

static void
host_alive(void **state)
{
	(void)state;
	begin("udp 20053");
	baseline(udp_heartbeat, END);
	/* Too early: a host that was switched off then may have sent it. */
	answer(20.3, PEER, PEER, US);
	go_on(udp_heartbeat, 20.5, 24);
	judge_at(24, 0);
	assert_int_equal(state_of(EVIDENCE_PEER_OTHER_TRAFFIC),
	    EVIDENCE_UNKNOWN);
	ask(24.3, US, PEER);
	answer(24.31, PEER, PEER, US);
	go_on(udp_heartbeat, 25, 29);
	assert_verdict("peerHung", 65);
	assert_int_equal(state_of(EVIDENCE_ARP_UNANSWERED), EVIDENCE_ABSENT);
	assert_int_equal(state_of(EVIDENCE_OUR_HEARTBEATS), EVIDENCE_PRESENT);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_PRESENT);
}

/* ---- the host and the network */

static void
host_gone(void **state)
{
	(void)state;
	for (ipv6 = false;; ipv6 = true) {
		begin("udp 20053");
		baseline(udp_heartbeat, END);
		go_on(udp_heartbeat, 20, 25);
		ask(25.3, US, PEER);
		ask(26.3, US, PEER);
		assert_verdict_at(27, 0, "unknown", 0);
		ask(27.3, US, PEER);
		go_on(NULL, 28, 30);
		assert_verdict("hostDown", 75);
		assert_int_equal(verdict.side, CAUSE_SIDE_PEER);
		if (ipv6)
			break;
	}
	ipv6 = false;
}

/* Replies to a third host are not seen, but it would not ask again. */
static void
third_host_asks(void **state)
{
	(void)state;
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, 0);
	ask(22, THIRD, PEER);
	ask(25.5, THIRD, PEER);
	ask(29, THIRD, PEER);
	assert_verdict("unknown", 0);
	ask(30, THIRD, PEER);
	ask(31, THIRD, PEER);
	assert_verdict_at(31.5, 0, "hostDown", 75);
}

static void
all_silent(void **state)
{
	(void)state;
	begin("udp 20053");
	baseline(udp_heartbeat, LAST);
	udp_heartbeat(20.1, US, PEER);
	udp_heartbeat(21.1, US, PEER);
	udp_heartbeat(22.1, US, PEER);
	/* Absent only when three frames are missing. */
	judge_at(22.1, 0);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_UNKNOWN);
	assert_verdict_at(25, 0, "localFault", 70);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_ABSENT);
}

/* A host that stopped long before shows nothing. */
static void
silent_before(void **state)
{
	(void)state;
	begin("udp 20053");
	baseline(udp_heartbeat, 10);
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_UNKNOWN);
}

static void
link_cut(void **state)
{
	double	 t;

	(void)state;
	begin("udp 20053");
	for (t = 0; t <= LAST; t++) {
		udp_heartbeat(t, PEER, US);
		if (t == LAST)
			break;
		ask(t + 0.1, THIRD, ROUTER);
		ask(t + 0.2, FOURTH, ROUTER);
	}
	for (t = 20; t < 26; t++)
		ask(t + 0.1, THIRD, ROUTER);
	assert_verdict_at(26, 0, "linkAbnormal", 75);
	assert_int_equal(verdict.side, CAUSE_SIDE_BETWEEN);
}

static void
rejected(void **state)
{
	(void)state;
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	error(21, PEER, 3, 13);
	assert_verdict("filtered", 98);
	/* A firewall that says the same as a host is not the host. */
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	refuse(21, ROUTER);
	assert_verdict("filtered", 98);
	ipv6 = true;
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	error(21, ROUTER, 1, 1);
	assert_verdict("filtered", 98);
	ipv6 = false;
}

static void
unreachable(void **state)
{
	(void)state;
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	error(23, ROUTER, 3, 1);
	assert_verdict("hostDown", 85);
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	error(23, ROUTER, 3, 0);
	assert_verdict("linkAbnormal", 85);
	ipv6 = true;
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	error(23, ROUTER, 1, 3);
	assert_verdict("hostDown", 85);
	ipv6 = false;
}

static void
routed(void **state)
{
	struct addr	 us = address_of(US);
	struct bytes	 payload = udp(PORT, PORT, 20), b;

	(void)state;
	begin("udp 20053");
	b = ip_frame_to(PEER, &us, IPPROTO_UDP, 63, &payload);
	take(LAST, &b);
	/* The MAC address is that of the router. */
	b = request(PEER, ROUTER, THIRD);
	take(25, &b);
	judge_at(END, 0);
	assert_true((evidence.flags & EVIDENCE_ROUTED) != 0);
	assert_int_equal(state_of(EVIDENCE_PEER_OTHER_TRAFFIC),
	    EVIDENCE_UNKNOWN);
}

/* The peer asks again and again, although we answer. */
static void
deaf_by_arp(void **state)
{
	double	 t;

	(void)state;
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	for (t = 22; t < 25; t++) {
		ask(t, PEER, US);
		answer(t + 0.001, US, US, PEER);
	}
	assert_verdict("oneWayLink", 90);
	/* Without our answers it asks for another reason. */
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	for (t = 22; t < 25; t++)
		ask(t, PEER, US);
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PEER_DOES_NOT_HEAR_US),
	    EVIDENCE_UNKNOWN);
}

/* ---- a restarted host or process */

static void
from_port(double at, unsigned port)
{
	ip(at, PEER, US, IPPROTO_UDP, udp(port, PORT, 20));
}

static void
rebooted(void **state)
{
	struct bytes	 b;
	double		 t;
	unsigned	 port;

	(void)state;
	for (port = 40000; port <= 40001; port++) {
		begin("udp 20053");
		for (t = 0; t <= LAST; t++)
			from_port(t, 40000);
		ask(23, US, PEER);
		ask(24, US, PEER);
		ask(25, US, PEER);
		b = request(PEER, NOBODY, PEER);
		take(28, &b);
		assert_verdict_at(28, 0, "hostDown", 75);
		assert_int_equal(verdict.number, EVIDENCE_PEER_REBOOTED);
		from_port(END, port);
		if (port == 40000)
			assert_verdict_at(END, EVIDENCE_CLEARED,
			    "linkAbnormal", 85);
		else
			assert_verdict_at(END, EVIDENCE_CLEARED,
			    "hostDown", 95);
	}
}

/* A process that uses a new port for each heartbeat. */
static void
port_changes(void **state)
{
	double	 t;

	(void)state;
	begin("udp 20053");
	for (t = 0; t <= LAST; t++)
		from_port(t, 40000 + (unsigned)t);
	answer(25, PEER, PEER, US);
	from_port(END, 50000);
	assert_verdict_at(END, EVIDENCE_CLEARED, "peerHung", 65);
}

static void
process_restarted(void **state)
{
	double	 t;

	(void)state;
	begin("udp 20053");
	for (t = 0; t <= LAST; t++)
		from_port(t, 40000);
	answer(25, PEER, PEER, US);
	assert_verdict_at(END, 0, "peerHung", 65);
	from_port(END, 40001);
	assert_verdict_at(END, EVIDENCE_CLEARED, "instanceStopped", 85);
}

/* ---- TCP */

static uint32_t	 peer_sent, we_sent;	/* the next numbers */

static void
tcp_heartbeat(double at, enum host from, enum host to)
{
	uint32_t	*sent = from == PEER ? &peer_sent : &we_sent;

	segment(at, from, to, ACK, *sent, from == PEER ? we_sent : peer_sent,
	    10);
	*sent += 10;
}

static void
begin_tcp(bool sends)
{
	begin("tcp 20053");
	we_send = sends;
	peer_sent = 1000;
	we_sent = 5000;
	baseline(tcp_heartbeat, END);
}

static void
connection_closed(void **state)
{
	(void)state;
	begin_tcp(false);
	segment(20.5, PEER, US, FIN | ACK, peer_sent, we_sent, 0);
	segment(20.6, US, PEER, FIN | ACK, we_sent, peer_sent + 1, 0);
	assert_verdict("instanceStopped", 95);
	assert_int_equal(verdict.decided.code, PACKET_TCP_FIN);
	begin_tcp(false);
	segment(20.5, PEER, US, RST | ACK, peer_sent, we_sent, 0);
	assert_verdict("instanceStopped", 95);
	assert_int_equal(verdict.decided.code, PACKET_TCP_RST);
	/* A SYN is refused. */
	begin_tcp(false);
	segment(22, US, PEER, SYN, 1, 0, 0);
	segment(22.1, PEER, US, RST | ACK, 0, 2, 0);
	assert_verdict("instanceStopped", 95);
	assert_int_equal(verdict.decided.code, EVIDENCE_CODE_RST);
	/* And then it is accepted. */
	segment(23, US, PEER, SYN, 1, 0, 0);
	segment(23.1, PEER, US, SYN | ACK, 1, 2, 0);
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PORT_REFUSED), EVIDENCE_UNKNOWN);
}

/* We close first, and the kernel of the peer answers that. */
static void
we_close(void **state)
{
	(void)state;
	begin_tcp(true);
	segment(20.5, US, PEER, FIN | ACK, we_sent, peer_sent, 0);
	segment(20.6, PEER, US, FIN | ACK, peer_sent, we_sent + 1, 0);
	assert_verdict("localFault", 90);
	assert_int_equal(verdict.side, CAUSE_SIDE_HERE);
	/* A file does not say on which host it was captured. */
	begin_with("tcp 20053", "", false);
	baseline(tcp_heartbeat, END);
	segment(20.5, US, PEER, FIN | ACK, we_sent, peer_sent, 0);
	segment(20.6, PEER, US, FIN | ACK, peer_sent, we_sent + 1, 0);
	assert_verdict("localFault", 60);
}

/* Each heartbeat has a connection of its own. */
static void
connection_each(void **state)
{
	double	 t;

	(void)state;
	begin("tcp 20053");
	for (t = 0; t <= LAST; t++) {
		segment(t - (t > 0 ? 0.2 : 0), US, PEER, SYN, 1, 0, 0);
		segment(t, PEER, US, ACK, 1, 2, 10);
		segment(t + 0.1, PEER, US, FIN | ACK, 11, 2, 0);
	}
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PEER_CLOSED_CONNECTION),
	    EVIDENCE_UNKNOWN);
}

static void
process_stopped(void **state)
{
	double	 t;

	(void)state;
	begin_tcp(true);
	for (t = 20.5; t < 28; t++) {
		tcp_heartbeat(t, US, PEER);
		segment(t + 0.01, PEER, US, ACK, peer_sent, we_sent, 0);
	}
	assert_verdict("peerHung", 90);
}

static void
port_dropped(void **state)
{
	double	 t;

	(void)state;
	begin_tcp(true);
	for (t = 20.5; t < 28; t++)
		segment(t, US, PEER, ACK, we_sent, peer_sent, 10);
	ask(28, US, PEER);
	answer(28.1, PEER, PEER, US);
	assert_verdict("filtered", 80);
	assert_int_equal(verdict.side, CAUSE_SIDE_BETWEEN);
}

static void
retransmits(void **state)
{
	double	 t;

	(void)state;
	begin("tcp 20053");
	peer_sent = 1000;
	we_sent = 5000;
	for (t = 0; t < LAST - 3; t++) {
		tcp_heartbeat(t, PEER, US);
		tcp_heartbeat(t + 0.1, US, PEER);
	}
	/* The last heartbeats repeat the data before. */
	segment(LAST - 2, PEER, US, ACK, peer_sent - 10, we_sent - 10, 10);
	tcp_heartbeat(LAST - 1.5, US, PEER);
	segment(LAST, PEER, US, ACK, peer_sent - 10, we_sent - 20, 10);
	for (t = LAST; t < 28; t++)
		tcp_heartbeat(t + 0.5, US, PEER);
	assert_verdict("oneWayLink", 90);
}

/* A kernel that gets no answers gives up; the process has closed nothing. */
static void
gives_up(void **state)
{
	double	 t;

	(void)state;
	begin_tcp(true);
	for (t = 21; t < 25; t++)
		segment(t, PEER, US, ACK, peer_sent - 1, we_sent, 0);
	segment(25, PEER, US, RST | ACK, peer_sent, we_sent, 0);
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PEER_CLOSED_CONNECTION),
	    EVIDENCE_UNKNOWN);
}

/* An attempt that the peer or we give up within a second. */
static void
attempt(double at, const char *record)
{
	struct bytes	 b;

	segment(at, US, PEER, SYN, 1, 0, 0);
	segment(at + 0.01, PEER, US, SYN | ACK, 1, 2, 0);
	if (record != NULL) {
		b = tcp(40000, PORT, ACK, 2, 2, 0);
		put(&b, record, 7);
		ip(at + 0.02, US, PEER, IPPROTO_TCP, b);
	}
	segment(at + 0.1, US, PEER, FIN | ACK, 20, 2, 0);
	segment(at + 0.2, PEER, US, FIN | ACK, 2, 21, 0);
}

static void
handshake(void **state)
{
	double	 t;

	(void)state;
	/* An alert: unknown_ca. */
	begin_tcp(false);
	attempt(22, "\x15\3\3\0\2\2\x30");
	assert_verdict("handshakeFailed", 85);
	assert_int_equal(verdict.decided.code, 48);
	/* close_notify is no failure. */
	begin_tcp(false);
	attempt(22, "\x15\3\3\0\2\1\0");
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_HANDSHAKE_FAILS),
	    EVIDENCE_UNKNOWN);
	/* Encrypted alerts show only as short connections. */
	begin_tcp(false);
	attempt(22, "\x16\3\1\0\5\1\0");
	assert_verdict("handshakeFailed", 85);
	begin_tcp(false);
	for (t = 22; t < 27; t += 2)
		attempt(t, NULL);
	assert_verdict("handshakeFailed", 85);
}

/* ---- VRRP, CARP, BFD and others */

static void
vrrp(double at, enum host from, unsigned priority)
{
	struct addr	 group;
	struct bytes	 payload = { .n = 0 }, b;
	uint64_t	 sum;
	uint16_t	 value;

	assert_true(addr_parse("224.0.0.18", &group));
	put_u8(&payload, 0x21);
	put_u8(&payload, 51);
	put_u8(&payload, priority);
	put_u32(&payload, 0x01000100);	/* count, no authentication, 1 s */
	payload.n = 6;
	put_u16(&payload, 0);
	put(&payload, "\xc0\0\2\x0a", 4);
	put_zeros(&payload, 8);
	sum = internet_sum_add(0, payload.at, payload.n);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	value = (uint16_t)~sum;
	memcpy(payload.at + 6, &value, 2);
	b = ip_frame_to(from, &group, 112, 255, &payload);
	take(at, &b);
}

static void
begin_vrrp(void)
{
	double	 t;

	begin("vrrp 51");
	for (t = 0; t <= LAST; t++)
		vrrp(t, PEER, 100);
}

static void
vrrp_stops(void **state)
{
	struct addr	 reports;
	struct bytes	 leave = { .n = 0 }, b;

	(void)state;
	begin_vrrp();
	vrrp(20.5, PEER, 0);
	assert_verdict("instanceStopped", 97);
	/* Killed: the kernel leaves the group. */
	begin_vrrp();
	assert_true(addr_parse("224.0.0.22", &reports));
	put_u32(&leave, 0x22000000);
	put_u32(&leave, 1);
	put_u32(&leave, 0x03000000);
	put(&leave, "\xe0\0\0\x12", 4);
	b = ip_frame_to(PEER, &reports, IPPROTO_IGMP, 1, &leave);
	take(20.5, &b);
	assert_verdict("instanceStopped", 95);
	assert_int_equal(verdict.decided.code, EVIDENCE_CODE_LEFT);
	/* A stop of an earlier time. */
	begin("vrrp 51");
	vrrp(10, PEER, 0);
	vrrp(LAST, PEER, 100);
	assert_verdict("unknown", 0);
}

static void
two_masters(void **state)
{
	double	 t;

	(void)state;
	/* A failover: one after the other. */
	begin_vrrp();
	for (t = 23; t < 30; t++)
		vrrp(t, THIRD, 90);
	assert_verdict("unknown", 0);
	/* And back: still one after the other. */
	vrrp(30, PEER, 100);
	judge_at(30, 0);
	assert_int_equal(state_of(EVIDENCE_OTHER_ACTIVE), EVIDENCE_UNKNOWN);
	/* In turn. */
	begin_vrrp();
	for (t = 23; t < 26; t++) {
		vrrp(t, THIRD, 90);
		vrrp(t + 0.5, FOURTH, 90);
	}
	assert_verdict("dualActive", 95);
}

static void
bfd_from(double at, enum host from, unsigned state, unsigned diagnostic,
    unsigned session)
{
	enum host	 to = from == PEER ? US : PEER;
	struct addr	 a = address_of(to);
	struct bytes	 payload, b;

	payload = udp(49152, 3784, 24);
	payload.n -= 24;
	put_u8(&payload, 1 << 5 | diagnostic);
	put_u8(&payload, state << 6);
	put_u8(&payload, 3);
	put_u8(&payload, 24);
	put_u32(&payload, session);
	put_u32(&payload, 99);
	put_u32(&payload, 1000000);
	put_zeros(&payload, 8);
	b = ip_frame_to(from, &a, IPPROTO_UDP, 255, &payload);
	take(at, &b);
}

static void
bfd_up(double at, enum host from, enum host to)
{
	(void)to;
	bfd_from(at, from, 3, 0, from);
}

static void
bfd(void **state)
{
	double	 t;

	(void)state;
	/* The peer does not receive us. */
	begin("bfd");
	baseline(bfd_up, END);
	for (t = 20.5; t < END; t++) {
		bfd_from(t, PEER, 1, 1, PEER);
		bfd_from(t + 0.1, US, 1, 3, US);
	}
	assert_verdict("oneWayLink", 90);
	assert_int_equal(verdict.decided.code, EVIDENCE_DEAF_BFD);
	/* Because our instance does not send. */
	begin("bfd");
	baseline(bfd_up, END);
	for (t = 20.5; t < END; t++)
		bfd_from(t, PEER, 1, 1, PEER);
	assert_verdict("localFault", 90);
	/* Neither receives the other. */
	begin("bfd");
	baseline(bfd_up, END);
	for (t = 20.5; t < END; t++) {
		bfd_from(t, PEER, 1, 1, PEER);
		bfd_from(t + 0.1, US, 1, 1, US);
	}
	assert_verdict("linkAbnormal", 75);
	/* AdminDown. */
	begin_quiet("bfd");
	baseline(bfd_up, END);
	bfd_from(20.5, PEER, 0, 7, PEER);
	assert_verdict("instanceStopped", 97);
	/* Another discriminator: another process. */
	begin_quiet("bfd");
	baseline(bfd_up, END);
	answer(25, PEER, PEER, US);
	bfd_from(END, PEER, 3, 0, 77);
	assert_verdict_at(END, EVIDENCE_CLEARED, "instanceStopped", 85);
}

/* ---- the floating IP */

static void
floating_ip(void **state)
{
	double	 t;

	(void)state;
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	answer(20.5, PEER, FLOATING, THIRD);
	refuse(21, PEER);
	judge_at(END, 0);
	assert_int_equal(evidence.signals[EVIDENCE_FLOATING_IP_OWNER].code,
	    EVIDENCE_OWNER_PEER);
	answer(32, US, FLOATING, THIRD);
	judge_at(33, 0);
	assert_int_equal(evidence.signals[EVIDENCE_FLOATING_IP_OWNER].code,
	    EVIDENCE_OWNER_HERE);
	assert_int_equal(verdict.cause, CAUSE_INSTANCE_STOPPED);
	answer(50, FOURTH, FLOATING, THIRD);
	assert_verdict_at(51, 0, "floatingIpMisconfigured", 80);
	/* Nobody answers. */
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	refuse(21, PEER);
	for (t = 22; t < 56; t++) {
		ask(t, THIRD, FLOATING);
		ask(t + 0.1, FOURTH, ROUTER);
	}
	assert_verdict_at(54, 0, "instanceStopped", 95);
	assert_verdict_at(56, 0, "floatingIpMisconfigured", 80);
	/* Two hosts claim it in turn. */
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	for (t = 21; t < 24; t++) {
		answer(t, PEER, FLOATING, THIRD);
		answer(t + 0.5, FOURTH, FLOATING, THIRD);
	}
	assert_verdict("dualActive", 95);
	assert_int_equal(evidence.signals[EVIDENCE_FLOATING_IP_OWNER].code,
	    EVIDENCE_OWNER_BOTH);
}

/* ---- others */

/* At a mirror port the partner is not this host. */
static void
mirror(void **state)
{
	double	 t;

	(void)state;
	begin("udp 20053");
	for (t = 0; t <= LAST; t++) {
		udp_heartbeat(t, PEER, THIRD);
		if (t < LAST)
			udp_heartbeat(t + 0.1, THIRD, PEER);
	}
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_OUR_HEARTBEATS), EVIDENCE_UNKNOWN);
	assert_int_not_equal(verdict.cause, CAUSE_LOCAL_FAULT);
	for (t = 22; t < 25; t++)
		ask(t, THIRD, PEER);
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_ARP_UNANSWERED), EVIDENCE_PRESENT);
}

/* STP, LLDP and LACP are of the segment, not of the peer. */
static void
switches(void **state)
{
	static const unsigned	 types[] = { 0x88cc, 0x8809 };
	struct bytes		 b;
	size_t			 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		begin("udp 20053");
		baseline(udp_heartbeat, 0);
		b = link_frame(ROUTER, types[i]);
		put_zeros(&b, 46);
		take(25, &b);
		b = link_frame(PEER, types[i]);
		put_zeros(&b, 46);
		take(26, &b);
		judge_at(END, 0);
		assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE),
		    EVIDENCE_PRESENT);
		assert_int_equal(state_of(EVIDENCE_PEER_OTHER_TRAFFIC),
		    EVIDENCE_UNKNOWN);
	}
}

/* Each frame cut at each octet: nothing is read beyond its end. */
static void
every_cut(void **state)
{
	struct bytes	 quoted = udp(PORT, PORT, 20), frames[4], cut;
	size_t		 i, n;

	(void)state;
	frames[0] = request(US, US, PEER);
	frames[1] = icmp_error(PEER, 3, 3, US, PEER, IPPROTO_UDP, &quoted);
	quoted = tcp(PORT, 40000, SYN, 1, 1, 10);
	frames[2] = ip_frame(PEER, US, IPPROTO_TCP, &quoted);
	ipv6 = true;
	frames[3] = claim(PEER, PEER, US);
	ipv6 = false;
	begin("tcp 20053");
	for (i = 0; i < 4; i++)
		for (n = 0; n < frames[i].n; n++) {
			cut = frames[i];
			cut.n = n;
			take(21, &cut);
		}
	judge_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PORT_REFUSED), EVIDENCE_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(port_refused),
		cmocka_unit_test(always_refused),
		cmocka_unit_test(refused_other),
		cmocka_unit_test(host_alive),
		cmocka_unit_test(host_gone),
		cmocka_unit_test(third_host_asks),
		cmocka_unit_test(all_silent),
		cmocka_unit_test(silent_before),
		cmocka_unit_test(link_cut),
		cmocka_unit_test(rejected),
		cmocka_unit_test(unreachable),
		cmocka_unit_test(routed),
		cmocka_unit_test(deaf_by_arp),
		cmocka_unit_test(rebooted),
		cmocka_unit_test(port_changes),
		cmocka_unit_test(process_restarted),
		cmocka_unit_test(connection_closed),
		cmocka_unit_test(we_close),
		cmocka_unit_test(connection_each),
		cmocka_unit_test(process_stopped),
		cmocka_unit_test(port_dropped),
		cmocka_unit_test(retransmits),
		cmocka_unit_test(gives_up),
		cmocka_unit_test(handshake),
		cmocka_unit_test(vrrp_stops),
		cmocka_unit_test(two_masters),
		cmocka_unit_test(bfd),
		cmocka_unit_test(floating_ip),
		cmocka_unit_test(mirror),
		cmocka_unit_test(switches),
		cmocka_unit_test(every_cut),
	};
	int	 failed = cmocka_run_group_tests(tests, NULL, NULL);

	configuration_free(config);
	own_addresses_free(&own);
	return (failed);
}
