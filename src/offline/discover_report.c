/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mono.h"
#include "offline/discover_report.h"
#include "offline/port_score.h"

/* A flow below this confidence is not periodic and not shown. */
#define CONFIDENCE_MIN	0.5
/* This many flows are shown, the best ones. */
#define ROWS_MAX	20

/*
 * The proposed alarm of a UDP or TCP flow that no decoder recognizes and whose
 * port is not known.  It may be the heartbeat of FlinkServer.
 */
static const struct port_alarm default_alarm = {
	.id = 45640, .interruption_ns = 30 * NSEC_PER_SEC,
};

/*
 * The proposed alarm of all other flows, such as those of VRRP.  No built-in
 * alarm fits them, so the output has a section that defines this one.
 */
static const struct port_alarm other_alarm = {
	.id = 1, .interruption_ns = 30 * NSEC_PER_SEC,
};

/* BFD of one link of a bundle: RFC 7130, section 2.2. */
#define MICRO_BFD_PORT	6784

/* A flow that no decoder recognizes needs this many bursts; see flow.c. */
#define BURSTS_MIN	5
/* The proposed interface of a group, if the real one is not known. */
#define GROUP_INTERFACE	"eth0"

/* A watch must tolerate a silence of this many intervals. */
#define INTERVALS_MIN	3

/* The size of "HEARTBEAT in VLAN VLAN". */
#define FORM_SIZE	(FLOW_TABLE_FORM_SIZE + VLAN_TEXT_SIZE + 16)

/* The size of the name of a watch. */
#define NAME_SIZE	(FORM_SIZE + 2 * ADDR_TEXT_SIZE + 24)

/* The size of "A <-> B" with the longest addresses. */
#define ADDRESSES_SIZE	(2 * ADDR_TEXT_SIZE + 8)

/* A periodic flow, and the reverse direction if that is periodic too. */
struct row {
	const struct flow_table_entry	*flow;
	const struct flow_table_entry	*reverse;	/* or NULL */
};

struct discover_report {
	const struct flow_table_entry *entries;	/* all flows */
	size_t		 nentries;
	struct row	*rows;		/* best first; owned */
	size_t		 nrows;
	const struct discover_report_setting *setting;
	FILE		*stream;
};

/* ---- the rows of the table */

/* Higher confidence first, then more packets. */
static int
compare_entries(const struct flow_table_entry *a,
    const struct flow_table_entry *b)
{
	double	 x = a->verdict.confidence, y = b->verdict.confidence;

	if (x != y)
		return (x > y ? -1 : 1);
	if (a->flow.packets != b->flow.packets)
		return (a->flow.packets > b->flow.packets ? -1 : 1);
	return (memcmp(&a->key.source, &b->key.source, sizeof(a->key.source)));
}

static int
compare_rows(const void *a, const void *b)
{
	return (compare_entries(((const struct row *)a)->flow,
	    ((const struct row *)b)->flow));
}

static bool
is_periodic(const struct flow_table_entry *e)
{
	return (e->verdict.confidence >= CONFIDENCE_MIN);
}

/* A flow from an address to itself has no reverse direction. */
static const struct flow_table_entry *
periodic_reverse(const struct flow_table_entry *e)
{
	const struct flow_table_entry	*reverse = e->reverse;

	return (reverse != NULL && reverse != e && is_periodic(reverse) ?
	    reverse : NULL);
}

/* Makes the rows.  False when memory is exhausted. */
static bool
collect(struct discover_report *r, struct flow_table *flows)
{
	const struct flow_table_entry	*e, *reverse;
	size_t				 n;
	int				 order;

	r->entries = e = flow_table_score(flows, &n);
	r->nentries = n;
	r->rows = calloc(n + 1, sizeof(*r->rows));
	if (r->rows == NULL)
		return (false);
	for (; n > 0; n--, e++) {
		reverse = periodic_reverse(e);
		order = reverse == NULL ? -1 : compare_entries(e, reverse);
		/* Two directions share one row; the better one is first. */
		if (is_periodic(e) &&
		    (order < 0 || (order == 0 && e < reverse)))
			r->rows[r->nrows++] = (struct row){ e, reverse };
	}
	qsort(r->rows, r->nrows, sizeof(*r->rows), compare_rows);
	return (true);
}

