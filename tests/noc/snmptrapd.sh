#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair, and a snmptrapd with contrib/snmptrapd/snmptrapd.conf.
# Checks:  its log shows an alarm readably; hbwatch-mail mails the raise and the
#          clear as one thread; what snmptrapd missed is mailed later.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin_noc

MAIL=$WORK/mail
: >"$MAIL"
NOC_OPTIONS=()

# mails COUNT SUBJECT: are there that many mails with this subject?
mails() {
	file_has "$1" "$MAIL" "^Subject: $2"
}

printf '#!/bin/sh\nexec cat >>"%s"\n' "$MAIL" >"$WORK/sendmail"
chmod +x "$WORK/sendmail"
# The lines of the example, but for the authorization and the mail.
mapfile -t lines < <(grep -vE '^ *#|^$|^authCommunity|^traphandle' \
	"$CONTRIB/snmptrapd/snmptrapd.conf")
send=("$PROGRAMS/hbwatch-mail" --to noc@example.net
	--sendmail "$(printf '%q' "$WORK/sendmail")")
receive "${lines[@]}" "$(handler "${send[@]}")"

raise
soon "the log shows the alarm readably" 5 file_has 1 "$WORK/noc.out" \
	'^ +hbwAlarmSeverity\.45640\.[0-9]+ minor$'
check "the log shows the state" file_has 1 "$WORK/noc.out" \
	'^ +hbwAlarmState\.45640\.[0-9]+ raised$'
soon "the raise is mailed within 5 s" 5 mails 1 "minor raised: "
like "the mail has the evidence" "$(cat "$MAIL")" "Evidence: +no heartbeat"
clear
soon "the clear is mailed within 5 s" 5 mails 1 "minor cleared: "
is "the clear answers the raise" \
	"$(sed -n 's/^In-Reply-To: *//p' "$MAIL")" \
	"$(sed -n 's/^Message-ID: *//p' "$MAIL")"
stop noc
raise
clear
raise
receive
clear
soon "snmptrapd was stopped: each raise is mailed" 20 mails 3 "minor raised: "
soon "snmptrapd was stopped: each clear is mailed" 20 mails 3 "minor cleared: "
stop noc
raise
repair "${send[@]}"
check "a timer mails what was missed" mails 4 "minor raised: "
ip -n "$NODE_A" link delete "$LINK"
need "hbwatchd is not blind" 10 capture_traps_are 1 hbwWatcherBlind
receive
repair "${send[@]}"
soon "a blind hbwatchd is mailed" 5 mails 1 \
	"hbwatchd on .*: $LINK: cannot capture, "
finish
