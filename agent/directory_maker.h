/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process that makes the state directory again if it is removed, where only
 * root may do so, while the agent runs as another user.  It keeps the user root
 * and the capability to give a file to another user.  It makes one directory in
 * the parent that it has opened at the start, and any other system call kills
 * it.
 */
#ifndef HBW_DIRECTORY_MAKER_H
#define HBW_DIRECTORY_MAKER_H

#include "state/store_directory.h"

/*
 * Starts the process if the owner may not write to the parent of the directory;
 * to be called while the agent is still root.  It ends with the agent.  An
 * error is logged.
 */
void	 directory_maker_start(const char *directory, struct store_owner);

#endif
