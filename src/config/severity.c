/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "config/severity.h"

const char *
severity_text(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CLEARED:
		return ("cleared");
	case SEVERITY_CRITICAL:
		return ("critical");
	case SEVERITY_MAJOR:
		return ("major");
	case SEVERITY_MINOR:
		return ("minor");
	case SEVERITY_WARNING:
		return ("warning");
	case SEVERITY_INDETERMINATE:
		break;
	}
	return ("indeterminate");
}

bool
severity_parse(const char *text, enum severity *severity)
{
	enum severity s;

	for (s = SEVERITY_CRITICAL; s <= SEVERITY_WARNING; s++) {
		if (strcmp(text, severity_text(s)) == 0) {
			*severity = s;
			return (true);
		}
	}
	return (false);
}
