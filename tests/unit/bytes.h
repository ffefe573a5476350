/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds packets octet by octet, for tests.
 */
#ifndef HBW_TEST_BYTES_H
#define HBW_TEST_BYTES_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	uint8_t	 at[2048];
	size_t	 n;
};

static inline void
put(struct bytes *b, const void *octets, size_t n)
{
	assert(b->n + n <= sizeof(b->at));
	memcpy(b->at + b->n, octets, n);
	b->n += n;
}

static inline void
put_u8(struct bytes *b, unsigned v)
{
	uint8_t octet = (uint8_t)v;

	put(b, &octet, 1);
}

static inline void
put_u16(struct bytes *b, unsigned v)
{
	put_u8(b, v >> 8);
	put_u8(b, v);
}

static inline void
put_u32(struct bytes *b, uint32_t v)
{
	put_u16(b, v >> 16);
	put_u16(b, v);
}

static inline void
put_zeros(struct bytes *b, size_t n)
{
	while (n-- > 0)
		put_u8(b, 0);
}

static inline void
put_text(struct bytes *b, const char *text)
{
	put(b, text, strlen(text));
}

static inline void
put_bytes(struct bytes *b, const struct bytes *other)
{
	put(b, other->at, other->n);
}

static inline void
set_u16(struct bytes *b, size_t offset, unsigned v)
{
	assert(offset + 2 <= b->n);
	b->at[offset] = (uint8_t)(v >> 8);
	b->at[offset + 1] = (uint8_t)v;
}

/* The one's complement sum of RFC 1071, for checksums. */
static inline uint16_t
internet_sum(const uint8_t *octets, size_t n, uint32_t sum)
{
	size_t i;

	for (i = 0; i < n; i++) {
		sum += i % 2 == 0 ? (uint32_t)octets[i] * 256 : octets[i];
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return ((uint16_t)sum);
}

/* 192.0.2.12 to 192.0.2.11 */
static inline void
put_ipv4(struct bytes *b, unsigned protocol, unsigned ttl, size_t payload)
{
	put_u16(b, 0x4500);
	put_u16(b, (unsigned)payload + 20);
	put_u32(b, 0x12340000);
	put_u8(b, ttl);
	put_u8(b, protocol);
	put_u16(b, 0);
	put_u32(b, 0xc000020c);
	put_u32(b, 0xc000020b);
}

/* 2001:db8::c to 2001:db8::b */
static inline void
put_ipv6(struct bytes *b, unsigned next, unsigned hop_limit, size_t payload)
{
	put_u32(b, 0x60000000);
	put_u16(b, (unsigned)payload);
	put_u8(b, next);
	put_u8(b, hop_limit);
	put_u32(b, 0x20010db8);
	put_zeros(b, 11);
	put_u8(b, 0x0c);
	put_u32(b, 0x20010db8);
	put_zeros(b, 11);
	put_u8(b, 0x0b);
}

/* Sets the checksum of the IPv4 header at an offset. */
static inline void
set_ipv4_checksum(struct bytes *b, size_t ip)
{
	size_t	 n = (size_t)(b->at[ip] & 0x0f) * 4;

	set_u16(b, ip + 10, 0);
	set_u16(b, ip + 10, 0xffffu ^ internet_sum(b->at + ip, n, 0));
}

/*
 * The sum of the pseudo-header of the IP packet at the offset `ip`, whose
 * payload of this protocol begins at the offset `payload` and ends the bytes.
 */
static inline uint16_t
pseudo_sum(const struct bytes *b, size_t ip, size_t payload, unsigned protocol)
{
	size_t	 n = b->at[ip] >> 4 == 6 ? 32 : 8;
	size_t	 addresses = ip + (n == 32 ? 8 : 12);

	return (internet_sum(b->at + addresses, n,
	    protocol + (uint32_t)(b->n - payload)));
}

/* Sets the checksum of UDP (17) or TCP (6) in such a packet. */
static inline void
set_checksum(struct bytes *b, size_t ip, size_t payload, unsigned protocol)
{
	size_t	 at = payload + (protocol == 17 ? 6 : 16);
	unsigned checksum;

	set_u16(b, at, 0);
	checksum = 0xffffu ^ internet_sum(b->at + payload, b->n - payload,
	    pseudo_sum(b, ip, payload, protocol));
	/* In UDP, 0 means that there is no checksum: RFC 768. */
	set_u16(b, at, checksum == 0 && protocol == 17 ? 0xffff : checksum);
}

static inline void
put_ethernet(struct bytes *b, unsigned type)
{
	put_u32(b, 0x02770000);
	put_u16(b, 0x0002);
	put_u32(b, 0x02770000);
	put_u16(b, 0x0001);
	put_u16(b, type);
}

static inline void
put_udp(struct bytes *b, unsigned source, unsigned destination, size_t data)
{
	put_u16(b, source);
	put_u16(b, destination);
	put_u16(b, (unsigned)data + 8);
	put_u16(b, 0);
}

static inline void
put_tcp(struct bytes *b, unsigned source, unsigned destination,
    uint32_t sequence, uint32_t acknowledgement, unsigned flags)
{
	put_u16(b, source);
	put_u16(b, destination);
	put_u32(b, sequence);
	put_u32(b, acknowledgement);
	put_u16(b, 0x5000 | flags);
	put_u16(b, 501);
	put_u32(b, 0);
}

#endif
