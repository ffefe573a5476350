/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tokens of a configuration file and of the files that it includes.
 */
#ifndef HBW_CONFIG_LEX_H
#define HBW_CONFIG_LEX_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
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
	const char	*text;		/* of the arena, or constant */
	struct config_place place;	/* of the last byte */
};

#define CONFIG_LEX_DEPTH	16	/* files within each other */

/* A file that is being read. */
struct lex_file {
	const char	*name;		/* of the arena */
	struct stat	 st;
	char		*text;		/* owned; the only NUL is at its end */
	size_t		 length;
	char		*p;		/* the next byte */
	char		*no_brace;	/* end of a "${" without } */
	int		 line;		/* of p */
};

struct config_lex {
	struct config_errors *errors;
	struct arena	*arena;		/* texts and file names of tokens */
	struct lex_file	 file[CONFIG_LEX_DEPTH + 2]; /* open ones */
	struct lex_file	*f;		/* the innermost, NULL: none */
	bool		 pipe;		/* the first file may be a pipe */
	size_t		 files;		/* that were read */
	/* Gets a line for each regular file, and each directory, with a "/". */
	FILE		*names;
	size_t		 bytes;		/* of all files */
	unsigned	 position;	/* lines read, of all files */
	char		*buffer;	/* the string that is being read */
	size_t		 length;
	size_t		 capacity;
	unsigned	 depth;		/* open braces */
	bool		 assigned;	/* the last token was = or += */
	bool		 cut;		/* an error: no token follows */
};

/*
 * Opens the file, which is a regular one or, if `pipe` is true, a pipe without
 * a name.  When it cannot be read, an error is added and the only token is
 * TOKEN_END.  The arena must live as long as the tokens and the errors.  The
 * names of the regular files, and of the directories that were searched, are
 * written to `names`, unless it is NULL.
 */
void	 config_lex_open(struct config_lex *, const char *file, bool pipe,
	    FILE *names, struct arena *, struct config_errors *);
/*
 * Reads the next token.  Comments are skipped and includes are followed.  A
 * character that belongs to no token is an error and is skipped.  The token
 * after the last one, and when memory is exhausted, is TOKEN_END.
 */
void	 config_lex_next(struct config_lex *, struct config_token *);
void	 config_lex_close(struct config_lex *);

#endif
