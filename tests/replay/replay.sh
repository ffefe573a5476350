#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Tests hbwatch replay and discover on small captures, which captures.py writes.
# BUILD is the build directory, the default is the current one.
set -u
export LC_ALL=C
unset COLUMNS

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
	sed 's/^/# /' differences
}

# same DESCRIPTION EXPECTED-STATUS STATUS [EXPECTED-FILE FILE]...: compares the
# two exit statuses and each pair of files.
same()
{
	local description=$1

	: >differences
	[ "$2" = "$3" ] || echo "exit status $3, expected $2" >differences
	shift 3
	while [ $# -gt 0 ]; do
		diff -u "$1" "$2" >>differences
		shift 2
	done
	if [ -s differences ]; then
		not_ok "$description"
	else
		ok "$description"
	fi
}

replay()
{
	"$HBWATCH" replay "$@" >out 2>err
}

# replays TEXT ARGUMENT...: passes if replay prints standard input, and no error
replays()
{
	local description=$1

	shift
	cat >expected
	replay "$@"
	same "$description" 0 $? expected out nothing err
}

# wait_for PATTERN FILE: waits up to a minute for a line of the file.
wait_for()
{
	local tries

	for ((tries = 0; tries < 1200; tries++)); do
		grep -qs "$1" "$2" && return 0
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
{"event":"raised","time":"2026-11-22T12:00:17.250000Z","watch":"twice \"ü\" \\","alarmId":12010,"severity":"major","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:10.250000Z","cause":"unknown","side":"unknown","confidence":0}
{"event":"raised","time":"2026-11-22T12:00:30.000000Z","watch":"silent","alarmId":45640,"severity":"minor","peer":"192.0.2.99","lastHeartbeat":null,"cause":"neverHeard","side":"unknown","confidence":60}
{"event":"raised","time":"2026-11-22T12:00:40.250000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:10.250000Z","cause":"unknown","side":"unknown","confidence":0}
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
    large.pcap mixed-little.pcapng mixed-big.pcapng; do
	replay -c conf "$file"
	same "replay reads $file" 0 $? outage out nothing err
done
replay -c conf short.pcap
status=$?
sed -n 's/.*"summary","watch":"flinkserver",.*\("heartbeats":[0-9]*\).*/\1/p' \
    out >got
echo '"heartbeats":0' >expected
same "octets beyond the snapshot length of the file are not used" 0 $status \
    expected got nothing err
replay -c conf - <us-little.pcap
same "replay reads a file from standard input" 0 $? outage out nothing err
# shellcheck disable=SC2002 # a pipe is intended
cat us.pcapng | replay -c conf -
same "replay reads a pipe from standard input" 0 $? outage out nothing err

# shellcheck disable=SC2002 # a pipe is intended
cat mixed-big.pcapng | replay -c conf -
same "replay reads interfaces of several link types from a pipe" \
    0 $? outage out nothing err

for file in fine.pcap fine.pcapng; do
	replay -c conf "$file"
	status=$?
	head -n 1 out >line
	cat >expected <<-'END'
	{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":2,"firstHeartbeat":"2026-11-22T12:00:00.123456Z","lastHeartbeat":"2026-11-22T12:00:01.123456Z","medianInterval":1.000000,"longestGap":1.000000,"interruptions":0}
	END
	same "$file: nanoseconds are rounded down to microseconds" \
	    0 $status expected line nothing err
done

# ---- several captures, and packets out of order
replay -c conf first.pcap second.pcapng
same "two consecutive captures are merged" 0 $? outage out nothing err
replay -c conf second.pcapng first.pcap
same "the order of the names does not matter" 0 $? outage out nothing err
replay -c conf odd.pcap - <even.pcap
same "a capture and standard input of the same time are merged" 0 $? \
    outage out nothing err
(ulimit -n 16 && replay -c conf part*.pcap)
same "more captures than the process may open files are merged" \
    0 $? outage out nothing err

replay -c conf shuffled.pcap
status=$?
grep -q '^hbwatch: shuffled.pcap: warning: [0-9]* packets out of order by' \
    err && sed -i '/out of order/d' err
same "shuffled packets are sorted" 0 $status outage out nothing err
replay -c conf swapped.pcap
status=$?
cat >expected <<'END'
hbwatch: swapped.pcap: warning: 1 packet out of order by up to 1.000000000 s; sorted
END
same "the warning counts the packets out of order" 0 $status \
    outage out expected err
replay -c conf late.pcap
status=$?
cat >expected <<'END'
hbwatch: late.pcap: warning: 1 packet out of order by up to 69.599000000 s; sorted, except 1 too far out of order, counted at the time already reached
END
same "the warning counts the packets too far out of order" \
    0 $status expected err

# ---- damaged and unsupported captures
replay -c conf cut-data.pcap
status=$?
cat >expected <<'END'
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":3,"firstHeartbeat":"2026-11-22T12:00:00.250000Z","lastHeartbeat":"2026-11-22T12:00:02.250000Z","medianInterval":1.000000,"longestGap":1.000000,"interruptions":0}
END
head -n 1 out >line
sed 's/: truncated.*//' err >got
echo "hbwatch: cut-data.pcap: warning: cannot read beyond packet 5" >cause
same "a capture cut in a packet is used up to there" 1 $status \
    expected line cause got
replay -c conf cut-header.pcap
status=$?
sed 's/: truncated.*//' err >got
echo "hbwatch: cut-header.pcap: warning: cannot read beyond packet 29" >cause
same "a capture cut in a packet header is used up to there" 1 $status \
    outage out cause got
replay -c conf cut.pcapng
status=$?
sed 's/: truncated.*//' err >got
echo "hbwatch: cut.pcapng: warning: cannot read beyond packet 29" >cause
same "a cut pcapng capture is used up to there" 1 $status \
    outage out cause got

for file in empty text . missing; do
	replay -c conf us-little.pcap "$file"
	status=$?
	grep -c "^hbwatch: $file: " err >got
	echo 1 >expected
	same "a file that is not a capture is an error: $file" 1 $status \
	    nothing out expected got
done
replay -c conf mixed-wifi.pcapng
status=$?
cat >cause <<'END'
hbwatch: mixed-wifi.pcapng: warning: link type 105 (IEEE802_11) is not supported
END
sed -n '1s/.*\("heartbeats":[0-9]*\).*/\1/p' out >got
echo '"heartbeats":2' >line
same "an unsupported link type of one interface gives a warning" \
    1 $status line got cause err
replay -c conf obsolete.pcapng
status=$?
sed -n '1s/.*\("heartbeats":[0-9]*\).*/\1/p' out >got
echo '"heartbeats":3' >line
same "obsolete blocks of pcapng have the link type of their interface" \
    0 $status line got nothing err
cat >ether <<'END'
watch "ether" { interface = "eth1" heartbeat = "bpf ether src 02:00:00:00:00:02" }
END
replay -c ether mixed-little.pcapng
status=$?
grep -c 'the link type of the capture does not support all watches' err >got
echo 1 >expected
same "an expression that is invalid for one of the link types is an error" \
    1 $status expected got
replay -c conf wifi.pcap
status=$?
grep -c 'wifi.pcap: warning: link type 105 (.*) is not supported$' \
    err >got
same "an unsupported link type gives a warning" 1 $status expected got
replay -c conf no-timestamp.pcapng
status=$?
grep -c 'warning: ignored 1 packet without a usable timestamp$' err >got
same "a packet without a timestamp is ignored" 0 $status expected got
for order in little big; do
	replay -c conf simple-$order.pcapng
	status=$?
	sed -n '1s/.*\("heartbeats":[0-9]*\).*/\1/p' out >line
	echo '"heartbeats":2' >got
	echo "hbwatch: simple-$order.pcapng: warning: ignored 1 packet" \
		"without a usable timestamp" >cause
	same "a simple packet that was cut when captured is skipped: $order" \
	    0 $status got line cause err
done
: >got
for file in cut-simple*.pcapng; do
	replay -c conf "$file"
	[ $? -eq 1 ] && cmp -s out outage &&
		grep -q "beyond packet 30: truncated pcapng" err ||
		echo "$file" >>got
done
same "a pcapng capture cut in a simple packet is used up to there" 0 0 \
    nothing got

# ---- time
cat >one <<'END'
watch "flinkserver" {
	interface = "eth1"
	peer = "192.0.2.12"
	heartbeat = "udp 20053"
}
END
replays "a capture without packets has a summary" -c one header.pcap <<'END'
{"event":"summary","watch":"flinkserver","state":"starting","heartbeats":0,"firstHeartbeat":null,"lastHeartbeat":null,"medianInterval":null,"longestGap":null,"interruptions":0}
END
replays "a heartbeat at the deadline is in time, one just after it is late" \
    -c one edge.pcap <<'END'
{"event":"raised","time":"2026-11-22T12:01:00.000000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:30.000000Z","cause":"unknown","side":"unknown","confidence":0}
{"event":"cleared","time":"2026-11-22T12:01:00.000001Z","watch":"flinkserver","alarmId":45640,"duration":0.000001}
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":3,"firstHeartbeat":"2026-11-22T12:00:00.000000Z","lastHeartbeat":"2026-11-22T12:01:00.000001Z","medianInterval":30.000000,"longestGap":30.000001,"interruptions":1}
END
replays "an alarm that is due with the last packet is raised" \
    -c one edge-end.pcap <<'END'
{"event":"raised","time":"2026-11-22T12:00:30.000000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:00.000000Z","cause":"peerHung","side":"peer","confidence":65}
{"event":"summary","watch":"flinkserver","state":"interrupted","heartbeats":1,"firstHeartbeat":"2026-11-22T12:00:00.000000Z","lastHeartbeat":"2026-11-22T12:00:00.000000Z","medianInterval":null,"longestGap":null,"interruptions":1}
END
replay -c one edge-unmatched.pcap
same "... also if that packet concerns no watch" 0 $? expected out \
    nothing err
cat >expected <<'END'
{"event":"raised","time":"2026-11-22T12:00:32.000000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:02.000000Z","cause":"unknown","side":"unknown","confidence":0}
{"event":"summary","watch":"flinkserver","state":"interrupted","heartbeats":1,"firstHeartbeat":"2026-11-22T12:00:02.000000Z","lastHeartbeat":"2026-11-22T12:00:02.000000Z","medianInterval":null,"longestGap":null,"interruptions":1}
END
for name in evidence evidence-big; do
	replay -c one $name.pcapng
	same "the statistics of $name.pcapng extend its time" 0 $? \
	    expected out nothing err
done
cat >expected <<'END'
{"event":"raised","time":"2026-11-22T12:00:30.000000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":null,"cause":"neverHeard","side":"unknown","confidence":60}
{"event":"summary","watch":"flinkserver","state":"interrupted","heartbeats":0,"firstHeartbeat":null,"lastHeartbeat":null,"medianInterval":null,"longestGap":null,"interruptions":1}
END
replay -c one evidence-none.pcapng
same "... also if it has no packet" 0 $? expected out nothing err
replays "the statistics of another program do not" \
    -c one statistics.pcapng <<'END'
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":1,"firstHeartbeat":"2026-11-22T12:00:02.000000Z","lastHeartbeat":"2026-11-22T12:00:02.000000Z","medianInterval":null,"longestGap":null,"interruptions":0}
END
replays "statistics are no packets" -c one evidence.pcapng us.pcapng <<'END'
{"event":"raised","time":"2026-11-22T12:00:40.250000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:10.250000Z","cause":"unknown","side":"unknown","confidence":0}
{"event":"cleared","time":"2026-11-22T12:00:52.500000Z","watch":"flinkserver","alarmId":45640,"duration":12.250000}
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":20,"firstHeartbeat":"2026-11-22T12:00:00.250000Z","lastHeartbeat":"2026-11-22T12:00:59.500000Z","medianInterval":1.000000,"longestGap":42.250000,"interruptions":1}
END
for hold in 12 12.25; do
	sed "s/heartbeat/hold-down = ${hold}s heartbeat/" one >"hold-$hold"
done
replays "the alarm is raised after the hold-down, the clear is not delayed" \
    -c hold-12 us.pcapng <<'END'
{"event":"raised","time":"2026-11-22T12:00:52.250000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:10.250000Z","cause":"unknown","side":"unknown","confidence":0}
{"event":"cleared","time":"2026-11-22T12:00:52.500000Z","watch":"flinkserver","alarmId":45640,"duration":0.250000}
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":19,"firstHeartbeat":"2026-11-22T12:00:00.250000Z","lastHeartbeat":"2026-11-22T12:00:59.500000Z","medianInterval":1.000000,"longestGap":42.250000,"interruptions":1}
END
replays "... and not at all if a heartbeat comes before its end" \
    -c hold-12.25 us.pcapng <<'END'
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":19,"firstHeartbeat":"2026-11-22T12:00:00.250000Z","lastHeartbeat":"2026-11-22T12:00:59.500000Z","medianInterval":1.000000,"longestGap":42.250000,"interruptions":0}
END
cat one - >two <<'END'
watch "silent" {
	interface = "eth1"
	peer = "192.0.2.99"
	heartbeat = "udp 20053"
}
END
replays "packets that concern no watch advance the clock" \
    -c two unmatched.pcap <<'END'
{"event":"raised","time":"2026-11-22T12:00:30.000000Z","watch":"silent","alarmId":45640,"severity":"minor","peer":"192.0.2.99","lastHeartbeat":null,"cause":"neverHeard","side":"unknown","confidence":60}
{"event":"raised","time":"2026-11-22T12:00:50.000000Z","watch":"flinkserver","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:20.000000Z","cause":"unknown","side":"unknown","confidence":0}
{"event":"summary","watch":"flinkserver","state":"interrupted","heartbeats":1,"firstHeartbeat":"2026-11-22T12:00:20.000000Z","lastHeartbeat":"2026-11-22T12:00:20.000000Z","medianInterval":null,"longestGap":null,"interruptions":1}
{"event":"summary","watch":"silent","state":"interrupted","heartbeats":0,"firstHeartbeat":null,"lastHeartbeat":null,"medianInterval":null,"longestGap":null,"interruptions":1}
END
replay -c two unmatched-shuffled.pcap
status=$?
grep -c 'unmatched-shuffled.pcap: warning: .* sorted$' err >got
echo 1 >err
same "... also if they are out of order" 0 $status expected out got err
replays "timestamps may begin at 0" -c one zero.pcap <<'END'
{"event":"summary","watch":"flinkserver","state":"alive","heartbeats":5,"firstHeartbeat":"1970-01-01T00:00:00.000000Z","lastHeartbeat":"1970-01-01T00:00:04.000000Z","medianInterval":1.000000,"longestGap":1.000000,"interruptions":0}
END
cat >group <<'END'
watch "group" { interface = "eth1" heartbeat = "vrrp 51" }
END
replays "a watch without a peer accepts any sender of the group" \
    -c group group.pcap <<'END'
{"event":"raised","time":"2026-11-22T12:00:34.000000Z","watch":"group","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:04.000000Z","cause":"instanceStopped","side":"peer","confidence":97}
{"event":"cleared","time":"2026-11-22T12:00:45.000000Z","watch":"group","alarmId":45640,"duration":11.000000}
{"event":"summary","watch":"group","state":"alive","heartbeats":10,"firstHeartbeat":"2026-11-22T12:00:00.000000Z","lastHeartbeat":"2026-11-22T12:00:49.000000Z","medianInterval":1.000000,"longestGap":41.000000,"interruptions":1}
END

# ---- two active nodes
cat >active <<'END'
watch "vrrp" { interface = "eth1" heartbeat = "vrrp 51" peer = "192.0.2.12" interruption = 10min }
watch "carp" { interface = "eth1" heartbeat = "carp 7" interruption = 10min }
watch "hsrp" { interface = "eth1" heartbeat = "hsrp 3" interruption = 10min }
watch "none" { interface = "eth1" heartbeat = "vrrp 51" dual-active = none interruption = 10min }
END
replay -c active two-active.pcap
status=$?
grep -v '"summary"' out >got
cat >expected <<'END'
{"event":"raised","time":"2026-11-22T12:00:12.500000Z","watch":"vrrp","alarmId":45640001,"severity":"critical","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:12.500000Z","cause":"dualActive","side":"both","confidence":95}
{"event":"raised","time":"2026-11-22T12:00:12.600000Z","watch":"carp","alarmId":45640001,"severity":"critical","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:12.600000Z","cause":"dualActive","side":"both","confidence":95}
{"event":"raised","time":"2026-11-22T12:00:19.200000Z","watch":"hsrp","alarmId":45640001,"severity":"critical","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:19.200000Z","cause":"dualActive","side":"both","confidence":95}
{"event":"cleared","time":"2026-11-22T12:00:24.500000Z","watch":"vrrp","alarmId":45640001,"duration":12.000000}
{"event":"cleared","time":"2026-11-22T12:00:24.600000Z","watch":"carp","alarmId":45640001,"duration":12.000000}
{"event":"cleared","time":"2026-11-22T12:00:36.200000Z","watch":"hsrp","alarmId":45640001,"duration":17.000000}
END
same "two active nodes of a group raise an alarm" 0 $status expected got \
    nothing err
cat >float <<'END'
watch "float" {
	interface = "eth1"
	peer = "192.0.2.12"
	heartbeat = "udp 20053"
	floating-ip = "192.0.2.10"
}
END
replay -c float two-owners.pcap
status=$?
grep -v '"summary"' out >got
cat >expected <<'END'
{"event":"raised","time":"2026-11-22T12:00:22.401000Z","watch":"float","alarmId":45640001,"severity":"critical","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:22.000000Z","cause":"dualActive","side":"both","confidence":95}
{"event":"cleared","time":"2026-11-22T12:00:33.401000Z","watch":"float","alarmId":45640001,"duration":11.000000}
END
same "two owners of a floating IP raise an alarm" 0 $status expected got \
    nothing err

# ---- copies
cat >copies <<'END'
watch "careful" {
	interface = "eth1"
	peer = "192.0.2.12"
	heartbeat = "udp 20053"
	recovery = 3
}
watch "group" { interface = "eth1" heartbeat = "vrrp 51" interruption = 50s }
watch "filter" {
	interface = "eth1"
	heartbeat = "bpf udp port 20053"
	interruption = 50s
}
END
cat >expected <<'END'
{"event":"raised","time":"2026-11-22T12:00:39.000000Z","watch":"careful","alarmId":45640,"severity":"minor","peer":"192.0.2.12","lastHeartbeat":"2026-11-22T12:00:09.000000Z","cause":"peerHung","side":"peer","confidence":65}
{"event":"cleared","time":"2026-11-22T12:00:52.000000Z","watch":"careful","alarmId":45640,"duration":13.000000}
{"event":"summary","watch":"careful","state":"late","heartbeats":13,"firstHeartbeat":"2026-11-22T12:00:00.000000Z","lastHeartbeat":"2026-11-22T12:00:52.000000Z","medianInterval":1.000000,"longestGap":41.000000,"interruptions":1}
{"event":"summary","watch":"group","state":"late","heartbeats":20,"firstHeartbeat":"2026-11-22T12:00:00.500000Z","lastHeartbeat":"2026-11-22T12:00:19.500000Z","medianInterval":1.000000,"longestGap":1.000000,"interruptions":0}
{"event":"summary","watch":"filter","state":"late","heartbeats":13,"firstHeartbeat":"2026-11-22T12:00:00.000000Z","lastHeartbeat":"2026-11-22T12:00:52.000000Z","medianInterval":1.000000,"longestGap":41.000000,"interruptions":0}
END
for files in once.pcap mirrored.pcap mirrored-twice.pcap trunk.pcap \
    snapshots.pcap "once.pcap once.pcap" "once.pcap cooked.pcap" \
    "cooked.pcap once.pcap" "mirrored.pcap cooked.pcap trunk.pcap"; do
	# shellcheck disable=SC2086 # several files
	replay -c copies $files
	same "replay $files: a packet counts once" 0 $? expected out nothing err
done

# ---- tables
replays "replay -t prints tables" -c conf -t us-little.pcap <<'END'
Time                      Event    Watch        Alarm  Severity  Peer          Duration  Cause
2026-11-22T12:00:17.250Z  raised   twice "ü" \  12010  major     192.0.2.12           -  unknown
2026-11-22T12:00:30.000Z  raised   silent       45640  minor     192.0.2.99           -  neverHeard
2026-11-22T12:00:40.250Z  raised   flinkserver  45640  minor     192.0.2.12           -  unknown
2026-11-22T12:00:52.500Z  cleared  flinkserver  45640  minor     192.0.2.12    12.250 s  -
2026-11-22T12:00:53.500Z  cleared  twice "ü" \  12010  major     192.0.2.12    36.250 s  -

Watch        State        Heartbeats  First                     Last                       Interval  Longest gap  Interruptions
flinkserver  alive                19  2026-11-22T12:00:00.250Z  2026-11-22T12:00:59.500Z    1.000 s     42.250 s              1
twice "ü" \  alive                19  2026-11-22T12:00:00.250Z  2026-11-22T12:00:59.500Z    1.000 s     42.250 s              1
expression   alive                19  2026-11-22T12:00:00.250Z  2026-11-22T12:00:59.500Z    1.000 s     42.250 s              0
silent       interrupted           0  -                         -                                 -            -              1
off          disabled              0  -                         -                                 -            -              0
END
COLUMNS=80 replay -c conf -t us-little.pcap
status=$?
sed -n '2p; 8,9p' out >got
cat >expected <<'END'
2026-11-22T12:00:17.250Z  raised   twice "ü" \  12010           -  unknown
Watch        State        Heartbeats   Interval  Longest gap  Interruptions
flinkserver  alive                19    1.000 s     42.250 s              1
END
same "a narrow screen has fewer columns" 0 $status expected got nothing err
cat >names <<'END'
watch "the first of two long names" {
	interface = "eth1"
	heartbeat = "vrrp 51"
	interruption = 14.5s
}
END
# U+202E writes the following text from right to left.
printf 'watch "%s" { interface = e peer = 192.0.2.99 heartbeat = ip }\n' \
    $'a\342\200\256b' >>names
replays "an invisible character is replaced, and a sender may be unknown" \
    -c names -t two-active.pcap <<'END'
Time                      Event    Watch                        Alarm     Severity  Peer               Duration  Cause
2026-11-22T12:00:12.500Z  raised   the first of two long names  45640001  critical  192.0.2.12                -  dualActive
2026-11-22T12:00:24.500Z  cleared  the first of two long names  45640001  critical  192.0.2.11         12.000 s  -
2026-11-22T12:00:30.000Z  raised   a?b                          45640     minor     192.0.2.99                -  neverHeard
2026-11-22T12:00:53.500Z  raised   the first of two long names  45640     minor     192.0.2.11                -  peerHung

Watch                        State        Heartbeats  First                     Last                       Interval  Longest gap  Interruptions
the first of two long names  interrupted          50  2026-11-22T12:00:00.000Z  2026-11-22T12:00:39.000Z    1.000 s      1.000 s              1
a?b                          interrupted           0  -                         -                                 -            -              1
END
COLUMNS=80 replay -c names -t two-active.pcap
status=$?
head -n 2 out >got
cat >expected <<'END'
Time                      Event    Watch       Alarm       Duration  Cause
2026-11-22T12:00:12.500Z  raised   the f…ames  45640001           -  dualActive
END
same "on a narrow screen a long name is cut" 0 $status expected got nothing err
replays "replay -t of a capture without packets" -c one -t header.pcap <<'END'
No alarm was raised.

Watch        State        Heartbeats  First                     Last                       Interval  Longest gap  Interruptions
flinkserver  starting              0  -                         -                                 -            -              0
END
replay -c conf -t cut-data.pcap
status=$?
sed -n 1p out >got
echo "No alarm was raised." >expected
same "replay -t of a damaged capture has exit status 1" 1 $status expected got

# ---- a pipe that stays open, and output errors
mkfifo pipe
for table in "" -t; do
	: >out
	# shellcheck disable=SC2086 # no word, or one
	replay -c one $table - <pipe &
	pid=$!
	exec 3>pipe
	cat live-1.pcap live-2.pcap >&3
	pattern='"raised","time":"2026-11-22T12:00:32.000000Z"'
	[ -z "$table" ] || pattern='^2026-11-22T12:00:32.000Z  raised '
	wait_for "$pattern" out
	written=$?
	exec 3>&-
	wait $pid
	status=$?
	same "an event is written while the pipe is open $table" 0 $written
	same "the end of a pipe is a success $table" 0 $status nothing err
done
"$HBWATCH" replay -c conf us-little.pcap >/dev/full 2>err
status=$?
grep -c 'stdout: No space left' err >got
echo 1 >expected
same "a full disk is an error" 1 $status expected got
python3 -c 'import os, subprocess, sys
reader, writer = os.pipe()
os.close(reader)
sys.exit(subprocess.run(sys.argv[1:], stdout=writer).returncode)' \
    "$HBWATCH" replay -c conf us-little.pcap 2>err
status=$?
grep -c 'stdout: Broken pipe' err >got
same "a closed output pipe is an error" 1 $status expected got
for arguments in "" "-c conf" "us-little.pcap" "-x" "-c conf - -" \
    "-c nothing-here us-little.pcap"; do
	# shellcheck disable=SC2086 # several words are intended
	"$HBWATCH" replay $arguments >out 2>err
	same "invalid command line: replay $arguments" 2 $? nothing out
done

# catches_signals PID: waits up to a minute until the process has its handlers
# of SIGINT and SIGTERM
catches_signals()
{
	local tries mask

	for ((tries = 0; tries < 1200; tries++)); do
		mask=$(awk '$1 == "SigCgt:" { print $2 }' "/proc/$1/status")
		[ $((16#${mask:-0} & 0x4002)) -ne $((0x4002)) ] || return 0
		sleep 0.05
	done
	return 1
}

# piped SIGNAL COMMAND CAPTURE: sends the capture through a pipe, which stays
# open, and then the signal.  The shell starts a job with SIGINT ignored, but
# hbwatch sets its own handler.
piped()
{
	local signal=$1 pid

	# shellcheck disable=SC2086 # several words are intended
	"$HBWATCH" $2 <pipe >out 2>err &
	pid=$!
	exec 3>pipe
	cat "$3" >&3
	catches_signals "$pid"
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
	grep -c '"summary".*"heartbeats":19,' out >got
	echo 1 >expected
	same "replay: SIG$signal ends a pipe with the summary" 0 $status \
	    expected got nothing err
done

# ---- help
for command in check replay discover; do
	"$HBWATCH" $command -h >out 2>err
	status=$?
	sed -n "1s/^usage: hbwatch $command .*/fine/p; 2,\$p" out >got
	echo fine >expected
	same "$command -h prints the usage" 0 $status expected got nothing err
	"$HBWATCH" $command -h >/dev/full 2>err
	same "$command -h: a full disk is an error" 1 $?
	"$HBWATCH" $command -x >out 2>err
	status=$?
	head -n 1 err | cut -d ' ' -f 1 >got
	grep -c "^usage: hbwatch $command " err >>got
	printf 'hbwatch:\n1\n' >expected
	same "$command -x: an invalid option gives an error and the usage" \
	    2 $status expected got \
	    nothing out
done

# ---- the default configuration, if this machine has none
"$HBWATCH" check >out 2>err
status=$?
if ! grep -q '^configuration OK' out; then
	sed -n 's/^\/.*\/hbwatch\/hbwatchd.conf:.*/fine/p' err | head -n 1 >got
	echo fine >expected
	same "check without a file checks that of hbwatchd" 2 $status \
	    expected got nothing out
fi

# ---- packets that do not count
cat >pinned <<'END'
watch "any" { interface = "eth1" peer = "192.0.2.12" heartbeat = "udp 20053" }
watch "pinned" {
	interface = "eth1"
	peer = "192.0.2.12"
	peer-mac = "02:00:00:00:00:02"
	hop-limit = 64
	heartbeat = "udp 20053"
}
watch "near" {
	interface = "eth1"
	peer = "192.0.2.12"
	hop-limit = 65
	heartbeat = "udp 20053"
}
END
replay -c pinned forged.pcap
status=$?
sed -n 's/.*"summary","watch":"\([^"]*\)".*"heartbeats":\([0-9]*\).*/\1 \2/p' \
    out >got
printf '%s\n' 'any 34' 'pinned 30' 'near 0' >expected
cat >warnings <<'END'
hbwatch: watch "any": warning: 2 packets not counted: TTL or hop limit 0
hbwatch: watch "any": warning: 3 packets not counted: wrong checksum of the IP header
hbwatch: watch "any": warning: 1 packet not counted: wrong UDP or TCP checksum
hbwatch: watch "pinned": warning: 2 packets not counted: TTL or hop limit 0
hbwatch: watch "pinned": warning: 3 packets not counted: wrong checksum of the IP header
hbwatch: watch "pinned": warning: 1 packet not counted: wrong UDP or TCP checksum
hbwatch: watch "pinned": warning: 4 packets not counted: sent from another MAC address than peer-mac
hbwatch: watch "near": warning: 2 packets not counted: TTL or hop limit 0
hbwatch: watch "near": warning: 3 packets not counted: wrong checksum of the IP header
hbwatch: watch "near": warning: 1 packet not counted: wrong UDP or TCP checksum
hbwatch: watch "near": warning: 34 packets not counted: TTL or hop limit below hop-limit
END
same "packets that do not count are reported" 0 $status expected got \
    warnings err
replay -c pinned no-mac.pcap
status=$?
cat >expected <<'END'
hbwatch: pinned:5: heartbeat "udp 20053": the frames have no MAC addresses for peer-mac
hbwatch: no-mac.pcap: the link type of the capture does not support all watches
END
same "peer-mac needs frames with MAC addresses" 1 $status expected err \
    nothing out

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
grep -c '^# no periodic flow was found' out >got
echo 1 >expected
same "discover: a capture without heartbeats has no periodic flow" \
    0 $status expected got nothing err
discover -r udp.pcap
status=$?
first_row >got
echo "192.0.2.11 <-> 192.0.2.12 udp 20053" >one-way
echo "192.0.2.12 <-> 192.0.2.11 udp 20053" >other-way
cmp -s other-way got && cp other-way one-way
same "discover: a UDP heartbeat is found among other flows" 0 $status \
    one-way got nothing err
"$HBWATCH" check out >got 2>&1
status=$?
echo "configuration OK" >expected
same "discover: the output is a configuration" 0 $status expected got
"$HBWATCH" replay -c out udp.pcap | grep -c \
    '"summary".*"heartbeats":59,' >got
echo 2 >expected
same "discover: the proposed watches receive both heartbeats" 0 0 expected got
sed -n 's/^\tinterface = //p' out | uniq >got
echo '"any"' >expected
same "discover: the unknown interface of other watches is any" 0 0 expected got
discover -r tls.pcap
status=$?
first_row >got
echo "192.0.2.11 <-> 192.0.2.12 tcp 21750" >one-way
echo "192.0.2.12 <-> 192.0.2.11 tcp 21750" >other-way
cmp -s other-way got && cp other-way one-way
same "discover: a TCP heartbeat is found among other flows" \
    0 $status one-way got
discover -r known.pcap
status=$?
first_row >got
echo "192.0.2.12 -> 224.0.0.18 vrrp 51" >expected
same "discover: a decoded protocol comes first" 0 $status expected got
discover -r known.pcap -b 192.0.2.31,192.0.2.30
status=$?
first_row >got
echo "192.0.2.30 -> 192.0.2.31 udp 7000" >expected
same "discover: -b shows only flows between two nodes" 0 $status expected got
discover -r - <known.pcap
status=$?
grep -c 'vrrp 51' out >got
echo 3 >expected
same "discover: a capture is read from standard input" 0 $status expected got
discover -r manager.pcap
status=$?
sed -n '/heartbeat = /,/^}/p' out | grep -v '# interval\|# default' >got
cat >expected <<'EOF'
	heartbeat = "udp 20012"
	# port 20012 is the heartbeat port of Manager
	alarm = 12010
	interruption = 7s
}
EOF
same "discover: the heartbeat port of Manager has its alarm" \
    0 $status expected got
discover -r inside.pcap
status=$?
sed -n '/^watch "udp/,/^}/p' out | grep -v '#' >got
cat >expected <<'EOF'
watch "udp 20053 from 192.0.2.12 to 192.0.2.11 inside" {
	interface = "any"
	peer = "192.0.2.12"
	local = "192.0.2.11"
	heartbeat = "udp 20053"
	decapsulate = true
	interruption = 30s
}
EOF
same "discover: an encapsulated heartbeat is found" 0 $status expected got
"$HBWATCH" replay -c out inside.pcap | grep -c \
    '"summary".*"udp.*"heartbeats":59,' >got
echo 1 >expected
same "discover: its watch receives it" 0 0 expected got
discover -r pinned.pcap
status=$?
sed -n 's/^\t#peer-mac/&/p' out >got
printf '\t#peer-mac = "02:00:00:00:00:02"\n' >expected
same "discover: the MAC address of the sender is in a comment" 0 $status \
    expected got
sed 's/#peer-mac/peer-mac/' out >conf-of-mac
"$HBWATCH" replay -c conf-of-mac pinned.pcap 2>&1 | grep -c \
    '"summary".*"heartbeats":30,' >got
echo 1 >expected
same "discover: it can be pasted" 0 0 expected got
discover -r forged.pcap
status=$?
grep -e '#peer-mac' -e 'do not count' out >got
echo '# packets with a wrong checksum or TTL 0, which do not count: 6' >expected
same "discover: with two MAC addresses there is none" 0 $status expected got
discover -r no-mac.pcap
status=$?
grep '#peer-mac' out >got
same "discover: nor without MAC addresses" 0 $status nothing got
discover -r ports.pcap
status=$?
sed -n '/heartbeat = /,/alarm = /p' out | sort >got
cat >expected <<'EOF'
	# micro-BFD (RFC 7130): BFD of one link of a bundle
	alarm = 1
	alarm = 1
	heartbeat = "corosync 5406"
	heartbeat = "udp 6784"
EOF
same "discover: micro-BFD and the second link of corosync are found" \
    0 $status expected got
# The two directions of udp 7000 are one flow; NTP is not periodic here.
discover -r known.pcap
sed -n 's/^# .* s, \(.*\)/\1/p;q' out >got
sed -n '/^# flow /,/^$/p' out | grep -c ' %$' >rows
sed 's/^.*(\(.*\) periodic)$/\1/' got >periodic
same "discover: the number of periodic flows is that of the rows" 0 0 \
    rows periodic
cat >expected <<'END'
watch "vrrp 51"
	alarm = 1
END
sed -n 's/^\(watch "vrrp 51"\) {/\1/p; /^watch "vrrp/,/^}/{/alarm =/p}' out >got
same "discover: VRRP has an alarm of its own" 0 0 expected got
sed -n '/^watch "udp/,/^}/{/alarm =/p}' out >got
same "discover: a UDP heartbeat has the default alarm" 0 0 nothing got
"$HBWATCH" replay -c out known.pcap >got 2>err
status=$?
same "discover: the proposed alarm is valid" 0 $status nothing err
for arguments in "" "-r known.pcap -i lo" "-r known.pcap -T 5" \
    "-r known.pcap -b 192.0.2.1" "-r known.pcap -b a,b" "-i lo -T 0" \
    "-i lo -T 999ms" "-i lo -T 25h" "-i lo -T 5x" "-i lo -T 86401" \
    "-i lo -T -5s" "-r known.pcap more"; do
	# shellcheck disable=SC2086 # several words are intended
	"$HBWATCH" discover $arguments >out 2>err
	same "invalid command line: discover $arguments" 2 $? nothing out
done

for signal in INT TERM; do
	piped $signal "discover -r -" known.pcap
	grep '^watch "vrrp' out >got
	echo 'watch "vrrp 51" {' >expected
	same "discover: SIG$signal ends a pipe with the result" 0 $status \
	    expected got nothing err
done

discover -r gap.pcap
status=$?
grep -o '[0-9.]* s  *[0-9]* %$' out | cut -d ' ' -f 1 >got
echo 20.000 >expected
same "discover: the longer gap of two directions is shown" 0 $status \
    expected got
sed -n '1s/.* s, //p' out >got
echo '1 flow (1 periodic)' >expected
same "discover: two directions are counted as one flow" 0 $status expected got

discover -j -r gap.pcap
status=$?
cp out got
cat >expected <<'END'
{"event":"flow","source":"192.0.2.12","destination":"192.0.2.11","heartbeat":"udp 20053","vlan":null,"inside":false,"packets":60,"interval":1.000000,"jitter":0.000000,"longestGap":1.000000,"confidence":96}
{"event":"flow","source":"192.0.2.11","destination":"192.0.2.12","heartbeat":"udp 20053","vlan":null,"inside":false,"packets":41,"interval":1.000000,"jitter":0.000000,"longestGap":20.000000,"confidence":94}
{"event":"watch","watch":"udp 20053 from 192.0.2.12 to 192.0.2.11","interface":null,"vlan":null,"peer":"192.0.2.12","local":"192.0.2.11","peerMac":"02:00:00:00:00:02","heartbeat":"udp 20053","decapsulate":false,"alarmId":45640,"service":null,"leastInterruption":3.000000,"interruption":30.000000}
{"event":"watch","watch":"udp 20053 from 192.0.2.11 to 192.0.2.12","interface":null,"vlan":null,"peer":"192.0.2.11","local":"192.0.2.12","peerMac":"02:00:00:00:00:02","heartbeat":"udp 20053","decapsulate":false,"alarmId":45640,"service":null,"leastInterruption":3.000000,"interruption":30.000000}
{"event":"summary","packets":101,"duration":59.100000,"flows":1,"periodic":1,"faulty":0,"dropped":0,"pairSeen":true}
END
same "discover: JSON Lines of two directions" 0 $status expected got nothing err
discover -j -r nothing.pcap
status=$?
sed 's/"\(packets\|duration\|flows\)":[0-9.]*/"\1":N/g' out >got
cat >expected <<'END'
{"event":"summary","packets":N,"duration":N,"flows":N,"periodic":0,"faulty":0,"dropped":0,"pairSeen":true}
END
same "discover: JSON Lines without a periodic flow" 0 $status expected got \
    nothing err

discover -r groups.pcap
status=$?
grep '^watch' out | sort >got
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
same "discover: each VRRP or CARP group and each HSRP router has a section" \
    0 $status expected got \
    routers peers nothing err
sed -n 's/^\tinterface = //p' out | uniq >got
echo '"eth0"' >expected
same "discover: the interface of a group is not any" 0 0 expected got
cp out proposed
replay -c proposed groups.pcap
status=$?
grep -c '"summary".*"state":"alive"' out >got
grep -c '"raised"' out >>got
printf '4\n0\n' >expected
same "discover: a change of the master raises no alarm" 0 $status expected got
discover -r families.pcap
status=$?
sed -n '/^watch "vrrp/p; s/^\tlocal = /local /p' out | sort >got
cat >expected <<'END'
local "224.0.0.18"
local "ff02::12"
watch "vrrp 51 to 224.0.0.18" {
watch "vrrp 51 to ff02::12" {
END
same "discover: local tells groups with the same number apart" \
    0 $status expected got
cp out proposed
replay -c proposed families.pcap
status=$?
grep -c '"watch":"vrrp 51 to .*"heartbeats":60,' out >got
echo 2 >expected
same "discover: each watch receives only its own group" 0 $status expected got

# ---- VLANs
# heartbeats: the number of each watch, from the summaries of replay
heartbeats()
{
	sed -n -e 's/.*"summary","watch":"\([^"]*\)"/\1/' \
	    -e 's/,.*"heartbeats":\([0-9]*\),.*/: \1/p' out
}

discover -r vlans.pcap
status=$?
sed -n '/^watch/p; /^\tvlan/p' out >got
cat >expected <<'END'
watch "vrrp 51 in VLAN 20" {
	vlan = 20
watch "vrrp 51" {
	vlan = none
watch "vrrp 51 in VLAN 100.10" {
	vlan = 100.10
watch "vrrp 51 in VLAN 10" {
	vlan = 10
watch "udp 20053 from 192.0.2.11 to 192.0.2.12" {
watch "udp 20053 in VLAN 10 from 192.0.2.12 to 192.0.2.11" {
	vlan = 10
watch "udp 20053 in VLAN 20 from 192.0.2.12 to 192.0.2.11" {
	vlan = 20
END
sort got >sorted
sort expected >expected-sorted
same "discover: each VLAN of a trunk has a section" 0 $status \
    expected-sorted sorted nothing err
cp out proposed
replay -c proposed vlans.pcap
status=$?
heartbeats | sort >got
cat >expected <<'END'
udp 20053 from 192.0.2.11 to 192.0.2.12: 60
udp 20053 in VLAN 10 from 192.0.2.12 to 192.0.2.11: 30
udp 20053 in VLAN 20 from 192.0.2.12 to 192.0.2.11: 30
vrrp 51 in VLAN 100.10: 60
vrrp 51 in VLAN 10: 20
vrrp 51 in VLAN 20: 60
vrrp 51: 60
END
sed -n 's/.*"event":"raised".*"watch":"\([^"]*\)",.*/\1/p' out >raised
echo 'vrrp 51 in VLAN 10' >expected-raised
same "replay: each watch receives only its own VLAN" 0 $status \
    expected got expected-raised raised nothing err
discover -r inside-vlans.pcap
status=$?
sed -n '/^watch/p; /^\tvlan/p; /^\tdecap/p' out | paste - - - | sort >got
cat >expected <<'END'
watch "udp 20053 in VLAN 100.20 from 192.0.2.12 to 192.0.2.11 inside" {		vlan = 100.20		decapsulate = true
watch "udp 20053 in VLAN 20 from 192.0.2.12 to 192.0.2.11 inside" {		vlan = 20		decapsulate = true
END
same "discover: the tags inside an encapsulation are those of the watch" \
    0 $status expected got nothing err
cp out proposed
replay -c proposed inside-vlans.pcap
status=$?
heartbeats | sort >got
cat >expected <<'END'
udp 20053 in VLAN 100.20 from 192.0.2.12 to 192.0.2.11 inside: 59
udp 20053 in VLAN 20 from 192.0.2.12 to 192.0.2.11 inside: 59
END
same "replay: each watch receives the heartbeats with its tags inside" \
    0 $status expected got nothing err
discover -r all-vlans.pcap
status=$?
sed -n '1s/.* s, //p' out >got
echo '4094 flows' >expected
same "discover: each VLAN has its own flows" 0 $status expected got nothing err
cat >conf-trunk <<'END'
watch "any" { interface = "eth0" heartbeat = "vrrp 51" }
watch "bpf" { interface = "eth0" heartbeat = "bpf vrrp" vlan = 20 }
watch "empty" { interface = "eth0" heartbeat = "vrrp 51" vlan = 30 }
END
replay -c conf-trunk vlans.pcap
status=$?
heartbeats >got
printf 'any: 200\nbpf: 60\nempty: 0\n' >expected
same "replay: a watch without vlan receives all VLANs" 0 $status expected got \
    nothing err

discover -r known.pcap -b 192.0.2.30,2001:db8::1
status=$?
cat >expected <<'END'
hbwatch: -b 192.0.2.30,2001:db8::1: one address is IPv4, the other one IPv6; expected two of the same family
END
same "invalid command line: discover -b with two families" 2 $status \
    expected err nothing out
discover -r known.pcap -b 192.0.2.30,192.0.2.99
status=$?
sed 1d out >got
cat >expected <<'END'
# no packet between 192.0.2.30 and 192.0.2.99 was seen
# no periodic flow was found
END
same "discover: the output says that no packet of a pair was seen" 0 $status \
    expected got nothing err
discover -r known.pcap -b 192.0.2.30,192.0.2.31
grep '^# no packet' out >got
same "discover: ... and does not say so if there was one" \
    0 0 nothing got nothing err

# without_traffic COMMAND...: runs it in a network namespace of its own.
without_traffic()
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare -rn sh -c 'ip link set lo up && exec "$@"' - "$@"
}

if without_traffic true 2>err; then
	without_traffic "$HBWATCH" discover -i lo -T 1 >out 2>err
	status=$?
	cat >expected <<-'END'
	# 0 packets in 1.0 s, 0 flows
	# no periodic flow was found
	# (an unknown flow with an interval above 0.2 s needs a longer capture)
	END
	sed -i '1s/ 1\.[0-9] s/ 1.0 s/' out
	same "discover: the duration of the capture is shown" \
	    0 $status expected out nothing err
	for duration in 1s 1000ms 1.0s; do
		without_traffic "$HBWATCH" discover -i lo -T $duration \
		    >out 2>err
		status=$?
		sed -i '1s/ 1\.[0-9] s/ 1.0 s/' out
		same "discover: -T $duration is understood" \
		    0 $status expected out nothing err
	done
else
	ok "discover: the duration of the capture is shown # SKIP no namespace"
fi

# An unprivileged process may not capture.
unprivileged()
{
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --bounding-set=-net_raw --inh-caps=-net_raw \
		    --ambient-caps=-net_raw -- "$@"
	else
		"$@"
	fi
}
unprivileged "$HBWATCH" discover -i lo -T 1 >out 2>err
status=$?
sed 's/.*; //' err >got
echo 'root or the capability CAP_NET_RAW is needed' >expected
same "discover: the error says which capability is needed" 1 $status \
    expected got nothing out

# ---- explain
cat >expected <<'END'
Captures: refused.pcap
Time: 2026-11-22T12:00:00.000000Z to 2026-11-22T12:03:49.500000Z, 460 packets

Watch "flinkserver" (udp 20053 from 192.0.2.12): alive, 130 heartbeats, every 1.000 s, 1 alarm
  2026-11-22T12:00Z  60 heartbeats
  2026-11-22T12:01Z  40 heartbeats
  2026-11-22T12:01:39.500000Z  last heartbeat
  2026-11-22T12:02Z  no heartbeat
  2026-11-22T12:02:09.500000Z  alarm 45640 (minor) raised: instanceStopped
  2026-11-22T12:03Z  30 heartbeats
  2026-11-22T12:03:20.500000Z  alarm cleared

Alarm 45640 (minor), watch "flinkserver", raised 2026-11-22T12:02:09.500000Z, cleared after 71.000 s
  Cause:     instanceStopped (peer), confidence 95 %
END
"$HBWATCH" explain -c one refused.pcap >out 2>err
status=$?
sed '/^  Why:/,$d; /^  2026.*Z  [a-zA-Z]*: /d' out >got
same "explain tells what happened and why" 0 $status expected got nothing err
for line in 'Why:       ICMP port unreachable' \
    'To do:     Start the ' 'Seen:      portRefused: ICMP port unreachable' \
    'floatingIpOwner: no floating-ip is configured'; do
	grep -cF "  $line" out >got
	echo 1 >expected
	same "... with the line \"$line\"" 0 0 expected got
done
"$HBWATCH" explain -c one refused-2.pcap refused-1.pcap 2>err | tail -n +2 >got
tail -n +2 out >expected
same "explain merges captures" 0 0 expected got nothing err
"$HBWATCH" explain -c one asks.pcap 2>err | tail -n +3 >expected
"$HBWATCH" explain -c one asks.pcap asks-copy.pcapng 2>err | tail -n +3 >got
same "explain: a packet that is in two captures counts once" 0 0 expected got \
    nothing err
"$HBWATCH" explain -j -c one refused.pcap 2>err | python3 -c '
import json, sys
story = json.load(sys.stdin)
alarm, = story["alarms"]
print(story["packets"], [w["watch"] for w in story["watches"]],
      [(m["minutes"], m["most"]) for m in story["watches"][0]["minutes"]])
print(alarm["cause"], alarm["side"], alarm["confidence"], alarm["decidedBy"],
      alarm["duration"], len(alarm["signals"]), len(alarm["verdicts"]))' >got
cat >expected <<'END'
460 ['flinkserver'] [(1, 60), (1, 40), (1, 0), (1, 30)]
instanceStopped peer 95 portRefused 71.0 22 1
END
same "explain -j is one JSON object" 0 0 expected got nothing err
"$HBWATCH" explain -c one refused-later.pcap 2>err |
    sed -n 's/^  Cause: *//p' >got
echo 'unknown (side unknown), confidence 0 %' >expected
same "what happens after the clear does not change the cause" 0 0 \
    expected got nothing err
# No watch has our own heartbeats, but they are evidence.
echo 'watch "w" { interface = "hb0" peer = "192.0.2.12" heartbeat = "bfd"
    local = "192.0.2.11" interruption = 2s }' >bfd
sed 's/peer = /local = "192.0.2.11" peer = /' one >one-local
echo 'localFault (here), confidence 90 %' >expected
"$HBWATCH" explain -c one-local ours-first.pcap 2>err |
    sed -n 's/^  Cause: *//p' >got
same "explain sees that our own heartbeats stop first" 0 0 expected got \
    nothing err
"$HBWATCH" explain -c bfd ours-first-bfd.pcap 2>err |
    sed -n 's/^  Cause: *//p' >got
same "... and does not blame the link, because the peer did not hear us" 0 0 \
    expected got nothing err
"$HBWATCH" explain -c one cut-data.pcap >out 2>err
same "explain of a damaged capture has exit status 1" 1 $?

# ---- progress on a terminal
# A system without /dev/pts has no pseudo-terminals.
if script -qec true typescript >/dev/null 2>&1 </dev/null; then
	mkfifo waiting
	for command in "discover -r waiting" "replay -c one waiting"; do
		script -qfec "'$HBWATCH' $command >out" typescript >/dev/null \
		    </dev/null &
		pid=$!
		exec 3>waiting
		cat live-1.pcap >&3
		wait_for '[0-9] packets' typescript
		same "${command%% *}: a pipe with little data shows progress" \
		    0 $?
		exec 3>&-
		wait $pid
	done
	script -qfec "'$HBWATCH' discover -r missing >out" typescript \
	    >/dev/null </dev/null
	grep -c $'\r\033\\[Khbwatch: missing: ' typescript >got
	echo 1 >expected
	same "discover: an error removes the progress line" 0 0 expected got
else
	ok "progress on a terminal # SKIP no pseudo-terminal"
fi

echo "1..$TESTS"
[ "$FAILED" -eq 0 ]
