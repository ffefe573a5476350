/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A value of an SNMP variable, on its way from a getter to a varbind.
 */
#ifndef HBW_VALUE_H
#define HBW_VALUE_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/wall.h"

/* Of an SnmpAdminString (RFC 3411, section 5), our longest. */
#define VALUE_OCTETS	255

/* The column says which member holds it. */
struct value {
	union {
		long			 integer;	/* INTEGER */
		u_long			 unsigned32;	/* Gauge, Counter32 */
		struct counter64	 counter64;
		u_char			 octets[VALUE_OCTETS];
	};
	size_t	 length;	/* in octets, as net-snmp wants it */
};

void	 value_integer(struct value *, long);
/* A larger number is shown as the largest, as a Gauge is (RFC 2578, 7.1.7). */
void	 value_unsigned(struct value *, uint64_t);
/* A counter wraps (RFC 2578, 7.1.6). */
void	 value_counter32(struct value *, uint64_t);
void	 value_counter64(struct value *, uint64_t);
/* Cut to 255 octets, not within a character of UTF-8. */
void	 value_text(struct value *, const char *);
void	 value_milliseconds(struct value *, int64_t ns);
/* DateAndTime (RFC 2579) with the local zone; eight zero octets for never. */
void	 value_time(struct value *, struct wall_time);
/* InetAddressType and InetAddress (RFC 4001). */
void	 value_address_type(struct value *, const struct addr *);
void	 value_address(struct value *, const struct addr *);

#endif
