/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "offline/status_report.h"

#define INDENT		11	/* columns */
#define NAMES		4	/* more interfaces are only counted */

/* "2 alive, 1 blind": the members of the object that are not zero. */
static void
counts(const json_t *object, const char *const *keys, size_t nkeys,
    char *text, size_t size)
{
	size_t	 i, n = 0;

	text[0] = '\0';
	for (i = 0; i < nkeys; i++)
		if (status_count(object, keys[i]) > 0 && n < size)
			n += (size_t)snprintf(text + n, size - n, "%s%lld %s",
			    n > 0 ? ", " : "",
			    (long long)status_count(object, keys[i]), keys[i]);
}

/* A fault of the daemon, and what to do next. */
static void
fault(const struct screen *s, const char *text, const char *next)
{
	screen_paragraph(s, SCREEN_BAD, INDENT, "  Fault:", text);
	screen_paragraph(s, SCREEN_BOLD, INDENT, "  Next:", next);
}

/* How long ago that time was; 0 if the clock was set back since. */
static char *
ago(const json_t *d, const json_t *object, const char *key, char *text)
{
	double	 seconds = status_seconds(d, "time") -
		    status_seconds(object, key);

	return (screen_duration(seconds > 0 ? seconds : 0, text));
}

static void
print_daemon(const struct screen *s, const json_t *d)
{
	char	 text[SCREEN_TEXT_SIZE], time[STATUS_TIME_SIZE];
	char	 age[SCREEN_DURATION_SIZE];

	snprintf(text, sizeof(text), "%s on %s, started %s ago, pid %lld; %s",
	    status_text(d, "version"), status_text(d, "host"),
	    ago(d, d, "startTime", age),
	    (long long)status_count(d, "pid"), status_time(d, "time", time));
	screen_paragraph(s, SCREEN_BOLD, strlen("hbwatchd "), "hbwatchd ",
	    text);
}

static void
print_snmp(const struct screen *s, const json_t *d)
{
	const json_t	*agentx = json_object_get(d, "agentx");
	long long	 pending = status_count(json_object_get(d,
	    "notifications"), "pending");
	const char	*address = status_text(agentx, "address");
	char		 text[SCREEN_TEXT_SIZE], age[SCREEN_DURATION_SIZE];

	if (status_is(agentx, "mode", "standalone"))
		snprintf(text, sizeof(text), "answers requests on %.200s itself"
		    "; ", address);
	else if (status_flag(agentx, "connected"))
		snprintf(text, sizeof(text), "connected to %.200s for %s; ",
		    address, ago(d, agentx, "since", age));
	else
		snprintf(text, sizeof(text), "not connected; ");
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
	    pending == 0 ? "all notifications sent" :
	    "notifications not sent yet: %lld", pending);
	screen_paragraph(s, SCREEN_BOLD, INDENT, "  SNMP", text);
}

static void
print_interfaces(const struct screen *s, const json_t *interfaces)
{
	const json_t	*interface;
	size_t		 i, running = 0, n = 0;
	long long	 dropped = 0;
	char		 text[SCREEN_TEXT_SIZE] = "";

	if (json_array_size(interfaces) == 0)
		return;
	json_array_foreach(interfaces, i, interface) {
		running += status_is(interface, "state", "running");
		dropped += status_count(interface, "dropped");
		if (json_array_size(interfaces) <= NAMES && n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%.100s %s", i > 0 ? ", " : "",
			    status_text(interface, "interface"),
			    status_text(interface, "state"));
	}
	if (text[0] == '\0')
		n = (size_t)snprintf(text, sizeof(text), "%zu of %zu interfaces"
		    " running", running, json_array_size(interfaces));
	if (dropped > 0 && n < sizeof(text))
		snprintf(text + n, sizeof(text) - n, "; packets dropped: %lld",
		    dropped);
	screen_paragraph(s, SCREEN_BOLD, INDENT, "  Captures", text);
}

static void
print_totals(const struct screen *s, const json_t *d)
{
	static const char *const	 states[] = {
		"alive", "starting", "late", "interrupted", "blind", "disabled",
	};
	static const char *const	 severities[] = {
		"critical", "major", "minor", "warning",
	};
	static const char *const	 operators[] = {
		"unacknowledged", "shelved",
	};
	const json_t	*watches = json_object_get(d, "watches");
	const json_t	*alarms = json_object_get(d, "alarms");
	long long	 active = status_count(alarms, "active");
	char		 text[SCREEN_TEXT_SIZE], part[256], more[256];

	counts(watches, states, sizeof(states) / sizeof(states[0]), part,
	    sizeof(part));
	snprintf(text, sizeof(text), "%lld%s%s",
	    (long long)status_count(watches, "total"),
	    *part != '\0' ? ": " : "", part);
	screen_paragraph(s, SCREEN_BOLD, INDENT, "  Watches", text);
	counts(alarms, severities, sizeof(severities) / sizeof(severities[0]),
	    part, sizeof(part));
	counts(alarms, operators, sizeof(operators) / sizeof(operators[0]),
	    more, sizeof(more));
	snprintf(text, sizeof(text), "%lld active%s%s%s%s", active,
	    *part != '\0' ? ": " : "", part, *more != '\0' ? "; " : "", more);
	screen_paragraph(s, SCREEN_BOLD, INDENT, "  Alarms", text);
}

