/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/mman.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/memory_file.h"
#include "engine/engine_check.h"
#include "engine/shared_state.h"

/* Each array of rows starts at a cache line. */
#define LINE_SIZE	64

static int
compare_names(const void *a, const void *b)
{
	return (strcmp(a, b));
}

/* Lists the interfaces of the enabled watches, sorted, each once. */
static bool
list_interfaces(struct shared_state *shared, const struct configuration *config)
{
	const struct configuration_profile	*p;
	const char				*last = NULL;
	size_t					 i, n = 0, capacity = 0;

	for (i = 0; i < config->nwatches; i++) {
		p = config->watches[i]->profile;
		/* Skipping equal neighbours makes the list short. */
		if (!p->enabled || p->interface == last)
			continue;
		if (!array_reserve(&shared->names, &capacity, n + 1,
		    sizeof(*shared->names)))
			return (false);
		memset(shared->names[n], 0, sizeof(*shared->names));
		/* The configuration has checked the length. */
		strcpy(shared->names[n++], p->interface);
		last = p->interface;
	}
	if (n > 0)
		qsort(shared->names, n, sizeof(*shared->names), compare_names);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(shared->names[shared->ncaptures - 1],
		    shared->names[i]) != 0)
			memmove(shared->names[shared->ncaptures++],
			    shared->names[i], sizeof(*shared->names));
	return (true);
}

static size_t
aligned(size_t size)
{
	return ((size + LINE_SIZE - 1) / LINE_SIZE * LINE_SIZE);
}

/* The positions of the arrays in the mapping, which starts with next_wakeup. */
static size_t
captures_at(const struct shared_state *shared)
{
	return (aligned(sizeof(*shared->next_wakeup)));
}

static size_t
watches_at(const struct shared_state *shared)
{
	return (captures_at(shared) +
	    aligned(shared->ncaptures * sizeof(*shared->captures)));
}

static size_t
duals_at(const struct shared_state *shared)
{
	return (watches_at(shared) +
	    aligned(shared->nwatches * sizeof(*shared->watches)));
}

/* Rows that have no file yet.  NULL on error (errno). */
static struct shared_state *
rows_of(const struct configuration *config)
{
	struct shared_state	*shared = calloc(1, sizeof(*shared));

	if (shared == NULL)
		return (NULL);
	shared->file = -1;
	if (!list_interfaces(shared, config) ||
	    !alarm_positions_init(&shared->positions, config)) {
		shared_state_free(shared);
		return (NULL);
	}
	if (shared->ncaptures > DETECT_SOURCES_MAX) {
		shared_state_free(shared);
		errno = EMFILE;
		return (NULL);
	}
	shared->nwatches = config->nwatches;
	shared->size = duals_at(shared) +
	    shared->positions.nduals * sizeof(*shared->duals);
	return (shared);
}

static bool
map_rows(struct shared_state *shared, int file)
{
	size_t	 captures = captures_at(shared), watches = watches_at(shared);
	char	*start;

	start = mmap(NULL, shared->size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    file, 0);
	if (start == MAP_FAILED)
		return (false);
	shared->mapping = start;
	shared->next_wakeup = (_Atomic int64_t *)start;
	shared->captures = (struct shared_capture *)(start + captures);
	shared->watches = (struct detect_watch *)(start + watches);
	shared->duals = (struct dual *)(start + duals_at(shared));
	return (true);
}

void
shared_state_configure(const struct shared_state *shared,
    const struct configuration_profile *p, struct detect_watch *w)
{
	detect_watch_configure(w, shared_state_find_capture(shared,
	    p->interface), p->interruption_ns, p->recovery, p->enabled);
}

static void
configure_watches(struct shared_state *shared,
    const struct configuration *config)
{
	const struct configuration_profile	*p;
	size_t					 i;

	for (i = 0; i < config->nwatches; i++)
		shared_state_configure(shared, config->watches[i]->profile,
		    &shared->watches[i]);
	for (i = 0; i < shared->positions.nduals; i++) {
		p = config->watches[shared->positions.duals[i]]->profile;
		dual_configure(&shared->duals[i], p->dual->interruption_ns,
		    p->floating_ip.family != ADDR_NONE);
	}
}

static bool
make_rings(struct shared_state *shared, size_t size)
{
	if (size == 0 || shared->ncaptures == 0)
		return (true);
	shared->rings = evidence_rings_new(shared->names, shared->ncaptures,
	    size);
	return (shared->rings != NULL);
}

