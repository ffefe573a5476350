/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/addr.h"
#include "base/mac.h"
#include "base/own_addresses.h"

static void
valid_addresses(void **state)
{
	static const struct {
		const char	*text;
		const char	*written;
		int		 family;
	} t[] = {
		{ "192.0.2.12", "192.0.2.12", ADDR_IPV4 },
		{ "0.0.0.0", "0.0.0.0", ADDR_IPV4 },
		{ "255.255.255.255", "255.255.255.255", ADDR_IPV4 },
		{ "2001:db8::c", "2001:db8::c", ADDR_IPV6 },
		{ "2001:0DB8:0:0:0:0:0:C", "2001:db8::c", ADDR_IPV6 },
		{ "::", "::", ADDR_IPV6 },
		{ "::1", "::1", ADDR_IPV6 },
		{ "fe80::1", "fe80::1", ADDR_IPV6 },
		{ "::ffff:192.0.2.12", "::ffff:192.0.2.12", ADDR_IPV6 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ADDR_IPV6 },
	};
	char		 text[ADDR_TEXT_SIZE];
	struct addr	 a;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(&a, 0xa5, sizeof(a));
		assert_true(addr_parse(t[i].text, &a));
		assert_int_equal(a.family, t[i].family);
		assert_ptr_equal(addr_text(&a, text), text);
		assert_string_equal(text, t[i].written);
	}
}

static void
invalid_addresses(void **state)
{
	static const char *const	 t[] = {
		"", " ", "node-2", "192.0.2", "192.0.2.256", "192.0.2.12 ",
		" 192.0.2.12", "192.0.2.012", "192.0.2.12/24", "192.0.2.12:80",
		"0xc000020c", "3221226028", "2001:db8", "2001:db8::c%eth0",
		"[2001:db8::c]", "2001:db8::c/64", "1::2::3", ":::",
		"2001:db8::12345", "1:2:3:4:5:6:7:8:9",
	};
	struct addr			 a;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (addr_parse(t[i], &a))
			fail_msg("accepted: \"%s\"", t[i]);
}

/* addr_parse and addr_set clear the octets that the family does not use. */
static void
addr_equal_compares_all_octets(void **state)
{
	static const uint8_t	 octets[16] = {
		192, 0, 2, 12, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99
	};
	struct addr		 a, b, c;

	(void)state;
	memset(&a, 0xa5, sizeof(a));
	memset(&b, 0xa5, sizeof(b));
	memset(&c, 0xa5, sizeof(c));
	assert_true(addr_parse("192.0.2.12", &a));
	addr_set(&b, ADDR_IPV4, octets);
	assert_true(addr_equal(&a, &b));
	addr_set(&c, ADDR_IPV6, octets);
	assert_false(addr_equal(&a, &c));
	assert_true(addr_parse("192.0.2.13", &c));
	assert_false(addr_equal(&a, &c));
	/* The IPv4-mapped form is another address. */
	assert_true(addr_parse("::ffff:192.0.2.12", &c));
	assert_false(addr_equal(&a, &c));
}

static void
multicast_addresses(void **state)
{
	static const struct {
		const char	*text;
		bool		 multicast;
	} t[] = {
		{ "223.255.255.255", false }, { "224.0.0.18", true },
		{ "239.255.255.255", true }, { "240.0.0.0", false },
		{ "255.255.255.255", false }, { "192.0.2.12", false },
		{ "ff02::12", true }, { "feff::1", false },
	};
	struct addr	 a;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(addr_parse(t[i].text, &a));
		assert_int_equal(addr_is_multicast(&a), t[i].multicast);
	}
}

static void
no_address(void **state)
{
	struct addr	 a = { 0 }, b;
	char		 text[ADDR_TEXT_SIZE] = "x";

	(void)state;
	assert_int_equal(a.family, ADDR_NONE);
	assert_int_equal(addr_length(&a), 0);
	assert_string_equal(addr_text(&a, text), "");
	assert_true(addr_parse("0.0.0.0", &b));
	assert_int_equal(addr_length(&b), 4);
	assert_false(addr_equal(&a, &b));
	assert_true(addr_parse("::", &b));
	assert_int_equal(addr_length(&b), 16);
	assert_false(addr_equal(&a, &b));
}

/* ---- the addresses of this host */

static void
add_own(struct own_addresses *own, const char *text, const char *interface)
{
	struct addr	 a;

	assert_true(addr_parse(text, &a));
	assert_true(own_addresses_add(own, &a, interface));
}

static bool
is_own(const struct own_addresses *own, const char *text,
    const char *interface)
{
	struct addr	 a;

	assert_true(addr_parse(text, &a));
	return (own_addresses_have(own, &a, interface));
}

