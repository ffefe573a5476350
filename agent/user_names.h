/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of the users in /etc/passwd.  They are read at the start and at a
 * reload, so that a name is found without waiting for a file or a server.
 */
#ifndef HBW_USER_NAMES_H
#define HBW_USER_NAMES_H

#include <sys/types.h>

#include <stddef.h>

/* A longer name is not kept. */
#define USER_NAMES_NAME_SIZE	33
#define USER_NAMES_TEXT_SIZE	64

struct user_names_entry {
	uid_t	 uid;
	char	 name[USER_NAMES_NAME_SIZE];
};

/* A struct of zeros has no names. */
struct user_names {
	struct user_names_entry	*entries;	/* owned */
	size_t			 count;
	size_t			 capacity;
};

/* Replaces the names by those in the file; without it there are none. */
void	 user_names_load(struct user_names *, const char *file);
void	 user_names_free(struct user_names *);

/*
 * "NAME (uid N)", or "uid N" for a user without a name.  Writes
 * text[USER_NAMES_TEXT_SIZE] and returns it.
 */
char	*user_names_text(const struct user_names *, uid_t, char *text);

#endif
