/* SPDX-License-Identifier: BSD-2-Clause */
#include "diagnosis/cause.h"

const char *
cause_text(enum cause cause)
{
	static const char *const	 names[] = {
		[CAUSE_UNKNOWN] = "unknown",
		[CAUSE_NEVER_HEARD] = "neverHeard",
		[CAUSE_INSTANCE_STOPPED] = "instanceStopped",
		[CAUSE_FLOATING_IP] = "floatingIpMisconfigured",
		[CAUSE_LINK_ABNORMAL] = "linkAbnormal",
		[CAUSE_HOST_DOWN] = "hostDown",
		[CAUSE_ONE_WAY_LINK] = "oneWayLink",
		[CAUSE_PEER_HUNG] = "peerHung",
		[CAUSE_DUAL_ACTIVE] = "dualActive",
		[CAUSE_LOCAL_FAULT] = "localFault",
		[CAUSE_FILTERED] = "filtered",
		[CAUSE_HANDSHAKE_FAILED] = "handshakeFailed",
	};

	return (names[cause]);
}

const char *
cause_side_text(enum cause_side side)
{
	static const char *const	 names[] = {
		[CAUSE_SIDE_UNKNOWN] = "unknown",
		[CAUSE_SIDE_HERE] = "here",
		[CAUSE_SIDE_PEER] = "peer",
		[CAUSE_SIDE_BETWEEN] = "between",
		[CAUSE_SIDE_BOTH] = "both",
	};

	return (names[side]);
}
