/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole capture through replay: the file's format, the link layers, every
 * decoder, the match and the detector.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "offline/replay.h"

#include "fuzz.h"

static const char	configuration[] =
    "watch udp { interface = any peer = 192.0.2.12 heartbeat = 'udp 20053' }\n"
    "watch tcp { interface = any peer = 192.0.2.12 heartbeat = 'tcp 7000' }\n"
    "watch keep { interface = any peer = 192.0.2.12 recovery = 3\n"
    "  heartbeat = 'tcp-keepalive 7000' interruption = 2s }\n"
    "watch vrrp { interface = any heartbeat = 'vrrp 51' interruption = 1ms }\n"
    "watch carp { interface = any heartbeat = 'carp 7' interruption = 3s }\n"
    "watch hsrp { interface = any heartbeat = 'hsrp 1' interruption = 3s }\n"
    "watch bfd { interface = any peer = 192.0.2.12 heartbeat = bfd }\n"
    "watch ha { interface = any peer = 192.0.2.12 heartbeat = linux-ha }\n"
    "watch totem { interface = any peer = 192.0.2.12 heartbeat = corosync }\n"
    "watch six { interface = any peer = '2001:db8::12' heartbeat = ip }\n"
    "watch bpf { interface = any heartbeat = 'bpf udp' interruption = 24h }\n";

/* With these watches the prefilter rejects most packets. */
static const char	few[] =
    "watch udp { interface = any peer = 192.0.2.12 heartbeat = 'udp 20053' }\n"
    "watch vrrp { interface = any heartbeat = 'vrrp 51' interruption = 1ms }\n";

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static char	 files[2][FUZZ_PATH_SIZE];
	char		 capture[FUZZ_PATH_SIZE], *argv[] = {
		(char *)"replay", (char *)"-c", files[size % 2], capture, NULL,
	};
	int		 fd;

	if (files[0][0] == '\0') {
		(void)fuzz_memory_file(configuration, strlen(configuration),
		    files[0]);
		(void)fuzz_memory_file(few, strlen(few), files[1]);
		if (freopen("/dev/null", "w", stdout) == NULL)
			err(1, "/dev/null");
	}
	fd = fuzz_memory_file(input, size, capture);
	optind = 1;
	(void)replay_main(4, argv);
	close(fd);
	return (0);
}
