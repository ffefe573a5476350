/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mono.h"
#include "offline/discover_report.h"

/* What is less likely to be a heartbeat is not shown. */
#define CONFIDENCE_MIN	0.5
#define ROWS_MAX	20

/* What alarm 45640 waits where a watch does not say. */
#define ALARM_NS	(30 * NSEC_PER_SEC)
/* What beats has so many at least in a capture; flow.c asks for them. */
#define BURSTS_MIN	5
/* So many beats may be missed in a row. */
#define MISSED		3

/* "A <-> B", with the longest addresses. */
#define ENDS_SIZE	(2 * ADDR_TEXT_SIZE + 8)

/* One answer: a flow, and the same the other way round if that beats too. */
struct row {
	const struct flow_table_entry	*flow;
	const struct flow_table_entry	*back;		/* NULL: none */
};

struct discover_report {
	struct row	*rows;
	size_t		 nrows;
	FILE		*stream;
	const struct discover_report_setting *setting;
};

/* ---- what to show */

static bool
is_periodic(const struct flow_table_entry *e)
{
	return (e->verdict.confidence >= CONFIDENCE_MIN);
}

/* The more likely one, of equals the one with more packets. */
static int
compare_entries(const struct flow_table_entry *a, const struct flow_table_entry *b)
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

/* Of two directions the better one has the row. */
static bool
has_row(const struct flow_table_entry *entries, const struct flow_table_entry *e)
{
	const struct flow_table_entry	*back = e->back == FLOW_TABLE_NONE ? NULL :
	    &entries[e->back];
	int				 order;

	if (!is_periodic(e))
		return (false);
	if (back == NULL || back == e || !is_periodic(back))
		return (true);
	order = compare_entries(e, back);
	return (order < 0 || (order == 0 && e < back));
}

static bool
collect(struct discover_report *a, struct flow_table *flows)
{
	const struct flow_table_entry	*entries, *back;
	size_t				 i, n;

	entries = flow_table_score(flows, &n);
	a->rows = calloc(n + 1, sizeof(*a->rows));
	if (a->rows == NULL)
		return (false);
	for (i = 0; i < n; i++) {
		if (!has_row(entries, &entries[i]))
			continue;
		back = entries[i].back == FLOW_TABLE_NONE ? NULL :
		    &entries[entries[i].back];
		if (back == &entries[i] || (back != NULL && !is_periodic(back)))
			back = NULL;
		a->rows[a->nrows++] = (struct row){ &entries[i], back };
	}
	qsort(a->rows, a->nrows, sizeof(*a->rows), compare_rows);
	return (true);
}

/* ---- the table */

static const char *
ends_text(const struct row *row, char *text)
{
	char	 source[ADDR_TEXT_SIZE], destination[ADDR_TEXT_SIZE];

	snprintf(text, ENDS_SIZE, "%s %s %s",
	    addr_text(&row->flow->key.source, source),
	    row->back != NULL ? "<->" : "->",
	    addr_text(&row->flow->key.destination, destination));
	return (text);
}

static double
seconds(int64_t ns)
{
	return ((double)ns / NSEC_PER_SEC);
}

static int64_t
larger(int64_t a, int64_t b)
{
	return (a > b ? a : b);
}

/* Of two directions the worse is shown. */
static void
print_row(const struct discover_report *a, const struct row *row, int ends, int form)
{
	const struct flow_table_entry	*e = row->flow;
	const struct flow_table_entry	*back = row->back != NULL ?
	    row->back : e;
	char				 text[ENDS_SIZE];
	char				 heartbeat[FLOW_TABLE_FORM_SIZE];
	char				 count[48];

	if (row->back != NULL)
		snprintf(count, sizeof(count), "%" PRIu64 "+%" PRIu64,
		    e->flow.packets, back->flow.packets);
	else
		snprintf(count, sizeof(count), "%" PRIu64, e->flow.packets);
	fprintf(a->stream, "# %-*s  %-*s  %11s  %8.3f s  %8.3f s  %8.3f s  "
	    "%3.0f %%\n", ends, ends_text(row, text), form,
	    flow_table_form(&e->key, heartbeat), count,
	    seconds(e->verdict.interval_ns),
	    seconds(larger(e->verdict.jitter_ns, back->verdict.jitter_ns)),
	    seconds(larger(e->flow.longest_ns, back->flow.longest_ns)),
	    100 * e->verdict.confidence);
}

