/* SPDX-License-Identifier: BSD-2-Clause */
#include "diagnosis/collector_tcp.h"

/* A connection that ends within this time carried no heartbeats. */
#define SHORT_NS	NSEC_PER_SEC
/* A handshake takes no longer. */
#define HANDSHAKE_NS	(500 * NSEC_PER_MSEC)
/* Connections before the last heartbeat, up to here, may be attempts, too. */
#define ATTEMPTS_NS	(60 * NSEC_PER_SEC)

/* Alerts about certificates: RFC 8446, section 6.2. */
#define ALERT_FIRST	42
#define ALERT_LAST	49

static void
see_port(struct collector *c, enum evidence_number number,
    const struct diagnosis_frame *f, unsigned code)
{
	struct evidence_signal	*s = collector_see(c, number, f);

	s->code = (uint8_t)code;
	s->port = (uint16_t)c->setting.watch->profile->form.key;
}

/* Attempts to connect that ended soon, which may be failed handshakes. */
static void
forget_attempts(struct collector *c)
{
	c->shorts = c->shorts_after = 0;
	c->handshake_short = false;
	c->signals[EVIDENCE_HANDSHAKE_FAILS] = (struct evidence_signal){
		.state = 0,
	};
}

/* A connection is open, so the port was not closed for good. */
static void
on_established(struct collector *c, struct mono_time at)
{
	if (mono_before(at, c->last)) {
		c->peer_ended = (struct mono_time){ 0 };
		c->routine_refusals = 0;
	}
	c->established = true;
	c->retransmitted = c->repeated = 0;
	c->we_closed = false;
	c->signals[EVIDENCE_PEER_CLOSED_CONNECTION].count = 0;
	c->signals[EVIDENCE_PORT_REFUSED].count = 0;
}

static void
on_short(struct collector *c, const struct collector_view *v)
{
	struct mono_time	 at = v->frame->at;

	c->short_port = c->port;
	/* A process that closes does not hang. */
	if (v->from_peer)
		c->signals[EVIDENCE_PEER_ACKNOWLEDGES_ONLY].count = 0;
	/* We end a health check, or what a peer that hangs does not answer. */
	if ((!c->peer_sent_data && !v->from_peer) ||
	    mono_sub(c->last, at) > ATTEMPTS_NS)
		return;
	if (c->shorts++ == 0)
		c->short_first = at;
	c->short_latest = at;
	if (v->after)
		c->shorts_after++;
	/*
	 * A kernel resets a connection that its process did not accept.  After
	 * a handshake heartbeats follow.
	 */
	c->handshake_short = c->handshake && c->peer_sent_data && !c->used;
	see_port(c, EVIDENCE_HANDSHAKE_FAILS, v->frame,
	    c->signals[EVIDENCE_HANDSHAKE_FAILS].code);
}

/*
 * A kernel that gets no answer gives up and sends a RST with ACK: the process
 * has closed nothing.  A RST in an idle connection has no other reason.
 */
static bool
gave_up(const struct collector *c, const struct packet_tcp *tcp)
{
	const struct protocol	*p = c->setting.watch->profile->form.protocol;

	return ((tcp->flags & PACKET_TCP_ACK) != 0 &&
	    (c->waiting >= COLLECTOR_MISSING || p->follow != NULL ||
	    c->retransmitted >= COLLECTOR_MISSING ||
	    c->repeated >= COLLECTOR_MISSING));
}

/* Also just before the peer's last heartbeat, which may cross our FIN. */
static bool
is_near_end(const struct collector *c, const struct diagnosis_frame *f)
{
	return (mono_sub(c->last, f->at) <= 2 * collector_interval(c));
}

static void
on_close_by_peer(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;
	bool				 reset, refused;

	reset = (f->tcp.flags & PACKET_TCP_RST) != 0;
	refused = reset && !c->established && !collector_never(c->opened);
	if (reset && !refused) {
		c->reset_port = c->port;
		c->reset_at = f->at;
	}
	/* The last heartbeat itself may have a FIN. */
	if (mono_before(f->at, c->last)) {
		c->routine_closes++;
		c->routine_refusals += refused;
		/* In the name of the peer, which does not notice it. */
		if (reset && (refused || is_near_end(c, f)) &&
		    collector_never(c->peer_ended))
			c->peer_ended = f->at;
		return;
	}
	if (reset && !refused && gave_up(c, &f->tcp)) {
		c->repeated += COLLECTOR_MISSING;
		return;
	}
	if (refused) {
		see_port(c, EVIDENCE_PORT_REFUSED, f, EVIDENCE_CODE_RST);
		/* The process that accepted a few attempts has ended. */
		if (c->shorts_after < COLLECTOR_MISSING &&
		    c->signals[EVIDENCE_HANDSHAKE_FAILS].code == 0)
			forget_attempts(c);
	} else if (!c->we_closed)
		see_port(c, EVIDENCE_PEER_CLOSED_CONNECTION, f,
		    reset ? PACKET_TCP_RST : PACKET_TCP_FIN);
	else
		return;
	if (collector_never(c->peer_ended))
		c->peer_ended = f->at;
}

static void
on_close(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;

	/* The other side ends a short connection, too. */
	if (collector_never(c->opened) && c->port == c->short_port)
		return;
	/* An attempt that failed does not show that an instance stopped. */
	if (c->established && !collector_never(c->opened) &&
	    mono_sub(f->at, c->opened) <= SHORT_NS)
		on_short(c, v);
	else if (v->from_peer)
		on_close_by_peer(c, v);
	else if (is_near_end(c, f) && c->port != c->reset_port &&
	    c->signals[EVIDENCE_PEER_CLOSED_CONNECTION].count == 0) {
		if (!c->we_closed)
			c->closed_late = mono_before(collector_overdue(c),
			    f->at);
		c->we_closed = true;
		c->closed_port = c->port;
	}
	c->opened = (struct mono_time){ 0 };
	c->established = false;
}

