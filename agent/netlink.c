/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mono.h"
#include "netlink.h"

/*
 * A host can have any number of sockets and routes.  An answer that takes
 * longer than this is given up.
 */
#define LIMIT_NS	(20 * NSEC_PER_MSEC)

/* The kernel fills at most this much in one message of a dump. */
#define BUFFER_SIZE	(32 * 1024)

bool
netlink_open(struct netlink_socket *s, int protocol)
{
	*s = (struct netlink_socket){
		.descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC |
		    SOCK_NONBLOCK, protocol),
	};
	return (s->descriptor >= 0);
}

void
netlink_close(struct netlink_socket *s)
{
	if (s->descriptor >= 0)
		close(s->descriptor);
	s->descriptor = -1;
}

void *
netlink_begin(struct netlink_request *r, uint16_t type, uint16_t flags,
    size_t size)
{
	memset(r, 0, sizeof(*r));
	r->header.nlmsg_type = type;
	r->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	r->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	return (NLMSG_DATA(&r->header));
}

void
netlink_add(struct netlink_request *r, uint16_t attribute, const void *value,
    size_t size)
{
	size_t		 at = NLMSG_ALIGN(r->header.nlmsg_len);
	struct nlattr	 head = {
		.nla_len = (uint16_t)(NLA_HDRLEN + size),
		.nla_type = attribute,
	};

	if (at + NLA_HDRLEN + size > sizeof(*r))
		return;
	memcpy((uint8_t *)r + at, &head, sizeof(head));
	memcpy((uint8_t *)r + at + NLA_HDRLEN, value, size);
	r->header.nlmsg_len = (uint32_t)(at + NLA_HDRLEN + size);
}

/* ---- answers */

struct exchange {
	uint32_t		 sequence;
	size_t			 size;
	netlink_take		*take;
	void			*arg;
	enum netlink_result	 result;
	bool			 done;
	bool			 complete;	/* the kernel sends no more */
};

/* A netlink_take. */
static bool
take_message(void *arg, const struct nlmsghdr *m)
{
	struct exchange		*x = arg;
	const struct nlmsgerr	*error = NLMSG_DATA(m);

	/* An earlier request was given up. */
	if (m->nlmsg_seq != x->sequence)
		return (true);
	x->complete = m->nlmsg_type == NLMSG_DONE ||
	    m->nlmsg_type == NLMSG_ERROR ||
	    (m->nlmsg_flags & NLM_F_MULTI) == 0;
	if (m->nlmsg_type == NLMSG_DONE) {
		x->done = true;
		x->result = NETLINK_ANSWERED;
	} else if (m->nlmsg_type == NLMSG_ERROR) {
		x->done = true;
		if (m->nlmsg_len < NLMSG_LENGTH(sizeof(error->error)))
			return (false);
		x->result = error->error == -ENOENT ||
		    error->error == -ENODEV || error->error == -ENETUNREACH ||
		    error->error == -EHOSTUNREACH ? NETLINK_REFUSED :
		    NETLINK_FAILED;
	} else if (m->nlmsg_len >= NLMSG_LENGTH(x->size)) {
		x->done = !x->take(x->arg, m) || x->complete;
		if (x->done)
			x->result = NETLINK_ANSWERED;
	}
	return (!x->done);
}

void
netlink_each_message(const void *datagram, size_t length, netlink_take *take,
    void *arg)
{
	const struct nlmsghdr	*m = datagram;

	while (length >= sizeof(*m) && m->nlmsg_len >= sizeof(*m) &&
	    m->nlmsg_len <= length && take(arg, m) &&
	    NLMSG_ALIGN(m->nlmsg_len) < length) {
		length -= NLMSG_ALIGN(m->nlmsg_len);
		m = (const void *)((const uint8_t *)m +
		    NLMSG_ALIGN(m->nlmsg_len));
	}
}

static _Alignas(struct nlmsghdr) uint8_t	 buffer[BUFFER_SIZE];

/*
 * Discards the rest of an earlier answer, which would fill the buffer of the
 * socket.  Until the kernel has sent all of it, it begins no other dump.
 */
static void
discard(const struct netlink_socket *s, struct mono_time end)
{
	while (recv(s->descriptor, buffer, sizeof(buffer), MSG_DONTWAIT) >=
	    0 && mono_before(mono_now(), end))
		;
}

enum netlink_result
netlink_exchange(struct netlink_socket *s, struct netlink_request *request,
    size_t size, netlink_take *take, void *arg)
{
	static uint32_t		 sequence;
	struct exchange		 x = {
		.sequence = ++sequence, .size = size, .take = take,
		.arg = arg, .result = NETLINK_FAILED,
	};
	struct mono_time	 end = mono_add(mono_now(), LIMIT_NS);
	struct sockaddr_nl	 from;
	socklen_t		 from_size;
	ssize_t			 n;

	request->header.nlmsg_seq = sequence;
	if (s->unread)
		discard(s, end);
	s->unread = true;
	if (send(s->descriptor, request, request->header.nlmsg_len,
	    MSG_DONTWAIT) < 0)
		return (NETLINK_FAILED);
	while (!x.done && mono_before(mono_now(), end)) {
		from_size = sizeof(from);
		n = recvfrom(s->descriptor, buffer, sizeof(buffer),
		    MSG_DONTWAIT, (struct sockaddr *)&from, &from_size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		/* Other processes can send to this socket, too. */
		if (from.nl_pid == 0)
			netlink_each_message(buffer, (size_t)n, take_message,
			    &x);
	}
	s->unread = !x.complete;
	return (x.result);
}

const void *
netlink_attribute(const struct nlmsghdr *m, size_t size, uint16_t attribute,
    size_t least)
{
	size_t			 at = NLMSG_ALIGN(NLMSG_LENGTH(size));
	const struct nlattr	*a;

	while (at + NLA_HDRLEN <= m->nlmsg_len) {
		a = (const void *)((const uint8_t *)m + at);
		if (a->nla_len < NLA_HDRLEN || a->nla_len > m->nlmsg_len - at)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == attribute)
			return (a->nla_len >= NLA_HDRLEN + least ?
			    (const uint8_t *)a + NLA_HDRLEN : NULL);
		at += NLA_ALIGN(a->nla_len);
	}
	return (NULL);
}
