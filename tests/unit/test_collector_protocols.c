/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the protocols of heartbeats show on an interruption, and the floating
 * IP address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "interruption.h"

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
connect_tcp(bool sends)
{
	begin("tcp 20053");
	we_send = sends;
	peer_sent = 1000;
	we_sent = 5000;
}

static void
begin_tcp(bool sends)
{
	connect_tcp(sends);
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
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PORT_REFUSED), EVIDENCE_UNKNOWN);
}

/* We close first, and the kernel of the peer answers that. */
static void
we_close(void **state)
{
	double	 t;

	(void)state;
	begin_tcp(true);
	segment(20.5, US, PEER, FIN | ACK, we_sent, peer_sent, 0);
	segment(20.6, PEER, US, FIN | ACK, peer_sent, we_sent + 1, 0);
	assert_verdict("localFault", 90);
	assert_int_equal(verdict.side, CAUSE_SIDE_HERE);
	/* The peer hangs, and we end the connection because of that. */
	begin_tcp(true);
	for (t = 20; t < 25; t++) {
		tcp_heartbeat(t + 0.1, US, PEER);
		segment(t + 0.2, PEER, US, ACK, peer_sent, we_sent, 0);
	}
	segment(25, US, PEER, FIN | ACK, we_sent, peer_sent, 0);
	segment(25.1, PEER, US, ACK, peer_sent, we_sent + 1, 0);
	go_on(NULL, 25.2, END);
	assert_verdict("peerHung", 90);
	/* A file does not say on which host it was captured. */
	begin_with("tcp 20053", "", false);
	baseline(tcp_heartbeat, END);
	segment(20.5, US, PEER, FIN | ACK, we_sent, peer_sent, 0);
	segment(20.6, PEER, US, FIN | ACK, peer_sent, we_sent + 1, 0);
	assert_verdict("localFault", 60);
}

/* Our instance sends data only when the connection begins: TLS. */
static void
short_baseline(void **state)
{
	unsigned	 i;

	(void)state;
	connect_tcp(false);
	for (i = 0; i < 3; i++)
		tcp_heartbeat(0, US, PEER);
	baseline(tcp_heartbeat, END);
	segment(20.5, PEER, US, FIN | ACK, peer_sent, we_sent, 0);
	segment(20.6, US, PEER, FIN | ACK, we_sent, peer_sent + 1, 0);
	assert_verdict("instanceStopped", 95);
}

/* Our instance only answers the heartbeats of the peer. */
static void
answers(void **state)
{
	double	 t;
	bool	 last;

	(void)state;
	for (last = true;; last = false) {
		begin("udp 20053");
		for (t = 0; t <= LAST; t++) {
			udp_heartbeat(t, PEER, US);
			if (t < LAST || last)
				udp_heartbeat(t + 0.002, US, PEER);
			if (t < LAST)
				ask(t + 0.2, THIRD, ROUTER);
		}
		for (t = LAST + 0.2; t < END; t++)
			ask(t, THIRD, ROUTER);
		if (!last)
			break;
		evaluate_at(END, 0);
		assert_string_not_equal(cause_text(verdict.cause),
		    "localFault");
		assert_true(verdict.confidence <= 60);
	}
	/* It did not answer the last one. */
	assert_verdict("localFault", 90);
	/* In a capture, our heartbeats are not those of another host. */
	begin_with("udp 20053", "", false);
	for (t = 0; t <= LAST; t++) {
		udp_heartbeat(t, PEER, US);
		udp_heartbeat(t + 0.002, US, PEER);
	}
	assert_verdict("unknown", 0);
}

/*
 * Our instance sends requests, and waits for the reply of the peer.  The second
 * capture may be read later than the first one.
 */
