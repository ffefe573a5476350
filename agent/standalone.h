/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hbwatchd as an SNMP agent of its own, without a master (option -L).  The
 * directives of `snmp` say who may ask and where notifications go.
 */
#ifndef HBW_STANDALONE_H
#define HBW_STANDALONE_H

#include <stdbool.h>

#include "agent.h"
#include "config/configuration.h"

enum standalone_result {
	STANDALONE_FINE,
	STANDALONE_FAILED,		/* logged: the address is in use, … */
	STANDALONE_MISCONFIGURED,	/* a directive is wrong; on stderr */
};

/*
 * Answers SNMP on `address`.  net-snmp keeps the state of SNMPv3 in the
 * directory snmp in `state`.
 */
enum standalone_result standalone_start(struct agent *, const char *address,
	    const char *state);
/* To be called before snmp_library_end(). */
void	 standalone_end(void);

/*
 * Checks the directives of `snmp`: true when there is no error.  Errors go to
 * stderr, each with file and line, as those of the configuration do.  The
 * process can use net-snmp for nothing else afterwards.
 */
bool	 standalone_check(const struct configuration *);

#endif