static int
wider(int width, const char *text)
{
	int	 n = (int)strlen(text);

	return (n > width ? n : width);
}

static void
print_table(const struct discover_report *a, size_t n)
{
	char	 text[ENDS_SIZE], heartbeat[FLOW_TABLE_FORM_SIZE];
	int	 ends = 4, form = 8;
	size_t	 i;

	for (i = 0; i < n; i++) {
		ends = wider(ends, ends_text(&a->rows[i], text));
		form = wider(form, flow_table_form(&a->rows[i].flow->key,
		    heartbeat));
	}
	fprintf(a->stream, "# %-*s  %-*s  %11s  %10s  %10s  %10s  %s\n", ends,
	    "flow", form, "protocol", "count", "interval", "jitter",
	    "longest gap", "confidence");
	for (i = 0; i < n; i++)
		print_row(a, &a->rows[i], ends, form);
	if (n < a->nrows)
		fprintf(a->stream, "# and %zu more\n", a->nrows - n);
}

/* ---- groups of which one speaks */

/*
 * Of VRRP and CARP only the master speaks, and a backup's silence is no outage.
 * Of HSRP the standby router speaks too, and bpf has no groups.
 */
static bool
one_speaks(const struct flow_table_entry *e)
{
	const struct protocol	*p = e->key.protocol;

	return (p->any_sender && p->argument == ARGUMENT_NUMBER &&
	    strcmp(p->name, "hsrp") != 0);
}

/* IPv4 and IPv6 have groups of their own, which may have the same number. */
static bool
is_number_equal(const struct flow_table_entry *a, const struct flow_table_entry *b)
{
	return (a->key.protocol == b->key.protocol && a->key.key == b->key.key);
}

static bool
is_group_equal(const struct flow_table_entry *a, const struct flow_table_entry *b)
{
	return (is_number_equal(a, b) &&
	    a->key.source.family == b->key.source.family);
}

/* Is there such a group of the other family too? */
static bool
has_twin(const struct discover_report *a, const struct flow_table_entry *e)
{
	size_t	 i;

	for (i = 0; i < a->nrows; i++)
		if (is_number_equal(a->rows[i].flow, e) &&
		    !is_group_equal(a->rows[i].flow, e))
			return (true);
	return (false);
}

/* A group has its section where it is first seen. */
static bool
has_section(const struct discover_report *a, size_t row)
{
	size_t	 i;

	for (i = 0; i < row && one_speaks(a->rows[row].flow); i++)
		if (is_group_equal(a->rows[i].flow, a->rows[row].flow))
			return (false);
	return (true);
}

/* ---- the sections */

/* Three beats missed, or the longest time there was without an outage. */
static int64_t
flow_needed_ns(const struct flow_table_entry *e)
{
	return (larger(MISSED * e->verdict.interval_ns,
	    e->verdict.regular_ns + e->verdict.interval_ns));
}

/* Any of a group's nodes may be its speaker. */
static int64_t
needed_ns(const struct discover_report *a, const struct flow_table_entry *e)
{
	const struct row	*row;
	int64_t			 ns = flow_needed_ns(e);

	if (!one_speaks(e))
		return (ns);
	for (row = a->rows; row < a->rows + a->nrows; row++) {
		if (!is_group_equal(row->flow, e))
			continue;
		ns = larger(ns, flow_needed_ns(row->flow));
		if (row->back != NULL)
			ns = larger(ns, flow_needed_ns(row->back));
	}
	return (ns);
}

