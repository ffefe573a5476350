/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process that connects to a unix socket which only root may use, such as
 * the AgentX socket of Debian's snmpd, while the agent runs as another user.
 * It keeps the user root, without capabilities.  It connects to the one address
 * that it was started with, and gives the connected socket to the agent; it
 * neither reads nor writes there, and any other system call kills it.
 */
#ifndef HBW_CONNECTOR_H
#define HBW_CONNECTOR_H

#include <sys/un.h>

#include <stdbool.h>

/*
 * Starts the process; to be called while the agent is still root.  False on
 * error (errno).
 */
bool	 connector_start(const struct sockaddr_un *);
/*
 * Connects to the address without blocking: a stream socket, which the caller
 * closes; -1 on error (errno).  Uses the process only if the agent itself is
 * not permitted to connect (EACCES).  As soon as the agent can connect itself,
 * the process is ended.
 */
int	 connector_connect(const struct sockaddr_un *);
/* Ends the process, if there is one. */
void	 connector_end(void);

#endif
