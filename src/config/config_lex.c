/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text_file.h"
#include "base/utf8.h"
#include "config/config_lex.h"

/* All files together; less than 256 MiB. */
#define BYTES_MAX	((size_t)256 * 1024 * 1024 - 1)
#define TOO_LARGE	"more than 256 MiB in all"
#define FILES_MAX	10000
#define TOO_DEEP	"more than 16 files within each other"
#define BYTE_ORDER_MARK	"\xef\xbb\xbf"

/* The characters that end a word, besides the end of the file. */
#define WORD_END	" \t\r\n#\"'={}()+,*"
#define BLANKS		" \t\r\n"

static struct config_place
place(const struct config_lex *lex)
{
	const struct lex_file	*f = lex->f;

	if (f == NULL)
		return ((struct config_place){ 0 });
	return ((struct config_place){ f->name, f->line, lex->position });
}

/* Moves to a later byte and counts the lines. */
static void
move(struct config_lex *lex, char *to)
{
	struct lex_file	*f = lex->f;
	int		 line = f->line;

	for (; f->p < to; f->p++)
		f->line += *f->p == '\n';
	lex->position += (unsigned)(f->line - line);
}

/* ---- texts */

static void
buffer_add(struct config_lex *lex, const char *bytes, size_t n)
{
	if (!array_reserve(&lex->buffer, &lex->capacity, lex->length + n + 1,
	    1)) {
		config_errors_exhausted(lex->errors);
		return;
	}
	memcpy(lex->buffer + lex->length, bytes, n);
	lex->length += n;
}

/* Makes a token of a text.  Always returns true: there is a token. */
static bool
token_text(struct config_lex *lex, struct config_token *token,
    const char *text, size_t length)
{
	token->kind = TOKEN_TEXT;
	token->place = place(lex);
	token->text = arena_copy(lex->arena, text, length);
	lex->assigned = false;
	if (token->text == NULL)
		token->text = "";
	return (true);
}

/* Reads an escape sequence for a byte, after its backslash: 101 or x41. */
static void
lex_byte(struct config_lex *lex)
{
	struct lex_file	*f = lex->f;
	bool		 octal = *f->p != 'x';
	char		*digits = octal ? f->p : f->p + 1;
	size_t		 n = strspn(digits, octal ? "0123456789" :
			    "0123456789abcdefABCDEF");
	char		 text[4] = "", *end, byte;
	unsigned long	 value;

	if (!octal && n > 2)
		n = 2;
	memcpy(text, digits, n > 3 ? 3 : n);
	value = strtoul(text, &end, octal ? 8 : 16);
	f->p = digits + n;
	if (n > 3 || *end != '\0' || value == 0 || value > 0xff) {
		config_error(lex->errors, place(lex), "invalid escape "
		    "sequence \"\\%s%s\"; expected \\001 to \\377 or \\x01 to "
		    "\\xff", octal ? "" : "x", text);
		value = '?';
	}
	byte = (char)value;
	buffer_add(lex, &byte, 1);
}

/*
 * Reads an escape sequence.  In single quotes the backslash is special only
 * before a quote, a backslash or the end of a line.
 */
static void
lex_escape(struct config_lex *lex, char quote)
{
	static const char	 letters[] = "nrbfaetv";
	static const char	 bytes[] = "\n\r\b\f\a\033\t\v";
	struct lex_file		*f = lex->f;
	const char		*letter = NULL;

	f->p++;
	if (quote == '\'' && *f->p != '\'' && *f->p != '\\' && *f->p != '\n')
		buffer_add(lex, "\\", 1);
	else if (*f->p == '\n')
		move(lex, f->p + 1);
	else if (isdigit((unsigned char)*f->p) ||
	    (*f->p == 'x' && isxdigit((unsigned char)f->p[1])))
		lex_byte(lex);
	else if (*f->p != '\0') {
		if (quote == '"')
			letter = strchr(letters, *f->p);
		buffer_add(lex, letter == NULL ? f->p :
		    bytes + (letter - letters), 1);
		f->p++;
	}
}

/*
 * Reads ${VARIABLE} or ${VARIABLE:-default}.  Returns the value of the
 * variable, else the default, else "".  If the closing brace is missing, adds
 * an error, skips the "${" and returns NULL; because of `no_brace`, the same
 * bytes are not searched again for the next "${".
 */
