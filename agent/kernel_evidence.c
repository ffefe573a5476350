/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/rtnetlink.h>

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mono.h"
#include "engine/link.h"
#include "kernel_evidence.h"
#include "local_ports.h"
#include "netlink.h"

/* Interfaces whose carrier is counted; further ones are not. */
#define LINKS		256

/* An interface that lost its carrier, or has lost it now. */
struct carrier {
	int		 ifindex;	/* 0: free */
	bool		 down;
	bool		 removed;	/* the interface was */
	uint32_t	 losses;
	struct wall_time lost;		/* the last time */
};

struct link {
	uint32_t	 ifindex;	/* 0: the interface is missing */
	uint8_t		 code;		/* EVIDENCE_CARRIER_… */
};

struct route {
	uint32_t	 ifindex;
	struct addr	 gateway;	/* ADDR_NONE: on the link */
	struct addr	 source;	/* of this host; ADDR_NONE: unknown */
	bool		 local;		/* an address of this host */
};

struct neighbour {
	uint16_t	 state;		/* NUD_…; 0: there is no entry */
	bool		 has_mac;
	struct mac	 mac;
	int64_t		 confirmed_ns;	/* ago; -1: unknown */
};

/* The addresses of this host, compared with a floating IP. */
struct own_subnets {
	bool	 known;
	bool	 here;		/* the address is one of this host */
	bool	 any;		/* the interface has an address */
	bool	 fits;		/* the address is in one of its subnets */
};

/* What the kernel knows of the peer of a watch and of its floating IP. */
struct peer_answers {
	bool		 on_link;	/* the route is that of the interface */
	struct route	 route;
	struct addr	 hop;		/* the peer or a router */
	struct neighbour neighbour;	/* of that address; state 0: unknown */
	bool		 receiver;	/* see local_ports_has_receiver */
	struct own_subnets own;
	struct wall_time at;		/* of the answers */
};

/* See kernel_evidence_prepare. */
struct prepared {
	const struct configuration_watch *watch;	/* NULL: nothing */
	struct mono_time at;
	struct link	 link;
	struct peer_answers peer;
};

struct kernel_evidence {
	struct netlink_socket route;	/* NETLINK_ROUTE */
	int		 link;		/* see link_open */
	int		 monitor;	/* see link_monitor_open */
	struct carrier	 carriers[LINKS];
	struct local_ports ports;
	struct prepared	 prepared;
};

struct kernel_evidence *
kernel_evidence_new(void)
{
	struct kernel_evidence	*k = calloc(1, sizeof(*k));

	if (k == NULL)
		return (NULL);
	(void)netlink_open(&k->route, NETLINK_ROUTE);
	local_ports_init(&k->ports);
	k->link = link_open();
	k->monitor = link_monitor_open();
	if (k->route.descriptor >= 0 && k->link >= 0 && k->monitor >= 0)
		return (k);
	kernel_evidence_free(k);
	return (NULL);
}

void
kernel_evidence_free(struct kernel_evidence *k)
{
	if (k == NULL)
		return;
	netlink_close(&k->route);
	local_ports_free(&k->ports);
	close(k->link);
	close(k->monitor);
	free(k);
}

static struct evidence_signal *
set_signal(struct evidence *e, enum evidence_number number,
    enum evidence_state state, uint8_t code)
{
	struct evidence_signal	*s = &e->signals[number];

	s->state = (uint8_t)state;
	s->code = code;
	return (s);
}

/* ---- the interface */

int
kernel_evidence_monitor(const struct kernel_evidence *k)
{
	return (k->monitor);
}

/* The entry of an interface, or a free one; NULL: too many interfaces. */
static struct carrier *
find_carrier(struct kernel_evidence *k, int ifindex)
{
	struct carrier	*c = k->carriers, *end = c + LINKS;

	while (c < end && c->ifindex != 0 && c->ifindex != ifindex)
		c++;
	return (c == end ? NULL : c);
}

/*
 * Empties the entry of an interface that was removed, because containers may
 * make and remove any number of them.  NULL: there is none.
 */
static struct carrier *
reuse_carrier(struct kernel_evidence *k)
{
	struct carrier	*c = k->carriers, *end = c + LINKS;

	while (c < end && !c->removed)
		c++;
	if (c == end)
		return (NULL);
	*c = (struct carrier){ .ifindex = 0 };
	return (c);
}

struct link_changes {
	struct kernel_evidence	*kernel;
	struct wall_time	 now;
};

