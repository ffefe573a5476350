#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Each broken/NAME.conf is refused with exit status 2 and, word for word, with
# broken/NAME.err.  HBWATCH is the program to ask.
set -u

hbwatch=$(realpath "${HBWATCH:-./hbwatch}") || exit 1
cd "$(dirname "$0")/broken" || exit 1

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
tests=0
failed=0
for conf in *.conf; do
	"$hbwatch" check "$conf" >"$out" 2>&1
	status=$?
	tests=$((tests + 1))
	if [ $status -eq 2 ] && diff -u "${conf%.conf}.err" "$out"; then
		echo "ok $tests - $conf"
	else
		echo "not ok $tests - $conf: exit status $status, expected 2"
		failed=$((failed + 1))
	fi
done
echo "1..$tests"
[ $failed -eq 0 ] && [ $tests -ge 10 ]
