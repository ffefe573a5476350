/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "config/config_lex.h"
#include "config/config_parse.h"

#define ITEM_EXPECTED	"NAME = VALUE or a section"

/* The section that is being parsed, or the top. */
struct body {
	struct config_section	*section;
	const struct config_value *first[OPTIONS];
	bool			 emptied[OPTIONS];	/* a list, by "=" */
	bool			 broken;		/* syntax error */
};

/*
 * The grammar, with two tokens of lookahead:
 *
 *	file	= { item | SECTION TITLE "{" { item } "}" }
 *	item	= NAME "=" value | LIST "+=" value
 *	value	= TEXT | "{" [ TEXT { "," TEXT } [ "," ] ] "}"
 */
struct parser {
	struct config_lex	 lex;
	struct config_errors	*errors;
	struct config_file	*file;
	struct config_section	**last;		/* end of the sections */
	struct body		*body;
	struct config_token	 token;		/* the current one */
	struct config_token	 ahead;		/* the one after it */
	bool			 secret;	/* an option not to be quoted */
};

static void
advance(struct parser *p)
{
	p->token = p->ahead;
	config_lex_next(&p->lex, &p->ahead);
}

static bool
is_assignment(const struct config_token *token)
{
	return (token->kind == TOKEN_EQUALS || token->kind == TOKEN_APPEND);
}

/* ---- errors and recovery */

/* A syntax error: what depends on the whole section or file is not checked. */
static void
syntax_error(struct parser *p)
{
	p->body->broken = true;
	p->file->complete = false;
}

/* The token for a message, in text[CONFIG_QUOTE_SIZE].  Returns text. */
static const char *
token_describe(const struct parser *p, const struct config_token *token,
    char *text)
{
	if (token->kind == TOKEN_END)
		return ("end of the file");
	if (token->kind == TOKEN_TEXT && p->secret)
		return ("word");
	return (config_quote(token->text, text));
}

static void
unexpected(struct parser *p, const struct config_token *token,
    const char *expected)
{
	char text[CONFIG_QUOTE_SIZE];

	syntax_error(p);
	if (!p->lex.cut || token->kind != TOKEN_END)
		config_errors_add(p->errors, token->place, "unexpected %s; "
		    "expected %s", token_describe(p, token, text), expected);
}

static void
not_closed(struct parser *p, struct config_place begin, const char *what)
{
	syntax_error(p);
	if (!p->lex.cut)
		config_errors_add(p->errors, begin, "%s is not closed: "
		    "missing }", what);
}

/* The closing brace is missing.  What follows is outside of the braces. */
static void
assume_closed(struct parser *p)
{
	if (p->lex.depth > 0)
		p->lex.depth--;
}

/* SECTION TITLE or SECTION {, but not an option of the same name. */
static bool
at_section(const struct parser *p)
{
	return (p->token.kind == TOKEN_TEXT &&
	    config_kind_find(p->token.text) != CONFIG_TOP &&
	    (p->ahead.kind == TOKEN_TEXT || p->ahead.kind == TOKEN_OPEN));
}

/*
 * Skips { … }, with what is nested in it.  `what` begins at `begin`.  A section
 * of ours ends it, for then a brace is missing.
 */
static void
skip_block(struct parser *p, struct config_place begin, const char *what)
{
	unsigned depth = 0;

	do {
		if (p->token.kind == TOKEN_END || at_section(p)) {
			not_closed(p, begin, what);
			p->lex.depth -= depth;
			return;
		}
		if (p->token.kind == TOKEN_OPEN)
			depth++;
		else if (p->token.kind == TOKEN_CLOSE)
			depth--;
		advance(p);
	} while (depth > 0);
}

static bool
at_item(const struct parser *p)
{
	return (p->token.kind == TOKEN_TEXT &&
	    (is_assignment(&p->ahead) || at_section(p)));
}

/* Skips to the next option or section, or to a closing brace. */
static void
recover(struct parser *p)
{
	while (p->token.kind != TOKEN_END && p->token.kind != TOKEN_CLOSE &&
	    !at_item(p)) {
		if (p->token.kind == TOKEN_OPEN) {
			skip_block(p, p->token.place, "\"{\"");
			return;
		}
		advance(p);
	}
}

/* ---- options */

/* Lists what the section may contain. */
static void
unknown_option(struct parser *p, const struct config_token *name)
{
	enum config_kind	 kind = p->body->section->kind;
	enum config_option_id	 id;
	char			 names[256] = "", quoted[CONFIG_QUOTE_SIZE];
	int			 n = 0;

	for (id = 0; id < OPTIONS; id++)
		if ((config_options[id].kinds & 1u << kind) != 0)
			n += snprintf(names + n, sizeof(names) - (size_t)n,
			    "%s%s", n == 0 ? "" : ", ",
			    config_options[id].name);
	config_quote(name->text, quoted);
	if (kind == CONFIG_TOP)
		config_errors_add(p->errors, name->place, "unknown option %s; "
		    "expected one of %s, include, alarm, watch", quoted, names);
	else
		config_errors_add(p->errors, name->place, "unknown option %s "
		    "in %s; expected one of %s", quoted,
		    config_kind_names[kind], names);
}

