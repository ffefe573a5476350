#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a watch with a sender, one without, and one whose interface does not
#          exist.
# Checks:  hbwatch status says what is wrong and what to do next: of the
#          watches, of snmpd, of the interface, and without hbwatchd; what an
#          operator noted; its exit status; -w on a terminal follows a restart
#          of hbwatchd.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin tmux

# status_is STATUS [ARGUMENT...]: runs hbwatch status at 80 columns, writes the
# output to $WORK/status, and compares the exit status
status_is() {
	local wanted=$1
	shift
	COLUMNS=80 "$BUILD/hbwatch" status -S "$WORK/control" "$@" \
		>"$WORK/status" 2>&1
	[ $? -eq "$wanted" ]
}

# shows REGULAR-EXPRESSION [ARGUMENT...]: has the output a line that matches?
shows() {
	local text=$1
	shift
	COLUMNS=80 "$BUILD/hbwatch" status -S "$WORK/control" "$@" 2>&1 |
		grep -qE -- "$text"
}

# operator COMMAND ARGUMENT...: acknowledge, shelve or unshelve
operator() {
	local command=$1
	shift
	"$BUILD/hbwatch" "$command" -S "$WORK/control" "$@" \
		>>"$WORK/operator.log"
}

start_pair 2s
soon "a watch that is alive: exit status 0" 10 status_is 0
# The interval is known from the second heartbeat on.
soon "the row of the watch" 10 shows \
	"^  flinkserver +$B4 +alive +[0-9.]+ m?s +.* ±.* +-"
check "all lines have at most 80 columns" \
	[ "$(LC_ALL=C.UTF-8 awk 'length > 80' "$WORK/status" | wc -l)" -eq 0 ]
is "names completes watches" "$("$BUILD/hbwatch" names -S "$WORK/control" f)" \
	flinkserver
check "no such watch: exit status 2" status_is 2 none

stop peer
soon "the alarm is in the row" 10 shows "^! flinkserver .* interrupted .* minor"
check "an active alarm: exit status 1" status_is 1
check "the cause" shows "^    Cause: "
check "what to do next" shows "^    Next:  "
soon "the procedure of the alarm, of a watch" 10 shows \
	"Does the peer answer\?" flinkserver
check "the last events of a watch" shows "^  20.* raised +" flinkserver
# undocumented: the members of the JSON that hbwatch-control(5) does not name
undocumented() {
	"$BUILD/hbwatch" status -S "$WORK/control" -j flinkserver | python3 -c '
import json, re, sys
def members(value):
    for item in value if isinstance(value, list) else value.values():
        if isinstance(item, (dict, list)):
            yield from members(item)
    if isinstance(value, dict):
        yield from value
with open(sys.argv[1]) as page:
    named = set(re.findall(r"\w+", " ".join(
        re.findall(r"^\.Li (.*)", page.read(), re.MULTILINE))))
found = set(members([json.loads(line) for line in sys.stdin]))
# The names of states are those of the MIB.
named |= {"starting", "alive", "late", "interrupted", "blind", "disabled",
          "critical", "major", "minor", "warning", "type"}
print(*sorted(found - named), len(found) > 60)' \
		"$ROOT/agent/hbwatch-control.5"
}
is "the manual page names all members of the JSON" "$(undocumented)" True

operator acknowledge -m "ticket 4711" flinkserver
check "an acknowledged alarm is marked" shows "^a flinkserver .* minor"
check "who acknowledged it, and why" shows \
	"^    Noted: acknowledged by .*root.*: *(ticket 4711)?"
operator shelve -d 1h -m "ticket 4711" flinkserver
check "a shelved alarm is marked" shows "^s flinkserver .* minor"
check "until when it is shelved" shows "shelved by .*root.*, until"
operator unshelve flinkserver
start_peer
soon "the watch is alive again: exit status 0" 10 status_is 0

{
	watch_section flinkserver 20053 2s
	watch_section mirror 20054 2s none0
} | configure
mark_log
reload_hbwatchd
soon "a blind watch: exit status 3" 10 status_is 3
check "why it is blind" shows "^    Blind: .*no such interface"
check "the interface is a fault" shows "^  Fault: +none0: cannot capture"
check "a blind watch alone: exit status 3" status_is 3 mirror
check "the other watch alone: exit status 0" status_is 0 flinkserver

stop snmpd
soon "a stopped snmpd is a fault" 10 shows "^  Fault: +not connected to snmpd"
run_snmpd
soon "snmpd runs again" 20 shows "^  SNMP +connected to"

terminal() {
	tmux -L "hbw-${WORK##*.}" -f /dev/null "$@"
}

screen_has() {
	terminal capture-pane -p | grep -qE -- "$1"
}

LC_ALL=C.UTF-8 terminal new-session -d -x 80 -y 24 \
	"'$BUILD/hbwatch' status -w -S '$WORK/control'; echo ended \$?; cat"
soon "-w shows the watches" 10 screen_has "^  flinkserver .*alive"
stop hbwatchd
soon "-w shows that hbwatchd does not answer" 10 screen_has "cannot connect"
check "hbwatchd does not run: exit status 3" status_is 3
start_hbwatchd
soon "-w shows the watches again" 10 screen_has "^  flinkserver .*alive"
terminal send-keys q
soon "q ends -w with its last status" 10 screen_has "^ended 3"
terminal kill-server
finish
