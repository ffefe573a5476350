/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state on disk: STATE/hbwatchd.db, an SQLite file in WAL mode that is
 * synced at each commit, and STATE/epoch (epoch_file.h).
 *
 * A problem with the state never stops hbwatchd.  A file that cannot be read is
 * set aside; while the state cannot be written, hbwatchd continues from memory.
 * The store logs this itself: at once, and then once an hour.
 */
#ifndef HBW_STORE_H
#define HBW_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"
#include "state/notification.h"

struct store;

/* Each number is at most INT32_MAX in the file. */
struct store_counters {
	uint32_t		 epoch;		/* from 1; +1 for a loss */
	uint32_t		 sequence;	/* the newest; 0: none */
	uint32_t		 delivered;	/* all up to it are delivered */
	uint32_t		 serial;	/* raises of all alarms */
	struct wall_time	 last_change;	/* of any alarm */
};

enum store_result {
	STORE_OK,
	STORE_IN_USE,		/* by another hbwatchd; logged */
	STORE_NO_MEMORY,
};

/*
 * Opens the state in a directory, which is created if needed, and reads its
 * counters.  Without a usable state, the counters are those of a new one.  A
 * state that can be neither read nor written is STORE_OK too.  The caller frees
 * the store with store_close, which also ends an open transaction without
 * writing it.  On error *store is NULL.
 */
enum store_result store_open(struct store **, const char *directory,
	    struct store_counters *);
void	 store_close(struct store *);

/* Is there a file that can be read?  It may be read-only. */
bool	 store_is_readable(const struct store *);
/* The caller found invalid data: the next store_begin replaces the file. */
void	 store_set_damaged(struct store *);

/* ---- reading */

/*
 * Each callback returns false to stop.  Texts are valid during the call; the
 * callee owns the notification and releases it.
 */
typedef bool store_take_name(void *arg, uint32_t number, const char *name);
typedef bool store_take_notification(void *arg, struct notification *);
typedef bool store_take_blind(void *arg, const char *interface);
typedef bool store_take_storm(void *arg, uint32_t sequence,
	    const struct notification_storm *);

/*
 * These read all rows of a kind.  False when a row could not be read or when
 * the callback stopped.  The next store_begin replaces a damaged file.
 */
/* hbwWatchIndex and name of each watch that ever was, by index. */
bool	 store_names(struct store *, store_take_name *, void *arg);
/* The last notification of each watch, by hbwWatchIndex. */
bool	 store_alarms(struct store *, store_take_notification *, void *arg);
/* The interfaces of which the last notification is NOTIFICATION_BLIND. */
bool	 store_blind(struct store *, store_take_blind *, void *arg);
/* The notifications after a sequence, in order. */
bool	 store_notifications(struct store *, uint32_t after,
	    store_take_notification *, void *arg);
/* The storms with the sequences of their notifications, in order. */
bool	 store_storms(struct store *, store_take_storm *, void *arg);

/*
 * Reads one notification, which the caller releases.  False when there is none
 * or it cannot be read; then *n has nothing to be released.
 */
bool	 store_notification(struct store *, uint32_t sequence,
	    struct notification *n);
/*
 * The transitions since the last storm notification that were left to the next
 * one; false: none.
 */
bool	 store_open_storm(struct store *, struct notification_storm *);
/* The oldest sequence; 0: there is no notification. */
uint32_t store_oldest(struct store *);

/* ---- writing: one transaction from store_begin to store_commit */

/*
 * `counters` are the caller's present ones.  False when the state cannot be
 * written now; then it is not tried again before store_next_retry.  *recreated:
 * the file is new and empty, so the caller must put everything, and *counters
 * may have a new epoch.
 */
bool	 store_begin(struct store *, struct mono_time now, bool *recreated,
	    struct store_counters *counters);
void	 store_put_name(struct store *, uint32_t number, const char *name);
/* A notification, and the state of its alarm, interface or storm. */
void	 store_put_notification(struct store *, const struct notification *);
/* The state of an alarm without its notification. */
void	 store_put_alarm(struct store *, const struct notification *);
void	 store_put_blind(struct store *, const char *interface, bool blind);
/* Deletes the notifications before a sequence. */
void	 store_delete_before(struct store *, uint32_t sequence);
void	 store_put_counters(struct store *, const struct store_counters *);
/*
 * True when the transaction is on disk; on false nothing of it is.  `complete`:
 * the file now has every notification that exists.
 */
bool	 store_commit(struct store *, struct mono_time now, bool complete);

/* Did the last transaction fail?  If so, when is the next try? */
bool	 store_is_failing(const struct store *);
struct mono_time store_next_retry(const struct store *);
/* Allows the next try at once. */
void	 store_retry_now(struct store *);

/*
 * To be called when nothing else is to be done: copies the write-ahead log to
 * the database, which would otherwise delay a later commit.
 */
void	 store_checkpoint(struct store *);

#endif
