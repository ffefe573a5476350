/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/protocol.h"

/* match.c compiles and applies the expression; nothing is decoded. */
const struct protocol protocol_bpf = {
	.name = "bpf",
	.argument = ARGUMENT_EXPRESSION,
	.argument_name = "EXPRESSION",
	.any_sender = true,
};
