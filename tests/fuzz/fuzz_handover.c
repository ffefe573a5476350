/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watches that the agent hands over to an engine.  The input is what
 * follows the version and `verbose`; it starts with the number of watches.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory_file.h"
#include "engine/handover.h"

#include "fuzz.h"

/* A hand-over without watches ends with their number in four octets. */
static size_t
read_start(uint8_t *start, size_t size)
{
	static const struct configuration	 empty;
	int					 file;
	size_t					 length;

	file = handover_write(&empty, false);
	fuzz_check(file >= 0);
	length = memory_file_size(file, true) - 4;
	fuzz_check(length <= size && pread(file, start, length, 0) ==
	    (ssize_t)length);
	close(file);
	return (length);
}

/* It is the same when it is written and read again. */
static void
check_again(const struct handover *h)
{
	struct handover	 again;
	int		 file = handover_write(&h->config, h->verbose);
	size_t		 i;

	fuzz_check(file >= 0 && handover_read(file, &again));
	fuzz_check(again.config.nwatches == h->config.nwatches);
	for (i = 0; i < h->config.nwatches; i++)
		fuzz_check(strcmp(again.config.watches[i]->name,
		    h->config.watches[i]->name) == 0);
	handover_free(&again);
	close(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t		 start[256], *bytes;
	size_t		 length = read_start(start, sizeof(start));
	struct handover	 h;

	bytes = malloc(length + size);
	if (bytes == NULL)
		return (0);
	memcpy(bytes, start, length);
	memcpy(bytes + length, data, size);
	if (handover_parse(bytes, length + size, &h)) {
		check_again(&h);
		handover_free(&h);
	}
	free(bytes);
	return (0);
}
