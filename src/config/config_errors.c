/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdlib.h>

#include "base/array.h"
#include "config/config_errors.h"

void *
config_errors_exhausted(struct config_errors *e)
{
	e->exhausted = true;
	return (NULL);
}

void
config_error(struct config_errors *e, struct config_place place,
    const char *format, ...)
{
	va_list	 ap;
	char	*text;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) == -1)
		text = NULL;
	va_end(ap);
	if (text == NULL || !array_reserve(&e->error, &e->capacity, e->n + 1,
	    sizeof(*e->error))) {
		config_errors_exhausted(e);
		free(text);
		return;
	}
	e->error[e->n] = (struct config_error){ place, e->n, text };
	e->n++;
}

static int
error_compare(const void *a, const void *b)
{
	const struct config_error	*x = a, *y = b;

	if (x->place.position != y->place.position)
		return (x->place.position < y->place.position ? -1 : 1);
	return (x->order < y->order ? -1 : x->order > y->order);
}

bool
config_errors_print(struct config_errors *e, const char *file, FILE *stream)
{
	const struct config_error	*error;
	size_t				 i;

	if (e->n > 0)
		qsort(e->error, e->n, sizeof(*e->error), error_compare);
	for (i = 0; i < e->n; i++) {
		error = &e->error[i];
		if (error->place.file != NULL)
			fprintf(stream, "%s:%d: %s\n", error->place.file,
			    error->place.line, error->text);
		else
			fprintf(stream, "%s: %s\n", file, error->text);
	}
	if (e->exhausted)
		fprintf(stream, "%s: out of memory\n", file);
	return (e->n > 0 || e->exhausted);
}

void
config_errors_free(struct config_errors *e)
{
	while (e->n > 0)
		free(e->error[--e->n].text);
	free(e->error);
	*e = (struct config_errors){ 0 };
}
