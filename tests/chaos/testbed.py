# SPDX-License-Identifier: BSD-2-Clause
"""The network namespaces of a run, its directory, its small file system, and
the processes that it starts.

Namespaces: hbwatchd runs in `w`; the peers on hb0, hb1 and hb2 run in `a`, `b`
and `c`.  Interfaces are moved to `d`.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import history

STATE_SIZE = "48m"
LINKS = {"hb0": ("a", 0), "hb1": ("b", 1), "hb2": ("c", 2)}


def observer4(number):
    return "192.0.%d.1" % (100 + number)


def peer4(number):
    return "192.0.%d.2" % (100 + number)


def observer6(number):
    return "2001:db8:%d::1" % (100 + number)


def peer6(number):
    return "2001:db8:%d::2" % (100 + number)


def renamed(link):
    """The name of an interface while it is renamed."""
    return link + "x"


def mac(number, end):
    return "02:00:5e:00:%02x:%02x" % (number, end)


def short_directory():
    """The path of a unix socket has at most 107 octets; a path in LD_PRELOAD
    has no space."""
    directory = tempfile.gettempdir()
    usable = len(directory) <= 60 and " " not in directory
    return directory if usable else "/tmp"


class Facts:
    """The record of a run: a line of JSON for each fact, with
    CLOCK_MONOTONIC."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, "a", buffering=1, encoding="utf-8")

    def add(self, what, **more):
        with self.lock:
            self.file.write(json.dumps({"what": what, **more}) + "\n")

    def span(self, what, before, **more):
        """Records an action that began at `before` and has just ended."""
        self.add(what, t0=before, t1=time.monotonic(), **more)