/* Whole seconds, up. */
static int64_t
proposed_s(const struct discover_report *a, const struct flow_table_entry *e)
{
	int64_t	 ns = larger(needed_ns(a, e), ALARM_NS);

	return ((ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC);
}

/* A peer that sends to several has a watch for each. */
static void
print_name(const struct discover_report *a, const struct flow_table_entry *e)
{
	char	 text[ADDR_TEXT_SIZE], heartbeat[FLOW_TABLE_FORM_SIZE];

	fprintf(a->stream, "watch \"%s", flow_table_form(&e->key, heartbeat));
	if (!one_speaks(e))
		fprintf(a->stream, " from %s",
		    addr_text(&e->key.source, text));
	if (!one_speaks(e) || has_twin(a, e))
		fprintf(a->stream, " to %s",
		    addr_text(&e->key.destination, text));
	fprintf(a->stream, "\" {\n");
}

/* Whom to hear, and by what address. */
static void
print_ends(const struct discover_report *a, const struct flow_table_entry *e)
{
	bool	 group = flow_table_is_group(&e->key.destination);
	char	 text[ADDR_TEXT_SIZE];

	if (one_speaks(e))
		fprintf(a->stream,
		    "\t# whoever speaks for the group is heard; `peer` may be "
		    "added, to watch\n\t# one node that must always speak\n");
	else
		fprintf(a->stream, "\tpeer = \"%s\"\n",
		    addr_text(&e->key.source, text));
	if (one_speaks(e) ? group && has_twin(a, e) : !group)
		fprintf(a->stream, "\tlocal = \"%s\"\n",
		    addr_text(&e->key.destination, text));
}

static void
print_why(const struct discover_report *a, const struct flow_table_entry *e)
{
	bool	 shorter = needed_ns(a, e) < ALARM_NS;

	fprintf(a->stream,
	    "\t# every %.3f s: silence says nothing before %.1f s, which is "
	    "%s\n\t# than the 30 s of alarm 45640\n",
	    seconds(e->verdict.interval_ns), seconds(needed_ns(a, e)),
	    shorter ? "less" : "more");
}

static void
print_watch(const struct discover_report *a, const struct flow_table_entry *e)
{
	const char	*interface = a->setting->interface;
	char		 heartbeat[FLOW_TABLE_FORM_SIZE];

	fputc('\n', a->stream);
	print_name(a, e);
	if (interface == NULL)
		fprintf(a->stream, "\t# the capture does not say which\n");
	fprintf(a->stream, "\tinterface = \"%s\"\n",
	    interface != NULL ? interface : "any");
	print_ends(a, e);
	fprintf(a->stream, "\theartbeat = \"%s\"\n",
	    flow_table_form(&e->key, heartbeat));
	print_why(a, e);
	fprintf(a->stream, "\tinterruption = %" PRId64 "s\n}\n",
	    proposed_s(a, e));
}

static void
print_sections(const struct discover_report *a, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++) {
		if (!has_section(a, i))
			continue;
		print_watch(a, a->rows[i].flow);
		if (a->rows[i].back != NULL && !one_speaks(a->rows[i].back))
			print_watch(a, a->rows[i].back);
	}
}

/* ---- all of it */

static void
print_nothing(const struct discover_report *a)
{
	double	 watched = seconds(a->setting->watched_ns);

	fprintf(a->stream, "# no flow that beats was found\n");
	if (watched > 0 && a->setting->unmet == NULL)
		fprintf(a->stream, "# (one with more than %.1f s between two "
		    "beats takes a longer capture)\n", watched / BURSTS_MIN);
}

static void
print_seen(const struct discover_report *a, const struct flow_table *flows)
{
	const struct addr	*unmet = a->setting->unmet;
	char			 one[ADDR_TEXT_SIZE], other[ADDR_TEXT_SIZE];

	fprintf(a->stream, "# %" PRIu64 " packets in %.1f s, %zu flows\n",
	    flow_table_packets(flows), seconds(a->setting->watched_ns),
	    flow_table_count(flows));
	if (unmet != NULL)
		fprintf(a->stream, "# no packet between %s and %s was seen\n",
		    addr_text(&unmet[0], one), addr_text(&unmet[1], other));
	if (a->nrows == 0)
		print_nothing(a);
	if (flow_table_dropped(flows) > 0)
		fprintf(a->stream, "# %" PRIu64 " more flows were dropped that "
		    "promised less: there were too many\n",
		    flow_table_dropped(flows));
}

bool
discover_report_print(struct flow_table *flows, const struct discover_report_setting *setting,
    FILE *stream)
{
	struct discover_report	 a = { .setting = setting, .stream = stream };
	size_t		 n;

	if (!collect(&a, flows))
		return (false);
	n = a.nrows < ROWS_MAX ? a.nrows : ROWS_MAX;
	print_seen(&a, flows);
	if (n > 0)
		print_table(&a, n);
	print_sections(&a, n);
	free(a.rows);
	return (true);
}
