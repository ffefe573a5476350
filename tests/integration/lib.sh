# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the integration tests and the demo stand on: two nodes, a (the observer)
# and b (the peer), as network namespaces on a veth; snmpd, snmptrapd and
# hbwatchd at the observer; heartbeats from the peer; and TAP.
#
# BUILD is the folder of a build, absolute; without it, the tree if that was
# configured, else build/ in it.
# KEEP=1 leaves the work folder behind.

set -u
# The clock's decimal point, and sorted output, must not depend on the user.
export LC_ALL=C
unset CDPATH

INTEGRATION=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$INTEGRATION/../.." && pwd)
TOOLS=$ROOT/tests/tools
if [ -z "${BUILD:-}" ]; then
	BUILD=$ROOT/build
	[ ! -e "$ROOT/config.status" ] || BUILD=$ROOT
fi

# Network namespaces of this run alone: the work folder's suffix is in them.
NODE_A='' NODE_B=''
NODES=()
LINK=hb0
A4=192.0.2.11 B4=192.0.2.12
A6=2001:db8::11 B6=2001:db8::12
# Link-local addresses are what VRRP speaks from over IPv6.
A_LINK=fe80::11 B_LINK=fe80::12
AGENT=127.0.0.1:1161
SINK=127.0.0.1:1162
# shellcheck disable=SC2034 # for those who read this file
MIB_ROOT=1.3.6.1.4.1.8072.9999.9999.45640

declare -A PID=()
MOUNTS=()
WORK=
TESTS=0
FAILED=0
FINISHED=no

#
# TAP
#

note() {
	printf '# %s\n' "$@"
}

ok() {
	TESTS=$((TESTS + 1))
	echo "ok $TESTS - $*"
}

not_ok() {
	TESTS=$((TESTS + 1))
	FAILED=$((FAILED + 1))
	echo "not ok $TESTS - $*"
}

# check TEXT COMMAND...: that the command succeeds
check() {
	local text=$1
	shift
	if "$@"; then
		ok "$text"
	else
		not_ok "$text"
		note "failed: $*"
	fi
}

# is TEXT GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		note "got:    $2" "wanted: $3"
	fi
}

# like TEXT GOT REGULAR-EXPRESSION
like() {
	if [[ $2 =~ $3 ]]; then
		ok "$1"
	else
		not_ok "$1"
		note "got:    $2" "wanted: /$3/"
	fi
}

# TAP=no is for a caller that is no test, and speaks to people.
bail_out() {
	if [ "${TAP:-yes}" = yes ]; then
		echo "Bail out! $*"
	else
		echo "${0##*/}: $*" >&2
	fi
	FINISHED=yes
	exit 1
}

skip_all() {
	[ "${TAP:-yes}" = yes ] || bail_out "$*"
	echo "1..0 # SKIP $*"
	FINISHED=yes
	exit 0
}

finish() {
	echo "1..$TESTS"
	FINISHED=yes
	[ "$FAILED" -eq 0 ] || show_logs
	[ "$FAILED" -eq 0 ]
	exit
}

show_logs() {
	local log

	[ -n "$WORK" ] || return 0
	for log in "$WORK"/*.log; do
		[ -s "$log" ] || continue
		note "---- the end of ${log##*/}"
		tail -n 25 "$log" | sed 's/^/# /'
	done
}

#
# Waiting
#

# wait_for SECONDS COMMAND...: until the command succeeds; false at the limit
wait_for() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# soon TEXT SECONDS COMMAND...: check that it succeeds within the limit
soon() {
	local text=$1
	shift
	check "$text" wait_for "$@"
}

# need TEXT SECONDS COMMAND...: like soon, and nothing goes on without it
need() {
	local text=$1
	shift
	wait_for "$@" || {
		show_logs
		bail_out "$text"
	}
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

#
# Begin and end
#

# begin [PROGRAM...]: the work folder and the two nodes; skips the test where
# one of the programs is missing
begin() {
	local program

	[ "$(id -u)" -eq 0 ] || skip_all "network namespaces need root here"
	for program in ip nsenter snmpd snmptrapd snmpget python3 "$@"; do
		command -v "$program" >/dev/null ||
			skip_all "$program is not installed"
	done
	clean_up_at_exit
	make_work
	export SNMPCONFPATH=$WORK/snmp SNMP_PERSISTENT_DIR=$WORK/persistent
	export MIBDIRS=$WORK/mibs MIBS=SNMPv2-MIB:HBWATCH-MIB
	mkdir "$SNMPCONFPATH" "$SNMP_PERSISTENT_DIR" "$MIBDIRS" "$WORK/state"
	install_mibs
	TRAPS=$WORK/traps
	: >"$TRAPS"
	make_network
}

# Signals come through exit, so that it is cleaned up once.
clean_up_at_exit() {
	trap clean_up EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 141' PIPE
	trap 'exit 143' TERM
}

# A unix socket's path has at most 107 octets, and the folder of sockets must
# leave room for their names.
make_work() {
	local parent=${TMPDIR:-/tmp}

	[ "${#parent}" -le 60 ] || parent=/tmp
	WORK=$(mktemp -d "$parent/hbw test.XXXXXX") || bail_out "no work folder"
	AGENTX=$WORK/agentx
	NODE_A=hbw-${WORK##*.}-a
	NODE_B=hbw-${WORK##*.}-b
}

clean_up() {
	local status=$? node mount

	trap - EXIT
	trap '' HUP INT PIPE TERM
	if [ "$FINISHED" = no ] && [ "${TAP:-yes}" = yes ]; then
		show_logs
		echo "Bail out! ended early with status $status"
		[ "$status" -ne 0 ] || status=1
	fi
	end_processes
	for node in "${NODES[@]}"; do
		ip netns delete "$node"
	done
	for mount in "${MOUNTS[@]}"; do
		umount -l "$mount"
	done
	if [ "${KEEP:-0}" = 1 ]; then
		note "left behind: $WORK"
	elif [ -n "$WORK" ]; then
		rm -rf -- "$WORK"
	fi
	exit "$status"
}

# What was started, and what that started: nothing else is in the nodes.
end_processes() {
	local node pid

	for node in "${NODES[@]}"; do
		for pid in $(ip netns pids "$node"); do
			kill -KILL "$pid"
		done
	done
	for pid in "${PID[@]}"; do
		kill -KILL "$pid"
		wait "$pid"
	done
} 2>/dev/null # where the shell remarks on each

# started NAME: the command that was just put into the background
started() {
	PID[$1]=$!
}

# shellcheck source-path=SCRIPTDIR source=lib/requirements.sh
. "$INTEGRATION/lib/requirements.sh"
# shellcheck source-path=SCRIPTDIR source=lib/nodes.sh
. "$INTEGRATION/lib/nodes.sh"
# shellcheck source-path=SCRIPTDIR source=lib/snmp.sh
. "$INTEGRATION/lib/snmp.sh"
# shellcheck source-path=SCRIPTDIR source=lib/hbwatchd.sh
. "$INTEGRATION/lib/hbwatchd.sh"
# shellcheck source-path=SCRIPTDIR source=lib/heartbeats.sh
. "$INTEGRATION/lib/heartbeats.sh"
# shellcheck source-path=SCRIPTDIR source=lib/faults.sh
. "$INTEGRATION/lib/faults.sh"
