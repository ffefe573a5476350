/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from a network interface.  Only the capture files of this directory
 * use libpcap.
 */
#ifndef HBW_CAPTURE_H
#define HBW_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/wall.h"

#define CAPTURE_ERROR_SIZE	256

/*
 * Snapshot lengths in octets.  Heartbeats with their headers fit into the small
 * one.  A slot of the kernel's ring has room for the snapshot and about 90
 * octets, so a large one leaves room for fewer packets.  The large one is for
 * expressions of `bpf`, which may read any part of a packet, and for packets
 * inside an encapsulation; two of its slots fit into a page.
 */
#define CAPTURE_SNAPSHOT_SMALL	256
#define CAPTURE_SNAPSHOT_LARGE	1920

/* The ring for unknown traffic: about 20,000 small snapshots. */
#define CAPTURE_RING_BYTES	(8 * 1024 * 1024)

struct capture;

/* The state of the checksums of UDP and TCP in a frame. */
enum capture_checksum {
	/*
	 * Not known, as in a file: the host that captured the frame may also
	 * have sent it, before the checksum was computed.
	 */
	CAPTURE_CHECKSUM_UNKNOWN,
	/* The kernel has verified it, or will compute it. */
	CAPTURE_CHECKSUM_TRUSTED,
	/* Complete, but not verified. */
	CAPTURE_CHECKSUM_COMPLETE,
};

/* A captured frame.  One of capture_drain is valid only within capture_take. */
struct capture_frame {
	struct wall_time	 timestamp;	/* of the kernel or the file */
	const uint8_t		*bytes;		/* not owned */
	size_t			 captured;	/* octets at `bytes` */
	size_t			 wire;		/* octets on the wire */
	int			 link_type;	/* as packet_decode takes it */
	enum capture_checksum	 checksum;
	/* decapsulate_next sets both in an inner frame; else 0, NULL. */
	uint32_t		 vlan;
	const uint8_t		*mac;
};

/* Receives a frame; `arg` is the argument of capture_drain. */
typedef void capture_take(void *arg, const struct capture_frame *);

enum capture_status {
	CAPTURE_OK,
	CAPTURE_MORE,		/* stopped at the limit; more may be waiting */
	CAPTURE_INTERRUPTED,	/* an error; the capture can still be used */
	CAPTURE_GONE,		/* the interface was removed */
};

/*
 * Opens an interface, in promiscuous mode unless it is `any`.  Each packet is
 * handed out at once, with the kernel's timestamp in nanoseconds.  The kernel's
 * ring has about `ring_bytes`.  NULL on error, with one line in
 * error[CAPTURE_ERROR_SIZE].  The caller ends the capture with capture_close.
 */
struct capture *capture_open_live(const char *interface, int snapshot,
	    int ring_bytes, char *error);
/* The same without promiscuous mode, beside another capture that sets it. */
struct capture *capture_open_second(const char *interface, int snapshot,
	    int ring_bytes, char *error);
void	 capture_close(struct capture *);

/*
 * The link type of an `any` capture whose packets have the number of their
 * interface, LINUX_SLL2.
 */
#define CAPTURE_LINK_IFINDEX	276
/* Changes a capture of `any` to it, before capture_set_filter. */
void	 capture_add_ifindex(struct capture *);

/*
 * Sets the first of the `nfilters` pcap-filter(7) expressions that compiles for
 * the link type, because some link types have no `vlan`.  If the kernel refuses
 * it, all frames pass.  Discards the frames that are waiting.  False if none
 * compiles, or if the interface was removed, with one line in
 * error[CAPTURE_ERROR_SIZE].
 */
bool	 capture_set_filter(struct capture *, char *const *filters,
	    size_t nfilters, char *error);

/*
 * From now on, frames that pass one of these expressions pass, too; the filter
 * of capture_set_filter stays.  nfilters is 0: only the frames that pass that
 * one.  No frame is lost by the change.  False on error; then the filter has
 * not changed.
 */
bool	 capture_widen_filter(struct capture *, char *const *filters,
	    size_t nfilters, char *error);

/*
 * Makes the kernel hand a frame to only one of two captures of an interface: to
 * `chosen` if it passes the filter of that, else to `rest`, if it passes the
 * filter of that.  The kernel needs less time for this than to offer each frame
 * to both.  `rest` was opened before `chosen`; the filter of `chosen` is set
 * and does not change any more; neither is locked.  After `chosen` was closed,
 * `rest` gets all frames that pass its own filter; after `rest` was closed,
 * `chosen` gets all frames of the interface.  False if this is not Ethernet, or
 * if the kernel cannot do it with this filter; then both get each frame.
 */
bool	 capture_split(struct capture *rest, struct capture *chosen);

/* From now on, this process cannot change the filter of the kernel. */
void	 capture_lock_filter(struct capture *);

/*
 * The link type of an interface, which is opened for a moment.  If it cannot be
 * opened, because it is down or a privilege is missing, the type is still known
 * for Ethernet, the loopback and `any`.  -1: unknown.
 */
int	 capture_interface_link_type(const char *interface);

/*
 * Makes the network cards receive a multicast group; NULL: all groups.  Only
 * for the interface `any`, which is not promiscuous.  Applies to the interfaces
 * that exist now; one that refuses is ignored.
 */
void	 capture_join(struct capture *, const struct addr *group);

/* A descriptor that poll(2) reports readable when frames are waiting. */
int	 capture_descriptor(const struct capture *);
int	 capture_link_type(const struct capture *);

/*
 * Hands out at most `limit` frames that are waiting, and does not wait itself.
 * After CAPTURE_INTERRUPTED and CAPTURE_GONE capture_error returns one line.
 */
enum capture_status capture_drain(struct capture *, int limit, capture_take *,
	    void *arg);
const char *capture_error(const struct capture *);

/* The packets that the kernel has dropped because the ring was full. */
uint64_t capture_dropped(struct capture *);

#endif
