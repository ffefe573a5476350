/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "base/log.h"
#include "state/store.h"
#include "state/store_epoch.h"
#include "state/store_internal.h"
#include "state/store_reserve.h"

/*
 * Epochs from here on are from the clock; counting does not reach them.  The
 * next one after such an epoch is from the clock, too: the one that follows it
 * by counting may have been used without being written.
 */
#define FIRST_FROM_CLOCK	UINT32_C(1000000000)

uint32_t
store_unmarked_epoch(uint32_t epoch, struct wall_time now)
{
	uint32_t	 next = epoch < FIRST_FROM_CLOCK ||
			    epoch == UINT32_MAX ? FIRST_FROM_CLOCK : epoch + 1;
	int64_t		 seconds = now.ns / NSEC_PER_SEC;
	uint16_t	 more = 0;

	if (seconds >= next && seconds <= UINT32_MAX)
		return ((uint32_t)seconds);
	/*
	 * Another run may have begun an epoch after the same one.  A clock that
	 * was not set since the start of the machine shows a time near 1970.
	 */
	if (getrandom(&more, sizeof(more), GRND_NONBLOCK) < 0)
		log_debug("no random number: %s", strerror(errno));
	return ((next > UINT32_MAX - more ? FIRST_FROM_CLOCK : next) + more);
}

uint32_t
store_epoch_next(uint32_t epoch)
{
	return (epoch < FIRST_FROM_CLOCK ? epoch + 1 :
	    store_unmarked_epoch(epoch, wall_now()));
}

uint32_t
store_epoch(const struct store *s)
{
	return (s->epoch);
}

bool
store_epoch_is_written(const struct store *s)
{
	return (s->epoch_file.epoch == s->epoch && !s->epoch_file_pending);
}

/* Writes s->epoch_file. */
static bool
write_file(struct store *s)
{
	bool	 failed_before = s->epoch_file_pending;

	/* Later starts do not read what is written beside removed files. */
	s->epoch_file_pending = s->displaced ||
	    !epoch_file_write(s->epoch_path, &s->epoch_file);
	if (!s->epoch_file_pending) {
		s->unmarked = false;
		return (true);
	}
	if (!failed_before && !s->displaced)
		log_debug("%s: %s; writing it again with the next "
		    "transaction", s->epoch_path, strerror(errno));
	return (false);
}

bool
store_epoch_write(struct store *s, bool unsaved)
{
	struct epoch_file	*f = &s->epoch_file;
	const struct epoch_file	 old = *f;

	f->unsaved = unsaved;
	f->epoch = s->epoch;
	f->database_changed = 0;
	if (s->writable) {
		f->database = s->place.database.identity;
		f->wal = s->place.wal.identity;
	} else if (f->database == 0) {
		/* Notifications use the epoch, but no database has it. */
		f->database = UINT64_MAX;
	}
	if (!s->epoch_file_pending && f->identity != 0 &&
	    f->epoch == old.epoch && f->unsaved == old.unsaved &&
	    f->database == old.database && f->wal == old.wal &&
	    old.database_changed == 0)
		return (true);
	return (write_file(s));
}

void
store_epoch_begin(struct store *s)
{
	s->epoch_file = (struct epoch_file){ .epoch = s->epoch };
	(void)write_file(s);
}

void
store_epoch_end(struct store *s)
{
	struct stat	 st;

	if (!store_epoch_is_written(s) || s->epoch_file.unsaved ||
	    s->displaced || store_reserve_wal_in_use(s->file) ||
	    lstat(s->file, &st) != 0 || s->epoch_file.database !=
	    epoch_file_identity(AT_FDCWD, s->file))
		return;
	s->epoch_file.database_changed = epoch_file_changed(&st);
	(void)write_file(s);
}

/* Is it the text of another epoch file than the one that this store wrote? */
static bool
is_restored(const struct store *s)
{
	struct epoch_file	 found;

	return (epoch_file_read(s->epoch_path, &found) && found.written != 0 &&
	    (found.written != s->epoch_file.written ||
	    found.identity != s->epoch_file.identity));
}

bool
store_epoch_check(struct store *s)
{
	const struct stat	*old = &s->epoch_file.status;
	struct stat		 st;

	if (s->epoch_file_pending || s->displaced)
		return (true);
	if (lstat(s->epoch_path, &st) != 0) {
		if (errno != ENOENT)
			return (true);
	} else if (st.st_ino == old->st_ino && st.st_dev == old->st_dev &&
	    epoch_file_changed(&st) == epoch_file_changed(old)) {
		return (true);
	}
	if (is_restored(s))
		return (false);
	log_warnx("%s: was changed or removed while hbwatchd was running; "
	    "writing it again", s->epoch_path);
	(void)write_file(s);
	return (true);
}

