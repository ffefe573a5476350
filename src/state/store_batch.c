/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/array.h"
#include "state/store.h"
#include "state/store_batch.h"
#include "state/store_tables.h"

/* ---- preparing */

struct store_batch *
store_batch_new(struct mono_time now, const struct store_counters *counters)
{
	struct store_batch	*b = calloc(1, sizeof(*b));

	if (b == NULL)
		return (NULL);
	b->now = now;
	b->counters = *counters;
	return (b);
}

static void
free_rows(struct store_batch_rows *r)
{
	while (r->count > 0)
		notification_release(&r->rows[--r->count]);
	free(r->rows);
}

void
store_batch_free(struct store_batch *b)
{
	if (b == NULL)
		return;
	watch_index_free(&b->blind);
	watch_index_free(&b->names);
	watch_index_free(&b->interfaces);
	free_rows(&b->alarms);
	free_rows(&b->notifications);
	free(b);
}

void
store_batch_add_name(struct store_batch *b, uint32_t number, const char *name)
{
	if (!watch_index_restore(&b->names, name, number))
		b->no_memory = true;
}

void
store_batch_add_interface(struct store_batch *b, uint32_t number,
    const char *name)
{
	if (!watch_index_restore(&b->interfaces, name, number))
		b->no_memory = true;
}

void
store_batch_add_blind(struct store_batch *b, const char *interface)
{
	if (watch_index_add(&b->blind, interface) == 0)
		b->no_memory = true;
}

static void
add_row(struct store_batch *b, struct store_batch_rows *r,
    const struct notification *n)
{
	struct notification	*copy;

	b->no_memory = b->no_memory || !array_reserve(&r->rows, &r->capacity,
	    r->count + 1, sizeof(*r->rows));
	if (b->no_memory)
		return;
	copy = &r->rows[r->count];
	b->no_memory = !notification_copy(copy, n);
	if (b->no_memory)
		return;
	copy->epoch = notification_epoch(n, b->counters.epoch);
	r->count++;
}

void
store_batch_add_alarm(struct store_batch *b, const struct notification *n)
{
	add_row(b, &b->alarms, n);
}

void
store_batch_add_notification(struct store_batch *b,
    const struct notification *n)
{
	add_row(b, &b->notifications, n);
}

/* ---- writing */

static void
put_blind(void *store, uint32_t number, const char *interface)
{
	(void)number;
	store_put_blind(store, interface, true);
}

static void
put_name(void *store, uint32_t number, const char *name)
{
	store_put_name(store, number, name);
}

static void
put_interface(void *store, uint32_t number, const char *name)
{
	store_put_interface(store, number, name);
}

static void
put_rows(const struct store_batch *b, struct store *s)
{
	size_t	 i;

	watch_index_each(&b->blind, 0, put_blind, s);
	for (i = 0; i < b->alarms.count; i++)
		store_put_alarm(s, &b->alarms.rows[i]);
	watch_index_each(&b->names, 0, put_name, s);
	watch_index_each(&b->interfaces, 0, put_interface, s);
	for (i = 0; i < b->notifications.count; i++)
		store_put_notification(s, &b->notifications.rows[i]);
	if (b->delete_before != 0)
		store_delete_before(s, b->delete_before);
	store_put_counters(s, &b->counters);
}

static enum store_batch_result
write_rows(struct store_batch *b, struct store *s)
{
	bool	 recreated;

	store_set_synced(s, b->synced);
	if (!store_begin(s, b->now, &recreated, &b->counters))
		return (STORE_BATCH_FAILED);
	if (recreated && !b->everything) {
		store_cancel(s);
		return (STORE_BATCH_INCOMPLETE);
	}
	put_rows(b, s);
	return (store_commit(s, b->now, &b->mark) ? STORE_BATCH_WRITTEN :
	    STORE_BATCH_FAILED);
}

void
store_batch_write(struct store_batch *b, struct store *s)
{
	if (b->damaged)
		store_set_damaged(s);
	if (b->retry)
		store_retry_now(s);
	b->result = write_rows(b, s);
	b->epoch = store_epoch(s);
	b->next_retry = store_next_retry(s);
}
