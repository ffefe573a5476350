/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rate_limit.h"
#include "engine/engine_process.h"
#include "engine/engine_program.h"
#include "engine/handover.h"

/*
 * A killed engine may still run on another processor for a moment, so the
 * parent waits up to this number of moments before it uses the shared rows.
 */
#define MOMENTS		5
#define MOMENT_NS	NSEC_PER_MSEC

/* If one engine fails after the other, most log lines are for debugging. */
#define LINES_BURST	20
#define LINES_NS	(30 * NSEC_PER_SEC)

/* Starts the program with these files, which the caller closes. */
static bool
start_program(struct engine_process *engine, int rows, int handover, int rings)
{
	int	 descriptors[ENGINE_DESCRIPTORS_END], pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return (false);
	descriptors[ENGINE_PARENT] = pair[1];
	descriptors[ENGINE_ROWS] = rows;
	descriptors[ENGINE_HANDOVER] = handover;
	descriptors[ENGINE_RINGS] = rings;
	engine->pid = engine_program_start(descriptors + ENGINE_PARENT);
	close(pair[1]);
	if (engine->pid < 0) {
		close(pair[0]);
		return (false);
	}
	engine->socket = pair[0];
	return (true);
}

bool
engine_start(struct engine_process *engine, const struct configuration *config,
    const struct shared_state *shared)
{
	int	 handover;
	bool	 started;

	engine->socket = -1;
	engine->next = engine->count = 0;
	engine->event_follows = false;
	handover = handover_write(config, log_is_verbose());
	if (handover < 0)
		return (false);
	started = start_program(engine, shared->file, handover,
	    shared->rings == NULL ? -1 : shared->rings->file);
	close(handover);
	return (started);
}

bool
engine_order(const struct engine_process *engine, enum engine_order order)
{
	uint32_t	 word = order;

	return (send(engine->socket, &word, sizeof(word),
	    MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(word));
}

bool
engine_has_buffered(const struct engine_process *engine)
{
	return (engine->next < engine->count || engine->event_follows);
}

static enum engine_received
next_event(struct engine_process *engine, struct engine_report *r)
{
	struct engine_event	 event;

	if (engine->event_follows) {
		/* The two datagrams share their memory. */
		event = engine->datagram.evidence.event;
		engine->datagram.events.events[0] = event;
		engine->next = 0;
		engine->count = 1;
		engine->event_follows = false;
	}
	*r = (struct engine_report){
		.type = ENGINE_EVENT,
		.event = &engine->datagram.events.events[engine->next++],
	};
	return (ENGINE_REPORT);
}

enum engine_received
engine_receive(struct engine_process *engine, struct engine_report *r)
{
	ssize_t	 n;

	if (engine_has_buffered(engine))
		return (next_event(engine, r));
	n = recv(engine->socket, &engine->datagram, sizeof(engine->datagram),
	    MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return (ENGINE_NOTHING);
	if (n <= 0)
		return (ENGINE_ENDED);
	if (!engine_check_datagram(&engine->datagram, (size_t)n))
		return (ENGINE_INVALID);
	if (engine->datagram.type == ENGINE_EVENT) {
		engine->next = 0;
		engine->count = engine->datagram.events.count;
		return (next_event(engine, r));
	}
	*r = (struct engine_report){ .type = engine->datagram.type };
	if (r->type == ENGINE_EVIDENCE) {
		r->evidence = &engine->datagram.evidence;
		engine->event_follows = r->evidence->has_event != 0;
	} else {
		r->message = &engine->datagram.message;
	}
	return (ENGINE_REPORT);
}

void
engine_log(struct engine_message *line)
{
	engine_check_line(line);
	log_other(ENGINE_NAME, line->priority, line->text);
}

/* ---- engines that end */

/* Killed processes that waitpid(2) has not returned yet. */
#define ENDING_MAX	16
static pid_t	 ending[ENDING_MAX];
static unsigned	 nending;

static void
log_end(int status)
{
	static struct rate_limit	 limit;
	bool				 not_executed, killed;
	int				 priority;

	not_executed = WIFEXITED(status) &&
	    WEXITSTATUS(status) == ENGINE_PROGRAM_FAILED;
	killed = WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL;
	if (!not_executed && !killed)
		return;
	priority = rate_limit_allows(&limit, LINES_NS, LINES_BURST,
	    mono_now()) ? LOG_ERR : LOG_DEBUG;
	if (not_executed)
		log_message(priority, 0, "cannot execute the program of the "
		    "engine, " ENGINE_PROGRAM);
	else
		log_message(priority, 0, "the engine was killed by signal %d "
		    "(%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

/* True when the process has ended. */
static bool
has_ended(pid_t pid, bool wait)
{
	int	 status;
	pid_t	 result;

	do {
		result = waitpid(pid, &status, wait ? 0 : WNOHANG);
	} while (result < 0 && errno == EINTR);
	if (result > 0)
		log_end(status);
	return (result != 0);
}

bool
engine_is_ending(void)
{
	return (nending > 0);
}

void
engine_collect(bool wait)
{
	unsigned	 i, left = 0;

	for (i = 0; i < nending; i++)
		if (!has_ended(ending[i], wait))
			ending[left++] = ending[i];
	nending = left;
}

void
engine_end(struct engine_process *engine)
{
	static const struct timespec	 moment = { 0, MOMENT_NS };
	int				 moments;

	if (engine->socket == -1)
		return;
	close(engine->socket);
	engine->socket = -1;
	engine->next = engine->count = 0;
	engine->event_follows = false;
	kill(engine->pid, SIGKILL);
	for (moments = 0; moments < MOMENTS; moments++) {
		if (has_ended(engine->pid, false))
			return;
		(void)nanosleep(&moment, NULL);
	}
	if (nending == ENDING_MAX)
		engine_collect(true);
	ending[nending++] = engine->pid;
}
