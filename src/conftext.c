/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conftext.h"

#define FILE_MAX	(256 * 1024 * 1024)
#define BYTE_ORDER_MARK	"\xef\xbb\xbf"

/* What ends a word that is not in quotes, beside the end of the text. */
#define WORD_END	" \t\r\n#\"'={}()+,*"

struct scan {
	struct conftext	*t;
	struct faults	*faults;
	char		*p;		/* the next byte */
	int		 line;		/* of p */
	int		 depth;		/* braces open */
	bool		 assigned;	/* the last token was = or += */
	int		 token_line[2];	/* of the last, and the one before */
};

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
	return (s->t->text + s->t->length);
}

static void
scan_token(struct scan *s, bool assigned)
{
	s->assigned = assigned;
	s->token_line[1] = s->token_line[0];
	s->token_line[0] = s->line;
}

/* What begins here has no end: all the rest is left out. */
static void
scan_cut(struct scan *s, const char *what, const char *end)
{
	faults_add(s->faults, s->line,
	    "the %s that begins here has no end; expected %s", what, end);
	s->t->cut = true;
	blank(s->p, scan_end(s));
	s->p = scan_end(s);
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
	int	*heads;

	if (t->nheads == t->heads_size) {
		heads = reallocarray(t->heads, size, sizeof(*heads));
		if (heads == NULL) {
			faults_exhausted(faults);
			return;
		}
		t->heads = heads;
		t->heads_size = size;
	}
	t->heads[t->nheads++] = line;
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
	}
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
	else {
		scan_token(s, false);
		s->p += strcspn(s->p, WORD_END);
	}
}

static void
conftext_scan(struct conftext *t, struct faults *faults)
{
	struct scan s = { .t = t, .faults = faults, .p = t->text, .line = 1 };

	if (strncmp(s.p, BYTE_ORDER_MARK, 3) == 0)
		blank(s.p, s.p + 3);
	while (*s.p != '\0')
		scan_next(&s);
}

/* Reads all there is; false with errno. */
static bool
read_all(int fd, struct conftext *t)
{
	size_t	 size = 0;
	ssize_t	 n;
	char	*text;

	do {
		if (size - t->length < 2) {
			size = size == 0 ? 16384 : size * 2;
			text = realloc(t->text, size);
			if (text == NULL)
				return (false);
			t->text = text;
		}
		n = read(fd, t->text + t->length, size - t->length - 1);
		if (n > 0)
			t->length += (size_t)n;
		if (t->length > FILE_MAX) {
			errno = EFBIG;
			return (false);
		}
	} while (n > 0 || (n == -1 && errno == EINTR));
	t->text[t->length] = '\0';
	return (n == 0);
}

static bool
file_read(const char *file, struct conftext *t)
{
	struct stat	 st;
	int		 fd, saved;
	bool		 done;

	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return (false);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		done = false;
	} else
		done = read_all(fd, t);
	saved = errno;
	close(fd);
	errno = saved;
	return (done);
}

/* False when the file holds a NUL: it is no text then. */
static bool
is_text(const struct conftext *t, struct faults *faults)
{
	const char	*p, *nul;
	int		 line = 1;

	nul = memchr(t->text, '\0', t->length);
	if (nul == NULL)
		return (true);
	for (p = t->text; p < nul; p++)
		line += *p == '\n';
	faults_add(faults, line, "NUL byte; expected a text file");
	return (false);
}

struct conftext *
conftext_read(const char *file, struct faults *faults)
{
	struct conftext *t;

	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return (faults_exhausted(faults));
	if (!file_read(file, t)) {
		faults_add(faults, 0, "%s; expected a file that can be read",
		    strerror(errno));
		conftext_free(t);
		return (NULL);
	}
	if (!is_text(t, faults)) {
		conftext_free(t);
		return (NULL);
	}
	conftext_scan(t, faults);
	return (t);
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
