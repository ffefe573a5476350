/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine: the child process that captures, decodes, matches and detects.
 * Once it runs, it never waits for its parent and has no privileges.
 */
#ifndef HBW_ENGINE_H
#define HBW_ENGINE_H

#include "config/configuration.h"
#include "engine/shared_state.h"

/*
 * Runs the engine in the calling process, which is a child.  `parent` is the
 * socket for the messages of engine_message.h.  Returns after ENGINE_STOP, or
 * when the parent has closed its end.  The caller owns all arguments.  An error
 * before the first pass is logged, and the process exits with status 1.
 */
void	 engine_main(const struct configuration *, struct shared_state *,
	    int parent);

#endif
