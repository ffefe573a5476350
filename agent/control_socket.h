/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listening socket of the control protocol, hbwatch-control(5).
 */
#ifndef HBW_CONTROL_SOCKET_H
#define HBW_CONTROL_SOCKET_H

#include <sys/types.h>

/*
 * Listens on a unix socket at `path` that the owner and the group can use.  A
 * socket on which nobody listens is replaced, and a missing directory is made.
 * To be called as root if hbwatchd is started so, because the directory may be
 * root's, and before other threads.  Returns a descriptor that does not block,
 * which the caller closes; -1 for an empty path, or on error, which is logged:
 * then hbwatchd works without it.
 */
int	 control_socket_open(const char *path, gid_t group);

#endif