static void
requests(void **state)
{
	double	 t;
	bool	 unanswered;

	(void)state;
	for (unanswered = true;; unanswered = false) {
		begin("udp 20053");
		for (t = 0; t <= LAST; t++) {
			udp_heartbeat(t - 0.02 < 0 ? 0 : t - 0.02, US, PEER);
			udp_heartbeat(t, PEER, US);
			ask(t + 0.2, THIRD, ROUTER);
		}
		if (unanswered)
			udp_heartbeat(LAST + 0.98, US, PEER);
		for (t = LAST + 1.2; t < END; t++)
			ask(t, THIRD, ROUTER);
		if (!unanswered)
			break;
		evaluate_at(END, 0);
		assert_string_not_equal(cause_text(verdict.cause),
		    "localFault");
	}
	/* It had a reply, and did not go on. */
	assert_verdict("localFault", 90);
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
	evaluate_at(END, 0);
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

/* Its data are longer than the MTU of the path, but it goes on sending. */
static void
data_lost(void **state)
{
	double	 t;

	(void)state;
	begin_tcp(true);
	for (t = 20.5; t < 28; t++) {
		tcp_heartbeat(t, US, PEER);
		segment(t + 0.01, PEER, US, ACK, peer_sent + 1400, we_sent, 0);
	}
	assert_verdict("linkAbnormal", 75);
	assert_int_equal(verdict.decided.code, EVIDENCE_ACKS_LOST);
	/* A few of them are enough, if the link loses more. */
	begin_tcp(true);
	for (t = 20.5; t < END; t++) {
		tcp_heartbeat(t, US, PEER);
		if (t < 23 || t > 29)
			segment(t + 0.1, PEER, US, ACK, peer_sent +
			    (t > 29 ? 10 : 0), we_sent, 0);
	}
	assert_verdict("linkAbnormal", 75);
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

/* Our process sends, but our kernel only repeats what is not answered. */
static void
we_retransmit(void **state)
{
	double	 t;

	(void)state;
	begin_tcp(true);
	segment(LAST, US, PEER, ACK, we_sent - 10, peer_sent, 10);
	evaluate_at(END, 0);
	assert_false((evidence.flags & EVIDENCE_OURS_FIRST) != 0);
	/* The same without repetitions: our process is silent. */
	begin_tcp(true);
	for (t = 23; t < 25; t++)
		ask(t, THIRD, ROUTER);
	evaluate_at(END, 0);
	assert_true((evidence.flags & EVIDENCE_OURS_FIRST) != 0);
}

/* A firewall of this host drops what our kernel and our process send. */
static void
we_are_dropped(void **state)
{
	double	 t;

	(void)state;
	begin_tcp(true);
	for (t = 21; t < 24; t++)
		segment(t, PEER, US, ACK, peer_sent - 10, we_sent, 10);
	assert_verdict("oneWayLink", 90);
}

/*
 * A reset in the name of the peer ends our connection, and then our kernel
 * resets it again, because the peer goes on.
 */
static void
reset_before_last(void **state)
{
	double	 t;

	(void)state;
	connect_tcp(true);
	for (t = 0; t <= LAST; t++) {
		tcp_heartbeat(t, PEER, US);
		if (t < LAST)
			tcp_heartbeat(t + 0.1, US, PEER);
		if (t == LAST - 1)
			segment(t + 0.9, PEER, US, RST, peer_sent, 0, 0);
	}
	segment(LAST + 0.01, US, PEER, RST, we_sent, 0, 0);
	segment(LAST + 0.1, US, PEER, SYN, 1, 0, 0);
	segment(LAST + 0.2, PEER, US, RST | ACK, 0, 2, 0);
	evaluate_at(END, 0);
	assert_string_not_equal(cause_text(verdict.cause), "localFault");
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
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PEER_CLOSED_CONNECTION),
	    EVIDENCE_UNKNOWN);
}

/*
 * An attempt that we give up within a second, after this number of octets of
 * the peer.
 */
static void
attempt(double at, const char *record, size_t data)
{
	struct bytes	 b;

	segment(at, US, PEER, SYN, 1, 0, 0);
	segment(at + 0.01, PEER, US, SYN | ACK, 1, 2, 0);
	if (data != 0)
		segment(at + 0.01, PEER, US, ACK, 2, 2, data);
	if (record != NULL) {
		b = tcp(40000, PORT, ACK, 2, 2, 0);
		put(&b, record, 7);
		ip(at + 0.02, US, PEER, IPPROTO_TCP, b);
	}
	segment(at + 0.1, US, PEER, FIN | ACK, 20, 2, 0);
	segment(at + 0.2, PEER, US, FIN | ACK, 2, 21, 0);
	segment(at + 0.3, US, PEER, RST, 21, 0, 0);
}

