/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include <string.h>

#include "packet/internet_sum.h"
#include "packet/packet_fault.h"
#include "packet/packet_layers.h"

#define UDP_HEADER		8	/* RFC 768 */
#define UDP_LENGTH_OFFSET	4
#define UDP_CHECKSUM_OFFSET	6
#define TCP_HEADER		20	/* without options: RFC 9293 */
#define TCP_CHECKSUM_OFFSET	16

/* A field of 16 bits as the host reads it; see internet_sum.h. */
static uint16_t
field(const uint8_t *octets)
{
	uint16_t	 value;

	memcpy(&value, octets, sizeof(value));
	return (value);
}

/* Not inlined, because few headers have options. */
static uint64_t __attribute__((noinline))
header_sum(const uint8_t *ipv4)
{
	return (internet_sum_add(0, ipv4, (size_t)(ipv4[0] & 0x0f) * 4));
}

/* Some systems let their cards compute this checksum, too; Linux does not. */
static bool
header_is_valid(const uint8_t *ipv4, enum capture_checksum state)
{
	uint64_t	 sum;

	sum = ipv4[0] == 0x45 ? internet_sum_add(0, ipv4, IPV4_HEADER) :
	    header_sum(ipv4);
	return (internet_sum_is_valid(sum) ||
	    (state == CAPTURE_CHECKSUM_UNKNOWN && field(ipv4 + 10) == 0));
}

/* The sum of the addresses and the protocol of the pseudo-header. */
static uint64_t
pseudo_sum(const struct packet *packet)
{
	size_t	 n = addr_length(&packet->source);

	return (internet_sum_add(internet_sum_add(htons(packet->protocol),
	    packet->source.octets, n), packet->destination.octets, n));
}

/*
 * Verifies the first `n` octets of the payload.  Not inlined, so that the path
 * of UDP without a checksum is short.
 */
static bool __attribute__((noinline))
payload_is_valid(const struct packet *packet, size_t n, uint16_t checksum,
    enum capture_checksum state)
{
	uint64_t	 addresses, pseudo;

	if (state == CAPTURE_CHECKSUM_TRUSTED)
		return (true);
	addresses = pseudo_sum(packet);
	pseudo = addresses + htons((uint16_t)n);
	if (internet_sum_is_valid(internet_sum_add(pseudo, packet->payload, n)))
		return (true);
	return (state == CAPTURE_CHECKSUM_UNKNOWN && (checksum == 0 ||
	    checksum == internet_sum_fold(pseudo) ||
	    checksum == internet_sum_fold(addresses)));
}

static enum packet_fault
udp_fault(const struct packet *packet, enum capture_checksum state)
{
	size_t		 length = ntohs(field(packet->payload +
	    UDP_LENGTH_OFFSET));
	uint16_t	 checksum = field(packet->payload +
	    UDP_CHECKSUM_OFFSET);

	if (packet->payload_wire > UINT16_MAX)
		return (PACKET_FAULT_NONE);
	if (length < UDP_HEADER || length > packet->payload_wire)
		return (PACKET_FAULT_LENGTH);
	if (checksum == 0)
		return (packet->source.family == ADDR_IPV6 ?
		    PACKET_FAULT_NO_CHECKSUM : PACKET_FAULT_NONE);
	if (length > packet->payload_length ||
	    payload_is_valid(packet, length, checksum, state))
		return (PACKET_FAULT_NONE);
	return (PACKET_FAULT_CHECKSUM);
}

static enum packet_fault
tcp_fault(const struct packet *packet, enum capture_checksum state)
{
	size_t	 n = packet->payload_length;

	if (n < packet->payload_wire || n > UINT16_MAX ||
	    (n > PACKET_MTU && state == CAPTURE_CHECKSUM_UNKNOWN) ||
	    payload_is_valid(packet, n, field(packet->payload +
	    TCP_CHECKSUM_OFFSET), state))
		return (PACKET_FAULT_NONE);
	return (PACKET_FAULT_CHECKSUM);
}

static enum packet_fault
transport_fault(const struct packet *packet, enum capture_checksum state)
{
	if (packet->fragment || packet->rerouted)
		return (PACKET_FAULT_NONE);
	if (packet->protocol == IPPROTO_UDP &&
	    packet->payload_length >= UDP_HEADER)
		return (udp_fault(packet, state));
	if (packet->protocol == IPPROTO_TCP &&
	    packet->payload_length >= TCP_HEADER)
		return (tcp_fault(packet, state));
	return (PACKET_FAULT_NONE);
}

enum packet_fault
packet_fault_find(const struct capture_frame *frame,
    const struct packet *packet, enum packet_verdict verdict)
{
	if (packet->bad_length)
		return (PACKET_FAULT_LENGTH);
	if (verdict != PACKET_IP && verdict != PACKET_CONTINUED)
		return (PACKET_FAULT_NONE);
	if (packet->hop_limit == 0)
		return (PACKET_FAULT_HOP_LIMIT);
	if (packet->ipv4 != NULL &&
	    !header_is_valid(packet->ipv4, frame->checksum))
		return (PACKET_FAULT_HEADER);
	return (verdict == PACKET_IP ?
	    transport_fault(packet, frame->checksum) : PACKET_FAULT_NONE);
}

const char *
packet_fault_text(enum packet_fault fault)
{
	static const char *const	texts[PACKET_FAULTS] = {
		[PACKET_FAULT_NONE] = "no fault",
		[PACKET_FAULT_LENGTH] = "invalid length in an IP or UDP header",
		[PACKET_FAULT_HOP_LIMIT] = "TTL or hop limit 0",
		[PACKET_FAULT_HEADER] = "wrong checksum of the IP header",
		[PACKET_FAULT_NO_CHECKSUM] =
		    "UDP over IPv6 without a checksum",
		[PACKET_FAULT_CHECKSUM] = "wrong UDP or TCP checksum",
		[PACKET_FAULT_MAC] =
		    "sent from another MAC address than peer-mac",
		[PACKET_FAULT_FAR] = "TTL or hop limit below hop-limit",
	};

	return (texts[fault]);
}
