/* SPDX-License-Identifier: BSD-2-Clause */
#include <net/if.h>

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/duration.h"
#include "base/interned_string.h"
#include "base/number.h"
#include "base/pattern.h"
#include "base/size.h"
#include "base/utf8.h"
#include "config/config_check.h"
#include "packet/capture_expression.h"

#define OPTION_OF(c, v)	(&(c)->file->options[(v)->option])

/* The field in which the value is stored. */
static void *
field(const struct config_check *c, const struct config_value *v)
{
	return ((char *)c + OPTION_OF(c, v)->offset);
}

/* Adds an error: `invalid recovery "0"; expected 1 to 1000000 heartbeats`. */
static void
value_error(struct config_check *c, const struct config_value *v,
    const char *fault)
{
	const struct config_option	*o = OPTION_OF(c, v);
	char				 value[UTF8_QUOTE_SIZE + 1] = "";
	char				 range[32] = "";

	if (!o->secret) {
		value[0] = ' ';
		utf8_quote(v->text, value + 1);
	}
	if (o->maximum > 0)
		snprintf(range, sizeof(range), "%u to %u ", o->minimum,
		    o->maximum);
	config_error(c->errors, v->place, "%s %s%s; expected %s%s", fault,
	    o->name, value, range, o->expected);
}

void
config_check_section(struct config_check *c, const struct config_section *s)
{
	const struct config_value	*v;
	const char			*fault;

	for (v = s->values; v != NULL; v = v->next) {
		fault = c->file->options[v->option].check(c, v);
		if (fault != NULL)
			value_error(c, v, fault);
	}
}

/* ---- options of any section */

static const char *
check_text(struct config_check *c, const struct config_value *v)
{
	const struct config_option	*o = OPTION_OF(c, v);
	const char			*fault = utf8_text_fault(v->text,
	    o->minimum, o->maximum);

	if (fault == NULL)
		*(const char **)field(c, v) = v->text;
	return (fault);
}

/*
 * A text that notifications carry.  A trap handler often passes the values of a
 * notification to a shell: the lines EXEC of SNMPTT do.  Then `web; reboot` in
 * a text is a command.
 */
static const char *
check_notified_text(struct config_check *c, const struct config_value *v)
{
	const char	*found = strpbrk(v->text, ";&|<>()$`\\\"'");
	const char	*fault = check_text(c, v);
	char		 value[UTF8_QUOTE_SIZE];

	if (fault == NULL && found != NULL)
		config_error(c->warnings, v->place, "warning: %s %s has the "
		    "shell character '%c'; a trap handler that gives the text "
		    "to a shell, such as EXEC of SNMPTT, may run a part of it "
		    "as a command", OPTION_OF(c, v)->name,
		    utf8_quote(v->text, value), *found);
	return (fault);
}

static const char *
check_duration(struct config_check *c, const struct config_value *v)
{
	if (duration_parse(v->text, field(c, v)))
		return (NULL);
	return (v->text[strspn(v->text, "0123456789.")] == '\0' &&
	    v->text[0] != '\0' ? "missing unit in" : "invalid");
}

/* A check that reads a value with a function of another module. */
#define CHECK(name, is_valid, fault)					\
static const char *							\
name(struct config_check *c, const struct config_value *v)		\
{									\
	return ((is_valid) ? NULL : (fault));				\
}
CHECK(check_number, number_parse(v->text, OPTION_OF(c, v)->minimum,
    OPTION_OF(c, v)->maximum, field(c, v)), "invalid")
CHECK(check_size, size_parse(v->text, field(c, v)), "invalid")
CHECK(check_flag, number_parse_flag(v->text, field(c, v)), "invalid")
CHECK(check_severity, severity_parse(v->text, &c->alarm.severity), "unknown")
CHECK(check_limit, duration_parse_limit(v->text, OPTION_OF(c, v)->maximum,
    field(c, v)), "invalid")
CHECK(check_period, duration_parse_period(v->text, field(c, v)), "invalid")
CHECK(check_hold_down, duration_parse_between(v->text, 0, DURATION_MAX_NS,
    &c->watch.hold_down_ns), "invalid")
