/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/conftext.h"

#define FILE_MAX	(256 * 1024 * 1024)	/* all files together */
#define FILES_MAX	10000
#define DEPTH_MAX	16			/* of files */
#define BYTE_ORDER_MARK	"\xef\xbb\xbf"

/* What ends a word that is not in quotes, beside the end of the text. */
#define WORD_END	" \t\r\n#\"'={}()+,*"

/* A file that is read. */
struct scan {
	struct conftext	*t;
	struct faults	*faults;
	const struct scan *outer;	/* that includes it, or NULL */
	const char	*file;
	struct stat	 st;
	char		*text;		/* owned */
	size_t		 length;
	char		*p;		/* the next byte */
	char		*kept;		/* up to here it is in t's text */
	int		 line;		/* of p, in t's text */
	int		 offset;	/* and how many fewer in the file */
	int		 depth;		/* braces open */
	bool		 assigned;	/* the last token was = or += */
	const char	*token[2];	/* the last, and the one before */
	int		 token_line[2];
};

static bool	 file_scan(struct scan *);

static void
blank(char *from, const char *to)
{
	for (; from < to; from++)
		if (*from != '\n')
			*from = ' ';
}

/* Steps to `to`, counting lines. */
static void
scan_step(struct scan *s, char *to)
{
	for (; s->p < to; s->p++)
		s->line += *s->p == '\n';
}

static char *
scan_end(const struct scan *s)
{
	return (s->text + s->length);
}

static void
append(struct scan *s, const char *from, size_t n)
{
	struct conftext	*t = s->t;
	size_t		 size = t->size == 0 ? 16384 : t->size;
	char		*text;

	while (size - t->length <= n)
		size *= 2;
	if (size > t->size) {
		text = realloc(t->text, size);
		if (text == NULL) {
			faults_exhausted(s->faults);
			return;
		}
		t->text = text;
		t->size = size;
	}
	memcpy(t->text + t->length, from, n);
	t->length += n;
	t->text[t->length] = '\0';
}

/* What was scanned and not left out goes to the text; then p moves on. */
static void
keep_to(struct scan *s, char *end, char *next)
{
	append(s, s->kept, (size_t)(end - s->kept));
	s->p = s->kept = next;
}

/* Nothing after this counts. */
static void
scan_stop(struct scan *s)
{
	s->t->cut = true;
	blank(s->p, scan_end(s));
	s->p = scan_end(s);
}

static void
scan_token(struct scan *s, bool assigned)
{
	s->assigned = assigned;
	s->token[1] = s->token[0];
	s->token[0] = s->p;
	s->token_line[1] = s->token_line[0];
	s->token_line[0] = s->line;
}

/* What begins here has no end: all the rest is left out. */
static void
scan_cut(struct scan *s, const char *what, const char *end)
{
	faults_add(s->faults, s->line,
	    "the %s that begins here has no end; expected %s", what, end);
	scan_stop(s);
}

static void
scan_line_comment(struct scan *s)
{
	char *end = s->p + strcspn(s->p, "\n");

	blank(s->p, end);
	s->p = end;
}

static void
scan_comment(struct scan *s)
{
	char *begin = s->p, *end;

	end = strstr(s->p + 2, "*/");
	if (end == NULL) {
		scan_cut(s, "comment", "*/");
		return;
	}
	scan_step(s, end + 2);
	blank(begin, s->p);
}

/*
 * At "${".  libconfuse reads on to the next brace, be it beyond the string or
 * the line.
 */
static void
scan_variable(struct scan *s)
{
	char *end = s->p + strcspn(s->p, "}\"\n");

	if (*end == '}') {
		s->p = end + 1;
		return;
	}
	faults_add(s->faults, s->line, "\"${\" without \"}\"; expected "
	    "${VARIABLE}, or the text in single quotes");
	blank(s->p, s->p + 2);
	s->p += 2;
}

/* True for the backslash of \0, \000, \x0, …: it would end the text. */
static bool
escape_is_nul(const char *p)
{
	size_t n;

	if (p[1] == 'x')
		return (p[2] == '0' &&
		    (p[3] == '0' || !isxdigit((unsigned char)p[3])));
	n = strspn(p + 1, "0");
	return (n > 0 && n <= 3 && !isdigit((unsigned char)p[n + 1]));
}

static void
scan_escape(struct scan *s)
{
	if (escape_is_nul(s->p))
		faults_add(s->faults, s->line, "escape sequence for a NUL; "
		    "expected text");
	scan_step(s, s->p + (s->p[1] == '\0' ? 1 : 2));
}

