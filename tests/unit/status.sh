#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# hbwatch status with the answers in status/NAME.jsonl, which a program sends as
# hbwatchd does.  The output is compared word for word with status/NAME.COLUMNS;
# on a real terminal, that of tmux, -w is tested, and the completion of bash.
# HBWATCH is the program hbwatch.
set -u
unset NO_COLOR COLUMNS
export LC_ALL=C.UTF-8

hbwatch=$(realpath "${HBWATCH:-./hbwatch}") || exit 1
cd "$(dirname "$0")" || exit 1
here=$PWD
server=$here/../tools/answer-control
completion=$here/../../contrib/completion/hbwatch
tests=0
failed=0
pids=()
terminals=0
W=$(mktemp -d) || exit 1
S=$W/control

clean_up() {
	terminal kill-server
	kill "${pids[@]}"
	wait
	rm -rf "$W"
} 2>/dev/null
trap clean_up EXIT

# check TEXT COMMAND...
check() {
	local text=$1
	shift
	tests=$((tests + 1))
	if "$@"; then
		echo "ok $tests - $text"
	else
		echo "not ok $tests - $text"
		failed=$((failed + 1))
	fi
}

# is TEXT GOT WANTED
is() {
	check "$1" [ "$2" = "$3" ]
	[ "$2" = "$3" ] || printf '# %s\n' "got: $2" "wanted: $3"
}

# soon COMMAND...: waits until it succeeds, at most a minute
soon() {
	local end=$((SECONDS + 60))

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		# A short pause between two attempts.
		sleep 0.1
	done
}

# answer NAME [COPIES]: another program listens at $S, with status/NAME.jsonl
answer() {
	stop_answers
	rm -f "$S" "$W/ready"
	"$server" "$S" "$here/status/$1.jsonl" "${@:2}" >"$W/ready" &
	pids+=($!)
	soon grep -qs ready "$W/ready"
}

stop_answers() {
	kill "${pids[@]}"
	wait "${pids[@]}"
	pids=()
} 2>/dev/null

# shows NAME COLUMNS [ARGUMENT...]: is the output the expected one?
shows() {
	COLUMNS=$2 "$hbwatch" status -S "$S" "${@:3}" >"$W/out" 2>&1
	status=$?
	diff -u "status/$1.$2" "$W/out"
}

# The characters of East Asia have two columns.
widest() {
	python3 -c '
import sys, unicodedata
print(max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
              for c in line.rstrip("\n"))
          for line in open(sys.argv[1], encoding="utf-8")))' "$1"
}

#
# The output
#

for columns in 80 140; do
	for name in pair many troubles; do
		answer $name
		check "$name at $columns columns" shows $name $columns
		echo "$status" >"$W/$name.status"
		check "$name has at most $columns columns" \
			[ "$(widest "$W/out")" -le $columns ]
	done
	answer watch
	check "a watch at $columns columns" shows watch $columns flinkserver
	check "a watch has at most $columns columns" \
		[ "$(widest "$W/out")" -le $columns ]
done
is "a watch with an alarm: exit status 1" "$status" 1
is "all watches alive: exit status 0" "$(cat "$W/pair.status")" 0
is "active alarms: exit status 1" "$(cat "$W/many.status")" 1
is "no engine: exit status 3" "$(cat "$W/troubles.status")" 3

answer engine
check "an engine that fails repeatedly" shows engine 80
is "an engine that fails repeatedly: exit status 3" "$status" 3

answer many
"$hbwatch" status -S "$S" mirror >/dev/null
is "a blind watch: exit status 3" $? 3
"$hbwatch" status -S "$S" fine >/dev/null
is "a watch that is alive: exit status 0" $? 0
"$hbwatch" status -S "$S" none >"$W/out" 2>&1
is "no such watch: exit status 2" $? 2
is "no such watch: the error" "$(cat "$W/out")" 'hbwatch: no watch "none"'
"$hbwatch" status -S "$S" reloaded >/dev/null 2>&1
is "a reload during the answer: exit status 3" $? 3
"$hbwatch" status -S "$S" $'none\tat all' >"$W/out" 2>&1
is "no name of a watch: exit status 2" $? 2
is "no name of a watch: the error" "$(wc -l <"$W/out")" 1
"$hbwatch" status -S "$W/none" >"$W/out" 2>&1
is "no daemon: exit status 3" $? 3
check "no daemon: says what to do next" grep -q "systemctl status" "$W/out"
"$hbwatch" status -w -j >/dev/null 2>&1
is "-w and -j: exit status 2" $? 2
"$hbwatch" status -S "$S" -w >"$W/out" 2>&1 </dev/null
is "-w without a terminal: exit status 2" $? 2

