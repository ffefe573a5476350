/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_trap.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mono.h"
#include "notify.h"
#include "persistence.h"
#include "table.h"

/* agentx-Notify-PDU (RFC 2741, section 6.1.2); no header has the constant. */
#define AGENTX_NOTIFY		12

/* Without an answer at a time: more fills the sockets of both sides. */
#define UNANSWERED_MOST		64
#define UNANSWERED_SLOW		1
#define SLOW_NS			NSEC_PER_SEC

/*
 * A trap is a datagram, and a receiver that is flooded drops it without a word.
 * A burst goes out at once, what is more than that at a pace.
 */
#define PACE_BURST		50
#define PACE_NS			(NSEC_PER_SEC / 1000)

/* In seconds.  The library would send again over a stream: never. */
#define ANSWER_TIMEOUT		1000000

/* A notification on its way. */
struct pending_notify {
	struct notify		*notify;
	uint32_t		 sequence;
	unsigned		 session;
	struct mono_time	 sent;
};

/* ---- what is said */

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

#define OBJECTS(array)	(sizeof(array) / sizeof((array)[0]))

static const struct object *
objects_of(enum notification_event event, size_t *count)
{
	if (event == NOTIFICATION_RAISED || event == NOTIFICATION_CLEARED) {
		*count = OBJECTS(alarm_objects);
		return (alarm_objects);
	}
	if (event == NOTIFICATION_STORM) {
		*count = OBJECTS(storm_objects);
		return (storm_objects);
	}
	*count = OBJECTS(capture_objects);
	return (capture_objects);
}

const char *
notify_object_name(enum notification_event event, size_t i)
{
	const struct object	*objects;
	size_t			 count;

	objects = objects_of(event, &count);
	return (i < count ? objects[i].name : NULL);
}

/* The rows as they were, for the getters of the tables. */
struct varbind_source {
	const struct notification	*notification;
	struct scalars_view	 scalars;
	struct watch_view	 watch;
	struct alarm_view	 alarm;
	struct capture_view	 capture;
};

static void
view_capture(struct capture_view *view, const struct notification_capture *c)
{
	view->index = c->index;
	view->capture.state = c->state;
	memcpy(view->capture.interface, c->interface, sizeof(c->interface));
	memcpy(view->capture.error, c->error, sizeof(c->error));
}

static void
view_notification(struct varbind_source *varbind_source, const struct agent *agent,
    const struct notification *n)
{
	memset(varbind_source, 0, sizeof(*varbind_source));
	varbind_source->notification = n;
	varbind_source->scalars = (struct scalars_view){
		agent, agent->epoch, n->sequence, &n->storm,
	};
	if (notification_has_alarm(n)) {
		varbind_source->watch.config = n->watch;
		varbind_source->watch.watch.last_wall = n->alarm.last_heartbeat;
		varbind_source->alarm = (struct alarm_view){ n->watch, &n->alarm };
	}
	if (notification_has_capture(n))
		view_capture(&varbind_source->capture, n->capture);
}

static const void *
view_and_index(const struct varbind_source *varbind_source, const struct table *t, oid *index)
{
	const struct notification	*n = varbind_source->notification;

	index[0] = index[1] = 0;
	if (t == &scalars_table)
		return (&varbind_source->scalars);
	if (t == &capture_table) {
		index[0] = varbind_source->capture.index;
		return (&varbind_source->capture);
	}
	if (t == &watch_table) {
		index[0] = n->watch_index;
		return (&varbind_source->watch);
	}
	index[0] = n->watch->profile->alarm->id;
	index[1] = n->watch_index;
	return (&varbind_source->alarm);
}

static bool
add_object(netsnmp_variable_list **varbinds, const struct varbind_source *varbind_source,
    const struct object *object)
{
	const struct column	*column;
	const void		*view;
	struct value		 value;
	oid			 name[MAX_OID_LEN], index[TABLE_INDEXES];
	size_t			 length;

	column = table_column(object->table, object->column);
	view = view_and_index(varbind_source, object->table, index);
	length = table_column_name(object->table, column, index, name);
	column->get(view, &value);
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
	const struct object	*objects;
	struct varbind_source		 varbind_source;
	oid			 trap[MAX_OID_LEN];
	size_t			 i, count;

	view_notification(&varbind_source, agent, n);
	memcpy(trap, table_root, table_root_length * sizeof(oid));
	trap[table_root_length] = 0;
	trap[table_root_length + 1] = n->event;
	if (snmp_varlist_add_variable(&varbinds, trap_oid,
	    OID_LENGTH(trap_oid), ASN_OBJECT_ID, trap,
	    (table_root_length + 2) * sizeof(oid)) == NULL)
		return (NULL);
	objects = objects_of(n->event, &count);
	for (i = 0; i < count; i++)
		if (!add_object(&varbinds, &varbind_source, &objects[i])) {
			snmp_free_varbind(varbinds);
			return (NULL);
		}
	return (varbinds);
}

/* ---- how it gets out */

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
	outbox_all_returned(&notify->agent->outbox);
}

