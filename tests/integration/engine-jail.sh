#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: hbwatchd started by root, by a user with one capability, and in a
#          user namespace.
# Checks:  the user, the capabilities and the system call filter of the engine,
#          and that everything works with them.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin setpriv unshare

# shellcheck source-path=SCRIPTDIR source=lib/jail.sh
. "$INTEGRATION/lib/jail.sh"

# no_memory_file PID: the descriptors of those that it has mapped are closed
no_memory_file() {
	! find "/proc/$1/fd" -mindepth 1 -lname '/memfd:*' 2>/dev/null |
		grep -q .
}

# engine_is_sandboxed TEXT
engine_is_sandboxed() {
	local pid

	pid=$(engine)
	is_unprivileged "$1: the engine" "$pid"
	is "$1: the engine has no capability" \
		"$(capabilities "$pid")" "0 0 0 0 0 "
	is "$1: the engine has its own program" \
		"$(readlink "/proc/$pid/exe")" "$BUILD/hbwatch-engine"
	is "$1: the engine has no library of net-snmp" \
		"$(grep -c netsnmp "/proc/$pid/maps")" 0
	has_sanitizers ||
		is "$1: the engine has no environment" \
			"$(wc -c <"/proc/$pid/environ")" 0
	soon "$1: the engine has no file in memory open" 5 \
		no_memory_file "$pid"
}

interface_is_promiscuous() {
	at "$NODE_A" ip -d link show "$LINK" | grep -q 'promiscuity 1'
}

start_pair 2s
daemon=${PID[hbwatchd]}
kept=$(kept_capabilities "$daemon")
is "the agent keeps the capabilities to start an engine" \
	"$(capabilities "$daemon")" "$kept $kept $kept 0 0 "
is "the agent cannot get another capability" "$(status "$daemon" NoNewPrivs)" 1
engine_is_sandboxed "started by root"
check "the interface is promiscuous" interface_is_promiscuous
is "the files of the state have mode 0600" "$(find "$WORK/state" -type f \
	! -perm 0600 | wc -l)" 0

remember_engine
reload_hbwatchd
soon "a reload starts an engine with the capabilities that are left" 10 \
	new_engine
soon "the new engine receives heartbeats" 10 \
	watch_is hbwWatchState flinkserver alive
engine_is_sandboxed "after a reload"
soon "after a reload: the interface is promiscuous" 5 \
	interface_is_promiscuous

remember_engine
kill -STOP "$old"
soon "an engine that hangs is replaced" 20 new_engine
soon "the engine that hung has ended" 5 gone "$old"
soon "the next engine receives heartbeats" 10 \
	watch_is hbwWatchState flinkserver alive
is "no alarm was raised" "$(trap_count hbwAlarmRaised)" 0

# The engine logs through the agent.
at "$NODE_B" ip link set "$LINK" down
soon "a log line of the engine is in the log" 5 grep -q \
	"^hbwatchd\[engine\]: $LINK: the interface is down" "$WORK/hbwatchd.log"
at "$NODE_B" ip link set "$LINK" up

stop snmpd
soon "the end of snmpd is logged" 10 \
	grep -q "lost the connection to snmpd" "$WORK/hbwatchd.log"
run_snmpd
is "the owner of the AgentX socket is root" "$(stat -c %U "$AGENTX")" root
soon "hbwatchd connects to it without other capabilities" 10 hbwatchd_answers

kill -STOP "$(engine)"
old=$(engine)
stop hbwatchd KILL
soon "an engine that hangs ends with the agent" 5 gone "$old"

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
ok "standalone: the agent answers on a privileged port"
is "standalone: the agent does not keep the capability for it" \
	"$(capabilities "${PID[hbwatchd]}")" "$kept $kept $kept 0 0 "
stop hbwatchd
AGENT=127.0.0.1:1161
stop snmpd

#
# A user with one capability, as AmbientCapabilities= of a unit gives it
#

