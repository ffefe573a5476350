# SPDX-License-Identifier: BSD-2-Clause
"""The processes of a run: snmpd, two trap receivers, hbwatchd, and the peers.

Each class starts, breaks and repairs its process, and records when.
"""

import collections
import mmap
import os
import signal
import struct
import subprocess
import threading
import time

import testbed as addresses
from plan import LINKS, VRRP_LINK

AGENT = "127.0.0.1:1161"
RECEIVERS = ("127.0.0.1:1162", "127.0.0.1:1163")
DIRECTORY = os.path.dirname(os.path.abspath(__file__))
END_LIMIT = 15.0        # seconds until a process must have ended after TERM


class Pidfd:
    """A process that may end at any time.  Its pid may then belong to another
    process, its pidfd cannot."""

    def __init__(self, pid):
        self.pid = pid
        self.fd = os.pidfd_open(pid)

    def signal(self, number):
        try:
            signal.pidfd_send_signal(self.fd, number)
            return True
        except ProcessLookupError:
            return False

    def close(self):
        os.close(self.fd)


class Snmpd:
    def __init__(self, testbed):
        self.testbed = testbed
        self.process = None
        self.socket = testbed.path("agentx")
        with open(testbed.path("snmpd.conf"), "w", encoding="ascii") as conf:
            conf.write("rocommunity public 127.0.0.1\nmaster agentx\n"
                       "dontLogTCPWrappersConnects yes\n")
            for receiver in RECEIVERS:
                conf.write("trap2sink %s public\n" % receiver)

    def start(self):
        before = time.monotonic()
        self.process = self.testbed.start(
            "w", ["snmpd", "-f", "-Lo", "-C", "-c",
                  self.testbed.path("snmpd.conf"), "-x", "unix:" + self.socket,
                  "-I", "-smux", "udp:" + AGENT], "snmpd.log")
        self.testbed.facts.span("snmpd", before, state="up")

    def end(self, number):
        """Sends the signal and does not wait."""
        before = time.monotonic()
        self.process.send_signal(number)
        self.testbed.facts.span("snmpd", before, state="gone")

    def ended(self):
        return self.process.poll() is not None

    def hold(self):
        before = time.monotonic()
        self.process.send_signal(signal.SIGSTOP)
        self.testbed.facts.span("snmpd", before, state="held")

    def go_on(self):
        before = time.monotonic()
        self.process.send_signal(signal.SIGCONT)
        self.testbed.facts.span("snmpd", before, state="up")


class Receiver:
    """snmptrapd; each notification is a line, after the time of its arrival."""

    def __init__(self, testbed, number):
        conf = testbed.path("snmptrapd%d.conf" % number)
        with open(conf, "w", encoding="ascii") as file:
            # All octets in hexadecimal, on one line.
            file.write("disableAuthorization yes\n[snmp] hexOutputLength 0\n"
                       "[snmp] serverRecvBuf 4194304\n")
        self.path = testbed.path("traps%d" % number)
        self.process = testbed.start(
            "w", ["snmptrapd", "-f", "-Lo", "-n", "-C", "-c", conf,
                  "-OnQUx", "-F", "%B\\t%V\\t%v\\n",
                  "udp:" + RECEIVERS[number - 1]],
            "snmptrapd%d.log" % number, stdout=subprocess.PIPE, text=True)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        with open(self.path, "w", buffering=1, encoding="ascii",
                  errors="replace") as file:
            for line in self.process.stdout:
                file.write("%.6f\t%s" % (time.monotonic(), line))
                self.ready.set()

    def stop(self):
        self.process.terminate()
        self.process.wait(END_LIMIT)
        self.thread.join()


