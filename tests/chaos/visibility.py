# SPDX-License-Identifier: BSD-2-Clause
"""Finds the times when the engine did not receive the packets of an interface.

Such a time is called unmonitored; afterwards silence counts from zero.  Its
begin and its end are known within bounds (start_lo to start_hi, end_lo to
end_hi).  If it is not `certain`, the interface may have been monitored all the
time.
"""

import copy
from typing import NamedTuple

# The longest time, in seconds, until a new engine captures, or until an event
# is on disk.
SETTLE = 0.35
# The longest time that the agent waits for an snmpd that does not answer.  It
# does not write the reports of the engine to disk in this time.
BLOCKED = 2.5
# After a stop of less than SHORT_STOP the engine still handles all packets in
# time.  A stop of more than LONG_STOP is unmonitored time.  Between these two
# limits, both results are correct.
SHORT_STOP = 0.9
LONG_STOP = 2.5
# The longest delay of a notification whose time is not known.
RECEIVED_WITHIN = 20.0
FOREVER = float("inf")


class Unmonitored(NamedTuple):
    start_lo: float
    start_hi: float
    end_lo: float
    end_hi: float
    certain: bool


def spans(facts, begins, ends):
    """[(the fact that begins, the fact that ends or None)]"""
    found, open_one = [], None
    for fact in facts:
        if begins(fact):
            open_one = open_one or fact
        elif ends(fact) and open_one is not None:
            found.append((open_one, fact))
            open_one = None
    if open_one is not None:
        found.append((open_one, None))
    return found


def snmpd_away(evidence):
    """Like spans: when snmpd did not run, or was stopped."""
    return spans(evidence.of("snmpd"), lambda fact: fact["state"] != "up",
                 lambda fact: fact["state"] == "up")


