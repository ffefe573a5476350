#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd with the user, the capabilities, the limits and the filters
#          of its unit, and with the drop-ins of the manual.
# Checks:  everything works with them, and systemd gets the right messages:
#          READY, STATUS, WATCHDOG, RELOADING, STOPPING.  Without their
#          drop-ins, IP and `realtime` are refused, and the log says why.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin chrt prlimit setpriv systemd-analyze
unit=$WORK/hbwatchd.service
sed 's/@HBW_USER@/nobody/' "$ROOT/agent/hbwatchd.service.in" >"$unit"

# exposure TENTHS: is it at most this number of tenths?  A unit with the user
# nobody would be marked down.
exposure() {
	sed 's/^User=.*/User=daemon/; s/@HBW_UNIT_TYPE@/notify/
		s,@sbindir@/hbwatchd,/bin/true,; s,@libexecdir@,/usr/libexec,
		s,@sysconfdir@,/etc,' "$unit" >"$WORK/exposure.service"
	systemd-analyze security --offline=true --no-pager \
		--threshold="$1" "$WORK/exposure.service" \
		>"$WORK/exposure.log" 2>&1
}

if systemd-analyze --help | grep -q -- --threshold; then
	check "the exposure of the unit is at most 1.3" exposure 13
else
	ok "the exposure of the unit # SKIP systemd-analyze cannot compute it"
fi

# The user nobody with its group, in place of the user of the unit.
group=$(id -gn nobody)
start_snmpd "agentXPerms 0660 0755 nobody $group"
start_traps

watch_section flinkserver 20053 2s | configure
mkdir "$WORK/own"
mv "$WORK/hbwatchd.conf" "$WORK/own"
chmod 0711 "$WORK"
# The user of the unit may not enter the directories of the originals.
install -m 0755 "$BUILD/hbwatchd" "$BUILD/hbwatch-engine" \
	"$TOOLS/run-with-unit-filter" "$WORK/own"
chown -R nobody "$WORK/own"
is "the group of the unit can use the AgentX socket" \
	"$(stat -c '%a %G' "$AGENTX")" "660 $group"

start systemd "$NODE_A" "$TOOLS/receive-datagrams" "$WORK/notify"
need "the notify socket is not there" 20 test -S "$WORK/notify"

# message_count MESSAGE: how often systemd got it
message_count() {
	grep -c "^$1\$" "$WORK/systemd.log"
}

# messages_are MESSAGE COUNT
messages_are() {
	[ "$(message_count "$1")" -eq "$2" ]
}

# messages_over MESSAGE COUNT
messages_over() {
	[ "$(message_count "$1")" -gt "$2" ]
}

filter=("$WORK/own/run-with-unit-filter" "$unit")
# The sanitizers need more system calls.
! has_sanitizers || filter=()

# capabilities: those of the unit, as an argument of setpriv
capabilities() {
	sed -n 's/^CapabilityBoundingSet=//p' "$unit" |
		tr '[:upper:] ' '[:lower:]\n' | sed 's/^cap_/+/' | paste -sd ,
}

# value NAME: of the last such line of the unit
value() {
	sed -n "s/^$1=//p" "$unit" | tail -n 1
}

# The address of the AgentX socket, or the one for SNMP.
address=(-x "$AGENTX")

# The command that sets the limit of the unit for realtime priorities.
limit=()

# start_unit ARGUMENT OF setpriv...: starts hbwatchd as systemd would
start_unit() {
	start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS \
		NOTIFY_SOCKET="$WORK/notify" WATCHDOG_USEC=3000000 \
		nice -n "$(value Nice)" "${limit[@]}" \
		setpriv --bounding-set "-all,$(capabilities)" "$@" \
		--no-new-privs "${filter[@]}" "$WORK/own/hbwatchd" \
		-c "$WORK/own/hbwatchd.conf" -s "$WORK/own/state" -l stderr \
		-v "${address[@]}"
}

# start_user: as the user of the unit
start_user() {
	start_unit --reuid nobody --regid "$group" --clear-groups \
		--inh-caps "-all,$(capabilities)" \
		--ambient-caps "$(capabilities)"
}

# exec_reload: the check of the unit before a reload, as the user of the unit
exec_reload() {
	at "$NODE_A" setpriv --bounding-set "-all,$(capabilities)" \
		--reuid nobody --regid "$group" --clear-groups \
		--inh-caps "-all,$(capabilities)" \
		--ambient-caps "$(capabilities)" --no-new-privs \
		"${filter[@]}" "$WORK/own/hbwatchd" -t -r \
		-c "$WORK/own/hbwatchd.conf" -s "$WORK/own/state" \
		>"$WORK/exec-reload.log" 2>&1
}

# drop_in NAME: adds the drop-in of the manual page that begins with NAME=
drop_in() {
	sed -n "/^$1=/,/^\.Ed/p" "$ROOT/agent/hbwatchd.8" | grep '=' >>"$unit"
}

start_peer
start_user
need "hbwatchd does not answer" 20 hbwatchd_answers
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
if ! grep -q '^#define HAVE_LIBSYSTEMD' "$BUILD/config.h"; then
	ok "messages to systemd # SKIP built without libsystemd"
	finish
fi

soon "READY is sent once" 10 messages_are READY=1 1
soon "STATUS has the states of the watches and the alarms" 15 \
	messages_over "STATUS=1 watch: 1 alive; 0 active alarms" 0
is "no watch was blind at the start" \
	"$(grep -c '^STATUS=.* blind' "$WORK/systemd.log")" 0
soon "WATCHDOG is sent" 10 messages_over WATCHDOG=1 0
soon "WATCHDOG is sent again and again" 10 messages_over WATCHDOG=1 2