struct shared_state *
shared_state_new(const struct configuration *config, struct mono_time now)
{
	struct shared_state	*shared = rows_of(config);
	struct shared_capture	*c;
	size_t			 i;

	if (shared == NULL)
		return (NULL);
	shared->file = memory_file_new("hbwatch-rows");
	/* The new file is all zero. */
	if (shared->file < 0 || ftruncate(shared->file,
	    (off_t)shared->size) != 0 ||
	    !memory_file_seal(shared->file, false) ||
	    !map_rows(shared, shared->file) ||
	    !make_rings(shared, config->evidence)) {
		shared_state_free(shared);
		return (NULL);
	}
	for (i = 0; i < shared->ncaptures; i++) {
		c = &shared->captures[i];
		memcpy(c->interface, shared->names[i], sizeof(c->interface));
		c->state = SHARED_CAPTURE_RUNNING;
		c->ifindex = if_nametoindex(c->interface);
		detect_source_begin(&c->source, now);
	}
	for (i = 0; i < shared->nwatches; i++)
		detect_watch_begin(&shared->watches[i], now);
	for (i = 0; i < shared->positions.nduals; i++)
		dual_begin(&shared->duals[i]);
	configure_watches(shared, config);
	return (shared);
}

struct shared_state *
shared_state_attach(const struct configuration *config, int file)
{
	struct shared_state	*shared = rows_of(config);

	if (shared == NULL)
		return (NULL);
	if (memory_file_size(file, false) != shared->size) {
		shared_state_free(shared);
		errno = EINVAL;
		return (NULL);
	}
	if (map_rows(shared, file))
		return (shared);
	shared_state_free(shared);
	return (NULL);
}

void
shared_state_free(struct shared_state *shared)
{
	if (shared == NULL)
		return;
	if (shared->mapping != NULL)
		munmap(shared->mapping, shared->size);
	if (shared->file >= 0)
		close(shared->file);
	evidence_rings_release(shared->rings);
	free(shared->names);
	alarm_positions_free(&shared->positions);
	free(shared);
}

uint32_t
shared_state_find_capture(const struct shared_state *shared,
    const char *interface)
{
	const char	(*found)[IF_NAMESIZE];

	if (shared->ncaptures == 0)
		return (UINT32_MAX);
	found = bsearch(interface, shared->names, shared->ncaptures,
	    sizeof(*shared->names), compare_names);
	return (found == NULL ? UINT32_MAX : (uint32_t)(found -
	    (const char (*)[IF_NAMESIZE])shared->names));
}

/* ---- rows that an engine may have written */

void
shared_state_read_watch(const struct shared_state *shared, size_t i,
    struct mono_time now, struct detect_watch *copy)
{
	detect_watch_read(&shared->watches[i], copy);
	engine_check_watch(copy, now);
}

void
shared_state_read_dual(const struct shared_state *shared, size_t i,
    struct mono_time now, struct dual *copy)
{
	dual_read(&shared->duals[i], copy);
	engine_check_dual(copy, now);
}

void
shared_state_read_capture(const struct shared_state *shared, size_t i,
    struct mono_time now, struct shared_capture *copy)
{
	*copy = shared->captures[i];
	engine_check_row(copy, shared->names[i], now);
}

void
shared_state_read_source(const struct shared_state *shared, size_t i,
    struct mono_time now, struct detect_source *copy)
{
	*copy = shared->captures[i].source;
	engine_check_source(copy, now);
}

bool
shared_state_listens(const struct shared_state *shared, size_t i)
{
	return (shared->captures[i].listening != 0);
}

/* Otherwise the next engine would clear alarms too late. */
static void
sanitize_dual(struct dual *d, struct mono_time now)
{
	unsigned	 i;

	engine_check_dual(d, now);
	dual_sanitize(d);
	d->raised_at = mono_min(d->raised_at, now);
	d->cleared_at = mono_min(d->cleared_at, now);
	d->both = mono_min(d->both, now);
	for (i = 0; i < DUAL_SENDERS; i++)
		d->senders[i].last = mono_min(d->senders[i].last, now);
}

