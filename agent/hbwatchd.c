/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/signalfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "agent_apply.h"
#include "agent_timers.h"
#include "base/log.h"
#include "connector.h"
#include "daemon_test.h"
#include "control.h"
#include "control_socket.h"
#include "diagnose.h"
#include "directory_maker.h"
#include "engine/engine_program.h"
#include "engine/scheduling.h"
#include "evidence_writer.h"
#include "host_check.h"
#include "jail.h"
#include "notify.h"
#include "notify_end.h"
#include "persistence.h"
#include "privileges.h"
#include "sinks.h"
#include "slow_start.h"
#include "snmp_library.h"
#include "standalone.h"
#include "state/store_directory.h"
#include "subagent.h"
#include "supervisor.h"
#include "systemd_notify.h"
#include "unix_transport.h"

#define EXIT_RUN	1	/* something failed at run time */
#define EXIT_USAGE	2	/* the command line or the configuration */

/* The time between two attempts at an operation that failed. */
#define TICK_NS		NSEC_PER_SEC

/* The time to complete the evidence files at the end. */
#define EVIDENCE_END_MS	2000
/* The time for a disk that hangs, after which hbwatchd ends without it. */
#define STATE_END_MS	1000

/*
 * The free memory at the end of the heap that is not returned.  An answer of
 * 100 values needs more than the default, 128 KiB, in net-snmp.
 */
#define HEAP_SPARE_BYTES	(1024 * 1024)

/* The first descriptors of the poll set; those of net-snmp follow. */
#define OWN_DESCRIPTORS	(3 + SUPERVISOR_SOCKETS)
#define STATE_EVENT	(OWN_DESCRIPTORS - 2)
#define DIAGNOSE_EVENT	(OWN_DESCRIPTORS - 1)

struct options {
	const char	*file;
	const char	*state;
	const char	*master;
	const char	*listen;
	enum log_target	 log;
	bool		 test;
	bool		 as_reload;	/* the test of a reload */
	bool		 verbose;
};

struct daemon {
	struct options		 options;
	struct agent		 agent;
	struct supervisor	 supervisor;
	struct systemd_notify	 systemd;
	struct configuration	*reload;	/* to be applied; NULL: none */
	struct notify		 notify;
	struct control		*control;
	struct control_place	 place;		/* for it */
	struct snmp_poll	 poll;
	struct mono_time	 ticked;	/* the last tick */
	int			 signals;	/* signalfd */
	bool			 unlogged;	/* alarms remain to be logged */
	bool			 stop;
};

static void
usage(FILE *out)
{
	fprintf(out, "usage: hbwatchd [-c FILE] [-s DIR] "
	    "[-x ADDRESS | -L ADDRESS] [-l stderr|syslog]\n"
	    "                [-t [-r]] [-v] [-V] [-h]\n");
}

/* Returns -1 to go on, or the exit status. */
static int
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option	 long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int				 c;

	*o = (struct options){
		.file = SYSCONFDIR "/hbwatch/hbwatchd.conf",
		.state = LOCALSTATEDIR "/lib/hbwatch",
	};
	while ((c = getopt_long(argc, argv, ":c:s:x:L:l:trvVh", long_options,
	    NULL)) != -1) {
		switch (c) {
		case 'c':
			o->file = optarg;
			break;
		case 's':
			o->state = optarg;
			break;
		case 'x':
			o->master = optarg;
			break;
		case 'L':
			o->listen = optarg;
			break;
		case 'l':
			o->log = strcmp(optarg, "syslog") == 0 ?
			    LOG_TO_SYSLOG : LOG_TO_STDERR;
			if (o->log == LOG_TO_SYSLOG ||
			    strcmp(optarg, "stderr") == 0)
				break;
			log_errx("-l %s: expected stderr or syslog", optarg);
			return (EXIT_USAGE);
		case 't':
			o->test = true;
			break;
		case 'r':
			o->as_reload = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'V':
			printf("hbwatchd %s\n", PACKAGE_VERSION);
			return (0);
		case 'h':
			usage(stdout);
			return (0);
		default:
			/* Also an argument that a long option must not have. */
			if (strncmp(argv[optind - 1], "--", 2) == 0)
				log_errx("unknown option %s", argv[optind - 1]);
			else
				log_errx(c == ':' ? "-%c needs an argument" :
				    "unknown option -%c", optopt);
			usage(stderr);
			return (EXIT_USAGE);
		}
	}
	if (optind < argc)
		log_errx("unexpected argument \"%s\"", argv[optind]);
	else if (o->master != NULL && o->listen != NULL)
		log_errx("-x and -L cannot be used together");
	else if (o->as_reload && !o->test)
		log_errx("-r is an option of -t");
	else
		return (-1);
	usage(stderr);
	return (EXIT_USAGE);
}

