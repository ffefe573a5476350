/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <confuse.h>

#include "config/conffile.h"
#include "config/conftext.h"

#define LIST		"snmp"
#define STRANGERS_MAX	64
/* Of one kind: its options, the list, the sections, strangers and the end. */
#define DECLARED_MAX	(OPTIONS + 1 + CONFFILE_KINDS + STRANGERS_MAX + 1)

static const char *const option_names[OPTIONS] = {
	[OPTION_AGENTX] = "agentx",
	[OPTION_SOURCE] = "source",
	[OPTION_SERVICE] = "service",
	[OPTION_ROLE] = "role",
	[OPTION_HOST] = "host",
	[OPTION_HISTORY] = "history",
	[OPTION_STORM] = "storm",
	[OPTION_NAME] = "name",
	[OPTION_SEVERITY] = "severity",
	[OPTION_TYPE] = "type",
	[OPTION_SERVICE_TYPE] = "service-type",
	[OPTION_INTERRUPTION] = "interruption",
	[OPTION_INTERFACE] = "interface",
	[OPTION_PEER] = "peer",
	[OPTION_LOCAL] = "local",
	[OPTION_HEARTBEAT] = "heartbeat",
	[OPTION_ALARM] = "alarm",
	[OPTION_RECOVERY] = "recovery",
	[OPTION_ENABLED] = "enabled",
};

/* The options of each kind of section, in the manual page's order. */
static const enum conffile_option kind_options[CONFFILE_KINDS][OPTIONS + 1] = {
	[CONFFILE_TOP] = {
		OPTION_AGENTX, OPTION_SOURCE, OPTION_SERVICE, OPTION_ROLE,
		OPTION_HOST, OPTION_HISTORY, OPTION_STORM, OPTIONS
	},
	[CONFFILE_ALARM] = {
		OPTION_NAME, OPTION_SEVERITY, OPTION_TYPE, OPTION_SERVICE_TYPE,
		OPTION_INTERRUPTION, OPTIONS
	},
	[CONFFILE_WATCH] = {
		OPTION_INTERFACE, OPTION_PEER, OPTION_LOCAL, OPTION_HEARTBEAT,
		OPTION_ALARM, OPTION_INTERRUPTION, OPTION_RECOVERY,
		OPTION_ENABLED, OPTION_SOURCE, OPTION_SERVICE, OPTION_ROLE,
		OPTION_HOST, OPTIONS
	},
};

static const char *const kind_names[CONFFILE_KINDS] = {
	[CONFFILE_ALARM] = "alarm",
	[CONFFILE_WATCH] = "watch",
};

/*
 * libconfuse's parser ends at an unknown name, unless CFGF_KEYSTRVAL makes an
 * option of it, which does for NAME = VALUE.  A name that turns out to begin
 * something else is a stranger: it is declared as what it seems to be, and the
 * text is parsed once more.
 */
enum stranger_form {
	STRANGER_TITLED,		/* NAME TITLE { } */
	STRANGER_UNTITLED,		/* NAME { } */
	STRANGER_LIST,			/* NAME = { } */
	STRANGER_NONE,			/* none of these: an error of syntax */
};

struct stranger {
	enum conffile_kind	 kind;	/* of the section that it is in */
	char			*name;
	enum stranger_form	 form;
	char			*fault;
	int			 line;
};

/* Why the parse ended. */
enum end {
	END_NONE,
	END_EQUALS,			/* no = after a name */
	END_TITLE,			/* no title after a section's name */
	END_BRACE,			/* no brace after a section's title */
	END_TOKEN,			/* any other token */
	END_FILE,
	END_OTHER,
};

