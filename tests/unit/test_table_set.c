/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SET requests: a session within the process acknowledges, shelves and
 * unshelves alarms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "operator.h"
#include "stage.h"
#include "table_set.h"

static struct stage	 stage;

#define AGENT		(&stage.agent)

#include "snmp_client.h"

#define N(array)	(sizeof(array) / sizeof((array)[0]))

#define STATE_A		"1.4.1.28.45640.1"
#define WHO_A		"1.4.1.29.45640.1"
#define TEXT_A		"1.4.1.30.45640.1"
#define SECONDS_A	"1.4.1.32.45640.1"
#define STATE_B		"1.4.1.28.12010.2"
#define WHO_B		"1.4.1.29.12010.2"
#define SECONDS_B	"1.4.1.32.12010.2"
#define STATE_OFF	"1.4.1.28.45640.3"
#define STATE_DUAL	"1.4.1.28.45640001.4"

/* Alarm a is active at 10 s, and b is not. */
static int
begin(void **state)
{
	(void)state;
	stage_begin(&stage, "alarm 45640 { interruption = 10s }\n"
	    "watch \"a\" { interface = eth0 peer = 192.0.2.12 "
	    "heartbeat = \"udp 1\" }\n"
	    "watch \"b\" { interface = eth0 peer = 192.0.2.12 alarm = 12010 "
	    "interruption = 100s heartbeat = \"udp 2\" }\n"
	    "watch \"off\" { interface = eth0 peer = 192.0.2.12 "
	    "heartbeat = \"udp 3\" enabled = false }\n"
	    "watch \"g\" { interface = eth0 heartbeat = \"vrrp 1\" "
	    "interruption = 100s }\n");
	stage_advance(&stage, 10);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	stage_end(&stage);
	return (0);
}

/* A variable of a request; with a text it is an OCTET STRING. */
struct assignment {
	const char	*name;
	u_char		 type;
	u_long		 number;
	const char	*text;
	size_t		 length;
};

#define INTEGER(name, number)	{ name, ASN_INTEGER, number, NULL, 0 }
#define UNSIGNED(name, number)	{ name, ASN_UNSIGNED, number, NULL, 0 }
#define TEXT(name, text)	{ name, ASN_OCTET_STR, 0, text, \
				    sizeof(text) - 1 }

/*
 * Sends a SET, and checks its error status and the number of the variable that
 * is wrong; 0: none.
 */
static void
set(const struct assignment *v, size_t count, long status, long index)
{
	netsnmp_pdu	*pdu = snmp_pdu_create(SNMP_MSG_SET), *answer = NULL;
	oid		 name[MAX_OID_LEN];
	size_t		 i;

	assert_non_null(pdu);
	for (i = 0; i < count; i++)
		assert_non_null(snmp_pdu_add_variable(pdu, name,
		    whole(v[i].name, name), v[i].type, v[i].text != NULL ?
		    (const void *)v[i].text : &v[i].number,
		    v[i].text != NULL ? v[i].length : sizeof(v[i].number)));
	assert_int_equal(snmp_synch_response(client, pdu, &answer),
	    STAT_SUCCESS);
	print_message("# %s\n", snmp_errstring((int)answer->errstat));
	assert_int_equal(answer->errstat, status);
	assert_int_equal(answer->errindex, index);
	snmp_free_pdu(answer);
}

#define SET(status, index, ...) do {					\
	const struct assignment v_[] = { __VA_ARGS__ };			\
	set(v_, N(v_), status, index);					\
} while (0)

static const struct operator_action *
action(size_t position)
{
	return (AGENT->current.alarms[position].operator);
}

static void
assert_action(size_t position, enum operator_state state, const char *who,
    const char *text)
{
	assert_int_equal(operator_action_state(action(position)), state);
	assert_string_equal(action(position)->who, who);
	assert_string_equal(action(position)->text, text);
}

/* The sequence of the last notification: what was refused sends none. */
static void
assert_sequence(uint32_t sequence)
{
	assert_int_equal(AGENT->outbox.sequence, sequence);
}

