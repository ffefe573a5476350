/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring of frames: what readers find while the writer overwrites it, after a
 * change of the writer, and when the writer is malicious.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "diagnosis/evidence_ring.h"

#define SIZE	EVIDENCE_RING_MIN

static uint64_t			 memory[2][SIZE / sizeof(uint64_t)];
static struct evidence_ring	 ring, other;

static int
begin(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	evidence_ring_view(&ring, memory[0], SIZE);
	evidence_ring_view(&other, memory[1], SIZE);
	return (0);
}

/* The n-th record; its length depends on n. */
static struct evidence_record
record_of(unsigned n)
{
	struct evidence_record	 r = {
		.wall = { 1000 + n }, .mono = { n }, .wire = 200 + n,
		.captured = (uint16_t)(n * 7 % (EVIDENCE_RING_SNAPSHOT + 1)),
		.link_type = 1, .kind = EVIDENCE_KIND_CONTROL,
	};

	memset(r.bytes, (int)n, r.captured);
	return (r);
}

static void
append(struct evidence_ring *to, unsigned from, unsigned end)
{
	struct evidence_record	 r;

	for (; from < end; from++) {
		r = record_of(from);
		evidence_ring_append(to, &r);
	}
}

static void
assert_record(const struct evidence_record *r, unsigned n)
{
	struct evidence_record	 expected = record_of(n);

	assert_int_equal(r->mono.ns, n);
	assert_int_equal(r->wall.ns, expected.wall.ns);
	assert_int_equal(r->wire, expected.wire);
	assert_int_equal(r->captured, expected.captured);
	assert_memory_equal(r->bytes, expected.bytes, r->captured);
}

/* Reads the records from..end-1 and no more.  Returns the position after. */
static uint64_t
assert_records(const struct evidence_ring *of, uint64_t position, unsigned from,
    unsigned end)
{
	struct evidence_record	 r;

	for (; from < end; from++) {
		assert_true(evidence_ring_read(of, &position, &r));
		assert_record(&r, from);
	}
	assert_false(evidence_ring_read(of, &position, &r));
	return (position);
}

/* The number of the oldest record. */
static unsigned
oldest(const struct evidence_ring *of)
{
	struct evidence_record	 r;
	uint64_t		 position = 0;

	assert_true(evidence_ring_read(of, &position, &r));
	return ((unsigned)r.mono.ns);
}

static void
records_in_order(void **state)
{
	uint64_t	 position;

	(void)state;
	position = assert_records(&ring, 0, 0, 0);
	append(&ring, 0, 5);
	position = assert_records(&ring, position, 0, 5);
	append(&ring, 5, 7);
	assert_records(&ring, position, 5, 7);
	assert_records(&ring, 0, 0, 7);
}

static void
oldest_are_overwritten(void **state)
{
	uint64_t	 position = 0;
	unsigned	 n, first;

	(void)state;
	for (n = 0; n < 1000; n++) {
		append(&ring, n, n + 1);
		first = oldest(&ring);
		/* The largest record has 192 octets. */
		assert_true(n < 20 || n - first >= 20);
		if (n % 7 == 0)
			position = assert_records(&ring, 0, first, n + 1);
	}
	/* A reader that was too slow continues with the oldest one. */
	append(&ring, 1000, 1500);
	assert_records(&ring, position, oldest(&ring), 1500);
}

static void
another_engine_continues(void **state)
{
	uint64_t	 position;

	(void)state;
	append(&ring, 0, 300);
	position = assert_records(&ring, 0, oldest(&ring), 300);
	evidence_ring_view(&ring, memory[0], SIZE);
	evidence_ring_continue(&ring);
	append(&ring, 300, 310);
	assert_records(&ring, position, 300, 310);
}

/* The writer was killed after it had moved `oldest`. */
static void
killed_while_writing(void **state)
{
	uint64_t	 position;
	unsigned	 first;

	(void)state;
	append(&ring, 0, 300);
	first = oldest(&ring);
	append(&other, 0, 300);
	append(&other, 300, 305);
	ring.header->oldest = other.header->oldest;
	position = evidence_ring_head(&ring);
	evidence_ring_continue(&ring);
	assert_true(oldest(&ring) > first);
	append(&ring, 300, 302);
	assert_records(&ring, position, 300, 302);
}

