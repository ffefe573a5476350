/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_SEVERITY_H
#define HBW_SEVERITY_H

#include <stdbool.h>

/*
 * Perceived severity (ITU-T X.733, section 8.1.2.3) with the numbers of
 * ItuPerceivedSeverity (RFC 3877).
 */
enum severity {
	SEVERITY_CLEARED = 1,
	SEVERITY_INDETERMINATE = 2,
	SEVERITY_CRITICAL = 3,
	SEVERITY_MAJOR = 4,
	SEVERITY_MINOR = 5,
	SEVERITY_WARNING = 6,
};

/* "critical", "major", …; "indeterminate" for an invalid number. */
const char *severity_text(enum severity);

/* Reads critical, major, minor or warning; false for any other text. */
bool	 severity_parse(const char *text, enum severity *);

#endif
