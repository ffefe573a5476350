#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: the permissions of the AgentX socket or of its directory refuse
#          hbwatchd, which runs as root or as another user; at the start, and
#          when snmpd restarts.
# Checks:  each time one log line says so, with the reason and a hint, and
#          hbwatchd connects as soon as it is permitted; the reason of an
#          unknown host and of a refused connection is logged too.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin setpriv
mkdir "$WORK/directory"
AGENTX=$WORK/directory/agentx
DENIED="cannot connect to snmpd \\(AgentX\\) at .*: Permission denied "
DENIED+="\\(see agentXPerms in hbwatchd\\(8\\)\\)"
CONNECTED="connected to snmpd"

watch_section flinkserver 20053 5s | configure
chmod 0711 "$WORK" "$WORK/directory"
chown -R 65534 "$WORK/state"
chmod 0644 "$WORK/hbwatchd.conf"
cp "$BUILD/hbwatchd" "$BUILD/hbwatch-engine" "$WORK"

# start_as USER: does not wait until it answers
start_as() {
	local user=$1

	# The log is that of the next process only.
	: >>"$WORK/hbwatchd.log"
	mark_log
	if [ "$user" = root ]; then
		run_hbwatchd
		return
	fi
	start hbwatchd "$NODE_A" env -u MIBS -u MIBDIRS setpriv \
		--reuid 65534 --regid 65534 --clear-groups \
		--inh-caps +net_raw --ambient-caps +net_raw \
		"$WORK/hbwatchd" -c "$WORK/hbwatchd.conf" \
		-s "$WORK/state" -l stderr -v -x "$AGENTX"
}

# denies WHAT: lets only other users use the socket, or its directory
denies() {
	case $1 in
	socket)
		chown 1 "$AGENTX"
		chmod 0600 "$AGENTX"
		;;
	directory)
		chown 1 "$WORK/directory"
		chmod 0700 "$WORK/directory"
		;;
	esac
}

permits() {
	chown 0 "$WORK/directory"
	chmod 0711 "$WORK/directory"
	[ ! -e "$AGENTX" ] || chmod 0666 "$AGENTX"
}

start_snmpd
for user in root nobody; do
	for what in socket directory; do
		denies "$what"
		start_as "$user"
		soon "$user, $what: the log says that it is denied" 10 \
			log_lines_are 1 "$DENIED"
		permits
		soon "$user, $what: then hbwatchd connects" 10 \
			log_lines_are 1 "$CONNECTED"
		is "$user, $what: the reason was logged once" \
			"$(log_count "$DENIED")" 1

		mark_log
		stop snmpd
		soon "$user, $what: the end of snmpd is logged" 10 \
			log_lines_are 1 "lost the connection to snmpd"
		denies directory
		run_snmpd
		soon "$user, $what: after a lost connection it is denied" 10 \
			log_lines_are 1 "$DENIED"
		permits
		soon "$user, $what: then hbwatchd connects again" 10 \
			log_lines_are 1 "$CONNECTED"
		check "$user, $what: hbwatchd ends on TERM" stop hbwatchd
	done
	rm -rf "$WORK/state"
	mkdir "$WORK/state"
	chown 65534 "$WORK/state"
done

chown 0 "$WORK/state"
mark_log
run_hbwatchd -x tcp:snmpd.hbwatch.invalid:705
soon "an unknown host of snmpd: the log says so" 10 log_lines_are 1 \
	"hbwatch.invalid:705: unknown host or invalid address; retrying"
check "an unknown host of snmpd: hbwatchd ends on TERM" stop hbwatchd
mark_log
run_hbwatchd -x tcp:127.0.0.1:1
soon "nothing listens at the address: the log says so" 10 log_lines_are 1 \
	"at tcp:127.0.0.1:1: Connection refused; retrying"
check "nothing listens at the address: hbwatchd ends on TERM" stop hbwatchd
finish
