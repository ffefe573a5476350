/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_PORT_SCORE_H
#define HBW_PORT_SCORE_H

#include <stdint.h>

/*
 * How well a UDP or TCP service port fits a heartbeat, 0..1: 0 for a service
 * with regular traffic that is never a heartbeat (DNS, NTP and others), 0.5 for
 * a service that monitoring systems often poll, 1 for all others.
 */
double	 port_score(uint32_t port);

/* The same for an IP protocol number other than those of UDP and TCP. */
double	 port_score_of_protocol(uint32_t protocol);

/* A built-in alarm whose heartbeats have a known port. */
struct port_alarm {
	uint16_t	 port;		/* UDP or TCP */
	uint32_t	 id;
	int64_t		 interruption_ns;	/* its default */
	const char	*service;
};

/* NULL: the port is not known. */
const struct port_alarm *port_alarm_find(uint32_t port);

#endif
