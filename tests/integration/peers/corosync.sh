# SPDX-License-Identifier: BSD-2-Clause
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# corosync: a cluster of both nodes.

# shellcheck source-path=SCRIPTDIR source=own_directories.sh
. "$INTEGRATION/peers/own_directories.sh"

# corosync_conf NAME TRANSPORT PORT [CIPHER]: writes the configuration for both
# nodes
corosync_conf() {
	local name=$1 cipher=${4:-none} hash=none

	[ "$cipher" = none ] || hash=sha256
	head -c 256 /dev/urandom >"$WORK/$name.key"
	cat >"$WORK/$name.conf" <<-END
		totem {
			version: 2
			cluster_name: hbwatch
			transport: $2
			crypto_cipher: $cipher
			crypto_hash: $hash
			keyfile: $WORK/$name.key
			token: 1000
			interface {
				linknumber: 0
				mcastport: $3
			}
		}
		nodelist {
			node {
				nodeid: 1
				name: a
				ring0_addr: $A4
			}
			node {
				nodeid: 2
				name: b
				ring0_addr: $B4
			}
		}
		quorum {
			provider: corosync_votequorum
			two_node: 1
		}
		logging {
			to_stderr: yes
			to_syslog: no
		}
		system {
			sched_rr: no
		}
	END
}

# start_corosync NAME a|b: starts that node as the process NAME-a or NAME-b
start_corosync() {
	local node=$NODE_A

	[ "$2" = a ] || node=$NODE_B
	start_with_directories "$1-$2" "$node" "$2" \
		/run /dev/shm /var/lib/corosync -- \
		corosync -f -c "$WORK/$1.conf"
}
