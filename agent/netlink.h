/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to the kernel over a netlink socket (netlink(7)), which never wait:
 * the kernel answers within the call that sends the request.
 */
#ifndef HBW_NETLINK_H
#define HBW_NETLINK_H

#include <linux/netlink.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_REQUEST_SIZE	256

struct netlink_request {
	struct nlmsghdr	 header;
	uint8_t		 payload[NETLINK_REQUEST_SIZE];
};

/* A socket of this protocol, such as NETLINK_ROUTE; -1 on error (errno). */
int	 netlink_open(int protocol);

/*
 * Begins a request.  The fixed part is `size` octets of zeros, which the caller
 * fills in through the result.
 */
void	*netlink_begin(struct netlink_request *, uint16_t type, uint16_t flags,
	    size_t size);
void	 netlink_add(struct netlink_request *, uint16_t attribute,
	    const void *value, size_t size);

/*
 * Receives each answer; its fixed part has at least the size that is wanted.
 * False to ignore the rest.
 */
typedef bool netlink_take(void *arg, const struct nlmsghdr *);

enum netlink_result {
	NETLINK_ANSWERED,	/* completely */
	NETLINK_REFUSED,	/* the kernel knows no such object */
	NETLINK_FAILED,		/* no answer, or only a part of it */
};

/* Sends a request and passes its answers, with this size of fixed part. */
enum netlink_result netlink_exchange(int socket, struct netlink_request *,
	    size_t size, netlink_take *, void *arg);

/*
 * Finds an attribute after the fixed part of `size` octets.  Returns its value,
 * of at least `least` octets; NULL: it is missing or too short.
 */
const void *netlink_attribute(const struct nlmsghdr *, size_t size,
	    uint16_t attribute, size_t least);

#endif
