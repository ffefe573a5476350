#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd as standalone SNMP agent (-L) with four trap sinks: traps
#          over UDP, traps to a name that is unknown at first, traps over TCP,
#          and SNMPv3 informs.  The last three receivers are away at first.
# Checks:  requests and the first sink do not wait for the others; each receiver
#          gets everything when it is there, also after it was restarted.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
USER_V3="noc SHA authpassphrase AES privpassphrase"
V3="-v 3 -u noc -l authPriv -a SHA -A authpassphrase -x AES -X privpassphrase"
NAME=receiver.hbwatch.test
UNKNOWN=127.0.0.1:1163 STREAM=tcp:127.0.0.1:1164 INFORM=127.0.0.1:1165

# received FILE COUNT NOTIFICATION
received() {
	TRAPS=$WORK/$1 traps_are "$2" "$3"
}

# failures LINE: how often the sink of this line of the configuration failed
failures() {
	log_count "hbwatchd.conf:$1: snmp: cannot deliver notifications: "
}

# answered_for SECONDS: is each request answered within a second?
answered_for() {
	local end=$((SECONDS + $1))

	while [ "$SECONDS" -le "$end" ]; do
		mark_time
		client snmpget -t 20 -r 0 -OQUv "$AGENT" \
			HBWATCH-MIB::hbwVersion.0 >"$WORK/answer" 2>&1 &&
			spent_less 1000 || return 1
	done
}

# all_gone PID...
all_gone() {
	local pid

	for pid; do
		gone "$pid" || return 1
	done
}

{
	# A change of a cause would be one more notification.
	cat <<-END
		snmp = { "rocommunity public 127.0.0.1",
			"createUser $USER_V3",
			"trap2sink $SINK public",
			"[hbwatch] trap2sink $NAME:${UNKNOWN#*:} public",
			"trap2sink $STREAM public",
			"trapsess -Ci $V3 $INFORM" }
		evidence = 0
	END
	watch_section flinkserver 20053 1s
} | configure

# `ip netns exec` has unshared the mounts, so only hbwatchd sees these names.
echo "127.0.0.1 localhost" >"$WORK/hosts"
# shellcheck disable=SC2016 # sh expands it
HBWATCHD_ENV=(sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$WORK/hosts")

start_traps
start_peer
start_hbwatchd -L "udp:$AGENT"
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
soon "an unknown name does not end hbwatchd, and is logged" 20 \
	log_lines_are 1 "hbwatchd.conf:4: snmp: cannot deliver notifications: \
cannot open \"$NAME:${UNKNOWN#*:}\": unknown host"

stop peer
soon "the raise arrives at the first sink" 3 traps_are 1 hbwAlarmRaised
check "meanwhile all requests are answered" answered_for 8
is "the start and the raise are pending for the others" \
	"$(get hbwNotificationsPending.0)" 2
is "the receiver over TCP is logged once" "$(failures 5)" 1
is "the receiver of informs is logged once" "$(failures 6)" 1
soon "the log says that the connection is refused" 10 log_lines_are 1 \
	"hbwatchd.conf:5: .* \"$STREAM\": Connection refused; retrying"

start_receiver stream "$STREAM" "$WORK/stream"
soon "TCP: the raise arrives" 10 received stream 1 hbwAlarmRaised
start_receiver inform "$INFORM" "$WORK/inform" "createUser $USER_V3" \
	"authUser log noc"
soon "inform: the raise arrives" 20 received inform 1 hbwAlarmRaised
start_receiver named "$UNKNOWN" "$WORK/named"
echo "127.0.0.1 $NAME" >>"$WORK/hosts"
soon "the name is known: the raise arrives" 20 received named 1 hbwAlarmRaised
soon "no notification is pending" 5 get_is hbwNotificationsPending.0 0
soon "the log says that each sink works again" 5 \
	log_lines_are 3 "snmp: notifications are delivered again"

# The receiver is restarted while nothing is sent.
stop stream
start_receiver stream2 "$STREAM" "$WORK/stream2"
start_peer
soon "TCP: after a restart the clear arrives" 10 \
	received stream2 1 hbwAlarmCleared

# The receivers are away while a notification is sent.
stop stream2
stop inform
stop peer
soon "the second raise arrives at the first sink" 5 traps_are 2 hbwAlarmRaised
soon "TCP: the failure is logged again" 10 \
	log_lines_are 2 "hbwatchd.conf:5: snmp: cannot deliver"
start_peer
soon "the second clear arrives at the first sink" 5 \
	traps_are 2 hbwAlarmCleared
start_receiver stream3 "$STREAM" "$WORK/stream3"
start_receiver inform2 "$INFORM" "$WORK/inform2" "createUser $USER_V3" \
	"authUser log noc"
for name in stream3 inform2; do
	soon "$name: the second raise arrives" 20 \
		received $name 1 hbwAlarmRaised
	soon "$name: the second clear arrives" 20 \
		received $name 1 hbwAlarmCleared
done
soon "no notification is pending again" 5 get_is hbwNotificationsPending.0 0

# The processes of the sinks are restarted, and nothing is lost.
old=$(children "${PID[hbwatchd]}" | xargs)
# shellcheck disable=SC2086 # several pids
kill -KILL $old
stop peer
soon "after a crash of the processes, the third raise arrives" 10 \
	traps_are 3 hbwAlarmRaised
soon "TCP: after a crash, the third raise arrives" 10 \
	received stream3 2 hbwAlarmRaised
processes=$(children "${PID[hbwatchd]}" | xargs)
check "hbwatchd ends on TERM" stop hbwatchd
# shellcheck disable=SC2086 # several pids
soon "no process of it is left" 5 all_gone $processes
finish
