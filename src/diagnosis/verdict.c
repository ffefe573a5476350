/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of causes.  A row applies if all its conditions are met, and the
 * first row that applies decides.  The confidences are those that the fault
 * matrix of tests/faults measures, rounded down: 80 or more only where no other
 * fault looks the same.
 */
#include <stdbool.h>
#include <string.h>

#include "base/mono.h"
#include "diagnosis/verdict.h"

/* Percent.  Lost packets, or time without a capture, hide other causes. */
#define UNSURE_CONFIDENCE	60

/* A new holder of a floating IP has this time to take it. */
#define FLOATING_IP_NS		(30 * NSEC_PER_SEC)

#define BIT(number)	(UINT32_C(1) << (number))

struct facts {
	const struct evidence	*evidence;
	uint32_t		 present;	/* BIT of the signals */
	uint32_t		 absent;
	int64_t			 since_raise_ns;	/* 0: not raised */
};

/* ---- conditions that masks do not express */

static unsigned
code(const struct facts *f, enum evidence_number number)
{
	return (f->evidence->signals[number].code);
}

static bool
flag(const struct facts *f, uint16_t flags)
{
	return ((f->evidence->flags & flags) != 0);
}

/* Without a switch, the other end of the cable may have been switched off. */
static bool
carrier_unclear(const struct facts *f)
{
	return (code(f, EVIDENCE_CARRIER) == EVIDENCE_CARRIER_LOST &&
	    !flag(f, EVIDENCE_SHARED_LINK | EVIDENCE_NO_FRAMES));
}

/* The peer announced that it stops, or its kernel shows it. */
#define STOPPED	(BIT(EVIDENCE_PEER_ANNOUNCED_STOP) |			\
	BIT(EVIDENCE_PEER_CLOSED_CONNECTION) | BIT(EVIDENCE_PORT_REFUSED))

/* A host that does not find the peer's MAC address cannot send either. */
static bool
ours_first(const struct facts *f)
{
	return (flag(f, EVIDENCE_OURS_FIRST) &&
	    (f->present & BIT(EVIDENCE_ARP_UNANSWERED)) == 0);
}

static bool
ours_first_assumed(const struct facts *f)
{
	return (ours_first(f) && flag(f, EVIDENCE_OURS_ASSUMED));
}

/*
 * After the instance stopped, as in an orderly shutdown, the host is not found
 * any more.
 */
static bool
stopped_before_gone(const struct facts *f)
{
	const struct evidence_signal	*s = f->evidence->signals;
	struct wall_time		 gone = s[EVIDENCE_ARP_UNANSWERED].at;
	unsigned			 i;

	for (i = EVIDENCE_PEER_ANNOUNCED_STOP; i <= EVIDENCE_PORT_REFUSED; i++)
		if ((f->present & BIT(i)) != 0 && wall_sub(gone, s[i].at) <= 0)
			return (false);
	return ((f->present & STOPPED) != 0 && !flag(f, EVIDENCE_ROUTED));
}

/* No frame of the peer shows that the segment works. */
static bool
peer_silent(const struct facts *f)
{
	return ((f->present & (STOPPED | BIT(EVIDENCE_PROHIBITED) |
	    BIT(EVIDENCE_PEER_OTHER_TRAFFIC) |
	    BIT(EVIDENCE_PEER_ACKNOWLEDGES_ONLY) |
	    BIT(EVIDENCE_PEER_DOES_NOT_HEAR_US) |
	    BIT(EVIDENCE_HANDSHAKE_FAILS))) == 0);
}

static bool
both_deaf(const struct facts *f)
{
	return (code(f, EVIDENCE_PEER_DOES_NOT_HEAR_US) == EVIDENCE_DEAF_BOTH);
}

/*
 * Nothing shows that the peer was silent first.  If our heartbeats stopped
 * first, an earlier row decides.
 */
static bool
peer_not_first(const struct facts *f)
{
	return ((f->present & (STOPPED | BIT(EVIDENCE_OUR_HEARTBEATS) |
	    BIT(EVIDENCE_ARP_UNANSWERED))) == 0 &&
	    (f->absent & BIT(EVIDENCE_OUR_HEARTBEATS)) == 0);
}

static bool
segment_alive(const struct facts *f)
{
	return ((f->present & (BIT(EVIDENCE_SEGMENT_ALIVE) |
	    BIT(EVIDENCE_OTHER_PEERS_ALIVE))) != 0);
}