static const char *
lex_variable(struct config_lex *lex)
{
	struct lex_file	*f = lex->f;
	char		*name = f->p + 2, *end = f->no_brace, *colon;
	const char	*value, *fallback = "";

	if (end < name)
		end = name + strcspn(name, "}\"\n");
	f->p = end + 1;
	if (*end != '}') {
		config_error(lex->errors, place(lex), "\"${\" is not "
		    "closed: missing }; expected ${VARIABLE}, or the text in "
		    "single quotes");
		f->p = name;
		f->no_brace = end;
		return (NULL);
	}
	*end = '\0';
	colon = strchr(name, ':');
	if (colon != NULL && colon[1] == '-') {
		*colon = '\0';
		fallback = colon + 2;
	}
	value = getenv(name);
	return (value == NULL ? fallback : value);
}

/* Reads a string into the buffer; false when it is not closed. */
static bool
lex_quoted(struct config_lex *lex)
{
	struct lex_file	*f = lex->f;
	const char	*value;
	char		 quote = *f->p++;
	size_t		 n;

	for (lex->length = 0; *f->p != quote;) {
		n = strcspn(f->p, "\"'\\$");
		buffer_add(lex, f->p, n);
		move(lex, f->p + n);
		if (*f->p == '\0')
			return (false);
		if (*f->p == '\\')
			lex_escape(lex, quote);
		else if (quote == '"' && f->p[0] == '$' && f->p[1] == '{') {
			value = lex_variable(lex);
			if (value != NULL)
				buffer_add(lex, value, strlen(value));
		} else if (*f->p != quote)
			buffer_add(lex, f->p++, 1);
	}
	f->p++;
	return (true);
}

/* ---- files */

/* Returns why the file must not be read, or NULL. */
static const char *
file_fault(const struct config_lex *lex, const struct lex_file *f, int fd)
{
	const struct lex_file	*outer;

	for (outer = lex->file; outer < f; outer++)
		if (outer->st.st_dev == f->st.st_dev &&
		    outer->st.st_ino == f->st.st_ino)
			return ("the file includes itself");
	if (!S_ISREG(f->st.st_mode) &&
	    !(f == lex->file && lex->pipe && text_file_is_pipe(fd)))
		return (TEXT_FILE_NOT_REGULAR);
	if ((size_t)f->st.st_size > BYTES_MAX - lex->bytes)
		return (TOO_LARGE);
	if (f - lex->file > CONFIG_LEX_DEPTH)
		return (TOO_DEEP);
	return (lex->files < FILES_MAX ? NULL : "more than 10000 files");
}

/*
 * Reads the file into memory; returns why that failed, or NULL.  Only a pipe
 * may block: the open of a FIFO or a device must not.
 */
static const char *
file_read(struct config_lex *lex, struct lex_file *f)
{
	const char	*fault;
	int		 fd;

	fault = text_file_open(f->name, &fd, &f->st);
	if (fault != NULL)
		return (fault);
	fault = file_fault(lex, f, fd);
	if (fault == NULL)
		fault = text_file_read(fd, BYTES_MAX - lex->bytes, TOO_LARGE,
		    &f->text, &f->length);
	close(fd);
	return (fault);
}

/*
 * Begins at the first byte of a file.  A file with a NUL byte is not a text
 * file: none of its tokens is used.
 */
static void
file_begin(struct config_lex *lex, struct lex_file *f)
{
	char	*nul = memchr(f->text, '\0', f->length);

	lex->bytes += f->length;
	lex->files++;
	if (lex->names != NULL && S_ISREG(f->st.st_mode))
		fprintf(lex->names, "%s\n", f->name);
	lex->position++;
	lex->f = f;
	f->p = f->no_brace = f->text;
	f->line = 1;
	if (nul != NULL) {
		move(lex, nul);
		config_error(lex->errors, place(lex), "NUL byte; expected a "
		    "text file");
		lex->cut = true;
	} else if (strncmp(f->p, BYTE_ORDER_MARK, 3) == 0)
		f->p += 3;
}

/*
 * Begins at a text with an include for each file that matches the pattern,
 * which has the name and the line of the include at `begin`.  The `length`
 * bytes of `name` are the pattern as written there.  Returns why that failed,
 * or NULL.
 */
