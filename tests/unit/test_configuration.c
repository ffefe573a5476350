/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mono.h"
#include "config_file.h"
#include "diagnosis/cause.h"

static void
assert_addr(const struct addr *a, const char *expected)
{
	char text[ADDR_TEXT_SIZE];

	assert_string_equal(addr_text(a, text), expected);
}

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
	assert_int_equal(c->nalarms, 5);
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
	assert_int_equal(c->nalarms, 5);
	assert_alarm(c->alarms[0], 12010, "Manager Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_MAJOR,
	    "Heartbeat", "Manager", 7 * NSEC_PER_SEC);
	assert_alarm(c->alarms[1], 27003, "DBService Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_MAJOR,
	    "Heartbeat", "FusionInsight Manager", 7 * NSEC_PER_SEC);
	assert_alarm(c->alarms[2], 45640, "FlinkServer Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_MINOR,
	    "Heartbeat", "Flink", 30 * NSEC_PER_SEC);
	assert_alarm(c->alarms[3], 46003, "MOTService Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_MAJOR,
	    "Heartbeat", "MOTService", 7 * NSEC_PER_SEC);
	assert_alarm(c->alarms[4], 45640001, "Two Active Nodes",
	    SEVERITY_CRITICAL, "Heartbeat", "", 5 * NSEC_PER_SEC);
	configuration_free(c);
}

