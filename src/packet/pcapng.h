/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libpcap refuses a pcapng file whose interfaces differ in link type or in
 * snapshot length.  This module changes the descriptions of the interfaces
 * before libpcap reads them, and returns the real link type of each packet.  It
 * also returns the time of the statistics, which libpcap ignores, but only in a
 * section that hbwatchd has written.  It reads only the parts of the format
 * that this needs; see draft-ietf-opsawg-pcapng, section 4.
 */
#ifndef HBW_PCAPNG_H
#define HBW_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"

/* The octets at the start of a block that are examined, at most. */
#define PCAPNG_HEAD	40

/* At the start of a file it is all zeros. */
struct pcapng {
	uint8_t		 head[PCAPNG_HEAD];	/* of the current block */
	uint32_t	 offset;	/* octets of this block so far */
	uint32_t	 length;	/* of this block, when it is known */
	bool		 big_endian;	/* byte order of the section */
	bool		 described;	/* first_link is known */
	bool		 own;		/* hbwatchd wrote the section */
	/* Link type of the file's first interface, as it is in the file. */
	uint8_t		 first_link[2];
	/*
	 * Snapshot length of the first interface of the section, to which
	 * simple packets belong.
	 */
	uint32_t	 snapshot;
	/* Link types of the interfaces of the section; owned. */
	uint16_t	*links;
	size_t		 nlinks;
	size_t		 capacity;
	uint32_t	 interface;	/* number; of the latest packet */
	/* Times of the statistics of such sections, or WALL_NEVER. */
	struct wall_time first_statistics;
	struct wall_time latest_statistics;
};

/*
 * Takes the next `n` octets of the file and changes them: each interface gets
 * the link type of the first one and the largest snapshot length, and the
 * length of a simple packet is limited to the snapshot length in the file.
 * `available`, at least `n`, is the number of octets that are in memory; those
 * behind the first `n` may be changed, too.  False when memory is exhausted.
 */
bool	 pcapng_pass(struct pcapng *, uint8_t *octets, size_t n,
	    size_t available);

/* The least number of octets that must be available in the next call. */
size_t	 pcapng_least(const struct pcapng *);

/*
 * The LINKTYPE_ number of the latest packet of which pcapng_pass has taken the
 * whole header.  -1 if the packet is of an unknown interface.
 */
int	 pcapng_link_type(const struct pcapng *);
void	 pcapng_free(struct pcapng *);

#endif
