/* SPDX-License-Identifier: BSD-2-Clause */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/utf8.h"
#include "user_names.h"

/* A larger file is not read to its end. */
#define ENTRIES_MAX	10000

static void
add(struct user_names *names, const struct passwd *user)
{
	struct user_names_entry	*e;

	if (utf8_text_fault(user->pw_name, 1, USER_NAMES_NAME_SIZE - 1) !=
	    NULL || !array_reserve(&names->entries, &names->capacity,
	    names->count + 1, sizeof(*names->entries)))
		return;
	e = &names->entries[names->count++];
	e->uid = user->pw_uid;
	strcpy(e->name, user->pw_name);
}

void
user_names_load(struct user_names *names, const char *file)
{
	FILE		*f = fopen(file, "re");
	struct passwd	*user;

	names->count = 0;
	if (f == NULL)
		return;
	while (names->count < ENTRIES_MAX && (user = fgetpwent(f)) != NULL)
		add(names, user);
	fclose(f);
}

void
user_names_free(struct user_names *names)
{
	free(names->entries);
	*names = (struct user_names){ 0 };
}

char *
user_names_text(const struct user_names *names, uid_t uid, char *text)
{
	size_t	 i;

	for (i = 0; i < names->count; i++)
		if (names->entries[i].uid == uid) {
			snprintf(text, USER_NAMES_TEXT_SIZE, "%s (uid %u)",
			    names->entries[i].name, (unsigned)uid);
			return (text);
		}
	snprintf(text, USER_NAMES_TEXT_SIZE, "uid %u", (unsigned)uid);
	return (text);
}
