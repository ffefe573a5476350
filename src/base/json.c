/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mono.h"
#include "base/utf8.h"

void
json_begin(struct json *j, FILE *stream)
{
	j->stream = stream;
	j->empty = true;
	fputc('{', stream);
}

static void
write_key(struct json *j, const char *key)
{
	fputs(j->empty ? "" : ",", j->stream);
	if (key != NULL)
		fprintf(j->stream, "\"%s\":", key);
	j->empty = false;
}

/*
 * RFC 8259, section 7: quotes, backslashes and C0 controls must be escaped.
 * DEL is escaped too, because it is invisible.
 */
static void
write_character(FILE *stream, const char *octets, size_t n, uint32_t c)
{
	if (c == '"' || c == '\\')
		fprintf(stream, "\\%c", (char)c);
	else if (c == '\n')
		fputs("\\n", stream);
	else if (c == '\t')
		fputs("\\t", stream);
	else if (c < 0x20 || c == 0x7f)
		fprintf(stream, "\\u%04x", (unsigned)c);
	else
		fwrite(octets, 1, n, stream);
}

void
json_text(struct json *j, const char *key, const char *text)
{
	uint32_t	 c;
	size_t		 n;

	write_key(j, key);
	if (text == NULL) {
		fputs("null", j->stream);
		return;
	}
	fputc('"', j->stream);
	for (; *text != '\0'; text += n > 0 ? n : 1) {
		n = utf8_next(text, &c);
		if (n > 0)
			write_character(j->stream, text, n, c);
		else
			fputs("\xef\xbf\xbd", j->stream);
	}
	fputc('"', j->stream);
}

void
json_time(struct json *j, const char *key, struct wall_time time)
{
	char	 text[WALL_TEXT_SIZE];

	json_text(j, key, wall_is_never(time) ? NULL : wall_text(time, text));
}

/* Rounds to the nearest microsecond, and a half to the even one as printf. */
static int64_t
microseconds(int64_t ns)
{
	int64_t	 us = ns / NSEC_PER_USEC;
	int64_t	 rest = 2 * (ns % NSEC_PER_USEC);

	if (rest > NSEC_PER_USEC || (rest == NSEC_PER_USEC && us % 2 != 0))
		us++;
	return (us);
}

void
json_duration(struct json *j, const char *key, int64_t ns)
{
	int64_t	 us;

	write_key(j, key);
	if (ns < 0) {
		fputs("null", j->stream);
		return;
	}
	us = microseconds(ns);
	fprintf(j->stream, "%" PRId64 ".%06" PRId64, us / 1000000,
	    us % 1000000);
}

void
json_count(struct json *j, const char *key, uint64_t n)
{
	write_key(j, key);
	fprintf(j->stream, "%" PRIu64, n);
}

void
json_flag(struct json *j, const char *key, bool flag)
{
	write_key(j, key);
	fputs(flag ? "true" : "false", j->stream);
}

void
json_begin_object(struct json *j, const char *key)
{
	write_key(j, key);
	fputc('{', j->stream);
	j->empty = true;
}

void
json_end_object(struct json *j)
{
	fputc('}', j->stream);
	j->empty = false;
}

void
json_begin_array(struct json *j, const char *key)
{
	write_key(j, key);
	fputc('[', j->stream);
	j->empty = true;
}

void
json_end_array(struct json *j)
{
	fputc(']', j->stream);
	j->empty = false;
}

void
json_begin_element(struct json *j)
{
	json_begin_object(j, NULL);
}

void
json_end_element(struct json *j)
{
	json_end_object(j);
}

void
json_end(struct json *j)
{
	fputs("}\n", j->stream);
}