/* libconfuse's messages, and ours: before the word that is named, and after. */
static const struct message {
	const char	*format;
	enum end	 end;
	const char	*before;
	const char	*after;
} messages[] = {
	{ "missing equal sign after option '%s'", END_EQUALS, "no \"=\" after ",
	    "; expected NAME = VALUE, a text with blanks in quotes" },
	{ "missing title for section '%s'", END_TITLE, "no title after ",
	    "; expected watch \"NAME\" { or alarm ID {" },
	{ "missing opening brace for section '%s'", END_BRACE,
	    "no \"{\" after the title of ",
	    "; expected watch \"NAME\" { or alarm ID {" },
	{ "unexpected token '%s'", END_TOKEN, "unexpected ",
	    "; expected NAME = VALUE or a section" },
	{ "attempt to append to non-list option '%s'", END_OTHER,
	    "\"+=\" after ", "; expected \"=\"" },
	{ "invalid octal number '%s'", END_OTHER, "escape sequence ",
	    "; expected \"\\001\" to \"\\377\"" },
	{ "bad escape sequence '%s'", END_OTHER, "escape sequence ",
	    "; expected \"\\001\" to \"\\377\"" },
	{ "unexpected closing brace", END_OTHER, "unexpected \"}\"",
	    "; expected an option or a section" },
	{ "premature end of file", END_FILE, "end of the file",
	    "; expected the rest of an option or a section" },
};

struct reader {
	const struct conftext	*text;
	struct faults		*faults;
	struct conffile		*file;
	cfg_t			*root;
	bool			 open;		/* the last section is */
	size_t			 heads;		/* sections closed */
	struct stranger		 strangers[STRANGERS_MAX];
	size_t			 nstrangers;

	/* The last unknown name. */
	char			*unknown;
	enum conffile_kind	 unknown_kind;
	size_t			 unknown_fault;
	int			 unknown_line;

	enum end		 end;
	char			*end_name;
	enum conffile_kind	 end_kind;
};

/* libconfuse gives its callbacks no argument of ours. */
static struct reader *reader;

const char *
conffile_name(enum conffile_option option)
{
	return (option_names[option]);
}

/* CONFFILE_KINDS in a stranger. */
static enum conffile_kind
kind_of(const cfg_t *cfg)
{
	enum conffile_kind kind;

	if (cfg == reader->root)
		return (CONFFILE_TOP);
	for (kind = CONFFILE_ALARM; kind < CONFFILE_KINDS; kind++)
		if (strcmp(cfg->name, kind_names[kind]) == 0)
			break;
	return (kind);
}

static bool
kind_named(const char *name)
{
	enum conffile_kind kind;

	for (kind = CONFFILE_ALARM; kind < CONFFILE_KINDS; kind++)
		if (strcmp(name, kind_names[kind]) == 0)
			return (true);
	return (false);
}

static void
keep(char **text, const char *value)
{
	free(*text);
	*text = faults_copy(reader->faults, value);
}

/* The line that the section which is being parsed begins on. */
static int
section_line(void)
{
	if (reader->heads < reader->text->nheads)
		return (reader->text->heads[reader->heads].line);
	return (reader->root->line);
}

static struct conffile_section *
section_push(const cfg_t *cfg)
{
	struct conffile		*f = reader->file;
	struct conffile_section	*sections;
	size_t			 size = f->size == 0 ? 16 : f->size * 2;

	if (f->nsections == f->size) {
		sections = reallocarray(f->sections, size, sizeof(*sections));
		if (sections == NULL)
			return (faults_exhausted(reader->faults));
		f->sections = sections;
		f->size = size;
	}
	f->sections[f->nsections] = (struct conffile_section){
		.kind = kind_of(cfg),
		.title = faults_copy(reader->faults, cfg->title),
		.line = section_line(),
		.peers_listed = reader->heads < reader->text->nheads &&
		    reader->text->heads[reader->heads].peers_listed,
	};
	reader->open = true;
	return (&f->sections[f->nsections++]);
}

/* NULL when memory ran out. */
static struct conffile_section *
section_of(const cfg_t *cfg)
{
	struct conffile *f = reader->file;

	if (cfg == reader->root)
		return (&f->top);
	if (reader->open)
		return (&f->sections[f->nsections - 1]);
	return (section_push(cfg));
}

static void
given_before(const char *name, int line, int before, const char *expected)
{
	char place[FAULTS_LINE_SIZE];

	faults_add(reader->faults, line,
	    "%s was given before, on %s; expected it once%s", name,
	    faults_line(reader->faults, line, before, place), expected);
}

