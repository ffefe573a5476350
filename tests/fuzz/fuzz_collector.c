/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The evidence on an interruption.  The first octet selects the heartbeat and
 * the second the link type; then come frames, each after its length in 16 bits
 * and the time since the one before, in units of 50 ms.
 */
#include <string.h>

#include "base/cursor.h"
#include "config/configuration.h"
#include "diagnosis/collector.h"
#include "diagnosis/diagnosis_text.h"
#include "diagnosis/verdict.h"

#include "fuzz.h"

static const int links[] = { 1, 113, 276, 101 };

static const char *const heartbeats[] = {
	"udp 20053", "tcp 20053", "tcp-keepalive 20053", "vrrp 51", "carp 1",
	"hsrp 0", "bfd", "linux-ha", "corosync", "ip",
};
#define HEARTBEATS	(sizeof(heartbeats) / sizeof(heartbeats[0]))

static struct configuration_watch *
watch_new(const char *heartbeat)
{
	struct configuration_profile	 like = {
		.interface = "eth0", .role = "r", .heartbeat = heartbeat,
		.interruption_ns = NSEC_PER_SEC, .vlan = VLAN_ANY,
	}, *profile;
	struct configuration_alarm	 alarm = {
		.id = 45640, .service_type = "Flink",
	};
	struct addr			 peer;
	char				 error[256];

	fuzz_check(addr_parse("192.0.2.12", &peer));
	fuzz_check(heartbeat_form_parse(heartbeat, &like.form, error,
	    sizeof(error)));
	like.alarm = configuration_alarm_new(&alarm);
	profile = configuration_profile_new(&like);
	fuzz_check(profile != NULL);
	return (configuration_watch_new(profile, "w", &peer));
}

static void
check(const struct collector *c, const struct configuration_watch *w,
    struct mono_time now)
{
	struct evidence	 e = { .raised = { 1 } };
	struct verdict	 v;
	unsigned	 i;
	char		 detail[DIAGNOSIS_DETAIL_SIZE];
	char		 repair[DIAGNOSIS_REPAIR_SIZE];
	char		 text[EVIDENCE_TEXT_SIZE];

	collector_evidence(c, now, &e);
	fuzz_check((e.flags & ~EVIDENCE_FLAGS) == 0);
	for (i = 1; i <= EVIDENCE_MAX; i++) {
		fuzz_check(e.signals[i].state <= EVIDENCE_PRESENT);
		fuzz_check(strlen(evidence_text(i, &e.signals[i], text)) <
		    sizeof(text));
	}
	verdict_of(&e, (struct wall_time){ now.ns }, &v);
	fuzz_check(v.cause >= 1 && v.cause <= CAUSE_MAX);
	fuzz_check(v.confidence <= 100);
	fuzz_check(strlen(diagnosis_detail(w, &v, detail)) < sizeof(detail));
	fuzz_check(strlen(diagnosis_repair(w, &v, repair)) < sizeof(repair));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct configuration_watch *watches[HEARTBEATS];
	struct cursor			 c = cursor_over(data, size);
	struct diagnosis_bytes		 bytes = { .bytes = NULL };
	struct diagnosis_frame		 frame;
	struct collector_setting	 setting = { .interval_ns = 0 };
	struct collector		 collector;
	struct mono_time		 now = { NSEC_PER_SEC };
	size_t				 i;

	i = cursor_u8(&c) % HEARTBEATS;
	bytes.link_type = links[cursor_u8(&c) % 4];
	if (watches[i] == NULL)
		watches[i] = watch_new(heartbeats[i]);
	fuzz_check(watches[i] != NULL);
	setting.watch = watches[i];
	fuzz_check(addr_parse("192.0.2.10", &setting.floating_ip));
	setting.complete = mono_add(now, 3 * NSEC_PER_SEC);
	collector_begin(&collector, &setting, mono_add(now, 2 * NSEC_PER_SEC),
	    true);
	while (c.left > 3) {
		bytes.captured = cursor_u16(&c);
		now = mono_add(now, cursor_u8(&c) * 50 * NSEC_PER_MSEC);
		if (bytes.captured > c.left)
			bytes.captured = c.left;
		bytes.wire = bytes.captured;
		bytes.bytes = cursor_take(&c, bytes.captured);
		diagnosis_frame_decode(&bytes, &frame);
		frame.at = now;
		frame.wall = (struct wall_time){ now.ns };
		frame.heartbeat = (bytes.captured & 1) != 0;
		collector_frame(&collector, &frame);
	}
	check(&collector, watches[i], mono_add(now, NSEC_PER_SEC));
	return (0);
}