/* ---- the table */

static char *
form_text(const struct flow_key *key, char *text)
{
	char	 form[FLOW_TABLE_FORM_SIZE], vlan[VLAN_TEXT_SIZE];

	flow_table_form(key, form);
	if (key->vlan == VLAN_NONE || key->vlan == VLAN_OTHER)
		snprintf(text, FORM_SIZE, "%s", form);
	else
		snprintf(text, FORM_SIZE, "%s in VLAN %s", form,
		    vlan_text(key->vlan, vlan));
	return (text);
}

static const char *
addresses_text(const struct row *row, char *text)
{
	char	 source[ADDR_TEXT_SIZE], destination[ADDR_TEXT_SIZE];

	snprintf(text, ADDRESSES_SIZE, "%s %s %s",
	    addr_text(&row->flow->key.source, source),
	    row->reverse != NULL ? "<->" : "->",
	    addr_text(&row->flow->key.destination, destination));
	return (text);
}

static int64_t
larger(int64_t a, int64_t b)
{
	return (a > b ? a : b);
}

/* For two directions, shows the larger jitter and the longer gap. */
static void
print_row(const struct discover_report *r, const struct row *row,
    int flow_width, int form_width)
{
	const struct flow_table_entry	*e = row->flow;
	const struct flow_table_entry	*reverse = row->reverse != NULL ?
	    row->reverse : e;
	char				 text[ADDRESSES_SIZE];
	char				 heartbeat[FORM_SIZE];
	char				 count[48];

	if (row->reverse != NULL)
		snprintf(count, sizeof(count), "%" PRIu64 "+%" PRIu64,
		    e->flow.packets, reverse->flow.packets);
	else
		snprintf(count, sizeof(count), "%" PRIu64, e->flow.packets);
	fprintf(r->stream, "# %-*s  %-*s  %11s  %8.3f s  %8.3f s  %8.3f s  "
	    "%3.0f %%\n", flow_width, addresses_text(row, text), form_width,
	    form_text(&e->key, heartbeat), count,
	    mono_seconds(e->verdict.interval_ns),
	    mono_seconds(larger(e->verdict.jitter_ns,
	    reverse->verdict.jitter_ns)),
	    mono_seconds(larger(e->flow.longest_gap_ns,
	    reverse->flow.longest_gap_ns)),
	    100 * e->verdict.confidence);
}

static void
widen(int *width, const char *text)
{
	int	 n = (int)strlen(text);

	if (n > *width)
		*width = n;
}

static void
print_table(const struct discover_report *r, size_t n)
{
	char	 text[ADDRESSES_SIZE], heartbeat[FORM_SIZE];
	int	 flow_width = 4, form_width = 8;	/* of the headings */
	size_t	 i;

	for (i = 0; i < n; i++) {
		widen(&flow_width, addresses_text(&r->rows[i], text));
		widen(&form_width, form_text(&r->rows[i].flow->key,
		    heartbeat));
	}
	fprintf(r->stream, "# %-*s  %-*s  %11s  %10s  %10s  %10s  %s\n",
	    flow_width, "flow", form_width, "protocol", "count", "interval",
	    "jitter", "longest gap", "confidence");
	for (i = 0; i < n; i++)
		print_row(r, &r->rows[i], flow_width, form_width);
	if (n < r->nrows)
		fprintf(r->stream, "# %zu more periodic flows are not shown\n",
		    r->nrows - n);
}

/* ---- the proposed watches */

/*
 * In a VRRP or CARP group only the master sends, and the silence of a backup is
 * not an outage.  In an HSRP group the standby router also sends.
 */
static bool
has_single_sender(const struct flow_table_entry *e)
{
	const struct protocol	*p = e->key.protocol;

	return (p->any_sender && p->argument == ARGUMENT_NUMBER &&
	    strcmp(p->name, "hsrp") != 0);
}

