/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of a log file.  The first octet selects the pattern, and the next two
 * how long the file is at the first look.
 */
#include <string.h>

#include "base/cursor.h"
#include "log_evidence.h"

#include "fuzz.h"

static const char *const patterns[] = {
	"Float ip .* is invalid", "^$", ".", "^[0-9]+ ERROR|x$",
};
#define PATTERNS	(sizeof(patterns) / sizeof(patterns[0]))

static size_t
count_lines(const uint8_t *bytes, size_t size)
{
	size_t	 n = 0;

	while (size-- > 0)
		n += *bytes++ == '\n';
	return (n);
}

static uint32_t
look(const char *path, const regex_t *pattern, struct log_position *position)
{
	static char		 buffer[LOG_EVIDENCE_OCTETS + 1];
	struct wall_time	 now = wall_now();
	struct evidence_signal	 s;

	fuzz_check(log_evidence_look(path, pattern, position, now, buffer,
	    &s) == 0);
	fuzz_check(s.state == (s.count > 0 ? EVIDENCE_PRESENT :
	    s.code == EVIDENCE_LOG_UNDATED ? EVIDENCE_UNKNOWN :
	    EVIDENCE_ABSENT));
	fuzz_check(s.code == EVIDENCE_LOG_READ ||
	    s.code == EVIDENCE_LOG_UNDATED);
	fuzz_check(s.at.ns <= now.ns);
	return (s.count);
}

static const regex_t *
pattern(size_t i)
{
	static regex_t	 compiled[PATTERNS];
	static bool	 ready[PATTERNS];

	i %= PATTERNS;
	if (!ready[i])
		fuzz_check(regcomp(&compiled[i], patterns[i],
		    REG_EXTENDED | REG_NOSUB) == 0);
	ready[i] = true;
	return (&compiled[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor		 c = cursor_over(data, size);
	const regex_t		*searched = pattern(cursor_u8(&c));
	struct log_position	 position = { 0 };
	size_t			 first = cursor_u16(&c), left = c.left;
	const uint8_t		*bytes = cursor_take(&c, left);
	char			 path[FUZZ_PATH_SIZE];
	uint32_t		 found;
	int			 fd;

	if (bytes == NULL)
		return (0);
	if (first > left)
		first = left;
	fd = fuzz_memory_file(bytes, first, path);
	found = look(path, searched, &position);
	fuzz_check(write(fd, bytes + first, left - first) ==
	    (ssize_t)(left - first));
	found += look(path, searched, &position);
	/* Each complete line is searched once. */
	fuzz_check(found <= count_lines(bytes, left));
	fuzz_check(look(path, searched, &position) == 0);
	fuzz_check((size_t)position.offset <= left);
	close(fd);
	return (0);
}
