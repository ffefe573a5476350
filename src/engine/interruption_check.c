/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"
#include "engine/interruption_check.h"

void
interruption_check_watch(struct interruption_check *check, uint32_t watch,
    const struct detect_watch *w)
{
	const struct configuration_watch	*config;
	double					 interruption, interval;

	config = check->config->watches[watch];
	if (!config->profile->enabled || config->profile == check->warned ||
	    !detect_interruption_is_short(w))
		return;
	check->warned = config->profile;
	interruption = mono_seconds(config->profile->interruption_ns);
	interval = mono_seconds(detect_interval_ns(w));
	if (interval > 0)
		log_warnx("watch \"%s\": interruption %.3f s is below %d "
		    "learned intervals of %.3f s; few lost heartbeats raise "
		    "the alarm", config->name, interruption,
		    DETECT_SAFE_INTERVALS, interval);
	else
		log_warnx("watch \"%s\": interruption %.3f s is shorter than "
		    "the interval of the heartbeats; the alarm is raised "
		    "again and again", config->name, interruption);
}

void
interruption_check_all(const struct configuration *config,
    const struct shared_state *shared, struct mono_time now)
{
	struct interruption_check	 check = { .config = config };
	struct detect_watch		 w;
	uint32_t			 i;

	for (i = 0; i < shared->nwatches; i++) {
		shared_state_read_watch(shared, i, now, &w);
		shared_state_configure(shared, config->watches[i]->profile,
		    &w);
		interruption_check_watch(&check, i, &w);
	}
}
