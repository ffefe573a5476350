/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "engine/engine_process.h"

/*
 * Resets the signal handlers and closes the descriptors that the child inherits
 * from its parent, except `keep`.  The signals that end the parent are ignored,
 * because the child ends when the parent closes the socket.
 */
static void
leave_parent(int keep)
{
	sigset_t	 none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* If a range is empty, the call fails and closes nothing. */
	close_range(STDERR_FILENO + 1, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0U, 0);
}

bool
engine_start(struct engine_process *engine, const struct configuration *config,
    struct shared_state *shared)
{
	int	 pair[2];

	engine->socket = -1;
	engine->next = engine->count = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return (false);
	engine->pid = fork();
	if (engine->pid == 0) {
		leave_parent(pair[1]);
		engine_main(config, shared, pair[1]);
		_exit(0);
	}
	close(pair[1]);
	if (engine->pid < 0) {
		close(pair[0]);
		return (false);
	}
	engine->socket = pair[0];
	return (true);
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
	return (engine->next < engine->count);
}

static int
next_event(struct engine_process *engine, struct engine_report *r)
{
	const struct engine_event	*e;

	e = &engine->datagram.events.events[engine->next++];
	*r = (struct engine_report){
		.type = ENGINE_EVENT, .event = e->event, .at = e->at,
	};
	return (1);
}

/* Checks that the length of the last datagram fits its type and count. */
static bool
is_valid(const struct engine_process *engine, size_t length)
{
	uint32_t	 count = engine->datagram.events.count;

	if (length < sizeof(engine->datagram.type))
		return (false);
	if (engine->datagram.type != ENGINE_EVENT)
		return (length == sizeof(engine->datagram.report));
	return (length >= ENGINE_EVENTS_SIZE(1) && count > 0 &&
	    count <= ENGINE_EVENTS && length == ENGINE_EVENTS_SIZE(count));
}

int
engine_receive(struct engine_process *engine, struct engine_report *r)
{
	ssize_t	 n;

	if (engine_has_buffered(engine))
		return (next_event(engine, r));
	n = recv(engine->socket, &engine->datagram, sizeof(engine->datagram),
	    MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n <= 0 || !is_valid(engine, (size_t)n))
		return (-1);
	if (engine->datagram.type == ENGINE_EVENT) {
		engine->next = 0;
		engine->count = engine->datagram.events.count;
		return (next_event(engine, r));
	}
	*r = engine->datagram.report;
	if (r->type == ENGINE_LOG)
		utf8_clean(r->text, sizeof(r->text));
	else
		utf8_clean(r->error, sizeof(r->error));
	return (1);
}

void
engine_log(const struct engine_report *r)
{
	log_other("hbwatchd[engine]", LOG_PRI(r->priority), r->text);
}

void
engine_reap(struct engine_process *engine)
{
	int	 status = 0;

	if (engine->socket == -1)
		return;
	close(engine->socket);
	engine->socket = -1;
	kill(engine->pid, SIGKILL);
	while (waitpid(engine->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		log_errx("the engine was killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
}
