#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair with a watch whose name has quotes, characters of the shell
#          and letters that are not ASCII; hbwatch-mail and hbwatch-passive are
#          run by snmptrapd, with and without the MIB.  Then notifications that
#          anyone can send: forged numbers, long texts, octets of no charset.
# Checks:  names and texts arrive unchanged, in one line, and nothing of them is
#          run; no notification is lost or dropped because of a forged one, a
#          state directory that cannot be used, or an agent that is silent.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2016 # nothing of it may be expanded
NAME='5" rack; $(touch "$HBW_EVIL") `touch "$HBW_EVIL"` & | Größe \o/'
quoted=${NAME//\\/\\\\}
SECTIONS=("$(watch_section "${quoted//\"/\\\"}" 20054 2s "$LINK" \
	'host = "node-1"')")

start_senders() {
	start_sender odd 20054
}

begin_noc
export HBW_EVIL=$WORK/evil
MAILS=$WORK/mails
RESULTS=$WORK/results
GOT=$WORK/got
: >"$MAILS"
: >"$GOT"
mkfifo "$WORK/commands"
# shellcheck disable=SC2016 # the inner shell expands it
start nagios "$NODE_A" sh -c \
	'exec cat <>"$0" >"$1"' "$WORK/commands" "$RESULTS"
# The program of all tests: a mail, a result, and the notification as a line.
cat >"$WORK/handle" <<END
#!/bin/sh
text=\$(mktemp "$WORK/text.XXXXXX")
cat >"\$text"
"$PROGRAMS/hbwatch-mail" --to noc@example.net --print <"\$text" >>"$MAILS"
"$PROGRAMS/hbwatch-passive" --commands "$WORK/commands" <"\$text"
"$TOOLS/handle-trap" "$GOT" <"\$text"
rm "\$text"
END
chmod +x "$WORK/handle"

# results STATE: the number of results of the watch with this state
results() {
	tr ']' '\n' <"$RESULTS" | grep -cF " PROCESS_SERVICE_CHECK_RESULT;\
node-1;hbwatch ${NAME//;/,} 45640;$1;"
}

# mails STATE: the number of mails with this state and the name of the watch
mails() {
	python3 -c '
import email, email.policy, sys
parts = open(sys.argv[1], "rb").read().split(b"From: hbwatch@localhost")
mails = [email.message_from_bytes(b"From: x@y" + part,
    policy=email.policy.default) for part in parts if part]
line = "%-15s %s\n" % ("Watch:", sys.argv[3])
print(sum(sys.argv[2] in mail["Subject"] and line in mail.get_content()
    for mail in mails))
' "$MAILS" "minor $1: " "$NAME"
}

more_results() {
	[ "$(results "$1")" -gt "$results" ]
}

more_mails() {
	[ "$(mails "$1")" -gt "$mails" ]
}

# change stop|start: raises or clears the alarm of the watch
change() {
	local event=hbwAlarmRaised count

	[ "$1" = stop ] || event=hbwAlarmCleared
	count=$(($(trap_count "$event") + 1))
	if [ "$1" = stop ]; then
		stop odd
	else
		start_senders
	fi
	need "$event is not sent" 10 traps_are "$count" "$event"
}

# alarms TEXT: raises and clears the alarm; the program must get its texts
alarms() {
	results=$(results 1) mails=$(mails raised)
	change stop
	soon "$1: the result of the raise has the name" 10 more_results 1
	soon "$1: the mail of the raise has the name" 10 more_mails raised
	results=$(results 0) mails=$(mails cleared)
	change start
	soon "$1: the result of the clear has the name" 10 more_results 0
	soon "$1: the mail of the clear has the name" 10 more_mails cleared
}

receive "$(handler "$WORK/handle")"
alarms "without the MIB"
stop noc
NOC_OPTIONS=(-On)
receive
alarms "with the MIB"
stop noc
change stop
results=$(results 1) mails=$(mails raised)
repair "$WORK/handle"
soon "repaired: the result of the raise has the name" 10 more_results 1
soon "repaired: the mail of the raise has the name" 10 more_mails raised
change start
results=$(results 0) mails=$(mails cleared)
repair "$WORK/handle"
soon "repaired: the result of the clear has the name" 10 more_results 0
soon "repaired: the mail of the clear has the name" 10 more_mails cleared
receive

#
# Notifications of anyone
#

# send OBJECT TYPE VALUE...: sends an hbwAlarmRaised with these objects
send() {
	local varbinds=()

	while [ $# -gt 0 ]; do
		varbinds+=("HBWATCH-MIB::$1" "$2" "$3")
		shift 3
	done
	client snmptrap "$NOC" "" HBWATCH-MIB::hbwAlarmRaised "${varbinds[@]}"
}

# numbered EPOCH SEQUENCE WATCH: sends one with these numbers
numbered() {
	send hbwAlarmKey.1.1 s "c/s/r/h/$3/1" \
		hbwNotificationEpoch.0 u "$1" hbwNotificationSequence.0 u "$2" \
		hbwWatchName.1 s "$3"
}

# handled COUNT TEXT: has the program got that many lines with this text?
handled() {
	[ "$(grep -caF -- "$2" "$GOT")" = "$1" ]
}

epoch=$(get hbwNotificationEpoch.0)
last=$(get hbwNotificationSequence.0)
numbered "$epoch" 4000000000 forged-number
soon "a forged number is handled" 10 handled 1 " forged-number"
numbered 4000000000 1 forged-epoch
soon "a forged epoch is handled" 10 handled 1 " forged-epoch"
alarms "after forged numbers"
# As after 70 notifications with the next numbers.
echo "$epoch $((last + 72))" >"$WORK/resync/127.0.0.1"
alarms "after forged next numbers"

# A pipe takes 4096 octets at once.
client snmptrap -m "" "$NOC" "" "$MIB_ROOT.0.1" \
	"$MIB_ROOT.1.4.1.2.1.1" s c/s/r/h/long/1 "$MIB_ROOT.1.3.1.2.1" s long \
	"$MIB_ROOT.1.4.1.14.1.1" s "$(printf 'x%.0s' {1..5000})"
soon "a long text is handled" 10 handled 1 " long"
numbered 0 0 short
soon "the next result has a line of its own" 10 \
	grep -qE '^\[[0-9]+\] PROCESS_SERVICE_CHECK_RESULT;.*;hbwatch short;' \
	"$RESULTS"
client snmptrap "$NOC" "" 1.3.6.1.4.1.99999.1 \
	HBWATCH-MIB::hbwWatchName.1 x "ff41fe"
soon "octets of another notification arrive unchanged" 10 \
	handled 1 $'\xffA\xfe'
client snmptrap -m "" "$NOC" "" "$MIB_ROOT.0.1" \
	"$MIB_ROOT.1.4.1.2.1.1" s c/s/r/h/digits/1 \
	"$MIB_ROOT.1.1.11.0" s "²" "$MIB_ROOT.1.1.12.0" s "²"
soon "digits that are no number are handled" 10 handled 1 /digits/

#
# hbwatch-resync cannot do its work
#

echo "not numbers" >"$WORK/resync/127.0.0.1"
alarms "the file of the state is invalid"
stop noc
REQUEST=(-H 127.0.0.1 -p 9 -C public -e 0)
receive "$(handler "$WORK/handle")"
numbered "$epoch" 4000000001 silent-first
soon "the agent does not answer: the notification is handled" 20 \
	handled 1 " silent-first"
numbered "$epoch" 4000000003 silent-next
soon "the next one does not wait for the agent again" 5 \
	handled 1 " silent-next"
stop noc
mv "$WORK/resync" "$WORK/resync.old"
: >"$WORK/resync"
receive
alarms "the state directory is a file"
like "an error is printed" "$(cat "$WORK/handler.log")" "resync: cannot use .*/resync"
check "nothing of a text was run" test ! -e "$HBW_EVIL"
finish