/* A netlink_take. */
static bool
take_link(void *arg, const struct nlmsghdr *m)
{
	const struct link_changes	*changes = arg;
	const struct ifinfomsg		*link = NLMSG_DATA(m);
	struct carrier			*c;
	bool				 down;

	/* Those of AF_BRIDGE also arrive when a port leaves its bridge. */
	if (m->nlmsg_len < NLMSG_LENGTH(sizeof(*link)) ||
	    (m->nlmsg_type != RTM_NEWLINK && m->nlmsg_type != RTM_DELLINK) ||
	    link->ifi_family != AF_UNSPEC)
		return (true);
	c = find_carrier(changes->kernel, link->ifi_index);
	if (c == NULL)
		c = reuse_carrier(changes->kernel);
	if (c == NULL)
		return (true);
	c->removed = m->nlmsg_type == RTM_DELLINK;
	down = c->removed || (link->ifi_flags & IFF_RUNNING) == 0;
	c->ifindex = link->ifi_index;
	if (down && !c->down) {
		c->losses++;
		c->lost = changes->now;
	}
	c->down = down;
	return (true);
}

void
kernel_evidence_changes(struct kernel_evidence *k, struct wall_time now)
{
	static _Alignas(struct nlmsghdr) uint8_t	 buffer[32 * 1024];
	struct link_changes	 changes = { k, now };
	struct sockaddr_nl	 from;
	socklen_t		 from_size;
	ssize_t			 n;

	for (;;) {
		from_size = sizeof(from);
		n = recvfrom(k->monitor, buffer, sizeof(buffer), MSG_DONTWAIT,
		    (struct sockaddr *)&from, &from_size);
		if (n < 0 && errno == EAGAIN)
			return;
		k->prepared.watch = NULL;
		if (n < 0) {
			/* After ENOBUFS, which means lost messages too. */
			(void)link_monitor_drain(k->monitor);
			return;
		}
		if (from.nl_pid == 0)
			netlink_each_message(buffer, (size_t)n, take_link,
			    &changes);
	}
}

static struct link
read_link(const struct kernel_evidence *k, const char *interface)
{
	struct ifreq	 request = { .ifr_name = "" };
	struct link	 link = { 0, EVIDENCE_CARRIER_REMOVED };
	const short	 up = IFF_UP | IFF_RUNNING;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(k->link, SIOCGIFFLAGS, &request) != 0)
		return (link);
	if ((request.ifr_flags & up) == up)
		link.code = EVIDENCE_CARRIER_UP;
	else
		link.code = (request.ifr_flags & IFF_UP) == 0 ?
		    EVIDENCE_CARRIER_DISABLED : EVIDENCE_CARRIER_LOST;
	if (ioctl(k->link, SIOCGIFINDEX, &request) == 0)
		link.ifindex = (uint32_t)request.ifr_ifindex;
	return (link);
}

/* True if the answers for this watch may be used instead of new ones. */
static bool
is_prepared(const struct kernel_evidence *k,
    const struct configuration_watch *w)
{
	return (k->prepared.watch == w);
}

bool
kernel_evidence_add_link(struct kernel_evidence *k,
    const struct configuration_watch *w, struct wall_time now,
    struct evidence *e, uint32_t *ifindex)
{
	const char		*interface = w->profile->interface;
	struct evidence_signal	*s;
	const struct carrier	*c;
	struct link		 link;

	*ifindex = 0;
	if (strcmp(interface, "any") == 0)
		return (false);
	kernel_evidence_changes(k, now);
	link = is_prepared(k, w) ? k->prepared.link :
	    read_link(k, interface);
	s = set_signal(e, EVIDENCE_CARRIER, link.code == EVIDENCE_CARRIER_UP ?
	    EVIDENCE_PRESENT : EVIDENCE_ABSENT, link.code);
	s->at = now;
	if (link.code == EVIDENCE_CARRIER_REMOVED)
		return (true);
	s->count = 0;
	if (link.ifindex == 0)
		return (true);
	*ifindex = link.ifindex;
	c = find_carrier(k, (int)link.ifindex);
	if (c != NULL && c->ifindex != 0) {
		s->count = c->losses;
		if (c->losses > 0)
			s->at = c->lost;
	}
	return (true);
}

/* ---- routes and neighbours */

static uint8_t
family_of(const struct addr *a)
{
	return (a->family == ADDR_IPV6 ? AF_INET6 : AF_INET);
}

