/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"
#include "evidence_health.h"
#include "evidence_writer.h"

/* Writing works again if nothing has failed for this time. */
#define STEADY_NS	(10 * NSEC_PER_SEC)

void
evidence_health_init(struct evidence_health *h, const char *state)
{
	h->state = state;
	h->failing = h->taken = false;
}

void
evidence_health_failed(struct evidence_health *h, const char *wrong, int error)
{
	if (!h->failing)
		log_message(LOG_WARNING, error, "%s/%s: %s; no evidence files "
		    "are written until this is corrected", h->state,
		    EVIDENCE_DIRECTORY, wrong);
	h->failing = true;
	h->failed = mono_now();
}

void
evidence_health_taken(struct evidence_health *h, const char *name)
{
	if (!h->taken)
		log_warnx("%s/%s: the name is used by something else, so this "
		    "evidence file is not written", h->state, name);
	h->taken = true;
}

struct mono_time
evidence_health_due(const struct evidence_health *h)
{
	return (h->failing ? mono_add(h->failed, STEADY_NS) : MONO_NEVER);
}

void
evidence_health_succeeded(struct evidence_health *h)
{
	/* On a full disk, a small write may succeed between two others. */
	if (mono_before(mono_now(), evidence_health_due(h)))
		return;
	log_notice("%s/%s: evidence files are written again", h->state,
	    EVIDENCE_DIRECTORY);
	h->failing = false;
}

void
evidence_health_try(struct evidence_health *h, struct evidence_directory *d)
{
	if (mono_before(mono_now(), evidence_health_due(h)))
		return;
	if (evidence_directory_try(d))
		evidence_health_succeeded(h);
	else
		h->failed = mono_now();
}
