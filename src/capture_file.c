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

#include "capture_file.h"
#include "mono.h"

/* What a pipe has not brought within this time may take long. */
#define IDLE_MS		50
#define IDLE_AGAIN_MS	500

#define READ_SIZE	(256 * 1024)

/* Stamps beyond are nobody's, and arithmetic with them could overflow. */
#define STAMP_MAX_SEC	(INT64_MAX / NSEC_PER_SEC / 4 * 3)

struct capture_file {
	pcap_t			*pcap;		/* owns the stream */
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

static ssize_t
stream_read(void *cookie, char *buffer, size_t size)
{
	struct capture_file	*f = cookie;
	ssize_t			 n;

	do {
		if (!wait_for_input(f))
			return (0);
		n = read(f->fd, buffer, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		f->error = errno;
		return (n);
	}
	if (f->position == 0 && n > 0)
		f->blocks = buffer[0] == '\n';	/* of 0x0a0d0d0a */
	f->position += (uint64_t)n;
	return (n);
}

static int
stream_close(void *cookie)
{
	struct capture_file *f = cookie;

	return (close(f->fd));
}

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
	if (setvbuf(stream, NULL, _IOFBF, READ_SIZE) != 0) {
		fclose(stream);
		return (NULL);
	}
	return (stream);
}

/* ---- open and close */

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
	if (!open_pcap(f, error)) {
		free(f);
		return (NULL);
	}
	return (f);
}

void
capture_file_close(struct capture_file *f)
{
	if (f == NULL)
		return;
	pcap_close(f->pcap);
	free(f);
}

/* ---- frames */

/*
 * The seconds of a pcap file are 32 bits without a sign, which libpcap takes
 * for one with it.  A packet block of pcapng may have no stamp at all, which is
 * handed out as 0; in pcap that is a time, and the next one stands for it.
 */
static struct wall_time
stamp_of(const struct capture_file *f, const struct pcap_pkthdr *header)
{
	int64_t	 sec = header->ts.tv_sec;

	if (sec < 0 && sec >= INT32_MIN)
		sec += INT64_C(1) << 32;
	if (sec < 0 || sec > STAMP_MAX_SEC || header->ts.tv_usec < 0 ||
	    header->ts.tv_usec > INT32_MAX * NSEC_PER_USEC)
		return (WALL_NEVER);
	if (sec == 0 && header->ts.tv_usec == 0 && !f->blocks)
		return ((struct wall_time){ 1 });
	return ((struct wall_time){ sec * NSEC_PER_SEC + header->ts.tv_usec });
}

enum capture_file_status
capture_file_next(struct capture_file *f, struct capture_frame *frame,
    char *error)
{
	struct pcap_pkthdr	*header;
	const u_char		*bytes;
	int			 n;

	n = pcap_next_ex(f->pcap, &header, &bytes);
	if (n == PCAP_ERROR_BREAK)
		return (CAPTURE_FILE_END);
	if (n != 1) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s",
		    f->error != 0 ? strerror(f->error) : pcap_geterr(f->pcap));
		return (CAPTURE_FILE_CUT);
	}
	*frame = (struct capture_frame){
		.stamp = stamp_of(f, header),
		.bytes = bytes,
		.captured = header->caplen,
		.wire = header->len,
		.link_type = pcap_datalink(f->pcap),
	};
	return (CAPTURE_FILE_FRAME);
}

int
capture_file_link_type(const struct capture_file *f)
{
	return (pcap_datalink(f->pcap));
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
