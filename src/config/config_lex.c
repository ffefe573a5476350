/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "config/config_lex.h"

#define BYTES_MAX	(256 * 1024 * 1024)	/* all files together */
#define FILES_MAX	10000
#define DEPTH_MAX	16			/* files within each other */
#define BYTE_ORDER_MARK	"\xef\xbb\xbf"

/* The characters that end a word, besides the end of the file. */
#define WORD_END	" \t\r\n#\"'={}()+,*"
#define BLANKS		" \t\r\n"

struct lex_file {
	struct lex_file	*outer;		/* the file that includes it, or NULL */
	const struct config_source *source;
	struct stat	 st;
	char		*text;		/* owned; without NUL but the last */
	size_t		 length;
	size_t		 capacity;
	char		*p;		/* the next byte */
	int		 line;		/* of p */
};

static void	 file_open(struct config_lex *, const char *);

static struct config_place
place(const struct config_lex *lex)
{
	if (lex->file == NULL)
		return ((struct config_place){ 0 });
	return ((struct config_place){ lex->file->source, lex->file->line });
}

/* No token follows: the rest of all files is left out. */
static void
lex_cut(struct config_lex *lex)
{
	lex->cut = true;
	lex->ended = true;
}

/* The next part of the files; NULL when memory is exhausted. */
static const struct config_source *
source_new(struct config_lex *lex, const char *file)
{
	struct config_source	*source;

	source = arena_alloc(lex->arena, sizeof(*source));
	if (source != NULL)
		source->file = arena_copy(lex->arena, file, strlen(file));
	if (source == NULL || source->file == NULL)
		return (config_errors_exhausted(lex->errors));
	source->order = ++lex->sources;
	return (source);
}

