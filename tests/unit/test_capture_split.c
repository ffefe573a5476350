/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two captures that share the frames of an interface, in a network namespace of
 * this test.  They are compared with two captures that get each frame.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/utsname.h>
#include <net/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "packet/capture.h"
#include "packet/capture_expression.h"

#define RING_BYTES	(8 * 1024 * 1024)
#define SNAPSHOT	160
#define LIMIT_MS	10000	/* until a frame is captured */
#define FRAMES		4000
#define FRAME_MAX	120

/* The end of each frame of this test: MARK, and the number of the frame. */
#define MARK		"split"
#define END_LENGTH	(sizeof(MARK) + 4)

/* The first capture is that of heartbeats; see match_filter.c. */
static const char	 first_filter[] =
    "(src host 192.0.2.12 and (udp port 9 or ip proto 51)) or "
    "(udp port 9 or ip proto 112) or "
    "(ip proto 51 or (ip6 and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or "
    "ip6[6] = 51 or ip6[6] = 60 or ip6[6] = 135)))";
/* Some frames pass both filters. */
static const char	 second_filter[] =
    "arp or icmp or icmp6 or udp dst port 9 or udp port 10 or "
    "ether broadcast or (outbound and udp port 11) or stp";

struct seen {
	struct capture	*capture;
	bool		 frames[FRAMES + 1];
	size_t		 longest;	/* octets that were captured */
};

/*
 * The first two share the frames; the others get each: the third with the first
 * filter, the fourth with the second filter, the last with none.
 */
enum { FIRST, SECOND, PLAIN_FIRST, PLAIN_SECOND, ALL, CAPTURES };

struct setting {
	struct seen	 seen[CAPTURES];
	int		 sockets[2];	/* sends to the interface; from it */
};

static unsigned		 seed;

static unsigned
random_below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return ((seed >> 16) % n);
}

/* ---- frames */

