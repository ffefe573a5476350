/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision about the mark `unsaved` of the file epoch (store_epoch.h) while
 * a transaction is written.  A transaction with all notifications removes the
 * mark.  But meanwhile another thread may send a newer notification, which
 * needs the mark.  The first of the two decides.
 */
#ifndef HBW_STORE_MARK_H
#define HBW_STORE_MARK_H

#include <stdatomic.h>
#include <stdbool.h>

enum store_mark_decision {
	STORE_MARK_OPEN,
	STORE_MARK_KEPT,
	STORE_MARK_REMOVED,
};

struct store_mark {
	atomic_int	 decision;	/* enum store_mark_decision */
};

/* True if this is the decision, now or before; false: it is the other one. */
static inline bool
store_mark_decide(struct store_mark *mark, enum store_mark_decision wanted)
{
	int	 old = STORE_MARK_OPEN;

	return (atomic_compare_exchange_strong(&mark->decision, &old,
	    (int)wanted) || old == (int)wanted);
}

#endif
