/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of the configuration, as data.  A new option needs a name in enum
 * config_option_id (config_option.h), a row in config_options.c, and a field in
 * struct config_check.
 */
#ifndef HBW_CONFIG_OPTIONS_H
#define HBW_CONFIG_OPTIONS_H

#include "config/config_option.h"

extern const struct config_option config_options[OPTIONS];

#endif
