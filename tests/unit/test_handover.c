/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent hands over to an engine: the watches and the rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory_file.h"
#include "engine/handover.h"
#include "engine/shared_state.h"

#include "load.h"

#define TEXT								\
	"realtime = 7 "							\
	"source = \"secret-source\" service = \"secret-service\"\n"	\
	"role = \"secret-role\" host = \"secret-host\"\n"		\
	"snmp = { \"rocommunity secret-community 127.0.0.1\","		\
	" \"createUser noc SHA secret-phrase AES secret-phrase\" }\n"	\
	"alarm 5 { name = \"secret-name\" service-type = \"secret-type\" }\n" \
	"watch \"a\" { interface = \"hbw1\" peer = \"192.0.2.12\""	\
	" local = \"192.0.2.11\" heartbeat = \"udp 20053\""		\
	" peer-mac = \"02:00:00:00:00:02\" hop-limit = 255"		\
	" interruption = 2500ms hold-down = 0.5ms vlan = 7"		\
	" decapsulate = true"						\
	" floating-ip = \"2001:db8::10\" }\n"				\
	"watch \"b\" { interface = \"hbw1\" heartbeat = \"vrrp 5\""	\
	" enabled = false alarm = 5 }\n"				\
	"watch \"c\" { interface = \"hbw0\" peer = \"2001:db8::12\""	\
	" heartbeat = \"bpf udp port 7 and len > 9\" }\n"

static struct configuration	*config;
static struct handover		 handover;
static uint8_t			*bytes;
static size_t			 size;

/* Copies the hand-over of a configuration to `bytes`. */
static void
write_down(const char *text)
{
	int	 file;

	config = load(text);
	assert_non_null(config);
	file = handover_write(config, true);
	assert_true(file >= 0);
	size = memory_file_size(file, true);
	assert_true(size > 0);
	bytes = malloc(size);
	assert_non_null(bytes);
	assert_int_equal(pread(file, bytes, size, 0), size);
	assert_true(handover_read(file, &handover));
	close(file);
}

static int
end(void **state)
{
	(void)state;
	handover_free(&handover);
	configuration_free(config);
	free(bytes);
	config = NULL;
	bytes = NULL;
	return (0);
}

static void
assert_same_watch(const struct configuration_watch *got,
    const struct configuration_watch *wanted)
{
	const struct configuration_profile	*p = got->profile;
	const struct configuration_profile	*q = wanted->profile;

	assert_string_equal(got->name, wanted->name);
	assert_int_equal(got->peer_line, wanted->peer_line);
	assert_true(addr_equal(&got->peer, &wanted->peer));
	assert_string_equal(p->interface, q->interface);
	assert_string_equal(p->heartbeat, q->heartbeat);
	assert_string_equal(p->file, q->file);
	assert_ptr_equal(p->form.protocol, q->form.protocol);
	assert_int_equal(p->form.key, q->form.key);
	if (q->form.expression == NULL)
		assert_null(p->form.expression);
	else
		assert_string_equal(p->form.expression, q->form.expression);
	assert_int_equal(p->interruption_ns, q->interruption_ns);
	assert_int_equal(p->hold_down_ns, q->hold_down_ns);
	assert_true(addr_equal(&p->local, &q->local));
	assert_true(addr_equal(&p->floating_ip, &q->floating_ip));
	assert_int_equal(p->dual != NULL, q->dual != NULL);
	if (q->dual != NULL)
		assert_int_equal(p->dual->interruption_ns,
		    q->dual->interruption_ns);
	assert_int_equal(p->vlan, q->vlan);
	assert_int_equal(p->has_peer_mac, q->has_peer_mac);
	assert_memory_equal(&p->peer_mac, &q->peer_mac, sizeof(p->peer_mac));
	assert_int_equal(p->hop_limit, q->hop_limit);
	assert_int_equal(p->enabled, q->enabled);
	assert_int_equal(p->decapsulate, q->decapsulate);
}

