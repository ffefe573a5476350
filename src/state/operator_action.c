/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "state/operator_action.h"

struct operator_action *
operator_action_new(const struct operator_action *like)
{
	struct operator_action	*a;
	size_t			 who = strlen(like->who) + 1;
	size_t			 text = strlen(like->text) + 1;

	a = malloc(sizeof(*a) + who + text);
	if (a == NULL)
		return (NULL);
	*a = *like;
	a->references = 1;
	a->who = memcpy(a->texts, like->who, who);
	a->text = memcpy(a->texts + who, like->text, text);
	return (a);
}

struct operator_action *
operator_action_share(struct operator_action *a)
{
	if (a != NULL)
		a->references++;
	return (a);
}

void
operator_action_release(struct operator_action *a)
{
	if (a != NULL && --a->references == 0)
		free(a);
}

enum operator_state
operator_action_state(const struct operator_action *a)
{
	return (a == NULL ? OPERATOR_NONE : a->state);
}

char *
operator_action_text(const struct operator_action *a,
    enum operator_change change, char *text)
{
	static const char *const	 verbs[] = {
		[OPERATOR_CHANGE_CAUSE] = "changed",
		[OPERATOR_CHANGE_ACKNOWLEDGED] = "acknowledged",
		[OPERATOR_CHANGE_UNACKNOWLEDGED] = "unacknowledged",
		[OPERATOR_CHANGE_SHELVED] = "shelved",
		[OPERATOR_CHANGE_UNSHELVED] = "unshelved",
	};
	char	 until[WALL_TEXT_SIZE];
	bool	 shelved = change == OPERATOR_CHANGE_SHELVED;

	snprintf(text, OPERATOR_ACTION_SIZE, "%s%s%s by %s%s%s",
	    verbs[change], shelved ? " until " : "",
	    shelved ? wall_text(a->until, until) : "", a->who,
	    a->text[0] == '\0' ? "" : ": ", a->text);
	/* A text that was cut may end within a character. */
	while (!utf8_valid(text))
		text[strlen(text) - 1] = '\0';
	return (text);
}
