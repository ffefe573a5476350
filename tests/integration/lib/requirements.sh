# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The requirements of the tests: Debian packages, a build, and MIB modules.

#
# Debian packages
#

# missing_packages [demo]: the packages of tests/packages, without those for
# benchmarks, that are not installed
missing_packages() {
	local name only

	while read -r name only; do
		case $name in '' | '#'*) continue ;; esac
		[ "$only" != bench ] || continue
		[ "${1:-}:$only" != demo:tests ] || continue
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" \
			2>/dev/null)" = installed ] || echo "$name"
	done <"$ROOT/tests/packages"
}

# install_packages [demo]: installs those that are missing
install_packages() {
	local missing

	mapfile -t missing < <(missing_packages "$@")
	[ "${#missing[@]}" -gt 0 ] || return 0
	echo "installing: ${missing[*]}"
	apt_install "${missing[@]}" 2>/dev/null || {
		echo "updating the package lists"
		apt-get -qq update && apt_install "${missing[@]}"
	}
}

apt_install() {
	local log status

	log=$(mktemp) || return
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		--no-install-recommends install "$@" </dev/null >"$log" 2>&1
	status=$?
	[ "$status" -eq 0 ] || tail -n 5 "$log" >&2
	rm -f "$log"
	return "$status"
}

# build_tree: builds into $BUILD, with autogen.sh and configure; the log is
# $BUILD/build.log
build_tree() {
	mkdir -p "$BUILD" || return
	(
		cd "$BUILD" || exit
		[ -x "$ROOT/configure" ] || "$ROOT/autogen.sh" || exit
		# configure refuses a source directory with a space in its
		# name; the name of a link has none.
		[ -e Makefile ] || {
			ln -sfn "$ROOT" source && source/configure
		} || exit
		make -j "$(nproc)"
	) >"$BUILD/build.log" 2>&1
}

#
# MIB modules
#

# In Debian's main archive only Erlang has copies of the IETF's modules.
# HBWATCH_IETF_MIBS names a directory that has them; without it they are
# downloaded and kept in the build directory.
IETF_MIBS="SNMPv2-SMI SNMPv2-TC SNMPv2-CONF SNMPv2-MIB SNMP-FRAMEWORK-MIB
    INET-ADDRESS-MIB"

install_mibs() {
	local cache=${HBWATCH_IETF_MIBS:-$BUILD/ietf-mibs}

	[ -d "$cache" ] || fetch_mibs "$cache" >"$WORK/mibs.log" 2>&1 ||
		bail_out "no IETF MIB modules: $(tail -n 1 "$WORK/mibs.log")"
	cp "$cache"/* "$MIBDIRS"
	cp /usr/share/snmp/mibs/NET-SNMP-MIB.txt "$ROOT/mibs/HBWATCH-MIB.txt" \
		"$MIBDIRS" || bail_out "no NET-SNMP-MIB: install libsnmp-base"
}

# fetch_mibs DIRECTORY: makes the directory with all modules; if one is missing,
# makes no directory
fetch_mibs() {
	mkdir -p "$(dirname "$1")" || return
	(
		unpack=$(mktemp -d "$1.XXXXXX") || exit
		trap 'rm -rf "$unpack"' EXIT
		cd "$unpack" && mkdir modules && download_mibs || exit
		for module in $IETF_MIBS; do
			cp usr/lib/erlang/lib/snmp-*/mibs/"$module.mib" \
				modules || exit
		done
		# Another test may have made it at the same time.
		mv -T modules "$1" || [ -d "$1" ]
	)
}

download_mibs() {
	apt-get -qq download erlang-snmp || {
		apt-get -qq update && apt-get -qq download erlang-snmp
	} || return
	dpkg -x erlang-snmp_*.deb .
}
