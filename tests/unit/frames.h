/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds frames of a small network, for the tests of the diagnosis.
 */
#ifndef HBW_TEST_FRAMES_H
#define HBW_TEST_FRAMES_H

#include "base/addr.h"
#include "packet/internet_sum.h"

#include "bytes.h"

/* Hosts, by the last octet of their addresses and MAC addresses. */
enum host {
	NOBODY = 0,
	US = 11,
	PEER = 12,
	THIRD = 13,
	FOURTH = 14,
	ROUTER = 1,
	FLOATING = 10,		/* only an IP address */
};

/* How the frames are captured. */
static bool	 ipv6;		/* or IPv4 */
static bool	 tagged;	/* with an 802.1Q tag */
static bool	 cooked;	/* of the device `any` */

static inline struct addr
address_of(enum host host)
{
	struct addr	 a;
	char		 text[32];

	snprintf(text, sizeof(text), ipv6 ? "2001:db8::%x" : "192.0.2.%d",
	    (unsigned)host);
	assert(addr_parse(text, &a));
	return (a);
}

static inline void
put_mac(struct bytes *b, enum host host)
{
	put(b, "\x02\0\0\0\0", 5);
	put_u8(b, host);
}

static inline void
put_addr(struct bytes *b, const struct addr *a)
{
	put(b, a->octets, addr_length(a));
}

/* The link header, to all. */
static inline struct bytes
link_frame(enum host from, unsigned type)
{
	struct bytes	 b = { .n = 0 };

	if (cooked) {
		put_u16(&b, 3);		/* to another host */
		put_u16(&b, 1);		/* Ethernet */
		put_u16(&b, 6);
		put_mac(&b, from);
		put_u16(&b, 0);
	} else {
		put(&b, "\xff\xff\xff\xff\xff\xff", 6);
		put_mac(&b, from);
		if (tagged) {
			put_u16(&b, 0x8100);
			put_u16(&b, 7);
		}
	}
	put_u16(&b, type);
	return (b);
}

static inline void
put_ip(struct bytes *b, const struct addr *from, const struct addr *to,
    unsigned protocol, unsigned hop_limit, size_t length)
{
	uint64_t	 sum;
	size_t		 start = b->n;
	uint16_t	 value;

	if (from->family == ADDR_IPV6) {
		put_u32(b, 6u << 28);
		put_u16(b, (unsigned)length);
		put_u8(b, protocol);
		put_u8(b, hop_limit);
	} else {
		put_u16(b, 0x4500);
		put_u16(b, (unsigned)length + 20);
		put_u32(b, 0);
		put_u8(b, hop_limit);
		put_u8(b, protocol);
		put_u16(b, 0);
	}
	put_addr(b, from);
	put_addr(b, to);
	if (from->family == ADDR_IPV6)
		return;
	sum = internet_sum_add(0, b->at + start, 20);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	value = (uint16_t)~sum;
	memcpy(b->at + start + 10, &value, 2);
}

static inline struct bytes
ip_frame_to(enum host from, const struct addr *to, unsigned protocol,
    unsigned hop_limit, const struct bytes *payload)
{
	struct addr	 source = address_of(from);
	struct bytes	 b = link_frame(from,
	    source.family == ADDR_IPV6 ? 0x86dd : 0x0800);

	put_ip(&b, &source, to, protocol, hop_limit, payload->n);
	put(&b, payload->at, payload->n);
	if (!cooked && !addr_is_multicast(to)) {
		memcpy(b.at, "\x02\0\0\0\0", 5);
		b.at[5] = to->octets[addr_length(to) - 1];
	}
	return (b);
}

static inline struct bytes
ip_frame(enum host from, enum host to, unsigned protocol,
    const struct bytes *payload)
{
	struct addr	 a = address_of(to);

	return (ip_frame_to(from, &a, protocol, 64, payload));
}

static inline struct bytes
udp(unsigned from, unsigned to, size_t length)
{
	struct bytes	 b = { .n = 0 };

	put_u16(&b, from);
	put_u16(&b, to);
	put_u16(&b, (unsigned)length + 8);
	put_u16(&b, 0);
	put_zeros(&b, length);
	return (b);
}

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define ACK	0x10

static inline struct bytes
tcp(unsigned from, unsigned to, unsigned flags, uint32_t sequence,
    uint32_t acknowledgement, size_t length)
{
	struct bytes	 b = { .n = 0 };

	put_u16(&b, from);
	put_u16(&b, to);
	put_u32(&b, sequence);
	put_u32(&b, acknowledgement);
	put_u16(&b, 0x5000 | flags);
	put_u16(&b, 1024);
	put_u32(&b, 0);
	put_zeros(&b, length);
	return (b);
}

/* ARP, or a neighbour solicitation.  `from` NOBODY: a probe of `sender`. */
static inline struct bytes
request(enum host sender, enum host from, enum host target)
{
	struct addr	 source = address_of(from), wanted =
			    address_of(target), group;
	struct bytes	 b, nd = { .n = 0 };

	if (ipv6) {
		if (from == NOBODY)
			assert(addr_parse("::", &source));
		assert(addr_parse("ff02::1:ff00:0", &group));
		put_u32(&nd, 135u << 24);
		put_u32(&nd, 0);
		put_addr(&nd, &wanted);
		b = link_frame(sender, 0x86dd);
		put_ip(&b, &source, &group, 58, 255, nd.n);
		put(&b, nd.at, nd.n);
		return (b);
	}
	b = link_frame(sender, 0x0806);
	put(&b, "\0\1\x08\0\6\4\0\1", 8);
	put_mac(&b, sender);
	if (from == NOBODY)
		put_zeros(&b, 4);
	else
		put_addr(&b, &source);
	put_zeros(&b, 6);
	put_addr(&b, &wanted);
	return (b);
}

/* An ARP reply or a neighbour advertisement for `address`. */
static inline struct bytes
claim(enum host sender, enum host address, enum host to)
{
	struct addr	 claimed = address_of(address), other =
			    address_of(to);
	struct bytes	 b, nd = { .n = 0 };

	if (ipv6) {
		put_u32(&nd, 136u << 24);
		put_u32(&nd, 0x60000000);
		put_addr(&nd, &claimed);
		b = link_frame(sender, 0x86dd);
		put_ip(&b, &claimed, &other, 58, 255, nd.n);
		put(&b, nd.at, nd.n);
		return (b);
	}
	b = link_frame(sender, 0x0806);
	put(&b, "\0\1\x08\0\6\4\0\2", 8);
	put_mac(&b, sender);
	put_addr(&b, &claimed);
	put_mac(&b, to);
	put_addr(&b, &other);
	return (b);
}

/* An ICMP error of `by` to `quoted_from`, for a packet to `quoted_to`. */
static inline struct bytes
icmp_error(enum host by, unsigned type, unsigned code, enum host quoted_from,
    enum host quoted_to, unsigned protocol, const struct bytes *quoted)
{
	struct addr	 from = address_of(quoted_from), to =
			    address_of(quoted_to);
	struct bytes	 b = { .n = 0 };

	put_u8(&b, type);
	put_u8(&b, code);
	put_u16(&b, 0);
	put_u32(&b, 0);
	put_ip(&b, &from, &to, protocol, 64, quoted->n);
	put(&b, quoted->at, 8);
	return (ip_frame(by, quoted_from, ipv6 ? 58 : 1, &b));
}

#endif
