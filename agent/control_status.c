/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "control_status.h"
#include "diagnose.h"
#include "evidence_writer.h"
#include "persistence.h"
#include "state/control_request.h"
#include "subagent.h"
#include "table.h"

/* NULL for an empty text, too. */
static const char *
text_or_null(const char *text)
{
	return (text == NULL || *text == '\0' ? NULL : text);
}

/* ---- the daemon */

static void
put_agentx(struct json *j, const struct agent *agent,
    const struct control_place *place)
{
	const char		*address = place->listen;
	struct wall_time	 since = agent->start_time;
	bool			 connected = true;

	if (place->listen == NULL)
		connected = subagent_connected(&address, &since);
	json_begin_object(j, "agentx");
	json_text(j, "mode", place->listen == NULL ? "agentx" : "standalone");
	json_text(j, "address", address);
	json_flag(j, "connected", connected);
	json_time(j, "since", since);
	json_end_object(j);
}

static void
put_engine(struct json *j, const struct agent *agent)
{
	bool		 running = agent_engine_is_alive(agent);
	const char	*fault = agent->engine_fault;

	json_begin_object(j, "engine");
	json_flag(j, "running", running);
	json_text(j, "error", fault == NULL && !running ?
	    "the engine does not answer" : fault);
	json_end_object(j);
}

static const char *
capture_state_text(uint32_t state)
{
	return (state == SHARED_CAPTURE_RUNNING ? "running" :
	    state == SHARED_CAPTURE_DOWN ? "down" : "failed");
}

static void
put_interfaces(struct json *j, const struct agent *agent,
    const struct control_survey *survey)
{
	const struct shared_state	*shared = agent->current.shared;
	struct capture_view		 row;
	uint32_t			 i;

	json_begin_array(j, "interfaces");
	for (i = 0; i < shared->ncaptures; i++) {
		capture_view_set(&row, agent, i);
		json_begin_element(j);
		json_text(j, "interface", row.capture.interface);
		json_text(j, "state", capture_state_text(row.capture.state));
		json_text(j, "error", text_or_null(row.capture.error));
		json_count(j, "watches", survey->watches[i]);
		json_count(j, "dropped", row.capture.dropped);
		json_count(j, "duplicates", row.capture.duplicates);
		json_end_element(j);
	}
	json_end_array(j);
}

static void
put_evidence_writer(struct json *j, const struct agent *agent,
    const struct control_place *place)
{
	const struct configuration	*config = agent->current.config;
	bool	 on = config->evidence > 0 && config->evidence_files > 0;
	bool	 failing = on && evidence_writer_is_failing(
		    agent->evidence_writer);
	char	 directory[4096];

	snprintf(directory, sizeof(directory), "%s/" EVIDENCE_DIRECTORY,
	    place->state);
	json_begin_object(j, "evidence");
	json_text(j, "state", failing ? "failed" : on ? "on" : "off");
	json_text(j, "error", failing ? "evidence files cannot be written; "
	    "the log has the reason" : NULL);
	json_text(j, "directory", directory);
	json_end_object(j);
}

static void
put_state(struct json *j, const struct agent *agent,
    const struct control_place *place)
{
	bool	 healthy = !persistence_is_failing(agent);

	json_begin_object(j, "state");
	json_flag(j, "healthy", healthy);
	json_text(j, "error", healthy ? NULL : "the state cannot be written, "
	    "or the disk is slow; the log has the reason");
	json_text(j, "directory", place->state);
	json_end_object(j);
}

static void
put_totals(struct json *j, const struct agent *agent,
    const struct control_survey *survey)
{
	enum detect_state	 state;
	enum severity		 severity;

	json_begin_object(j, "watches");
	json_count(j, "total", survey->nwatches);
	for (state = DETECT_STARTING; state <= DETECT_DISABLED; state++)
		json_count(j, detect_state_text(state), survey->states[state]);
	json_end_object(j);
	json_begin_object(j, "alarms");
	json_count(j, "active", agent->active_all);
	for (severity = SEVERITY_CRITICAL; severity <= SEVERITY_WARNING;
	    severity++)
		json_count(j, severity_text(severity),
		    agent->active[severity]);
	json_count(j, "shelved", agent->shelved);
	json_count(j, "unacknowledged", agent->unacknowledged);
	json_end_object(j);
}

