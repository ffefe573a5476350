/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_FUZZ_H
#define HBW_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer or driver.c calls it. */
int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
