/* SPDX-License-Identifier: BSD-2-Clause */
/* The evidence from a kernel of this host that is not real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/mono.h"
#include "kernel_evidence.h"

#include "fake_kernel.h"
#include "load.h"

#define NOW	((struct wall_time){ 5000 * NSEC_PER_SEC })
#define LAST	((struct wall_time){ 4900 * NSEC_PER_SEC })
#define PREPARED	((struct mono_time){ 1000 * NSEC_PER_SEC })
#define TICKS(seconds)	((uint32_t)((seconds) * sysconf(_SC_CLK_TCK)))

#define ROUTER	1
#define PEER	12
#define FLOAT	100

static struct configuration	*config;
static struct kernel_evidence	*kernel;
static struct evidence		 evidence, engine;
static uint32_t			 link_ifindex;

static struct addr
host(uint8_t octet)
{
	return ((struct addr){ ADDR_IPV4, { 192, 0, 2, octet } });
}

static int
begin_with(const char *heartbeat)
{
	char	 text[256];

	memset(&fake, 0, sizeof(fake));
	memset(&evidence, 0, sizeof(evidence));
	memset(&engine, 0, sizeof(engine));
	evidence.last = LAST;
	fake.flags = IFF_UP | IFF_RUNNING;
	snprintf(text, sizeof(text), "watch \"w\" { interface = "
	    FAKE_INTERFACE " peer = 192.0.2.12 heartbeat = \"%s\" "
	    "floating-ip = 192.0.2.100 }\n", heartbeat);
	config = load(text);
	kernel = kernel_evidence_new();
	return (config == NULL || kernel == NULL);
}

static int
begin(void **state)
{
	(void)state;
	return (begin_with("udp 20053"));
}

static int
end(void **state)
{
	(void)state;
	kernel_evidence_free(kernel);
	configuration_free(config);
	return (0);
}

static const struct evidence_signal *
link_now(void)
{
	kernel_evidence_add_link(kernel, config->watches[0], NOW, &evidence,
	    &link_ifindex);
	return (&evidence.signals[EVIDENCE_CARRIER]);
}

static const struct evidence_signal *
look(enum evidence_number number)
{
	kernel_evidence_add(kernel, config->watches[0], FAKE_IFINDEX, true,
	    NOW, &engine, &evidence);
	return (&evidence.signals[number]);
}

/* The signal of the port at a raise, which must not wait for all sockets. */
static const struct evidence_signal *
port_at_raise(void)
{
	kernel_evidence_add(kernel, config->watches[0], FAKE_IFINDEX, false,
	    NOW, &engine, &evidence);
	return (&evidence.signals[EVIDENCE_LOCAL_PORT_OPEN]);
}

static void
set_neighbour(unsigned i, uint8_t octet, uint16_t state, double confirmed)
{
	fake.neighbours[i] = (struct fake_neighbour){
		.address = host(octet), .state = state, .mac = octet,
		.confirmed = TICKS(confirmed),
	};
}

static void
assert_state(const struct evidence_signal *s, enum evidence_state state,
    unsigned code)
{
	assert_int_equal(s->state, state);
	assert_int_equal(s->code, code);
}

/* ---- the interface */

static void
interface(void **state)
{
	(void)state;
	assert_state(link_now(), EVIDENCE_PRESENT, EVIDENCE_CARRIER_UP);
	assert_int_equal(link_now()->count, 0);
	assert_int_equal(link_ifindex, FAKE_IFINDEX);
	fake.flags = IFF_UP;
	assert_state(link_now(), EVIDENCE_ABSENT, EVIDENCE_CARRIER_LOST);
	fake.flags = 0;
	assert_state(link_now(), EVIDENCE_ABSENT, EVIDENCE_CARRIER_DISABLED);
	fake.missing = true;
	assert_state(link_now(), EVIDENCE_ABSENT, EVIDENCE_CARRIER_REMOVED);
	assert_int_equal(link_ifindex, 0);
}

static void
change(uint16_t type, int ifindex, unsigned flags, uint8_t family, int64_t at)
{
	fake.length = 0;
	fake_link(type, ifindex, flags, family);
	kernel_evidence_changes(kernel, (struct wall_time){ at });
}

