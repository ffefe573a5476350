/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration file as sections and options, each with its line and not yet
 * judged.  The only place that knows libconfuse.
 */
#ifndef HBW_CONFFILE_H
#define HBW_CONFFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/faults.h"

enum conffile_kind {
	CONFFILE_TOP,
	CONFFILE_ALARM,
	CONFFILE_WATCH,
	CONFFILE_KINDS
};

/* The options of all sections.  A peer's value is the first of its list. */
enum conffile_option {
	OPTION_AGENTX,
	OPTION_SOURCE,
	OPTION_SERVICE,
	OPTION_ROLE,
	OPTION_HOST,
	OPTION_HISTORY,
	OPTION_STORM,
	OPTION_NAME,
	OPTION_SEVERITY,
	OPTION_TYPE,
	OPTION_SERVICE_TYPE,
	OPTION_INTERRUPTION,
	OPTION_INTERFACE,
	OPTION_PEER,
	OPTION_LOCAL,
	OPTION_HEARTBEAT,
	OPTION_ALARM,
	OPTION_RECOVERY,
	OPTION_ENABLED,
	OPTIONS
};

struct conffile_value {
	char	*text;			/* NULL: left out */
	int	 line;
};

struct conffile_values {
	struct conffile_value	*value;
	size_t			 n;
	size_t			 size;
};

struct conffile_section {
	enum conffile_kind	 kind;
	char			*title;		/* NULL: of the top */
	int			 line;		/* that it begins on */
	bool			 complete;	/* its end was seen */
	struct conffile_value	 value[OPTIONS];
	struct conffile_values	 peers;		/* all of them */
	bool			 peers_listed;	/* in braces, be it one */
};

struct conffile {
	struct conffile_section	 top;
	struct conffile_section	*sections;	/* in the file's order */
	size_t			 nsections;
	size_t			 size;
	struct conffile_values	 snmp;		/* the list of that name */
	bool			 complete;	/* no error of syntax */
};

/*
 * Reads a file.  What is wrong with its form goes to the faults: syntax,
 * unknown options (once in each section), options given twice.  NULL when there
 * is nothing to judge further.
 */
struct conffile *conffile_read(const char *file, struct faults *);
void	 conffile_free(struct conffile *);
const char *conffile_name(enum conffile_option);

#endif
