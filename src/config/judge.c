/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/interned_string.h"
#include "base/utf8.h"
#include "config/duration.h"
#include "config/judge.h"

const char *
judge_text_fault(const char *text, size_t max)
{
	uint32_t	 c;
	const char	*p;

	if (!utf8_valid(text))
		return ("is not valid UTF-8; expected text in UTF-8");
	for (p = text; *p != '\0'; p += utf8_next(p, &c))
		if (utf8_next(p, &c) > 0 && utf8_control(c))
			return ("has a control character; expected plain text "
			    "on one line");
	if (text[strspn(text, " ")] == '\0')
		return ("is empty; expected a text");
	if (strlen(text) <= max)
		return (NULL);
	return (max == JUDGE_TEXT_MAX ?
	    "is too long; expected at most 255 octets" :
	    "is too long; expected at most 4095 octets");
}

void
judge_value_fault(struct judge *j, const char *name,
    const struct conffile_value *v, const char *fault)
{
	char quoted[FAULTS_QUOTE_SIZE];

	faults_add(j->faults, v->line, "%s %s %s", name,
	    faults_quote(v->text, quoted), fault);
}

const char *
judge_place(struct judge *j, int *line)
{
	const char *file = places_find(&j->faults->places, *line, line);
	const char *shared = interned_string_share(file);

	if (shared == NULL && file != NULL)
		faults_exhausted(j->faults);
	return (shared);
}

void
judge_take_text(struct judge *j, const struct conffile_section *s,
    enum conffile_option option, size_t max, const char **text)
{
	const struct conffile_value	*v = &s->value[option];
	const char			*fault;

	if (v->text == NULL)
		return;
	fault = judge_text_fault(v->text, max);
	if (fault != NULL) {
		judge_value_fault(j, conffile_name(option), v, fault);
		return;
	}
	*text = v->text;
}

bool
judge_number(const char *text, uint32_t min, uint32_t max, uint32_t *number)
{
	uint64_t	 n = 0;
	const char	*p;

	for (p = text; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > max)
			return (false);
	}
	if (p == text || *p != '\0' || n < min)
		return (false);
	*number = (uint32_t)n;
	return (true);
}

void
judge_take_interruption(struct judge *j, const struct conffile_section *s,
    int64_t *ns)
{
	const struct conffile_value *v = &s->value[OPTION_INTERRUPTION];

	if (v->text == NULL || duration_parse(v->text, ns))
		return;
	if (v->text[0] != '\0' &&
	    v->text[strspn(v->text, "0123456789.")] == '\0')
		judge_value_fault(j, "interruption", v,
		    "has no unit; expected ms, s, min or h, such as 30s");
	else
		judge_value_fault(j, "interruption", v,
		    "is no duration from 1ms to 24h; expected a number and "
		    "ms, s, min or h, such as 30s");
}
