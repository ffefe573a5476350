/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "offline/control_client.h"
#include "offline/status.h"
#include "offline/status_refresh.h"
#include "offline/status_report.h"
#include "state/control_request.h"

/* Without -a, the daemon lists at most this many watches. */
#define MOST	1000

struct status {
	const char		*socket;
	const char		*watch;		/* only this one, or NULL */
	bool			 all;
	bool			 json;
	bool			 refresh;
	const struct screen	*screen;
	struct control_client	*client;
	json_t			*daemon;	/* owned, or NULL */
	double			 now;		/* its time; s since 1970 */
	size_t			 shown;		/* watches */
	long long		 omitted;	/* watches */
	struct status_table	 table;		/* of several watches */
	enum command_status	 result;
};

/* ---- the exit status */

static void
set_result(struct status *st, bool raised, bool blind, bool other)
{
	if (raised)
		st->result = COMMAND_FAILURE;
	else if (blind)
		st->result = COMMAND_BLIND;
	else if (other)
		st->result = COMMAND_FAILURE;
	else
		st->result = COMMAND_SUCCESS;
}

static void
daemon_result(struct status *st, const json_t *d)
{
	const json_t	*watches = json_object_get(d, "watches");

	set_result(st,
	    status_count(json_object_get(d, "alarms"), "active") > 0,
	    status_count(watches, "blind") > 0 ||
	    !status_flag(json_object_get(d, "engine"), "running"),
	    status_count(watches, "alive") + status_count(watches, "disabled") <
	    status_count(watches, "total"));
}

static void
watch_result(struct status *st, const json_t *watch)
{
	const json_t	*alarm;
	bool		 raised = false;
	size_t		 i;

	json_array_foreach(json_object_get(watch, "alarms"), i, alarm)
		raised |= status_is_raised(alarm);
	set_result(st, raised, status_is(watch, "state", "blind"),
	    !status_is(watch, "state", "alive") &&
	    !status_is(watch, "state", "disabled"));
}

/* ---- an answer */

static bool
send_request(struct status *st)
{
	const char	*fields[3] = { "status" };
	size_t		 n = 1;

	if (st->watch != NULL) {
		fields[n++] = "watch";
		fields[n++] = st->watch;
	} else if (st->all) {
		fields[n++] = "all";
	}
	return (control_client_send(st->client, fields, n));
}

/* Numbers have microseconds, so 15 digits are exact. */
static void
print_json(const struct status *st, const json_t *line)
{
	size_t	 flags = JSON_COMPACT | JSON_REAL_PRECISION(15);

	/* On a terminal, control characters in names and texts are escaped. */
	if (isatty(STDOUT_FILENO))
		flags |= JSON_ENSURE_ASCII;
	(void)json_dumpf(line, st->screen->out, flags);
	fputc('\n', st->screen->out);
}

static void
take_daemon(struct status *st, json_t *d)
{
	st->now = status_seconds(d, "time");
	daemon_result(st, d);
	if (st->json)
		return;
	if (st->watch == NULL)
		status_print_daemon(st->screen, d);
	else
		st->daemon = json_incref(d);	/* until there is a watch */
}

static void
take_watch(struct status *st, json_t *watch)
{
	st->shown++;
	if (st->watch != NULL)
		watch_result(st, watch);
	if (st->json)
		return;
	if (st->watch != NULL) {
		if (st->daemon != NULL)
			status_print_daemon_faults(st->screen, st->daemon);
		status_print_watch(st->screen, watch, st->now);
	} else {
		status_table_add(&st->table, json_incref(watch));
	}
}

static void
take_end(struct status *st, const json_t *end)
{
	const char	*error = status_text(end, "error");
	char		 text[SCREEN_TEXT_SIZE];

	st->omitted = status_count(end, "omitted");
	if (status_flag(end, "ok"))
		return;
	log_errx("%s", screen_clean(st->screen, error, text));
	/* A reload is no fault of the name of the watch. */
	st->result = st->watch != NULL && strcmp(error, CONTROL_RELOADED) != 0 ?
	    COMMAND_REFUSED : COMMAND_BLIND;
}

/* Handles a line of the answer.  False for the last one, the end. */
static bool
take_line(struct status *st, json_t *line)
{
	if (st->json)
		print_json(st, line);
	if (status_is(line, "type", "daemon"))
		take_daemon(st, line);
	else if (status_is(line, "type", "watch"))
		take_watch(st, line);
	else if (status_is(line, "type", "end"))
		take_end(st, line);
	return (!status_is(line, "type", "end"));
}

