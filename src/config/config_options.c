/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "config/config_check.h"
#include "config/config_options.h"

#define TOP	(1 << CONFIG_TOP)
#define ALARM	(1 << CONFIG_ALARM)
#define WATCH	(1 << CONFIG_WATCH)

#define FIELD(field)	offsetof(struct config_check, field)
#define TEXT(name, kinds, field, minimum, maximum) { name, kinds,	\
	config_check_text, FIELD(field), minimum, maximum, TEXT_EXPECTED }
#define NAME(name, kinds, field) TEXT(name, kinds, field, 1, CONFIG_TEXT_MAX)
#define TEXT_EXPECTED	"bytes of UTF-8 text without control characters"
#define NUMBER(name, kinds, field, minimum, maximum, unit) { name, kinds, \
	config_check_number, FIELD(field), minimum, maximum, unit }

const struct config_option config_options[OPTIONS] = {
	[OPTION_AGENTX] = TEXT("agentx", TOP, agentx, 1, CONFIG_LONG_TEXT_MAX),
	[OPTION_HISTORY] = NUMBER("history", TOP, history,
	    CONFIGURATION_HISTORY_MIN, CONFIGURATION_HISTORY_MAX,
	    "notifications"),
	[OPTION_STORM] = { "storm", TOP, config_check_storm, 0, 0, 0,
	    "NUMBER in DURATION, 1 to 1000000 in 1s to 1h, such as "
	    "100 in 10s" },
	[OPTION_SNMP] = { "snmp", TOP, config_check_directive, 0,
	    1, CONFIG_LONG_TEXT_MAX, TEXT_EXPECTED, .list = true,
	    .secret = true },
	[OPTION_NAME] = NAME("name", ALARM, alarm.name),
	[OPTION_SEVERITY] = { "severity", ALARM, config_check_severity,
	    0, 0, 0, "critical, major, minor or warning" },
	[OPTION_TYPE] = NAME("type", ALARM, alarm.type),
	[OPTION_SERVICE_TYPE] = TEXT("service-type", ALARM, alarm.service_type,
	    0, CONFIG_TEXT_MAX),
	[OPTION_INTERFACE] = { "interface", WATCH, config_check_interface,
	    FIELD(watch.interface), 1, CONFIG_INTERFACE_MAX,
	    "characters without blanks or slashes" },
	[OPTION_PEER] = { "peer", WATCH, config_check_peer, 0, 0, 0,
	    "numeric addresses of nodes, such as 192.0.2.12 or 192.0.2.16/28",
	    .list = true },
	[OPTION_LOCAL] = { "local", WATCH, config_check_local, 0, 0, 0,
	    "a numeric address, such as 192.0.2.11 or 2001:db8::11" },
	[OPTION_HEARTBEAT] = { "heartbeat", WATCH, config_check_heartbeat,
	    0, 1, CONFIG_LONG_TEXT_MAX, TEXT_EXPECTED },
	[OPTION_ALARM] = NUMBER("alarm", WATCH, alarm_id, 1,
	    CONFIG_ALARM_ID_MAX, "(an alarm id)"),
	[OPTION_INTERRUPTION] = { "interruption", ALARM | WATCH,
	    config_check_duration, FIELD(interruption_ns), 0, 0,
	    "a number and ms, s, min or h, from 1ms to 24h, such as 30s" },
	[OPTION_RECOVERY] = NUMBER("recovery", WATCH, watch.recovery, 1,
	    1000000, "heartbeats"),
	[OPTION_ENABLED] = { "enabled", WATCH, config_check_flag,
	    FIELD(watch.enabled), 0, 0, "true, false, yes, no, on or off" },
	[OPTION_SOURCE] = NAME("source", TOP | WATCH, watch.source),
	[OPTION_SERVICE] = NAME("service", TOP | WATCH, watch.service),
	[OPTION_ROLE] = NAME("role", TOP | WATCH, watch.role),
	[OPTION_HOST] = NAME("host", TOP | WATCH, watch.host),
	[OPTION_ALARM_ID] = NUMBER("alarm id", 0, alarm.id, 1,
	    CONFIG_ALARM_ID_MAX, "for the title of the section"),
	[OPTION_WATCH_NAME] = NAME("watch name", 0, watch_name),
};

enum config_option_id
config_option_find(enum config_kind kind, const char *name)
{
	enum config_option_id	 id;

	for (id = 0; id < OPTIONS; id++)
		if ((config_options[id].kinds & 1u << kind) != 0 &&
		    strcmp(config_options[id].name, name) == 0)
			break;
	return (id);
}

enum config_kind
config_kind_find(const char *name)
{
	if (strcmp(name, "alarm") == 0)
		return (CONFIG_ALARM);
	return (strcmp(name, "watch") == 0 ? CONFIG_WATCH : CONFIG_TOP);
}
