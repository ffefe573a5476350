# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The library of the integration tests and the demo.  It makes two nodes, a (the
# observer) and b (the peer), as network namespaces that a veth pair connects;
# runs snmpd, snmptrapd and hbwatchd on the observer and the senders of
# heartbeats on the peer; and prints the results as TAP.
#
# BUILD is the absolute path of the build directory.  Without it, the build is
# in the source tree if that was configured, else in its directory build/.
# KEEP=1 keeps the work directory.

set -u
# The decimal point and the sort order must not depend on the user's locale.
export LC_ALL=C
unset CDPATH

INTEGRATION=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$INTEGRATION/../.." && pwd)
TOOLS=$ROOT/tests/tools
if [ -z "${BUILD:-}" ]; then
	BUILD=$ROOT/build
	[ ! -e "$ROOT/config.status" ] || BUILD=$ROOT
fi

# The names of the network namespaces contain the suffix of the work directory,
# so that several tests can run at the same time.
NODE_A='' NODE_B=''
NODES=()
LINK=hb0
A4=192.0.2.11 B4=192.0.2.12
A6=2001:db8::11 B6=2001:db8::12
# VRRP over IPv6 sends from link-local addresses.
A_LINK=fe80::11 B_LINK=fe80::12
AGENT=127.0.0.1:1161
SINK=127.0.0.1:1162
# shellcheck disable=SC2034 # used by the scripts
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

# check TEXT COMMAND...: passes if the command succeeds
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

# is_about TEXT GOT WANTED TOLERANCE: compares numbers, mostly seconds
is_about() {
	if awk -v got="$2" -v wanted="$3" -v tolerance="$4" 'BEGIN {
		off = got - wanted
		exit (off < 0 ? -off : off) > tolerance
	}'; then
		ok "$1"
	else
		not_ok "$1"
		note "got:    $2" "wanted: $3 with a tolerance of $4"
	fi
}

# is_on_time TEXT GOT WANTED TOLERANCE: the same for times.  On a busy machine
# GOT may be later: see busy_time, whose mark_time must be before WANTED.
is_on_time() {
	local wanted

	wanted=$(awk -v got="$2" -v wanted="$3" -v busy="$(busy_time)" 'BEGIN {
		busy = busy < 5 ? busy : 5
		late = got - wanted
		late = late < 0 ? 0 : late < busy ? late : busy
		printf "%.3f", wanted + late
	}')
	is_about "$1" "$2" "$wanted" "$4"
}

# bail_out TEXT: ends the test because it cannot be run.  TAP=no is for
# programs that are not tests, such as the demo.
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

# finish: the last command of each test
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
# Limits are times of an idle machine.  On a busy one, the time in which any
# process waits for a processor or for the disk does not count, up to a minute.
#

