/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "directory_maker.h"
#include "engine/call_filter.h"
#include "landlock.h"
#include "privileges.h"

#define OPEN_DIRECTORY	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int	 maker = -1;	/* the agent's end of the socket */

/* ---- the process */

#ifndef HBW_SANITIZERS
static bool
limit_system_calls(int socket, int parent, struct store_owner owner)
{
	static const int		 allowed[] = {
		SCMP_SYS(close), SCMP_SYS(exit_group),
	};
	const struct call_filter_rule	 rules[] = {
		{ SCMP_SYS(recvfrom), 1, { CALL_EQUAL(0, socket) } },
		{ SCMP_SYS(sendto), 1, { CALL_EQUAL(0, socket) } },
		{ SCMP_SYS(mkdirat), 2, { CALL_EQUAL(0, parent),
		    CALL_EQUAL(2, 0700) } },
		{ SCMP_SYS(openat), 2, { CALL_EQUAL(0, parent),
		    CALL_EQUAL(2, OPEN_DIRECTORY) } },
		{ SCMP_SYS(fchown), 2, { CALL_EQUAL(1, owner.uid),
		    CALL_EQUAL(2, owner.gid) } },
	};

	return (call_filter_only(allowed, sizeof(allowed) / sizeof(allowed[0]),
	    rules, sizeof(rules) / sizeof(rules[0])));
}
#endif

/* Only a directory that was made just now is given to the owner. */
static bool
make(int parent, const char *name, struct store_owner owner)
{
	int	 fd;
	bool	 ok;

	if (mkdirat(parent, name, 0700) != 0)
		return (false);
	fd = openat(parent, name, OPEN_DIRECTORY);
	if (fd == -1)
		return (false);
	ok = fchown(fd, owner.uid, owner.gid) == 0;
	close(fd);
	return (ok);
}

/* Ends when the agent has ended. */
static _Noreturn void
serve(int socket, int parent, const char *name, struct store_owner owner)
{
	int	 message;

	while (recv(socket, &message, sizeof(message), 0) ==
	    (ssize_t)sizeof(message)) {
		message = make(parent, name, owner) ? 0 : errno;
		if (send(socket, &message, sizeof(message), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

static _Noreturn void
maker_process(int socket, const char *parent, const char *name,
    struct store_owner owner)
{
	int	 rules, fd;

	socket = privileges_small_process(socket, "hbwatch-mkdir", true);
	fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	rules = landlock_begin();
	if (socket == -1 || fd == -1)
		_exit(1);
#ifndef HBW_SANITIZERS
	if (!landlock_allow(rules, parent, LANDLOCK_WRITE) ||
	    !landlock_end(rules) || !limit_system_calls(socket, fd, owner))
		_exit(1);
#else
	close(rules);
#endif
	serve(socket, fd, name, owner);
}

/* ---- the agent */

static bool
may_write(const char *directory, struct store_owner user)
{
	struct stat	 st;
	mode_t		 needed;

	if (stat(directory, &st) != 0)
		return (false);
	needed = st.st_uid == user.uid ? S_IWUSR | S_IXUSR :
	    st.st_gid == user.gid ? S_IWGRP | S_IXGRP : S_IWOTH | S_IXOTH;
	return ((st.st_mode & needed) == needed);
}

/* For the thread that writes the state.  False on error (errno). */
static bool
make_directory(void)
{
	int	 message = 0;

	if (send(maker, &message, sizeof(message), MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(message))
		return (false);
	if (recv(maker, &message, sizeof(message), 0) !=
	    (ssize_t)sizeof(message)) {
		errno = EACCES;
		return (false);
	}
	errno = message;
	return (message == 0);
}

static bool
start(const char *parent, const char *name, struct store_owner owner)
{
	int	 pair[2];
	pid_t	 pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return (false);
	pid = fork();
	if (pid == 0)
		maker_process(pair[1], parent, name, owner);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return (false);
	}
	maker = pair[0];
	store_directory_set_maker(make_directory);
	return (true);
}

void
directory_maker_start(const char *directory, struct store_owner owner)
{
	/* dirname(3) and basename(3) change their argument. */
	char		*a = strdup(directory), *b = strdup(directory);
	const char	*parent, *name;

	if (a != NULL && b != NULL) {
		parent = dirname(a);
		name = basename(b);
		if (!may_write(parent, owner) && !start(parent, name, owner))
			log_warn("cannot start the process that makes %s again "
			    "if it is removed", directory);
	}
	free(a);
	free(b);
}
