/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends heartbeats of many peers in turn, UDP over IPv4 from 10.0.0.0 on, paced
 * or as fast as it can, or writes them to a capture file.  At the end it prints
 * their number and times as a line of JSON.  TERM ends it early.
 *
 * No host here has the destination MAC address, as on a mirror port.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC	INT64_C(1000000000)
#define BATCH		64
/* A shorter sleep costs more than it saves. */
#define LEAST_SLEEP_NS	100000

#define HEADERS		42		/* Ethernet, IPv4, UDP */
#define PAYLOAD		32
#define FRAME		(HEADERS + PAYLOAD)
#define FIRST_PEER	UINT32_C(0x0a000000)	/* 10.0.0.0 */
#define NOISE_PEER	UINT32_C(0xac100000)	/* 172.16.0.0 */
#define NOISE_PORT	40000

struct options {
	const char	*interface;
	const char	*file;		/* of a capture */
	const char	*log;		/* of what was sent, a line each */
	uint32_t	 peers;
	uint32_t	 first;		/* peer */
	unsigned	 port;
	unsigned	 every;		/* packets for one heartbeat */
	double		 rate;		/* a second; 0: no limit */
	double		 seconds;	/* 0: no end */
	uint64_t	 count;		/* 0: no end */
};

struct sender {
	struct options	 options;
	int		 fd;
	FILE		*file;
	FILE		*log;
	uint64_t	 sent;
	uint64_t	 refused;
	struct timespec	 began;		/* CLOCK_MONOTONIC */
	int64_t		 first_ns;	/* CLOCK_MONOTONIC */
	int64_t		 last_ns;
	uint8_t		 frames[BATCH][FRAME];
	struct iovec	 vectors[BATCH];
	struct mmsghdr	 messages[BATCH];
};

struct pcap_file {			/* nanoseconds, this host's order */
	uint32_t	 magic;
	uint16_t	 major, minor;
	uint32_t	 zone, figures, snapshot, link;
};

struct pcap_packet {
	uint32_t	 seconds, nanoseconds, captured, wire;
};

static volatile sig_atomic_t	 stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec	 ts;

	clock_gettime(clock, &ts);
	return (ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec);
}

/* ---- frames */

static void
set_u16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void
set_u32(uint8_t *at, uint32_t v)
{
	set_u16(at, v >> 16);
	set_u16(at + 2, v & 0xffff);
}

static void
frame_init(uint8_t *frame)
{
	static const uint8_t	 macs[] = {
		0x02, 0x77, 0, 0, 0, 0x0b, 0x02, 0x77, 0, 0, 0, 0x0c,
	};

	memset(frame, 0, FRAME);
	memcpy(frame, macs, sizeof(macs));
	set_u16(frame + 12, ETHERTYPE_IP);
	set_u16(frame + 14, 0x4500);
	set_u16(frame + 16, FRAME - 14);
	frame[22] = 64;
	frame[23] = IPPROTO_UDP;
	set_u32(frame + 30, UINT32_C(0xc000020b));	/* 192.0.2.11 */
	set_u16(frame + 38, FRAME - 34);
}

