/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers and messages of the kernel.  The first octet selects the heartbeat;
 * then come datagrams, each after its length in 16 bits.  The number of a
 * request is put into the first message of each answer.
 */
#include <sys/socket.h>
#include <linux/netlink.h>

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "config/configuration.h"
#include "diagnosis/verdict.h"
#include "kernel_evidence.h"

#include "fuzz.h"

static struct cursor	 input;
static uint32_t		 sequence;

ssize_t	 __wrap_send(int, const void *, size_t, int);
ssize_t	 __wrap_recv(int, void *, size_t, int);
ssize_t	 __wrap_recvfrom(int, void *, size_t, int, struct sockaddr *,
	    socklen_t *);

ssize_t
__wrap_send(int fd, const void *bytes, size_t size, int flags)
{
	const struct nlmsghdr	*request = bytes;

	(void)fd;
	(void)flags;
	fuzz_check(size >= sizeof(*request) && request->nlmsg_len == size);
	sequence = request->nlmsg_seq;
	return ((ssize_t)size);
}

ssize_t
__wrap_recv(int fd, void *bytes, size_t size, int flags)
{
	(void)fd;
	(void)bytes;
	(void)size;
	(void)flags;
	errno = EAGAIN;
	return (-1);
}

/* Gives the next datagram; one of length 0 is the end of an answer. */
ssize_t
__wrap_recvfrom(int fd, void *bytes, size_t size, int flags,
    struct sockaddr *from, socklen_t *from_size)
{
	const struct sockaddr_nl	 kernel = { .nl_family = AF_NETLINK };
	size_t				 n = cursor_u16(&input);

	if (n > input.left)
		n = input.left;
	if (n > size)
		n = size;
	if (n == 0)
		return (__wrap_recv(fd, bytes, size, flags));
	memcpy(bytes, cursor_take(&input, n), n);
	if (n >= sizeof(struct nlmsghdr))
		memcpy((uint8_t *)bytes + offsetof(struct nlmsghdr, nlmsg_seq),
		    &sequence, sizeof(sequence));
	fuzz_check(*from_size >= sizeof(kernel));
	memcpy(from, &kernel, sizeof(kernel));
	return ((ssize_t)n);
}

static const struct {
	const char	*heartbeat, *peer, *floating_ip;
} watches[] = {
	{ "udp 20053", "127.0.0.2", "127.0.0.3" },
	{ "tcp 20053", "::1", "fe80::3" },
	{ "vrrp 51", "192.0.2.12", "192.0.2.100" },
	{ "udp 1", "fe80::2", "::" },
};
#define WATCHES		(sizeof(watches) / sizeof(watches[0]))

static struct configuration_watch *
watch_new(size_t i)
{
	struct configuration_profile	 like = {
		.interface = "lo", .role = "r",
		.heartbeat = watches[i].heartbeat,
		.interruption_ns = NSEC_PER_SEC, .vlan = VLAN_ANY,
	}, *profile;
	struct configuration_alarm	 alarm = {
		.id = 45640, .service_type = "Flink",
	};
	struct addr			 peer;
	char				 error[256];

	fuzz_check(addr_parse(watches[i].peer, &peer));
	fuzz_check(addr_parse(watches[i].floating_ip, &like.floating_ip));
	fuzz_check(heartbeat_form_parse(like.heartbeat, &like.form, error,
	    sizeof(error)));
	like.alarm = configuration_alarm_new(&alarm);
	profile = configuration_profile_new(&like);
	fuzz_check(profile != NULL);
	return (configuration_watch_new(profile, "w", &peer));
}

static void
check(const struct evidence *e, struct wall_time now)
{
	struct verdict	 v;
	char		 text[EVIDENCE_TEXT_SIZE];
	unsigned	 i;

	fuzz_check((e->flags & ~EVIDENCE_FLAGS) == 0);
	for (i = 1; i <= EVIDENCE_MAX; i++) {
		fuzz_check(e->signals[i].state <= EVIDENCE_PRESENT);
		fuzz_check(e->signals[i].at.ns <= now.ns);
		fuzz_check(strlen(evidence_text(i, &e->signals[i], text)) <
		    sizeof(text));
	}
	verdict_of(e, now, &v);
	fuzz_check(v.cause >= 1 && v.cause <= CAUSE_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct configuration_watch *list[WATCHES];
	static const struct evidence	 none;
	const struct wall_time		 now = { 5000 * NSEC_PER_SEC };
	struct kernel_evidence		*k = kernel_evidence_new();
	struct evidence			 e = { .raised = { 1 } };
	uint32_t			 ifindex;
	size_t				 i;
	uint8_t				 first;

	input = cursor_over(data, size);
	first = cursor_u8(&input);
	i = first % WATCHES;
	if (list[i] == NULL)
		list[i] = watch_new(i);
	fuzz_check(k != NULL && list[i] != NULL);
	do {
		kernel_evidence_record_ports(k);
		if (first >= 128)
			kernel_evidence_prepare(k, list[i],
			    (struct mono_time){ 1 }, now);
		kernel_evidence_add_link(k, list[i], now, &e, &ifindex);
		kernel_evidence_add(k, list[i], ifindex, true, now, &none, &e);
		check(&e, now);
	} while (input.left > 2);
	kernel_evidence_free(k);
	return (0);
}
