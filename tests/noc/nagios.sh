#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Setting: a pair, and Nagios with contrib/nagios/hbwatch.cfg: active checks by
#          check_hbwatch, and passive ones by snmptrapd and hbwatch-passive.
# Checks:  Nagios accepts the file; the services show the alarm with its state
#          and text, and its clear; a restart of Nagios loses nothing.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin_noc nagios4

# A name with a space cannot be in a command of Nagios.
PLUGINS=$(mktemp -d /tmp/hbw-nagios.XXXXXX) || exit
trap 'status=$?; rm -rf "$PLUGINS"; (exit "$status"); clean_up' EXIT
ln -s "$PROGRAMS/check_hbwatch" "$PLUGINS/"
cat >"$WORK/objects.cfg" <<END
define timeperiod {
	timeperiod_name	24x7
	alias		always
	monday		00:00-24:00
	tuesday		00:00-24:00
	wednesday	00:00-24:00
	thursday	00:00-24:00
	friday		00:00-24:00
	saturday	00:00-24:00
	sunday		00:00-24:00
}
define contact {
	contact_name			nobody
	host_notifications_enabled	0
	service_notifications_enabled	0
	host_notification_period	24x7
	service_notification_period	24x7
	host_notification_options	n
	service_notification_options	n
	host_notification_commands	check_hbwatch_unknown
	service_notification_commands	check_hbwatch_unknown
}
define contactgroup {
	contactgroup_name	admins
	alias			nobody
	members			nobody
}
define host {
	host_name		node-1
	address			127.0.0.1
	max_check_attempts	1
	contact_groups		admins
	check_period		24x7
	notification_period	24x7
	notification_interval	0
}
define service {
	use			hbwatch-active
	host_name		node-1
	service_description	hbwatch
	check_command		check_hbwatch!public!-p ${AGENT#*:}
}
define service {
	use			hbwatch-passive
	host_name		node-1
	service_description	hbwatch flinkserver 45640
}
END
echo "\$USER1\$=$PLUGINS" >"$WORK/resource.cfg"
mkdir "$WORK/results"
# An interval_length of 1 makes seconds of minutes.
cat >"$WORK/nagios.cfg" <<END
log_file=$WORK/nagios-main.log
cfg_file=$WORK/objects.cfg
cfg_file=$CONTRIB/nagios/hbwatch.cfg
resource_file=$WORK/resource.cfg
status_file=$WORK/status.dat
status_update_interval=1
object_cache_file=$WORK/objects.cache
precached_object_file=$WORK/objects.precache
state_retention_file=$WORK/retention.dat
lock_file=$WORK/nagios.lock
temp_file=$WORK/nagios.tmp
temp_path=$WORK
check_result_path=$WORK/results
command_file=$WORK/nagios.cmd
query_socket=$WORK/nagios.qh
check_external_commands=1
interval_length=1
nagios_user=root
nagios_group=root
END

accepted() {
	nagios4 -v "$WORK/nagios.cfg" >"$WORK/validate.log" 2>&1
}

start_nagios() {
	rm -f "$WORK/status.dat"
	start nagios "$NODE_A" nagios4 "$WORK/nagios.cfg"
	need "Nagios does not start" 30 test -p "$WORK/nagios.cmd"
	need "Nagios writes no status" 30 test -s "$WORK/status.dat"
}

# service_is NAME STATE TEXT: its state and the output of its last check
service_is() {
	awk -v name="service_description=$1" -v state="current_state=$2" \
		-v text="$3" '
		/^servicestatus/ { hit = right = found = 0 }
		$0 ~ "^\t" name "$" { hit = 1 }
		$0 ~ "^\t" state "$" { right = 1 }
		/^\tplugin_output=/ && $0 ~ text { found = 1 }
		/^\t}/ && hit && right && found { all = 1 }
		END { exit !all }' "$WORK/status.dat" 2>/dev/null
}

check "Nagios accepts the file" accepted
start_nagios
receive "$(handler "$PROGRAMS/hbwatch-passive" --commands "$WORK/nagios.cmd")"
PASSIVE="hbwatch flinkserver 45640"
soon "active: no alarm is OK" 20 service_is hbwatch 0 "no active alarm"
raise
soon "passive: the raise is WARNING within 5 s" 5 \
	service_is "$PASSIVE" 1 "minor raised: FlinkServer Heartbeat"
soon "active: the raise is WARNING" 10 service_is hbwatch 1 "flinkserver minor"
"$BUILD/hbwatch" acknowledge -S "$WORK/control" flinkserver >"$WORK/operator"
soon "passive: an acknowledged alarm is WARNING" 5 \
	service_is "$PASSIVE" 1 "minor acknowledged: "
"$BUILD/hbwatch" shelve -S "$WORK/control" -d 1h flinkserver >"$WORK/operator"
soon "passive: a shelved alarm is OK" 5 \
	service_is "$PASSIVE" 0 "minor shelved: "
"$BUILD/hbwatch" unshelve -S "$WORK/control" flinkserver >"$WORK/operator"
soon "passive: an unshelved alarm is WARNING" 5 \
	service_is "$PASSIVE" 1 "minor unshelved: "
clear
soon "passive: the clear is OK within 5 s" 5 \
	service_is "$PASSIVE" 0 "minor cleared: "
soon "active: the clear is OK" 10 service_is hbwatch 0 "no active alarm"

# While Nagios is stopped nobody reads the pipe, and the result comes later.
stop nagios
raise
start_nagios
repair "$PROGRAMS/hbwatch-passive" --commands "$WORK/nagios.cmd"
soon "passive: after a restart a timer repairs the raise" 20 \
	service_is "$PASSIVE" 1 "minor raised: "
stop noc
clear
raise
receive
clear
soon "passive: after a restart of snmptrapd the clear is OK" 20 \
	service_is "$PASSIVE" 0 "minor cleared: "
finish
