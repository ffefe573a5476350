/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The errors of a configuration: collected in any order, printed in the order
 * of the file.
 */
#ifndef HBW_CONFIG_ERRORS_H
#define HBW_CONFIG_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * A file, or the part of it that follows an include.  The parts of all files
 * are numbered in the order in which they are read.
 */
struct config_source {
	const char	*file;
	unsigned	 order;
};

/* All zero: the configuration as a whole. */
struct config_place {
	const struct config_source *source;
	int		 line;		/* 1.. */
};

struct config_error {
	struct config_place place;
	size_t		 order;		/* of config_errors_add */
	char		*text;
};

/* All zero is an empty one.  The sources must live until it is printed. */
struct config_errors {
	struct config_error *error;
	size_t		 n;
	size_t		 capacity;
	bool		 exhausted;	/* out of memory */
};

void	 config_errors_add(struct config_errors *, struct config_place,
	    const char *, ...) __attribute__((format(printf, 3, 4)));
/* Records that memory is exhausted; always returns NULL. */
void	*config_errors_exhausted(struct config_errors *);
bool	 config_errors_none(const struct config_errors *);
/*
 * One line each, FILE:LINE: TEXT, sorted by place.  `file` is the name to print
 * for errors of the configuration as a whole.
 */
void	 config_errors_print(struct config_errors *, const char *file, FILE *);
void	 config_errors_free(struct config_errors *);

/* Negative, zero or positive, as a is before, at or behind b. */
int	 config_place_compare(const struct config_place *a,
	    const struct config_place *b);

#define CONFIG_QUOTE_SIZE	280

/*
 * Writes the text in double quotes into quoted[CONFIG_QUOTE_SIZE].  Bytes that
 * are not printable UTF-8 become \xNN, and a long text is cut with "...".
 * Returns quoted.
 */
char	*config_quote(const char *text, char *quoted);

#endif
