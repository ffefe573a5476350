/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A row of the table of options.  The table itself is in config_check.c and
 * refers to the checks.  The parser and the checks get the table from their
 * caller, so neither of them depends on it.
 */
#ifndef HBW_CONFIG_OPTION_H
#define HBW_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config_types.h"

enum config_kind {
	CONFIG_TOP,			/* outside of all sections */
	CONFIG_ALARM,
	CONFIG_WATCH
};

/* In the order in which messages list the options of a section. */
enum config_option_id {
	/* Options of the daemon. */
	OPTION_AGENTX, OPTION_HISTORY, OPTION_STORM, OPTION_RATE, OPTION_ALIVE,
	OPTION_REMINDER, OPTION_CONTROL, OPTION_SHELVE_MOST, OPTION_REALTIME,
	OPTION_EVIDENCE, OPTION_EVIDENCE_FILES, OPTION_SNMP,
	/* Options of alarms; OPTION_REPAIR: one for each cause. */
	OPTION_NAME, OPTION_SEVERITY, OPTION_TYPE, OPTION_SERVICE_TYPE,
	OPTION_REPAIR,
	OPTION_REPAIR_LAST = OPTION_REPAIR + CONFIGURATION_REPAIRS - 2,
	/* Options of watches; the interruption also of alarms. */
	OPTION_INTERFACE, OPTION_PEER, OPTION_PEER_HOST, OPTION_PEER_MAC,
	OPTION_LOCAL, OPTION_VLAN, OPTION_HOP_LIMIT, OPTION_FLOATING_IP,
	OPTION_HEARTBEAT, OPTION_ALARM, OPTION_DUAL_ACTIVE,
	OPTION_INTERRUPTION, OPTION_HOLD_DOWN, OPTION_RECOVERY,
	OPTION_FLAPPING, OPTION_DECAPSULATE, OPTION_LOG, OPTION_LOG_PATTERN,
	OPTION_PROBE, OPTION_ENABLED,
	/* Options of watches with defaults at the top. */
	OPTION_SOURCE, OPTION_SERVICE, OPTION_ROLE, OPTION_HOST,
	/* The titles of sections. */
	OPTION_ALARM_ID, OPTION_WATCH_NAME,
	OPTIONS
};

struct config_check;
struct config_value;

/*
 * Checks a value and stores it.  Returns NULL, or the fault in words that fit
 * before the name of the option, such as "invalid".  A function that returns
 * NULL may have added an error of its own.
 */
typedef const char *config_option_check(struct config_check *,
    const struct config_value *);

struct config_option {
	const char	*name;
	unsigned	 kinds;		/* bits 1 << config_kind; 0: a title */
	config_option_check *check;
	size_t		 offset;	/* of the field in config_check */
	uint32_t	 minimum;	/* of a number, or of a text's bytes */
	uint32_t	 maximum;	/* 0: there is no such range */
	const char	*expected;	/* in messages, after the range */
	bool		 list;
	bool		 secret;	/* never quoted in a message */
};

#endif