/* The IPv4 header's checksum (RFC 1071). */
static unsigned
checksum(const uint8_t *header)
{
	uint32_t	 sum = 0;
	size_t		 i;

	for (i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (~sum & 0xffff);
}

static void
frame_from(uint8_t *frame, uint32_t source, unsigned port)
{
	set_u32(frame + 26, source);
	set_u16(frame + 24, 0);
	set_u16(frame + 24, checksum(frame + 14));
	set_u16(frame + 34, port);
	set_u16(frame + 36, port);
}

/* The peer of packet `number`, if that is a heartbeat. */
static uint32_t
peer_of(const struct options *o, uint64_t number)
{
	return (o->first + (uint32_t)(number / o->every % o->peers));
}

static void
frame_number(const struct options *o, uint8_t *frame, uint64_t number)
{
	/* Without another id, the next packet of a peer could be a copy. */
	set_u16(frame + 18, (unsigned)(number / o->peers) & 0xffff);
	if (number % o->every == 0)
		frame_from(frame, FIRST_PEER + peer_of(o, number), o->port);
	else
		frame_from(frame, NOISE_PEER + (uint32_t)(number & 0xfffff),
		    NOISE_PORT + number % 1000);
}

/* ---- a capture file */

static void
write_all(FILE *f, const void *bytes, size_t n)
{
	if (fwrite(bytes, 1, n, f) != n)
		err(1, "write");
}

/* The packets are evenly spaced; the first has a fixed time. */
static void
write_capture(struct sender *s)
{
	const struct options	*o = &s->options;
	struct pcap_file	 header = {
		.magic = UINT32_C(0xa1b23c4d), .major = 2, .minor = 4,
		.snapshot = 65535, .link = 1,
	};
	struct pcap_packet	 packet = { .captured = FRAME, .wire = FRAME };
	uint8_t			*frame = s->frames[0];
	int64_t			 ns;

	s->file = fopen(o->file, "w");
	if (s->file == NULL)
		err(1, "%s", o->file);
	frame_init(frame);
	write_all(s->file, &header, sizeof(header));
	for (s->sent = 0; s->sent < o->count && !stop; s->sent++) {
		ns = (int64_t)((double)s->sent * 1e9 / o->rate);
		packet.seconds = (uint32_t)(1795348800 + ns / NSEC_PER_SEC);
		packet.nanoseconds = (uint32_t)(ns % NSEC_PER_SEC);
		frame_number(o, frame, s->sent);
		write_all(s->file, &packet, sizeof(packet));
		write_all(s->file, frame, FRAME);
	}
	if (fclose(s->file) != 0)
		err(1, "%s", o->file);
}

/* ---- the wire */

static void
open_wire(struct sender *s)
{
	struct sockaddr_ll	 to = { .sll_family = AF_PACKET };
	int			 one = 1, size = 8 * 1024 * 1024;

	/* Protocol 0: the socket receives no frame, not even its own. */
	s->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (s->fd < 0)
		err(1, "socket");
	to.sll_ifindex = (int)if_nametoindex(s->options.interface);
	if (to.sll_ifindex == 0)
		err(1, "%s", s->options.interface);
	if (bind(s->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		err(1, "bind");
	if (setsockopt(s->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
	    sizeof(one)) != 0)
		err(1, "PACKET_QDISC_BYPASS");
	(void)setsockopt(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
	    sizeof(size));
}

static void
prepare(struct sender *s)
{
	size_t	 i;

	for (i = 0; i < BATCH; i++) {
		frame_init(s->frames[i]);
		s->vectors[i] = (struct iovec){ s->frames[i], FRAME };
		s->messages[i].msg_hdr = (struct msghdr){
			.msg_iov = &s->vectors[i], .msg_iovlen = 1,
		};
	}
}

static void
send_batch(struct sender *s, unsigned n)
{
	unsigned	 i;
	int		 done;

	for (i = 0; i < n; i++)
		frame_number(&s->options, s->frames[i], s->sent + i);
	s->last_ns = clock_ns(CLOCK_MONOTONIC);
	if (s->sent == 0)
		s->first_ns = s->last_ns;
	for (i = 0; i < n; i += (unsigned)done) {
		done = sendmmsg(s->fd, s->messages + i, n - i, 0);
		if (done < 0 && errno != EINTR && errno != ENOBUFS)
			err(1, "sendmmsg");
		s->refused += done < 0 && errno == ENOBUFS;
		if (done < 0)
			done = 0;
	}
	for (i = 0; s->log != NULL && i < n; i++)
		fprintf(s->log, "%" PRIu32 " %" PRId64 "\n",
		    peer_of(&s->options, s->sent + i), s->last_ns);
	s->sent += n;
}

/* Sleeps until packets are due; returns how many, at most BATCH. */
static unsigned
wait_due(const struct sender *s)
{
	const struct options	*o = &s->options;
	struct timespec		 until;
	int64_t			 began, due, now;
	uint64_t		 total;

	if (o->rate == 0)
		return (BATCH);
	began = s->began.tv_sec * NSEC_PER_SEC + s->began.tv_nsec;
	due = began + (int64_t)((double)s->sent * 1e9 / o->rate);
	now = clock_ns(CLOCK_MONOTONIC);
	if (due > now) {
		if (due < now + LEAST_SLEEP_NS && o->rate > 10000)
			due = now + LEAST_SLEEP_NS;
		until.tv_sec = due / NSEC_PER_SEC;
		until.tv_nsec = due % NSEC_PER_SEC;
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until,
		    NULL);
		now = clock_ns(CLOCK_MONOTONIC);
	}
	total = now < began ? 0 :
	    1 + (uint64_t)((double)(now - began) * o->rate / 1e9);
	if (total <= s->sent)
		return (0);
	return (total - s->sent > BATCH ? BATCH :
	    (unsigned)(total - s->sent));
}

static void
send_all(struct sender *s)
{
	const struct options	*o = &s->options;
	int64_t			 end = INT64_MAX;
	unsigned		 n;

	prctl(PR_SET_TIMERSLACK, 1);
	clock_gettime(CLOCK_MONOTONIC, &s->began);
	if (o->seconds > 0)
		end = clock_ns(CLOCK_MONOTONIC) +
		    (int64_t)(o->seconds * 1e9);
	while (!stop && (o->count == 0 || s->sent < o->count) &&
	    clock_ns(CLOCK_MONOTONIC) < end) {
		n = wait_due(s);
		if (o->count != 0 && n > o->count - s->sent)
			n = (unsigned)(o->count - s->sent);
		if (n > 0)
			send_batch(s, n);
	}
}

/* ---- the command line */

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr, "usage: beats (-i INTERFACE | -w FILE) [-n PEERS] "
	    "[-f FIRST] [-p PORT]\n"
	    "             [-r RATE] [-c COUNT] [-t SECONDS] [-x EVERY] "
	    "[-l LOG]\n");
	exit(2);
}

