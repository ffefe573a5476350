/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/agent/agent_trap.h>

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "sink_process.h"
#include "snmp_log.h"

/* Milliseconds. */
#define RETRY_MS	1000	/* between two attempts */
#define STREAM_MS	10000	/* for the receiver's host to acknowledge */
#define STREAM_POLL_MS	2	/* between two checks of that */

/* The community of sinks without one; no header declares it. */
extern char	*snmp_trapcommunity;

/* ---- directives */

typedef void handler(const char *token, char *arguments);

static const struct {
	const char	*name;
	handler		*open;
}	 directives[] = {
	{ "trapsink", snmpd_parse_config_trapsink },
	{ "trap2sink", snmpd_parse_config_trap2sink },
	{ "informsink", snmpd_parse_config_informsink },
	{ "trapsess", snmpd_parse_config_trapsess },
};

#define DIRECTIVES	(sizeof(directives) / sizeof(directives[0]))
#define TRAPSESS	(DIRECTIVES - 1)

/* The characters that end the name of a directive in net-snmp. */
#define NAME_END	" ="

/* A directive can begin with a type in brackets, such as "[hbwatch]". */
static const char *
name_of(const char *text)
{
	text += strspn(text, NAME_END);
	if (*text == '[') {
		text += strcspn(text, NAME_END);
		text += strspn(text, NAME_END);
	}
	return (text);
}

/* The index in directives[]; DIRECTIVES if it is not a sink. */
static size_t
find(const char *text)
{
	size_t	 i, n;

	text = name_of(text);
	n = strcspn(text, NAME_END);
	for (i = 0; i < DIRECTIVES; i++)
		if (strlen(directives[i].name) == n &&
		    strncasecmp(directives[i].name, text, n) == 0)
			break;
	return (i);
}

static const char *
arguments_of(const char *text)
{
	text = name_of(text);
	text += strcspn(text, NAME_END);
	return (text + strspn(text, NAME_END));
}

bool
sink_is(const char *directive)
{
	return (find(directive) < DIRECTIVES);
}

const char *
sink_command_line(const char *directive)
{
	return (find(directive) == TRAPSESS ? name_of(directive) : NULL);
}

static const char *
next_word(const char *word)
{
	word += strcspn(word, " ");
	return (word + strspn(word, " "));
}

const char *
sink_address(const char *directive)
{
	const char	*word = arguments_of(directive), *last = NULL;

	/* Options can be before the address, with an argument each. */
	if (find(directive) != TRAPSESS) {
		while (*word == '-')
			word = next_word(next_word(word));
		return (*word != '\0' ? word : NULL);
	}
	for (; *word != '\0'; word = next_word(word))
		last = word;
	return (last);
}

/* ---- the process */

static struct {
	const struct configuration_directive	*directive;
	int			 socket;
	netsnmp_session		*session;	/* NULL: not open */
	bool			 inform;
	bool			 failing;	/* the failure is logged */
	char			 error[256];	/* of the last attempt */
	int			 system_error;	/* errno at that error, or 0 */
} sink;

/* Keeps the first error of an attempt, which log_failure() logs. */
static bool
keep_error(char *text, size_t size)
{
	(void)size;
	if (sink.error[0] == '\0') {
		sink.system_error = errno;
		snprintf(sink.error, sizeof(sink.error), "%s", text);
	}
	return (true);
}

/*
 * The handler of a directive calls this with the session that it has opened.
 * Otherwise net-snmp would send its own traps to the session.
 */
static int
take_session(int major, int minor, void *arguments, void *arg)
{
	struct agent_add_trap_args	*a = arguments;

	(void)major;
	(void)minor;
	(void)arg;
	sink.session = a->ss;
	sink.inform = a->confirm != 0;
	a->rc = SNMPERR_SUCCESS;
	return (0);
}

static void
close_session(void)
{
	if (sink.session != NULL)
		snmp_close(sink.session);
	sink.session = NULL;
}

/*
 * The error texts of net-snmp do not contain the reason.  The last word of
 * `trapsess` may be a community or pass phrase, so it is not logged.
 */
