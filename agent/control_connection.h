/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection of a client to the control socket.  Its requests are read and
 * answered one after the other.
 */
#ifndef HBW_CONTROL_CONNECTION_H
#define HBW_CONTROL_CONNECTION_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/mono.h"
#include "control_answer.h"

struct control_connection {
	int			 socket;	/* owned */
	uid_t			 uid;		/* of the client */
	struct mono_time	 used;		/* the last octet in or out */
	bool			 ended;		/* the client sends no more */
	bool			 closing;	/* after the output is sent */
	bool			 answering;
	bool			 waiting;	/* for survey or disk */
	struct control_answer	 answer;
	/* Received: first the request that is being answered. */
	char			 in[CONTROL_REQUEST_MAX + 2];
	size_t			 in_length;
	size_t			 request;	/* its octets, with newline */
	/* To be sent, from `sent` on. */
	char			*out;		/* owned */
	size_t			 out_length;
	size_t			 out_capacity;
	size_t			 sent;
};

/* Owns the socket, which does not block.  NULL on error (errno). */
struct control_connection *control_connection_new(int socket,
	    struct mono_time now);
void	 control_connection_free(struct control_connection *);

/* The events to poll for. */
short	 control_connection_events(const struct control_connection *);

/* Logs that a request of the user was rejected, and why. */
typedef void control_connection_rejected(void *arg, uid_t, const char *error);
/* Writes text[USER_NAMES_TEXT_SIZE], the name of a user, and returns it. */
typedef char *control_connection_name(void *arg, uid_t, char *text);

struct control_connection_owner {
	struct control_answers		*answers;
	control_connection_rejected	*rejected;
	control_connection_name		*name;
	void				*arg;
};

/* Receive and send what is possible; false: the connection has to be closed. */
bool	 control_connection_receive(struct control_connection *,
	    struct mono_time now);
bool	 control_connection_send(struct control_connection *,
	    struct mono_time now);

/*
 * Does a small part of the work: begins to answer the next request, or writes
 * the next part of the answer.  False when there is nothing to do now.  When
 * memory is exhausted or the client is gone, `closing` is set and the output is
 * dropped.
 */
bool	 control_connection_work(struct control_connection *,
	    const struct control_connection_owner *);

/* True when everything is answered and sent, and it has to be closed. */
bool	 control_connection_is_over(const struct control_connection *);
/* True when no request is being answered and no output is left. */
bool	 control_connection_is_idle(const struct control_connection *);

#endif
