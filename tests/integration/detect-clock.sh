#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: libfaketime steps and slews the wall clock of hbwatchd; the clock of
#          the machine and the timestamps of the kernel stay right.
# Checks:  alarms are raised and cleared as if the clock were right, every time
#          in the MIB is plausible, and a shelf ends after its time.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
FAKETIME_LIBRARY=$(dpkg -L libfaketime 2>/dev/null |
	grep '/libfaketime\.so\.1$')
[ -n "$FAKETIME_LIBRARY" ] || skip_all "faketime is not installed"
begin setpriv

# set_clock SECONDS: sets the offset from the real clock; the file always has
# the old or the new value
set_clock() {
	echo "$1" >"$WORK/clock.new"
	mv "$WORK/clock.new" "$WORK/clock"
}

# slew FROM TO: changes the offset, in ms, by 4 ms after each heartbeat; only
# larger changes are steps for hbwatchd
slew() {
	local ms

	for ((ms = $1; ms != $2; ms += $1 < $2 ? 4 : -4)); do
		if ((ms < 0)); then
			printf -v ms_text -- '-%d.%03d' $((-ms / 1000)) \
				$((-ms % 1000))
		else
			printf -v ms_text '+%d.%03d' $((ms / 1000)) \
				$((ms % 1000))
		fi
		set_clock "$ms_text"
		wait_heartbeats steady 1
	done
}

# libfaketime leaves these files if its process is killed.
trap remove_faketime_files EXIT
remove_faketime_files() {
	local status=$? pid

	for pid in $daemon ${PID[hbwatchd]:-}; do
		rm -f "/dev/shm/faketime_shm_$pid" \
			"/dev/shm/sem.faketime_sem_$pid"
	done
	(exit "$status")
	clean_up
}
daemon=

# The sandboxed engine can open no file, so libfaketime gives it the real clock.
# In a build with sanitizers it can.  The library shares files between the
# processes, so hbwatchd must have its user from the start.
set_clock +0
chown nobody "$WORK/state"
# This user may not be able to enter the directory of the build.
cp "$BUILD/hbwatchd" "$BUILD/hbwatch-engine" "$BUILD/config.h" "$WORK"
BUILD=$WORK
HBWATCHD_ENV=(setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups
	--inh-caps +net_raw --ambient-caps +net_raw
	env LD_PRELOAD="$FAKETIME_LIBRARY"
	FAKETIME_TIMESTAMP_FILE="$WORK/clock"
	FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1)
! has_sanitizers || HBWATCHD_ENV+=(
	ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}")

start_sender steady 20054 --rate 20
start_sender slow 20055 --rate 0.5
start_traps
start_snmpd "rwcommunity secret 127.0.0.1"
configure <<-END
	$(watch_section flinkserver 20053 2s)
	$(watch_section steady 20054 1s)
	$(watch_section slow 20055 6s)
END
chmod 0666 "$AGENTX"
start_peer
start_hbwatchd
soon "heartbeats make the watch alive" 10 \
	watch_is hbwWatchState flinkserver alive
daemon=${PID[hbwatchd]}

# its_clock: the wall clock of hbwatchd, read from hbwConfigTime after a reload
its_clock() {
	local before

	before=$(log_count "$RELOADED")
	reload_hbwatchd
	wait_for 10 log_lines_are $((before + 1)) "$RELOADED" || return
	seconds_of "$(get hbwConfigTime.0)"
}

# clock_is_off_by SECONDS: is the clock of hbwatchd that far off?
clock_is_off_by() {
	awk -v before="$EPOCHREALTIME" -v its="$(its_clock)" \
		-v after="$EPOCHREALTIME" -v off="$1" 'BEGIN {
			exit !(its - off > before - 1 && its - off < after + 1)
		}'
}

# times_are_plausible: is every DateAndTime "never" or within about an hour?
times_are_plausible() {
	local line value seconds wrong=0 any=no date_and_time

	date_and_time='^[0-9]{4}-([0-9]+)-([0-9]+),([0-9]+):([0-9]+)'
	date_and_time+=':([0-9]+)\.[0-9],[+-][0-9]+:[0-9]+$'

	while read -r line; do
		value=${line#* = }
		[[ $value != "No Such "* ]] || continue
		seconds=$(seconds_of "$value")
		any=yes
		# Eight zero octets mean "never".
		[[ $value =~ ^0-0-0,0:0:0\.0 ]] && continue
		[[ $value =~ $date_and_time ]] &&
			[ "${BASH_REMATCH[1]}" -ge 1 ] &&
			[ "${BASH_REMATCH[1]}" -le 12 ] &&
			[ "${BASH_REMATCH[2]}" -ge 1 ] &&
			[ "${BASH_REMATCH[2]}" -le 31 ] &&
			[ "${BASH_REMATCH[3]}" -le 23 ] &&
			[ "${BASH_REMATCH[4]}" -le 59 ] &&
			[ "${BASH_REMATCH[5]}" -le 60 ] &&
			[ "$seconds" != never ] &&
			awk -v seconds="$seconds" -v now="$EPOCHREALTIME" \
				'BEGIN { off = seconds - now
				exit !(off < 3700 && off > -3900) }' && continue
		note "$line"
		wrong=1
	done < <(
		for object in hbwStartTime hbwConfigTime hbwAlarmLastChange \
			hbwWatchLastHeartbeat hbwAlarmRaisedTime \
			hbwAlarmClearedTime hbwHistoryTime; do
			client snmpbulkwalk -OQUs "$AGENT" \
				"HBWATCH-MIB::$object"
		done
		tr '\t' '\n' <"$TRAPS" |
			grep -E '^hbw[A-Za-z]*(Time|LastHeartbeat)\.'
	)
	[ "$wrong" -eq 0 ] && [ "$any" = yes ]
}