class Testbed:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="hbw-chaos.",
                                          dir=short_directory())
        # The unprivileged engine must be able to enter it.
        os.chmod(self.directory, 0o755)
        self.prefix = "hbwc%d" % os.getpid()
        self.nodes = []
        self.processes = []
        self.mounted = []
        self.facts = Facts(self.path("facts"))
        self.disk = self.path("disk")
        self.state = os.path.join(self.disk, "state")
        self.runtime = self.path("run")    # survives faults of the disk
        self.backup = self.path("backup")
        # Programs of net-snmp open all files there: it must not have a FIFO.
        self.mibs = self.path("mibs")
        os.mkdir(self.mibs)
        self.moved = 0          # state directories that were moved away
        self.lost = None        # the file `epoch` that was restored last
        self.database = None    # history.Files of the state that was lost

    def path(self, name):
        return os.path.join(self.directory, name)

    def node(self, letter):
        return self.prefix + letter

    # ---- making

    def make(self):
        for letter in "wabcd":
            subprocess.run(["ip", "netns", "add", self.node(letter)],
                           check=True)
            self.nodes.append(self.node(letter))
            self.ip(letter, "link set lo up")
        for link in LINKS:
            self.add_link(link)
        # An unprivileged hbwatchd must be able to make its directory again.
        self.mount(self.disk, "size=%s,mode=777" % STATE_SIZE)
        self.mount(self.runtime, "size=1m,mode=755")

    def mount(self, directory, options):
        os.mkdir(directory)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "hbw-chaos",
                        directory], check=True)
        self.mounted.append(directory)

    def ip(self, letter, *commands):
        """ip(8) commands, in one process."""
        subprocess.run(["ip", "-n", self.node(letter), "-batch", "-"],
                       input="\n".join(commands) + "\n", text=True,
                       check=True, stdout=subprocess.DEVNULL)

    def add_link(self, link):
        letter, number = LINKS[link]
        before = time.monotonic()
        self.ip("w", "link add %s address %s type veth peer name %s "
                "address %s netns %s" % (link, mac(number, 1), link,
                                         mac(number, 2), self.node(letter)))
        self.configure_observer(link)
        self.configure_peer(link)
        self.facts.span("link", before, link=link, state="up",
                        index=self.index(link))

    def configure_observer(self, link):
        number = LINKS[link][1]
        self.ip("w", "link set %s addrgenmode none up" % link,
                "address replace %s/24 dev %s" % (observer4(number), link),
                "address replace %s/64 dev %s nodad"
                % (observer6(number), link))

    def configure_peer(self, link):
        """With permanent neighbour entries, so that no address is resolved."""
        letter, number = LINKS[link]
        lladdr = mac(number, 1)
        self.ip(letter, "link set %s addrgenmode none up" % link,
                "address replace %s/24 dev %s" % (peer4(number), link),
                "address replace %s/64 dev %s nodad" % (peer6(number), link),
                "neigh replace %s lladdr %s dev %s nud permanent"
                % (observer4(number), lladdr, link),
                "neigh replace %s lladdr %s dev %s nud permanent"
                % (observer6(number), lladdr, link))

    def index(self, link):
        output = subprocess.run(["ip", "-j", "-n", self.node("w"), "link",
                                 "show", link], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
        return json.loads(output)[0]["ifindex"]

    # ---- breaking

    def remove_link(self, link):
        before = time.monotonic()
        self.ip("w", "link delete %s" % link)
        self.facts.span("link", before, link=link, state="gone")

    def link_down(self, link, letter):
        before = time.monotonic()
        self.ip(letter, "link set %s down" % link)
        self.facts.span("link", before, link=link, state="down")

    def link_up(self, link):
        before = time.monotonic()
        self.configure_observer(link)
        self.configure_peer(link)
        self.facts.span("link", before, link=link, state="up",
                        index=self.index(link))

    def rename_link(self, link):
        before = time.monotonic()
        self.ip("w", "link set %s name %s" % (link, renamed(link)))
        self.facts.span("link", before, link=link, state="gone")

    def rename_link_back(self, link):
        before = time.monotonic()
        self.ip("w", "link set %s name %s" % (renamed(link), link))
        self.facts.span("link", before, link=link, state="up",
                        index=self.index(link))

    def move_link(self, link):
        before = time.monotonic()
        self.ip("w", "link set %s netns %s" % (link, self.node("d")))
        self.facts.span("link", before, link=link, state="gone")

    def move_link_back(self, link):
        before = time.monotonic()
        self.ip("d", "link set %s netns %s" % (link, self.node("w")))
        self.configure_observer(link)
        self.configure_peer(link)
        self.facts.span("link", before, link=link, state="up",
                        index=self.index(link))

    def change_link(self, link, *commands):
        """Changes that do not matter for the capture."""
        before = time.monotonic()
        self.ip("w", *commands)
        self.facts.span("change", before, link=link)

    def nft(self, letter, commands):
        subprocess.run(["ip", "netns", "exec", self.node(letter), "nft",
                        "-f", "-"], input=commands, text=True, check=True)

    def fill_disk(self):
        before = time.monotonic()
        with open(os.path.join(self.disk, "ballast"), "ab",
                  buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"\0" * 4096)
            except OSError:
                pass
        self.facts.span("disk", before, state="full", delay=0)

    def free_disk(self):
        before = time.monotonic()
        try:
            os.unlink(os.path.join(self.disk, "ballast"))
        except FileNotFoundError:
            return
        self.facts.span("disk", before, state="free")

    # ---- the state directory

    def epoch_file(self):
        """Identifies the content of the file `epoch`; None: it is missing."""
        try:
            with open(os.path.join(self.state, "epoch"), "rb") as file:
                status = os.fstat(file.fileno())
                return status.st_ino, status.st_mtime_ns, file.read()
        except OSError:
            return None

    def has_state(self):
        """Has hbwatchd written the state again since the last loss?"""
        return self.epoch_file() not in (None, self.lost)

    def back_up_state(self):
        """Copies the state while it is in use."""
        before = time.monotonic()
        shutil.rmtree(self.backup, ignore_errors=True)
        try:
            shutil.copytree(self.state, self.backup)
        except (OSError, shutil.Error):
            shutil.rmtree(self.backup, ignore_errors=True)
            return
        self.facts.span("backup", before)

    def lose_state(self, what):
        """Removes, moves or restores the directory, or removes its files."""
        before = time.monotonic()
        self.keep_history()
        self.lost = None
        self.moved += 1
        away = "%s.%d" % (self.state, self.moved)
        if what == "files":
            for entry in os.scandir(self.state):
                if entry.is_file():
                    os.unlink(entry.path)
        else:
            os.rename(self.state, away)
        whole = what != "restore" or self.restore_state(os.stat(away))
        self.facts.span("state", before, state="lost", how=what, whole=whole)
        if what == "remove":
            self.remove(away)

    @staticmethod
    def remove(directory):
        """hbwatchd removes the epoch file of a lost directory at any time."""
        while os.path.exists(directory):
            shutil.rmtree(directory, ignore_errors=True)

    def restore_state(self, owner):
        """Puts the backup in place, or a part of it if the disk is full; false
        if it was only a part."""
        whole = True
        try:
            shutil.copytree(self.backup, self.state)
        except (OSError, shutil.Error):
            whole = False
        for root, _, names in os.walk(self.state):
            for name in [root] + [os.path.join(root, name)
                                  for name in names]:
                os.chown(name, owner.st_uid, owner.st_gid)
        self.lost = self.epoch_file()
        return whole

    def keep_history(self):
        """Keeps the files of the database, which the daemon still uses."""
        if self.database is None:
            self.database = history.Files(self.state)

    def has_loss(self):
        """Was the state lost, and save_history not called since?"""
        return self.database is not None

    def save_history(self):
        """Records what the database has that was kept."""
        before = time.monotonic()
        rows = self.database.read(self.path("database"))
        self.database = None
        self.facts.span("history", before, rows=rows)

    def remove_moved_state(self):
        """Returns the disk space of directories that were moved away."""
        for number in range(1, self.moved + 1):
            shutil.rmtree("%s.%d" % (self.state, number), ignore_errors=True)

    # ---- processes

    def environment(self):
        return {**os.environ, "LC_ALL": "C", "TZ": "UTC",
                "MIBS": "", "MIBDIRS": self.mibs,
                "SNMPCONFPATH": self.directory,
                "SNMP_PERSISTENT_DIR": self.path("persistent")}

    def start(self, letter, command, log, **more):
        """Starts the command in a namespace; its output goes to the log."""
        with open(self.path(log), "ab") as output:
            more.setdefault("stdout", output)
            more.setdefault("stdin", subprocess.DEVNULL)
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.node(letter)] + command,
                env=self.environment(), stderr=output,
                start_new_session=True, **more)
        self.processes.append(process)
        return process

    def run(self, command, **more):
        """Runs a short command in the namespace of hbwatchd."""
        return subprocess.run(
            ["ip", "netns", "exec", self.node("w")] + command,
            env=self.environment(), text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **more)

    # ---- the end

    def clean_up(self, keep):
        """Ends all processes in the namespaces, and removes them."""
        for node in self.nodes:
            self.end_node(node)
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for node in self.nodes:
            subprocess.run(["ip", "netns", "delete", node], check=False)
        self.facts.file.close()
        if keep and self.mounted:
            # Keeps the files; the file system is unmounted.
            shutil.copytree(self.disk, self.path("state-left"),
                            dirs_exist_ok=True)
        for directory in self.mounted:
            # A process that was killed may still have it open.
            subprocess.run(["umount", "-l", directory], check=False)
        if keep:
            print("kept: %s" % self.directory)
        else:
            shutil.rmtree(self.directory)

    @staticmethod
    def pids_of(node):
        answer = subprocess.run(["ip", "netns", "pids", node], text=True,
                                stdout=subprocess.PIPE, check=False)
        return [int(pid) for pid in answer.stdout.split()]

    def pids(self, letter):
        """The processes in a namespace"""
        return self.pids_of(self.node(letter))

    def end_node(self, node):
        for pid in self.pids_of(node):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid),
                  encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []
