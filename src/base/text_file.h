/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads files of text that a person names.  Each function returns NULL, or why
 * it failed: a text that is valid until the next error.
 */
#ifndef HBW_TEXT_FILE_H
#define HBW_TEXT_FILE_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

#define TEXT_FILE_NOT_REGULAR	"not a regular file"

/*
 * Opens a file and reads its status.  The open of a FIFO or of a device does
 * not block, but a read of a pipe may.  On success the caller closes *fd.
 */
const char *text_file_open(const char *name, int *fd, struct stat *);
/*
 * True for a pipe without a name, such as that of `<(command)` in a shell: it
 * has a writer, so it ends.  A FIFO may have none.
 */
bool	 text_file_is_pipe(int fd);
/*
 * Reads up to the end, in chunks, at most `most` bytes; if the file has more,
 * the reason is `too_large`.  Sets the text, with a NUL after it, and its
 * length; the caller frees it, also after an error.
 */
const char *text_file_read(int fd, size_t most, const char *too_large,
	    char **text, size_t *length);

/*
 * True if the last part of the name is a pattern of fnmatch(3).  The name of an
 * existing file is none.
 */
bool	 text_file_is_pattern(const char *name);
/*
 * Sets the text to the names of the files that match the pattern, without their
 * directory, in alphabetical order, each between `before` and `after`.  Hidden
 * files do not match.  The caller frees the text.
 */
const char *text_file_match(const char *pattern, const char *before,
	    const char *after, char **text, size_t *length);

#endif
