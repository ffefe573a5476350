#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: root starts hbwatchd, with an AgentX socket that only root may use,
#          with one that all may use, and without snmpd.
# Checks:  all processes run as the unprivileged user in a jail, the state
#          belongs to this user, and everything works; a process of root stays
#          only for a socket of root, and for a state below a directory of root.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin setpriv
# shellcheck source-path=SCRIPTDIR source=lib/jail.sh
. "$INTEGRATION/lib/jail.sh"

USED="only root can open the AgentX socket"
CONNECTED="connected to snmpd"
CONF=$WORK/etc/hbwatchd.conf
STATE=$WORK/var/state
mkdir "$WORK/etc" "$WORK/var" "$WORK/more" "$WORK/elsewhere" \
	"$WORK/parts"

# write_conf [LINE...]: the configuration, with these lines before the watch
write_conf() {
	{
		[ $# -eq 0 ] || printf '%s\n' "$@"
		watch_section flinkserver 20053 1s
		echo "control = \"$WORK/control\""
	} >"$CONF"
}

start_root() {
	: >>"$WORK/hbwatchd.log"
	mark_log
	[ $# -gt 0 ] || set -- -x "$AGENTX"
	start_hbwatchd -c "$CONF" "$@"
	daemon=${PID[hbwatchd]}
}

agent_is_jailed() {
	is_unprivileged "$1: the agent" "$daemon"
	kept=$(kept_capabilities "$daemon")
	is "$1: the agent keeps only the capabilities of an engine" \
		"$(capabilities "$daemon")" "$kept $kept $kept 0 0 "
	is_unprivileged "$1: the engine" "$(engine)"
}

state_is_of() {
	is "$2" "$(find "$STATE" ! -user "$1")" ""
}

# descriptors_are PID COUNT
descriptors_are() {
	[ "$(find "/proc/$1/fd" -mindepth 1 | wc -l)" -eq "$2" ]
}

two_children() {
	[ "$(engine | wc -l)" -eq 2 ]
}

no_connector() {
	[ -z "$(connector)" ]
}

# The alarm is raised and its notification arrives, then the same for its clear.
alarm_works() {
	: >"$TRAPS"
	stop peer
	soon "$1: a raise arrives" 10 traps_are 1 hbwAlarmRaised flinkserver
	start_peer
	soon "$1: a clear arrives" 10 traps_are 1 hbwAlarmCleared flinkserver
}

reload_is() {
	mark_log
	reload_hbwatchd
	soon "$1" 10 log_lines_are 1 "$2"
}

start_traps
start_snmpd
start_peer

#
# A socket of root
#

write_conf "include(\"$WORK/more/first.conf\")" \
	"include(\"$WORK/parts/*.conf\")"
watch_section second 20054 1s >"$WORK/elsewhere/watch.conf"
cp "$WORK/elsewhere/watch.conf" "$WORK/more/second.conf"
: >"$WORK/more/first.conf"
is "only root can use the AgentX socket" \
	"$(stat -c '%U %a' "$AGENTX" | grep -c '^root 7[0-5][05]$')" 1
start_root
agent_is_jailed "a socket of root"
pid=$(connector) connector=$pid
is "a socket of root: the connector is root" "$(status "$pid" Uid)" 0000
is "a socket of root: the connector has no capability" \
	"$(capabilities "$pid")" "0 0 0 0 0 "
is_confined "a socket of root: the connector" "$pid"
soon "a socket of root: the connector has no other file open" 10 \
	descriptors_are "$pid" 4
is "a socket of root: this is logged once" "$(log_count "$USED")" 1
pid=$(directory_maker)
is "a state below a directory of root: the maker is root" \
	"$(status "$pid" Uid)" 0000
is "it can only change owners" "$(capabilities "$pid")" "1 1 0 0 0 "
is_confined "the maker of the state directory" "$pid"
soon "it has only its socket and the parent open" 10 \
	descriptors_are "$pid" 5
is "the owner of the state directory is the user" \
	"$(stat -c '%u %a' "$STATE")" "$uid 700"
state_is_of "$uid" "so is the owner of its files"
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
alarm_works "a socket of root"
mark_log
stop snmpd
soon "the end of snmpd is logged" 10 log_lines_are 1 "lost the connection"
run_snmpd
soon "hbwatchd connects to the next snmpd" 10 log_lines_are 1 "$CONNECTED"
need "hbwatchd does not answer" 10 hbwatchd_answers
is "the same process connects" "$(connector)" "$connector"
alarm_works "the next snmpd"

if log_lines_are 0 "this kernel has no Landlock" hbwatchd &&
	! has_sanitizers; then
	write_conf "include(\"$WORK/elsewhere/watch.conf\")"
	reload_is "a reload cannot read a file elsewhere" \
		"hbwatchd.conf:1: cannot include .*: Permission denied"
	write_conf "include(\"$WORK/more/second.conf\")"
	reload_is "a reload can read the directory of an earlier include" \
		"$RELOADED: 2 watches"
	cp "$WORK/more/second.conf" "$WORK/parts"
	write_conf "include(\"$WORK/parts/*.conf\")"
	reload_is "a reload can read a directory that a pattern named" \
		"$RELOADED: 2 watches"
else
	ok "a reload cannot read a file elsewhere # SKIP no Landlock"
fi
remember_engine
reload_is "a reload works" "$RELOADED"
soon "a reload: there is a new engine" 10 new_engine
check "hbwatchd ends on TERM" stop hbwatchd
soon "the connector ends with it" 5 gone "$connector"
soon "so does the maker of the state directory" 5 gone "$pid"

start_root
pid=$(connector)
stop hbwatchd KILL
soon "the connector ends with an agent that is killed" 5 gone "$pid"

#
# The state of version 0.2.0, which stayed root, and of a run as the user
#

write_conf
printf '%10d even   \n' 1 >"$STATE/epoch"
chown -R 0:0 "$STATE"
: >"$WORK/other"
ln "$WORK/other" "$STATE/hbwatchd.db-shm"
ln -s "$WORK/other" "$STATE/snmp"
save=$(stat -c %i "$STATE/hbwatchd.db")
start_root
is "files of root: they are given to the user" \
	"$(stat -c %u "$STATE" "$STATE/hbwatchd.db" "$STATE/epoch" | xargs)" \
	"$uid $uid $uid"
is "files of root: another name of a file changes no owner" \
	"$(stat -c %u "$WORK/other")" 0
is "files of root: the state is continued" \
	"$(get hbwNotificationEpoch.0) $(stat -c %i "$STATE/hbwatchd.db")" \
	"1 $save"
alarm_works "files of root"
stop hbwatchd
rm "$STATE/hbwatchd.db-shm" "$STATE/snmp"

cp "$BUILD/hbwatchd" "$BUILD/hbwatch-engine" "$WORK"
mark_log
start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS setpriv --reuid "$uid" \
	--regid "$(id -g "$user")" --clear-groups \
	--inh-caps +net_raw --ambient-caps +net_raw "$WORK/hbwatchd" \
	-c "$CONF" -s "$STATE" -l stderr -v -L "udp:127.0.0.1:1171"
need "hbwatchd does not start as the user" 10 \
	log_lines_are 1 "hbwatchd: started"
is "a start as the user continues it" \
	"$(log_count "epoch|cannot be")" 0
stop hbwatchd
start_root
is "then a start as root, too" "$(get hbwNotificationEpoch.0)" 1
state_is_of "$uid" "the state belongs to the user"
stop hbwatchd

#
# A directory with other files is not ours
#

mkdir "$WORK/foreign"
: >"$WORK/foreign/file"
STATE=$WORK/foreign
start_root
is "a directory with other files keeps its owner" \
	"$(stat -c %u "$STATE")" 0
is "this is logged as a state that cannot be written" \
	"$(log_count "cannot be written")" 1
alarm_works "a directory with other files"
stop hbwatchd
STATE=$WORK/var/state

#
# A socket for all, and none at the start
#

stop snmpd
start_snmpd "agentXPerms 0666 0755"
mkdir "$WORK/user"
chown "$uid" "$WORK/user"
STATE=$WORK/user/state
start_root
is "a state below a directory of the user: no process of root makes it" \
	"$(directory_maker)" ""
soon "a socket for all: there is no connector" 5 no_connector
is "a socket for all: none was used" "$(log_count "$USED")" 0
agent_is_jailed "a socket for all"
alarm_works "a socket for all"
stop hbwatchd
STATE=$WORK/var/state

stop snmpd
rm -f "$AGENTX"
: >>"$WORK/hbwatchd.log"
mark_log
run_hbwatchd -x "$AGENTX" -c "$CONF"
soon "no snmpd: this is logged" 10 log_lines_are 1 "No such file or directory"
start_snmpd
soon "a later snmpd: hbwatchd connects" 10 log_lines_are 1 "$CONNECTED"
is "a later snmpd: the connector was used" "$(log_count "$USED")" 1
stop hbwatchd
stop snmpd

#
# Without snmpd, on a port below 1024
#

# shellcheck disable=SC2034 # for the client
AGENT=127.0.0.1:161
write_conf "snmp = { \"rocommunity public 127.0.0.1\"," \
	"\"trap2sink $SINK public\" }"
start_root -L "udp:$AGENT"
is_unprivileged "-L: the agent" "$daemon"
is "-L: the agent keeps only the capabilities of an engine" \
	"$(capabilities "$daemon")" "$kept $kept $kept 0 0 "
for pid in $(engine); do
	is_unprivileged "-L: $(cat "/proc/$pid/comm")" "$pid"
done
soon "-L: there are an engine and a process for the sink" 10 two_children
alarm_works "-L"
reload_is "-L: a reload works" "$RELOADED"
state_is_of "$uid" "-L: the state belongs to the user"
stop hbwatchd

is "-t as root still works" "$(at "$NODE_A" "$BUILD/hbwatchd" -t -c "$CONF")" \
	"configuration OK"
finish
