/* SPDX-License-Identifier: BSD-2-Clause */
#include "diagnose.h"
#include "table.h"

#define GETTER(name, set, expression)	\
	TABLE_GETTER(name, struct evidence_view, set, expression)

GETTER(get_name, value_text, evidence_name(row->number))
/* A struct of zeros is unknown(1), too. */
GETTER(get_state, value_integer, row->signal->state == 0 ? EVIDENCE_UNKNOWN :
    row->signal->state)
GETTER(get_time, value_time, row->signal->at)
GETTER(get_count, value_unsigned, row->signal->count)
GETTER(get_text, value_text,
    evidence_text(row->number, row->signal, TABLE_BUFFER(EVIDENCE_TEXT_SIZE)))

static const struct column columns[] = {
	{ 2, "hbwEvidenceName", ASN_OCTET_STR, get_name },
	{ 3, "hbwEvidenceState", ASN_INTEGER, get_state },
	{ 4, "hbwEvidenceTime", ASN_OCTET_STR, get_time },
	{ 5, "hbwEvidenceCount", ASN_GAUGE, get_count },
	{ 6, "hbwEvidenceText", ASN_OCTET_STR, get_text },
};

/* Each alarm has all signals. */
static size_t
rows(const struct agent *agent)
{
	return (diagnose_count(agent) * EVIDENCE_MAX);
}

static void
row_index(const struct agent *agent, size_t i, oid *index)
{
	const struct diagnose_kept	 kept = diagnose_kept_at(agent,
					    i / EVIDENCE_MAX);

	index[0] = kept.alarm_id;
	index[1] = kept.index;
	index[2] = i % EVIDENCE_MAX + 1;
}

static const void *
row_view(const struct agent *agent, size_t i, union view *view)
{
	const struct diagnose_kept	 kept = diagnose_kept_at(agent,
					    i / EVIDENCE_MAX);

	view->evidence.number = (enum evidence_number)(i % EVIDENCE_MAX + 1);
	view->evidence.signal = &kept.evidence->signals[view->evidence.number];
	return (&view->evidence);
}

const struct table evidence_table = {
	.prefix = { 1, 6, 1 }, .prefix_length = 3, .indexes = 3,
	.columns = columns, .ncolumns = COLUMNS(columns),
	.rows = rows, .index = row_index, .view = row_view,
};
