#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: configurations, log files and state directories with several owners
#          and modes; hbwatchd -t as root, as another user, and as a reload.
# Checks:  -t finds what the user of hbwatchd cannot read or write, and says
#          what it did not check.  The ExecReload of the unit refuses a file
#          with errors, and accepts what a reload accepts.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin setpriv
user=hbwatch
id "$user" >/dev/null 2>&1 || user=nobody
CONF=$WORK/hbwatchd.conf
# The node's own lo has no address of a peer.
{
	echo "include '$WORK/more.conf'"
	echo "watch a { interface = lo peer = 192.0.2.1 heartbeat = ip
	log = '$WORK/logs/a.log' }"
} >"$CONF"
: >"$WORK/more.conf"
mkdir -m 0755 "$WORK/logs"
: >"$WORK/logs/a.log"

# run_t ARGUMENT...: sets `status`, and `lines` to all that -t writes
run_t() {
	lines=$(at "$NODE_A" "${as[@]}" "$BUILD/hbwatchd" -t -c "$CONF" \
		"$@" 2>&1)
	status=$?
}

# refused TEXT LINE: -t fails with this line, a regular expression
refused() {
	is "$1: -t fails" "$status" 2
	like "$1: -t says so" "$lines" "$2"
}

# accepted TEXT
accepted() {
	is "$1: -t accepts it" "$status" 0
	like "$1: -t says so" "$lines" "configuration OK"
}

as=()
run_t
accepted "the user can read all files"
like "a log that PrivateTmp hides is a warning" "$lines" \
	"hbwatchd.conf:2: warning: log .* unit has PrivateTmp=yes"

chmod 0600 "$WORK/logs/a.log"
run_t
refused "a log of root" \
	"hbwatchd.conf:2: log .*: user \"$user\" cannot read it: Permission"
chmod 0644 "$WORK/logs/a.log"
chmod 0700 "$WORK/logs"
run_t
refused "a log in a directory of root" "log .*: user \"$user\" cannot read it"
chmod 0755 "$WORK/logs"
rm "$WORK/logs/a.log"
run_t
accepted "a log that does not exist yet"

chmod 0600 "$WORK/more.conf"
run_t
refused "an included file of root" \
	"more.conf: user \"$user\" cannot read it: Permission denied"
chown "$user" "$WORK/more.conf"
run_t
accepted "an included file of the user"
chmod 0600 "$CONF"
run_t
refused "a configuration of root" \
	"hbwatchd.conf: user \"$user\" cannot read it: Permission denied"
chmod 0644 "$CONF"
mkdir -m 0700 "$WORK/private"
echo "watch a { interface = lo peer = 192.0.2.1 heartbeat = ip }" \
	>"$WORK/private/hbwatchd.conf"
CONF=$WORK/private/hbwatchd.conf
run_t
accepted "a configuration in a directory of root, not installed yet"
like "it is a warning" "$lines" \
	"warning: user \"$user\" cannot enter its directory"
CONF=$WORK/hbwatchd.conf

mkdir -m 0700 "$WORK/new"
run_t -s "$WORK/new"
accepted "an empty state directory, which a start gives to the user"
: >"$WORK/new/other"
run_t -s "$WORK/new"
refused "a state directory of another program" \
	"new: user \"$user\" cannot write to this state directory"
chown "$user" "$WORK/new"
run_t -s "$WORK/new"
accepted "a state directory of the user"

#
# As another user
#

mkdir -m 0755 "$WORK/bin"
install -m 0755 "$BUILD/hbwatchd" "$WORK/bin"
BIN=$WORK/bin
lines=$(at "$NODE_A" setpriv --reuid daemon --regid daemon --clear-groups \
	"$BIN/hbwatchd" -t -c "$CONF" 2>&1)
is "-t as another user: the included file cannot be read" "$?" 2
chown root "$WORK/more.conf"
chmod 0644 "$WORK/more.conf"
lines=$(at "$NODE_A" setpriv --reuid daemon --regid daemon --clear-groups \
	"$BIN/hbwatchd" -t -c "$CONF" 2>&1)
is "-t as another user accepts the file" "$?" 0
like "it says what it did not check" "$lines" \
	"not checked: whether user \"hbwatch\" can read the files"

#
# As the ExecReload of the unit
#

exec_reload=$(sed -n 's/^ExecReload=//p' "$ROOT/agent/hbwatchd.service.in" |
	head -n 1)
like "the unit checks the file before the signal" "$exec_reload" \
	"^@sbindir@/hbwatchd -t -r -c @sysconfdir@/hbwatch/hbwatchd.conf "
# It uses the user, the files and the limits of the unit; see systemd-unit.sh.
echo "watch b { interface = nosuch0 peer = 192.0.2.2 heartbeat = ip }" \
	>>"$CONF"
run_t
refused "a missing interface" "hbwatchd.conf:4: no such interface \"nosuch0\""
run_t -r
accepted "a missing interface with -r"
like "with -r it is shown" "$lines" "no such interface \"nosuch0\""
chmod 0700 "$WORK/logs"
run_t -r
accepted "a log of root with -r"
like "with -r it is shown, too" "$lines" "log .*: user \"$user\" cannot read"
chmod 0755 "$WORK/logs"
echo "nonsense" >>"$CONF"
run_t -r
refused "an error with -r" "hbwatchd.conf:5: unexpected \"nonsense\""
lines=$(at "$NODE_A" "$BUILD/hbwatchd" -r -c "$CONF" 2>&1)
is "-r without -t is an error" "$?" 2
finish
