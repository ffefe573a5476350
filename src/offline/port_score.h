/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_PORT_SCORE_H
#define HBW_PORT_SCORE_H

#include <stdint.h>

/*
 * How likely a UDP or TCP port carries a heartbeat: 1 when nothing speaks
 * against it, 0.5 for a service that is often polled, 0 for a service that is
 * regular by itself and is never a heartbeat (DNS, NTP and others).
 */
double	 port_score(uint32_t port);
/* The same for an IP protocol number other than UDP and TCP. */
double	 port_score_of_protocol(uint32_t protocol);

#endif
