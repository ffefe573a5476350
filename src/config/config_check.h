/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks the parsed sections of a file and makes a configuration of them.  Each
 * fault is added to the errors, and the checks go on.
 */
#ifndef HBW_CONFIG_CHECK_H
#define HBW_CONFIG_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr_range.h"
#include "config/config_errors.h"
#include "config/config_parse.h"
#include "config/config_types.h"

#define CONFIG_TEXT_MAX		255	/* SnmpAdminString, RFC 3411 */
#define CONFIG_LONG_TEXT_MAX	4095	/* texts in no SNMP object */
#define CONFIG_CONTROL_MAX	107	/* sun_path of unix(7) */
#define CONFIG_ALARM_ID_MAX	2147483647

/* The addresses of one value of `peer`: a prefix or a single address. */
struct config_range {
	struct addr_range		 range;
	const struct config_value	*value;
};

/* The peers of one section, without the invalid ones. */
struct config_peers {
	struct config_range	*range;		/* in the order of the file */
	size_t			 n;
	size_t			 capacity;
	size_t			 values;	/* with the invalid ones */
	bool			 named;		/* each has NAME@ADDRESS */
};

struct config_check {
	struct config_file	*file;
	struct config_errors	*errors;
	struct config_errors	*warnings;	/* texts begin "warning: " */
	struct configuration	 result; /* its agentx, control are borrowed */
	char			 host[CONFIG_TEXT_MAX + 1]; /* this host */
	size_t			 watch_capacity; /* of result.watches */
	size_t			 snmp_capacity;	/* of result.snmp */
	uint64_t		 nwatches;	/* of the values so far */
	bool			 too_many;	/* an error was added */

	struct configuration_profile defaults;	/* of the watches */

	/*
	 * The values of the current section; their texts are borrowed.  Zero
	 * means that an option is absent or invalid.
	 */
	int64_t			 interruption_ns;
	struct configuration_alarm alarm;
	struct configuration_profile watch;
	const char		*watch_name;
	uint32_t		 alarm_id;
	uint32_t		 dual_id;	/* 0: none */
	struct config_peers	 peers;
};

extern const struct config_option config_options[OPTIONS];

/* Checks each value of a section by the row of its option. */
void	 config_check_section(struct config_check *,
	    const struct config_section *);
/* The checks of addresses. */
config_option_check config_check_floating_ip;
config_option_check config_check_local;
config_option_check config_check_peer;
config_option_check config_check_peer_mac;

/* Adds an error for each peer that overlaps another one of the section. */
void	 config_check_peers(struct config_check *);
/* Counts watches; false, with one error in all, when there are too many. */
bool	 config_count_watches(struct config_check *, struct config_place,
	    uint64_t n);

/* Make the alarms, and then the watches, of the result. */
void	 config_check_alarms(struct config_check *);
void	 config_check_watches(struct config_check *);
/* NULL when there is no alarm with that id. */
struct configuration_alarm *config_alarm_find(const struct configuration *,
	    uint32_t id);

#endif