static void
parse(int argc, char **argv, struct options *o)
{
	int	 c;

	*o = (struct options){ .peers = 1, .port = 20053, .every = 1 };
	while ((c = getopt(argc, argv, "i:w:n:f:p:r:c:t:x:l:")) != -1) {
		switch (c) {
		case 'i':
			o->interface = optarg;
			break;
		case 'w':
			o->file = optarg;
			break;
		case 'n':
			o->peers = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			o->first = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'p':
			o->port = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			o->rate = strtod(optarg, NULL);
			break;
		case 'c':
			o->count = strtoull(optarg, NULL, 10);
			break;
		case 't':
			o->seconds = strtod(optarg, NULL);
			break;
		case 'x':
			o->every = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'l':
			o->log = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind < argc || (o->interface == NULL) == (o->file == NULL) ||
	    o->peers == 0 || o->every == 0 ||
	    (o->file != NULL && (o->rate <= 0 || o->count == 0)))
		usage();
}

int
main(int argc, char **argv)
{
	static struct sender	 s;
	struct sigaction	 action = { .sa_handler = on_signal };
	double			 took;

	parse(argc, argv, &s.options);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (s.options.file != NULL) {
		write_capture(&s);
		return (stop ? 1 : 0);
	}
	if (s.options.log != NULL) {
		s.log = fopen(s.options.log, "w");
		if (s.log == NULL)
			err(1, "%s", s.options.log);
	}
	open_wire(&s);
	prepare(&s);
	send_all(&s);
	took = (double)(clock_ns(CLOCK_MONOTONIC) - s.began.tv_sec *
	    NSEC_PER_SEC - s.began.tv_nsec) / 1e9;
	if (s.log != NULL && fclose(s.log) != 0)
		err(1, "%s", s.options.log);
	printf("{\"sent\": %" PRIu64 ", \"refused\": %" PRIu64
	    ", \"seconds\": %.6f, \"first\": %.9f, \"last\": %.9f}\n",
	    s.sent, s.refused, took, (double)s.first_ns / 1e9,
	    (double)s.last_ns / 1e9);
	return (0);
}
