/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/protocol.h"

/* The expression is compiled and run where packets are captured. */
const struct protocol protocol_bpf = {
	.name = "bpf",
	.argument = ARGUMENT_EXPRESSION,
	.argument_name = "EXPRESSION",
	.any_sender = true,
};