/* ---- the watches */

static void
watches_are_the_same(void **state)
{
	size_t	 i;

	(void)state;
	write_down(TEXT);
	assert_true(handover.verbose);
	assert_int_equal(handover.config.realtime, 7);
	assert_int_equal(handover.config.nwatches, 3);
	for (i = 0; i < 3; i++)
		assert_same_watch(handover.config.watches[i],
		    config->watches[i]);
}

/* One section with several peers is one profile in the engine, too. */
static void
profiles_are_shared(void **state)
{
	struct configuration_watch	**w;

	(void)state;
	write_down("watch \"w\" { interface = \"hbw0\" heartbeat = \"udp 7\""
	    " peer = { \"192.0.2.1\", \"192.0.2.2\", \"192.0.2.3\" } }\n");
	w = handover.config.watches;
	assert_int_equal(handover.config.nwatches, 3);
	assert_ptr_equal(w[0]->profile, w[1]->profile);
	assert_ptr_equal(w[0]->profile, w[2]->profile);
	assert_same_watch(w[2], config->watches[2]);
}

static void
no_watch(void **state)
{
	(void)state;
	write_down("host = h\n");
	assert_int_equal(handover.config.nwatches, 0);
}

static void
no_secret(void **state)
{
	(void)state;
	write_down(TEXT);
	assert_null(memmem(bytes, size, "secret", strlen("secret")));
	/* The texts of the watches can be found in this way. */
	assert_non_null(memmem(bytes, size, "udp 20053", 9));
}

/* ---- an invalid hand-over */

static void
assert_invalid(const uint8_t *data, size_t length)
{
	struct handover	 h;

	errno = 0;
	assert_false(handover_parse(data, length, &h));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(h.config.nwatches, 0);
	assert_null(h.config.watches);
}

/* The data has its exact size, so that sanitizers find a read beyond it. */
static void
every_cut(void **state)
{
	uint8_t	*data;
	size_t	 n;

	(void)state;
	write_down(TEXT);
	for (n = 0; n < size; n++) {
		data = malloc(n + 1);
		assert_non_null(data);
		memcpy(data, bytes, n);
		assert_invalid(data, n);
		free(data);
	}
	data = calloc(1, size + 1);
	assert_non_null(data);
	memcpy(data, bytes, size);
	assert_invalid(data, size + 1);
	free(data);
}

