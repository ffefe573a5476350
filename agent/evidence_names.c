/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/search.h"
#include "evidence_names.h"

char *
evidence_file_name(uint32_t serial, const char *watch, char *name)
{
	static const char	 suffix[] = ".pcapng";
	size_t			 n, end = EVIDENCE_FILE_NAME_SIZE -
				    sizeof(suffix);

	n = (size_t)snprintf(name, EVIDENCE_FILE_NAME_SIZE,
	    EVIDENCE_DIRECTORY "/%" PRIu32 "-", serial);
	for (; *watch != '\0' && n < end; watch++)
		name[n++] = isascii((unsigned char)*watch) &&
		    (isalnum((unsigned char)*watch) ||
		    strchr(".-_", *watch) != NULL) ? *watch : '_';
	strcpy(name + n, suffix);
	return (name);
}

void
evidence_names_init(struct evidence_names *n)
{
	*n = (struct evidence_names){ .sorted = NULL };
	(void)pthread_mutex_init(&n->mutex, NULL);
}

void
evidence_names_free(struct evidence_names *n)
{
	while (n->count > 0)
		free(n->sorted[--n->count]);
	free(n->sorted);
	(void)pthread_mutex_destroy(&n->mutex);
}

struct wanted_name {
	const struct evidence_names *names;
	const char		*name;
};

static bool
is_name_less(const void *arg, size_t i)
{
	const struct wanted_name	*wanted = arg;

	return (strcmp(wanted->names->sorted[i], wanted->name) < 0);
}

static const char *
without_directory(const char *name)
{
	const char	*slash = strchr(name, '/');

	return (slash == NULL ? name : slash + 1);
}

/* The position of a name, or where it has to be inserted. */
static size_t
find(const struct evidence_names *n, const char *name, bool *found)
{
	const struct wanted_name	 wanted = { n, name };
	size_t				 i;

	i = search_first(n->count, is_name_less, &wanted);
	*found = i < n->count && strcmp(n->sorted[i], name) == 0;
	return (i);
}

static void
insert(struct evidence_names *n, size_t i, const char *name)
{
	char	*copy = strdup(name);

	if (copy == NULL || !array_reserve(&n->sorted, &n->capacity,
	    n->count + 1, sizeof(*n->sorted))) {
		free(copy);
		return;
	}
	memmove(&n->sorted[i + 1], &n->sorted[i],
	    (n->count++ - i) * sizeof(*n->sorted));
	n->sorted[i] = copy;
}

static void
erase(struct evidence_names *n, size_t i)
{
	free(n->sorted[i]);
	memmove(&n->sorted[i], &n->sorted[i + 1],
	    (--n->count - i) * sizeof(*n->sorted));
}

void
evidence_names_put(struct evidence_names *n, const char *name, bool exists)
{
	bool	 found;
	size_t	 i;

	name = without_directory(name);
	(void)pthread_mutex_lock(&n->mutex);
	i = find(n, name, &found);
	if (exists && !found)
		insert(n, i, name);
	else if (!exists && found)
		erase(n, i);
	(void)pthread_mutex_unlock(&n->mutex);
}

bool
evidence_names_has(struct evidence_names *n, const char *name)
{
	bool	 found;

	(void)pthread_mutex_lock(&n->mutex);
	(void)find(n, without_directory(name), &found);
	(void)pthread_mutex_unlock(&n->mutex);
	return (found);
}
