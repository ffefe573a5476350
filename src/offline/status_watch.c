/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything of one watch.  The evidence is shown as answers to the questions
 * of the handling procedure of ALM-45640.
 */
#include <stdint.h>
#include <string.h>

#include "diagnosis/evidence.h"
#include "offline/status_report.h"

#define INDENT		18	/* columns before the value of a line */
#define ANSWER		11	/* columns of the answer to a question */
#define EVENT		44	/* columns before the detail of an event */
#define ANSWERS		8	/* most signals of a question */

_Static_assert(EVIDENCE_MAX < 32, "a signal is a bit of a uint32_t");

static void
line(const struct screen *s, const char *title, const char *text)
{
	screen_paragraph(s, SCREEN_BOLD, INDENT, title, text);
}

/* "2026-11-29 12:00:31 UTC, 12 min ago" */
static char *
moment(const json_t *object, const char *key, double now, char *text)
{
	char	 at[STATUS_TIME_SIZE], age[SCREEN_DURATION_SIZE];
	double	 seconds = status_seconds(object, key);

	(void)status_time(object, key, at);
	if (seconds < 0 || seconds > now)
		strcpy(text, at);
	else
		snprintf(text, SCREEN_TEXT_SIZE, "%s, %s ago", at,
		    screen_duration(now - seconds, age));
	return (text);
}

/* ---- the watch */

static void
print_heartbeat(const struct screen *s, const json_t *watch)
{
	const char	*host = status_text(watch, "peerHost");
	const char	*peer = status_text(watch, "peer");
	char		 text[SCREEN_TEXT_SIZE];

	if (*peer == '\0')
		peer = "any sender";
	snprintf(text, sizeof(text), "%.200s from %.200s%s%.100s%s on %.100s",
	    status_text(watch, "heartbeat"), *host != '\0' ? host : peer,
	    *host != '\0' ? " (" : "", *host != '\0' ? peer : "",
	    *host != '\0' ? ")" : "", status_text(watch, "interface"));
	line(s, "  Heartbeat", text);
}

static void
print_statistics(const struct screen *s, const json_t *watch, double now)
{
	char	 text[SCREEN_TEXT_SIZE];
	char	 a[SCREEN_DURATION_SIZE], b[SCREEN_DURATION_SIZE];
	char	 c[SCREEN_DURATION_SIZE];

	if (*status_text(watch, "lastHeartbeat") == '\0')
		line(s, "  Last heartbeat", "none was received");
	else
		line(s, "  Last heartbeat", moment(watch, "lastHeartbeat", now,
		    text));
	snprintf(text, sizeof(text), "%lld",
	    (long long)status_count(watch, "heartbeats"));
	/* It is null until there were some heartbeats. */
	if (status_number(watch, "interval") >= 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    ", every %s; deviation %s, longest gap %s",
		    screen_duration(status_number(watch, "interval"), a),
		    screen_duration(status_number(watch, "jitter"), b),
		    screen_duration(status_number(watch, "longestGap"), c));
	line(s, "  Received", text);
	snprintf(text, sizeof(text), "after %s without a heartbeat",
	    screen_duration(status_number(watch, "interruption"), a));
	if (status_number(watch, "holdDown") > 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    ", and %s to confirm", screen_duration(
		    status_number(watch, "holdDown"), b));
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
	    "; interruptions so far: %lld",
	    (long long)status_count(watch, "interruptions"));
	line(s, "  Alarm", text);
}

/* ---- evidence */

/*
 * The answers to a question, in the order in which they decide: the first
 * signal with that state.  Signals of the other state are not shown.
 */
struct answer {
	uint8_t		 number;	/* 0: no more */
	uint8_t		 state;
	const char	*text;
};

