#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A state file that is damaged, or another's, or not what it was: it is set
# aside, that is said once, and hbwatchd watches on with a new epoch.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin sqlite3
start_snmpd
start_traps

watch_section flinkserver 20053 1s | configure
STATE=$WORK/new/state
mkdir "$WORK/new"
FILE=$STATE/hbwatchd.db

# mode PATH
mode() {
	stat -c %a "$1"
}

# set_aside: what was, under other names
set_aside() {
	find "$STATE" -mindepth 1 -maxdepth 1 -name 'hbwatchd.db*' \
		! -name hbwatchd.db ! -name hbwatchd.db-wal \
		! -name hbwatchd.db-shm ! -name hbwatchd.db-journal \
		! -name '*-wal'
}

# private_file PATH: a file of ours alone
private_file() {
	[ -f "$1" ] && [ ! -L "$1" ] && [ "$(stat -c '%a %u' "$1")" = "600 0" ]
}

# begin_anew: a state that is whole, with an alarm standing and an epoch of 7
begin_anew() {
	stop hbwatchd KILL
	rm -rf "$STATE"
	cp -a "$WORK/whole" "$STATE"
}

# damage WHAT
damage() {
	local size

	size=$(stat -c %s "$FILE")
	rm -f "$WORK/elsewhere"
	echo precious >"$WORK/elsewhere"
	case $1 in
	cut) truncate -s $((size / 2)) "$FILE" ;;
	"cut early") truncate -s 5000 "$FILE" ;;
	empty) truncate -s 0 "$FILE" ;;
	zeros) dd if=/dev/zero of="$FILE" bs="$size" count=1 ;;
	"zero head") dd if=/dev/zero of="$FILE" bs=100 count=1 conv=notrunc ;;
	"zero part")
		dd if=/dev/zero of="$FILE" bs=4096 seek=1 count=6 conv=notrunc
		;;
	garbage) head -c "$size" /dev/urandom >"$FILE" ;;
	"garbage part")
		dd if=/dev/urandom of="$FILE" bs=4096 seek=1 count=6 \
			conv=notrunc
		;;
	text) echo "this is no database" >"$FILE" ;;
	"another's database")
		rm "$FILE"
		sqlite3 "$FILE" "CREATE TABLE shopping (item TEXT);"
		;;
	"future version") sqlite3 "$FILE" "PRAGMA user_version = 999;" ;;
	directory)
		rm "$FILE"
		mkdir "$FILE"
		touch "$FILE/precious"
		;;
	link)
		rm "$FILE"
		ln -s "$WORK/elsewhere" "$FILE"
		;;
	"link to nothing")
		rm "$FILE"
		ln -s "$WORK/nowhere" "$FILE"
		;;
	fifo)
		rm "$FILE"
		mkfifo "$FILE"
		;;
	gone) rm "$FILE" ;;
	esac 2>>"$WORK/damage.log" >&2
}

#
# A state that is whole
#

umask 0
start_hbwatchd
umask 022
is "the state directory that it makes is 0700" "$(mode "$STATE")" 700
soon "a silence raises the alarm" 10 traps_are 1 hbwAlarmRaised flinkserver
is "whatever the umask: what is in it is for nobody else" \
	"$(find "$STATE" -type f -perm /077 -o -type d -perm /077)" ""
check "the state is a file there" private_file "$FILE"

mark_log
run_second() {
	at "$NODE_A" timeout 20 "$BUILD/hbwatchd" -c "$WORK/hbwatchd.conf" \
		-s "$STATE" -x "$AGENTX" -l stderr >"$WORK/second.log" 2>&1
}
run_second
is "a second hbwatchd on it is refused" $? 1
check "with a line that says so" grep -qi "another hbwatchd" "$WORK/second.log"
check "and the file's name" grep -qF "$STATE" "$WORK/second.log"
is "while the first goes on" "$(alarm_get hbwAlarmState flinkserver)" raised

# Six starts that lose it: the epoch is 7 then.
for ((epoch = 2; epoch <= 7; epoch++)); do
	stop hbwatchd TERM
	rm -f "$FILE" "$FILE-wal"
	start_hbwatchd
done
is "a state that is lost again and again raises the epoch" \
	"$(get hbwNotificationEpoch.0)" 7
need "no alarm" 10 alarm_is hbwAlarmState flinkserver raised
need "it does not arrive" 10 all_delivered
check "it ends on TERM" stop hbwatchd TERM
cp -a "$STATE" "$WORK/whole"

#
# Damaged
#

for what in cut "cut early" empty zeros "zero head" "zero part" garbage \
	"garbage part" text "another's database" "future version" directory \
	link "link to nothing" fifo gone; do
	begin_anew
	damage "$what"
	: >"$TRAPS"
	mark_log
	start_hbwatchd
	if [ "$what" != gone ]; then
		is "$what: set aside" "$(set_aside | wc -l)" 1
		is "$what: which is said once" "$(log_count "set aside")" 1
	fi
	check "$what: there is a new one" private_file "$FILE"
	is "$what: the epoch is one higher" \
		"$(get hbwNotificationEpoch.0)" 8
	soon "$what: it watches, and raises" 10 \
		traps_are 1 hbwAlarmRaised flinkserver
	check "$what: what is elsewhere is as it was" \
		test "$(cat "$WORK/elsewhere")$(mode "$WORK/elsewhere")" = \
		precious644
	check "$what: and nothing is new there" test ! -e "$WORK/nowhere"
	stop hbwatchd KILL
	start_hbwatchd
	is "$what: started again, that epoch stays" \
		"$(get hbwNotificationEpoch.0)" 8
	is "$what: and the alarm" "$(alarm_get hbwAlarmState flinkserver)" \
		raised
done

#
# Readable by others, or theirs
#

for what in "mode 0666" "another's" "its directory"; do
	begin_anew
	case $what in
	"mode 0666") chmod 0666 "$FILE" ;;
	"another's") chown 65534:65534 "$FILE" ;;
	"its directory") chown 65534 "$STATE" ;;
	esac
	mark_log
	start_hbwatchd
	check "$what: it is ours alone" private_file "$FILE"
	like "$what: kept, or set aside with a new epoch" \
		"$(get hbwNotificationEpoch.0) $(set_aside | wc -l)" \
		'^(7 0|8 1)$'
	[ "$what" = "its directory" ] ||
		is "$what: which is said once" "$(log_count "$FILE")" 1
	soon "$what: the alarm stands" 10 \
		alarm_is hbwAlarmState flinkserver raised
done

#
# Before there was such a file
#

stop hbwatchd KILL
rm -rf "$STATE"
mkdir -m 0700 "$STATE"
echo 41 >"$STATE/epoch"
mark_log
start_hbwatchd
is "the state of an older version: its epoch is gone on from" \
	"$(get hbwNotificationEpoch.0)" 42
is "nothing is set aside for it" "$(set_aside | wc -l) $(log_count "set aside")" \
	"0 0"
for text in "" "no number" -5 99999999999; do
	stop hbwatchd KILL
	printf '%s\n' "$text" >"$STATE/epoch"
	start_hbwatchd
	check "an epoch that reads \"$text\" beside a good state" \
		test "$(get hbwNotificationEpoch.0)" -ge 42
done
check "it ends on TERM" stop hbwatchd TERM
finish
