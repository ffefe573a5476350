/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether evidence files can be written, and the log lines about it: one when
 * it fails, and one when it works again.
 */
#ifndef HBW_EVIDENCE_HEALTH_H
#define HBW_EVIDENCE_HEALTH_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/mono.h"
#include "evidence_directory.h"

struct evidence_health {
	const char	*state;		/* the state directory; the caller's */
	_Atomic bool	 failing;	/* for any thread */
	bool		 taken;		/* a name; it was logged */
	struct mono_time failed;	/* when a write or a try failed last */
};

/* `state` must outlive it. */
void	 evidence_health_init(struct evidence_health *, const char *state);

/* `error` is a value of errno, or 0. */
void	 evidence_health_failed(struct evidence_health *, const char *wrong,
	    int error);

/*
 * The name of this file is used by something else, such as a link that somebody
 * has put there.
 */
void	 evidence_health_taken(struct evidence_health *, const char *name);

/* Something was written. */
void	 evidence_health_succeeded(struct evidence_health *);

/* When evidence_health_try is to be called; MONO_NEVER if nothing fails. */
struct mono_time evidence_health_due(const struct evidence_health *);

/* If it is due: tries to write while no file is open. */
void	 evidence_health_try(struct evidence_health *,
	    struct evidence_directory *);

#endif
