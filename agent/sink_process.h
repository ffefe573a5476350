/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process of one trap sink of the standalone agent.  Name resolution,
 * connect(), and the answer to an inform can take many seconds in net-snmp, so
 * they happen here: the agent answers requests meanwhile, and a sink that does
 * not answer does not delay the others.
 *
 * The agent sends each notification as a `struct sink_message` in one packet.
 * The process answers with its sequence when the notification is delivered: a
 * trap was sent, or the receiver of a stream or of an inform has acknowledged
 * it.  Until then it tries again.  A trap of net-snmp itself (SINK_TRAP) is
 * tried once and always answered.
 */
#ifndef HBW_SINK_PROCESS_H
#define HBW_SINK_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "config/configuration.h"

/* Octets of a Trap-PDU (RFC 3416). */
#define SINK_PDU_MAX	65536

/* The sequence in a message with a trap of net-snmp itself, not of hbwatchd. */
#define SINK_TRAP	0

struct sink_message {
	uint32_t	 sequence;
	unsigned char	 pdu[SINK_PDU_MAX];
};
#define SINK_MESSAGE_SIZE(length)	\
	(offsetof(struct sink_message, pdu) + (length))

/* True when the directive defines a trap sink. */
bool	 sink_is(const char *directive);
/*
 * The word `trapsess` and its arguments, which have the form of a command line:
 * a pointer into the directive.  NULL if the directive is not trapsess.
 */
const char *sink_command_line(const char *directive);
/*
 * The address of the receiver, up to the next blank: a pointer into the
 * directive.  NULL if there is none.  In trapsess it is the last word.
 */
const char *sink_address(const char *directive);

/*
 * Runs the process: delivers each message from the socket, until the agent
 * closes it.  `community` is used if the directive has none; it can be NULL.
 */
_Noreturn void sink_process(const struct configuration_directive *,
	    const char *community, int socket);

#endif