static void
print_disk(const struct screen *s, const json_t *d)
{
	const json_t	*state = json_object_get(d, "state");
	const json_t	*evidence = json_object_get(d, "evidence");
	char		 text[SCREEN_TEXT_SIZE];

	snprintf(text, sizeof(text), "state in %.300s: %s; evidence: %s",
	    status_text(state, "directory"),
	    status_flag(state, "healthy") ? "healthy" : "failed",
	    status_text(evidence, "state"));
	screen_paragraph(s, SCREEN_BOLD, INDENT, "  Disk", text);
}

/* ---- what does not work */

/* All watches are blind, also while an engine that fails repeatedly runs. */
static void
engine_fault(const struct screen *s, const json_t *engine)
{
	const char	*error = status_text(engine, "error");
	bool		 running = status_flag(engine, "running");
	char		 text[SCREEN_TEXT_SIZE];

	if (running && *error == '\0')
		return;
	snprintf(text, sizeof(text), "the engine does not %s, so all watches "
	    "are blind: %.500s", running ? "work" : "run", error);
	fault(s, text, "hbwatchd starts it again by itself; if this stays, "
	    "read `journalctl -u hbwatchd`");
}

/*
 * While the engine has an error, each capture has the same one, which is not
 * repeated here.  `engine` is that error; "": none.
 */
static void
interface_fault(const struct screen *s, const json_t *interface,
    const char *engine)
{
	const char	*name = status_text(interface, "interface");
	const char	*error = status_text(interface, "error");
	char		 text[SCREEN_TEXT_SIZE], next[SCREEN_TEXT_SIZE];

	if (*engine != '\0' && strcmp(error, engine) == 0)
		return;
	if (status_is(interface, "state", "down")) {
		snprintf(text, sizeof(text), "%.100s is down; the silence of "
		    "its peers counts as an interruption", name);
		snprintf(next, sizeof(next), "Check `ip link show %.100s`, "
		    "its cable and its switch port", name);
	} else if (status_is(interface, "state", "failed")) {
		snprintf(text, sizeof(text), "%.100s: cannot capture: %.300s; "
		    "its watches are blind (%lld)", name, error,
		    (long long)status_count(interface, "watches"));
		snprintf(next, sizeof(next), "Check `ip link show %.100s`, "
		    "and its name in hbwatchd.conf; hbwatchd resumes the "
		    "capture by itself", name);
	} else {
		return;
	}
	fault(s, text, next);
}

static void
snmp_fault(const struct screen *s, const json_t *d)
{
	const json_t	*agentx = json_object_get(d, "agentx");
	char		 text[SCREEN_TEXT_SIZE], age[SCREEN_DURATION_SIZE];
	bool		 lost = status_seconds(agentx, "since") >= 0;

	if (status_is(agentx, "mode", "standalone") ||
	    status_flag(agentx, "connected"))
		return;
	snprintf(text, sizeof(text), "not connected to snmpd at %.200s%s%s; "
	    "notifications wait", status_text(agentx, "address"),
	    lost ? " for " : "", lost ? ago(d, agentx, "since", age) : "");
	fault(s, text, "Check that snmpd runs (`systemctl status snmpd`), that "
	    "snmpd.conf has `master agentx`, and that agentXPerms lets "
	    "hbwatchd use the socket");
}

void
status_print_daemon_faults(const struct screen *s, const json_t *d)
{
	const json_t	*engine = json_object_get(d, "engine");
	const json_t	*state = json_object_get(d, "state");
	const json_t	*evidence = json_object_get(d, "evidence");
	const json_t	*interface;
	char		 text[SCREEN_TEXT_SIZE], next[SCREEN_TEXT_SIZE];
	size_t		 i;

	engine_fault(s, engine);
	snmp_fault(s, d);
	json_array_foreach(json_object_get(d, "interfaces"), i, interface)
		interface_fault(s, interface, status_text(engine, "error"));
	if (!status_flag(state, "healthy")) {
		snprintf(text, sizeof(text), "the state is not stored: %.500s",
		    status_text(state, "error"));
		snprintf(next, sizeof(next), "Check the space and the "
		    "permissions of %.300s, and its disk; alarms are sent, but "
		    "a restart of hbwatchd would lose them",
		    status_text(state, "directory"));
		fault(s, text, next);
	}
	if (status_is(evidence, "state", "failed")) {
		snprintf(text, sizeof(text), "evidence files are not written: "
		    "%.500s", status_text(evidence, "error"));
		snprintf(next, sizeof(next), "Check the space and the "
		    "permissions of %.300s; alarms are not affected",
		    status_text(evidence, "directory"));
		fault(s, text, next);
	}
	if (status_count(json_object_get(d, "watches"), "total") == 0)
		fault(s, "no watch is configured", "Find the heartbeat with "
		    "`hbwatch discover -i INTERFACE`, add its section to "
		    "hbwatchd.conf, and run `systemctl reload hbwatchd`");
}

void
status_print_daemon(const struct screen *s, const json_t *d)
{
	print_daemon(s, d);
	print_snmp(s, d);
	print_interfaces(s, json_object_get(d, "interfaces"));
	print_disk(s, d);
	print_totals(s, d);
	status_print_daemon_faults(s, d);
}
