/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What frames show on an interruption, apart from the protocols of heartbeats:
 * errors, neighbours, other hosts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "diagnosis/diagnosis_text.h"

#include "interruption.h"

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
	    text), "ICMP port unreachable at 12:00:21: the instance is not "
	    "running");
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
	evaluate_at(END, 0);
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
	evaluate_at(END, 0);
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
	evaluate_at(24, 0);
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

/* Another host sends with the address of a peer with `peer-mac`. */
static void
forged(void **state)
{
	struct bytes	 quoted = udp(PORT, PORT, 20), other, refusal;
	char		 option[64];
	double		 t;

	(void)state;
	snprintf(option, sizeof(option), "peer-mac = \"02:00:00:00:00:%02x\"",
	    (unsigned)PEER);
	begin_with("udp 20053", option, true);
	baseline(udp_heartbeat, END);
	other = udp(4000, 5000, 20);
	other = ip_frame(PEER, US, IPPROTO_UDP, &other);
	refusal = icmp_error(PEER, 3, 3, US, PEER, IPPROTO_UDP, &quoted);
	/* The last octet of the source of the frame. */
	other.at[11] = refusal.at[11] = 0x99;
	for (t = 20.5; t < 29; t++) {
		go_on(udp_heartbeat, t, t + 0.5);
		take(t + 0.3, &other);
		take(t + 0.4, &refusal);
	}
	assert_verdict("hostDown", 50);
	assert_int_equal(state_of(EVIDENCE_PEER_OTHER_TRAFFIC),
	    EVIDENCE_UNKNOWN);
	assert_int_equal(state_of(EVIDENCE_PORT_REFUSED), EVIDENCE_UNKNOWN);
	other.at[11] = PEER;
	take(30, &other);
	evaluate_at(30, 0);
	assert_int_equal(state_of(EVIDENCE_PEER_OTHER_TRAFFIC),
	    EVIDENCE_PRESENT);
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
		assert_verdict_at(27, 0, "hostDown", 50);
		assert_int_equal(state_of(EVIDENCE_ARP_UNANSWERED),
		    EVIDENCE_UNKNOWN);
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
	/* The port fails after that, not exactly with a heartbeat. */
	ask(20.2, THIRD, ROUTER);
	udp_heartbeat(21.1, US, PEER);
	udp_heartbeat(22.1, US, PEER);
	/* Absent only when three frames are missing. */
	evaluate_at(23.1, 0);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_UNKNOWN);
	assert_verdict_at(25, 0, "localFault", 70);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_ABSENT);
}

/* Hosts that start send more than later; the rate excludes these frames. */
static void
late_start(void **state)
{
	double	 t;

	(void)state;
	begin_quiet("udp 20053");
	for (t = 0; t < 1; t += 0.25)
		ask(t, THIRD, ROUTER);
	for (t = 10; t <= LAST; t += 0.5)
		ask(t, THIRD, ROUTER);
	assert_verdict_at(22.1, 0, "localFault", 70);
}

/* A host that stopped long before shows nothing. */
static void
silent_before(void **state)
{
	(void)state;
	begin("udp 20053");
	baseline(udp_heartbeat, 10);
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_UNKNOWN);
}

/*
 * A capture does not say on which host it was made.  The requests of our host
 * do not show that others send.
 */
static void
only_we_send(void **state)
{
	double	 t;

	(void)state;
	begin_with("udp 20053", "", false);
	baseline(udp_heartbeat, END);
	for (t = 20; t < END; t++) {
		udp_heartbeat(t + 0.1, US, PEER);
		ask(t + 0.2, US, THIRD);
	}
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_ABSENT);
}

/* Then nothing is captured, and later all of them are back. */
static void
gap_of_capture(void **state)
{
	double	 t;

	(void)state;
	begin_with("udp 20053", "", false);
	baseline(udp_heartbeat, END);
	evaluate_at(END, 0);
	assert_int_equal(verdict.cause, CAUSE_UNKNOWN);
	assert_true((evidence.flags & EVIDENCE_GAP) != 0);
	for (t = 40; t < 45; t++) {
		udp_heartbeat(t, US, PEER);
		ask(t + 0.2, THIRD, ROUTER);
	}
	evaluate_at(45, 0);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_PRESENT);
	assert_true(verdict.confidence <= 60);
	/* Our heartbeats had stopped before, so it shows something. */
	begin_with("udp 20053", "", false);
	for (t = 0; t <= LAST; t++) {
		udp_heartbeat(t, PEER, US);
		if (t < 15)
			udp_heartbeat(t + 0.1, US, PEER);
	}
	assert_verdict("localFault", 60);
	assert_true((evidence.flags & EVIDENCE_GAP) == 0);
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
	/* Our own kernel found no MAC address, which is seen on "any". */
	begin_with("udp 20053", "", false);
	baseline(udp_heartbeat, END);
	error(23, US, 1, 3);
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_HOST_UNREACHABLE),
	    EVIDENCE_UNKNOWN);
	ipv6 = false;
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	error(23, US, 3, 1);
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_HOST_UNREACHABLE),
	    EVIDENCE_UNKNOWN);
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
	evaluate_at(END, 0);
	assert_true((evidence.flags & EVIDENCE_ROUTED) != 0);
	assert_int_equal(state_of(EVIDENCE_PEER_OTHER_TRAFFIC),
	    EVIDENCE_UNKNOWN);
}

