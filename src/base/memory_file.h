/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file in memory (memfd_create(2)), through which one process hands data over
 * to another.
 */
#ifndef HBW_MEMORY_FILE_H
#define HBW_MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A new empty file, which is closed by execve(2).  /proc/PID/maps shows the
 * name.  -1 on error (errno).
 */
int	 memory_file_new(const char *name);

/*
 * From now on nobody can change the size, so a mapping of the file never
 * faults.  With `read_only` nobody can change the contents either; then no
 * writable shared mapping may exist.  False on error (errno).
 */
bool	 memory_file_seal(int file, bool read_only);

/*
 * The size of a file that memory_file_seal has sealed in this way; 0 on error
 * and for any other file.
 */
size_t	 memory_file_size(int file, bool read_only);

#endif
