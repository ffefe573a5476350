/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP keepalives: RFC 9293, section 3.8.4.  A probe has the sequence number
 * before the next one that its sender would use, and no data or one octet of
 * garbage.  The answer repeats the last acknowledgement.  A single segment does
 * not show that it is a keepalive, so this protocol stores the sequence numbers
 * of the connections.
 */
#include <string.h>

#include "base/hash.h"
#include "protocols/protocol.h"

/* The connections are stored as in a cache of SETS sets with WAYS entries. */
#define SETS	64
#define WAYS	4

/* The state of one end of a connection, from the segments that it sent. */
struct side {
	uint32_t	 next;		/* its next sequence number */
	uint32_t	 sequence;	/* of its last segment */
	uint32_t	 acknowledgement;
	uint16_t	 window;
	uint8_t		 repeats;	/* of its last segment, at most 255 */
	bool		 seen;		/* false: the rest is undefined */
	bool		 empty;		/* its last segment had no data */
	bool		 probe;		/* its last segment was a keepalive */
};

/* The address of one end of a connection. */
struct end {
	struct addr	 addr;
	uint16_t	 port;
};

struct connection {
	struct end	 ends[2];	/* the lower one first */
	struct side	 sides[2];	/* of these ends */
	uint32_t	 vlan;
	uint32_t	 used;		/* number of its last packet; 0: free */
};

struct memory {
	uint32_t	 packets;	/* counts all packets */
	struct connection connections[SETS][WAYS];
};

static int
end_compare(const struct end *a, const struct end *b)
{
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	return (order != 0 ? order : (int)a->port - (int)b->port);
}

static size_t
ends_set(const struct end ends[2])
{
	uint64_t	 hash = (uint64_t)ends[0].port << 16 | ends[1].port;

	hash = hash_words(hash, &ends[0].addr, sizeof(ends[0].addr));
	return (hash_words(hash, &ends[1].addr, sizeof(ends[1].addr)) % SETS);
}

/*
 * The connection of a packet.  A new one replaces the one of its set that was
 * unused for the longest time.  *from is the end that sent the packet, 0 or 1.
 */
static struct connection *
memory_connection(struct memory *memory, const struct packet *packet,
    unsigned *from)
{
	struct end		 source, destination, ends[2];
	struct connection	*set, *c, *oldest;

	source = (struct end){ packet->source, packet->source_port };
	destination = (struct end){ packet->destination,
	    packet->destination_port };
	*from = end_compare(&source, &destination) > 0;
	ends[*from] = source;
	ends[!*from] = destination;

	memory->packets++;
	set = oldest = memory->connections[ends_set(ends)];
	for (c = set; c < set + WAYS; c++) {
		if (c->used != 0 && c->vlan == packet->vlan &&
		    end_compare(&c->ends[0], &ends[0]) == 0 &&
		    end_compare(&c->ends[1], &ends[1]) == 0)
			break;
		if (memory->packets - c->used > memory->packets - oldest->used)
			oldest = c;
	}
	if (c == set + WAYS) {
		c = oldest;
		memset(c, 0, sizeof(*c));
		memcpy(c->ends, ends, sizeof(c->ends));
		c->vlan = packet->vlan;
	}
	c->used = memory->packets;
	return (c);
}

/* True when the header is that of a keepalive or of its answer. */
static bool
segment_fits(const struct packet_tcp *tcp)
{
	return (tcp->data_wire <= 1 && (tcp->flags & PACKET_TCP_ACK) != 0 &&
	    (tcp->flags & (PACKET_TCP_SYN | PACKET_TCP_FIN |
	    PACKET_TCP_RST)) == 0);
}

/*
 * True for a probe.  Here and below `own` is the side that sent the segment,
 * and `other` is the side that receives it.
 */
static bool
segment_probes(const struct packet_tcp *tcp, const struct side *own)
{
	return (own->seen && tcp->sequence == own->next - 1);
}

/* True for no data, the same acknowledgement and the same window as before. */
static bool
segment_repeats(const struct packet_tcp *tcp, const struct side *own)
{
	return (tcp->data_wire == 0 && own->seen &&
	    tcp->acknowledgement == own->acknowledgement &&
	    tcp->window == own->window && tcp->window != 0);
}

