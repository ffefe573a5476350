/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sentences for operators: each signal, each cause.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "diagnosis/diagnosis_text.h"

#include "load.h"

#define NOON	((struct wall_time){ INT64_C(1795953600) * 1000000000 })

static struct configuration	*config;

static struct configuration_watch *
watch_of(const char *options)
{
	char	 text[1024];

	configuration_free(config);
	snprintf(text, sizeof(text), "alarm 45640 { repair-hostDown = "
	    "\"Call the data centre\" }\nalarm 9 { name = \"a\"\n"
	    "service-type = \"Other\" }\nwatch \"flinkserver\" {\n"
	    "interface = \"eth1\"\nrole = \"FlinkServer\"\n"
	    "%s%s\n}\n", strstr(options, "heartbeat") != NULL ? "" :
	    "heartbeat = \"udp 20053\"\n", options);
	config = load(text);
	assert_non_null(config);
	return (config->watches[0]);
}

/* The names are those of hbwEvidenceName. */
static void
names(void **state)
{
	static const char *const	 expected[] = {
		"", "peerAnnouncedStop", "peerClosedConnection", "portRefused",
		"administrativelyProhibited", "hostUnreachable",
		"peerSendsOtherTraffic", "peerAcknowledgesOnly",
		"peerDoesNotHearUs", "arpUnanswered", "peerRebooted",
		"ourHeartbeats", "localPortOpen", "carrier", "segmentAlive",
		"otherPeersAlive", "heartbeatsThinned", "otherActive",
		"floatingIpOwner", "floatingIpFits", "logMessage",
		"handshakeFails", "pingAnswered", "",
	};
	unsigned			 i;

	(void)state;
	for (i = 0; i <= EVIDENCE_MAX + 1; i++)
		assert_string_equal(evidence_name(i), expected[i]);
}

static struct evidence_signal
signal_of(enum evidence_state state, unsigned code, uint32_t count)
{
	struct evidence_signal	 s = {
		.at = NOON, .state = (uint8_t)state, .code = (uint8_t)code,
		.count = count, .port = 20053,
	};

	assert_true(addr_parse("192.0.2.12", &s.address));
	return (s);
}

/* Each signal has a text in each state and with any code. */
static void
each_signal(void **state)
{
	struct evidence_signal	 s;
	unsigned		 i, code, what;
	char			 text[EVIDENCE_TEXT_SIZE];

	(void)state;
	for (i = 1; i <= EVIDENCE_MAX; i++)
		for (what = 0; what <= EVIDENCE_PRESENT; what++)
			for (code = 0; code < 256; code++) {
				s = signal_of(what, code, UINT32_MAX);
				evidence_text(i, &s, text);
				assert_in_range(strlen(text), 8,
				    sizeof(text) - 1);
			}
}

static void
signals(void **state)
{
	static const struct {
		enum evidence_number	 number;
		enum evidence_state	 state;
		unsigned		 code;
		uint32_t		 count;
		const char		*text;
	} rows[] = {
		{ EVIDENCE_PORT_REFUSED, EVIDENCE_PRESENT, 3, 1,
		  "ICMP port unreachable from 192.0.2.12 for UDP 20053 at "
		  "12:00:00" },
		{ EVIDENCE_PORT_REFUSED, EVIDENCE_PRESENT, EVIDENCE_CODE_RST,
		  3, "TCP connection refused (RST) from 192.0.2.12 for TCP "
		  "20053, last at 12:00:00 (3 times)" },
		{ EVIDENCE_PEER_CLOSED_CONNECTION, EVIDENCE_PRESENT, 1, 1,
		  "the peer closed the connection (FIN) of port 20053 at "
		  "12:00:00" },
		{ EVIDENCE_HOST_UNREACHABLE, EVIDENCE_PRESENT, 0, 1,
		  "ICMP network unreachable from 192.0.2.12 for port 20053 at "
		  "12:00:00" },
		{ EVIDENCE_ARP_UNANSWERED, EVIDENCE_PRESENT, 1, 4,
		  "ARP requests for the peer are not answered, last at "
		  "12:00:00 (4 times)" },
		{ EVIDENCE_ARP_UNANSWERED, EVIDENCE_ABSENT, 0, 0,
		  "the peer answers ARP" },
		{ EVIDENCE_CARRIER, EVIDENCE_ABSENT, 2, 0,
		  "the interface is set down" },
		{ EVIDENCE_LOG_MESSAGE, EVIDENCE_UNKNOWN, 2, 0,
		  "the log is not read yet" },
		{ EVIDENCE_LOG_MESSAGE, EVIDENCE_UNKNOWN, 3, 0,
		  "the log has a line that matches, but it is not known when "
		  "the line was written" },
		{ EVIDENCE_PEER_OTHER_TRAFFIC, EVIDENCE_UNKNOWN, 0, 0,
		  "not known" },
	};
	struct evidence_signal	 s;
	size_t			 i;
	char			 text[EVIDENCE_TEXT_SIZE];

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = signal_of(rows[i].state, rows[i].code, rows[i].count);
		assert_string_equal(evidence_text(rows[i].number, &s, text),
		    rows[i].text);
	}
	/* An alarm of two active nodes has no time in its signal. */
	s = (struct evidence_signal){ .state = EVIDENCE_PRESENT };
	assert_string_equal(evidence_text(EVIDENCE_OTHER_ACTIVE, &s, text),
	    "two nodes send in turn");
}