static const char *
pattern_begin(struct config_lex *lex, struct lex_file *f, const char *name,
    size_t length, struct config_place begin)
{
	const char	*slash = memrchr(name, '/', length), *before, *fault;
	int		 n = slash == NULL ? 0 : (int)(slash + 1 - name);

	before = arena_format(lex->arena, "include('%.*s", n, name);
	n += (int)(strlen(f->name) - length);
	if (before == NULL)
		return (NULL);
	if (f - lex->file > CONFIG_LEX_DEPTH)
		return (TOO_DEEP);
	fault = text_file_match(f->name, before, "') ", &f->text, &f->length);
	if (fault != NULL)
		return (fault);
	if (lex->names != NULL)
		fprintf(lex->names, "%.*s./\n", n, f->name);
	f->name = begin.file;
	f->line = begin.line;
	f->p = f->no_brace = f->text;
	lex->f = f;
	return (NULL);
}

/*
 * Opens a file, or those that match a pattern; their tokens are the next ones.
 * A relative name is relative to the directory of the file that includes it at
 * `begin`.
 */
static void
file_open(struct config_lex *lex, const char *name, size_t length,
    struct config_place begin)
{
	struct lex_file	*f = lex->f == NULL ? lex->file : lex->f + 1;
	const char	*fault, *slash = NULL;
	char		 quoted[UTF8_QUOTE_SIZE];

	if (begin.file != NULL && name[0] != '/')
		slash = strrchr(begin.file, '/');
	*f = (struct lex_file){ 0 };
	f->name = arena_format(lex->arena, "%.*s%.*s", slash == NULL ? 0 :
	    (int)(slash + 1 - begin.file), slash == NULL ? "" : begin.file,
	    (int)length, name);
	if (f->name == NULL)
		return;
	if (begin.file != NULL && text_file_is_pattern(f->name))
		fault = pattern_begin(lex, f, name, length, begin);
	else if ((fault = file_read(lex, f)) == NULL)
		file_begin(lex, f);
	if (fault == NULL)
		return;
	free(f->text);
	if (begin.file != NULL)
		config_error(lex->errors, begin, "cannot include %s: %s; "
		    "expected a readable file", utf8_quote(f->name, quoted),
		    fault);
	else {
		config_error(lex->errors, begin, "%s; expected a readable "
		    "file", fault);
		lex->cut = true;
	}
}

/* ---- include */

/*
 * Finds the name of the file in ("FILE"), "FILE" or = "FILE".  The quotes may
 * be single ones; in the first and the last form they may be absent.  Returns
 * the end, or NULL if the text has another form.
 */
static char *
include_parse(char *p, const char **name, size_t *length)
{
	char	 mark = *p, quote;

	if (mark == '(' || mark == '=')
		p += 1 + strspn(p + 1, BLANKS);
	quote = *p == '"' || *p == '\'' ? *p++ : '\0';
	*name = p;
	*length = strcspn(p, quote == '"' ? "\"\n\\$" : quote == '\'' ?
	    "'\n\\" : WORD_END);
	p += *length;
	if (*length == 0 || (quote != '\0' && *p++ != quote))
		return (NULL);
	if (mark != '(')
		return (p);
	p += strspn(p, BLANKS);
	return (*p == ')' ? p + 1 : NULL);
}

/*
 * Reads an include, which begins here with the word "include".  Returns false
 * if that is an ordinary word, because no name of a file follows.
 */
static bool
lex_include(struct config_lex *lex)
{
	struct config_place	 begin = place(lex);
	char			*p = lex->f->p + strlen("include"), *end;
	const char		*name;
	size_t			 length;

	p += strspn(p, BLANKS);
	if (*p == '\0' || strchr("(=\"'", *p) == NULL)
		return (false);
	end = include_parse(p, &name, &length);
	p = lex->f->p;
	move(lex, end == NULL ? p + strcspn(p, "\n") : end);
	if (lex->depth > 0)
		config_error(lex->errors, begin, "include inside a "
		    "section or list; expected outside of all braces");
	else if (end == NULL)
		config_error(lex->errors, begin, "include without the "
		    "name of a file; expected include(\"FILE\")");
	else
		file_open(lex, name, length, begin);
	return (true);
}

/* ---- tokens */

/* The marks, in the order of enum config_token_kind from TOKEN_EQUALS on. */
static const char *const marks[] = { "=", "+=", "{", "}", ",", "(", ")", NULL };

