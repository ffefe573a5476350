/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory_file.h"
#include "engine/evidence_rings.h"

size_t
evidence_rings_size(size_t count, size_t ring_size)
{
	return ((ring_size + EVIDENCE_RING_MIN - 1) / EVIDENCE_RING_MIN *
	    EVIDENCE_RING_MIN * count);
}

/* Takes a copy of the names.  NULL on error (errno). */
static struct evidence_rings *
allocate(char (*names)[IF_NAMESIZE], size_t count, size_t ring_size)
{
	struct evidence_rings	*rings = calloc(1, sizeof(*rings));

	if (rings == NULL)
		return (NULL);
	rings->file = -1;
	rings->names = calloc(count + 1, sizeof(*rings->names));
	if (rings->names == NULL) {
		free(rings);
		return (NULL);
	}
	if (count > 0)
		memcpy(rings->names, names, count * sizeof(*names));
	atomic_init(&rings->references, 1);
	rings->count = count;
	rings->ring_size = evidence_rings_size(1, ring_size);
	return (rings);
}

static size_t
file_size(const struct evidence_rings *rings)
{
	return (rings->count * rings->ring_size);
}

static bool
map(struct evidence_rings *rings, int file)
{
	void	*start;

	start = mmap(NULL, file_size(rings), PROT_READ | PROT_WRITE,
	    MAP_SHARED, file, 0);
	if (start == MAP_FAILED)
		return (false);
	rings->mapping = start;
	return (true);
}

struct evidence_rings *
evidence_rings_new(char (*names)[IF_NAMESIZE], size_t count, size_t ring_size)
{
	struct evidence_rings	*rings = allocate(names, count, ring_size);

	if (rings == NULL)
		return (NULL);
	rings->file = memory_file_new("hbwatch-evidence");
	if (rings->file >= 0 &&
	    ftruncate(rings->file, (off_t)file_size(rings)) == 0 &&
	    memory_file_seal(rings->file, false) && map(rings, rings->file))
		return (rings);
	evidence_rings_release(rings);
	return (NULL);
}

struct evidence_rings *
evidence_rings_attach(char (*names)[IF_NAMESIZE], size_t count,
    size_t ring_size, int file)
{
	struct evidence_rings	*rings = allocate(names, count, ring_size);

	if (rings == NULL)
		return (NULL);
	if (map(rings, file))
		return (rings);
	evidence_rings_release(rings);
	return (NULL);
}

struct evidence_rings *
evidence_rings_share(struct evidence_rings *rings)
{
	if (rings != NULL)
		atomic_fetch_add(&rings->references, 1);
	return (rings);
}

void
evidence_rings_release(struct evidence_rings *rings)
{
	int	 saved = errno;

	if (rings == NULL || atomic_fetch_sub(&rings->references, 1) > 1)
		return;
	if (rings->mapping != NULL)
		munmap(rings->mapping, file_size(rings));
	if (rings->file >= 0)
		close(rings->file);
	free(rings->names);
	free(rings);
	errno = saved;
}

static int
compare_names(const void *a, const void *b)
{
	return (strcmp(a, b));
}

bool
evidence_rings_get(const struct evidence_rings *rings, const char *interface,
    struct evidence_ring *ring)
{
	const char	(*found)[IF_NAMESIZE];
	size_t		 i;

	if (rings == NULL || rings->count == 0)
		return (false);
	found = bsearch(interface, rings->names, rings->count,
	    sizeof(*rings->names), compare_names);
	if (found == NULL)
		return (false);
	i = (size_t)(found - (const char (*)[IF_NAMESIZE])rings->names);
	evidence_ring_view(ring, (char *)rings->mapping +
	    i * rings->ring_size, rings->ring_size);
	return (true);
}

bool
evidence_rings_equal(const struct evidence_rings *a,
    const struct evidence_rings *b)
{
	return (a->count == b->count && a->ring_size == b->ring_size &&
	    memcmp(a->names, b->names, a->count * sizeof(*a->names)) == 0);
}

void
evidence_rings_copy(struct evidence_rings *to,
    const struct evidence_rings *from)
{
	struct evidence_ring	 a, b;
	size_t			 i;

	for (i = 0; i < to->count; i++)
		if (evidence_rings_get(from, to->names[i], &b) &&
		    evidence_rings_get(to, to->names[i], &a))
			evidence_ring_copy(&a, &b);
}
