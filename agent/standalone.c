/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <arpa/inet.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "sink_process.h"
#include "sinks.h"
#include "snmp_engine.h"
#include "snmp_library.h"
#include "snmp_log.h"
#include "standalone.h"
#include "system_group.h"

/* The community of the last "trapcommunity"; no header declares it. */
extern char	*snmp_trapcommunity;

/*
 * Our own directives.  Their argument is the number of the one that follows.
 * net-snmp executes a few directives, such as engineIDType, before all others,
 * and so EARLY_DIRECTIVE, too.
 */
#define NEXT_DIRECTIVE	"hbwatchDirective"
#define EARLY_DIRECTIVE	"hbwatchEarlyDirective"

/* Errors of net-snmp's parser begin with this, as there is no file. */
#define LOG_NO_FILE	"(null): line 0: "
/* The name of a host, such as the source of rocommunity, is unknown. */
#define LOG_UNRESOLVED	"cannot resolve"
/* The unknown word follows. */
#define LOG_UNKNOWN	"Unknown token: "

/* Its text recommends a file that is not read, so it is replaced. */
#define LOG_NO_ACCESS	"no access control information configured"

/*
 * The result of a check, in memory that the process that checks shares with its
 * parent.
 */
struct check {
	size_t	 current;	/* number of the directive; 0: none */
	bool	 finished;
	bool	 invalid;	/* an error that is not only temporary */
	bool	 wrong[];	/* of each directive */
};

/*
 * The state of reading the directives.  It is global, because net-snmp passes
 * no argument to handlers.
 */
static struct {
	const struct configuration	*config;
	const struct configuration_directive	*current;	/* or NULL */
	struct check			*check;	/* NULL: this is no check */
	FILE				*out;	/* for errors */
	bool				 warn;	/* also errors without a line */
	off_t				 seen;	/* of standard error, bytes */
	unsigned			 errors;
} directives;

/* Writes an error with the file and the line of a directive. */
static void
report(const struct configuration_directive *d, const char *text)
{
	fprintf(directives.out, "%s%s:%d: snmp: %s\n", log_prefix(LOG_ERR),
	    d->file, d->line, text);
	fflush(directives.out);
}

/* True when the source of a rocommunity or com2sec is the name of a host. */
static bool
has_name(const char *text)
{
	int	 i;

	/* The source is the third word of both. */
	for (i = 0; i < 2; i++) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return (strspn(text, "0123456789./") < strcspn(text, " "));
}

static void
report_current(const char *text)
{
	directives.errors++;
	if (directives.check != NULL) {
		directives.check->wrong[directives.check->current - 1] = true;
		if (strstr(text, LOG_UNRESOLVED) == NULL ||
		    !has_name(directives.current->text))
			directives.check->invalid = true;
	}
	report(directives.current, text);
}

static bool
filter_log(char *text, size_t size)
{
	char	*word;

	if (strstr(text, LOG_NO_ACCESS) != NULL) {
		log_warnx("no directive of snmp permits requests, so none is "
		    "answered; see rocommunity in snmpd.conf(5)");
		return (true);
	}
	if (directives.current == NULL)
		return (false);
	if (strncmp(text, LOG_NO_FILE, sizeof(LOG_NO_FILE) - 1) == 0)
		memmove(text, text + sizeof(LOG_NO_FILE) - 1,
		    strlen(text + sizeof(LOG_NO_FILE) - 1) + 1);
	/* The word may be a community, which is a secret. */
	word = strstr(text, LOG_UNKNOWN);
	if (word != NULL)
		snprintf(word, size - (size_t)(word - text),
		    "unknown directive");
	report_current(text);
	return (true);
}

/*
 * In a check, standard error is a file in memory.  Some handlers of net-snmp
 * write an error there and do not log it.
 */
static void
take_standard_error(void)
{
	char	 text[4096], *line, *rest = text;
	ssize_t	 n;

	fflush(stderr);
	n = pread(STDERR_FILENO, text, sizeof(text) - 1, directives.seen);
	if (n <= 0)
		return;
	directives.seen += n;
	text[n] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0' && directives.current != NULL)
			report_current(line);
		else if (*line != '\0' && directives.warn)
			fprintf(directives.out, "%s\n", line);
}

/*
 * True when net-snmp can check the sink by opening it, without waiting: its
 * address is UDP and needs no name resolution.
 */
static bool
is_immediate(const char *directive)
{
	const char	*address = sink_address(directive);
	char		 host[INET_ADDRSTRLEN];
	size_t		 n;
	struct in_addr	 ignored;

	if (address == NULL || sink_command_line(directive) != NULL)
		return (false);
	if (strncmp(address, "udp:", 4) == 0)
		address += 4;
	n = strcspn(address, ": ");
	if (n >= sizeof(host))
		return (false);
	memcpy(host, address, n);
	host[n] = '\0';
	return (inet_pton(AF_INET, host, &ignored) == 1);
}

