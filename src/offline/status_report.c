/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "offline/status_report.h"

const char *
status_text(const json_t *object, const char *key)
{
	const char	*text = json_string_value(json_object_get(object, key));

	return (text != NULL ? text : "");
}

double
status_number(const json_t *object, const char *key)
{
	const json_t	*value = json_object_get(object, key);

	return (json_is_number(value) ? json_number_value(value) : -1);
}

json_int_t
status_count(const json_t *object, const char *key)
{
	return (json_integer_value(json_object_get(object, key)));
}

bool
status_flag(const json_t *object, const char *key)
{
	return (json_is_true(json_object_get(object, key)));
}

bool
status_is(const json_t *object, const char *key, const char *text)
{
	return (strcmp(status_text(object, key), text) == 0);
}

bool
status_is_raised(const json_t *alarm)
{
	return (status_is(alarm, "state", "raised"));
}

bool
status_is_open(const json_t *alarm)
{
	return (status_is_raised(alarm) &&
	    !status_is(alarm, "operatorState", "acknowledged") &&
	    !status_is(alarm, "operatorState", "shelved"));
}

const char *
status_side(const json_t *alarm)
{
	static const struct {
		const char	*side;
		const char	*text;
	} sides[] = {
		{ "here", " on this host" },
		{ "peer", " on the peer" },
		{ "between", " between the nodes" },
		{ "both", " on both nodes" },
	};
	size_t	 i;

	for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
		if (status_is(alarm, "side", sides[i].side))
			return (sides[i].text);
	return ("");
}

enum screen_style
status_state_style(const char *state)
{
	if (strcmp(state, "alive") == 0)
		return (SCREEN_GOOD);
	if (strcmp(state, "interrupted") == 0 || strcmp(state, "blind") == 0)
		return (SCREEN_BAD);
	if (strcmp(state, "late") == 0)
		return (SCREEN_WARNING);
	return (SCREEN_PLAIN);
}

enum screen_style
status_severity_style(const char *severity)
{
	if (strcmp(severity, "critical") == 0 || strcmp(severity, "major") == 0)
		return (SCREEN_BAD);
	return (SCREEN_WARNING);
}

char *
status_time(const json_t *object, const char *key, char *text)
{
	const char	*time = status_text(object, key);

	if (strlen(time) < 19)
		return (strcpy(text, "never"));
	snprintf(text, STATUS_TIME_SIZE, "%.10s %.8s UTC", time, time + 11);
	return (text);
}

double
status_seconds(const json_t *object, const char *key)
{
	const char	*end;
	struct tm	 tm = { 0 };
	double		 fraction;

	end = strptime(status_text(object, key), "%Y-%m-%dT%H:%M:%S", &tm);
	if (end == NULL)
		return (-1);
	fraction = *end == '.' ? strtod(end, NULL) : 0;
	return ((double)timegm(&tm) + fraction);
}

/* ---- faults of a watch */

static void
print_operator(const struct screen *s, const json_t *alarm)
{
	char		 at[STATUS_TIME_SIZE], until[STATUS_TIME_SIZE];
	char		 text[2 * SCREEN_TEXT_SIZE];
	const char	*words = status_text(alarm, "operatorText");
	bool		 shelved = status_is(alarm, "operatorState", "shelved");

	if (!shelved && !status_is(alarm, "operatorState", "acknowledged"))
		return;
	snprintf(text, sizeof(text), "%s by %s, %s%s%s%s%s",
	    shelved ? "shelved" : "acknowledged",
	    status_text(alarm, "operator"),
	    status_time(alarm, "operatorTime", at),
	    shelved ? ", until " : "",
	    shelved ? status_time(alarm, "shelvedUntil", until) : "",
	    *words != '\0' ? ": " : "", words);
	screen_paragraph(s, SCREEN_BOLD, 11, "    Noted: ", text);
}

/* Percent; below this confidence the cause may be wrong. */
#define SURE	80

static void
print_cause(const struct screen *s, const json_t *alarm)
{
	char		 text[2 * SCREEN_TEXT_SIZE];
	long long	 confidence = status_count(alarm, "confidence");
	const char	*detail = status_text(alarm, "detail");

	if (confidence == 0)
		snprintf(text, sizeof(text), "%s (not certain): %s",
		    status_text(alarm, "cause"), detail);
	else
		snprintf(text, sizeof(text), "%s%s (%lld %% certain%s): %s",
		    status_text(alarm, "cause"), status_side(alarm),
		    confidence, confidence < SURE ? ", a first guess" : "",
		    detail);
	screen_paragraph(s, SCREEN_BOLD, 11, "    Cause: ", text);
}

static void
print_chattering(const struct screen *s, const json_t *alarm)
{
	if (!status_flag(alarm, "chattering"))
		return;
	screen_paragraph(s, SCREEN_BOLD, 11, "    Often: ",
	    "the alarm was raised too often in a short time; until this ends, "
	    "its raises and clears are in the history and are not notified");
	screen_paragraph(s, SCREEN_BOLD, 11, "    Next:  ",
	    "Find out why the heartbeat stops again and again: `hbwatch status "
	    "WATCH` shows the last events with their causes");
}

void
status_print_alarm(const struct screen *s, const json_t *alarm)
{
	/* The cause of a cleared alarm is that of its last raise. */
	if (*status_text(alarm, "raised") != '\0') {
		print_cause(s, alarm);
		screen_paragraph(s, SCREEN_BOLD, 11, "    Next:  ",
		    status_text(alarm, "repair"));
	}
	print_operator(s, alarm);
}

void
status_print_blind(const struct screen *s, const json_t *watch)
{
	const char	*reason = status_text(watch, "reason");

	screen_paragraph(s, SCREEN_BOLD, 11, "    Blind: ",
	    *reason != '\0' ? reason : "hbwatchd cannot capture");
	screen_paragraph(s, SCREEN_BOLD, 11, "    Next:  ",
	    "Check the interface with `ip link`, and the section of the watch "
	    "in hbwatchd.conf; `journalctl -u hbwatchd` has details. No alarm "
	    "is raised while the watch is blind.");
}

void
status_print_faults(const struct screen *s, const json_t *watch)
{
	const json_t	*alarm;
	size_t		 i;

	if (status_is(watch, "state", "blind"))
		status_print_blind(s, watch);
	json_array_foreach(json_object_get(watch, "alarms"), i, alarm) {
		if (status_is_raised(alarm))
			status_print_alarm(s, alarm);
		else
			print_operator(s, alarm);
		print_chattering(s, alarm);
	}
}
