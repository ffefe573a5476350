#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The manual pages describe each option of the configuration, each heartbeat and
# each option of the command lines, README.md explains each cause, and hbwatchd
# logs the messages that its page explains.  HBWATCH is the program hbwatch;
# hbwatchd is in the same directory.
set -u

hbwatch=$(realpath "${HBWATCH:-./hbwatch}") || exit 1
cd "$(dirname "$0")" || exit 1
pages=../../agent
scratch=$(mktemp) || exit 1
trap 'rm -f "$scratch"' EXIT
tests=0
failed=0

# described PAGE MACRO WORD...: is each word a tag of a list of the page?
described() {
	page=$1
	macro=$2
	shift 2
	missing=
	for word; do
		grep -qE "^\.It (.* )?$macro $word( |$)" "$page" ||
			missing="$missing $word"
	done
	tests=$((tests + 1))
	if [ $# -gt 0 ] && [ -z "$missing" ]; then
		echo "ok $tests - ${page##*/} describes: $*"
	else
		echo "not ok $tests - ${page##*/} does not describe:$missing"
		failed=$((failed + 1))
	fi
}

# letters PROGRAM: the options in the usage of the program
letters() {
	"$1" -h | tr -c 'a-zA-Z\n-' ' ' | tr ' ' '\n' |
		sed -n 's/^-\([a-zA-Z]\)$/\1/p' | sort -u
}

# broken.sh compares these lists with the program.  `include` is no option, and
# after it are the sections.
options=$(sed 's/.*@\/\(.*\)\/$/\1/; s/,//g; s/ include .*//' \
	broken/options.sed)
# shellcheck disable=SC2086 # several words
described $pages/hbwatchd.conf.5 Cm $options

echo 'watch w { interface = e peer = ::1 heartbeat = unknown }' >"$scratch"
forms=$("$hbwatch" check "$scratch" 2>&1 |
	sed 's/.*expected one of //; s/[A-Z]*//g; s/ or / /; s/[],[]//g')
# shellcheck disable=SC2086 # several words
described $pages/hbwatchd.conf.5 Cm $forms

# shellcheck disable=SC2046 # several words
described $pages/hbwatchd.8 Fl $(letters "${hbwatch}d")
# shellcheck disable=SC2046 # several words
described ../../src/offline/hbwatch.1 Fl $(letters "$hbwatch")

# Each command has the long options, too.
different=$("$hbwatch" -h | sed -n 's/.* hbwatch \([a-z]*\) .*/\1/p' |
	while read -r command; do
		[ "$("$hbwatch" "$command" --help)" = \
			"$("$hbwatch" "$command" -h)" ] &&
		[ "$("$hbwatch" "$command" --version)" = \
			"$("$hbwatch" --version)" ] || echo "$command"
	done)
tests=$((tests + 1))
if [ -z "$different" ] && [ "$("$hbwatch" --version)" = "$("$hbwatch" -V)" ]
then
	echo "ok $tests - --help and --version"
else
	echo "not ok $tests - --help or --version of: $different"
	failed=$((failed + 1))
fi

missing=$(sed -n '/^HbwCause ::=/,/}/s/^ *\([a-zA-Z]*\)([0-9]*),\{0,1\}$/\1/p' \
	../../mibs/HBWATCH-MIB.txt | while read -r cause; do
		grep -qx "### $cause" ../../README.md || echo "$cause"
	done)
tests=$((tests + 1))
if [ -z "$missing" ]; then
	echo "ok $tests - README.md has a page for each cause"
else
	echo "not ok $tests - README.md has no page for: $missing"
	failed=$((failed + 1))
fi

# A reference to a section, perhaps of another page.
manuals=$(echo $pages/*.[58] ../../src/offline/*.1)
# shellcheck disable=SC2086 # several files
missing=$(sed -n 's/^\.Sx \(.*[^ .,;]\).*/\1/p' $manuals | sort -u |
	while IFS= read -r section; do
		grep -qE "^\.S[hs] $section\$" $manuals || echo "$section"
	done)
tests=$((tests + 1))
if [ -z "$missing" ]; then
	echo "ok $tests - the pages have the sections to which they refer"
else
	echo "not ok $tests - the pages have no section: $missing"
	failed=$((failed + 1))
fi

# messages: a line for each fixed part of a log message in DIAGNOSTICS.  Two of
# them are put together by the program, which has the parts only.
messages() {
	sed -n '/^\.Sh DIAGNOSTICS/,/^\.Sh SEE/p' $pages/hbwatchd.8 |
		sed -z 's/\\\n//g' | sed -n 's/^\.It Sy "\(.*\)"$/\1/p' |
		sed 's/watches are/watch%s/; s/blind: peer/blind: %speer/' |
		sed 's/\\(dq/\\"/g; s/ [0-9]* /%d/g' |
		sed 's/%[.0-9]*[a-z]*/\n/g' | grep ......
}

# Adjacent string literals of C are one.
sed -z 's/"[[:space:]]*"//g' $pages/*.c ../../src/*/*.c >"$scratch"
unknown=$(messages | while IFS= read -r text; do
	grep -qaF -- "$text" "$scratch" || echo "$text"
done)
tests=$((tests + 1))
if [ "$(messages | wc -l)" -gt 20 ] && [ -z "$unknown" ]; then
	echo "ok $tests - hbwatchd logs the messages in DIAGNOSTICS"
else
	echo "not ok $tests - hbwatchd does not log: $unknown"
	failed=$((failed + 1))
fi

echo "1..$tests"
[ $failed -eq 0 ]
