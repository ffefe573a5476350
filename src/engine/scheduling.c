/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config_types.h"
#include "engine/scheduling.h"

/* The nice value, if the process was started with 0. */
#define NICE		(-10)

/* RLIMIT_MEMLOCK of the engine: more than it needs for a million watches. */
#define MEMORY_MAX	((rlim_t)1024 * 1024 * 1024)

/* The engine may use this processor time in each window under SCHED_RR. */
#define WINDOW_NS	(1 * NSEC_PER_SEC)
#define BUDGET_NS	(500 * NSEC_PER_MSEC)

/*
 * The time until the engine returns to SCHED_RR.  It is doubled when it has to
 * leave again within STEADY_NS.
 */
#define PAUSE_MIN_NS	(5 * NSEC_PER_SEC)
#define PAUSE_MAX_NS	(320 * NSEC_PER_SEC)
#define STEADY_NS	(60 * NSEC_PER_SEC)

/*
 * RLIMIT_RTTIME, the time in microseconds without any sleep: the protection if
 * one pass never ends.  A pass of an engine that works is much shorter.
 */
#define PASS_MAX_US	2000000

/* The stack that is made resident, so that a locked one never has to grow. */
#define STACK_SIZE	(256 * 1024)

static volatile sig_atomic_t	 pass_too_long;

/* ---- the agent */

static void
raise_limit(int resource, rlim_t least)
{
	struct rlimit	 limits;

	/* RLIM_INFINITY is the largest number. */
	if (getrlimit(resource, &limits) != 0 || limits.rlim_cur >= least)
		return;
	limits.rlim_cur = least;
	if (limits.rlim_max < least)
		limits.rlim_max = least;
	/* Without privileges, those of the service are kept. */
	(void)setrlimit(resource, &limits);
}

/* The kernel accepts one such change in 100 ms, of all processes. */
#define SESSION_TRIES	5
#define SESSION_MS	110

/*
 * The kernel may share the processor among sessions first (autogroup), and nice
 * values then count within a session only.  A session that belongs to this
 * process gets the same nice value.
 */
static void
raise_session(void)
{
	int	 file, tries = SESSION_TRIES;

	if (getsid(0) != getpid() || getpriority(PRIO_PROCESS, 0) != NICE)
		return;
	file = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return;
	while (dprintf(file, "%d", NICE) < 0) {
		if (errno != EAGAIN || --tries == 0) {
			log_debug("cannot set the nice value %d of the "
			    "session: %s", NICE, strerror(errno));
			break;
		}
		(void)poll(NULL, 0, SESSION_MS);
	}
	close(file);
}

void
scheduling_prepare(void)
{
	raise_limit(RLIMIT_NICE, 20 - NICE);
	raise_limit(RLIMIT_RTPRIO, CONFIGURATION_REALTIME_MAX);
	raise_limit(RLIMIT_MEMLOCK, MEMORY_MAX);
	if (getpriority(PRIO_PROCESS, 0) == 0 &&
	    setpriority(PRIO_PROCESS, 0, NICE) != 0)
		log_debug("cannot set the nice value %d: %s", NICE,
		    strerror(errno));
	raise_session();
}

static bool
may_use_realtime(uint32_t priority)
{
	struct rlimit	 limits;

	return (getrlimit(RLIMIT_RTPRIO, &limits) == 0 &&
	    limits.rlim_cur >= priority);
}

bool
scheduling_needs_capability(void)
{
	return (!may_use_realtime(CONFIGURATION_REALTIME_MAX));
}

/* ---- the engine under SCHED_RR */

static bool
set_policy(int policy, int priority)
{
	const struct sched_param	 param = { .sched_priority = priority };

	return (sched_setscheduler(0, policy, &param) == 0);
}

/* SIGXCPU: the loop may never end, so it is not its task. */
static void
on_pass_too_long(int number)
{
	int	 saved = errno;

	(void)number;
	(void)set_policy(SCHED_OTHER, 0);
	pass_too_long = 1;
	errno = saved;
}

