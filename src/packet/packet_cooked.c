/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of the device `any`, whose link header libpcap replaces by its own.
 */
#include <string.h>

#include "base/mac.h"
#include "packet/packet.h"
#include "packet/packet_cooked.h"
#include "packet/packet_layers.h"

#define SLL_OUTGOING	4		/* packet type of a cooked header */

/*
 * True if the protocol field of a cooked header is an EtherType.  It depends on
 * the hardware type of the device: not for Frame Relay, 802.11 and netlink.
 */
static bool
cooked_has_ethertype(uint16_t device)
{
	switch (device) {
	case 770:	/* ARPHRD_FRAD */
	case 801:	/* ARPHRD_IEEE80211 */
	case 802:	/* ARPHRD_IEEE80211_PRISM */
	case 803:	/* ARPHRD_IEEE80211_RADIOTAP */
	case 824:	/* ARPHRD_NETLINK */
		return (false);
	default:
		return (true);
	}
}

/*
 * True if there is a tag before the packet, although `type` is that of the
 * packet.  For a frame of the device `any`, Linux 6.10 and later give the type
 * after all tags, but remove only the outermost tag from the frame.
 */
static bool
tag_is_hidden(const struct rest *r, uint16_t type)
{
	struct cursor	 c = r->bytes;
	uint16_t	 next;

	cursor_skip(&c, 2);
	next = cursor_u16(&c);
	if (!cursor_ok(&c) || (next != type && !packet_is_tag(next)))
		return (false);
	return (type == ETHERTYPE_ARP || ((type == ETHERTYPE_IPV4 ||
	    type == ETHERTYPE_IPV6) && !rest_is_ip(r, type)));
}

/*
 * Skips the tags of a cooked frame.  *type is the type in its header, and then
 * the type after the tags.
 */
static void
cooked_skip_tags(struct rest *r, uint16_t *type, struct packet *packet)
{
	while (cursor_ok(&r->bytes) &&
	    (packet_is_tag(*type) || tag_is_hidden(r, *type))) {
		packet->vlan = vlan_inside(packet->vlan,
		    cursor_u16(&r->bytes));
		*type = cursor_u16(&r->bytes);
	}
}

/* Reads the address field of the header, in which `length` octets are used. */
static const uint8_t *
cooked_mac(struct rest *r, size_t length)
{
	const uint8_t	*mac = cursor_take(&r->bytes, 8);

	return (length == MAC_LENGTH ? mac : NULL);
}

/*
 * Reads the header in version 1 or 2, and the VLAN tags after it.  *type is the
 * type of the packet that follows, and *device the hardware type of the device.
 * False when the frame is cut short.
 */
static bool
cooked_header(struct rest *r, bool version2, uint16_t *device, uint16_t *type,
    struct packet *packet)
{
	size_t	 length;

	if (version2) {
		*type = cursor_u16(&r->bytes);
		cursor_skip(&r->bytes, 6);
		*device = cursor_u16(&r->bytes);
		packet->sent_here = cursor_u8(&r->bytes) == SLL_OUTGOING;
		length = cursor_u8(&r->bytes);
		packet->mac = cooked_mac(r, length);
	} else {
		packet->sent_here = cursor_u16(&r->bytes) == SLL_OUTGOING;
		*device = cursor_u16(&r->bytes);
		length = cursor_u16(&r->bytes);
		packet->mac = cooked_mac(r, length);
		*type = cursor_u16(&r->bytes);
	}
	if (cooked_has_ethertype(*device))
		cooked_skip_tags(r, type, packet);
	return (cursor_ok(&r->bytes));
}

static enum packet_verdict
link_cooked_version(struct rest *r, bool version2, struct packet *packet)
{
	uint16_t device, type;

	if (!cooked_header(r, version2, &device, &type, packet))
		return (PACKET_MALFORMED);
	if (!cooked_has_ethertype(device))
		return (PACKET_NOT_IP);
	return (packet_ether_payload(r, type, packet));
}

enum packet_verdict
packet_link_cooked(struct rest *r, struct packet *packet)
{
	return (link_cooked_version(r, false, packet));
}

enum packet_verdict
packet_link_cooked2(struct rest *r, struct packet *packet)
{
	return (link_cooked_version(r, true, packet));
}

bool
packet_cooked_type(struct rest *r, bool version2, uint16_t *type)
{
	struct packet	 unused = { .vlan = VLAN_NONE };
	uint16_t	 device;

	return (cooked_header(r, version2, &device, type, &unused) &&
	    cooked_has_ethertype(device));
}

uint32_t
packet_ifindex(int link_type, const uint8_t *frame, size_t captured)
{
	struct cursor	 c = cursor_over(frame, captured);

	if (link_type != LINK_COOKED2)
		return (0);
	cursor_skip(&c, 4);
	return (cursor_u32(&c));
}

size_t
packet_untag_cooked(int link_type, const uint8_t *frame, size_t captured,
    size_t wire, uint8_t *untagged)
{
	struct rest	 r = rest_of(frame, captured, wire);
	struct packet	 unused = { .vlan = VLAN_NONE };
	uint16_t	 device, type;
	bool		 version2 = link_type == LINK_COOKED2;
	size_t		 header = version2 ? 20 : 16;

	if ((link_type != LINK_COOKED && !version2) ||
	    !cooked_header(&r, version2, &device, &type, &unused) ||
	    r.bytes.next == frame + header)
		return (0);
	memcpy(untagged, frame, header);
	untagged[version2 ? 0 : 14] = (uint8_t)(type >> 8);
	untagged[version2 ? 1 : 15] = (uint8_t)type;
	memcpy(untagged + header, r.bytes.next, r.bytes.left);
	return (header + r.bytes.left);
}
