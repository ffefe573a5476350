# SPDX-License-Identifier: BSD-2-Clause
"""The processes of a run: snmpd, two trap receivers, hbwatchd, and the peers.

Each class starts, breaks and repairs its process, and records when.
"""

import collections
import mmap
import os
import re
import shutil
import signal
import struct
import subprocess
import threading
import time

import testbed as addresses
from plan import LINKS, VRRP_LINK

AGENT = "127.0.0.1:1161"
RECEIVERS = ("127.0.0.1:1162", "127.0.0.1:1163")
ENGINE = "hbwatch-engine"
HONEST_ENGINE = ENGINE + ".honest"      # where ENGINE can lie
DIRECTORY = os.path.dirname(os.path.abspath(__file__))
# The option of prlimit(1), and the name in /proc/PID/limits
LIMITS = {"descriptors": ("nofile", "Max open files"),
          "memory": ("as", "Max address space"),
          "processes": ("nproc", "Max processes")}
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
            conf.write("rocommunity public 127.0.0.1\n"
                       "rwcommunity secret 127.0.0.1\nmaster agentx\n"
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
        self.testbed = testbed
        self.number = number
        self.conf = conf
        self.path = testbed.path("traps%d" % number)
        self.held = False
        self.start()

    def start(self):
        before = time.monotonic()
        self.process = self.testbed.start(
            "w", ["snmptrapd", "-X", "-f", "-Lo", "-n", "-C", "-c", self.conf,
                  "-OnQUx", "-F", "%B\\t%V\\t%v\\n",
                  "udp:" + RECEIVERS[self.number - 1]],
            "snmptrapd%d.log" % self.number, stdout=subprocess.PIPE,
            text=True)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        if self.ready.wait(END_LIMIT):
            self.record(before, "up")

    def record(self, before, state):
        self.testbed.facts.span("receiver", before, number=self.number,
                                state=state)

    def read(self):
        with open(self.path, "a", buffering=1, encoding="ascii",
                  errors="replace") as file:
            for line in self.process.stdout:
                file.write("%.6f\t%s" % (time.monotonic(), line))
                if line.startswith("NET-SNMP version"):
                    self.ready.set()

    def hold(self, stop):
        """Stops or continues it; notifications wait in its socket."""
        if self.held == stop:
            return
        self.held = stop
        self.process.send_signal(signal.SIGSTOP if stop else signal.SIGCONT)

    def end(self, number):
        """Notifications are lost until it has started again."""
        before = time.monotonic()
        self.hold(False)
        self.record(before, "gone")
        self.process.send_signal(number)
        self.process.wait(END_LIMIT)
        self.thread.join()


class Faults:
    """The wall clock of the daemon, which is that of the machine plus an
    offset; and the errors and delays of its disk.  See faults.c."""

    PAGE = "qQii"

    def __init__(self, testbed):
        self.testbed = testbed
        self.library = testbed.path("faults.so")
        self.path = testbed.path("faults")
        self.offset = 0.0
        self.error = self.delay_ms = 0
        self.device = os.stat(testbed.disk).st_dev
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", self.library,
                        os.path.join(DIRECTORY, "faults.c")], check=True)
        size = struct.calcsize(self.PAGE)
        with open(self.path, "wb") as file:
            file.write(bytes(size))
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), size)
        self.write()
        self.record(time.monotonic())

    def write(self):
        struct.pack_into(self.PAGE, self.page, 0, int(self.offset * 1e9),
                         self.device, self.error, self.delay_ms)

    def disk(self, error, delay_ms):
        before = time.monotonic()
        self.error, self.delay_ms = error, delay_ms
        self.write()
        self.testbed.facts.span("disk", before, state="bad"
                                if error or delay_ms else "good",
                                delay=delay_ms / 1000)

    def record(self, before):
        now = time.monotonic()
        self.testbed.facts.add("clock", t0=before, t1=now,
                             wall=time.time() - now, offset=self.offset)

    def step(self, seconds):
        before = time.monotonic()
        self.offset = round(self.offset + seconds, 6)
        self.write()
        self.record(before)

    def environment(self):
        # The sanitizer checks that its library is loaded first.
        options = os.environ.get("ASAN_OPTIONS", "").split(":")
        options.append("verify_asan_link_order=0")
        return ["LD_PRELOAD=" + self.library, "CHAOS_PAGE=" + self.path,
                "CHAOS_DISK=" + self.testbed.disk,
                "ASAN_OPTIONS=" + ":".join(filter(None, options))]