static void
handshake(void **state)
{
	double	 t;

	(void)state;
	/* An alert: unknown_ca. */
	begin_tcp(false);
	attempt(22, "\x15\3\3\0\2\2\x30", 90);
	assert_verdict("handshakeFailed", 85);
	assert_int_equal(verdict.decided.code, 48);
	/* close_notify is no failure. */
	begin_tcp(false);
	attempt(22, "\x15\3\3\0\2\1\0", 90);
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_HANDSHAKE_FAILS),
	    EVIDENCE_UNKNOWN);
	/* Encrypted alerts show only as short connections. */
	begin_tcp(false);
	attempt(22, "\x16\3\1\0\5\1\0", 90);
	assert_verdict("handshakeFailed", 85);
	begin_tcp(false);
	for (t = 22; t < 27; t += 2)
		attempt(t, NULL, 90);
	assert_verdict("handshakeFailed", 85);
	/* A peer that accepts no data from us. */
	begin_tcp(false);
	for (t = 22; t < 27; t += 2) {
		segment(t, US, PEER, SYN, 1, 0, 0);
		segment(t + 0.01, PEER, US, SYN | ACK, 1, 2, 0);
		segment(t + 0.02, PEER, US, FIN | ACK, 2, 2, 0);
		segment(t + 0.03, US, PEER, FIN | ACK, 2, 3, 0);
	}
	assert_verdict("handshakeFailed", 85);
}

/*
 * The instance ends while we connect again: its kernel resets a connection that
 * it did not accept, and refuses the next ones.
 */
static void
handshake_at_end(void **state)
{
	struct bytes	 b;
	double		 t;
	bool		 accepted;

	(void)state;
	for (accepted = false;; accepted = true) {
		begin_tcp(false);
		segment(20.5, PEER, US, FIN | ACK, peer_sent, we_sent, 0);
		segment(20.5, US, PEER, FIN | ACK, we_sent, peer_sent + 1, 0);
		segment(20.6, US, PEER, SYN, 1, 0, 0);
		segment(20.6, PEER, US, SYN | ACK, 1, 2, 0);
		b = tcp(40000, PORT, ACK, 2, 2, 0);
		put(&b, "\x16\3\1\0\5\1\0", 7);
		ip(20.6, US, PEER, IPPROTO_TCP, b);
		if (accepted)
			segment(20.6, PEER, US, ACK, 2, 9, 90);
		segment(20.7, PEER, US, RST | ACK, accepted ? 92 : 2, 9, 0);
		if (!accepted) {
			evaluate_at(END, 0);
			assert_int_equal(state_of(EVIDENCE_HANDSHAKE_FAILS),
			    EVIDENCE_UNKNOWN);
			continue;
		}
		assert_verdict("handshakeFailed", 85);
		for (t = 21; t < 24; t++) {
			segment(t, US, PEER, SYN, 1, 0, 0);
			segment(t, PEER, US, RST | ACK, 0, 2, 0);
		}
		assert_verdict("instanceStopped", 95);
		break;
	}
	/* The new instance sends heartbeats, and then it ends, too. */
	begin_tcp(false);
	segment(20.6, US, PEER, SYN, 1, 0, 0);
	segment(20.6, PEER, US, SYN | ACK, 1, 2, 0);
	ip(20.6, US, PEER, IPPROTO_TCP, b);
	segment(20.61, PEER, US, ACK, 2, 9, 90);
	segment(21.2, PEER, US, ACK, 92, 9, 10);
	segment(21.4, PEER, US, RST | ACK, 102, 9, 0);
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_HANDSHAKE_FAILS), EVIDENCE_UNKNOWN);
}

/*
 * A firewall in front of the peer rejects what we send.  Its instance runs, and
 * repeats its data, which our kernel refuses.
 */