/* In double quotes.  On an unclosed string false. */
static bool
scan_double(struct scan *s)
{
	for (s->p++; *s->p != '"';) {
		if (*s->p == '\0')
			return (false);
		if (*s->p == '\\')
			scan_escape(s);
		else if (s->p[0] == '$' && s->p[1] == '{')
			scan_variable(s);
		else
			scan_step(s, s->p + 1);
	}
	s->p++;
	return (true);
}

/* In single quotes a backslash is for itself, a quote and the line's end. */
static bool
scan_single(struct scan *s)
{
	for (s->p++; *s->p != '\'';) {
		if (*s->p == '\0')
			return (false);
		if (*s->p == '\\' && s->p[1] != '\0' &&
		    strchr("'\\\n", s->p[1]) != NULL)
			scan_step(s, s->p + 1);
		scan_step(s, s->p + 1);
	}
	s->p++;
	return (true);
}

static void
scan_string(struct scan *s)
{
	char	*begin = s->p;
	int	 line = s->line;

	scan_token(s, false);
	if (*s->p == '"' ? scan_double(s) : scan_single(s))
		return;
	s->p = begin;
	s->line = line;
	scan_cut(s, "string", *begin == '"' ? "\"" : "'");
}

static void
heads_push(struct conftext *t, int line, struct faults *faults)
{
	size_t	 size = t->heads_size == 0 ? 16 : t->heads_size * 2;
	struct conftext_head *heads;

	if (t->nheads == t->heads_size) {
		heads = reallocarray(t->heads, size, sizeof(*heads));
		if (heads == NULL) {
			faults_exhausted(faults);
			return;
		}
		t->heads = heads;
		t->heads_size = size;
	}
	t->heads[t->nheads++] = (struct conftext_head){ .line = line };
}

/* Does the text begin with that word, be it in quotes? */
static bool
is_word(const char *text, const char *word)
{
	size_t	 n = strlen(word);

	if (text == NULL)
		return (false);
	text += *text == '"' || *text == '\'';
	return (strncmp(text, word, n) == 0 &&
	    strchr(WORD_END, text[n]) != NULL);
}

/* A section's brace follows a word and a title, a list's follows = or +=. */
static void
scan_open(struct scan *s)
{
	if (s->depth++ == 0) {
		s->t->unclosed = s->line;
		if (!s->assigned) {
			s->t->unclosed = s->token_line[1];
			heads_push(s->t, s->token_line[1], s->faults);
		}
	} else if (s->assigned && s->t->nheads > 0 &&
	    is_word(s->token[1], "peer"))
		s->t->heads[s->t->nheads - 1].peers_listed = true;
	scan_token(s, false);
	s->p++;
}

static void
scan_close(struct scan *s)
{
	if (s->depth > 0 && --s->depth == 0)
		s->t->unclosed = 0;
	scan_token(s, false);
	s->p++;
}

/* libconfuse steps over these in silence. */
static void
scan_stray(struct scan *s)
{
	faults_add(s->faults, s->line,
	    "stray \"%c\"; expected a text with such a character in quotes",
	    *s->p);
	*s->p++ = ' ';
}

static void
scan_mark(struct scan *s)
{
	if (*s->p == '{')
		scan_open(s);
	else if (*s->p == '}')
		scan_close(s);
	else if (*s->p == '*' || (*s->p == '+' && s->p[1] != '='))
		scan_stray(s);
	else {
		scan_token(s, *s->p == '=' || *s->p == '+');
		s->p += *s->p == '+' ? 2 : 1;
	}
}

/* ---- the words that libconfuse would not understand */

/* `100 in 10s` needs no quotes: they are put around it. */
static void
scan_storm(struct scan *s)
{
	char	*begin = s->p, *end = s->p + strcspn(s->p, WORD_END);
	char	*next = end + strspn(end, " \t");

	scan_token(s, false);
	s->p = end;
	if (strncmp(next, "in", 2) != 0 || (next[2] != ' ' && next[2] != '\t'))
		return;
	next += 2 + strspn(next + 2, " \t");
	end = next + strcspn(next, WORD_END);
	if (memchr(begin, '\\', (size_t)(end - begin)) != NULL ||
	    memchr(begin, '$', (size_t)(end - begin)) != NULL)
		return;
	keep_to(s, begin, begin);
	append(s, "\"", 1);
	keep_to(s, end, end);
	append(s, "\"", 1);
}

