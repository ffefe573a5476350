/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_PORT_SCORE_H
#define HBW_PORT_SCORE_H

#include <stdint.h>

/*
 * How well a port of UDP or TCP goes with a heartbeat: 1 when nothing is known
 * against it, less for a service that some poll, 0 for one that is regular by
 * itself and nobody's heartbeat (DNS, NTP, …).
 */
double	 port_score(uint32_t port);
/* The same of the protocols over IP that are neither. */
double	 port_score_of_protocol(uint32_t protocol);

#endif
