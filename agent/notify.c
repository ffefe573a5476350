/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mono.h"
#include "notify.h"
#include "persistence.h"
#include "sinks.h"
#include "varbinds.h"

/* agentx-Notify-PDU (RFC 2741, section 6.1.2); no header has the constant. */
#define AGENTX_NOTIFY		12

/* The most notifications without an answer; more could fill the buffers. */
#define UNANSWERED_MAX		64
/* The same limit while answers take longer than SLOW_NS. */
#define UNANSWERED_MAX_SLOW	1
#define SLOW_NS			NSEC_PER_SEC

/*
 * Seconds, more than any real wait: after a timeout the library would send the
 * notification again, although the connection is reliable.
 */
#define ANSWER_TIMEOUT		1000000

/* A notification that was sent and has no answer. */
struct pending_notify {
	struct notify		*notify;
	uint32_t		 sequence;
	unsigned		 session;	/* notify->session then */
	struct mono_time	 sent;
};

void
notify_init(struct notify *notify, struct agent *agent, bool standalone)
{
	*notify = (struct notify){ .agent = agent, .standalone = standalone };
}

void
notify_connected(struct notify *notify, netsnmp_session *master)
{
	notify->master = master;
	notify->session++;
	notify->unanswered = 0;
	notify->slow = notify->full = false;
	outbox_requeue_all(&notify->agent->outbox);
}

/* A rejection is logged once, until a notification is accepted. */
static void
on_rejected(struct notify *notify, uint32_t sequence, long error)
{
	if (!notify->rejection_logged)
		log_errx("snmpd rejected notification %" PRIu32 ": AgentX "
		    "error %ld; retrying", sequence, error);
	notify->rejection_logged = true;
	notify->postponed = true;
}

/* Called once for each notification that was sent, answered or not. */
static int
on_response(int operation, netsnmp_session *session, int request,
    netsnmp_pdu *pdu, void *magic)
{
	struct pending_notify	*pending = magic;
	struct notify		*notify = pending->notify;
	struct outbox		*outbox = &notify->agent->outbox;
	bool			 answered;

	(void)session;
	(void)request;
	if (operation == NETSNMP_CALLBACK_OP_RESEND)
		return (1);
	/* notify_connected() has requeued those of an earlier session. */
	if (pending->session != notify->session) {
		free(pending);
		return (1);
	}
	answered = operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE;
	notify->unanswered--;
	notify->full = operation == NETSNMP_CALLBACK_OP_SEND_FAILED;
	notify->slow = mono_sub(mono_now(), pending->sent) > SLOW_NS;
	if (answered && pdu->errstat == SNMP_ERR_NOERROR) {
		outbox_delivered(outbox, pending->sequence);
		notify->rejection_logged = false;
	} else {
		outbox_requeue(outbox, pending->sequence);
		if (answered)
			on_rejected(notify, pending->sequence, pdu->errstat);
	}
	free(pending);
	return (1);
}

/* Owns the varbinds.  False when no more can be sent for now. */
static bool
send_to_master(struct notify *notify, struct notification *n,
    netsnmp_variable_list *varbinds)
{
	struct pending_notify	*pending = malloc(sizeof(*pending));
	netsnmp_pdu		*pdu = snmp_pdu_create(AGENTX_NOTIFY);

	if (pending == NULL || pdu == NULL) {
		free(pending);
		snmp_free_varbind(varbinds);
		if (pdu != NULL)
			snmp_free_pdu(pdu);
		notify->postponed = true;
		return (false);
	}
	pdu->version = notify->master->version;
	pdu->sessid = notify->master->sessid;
	pdu->flags |= UCD_MSG_FLAG_PDU_TIMEOUT | UCD_MSG_FLAG_EXPECT_RESPONSE;
	pdu->time = ANSWER_TIMEOUT;
	pdu->variables = varbinds;
	*pending = (struct pending_notify){
		.notify = notify, .sequence = n->sequence,
		.session = notify->session, .sent = mono_now(),
	};
	n->delivery = NOTIFICATION_SENT;
	notify->unanswered++;
	/* If this fails, on_response() has already freed `pending`. */
	if (snmp_async_send(notify->master, pdu, on_response, pending) != 0)
		return (true);
	snmp_free_pdu(pdu);
	return (false);
}

static bool
send_one(struct notify *notify, struct notification *n)
{
	netsnmp_variable_list	*varbinds;
	bool			 first, sent;

	first = persistence_sending(notify->agent, n);
	varbinds = varbinds_new(notify->agent, n);
	if (varbinds == NULL)
		notify->postponed = true;
	sent = varbinds != NULL && send_to_master(notify, n, varbinds);
	if (first && !sent)
		persistence_not_sent(n);
	return (sent);
}

/*
 * The next pending notification, or NULL.  It is on disk, unless the disk
 * cannot be written or hangs.
 */
static struct notification *
next_notification(const struct notify *notify)
{
	return (outbox_next(&notify->agent->outbox,
	    persistence_is_failing(notify->agent)));
}

/* True when a notification can be sent as soon as the pace allows it. */
static bool
may_send(const struct notify *notify)
{
	unsigned	 limit = notify->slow ? UNANSWERED_MAX_SLOW :
			    UNANSWERED_MAX;

	return (notify->master != NULL && !notify->full && !notify->postponed &&
	    notify->unanswered < limit && next_notification(notify) != NULL);
}

void
notify_flush(struct notify *notify, struct mono_time now)
{
	bool	 ok = true;

	if (notify->standalone) {
		sinks_flush(notify->agent, now);
		return;
	}
	while (ok && may_send(notify) && !mono_before(now, notify->pace.next)) {
		pace_sent(&notify->pace,
		    notify->agent->current.config->rate, now);
		ok = send_one(notify, next_notification(notify));
	}
}

struct mono_time
notify_due(const struct notify *notify)
{
	if (notify->standalone)
		return (sinks_due(notify->agent));
	return (may_send(notify) ? notify->pace.next : MONO_NEVER);
}

bool
notify_needs_tick(const struct notify *notify)
{
	return (notify->postponed || notify->full);
}

void
notify_retry(struct notify *notify, struct mono_time now)
{
	notify->postponed = false;
	if (notify->unanswered == 0)
		notify->full = false;
	notify_flush(notify, now);
}