/* The number of watches that the daemon left out. */
static void
print_omitted(const struct status *st)
{
	char	 text[160];

	if (st->json || st->omitted == 0)
		return;
	snprintf(text, sizeof(text), "Not shown: %lld of %lld watches%s. "
	    "`hbwatch status -a` shows all.", st->omitted,
	    st->omitted + (long long)st->shown,
	    st->shown >= MOST ? "" : "; they need no attention");
	fputc('\n', st->screen->out);
	screen_paragraph(st->screen, SCREEN_PLAIN, 0, "", text);
}

/* The client has logged the error. */
static enum command_status
no_answer(const struct status *st)
{
	struct screen	 s = *st->screen;

	if (st->json)
		return (COMMAND_BLIND);
	s.out = stderr;
	s.colour = false;
	screen_paragraph(&s, SCREEN_PLAIN, 6, "Next: ", "Check that hbwatchd "
	    "runs (`systemctl status hbwatchd`), that its option control is "
	    "this socket, and that you are root or in its group. Until it "
	    "answers, the state of the watches is unknown.");
	return (COMMAND_BLIND);
}

static enum command_status
print_status(void *arg, const struct screen *s)
{
	struct status	*st = arg;
	json_t		*line = NULL;
	bool		 more = true;

	st->screen = s;
	st->result = COMMAND_REFUSED;		/* of an invalid request */
	st->client = control_client_open(st->socket);
	if (st->client == NULL)
		return (no_answer(st));
	status_table_init(&st->table, s);
	if (send_request(st))
		line = control_client_next(st->client);
	else if (errno == EINVAL)
		more = false;
	while (line != NULL) {
		more = take_line(st, line);
		json_decref(line);
		line = more ? control_client_next(st->client) : NULL;
	}
	status_table_end(&st->table);
	if (more)
		st->result = no_answer(st);
	else
		print_omitted(st);
	json_decref(st->daemon);
	control_client_close(st->client);
	return (st->result);
}

enum command_status
status_main(int argc, char **argv)
{
	struct status	 st = { .socket = CONTROL_CLIENT_SOCKET };
	struct screen	 s;
	int		 option;

	while ((option = getopt(argc, argv, "+S:ajwh")) != -1) {
		switch (option) {
		case 'S':
			st.socket = optarg;
			break;
		case 'a':
			st.all = true;
			break;
		case 'j':
			st.json = true;
			break;
		case 'w':
			st.refresh = true;
			break;
		case 'h':
			return (COMMAND_HELP);
		default:
			return (COMMAND_USAGE);
		}
	}
	if (argc - optind > 1 || (st.json && st.refresh) ||
	    (st.all && optind < argc))
		return (COMMAND_USAGE);
	st.watch = argv[optind];
	if (st.refresh)
		return (status_refresh(print_status, &st));
	screen_init(&s, stdout);
	return (print_status(&st, &s));
}

static enum command_status
names_end(const struct screen *s, const json_t *end)
{
	char	 text[SCREEN_TEXT_SIZE];

	if (status_flag(end, "ok"))
		return (COMMAND_SUCCESS);
	log_errx("%s", screen_clean(s, status_text(end, "error"), text));
	return (COMMAND_REFUSED);
}

enum command_status
names_main(int argc, char **argv)
{
	struct control_client	*client;
	struct screen		 s;
	const char		*socket = CONTROL_CLIENT_SOCKET;
	const char		*fields[2] = { "names", "" };
	char			 text[SCREEN_TEXT_SIZE];
	json_t			*line;
	enum command_status	 status = COMMAND_BLIND;
	bool			 done = false;
	int			 option;

	while ((option = getopt(argc, argv, "+S:h")) != -1) {
		if (option == 'h')
			return (COMMAND_HELP);
		if (option != 'S')
			return (COMMAND_USAGE);
		socket = optarg;
	}
	if (argc - optind > 1)
		return (COMMAND_USAGE);
	if (optind < argc)
		fields[1] = argv[optind];
	client = control_client_open(socket);
	if (client == NULL)
		return (COMMAND_BLIND);
	screen_init(&s, stdout);
	line = control_client_send(client, fields, 2) ?
	    control_client_next(client) : NULL;
	while (line != NULL && !done) {
		done = status_is(line, "type", "end");
		if (!done)
			puts(screen_clean(&s, status_text(line, "watch"),
			    text));
		else
			status = names_end(&s, line);
		json_decref(line);
		line = done ? NULL : control_client_next(client);
	}
	control_client_close(client);
	return (status);
}