class Daemon:
    """hbwatchd and its engine."""

    def __init__(self, testbed, faults, program, watches):
        self.testbed = testbed
        self.faults = faults
        self.watches = watches
        self.install(program)
        self.process = None
        self.end_is_expected = True
        self.holders = collections.Counter()    # how many acts stop the pid
        self.kills = 0                  # engines that were killed
        self.limits = {}                # option of prlimit -> original limit
        self.configuration = testbed.path("hbwatchd.conf")
        self.control = os.path.join(testbed.runtime, "control")
        self.log = testbed.path("hbwatchd.log")
        self.log_before = 0             # its size before the last start

    def install(self, program):
        """Copies the programs to a directory with an engine that can lie; see
        lying_engine.c."""
        directory = self.testbed.path("programs")
        os.mkdir(directory)
        self.program = os.path.join(directory, "hbwatchd")
        self.honest = os.path.join(directory, "honest")
        self.seed = os.path.join(directory, "seed")
        shutil.copy(program, self.program)
        shutil.copy(os.path.join(os.path.dirname(program), ENGINE),
                    os.path.join(directory, HONEST_ENGINE))
        shutil.copy(liar(program), os.path.join(directory, ENGINE))
        with open(self.honest, "wb"):
            pass

    def pid(self):
        process = self.process
        if process is None or process.poll() is not None:
            return None
        return process.pid

    def command(self, configuration, state, program=None):
        return ["env", "-u", "MIBDIRS", "-u", "MIBS"] + \
            self.faults.environment() + \
            [program or self.program, "-c", configuration, "-s", state, "-l",
             "stderr", "-v", "-x", self.testbed.path("agentx")]

    def start(self):
        """With a valid configuration, which a reload may have replaced."""
        before = time.monotonic()
        self.limits = {}
        self.log_before = self.log_size()
        self.configure(configuration_of(self.watches, self.control))
        self.process = self.testbed.start(
            "w", self.command(self.configuration, self.testbed.state),
            "hbwatchd.log")
        self.end_is_expected = False
        self.testbed.facts.span("daemon", before, state="up")

    def log_size(self):
        try:
            return os.path.getsize(self.log)
        except FileNotFoundError:
            return 0

    def log_since(self, size):
        """What it has logged since the log had this size."""
        with open(self.log, "rb") as file:
            file.seek(size)
            return file.read()

    def started(self):
        """Has it logged that its start is complete?"""
        return b"hbwatchd: started, " in self.log_since(self.log_before)

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

    def wait(self):
        """Its exit status; None if it does not end."""
        try:
            return self.process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            return None

    # ---- reloads

    def configure(self, text, kind="file"):
        """Replaces the configuration with a file, FIFO or directory, or removes
        it."""
        path = self.configuration
        if os.path.isdir(path):
            os.rmdir(path)
        elif kind != "file" and os.path.exists(path):
            os.unlink(path)
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "directory":
            os.mkdir(path)
        elif kind == "file":
            with open(path + ".new", "w", encoding="ascii") as file:
                file.write(text)
            os.rename(path + ".new", path)

    def reload(self, kind, without=None):
        """Changes the configuration and sends SIGHUP."""
        before = time.monotonic()
        text = configuration_of(
            (watch for watch in self.watches if watch.name != without),
            self.control)
        if kind == "broken":
            text += "watch {\n"
        self.configure(text, kind if kind in ("fifo", "directory", "missing")
                       else "file")
        self.process.send_signal(signal.SIGHUP)
        self.testbed.facts.span("reload", before, kind=kind, without=without)

    # ---- limits

    def limit(self, what, spare):
        """Lets the running agent use only `spare` more than now."""
        pid, before = self.pid(), time.monotonic()
        option, line = LIMITS[what]
        used = 0
        if what == "descriptors":
            used = max(descriptors(pid)) + 1
        elif what == "memory":
            with open("/proc/%d/statm" % pid, encoding="ascii") as file:
                used = int(file.read().split()[0]) * mmap.PAGESIZE
        with open("/proc/%d/limits" % pid, encoding="ascii") as file:
            self.limits[option] = next(
                limit[len(line):].split()[0] for limit in file
                if limit.startswith(line))
        self.set_limit(pid, option, used + spare)
        self.testbed.facts.span("limit", before, state="on", limit=what)

    @staticmethod
    def set_limit(pid, option, soft):
        """As the user of the agent, who may change its soft limits."""
        with open("/proc/%d/status" % pid, encoding="ascii") as file:
            ids = {words[0]: int(words[1]) for words in
                   map(str.split, file) if words[0] in ("Uid:", "Gid:")}
        subprocess.run(["prlimit", "--pid", str(pid),
                        "--%s=%s:" % (option, soft)], check=True,
                       user=ids["Uid:"], group=ids["Gid:"], extra_groups=[])

    def remove_limits(self):
        """Its engines keep the limits until they are replaced."""
        before, pid = time.monotonic(), self.pid()
        for option, soft in self.limits.items():
            if pid is not None:
                self.set_limit(pid, option, soft)
        self.limits = {}
        self.testbed.facts.span("limit", before, state="off")

    # ---- the engine; there may be two at a time, or none

    def engines(self):
        pid = self.pid()
        found = []
        for child in addresses.children(pid) if pid is not None else []:
            if not is_engine(child):
                continue
            try:
                found.append(Pidfd(child))
            except ProcessLookupError:
                pass
        return found

    def engines_run(self):
        return any(is_engine(child)
                   for child in addresses.children(self.pid()))

    def lie(self, seed):
        """From now on the engines lie; None: the next ones are honest."""
        before = time.monotonic()
        if seed is None:
            with open(self.honest, "wb"):
                pass
        else:
            with open(self.seed, "w", encoding="ascii") as file:
                file.write("%d\n" % seed)
            # The engine is unprivileged.
            os.chmod(self.seed, 0o666)
            os.unlink(self.honest)
        self.testbed.facts.span("lie", before, state="on"
                                if seed is not None else "off")
        self.kill_engine()

    def left_behind(self):
        """Processes of hbwatchd that still run."""
        pids = self.testbed.pids("w")
        return [name for name in map(program_of, pids)
                if name is not None and name.startswith("hbwatch")]

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


