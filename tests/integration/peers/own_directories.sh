# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Daemons that see folders of their own in the place of the system's.


# folder_of NAME: what is / to its private folders
folder_of() {
	echo "$WORK/$1.folder"
}

# start_private NAME NODE HOSTNAME PATH... -- COMMAND...: like start
start_private() {
	local name=$1 node=$2

	shift 2
	start "$name" "$node" "$TOOLS/run-with-own-directories" "$(folder_of "$name")" "$@"
}

# inside NAME COMMAND...: with the folders and the network of what was started
inside() {
	local pid=${PID[$1]}

	shift
	nsenter --target "$pid" --mount --net -- "$@"
}

# kill_family NAME: it and its children at once.  The parent is stopped before,
# so that it neither replaces a child nor says farewell.
kill_family() {
	local pid=${PID[$1]} child

	kill -STOP "$pid"
	for child in $(children "$pid"); do
		kill -KILL "$child"
	done
	stop "$1" KILL
}
