/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis/evidence.h"
#include "packet/packet.h"

const char *
evidence_state_text(const struct evidence_signal *s)
{
	return (s->state == EVIDENCE_ABSENT ? "absent" :
	    s->state == EVIDENCE_PRESENT ? "present" : "unknown");
}

const char *
evidence_name(enum evidence_number number)
{
	static const char *const	 names[] = {
		[EVIDENCE_PEER_ANNOUNCED_STOP] = "peerAnnouncedStop",
		[EVIDENCE_PEER_CLOSED_CONNECTION] = "peerClosedConnection",
		[EVIDENCE_PORT_REFUSED] = "portRefused",
		[EVIDENCE_PROHIBITED] = "administrativelyProhibited",
		[EVIDENCE_HOST_UNREACHABLE] = "hostUnreachable",
		[EVIDENCE_PEER_OTHER_TRAFFIC] = "peerSendsOtherTraffic",
		[EVIDENCE_PEER_ACKNOWLEDGES_ONLY] = "peerAcknowledgesOnly",
		[EVIDENCE_PEER_DOES_NOT_HEAR_US] = "peerDoesNotHearUs",
		[EVIDENCE_ARP_UNANSWERED] = "arpUnanswered",
		[EVIDENCE_PEER_REBOOTED] = "peerRebooted",
		[EVIDENCE_OUR_HEARTBEATS] = "ourHeartbeats",
		[EVIDENCE_LOCAL_PORT_OPEN] = "localPortOpen",
		[EVIDENCE_CARRIER] = "carrier",
		[EVIDENCE_SEGMENT_ALIVE] = "segmentAlive",
		[EVIDENCE_OTHER_PEERS_ALIVE] = "otherPeersAlive",
		[EVIDENCE_HEARTBEATS_THINNED] = "heartbeatsThinned",
		[EVIDENCE_OTHER_ACTIVE] = "otherActive",
		[EVIDENCE_FLOATING_IP_OWNER] = "floatingIpOwner",
		[EVIDENCE_FLOATING_IP_FITS] = "floatingIpFits",
		[EVIDENCE_LOG_MESSAGE] = "logMessage",
		[EVIDENCE_HANDSHAKE_FAILS] = "handshakeFails",
		[EVIDENCE_PING_ANSWERED] = "pingAnswered",
	};

	return (number >= 1 && number <= EVIDENCE_MAX ? names[number] : "");
}

/* Appends to the text, and cuts what does not fit. */
static void __attribute__((format(printf, 2, 3)))
add(char *text, const char *format, ...)
{
	size_t	 used = strlen(text);
	va_list	 ap;

	va_start(ap, format);
	vsnprintf(text + used, EVIDENCE_TEXT_SIZE - used, format, ap);
	va_end(ap);
}

static void
add_from(char *text, const struct evidence_signal *s)
{
	char	 address[ADDR_TEXT_SIZE], mac[MAC_TEXT_SIZE];

	if (s->address.family != ADDR_NONE)
		add(text, " from %s", addr_text(&s->address, address));
	else if (mac_is_known(&s->mac))
		add(text, " from %s", mac_text(s->mac.octets, mac));
}

static const char *
icmp_text(const struct evidence_signal *s, enum evidence_number number)
{
	bool	 ipv6 = s->address.family == ADDR_IPV6;

	switch (number) {
	case EVIDENCE_PORT_REFUSED:
		if (ipv6)
			return (s->code == 1 ? "ICMPv6 next header unknown" :
			    "ICMPv6 port unreachable");
		return (s->code == 2 ? "ICMP protocol unreachable" :
		    "ICMP port unreachable");
	case EVIDENCE_PROHIBITED:
		/* A firewall may also send what a host sends. */
		if (s->code == (ipv6 ? 4 : 3))
			return (ipv6 ? "ICMPv6 port unreachable" :
			    "ICMP port unreachable");
		return (ipv6 ? "ICMPv6 administratively prohibited" :
		    "ICMP administratively prohibited");
	default:
		if (ipv6)
			return (s->code == 0 ? "ICMPv6 no route" :
			    "ICMPv6 address unreachable");
		return (s->code == 0 ? "ICMP network unreachable" :
		    "ICMP host unreachable");
	}
}

static void
present_icmp(enum evidence_number number, const struct evidence_signal *s,
    char *text)
{
	if (s->code == EVIDENCE_CODE_RST)
		add(text, "TCP connection refused (RST)");
	else
		add(text, "%s", icmp_text(s, number));
	add_from(text, s);
	if (s->port != 0)
		add(text, " for %s %u", s->code == EVIDENCE_CODE_RST ? "TCP" :
		    number == EVIDENCE_PORT_REFUSED ? "UDP" : "port",
		    (unsigned)s->port);
}

