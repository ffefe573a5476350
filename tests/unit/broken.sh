#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Each broken/NAME.conf is refused with exit status 2 and, word for word, with
# broken/NAME.err, in which broken/options.sed replaces @TOP@, @ALARM@ and
# @WATCH@ with the options there.  HBWATCH is the program that is tested.
set -u

hbwatch=$(realpath "${HBWATCH:-./hbwatch}") || exit 1
cd "$(dirname "$0")/broken" || exit 1

out=$(mktemp) || exit 1
expected=$(mktemp) || exit 1
trap 'rm -f "$out" "$expected"' EXIT
tests=0
failed=0
for conf in *.conf; do
	"$hbwatch" check "$conf" >"$out" 2>&1
	status=$?
	tests=$((tests + 1))
	sed -f options.sed "${conf%.conf}.err" >"$expected"
	if [ $status -eq 2 ] && diff -u "$expected" "$out"; then
		echo "ok $tests - $conf"
	else
		echo "not ok $tests - $conf: exit status $status, expected 2"
		failed=$((failed + 1))
	fi
done
echo "1..$tests"
[ $failed -eq 0 ] && [ $tests -ge 10 ]
