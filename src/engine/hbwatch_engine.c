/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program of the engine.  Only hbwatchd executes it: it has no options and
 * reads no file.
 */
#include <sys/prctl.h>
#include <sys/stat.h>

#include <stdio.h>

#include "base/memory_file.h"
#include "engine/engine.h"
#include "engine/engine_message.h"
#include "engine/engine_program.h"

static bool
has_descriptors(void)
{
	struct stat	 st;

	return (fstat(ENGINE_PARENT, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    memory_file_size(ENGINE_ROWS, false) > 0 &&
	    memory_file_size(ENGINE_HANDOVER, true) > 0);
}

int
main(void)
{
	if (!has_descriptors()) {
		fprintf(stderr, "%s: only hbwatchd can start this program\n",
		    ENGINE_PROGRAM);
		return (2);
	}
	/* Otherwise it would be the number of a descriptor. */
	(void)prctl(PR_SET_NAME, ENGINE_PROGRAM);
	engine_main();
	return (0);
}
