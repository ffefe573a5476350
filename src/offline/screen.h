/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text for people: on a terminal or in a file.  Widths are in columns, as the
 * terminal shows the characters.  No control character of a text is written.
 */
#ifndef HBW_SCREEN_H
#define HBW_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum screen_style {
	SCREEN_PLAIN,
	SCREEN_BOLD,
	SCREEN_DIM,
	SCREEN_GOOD,
	SCREEN_WARNING,
	SCREEN_BAD,
};

struct screen {
	FILE		*out;
	size_t		 width;		/* columns; 0: not limited */
	bool		 colour;
	bool		 ascii;		/* other characters become "?" */
};

/*
 * The width is that of the environment variable COLUMNS or of the terminal.
 * Colours are used on a terminal, unless NO_COLOR is set or TERM is dumb.
 * A terminal whose locale is not UTF-8 gets ASCII only.  Sets LC_CTYPE, which
 * the widths of characters need.
 */
void	 screen_init(struct screen *, FILE *out);

#define SCREEN_TEXT_SIZE	1024

/*
 * Copies a text into to[SCREEN_TEXT_SIZE] and returns it.  Each character that
 * a terminal must not get, and each invalid octet, becomes "?".  A text that
 * does not fit is cut.
 */
char	*screen_clean(const struct screen *, const char *text, char *to);

/* The columns of a clean text. */
size_t	 screen_columns(const char *text);

/*
 * Writes a text that is cleaned first, with blanks after it up to `width`
 * columns, or before it if the width is negative.  Without `may_cut`, or on a
 * screen without limit, a longer text is written whole; otherwise its middle is
 * replaced, because the ends of names and addresses distinguish them.
 */
void	 screen_cell(const struct screen *, enum screen_style, const char *text,
	    int width, bool may_cut);

/*
 * Writes a paragraph: the first line begins with the title, further ones with
 * `indent` blanks, and lines break between words.  The title is in the style
 * and has up to `indent` columns.  The text gets at least 16 columns beside it,
 * also on a screen that is too narrow for that.
 */
void	 screen_paragraph(const struct screen *, enum screen_style,
	    size_t indent, const char *title, const char *text);

void	 screen_begin_style(const struct screen *, enum screen_style);
void	 screen_end_style(const struct screen *, enum screen_style);

#define SCREEN_DURATION_SIZE	32

/*
 * Writes seconds in the largest fitting unit, such as 400 ms, 4.2 s, 42 s, 12
 * min, 5 h or 3 d, into text[SCREEN_DURATION_SIZE] and returns it; 0 as "0 s",
 * and a negative duration as "-".
 */
char	*screen_duration(double seconds, char *text);

#endif