# arrival NOTIFICATION WATCH: when the last one arrived, by the real clock
arrival() {
	last_trap "$1" "$2" | cut -f 1
}

no_other_alarm() {
	traps_are 0 hbwAlarmRaised steady && traps_are 0 hbwAlarmRaised slow &&
		traps_are "$round" hbwAlarmRaised flinkserver &&
		traps_are "$round" hbwAlarmCleared flinkserver
}

round=0
for step in +3600 -3600 +0; do
	set_clock "$step"
	wait_heartbeats steady 30
	check "to $step s with heartbeats: no alarm" no_other_alarm
	check "to $step s: hbwatchd has this clock" clock_is_off_by "$step"
	check "to $step s: all times are plausible" times_are_plausible
done

# Two steps in a silence: one before the raise, one while the alarm is active.
for steps in "+3600 +0" "-3600 +3600" "+0 -3600" "+0 +0"; do
	round=$((round + 1))
	mark_time
	stop peer
	last=$(last_sent peer)
	wait_heartbeats steady 10
	set_clock "${steps% *}"
	soon "$steps: raised" 10 traps_are "$round" hbwAlarmRaised flinkserver
	is_on_time "$steps: 2 s after the last heartbeat by the real clock" \
		"$(arrival hbwAlarmRaised flinkserver)" \
		"$(seconds_after "$last" 2.3)" 0.32
	set_clock "${steps#* }"
	wait_heartbeats steady 30
	is "$steps: the alarm stays active" \
		"$(alarm_get hbwAlarmState flinkserver)" raised
	start_peer
	soon "$steps: cleared" 5 traps_are "$round" hbwAlarmCleared flinkserver
	like "$steps: the duration in the detail is plausible" \
		"$(last_trap hbwAlarmCleared flinkserver |
			varbind hbwAlarmDetail)" \
		'was active for [0-9]\.[0-9]* s$'
	check "$steps: no other watch is raised" no_other_alarm
	check "$steps: all times are plausible" times_are_plausible
done

# The clock is 8 % fast and then 8 % slow, which is more than NTP slews by.
slew 0 320
check "slewed forward with heartbeats: no alarm" no_other_alarm
mark_time
stop peer
last=$(last_sent peer)
round=$((round + 1))
slew 320 0
soon "slewed back without heartbeats: raised" 10 \
	traps_are "$round" hbwAlarmRaised flinkserver
is_on_time "slewed back: 2 s after the last heartbeat by the real clock" \
	"$(arrival hbwAlarmRaised flinkserver)" \
	"$(seconds_after "$last" 2.3)" 0.32
slew 0 160
start_peer
soon "slewed forward again: cleared" 5 \
	traps_are "$round" hbwAlarmCleared flinkserver
check "no other watch is raised" no_other_alarm
check "all times are plausible" times_are_plausible

# A shelf ends after its time, whatever the clock shows.
SLOW=45640.$(watch_index slow)
shelve() {
	set_objects secret "hbwAlarmOperatorState.$SLOW" i 3 \
		"hbwAlarmShelvedSeconds.$SLOW" u "$1"
}
is "slow is shelved for a minute" "$(shelve 60)" ""
set_clock +3600
wait_heartbeats steady 30
check "an hour later by the clock, it is still shelved" \
	get_is hbwShelvedAlarms.0 1
check "the rest of the shelf is not longer than the shelf" \
	test "$(get "hbwAlarmShelvedSeconds.$SLOW")" -le 60
mark_time
is "the shelf is shortened to 5 s" "$(shelve 5)" ""
begin=$EPOCHREALTIME
set_clock -3600
soon "two hours earlier by the clock, it ends" 12 get_is hbwShelvedAlarms.0 0
is_on_time "after 5 s" "$(seconds_after "$EPOCHREALTIME" "-$begin")" 5.5 1.5
set_clock +0
for watch in steady slow; do
	is "$watch counted no interruption" \
		"$(watch_get hbwWatchInterruptions $watch)" 0
done
missed=$(($(sent steady) - $(watch_get hbwWatchHeartbeats steady)))
note "$missed heartbeats were sent and not counted"
check "each notification arrived once and in order" \
	notifications_in_order --first 1 --once
! has_sanitizers || check "the engine logged the steps" \
	test "$(log_count "engine.*the wall clock was stepped")" -ge 5
check "hbwatchd ends on TERM" stop hbwatchd
finish
