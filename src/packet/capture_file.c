/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <byteswap.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap.h>

#include "base/cursor.h"
#include "base/mono.h"
#include "packet/capture_file.h"
#include "packet/pcapng.h"

/* The time without data from a pipe after which `idle` is called. */
#define IDLE_MS		50
#define IDLE_AGAIN_MS	500	/* from one call to the next */

#define READ_SIZE	(256 * 1024)

/* The pcap format: pcap-savefile(5). */
#define HEADER_SIZE	24
#define RECORD_HEADER	16
#define RECORD_MAX	(READ_SIZE / 2)		/* libpcap reads longer ones */
#define MAGIC_USEC	UINT32_C(0xa1b2c3d4)
#define MAGIC_NSEC	UINT32_C(0xa1b23c4d)
#define VERSION		UINT32_C(0x00020004)	/* 2.4 */
#define MAGIC_PCAPNG	UINT32_C(0x0a0d0d0a)

#define LINKTYPE_RAW	101	/* libpcap calls it DLT_RAW, another number */

/* Later timestamps are invalid; arithmetic with them could overflow. */
#define TIMESTAMP_MAX_SEC	(INT64_MAX / NSEC_PER_SEC / 4 * 3)

/*
 * All input goes through the buffer.  libpcap reads from it the header of a
 * file, every file that is not a pcap file of version 2.4 with Ethernet frames,
 * and every record that is damaged.  All other records are taken out of the
 * buffer here, because libpcap needs more time to copy a packet than hbwatch
 * needs to decode it.  A pcapng file goes through pcapng_pass first.
 */
struct capture_file {
	pcap_t			*pcap;		/* owns the stream */
	uint8_t			 buffer[READ_SIZE];
	size_t			 first;		/* of the unused octets */
	size_t			 end;		/* after the last of them */
	bool			 ended;		/* nothing is left to read */
	bool			 direct;	/* records are read here */
	bool			 is_pcapng;
	struct pcapng		 pcapng;
	bool			 swapped;	/* numbers are little endian */
	uint32_t		 unit_ns;	/* of a timestamp's fraction */
	uint32_t		 captured_max;	/* octets of a frame */
	bool			 always_timed;	/* pcap: time 0 is valid */
	bool			 begun;		/* a frame was read */
	bool			 waiting;	/* with `header` */
	struct pcap_pkthdr	*header;	/* the last of libpcap */
	const u_char		*bytes;
	struct wall_time	 latest;	/* timestamp handed out */
	struct capture_file_info info;
	int			 fd;		/* owned by the stream */
	capture_file_idle	*idle;
	void			*arg;
	uint64_t		 position;
	int			 error;		/* errno of a read, or 0 */
};

/* ---- the stream that libpcap reads from */

/* False when `idle` ends the capture. */
static bool
wait_for_input(struct capture_file *f)
{
	struct pollfd	 fd = { .fd = f->fd, .events = POLLIN };
	int		 n, ms = IDLE_MS;

	if (f->info.regular || f->idle == NULL)
		return (true);
	while ((n = poll(&fd, 1, ms)) <= 0) {
		/*
		 * After a signal wait once more: it may have ended the writer
		 * too, whose last packets are then on their way.
		 */
		if (n == 0 && !f->idle(f->arg))
			return (false);
		ms = IDLE_AGAIN_MS;
	}
	return (true);
}

/*
 * Moves the unused octets to the beginning of the buffer, and reads more after
 * them.  False at the end of the file and on error.
 */
