/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A state file of any bytes is either read, or set aside; and then there is one
 * that can be written and read again.
 */
#include <sys/stat.h>

#include <err.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "store.h"
#include "store_file.h"

#include "fuzz.h"

static char	 directory[256];
static char	 file[300];

static void
check(int right)
{
	if (!right)
		abort();
}

static void
take_line(void *arg, int priority, const char *line)
{
	(void)arg;
	(void)priority;
	check(line[0] != '\0');
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
	check(number > 0 && strlen(name) <= 255);
	return (true);
}

static bool
take_blind(void *arg, const char *interface)
{
	++*(size_t *)arg;
	check(strlen(interface) < IF_NAMESIZE);
	return (true);
}

/* What the agent makes of it must not be too long for its place either. */
static bool
take_notice(void *arg, struct notice *n)
{
	char	 key[ALARM_KEY_SIZE], detail[NOTICE_DETAIL_SIZE];

	++*(size_t *)arg;
	if (notice_has_alarm(n)) {
		check(n->watch != NULL && n->alarm.sequence == n->sequence);
		check(alarm_key(n->watch, key)[0] != '\0');
		check(alarm_cause_text(n->alarm.cause) != NULL);
		check(n->watch->profile->alarm->severity <= SEVERITY_WARNING);
	} else {
		check(n->watch == NULL);
		check((n->capture != NULL) == notice_has_capture(n));
	}
	check(notice_detail(n, detail) == detail);
	notice_release(n);
	return (true);
}

static bool
take_storm(void *arg, uint32_t sequence, const struct notice_storm *storm)
{
	size_t	*count = arg;

	check(sequence != 0 && storm->raised <= INT32_MAX);
	(*count)++;
	return (true);
}

static void
read_all(struct store *s, size_t *count)
{
	struct notice_storm	 storm;
	struct notice		 n;

	(void)store_names(s, take_name, count);
	(void)store_alarms(s, take_notice, count);
	(void)store_blind(s, take_blind, count);
	(void)store_notices(s, 0, take_notice, count);
	(void)store_storms(s, take_storm, count);
	(void)store_open_storm(s, &storm);
	if (store_notice(s, store_oldest(s), &n))
		(void)take_notice(count, &n);
}

/* As the daemon would go on. */
static void
write_one(struct store *s, struct store_counters *c)
{
	struct notice_capture	*capture = calloc(1, sizeof(*capture));
	struct notice		 n = {
		.sequence = c->sequence + 1, .event = NOTICE_BLIND,
		.capture = capture,
	};
	struct mono_time	 now = mono_now();
	bool			 anew;

	check(capture != NULL);
	capture->state = LIVE_CAPTURE_FAILED;
	strcpy(capture->interface, "eth0");
	if (store_begin(s, now, &anew, c)) {
		store_put_name(s, 7, "w");
		store_put_notice(s, &n);
		store_put_oldest(s, c->sequence);
		c->sequence++;
		store_put_counters(s, c);
		(void)store_commit(s, now, true);
	}
	notice_release(&n);
}

static void
open_and_read(void)
{
	struct store_counters	 c;
	struct store		*s;
	size_t			 count = 0;

	check(store_open(&s, directory, &c) == STORE_FINE);
	check(c.epoch > 0 && c.delivered <= c.sequence);
	read_all(s, &count);
	write_one(s, &c);
	read_all(s, &count);
	store_close(s);
}

/* Making a new file takes long, so it is not done for each that is bad. */
static bool
is_worth_it(const uint8_t *bytes, size_t size)
{
	char			 reason[STORE_FILE_REASON_SIZE];
	enum store_file_state	 state;
	sqlite3			*db;
	bool			 made;

	state = store_file_open(file, &db, &made, reason);
	check(state != STORE_FILE_TAKEN);
	check((db != NULL) == (state == STORE_FILE_WRITABLE ||
	    state == STORE_FILE_READABLE));
	if (state == STORE_FILE_WRITABLE)
		store_file_close(file, db);
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
	if (is_worth_it(bytes, size)) {
		open_and_read();
		open_and_read();
	}
	clean();
	return (0);
}