static void
rejected_with_reset(void **state)
{
	double	 t;
	bool	 again;

	(void)state;
	/* We connect again, or never. */
	for (again = false;; again = true) {
		connect_tcp(true);
		for (t = 0; t < 17; t++) {
			tcp_heartbeat(t, PEER, US);
			tcp_heartbeat(t + 0.1, US, PEER);
			ask(t + 0.2, THIRD, ROUTER);
		}
		segment(16.5, PEER, US, RST, peer_sent, 0, 0);
		for (t = 17; t <= LAST; t++) {
			segment(t, PEER, US, ACK, peer_sent, we_sent, 10);
			segment(t, US, PEER, RST, we_sent, 0, 0);
			if (!again)
				continue;
			ip(t + 0.1, US, PEER, IPPROTO_TCP,
			    tcp(40001, PORT, SYN, 1, 0, 0));
			ip(t + 0.1, PEER, US, IPPROTO_TCP,
			    tcp(PORT, 40001, RST | ACK, 0, 2, 0));
		}
		go_on(NULL, LAST + 1, END);
		evaluate_at(END, 0);
		assert_true(verdict.cause == CAUSE_ONE_WAY_LINK ||
		    verdict.confidence < 80);
		if (again)
			break;
	}
	/* Later the peer accepts again, and then it stops. */
	connect_tcp(true);
	baseline(tcp_heartbeat, END);
	segment(20.1, PEER, US, RST | ACK, peer_sent, we_sent, 0);
	assert_verdict("instanceStopped", 95);
}

/* The errors of a firewall begin while the peer still repeats its data. */
static void
rejected_with_icmp(void **state)
{
	struct bytes	 quoted = tcp(40000, PORT, ACK, 1, 1, 10), b;
	char		 text[EVIDENCE_TEXT_SIZE];
	unsigned	 i;

	(void)state;
	begin_tcp(true);
	for (i = 0; i < 4; i++) {
		/* No kernel answers TCP like this. */
		b = icmp_error(PEER, 3, 3, US, PEER, IPPROTO_TCP, &quoted);
		take(20.1 + i, &b);
		tcp_heartbeat(20.2 + i, US, PEER);
	}
	assert_verdict("filtered", 98);
	assert_non_null(strstr(evidence_text(EVIDENCE_PROHIBITED,
	    &evidence.signals[EVIDENCE_PROHIBITED], text),
	    "ICMP port unreachable from "));
	connect_tcp(true);
	for (i = 0; i < 19; i++) {
		tcp_heartbeat(i, PEER, US);
		tcp_heartbeat(i + 0.1, US, PEER);
	}
	for (i = 0; i < 4; i++) {
		b = icmp_error(PEER, 3, 13, US, PEER, IPPROTO_TCP, &quoted);
		take(19.5 + i / 10.0, &b);
		tcp_heartbeat(19.52 + i / 10.0, PEER, US);
	}
	tcp_heartbeat(LAST, PEER, US);
	b = icmp_error(PEER, 3, 13, US, PEER, IPPROTO_TCP, &quoted);
	take(20.1, &b);
	go_on(tcp_heartbeat, LAST + 1, END);
	assert_verdict("filtered", 98);
}

static void
check(double at, unsigned client)
{
	ip(at, US, PEER, IPPROTO_TCP, tcp(client, PORT, SYN, 1, 0, 0));
	ip(at, PEER, US, IPPROTO_TCP, tcp(PORT, client, SYN | ACK, 1, 2, 0));
	ip(at, PEER, US, IPPROTO_TCP, tcp(PORT, client, ACK, 2, 2, 90));
	ip(at + 0.1, US, PEER, IPPROTO_TCP,
	    tcp(client, PORT, FIN | ACK, 2, 92, 0));
	ip(at + 0.1, US, PEER, IPPROTO_TCP, tcp(client, PORT, RST, 3, 0, 0));
}

/*
 * Something checks the port, and closes the connection.  The instance runs or
 * hangs: that its kernel accepts a connection shows nothing.
 */