/* The kernel must not kill the engine, so the hard limit is not changed. */
static bool
limit_pass(void)
{
	struct sigaction	 action = { .sa_handler = on_pass_too_long };
	struct rlimit		 limits;

	action.sa_flags = SA_RESTART;
	if (sigaction(SIGXCPU, &action, NULL) != 0 ||
	    getrlimit(RLIMIT_RTTIME, &limits) != 0)
		return (false);
	limits.rlim_cur = PASS_MAX_US;
	if (limits.rlim_max != RLIM_INFINITY && limits.rlim_max / 2 <
	    limits.rlim_cur)
		limits.rlim_cur = limits.rlim_max / 2;
	return (setrlimit(RLIMIT_RTTIME, &limits) == 0);
}

/* Limits what an attacker who controls the engine can do. */
static bool
limit_priority(uint32_t priority)
{
	struct rlimit	 limits;

	if (getrlimit(RLIMIT_RTPRIO, &limits) != 0)
		return (false);
	if (limits.rlim_max > priority)
		limits.rlim_max = priority;
	if (limits.rlim_cur > priority)
		limits.rlim_cur = priority;
	return (setrlimit(RLIMIT_RTPRIO, &limits) == 0);
}

static int64_t
processor_ns(void)
{
	struct timespec	 ts = { 0 };

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec);
}

static bool
enter(struct scheduling *s, struct mono_time now)
{
	s->active = set_policy(SCHED_RR, (int)s->realtime);
	s->entered = s->window = now;
	s->used_ns = processor_ns();
	return (s->active);
}

static void
leave(struct scheduling *s, struct mono_time now)
{
	char	 until[32];

	(void)set_policy(SCHED_OTHER, 0);
	s->active = false;
	s->pause_ns = s->pause_ns == 0 || mono_sub(now, s->entered) >=
	    STEADY_NS ? PAUSE_MIN_NS : 2 * s->pause_ns;
	if (s->pause_ns > PAUSE_MAX_NS)
		s->pause_ns = PAUSE_MAX_NS;
	s->due = mono_add(now, s->pause_ns);
	if (!s->may_return)
		s->realtime = 0;
	snprintf(until, sizeof(until), "for %d s",
	    (int)(s->pause_ns / NSEC_PER_SEC));
	log_warnx("the engine needed over %d ms of processor time within 1 s; "
	    "it runs with ordinary priority %s",
	    (int)(BUDGET_NS / NSEC_PER_MSEC),
	    s->may_return ? until : "until the next reload");
}

void
scheduling_begin(struct scheduling *s, uint32_t realtime,
    struct mono_time now)
{
	raise_session();
	*s = (struct scheduling){
		.realtime = realtime, .may_return = may_use_realtime(realtime),
	};
	if (!limit_priority(realtime) && realtime == 0)
		log_debug("cannot limit the realtime priority: %s",
		    strerror(errno));
	if (realtime == 0 || (limit_pass() && enter(s, now)))
		return;
	log_warn("realtime = %u is not possible; the engine runs with ordinary "
	    "priority", realtime);
	s->realtime = 0;
}

void
scheduling_check(struct scheduling *s, struct mono_time now)
{
	if (s->realtime == 0)
		return;
	if (pass_too_long) {
		/* The kernel raised the limit, so it protects only once. */
		s->realtime = 0;
		s->active = false;
		log_warnx("the engine was busy for over %d s without a pause; "
		    "it runs with ordinary priority until the next reload",
		    PASS_MAX_US / 1000000);
	} else if (!s->active) {
		if (!mono_before(now, s->due) && enter(s, now))
			log_info("the engine runs with realtime priority "
			    "again");
	} else if (processor_ns() - s->used_ns > BUDGET_NS) {
		leave(s, now);
	} else if (mono_sub(now, s->window) >= WINDOW_NS) {
		s->window = now;
		s->used_ns = processor_ns();
	}
}

/* ---- memory */

#ifdef HBW_SANITIZERS

/* Their shadow memory is too large to be locked. */
void
scheduling_lock_memory(void)
{
}

#else

static void
extend_stack(void)
{
	volatile char	 bytes[STACK_SIZE];
	size_t		 i;

	for (i = 0; i < sizeof(bytes); i += 4096)
		bytes[i] = 0;
}

void
scheduling_lock_memory(void)
{
	extend_stack();
	/* Not MCL_FUTURE: at the limit, each allocation would fail. */
	if (mlockall(MCL_CURRENT) != 0)
		log_debug("cannot lock the memory of the engine: %s",
		    strerror(errno));
}

#endif
