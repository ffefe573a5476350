/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduling of the engine.  Each test runs in a child, which a failure
 * ends with another status.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/scheduling.h"

#define CHECK(condition)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "line %d: %s\n", __LINE__,	\
			    #condition);				\
			exit(1);					\
		}							\
	} while (0)

typedef void	 function(void);

static int
status_of(function *f)
{
	pid_t	 pid = fork();
	int	 status;

	assert_true(pid >= 0);
	if (pid == 0) {
		f();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (status);
}

static void
use_realtime(void)
{
	const struct sched_param	 param = { .sched_priority = 1 };

	_exit(sched_setscheduler(0, SCHED_RR, &param) == 0 ? 0 : 1);
}

static void
require_realtime(void)
{
	if (status_of(use_realtime) != 0)
		skip();
}

/* ---- the priority of all processes */

static void
raise_own(void)
{
	errno = 0;
	CHECK(getpriority(PRIO_PROCESS, 0) == 0 && errno == 0);
	scheduling_prepare();
	CHECK(getpriority(PRIO_PROCESS, 0) == -10);
	/* Again, as after an exec. */
	scheduling_prepare();
	CHECK(getpriority(PRIO_PROCESS, 0) == -10);
}

static void
keep_own(void)
{
	CHECK(setpriority(PRIO_PROCESS, 0, 5) == 0);
	scheduling_prepare();
	CHECK(getpriority(PRIO_PROCESS, 0) == 5);
}

/* Without permission there is no error. */
static void
fail_to_raise(void)
{
	const struct rlimit	 none = { 0, 0 };

	CHECK(setrlimit(RLIMIT_NICE, &none) == 0);
	CHECK(setrlimit(RLIMIT_RTPRIO, &none) == 0);
	CHECK(setresuid(65534, 65534, 65534) == 0);
	scheduling_prepare();
	CHECK(getpriority(PRIO_PROCESS, 0) == 0);
	CHECK(scheduling_needs_capability());
}

static void
prepare(void **state)
{
	(void)state;
	if (geteuid() != 0 || getpriority(PRIO_PROCESS, 0) != 0)
		skip();
	require_realtime();
	assert_int_equal(status_of(raise_own), 0);
	assert_int_equal(status_of(keep_own), 0);
	assert_int_equal(status_of(fail_to_raise), 0);
}

/* ---- the engine */

static int
priority(void)
{
	struct sched_param	 param;

	CHECK(sched_getparam(0, &param) == 0);
	return (param.sched_priority);
}

static rlim_t
limit(int resource)
{
	struct rlimit	 limits;

	CHECK(getrlimit(resource, &limits) == 0);
	return (limits.rlim_cur);
}

static struct mono_time
later(struct mono_time at, int64_t seconds)
{
	return (mono_add(at, seconds * NSEC_PER_SEC));
}

static void
stay_ordinary(void)
{
	struct scheduling	 s;
	struct mono_time	 now = mono_now();

	scheduling_begin(&s, 0, now);
	scheduling_check(&s, later(now, 1000));
	CHECK(sched_getscheduler(0) == SCHED_OTHER);
	/* An attacker cannot use it either. */
	CHECK(limit(RLIMIT_RTPRIO) == 0);
}

static void
ordinary(void **state)
{
	(void)state;
	assert_int_equal(status_of(stay_ordinary), 0);
}

static void
run_quietly(void)
{
	struct scheduling	 s;
	struct mono_time	 now = mono_now();
	int			 i;

	scheduling_begin(&s, 7, now);
	CHECK(sched_getscheduler(0) == SCHED_RR && priority() == 7);
	CHECK(limit(RLIMIT_RTPRIO) <= 7);
	CHECK(limit(RLIMIT_RTTIME) == 2000000);
	for (i = 0; i < 100; i++)
		scheduling_check(&s, later(now, i));
	CHECK(sched_getscheduler(0) == SCHED_RR && priority() == 7);
}

static void
realtime(void **state)
{
	(void)state;
	require_realtime();
	assert_int_equal(status_of(run_quietly), 0);
}

static void
not_permitted(void)
{
	const struct rlimit	 none = { 0, 0 };
	struct scheduling	 s;

	CHECK(setrlimit(RLIMIT_RTPRIO, &none) == 0);
	CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	scheduling_begin(&s, 7, mono_now());
	CHECK(sched_getscheduler(0) == SCHED_OTHER);
	scheduling_check(&s, later(mono_now(), 1000));
	CHECK(sched_getscheduler(0) == SCHED_OTHER);
}

static void
realtime_not_permitted(void **state)
{
	(void)state;
	assert_int_equal(status_of(not_permitted), 0);
}

/* ---- a flood */

/* Uses that much processor time. */
static void
work(double seconds)
{
	clock_t	 end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);

	while (clock() < end)
		continue;
}

