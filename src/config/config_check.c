/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/interned_string.h"
#include "base/number.h"
#include "base/utf8.h"
#include "config/config_check.h"
#include "config/duration.h"
#include "packet/capture_expression.h"

/* The field of the value's option in the settings of the section. */
static void *
field(const struct config_check *check, const struct config_value *value)
{
	return ((char *)check->settings + config_options[value->option].offset);
}

void
config_value_error(struct config_check *check,
    const struct config_value *value, const char *reason, const char *expected)
{
	const struct config_option	*option;
	char				 quoted[CONFIG_QUOTE_SIZE];
	char				 range[32] = "";

	option = &config_options[value->option];
	if (expected == NULL && option->maximum > 0)
		snprintf(range, sizeof(range), "%u to %u", option->minimum,
		    option->maximum);
	if (expected == NULL)
		expected = option->expected;
	config_errors_add(check->errors, value->place,
	    "%s %s%s%s; expected %s%s%s", reason, option->name,
	    option->secret ? "" : " ", option->secret ? "" :
	    config_quote(value->text, quoted), range,
	    range[0] != '\0' && expected[0] != '\0' ? " " : "", expected);
}

void
config_check_section(struct config_check *check,
    const struct config_section *section, struct config_settings *settings)
{
	const struct config_value	*value;
	const char			*reason;

	check->settings = settings;
	for (value = section->values; value != NULL; value = value->next) {
		reason = config_options[value->option].check(check, value);
		if (reason != NULL)
			config_value_error(check, value, reason, NULL);
	}
}

/* ---- options of one value */

const char *
config_text_fault(const char *text, size_t minimum, size_t maximum)
{
	uint32_t	 character;
	const char	*p;

	if (minimum == 0 && *text == '\0')
		return (NULL);
	if (!utf8_valid(text))
		return ("invalid UTF-8 in");
	for (p = text; *p != '\0'; p += utf8_next(p, &character))
		if (utf8_next(p, &character) > 0 && utf8_control(character))
			return ("control character in");
	if (text[strspn(text, " ")] == '\0')
		return ("empty");
	return (strlen(text) > maximum ? "too long" : NULL);
}

const char *
config_check_text(struct config_check *check, const struct config_value *value)
{
	const struct config_option	*option;
	const char			*fault;

	option = &config_options[value->option];
	fault = config_text_fault(value->text, option->minimum,
	    option->maximum);
	if (fault == NULL)
		*(const char **)field(check, value) = value->text;
	return (fault);
}

const char *
config_check_number(struct config_check *check,
    const struct config_value *value)
{
	const struct config_option	*option;

	option = &config_options[value->option];
	if (!number_parse(value->text, option->minimum, option->maximum,
	    field(check, value)))
		return ("invalid");
	return (NULL);
}

const char *
config_check_duration(struct config_check *check,
    const struct config_value *value)
{
	if (duration_parse(value->text, field(check, value)))
		return (NULL);
	if (value->text[0] != '\0' &&
	    value->text[strspn(value->text, "0123456789.")] == '\0')
		return ("missing unit in");
	return ("invalid");
}

const char *
config_check_flag(struct config_check *check, const struct config_value *value)
{
	static const char *const words[] = { "false", "true", "no", "yes",
		"off", "on" };
	size_t			 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(value->text, words[i]) == 0) {
			*(bool *)field(check, value) = i % 2 == 1;
			return (NULL);
		}
	}
	return ("invalid");
}

const char *
config_check_severity(struct config_check *check,
    const struct config_value *value)
{
	return (severity_parse(value->text, &check->settings->alarm.severity) ?
	    NULL : "unknown");
}

/* "100 in 10s". */
const char *
config_check_storm(struct config_check *check,
    const struct config_value *value)
{
	struct config_settings	*s = check->settings;
	const char		*rest = value->text;
	char			 number[16];
	size_t			 n = strcspn(rest, " \t");
	int64_t			 window_ns;

	if (n >= sizeof(number))
		return ("invalid");
	memcpy(number, rest, n);
	number[n] = '\0';
	rest += n + strspn(rest + n, " \t");
	if (strncmp(rest, "in", 2) != 0 || (rest[2] != ' ' && rest[2] != '\t'))
		return ("invalid");
	rest += 2 + strspn(rest + 2, " \t");
	if (!number_parse(number, 1, CONFIGURATION_STORM_LIMIT_MAX,
	    &s->storm_limit) || !duration_parse(rest, &window_ns) ||
	    window_ns < CONFIGURATION_STORM_WINDOW_MIN_NS ||
	    window_ns > CONFIGURATION_STORM_WINDOW_MAX_NS)
		return ("invalid");
	s->storm_window_ns = window_ns;
	return (NULL);
}