static void
on_open(struct collector *c, const struct diagnosis_frame *f)
{
	if ((f->tcp.flags & PACKET_TCP_ACK) != 0) {
		on_established(c, f->at);
		return;
	}
	if (c->port == c->reset_port)
		c->reset_port = 0;
	/* A repeated SYN does not make the connection longer. */
	c->opened = f->at;
	c->established = c->handshake = c->peer_sent_data = false;
	c->used = false;
	c->has_acknowledged = c->has_sent = false;
}

/* A connection that is in use shows that others ended without consequence. */
static void
on_use(struct collector *c, struct mono_time at)
{
	if (c->port != c->closed_port)
		c->we_closed = false;
	if (c->port == c->short_port || (!collector_never(c->opened) &&
	    mono_sub(at, c->opened) <= SHORT_NS))
		return;
	forget_attempts(c);
}

static void
on_data_of_peer(struct collector *c, const struct diagnosis_frame *f)
{
	const struct packet_tcp	*tcp = &f->tcp;
	uint32_t		 end = tcp->sequence + (uint32_t)tcp->data_wire;

	on_use(c, f->at);
	/* Another host reset it, in the name of the peer. */
	if (c->port == c->reset_port && collector_never(c->peer_ended))
		c->peer_ended = c->reset_at;
	if (c->has_acknowledged && (int32_t)(end - c->acknowledged) <= 0) {
		c->retransmitted++;
	} else if (c->has_sent && (int32_t)(end - c->sent) <= 0) {
		c->repeated++;
	} else {
		c->retransmitted = c->repeated = 0;
		c->sent = end;
		c->has_sent = true;
	}
}

/*
 * A kernel acknowledges with the number of its next data.  If we have not
 * acknowledged the data before that, they were lost on the way.
 */
static void
on_acknowledgement(struct collector *c, const struct diagnosis_frame *f)
{
	bool	 ahead = c->has_acknowledged &&
		    (int32_t)(f->tcp.sequence - c->acknowledged) > 0;

	see_port(c, EVIDENCE_PEER_ACKNOWLEDGES_ONLY, f,
	    ahead ? EVIDENCE_ACKS_LOST : 0);
}

/* Bare acknowledgements are not captured before the case begins. */
static bool
sees_answers(const struct collector *c, const struct diagnosis_frame *f)
{
	return (c->partners.before >= COLLECTOR_MISSING ||
	    (!collector_never(c->setting.complete) &&
	    !mono_before(f->at, c->setting.complete)));
}

static void
from_peer(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;

	c->unanswered = 0;
	if (sees_answers(c, f) && (f->tcp.flags & PACKET_TCP_RST) == 0)
		c->waiting++;
	if (f->tcp.data_wire > 0) {
		c->peer_sent_data = true;
		c->used = mono_sub(f->at, c->opened) > HANDSHAKE_NS;
	}
	if (f->tcp.data_wire > 1)
		on_data_of_peer(c, f);
	else if (f->kind != DIAGNOSIS_TCP && !v->heartbeat && !c->returned &&
	    mono_before(collector_overdue(c), f->at))
		on_acknowledgement(c, f);
}

/* SYNs and data, to which a kernel answers even if its process hangs. */
static void
to_peer(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;
	uint32_t			 end;

	c->waiting = 0;
	if ((f->tcp.flags & PACKET_TCP_ACK) != 0) {
		c->acknowledged = f->tcp.acknowledgement;
		c->has_acknowledged = true;
	}
	if (f->tcp.data_wire > 0) {
		end = f->tcp.sequence + (uint32_t)f->tcp.data_wire;
		c->partner_repeats = c->has_partner_sent &&
		    (int32_t)(end - c->partner_sent) <= 0;
		c->partner_sent = end;
		c->has_partner_sent = true;
	}
	if (collector_never(c->setting.complete) ||
	    mono_before(f->at, c->setting.complete) || !v->after ||
	    ((f->tcp.flags & PACKET_TCP_SYN) == 0 && f->tcp.data_wire == 0))
		return;
	if (c->unanswered++ == 0)
		c->unanswered_since = f->at;
}

/* Sequence numbers are those of one connection. */
static void
select_connection(struct collector *c, const struct packet *packet)
{
	uint16_t	 port = packet->source_port;

	if (port == c->setting.watch->profile->form.key)
		port = packet->destination_port;
	if (port == c->port)
		return;
	c->port = port;
	c->has_acknowledged = c->has_sent = c->has_partner_sent = false;
	c->partner_repeats = false;
	c->retransmitted = c->repeated = c->waiting = 0;
}

void
collector_tcp(struct collector *c, const struct collector_view *v)
{
	const struct diagnosis_frame	*f = v->frame;

	if (!collector_has_port(c, &f->packet))
		return;
	if (f->tls_alert >= ALERT_FIRST && f->tls_alert <= ALERT_LAST &&
	    mono_sub(c->last, f->at) <= ATTEMPTS_NS)
		see_port(c, EVIDENCE_HANDSHAKE_FAILS, f, f->tls_alert);
	select_connection(c, &f->packet);
	if (f->tls_handshake)
		c->handshake = true;
	if (v->from_peer)
		from_peer(c, v);
	else
		to_peer(c, v);
	if ((f->tcp.flags & (PACKET_TCP_FIN | PACKET_TCP_RST)) != 0)
		on_close(c, v);
	else if ((f->tcp.flags & PACKET_TCP_SYN) != 0)
		on_open(c, f);
}