/* Moves to a later byte and counts the lines. */
static void
move(struct lex_file *f, char *to)
{
	for (; f->p < to; f->p++)
		f->line += *f->p == '\n';
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

/* Makes a token of a text.  Always true: it is one. */
static bool
token_text(struct config_lex *lex, struct config_token *token,
    const char *text, size_t length)
{
	token->kind = TOKEN_TEXT;
	token->place = place(lex);
	token->text = arena_copy(lex->arena, text, length);
	lex->assigned = false;
	if (token->text == NULL) {
		config_errors_exhausted(lex->errors);
		token->text = "";
	}
	return (true);
}

/* At the digits, or the x before them, of an escape sequence for a byte. */
static void
lex_byte(struct config_lex *lex)
{
	struct lex_file	*f = lex->file;
	int		 base = *f->p == 'x' ? 16 : 8;
	char		*digits = base == 16 ? f->p + 1 : f->p;
	size_t		 n = strspn(digits, base == 16 ?
			    "0123456789abcdefABCDEF" : "0123456789");
	char		 text[4] = "", *end, byte;
	unsigned long	 value;

	if (base == 16 && n > 2)
		n = 2;
	memcpy(text, digits, n > 3 ? 3 : n);
	value = strtoul(text, &end, base);
	f->p = digits + n;
	if (n > 3 || *end != '\0' || value == 0 || value > 0xff) {
		config_errors_add(lex->errors, place(lex), "invalid escape "
		    "sequence \"\\%s%s\"; expected \\001 to \\377 or "
		    "\\x01 to \\xff", base == 16 ? "x" : "", text);
		value = '?';
	}
	byte = (char)value;
	buffer_add(lex, &byte, 1);
}

/* At a backslash in double quotes. */
static void
lex_escape(struct config_lex *lex)
{
	static const char	 letters[] = "nrbfaetv";
	static const char	 bytes[] = "\n\r\b\f\a\033\t\v";
	struct lex_file		*f = lex->file;
	const char		*letter;

	f->p++;
	if (isdigit((unsigned char)*f->p) ||
	    (*f->p == 'x' && isxdigit((unsigned char)f->p[1])))
		lex_byte(lex);
	else if (*f->p == '\n')
		move(f, f->p + 1);
	else if (*f->p != '\0') {
		letter = strchr(letters, *f->p);
		buffer_add(lex, letter == NULL ? f->p :
		    bytes + (letter - letters), 1);
		f->p++;
	}
}

/*
 * At "${".  Returns the value of the variable, else the default, else "".
 * Without the closing brace it is an error: the "${" is skipped, and NULL.
 */
static const char *
lex_variable(struct config_lex *lex)
{
	struct lex_file	*f = lex->file;
	char		*name = f->p + 2, *end, *colon;
	const char	*value, *otherwise = "";

	end = name + strcspn(name, "}\"\n");
	if (*end != '}') {
		config_errors_add(lex->errors, place(lex), "\"${\" is not "
		    "closed: missing }; expected ${VARIABLE}, or the text in "
		    "single quotes");
		f->p = name;
		return (NULL);
	}
	*end = '\0';
	colon = strchr(name, ':');
	if (colon != NULL && colon[1] == '-') {
		*colon = '\0';
		otherwise = colon + 2;
	}
	value = getenv(name);
	f->p = end + 1;
	return (value == NULL ? otherwise : value);
}

/* The file ends within a comment or string: nothing that follows counts. */
static void
lex_unclosed(struct config_lex *lex, const char *what, const char *end,
    int line)
{
	lex->file->line = line;
	config_errors_add(lex->errors, place(lex), "%s is not closed: "
	    "missing %s", what, end);
	lex_cut(lex);
}

/* Reads up to the closing quote; false at the end of the file. */
static bool
lex_double_quoted(struct config_lex *lex)
{
	struct lex_file	*f = lex->file;
	const char	*value;
	size_t		 n;

	for (f->p++; *f->p != '"';) {
		n = strcspn(f->p, "\"\\$\n");
		buffer_add(lex, f->p, n);
		f->p += n;
		if (*f->p == '\0')
			return (false);
		if (*f->p == '\\')
			lex_escape(lex);
		else if (f->p[0] == '$' && f->p[1] == '{') {
			value = lex_variable(lex);
			if (value != NULL)
				buffer_add(lex, value, strlen(value));
		} else if (*f->p != '"') {
			buffer_add(lex, f->p, 1);
			move(f, f->p + 1);
		}
	}
	return (true);
}

/* In single quotes a backslash quotes a quote, a backslash or a line end. */
static bool
lex_single_quoted(struct config_lex *lex)
{
	struct lex_file	*f = lex->file;
	size_t		 n;

	for (f->p++; *f->p != '\'' && *f->p != '\0'; move(f, f->p + n)) {
		n = strcspn(f->p, "'\\");
		if (n == 0 && f->p[1] == '\n') {
			n = 2;
			continue;
		}
		if (n == 0 && (f->p[1] == '\'' || f->p[1] == '\\'))
			f->p++;
		n = n == 0 ? 1 : n;
		buffer_add(lex, f->p, n);
	}
	return (*f->p == '\'');
}

static bool
lex_string(struct config_lex *lex, struct config_token *token)
{
	struct lex_file	*f = lex->file;
	char		 quote[2] = { *f->p, '\0' };
	int		 line = f->line;

	lex->length = 0;
	if (quote[0] == '"' ? lex_double_quoted(lex) : lex_single_quoted(lex)) {
		f->p++;
		return (token_text(lex, token, lex->buffer, lex->length));
	}
	lex_unclosed(lex, "string", quote, line);
	return (false);
}

/* ---- include */

/*
 * Finds the name of the file in ("FILE"), "FILE" or = "FILE", where the quotes
 * may be single ones, or absent in the first and last form.  Returns the end,
 * or NULL for anything else.
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

/* A relative name is relative to the directory of the including file. */
static void
include_open(struct config_lex *lex, const char *name, size_t length)
{
	const char	*file = lex->file->source->file;
	const char	*slash = strrchr(file, '/');
	char		*path;
	int		 n = 0;

	if (slash != NULL && name[0] != '/')
		n = (int)(slash + 1 - file);
	if (asprintf(&path, "%.*s%.*s", n, file, (int)length, name) == -1) {
		config_errors_exhausted(lex->errors);
		return;
	}
	file_open(lex, path);
	free(path);
}

/*
 * At the word "include" where the name of an option may be.  False when no file
 * follows; then it is a word as any other.
 */
static bool
lex_include(struct config_lex *lex)
{
	struct lex_file	*f = lex->file;
	char		*p = f->p + strlen("include"), *end;
	const char	*name;
	size_t		 length;

	p += strspn(p, BLANKS);
	if (*p == '\0' || strchr("(=\"'", *p) == NULL)
		return (false);
	end = include_parse(p, &name, &length);
	if (lex->depth > 0)
		config_errors_add(lex->errors, place(lex), "include inside a "
		    "section or list; expected outside of all braces");
	else if (end == NULL)
		config_errors_add(lex->errors, place(lex), "include without "
		    "the name of a file; expected include(\"FILE\")");
	else
		include_open(lex, name, length);
	move(f, end == NULL ? f->p + strcspn(f->p, "\n") : end);
	return (true);
}

/* ---- tokens */

/* The marks, in the order of enum config_token_kind from TOKEN_EQUALS on. */
static const char *const marks[] = { "=", "+=", "{", "}", ",", "(", ")" };

/* False when there is no mark here. */
static bool
lex_mark(struct config_lex *lex, struct config_token *token)
{
	size_t	 i, n;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		n = strlen(marks[i]);
		if (strncmp(lex->file->p, marks[i], n) == 0)
			break;
	}
	if (i == sizeof(marks) / sizeof(marks[0]))
		return (false);
	lex->file->p += n;
	token->kind = TOKEN_EQUALS + (enum config_token_kind)i;
	token->text = marks[i];
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
	struct lex_file	*f = lex->file;
	const char	*word = f->p;
	size_t		 n = strcspn(word, WORD_END);

	if (!lex->assigned && n == strlen("include") &&
	    memcmp(word, "include", n) == 0 && lex_include(lex))
		return (false);
	f->p += n;
	token->word = true;
	return (token_text(lex, token, word, n));
}

