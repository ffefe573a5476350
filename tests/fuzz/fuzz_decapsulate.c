/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encapsulations.  The first octet selects the link type, the second is the
 * number of octets that were not captured, divided by 700; then comes the
 * frame.
 */
#include "packet/decapsulate.h"

#include "fuzz.h"

static const int links[] = { 1, 113, 276, 101, 104 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture_frame	 outer, inner;

	if (size < 2)
		return (0);
	outer = (struct capture_frame){
		.bytes = data + 2, .captured = size - 2,
		.wire = size - 2 + data[1] * (size_t)700,
		.link_type = links[data[0] % (sizeof(links) /
		    sizeof(links[0]))],
	};
	while (decapsulate_next(&outer, &inner)) {
		fuzz_check(inner.bytes > outer.bytes);
		fuzz_check(inner.captured > 0);
		fuzz_check(inner.captured <= inner.wire);
		fuzz_check(inner.vlan <= VLAN_OTHER);
		fuzz_check(inner.bytes + inner.captured <=
		    outer.bytes + outer.captured);
		fuzz_check(inner.link_type == DECAPSULATE_IP ||
		    inner.link_type == DECAPSULATE_ETHERNET);
		outer = inner;
	}
	return (0);
}
