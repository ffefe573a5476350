/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "landlock.h"

/*
 * The interface of the kernel, which older C libraries and kernel headers do
 * not have.  The numbers are the same on all architectures of Debian.
 */
enum {
	CREATE_RULESET = 444,
	ADD_RULE = 445,
	RESTRICT_SELF = 446,
};
enum { RULESET_VERSION = 1 };	/* flag */
enum { PATH_BENEATH = 1 };	/* type of a rule */

struct ruleset {
	uint64_t	 files;
	uint64_t	 network;
	uint64_t	 scope;
};
/* Versions before 6 have only the first field of the structure. */
#define SIZE_BEFORE_6	sizeof(uint64_t)

struct path_rule {
	uint64_t	 files;
	int32_t		 parent;
} __attribute__((packed));

#define BIT(n)	(UINT64_C(1) << (n))
/* Rights to files. */
#define EXECUTE		BIT(0)
#define WRITE_FILE	BIT(1)
#define READ_FILE	BIT(2)
#define READ_DIRECTORY	BIT(3)
#define TRUNCATE	BIT(14)
/* Those of files; the others are of directories only. */
#define FILE_RIGHTS	(EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE)
/* Remove and make a directory, remove and make a regular file, and rename. */
#define CHANGE		(BIT(4) | BIT(5) | BIT(7) | BIT(8) | BIT(13))

/* The rights of version 1, and of those that added more. */
#define RIGHTS_1	(BIT(13) - 1)
#define RIGHTS_2	(BIT(14) - 1)
#define RIGHTS_3	(BIT(15) - 1)
#define RIGHTS_5	(BIT(16) - 1)
/* Version 6: no signal to a process that does not have these rules. */
#define SCOPE_SIGNAL	BIT(1)

static const uint64_t	 uses[] = {
	[LANDLOCK_READ] = READ_FILE | READ_DIRECTORY,
	[LANDLOCK_MODIFY] = READ_FILE | READ_DIRECTORY | WRITE_FILE | TRUNCATE,
	[LANDLOCK_WRITE] = READ_FILE | READ_DIRECTORY | WRITE_FILE | TRUNCATE |
	    CHANGE,
	[LANDLOCK_EXECUTE] = READ_FILE | EXECUTE,
};

static uint64_t	 handled;	/* the rights that this kernel supports */

int
landlock_begin(void)
{
	struct ruleset	 set = { 0 };
	long		 version;

	version = syscall(CREATE_RULESET, NULL, 0, RULESET_VERSION);
	if (version < 1)
		return (-1);
	handled = version >= 5 ? RIGHTS_5 : version >= 3 ? RIGHTS_3 :
	    version >= 2 ? RIGHTS_2 : RIGHTS_1;
	set.files = handled;
	set.scope = SCOPE_SIGNAL;
	/* The kernel closes the file of the rules on exec. */
	return ((int)syscall(CREATE_RULESET, &set, version >= 6 ? sizeof(set) :
	    SIZE_BEFORE_6, 0));
}

bool
landlock_allow_file(int rules, int file, enum landlock_use use)
{
	struct path_rule	 rule = { uses[use] & handled, file };
	struct stat		 st;

	if (fstat(file, &st) != 0)
		return (false);
	if (!S_ISDIR(st.st_mode))
		rule.files &= FILE_RIGHTS;
	return (syscall(ADD_RULE, rules, PATH_BENEATH, &rule, 0) == 0);
}

bool
landlock_allow(int rules, const char *path, enum landlock_use use)
{
	int	 file = open(path, O_PATH | O_CLOEXEC);
	bool	 ok;

	if (file == -1)
		return (errno == ENOENT || errno == ENOTDIR || errno == EACCES);
	ok = landlock_allow_file(rules, file, use);
	close(file);
	return (ok);
}

bool
landlock_end(int rules)
{
	bool	 ok;

	if (rules == -1)
		return (true);
	ok = syscall(RESTRICT_SELF, rules, 0) == 0;
	close(rules);
	return (ok);
}
