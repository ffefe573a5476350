#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: TCP connections as heartbeats: data, data in TLS, keepalives that the
#          peer sends, and keepalives that it answers.  The peer is stopped, and
#          killed.
# Checks:  a stopped peer interrupts data but not keepalives, which its kernel
#          continues; a killed peer interrupts all of them.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=peers/tcp.sh
. "$INTEGRATION/peers/tcp.sh"
begin openssl ss
# Without evidence the causes are those of the heartbeats alone, and no change of
# a cause is notified; see diagnosis-causes.sh.
start_observer "evidence = 0" "$(watch_section data "tcp 7001" 1s)" \
	"$(watch_section tls "tcp 7002" 1s)" \
	"$(watch_section probes "tcp-keepalive 7003" 2.5s)" \
	"$(watch_section answers "tcp-keepalive 7004" 2.5s)" \
	"$(watch_section no-data "tcp 7003" 1h)"
WATCHES="data tls probes answers"

start_tcp_peer() {
	connect data b 7001 --beat 0.2
	connect tls b 7002 --beat 0.2 --certificate "$WORK/pem"
	connect probes b 7003 --keepalive
	listen answers b 7004
}

# signal_tcp_peer SIGNAL
signal_tcp_peer() {
	kill -"$1" "${PID[data]}" "${PID[tls]}" "${PID[probes]}" \
		"${PID[answers]}"
}

# all_connected: has the peer all four connections?
all_connected() {
	[ "$(at "$NODE_B" ss -Htn state established |
		grep -c ':700[1-4]\b')" -eq 4 ]
}

make_certificate "$WORK/pem" || bail_out "cannot make a certificate"
listen data-receiver a 7001
listen tls-receiver a 7002 --certificate "$WORK/pem"
listen probes-receiver a 7003
connect answers-prober a 7004 --keepalive
start_tcp_peer
# A keepalive comes a second after the connection, so a watch with 2.5 s could
# raise its alarm on a slow machine if hbwatchd started before.
need "the connections are not established" 20 all_connected
start_hbwatchd
soon_each "$WATCHES" "the connection makes the watch alive" 15 \
	watch_is hbwWatchState @ alive

# The kernel still sends and answers keepalives of a stopped process.
probed=$(watch_get hbwWatchHeartbeats probes)
answered=$(watch_get hbwWatchHeartbeats answers)
signal_tcp_peer STOP
soon_each "data tls" "a stopped peer raises the alarm" 10 \
	traps_are 1 hbwAlarmRaised @
soon "probes: the kernel of a stopped peer continues" 10 \
	heartbeats_over probes $((probed + 2))
soon "answers: the kernel of a stopped peer continues" 10 \
	heartbeats_over answers $((answered + 2))
signal_tcp_peer CONT
soon_each "data tls" "the peer continues: this clears it" 10 \
	traps_are 1 hbwAlarmCleared @
is "probes: it was never interrupted" "$(traps hbwAlarmRaised probes)" ""
is "answers: it was never interrupted" "$(traps hbwAlarmRaised answers)" ""

for name in $WATCHES; do
	stop "$name" KILL
done
soon_each "$WATCHES" "kill -9 raises the alarm" 10 \
	alarm_is hbwAlarmState @ raised
soon_each "$WATCHES" "the cause is unknown" 1 alarm_is hbwAlarmCause @ unknown

start_tcp_peer
soon_each "$WATCHES" "the peer starts again: this clears it" 15 \
	alarm_is hbwAlarmState @ cleared
is "each interruption has one alarm" \
	"$(traps hbwAlarmRaised | varbind hbwWatchName | sort | uniq -c |
		xargs)" "1 answers 2 data 1 probes 2 tls"
is "keepalives do not count as data" \
	"$(watch_get hbwWatchHeartbeats no-data)" 0
finish
