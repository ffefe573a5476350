#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# hbwatch replay and discover on small captures, which captures.py writes.
# BUILD is the folder that hbwatch was built in.
set -u
export LC_ALL=C

HERE=$(cd "$(dirname "$0")" && pwd)
HBWATCH=$(realpath "${BUILD:-.}/hbwatch") || exit 1
command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 77; }
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1
python3 "$HERE/captures.py" "$WORK" || exit 1
TESTS=0
FAILED=0

ok()
{
	TESTS=$((TESTS + 1))
	echo "ok $TESTS - $1"
}

not_ok()
{
	TESTS=$((TESTS + 1))
	FAILED=$((FAILED + 1))
	echo "not ok $TESTS - $1"
	sed 's/^/# /' why
}

# same NAME STATUS EXPECTED GOT FILE...: the status, and the files in pairs.
same()
{
	local name=$1

	: >why
	[ "$2" = "$3" ] || echo "exit status $3, expected $2" >why
	shift 3
	while [ $# -gt 0 ]; do
		diff -u "$1" "$2" >>why
		shift 2
	done
	if [ -s why ]; then not_ok "$name"; else ok "$name"; fi
}

replay()
{
	"$HBWATCH" replay "$@" >out 2>err
}

# Waits for a line in a file that is being written; ten seconds at most.
wait_for()
{
	local tries

	for ((tries = 0; tries < 200; tries++)); do
		grep -q "$1" "$2" && return 0
		sleep 0.05
	done
	return 1
}

: >nothing
cat >conf <<'END'
watch "flinkserver" {
	interface = "eth1"
	peer = "192.0.2.12"
	local = "192.0.2.11"
	heartbeat = "udp 20053"
}
watch "twice \"ü\" \\" {
	interface = "eth2"
	peer = "192.0.2.12"
	heartbeat = "udp 20053"
	alarm = 12010
	recovery = 2
}
watch "expression" {
	interface = "eth1"
	peer = "192.0.2.12"
	heartbeat = "bpf udp dst port 20053"
	interruption = 42.25s
}
watch "silent" { interface = "eth1" peer = "192.0.2.99" heartbeat = "ip" }
watch "off" {
	interface = "eth1"
	peer = "192.0.2.12"
	heartbeat = "ip"
	enabled = false
}
END
cat >outage <<'END'
{"event":"raised","time":"2026-11-22T12:00:17.250000Z","watch":"twice \"ü\" \\","alarmId":12010,"severity":"major","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:10.250000Z","cause":"unknown"}
{"event":"raised","time":"2026-11-22T12:00:30.000000Z","watch":"silent","alarmId":45640,"severity":"minor","peer":"192.0.2.99","lastHeartbeat":null,"cause":"neverHeard"}
{"event":"raised","time":"2026-11-22T12:00:40.250000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:10.250000Z","cause":"unknown"}
{"event":"cleared","time":"2026-11-22T12:00:52.500000Z","watch":"flinkserver","alarmId":45640,"duration":12.250000}
{"event":"cleared","time":"2026-11-22T12:00:53.500000Z","watch":"twice \"ü\" \\","alarmId":12010,"duration":36.250000}
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":19,"firstHeartbeat":"2026-11-22T12:00:00.250000Z","lastHeartbeat":"2026-11-22T12:00:59.500000Z","medianInterval":1.000000,"longestGap":42.250000,"interruptions":1}
{"event":"summary","watch":"twice \"ü\" \\","state":"alive","heartbeats":19,"firstHeartbeat":"2026-11-22T12:00:00.250000Z","lastHeartbeat":"2026-11-22T12:00:59.500000Z","medianInterval":1.000000,"longestGap":42.250000,"interruptions":1}
{"event":"summary","watch":"expression","state":"alive","heartbeats":19,"firstHeartbeat":"2026-11-22T12:00:00.250000Z","lastHeartbeat":"2026-11-22T12:00:59.500000Z","medianInterval":1.000000,"longestGap":42.250000,"interruptions":0}
{"event":"summary","watch":"silent","state":"interrupted","heartbeats":0,"firstHeartbeat":null,"lastHeartbeat":null,"medianInterval":null,"longestGap":null,"interruptions":1}
{"event":"summary","watch":"off","state":"disabled","heartbeats":0,"firstHeartbeat":null,"lastHeartbeat":null,"medianInterval":null,"longestGap":null,"interruptions":0}
END

# ---- formats
for file in us-little.pcap us-big.pcap ns-little.pcap ns-big.pcap us.pcapng \
    ns-little.pcapng ns-big.pcapng two-interfaces.pcapng snapped.pcap \
    large.pcap; do
	replay -c conf "$file"
	same "$file" 0 $? outage out nothing err
done
replay -c conf short.pcap
status=$?
sed -n 's/.*"summary","watch":"flinkserver",.*\("heartbeats":[0-9]*\).*/\1/p' \
    out >said
echo '"heartbeats":0' >expected
same "no more of a packet than the file's snapshot" 0 $status expected said \
    nothing err
replay -c conf - <us-little.pcap
same "standard input, a file" 0 $? outage out nothing err
# shellcheck disable=SC2002 # a pipe is meant
cat us.pcapng | replay -c conf -
same "standard input, a pipe" 0 $? outage out nothing err

for file in fine.pcap fine.pcapng; do
	replay -c conf "$file"
	status=$?
	head -n 1 out >line
	cat >expected <<-'END'
	{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":2,"firstHeartbeat":"2026-11-22T12:00:00.123456Z","lastHeartbeat":"2026-11-22T12:00:01.123456Z","medianInterval":1.000000,"longestGap":1.000000,"interruptions":0}
	END
	same "nanoseconds in $file" 0 $status expected line nothing err
done

# ---- several, and disorder
replay -c conf first.pcap second.pcapng
same "two captures, one after the other" 0 $? outage out nothing err
replay -c conf second.pcapng first.pcap
same "the later one named first" 0 $? outage out nothing err
replay -c conf odd.pcap - <even.pcap
same "two at the same time, one of them standard input" 0 $? \
    outage out nothing err
(ulimit -n 16 && replay -c conf part*.pcap)
same "more captures than may be open" 0 $? outage out nothing err

replay -c conf shuffled.pcap
status=$?
grep -q '^hbwatch: shuffled.pcap: warning: [0-9]* packets out of order by' \
    err && sed -i '/out of order/d' err
same "shuffled" 0 $status outage out nothing err
replay -c conf swapped.pcap
status=$?
cat >expected <<'END'
hbwatch: swapped.pcap: warning: 1 packet out of order by up to 1.000000000 s; sorted
END
same "the count of what is out of order" 0 $status outage out expected err
replay -c conf late.pcap
status=$?
cat >expected <<'END'
hbwatch: late.pcap: warning: 1 packet out of order by up to 69.599000000 s; sorted, except 1 too far out of order, counted at the time already reached
END
same "too far out of order" 0 $status expected err

# ---- what cannot be read
replay -c conf cut-data.pcap
status=$?
cat >expected <<'END'
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":3,"firstHeartbeat":"2026-11-22T12:00:00.250000Z","lastHeartbeat":"2026-11-22T12:00:02.250000Z","medianInterval":1.000000,"longestGap":1.000000,"interruptions":0}
END
head -n 1 out >line
sed 's/: truncated.*//' err >said
echo "hbwatch: cut-data.pcap: warning: cannot read beyond packet 5" >cause
same "cut within a packet" 1 $status expected line cause said
replay -c conf cut-header.pcap
status=$?
sed 's/: truncated.*//' err >said
echo "hbwatch: cut-header.pcap: warning: cannot read beyond packet 29" >cause
same "cut within a header" 1 $status outage out cause said
replay -c conf cut.pcapng
status=$?
sed 's/: truncated.*//' err >said
echo "hbwatch: cut.pcapng: warning: cannot read beyond packet 29" >cause
same "cut pcapng" 1 $status outage out cause said

for file in empty text . missing; do
	replay -c conf us-little.pcap "$file"
	status=$?
	grep -c "^hbwatch: $file: " err >said
	echo 1 >expected
	same "no capture: $file" 1 $status nothing out expected said
done
replay -c conf mixed.pcapng
status=$?
grep -c '^hbwatch: mixed.pcapng: warning: .*interface' err >said
grep -c summary out >line
echo 5 >five
same "link types mixed" 1 $status expected said five line
replay -c conf wifi.pcap
status=$?
grep -c 'wifi.pcap: warning: link type 105 (.*) is not supported$' \
    err >said
same "unknown link type" 1 $status expected said
replay -c conf no-stamp.pcapng
status=$?
grep -c 'warning: ignored 1 packet without a usable timestamp$' err >said
same "no stamp" 0 $status expected said

# ---- time
cat >one <<'END'
watch "flinkserver" {
	interface = "eth1"
	peer = "192.0.2.12"
	heartbeat = "udp 20053"
}
END
cat >expected <<'END'
{"event":"summary","watch":"flinkserver","state":"starting","heartbeats":0,"firstHeartbeat":null,"lastHeartbeat":null,"medianInterval":null,"longestGap":null,"interruptions":0}
END
replay -c one header.pcap
same "a capture without packets" 0 $? expected out nothing err
cat >expected <<'END'
{"event":"raised","time":"2026-11-22T12:01:00.000000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:30.000000Z","cause":"unknown"}
{"event":"cleared","time":"2026-11-22T12:01:00.000001Z","watch":"flinkserver","alarmId":45640,"duration":0.000001}
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":3,"firstHeartbeat":"2026-11-22T12:00:00.000000Z","lastHeartbeat":"2026-11-22T12:01:00.000001Z","medianInterval":30.000000,"longestGap":30.000001,"interruptions":1}
END
replay -c one edge.pcap
same "in time at the last moment, and late" 0 $? expected out nothing err
cat >expected <<'END'
{"event":"raised","time":"2026-11-22T12:00:30.000000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:00.000000Z","cause":"unknown"}
{"event":"summary","watch":"flinkserver","state":"interrupted","heartbeats":1,"firstHeartbeat":"2026-11-22T12:00:00.000000Z","lastHeartbeat":"2026-11-22T12:00:00.000000Z","medianInterval":null,"longestGap":null,"interruptions":1}
END
replay -c one edge-end.pcap
same "due with the last packet" 0 $? expected out nothing err
replay -c one edge-foreign.pcap
same "due with the last packet, which is of no watch" 0 $? expected out \
    nothing err
cat one - >two <<'END'
watch "silent" {
	interface = "eth1"
	peer = "192.0.2.99"
	heartbeat = "udp 20053"
}
END
cat >expected <<'END'
{"event":"raised","time":"2026-11-22T12:00:30.000000Z","watch":"silent","alarmId":45640,"severity":"minor","peer":"192.0.2.99","lastHeartbeat":null,"cause":"neverHeard"}
{"event":"raised","time":"2026-11-22T12:00:50.000000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:20.000000Z","cause":"unknown"}
{"event":"summary","watch":"flinkserver","state":"interrupted","heartbeats":1,"firstHeartbeat":"2026-11-22T12:00:20.000000Z","lastHeartbeat":"2026-11-22T12:00:20.000000Z","medianInterval":null,"longestGap":null,"interruptions":1}
{"event":"summary","watch":"silent","state":"interrupted","heartbeats":0,"firstHeartbeat":null,"lastHeartbeat":null,"medianInterval":null,"longestGap":null,"interruptions":1}
END
replay -c two foreign.pcap
same "time goes by with packets of no watch" 0 $? expected out nothing err
replay -c two foreign-shuffled.pcap
status=$?
grep -c 'foreign-shuffled.pcap: warning: .* sorted$' err >said
echo 1 >err
same "and with these out of order" 0 $status expected out said err
cat >expected <<'END'
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":5,"firstHeartbeat":"1970-01-01T00:00:00.000000Z","lastHeartbeat":"1970-01-01T00:00:04.000000Z","medianInterval":1.000000,"longestGap":1.000000,"interruptions":0}
END
replay -c one zero.pcap
same "stamps from 0 on" 0 $? expected out nothing err
cat >group <<'END'
watch "group" { interface = "eth1" heartbeat = "vrrp 51" }
END
cat >expected <<'END'
{"event":"raised","time":"2026-11-22T12:00:34.000000Z","watch":"group","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:04.000000Z","cause":"instanceStopped"}
{"event":"cleared","time":"2026-11-22T12:00:45.000000Z","watch":"group","alarmId":45640,"duration":11.000000}
{"event":"summary","watch":"group","state":"alive","heartbeats":10,"firstHeartbeat":"2026-11-22T12:00:00.000000Z","lastHeartbeat":"2026-11-22T12:00:49.000000Z","medianInterval":1.000000,"longestGap":41.000000,"interruptions":1}
END
replay -c group group.pcap
same "a group without a peer" 0 $? expected out nothing err

# ---- a live pipe, and outputs that fail
mkfifo pipe
replay -c one - <pipe &
pid=$!
exec 3>pipe
cat live-1.pcap live-2.pcap >&3
wait_for '"raised","time":"2026-11-22T12:00:32.000000Z"' out
heard=$?
exec 3>&-
wait $pid
status=$?
same "an event is out while the pipe is open" 0 $heard
same "a pipe that ends" 0 $status nothing err
"$HBWATCH" replay -c conf us-little.pcap >/dev/full 2>err
status=$?
grep -c 'stdout: No space left' err >said
echo 1 >expected
same "a full disk" 1 $status expected said
python3 -c 'import os, subprocess, sys
reader, writer = os.pipe()
os.close(reader)
sys.exit(subprocess.run(sys.argv[1:], stdout=writer).returncode)' \
    "$HBWATCH" replay -c conf us-little.pcap 2>err
status=$?
grep -c 'stdout: Broken pipe' err >said
same "a closed pipe" 1 $status expected said
for arguments in "" "-c conf" "us-little.pcap" "-x" "-c conf - -" \
    "-c nothing-here us-little.pcap"; do
	# shellcheck disable=SC2086 # several words are meant
	"$HBWATCH" replay $arguments >out 2>err
	same "refused: replay $arguments" 2 $? nothing out
done

# piped SIGNAL COMMAND CAPTURE: sends the capture through a pipe that stays
# open, and the signal.  A job in the background ignores SIGINT at its start.
piped()
{
	local signal=$1 pid

	# shellcheck disable=SC2086 # several words are meant
	"$HBWATCH" $2 <pipe >out 2>err &
	pid=$!
	exec 3>pipe
	cat "$3" >&3
	if [ "${2%% *}" = replay ]; then
		wait_for '"cleared"' out
	fi
	kill -s "$signal" "$pid"
	wait "$pid"
	status=$?
	exec 3>&-
}

for signal in INT TERM; do
	piped $signal "replay -c one -" us-little.pcap
	grep -c '"summary".*"heartbeats":19,' out >said
	echo 1 >expected
	same "replay: SIG$signal gives the summary of a pipe" 0 $status \
	    expected said nothing err
done

# ---- help
for command in check replay discover; do
	"$HBWATCH" $command -h >out 2>err
	status=$?
	sed -n "1s/^usage: hbwatch $command .*/fine/p; 2,\$p" out >said
	echo fine >expected
	same "$command -h" 0 $status expected said nothing err
	"$HBWATCH" $command -h >/dev/full 2>err
	same "$command -h on a full disk" 1 $?
	"$HBWATCH" $command -x >out 2>err
	status=$?
	head -n 1 err | cut -d ' ' -f 1 >said
	grep -c "^usage: hbwatch $command " err >>said
	printf 'hbwatch:\n1\n' >expected
	same "what getopt says of $command -x" 2 $status expected said \
	    nothing out
done

# ---- discover
first_row()
{
	sed -n '/^# flow /{n;p;q}' out | tr -s ' ' | cut -d ' ' -f 2-6
}

discover()
{
	"$HBWATCH" discover "$@" >out 2>err
}

discover -r nothing.pcap
status=$?
grep -c '^# no periodic flow was found' out >said
echo 1 >expected
same "discover: no heartbeat" 0 $status expected said nothing err
discover -r udp.pcap
status=$?
first_row >said
echo "192.0.2.11 <-> 192.0.2.12 udp 20053" >one-way
echo "192.0.2.12 <-> 192.0.2.11 udp 20053" >other-way
cmp -s other-way said && cp other-way one-way
same "discover: UDP among forty" 0 $status one-way said nothing err
"$HBWATCH" check out >said 2>&1
status=$?
echo "configuration OK" >expected
same "discover: its output is a configuration" 0 $status expected said
"$HBWATCH" replay -c out udp.pcap | grep -c \
    '"summary".*"heartbeats":59,' >said
echo 2 >expected
same "discover: the configuration hears both" 0 0 expected said
discover -r tls.pcap
status=$?
first_row >said
echo "192.0.2.11 <-> 192.0.2.12 tcp 21750" >one-way
echo "192.0.2.12 <-> 192.0.2.11 tcp 21750" >other-way
cmp -s other-way said && cp other-way one-way
same "discover: TCP among forty" 0 $status one-way said
discover -r known.pcap
status=$?
first_row >said
echo "192.0.2.12 -> 224.0.0.18 vrrp 51" >expected
same "discover: what a decoder knows comes first" 0 $status expected said
discover -r known.pcap -b 192.0.2.31,192.0.2.30
status=$?
first_row >said
echo "192.0.2.30 -> 192.0.2.31 udp 7000" >expected
same "discover: between two nodes" 0 $status expected said
discover -r - <known.pcap
status=$?
grep -c 'vrrp 51' out >said
echo 3 >expected
same "discover: standard input" 0 $status expected said
for arguments in "" "-r known.pcap -i lo" "-r known.pcap -T 5" \
    "-r known.pcap -b 192.0.2.1" "-r known.pcap -b a,b" "-i lo -T 0" \
    "-r known.pcap more"; do
	# shellcheck disable=SC2086 # several words are meant
	"$HBWATCH" discover $arguments >out 2>err
	same "refused: discover $arguments" 2 $? nothing out
done

for signal in INT TERM; do
	piped $signal "discover -r -" known.pcap
	grep '^watch "vrrp' out >said
	echo 'watch "vrrp 51" {' >expected
	same "discover: SIG$signal gives what was found" 0 $status \
	    expected said nothing err
done

discover -r gap.pcap
status=$?
grep -o '[0-9.]* s  *[0-9]* %$' out | cut -d ' ' -f 1 >said
echo 20.000 >expected
same "discover: the longest gap of both directions" 0 $status expected said

discover -r groups.pcap
status=$?
grep '^watch' out | sort >said
cat >expected <<'END'
watch "carp 7" {
watch "hsrp 3 from 192.0.2.11 to 224.0.0.2" {
watch "hsrp 3 from 192.0.2.12 to 224.0.0.2" {
watch "vrrp 51" {
END
grep 'peer = ' out | sort >peers
cat >routers <<'END'
	peer = "192.0.2.11"
	peer = "192.0.2.12"
END
same "discover: a section for each group" 0 $status expected said \
    routers peers nothing err
cp out found
replay -c found groups.pcap
status=$?
grep -c '"summary".*"state":"alive"' out >said
grep -c '"raised"' out >>said
printf '4\n0\n' >expected
same "discover: a backup's silence is no outage" 0 $status expected said
discover -r families.pcap
status=$?
sed -n '/^watch "vrrp/p; s/^\tlocal = /local /p' out | sort >said
cat >expected <<'END'
local "224.0.0.18"
local "ff02::12"
watch "vrrp 51 to 224.0.0.18" {
watch "vrrp 51 to ff02::12" {
END
same "discover: groups of the same number" 0 $status expected said
cp out found
replay -c found families.pcap
status=$?
grep -c '"watch":"vrrp 51 to .*"heartbeats":60,' out >said
echo 2 >expected
same "discover: and each is heard alone" 0 $status expected said

discover -r known.pcap -b 192.0.2.30,2001:db8::1
status=$?
cat >expected <<'END'
hbwatch: -b 192.0.2.30,2001:db8::1: one address is IPv4, the other one IPv6; expected two of the same family
END
same "refused: discover between two families" 2 $status expected err nothing out
discover -r known.pcap -b 192.0.2.30,192.0.2.99
status=$?
sed 1d out >said
cat >expected <<'END'
# no packet between 192.0.2.30 and 192.0.2.99 was seen
# no periodic flow was found
END
same "discover: no packet between two nodes" 0 $status expected said nothing err
discover -r known.pcap -b 192.0.2.30,192.0.2.31
grep '^# no packet' out >said
same "discover: packets between two nodes" 0 0 nothing said nothing err

# A host of its own, so that there is no traffic.
silence()
{
	# shellcheck disable=SC2016 # the inner shell's
	unshare -rn sh -c 'ip link set lo up && exec "$@"' - "$@"
}

if silence true 2>err; then
	silence "$HBWATCH" discover -i lo -T 1 >out 2>err
	status=$?
	cat >expected <<-'END'
	# 0 packets in 1.0 s, 0 flows
	# no periodic flow was found
	# (a flow with an interval above 0.2 s needs a longer capture)
	END
	sed -i '1s/ 1\.[0-9] s/ 1.0 s/' out
	same "discover: the time listened" 0 $status expected out nothing err
else
	ok "discover: the time listened # SKIP no network of its own"
fi

echo "1..$TESTS"
[ "$FAILED" -eq 0 ]