/* The reason is in the text. */
static void
unreadable_log(void **state)
{
	static const struct {
		int		 error;
		const char	*text;
	} rows[] = {
		{ 0, "the log cannot be read" },
		{ EACCES, "the log cannot be read: Permission denied" },
		{ EINVAL, "the log cannot be read: not a regular file" },
	};
	struct evidence_signal	 s = signal_of(EVIDENCE_UNKNOWN,
	    EVIDENCE_LOG_UNREADABLE, 0);
	size_t			 i;
	char			 text[EVIDENCE_TEXT_SIZE];

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s.port = (uint16_t)rows[i].error;
		assert_string_equal(evidence_text(EVIDENCE_LOG_MESSAGE, &s,
		    text), rows[i].text);
	}
}

static struct verdict
verdict_with(enum cause cause, enum cause_side side,
    enum evidence_number number)
{
	return ((struct verdict){ .cause = (uint8_t)cause,
	    .side = (uint8_t)side, .number = (uint8_t)number,
	    .decided = signal_of(EVIDENCE_PRESENT, 3, 1) });
}

static void
details(void **state)
{
	struct configuration_watch	*w = watch_of("peer = \"192.0.2.12\"");
	struct verdict			 v;
	char				 text[DIAGNOSIS_DETAIL_SIZE];

	(void)state;
	v = verdict_with(CAUSE_INSTANCE_STOPPED, CAUSE_SIDE_PEER,
	    EVIDENCE_PORT_REFUSED);
	v.decided.mac.octets[0] = 2;
	assert_string_equal(diagnosis_detail(w, &v, text),
	    "ICMP port unreachable at 12:00:00: "
	    "the instance is not running");
	/* How often is in hbwEvidenceTable; another sender is named. */
	v.decided.count = 12;
	assert_true(addr_parse("192.0.2.1", &v.decided.address));
	assert_string_equal(diagnosis_detail(w, &v, text),
	    "ICMP port unreachable from 192.0.2.1 at 12:00:00: "
	    "the instance is not running");
	v = verdict_with(CAUSE_UNKNOWN, CAUSE_SIDE_UNKNOWN, 0);
	assert_string_equal(diagnosis_detail(w, &v, text), "");
}

/* Each cause, side and signal: nothing is left to replace, or cut. */
static void
each_cause(void **state)
{
	struct configuration_watch	*w = watch_of("peer = \"192.0.2.12\"\n"
	    "log = \"/var/log/Bigdata/flink/flinkserver/prestart.log\"");
	struct verdict			 v;
	unsigned			 cause, side, number;
	char				 text[DIAGNOSIS_REPAIR_SIZE];

	(void)state;
	for (cause = 0; cause <= CAUSE_MAX + 1; cause++)
		for (side = 0; side <= CAUSE_SIDE_MAX; side++)
			for (number = 0; number <= EVIDENCE_MAX; number++) {
				v = verdict_with(cause, side, number);
				diagnosis_repair(w, &v, text);
				assert_in_range(strlen(text), 10,
				    sizeof(text) - 10);
				assert_null(strchr(text, '%'));
				diagnosis_detail(w, &v, text);
				assert_null(strchr(text, '%'));
			}
}

static void
repairs(void **state)
{
	struct configuration_watch	*w, damaged;
	struct configuration_profile	 profile;
	struct verdict			 v = verdict_with(
	    CAUSE_INSTANCE_STOPPED, CAUSE_SIDE_PEER, EVIDENCE_PORT_REFUSED);
	char				 text[DIAGNOSIS_REPAIR_SIZE];

	(void)state;
	w = watch_of("peer = \"192.0.2.12\"\nlog = \"/var/log/p.log\"");
	assert_string_equal(diagnosis_repair(w, &v, text),
	    "Start the FlinkServer instance on 192.0.2.12; if it does not "
	    "start, look for \"Float ip\" in .../p.log and correct "
	    "flink.ha.floatip");
	/* A path that only a damaged state file can have. */
	damaged = *w;
	profile = *w->profile;
	profile.log = "p.log";
	damaged.profile = &profile;
	assert_non_null(strstr(diagnosis_repair(&damaged, &v, text),
	    " in .../p.log and "));
	/* Without a peer and a log, and another service. */
	w = watch_of("alarm = 9\nheartbeat = \"vrrp 51\"\n"
	    "peer-host = \"node-2\"");
	assert_string_equal(diagnosis_repair(w, &v, text),
	    "Start the FlinkServer instance on node-2; if it does not start, "
	    "look for \"Float ip\" in its log and correct the floating IP "
	    "address");
	/* Other packets of the peer do not rule out a filter. */
	v = verdict_with(CAUSE_PEER_HUNG, CAUSE_SIDE_PEER,
	    EVIDENCE_PEER_OTHER_TRAFFIC);
	w = watch_of("peer = \"192.0.2.12\"");
	assert_string_equal(diagnosis_repair(w, &v, text),
	    "Check the FlinkServer instance on 192.0.2.12: its process, its "
	    "load and its log; if it runs well, look for a firewall that drops "
	    "udp 20053");

	/* The text of the alarm. */
	v = verdict_with(CAUSE_HOST_DOWN, CAUSE_SIDE_PEER,
	    EVIDENCE_ARP_UNANSWERED);
	w = watch_of("peer = \"192.0.2.12\"");
	assert_string_equal(diagnosis_repair(w, &v, text),
	    "Call the data centre");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(each_signal),
		cmocka_unit_test(signals),
		cmocka_unit_test(unreadable_log),
		cmocka_unit_test(details),
		cmocka_unit_test(each_cause),
		cmocka_unit_test(repairs),
	};
	int	 failed = cmocka_run_group_tests(tests, NULL, NULL);

	configuration_free(config);
	return (failed);
}