void
control_status_daemon(FILE *out, const struct agent *agent,
    const struct control_place *place, const struct control_survey *survey,
    struct wall_time now)
{
	struct json	 j;
	char		 host[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	json_begin(&j, out);
	json_text(&j, "type", "daemon");
	json_count(&j, "protocol", CONTROL_PROTOCOL);
	json_text(&j, "version", PACKAGE_VERSION);
	json_count(&j, "pid", (uint64_t)getpid());
	json_text(&j, "host", host);
	json_time(&j, "time", now);
	json_time(&j, "startTime", agent->start_time);
	json_time(&j, "configTime", agent->config_time);
	put_agentx(&j, agent, place);
	put_engine(&j, agent);
	json_begin_object(&j, "notifications");
	json_count(&j, "pending", agent->outbox.pending);
	json_count(&j, "sequence", agent->outbox.sequence);
	json_count(&j, "epoch", agent->epoch);
	json_end_object(&j);
	put_interfaces(&j, agent, survey);
	put_evidence_writer(&j, agent, place);
	put_state(&j, agent, place);
	put_totals(&j, agent, survey);
	json_end(&j);
}

/* ---- a watch */

/* The evidence of an alarm; NULL: none is kept. */
static const struct evidence *
find_evidence(const struct agent *agent, uint32_t alarm_id, uint32_t index)
{
	struct diagnose_kept	 kept;
	size_t			 i;

	for (i = 0; i < diagnose_count(agent); i++) {
		kept = diagnose_kept_at(agent, i);
		if (kept.alarm_id == alarm_id && kept.index == index)
			return (kept.evidence);
	}
	return (NULL);
}

static void
put_evidence(struct json *j, const struct evidence *e)
{
	const struct evidence_signal	*s;
	char				 text[EVIDENCE_TEXT_SIZE];
	unsigned			 i;

	json_begin_array(j, "evidence");
	for (i = 1; e != NULL && i <= EVIDENCE_MAX; i++) {
		s = &e->signals[i];
		json_begin_element(j);
		json_count(j, "signal", i);
		json_text(j, "name", evidence_name(i));
		json_text(j, "state", evidence_state_text(s));
		json_time(j, "time", s->at);
		json_count(j, "count", s->count);
		json_text(j, "text", evidence_text(i, s, text));
		json_end_element(j);
	}
	json_end_array(j);
}

static const char *
operator_state_text(enum operator_state state)
{
	return (state == OPERATOR_ACKNOWLEDGED ? "acknowledged" :
	    state == OPERATOR_SHELVED ? "shelved" : "none");
}

static void
put_operator(struct json *j, const struct alarm *a)
{
	static const struct operator_action	 none;
	const struct operator_action		*action = a->operator;

	json_text(j, "operatorState",
	    operator_state_text(alarm_operator_state(a)));
	if (action == NULL)
		action = &none;
	json_text(j, "operator", text_or_null(action->who));
	json_text(j, "operatorText", text_or_null(action->text));
	json_time(j, "operatorTime", action->time);
	json_time(j, "shelvedUntil", action->until);
	json_flag(j, "chattering", (a->flags & ALARM_CHATTERING) != 0);
}

static void
put_alarm(struct json *j, const struct agent *agent, size_t position,
    bool evidence)
{
	const struct generation	*g = &agent->current;
	struct alarm_view	 row = {
		generation_alarm_watch(g, position), &g->alarms[position],
		agent,
	};
	const struct alarm	*a = row.alarm;
	const struct configuration_alarm *type = row.config->profile->alarm;
	bool			 raised = a->state == ALARM_RAISED;
	union {
		char	 key[ALARM_KEY_SIZE];
		char	 detail[ALARM_DETAIL_SIZE];
		char	 repair[ALARM_REPAIR_SIZE];
		char	 file[EVIDENCE_FILE_NAME_SIZE];
	} text;

	json_begin_element(j);
	json_count(j, "alarmId", type->id);
	json_text(j, "name", type->name);
	json_text(j, "key", alarm_key(row.config, text.key));
	json_text(j, "state", raised ? "raised" : "cleared");
	json_text(j, "severity", severity_text(type->severity));
	json_count(j, "serial", a->serial);
	json_count(j, "count", a->count);
	json_time(j, "raised", a->raised);
	json_time(j, "cleared", a->cleared);
	json_duration(j, "age", !raised ? -1 :
	    alarm_age(a, wall_now()) * NSEC_PER_SEC);
	json_text(j, "cause", cause_text(alarm_cause(a)));
	json_text(j, "side", cause_side_text(alarm_side(a)));
	json_count(j, "confidence", a->confidence);
	json_text(j, "detail", text_or_null(alarm_detail(a, row.config,
	    text.detail)));
	json_text(j, "repair", text_or_null(alarm_repair(a, row.config,
	    text.repair)));
	json_text(j, "evidenceFile", text_or_null(alarm_view_evidence_file(&row,
	    text.file)));
	put_operator(j, a);
	if (evidence)
		put_evidence(j, find_evidence(agent, type->id,
		    generation_index(g, position)));
	json_end_element(j);
}

/* Why a watch is blind. */
static const char *
blind_reason(const struct agent *agent, const struct watch_view *row,
    struct capture_view *capture)
{
	uint32_t	 found;