/* The name of a file, in quotes or not; its end, or NULL where is none. */
static char *
file_name(char *p, char **name, size_t *length)
{
	char	 quote = *p;

	if (quote != '"' && quote != '\'') {
		*name = p;
		*length = strcspn(p, WORD_END);
		return (*length == 0 ? NULL : p + *length);
	}
	*name = p + 1;
	*length = strcspn(*name, quote == '"' ? "\"\n\\$" : "'\n\\");
	p = *name + *length;
	return (*p != quote || *length == 0 ? NULL : p + 1);
}

/* "FILE", ("FILE") or = "FILE"; NULL when it is none of these. */
static char *
include_parse(char *p, char **name, size_t *length)
{
	char	 mark = *p;

	if (mark == '(' || mark == '=')
		p += 1 + strspn(p + 1, " \t\r\n");
	p = file_name(p, name, length);
	if (p == NULL || mark != '(')
		return (p);
	p += strspn(p, " \t\r\n");
	return (*p == ')' ? p + 1 : NULL);
}

/* Relative to the file that includes it; NULL when there is no memory. */
static char *
include_path(const struct scan *s, const char *name, size_t length)
{
	const char	*slash = strrchr(s->file, '/');
	char		*path;
	int		 n = 0;

	if (slash != NULL && name[0] != '/')
		n = (int)(slash + 1 - s->file);
	if (asprintf(&path, "%.*s%.*s", n, s->file, (int)length, name) < 0)
		return (faults_exhausted(s->faults));
	return (path);
}

/* Lines that are left out of the text are none of it. */
static void
include_file(struct scan *s, const char *path, char *end)
{
	struct scan	 inner = { .t = s->t, .faults = s->faults, .outer = s,
			    .file = path };
	int		 real = s->line - s->offset;
	char		*p;

	for (p = s->p; p < end; p++)
		real += *p == '\n';
	keep_to(s, s->p, end);
	append(s, "\n", 1);
	inner.line = s->line + 1;
	inner.offset = s->line;
	if (file_scan(&inner))
		append(s, "\n", 1);
	else
		inner.line--;
	s->line = inner.line + 1;
	s->offset = s->line - real;
	if (!places_add(&s->faults->places, s->line, s->file, real))
		faults_exhausted(s->faults);
	if (s->t->cut)
		scan_stop(s);
}

/* False when it is a word like others. */
static bool
scan_include(struct scan *s)
{
	char	*p = s->p + strlen("include"), *end, *name, *path;
	size_t	 length;

	p += strspn(p, " \t\r\n");
	if (*p == '\0' || strchr("(=\"'", *p) == NULL)
		return (false);
	end = include_parse(p, &name, &length);
	if (s->depth > 0)
		faults_add(s->faults, s->line, "include within braces; "
		    "expected it outside of all sections and lists");
	else if (end == NULL)
		faults_add(s->faults, s->line, "include of no file; expected "
		    "include(\"FILE\")");
	if (end == NULL || s->depth > 0) {
		if (end == NULL)
			end = s->p + strcspn(s->p, "\n");
		p = s->p;
		scan_step(s, end);
		blank(p, end);
		return (true);
	}
	path = include_path(s, name, length);
	if (path != NULL)
		include_file(s, path, end);
	else
		scan_stop(s);
	free(path);
	return (true);
}

/* A comment begins where a token may; in a word // and $ are plain. */
static void
scan_next(struct scan *s)
{
	if (strchr(" \t\r\n", *s->p) != NULL)
		scan_step(s, s->p + 1);
	else if (*s->p == '#' || strncmp(s->p, "//", 2) == 0)
		scan_line_comment(s);
	else if (strncmp(s->p, "/*", 2) == 0)
		scan_comment(s);
	else if (*s->p == '"' || *s->p == '\'')
		scan_string(s);
	else if (strncmp(s->p, "${", 2) == 0) {
		scan_token(s, false);
		scan_variable(s);
	} else if (strchr(WORD_END, *s->p) != NULL)
		scan_mark(s);
	else if (s->assigned && s->depth == 0 && is_word(s->token[1], "storm"))
		scan_storm(s);
	else if (s->assigned || !is_word(s->p, "include") ||
	    !scan_include(s)) {
		scan_token(s, false);
		s->p += strcspn(s->p, WORD_END);
	}
}

/* ---- files */

/* Reads all there is; false with errno. */
static bool
read_all(int fd, struct scan *s)
{
	size_t	 size = 0;
	ssize_t	 n;
	char	*text;

	do {
		if (size - s->length < 2) {
			size = size == 0 ? 16384 : size * 2;
			text = realloc(s->text, size);
			if (text == NULL)
				return (false);
			s->text = text;
		}
		n = read(fd, s->text + s->length, size - s->length - 1);
		if (n > 0)
			s->length += (size_t)n;
		if (s->length + s->t->length > FILE_MAX) {
			errno = EFBIG;
			return (false);
		}
	} while (n > 0 || (n == -1 && errno == EINTR));
	s->text[s->length] = '\0';
	return (n == 0);
}

