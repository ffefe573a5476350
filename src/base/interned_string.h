/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that are kept once, however many have the same: two shared texts are
 * equal if and only if their pointers are.
 */
#ifndef HBW_INTERNED_STRING_H
#define HBW_INTERNED_STRING_H

/*
 * The one copy of a text, which stays until each who shared it let it go.  Of
 * NULL it is NULL; else that says that there is no memory.
 */
const char *interned_string_share(const char *);
/* Takes what interned_string_share returned, NULL too. */
void	 interned_string_release(const char *);

#endif
