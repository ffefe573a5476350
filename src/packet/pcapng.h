/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libpcap refuses a pcapng file whose interfaces differ in link type or in
 * snapshot length.  This module changes such interfaces on their way to
 * libpcap, and says which link type a packet really has.  It understands no
 * more of the format than this needs: draft-ietf-opsawg-pcapng, section 4.
 */
#ifndef HBW_PCAPNG_H
#define HBW_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first octets of a block, with all that is used of it. */
#define PCAPNG_HEAD	16

/* A struct of zeros is the start of a file. */
struct pcapng {
	uint8_t		 head[PCAPNG_HEAD];	/* of the current block */
	uint32_t	 offset;	/* octets of that block so far */
	uint32_t	 length;	/* of that block, when it is known */
	bool		 big_endian;	/* the current section */
	bool		 described;	/* first_link is known */
	uint8_t		 first_link[2];	/* of the file, as it is written */
	uint16_t	*links;		/* of the section's interfaces; owned */
	size_t		 nlinks;
	size_t		 capacity;
	uint32_t	 interface;	/* of the latest packet */
};

/*
 * Takes the next octets of the file, of any number, and changes them: each
 * interface gets the link type of the first one and the largest snapshot
 * length.  False when memory is exhausted.
 */
bool	 pcapng_pass(struct pcapng *, uint8_t *octets, size_t n);

/*
 * The LINKTYPE_ number of the latest packet of which at least PCAPNG_HEAD
 * octets have passed.  -1: there is no such interface.
 */
int	 pcapng_link_type(const struct pcapng *);
void	 pcapng_free(struct pcapng *);

#endif
