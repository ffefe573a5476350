# SPDX-License-Identifier: BSD-2-Clause
"""The directory, the link and the processes of a run.

A run has its own network, mount and process namespaces, so that all its
processes end with it.
"""

import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import conditions

WIRE = "hb0"        # where hbwatchd, tcpdump and keepalived listen
FAR_END = "hb1"     # where heartbeats are sent
# Above hbwatchd, whose option `realtime` is at most 20.
MEASURING_PRIORITY = 50

# The module `socket` does not have them.
SO_SNDBUFFORCE = 32
SO_TIMESTAMPNS = 35


class Failed(Exception):
    """A step of the measurement failed."""


def wait_for(text, seconds, condition, step=0.02):
    """Waits until the condition is true; returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed("%s: not within %g s" % (text, seconds))
        time.sleep(step)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def ordinary_priority():
    """Of the thread that calls."""
    if os.sched_getscheduler(0) == os.SCHED_RR:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def prepare(priority, third):
    """Called in the new process: its scheduling, and its descriptor 3."""
    if priority:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority))
    else:
        ordinary_priority()
    if third is not None:
        os.dup2(third, 3, inheritable=True)


class Output:
    """Collects (time, text) of each line that a process writes to the socket
    `end`.  The kernel takes the time, so that no thread has to be quick, and
    delay what is measured."""

    INTERVAL = 0.1              # seconds between two readings
    BYTES = 16 << 20

    def __init__(self):
        self._socket, self.end = socket.socketpair(socket.AF_UNIX,
                                                   socket.SOCK_SEQPACKET)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        try:
            self.end.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, self.BYTES)
        except PermissionError:
            self.end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF,
                                self.BYTES)
        self.lines = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        """Called when the process has its own copy of `end`."""
        self.end.close()
        self._thread.start()

    def join(self):
        """Waits until the last process that has `end` has closed it."""
        self._thread.join(10)
        self._socket.close()

    def _run(self):
        ordinary_priority()
        rest = b""
        while True:
            part, ancillary, _, _ = self._socket.recvmsg(1 << 20, 64)
            if not part:
                return
            now = monotonic_of(ancillary)
            *whole, rest = (rest + part).split(b"\n")
            self.lines.extend([(now, line.decode("utf-8", "replace"))
                               for line in whole])
            if not select.select([self._socket], [], [], 0)[0]:
                time.sleep(self.INTERVAL)


def monotonic_of(ancillary):
    """The time of a message by the clock of time.monotonic."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("qq", data)
            return (seconds + nanoseconds / 1e9 -
                    time.time() + time.monotonic())
    return time.monotonic()


class Process:
    """A process; `lines` has (time, text) of its output.  With a priority it
    runs under SCHED_RR.  A service has a session of its own, as with systemd:
    a kernel with autogroup shares the processor among sessions first."""

    def __init__(self, name, command, log, timestamped="", third=None,
                 priority=0, service=False):
        self.name, self.log = name, log
        self._output = Output() if timestamped else None
        end = self._output.end if timestamped else None
        self._log = open(log, "a", encoding="utf-8")
        self.started = time.monotonic()
        self.popen = subprocess.Popen(
            command, stdin=subprocess.DEVNULL,
            stdout=end or self._log,
            stderr=subprocess.STDOUT if timestamped == "both" else self._log,
            pass_fds=() if third is None else (3,),
            start_new_session=service,
            preexec_fn=lambda: prepare(priority, third))
        self.pid = self.popen.pid
        if self._output is not None:
            self._output.start()

    @property
    def lines(self):
        return self._output.lines if self._output is not None else []

    def running(self):
        return self.popen.poll() is None

    def send_signal(self, number):
        self.popen.send_signal(number)

    def finish(self, seconds):
        """Waits until it ends by itself; returns the exit status."""
        try:
            status = self.popen.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise Failed("%s did not end" % self.name) from error
        self._close()
        return status

    def stop(self, number=signal.SIGTERM):
        if self.running():
            self.send_signal(number)
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self._close()

    def _close(self):
        if self._output is not None and not self._log.closed:
            self._output.join()
        self._log.close()