/*
 * libconfuse lets the last of many win; it is asked for each value as it comes,
 * because afterwards it knows neither that there were more nor the lines.
 */
static int
option_parsed(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct conffile_section	*section = section_of(cfg);
	struct conffile_value	*v;
	enum conffile_option	 option;

	*(const char **)result = value;
	if (section == NULL)
		return (0);
	/* libconfuse copies a table of options in its order */
	option = kind_options[section->kind][opt - cfg->opts];
	v = &section->value[option];
	if (v->line != 0) {
		given_before(opt->name, cfg->line, v->line, "");
		return (0);
	}
	v->line = cfg->line;
	keep(&v->text, value);
	return (0);
}

static void
value_push(struct conffile_values *list, const char *text, int line)
{
	size_t			 size = list->size == 0 ? 1 : list->size * 2;
	struct conffile_value	*value;

	if (list->n == list->size) {
		value = reallocarray(list->value, size, sizeof(*value));
		if (value == NULL) {
			faults_exhausted(reader->faults);
			return;
		}
		list->value = value;
		list->size = size;
	}
	value = &list->value[list->n++];
	*value = (struct conffile_value){ .line = line };
	keep(&value->text, text);
}

static void
values_add(struct conffile_values *list, const cfg_t *cfg,
    const cfg_opt_t *opt, const char *value)
{
	if (opt->nvalues == 1 && list->n > 0)
		given_before(opt->name, cfg->line, list->value[0].line,
		    ", or \"+=\" to add to it");
	else
		value_push(list, value, cfg->line);
}

static int
snmp_parsed(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	*(const char **)result = value;
	values_add(&reader->file->snmp, cfg, opt, value);
	return (0);
}

static int
peer_parsed(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct conffile_section	*section = section_of(cfg);
	struct conffile_value	*first;

	*(const char **)result = value;
	if (section == NULL)
		return (0);
	values_add(&section->peers, cfg, opt, value);
	first = &section->value[OPTION_PEER];
	if (first->line == 0) {
		first->line = cfg->line;
		keep(&first->text, value);
	}
	return (0);
}

/* A name of no letters is taken without a word to the error function. */
static void
nameless_find(const cfg_t *cfg, int line)
{
	size_t i;

	for (i = 0; cfg->opts[i].name != NULL; i++)
		if (cfg->opts[i].name[0] == '\0')
			faults_add(reader->faults, line, "an option without "
			    "a name; expected NAME = VALUE");
}

static void
stranger_closed(const cfg_opt_t *opt)
{
	const struct stranger	*s;
	size_t			 i;

	for (i = 0; i < reader->nstrangers; i++) {
		s = &reader->strangers[i];
		if (s->kind == CONFFILE_TOP && s->form == STRANGER_TITLED &&
		    s->line != section_line() &&
		    strcmp(s->name, opt->name) == 0)
			faults_add(reader->faults, section_line(), "%s",
			    s->fault);
	}
}

/*
 * At a section's closing brace, or at the end of the file, which libconfuse
 * takes for one.  Its copy is let go at once: it compares each title with those
 * of all sections that it has.
 */
static int
section_closed(cfg_t *cfg, cfg_opt_t *opt)
{
	struct conffile_section	*section;
	const cfg_t		*closed = cfg_opt_getnsec(opt, 0);
	bool			 last;

	if (kind_of(closed) < CONFFILE_KINDS) {
		last = reader->heads + 1 == reader->text->nheads;
		section = section_of(closed);
		if (section != NULL)
			section->complete = !last ||
			    reader->text->unclosed == 0;
		nameless_find(closed, section_line());
		reader->open = false;
	} else if (cfg == reader->root)
		stranger_closed(opt);
	if (cfg == reader->root)
		reader->heads++;
	cfg_opt_rmnsec(opt, 0);
	return (0);
}

/* "agentx, source, …, alarm or watch": what may stand in a section. */
static void
names_expected(enum conffile_kind kind, char *text, size_t size)
{
	const enum conffile_option	*o;
	size_t				 n = 0;

	for (o = kind_options[kind]; *o != OPTIONS; o++)
		n += (size_t)snprintf(text + n, size - n, "%s%s",
		    n == 0 ? "" : o[1] == OPTIONS && kind != CONFFILE_TOP ?
		    " or " : ", ", option_names[*o]);
	if (kind == CONFFILE_TOP)
		snprintf(text + n, size - n, ", %s, include, alarm or watch",
		    LIST);
}

