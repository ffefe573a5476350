/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel for tests, with one interface, its neighbours, its addresses and
 * sockets.  It answers netlink requests, ioctl(2) and getifaddrs(3), whose
 * functions the linker must wrap; see Makefile.am.
 */
#ifndef HBW_TEST_FAKE_KERNEL_H
#define HBW_TEST_FAKE_KERNEL_H

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/mac.h"

#define FAKE_INTERFACE	"eth0"
#define FAKE_IFINDEX	7
#define FAKE_NEIGHBOURS	4
#define FAKE_SOCKETS	4

struct fake_neighbour {
	struct addr	 address;
	uint16_t	 state;		/* NUD_… */
	uint8_t		 mac;		/* its last octet; 0: none */
	uint32_t	 confirmed;	/* clock ticks ago */
};

struct fake_socket {
	uint8_t		 family, transport;
	uint16_t	 source, destination;	/* ports */
	uint8_t		 peer[16];
};

static struct {
	bool			 missing;	/* the interface is removed */
	short			 flags;		/* IFF_… */
	bool			 broken;	/* no request is answered */
	bool			 foreign;	/* another process answers */
	bool			 no_route;
	bool			 local;		/* the peer is this host */
	struct addr		 gateway;	/* or ADDR_NONE */
	struct fake_neighbour	 neighbours[FAKE_NEIGHBOURS];
	struct fake_socket	 sockets[FAKE_SOCKETS];
	size_t			 nsockets;
	unsigned		 dumps;		/* requests for all sockets */
	unsigned		 calls;		/* of all functions */
	/* The address of the interface, and of another one; NULL: none. */
	const char		*own, *mask, *other;

	/* The datagram that is read next: an answer, or a change. */
	_Alignas(struct nlmsghdr) uint8_t datagram[4096];
	size_t			 length;
	uint32_t		 sequence;
} fake;

/* Adds a message, which fake_attribute may make longer. */
static inline struct nlmsghdr *
fake_add(uint16_t type, uint16_t flags, const void *fixed, size_t size)
{
	struct nlmsghdr	*m = (void *)(fake.datagram + fake.length);

	*m = (struct nlmsghdr){
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(size), .nlmsg_type = type,
		.nlmsg_flags = flags, .nlmsg_seq = fake.sequence,
	};
	memcpy(NLMSG_DATA(m), fixed, size);
	fake.length += NLMSG_SPACE(size);
	return (m);
}

static inline void
fake_attribute(struct nlmsghdr *m, uint16_t type, const void *value,
    size_t size)
{
	struct nlattr	 head = {
		.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type,
	};

	memcpy(fake.datagram + fake.length, &head, sizeof(head));
	memcpy(fake.datagram + fake.length + NLA_HDRLEN, value, size);
	fake.length += NLA_ALIGN(head.nla_len);
	m->nlmsg_len = (uint32_t)(fake.datagram + fake.length - (uint8_t *)m);
}

static inline void
fake_error(int error)
{
	const struct nlmsgerr	 e = { .error = -error };

	(void)fake_add(NLMSG_ERROR, 0, &e, sizeof(e));
}

/* A change of an interface, which kernel_evidence_changes receives. */
static inline void
fake_link(uint16_t type, int ifindex, unsigned flags, uint8_t family)
{
	const struct ifinfomsg	 link = {
		.ifi_family = family, .ifi_index = ifindex,
		.ifi_flags = flags,
	};

	(void)fake_add(type, 0, &link, sizeof(link));
}

static inline void
fake_route(void)
{
	struct rtmsg		 r = {
		.rtm_type = fake.local ? RTN_LOCAL : RTN_UNICAST,
		.rtm_family = AF_INET,
	};
	const uint32_t		 ifindex = FAKE_IFINDEX;
	struct nlmsghdr		*m;

	if (fake.no_route) {
		fake_error(ENETUNREACH);
		return;
	}
	m = fake_add(RTM_NEWROUTE, 0, &r, sizeof(r));
	fake_attribute(m, RTA_OIF, &ifindex, sizeof(ifindex));
	if (fake.gateway.family != ADDR_NONE)
		fake_attribute(m, RTA_GATEWAY, fake.gateway.octets, 4);
}

static inline void
fake_neighbour(const struct nlmsghdr *request)
{
	const uint8_t			*wanted = (const uint8_t *)
	    NLMSG_DATA(request) + sizeof(struct ndmsg) + NLA_HDRLEN;
	const struct fake_neighbour	*n = fake.neighbours;
	struct ndmsg			 entry = { .ndm_family = AF_INET };
	struct nda_cacheinfo		 info = { 0 };
	uint8_t				 mac[MAC_LENGTH] = { 2 };
	struct nlmsghdr			*m;

	while (n < fake.neighbours + FAKE_NEIGHBOURS && (n->state == 0 ||
	    memcmp(n->address.octets, wanted, 4) != 0))
		n++;
	if (n == fake.neighbours + FAKE_NEIGHBOURS) {
		fake_error(ENOENT);
		return;
	}
	entry.ndm_state = n->state;
	info.ndm_confirmed = n->confirmed;
	mac[5] = n->mac;
	m = fake_add(RTM_NEWNEIGH, 0, &entry, sizeof(entry));
	if (n->mac != 0)
		fake_attribute(m, NDA_LLADDR, mac, sizeof(mac));
	fake_attribute(m, NDA_CACHEINFO, &info, sizeof(info));
}

