/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "config/faults.h"

#define QUOTE_CUT	64	/* octets shown of a long text */

void *
faults_exhausted(struct faults *f)
{
	f->exhausted = true;
	return (NULL);
}

static bool
faults_grow(struct faults *f)
{
	size_t		 size = f->size == 0 ? 16 : f->size * 2;
	struct fault	*fault;

	if (f->n < f->size)
		return (true);
	fault = reallocarray(f->fault, size, sizeof(*fault));
	if (fault == NULL)
		return (false);
	f->fault = fault;
	f->size = size;
	return (true);
}

void
faults_add(struct faults *f, int line, const char *format, ...)
{
	va_list	 ap;
	char	*copy;
	int	 n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	copy = n < 0 ? NULL : malloc((size_t)n + 1);
	if (copy != NULL) {
		va_start(ap, format);
		vsnprintf(copy, (size_t)n + 1, format, ap);
		va_end(ap);
	}
	if (copy == NULL || !faults_grow(f)) {
		faults_exhausted(f);
		free(copy);
		return;
	}
	f->fault[f->n] = (struct fault){ line, f->n, copy };
	f->n++;
}

void
faults_cut(struct faults *f, size_t n)
{
	while (f->n > n)
		free(f->fault[--f->n].text);
}

bool
faults_none(const struct faults *f)
{
	return (f->n == 0 && !f->exhausted);
}

static int
fault_compare(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	if (x->line != y->line)
		return (x->line < y->line ? -1 : 1);
	return (x->order < y->order ? -1 : x->order > y->order);
}

void
faults_print(struct faults *f, const char *file, FILE *stream)
{
	const char	*of;
	size_t		 i;
	int		 line;

	if (f->n > 0)
		qsort(f->fault, f->n, sizeof(*f->fault), fault_compare);
	for (i = 0; i < f->n; i++) {
		line = f->fault[i].line;
		of = places_find(&f->places, line, &line);
		if (line > 0)
			fprintf(stream, "%s:%d: %s\n", of == NULL ? file : of,
			    line, f->fault[i].text);
		else
			fprintf(stream, "%s: %s\n", file, f->fault[i].text);
	}
	if (f->exhausted)
		fprintf(stream, "%s: out of memory\n", file);
}

void
faults_free(struct faults *f)
{
	faults_cut(f, 0);
	free(f->fault);
	places_free(&f->places);
	*f = (struct faults){ 0 };
}

char *
faults_copy(struct faults *f, const char *text)
{
	char *copy = strdup(text);

	return (copy != NULL ? copy : faults_exhausted(f));
}

char *
faults_line(const struct faults *f, int here, int there, char *text)
{
	int		 real = there;
	const char	*file = places_find(&f->places, there, &real);
	const char	*own = places_find(&f->places, here, &here);

	/* Shared texts are equal when they are the same. */
	if (file == own)
		snprintf(text, FAULTS_LINE_SIZE, "line %d", real);
	else
		snprintf(text, FAULTS_LINE_SIZE, "line %d of %.256s", real,
		    file);
	return (text);
}

/* Writes what the next `length` octets look like; returns how many written. */
static size_t
quote_one(const char *text, size_t length, bool plain, char *quoted)
{
	if (!plain)
		return ((size_t)sprintf(quoted, "\\x%02x",
		    (unsigned char)*text));
	if (*text == '"' || *text == '\\')
		*quoted++ = '\\';
	memcpy(quoted, text, length);
	return (length + (*text == '"' || *text == '\\'));
}

char *
faults_quote(const char *text, char *quoted)
{
	const char	*p = text;
	size_t		 n = 0, length;
	uint32_t	 point;
	bool		 plain;

	quoted[n++] = '"';
	while (*p != '\0' && p - text < QUOTE_CUT) {
		length = utf8_next(p, &point);
		plain = length > 0 && !utf8_control(point);
		if (!plain)
			length = 1;
		n += quote_one(p, length, plain, quoted + n);
		p += length;
	}
	quoted[n++] = '"';
	strcpy(quoted + n, *p == '\0' ? "" : "...");
	return (quoted);
}
