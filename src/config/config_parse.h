/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration as the sections and values that are written in it, before
 * the values are checked.
 */
#ifndef HBW_CONFIG_PARSE_H
#define HBW_CONFIG_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "config/config_errors.h"
#include "config/config_lex.h"
#include "config/config_option.h"

/*
 * The value of an option; a list has one of these for each of its elements.
 * The first value of a section is its title, unless that is missing.
 */
struct config_value {
	struct config_value	*next;
	const char		*text;
	struct config_place	 place;		/* of the value's last byte */
	enum config_option_id	 option;
};

struct config_section {
	struct config_section	*next;
	enum config_kind	 kind;
	bool			 complete;	/* closed, no syntax error */
	bool			 peers_listed;	/* `peer` is in braces */
	const char		*title;		/* NULL: missing, or the top */
	struct config_place	 place;		/* of its first word */
	struct config_value	*values;	/* in the order of the file */
	struct config_value	**last;		/* end of the values */
	size_t			 watches;	/* made from this section */
};

struct config_file {
	const struct config_option *options;	/* OPTIONS rows, borrowed */
	struct arena		 arena;		/* holds all of it, and more
						   while it is checked */
	struct config_section	 top;
	struct config_section	*sections;	/* in the order of the file */
	bool			 complete;	/* no syntax error */
};

/*
 * Parses a file, or a pipe if `pipe` is true, and the files that it includes,
 * which are regular ones; others are refused without blocking.  `names` gets a
 * line with the name of each regular file, unless it is NULL.  The table
 * `options` defines in which sections an option is allowed and which options
 * are lists; the values are not checked.  Syntax errors, unknown options and
 * options that are given twice are added to the errors, and the parser goes on
 * with the next option or section.  The caller frees the arena of the result
 * after the errors are printed.
 */
void	 config_parse(struct config_file *, const char *file, bool pipe,
	    const struct config_option *options, FILE *names,
	    struct config_errors *);

/* The first value of that option; NULL when the section has none. */
const struct config_value *config_section_value(const struct config_section *,
	    enum config_option_id);

#endif