class Clock:
    """The wall clock of the daemon: that of the machine plus an offset."""

    def __init__(self, testbed):
        self.testbed = testbed
        self.library = testbed.path("clock_offset.so")
        self.path = testbed.path("clock")
        self.offset = 0.0
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", self.library,
                        os.path.join(DIRECTORY, "clock_offset.c")], check=True)
        with open(self.path, "wb") as file:
            file.write(bytes(8))
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 8)
        self.record(time.monotonic())

    def record(self, before):
        now = time.monotonic()
        self.testbed.facts.add("clock", t0=before, t1=now,
                             wall=time.time() - now, offset=self.offset)

    def step(self, seconds):
        before = time.monotonic()
        self.offset = round(self.offset + seconds, 6)
        self.page[:8] = struct.pack("q", int(self.offset * 1e9))
        self.record(before)

    def environment(self):
        # The sanitizer checks that its library is loaded first.
        options = os.environ.get("ASAN_OPTIONS", "").split(":")
        options.append("verify_asan_link_order=0")
        return ["LD_PRELOAD=" + self.library, "CHAOS_CLOCK=" + self.path,
                "ASAN_OPTIONS=" + ":".join(filter(None, options))]


class Daemon:
    """hbwatchd and its engine."""

    def __init__(self, testbed, clock, program, watches):
        self.testbed = testbed
        self.clock = clock
        self.program = program
        self.process = None
        self.end_is_expected = True
        self.holders = collections.Counter()    # how many acts stop the pid
        self.kills = 0                  # engines that were killed
        self.configuration = testbed.path("hbwatchd.conf")
        with open(self.configuration, "w", encoding="ascii") as file:
            # Each notification is checked.
            file.write("storm = off\n")
            for watch in watches:
                file.write(section(watch))

    def pid(self):
        process = self.process
        if process is None or process.poll() is not None:
            return None
        return process.pid

    def start(self):
        before = time.monotonic()
        self.process = self.testbed.start(
            "w", ["env", "-u", "MIBDIRS", "-u", "MIBS"] +
            self.clock.environment() +
            [self.program, "-c", self.configuration, "-s",
             os.path.join(self.testbed.disk, "state"), "-l", "stderr", "-v",
             "-x", self.testbed.path("agentx")], "hbwatchd.log")
        self.end_is_expected = False
        self.testbed.facts.span("daemon", before, state="up")

    def look(self):
        """If it has ended by itself, records this and starts it again."""
        if self.end_is_expected or self.pid() is not None:
            return
        self.testbed.facts.span("daemon", time.monotonic(), state="died",
                              status=self.process.returncode)
        self.start()

    def end(self, number):
        """Sends the signal; except for SIGKILL it does not wait."""
        before = time.monotonic()
        self.end_is_expected = True
        if self.pid() is not None:
            self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()
        self.testbed.facts.span("daemon", before, state="end",
                              signal=int(number))

    def ended(self):
        before = time.monotonic()
        self.process.wait(END_LIMIT)
        self.testbed.facts.span("daemon", before, state="gone")

    # ---- the engine; there may be two at a time, or none

    def engines(self):
        pid = self.pid()
        found = []
        for child in addresses.children(pid) if pid is not None else []:
            try:
                found.append(Pidfd(child))
            except ProcessLookupError:
                pass
        return found

    def kill_engine(self):
        before = time.monotonic()
        killed = []
        for engine in self.engines():
            if engine.signal(signal.SIGKILL):
                killed.append(engine.pid)
            engine.close()
        self.kills += len(killed)
        self.testbed.facts.span("engine", before, state="killed", pids=killed)

    # ---- stopped processes

    def hold(self, daemon, engine):
        """Stops the daemon, the engine, or both; returns them for release."""
        before = time.monotonic()
        held = self.engines() if engine else []
        if daemon and self.pid() is not None:
            held.insert(0, Pidfd(self.pid()))
        held = [process for process in held
                if process.signal(signal.SIGSTOP)]
        pids = [process.pid for process in held]
        self.holders.update(pids)
        self.testbed.facts.span("hold", before, pids=pids, engine=engine,
                              daemon=daemon)
        return held

    def release(self, held):
        """Continues the processes that no other act stops."""
        before = time.monotonic()
        released = []
        for process in held:
            self.holders[process.pid] -= 1
            if self.holders[process.pid] == 0:
                process.signal(signal.SIGCONT)
                released.append(process.pid)
            process.close()
        self.testbed.facts.span("release", before, pids=released)


