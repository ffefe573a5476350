/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/utf8.h"
#include "config/config_errors.h"

#define QUOTE_CUT	64	/* bytes shown of a long text */

void *
config_errors_exhausted(struct config_errors *e)
{
	e->exhausted = true;
	return (NULL);
}

void
config_errors_add(struct config_errors *e, struct config_place place,
    const char *format, ...)
{
	va_list	 ap;
	char	*text;
	int	 n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n == -1)
		text = NULL;
	if (text == NULL || !array_reserve(&e->error, &e->capacity, e->n + 1,
	    sizeof(*e->error))) {
		config_errors_exhausted(e);
		free(text);
		return;
	}
	e->error[e->n] = (struct config_error){ place, e->n, text };
	e->n++;
}

bool
config_errors_none(const struct config_errors *e)
{
	return (e->n == 0 && !e->exhausted);
}

int
config_place_compare(const struct config_place *a,
    const struct config_place *b)
{
	unsigned	 x = a->source == NULL ? 0 : a->source->order;
	unsigned	 y = b->source == NULL ? 0 : b->source->order;

	if (x != y)
		return (x < y ? -1 : 1);
	return (a->line < b->line ? -1 : a->line > b->line);
}

static int
error_compare(const void *a, const void *b)
{
	const struct config_error	*x = a, *y = b;
	int				 order;

	order = config_place_compare(&x->place, &y->place);
	if (order != 0)
		return (order);
	return (x->order < y->order ? -1 : x->order > y->order);
}

void
config_errors_print(struct config_errors *e, const char *file, FILE *stream)
{
	const struct config_place	*place;
	size_t				 i;

	if (e->n > 0)
		qsort(e->error, e->n, sizeof(*e->error), error_compare);
	for (i = 0; i < e->n; i++) {
		place = &e->error[i].place;
		if (place->source != NULL)
			fprintf(stream, "%s:%d: %s\n", place->source->file,
			    place->line, e->error[i].text);
		else
			fprintf(stream, "%s: %s\n", file, e->error[i].text);
	}
	if (e->exhausted)
		fprintf(stream, "%s: out of memory\n", file);
}

void
config_errors_free(struct config_errors *e)
{
	while (e->n > 0)
		free(e->error[--e->n].text);
	free(e->error);
	*e = (struct config_errors){ 0 };
}

char *
config_quote(const char *text, char *quoted)
{
	const char	*p = text;
	size_t		 n = 0, length;
	uint32_t	 character;

	quoted[n++] = '"';
	while (*p != '\0' && p - text < QUOTE_CUT) {
		length = utf8_next(p, &character);
		if (length == 0 || utf8_control(character)) {
			n += (size_t)sprintf(quoted + n, "\\x%02x",
			    (unsigned char)*p++);
			continue;
		}
		if (*p == '"' || *p == '\\')
			quoted[n++] = '\\';
		memcpy(quoted + n, p, length);
		n += length;
		p += length;
	}
	strcpy(quoted + n, *p == '\0' ? "\"" : "\"...");
	return (quoted);
}
