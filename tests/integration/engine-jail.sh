#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What the two processes may do, by /proc/PID/status and by what goes on
# working: both started by root, by somebody with one capability, and in a
# user namespace.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin setpriv unshare
chmod 0700 "$WORK"
start_snmpd
start_traps

configure <<END
watch "flinkserver" {
	interface = "$LINK"
	peer = "$B4"
	heartbeat = "udp 20053"
	interruption = 2s
}
END

# What the build's --with-user says, or nobody.
user=$(sed -n 's/^#define HBW_USER "\(.*\)"/\1/p' "$BUILD/config.h")
id -u "$user" >/dev/null 2>&1 || user=nobody
uid=$(id -u "$user")
sanitizers=$(grep -c '^#define HBW_SANITIZERS' "$BUILD/config.h")

# status PID FIELD: of /proc/PID/status, without the spaces
status() {
	awk -v field="$2:" '$1 == field { $1 = ""; gsub(/ /, ""); print }' \
		"/proc/$1/status"
}

# rights PID: permitted, effective, inheritable, ambient, bounding
rights() {
	local field

	for field in CapPrm CapEff CapInh CapAmb CapBnd; do
		printf '%s ' $((16#$(status "$1" "$field")))
	done
}

# jailed TEXT: the engine is
jailed() {
	local pid

	pid=$(engine)
	is "$1: the engine is another user" \
		"$(status "$pid" Uid)" "$uid$uid$uid$uid"
	is "$1: of another group" "$(status "$pid" Gid | sort -u)" \
		"$(printf '%s' "$(id -g "$user")"{,}{,})"
	is "$1: and of no other" "$(status "$pid" Groups)" ""
	is "$1: it has no capability" "$(rights "$pid")" "0 0 0 0 0 "
	is "$1: nor gets one" "$(status "$pid" NoNewPrivs)" 1
	[ "$sanitizers" -gt 0 ] ||
		is "$1: its system calls are filtered" \
			"$(status "$pid" Seccomp)" 2
}

# new_engine: one, and another than $old
new_engine() {
	local now

	now=$(engine | xargs)
	[[ $now =~ ^[0-9]+$ ]] && [ "$now" != "$old" ]
}

promiscuous() {
	at "$NODE_A" ip -d link show "$LINK" | grep -q 'promiscuity 1'
}

start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
start_hbwatchd
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive

daemon=${PID[hbwatchd]}
# CAP_KILL, CAP_SETGID, CAP_SETUID and CAP_NET_RAW
own=$((1 << 5 | 1 << 6 | 1 << 7 | 1 << 13))
is "the agent is root" "$(status "$daemon" Uid)" 0000
is "with the rights to start and end an engine" "$(rights "$daemon")" \
	"$own $own 0 0 0 "
is "and gets no other" "$(status "$daemon" NoNewPrivs)" 1
jailed "started by root"
check "the interface is promiscuous" promiscuous
is "the state is nobody else's" "$(find "$WORK/state" -type f \
	! -perm 0600 | wc -l)" 0

old=$(engine | xargs)
kill -HUP "$daemon"
soon "an engine is opened with the rights that are left" 10 new_engine
soon "and hears" 10 watch_is hbwWatchState flinkserver alive
jailed "after a reload"
soon "the interface is promiscuous for it too" 5 promiscuous

# It is another user's: that takes CAP_KILL.
old=$(engine | xargs)
kill -STOP "$old"
soon "an engine that hangs is replaced" 20 new_engine
soon "and has ended" 5 gone "$old"
soon "the next one hears" 10 watch_is hbwWatchState flinkserver alive
is "no alarm was raised" "$(traps hbwAlarmRaised | wc -l)" 0

# What it logs goes through its parent.
at "$NODE_B" ip link set "$LINK" down
soon "what the engine says is in the log" 5 \
	grep -q "^hbwatchd\[engine\]: $LINK: the interface is down" "$WORK/hbwatchd.log"
at "$NODE_B" ip link set "$LINK" up

stop snmpd
soon "the master's end is noticed" 10 \
	grep -q "lost the connection to snmpd" "$WORK/hbwatchd.log"
run_snmpd
is "the AgentX socket is root's" "$(stat -c %U "$AGENTX")" root
soon "the agent reaches it without root's other rights" 10 hbwatchd_answers

kill -STOP "$(engine)"
old=$(engine)
stop hbwatchd KILL
soon "a hung engine ends with its parent" 5 gone "$old"

#
# A port below 1024
#

start_alone() {
	# shellcheck disable=SC2034 # for the client
	AGENT=127.0.0.1:161
	start_hbwatchd -L "udp:$AGENT"
}

sed -i '1i snmp = { "rocommunity public 127.0.0.1" }' "$WORK/hbwatchd.conf"
start_alone
ok "answers on a port that takes a right"
is "which it does not keep" "$(rights "${PID[hbwatchd]}")" \
	"$own $own 0 0 0 "
stop hbwatchd
AGENT=127.0.0.1:1161
stop snmpd

#
# Somebody with one capability, as a unit's AmbientCapabilities gives it
#

mkdir "$WORK/own"
cp "$WORK/hbwatchd.conf" "$WORK/own"
chown -R "$uid" "$WORK/own"
chmod 0711 "$WORK"
cp "$BUILD/hbwatchd" "$WORK/own/hbwatchd"

as_user() {
	env -u MIBS -u MIBDIRS setpriv --reuid "$uid" \
		--regid "$(id -g "$user")" --clear-groups "$@"
}

# start_own ARGUMENT OF setpriv...
start_own() {
	start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS setpriv \
		--reuid "$uid" --regid "$(id -g "$user")" --clear-groups "$@" \
		"$WORK/own/hbwatchd" -c "$WORK/own/hbwatchd.conf" \
		-s "$WORK/own/state" -l stderr -v -L "udp:$AGENT"
	need "hbwatchd does not answer" 20 hbwatchd_answers
}

start_own --inh-caps +net_raw --ambient-caps +net_raw \
	--bounding-set -all,+net_raw
soon "an ambient capability: heartbeats are heard" 10 \
	watch_is hbwWatchState flinkserver alive
raw=$((1 << 13))
is "an ambient capability: the agent keeps it" \
	"$(rights "${PID[hbwatchd]}")" "$raw $raw 0 0 $raw "
pid=$(engine)
is "an ambient capability: the engine has none" \
	"$(for field in CapPrm CapEff CapInh CapAmb; do status "$pid" $field
	done | sort -u)" 0000000000000000
is "an ambient capability: the state directory" \
	"$(stat -c '%a %u' "$WORK/own/state")" "700 $uid"
old=$(engine | xargs)
kill -HUP "${PID[hbwatchd]}"
soon "an ambient capability: a reload" 10 new_engine
soon "an ambient capability: the next engine hears" 10 \
	watch_is hbwWatchState flinkserver alive
stop hbwatchd

if setcap cap_net_raw+ep "$WORK/own/hbwatchd" 2>/dev/null; then
	start_own
	soon "a capability of the file: heartbeats are heard" 10 \
		watch_is hbwWatchState flinkserver alive
	is "a capability of the file: the agent keeps it" \
		"$(status "${PID[hbwatchd]}" CapPrm)" 0000000000002000
	stop hbwatchd
	setcap -r "$WORK/own/hbwatchd"
else
	ok "a capability of the file # SKIP setcap"
fi

#
# In a user namespace of its own, where there is but one user
#

sed -i "s/\"$LINK\"/\"lo\"/; s/\"$B4\"/\"127.0.0.1\"/" \
	"$WORK/own/hbwatchd.conf"
cat >"$WORK/own/alone" <<'END'
ip link set lo up
"$TOOLS/send-heartbeats" --from 127.0.0.1 --to 127.0.0.1 --port 20053 --rate 10 \
	--log "$WORK/own/beats" &
beat=$!
"$WORK/own/hbwatchd" -c "$WORK/own/hbwatchd.conf" -s "$WORK/own/state" \
	-L "udp:$AGENT" &
daemon=$!
tries=0
until [ "$(snmpget -t 1 -r 0 -v 2c -c public -OQv "$AGENT" \
	1.3.6.1.4.1.8072.9999.9999.45640.1.3.1.11.1 2>/dev/null)" = 2 ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || break
	sleep 0.1
done
engine=$(cat /proc/$daemon/task/$daemon/children)
grep -E 'CapPrm|CapEff|CapBnd|NoNew' /proc/${engine% }/status
[ $tries -lt 100 ] && echo alive
kill $beat $daemon
wait
END
chown "$uid" "$WORK/own/alone"
chmod 0755 "$WORK/own"
export TOOLS WORK AGENT
said=$(cd / && MIBS='' as_user timeout 30 unshare -Urnm \
	sh "$WORK/own/alone" 2>"$WORK/alone.log" | xargs)
is "in a user namespace: it hears, and the engine has no capability" "$said" \
	"CapPrm: 0000000000000000 CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 alive"
finish
