/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include <arpa/inet.h>
#include <string.h>

#include "local_ports.h"

/* TCP states of linux/tcp_states.h, as bits; UDP sockets have others. */
#define STATE_ESTABLISHED	(1U << 1)
#define STATE_SYN_SENT		(1U << 2)
#define STATE_CLOSE_WAIT	(1U << 8)
#define STATE_LISTEN		(1U << 10)

void
local_ports_init(struct local_ports *p)
{
	memset(p, 0, sizeof(*p));
	(void)netlink_open(&p->diag, NETLINK_SOCK_DIAG);
}

void
local_ports_free(struct local_ports *p)
{
	netlink_close(&p->diag);
}

/* ---- requests */

struct port_search {
	uint16_t		 port;
	const struct addr	*peer;
	bool			 open;
	bool			 serves;	/* it is the own port */
};

static bool
take_socket(void *arg, const struct nlmsghdr *m)
{
	struct port_search		*search = arg;
	const struct inet_diag_msg	*d = NLMSG_DATA(m);
	const struct addr		*peer = search->peer;
	uint8_t				 mapped[16] = { [10] = 0xff, 0xff };

	if (ntohs(d->id.idiag_sport) == search->port) {
		search->open = search->serves = true;
	} else if (ntohs(d->id.idiag_dport) == search->port) {
		memcpy(mapped + 12, peer->octets, 4);
		search->open = d->idiag_family == AF_INET ?
		    peer->family == ADDR_IPV4 && memcmp(d->id.idiag_dst,
		    peer->octets, 4) == 0 : memcmp(d->id.idiag_dst,
		    peer->family == ADDR_IPV6 ? peer->octets : mapped, 16) == 0;
	}
	return (!search->open);
}

static bool
mark_port(void *arg, const struct nlmsghdr *m)
{
	const struct inet_diag_msg	*d = NLMSG_DATA(m);
	uint8_t				*ports = arg;
	uint16_t			 port = ntohs(d->id.idiag_sport);

	ports[port / 8] |= (uint8_t)(1U << port % 8);
	return (true);
}

/* Accepts sockets of which either port is `port`; see inet_diag.h. */
static void
add_port_filter(struct netlink_request *r, uint16_t port)
{
	const struct inet_diag_bc_op	 filter[] = {
		{ INET_DIAG_BC_S_GE, 8, 20 }, { .no = port },
		{ INET_DIAG_BC_S_LE, 8, 12 }, { .no = port },
		/* Accepted: to the end. */
		{ INET_DIAG_BC_JMP, 4, 20 },
		{ INET_DIAG_BC_D_GE, 8, 20 }, { .no = port },
		{ INET_DIAG_BC_D_LE, 8, 12 }, { .no = port },
	};

	netlink_add(r, INET_DIAG_REQ_BYTECODE, filter, sizeof(filter));
}

/* Passes the sockets of a transport; with port 0 those of all ports. */
static bool
each_socket(struct local_ports *p, int family, uint8_t transport,
    uint32_t states, uint16_t port, netlink_take *take, void *arg)
{
	struct netlink_request		 request;
	struct inet_diag_req_v2		*r;

	if (p->diag.descriptor < 0)
		return (false);
	r = netlink_begin(&request, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP,
	    sizeof(*r));
	r->sdiag_family = (uint8_t)family;
	r->sdiag_protocol = transport;
	r->idiag_states = states;
	if (port != 0)
		add_port_filter(&request, port);
	return (netlink_exchange(&p->diag, &request,
	    sizeof(struct inet_diag_msg), take, arg) == NETLINK_ANSWERED);
}

void
local_ports_record(struct local_ports *p)
{
	static const int	 families[] = { AF_INET, AF_INET6 };
	size_t			 i;

	for (i = 0; i < 2; i++) {
		(void)each_socket(p, families[i], IPPROTO_UDP, UINT32_MAX, 0,
		    mark_port, p->udp);
		(void)each_socket(p, families[i], IPPROTO_TCP, STATE_LISTEN, 0,
		    mark_port, p->tcp);
	}
}

/* A netlink_take: there is such a socket. */
static bool
take_receiver(void *arg, const struct nlmsghdr *m)
{
	bool	*found = arg;

	(void)m;
	*found = true;
	return (false);
}