/* Any octet may change; the result is valid or refused. */
static void
every_octet(void **state)
{
	static const uint8_t	 values[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct handover		 h;
	uint8_t			 octet;
	size_t			 i, n;

	(void)state;
	write_down(TEXT);
	for (n = 0; n < size; n++) {
		octet = bytes[n];
		for (i = 0; i < sizeof(values); i++) {
			bytes[n] = values[i];
			if (handover_parse(bytes, size, &h))
				handover_free(&h);
		}
		bytes[n] = octet;
	}
}

/* The number of watches, and the size of the rings before it. */
#define AFTER_PRIORITY	(4 + 8)

static void
priority_too_high(void **state)
{
	(void)state;
	write_down("realtime = 20\n");
	assert_int_equal(handover.config.realtime, 20);
	assert_int_equal(bytes[size - AFTER_PRIORITY - 1], 20);
	bytes[size - AFTER_PRIORITY - 1] = 21;
	assert_invalid(bytes, size);
}

static void
rings_too_large(void **state)
{
	(void)state;
	write_down("evidence = 64GB\n");
	assert_true(handover.config.evidence == UINT64_C(64) << 30);
	bytes[size - 5]++;
	assert_invalid(bytes, size);
}

/* A watch without a profile needs one before it. */
static void
first_watch_without_a_profile(void **state)
{
	static const uint8_t	 watch[] = {
		0, 0, 0, 1,		/* the number of watches */
		0,			/* no profile */
		0, 0, 0, 0, 0,		/* no line, no peer */
		0, 1, 'a', 0, 0, 0, 0
	};
	uint8_t			*data;

	(void)state;
	write_down("host = h\n");
	data = malloc(size + sizeof(watch));
	assert_non_null(data);
	memcpy(data, bytes, size - 4);
	memcpy(data + size - 4, watch, sizeof(watch));
	assert_invalid(data, size - 4 + sizeof(watch));
	assert_invalid(data, size - 4 + sizeof(watch) - 3);
	free(data);
}

static void
another_version(void **state)
{
	uint8_t	*version;

	(void)state;
	write_down(TEXT);
	version = memmem(bytes, size, ".", 1);
	assert_non_null(version);
	*version = ',';
	assert_invalid(bytes, size);
}

/* Only a sealed file cannot change while it is read. */
static void
not_sealed(void **state)
{
	struct handover	 h;
	int		 file;

	(void)state;
	write_down(TEXT);
	file = memory_file_new("test");
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, size), size);
	assert_false(handover_read(file, &h));
	assert_true(memory_file_seal(file, false));
	assert_false(handover_read(file, &h));
	close(file);
	file = memory_file_new("test");
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, size), size);
	assert_true(memory_file_seal(file, true));
	assert_true(handover_read(file, &h));
	handover_free(&h);
	assert_int_equal(write(file, "", 1), -1);
	assert_int_equal(ftruncate(file, 0), -1);
	close(file);
}

/* ---- the rows */

static void
rows_are_shared(void **state)
{
	struct shared_state	*agent, *engine;

	(void)state;
	write_down(TEXT);
	agent = shared_state_new(config, (struct mono_time){ 1000 });
	assert_non_null(agent);
	engine = shared_state_attach(&handover.config, agent->file);
	assert_non_null(engine);
	assert_int_equal(engine->ncaptures, 2);
	assert_int_equal(engine->nwatches, 3);
	assert_string_equal(engine->captures[0].interface, "hbw0");
	assert_int_equal(engine->watches[2].last.ns, 1000);
	engine->watches[2].heartbeats = 45640;
	engine->captures[1].packets = 45641;
	*engine->next_wakeup = 45642;
	assert_int_equal(agent->watches[2].heartbeats, 45640);
	assert_int_equal(agent->captures[1].packets, 45641);
	assert_int_equal(*agent->next_wakeup, 45642);
	/* With another size, an access could fault. */
	assert_int_equal(ftruncate(agent->file, 4096), -1);
	assert_int_equal(ftruncate(agent->file, 1 << 20), -1);
	shared_state_free(engine);
	shared_state_free(agent);
}

static void
rows_of_another_configuration(void **state)
{
	struct shared_state	*agent;
	struct configuration	 other;
	int			 file;

	(void)state;
	write_down(TEXT);
	agent = shared_state_new(config, (struct mono_time){ 0 });
	assert_non_null(agent);
	other = handover.config;
	other.nwatches = 2;
	assert_null(shared_state_attach(&other, agent->file));
	assert_int_equal(errno, EINVAL);
	/* The size could still change. */
	file = memory_file_new("test");
	assert_int_equal(ftruncate(file, (off_t)agent->size), 0);
	assert_null(shared_state_attach(&handover.config, file));
	assert_int_equal(errno, EINVAL);
	close(file);
	shared_state_free(agent);
}

#define TEST(name)	cmocka_unit_test_teardown(name, end)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(watches_are_the_same),
		TEST(profiles_are_shared),
		TEST(no_watch),
		TEST(no_secret),
		TEST(every_cut),
		TEST(every_octet),
		TEST(priority_too_high),
		TEST(rings_too_large),
		TEST(first_watch_without_a_profile),
		TEST(another_version),
		TEST(not_sealed),
		TEST(rows_are_shared),
		TEST(rows_of_another_configuration),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
