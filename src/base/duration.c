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
	{ "d", 24 * 3600 * NSEC_PER_SEC },
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
duration_parse_between(const char *text, int64_t min_ns, int64_t max_ns,
    int64_t *ns)
{
	size_t		 whole = strspn(text, DIGITS), n = UNITS;
	int64_t		 most;
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
	if (max_ns <= DURATION_MAX_NS)
		n--;			/* without days */
	while (n > 0 && strcmp(units[n - 1].name, unit) != 0)
		n--;
	if (n-- == 0)
		return (false);
	most = max_ns / units[n].ns;
	if (!number_parse_bytes(text, whole, 0, most < UINT32_MAX ?
	    (uint32_t)most : UINT32_MAX, &number))
		return (false);
	sum = number * units[n].ns;
	if (!fraction_add(fraction, units[n].ns, &sum))
		return (false);
	*ns = sum;
	return (sum >= min_ns && sum <= max_ns);
}

bool
duration_parse(const char *text, int64_t *ns)
{
	return (duration_parse_between(text, DURATION_MIN_NS, DURATION_MAX_NS,
	    ns));
}

bool
duration_parse_period(const char *text, int64_t *ns)
{
	*ns = 0;
	return (strcasecmp(text, "off") == 0 || duration_parse_between(text,
	    60 * NSEC_PER_SEC, DURATION_MAX_NS, ns));
}

bool
duration_parse_limit(const char *text, uint32_t most,
    struct duration_limit *limit)
{
	char	 number[16];
	int	 window = 0;

	*limit = (struct duration_limit){ .limit = 0 };
	if (strcasecmp(text, "off") == 0)
		return (true);
	(void)sscanf(text, "%15[0-9]%*[ \t]in%*[ \t]%n", number, &window);
	return (window > 0 && number_parse(number, 1, most, &limit->limit) &&
	    duration_parse_between(text + window, NSEC_PER_SEC,
	    3600 * NSEC_PER_SEC, &limit->window_ns));
}