/* Signals with one text for each code; the last one is for all others. */
static const char *
coded_text(enum evidence_number number, unsigned code)
{
	static const char *const	 deaf[] = { "",
		"BFD is down, because the peer does not receive our packets",
		("the peer asks for our MAC address again and again, although "
		"it is answered"),
		"the peer sends the same data again, although they arrive",
		"both nodes send, but neither receives the other",
	};
	static const char *const	 reboot[] = { "",
		"ARP probe", "duplicate address detection", "DHCP request",
		"MLD report without an address",
	};
	static const char *const	 owner[] = { "",
		"no floating IP is configured",
		"the owner of the floating IP is not known",
		"this host has the floating IP",
		"the peer has the floating IP",
		"two hosts have the floating IP",
		"another host has the floating IP",
		"no host answers for the floating IP",
	};
#define TEXT(list)	(code < sizeof(list) / sizeof((list)[0]) ?	\
	(list)[code] : "")

	switch (number) {
	case EVIDENCE_PEER_DOES_NOT_HEAR_US:
		return (TEXT(deaf));
	case EVIDENCE_PEER_REBOOTED:
		return (TEXT(reboot));
	case EVIDENCE_FLOATING_IP_OWNER:
		return (TEXT(owner));
	default:
		return ("");
	}
#undef TEXT
}

static void
present_closed(const struct evidence_signal *s, char *text)
{
	if (s->code == EVIDENCE_CODE_LEFT)
		add(text, "the peer left the multicast group");
	else
		add(text, "the peer closed the connection (%s)",
		    s->code == PACKET_TCP_RST ? "RST" : "FIN");
	if (s->port != 0)
		add(text, " of port %u", (unsigned)s->port);
}

static void
present_handshake(const struct evidence_signal *s, char *text)
{
	if (s->code != 0)
		add(text, "TLS alert %u", (unsigned)s->code);
	else
		add(text, "connections end within a second");
	add_from(text, s);
	if (s->port != 0)
		add(text, " on port %u", (unsigned)s->port);
}

/* The signals whose text does not depend on the code. */
static const char *const	 present_texts[EVIDENCE_MAX + 1] = {
	[EVIDENCE_PEER_ANNOUNCED_STOP] = "the peer announced that it stops",
	[EVIDENCE_PEER_OTHER_TRAFFIC] = "the peer sends other packets",
	[EVIDENCE_OUR_HEARTBEATS] = "our own heartbeats go on",
	[EVIDENCE_LOCAL_PORT_OPEN] =
	    "a process of this host uses the port of the heartbeats",
	[EVIDENCE_CARRIER] = "the interface is up",
	[EVIDENCE_SEGMENT_ALIVE] = "other hosts of the segment still send",
	[EVIDENCE_HEARTBEATS_THINNED] =
	    "heartbeats were missing in the minute before",
	[EVIDENCE_FLOATING_IP_FITS] =
	    "the floating IP is in a subnet of the interface",
	[EVIDENCE_LOG_MESSAGE] = "the log has a line that matches",
	[EVIDENCE_PING_ANSWERED] = "the peer answers ping, which was sent "
	    "because the probe is configured",
};

static const char *const	 absent_texts[EVIDENCE_MAX + 1] = {
	[EVIDENCE_PEER_OTHER_TRAFFIC] = "the peer sends no packets at all",
	[EVIDENCE_ARP_UNANSWERED] = "the peer answers ARP",
	[EVIDENCE_OUR_HEARTBEATS] = "our own heartbeats have stopped",
	[EVIDENCE_LOCAL_PORT_OPEN] =
	    "no process of this host uses the port of the heartbeats",
	[EVIDENCE_SEGMENT_ALIVE] =
	    "all other hosts of the segment are silent, too",
	[EVIDENCE_OTHER_PEERS_ALIVE] =
	    "no other peer of the interface is received",
	[EVIDENCE_FLOATING_IP_FITS] =
	    "the floating IP is in no subnet of the interface",
	[EVIDENCE_LOG_MESSAGE] = "the log has no new line that matches",
	[EVIDENCE_PING_ANSWERED] = "the peer does not answer ping, which was "
	    "sent because the probe is configured",
	[EVIDENCE_PEER_REBOOTED] =
	    "the same process sends again, so the peer has not rebooted",
};

