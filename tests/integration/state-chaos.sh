#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Everything breaks at random for a while: nothing is lost, nothing invented.
# And the judge of that is no pushover: evidence that was spoilt is found out.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
export BUILD

# It makes a world of its own, and must be told to take it down again.
CHAOS=
LOG=$(mktemp) || bail_out "no file"
leave() {
	trap - EXIT
	[ -z "$CHAOS" ] || kill "$CHAOS"
	wait
	rm -f "$LOG"
} 2>/dev/null
trap leave EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

"$ROOT/tests/chaos/chaos" 1 0.7 --self-test >"$LOG" 2>&1 &
CHAOS=$!
wait "$CHAOS"
status=$?
CHAOS=
[ "$status" -ne 2 ] || skip_all "$(tail -n 1 "$LOG")"
is "seed 1, 0.7 minutes: nothing lost, nothing invented" "$status" 0
sed 's/^/# /' "$LOG"
finish