/*
 * At the end of a file the file that includes it goes on.  Braces that are open
 * then are never closed: a section must end in the file that it begins in.
 */
static bool
lex_file_end(struct config_lex *lex)
{
	struct lex_file	*f = lex->file;

	if (f->outer == NULL || lex->depth > 0) {
		lex->ended = true;
		return (false);
	}
	lex->file = f->outer;
	lex->file->source = source_new(lex, lex->file->source->file);
	lex->assigned = false;
	free(f->text);
	free(f);
	return (false);
}

/* False when there is no token yet: a blank, a comment, an error. */
static bool
lex_token(struct config_lex *lex, struct config_token *token)
{
	struct lex_file	*f = lex->file;
	char		*end;
	const char	*value;

	if (*f->p == '\0')
		return (lex_file_end(lex));
	if (strchr(WORD_END, *f->p) == NULL) {
		if (f->p[0] == '/' && f->p[1] == '/')
			f->p += strcspn(f->p, "\n");
		else if (f->p[0] == '/' && f->p[1] == '*') {
			end = strstr(f->p + 2, "*/");
			if (end == NULL)
				lex_unclosed(lex, "comment", "*/", f->line);
			else
				move(f, end + 2);
		} else if (f->p[0] == '$' && f->p[1] == '{') {
			value = lex_variable(lex);
			return (value != NULL &&
			    token_text(lex, token, value, strlen(value)));
		} else
			return (lex_word(lex, token));
	} else if (strchr(BLANKS, *f->p) != NULL)
		move(f, f->p + strspn(f->p, BLANKS));
	else if (*f->p == '#')
		f->p += strcspn(f->p, "\n");
	else if (*f->p == '"' || *f->p == '\'')
		return (lex_string(lex, token));
	else if (lex_mark(lex, token))
		return (true);
	else
		config_errors_add(lex->errors, place(lex), "unexpected "
		    "\"%c\"; a value with this character must be in quotes",
		    *f->p++);
	return (false);
}

void
config_lex_next(struct config_lex *lex, struct config_token *token)
{
	*token = (struct config_token){ .text = "" };
	while (!lex->ended && !lex->errors->exhausted)
		if (lex_token(lex, token))
			return;
	token->place = place(lex);
}

/* ---- files */