static bool
peer_closed(const struct facts *f)
{
	return ((f->present & (BIT(EVIDENCE_PEER_CLOSED_CONNECTION) |
	    BIT(EVIDENCE_PORT_REFUSED))) != 0);
}

/*
 * Another host has the floating IP; or none has it, although somebody had time
 * to take it.
 */
static bool
floating_ip_wrong(const struct facts *f)
{
	if (!peer_closed(f))
		return (false);
	if (code(f, EVIDENCE_FLOATING_IP_OWNER) == EVIDENCE_OWNER_ELSEWHERE)
		return (true);
	return (code(f, EVIDENCE_FLOATING_IP_OWNER) == EVIDENCE_OWNER_NOBODY &&
	    segment_alive(f) && f->since_raise_ns >= FLOATING_IP_NS);
}

static bool
peer_has_floating_ip(const struct facts *f)
{
	return (code(f, EVIDENCE_FLOATING_IP_OWNER) == EVIDENCE_OWNER_PEER);
}

static bool
tcp_unanswered(const struct facts *f)
{
	return (code(f, EVIDENCE_PEER_OTHER_TRAFFIC) ==
	    EVIDENCE_OTHER_UNANSWERED);
}

static bool
data_lost(const struct facts *f)
{
	return (code(f, EVIDENCE_PEER_ACKNOWLEDGES_ONLY) ==
	    EVIDENCE_ACKS_LOST);
}

static bool
other_interface(const struct facts *f)
{
	return (code(f, EVIDENCE_OTHER_PEERS_ALIVE) == 1 &&
	    (f->present & BIT(EVIDENCE_PEER_OTHER_TRAFFIC)) == 0);
}

static bool
host_unreachable(const struct facts *f)
{
	const struct evidence_signal	*s =
	    &f->evidence->signals[EVIDENCE_HOST_UNREACHABLE];

	return (s->code == (s->address.family == ADDR_IPV6 ? 3 : 1));
}

/* It is also stopped: the host was switched off, or it restarted. */
static bool
stopped_and_unreachable(const struct facts *f)
{
	return ((f->present & STOPPED) != 0 && host_unreachable(f));
}

/* Others are received, and the peer neither sends nor answers ARP. */
static bool
nothing_from_peer(const struct facts *f)
{
	return (segment_alive(f) && flag(f, EVIDENCE_RECEIVED) &&
	    (f->absent & BIT(EVIDENCE_ARP_UNANSWERED)) == 0);
}

static bool
routed(const struct facts *f)
{
	return (flag(f, EVIDENCE_ROUTED));
}

static bool
partly(const struct facts *f)
{
	return (flag(f, EVIDENCE_PARTLY));
}

static bool
cleared(const struct facts *f)
{
	return (flag(f, EVIDENCE_CLEARED));
}

static bool
cleared_same_process(const struct facts *f)
{
	return (cleared(f) && flag(f, EVIDENCE_SAME_PROCESS));
}

static bool
cleared_new_process(const struct facts *f)
{
	return (cleared(f) && flag(f, EVIDENCE_NEW_PROCESS));
}

static bool
received(const struct facts *f)
{
	return (flag(f, EVIDENCE_RECEIVED));
}

static bool
never_received(const struct facts *f)
{
	return (!flag(f, EVIDENCE_RECEIVED));
}

/* ---- the table */

struct row {
	uint32_t		 present;	/* BIT of all of them */
	uint32_t		 absent;
	bool			(*condition)(const struct facts *);
	enum cause		 cause;
	enum cause_side		 side;
	unsigned		 confidence;
	/* The signal that decided; 0: none. */
	enum evidence_number	 number;
};