static void
check_option(int argc, char *const *argv, int option)
{
	(void)argc;
	(void)argv;
	if (option == 'C' && strspn(optarg, "i") < strlen(optarg))
		report_current("invalid option -C; expected -Ci");
}

/*
 * True for options of trapsess that snmpcmd(1) does not have.  Each has an
 * argument, and they are before the other options.
 */
static bool
is_session_name(const char *word)
{
	return (strcmp(word, "-profile") == 0 || strcmp(word, "-name") == 0 ||
	    strcmp(word, "-tag") == 0);
}

/*
 * net-snmp only writes errors of trapsess to standard error: it then opens a
 * sink on this host.  So this parses the options in the same way, but without
 * opening a sink.
 */
static void
check_trapsess(const char *command_line)
{
	netsnmp_session	 session;
	const char	*rest = command_line;
	/* The words are not freed: the process of the check ends soon. */
	char		*argv[128], word[SPRINT_MAX_LEN];
	int		 argc = 0, result;

	/* The words are split as net-snmp does it, with quotes. */
	while (rest != NULL && argc < 127) {
		rest = copy_nword_const(rest, word, sizeof(word));
		if (argc == 1 && is_session_name(word)) {
			rest = copy_nword_const(rest, word, sizeof(word));
			continue;
		}
		argv[argc] = strdup(word);
		if (argv[argc++] == NULL)
			fatal("cannot check the directives of snmp");
	}
	argv[argc] = NULL;
	result = netsnmp_parse_args(argc, argv, &session, "C:", check_option,
	    NETSNMP_PARSE_ARGS_NOLOGGING | NETSNMP_PARSE_ARGS_NOZERO);
	fflush(stderr);
	if (result < 0 &&
	    lseek(STDERR_FILENO, 0, SEEK_END) == directives.seen)
		report_current("invalid option");
}

/*
 * Checks a sink without opening it: that its receiver is away, or its name
 * unknown, may be temporary.
 */
static void
check_sink(const char *text)
{
	const char	*address = sink_address(text);
	char		 host[64];
	struct in_addr	 ignored;

	if (sink_command_line(text) != NULL) {
		check_trapsess(sink_command_line(text));
		return;
	}
	if (address == NULL) {
		report_current("missing address of the receiver");
		return;
	}
	snprintf(host, sizeof(host), "%.*s", (int)strcspn(address, ": "),
	    address);
	if (host[strspn(host, "0123456789.")] == '\0' && host[0] != '\0' &&
	    inet_aton(host, &ignored) == 0)
		report_current("invalid address of the receiver");
}

/* Handles both; the first directive has number 1, 0 means none. */
static void
set_current(const char *token, char *number)
{
	size_t	 n = (size_t)atoi(number);

	(void)token;
	if (directives.check != NULL) {
		take_standard_error();
		directives.check->current = n;
	}
	directives.current = n > 0 && n <= directives.config->nsnmp ?
	    &directives.config->snmp[n - 1] : NULL;
}

/* Handles NEXT_DIRECTIVE. */
static void
next_directive(const char *token, char *number)
{
	set_current(token, number);
	if (directives.current == NULL || !sink_is(directives.current->text))
		return;
	if (directives.check == NULL)
		sinks_add(directives.current, snmp_trapcommunity);
	else if (!is_immediate(directives.current->text))
		check_sink(directives.current->text);
}

/* True when net-snmp itself executes the directive. */
static bool
is_for_library(const char *text)
{
	return (!sink_is(text) ||
	    (directives.check != NULL && is_immediate(text)));
}

/* Stores our own directives before the one with this number. */
static void
announce(size_t number)
{
	char	 text[64];

	snprintf(text, sizeof(text), EARLY_DIRECTIVE " %zu", number);
	netsnmp_config(text);
	snprintf(text, sizeof(text), NEXT_DIRECTIVE " %zu", number);
	netsnmp_config(text);
}

/*
 * netsnmp_config() only stores a directive, and init_snmp() executes all of
 * them.  Our own directives show to which line an error belongs.
 */
static bool
init_with_directives(const struct configuration *config)
{
	size_t	 i;

	directives.config = config;
	if (directives.out == NULL)
		directives.out = stderr;
	snmp_log_set_filter(filter_log);
	register_config_handler(SNMP_APPLICATION, NEXT_DIRECTIVE,
	    next_directive, NULL, NULL);
	register_prenetsnmp_mib_handler(SNMP_APPLICATION, EARLY_DIRECTIVE,
	    set_current, NULL, NULL);
	system_group_register();
	for (i = 0; i < config->nsnmp; i++) {
		if (directives.check != NULL && directives.check->wrong[i])
			continue;
		announce(i + 1);
		if (is_for_library(config->snmp[i].text))
			netsnmp_config(config->snmp[i].text);
	}
	announce(0);
	init_snmp(SNMP_APPLICATION);
	directives.current = NULL;
	return (directives.errors == 0);
}

