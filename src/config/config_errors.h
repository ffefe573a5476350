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

/* All zero: the configuration as a whole. */
struct config_place {
	const char	*file;
	int		 line;		/* 1.. */
	unsigned	 position;	/* grows by the line, in all files */
};

struct config_error {
	struct config_place place;
	size_t		 order;		/* in which errors are added */
	char		*text;
};

/* All zero: no error.  The file names must exist until they are printed. */
struct config_errors {
	struct config_error *error;
	size_t		 n;
	size_t		 capacity;
	bool		 exhausted;	/* out of memory */
};

/* Adds an error; the text is made as by printf(3). */
void	 config_error(struct config_errors *, struct config_place,
	    const char *, ...) __attribute__((format(printf, 3, 4)));
/* Records that memory is exhausted; always returns NULL. */
void	*config_errors_exhausted(struct config_errors *);
/*
 * Prints one line for each error, FILE:LINE: TEXT, sorted by position.  `file`
 * is printed for errors of the configuration as a whole.  False when there are
 * no errors.
 */
bool	 config_errors_print(struct config_errors *, const char *file, FILE *);
void	 config_errors_free(struct config_errors *);

#endif
