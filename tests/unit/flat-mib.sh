#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The flat version of HBWATCH-MIB needs no other module, and says the same as
# HBWATCH-MIB with the modules that it imports.  BUILD is the build directory.
set -u

flat=$BUILD/out/flat
SNMPCONFPATH=/nonexistent
MIBS=HBWATCH-MIB
export SNMPCONFPATH MIBS

if ! command -v snmptranslate >/dev/null; then
	echo "1..0 # SKIP no snmptranslate"
	exit 0
fi
out=$(mktemp) || exit 1
expected=$(mktemp) || exit 1
trap 'rm -f "$out" "$expected"' EXIT
tests=0
failed=0

# result NAME STATUS
result() {
	tests=$((tests + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $tests - $1"
	else
		echo "not ok $tests - $1"
		failed=$((failed + 1))
	fi
}

# translate DIRECTORIES ARGUMENT...: errors are on standard output, too
translate() {
	MIBDIRS=$1
	shift
	MIBDIRS=$MIBDIRS snmptranslate "$@" 2>&1
}

[ "$(translate "$flat" -On HBWATCH-MIB::hbwAlarmKey)" = \
	".$(sed -n 's/^#define HBW_MIB_ROOT_TEXT "\(.*\)"/\1/p' \
		"$BUILD/config.h").1.4.1.2" ]
result "a name is resolved without another module" $?
[ "$(translate "$flat" -On HBWATCH-MIB::snmpTrapOID.0)" = \
	.1.3.6.1.6.3.1.1.4.1.0 ]
result "so is the name of a notification" $?

if [ -d "$HBWATCH_IETF_MIBS" ] &&
	[ -e /usr/share/snmp/mibs/NET-SNMP-MIB.txt ]; then
	translate "$flat" -Tp HBWATCH-MIB::hbwatchMIB >"$out"
	translate "$HBWATCH_IETF_MIBS:/usr/share/snmp/mibs:$BUILD/out" -Tp \
		HBWATCH-MIB::hbwatchMIB >"$expected"
	diff -u "$expected" "$out" && [ "$(wc -l <"$out")" -gt 100 ]
	result "both versions have the same objects" $?
	# Older modules than that of RFC 3411 have the hint "255a".
	for name in hbwAlarmRaisedTime hbwAlarmDetail hbwWatchPeer; do
		translate "$flat" -Td "HBWATCH-MIB::$name" |
			grep -E 'DISPLAY|SYNTAX|TEXTUAL' >"$out"
		translate "$HBWATCH_IETF_MIBS:/usr/share/snmp/mibs:$BUILD/out" \
			-Td "HBWATCH-MIB::$name" |
			grep -E 'DISPLAY|SYNTAX|TEXTUAL' |
			sed 's/"255a"/"255t"/' >"$expected"
		diff -u "$expected" "$out" && [ -s "$out" ]
		result "both versions print $name in the same way" $?
	done
fi
echo "1..$tests"
[ $failed -eq 0 ]
