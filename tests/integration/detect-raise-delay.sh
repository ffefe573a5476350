#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A short run of raise-delay.
exec "$(dirname "$0")/raise-delay" 5