static void
checks(void **state)
{
	double	 t;

	(void)state;
	begin_tcp(false);
	for (t = 22; t < 27; t++)
		attempt(t, NULL, 0);
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_HANDSHAKE_FAILS),
	    EVIDENCE_UNKNOWN);
	assert_int_equal(state_of(EVIDENCE_PEER_CLOSED_CONNECTION),
	    EVIDENCE_UNKNOWN);
	/* Before it stops; the peer has sent its greeting to each of them. */
	connect_tcp(true);
	for (t = 1; t <= LAST; t++) {
		check(t - 0.4, (unsigned)t + 41000);
		tcp_heartbeat(t, PEER, US);
		tcp_heartbeat(t + 0.1, US, PEER);
	}
	segment(LAST + 0.5, PEER, US, FIN | ACK, peer_sent, we_sent, 0);
	segment(LAST + 0.6, US, PEER, FIN | ACK, we_sent, peer_sent + 1, 0);
	assert_verdict_at(LAST + 1, 0, "instanceStopped", 95);
	assert_verdict("instanceStopped", 95);
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
	evaluate_at(30, 0);
	assert_int_equal(state_of(EVIDENCE_OTHER_ACTIVE), EVIDENCE_UNKNOWN);
	/* A node takes over, and the old one sends until it notices that. */
	begin_vrrp();
	vrrp(LAST + 0.46, THIRD, 200);
	vrrp(LAST + 0.47, PEER, 100);
	for (t = LAST + 1.46; t < 30; t++)
		vrrp(t, THIRD, 200);
	evaluate_at(30, 0);
	assert_int_equal(state_of(EVIDENCE_OTHER_ACTIVE), EVIDENCE_UNKNOWN);
	/* Two masters of an earlier time, and a failover. */
	begin("vrrp 51");
	for (t = 0; t <= LAST; t++) {
		vrrp(t, PEER, 100);
		if (t > 2 && t < 7)
			vrrp(t + 0.5, THIRD, 90);
	}
	for (t = 23; t < 30; t++)
		vrrp(t, THIRD, 90);
	evaluate_at(30, 0);
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
	/* It was silent before the session went down, but not for long. */
	begin("bfd");
	baseline(bfd_up, END);
	bfd_from(22, PEER, 1, 1, PEER);
	evaluate_at(22.05, 0);
	assert_int_equal(state_of(EVIDENCE_PEER_DOES_NOT_HEAR_US),
	    EVIDENCE_UNKNOWN);
	/* bfdd of FRR reports the same, but this host receives the peer. */
	begin("bfd");
	baseline(bfd_up, END);
	for (t = 20.5; t < END; t++) {
		bfd_from(t, PEER, 1, 1, PEER);
		bfd_from(t + 0.1, US, 1, 1, US);
	}
	assert_verdict("oneWayLink", 90);
	/* At a mirror port: neither receives the other. */
	begin_with("bfd", "", false);
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
	evaluate_at(END, 0);
	assert_int_equal(evidence.signals[EVIDENCE_FLOATING_IP_OWNER].code,
	    EVIDENCE_OWNER_PEER);
	answer(32, US, FLOATING, THIRD);
	evaluate_at(33, 0);
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
	/* It moves to another host, back, and there again. */
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	for (t = 21; t < 29; t += 0.5)
		answer(t, t < 23 || (t >= 25 && t < 27) ? PEER : FOURTH,
		    FLOATING, THIRD);
	evaluate_at(29, 0);
	assert_int_equal(state_of(EVIDENCE_OTHER_ACTIVE), EVIDENCE_UNKNOWN);
	assert_int_not_equal(evidence.signals[EVIDENCE_FLOATING_IP_OWNER].code,
	    EVIDENCE_OWNER_BOTH);
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

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(connection_closed),
		cmocka_unit_test(we_close),
		cmocka_unit_test(short_baseline),
		cmocka_unit_test(answers),
		cmocka_unit_test(requests),
		cmocka_unit_test(connection_each),
		cmocka_unit_test(process_stopped),
		cmocka_unit_test(data_lost),
		cmocka_unit_test(port_dropped),
		cmocka_unit_test(retransmits),
		cmocka_unit_test(we_retransmit),
		cmocka_unit_test(we_are_dropped),
		cmocka_unit_test(reset_before_last),
		cmocka_unit_test(gives_up),
		cmocka_unit_test(handshake),
		cmocka_unit_test(handshake_at_end),
		cmocka_unit_test(rejected_with_reset),
		cmocka_unit_test(rejected_with_icmp),
		cmocka_unit_test(checks),
		cmocka_unit_test(vrrp_stops),
		cmocka_unit_test(two_masters),
		cmocka_unit_test(bfd),
		cmocka_unit_test(floating_ip),
	};
	int	 failed = cmocka_run_group_tests(tests, NULL, NULL);

	end();
	return (failed);
}
