/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config_file.h"

/* The ends of errors about values of one kind. */
#define EXPECTED_DURATION	\
	"expected a number and ms, s, min or h, from 1ms to 24h, " \
	"such as 30s\n"
#define EXPECTED_VLAN	\
	"expected an id from 1 to 4094, two of them as OUTER.INNER, " \
	"or none\n"
#define EXPECTED_RECOVERY	"expected 1 to 1000000 heartbeats\n"
#define EXPECTED_TEXT	\
	"expected 1 to 255 bytes of UTF-8 text without control characters\n"
#define EXPECTED_PEERS	\
	"expected numeric addresses of nodes, " \
	"such as 192.0.2.12 or 192.0.2.16/28\n"

static const struct refused {
	const char	*name;
	const char	*text;
	const char	*errors;
} refused[] = {
	{ "missing interface", "\nwatch w { peer = ::1 heartbeat = ip }",
	    "c.conf:2: watch \"w\" has no interface; expected the one to "
	    "listen on\n" },
	{ "missing heartbeat", "watch w { peer = ::1\n interface = e }",
	    "c.conf:1: watch \"w\" has no heartbeat; expected one, such as "
	    "\"udp 20053\"\n" },
	{ "missing peer", "watch w {\n interface = e heartbeat = 'udp  5' }",
	    "c.conf:1: watch \"w\" has no peer; expected one, because "
	    "heartbeat \"udp 5\" requires it\n" },
	{ "name of a node as peer", "watch w { interface = e heartbeat = ip\n"
	    "peer = node-2 }",
	    "c.conf:2: invalid peer \"node-2\"; " EXPECTED_PEERS },
	{ "multicast peer", "watch w { interface = e heartbeat = ip\n"
	    "peer = ff02::12 }",
	    "c.conf:2: multicast or broadcast peer \"ff02::12\"; "
	    EXPECTED_PEERS },
	{ "unspecified peer", "watch w { interface = e heartbeat = ip\n"
	    "peer = 0.0.0.0 }",
	    "c.conf:2: unspecified peer \"0.0.0.0\"; " EXPECTED_PEERS },
	{ "local address of another family", WATCH("\nlocal = ::1"),
	    "c.conf:2: local \"::1\" has another address family than the "
	    "peer; expected an IPv4 address\n" },
	{ "heartbeat with port 0", "watch w { interface = e peer = ::1\n"
	    "heartbeat = 'udp 0' }",
	    "c.conf:2: heartbeat \"udp 0\": PORT must be 1..65535\n" },
	{ "invalid expression", "watch w { interface = e peer = ::1\n"
	    "heartbeat = 'bpf udp prt 5' }",
	    "c.conf:2: heartbeat \"bpf udp prt 5\": can't parse filter "
	    "expression: syntax error; expected a pcap-filter expression\n" },
	{ "empty heartbeat", "watch w { interface = e peer = ::1\n"
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
	{ "unknown alarm", WATCH("\nalarm = 45641"),
	    "c.conf:2: unknown alarm \"45641\"; expected 45640, 12010, "
	    "27003, 46003 or the id of an alarm section\n" },
	{ "hexadecimal alarm", WATCH("\nalarm = 0x10"),
	    "c.conf:2: invalid alarm \"0x10\"; expected 1 to 2147483647 "
	    "(an alarm id)\n" },
	{ "alarm id 0", "alarm 0 { name = n }",
	    "c.conf:1: invalid alarm id \"0\"; expected 1 to 2147483647 "
	    "as the title of the section\n" },
	{ "alarm id too large", "alarm 2147483648 { name = n }",
	    "c.conf:1: invalid alarm id \"2147483648\"; expected 1 to "
	    "2147483647 as the title of the section\n" },
	{ "alarm without a name", "alarm 5 {\n severity = major }",
	    "c.conf:1: alarm 5 has no name; expected one, because it is "
	    "not built in\n" },
	{ "alarm twice", "alarm 5 { name = n }\n\nalarm 5 { name = m }",
	    "c.conf:3: alarm 5 is given twice, first at c.conf:1; expected "
	    "once\n" },
	{ "built in alarm twice", "alarm 45640 { }\nalarm 45640 { }",
	    "c.conf:2: alarm 45640 is given twice, first at c.conf:1; "
	    "expected once\n" },
	{ "severity cleared", "alarm 45640 {\nseverity = cleared }",
	    "c.conf:2: unknown severity \"cleared\"; expected critical, "
	    "major, minor or warning\n" },
	{ "duration without a unit", WATCH("\ninterruption = 30"),
	    "c.conf:2: missing unit in interruption \"30\"; "
	    EXPECTED_DURATION },
	{ "duration too long", WATCH("\ninterruption = 25h"),
	    "c.conf:2: invalid interruption \"25h\"; " EXPECTED_DURATION },
	{ "recovery 0", WATCH("\nrecovery = 0"),
	    "c.conf:2: invalid recovery \"0\"; " EXPECTED_RECOVERY },
	{ "recovery too large", WATCH("\nrecovery = 1000001"),
	    "c.conf:2: invalid recovery \"1000001\"; " EXPECTED_RECOVERY },
	{ "vlan 0", WATCH("\nvlan = 0"),
	    "c.conf:2: invalid vlan \"0\"; " EXPECTED_VLAN },
	{ "vlan 4095", WATCH("\nvlan = 4095"),
	    "c.conf:2: invalid vlan \"4095\"; " EXPECTED_VLAN },
	{ "vlan with three ids", WATCH("\n\nvlan = 1.2.3"),
	    "c.conf:3: invalid vlan \"1.2.3\"; " EXPECTED_VLAN },
	{ "vlan outside of a watch", "vlan = 7\n",
	    "c.conf:1: unknown option \"vlan\"; expected one of agentx, "
	    "history, storm, rate, alive, reminder, control, shelve-most, "
	    "realtime, evidence, evidence-files, snmp, source, service, "
	    "role, host, include, alarm, watch\n" },
	{ "enabled is not true or false", WATCH("\nenabled = 1"),
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
	{ "list given again, empty", "snmp = { a }\nsnmp = { }",
	    "c.conf:1: snmp is given twice, the second time empty; "
	    "expected once\n" },
	{ "empty name", "watch '' { interface = e peer = ::1 heartbeat = ip }",
	    "c.conf:1: empty watch name \"\"; " EXPECTED_TEXT },
	{ "name of blanks", "source = '  '",
	    "c.conf:1: empty source \"  \"; " EXPECTED_TEXT },
	{ "newline in a name", "source = \"a\\nb\"",
	    "c.conf:1: control character in source \"a\\x0ab\"; "
	    EXPECTED_TEXT },
	{ "C1 control in a name", "source = '\xc2\x9b'",
	    "c.conf:1: control character in source \"\\xc2\\x9b\"; "
	    EXPECTED_TEXT },
	{ "not UTF-8", "source = \"Z\xfcrich\"",
	    "c.conf:1: invalid UTF-8 in source \"Z\\xfcrich\"; "
	    EXPECTED_TEXT },
	{ "UTF-8 overlong", "source = '\xc0\xaf'",
	    "c.conf:1: invalid UTF-8 in source \"\\xc0\\xaf\"; "
	    EXPECTED_TEXT },
	{ "UTF-8 surrogate", "source = '\xed\xa0\x80'",
	    "c.conf:1: invalid UTF-8 in source \"\\xed\\xa0\\x80\"; "
	    EXPECTED_TEXT },
	{ "NUL by escape", "source = \"a\\0\"\nrole = \"b\\x00\"",
	    "c.conf:1: invalid escape sequence \"\\0\"; expected \\001 to "
	    "\\377 or \\x01 to \\xff\n"
	    "c.conf:2: invalid escape sequence \"\\x00\"; expected \\001 "
	    "to \\377 or \\x01 to \\xff\n" },
	{ "empty directive", "snmp = { a,\n '' }",
	    "c.conf:2: empty snmp; expected 1 to 4095 bytes of UTF-8 text "
	    "without control characters\n" },
	{ "blank without quotes", "watch w { interface = e peer = ::1\n"
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
	    "c.conf:4: section at line 2 is not closed: missing }\n"
	    "c.conf:4: watch \"w\" is given twice, first at c.conf:2; "
	    "expected another name\n" },
	{ "brace missing before an alarm", "watch w {\nalarm 5 { name = x }",
	    "c.conf:2: section at line 1 is not closed: missing }\n" },
	{ "one } too many", "watch w { interface = '' peer = ::1 "
	    "heartbeat = ip }\n}\nhost = ''",
	    "c.conf:1: invalid interface \"\"; expected 1 to 15 characters "
	    "without blanks or slashes\n"
	    "c.conf:2: unexpected \"}\"; expected NAME = VALUE or a "
	    "section\n"
	    "c.conf:3: empty host \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "string not closed", "host = ''\nsource = 'a",
	    "c.conf:1: empty host \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n"
	    "c.conf:2: string is not closed: missing '\n" },
	{ "comment not closed", WATCH("") "watch v {\n/* }\n\n",
	    "c.conf:3: comment is not closed: missing */\n" },
	{ "variable not closed", "source = \"${a\"\nrole = ''",
	    "c.conf:1: \"${\" is not closed: missing }; expected "
	    "${VARIABLE}, or the text in single quotes\n"
	    "c.conf:2: empty role \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "+= for a single value", "host += a",
	    "c.conf:1: unexpected \"+=\"; expected \"=\" after host\n" },
	{ "list for a single value", "host = { a }",
	    "c.conf:1: unexpected \"{\"; expected a value\n" },
	{ "missing value", "host =",
	    "c.conf:1: unexpected end of the file; expected a value\n" },
	{ "watch without a title", "watch { }",
	    "c.conf:1: unexpected \"{\"; expected watch \"NAME\" {\n" },
	{ "watch without a brace", "watch w interface",
	    "c.conf:1: unexpected \"interface\"; expected \"{\" after the "
	    "title\n" },
	{ "escape sequences of control characters", "source = \"\\a\\b\\e\"",
	    "c.conf:1: control character in source \"\\x07\\x08\\x1b\"; "
	    EXPECTED_TEXT },
	{ "two invalid ids of alarms", "alarm x { name = n }\n"
	    "alarm y { name = n }",
	    "c.conf:1: invalid alarm id \"x\"; expected 1 to 2147483647 "
	    "as the title of the section\n"
	    "c.conf:2: invalid alarm id \"y\"; expected 1 to 2147483647 "
	    "as the title of the section\n" },
	{ "include after a list that is not closed", "snmp = { a\nhost = h\n"
	    "include(\"none.conf\")",
	    "c.conf:2: unexpected word; expected \",\" or \"}\" in the "
	    "list\n"
	    "c.conf:3: cannot include \"none.conf\": No such file or "
	    "directory; expected a readable file\n" },
	{ "secret without quotes", "snmp = rocommunity SECRET",
	    "c.conf:1: unexpected word; expected NAME = VALUE or a "
	    "section; a value with blanks must be in quotes\n" },
	{ "secret between quotes", "snmp = \"rocommunity \"SECRET\"\"",
	    "c.conf:1: unexpected word; expected NAME = VALUE or a "
	    "section; a value with blanks must be in quotes\n" },
	{ "secret in a list", "snmp = { a, rocommunity SECRET SECRET }\n"
	    "host = ''",
	    "c.conf:1: unexpected word; expected \",\" or \"}\" in the "
	    "list\n"
	    "c.conf:2: empty host \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "list not closed", WATCH("") "snmp = { a,\n b\nhost = ''",
	    "c.conf:4: unexpected word; expected \",\" or \"}\" in the "
	    "list\n"
	    "c.conf:4: empty host \"\"; expected 1 to 255 bytes of UTF-8 "
	    "text without control characters\n" },
	{ "storm on two lines", "storm = 5 in\n5s",
	    "c.conf:1: unexpected \"in\"; expected NAME = VALUE or a "
	    "section; a value with blanks must be in quotes\n"
	    "c.conf:1: invalid storm \"5\"; expected 1 "
	    "to 1000000 in 1s to 1h, such as 80 in 5s, or off\n" },
	/* The parser may have skipped the section of alarm 5. */
	{ "unknown alarm after a syntax error", WATCH("alarm = 5") "}\n"
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

int
main(void)
{
	struct CMUnitTest	 tests[REFUSED];
	size_t			 i;

	for (i = 0; i < REFUSED; i++)
		tests[i] = (struct CMUnitTest){
			.name = refused[i].name,
			.test_func = refuse_one,
			.initial_state = (void *)(uintptr_t)&refused[i],
		};
	return (cmocka_run_group_tests(tests, directory_enter,
	    directory_leave));
}
