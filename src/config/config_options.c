/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/config_check.h"
#include "config/config_options.h"

#define TOP	(1 << CONFIG_TOP)
#define ALARM	(1 << CONFIG_ALARM)
#define WATCH	(1 << CONFIG_WATCH)

#define OPTION(word, sections, function) .name = word,		\
	.kinds = (sections), .check = config_check_##function
#define FIELD(name)	.offset = offsetof(struct config_check, name)
#define RANGE(from, to)	.minimum = (from), .maximum = (to)
#define TEXT_EXPECTED	"bytes of UTF-8 text without control characters"

/*
 * The rows of common options: a text, a text of up to 255 bytes that
 * notifications carry, a number, and true or false.
 */
#define TEXT(word, sections, field, from, to) {				\
	OPTION(word, sections, text), FIELD(field), RANGE(from, to),	\
	.expected = TEXT_EXPECTED }
#define NAME(word, sections, field, from) {				\
	OPTION(word, sections, notified_text), FIELD(field),		\
	RANGE(from, CONFIG_TEXT_MAX), .expected = TEXT_EXPECTED }
#define NUMBER(word, sections, field, from, to, unit) {			\
	OPTION(word, sections, number), FIELD(field), RANGE(from, to),	\
	.expected = unit }
#define FLAG(word, sections, field) {					\
	OPTION(word, sections, flag), FIELD(field),			\
	.expected = "true, false, yes, no, on or off" }

const struct config_option config_options[OPTIONS] = {
	[OPTION_AGENTX] = TEXT("agentx", TOP, agentx, 1, CONFIG_LONG_TEXT_MAX),
	[OPTION_HISTORY] = NUMBER("history", TOP, result.history, 100, 1000000,
	    "notifications"),
	[OPTION_STORM] = { OPTION("storm", TOP, storm), .expected = "NUMBER in "
	    "DURATION, 1 to 1000000 in 1s to 1h, such as 80 in 5s, or off" },
	[OPTION_RATE] = NUMBER("rate", TOP, result.rate, 1, 1000000,
	    "notifications a second"),
	[OPTION_SNMP] = { OPTION("snmp", TOP, directive), .list = true,
	    .secret = true, RANGE(1, CONFIG_LONG_TEXT_MAX),
	    .expected = TEXT_EXPECTED },
	[OPTION_NAME] = NAME("name", ALARM, alarm.name, 1),
	[OPTION_SEVERITY] = { OPTION("severity", ALARM, severity),
	    .expected = "critical, major, minor or warning" },
	[OPTION_TYPE] = NAME("type", ALARM, alarm.type, 1),
	[OPTION_SERVICE_TYPE] = NAME("service-type", ALARM, alarm.service_type,
	    0),
	[OPTION_INTERFACE] = { OPTION("interface", WATCH, interface),
	    FIELD(watch.interface), RANGE(1, CONFIG_INTERFACE_MAX),
	    .expected = "characters without blanks or slashes" },
	[OPTION_PEER] = { OPTION("peer", WATCH, peer), .list = true, .expected =
	    "numeric addresses of nodes, such as 192.0.2.12 or 192.0.2.16/28" },
	[OPTION_LOCAL] = { OPTION("local", WATCH, local), .expected =
	    "a numeric address, such as 192.0.2.11 or 2001:db8::11" },
	[OPTION_VLAN] = { OPTION("vlan", WATCH, vlan), .expected =
	    "an id from 1 to 4094, two of them as OUTER.INNER, or none" },
	[OPTION_HEARTBEAT] = { OPTION("heartbeat", WATCH, heartbeat),
	    FIELD(watch.heartbeat), RANGE(1, CONFIG_LONG_TEXT_MAX),
	    .expected = TEXT_EXPECTED },
	[OPTION_ALARM] = NUMBER("alarm", WATCH, alarm_id, 1,
	    CONFIG_ALARM_ID_MAX, "(an alarm id)"),
	[OPTION_INTERRUPTION] = { OPTION("interruption", ALARM | WATCH,
	    duration), FIELD(interruption_ns), .expected =
	    "a number and ms, s, min or h, from 1ms to 24h, such as 30s" },
	[OPTION_RECOVERY] = NUMBER("recovery", WATCH, watch.recovery, 1,
	    1000000, "heartbeats"),
	[OPTION_DECAPSULATE] = FLAG("decapsulate", WATCH, watch.decapsulate),
	[OPTION_ENABLED] = FLAG("enabled", WATCH, watch.enabled),
	[OPTION_SOURCE] = NAME("source", TOP | WATCH, watch.source, 1),
	[OPTION_SERVICE] = NAME("service", TOP | WATCH, watch.service, 1),
	[OPTION_ROLE] = NAME("role", TOP | WATCH, watch.role, 1),
	[OPTION_HOST] = NAME("host", TOP | WATCH, watch.host, 1),
	[OPTION_ALARM_ID] = NUMBER("alarm id", 0, alarm.id, 1,
	    CONFIG_ALARM_ID_MAX, "as the title of the section"),
	[OPTION_WATCH_NAME] = NAME("watch name", 0, watch_name, 1),
};
