/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "snmp_library.h"
#include "snmp_log.h"
#include "standalone.h"

/* Our own directive.  Its argument is the number of the one that follows. */
#define NEXT_DIRECTIVE	"hbwatchDirective"

/* Errors of net-snmp's parser begin with this, as there is no file. */
#define LOG_NO_FILE	"(null): line 0: "
/* The unknown word follows. */
#define LOG_UNKNOWN	"Unknown token: "

/* The directives that are read now; handlers of net-snmp get no argument. */
static struct {
	const struct configuration		*config;
	const struct configuration_directive	*current;	/* or NULL */
	unsigned				 errors;
} directives;

/* Writes an error with the file and the line of the current directive. */
static bool
filter_log(char *text, size_t size)
{
	char	*word;

	if (directives.current == NULL)
		return (false);
	directives.errors++;
	if (strncmp(text, LOG_NO_FILE, sizeof(LOG_NO_FILE) - 1) == 0)
		memmove(text, text + sizeof(LOG_NO_FILE) - 1,
		    strlen(text + sizeof(LOG_NO_FILE) - 1) + 1);
	/* The word may be a community, which is a secret. */
	word = strstr(text, LOG_UNKNOWN);
	if (word != NULL)
		snprintf(word, size - (size_t)(word - text),
		    "unknown directive");
	fprintf(stderr, "%s%s:%d: snmp: %s\n", log_prefix(LOG_ERR),
	    directives.current->file, directives.current->line, text);
	return (true);
}

/* Handles NEXT_DIRECTIVE; the first directive has number 1, 0 means none. */
static void
next_directive(const char *token, char *number)
{
	size_t	 n = (size_t)atoi(number);

	(void)token;
	directives.current = n > 0 && n <= directives.config->nsnmp ?
	    &directives.config->snmp[n - 1] : NULL;
}

/*
 * netsnmp_config() only stores a directive, and init_snmp() executes all of
 * them.  NEXT_DIRECTIVE before each one shows to which line an error belongs.
 */
static bool
init_with_directives(const struct configuration *config)
{
	char	 next[64];
	size_t	 i;

	directives.config = config;
	snmp_log_set_filter(filter_log);
	register_config_handler(SNMP_APPLICATION, NEXT_DIRECTIVE,
	    next_directive, NULL, NULL);
	for (i = 0; i < config->nsnmp; i++) {
		snprintf(next, sizeof(next), NEXT_DIRECTIVE " %zu", i + 1);
		netsnmp_config(next);
		netsnmp_config(config->snmp[i].text);
	}
	snprintf(next, sizeof(next), NEXT_DIRECTIVE " 0");
	netsnmp_config(next);
	init_snmp(SNMP_APPLICATION);
	directives.current = NULL;
	return (directives.errors == 0);
}

/*
 * Lets net-snmp store snmpEngineBoots, which must count all starts (RFC 3414,
 * section 2.2).
 */
static void
keep_engine_boots(const char *state)
{
	char	*directory, *absolute;

	/* net-snmp resolves a relative path from the root directory. */
	absolute = realpath(state, NULL);
	if (asprintf(&directory, "%s/snmp",
	    absolute != NULL ? absolute : state) < 0)
		fatal("cannot start");
	free(absolute);
	if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
		log_err("cannot create %s for snmpEngineBoots", directory);
		snmp_library_use_no_files();
	} else {
		setenv("SNMPCONFPATH", directory, 1);
		setenv("SNMP_PERSISTENT_DIR", directory, 1);
	}
	free(directory);
}

/* Without an error of the system net-snmp has rejected the address itself. */
static void
log_listen_error(const char *address, int error)
{
	log_errx("cannot listen for SNMP on %s: %s", address, error != 0 ?
	    strerror(error) : "invalid address or unknown host");
}

enum standalone_result
standalone_start(struct agent *agent, const char *address, const char *state)
{
	static char	 no_smux[] = "!smux";

	keep_engine_boots(state);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_ROLE, 0);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
	    NETSNMP_DS_AGENT_PORTS, address);
	/* SMUX would listen on port 199, and nothing uses it. */
	add_to_init_list(no_smux);
	if (!snmp_library_start_agent(agent))
		return (STANDALONE_FAILED);
	if (!init_with_directives(agent->current.config))
		return (STANDALONE_MISCONFIGURED);
	errno = 0;
	if (init_master_agent() != 0) {
		log_listen_error(address, errno);
		return (STANDALONE_FAILED);
	}
	log_notice("answering SNMP on %s", address);
	return (STANDALONE_OK);
}

/*
 * Removes the SNMPv3 users, so that the library does not store their keys.  The
 * directive createUser creates them at the next start.
 */
void
standalone_end(void)
{
	struct usmUser	*user;

	while ((user = usm_get_userList()) != NULL) {
		(void)usm_remove_user(user);
		usm_free_user(user);
	}
}

bool
standalone_check(const struct configuration *config)
{
	if (config->nsnmp == 0)
		return (true);
	snmp_library_init();
	snmp_library_use_no_files();
	return (init_agent(SNMP_APPLICATION) == 0 &&
	    init_with_directives(config));
}
