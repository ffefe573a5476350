/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the rows of the store, and writes them in a transaction (store.h).
 */
#ifndef HBW_STORE_TABLES_H
#define HBW_STORE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "state/history_window.h"
#include "state/notification.h"
#include "state/store_counters.h"

struct store;

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
/* hbwCaptureIndex and name of each interface that ever was, by index. */
bool	 store_interfaces(struct store *, store_take_name *, void *arg);
/*
 * The last notification of each alarm, by hbwWatchIndex.  A watch whose alarm
 * had another id before has more than one; the last one is the present alarm.
 */
bool	 store_alarms(struct store *, store_take_notification *, void *arg);
/* The interfaces whose last notification is NOTIFICATION_BLIND. */
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
 * The raises and clears that the next storm notification summarises.  False
 * when there are none.
 */
bool	 store_open_storm(struct store *, struct notification_storm *);
/* The oldest sequence; 0: there is no notification. */
uint32_t store_oldest(struct store *);
/*
 * Adds those for which notification_is_extra() is true.  False when the file is
 * damaged or memory is exhausted.
 */
bool	 store_extra(struct store *, struct history_window *);
/*
 * Releases the part of the configuration that rows share.  A thread that has
 * read rows calls it before another one closes the store.
 */
void	 store_end_reading(struct store *);
/* False when the counters are missing, invalid or contradictory. */
bool	 store_get_counters(struct store *, struct store_counters *);

/*
 * These write between store_begin and store_commit.  After an error nothing
 * more is written, and store_commit returns false.
 */

void	 store_put_name(struct store *, uint32_t number, const char *name);
void	 store_put_interface(struct store *, uint32_t number,
	    const char *name);
/* A notification, and the state of its alarm, interface or storm. */
void	 store_put_notification(struct store *, const struct notification *);
/* The state of an alarm without its notification. */
void	 store_put_alarm(struct store *, const struct notification *);
void	 store_put_blind(struct store *, const char *interface, bool blind);
/* Deletes the notifications before a sequence. */
void	 store_delete_before(struct store *, uint32_t sequence);
void	 store_put_counters(struct store *, const struct store_counters *);

#endif