static void
name_unknown(const cfg_t *cfg, const char *name)
{
	enum conffile_kind	 kind = kind_of(cfg);
	char			 expected[256], quoted[FAULTS_QUOTE_SIZE];

	if (kind == CONFFILE_KINDS)
		return;
	keep(&reader->unknown, name);
	reader->unknown_kind = kind;
	reader->unknown_line = cfg->line;
	reader->unknown_fault = reader->faults->n;
	names_expected(kind, expected, sizeof(expected));
	faults_add(reader->faults, cfg->line,
	    "unknown option %s%s; expected %s", faults_quote(name, quoted),
	    kind == CONFFILE_TOP ? "" : kind == CONFFILE_ALARM ?
	    " in an alarm" : " in a watch", expected);
}

/* The brace before `name` may be missing: that is what is to be said then. */
static bool
brace_missing(const cfg_t *cfg, const char *name)
{
	struct faults	*f = reader->faults;
	char		 place[FAULTS_LINE_SIZE];

	if (kind_of(cfg) == CONFFILE_TOP || !kind_named(name))
		return (false);
	if (reader->unknown_fault + 1 == f->n && reader->unknown != NULL &&
	    strcmp(reader->unknown, name) == 0)
		faults_cut(f, reader->unknown_fault);
	faults_add(f, cfg->line, "no \"=\" after \"%s\"; expected it, or "
	    "before \"%s\" the closing brace of the section that begins on "
	    "%s", name, name,
	    faults_line(f, cfg->line, section_line(), place));
	return (true);
}

static void
parse_ended(const cfg_t *cfg, const struct message *m, const char *name)
{
	char quoted[FAULTS_QUOTE_SIZE] = "";

	reader->end = m->end;
	reader->end_kind = kind_of(cfg);
	if (name != NULL) {
		keep(&reader->end_name, name);
		faults_quote(name, quoted);
	}
	if (m->end == END_FILE && reader->text->cut)
		return;
	if (m->end == END_EQUALS && brace_missing(cfg, name))
		return;
	/* It may be a community without its quotes: not for the log. */
	if (m->end == END_TOKEN && reader->file->snmp.n > 0)
		snprintf(quoted, sizeof(quoted), "word");
	faults_add(reader->faults, cfg->line, "%s%s%s", m->before, quoted,
	    m->after);
}

static void __attribute__((format(printf, 2, 0)))
parse_error(cfg_t *cfg, const char *format, va_list ap)
{
	const struct message	*m;
	char			 text[512];
	size_t			 i;

	if (strncmp(format, "no such option", 14) == 0) {
		name_unknown(cfg, va_arg(ap, const char *));
		return;
	}
	if (strncmp(format, "no sub-section", 14) == 0) {
		faults_add(reader->faults, cfg->line, "\"|\" or \"=\" in the "
		    "name of an option; expected NAME = VALUE");
		return;
	}
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		m = &messages[i];
		if (strcmp(format, m->format) != 0)
			continue;
		parse_ended(cfg, m, strchr(format, '%') == NULL ? NULL :
		    va_arg(ap, const char *));
		return;
	}
	reader->end = END_OTHER;
	vsnprintf(text, sizeof(text), format, ap);
	faults_add(reader->faults, cfg->line, "%s", text);
}

static struct stranger *
stranger_find(enum conffile_kind kind, const char *name)
{
	size_t i;

	for (i = 0; i < reader->nstrangers; i++)
		if (reader->strangers[i].kind == kind &&
		    strcmp(reader->strangers[i].name, name) == 0)
			return (&reader->strangers[i]);
	return (NULL);
}

/*
 * The last unknown name becomes a stranger.  Not one that opens a section of
 * ours, for then a brace is missing; and not "root", since libconfuse takes a
 * section of that name for its own and ends the lexer with it.
 */