static void
own_addresses(void **state)
{
	struct own_addresses	 own = { .list = NULL };

	(void)state;
	assert_false(is_own(&own, "192.0.2.11", "eth0"));
	add_own(&own, "192.0.2.11", "eth1");
	add_own(&own, "127.0.0.1", "lo");
	add_own(&own, "::1", "lo");
	add_own(&own, "2001:db8::11", "eth1");
	add_own(&own, "192.0.2.10", "eth0");
	add_own(&own, "fe80::11", "eth1");
	own_addresses_sort(&own);
	/* An address is own on each interface. */
	assert_true(is_own(&own, "192.0.2.11", "eth1"));
	assert_true(is_own(&own, "192.0.2.11", "eth0"));
	assert_true(is_own(&own, "192.0.2.10", "eth1"));
	assert_true(is_own(&own, "2001:db8::11", "any"));
	assert_false(is_own(&own, "192.0.2.12", "eth1"));
	assert_false(is_own(&own, "192.0.3.11", "eth1"));
	assert_false(is_own(&own, "2001:db8::12", "eth1"));
	/* A link-local address is own on its link only. */
	assert_true(is_own(&own, "fe80::11", "eth1"));
	assert_true(is_own(&own, "fe80::11", "any"));
	assert_false(is_own(&own, "fe80::11", "eth0"));
	/* The loopback may be watched. */
	assert_false(is_own(&own, "127.0.0.1", "lo"));
	assert_false(is_own(&own, "::1", "any"));
	own_addresses_free(&own);
	assert_false(is_own(&own, "192.0.2.11", "eth1"));
}

static void
own_addresses_have_a_hash(void **state)
{
	struct own_addresses	 own = { .list = NULL };
	uint32_t		 before;

	(void)state;
	add_own(&own, "192.0.2.11", "eth1");
	before = own_addresses_hash(&own);
	add_own(&own, "fe80::11", "eth1");
	own_addresses_sort(&own);
	assert_int_equal(own_addresses_hash(&own), before);
	add_own(&own, "192.0.2.10", "eth1");
	own_addresses_sort(&own);
	assert_int_not_equal(own_addresses_hash(&own), before);
	own_addresses_free(&own);
}

/* This host has at least a loopback, which is left out. */
static void
own_addresses_are_read(void **state)
{
	struct own_addresses	 own;
	size_t			 i;

	(void)state;
	assert_true(own_addresses_read(&own));
	for (i = 0; i < own.count; i++)
		assert_true(own_addresses_have(&own, &own.list[i].addr,
		    own.list[i].interface));
	own_addresses_free(&own);
}

static void
mac_addresses(void **state)
{
	static const uint8_t		 octets[] = {
		2, 0, 0, 0x0a, 0xbc, 0xff,
	};
	static const char *const	 invalid[] = {
		"", "02", "02:00:00:0a:bc", "02:00:00:0a:bc:ff:00",
		"2:0:0:a:b:f",
		"02:00:00:0a:bc:fg", "02:00-00:0a:bc:ff", "0200.000a.bcff",
		"02000000abcff", "02:00:00:0a:bc:ff ", " 02:00:00:0a:bc:ff",
		"02:00:00:0a:bc:", "02:00:00:0a:bc:f", "-2:00:00:0a:bc:ff",
		"0x:00:00:0a:bc:ff", "02 00 00 0a bc ff", "02::00:0a:bc:ff",
	};
	struct mac			 mac, before;
	char				 text[MAC_TEXT_SIZE];
	size_t				 i;

	(void)state;
	assert_true(mac_parse("02:00:00:0A:bc:fF", &mac));
	assert_memory_equal(mac.octets, octets, sizeof(octets));
	assert_true(mac_parse("02-00-00-0a-bc-ff", &mac));
	assert_memory_equal(mac.octets, octets, sizeof(octets));
	assert_ptr_equal(mac_text(octets, text), text);
	assert_string_equal(text, "02:00:00:0a:bc:ff");
	assert_false(mac_is_group(&mac));
	before = mac;
	for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		assert_false(mac_parse(invalid[i], &mac));
		assert_memory_equal(&mac, &before, sizeof(mac));
	}
	assert_true(mac_parse("01:00:5e:00:00:12", &mac));
	assert_true(mac_is_group(&mac));
	assert_true(mac_parse("ff:ff:ff:ff:ff:ff", &mac));
	assert_true(mac_is_group(&mac));
}

static void
virtual_macs(void **state)
{
	static const struct {
		const char	*mac;
		bool		 is_virtual;
	} cases[] = {
		{ "00:00:5e:00:01:33", true }, { "00:00:5e:00:02:33", true },
		{ "00:00:0c:07:ac:01", true }, { "00:00:0c:9f:f0:01", true },
		{ "00:00:5e:00:03:33", false }, { "00:00:5e:01:01:33", false },
		{ "00:00:0c:07:ad:01", false }, { "00:00:0c:9e:f0:01", false },
		{ "00:00:0c:12:34:56", false }, { "00:00:00:00:00:00", false },
		{ "02:00:5e:00:01:33", false }, { "00:05:73:a0:0f:ff", true },
		{ "00:05:73:a0:00:01", true }, { "00:05:73:a0:10:01", false },
		{ "00:05:73:a1:00:01", false },
	};
	struct mac	 mac;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(mac_parse(cases[i].mac, &mac));
		assert_int_equal(mac_is_virtual(mac.octets),
		    cases[i].is_virtual);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(valid_addresses),
		cmocka_unit_test(invalid_addresses),
		cmocka_unit_test(addr_equal_compares_all_octets),
		cmocka_unit_test(multicast_addresses),
		cmocka_unit_test(no_address),
		cmocka_unit_test(own_addresses),
		cmocka_unit_test(own_addresses_have_a_hash),
		cmocka_unit_test(own_addresses_are_read),
		cmocka_unit_test(mac_addresses),
		cmocka_unit_test(virtual_macs),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
