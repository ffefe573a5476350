/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access_check.h"
#include "base/log.h"
#include "privileges.h"
#include "state/store_directory.h"

#define CONFIGURATION_FILE	SYSCONFDIR "/hbwatch/hbwatchd.conf"
#define GROUPS_MAX		1024

struct access {
	const char	*user;		/* its name */
	FILE		*errors;
	FILE		*notes;
};

/* ---- as another user */

struct identity {
	gid_t	 group;
	gid_t	 groups[GROUPS_MAX];
	int	 ngroups;
};

/*
 * Only the effective ids change, so that root can return.  Without the user id
 * 0, no capability is effective.
 */
static bool
become(const struct passwd *user, struct identity *own)
{
	own->group = getegid();
	own->ngroups = getgroups(GROUPS_MAX, own->groups);
	return (own->ngroups >= 0 &&
	    initgroups(user->pw_name, user->pw_gid) == 0 &&
	    setegid(user->pw_gid) == 0 && seteuid(user->pw_uid) == 0);
}

static bool
return_to_root(const struct identity *own)
{
	return (seteuid(0) == 0 && setegid(own->group) == 0 &&
	    setgroups((size_t)own->ngroups, own->groups) == 0);
}

/* Returns 0 or errno. */
static int
try(const char *path, int mode)
{
	return (faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : errno);
}

/* The same for the directory that contains the path. */
static int
try_parent(const char *path, int mode)
{
	char	*copy = strdup(path);
	int	 error;

	if (copy == NULL)
		return (ENOMEM);
	error = try(dirname(copy), mode);
	free(copy);
	return (error);
}

/* ---- the files */

static void
check_configuration(const struct access *a, const char *path, bool installed)
{
	int	 error = try(path, R_OK);

	if (error == 0)
		return;
	if (!installed && try_parent(path, X_OK) == EACCES)
		fprintf(a->notes, "%s: warning: user \"%s\" cannot enter its "
		    "directory; expected another one for the configuration of "
		    "hbwatchd\n", path, a->user);
	else
		fprintf(a->errors, "%s: user \"%s\" cannot read it: %s; "
		    "expected a file that this user can read\n", path, a->user,
		    strerror(error));
}

static void
check_configurations(const struct access *a, const struct configuration *config,
    bool installed)
{
	char	*files = strdup(config->files), *rest = files, *file;

	if (files == NULL)
		fatal("cannot check the configuration");
	while ((file = strsep(&rest, "\n")) != NULL)
		if (*file != '\0')
			check_configuration(a, file, installed);
	free(files);
}

/* The instance of the service may not have made it yet. */
static void
check_log(const struct access *a, const struct configuration_profile *p)
{
	int	 error = try(p->log, R_OK);

	if (error != 0 && error != ENOENT)
		fprintf(a->errors, "%s:%d: log \"%s\": user \"%s\" cannot "
		    "read it: %s; expected a file that this user can read\n",
		    p->file, p->line, p->log, a->user, strerror(error));
}

/* A start as root gives the directory to the user, if it has only our files. */
static void
check_state(const struct access *a, const char *state, bool given)
{
	int	 error = try(state, W_OK | X_OK);

	if (error == EACCES && given && try_parent(state, X_OK) == 0)
		return;
	if (error != 0 && error != ENOENT)
		fprintf(a->errors, "%s: user \"%s\" cannot write to this "
		    "state directory: %s; expected one that this user can "
		    "write to\n", state, a->user, strerror(error));
}

/* The unit has ProtectHome and PrivateTmp. */
static const char *
hidden_by(const char *path)
{
	static const struct {
		const char	*directory;
		const char	*option;
	} hidden[] = {
		{ "/home/", "ProtectHome" }, { "/root/", "ProtectHome" },
		{ "/run/user/", "ProtectHome" }, { "/tmp/", "PrivateTmp" },
		{ "/var/tmp/", "PrivateTmp" },
	};
	size_t	 i;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (strncmp(path, hidden[i].directory,
		    strlen(hidden[i].directory)) == 0)
			return (hidden[i].option);
	return (NULL);
}

static void
warn_of_hidden(const struct access *a, const struct configuration_profile *p)
{
	const char	*option = hidden_by(p->log);

	if (option != NULL)
		fprintf(a->notes, "%s:%d: warning: log \"%s\" cannot be read "
		    "under systemd: the unit has %s=yes; expected a file "
		    "elsewhere, or a drop-in, see hbwatchd(8)\n", p->file,
		    p->line, p->log, option);
}

/* Calls `check` with each log; equal neighbours are interned. */
static void
each_log(const struct access *a, const struct configuration *config,
    void (*check)(const struct access *, const struct configuration_profile *))
{
	const struct configuration_profile	*p;
	const char				*last = NULL;
	size_t					 i;

	for (i = 0; i < config->nwatches; i++) {
		p = config->watches[i]->profile;
		if (p->log != NULL && p->log != last && p->enabled)
			check(a, p);
		last = p->log;
	}
}

static void
check_all(const struct access *a, const struct configuration *config,
    const char *file, const char *state, bool given)
{
	check_configurations(a, config, strcmp(file, CONFIGURATION_FILE) == 0);
	each_log(a, config, check_log);
	check_state(a, state, given);
}

/* ---- the user */

static bool
is_user_of_unit(void)
{
	const struct passwd	*user = getpwnam(HBW_USER);

	return (user != NULL && user->pw_uid == geteuid());
}

static void
check_as(struct access *a, const struct passwd *user,
    const struct configuration *config, const char *file, const char *state)
{
	struct identity	 own;
	bool		 given = store_directory_is_ours(state);

	if (!become(user, &own))
		fatal("cannot change to user \"%s\"", a->user);
	check_all(a, config, file, state, given);
	if (!return_to_root(&own))
		fatal("cannot change to root again");
}

void
access_check(const struct configuration *config, const char *file,
    const char *state, FILE *errors, FILE *notes)
{
	struct access	 a = { HBW_USER, errors, notes };
	struct passwd	*found = getpwuid(privileges_find_user().uid);
	struct passwd	 user;

	each_log(&a, config, warn_of_hidden);
	if (found != NULL && geteuid() == 0 && found->pw_uid != 0) {
		user = *found;
		user.pw_name = strdup(found->pw_name);
		if (user.pw_name == NULL)
			fatal("cannot check the configuration");
		a.user = user.pw_name;
		check_as(&a, &user, config, file, state);
		free(user.pw_name);
	} else if (is_user_of_unit()) {
		check_all(&a, config, file, state, false);
	} else {
		fprintf(notes, "not checked: whether user \"%s\" can read the "
		    "files and write to the state directory; only root and "
		    "this user can check that\n", a.user);
	}
}
