# SPDX-License-Identifier: BSD-2-Clause
"""Starts hbwatchd, snmpd and snmptrapd, and sends requests to them."""

import ipaddress
import os
import re
import shutil
import socket

from lab import WIRE, Failed, read, wait_for, write

AGENT = "127.0.0.1:1161"
SINK = "127.0.0.1:1162"
PORT = 20053
# snmpd gets the nice value of hbwatchd: a notification passes through both.
NICE = "-10"

# Objects below the root of the MIB.
WATCH_COUNT = "1.1.4.0"
ACTIVE_MINOR = "1.1.8.0"
SEQUENCE = "1.1.12.0"
PENDING = "1.1.13.0"
CAPTURE_ENTRY = "1.2.1"
CAPTURE_STATE = CAPTURE_ENTRY + ".3"
CAPTURE_PACKETS = CAPTURE_ENTRY + ".4"
CAPTURE_HEARTBEATS = CAPTURE_ENTRY + ".5"
CAPTURE_DROPPED = CAPTURE_ENTRY + ".6"
WATCH_ENTRY = "1.3.1"
WATCH_STATE = WATCH_ENTRY + ".11"
RAISED = "0.1"
CAPTURING = "1"             # of CAPTURE_STATE: running


FIRST_PEER = ipaddress.IPv4Address("10.0.0.0")      # the first peer of `beats`


def section(name, peer, interruption, port=PORT, alarm=45640):
    return ('watch "%s" { interface = "%s" peer = %s heartbeat = "udp %d" '
            'interruption = %s alarm = %d }\n' % (
                name, WIRE, peer, port, interruption, alarm))


def configuration(count, interruption="24h"):
    """The text of a configuration with that many watches.  The peers count from
    0; the name of a watch is w@ and the address."""
    if count == 0:
        return ""
    prefixes = ipaddress.summarize_address_range(FIRST_PEER,
                                                 FIRST_PEER + count - 1)
    return section("w", "{ %s }" % ", ".join('"%s"' % prefix
                                             for prefix in prefixes),
                   interruption)


def watch_of(number):
    """The name of the watch on a peer."""
    return "w@%s" % (FIRST_PEER + number)


class Poll:
    """Polls objects; values[i] has (time, value) of each change of object i."""

    def __init__(self, lab, *oids):
        self.values = [[] for _ in oids]
        self._process = lab.start_measuring(
            "poll", lab.tool("ask"), "poll", AGENT, "2000", *oids,
            timestamped="out")

    def look(self):
        """Reads the changes since the last call."""
        lines = self._process.lines
        count = len(lines)
        new = lines[:count]
        del lines[:count]
        for _, line in new:
            timestamp, position, value = line.split(" ", 2)
            self.values[int(position)].append((float(timestamp), value))

    def first(self, position, since, is_it):
        """The time of the first value for which the function is true."""
        self.look()
        return next((timestamp for timestamp, value in self.values[position]
                     if timestamp >= since and is_it(value)), None)

    def stop(self):
        self._process.stop()
        self.look()


