/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/rate_limit.h"
#include "base/utf8.h"
#include "control.h"
#include "control_connection.h"
#include "user_names.h"

/* The most time that one turn of the loop spends here. */
#define WORK_NS		(NSEC_PER_SEC / 2000)
/* The most connections that one turn accepts. */
#define ACCEPT_PART	16

/* A connection without an octet in or out for this time is closed. */
#define IDLE_NS		(60 * NSEC_PER_SEC)
/* The same while others wait for a place. */
#define CROWDED_NS	(NSEC_PER_SEC / 4)
/* The interval of the checks for such connections. */
#define CHECK_NS	NSEC_PER_SEC
/* The time until the next try if no connection can be accepted. */
#define ACCEPT_NS	NSEC_PER_SEC

#define LOG_INTERVAL_NS	(60 * NSEC_PER_SEC)
#define LOG_BURST	5

struct control {
	int				 listener;	/* owned; -1: none */
	struct control_answers		 answers;
	char				*text;		/* of answers.out */
	size_t				 length;
	struct user_names		 users;
	struct control_connection	*connections[CONTROL_CLIENTS];
	size_t				 count;
	size_t				 first;		/* to be served first */
	bool				 busy;		/* there is more work */
	struct mono_time		 resume;	/* no work before */
	/* In the poll set: the listener, then polled connections. */
	size_t				 position;
	size_t				 polled;
	struct mono_time		 check_due;
	struct mono_time		 accept_due;
	struct rate_limit		 limit;		/* of log lines */
};

struct control *
control_new(int listener, struct agent *agent,
    const struct control_place *place)
{
	struct control	*c = calloc(1, sizeof(*c));

	if (c == NULL)
		return (NULL);
	c->listener = listener;
	c->answers.agent = agent;
	c->answers.place = place;
	c->answers.text = &c->text;
	c->answers.out = open_memstream(&c->text, &c->length);
	if (c->answers.out == NULL) {
		control_free(c);
		return (NULL);
	}
	/* Only this thread uses it. */
	(void)__fsetlocking(c->answers.out, FSETLOCKING_BYCALLER);
	control_reload(c);
	return (c);
}

void
control_free(struct control *c)
{
	size_t	 i;

	if (c == NULL)
		return;
	for (i = 0; i < c->count; i++)
		control_connection_free(c->connections[i]);
	control_survey_release(c->answers.survey);
	if (c->answers.out != NULL)
		fclose(c->answers.out);
	free(c->text);
	user_names_free(&c->users);
	if (c->listener != -1)
		close(c->listener);
	free(c);
}

void
control_reload(struct control *c)
{
	if (c->listener != -1)
		user_names_load(&c->users, "/etc/passwd");
}

/* ---- connections */

static void
remove_connection(struct control *c, size_t i)
{
	control_connection_free(c->connections[i]);
	c->connections[i] = c->connections[--c->count];
}

/*
 * The index of the connection that was not used for the longest time, if that
 * is at least `ns`; c->count: none.
 */
static size_t
find_unused(const struct control *c, int64_t ns, struct mono_time now)
{
	size_t	 i, found = c->count;

	for (i = 0; i < c->count; i++)
		/* One whose answer waits for the disk is in use. */
		if ((found == c->count || mono_before(c->connections[i]->used,
		    c->connections[found]->used)) &&
		    !c->connections[i]->waiting &&
		    mono_sub(now, c->connections[i]->used) >= ns)
			found = i;
	return (found);
}

/* True if there is a place for one more connection. */
static bool
make_place(struct control *c, struct mono_time now)
{
	size_t	 unused;

	if (c->count < CONTROL_CLIENTS)
		return (true);
	unused = find_unused(c, CROWDED_NS, now);
	if (unused == c->count)
		return (false);
	remove_connection(c, unused);
	return (true);
}

static void
accept_failed(struct control *c, struct mono_time now)
{
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	c->accept_due = mono_add(now, ACCEPT_NS);
	if (rate_limit_allows(&c->limit, LOG_INTERVAL_NS, LOG_BURST, now))
		log_warn("control socket: cannot accept a connection; retrying "
		    "every second");
}

static void
accept_connections(struct control *c, struct mono_time now)
{
	struct control_connection	*new;
	int				 fd, i;

	for (i = 0; i < ACCEPT_PART; i++) {
		if (!make_place(c, now)) {
			c->accept_due = mono_add(now, CROWDED_NS);
			return;
		}
		fd = accept4(c->listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1) {
			accept_failed(c, now);
			return;
		}
		new = control_connection_new(fd, now);
		if (new == NULL)
			return;
		c->connections[c->count++] = new;
		(void)control_connection_receive(new, now);
	}
}

/* Closes connections that were not used for IDLE_NS. */
static void
check_connections(struct control *c, struct mono_time now)
{
	size_t	 unused;

	c->check_due = mono_add(now, CHECK_NS);
	while ((unused = find_unused(c, IDLE_NS, now)) < c->count)
		remove_connection(c, unused);
}

/* ---- the loop */

