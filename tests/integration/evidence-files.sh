#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a peer that stops and returns; then the directory of the evidence
#          files is removed, and replaced by a link.
# Checks:  each alarm has an evidence file, which capinfos and tshark read with
#          its comments, and whose replay raises and clears the alarm at exactly
#          the times of hbwatchd; a directory that is no directory costs the
#          file, but not the alarm.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin
start_observer "$(watch_section flinkserver 20053 2s)"
start_peer
start_hbwatchd
EVIDENCE=$WORK/state/evidence

# cycle COUNT: the peer stops until alarm number COUNT is raised, and returns
cycle() {
	wait_heartbeats peer 20
	stop peer
	need "no alarm is raised" 20 traps_are "$1" hbwAlarmRaised flinkserver
	start_peer
	need "the alarm is not cleared" 20 \
		traps_are "$1" hbwAlarmCleared flinkserver
}

# comment FILE: the comment of the section
comment() {
	capinfos -k "$1" 2>/dev/null
}

# comment_has FILE TEXT
comment_has() {
	comment "$1" | grep -qF -- "$2"
}

# moment NAME: the time of this line of the comment of $FILE
moment() {
	comment "$FILE" | sed -n "s/.*$1: \(20[0-9T:.-]*Z\).*/\1/p"
}

# replayed EVENT: the time of the last one in the replay of $FILE, which may also
# have the alarm before
replayed() {
	"$BUILD/hbwatch" replay -c "$WORK/hbwatchd.conf" "$FILE" \
		2>"$WORK/replay.err" |
		sed -n "s/^{\"event\":\"$1\",\"time\":\"\([^\"]*\)\".*/\1/p" |
		tail -n 1
}

# replay_agrees: has the replay the times of hbwatchd?
replay_agrees() {
	note "raised $(moment Raised), cleared $(moment Cleared)"
	note "replay: $(replayed raised), $(replayed cleared)"
	[ -n "$(moment Raised)" ] && [ -n "$(moment Cleared)" ] &&
		[ "$(replayed raised)" = "$(moment Raised)" ] &&
		[ "$(replayed cleared)" = "$(moment Cleared)" ]
}

# packet_comments: those of $FILE
packet_comments() {
	tshark -r "$FILE" -Y frame.comment -T fields -e frame.comment \
		2>/dev/null
}

# packets_are_marked: has a packet the comment of each moment?
packets_are_marked() {
	local moment

	for moment in "last heartbeat" "alarm raised" "alarm cleared"; do
		packet_comments | grep -q "$moment at 20" || return 1
	done
}

is_private() {
	[ "$(stat -c %a "$EVIDENCE")" = 700 ] && [ "$(stat -c %a "$FILE")" = 600 ]
}

explains() {
	"$BUILD/hbwatch" explain -c "$WORK/hbwatchd.conf" "$FILE" \
		>"$WORK/explained" 2>&1 &&
		grep -q '^Alarm 45640 (minor), watch "flinkserver", raised' \
			"$WORK/explained"
}

cycle 1
FILE=$EVIDENCE/1-flinkserver.pcapng
soon "the first alarm has a file with its clear" 10 \
	comment_has "$FILE" "Cleared: 20"
check "only hbwatchd can read it" is_private
check "its comment has the verdict" comment_has "$FILE" "Cause: "
soon "packets have comments" 10 packets_are_marked
soon "its replay has the times of hbwatchd" 10 replay_agrees
check "... and no warning" [ ! -s "$WORK/replay.err" ]
check "hbwatch explain reads it" explains
soon "the alarm table has its name" 10 \
	alarm_is hbwAlarmEvidenceFile flinkserver \
	evidence/1-flinkserver.pcapng

rm -r "$EVIDENCE"
cycle 2
FILE=$EVIDENCE/2-flinkserver.pcapng
soon "a removed directory is made again" 10 \
	comment_has "$FILE" "Cleared: 20"
soon "the replay of the second file agrees, too" 10 replay_agrees

rm -r "$EVIDENCE"
mkdir "$WORK/elsewhere"
ln -s "$WORK/elsewhere" "$EVIDENCE"
mark_log
cycle 3
soon "a link in its place is logged once" 10 \
	log_lines_are 1 'evidence: cannot open the directory'
soon "... and the alarm has no file" 10 \
	alarm_is hbwAlarmEvidenceFile flinkserver ""
check "nothing is written through the link" \
	[ -z "$(ls "$WORK/elsewhere")" ]
rm "$EVIDENCE"
FILE=$EVIDENCE/3-flinkserver.pcapng
soon "without the link the file is written" 10 [ -s "$FILE" ]
finish
