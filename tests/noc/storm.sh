#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: 40 watches, which are raised at the same time; of these, 20 are
#          notified one by one.  snmptrapd runs a program for each notification,
#          through hbwatch-resync.
# Checks:  the program gets the 20 raises, and the summary of the others, which
#          are not repaired.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
SECTIONS=("storm = 20 in 5s" "$(watch_sections 40 2s)")

start_senders() {
	start_sender all 20100-20139
}

all_alive() {
	[ "$(walk hbwWatchState | grep -c '^alive$')" -eq 41 ]
}

begin_noc
GOT=$WORK/got
: >"$GOT"
need "the watches are not alive" 30 all_alive
receive "$(handler "$TOOLS/handle-trap" "$GOT")"
stop all
need "there is no storm" 30 traps_are 1 hbwAlarmStorm

# events_are RAISES STORMS: has the program got so many notifications?
events_are() {
	[ "$(events 1) $(events 5)" = "$1 $2" ]
}

# events NUMBER: how many notifications of this number the program has got
events() {
	grep -cF ".1.3.6.1.6.3.1.1.4.1.0 .$MIB_ROOT.0.$1	" "$GOT"
}

soon "the program gets the raises and the summary" 60 events_are 20 1
repair "$TOOLS/handle-trap" "$GOT"
check "the summarised raises are not repaired" events_are 20 1
finish