CHECK(check_shelve_most, duration_parse_between(v->text, 60 * NSEC_PER_SEC,
    366 * DURATION_MAX_NS, &c->result.shelve_most_ns), "invalid")
CHECK(check_vlan, vlan_parse(v->text, &c->watch.vlan), "invalid")

/* Stores the directive in the result at once, because it is one of a list. */
static const char *
check_directive(struct config_check *c, const struct config_value *v)
{
	struct configuration			*result = &c->result;
	struct configuration_directive		*d;

	if (!array_reserve(&result->snmp, &c->snmp_capacity, result->nsnmp + 1,
	    sizeof(*d)))
		return (config_errors_exhausted(c->errors));
	d = &result->snmp[result->nsnmp++];
	d->line = v->place.line;
	d->file = interned_string_share(v->place.file);
	d->text = strdup(v->text);
	if (d->file == NULL || d->text == NULL)
		config_errors_exhausted(c->errors);
	return (utf8_text_fault(v->text, 1, CONFIG_LONG_TEXT_MAX));
}

/* ---- options of a watch */

static const char *
check_interface(struct config_check *c, const struct config_value *v)
{
	c->watch.interface_line = v->place.line;
	return (strpbrk(v->text, "/ ") != NULL || strcmp(v->text, ".") == 0 ||
	    strcmp(v->text, "..") == 0 ||
	    check_notified_text(c, v) != NULL ? "invalid" : NULL);
}

static const char *
check_heartbeat(struct config_check *c, const struct config_value *v)
{
	struct config_value	 collapsed = *v;
	const char		*fault;
	char			*text, error[CONFIG_LONG_TEXT_MAX + 1024];
	char			 quoted[UTF8_QUOTE_SIZE];

	c->watch.heartbeat_line = v->place.line;
	text = arena_copy(&c->file->arena, v->text, strlen(v->text));
	if (text == NULL)
		return (NULL);
	utf8_collapse_blanks(text);
	collapsed.text = text;
	fault = check_text(c, &collapsed);
	if (fault != NULL)
		return (fault);
	if (!heartbeat_form_parse(text, &c->watch.form, error, sizeof(error)))
		config_error(c->errors, v->place, "%s", error);
	else if (c->watch.form.expression != NULL &&
	    !capture_expression_valid(c->watch.form.expression, error))
		config_error(c->errors, v->place, "heartbeat %s: %s; expected "
		    "a pcap-filter expression", utf8_quote(v->text, quoted),
		    error);
	return (NULL);
}

/* The id 0 means that there is no alarm. */
static const char *
check_dual_active(struct config_check *c, const struct config_value *v)
{
	c->dual_id = 0;
	return (strcmp(v->text, "none") == 0 ? NULL : check_number(c, v));
}

/* An absolute path; it may be empty if the range of the option permits it. */
static const char *
check_path(struct config_check *c, const struct config_value *v)
{
	return (v->text[0] == '/' || v->text[0] == '\0' ? check_text(c, v) :
	    "invalid");
}

static const char *
check_log_pattern(struct config_check *c, const struct config_value *v)
{
	return (pattern_is_valid(v->text) ? check_text(c, v) : "invalid");
}

static const char *
check_probe(struct config_check *c, const struct config_value *v)
{
	c->watch.ping = strcmp(v->text, "ping") == 0;
	return (c->watch.ping || strcmp(v->text, "none") == 0 ? NULL :
	    "unknown");
}

/* ---- the table */

#define TOP	(1 << CONFIG_TOP)
#define ALARM	(1 << CONFIG_ALARM)
#define WATCH	(1 << CONFIG_WATCH)

#define OPTION(word, sections, function) .name = word,		\
	.kinds = (sections), .check = (function)
#define FIELD(name)	.offset = offsetof(struct config_check, name)
#define RANGE(from, to)	.minimum = (from), .maximum = (to)
#define TEXT_EXPECTED	"bytes of UTF-8 text without control characters"

/*
 * The rows of common options: a text of up to 255 bytes that notifications
 * carry, a number, and true or false.
 */
#define NAME(word, sections, field, from) {				\
	OPTION(word, sections, check_notified_text), FIELD(field),	\
	RANGE(from, CONFIG_TEXT_MAX), .expected = TEXT_EXPECTED }