static bool
take_route(void *arg, const struct nlmsghdr *m)
{
	struct route		*route = arg;
	const struct rtmsg	*r = NLMSG_DATA(m);
	const uint32_t		*ifindex;
	const uint8_t		*gateway, *source;
	bool			 six = r->rtm_family == AF_INET6;

	route->local = r->rtm_type == RTN_LOCAL;
	ifindex = netlink_attribute(m, sizeof(*r), RTA_OIF, sizeof(*ifindex));
	if (ifindex != NULL)
		memcpy(&route->ifindex, ifindex, sizeof(*ifindex));
	gateway = netlink_attribute(m, sizeof(*r), RTA_GATEWAY, six ? 16 : 4);
	if (gateway != NULL)
		addr_set(&route->gateway, six ? ADDR_IPV6 : ADDR_IPV4,
		    gateway);
	source = netlink_attribute(m, sizeof(*r), RTA_PREFSRC, six ? 16 : 4);
	if (source != NULL)
		addr_set(&route->source, six ? ADDR_IPV6 : ADDR_IPV4, source);
	return (false);
}

/* How this host sends to an address; false if that is unknown. */
static bool
find_route(struct kernel_evidence *k, const struct addr *to, uint32_t ifindex,
    struct route *route)
{
	struct netlink_request	 request;
	struct rtmsg		*r;

	*route = (struct route){ .ifindex = 0 };
	r = netlink_begin(&request, RTM_GETROUTE, 0, sizeof(*r));
	r->rtm_family = family_of(to);
	r->rtm_dst_len = (uint8_t)(8 * addr_length(to));
	netlink_add(&request, RTA_DST, to->octets, addr_length(to));
	/* A link-local address is on a link, and not in the main table. */
	if (to->family == ADDR_IPV6 && to->octets[0] == 0xfe &&
	    (to->octets[1] & 0xc0) == 0x80)
		netlink_add(&request, RTA_OIF, &ifindex, sizeof(ifindex));
	return (netlink_exchange(&k->route, &request, sizeof(*r), take_route,
	    route) == NETLINK_ANSWERED);
}

static bool
take_neighbour(void *arg, const struct nlmsghdr *m)
{
	struct neighbour		*n = arg;
	const struct ndmsg		*entry = NLMSG_DATA(m);
	struct nda_cacheinfo		 info;
	const void			*value;
	long				 hertz = sysconf(_SC_CLK_TCK);

	n->state = entry->ndm_state;
	value = netlink_attribute(m, sizeof(*entry), NDA_LLADDR, MAC_LENGTH);
	n->has_mac = value != NULL;
	if (value != NULL)
		memcpy(n->mac.octets, value, MAC_LENGTH);
	value = netlink_attribute(m, sizeof(*entry), NDA_CACHEINFO,
	    sizeof(info));
	if (value != NULL && hertz > 0) {
		memcpy(&info, value, sizeof(info));
		n->confirmed_ns = (int64_t)info.ndm_confirmed *
		    (NSEC_PER_SEC / hertz);
	}
	return (false);
}

/* False when it is unknown whether there is an entry. */
static bool
find_neighbour(struct kernel_evidence *k, const struct addr *a,
    uint32_t ifindex, struct neighbour *n)
{
	struct netlink_request	 request;
	struct ndmsg		*entry;
	enum netlink_result	 result;

	*n = (struct neighbour){ .confirmed_ns = -1 };
	entry = netlink_begin(&request, RTM_GETNEIGH, 0, sizeof(*entry));
	entry->ndm_family = family_of(a);
	entry->ndm_ifindex = (int)ifindex;
	netlink_add(&request, NDA_DST, a->octets, addr_length(a));
	result = netlink_exchange(&k->route, &request, sizeof(*entry),
	    take_neighbour, n);
	return (result != NETLINK_FAILED);
}

/*
 * The neighbour entry of the peer, or of the router to it.  An entry that was
 * confirmed after the last heartbeat shows that the node still answered then.
 */
static void
add_neighbour(const struct peer_answers *peer, struct wall_time now,
    struct evidence *e)
{
	struct evidence_signal	*s = &e->signals[EVIDENCE_ARP_UNANSWERED];
	const struct neighbour	*n = &peer->neighbour;
	struct wall_time	 confirmed;