static void
explain_open(void)
{
	const char	*text = sink.directive->text;
	const char	*address = sink_command_line(text) != NULL ? NULL :
			    sink_address(text);
	int		 error = sink.system_error;

	if (address == NULL)
		address = "receiver";
	snprintf(sink.error, sizeof(sink.error), "cannot open \"%.*s\": %s",
	    (int)strcspn(address, " "), address,
	    error == ECONNREFUSED || error == EHOSTUNREACH ||
	    error == ENETUNREACH || error == ETIMEDOUT || error == EACCES ?
	    strerror(error) : "unknown host, or options that net-snmp rejects");
}

static bool
open_session(void)
{
	const char	*text = sink.directive->text;
	size_t		 i = find(text);
	char		*arguments;

	if (sink.session != NULL)
		return (true);
	arguments = strdup(arguments_of(text));
	if (arguments == NULL)
		fatal("cannot open a trap sink");
	errno = 0;
	directives[i].open(directives[i].name, arguments);
	free(arguments);
	if (sink.session == NULL)
		explain_open();
	return (sink.session != NULL);
}

static netsnmp_transport *
transport_of_session(void)
{
	return (snmp_sess_transport(snmp_sess_pointer(sink.session)));
}

static bool
is_stream(const netsnmp_transport *t)
{
	return ((t->flags & NETSNMP_TRANSPORT_FLAG_STREAM) != 0);
}

/*
 * True when the receiver has closed the connection.  A message could still be
 * written to it, and would be lost.
 */
static bool
is_closed(const netsnmp_transport *t)
{
	char	 byte;
	ssize_t	 n;

	if (!is_stream(t))
		return (false);
	n = recv(t->sock, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR));
}

/* Waits until the host of the receiver has acknowledged all sent data. */
static bool
is_acknowledged(const netsnmp_transport *t)
{
	/* Without events it waits only for errors, such as a reset. */
	struct pollfd	 fd = { .fd = t->sock };
	int		 waited, unsent = 0;

	for (waited = 0; waited < STREAM_MS; waited += STREAM_POLL_MS) {
		if (ioctl(t->sock, SIOCOUTQ, &unsent) != 0)
			return (true);
		if (poll(&fd, 1, unsent > 0 ? STREAM_POLL_MS : 0) != 0)
			return (false);
		if (unsent == 0)
			return (true);
	}
	return (false);
}

static void
copy_error(void)
{
	char	*text = NULL;
	int	 system, snmp;

	if (sink.error[0] != '\0')
		return;
	snmp_sess_error(snmp_sess_pointer(sink.session), &system, &snmp, &text);
	snprintf(sink.error, sizeof(sink.error), "%s", system != 0 ?
	    strerror(system) : text != NULL ? text : "unknown error");
	free(text);
}

static bool
send_inform(netsnmp_pdu *pdu)
{
	netsnmp_pdu	*response = NULL;
	bool		 ok;
	int		 status;

	pdu->command = SNMP_MSG_INFORM;
	status = snmp_sess_synch_response(snmp_sess_pointer(sink.session), pdu,
	    &response);
	ok = status == STAT_SUCCESS && response != NULL &&
	    response->command == SNMP_MSG_RESPONSE;
	if (!ok && status == STAT_TIMEOUT)
		snprintf(sink.error, sizeof(sink.error),
		    "no answer to an inform");
	else if (!ok)
		copy_error();
	snmp_free_pdu(response);
	return (ok);
}

/* The Trap-PDU of SNMPv1 (RFC 3584, section 3.2); NULL on error. */
static netsnmp_pdu *
to_version_1(netsnmp_pdu *pdu)
{
	const char	*address;
	netsnmp_pdu	*trap = convert_v2pdu_to_v1(pdu);
	in_addr_t	 agent;

	snmp_free_pdu(pdu);
	if (trap == NULL)
		return (NULL);
	address = netsnmp_ds_get_string(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_TRAP_ADDR);
	if (address == NULL || netsnmp_gethostbyname_v4(address, &agent) < 0)
		agent = get_myaddr();
	memcpy(trap->agent_addr, &agent, sizeof(trap->agent_addr));
	return (trap);
}

