/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_ENGINE_H
#define HBW_ENGINE_H

#include "config/configuration.h"
#include "engine/shared_state.h"

/*
 * The life of an engine, in its own process: opens the captures, gives up all
 * rights, waits for its parent's word, and then drains and judges until it is
 * told to stop, or until its parent is gone.  `parent` is the socket for
 * struct engine_report one way and enum engine_order the other.
 */
void	 engine_main(const struct configuration *, struct shared_state *, int parent);

#endif