static bool
is_micro_bfd(const struct flow_key *key)
{
	return (key->key == MICRO_BFD_PORT &&
	    strcmp(key->protocol->name, "udp") == 0);
}

static const struct port_alarm *
alarm_of(const struct flow_key *key)
{
	const struct port_alarm	*alarm;

	if ((strcmp(key->protocol->name, "udp") != 0 &&
	    strcmp(key->protocol->name, "tcp") != 0) || is_micro_bfd(key))
		return (&other_alarm);
	alarm = port_alarm_find(key->key);
	return (alarm != NULL ? alarm : &default_alarm);
}

/*
 * The shortest interruption without false alarms.  It tolerates INTERVALS_MIN
 * intervals, and one interval more than the longest gap of the capture that was
 * not an outage.
 */
static int64_t
needed_ns(const struct flow_table_entry *e)
{
	return (larger(INTERVALS_MIN * e->verdict.interval_ns,
	    e->verdict.regular_ns + e->verdict.interval_ns));
}

/* The proposed watch for a flow. */
struct proposal {
	const struct flow_table_entry	*flow;
	int64_t				 needed_ns;	/* interruption */
	bool				 single_sender;
	bool				 in_vlan;	/* needs `vlan` */
	/* An earlier row of the same group has the watch. */
	bool				 repeated;
	bool				 twin;		/* see add_sender */
};

/*
 * Considers another row, which may be of the same group.  Each node of the
 * group may become the sender, so the slowest one counts.  A twin is a second
 * group with the same number: one is IPv4, the other one IPv6.
 */
static void
add_sender(struct proposal *p, const struct row *row, bool earlier)
{
	const struct flow_key	*key = &p->flow->key;
	const struct flow_key	*other = &row->flow->key;

	if (other->protocol != key->protocol || other->key != key->key ||
	    other->inside != key->inside || other->vlan != key->vlan)
		return;
	if (other->source.family != key->source.family) {
		p->twin = true;
		return;
	}
	p->repeated = p->repeated || earlier;
	p->needed_ns = larger(p->needed_ns, needed_ns(row->flow));
	if (row->reverse != NULL)
		p->needed_ns = larger(p->needed_ns, needed_ns(row->reverse));
}

/*
 * Does the watch need the option `vlan`?  It does if the flow has tags, or if a
 * watch of an untagged flow would receive packets of another VLAN too.
 */
static bool
needs_vlan(const struct discover_report *r, const struct flow_key *key)
{
	const struct flow_key	*other;
	size_t			 i;

	for (i = 0; i < r->nentries && key->vlan == VLAN_NONE; i++) {
		other = &r->entries[i].key;
		if (other->protocol == key->protocol &&
		    other->key == key->key && other->vlan != VLAN_NONE &&
		    other->source.family == key->source.family &&
		    (key->protocol->any_sender ||
		    addr_equal(&other->source, &key->source)))
			return (true);
	}
	return (key->vlan != VLAN_NONE && key->vlan != VLAN_OTHER);
}

/* The watch for a flow, which is one of the directions of row number `row`. */
static struct proposal
propose(const struct discover_report *r, const struct flow_table_entry *e,
    size_t row)
{
	struct proposal	 p = {
		.flow = e, .needed_ns = needed_ns(e),
		.single_sender = has_single_sender(e),
		.in_vlan = needs_vlan(r, &e->key),
	};
	size_t		 i;

	for (i = 0; p.single_sender && i < r->nrows; i++)
		add_sender(&p, &r->rows[i], i < row);
	return (p);
}

/* ---- the sections */

/*
 * The destination is in the name too, because a peer that sends to several
 * destinations gets a watch for each of them.
 */
static const char *
name_text(const struct proposal *p, char *name)
{
	const struct flow_key	*key = &p->flow->key;
	char			 source[ADDR_TEXT_SIZE];
	char			 destination[ADDR_TEXT_SIZE];
	char			 heartbeat[FORM_SIZE];
	bool			 from = !p->single_sender;
	bool			 to = from || p->twin;

	snprintf(name, NAME_SIZE, "%s%s%s%s%s%s", form_text(key, heartbeat),
	    from ? " from " : "", from ? addr_text(&key->source, source) : "",
	    to ? " to " : "", to ? addr_text(&key->destination, destination) :
	    "", key->inside ? " inside" : "");
	return (name);
}

