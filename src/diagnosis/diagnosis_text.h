/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A verdict in words: the sentence for hbwAlarmDetail, and the next step for
 * hbwAlarmRepair.  Both are made from the verdict alone, so nothing
 * else is stored.
 */
#ifndef HBW_DIAGNOSIS_TEXT_H
#define HBW_DIAGNOSIS_TEXT_H

#include "config/configuration.h"
#include "diagnosis/verdict.h"

#define DIAGNOSIS_DETAIL_SIZE	192	/* octets, with the NUL */
#define DIAGNOSIS_REPAIR_SIZE	256

/*
 * The deciding evidence and the conclusion, such as "ICMP port unreachable from
 * 192.0.2.12 for UDP 20053 at 12:00:03: the instance is not running".  "" if
 * nothing is known.  Writes text[DIAGNOSIS_DETAIL_SIZE] and returns it.
 */
char	*diagnosis_detail(const struct configuration_watch *,
	    const struct verdict *, char *text);

/*
 * The next step of the operator, or the text of the option repair-CAUSE of the
 * alarm.  Writes text[DIAGNOSIS_REPAIR_SIZE] and returns it.
 */
char	*diagnosis_repair(const struct configuration_watch *,
	    const struct verdict *, char *text);

#endif
