/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process keeps one copy of each interned string, so two of them are equal
 * if and only if their pointers are equal.
 */
#ifndef HBW_INTERNED_STRING_H
#define HBW_INTERNED_STRING_H

#include <stdbool.h>

/*
 * Returns the only copy of a string.  It stays valid until it has been released
 * as often as it was shared.  NULL for NULL, and when memory is exhausted.
 */
const char *interned_string_share(const char *);
/*
 * Replaces a string, or NULL, by its only copy.  False when memory is
 * exhausted.
 */
bool	 interned_string_keep(const char **);
/* Releases a string that interned_string_share returned; ignores NULL. */
void	 interned_string_release(const char *);

#endif
