#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd with the user, the capabilities and the system call filter
#          of its unit, and with the root drop-in of the manual.
# Checks:  everything works with them, and systemd gets the right messages:
#          READY, STATUS, WATCHDOG, RELOADING, STOPPING.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin setpriv systemd-analyze
unit=$WORK/hbwatchd.service
sed 's/@HBW_USER@/nobody/' "$ROOT/agent/hbwatchd.service.in" >"$unit"

# exposure: is it at most this number of tenths, with these lines in addition?
# A unit with the user nobody would be marked down.
exposure() {
	local most=$1

	shift
	sed 's/^User=.*/User=daemon/; s/@HBW_UNIT_TYPE@/notify/
		s,@sbindir@/hbwatchd,/bin/true,; s,@libexecdir@,/usr/libexec,
		s,@sysconfdir@,/etc,' "$unit" >"$WORK/exposure.service"
	printf '[Service]\n' >>"$WORK/exposure.service"
	printf '%s\n' "$@" >>"$WORK/exposure.service"
	systemd-analyze security --offline=true --no-pager \
		--threshold="$most" "$WORK/exposure.service" \
		>"$WORK/exposure.log" 2>&1
}

if systemd-analyze --help | grep -q -- --threshold; then
	check "the exposure of the unit is at most 1.9" exposure 19
	check "with the drop-in for a unix socket it is at most 1.7" \
		exposure 17 IPAddressDeny=any RestrictRealtime=yes
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
need "the notify socket is not there" 5 test -S "$WORK/notify"

# message_count MESSAGE: how often systemd got it
message_count() {
	grep -c "^$1\$" "$WORK/systemd.log"
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

# start_unit ARGUMENT OF setpriv...: starts hbwatchd as systemd would
start_unit() {
	start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS \
		NOTIFY_SOCKET="$WORK/notify" WATCHDOG_USEC=3000000 \
		setpriv --bounding-set "-all,$(capabilities)" "$@" \
		--no-new-privs "${filter[@]}" "$WORK/own/hbwatchd" \
		-c "$WORK/own/hbwatchd.conf" -s "$WORK/own/state" -l stderr \
		-v -x "$AGENTX"
}

start_peer
start_unit --reuid nobody --regid "$group" --clear-groups \
	--inh-caps "-all,$(capabilities)" --ambient-caps "$(capabilities)"
need "hbwatchd does not answer" 20 hbwatchd_answers
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
if ! grep -q '^#define HAVE_LIBSYSTEMD' "$BUILD/config.h"; then
	ok "messages to systemd # SKIP built without libsystemd"
	finish
fi

is "READY is sent once" "$(message_count READY=1)" 1
soon "STATUS has the number of watches and alarms" 5 \
	messages_over "STATUS=1 watch, 0 active alarms" 0
soon "WATCHDOG is sent" 10 messages_over WATCHDOG=1 0
soon "WATCHDOG is sent again and again" 10 messages_over WATCHDOG=1 2

reload_hbwatchd
soon "RELOADING is sent when a reload begins" 10 messages_over RELOADING=1 0
check "RELOADING has a time" grep -q '^MONOTONIC_USEC=[1-9]' "$WORK/systemd.log"
soon "READY is sent when the reload ends" 10 messages_over READY=1 1
echo "nonsense" >>"$WORK/own/hbwatchd.conf"
reload_hbwatchd
soon "a broken configuration: RELOADING is sent" 10 messages_over RELOADING=1 1
soon "a broken configuration: READY is sent" 10 messages_over READY=1 2

watchdogs=$(message_count WATCHDOG=1)
remember_engine
kill -STOP "$old"
soon "an engine that hangs is logged" 20 \
	grep -q "the engine hangs" "$WORK/hbwatchd.log"
# One message may still be due for the time before.
check "WATCHDOG is not sent for an engine that hangs" \
	test "$(message_count WATCHDOG=1)" -le $((watchdogs + 1))
watchdogs=$(message_count WATCHDOG=1)
soon "WATCHDOG is sent for the next engine" 10 \
	messages_over WATCHDOG=1 "$watchdogs"

stop peer
soon "STATUS counts an active alarm" 10 \
	messages_over "STATUS=1 watch, 1 active alarm" 0
stop hbwatchd
is "STOPPING is sent once" "$(message_count STOPPING=1)" 1

# The drop-in of the manual page for a daemon that root runs.
sed -n '/^User=root/,/^\.Ed/p' "$ROOT/agent/hbwatchd.8" | grep '=' >>"$unit"
like "the drop-in adds capabilities" "$(capabilities)" "^\+net_raw,\+setuid"
sed -i '/^nonsense$/d' "$WORK/own/hbwatchd.conf"
chown -R root "$WORK/own"
stop snmpd
start_snmpd
start_peer
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
