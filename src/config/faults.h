/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong with a file: collected in any order, printed in the file's.
 */
#ifndef HBW_FAULTS_H
#define HBW_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config/places.h"

struct fault {
	int	 line;			/* of the text; 0: of the whole file */
	size_t	 order;			/* of faults_add */
	char	*text;
};

/* All zero is an empty one. */
struct faults {
	struct fault	*fault;
	size_t		 n;
	size_t		 size;
	bool		 exhausted;	/* memory ran out */
	struct places	 places;	/* the files that the lines are of */
};

void	 faults_add(struct faults *, int line, const char *, ...)
	    __attribute__((format(printf, 3, 4)));
/* Says that memory ran out; always returns NULL. */
void	*faults_exhausted(struct faults *);
/* Forgets all but the first n. */
void	 faults_cut(struct faults *, size_t n);
/* True when there is nothing to print. */
bool	 faults_none(const struct faults *);
/*
 * One line each, FILE:LINE: TEXT, sorted by line; `file` is that of what is of
 * no line.
 */
void	 faults_print(struct faults *, const char *file, FILE *);
void	 faults_free(struct faults *);

/* A copy of the text, or NULL and the faults say that memory ran out. */
char	*faults_copy(struct faults *, const char *text);

#define FAULTS_LINE_SIZE	320

/*
 * Writes what a fault on line `here` calls line `there`, "line 7" or "line 7 of
 * FILE", into text[FAULTS_LINE_SIZE].  Returns text.
 */
char	*faults_line(const struct faults *, int here, int there, char *text);

#define FAULTS_QUOTE_SIZE	280

/*
 * Writes the text into quoted[FAULTS_QUOTE_SIZE] in double quotes, fit for one
 * line of a terminal: what is not printable UTF-8 as \xNN, and cut with "..."
 * where it is long.  Returns quoted.
 */
char	*faults_quote(const char *text, char *quoted);

#endif