def program_of(pid):
    """The name of the program of a process; None if it has ended."""
    try:
        return os.path.basename(os.readlink("/proc/%d/exe" % pid))
    except OSError:
        return None


def is_engine(pid):
    return program_of(pid) in (ENGINE, HONEST_ENGINE)


def liar(program):
    return os.path.join(os.path.dirname(program), "tests", "tools",
                        "lying_engine")


def descriptors(pid):
    """descriptor -> its kind"""
    found = {}
    directory = "/proc/%d/fd" % pid
    for name in os.listdir(directory):
        try:
            link = os.readlink(os.path.join(directory, name))
        except OSError:
            continue
        found[int(name)] = re.sub(r":\[.*|\d+", "", link)
    return found


class Second:
    """Another hbwatchd, with a state directory of its own."""

    def __init__(self, testbed, daemon, program):
        self.testbed = testbed
        self.daemon = daemon
        self.program = program          # its engine never lies
        self.process = None
        self.configuration = testbed.path("second.conf")
        with open(self.configuration, "w", encoding="ascii") as file:
            # It notifies only that it has started; see evidence.read_trap.
            file.write('host = "second"\ncontrol = ""\n'
                       'watch "second" {\n\tinterface = "lo"\n'
                       '\theartbeat = "udp 9"\n\tpeer = "192.0.2.9"\n'
                       '\tinterruption = 1h\n}\n')
        # That of the first one may be invalid at the time.
        self.same = testbed.path("same.conf")
        with open(self.same, "w", encoding="ascii") as file:
            file.write(configuration_of(daemon.watches))

    def start(self):
        before = time.monotonic()
        self.process = self.testbed.start(
            "w", self.daemon.command(self.configuration,
                                     self.testbed.path("second"),
                                     self.program),
            "second.log")
        self.testbed.facts.span("second", before, state="up")

    def end(self):
        before = time.monotonic()
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.testbed.facts.span("second", before, state="gone")

    def take_state(self):
        """It must refuse the state directory of the first one.  Nothing else
        happens until it has ended."""
        before = time.monotonic()
        command = self.daemon.command(self.same, self.testbed.state,
                                      self.program)
        try:
            status = self.testbed.run(command, timeout=END_LIMIT).returncode
        except subprocess.TimeoutExpired:
            status = None
        self.testbed.facts.span("second", before, state="refused",
                                status=status)


def configuration_of(watches, control=""):
    # Each notification is checked.
    return 'storm = off\ncontrol = "%s"\n' % control + \
        "".join(map(section, watches))


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