static void
losses(void **state)
{
	(void)state;
	change(RTM_NEWLINK, FAKE_IFINDEX, IFF_UP | IFF_RUNNING, AF_UNSPEC, 1);
	assert_int_equal(link_now()->count, 0);
	change(RTM_NEWLINK, FAKE_IFINDEX, IFF_UP, AF_UNSPEC, 2);
	change(RTM_NEWLINK, FAKE_IFINDEX, 0, AF_UNSPEC, 3);
	change(RTM_NEWLINK, FAKE_IFINDEX, IFF_UP | IFF_RUNNING, AF_UNSPEC, 4);
	assert_state(link_now(), EVIDENCE_PRESENT, EVIDENCE_CARRIER_UP);
	assert_int_equal(link_now()->count, 1);
	assert_int_equal(link_now()->at.ns, 2);
	/* It leaves a bridge, and another one has no carrier. */
	change(RTM_DELLINK, FAKE_IFINDEX, IFF_UP, AF_BRIDGE, 5);
	change(RTM_NEWLINK, FAKE_IFINDEX + 1, IFF_UP, AF_UNSPEC, 6);
	/* Another process can send messages, too. */
	fake.foreign = true;
	change(RTM_NEWLINK, FAKE_IFINDEX, IFF_UP, AF_UNSPEC, 7);
	fake.foreign = false;
	assert_int_equal(link_now()->count, 1);
	change(RTM_DELLINK, FAKE_IFINDEX, IFF_UP | IFF_RUNNING, AF_UNSPEC, 8);
	assert_int_equal(link_now()->count, 2);
	assert_int_equal(link_now()->at.ns, 8);
}

/* Those of containers that were removed make room for others. */
static void
many_interfaces(void **state)
{
	int	 i;

	(void)state;
	for (i = 1000; i < 3000; i++) {
		change(RTM_NEWLINK, i, IFF_UP | IFF_RUNNING, AF_UNSPEC, i);
		change(RTM_DELLINK, i, 0, AF_UNSPEC, i);
	}
	change(RTM_NEWLINK, FAKE_IFINDEX, IFF_UP, AF_UNSPEC, 5000);
	assert_int_equal(link_now()->count, 1);
	/* Too many at once are not counted. */
	for (i = 1000; i < 3000; i++)
		change(RTM_NEWLINK, i, IFF_UP, AF_UNSPEC, i);
	assert_int_equal(link_now()->count, 1);
}

static void
incomplete_change(void **state)
{
	struct nlmsghdr	*m = (void *)fake.datagram;

	(void)state;
	fake_link(RTM_NEWLINK, FAKE_IFINDEX, IFF_UP, AF_UNSPEC);
	m->nlmsg_len -= 4;
	kernel_evidence_changes(kernel, NOW);
	assert_int_equal(link_now()->count, 0);
}

/* ---- answers that were prepared */

static const struct evidence_signal *
look_at(enum evidence_number number, struct wall_time at)
{
	memset(evidence.signals, 0, sizeof(evidence.signals));
	kernel_evidence_add_link(kernel, config->watches[0], at, &evidence,
	    &link_ifindex);
	kernel_evidence_add(kernel, config->watches[0], FAKE_IFINDEX, false,
	    at, &engine, &evidence);
	return (&evidence.signals[number]);
}

/* Prepares answers at NOW; then the neighbour fails and the carrier is lost. */
static void
prepare_then_change(void)
{
	fake.flags = IFF_UP | IFF_RUNNING;
	set_neighbour(0, PEER, NUD_REACHABLE, 30);
	kernel_evidence_prepare(kernel, config->watches[0], PREPARED, NOW);
	set_neighbour(0, PEER, NUD_FAILED, 0);
	fake.flags = IFF_UP;
}

static void
assert_prepared(bool prepared)
{
	assert_int_equal(look_at(EVIDENCE_CARRIER, NOW)->code, prepared ?
	    EVIDENCE_CARRIER_UP : EVIDENCE_CARRIER_LOST);
	assert_int_equal(look_at(EVIDENCE_ARP_UNANSWERED, NOW)->state,
	    prepared ? EVIDENCE_ABSENT : EVIDENCE_PRESENT);
}

static void
prepared_answers(void **state)
{
	const struct mono_time	 end = mono_add(PREPARED,
				    KERNEL_EVIDENCE_PREPARED_NS);
	unsigned		 calls;

	(void)state;
	prepare_then_change();
	kernel_evidence_expire(kernel, mono_add(end, -1));
	assert_prepared(true);
	/* Only the changes of interfaces, and the owner of the floating IP. */
	calls = fake.calls;
	(void)look_at(EVIDENCE_CARRIER, NOW);
	assert_int_equal(fake.calls - calls, 3);
	kernel_evidence_expire(kernel, end);
	assert_prepared(false);
	prepare_then_change();
	change(RTM_NEWLINK, FAKE_IFINDEX, IFF_UP, AF_UNSPEC, 1);
	assert_prepared(false);
	prepare_then_change();
	kernel_evidence_expire(kernel, MONO_NEVER);
	assert_prepared(false);
}

