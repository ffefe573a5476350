/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/utf8.h"
#include "config/config_lex.h"
#include "config/config_parse.h"

#define ITEM_EXPECTED	"NAME = VALUE or a section"

/* The section that is being parsed, or the top. */
struct body {
	struct config_section	*section;
	const struct config_value *first[OPTIONS];
	bool			 emptied[OPTIONS];	/* "=", no value yet */
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
	struct config_file	*file;
	struct config_section	**last;		/* end of the sections */
	struct body		*body;
	struct config_token	 token;		/* the current one */
	struct config_token	 ahead;		/* the one after it */
	bool			 secret;	/* do not quote the value */
};

/* Returns CONFIG_TOP if that is not the name of a section. */
static enum config_kind
section_kind(const char *name)
{
	return (strcmp(name, "alarm") == 0 ? CONFIG_ALARM :
	    strcmp(name, "watch") == 0 ? CONFIG_WATCH : CONFIG_TOP);
}

/* True if the option is allowed in the section that is being parsed. */
static bool
is_allowed(const struct parser *p, enum config_option_id id)
{
	return (p->file->options[id].kinds >> p->body->section->kind & 1);
}

/* Returns OPTIONS if no option of that name is allowed in the section. */
static enum config_option_id
option_find(const struct parser *p, const char *name)
{
	enum config_option_id	 id = 0;

	while (id < OPTIONS && (!is_allowed(p, id) ||
	    strcmp(p->file->options[id].name, name) != 0))
		id++;
	return (id);
}

static void
advance(struct parser *p)
{
	p->token = p->ahead;
	config_lex_next(&p->lex, &p->ahead);
}

/* True at SECTION TITLE or SECTION {, but not at an option of that name. */
static bool
at_section(const struct parser *p)
{
	return (section_kind(p->token.text) != CONFIG_TOP &&
	    (p->ahead.kind == TOKEN_TEXT || p->ahead.kind == TOKEN_OPEN));
}

/* True at NAME = or NAME +=. */
static bool
at_option(const struct parser *p)
{
	return (p->token.kind == TOKEN_TEXT &&
	    (p->ahead.kind == TOKEN_EQUALS || p->ahead.kind == TOKEN_APPEND));
}

/* ---- errors and recovery */

/*
 * After a syntax error, missing options are not reported, because the parser
 * may have skipped them.
 */
static void
syntax_error(struct parser *p)
{
	p->body->section->complete = p->file->complete = false;
}

static void
unexpected(struct parser *p, const struct config_token *token,
    const char *expected)
{
	char quoted[UTF8_QUOTE_SIZE] = "end of the file";

	syntax_error(p);
	if (token->kind == TOKEN_END && p->lex.cut)
		return;
	if (token->kind == TOKEN_TEXT && p->secret)
		strcpy(quoted, "word");
	else if (token->kind != TOKEN_END)
		utf8_quote(token->text, quoted);
	config_error(p->lex.errors, token->place, "unexpected %s; expected %s",
	    quoted, expected);
}

static void
not_closed(struct parser *p, struct config_place place, const char *name)
{
	syntax_error(p);
	if (!p->lex.cut)
		config_error(p->lex.errors, place, "%s is not closed: "
		    "missing }", name);
}

/*
 * Skips to the next option or section, or to the brace that closes this
 * section.  If { … } comes before that, skips only to its end.
 */
static void
recover(struct parser *p)
{
	struct config_place	 begin = p->token.place;
	unsigned		 depth = 0;

	for (; p->token.kind != TOKEN_END && !at_section(p); advance(p)) {
		if (depth == 0 && (p->token.kind == TOKEN_CLOSE ||
		    at_option(p)))
			return;
		if (p->token.kind == TOKEN_OPEN && depth++ == 0)
			begin = p->token.place;
		else if (p->token.kind == TOKEN_CLOSE && --depth == 0) {
			advance(p);
			return;
		}
	}
	if (depth > 0)
		not_closed(p, begin, "\"{\"");
}

/* ---- options */

static void
unknown_option(struct parser *p, const struct config_token *name)
{
	enum config_option_id	 id;
	char			 names[1024] = "", quoted[UTF8_QUOTE_SIZE];
	size_t			 n = 0;

	for (id = 0; id < OPTIONS && n < sizeof(names); id++)
		if (is_allowed(p, id))
			n += (size_t)snprintf(names + n, sizeof(names) - n,
			    "%s%s", n == 0 ? "" : ", ",
			    p->file->options[id].name);
	config_error(p->lex.errors, name->place, "unknown option %s; expected "
	    "one of %s%s", utf8_quote(name->text, quoted), names,
	    p->body->section == &p->file->top ? ", include, alarm, watch" : "");
}

static void
add_value(struct parser *p, enum config_option_id id,
    const struct config_token *token)
{
	struct body			*b = p->body;
	const struct config_option	*option = &p->file->options[id];
	const struct config_value	*first = b->first[id];
	struct config_value		*value;

	if (first != NULL && (!option->list || b->emptied[id])) {
		b->emptied[id] = false;
		config_error(p->lex.errors, token->place, "%s is given twice, "
		    "first at %s:%d; expected once%s", option->name,
		    first->place.file, first->place.line,
		    option->list ? ", or \"+=\" to add to the list" : "");
		return;
	}
	b->emptied[id] = false;
	value = arena_alloc(&p->file->arena, sizeof(*value));
	if (value == NULL)
		return;
	value->text = token->text;
	value->place = token->place;
	value->option = id;
	*b->section->last = value;
	b->section->last = &value->next;
	if (first == NULL)
		b->first[id] = value;
}

/* Parses { TEXT, … }. */
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
	}
}