/* The id of the alarm for two active nodes of each watch; 0: none. */
static void
dual_active(void **state)
{
	static const uint32_t	 ids[] = {
		45640001, 45640001, 45640001, 45640001, 0, 0, 7, 0, 0,
	};
	struct configuration	*c;
	const struct configuration_profile *p;
	size_t			 i;

	(void)state;
	c = load("alarm 7 { name = \"seven\" }\n"
	    "alarm 45640001 { severity = major interruption = 9s }\n"
	    "watch \"a\" { interface = \"eth1\" heartbeat = \"vrrp 1\" }\n"
	    "watch \"b\" { interface = \"eth1\" heartbeat = \"carp 1\""
	    " peer = \"192.0.2.12\" }\n"
	    "watch \"c\" { interface = \"eth1\" heartbeat = \"hsrp 1\""
	    " enabled = false }\n"
	    "watch \"d\" { interface = \"eth1\" heartbeat = \"udp 7\""
	    " peer = \"192.0.2.12\" floating-ip = \"2001:db8::10\" }\n"
	    "watch \"e\" { interface = \"eth1\" heartbeat = \"udp 7\""
	    " peer = \"192.0.2.12\" dual-active = none }\n"
	    "watch \"f\" { interface = \"eth1\" heartbeat = \"vrrp 1\""
	    " dual-active = none }\n"
	    "watch \"g\" { interface = \"eth1\" heartbeat = \"vrrp 1\""
	    " dual-active = 7 }\n"
	    "watch \"h\" { interface = \"eth1\" heartbeat = \"ip\""
	    " peer = \"192.0.2.12\" }\n"
	    "watch \"i\" { interface = \"eth1\" heartbeat = \"vrrp 1\""
	    " alarm = 45640001 }\n");
	assert_int_equal(c->nwatches, sizeof(ids) / sizeof(ids[0]));
	for (i = 0; i < c->nwatches; i++) {
		p = c->watches[i]->profile;
		if (ids[i] == 0)
			assert_null(p->dual);
		else
			assert_int_equal(p->dual->id, ids[i]);
	}
	assert_addr(&c->watches[3]->profile->floating_ip, "2001:db8::10");
	assert_int_equal(c->watches[0]->profile->floating_ip.family,
	    ADDR_NONE);
	assert_int_equal(c->watches[0]->profile->dual->severity,
	    SEVERITY_MAJOR);
	assert_int_equal(c->watches[0]->profile->dual->interruption_ns,
	    9 * NSEC_PER_SEC);
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
	assert_int_equal(c->nalarms, 7);
	assert_alarm(c->alarms[0], 1, "one", SEVERITY_MINOR, "Heartbeat", "",
	    30 * NSEC_PER_SEC);
	assert_alarm(c->alarms[1], 12010, "Manager Heartbeat Interruption "
	    "Between the Active and Standby Nodes", SEVERITY_CRITICAL,
	    "Heartbeat", "Manager", 7 * NSEC_PER_SEC);
	assert_string_equal(c->alarms[3]->service_type, "");
	assert_alarm(c->alarms[6], 2147483647, "last", SEVERITY_WARNING, "T",
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

/* If the alarm has no service type, the service is the watch's name. */
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

/* Defaults apply to all watches; an option of the watch overrides them. */
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

/* An option of one watch has no effect on the next one. */
static void
watches_apart(void **state)
{
	struct configuration			*c;
	const struct configuration_profile	*w;

	(void)state;
	c = load("watch v { interface = e heartbeat = 'udp 7' peer = { ::2 }\n"
	    "  local = ::1 alarm = 12010 interruption = 5s recovery = 2\n"
	    "  enabled = no source = s service = t role = r host = h }\n"
	    "source = top\n" WATCH(""));
	w = c->watches[1]->profile;
	assert_string_equal(c->watches[1]->name, "w");
	assert_int_equal(w->local.family, ADDR_NONE);
	assert_int_equal(w->alarm->id, 45640);
	assert_int_equal(w->interruption_ns, 30 * NSEC_PER_SEC);
	assert_int_equal(w->recovery, 1);
	assert_true(w->enabled);
	assert_string_equal(w->source, "top");
	assert_string_equal(w->service, "Flink");
	assert_string_equal(w->role, "w");
	configuration_free(c);
}

/* A watch that is still referenced outlives its configuration. */
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

/* Equal strings of two sections are interned. */
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

/* Each peer of a list has NAME@ADDRESS; a single address has NAME. */
static void
peers_of_a_list(void **state)
{
	static const char *const one[] = { "w", NULL };
	static const char *const listed[] = { "w@192.0.2.1", NULL };
	static const char *const added[] = { "w@::1", "w@::2", NULL };
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
	    "peer += ::1 peer += ::2 }");
	assert_watches(c, added);
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

/* The role is by default the title of the section, without the address. */
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

/* The lists of two sections do not mix. */
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
history_storm_rate_and_realtime(void **state)
{
	static const char *const	 storms[] = { "storm = 100 in 10s",
					    "storm = \"100 in 10s\"",
					    "storm=100  in\t10s # often",
					    "storm = '100   in 10s'",
					    "host=a storm=100 in 10s role=b" };
	struct configuration		*c;
	size_t				 i;

	(void)state;
	c = load("");
	assert_int_equal(c->history, 10000);
	assert_int_equal(c->storm.limit, 80);
	assert_int_equal(c->storm.window_ns, 5 * NSEC_PER_SEC);
	assert_int_equal(c->rate, 1000);
	assert_int_equal(c->realtime, 0);
	configuration_free(c);
	c = load("storm = off\nrate = 1");
	assert_int_equal(c->storm.limit, 0);
	assert_int_equal(c->storm.window_ns, 0);
	assert_int_equal(c->rate, 1);
	configuration_free(c);
	for (i = 0; i < sizeof(storms) / sizeof(storms[0]); i++) {
		c = load(storms[i]);
		assert_int_equal(c->storm.limit, 100);
		assert_int_equal(c->storm.window_ns, 10 * NSEC_PER_SEC);
		configuration_free(c);
	}
	c = load("history = 100\nstorm = 1000000 in 1h\nrate = 1000000\n"
	    "realtime = 20\n" WATCH(""));
	assert_int_equal(c->history, 100);
	assert_int_equal(c->storm.limit, 1000000);
	assert_int_equal(c->storm.window_ns, 3600 * NSEC_PER_SEC);
	assert_int_equal(c->rate, 1000000);
	assert_int_equal(c->realtime, 20);
	assert_int_equal(c->watches[0]->profile->line, 5);
	configuration_free(c);
}

static void
quiet_and_control(void **state)
{
	const struct configuration_profile	*w;
	struct configuration			*c;

	(void)state;
	c = load(WATCH(""));
	w = c->watches[0]->profile;
	assert_int_equal(c->alive_ns, 0);
	assert_int_equal(c->reminder_ns, 0);
	assert_string_equal(c->control, "/run/hbwatch/control");
	assert_int_equal(c->shelve_most_ns, 7 * 24 * 3600 * NSEC_PER_SEC);
	assert_int_equal(w->hold_down_ns, 0);
	assert_int_equal(w->flapping.limit, 0);
	configuration_free(c);
	c = load("alive = 1min reminder = 24h control = /c shelve-most = 366d\n"
	    WATCH("hold-down = 24h flapping = 5 in 10min"));
	w = c->watches[0]->profile;
	assert_int_equal(c->alive_ns, 60 * NSEC_PER_SEC);
	assert_int_equal(c->reminder_ns, 24 * 3600 * NSEC_PER_SEC);
	assert_string_equal(c->control, "/c");
	assert_int_equal(c->shelve_most_ns, 366 * 24 * 3600 * NSEC_PER_SEC);
	assert_int_equal(w->hold_down_ns, 24 * 3600 * NSEC_PER_SEC);
	assert_int_equal(w->flapping.limit, 5);
	assert_int_equal(w->flapping.window_ns, 600 * NSEC_PER_SEC);
	configuration_free(c);
	c = load("alive = off reminder = Off control = '' shelve-most = 1min\n"
	    WATCH("hold-down = 0s flapping = off"));
	w = c->watches[0]->profile;
	assert_int_equal(c->alive_ns, 0);
	assert_int_equal(c->reminder_ns, 0);
	assert_string_equal(c->control, "");
	assert_int_equal(c->shelve_most_ns, 60 * NSEC_PER_SEC);
	assert_int_equal(w->hold_down_ns, 0);
	assert_int_equal(w->flapping.limit, 0);
	configuration_free(c);
}

static void
sizes_of_evidence(void **state)
{
	struct configuration	*c;

	(void)state;
	c = load("");
	assert_true(c->evidence == 8 << 20);
	assert_true(c->evidence_files == 256 << 20);
	configuration_free(c);
	c = load("evidence = 0\nevidence-files = '64 kB'\n");
	assert_true(c->evidence == 0);
	assert_true(c->evidence_files == 64 << 10);
	configuration_free(c);
	c = load("evidence = 64GB\nevidence-files = 3MB\n");
	assert_true(c->evidence == UINT64_C(64) << 30);
	assert_true(c->evidence_files == 3 << 20);
	configuration_free(c);
}

static void
names_of_greatest_length(void **state)
{
	char	 text[600], name[256], expected[256], *errors;
	int	 spare;

	(void)state;
	memset(name, 'n', sizeof(name));
	/* The rest of the key is "s/t/r/h//45640" and "@192.0.2.10". */
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
	/* A second error, about the key, depends on the name of this host. */
	assert_null(file_load(FILE_NAME, &errors));
	assert_memory_equal(errors, expected, strlen(expected));
	free(errors);
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
watch_decapsulate(void **state)
{
	static const char *const	 texts[] = {
		WATCH(""), WATCH("decapsulate = false"),
		WATCH("decapsulate = true"),
	};
	struct configuration		*c;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		c = load(texts[i]);
		assert_int_equal(c->watches[0]->profile->decapsulate, i == 2);
		configuration_free(c);
	}
}

static void
watch_diagnosis(void **state)
{
	static const char		 text[] = WATCH(
	    "peer-host = node-2 log = \"/var/log/x.log\" probe = ping");
	static const char		 pattern[] = WATCH(
	    "log = \"/x\" log-pattern = \"a|b\" probe = none");
	const struct configuration_profile *p;
	struct configuration		*c;

	(void)state;
	c = load(WATCH(""));
	p = c->watches[0]->profile;
	assert_null(p->peer_host);
	assert_null(p->log);
	assert_null(p->log_pattern);
	assert_false(p->ping);
	configuration_free(c);
	c = load(text);
	p = c->watches[0]->profile;
	assert_string_equal(p->peer_host, "node-2");
	assert_string_equal(p->log, "/var/log/x.log");
	assert_string_equal(p->log_pattern, "Float ip .* is invalid");
	assert_true(p->ping);
	configuration_free(c);
	c = load(pattern);
	p = c->watches[0]->profile;
	assert_string_equal(p->log_pattern, "a|b");
	assert_false(p->ping);
	configuration_free(c);
}

/* The options have the names and the numbers of the causes. */
static void
repair_texts(void **state)
{
	struct configuration		*c;
	const struct configuration_alarm *alarm;
	char				 text[512];
	int				 cause, other;

	(void)state;
	assert_int_equal(CONFIGURATION_REPAIRS, CAUSE_MAX + 1);
	for (cause = CAUSE_UNKNOWN; cause <= CAUSE_MAX; cause++) {
		snprintf(text, sizeof(text), "alarm 1 { name = a repair-%s = "
		    "\"do it\" }\n", cause_text(cause));
		c = load(text);
		alarm = c->alarms[0];
		assert_int_equal(alarm->id, 1);
		for (other = CAUSE_UNKNOWN; other <= CAUSE_MAX; other++)
			if (other == cause)
				assert_string_equal(alarm->repair[other],
				    "do it");
			else
				assert_null(alarm->repair[other]);
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
vlans(void **state)
{
	struct configuration	*c;

	(void)state;
	c = load(WATCH("vlan = 7") "watch q { interface = e peer = ::1\n"
	    "  heartbeat = ip vlan = 100.7 }\n"
	    "watch n { interface = e peer = ::1 heartbeat = ip\n"
	    "  vlan = \"none\" }\n"
	    "watch any { interface = e peer = ::1 heartbeat = ip }\n");
	assert_int_equal(c->watches[0]->profile->vlan, 7);
	assert_int_equal(c->watches[1]->profile->vlan, 100 << 12 | 7);
	assert_int_equal(c->watches[2]->profile->vlan, VLAN_NONE);
	assert_int_equal(c->watches[3]->profile->vlan, VLAN_ANY);
	configuration_free(c);
}

static void
peer_mac_and_hop_limit(void **state)
{
	static const uint8_t		 mac[] = { 2, 0, 0, 0x0a, 0xbc, 0xff };
	struct configuration		*c;
	struct configuration_profile	*p;

	(void)state;
	c = load(WATCH("peer-mac = \"02:00:00:0a:BC:ff\" hop-limit = 255")
	    "watch q { interface = e peer = ::1 heartbeat = ip\n"
	    "  peer-mac = 02-00-00-0a-bc-ff hop-limit = 1 }\n"
	    "watch any { interface = e peer = ::1 heartbeat = ip }\n");
	p = c->watches[0]->profile;
	assert_true(p->has_peer_mac);
	assert_memory_equal(p->peer_mac.octets, mac, sizeof(mac));
	assert_int_equal(p->hop_limit, 255);
	p = c->watches[1]->profile;
	assert_true(p->has_peer_mac);
	assert_memory_equal(p->peer_mac.octets, mac, sizeof(mac));
	assert_int_equal(p->peer_mac_line, p->line + 1);
	assert_int_equal(p->hop_limit, 1);
	p = c->watches[2]->profile;
	assert_false(p->has_peer_mac);
	assert_int_equal(p->hop_limit, 0);
	configuration_free(c);
}

static void
heartbeat_blanks(void **state)
{
	struct configuration *c;

	(void)state;
	c = load("watch w { interface = e peer = ::1\n"
	    "  heartbeat = \"  bpf \\t udp\n\\v\\f\\r port  5 \" }\n");
	assert_string_equal(c->watches[0]->profile->heartbeat,
	    "bpf udp port 5");
	assert_string_equal(c->watches[0]->profile->form.expression,
	    "udp port 5");
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

/* The key is SOURCE/v/r/h/w/45640. */
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

/* A text that a trap handler could run as a command, in each option. */
static void
shell_characters(void **state)
{
	static const char	 characters[] = ";&|<>()$`\\\"'";
	static const char *const options[] = {
		"source", "service", "role", "host",
	};
	struct configuration	*c;
	char			 text[1024], expected[1024];
	size_t			 i;

	(void)state;
	for (i = 0; characters[i] != '\0'; i++) {
		snprintf(text, sizeof(text), WATCH("\n\nrole = \"x\\x%02x\""),
		    characters[i]);
		c = load(text);
		snprintf(expected, sizeof(expected), " has the shell character "
		    "'%c'; a trap handler", characters[i]);
		assert_non_null(strstr(c->warnings, expected));
		assert_int_equal(strncmp(c->warnings,
		    "c.conf:3: warning: role ", 24), 0);
		assert_int_equal(c->watches[0]->profile->role[1],
		    characters[i]);
		configuration_free(c);
	}
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		snprintf(text, sizeof(text), "\n%s = 'a; b'\n%s",
		    options[i], WATCH(""));
		c = load(text);
		snprintf(expected, sizeof(expected), "c.conf:2: warning: %s "
		    "\"a; b\" has the shell character ';'; a trap handler that "
		    "gives the text to a shell, such as EXEC of SNMPTT, may run "
		    "a part of it as a command\n", options[i]);
		assert_string_equal(c->warnings, expected);
		configuration_free(c);
	}
}

/* They are in the order of the file, and each text has one. */
static void
warnings_of_sections(void **state)
{
	struct configuration	*c;
	const char		*line;
	size_t			 i;
	static const char *const begin[] = {
		("c.conf:1: warning: watch name \"a$(b)\" has the shell "
		    "character '$';"),
		"c.conf:1: warning: interface \"e;0\" ",
		"c.conf:3: warning: name \"n|\" ",
		"c.conf:4: warning: type \"t`\" ",
		"c.conf:5: warning: service-type \"s>\" ",
	};

	(void)state;
	c = load("watch 'a$(b)' { interface = 'e;0' peer = 192.0.2.1 "
	    "heartbeat = 'bpf (udp) && len > 5' }\nalarm 7 {\nname = 'n|'\n"
	    "type = 't`'\nservice-type = 's>' }\n");
	line = c->warnings;
	for (i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		assert_int_equal(strncmp(line, begin[i], strlen(begin[i])), 0);
		line = strchr(line, '\n') + 1;
	}
	assert_string_equal(line, "");
	configuration_free(c);
	c = load("source = 'Rack 5, row #7: {a} [b] 100% ~*?!'\n" WATCH(""));
	assert_string_equal(c->warnings, "");
	configuration_free(c);
}

/* Only multicast is hidden from `any`. */
static void
group_on_any(void **state)
{
	static const struct {
		const char	*options;
		bool		 warns;
	} rows[] = {
		{ "interface = any heartbeat = 'vrrp 51'", true },
		{ "interface = any heartbeat = 'carp 7'", true },
		{ "interface = any heartbeat = 'hsrp 3'", true },
		{ "interface = eth1 heartbeat = 'vrrp 51'", false },
		{ "interface = any heartbeat = 'vrrp 51' enabled = no", false },
		{ "interface = any peer = 192.0.2.1 heartbeat = 'udp 5'",
		    false },
		{ "interface = any peer = 192.0.2.1 heartbeat = 'udp 5' "
		    "local = 239.1.1.1", true },
		{ "interface = any peer = ::1 heartbeat = corosync "
		    "local = ff05::7", true },
		{ "interface = any peer = 192.0.2.1 heartbeat = corosync "
		    "local = 192.0.2.2", false },
	};
	struct configuration	*c;
	char			 text[256];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "watch w {\n%s }\n",
		    rows[i].options);
		c = load(text);
		assert_int_equal(strncmp(c->warnings,
		    "c.conf:2: warning: interface \"any\" is not promiscuous: ",
		    54) == 0, rows[i].warns);
		if (!rows[i].warns)
			assert_string_equal(c->warnings, "");
		configuration_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_of_the_contract),
		cmocka_unit_test(alarms_built_in),
		cmocka_unit_test(dual_active),
		cmocka_unit_test(alarms_of_the_file),
		cmocka_unit_test(watch_defaults),
		cmocka_unit_test(watch_service_of_the_alarm),
		cmocka_unit_test(top_defaults),
		cmocka_unit_test(watch_order),
		cmocka_unit_test(watches_apart),
		cmocka_unit_test(watch_outlives),
		cmocka_unit_test(watches_share_texts),
		cmocka_unit_test(peers_of_a_list),
		cmocka_unit_test(peers_of_a_prefix),
		cmocka_unit_test(peers_of_two_sections),
		cmocka_unit_test(history_storm_rate_and_realtime),
		cmocka_unit_test(quiet_and_control),
		cmocka_unit_test(sizes_of_evidence),
		cmocka_unit_test(names_of_greatest_length),
		cmocka_unit_test(watch_enabled),
		cmocka_unit_test(watch_decapsulate),
		cmocka_unit_test(watch_diagnosis),
		cmocka_unit_test(repair_texts),
		cmocka_unit_test(peer_left_out),
		cmocka_unit_test(vlans),
		cmocka_unit_test(peer_mac_and_hop_limit),
		cmocka_unit_test(heartbeat_blanks),
		cmocka_unit_test(texts_of_greatest_length),
		cmocka_unit_test(key_of_greatest_length),
		cmocka_unit_test(many_watches),
		cmocka_unit_test(shell_characters),
		cmocka_unit_test(warnings_of_sections),
		cmocka_unit_test(group_on_any),
	};

	return (cmocka_run_group_tests(tests, directory_enter,
	    directory_leave));
}
