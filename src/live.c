/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "utf8.h"

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

static struct live *
live_map(size_t ncaptures, size_t nwatches)
{
	struct live	*live;
	char		*base;
	size_t		 captures = aligned(sizeof(*live->pass));
	size_t		 watches = captures +
	    aligned(ncaptures * sizeof(*live->captures));
	size_t		 size = watches + nwatches * sizeof(*live->watches);

	live = calloc(1, sizeof(*live));
	if (live == NULL)
		return (NULL);
	live->names = calloc(ncaptures + 1, sizeof(*live->names));
	base = live->names == NULL ? MAP_FAILED : mmap(NULL, size,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED) {
		free(live->names);
		free(live);
		return (NULL);
	}
	live->mapping = base;
	live->size = size;
	live->pass = (_Atomic int64_t *)base;
	live->captures = (struct live_capture *)(base + captures);
	live->watches = (struct detect_watch *)(base + watches);
	live->ncaptures = ncaptures;
	live->nwatches = nwatches;
	return (live);
}

static void
begin_watches(struct live *live, const struct configuration *config,
    struct mono_time now)
{
	const struct configuration_profile	*p;
	size_t					 i;

	for (i = 0; i < config->nwatches; i++) {
		p = config->watches[i]->profile;
		detect_watch_begin(&live->watches[i],
		    live_capture_find(live, p->interface),
		    p->interruption_ns, p->recovery, p->enabled, now);
	}
}

struct live *
live_new(const struct configuration *config, struct mono_time now)
{
	struct live	 *live = NULL;
	const char	**names;
	size_t		  count, i;

	names = interfaces(config, &count);
	if (names == NULL)
		return (NULL);
	if (count <= DETECT_SOURCES_MAX)
		live = live_map(count, config->nwatches);
	else
		errno = EMFILE;
	if (live != NULL) {
		for (i = 0; i < count; i++) {
			/* configuration_load saw to the length. */
			strcpy(live->names[i], names[i]);
			strcpy(live->captures[i].interface, names[i]);
			live->captures[i].state = LIVE_CAPTURE_RUNNING;
			live->captures[i].ifindex = if_nametoindex(names[i]);
			detect_source_begin(&live->captures[i].source, now);
		}
		begin_watches(live, config, now);
	}
	free(names);
	return (live);
}

void
live_free(struct live *live)
{
	if (live == NULL)
		return;
	munmap(live->mapping, live->size);
	free(live->names);
	free(live);
}

static int
compare_capture(const void *key, const void *name)
{
	return (strcmp(key, *(const char (*)[IF_NAMESIZE])name));
}

uint32_t
live_capture_find(const struct live *live, const char *interface)
{
	const char	(*found)[IF_NAMESIZE];

	found = bsearch(interface, live->names, live->ncaptures,
	    sizeof(*live->names), compare_capture);
	return (found == NULL ? UINT32_MAX : (uint32_t)(found -
	    (const char (*)[IF_NAMESIZE])live->names));
}

/* ---- rows that may be anything */

static void
mend_time(struct mono_time *t, struct mono_time now)
{
	if (mono_before(mono_add(now, FUTURE_NS), *t))
		*t = now;
}

void
live_mend(struct live *live, const struct configuration *config,
    struct mono_time now)
{
	const struct configuration_profile	*p;
	struct live_capture			*c;
	struct detect_watch			*w;
	size_t					 i;

	for (i = 0; i < live->ncaptures; i++) {
		c = &live->captures[i];
		memcpy(c->interface, live->names[i], sizeof(c->interface));
		mend_time(&c->source.since, now);
		mend_time(&c->source.lossy, now);
	}
	for (i = 0; i < live->nwatches; i++) {
		p = config->watches[i]->profile;
		w = &live->watches[i];
		detect_watch_configure(w,
		    live_capture_find(live, p->interface),
		    p->interruption_ns, p->recovery, p->enabled);
		mend_time(&w->last, now);
		mend_time(&w->raised_at, now);
	}
}

void
live_clean_error(char error[LIVE_ERROR_SIZE])
{
	bool	 valid;
	size_t	 i;

	error[LIVE_ERROR_SIZE - 1] = '\0';
	valid = utf8_valid(error);
	for (i = 0; error[i] != '\0'; i++)
		if ((unsigned char)error[i] < ' ' ||
		    (!valid && (unsigned char)error[i] >= 0x80))
			error[i] = '?';
}

void
live_capture_read(const struct live *live, size_t i, struct live_capture *copy)
{
	*copy = live->captures[i];
	memcpy(copy->interface, live->names[i], sizeof(copy->interface));
	live_clean_error(copy->error);
	if (copy->state < LIVE_CAPTURE_RUNNING ||
	    copy->state > LIVE_CAPTURE_FAILED)
		copy->state = LIVE_CAPTURE_FAILED;
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
live_before(const struct configuration *config,
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
		before[i] = found == NULL ? LIVE_NEW :
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
live_carry(struct live *live, const struct configuration *config,
    const struct live *old, const struct configuration *old_config,
    const uint32_t *before, struct mono_time now)
{
	uint32_t	 i, c;

	for (i = 0; i < old->ncaptures; i++) {
		c = live_capture_find(live, old->names[i]);
		if (c != UINT32_MAX)
			live->captures[c] = old->captures[i];
	}
	for (i = 0; i < config->nwatches; i++)
		if (before[i] == LIVE_NEW)
			live->watches[i].last = now;
		else
			carry_watch(&live->watches[i],
			    &old->watches[before[i]],
			    same_flow(config->watches[i],
			    old_config->watches[before[i]]), now);
}