/* What is wrong with a file that is included, or NULL. */
static const char *
included_fault(const struct scan *s)
{
	const struct scan	*o;
	int			 depth = 0;

	if (s->outer == NULL)
		return (NULL);
	for (o = s->outer; o != NULL; o = o->outer, depth++)
		if (o->st.st_dev == s->st.st_dev &&
		    o->st.st_ino == s->st.st_ino)
			return ("it is being read already; expected a file "
			    "that does not include itself");
	if (!S_ISREG(s->st.st_mode))
		return ("it is no file; expected one");
	if (depth > DEPTH_MAX)
		return ("files are included too deeply; expected at most 16 "
		    "within each other");
	if (s->t->nfiles >= FILES_MAX)
		return ("too many files; expected at most 10000");
	return (NULL);
}

/* What is wrong with the file, or NULL and it is in memory. */
static const char *
file_read(struct scan *s)
{
	const char	*fault = NULL;
	int		 fd, flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
	bool		 done = false;

	/* The user's own file may be a pipe. */
	fd = open(s->file, s->outer == NULL ? flags : flags | O_NONBLOCK);
	if (fd == -1)
		return (strerror(errno));
	if (fstat(fd, &s->st) == 0) {
		fault = included_fault(s);
		errno = EISDIR;
		done = fault == NULL && !S_ISDIR(s->st.st_mode) &&
		    read_all(fd, s);
	}
	if (fault == NULL && !done)
		fault = strerror(errno);
	close(fd);
	return (fault);
}

/* False when the file holds a NUL: it is no text then, and all ends there. */
static bool
is_text(struct scan *s)
{
	const char	*p, *nul;

	nul = memchr(s->text, '\0', s->length);
	if (nul == NULL)
		return (true);
	for (p = s->text; p < nul; p++)
		s->line += *p == '\n';
	faults_add(s->faults, s->line, "NUL byte; expected a text file");
	s->t->cut = true;
	return (false);
}

static void
read_fault(const struct scan *s, const char *fault)
{
	char		 quoted[FAULTS_QUOTE_SIZE];
	const char	*expected = strstr(fault, "; expected") != NULL ? "" :
			    "; expected a file that can be read";

	if (s->outer == NULL)
		faults_add(s->faults, 0, "%s%s", fault, expected);
	else
		faults_add(s->faults, s->outer->line, "include %s: %s%s",
		    faults_quote(s->file, quoted), fault, expected);
}

/*
 * A section ends in the file that it begins in.  That of the file which is not
 * included may be missing its end: the caller of all this says so.
 */
static void
file_end(struct scan *s)
{
	if (s->outer == NULL || s->depth == 0 || s->t->cut)
		return;
	faults_add(s->faults, s->t->unclosed, "the section that begins here "
	    "has no end in this file; expected }");
	scan_stop(s);
}

static void
text_scan(struct scan *s)
{
	s->p = s->kept = s->text;
	if (strncmp(s->p, BYTE_ORDER_MARK, 3) == 0)
		blank(s->p, s->p + 3);
	while (*s->p != '\0' && !s->faults->exhausted)
		scan_next(s);
	file_end(s);
	keep_to(s, s->p, s->p);
}

/* Adds a file to the text; false when it cannot be read. */
static bool
file_scan(struct scan *s)
{
	const char	*fault = file_read(s);

	if (fault != NULL)
		read_fault(s, fault);
	else if (!places_add(&s->faults->places, s->line, s->file, 1))
		faults_exhausted(s->faults);
	else if (is_text(s)) {
		s->t->nfiles++;
		text_scan(s);
	}
	free(s->text);
	return (fault == NULL);
}

struct conftext *
conftext_read(const char *file, struct faults *faults)
{
	struct scan	 s = { .faults = faults, .file = file, .line = 1 };

	s.t = calloc(1, sizeof(*s.t));
	if (s.t == NULL)
		return (faults_exhausted(faults));
	append(&s, "", 0);
	if (s.t->text != NULL && file_scan(&s) && s.t->nfiles > 0)
		return (s.t);
	conftext_free(s.t);
	return (NULL);
}

void
conftext_free(struct conftext *t)
{
	if (t == NULL)
		return;
	free(t->text);
	free(t->heads);
	free(t);
}
