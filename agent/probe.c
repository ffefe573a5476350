/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <linux/icmp.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

#define REQUESTS	3
#define INTERVAL_NS	(1 * NSEC_PER_SEC)

/* The most answers that are read in one call. */
#define ANSWERS_MAX	256

/* The type and the code, the checksum, the identifier and the sequence. */
struct echo {
	uint8_t		 type;
	uint8_t		 code;
	uint16_t	 checksum;
	uint16_t	 id;
	uint16_t	 sequence;
	uint64_t	 cookie;	/* a random number of each probe */
};

struct pinged {
	bool		 active;
	uint32_t	 index;		/* hbwWatchIndex */
	struct addr	 peer;
	uint32_t	 ifindex;
	uint64_t	 cookie;
	unsigned	 sent;
	bool		 accepted;	/* one of them, by the kernel */
	uint32_t	 answered;	/* bit of each sequence */
	struct mono_time due;
	bool		 changed;
	struct wall_time at;		/* of the last answer */
};

struct probe {
	int		 four, six;	/* sockets; -1: not open */
	bool		 four_is_raw, six_is_raw;
	uint16_t	 id;
	int		 event;		/* epoll */
	bool		 listening;	/* the sockets are in it */
	struct pinged	 pinged[PROBE_MAX];
};

struct probe *
probe_new(void)
{
	struct probe	*p = calloc(1, sizeof(*p));

	if (p == NULL)
		return (NULL);
	p->four = p->six = -1;
	p->event = epoll_create1(EPOLL_CLOEXEC);
	if (p->event >= 0 && getrandom(&p->id, sizeof(p->id), 0) ==
	    (ssize_t)sizeof(p->id))
		return (p);
	probe_free(p);
	return (NULL);
}

void
probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	if (p->four != -1)
		close(p->four);
	if (p->six != -1)
		close(p->six);
	if (p->event != -1)
		close(p->event);
	free(p);
}

/*
 * Opens a socket for echo requests, which receives only their answers.  A raw
 * one gets all answers of this host.
 */
static int
open_socket(int family, int protocol, bool *raw)
{
	const int	 flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
	int		 s = socket(family, SOCK_DGRAM | flags, protocol);

	*raw = s < 0;
	if (s < 0)
		s = socket(family, SOCK_RAW | flags, protocol);
	return (s);
}

bool
probe_open(struct probe *p)
{
	struct icmp_filter	 only_answers = {
		.data = ~(UINT32_C(1) << ICMP_ECHOREPLY),
	};
	struct icmp6_filter	 six;

	if (p->four == -1) {
		p->four = open_socket(AF_INET, IPPROTO_ICMP, &p->four_is_raw);
		if (p->four != -1 && p->four_is_raw)
			(void)setsockopt(p->four, SOL_RAW, ICMP_FILTER,
			    &only_answers, sizeof(only_answers));
	}
	if (p->six == -1) {
		p->six = open_socket(AF_INET6, IPPROTO_ICMPV6, &p->six_is_raw);
		ICMP6_FILTER_SETBLOCKALL(&six);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &six);
		if (p->six != -1 && p->six_is_raw)
			(void)setsockopt(p->six, IPPROTO_ICMPV6, ICMP6_FILTER,
			    &six, sizeof(six));
	}
	return (p->four != -1 || p->six != -1);
}

int
probe_event(const struct probe *p)
{
	return (p->event);
}

/* While nothing is probed, answers to others do not wake this process. */
static void
listen_to(struct probe *p, bool listening)
{
	struct epoll_event	 e = { .events = EPOLLIN };
	const int		 action = listening ? EPOLL_CTL_ADD :
				    EPOLL_CTL_DEL;

	if (p->listening == listening)
		return;
	p->listening = listening;
	if (p->four != -1)
		(void)epoll_ctl(p->event, action, p->four, &e);
	if (p->six != -1)
		(void)epoll_ctl(p->event, action, p->six, &e);
}

bool
probe_begin(struct probe *p, uint32_t index, const struct addr *peer,
    uint32_t ifindex, struct mono_time now)
{
	struct pinged	*one = NULL;
	uint64_t	 cookie;
	size_t		 i;

	if ((peer->family == ADDR_IPV4 ? p->four : peer->family == ADDR_IPV6 ?
	    p->six : -1) == -1 || getrandom(&cookie, sizeof(cookie), 0) !=
	    (ssize_t)sizeof(cookie))
		return (false);
	for (i = 0; i < PROBE_MAX; i++) {
		if (p->pinged[i].active && p->pinged[i].index == index) {
			one = &p->pinged[i];
			break;
		}
		if (!p->pinged[i].active)
			one = &p->pinged[i];
	}
	if (one == NULL)
		return (false);
	*one = (struct pinged){
		.active = true, .index = index, .peer = *peer,
		.ifindex = ifindex, .cookie = cookie, .due = now,
	};
	listen_to(p, true);
	return (true);
}

struct mono_time
probe_due(const struct probe *p)
{
	struct mono_time	 due = MONO_NEVER;
	size_t			 i;

	for (i = 0; p->listening && i < PROBE_MAX; i++)
		if (p->pinged[i].active)
			due = mono_min(due, p->pinged[i].due);
	return (due);
}

