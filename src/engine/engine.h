/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine: the child process that captures, decodes, matches and detects.
 * Once it runs, it never waits for its parent and has no privileges.
 */
#ifndef HBW_ENGINE_H
#define HBW_ENGINE_H

/*
 * Runs the engine in the calling process, which has the descriptors of enum
 * engine_descriptor.  Returns after ENGINE_STOP, or when the parent has closed
 * its end.  An error before the first pass is logged, and the process exits
 * with status 1.
 */
void	 engine_main(void);

#endif