check "ExecReload accepts the configuration" exec_reload
reload_hbwatchd
soon "RELOADING is sent when a reload begins" 10 messages_over RELOADING=1 0
soon "RELOADING has a time" 10 \
	grep -q '^MONOTONIC_USEC=[1-9]' "$WORK/systemd.log"
soon "READY is sent when the reload ends" 10 messages_over READY=1 1
echo "nonsense" >>"$WORK/own/hbwatchd.conf"
check "ExecReload refuses a broken configuration" eval "! exec_reload"
check "it says why" grep -q 'unexpected "nonsense"' "$WORK/exec-reload.log"
reload_hbwatchd
soon "a broken configuration: RELOADING is sent" 10 messages_over RELOADING=1 1
soon "a broken configuration: READY is sent" 10 messages_over READY=1 2

soon "the engine of the broken configuration has ended" 10 one_engine
# hang_is_logged: also counts the messages, before it looks into the log,
# because the next engine may start at once
hang_is_logged() {
	count=$(message_count WATCHDOG=1)
	grep -q "the engine hangs" "$WORK/hbwatchd.log"
}
remember_engine
pause "$old"
watchdogs=$(message_count WATCHDOG=1)
soon "an engine that hangs is logged" 20 hang_is_logged
# One message may still be due for the time before.
check "WATCHDOG is not sent for an engine that hangs" \
	test "$count" -le $((watchdogs + 1))
watchdogs=$(message_count WATCHDOG=1)
soon "WATCHDOG is sent for the next engine" 10 \
	messages_over WATCHDOG=1 "$watchdogs"

stop peer
soon "STATUS counts an active alarm" 10 \
	messages_over "STATUS=1 watch: 1 interrupted; 1 active alarm" 0
stop hbwatchd
soon "STOPPING is sent once" 10 messages_are STOPPING=1 1

#
# The drop-ins of the manual page
#

sed -i '/^nonsense$/d' "$WORK/own/hbwatchd.conf"
cp "$unit" "$WORK/plain.service"

# scheduling: the policy, realtime priority and nice value of the engine
scheduling() {
	ps -o cls=,rtprio=,ni= -p "$(the_engine)" | xargs
}

scheduling_is() {
	[ "$(scheduling)" = "$1" ]
}

start_peer
if ! chrt -r 1 true; then
	ok "realtime # SKIP no permission for SCHED_RR"
elif [ ${#filter[@]} -eq 0 ]; then
	ok "realtime # SKIP sanitizers need more system calls"
else
	cp "$WORK/own/hbwatchd.conf" "$WORK/without"
	sed -i '1i realtime = 3' "$WORK/own/hbwatchd.conf"
	start_user
	soon "without its drop-in, realtime is a warning" 20 grep -q \
		"realtime = 3 is not possible" "$WORK/hbwatchd.log"
	soon "the engine runs with the nice value of the unit" 10 \
		scheduling_is "TS - $(value Nice)"
	stop hbwatchd
	drop_in RestrictRealtime
	if prlimit --rtprio="$(value LimitRTPRIO)" true 2>/dev/null; then
		limit=(prlimit --rtprio="$(value LimitRTPRIO)")
	else
		note "no permission to change the limit; using CAP_SYS_NICE"
		sed -i '/^CapabilityBoundingSet=/s/$/ CAP_SYS_NICE/' "$unit"
	fi
	start_user
	need "hbwatchd does not answer with realtime" 20 hbwatchd_answers
	soon "with its drop-in, the engine runs under SCHED_RR" 10 \
		scheduling_is "RR 3 -"
	stop hbwatchd
	limit=()
	cp "$WORK/without" "$WORK/own/hbwatchd.conf"
fi

cp "$WORK/plain.service" "$unit"
stop snmpd
sed -i '1i snmp = { "rocommunity public 127.0.0.1" }' "$WORK/own/hbwatchd.conf"
FAMILY="Address family not supported by protocol"
FAMILY+=" \(see \"Running under systemd\""
ended() {
	! running hbwatchd
}
if [ ${#filter[@]} -gt 0 ]; then
	address=(-x tcp:127.0.0.1:1705)
	start_user
	soon "without its drop-in, an AgentX address with IP is refused" 20 \
		grep -qE "cannot connect to snmpd .*: $FAMILY" \
		"$WORK/hbwatchd.log"
	stop hbwatchd
	address=(-L "udp:$AGENT")
	start_user
	soon "without its drop-in, hbwatchd cannot answer SNMP itself" 20 ended
	stop hbwatchd
	check "the log says why" grep -qE \
		"cannot listen for SNMP on udp:$AGENT: $FAMILY" \
		"$WORK/hbwatchd.log"
fi
address=(-L "udp:$AGENT")
drop_in RestrictAddressFamilies
start_user
need "hbwatchd does not answer with -L" 20 hbwatchd_answers
soon "with its drop-in, -L works and the watch is alive" 10 \
	watch_is hbwWatchState flinkserver alive
stop hbwatchd
address=(-x "$AGENTX")

# The drop-in for a daemon that root runs.
cp "$WORK/plain.service" "$unit"
drop_in User
like "the drop-in adds capabilities" "$(capabilities)" "^\+net_raw,\+setuid"
chown -R root "$WORK/own"
start_snmpd
start_unit --inh-caps -all
need "hbwatchd does not answer when root runs it" 20 hbwatchd_answers
soon "as root: heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
old=$(engine)
is "as root: the engine has another user" \
	"$(awk '$1 == "Uid:" { print ($2 != 0) }' "/proc/${old% }/status")" 1
is "as root: the engine has no capability" \
	"$(grep -cE '^Cap(Prm|Eff|Bnd):.0000000000000000$' \
		"/proc/${old% }/status")" 3
stop hbwatchd
finish