"$hbwatch" status -S "$S" >"$W/out"
# shellcheck disable=SC2016 # characters of the expression
check "no control characters" python3 -c '
import sys
text = open(sys.argv[1], encoding="utf-8").read().replace("\n", "")
sys.exit(any(not c.isprintable() for c in text))' "$W/out"
check "without a limit, names are not cut" grep -q \
	"manager-on-a-host-with-a-rather-long-name.example.net" "$W/out"
"$hbwatch" status -S "$S" -j -a >"$W/out"
check "-j -a prints all objects of the answer" python3 -c '
import json, sys
def objects(name):
    with open(name, encoding="utf-8") as file:
        return [json.loads(line) for line in file.read().split("\n")[:-1]]
sys.exit(objects(sys.argv[1])[:-1] != objects(sys.argv[2])[:-1])' \
	"$W/out" status/many.jsonl
is "names have the prefix" "$("$hbwatch" names -S "$S" m | tr '\n' ' ')" \
	"mirror \
manager-on-a-host-with-a-rather-long-name.example.net maintenance "

# Twelve watches, eight of which need attention, each 12,500 times.
answer many 12500
begin=${EPOCHREALTIME/./}
"$hbwatch" status -S "$S" >"$W/out"
echo "# 100,000 watches: $((${EPOCHREALTIME/./} - begin)) us"
check "of 100,000 watches 1,000 are shown" grep -q \
	"^Not shown: [0-9]* of [0-9]* watches\. .* shows all\.$" "$W/out"

#
# A terminal
#

terminal() {
	tmux -L "hbwatch-${W##*.}-$terminals" -f /dev/null "$@"
}

# screen_has REGULAR-EXPRESSION [OPTION OF capture-pane...]
screen_has() {
	terminal capture-pane -p "${@:2}" 2>/dev/null | grep -q -- "$1"
}

