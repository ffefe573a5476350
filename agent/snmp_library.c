/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include <sys/stat.h>
#include <sys/time.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/log.h"
#include "snmp_library.h"
#include "snmp_log.h"
#include "table_requests.h"

/* The limit of connect(), in microseconds. */
#define CONNECT_USEC	500000

static void
ignore_alarm(int signal)
{
	(void)signal;
}

void
snmp_library_init(void)
{
	/* Without SA_RESTART, so that the signal ends a connect(). */
	const struct sigaction	 action = { .sa_handler = ignore_alarm };

	sigaction(SIGALRM, &action, NULL);
	/* No MIB file is needed.  By default the library would read many. */
	setenv("MIBS", "", 1);
	snmp_log_init();
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
}

void
snmp_library_use_no_files(void)
{
	static const int	 options[] = {
		NETSNMP_DS_LIB_DONT_READ_CONFIGS,
		NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD,
		NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE,
	};
	size_t			 i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, options[i], 1);
}

bool
snmp_library_start_agent(struct agent *agent)
{
	if (init_agent(SNMP_APPLICATION) != 0) {
		log_errx("net-snmp: cannot set up the agent");
		return (false);
	}
	if (!table_register(agent)) {
		log_errx("net-snmp: cannot register HBWATCH-MIB");
		return (false);
	}
	return (true);
}

void
snmp_library_limit_connect(bool on)
{
	/* Repeated, in case the first signal came before connect(). */
	const struct itimerval	 timer = {
		.it_interval.tv_usec = on ? CONNECT_USEC : 0,
		.it_value.tv_usec = on ? CONNECT_USEC : 0,
	};

	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

void
snmp_library_end(void)
{
	snmp_library_limit_connect(true);
	snmp_shutdown(SNMP_APPLICATION);
	shutdown_agent();
	snmp_library_limit_connect(false);
}

bool
snmp_library_poll(struct snmp_poll *p, struct mono_time now,
    struct mono_time *due)
{
	netsnmp_large_fd_set	 set;
	struct timeval		 timeout = { 0 };
	int			 fd, count = 0, block = 1;
	bool			 ok;

	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	NETSNMP_LARGE_FD_ZERO(&set);
	snmp_select_info2(&count, &set, &timeout, &block);
	ok = array_reserve(&p->fds, &p->capacity, p->count + (size_t)count,
	    sizeof(*p->fds));
	for (fd = 0; fd < count && ok; fd++)
		if (NETSNMP_LARGE_FD_ISSET(fd, &set))
			p->fds[p->count++] = (struct pollfd){
				.fd = fd, .events = POLLIN,
			};
	netsnmp_large_fd_set_cleanup(&set);
	*due = block ? MONO_NEVER : mono_add(now, timeout.tv_sec *
	    NSEC_PER_SEC + timeout.tv_usec * NSEC_PER_USEC);
	return (ok);
}

const char *
snmp_library_hint(int error)
{
	/* The systemd unit permits no IP sockets. */
	return (error == EAFNOSUPPORT ?
	    " (see \"Running under systemd\" in hbwatchd(8))" : "");
}

/*
 * A request of snmpd passes through these pipes of the library before it is
 * answered.  They are read in the same turn of our loop.
 */
#define SUBAGENT_PIPES	2

/* The most reads until the pipes are empty: each read ends a step of a SET. */
#define EMPTY_MOST	64

/* Pings and attempts to connect are timers ("alarms") of the library. */
static void
run_due_alarms(void)
{
	struct timeval	 left;

	if (get_next_alarm_delay_time(&left) == 0 || left.tv_sec > 0 ||
	    left.tv_usec > 0)
		return;
	snmp_library_limit_connect(true);
	run_alarms();
	snmp_library_limit_connect(false);
}

/* Reads from the descriptors that are ready.  False if there are none. */
static bool
read_ready(const struct snmp_poll *p, size_t first)
{
	netsnmp_large_fd_set	 set;
	size_t			 i;
	bool			 any = false;

	/*
	 * Only descriptors that are ready: when a read returns nothing, the
	 * library closes the connection.
	 */
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
	return (any);
}

void
snmp_library_unblock_pipes(void)
{
	struct snmp_poll	 p = { .fds = NULL };
	struct mono_time	 due;
	struct stat		 status;
	size_t			 i;

	if (!snmp_library_poll(&p, mono_now(), &due))
		fatal("cannot start");
	for (i = 0; i < p.count; i++)
		if (fstat(p.fds[i].fd, &status) == 0 &&
		    S_ISFIFO(status.st_mode) && fcntl(p.fds[i].fd, F_SETFL,
		    fcntl(p.fds[i].fd, F_GETFL) | O_NONBLOCK) != 0)
			log_err("net-snmp: cannot make a pipe non-blocking");
	free(p.fds);
}

void
snmp_library_empty_pipes(int except)
{
	struct snmp_poll	 p = { .fds = NULL };
	struct mono_time	 due;
	size_t			 i;
	int			 n;

	for (n = 0; n < EMPTY_MOST; n++) {
		p.count = 0;
		if (!snmp_library_poll(&p, mono_now(), &due))
			break;
		for (i = 0; i < p.count; i++)
			if (p.fds[i].fd == except)
				p.fds[i].fd = -1;
		if (poll(p.fds, p.count, 0) <= 0 || !read_ready(&p, 0))
			break;
	}
	free(p.fds);
}

void
snmp_library_work(struct snmp_poll *p, size_t first)
{
	int	 i;

	for (i = 0; read_ready(p, first) && i < SUBAGENT_PIPES; i++)
		if (poll(p->fds + first, p->count - first, 0) <= 0)
			break;
	snmp_timeout();
	run_due_alarms();
	netsnmp_check_outstanding_agent_requests();
}