static void
acknowledged(void **state)
{
	(void)state;
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 2));
	assert_action(0, OPERATOR_ACKNOWLEDGED, "SNMP", "");
	assert_sequence(2);
	SET(SNMP_ERR_NOERROR, 0, TEXT(TEXT_A, "I look at it"),
	    INTEGER(STATE_A, 2), TEXT(WHO_A, "alice"));
	assert_action(0, OPERATOR_ACKNOWLEDGED, "alice", "I look at it");
	assert_sequence(3);
	/* Only the text of the present action. */
	SET(SNMP_ERR_NOERROR, 0, TEXT(TEXT_A, "it is the switch"));
	assert_action(0, OPERATOR_ACKNOWLEDGED, "alice", "it is the switch");
	assert_sequence(4);
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 1));
	assert_action(0, OPERATOR_NONE, "SNMP", "");
	assert_sequence(5);
	/* It is so already. */
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 1));
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 1), TEXT(WHO_A, "SNMP"),
	    TEXT(TEXT_A, ""));
	assert_sequence(5);
	/* Texts that would not be stored. */
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_A, 1),
	    TEXT(WHO_A, "alice"));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_A, 1),
	    TEXT(TEXT_A, "done"));
	assert_action(0, OPERATOR_NONE, "SNMP", "");
	assert_sequence(5);
}

/* The order of the variables does not matter. */
static void
shelved(void **state)
{
	(void)state;
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 3), UNSIGNED(SECONDS_A, 60));
	assert_action(0, OPERATOR_SHELVED, "SNMP", "");
	assert_int_equal(action(0)->ends.ns, stage_mono(70).ns);
	SET(SNMP_ERR_NOERROR, 0, UNSIGNED(SECONDS_A, 90), TEXT(WHO_A, "bob"),
	    INTEGER(STATE_A, 3));
	assert_action(0, OPERATOR_SHELVED, "bob", "");
	assert_int_equal(action(0)->ends.ns, stage_mono(100).ns);
	/* Another end, and then another text with the same end. */
	SET(SNMP_ERR_NOERROR, 0, UNSIGNED(SECONDS_A, 30));
	assert_int_equal(action(0)->ends.ns, stage_mono(40).ns);
	stage_advance(&stage, 11);
	SET(SNMP_ERR_NOERROR, 0, TEXT(TEXT_A, "new switch"));
	assert_action(0, OPERATOR_SHELVED, "bob", "new switch");
	assert_int_equal(action(0)->ends.ns, stage_mono(40).ns);
	assert_sequence(5);
	SET(SNMP_ERR_NOERROR, 0, UNSIGNED(SECONDS_A, 0), INTEGER(STATE_A, 1));
	assert_action(0, OPERATOR_NONE, "SNMP", "");
	assert_sequence(6);
	/* The longest shelf; and one of an alarm that was never raised. */
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_B, 3),
	    UNSIGNED(SECONDS_B, 7 * 24 * 3600));
	assert_int_equal(AGENT->shelved, 1);
}

static void
wrong_values(void **state)
{
	static const char	 longest[256] = "x";
	char			 text[257];

	(void)state;
	memset(text, 'x', sizeof(text));
	SET(SNMP_ERR_WRONGTYPE, 1, UNSIGNED(STATE_A, 2));
	SET(SNMP_ERR_WRONGTYPE, 1, TEXT(STATE_A, "2"));
	SET(SNMP_ERR_WRONGTYPE, 1, INTEGER(WHO_A, 2));
	SET(SNMP_ERR_WRONGTYPE, 2, INTEGER(STATE_A, 3), INTEGER(SECONDS_A, 9));
	SET(SNMP_ERR_WRONGVALUE, 1, INTEGER(STATE_A, 0));
	SET(SNMP_ERR_WRONGVALUE, 1, INTEGER(STATE_A, 4));
	SET(SNMP_ERR_WRONGVALUE, 1, INTEGER(STATE_A, (u_long)-1));
	SET(SNMP_ERR_WRONGVALUE, 2, INTEGER(STATE_A, 3),
	    UNSIGNED(SECONDS_A, 7 * 24 * 3600 + 1));
	SET(SNMP_ERR_WRONGVALUE, 2, INTEGER(STATE_A, 3),
	    UNSIGNED(SECONDS_A, UINT32_MAX));
	SET(SNMP_ERR_WRONGVALUE, 2, INTEGER(STATE_A, 2), TEXT(WHO_A, ""));
	SET(SNMP_ERR_WRONGVALUE, 2, INTEGER(STATE_A, 2), TEXT(WHO_A, " "));
	SET(SNMP_ERR_WRONGVALUE, 2, INTEGER(STATE_A, 2), TEXT(WHO_A, "a\nb"));
	SET(SNMP_ERR_WRONGVALUE, 2, INTEGER(STATE_A, 2), TEXT(WHO_A, "a\0b"));
	SET(SNMP_ERR_WRONGVALUE, 2, INTEGER(STATE_A, 2), TEXT(TEXT_A, "\xff"));
	SET(SNMP_ERR_WRONGLENGTH, 2, INTEGER(STATE_A, 2),
	    { TEXT_A, ASN_OCTET_STR, 0, text, 256 });
	SET(SNMP_ERR_WRONGVALUE, 2, INTEGER(STATE_A, 2),
	    { TEXT_A, ASN_OCTET_STR, 0, longest, 255 });
	/* The value is checked before the row. */
	SET(SNMP_ERR_WRONGVALUE, 1, INTEGER("1.4.1.28.45640.99", 9));
	assert_sequence(1);
	assert_null(action(0));
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 2),
	    { TEXT_A, ASN_OCTET_STR, 0, text, 255 });
}

