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

#include "base/addr.h"
#include "base/mono.h"
#include "config/severity.h"
#include "protocols/protocol.h"

#define CONFIGURATION_INTERRUPTION_MIN_NS	(1 * NSEC_PER_MSEC)
#define CONFIGURATION_INTERRUPTION_MAX_NS	(24 * 3600 * NSEC_PER_SEC)
#define CONFIGURATION_WATCHES_MAX		1000000
#define CONFIGURATION_HISTORY_MIN		100
#define CONFIGURATION_HISTORY_MAX		1000000
#define CONFIGURATION_HISTORY_DEFAULT		10000
#define CONFIGURATION_STORM_LIMIT_MAX		1000000
#define CONFIGURATION_STORM_WINDOW_MIN_NS	(1 * NSEC_PER_SEC)
#define CONFIGURATION_STORM_WINDOW_MAX_NS	(3600 * NSEC_PER_SEC)

/*
 * Alarms, profiles and watches are counted by those who share them and never
 * change: what waits to be told of a watch keeps it, and with it all that it is
 * called, when its configuration is long gone.  Their texts are shared ones.
 */
struct configuration_alarm {
	const char	*name;
	const char	*type;
	const char	*service_type;
	int64_t		 interruption_ns;
	uint32_t	 id;		/* 1..2147483647 */
	enum severity	 severity;
	int		 line;		/* 0: built in */
	unsigned	 references;
};

/* What the watches of one section have in common. */
struct configuration_profile {
	struct configuration_alarm *alarm;
	const char	*interface;
	const char	*heartbeat;	/* as written, blanks made one */
	struct heartbeat_form form;
	const char	*source;
	const char	*service;
	const char	*role;
	const char	*host;
	int64_t		 interruption_ns;	/* 1 ms .. 24 h */
	uint32_t	 recovery;	/* 1.. */
	unsigned	 references;
	const char	*file;		/* that it stands in; NULL: none */
	int		 line;		/* of `watch "NAME" {` */
	int		 interface_line;
	int		 heartbeat_line;
	struct addr	 local;		/* ADDR_NONE: left out */
	bool		 enabled;
};

struct configuration_watch {
	struct configuration_profile *profile;
	unsigned	 references;
	struct addr	 peer;		/* ADDR_NONE: left out */
	char		 name[];
};

/* One of net-snmp's own. */
struct configuration_directive {
	char		*text;
	const char	*file;		/* that it stands in; a shared text */
	int		 line;
};

struct configuration {
	char		*agentx;	/* NULL: left out */
	struct configuration_directive *snmp;	/* in order */
	size_t		 nsnmp;
	uint32_t	 history;	/* notifications that are kept */
	uint32_t	 storm_limit;	/* raises in the window; 0: no storms */
	int64_t		 storm_window_ns;
	struct configuration_alarm **alarms;	/* by id, the built in too */
	size_t		 nalarms;
	struct configuration_watch **watches;	/* in the file's order */
	size_t		 nwatches;
};

/*
 * Reads a file.  Every error is written to `errors` as one line, FILE:LINE: and
 * what is wrong and what was expected; with an error NULL is returned.  The
 * caller frees the result with configuration_free.
 */
struct configuration *configuration_load(const char *file, FILE *errors);
void	 configuration_free(struct configuration *);

/*
 * New ones, of which the caller has the one reference; NULL when there is no
 * memory.  They have the values of `like`, whose texts, those of its form too,
 * are copied and may be NULL; a profile shares its alarm, a watch its profile.
 */
struct configuration_alarm *configuration_alarm_new(
	    const struct configuration_alarm *like);
struct configuration_profile *configuration_profile_new(
	    const struct configuration_profile *like);
struct configuration_watch *configuration_watch_new(
	    struct configuration_profile *, const char *name,
	    const struct addr *peer);

/* One reference more, and one less; NULL is taken and does nothing. */
struct configuration_alarm *configuration_alarm_share(
	    struct configuration_alarm *);
void	 configuration_alarm_release(struct configuration_alarm *);
struct configuration_profile *configuration_profile_share(
	    struct configuration_profile *);
void	 configuration_profile_release(struct configuration_profile *);
struct configuration_watch *configuration_watch_share(
	    struct configuration_watch *);
void	 configuration_watch_release(struct configuration_watch *);

#endif