static const struct row	 rows[] = {
	/* Two nodes were seen to be active: nothing else matters as much. */
	{ BIT(EVIDENCE_OTHER_ACTIVE), 0, NULL,
	  CAUSE_DUAL_ACTIVE, CAUSE_SIDE_BOTH, 95, EVIDENCE_OTHER_ACTIVE },

	/* Without a link nothing can be received. */
	{ 0, BIT(EVIDENCE_CARRIER), carrier_unclear,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_HERE, 60, EVIDENCE_CARRIER },
	{ 0, BIT(EVIDENCE_CARRIER), NULL,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_HERE, 98, EVIDENCE_CARRIER },

	/* The instance itself wrote that its floating IP is invalid. */
	{ BIT(EVIDENCE_LOG_MESSAGE), 0, NULL,
	  CAUSE_FLOATING_IP, CAUSE_SIDE_HERE, 95, EVIDENCE_LOG_MESSAGE },
	/* An address outside of all subnets of the interface cannot work. */
	{ BIT(EVIDENCE_FLOATING_IP_OWNER), BIT(EVIDENCE_FLOATING_IP_FITS),
	  peer_has_floating_ip,
	  CAUSE_FLOATING_IP, CAUSE_SIDE_PEER, 90, EVIDENCE_FLOATING_IP_FITS },
	{ 0, BIT(EVIDENCE_FLOATING_IP_FITS), NULL,
	  CAUSE_FLOATING_IP, CAUSE_SIDE_HERE, 90, EVIDENCE_FLOATING_IP_FITS },

	/* Both instances run.  Each attempt also closes a connection. */
	{ BIT(EVIDENCE_HANDSHAKE_FAILS), 0, NULL,
	  CAUSE_HANDSHAKE_FAILED, CAUSE_SIDE_PEER, 85,
	  EVIDENCE_HANDSHAKE_FAILS },

	/*
	 * Our instance stopped, and the peer reacted to that.  If the peer
	 * stopped first, our instance may have stopped because of it.
	 */
	{ 0, BIT(EVIDENCE_OUR_HEARTBEATS), ours_first_assumed,
	  CAUSE_LOCAL_FAULT, CAUSE_SIDE_HERE, 60, EVIDENCE_OUR_HEARTBEATS },
	/* Its process exists: it hangs, or a firewall of this host drops it. */
	{ BIT(EVIDENCE_LOCAL_PORT_OPEN), BIT(EVIDENCE_OUR_HEARTBEATS),
	  ours_first,
	  CAUSE_LOCAL_FAULT, CAUSE_SIDE_HERE, 70, EVIDENCE_OUR_HEARTBEATS },
	{ 0, BIT(EVIDENCE_OUR_HEARTBEATS), ours_first,
	  CAUSE_LOCAL_FAULT, CAUSE_SIDE_HERE, 90, EVIDENCE_OUR_HEARTBEATS },
	{ 0, BIT(EVIDENCE_LOCAL_PORT_OPEN), peer_not_first,
	  CAUSE_LOCAL_FAULT, CAUSE_SIDE_HERE, 90, EVIDENCE_LOCAL_PORT_OPEN },

	/* All that was received before is silent: our port or the switch. */
	{ 0, BIT(EVIDENCE_SEGMENT_ALIVE) | BIT(EVIDENCE_OTHER_PEERS_ALIVE),
	  peer_silent,
	  CAUSE_LOCAL_FAULT, CAUSE_SIDE_HERE, 90, EVIDENCE_SEGMENT_ALIVE },
	/* The same without other watches, so it may be a link behind it. */
	{ 0, BIT(EVIDENCE_SEGMENT_ALIVE), peer_silent,
	  CAUSE_LOCAL_FAULT, CAUSE_SIDE_HERE, 70, EVIDENCE_SEGMENT_ALIVE },

	/*
	 * The host did not answer, and then its network started; or it was
	 * switched off after its instance.
	 */
	{ BIT(EVIDENCE_PEER_REBOOTED) | BIT(EVIDENCE_ARP_UNANSWERED), 0,
	  cleared_new_process,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 95, EVIDENCE_PEER_REBOOTED },
	{ BIT(EVIDENCE_PEER_REBOOTED) | BIT(EVIDENCE_ARP_UNANSWERED), 0, NULL,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 75, EVIDENCE_PEER_REBOOTED },
	{ BIT(EVIDENCE_ARP_UNANSWERED), 0, stopped_before_gone,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 75, EVIDENCE_ARP_UNANSWERED },
	{ BIT(EVIDENCE_HOST_UNREACHABLE), 0, stopped_and_unreachable,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 75, EVIDENCE_HOST_UNREACHABLE },

	/* The peer announced that it stops. */
	{ BIT(EVIDENCE_PEER_ANNOUNCED_STOP), 0, NULL,
	  CAUSE_INSTANCE_STOPPED, CAUSE_SIDE_PEER, 97,
	  EVIDENCE_PEER_ANNOUNCED_STOP },

	/* A firewall reported that it rejects the heartbeats. */
	{ BIT(EVIDENCE_PROHIBITED), 0, NULL,
	  CAUSE_FILTERED, CAUSE_SIDE_BETWEEN, 98, EVIDENCE_PROHIBITED },

	/* The instance does not run, because it cannot get its address. */
	{ BIT(EVIDENCE_FLOATING_IP_OWNER), 0, floating_ip_wrong,
	  CAUSE_FLOATING_IP, CAUSE_SIDE_PEER, 80, EVIDENCE_FLOATING_IP_OWNER },

	/*
	 * The network of the host was started while it was silent, before its
	 * instance.  If the network was only set down and up, the process goes
	 * on.
	 */
	{ BIT(EVIDENCE_PEER_REBOOTED), 0, cleared_new_process,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 95, EVIDENCE_PEER_REBOOTED },
	{ BIT(EVIDENCE_PEER_REBOOTED), 0, NULL,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 75, EVIDENCE_PEER_REBOOTED },

	/* The peer's kernel reported that no process has the port. */
	{ BIT(EVIDENCE_PORT_REFUSED), 0, NULL,
	  CAUSE_INSTANCE_STOPPED, CAUSE_SIDE_PEER, 95, EVIDENCE_PORT_REFUSED },
	/* A kernel closes the connections of a process that ends. */
	{ BIT(EVIDENCE_PEER_CLOSED_CONNECTION), 0, NULL,
	  CAUSE_INSTANCE_STOPPED, CAUSE_SIDE_PEER, 95,
	  EVIDENCE_PEER_CLOSED_CONNECTION },

	/* The process sends data, such as packets longer than the MTU. */
	{ BIT(EVIDENCE_PEER_ACKNOWLEDGES_ONLY), 0, data_lost,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 75,
	  EVIDENCE_PEER_ACKNOWLEDGES_ONLY },
	/* A process that answers late, or packets that are lost. */
	{ BIT(EVIDENCE_PEER_ACKNOWLEDGES_ONLY) |
	  BIT(EVIDENCE_HEARTBEATS_THINNED), 0, NULL,
	  CAUSE_PEER_HUNG, CAUSE_SIDE_PEER, 60,
	  EVIDENCE_PEER_ACKNOWLEDGES_ONLY },
	/* A kernel answers for a process that hangs. */
	{ BIT(EVIDENCE_PEER_ACKNOWLEDGES_ONLY), 0, NULL,
	  CAUSE_PEER_HUNG, CAUSE_SIDE_PEER, 90,
	  EVIDENCE_PEER_ACKNOWLEDGES_ONLY },

	/* At a mirror port both are seen, but neither receives the other. */
	{ BIT(EVIDENCE_PEER_DOES_NOT_HEAR_US), 0, both_deaf,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 75,
	  EVIDENCE_PEER_DOES_NOT_HEAR_US },
	/* The peer is received, but does not receive us. */
	{ BIT(EVIDENCE_PEER_DOES_NOT_HEAR_US), 0, NULL,
	  CAUSE_ONE_WAY_LINK, CAUSE_SIDE_BETWEEN, 90,
	  EVIDENCE_PEER_DOES_NOT_HEAR_US },

	/* Its answers may be lost like the heartbeats before. */
	{ BIT(EVIDENCE_PEER_OTHER_TRAFFIC) | BIT(EVIDENCE_HEARTBEATS_THINNED),
	  0, tcp_unanswered,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 60,
	  EVIDENCE_HEARTBEATS_THINNED },
	/*
	 * The peer sends other packets, so its kernel would answer each SYN and
	 * acknowledge data, unless they are dropped on the way.
	 */
	{ BIT(EVIDENCE_PEER_OTHER_TRAFFIC), 0, tcp_unanswered,
	  CAUSE_FILTERED, CAUSE_SIDE_BETWEEN, 80, EVIDENCE_PEER_OTHER_TRAFFIC },

	/* The node runs, as another interface shows; it is missing here. */
	{ BIT(EVIDENCE_OTHER_PEERS_ALIVE) | BIT(EVIDENCE_ARP_UNANSWERED), 0,
	  other_interface,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 90,
	  EVIDENCE_OTHER_PEERS_ALIVE },
	/* Nobody asked for its address here, so the instance may be stopped. */
	{ BIT(EVIDENCE_OTHER_PEERS_ALIVE), 0, other_interface,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 60,
	  EVIDENCE_OTHER_PEERS_ALIVE },

	/* At the clear: another process sends now, so the old one ended. */
	{ BIT(EVIDENCE_PEER_OTHER_TRAFFIC), 0, cleared_new_process,
	  CAUSE_INSTANCE_STOPPED, CAUSE_SIDE_PEER, 85,
	  EVIDENCE_PEER_OTHER_TRAFFIC },

	/*
	 * The host runs, and nothing shows why the instance is silent.  If it
	 * was never received, the watch may look for the wrong heartbeats.
	 */
	{ BIT(EVIDENCE_PEER_OTHER_TRAFFIC), 0, received,
	  CAUSE_PEER_HUNG, CAUSE_SIDE_PEER, 65, EVIDENCE_PEER_OTHER_TRAFFIC },
	{ BIT(EVIDENCE_PING_ANSWERED), 0, received,
	  CAUSE_PEER_HUNG, CAUSE_SIDE_PEER, 65, EVIDENCE_PING_ANSWERED },

	/* A router cannot reach the host, or its network. */
	{ BIT(EVIDENCE_HOST_UNREACHABLE), 0, host_unreachable,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 85, EVIDENCE_HOST_UNREACHABLE },
	{ BIT(EVIDENCE_HOST_UNREACHABLE), 0, NULL,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 85,
	  EVIDENCE_HOST_UNREACHABLE },

	/* The next hop is a router, so the host may well run. */
	{ BIT(EVIDENCE_ARP_UNANSWERED), 0, routed,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 75,
	  EVIDENCE_ARP_UNANSWERED },
	/* The process went on, so the host was only not reached. */
	{ BIT(EVIDENCE_ARP_UNANSWERED), 0, cleared_same_process,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 85,
	  EVIDENCE_ARP_UNANSWERED },
	/* Some hosts went silent with the peer: a link between is cut. */
	{ 0, 0, partly,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 75, EVIDENCE_SEGMENT_ALIVE },
	/* Only the peer is missing: its host, its card or its cable. */
	{ BIT(EVIDENCE_ARP_UNANSWERED), 0, segment_alive,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 75, EVIDENCE_ARP_UNANSWERED },
	/* Nothing else is known of the segment, so it may also be the link. */
	{ BIT(EVIDENCE_ARP_UNANSWERED), 0, NULL,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 50, EVIDENCE_ARP_UNANSWERED },
	/* A host that sent regularly sends nothing, but nobody asked for it. */
	{ 0, BIT(EVIDENCE_PEER_OTHER_TRAFFIC), segment_alive,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 60, EVIDENCE_PEER_OTHER_TRAFFIC },

	/*
	 * A host that runs would refuse what we send, or answer somebody.  Soon
	 * our kernel requests its MAC address, and the result decides.
	 */
	{ BIT(EVIDENCE_OUR_HEARTBEATS), 0, nothing_from_peer,
	  CAUSE_HOST_DOWN, CAUSE_SIDE_PEER, 50, EVIDENCE_SEGMENT_ALIVE },

	/* Heartbeats were lost before they stopped. */
	{ BIT(EVIDENCE_HEARTBEATS_THINNED), 0, NULL,
	  CAUSE_LINK_ABNORMAL, CAUSE_SIDE_BETWEEN, 60,
	  EVIDENCE_HEARTBEATS_THINNED },

	{ 0, 0, never_received,
	  CAUSE_NEVER_HEARD, CAUSE_SIDE_UNKNOWN, 60, 0 },
	{ 0, 0, NULL,
	  CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0, 0 },
};

