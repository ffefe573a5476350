/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mono.h"
#include "config/configuration.h"

#define FILE_NAME	"c.conf"

/* All files are written into a directory of their own. */
static char directory[] = "/tmp/hbwatch-test-XXXXXX";

static int
directory_enter(void **state)
{
	(void)state;
	return (mkdtemp(directory) == NULL || chdir(directory) == -1 ? -1 : 0);
}

static int
directory_leave(void **state)
{
	(void)state;
	unlink(FILE_NAME);
	if (chdir("/") == -1)
		return (-1);
	return (rmdir(directory));
}

static void
file_write(const char *text, size_t length)
{
	FILE *f = fopen(FILE_NAME, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
}

/* Loads the file; *errors is what was printed, to be freed. */
static struct configuration *
file_load(const char *file, char **errors)
{
	struct configuration	*c;
	size_t			 size;
	FILE			*f = open_memstream(errors, &size);

	assert_non_null(f);
	c = configuration_load(file, f);
	assert_int_equal(fclose(f), 0);
	return (c);
}

static struct configuration *
load(const char *text)
{
	struct configuration	*c;
	char			*errors;

	file_write(text, strlen(text));
	c = file_load(FILE_NAME, &errors);
	assert_string_equal(errors, "");
	assert_non_null(c);
	free(errors);
	return (c);
}

static void
refuse(const char *text, size_t length, const char *expected)
{
	char *errors;

	file_write(text, length);
	assert_null(file_load(FILE_NAME, &errors));
	assert_string_equal(errors, expected);
	free(errors);
}

static void
assert_addr(const struct addr *a, const char *expected)
{
	char text[ADDR_TEXT_SIZE];

	assert_string_equal(addr_text(a, text), expected);
}

#define WATCH(options) \
	"watch \"w\" { interface = eth0 peer = 192.0.2.1 " \
	"heartbeat = ip " options " }\n"

static void
example_of_the_contract(void **state)
{
	static const char example[] =
	    "agentx = \"/var/agentx/master\"\n"
	    "source = \"mrs-cluster-1\"     # defaults for every watch\n"
	    "service = \"Flink\"\n"
	    "role = \"FlinkServer\"\n"
	    "host = \"node-1\"              # left out: this host's name\n"
	    "\n"
	    "snmp = { \"rocommunity public 127.0.0.1\",\n"
	    "    \"trap2sink 127.0.0.1:1162 public\" }   # with -L only\n"
	    "\n"
	    "alarm 45640 {                # built in exactly so\n"
	    "    name = \"FlinkServer Heartbeat Interruption Between the "
	    "Active and Standby Nodes\"\n"
	    "    severity = minor         # critical, major, minor, warning\n"
	    "    type = \"Heartbeat\"\n"
	    "    service-type = \"Flink\"\n"
	    "    interruption = 30s       # default of its watches\n"
	    "}\n"
	    "\n"
	    "watch \"flinkserver\" {\n"
	    "    interface = \"eth1\"\n"
	    "    peer = \"192.0.2.12\"      # IPv4 or IPv6\n"
	    "    local = \"192.0.2.11\"     # optional\n"
	    "    heartbeat = \"udp 20053\"\n"
	    "    alarm = 45640            # the default\n"
	    "    interruption = 31s\n"
	    "    recovery = 2\n"
	    "    enabled = true\n"
	    "    source = \"a\" service = \"b\" role = \"c\" host = \"…\"\n"
	    "}\n";
	struct configuration			*c;
	const struct configuration_profile	*w;

	(void)state;
	c = load(example);
	assert_string_equal(c->agentx, "/var/agentx/master");
	assert_int_equal(c->nsnmp, 2);
	assert_string_equal(c->snmp[0].text, "rocommunity public 127.0.0.1");
	assert_string_equal(c->snmp[1].text, "trap2sink 127.0.0.1:1162 public");
	assert_int_equal(c->snmp[0].line, 7);
	assert_int_equal(c->snmp[1].line, 8);
	assert_int_equal(c->nalarms, 4);
	assert_int_equal(c->nwatches, 1);
	w = c->watches[0]->profile;
	assert_string_equal(c->watches[0]->name, "flinkserver");
	assert_int_equal(w->line, 18);
	assert_string_equal(w->interface, "eth1");
	assert_int_equal(w->interface_line, 19);
	assert_addr(&c->watches[0]->peer, "192.0.2.12");
	assert_addr(&w->local, "192.0.2.11");
	assert_string_equal(w->heartbeat, "udp 20053");
	assert_int_equal(w->heartbeat_line, 22);
	assert_ptr_equal(w->form.protocol, protocol_find("udp"));
	assert_int_equal(w->form.key, 20053);
	assert_int_equal(w->alarm->id, 45640);
	assert_int_equal(w->alarm->line, 10);
	assert_int_equal(w->interruption_ns, 31 * NSEC_PER_SEC);
	assert_int_equal(w->recovery, 2);
	assert_true(w->enabled);
	assert_string_equal(w->source, "a");
	assert_string_equal(w->service, "b");
	assert_string_equal(w->role, "c");
	assert_string_equal(w->host, "…");
	configuration_free(c);
}

static void
assert_alarm(const struct configuration_alarm *a, uint32_t id,
    const char *name, enum severity severity, const char *type,
    const char *service_type, int64_t interruption_ns)
{
	assert_int_equal(a->id, id);
	assert_string_equal(a->name, name);
	assert_int_equal(a->severity, severity);
	assert_string_equal(a->type, type);
	assert_string_equal(a->service_type, service_type);
	assert_int_equal(a->interruption_ns, interruption_ns);
}

static void
alarms_built_in(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("");
	assert_int_equal(c->nalarms, 4);
	assert_alarm(c->alarms[0], 12010, "Manager Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_MAJOR,
	    "Heartbeat", "Manager", 7 * NSEC_PER_SEC);
	assert_alarm(c->alarms[1], 27003, "DBService Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_MAJOR,
	    "Heartbeat", "DBService", 7 * NSEC_PER_SEC);
	assert_alarm(c->alarms[2], 45640, "FlinkServer Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_MINOR,
	    "Heartbeat", "Flink", 30 * NSEC_PER_SEC);
	assert_alarm(c->alarms[3], 46003, "MOTService Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_MAJOR,
	    "Heartbeat", "MOTService", 7 * NSEC_PER_SEC);
	assert_int_equal(c->alarms[2]->line, 0);
	configuration_free(c);
}

static void
alarms_of_the_file(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("alarm 12010 { severity = critical }\n"
	    "alarm 1 { name = \"one\" }\n"
	    "alarm 2147483647 { name = \"last\" severity = warning\n"
	    "  type = \"T\" service-type = \"S\" interruption = 250ms }\n"
	    "alarm 45640 { service-type = \"\" }\n");
	assert_int_equal(c->nalarms, 6);
	assert_alarm(c->alarms[0], 1, "one", SEVERITY_MINOR, "Heartbeat", "",
	    30 * NSEC_PER_SEC);
	assert_int_equal(c->alarms[0]->line, 2);
	assert_alarm(c->alarms[1], 12010, "Manager Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_CRITICAL,
	    "Heartbeat", "Manager", 7 * NSEC_PER_SEC);
	assert_int_equal(c->alarms[1]->line, 1);
	assert_string_equal(c->alarms[3]->service_type, "");
	assert_alarm(c->alarms[5], 2147483647, "last", SEVERITY_WARNING, "T",
	    "S", 250 * NSEC_PER_MSEC);
	configuration_free(c);
}

static void
watch_defaults(void **state)
{
	char				 host[256] = "";
	struct configuration		*c;
	const struct configuration_profile *w;

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	c = load(WATCH(""));
	w = c->watches[0]->profile;
	assert_null(c->agentx);
	assert_int_equal(c->nsnmp, 0);
	assert_int_equal(w->local.family, ADDR_NONE);
	assert_int_equal(w->alarm->id, 45640);
	assert_int_equal(w->interruption_ns, 30 * NSEC_PER_SEC);
	assert_int_equal(w->recovery, 1);
	assert_true(w->enabled);
	assert_string_equal(w->source, host);
	assert_string_equal(w->service, "Flink");
	assert_string_equal(w->role, "w");
	assert_string_equal(w->host, host);
	configuration_free(c);
}

/* An alarm of no service leaves the watch's name. */
static void
watch_service_of_the_alarm(void **state)
{
	struct configuration *c;

	(void)state;
	c = load(WATCH("alarm = 5") "alarm 5 { name = x interruption = 2s }\n");
	assert_string_equal(c->watches[0]->profile->service, "w");
	assert_int_equal(c->watches[0]->profile->interruption_ns,
	    2 * NSEC_PER_SEC);
	configuration_free(c);
	c = load(WATCH("alarm = 5")
	    "alarm 5 { name = x service-type = DNS }\n");
	assert_string_equal(c->watches[0]->profile->service, "DNS");
	configuration_free(c);
}

/* The defaults of the top hold wherever they stand; a watch's own win. */
static void
top_defaults(void **state)
{
	struct configuration *c;

	(void)state;
	c = load(WATCH("host = h") "source = s service = t\n"
	    "watch v { interface = e heartbeat = ip peer = ::1 role = q }\n"
	    "role = r host = g\n");
	assert_string_equal(c->watches[0]->profile->source, "s");
	assert_string_equal(c->watches[0]->profile->service, "t");
	assert_string_equal(c->watches[0]->profile->role, "r");
	assert_string_equal(c->watches[0]->profile->host, "h");
	assert_string_equal(c->watches[1]->profile->role, "q");
	assert_string_equal(c->watches[1]->profile->host, "g");
	configuration_free(c);
}

static void
watch_order(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("watch b { interface = e heartbeat = ip peer = ::1 }\n"
	    "watch c { interface = e heartbeat = ip peer = ::1 }\n"
	    "watch a { interface = e heartbeat = ip peer = ::1 }\n");
	assert_int_equal(c->nwatches, 3);
	assert_string_equal(c->watches[0]->name, "b");
	assert_string_equal(c->watches[1]->name, "c");
	assert_string_equal(c->watches[2]->name, "a");
	configuration_free(c);
}

/* What waits to be told about a watch keeps it, and all that it is called. */
static void
watch_outlives(void **state)
{
	struct configuration		*c;
	struct configuration_watch	*w;

	(void)state;
	c = load(WATCH("alarm = 7 source = s")
	    "alarm 7 { name = seven }\n");
	w = configuration_watch_share(c->watches[0]);
	configuration_free(c);
	assert_string_equal(w->name, "w");
	assert_string_equal(w->profile->source, "s");
	assert_string_equal(w->profile->alarm->name, "seven");
	configuration_watch_release(w);
}

/* Equal texts of two sections are one. */
static void
watches_share_texts(void **state)
{
	struct configuration			*c;
	const struct configuration_profile	*v, *w;

	(void)state;
	c = load("watch v { interface = e heartbeat = \"udp  7\" peer = ::1 }\n"
	    "watch w { interface = e heartbeat = \"udp 7\" peer = ::2 }\n");
	v = c->watches[0]->profile;
	w = c->watches[1]->profile;
	assert_ptr_equal(v->interface, w->interface);
	assert_ptr_equal(v->heartbeat, w->heartbeat);
	assert_ptr_equal(v->host, w->host);
	assert_ptr_equal(v->alarm, w->alarm);
	configuration_free(c);
}

static void
assert_watches(const struct configuration *c, const char *const *names)
{
	size_t	 i;

	for (i = 0; names[i] != NULL; i++) {
		assert_true(i < c->nwatches);
		assert_string_equal(c->watches[i]->name, names[i]);
	}
	assert_int_equal(c->nwatches, i);
}

/* A list gives each its name, even if of one; an address alone does not. */
static void
peers_of_a_list(void **state)
{
	static const char *const one[] = { "w", NULL };
	static const char *const listed[] = { "w@192.0.2.1", NULL };
	static const char *const many[] = { "w@192.0.2.12", "w@2001:db8::1",
		"w@192.0.2.16", "w@192.0.2.17", "w@192.0.2.18", "w@192.0.2.19",
		"w@2001:db8::fffe", "w@2001:db8::ffff", NULL };
	struct configuration	*c;

	(void)state;
	c = load("watch w { interface = e heartbeat = ip peer = 192.0.2.1 }");
	assert_watches(c, one);
	configuration_free(c);
	c = load("watch w { interface = e heartbeat = ip\n"
	    "peer = /* one */ { 192.0.2.1 } }");
	assert_watches(c, listed);
	configuration_free(c);
	c = load("watch w { interface = e heartbeat = ip\n"
	    "'peer' = {192.0.2.1} }");
	assert_watches(c, listed);
	configuration_free(c);
	c = load("watch w { interface = e peer = { \"192.0.2.12\",\n"
	    "  \"2001:DB8:0::1\", '192.0.2.16/30' }\n"
	    "  peer += \"2001:db8::fffe/127\" heartbeat = 'udp 7'\n"
	    "  role = r }");
	assert_watches(c, many);
	assert_addr(&c->watches[3]->peer, "192.0.2.17");
	assert_addr(&c->watches[7]->peer, "2001:db8::ffff");
	assert_ptr_equal(c->watches[0]->profile, c->watches[7]->profile);
	assert_string_equal(c->watches[0]->profile->role, "r");
	configuration_free(c);
}

/* The role and the service are the section's, not the row's. */
static void
peers_of_a_prefix(void **state)
{
	static const char *const one[] = { "w@192.0.2.1", NULL };
	struct configuration	*c;

	(void)state;
	c = load("watch w { interface = e heartbeat = ip\n"
	    "peer = 192.0.2.1/32 }");
	assert_watches(c, one);
	assert_string_equal(c->watches[0]->profile->role, "w");
	configuration_free(c);
	c = load("watch w { interface = e heartbeat = ip peer = 10.1.0.0/16\n"
	    "local = 10.2.0.1 }");
	assert_int_equal(c->nwatches, 65536);
	assert_string_equal(c->watches[65535]->name, "w@10.1.255.255");
	assert_addr(&c->watches[256]->peer, "10.1.1.0");
	configuration_free(c);
}

/* Lists of two sections do not mix, whatever stands between. */
static void
peers_of_two_sections(void **state)
{
	static const char *const names[] = { "a", "b@::1", "c@::1", "c@::2",
		"d", NULL };
	struct configuration	*c;

	(void)state;
	c = load("watch a { interface = e heartbeat = ip peer = ::1 }\n"
	    "snmp = { one }\n"
	    "watch b { interface = e heartbeat = ip peer = { ::1 } }\n"
	    "alarm 5 { name = five }\n"
	    "watch c { interface = e heartbeat = ip peer = { ::1, ::2 } }\n"
	    "watch d { interface = e heartbeat = ip peer = ::1 }\n");
	assert_watches(c, names);
	configuration_free(c);
}

static void
history_and_storm(void **state)
{
	static const char *const	 storms[] = { "storm = 100 in 10s",
					    "storm = \"100 in 10s\"",
					    "storm=100  in\t10s # often",
					    "storm = '100   in 10s'",
					    "host = a storm = 100 in 10s role=b" };
	struct configuration		*c;
	size_t				 i;

	(void)state;
	c = load("");
	assert_int_equal(c->history, 10000);
	assert_int_equal(c->storm_limit, 0);
	configuration_free(c);
	for (i = 0; i < sizeof(storms) / sizeof(storms[0]); i++) {
		c = load(storms[i]);
		assert_int_equal(c->storm_limit, 100);
		assert_int_equal(c->storm_window_ns, 10 * NSEC_PER_SEC);
		configuration_free(c);
	}
	c = load("history = 100\nstorm = 1000000 in 1h\n" WATCH(""));
	assert_int_equal(c->history, 100);
	assert_int_equal(c->storm_limit, 1000000);
	assert_int_equal(c->storm_window_ns, 3600 * NSEC_PER_SEC);
	assert_int_equal(c->watches[0]->profile->line, 3);
	configuration_free(c);
}

static void
part_write(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

/* All forms, from another folder than ours, with the lines of each file. */
static void
include_files(void **state)
{
	struct configuration	*c;
	char			*errors, file[64];

	(void)state;
	assert_int_equal(mkdir("parts", 0700), 0);
	part_write("parts/one.conf", "# one\nwatch one {\n interface = e\n"
	    "peer = ::1 heartbeat = ip }\ninclude 'more/two.conf'\n"
	    "snmp += last");
	assert_int_equal(mkdir("parts/more", 0700), 0);
	part_write("parts/more/two.conf", "watch two { interface = e peer = ::1"
	    " heartbeat = ip } include = ../three.conf # no end of line");
	part_write("parts/three.conf", "\xef\xbb\xbfwatch three {\n"
	    "interface = e peer = { ::1/128 } heartbeat = ip }");
	part_write(FILE_NAME, "host = h /* a\n comment */ include\n(\n"
	    "\"parts/one.conf\" ) role = include\n\n" WATCH("\n"));
	snprintf(file, sizeof(file), "%s/%s", directory, FILE_NAME);
	assert_int_equal(chdir("/"), 0);
	c = file_load(file, &errors);
	assert_int_equal(chdir(directory), 0);
	assert_string_equal(errors, "");
	free(errors);
	assert_non_null(c);
	assert_int_equal(c->nwatches, 4);
	assert_string_equal(c->watches[2]->name, "three@::1");
	assert_string_equal(c->watches[0]->name, "one");
	assert_string_equal(c->watches[3]->name, "w");
	assert_int_equal(c->watches[0]->profile->line, 2);
	assert_int_equal(c->watches[0]->profile->interface_line, 3);
	assert_int_equal(c->watches[0]->profile->heartbeat_line, 4);
	snprintf(file, sizeof(file), "%s/parts/one.conf", directory);
	assert_string_equal(c->watches[0]->profile->file, file);
	assert_string_equal(c->snmp[0].file, file);
	assert_int_equal(c->snmp[0].line, 6);
	snprintf(file, sizeof(file), "%s/parts/more/two.conf", directory);
	assert_string_equal(c->watches[1]->profile->file, file);
	assert_int_equal(c->watches[1]->profile->line, 1);
	snprintf(file, sizeof(file), "%s/%s", directory, FILE_NAME);
	assert_string_equal(c->watches[3]->profile->file, file);
	assert_int_equal(c->watches[3]->profile->line, 6);
	assert_string_equal(c->watches[3]->profile->role, "include");
	assert_string_equal(c->watches[0]->profile->host, "h");
	configuration_free(c);
	unlink("parts/three.conf");
	unlink("parts/more/two.conf");
	unlink("parts/one.conf");
	assert_int_equal(rmdir("parts/more"), 0);
	assert_int_equal(rmdir("parts"), 0);
}

/* Sixteen within each other are fine, one more is not. */
static void
include_depth(void **state)
{
	char	 file[32], text[64];
	int	 i;

	(void)state;
	for (i = 1; i <= 17; i++) {
		snprintf(file, sizeof(file), "%d.conf", i);
		snprintf(text, sizeof(text), "include(\"%d.conf\")\n", i + 1);
		part_write(file, i == 17 ? "role = r\n" : text);
	}
	configuration_free(load("include(2.conf)\n" WATCH("")));
	refuse("include(1.conf)\n", 16, "16.conf:1: cannot include "
	    "\"17.conf\": more than 16 files within each other; expected a "
	    "readable file\n");
	for (i = 1; i <= 17; i++) {
		snprintf(file, sizeof(file), "%d.conf", i);
		unlink(file);
	}
}

/* What is no file might be waited for without end. */
static void
include_pipe(void **state)
{
	static const char text[] = "\ninclude(\"pipe\")\n";

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	refuse(text, strlen(text), "c.conf:2: cannot include \"pipe\": not "
	    "a regular file; expected a readable file\n");
	unlink("pipe");
}

/* A word of that name is one like others where it is no include. */
static void
include_as_a_word(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("source = include service = \"include('x')\"\n"
	    "watch include { interface = include heartbeat = ip\n"
	    "peer = ::1 } snmp = { include, \"include 'x'\" }\n");
	assert_string_equal(c->watches[0]->name, "include");
	assert_string_equal(c->watches[0]->profile->interface, "include");
	assert_string_equal(c->snmp[1].text, "include 'x'");
	configuration_free(c);
}

static void
names_of_greatest_length(void **state)
{
	char	 text[600], name[256], expected[256];
	int	 spare;

	(void)state;
	memset(name, 'n', sizeof(name));
	/* "s/t/r/h//45640" and "@192.0.2.10" */
	for (spare = 0; spare < 2; spare++) {
		name[255 - 14 - 11 + spare] = '\0';
		snprintf(text, sizeof(text), "watch %s { interface = e source "
		    "= s service = t role = r host = h heartbeat = ip\n"
		    "peer = { 192.0.2.1, 192.0.2.10 } }", name);
		if (spare == 0) {
			configuration_free(load(text));
			name[255 - 14 - 11] = 'n';
		}
	}
	refuse(text, strlen(text), "c.conf:1: alarm key source/service/role/"
	    "host/watch/alarm has 256 bytes; expected at most 255\n");
	memset(name, 'n', 255 - 10);
	name[255 - 10] = '\0';
	snprintf(text, sizeof(text), "watch %s { interface = e role = r\n"
	    "heartbeat = ip peer = { 192.0.2.10 } }", name);
	snprintf(expected, sizeof(expected), "c.conf:1: name and peer, "
	    "NAME@ADDRESS, have up to 256 bytes; expected at most 255\n");
	file_write(text, strlen(text));
	{
		char *errors;

		assert_null(file_load(FILE_NAME, &errors));
		assert_memory_equal(errors, expected, strlen(expected));
		free(errors);
	}
}

static void
watch_enabled(void **state)
{
	static const char *const	 words[] = { "false", "true", "no",
					    "yes", "off", "on", "No", "TRUE" };
	struct configuration		*c;
	char				 text[256];
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(text, sizeof(text), WATCH("enabled = %s"), words[i]);
		c = load(text);
		assert_int_equal(c->watches[0]->profile->enabled, i % 2);
		configuration_free(c);
	}
}

static void
peer_left_out(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("watch w { interface = e heartbeat = 'vrrp 51'\n"
	    "  local = 224.0.0.18 }\n");
	assert_int_equal(c->watches[0]->peer.family, ADDR_NONE);
	assert_addr(&c->watches[0]->profile->local, "224.0.0.18");
	configuration_free(c);
}

static void
heartbeat_blanks(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("watch w { interface = e peer = ::1\n"
	    "  heartbeat = \"  bpf \t udp\n\tport  5 \" }\n");
	assert_string_equal(c->watches[0]->profile->heartbeat,
	    "bpf udp port 5");
	assert_string_equal(c->watches[0]->profile->form.expression,
	    "udp port 5");
	configuration_free(c);
}

static void
snmp_appended(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("snmp = one\nsnmp += { 'two',\n  \"three\" }\n");
	assert_int_equal(c->nsnmp, 3);
	assert_string_equal(c->snmp[0].text, "one");
	assert_string_equal(c->snmp[2].text, "three");
	assert_int_equal(c->snmp[0].line, 1);
	assert_int_equal(c->snmp[1].line, 2);
	assert_int_equal(c->snmp[2].line, 3);
	configuration_free(c);
}

/* Comments of each kind, one in a text that is none, and lines after them. */
static void
comments(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("# one\n// two\n/* three\n * four */ host = h//x // y\n"
	    "/**/ source = '# /* //' # five\n"
	    "watch \"w\" # brace below\n{\n"
	    "interface = e peer = ::1 heartbeat = ip /* \" */ }\n");
	assert_string_equal(c->watches[0]->profile->host, "h//x");
	assert_string_equal(c->watches[0]->profile->source, "# /* //");
	assert_int_equal(c->watches[0]->profile->line, 6);
	assert_int_equal(c->watches[0]->profile->interface_line, 8);
	configuration_free(c);
}

static void
escapes(void **state)
{
	struct configuration *c;

	(void)state;
	assert_int_equal(setenv("HBWATCH_TEST", "of it", 1), 0);
	c = load("source = \"\\x61\\142\\\"c\\\\ ${HBWATCH_TEST}\"\n"
	    "role = 'a\\'\\\\\\x ${HBWATCH_TEST}' host = \"a\\\nb\"\n"
	    "service = \"${HBWATCH_NONE:-x}\"\n" WATCH(""));
	assert_string_equal(c->watches[0]->profile->source, "ab\"c\\ of it");
	assert_string_equal(c->watches[0]->profile->role,
	    "a'\\\\x ${HBWATCH_TEST}");
	assert_string_equal(c->watches[0]->profile->host, "ab");
	assert_string_equal(c->watches[0]->profile->service, "x");
	assert_int_equal(c->watches[0]->profile->line, 5);
	configuration_free(c);
}

/* As an editor on Windows leaves it. */
static void
foreign_lines(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("\xef\xbb\xbfhost = h\r\nrole = \"r\"\r\n" WATCH("\r\n"));
	assert_string_equal(c->watches[0]->profile->host, "h");
	assert_string_equal(c->watches[0]->profile->role, "r");
	assert_int_equal(c->watches[0]->profile->line, 3);
	configuration_free(c);
}

static void
texts_of_greatest_length(void **state)
{
	struct configuration	*c;
	char			 name[257], text[600], expected[400];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[255] = '\0';
	snprintf(text, sizeof(text), "alarm 1 { name = %s type = %s }\n", name,
	    name);
	c = load(text);
	assert_string_equal(c->alarms[0]->name, name);
	configuration_free(c);
	name[255] = 'x';
	name[256] = '\0';
	snprintf(text, sizeof(text), "alarm 1 {\nname = %s }\n", name);
	name[64] = '\0';
	snprintf(expected, sizeof(expected), "c.conf:2: too long name "
	    "\"%s\"...; expected 1 to 255 bytes of UTF-8 text without control "
	    "characters\n", name);
	refuse(text, strlen(text), expected);
}

/* The key is "s/v/r/h/w/45640" and as much longer as the source is. */
static void
key_of_greatest_length(void **state)
{
	char source[256], text[600];

	(void)state;
	memset(source, 'x', sizeof(source));
	source[255 - 14] = '\0';
	snprintf(text, sizeof(text), "source = %s service = v role = r "
	    "host = h\n" WATCH(""), source);
	configuration_free(load(text));
	source[255 - 14] = 'x';
	source[255 - 13] = '\0';
	snprintf(text, sizeof(text), "source = %s service = v role = r "
	    "host = h\n" WATCH(""), source);
	refuse(text, strlen(text), "c.conf:2: alarm key source/service/role/"
	    "host/watch/alarm has 256 bytes; expected at most 255\n");
}

static void
many_watches(void **state)
{
	struct configuration	*c;
	FILE			*f = fopen(FILE_NAME, "w");
	char			*errors;
	int			 i;

	(void)state;
	assert_non_null(f);
	for (i = 0; i < 20000; i++)
		fprintf(f, "watch %d { interface = e peer = ::1\n"
		    "heartbeat = ip }\n", i);
	fprintf(f, "watch 7 { interface = e peer = ::1 heartbeat = ip }\n");
	assert_int_equal(fclose(f), 0);
	c = file_load(FILE_NAME, &errors);
	assert_null(c);
	assert_string_equal(errors, "c.conf:40001: watch \"7\" is given "
	    "twice, first at c.conf:15; expected another name\n");
	free(errors);
}

static void
no_file(void **state)
{
	char *errors;

	(void)state;
	assert_null(file_load("none.conf", &errors));
	assert_string_equal(errors, "none.conf: No such file or directory; "
	    "expected a readable file\n");
	free(errors);
	assert_null(file_load(".", &errors));
	assert_string_equal(errors,
	    ".: Is a directory; expected a readable file\n");
	free(errors);
}

static void
nul_byte(void **state)
{
	static const char text[] = "# x\nhost = \"a\0b\"\n";

	(void)state;
	refuse(text, sizeof(text) - 1,
	    "c.conf:2: NUL byte; expected a text file\n");
}

/* A file that is refused leaves nothing behind for the next. */
static void
good_after_bad(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		refuse("host = \"a", 9, "c.conf:1: string is not closed: "
		    "missing \"\n");
		configuration_free(load(WATCH("")));
		refuse("host = \"\\9\"", 11,
		    "c.conf:1: invalid escape sequence \"\\9\"; expected "
		    "\\001 to \\377 or \\x01 to \\xff\n");
		configuration_free(load(WATCH("")));
	}
}

