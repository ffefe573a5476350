/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap.h>

#include "base/mono.h"
#include "packet/capture_file.h"

/* What a pipe has not brought within this time may take long. */
#define IDLE_MS		50
#define IDLE_AGAIN_MS	500

#define READ_SIZE	(256 * 1024)

/* Of a pcap file: pcap-savefile(5). */
#define HEADER_SIZE	24
#define RECORD_SIZE	16
#define RECORD_MAX	(READ_SIZE / 2)		/* that is read here */
#define MAGIC_USEC	UINT32_C(0xa1b2c3d4)
#define MAGIC_NSEC	UINT32_C(0xa1b23c4d)

/* Stamps beyond are nobody's, and arithmetic with them could overflow. */
#define TIMESTAMP_MAX_SEC	(INT64_MAX / NSEC_PER_SEC / 4 * 3)

/*
 * Libpcap reads what it reads from the buffer here.  Of the most common kind of
 * file (version 2.4, Ethernet) that is the header, and each record that is not
 * as it should be; the others are taken from the buffer as they are, since
 * libpcap takes longer to copy a packet than it takes to judge one.
 */
struct capture_file {
	pcap_t			*pcap;		/* owns the stream */
	uint8_t			*buffer;	/* of READ_SIZE; owned */
	size_t			 first;		/* what is left in it */
	size_t			 end;
	bool			 ended;
	bool			 direct;	/* records are read here */
	bool			 big;		/* its numbers' order */
	uint32_t		 unit_ns;	/* of its stamps' fractions */
	uint32_t		 captured_max;
	int			 link_type;
	int			 fd;
	capture_file_idle	*idle;
	void			*arg;
	bool			 regular;
	bool			 blocks;	/* pcapng */
	uint64_t		 position;
	uint64_t		 size;
	int			 error;		/* errno of a read, or 0 */
};

/* ---- the stream that libpcap reads from */

/* False when the end is wanted here. */
static bool
wait_for_input(struct capture_file *f)
{
	struct pollfd	 fd = { .fd = f->fd, .events = POLLIN };
	int		 n, ms = IDLE_MS;

	if (f->regular || f->idle == NULL)
		return (true);
	while ((n = poll(&fd, 1, ms)) <= 0) {
		/* A signal that ends all may bring the writer's last words. */
		if (n == 0 && !f->idle(f->arg))
			return (false);
		ms = IDLE_AGAIN_MS;
	}
	return (true);
}

