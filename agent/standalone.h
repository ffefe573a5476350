/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hbwatchd as an SNMP agent of its own, without a master (option -L).  The
 * directives of `snmp` in the configuration define who may send requests and
 * where notifications are sent.
 */
#ifndef HBW_STANDALONE_H
#define HBW_STANDALONE_H

#include <stdbool.h>

#include "agent.h"
#include "config/configuration.h"

enum standalone_result {
	STANDALONE_OK,
	STANDALONE_FAILED,		/* the reason is logged */
	STANDALONE_MISCONFIGURED,	/* invalid directives, on stderr */
};

/*
 * Answers SNMP requests on `address`, which has the form of snmpd(8).  The
 * state of SNMPv3 is in the directory `state`/snmp, see snmp_engine.h.
 */
enum standalone_result standalone_start(struct agent *, const char *address,
	    const char *state);

/*
 * Checks the directives of `snmp`.  The result is STANDALONE_FAILED if the only
 * errors are names that cannot be resolved now.  Errors are written to stderr,
 * each with file and line, as other errors in the configuration.  With `warn`,
 * warnings of net-snmp without a line are written, too.  To be called before
 * snmp_library_init(): the check has a process of its own.
 */
enum standalone_result standalone_check(const struct configuration *,
	    bool warn);

#endif
