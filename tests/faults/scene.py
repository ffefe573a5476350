# SPDX-License-Identifier: BSD-2-Clause
"""A scene: hosts in network namespaces, two switches, and hbwatchd on one of
the hosts.

    a   observer and standby node, 10.9.0.1        switch 1
    c   a third host, 10.9.0.3                     switch 1
    b   active node, 10.9.0.2                      switch 2
    d   a fourth host, 10.9.0.4                    switch 2

The switches are bridges in a namespace of their own, with a link between them.
a and b have a second, direct link, 10.8.0.1 and 10.8.0.2.  b can also be behind
a router, 10.7.0.2.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(HERE, "..", "tools")
NODE = os.path.join(HERE, "node")
PORT = 20053
OTHERS = 1000
OTHERS_PORT = 31000
A, B, C, D = "10.9.0.1", "10.9.0.2", "10.9.0.3", "10.9.0.4"
A2, B2 = "10.8.0.1", "10.8.0.2"
ROUTED = "10.7.0.2"
FLOATING = "10.9.0.10"
INTERVAL = 0.2              # seconds between heartbeats
INTERRUPTION = 2
AGENT = "127.0.0.1:1161"
SINK = "127.0.0.1:1162"


class Failed(Exception):
    """Something of the scene does not work."""


def wait_for(what, seconds, is_it):
    """The first true value of the function."""
    limit = time.monotonic() + seconds
    while True:
        value = is_it()
        if value:
            return value
        if time.monotonic() > limit:
            raise Failed("no %s within %d s" % (what, seconds))
        time.sleep(0.05)


def command(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Failed("%s: %s" % (" ".join(words), done.stderr.strip()))
    return done.stdout


def mac_of(host):
    return "02:00:00:00:00:%02x" % ("abcd".index(host) + 1)


class Scene:
    def __init__(self, directory, number, build):
        self.build, self.number = build, number
        self.directory = os.path.join(directory, "scene%d" % number)
        self.prefix = "hbwf-%d-%d-" % (os.getpid(), number)
        self.processes, self.namespaces, self.routed = {}, [], False
        shutil.rmtree(self.directory, ignore_errors=True)
        os.mkdir(self.directory, 0o711)
        # hbwatchd drops its privileges, and its user reads the log.
        os.chmod(self.directory, 0o711)

    def path(self, name):
        return os.path.join(self.directory, name)

    # ---- hosts and links

    def host(self, name):
        return self.prefix + name

    def at(self, host, *words):
        return command("ip", "netns", "exec", self.host(host), *words)

    def ip(self, host, text):
        command("ip", "-n", self.host(host), *text.split())

    def add_host(self, name):
        command("ip", "netns", "add", self.host(name))
        self.namespaces.append(self.host(name))
        self.ip(name, "link set lo up")

    def connect(self, host, switch, address):
        """Connects eth0 of a host; the port of the switch is `HOST0`."""
        self.ip("x", "link add %s0 type veth peer name eth0 address %s netns "
                "%s" % (host, mac_of(host), self.host(host)))
        self.ip("x", "link set %s0 master %s" % (host, switch))
        self.ip("x", "link set %s0 up" % host)
        self.notice_silence(host, "eth0")
        self.ip(host, "address add %s/24 dev eth0" % address)
        self.ip(host, "link set eth0 up")

    def notice_silence(self, host, interface):
        """The kernel notices a silent neighbour within 15 to 53 s.  Heartbeats
        and interruptions here are as much shorter than those in use."""
        for setting in "base_reachable_time_ms=2000", \
                "delay_first_probe_time=1":
            self.at(host, "sysctl", "-qw", "net.ipv4.neigh.%s.%s" % (
                interface, setting))

    def build_network(self, router):
        for name in "xabcd":
            self.add_host(name)
        for switch in "s1", "s2":
            self.ip("x", "link add %s type bridge mcast_snooping 0 "
                    "forward_delay 0" % switch)
            self.ip("x", "link set %s up" % switch)
        self.ip("x", "link add u1 type veth peer name u2")
        for port, switch in ("u1", "s1"), ("u2", "s2"):
            self.ip("x", "link set %s master %s" % (port, switch))
            self.ip("x", "link set %s up" % port)
        self.connect("a", "s1", A)
        self.connect("c", "s1", C)
        self.connect("d", "s2", D)
        if router:
            self.connect_behind_router()
        else:
            self.connect("b", "s2", B)
        self.ip("a", "link add eth1 type veth peer name eth1 netns %s" %
                self.host("b"))
        for host, address in ("a", A2), ("b", B2):
            self.ip(host, "address add %s/24 dev eth1" % address)
            self.ip(host, "link set eth1 up")

    def connect_behind_router(self):
        """d is the router."""
        self.routed = True
        self.ip("d", "link add eth1 type veth peer name eth0 netns %s" %
                self.host("b"))
        self.notice_silence("d", "eth1")
        self.ip("d", "address add 10.7.0.1/24 dev eth1")
        self.ip("d", "link set eth1 up")
        self.ip("b", "address add %s/24 dev eth0" % ROUTED)
        self.ip("b", "link set eth0 up")
        self.ip("b", "route add default via 10.7.0.1")
        self.ip("a", "route add 10.7.0.0/24 via %s" % D)
        self.at("d", "sysctl", "-qw", "net.ipv4.ip_forward=1")

    @property
    def peer(self):
        return ROUTED if self.routed else B

    # ---- processes

    def start(self, key, host, *words):
        log = open(self.path(key + ".log"), "ab")
        self.processes[key] = subprocess.Popen(
            ("ip", "netns", "exec", self.host(host)) + words,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True)
        log.close()

    def send_signal(self, key, number):
        os.kill(self.processes[key].pid, number)

    def stop(self, key, number=signal.SIGTERM):
        process = self.processes.pop(key, None)
        if process is None:
            return
        try:
            # TERM waits until a stopped process goes on.
            if number == signal.SIGTERM:
                os.killpg(process.pid, signal.SIGCONT)
            os.killpg(process.pid, number)
            process.wait(30)
        except ProcessLookupError:
            process.wait()
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    # ---- hbwatchd

    def start_hbwatchd(self, watches, beside):
        text = ('source = "faults"\nhost = "a"\nstorm = off\n'
                'snmp = { "rocommunity public 127.0.0.1", '
                '"trap2sink %s public" }\n' % SINK) + watches
        if beside:
            text += "".join(
                'watch "other%d" { interface = "eth0" peer = "%s" heartbeat = '
                '"udp %d" interruption = 10s }\n' % (i, C, OTHERS_PORT + i)
                for i in range(OTHERS))
            self.start("fast", "c", NODE, "fast", C, A, str(OTHERS_PORT),
                       str(OTHERS))
        with open(self.path("hbwatchd.conf"), "w") as file:
            file.write('control = "%s"\n' % self.path("control") + text)
        with open(self.path("snmptrapd.conf"), "w") as file:
            file.write("disableAuthorization yes\n")
        self.start("snmptrapd", "a", "snmptrapd", "-f", "-Lo", "-n", "-On",
                   "-C", "-c", self.path("snmptrapd.conf"), "-m", "", "-F",
                   "%v\\n", "udp:" + SINK)
        self.start("hbwatchd", "a", os.path.join(self.build, "hbwatchd"), "-c",
                   self.path("hbwatchd.conf"), "-s", self.path("state"), "-l",
                   "stderr", "-v", "-L", "udp:" + AGENT)
        wait_for("answer of hbwatchd", 60, lambda: self.get("1.1.1.0"))

    def root(self):
        with open(os.path.join(self.build, "config.h")) as file:
            found = re.search(r"#define HBW_MIB_ROOT (.*)", file.read())
        return found.group(1).replace(", ", ".")

    def get(self, *names):
        """The values of objects; None without an answer."""
        try:
            text = self.at("a", "snmpget", "-m", "", "-v2c", "-c", "public",
                           "-t", "1", "-r", "1", "-OqvU", AGENT,
                           *["%s.%s" % (self.root(), name) for name in names])
        except Failed:
            return None
        return [line.strip('"') for line in text.splitlines()]

    def save_evidence(self):
        """Writes the evidence to evidence.log, for people."""
        with open(self.path("evidence.log"), "w") as file:
            file.write(self.at("a", "snmpbulkwalk", "-m", "", "-v2c", "-c",
                               "public", "-OQ", AGENT, self.root() + ".1.6"))

    def status(self):
        """What `hbwatch status` shows of the watch "peer", for a terminal of
        80 columns; also in status.log."""
        words = os.path.join(self.build, "hbwatch"), "status", "-S", \
            self.path("control")
        texts = [subprocess.run(
            words + more, env=dict(os.environ, COLUMNS="80"), check=False,
            stdout=subprocess.PIPE, text=True).stdout
            for more in ((), ("peer",))]
        with open(self.path("status.log"), "w") as file:
            file.write("\n".join(texts))
        return texts[1]

    def replay(self):
        """The events of the evidence files."""
        folder = self.path("state/evidence")
        text = command(os.path.join(self.build, "hbwatch"), "replay", "-c",
                       self.path("hbwatchd.conf"), *[
                           os.path.join(folder, name)
                           for name in sorted(os.listdir(folder))
                           if name.endswith(".pcapng")])
        return [json.loads(line) for line in text.splitlines()]

    def notifications(self):
        """[(event, {column: value})] of the notifications so far; the columns
        of hbwAlarmTable and of hbwWatchTable are "4.N" and "3.N"."""
        with open(self.path("snmptrapd.log"), errors="replace") as file:
            lines = file.read().splitlines()
        root = re.escape("." + self.root())
        found = []
        for line in lines:
            event = re.search(root + r"\.0\.(\d+)\b", line)
            if event:
                found.append((int(event.group(1)), dict(re.findall(
                    root + r"\.1\.([34]\.1\.\d+)(?:\.\d+)+ = [\w-]+: "
                    r'("(?:[^"\\]|\\.)*"|\S+)', line))))
        return found

    def end(self):
        for key in list(self.processes):
            self.stop(key)
        for name in self.namespaces:
            subprocess.run(("ip", "netns", "delete", name), check=False,
                           stderr=subprocess.DEVNULL)
        self.namespaces = []
        shutil.rmtree(self.path("state"), ignore_errors=True)


def pause(seconds):
    """Lets a fault act: an alarm may still change."""
    time.sleep(seconds)
