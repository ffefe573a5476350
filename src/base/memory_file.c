/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>

#include "base/memory_file.h"

#define SEALS_SIZE	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int
memory_file_new(const char *name)
{
	unsigned	 flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int		 file = -1;

#ifdef MFD_NOEXEC_SEAL
	file = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	if (file >= 0 || errno != EINVAL)
		return (file);
	/* Before Linux 6.3 the flag is unknown. */
#endif
	file = memfd_create(name, flags);
	return (file);
}

static int
seals(bool read_only)
{
	return (SEALS_SIZE | (read_only ? F_SEAL_WRITE : 0));
}

bool
memory_file_seal(int file, bool read_only)
{
	return (fcntl(file, F_ADD_SEALS, seals(read_only)) == 0);
}

size_t
memory_file_size(int file, bool read_only)
{
	struct stat	 st;
	int		 have = fcntl(file, F_GET_SEALS);

	if (have < 0 || (have & seals(read_only)) != seals(read_only) ||
	    fstat(file, &st) != 0 || st.st_size < 0)
		return (0);
	return ((size_t)st.st_size);
}
