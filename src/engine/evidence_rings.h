/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rings of all captures (evidence_ring.h), in a file in memory that the
 * agent makes.  An engine writes them, and the next one continues; threads of
 * the agent read them.  The pages of a ring use memory when frames fill them.
 */
#ifndef HBW_EVIDENCE_RINGS_H
#define HBW_EVIDENCE_RINGS_H

#include <net/if.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnosis/evidence_ring.h"

struct evidence_rings {
	atomic_uint		 references;
	char			(*names)[IF_NAMESIZE];	/* sorted; owned */
	size_t			 count;
	size_t			 ring_size;	/* octets of each */
	void			*mapping;	/* owned */
	int			 file;		/* -1 in the engine; owned */
};

/* The octets of the file; the size of a ring is rounded up. */
size_t	 evidence_rings_size(size_t count, size_t ring_size);

/*
 * New, empty rings for these interfaces.  NULL on error (errno).  The caller
 * ends its reference with evidence_rings_release.
 */
struct evidence_rings *evidence_rings_new(char (*names)[IF_NAMESIZE],
	    size_t count, size_t ring_size);

/*
 * For the engine: maps the rings that the agent has made for these interfaces,
 * and keeps `file` open.  NULL on error (errno).
 */
struct evidence_rings *evidence_rings_attach(char (*names)[IF_NAMESIZE],
	    size_t count, size_t ring_size, int file);

/* Another thread may hold a reference, too.  NULL is allowed. */
struct evidence_rings *evidence_rings_share(struct evidence_rings *);
void	 evidence_rings_release(struct evidence_rings *);

/* False when there is no such interface, or `rings` is NULL. */
bool	 evidence_rings_get(const struct evidence_rings *,
	    const char *interface, struct evidence_ring *);

/* True when both have the same interfaces and sizes. */
bool	 evidence_rings_equal(const struct evidence_rings *,
	    const struct evidence_rings *);
/*
 * Copies the records of the interfaces that both have and that `to` has not
 * yet; their positions stay the same.  An engine may still write `from`: call
 * it again when it has ended.
 */
void	 evidence_rings_copy(struct evidence_rings *to,
	    const struct evidence_rings *from);

#endif
