#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: the texts in contrib/, and a pair with an active alarm.
# Checks:  the configuration in asked-elsewhere.md is accepted, and each of its
#          commands prints something; each object that a page names is in
#          HBWATCH-MIB; all pages name the same directory of the programs, the
#          one of the Debian package.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin_noc

# The lines of hbwatchd.conf are indented by four; commands begin with $.
awk '/^    (watch|reminder)/ { inside = 1 } !/^    / { inside = 0 }
	inside && !/^    \$/ { print substr($0, 5) }' \
	"$CONTRIB/asked-elsewhere.md" >"$WORK/asked.conf"
is "there are sections of hbwatchd.conf" \
	"$(grep -c '^watch' "$WORK/asked.conf")" 4
check "hbwatch accepts them" "$BUILD/hbwatch" check "$WORK/asked.conf"

is "each object of the pages is in the MIB" "$(comm -23 \
	<(grep -rhoE '\bhbw[A-Z][A-Za-z]*' "$CONTRIB" --include='*.md' |
		sort -u) \
	<(sed -nE 's/^(hbw[A-Za-z]*) (OBJECT|NOTIFICATION)-TYPE$/\1/p' \
		"$ROOT/mibs/HBWATCH-MIB.txt" | sort))" ""
# shellcheck disable=SC2046 # words
is "all pages name the directory of the package" "$(grep -rhoE \
	'/[a-z/-]*/(hbwatch-(resync|mail|passive)|check_hbwatch)\b' \
	$(find "$CONTRIB" -name '*.md' -o -name '*.conf' | grep -v ' ') |
	sed 's|/[^/]*$||' | grep -v '/plugins$' | sort -u)" \
	"/$(sed -n 's|^contrib/programs \(.*\)|\1/programs|p' \
		"$ROOT/debian/hbwatch-noc.install")"

#
# Commands
#

# The files and hosts that the page names.
mkdir "$WORK/here" "$WORK/bin"
cp "$ROOT/tests/captures/vrrp2.pcap" "$WORK/here/capture.pcap"
cp "$ROOT/tests/captures/vrrp2.pcap" "$WORK/here/evidence.pcapng"
cp "$ROOT/tests/captures/vrrp2.conf" "$WORK/here/hbwatchd.conf"
ln -s "$BUILD/hbwatch" "$PROGRAMS"/* "$WORK/bin"

# run_command COMMAND: as a user would, with the names of this test
run_command() {
	local command=" $1"

	command=${command// SNMP / -v 2c -c public $AGENT }
	command=${command// node-[12] / 127.0.0.1 -p ${AGENT#*:} }
	command=${command// -W gateway/ -W flinkserver}
	command=${command// DIRECTORY / ../asked }
	command=${command// HANDLER/ cat}
	command=${command// --after 1.41/ --after 1.0}
	at "$NODE_A" env -C "$WORK/here" PATH="$WORK/bin:$PATH" \
		MIBS=HBWATCH-MIB sh -c "${command# }" \
		>"$WORK/output" 2>&1
}

raise
ours hbwatch-resync "${REQUEST[@]}" --state "$WORK/asked" --run cat 2>/dev/null
clear
raise
while read -r command; do
	# There is no journal of systemd.
	[[ $command != journalctl* ]] || continue
	run_command "$command"
	status=$?
	# The check reports the alarm.
	[[ $command != check_hbwatch* ]] || status=$((status - 1))
	is "$command: exit status" "$status" 0
	check "$command: it prints something" test -s "$WORK/output"
	is "$command: nothing is missing" "$(grep -iE "no such|not found" \
		"$WORK/output")" ""
done < <(sed -n 's/^    \$ //p' "$CONTRIB/asked-elsewhere.md")
finish