static inline void
fake_dump_sockets(const struct inet_diag_req_v2 *r)
{
	struct inet_diag_msg		 d = { .idiag_family = 0 };
	const struct fake_socket	*s;
	const int			 done = 0;

	fake.dumps++;
	for (s = fake.sockets; s < fake.sockets + fake.nsockets; s++) {
		if (s->family != r->sdiag_family ||
		    s->transport != r->sdiag_protocol)
			continue;
		d.idiag_family = s->family;
		d.id.idiag_sport = htons(s->source);
		d.id.idiag_dport = htons(s->destination);
		memcpy(d.id.idiag_dst, s->peer, sizeof(s->peer));
		(void)fake_add(SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, &d, sizeof(d));
	}
	(void)fake_add(NLMSG_DONE, NLM_F_MULTI, &done, sizeof(done));
}

/* The unconnected socket of a port, which may be of IPv6. */
static inline void
fake_find_socket(const struct inet_diag_req_v2 *r)
{
	struct inet_diag_msg		 d = { .idiag_family = 0 };
	const struct fake_socket	*s = fake.sockets;

	while (s < fake.sockets + fake.nsockets &&
	    (s->transport != r->sdiag_protocol || s->destination != 0 ||
	    htons(s->source) != r->id.idiag_dport))
		s++;
	if (s == fake.sockets + fake.nsockets) {
		fake_error(ENOENT);
		return;
	}
	d.idiag_family = s->family;
	(void)fake_add(SOCK_DIAG_BY_FAMILY, 0, &d, sizeof(d));
}

ssize_t	 __wrap_send(int, const void *, size_t, int);
ssize_t	 __wrap_recv(int, void *, size_t, int);
ssize_t	 __wrap_recvfrom(int, void *, size_t, int, struct sockaddr *,
	    socklen_t *);
int	 __wrap_ioctl(int, unsigned long, ...);
int	 __wrap_getifaddrs(struct ifaddrs **);
void	 __wrap_freeifaddrs(struct ifaddrs *);

ssize_t
__wrap_send(int fd, const void *bytes, size_t size, int flags)
{
	const struct nlmsghdr	*request = bytes;

	(void)fd;
	(void)flags;
	fake.calls++;
	fake.length = 0;
	fake.sequence = request->nlmsg_seq;
	if (fake.broken)
		return ((ssize_t)size);
	if (request->nlmsg_type == RTM_GETROUTE)
		fake_route();
	else if (request->nlmsg_type == RTM_GETNEIGH)
		fake_neighbour(request);
	else if ((request->nlmsg_flags & NLM_F_DUMP) != 0)
		fake_dump_sockets(NLMSG_DATA(request));
	else
		fake_find_socket(NLMSG_DATA(request));
	return ((ssize_t)size);
}

/* The sockets have no other data. */
ssize_t
__wrap_recv(int fd, void *bytes, size_t size, int flags)
{
	(void)fd;
	(void)bytes;
	(void)size;
	(void)flags;
	fake.calls++;
	errno = EAGAIN;
	return (-1);
}

ssize_t
__wrap_recvfrom(int fd, void *bytes, size_t size, int flags,
    struct sockaddr *from, socklen_t *from_size)
{
	const struct sockaddr_nl	 sender = {
		.nl_family = AF_NETLINK, .nl_pid = fake.foreign ? 99 : 0,
	};
	size_t				 n = fake.length;

	if (n == 0 || n > size || *from_size < sizeof(sender))
		return (__wrap_recv(fd, bytes, size, flags));
	fake.calls++;
	memcpy(bytes, fake.datagram, n);
	memcpy(from, &sender, sizeof(sender));
	fake.length = 0;
	return ((ssize_t)n);
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	struct ifreq	*r;
	va_list		 ap;

	(void)fd;
	fake.calls++;
	va_start(ap, request);
	r = va_arg(ap, struct ifreq *);
	va_end(ap);
	if (fake.missing || strcmp(r->ifr_name, FAKE_INTERFACE) != 0) {
		errno = ENODEV;
		return (-1);
	}
	if (request == SIOCGIFFLAGS)
		r->ifr_flags = fake.flags;
	else
		r->ifr_ifindex = FAKE_IFINDEX;
	return (0);
}

/* The address of the interface, and one of another interface. */
int
__wrap_getifaddrs(struct ifaddrs **all)
{
	static struct sockaddr_in	 own, mask, other;
	static struct ifaddrs		 list[2];
	static char			 names[2][8] = { FAKE_INTERFACE, "lo" };

	own.sin_family = mask.sin_family = other.sin_family = AF_INET;
	list[0] = (struct ifaddrs){
		.ifa_name = names[0], .ifa_next = &list[1],
	};
	list[1] = (struct ifaddrs){ .ifa_name = names[1] };
	if (fake.own != NULL) {
		(void)inet_pton(AF_INET, fake.own, &own.sin_addr);
		(void)inet_pton(AF_INET, fake.mask, &mask.sin_addr);
		list[0].ifa_addr = (struct sockaddr *)&own;
		list[0].ifa_netmask = (struct sockaddr *)&mask;
	}
	if (fake.other != NULL) {
		(void)inet_pton(AF_INET, fake.other, &other.sin_addr);
		list[1].ifa_addr = (struct sockaddr *)&other;
	}
	*all = list;
	return (0);
}

void
__wrap_freeifaddrs(struct ifaddrs *all)
{
	(void)all;
}

#endif
