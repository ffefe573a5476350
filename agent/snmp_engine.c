/* SPDX-License-Identifier: BSD-2-Clause */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/number.h"
#include "snmp_engine.h"

#define BOOTS		"engineBoots"
#define ENGINE_ID	"oldEngineID"
/* net-snmp adds one; the maximum is INT32_MAX (RFC 3414, section 2.2). */
#define BOOTS_MAX	(INT32_MAX - 1)
/* Octets (RFC 3411, section 5: SnmpEngineID). */
#define ENGINE_ID_MIN	5
#define ENGINE_ID_MAX	32

/*
 * The bytes of the file that are read.  A file of version 0.2.0 has less than
 * 1 KiB before the values.
 */
#define FILE_MAX	8192

struct engine {
	uint32_t	 boots;		/* of the last start */
	char		 id[2 + 2 * ENGINE_ID_MAX + 1];	/* "0x..." */
};

/* The caller frees the path; NULL when memory is exhausted. */
static char *
path_of(const char *state)
{
	char	*path;

	return (asprintf(&path, "%s/snmp/hbwatch.conf", state) < 0 ? NULL :
	    path);
}

/*
 * The value in the first line that begins with this name: a pointer into the
 * text, and the length of the value.  NULL if there is no such line.
 */
static const char *
value_of(const char *text, const char *name, size_t *length)
{
	size_t	 n = strlen(name);

	while (strncmp(text, name, n) != 0 || text[n] != ' ') {
		text = strchr(text, '\n');
		if (text++ == NULL)
			return (NULL);
	}
	text += n + strspn(text + n, " ");
	*length = strcspn(text, "\n");
	return (text);
}

static bool
parse(const char *text, struct engine *engine)
{
	const char	*value;
	size_t		 n;

	value = value_of(text, BOOTS, &n);
	if (value == NULL ||
	    !number_parse_bytes(value, n, 0, INT32_MAX, &engine->boots))
		return (false);
	value = value_of(text, ENGINE_ID, &n);
	if (value == NULL || n % 2 != 0 || n < 2 + 2 * ENGINE_ID_MIN ||
	    n > 2 + 2 * ENGINE_ID_MAX || strncmp(value, "0x", 2) != 0 ||
	    strspn(value + 2, "0123456789abcdefABCDEF") < n - 2)
		return (false);
	memcpy(engine->id, value, n);
	engine->id[n] = '\0';
	return (true);
}

/* False on error (errno; 0: the text is invalid). */
static bool
read_file(const char *path, struct engine *engine)
{
	char	 text[FILE_MAX + 1];
	ssize_t	 n;
	int	 fd;

	/* Opening a FIFO must not block. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return (false);
	n = read(fd, text, FILE_MAX);
	close(fd);
	if (n < 0)
		return (false);
	text[n] = '\0';
	errno = 0;
	return (parse(text, engine));
}

/* Overwrites the file in place, which also works on a full disk. */
static bool
write_file(const char *path, const char *text, size_t length)
{
	bool	 ok;
	int	 fd;

	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0600);
	if (fd == -1)
		return (false);
	ok = write(fd, text, length) == (ssize_t)length &&
	    ftruncate(fd, (off_t)length) == 0 && fsync(fd) == 0;
	return (close(fd) == 0 && ok);
}

void
snmp_engine_load(const char *state)
{
	struct engine	 engine;
	char		*path = path_of(state), line[128];

	if (path == NULL)
		fatal("cannot start");
	if (read_file(path, &engine)) {
		snprintf(line, sizeof(line), BOOTS " %u",
		    engine.boots < BOOTS_MAX ? engine.boots : BOOTS_MAX);
		netsnmp_config(line);
		snprintf(line, sizeof(line), ENGINE_ID " %s", engine.id);
		netsnmp_config(line);
	} else if (errno == 0) {
		log_errx("%s: invalid snmpEngineBoots or snmpEngineID; this "
		    "SNMP engine gets a new snmpEngineID", path);
	} else if (errno != ENOENT) {
		log_errx("cannot read %s: %s; this SNMP engine gets a new "
		    "snmpEngineID", path, strerror(errno));
	}
	free(path);
}

void
snmp_engine_store(const char *state)
{
	u_char	 id[ENGINE_ID_MAX];
	char	 text[256], *path = path_of(state);
	size_t	 length, n, i;

	length = snmpv3_get_engineID(id, sizeof(id));
	n = (size_t)snprintf(text, sizeof(text), BOOTS " %lu\n" ENGINE_ID " 0x",
	    snmpv3_local_snmpEngineBoots());
	for (i = 0; i < length; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%02x",
		    id[i]);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "\n");
	if (path == NULL || !write_file(path, text, n))
		log_errx("cannot write snmpEngineBoots to "
		    "%s/snmp/hbwatch.conf: %s; after a restart, receivers may "
		    "reject SNMPv3 notifications", state, strerror(errno));
	free(path);
}