#define OF_TOP "expected one of agentx, history, storm, snmp, " \
	"source, service, role, host, include, alarm, watch\n"
#define OF_WATCH "expected one of interface, peer, local, " \
	"heartbeat, alarm, interruption, recovery, enabled, source, " \
	"service, role, host\n"

static const struct refused {
	const char	*name;
	const char	*text;
	const char	*errors;
} refused[] = {
	{ "interface left out", "\nwatch w { peer = ::1 heartbeat = ip }",
	    "c.conf:2: watch \"w\" has no interface; expected the one to "
	    "listen on\n" },
	{ "heartbeat left out", "watch w { peer = ::1\n interface = e }",
	    "c.conf:1: watch \"w\" has no heartbeat; expected one, such as "
	    "\"udp 20053\"\n" },
	{ "peer left out", "watch w {\n interface = e heartbeat = 'udp  5' }",
	    "c.conf:1: watch \"w\" has no peer; expected one, because "
	    "heartbeat \"udp 5\" requires it\n" },
	{ "peer a name", "watch w { interface = e heartbeat = ip\n"
	    "peer = node-2 }",
	    "c.conf:2: invalid peer \"node-2\"; expected numeric addresses "
	    "of nodes, such as 192.0.2.12 or 192.0.2.16/28\n" },
	{ "peer a group", "watch w { interface = e heartbeat = ip\n"
	    "peer = ff02::12 }",
	    "c.conf:2: multicast or broadcast peer \"ff02::12\"; expected "
	    "numeric addresses of nodes, such as 192.0.2.12 or "
	    "192.0.2.16/28\n" },
	{ "peer unspecified", "watch w { interface = e heartbeat = ip\n"
	    "peer = 0.0.0.0 }",
	    "c.conf:2: unspecified peer \"0.0.0.0\"; expected numeric "
	    "addresses of nodes, such as 192.0.2.12 or 192.0.2.16/28\n" },
	{ "local of another family", WATCH("\nlocal = ::1"),
	    "c.conf:2: local \"::1\" has another address family than the "
	    "peer; expected an IPv4 address\n" },
	{ "heartbeat wrong", "watch w { interface = e peer = ::1\n"
	    "heartbeat = 'udp 0' }",
	    "c.conf:2: heartbeat \"udp 0\": PORT must be 1..65535\n" },
	{ "expression wrong", "watch w { interface = e peer = ::1\n"
	    "heartbeat = 'bpf udp prt 5' }",
	    "c.conf:2: heartbeat \"bpf udp prt 5\": can't parse filter "
	    "expression: syntax error; expected a pcap-filter expression\n" },
	{ "heartbeat empty", "watch w { interface = e peer = ::1\n"
	    "heartbeat = '  ' }",
	    "c.conf:2: empty heartbeat \"  \"; expected 1 to 4095 bytes of "
	    "UTF-8 text without control characters\n" },
	{ "interface too long", "watch w { heartbeat = ip peer = ::1\n"
	    "interface = e123456789012345 }",
	    "c.conf:2: invalid interface \"e123456789012345\"; expected 1 "
	    "to 15 characters without blanks or slashes\n" },
	{ "interface with a slash", "watch w { heartbeat = ip peer = ::1\n"
	    "interface = e/1 }",
	    "c.conf:2: invalid interface \"e/1\"; expected 1 to 15 "
	    "characters without blanks or slashes\n" },
	{ "alarm unknown", WATCH("\nalarm = 45641"),
	    "c.conf:2: unknown alarm \"45641\"; expected 45640, 12010, "
	    "27003, 46003 or the id of an alarm section\n" },
	{ "alarm no number", WATCH("\nalarm = 0x10"),
	    "c.conf:2: invalid alarm \"0x10\"; expected 1 to 2147483647 "
	    "(an alarm id)\n" },
	{ "alarm id 0", "alarm 0 { name = n }",
	    "c.conf:1: invalid alarm id \"0\"; expected 1 to 2147483647 "
	    "for the title of the section\n" },
	{ "alarm id too large", "alarm 2147483648 { name = n }",
	    "c.conf:1: invalid alarm id \"2147483648\"; expected 1 to "
	    "2147483647 for the title of the section\n" },
	{ "alarm without a name", "alarm 5 {\n severity = major }",
	    "c.conf:1: alarm 5 has no name; expected one, because it is "
	    "not built in\n" },
	{ "alarm twice", "alarm 5 { name = n }\n\nalarm 5 { name = m }",
	    "c.conf:3: alarm 5 is given twice, first at c.conf:1; expected "
	    "once\n" },
	{ "built in alarm twice", "alarm 45640 { }\nalarm 45640 { }",
	    "c.conf:2: alarm 45640 is given twice, first at c.conf:1; "
	    "expected once\n" },
	{ "severity none", "alarm 45640 {\nseverity = cleared }",
	    "c.conf:2: unknown severity \"cleared\"; expected critical, "
	    "major, minor or warning\n" },
	{ "duration bare", WATCH("\ninterruption = 30"),
	    "c.conf:2: missing unit in interruption \"30\"; expected a "
	    "number and ms, s, min or h, from 1ms to 24h, such as 30s\n" },
	{ "duration too long", WATCH("\ninterruption = 25h"),
	    "c.conf:2: invalid interruption \"25h\"; expected a number and "
	    "ms, s, min or h, from 1ms to 24h, such as 30s\n" },
	{ "recovery 0", WATCH("\nrecovery = 0"),
	    "c.conf:2: invalid recovery \"0\"; expected 1 to 1000000 "
	    "heartbeats\n" },
	{ "recovery too large", WATCH("\nrecovery = 1000001"),
	    "c.conf:2: invalid recovery \"1000001\"; expected 1 to 1000000 "
	    "heartbeats\n" },
	{ "enabled maybe", WATCH("\nenabled = 1"),
	    "c.conf:2: invalid enabled \"1\"; expected true, false, yes, "
	    "no, on or off\n" },
	{ "watch twice", WATCH("") WATCH("") "\n" WATCH(""),
	    "c.conf:2: watch \"w\" is given twice, first at c.conf:1; "
	    "expected another name\n"
	    "c.conf:4: watch \"w\" is given twice, first at c.conf:1; "
	    "expected another name\n" },
	{ "option twice", WATCH("\nrole = a\nrole = b"),
	    "c.conf:3: role is given twice, first at c.conf:2; expected "
	    "once\n" },
	{ "option of the top twice", "host = a\n\nhost = b",
	    "c.conf:3: host is given twice, first at c.conf:1; expected "
	    "once\n" },
	{ "list twice", "snmp = { a,\n b }\nsnmp = { c,\n d }",
	    "c.conf:3: snmp is given twice, first at c.conf:1; expected "
	    "once, or \"+=\" to add to the list\n" },
	{ "list emptied", "snmp = { a }\nsnmp = { }",
	    "c.conf:1: snmp is given twice, the second time empty; "
	    "expected once\n" },
	{ "name empty", "watch '' { interface = e peer = ::1 heartbeat = ip }",
	    "c.conf:1: empty watch name \"\"; expected 1 to 255 bytes of "
	    "UTF-8 text without control characters\n" },
	{ "name of blanks", "source = '  '",
	    "c.conf:1: empty source \"  \"; expected 1 to 255 bytes of "
	    "UTF-8 text without control characters\n" },
	{ "newline in a name", "source = \"a\\nb\"",
	    "c.conf:1: control character in source \"a\\x0ab\"; expected 1 "
	    "to 255 bytes of UTF-8 text without control characters\n" },
	{ "C1 control in a name", "source = '\xc2\x9b'",
	    "c.conf:1: control character in source \"\\xc2\\x9b\"; "
	    "expected 1 to 255 bytes of UTF-8 text without control "
	    "characters\n" },
	{ "not UTF-8", "source = \"Z\xfcrich\"",
	    "c.conf:1: invalid UTF-8 in source \"Z\\xfcrich\"; expected 1 "
	    "to 255 bytes of UTF-8 text without control characters\n" },
	{ "UTF-8 overlong", "source = '\xc0\xaf'",
	    "c.conf:1: invalid UTF-8 in source \"\\xc0\\xaf\"; expected 1 "
	    "to 255 bytes of UTF-8 text without control characters\n" },
	{ "UTF-8 surrogate", "source = '\xed\xa0\x80'",
	    "c.conf:1: invalid UTF-8 in source \"\\xed\\xa0\\x80\"; "
	    "expected 1 to 255 bytes of UTF-8 text without control "
	    "characters\n" },
	{ "NUL by escape", "source = \"a\\0\"\nrole = \"b\\x00\"",
	    "c.conf:1: invalid escape sequence \"\\0\"; expected \\001 to "
	    "\\377 or \\x01 to \\xff\n"
	    "c.conf:2: invalid escape sequence \"\\x00\"; expected \\001 "
	    "to \\377 or \\x01 to \\xff\n" },
	{ "directive empty", "snmp = { a,\n '' }",
	    "c.conf:2: empty snmp; expected 1 to 4095 bytes of UTF-8 text "
	    "without control characters\n" },
	{ "options unknown", "foo = 1\nfoo = 2\n"
	    WATCH("\nbar = 'x' role = ''"),
	    "c.conf:1: unknown option \"foo\"; " OF_TOP
	    "c.conf:2: unknown option \"foo\"; " OF_TOP
	    "c.conf:4: unknown option \"bar\"; " OF_WATCH
	    "c.conf:4: empty role \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "sections unknown", "wacth w {\ninterface = e }\n"
	    "wacth v { }\nfoo { a = 1 }\nsource = ''",
	    "c.conf:1: unknown option \"wacth\"; " OF_TOP
	    "c.conf:3: unknown option \"wacth\"; " OF_TOP
	    "c.conf:4: unknown option \"foo\"; " OF_TOP
	    "c.conf:5: empty source \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "section unknown in a watch", WATCH("\nfoo bar { a = 1 }\nrole = ''"),
	    "c.conf:2: unknown option \"foo\"; " OF_WATCH
	    "c.conf:3: empty role \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "list unknown", "foo = { a, b }\nsource = ''",
	    "c.conf:1: unknown option \"foo\"; " OF_TOP
	    "c.conf:2: empty source \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "section called root", "source = ''\nroot r { }",
	    "c.conf:1: empty source \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n"
	    "c.conf:2: unknown option \"root\"; " OF_TOP },
	{ "option without a name", WATCH("'' = 5"),
	    "c.conf:1: unknown option \"\"; " OF_WATCH },
	{ "path for a name", "watch|w = 5\n'watch=w|peer' = 6",
	    "c.conf:1: unknown option \"watch|w\"; " OF_TOP
	    "c.conf:2: unknown option \"watch=w|peer\"; " OF_TOP },
	{ "no quotes", "watch w { interface = e peer = ::1\n"
	    "heartbeat = udp 5\n}",
	    "c.conf:2: unexpected \"5\"; expected NAME = VALUE or a "
	    "section; a value with blanks must be in quotes\n"
	    "c.conf:2: heartbeat \"udp\": expected \"udp PORT\"\n" },
	{ "stray character", "source = a*\nrole = +b\nhost = ''",
	    "c.conf:1: unexpected \"*\"; a value with this character must "
	    "be in quotes\n"
	    "c.conf:2: unexpected \"+\"; a value with this character must "
	    "be in quotes\n"
	    "c.conf:3: empty host \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "brace missing at the end", "source = ''\nwatch w\n{\npeer = x",
	    "c.conf:1: empty source \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n"
	    "c.conf:2: section is not closed: missing }\n"
	    "c.conf:4: invalid peer \"x\"; expected numeric addresses of "
	    "nodes, such as 192.0.2.12 or 192.0.2.16/28\n" },
	{ "brace missing before a watch", "\nwatch w {\npeer = x\n" WATCH(""),
	    "c.conf:3: invalid peer \"x\"; expected numeric addresses of "
	    "nodes, such as 192.0.2.12 or 192.0.2.16/28\n"
	    "c.conf:4: section of line 2 is not closed: missing }\n"
	    "c.conf:4: watch \"w\" is given twice, first at c.conf:2; "
	    "expected another name\n" },
	{ "brace missing before an alarm", "watch w {\nalarm 5 { name = x }",
	    "c.conf:2: section of line 1 is not closed: missing }\n" },
	{ "brace too many", "watch w { interface = '' peer = ::1 "
	    "heartbeat = ip }\n}\nhost = ''",
	    "c.conf:1: invalid interface \"\"; expected 1 to 15 characters "
	    "without blanks or slashes\n"
	    "c.conf:2: unexpected \"}\"; expected NAME = VALUE or a "
	    "section\n"
	    "c.conf:3: empty host \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "string without an end", "host = ''\nsource = 'a",
	    "c.conf:1: empty host \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n"
	    "c.conf:2: string is not closed: missing '\n" },
	{ "comment without an end", WATCH("") "watch v {\n/* }\n\n",
	    "c.conf:3: comment is not closed: missing */\n" },
	{ "variable without an end", "source = \"${a\"\nrole = ''",
	    "c.conf:1: \"${\" is not closed: missing }; expected "
	    "${VARIABLE}, or the text in single quotes\n"
	    "c.conf:2: empty role \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "addition to no list", "host += a",
	    "c.conf:1: unexpected \"+=\"; expected \"=\" after host\n" },
	{ "list for an option", "host = { a }",
	    "c.conf:1: unexpected \"{\"; expected a value\n" },
	{ "value missing", "host =",
	    "c.conf:1: unexpected end of the file; expected a value\n" },
	{ "watch without a title", "watch { }",
	    "c.conf:1: unexpected \"{\"; expected watch \"NAME\" {\n" },
	{ "watch without a brace", "watch w interface",
	    "c.conf:1: unexpected \"interface\"; expected \"{\" after the "
	    "title\n" },
	/* alarm 5 may be beyond the error of syntax */
	{ "alarm after an error of syntax", WATCH("alarm = 5") "}\n"
	    "alarm 5 { name = x }",
	    "c.conf:2: unexpected \"}\"; expected NAME = VALUE or a "
	    "section\n" },
};

#define REFUSED	(sizeof(refused) / sizeof(refused[0]))

static void
refuse_one(void **state)
{
	const struct refused *r = *state;

	refuse(r->text, strlen(r->text), r->errors);
}

static int
refuse_all(void)
{
	struct CMUnitTest	 tests[REFUSED];
	size_t			 i;

	for (i = 0; i < REFUSED; i++)
		tests[i] = (struct CMUnitTest){
			.name = refused[i].name,
			.test_func = refuse_one,
			.initial_state = (void *)(uintptr_t)&refused[i],
		};
	return (cmocka_run_group_tests_name("refused", tests, directory_enter,
	    directory_leave));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_of_the_contract),
		cmocka_unit_test(alarms_built_in),
		cmocka_unit_test(alarms_of_the_file),
		cmocka_unit_test(watch_defaults),
		cmocka_unit_test(watch_service_of_the_alarm),
		cmocka_unit_test(top_defaults),
		cmocka_unit_test(watch_order),
		cmocka_unit_test(watch_outlives),
		cmocka_unit_test(watches_share_texts),
		cmocka_unit_test(peers_of_a_list),
		cmocka_unit_test(peers_of_a_prefix),
		cmocka_unit_test(peers_of_two_sections),
		cmocka_unit_test(history_and_storm),
		cmocka_unit_test(include_files),
		cmocka_unit_test(include_depth),
		cmocka_unit_test(include_pipe),
		cmocka_unit_test(include_as_a_word),
		cmocka_unit_test(names_of_greatest_length),
		cmocka_unit_test(watch_enabled),
		cmocka_unit_test(peer_left_out),
		cmocka_unit_test(heartbeat_blanks),
		cmocka_unit_test(snmp_appended),
		cmocka_unit_test(comments),
		cmocka_unit_test(escapes),
		cmocka_unit_test(foreign_lines),
		cmocka_unit_test(texts_of_greatest_length),
		cmocka_unit_test(key_of_greatest_length),
		cmocka_unit_test(many_watches),
		cmocka_unit_test(no_file),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(good_after_bad),
	};
	int failed;

	failed = cmocka_run_group_tests_name("accepted", tests,
	    directory_enter, directory_leave);
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	return (failed + refuse_all() == 0 ? 0 : 1);
}
