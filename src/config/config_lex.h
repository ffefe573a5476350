/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tokens of a configuration file and of the files that it includes.
 */
#ifndef HBW_CONFIG_LEX_H
#define HBW_CONFIG_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "config/arena.h"
#include "config/config_errors.h"

enum config_token_kind {
	TOKEN_END,			/* of all files */
	TOKEN_TEXT,			/* a word or a quoted string */
	TOKEN_EQUALS,			/* = */
	TOKEN_APPEND,			/* += */
	TOKEN_OPEN,			/* { */
	TOKEN_CLOSE,			/* } */
	TOKEN_COMMA,			/* , */
	TOKEN_PARENTHESIS,		/* ( */
	TOKEN_PARENTHESIS_END,		/* ) */
};

struct config_token {
	enum config_token_kind kind;
	bool		 word;		/* text without quotes, as written */
	const char	*text;		/* of the arena or constant */
	struct config_place place;	/* of its last byte */
};

struct lex_file;

struct config_lex {
	struct config_errors *errors;
	struct arena	*arena;		/* texts and sources of all tokens */
	struct lex_file	*file;		/* the innermost one */
	unsigned	 sources;
	size_t		 files;
	size_t		 bytes;		/* of all files */
	char		*buffer;	/* the string that is being read */
	size_t		 length;
	size_t		 capacity;
	unsigned	 depth;		/* open braces */
	bool		 assigned;	/* the last token was = or += */
	bool		 ended;
	bool		 cut;		/* ended early, and the error says so */
};

/*
 * Opens the file.  When it cannot be read, an error says so and the only token
 * is TOKEN_END.  The arena must live as long as the tokens and the errors.
 */
void	 config_lex_open(struct config_lex *, const char *file,
	    struct arena *, struct config_errors *);
/*
 * The next token.  Comments are skipped, includes are followed, and characters
 * that belong to no token are errors and are skipped.  After the last token,
 * and when memory is exhausted, TOKEN_END.
 */
void	 config_lex_next(struct config_lex *, struct config_token *);
void	 config_lex_close(struct config_lex *);

#endif