/* The age of a confirmation is that at the time of the answer. */
static void
prepared_confirmation(void **state)
{
	(void)state;
	evidence.last = wall_add(NOW, -30 * NSEC_PER_SEC);
	set_neighbour(0, PEER, NUD_REACHABLE, 30);
	kernel_evidence_prepare(kernel, config->watches[0], PREPARED, NOW);
	assert_int_equal(look_at(EVIDENCE_ARP_UNANSWERED, wall_add(NOW,
	    5 * NSEC_PER_MSEC))->state, 0);
}

/* ---- the neighbour */

static void
neighbour(void **state)
{
	const struct evidence_signal	*s;

	(void)state;
	assert_int_equal(look(EVIDENCE_ARP_UNANSWERED)->state, 0);
	/* It was confirmed after the last heartbeat, and before it. */
	set_neighbour(0, PEER, NUD_REACHABLE, 30);
	s = look(EVIDENCE_ARP_UNANSWERED);
	assert_state(s, EVIDENCE_ABSENT, EVIDENCE_UNANSWERED_KERNEL);
	assert_int_equal(s->at.ns, NOW.ns - 30 * NSEC_PER_SEC);
	assert_int_equal(s->mac.octets[5], PEER);
	memset(&evidence.signals, 0, sizeof(evidence.signals));
	set_neighbour(0, PEER, NUD_REACHABLE, 101);
	assert_int_equal(look(EVIDENCE_ARP_UNANSWERED)->state, 0);
	set_neighbour(0, PEER, NUD_STALE, 30);
	assert_int_equal(look(EVIDENCE_ARP_UNANSWERED)->state, 0);
	set_neighbour(0, PEER, NUD_INCOMPLETE, 0);
	s = look(EVIDENCE_ARP_UNANSWERED);
	assert_state(s, EVIDENCE_PRESENT, EVIDENCE_UNANSWERED_KERNEL);
	assert_int_equal(s->at.ns, NOW.ns);
	assert_true(addr_equal(&s->address, &evidence.signals[
	    EVIDENCE_ARP_UNANSWERED].address));
	assert_int_equal(evidence.flags, 0);
}

/* The peer answers again, and fails again. */
static void
neighbour_changes(void **state)
{
	const struct evidence_signal	*s;

	(void)state;
	set_neighbour(0, PEER, NUD_FAILED, 0);
	assert_int_equal(look(EVIDENCE_ARP_UNANSWERED)->state,
	    EVIDENCE_PRESENT);
	/* The entry expires: nothing new is known. */
	fake.neighbours[0].state = 0;
	assert_int_equal(look(EVIDENCE_ARP_UNANSWERED)->state,
	    EVIDENCE_PRESENT);
	set_neighbour(0, PEER, NUD_REACHABLE, 1);
	s = look(EVIDENCE_ARP_UNANSWERED);
	assert_state(s, EVIDENCE_ABSENT, EVIDENCE_UNANSWERED_KERNEL);
	assert_int_equal(s->mac.octets[5], PEER);
	set_neighbour(0, PEER, NUD_FAILED, 0);
	s = look(EVIDENCE_ARP_UNANSWERED);
	assert_int_equal(s->state, EVIDENCE_PRESENT);
	assert_int_equal(s->mac.octets[5], 0);
	/* Frames on the wire decide before the kernel. */
	evidence.signals[EVIDENCE_ARP_UNANSWERED].code =
	    EVIDENCE_UNANSWERED_FRAMES;
	set_neighbour(0, PEER, NUD_REACHABLE, 1);
	assert_state(look(EVIDENCE_ARP_UNANSWERED), EVIDENCE_PRESENT,
	    EVIDENCE_UNANSWERED_FRAMES);
}

static void
routes(void **state)
{
	(void)state;
	set_neighbour(0, PEER, NUD_FAILED, 0);
	fake.no_route = true;
	assert_int_equal(look(EVIDENCE_ARP_UNANSWERED)->state, 0);
	fake.no_route = false;
	fake.local = true;
	assert_int_equal(look(EVIDENCE_ARP_UNANSWERED)->state, 0);
	fake.local = false;
	/* The neighbour is the router. */
	fake.gateway = host(ROUTER);
	assert_int_equal(look(EVIDENCE_ARP_UNANSWERED)->state, 0);
	assert_int_equal(evidence.flags, EVIDENCE_ROUTED);
	set_neighbour(1, ROUTER, NUD_FAILED, 0);
	assert_int_equal(look(EVIDENCE_ARP_UNANSWERED)->address.octets[3],
	    ROUTER);
}

