/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A version for a structure that one process writes and others read without a
 * lock.  It is odd during a write; a reader whose copy has an odd version, or
 * one that has changed meanwhile, copies again.
 */
#ifndef HBW_VERSIONED_H
#define HBW_VERSIONED_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void
versioned_write_begin(_Atomic uint32_t *version)
{
	atomic_fetch_add_explicit(version, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static inline void
versioned_write_end(_Atomic uint32_t *version)
{
	atomic_fetch_add_explicit(version, 1, memory_order_release);
}

/*
 * Ends a write whose writer was killed.  Call it only while no process writes.
 */
static inline void
versioned_repair(_Atomic uint32_t *version)
{
	if (atomic_load(version) % 2 != 0)
		versioned_write_end(version);
}

/*
 * Copies `size` bytes, of which `version` is a part.  The copy is consistent,
 * unless the writer was killed or stopped in the middle of a write.
 */
static inline void
versioned_read(const _Atomic uint32_t *version, const void *from, void *copy,
    size_t size)
{
	uint32_t	 before, after;
	int		 tries;

	/* A writer that was killed leaves the version odd for good. */
	for (tries = 0; tries < 1000; tries++) {
		before = atomic_load_explicit(version, memory_order_acquire);
		memcpy(copy, from, size);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(version, memory_order_relaxed);
		if (before == after && before % 2 == 0)
			return;
	}
}

#endif
