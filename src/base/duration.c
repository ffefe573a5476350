/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/duration.h"
#include "base/number.h"

static const struct {
	const char	*name;
	int64_t		 ns;
} units[] = {
	{ "ms", NSEC_PER_MSEC },
	{ "s", NSEC_PER_SEC },
	{ "min", 60 * NSEC_PER_SEC },
	{ "h", 3600 * NSEC_PER_SEC },
};

#define UNITS	(sizeof(units) / sizeof(units[0]))
#define DIGITS	"0123456789"

/*
 * Adds the digits after the point; the first is worth a tenth of the unit.
 * False for a digit other than 0 that is not worth whole nanoseconds.
 */
static bool
fraction_add(const char *digits, int64_t unit, int64_t *ns)
{
	for (; *digits >= '0' && *digits <= '9'; digits++) {
		if (*digits != '0' && unit % 10 != 0)
			return (false);
		unit = unit % 10 == 0 ? unit / 10 : 1;
		*ns += (*digits - '0') * unit;
	}
	return (true);
}

bool
duration_parse(const char *text, int64_t *ns)
{
	size_t		 whole = strspn(text, DIGITS), n;
	const char	*fraction = "", *unit = text + whole;
	uint32_t	 number;
	int64_t		 sum;

	if (*unit == '.') {
		fraction = unit + 1;
		unit = fraction + strspn(fraction, DIGITS);
	}
	if (unit == fraction)
		return (false);
	unit += strspn(unit, " \t");
	for (n = 0; n < UNITS; n++)
		if (strcmp(units[n].name, unit) == 0)
			break;
	if (n == UNITS || !number_parse_bytes(text, whole, 0,
	    (uint32_t)(DURATION_MAX_NS / units[n].ns), &number))
		return (false);
	sum = number * units[n].ns;
	if (!fraction_add(fraction, units[n].ns, &sum))
		return (false);
	*ns = sum;
	return (sum >= DURATION_MIN_NS && sum <= DURATION_MAX_NS);
}

bool
duration_parse_limit(const char *text, uint32_t *limit, int64_t *window_ns)
{
	char	 number[16];
	int	 window = 0;

	if (strcasecmp(text, "off") == 0) {
		*limit = 0;
		*window_ns = 0;
		return (true);
	}
	(void)sscanf(text, "%15[0-9]%*[ \t]in%*[ \t]%n", number, &window);
	return (window > 0 && number_parse(number, 1, 1000000, limit) &&
	    duration_parse(text + window, window_ns) &&
	    *window_ns >= NSEC_PER_SEC && *window_ns <= 3600 * NSEC_PER_SEC);
}