/* ---- what a start finds */

/* Does the write-ahead log belong to the database, as far as is known? */
static bool
has_its_wal(const struct store *s, const struct store_place *found)
{
	/* After its end, hbwatchd does not need it. */
	if (s->epoch_file.database_changed != 0)
		return (!store_reserve_wal_in_use(s->file));
	return (s->epoch_file.wal == 0 ||
	    s->epoch_file.wal == found->wal.identity);
}

/* Compares the database with the epoch file.  Returns NULL or what differs. */
static const char *
compare_database(const struct store *s, const struct store_place *found)
{
	const struct epoch_file	*f = &s->epoch_file;
	struct stat		 st;

	if (f->database == 0 || f->database == UINT64_MAX)
		return (NULL);
	if (f->database != found->database.identity)
		return ("hbwatchd.db was replaced");
	if (!has_its_wal(s, found))
		return ("hbwatchd.db-wal was replaced or removed");
	if (f->database_changed != 0 && lstat(s->file, &st) == 0 &&
	    !epoch_file_same_time(f->database_changed,
	    epoch_file_changed(&st)))
		return ("hbwatchd.db was changed");
	return (NULL);
}

const char *
store_epoch_read(struct store *s)
{
	struct epoch_file	*f = &s->epoch_file;
	struct store_place	 found;
	bool			 valid, is_first;

	store_place_set_files(&found, s->file);
	valid = epoch_file_read(s->epoch_path, f);
	is_first = found.database.inode == 0 && found.wal.inode == 0;
	if (!valid)
		return ("the file epoch cannot be read or is invalid");
	if (f->epoch == 0)
		return (is_first ? NULL : "the file epoch was removed");
	if (!f->is_original)
		return ("the file epoch was changed");
	/*
	 * A database that is missing was not restored.  If the epoch file,
	 * which is original, has another identity now, then the file system
	 * does not keep identities, and they cannot be compared.
	 */
	return (found.database.inode == 0 || !f->has_identity ? NULL :
	    compare_database(s, &found));
}

bool
store_epoch_is_unused(const struct store *s)
{
	const struct epoch_file	*f = &s->epoch_file;

	return (f->identity != 0 && !f->unsaved && f->database == 0);
}

/* ---- the epoch of a start */

void
store_epoch_wait(void)
{
	int64_t	 ns = NSEC_PER_SEC - wall_now().ns % NSEC_PER_SEC;

	(void)poll(NULL, 0, (int)(ns / NSEC_PER_MSEC) + 1);
}

/* The epoch file may be an older one, too; then the last epoch is not known. */
static uint32_t
next_after_restoring(const struct store *s)
{
	if (s->epoch_file.is_original)
		return (store_epoch_next(s->epoch));
	store_epoch_wait();
	return (store_unmarked_epoch(s->epoch, wall_now()));
}

bool
store_epoch_choose(struct store *s, bool has_counters, const char *restored,
    uint32_t noted)
{
	const struct epoch_file	*f = &s->epoch_file;
	uint32_t		 stored = has_counters ? s->counters.epoch : 0;
	bool			 lost;

	s->epoch = stored > f->epoch ? stored : f->epoch;
	lost = noted > s->epoch;
	if (lost)
		s->epoch = noted;
	if (restored != NULL) {
		s->epoch = next_after_restoring(s);
		log_warnx("%s: %s while hbwatchd was not running, so an older "
		    "state may have been restored; starting epoch %u",
		    s->directory, restored, s->epoch);
		return (true);
	}
	if (!lost && store_epoch_is_unused(s))
		return (true);
	if (!lost && has_counters && !f->unsaved && f->epoch <= stored)
		return (false);
	s->epoch = lost ? store_unmarked_epoch(noted, wall_now()) :
	    store_epoch_next(s->epoch);
	if (has_counters)
		log_warnx("%s: does not have all notifications that were sent: "
		    "it could not be written; starting epoch %u", s->file,
		    s->epoch);
	return (true);
}

/* ---- the mark */

void
store_epoch_begin_unmarked(struct store *s)
{
	s->epoch = store_unmarked_epoch(s->epoch, wall_now());
	s->unmarked = true;
}

void
store_epoch_mark(struct store *s)
{
	if (!store_epoch_write(s, true) && !s->unmarked)
		store_epoch_begin_unmarked(s);
}
