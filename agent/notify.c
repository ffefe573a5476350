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
#include "table.h"

/* agentx-Notify-PDU (RFC 2741, section 6.1.2); no header has the constant. */
#define AGENTX_NOTIFY		12

/* The most notifications without an answer; more could fill the buffers. */
#define UNANSWERED_MAX		64
/* The same limit while answers take longer than SLOW_NS. */
#define UNANSWERED_MAX_SLOW	1
#define SLOW_NS			NSEC_PER_SEC

/*
 * A trap is a datagram, and an overloaded receiver drops it silently.  After a
 * pause RATE_BURST notifications are sent at once, then at the configured rate.
 */
#define RATE_BURST		50

/*
 * Seconds.  It practically never passes: after a timeout the library would send
 * the notification again, although the connection is reliable.
 */
#define ANSWER_TIMEOUT		1000000

/* A notification that was sent and has no answer. */
struct pending_notify {
	struct notify		*notify;
	uint32_t		 sequence;
	unsigned		 session;	/* notify->session then */
	struct mono_time	 sent;
};

/* ---- varbinds */

struct object {
	const struct table	*table;
	oid			 column;
	const char		*name;
};

static const struct object alarm_objects[] = {
	{ &alarm_table, 2, "hbwAlarmKey" },
	{ &alarm_table, 1, "hbwAlarmId" },
	{ &alarm_table, 3, "hbwAlarmName" },
	{ &alarm_table, 4, "hbwAlarmState" },
	{ &alarm_table, 5, "hbwAlarmSeverity" },
	{ &scalars_table, 12, "hbwNotificationSequence" },
	{ &scalars_table, 11, "hbwNotificationEpoch" },
	{ &alarm_table, 15, "hbwAlarmSerial" },
	{ &alarm_table, 9, "hbwAlarmSource" },
	{ &alarm_table, 10, "hbwAlarmServiceName" },
	{ &alarm_table, 11, "hbwAlarmRoleName" },
	{ &alarm_table, 12, "hbwAlarmHostName" },
	{ &watch_table, 2, "hbwWatchName" },
	{ &watch_table, 5, "hbwWatchPeerType" },
	{ &watch_table, 6, "hbwWatchPeer" },
	{ &alarm_table, 13, "hbwAlarmCause" },
	{ &alarm_table, 14, "hbwAlarmDetail" },
	{ &alarm_table, 16, "hbwAlarmRaisedTime" },
	{ &alarm_table, 17, "hbwAlarmClearedTime" },
	{ &watch_table, 12, "hbwWatchLastHeartbeat" },
};

static const struct object capture_objects[] = {
	{ &capture_table, 2, "hbwCaptureInterface" },
	{ &capture_table, 3, "hbwCaptureState" },
	{ &capture_table, 8, "hbwCaptureError" },
	{ &scalars_table, 12, "hbwNotificationSequence" },
	{ &scalars_table, 11, "hbwNotificationEpoch" },
};

static const struct object storm_objects[] = {
	{ &scalars_table, 16, "hbwStormRaised" },
	{ &scalars_table, 17, "hbwStormCleared" },
	{ &scalars_table, 18, "hbwStormFirst" },
	{ &scalars_table, 19, "hbwStormSince" },
	{ &scalars_table, 12, "hbwNotificationSequence" },
	{ &scalars_table, 11, "hbwNotificationEpoch" },
};

#define OBJECTS(array)	{ array, sizeof(array) / sizeof((array)[0]) }

static const struct {
	const struct object	*objects;
	size_t			 count;
}	 objects_of[] = {
	[NOTIFICATION_RAISED] = OBJECTS(alarm_objects),
	[NOTIFICATION_CLEARED] = OBJECTS(alarm_objects),
	[NOTIFICATION_BLIND] = OBJECTS(capture_objects),
	[NOTIFICATION_RESTORED] = OBJECTS(capture_objects),
	[NOTIFICATION_STORM] = OBJECTS(storm_objects),
};

const char *
notify_object_name(enum notification_event event, size_t i)
{
	return (i < objects_of[event].count ?
	    objects_of[event].objects[i].name : NULL);
}

/* The row of a table as it was at the time of the notification. */
static const void *
view_of(const struct agent *agent, const struct notification *n,
    const struct table *table, union view *view, oid *index)
{
	const struct notification_capture	*c = n->capture;

	index[0] = index[1] = 0;
	if (table == &scalars_table) {
		view->scalars = (struct scalars_view){
			agent, n->sequence, &n->storm,
		};
	} else if (table == &capture_table) {
		index[0] = c->index;
		view->capture = (struct capture_view){
			.capture.state = c->state,
		};
		memcpy(view->capture.capture.interface, c->interface,
		    sizeof(c->interface));
		memcpy(view->capture.capture.error, c->error,
		    sizeof(c->error));
	} else if (table == &watch_table) {
		index[0] = n->watch_index;
		view->watch = (struct watch_view){
			.config = n->watch,
			.watch.last_wall = n->alarm.last_heartbeat,
		};
	} else {
		index[0] = n->watch->profile->alarm->id;
		index[1] = n->watch_index;
		view->alarm = (struct alarm_view){ n->watch, &n->alarm };
	}
	return (view);
}

static bool
add_varbind(netsnmp_variable_list **varbinds, const struct agent *agent,
    const struct notification *n, const struct object *object)
{
	const struct column	*column;
	union view		 view;
	struct value		 value;
	oid			 name[MAX_OID_LEN], index[TABLE_INDEXES];
	size_t			 length;

	column = table_column(object->table, object->column);
	column->get(view_of(agent, n, object->table, &view, index), &value);
	length = table_column_name(object->table, column, index, name);
	return (snmp_varlist_add_variable(varbinds, name, length,
	    column->type, value.octets, value.length) != NULL);
}

netsnmp_variable_list *
notify_varbinds(const struct agent *agent, const struct notification *n)
{
	/* snmpTrapOID.0 (RFC 3418) */
	static const oid	 trap_oid[] = {
		1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0,
	};
	netsnmp_variable_list	*varbinds = NULL;
	oid			 trap[MAX_OID_LEN];
	size_t			 i;
	bool			 ok;

	memcpy(trap, table_root, table_root_length * sizeof(oid));
	trap[table_root_length] = 0;
	trap[table_root_length + 1] = n->event;
	ok = snmp_varlist_add_variable(&varbinds, trap_oid,
	    OID_LENGTH(trap_oid), ASN_OBJECT_ID, trap,
	    (table_root_length + 2) * sizeof(oid)) != NULL;
	for (i = 0; ok && i < objects_of[n->event].count; i++)
		ok = add_varbind(&varbinds, agent, n,
		    &objects_of[n->event].objects[i]);
	if (ok)
		return (varbinds);
	snmp_free_varbind(varbinds);
	return (NULL);
}

/* ---- delivery */

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

	varbinds = notify_varbinds(notify->agent, n);
	if (varbinds == NULL) {
		notify->postponed = true;
		return (false);
	}
	return (send_to_master(notify, n, varbinds));
}

/* The next pending notification; one not on disk only if the store fails. */
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
notify_pace_sent(struct notify_pace *pace, const struct agent *agent,
    struct mono_time now)
{
	int64_t	 pace_ns = NSEC_PER_SEC / agent->current.config->rate;

	/* After a pause, pace->next may be a whole burst ago. */
	pace->next = mono_add(mono_max(pace->next,
	    mono_add(now, -RATE_BURST * pace_ns)), pace_ns);
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
		notify_pace_sent(&notify->pace, notify->agent, now);
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
