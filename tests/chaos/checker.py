# SPDX-License-Identifier: BSD-2-Clause
"""Compares the notifications and the tables with what happened."""

import collections
import re

import evidence as records
import history
from damage import WRITTEN, Damage
from evidence import (ALARM, BLIND, CHANGED, CLEARED, EVENTS, RAISED,
                      RESTORED, STOPPED, TWO_ACTIVE, Trap)
from expected import MARGIN, ExpectedAlarms, Forgotten
from harness import Harness
from operator_check import OperatorCheck
from plan import LINKS, VRRP_LINK
from visibility import (FOREVER, LONG_STOP, RECEIVED_WITHIN, Visibility,
                        snmpd_away, spans)

# The longest time, in seconds, until the daemon captures again after nothing
# prevents it any more.
CAPTURE_AGAIN = 5.0
# The longest delay of a notification when nothing is disturbed.
DELAY = 1.5
# The interval of notifications about an interface if there were too many.
DEFERRED = 70.0
SHELVED = "4"           # hbwHistoryDelivery
# It writes so many evidence files at the same time.
EVIDENCE_FILES = 64
# The longest time until it writes a state again that was removed.
WRITTEN_AGAIN = 5.0


class Checker:
    def __init__(self, evidence):
        self.evidence = evidence
        self.damage = Damage(evidence)
        self.differences = []
        self.visibilities = {link: Visibility(evidence, link)
                       for link in LINKS + (VRRP_LINK,)}
        self.forgotten = []
        self.received = {}          # (epoch, sequence) -> its first Trap
        self.withheld = {}          # the same, of rows that are shelved
        self.all = []               # all of both in order
        self.repeated = set()       # (epoch, sequence): after a shelf
        self.in_order = []          # received, in the order of arrival
        self.begins = {}            # epoch -> its first arrival
        self.duplicates = [0, 0]
        self.gaps = 0
        self.verdicts = []

    def differ(self, when, text, *values):
        self.differences.append((when, text % values))

    # ---- the receivers

    def receivers(self):
        arrivals = self.first_arrivals()
        firsts = [self.receiver(number, traps, arrivals)
                  for number, traps in enumerate(self.evidence.traps, 1)]
        self.received = {**firsts[0]}
        for key, trap in firsts[1].items():
            other = self.received.setdefault(key, trap)
            if other.content != trap.content:
                self.differ(trap.arrival, "epoch %d sequence %d: the "
                            "receivers got different content: %s", *key,
                            records.changes(other, trap))
            # One of them may have been stopped.
            if trap.arrival < other.arrival:
                self.received[key] = trap
        self.in_order = sorted(self.received.values())
        for trap in self.in_order:
            self.begins.setdefault(trap.epoch, trap.arrival)
        self.add_withheld()
        for number, first in enumerate(firsts, 1):
            for trap in self.in_order:
                if (trap.epoch, trap.sequence) not in first and \
                        not self.was_down(number, trap.arrival):
                    self.differ(trap.arrival, "receiver %d never got epoch %d "
                                "sequence %d", number, trap.epoch,
                                trap.sequence)
        self.find_gaps()

    def add_withheld(self):
        """While an alarm is shelved, its events are only in the history.  What
        is sent after the shelf is no further event."""
        # A row may be stored again, in a new epoch.
        rows = {row._replace(epoch=0): row
                for rows in self.evidence.histories() for row in rows
                if row.withheld == history.SHELVED}
        for row in rows.values():
            self.withheld[row.epoch, row.sequence] = self.trap_of(row)
        if not self.withheld:
            self.all = self.in_order
            return
        seen, self.all = set(), []
        both = {**self.unsent_raises(), **self.withheld, **self.received}
        for key, trap in sorted(both.items(), key=lambda item: (
                self.begin_of(item[0][0]), item[0])):
            event = trap.about, trap.alarm, trap.event, trap.serial, trap.wall
            if key in self.withheld:
                seen.add(event)
            elif event in seen and trap.event in (RAISED, CLEARED):
                self.repeated.add(key)
                continue
            self.all.append(trap)

    def trap_of(self, row):
        return Trap(self.arrival_after((row.epoch, row.sequence)), row.event,
                    row.epoch, row.sequence, row.watch, row.serial,
                    row.wall(), (), row.alarm)

    def unsent_raises(self):
        """Raises whose clear was shelved, and that were in a state that was
        lost before they could be sent."""
        return {(row.epoch, row.sequence): self.trap_of(row)
                for rows in self.evidence.histories()[:-1] for row in rows
                if row.event == RAISED and row.withheld != history.SHELVED and
                any((other.event, other.withheld, other.alarm, other.serial,
                     other.watch) == (CLEARED, history.SHELVED, row.alarm,
                                      row.serial, row.watch)
                    for other in rows)}

    def begin_of(self, epoch):
        """When its first notification arrived.  A later epoch has a smaller
        number if the clock was set back.  If all of its rows are shelved, it
        follows the one with the next smaller number."""
        if epoch in self.begins:
            return self.begins[epoch]
        return max((begin for other, begin in self.begins.items()
                    if other < epoch), default=0.0)

    def arrival_after(self, key):
        """The row was created before this time."""
        epoch = [trap for trap in self.in_order if trap.epoch == key[0]]
        after = [trap.arrival for trap in epoch if trap.sequence > key[1]]
        earlier = [trap for trap in self.in_order
                   if self.begins[trap.epoch] <= self.begin_of(key[0])]
        last = max((trap.arrival for trap in epoch or earlier), default=0.0)
        return min(after or [trap.arrival for trap in self.in_order
                             if trap.arrival > last],
                   default=self.evidence.final["end"])

    def was_down(self, number, when):
        return any(begin["t0"] - 0.5 <= when and
                   (end is None or when <= end["t1"] + 0.5)
                   for begin, end in spans(
                       [fact for fact in self.evidence.of("receiver")
                        if fact["number"] == number],
                       lambda fact: fact["state"] == "gone",
                       lambda fact: fact["state"] == "up"))

    def first_arrivals(self):
        """(epoch, sequence) -> when a receiver got it first"""
        found = {}
        for trap in sum(map(list, self.evidence.traps), []):
            key = trap.epoch, trap.sequence
            found[key] = min(trap.arrival, found.get(key, trap.arrival))
        return found

    def receiver(self, number, traps, arrivals):
        """Notifications arrive in the order of their epoch and sequence, but
        for those that are repeated because the state was restored."""
        first, last = {}, {}
        for trap in traps:
            key = trap.epoch, trap.sequence
            if key in first:
                self.duplicates[number - 1] += 1
                if first[key].content != trap.content:
                    self.differ(trap.arrival, "receiver %d: epoch %d sequence "
                                "%d came again with other content: %s", number,
                                *key, records.changes(first[key], trap))
                continue
            first[key] = trap
            if trap.sequence < last.get(trap.epoch, 0) and \
                    not (self.damage.restored(trap.arrival) and
                         arrivals[key] < trap.arrival - DELAY):
                self.differ(trap.arrival, "receiver %d: epoch %d sequence %d "
                            "came after %d", number, *key, last[trap.epoch])
            last[trap.epoch] = max(trap.sequence, last.get(trap.epoch, 0))
        return first

    def find_gaps(self):
        """In an epoch no sequence is missing.  Sequences continue in the next
        epoch, unless the state was lost: then they are lower."""
        last, epoch, before, lost = 0, 0, 0.0, 0
        damages, unstored = self.damage.times(), self.unstored()
        for trap in self.in_order:
            # A row that is shelved may be the last one of an epoch, or be
            # stored with the epoch before, if that took long.
            stored = {sequence for one, sequence in self.withheld
                      if one in (epoch, trap.epoch) or
                      self.is_last(one, sequence, trap)}
            gap = [missing for missing in range(last + 1, trap.sequence)
                   if missing not in stored and
                   (epoch, missing) not in self.received and
                   (trap.epoch, missing) not in self.received]
            if any(begin - MARGIN < trap.arrival and end > before
                   for begin, end in damages) and \
                    lost + len(gap) <= unstored:
                lost += len(gap)
            elif gap:
                self.gaps += len(gap)
                self.differ(trap.arrival, "epoch %d sequence %d came, and %s "
                            "never", trap.epoch, trap.sequence, gap)
            last, epoch = trap.sequence, trap.epoch
            before = max(before, trap.arrival)

    def is_last(self, epoch, sequence, trap):
        """Is this a row at the end of an epoch before that of `trap`?"""
        return self.begin_of(epoch) <= self.begin_of(trap.epoch) and all(
            one.sequence < sequence for one in self.in_order
            if one.epoch == epoch and one.arrival < trap.arrival)

    def unstored(self):
        """The number of rows that were withheld and are in no database: the
        daemon logged them and could not store them before it was killed."""
        with open(self.evidence.path("hbwatchd.log"), encoding="utf-8",
                  errors="replace") as file:
            logged = sum("it is shelved: not notified" in line
                         for line in file)
        return logged - len(self.withheld)

    # ---- state that was lost

    def epochs(self):
        """A new epoch is correct only if the state could not be written, or was
        lost."""
        before, last = None, 0.0
        damages = self.damage.times()
        for trap in self.in_order:
            if before is not None and trap.epoch != before.epoch and not any(
                    begin - MARGIN < trap.arrival and end > last - DELAY
                    for begin, end in damages):
                self.differ(trap.arrival, "epoch %d after %d, and the "
                            "state cannot have been lost", trap.epoch,
                            before.epoch)
            if before is None or trap.epoch != before.epoch:
                last = 0.0
            before, last = trap, max(last, self.time_of(trap))
        self.forgotten = self.ends_with_damage()

    def time_of(self, trap):
        """The time of the event; 0 if it is not known."""
        if trap.wall is None:
            return 0.0
        return min(self.evidence.monotonic(trap.wall, trap.arrival)[:1],
                   default=0.0)

    def ends_with_damage(self):
        """Forgotten, for each end of the daemon while the last state was not
        on disk"""
        found = []
        for begin, end in spans(
                self.evidence.of("daemon"),
                lambda fact: fact["state"] in ("end", "died"),
                lambda fact: fact["state"] == "up"):
            for loss in self.damage.losses():
                if loss.begin > begin["t1"] or loss.end < begin["t0"]:
                    continue
                since = loss.since
                delay = self.damage.slow_for(loss.begin, loss.end)
                if delay is not None:
                    # Two writes may be on their way.
                    since = max(since, begin["t0"] - 2 * delay - DELAY)
                if since == 0.0:
                    since = min(loss.begin, self.delivered(begin["t0"]))
                found.append(Forgotten(since, FOREVER if end is None
                                       else end["t1"], loss.since == 0.0))
        return found

    def delivered(self, when):
        """The time of the last alarm that was notified before."""
        return max((self.time_of(trap) for trap in self.in_order
                    if trap.arrival < when), default=0.0)

    # ---- watches

    def watches(self):
        for watch in self.evidence.watches:
            events = [trap for trap in self.all
                      if (trap.about, trap.alarm) == (watch.name, ALARM) and
                      trap.event in (RAISED, CLEARED)]
            visibility = self.visibilities[watch.link].of_watch(watch)
            expected = ExpectedAlarms(self.evidence, visibility, watch, events,
                                      self.forgotten)
            verdict = expected.compare()
            self.verdicts.append(verdict)
            self.differences += verdict.differences
            for trap in events:
                if (trap.epoch, trap.sequence) not in self.withheld:
                    self.check_delay(expected, trap)

    def check_delay(self, expected, trap):
        """A notification must not arrive before its event.  It must arrive
        within DELAY if nothing was disturbed."""
        possible = self.evidence.monotonic(trap.wall, trap.arrival)
        if trap in expected.lies or expected.visibility.lied(
                possible[0] if possible else trap.arrival):
            return
        if not possible:
            self.differ(trap.arrival, "%s: epoch %d sequence %d: the clock of "
                        "the daemon never had that time", trap.about,
                        trap.epoch, trap.sequence)
            return
        slack = expected.margin(possible[0], trap.arrival)
        delay = trap.arrival - possible[0]
        if delay < -slack or (delay > DELAY + slack and
                              self.undisturbed(possible[0], trap.arrival)):
            self.differ(trap.arrival, "%s: epoch %d sequence %d came %.2f s "
                        "after its time", trap.about, trap.epoch,
                        trap.sequence, delay)

    def undisturbed(self, begin, end):
        """Was nothing done to snmpd and the daemon?"""
        return not any(fact["t1"] > begin - 5 and fact["t0"] < end
                       for fact in self.evidence.of(
                           "snmpd", "daemon", "engine", "hold", "release",
                           "clock", "link", "limit", "second",
                           "lie")) and \
            not self.snmpd_was_away(begin)

    def snmpd_was_away(self, when):
        return any(begin["t0"] < when and (end is None or end["t1"] > when)
                   for begin, end in snmpd_away(self.evidence))

    def sent_after(self, arrival):
        """A notification was sent after this time; a stopped snmpd may have
        kept it."""
        return min([begin["t0"] for begin, end in snmpd_away(self.evidence)
                    if begin["t0"] < arrival and end is not None and
                    end["t1"] > arrival - DELAY], default=arrival) - 5

    def serials(self):
        """Serials count the raises of all alarms.  Those of rows that were lost
        with the state, or were sent in another epoch, are missing."""
        before, begin, changed = {}, {}, set()
        present = self.repeated | {(trap.epoch, trap.sequence)
                                   for trap in self.all}

        def absent(trap, since):
            return sum((trap.epoch, sequence) not in present
                       for sequence in range(since + 1, trap.sequence))

        for trap in self.all:
            begin.setdefault(trap.epoch, trap.sequence)
            alarm = trap.epoch, trap.about, trap.alarm, trap.serial
            if trap.event == CHANGED:
                changed.add(alarm)
            if trap.event != RAISED:
                continue
            last, since = before.get(trap.epoch, (None, 0))
            # After a shelf; the first time, it was withheld and not stored.
            if last is not None and trap.serial <= last and \
                    alarm in changed and absent(trap, begin[trap.epoch]):
                continue
            if last is not None and not \
                    last < trap.serial <= last + 1 + absent(trap, since):
                self.differ(trap.arrival, "%s: raised with serial %d after %d "
                            "(sequence %d)", trap.about, trap.serial, last,
                            trap.sequence)
            # A raise after a shelf has the serial of the first, withheld one,
            # which was before other raises that may be missing.
            before[trap.epoch] = trap.serial, \
                since if alarm in changed else trap.sequence

    def two_active(self):
        """Each VRRP group has one router: only a lie can find two active."""
        visibility = self.visibilities[VRRP_LINK]
        for trap in self.in_order:
            if (trap.alarm, trap.event) == (TWO_ACTIVE, RAISED) and \
                    not any(begin <= trap.arrival <= end + RECEIVED_WITHIN
                            for begin, end in visibility.lies()):
                self.differ(trap.arrival, "%s: two active nodes (sequence "
                            "%d), and there were not", trap.about,
                            trap.sequence)

    def verdicts_changed(self):
        """Only an alarm that is active changes."""
        before = {}
        for trap in self.all:
            if dict(trap.content).get(records.BASE + "1.8.1.0", "1") != "1":
                continue        # what an operator did
            key = trap.epoch, trap.about, trap.alarm
            if trap.event in (RAISED, CLEARED):
                before[key] = trap
            last = before.get(key)
            if trap.event == CHANGED and last is not None and \
                    (last.event, last.serial) != (RAISED, trap.serial):
                self.differ(trap.arrival, "%s: changed with serial %d after "
                            "it was %s with serial %d (sequence %d)",
                            trap.about, trap.serial, EVENTS[last.event],
                            last.serial, trap.sequence)

    # ---- blind and restored

    def blindness(self):
        for link in self.visibilities:
            traps = [trap for trap in self.in_order if trap.about == link and
                     trap.event in (BLIND, RESTORED)]
            self.alternation(link, traps)
            self.removals(link, traps)

    def alternation(self, link, traps):
        before = None
        for trap in traps:
            again = before is not None and before.event == trap.event
            if again and not self.daemon_ended(
                    self.sent_after(before.arrival), trap.arrival):
                self.differ(trap.arrival, "%s: notified as %s twice (sequence "
                            "%d after %d)", link, EVENTS[trap.event],
                            trap.sequence, before.sequence)
            before = trap
        if before is not None and before.event == BLIND and \
                not self.was_lost(before) and \
                not self.link_removed(link) and not self.is_deferred(before):
            self.differ(before.arrival, "%s: notified as blind (sequence %d), "
                        "and never as restored", link, before.sequence)

    def was_lost(self, trap):
        """Has the daemon lost the state that it notified?"""
        return any(self.sent_between(trap, trap.event, begin, end)
                   for begin, end, _ in self.forgotten)

    def is_deferred(self, blind):
        """After many reports of a lying engine, the daemon limits the rate."""
        return self.evidence.final["end"] - blind.arrival < DEFERRED and any(
            self.sent_between(blind, BLIND, begin, end) for begin, end in
            self.visibilities[VRRP_LINK].lies())

    def link_removed(self, link):
        """Were all watches of the interface once not in the configuration?"""
        return all(self.was_removed(watch.name)
                   for watch in self.evidence.watches if watch.link == link)

    def daemon_ended(self, begin, end):
        return any(begin < fact["t1"] and fact["t0"] < end
                   for fact in self.evidence.of("daemon"))

    def removals(self, link, traps):
        """Each long removal of a link while the daemon ran must be notified."""
        gone = spans([fact for fact in self.evidence.of("link")
                      if fact["link"] == link],
                     lambda fact: fact["state"] == "gone",
                     lambda fact: fact["state"] == "up")
        for begin, end in gone:
            last = end["t0"] if end is not None else FOREVER
            if last - begin["t1"] < LONG_STOP or self.disturbed(
                    begin["t0"] - LONG_STOP, last):
                continue
            # After many reports of a lying engine, the rate is limited.
            if any(0 < begin["t0"] - lied < DEFERRED
                   for lied, _ in self.visibilities[link].lies()):
                continue
            if not any(self.sent_between(trap, BLIND, begin["t0"], last)
                       for trap in traps):
                self.differ(begin["t0"], "%s: removed at %.3f, added at %.3f, "
                            "and not notified as blind", link,
                            begin["t1"], last)
        for trap in traps:
            if trap.event == BLIND and not self.was_blind(link, trap) and \
                    not self.was_lied(link, trap):
                self.differ(trap.arrival, "%s: notified as blind (sequence "
                            "%d), and it was not", link, trap.sequence)

    def was_blind(self, link, trap):
        return any(self.sent_between(trap, BLIND, unmonitored.start_lo,
                                     unmonitored.end_hi)
                   for unmonitored in self.visibilities[link].unmonitored)

    def was_lied(self, link, trap):
        return any(self.sent_between(trap, BLIND, begin, end)
                   for begin, end in self.visibilities[link].lies())

    def sent_between(self, trap, event, begin, end):
        if trap.event != event:
            return False
        possible = self.times_of(trap)
        if possible is None:
            return begin - MARGIN <= trap.arrival <= end + RECEIVED_WITHIN
        return any(begin - MARGIN <= at <= end + MARGIN for at in possible)

    def times_of(self, trap):
        """The times of the row in the history, because the notification itself
        has no time.  None if there is no such row."""
        table = self.evidence.table
        value = table.get("5.1.3.%d" % trap.sequence)
        if value is None or str(trap.epoch) != table["1.11.0"]:
            return None
        return self.evidence.monotonic(records.date_and_time(value),
                                       trap.arrival)

    def disturbed(self, begin, end):
        """Was something done to the daemon or the engine?"""
        kinds = ("daemon", "engine", "hold", "release", "lie")
        return any(fact["t1"] > begin and fact["t0"] < end
                   for fact in self.evidence.of(*kinds)) or \
            any(start < end and stop > begin
                for visibility in self.visibilities.values()
                for start, stop, _ in visibility.stops)

    # ---- the processes

    def processes(self):
        for fact in self.evidence.of("daemon"):
            if fact["state"] == "died":
                self.differ(fact["t0"], "hbwatchd ended by itself with status "
                            "%d", fact["status"])
            elif fact["state"] == "would not end":
                self.differ(fact["t0"], "hbwatchd did not end on TERM")
        for fact in self.evidence.of("unrepaired"):
            self.differ(fact["t0"], "everything was repaired, but after %.0f "
                        "s a watch is not alive, an alarm is active or a "
                        "notification is pending",
                        fact["t1"] - fact["t0"])
        with open(self.evidence.path("hbwatchd.log"), encoding="utf-8",
                  errors="replace") as file:
            log = file.read()
        # The daemon kills an engine that hangs, for example a stopped one.
        died = len(re.findall("engine ended unexpectedly", log))
        died -= len(re.findall("the engine (?:hangs|does not end)", log))
        # A lying engine ends at random.
        if died > self.evidence.final["engine_kills"] and \
                not self.evidence.of("lie"):
            self.differ(0, "%d engines died, %d were killed", died,
                        self.evidence.final["engine_kills"])
        for line in re.findall(".*(?:Sanitizer|runtime error).*", log):
            self.differ(0, "hbwatchd.log: %s", line)
        for link in self.visibilities:
            self.captures_again(link)

    def captures_again(self, link):
        for gap in self.visibilities[link].gaps:
            end = min(gap.end_lo, self.evidence.final["end"])
            last = gap.start_hi
            kinds = ["link", "daemon", "engine", "hold", "release", "snmpd",
                     "limit", "lie"]
            starts = [fact["t1"] for fact in self.evidence.of("daemon")
                      if gap.start_lo < fact["t0"] < end and
                      fact["state"] == "up"]
            if starts:
                # A start waits until it has read and written its state.
                kinds.append("disk")
                last = max([last] + [start + self.damage.delay_at(start)
                                     for start in starts])
            for fact in self.evidence.of(*kinds):
                if fact.get("link", link) == link and \
                        fact["t0"] < end + MARGIN:
                    last = max(last, fact["t1"])
            holds = self.visibilities[link].holds(daemon=True, engine=True)
            blocked = any(start < end and last < stop
                          for start, stop, _ in holds)
            away = self.link_gone(link, last) or self.daemon_away(last)
            if end - last > CAPTURE_AGAIN and not blocked and not away:
                self.differ(last, "%s: no engine captured from %.3f to "
                            "%.3f, although it could since %.3f", link,
                            gap.start_lo, end, last)

    def link_gone(self, link, when):
        state = "gone"
        for fact in self.evidence.of("link"):
            if fact["link"] == link and fact["t1"] <= when:
                state = fact["state"]
        return state == "gone"

    def daemon_away(self, when):
        state = "gone"
        for fact in self.evidence.of("daemon"):
            if fact["t1"] <= when:
                state = fact["state"]
        return state != "up"

    # ---- what remains

    def written_again(self):
        """A state that was lost must be written again soon."""
        for begin, end in spans(self.evidence.of("state"),
                                lambda fact: fact["state"] == "lost",
                                lambda fact: fact["state"] == "written"):
            last = begin["t1"]
            stop = end["t1"] if end is not None else self.evidence.final["end"]
            for fact in self.evidence.of("hold", "release", "snmpd", "daemon",
                                         "limit", "disk"):
                if fact["t0"] < stop:
                    last = max(last, fact["t1"])
            bad = any(damaged < last < repaired - WRITTEN
                      for damaged, repaired in self.damage.of_disk())
            held = any(start < stop and last < over for start, over, _ in
                       self.visibilities[VRRP_LINK].holds(daemon=True))
            if stop - last > WRITTEN_AGAIN and not bad and not held:
                self.differ(last, "the state was lost at %.3f and not written "
                            "again before %.3f, although it could since %.3f",
                            begin["t1"], stop, last)

    def left_behind(self):
        for fact in self.evidence.of("end"):
            if fact["status"] != 0:
                self.differ(fact["t1"], "hbwatchd ended with status %s on TERM",
                            fact["status"])
            if fact["left"]:
                self.differ(fact["t1"], "processes are left: %s",
                            " ".join(fact["left"]))
        for fact in self.evidence.of("second"):
            if fact["state"] == "refused" and fact["status"] != 1:
                self.differ(fact["t1"], "a second hbwatchd with the same state "
                            "ended with status %s", fact["status"])
        counts = self.evidence.of("descriptors")
        if len(counts) < 2:
            return
        for what in ("agent", "children"):
            more = collections.Counter(counts[-1][what])
            more.subtract(counts[0][what])
            more = {kind: n for kind, n in more.items()
                    if n > may_be_open(kind)}
            if more:
                self.differ(counts[-1]["t1"], "the agent has more %s than "
                            "before: %s", "descriptors" if what == "agent"
                            else "children", more)

    # ---- the table and the history

    def table(self):
        table = self.evidence.table
        if not table:
            self.differ(self.evidence.final["end"], "the table was empty")
            return
        now = (int(table["1.11.0"]), int(table["1.12.0"]))
        # The last one of all comes after the values were read.
        last = [trap for trap in self.in_order if trap.event != STOPPED][-1:]
        last = [(trap.epoch, trap.sequence) for trap in last]
        # Nothing may have been notified in the present epoch.
        if last and now != last[0] and (now[0] == last[0][0] or
                                        not self.damage.times()):
            self.differ(self.evidence.final["end"], "the table is at epoch %d "
                        "sequence %d, the receivers at %d, %d", *now, *last[0])
        for oid, what in (("1.5.0", "hbwActiveAlarms"),
                          ("1.13.0", "hbwNotificationsPending")):
            if table[oid] != "0":
                self.differ(self.evidence.final["end"], "%s is %s at the end",
                            what, table[oid])
        for oid, value in table.items():
            if oid.startswith("3.1.2."):
                self.row(records.text(value), oid.rsplit(".", 1)[1], now[0])
        self.history(now[0])

    def row(self, name, index, epoch):
        events = [trap for trap in self.all
                  if trap.epoch == epoch and trap.event in (RAISED, CLEARED)
                  and (trap.about, trap.alarm) == (name, ALARM)]
        last = max((trap.sequence for trap in self.received.values()
                    if trap.epoch == epoch and
                    (trap.about, trap.alarm) == (name, ALARM)), default=0)
        expected = {"3.1.11." + index: 2, "4.1.4.45640." + index: 1}
        # The alarm of a watch that was removed begins anew.
        known = not self.was_removed(name)
        if events and known:
            expected["4.1.18.45640." + index] = max(last, events[-1].sequence)
            expected["4.1.15.45640." + index] = events[-1].serial
        if epoch == 1 and known:
            expected["4.1.19.45640." + index] = len(
                [trap for trap in events if trap.event == RAISED])
        for oid, value in expected.items():
            got = self.evidence.table.get(oid)
            if got != str(value):
                self.differ(self.evidence.final["end"], "%s: the table has %s "
                            "at %s; expected %s", name, got, oid, value)

    def was_removed(self, name):
        return any(fact["without"] == name
                   for fact in self.evidence.of("reload"))

    def history(self, epoch):
        rows = records.rows_of(self.evidence.table)
        for sequence, row in sorted(rows.items()):
            trap = self.received.get((epoch, sequence))
            if trap is None and row[11] == SHELVED:
                continue
            if trap is None:
                # The row may have an older epoch if part of the state was lost.
                if not self.damage.times():
                    self.differ(self.evidence.final["end"], "the history has "
                                "sequence %d, but no receiver has it", sequence)
            elif not records.same(row, trap):
                self.differ(trap.arrival, "sequence %d is %s %s in the "
                            "history, and came as %s %s serial %d", sequence,
                            EVENTS.get(int(row[2])), row, EVENTS[trap.event],
                            trap.about, trap.serial)
        missing = set(range(min(rows, default=1), max(rows, default=0) + 1)) \
            - set(rows)
        if missing:
            self.differ(self.evidence.final["end"], "the history lacks %s",
                        sorted(missing))

    def run(self):
        self.receivers()
        self.epochs()
        self.watches()
        self.serials()
        self.two_active()
        self.verdicts_changed()
        self.blindness()
        self.processes()
        self.written_again()
        self.left_behind()
        self.table()
        OperatorCheck(self).run()
        Harness(self).run()


def may_be_open(kind):
    """How many descriptors of a kind may be added during a run."""
    # A file of an alarm is open until ten minutes after its raise.
    if "/state/evidence" in kind:
        return EVIDENCE_FILES
    # A reader of the state that was replaced is closed later.
    return 1 if "/state/hbwatchd.db" in kind else 0
