#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the captures of replay.sh into a directory: captures.py DIRECTORY."""

import random
import socket
import struct
import sys

START = 1795348800                  # 2026-11-22T12:00:00Z
PEER, LOCAL, OTHER = '192.0.2.12', '192.0.2.11', '192.0.2.13'
DIRECTORY = sys.argv[1]


def address(text):
    return bytes(int(part) for part in text.split('.'))


def inet6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def ipv4(source, destination, protocol, payload, ttl=64):
    return struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 0, 0, ttl,
                       protocol, 0, address(source), address(destination)) \
        + payload


def ethernet(payload, kind=0x0800):
    return bytes.fromhex('020000000001020000000002') + \
        struct.pack('>H', kind) + payload


def vlans(frame, *ids):
    """Adds tags to an Ethernet frame, outer first."""
    return frame[:12] + b''.join(struct.pack('>HH', 0x8100, vid)
                                 for vid in ids) + frame[12:]


def udp(source, destination, sport, dport, data=b'x' * 64):
    return ethernet(ipv4(source, destination, 17, struct.pack(
        '>HHHH', sport, dport, 8 + len(data), 0) + data))


def tcp(source, destination, sport, dport, sequence, data):
    return ethernet(ipv4(source, destination, 6, struct.pack(
        '>HHIIBBHHH', sport, dport, sequence, 1, 0x50, 0x18, 500, 0, 0) +
        data))


def internet_sum(data):
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def vrrp(source, group, priority):
    body = struct.pack('>BBBBBBH4s8s', 0x21, group, priority, 1, 0, 1, 0,
                       address('192.0.2.1'), bytes(8))
    body = body[:6] + struct.pack('>H', internet_sum(body)) + body[8:]
    return ethernet(ipv4(source, '224.0.0.18', 112, body, 255))


def vrrp6(source, group):
    source, to = inet6(source), inet6('ff02::12')
    body = struct.pack('>BBBBHH16s', 0x31, group, 100, 1, 100, 0,
                       inet6('fe80::1'))
    pseudo = source + to + struct.pack('>II', len(body), 112)
    body = body[:6] + struct.pack('>H', internet_sum(pseudo + body)) + body[8:]
    return ethernet(struct.pack('>IHBB', 6 << 28, len(body), 112, 255) +
                    source + to + body, 0x86dd)


def carp(source, group):
    body = struct.pack('>BBBBBBHQ20s', 0x21, group, 0, 7, 0, 1, 0, 1,
                       bytes(20))
    body = body[:6] + struct.pack('>H', internet_sum(body)) + body[8:]
    return ethernet(ipv4(source, '224.0.0.18', 112, body, 255))


ACTIVE, STANDBY = 16, 8


def hsrp(source, group, state):
    return udp(source, '224.0.0.2', 1985, 1985, struct.pack(
        '>BBBBBBBB8s4s', 0, 0, state, 3, 10, 100, group, 0, b'cisco',
        address('192.0.2.1')))


def heartbeat(source=PEER):
    return udp(source, LOCAL, 20053, 20053)


ARP = ethernet(bytes(46), 0x0806)
UNMATCHED = udp(OTHER, LOCAL, 4000, 4001)      # match_prefilter rejects it


def nanoseconds(seconds):
    return START * 10**9 + round(seconds * 10**9)


# ---- files; packets are (seconds since START, frame)

def pcap(packets, order='<', nano=False, snap=65535, link=1):
    magic = 0xa1b23c4d if nano else 0xa1b2c3d4
    unit = 1 if nano else 1000
    out = bytearray(struct.pack(order + 'IHHiIII', magic, 2, 4, 0, 0, snap,
                                link))
    for seconds, frame in packets:
        at = nanoseconds(seconds)
        out += struct.pack(order + 'IIII', at // 10**9, at % 10**9 // unit,
                           min(len(frame), snap), len(frame)) + frame[:snap]
    return bytes(out)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + 'I', 12 + len(body))
    return struct.pack(order + 'I', kind) + size + body + size


def interface(order, link=1, digits=9, snap=65535):
    options = struct.pack(order + 'HHBxxxHH', 9, 1, digits, 0, 0)
    return block(order, 1, struct.pack(order + 'HHI', link, 0, snap) +
                 options)


