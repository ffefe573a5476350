/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>

#include <stdio.h>
#include <string.h>

#include "link.h"

int
link_open(void)
{
	return (socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
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
