/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes pcapng files, and reads them with capture_file. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "packet/capture_file.h"
#include "packet/pcapng_writer.h"

#define RAW_OF_PCAP	12	/* DLT_RAW */
#define SECOND		INT64_C(1000000000)
#define BEGIN		(INT64_C(1764000000) * SECOND)

static const struct wall_time	 begin = { BEGIN };

static struct capture_frame
frame(int64_t at, size_t captured, size_t wire)
{
	static const uint8_t	 bytes[160] = { 1, 2, 3, [159] = 9 };

	return ((struct capture_frame){
		.timestamp = { at }, .bytes = bytes, .captured = captured,
		.wire = wire,
	});
}

/* Opens what is in the buffer, which is freed. */
static struct capture_file *
read_back(struct pcapng_buffer *b)
{
	char			 name[] = "/tmp/test_pcapng_writer.XXXXXX";
	char			 error[CAPTURE_ERROR_SIZE];
	int			 fd = mkstemp(name);
	struct capture_file	*f;

	assert_true(fd >= 0 && !b->exhausted);
	assert_int_equal(write(fd, b->octets, b->length), b->length);
	close(fd);
	f = capture_file_open(name, NULL, NULL, error);
	assert_non_null(f);
	unlink(name);
	pcapng_buffer_free(b);
	return (f);
}

static void
next_is(struct capture_file *f, int64_t at, size_t captured, size_t wire,
    int link_type)
{
	struct capture_frame	 got, want = frame(at, captured, wire);
	char			 error[CAPTURE_ERROR_SIZE];

	assert_int_equal(capture_file_next(f, &got, error),
	    CAPTURE_FILE_FRAME);
	assert_int_equal(got.timestamp.ns, at);
	assert_int_equal(got.captured, captured);
	assert_int_equal(got.wire, wire);
	assert_int_equal(got.link_type, link_type);
	if (captured > 0)
		assert_memory_equal(got.bytes, want.bytes, captured);
	else
		assert_null(got.bytes);
}

static void
ends(struct capture_file *f)
{
	struct capture_frame	 got;
	char			 error[CAPTURE_ERROR_SIZE];

	assert_int_equal(capture_file_next(f, &got, error), CAPTURE_FILE_END);
	capture_file_close(f);
}

static void
frames_are_read_back(void **state)
{
	struct pcapng_buffer	 b = { 0 };
	struct capture_frame	 whole = frame(BEGIN + 1, 61, 61);
	struct capture_frame	 cut = frame(BEGIN + 123456789, 160, 1500);
	struct capture_file	*f;
	char			 one[] = "heartbeat", two[] = "alarm raised";
	char			*comments[] = { one, two };

	(void)state;
	pcapng_add_section(&b, "1", "comment");
	pcapng_add_interface(&b, 1, "eth1");
	pcapng_add_interface(&b, RAW_OF_PCAP, "any");
	pcapng_add_packet(&b, 0, &whole, NULL, 0);
	pcapng_add_packet(&b, 1, &cut, comments, 2);
	f = read_back(&b);
	next_is(f, BEGIN + 1, 61, 61, 1);
	next_is(f, BEGIN + 123456789, 160, 1500, RAW_OF_PCAP);
	ends(f);
}

static void
statistics_are_times(void **state)
{
	struct pcapng_buffer	 b = { 0 };
	struct capture_frame	 one = frame(BEGIN + 2 * SECOND, 60, 60);
	struct capture_file	*f;

	(void)state;
	pcapng_add_section(&b, "1", "");
	pcapng_add_interface(&b, 1, "eth1");
	pcapng_add_statistics(&b, 0, begin);
	pcapng_add_packet(&b, 0, &one, NULL, 0);
	pcapng_add_statistics(&b, 0, wall_add(begin, SECOND));
	pcapng_add_statistics(&b, 0, wall_add(begin, 5 * SECOND));
	f = read_back(&b);
	next_is(f, BEGIN, 0, 0, 1);
	next_is(f, BEGIN + 2 * SECOND, 60, 60, 1);
	next_is(f, BEGIN + 5 * SECOND, 0, 0, 1);
	ends(f);
}

/* The header of a section can be written again with another comment. */
static void
a_section_has_one_size(void **state)
{
	struct pcapng_buffer	 b = { 0 };
	char			*text = malloc(3 * PCAPNG_SECTION_SIZE);
	size_t			 n;

	(void)state;
	assert_non_null(text);
	for (n = 0; n < 2 * PCAPNG_SECTION_SIZE; n += n / 2 + 1) {
		memset(text, 'x', n);
		/* It is cut between two characters. */
		memcpy(text + n, "\xc3\xbc\xc3\xbc\xc3\xbc", 7);
		pcapng_add_section(&b, "0.3.0", text);
		assert_false(b.exhausted);
		assert_int_equal(b.length, PCAPNG_SECTION_SIZE);
		pcapng_add_interface(&b, 1, "eth1");
		ends(read_back(&b));
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(frames_are_read_back),
		cmocka_unit_test(statistics_are_times),
		cmocka_unit_test(a_section_has_one_size),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
