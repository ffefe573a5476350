/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from an interface or a file.  The only place that knows libpcap.
 */
#ifndef HBW_CAPTURE_H
#define HBW_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"

#define CAPTURE_ERROR_SIZE	256

/*
 * Heartbeats and their headers fit in the small length; a ring slot has the
 * size of the snapshot, so a large one costs packets.  The large one is for
 * filter expressions of users, which may look anywhere.
 */
#define CAPTURE_SNAPSHOT_SMALL	256
#define CAPTURE_SNAPSHOT_LARGE	2048

struct capture;

/* Valid within the call that hands it out. */
struct capture_frame {
	struct wall_time	 timestamp;		/* the kernel's or file's */
	const uint8_t		*bytes;
	size_t			 captured;	/* bytes that are there */
	size_t			 wire;		/* bytes there were */
	int			 link_type;	/* as packet_decode has it */
};

typedef void capture_take(void *arg, const struct capture_frame *);

enum capture_status {
	CAPTURE_OK,
	CAPTURE_MORE,		/* stopped at the limit; more may be waiting */
	CAPTURE_INTERRUPTED,	/* an error that the handle survives */
	CAPTURE_GONE,		/* the interface is no more */
};

/*
 * Opens an interface: promiscuous, each packet at once, stamps of the kernel in
 * nanoseconds, and room for what `nwatches` watches hear.  Of the `nfilters`
 * pcap-filter expressions the first is set that the link type takes (some have
 * no `vlan`).  NULL on error, with one line in error[CAPTURE_ERROR_SIZE].  The
 * caller ends it with capture_close.
 */
struct capture *capture_open_live(const char *interface, int snapshot,
	    size_t nwatches, char *const *filters, size_t nfilters,
	    char *error);
void	 capture_close(struct capture *);

/* A descriptor that poll finds readable when frames are waiting. */
int	 capture_descriptor(const struct capture *);
int	 capture_link_type(const struct capture *);

/*
 * Hands out the frames that are waiting, `limit` at most, without waiting
 * itself.  After CAPTURE_INTERRUPTED and CAPTURE_GONE capture_error has a line.
 */
enum capture_status capture_drain(struct capture *, int limit, capture_take *,
	    void *arg);
const char *capture_error(const struct capture *);

/* Packets that the kernel had no room for, since the capture was opened. */
uint64_t capture_dropped(struct capture *);

/* ---- a user's filter expression, for `bpf EXPRESSION` */

struct capture_expression;

/*
 * Compiles a pcap-filter expression for frames of a link type, to match with
 * and without VLAN tags.  NULL on error, with a line in
 * error[CAPTURE_ERROR_SIZE].
 */
struct capture_expression *capture_expression_new(const char *expression,
	    int link_type, char *error);
void	 capture_expression_free(struct capture_expression *);
bool	 capture_expression_matches(const struct capture_expression *,
	    const struct capture_frame *);

/*
 * The expression, made to look through up to two VLAN tags, in new memory that
 * the caller frees; NULL when there is none left.  An expression that speaks
 * of vlan (or another layer that moves the offsets) itself is left as it is.
 */
char	*capture_through_vlan(const char *expression);
bool	 capture_moves_offsets(const char *expression);

#endif
