/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine: the child process that captures, decodes, matches and detects.
 * It never waits for its parent, and after its start it has no privileges.
 */
#ifndef HBW_ENGINE_H
#define HBW_ENGINE_H

#include "config/configuration.h"
#include "engine/shared_state.h"

/*
 * Runs the engine, in its own process, until ENGINE_STOP or until the parent
 * has closed its end of `parent`, the socket for the messages of
 * engine_message.h.  The caller owns all arguments.  On an error before the
 * first pass the process logs it and exits with status 1.
 */
void	 engine_main(const struct configuration *, struct shared_state *,
	    int parent);

#endif