static bool
buffer_more(struct capture_file *f)
{
	ssize_t	 n;

	memmove(f->buffer, f->buffer + f->first, f->end - f->first);
	f->end -= f->first;
	f->first = 0;
	do {
		f->ended = f->ended || !wait_for_input(f);
		if (f->ended)
			return (false);
		n = read(f->fd, f->buffer + f->end, READ_SIZE - f->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		f->error = errno;
		return (false);
	}
	f->ended = n == 0;
	f->end += (size_t)n;
	f->position += (uint64_t)n;
	return (n > 0);
}

static ssize_t
stream_read(void *cookie, char *buffer, size_t size)
{
	struct capture_file	*f = cookie;
	size_t			 least = 1;

	if (f->is_pcapng)
		least = pcapng_least(&f->pcapng);
	while (f->end - f->first < least && buffer_more(f))
		continue;
	if (f->first == f->end)
		return (f->error != 0 ? -1 : 0);
	if (size > f->end - f->first)
		size = f->end - f->first;
	if (f->is_pcapng && !pcapng_pass(&f->pcapng, f->buffer + f->first,
	    size, f->end - f->first)) {
		f->error = ENOMEM;
		return (-1);
	}
	memcpy(buffer, f->buffer + f->first, size);
	f->first += size;
	return ((ssize_t)size);
}

static int
stream_close(void *cookie)
{
	struct capture_file *f = cookie;

	return (close(f->fd));
}

/* ---- the numbers of a pcap file, in the order of the host that wrote it */

static uint32_t
file_u32(const struct capture_file *f, struct cursor *c)
{
	uint32_t	 number = cursor_u32(c);

	return (f->swapped ? bswap_32(number) : number);
}

/* Reads the header of a file, and leaves it in the buffer for libpcap. */
static void
peek_header(struct capture_file *f)
{
	struct cursor	 c;
	uint32_t	 magic, version;

	while (f->end < HEADER_SIZE && buffer_more(f))
		continue;
	c = cursor_over(f->buffer + f->first, f->end - f->first);
	magic = cursor_u32(&c);
	f->swapped = (magic & 0xff) == 0xa1;
	if (f->swapped)
		magic = bswap_32(magic);
	version = file_u32(f, &c);
	if (f->swapped)		/* two numbers of 16 bits */
		version = version << 16 | version >> 16;
	f->unit_ns = magic == MAGIC_NSEC ? 1 : 1000;
	f->is_pcapng = magic == MAGIC_PCAPNG;
	f->direct = f->end >= HEADER_SIZE && version == VERSION &&
	    (magic == MAGIC_USEC || magic == MAGIC_NSEC);
}

/* ---- open and close */

/* Takes over the descriptor, also on error. */
static FILE *
stream_open(struct capture_file *f)
{
	cookie_io_functions_t	 functions = {
		.read = stream_read, .close = stream_close,
	};
	FILE			*stream;

	stream = fopencookie(f, "rb", functions);
	if (stream == NULL) {
		close(f->fd);
		return (NULL);
	}
	/*
	 * A stdio buffer would take records away from take_record(), and would
	 * let pcapng_pass see packets before libpcap hands them out.
	 */
	if (f->direct || f->is_pcapng)
		setvbuf(stream, NULL, _IONBF, 0);
	return (stream);
}

static bool
open_descriptor(struct capture_file *f, const char *name)
{
	struct stat	 st;

	if (strcmp(name, CAPTURE_FILE_STDIN) == 0)
		f->fd = dup(STDIN_FILENO);
	else
		f->fd = open(name, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return (false);
	if (fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode)) {
		f->info.regular = strcmp(name, CAPTURE_FILE_STDIN) != 0;
		f->info.size = (uint64_t)st.st_size;
	}
	return (true);
}

static bool
open_pcap(struct capture_file *f, char *error)
{
	char	 buffer[PCAP_ERRBUF_SIZE];
	FILE	*stream;

	stream = stream_open(f);
	if (stream == NULL) {
		snprintf(error, CAPTURE_ERROR_SIZE, "out of memory");
		return (false);
	}
	f->pcap = pcap_fopen_offline_with_tstamp_precision(stream,
	    PCAP_TSTAMP_PRECISION_NANO, buffer);
	if (f->pcap != NULL)
		return (true);
	if (f->error != 0)
		snprintf(error, CAPTURE_ERROR_SIZE, "%s", strerror(f->error));
	else
		snprintf(error, CAPTURE_ERROR_SIZE,
		    "not a pcap or pcapng capture: %.200s", buffer);
	fclose(stream);
	return (false);
}

struct capture_file *
capture_file_open(const char *name, capture_file_idle *idle, void *arg,
    char *error)
{
	struct capture_file	*f;

	f = calloc(1, sizeof(*f));
	if (f == NULL || !open_descriptor(f, name)) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s", strerror(errno));
		free(f);
		return (NULL);
	}
	f->idle = idle;
	f->arg = arg;
	peek_header(f);
	if (!open_pcap(f, error)) {
		pcapng_free(&f->pcapng);
		free(f);
		return (NULL);
	}
	f->info.link_type = pcap_datalink(f->pcap);
	f->info.evidence = f->is_pcapng && f->pcapng.own;
	f->direct = f->direct && f->info.link_type == DLT_EN10MB;
	f->always_timed = pcap_major_version(f->pcap) >= PCAP_VERSION_MAJOR;
	f->captured_max = (uint32_t)pcap_snapshot(f->pcap);
	if (f->captured_max > RECORD_MAX)
		f->captured_max = RECORD_MAX;
	return (f);
}

void
capture_file_close(struct capture_file *f)
{
	if (f == NULL)
		return;
	pcap_close(f->pcap);
	pcapng_free(&f->pcapng);
	free(f);
}

/* ---- frames */

/*
 * The seconds of a pcap file are an unsigned number of 32 bits, but libpcap
 * reads them as signed.  A pcapng packet may have no timestamp at all, which is
 * handed out as WALL_NEVER, 0.  A pcap packet always has one, so instead of 0
 * it gets the next nanosecond.
 */
