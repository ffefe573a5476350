/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of the option `heartbeat`.
 */
#include <stdlib.h>
#include <string.h>

#include "protocols/protocol.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heartbeat_form	 form;
	char			*text, error[64] = "";

	text = malloc(size + 1);
	if (text == NULL)
		return (0);
	memcpy(text, data, size);
	text[size] = '\0';
	if (heartbeat_form_parse(text, &form, error, sizeof(error))) {
		fuzz_check(form.protocol != NULL);
		heartbeat_form_free(&form);
	} else {
		fuzz_check(error[0] != '\0' && form.expression == NULL);
	}
	free(text);
	return (0);
}