/* The peer asks again and again, although we answer. */
static void
deaf_by_arp(void **state)
{
	struct addr	 second = address_of(FOURTH);
	enum host	 to = US;
	double		 t;

	(void)state;
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	for (t = 22; t < 25; t++) {
		ask(t, PEER, US);
		answer(t + 0.001, US, US, PEER);
	}
	assert_verdict("oneWayLink", 90);
	/* It asks for two addresses of ours, each of them once in a while. */
	begin_quiet("udp 20053");
	assert_true(own_addresses_add(&own, &second, "eth0"));
	own_addresses_sort(&own);
	baseline(udp_heartbeat, END);
	for (t = 22; t < 26; t++) {
		to = to == US ? FOURTH : US;
		ask(t, PEER, to);
		answer(t + 0.001, US, to, PEER);
	}
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_PEER_DOES_NOT_HEAR_US),
	    EVIDENCE_UNKNOWN);
	/* Without our answers it asks for another reason. */
	begin_quiet("udp 20053");
	baseline(udp_heartbeat, END);
	for (t = 22; t < 25; t++)
		ask(t, PEER, US);
	evaluate_at(END, 0);
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

/* A host that restarts refuses what we send until its instance runs. */
static void
refused_by_restarted(void **state)
{
	struct bytes	 b;

	(void)state;
	begin("udp 20053");
	baseline(udp_heartbeat, END);
	go_on(udp_heartbeat, 20, 27);
	refuse(27.5, PEER);
	b = request(PEER, NOBODY, PEER);
	take(28, &b);
	/* Or the link was interrupted, and the instance stopped meanwhile. */
	assert_verdict("hostDown", 75);
	/* The instance stopped, and its network was only started again. */
	begin("udp 20053");
	baseline(udp_heartbeat, END);
	udp_heartbeat(21, US, PEER);
	refuse(21.1, PEER);
	take(28, &b);
	assert_verdict("instanceStopped", 95);
	/* An orderly restart: the host was not found in between. */
	begin("udp 20053");
	baseline(udp_heartbeat, END);
	udp_heartbeat(21, US, PEER);
	refuse(21.1, PEER);
	ask(23, US, PEER);
	ask(24, US, PEER);
	ask(25, US, PEER);
	assert_verdict_at(26, 0, "hostDown", 75);
	assert_int_equal(verdict.number, EVIDENCE_ARP_UNANSWERED);
	take(28, &b);
	assert_verdict("hostDown", 75);
	assert_int_equal(verdict.number, EVIDENCE_PEER_REBOOTED);
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
	/* Both nodes are silent, so it may be the mirror port. */
	assert_verdict("localFault", 70);
	assert_int_equal(state_of(EVIDENCE_OUR_HEARTBEATS), EVIDENCE_UNKNOWN);
	assert_int_equal(verdict.number, EVIDENCE_SEGMENT_ALIVE);
	for (t = 22; t < 25; t++)
		ask(t, THIRD, PEER);
	evaluate_at(END, 0);
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
		evaluate_at(END, 0);
		assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE),
		    EVIDENCE_PRESENT);
		assert_int_equal(state_of(EVIDENCE_PEER_OTHER_TRAFFIC),
		    EVIDENCE_UNKNOWN);
	}
}

/* Any broadcast is a sign of life. */
static void
broadcasts(void **state)
{
	struct bytes	 payload = udp(5000, 5000, 8), b;
	double		 t;

	(void)state;
	begin_quiet("udp 20053");
	b = ip_frame(THIRD, FOURTH, IPPROTO_UDP, &payload);
	memset(b.at, 0xff, MAC_LENGTH);
	for (t = 0; t < LAST; t++)
		take(t, &b);
	evaluate_at(25, 0);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_ABSENT);
	take(28, &b);
	evaluate_at(END, 0);
	assert_int_equal(state_of(EVIDENCE_SEGMENT_ALIVE), EVIDENCE_PRESENT);
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
	evaluate_at(END, 0);
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
		cmocka_unit_test(forged),
		cmocka_unit_test(host_gone),
		cmocka_unit_test(third_host_asks),
		cmocka_unit_test(all_silent),
		cmocka_unit_test(late_start),
		cmocka_unit_test(silent_before),
		cmocka_unit_test(only_we_send),
		cmocka_unit_test(gap_of_capture),
		cmocka_unit_test(link_cut),
		cmocka_unit_test(rejected),
		cmocka_unit_test(unreachable),
		cmocka_unit_test(routed),
		cmocka_unit_test(deaf_by_arp),
		cmocka_unit_test(rebooted),
		cmocka_unit_test(refused_by_restarted),
		cmocka_unit_test(port_changes),
		cmocka_unit_test(process_restarted),
		cmocka_unit_test(mirror),
		cmocka_unit_test(switches),
		cmocka_unit_test(broadcasts),
		cmocka_unit_test(every_cut),
	};
	int	 failed = cmocka_run_group_tests(tests, NULL, NULL);

	end();
	return (failed);
}
