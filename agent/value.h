/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The value of an SNMP variable: a getter sets it, and a varbind gets a copy.
 */
#ifndef HBW_VALUE_H
#define HBW_VALUE_H

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/wall.h"

/* The longest value: an SnmpAdminString (RFC 3411, section 5). */
#define VALUE_OCTETS	255

/* The type of the column defines which member is set. */
struct value {
	union {
		long			 integer;	/* INTEGER */
		u_long			 unsigned32;	/* Gauge, Counter32 */
		struct counter64	 counter64;
		u_char			 octets[VALUE_OCTETS];
	};
	size_t	 length;	/* of that member, in octets */
};

void	 value_integer(struct value *, long);
/* A number above 2^32-1 becomes 2^32-1, as in a Gauge (RFC 2578, 7.1.7). */
void	 value_unsigned(struct value *, uint64_t);
/* A larger number wraps (RFC 2578, 7.1.6). */
void	 value_counter32(struct value *, uint64_t);
void	 value_counter64(struct value *, uint64_t);
/* Cut to VALUE_OCTETS, at the end of a UTF-8 character. */
void	 value_text(struct value *, const char *);
/* Rounded to the nearest millisecond; 0 for a negative time. */
void	 value_milliseconds(struct value *, int64_t ns);
/* Rounded down to whole seconds; 0 for a negative time. */
void	 value_seconds(struct value *, int64_t ns);
/* DateAndTime (RFC 2579) with the local zone; eight zero octets: never. */
void	 value_time(struct value *, struct wall_time);
/* InetAddressType and InetAddress (RFC 4001). */
void	 value_address_type(struct value *, const struct addr *);
void	 value_address(struct value *, const struct addr *);
/* An address as text; empty without an address. */
void	 value_address_text(struct value *, const struct addr *);

#endif