/* ---- loading */

/* Writes the errors for a configuration of this host; true: there are none. */
typedef bool host_check(const struct configuration *, FILE *errors);

/*
 * Loads the configuration, which may come from a pipe if `pipe` is true, and
 * checks it with `further`, which may be NULL.  Returns NULL if there are
 * errors.  *errors has one error a line and is freed by the caller; it is NULL
 * if memory is exhausted.
 */
static struct configuration *
load(const char *file, bool pipe, host_check *further, char **errors)
{
	struct configuration	*config;
	size_t			 length;
	FILE			*stream;
	bool			 ok;

	*errors = NULL;
	stream = open_memstream(errors, &length);
	if (stream == NULL)
		return (NULL);
	config = configuration_load(file, pipe, stream);
	ok = config == NULL || further == NULL || further(config, stream);
	if (fclose(stream) != 0) {
		free(*errors);
		*errors = NULL;
		ok = false;
	}
	if (ok)
		return (config);
	configuration_free(config);
	return (NULL);
}

/* At the start the host is not checked: interfaces may be added later. */
static struct configuration *
load_first(const char *file)
{
	struct configuration	*config;
	char			*errors;

	config = load(file, true, NULL, &errors);
	if (errors == NULL)
		fatal("cannot load %s", file);
	daemon_test_print(errors, LOG_ERR);
	free(errors);
	return (config);
}

/* Logs the warnings of the configuration; -t shows them. */
static void
show_warnings(const struct configuration *config, bool test)
{
	const char	*line, *end;

	if (test) {
		daemon_test_print(config->warnings, LOG_WARNING);
		return;
	}
	for (line = config->warnings; *line != '\0'; line = end + 1) {
		end = line + strcspn(line, "\n");
		log_warnx("%.*s", (int)(end - line), line);
	}
}

/* ---- reload */

/* net-snmp and the control socket are set up once, at the start. */
static void
warn_of_restart(const struct configuration *old,
    const struct configuration *new, const char *file)
{
	size_t	 i;
	bool	 same = old->agentx == new->agentx &&
		    old->control == new->control && old->nsnmp == new->nsnmp;

	for (i = 0; same && i < old->nsnmp; i++)
		same = strcmp(old->snmp[i].text, new->snmp[i].text) == 0;
	if (!same)
		log_warnx("%s: agentx, control or snmp has changed; the change "
		    "takes effect after a restart", file);
}

static void
load_next(struct daemon *d)
{
	struct configuration	*config;
	char			*errors, *line, *rest;

	/* A pipe was read to its end at the start: now it would be empty. */
	config = load(d->options.file, false, host_check_link_types, &errors);
	if (errors == NULL) {
		log_err("cannot reload %s", d->options.file);
		return;
	}
	rest = errors;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			log_errx("%s", line);
	free(errors);
	if (config == NULL) {
		log_errx("%s: has errors; the previous configuration stays in "
		    "effect", d->options.file);
		return;
	}
	show_warnings(config, false);
	warn_of_restart(d->agent.current.config, config, d->options.file);
	configuration_free(d->reload);
	d->reload = config;
}

static void
try_reload(struct daemon *d, struct mono_time now)
{
	if (d->reload != NULL &&
	    supervisor_reload(&d->supervisor, d->reload, now))
		d->reload = NULL;
}

/* ---- the loop */

static void
take_signals(struct daemon *d)
{
	struct signalfd_siginfo	 info;

	while (read(d->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			log_notice("reloading %s", d->options.file);
			systemd_notify_reloading(&d->systemd, mono_now());
			load_next(d);
			control_reload(d->control);
		} else {
			log_notice("stopping");
			systemd_notify_stopping();
			d->stop = true;
		}
	}
}

