/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "pace.h"
#include "persistence.h"
#include "sink_process.h"
#include "sinks.h"
#include "varbinds.h"

/*
 * The most notifications that one process has not answered yet, and the most
 * traps of net-snmp.
 */
#define UNANSWERED_MAX	16
/* The time between two starts of a process, and after a failure to send. */
#define RETRY_NS	NSEC_PER_SEC

struct sink {
	struct configuration_directive directive;	/* owned */
	char		*community;	/* owned, or NULL */
	pid_t		 pid;
	int		 socket;	/* -1: there is no process */
	struct mono_time start;		/* the earliest next start */
	uint32_t	 next;		/* sequence to send; 0: not known yet */
	uint32_t	 done;		/* delivered here up to this one */
	unsigned	 unanswered;	/* notifications without an answer */
	unsigned	 traps;		/* of net-snmp, without an answer */
	bool		 full;		/* the socket; until an answer */
	struct pace	 pace;
};

static struct {
	struct sink	*sinks;		/* owned */
	size_t		 count;
	size_t		 capacity;
	size_t		 polled;	/* index of the first in the poll set */
	struct sink_message	 message;	/* too large for the stack */
} all;

void
sinks_add(const struct configuration_directive *d, const char *community)
{
	struct sink	*s;

	if (!array_reserve(&all.sinks, &all.capacity, all.count + 1,
	    sizeof(*s)))
		fatal("cannot start");
	s = &all.sinks[all.count++];
	*s = (struct sink){
		.directive = {
			.text = strdup(d->text), .file = strdup(d->file),
			.line = d->line,
		},
		.community = community != NULL ? strdup(community) : NULL,
		.socket = -1,
	};
	if (s->directive.text == NULL || s->directive.file == NULL)
		fatal("cannot start");
}

/* ---- processes */

static void
log_start_error(const struct sink *s)
{
	log_errx("%s:%d: snmp: cannot start the process of the trap sink: %s; "
	    "retrying every second", s->directive.file, s->directive.line,
	    strerror(errno));
}

static void
start_process(struct sink *s, struct mono_time now)
{
	int	 pair[2];

	s->start = mono_add(now, RETRY_NS);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		log_start_error(s);
		return;
	}
	s->pid = fork();
	if (s->pid == 0)
		sink_process(&s->directive, s->community, pair[1]);
	close(pair[1]);
	if (s->pid < 0) {
		log_start_error(s);
		close(pair[0]);
		return;
	}
	s->socket = pair[0];
	s->unanswered = s->traps = 0;
	s->full = false;
	/* Notifications without an answer are sent again. */
	if (s->next != 0)
		s->next = s->done + 1;
}