static void
copies_keep_positions(void **state)
{
	uint64_t	 before, after;

	(void)state;
	append(&ring, 0, 100);
	evidence_ring_copy(&other, &ring);
	before = evidence_ring_head(&ring);
	assert_int_equal(evidence_ring_head(&other), before);
	assert_records(&other, 0, oldest(&ring), 100);
	append(&ring, 100, 105);
	evidence_ring_copy(&other, &ring);
	after = assert_records(&other, before, 100, 105);
	assert_int_equal(after, evidence_ring_head(&ring));
	/* Now all records that the copy has are overwritten. */
	append(&ring, 105, 400);
	evidence_ring_copy(&other, &ring);
	assert_records(&other, after, oldest(&ring), 400);
	evidence_ring_copy(&other, &ring);
	assert_records(&other, 0, oldest(&ring), 400);
}

static uint64_t
number(unsigned *seed)
{
	static const uint64_t	 some[] = {
		0, 1, 8, 40, SIZE, SIZE - 64, UINT64_MAX, UINT64_MAX - 7,
		UINT64_MAX / 2 + 1,
	};
	uint64_t		 n = (uint64_t)rand_r(seed);

	if (n % 3 == 0)
		return (some[n / 3 % (sizeof(some) / sizeof(some[0]))]);
	return (n % 3 == 1 ? n % 8192 / 8 * 8 : n << (n % 32));
}

/* With any contents, no function reads or writes outside the memory. */
static void
any_contents(void **state)
{
	struct evidence_record	 r;
	uint64_t		 position;
	unsigned		 seed = 1, n, i;

	(void)state;
	for (n = 0; n < 20000; n++) {
		for (i = 0; i < SIZE / sizeof(uint64_t); i += 1 + n % 13)
			memory[0][i] = number(&seed);
		ring.header->head = number(&seed);
		ring.header->oldest = n % 2 == 0 ? number(&seed) :
		    ring.header->head - number(&seed) % SIZE;
		position = number(&seed);
		for (i = 0; i < 50 &&
		    evidence_ring_read(&ring, &position, &r); i++) {
			assert_true(r.captured <= EVIDENCE_RING_SNAPSHOT);
			assert_true(r.wire >= r.captured);
			assert_in_range(r.kind, EVIDENCE_KIND_HEARTBEAT,
			    EVIDENCE_KIND_PEER);
		}
		evidence_ring_copy(&other, &ring);
		evidence_ring_continue(&ring);
		append(&ring, n, n + 50);
		position = evidence_ring_head(&ring);
		append(&ring, 7, 9);
		assert_records(&ring, position, 7, 9);
	}
}

/*
 * Another engine writes a wrong range while this process appends.  The test
 * does not end in time if all positions between are examined.
 */
static void
malicious_range(void **state)
{
	uint64_t	 position;

	(void)state;
	ring.header->head = UINT64_C(1) << 60;
	ring.header->oldest = 0;
	position = evidence_ring_head(&ring);
	append(&ring, 7, 9);
	assert_records(&ring, position, 7, 9);
}

static void
sizes(void **state)
{
	static const struct {
		const char	*text;
		uint64_t	 octets;	/* 1: invalid */
	} cases[] = {
		{ "0", 0 }, { "64kB", 65536 }, { "8MB", 8 << 20 },
		{ "8 MB", 8 << 20 }, { "64GB", UINT64_C(64) << 30 },
		{ "63kB", 1 }, { "65GB", 1 }, { "8", 1 }, { "8mb", 1 },
		{ "8M", 1 }, { "", 1 }, { "MB", 1 }, { "1.5MB", 1 },
		{ "0kB", 1 }, { "99999999999GB", 1 }, { "-1MB", 1 },
		{ "8MB ", 1 },
	};
	uint64_t	 octets;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		octets = 7;
		assert_int_equal(size_parse(cases[i].text, &octets),
		    cases[i].octets != 1);
		assert_true(octets ==
		    (cases[i].octets == 1 ? 7 : cases[i].octets));
	}
}

#define TEST(name)	cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		TEST(records_in_order),
		TEST(oldest_are_overwritten),
		TEST(another_engine_continues),
		TEST(killed_while_writing),
		TEST(copies_keep_positions),
		TEST(any_contents),
		TEST(malicious_range),
		TEST(sizes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
