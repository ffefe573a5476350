#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair whose peer stops and returns, and operators who use hbwatch.
# Checks:  acknowledge, shelve and unshelve are notified, are in the log with
#          the name of the user, and survive kill -9; errors say what is wrong;
#          only root and the group of hbwatchd can use the socket, also if that
#          is not the group of its user.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=lib/jail.sh
. "$INTEGRATION/lib/jail.sh"
begin setpriv
# shellcheck disable=SC2034 # for configure
EVIDENCE=0
start_pair 1s

# hbwatch COMMAND...: prints its output, errors and exit status
hbwatch() {
	local command=$1

	shift
	"$BUILD/hbwatch" "$command" -S "$WORK/control" "$@" 2>&1
	echo "status $?"
}

# changed: the values of the last notification hbwAlarmChanged
changed() {
	last_trap hbwAlarmChanged | varbind "$1"
}

is "an alarm that is not active cannot be acknowledged" \
	"$(hbwatch acknowledge flinkserver | tail -n 1)" "status 1"
is "an unknown watch is an error" "$(hbwatch unshelve other | xargs)" \
	"hbwatch: no watch other status 2"
is "a watch that is not shelved cannot be unshelved" \
	"$(hbwatch unshelve flinkserver | tail -n 1)" "status 1"
like "a shelf needs a duration with a unit" \
	"$(hbwatch shelve -d 7 flinkserver)" \
	"invalid duration \"7\"; expected a number and s, min, h or d.*status 1"
is "a shelf has a limit" \
	"$(hbwatch shelve -d 8d flinkserver | tail -n 1)" "status 1"
like "a missing duration shows the usage" "$(hbwatch shelve flinkserver)" \
	"usage: hbwatch shelve .*status 2"
is "nothing was notified" "$(trap_count hbwAlarmChanged)" 0

stop peer
soon "a silence raises the alarm" 10 traps_are 1 hbwAlarmRaised flinkserver
is "acknowledge" "$(hbwatch acknowledge -m "I look" flinkserver | xargs)" \
	"watch flinkserver: acknowledged status 0"
soon "acknowledge is notified" 10 traps_are 1 hbwAlarmChanged flinkserver
is "the notification says it" "$(changed hbwAlarmChange)" acknowledged
check "the log has the user and the text" grep -q \
	"acknowledged.*root (uid 0).*I look" "$WORK/hbwatchd.log"

stop hbwatchd KILL
start_hbwatchd
"$BUILD/hbwatch" status -S "$WORK/control" -j flinkserver >"$WORK/status"
check "after kill -9 it is still acknowledged" grep -q \
	'"operatorState": *"acknowledged"' "$WORK/status"
check "and by the same user" grep -q '"operator": *"root (uid 0)"' \
	"$WORK/status"
start_peer
soon "heartbeats clear the alarm" 10 traps_are 1 hbwAlarmCleared flinkserver
is "a clear ends it" "$(hbwatch acknowledge flinkserver | tail -n 1)" "status 1"

is "shelve" "$(hbwatch shelve -d 2h -m work flinkserver | xargs)" \
	"watch flinkserver: shelved for 2h status 0"
soon "shelve is notified" 10 traps_are 2 hbwAlarmChanged flinkserver
stop hbwatchd KILL
start_hbwatchd
stop peer
soon "a shelved alarm is raised" 10 log_raises_are 1 flinkserver
is "but it is not notified" "$(trap_count hbwAlarmRaised flinkserver)" 1
is "unshelve" "$(hbwatch unshelve flinkserver | tail -n 1)" "status 0"
soon "unshelve is notified" 10 traps_are 3 hbwAlarmChanged flinkserver
soon "then the raise is notified" 10 traps_are 2 hbwAlarmRaised flinkserver

# as GROUP COMMAND...: as the user nobody with this group
as() {
	local group=$1

	shift
	setpriv --reuid 65534 --regid "$group" --clear-groups \
		"$BUILD/hbwatch" "$@" 2>&1
	echo "status $?"
}

is "the socket is for root and the group of hbwatchd" \
	"$(stat -c '%a %g' "$WORK/control")" "660 $(id -g "$user")"
if setpriv --reuid 65534 --regid 12345 --clear-groups test -x "$BUILD/hbwatch"
then
	like "others cannot use it" \
		"$(as 12345 acknowledge -S "$WORK/control" flinkserver)" \
		"Permission denied \(only root and the group.*status 3"
	is "the group can" "$(as "$(id -g "$user")" acknowledge \
		-S "$WORK/control" flinkserver | tail -n 1)" "status 0"
	soon "the log has its name" 10 grep -q \
		"acknowledged.*nobody (uid 65534)" "$WORK/hbwatchd.log"
else
	ok "others cannot use it # SKIP they cannot execute $BUILD/hbwatch"
fi
stop hbwatchd

# names_as GROUP SUPPLEMENTARY-GROUPS: `hbwatch names` as another user
names_as() {
	setpriv --reuid 65533 --regid "$1" "${@:2}" "$BUILD/hbwatch" names \
		-S "$WORK/run/control" 2>&1
	echo "status $?"
}

other=$(getent group adm | cut -d : -f 3)
if [ -z "$other" ] || ! setpriv --reuid "$uid" --regid "$other" \
	--clear-groups test -x "$BUILD/hbwatchd"; then
	ok "another group # SKIP no group adm, or it cannot execute hbwatchd"
else
	mkdir "$WORK/run"
	chown "$uid:$other" "$WORK/run"
	chmod a+r "$WORK/hbwatchd.conf"
	sed -i "s|^control = .*|control = \"$WORK/run/control\"|" \
		"$WORK/hbwatchd.conf"
	start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS setpriv \
		--reuid "$uid" --regid "$other" --clear-groups \
		--inh-caps +net_raw --ambient-caps +net_raw \
		"$BUILD/hbwatchd" -c "$WORK/hbwatchd.conf" -s "$WORK/state" \
		-l stderr -v -L "udp:127.0.0.1:1171"
	need "hbwatchd does not start with another group" 10 \
		test -S "$WORK/run/control"
	is "the socket has the group of the process" \
		"$(stat -c '%a %g' "$WORK/run/control")" "660 $other"
	is "a user with this supplementary group can use it" \
		"$(names_as 65533 --groups "$other" | xargs)" \
		"flinkserver status 0"
	like "the group of the user of hbwatchd cannot" \
		"$(names_as "$(id -g "$user")" --clear-groups)" \
		"Permission denied .*status 3"
	stop hbwatchd
fi
like "without hbwatchd" "$(hbwatch unshelve flinkserver)" \
	"cannot connect to hbwatchd at .*\(does hbwatchd run\?.*status 3"
finish