/*
 * Within a second, half a second of work is enough.  How long it stays out
 * depends on whether that has happened before.
 */
static void
leave_and_return(void)
{
	struct scheduling	 s;
	struct mono_time	 now = mono_now();
	bool			 may_return;

	scheduling_begin(&s, 3, now);
	may_return = limit(RLIMIT_RTPRIO) >= 3;
	work(0.4);
	scheduling_check(&s, now = later(now, 1));
	CHECK(sched_getscheduler(0) == SCHED_RR);
	work(0.4);
	scheduling_check(&s, now);
	CHECK(sched_getscheduler(0) == SCHED_RR);
	work(0.2);
	scheduling_check(&s, now);
	CHECK(sched_getscheduler(0) == SCHED_OTHER);
	scheduling_check(&s, later(now, 4));
	CHECK(sched_getscheduler(0) == SCHED_OTHER);
	scheduling_check(&s, now = later(now, 5));
	if (!may_return) {
		CHECK(sched_getscheduler(0) == SCHED_OTHER);
		return;
	}
	CHECK(sched_getscheduler(0) == SCHED_RR && priority() == 3);
	/* Again, so it stays out twice as long. */
	work(0.6);
	scheduling_check(&s, now);
	scheduling_check(&s, later(now, 9));
	CHECK(sched_getscheduler(0) == SCHED_OTHER);
	scheduling_check(&s, now = later(now, 10));
	CHECK(sched_getscheduler(0) == SCHED_RR);
	/* After a quiet minute it is the first time again. */
	scheduling_check(&s, now = later(now, 60));
	work(0.6);
	scheduling_check(&s, now);
	CHECK(sched_getscheduler(0) == SCHED_OTHER);
	scheduling_check(&s, later(now, 5));
	CHECK(sched_getscheduler(0) == SCHED_RR);
}

static void
flood(void **state)
{
	(void)state;
	require_realtime();
	assert_int_equal(status_of(leave_and_return), 0);
}

/* The kernel sends this signal when one pass takes too long. */
static void
get_signal(void)
{
	struct scheduling	 s;
	struct mono_time	 now = mono_now();

	scheduling_begin(&s, 3, now);
	CHECK(raise(SIGXCPU) == 0);
	CHECK(sched_getscheduler(0) == SCHED_OTHER);
	scheduling_check(&s, now);
	scheduling_check(&s, later(now, 1000));
	CHECK(sched_getscheduler(0) == SCHED_OTHER);
}

static void
pass_without_end(void **state)
{
	(void)state;
	require_realtime();
	assert_int_equal(status_of(get_signal), 0);
}

/* ---- memory */

static unsigned long
locked_kilobytes(void)
{
	unsigned long	 kilobytes = 0;
	char		 line[128];
	FILE		*f = fopen("/proc/self/status", "r");

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "VmLck: %lu", &kilobytes);
	fclose(f);
	return (kilobytes);
}

static void
lock(void)
{
	scheduling_lock_memory();
	CHECK(locked_kilobytes() > 256);
}

/* Without permission there is no error. */
static void
fail_to_lock(void)
{
	const struct rlimit	 none = { 0, 0 };

	CHECK(setrlimit(RLIMIT_MEMLOCK, &none) == 0);
	CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	scheduling_lock_memory();
	CHECK(locked_kilobytes() == 0);
}

static void
memory(void **state)
{
	(void)state;
	assert_int_equal(status_of(fail_to_lock), 0);
#ifndef HBW_SANITIZERS
	if (geteuid() != 0)
		skip();
	assert_int_equal(status_of(lock), 0);
#else
	(void)lock;
#endif
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(prepare),
		cmocka_unit_test(ordinary),
		cmocka_unit_test(realtime),
		cmocka_unit_test(realtime_not_permitted),
		cmocka_unit_test(flood),
		cmocka_unit_test(pass_without_end),
		cmocka_unit_test(memory),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