static const struct question {
	const char	*text;
	bool		 always;	/* also without an answer */
	struct answer	 answers[ANSWERS];
} questions[] = {
	{ "Is the instance on the peer running?", true, {
		{ EVIDENCE_HANDSHAKE_FAILS, EVIDENCE_PRESENT, "refuses" },
		{ EVIDENCE_PEER_ANNOUNCED_STOP, EVIDENCE_PRESENT, "no" },
		{ EVIDENCE_PEER_CLOSED_CONNECTION, EVIDENCE_PRESENT, "no" },
		{ EVIDENCE_PORT_REFUSED, EVIDENCE_PRESENT, "no" },
		{ EVIDENCE_PEER_ACKNOWLEDGES_ONLY, EVIDENCE_PRESENT, "hangs" },
	} },
	{ "Is the instance on this host running?", false, {
		{ EVIDENCE_LOCAL_PORT_OPEN, EVIDENCE_ABSENT, "no" },
		{ EVIDENCE_OUR_HEARTBEATS, EVIDENCE_ABSENT, "silent" },
		{ EVIDENCE_OUR_HEARTBEATS, EVIDENCE_PRESENT, "yes" },
		{ EVIDENCE_LOCAL_PORT_OPEN, EVIDENCE_PRESENT, "yes" },
	} },
	{ "Does the peer answer?", true, {
		{ EVIDENCE_PING_ANSWERED, EVIDENCE_PRESENT, "yes" },
		{ EVIDENCE_PEER_OTHER_TRAFFIC, EVIDENCE_PRESENT, "yes" },
		{ EVIDENCE_PING_ANSWERED, EVIDENCE_ABSENT, "no" },
		{ EVIDENCE_HOST_UNREACHABLE, EVIDENCE_PRESENT, "no" },
		{ EVIDENCE_ARP_UNANSWERED, EVIDENCE_PRESENT, "no" },
		{ EVIDENCE_PEER_REBOOTED, EVIDENCE_PRESENT, "restarted" },
		{ EVIDENCE_ARP_UNANSWERED, EVIDENCE_ABSENT, "yes" },
		{ EVIDENCE_PEER_OTHER_TRAFFIC, EVIDENCE_ABSENT, "no" },
	} },
	{ "Does the log say that the floating IP is invalid?", true, {
		{ EVIDENCE_LOG_MESSAGE, EVIDENCE_PRESENT, "yes" },
		{ EVIDENCE_LOG_MESSAGE, EVIDENCE_ABSENT, "no" },
	} },
	{ "Is the floating IP right?", false, {
		{ EVIDENCE_OTHER_ACTIVE, EVIDENCE_PRESENT, "two nodes" },
		{ EVIDENCE_FLOATING_IP_FITS, EVIDENCE_ABSENT, "no" },
		{ EVIDENCE_FLOATING_IP_OWNER, EVIDENCE_PRESENT, "owner" },
		{ EVIDENCE_FLOATING_IP_FITS, EVIDENCE_PRESENT, "it fits" },
	} },
	{ "Is the link in order?", false, {
		{ EVIDENCE_CARRIER, EVIDENCE_ABSENT, "no" },
		{ EVIDENCE_PROHIBITED, EVIDENCE_PRESENT, "filtered" },
		{ EVIDENCE_PEER_DOES_NOT_HEAR_US, EVIDENCE_PRESENT, "one way" },
		{ EVIDENCE_SEGMENT_ALIVE, EVIDENCE_ABSENT, "no" },
		{ EVIDENCE_HEARTBEATS_THINNED, EVIDENCE_PRESENT, "lossy" },
		{ EVIDENCE_OTHER_PEERS_ALIVE, EVIDENCE_PRESENT, "ours is" },
		{ EVIDENCE_SEGMENT_ALIVE, EVIDENCE_PRESENT, "ours is" },
		{ EVIDENCE_CARRIER, EVIDENCE_PRESENT, "ours is" },
	} },
};

/* The signal with that number and state, or NULL. */
static const json_t *
find_signal(const json_t *evidence, const struct answer *a)
{
	const json_t	*signal;
	size_t		 i;

	json_array_foreach(evidence, i, signal)
		if (status_count(signal, "signal") == a->number)
			return (status_is(signal, "state", a->state ==
			    EVIDENCE_PRESENT ? "present" : "absent") ?
			    signal : NULL);
	return (NULL);
}

/* The reason why the signal is not known, if its text is one. */
static const char *
unknown_text(const json_t *evidence, uint8_t number)
{
	const json_t	*signal;
	size_t		 i;

	json_array_foreach(evidence, i, signal)
		if (status_count(signal, "signal") == number &&
		    status_is(signal, "state", "unknown") &&
		    !status_is(signal, "text", "not known"))
			return (status_text(signal, "text"));
	return ("nothing was seen that shows it");
}

/* Prints a question and its answers, and adds their signals to `shown`. */
static void
print_question(const struct screen *s, const json_t *evidence,
    const struct question *q, uint32_t *shown)
{
	const json_t	*signals[ANSWERS] = { NULL };
	const char	*answer = NULL;
	char		 title[64];
	size_t		 i;

	for (i = 0; i < ANSWERS && q->answers[i].number != 0; i++) {
		signals[i] = find_signal(evidence, &q->answers[i]);
		if (signals[i] != NULL && answer == NULL)
			answer = q->answers[i].text;
	}
	if (answer == NULL && !q->always)
		return;
	screen_paragraph(s, SCREEN_PLAIN, 4, "  - ", q->text);
	if (answer == NULL)
		screen_paragraph(s, SCREEN_DIM, 4 + ANSWER, "    not known",
		    unknown_text(evidence, q->answers[0].number));
	for (i = 0; i < ANSWERS; i++) {
		if (signals[i] == NULL)
			continue;
		*shown |= UINT32_C(1) << q->answers[i].number;
		snprintf(title, sizeof(title), "    %s", answer);
		answer = "";
		screen_paragraph(s, SCREEN_BOLD, 4 + ANSWER, title,
		    status_text(signals[i], "text"));
	}
}

