/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/mono.h"
#include "config/duration.h"

#define DURATION_MIN_NS	NSEC_PER_MSEC
#define DURATION_MAX_NS	(24 * 3600 * NSEC_PER_SEC)

static const struct {
	const char	*name;
	int64_t		 ns;
} units[] = {
	{ "ms", NSEC_PER_MSEC },
	{ "s", NSEC_PER_SEC },
	{ "min", 60 * NSEC_PER_SEC },
	{ "h", 3600 * NSEC_PER_SEC },
};

static bool
digit(char c)
{
	return (c >= '0' && c <= '9');
}

static int64_t
unit_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, name) == 0)
			return (units[i].ns);
	return (0);
}

/*
 * The whole units and what follows the point, digit by digit, each worth a
 * tenth of the one before it.  A digit that is worth no whole number of
 * nanoseconds must be a zero.
 */
static bool
duration_sum(const char *whole, const char *fraction, int64_t unit,
    int64_t *ns)
{
	int64_t sum = 0;

	for (; digit(*whole); whole++) {
		sum = sum * 10 + (*whole - '0') * unit;
		if (sum > DURATION_MAX_NS)
			return (false);
	}
	for (; digit(*fraction); fraction++) {
		if (*fraction != '0' && unit % 10 != 0)
			return (false);
		unit = unit % 10 == 0 ? unit / 10 : 1;
		sum += (*fraction - '0') * unit;
	}
	*ns = sum;
	return (sum >= DURATION_MIN_NS && sum <= DURATION_MAX_NS);
}

bool
duration_parse(const char *text, int64_t *ns)
{
	const char	*p = text, *fraction = "";
	int64_t		 unit;

	if (!digit(*p))
		return (false);
	while (digit(*p))
		p++;
	if (*p == '.') {
		fraction = ++p;
		if (!digit(*p))
			return (false);
		while (digit(*p))
			p++;
	}
	p += strspn(p, " \t");
	unit = unit_find(p);
	return (unit != 0 && duration_sum(text, fraction, unit, ns));
}