static bool
stranger_add(enum stranger_form form)
{
	struct stranger	*s = &reader->strangers[reader->nstrangers];
	const char	*name = reader->unknown;

	if (name == NULL || reader->nstrangers == STRANGERS_MAX ||
	    reader->unknown_fault >= reader->faults->n ||
	    stranger_find(reader->unknown_kind, name) != NULL ||
	    kind_named(name) || strcmp(name, "root") == 0)
		return (false);
	*s = (struct stranger){
		.kind = reader->unknown_kind,
		.form = form,
		.line = reader->unknown_line,
		.name = faults_copy(reader->faults, name),
		.fault = faults_copy(reader->faults,
		    reader->faults->fault[reader->unknown_fault].text),
	};
	reader->nstrangers++;
	return (!reader->faults->exhausted);
}

/* True when there is reason to parse again. */
static bool
stranger_learn(void)
{
	struct stranger *s = NULL;

	if (reader->faults->exhausted)
		return (false);
	if (reader->end_name != NULL)
		s = stranger_find(reader->end_kind, reader->end_name);
	switch (reader->end) {
	case END_EQUALS:
		return (s == NULL && reader->unknown != NULL &&
		    strcmp(reader->unknown, reader->end_name) == 0 &&
		    stranger_add(STRANGER_TITLED));
	case END_TITLE:
		if (s == NULL || s->form != STRANGER_TITLED)
			return (false);
		s->form = STRANGER_UNTITLED;
		return (true);
	case END_BRACE:
		if (s == NULL)
			return (false);
		s->form = STRANGER_NONE;
		return (true);
	case END_TOKEN:
		return (strcmp(reader->end_name, "{") == 0 &&
		    stranger_add(STRANGER_LIST));
	default:
		return (false);
	}
}

static cfg_opt_t
stranger_declare(const struct stranger *s)
{
	static cfg_opt_t none[] = { CFG_END() };
	cfg_opt_t list = CFG_STR_LIST(s->name, NULL, CFGF_NODEFAULT);
	cfg_opt_t section = CFG_SEC(s->name, none, CFGF_MULTI);

	if (s->form == STRANGER_LIST)
		return (list);
	if (s->form == STRANGER_TITLED)
		section.flags |= CFGF_TITLE;
	section.validcb = section_closed;
	return (section);
}

static cfg_opt_t
option_declare(enum conffile_option option)
{
	const char	*name = option_names[option];
	cfg_opt_t	 list = CFG_STR_LIST_CB(name, NULL, CFGF_NODEFAULT,
			    peer_parsed);
	cfg_opt_t	 one = CFG_STR_CB(name, NULL, CFGF_NODEFAULT,
			    option_parsed);

	return (option == OPTION_PEER ? list : one);
}

/* Declares a kind's options, in the order that option_parsed relies on. */
static void
declare(enum conffile_kind kind, cfg_opt_t *alarm, cfg_opt_t *watch,
    cfg_opt_t *opts)
{
	const cfg_opt_t	 end = CFG_END();
	size_t		 i, n = 0;

	for (i = 0; kind_options[kind][i] != OPTIONS; i++)
		opts[n++] = option_declare(kind_options[kind][i]);
	if (kind == CONFFILE_TOP) {
		opts[n++] = (cfg_opt_t)CFG_STR_LIST_CB(LIST, NULL,
		    CFGF_NODEFAULT, snmp_parsed);
		opts[n] = (cfg_opt_t)CFG_SEC(kind_names[CONFFILE_ALARM], alarm,
		    CFGF_MULTI | CFGF_TITLE);
		opts[n++].validcb = section_closed;
		opts[n] = (cfg_opt_t)CFG_SEC(kind_names[CONFFILE_WATCH], watch,
		    CFGF_MULTI | CFGF_TITLE);
		opts[n++].validcb = section_closed;
	}
	for (i = 0; i < reader->nstrangers; i++)
		if (reader->strangers[i].kind == kind &&
		    reader->strangers[i].form != STRANGER_NONE)
			opts[n++] = stranger_declare(&reader->strangers[i]);
	opts[n] = end;
}

