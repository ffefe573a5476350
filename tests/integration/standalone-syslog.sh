#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd as standalone SNMP agent (-L) that logs to syslog, with two
#          trap sinks; the receiver of one of them is away at first.  The syslog
#          daemon and the processes of the sinks are restarted.
# Checks:  hbwatchd, the engine and the processes of the sinks log to syslog,
#          each line with its process; the processes of the sinks have no
#          descriptor of hbwatchd.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
STREAM=tcp:127.0.0.1:1164 before=$(readlink /dev/log) old=
LOG=$WORK/syslog.socket

start_syslog() {
	start syslog "$NODE_A" "$TOOLS/receive-datagrams" "$LOG"
	need "syslog does not start" 10 test -S "$LOG"
}

# logged PIDS TEXT: has one of the processes logged this?
logged() {
	grep -qE "^<[0-9]+>.* hbwatchd\[(${1// /|})\]: .*$2" "$WORK/syslog.log"
}

# log_is TEXT SECONDS PIDS REGULAR-EXPRESSION
log_is() {
	soon "$1" "$2" logged "$3" "$4"
}

# sinks: the pids of the processes of the sinks.  The engine is the other child,
# which has another name.
sinks() {
	local pid

	for pid in $(children "${PID[hbwatchd]}"); do
		[ "$(cat "/proc/$pid/comm")" != hbwatchd ] || echo "$pid"
	done 2>/dev/null | xargs # a process that has just ended
}

sinks_are_new() {
	local pids pid

	pids=$(sinks)
	[ "$(wc -w <<<"$pids")" -eq 2 ] || return 1
	for pid in $pids; do
		[[ " $old " != *" $pid "* ]] || return 1
	done
}

# descriptors PID: what they are, except the standard ones
descriptors() {
	local fd

	for fd in /proc/"$1"/fd/*; do
		[ "${fd##*/}" -le 2 ] || readlink "$fd"
	done
}

# check_descriptors: of the processes of the sinks
check_descriptors() {
	local pid

	for pid in $(sinks); do
		is "$1: a process of a sink has only sockets" \
			"$(descriptors "$pid" | grep -cv '^socket:')" 0
		is "$1: none of them is one of hbwatchd" \
			"$(comm -12 <(descriptors "$pid" | sort -u) \
				<(descriptors "${PID[hbwatchd]}" | sort -u))" ""
	done
}

{
	cat <<-END
		snmp = { "rocommunity public 127.0.0.1",
			"trap2sink $SINK public",
			"trap2sink $STREAM public" }
	END
	watch_section flinkserver 20053 1s
} | configure
start_syslog
start_traps
start_peer
HBWATCHD_ENV=("$TOOLS/run-with-syslog" "$LOG")
start_hbwatchd -L "udp:$AGENT" -l syslog
daemon=${PID[hbwatchd]}
log_is "hbwatchd logs to syslog" 5 "$daemon" "started, version"
need "there are not two processes of sinks" 10 sinks_are_new
log_is "a process of a sink logs with its own pid" 10 "$(sinks)" \
	"hbwatchd.conf:3: snmp: cannot deliver notifications"
check_descriptors "start"

soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
ip -n "$NODE_A" link set "$LINK" down
soon "the engine logs to syslog" 10 grep -qE \
	"hbwatchd\[engine\]\[$daemon\]: $LINK: .*down" "$WORK/syslog.log"
log_is "then hbwatchd logs with its own name" 10 "$daemon" \
	'raised, watch "flinkserver"'

stop syslog
start_syslog
start_receiver stream "$STREAM" "$WORK/stream"
log_is "syslog restarts: a process of a sink logs again" 10 "$(sinks)" \
	"hbwatchd.conf:3: snmp: notifications are delivered again"

old=$(sinks)
# shellcheck disable=SC2086 # two pids
kill -KILL $old
soon "the processes of the sinks are started again" 10 sinks_are_new
log_is "hbwatchd logs that they ended" 5 "$daemon" \
	"the process of the trap sink has ended"
check_descriptors "a restart"
stop stream
ip -n "$NODE_A" link set "$LINK" up
log_is "a new process of a sink logs with its own pid" 15 "$(sinks)" \
	"hbwatchd.conf:3: snmp: cannot deliver notifications"
check "hbwatchd ends on TERM" stop hbwatchd
log_is "hbwatchd logs its end" 5 "$daemon" stopping
is "nothing is logged to standard error" "$(cat "$WORK/hbwatchd.log")" ""
is "the machine's /dev/log is not changed" "$(readlink /dev/log)" "$before"
finish