/* Said once, until another is taken. */
static void
refused(struct notify *notify, uint32_t sequence, long error)
{
	if (!notify->refusal_said)
		log_warnx("the master refuses notification %" PRIu32
		    ": AgentX error %ld; trying again", sequence, error);
	notify->refusal_said = true;
	notify->refused = true;
}

/* Called once more for each that was sent, with its answer or without. */
static int
on_response(int operation, netsnmp_session *session, int request,
    netsnmp_pdu *pdu, void *magic)
{
	struct pending_notify	*pending_notify = magic;
	struct notify	*notify = pending_notify->notify;

	(void)session;
	(void)request;
	if (operation == NETSNMP_CALLBACK_OP_RESEND)
		return (1);
	/* Of a session that is no more: it was returned already. */
	if (pending_notify->session != notify->session) {
		free(pending_notify);
		return (1);
	}
	notify->unanswered--;
	notify->full = operation == NETSNMP_CALLBACK_OP_SEND_FAILED;
	notify->slow = mono_sub(mono_now(), pending_notify->sent) > SLOW_NS;
	if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE &&
	    pdu->errstat == SNMP_ERR_NOERROR) {
		outbox_delivered(&notify->agent->outbox, pending_notify->sequence);
		notify->refusal_said = false;
	} else {
		outbox_returned(&notify->agent->outbox, pending_notify->sequence);
		if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE)
			refused(notify, pending_notify->sequence, pdu->errstat);
	}
	free(pending_notify);
	return (1);
}

static netsnmp_pdu *
notify_pdu(const struct notify *notify, const struct notification *n)
{
	netsnmp_pdu	*pdu;

	pdu = snmp_pdu_create(AGENTX_NOTIFY);
	if (pdu == NULL)
		return (NULL);
	pdu->version = notify->master->version;
	pdu->sessid = notify->master->sessid;
	pdu->flags |= UCD_MSG_FLAG_PDU_TIMEOUT | UCD_MSG_FLAG_EXPECT_RESPONSE;
	pdu->time = ANSWER_TIMEOUT;
	pdu->variables = notify_varbinds(notify->agent, n);
	if (pdu->variables == NULL) {
		snmp_free_pdu(pdu);
		return (NULL);
	}
	return (pdu);
}

/* False when no more can be sent for now. */
static bool
send_to_master(struct notify *notify, struct notification *n)
{
	struct pending_notify	*pending_notify;
	netsnmp_pdu	*pdu;

	pending_notify = malloc(sizeof(*pending_notify));
	pdu = notify_pdu(notify, n);
	if (pending_notify == NULL || pdu == NULL) {
		free(pending_notify);
		if (pdu != NULL)
			snmp_free_pdu(pdu);
		notify->refused = true;
		return (false);
	}
	*pending_notify = (struct pending_notify){
		.notify = notify, .sequence = n->sequence,
		.session = notify->session, .sent = mono_now(),
	};
	n->delivery = NOTIFICATION_SENT;
	notify->unanswered++;
	/* On failure the callback has had the flight already. */
	if (snmp_async_send(notify->master, pdu, on_response, pending_notify) == 0) {
		snmp_free_pdu(pdu);
		return (false);
	}
	return (true);
}

static bool
send_to_sinks(struct notify *notify, struct notification *n)
{
	netsnmp_variable_list	*varbinds;

	varbinds = notify_varbinds(notify->agent, n);
	if (varbinds == NULL) {
		notify->refused = true;
		return (false);
	}
	send_v2trap(varbinds);
	snmp_free_varbind(varbinds);
	n->delivery = NOTIFICATION_SENT;
	outbox_delivered(&notify->agent->outbox, n->sequence);
	return (true);
}

/* What is on disk, or anything where nothing can be. */
static struct notification *
next_notification(const struct notify *notify)
{
	return (outbox_next(&notify->agent->outbox,
	    persistence_fails(notify->agent)));
}

/* Is there one that nothing but the pace holds back? */
static bool
may_send(const struct notify *notify)
{
	unsigned	 most = notify->slow ? UNANSWERED_SLOW :
	    UNANSWERED_MOST;

	return ((notify->master != NULL || notify->standalone) &&
	    !notify->full && !notify->refused && notify->unanswered < most &&
	    next_notification(notify) != NULL);
}

void
notify_flush(struct notify *notify, struct mono_time now)
{
	struct notification	*n;
	bool		 fine = true;

	while (fine && may_send(notify) && !mono_before(now, notify->next)) {
		/* Time in which nothing was sent saves up for a burst. */
		notify->next = mono_add(mono_max(notify->next,
		    mono_add(now, -PACE_BURST * PACE_NS)), PACE_NS);
		n = next_notification(notify);
		fine = notify->standalone ? send_to_sinks(notify, n) :
		    send_to_master(notify, n);
	}
}

struct mono_time
notify_due(const struct notify *notify)
{
	return (may_send(notify) ? notify->next : MONO_NEVER);
}

bool
notify_wants_tick(const struct notify *notify)
{
	return (notify->refused || notify->full);
}

void
notify_retry(struct notify *notify, struct mono_time now)
{
	notify->refused = false;
	if (notify->unanswered == 0)
		notify->full = false;
	notify_flush(notify, now);
}
