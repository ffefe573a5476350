/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/library/large_fd_set.h>
#include <net-snmp/library/snmp_logging.h>

#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "notify.h"
#include "session.h"
#include "table.h"

/*
 * Seconds between tries to connect, and between pings.  A ping that fails costs
 * three waits of MASTER_TIMEOUT, which the first has to exceed.  The library
 * knows one interval for both.
 */
#define CONNECT_INTERVAL	2
#define PING_INTERVAL		15
/* What failed is tried again after that. */
#define TICK_NS			NSEC_PER_SEC
/* Microseconds; the library waits this long for an answer of the master. */
#define MASTER_TIMEOUT		(ONE_SEC / 3)
/* And so long, at most, for connect(). */
#define CONNECT_USEC		500000

/* What net-snmp 5.9's agentx_register() logs, and tells in no other way. */
#define REFUSED			"registering pdu failed"
/* So its parser begins a complaint that quotes a word. */
#define UNKNOWN			"Unknown token: "
#define REGISTER_RETRY_NS	(2 * NSEC_PER_SEC)
#define REGISTER_TIMEOUT	0	/* the master's own */
#define REGISTER_PRIORITY	127	/* RFC 2741, 6.2.3: the default */

/* net-snmp's application: its name in its logs and files. */
#define APPLICATION		"hbwatch"

/* A directive of our own, which tells the line of the next one. */
#define MARK			"hbwatchDirective"

/* Exported by the library, in no installed header. */
extern int agentx_register(netsnmp_session *, oid *, size_t, int, int, oid,
	    int, u_char, const char *);
extern SNMPAlarmCallback agentx_check_session;

static struct notify	 session_notify;
static bool		 session_fresh;		/* pings as it connects */
static bool		 session_registered;
static bool		 session_refused;	/* by what was logged */
static struct mono_time	 session_register_due;
static bool		 session_refusal_said;

/* The directive whose errors are being logged, or NULL; and where they are. */
static const struct configuration_directive *directive;
static const struct configuration *directives_of;
static unsigned		 directive_errors;

/* ---- net-snmp's log */

/* It says the same at each try: once is enough. */
static void
log_once(const char *text, int priority)
{
	static char	 last[512];

	if (strcmp(last, text) == 0)
		return;
	snprintf(last, sizeof(last), "%s", text);
	if (priority <= LOG_WARNING)
		log_warnx("net-snmp: %s", text);
	else
		log_debug("net-snmp: %s", text);
}

/* What stands for a directive may be a community that has none. */
static void
hide_token(char *text, size_t size)
{
	char	*token = strstr(text, UNKNOWN);

	if (token != NULL)
		snprintf(token, size - (size_t)(token - text),
		    "unknown directive");
}

static int
take_log(int major, int minor, void *message, void *arg)
{
	const struct snmp_log_message	*m = message;
	char				 text[512];
	size_t				 n;

	(void)major;
	(void)minor;
	(void)arg;
	n = (size_t)snprintf(text, sizeof(text), "%s", m->msg);
	n = n < sizeof(text) ? n : sizeof(text) - 1;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		text[--n] = '\0';
	/* That there is no master yet is said by init_subagent, and better. */
	if (n == 0 || strstr(text, "Failed to connect to the agentx") != NULL)
		return (0);
	/* The only word of a refusal: see_to_registration goes on from it. */
	if (strncmp(text, REFUSED, sizeof(REFUSED) - 1) == 0) {
		session_registered = false;
		session_refused = true;
		return (0);
	}
	if (directive != NULL) {
		directive_errors++;
		if (strncmp(text, "(null): line 0: ", 16) == 0)
			memmove(text, text + 16, strlen(text + 16) + 1);
		hide_token(text, sizeof(text));
		fprintf(stderr, "%s:%d: snmp: %s\n", directive->file,
		    directive->line, text);
	} else {
		log_once(text, m->priority);
	}
	return (0);
}

