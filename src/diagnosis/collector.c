/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "diagnosis/collector.h"

void
collector_begin(struct collector *c, const struct collector_setting *setting,
    struct mono_time last, bool received)
{
	memset(c, 0, sizeof(*c));
	c->setting = *setting;
	c->last = last;
	c->received = received;
}

void
collector_frame(struct collector *c, const struct diagnosis_frame *f)
{
	(void)c;
	(void)f;
}

void
collector_evidence(const struct collector *c, struct mono_time now,
    struct evidence *e)
{
	(void)now;
	if (c->received)
		e->flags |= EVIDENCE_RECEIVED;
}
