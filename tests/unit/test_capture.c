/* SPDX-License-Identifier: BSD-2-Clause */
/* The capture of an interface, in a network namespace of this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "packet/capture.h"

#define RING_BYTES	(8 * 1024 * 1024)
#define PACKETS		20000
#define SNAPSHOT	160

static atomic_bool	 sent_all;

/* False if this user may not have a namespace. */
static bool
enter_namespace(void)
{
	struct ifreq	 r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int		 s;

	if (unshare(CLONE_NEWNET) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return (false);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	assert_true(s >= 0);
	assert_int_equal(ioctl(s, SIOCSIFFLAGS, &r), 0);
	close(s);
	return (true);
}

/* Sends them to a port of the loopback. */
static void
send_some(uint16_t port, int packets)
{
	struct sockaddr_in	 to = {
		.sin_family = AF_INET, .sin_port = htons(port),
	};
	int			 i, s = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < packets; i++)
		(void)sendto(s, &i, sizeof(i), 0, (struct sockaddr *)&to,
		    sizeof(to));
	close(s);
}

static void *
send_packets(void *arg)
{
	(void)arg;
	send_some(9, PACKETS);
	sent_all = true;
	return (NULL);
}

static void
count(void *arg, const struct capture_frame *frame)
{
	size_t	*frames = arg;

	(void)frame;
	(*frames)++;
}

static void
drain(struct capture *c, size_t *frames)
{
	enum capture_status	 status;

	do
		status = capture_drain(c, 1000, count, frames);
	while (status == CAPTURE_MORE);
	assert_int_equal(status, CAPTURE_OK);
}

/* What passes both filters is captured, although the filter changes often. */
static void
no_frame_is_lost_when_the_filter_changes(void **state)
{
	char		 to_9[] = "udp dst port 9", to_10[] = "udp dst port 10";
	char		*basic[] = { to_9 }, *wider[] = { to_10 };
	char		 error[CAPTURE_ERROR_SIZE] = "";
	struct capture	*c;
	pthread_t	 sender;
	size_t		 frames = 0, changes = 0;
	bool		 last;

	(void)state;
	if (!enter_namespace())
		skip();
	c = capture_open_live("lo", SNAPSHOT, RING_BYTES, error);
	assert_string_equal(error, "");
	assert_non_null(c);
	assert_true(capture_set_filter(c, basic, 1, error));
	assert_int_equal(pthread_create(&sender, NULL, send_packets, NULL), 0);
	do {
		last = sent_all;
		assert_true(capture_widen_filter(c, wider, changes++ % 2,
		    error));
		drain(c, &frames);
	} while (!last);
	pthread_join(sender, NULL);
	print_message("# %zu changes, %zu frames\n", changes, frames);
	assert_int_equal(capture_dropped(c), 0);
	assert_int_equal(frames, PACKETS);
	capture_close(c);
}

/*
 * The frames of these interfaces have Ethernet headers or cooked ones of two
 * versions.  The filter needs the direction, which only the kernel knows.
 */
static void
the_filter_counts_from_the_first_frame(void **state)
{
	static const struct {
		const char	*interface;
		bool		 ifindex;
	}		 cases[] = {
		{ "lo", false }, { "any", false }, { "any", true },
	};
	char		 received[] = "inbound and udp dst port 9";
	char		 to_10[] = "inbound and udp dst port 10";
	char		 none[] = "less 1";
	char		*filters[] = { received }, *reject[] = { none };
	char		*wider[] = { to_10 };
	char		 error[CAPTURE_ERROR_SIZE] = "";
	struct capture	*c;
	size_t		 i, frames;

	(void)state;
	if (!enter_namespace())
		skip();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s %d\n", cases[i].interface,
		    cases[i].ifindex);
		c = capture_open_live(cases[i].interface, SNAPSHOT, RING_BYTES,
		    error);
		assert_non_null(c);
		if (cases[i].ifindex)
			capture_add_ifindex(c);
		/* These came before the filter. */
		send_some(9, 2);
		assert_true(capture_set_filter(c, filters, 1, error));
		send_some(9, 1);
		send_some(10, 1);
		frames = 0;
		drain(c, &frames);
		assert_int_equal(frames, 1);
		/* The waiting frame stays. */
		send_some(9, 1);
		assert_true(capture_widen_filter(c, wider, 1, error));
		send_some(10, 1);
		send_some(11, 1);
		drain(c, &frames);
		assert_int_equal(frames, 3);
		assert_true(capture_set_filter(c, reject, 1, error));
		send_some(9, 1);
		drain(c, &frames);
		assert_int_equal(frames, 3);
		capture_close(c);
	}
}

/*
 * The kernel does not know the type of the hardware address in a cooked header.
 * Then all frames pass.
 */
static void
a_filter_that_the_kernel_refuses_is_not_used(void **state)
{
	char		 type[] = "link[2:2] = 772";
	char		*filters[] = { type };
	char		 error[CAPTURE_ERROR_SIZE] = "";
	struct capture	*c;
	size_t		 frames = 0;

	(void)state;
	if (!enter_namespace())
		skip();
	c = capture_open_live("any", SNAPSHOT, RING_BYTES, error);
	assert_non_null(c);
	assert_true(capture_set_filter(c, filters, 1, error));
	assert_false(capture_widen_filter(c, filters, 1, error));
	send_some(9, 1);
	send_some(10, 1);
	drain(c, &frames);
	/* The kernel answers by ICMP, because both ports are closed. */
	assert_in_range(frames, 2, 4);
	capture_close(c);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(the_filter_counts_from_the_first_frame),
		cmocka_unit_test(a_filter_that_the_kernel_refuses_is_not_used),
		cmocka_unit_test(no_frame_is_lost_when_the_filter_changes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