static void
wake_up(int signal)
{
	(void)signal;
}

/*
 * The library's connect() waits for as long as a hung master has a full
 * backlog.  A signal ends that, again and again in case it came too early.
 */
static void
wake_from_connect(bool on)
{
	const struct itimerval	 timer = {
		.it_interval.tv_usec = on ? CONNECT_USEC : 0,
		.it_value.tv_usec = on ? CONNECT_USEC : 0,
	};

	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

/* ---- set-up */

static int
limit_waiting(int major, int minor, void *session, void *arg)
{
	netsnmp_session	*s = session;

	(void)major;
	(void)minor;
	(void)arg;
	s->timeout = MASTER_TIMEOUT;
	s->retries = 0;
	return (0);
}

static void
set_up_library(void)
{
	/* No MIB files are needed, and none of the administrator's read. */
	setenv("MIBS", "", 1);
	snmp_disable_stderrlog();
	snmp_enable_calllog();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING,
	    take_log, NULL);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
}

static void
without_files(void)
{
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
}

/* ---- the session with the master */

static int
started(int major, int minor, void *session, void *arg)
{
	netsnmp_session		*s = session;
	netsnmp_transport	*transport;

	(void)major;
	(void)minor;
	(void)arg;
	/* A full buffer is then an error, and not a wait for a hung master. */
	transport = snmp_sess_transport(snmp_sess_pointer(s));
	if (transport != NULL && transport->sock >= 0 &&
	    fcntl(transport->sock, F_SETFL,
	    fcntl(transport->sock, F_GETFL) | O_NONBLOCK) != 0)
		log_warn("AgentX socket");
	log_info("connected to the AgentX master");
	session_fresh = true;
	/* Registered right after this, and taken back if it is refused. */
	session_registered = true;
	session_register_due = mono_now();
	notify_connected(&session_notify, s);
	return (0);
}

static int
stopped(int major, int minor, void *session, void *arg)
{
	(void)major;
	(void)minor;
	(void)session;
	(void)arg;
	if (session_notify.master != NULL)
		log_warnx("lost the AgentX master");
	notify_connected(&session_notify, NULL);
	return (0);
}

/*
 * Once connected, the library has set up its ping, whose number it keeps in a
 * field of the session that AgentX does not need.
 */
static void
ping_seldom(void)
{
	netsnmp_session	*master = session_notify.master;

	if (master == NULL || !session_fresh)
		return;
	session_fresh = false;
	if (master->securityModel != SNMP_DEFAULT_SECMODEL)
		snmp_alarm_unregister((unsigned)master->securityModel);
	master->securityModel = (int)snmp_alarm_register(PING_INTERVAL,
	    SA_REPEAT, agentx_check_session, master);
}

/*
 * net-snmp registers our tree itself when it connects; what the master answers
 * is only logged.  After a refusal it is tried again.  An answer that does not
 * come in time is none: the request is on its way.
 */
static void
see_to_registration(struct mono_time now)
{
	netsnmp_session	*master = session_notify.master;
	oid		 root[MAX_OID_LEN];

	if (master == NULL || session_registered ||
	    mono_before(now, session_register_due))
		return;
	if (!session_refusal_said)
		log_warnx("the AgentX master does not take our MIB: does "
		    "another hbwatchd serve it? Trying again");
	session_refusal_said = true;
	session_refused = false;
	session_register_due = mono_add(now, REGISTER_RETRY_NS);
	memcpy(root, table_root, table_root_length * sizeof(oid));
	session_registered = agentx_register(master, root, table_root_length,
	    REGISTER_PRIORITY, 0, 0, REGISTER_TIMEOUT, 0, NULL) == 1 ||
	    !session_refused;
	if (!session_registered)
		return;
	session_refusal_said = false;
	log_info("the AgentX master takes our MIB now");
}