/* When the next tick is due. */
static struct mono_time
tick_due(const struct daemon *d)
{
	struct mono_time	 due;

	due = supervisor_tick_due(&d->supervisor, d->ticked);
	if (subagent_needs_tick() || notify_needs_tick(&d->notify))
		due = mono_min(due, mono_add(d->ticked, TICK_NS));
	return (due);
}

static void
wait_for_work(struct daemon *d)
{
	struct snmp_poll	*p = &d->poll;
	struct mono_time	 now = mono_now(), due;
	struct timespec		 timeout;
	int			 sockets[SUPERVISOR_SOCKETS];
	int64_t			 ns;
	size_t			 i;

	p->count = OWN_DESCRIPTORS;
	if (!snmp_library_poll(p, now, &due) ||
	    (d->notify.standalone && !sinks_poll(p)) ||
	    !control_poll(d->control, p, now))
		fatal("cannot wait for events");
	supervisor_sockets(&d->supervisor, sockets);
	p->fds[0] = (struct pollfd){ .fd = d->signals, .events = POLLIN };
	for (i = 0; i < SUPERVISOR_SOCKETS; i++)
		p->fds[1 + i] = (struct pollfd){
			.fd = sockets[i], .events = POLLIN,
		};
	p->fds[STATE_EVENT] = (struct pollfd){
		.fd = persistence_event(&d->agent), .events = POLLIN,
	};
	p->fds[DIAGNOSE_EVENT] = (struct pollfd){
		.fd = diagnose_event(&d->agent), .events = POLLIN,
	};
	due = d->unlogged ? now : mono_min(due, control_due(d->control));
	due = mono_min(due, diagnose_due(&d->agent));
	due = mono_min(due, notify_due(&d->notify));
	due = mono_min(due, supervisor_due(&d->supervisor));
	due = mono_min(due, persistence_due(&d->agent, now));
	due = mono_min(due, agent_timers_due(&d->agent));
	due = mono_min(due, tick_due(d));
	due = mono_min(due, systemd_notify_due(&d->systemd));
	ns = mono_before(now, due) ? mono_sub(due, now) : 0;
	timeout.tv_sec = ns / NSEC_PER_SEC;
	timeout.tv_nsec = ns % NSEC_PER_SEC;
	if (ppoll(p->fds, p->count, &timeout, NULL) < 0)
		for (i = 0; i < p->count; i++)
			p->fds[i].revents = 0;
}

/* In most turns of the loop only SNMP requests are answered. */
static bool
supervisor_has_work(const struct daemon *d)
{
	size_t	 i;

	for (i = 0; i < SUPERVISOR_SOCKETS; i++)
		if (d->poll.fds[1 + i].revents != 0)
			return (true);
	return (!mono_before(d->agent.now, supervisor_due(&d->supervisor)));
}

static bool
is_settled(const struct daemon *d)
{
	return (d->reload == NULL && d->supervisor.phase == SUPERVISOR_STEADY);
}

static void
turn(struct daemon *d)
{
	wait_for_work(d);
	d->agent.now = mono_now();
	if (d->poll.fds[0].revents != 0)
		take_signals(d);
	if (supervisor_has_work(d))
		supervisor_work(&d->supervisor, d->agent.now);
	try_reload(d, d->agent.now);
	agent_timers_work(&d->agent, is_settled(d), wall_now());
	d->unlogged = agent_log_changes(&d->agent);
	/* Before notify_flush(), which sends only what is on disk. */
	persistence_save(&d->agent, d->agent.now);
	if (!mono_before(d->agent.now, tick_due(d))) {
		supervisor_tick(&d->supervisor, d->agent.now);
		notify_retry(&d->notify, d->agent.now);
		d->ticked = d->agent.now;
	}
	snmp_library_work(&d->poll, OWN_DESCRIPTORS);
	subagent_work(mono_now());
	if (d->notify.standalone)
		sinks_work(&d->poll);
	notify_flush(&d->notify, mono_now());
	control_work(d->control, &d->poll, OWN_DESCRIPTORS);
	systemd_notify_turn(&d->systemd, &d->agent, is_settled(d));
	/* Nothing else may wait for this. */
	if (d->poll.fds[DIAGNOSE_EVENT].revents != 0 ||
	    !mono_before(d->agent.now, diagnose_due(&d->agent)))
		diagnose_work(&d->agent, wall_now());
	d->unlogged |= d->agent.logged < d->agent.outbox.sequence;
}

