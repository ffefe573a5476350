/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the fuzz targets.
 */
#ifndef HBW_FUZZ_H
#define HBW_FUZZ_H

#include <sys/mman.h>

#include <err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FUZZ_PATH_SIZE	32

/* libFuzzer or driver.c calls it. */
int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
fuzz_check(bool ok)
{
	if (!ok)
		abort();
}

/*
 * Writes a file in memory.  Stores its path and returns its descriptor, which
 * the caller closes to remove the file.
 */
static inline int
fuzz_memory_file(const void *bytes, size_t size, char path[FUZZ_PATH_SIZE])
{
	int	 fd = memfd_create("fuzz", 0);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		err(1, "memfd");
	snprintf(path, FUZZ_PATH_SIZE, "/proc/self/fd/%d", fd);
	return (fd);
}

#endif
