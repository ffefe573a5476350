/* SPDX-License-Identifier: BSD-2-Clause */
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/engine_program.h"
#include "jail.h"
#include "landlock.h"

/*
 * Files that the C library, net-snmp and libpcap read: of the time zone, of
 * name resolution, of the interfaces.  Most of them can be replaced by a new
 * file while hbwatchd runs, so their directories are allowed.
 */
static const char *const	 readable[] = {
	"/etc", "/usr/share/zoneinfo", "/sys/class/net", "/sys/devices",
	"/dev/urandom", "/dev/random",
	/* For the option `log`, also of a later configuration. */
	"/var/log",
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib",
};

/* Cuts the path down to its directory. */
static void
cut_name(char *path)
{
	char	*slash = strrchr(path, '/');

	if (slash == NULL)
		strcpy(path, ".");
	else
		slash[slash == path] = '\0';
}

/* Allows the directory of a file, and the one of the target of a link. */
static bool
allow_directory_of(int rules, const char *file, enum landlock_use use)
{
	char	 path[PATH_MAX];
	bool	 ok;

	if (strlen(file) >= sizeof(path) || file[0] == '\0')
		return (true);
	strcpy(path, file);
	cut_name(path);
	ok = landlock_allow(rules, path, use);
	/* A directory is complete; the target of a file may be elsewhere. */
	if (file[strlen(file) - 1] == '/' || realpath(file, path) == NULL)
		return (ok);
	cut_name(path);
	return (landlock_allow(rules, path, use) && ok);
}

static bool
allow_configuration(int rules, const struct configuration *config)
{
	char	*files = strdup(config->files), *rest = files, *file;
	bool	 ok = files != NULL;

	while (ok && (file = strsep(&rest, "\n")) != NULL)
		ok = allow_directory_of(rules, file, LANDLOCK_READ);
	free(files);
	return (ok);
}

/* The directories of the files of the option `log`. */
static bool
allow_logs(int rules, const struct configuration *config)
{
	const char	*log, *last = NULL;
	size_t		 i;
	bool		 ok = true;

	for (i = 0; ok && i < config->nwatches; i++) {
		log = config->watches[i]->profile->log;
		/*
		 * They are interned, so equal ones have the same address.  The
		 * directory / would be everything.
		 */
		if (log != NULL && log != last && strrchr(log, '/') != log)
			ok = allow_directory_of(rules, log, LANDLOCK_READ);
		last = log;
	}
	return (ok);
}

/*
 * The directory may be missing now and be made later, or it may be replaced,
 * for example by its backup.  So the rule is for the nearest directory that
 * contains it and exists.  For / that would be everything.
 */
static bool
allow_state(int rules, const char *state)
{
	char	 name[PATH_MAX], path[PATH_MAX];
	bool	 exists = realpath(state, path) != NULL, found;

	if (strlen(state) >= sizeof(name))
		return (true);
	strcpy(name, exists ? path : state);
	do {
		cut_name(name);
		found = realpath(name, path) != NULL;
	} while (!found && strcmp(name, ".") != 0);
	if (found && strcmp(path, "/") != 0)
		return (landlock_allow(rules, path, LANDLOCK_WRITE));
	return (!exists || landlock_allow(rules, state, LANDLOCK_WRITE));
}

/*
 * Allows the directory of a library, and the program interpreter, without which
 * no engine can be executed.
 */
static int
allow_object(struct dl_phdr_info *object, size_t size, void *arg)
{
	const int	*rules = arg;
	const char	*interpreter;
	size_t		 i;

	(void)size;
	for (i = 0; i < object->dlpi_phnum; i++) {
		if (object->dlpi_phdr[i].p_type != PT_INTERP)
			continue;
		interpreter = (const char *)(object->dlpi_addr +
		    object->dlpi_phdr[i].p_vaddr);
		if (!landlock_allow(*rules, interpreter, LANDLOCK_EXECUTE))
			return (1);
	}
	return (object->dlpi_name[0] == '/' && !allow_directory_of(*rules,
	    object->dlpi_name, LANDLOCK_READ));
}

bool
jail_limit_files(const struct configuration *config, const char *state)
{
	int	 rules;
	size_t	 i;
	bool	 ok = true;

	if (getenv("LD_PRELOAD") != NULL) {
		log_debug("LD_PRELOAD is set: file access is not limited");
		return (true);
	}
	rules = landlock_begin();
	if (rules == -1) {
		log_debug("this kernel has no Landlock (%s): only permissions "
		    "limit the access to files", strerror(errno));
		return (true);
	}
	for (i = 0; ok && i < sizeof(readable) / sizeof(readable[0]); i++)
		ok = landlock_allow(rules, readable[i], LANDLOCK_READ);
	return (ok && landlock_allow(rules, "/dev/null", LANDLOCK_MODIFY) &&
	    /* An engine sets the nice value of its session there. */
	    landlock_allow(rules, "/proc", LANDLOCK_MODIFY) &&
	    allow_directory_of(rules, "/etc/resolv.conf", LANDLOCK_READ) &&
	    landlock_allow_file(rules, engine_program_file(),
	    LANDLOCK_EXECUTE) &&
	    dl_iterate_phdr(allow_object, &rules) == 0 &&
	    allow_configuration(rules, config) && allow_logs(rules, config) &&
	    allow_state(rules, state) &&
	    landlock_end(rules));
}
