/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "connector.h"
#include "engine/call_filter.h"
#include "landlock.h"
#include "privileges.h"

/* The time that the agent waits for an answer of the process. */
#define ANSWER_MS	500

static struct {
	pid_t	 pid;
	int	 socket;	/* -1: there is no process */
	uint32_t request;	/* the number of the last one */
	bool	 logged;	/* that the process is used */
} connector = { .socket = -1 };

/* A request is its number.  An answer without error has a descriptor, too. */
struct answer {
	uint32_t	 request;
	int		 error;		/* errno, or 0 */
};

/* The descriptor is sent as SCM_RIGHTS (unix(7)). */
union control {
	struct cmsghdr	 header;
	char		 room[CMSG_SPACE(sizeof(int))];
};

static int
connect_directly(const struct sockaddr_un *address)
{
	int	 error, fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) == 0)
		return (fd);
	error = errno;
	close(fd);
	errno = error;
	return (-1);
}

/* ---- the process */

#ifndef HBW_SANITIZERS
static bool
limit_system_calls(int socket)
{
	static const int		 allowed[] = {
		SCMP_SYS(connect), SCMP_SYS(close), SCMP_SYS(exit_group),
	};
	const struct call_filter_rule	 rules[] = {
		{ SCMP_SYS(socket), 2, { CALL_EQUAL(0, AF_UNIX), CALL_EQUAL(1,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC) } },
		{ SCMP_SYS(recvfrom), 1, { CALL_EQUAL(0, socket) } },
		{ SCMP_SYS(sendmsg), 1, { CALL_EQUAL(0, socket) } },
	};

	return (call_filter_only(allowed, sizeof(allowed) / sizeof(allowed[0]),
	    rules, sizeof(rules) / sizeof(rules[0])));
}
#endif

static bool
send_answer(int socket, struct answer *answer, int fd)
{
	union control	 control = { .room = "" };
	struct iovec	 data = { answer, sizeof(*answer) };
	struct msghdr	 m = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fd >= 0) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	return (sendmsg(socket, &m, MSG_NOSIGNAL) >= 0);
}

/* Ends when the agent closes its socket, or has ended. */
static _Noreturn void
serve(int socket, const struct sockaddr_un *address)
{
	struct answer	 a;
	bool		 ok = true;
	int		 fd;

	while (ok && recv(socket, &a.request, sizeof(a.request), 0) ==
	    (ssize_t)sizeof(a.request)) {
		fd = connect_directly(address);
		a.error = fd < 0 ? errno : 0;
		ok = send_answer(socket, &a, fd);
		if (fd >= 0)
			close(fd);
	}
	_exit(0);
}

static _Noreturn void
connector_process(int socket, const struct sockaddr_un *address)
{
	socket = privileges_small_process(socket, "hbwatch-connect", false);
	if (socket == -1)
		_exit(1);
#ifndef HBW_SANITIZERS
	if (!landlock_end(landlock_begin()) || !limit_system_calls(socket))
		_exit(1);
#endif
	serve(socket, address);
}

/* ---- the agent */

bool
connector_start(const struct sockaddr_un *address)
{
	int	 pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return (false);
	connector.pid = fork();
	if (connector.pid == 0)
		connector_process(pair[1], address);
	close(pair[1]);
	if (connector.pid < 0) {
		close(pair[0]);
		return (false);
	}
	connector.socket = pair[0];
	return (true);
}

/* Returns the descriptor, or -1.  False when there is no answer. */
static bool
receive_answer(struct answer *answer, int *fd)
{
	union control	 control;
	struct iovec	 data = { answer, sizeof(*answer) };
	struct msghdr	 m = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};

	*fd = -1;
	if (recvmsg(connector.socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) !=
	    (ssize_t)sizeof(*answer))
		return (false);
	if (m.msg_controllen > 0)
		memcpy(fd, CMSG_DATA(&control.header), sizeof(*fd));
	return (true);
}

/* Returns the socket; -1 on error (errno). */
static int
connect_through_process(void)
{
	struct pollfd	 wait = { .fd = connector.socket, .events = POLLIN };
	struct answer	 answer;
	uint32_t	 request = ++connector.request;
	int		 fd;

	if (send(connector.socket, &request, sizeof(request),
	    MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof(request))
		return (-1);
	while (poll(&wait, 1, ANSWER_MS) > 0 && receive_answer(&answer, &fd)) {
		if (answer.request == request) {
			errno = answer.error;
			return (fd);
		}
		/* This answer came too late. */
		if (fd >= 0)
			close(fd);
	}
	errno = ETIMEDOUT;
	return (-1);
}

int
connector_connect(const struct sockaddr_un *address)
{
	int	 fd = connect_directly(address);

	if (fd >= 0)
		connector_end();
	if (fd >= 0 || errno != EACCES || connector.socket == -1)
		return (fd);
	fd = connect_through_process();
	if (fd >= 0 && !connector.logged)
		log_notice("only root can open the AgentX socket %s: a process "
		    "of root connects to it for hbwatchd; agentXPerms in "
		    "snmpd.conf avoids this, see hbwatchd(8)",
		    address->sun_path);
	connector.logged = connector.logged || fd >= 0;
	return (fd);
}

void
connector_end(void)
{
	if (connector.socket == -1)
		return;
	close(connector.socket);
	connector.socket = -1;
	while (waitpid(connector.pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}
