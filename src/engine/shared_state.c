/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "engine/shared_state.h"

/* A time of a row that is so much later than now never was. */
#define FUTURE_NS	(60 * NSEC_PER_SEC)

static int
compare_names(const void *a, const void *b)
{
	return (strcmp(*(char *const *)a, *(char *const *)b));
}

/* The interfaces of enabled watches, sorted, each once; NULL: no memory. */
static const char **
interfaces(const struct configuration *config, size_t *count)
{
	const char	**names;
	size_t		  i, total = 0, n = 0;

	names = calloc(config->nwatches + 1, sizeof(*names));
	if (names == NULL)
		return (NULL);
	for (i = 0; i < config->nwatches; i++)
		if (config->watches[i]->profile->enabled)
			names[total++] = config->watches[i]->profile->interface;
	qsort(names, total, sizeof(*names), compare_names);
	for (i = 0; i < total; i++)
		if (n == 0 || strcmp(names[n - 1], names[i]) != 0)
			names[n++] = names[i];
	*count = n;
	return (names);
}

static size_t
aligned(size_t size)
{
	return ((size + 63) / 64 * 64);
}

static struct shared_state *
map_shared_state(size_t ncaptures, size_t nwatches)
{
	struct shared_state	*shared;
	char		*base;
	size_t		 captures = aligned(sizeof(*shared->next_wakeup));
	size_t		 watches = captures +
	    aligned(ncaptures * sizeof(*shared->captures));
	size_t		 size = watches + nwatches * sizeof(*shared->watches);

	shared = calloc(1, sizeof(*shared));
	if (shared == NULL)
		return (NULL);
	shared->names = calloc(ncaptures + 1, sizeof(*shared->names));
	base = shared->names == NULL ? MAP_FAILED : mmap(NULL, size,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED) {
		free(shared->names);
		free(shared);
		return (NULL);
	}
	shared->mapping = base;
	shared->size = size;
	shared->next_wakeup = (_Atomic int64_t *)base;
	shared->captures = (struct shared_capture *)(base + captures);
	shared->watches = (struct detect_watch *)(base + watches);
	shared->ncaptures = ncaptures;
	shared->nwatches = nwatches;
	return (shared);
}

static void
begin_watches(struct shared_state *shared, const struct configuration *config,
    struct mono_time now)
{
	const struct configuration_profile	*p;
	size_t					 i;

	for (i = 0; i < config->nwatches; i++) {
		p = config->watches[i]->profile;
		detect_watch_begin(&shared->watches[i],
		    shared_state_find_capture(shared, p->interface),
		    p->interruption_ns, p->recovery, p->enabled, now);
	}
}

struct shared_state *
shared_state_new(const struct configuration *config, struct mono_time now)
{
	struct shared_state	 *shared = NULL;
	const char	**names;
	size_t		  count, i;

	names = interfaces(config, &count);
	if (names == NULL)
		return (NULL);
	if (count <= DETECT_SOURCES_MAX)
		shared = map_shared_state(count, config->nwatches);
	else
		errno = EMFILE;
	if (shared != NULL) {
		for (i = 0; i < count; i++) {
			/* configuration_load saw to the length. */
			strcpy(shared->names[i], names[i]);
			strcpy(shared->captures[i].interface, names[i]);
			shared->captures[i].state = SHARED_CAPTURE_RUNNING;
			shared->captures[i].ifindex = if_nametoindex(names[i]);
			detect_source_begin(&shared->captures[i].source, now);
		}
		begin_watches(shared, config, now);
	}
	free(names);
	return (shared);
}

void
shared_state_free(struct shared_state *shared)
{
	if (shared == NULL)
		return;
	munmap(shared->mapping, shared->size);
	free(shared->names);
	free(shared);
}

static int
compare_capture(const void *key, const void *name)
{
	return (strcmp(key, *(const char (*)[IF_NAMESIZE])name));
}

uint32_t
shared_state_find_capture(const struct shared_state *shared, const char *interface)
{
	const char	(*found)[IF_NAMESIZE];

	found = bsearch(interface, shared->names, shared->ncaptures,
	    sizeof(*shared->names), compare_capture);
	return (found == NULL ? UINT32_MAX : (uint32_t)(found -
	    (const char (*)[IF_NAMESIZE])shared->names));
}

/* ---- rows that may be anything */

static void
mend_time(struct mono_time *t, struct mono_time now)
{
	if (mono_before(mono_add(now, FUTURE_NS), *t))
		*t = now;
}

void
shared_state_sanitize(struct shared_state *shared, const struct configuration *config,
    struct mono_time now)
{
	const struct configuration_profile	*p;
	struct shared_capture			*c;
	struct detect_watch			*w;
	size_t					 i;