/* No answer, or that of another process: all signals stay unknown. */
static void
no_answers(void **state)
{
	unsigned	 i;

	(void)state;
	set_neighbour(0, PEER, NUD_FAILED, 0);
	fake.sockets[fake.nsockets++] = (struct fake_socket){
		AF_INET, IPPROTO_UDP, 20053, 0, { 0 },
	};
	for (i = 0; i < 2; i++) {
		fake.broken = i == 0;
		fake.foreign = i == 1;
		(void)look(EVIDENCE_CARRIER);
		assert_int_equal(evidence.signals[
		    EVIDENCE_ARP_UNANSWERED].state, 0);
		assert_int_equal(evidence.signals[
		    EVIDENCE_LOCAL_PORT_OPEN].state, 0);
		assert_int_equal(evidence.signals[
		    EVIDENCE_FLOATING_IP_OWNER].state, 0);
	}
}

/* ---- the port */

static void
open_port(void **state)
{
	(void)state;
	/* It was never open: this host may only observe the nodes. */
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state, 0);
	fake.sockets[0] = (struct fake_socket){
		AF_INET6, IPPROTO_UDP, 20053, 0, { 0 },
	};
	fake.nsockets = 1;
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state,
	    EVIDENCE_PRESENT);
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->port, 20053);
	fake.nsockets = 0;
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state,
	    EVIDENCE_ABSENT);
	fake.nsockets = 1;
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state,
	    EVIDENCE_PRESENT);
	/* The process ends after the raise, so it is not the cause. */
	evidence.raised = evidence.signals[EVIDENCE_LOCAL_PORT_OPEN].at;
	fake.nsockets = 0;
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state,
	    EVIDENCE_PRESENT);
}

static void
recorded_port(void **state)
{
	(void)state;
	fake.sockets[0] = (struct fake_socket){
		AF_INET, IPPROTO_UDP, 20053, 0, { 0 },
	};
	fake.nsockets = 1;
	kernel_evidence_record_ports(kernel);
	fake.nsockets = 0;
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state,
	    EVIDENCE_ABSENT);
}

static void
port_at_a_raise(void **state)
{
	(void)state;
	assert_int_equal(port_at_raise()->state, 0);
	fake.sockets[0] = (struct fake_socket){
		AF_INET6, IPPROTO_UDP, 20053, 0, { 0 },
	};
	fake.nsockets = 1;
	assert_int_equal(port_at_raise()->state, EVIDENCE_PRESENT);
	assert_int_equal(fake.dumps, 0);
	/* It may be connected now, from another port. */
	fake.sockets[0] = (struct fake_socket){
		AF_INET, IPPROTO_UDP, 40000, 20053, { 192, 0, 2, PEER },
	};
	assert_int_equal(port_at_raise()->state, EVIDENCE_PRESENT);
	assert_true(fake.dumps > 0);
	fake.nsockets = 0;
	assert_int_equal(port_at_raise()->state, EVIDENCE_ABSENT);
}

/* To find the connections of TCP takes the kernel too long for a raise. */
static void
connections_at_a_raise(void **state)
{
	(void)state;
	end(NULL);
	assert_int_equal(begin_with("tcp 20053"), 0);
	fake.sockets[0] = (struct fake_socket){
		AF_INET, IPPROTO_TCP, 20053, 0, { 0 },
	};
	fake.nsockets = 1;
	assert_int_equal(port_at_raise()->state, EVIDENCE_PRESENT);
	evidence.signals[EVIDENCE_LOCAL_PORT_OPEN].state = 0;
	fake.nsockets = 0;
	assert_int_equal(port_at_raise()->state, 0);
	assert_int_equal(fake.dumps, 0);
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state,
	    EVIDENCE_ABSENT);
}

/* A connection to the port of the peer, which must be that of the watch. */
static void
connections(void **state)
{
	(void)state;
	end(NULL);
	assert_int_equal(begin_with("tcp 20053"), 0);
	fake.sockets[0] = (struct fake_socket){
		AF_INET, IPPROTO_TCP, 40000, 20053, { 192, 0, 2, 13 },
	};
	fake.nsockets = 1;
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state, 0);
	fake.sockets[0].peer[3] = PEER;
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state,
	    EVIDENCE_PRESENT);
	/* A socket of IPv6 that is connected to an address of IPv4. */
	fake.sockets[0] = (struct fake_socket){
		AF_INET6, IPPROTO_TCP, 40000, 20053,
		{ [10] = 0xff, 0xff, 192, 0, 2, PEER },
	};
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state,
	    EVIDENCE_PRESENT);
	/* Between two attempts to connect it has none. */
	fake.sockets[0].transport = IPPROTO_UDP;
	assert_int_equal(look(EVIDENCE_LOCAL_PORT_OPEN)->state,
	    EVIDENCE_UNKNOWN);
}