static void
present(enum evidence_number number, const struct evidence_signal *s,
    char *text)
{
	switch (number) {
	case EVIDENCE_PEER_CLOSED_CONNECTION:
		present_closed(s, text);
		break;
	case EVIDENCE_PORT_REFUSED:
	case EVIDENCE_PROHIBITED:
	case EVIDENCE_HOST_UNREACHABLE:
		present_icmp(number, s, text);
		break;
	case EVIDENCE_ARP_UNANSWERED:
		if (s->code == EVIDENCE_UNANSWERED_KERNEL)
			add(text, "the kernel finds no MAC address of the "
			    "peer");
		else
			add(text, "%s requests for the peer are not answered",
			    s->address.family == ADDR_IPV6 ? "ND" : "ARP");
		break;
	case EVIDENCE_PEER_REBOOTED:
		add(text, "the peer starts its network: %s",
		    coded_text(number, s->code));
		break;
	case EVIDENCE_OTHER_PEERS_ALIVE:
		add(text, "%s", s->code == 1 ?
		    "the same node is received on another interface" :
		    "other peers of the interface are received");
		break;
	case EVIDENCE_HANDSHAKE_FAILS:
		present_handshake(s, text);
		break;
	case EVIDENCE_OTHER_ACTIVE:
		add(text, "two nodes send in turn");
		/* The detector of two active nodes has no time for it. */
		if (wall_is_never(s->at))
			break;
		add(text, ", the last packet was");
		add_from(text, s);
		break;
	case EVIDENCE_PEER_ACKNOWLEDGES_ONLY:
		add(text, "the peer's kernel acknowledges, but %s",
		    s->code == EVIDENCE_ACKS_LOST ?
		    "data that the peer sent do not arrive" :
		    "the peer sends no data");
		break;
	case EVIDENCE_PEER_OTHER_TRAFFIC:
		add(text, "%s%s", present_texts[number],
		    s->code == EVIDENCE_OTHER_UNANSWERED ? ", but does not "
		    "answer TCP on the port of the heartbeats" : "");
		break;
	default:
		add(text, "%s", present_texts[number] != NULL ?
		    present_texts[number] : coded_text(number, s->code));
		break;
	}
}

static void
absent(enum evidence_number number, const struct evidence_signal *s,
    char *text)
{
	if (number == EVIDENCE_CARRIER)
		add(text, "%s", s->code == EVIDENCE_CARRIER_DISABLED ?
		    "the interface is set down" :
		    s->code == EVIDENCE_CARRIER_REMOVED ?
		    "the interface was removed" :
		    "the interface has no carrier");
	else if (absent_texts[number] != NULL)
		add(text, "%s", absent_texts[number]);
	else
		add(text, "not seen");
}

static void
unknown_log(const struct evidence_signal *s, char *text)
{
	switch (s->code) {
	case EVIDENCE_LOG_UNREADABLE:
		add(text, "the log cannot be read");
		if (s->port != 0)
			add(text, ": %s", s->port == EINVAL ?
			    "not a regular file" : strerror(s->port));
		break;
	case EVIDENCE_LOG_PENDING:
		add(text, "the log is not read yet");
		break;
	case EVIDENCE_LOG_UNDATED:
		add(text, "the log has a line that matches, but it is not "
		    "known when the line was written");
		break;
	default:
		add(text, "not known");
		break;
	}
}

static void
unknown(enum evidence_number number, const struct evidence_signal *s,
    char *text)
{
	if (number == EVIDENCE_LOG_MESSAGE)
		unknown_log(s, text);
	else
		add(text, "not known");
}

char *
evidence_text(enum evidence_number number, const struct evidence_signal *s,
    char *text)
{
	char	 at[WALL_TEXT_SIZE];

	text[0] = '\0';
	if (number < 1 || number > EVIDENCE_MAX)
		return (text);
	if (s->state == EVIDENCE_PRESENT)
		present(number, s, text);
	else if (s->state == EVIDENCE_ABSENT)
		absent(number, s, text);
	else
		unknown(number, s, text);
	/* Only the time of day is shown, without fractions of a second. */
	if (s->state == EVIDENCE_PRESENT && !wall_is_never(s->at) &&
	    strlen(wall_text(s->at, at)) >= 19)
		add(text, "%s at %.8s", s->count > 1 ? ", last" : "", at + 11);
	if (s->state == EVIDENCE_PRESENT && s->count > 1)
		add(text, " (%u times)", (unsigned)s->count);
	return (text);
}
