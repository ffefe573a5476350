/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heartbeat of Linux-HA.  A message is a list of NAME=VALUE in one of two
 * formats:
 *	"###\n" LENGTH ":(0)t=status," LENGTH ":(0)st=active," … "%%%\n"
 *	">>>\n" "t=status\n" "st=active\n" … "<<<\n"
 * The number in parentheses is the type of the field; without it the field is
 * text.  The fields that are needed come early in a message, so it may be cut
 * short by the capture.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "protocols/protocol.h"

#define LINUX_HA_PORT	694

/* A part of the message; start is NULL if the field is missing. */
struct text {
	const char	*start;
	size_t		 length;
};

enum field {
	TYPE,
	STATUS,
	INFO,
	SEQUENCE,
	FIELDS
};

struct message {
	struct text	 field[FIELDS];
};

static bool
text_is(const struct text *text, const char *other)
{
	return (text->length == strlen(other) &&
	    memcmp(text->start, other, text->length) == 0);
}

/* Reads up to eight hexadecimal digits. */
static bool
text_hex(const struct text *text, uint32_t *number)
{
	char	 digits[9] = "";

	if (text->length == 0 || text->length >= sizeof(digits))
		return (false);
	memcpy(digits, text->start, text->length);
	*number = (uint32_t)strtoul(digits, NULL, 16);
	return (strspn(digits, "0123456789abcdef") == text->length);
}

/* Takes the text before `end`, and skips `end`.  False if it is missing. */
static bool
text_until(struct cursor *c, char end, struct text *text)
{
	const uint8_t *at = memchr(c->next, end, c->left);

	if (at == NULL)
		return (false);
	text->start = (const char *)c->next;
	text->length = (size_t)(at - c->next);
	cursor_skip(c, text->length + 1);
	return (true);
}

/* Takes LENGTH ":" FIELD ",".  False at the end and for anything else. */
static bool
field_counted(struct cursor *c, struct text *field)
{
	struct text	 digits;
	uint32_t	 length;

	if (!text_until(c, ':', &digits) || digits.length > 5 ||
	    !number_parse_bytes(digits.start, digits.length, 0, 99999,
	    &length))
		return (false);
	field->start = (const char *)cursor_take(c, length);
	field->length = length;
	return (cursor_u8(c) == ',');
}

/* Takes FIELD "\n".  False at the end and for anything else. */
static bool
field_line(struct cursor *c, struct text *field)
{
	return (text_until(c, '\n', field) && !text_is(field, "<<<"));
}

/* Splits "(TYPE)NAME=VALUE". */
static bool
field_split(const struct text *field, struct text *name, struct text *value)
{
	struct cursor	 c = cursor_over((const uint8_t *)field->start,
	    field->length);
	struct text	 type;

	if (c.left > 0 && c.next[0] == '(' && !text_until(&c, ')', &type))
		return (false);
	if (!text_until(&c, '=', name))
		return (false);
	value->start = (const char *)c.next;
	value->length = c.left;
	return (true);
}

/* Stores a field.  If a name is repeated, the first value counts. */
static void
message_field(struct message *message, const struct text *field)
{
	static const char *const names[FIELDS] = { "t", "st", "info", "seq" };
	struct text		 name, value;
	size_t			 i;

	if (!field_split(field, &name, &value))
		return;
	for (i = 0; i < FIELDS; i++)
		if (message->field[i].start == NULL &&
		    text_is(&name, names[i])) {
			message->field[i] = value;
			break;
		}
}

/* False for a datagram that is not a message. */
static bool
message_read(struct cursor c, struct message *message)
{
	struct text	 field;
	const uint8_t	*start = cursor_take(&c, 4);

	memset(message, 0, sizeof(*message));
	if (start == NULL)
		return (false);
	if (memcmp(start, "###\n", 4) == 0) {
		while (field_counted(&c, &field))
			message_field(message, &field);
	} else if (memcmp(start, ">>>\n", 4) == 0) {
		while (field_line(&c, &field))
			message_field(message, &field);
	}
	return (message->field[TYPE].start != NULL);
}

/*
 * A node that shuts down announces it in the resources that it releases, and
 * again when it has finished.  It sends its status for some more seconds.
 */
static bool
message_stops(const struct message *message)
{
	return (text_is(&message->field[TYPE], "shutdone") ||
	    (text_is(&message->field[TYPE], "resource") &&
	    text_is(&message->field[INFO], "shutdown")) ||
	    (text_is(&message->field[TYPE], "status") &&
	    text_is(&message->field[STATUS], "dead")));
}

/* "NS_st" is a status without a sequence number; it is not retransmitted. */
static bool
message_alive(const struct message *message)
{
	return ((text_is(&message->field[TYPE], "status") ||
	    text_is(&message->field[TYPE], "NS_st")) &&
	    !text_is(&message->field[STATUS], "dead"));
}

static bool
linux_ha_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct cursor	 c;
	struct message	 message;
	uint32_t	 sequence;

	if (packet->destination_port != LINUX_HA_PORT ||
	    !packet_udp(packet, &c, NULL) || !message_read(c, &message))
		return (false);
	*heartbeat = (struct heartbeat){
		.sender = packet->source,
		.keys = 1,
		.alive = message_alive(&message),
		.stop = message_stops(&message),
	};
	if (text_hex(&message.field[SEQUENCE], &sequence)) {
		heartbeat->has_sequence = true;
		heartbeat->sequence = sequence;
	}
	return (heartbeat->alive || heartbeat->stop);
}

const struct protocol protocol_linux_ha = {
	.name = "linux-ha",
	.argument = ARGUMENT_NONE,
	.transport = IPPROTO_UDP,
	.ports = { LINUX_HA_PORT },
	.decode = linux_ha_decode,
	.filter = "udp dst port 694",
};
