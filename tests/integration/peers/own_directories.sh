# SPDX-License-Identifier: BSD-2-Clause
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Daemons with fixed paths: each gets its own directories at these paths.  So
# two of them can run, and the files of the machine do not change.

# own_directory NAME: the directory that contains the own directories of NAME
own_directory() {
	echo "$WORK/$1.root"
}

# start_with_directories NAME NODE HOSTNAME PATH... -- COMMAND...: like `start`
start_with_directories() {
	local name=$1 node=$2

	shift 2
	start "$name" "$node" "${PEER_PRIORITY[@]}" \
		"$TOOLS/run-with-own-directories" \
		"$(own_directory "$name")" "$@"
}

# run_inside NAME COMMAND...: with the directories and the network of NAME
run_inside() {
	local pid=${PID[$1]}

	shift
	nsenter --target "$pid" --mount --net -- "$@"
}