/* Is the address to which the peer sends part of the watch? */
static bool
needs_local(const struct proposal *p)
{
	bool	 group = flow_table_is_group(&p->flow->key.destination);

	return (p->single_sender ? group && p->twin : !group);
}

/* In seconds. */
static int64_t
interruption_of(const struct proposal *p)
{
	int64_t	 ns = larger(p->needed_ns,
		    alarm_of(&p->flow->key)->interruption_ns);

	return ((ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC);
}

/* A network card may hide multicast from `any`. */
static bool
needs_card(const struct discover_report *r, const struct flow_key *key)
{
	const char	*interface = r->setting->interface;

	return (addr_is_multicast(&key->destination) &&
	    (interface == NULL || strcmp(interface, "any") == 0));
}

/*
 * For a group the user has to replace the name: `hbwatchd -t` refuses it if
 * there is no such interface.
 */
static void
print_interface(const struct discover_report *r, const struct flow_key *key)
{
	const char	*interface = r->setting->interface;

	if (interface == NULL)
		fprintf(r->stream,
		    "\t# the capture does not name the interface\n");
	if (needs_card(r, key)) {
		fprintf(r->stream, "\t# enter the interface; \"any\" may not "
		    "receive multicast\n");
		interface = GROUP_INTERFACE;
	}
	fprintf(r->stream, "\tinterface = \"%s\"\n",
	    interface != NULL ? interface : "any");
}

/* True for an address of this host. */
static bool
is_own(const struct discover_report *r, const struct addr *a)
{
	return (own_addresses_have(r->setting->own, a, "any"));
}

static void
print_addresses(const struct discover_report *r, const struct proposal *p)
{
	const struct flow_key	*key = &p->flow->key;
	char			 text[ADDR_TEXT_SIZE];

	if (p->single_sender)
		fprintf(r->stream,
		    "\t# accepts any sender of the group; add peer to monitor "
		    "one node that\n\t# must always send\n");
	else
		fprintf(r->stream, "%s\tpeer = \"%s\"\n",
		    is_own(r, &key->source) ? "\t# an address of this host: "
		    "this watch is for the other node\n" : "",
		    addr_text(&key->source, text));
	if (needs_local(p))
		fprintf(r->stream, "\tlocal = \"%s\"\n",
		    addr_text(&key->destination, text));
}

/*
 * Any member of a group may send, each with its own card.  For other flows the
 * user decides, because a card may be replaced.
 */
static void
print_peer_mac(const struct discover_report *r, const struct proposal *p)
{
	char	 text[MAC_TEXT_SIZE];

	if (p->flow->has_mac && !p->single_sender)
		fprintf(r->stream, "\t#peer-mac = \"%s\"\n",
		    mac_text(p->flow->mac.octets, text));
}

static void
print_watch(const struct discover_report *r, const struct flow_table_entry *e,
    size_t row)
{
	struct proposal			 p = propose(r, e, row);
	const struct port_alarm		*alarm = alarm_of(&e->key);
	char				 vlan[VLAN_TEXT_SIZE];
	char				 heartbeat[FLOW_TABLE_FORM_SIZE];
	char				 name[NAME_SIZE];

	if (p.repeated)
		return;
	fprintf(r->stream, "\nwatch \"%s\" {\n", name_text(&p, name));
	print_interface(r, &e->key);
	if (p.in_vlan)
		fprintf(r->stream, "\tvlan = %s\n",
		    vlan_text(e->key.vlan, vlan));
	print_addresses(r, &p);
	print_peer_mac(r, &p);
	fprintf(r->stream, "\theartbeat = \"%s\"\n",
	    flow_table_form(&e->key, heartbeat));
	if (e->key.inside)
		fprintf(r->stream, "\tdecapsulate = true\n");
	if (is_micro_bfd(&e->key))
		fprintf(r->stream, "\t# micro-BFD (RFC 7130): BFD of one link "
		    "of a bundle\n");
	if (alarm->service != NULL)
		fprintf(r->stream, "\t# port %u is the heartbeat port of %s\n",
		    alarm->port, alarm->service);
	if (alarm != &default_alarm)
		fprintf(r->stream, "\talarm = %" PRIu32 "\n", alarm->id);
	fprintf(r->stream,
	    "\t# interval %.3f s; below %.1f s there would be false alarms; "
	    "%.0f s is the\n\t# default of alarm %" PRIu32 "\n",
	    mono_seconds(e->verdict.interval_ns), mono_seconds(p.needed_ns),
	    mono_seconds(alarm->interruption_ns), alarm->id);
	fprintf(r->stream, "\tinterruption = %" PRId64 "s\n}\n",
	    interruption_of(&p));
}

/* The section of other_alarm, if one of the watches needs it. */
static void
print_alarm(const struct discover_report *r, size_t n)
{
	size_t	 i = 0;

	while (i < n && alarm_of(&r->rows[i].flow->key) != &other_alarm)
		i++;
	if (i < n)
		fprintf(r->stream, "\n# 45640 is the alarm of FlinkServer; "
		    "choose your own number and name for the\n# other "
		    "heartbeats\nalarm %" PRIu32 " {\n"
		    "\tname = \"Heartbeat Interruption\"\n}\n",
		    other_alarm.id);
}

static void
print_sections(const struct discover_report *r, size_t n)
{
	const struct row	*row = r->rows;
	size_t			 i;

	for (i = 0; i < n; i++, row++) {
		print_watch(r, row->flow, i);
		if (row->reverse != NULL && !has_single_sender(row->reverse))
			print_watch(r, row->reverse, i);
	}
	print_alarm(r, n);
}

/* ---- the whole report */

static void
print_summary(const struct discover_report *r,
    const struct flow_table_totals *totals)
{
	const struct addr	*unseen = totals->pair_seen ? NULL :
	    r->setting->pair;
	double			 watched = mono_seconds(r->setting->watched_ns);
	char			 one[ADDR_TEXT_SIZE], other[ADDR_TEXT_SIZE];

	fprintf(r->stream, "# %" PRIu64 " packets in %.1f s, %zu flow%s",
	    totals->packets, watched, totals->flows,
	    totals->flows == 1 ? "" : "s");
	if (r->nrows > 0)
		fprintf(r->stream, " (%zu periodic)", r->nrows);
	fputc('\n', r->stream);
	if (unseen != NULL)
		fprintf(r->stream, "# no packet between %s and %s was seen\n",
		    addr_text(&unseen[0], one),
		    addr_text(&unseen[1], other));
	if (r->nrows == 0)
		fprintf(r->stream, "# no periodic flow was found\n");
	if (r->nrows == 0 && watched > 0 && unseen == NULL)
		fprintf(r->stream, "# (an unknown flow with an interval above "
		    "%.1f s needs a longer capture)\n", watched / BURSTS_MIN);
	if (totals->faulty > 0)
		fprintf(r->stream, "# packets with a wrong checksum or TTL 0, "
		    "which do not count: %" PRIu64 "\n", totals->faulty);
	if (totals->dropped > 0)
		fprintf(r->stream, "# too many flows: %" PRIu64 " with few or "
		    "no recent packets were dropped\n", totals->dropped);
}

/* ---- the same as JSON Lines */

static void
json_vlan(struct json *j, uint32_t vlan, bool known)
{
	char	 text[VLAN_TEXT_SIZE];

	json_text(j, "vlan", known ? vlan_text(vlan, text) : NULL);
}

static void
write_flow(const struct discover_report *r, const struct flow_table_entry *e)
{
	const struct flow_key	*key = &e->key;
	struct json		 j;
	char			 text[ADDR_TEXT_SIZE];
	char			 heartbeat[FLOW_TABLE_FORM_SIZE];

	json_begin(&j, r->stream);
	json_text(&j, "event", "flow");
	json_text(&j, "source", addr_text(&key->source, text));
	json_text(&j, "destination", addr_text(&key->destination, text));
	json_text(&j, "heartbeat", flow_table_form(key, heartbeat));
	json_vlan(&j, key->vlan, key->vlan != VLAN_NONE &&
	    key->vlan != VLAN_OTHER);
	json_flag(&j, "inside", key->inside);
	json_count(&j, "packets", e->flow.packets);
	json_duration(&j, "interval", e->verdict.interval_ns);
	json_duration(&j, "jitter", e->verdict.jitter_ns);
	json_duration(&j, "longestGap", e->flow.longest_gap_ns);
	json_count(&j, "confidence",
	    (uint64_t)(100 * e->verdict.confidence + 0.5));
	json_end(&j);
}

static void
write_watch(const struct discover_report *r, const struct flow_table_entry *e,
    size_t row)
{
	struct proposal		 p = propose(r, e, row);
	const struct flow_key	*key = &e->key;
	struct json		 j;
	char			 text[ADDR_TEXT_SIZE], name[NAME_SIZE];
	char			 heartbeat[FLOW_TABLE_FORM_SIZE];

	if (p.repeated)
		return;
	json_begin(&j, r->stream);
	json_text(&j, "event", "watch");
	json_text(&j, "watch", name_text(&p, name));
	json_text(&j, "interface", needs_card(r, key) ? NULL :
	    r->setting->interface);
	json_vlan(&j, key->vlan, p.in_vlan);
	json_text(&j, "peer", p.single_sender ? NULL :
	    addr_text(&key->source, text));
	json_text(&j, "local", needs_local(&p) ?
	    addr_text(&key->destination, text) : NULL);
	json_text(&j, "peerMac", e->has_mac && !p.single_sender ?
	    mac_text(e->mac.octets, text) : NULL);
	json_text(&j, "heartbeat", flow_table_form(key, heartbeat));
	json_flag(&j, "decapsulate", key->inside);
	json_count(&j, "alarmId", alarm_of(key)->id);
	json_text(&j, "service", alarm_of(key)->service);
	json_duration(&j, "leastInterruption", p.needed_ns);
	json_duration(&j, "interruption", interruption_of(&p) * NSEC_PER_SEC);
	json_end(&j);
}

/* All periodic flows, all watches, and then the summary. */
static void
write_json(const struct discover_report *r,
    const struct flow_table_totals *totals)
{
	const struct row	*row;
	struct json		 j;
	size_t			 i;

	for (i = 0; i < r->nrows; i++) {
		write_flow(r, r->rows[i].flow);
		if (r->rows[i].reverse != NULL)
			write_flow(r, r->rows[i].reverse);
	}
	for (i = 0; i < r->nrows; i++) {
		row = &r->rows[i];
		write_watch(r, row->flow, i);
		if (row->reverse != NULL && !has_single_sender(row->reverse))
			write_watch(r, row->reverse, i);
	}
	json_begin(&j, r->stream);
	json_text(&j, "event", "summary");
	json_count(&j, "packets", totals->packets);
	json_duration(&j, "duration", r->setting->watched_ns);
	json_count(&j, "flows", totals->flows);
	json_count(&j, "periodic", r->nrows);
	json_count(&j, "faulty", totals->faulty);
	json_count(&j, "dropped", totals->dropped);
	json_flag(&j, "pairSeen", r->setting->pair == NULL ||
	    totals->pair_seen);
	json_end(&j);
}

bool
discover_report_print(struct flow_table *flows,
    const struct discover_report_setting *setting, FILE *stream)
{
	struct discover_report	 r = { .setting = setting, .stream = stream };
	size_t			 n;

	if (!collect(&r, flows))
		return (false);
	n = r.nrows < ROWS_MAX ? r.nrows : ROWS_MAX;
	if (setting->json) {
		write_json(&r, flow_table_totals(flows));
	} else {
		print_summary(&r, flow_table_totals(flows));
		if (n > 0)
			print_table(&r, n);
		print_sections(&r, n);
	}
	free(r.rows);
	return (true);
}
