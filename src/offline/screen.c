/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/ioctl.h>

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/number.h"
#include "base/utf8.h"
#include "offline/screen.h"

/* The width of paragraphs if the screen has no limit, for example a file. */
#define PARAGRAPH_WIDTH	80
/* Narrower screens are written as if they had this width. */
#define LEAST_WIDTH	40
/* Columns that the text of a paragraph has at least, beside its title. */
#define LEAST_TEXT	16

static size_t
width_of(FILE *out)
{
	const char	*columns = getenv("COLUMNS");
	struct winsize	 size;
	uint32_t	 n;

	if (columns != NULL && number_parse(columns, 1, 10000, &n))
		return (n);
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		return (size.ws_col);
	return (0);
}

void
screen_init(struct screen *s, FILE *out)
{
	const char	*term = getenv("TERM"), *plain = getenv("NO_COLOR");
	bool		 terminal = isatty(fileno(out)) == 1;

	s->out = out;
	s->width = width_of(out);
	if (s->width > 0 && s->width < LEAST_WIDTH)
		s->width = LEAST_WIDTH;
	/* https://no-color.org: an empty value does not count. */
	s->colour = terminal && (plain == NULL || *plain == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
	(void)setlocale(LC_CTYPE, "");
	s->ascii = false;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
		/*
		 * In other encodings octets of UTF-8 can be control
		 * characters, which begin commands of the terminal.
		 */
		s->ascii = terminal;
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	}
}

/*
 * Characters that change the direction of the text around them, or that are
 * invisible, let a name look like another one.
 */
static bool
is_deceptive(uint32_t c)
{
	return (c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff || c >= 0xe0000);
}

static int
columns_of(uint32_t c)
{
	return (c < 0x7f ? 1 : wcwidth((wchar_t)c));
}

char *
screen_clean(const struct screen *s, const char *text, char *to)
{
	uint32_t	 c;
	size_t		 length, n = 0;

	while (*text != '\0' && n + 4 < SCREEN_TEXT_SIZE) {
		length = utf8_next(text, &c);
		if (length == 0 || utf8_control(c) || is_deceptive(c) ||
		    columns_of(c) < 0 || (s->ascii && c > 0x7e)) {
			to[n++] = '?';
			text += length > 0 ? length : 1;
			continue;
		}
		memcpy(to + n, text, length);
		n += length;
		text += length;
	}
	to[n] = '\0';
	return (to);
}

size_t
screen_columns(const char *text)
{
	uint32_t	 c;
	size_t		 length, n = 0;
	int		 width;

	for (; *text != '\0'; text += length > 0 ? length : 1) {
		length = utf8_next(text, &c);
		width = length > 0 ? columns_of(c) : 1;
		n += width > 0 ? (size_t)width : 0;
	}
	return (n);
}

/*
 * Returns the end of the longest part from the start of the text that has at
 * most that many columns.
 */
static const char *
fitting(const char *text, size_t columns)
{
	uint32_t	 c;
	size_t		 length, n = 0;
	int		 width;

	for (; *text != '\0'; text += length) {
		length = utf8_next(text, &c);
		width = columns_of(c);
		n += width > 0 ? (size_t)width : 0;
		if (n > columns)
			break;
	}
	return (text);
}

void
screen_begin_style(const struct screen *s, enum screen_style style)
{
	static const char *const	 codes[] = {
		[SCREEN_PLAIN] = "", [SCREEN_BOLD] = "\033[1m",
		[SCREEN_DIM] = "\033[2m", [SCREEN_GOOD] = "\033[32m",
		[SCREEN_WARNING] = "\033[33m", [SCREEN_BAD] = "\033[1;31m",
	};

	if (s->colour)
		fputs(codes[style], s->out);
}

void
screen_end_style(const struct screen *s, enum screen_style style)
{
	if (s->colour && style != SCREEN_PLAIN)
		fputs("\033[0m", s->out);
}

