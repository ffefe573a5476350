#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# TCP as the heartbeat: data, data under TLS, keepalives that the peer sends,
# keepalives that it answers.  The peer is frozen, and killed.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/tcp.sh
. "$INTEGRATION/peers/tcp.sh"
begin openssl
start_snmpd
start_traps

configure <<END
watch "data" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "tcp 7001"
	interruption = 1s
}
watch "tls" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "tcp 7002"
	interruption = 1s
}
watch "probes" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "tcp-keepalive 7003"
	interruption = 2.5s
}
watch "answers" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "tcp-keepalive 7004"
	interruption = 2.5s
}
watch "no-data" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "tcp 7003"
	interruption = 1h
}
END

start_peer() {
	connect data b 7001 --beat 0.2
	connect tls b 7002 --beat 0.2 --certificate "$WORK/pem"
	connect probes b 7003 --keepalive
	listen answers b 7004
}

# each TEXT SECONDS COMMAND...: soon, @ standing for the name of each watch
each() {
	local text=$1 limit=$2 name

	shift 2
	for name in data tls probes answers; do
		soon "$name: $text" "$limit" "${@//@/$name}"
	done
}

signal_peer() {
	kill -"$1" "${PID[data]}" "${PID[tls]}" "${PID[probes]}" \
		"${PID[answers]}"
}

make_certificate "$WORK/pem" || bail_out "no certificate"
listen data-sink a 7001
listen tls-sink a 7002 --certificate "$WORK/pem"
listen probes-sink a 7003
connect answers-prober a 7004 --keepalive
start_hbwatchd
start_peer
each "the connection makes it alive" 15 watch_is hbwWatchState @ alive

# The kernel goes on to speak for a process that does not run.
probed=$(watch_get hbwWatchHeartbeats probes)
answered=$(watch_get hbwWatchHeartbeats answers)
signal_peer STOP
for name in data tls; do
	soon "$name: a frozen peer raises the alarm" 10 \
		traps_are 1 hbwAlarmRaised $name
done

# more_than WATCH COUNT: heartbeats
more_than() {
	[ "$(watch_get hbwWatchHeartbeats "$1")" -gt "$2" ]
}

soon "probes: its kernel goes on" 10 more_than probes $((probed + 2))
soon "answers: its kernel goes on" 10 more_than answers $((answered + 2))
signal_peer CONT
for name in data tls; do
	soon "$name: its return clears it" 10 \
		traps_are 1 hbwAlarmCleared $name
done
is "probes: it was never interrupted" "$(traps hbwAlarmRaised probes)" ""
is "answers: it was never interrupted" "$(traps hbwAlarmRaised answers)" ""

for name in data tls probes answers; do
	stop $name KILL
done
each "kill -9 raises the alarm" 10 alarm_is hbwAlarmState @ raised
each "without a hint at the cause" 1 alarm_is hbwAlarmCause @ unknown

start_peer
each "its return clears it" 15 alarm_is hbwAlarmState @ cleared
is "there is one alarm for each interruption" \
	"$(traps hbwAlarmRaised | varbind hbwWatchName | sort | uniq -c |
		xargs)" "1 answers 2 data 1 probes 2 tls"
is "keepalives are no data" "$(watch_get hbwWatchHeartbeats no-data)" 0
finish
