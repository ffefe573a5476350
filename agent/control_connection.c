/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "control_connection.h"
#include "user_names.h"

/* With more output the answer waits until the client has read some. */
#define OUT_MOST	65536

struct control_connection *
control_connection_new(int socket, struct mono_time now)
{
	struct control_connection	*c = calloc(1, sizeof(*c));
	struct ucred			 peer = { .uid = (uid_t)-1 };
	socklen_t			 size = sizeof(peer);

	if (c == NULL) {
		close(socket);
		return (NULL);
	}
	(void)getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	c->socket = socket;
	c->uid = peer.uid;
	c->used = now;
	return (c);
}

void
control_connection_free(struct control_connection *c)
{
	if (c == NULL)
		return;
	if (c->answering)
		control_answer_free(&c->answer);
	close(c->socket);
	free(c->out);
	free(c);
}

static size_t
unsent(const struct control_connection *c)
{
	return (c->out_length - c->sent);
}

/* The octets that can be received, without the NUL after a line. */
static size_t
room(const struct control_connection *c)
{
	return (c->ended || c->closing ? 0 : sizeof(c->in) - 1 - c->in_length);
}

short
control_connection_events(const struct control_connection *c)
{
	return ((short)((room(c) > 0 ? POLLIN : 0) |
	    (unsent(c) > 0 ? POLLOUT : 0)));
}

bool
control_connection_receive(struct control_connection *c, struct mono_time now)
{
	ssize_t	 n;

	if (room(c) == 0)
		return (true);
	n = recv(c->socket, c->in + c->in_length, room(c), MSG_DONTWAIT);
	if (n < 0)
		return (errno == EAGAIN || errno == EINTR);
	c->ended = n == 0;
	c->in_length += (size_t)n;
	c->used = now;
	return (true);
}

bool
control_connection_send(struct control_connection *c, struct mono_time now)
{
	ssize_t	 n;

	if (unsent(c) == 0)
		return (true);
	n = send(c->socket, c->out + c->sent, unsent(c),
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return (errno == EAGAIN || errno == EINTR);
	c->used = now;
	c->sent += (size_t)n;
	if (unsent(c) == 0)
		c->sent = c->out_length = 0;
	return (true);
}

/* Closes the connection without sending the rest. */
static void
drop(struct control_connection *c)
{
	c->closing = true;
	c->sent = c->out_length = 0;
}

/* Moves what was written to the stream to the output of the client. */
static void
take_output(struct control_connection *c, const struct control_answers *all)
{
	long	 length = ftell(all->out);

	if (length > 0 && fflush(all->out) == 0 && array_reserve(&c->out,
	    &c->out_capacity, c->out_length + (size_t)length, 1)) {
		memcpy(c->out + c->out_length, *all->text, (size_t)length);
		c->out_length += (size_t)length;
	} else if (length != 0)
		drop(c);
	rewind(all->out);
}

/* Drops the request at the beginning of the input. */
static void
next_request(struct control_connection *c)
{
	c->in_length -= c->request;
	memmove(c->in, c->in + c->request, c->in_length);
	c->request = 0;
}

static void
reject(struct control_connection *c,
    const struct control_connection_owner *owner, const char *error)
{
	owner->rejected(owner->arg, c->uid, error);
	control_answer_error(owner->answers->out, error);
	take_output(c, owner->answers);
}

/* Begins to answer the line at the beginning of the input. */
static void
begin(struct control_connection *c, size_t length,
    const struct control_connection_owner *owner)
{
	struct control_request	 request;
	char			 error[CONTROL_ERROR_SIZE];
	char			 who[USER_NAMES_TEXT_SIZE];

	c->request = length + 1;
	c->in[length] = '\0';
	if (!control_request_parse(&request, c->in, length, error)) {
		reject(c, owner, error);
		next_request(c);
		return;
	}
	control_answer_begin(&c->answer, owner->answers, &request,
	    owner->name(owner->arg, c->uid, who));
	c->answering = true;
}

static bool
begin_next(struct control_connection *c,
    const struct control_connection_owner *owner)
{
	const char	*newline;

	newline = memchr(c->in, '\n', c->in_length);
	if (newline != NULL) {
		begin(c, (size_t)(newline - c->in), owner);
		return (true);
	}
	if (c->in_length <= CONTROL_REQUEST_MAX)
		return (false);
	/* The rest of the line is not read. */
	reject(c, owner, "the request is too long; expected at most 4096 "
	    "octets and a newline");
	c->closing = true;
	return (true);
}

bool
control_connection_work(struct control_connection *c,
    const struct control_connection_owner *owner)
{
	enum control_progress	 progress;

	if (unsent(c) >= OUT_MOST &&
	    !control_connection_send(c, owner->answers->agent->now))
		drop(c);
	if (c->closing || unsent(c) >= OUT_MOST)
		return (false);
	if (!c->answering)
		return (begin_next(c, owner));
	progress = control_answer_work(&c->answer, owner->answers);
	take_output(c, owner->answers);
	c->waiting = progress == CONTROL_WAITS;
	if (progress != CONTROL_DONE)
		return (progress == CONTROL_MORE);
	control_answer_free(&c->answer);
	c->answering = false;
	next_request(c);
	return (true);
}

bool
control_connection_is_idle(const struct control_connection *c)
{
	return (!c->answering && unsent(c) == 0);
}

bool
control_connection_is_over(const struct control_connection *c)
{
	if (c->closing)
		return (unsent(c) == 0);
	/* A line without its newline at the end is no request. */
	return (c->ended && control_connection_is_idle(c) &&
	    memchr(c->in, '\n', c->in_length) == NULL);
}