static void
not_writable(void **state)
{
	static const char *const	 names[] = {
		"1.1.1.0", "1.3.1.11.1", "1.4.1.4.45640.1", "1.4.1.31.45640.1",
		"1.4.1.33.45640.1", "1.4.1.99.45640.1", "1.7.1.9.45640.1",
		"1.9.1.1", "1.4",
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < N(names); i++)
		SET(SNMP_ERR_NOTWRITABLE, 2, INTEGER(STATE_A, 2),
		    INTEGER(names[i], 1));
	SET(SNMP_ERR_NOCREATION, 1, INTEGER("1.4.1.28.45640.2", 2));
	SET(SNMP_ERR_NOCREATION, 1, INTEGER("1.4.1.28.45640.99", 2));
	SET(SNMP_ERR_NOCREATION, 1, INTEGER("1.4.1.28", 2));
	SET(SNMP_ERR_NOCREATION, 1, INTEGER("1.4.1.28.45640", 2));
	SET(SNMP_ERR_NOCREATION, 1, INTEGER("1.4.1.28.45640.1.1", 2));
	SET(SNMP_ERR_NOCREATION, 1, TEXT("1.4.1.30.1.1", "x"));
	assert_sequence(1);
	assert_null(action(0));
}

static void
inconsistent(void **state)
{
	(void)state;
	/* Shelved needs a duration, and only that does. */
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_A, 3));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_A, 3),
	    UNSIGNED(SECONDS_A, 0));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_A, 2),
	    UNSIGNED(SECONDS_A, 60));
	/* There is no action whose text could change. */
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, TEXT(TEXT_A, "x"));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, TEXT(WHO_A, "x"));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_A, 1),
	    TEXT(WHO_A, "x"));
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 1), TEXT(TEXT_A, ""));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, UNSIGNED(SECONDS_A, 60));
	/* Neither active, nor enabled. */
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_B, 2));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_OFF, 2));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_DUAL, 2));
	/* Two values of one variable. */
	SET(SNMP_ERR_INCONSISTENTVALUE, 2, INTEGER(STATE_A, 2),
	    INTEGER(STATE_A, 1));
	assert_sequence(1);
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 3), UNSIGNED(SECONDS_A, 60));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_A, 2));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, INTEGER(STATE_A, 3));
	SET(SNMP_ERR_INCONSISTENTVALUE, 1, UNSIGNED(SECONDS_A, 0));
	assert_sequence(2);
}

/* Several rows in one request: all or nothing. */
static void
several(void **state)
{
	(void)state;
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 2),
	    UNSIGNED(SECONDS_B, 60), INTEGER(STATE_DUAL, 3),
	    TEXT(WHO_A, "alice"), INTEGER(STATE_B, 3), TEXT(WHO_B, "bob"),
	    UNSIGNED("1.4.1.32.45640001.4", 90));
	assert_action(0, OPERATOR_ACKNOWLEDGED, "alice", "");
	assert_action(1, OPERATOR_SHELVED, "bob", "");
	assert_action(4, OPERATOR_SHELVED, "SNMP", "");
	assert_sequence(4);
	/* The last one is wrong. */
	SET(SNMP_ERR_INCONSISTENTVALUE, 3, INTEGER(STATE_A, 1),
	    INTEGER(STATE_B, 1), INTEGER(STATE_OFF, 2));
	SET(SNMP_ERR_WRONGVALUE, 3, INTEGER(STATE_A, 1), INTEGER(STATE_B, 1),
	    INTEGER(STATE_DUAL, 7));
	SET(SNMP_ERR_NOTWRITABLE, 3, INTEGER(STATE_A, 1), INTEGER(STATE_B, 1),
	    INTEGER("1.1.4.0", 7));
	assert_action(0, OPERATOR_ACKNOWLEDGED, "alice", "");
	assert_action(1, OPERATOR_SHELVED, "bob", "");
	assert_sequence(4);
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 1), INTEGER(STATE_B, 1),
	    INTEGER(STATE_DUAL, 1));
	assert_int_equal(AGENT->shelved, 0);
	assert_sequence(7);
}

