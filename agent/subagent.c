/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "snmp_library.h"
#include "snmp_log.h"
#include "subagent.h"
#include "table.h"
#include "unix_transport.h"

/*
 * Seconds between attempts to connect, and between pings.  The library has one
 * interval for both; see ping_less_often().  A ping that fails takes three
 * times MASTER_TIMEOUT, and CONNECT_INTERVAL must be longer.
 */
#define CONNECT_INTERVAL	2
#define PING_INTERVAL		15
/* The time that the library waits for an answer of snmpd, in microseconds. */
#define MASTER_TIMEOUT		(ONE_SEC / 3)
#define MASTER_TIMEOUT_NS	(NSEC_PER_SEC / 3)

/* net-snmp 5.9 reports both failures in its log and nowhere else. */
#define LOG_NOT_CONNECTED	"Failed to connect to the agentx"
#define LOG_REJECTED		"registering pdu failed"

/* Instead of an errno: the address of the master could not be resolved. */
#define UNRESOLVED		(-1)

#define REGISTER_RETRY_NS	(2 * NSEC_PER_SEC)
/* While snmpd does not answer, each attempt waits for MASTER_TIMEOUT. */
#define REGISTER_UNANSWERED_NS	(5 * NSEC_PER_SEC)
#define REGISTER_TIMEOUT	0	/* the default of the master */
#define REGISTER_PRIORITY	127	/* RFC 2741, 6.2.3: the default */

/* Exported by the library, in no installed header. */
extern int agentx_register(netsnmp_session *, oid *, size_t, int, int, oid,
	    int, u_char, const char *);
extern int agentx_unregister(netsnmp_session *, oid *, size_t, int, int, oid,
	    const char *);
extern SNMPAlarmCallback agentx_check_session;

/* The types of the messages of a SET: RFC 2741, section 6.1. */
enum { TEST_SET = 8, COMMIT_SET, UNDO_SET, CLEANUP_SET };

/* It identifies a message of a SET. */
struct set_message {
	int	 command;
	long	 transaction;
	long	 packet;
};

/*
 * There is one subagent in the process, as net-snmp has one master.  The
 * callbacks get no pointer to it, because the library would free that pointer.
 */
static struct {
	struct notify	*notify;
	char		*address;	/* for log messages; owned */
	netsnmp_session	*master;	/* NULL: not connected */
	/* The function of the library for messages of snmpd. */
	netsnmp_callback take;
	struct set_message set;		/* the last one */
	struct wall_time since;		/* connected, or not */
	bool		 fresh;		/* ping_less_often() is still to do */
	bool		 registered;
	bool		 rejected;	/* the last registration, by snmpd */
	bool		 unanswered;	/* the last registration */
	bool		 registering;	/* by the library, see check_answer() */
	bool		 rejection_logged;
	int		 connect_error;	/* logged last: errno or UNRESOLVED */
	struct mono_time register_due;
} subagent;

/*
 * errno is that of connect(), or another one if the library could not resolve
 * the address.
 */
static int
connect_reason(int error)
{
	const char	*address = subagent.address;

	/* Only snmp_library_limit_connect() interrupts a connect(). */
	if (error == EINTR)
		return (ETIMEDOUT);
	/* A path: a connect() that does not block fails while snmpd hangs. */
	if (strchr(address, ':') == NULL || strchr(address, '/') != NULL)
		return (error == EAGAIN ? ETIMEDOUT : error);
	return (error == ECONNREFUSED || error == ETIMEDOUT ||
	    error == EHOSTUNREACH || error == ENETUNREACH ||
	    error == EACCES || error == EPERM ||
	    error == EAFNOSUPPORT ? error : UNRESOLVED);
}

/* The same reason is logged once. */
static void
log_connect_error(int error)
{
	error = connect_reason(error);
	if (error == subagent.connect_error)
		return;
	subagent.connect_error = error;
	log_warnx("cannot connect to snmpd (AgentX) at %s: %s%s; retrying "
	    "every %d s", subagent.address, error == UNRESOLVED ?
	    "unknown host or invalid address" : strerror(error),
	    error == EACCES ? " (see agentXPerms in hbwatchd(8))" :
	    snmp_library_hint(error), CONNECT_INTERVAL);
}

