#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: two short runs of tests/chaos, which breaks everything at random, and
#          beside them one that only stops the senders and the receivers, and
#          one that stops senders and hbwatchd while operators work.
# Checks:  no alarm is lost and none invented, and what operators did is kept;
#          and the checker of tests/chaos finds errors when the records of the
#          last two runs are damaged.  A build with sanitizers does only these.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
export BUILD

# tests/chaos makes its own namespaces, and removes them when it gets a signal.
CHAOS=()
LOGS=$(mktemp -d) || bail_out "cannot make a directory"
stop_chaos() {
	trap - EXIT
	[ "${#CHAOS[@]}" -eq 0 ] || kill "${CHAOS[@]}"
	wait
	rm -rf "$LOGS"
} 2>/dev/null
trap stop_chaos EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# chaos NAME ARGUMENT...: a run in the background
chaos() {
	local name=$1
	shift

	"$ROOT/tests/chaos/chaos" "$@" >"$LOGS/$name" 2>&1 &
	CHAOS+=($!)
}

# ended NUMBER NAME TEXT: waits for a run
ended() {
	local status

	wait "${CHAOS[$1]}"
	status=$?
	unset "CHAOS[$1]"
	[ "$status" -ne 2 ] || skip_all "$(tail -n 1 "$LOGS/$2")"
	is "$3" "$status" 0
	sed 's/^/# /' "$LOGS/$2"
}

chaos damage 1 0.45 --only senders,receivers --self-test
chaos actions 4 0.45 --only senders,daemon,operator --self-test
# A build with sanitizers is too slow for all tracks beside other tests.
if ! has_sanitizers; then
	chaos seed40 40 0.45 --runs 1
	chaos seed41 41 0.45 --runs 1
fi
ended 0 damage "the checker finds all damage to the records"
is "the checker knows what an engine can have received" \
	"$("$ROOT/tests/chaos/test-visibility" | grep -v ^ok)" ""
is "a loss of the state is recorded before the next one" \
	"$("$ROOT/tests/chaos/test-losses" 2>&1 | grep -v ^ok)" ""
ended 1 actions "and to the records of what operators did"
if ! has_sanitizers; then
	ended 2 seed40 "seed 40, all tracks: no alarm is lost, none invented"
	ended 3 seed41 "seed 41, all tracks: no alarm is lost, none invented"
fi
finish
