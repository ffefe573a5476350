/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

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

bool
severity_parse(const char *text, enum severity *severity)
{
	enum severity	 s;

	for (s = SEVERITY_CRITICAL; s <= SEVERITY_WARNING; s++)
		if (strcmp(text, names[s]) == 0) {
			*severity = s;
			return (true);
		}
	return (false);
}
