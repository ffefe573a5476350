#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a state file that is damaged, replaced, or owned by another user.
# Checks:  hbwatchd sets it aside, logs this once, and continues with a new
#          epoch; nothing outside the state directory changes.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin sqlite3
# shellcheck source-path=SCRIPTDIR source=lib/jail.sh
. "$INTEGRATION/lib/jail.sh"
start_observer "$(watch_section flinkserver 20053 1s)"
STATE=$WORK/new/state
mkdir "$WORK/new"
FILE=$STATE/hbwatchd.db

# mode PATH: prints the mode of a file
mode() {
	stat -c %a "$1"
}

# set_aside: prints the files that were set aside
set_aside() {
	find "$STATE" -mindepth 1 -maxdepth 1 -name 'hbwatchd.db*' \
		! -name hbwatchd.db ! -name hbwatchd.db-wal \
		! -name hbwatchd.db-shm ! -name hbwatchd.db-journal \
		! -name '*-wal'
}

# private_file PATH: is it a regular file that only the user of hbwatchd can
# read?
private_file() {
	[ -f "$1" ] && [ ! -L "$1" ] &&
		[ "$(stat -c '%a %u' "$1")" = "600 $uid" ]
}

# restore_state: copies back a valid state with an active alarm and epoch 7
restore_state() {
	stop hbwatchd KILL
	rm -rf "$STATE"
	cp -a "$WORK/undamaged" "$STATE"
	# As in version 0.2.0, nothing shows that the files are copies.
	truncate -s 19 "$STATE/epoch"
}

# damage HOW: damages the state file
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
# An undamaged state
#

umask 0
start_hbwatchd
umask 022
is "the new state directory has mode 0700" "$(mode "$STATE")" 700
soon "a watch without heartbeats is raised" 10 \
	traps_are 1 hbwAlarmRaised flinkserver
is "with umask 0, other users cannot access its files" \
	"$(find "$STATE" -type f -perm /077 -o -type d -perm /077)" ""
check "the state file is private" private_file "$FILE"

mark_log
run_second() {
	at "$NODE_A" timeout 20 "$BUILD/hbwatchd" -c "$WORK/hbwatchd.conf" \
		-s "$STATE" -x "$AGENTX" -l stderr >"$WORK/second.log" 2>&1
}
# As if the first hbwatchd were running as this user.
chown -R 1:1 "$STATE"
run_second
is "a second hbwatchd with the same state ends with status 1" $? 1
is "it does not change the owner of any file" \
	"$(find "$STATE" ! -user 1)" ""
chown "$uid" "$STATE" "$STATE"/*
check "its error says that another hbwatchd uses it" \
	grep -qi "another hbwatchd" "$WORK/second.log"
check "its error names the directory" grep -qF "$STATE" "$WORK/second.log"
is "the first hbwatchd continues" \
	"$(alarm_get hbwAlarmState flinkserver)" raised

# Six starts without the state file: the epoch is 7 then.
for ((epoch = 2; epoch <= 7; epoch++)); do
	stop hbwatchd TERM
	rm -f "$FILE" "$FILE-wal"
	start_hbwatchd
done
is "each start without the state file raises the epoch" \
	"$(get hbwNotificationEpoch.0)" 7
need "the alarm is not raised" 10 alarm_is hbwAlarmState flinkserver raised
need "the notifications do not arrive" 10 all_delivered
check "hbwatchd ends on TERM" stop hbwatchd TERM
cp -a "$STATE" "$WORK/undamaged"

#
# Damage
#

for what in cut "cut early" empty zeros "zero head" "zero part" garbage \
	"garbage part" text "another's database" "future version" directory \
	link "link to nothing" fifo gone; do
	restore_state
	damage "$what"
	: >"$TRAPS"
	mark_log
	start_hbwatchd
	if [ "$what" != gone ]; then
		is "$what: one file is set aside" "$(set_aside | wc -l)" 1
		is "$what: this is logged once" "$(log_count "set aside")" 1
	fi
	check "$what: the new state file is private" private_file "$FILE"
	is "$what: the epoch is one higher" \
		"$(get hbwNotificationEpoch.0)" 8
	soon "$what: the alarm is raised" 10 \
		traps_are 1 hbwAlarmRaised flinkserver
	check "$what: the file elsewhere is unchanged" \
		test "$(cat "$WORK/elsewhere")$(mode "$WORK/elsewhere")" = \
		precious644
	check "$what: no file is made elsewhere" test ! -e "$WORK/nowhere"
	stop hbwatchd KILL
	start_hbwatchd
	is "$what: a restart keeps the epoch" \
		"$(get hbwNotificationEpoch.0)" 8
	is "$what: a restart keeps the alarm" \
		"$(alarm_get hbwAlarmState flinkserver)" \
		raised
done

#
# Other modes and owners
#

for what in "mode 0666" "another owner" "another owner of the directory"; do
	restore_state
	case $what in
	"mode 0666") chmod 0666 "$FILE" ;;
	"another owner") chown 1:1 "$FILE" ;;
	"another owner of the directory") chown 1 "$STATE" ;;
	esac
	mark_log
	start_hbwatchd
	check "$what: the state file is private again" private_file "$FILE"
	like "$what: the state is kept, or set aside with a new epoch" \
		"$(get hbwNotificationEpoch.0) $(set_aside | wc -l)" \
		'^(7 0|8 1)$'
	[ "$what" = "another owner of the directory" ] ||
		is "$what: this is logged once" "$(log_count "$FILE")" 1
	soon "$what: the alarm is active" 10 \
		alarm_is hbwAlarmState flinkserver raised
done

#
# The state of an older version, which had only the file epoch
#

stop hbwatchd KILL
rm -rf "$STATE"
mkdir -m 0700 "$STATE"
echo 41 >"$STATE/epoch"
mark_log
start_hbwatchd
is "older version: the next epoch is one higher" \
	"$(get hbwNotificationEpoch.0)" 42
is "older version: nothing is set aside" \
	"$(set_aside | wc -l) $(log_count "set aside")" \
	"0 0"
for text in "" "no number" -5 99999999999; do
	stop hbwatchd KILL
	printf '%s\n' "$text" >"$STATE/epoch"
	start_hbwatchd
	check "the file epoch contains \"$text\": the epoch stays" \
		test "$(get hbwNotificationEpoch.0)" -ge 42
done
check "hbwatchd ends on TERM" stop hbwatchd TERM
finish