/* A directive goes to the configuration at once, because it has many. */
const char *
config_check_directive(struct config_check *check,
    const struct config_value *value)
{
	struct configuration			*c = check->c;
	struct configuration_directive		*d;

	if (!array_reserve(&c->snmp, &check->directives, c->nsnmp + 1,
	    sizeof(*c->snmp))) {
		config_errors_exhausted(check->errors);
		return (NULL);
	}
	d = &c->snmp[c->nsnmp++];
	d->line = value->place.line;
	d->file = interned_string_share(value->place.source->file);
	d->text = strdup(value->text);
	if (d->file == NULL || d->text == NULL)
		config_errors_exhausted(check->errors);
	return (config_text_fault(value->text, 1, CONFIG_LONG_TEXT_MAX));
}

/* ---- options of a watch */

const char *
config_check_interface(struct config_check *check,
    const struct config_value *value)
{
	struct configuration_profile	*watch = &check->settings->watch;

	watch->interface_line = value->place.line;
	if (config_text_fault(value->text, 1, CONFIG_INTERFACE_MAX) != NULL ||
	    strpbrk(value->text, "/ ") != NULL ||
	    strcmp(value->text, ".") == 0 || strcmp(value->text, "..") == 0)
		return ("invalid");
	watch->interface = value->text;
	return (NULL);
}

const char *
config_check_local(struct config_check *check,
    const struct config_value *value)
{
	struct addr	*local = &check->settings->watch.local;

	if (!addr_parse(value->text, local)) {
		*local = (struct addr){ .family = ADDR_NONE };
		return ("invalid");
	}
	if (config_addr_unspecified(local)) {
		*local = (struct addr){ .family = ADDR_NONE };
		config_value_error(check, value, "unspecified address in",
		    "the address of a node, or no such option for any");
	}
	return (NULL);
}

/* A copy with each run of blanks made one, and none at the ends. */
static char *
blanks_collapsed(const char *text)
{
	char	*copy = strdup(text), *to = copy;

	if (copy == NULL)
		return (NULL);
	for (; *text != '\0'; text++) {
		if (!isspace((unsigned char)*text))
			*to++ = *text;
		else if (to > copy && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > copy && to[-1] == ' ')
		to--;
	*to = '\0';
	return (copy);
}

/*
 * The link type of the interface is not known yet: the expression must be valid
 * for Ethernet, the `any` device, bare IP or a wireless monitor.
 */
static void
check_expression(struct config_check *check, const struct config_value *value,
    const char *expression)
{
	static const int		 link_types[] = { 276, 101, 127, 1 };
	struct capture_expression	*e;
	size_t				 i;
	char				 quoted[CONFIG_QUOTE_SIZE];
	char				 error[CAPTURE_ERROR_SIZE];

	for (i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++) {
		e = capture_expression_new(expression, link_types[i], error);
		if (e != NULL) {
			capture_expression_free(e);
			return;
		}
	}
	error[strcspn(error, "\n")] = '\0';
	config_errors_add(check->errors, value->place, "heartbeat %s: %s; "
	    "expected a pcap-filter expression",
	    config_quote(value->text, quoted), error);
}

const char *
config_check_heartbeat(struct config_check *check,
    const struct config_value *value)
{
	struct configuration_profile	*watch = &check->settings->watch;
	const char			*fault;
	char				 error[CONFIG_LONG_TEXT_MAX + 1024];

	watch->heartbeat_line = value->place.line;
	check->heartbeat = blanks_collapsed(value->text);
	if (check->heartbeat == NULL)
		return (config_errors_exhausted(check->errors));
	watch->heartbeat = check->heartbeat;
	fault = config_text_fault(watch->heartbeat, 1, CONFIG_LONG_TEXT_MAX);
	if (fault != NULL)
		return (fault);
	if (!heartbeat_form_parse(watch->heartbeat, &watch->form, error,
	    sizeof(error)))
		config_errors_add(check->errors, value->place, "%s", error);
	else if (watch->form.expression != NULL)
		check_expression(check, value, watch->form.expression);
	return (NULL);
}
