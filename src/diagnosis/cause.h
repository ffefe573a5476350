/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The causes of an alarm, and the side on which a cause is.
 */
#ifndef HBW_CAUSE_H
#define HBW_CAUSE_H

/* The numbers are hbwAlarmCause's, and are in the state file. */
enum cause {
	CAUSE_UNKNOWN = 1,
	CAUSE_NEVER_HEARD = 2,
	CAUSE_INSTANCE_STOPPED = 3,
	CAUSE_FLOATING_IP = 4,		/* misconfigured */
	CAUSE_LINK_ABNORMAL = 5,
	CAUSE_HOST_DOWN = 6,
	CAUSE_ONE_WAY_LINK = 7,
	CAUSE_PEER_HUNG = 8,
	CAUSE_DUAL_ACTIVE = 9,
	CAUSE_LOCAL_FAULT = 10,
	CAUSE_FILTERED = 11,
	CAUSE_HANDSHAKE_FAILED = 12,
};
#define CAUSE_MAX	CAUSE_HANDSHAKE_FAILED

/* The name in hbwAlarmCause. */
const char *cause_text(enum cause);

/* The numbers are hbwAlarmSide's, and are in the state file. */
enum cause_side {
	CAUSE_SIDE_UNKNOWN = 1,
	CAUSE_SIDE_HERE = 2,
	CAUSE_SIDE_PEER = 3,
	CAUSE_SIDE_BETWEEN = 4,
	CAUSE_SIDE_BOTH = 5,
};
#define CAUSE_SIDE_MAX	CAUSE_SIDE_BOTH

/* The name in hbwAlarmSide. */
const char *cause_side_text(enum cause_side);

#endif