	if (peer->route.gateway.family != ADDR_NONE)
		e->flags |= EVIDENCE_ROUTED;
	if (n->state == 0)
		return;
	/* Frames show unanswered requests before the entry has failed. */
	if (s->state == EVIDENCE_PRESENT &&
	    s->code != EVIDENCE_UNANSWERED_KERNEL)
		return;
	if ((n->state & (NUD_FAILED | NUD_INCOMPLETE)) != 0) {
		*s = (struct evidence_signal){
			.state = EVIDENCE_PRESENT,
			.code = EVIDENCE_UNANSWERED_KERNEL,
			.at = s->state == EVIDENCE_PRESENT ? s->at : now,
			.address = peer->hop,
		};
		return;
	}
	confirmed = n->confirmed_ns < 0 ? WALL_NEVER :
	    wall_add(peer->at, -n->confirmed_ns);
	if ((n->state & NUD_REACHABLE) == 0 || confirmed.ns <= e->last.ns)
		return;
	s->state = EVIDENCE_ABSENT;
	s->code = EVIDENCE_UNANSWERED_KERNEL;
	s->at = confirmed;
	s->address = peer->hop;
	if (n->has_mac)
		s->mac = n->mac;
}

void
kernel_evidence_record_ports(struct kernel_evidence *k)
{
	local_ports_record(&k->ports);
}

/* ---- the floating IP */

/* True if two addresses of `n` octets are equal under the mask. */
static bool
same_prefix(const uint8_t *a, const uint8_t *b, const uint8_t *mask, size_t n)
{
	size_t	 i = 0;

	while (i < n && ((a[i] ^ b[i]) & mask[i]) == 0)
		i++;
	return (i == n);
}

/* The octets of a socket address of this family; NULL: of another one. */
static const uint8_t *
octets_of(const struct sockaddr *address, uint8_t family)
{
	if (address == NULL || address->sa_family != family)
		return (NULL);
	return ((const uint8_t *)address + (family == AF_INET6 ?
	    offsetof(struct sockaddr_in6, sin6_addr) :
	    offsetof(struct sockaddr_in, sin_addr)));
}

static void
read_subnets(const struct addr *a, const char *interface,
    struct own_subnets *own)
{
	struct ifaddrs	*all, *i;
	const uint8_t	*octets, *mask;
	size_t		 n = addr_length(a);

	*own = (struct own_subnets){ .known = getifaddrs(&all) == 0 };
	if (!own->known)
		return;
	for (i = all; i != NULL; i = i->ifa_next) {
		octets = octets_of(i->ifa_addr, family_of(a));
		mask = octets_of(i->ifa_netmask, family_of(a));
		if (octets == NULL)
			continue;
		if (memcmp(octets, a->octets, n) == 0)
			own->here = true;
		/* The address itself often has a mask of all bits. */
		else if (mask != NULL &&
		    (strcmp(i->ifa_name, interface) == 0 ||
		    strcmp(interface, "any") == 0)) {
			own->any = true;
			own->fits = own->fits ||
			    same_prefix(octets, a->octets, mask, n);
		}
	}
	freeifaddrs(all);
}

/* The owner of the address according to the neighbour entries. */
static enum evidence_owner
neighbour_owner(struct kernel_evidence *k, const struct configuration_watch *w,
    const struct addr *floating, uint32_t ifindex)
{
	struct neighbour	 owner, peer;

	if (ifindex == 0 || !find_neighbour(k, floating, ifindex, &owner))
		return (EVIDENCE_OWNER_UNKNOWN);
	if ((owner.state & NUD_FAILED) != 0)
		return (EVIDENCE_OWNER_NOBODY);
	if (!owner.has_mac || (owner.state & NUD_REACHABLE) == 0 ||
	    w->peer.family == ADDR_NONE ||
	    !find_neighbour(k, &w->peer, ifindex, &peer) || !peer.has_mac)
		return (EVIDENCE_OWNER_UNKNOWN);
	return (memcmp(&owner.mac, &peer.mac, sizeof(peer.mac)) == 0 ?
	    EVIDENCE_OWNER_PEER : EVIDENCE_OWNER_ELSEWHERE);
}

/* The owner, with what frames show of it. */
static enum evidence_owner
owner_of(struct kernel_evidence *k, const struct configuration_watch *w,
    uint32_t ifindex, bool here, const struct evidence_signal *frames)
{
	if (here)
		return (frames->code == EVIDENCE_OWNER_PEER ||
		    frames->code == EVIDENCE_OWNER_BOTH ||
		    frames->code == EVIDENCE_OWNER_ELSEWHERE ?
		    EVIDENCE_OWNER_BOTH : EVIDENCE_OWNER_HERE);
	if (frames->state > EVIDENCE_UNKNOWN)
		return ((enum evidence_owner)frames->code);
	return (neighbour_owner(k, w, &w->profile->floating_ip, ifindex));
}

