/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/link.h"

int
link_open(void)
{
	/* Any socket can do it, and this one needs no permission to use IP. */
	return (socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

/* A descriptor for these RTMGRP_ groups. */
static int
monitor_open(uint32_t groups)
{
	const struct sockaddr_nl	 address = {
		.nl_family = AF_NETLINK, .nl_groups = groups,
	};
	int				 descriptor;

	descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
	    NETLINK_ROUTE);
	if (descriptor < 0 || bind(descriptor,
	    (const struct sockaddr *)&address, sizeof(address)) == 0)
		return (descriptor);
	close(descriptor);
	return (-1);
}

int
link_monitor_open(void)
{
	return (monitor_open(RTMGRP_LINK));
}

int
link_address_monitor_open(void)
{
	return (monitor_open(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR));
}

bool
link_monitor_drain(int descriptor)
{
	char	 ignored[16];
	bool	 changed = false;

	/* After ENOBUFS, which means lost messages, more may be readable. */
	while (recv(descriptor, ignored, sizeof(ignored), MSG_DONTWAIT) >= 0 ||
	    errno == EINTR || errno == ENOBUFS)
		changed = true;
	return (changed);
}

enum link_state
link_state(int descriptor, const char *interface, uint32_t *ifindex)
{
	struct ifreq	 request;
	const short	 up = IFF_UP | IFF_RUNNING;

	*ifindex = 0;
	if (strcmp(interface, "any") == 0)
		return (LINK_UP);
	memset(&request, 0, sizeof(request));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(descriptor, SIOCGIFINDEX, &request) != 0)
		return (LINK_MISSING);
	*ifindex = (uint32_t)request.ifr_ifindex;
	if (ioctl(descriptor, SIOCGIFFLAGS, &request) != 0)
		return (LINK_MISSING);
	return ((request.ifr_flags & up) == up ? LINK_UP : LINK_DOWN);
}

void
link_mac(int descriptor, const char *interface, struct mac *mac)
{
	struct ifreq	 request;

	*mac = (struct mac){ { 0 } };
	memset(&request, 0, sizeof(request));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(descriptor, SIOCGIFHWADDR, &request) == 0 &&
	    request.ifr_hwaddr.sa_family == ARPHRD_ETHER)
		memcpy(mac->octets, request.ifr_hwaddr.sa_data, MAC_LENGTH);
}
