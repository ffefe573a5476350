/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/engine.h"
#include "engine/engine_process.h"

/* Signals are the parent's affair; the engine ends when its socket does. */
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
	if (keep > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)keep - 1, 0);
	close_range((unsigned)keep + 1, ~0U, 0);
}

bool
engine_start(struct engine_process *engine, const struct configuration *config,
    struct shared_state *shared)
{
	int	 pair[2], saved;

	engine->socket = -1;
	engine->inbox = calloc(1, sizeof(*engine->inbox));
	if (engine->inbox == NULL)
		return (false);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		free(engine->inbox);
		return (false);
	}
	engine->pid = fork();
	if (engine->pid < 0) {
		saved = errno;
		free(engine->inbox);
		close(pair[0]);
		close(pair[1]);
		errno = saved;
		return (false);
	}
	if (engine->pid == 0) {
		leave_parent(pair[1]);
		engine_main(config, shared, pair[1]);
		_exit(0);
	}
	close(pair[1]);
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
	return (engine->inbox->taken < engine->inbox->count);
}

static void
take_event(struct engine_inbox *in, struct engine_report *r)
{
	const struct engine_event	*e = &in->events.events[in->taken++];

	*r = (struct engine_report){
		.type = ENGINE_EVENT, .event = e->event, .at = e->at,
	};
}

/* Is it what a datagram of ours looks like? */
static bool
is_whole(const struct engine_inbox *in, size_t length)
{
	if (length < sizeof(in->type))
		return (false);
	if (in->type != ENGINE_EVENT)
		return (length == sizeof(in->report));
	return (length >= ENGINE_EVENTS_SIZE(1) && in->events.count > 0 &&
	    in->events.count <= ENGINE_EVENTS &&
	    length == ENGINE_EVENTS_SIZE(in->events.count));
}

int
engine_receive(const struct engine_process *engine, struct engine_report *r)
{
	struct engine_inbox	*in = engine->inbox;
	ssize_t			 n;

	if (engine_has_buffered(engine)) {
		take_event(in, r);
		return (1);
	}
	n = recv(engine->socket, &in->events, sizeof(in->events),
	    MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n <= 0 || !is_whole(in, (size_t)n))
		return (-1);
	if (in->type != ENGINE_EVENT) {
		*r = in->report;
		/* It reads strangers' bytes: its word is not trusted. */
		r->text[sizeof(r->text) - 1] = '\0';
		if (r->type != ENGINE_LOG)
			r->error[sizeof(r->error) - 1] = '\0';
		return (1);
	}
	in->taken = 0;
	in->count = in->events.count;
	take_event(in, r);
	return (1);
}

void
engine_log(const struct engine_report *r)
{
	char	 line[ENGINE_TEXT_SIZE];
	size_t	 i;

	for (i = 0; r->text[i] != '\0'; i++)
		line[i] = (unsigned char)r->text[i] < ' ' ? '?' : r->text[i];
	line[i] = '\0';
	log_other("hbwatchd[engine]", LOG_PRI(r->priority), line);
}

void
engine_reap(struct engine_process *engine)
{
	int	 status = 0;

	if (engine->socket == -1)
		return;
	close(engine->socket);
	engine->socket = -1;
	free(engine->inbox);
	engine->inbox = NULL;
	kill(engine->pid, SIGKILL);
	while (waitpid(engine->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		log_warnx("the engine ended with signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
}