bool
control_poll(struct control *c, struct snmp_poll *p, struct mono_time now)
{
	size_t	 i;

	c->position = p->count;
	c->polled = c->count;
	if (c->listener == -1)
		return (true);
	if (!array_reserve(&p->fds, &p->capacity, p->count + 1 + c->count,
	    sizeof(*p->fds)))
		return (false);
	/* poll() ignores a descriptor of -1. */
	p->fds[p->count++] = (struct pollfd){
		.fd = mono_before(now, c->accept_due) ? -1 : c->listener,
		.events = POLLIN,
	};
	for (i = 0; i < c->count; i++)
		p->fds[p->count++] = (struct pollfd){
			.fd = c->connections[i]->socket,
			.events = control_connection_events(c->connections[i]),
		};
	return (true);
}

struct mono_time
control_due(const struct control *c)
{
	struct mono_time	 due = MONO_NEVER;

	if (c->busy)
		return (c->resume);
	if (c->count > 0)
		due = c->check_due;
	/* Perhaps there is nothing to accept then, but this is rare. */
	if (c->accept_due.ns != 0)
		due = mono_min(due, c->accept_due);
	return (due);
}

static char *
name_of(void *arg, uid_t uid, char *text)
{
	const struct control	*c = arg;

	return (user_names_text(&c->users, uid, text));
}

static void
log_rejected(void *arg, uid_t uid, const char *error)
{
	struct control	*c = arg;
	char		 who[USER_NAMES_TEXT_SIZE];

	if (rate_limit_allows(&c->limit, LOG_INTERVAL_NS, LOG_BURST,
	    c->answers.agent->now))
		log_warnx("control socket: request of %s rejected: %s",
		    user_names_text(&c->users, uid, who), error);
}

/* Receives and sends what poll() has found. */
static void
transfer(struct control *c, const struct snmp_poll *p, struct mono_time now)
{
	struct control_connection	*connection;
	short				 events;
	size_t				 i;

	/* From the last on, because a removal moves the last one. */
	for (i = c->polled; i-- > 0; ) {
		connection = c->connections[i];
		events = p->fds[c->position + 1 + i].revents;
		if (events == 0)
			continue;
		/* After POLLHUP there is nothing more to wait for. */
		if ((events & (POLLERR | POLLNVAL)) != 0 ||
		    ((events & POLLHUP) != 0 &&
		    (control_connection_events(connection) & POLLIN) == 0) ||
		    ((events & ~POLLOUT) != 0 &&
		    !control_connection_receive(connection, now)) ||
		    !control_connection_send(connection, now))
			remove_connection(c, i);
	}
}

/*
 * Serves the connections in turn, a small part of the work each.  True: there
 * is more to do.
 */
static bool
serve_parts(struct control *c, struct snmp_poll *p, size_t urgent)
{
	const struct control_connection_owner	 owner = {
		&c->answers, log_rejected, name_of, c,
	};
	struct mono_time	 end = mono_add(mono_now(), WORK_NS);
	size_t			 idle = 0;
	bool			 worked;

	/* Until each has nothing to do, with the survey as one more. */
	while (idle <= c->count) {
		if (c->first >= c->count) {
			c->first = 0;
			worked = control_answers_survey(&c->answers);
		} else
			worked = control_connection_work(
			    c->connections[c->first++], &owner);
		idle = worked ? 0 : idle + 1;
		if (!mono_before(mono_now(), end) ||
		    poll(p->fds, urgent, 0) > 0)
			return (true);
	}
	return (false);
}

/*
 * After work there is a pause as long as the work.  So clients get at most half
 * of the time of the agent, and the scheduler of the kernel, which disfavours
 * busy processes, starts it at once for an alarm.
 */
static void
serve(struct control *c, struct snmp_poll *p, size_t urgent,
    struct mono_time now)
{
	struct mono_time	 begin = mono_now();
	int64_t			 spent_ns;

	if (mono_before(now, c->resume)) {
		c->busy = true;
		return;
	}
	c->busy = serve_parts(c, p, urgent);
	spent_ns = mono_sub(mono_now(), begin);
	/* It is longer when this process had to wait for the processor. */
	if (spent_ns > WORK_NS)
		spent_ns = WORK_NS;
	c->resume = mono_add(now, 2 * spent_ns);
}

static void
send_all(struct control *c, struct mono_time now)
{
	size_t	 i;

	for (i = c->count; i-- > 0; )
		if (!control_connection_send(c->connections[i], now) ||
		    control_connection_is_over(c->connections[i]))
			remove_connection(c, i);
}

void
control_work(struct control *c, struct snmp_poll *p, size_t urgent)
{
	struct mono_time	 now = c->answers.agent->now;

	if (c->listener == -1)
		return;
	if (c->accept_due.ns != 0 && !mono_before(now, c->accept_due))
		c->accept_due.ns = 0;
	transfer(c, p, now);
	if (p->fds[c->position].revents != 0)
		accept_connections(c, now);
	c->polled = 0;
	/* In most turns there are no clients. */
	if (c->count == 0 && !c->busy)
		return;
	if (!mono_before(now, c->check_due))
		check_connections(c, now);
	serve(c, p, urgent, now);
	send_all(c, now);
}