/* Makes one text of the words `100 in 10s`, which need no quotes. */
static void
join_words(struct parser *p, struct config_token *value)
{
	if (!value->word || !p->token.word || !p->ahead.word ||
	    strcmp(p->token.text, "in") != 0 ||
	    value->place.position != p->ahead.place.position)
		return;
	value->text = arena_format(&p->file->arena, "%s in %s", value->text,
	    p->ahead.text);
	advance(p);
	advance(p);
}

static void
parse_option(struct parser *p, enum config_option_id id)
{
	struct config_token	 value;

	if (p->ahead.kind == TOKEN_EQUALS)
		p->body->emptied[id] = true;
	advance(p);
	advance(p);
	value = p->token;
	if (value.kind == TOKEN_TEXT) {
		advance(p);
		if (id == OPTION_STORM || id == OPTION_FLAPPING)
			join_words(p, &value);
		add_value(p, id, &value);
	} else if (value.kind == TOKEN_OPEN && p->file->options[id].list)
		parse_list(p, id);
	else {
		unexpected(p, &value, "a value");
		recover(p);
	}
}

/* Skips NAME = VALUE, NAME = { … }, NAME TITLE { … } or NAME { … }. */
static void
parse_unknown(struct parser *p)
{
	struct config_token	 name = p->token;
	bool			 option = at_option(p);

	advance(p);
	if (option || (p->token.kind == TOKEN_TEXT &&
	    p->ahead.kind == TOKEN_OPEN))
		advance(p);
	if (option || p->token.kind == TOKEN_OPEN) {
		unknown_option(p, &name);
		if (p->token.kind == TOKEN_TEXT)
			advance(p);
		else if (p->token.kind == TOKEN_OPEN)
			recover(p);
	} else {
		unexpected(p, &name, ITEM_EXPECTED "; a value with blanks "
		    "must be in quotes");
		recover(p);
	}
}

/* Parses an option, or reports that there is none and recovers. */
static void
parse_item(struct parser *p)
{
	const struct config_option	*option;
	enum config_option_id		 id;
	char				 expected[64];

	if (p->token.kind != TOKEN_TEXT) {
		unexpected(p, &p->token, ITEM_EXPECTED);
		if (p->token.kind != TOKEN_OPEN)
			advance(p);
		recover(p);
		return;
	}
	id = option_find(p, p->token.text);
	if (id == OPTIONS) {
		parse_unknown(p);
		return;
	}
	option = &p->file->options[id];
	p->secret = option->secret;
	if (p->ahead.kind == TOKEN_EQUALS ||
	    (p->ahead.kind == TOKEN_APPEND && option->list)) {
		parse_option(p, id);
		return;
	}
	snprintf(expected, sizeof(expected), "\"=\" after %s", option->name);
	advance(p);
	unexpected(p, &p->token, expected);
	recover(p);
}

/* ---- sections */

/* Parses up to the closing brace; if that is missing, to the next section. */
static void
parse_body(struct parser *p, const struct config_section *section)
{
	char	 name[64];

	while (p->token.kind != TOKEN_CLOSE && p->token.kind != TOKEN_END &&
	    !at_section(p))
		parse_item(p);
	if (p->token.kind == TOKEN_CLOSE)
		advance(p);
	else if (p->token.kind == TOKEN_END)
		not_closed(p, section->place, "section");
	else {
		snprintf(name, sizeof(name), "section at line %d",
		    section->place.line);
		not_closed(p, p->token.place, name);
	}
}

/* Parses the title, which becomes the first value of the section. */
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

/* Parses SECTION TITLE { … }, even if the title or the brace is missing. */
static void
parse_section(struct parser *p, enum config_kind kind)
{
	struct config_section	*section = arena_alloc(&p->file->arena,
	    sizeof(*section));
	struct body		*top = p->body, body = { .section = section };

	if (section == NULL) {
		p->token.kind = TOKEN_END;
		return;
	}
	section->kind = kind;
	section->complete = true;
	section->place = p->token.place;
	section->last = &section->values;
	p->body = &body;
	p->secret = false;
	advance(p);
	parse_title(p, section);
	if (p->token.kind == TOKEN_OPEN || at_option(p)) {
		*p->last = section;
		p->last = &section->next;
		if (p->token.kind == TOKEN_OPEN)
			advance(p);
		parse_body(p, section);
	} else
		recover(p);
	p->body = top;
}

static void
parse_top(struct parser *p)
{
	const struct config_value	*snmp;
	enum config_kind		 kind;

	while (p->token.kind != TOKEN_END) {
		/* If braces are open here, their ends are missing. */
		if (p->token.kind == TOKEN_TEXT)
			p->lex.depth = p->ahead.kind == TOKEN_OPEN;
		kind = section_kind(p->token.text);
		if (kind != CONFIG_TOP)
			parse_section(p, kind);
		else
			parse_item(p);
	}
	snmp = p->body->first[OPTION_SNMP];
	if (snmp != NULL && p->body->emptied[OPTION_SNMP])
		config_error(p->lex.errors, snmp->place, "snmp is given "
		    "twice, the second time empty; expected once");
}

void
config_parse(struct config_file *file, const char *name, bool pipe,
    const struct config_option *options, FILE *names,
    struct config_errors *errors)
{
	struct body	 top = { .section = &file->top };
	struct parser	 p = { .file = file, .body = &top };

	*file = (struct config_file){ .options = options, .complete = true };
	file->top.last = &file->top.values;
	p.last = &file->sections;
	config_lex_open(&p.lex, name, pipe, names, &file->arena, errors);
	advance(&p);
	advance(&p);
	parse_top(&p);
	file->complete = file->complete && !p.lex.cut;
	config_lex_close(&p.lex);
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