void
shared_state_sanitize(struct shared_state *shared,
    const struct configuration *config, struct mono_time now)
{
	struct shared_capture	*c;
	struct detect_watch	*w;
	size_t			 i;

	for (i = 0; i < shared->ncaptures; i++) {
		c = &shared->captures[i];
		engine_check_row(c, shared->names[i], now);
		/* Otherwise the next engine would raise alarms too late. */
		c->source.since = mono_min(c->source.since, now);
		c->source.last_loss = mono_min(c->source.last_loss, now);
	}
	configure_watches(shared, config);
	for (i = 0; i < shared->nwatches; i++) {
		w = &shared->watches[i];
		detect_watch_sanitize(w);
		engine_check_watch(w, now);
		w->last = mono_min(w->last, now);
		w->raised_at = mono_min(w->raised_at, now);
	}
	for (i = 0; i < shared->positions.nduals; i++)
		sanitize_dual(&shared->duals[i], now);
}

/* ---- a new configuration */

void
shared_state_keep_rings(struct shared_state *shared,
    const struct shared_state *old)
{
	if (shared->rings == NULL || old->rings == NULL)
		return;
	if (evidence_rings_equal(shared->rings, old->rings)) {
		evidence_rings_release(shared->rings);
		shared->rings = evidence_rings_share(old->rings);
	} else {
		evidence_rings_copy(shared->rings, old->rings);
	}
}

/* The strings are interned, so it is enough to compare their addresses. */
static bool
is_same_flow(const struct configuration_watch *a,
    const struct configuration_watch *b)
{
	return (a->profile->interface == b->profile->interface &&
	    a->profile->heartbeat == b->profile->heartbeat &&
	    a->profile->vlan == b->profile->vlan &&
	    a->profile->hop_limit == b->profile->hop_limit &&
	    a->profile->has_peer_mac == b->profile->has_peer_mac &&
	    memcmp(&a->profile->peer_mac, &b->profile->peer_mac,
	    sizeof(a->profile->peer_mac)) == 0 &&
	    addr_equal(&a->peer, &b->peer) &&
	    addr_equal(&a->profile->local, &b->profile->local));
}

/* As shared_state_take_over, for row i of two active nodes. */
static void
take_over_dual(struct shared_state *shared, size_t i,
    const struct configuration *config, const struct shared_state *old,
    const struct configuration *old_config,
    const uint32_t *old_position, struct mono_time now)
{
	const struct configuration_watch	*w, *before;
	const struct dual			*from;
	uint32_t				 watch, old_watch, position;
	bool					 enabled;

	watch = shared->positions.duals[i];
	old_watch = old_position[watch];
	if (old_watch == SHARED_STATE_NEW)
		return;
	position = alarm_positions_dual(&old->positions, old_watch);
	if (position == ALARM_POSITIONS_NONE)
		return;
	from = &old->duals[position - old->nwatches];
	w = config->watches[watch];
	before = old_config->watches[old_watch];
	enabled = w->profile->enabled;
	if (enabled && before->profile->enabled && is_same_flow(w, before) &&
	    addr_equal(&w->profile->floating_ip, &before->profile->floating_ip))
		shared->duals[i] = *from;
	else
		dual_restore(&shared->duals[i], from->transitions +
		    (from->raised && !enabled), from->raised && enabled,
		    from->raised_at, now);
}

void
shared_state_take_over(struct shared_state *shared,
    const struct configuration *config, const struct shared_state *old,
    const struct configuration *old_config,
    const uint32_t *old_position, struct mono_time now)
{
	const struct detect_watch	*from;
	struct detect_watch		*w;
	uint32_t			 i, c;

	/* Frames that the old engine wrote after shared_state_keep_rings. */
	if (shared->rings != NULL && old->rings != NULL &&
	    shared->rings != old->rings)
		evidence_rings_copy(shared->rings, old->rings);
	for (i = 0; i < old->ncaptures; i++) {
		c = shared_state_find_capture(shared, old->names[i]);
		if (c != UINT32_MAX)
			shared->captures[c] = old->captures[i];
	}
	for (i = 0; i < config->nwatches; i++) {
		w = &shared->watches[i];
		w->last = now;
		if (old_position[i] == SHARED_STATE_NEW)
			continue;
		from = &old->watches[old_position[i]];
		if (w->enabled && from->enabled &&
		    is_same_flow(config->watches[i],
		    old_config->watches[old_position[i]]))
			*w = *from;
		else
			detect_watch_restore(w, from->transitions, from->raised,
			    from->raised_at, WALL_NEVER);
	}
	for (i = 0; i < shared->positions.nduals; i++)
		take_over_dual(shared, i, config, old, old_config,
		    old_position, now);
	/* The copied rows have the old configuration. */
	configure_watches(shared, config);
}