/* The names of the signals in this state that were not shown. */
static void
print_names(const struct screen *s, const json_t *evidence, const char *state,
    uint32_t shown, const char *title)
{
	const json_t	*signal;
	char		 text[SCREEN_TEXT_SIZE] = "";
	size_t		 i, n = 0;

	json_array_foreach(evidence, i, signal)
		if (status_is(signal, "state", state) && n < sizeof(text) &&
		    (shown >> (status_count(signal, "signal") & 31) & 1) == 0)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%.60s", n > 0 ? ", " : "",
			    status_text(signal, "name"));
	if (n > 0)
		screen_paragraph(s, SCREEN_PLAIN, 4 + ANSWER, title, text);
}

static void
print_evidence(const struct screen *s, const json_t *alarm)
{
	const json_t	*evidence = json_object_get(alarm, "evidence");
	uint32_t	 shown = 0;
	size_t		 i;

	if (json_array_size(evidence) == 0)
		return;
	screen_paragraph(s, SCREEN_BOLD, 0, status_is_raised(alarm) ?
	    "  Procedure of the alarm, answered by the evidence:" :
	    "  Procedure of the alarm, answered at its last raise:", "");
	for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		print_question(s, evidence, &questions[i], &shown);
	print_names(s, evidence, "present", shown, "  Also seen:");
	print_names(s, evidence, "absent", shown, "  Ruled out:");
	print_names(s, evidence, "unknown", shown, "  Not known:");
}

/* ---- alarms */

static void
print_times(const struct screen *s, const json_t *alarm, double now)
{
	char	 text[SCREEN_TEXT_SIZE];

	if (*status_text(alarm, "raised") == '\0') {
		line(s, "  Raised", "never");
		return;
	}
	line(s, "  Raised", moment(alarm, "raised", now, text));
	if (!status_is_raised(alarm))
		line(s, "  Cleared", moment(alarm, "cleared", now, text));
	snprintf(text, sizeof(text), "%lld; serial %lld",
	    (long long)status_count(alarm, "count"),
	    (long long)status_count(alarm, "serial"));
	line(s, "  Raises", text);
	if (*status_text(alarm, "evidenceFile") != '\0')
		line(s, "  Evidence file", status_text(alarm, "evidenceFile"));
	if (status_flag(alarm, "chattering"))
		line(s, "  Chattering", "raised too often; single raises are "
		    "in the history and are not notified");
}

static void
print_one_alarm(const struct screen *s, const json_t *alarm, double now)
{
	char	 text[SCREEN_TEXT_SIZE], title[64];
	bool	 raised = status_is_raised(alarm);

	fputc('\n', s->out);
	snprintf(title, sizeof(title), "Alarm %lld ",
	    (long long)status_count(alarm, "alarmId"));
	snprintf(text, sizeof(text), "(%s): %s",
	    status_text(alarm, "severity"), raised ?
	    status_is_open(alarm) ? "active, not acknowledged" :
	    "active" : "not active");
	screen_paragraph(s, raised ? status_severity_style(
	    status_text(alarm, "severity")) : SCREEN_BOLD, strlen(title), title,
	    text);
	screen_paragraph(s, SCREEN_PLAIN, 2, "", status_text(alarm, "name"));
	print_times(s, alarm, now);
	status_print_alarm(s, alarm);
	if (status_is_open(alarm))
		screen_paragraph(s, SCREEN_BOLD, 11, "    Then:  ",
		    "Show others that you look after it: `hbwatch acknowledge "
		    "-m TEXT WATCH`");
	print_evidence(s, alarm);
}

/* ---- the last events */

static void
print_events(const struct screen *s, const json_t *events)
{
	const json_t	*event;
	char		 title[SCREEN_TEXT_SIZE], time[STATUS_TIME_SIZE];
	size_t		 i;

	if (json_array_size(events) == 0)
		return;
	fputc('\n', s->out);
	screen_paragraph(s, SCREEN_BOLD, 0, "Last events (UTC)", "");
	json_array_foreach(events, i, event) {
		snprintf(title, sizeof(title), "  %.19s  %-9.20s %-10.20s",
		    status_time(event, "time", time),
		    status_text(event, "event"),
		    status_text(event, "delivery"));
		screen_paragraph(s, SCREEN_PLAIN, EVENT, title,
		    status_text(event, "detail"));
	}
}

void
status_print_watch(const struct screen *s, const json_t *watch, double now)
{
	const json_t	*alarm;
	const char	*state = status_text(watch, "state");
	char		 age[SCREEN_DURATION_SIZE];
	size_t		 i;

	fputc('\n', s->out);
	screen_paragraph(s, SCREEN_BOLD, strlen("Watch "), "Watch ",
	    status_text(watch, "watch"));
	screen_cell(s, SCREEN_BOLD, "  State", INDENT, false);
	screen_cell(s, status_state_style(state), state, 0, false);
	if (status_number(watch, "silence") >= 0)
		fprintf(s->out, ", silent for %s", screen_duration(
		    status_number(watch, "silence"), age));
	fputc('\n', s->out);
	print_heartbeat(s, watch);
	print_statistics(s, watch, now);
	if (status_is(watch, "state", "blind"))
		status_print_blind(s, watch);
	json_array_foreach(json_object_get(watch, "alarms"), i, alarm)
		print_one_alarm(s, alarm, now);
	print_events(s, json_object_get(watch, "events"));
}
