/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A state file of any bytes is either used or set aside; after that the state
 * can be written and read again.
 */
#include <sys/stat.h>

#include <err.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "state/store.h"
#include "state/store_db.h"
#include "state/store_tables.h"

#include "fuzz.h"

static char	 directory[256];
static char	 file[300];

static void
take_line(void *arg, int priority, const char *line)
{
	(void)arg;
	(void)priority;
	fuzz_check(line[0] != '\0');
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return (remove(path));
}

static void
clean(void)
{
	(void)nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
prepare(void)
{
	const char	*tmp = getenv("TMPDIR");

	if (tmp == NULL)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(directory, sizeof(directory), "%s/fuzz-store-XXXXXX", tmp);
	if (mkdtemp(directory) == NULL)
		err(1, "%s", directory);
	snprintf(file, sizeof(file), "%s/hbwatchd.db", directory);
	atexit(clean);
	log_redirect(take_line, NULL);
}

static void
write_file(const uint8_t *bytes, size_t size)
{
	FILE	*f = fopen(file, "wb");

	if (f == NULL || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
		err(1, "%s", file);
}

static bool
take_name(void *arg, uint32_t number, const char *name)
{
	++*(size_t *)arg;
	fuzz_check(number > 0 && strlen(name) <= 255);
	return (true);
}

static bool
take_blind(void *arg, const char *interface)
{
	++*(size_t *)arg;
	fuzz_check(strlen(interface) < IF_NAMESIZE);
	return (true);
}

/* The texts that the agent makes from it must fit too. */
static bool
take_notification(void *arg, struct notification *n)
{
	char	 key[ALARM_KEY_SIZE], detail[NOTIFICATION_DETAIL_SIZE];

	++*(size_t *)arg;
	if (notification_has_alarm(n)) {
		fuzz_check(n->watch != NULL);
		fuzz_check(n->alarm.sequence == n->sequence);
		fuzz_check(alarm_key(n->watch, key)[0] != '\0');
		fuzz_check(cause_text(n->alarm.cause) != NULL);
		fuzz_check(n->watch->profile->alarm->severity <=
		    SEVERITY_WARNING);
	} else {
		fuzz_check(n->watch == NULL);
		fuzz_check((n->capture != NULL) == notification_has_capture(n));
	}
	fuzz_check(notification_detail(n, detail) == detail);
	notification_release(n);
	return (true);
}

static bool
take_storm(void *arg, uint32_t sequence, const struct notification_storm *storm)
{
	size_t	*count = arg;

	fuzz_check(sequence != 0 && storm->raised <= INT32_MAX);
	(*count)++;
	return (true);
}

static void
read_all(struct store *s, size_t *count)
{
	struct notification_storm	 storm;
	struct notification		 n;

	(void)store_names(s, take_name, count);
	(void)store_interfaces(s, take_name, count);
	(void)store_alarms(s, take_notification, count);
	(void)store_blind(s, take_blind, count);
	(void)store_notifications(s, 0, take_notification, count);
	(void)store_storms(s, take_storm, count);
	(void)store_open_storm(s, &storm);
	if (store_notification(s, store_oldest(s), &n))
		(void)take_notification(count, &n);
}

/* Writes the same as the daemon. */
static void
write_one(struct store *s, struct store_counters *c)
{
	struct notification_capture	*capture = calloc(1, sizeof(*capture));
	struct notification		 n = {
		.sequence = c->sequence + 1, .event = NOTIFICATION_BLIND,
		.capture = capture,
	};
	struct mono_time	 now = mono_now();
	bool			 recreated;

	fuzz_check(capture != NULL);
	capture->state = SHARED_CAPTURE_FAILED;
	strcpy(capture->interface, "eth0");
	if (store_begin(s, now, &recreated, c)) {
		store_put_name(s, 7, "w");
		store_put_notification(s, &n);
		store_delete_before(s, c->sequence);
		c->sequence++;
		store_put_counters(s, c);
		(void)store_commit(s, now,
		    &(struct store_mark){ STORE_MARK_OPEN });
	}
	notification_release(&n);
}

static void
open_and_read(void)
{
	struct store_counters	 c;
	struct store		*s;
	size_t			 count = 0;

	fuzz_check(store_open(&s, directory, -1, 0, &c) == STORE_OK);
	fuzz_check(c.epoch > 0 && c.delivered <= c.sequence);
	read_all(s, &count);
	write_one(s, &c);
	read_all(s, &count);
	store_close(s);
}

/*
 * Creating a new file is slow, so only one in 64 of the invalid inputs is
 * tested further.
 */
static bool
is_tested_further(const uint8_t *bytes, size_t size)
{
	char			 reason[STORE_DB_REASON_SIZE];
	enum store_db_state	 state;
	sqlite3			*db;
	bool			 created;

	state = store_db_open(file, &db, &created, reason);
	fuzz_check(state != STORE_DB_IN_USE);
	fuzz_check((db != NULL) == (state == STORE_DB_WRITABLE ||
	    state == STORE_DB_READABLE));
	if (state == STORE_DB_WRITABLE)
		store_db_close(file, db);
	else
		sqlite3_close(db);
	return (db != NULL || size == 0 || (bytes[size / 2] ^ size) % 64 == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (file[0] == '\0')
		prepare();
	(void)mkdir(directory, 0700);
	write_file(bytes, size);
	if (is_tested_further(bytes, size)) {
		open_and_read();
		open_and_read();
	}
	clean();
	return (0);
}
