/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/severity.h"

static const char *const names[] = {
	[SEVERITY_CLEARED] = "cleared",
	[SEVERITY_INDETERMINATE] = "indeterminate",
	[SEVERITY_CRITICAL] = "critical",
	[SEVERITY_MAJOR] = "major",
	[SEVERITY_MINOR] = "minor",
	[SEVERITY_WARNING] = "warning",
};

const char *
severity_text(enum severity severity)
{
	if (severity < SEVERITY_CLEARED || severity > SEVERITY_WARNING)
		return (names[SEVERITY_INDETERMINATE]);
	return (names[severity]);
}
