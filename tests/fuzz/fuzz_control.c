/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests of the control socket: each line of the input is one.  It is valid
 * and within its limits, or it is rejected with an error.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "state/control_request.h"

#include "fuzz.h"

static void
parse(char *line, size_t length)
{
	struct control_request	 r;
	char			 error[CONTROL_ERROR_SIZE] = "";

	if (!control_request_parse(&r, line, length, error)) {
		fuzz_check(error[0] != '\0' && utf8_valid(error));
		return;
	}
	fuzz_check(r.command <= CONTROL_UNSHELVE);
	fuzz_check(r.watch >= line || *r.watch == '\0');
	fuzz_check(strlen(r.watch) < length && utf8_valid(r.watch));
	fuzz_check(utf8_text_fault(r.text, 0, CONTROL_TEXT_MAX) == NULL);
	fuzz_check((r.command == CONTROL_SHELVE) == (r.duration_ns > 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t	*end;
	size_t		 length;
	char		*line;

	for (; size > 0; data += length + 1, size -= length + 1) {
		end = memchr(data, '\n', size);
		length = end == NULL ? size - 1 : (size_t)(end - data);
		/* A copy, so that a sanitizer finds overruns. */
		line = malloc(length + 1);
		if (line == NULL)
			return (0);
		memcpy(line, data, length);
		line[length] = '\0';
		parse(line, length);
		free(line);
	}
	return (0);
}
