/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks a configuration against this host: its interfaces and addresses.
 * Each error is written to `errors` as one line, FILE:LINE: with the fault and
 * the expected value.
 */
#ifndef HBW_HOST_CHECK_H
#define HBW_HOST_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "config/configuration.h"

/* True when all interfaces of enabled watches exist. */
bool	 host_check_interfaces(const struct configuration *, FILE *errors);

/*
 * True when the link types of the interfaces support the expressions of `bpf`
 * and have the MAC addresses of `peer-mac`.  If the link type of an interface
 * is unknown, for example because it does not exist, this is not checked.
 */
bool	 host_check_link_types(const struct configuration *, FILE *errors);

/*
 * Writes to `notes` which expressions and options peer-mac that function does
 * not check, although the interface exists.
 */
void	 host_check_note_link_types(const struct configuration *, FILE *notes);

/* True when no peer of an enabled watch is an address of this host. */
bool	 host_check_peers(const struct configuration *, FILE *errors);

#endif
