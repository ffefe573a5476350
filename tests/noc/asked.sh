#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: none; the texts in contrib/.
# Checks:  the configuration in asked-elsewhere.md is accepted; each object that
#          a page names is in HBWATCH-MIB.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
clean_up_at_exit
make_work

# The lines of hbwatchd.conf are indented by four; commands begin with $.
awk '/^    (watch|reminder)/ { inside = 1 } !/^    / { inside = 0 }
	inside && !/^    \$/ { print substr($0, 5) }' \
	"$CONTRIB/asked-elsewhere.md" >"$WORK/hbwatchd.conf"
is "there are sections of hbwatchd.conf" \
	"$(grep -c '^watch' "$WORK/hbwatchd.conf")" 4
check "hbwatch accepts them" "$BUILD/hbwatch" check "$WORK/hbwatchd.conf"

is "each object of the pages is in the MIB" "$(comm -23 \
	<(grep -rhoE '\bhbw[A-Z][A-Za-z]*' "$CONTRIB" --include='*.md' |
		sort -u) \
	<(sed -nE 's/^(hbw[A-Za-z]*) (OBJECT|NOTIFICATION)-TYPE$/\1/p' \
		"$ROOT/mibs/HBWATCH-MIB.txt" | sort))" ""
finish