screen_lacks() {
	! screen_has "$@"
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# open_terminal COMMAND: runs it in a new terminal of 80 by 24, then a shell
# waits.
open_terminal() {
	terminal kill-server 2>/dev/null
	rm -f "$W/before" "$W/after"
	terminals=$((terminals + 1))
	terminal new-session -d -x 80 -y 24 "$1; cat"
}

# The leak check of the sanitizer hangs if the terminal was closed before it.
refresh="export ASAN_OPTIONS=detect_leaks=0; stty -g >'$W/before'; \
'$hbwatch' status -w -S '$S'; \
echo \"status \$?\"; stty -g >'$W/after'"

# ended STATUS: it has ended with that status, and the terminal is as before
ended() {
	screen_has "^status $1" && screen_lacks "q: end" &&
		cmp -s "$W/before" "$W/after" &&
		[ "$(terminal display-message -p \
		"#{alternate_on} #{cursor_flag} #{wrap_flag}")" = "0 1 1" ]
}

if command -v tmux >/dev/null; then
	answer many
	open_terminal "$refresh"
	check "-w shows the status" soon screen_has "^! flinkserver"
	check "-w fills lines of 80 columns" soon screen_has "the FlinkServer$"
	check "-w uses colours" soon screen_has $'\033\[1m\033\[31m!' -e
	terminal resize-window -x 100 -y 12
	check "-w follows the size of the terminal" soon screen_has \
		"hbwatchd resumes the capture by$"
	check "-w shows that there are more lines" soon screen_has "more lines"
	terminal resize-window -x 80 -y 24
	soon screen_has "Fault:"
	stop_answers
	check "-w shows that the daemon went away" soon screen_has \
		"cannot connect"
	check "-w shows what to do, in lines of the screen" soon screen_has \
		"the state of the watches is unknown\.$"
	check "-w shows nothing old then" soon screen_lacks "flinkserver"
	answer pair
	check "-w shows that the daemon came back" soon screen_has "manager"
	kill -STOP "${pids[0]}"
	check "-w shows that the daemon hangs" soon screen_has \
		"does not answer"
	terminal send-keys q
	check "q ends -w also then" soon ended 3
	kill -CONT "${pids[0]}"
	# More than a megabyte, and the exit status comes at the end.
	answer pair 10000
	open_terminal "${refresh/-w/-w -a}"
	check "-w -a shows the begin of a long output" soon screen_has \
		"more lines"
	terminal send-keys q
	check "-w -a ends with the exit status of the output" soon ended 0
	answer pair
	for key in q C-c C-d; do
		open_terminal "$refresh"
		soon screen_has manager
		terminal send-keys $key
		# Ctrl-D is a key as any other one.
		[ $key != C-d ] || terminal send-keys q
		check "$key: the terminal is as before" soon ended 0
	done
	for signal in TERM HUP QUIT; do
		open_terminal "$refresh"
		soon screen_has manager
		kill -"$signal" "$(pgrep -P "$(terminal display-message -p \
			"#{pane_pid}")")"
		check "SIG$signal: the terminal is as before" soon ended 0
	done
	open_terminal "export NO_COLOR=1; $refresh"
	soon screen_has manager
	check "NO_COLOR: no colours" screen_lacks $'\033\[3' -e
	open_terminal "LC_ALL=C '$hbwatch' status -S '$S'"
	check "other encodings than UTF-8 get ASCII" soon screen_has "+/-"
	open_terminal "PS1='> ' bash --norc -i"
	soon screen_has "^>"
	terminal send-keys "stty -g >'$W/before'; " \
		"'$hbwatch' status -w -S '$S'" Enter
	soon screen_has "q: end"
	terminal send-keys C-z
	check "Ctrl-Z gives the terminal back" soon screen_has Stopped
	check "Ctrl-Z: the screen is as before" soon screen_lacks "q: end"
	terminal send-keys fg Enter
	check "fg shows the status again" soon screen_has "q: end"
	terminal send-keys q
	# hbwatch may read what is typed before its end.
	soon screen_lacks "q: end"
	terminal send-keys "stty -g >'$W/after'; echo status \$?" Enter
	check "q after fg: the terminal is as before" soon ended 0
	open_terminal "$refresh"
	soon screen_has manager
	pid=$(pgrep -P "$(terminal display-message -p "#{pane_pid}")")
	terminal kill-server
	check "a terminal that is closed ends -w" soon gone "$pid"
	open_terminal "export TERM=dumb; $refresh"
	check "TERM=dumb: -w is refused" soon screen_has "^status 2"
else
	echo "# SKIP tmux is not installed"
fi

#
# Completion
#

if command -v tmux >/dev/null && [ -r "$completion" ] &&
	[ -r /usr/share/bash-completion/bash_completion ]; then
	answer many
	cat >"$W/bashrc" <<-END
		. /usr/share/bash-completion/bash_completion
		. '$completion'
		PATH='${hbwatch%/*}':\$PATH
		PS1='> '
		bind 'set completion-query-items 0' 'set page-completions off'
	END
	cd "$W" || exit 1
	open_terminal "bash --rcfile '$W/bashrc' -i"
	soon screen_has "^>"

	# completes TEXT COMPLETED: types the text and Tab
	completes() {
		terminal send-keys C-u C-l
		soon screen_lacks "hbwatch"
		terminal send-keys -l "$1"
		terminal send-keys Tab
		soon screen_has "^> $2$"
	}

	check "a subcommand" completes "hbwatch disc" "hbwatch discover"
	check "an interface" completes "hbwatch discover -i an" \
		"hbwatch discover -i any"
	mkdir "$W/flinkserver"
	check "a watch of the daemon" completes "hbwatch status -S $S fl" \
		"hbwatch status -S $S flinkserver"
	check "a watch to acknowledge" completes \
		"hbwatch acknowledge -S $S -m x mai" \
		"hbwatch acknowledge -S $S -m x maintenance"
	terminal send-keys C-u C-l
	terminal send-keys -l "hbwatch status -"
	terminal send-keys Tab Tab
	check "the options" soon screen_has "^-S  *-a  *-h  *-j  *-w"
	terminal send-keys C-u C-l
	terminal send-keys -l "hbwatch replay -"
	terminal send-keys Tab Tab
	check "those of replay" soon screen_has "^-c  *-h  *-t"
else
	echo "# SKIP tmux or bash-completion is not installed"
fi

echo "1..$tests"
[ $failed -eq 0 ]