static cfg_t *
root_init(void)
{
	cfg_opt_t	 opts[CONFFILE_KINDS][DECLARED_MAX];
	cfg_t		*root;

	declare(CONFFILE_ALARM, NULL, NULL, opts[CONFFILE_ALARM]);
	declare(CONFFILE_WATCH, NULL, NULL, opts[CONFFILE_WATCH]);
	declare(CONFFILE_TOP, opts[CONFFILE_ALARM], opts[CONFFILE_WATCH],
	    opts[CONFFILE_TOP]);
	root = cfg_init(opts[CONFFILE_TOP], CFGF_KEYSTRVAL);
	if (root == NULL)
		return (faults_exhausted(reader->faults));
	cfg_set_error_function(root, parse_error);
	return (root);
}

/* True at the end of the file. */
static bool
parse(void)
{
	bool done;

	reader->open = false;
	reader->heads = 0;
	reader->end = END_NONE;
	free(reader->unknown);
	reader->unknown = NULL;
	reader->root = root_init();
	if (reader->root == NULL)
		return (false);
	done = cfg_parse_buf(reader->root, reader->text->text) == CFG_SUCCESS;
	if (!done && reader->end == END_NONE)
		faults_add(reader->faults, reader->root->line,
		    "error of syntax; expected an option or a section");
	nameless_find(reader->root, 0);
	if (reader->file->snmp.n > 0 && cfg_size(reader->root, LIST) == 0)
		faults_add(reader->faults, reader->file->snmp.value[0].line,
		    "%s is given again below, empty; expected it once", LIST);
	cfg_free(reader->root);
	return (done);
}

static void
value_clear(struct conffile_value *v)
{
	free(v->text);
	*v = (struct conffile_value){ 0 };
}

static void
values_clear(struct conffile_values *list)
{
	while (list->n > 0)
		value_clear(&list->value[--list->n]);
	free(list->value);
	*list = (struct conffile_values){ 0 };
}

static void
section_clear(struct conffile_section *section)
{
	size_t i;

	free(section->title);
	for (i = 0; i < OPTIONS; i++)
		value_clear(&section->value[i]);
	values_clear(&section->peers);
}

static void
conffile_clear(struct conffile *f)
{
	section_clear(&f->top);
	while (f->nsections > 0)
		section_clear(&f->sections[--f->nsections]);
	values_clear(&f->snmp);
}

/* Parses until no stranger is left, each time anew. */
static void
parse_all(void)
{
	const struct conftext	*t = reader->text;
	size_t			 before = reader->faults->n, i;
	bool			 done;

	for (;;) {
		for (i = 0; i < reader->nstrangers; i++)
			if (reader->strangers[i].form != STRANGER_NONE)
				faults_add(reader->faults,
				    reader->strangers[i].line, "%s",
				    reader->strangers[i].fault);
		done = parse();
		if (done || !stranger_learn())
			break;
		faults_cut(reader->faults, before);
		conffile_clear(reader->file);
	}
	if (done && t->unclosed != 0 && !t->cut)
		faults_add(reader->faults, t->unclosed,
		    "the section that begins here has no end; expected }");
	reader->file->complete = done && t->unclosed == 0 && !t->cut;
}

static void
reader_clear(void)
{
	size_t i;

	for (i = 0; i < reader->nstrangers; i++) {
		free(reader->strangers[i].name);
		free(reader->strangers[i].fault);
	}
	free(reader->unknown);
	free(reader->end_name);
	reader = NULL;
}

struct conffile *
conffile_read(const char *file, struct faults *faults)
{
	struct reader	 r = { .faults = faults };
	struct conftext	*text;

	text = conftext_read(file, faults);
	if (text == NULL)
		return (NULL);
	r.text = text;
	r.file = calloc(1, sizeof(*r.file));
	if (r.file == NULL) {
		conftext_free(text);
		return (faults_exhausted(faults));
	}
	reader = &r;
	parse_all();
	reader_clear();
	conftext_free(text);
	return (r.file);
}

void
conffile_free(struct conffile *f)
{
	if (f == NULL)
		return;
	conffile_clear(f);
	free(f->sections);
	free(f);
}
