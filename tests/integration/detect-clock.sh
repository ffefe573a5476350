#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The wall clock of hbwatchd's processes is stepped and slewed, by libfaketime;
# the machine's is not, nor are the kernel's stamps.  No verdict changes.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
LIBRARY=$(dpkg -L libfaketime 2>/dev/null | grep '/libfaketime\.so\.1$')
[ -n "$LIBRARY" ] || skip_all "faketime is not installed"
begin
start_snmpd
start_traps

# set_clock SECONDS: how far it is off; a reader finds the old or the new
set_clock() {
	echo "$1" >"$WORK/clock.new"
	mv "$WORK/clock.new" "$WORK/clock"
}

# slew FROM TO: in steps of 4 ms, each below what counts as a step
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

# A process that is killed leaves what it shared with its children.
trap forget_clock EXIT
forget_clock() {
	local status=$? pid

	for pid in "${CLOCKED[@]}"; do
		rm -f "/dev/shm/faketime_shm_$pid" \
			"/dev/shm/sem.faketime_sem_$pid"
	done
	(exit "$status")
	clean_up
}
CLOCKED=()

# Not for the jailed engine, which opens no file: it goes by the machine's.  With
# sanitizers it may, as whom it has become.
chmod 711 "$WORK"
set_clock +0
HBWATCHD_ENV=(LD_PRELOAD="$LIBRARY" FAKETIME_TIMESTAMP_FILE="$WORK/clock"
	FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1)
! has_sanitizers || HBWATCHD_ENV+=(
	ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS:-}")

{
	watch_section flinkserver 20053 2s
	watch_section steady 20054 1s
	watch_section slow 20055 6s
} | configure
start_beat steady --from "$B4" --to "$A4" --port 20054 --rate 20
start_beat slow --from "$B4" --to "$A4" --port 20055 --rate 0.5
beat() {
	start_beat peer --from "$B4" --to "$A4" --port 20053 --rate 10
}
beat
run_hbwatchd
CLOCKED+=("${PID[hbwatchd]}")
need "hbwatchd does not answer" 20 hbwatchd_answers
soon "heartbeats make it alive" 10 watch_is hbwWatchState flinkserver alive

# its_clock: what hbwatchd takes the time for; a reload is stamped with it
its_clock() {
	local before

	before=$(log_count "configuration in effect")
	kill -HUP "${PID[hbwatchd]}"
	wait_for 10 log_lines_are $((before + 1)) "configuration in effect" || return
	seconds_of "$(get hbwConfigTime.0)"
}

# off_by SECONDS: is its clock that far off?
off_by() {
	awk -v its="$(its_clock)" -v now="$EPOCHREALTIME" -v off="$1" 'BEGIN {
		exit !(its - now - off < 3 && its - now - off > -3) }'
}

# sane_times: every DateAndTime is never, or a date of these hours
sane_times() {
	local line value seconds wrong=0 any=no

	while read -r line; do
		value=${line#* = }
		[[ $value != "No Such "* ]] || continue
		seconds=$(seconds_of "$value")
		any=yes
		# Eight zero octets say never.
		[[ $value =~ ^0-0-0,0:0:0\.0 ]] && continue
		[[ $value =~ ^[0-9]{4}-([0-9]+)-([0-9]+),([0-9]+):([0-9]+):([0-9]+)\.[0-9],[+-][0-9]+:[0-9]+$ ]] &&
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
		tr '\t' '\n' <"$TRAPS" | grep -E '^hbw[A-Za-z]*(Time|LastHeartbeat)\.'
	)
	[ "$wrong" -eq 0 ] && [ "$any" = yes ]
}

# arrival NOTIFICATION WATCH: when the last came, by the machine's clock
arrival() {
	traps "$1" "$2" | tail -n 1 | cut -f 1
}

nobody_was_accused() {
	traps_are 0 hbwAlarmRaised steady && traps_are 0 hbwAlarmRaised slow &&
		traps_are "$round" hbwAlarmRaised flinkserver &&
		traps_are "$round" hbwAlarmCleared flinkserver
}

round=0
for step in +3600 -3600 +0; do
	set_clock "$step"
	wait_heartbeats steady 30
	check "to $step s with heartbeats: no alarm" nobody_was_accused
	check "its clock is there" off_by "$step"
	check "and its times are times" sane_times
done

# A step while the heartbeats are out, each in another part of that time: before
# the alarm, and with it standing.
for steps in "+3600 +0" "-3600 +3600" "+0 -3600" "+0 +0"; do
	round=$((round + 1))
	stop peer
	last=$(last_sent peer)
	wait_heartbeats steady 10
	set_clock "${steps% *}"
	soon "$steps: raised" 10 traps_are "$round" hbwAlarmRaised flinkserver
	is_about "$steps: 2 s after the last heartbeat, as time passes" \
		"$(arrival hbwAlarmRaised flinkserver)" \
		"$(seconds_after "$last" 2.3)" 0.32
	set_clock "${steps#* }"
	wait_heartbeats steady 30
	is "$steps: it stands" "$(alarm_get hbwAlarmState flinkserver)" raised
	beat
	soon "$steps: cleared" 5 traps_are "$round" hbwAlarmCleared flinkserver
	like "$steps: with a time that it can have stood" \
		"$(traps hbwAlarmCleared flinkserver | tail -n 1 |
			varbind hbwAlarmDetail)" 'was active for [0-9]\.[0-9]* s$'
	check "$steps: nobody else was accused" nobody_was_accused
	check "$steps: its times are times" sane_times
done

# 8 % fast, then 8 % slow: more than any clock is slewed by.
slew 0 320
check "slewed forward with heartbeats: no alarm" nobody_was_accused
stop peer
last=$(last_sent peer)
round=$((round + 1))
slew 320 0
soon "slewed back without: raised" 10 \
	traps_are "$round" hbwAlarmRaised flinkserver
is_about "2 s after the last heartbeat" "$(arrival hbwAlarmRaised flinkserver)" \
	"$(seconds_after "$last" 2.3)" 0.32
slew 0 160
beat
soon "cleared" 5 traps_are "$round" hbwAlarmCleared flinkserver
check "nobody else was accused" nobody_was_accused
check "its times are times" sane_times
for watch in steady slow; do
	is "$watch counted no interruption" \
		"$(watch_get hbwWatchInterruptions $watch)" 0
done
missed=$(($(sent steady) - $(watch_get hbwWatchHeartbeats steady)))
note "$missed heartbeats more were sent than counted"
check "each notification once and in order" notifications_in_order --first 1 --once
! has_sanitizers || check "its engine saw the steps" \
	test "$(log_count "engine.*the wall clock was stepped")" -ge 5
check "it ends on TERM" stop hbwatchd
finish