/* The Internet checksum (RFC 1071); for IPv6 the kernel computes it. */
static uint16_t
checksum(const void *bytes, size_t length)
{
	const uint8_t	*p = bytes;
	uint32_t	 sum = 0;
	size_t		 i;

	for (i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	return (htons((uint16_t)~(sum + (sum >> 16))));
}

/* False when the kernel does not send it. */
static bool
send_request(const struct probe *p, const struct pinged *one)
{
	struct echo		 echo = {
		.type = one->peer.family == ADDR_IPV4 ? ICMP_ECHO :
		    ICMP6_ECHO_REQUEST,
		.id = htons(p->id), .sequence = htons((uint16_t)one->sent),
		.cookie = one->cookie,
	};
	struct sockaddr_in	 four = { .sin_family = AF_INET };
	struct sockaddr_in6	 six = { .sin6_family = AF_INET6 };

	if (one->peer.family == ADDR_IPV4) {
		echo.checksum = checksum(&echo, sizeof(echo));
		memcpy(&four.sin_addr, one->peer.octets, 4);
		return (sendto(p->four, &echo, sizeof(echo), MSG_DONTWAIT,
		    (struct sockaddr *)&four, sizeof(four)) >= 0);
	}
	memcpy(&six.sin6_addr, one->peer.octets, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&six.sin6_addr))
		six.sin6_scope_id = one->ifindex;
	return (sendto(p->six, &echo, sizeof(echo), MSG_DONTWAIT,
	    (struct sockaddr *)&six, sizeof(six)) >= 0);
}

/* An answer has the cookie of our request and the address of the peer. */
static void
take_answer(struct probe *p, const struct addr *from, const uint8_t *bytes,
    size_t length, struct wall_time now)
{
	struct echo	 echo;
	struct pinged	*one;
	uint16_t	 sequence;

	if (length < sizeof(echo))
		return;
	memcpy(&echo, bytes, sizeof(echo));
	sequence = ntohs(echo.sequence);
	if (echo.type != (from->family == ADDR_IPV4 ? ICMP_ECHOREPLY :
	    ICMP6_ECHO_REPLY) || sequence >= REQUESTS)
		return;
	for (one = p->pinged; one < p->pinged + PROBE_MAX; one++)
		if (one->active && one->cookie == echo.cookie &&
		    sequence < one->sent && addr_equal(&one->peer, from) &&
		    (one->answered & UINT32_C(1) << sequence) == 0) {
			one->answered |= UINT32_C(1) << sequence;
			one->at = now;
			one->changed = true;
		}
}

static void
receive(struct probe *p, int family, struct wall_time now)
{
	union {
		struct sockaddr		 any;
		struct sockaddr_in	 four;
		struct sockaddr_in6	 six;
	}			 from;
	struct addr		 addr;
	socklen_t		 size;
	uint8_t			 bytes[256], *start;
	ssize_t			 n;
	int			 left = ANSWERS_MAX;

	while (left-- > 0) {
		size = sizeof(from);
		n = recvfrom(family == AF_INET ? p->four : p->six, bytes,
		    sizeof(bytes), MSG_DONTWAIT, &from.any, &size);
		if (n <= 0)
			return;
		start = bytes;
		if (family == AF_INET) {
			addr_set(&addr, ADDR_IPV4,
			    (const uint8_t *)&from.four.sin_addr);
			if (p->four_is_raw)
				start += 4 * (bytes[0] & 0x0f);
		} else {
			addr_set(&addr, ADDR_IPV6, from.six.sin6_addr.s6_addr);
		}
		if (start - bytes < n)
			take_answer(p, &addr, start,
			    (size_t)(n - (start - bytes)), now);
	}
}

void
probe_work(struct probe *p, struct mono_time now, struct wall_time wall,
    probe_take *take, void *arg)
{
	struct evidence_signal	 s;
	struct pinged		*one;
	bool			 any = false;

	if (!p->listening)
		return;
	if (p->four != -1)
		receive(p, AF_INET, wall);
	if (p->six != -1)
		receive(p, AF_INET6, wall);
	for (one = p->pinged; one < p->pinged + PROBE_MAX; one++) {
		if (!one->active)
			continue;
		if (!mono_before(now, one->due)) {
			if (one->sent < REQUESTS) {
				one->accepted |= send_request(p, one);
				one->sent++;
				one->due = mono_add(now, INTERVAL_NS);
			} else {
				one->active = false;
				one->changed = true;
			}
		}
		any = any || one->active;
		if (!one->changed)
			continue;
		one->changed = false;
		s = (struct evidence_signal){
			.state = one->answered != 0 ? EVIDENCE_PRESENT :
			    one->accepted ? EVIDENCE_ABSENT : EVIDENCE_UNKNOWN,
			.count = (uint32_t)__builtin_popcount(one->answered),
			.at = one->answered != 0 ? one->at : wall,
			.address = one->peer,
		};
		take(arg, one->index, &s);
	}
	if (!any)
		listen_to(p, false);
}