static void
given_twice(struct parser *p, enum config_option_id id,
    struct config_place place)
{
	const struct config_place *first = &p->body->first[id]->place;

	config_errors_add(p->errors, place, "%s is given twice, first at "
	    "%s:%d; expected once%s", config_options[id].name,
	    first->source->file, first->line,
	    config_options[id].list ? ", or \"+=\" to add to the list" : "");
}

static void
add_value(struct parser *p, enum config_option_id id,
    const struct config_token *token)
{
	struct body		*b = p->body;
	struct config_value	*value;
	bool			 append;

	append = config_options[id].list && !b->emptied[id];
	b->emptied[id] = false;
	if (b->first[id] != NULL && !append) {
		given_twice(p, id, token->place);
		return;
	}
	value = arena_alloc(&p->file->arena, sizeof(*value));
	if (value == NULL) {
		config_errors_exhausted(p->errors);
		return;
	}
	value->text = token->text;
	value->place = token->place;
	value->option = id;
	*b->section->last = value;
	b->section->last = &value->next;
	if (b->first[id] == NULL)
		b->first[id] = value;
}

/* { TEXT, … } */
static void
parse_list(struct parser *p, enum config_option_id id)
{
	if (id == OPTION_PEER)
		p->body->section->peers_listed = true;
	for (advance(p); p->token.kind == TOKEN_TEXT; advance(p)) {
		add_value(p, id, &p->token);
		advance(p);
		if (p->token.kind != TOKEN_COMMA)
			break;
	}
	if (p->token.kind != TOKEN_CLOSE) {
		unexpected(p, &p->token, "\",\" or \"}\" in the list");
		recover(p);
	}
	if (p->token.kind == TOKEN_CLOSE) {
		advance(p);
		p->secret = false;
	} else
		assume_closed(p);
}

/* `100 in 10s` needs no quotes; its words are made one text. */
static void
join_words(struct parser *p, struct config_token *value)
{
	const struct config_token	*last = &p->ahead;
	char				*text;
	size_t				 size;

	if (!value->word || !p->token.word || !last->word ||
	    strcmp(p->token.text, "in") != 0 ||
	    config_place_compare(&value->place, &last->place) != 0)
		return;
	size = strlen(value->text) + strlen(last->text) + sizeof(" in ");
	text = arena_alloc(&p->file->arena, size);
	if (text == NULL) {
		config_errors_exhausted(p->errors);
		return;
	}
	snprintf(text, size, "%s in %s", value->text, last->text);
	value->text = text;
	advance(p);
	advance(p);
}

/* What follows NAME = or NAME +=. */
static void
parse_value(struct parser *p, enum config_option_id id)
{
	struct config_token	 value = p->token;

	if (value.kind == TOKEN_OPEN && config_options[id].list) {
		parse_list(p, id);
		return;
	}
	if (value.kind != TOKEN_TEXT) {
		unexpected(p, &p->token, "a value");
		recover(p);
		return;
	}
	advance(p);
	if (id == OPTION_STORM)
		join_words(p, &value);
	add_value(p, id, &value);
}

static void
parse_option(struct parser *p, enum config_option_id id)
{
	const struct config_option	*option = &config_options[id];

	advance(p);
	if (p->token.kind == TOKEN_EQUALS)
		p->body->emptied[id] = true;
	else if (!option->list) {
		syntax_error(p);
		config_errors_add(p->errors, p->token.place, "unexpected "
		    "\"+=\" after %s, which is not a list; expected \"=\"",
		    option->name);
	}
	advance(p);
	parse_value(p, id);
}

/* NAME = VALUE, NAME = { … }, NAME TITLE { … } or NAME { … } */
static void
parse_unknown(struct parser *p)
{
	struct config_token	 name = p->token;

	advance(p);
	if (is_assignment(&p->token)) {
		unknown_option(p, &name);
		advance(p);
		if (p->token.kind == TOKEN_TEXT)
			advance(p);
		else if (p->token.kind == TOKEN_OPEN)
			skip_block(p, p->token.place, "list");
		return;
	}
	if (p->token.kind == TOKEN_TEXT && p->ahead.kind == TOKEN_OPEN)
		advance(p);
	if (p->token.kind == TOKEN_OPEN) {
		unknown_option(p, &name);
		skip_block(p, name.place, "section");
		return;
	}
	unexpected(p, &name, ITEM_EXPECTED "; a value with blanks must be in "
	    "quotes");
	recover(p);
}

