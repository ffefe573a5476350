/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a configuration file's sections to what they mean; configuration.c's
 * own.  What is wrong is added to the faults, and the judging goes on.
 */
#ifndef HBW_JUDGE_H
#define HBW_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conffile.h"
#include "config/configuration.h"
#include "config/faults.h"

#define JUDGE_TEXT_MAX	255		/* SnmpAdminString, RFC 3411 */
#define JUDGE_LONG_TEXT_MAX	4095	/* of what no SNMP object holds */
#define JUDGE_ALARM_ID_MAX	2147483647
#define JUDGE_ALARM_DEFAULT	45640

/* A configuration that is being made of a file. */
struct judge {
	const struct conffile	*file;
	struct faults		*faults;
	struct configuration	*c;
	char			 host[256];

	size_t			 size;		/* of c->watches */
	uint64_t		 nwatches;	/* that the peers make */
	bool			 too_many;	/* and it was said */

	/* Of judge_alarms alone: what the alarms are found to be. */
	struct configuration_alarm *alarms;
	size_t			 nalarms;
};

/* What is wrong with a text for people, and what was expected; or NULL. */
const char *judge_text_fault(const char *text, size_t max);
/* Says what is wrong with a value: `source "…" is empty; expected a text`. */
void	 judge_value_fault(struct judge *, const char *name,
	    const struct conffile_value *, const char *fault);

/* The file of a line, a shared text to be released; *line becomes its own. */
const char *judge_place(struct judge *, int *line);

/*
 * *text becomes what the option says, the file's own text; where it says
 * nothing, it stays.
 */
void	 judge_take_text(struct judge *, const struct conffile_section *,
	    enum conffile_option, size_t max, const char **text);
void	 judge_take_interruption(struct judge *,
	    const struct conffile_section *, int64_t *ns);
/* Digits alone: no sign, no blanks, no other base. */
bool	 judge_number(const char *text, uint32_t min, uint32_t max,
	    uint32_t *number);

/* What a section names as peers: a prefix is a range, an address one of 1. */
struct judge_range {
	struct addr			 first;
	uint32_t			 count;
	const struct conffile_value	*value;
};

struct judge_peers {
	struct judge_range	*range;		/* in the file's order; owned */
	size_t			 n;
	bool			 named;		/* each has NAME@ADDRESS */
};

/*
 * The peers of a section, without those that are none.  False when there is no
 * memory.  To be freed by the caller.
 */
bool	 judge_peers(struct judge *, const struct conffile_section *,
	    struct judge_peers *);
/* The address of that position in a range. */
struct addr judge_range_at(const struct judge_range *, uint32_t position);

/* Addresses that no node has: :: and 0.0.0.0; those that no node sends from. */
bool	 judge_addr_unspecified(const struct addr *);
bool	 judge_addr_group(const struct addr *);

/* The alarms, built in and of the file; false when there is no memory. */
bool	 judge_alarms(struct judge *);
/* By its number; NULL when there is none. */
struct configuration_alarm *judge_find_alarm(const struct configuration *,
	    uint32_t id);
/* The watches, once the alarms are there. */
void	 judge_watches(struct judge *);

#endif