def packet(order, number, units, frame):
    return block(order, 6, struct.pack(
        order + 'IIIII', number, units >> 32, units & 0xffffffff, len(frame),
        len(frame)) + frame)


def simple_packet(order, frame, captured):
    return block(order, 3, struct.pack(order + 'I', len(frame)) +
                 frame[:captured])


def section(order, application=b''):
    options = b''
    if application:
        options = struct.pack(order + 'HH', 4, len(application)) + \
            application + bytes(-len(application) % 4 + 4)
    return block(order, 0x0a0d0d0a, struct.pack(
        order + 'IHHq', 0x1a2b3c4d, 1, 0, -1) + options)


def statistics(order, seconds):
    at = nanoseconds(seconds)
    return block(order, 5, struct.pack(order + 'III', 0, at >> 32,
                                       at & 0xffffffff))


def pcapng(packets, order='<', links=(1,), digits=9):
    out = section(order)
    for link in links:
        out += interface(order, link, digits)
    for number, (seconds, frame) in enumerate(packets):
        out += packet(order, number % len(links),
                      nanoseconds(seconds) // 10**(9 - digits), frame)
    return out


# Ethernet and raw IP in one file, with several snapshot lengths.  In the second
# section the first interface is the raw one, and one is described later.  The
# last packet is longer than the default limit of libpcap.
def mixed(packets, order):
    ethernet, raw, later = 0, 1, 2
    out = (section(order) + interface(order, 1, snap=96) +
           interface(order, 101, snap=0) +
           block(order, 5, struct.pack(order + 'III', 0, 0, 0)))
    for number, (seconds, frame) in enumerate(packets):
        if number == len(packets) // 2:
            ethernet, raw = 1, 0
            out += (section(order) + interface(order, 101, snap=262144) +
                    interface(order, 1, snap=400000))
        if number == len(packets) - 5:
            out += interface(order, 101, snap=300000)
            raw = later
        if number == len(packets) - 1:
            frame += bytes(300000)
        if frame[12:14] == b'\x08\x00' and number % 3 > 0:
            out += packet(order, raw, nanoseconds(seconds), frame[14:])
        else:
            out += packet(order, ethernet, nanoseconds(seconds), frame)
    return out


def write(name, octets):
    with open(DIRECTORY + '/' + name, 'wb') as file:
        file.write(octets)


# ---- captures for replay

# Silent from 10 to 52.5 s; watched from 0 to 60 s.
outage = sorted(
    [(0, ARP), (60, ARP)] +
    [(t + 0.25, heartbeat()) for t in range(11)] +
    [(t + 0.5, heartbeat()) for t in range(52, 60)] +
    [(t + 0.1, heartbeat(OTHER)) for t in range(0, 60, 7)],
    key=lambda p: p[0])
write('us-little.pcap', pcap(outage))
write('us-big.pcap', pcap(outage, '>'))
write('ns-little.pcap', pcap(outage, nano=True))
write('ns-big.pcap', pcap(outage, '>', True))
write('us.pcapng', pcapng(outage, digits=6))
write('ns-little.pcapng', pcapng(outage))
write('ns-big.pcapng', pcapng(outage, '>'))
write('two-interfaces.pcapng', pcapng(outage, links=(1, 1)))
write('snapped.pcap', pcap(outage, snap=60))
write('large.pcap', pcap(
    [(t, frame.ljust(262144, b'\0') if frame == ARP else frame)
     for t, frame in outage], snap=262144))
# The packets are longer than the snapshot length in the file header.
write('short.pcap', pcap([], snap=40) + pcap(outage)[24:])

# Timestamps in nanoseconds, in both formats that have them.
fine = [(0.123456789, heartbeat()), (1.123456999, heartbeat())]
write('fine.pcap', pcap(fine, nano=True))
write('fine.pcapng', pcapng(fine, '>'))

# Out of order.
shuffled = outage[:]
random.Random(1).shuffle(shuffled)
write('shuffled.pcap', pcap(shuffled))
swapped = outage[:]
swapped[5], swapped[6] = swapped[6], swapped[5]
write('swapped.pcap', pcap(swapped))

# Further out of order than the reorder window: a packet that is 69.599 s late.
late = [(t * 0.001, ARP) for t in range(70000)]
late = [(0.5, heartbeat())] + late[501:] + [(0.4, heartbeat()), (70, ARP)]
write('late.pcap', pcap(late))

# Few packets concern a watch; neither the first nor the last one does.
unmatched = ([(t * 0.001, UNMATCHED) for t in range(10000)] +
             [(20, heartbeat())] +
             [(20 + t * 0.001, UNMATCHED) for t in range(5000)] +
             [(55 + t, UNMATCHED) for t in range(6)])
write('unmatched.pcap', pcap(unmatched))
random.Random(2).shuffle(unmatched)
write('unmatched-shuffled.pcap', pcap(unmatched))

# The same outage in several captures.
write('first.pcap', pcap(outage[:12], nano=True))
write('second.pcapng', pcapng(outage[12:]))
write('odd.pcap', pcap(outage[1::2]))
write('even.pcap', pcap(outage[0::2], '>'))
for i, one in enumerate(outage):
    write('part%03d.pcap' % (len(outage) - i), pcap([one]))

# Damaged captures, and files that are not captures.
whole = pcap(outage)
write('cut-data.pcap', whole[:24 + 5 * (16 + len(heartbeat())) + 30])
write('cut-header.pcap', whole[:-len(ARP) - 9])
write('cut.pcapng', pcapng(outage)[:-20])
write('empty', b'')
write('text', b'This is no capture, but it is long enough for a header.\n')
write('header.pcap', pcap([]))
write('mixed-little.pcapng', mixed(outage, '<'))
write('mixed-big.pcapng', mixed(outage, '>'))
write('mixed-wifi.pcapng', section('<') + interface('<', 1) +
      packet('<', 0, nanoseconds(0), heartbeat()) + interface('<', 105) +
      packet('<', 1, nanoseconds(1), heartbeat()) +
      packet('<', 0, nanoseconds(2), heartbeat()))
# The obsolete kind of packet, which has a number of 16 bits for its interface.
write('obsolete.pcapng', section('<') + interface('<', 1) +
      interface('<', 101) + b''.join(
          block('<', 2, struct.pack('<HHIIII', 1, 0, nanoseconds(t) >> 32,
                                    nanoseconds(t) & 0xffffffff,
                                    len(heartbeat()) - 14,
                                    len(heartbeat()) - 14) +
                heartbeat()[14:]) for t in range(3)))
write('wifi.pcap', pcap(outage, link=105))


# ---- packets that their receiver discards, or that another host sends

def changed(frame, at, octets):
    """The frame with other octets at an offset."""
    return frame[:at] + octets + frame[at + len(octets):]


whole = heartbeat()
forged = [changed(whole, 24, b'\x12\x34')] * 3 + \
    [changed(whole, 22, b'\0')] * 2 + [changed(whole, 40, b'\x12\x34')] + \
    [changed(whole, 11, b'\x03')] * 4
write('forged.pcap', pcap([(i, whole) for i in range(30)] +
                          [(30 + i, frame)
                           for i, frame in enumerate(forged)]))
write('pinned.pcap', pcap([(i, whole) for i in range(30)]))
write('no-mac.pcap', pcap([(i, whole[14:]) for i in range(30)], link=101))
write('no-timestamp.pcapng', pcapng(outage[:2]) +
      simple_packet('<', ARP, len(ARP)))
# The snapshot length of the first interface also cut a simple packet.
for order, name in (('<', 'little'), ('>', 'big')):
    write('simple-' + name + '.pcapng', section(order) +
          interface(order, snap=200) + interface(order) +
          packet(order, 0, nanoseconds(0), heartbeat()) +
          simple_packet(order, heartbeat().ljust(1000, b'\0'), 200) +
          packet(order, 1, nanoseconds(1), heartbeat()))
# A file that is cut at each octet of a simple packet.
for end in range(1, 12 + 4 + 44):
    write('cut-simple%02d.pcapng' % end, pcapng(outage) +
          simple_packet('<', ARP, len(ARP))[:end])

# The instance of the peer stops after 100 s, so its kernel refuses our
# heartbeats; it starts again after 200 s.
ours = udp(LOCAL, PEER, 20053, 20053)
ours = ours[6:12] + ours[:6] + ours[12:]
body = struct.pack('>BBHI', 3, 3, 0, 0) + ours[14:14 + 28]
refusal = ethernet(ipv4(PEER, LOCAL, 1, body[:2] + struct.pack(
    '>H', internet_sum(body)) + body[4:]))
refused = []
for t in range(230):
    refused.append((t, ours))
    if 100 <= t < 200:
        refused.append((t + 0.001, refusal))
    else:
        refused.append((t + 0.5, heartbeat()))
write('refused.pcap', pcap(refused))
write('refused-1.pcap', pcap(refused[:222]))
write('refused-2.pcap', pcap(refused[222:]))
# The same soon after an alarm was cleared, without another alarm.
write('refused-later.pcap', pcap(
    [(t, heartbeat()) for t in range(0, 40)] +
    [(t, heartbeat()) for t in range(75, 81)] +
    [(t + i / 1000, (ours, refusal)[i]) for t in range(81, 105)
     for i in (0, 1)]))



def arp(operation, source, target):
    """Of the MAC addresses that ethernet() gives them."""
    frame = ethernet(b'', 0x0806)
    macs = {PEER: frame[6:12], LOCAL: frame[:6]}
    return macs[target] + macs[source] + frame[12:] + struct.pack(
        '>HHBBH', 1, 0x0800, 6, 4, operation) + macs[source] + address(
            source) + macs[target] + address(target)


# The peer stops, and then it asks twice for our MAC address.
asks = [(t, heartbeat()) for t in range(100)] + [
    (t + i / 1000, frame) for t in (101, 102) for i, frame in enumerate(
        (arp(1, PEER, LOCAL), arp(2, LOCAL, PEER)))] + [(150, ARP)]
write('asks.pcap', pcap(asks))
write('asks-copy.pcapng', pcapng(asks))

# Our instance stops after 100 s, and the peer reacts to that.
write('ours-first.pcap', pcap(sorted(
    [(t, ours) for t in range(100)] +
    [(t + 0.5, heartbeat()) for t in range(103)] + [(150, ARP)])))


def bfd(state, diagnostic, mine, yours):
    return struct.pack('>BBBBIIIII', 0x20 | diagnostic, state << 6, 3, 24,
                       mine, yours, 300000, 300000, 0)


def bfd_frame(source, destination, data):
    return ethernet(ipv4(source, destination, 17, struct.pack(
        '>HHHH', 50000, 3784, 8 + len(data), 0) + data, 255))


UP, DOWN, EXPIRED = 3, 1, 1
write('ours-first-bfd.pcap', pcap(sorted(
    [(t * 0.3 + 0.1, bfd_frame(LOCAL, PEER, bfd(UP, 0, 2, 1)))
     for t in range(100)] +
    [(t * 0.3, bfd_frame(PEER, LOCAL, bfd(UP, 0, 1, 2)))
     for t in range(103)] +
    [(t, bfd_frame(PEER, LOCAL, bfd(DOWN, EXPIRED, 1, 0)))
     for t in range(31, 60)])))

# Evidence files of hbwatchd: the statistics extend the time of the packets, at
# its beginning and at its end.  In other files they do not.
for name, order, application in (('evidence', '<', b'hbwatchd 0.3.0'),
                                 ('evidence-big', '>', b'hbwatchd 0.3.0'),
                                 ('statistics', '<', b'dumpcap 4.0.17')):
    head = section(order, application) + interface(order)
    write(name + '.pcapng', head + statistics(order, 0) +
          packet(order, 0, nanoseconds(2), heartbeat()) +
          statistics(order, 1) + statistics(order, 31.9) +
          statistics(order, 33.5))
    write(name + '-none.pcapng', head + statistics(order, 0) +
          statistics(order, 30))

# A heartbeat exactly at the deadline, and one a microsecond after it.
write('edge.pcap', pcap([(t, heartbeat()) for t in (0, 30, 60.000001)]))
write('edge-end.pcap', pcap([(0, heartbeat()), (30, ARP)]))
write('edge-unmatched.pcap', pcap([(0, heartbeat()), (30, UNMATCHED)]))
write('zero.pcap', pcap([(t - START, heartbeat()) for t in range(5)]))

# A VRRP group: one node announces that it stops, the other one takes over.
write('group.pcap', pcap(
    [(t, vrrp(PEER, 51, 100)) for t in range(5)] +
    [(5, vrrp(PEER, 51, 0))] +
    [(t, vrrp(LOCAL, 51, 90)) for t in range(45, 50)] + [(50, ARP)]))

# A mirror port of both directions delivers each packet twice, two mirrors four
# times.  All have the IP id 0.
once = sorted([(t + 0.5, vrrp(PEER, 51, 100)) for t in range(20)] +
              [(t, heartbeat()) for t in range(10)] +
              [(t, heartbeat()) for t in range(50, 53)] + [(60, UNMATCHED)],
              key=lambda p: p[0])
write('once.pcap', pcap(once))
write('mirrored.pcap', pcap([(t + copy * 0.00002, frame)
                             for t, frame in once for copy in range(2)]))
write('mirrored-twice.pcap', pcap([(t + copy * 0.0003, frame)
                                   for t, frame in once for copy in range(4)]))
write('cooked.pcap', pcap([(t + 0.0001, bytes(14) + frame[12:])
                           for t, frame in once], link=113))
tagged = [(t + 0.0001, frame[:12] + b'\x81\x00\x00\x07' + frame[12:])
          for t, frame in once]
write('trunk.pcap', pcap(sorted(once + tagged, key=lambda p: p[0])))
# The copy with tags has fewer octets of a large heartbeat.
large = [(t, udp(PEER, LOCAL, 20053, 20053, bytes(range(256)))
          if frame == heartbeat() else frame) for t, frame in once]
write('snapshots.pcap', pcap(sorted(
    large + [(t + 0.0001, vlans(frame, 100, 7)) for t, frame in large],
    key=lambda p: p[0]), snap=256))

# Two parts of a capture, which replay.sh sends through a pipe.
live = [(t, heartbeat()) for t in range(3)] + [(40, UNMATCHED)]
write('live-1.pcap', pcap(live[:3]))
write('live-2.pcap', pcap(live)[len(pcap(live[:3])):])

# ---- captures for discover

rng = random.Random(2)


def every(seconds, frame, end=60, jitter=0.002):
    start = rng.random() * seconds
    return [(start + i * seconds + rng.random() * jitter, frame)
            for i in range(int((end - start) / seconds))]


def random_flows():
    packets = []
    for i in range(16):
        at = 0
        while at < 60:
            at += rng.expovariate(1 + i / 4)
            packets.append((at, tcp('192.0.2.%d' % (20 + i), LOCAL, 40000 + i,
                                    9000 + i, int(at * 1000),
                                    b'y' * rng.randint(1, 1400))))
    return packets


def other_flows():
    packets = every(0.02, udp(LOCAL, PEER, 5004, 5004, b'v' * 1300))
    packets += every(0.1, udp(PEER, LOCAL, 6000, 6000, b'v' * 1200))
    packets += every(1, ARP) + random_flows()
    for port in (53, 123, 161, 514, 1900, 5353):
        for i in range(3):
            packets += every(1 + i, udp('192.0.2.%d' % (50 + i), LOCAL,
                                        port if port == 123 else 40000, port))
    return packets


def write_sorted(name, packets):
    write(name, pcap(sorted(packets, key=lambda p: p[0])))


write_sorted('nothing.pcap', other_flows())
write_sorted('udp.pcap', other_flows() + every(1, heartbeat()) +
             every(1, udp(LOCAL, PEER, 20053, 20053)))
tls = other_flows()
for i, at in enumerate(every(2, b'')):
    tls.append((at[0], tcp(PEER, LOCAL, 41822, 21750, 100 + 69 * i,
                           b'z' * 69)))
    tls.append((at[0] + 0.001, tcp(LOCAL, PEER, 21750, 41822, 7 + 69 * i,
                                   b'z' * 69)))
write_sorted('tls.pcap', tls)
write_sorted('known.pcap', other_flows() + every(1, vrrp(PEER, 51, 100)) +
             every(1, udp('192.0.2.30', '192.0.2.31', 7000, 7000)))
write_sorted('manager.pcap', every(1, udp(PEER, LOCAL, 20012, 20012)))

# One direction has an outage, the other one does not.
write_sorted('gap.pcap', [(t, heartbeat()) for t in range(60)] +
             [(t + 0.1, udp(LOCAL, PEER, 20053, 20053))
              for t in range(60) if not 20 < t < 40])

# Groups: in VRRP and CARP one node sends at a time, in HSRP both do.
turns = [(t, LOCAL if t < 30 else PEER) for t in range(60)]
groups = [(t, vrrp(node, 51, 100)) for t, node in turns]
groups += [(t + 0.1, carp(node, 7)) for t, node in turns]
for node, state in (LOCAL, ACTIVE), (PEER, STANDBY):
    groups += [(t + 0.2, hsrp(node, 3, state)) for t in range(0, 60, 3)]
write_sorted('groups.pcap', groups)

# Two active nodes of each group for some time.
both = [(t, vrrp(LOCAL, 51, 100)) for t in range(40)]
both += [(t + 0.5, vrrp(PEER, 51, 100)) for t in range(10, 20)]
both += [(t + 0.1, carp(LOCAL, 7)) for t in range(40)]
both += [(t + 0.6, carp(PEER, 7)) for t in range(10, 20)]
both += [(t + 0.2, hsrp(LOCAL, 3, ACTIVE)) for t in range(0, 60, 3)]
both += [(t + 1.2, hsrp(PEER, 3, ACTIVE if 9 < t < 30 else STANDBY))
         for t in range(0, 60, 3)]
write_sorted('two-active.pcap', both)


def claim(source, mac):
    frame = ethernet(struct.pack('>HHBBH', 1, 0x0800, 6, 4, 2) + mac +
                     address(source) + bytes.fromhex('020000000001') +
                     address('192.0.2.1'), 0x0806)
    return frame[:6] + mac + frame[12:]


# Two hosts answer for the floating IP for some time; then one of them.
both = [(t, heartbeat()) for t in range(60)]
both += [(t + 0.4, claim('192.0.2.10', bytes.fromhex('020000000021')))
         for t in range(0, 60, 2)]
both += [(t + 0.401, claim('192.0.2.10', bytes.fromhex('020000000022')))
         for t in range(20, 30, 2)]
write_sorted('two-owners.pcap', both)
# Four groups with one number in different VLANs; that of VLAN 10 stops.  The
# group without a tag has packets with a priority tag, whose id is 0.
trunk = [(t, vlans(vrrp(PEER, 51, 100), 10)) for t in range(20)]
trunk += [(t + 0.1, vlans(vrrp(OTHER, 51, 100), 20)) for t in range(60)]
trunk += [(t + 0.2, vlans(vrrp(LOCAL, 51, 100), 100, 10)) for t in range(60)]
trunk += [(t + 0.3, vlans(vrrp(LOCAL, 51, 100), *[0] * (t % 2)))
          for t in range(60)]
# One sender in two VLANs, and another one without tags.
trunk += [(t + 0.4, vlans(heartbeat(), 10 + t % 2 * 10)) for t in range(60)]
trunk += [(t + 0.5, udp(LOCAL, PEER, 20053, 20053)) for t in range(60)]
write_sorted('vlans.pcap', trunk)
write('all-vlans.pcap', pcap([(vid / 100, vlans(vrrp(PEER, 51, 100), vid))
                              for vid in range(1, 4095)]))

write_sorted('families.pcap', groups +
             [(t + 0.3, vrrp6('fe80::' + node[-2:], 51)) for t, node in turns])

# Heartbeats in an IP tunnel, micro-BFD, and the second link of corosync.
write_sorted('inside.pcap', every(1, ethernet(ipv4(
    '198.51.100.1', '198.51.100.2', 4, heartbeat()[14:]))))
# The same heartbeat in GRE and behind VN-Tag, with VLAN tags inside of others.
tagged = struct.pack('>HH', 20, 0x0800) + heartbeat()[14:]
write_sorted('inside-vlans.pcap', every(1, vlans(ethernet(ipv4(
    '198.51.100.1', '198.51.100.2', 47, struct.pack('>HH', 0, 0x8100) +
    tagged)), 10)) + every(1, vlans(ethernet(
        struct.pack('>IH', 0, 0x8100) + tagged, 0x8926), 100)))
write_sorted('ports.pcap', every(1, udp(PEER, LOCAL, 50000, 6784)) +
             every(1, udp(PEER, LOCAL, 5406, 5406)))