/* Returns false when the next character is not a mark. */
static bool
lex_mark(struct config_lex *lex, struct config_token *token)
{
	const char *const	*mark = marks;

	while (*mark != NULL && strncmp(lex->f->p, *mark, strlen(*mark)) != 0)
		mark++;
	if (*mark == NULL)
		return (false);
	lex->f->p += strlen(*mark);
	token->kind = TOKEN_EQUALS + (enum config_token_kind)(mark - marks);
	token->text = *mark;
	token->place = place(lex);
	lex->assigned = token->kind <= TOKEN_APPEND;
	if (token->kind == TOKEN_OPEN)
		lex->depth++;
	else if (token->kind == TOKEN_CLOSE && lex->depth > 0)
		lex->depth--;
	return (true);
}

static bool
lex_word(struct config_lex *lex, struct config_token *token)
{
	struct lex_file	*f = lex->f;
	const char	*word = f->p, *value;
	size_t		 n = strcspn(word, WORD_END);

	if (word[0] == '$' && word[1] == '{') {
		value = lex_variable(lex);
		return (value != NULL &&
		    token_text(lex, token, value, strlen(value)));
	}
	if (!lex->assigned && n == strlen("include") &&
	    memcmp(word, "include", n) == 0 && lex_include(lex))
		return (false);
	f->p += n;
	token->word = true;
	return (token_text(lex, token, word, n));
}

/*
 * Goes back to the file that includes this one.  TOKEN_END follows a file with
 * open braces: a section must end in the file in which it begins.
 */
static bool
lex_file_end(struct config_lex *lex, struct config_token *token)
{
	if (lex->f == lex->file || lex->depth > 0) {
		token->place = place(lex);
		return (true);
	}
	free(lex->f->text);
	lex->f--;
	lex->position++;
	lex->assigned = false;
	return (false);
}

/*
 * Reads a comment or a string.  Returns true when it is a token.  If it is not
 * closed, the rest of the file is part of it, so no token follows.
 */
static bool
lex_enclosed(struct config_lex *lex, struct config_token *token)
{
	struct config_place	 begin = place(lex);
	char			*p = lex->f->p, *end;

	if (*p == '/') {
		end = strstr(p + 2, "*/");
		if (end != NULL) {
			move(lex, end + 2);
			return (false);
		}
	} else if (lex_quoted(lex))
		return (token_text(lex, token, lex->buffer, lex->length));
	config_error(lex->errors, begin, "%s is not closed: missing %s",
	    *p == '/' ? "comment" : "string", *p == '/' ? "*/" :
	    *p == '"' ? "\"" : "'");
	lex->cut = true;
	return (false);
}

/* Returns false after a blank, a comment or an error: there is no token. */
static bool
lex_token(struct config_lex *lex, struct config_token *token)
{
	struct lex_file	*f = lex->f;
	const char	*p = f->p;

	if (*p == '\0')
		return (lex_file_end(lex, token));
	if (strchr(BLANKS, *p) != NULL)
		move(lex, f->p + strspn(p, BLANKS));
	else if (*p == '#' || (p[0] == '/' && p[1] == '/'))
		f->p += strcspn(p, "\n");
	else if (*p == '"' || *p == '\'' || (p[0] == '/' && p[1] == '*'))
		return (lex_enclosed(lex, token));
	else if (strchr(WORD_END, *p) == NULL)
		return (lex_word(lex, token));
	else if (lex_mark(lex, token))
		return (true);
	else
		config_error(lex->errors, place(lex), "unexpected "
		    "\"%c\"; a value with this character must be in quotes",
		    *f->p++);
	return (false);
}

void
config_lex_next(struct config_lex *lex, struct config_token *token)
{
	*token = (struct config_token){ .text = "" };
	while (!lex->cut && !lex->errors->exhausted &&
	    !lex->arena->exhausted)
		if (lex_token(lex, token))
			return;
	token->place = place(lex);
}

void
config_lex_open(struct config_lex *lex, const char *file, bool pipe,
    FILE *names, struct arena *arena, struct config_errors *errors)
{
	*lex = (struct config_lex){
		.errors = errors, .arena = arena, .pipe = pipe, .names = names,
	};
	file_open(lex, file, strlen(file), place(lex));
}

void
config_lex_close(struct config_lex *lex)
{
	struct lex_file	*f;

	for (f = lex->file; lex->f != NULL && f <= lex->f; f++)
		free(f->text);
	free(lex->buffer);
}