def section(watch):
    number = addresses.LINKS[watch.link][1]
    peer = addresses.peer6(number) if watch.family == 6 \
        else addresses.peer4(number)
    heartbeat = "vrrp" if watch.family == 0 else "udp"
    return ('watch "%s" {\n\tinterface = "%s"\n\tpeer = "%s"\n'
            '\theartbeat = "%s %d"\n\tinterruption = %.1fs\n}\n' % (
                watch.name, watch.link, peer, heartbeat, watch.port,
                watch.interruption))


class Senders:
    """The UDP peers: one process a link."""

    def __init__(self, testbed, watches):
        self.processes = {}
        self.watches = {watch.name: watch for watch in watches}
        self.testbed = testbed
        for link in LINKS:
            letter, number = addresses.LINKS[link]
            words = ["%d:%d:%g" % (watch.family, watch.port, watch.interval)
                     for watch in watches if watch.link == link]
            self.processes[link] = testbed.start(
                letter, [os.path.join(DIRECTORY, "send-heartbeats"),
                         testbed.path("sent-" + link),
                         addresses.peer4(number), addresses.observer4(number),
                         addresses.peer6(number), addresses.observer6(number)] +
                words, "sender-%s.log" % link, stdin=subprocess.PIPE,
                text=True)

    def order(self, word, name):
        watch = self.watches[name]
        order = self.processes[watch.link].stdin
        self.testbed.facts.span("sender", time.monotonic(), watch=name,
                              state=word)
        order.write("%s %d\n" % (word, watch.port))
        order.flush()


class Vrrp:
    """keepalived, the only member of its group."""

    def __init__(self, testbed, watch):
        self.testbed = testbed
        self.watch = watch
        self.process = None
        with open(testbed.path("keepalived.conf"), "w",
                  encoding="ascii") as file:
            file.write("global_defs {\n\tvrrp_version 3\n"
                       "\tvrrp_garp_master_refresh 0\n}\n"
                       "vrrp_instance chaos {\n\tstate MASTER\n"
                       "\tinterface %s\n\tvirtual_router_id %d\n"
                       "\tpriority 200\n\tadvert_int %g\n"
                       "\tvirtual_ipaddress {\n\t\t192.0.2.100/24\n\t}\n}\n"
                       % (VRRP_LINK, watch.port, watch.interval))

    def start(self):
        files = [self.testbed.path("keepalived.pid"),
                 self.testbed.path("keepalived.vrrp.pid")]
        for path in files:
            # keepalived refuses to start if a killed one left them.
            if os.path.exists(path):
                os.unlink(path)
        self.process = self.testbed.start(
            addresses.LINKS[VRRP_LINK][0],
            ["keepalived", "-n", "-l", "-P", "-f",
             self.testbed.path("keepalived.conf"), "-p", files[0],
             "-r", files[1]], "keepalived.log")
        self.testbed.facts.span("sender", time.monotonic(), state="on",
                              watch=self.watch.name)

    def ended(self):
        return self.process.poll() is not None

    def end(self, how):
        """Sends SIGTERM, or kills both processes.  The parent is stopped
        before, so that it does not start its child again."""
        if how == "term":
            self.process.terminate()
        else:
            self.process.send_signal(signal.SIGSTOP)
            for child in addresses.children(self.process.pid):
                os.kill(child, signal.SIGKILL)
            self.process.kill()
        self.testbed.facts.span("sender", time.monotonic(), state="off",
                              watch=self.watch.name)
