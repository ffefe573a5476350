/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "diagnosis/evidence_ring.h"
#include "packet/capture.h"

/* Each record begins at a multiple of this. */
#define ALIGNMENT	8
#define HEADER_SIZE	offsetof(struct evidence_record, bytes)

/* How often a reader tries to copy a record before the writer overwrites it. */
#define TRIES		4

/* The octets of the ring begin at a cache line. */
#define OCTETS_AT	64

void
evidence_record_set(struct evidence_record *r,
    const struct capture_frame *frame, struct mono_time at)
{
	memset(r, 0, HEADER_SIZE);
	r->wall = frame->timestamp;
	r->mono = at;
	r->captured = (uint16_t)(frame->captured < EVIDENCE_RING_SNAPSHOT ?
	    frame->captured : EVIDENCE_RING_SNAPSHOT);
	r->wire = (uint32_t)(frame->wire < r->captured ? r->captured :
	    frame->wire);
	r->link_type = (uint16_t)frame->link_type;
	r->checksum = (uint8_t)frame->checksum;
	memcpy(r->bytes, frame->bytes, r->captured);
}

void
evidence_ring_view(struct evidence_ring *ring, void *memory, size_t size)
{
	ring->header = memory;
	ring->octets = (uint8_t *)memory + OCTETS_AT;
	ring->size = size - OCTETS_AT;
}

static size_t
record_size(const struct evidence_record *record)
{
	return ((HEADER_SIZE + record->captured + ALIGNMENT - 1) / ALIGNMENT *
	    ALIGNMENT);
}

static void
copy_out(const struct evidence_ring *ring, uint64_t position, void *to,
    size_t n)
{
	size_t	 at = position % ring->size, part = ring->size - at;

	if (part > n)
		part = n;
	memcpy(to, ring->octets + at, part);
	memcpy((uint8_t *)to + part, ring->octets, n - part);
}

static void
copy_in(struct evidence_ring *ring, uint64_t position, const void *from,
    size_t n)
{
	size_t	 at = position % ring->size, part = ring->size - at;

	if (part > n)
		part = n;
	memcpy(ring->octets + at, from, part);
	memcpy(ring->octets, (const uint8_t *)from + part, n - part);
}

/* True when records can be between these positions. */
static bool
is_range(const struct evidence_ring *ring, uint64_t oldest, uint64_t head)
{
	return (oldest <= head && head - oldest <= ring->size &&
	    oldest % ALIGNMENT == 0 && head % ALIGNMENT == 0);
}

/* ---- the writer */

void
evidence_ring_begin(struct evidence_ring *ring, uint64_t head)
{
	head -= head % ALIGNMENT;
	/* A reader finds at most an empty ring in between. */
	atomic_store_explicit(&ring->header->oldest, head,
	    memory_order_release);
	atomic_store_explicit(&ring->header->head, head, memory_order_release);
}

void
evidence_ring_continue(struct evidence_ring *ring)
{
	uint64_t	 head = evidence_ring_head(ring);

	/* A position is never near the end of its range. */
	if (head > UINT64_MAX / 2)
		evidence_ring_begin(ring, 0);
	else if (!is_range(ring, evidence_ring_oldest(ring), head))
		evidence_ring_begin(ring, head);
}

/*
 * The position of the oldest record that remains when the octets before `limit`
 * are overwritten.  Positions and records may be those of another engine, which
 * may have written anything: then none remains.
 */
static uint64_t
oldest_after(const struct evidence_ring *ring, uint64_t oldest, uint64_t limit,
    uint64_t head)
{
	struct evidence_record	 record;

	if (!is_range(ring, oldest, head))
		return (head);
	while (oldest < limit) {
		copy_out(ring, oldest, &record, HEADER_SIZE);
		if (record.captured > EVIDENCE_RING_SNAPSHOT ||
		    record_size(&record) > head - oldest)
			return (head);
		oldest += record_size(&record);
	}
	return (oldest);
}

void
evidence_ring_append(struct evidence_ring *ring,
    const struct evidence_record *record)
{
	uint64_t	 head, oldest, end;

	head = atomic_load_explicit(&ring->header->head, memory_order_relaxed);
	oldest = atomic_load_explicit(&ring->header->oldest,
	    memory_order_relaxed);
	end = head + record_size(record);
	if (end - oldest > ring->size) {
		oldest = oldest_after(ring, oldest, end - ring->size, head);
		atomic_store_explicit(&ring->header->oldest, oldest,
		    memory_order_relaxed);
		/* A reader that gets new octets also gets the new `oldest`. */
		atomic_thread_fence(memory_order_release);
	}
	copy_in(ring, head, record, HEADER_SIZE + record->captured);
	atomic_store_explicit(&ring->header->head, end, memory_order_release);
}

/* ---- readers */

uint64_t
evidence_ring_oldest(const struct evidence_ring *ring)
{
	return (atomic_load_explicit(&ring->header->oldest,
	    memory_order_acquire));
}

uint64_t
evidence_ring_head(const struct evidence_ring *ring)
{
	return (atomic_load_explicit(&ring->header->head,
	    memory_order_acquire));
}

/* Copies the record at the position; false when it is invalid. */
static bool
copy_record(const struct evidence_ring *ring, uint64_t position,
    uint64_t head, struct evidence_record *record)
{
	if (head - position < HEADER_SIZE)
		return (false);
	copy_out(ring, position, record, HEADER_SIZE);
	if (record->captured > EVIDENCE_RING_SNAPSHOT ||
	    record->wire < record->captured ||
	    record_size(record) > head - position ||
	    record->kind < EVIDENCE_KIND_HEARTBEAT ||
	    record->kind > EVIDENCE_KIND_PEER ||
	    record->checksum > CAPTURE_CHECKSUM_COMPLETE)
		return (false);
	copy_out(ring, position + HEADER_SIZE, record->bytes, record->captured);
	return (true);
}

bool
evidence_ring_read(const struct evidence_ring *ring, uint64_t *position,
    struct evidence_record *record)
{
	uint64_t	 head, oldest;
	unsigned	 tries;
	bool		 valid;

	for (tries = 0; tries < TRIES; tries++) {
		head = evidence_ring_head(ring);
		oldest = evidence_ring_oldest(ring);
		if (*position < oldest)
			*position = oldest;
		if (*position >= head || *position % ALIGNMENT != 0 ||
		    !is_range(ring, oldest, head))
			return (false);
		valid = copy_record(ring, *position, head, record);
		atomic_thread_fence(memory_order_acquire);
		if (evidence_ring_oldest(ring) > *position)
			continue;	/* it was overwritten meanwhile */
		if (!valid) {
			/* The next record cannot be found without a length. */
			*position = head;
			return (false);
		}
		*position += record_size(record);
		return (true);
	}
	return (false);
}

void
evidence_ring_copy(struct evidence_ring *to, const struct evidence_ring *from)
{
	struct evidence_record	 record;
	uint64_t		 position = evidence_ring_head(to), at;
	uint64_t		 end = evidence_ring_head(from);
	size_t			 left = from->size, size;

	/* A malicious writer could add records for as long as they are read. */
	while (position < end &&
	    evidence_ring_read(from, &position, &record)) {
		size = record_size(&record);
		if (size > left)
			return;
		left -= size;
		at = position - size;
		/* The first record, or those before it were overwritten. */
		if (at != evidence_ring_head(to))
			evidence_ring_begin(to, at);
		evidence_ring_append(to, &record);
	}
}