class Visibility:
    def __init__(self, evidence, link):
        self.evidence = evidence
        self.link = link
        self.views = list(self.look())
        self.waits = self.find_waits()
        self.stops = self.find_stops() + self.waits
        self.gaps = self.find_gaps()
        self.unmonitored = sorted(map(
            self.widen, self.gaps + self.after_kills() + self.after_ends() +
            self.after_stops() + self.after_lateness() +
            self.with_one_socket()))

    # ---- what the capture monitor recorded

    def look(self):
        """Yields the changes: (before, after, state, index, engines); each
        happened between `before` and `after`."""
        state, index, engines = "gone", None, {}
        facts = [fact for fact in self.evidence.of("engines", "link")
                 if fact.get("link", self.link) == self.link]
        for fact in sorted(facts, key=lambda fact: fact["t1"]):
            if fact["what"] == "link":
                state = fact["state"]
                index = fact.get("index", index)
            else:
                engines = fact["engines"]
            yield fact["t0"], fact["t1"], state, index, engines

    @staticmethod
    def captures(state, index, engines, without=()):
        """Does an engine have a socket on the interface?  An interface that is
        down needs none."""
        others = [indexes for pid, indexes in engines.items()
                  if int(pid) not in without]
        return state != "gone" and (
            any(index in indexes for indexes in others) or
            (state == "down" and bool(others)))

    def find_gaps(self):
        """The times when no engine had a socket on the interface."""
        found, start = [], (-FOREVER, -FOREVER)
        for before, after, *what in self.views:
            captured = self.captures(*what)
            if captured and start is not None:
                found.append(Unmonitored(*start, before, after + SETTLE, True))
                start = None
            elif not captured and start is None:
                start = (before, after)
        if start is not None:
            found.append(Unmonitored(*start, FOREVER, FOREVER, True))
        return found

    def with_one_socket(self):
        """An engine has a second socket on each interface, for evidence.  If it
        has only one, that may be the one for evidence: after the interface was
        renamed, for example."""
        found, start, usual = [], None, False
        for before, after, _, index, engines in self.views:
            most = max((indexes.count(index) for indexes in engines.values()),
                       default=0)
            usual = usual or most > 1
            if most == 1 and start is None:
                start = (before, after)
            elif most != 1 and start is not None:
                found.append(Unmonitored(*start, before, after + SETTLE, False))
                start = None
        if start is not None:
            found.append(Unmonitored(*start, FOREVER, FOREVER, False))
        return found if usual else []

    def seen_after(self, when, without):
        """The bounds of the time when another engine had a socket."""
        for before, after, *what in self.views:
            if after > when and self.captures(*what, without):
                return max(before, when), after + SETTLE
        return FOREVER, FOREVER

    # ---- kills and stops

    def after_kills(self):
        found = []
        for fact in self.evidence.of("engine"):
            if fact["pids"]:
                found.append(Unmonitored(
                    fact["t0"] - SETTLE, fact["t1"],
                    *self.seen_after(fact["t1"], fact["pids"]), True))
        return found

    def after_ends(self):
        """A daemon that is killed loses the events that are not on disk."""
        found = []
        for fact in self.evidence.of("daemon"):
            if fact["state"] not in ("end", "died"):
                continue
            start = fact["t0"] - SETTLE
            if self.snmpd_was_away(fact["t0"]):
                start -= BLOCKED
            for begin, end, _ in self.holds(daemon=True):
                if begin < fact["t1"] and end > start - SETTLE:
                    start = min(start, begin)
            found.append(Unmonitored(start, fact["t1"], fact["t1"],
                                fact["t1"] + SETTLE, False))
        return found

    def snmpd_was_away(self, when):
        return any(begin["t0"] < when and
                   (end is None or end["t1"] > when - BLOCKED)
                   for begin, end in snmpd_away(self.evidence))

    def holds(self, daemon=False, engine=False):
        """(begin, end, pid) of each stop of these processes"""
        found, open_ones = [], {}
        for fact in self.evidence.of("hold", "release"):
            if fact["what"] == "release":
                found += [(open_ones.pop(pid), fact["t1"], pid)
                          for pid in fact["pids"] if pid in open_ones]
                continue
            # The pid of the daemon is the first.
            first = 1 if fact["daemon"] else 0
            chosen = (fact["pids"][:first] if daemon else []) + \
                (fact["pids"][first:] if engine else [])
            for pid in chosen:
                open_ones.setdefault(pid, fact["t0"])
        return found + [(begin, FOREVER, pid)
                        for pid, begin in open_ones.items()]

    def find_stops(self):
        """(begin, end, latest end) of each stop of the engine.  A new engine
        may replace it: it receives packets at once, and handles them when the
        stopped one is gone."""
        found = []
        for begin, end, pid in self.holds(engine=True):
            over = self.seen_after(begin, [pid])[0]
            late = min(self.gone_after(begin, pid), end)
            found.append((begin, min(over, end), late + SETTLE))
        return found

    def find_waits(self):
        """The same for an engine whose daemon stops before it has ordered the
        engine to begin: from when the engine captures, until the previous one
        has ended."""
        found, seen, both = [], set(), None
        holds = self.holds(daemon=True)
        for before, after, _, _, engines in self.views:
            capturing = {pid for pid, indexes in engines.items() if indexes}
            replaced = capturing and not seen <= capturing
            first = capturing and not seen
            seen = capturing
            start = before if both is None else both
            both = start if len(capturing) > 1 else None
            if replaced or first:
                found += [(start - SETTLE, end, end + SETTLE)
                          for begin, end, _ in holds
                          if begin < after + SETTLE and end > start - SETTLE]
        return found

    def waits_in(self, begin, end):
        return any(wait < end and until > begin
                   for wait, until, _ in self.waits)

    def gone_after(self, when, pid):
        for _, after, _, _, engines in self.views:
            if after > when and str(pid) not in engines:
                return after
        return FOREVER

    def after_stops(self):
        return [Unmonitored(begin - 0.05, begin + 0.05, end - 0.05, late,
                       end - begin >= LONG_STOP and
                       not self.waits_in(begin, end))
                for begin, end, late in self.stops
                if late - SETTLE - begin >= SHORT_STOP]

    def after_lateness(self):
        """When the capture monitor was late, the engine may be late too."""
        return [Unmonitored(t0, t0, t1, t1 + SETTLE, False)
                for t0, t1, late in self.evidence.lates
                if late >= SHORT_STOP - 0.1]

    # ---- a watch that a reload removed

    def of_watch(self, watch):
        """The same for a watch, which is not in the configuration at times."""
        found = copy.copy(self)
        found.removed = self.find_removed(watch)
        found.unmonitored = sorted(self.unmonitored + found.removed)
        return found

    def find_removed(self, watch):
        facts = self.evidence.of("reload", "effect", "daemon")
        count = len(self.evidence.watches)
        return [Unmonitored(
                    begin["t0"], begin["t1"], begin["t1"],
                    end["t1"] + SETTLE if end is not None else FOREVER, False)
                for begin, end in spans(
                    facts, lambda fact: fact.get("without") == watch.name,
                    lambda fact: fact.get("watches") == count or
                    fact.get("state") == "up")]

    def lies(self):
        """(begin, end) of each time when the alarms of a lying engine may be
        believed: until an honest one captures."""
        return [(begin["t0"] - SETTLE,
                 self.seen_after(end["t1"], [])[1] + SETTLE
                 if end is not None else FOREVER)
                for begin, end in spans(self.evidence.of("lie"),
                                        lambda fact: fact["state"] == "on",
                                        lambda fact: fact["state"] == "off")]

    def lied(self, at):
        return any(begin <= at <= end for begin, end in self.lies())

    def lie_logged(self, trap):
        """When hbwatchd logged such an alarm because of a lie; None: never."""
        return max((fact["t1"] for fact in self.evidence.of("alarm")
                    if (fact["watch"], fact["event"]) ==
                    (trap.about, trap.event) and self.lied(fact["t1"]) and
                    -SETTLE <= trap.arrival - fact["t0"] <= RECEIVED_WITHIN),
                   default=None)

    def widen(self, unmonitored):
        """An engine that was stopped just before the begin has not handled the
        packets that came during the stop."""
        start = unmonitored.start_lo
        for begin, end, _ in self.stops:
            if begin < unmonitored.start_hi and \
                    end > unmonitored.start_lo - SETTLE:
                start = min(start, begin - 0.05)
        return unmonitored._replace(start_lo=start)

    def handled(self, when):
        """The latest time when the engine handled an arrival during a short
        stop.  If the clocks agree, the timestamp of the packet counts."""
        return max([late for begin, end, late in self.stops
                    if begin <= when <= late and
                    not self.evidence.clock_is_true(begin, late)],
                   default=when)
