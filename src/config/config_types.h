/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checked configuration: the daemon's options, the alarms and the watches.
 */
#ifndef HBW_CONFIG_TYPES_H
#define HBW_CONFIG_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/duration.h"
#include "base/mac.h"
#include "base/mono.h"
#include "base/severity.h"
#include "packet/vlan.h"
#include "protocols/protocol.h"

#define CONFIGURATION_WATCHES_MAX	1000000

#define CONFIGURATION_CONTROL		"/run/hbwatch/control"

/* The highest priority of the engine under SCHED_RR. */
#define CONFIGURATION_REALTIME_MAX	20

/* One more than CAUSE_MAX of diagnosis/cause.h; entry 0 is not used. */
#define CONFIGURATION_REPAIRS		13

/*
 * Alarms, profiles and watches are never changed and count their references: a
 * notification that is still in the outbox keeps its watch after a reload has
 * removed it.  Their strings are interned.
 */
struct configuration_alarm {
	const char	*name;
	const char	*type;
	const char	*service_type;
	/* hbwAlarmRepair of each cause, by its number; NULL: built in. */
	const char	*repair[CONFIGURATION_REPAIRS];
	int64_t		 interruption_ns;	/* 1 ms .. 24 h */
	uint32_t	 id;		/* 1..2147483647 */
	enum severity	 severity;
	unsigned	 references;
};

/* The settings that all watches of one section share. */
struct configuration_profile {
	struct configuration_alarm *alarm;
	/*
	 * Active while two nodes are active; NULL: none.  In the engine only
	 * its interruption_ns is set.
	 */
	struct configuration_alarm *dual;
	const char	*interface;
	const char	*heartbeat;	/* as written, with single blanks */
	struct heartbeat_form form;
	const char	*source;
	const char	*service;
	const char	*role;
	const char	*host;
	const char	*peer_host;	/* name of the peer, or NULL */
	const char	*log;		/* absolute path, or NULL */
	const char	*log_pattern;	/* a valid ERE; NULL: no log */
	int64_t		 interruption_ns;	/* 1 ms .. 24 h */
	int64_t		 hold_down_ns;	/* after the interruption, 0 .. 24 h */
	struct duration_limit flapping;	/* raises; more are chattering */
	uint32_t	 recovery;	/* heartbeats, 1..1000000 */
	unsigned	 references;
	const char	*file;		/* NULL: not from a file */
	int		 line;		/* of `watch "NAME" {` */
	int		 interface_line;
	int		 heartbeat_line;
	int		 peer_mac_line;
	struct addr	 local;		/* ADDR_NONE: any */
	struct addr	 floating_ip;	/* ADDR_NONE: none */
	struct mac	 peer_mac;	/* only if has_peer_mac */
	uint32_t	 hop_limit;	/* the least that counts; 0: any */
	uint32_t	 vlan;		/* VLAN_ANY: any; see vlan.h */
	bool		 has_peer_mac;
	bool		 enabled;
	bool		 decapsulate;	/* also looks inside tunnels */
	bool		 ping;		/* the peer, after a raise */
};

struct configuration_watch {
	struct configuration_profile *profile;
	unsigned	 references;
	int		 peer_line;	/* 0: no peer, or not from a file */
	struct addr	 peer;		/* ADDR_NONE: any */
	char		 name[];
};

/* A configuration directive of net-snmp, from the list `snmp`. */
struct configuration_directive {
	char		*text;
	const char	*file;		/* interned */
	int		 line;
};

struct configuration {
	/* The texts of watches without their own; it has no alarm. */
	struct configuration_profile *defaults;
	const char	*agentx;	/* NULL: the option is absent */
	const char	*control;	/* path of the socket; "": none */
	struct configuration_directive *snmp;	/* in the file's order */
	size_t		 nsnmp;
	uint32_t	 history;	/* kept notifications, 100..1000000 */
	struct duration_limit storm;	/* raises of all alarms */
	int64_t		 alive_ns;	/* 1 min .. 24 h; 0: off */
	int64_t		 reminder_ns;	/* 1 min .. 24 h; 0: off */
	int64_t		 shelve_most_ns;	/* 1 min .. 366 d */
	uint32_t	 rate;		/* notifications a second, 1..1000000 */
	uint32_t	 realtime;	/* of the engine, 0..20; 0: ordinary */
	uint64_t	 evidence;	/* octets of a ring; 0: no diagnosis */
	uint64_t	 evidence_files;	/* octets of all; 0: none */
	struct configuration_alarm **alarms;	/* by id, with built-in ones */
	size_t		 nalarms;
	struct configuration_watch **watches;	/* in the file's order */
	size_t		 nwatches;
	char		*warnings;	/* lines FILE:LINE: warning: TEXT */
	/* A line for each regular file that was read, and, with a "/" at its
	   end, for each directory that was searched for files. */
	char		*files;
};

/*
 * Return a new object with one reference, the caller's; NULL when memory is
 * exhausted.  It has the values of `like`, whose strings are interned and may
 * be NULL.  A profile shares its alarm, and a watch shares its profile.
 */
struct configuration_alarm *configuration_alarm_new(
	    const struct configuration_alarm *like);
struct configuration_profile *configuration_profile_new(
	    const struct configuration_profile *like);
struct configuration_watch *configuration_watch_new(
	    struct configuration_profile *, const char *name,
	    const struct addr *peer);

/* Drop a reference, and add one; NULL is allowed and does nothing. */
void	 configuration_alarm_release(struct configuration_alarm *);
void	 configuration_profile_release(struct configuration_profile *);
struct configuration_watch *configuration_watch_share(
	    struct configuration_watch *);
void	 configuration_watch_release(struct configuration_watch *);

#endif