static bool
filter_log(char *text, size_t size)
{
	(void)size;
	if (strstr(text, LOG_NOT_CONNECTED) != NULL) {
		log_connect_error(errno);
		return (true);
	}
	if (strncmp(text, LOG_REJECTED, sizeof(LOG_REJECTED) - 1) != 0)
		return (false);
	subagent.registered = false;
	subagent.rejected = true;
	return (true);
}

/* ---- callbacks of the library */

/* Called before a session is opened; see connect_reason() for errno. */
static int
limit_waiting(int major, int minor, void *session, void *arg)
{
	netsnmp_session	*s = session;

	(void)major;
	(void)minor;
	(void)arg;
	s->timeout = MASTER_TIMEOUT;
	s->retries = 0;
	errno = 0;
	return (0);
}

/* True if snmpd has sent the message before: it waits for the answer. */
static bool
is_repeated(const netsnmp_pdu *pdu)
{
	struct set_message	*last = &subagent.set;
	bool			 repeated = last->command == pdu->command &&
				    last->transaction == pdu->transid &&
				    last->packet == pdu->reqid;

	*last = (struct set_message){ pdu->command, pdu->transid, pdu->reqid };
	return (repeated);
}

/*
 * The library hands each message on to its own agent through pipes.  If a SET
 * is repeated or ended before its first message has come through them, the
 * library uses memory that it has freed.  So the pipes are emptied before, and
 * a message is handed on once.
 */
static int
take_message(int operation, netsnmp_session *session, int request,
    netsnmp_pdu *pdu, void *arg)
{
	const netsnmp_transport	*transport;
	bool			 is_set;

	is_set = operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE &&
	    pdu->command >= TEST_SET && pdu->command <= CLEANUP_SET;
	if (is_set || operation == NETSNMP_CALLBACK_OP_DISCONNECT) {
		transport = snmp_sess_transport(snmp_sess_pointer(session));
		snmp_library_empty_pipes(transport == NULL ? -1 :
		    transport->sock);
	}
	if (is_set && is_repeated(pdu))
		return (1);
	return (subagent.take(operation, session, request, pdu, arg));
}

static int
on_connected(int major, int minor, void *session, void *arg)
{
	netsnmp_transport	*transport;

	(void)major;
	(void)minor;
	(void)arg;
	/* With a full buffer, sending then fails instead of blocking. */
	transport = snmp_sess_transport(snmp_sess_pointer(session));
	if (transport != NULL && transport->sock >= 0 &&
	    fcntl(transport->sock, F_SETFL,
	    fcntl(transport->sock, F_GETFL) | O_NONBLOCK) != 0)
		log_err("cannot make the AgentX socket non-blocking");
	log_notice("connected to snmpd (AgentX) at %s", subagent.address);
	subagent.connect_error = 0;
	subagent.fresh = true;
	/* The library registers right after this; filter_log() corrects it. */
	subagent.registered = subagent.registering = true;
	subagent.unanswered = false;
	subagent.register_due = mono_now();
	subagent.master = session;
	subagent.take = subagent.master->callback;
	subagent.master->callback = take_message;
	subagent.set = (struct set_message){ .command = 0 };
	subagent.since = wall_now();
	notify_connected(subagent.notify, session);
	return (0);
}

static int
on_lost(int major, int minor, void *session, void *arg)
{
	(void)major;
	(void)minor;
	(void)session;
	(void)arg;
	if (subagent.master != NULL) {
		log_warnx("lost the connection to snmpd; retrying every %d s",
		    CONNECT_INTERVAL);
		subagent.since = wall_now();
	}
	subagent.master = NULL;
	notify_connected(subagent.notify, NULL);
	return (0);
}

/*
 * To be called after the library has registered HBWATCH-MIB.  It does not tell
 * whether snmpd has answered, but then it has waited.
 */
static void
check_answer(void)
{
	struct mono_time	 now = mono_now();

	if (subagent.registering && subagent.registered &&
	    mono_sub(now, subagent.register_due) >= MASTER_TIMEOUT_NS) {
		subagent.registered = false;
		subagent.unanswered = true;
		subagent.register_due = mono_add(now, REGISTER_UNANSWERED_NS);
	}
	subagent.registering = false;
}

