/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mono.h"
#include "base/progress.h"

/* The shortest time between two progress lines. */
#define INTERVAL_NS	(200 * NSEC_PER_MSEC)

static struct mono_time	 shown;		/* time of the last line */
static bool		 visible;	/* a line is on the terminal */

bool
progress_due(void)
{
	struct mono_time now;

	if (!isatty(STDERR_FILENO))
		return (false);
	now = mono_now();
	if (mono_before(now, mono_add(shown, INTERVAL_NS)))
		return (false);
	shown = now;
	return (true);
}

void
progress_show(const char *format, ...)
{
	va_list	 ap;

	fputs("\r\033[K", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fflush(stderr);
	visible = true;
}

void
progress_clear(void)
{
	if (!visible)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	visible = false;
}
