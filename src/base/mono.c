/* SPDX-License-Identifier: BSD-2-Clause */
#include <time.h>

#include "base/mono.h"

struct mono_time
mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((struct mono_time){ ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec });
}
