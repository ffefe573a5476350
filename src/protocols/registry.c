/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "protocols/protocol.h"

#define BLANKS	" \t\r\n"

/* In the order of the manual page. */
#define PROTOCOLS(one)		\
	one(udp)		\
	one(tcp)		\
	one(tcp_keepalive)	\
	one(vrrp)		\
	one(carp)		\
	one(hsrp)		\
	one(bfd)		\
	one(linux_ha)		\
	one(corosync)		\
	one(ip)			\
	one(bpf)

#define DECLARE(name)	extern const struct protocol protocol_##name;
#define ADDRESS(name)	&protocol_##name,

PROTOCOLS(DECLARE)

const struct protocol *const protocols[] = {
	PROTOCOLS(ADDRESS)
	NULL
};

const struct protocol *
protocol_find(const char *name)
{
	size_t i;

	for (i = 0; protocols[i] != NULL; i++)
		if (strcmp(protocols[i]->name, name) == 0)
			return (protocols[i]);
	return (NULL);
}

char *
protocol_filter(const struct protocol *p, uint32_t key, char *text)
{
	const char	*from;
	char		*to = text;

	for (from = p->filter; *from != '\0'; from++)
		if (*from == '#')
			to += sprintf(to, "%u", key);
		else
			*to++ = *from;
	*to = '\0';
	return (text);
}

/* Writes a form as the manual page does: "udp PORT", "corosync [PORT]". */
static void
form_usage(const struct protocol *p, char *text, size_t size)
{
	if (p->argument == ARGUMENT_NONE)
		snprintf(text, size, "%s", p->name);
	else
		snprintf(text, size, p->argument == ARGUMENT_OPTIONAL ?
		    "%s [%s]" : "%s %s", p->name, p->argument_name);
}

/* Writes the forms of all protocols. */
static void
form_usages(char *text, size_t size)
{
	char	 one[64];
	size_t	 i, used = 0;

	text[0] = '\0';
	for (i = 0; protocols[i] != NULL && used < size; i++) {
		form_usage(protocols[i], one, sizeof(one));
		used += (size_t)snprintf(text + used, size - used, "%s%s",
		    i == 0 ? "" : ", ", one);
	}
}

/* Writes the error for a text that names no protocol.  Returns false. */
static bool
form_unknown(const char *text, char *error, size_t size)
{
	char usages[512];

	form_usages(usages, sizeof(usages));
	snprintf(error, size, "heartbeat \"%s\": expected one of %s", text,
	    usages);
	return (false);
}

/* Parses the argument of a form, which has `length` octets. */
static bool
form_argument(const struct protocol *p, const char *text, const char *argument,
    size_t length, struct heartbeat_form *form, char *error, size_t size)
{
	char	 usage[64];

	form->protocol = p;
	form->key = p->default_key;
	if (length == 0 && (p->argument == ARGUMENT_NONE ||
	    p->argument == ARGUMENT_OPTIONAL))
		return (true);
	if (length == 0 || p->argument == ARGUMENT_NONE) {
		form_usage(p, usage, sizeof(usage));
		snprintf(error, size, "heartbeat \"%s\": expected \"%s\"", text,
		    usage);
		return (false);
	}
	if (p->argument == ARGUMENT_EXPRESSION) {
		form->expression = strndup(argument, length);
		if (form->expression == NULL)
			snprintf(error, size, "heartbeat \"%s\": out of memory",
			    text);
		return (form->expression != NULL);
	}
	if (number_parse_bytes(argument, length, p->minimum, p->maximum,
	    &form->key))
		return (true);
	snprintf(error, size, "heartbeat \"%s\": %s must be %u..%u", text,
	    p->argument_name, p->minimum, p->maximum);
	return (false);
}

bool
heartbeat_form_parse(const char *text, struct heartbeat_form *form,
    char *error, size_t size)
{
	const struct protocol	*p;
	const char		*word, *argument;
	char			 name[32];
	size_t			 length, end;

	memset(form, 0, sizeof(*form));
	word = text + strspn(text, BLANKS);
	length = strcspn(word, BLANKS);
	if (length >= sizeof(name))
		return (form_unknown(text, error, size));
	memcpy(name, word, length);
	name[length] = '\0';
	p = protocol_find(name);
	if (p == NULL)
		return (form_unknown(text, error, size));

	argument = word + length + strspn(word + length, BLANKS);
	for (end = strlen(argument); end > 0; end--)
		if (strchr(BLANKS, argument[end - 1]) == NULL)
			break;
	return (form_argument(p, text, argument, end, form, error, size));
}

void
heartbeat_form_free(struct heartbeat_form *form)
{
	free(form->expression);
	memset(form, 0, sizeof(*form));
}