static struct wall_time
timestamp_of(const struct capture_file *f, int64_t sec, int64_t ns)
{
	if (sec < 0 && sec >= INT32_MIN)
		sec += INT64_C(1) << 32;
	if (sec < 0 || sec > TIMESTAMP_MAX_SEC || ns < 0 ||
	    ns > INT32_MAX * NSEC_PER_USEC)
		return (WALL_NEVER);
	if (sec == 0 && ns == 0 && f->always_timed)
		return ((struct wall_time){ 1 });
	return ((struct wall_time){ sec * NSEC_PER_SEC + ns });
}

/*
 * Takes the next record out of the buffer, which is filled as necessary.  False
 * for a record that is damaged or not complete: libpcap reports the error.
 */
static bool
take_record(struct capture_file *f, struct capture_frame *frame)
{
	struct cursor	 c;
	uint32_t	 sec, captured, wire;
	int64_t		 ns;

	do {
		if (f->end - f->first < RECORD_HEADER)
			continue;
		c = cursor_over(f->buffer + f->first, RECORD_HEADER);
		sec = file_u32(f, &c);
		ns = (int64_t)file_u32(f, &c) * f->unit_ns;
		captured = file_u32(f, &c);
		wire = file_u32(f, &c);
		if (captured > f->captured_max || ns >= NSEC_PER_SEC)
			return (false);
		if (captured > f->end - f->first - RECORD_HEADER)
			continue;
		*frame = (struct capture_frame){
			.timestamp = timestamp_of(f, sec, ns),
			.bytes = c.next,
			.captured = captured,
			.wire = wire,
			.link_type = f->info.link_type,
		};
		f->first = (size_t)(c.next - f->buffer) + captured;
		return (true);
	} while (buffer_more(f));
	return (false);
}

/* The link type of the packet that libpcap has just handed out. */
static int
packet_link_type(const struct capture_file *f)
{
	int	 link_type = f->is_pcapng ? pcapng_link_type(&f->pcapng) : -1;

	return (link_type < 0 ? f->info.link_type :
	    link_type == LINKTYPE_RAW ? DLT_RAW : link_type);
}

static void
hand_out(struct capture_file *f, struct capture_frame *frame)
{
	*frame = (struct capture_frame){
		.timestamp = timestamp_of(f, f->header->ts.tv_sec,
		    f->header->ts.tv_usec),
		.bytes = f->bytes,
		.captured = f->header->caplen,
		.wire = f->header->len,
		.link_type = packet_link_type(f),
	};
	if (frame->timestamp.ns > f->latest.ns)
		f->latest = frame->timestamp;
	f->begun = true;
}

/*
 * Hands out a time of the statistics: the first one before the first packet, or
 * the latest one at the end, when `packet` is false.  False: there is none, or
 * packets are further away, or it was handed out.
 */
static bool
hand_out_statistics(struct capture_file *f, bool packet,
    struct capture_frame *frame)
{
	struct wall_time	 at = f->begun ? f->pcapng.latest_statistics :
				    f->pcapng.first_statistics;

	if (packet ? f->begun || at.ns > timestamp_of(f, f->header->ts.tv_sec,
	    f->header->ts.tv_usec).ns : at.ns <= f->latest.ns)
		return (false);
	if (wall_is_never(at))
		return (false);
	*frame = (struct capture_frame){
		.timestamp = at, .link_type = f->info.link_type,
	};
	f->latest = at;
	f->begun = true;
	return (true);
}

enum capture_file_status
capture_file_next(struct capture_file *f, struct capture_frame *frame,
    char *error)
{
	int	 n = 1;

	if (f->direct && take_record(f, frame))
		return (CAPTURE_FILE_FRAME);
	if (!f->waiting)
		n = pcap_next_ex(f->pcap, &f->header, &f->bytes);
	f->waiting = false;
	if ((n == 1 || n == PCAP_ERROR_BREAK) &&
	    hand_out_statistics(f, n == 1, frame)) {
		f->waiting = n == 1;
		return (CAPTURE_FILE_FRAME);
	}
	if (n == PCAP_ERROR_BREAK)
		return (CAPTURE_FILE_END);
	if (n != 1) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s",
		    f->error != 0 ? strerror(f->error) : pcap_geterr(f->pcap));
		return (CAPTURE_FILE_CUT);
	}
	hand_out(f, frame);
	return (CAPTURE_FILE_FRAME);
}

const struct capture_file_info *
capture_file_info(const struct capture_file *f)
{
	return (&f->info);
}

const char *
capture_file_link_name(int link_type)
{
	const char	*name = pcap_datalink_val_to_name(link_type);

	return (name != NULL ? name : "unknown");
}

uint64_t
capture_file_position(const struct capture_file *f)
{
	return (f->position);
}