	found = shared_state_find_capture(agent->current.shared,
	    row->config->profile->interface);
	if (found != UINT32_MAX) {
		capture_view_set(capture, agent, found);
		if (capture->capture.error[0] != '\0')
			return (capture->capture.error);
	}
	return ("its heartbeats cannot be received; the log has the reason");
}

static void
put_watch(struct json *j, const struct agent *agent,
    const struct watch_view *row)
{
	const struct configuration_profile	*p = row->config->profile;
	enum detect_state	 state = watch_view_state(row);
	struct capture_view	 capture;
	char			 peer[ADDR_TEXT_SIZE];

	json_text(j, "type", "watch");
	json_text(j, "watch", row->config->name);
	json_count(j, "index", agent->current.indexes[row->position]);
	json_text(j, "interface", p->interface);
	json_text(j, "heartbeat", p->heartbeat);
	json_text(j, "peer", text_or_null(addr_text(&row->config->peer, peer)));
	json_text(j, "peerHost", p->peer_host);
	json_text(j, "state", detect_state_text(state));
	json_text(j, "reason", state != DETECT_BLIND ? NULL :
	    blind_reason(agent, row, &capture));
	json_time(j, "lastHeartbeat", row->watch.last_wall);
	json_duration(j, "silence", !p->enabled ? -1 :
	    detect_silence_ns(&row->watch, row->now));
	/* While the interval is not known, there is no jitter. */
	json_duration(j, "interval", detect_interval_ns(&row->watch) == 0 ? -1 :
	    detect_interval_ns(&row->watch));
	json_duration(j, "jitter", detect_interval_ns(&row->watch) == 0 ? -1 :
	    detect_jitter_ns(&row->watch));
	json_count(j, "heartbeats", row->watch.heartbeats);
	json_duration(j, "longestGap", detect_longest_gap_ns(&row->watch));
	json_duration(j, "interruption", p->interruption_ns);
	json_duration(j, "holdDown", p->hold_down_ns);
	json_count(j, "interruptions", watch_view_interruptions(row));
}

void
control_status_watch(struct json *j, FILE *out, const struct agent *agent,
    uint32_t position, bool evidence)
{
	struct watch_view	 row;
	uint32_t		 dual;

	watch_view_set(&row, agent, position);
	json_begin(j, out);
	put_watch(j, agent, &row);
	json_begin_array(j, "alarms");
	put_alarm(j, agent, position, evidence);
	dual = alarm_positions_dual(&agent->current.shared->positions,
	    position);
	if (dual != ALARM_POSITIONS_NONE)
		put_alarm(j, agent, dual, evidence);
	json_end_array(j);
}

/* ---- events */

bool
control_status_is_about(const struct notification *n, uint32_t index,
    const char *interface)
{
	if (notification_has_alarm(n))
		return (n->watch_index == index);
	return (notification_has_capture(n) && n->capture != NULL &&
	    strcmp(n->capture->interface, interface) == 0);
}

static const char *
event_text(uint8_t event)
{
	static const char *const	 texts[] = {
		[NOTIFICATION_RAISED] = "raised",
		[NOTIFICATION_CLEARED] = "cleared",
		[NOTIFICATION_BLIND] = "blind",
		[NOTIFICATION_RESTORED] = "restored",
		[NOTIFICATION_STORM] = "storm",
		[NOTIFICATION_CHANGED] = "changed",
		[NOTIFICATION_ALIVE] = "alive",
		[NOTIFICATION_REMINDER] = "reminder",
		[NOTIFICATION_STARTED] = "started",
		[NOTIFICATION_STOPPED] = "stopped",
	};

	return (event < sizeof(texts) / sizeof(texts[0]) ? texts[event] : NULL);
}

static const char *
delivery_text(const struct agent *agent, const struct notification *n)
{
	if (n->withheld == NOTIFICATION_SHELVED)
		return ("shelved");
	if (notification_is_unsent(n))
		return ("summarised");
	return (n->sequence <= agent->outbox.delivered ||
	    n->delivery == NOTIFICATION_DELIVERED ? "delivered" : "pending");
}

void
control_status_event(struct json *j, const struct agent *agent,
    const struct notification *n)
{
	char	 detail[NOTIFICATION_DETAIL_SIZE];

	json_begin_element(j);
	json_count(j, "sequence", n->sequence);
	json_text(j, "event", event_text(n->event));
	json_time(j, "time", n->time);
	json_text(j, "detail", text_or_null(notification_detail(n, detail)));
	json_text(j, "delivery", delivery_text(agent, n));
	json_end_element(j);
}