/* Each call delays the raise. */
static void
calls_at_a_raise(void **state)
{
	unsigned	 i;

	(void)state;
	set_neighbour(0, PEER, NUD_FAILED, 0);
	for (i = 0; i < 2; i++) {
		fake.calls = 0;
		(void)link_now();
		/* The changes, and twice the interface. */
		assert_int_equal(fake.calls, 3);
		(void)port_at_raise();
		/* The route, the neighbour, the port and the floating IP. */
		assert_int_equal(fake.calls, 3 + 4 * 2);
	}
}

/* ---- the floating IP */

static void
fits(void **state)
{
	const struct evidence_signal	*s;

	(void)state;
	assert_int_equal(look(EVIDENCE_FLOATING_IP_FITS)->state, 0);
	fake.own = "192.0.2.11";
	fake.mask = "255.255.255.0";
	s = look(EVIDENCE_FLOATING_IP_FITS);
	assert_int_equal(s->state, EVIDENCE_PRESENT);
	assert_int_equal(s->address.octets[3], FLOAT);
	fake.mask = "255.255.255.192";
	assert_int_equal(look(EVIDENCE_FLOATING_IP_FITS)->state,
	    EVIDENCE_ABSENT);
}

static void
assert_owner(enum evidence_owner owner, enum evidence_state state)
{
	const struct evidence_signal	*s;

	s = look(EVIDENCE_FLOATING_IP_OWNER);
	assert_int_equal(s->state, state);
	if (state != EVIDENCE_UNKNOWN)
		assert_int_equal(s->code, owner);
}

/* The kernel knows it better later. */
static void
owner_by_kernel(void **state)
{
	(void)state;
	set_neighbour(0, PEER, NUD_REACHABLE, 1);
	set_neighbour(1, FLOAT, NUD_FAILED, 0);
	assert_owner(EVIDENCE_OWNER_NOBODY, EVIDENCE_ABSENT);
	set_neighbour(1, FLOAT, NUD_REACHABLE, 1);
	assert_owner(EVIDENCE_OWNER_ELSEWHERE, EVIDENCE_PRESENT);
	fake.neighbours[1].mac = PEER;
	assert_owner(EVIDENCE_OWNER_PEER, EVIDENCE_PRESENT);
	/* It moves to this host, and away again. */
	fake.other = "192.0.2.100";
	assert_owner(EVIDENCE_OWNER_HERE, EVIDENCE_PRESENT);
	fake.other = NULL;
	fake.neighbours[1].state = 0;
	assert_owner(EVIDENCE_OWNER_UNKNOWN, EVIDENCE_UNKNOWN);
}

static void
owner_by_frames(void **state)
{
	struct evidence_signal	*s =
	    &engine.signals[EVIDENCE_FLOATING_IP_OWNER];

	(void)state;
	s->state = EVIDENCE_PRESENT;
	s->code = EVIDENCE_OWNER_PEER;
	evidence.signals[EVIDENCE_FLOATING_IP_OWNER] = *s;
	set_neighbour(1, FLOAT, NUD_FAILED, 0);
	assert_owner(EVIDENCE_OWNER_PEER, EVIDENCE_PRESENT);
	fake.other = "192.0.2.100";
	assert_owner(EVIDENCE_OWNER_BOTH, EVIDENCE_PRESENT);
	fake.other = NULL;
	assert_owner(EVIDENCE_OWNER_PEER, EVIDENCE_PRESENT);
	s->code = EVIDENCE_OWNER_HERE;
	fake.other = "192.0.2.100";
	assert_owner(EVIDENCE_OWNER_HERE, EVIDENCE_PRESENT);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(interface),
		TEST(losses),
		TEST(prepared_answers),
		TEST(prepared_confirmation),
		TEST(many_interfaces),
		TEST(incomplete_change),
		TEST(neighbour),
		TEST(neighbour_changes),
		TEST(routes),
		TEST(no_answers),
		TEST(open_port),
		TEST(recorded_port),
		TEST(port_at_a_raise),
		TEST(connections_at_a_raise),
		TEST(connections),
		TEST(calls_at_a_raise),
		TEST(fits),
		TEST(owner_by_kernel),
		TEST(owner_by_frames),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