static const uint8_t	 pieces[][6] = {
	{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	{ 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 },
	{ 0x01, 0x00, 0x5e, 0x00, 0x00, 0x12 },
	{ 0x02, 0x00, 0x00, 0x00, 0x00, 0x01 },
};

static size_t
put(uint8_t *frame, size_t at, unsigned value)
{
	frame[at] = (uint8_t)(value >> 8);
	frame[at + 1] = (uint8_t)value;
	return (at + 2);
}

static unsigned
some_port(void)
{
	static const unsigned	 ports[] = { 9, 10, 11, 67 };

	return (ports[random_below(4)]);
}

static void
put_ipv4(uint8_t *frame, size_t at)
{
	static const uint8_t	 protocols[] = { 17, 17, 17, 1, 2, 6, 51, 112 };
	unsigned		 words = random_below(4) != 0 ? 5 :
				    random_below(16);
	size_t			 payload = at + 4 * words;

	frame[at] = (uint8_t)(0x40 | words);
	(void)put(frame, at + 2, 40);
	(void)put(frame, at + 6, random_below(5) == 0 ? random_below(65536) :
	    0x4000);
	frame[at + 9] = protocols[random_below(8)];
	payload = put(frame, payload, some_port());
	(void)put(frame, payload, some_port());
}

static void
put_ipv6(uint8_t *frame, size_t at)
{
	static const uint8_t	 next[] = { 17, 17, 17, 0, 44, 58, 6, 112 };

	frame[at] = 0x60;
	frame[at + 6] = next[random_below(8)];
	(void)put(frame, put(frame, at + 40, some_port()), some_port());
}

/*
 * Returns its length.  In a short frame a filter may read beyond the end: a
 * filter then rejects it.
 */
static size_t
make_frame(uint8_t *frame, uint32_t number)
{
	static const unsigned	 tags[] = { 0x8100, 0x88a8, 0x9100 };
	static const unsigned	 types[] = { 0x0806, 0x88cc, 0x8847, 0x0026 };
	unsigned		 ntags = random_below(2) * random_below(4);
	unsigned		 kind = random_below(8);
	size_t			 at = 12, length;

	memset(frame, 0, FRAME_MAX);
	memcpy(frame, pieces[random_below(4)], 6);
	frame[6] = 2;
	for (; ntags > 0; ntags--)
		at = put(frame, put(frame, at, tags[random_below(3)]), 7);
	if (kind < 4) {
		put_ipv4(frame, put(frame, at, 0x0800));
	} else if (kind < 6) {
		put_ipv6(frame, put(frame, at, 0x86dd));
	} else {
		at = put(frame, at, types[random_below(4)]);
		memcpy(frame + at, "\x42\x42\x03", 3);
	}
	/* Others are damaged. */
	if (random_below(8) == 0)
		frame[12 + random_below(30)] = (uint8_t)random_below(256);
	length = 50 + random_below(FRAME_MAX - 49);
	memcpy(frame + length - END_LENGTH, MARK, sizeof(MARK));
	memcpy(frame + length - 4, &number, sizeof(number));
	return (length);
}

static void
take(void *arg, const struct capture_frame *f)
{
	struct seen	*seen = arg;
	const uint8_t	*end = f->bytes + f->captured;
	uint32_t	 number;

	if (f->captured > seen->longest)
		seen->longest = f->captured;
	if (f->captured < END_LENGTH || f->captured != f->wire ||
	    memcmp(end - END_LENGTH, MARK, sizeof(MARK)) != 0)
		return;
	memcpy(&number, end - 4, sizeof(number));
	assert_true(number <= FRAMES);
	assert_false(seen->frames[number]);
	seen->frames[number] = true;
}

static void
drain(struct seen *seen)
{
	while (capture_drain(seen->capture, 1000, take, seen) == CAPTURE_MORE)
		;
}

/* Sends the frame that all captures have received when the last one has. */
static void
wait_for_all(struct setting *s)
{
	struct pollfd	 fd = {
		.fd = capture_descriptor(s->seen[ALL].capture),
		.events = POLLIN,
	};
	uint8_t		 frame[FRAME_MAX];
	size_t		 i, length = make_frame(frame, FRAMES);

	for (i = 0; i < CAPTURES; i++)
		s->seen[i].frames[FRAMES] = false;
	assert_int_equal(send(s->sockets[0], frame, length, 0), length);
	while (!s->seen[ALL].frames[FRAMES]) {
		assert_int_equal(poll(&fd, 1, LIMIT_MS), 1);
		drain(&s->seen[ALL]);
	}
	for (i = 0; i < ALL; i++)
		if (s->seen[i].capture != NULL)
			drain(&s->seen[i]);
}

static void
send_frames(struct setting *s)
{
	uint8_t		 frame[FRAME_MAX];
	size_t		 length;
	uint32_t	 i;

	for (i = 0; i < CAPTURES; i++)
		memset(s->seen[i].frames, 0, sizeof(s->seen[i].frames));
	for (i = 0; i < FRAMES; i++) {
		length = make_frame(frame, i);
		assert_int_equal(send(s->sockets[i % 2], frame, length, 0),
		    length);
	}
	wait_for_all(s);
}

/* ---- the interface */

static void
run(const char *command)
{
	assert_int_equal(system(command), 0);
}

/* It receives frames of this protocol; 0: none. */
static int
open_socket(const char *interface, uint16_t protocol)
{
	struct sockaddr_ll	 to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int			 s = socket(AF_PACKET, SOCK_RAW, 0);

	assert_true(s >= 0);
	assert_int_equal(bind(s, (struct sockaddr *)&to, sizeof(to)), 0);
	return (s);
}

static struct capture *
open_capture(bool second, const char *filter)
{
	char		 error[CAPTURE_ERROR_SIZE] = "";
	char		*filters[] = { filter == NULL ? strdup("") :
			    capture_expression_through_vlan(filter) };
	struct capture	*c = (second ? capture_open_second : capture_open_live)(
			    "in", SNAPSHOT, RING_BYTES, error);

	assert_string_equal(error, "");
	assert_non_null(c);
	(void)capture_set_filter(c, filters, 1, error);
	assert_string_equal(error, "");
	free(filters[0]);
	return (c);
}

static int
begin(void **state)
{
	struct setting	*s = calloc(1, sizeof(*s));

	assert_non_null(s);
	seed = 1;
	if ((unshare(CLONE_NEWNET) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ||
	    system("ip link add out type veth peer name in 2>/dev/null") != 0) {
		free(s);
		*state = NULL;
		return (0);
	}
	run("ip link set out up && ip link set in up");
	s->seen[SECOND].capture = open_capture(true, second_filter);
	s->seen[FIRST].capture = open_capture(false, first_filter);
	s->seen[PLAIN_FIRST].capture = open_capture(true, first_filter);
	s->seen[PLAIN_SECOND].capture = open_capture(true, second_filter);
	s->seen[ALL].capture = open_capture(true, NULL);
	s->sockets[0] = open_socket("out", 0);
	s->sockets[1] = open_socket("in", 0);
	*state = s;
	return (0);
}

static int
end(void **state)
{
	struct setting	*s = *state;
	size_t		 i;

	if (s == NULL)
		return (0);
	for (i = 0; i < CAPTURES; i++)
		capture_close(s->seen[i].capture);
	close(s->sockets[0]);
	close(s->sockets[1]);
	free(s);
	return (0);
}

static struct setting *
setting_of(void **state)
{
	if (*state == NULL)
		skip();
	return (*state);
}

/* Nothing is split before Linux 6.15. */
static bool
is_old_kernel(void)
{
	struct utsname	 name;

	assert_int_equal(uname(&name), 0);
	return (atof(name.release) < 6 ||
	    (strncmp(name.release, "6.", 2) == 0 &&
	    atoi(name.release + 2) < 15));
}

/*
 * libpcap itself filters the first frame after it has set a filter, and knows
 * no direction of frames, so that each capture gets one frame first.
 */
static void
split(struct setting *s)
{
	static const uint8_t	 frames[2][60] = {
		{ [12] = 8, [13] = 6 },
		{ [12] = 8, [14] = 0x45, [23] = 17, [37] = 9 },
	};
	size_t			 i;

	if (is_old_kernel())
		skip();
	assert_true(capture_split(s->seen[SECOND].capture,
	    s->seen[FIRST].capture));
	for (i = 0; i < 2; i++)
		assert_int_equal(send(s->sockets[0], frames[i],
		    sizeof(frames[i]), 0), sizeof(frames[i]));
	wait_for_all(s);
}

/* ---- tests */

/* Checks each frame; returns how many the first capture got. */
static size_t
check_frames(const struct setting *s)
{
	size_t	 i, first = 0, second = 0, both = 0;
	bool	 plain;

	for (i = 0; i < FRAMES; i++) {
		assert_true(s->seen[ALL].frames[i]);
		plain = s->seen[PLAIN_FIRST].frames[i];
		both += plain && s->seen[PLAIN_SECOND].frames[i];
		assert_int_equal(s->seen[FIRST].frames[i], plain);
		assert_int_equal(s->seen[SECOND].frames[i],
		    s->seen[PLAIN_SECOND].frames[i] && !plain);
		first += plain;
		second += s->seen[SECOND].frames[i];
	}
	print_message("# first %zu, second %zu, of both filters %zu\n", first,
	    second, both);
	assert_true(second > 0 && both > 0);
	return (first);
}

static void
each_frame_goes_to_one_capture(void **state)
{
	struct setting	*s = setting_of(state);

	split(s);
	send_frames(s);
	assert_true(check_frames(s) > 0);
}

static void
the_order_stays_when_the_interface_was_down(void **state)
{
	struct setting	*s = setting_of(state);
	int		 i;

	split(s);
	run("ip link set in down");
	for (i = 0; i < CAPTURES; i++)
		drain(&s->seen[i]);
	run("ip link set in up");
	send_frames(s);
	assert_true(check_frames(s) > 0);
}

static void
the_second_capture_stays(void **state)
{
	struct setting	*s = setting_of(state);

	split(s);
	capture_close(s->seen[FIRST].capture);
	s->seen[FIRST].capture = NULL;
	send_frames(s);
	assert_memory_equal(s->seen[SECOND].frames,
	    s->seen[PLAIN_SECOND].frames, FRAMES);
}

/* The kernel has no filter for it then. */
static void
the_first_capture_stays(void **state)
{
	struct setting	*s = setting_of(state);

	split(s);
	capture_close(s->seen[SECOND].capture);
	s->seen[SECOND].capture = NULL;
	send_frames(s);
	assert_memory_equal(s->seen[FIRST].frames, s->seen[ALL].frames,
	    FRAMES);
}

static void
a_long_frame_is_cut(void **state)
{
	static uint8_t	 frame[1000] = { [12] = 8, [14] = 0x45, [23] = 17,
			    [37] = 9 };
	struct setting	*s = setting_of(state);

	split(s);
	assert_int_equal(send(s->sockets[0], frame, sizeof(frame), 0),
	    sizeof(frame));
	wait_for_all(s);
	assert_int_equal(s->seen[FIRST].longest, SNAPSHOT);
	assert_int_equal(s->seen[PLAIN_FIRST].longest, SNAPSHOT);
}

/* Then both captures get each frame. */
static void
some_filters_cannot_split(void **state)
{
	struct setting	*s = setting_of(state);
	char		 error[CAPTURE_ERROR_SIZE] = "";
	char		 some_length[] = "less 50";
	char		*filters[] = { some_length };

	assert_true(capture_set_filter(s->seen[FIRST].capture, filters, 1,
	    error));
	assert_false(capture_split(s->seen[SECOND].capture,
	    s->seen[FIRST].capture));
}

/* A foreign program cannot take frames of the group. */
static void
the_group_has_no_third_member(void **state)
{
	struct setting		*s = setting_of(state);
	struct fanout_args	 args = { .type_flags = PACKET_FANOUT_CBPF };
	int			 group, third;
	socklen_t		 length = sizeof(group);

	split(s);
	third = open_socket("in", ETH_P_ALL);
	assert_int_equal(getsockopt(capture_descriptor(
	    s->seen[FIRST].capture), SOL_PACKET, PACKET_FANOUT, &group,
	    &length), 0);
	args.id = (uint16_t)group;
	assert_int_equal(setsockopt(third, SOL_PACKET, PACKET_FANOUT, &args,
	    sizeof(args)), -1);
	assert_int_equal(errno, ENOSPC);
	close(third);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(each_frame_goes_to_one_capture),
		TEST(the_order_stays_when_the_interface_was_down),
		TEST(the_second_capture_stays),
		TEST(the_first_capture_stays),
		TEST(a_long_frame_is_cut),
		TEST(some_filters_cannot_split),
		TEST(the_group_has_no_third_member),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
