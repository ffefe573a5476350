/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "connector.h"
#include "unix_transport.h"

/* The prefix of addresses of this transport, in net-snmp. */
#define PREFIX	"hbwatch"

/*
 * Below enterprises.netSnmp.netSnmpTransports, with the number of the MIB: no
 * transport of the library has it.
 */
static const oid	 domain[] = {
	1, 3, 6, 1, 4, 1, 8072, 3, 3, 45640,
};

/* With an empty path the transport is not used. */
static struct sockaddr_un	 master = { .sun_family = AF_UNIX };

void
unix_transport_start(const char *address)
{
	const char	*path = address;

	if (path == NULL)
		path = NETSNMP_AGENTX_SOCKET;
	if (strncmp(path, "unix:", 5) == 0)
		path += 5;
	/* All other forms of the default and of -x have no slash here. */
	if (path[0] != '/' || strlen(path) >= sizeof(master.sun_path))
		return;
	strcpy(master.sun_path, path);
	if (connector_start(&master))
		return;
	log_warn("cannot start the process that connects to %s", path);
	master.sun_path[0] = '\0';
}

/* ---- the functions of the transport */

static int
receive(netsnmp_transport *t, void *buffer, int size, void **opaque,
    int *length)
{
	ssize_t	 n;

	*opaque = NULL;
	*length = 0;
	do {
		n = recv(t->sock, buffer, (size_t)size, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return ((int)n);
}

static int
transmit(netsnmp_transport *t, const void *buffer, int size, void **opaque,
    int *length)
{
	ssize_t	 n;

	(void)opaque;
	(void)length;
	do {
		n = send(t->sock, buffer, (size_t)size, 0);
	} while (n < 0 && errno == EINTR);
	return ((int)n);
}

static int
end(netsnmp_transport *t)
{
	int	 fd = t->sock;

	t->sock = -1;
	return (fd == -1 ? -1 : close(fd));
}

static char *
format_address(netsnmp_transport *t, const void *data, int length)
{
	(void)t;
	(void)data;
	(void)length;
	return (strdup(master.sun_path));
}

/* Net-snmp frees a transport, and the address in it, with free(3). */
static netsnmp_transport *
create(const char *address, int local)
{
	netsnmp_transport	*t;

	(void)address;
	if (local)
		return (NULL);
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return (NULL);
	t->sock = connector_connect(&master);
	if (t->sock < 0) {
		free(t);
		return (NULL);
	}
	t->domain = domain;
	t->domain_length = OID_LENGTH(domain);
	t->flags = NETSNMP_TRANSPORT_FLAG_STREAM;
	t->msgMaxSize = SNMP_MAX_PACKET_LEN;
	t->f_recv = receive;
	t->f_send = transmit;
	t->f_close = end;
	t->f_fmtaddr = format_address;
	return (t);
}

const char *
unix_transport_address(const char *address)
{
	static netsnmp_tdomain	 tdomain;

	if (master.sun_path[0] == '\0')
		return (address);
	tdomain.name = domain;
	tdomain.name_length = OID_LENGTH(domain);
	/* Net-snmp frees it at the end. */
	tdomain.prefix = calloc(2, sizeof(*tdomain.prefix));
	if (tdomain.prefix == NULL)
		fatal("cannot start");
	tdomain.prefix[0] = PREFIX;
	tdomain.f_create_from_tstring = create;
	netsnmp_tdomain_register(&tdomain);
	return (PREFIX ":");
}
