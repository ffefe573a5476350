/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "engine/call_filter.h"

/* libseccomp returns a negative errno. */
static bool
succeeded(int error)
{
	if (error < 0)
		errno = -error;
	return (error >= 0);
}

scmp_filter_ctx
call_filter_new(uint32_t action)
{
	scmp_filter_ctx	 filter = seccomp_init(action);

	if (filter == NULL) {
		errno = ENOMEM;
		return (NULL);
	}
	if (succeeded(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS)))
		return (filter);
	seccomp_release(filter);
	return (NULL);
}

bool
call_filter_add(scmp_filter_ctx filter, uint32_t action, const int *calls,
    size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (!succeeded(seccomp_rule_add(filter, action, calls[i], 0)))
			return (false);
	return (true);
}

bool
call_filter_allow(scmp_filter_ctx filter, const struct call_filter_rule *rules,
    size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (!succeeded(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
		    rules[i].call, rules[i].n, rules[i].arguments)))
			return (false);
	return (true);
}

bool
call_filter_load(scmp_filter_ctx filter, bool ok)
{
	ok = ok && succeeded(seccomp_load(filter));
	seccomp_release(filter);
	return (ok);
}

bool
call_filter_only(const int *calls, size_t ncalls,
    const struct call_filter_rule *rules, size_t nrules)
{
	scmp_filter_ctx	 filter = call_filter_new(SCMP_ACT_KILL_PROCESS);

	return (filter != NULL && call_filter_load(filter,
	    call_filter_add(filter, SCMP_ACT_ALLOW, calls, ncalls) &&
	    call_filter_allow(filter, rules, nrules)));
}
