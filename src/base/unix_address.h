/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_UNIX_ADDRESS_H
#define HBW_UNIX_ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>

#include <stdbool.h>

/*
 * The address of a unix socket with a path, and the directory that it is in.
 * The path may be longer than sun_path.
 */
struct unix_address {
	int			 directory;	/* opened with O_PATH; owned */
	const char		*name;		/* in it; part of the path */
	struct sockaddr_un	 address;
};

/*
 * Opens the directory of a path, which must outlive the address.  False on
 * error (errno): ENOENT if the directory does not exist, ENAMETOOLONG if a name
 * in the path is too long, EISDIR if the path has no name.
 */
bool	 unix_address_open(struct unix_address *, const char *path);
void	 unix_address_close(struct unix_address *);

#endif
