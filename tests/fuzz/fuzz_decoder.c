/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A heartbeat decoder: the one that FUZZ_PROTOCOL names, "vrrp".  The input is
 * IP packets, each after its length in 16 bits.
 */
#include <stdlib.h>
#include <string.h>

#include "protocols/protocol.h"

#include "fuzz.h"

static void
check(const struct heartbeat *h, const struct packet *packet)
{
	fuzz_check(addr_equal(&h->sender, &packet->source));
	fuzz_check(h->keys >= 1 && h->keys <= 2 && h->interval_ns >= 0);
	fuzz_check(!h->alive || !h->stop);
}

/*
 * Decodes from a block of exactly that size, so that a sanitizer finds a read
 * beyond its end.
 */
static void
decode(const struct protocol *protocol, void *memory, const uint8_t *bytes,
    size_t n)
{
	uint8_t			*copy = malloc(n == 0 ? 1 : n);
	struct packet		 packet;
	struct heartbeat	 h;

	if (copy == NULL)
		return;
	memcpy(copy, bytes, n);
	if (packet_decode(101, copy, n, n, &packet) == PACKET_IP) {
		if (protocol->decode(&packet, &h))
			check(&h, &packet);
		if (protocol->follow != NULL &&
		    protocol->follow(memory, &packet, &h))
			check(&h, &packet);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct protocol	*protocol = protocol_find(FUZZ_PROTOCOL);
	struct cursor		 c = cursor_over(data, size);
	void			*memory;
	size_t			 n;

	fuzz_check(protocol != NULL);
	memory = calloc(1, protocol->memory_size + 1);
	while (memory != NULL && cursor_ok(&c) && c.left > 2) {
		n = cursor_u16(&c);
		if (n > c.left)
			n = c.left;
		decode(protocol, memory, cursor_take(&c, n), n);
	}
	free(memory);
	return (0);
}