/* ---- check */

/* Runs the process that checks: it marks wrong directives and ends. */
static void
check_process(const struct configuration *config, struct check *check)
{
	int	 real, memory;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A crash is expected and leaves no core file. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	real = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	memory = memfd_create("stderr", MFD_CLOEXEC);
	if (real < 0 || memory < 0 ||
	    (directives.out = fdopen(real, "w")) == NULL ||
	    dup2(memory, STDERR_FILENO) < 0)
		fatal("cannot check the directives of snmp");
	directives.check = check;
	snmp_library_init();
	snmp_library_use_no_files();
	if (init_agent(SNMP_APPLICATION) != 0)
		fatal("cannot check the directives of snmp");
	(void)init_with_directives(config);
	take_standard_error();
	fflush(directives.out);
	check->finished = true;
	_exit(0);
}

/* False when the process could not check all directives. */
static bool
run_check_process(const struct configuration *config, struct check *check)
{
	pid_t	 pid;

	check->current = 0;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		check_process(config, check);
	if (pid < 0)
		fatal("cannot check the directives of snmp");
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return (check->finished);
}

/* As in net-snmp, a comment begins with "#". */
static bool
has_argument(const char *text)
{
	text += strspn(text, " ");
	text += strcspn(text, " =");
	text += strspn(text, " =");
	return (*text != '\0' && *text != '#');
}

/*
 * At some wrong directives net-snmp crashes or ends the process.  So the check
 * has a process of its own; after such a directive, a new process checks the
 * others.
 */
enum standalone_result
standalone_check(const struct configuration *config, bool warn)
{
	struct check	*check;
	size_t		 i, size = sizeof(*check) + config->nsnmp;
	bool		 ok = true, invalid;

	if (config->nsnmp == 0)
		return (STANDALONE_OK);
	check = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (check == MAP_FAILED)
		fatal("cannot check the directives of snmp");
	directives.out = stderr;
	directives.warn = warn;
	for (i = 0; i < config->nsnmp; i++)
		if (!has_argument(config->snmp[i].text)) {
			report(&config->snmp[i], "missing argument; expected "
			    "a directive of snmpd.conf(5)");
			check->wrong[i] = check->invalid = true;
		}
	while (!run_check_process(config, check)) {
		if (check->current == 0)
			fatal("cannot check the directives of snmp");
		i = check->current - 1;
		if (!check->wrong[i])
			report(&config->snmp[i], "invalid argument; see "
			    "snmpd.conf(5)");
		check->wrong[i] = check->invalid = true;
	}
	for (i = 0; i < config->nsnmp; i++)
		ok = ok && !check->wrong[i];
	invalid = check->invalid;
	munmap(check, size);
	return (ok ? STANDALONE_OK : invalid ? STANDALONE_MISCONFIGURED :
	    STANDALONE_FAILED);
}

/* ---- start and end */

/*
 * net-snmp reads no configuration file, so that only hbwatchd.conf defines who
 * may send requests.  It looks for TLS certificates in this directory.
 */
static void
use_directory(const char *state)
{
	char	*directory, *absolute;

	/* net-snmp resolves a relative path from the root directory. */
	absolute = realpath(state, NULL);
	if (asprintf(&directory, "%s/snmp",
	    absolute != NULL ? absolute : state) < 0)
		fatal("cannot start");
	free(absolute);
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		log_err("cannot create the directory %s", directory);
	setenv("SNMPCONFPATH", directory, 1);
	setenv("SNMP_PERSISTENT_DIR", directory, 1);
	free(directory);
	snmp_library_use_no_files();
}

/* If `error` is 0, net-snmp has rejected the address itself. */
static void
log_listen_error(const char *address, int error)
{
	log_errx("cannot listen for SNMP on %s: %s%s", address, error != 0 ?
	    strerror(error) : "invalid address or unknown host",
	    snmp_library_hint(error));
}

enum standalone_result
standalone_start(struct agent *agent, const char *address, const char *state)
{
	static char	 no_smux[] = "!smux";

	use_directory(state);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_ROLE, 0);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_PORTS, address);
	/* SMUX would listen on port 199, and nothing uses it. */
	add_to_init_list(no_smux);
	if (!snmp_library_start_agent(agent))
		return (STANDALONE_FAILED);
	sinks_forward_traps();
	snmp_engine_load(state);
	if (!init_with_directives(agent->current.config))
		return (STANDALONE_MISCONFIGURED);
	snmp_engine_store(state);
	errno = 0;
	if (init_master_agent() != 0) {
		log_listen_error(address, errno);
		return (STANDALONE_FAILED);
	}
	log_notice("answering SNMP on %s", address);
	return (STANDALONE_OK);
}
