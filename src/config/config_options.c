/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "config/config_check.h"
#include "config/config_options.h"

#define TOP	(1 << CONFIG_TOP)
#define ALARM	(1 << CONFIG_ALARM)
#define WATCH	(1 << CONFIG_WATCH)

#define FIELD(field)	offsetof(struct config_settings, field)
#define TEXT		"bytes of UTF-8 text without control characters"

const struct config_option config_options[OPTIONS] = {
	[OPTION_AGENTX] = { "agentx", TOP, config_check_text,
	    FIELD(agentx), 1, CONFIG_LONG_TEXT_MAX, TEXT },
	[OPTION_HISTORY] = { "history", TOP, config_check_number,
	    FIELD(history), CONFIGURATION_HISTORY_MIN,
	    CONFIGURATION_HISTORY_MAX, "notifications" },
	[OPTION_STORM] = { "storm", TOP, config_check_storm, 0, 0, 0,
	    "NUMBER in DURATION, 1 to 1000000 in 1s to 1h, such as "
	    "100 in 10s" },
	[OPTION_SNMP] = { "snmp", TOP, config_check_directive, 0,
	    1, CONFIG_LONG_TEXT_MAX, TEXT, .list = true, .secret = true },
	[OPTION_NAME] = { "name", ALARM, config_check_text,
	    FIELD(alarm.name), 1, CONFIG_TEXT_MAX, TEXT },
	[OPTION_SEVERITY] = { "severity", ALARM, config_check_severity,
	    0, 0, 0, "critical, major, minor or warning" },
	[OPTION_TYPE] = { "type", ALARM, config_check_text,
	    FIELD(alarm.type), 1, CONFIG_TEXT_MAX, TEXT },
	[OPTION_SERVICE_TYPE] = { "service-type", ALARM, config_check_text,
	    FIELD(alarm.service_type), 0, CONFIG_TEXT_MAX, TEXT },
	[OPTION_INTERFACE] = { "interface", WATCH, config_check_interface,
	    FIELD(watch.interface), 1, CONFIG_INTERFACE_MAX,
	    "characters without blanks or slashes" },
	[OPTION_PEER] = { "peer", WATCH, config_check_peer, 0, 0, 0,
	    "a numeric IPv4 or IPv6 address", .list = true },
	[OPTION_LOCAL] = { "local", WATCH, config_check_local, 0, 0, 0,
	    "a numeric IPv4 or IPv6 address" },
	[OPTION_HEARTBEAT] = { "heartbeat", WATCH, config_check_heartbeat,
	    0, 1, CONFIG_LONG_TEXT_MAX, TEXT },
	[OPTION_ALARM] = { "alarm", WATCH, config_check_number,
	    FIELD(alarm_id), 1, CONFIG_ALARM_ID_MAX, "(an alarm id)" },
	[OPTION_INTERRUPTION] = { "interruption", ALARM | WATCH,
	    config_check_duration, FIELD(interruption_ns), 0, 0,
	    "a number and ms, s, min or h, from 1ms to 24h, such as 30s" },
	[OPTION_RECOVERY] = { "recovery", WATCH, config_check_number,
	    FIELD(watch.recovery), 1, CONFIG_RECOVERY_MAX, "heartbeats" },
	[OPTION_ENABLED] = { "enabled", WATCH, config_check_flag,
	    FIELD(watch.enabled), 0, 0, "true, false, yes, no, on or off" },
	[OPTION_SOURCE] = { "source", TOP | WATCH, config_check_text,
	    FIELD(watch.source), 1, CONFIG_TEXT_MAX, TEXT },
	[OPTION_SERVICE] = { "service", TOP | WATCH, config_check_text,
	    FIELD(watch.service), 1, CONFIG_TEXT_MAX, TEXT },
	[OPTION_ROLE] = { "role", TOP | WATCH, config_check_text,
	    FIELD(watch.role), 1, CONFIG_TEXT_MAX, TEXT },
	[OPTION_HOST] = { "host", TOP | WATCH, config_check_text,
	    FIELD(watch.host), 1, CONFIG_TEXT_MAX, TEXT },
	[OPTION_ALARM_ID] = { "alarm id", 0, config_check_number,
	    FIELD(alarm.id), 1, CONFIG_ALARM_ID_MAX, "" },
	[OPTION_WATCH_NAME] = { "watch name", 0, config_check_text,
	    FIELD(watch_name), 1, CONFIG_TEXT_MAX, TEXT },
};

const char *const config_kind_names[CONFIG_KINDS] = {
	[CONFIG_ALARM] = "alarm",
	[CONFIG_WATCH] = "watch",
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
	enum config_kind	 kind;

	for (kind = CONFIG_ALARM; kind < CONFIG_KINDS; kind++)
		if (strcmp(config_kind_names[kind], name) == 0)
			return (kind);
	return (CONFIG_TOP);
}
