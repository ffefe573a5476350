/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of netlink, and requests to the kernel about interfaces. */
#include <linux/rtnetlink.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "netlink.h"

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
get_link(int socket, int ifindex, bool *found)
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
	int	 socket = netlink_open(NETLINK_ROUTE);
	bool	 found;

	(void)state;
	assert_true(socket >= 0);
	/* The loopback interface of each network namespace. */
	assert_int_equal(get_link(socket, 1, &found), NETLINK_ANSWERED);
	assert_true(found);
	assert_int_equal(get_link(socket, INT32_MAX, &found), NETLINK_REFUSED);
	assert_false(found);
	close(socket);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(requests),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
