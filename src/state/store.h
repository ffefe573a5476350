/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state on disk: STATE/hbwatchd.db, an SQLite file in WAL mode that is
 * synced at each commit, and STATE/epoch beside it.
 *
 * Never a reason not to watch: what cannot be read is set aside or done
 * without, what cannot be written is written when it can be.  It logs that
 * itself, once and then once an hour.
 */
#ifndef HBW_STORE_H
#define HBW_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"
#include "state/notification.h"

struct store;

/* What the notifications and alarms were counted up to. */
struct store_counters {
	uint32_t		 epoch;		/* 1..; +1 for a lost state */
	uint32_t		 sequence;	/* the newest notice; 0: none */
	uint32_t		 delivered;	/* all up to it were answered */
	uint32_t		 serial;	/* raises, of all alarms */
	struct wall_time	 last_change;	/* of an alarm */
};

enum store_result {
	STORE_FINE,
	STORE_TAKEN,		/* another hbwatchd has it; logged */
	STORE_NO_MEMORY,
};

/*
 * What an earlier run as another user left is root's again, if we are root.  To
 * be called while we have root's rights, which later are less.
 */
void	 store_adopt(const char *directory);

/*
 * Opens the state in a directory, which is made if need be, and reads its
 * counters; those of a new state if there is none.  A state that cannot be had
 * is STORE_FINE too.  store_close frees it.
 */
enum store_result store_open(struct store **, const char *directory,
	    struct store_counters *);
void	 store_close(struct store *);

/* Is there a file at all?  It may be one that can only be read. */
bool	 store_is_there(const struct store *);
/* What was read cannot be: a new file replaces it with the next store_begin. */
void	 store_damaged(struct store *);

/* ---- reading; what is not there, or not to be had, is not found */

/* False to stop. */
typedef bool store_take_name(void *arg, uint32_t number, const char *name);
/* The notice is the callee's, to release it. */
typedef bool store_take_notification(void *arg, struct notification *);
typedef bool store_take_blind(void *arg, const char *interface);
typedef bool store_take_storm(void *arg, uint32_t sequence,
	    const struct notification_storm *);

/*
 * All of a kind.  False when one could not be read, or a callee wanted to stop;
 * a file that is damaged is set aside with the next store_begin.
 */
bool	 store_names(struct store *, store_take_name *, void *arg);
/* The last notice of each watch that ever had one, by hbwWatchIndex. */
bool	 store_alarms(struct store *, store_take_notification *, void *arg);
/* The interfaces that the last notice called blind. */
bool	 store_blind(struct store *, store_take_blind *, void *arg);
/* The notices after `sequence`, in order. */
bool	 store_notifications(struct store *, uint32_t after, store_take_notification *,
	    void *arg);
/* One notice, for the caller to release. */
bool	 store_notification(struct store *, uint32_t sequence, struct notification *);
/* What was told of storms, in order: the last one, and those of the notices. */
bool	 store_storms(struct store *, store_take_storm *, void *arg);
/* What a storm that was not told yet left untold; false when there is none. */
bool	 store_open_storm(struct store *, struct notification_storm *);
/* The oldest notice; 0 when there is none. */
uint32_t store_oldest(struct store *);

/* ---- writing: one transaction from store_begin to store_commit */

/*
 * False when it cannot be written now; it is tried anew after a while.  A file
 * that had to be replaced is empty: then *anew is set, `counters` has another
 * epoch, and everything is to be put.
 */
bool	 store_begin(struct store *, struct mono_time now, bool *recreated,
	    struct store_counters *counters);
void	 store_put_name(struct store *, uint32_t number, const char *name);
/* A notice, and what it says of its alarm or capture. */
void	 store_put_notification(struct store *, const struct notification *);
/* What a notice of that alarm said, without the notice. */
void	 store_put_alarm(struct store *, const struct notification *);
void	 store_put_blind(struct store *, const char *interface, bool blind);
/* The notices before `oldest` go. */
void	 store_put_oldest(struct store *, uint32_t oldest);
void	 store_put_counters(struct store *, const struct store_counters *);
/*
 * On disk, all of it; else false, and nothing of it.  `even` says that there is
 * no notice beside those that were put, now or before.
 */
bool	 store_commit(struct store *, struct mono_time now, bool even);

/* What failed may be tried again at once. */
void	 store_retry_now(struct store *);

/* There is time for what a commit would else take longer for. */
void	 store_checkpoint(struct store *);

/* Did the last try to write fail, and when is the next? */
bool	 store_fails(const struct store *);
struct mono_time store_retry(const struct store *);

#endif