/* As read(2) does it; the end is the end for good. */
static ssize_t
read_some(struct capture_file *f, void *buffer, size_t size)
{
	ssize_t	 n;

	if (f->ended)
		return (0);
	do {
		if (!wait_for_input(f)) {
			f->ended = true;
			return (0);
		}
		n = read(f->fd, buffer, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		f->error = errno;
		return (n);
	}
	f->ended = n == 0;
	f->position += (uint64_t)n;
	return (n);
}

/* Reads more behind what is left, which moves.  False at the end, on error. */
static bool
buffer_more(struct capture_file *f)
{
	ssize_t	 n;

	memmove(f->buffer, f->buffer + f->first, f->end - f->first);
	f->end -= f->first;
	f->first = 0;
	n = read_some(f, f->buffer + f->end, READ_SIZE - f->end);
	if (n > 0)
		f->end += (size_t)n;
	return (n > 0);
}

static ssize_t
stream_read(void *cookie, char *buffer, size_t size)
{
	struct capture_file	*f = cookie;

	if (f->first == f->end)
		return (read_some(f, buffer, size));
	if (size > f->end - f->first)
		size = f->end - f->first;
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

/* ---- a pcap file's own numbers */

static uint32_t
u32_at(const struct capture_file *f, size_t at)
{
	const uint8_t	*b = f->buffer + f->first + at;

	if (f->big)
		return ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
		    (uint32_t)b[2] << 8 | b[3]);
	return ((uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 |
	    (uint32_t)b[1] << 8 | b[0]);
}

/* Looks at the beginning, without taking it. */
static void
look_at_header(struct capture_file *f)
{
	uint32_t	 magic;

	while (f->end < HEADER_SIZE && buffer_more(f))
		continue;
	f->blocks = f->end > 0 && f->buffer[0] == '\n';	/* 0x0a0d0d0a */
	if (f->end < HEADER_SIZE)
		return;
	f->big = f->buffer[0] == 0xa1;
	magic = u32_at(f, 0);
	f->unit_ns = magic == MAGIC_NSEC ? 1 : 1000;
	f->direct = (magic == MAGIC_USEC || magic == MAGIC_NSEC) &&
	    u32_at(f, 4) == (f->big ? 0x00020004 : 0x00040002);
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
	/* Where records are read here, no more is to be taken than it needs. */
	if (setvbuf(stream, NULL, f->direct ? _IONBF : _IOFBF,
	    f->direct ? 0 : READ_SIZE) != 0) {
		fclose(stream);
		return (NULL);
	}
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
		f->regular = strcmp(name, CAPTURE_FILE_STDIN) != 0;
		f->size = (uint64_t)st.st_size;
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
	f->buffer = malloc(READ_SIZE);
	if (f->buffer == NULL) {
		snprintf(error, CAPTURE_ERROR_SIZE, "out of memory");
		close(f->fd);
		free(f);
		return (NULL);
	}
	look_at_header(f);
	if (!open_pcap(f, error)) {
		free(f->buffer);
		free(f);
		return (NULL);
	}
	f->link_type = pcap_datalink(f->pcap);
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
	free(f->buffer);
	free(f);
}

/* ---- frames */

/*
 * The seconds of a pcap file are 32 bits without a sign, which libpcap takes
 * for one with it.  A packet block of pcapng may have no stamp at all, which is
 * handed out as 0; in pcap that is a time, and the next one stands for it.
 */
static struct wall_time
timestamp_of(const struct capture_file *f, int64_t sec, int64_t ns)
{
	if (sec < 0 && sec >= INT32_MIN)
		sec += INT64_C(1) << 32;
	if (sec < 0 || sec > TIMESTAMP_MAX_SEC || ns < 0 ||
	    ns > INT32_MAX * NSEC_PER_USEC)
		return (WALL_NEVER);
	if (sec == 0 && ns == 0 && !f->blocks)
		return ((struct wall_time){ 1 });
	return ((struct wall_time){ sec * NSEC_PER_SEC + ns });
}

/* Is the record at hand whole, and as it should be?  It is read if need be. */
static bool
have_record(struct capture_file *f)
{
	size_t	 size;

	do {
		size = RECORD_SIZE;
		if (f->end - f->first < size)
			continue;
		if (u32_at(f, 8) > f->captured_max ||
		    u32_at(f, 4) >= NSEC_PER_SEC / f->unit_ns)
			return (false);
		size += u32_at(f, 8);
		if (f->end - f->first >= size)
			return (true);
	} while (buffer_more(f));
	return (false);
}

static void
take_record(struct capture_file *f, struct capture_frame *frame)
{
	*frame = (struct capture_frame){
		.timestamp = timestamp_of(f, u32_at(f, 0),
		    (int64_t)u32_at(f, 4) * f->unit_ns),
		.bytes = f->buffer + f->first + RECORD_SIZE,
		.captured = u32_at(f, 8),
		.wire = u32_at(f, 12),
		.link_type = f->link_type,
	};
	f->first += RECORD_SIZE + frame->captured;
}

enum capture_file_status
capture_file_next(struct capture_file *f, struct capture_frame *frame,
    char *error)
{
	struct pcap_pkthdr	*header;
	const u_char		*bytes;
	int			 n;

	if (f->direct && f->link_type == DLT_EN10MB && have_record(f)) {
		take_record(f, frame);
		return (CAPTURE_FILE_FRAME);
	}
	n = pcap_next_ex(f->pcap, &header, &bytes);
	if (n == PCAP_ERROR_BREAK)
		return (CAPTURE_FILE_END);
	if (n != 1) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s",
		    f->error != 0 ? strerror(f->error) : pcap_geterr(f->pcap));
		return (CAPTURE_FILE_CUT);
	}
	*frame = (struct capture_frame){
		.timestamp = timestamp_of(f, header->ts.tv_sec, header->ts.tv_usec),
		.bytes = bytes,
		.captured = header->caplen,
		.wire = header->len,
		.link_type = f->link_type,
	};
	return (CAPTURE_FILE_FRAME);
}

int
capture_file_link_type(const struct capture_file *f)
{
	return (f->link_type);
}

const char *
capture_file_link_name(const struct capture_file *f)
{
	const char *name = pcap_datalink_val_to_name(pcap_datalink(f->pcap));

	return (name != NULL ? name : "unknown");
}

bool
capture_file_is_regular(const struct capture_file *f)
{
	return (f->regular);
}

uint64_t
capture_file_position(const struct capture_file *f)
{
	return (f->position);
}

uint64_t
capture_file_size(const struct capture_file *f)
{
	return (f->size);
}
