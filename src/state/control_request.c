/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "state/control_request.h"

#define FIELDS_MAX	5	/* with the version and the command */

static const struct command {
	const char		*name;
	const char		*option;	/* the next field; NULL: none */
	enum control_command	 command;
	size_t			 arguments;	/* fields after those */
	const char		*usage;
} commands[] = {
	{ "status", NULL, CONTROL_STATUS, 0,
	    "no more fields, all, or watch and a name" },
	{ "status", "all", CONTROL_STATUS_ALL, 0, "no more fields" },
	{ "status", "watch", CONTROL_STATUS_WATCH, 1, "the name of a watch" },
	{ "names", NULL, CONTROL_NAMES, 1, "the beginning of names" },
	{ "acknowledge", NULL, CONTROL_ACKNOWLEDGE, 2, "a text and a watch" },
	{ "shelve", NULL, CONTROL_SHELVE, 3,
	    "a duration, a text and a watch" },
	{ "unshelve", NULL, CONTROL_UNSHELVE, 1, "the name of a watch" },
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static bool
invalid(char *error, const char *what, const char *value, const char *expected)
{
	char	 quoted[UTF8_QUOTE_SIZE];

	snprintf(error, CONTROL_ERROR_SIZE, "%s %s; expected %s", what,
	    utf8_quote(value, quoted), expected);
	return (false);
}

/* The number of fields; FIELDS_MAX + 1: more than FIELDS_MAX. */
static size_t
split(char *line, char *fields[FIELDS_MAX])
{
	size_t	 n = 0;
	char	*field;

	while ((field = strsep(&line, "\t")) != NULL) {
		if (n == FIELDS_MAX)
			return (n + 1);
		fields[n++] = field;
	}
	return (n);
}

/* The command of these fields; NULL, with the error, if there is none. */
static const struct command *
find_command(char *const *fields, size_t n, char *error)
{
	const struct command	*c, *found = NULL;

	for (c = commands; c < commands + COMMANDS; c++)
		if (strcmp(c->name, fields[1]) == 0 && (c->option == NULL ||
		    (n > 2 && strcmp(c->option, fields[2]) == 0)))
			found = c;
	if (found == NULL)
		(void)invalid(error, "unknown command", fields[1],
		    "status, names, acknowledge, shelve or unshelve");
	return (found);
}

static bool
parse_fields(struct control_request *r, char *const *fields, size_t n,
    char *error)
{
	const struct command	*c;
	const char		*fault;
	size_t			 first;

	if (n > FIELDS_MAX || n < 2) {
		snprintf(error, CONTROL_ERROR_SIZE, "%s fields; expected the "
		    "version of the protocol, a command and its arguments",
		    n < 2 ? "too few" : "too many");
		return (false);
	}
	if (strcmp(fields[0], "1") != 0)
		return (invalid(error, "unknown version", fields[0],
		    "version 1 of the protocol"));
	c = find_command(fields, n, error);
	if (c == NULL)
		return (false);
	first = c->option == NULL ? 2 : 3;
	if (n != first + c->arguments)
		return (invalid(error, "wrong number of fields for", c->name,
		    c->usage));
	*r = (struct control_request){
		.command = c->command, .text = "",
		.watch = c->arguments > 0 ? fields[n - 1] : "",
	};
	if (c->command == CONTROL_SHELVE &&
	    !duration_parse_between(fields[2], NSEC_PER_SEC,
	    CONTROL_SHELF_MAX_NS, &r->duration_ns))
		return (invalid(error, "invalid duration", fields[2],
		    "a number and s, min, h or d, from 1s to 366d, such as "
		    "2h"));
	if (c->arguments < 2)
		return (true);
	r->text = fields[n - 2];
	fault = utf8_text_fault(r->text, 0, CONTROL_TEXT_MAX);
	if (fault != NULL)
		snprintf(error, CONTROL_ERROR_SIZE, "%s text; expected at "
		    "most %d octets without control characters", fault,
		    CONTROL_TEXT_MAX);
	return (fault == NULL);
}

bool
control_request_parse(struct control_request *r, char *line, size_t length,
    char *error)
{
	char	*fields[FIELDS_MAX];

	if (length > CONTROL_REQUEST_MAX)
		snprintf(error, CONTROL_ERROR_SIZE, "the request is too long; "
		    "expected at most %d octets", CONTROL_REQUEST_MAX);
	else if (strlen(line) != length || !utf8_valid(line))
		snprintf(error, CONTROL_ERROR_SIZE, "the request is not a line "
		    "of UTF-8 text");
	else
		return (parse_fields(r, fields, split(line, fields), error));
	return (false);
}