/*
 * True for the answer to a probe.  When a capture begins in an idle connection,
 * the first probe cannot be recognised, but its answer can: the probe is empty,
 * and yet the answer acknowledges one octet of it.
 */
static bool
segment_answers(const struct packet_tcp *tcp, const struct side *own,
    const struct side *other)
{
	if (tcp->data_wire != 0 || !other->seen)
		return (false);
	if (own->seen && (tcp->sequence != own->next ||
	    !segment_repeats(tcp, own)))
		return (false);
	return (other->probe || (other->empty &&
	    tcp->acknowledgement == other->sequence + 1));
}

/*
 * True for a probe when only one direction is captured.  An idle connection
 * then repeats the same empty segment.  A mirror port may duplicate a segment,
 * so a single repetition does not count.
 */
static bool
segment_one_way(const struct side *own, const struct side *other)
{
	return (!other->seen && own->repeats >= 2);
}

/* Counts how often the last segment was repeated. */
static void
side_count(struct side *own, bool repeated)
{
	if (!repeated)
		own->repeats = 0;
	else if (own->repeats < UINT8_MAX)
		own->repeats++;
}

/* A SYN discards the state of an earlier connection between the same ports. */
static void
sides_begin(struct side *own, struct side *other, const struct packet_tcp *tcp)
{
	if ((tcp->flags & PACKET_TCP_SYN) == 0 ||
	    (own->seen && own->next == tcp->sequence + 1))
		return;
	own->seen = false;
	if ((tcp->flags & PACKET_TCP_ACK) == 0)
		other->seen = false;
}

/* Stores the sequence numbers of a segment. */
static void
side_update(struct side *own, struct side *other, const struct packet_tcp *tcp)
{
	uint32_t next = tcp->sequence + (uint32_t)tcp->data_wire;

	if ((tcp->flags & PACKET_TCP_SYN) != 0)
		next++;
	if ((tcp->flags & PACKET_TCP_FIN) != 0)
		next++;
	if (!own->seen || (int32_t)(next - own->next) > 0)
		own->next = next;
	own->seen = true;
	own->empty = next == tcp->sequence;
	own->window = tcp->window;
	own->sequence = tcp->sequence;
	own->acknowledgement = tcp->acknowledgement;
	if ((tcp->flags & PACKET_TCP_ACK) != 0 && other->seen &&
	    (int32_t)(tcp->acknowledgement - other->next) > 0)
		other->next = tcp->acknowledgement;
}

/* Accepts each segment that can be a keepalive by its header alone. */
static bool
tcp_keepalive_decode(const struct packet *packet, struct heartbeat *heartbeat)
{
	struct packet_tcp tcp;

	if (!packet_tcp(packet, &tcp) || !segment_fits(&tcp))
		return (false);
	return (ports_heartbeat(packet, heartbeat));
}

static bool
tcp_keepalive_follow(void *memory, const struct packet *packet,
    struct heartbeat *heartbeat)
{
	struct packet_tcp	 tcp;
	struct connection	*c;
	struct side		*own, *other;
	unsigned		 from;
	bool			 fits, alive;

	if (!packet_tcp(packet, &tcp))
		return (false);
	c = memory_connection(memory, packet, &from);
	own = &c->sides[from];
	other = &c->sides[!from];
	sides_begin(own, other, &tcp);
	fits = segment_fits(&tcp);
	side_count(own, fits && segment_repeats(&tcp, own) &&
	    tcp.sequence == own->sequence);
	own->probe = fits && segment_probes(&tcp, own);
	alive = own->probe || segment_one_way(own, other) ||
	    (fits && segment_answers(&tcp, own, other));
	side_update(own, other, &tcp);
	return (alive && ports_heartbeat(packet, heartbeat));
}

const struct protocol protocol_tcp_keepalive = {
	.name = "tcp-keepalive",
	PORTS_TCP,
	.argument = ARGUMENT_NUMBER,
	.decode = tcp_keepalive_decode,
	.follow = tcp_keepalive_follow,
	.memory_size = sizeof(struct memory),
};
