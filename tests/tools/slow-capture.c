/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A library for LD_PRELOAD: pcap_activate(3) does not begin while the file that
 * SLOW_CAPTURE names exists.  It adds an octet to the file when it is called.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <pcap/pcap.h>

int
pcap_activate(pcap_t *pcap)
{
	const char	*name = getenv("SLOW_CAPTURE");
	int		 (*activate)(pcap_t *), file;

	file = name == NULL ? -1 : open(name, O_WRONLY | O_APPEND);
	if (file != -1) {
		(void)!write(file, "x", 1);
		close(file);
		while (access(name, F_OK) == 0)
			usleep(10000);
	}
	*(void **)&activate = dlsym(RTLD_NEXT, "pcap_activate");
	return (activate(pcap));
}