static enum session_result
init_subagent(struct agent *agent, const struct session_options *o)
{
	without_files();
	snmp_register_callback(SNMP_CALLBACK_LIBRARY,
	    SNMP_CALLBACK_SESSION_INIT, limit_waiting, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_INDEX_START, started, NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
	    SNMPD_CALLBACK_INDEX_STOP, stopped, NULL);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_ROLE, 1);
	if (o->master != NULL)
		netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
		    NETSNMP_DS_AGENT_X_SOCKET, o->master);
	if (init_agent(APPLICATION) != 0) {
		log_warnx("net-snmp: the agent cannot be set up");
		return (SESSION_FAILED);
	}
	/* init_agent sets it to its own default. */
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, CONNECT_INTERVAL);
	if (!table_register(agent)) {
		log_warnx("net-snmp: the MIB cannot be registered");
		return (SESSION_FAILED);
	}
	init_snmp(APPLICATION);
	ping_seldom();
	if (session_notify.master == NULL)
		log_warnx("no AgentX master at %s yet: trying every %d s",
		    o->master != NULL ? o->master : "net-snmp's default",
		    CONNECT_INTERVAL);
	return (SESSION_FINE);
}

/* ---- without a master */

/* What net-snmp says from here on is about that directive, from 1; 0: none. */
static void
mark_directive(const char *token, char *number)
{
	size_t	 n = (size_t)atoi(number);

	(void)token;
	directive = n > 0 && n <= directives_of->nsnmp ?
	    &directives_of->snmp[n - 1] : NULL;
}

/*
 * netsnmp_config only remembers a directive; init_snmp does what it says.  So a
 * mark goes before each, and tells which one the library complains of.
 */
static bool
init_with_directives(const struct configuration *config)
{
	char	 mark[64];
	size_t	 i;

	directive_errors = 0;
	directives_of = config;
	register_config_handler(APPLICATION, MARK, mark_directive, NULL, NULL);
	for (i = 0; i < config->nsnmp; i++) {
		snprintf(mark, sizeof(mark), MARK " %zu", i + 1);
		netsnmp_config(mark);
		netsnmp_config(config->snmp[i].text);
	}
	snprintf(mark, sizeof(mark), MARK " 0");
	netsnmp_config(mark);
	init_snmp(APPLICATION);
	directive = NULL;
	return (directive_errors == 0);
}

/*
 * An SNMPv3 engine must not forget how often it has started (RFC 3414, section
 * 2.2); that is all that is kept.
 */
static void
keep_engine_boots(const char *state)
{
	char	*directory, *absolute;

	/* net-snmp takes a relative one from the root. */
	absolute = realpath(state, NULL);
	if (asprintf(&directory, "%s/snmp",
	    absolute != NULL ? absolute : state) < 0)
		fatal("snmp");
	free(absolute);
	if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
		log_warn("%s", directory);
		without_files();
	} else {
		setenv("SNMPCONFPATH", directory, 1);
		setenv("SNMP_PERSISTENT_DIR", directory, 1);
	}
	free(directory);
}

static enum session_result
init_standalone(struct agent *agent, const struct session_options *o)
{
	static char	 no_smux[] = "!smux";

	keep_engine_boots(o->state);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_ROLE, 0);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_PORTS, o->listen);
	/* It would listen on port 199, for nobody. */
	add_to_init_list(no_smux);
	if (init_agent(APPLICATION) != 0) {
		log_warnx("net-snmp: the agent cannot be set up");
		return (SESSION_FAILED);
	}
	if (!table_register(agent)) {
		log_warnx("net-snmp: the MIB cannot be registered");
		return (SESSION_FAILED);
	}
	if (!init_with_directives(agent->current.config))
		return (SESSION_MISCONFIGURED);
	if (init_master_agent() != 0) {
		log_warnx("cannot answer SNMP on %s", o->listen);
		return (SESSION_FAILED);
	}
	log_info("answering SNMP on %s", o->listen);
	return (SESSION_FINE);
}

