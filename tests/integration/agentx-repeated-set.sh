#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: an AgentX master that repeats the messages of a SET and ends it,
#          without waiting for answers, as snmpd does when hbwatchd was stopped
#          for some seconds.
# Checks:  hbwatchd uses no memory that it has freed, and answers.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
EVIDENCE=0
configure <<<"$(watch_section one 20053 3s)"
start fake-master "$NODE_A" "$TOOLS/fake-master" "$AGENTX" \
	"$(snmptranslate -On HBWATCH-MIB::hbwAlarmOperatorState.45640.1)" 200
# Freed memory is overwritten.
HBWATCHD_ENV=(MALLOC_PERTURB_=85)
run_hbwatchd

# says LINE: has the master written it?
says() {
	grep -q "^$1" "$WORK/fake-master.log"
}

soon "hbwatchd registers" 20 says registered
soon "it answers all requests" 30 says "done"
check "it is still running" running hbwatchd
is "it answers each message once" \
	"$(grep -c '^[0-9]* [0-9]* [2-9]' "$WORK/fake-master.log")" 0
finish
