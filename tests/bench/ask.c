/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends SNMP requests as fast as the agent answers.
 *
 *	ask walk ADDRESS SECONDS AFTER ROWS ENTRY COLUMN...
 *
 * walks the ROWS rows after index AFTER of these columns below ENTRY, again and
 * again, with as many repetitions as Debian's snmpd answers, and prints the
 * number of varbinds.
 *
 *	ask poll ADDRESS MICROSECONDS OID...
 *
 * requests these instances once in that many microseconds until TERM, and
 * prints each change of a value: the time, the position, the value.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The most varbinds in an answer of Debian's snmpd. */
#define MOST_VARBINDS	100
#define NSEC_PER_SEC	1000000000L

struct name {
	oid	 at[MAX_OID_LEN];
	size_t	 length;
};

static volatile sig_atomic_t	 stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static double
seconds(clockid_t clock)
{
	struct timespec	 ts;

	clock_gettime(clock, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static struct name
parse_name(const char *text)
{
	struct name	 name = { .length = MAX_OID_LEN };

	if (read_objid(text, name.at, &name.length) == 0)
		errx(2, "%s: not an OID", text);
	return (name);
}

static netsnmp_session *
open_session(char *address)
{
	netsnmp_session	 session, *opened;
	static char	 community[] = "public";

	init_snmp("ask");
	snmp_sess_init(&session);
	session.version = SNMP_VERSION_2c;
	session.peername = address;
	session.community = (u_char *)community;
	session.community_len = strlen(community);
	session.timeout = 5 * 1000000;
	session.retries = 0;
	opened = snmp_open(&session);
	if (opened == NULL)
		errx(1, "%s: cannot open a session", address);
	return (opened);
}

/* Returns the response; if there is none, NULL after a message. */
static netsnmp_pdu *
ask(netsnmp_session *session, netsnmp_pdu *pdu)
{
	netsnmp_pdu	*response = NULL;
	int		 status;

	status = snmp_synch_response(session, pdu, &response);
	if (status == STAT_SUCCESS && response->errstat == 0)
		return (response);
	if (status == STAT_SUCCESS)
		warnx("error %ld", response->errstat);
	else
		warnx("no answer");
	if (response != NULL)
		snmp_free_pdu(response);
	return (NULL);
}

/* ---- walk */

struct walk {
	netsnmp_session	*session;
	struct name	*columns;
	struct name	*cursors;
	size_t		 ncolumns;
	unsigned long	 after;		/* index; 0: from the first */
	unsigned long	 rows;
	unsigned long	 row;		/* how many were read of this round */
	uint64_t	 varbinds;
	uint64_t	 requests;
};

static void
rewind_walk(struct walk *w)
{
	size_t	 i;

	memcpy(w->cursors, w->columns, w->ncolumns * sizeof(*w->columns));
	for (i = 0; w->after > 0 && i < w->ncolumns; i++)
		w->cursors[i].at[w->cursors[i].length++] = w->after;
	w->row = 0;
}

/* Checks that the varbind is below its column and after the last one. */
static void
take(struct walk *w, const netsnmp_variable_list *vb, size_t column)
{
	struct name		*cursor = &w->cursors[column];
	const struct name	*base = &w->columns[column];

	if (vb->name_length <= base->length ||
	    snmp_oid_compare(vb->name, base->length, base->at,
	    base->length) != 0 || snmp_oid_compare(vb->name, vb->name_length,
	    cursor->at, cursor->length) <= 0)
		errx(1, "row %lu, column %zu: missing", w->row + 1, column);
	memcpy(cursor->at, vb->name, vb->name_length * sizeof(oid));
	cursor->length = vb->name_length;
	w->varbinds++;
}

static bool
bulk(struct walk *w)
{
	const netsnmp_variable_list	*vb;
	netsnmp_pdu			*pdu, *response;
	unsigned long			 most = MOST_VARBINDS / w->ncolumns;
	size_t				 i, column = 0;

	if (most > w->rows - w->row)
		most = w->rows - w->row;
	pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
	pdu->non_repeaters = 0;
	pdu->max_repetitions = (long)most;
	for (i = 0; i < w->ncolumns; i++)
		snmp_add_null_var(pdu, w->cursors[i].at, w->cursors[i].length);
	response = ask(w->session, pdu);
	if (response == NULL)
		return (false);
	for (vb = response->variables; vb != NULL; vb = vb->next_variable) {
		take(w, vb, column);
		column = (column + 1) % w->ncolumns;
		w->row += column == 0;
	}
	/* An incomplete row would make the next request wrong. */
	if (column != 0 || response->variables == NULL)
		errx(1, "an answer without whole rows");
	snmp_free_pdu(response);
	w->requests++;
	if (w->row >= w->rows)
		rewind_walk(w);
	return (true);
}

static int
walk(int argc, char **argv)
{
	struct walk	 w = { .session = open_session(argv[0]) };
	double		 least = strtod(argv[1], NULL), begun, took;
	struct name	 entry = parse_name(argv[4]);
	size_t		 i;

	w.after = strtoul(argv[2], NULL, 10);
	w.rows = strtoul(argv[3], NULL, 10);
	w.ncolumns = (size_t)argc - 5;
	w.columns = calloc(w.ncolumns, sizeof(*w.columns));
	w.cursors = calloc(w.ncolumns, sizeof(*w.cursors));
	if (w.columns == NULL || w.cursors == NULL)
		err(1, "walk");
	for (i = 0; i < w.ncolumns; i++) {
		w.columns[i] = entry;
		w.columns[i].at[w.columns[i].length++] =
		    strtoul(argv[5 + i], NULL, 10);
	}
	rewind_walk(&w);
	begun = seconds(CLOCK_MONOTONIC);
	do {
		if (!bulk(&w))
			return (1);
		took = seconds(CLOCK_MONOTONIC) - begun;
	} while (took < least && !stop);
	printf("{\"varbinds\": %" PRIu64 ", \"requests\": %" PRIu64
	    ", \"seconds\": %.6f}\n", w.varbinds, w.requests, took);
	free(w.columns);
	free(w.cursors);
	return (0);
}

/* ---- poll */

/* Prints the value if it is not the last known one of that position. */
static void
print_change(int position, const netsnmp_variable_list *vb, char **known)
{
	char	 text[256];

	if (snprint_value(text, sizeof(text), vb->name, vb->name_length,
	    vb) < 0)
		snprintf(text, sizeof(text), "?");
	if (known[position] != NULL && strcmp(known[position], text) == 0)
		return;
	free(known[position]);
	known[position] = strdup(text);
	printf("%.6f %d %s\n", seconds(CLOCK_MONOTONIC), position, text);
	fflush(stdout);
}

static int
poll_instances(int argc, char **argv)
{
	netsnmp_session			*session = open_session(argv[0]);
	long				 step = strtol(argv[1], NULL, 10);
	struct timespec			 due;
	struct name			 name;
	char				**known;
	const netsnmp_variable_list	*vb;
	netsnmp_pdu			*pdu, *response;
	int				 i;

	known = calloc((size_t)argc, sizeof(*known));
	if (known == NULL)
		err(1, "poll");
	while (!stop) {
		clock_gettime(CLOCK_MONOTONIC, &due);
		pdu = snmp_pdu_create(SNMP_MSG_GET);
		for (i = 2; i < argc; i++) {
			name = parse_name(argv[i]);
			snmp_add_null_var(pdu, name.at, name.length);
		}
		response = ask(session, pdu);
		if (response != NULL) {
			i = 0;
			for (vb = response->variables; vb != NULL;
			    vb = vb->next_variable)
				print_change(i++, vb, known);
			snmp_free_pdu(response);
		}
		due.tv_nsec += step * 1000;
		due.tv_sec += due.tv_nsec / NSEC_PER_SEC;
		due.tv_nsec %= NSEC_PER_SEC;
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due,
		    NULL);
	}
	return (0);
}

int
main(int argc, char **argv)
{
	struct sigaction	 action = { .sa_handler = on_signal };

	sigaction(SIGTERM, &action, NULL);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_QUICK_PRINT, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_PRINT_NUMERIC_ENUM, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
	    NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
	if (argc >= 8 && strcmp(argv[1], "walk") == 0)
		return (walk(argc - 2, argv + 2));
	if (argc >= 5 && strcmp(argv[1], "poll") == 0)
		return (poll_instances(argc - 2, argv + 2));
	fprintf(stderr, "usage: ask walk ADDRESS SECONDS AFTER ROWS ENTRY "
	    "COLUMN...\n"
	    "       ask poll ADDRESS MICROSECONDS OID...\n");
	return (2);
}
