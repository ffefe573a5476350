/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/mono.h"
#include "offline/port_score.h"

/* Services with regular traffic that is not a heartbeat.  IANA's numbers. */
static const uint16_t regular[] = {
	53, 853,		/* DNS */
	67, 68, 546, 547,	/* DHCP */
	123,			/* NTP */
	137, 138,		/* NetBIOS */
	161, 162, 10161, 10162,	/* SNMP */
	319, 320,		/* PTP */
	514, 6514,		/* syslog */
	1812, 1813,		/* RADIUS */
	1900,			/* SSDP */
	3478,			/* STUN */
	3702,			/* WS-Discovery */
	5353,			/* mDNS */
	5355,			/* LLMNR */
};

/* A monitoring system may poll these services. */
static const uint16_t polled[] = {
	22,			/* SSH */
	80, 443, 8080, 8443,	/* HTTP */
	88,			/* Kerberos */
	111, 2049,		/* NFS */
	389, 636,		/* LDAP */
	445,			/* SMB */
	3389,			/* remote desktop */
	3785,			/* BFD echo: the peer only returns it */
	5060,			/* SIP */
};

static bool
contains(const uint16_t *ports, size_t n, uint32_t port)
{
	while (n-- > 0)
		if (ports[n] == port)
			return (true);
	return (false);
}

double
port_score(uint32_t port)
{
	if (contains(regular, sizeof(regular) / sizeof(regular[0]), port))
		return (0);
	if (contains(polled, sizeof(polled) / sizeof(polled[0]), port))
		return (0.5);
	return (1);
}

double
port_score_of_protocol(uint32_t protocol)
{
	switch (protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_IGMP:
		return (0);
	case IPPROTO_GRE:	/* tunnels, which may carry a heartbeat */
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_ESP:
		return (0.5);
	default:
		return (1);
	}
}

const struct port_alarm *
port_alarm_find(uint32_t port)
{
	static const struct port_alarm	 manager = {
		.port = 20012, .id = 12010, .service = "Manager",
		.interruption_ns = 7 * NSEC_PER_SEC,
	};

	return (port == manager.port ? &manager : NULL);
}