static void
end_process(struct sink *s)
{
	close(s->socket);
	s->socket = -1;
	kill(s->pid, SIGKILL);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

void
sinks_end(void)
{
	size_t	 i;

	for (i = 0; i < all.count; i++)
		if (all.sinks[i].socket != -1)
			end_process(&all.sinks[i]);
	for (i = 0; i < all.count; i++) {
		free(all.sinks[i].directive.text);
		free((char *)(uintptr_t)all.sinks[i].directive.file);
		free(all.sinks[i].community);
	}
	free(all.sinks);
	memset(&all, 0, sizeof(all));
}

/* ---- delivery */

/* Those on disk are sent, or all if the disk cannot be written or hangs. */
static uint32_t
last_sequence(const struct agent *agent)
{
	return (persistence_is_failing(agent) ? agent->outbox.sequence :
	    agent->outbox.stored);
}

/*
 * The next notification for this sink, or NULL.  Skips notifications that need
 * no delivery, and those that the outbox has dropped.
 */
static struct notification *
next_notification(struct sink *s, const struct agent *agent)
{
	const struct outbox	*box = &agent->outbox;
	struct notification	*n = NULL;
	uint32_t		 last = last_sequence(agent);

	if (s->next == 0)
		s->next = box->delivered + 1;
	for (; s->next <= last; s->next++) {
		n = outbox_find(box, s->next);
		if (n != NULL && n->delivery != NOTIFICATION_DELIVERED)
			break;
		n = NULL;
	}
	if (s->unanswered == 0)
		s->done = s->next - 1;
	return (n);
}

/* Encodes the PDU into all.message.  Returns its size, or 0 on error. */
static size_t
encode(netsnmp_pdu *pdu, uint32_t sequence)
{
	struct sink_message	*m = &all.message;
	size_t			 room = sizeof(m->pdu);
	u_char			*end;

	m->sequence = sequence;
	end = snmp_pdu_build(pdu, m->pdu, &room);
	return (end != NULL ? (size_t)(end - m->pdu) : 0);
}

/* The same for a notification. */
static size_t
encode_notification(const struct agent *agent, const struct notification *n)
{
	/* sysUpTime.0 (RFC 3418) */
	static const oid	 uptime_oid[] = { 1, 3, 6, 1, 2, 1, 1, 3, 0 };
	u_long			 uptime = netsnmp_get_agent_uptime();
	netsnmp_pdu		*pdu = snmp_pdu_create(SNMP_MSG_TRAP2);
	netsnmp_variable_list	*varbinds = varbinds_new(agent, n);
	size_t			 length = 0;

	if (pdu != NULL && varbinds != NULL &&
	    snmp_varlist_add_variable(&pdu->variables, uptime_oid,
	    OID_LENGTH(uptime_oid), ASN_TIMETICKS, &uptime,
	    sizeof(uptime)) != NULL) {
		pdu->variables->next_variable = varbinds;
		varbinds = NULL;
		length = encode(pdu, n->sequence);
	}
	snmp_free_varbind(varbinds);
	snmp_free_pdu(pdu);
	return (length);
}

/* Sends all.message; `length` is that of its PDU. */
static bool
send_message(const struct sink *s, size_t length)
{
	return (length > 0 && send(s->socket, &all.message,
	    SINK_MESSAGE_SIZE(length), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0);
}

static bool
can_send(const struct sink *s)
{
	return (s->socket != -1 && !s->full && s->unanswered < UNANSWERED_MAX);
}

static void
flush(struct sink *s, struct agent *agent, struct mono_time now)
{
	struct notification	*n;
	bool			 first;

	while (can_send(s) && !mono_before(now, s->pace.next) &&
	    (n = next_notification(s, agent)) != NULL) {
		first = persistence_sending(agent, n);
		if (!send_message(s, encode_notification(agent, n))) {
			if (first)
				persistence_not_sent(n);
			s->full = s->unanswered + s->traps > 0;
			if (!s->full)
				s->pace.next = mono_add(now, RETRY_NS);
			return;
		}
		s->unanswered++;
		s->next++;
		pace_sent(&s->pace, agent->current.config->rate, now);
	}
}

/*
 * net-snmp calls this for each trap that it sends itself: authenticationFailure
 * with the directive authtrapenable.  net-snmp has no sinks in this process.
 */
static int
on_trap(int major, int minor, void *trap, void *arg)
{
	size_t	 i, length = encode(trap, SINK_TRAP);

	(void)major;
	(void)minor;
	(void)arg;
	for (i = 0; i < all.count; i++)
		if (all.sinks[i].socket != -1 &&
		    all.sinks[i].traps < UNANSWERED_MAX &&
		    send_message(&all.sinks[i], length))
			all.sinks[i].traps++;
	return (0);
}

void
sinks_forward_traps(void)
{
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_SEND_TRAP2, on_trap, NULL);
}

/* A notification is delivered when every sink has delivered it. */
static void
mark_delivered(struct agent *agent)
{
	struct outbox	*box = &agent->outbox;
	uint32_t	 sequence, last = last_sequence(agent);
	size_t		 i;

	for (i = 0; i < all.count; i++)
		if (all.sinks[i].done < last)
			last = all.sinks[i].done;
	for (sequence = box->delivered + 1; sequence <= last; sequence++)
		outbox_delivered(box, sequence);
}

void
sinks_flush(struct agent *agent, struct mono_time now)
{
	struct sink	*s;
	size_t		 i;

	for (i = 0; i < all.count; i++) {
		s = &all.sinks[i];
		if (s->socket == -1 && !mono_before(now, s->start))
			start_process(s, now);
		/* Without a notification to send, this only skips some. */
		(void)next_notification(s, agent);
		flush(s, agent, now);
	}
	mark_delivered(agent);
}

struct mono_time
sinks_due(const struct agent *agent)
{
	struct mono_time	 due = MONO_NEVER;
	const struct sink	*s;
	size_t			 i;

	for (i = 0; i < all.count; i++) {
		s = &all.sinks[i];
		if (s->socket == -1)
			due = mono_min(due, s->start);
		else if (can_send(s) && s->next <= last_sequence(agent))
			due = mono_min(due, s->pace.next);
	}
	return (due);
}

bool
sinks_poll(struct snmp_poll *p)
{
	size_t	 i;

	all.polled = p->count;
	if (!array_reserve(&p->fds, &p->capacity, p->count + all.count,
	    sizeof(*p->fds)))
		return (false);
	/* poll() ignores a descriptor of -1. */
	for (i = 0; i < all.count; i++)
		p->fds[p->count++] = (struct pollfd){
			.fd = all.sinks[i].socket, .events = POLLIN,
		};
	return (true);
}

static void
read_answers(struct sink *s)
{
	uint32_t	 sequence;
	unsigned	*waiting;
	ssize_t		 n;

	while ((n = recv(s->socket, &sequence, sizeof(sequence),
	    MSG_DONTWAIT)) == (ssize_t)sizeof(sequence)) {
		s->full = false;
		if (sequence != SINK_TRAP)
			s->done = sequence;
		waiting = sequence == SINK_TRAP ? &s->traps : &s->unanswered;
		if (*waiting > 0)
			--*waiting;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	log_errx("%s:%d: snmp: the process of the trap sink has ended; "
	    "starting it again", s->directive.file, s->directive.line);
	end_process(s);
}

void
sinks_work(const struct snmp_poll *p)
{
	size_t	 i;

	for (i = 0; i < all.count; i++)
		if (all.sinks[i].socket != -1 &&
		    p->fds[all.polled + i].revents != 0)
			read_answers(&all.sinks[i]);
}