static void
styled(const struct screen *s, enum screen_style style, const char *text,
    size_t length)
{
	screen_begin_style(s, style);
	fwrite(text, 1, length, s->out);
	screen_end_style(s, style);
}

/*
 * Replaces the middle of a text of more columns.  The buffer has room for the
 * octets of the mark.
 */
static void
cut(const struct screen *s, char *text, size_t columns)
{
	const char	*mark = s->ascii ? "~" : "\xe2\x80\xa6";
	const char	*head = fitting(text, columns / 2), *tail = text;
	char		*to = text + (head - text);
	size_t		 rest;

	rest = columns - 1 - screen_columns(text) + screen_columns(head);
	while (screen_columns(tail) > rest)
		tail = fitting(tail, 1) > tail ? fitting(tail, 1) :
		    fitting(tail, 2);
	memmove(to + strlen(mark), tail, strlen(tail) + 1);
	memcpy(to, mark, strlen(mark));
}

void
screen_cell(const struct screen *s, enum screen_style style, const char *text,
    int width, bool may_cut)
{
	char	 clean[SCREEN_TEXT_SIZE + 4];
	size_t	 size = (size_t)abs(width), used;

	screen_clean(s, text, clean);
	if (may_cut && s->width > 0 && size > 1 &&
	    screen_columns(clean) > size)
		cut(s, clean, size);
	used = screen_columns(clean);
	if (width < 0 && used < size)
		fprintf(s->out, "%*s", (int)(size - used), "");
	styled(s, style, clean, strlen(clean));
	if (width > 0 && used < size)
		fprintf(s->out, "%*s", (int)(size - used), "");
}

/* The next line of a paragraph: returns its end, and sets the next start. */
static const char *
next_line(const char *text, size_t columns, const char **next)
{
	const char	*end = fitting(text, columns), *blank = end;

	if (*end != '\0') {
		while (blank > text && *blank != ' ')
			blank--;
		if (blank > text)
			end = blank;
	}
	*next = end + strspn(end, " ");
	return (end);
}

void
screen_paragraph(const struct screen *s, enum screen_style style,
    size_t indent, const char *title, const char *text)
{
	char		 clean[SCREEN_TEXT_SIZE];
	const char	*p, *end, *next;
	size_t		 columns;

	screen_clean(s, text, clean);
	columns = s->width > 0 ? s->width : PARAGRAPH_WIDTH;
	columns = columns < indent + LEAST_TEXT ? LEAST_TEXT : columns - indent;
	p = clean;
	do {
		screen_cell(s, style, p == clean ? title : "", (int)indent,
		    false);
		end = next_line(p, columns, &next);
		fwrite(p, 1, (size_t)(end - p), s->out);
		fputc('\n', s->out);
		p = next;
	} while (*p != '\0');
}

char *
screen_duration(double seconds, char *text)
{
	static const struct {
		double		 below;
		double		 unit;
		int		 decimals;
		const char	*name;
	} units[] = {
		{ 0.00995, 0.001, 1, "ms" },
		{ 0.9995, 0.001, 0, "ms" },
		{ 9.95, 1, 1, "s" },
		{ 100, 1, 0, "s" },
		{ 100.0 * 60, 60, 0, "min" },
		{ 48.0 * 3600, 3600, 0, "h" },
		{ 1e30, 86400, 0, "d" },
	};
	size_t	 i = 0;

	/* Ages have whole seconds, so a fraction would be wrong. */
	if (seconds == 0)
		return (strcpy(text, "0 s"));
	/* False also for a value that is not a number. */
	if (!(seconds >= 0 && seconds < units[6].below))
		return (strcpy(text, "-"));
	while (seconds >= units[i].below)
		i++;
	snprintf(text, SCREEN_DURATION_SIZE, "%.*f %s", units[i].decimals,
	    seconds / units[i].unit, units[i].name);
	return (text);
}