bool
subagent_start(struct agent *agent, struct notify *notify, const char *address)
{
	subagent.notify = notify;
	subagent.since = wall_now();
	subagent.address = address != NULL ? strdup(address) :
	    strdup(NETSNMP_AGENTX_SOCKET);
	if (subagent.address == NULL)
		fatal("cannot start");
	address = unix_transport_address(address);
	snmp_log_set_filter(filter_log);
	snmp_library_use_no_files();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_SESSION_INIT, limit_waiting, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_INDEX_START, on_connected, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_INDEX_STOP, on_lost, NULL);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_ROLE, 1);
	if (address != NULL)
		netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
		    NETSNMP_DS_AGENT_X_SOCKET, address);
	if (!snmp_library_start_agent(agent))
		return (false);
	snmp_library_unblock_pipes();
	/* init_agent() has set it to its own default. */
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, CONNECT_INTERVAL);
	init_snmp(SNMP_APPLICATION);
	check_answer();
	/* snmpd accepted the connection, but it did not answer. */
	if (subagent.master == NULL && subagent.connect_error == 0)
		log_connect_error(ETIMEDOUT);
	return (true);
}

/* ---- in the loop */

/*
 * Once connected, the library pings as often as it tried to connect.  It keeps
 * the number of that timer in a field of the session that AgentX does not use.
 */
static void
ping_less_often(void)
{
	subagent.fresh = false;
	if (subagent.master->securityModel != SNMP_DEFAULT_SECMODEL)
		snmp_alarm_unregister((unsigned)subagent.master->securityModel);
	subagent.master->securityModel = (int)snmp_alarm_register(PING_INTERVAL,
	    SA_REPEAT, agentx_check_session, subagent.master);
}

/*
 * snmpd may have accepted the request whose answer is missing.  Another request
 * would then be rejected, so the first one is undone.  False when snmpd does
 * not answer again.
 */
static bool
unregister(oid *root)
{
	struct mono_time	 before = mono_now();

	(void)agentx_unregister(subagent.master, root, table_root_length,
	    REGISTER_PRIORITY, 0, 0, NULL);
	return (mono_sub(mono_now(), before) < MASTER_TIMEOUT_NS);
}

/*
 * The library registers HBWATCH-MIB only once, when it connects.  A missing
 * answer is neither a rejection nor an acceptance: snmpd still has the request.
 */
static void
register_again(struct mono_time now)
{
	oid	 root[MAX_OID_LEN];

	if (subagent.rejected && !subagent.rejection_logged) {
		log_errx("snmpd rejected the registration of HBWATCH-MIB "
		    "(another hbwatchd?); retrying");
		subagent.rejection_logged = true;
	}
	memcpy(root, table_root, table_root_length * sizeof(oid));
	if (!subagent.unanswered || unregister(root)) {
		subagent.rejected = false;
		subagent.registered = agentx_register(subagent.master, root,
		    table_root_length, REGISTER_PRIORITY, 0, 0,
		    REGISTER_TIMEOUT, 0, NULL) == 1;
		subagent.unanswered = !subagent.registered &&
		    !subagent.rejected;
	}
	subagent.register_due = mono_add(now, subagent.unanswered ?
	    REGISTER_UNANSWERED_NS : REGISTER_RETRY_NS);
	if (!subagent.registered || !subagent.rejection_logged)
		return;
	subagent.rejection_logged = false;
	log_notice("snmpd accepted the registration of HBWATCH-MIB");
}

void
subagent_work(struct mono_time now)
{
	if (subagent.master != NULL && subagent.fresh) {
		ping_less_often();
		check_answer();
	}
	if (subagent.master != NULL && !subagent.registered &&
	    !mono_before(now, subagent.register_due))
		register_again(now);
}

bool
subagent_connected(const char **address, struct wall_time *since)
{
	*address = subagent.address;
	*since = subagent.since;
	return (subagent.master != NULL);
}

bool
subagent_needs_tick(void)
{
	return (subagent.master != NULL && !subagent.registered);
}
