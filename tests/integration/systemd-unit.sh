#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# hbwatchd as its unit runs it: the user, the capability, the system calls, and
# what systemd is told.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin setpriv systemd-analyze
unit=$WORK/hbwatchd.service
sed 's/@HBW_USER@/nobody/' "$ROOT/agent/hbwatchd.service.in" >"$unit"

# It has the group nogroup in the place of its own.
group=$(id -gn nobody)
start_snmpd "agentXPerms 0660 0755 nobody $group"
start_traps

configure <<END
watch "flinkserver" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 2s
}
END
mkdir "$WORK/own"
mv "$WORK/hbwatchd.conf" "$WORK/own"
chmod 0711 "$WORK"
# The unit's user may not enter the folders that these are in.
install -m 0755 "$BUILD/hbwatchd" "$TOOLS/run-with-unit-filter" "$WORK/own"
chown -R nobody "$WORK/own"
is "the AgentX socket is open to the group" \
	"$(stat -c '%a %G' "$AGENTX")" "660 $group"

start notified "$NODE_A" "$TOOLS/receive-sd-notify" "$WORK/notify"
need "nobody listens to the daemon" 5 test -S "$WORK/notify"

# told LINE: how often
told() {
	grep -c "^$1\$" "$WORK/notified.log"
}

# told_over LINE COUNT
told_over() {
	[ "$(told "$1")" -gt "$2" ]
}

filter=("$WORK/own/run-with-unit-filter" "$unit")
# The sanitizers trace and map as they like.
! grep -q '^#define HBW_SANITIZERS' "$BUILD/config.h" || filter=()

# capabilities: those of the unit, as setpriv has them
capabilities() {
	sed -n 's/^CapabilityBoundingSet=//p' "$unit" |
		tr '[:upper:] ' '[:lower:]\n' | sed 's/^cap_/+/' | paste -sd ,
}

# start_unit ARGUMENT OF setpriv...: as systemd starts it
start_unit() {
	start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS \
		NOTIFY_SOCKET="$WORK/notify" WATCHDOG_USEC=3000000 \
		setpriv --bounding-set "-all,$(capabilities)" "$@" \
		--no-new-privs "${filter[@]}" "$WORK/own/hbwatchd" \
		-c "$WORK/own/hbwatchd.conf" -s "$WORK/own/state" -l stderr \
		-v -x "$AGENTX"
}

start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_unit --reuid nobody --regid "$group" --clear-groups \
	--inh-caps "-all,$(capabilities)" --ambient-caps "$(capabilities)"
need "hbwatchd does not answer" 20 hbwatchd_answers
need "heartbeats do not make it alive" 10 \
	watch_is hbwWatchState flinkserver alive
ok "heartbeats make it alive"
if ! grep -q '^#define HAVE_LIBSYSTEMD' "$BUILD/config.h"; then
	ok "what systemd is told # SKIP built without libsystemd"
	finish
fi

is "it is ready, once" "$(told READY=1)" 1
soon "its status" 5 told_over "STATUS=1 watch, 0 active alarms" 0
soon "it feeds the watchdog" 10 told_over WATCHDOG=1 0
soon "again and again" 10 told_over WATCHDOG=1 2

kill -HUP "${PID[hbwatchd]}"
soon "a reload begins" 10 told_over RELOADING=1 0
check "and says when" grep -q '^MONOTONIC_USEC=[1-9]' "$WORK/notified.log"
soon "and ends" 10 told_over READY=1 1
echo "nonsense" >>"$WORK/own/hbwatchd.conf"
kill -HUP "${PID[hbwatchd]}"
soon "a broken configuration: a reload begins" 10 told_over RELOADING=1 1
soon "a broken configuration: and ends" 10 told_over READY=1 2

fed=$(told WATCHDOG=1)
old=$(engine | xargs)
kill -STOP "$old"
soon "an engine that hangs is noticed" 20 \
	grep -q "the engine hangs" "$WORK/hbwatchd.log"
# One may have been due for what it did before.
check "nobody fed the watchdog for it" \
	test "$(told WATCHDOG=1)" -le $((fed + 1))
fed=$(told WATCHDOG=1)
soon "the next engine feeds it" 10 told_over WATCHDOG=1 "$fed"

stop peer
soon "an alarm is in the status" 10 \
	told_over "STATUS=1 watch, 1 active alarm" 0
stop hbwatchd
is "it stops" "$(told STOPPING=1)" 1

# The manual's drop-in for root.
sed -n '/^User=root/,/^\.Ed/p' "$ROOT/agent/hbwatchd.8" | grep '=' >>"$unit"
like "the drop-in is there" "$(capabilities)" "^\+net_raw,\+setuid"
sed -i '/^nonsense$/d' "$WORK/own/hbwatchd.conf"
chown -R root "$WORK/own"
stop snmpd
start_snmpd
start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_unit --inh-caps -all
need "hbwatchd does not answer as root" 20 hbwatchd_answers
soon "as root: heartbeats are heard" 10 \
	watch_is hbwWatchState flinkserver alive
old=$(engine)
is "as root: by somebody else" \
	"$(awk '$1 == "Uid:" { print ($2 != 0) }' "/proc/${old% }/status")" 1
is "as root: without a capability" \
	"$(grep -cE '^Cap(Prm|Eff|Bnd):.0000000000000000$' \
		"/proc/${old% }/status")" 3
stop hbwatchd
finish