# read_clock: sets `now`, the milliseconds since the start of the machine, and
# `busy`, those of them in which a process waited for a processor or the disk.
# If the kernel does not count them, the machine may have been busy always.
read_clock() {
	local cpu io

	read -r now _ </proc/uptime
	now=${now/./}0 busy=$now
	if { read -r cpu </proc/pressure/cpu && read -r io </proc/pressure/io
	} 2>/dev/null; then
		busy=$(((${cpu##*=} + ${io##*=}) / 1000))
	fi
}

# mark_time: begins the time of spent_less and busy_time
mark_time() {
	local now busy

	read_clock
	MARK=$now MARK_BUSY=$busy
}

# spent_less MILLISECONDS: is it less since mark_time?
spent_less() {
	local now busy

	read_clock
	busy=$((busy - MARK_BUSY))
	[ $((now - MARK)) -lt $(($1 + (busy < 60000 ? busy : 60000))) ]
}

# busy_time: the seconds since mark_time that do not count for spent_less
busy_time() {
	local now busy

	read_clock
	busy=$((busy - MARK_BUSY))
	printf '%d.%03d\n' $((busy / 1000)) $((busy % 1000))
}

# wait_for SECONDS COMMAND...: waits until the command succeeds; fails if it
# does not succeed in that time
wait_for() {
	local limit=$(($1 * 1000)) MARK MARK_BUSY
	shift

	mark_time
	until "$@"; do
		spent_less "$limit" || return 1
		# A short pause between two attempts.
		sleep 0.05
	done
}

# soon TEXT SECONDS COMMAND...: passes if the command succeeds in that time
soon() {
	local text=$1
	shift
	check "$text" wait_for "$@"
}

# soon_each NAMES TEXT SECONDS COMMAND...: `soon` for each of the names, which
# replaces each @ in the command
soon_each() {
	local names=$1 text=$2 limit=$3 name

	shift 3
	for name in $names; do
		soon "$name: $text" "$limit" "${@//@/$name}"
	done
}

# need TEXT SECONDS COMMAND...: ends the test with the text if the command does
# not succeed in that time
need() {
	local text=$1
	shift
	wait_for "$@" || {
		show_logs
		bail_out "$text"
	}
}

# gone PID: is the process no longer there?
gone() {
	! kill -0 "$1" 2>/dev/null
}

#
# Begin and end
#

# begin [PROGRAM...]: makes the work directory and the two nodes; skips the test
# if one of the programs is not installed
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

# start_observer [SECTION...]: starts the programs that hbwatchd needs on the
# observer, snmptrapd and snmpd, and writes hbwatchd.conf if sections are given
start_observer() {
	# With SINK=tcp:..., snmpd connects to snmptrapd when it starts.
	start_traps
	start_snmpd
	[ $# -eq 0 ] || printf '%s\n' "$@" | configure
}

# start_pair [INTERRUPTION [SECTION...]]: the setting of most tests.  Starts the
# observer; configures the watch "flinkserver" with that interruption time (2s)
# and the given other sections; starts its sender "peer" on UDP port 20053, and
# hbwatchd; and waits until the watch is alive.  The senders of other watches
# must be started before.
start_pair() {
	start_observer "$(watch_section flinkserver 20053 "${1:-2s}")" "${@:2}"
	start_peer
	start_hbwatchd
	soon "heartbeats make the watch alive" 10 \
		watch_is hbwWatchState flinkserver alive
}

# A signal ends the script by exit, so that clean_up runs once.
clean_up_at_exit() {
	trap clean_up EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 141' PIPE
	trap 'exit 143' TERM
}

# make_work: makes the work directory.  The path of a unix socket has at most
# 107 octets, so the path of this directory must be short.
make_work() {
	local parent=${TMPDIR:-/tmp}

	[ "${#parent}" -le 60 ] || parent=/tmp
	WORK=$(mktemp -d "$parent/hbw test.XXXXXX") ||
		bail_out "cannot make a work directory"
	# hbwatchd, which changes its user, reads and writes files in it.
	chmod 0711 "$WORK"
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
		note "kept: $WORK"
	elif [ -n "$WORK" ]; then
		rm -rf -- "$WORK"
	fi
	exit "$status"
}

# Kills all processes in the namespaces of this test, which includes the
# children of those that `start` began.
end_processes() {
	local node pid

	for node in "${NODES[@]}"; do
		for pid in $(ip netns pids "$node"); do
			kill -KILL "$pid"
		done
	done
	for pid in "${PID[@]}"; do
		! is_child "$pid" || kill -KILL "$pid"
		wait "$pid"
	done
} 2>/dev/null # the shell's message for each killed process

# is_child PID: is it a process of this script?  If one has ended by itself,
# another process may have its pid.
is_child() {
	local stat fields

	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return
	read -ra fields <<<"${stat##*)}"
	# The text is empty if the process ends between open and read.
	[ "${fields[1]:-}" = "$$" ]
}

child_ended() {
	! is_child "$1"
}

# started NAME: remembers the process that was just put into the background
started() {
	PID[$1]=$!
}

# shellcheck source-path=SCRIPTDIR source=lib/requirements.sh
. "$INTEGRATION/lib/requirements.sh"
# shellcheck source-path=SCRIPTDIR source=lib/nodes.sh
. "$INTEGRATION/lib/nodes.sh"
# shellcheck source-path=SCRIPTDIR source=lib/snmp.sh
. "$INTEGRATION/lib/snmp.sh"
# shellcheck source-path=SCRIPTDIR source=lib/notifications.sh
. "$INTEGRATION/lib/notifications.sh"
# shellcheck source-path=SCRIPTDIR source=lib/hbwatchd.sh
. "$INTEGRATION/lib/hbwatchd.sh"
# shellcheck source-path=SCRIPTDIR source=lib/senders.sh
. "$INTEGRATION/lib/senders.sh"
# shellcheck source-path=SCRIPTDIR source=lib/faults.sh
. "$INTEGRATION/lib/faults.sh"