/* The kernel finds it by its hash, so it is faster than each_socket. */
static bool
has_receiver(struct local_ports *p, uint8_t transport, uint16_t port,
    const struct addr *peer, const struct addr *own, uint32_t ifindex)
{
	/* The kernel takes source and destination of UDP the other way. */
	bool				 udp = transport == IPPROTO_UDP;
	const struct addr		*source = udp ? peer : own;
	const struct addr		*target = udp ? own : peer;
	struct netlink_request		 request;
	struct inet_diag_req_v2		*r;
	bool				 found = false;

	if (p->diag.descriptor < 0)
		return (false);
	r = netlink_begin(&request, SOCK_DIAG_BY_FAMILY, 0, sizeof(*r));
	r->sdiag_family = peer->family == ADDR_IPV6 ? AF_INET6 : AF_INET;
	r->sdiag_protocol = transport;
	r->idiag_states = UINT32_MAX;
	r->id.idiag_sport = r->id.idiag_dport = htons(port);
	/* Without an address, it is that of a socket without one. */
	memcpy(r->id.idiag_src, source->octets, addr_length(source));
	memcpy(r->id.idiag_dst, target->octets, addr_length(target));
	r->id.idiag_if = ifindex;
	r->id.idiag_cookie[0] = r->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	(void)netlink_exchange(&p->diag, &request, sizeof(struct inet_diag_msg),
	    take_receiver, &found);
	return (found);
}

/* The port of the heartbeats; 0: they have none. */
static uint16_t
port_of(const struct configuration_watch *w)
{
	const struct protocol	*protocol = w->profile->form.protocol;

	return (protocol == NULL || protocol->argument_name == NULL ||
	    strcmp(protocol->argument_name, "PORT") != 0 ? 0 :
	    (uint16_t)w->profile->form.key);
}

/* Searches all sockets.  False when the answer of the kernel is missing. */
static bool
search_sockets(struct local_ports *p, uint8_t transport,
    struct port_search *search)
{
	uint32_t	 states = transport == IPPROTO_UDP ? UINT32_MAX :
	    STATE_ESTABLISHED | STATE_SYN_SENT | STATE_CLOSE_WAIT |
	    STATE_LISTEN;

	return (each_socket(p, AF_INET, transport, states, search->port,
	    take_socket, search) && (search->open ||
	    each_socket(p, AF_INET6, transport, states, search->port,
	    take_socket, search)));
}

bool
local_ports_has_receiver(struct local_ports *p,
    const struct configuration_watch *w, const struct addr *own,
    uint32_t ifindex)
{
	uint16_t	 port = port_of(w);

	return (port != 0 && has_receiver(p,
	    (uint8_t)w->profile->form.protocol->transport, port, &w->peer, own,
	    ifindex));
}

void
local_ports_add_evidence(struct local_ports *p,
    const struct configuration_watch *w, bool receiver, bool all,
    struct wall_time now, struct evidence *e)
{
	struct port_search	 search = { .port = port_of(w),
				    .peer = &w->peer };
	struct evidence_signal	*s;
	uint8_t			*known, transport, bit;

	if (search.port == 0)
		return;
	transport = (uint8_t)w->profile->form.protocol->transport;
	known = transport == IPPROTO_UDP ? p->udp : p->tcp;
	known += search.port / 8;
	bit = (uint8_t)(1U << search.port % 8);
	search.open = search.serves = receiver;
	if (!search.open && (all || (transport == IPPROTO_UDP &&
	    (*known & bit) != 0)) && !search_sockets(p, transport, &search))
		return;
	if (!search.open && transport != IPPROTO_UDP && !all)
		return;
	if (search.serves)
		*known |= bit;
	s = &e->signals[EVIDENCE_LOCAL_PORT_OPEN];
	/* A client has no socket between two attempts to connect. */
	if (!search.open && (*known & bit) == 0) {
		if (all && s->state == EVIDENCE_PRESENT)
			*s = (struct evidence_signal){
				.state = EVIDENCE_UNKNOWN,
			};
		return;
	}
	/* A process that ended after the raise is not the cause. */
	if (!search.open && s->state == EVIDENCE_PRESENT &&
	    !wall_is_never(e->raised) && wall_sub(s->at, e->raised) >= 0)
		return;
	s->state = search.open ? EVIDENCE_PRESENT : EVIDENCE_ABSENT;
	s->code = 0;
	s->port = search.port;
	s->at = now;
}
