/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration file, read and judged: hbwatchd.conf(5).
 */
#ifndef HBW_CONFIGURATION_H
#define HBW_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "addr.h"
#include "protocols/protocol.h"
#include "severity.h"

#define CONFIGURATION_INTERRUPTION_MIN_NS	(1 * NSEC_PER_MSEC)
#define CONFIGURATION_INTERRUPTION_MAX_NS	(24 * 3600 * NSEC_PER_SEC)

struct configuration_alarm {
	uint32_t	 id;		/* 1..2147483647 */
	char		*name;
	enum severity	 severity;
	char		*type;
	char		*service_type;
	int64_t		 interruption_ns;
	int		 line;		/* 0: built in */
};

struct configuration_watch {
	char		*name;
	int		 line;		/* of `watch "NAME" {` */
	char		*interface;
	int		 interface_line;
	struct addr	 peer;		/* ADDR_NONE: left out */
	struct addr	 local;		/* ADDR_NONE: left out */
	char		*heartbeat;	/* as written, blanks made one */
	struct heartbeat_form form;
	int		 heartbeat_line;
	const struct configuration_alarm *alarm;	/* one of `alarms` */
	int64_t		 interruption_ns;	/* 1 ms .. 24 h */
	uint32_t	 recovery;	/* 1.. */
	bool		 enabled;
	char		*source;
	char		*service;
	char		*role;
	char		*host;
};

struct configuration {
	char		*agentx;	/* NULL: left out */
	char		**snmp;		/* net-snmp's directives, in order */
	int		*snmp_lines;	/* the line of each */
	size_t		 nsnmp;
	struct configuration_alarm *alarms;	/* by id, the built in too */
	size_t		 nalarms;
	struct configuration_watch *watches;	/* in the file's order */
	size_t		 nwatches;
};

/*
 * Reads a file.  Every error is written to `errors` as one line, FILE:LINE: and
 * what is wrong and what was expected; with an error NULL is returned.  The
 * caller frees the result with configuration_free.
 */
struct configuration *configuration_load(const char *file, FILE *errors);
void	 configuration_free(struct configuration *);

#endif