mkdir "$WORK/own"
cp "$WORK/hbwatchd.conf" "$WORK/own"
chown -R "$uid" "$WORK/own"
cp "$BUILD/hbwatchd" "$BUILD/hbwatch-engine" "$WORK/own"

as_user() {
	env -u MIBS -u MIBDIRS setpriv --reuid "$uid" \
		--regid "$(id -g "$user")" --clear-groups "$@"
}

# start_as_user ARGUMENT OF setpriv...
start_as_user() {
	start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS setpriv \
		--reuid "$uid" --regid "$(id -g "$user")" --clear-groups "$@" \
		"$WORK/own/hbwatchd" -c "$WORK/own/hbwatchd.conf" \
		-s "$WORK/own/state" -l stderr -v -L "udp:$AGENT"
	need "hbwatchd does not answer" 20 hbwatchd_answers
}

start_as_user --inh-caps +net_raw --ambient-caps +net_raw \
	--bounding-set -all,+net_raw
soon "an ambient capability: heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
is "an ambient capability: the agent keeps it" \
	"$(capabilities "${PID[hbwatchd]}")" "$raw $raw $raw 0 $raw "
pid=$(engine)
is "an ambient capability: the engine has none" \
	"$(for field in CapPrm CapEff CapInh CapAmb; do status "$pid" $field
	done | sort -u)" 0000000000000000
is "an ambient capability: the state directory is private" \
	"$(stat -c '%a %u' "$WORK/own/state")" "700 $uid"
remember_engine
reload_hbwatchd
soon "an ambient capability: a reload starts a new engine" 10 new_engine
soon "an ambient capability: the new engine receives heartbeats" 10 \
	watch_is hbwWatchState flinkserver alive
stop hbwatchd

if setcap cap_net_raw+ep "$WORK/own/hbwatchd" 2>/dev/null; then
	start_as_user
	soon "a capability of the file: heartbeats make the watch alive" 10 \
		watch_is hbwWatchState flinkserver alive
	is "a capability of the file: the agent keeps it" \
		"$(status "${PID[hbwatchd]}" CapPrm)" 0000000000002000
	stop hbwatchd
	setcap -r "$WORK/own/hbwatchd"
else
	ok "a capability of the file # SKIP setcap"
fi

#
# In a user namespace, which has only one user
#

sed -i "s/\"$LINK\"/\"lo\"/; s/\"$B4\"/\"127.0.0.1\"/" \
	"$WORK/own/hbwatchd.conf"
cat >"$WORK/own/in_namespace" <<'END'
ip link set lo up
"$TOOLS/send-heartbeats" --from 127.0.0.1 --to 127.0.0.1 --port 20053 \
	--rate 10 --log "$WORK/own/beats" &
sender=$!
"$WORK/own/hbwatchd" -c "$WORK/own/hbwatchd.conf" -s "$WORK/own/state" \
	-L "udp:$AGENT" &
daemon=$!
tries=0
until [ "$(snmpget -t 1 -r 0 -v 2c -c public -OQv "$AGENT" \
	1.3.6.1.4.1.8072.9999.9999.45640.1.3.1.11.1 2>/dev/null)" = 2 ]; do
	tries=$((tries + 1))
	[ $tries -lt 300 ] || break
	sleep 0.1
done
engine=$(cat /proc/$daemon/task/$daemon/children)
grep -E 'CapPrm|CapEff|CapBnd|NoNew' /proc/${engine% }/status
[ $tries -lt 300 ] && echo alive
kill $sender $daemon
wait
END
chown "$uid" "$WORK/own/in_namespace"
chmod 0755 "$WORK/own"
export TOOLS WORK AGENT
output=$(cd / && MIBS='' as_user timeout 400 unshare -Urnm \
	sh "$WORK/own/in_namespace" 2>"$WORK/in_namespace.log" | xargs)
none=0000000000000000
is "in a user namespace: it works, and the engine has no capability" \
	"$output" \
	"CapPrm: $none CapEff: $none CapBnd: $none NoNewPrivs: 1 alive"
finish
