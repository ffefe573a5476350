/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>

#include <stddef.h>

#include "offline/port_score.h"

struct service {
	uint16_t	 port;
	double		 fits;
};

/* The numbers are IANA's. */
static const struct service services[] = {
	{ 22, 0.5 },		/* SSH */
	{ 53, 0 },		/* DNS */
	{ 67, 0 },		/* DHCP */
	{ 68, 0 },
	{ 80, 0.5 },		/* HTTP */
	{ 88, 0.5 },		/* Kerberos */
	{ 111, 0.5 },		/* NFS and its kin */
	{ 123, 0 },		/* NTP */
	{ 137, 0 },		/* NetBIOS */
	{ 138, 0 },
	{ 161, 0 },		/* SNMP */
	{ 162, 0 },
	{ 319, 0 },		/* PTP */
	{ 320, 0 },
	{ 389, 0.5 },		/* LDAP */
	{ 443, 0.5 },		/* HTTPS */
	{ 445, 0.5 },		/* SMB */
	{ 514, 0 },		/* syslog */
	{ 546, 0 },		/* DHCPv6 */
	{ 547, 0 },
	{ 636, 0.5 },		/* LDAP */
	{ 853, 0 },		/* DNS */
	{ 1812, 0 },		/* RADIUS */
	{ 1813, 0 },
	{ 1900, 0 },		/* SSDP */
	{ 2049, 0.5 },		/* NFS */
	{ 3389, 0.5 },		/* remote desktop */
	{ 3478, 0 },		/* STUN */
	{ 3702, 0 },		/* WS-Discovery */
	{ 3785, 0.5 },		/* BFD echo: to itself */
	{ 5060, 0.5 },		/* SIP */
	{ 5353, 0 },		/* mDNS */
	{ 5355, 0 },		/* LLMNR */
	{ 6514, 0 },		/* syslog */
	{ 8080, 0.5 },		/* HTTP */
	{ 8443, 0.5 },
	{ 10161, 0 },		/* SNMP */
	{ 10162, 0 },
};

double
port_score(uint32_t port)
{
	size_t	 i;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (services[i].port == port)
			return (services[i].fits);
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
	case IPPROTO_GRE:		/* tunnels: what is within counts */
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_ESP:
		return (0.5);
	default:
		return (1);
	}
}
