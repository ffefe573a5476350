/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to the kernel over a netlink socket (netlink(7)), which never wait:
 * the kernel answers within the calls that send the request and receive.
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

struct netlink_socket {
	int	 descriptor;	/* -1: it is not open */
	bool	 unread;	/* a part of an answer may still arrive */
};

/*
 * Opens a socket of this protocol, such as NETLINK_ROUTE.  False on error
 * (errno).  netlink_close ignores a socket that is not open.
 */
bool	 netlink_open(struct netlink_socket *, int protocol);
void	 netlink_close(struct netlink_socket *);

/*
 * Begins a request.  The fixed part is `size` octets of zeros, which the caller
 * fills in through the result.
 */
void	*netlink_begin(struct netlink_request *, uint16_t type, uint16_t flags,
	    size_t size);
/* Adds an attribute, unless the request has no room for it. */
void	 netlink_add(struct netlink_request *, uint16_t attribute,
	    const void *value, size_t size);

/* Receives a message.  False to ignore the rest. */
typedef bool netlink_take(void *arg, const struct nlmsghdr *);

/*
 * Passes the messages of a datagram that the kernel sent.  They are complete,
 * but their fixed part may be shorter than their type requires.
 */
void	 netlink_each_message(const void *datagram, size_t length,
	    netlink_take *, void *arg);

enum netlink_result {
	NETLINK_ANSWERED,	/* completely */
	NETLINK_REFUSED,	/* the kernel has no such object */
	NETLINK_FAILED,		/* no answer, or only a part of it */
};

/*
 * Sends a request and passes its answers, whose fixed part has at least `size`
 * octets.  Ends after 20 ms at the latest.
 */
enum netlink_result netlink_exchange(struct netlink_socket *,
	    struct netlink_request *, size_t size, netlink_take *, void *arg);

/*
 * Finds an attribute after the fixed part of `size` octets.  Returns its value,
 * of at least `least` octets; NULL: it is missing or too short.
 */
const void *netlink_attribute(const struct nlmsghdr *, size_t size,
	    uint16_t attribute, size_t least);

#endif
