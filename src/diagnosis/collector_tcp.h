/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The evidence in the TCP connections of the heartbeats.
 */
#ifndef HBW_COLLECTOR_TCP_H
#define HBW_COLLECTOR_TCP_H

#include "diagnosis/collector_state.h"

/* Takes a segment between the peer and another host. */
void	 collector_tcp(struct collector *, const struct collector_view *);

#endif