static int
block_signals(void)
{
	sigset_t	 set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return (-1);
	return (signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

/* A reload has only the privileges that remain after this. */
static void
limit_privileges(const struct options *o, struct store_owner user)
{
	scheduling_prepare();
	if (!privileges_limit(user, o->listen != NULL))
		fatal("cannot drop privileges");
	if (faccessat(AT_FDCWD, o->file, R_OK, AT_EACCESS) != 0)
		log_warn("%s: a reload will not be able to read this file",
		    o->file);
}

/* Returns the lock of the state directory, see store_directory_take(). */
static int
take_directory(const struct options *o, struct store_owner user)
{
	bool	 taken;
	int	 lock;

	slow_start_begin(o->state);
	taken = store_directory_take(o->state, &user, &lock);
	slow_start_end();
	if (!taken) {
		log_errx("%s: in use by another hbwatchd", o->state);
		exit(EXIT_RUN);
	}
	return (lock);
}

static void
open_state(struct daemon *d, int lock, const struct epoch_note *note)
{
	enum store_result	 result;

	if (!agent_init(&d->agent, wall_now()))
		fatal("cannot start");
	d->agent.now = d->ticked = mono_now();
	d->agent.evidence_writer = evidence_writer_new(d->options.state);
	if (d->agent.evidence_writer == NULL)
		fatal("cannot start");
	slow_start_begin(d->options.state);
	result = persistence_open(&d->agent, d->options.state, lock, note);
	slow_start_end();
	switch (result) {
	case STORE_IN_USE:
		exit(EXIT_RUN);
	case STORE_NO_MEMORY:
		fatal("cannot start");
	case STORE_OK:
		d->agent.logged = d->agent.outbox.sequence;
		break;
	}
}

static int
exit_status(enum standalone_result result)
{
	return (result == STANDALONE_OK ? 0 :
	    result == STANDALONE_FAILED ? EXIT_RUN : EXIT_USAGE);
}

static const char *
master_address(const struct options *o, const struct configuration *config)
{
	return (o->master != NULL ? o->master : config->agentx);
}

/* Returns 0 or the exit status. */
static int
start_snmp(struct daemon *d)
{
	const struct options	*o = &d->options;
	enum standalone_result	 result = STANDALONE_FAILED;

	snmp_library_init();
	notify_init(&d->notify, &d->agent, o->listen != NULL);
	snmp_library_limit_connect(true);
	if (o->listen != NULL)
		result = standalone_start(&d->agent, o->listen, o->state);
	else if (subagent_start(&d->agent, &d->notify,
	    master_address(o, d->agent.current.config)))
		result = STANDALONE_OK;
	snmp_library_limit_connect(false);
	return (exit_status(result));
}

/*
 * Does all that only root can do, and then limits privileges.  Returns the lock
 * of the state directory, and sets the socket of the control protocol and the
 * note of the epoch.
 */
static int
leave_root(const struct options *o, const struct configuration *config,
    int *control, struct epoch_note *note)
{
	struct store_owner	 user = privileges_find_user();
	int			 lock = take_directory(o, user);

	if (!engine_program_open())
		fatal("cannot open %s, the program of the engine, in the "
		    "directory of hbwatchd and in %s", ENGINE_PROGRAM,
		    LIBEXECDIR);
	if (user.uid != geteuid())
		directory_maker_start(o->state, user);
	if (o->listen == NULL && user.uid != geteuid())
		unix_transport_start(master_address(o, config));
	*control = control_socket_open(config->control, user.gid);
	/* Without the socket, the note may be that of another process. */
	epoch_note_open(note, *control == -1 ? "" : config->control, o->state,
	    user.uid);
	limit_privileges(o, user);
	return (lock);
}

static int
start(struct daemon *d, struct configuration *config)
{
	struct shared_state	*shared;
	struct epoch_note	 note;
	int			 lock, control, status;

	lock = leave_root(&d->options, config, &control, &note);
	systemd_notify_init(&d->systemd);
	d->signals = block_signals();
	/* Reads the time zone now, so that raising an alarm reads no file. */
	tzset();
	shared = shared_state_new(config, mono_now());
	if (d->signals < 0 || shared == NULL)
		fatal("cannot start");
	open_state(d, lock, &note);
	if (!agent_configure(&d->agent, config, shared, wall_now()))
		fatal("cannot start");
	/* Returns the parser's memory, and then keeps what one answer needs. */
	malloc_trim(0);
	mallopt(M_TRIM_THRESHOLD, HEAP_SPARE_BYTES);
	d->agent.diagnose = diagnose_new(d->agent.current.config);
	d->place = (struct control_place){
		d->options.state, d->options.listen,
	};
	d->control = control_new(control, &d->agent, &d->place);
	if (d->agent.diagnose == NULL || d->control == NULL)
		fatal("cannot start");
	/* Before any other process is started, except the connector. */
	if (!jail_enter(config, d->options.state))
		fatal("cannot limit file access and system calls");
	/* Before net-snmp, whose start may block for seconds. */
	if (!supervisor_init(&d->supervisor, &d->agent, mono_now()))
		fatal("cannot start the engine");
	status = start_snmp(d);
	if (!privileges_settle())
		fatal("cannot drop privileges");
	/*
	 * Starts the processes of the sinks, which are copies of this one: a
	 * second thread could hold a lock that they need.
	 */
	if (d->notify.standalone)
		sinks_flush(&d->agent, mono_now());
	if (!persistence_start(d->agent.persistence))
		fatal("cannot start the thread that writes the state");
	if (!diagnose_start(d->agent.diagnose))
		fatal("cannot start the thread that reads log files");
	if (!evidence_writer_start(d->agent.evidence_writer))
		fatal("cannot start the thread that writes evidence files");
	return (status);
}

static int
run(const struct options *o, struct configuration *config)
{
	struct daemon	 d = { .options = *o };
	int		 status;
	bool		 ended;

	status = start(&d, config);
	if (status == 0)
		log_info("started, version %s: %zu watch%s", PACKAGE_VERSION,
		    config->nwatches, config->nwatches == 1 ? "" : "es");
	if (config->nwatches == 0)
		log_warnx("%s: no watch is configured; no alarm will be "
		    "raised", o->file);
	while (status == 0 && !d.stop)
		turn(&d);
	supervisor_end(&d.supervisor);
	notify_end(&d.notify, &d.poll);
	while (agent_log_changes(&d.agent))
		continue;
	control_free(d.control);
	sinks_end();
	snmp_library_end();
	connector_end();
	diagnose_free(d.agent.diagnose);
	/* The thread may use the rings until then. */
	ended = evidence_writer_end(d.agent.evidence_writer, EVIDENCE_END_MS);
	persistence_save_all(&d.agent, mono_now(), STATE_END_MS);
	if (!persistence_close(d.agent.persistence) || !ended)
		_exit(status);
	configuration_free(d.reload);
	agent_free(&d.agent);
	free(d.poll.fds);
	return (status);
}

/* Otherwise a file that is opened later could become standard error. */
static void
reserve_standard_descriptors(void)
{
	int	 fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct configuration	*config;
	struct options		 o;
	int			 status;

	/* No other user may read the files that hbwatchd creates. */
	umask(0077);
	reserve_standard_descriptors();
	/* For the errors of parse_options(); the options set the target. */
	log_open("hbwatchd", LOG_TO_STDERR, false);
	status = parse_options(argc, argv, &o);
	if (status != -1)
		return (status);
	log_open("hbwatchd", o.log, o.verbose);
	config = load_first(o.file);
	if (config == NULL)
		return (EXIT_USAGE);
	show_warnings(config, o.test);
	/* Before the state is changed. */
	if (!o.test && o.listen != NULL) {
		status = exit_status(standalone_check(config, false));
		if (status != 0) {
			configuration_free(config);
			return (status);
		}
	}
	if (!o.test)
		return (run(&o, config));
	status = daemon_test_run(config, o.file, o.state, o.as_reload) ? 0 :
	    EXIT_USAGE;
	configuration_free(config);
	return (status);
}