enum session_result
session_init(struct agent *agent, const struct session_options *o)
{
	/* Without SA_RESTART, so that connect() ends. */
	const struct sigaction	 action = { .sa_handler = wake_up };
	enum session_result	 result;

	sigaction(SIGALRM, &action, NULL);
	set_up_library();
	notify_init(&session_notify, agent, o->listen != NULL);
	wake_from_connect(true);
	result = o->listen != NULL ? init_standalone(agent, o) :
	    init_subagent(agent, o);
	wake_from_connect(false);
	return (result);
}

/* The library would store the keys; createUser makes them anew. */
static void
forget_users(void)
{
	struct usmUser	*user;

	while ((user = usm_get_userList()) != NULL) {
		(void)usm_remove_user(user);
		usm_free_user(user);
	}
}

void
session_end(void)
{
	forget_users();
	wake_from_connect(true);
	snmp_shutdown(APPLICATION);
	shutdown_agent();
	wake_from_connect(false);
}

bool
session_check(const struct configuration *config)
{
	if (config->nsnmp == 0)
		return (true);
	set_up_library();
	without_files();
	if (init_agent(APPLICATION) != 0)
		return (false);
	return (init_with_directives(config));
}

/* ---- in the loop */

static bool
append(struct session_poll *p, int fd)
{
	if (!array_reserve(&p->fds, &p->capacity, p->count + 1,
	    sizeof(*p->fds)))
		return (false);
	p->fds[p->count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return (true);
}

bool
session_poll(struct session_poll *p, struct mono_time now,
    struct mono_time *due)
{
	netsnmp_large_fd_set	 set;
	struct timeval		 timeout = { 0 };
	int			 fd, count = 0, block = 1;
	bool			 fine = true;

	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	NETSNMP_LARGE_FD_ZERO(&set);
	snmp_select_info2(&count, &set, &timeout, &block);
	for (fd = 0; fd < count && fine; fd++)
		if (NETSNMP_LARGE_FD_ISSET(fd, &set))
			fine = append(p, fd);
	netsnmp_large_fd_set_cleanup(&set);
	*due = notify_due(&session_notify);
	if (!block)
		*due = mono_min(*due, mono_add(now, timeout.tv_sec *
		    NSEC_PER_SEC + timeout.tv_usec * NSEC_PER_USEC));
	return (fine);
}

/* Pings, and tries to connect, are alarms. */
static void
run_due_alarms(void)
{
	struct timeval	 left;

	if (get_next_alarm_delay_time(&left) == 0 || left.tv_sec > 0 ||
	    left.tv_usec > 0)
		return;
	wake_from_connect(true);
	run_alarms();
	wake_from_connect(false);
	ping_seldom();
}

void
session_work(const struct session_poll *p, size_t first)
{
	netsnmp_large_fd_set	 set;
	size_t			 i;
	bool			 any = false;

	/* Only what is ready: it takes an empty read for the end. */
	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	NETSNMP_LARGE_FD_ZERO(&set);
	for (i = first; i < p->count; i++)
		if (p->fds[i].revents != 0) {
			NETSNMP_LARGE_FD_SET(p->fds[i].fd, &set);
			any = true;
		}
	if (any)
		snmp_read2(&set);
	netsnmp_large_fd_set_cleanup(&set);
	snmp_timeout();
	run_due_alarms();
	netsnmp_check_outstanding_agent_requests();
	see_to_registration(mono_now());
	notify_flush(&session_notify, mono_now());
}

struct mono_time
session_tick_due(struct mono_time ticked)
{
	bool	 unregistered = session_notify.master != NULL &&
		    !session_registered;

	return (unregistered || session_notify.refused ||
	    session_notify.full ? mono_add(ticked, TICK_NS) : MONO_NEVER);
}

void
session_tick(struct mono_time now)
{
	see_to_registration(now);
	notify_retry(&session_notify, now);
}
