# SPDX-License-Identifier: BSD-2-Clause
"""A run: makes the testbed, breaks it as planned, repairs it, and saves the
values of the MIB at the end.  The checker then reads the records.
"""

import errno
import heapq
import json
import os
import signal
import time

import processes
import plan
from capture_monitor import CaptureMonitor
from testbed import LINKS, Testbed, children, mac, observer4, observer6

# seconds
START_LIMIT = 20.0
REPAIR_LIMIT = 90.0
CALM = 1.0              # the run ends when all has been normal for this time
POLL_PERIOD = 0.05
SLOW_PERIOD = 0.5       # of a slow receiver

ROOT = "1.3.6.1.4.1.8072.9999.9999.45640.1"
PENDING = ROOT + ".1.13.0"
ACTIVE_ALARMS = ROOT + ".1.5.0"
SHELVED = ROOT + ".1.22.0"
OPERATOR_STATE = ROOT + ".4.1.28.45640.%d"
SHELVED_SECONDS = ROOT + ".4.1.32.45640.%d"
WATCH_STATES = ROOT + ".3.1.11"
UP_TIME = "1.3.6.1.2.1.1.3"
ALIVE = "2"


class Broken(Exception):
    """The run itself failed; this says nothing about the daemon."""


class Experiment:
    def __init__(self, seed, seconds, tracks, program):
        self.seed, self.seconds = seed, seconds
        self.acts = plan.acts(seed, seconds, tracks)
        self.watches = plan.watches(seed)
        self.testbed = Testbed()
        self.program = program
        self.status = None      # the last one of is_normal
        self.todo = []          # (time, number, function, arguments)

    # ---- begin

    def begin(self):
        testbed = self.testbed
        testbed.make()
        self.faults = processes.Faults(testbed)
        self.snmpd = processes.Snmpd(testbed)
        self.receivers = [processes.Receiver(testbed, number)
                          for number in (1, 2)]
        self.recorder = testbed.start("w", [
            processes.DIRECTORY + "/record-arrivals", testbed.path("arrivals")],
            "recorder.log")
        self.wait(START_LIMIT, "receivers", lambda: all(
            receiver.ready.is_set() for receiver in self.receivers))
        self.wait(START_LIMIT, "recorder", self.recording)
        self.snmpd.start()
        self.senders = processes.Senders(testbed, self.watches)
        self.vrrp = processes.Vrrp(testbed, self.watches[-1])
        self.daemon = processes.Daemon(testbed, self.faults, self.program,
                                       self.watches)
        self.second = processes.Second(testbed, self.daemon, self.program)
        for watch in self.watches[:-1]:
            self.senders.order("on", watch.name)
        self.vrrp.start()
        self.daemon.start()
        self.capture_monitor = CaptureMonitor(
            testbed.facts, self.recorder.pid, self.daemon.pid,
            testbed.path("hbwatchd.log"))
        self.capture_monitor.start()
        self.wait(START_LIMIT, "all watches to be alive", self.is_normal)
        self.count_descriptors()

    def recording(self):
        try:
            with open(self.testbed.path("arrivals"), encoding="ascii") as file:
                return file.readline() == "ready\n"
        except FileNotFoundError:
            return False

    @staticmethod
    def wait(limit, what, condition):
        end = time.monotonic() + limit
        while not condition():
            if time.monotonic() > end:
                raise Broken("waited %.0f s for %s" % (limit, what))
            time.sleep(POLL_PERIOD)

    # ---- queries

    def count_descriptors(self):
        pid = self.daemon.pid()
        if pid is not None:
            self.testbed.facts.span(
                "descriptors", time.monotonic(),
                agent=sorted(processes.descriptors(pid).values()),
                children=[processes.program_of(child)
                          for child in children(pid)])

    def walk(self, oid):
        """[(OID, value)]; empty if there is no answer"""
        answer = self.testbed.run(
            ["snmpbulkwalk", "-v", "2c", "-c", "public", "-t", "1", "-r", "1",
             "-OnQUx", "-Cr20", processes.AGENT, oid])
        return [line.partition(" = ")[::2]
                for line in answer.stdout.splitlines() if " = " in line]

    def is_normal(self):
        """Are all watches alive, is no alarm active or shelved, and is no
        notification pending?  A lie can raise the alarm of two active nodes, which is
        cleared some time later."""
        states = [value for _, value in self.walk(WATCH_STATES)]
        pending = [value for _, value in self.walk(PENDING)]
        active = [value for oid in (ACTIVE_ALARMS, SHELVED)
                  for _, value in self.walk(oid)]
        if (states, pending, active) != self.status:
            self.status = states, pending, active
            self.testbed.facts.span("status", time.monotonic(), states=states,
                                    pending=pending, active=active)
        return states == [ALIVE] * len(self.watches) and \
            pending == ["0"] and active == ["0", "0"]

    # ---- the plan

    def at(self, when, function, *arguments):
        heapq.heappush(self.todo, (when, len(self.todo) + time.monotonic(),
                                   function, arguments))

    def go(self):
        self.origin = time.monotonic()
        self.testbed.facts.add("begin", t0=self.origin, t1=self.origin)
        for act in self.acts:
            self.at(act.begin, getattr(self, "do_" + act.track), act)
        self.work(until=self.seconds)

    def work(self, until):
        while True:
            now = time.monotonic() - self.origin
            self.daemon.look()
            if self.todo and self.todo[0][0] <= now:
                _, _, function, arguments = heapq.heappop(self.todo)
                function(*arguments)
            elif now >= until and (not self.todo or
                                   now >= until + REPAIR_LIMIT):
                return
            else:
                next_one = self.todo[0][0] if self.todo else until
                time.sleep(max(min(next_one - now, POLL_PERIOD), 0))

    def do_senders(self, act):
        if act.what == "silent":
            self.senders.order("off", act.target)
            self.at(act.end, self.senders.order, "on", act.target)
        else:
            self.vrrp.end(act.what)
            self.at(act.end, self.start_again, self.vrrp)

    def do_drops(self, act):
        watch = next(watch for watch in self.watches
                     if watch.name == act.target)
        what = "meta l4proto 112" if watch.family == 0 \
            else "udp dport %d" % watch.port
        letter = LINKS[watch.link][0]
        if act.amount < 100:
            what += " numgen random mod 100 < %d" % act.amount
        self.testbed.nft(letter, "table inet chaos {\n\tchain output {\n"
                       "\t\ttype filter hook output priority 0;\n"
                       "\t\t%s drop\n\t}\n}\n" % what)
        self.testbed.facts.span("drop", time.monotonic(), watch=watch.name,
                              state="on", percent=act.amount)
        self.at(act.end, self.drop_no_more, letter, watch.name)

    def drop_no_more(self, letter, name):
        self.testbed.nft(letter, "delete table inet chaos\n")
        self.testbed.facts.span("drop", time.monotonic(), watch=name,
                              state="off")

    def do_snmpd(self, act):
        if act.what == "stop":
            self.snmpd.hold()
            self.at(act.end, self.snmpd.go_on)
            return
        self.snmpd.end(signal.SIGKILL if act.what == "kill"
                       else signal.SIGTERM)
        self.at(act.end, self.start_again, self.snmpd)

    def start_again(self, actor):
        """Starts the process of the actor as soon as the previous one has
        ended."""
        if actor.ended():
            actor.start()
        else:
            self.at(time.monotonic() - self.origin + POLL_PERIOD,
                    self.start_again, actor)

    def do_receivers(self, act):
        receiver = self.receivers[int(act.target) - 1]
        if act.what in ("kill", "term"):
            receiver.end(signal.SIGKILL if act.what == "kill"
                         else signal.SIGTERM)
            self.at(act.end, receiver.start)
        elif act.what == "stop":
            receiver.hold(True)
            self.at(act.end, receiver.hold, False)
        else:
            pieces = int((act.end - act.begin) / SLOW_PERIOD)
            for piece in range(pieces):
                at = act.begin + piece * SLOW_PERIOD
                self.at(at, receiver.hold, True)
                self.at(at + SLOW_PERIOD * 0.9, receiver.hold, False)

    def later(self, function, act):
        """Does the act when the daemon is ready for it, and ends it as much
        later."""
        delay = time.monotonic() - self.origin + POLL_PERIOD - act.begin
        self.at(act.begin + delay, function, act._replace(
            begin=act.begin + delay, end=act.end + delay))

    def is_ready(self):
        """Does the daemon run, was it not told to end, has it read its
        configuration, and has it written its state?"""
        return self.daemon.pid() is not None and \
            not self.daemon.end_is_expected and \
            self.daemon.engines_run() and self.testbed.has_state()

    def do_daemon(self, act):
        # No hbwatchd can know an epoch whose files were removed.
        if not self.testbed.has_state():
            self.later(self.do_daemon, act)
            return
        if act.what in ("stop", "suspend"):
            held = self.daemon.hold(True, act.what == "suspend")
            self.at(act.end, self.daemon.release, held)
            return
        self.daemon.end(signal.SIGKILL if act.what == "kill"
                        else signal.SIGTERM)
        self.at(act.end, self.start_daemon, time.monotonic())

    def start_daemon(self, asked):
        """Starts the daemon as soon as the previous one has ended, and kills
        one that hangs.  `asked` is when it got the signal."""
        if self.daemon.pid() is not None:
            if not self.daemon.end_is_expected:
                return          # another act has started it already
            if time.monotonic() - asked > processes.END_LIMIT:
                self.testbed.facts.span("daemon", asked, state="would not end")
                self.daemon.end(signal.SIGKILL)
            self.at(time.monotonic() - self.origin + POLL_PERIOD,
                    self.start_daemon, asked)
            return
        self.daemon.ended()
        self.daemon.start()

    def do_engine(self, act):
        if act.what == "kill":
            self.daemon.kill_engine()
            return
        held = self.daemon.hold(False, True)
        self.at(act.end, self.daemon.release, held)

    def do_links(self, act):
        testbed, link = self.testbed, act.target
        number = LINKS[link][1]
        if act.what == "remove":
            testbed.remove_link(link)
            self.at(act.end, testbed.add_link, link)
        elif act.what == "rename":
            testbed.rename_link(link)
            self.at(act.end, testbed.rename_link_back, link)
        elif act.what == "move":
            testbed.move_link(link)
            self.at(act.end, testbed.move_link_back, link)
        elif act.what in ("down", "no-carrier"):
            testbed.link_down(link, "w" if act.what == "down"
                              else LINKS[link][0])
            self.at(act.end, testbed.link_up, link)
        else:
            # Packets still arrive: the peer's neighbours are permanent.
            changes, repairs = {
                "mtu": (["link set %s mtu 1280" % link],
                        ["link set %s mtu 1500" % link]),
                "mac": (["link set %s address %s" % (link, mac(number, 3))],
                        ["link set %s address %s" % (link, mac(number, 1))]),
                "address": (["address flush dev %s" % link],
                            ["address replace %s/24 dev %s"
                             % (observer4(number), link),
                             "address replace %s/64 dev %s nodad"
                             % (observer6(number), link)])}[act.what]
            testbed.change_link(link, *changes)
            self.at(act.end, testbed.change_link, link, *repairs)

    def do_disk(self, act):
        if act.what == "fill":
            self.testbed.fill_disk()
            self.at(act.end, self.testbed.free_disk)
            return
        error = {"read-only": errno.EROFS, "error": errno.EIO}
        self.faults.disk(error.get(act.what, 0), int(act.amount))
        self.at(act.end, self.faults.disk, 0, 0)

    def do_state(self, act):
        if not act.what.startswith("restore"):
            self.lose_state(act)
            return
        self.testbed.back_up_state()
        self.at(act.end, self.restore_stopped if act.what == "restore-stopped"
                else self.lose_state, act)

    def can_lose_state(self):
        """A loss is recorded before the next one: each has a database of its
        own."""
        return self.is_ready() and not self.testbed.has_loss()

    def restore_stopped(self, act):
        """Restores the state while the daemon does not run."""
        if not self.can_lose_state():
            self.later(self.restore_stopped, act)
            return
        self.daemon.end(signal.SIGKILL)
        self.daemon.ended()
        self.testbed.lose_state("restore")
        self.daemon.start()
        self.wait_for_state(time.monotonic())

    def lose_state(self, act):
        if not self.can_lose_state():
            self.later(self.lose_state, act)
            return
        self.testbed.lose_state(act.what)
        self.wait_for_state(time.monotonic())

    def wait_for_state(self, since):
        """Records when the daemon has written its state again."""
        if self.testbed.has_state():
            self.testbed.facts.span("state", since, state="written")
            self.testbed.save_history()
            self.testbed.remove_moved_state()
        else:
            self.at(time.monotonic() - self.origin + POLL_PERIOD,
                    self.wait_for_state, since)

    def do_clock(self, act):
        if act.what == "step":
            self.faults.step(act.amount)
        elif act.what == "years":
            self.faults.step(act.amount)
            self.at(act.end, self.faults.step, -act.amount)
        else:
            pieces = max(int((act.end - act.begin) / 0.1), 1)
            for piece in range(pieces):
                self.at(act.begin + piece * 0.1, self.faults.step,
                        act.amount / pieces)

    def do_reload(self, act):
        if not self.is_ready():
            self.later(self.do_reload, act)
            return
        self.daemon.reload(act.what, act.target if act.what == "without"
                           else None)
        self.at(act.end, self.reload_again, self.daemon.pid())

    def reload_again(self, pid):
        """With the original configuration; another process has it already."""
        if pid == self.daemon.pid():
            before = self.daemon.log_size()
            self.daemon.reload("same")
            self.confirm_reload(pid, before)

    def confirm_reload(self, pid, before):
        """Reloads again if the reload failed, for example because the new
        engine was killed."""
        if pid != self.daemon.pid():
            return
        log = self.daemon.log_since(before)
        if b"the previous configuration stays in effect" in log:
            self.reload_again(pid)
        elif b"configuration in effect: %d " % len(self.watches) not in log:
            self.at(time.monotonic() - self.origin + POLL_PERIOD,
                    self.confirm_reload, pid, before)

    def do_limits(self, act):
        # A start needs memory and processes; without, it fails.
        if not self.is_ready() or not self.daemon.started():
            self.later(self.do_limits, act)
            return
        self.daemon.limit(act.what, int(act.amount))
        self.daemon.kill_engine()
        self.at(act.end, self.daemon.remove_limits)

    def do_lies(self, act):
        self.daemon.lie(int(act.amount))
        self.at(act.end, self.daemon.lie, None)

    def do_operator(self, act):
        """An operator acts on an alarm and withdraws it later; some requests
        come at the wrong time and are refused."""
        what, _, hbwatch = act.what.partition("-")
        ask = self.ask_hbwatch if hbwatch else self.set_operator
        ask(act.target, what, act.amount)
        # hbwatch cannot withdraw an acknowledgement.
        withdraw = self.ask_hbwatch if hbwatch and what == "shelve" \
            else self.set_operator
        self.at(act.end, withdraw, act.target, "unshelve", 0)

    def request(self, watch, what, command):
        """Records and sends a request, and does not wait for the answer."""
        self.testbed.facts.add("operator", t0=time.monotonic(), watch=watch,
                               request=what)
        self.testbed.start("w", command, "operator.log")

    def set_operator(self, watch, what, seconds):
        # hbwWatchIndex counts the watches.
        number = [one.name for one in self.watches].index(watch) + 1
        state = {"unshelve": 1, "acknowledge": 2, "shelve": 3}[what]
        more = [SHELVED_SECONDS % number, "u", str(int(seconds))] \
            if what == "shelve" else []
        self.request(watch, what, [
            "snmpset", "-v", "2c", "-c", "secret", "-t", "2", "-r", "0",
            processes.AGENT, OPERATOR_STATE % number, "i", str(state), *more])

    def ask_hbwatch(self, watch, what, seconds):
        more = ["-d", "%ds" % seconds] if what == "shelve" else []
        self.request(watch, what, [
            os.path.join(os.path.dirname(self.program), "hbwatch"), what,
            "-S", self.daemon.control, *more, watch])

    def do_second(self, act):
        if not self.is_ready():
            self.later(self.do_second, act)
        elif act.what == "state":
            self.second.take_state()
        else:
            self.second.start()
            self.at(act.end, self.second.end)

    # ---- end

    def wait_until_normal(self):
        """Waits until all is normal; the plan has repaired everything."""
        self.testbed.facts.add("repaired", t0=time.monotonic(),
                             t1=time.monotonic())
        end = time.monotonic() + REPAIR_LIMIT
        normal_since = None
        while time.monotonic() < end:
            self.daemon.look()
            now = time.monotonic()
            normal = self.is_normal()
            normal_since = (normal_since or now) if normal else None
            if normal and now - normal_since >= CALM:
                self.testbed.facts.span("normal", normal_since)
                self.count_descriptors()
                return
            time.sleep(POLL_PERIOD)
        self.testbed.facts.span("unrepaired", end - REPAIR_LIMIT)

    def save_final_values(self):
        """The values of the MIB, and how many datagrams the kernel dropped."""
        table = self.walk(ROOT)
        answer = self.testbed.run(["cat", "/proc/net/snmp"])
        lines = [line.split()[1:] for line in answer.stdout.splitlines()
                 if line.startswith("Udp:")]
        udp = dict(zip(lines[0], map(int, lines[1])))
        with open(self.testbed.path("final"), "w", encoding="utf-8") as file:
            json.dump({"seed": self.seed, "seconds": self.seconds,
                       "watches": [watch._asdict()
                                   for watch in self.watches],
                       "acts": self.acts, "table": table,
                       "engine_kills": self.daemon.kills,
                       "udp_lost": udp["RcvbufErrors"] + udp["InErrors"],
                       "end": time.monotonic()}, file)

    def check_harness(self):
        """The processes that record what happens must still run."""
        processes = [self.recorder, *self.senders.processes.values(),
                     *(receiver.process for receiver in self.receivers)]
        if not self.capture_monitor.is_alive() or \
                any(process.poll() is not None for process in processes):
            raise Broken("a process of the harness ended early")
        if not self.walk(UP_TIME):
            raise Broken("snmpd does not answer")

    def finish(self):
        self.check_harness()
        self.capture_monitor.stop()
        before = time.monotonic()
        self.daemon.end(signal.SIGTERM)
        status = self.daemon.wait()
        self.testbed.facts.span("end", before, status=status,
                                left=self.daemon.left_behind())
        self.testbed.keep_history()
        self.testbed.save_history()
        for receiver in self.receivers:
            receiver.end(signal.SIGTERM)

    def run(self):
        self.begin()
        self.go()
        self.wait_until_normal()
        self.save_final_values()
        self.finish()
