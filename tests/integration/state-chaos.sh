#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a short run of tests/chaos, which breaks everything at random.
# Checks:  no alarm is lost and none invented; and the checker of tests/chaos
#          finds errors when the records of the run are damaged.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
export BUILD

# tests/chaos makes its own namespaces, and removes them when it gets a signal.
CHAOS=
LOG=$(mktemp) || bail_out "cannot make a file"
stop_chaos() {
	trap - EXIT
	[ -z "$CHAOS" ] || kill "$CHAOS"
	wait
	rm -f "$LOG"
} 2>/dev/null
trap stop_chaos EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

"$ROOT/tests/chaos/chaos" 1 0.7 --self-test >"$LOG" 2>&1 &
CHAOS=$!
wait "$CHAOS"
status=$?
CHAOS=
[ "$status" -ne 2 ] || skip_all "$(tail -n 1 "$LOG")"
is "seed 1, 0.7 minutes: no alarm is lost, none invented, all damage is found" \
	"$status" 0
sed 's/^/# /' "$LOG"
finish