/* The values of the columns, as a GET reads them. */
static long
number(const char *name)
{
	struct instance	 instance;
	struct value	 value;
	oid		 n[MAX_OID_LEN];

	assert_int_equal(table_find(AGENT, n, parse_name(name, n), &instance),
	    TABLE_FOUND);
	table_value(AGENT, &instance, &value);
	return (value.integer);
}

static void
columns(void **state)
{
	(void)state;
	assert_int_equal(number(STATE_A), OPERATOR_NONE);
	assert_int_equal(number(SECONDS_A), 0);
	assert_int_equal(number("1.7.1.9.45640.1"), OPERATOR_NONE);
	assert_int_equal(number("1.1.22.0"), 0);
	assert_int_equal(number("1.1.23.0"), 1);
	SET(SNMP_ERR_NOERROR, 0, INTEGER(STATE_A, 3), UNSIGNED(SECONDS_A, 60));
	assert_int_equal(number(STATE_A), OPERATOR_SHELVED);
	assert_int_equal(number("1.7.1.9.45640.1"), OPERATOR_SHELVED);
	assert_int_equal(number(SECONDS_A), 60);
	assert_int_equal(number("1.1.22.0"), 1);
	assert_int_equal(number("1.1.23.0"), 0);
	stage_advance(&stage, 50.1);
	assert_int_equal(number(SECONDS_A), 20);
	stage_advance(&stage, 71);
	operator_work(AGENT, stage_wall(71));
	assert_int_equal(number(SECONDS_A), 0);
	assert_int_equal(number(STATE_A), OPERATOR_NONE);
}

/* ---- phases, between which the alarm changes */

struct phases {
	netsnmp_variable_list		*vb;
	netsnmp_request_info		 request;
	netsnmp_agent_request_info	 info;
};

static void
first_phases(struct phases *p)
{
	oid	 name[MAX_OID_LEN];
	long	 two = 2;

	memset(p, 0, sizeof(*p));
	snmp_varlist_add_variable(&p->vb, name, whole(STATE_A, name),
	    ASN_INTEGER, &two, sizeof(two));
	p->request.requestvb = p->vb;
	p->info.mode = MODE_SET_RESERVE1;
	table_set(AGENT, &p->info, &p->request);
	p->info.mode = MODE_SET_RESERVE2;
	table_set(AGENT, &p->info, &p->request);
	assert_int_equal(p->request.status, 0);
}

static void
phase(struct phases *p, int mode, int status)
{
	p->info.mode = mode;
	table_set(AGENT, &p->info, &p->request);
	assert_int_equal(p->request.status, status);
}

static void
end_phases(struct phases *p)
{
	netsnmp_free_request_data_sets(&p->request);
	snmp_free_varbind(p->vb);
}

static void
changed_between_phases(void **state)
{
	struct phases	 p;

	(void)state;
	first_phases(&p);
	phase(&p, MODE_SET_ACTION, 0);
	phase(&p, MODE_SET_UNDO, 0);
	end_phases(&p);
	assert_null(action(0));
	/* Cleared before all agents have agreed. */
	first_phases(&p);
	stage_heartbeat(&stage, 0, 11);
	phase(&p, MODE_SET_ACTION, SNMP_ERR_COMMITFAILED);
	end_phases(&p);
	assert_null(action(0));
	/* Cleared after that: nothing happens, and it is logged. */
	stage_advance(&stage, 22);
	first_phases(&p);
	phase(&p, MODE_SET_ACTION, 0);
	stage_heartbeat(&stage, 0, 23);
	phase(&p, MODE_SET_COMMIT, 0);
	end_phases(&p);
	assert_null(action(0));
	assert_sequence(4);
	/* A reload has removed the watch. */
	stage_advance(&stage, 34);
	first_phases(&p);
	stage_reload(&stage, "", 35);
	phase(&p, MODE_SET_COMMIT, 0);
	end_phases(&p);
	assert_sequence(6);
}

int
main(void)
{
#define T(test)	cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest	 tests[] = {
		T(acknowledged),
		T(shelved),
		T(wrong_values),
		T(not_writable),
		T(inconsistent),
		T(several),
		T(columns),
		T(changed_between_phases),
	};

	return (cmocka_run_group_tests(tests, open_agent, close_agent));
}
