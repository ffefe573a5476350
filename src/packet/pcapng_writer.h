/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the blocks of a pcapng file (draft-ietf-opsawg-pcapng) in memory, in
 * the byte order of this host.  Timestamps are in nanoseconds.
 */
#ifndef HBW_PCAPNG_WRITER_H
#define HBW_PCAPNG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"
#include "packet/capture.h"

/*
 * The octets of a section header.  Its size is always the same, so that it can
 * be written again when the comment has changed.
 */
#define PCAPNG_SECTION_SIZE	8192

/*
 * The section's shb_userappl option begins with this and is the first option.
 * In such a section, capture_file.h uses the statistics.
 */
#define PCAPNG_APPLICATION	"hbwatchd "

/* A struct of zeros is an empty buffer. */
struct pcapng_buffer {
	uint8_t	*octets;	/* owned */
	size_t	 length;
	size_t	 capacity;
	bool	 exhausted;	/* out of memory: a block is missing */
};

void	 pcapng_buffer_free(struct pcapng_buffer *);

/*
 * A section of the application PCAPNG_APPLICATION with this version.  A comment
 * that does not fit into the block is cut.
 */
void	 pcapng_add_section(struct pcapng_buffer *, const char *version,
	    const char *comment);
/* `link_type` is that of a captured frame. */
void	 pcapng_add_interface(struct pcapng_buffer *, int link_type,
	    const char *name);
/* Each of the comments is an option of its own. */
void	 pcapng_add_packet(struct pcapng_buffer *, uint32_t interface,
	    const struct capture_frame *, char *const *comments,
	    size_t ncomments);
/* Statistics without numbers: the interface was captured at this time. */
void	 pcapng_add_statistics(struct pcapng_buffer *, uint32_t interface,
	    struct wall_time);

#endif