class Host:
    """A new snmpd, and the daemons that connect to it."""

    def __init__(self, lab):
        self.lab = lab
        self.socket = lab.path("agentx")
        self.root = mib_root(lab.build)
        self.hbwatchd = None
        self.traps = None
        write(lab.path("snmpd.conf"),
              "rocommunity public 127.0.0.1\nmaster agentx\n"
              "trap2sink %s public\ndontLogTCPWrappersConnects yes\n" % SINK)
        self.snmpd = lab.start(
            "snmpd", "nice", "-n", NICE, "snmpd", "-f", "-Lo", "-C", "-c",
            lab.path("snmpd.conf"), "-x", "unix:" + self.socket, "-I",
            "-smux", "udp:" + AGENT, service=True)
        wait_for("snmpd", 60, lambda: self.get("1.3.6.1.2.1.1.3.0"))

    def start_traps(self):
        """Starts a snmptrapd; each notification is a line with a timestamp."""
        write(self.lab.path("snmptrapd.conf"), "disableAuthorization yes\n")
        with big_socket() as receiver:
            self.traps = self.lab.start_measuring(
                "snmptrapd", "sh", "-c", 'exec env LISTEN_PID=$$ "$@"', "sh",
                "LISTEN_FDS=1", "snmptrapd", "-f", "-Lo", "-n", "-On", "-C",
                "-c", self.lab.path("snmptrapd.conf"), "-F", "%V\\t%v\\n",
                "udp:" + SINK, timestamped="out", third=receiver.fileno())
        wait_for("snmptrapd", 60, lambda: any(
            "NET-SNMP version" in line for _, line in self.traps.lines))

    def start_hbwatchd(self, text, count, timestamped=""):
        """Waits until hbwatchd answers with that many watches, and captures."""
        self.launch_hbwatchd(text, timestamped)
        wait_for("hbwatchd", 60,
                 lambda: self.get(self.oid(WATCH_COUNT)) == str(count))
        if count > 0:
            wait_for("the capture", 60, lambda: self.get(self.oid(
                self.of_wire(CAPTURE_STATE))) == CAPTURING)

    def launch_hbwatchd(self, text, timestamped=""):
        state = os.path.join(self.lab.state, "state")
        shutil.rmtree(state, ignore_errors=True)
        os.mkdir(state, 0o700)
        self.configure(text)
        self.hbwatchd = self.lab.start(
            "hbwatchd", self.lab.hbwatchd, "-c",
            self.lab.path("hbwatchd.conf"), "-s", state, "-l", "stderr",
            "-x", self.socket, service=True, timestamped=timestamped)

    def configure(self, text):
        # Each notification counts.
        write(self.lab.path("hbwatchd.conf.new"),
              'storm = off\ncontrol = "%s"\n' % self.lab.path("control") + text)
        os.replace(self.lab.path("hbwatchd.conf.new"),
                   self.lab.path("hbwatchd.conf"))

    def oid(self, name):
        return "%s.%s" % (self.root, name)

    def get(self, oid, timeout=0.3):
        """The value of an object; "" without an answer."""
        try:
            text = self.lab.command(
                "snmpget", "-v2c", "-c", "public", "-t", str(timeout), "-r",
                "0", "-OqvUe", AGENT, oid).strip().strip('"')
        except Failed:
            return ""
        return "" if text.startswith("No Such") else text

    def poll(self, *names):
        """Starts a program that polls these objects all the time."""
        return Poll(self.lab, *[self.oid(name) for name in names])

    def number(self, name):
        text = self.get(self.oid(name), 10)
        if not text.isdigit():
            raise Failed("%s: no number: %s" % (name, text))
        return int(text)

    def of_wire(self, column):
        """An object of the only row of the capture table, whose index is 1."""
        return "%s.1" % column

    def heartbeats(self):
        return self.number(self.of_wire(CAPTURE_HEARTBEATS))

    def heartbeats_reach(self, wanted, seconds=2):
        """Waits until that many are counted; returns whether they are."""
        try:
            wait_for("heartbeats", seconds,
                     lambda: self.heartbeats() >= wanted)
        except Failed:
            return False
        return self.heartbeats() == wanted


def big_socket():
    """A UDP socket with a large buffer, for snmptrapd.  The default buffer is
    too small for 100 notifications, and a busy machine must not lose any."""
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    so_rcvbufforce = 33
    found.setsockopt(socket.SOL_SOCKET, so_rcvbufforce, 16 << 20)
    host, port = SINK.split(":")
    found.bind((host, int(port)))
    return found


def mib_root(build):
    """The OID of the root of HBWATCH-MIB, from config.h."""
    found = re.search(r"#define HBW_MIB_ROOT (.*)",
                      read(os.path.join(build, "config.h")))
    return ".".join(found.group(1).split(", "))
