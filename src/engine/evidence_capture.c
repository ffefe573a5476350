/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "diagnosis/diagnosis_frame.h"
#include "engine/evidence_capture.h"
#include "match/match_filter.h"
#include "packet/capture_expression.h"

/*
 * The ring of the kernel: 128 frames, which is little, because there may be
 * many interfaces.  While a case is open and frames come fast, it is drained
 * more often.
 */
#define RING_BYTES	(32 * 1024)
#define FAST_FRAMES	32

/* The most frames that one pass takes. */
#define DRAIN_FRAMES	512

/* A filter for frames with VLAN tags, and one for link types without them. */
#define FILTERS		2
#define TAGS		2

/* ---- the filter */

static uint32_t
word_of(const uint8_t *octets)
{
	return ((uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
	    (uint32_t)octets[2] << 8 | octets[3]);
}

/*
 * Writes a term for packets with this address.  It is compared as numbers,
 * because libpcap looks up the name of an IPv6 address, which may open a file.
 */
static void
write_address(FILE *stream, const struct addr *peer)
{
	const uint8_t	*a = peer->octets;
	unsigned	 at, i;

	if (peer->family == ADDR_IPV4) {
		fprintf(stream, " or (ip and (ip[12:4] = 0x%x or "
		    "ip[16:4] = 0x%x))", word_of(a), word_of(a));
		return;
	}
	for (at = 8; at <= 24; at += 16) {
		fprintf(stream, " or (ip6");
		/* The last octets differ most. */
		for (i = 4; i > 0; i--)
			fprintf(stream, " and ip6[%u:4] = 0x%x",
			    at + 4 * (i - 1), word_of(a + 4 * (i - 1)));
		fprintf(stream, ")");
	}
}

static void
write_mac(FILE *stream, const struct mac *mac)
{
	fprintf(stream, " or (ether[8:4] = 0x%x and ether[6:2] = 0x%x)",
	    word_of(mac->octets + 2), word_of(mac->octets) >> 16);
}

/* A filter for the frames of these peers.  NULL when memory is exhausted. */
static char *
filter_of(const struct evidence_capture *e, const struct tracker_wanted *wanted,
    size_t n)
{
	char	*text = NULL;
	size_t	 i, length;
	FILE	*stream = open_memstream(&text, &length);

	if (stream == NULL)
		return (NULL);
	/* No frame passes this term. */
	fprintf(stream, "less 1");
	for (i = 0; i < n; i++) {
		if (wanted[i].peer.family != ADDR_NONE)
			write_address(stream, &wanted[i].peer);
		if (mac_is_known(&wanted[i].mac) &&
		    capture_link_type(e->capture) == LINK_ETHERNET)
			write_mac(stream, &wanted[i].mac);
	}
	if (fclose(stream) == 0)
		return (text);
	free(text);
	return (NULL);
}

/* Logs an error of libpcap; returns `ok`. */
static bool
checked(const struct evidence_capture *e, bool ok, const char *error)
{
	if (!ok)
		log_debug("%s: cannot set the filter for evidence: %s",
		    e->tracker.setting.interface, error);
	return (ok);
}

/* Lets the frames of these peers pass.  On error the previous filter stays. */
static bool
widen_filter(struct evidence_capture *e, const struct tracker_wanted *wanted,
    size_t n)
{
	char	*filters[FILTERS] = { NULL, filter_of(e, wanted, n) };
	char	 error[CAPTURE_ERROR_SIZE] = "out of memory";
	bool	 ok;

	if (filters[1] != NULL)
		filters[0] = capture_expression_through_vlan(filters[1]);
	ok = filters[0] != NULL &&
	    capture_widen_filter(e->capture, filters, FILTERS, error);
	free(filters[0]);
	free(filters[1]);
	return (checked(e, ok, error));
}

/*
 * Writes the filter without peers: control traffic, and the heartbeats that this
 * host sends, behind at most `tags` VLAN tags.  The parts are nested, so that
 * the kernel compares few values for each IPv4 packet.
 */
static void
write_basic(FILE *stream, const char *sent, unsigned tags)
{
	if (sent[0] != '\0')
		fprintf(stream, "(outbound and (%s)) or ", sent);
	fprintf(stream, "(ip and (%s)) or (not ip and (%s",
	    diagnosis_ipv4_filter, diagnosis_other_filter);
	if (tags > 0) {
		fputs(" or (vlan and (", stream);
		write_basic(stream, sent, tags - 1);
		fputs("))", stream);
	}
	fputs("))", stream);
}

/* The filter without peers.  NULL when memory is exhausted. */
static char *
basic_filter(const char *sent, int link_type, unsigned tags)
{
	char	*text = NULL;
	size_t	 length;
	FILE	*stream = open_memstream(&text, &length);

	if (stream == NULL)
		return (NULL);
	if (link_type == LINK_ETHERNET)
		fprintf(stream, "%s or ", diagnosis_broadcast_filter);
	write_basic(stream, sent, tags);
	if (fclose(stream) == 0)
		return (text);
	free(text);
	return (NULL);
}

static bool
set_filter(struct evidence_capture *e)
{
	const struct tracker_setting	*setting = &e->tracker.setting;
	int	 link_type = capture_link_type(e->capture);
	char	*sent = match_filter_sent(setting->config, setting->interface);
	char	*filters[FILTERS] = { NULL, NULL };
	char	 error[CAPTURE_ERROR_SIZE] = "out of memory";
	bool	 ok;

	if (sent != NULL) {
		filters[0] = basic_filter(sent, link_type, TAGS);
		filters[1] = basic_filter(sent, link_type, 0);
	}
	ok = filters[0] != NULL && filters[1] != NULL &&
	    capture_set_filter(e->capture, filters, FILTERS, error);
	free(filters[0]);
	free(filters[1]);
	free(sent);
	return (checked(e, ok, error));
}

/* ---- start and end */

struct evidence_capture *
evidence_capture_new(const struct tracker_setting *setting)
{
	static const struct evidence_ring	 none;
	struct evidence_capture			*e = calloc(1, sizeof(*e));

	if (e == NULL)
		return (NULL);
	if (tracker_init(&e->tracker, setting, &none))
		return (e);
	evidence_capture_free(e);
	return (NULL);
}

void
evidence_capture_open(struct evidence_capture *e, bool ifindex)
{
	const char	*interface = e->tracker.setting.interface;
	char		 error[CAPTURE_ERROR_SIZE];

	e->capture = capture_open_second(interface, EVIDENCE_RING_SNAPSHOT,
	    RING_BYTES, error);
	if (e->capture == NULL) {
		log_debug("%s: cannot capture evidence: %s", interface, error);
		return;
	}
	if (ifindex)
		capture_add_ifindex(e->capture);
	if (!set_filter(e))
		evidence_capture_close(e);
}

void
evidence_capture_close(struct evidence_capture *e)
{
	capture_close(e->capture);
	e->capture = NULL;
}

void
evidence_capture_free(struct evidence_capture *e)
{
	if (e == NULL)
		return;
	capture_close(e->capture);
	tracker_free(&e->tracker);
	free(e);
}

void
evidence_capture_split(struct evidence_capture *e, struct capture *main)
{
	e->split = e->capture != NULL && capture_split(e->capture, main);
}

void
evidence_capture_begin(struct evidence_capture *e,
    const struct evidence_ring *ring, struct wall_time skip,
    struct mono_time now)
{
	const struct tracker_setting	*setting = &e->tracker.setting;
	uint32_t			 i;

	e->tracker.ring = *ring;
	evidence_ring_continue(&e->tracker.ring);
	e->skip = skip;
	e->drained = now;
	for (i = 0; i < setting->config->nwatches; i++)
		if (setting->watches[i].raised &&
		    setting->watches[i].source == setting->position)
			tracker_resume(&e->tracker, i);
}

/* ---- frames */

static void
take_frame(void *arg, const struct capture_frame *frame)
{
	struct evidence_capture	*e = arg;
	/* The offset of the main capture does not change. */
	struct clock_offset	 offset = *e->offset;

	e->taken++;
	if (frame->timestamp.ns <= e->skip.ns)
		return;
	tracker_frame(&e->tracker, frame, clock_offset_arrival(&offset,
	    frame->timestamp, e->drained, e->now));
}

static void
drain(struct evidence_capture *e)
{
	enum capture_status	 status;
	uint64_t		 dropped;

	e->taken = 0;
	status = capture_drain(e->capture, DRAIN_FRAMES, take_frame, e);
	if (status != CAPTURE_MORE)
		e->skip = WALL_NEVER;
	dropped = capture_dropped(e->capture);
	if (dropped != e->dropped)
		tracker_lost(&e->tracker, e->now);
	e->dropped = dropped;
}

static bool
is_same(const struct tracker_wanted *a, const struct tracker_wanted *b)
{
	return (addr_equal(&a->peer, &b->peer) &&
	    memcmp(&a->mac, &b->mac, sizeof(a->mac)) == 0);
}

static void
update_filter(struct evidence_capture *e)
{
	struct tracker_wanted	 wanted[TRACKER_WANTED];
	size_t			 i, some, n = tracker_wanted(&e->tracker,
				    e->now, wanted);
	bool			 fine = false;
	bool			 changed = n != e->nwanted;
	char			 error[CAPTURE_ERROR_SIZE];

	for (i = 0; i < n && !changed; i++)
		changed = !is_same(&wanted[i], &e->wanted[i]);
	if (!changed)
		return;
	if (n == 0)
		(void)capture_widen_filter(e->capture, NULL, 0, error);
	/* Fewer peers fit into the filter if it is too long. */
	for (some = n; some > 0 && !fine; some /= 2)
		fine = widen_filter(e, wanted, some);
	/* After an error it is not tried again until they change. */
	memcpy(e->wanted, wanted, n * sizeof(*wanted));
	e->nwanted = n;
	memset(e->needed, 0, sizeof(e->needed));
}

bool
evidence_capture_needs(struct evidence_capture *e, const struct packet *packet,
    struct mono_time at)
{
	size_t	 i;

	if (!e->split)
		return (false);
	i = tracker_find_wanted(e->wanted, e->nwanted, packet);
	return (i < e->nwanted && rate_limit_allows(&e->needed[i],
	    NSEC_PER_SEC / TRACKER_HEARTBEATS, TRACKER_HEARTBEATS / 10, at));
}

struct mono_time
evidence_capture_pass(struct evidence_capture *e,
    const struct clock_offset *offset, struct mono_time now)
{
	int64_t	 least_ns = evidence_capture_interval_ns(e);

	if (mono_sub(now, e->drained) >= least_ns) {
		e->offset = offset;
		e->now = now;
		if (e->capture != NULL)
			drain(e);
		e->drained = now;
		tracker_advance(&e->tracker, now);
		if (e->capture != NULL)
			update_filter(e);
	}
	if (e->tracker.ncases > 0 && e->taken >= FAST_FRAMES)
		return (mono_add(e->drained, EVIDENCE_CAPTURE_CASE_NS));
	return (tracker_due(&e->tracker, now));
}