/* Reads the whole file; false with errno. */
static bool
read_all(struct config_lex *lex, struct lex_file *f, int fd)
{
	ssize_t	 n;

	do {
		/* Room for a byte and the NUL at least. */
		if (!array_reserve(&f->text, &f->capacity, f->length + 2, 1))
			return (false);
		n = read(fd, f->text + f->length, f->capacity - f->length - 1);
		if (n > 0)
			f->length += (size_t)n;
		if (f->length + lex->bytes > BYTES_MAX) {
			errno = EFBIG;
			return (false);
		}
	} while (n > 0 || (n == -1 && errno == EINTR));
	f->text[f->length] = '\0';
	return (n == 0);
}

/* Why the file must not be read, or NULL. */
static const char *
file_fault(const struct config_lex *lex, const struct lex_file *f)
{
	const struct lex_file	*outer;
	int			 depth = 0;

	if (f->outer == NULL)
		return (S_ISDIR(f->st.st_mode) ? strerror(EISDIR) : NULL);
	for (outer = f->outer; outer != NULL; outer = outer->outer, depth++)
		if (outer->st.st_dev == f->st.st_dev &&
		    outer->st.st_ino == f->st.st_ino)
			return ("the file includes itself");
	if (!S_ISREG(f->st.st_mode))
		return ("not a regular file");
	if (depth > DEPTH_MAX)
		return ("more than 16 files within each other");
	return (lex->files < FILES_MAX ? NULL : "more than 10000 files");
}

/* Reads the file into memory; returns why that failed, or NULL. */
static const char *
file_read(struct config_lex *lex, struct lex_file *f)
{
	const char	*fault = NULL;
	int		 fd, flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;

	/* The user's own file may be a pipe; an included one must not block. */
	fd = open(f->source->file, f->outer == NULL ? flags :
	    flags | O_NONBLOCK);
	if (fd == -1)
		return (strerror(errno));
	if (fstat(fd, &f->st) == 0)
		fault = file_fault(lex, f);
	if (fault == NULL && !read_all(lex, f, fd))
		fault = strerror(errno);
	close(fd);
	return (fault);
}

/* A NUL byte means that the file is no text: no token of it is used. */
static void
file_begin(struct config_lex *lex, struct lex_file *f)
{
	char	*nul = memchr(f->text, '\0', f->length);

	lex->bytes += f->length;
	lex->files++;
	lex->file = f;
	f->p = f->text;
	f->line = 1;
	if (nul != NULL) {
		move(f, nul);
		config_errors_add(lex->errors, place(lex), "NUL byte; "
		    "expected a text file");
		lex_cut(lex);
	} else if (strncmp(f->p, BYTE_ORDER_MARK, 3) == 0)
		f->p += 3;
}

/* The tokens of the file are the next ones. */
static void
file_open(struct config_lex *lex, const char *file)
{
	struct lex_file	*f = calloc(1, sizeof(*f));
	const char	*fault;
	char		 quoted[CONFIG_QUOTE_SIZE];

	if (f != NULL)
		f->source = source_new(lex, file);
	if (f == NULL || f->source == NULL) {
		free(f);
		return;
	}
	f->outer = lex->file;
	fault = file_read(lex, f);
	if (fault == NULL) {
		file_begin(lex, f);
		return;
	}
	if (f->outer != NULL)
		config_errors_add(lex->errors, place(lex), "cannot include "
		    "%s: %s; expected a readable file",
		    config_quote(file, quoted), fault);
	else {
		config_errors_add(lex->errors, place(lex), "%s; expected a "
		    "readable file", fault);
		lex_cut(lex);
	}
	free(f->text);
	free(f);
}

void
config_lex_open(struct config_lex *lex, const char *file,
    struct arena *arena, struct config_errors *errors)
{
	*lex = (struct config_lex){ .errors = errors, .arena = arena };
	file_open(lex, file);
}

void
config_lex_close(struct config_lex *lex)
{
	struct lex_file	*f;

	while ((f = lex->file) != NULL) {
		lex->file = f->outer;
		free(f->text);
		free(f);
	}
	free(lex->buffer);
}
