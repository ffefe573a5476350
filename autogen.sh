#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Creates ./configure from configure.ac; needs autoconf and automake.
set -e
cd "$(dirname "$0")"
exec autoreconf --force --install --warnings=all,no-obsolete