static bool
row_applies(const struct row *row, const struct facts *f)
{
	return ((row->present & ~f->present) == 0 &&
	    (row->absent & ~f->absent) == 0 &&
	    (row->condition == NULL || row->condition(f)));
}

void
verdict_of(const struct evidence *e, struct wall_time now, struct verdict *v)
{
	struct facts		 f = { .evidence = e };
	const struct row	*row = rows;
	unsigned		 i;

	for (i = 1; i <= EVIDENCE_MAX; i++) {
		if (e->signals[i].state == EVIDENCE_PRESENT)
			f.present |= BIT(i);
		else if (e->signals[i].state == EVIDENCE_ABSENT)
			f.absent |= BIT(i);
	}
	if (!wall_is_never(e->raised))
		f.since_raise_ns = wall_sub(now, e->raised);
	/* The last row always applies. */
	while (!row_applies(row, &f))
		row++;
	*v = (struct verdict){
		.cause = (uint8_t)row->cause,
		.side = (uint8_t)row->side,
		.confidence = (uint8_t)row->confidence,
		.number = (uint8_t)row->number,
	};
	if ((e->flags & (EVIDENCE_LOSSY | EVIDENCE_WAS_BLIND)) != 0 &&
	    v->confidence > UNSURE_CONFIDENCE)
		v->confidence = UNSURE_CONFIDENCE;
	if (row->number != 0)
		v->decided = e->signals[row->number];
}