#define NUMBER(word, sections, field, from, to, unit) {			\
	OPTION(word, sections, check_number), FIELD(field),		\
	RANGE(from, to), .expected = unit }
#define SIZE(word, field) {						\
	OPTION(word, TOP, check_size), FIELD(field), .expected =	\
	"0, or a number and kB, MB or GB, from 64kB to 64GB, such as 8MB" }
#define PERIOD(word, field) {						\
	OPTION(word, TOP, check_period), FIELD(field), .expected =	\
	"a number and s, min or h, from 1min to 24h, such as 15min, or off" }
#define LIMIT(word, sections, field, most, example) {			\
	OPTION(word, sections, check_limit), FIELD(field), RANGE(1, most), \
	.expected = "in 1s to 1h, such as " example ", or off" }
#define FLAG(word, sections, field) {					\
	OPTION(word, sections, check_flag), FIELD(field),		\
	.expected = "true, false, yes, no, on or off" }
#define REPAIR(number, cause)						\
	[OPTION_REPAIR + (number) - 1] = NAME("repair-" cause, ALARM,	\
	    alarm.repair[number], 1)

const struct config_option config_options[OPTIONS] = {
	[OPTION_AGENTX] = { OPTION("agentx", TOP, check_text),
	    FIELD(result.agentx), RANGE(1, CONFIG_LONG_TEXT_MAX),
	    .expected = TEXT_EXPECTED },
	[OPTION_HISTORY] = NUMBER("history", TOP, result.history, 100, 1000000,
	    "notifications"),
	[OPTION_STORM] = LIMIT("storm", TOP, result.storm, 1000000,
	    "80 in 5s"),
	[OPTION_RATE] = NUMBER("rate", TOP, result.rate, 1, 1000000,
	    "notifications a second"),
	[OPTION_ALIVE] = PERIOD("alive", result.alive_ns),
	[OPTION_REMINDER] = PERIOD("reminder", result.reminder_ns),
	[OPTION_CONTROL] = { OPTION("control", TOP, check_path),
	    FIELD(result.control), RANGE(0, CONFIG_CONTROL_MAX), .expected =
	    "bytes of an absolute path, such as " CONFIGURATION_CONTROL },
	[OPTION_SHELVE_MOST] = { OPTION("shelve-most", TOP, check_shelve_most),
	    .expected = "a number and s, min, h or d, from 1min to 366d, such "
	    "as 7d" },
	[OPTION_REALTIME] = NUMBER("realtime", TOP, result.realtime, 0,
	    CONFIGURATION_REALTIME_MAX, "as a priority under SCHED_RR"),
	[OPTION_EVIDENCE] = SIZE("evidence", result.evidence),
	[OPTION_EVIDENCE_FILES] = SIZE("evidence-files", result.evidence_files),
	[OPTION_SNMP] = { OPTION("snmp", TOP, check_directive), .list = true,
	    .secret = true, RANGE(1, CONFIG_LONG_TEXT_MAX),
	    .expected = TEXT_EXPECTED },
	[OPTION_NAME] = NAME("name", ALARM, alarm.name, 1),
	[OPTION_SEVERITY] = { OPTION("severity", ALARM, check_severity),
	    .expected = "critical, major, minor or warning" },
	[OPTION_TYPE] = NAME("type", ALARM, alarm.type, 1),
	[OPTION_SERVICE_TYPE] = NAME("service-type", ALARM, alarm.service_type,
	    0),
	REPAIR(1, "unknown"), REPAIR(2, "neverHeard"),
	REPAIR(3, "instanceStopped"), REPAIR(4, "floatingIpMisconfigured"),
	REPAIR(5, "linkAbnormal"), REPAIR(6, "hostDown"),
	REPAIR(7, "oneWayLink"), REPAIR(8, "peerHung"),
	REPAIR(9, "dualActive"), REPAIR(10, "localFault"),
	REPAIR(11, "filtered"), REPAIR(12, "handshakeFailed"),
	[OPTION_INTERFACE] = { OPTION("interface", WATCH, check_interface),
	    FIELD(watch.interface), RANGE(1, IFNAMSIZ - 1),
	    .expected = "characters without blanks or slashes" },
	[OPTION_PEER] = { OPTION("peer", WATCH, config_check_peer),
	    .list = true, .expected =
	    "numeric addresses of nodes, such as 192.0.2.12 or 192.0.2.16/28" },
	[OPTION_PEER_HOST] = NAME("peer-host", WATCH, watch.peer_host, 1),
	[OPTION_PEER_MAC] = { OPTION("peer-mac", WATCH, config_check_peer_mac),
	    .expected = "the MAC address of a card, such as "
	    "02:00:00:00:00:02" },
	[OPTION_LOCAL] = { OPTION("local", WATCH, config_check_local),
	    .expected = "a numeric address, such as 192.0.2.11 or "
	    "2001:db8::11" },
	[OPTION_VLAN] = { OPTION("vlan", WATCH, check_vlan), .expected =
	    "an id from 1 to 4094, two of them as OUTER.INNER, or none" },
	[OPTION_HOP_LIMIT] = NUMBER("hop-limit", WATCH, watch.hop_limit, 1,
	    UINT8_MAX, "as the least TTL or hop limit"),
	[OPTION_FLOATING_IP] = { OPTION("floating-ip", WATCH,
	    config_check_floating_ip), .expected =
	    "a numeric address, such as 192.0.2.10 or 2001:db8::10" },
	[OPTION_HEARTBEAT] = { OPTION("heartbeat", WATCH, check_heartbeat),
	    FIELD(watch.heartbeat), RANGE(1, CONFIG_LONG_TEXT_MAX),
	    .expected = TEXT_EXPECTED },
	[OPTION_ALARM] = NUMBER("alarm", WATCH, alarm_id, 1,
	    CONFIG_ALARM_ID_MAX, "(an alarm id)"),
	[OPTION_DUAL_ACTIVE] = { OPTION("dual-active", WATCH,
	    check_dual_active), FIELD(dual_id), RANGE(1, CONFIG_ALARM_ID_MAX),
	    .expected = "(an alarm id), or none" },
	[OPTION_INTERRUPTION] = { OPTION("interruption", ALARM | WATCH,
	    check_duration), FIELD(interruption_ns), .expected =
	    "a number and ms, s, min or h, from 1ms to 24h, such as 30s" },
	[OPTION_HOLD_DOWN] = { OPTION("hold-down", WATCH, check_hold_down),
	    .expected = "a number and ms, s, min or h, up to 24h, such as 5s" },
	[OPTION_RECOVERY] = NUMBER("recovery", WATCH, watch.recovery, 1,
	    1000000, "heartbeats"),
	[OPTION_FLAPPING] = LIMIT("flapping", WATCH, watch.flapping, 1000,
	    "5 in 10min"),
	[OPTION_DECAPSULATE] = FLAG("decapsulate", WATCH, watch.decapsulate),
	[OPTION_LOG] = { OPTION("log", WATCH, check_path), FIELD(watch.log),
	    RANGE(1, CONFIG_LONG_TEXT_MAX), .expected = "bytes of an absolute "
	    "path, such as /var/log/flinkserver/prestart.log" },
	[OPTION_LOG_PATTERN] = { OPTION("log-pattern", WATCH,
	    check_log_pattern), FIELD(watch.log_pattern),
	    RANGE(1, CONFIG_TEXT_MAX), .expected = "bytes of an extended "
	    "regular expression, such as \"Float ip .* is invalid\"" },
	[OPTION_PROBE] = { OPTION("probe", WATCH, check_probe),
	    .expected = "ping or none" },
	[OPTION_ENABLED] = FLAG("enabled", WATCH, watch.enabled),
	[OPTION_SOURCE] = NAME("source", TOP | WATCH, watch.source, 1),
	[OPTION_SERVICE] = NAME("service", TOP | WATCH, watch.service, 1),
	[OPTION_ROLE] = NAME("role", TOP | WATCH, watch.role, 1),
	[OPTION_HOST] = NAME("host", TOP | WATCH, watch.host, 1),
	[OPTION_ALARM_ID] = NUMBER("alarm id", 0, alarm.id, 1,
	    CONFIG_ALARM_ID_MAX, "as the title of the section"),
	[OPTION_WATCH_NAME] = NAME("watch name", 0, watch_name, 1),
};