static bool
send_trap(netsnmp_pdu *pdu)
{
	void			*session = snmp_sess_pointer(sink.session);
	netsnmp_transport	*t = transport_of_session();

	pdu->command = SNMP_MSG_TRAP2;
	if (sink.session->version == SNMP_VERSION_1) {
		pdu = to_version_1(pdu);
		if (pdu == NULL)
			return (false);
	}
	pdu->version = sink.session->version;
	if (snmp_sess_send(session, pdu) == 0) {
		copy_error();
		snmp_free_pdu(pdu);
		return (false);
	}
	if (!is_stream(t) || is_acknowledged(t))
		return (true);
	snprintf(sink.error, sizeof(sink.error), "the connection was lost");
	return (false);
}

/* Tries to deliver once.  On failure returns false and sets sink.error. */
static bool
attempt(const struct sink_message *m, size_t length)
{
	unsigned char	 copy[SINK_PDU_MAX];
	netsnmp_pdu	*pdu;
	bool		 ok = false;

	sink.error[0] = '\0';
	if (sink.session != NULL && is_closed(transport_of_session()))
		close_session();
	if (!open_session())
		return (false);
	pdu = snmp_pdu_create(SNMP_MSG_TRAP2);
	memcpy(copy, m->pdu, length);
	if (pdu != NULL && snmp_pdu_parse(pdu, copy, &length) == 0) {
		pdu->version = sink.session->version;
		pdu->reqid = snmp_get_next_reqid();
		pdu->msgid = snmp_get_next_msgid();
		ok = sink.inform ? send_inform(pdu) : send_trap(pdu);
	} else {
		snmp_free_pdu(pdu);
	}
	if (!ok)
		close_session();
	return (ok);
}

static void
log_failure(void)
{
	if (!sink.failing)
		log_warnx("%s:%d: snmp: cannot deliver notifications: %s; "
		    "retrying every second", sink.directive->file,
		    sink.directive->line, sink.error);
	sink.failing = true;
}

static void
log_success(void)
{
	if (sink.failing)
		log_notice("%s:%d: snmp: notifications are delivered again",
		    sink.directive->file, sink.directive->line);
	sink.failing = false;
}

static void
deliver(const struct sink_message *m, size_t length)
{
	struct pollfd	 agent = { .fd = sink.socket };

	while (!attempt(m, length)) {
		log_failure();
		if (m->sequence == SINK_TRAP)
			return;
		/* Without events it waits only for the end of the agent. */
		if (poll(&agent, 1, RETRY_MS) > 0)
			_exit(0);
	}
	log_success();
}

/* Leaves only this socket and the standard descriptors open. */
static void
keep_only(int socket)
{
	int	 fd = STDERR_FILENO + 1;

	log_disconnect();
	if (socket != fd && dup2(socket, fd) == -1)
		_exit(1);
	if (close_range((unsigned)fd + 1, ~0U, 0) != 0)
		_exit(1);
	log_reconnect();
	sink.socket = fd;
}

void
sink_process(const struct configuration_directive *directive,
    const char *community, int socket)
{
	static struct sink_message	 m;
	ssize_t				 n;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	keep_only(socket);
	sink.directive = directive;
	free(snmp_trapcommunity);
	snmp_trapcommunity = community != NULL ? strdup(community) : NULL;
	snmp_log_set_filter(keep_error);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_REGISTER_NOTIFICATIONS, take_session, NULL);
	/*
	 * Initialises the salts of the encryption again: two processes must
	 * not encrypt with the same salts (RFC 3826, section 3.1.2.1).
	 */
	(void)snmp_call_callbacks(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_POST_PREMIB_READ_CONFIG, NULL);
	/* So that an invalid or unknown address is logged at the start. */
	if (!open_session())
		log_failure();
	while ((n = recv(sink.socket, &m, sizeof(m), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < (ssize_t)SINK_MESSAGE_SIZE(1))
			break;
		deliver(&m, (size_t)n - SINK_MESSAGE_SIZE(0));
		if (send(sink.socket, &m.sequence, sizeof(m.sequence),
		    MSG_NOSIGNAL) != (ssize_t)sizeof(m.sequence))
			break;
	}
	_exit(0);
}
