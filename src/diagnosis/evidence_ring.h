/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of the last frames of one interface, in memory that one process writes
 * and others read.
 *
 * A position counts the octets that were ever written to the ring.  It stays
 * valid when another engine continues the ring, and when a reload replaces it.
 * Readers take no lock: the writer first moves `oldest` beyond what it will
 * overwrite, and publishes a record by `head` when it is complete.  The writer
 * may be controlled by an attacker, so a reader trusts no value in the memory.
 *
 * Pure: no clock, no I/O, no log.
 */
#ifndef HBW_EVIDENCE_RING_H
#define HBW_EVIDENCE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"

/* The most octets of a frame that are kept. */
#define EVIDENCE_RING_SNAPSHOT	160

/* Why a frame is in the ring. */
enum evidence_kind {
	EVIDENCE_KIND_HEARTBEAT = 1,	/* a watch counted it */
	EVIDENCE_KIND_OWN = 2,		/* a heartbeat of this host */
	EVIDENCE_KIND_CONTROL = 3,	/* ARP, ICMP, TCP SYN, STP, … */
	EVIDENCE_KIND_PEER = 4,		/* another frame of a silent peer */
};

/* A record as it is in the memory, without the octets that are not used. */
struct evidence_record {
	struct wall_time	 wall;		/* timestamp of the kernel */
	struct mono_time	 mono;		/* when it arrived */
	uint32_t		 wire;		/* octets on the wire */
	uint16_t		 captured;	/* 0..EVIDENCE_RING_SNAPSHOT */
	uint16_t		 link_type;	/* as packet_decode takes it */
	uint8_t			 kind;		/* enum evidence_kind */
	uint8_t			 checksum;	/* enum capture_checksum */
	uint8_t			 unused[6];	/* zero */
	uint8_t			 bytes[EVIDENCE_RING_SNAPSHOT];
};

struct capture_frame;

/*
 * Sets all members but `kind`, and copies at most EVIDENCE_RING_SNAPSHOT octets
 * of the frame, which arrived at `at`.
 */
void	 evidence_record_set(struct evidence_record *,
	    const struct capture_frame *, struct mono_time at);

/* The memory begins with it; the octets of the ring follow. */
struct evidence_ring_header {
	_Atomic uint64_t	 head;		/* end of the last record */
	_Atomic uint64_t	 oldest;	/* begin of the first one */
};

/* The smallest ring, and the alignment of the sizes and the memory. */
#define EVIDENCE_RING_MIN	4096
#define EVIDENCE_RING_MAX	(UINT32_C(1) << 30)

/* The view of one process.  A struct of zeros is no ring. */
struct evidence_ring {
	struct evidence_ring_header *header;	/* not owned */
	uint8_t			*octets;
	size_t			 size;		/* of the octets */
};

/*
 * A ring in `memory` of `size` octets, both multiples of EVIDENCE_RING_MIN; all
 * zeros are an empty ring.  The memory must outlive the view.
 */
void	 evidence_ring_view(struct evidence_ring *, void *memory, size_t size);

/* ---- the writer */

/*
 * Continues a ring that another process wrote, or empties it if its contents
 * are invalid.
 */
void	 evidence_ring_continue(struct evidence_ring *);
/* Empties a ring whose next record will have the position `head`. */
void	 evidence_ring_begin(struct evidence_ring *, uint64_t head);

/*
 * Appends a record; overwrites the oldest ones.  Of record->bytes only the
 * first record->captured octets are used.
 */
void	 evidence_ring_append(struct evidence_ring *,
	    const struct evidence_record *);

/*
 * Appends the records of `from` that are not in `to` yet, at most the contents
 * of one ring; their positions stay the same.  Another process may write `from`
 * at the same time.
 */
void	 evidence_ring_copy(struct evidence_ring *to,
	    const struct evidence_ring *from);

/* ---- readers */

/* The position of the oldest record, and that after the newest one. */
uint64_t evidence_ring_oldest(const struct evidence_ring *);
uint64_t evidence_ring_head(const struct evidence_ring *);

/*
 * Copies the record at *position and moves *position to the next one.  A
 * position whose record was overwritten is moved to the oldest record first.
 * False when there is no record yet.  All members of a copy are valid:
 * `captured`, `wire` not less than it, `kind`; the times may be any.
 */
bool	 evidence_ring_read(const struct evidence_ring *, uint64_t *position,
	    struct evidence_record *);

#endif
