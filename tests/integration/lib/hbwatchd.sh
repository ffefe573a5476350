# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The daemon under test.

# configure: hbwatchd.conf from standard input
configure() {
	cat >"$WORK/hbwatchd.conf"
}

# Its state directory, and what is added to its environment.
STATE=
HBWATCHD_ENV=()

# start_hbwatchd [ARGUMENT...]: -x to our snmpd, unless arguments are given
start_hbwatchd() {
	run_hbwatchd "$@"
	need "hbwatchd does not answer" 20 hbwatchd_answers
}

# run_hbwatchd [ARGUMENT...]: likewise, and does not wait for it
run_hbwatchd() {
	[ $# -gt 0 ] || set -- -x "$AGENTX"
	[ -x "$BUILD/hbwatchd" ] || bail_out "BUILD=$BUILD has no hbwatchd"
	# It must not need MIB files.
	start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS "${HBWATCHD_ENV[@]}" \
		"$BUILD/hbwatchd" -c "$WORK/hbwatchd.conf" \
		-s "${STATE:-$WORK/state}" -l stderr -v "$@"
}

hbwatchd_answers() {
	running hbwatchd || return 1
	[[ $(client snmpget -t 1 -r 0 -OQUv "$AGENT" \
		HBWATCH-MIB::hbwVersion.0 2>/dev/null) == [0-9]* ]]
}

# The process that captures.
engine() {
	children "${PID[hbwatchd]}"
}