	for (i = 0; i < shared->ncaptures; i++) {
		c = &shared->captures[i];
		memcpy(c->interface, shared->names[i], sizeof(c->interface));
		mend_time(&c->source.since, now);
		mend_time(&c->source.lossy, now);
	}
	for (i = 0; i < shared->nwatches; i++) {
		p = config->watches[i]->profile;
		w = &shared->watches[i];
		detect_watch_configure(w,
		    shared_state_find_capture(shared, p->interface),
		    p->interruption_ns, p->recovery, p->enabled);
		mend_time(&w->last, now);
		mend_time(&w->raised_at, now);
	}
}

void
shared_state_clean_error(char error[SHARED_ERROR_SIZE])
{
	bool	 valid;
	size_t	 i;

	error[SHARED_ERROR_SIZE - 1] = '\0';
	valid = utf8_valid(error);
	for (i = 0; error[i] != '\0'; i++)
		if ((unsigned char)error[i] < ' ' ||
		    (!valid && (unsigned char)error[i] >= 0x80))
			error[i] = '?';
}

void
shared_state_read_capture(const struct shared_state *shared, size_t i, struct shared_capture *copy)
{
	*copy = shared->captures[i];
	memcpy(copy->interface, shared->names[i], sizeof(copy->interface));
	shared_state_clean_error(copy->error);
	if (copy->state < SHARED_CAPTURE_RUNNING ||
	    copy->state > SHARED_CAPTURE_FAILED)
		copy->state = SHARED_CAPTURE_FAILED;
}

/* A watch and its position. */
struct named {
	const struct configuration_watch	*watch;
	size_t					 position;
};

static int
compare_watches(const void *a, const void *b)
{
	return (strcmp(((const struct named *)a)->watch->name,
	    ((const struct named *)b)->watch->name));
}

/* The watches of a configuration by name; NULL when there is no memory. */
static struct named *
by_name(const struct configuration *config)
{
	struct named	*sorted;
	size_t		 i;

	sorted = calloc(config->nwatches + 1, sizeof(*sorted));
	if (sorted == NULL)
		return (NULL);
	for (i = 0; i < config->nwatches; i++)
		sorted[i] = (struct named){ config->watches[i], i };
	qsort(sorted, config->nwatches, sizeof(*sorted), compare_watches);
	return (sorted);
}

static bool
same_flow(const struct configuration_watch *a,
    const struct configuration_watch *b)
{
	/* Shared texts are equal when they are the same. */
	return (a->profile->interface == b->profile->interface &&
	    a->profile->heartbeat == b->profile->heartbeat &&
	    addr_equal(&a->peer, &b->peer) &&
	    addr_equal(&a->profile->local, &b->profile->local));
}

static void
carry_watch(struct detect_watch *w, const struct detect_watch *old,
    bool same, struct mono_time now)
{
	struct detect_watch	 begun = *w;

	if (same && w->enabled && old->enabled) {
		*w = *old;
		w->source = begun.source;
		w->interruption_ns = begun.interruption_ns;
		w->recovery = begun.recovery;
		return;
	}
	w->last = now;
	/* The count of transitions goes on; a disabled watch has no alarm. */
	w->transitions = old->transitions;
	if (old->raised && w->enabled) {
		w->raised = true;
		w->raised_at = old->raised_at;
	} else if (old->raised) {
		w->transitions++;
	}
}

uint32_t *
shared_state_old_positions(const struct configuration *config,
    const struct configuration *old_config)
{
	struct named	*sorted, *found, key = { 0 };
	uint32_t	*before;
	size_t		 i;

	sorted = by_name(old_config);
	before = calloc(config->nwatches + 1, sizeof(*before));
	for (i = 0; sorted != NULL && before != NULL && i < config->nwatches;
	    i++) {
		key.watch = config->watches[i];
		found = bsearch(&key, sorted, old_config->nwatches,
		    sizeof(*sorted), compare_watches);
		before[i] = found == NULL ? SHARED_STATE_NEW :
		    (uint32_t)found->position;
	}
	if (sorted == NULL) {
		free(before);
		before = NULL;
	}
	free(sorted);
	return (before);
}

void
shared_state_take_over(struct shared_state *shared, const struct configuration *config,
    const struct shared_state *old, const struct configuration *old_config,
    const uint32_t *before, struct mono_time now)
{
	uint32_t	 i, c;

	for (i = 0; i < old->ncaptures; i++) {
		c = shared_state_find_capture(shared, old->names[i]);
		if (c != UINT32_MAX)
			shared->captures[c] = old->captures[i];
	}
	for (i = 0; i < config->nwatches; i++)
		if (before[i] == SHARED_STATE_NEW)
			shared->watches[i].last = now;
		else
			carry_watch(&shared->watches[i],
			    &old->watches[before[i]],
			    same_flow(config->watches[i],
			    old_config->watches[before[i]]), now);
}
