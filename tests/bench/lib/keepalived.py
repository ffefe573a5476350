# SPDX-License-Identifier: BSD-2-Clause
"""keepalived as backup, and a sender of the advertisements of a master."""

import itertools
import socket
import struct
import threading
import time

from lab import FAR_END, WIRE, write

PRIORITY = 100              # of the backup
INTERVAL = 0.1              # seconds between advertisements
MASTER = "192.0.2.12"       # no host has this address
GROUP = "224.0.0.18"


def down_interval():
    """Master_Down_Interval (RFC 5798, section 6.1)."""
    return (3 + (256 - PRIORITY) / 256) * INTERVAL


def instance(name, number, interface=WIRE, priority=PRIORITY,
             interval=INTERVAL):
    return ("vrrp_instance %s {\n\tstate BACKUP\n\tinterface %s\n"
            "\tvirtual_router_id %d\n\tpriority %d\n\tadvert_int %g\n"
            "\tvirtual_ipaddress {\n\t\t192.0.2.100/32\n\t}\n}\n" % (
                name, interface, number, priority, interval))


def start(lab, name, instances, globals_="", snmp=None):
    conf = write(lab.path(name + ".conf"),
                 "global_defs {\n\tvrrp_version 3\n"
                 "\tvrrp_garp_master_refresh 0\n\tscript_user root\n"
                 "%s}\n%s" % (globals_, instances))
    command = ["keepalived", "-n", "-l", "-P", "-f", conf,
               "-p", lab.path(name + ".pid"),
               "-r", lab.path(name + ".vrrp.pid")]
    if snmp is not None:
        command += ["-x", "-A", "unix:" + snmp]
    return lab.start(name, *command, service=True)


def checksum(data):
    """The Internet checksum (RFC 1071) of 16-bit words."""
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def advertisement(number, priority=200, interval=INTERVAL):
    """A frame: VRRPv3 over IPv4 (RFC 5798, section 5)."""
    source, group = socket.inet_aton(MASTER), socket.inet_aton(GROUP)
    body = struct.pack("!BBBBHH", 0x31, number, priority, 1,
                       round(interval * 100), 0)
    body += socket.inet_aton("192.0.2.100")
    pseudo = source + group + struct.pack("!HH", 112, len(body))
    body = body[:6] + struct.pack("!H", checksum(pseudo + body)) + body[8:]
    header = struct.pack("!BBHHHBBH", 0x45, 0xc0, 20 + len(body), 0, 0, 255,
                         112, 0) + source + group
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return (bytes.fromhex("01005e000012") + bytes([0, 0, 0x5e, 0, 1, number])
            + b"\x08\x00" + header + body)


class Master:
    """Sends advertisements of groups from the far end until `stop`: of each
    group one in an interval, evenly spaced."""

    def __init__(self, numbers=(1,), interval=INTERVAL):
        self.frames = {number: advertisement(number, interval=interval)
                       for number in numbers}
        self.step = interval / len(self.frames)
        self.last = {}          # time of the last advertisement of each group
        self._silent = threading.Event()
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.bind((FAR_END, 0))
        self._thread = None

    def start(self):
        self._silent.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        due = time.monotonic()
        for number in itertools.cycle(self.frames):
            if self._silent.is_set():
                return
            self.last[number] = time.monotonic()
            self._socket.send(self.frames[number])
            due += self.step
            self._silent.wait(max(0, due - time.monotonic()))

    def stop(self):
        """Stops; returns the times of the last advertisements."""
        self._silent.set()
        self._thread.join()
        return self.last

    def close(self):
        if self._thread is not None:
            self.stop()
        self._socket.close()
