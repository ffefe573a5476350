/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of netlink, and requests to the kernel about interfaces. */
#include <sys/socket.h>
#include <netinet/in.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"

/* One datagram of a dump has not all of them. */
#define SOCKETS	300

static unsigned	 taken;

/* False at the message of type 99. */
static bool
take(void *arg, const struct nlmsghdr *m)
{
	(void)arg;
	taken++;
	return (m->nlmsg_type != 99);
}

/* Adds a message of `length` octets, and returns the end of the datagram. */
static size_t
put(uint8_t *datagram, size_t at, uint16_t type, uint32_t length)
{
	const struct nlmsghdr	 m = {
		.nlmsg_len = length, .nlmsg_type = type,
	};

	at = NLMSG_ALIGN(at);
	memcpy(datagram + at, &m, sizeof(m));
	return (at + length);
}

static void
assert_taken(const void *datagram, size_t length, unsigned n)
{
	taken = 0;
	netlink_each_message(datagram, length, take, NULL);
	assert_int_equal(taken, n);
}

static void
messages(void **state)
{
	_Alignas(struct nlmsghdr) uint8_t	 d[256] = { 0 };
	size_t					 n;

	(void)state;
	n = put(d, 0, 1, 20);
	n = put(d, n, 2, 17);
	/* The last one has no padding, and another one is behind the end. */
	(void)put(d, n, 3, 16);
	assert_taken(d, n, 2);
	/* An incomplete one is ignored. */
	assert_taken(d, n - 1, 1);
	assert_taken(d, 15, 0);
	assert_taken(d, 0, 0);
	n = put(d, n, 3, 15);
	assert_taken(d, sizeof(d), 2);
	(void)put(d, 0, 99, 20);
	assert_taken(d, n, 1);
}

static bool
take_link(void *arg, const struct nlmsghdr *m)
{
	const char	*name;

	name = netlink_attribute(m, sizeof(struct ifinfomsg), IFLA_IFNAME, 2);
	assert_non_null(name);
	assert_string_equal(name, "lo");
	assert_null(netlink_attribute(m, sizeof(struct ifinfomsg),
	    IFLA_IFNAME, 100));
	*(bool *)arg = true;
	return (false);
}

static enum netlink_result
get_link(struct netlink_socket *socket, int ifindex, bool *found)
{
	struct netlink_request	 request;
	struct ifinfomsg	*link;

	*found = false;
	link = netlink_begin(&request, RTM_GETLINK, 0, sizeof(*link));
	link->ifi_index = ifindex;
	return (netlink_exchange(socket, &request, sizeof(*link), take_link,
	    found));
}

static void
requests(void **state)
{
	struct netlink_socket	 socket;
	bool			 found;

	(void)state;
	assert_true(netlink_open(&socket, NETLINK_ROUTE));
	/* The loopback interface of each network namespace. */
	assert_int_equal(get_link(&socket, 1, &found), NETLINK_ANSWERED);
	assert_true(found);
	assert_false(socket.unread);
	assert_int_equal(get_link(&socket, INT32_MAX, &found), NETLINK_REFUSED);
	assert_false(found);
	assert_false(socket.unread);
	netlink_close(&socket);
	netlink_close(&socket);
}

static bool
count_socket(void *arg, const struct nlmsghdr *m)
{
	unsigned	*left = arg;

	(void)m;
	return (--*left > 0);
}

static enum netlink_result
list_sockets(struct netlink_socket *socket, unsigned *left)
{
	struct netlink_request	 request;
	struct inet_diag_req_v2	*r;

	r = netlink_begin(&request, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP,
	    sizeof(*r));
	r->sdiag_family = AF_INET;
	r->sdiag_protocol = IPPROTO_UDP;
	r->idiag_states = UINT32_MAX;
	return (netlink_exchange(socket, &request,
	    sizeof(struct inet_diag_msg), count_socket, left));
}

/* The rest of an answer that was given up is not part of the next one. */
static void
rest_of_answer(void **state)
{
	const struct sockaddr_in	 any = { .sin_family = AF_INET };
	struct netlink_socket		 diag;
	int				 sockets[SOCKETS];
	unsigned			 i, left;

	(void)state;
	for (i = 0; i < SOCKETS; i++) {
		sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
		assert_true(sockets[i] >= 0);
		assert_int_equal(bind(sockets[i], (const void *)&any,
		    sizeof(any)), 0);
	}
	assert_true(netlink_open(&diag, NETLINK_SOCK_DIAG));
	for (i = 0; i < 3; i++) {
		left = 1;
		assert_int_equal(list_sockets(&diag, &left),
		    NETLINK_ANSWERED);
		assert_true(diag.unread);
	}
	left = UINT_MAX;
	assert_int_equal(list_sockets(&diag, &left), NETLINK_ANSWERED);
	assert_true(UINT_MAX - left >= SOCKETS);
	assert_false(diag.unread);
	netlink_close(&diag);
	for (i = 0; i < SOCKETS; i++)
		close(sockets[i]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(requests),
		cmocka_unit_test(rest_of_answer),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
