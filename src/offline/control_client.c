/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unix_address.h"
#include "offline/control_client.h"
#include "state/control_request.h"

#define LIMIT_SECONDS	5

struct control_client {
	const char	*path;		/* the caller's */
	FILE		*in;
	char		*line;		/* owned; of getline(3) */
	size_t		 size;
};

/* ---- connect */

static const char *
hint(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return (" (does hbwatchd run? -S names another socket)");
	case EACCES:
		return (" (only root and the group of hbwatchd may use it)");
	default:
		return ("");
	}
}

static struct control_client *
cannot_connect(const char *path, int error)
{
	/* With SO_SNDTIMEO, that is the error while the backlog is full. */
	if (error == EAGAIN)
		error = ETIMEDOUT;
	log_errx("cannot connect to hbwatchd at %s: %s%s", path,
	    strerror(error), hint(error));
	return (NULL);
}

/* Returns a descriptor that the caller closes; -1 on error (errno). */
static int
connect_to(const char *path)
{
	const struct timeval	 limit = { .tv_sec = LIMIT_SECONDS };
	struct unix_address	 a;
	int			 fd, error = 0;

	if (!unix_address_open(&a, path))
		return (-1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) !=
	    0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) !=
	    0 ||
	    connect(fd, (const struct sockaddr *)&a.address,
	    sizeof(a.address)) != 0)
		error = errno;
	unix_address_close(&a);
	if (error == 0)
		return (fd);
	if (fd != -1)
		close(fd);
	errno = error;
	return (-1);
}

struct control_client *
control_client_open(const char *path)
{
	struct control_client	*c;
	int			 fd = connect_to(path);

	if (fd == -1)
		return (cannot_connect(path, errno));
	c = calloc(1, sizeof(*c));
	if (c == NULL || (c->in = fdopen(fd, "r")) == NULL) {
		close(fd);
		free(c);
		return (cannot_connect(path, ENOMEM));
	}
	c->path = path;
	return (c);
}

void
control_client_close(struct control_client *c)
{
	if (c == NULL)
		return;
	fclose(c->in);
	free(c->line);
	free(c);
}

/* ---- requests */

static bool
send_all(const struct control_client *c, const char *bytes, size_t length)
{
	ssize_t	 n;

	while (length > 0) {
		n = send(fileno(c->in), bytes, length, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR) {
			log_err("cannot send a request to hbwatchd at %s",
			    c->path);
			return (false);
		}
		bytes += n < 0 ? 0 : n;
		length -= n < 0 ? 0 : (size_t)n;
	}
	return (true);
}

bool
control_client_send(struct control_client *c, const char *const *fields,
    size_t nfields)
{
	char	 line[CONTROL_REQUEST_MAX + 2];
	size_t	 i, length;

	length = (size_t)snprintf(line, sizeof(line), "%d", CONTROL_PROTOCOL);
	for (i = 0; i < nfields && length <= CONTROL_REQUEST_MAX; i++) {
		if (strpbrk(fields[i], "\t\n") != NULL) {
			log_errx("\"%s\" has a tab or a newline", fields[i]);
			errno = EINVAL;
			return (false);
		}
		length += (size_t)snprintf(line + length,
		    sizeof(line) - length, "\t%s", fields[i]);
	}
	if (length > CONTROL_REQUEST_MAX) {
		log_errx("the request is too long; expected at most %d octets",
		    CONTROL_REQUEST_MAX);
		errno = EINVAL;
		return (false);
	}
	line[length++] = '\n';
	return (send_all(c, line, length));
}

/* ---- answers */

json_t *
control_client_next(struct control_client *c)
{
	json_t	*object;
	ssize_t	 n;

	errno = 0;
	n = getline(&c->line, &c->size, c->in);
	if (n <= 0 || c->line[n - 1] != '\n') {
		if (errno == EAGAIN)
			log_errx("hbwatchd at %s does not answer within %d s",
			    c->path, LIMIT_SECONDS);
		else
			log_errx("hbwatchd at %s closed the connection",
			    c->path);
		return (NULL);
	}
	object = json_loadb(c->line, (size_t)n, 0, NULL);
	if (object != NULL && json_is_object(object))
		return (object);
	json_decref(object);
	log_errx("hbwatchd at %s sent an invalid answer (another program?)",
	    c->path);
	return (NULL);
}