class Lab:
    def __init__(self, build, directory, disk, network, options):
        """`directory` is for all files but the state, `disk` is a directory on
        a real disk, or None."""
        self.build, self.directory, self.disk = build, directory, disk
        self.network, self.options = network, options
        self.repeat, self.quick = options.repeat, options.quick
        self.conditions = conditions.chosen(options.load, options.state,
                                            options.quick)
        self.ram = self.make_directory("ram")
        self.state = self.disk or self.ram
        self.priority = 0
        self.hbwatchd = os.path.join(build, "hbwatchd")
        self.hbwatch = os.path.join(build, "hbwatch")
        self.processes = []
        self.memo = {}
        if not os.path.exists(self.hbwatchd):
            raise SystemExit("bench: %s has no hbwatchd: set BUILD" % build)
        os.environ.update({
            "MIBS": "", "LC_ALL": "C",
            "SNMPCONFPATH": self.make_directory("snmp"),
            "SNMP_PERSISTENT_DIR": self.make_directory("persistent")})
        if network:
            # What is measured never waits for the disk because of its log.
            self.command("mount", "-t", "tmpfs", "bench", self.ram)
            self.make_wire()

    def size(self, full, quick):
        return quick if self.quick else full

    def make_directory(self, name):
        path = os.path.join(self.directory, name)
        os.makedirs(path, exist_ok=True)
        return path

    def path(self, name):
        return os.path.join(self.ram, name)

    def large_path(self, name):
        """For a file that is too large for the memory."""
        return os.path.join(self.disk or self.directory, name)

    def tool(self, name):
        return os.path.join(self.build, "tests", "bench", name)

    # ---- the link

    def make_wire(self):
        """Makes a veth pair in this namespace."""
        for name in ("all", "default"):
            path = "/proc/sys/net/ipv6/conf/%s/disable_ipv6" % name
            if os.path.exists(path):
                write(path, "1")
        self.command("ip", "link", "set", "lo", "up")
        self.add_veth(WIRE, FAR_END, "192.0.2.11/24")

    def add_veth(self, near, far, address):
        self.command("ip", "link", "add", near, "type", "veth", "peer",
                     "name", far)
        self.command("ip", "address", "add", address, "dev", near)
        self.command("ip", "link", "set", near, "up")
        self.command("ip", "link", "set", far, "up")

    # ---- processes

    def command(self, *command):
        """The output of a command, which must succeed."""
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False,
                              preexec_fn=lambda: prepare(0, None))
        if done.returncode != 0:
            raise Failed("%s: %s" % (" ".join(command), done.stderr.strip()))
        return done.stdout

    def measure_with_priority(self, wanted):
        """Lets this process, and those that `start_measuring` starts, run with
        realtime priority, so that a load does not delay what they measure.  The
        programs that are measured do not inherit it."""
        self.priority = MEASURING_PRIORITY if wanted else 0
        try:
            os.sched_setscheduler(
                0, os.SCHED_RR if wanted else os.SCHED_OTHER,
                os.sched_param(self.priority))
        except PermissionError:
            self.priority = 0

    def process(self, name, *command, **options):
        """Starts a command that end_all() does not end."""
        return Process(name, command, self.path(name + ".log"), **options)

    def start(self, name, *command, **options):
        """Starts a command.  `timestamped` is `out` or `both`: the output that
        gets timestamps; `third` is its descriptor 3."""
        process = self.process(name, *command, **options)
        self.processes.append(process)
        return process

    def start_measuring(self, name, *command, **options):
        """The same for a program that measures, or that sends heartbeats."""
        return self.start(name, *command, priority=self.priority, **options)

    def end_all(self):
        for process in reversed(self.processes):
            process.stop()
        self.processes = []

    def show_logs(self):
        for process in self.processes:
            tail = read(process.log).splitlines()[-10:]
            tail += ["%.6f %s" % line for line in process.lines[-10:]]
            for line in tail:
                print("bench: %s: %s" % (process.name, line),
                      file=sys.stderr)

    def beats(self, *options, wait=True):
        """Sends heartbeats; returns the sender's output, or its process."""
        sender = self.start_measuring(
            "beats", self.tool("beats"), "-i", FAR_END,
            *[str(option) for option in options], timestamped="out")
        return self.beaten(sender) if wait else sender

    @staticmethod
    def beaten(sender, seconds=300):
        if sender.finish(seconds) != 0:
            raise Failed("beats: %s" % read(sender.log))
        return json.loads(sender.lines[-1][1])


# ---- counters of the kernel


def family(pid):
    """The pids of the process and its descendants."""
    found = [pid]
    for name in os.listdir("/proc/%d/task" % pid):
        for child in read("/proc/%d/task/%s/children" % (pid, name)).split():
            found += family(int(child))
    return found


def tasks(pids):
    for pid in pids:
        for name in os.listdir("/proc/%d/task" % pid):
            yield "/proc/%d/task/%s" % (pid, name)


def cpu_seconds(pids):
    """CPU time: schedstat counts nanoseconds, stat only ticks."""
    total = 0.0
    for task in tasks(pids):
        total += int(read(task + "/schedstat").split()[0]) / 1e9
    return total


def switches(pids):
    """The number of context switches, voluntary or not."""
    return sum(int(count) for task in tasks(pids)
               for count in re.findall(r"ctxt_switches:\s+(\d+)",
                                       read(task + "/status")))


def kilobytes(pids, name):
    """A field of smaps_rollup: Pss or Rss."""
    return sum(int(re.search(r"^%s:\s+(\d+)" % name,
                             read("/proc/%d/smaps_rollup" % pid),
                             re.MULTILINE).group(1)) for pid in pids)
