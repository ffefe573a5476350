/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target with files as input, without libFuzzer: FILE...
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_MAX	(1024 * 1024)

/* The block has exactly this size, so that a sanitizer finds overruns. */
static void
run(const char *file, const uint8_t *input, size_t size)
{
	uint8_t	*copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		err(1, NULL);
	memcpy(copy, input, size);
	printf("%s: %zu bytes\n", file, size);
	fflush(stdout);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

int
main(int argc, char *argv[])
{
	static uint8_t	 input[INPUT_MAX];
	FILE		*f;
	size_t		 size;
	int		 i;

	for (i = 1; i < argc; i++) {
		f = fopen(argv[i], "rb");
		if (f == NULL)
			err(1, "%s", argv[i]);
		size = fread(input, 1, sizeof(input), f);
		if (ferror(f))
			err(1, "%s", argv[i]);
		fclose(f);
		run(argv[i], input, size);
	}
	return (0);
}