static void
add_owner(struct kernel_evidence *k, const struct configuration_watch *w,
    uint32_t ifindex, bool here, struct wall_time now,
    const struct evidence_signal *frames, struct evidence_signal *s)
{
	enum evidence_owner	 owner = owner_of(k, w, ifindex, here, frames);

	if (owner == EVIDENCE_OWNER_UNKNOWN) {
		/* Only this host was known to have it. */
		if (s->code == EVIDENCE_OWNER_HERE)
			*s = (struct evidence_signal){
				.state = EVIDENCE_UNKNOWN, .code = owner,
			};
		return;
	}
	if (owner == (enum evidence_owner)frames->code) {
		*s = *frames;
		return;
	}
	s->state = owner == EVIDENCE_OWNER_NOBODY ? EVIDENCE_ABSENT :
	    EVIDENCE_PRESENT;
	s->code = (uint8_t)owner;
	s->at = now;
	s->address = w->profile->floating_ip;
}

static void
add_floating_ip(struct kernel_evidence *k, const struct configuration_watch *w,
    uint32_t ifindex, const struct own_subnets *own, struct wall_time now,
    const struct evidence *engine, struct evidence *e)
{
	const struct addr	*floating = &w->profile->floating_ip;

	if (own->any) {
		set_signal(e, EVIDENCE_FLOATING_IP_FITS, own->fits ?
		    EVIDENCE_PRESENT : EVIDENCE_ABSENT, 0)->address = *floating;
		e->signals[EVIDENCE_FLOATING_IP_FITS].at = now;
	}
	add_owner(k, w, ifindex, own->here, now,
	    &engine->signals[EVIDENCE_FLOATING_IP_OWNER],
	    &e->signals[EVIDENCE_FLOATING_IP_OWNER]);
}

/* ---- all of a watch */

/* `ifindex` is that of its interface, or 0. */
static void
ask(struct kernel_evidence *k, const struct configuration_watch *w,
    uint32_t ifindex, struct wall_time now, struct peer_answers *peer)
{
	const struct configuration_profile	*p = w->profile;

	*peer = (struct peer_answers){ .at = now };
	if (ifindex != 0 && w->peer.family != ADDR_NONE &&
	    !addr_is_multicast(&w->peer) &&
	    find_route(k, &w->peer, ifindex, &peer->route))
		peer->on_link = !peer->route.local &&
		    peer->route.ifindex == ifindex;
	if (peer->on_link) {
		peer->hop = peer->route.gateway.family != ADDR_NONE ?
		    peer->route.gateway : w->peer;
		if (!find_neighbour(k, &peer->hop, ifindex, &peer->neighbour))
			peer->neighbour.state = 0;
	}
	peer->receiver = local_ports_has_receiver(&k->ports, w,
	    &peer->route.source, ifindex);
	if (p->floating_ip.family != ADDR_NONE)
		read_subnets(&p->floating_ip, p->interface, &peer->own);
}

void
kernel_evidence_prepare(struct kernel_evidence *k,
    const struct configuration_watch *w, struct mono_time at,
    struct wall_time now)
{
	struct prepared	*p = &k->prepared;

	kernel_evidence_changes(k, now);
	p->link = (struct link){ .ifindex = 0 };
	if (strcmp(w->profile->interface, "any") != 0)
		p->link = read_link(k, w->profile->interface);
	ask(k, w, p->link.ifindex, now, &p->peer);
	p->at = at;
	p->watch = w;
}

void
kernel_evidence_expire(struct kernel_evidence *k, struct mono_time now)
{
	if (mono_sub(now, k->prepared.at) >= KERNEL_EVIDENCE_PREPARED_NS)
		k->prepared.watch = NULL;
}

void
kernel_evidence_add(struct kernel_evidence *k,
    const struct configuration_watch *w, uint32_t ifindex, bool all,
    struct wall_time now, const struct evidence *engine, struct evidence *e)
{
	struct peer_answers	 peer;

	if (is_prepared(k, w) && k->prepared.link.ifindex == ifindex)
		peer = k->prepared.peer;
	else
		ask(k, w, ifindex, now, &peer);
	if (peer.on_link)
		add_neighbour(&peer, now, e);
	local_ports_add_evidence(&k->ports, w, peer.receiver, all, now, e);
	if (peer.own.known)
		add_floating_ip(k, w, ifindex, &peer.own, now, engine, e);
}
