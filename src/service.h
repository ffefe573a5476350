/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_SERVICE_H
#define HBW_SERVICE_H

#include <stdint.h>

/*
 * How well a port of UDP or TCP goes with a heartbeat: 1 when nothing is known
 * against it, less for a service that some poll, 0 for one that is regular by
 * itself and nobody's heartbeat (DNS, NTP, …).
 */
double	 service_of_port(uint32_t port);
/* The same of the protocols over IP that are neither. */
double	 service_of_protocol(uint32_t protocol);

#endif
