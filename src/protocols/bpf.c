/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each frame that passes an expression of the user is a heartbeat.  match.c
 * compiles and applies the expression, so this protocol decodes nothing.
 */
#include "protocols/protocol.h"

const struct protocol protocol_bpf = {
	.name = "bpf",
	.argument = ARGUMENT_EXPRESSION,
	.argument_name = "EXPRESSION",
	.any_sender = true,
};