static void
parse_item(struct parser *p)
{
	enum config_option_id	 id;
	char			 expected[64];

	if (p->token.kind != TOKEN_TEXT) {
		unexpected(p, &p->token, ITEM_EXPECTED);
		if (p->token.kind != TOKEN_OPEN)
			advance(p);
		recover(p);
		return;
	}
	id = config_option_find(p->body->section->kind, p->token.text);
	if (id == OPTIONS) {
		parse_unknown(p);
		return;
	}
	p->secret = config_options[id].secret;
	if (is_assignment(&p->ahead)) {
		parse_option(p, id);
		return;
	}
	snprintf(expected, sizeof(expected), "\"=\" after %s",
	    config_options[id].name);
	advance(p);
	unexpected(p, &p->token, expected);
	recover(p);
}

/* ---- sections */

/* Up to the closing brace, or the section that follows without one. */
static void
parse_body(struct parser *p, struct config_section *section)
{
	while (p->token.kind != TOKEN_CLOSE && p->token.kind != TOKEN_END &&
	    !at_section(p))
		parse_item(p);
	if (p->token.kind == TOKEN_CLOSE)
		advance(p);
	else if (p->token.kind == TOKEN_END)
		not_closed(p, section->place, "section");
	else {
		syntax_error(p);
		assume_closed(p);
		config_errors_add(p->errors, p->token.place, "section of line "
		    "%d is not closed: missing } before %s",
		    section->place.line, p->token.text);
	}
}

/* The title becomes the first value. */
static void
parse_title(struct parser *p, struct config_section *section)
{
	struct config_token	 title = p->token;
	bool			 watch = section->kind == CONFIG_WATCH;

	if (title.kind != TOKEN_TEXT) {
		unexpected(p, &title, watch ? "watch \"NAME\" {" :
		    "alarm ID {");
		return;
	}
	section->title = title.text;
	title.place = section->place;
	add_value(p, watch ? OPTION_WATCH_NAME : OPTION_ALARM_ID, &title);
	advance(p);
	if (p->token.kind != TOKEN_OPEN)
		unexpected(p, &p->token, "\"{\" after the title");
}

/* SECTION TITLE { … }.  Without a title or brace the rest is parsed as well. */
static void
parse_section(struct parser *p, enum config_kind kind)
{
	struct config_section	*section;
	struct body		*top = p->body, body = { .section = NULL };

	section = arena_alloc(&p->file->arena, sizeof(*section));
	if (section == NULL) {
		config_errors_exhausted(p->errors);
		return;
	}
	section->kind = kind;
	section->place = p->token.place;
	section->last = &section->values;
	body.section = section;
	p->body = &body;
	p->secret = false;
	advance(p);
	parse_title(p, section);
	if (p->token.kind == TOKEN_OPEN || (at_item(p) && !at_section(p))) {
		*p->last = section;
		p->last = &section->next;
		if (p->token.kind == TOKEN_OPEN)
			advance(p);
		parse_body(p, section);
	} else
		recover(p);
	section->complete = !body.broken;
	p->body = top;
}

static void
parse_top(struct parser *p)
{
	const struct config_value	*snmp;
	enum config_kind		 kind;

	while (p->token.kind != TOKEN_END) {
		kind = CONFIG_TOP;
		if (p->token.kind == TOKEN_TEXT)
			kind = config_kind_find(p->token.text);
		if (kind != CONFIG_TOP)
			parse_section(p, kind);
		else if (p->token.kind == TOKEN_CLOSE) {
			unexpected(p, &p->token, ITEM_EXPECTED);
			advance(p);
		} else
			parse_item(p);
	}
	snmp = p->body->first[OPTION_SNMP];
	if (snmp != NULL && p->body->emptied[OPTION_SNMP])
		config_errors_add(p->errors, snmp->place, "snmp is given "
		    "twice, the second time empty; expected once");
}

void
config_parse(struct config_file *file, const char *name,
    struct config_errors *errors)
{
	struct body	 top = { .section = &file->top };
	struct parser	 p = { .errors = errors, .file = file, .body = &top };

	*file = (struct config_file){ .complete = true };
	file->top.last = &file->top.values;
	p.last = &file->sections;
	config_lex_open(&p.lex, name, &file->arena, errors);
	advance(&p);
	advance(&p);
	parse_top(&p);
	if (p.lex.cut)
		file->complete = false;
	config_lex_close(&p.lex);
}

void
config_file_free(struct config_file *file)
{
	arena_free(&file->arena);
}

const struct config_value *
config_section_value(const struct config_section *section,
    enum config_option_id option)
{
	const struct config_value	*value = section->values;

	while (value != NULL && value->option != option)
		value = value->next;
	return (value);
}
