# SPDX-License-Identifier: BSD-2-Clause
"""When could the watcher see an interface, and when could it not?

An Unseen is a time that was not watched, after which silence counts anew.  It
began and ended within bounds; one that is not `certain` may not have been.
"""

from typing import NamedTuple

# What an engine may take to begin, an event to be on disk, and the like.
SETTLE = 0.35
# A master that does not answer may hold the agent in one call, and what the
# engine reported meanwhile is not on disk.
BLOCKED = 2.5
# An engine stopped for less was merely late; one stopped for more did not
# watch; in between it may say either.
SHORT_STOP = 0.9
LONG_STOP = 2.5
FOREVER = float("inf")


class Unseen(NamedTuple):
    start_lo: float
    start_hi: float
    end_lo: float
    end_hi: float
    certain: bool


def spans(facts, begins, ends):
    """[(begin's fact, end's fact or None)], which take turns"""
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


class Visibility:
    def __init__(self, evidence, link):
        self.evidence = evidence
        self.link = link
        self.views = list(self.look())
        self.stops = self.find_stops()
        self.gaps = self.find_gaps()
        self.unseen = sorted(map(self.widen, self.gaps + self.of_kills() +
                                 self.of_ends() + self.of_stops() +
                                 self.of_lateness()))

    # ---- what the witness saw

    def look(self):
        """What was so from when on: (before, after, state, index, engines)"""
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
    def sees(state, index, engines, without=()):
        """An interface that is down needs no socket for its silence."""
        others = [heard for pid, heard in engines.items()
                  if int(pid) not in without]
        return state != "gone" and (
            any(index in heard for heard in others) or
            (state == "down" and bool(others)))

    def find_gaps(self):
        """Nobody had a socket on an interface that was there."""
        found, start = [], (-FOREVER, -FOREVER)
        for before, after, *what in self.views:
            sees = self.sees(*what)
            if sees and start is not None:
                found.append(Unseen(*start, before, after + SETTLE, True))
                start = None
            elif not sees and start is None:
                start = (before, after)
        if start is not None:
            found.append(Unseen(*start, FOREVER, FOREVER, True))
        return found

    def seen_after(self, when, without):
        """When another engine was first seen to see: between."""
        for before, after, *what in self.views:
            if after > when and self.sees(*what, without):
                return max(before, when), after + SETTLE
        return FOREVER, FOREVER

    # ---- what was done to them

    def of_kills(self):
        found = []
        for fact in self.evidence.of("engine"):
            if fact["pids"]:
                found.append(Unseen(
                    fact["t0"] - SETTLE, fact["t1"],
                    *self.seen_after(fact["t1"], fact["pids"]), True))
        return found

    def of_ends(self):
        """What was not on disk when the daemon was killed never was."""
        found = []
        for fact in self.evidence.of("daemon"):
            if fact["state"] not in ("end", "died"):
                continue
            start = fact["t0"] - SETTLE
            if self.master_was_ill(fact["t0"]):
                start -= BLOCKED
            for begin, end, _ in self.holds(daemon=True):
                if begin < fact["t1"] and end > start - SETTLE:
                    start = min(start, begin)
            found.append(Unseen(start, fact["t1"], fact["t1"],
                                fact["t1"] + SETTLE, False))
        return found

    def master_was_ill(self, when):
        ill = spans(self.evidence.of("snmpd"),
                    lambda fact: fact["state"] != "up",
                    lambda fact: fact["state"] == "up")
        return any(begin["t0"] < when and
                   (end is None or end["t1"] > when - BLOCKED)
                   for begin, end in ill)

    def holds(self, daemon=False, engine=False):
        """(begin, end, pid) of each such process that was stopped"""
        found, open_ones = [], {}
        for fact in self.evidence.of("hold", "release"):
            if fact["what"] == "release":
                found += [(open_ones.pop(pid), fact["t1"], pid)
                          for pid in fact["pids"] if pid in open_ones]
                continue
            # The daemon's comes first.
            first = 1 if fact["daemon"] else 0
            chosen = (fact["pids"][:first] if daemon else []) + \
                (fact["pids"][first:] if engine else [])
            for pid in chosen:
                open_ones.setdefault(pid, fact["t0"])
        return found + [(begin, FOREVER, pid)
                        for pid, begin in open_ones.items()]

    def find_stops(self):
        """(begin, end, end at the latest) of the engine's.  Another may be
        started in its place: it hears at once, and takes what it heard once
        the stopped one is gone."""
        found = []
        for begin, end, pid in self.holds(engine=True):
            over = self.seen_after(begin, [pid])[0]
            late = min(self.gone_after(begin, pid), end)
            found.append((begin, min(over, end), late + SETTLE))
        return found

    def gone_after(self, when, pid):
        for _, after, _, _, engines in self.views:
            if after > when and str(pid) not in engines:
                return after
        return FOREVER

    def of_stops(self):
        return [Unseen(begin - 0.05, begin + 0.05, end - 0.05, late,
                       end - begin >= LONG_STOP)
                for begin, end, late in self.stops
                if late - SETTLE - begin >= SHORT_STOP]

    def of_lateness(self):
        """The machine itself stood still, and so perhaps the engine."""
        return [Unseen(t0, t0, t1, t1 + SETTLE, False)
                for t0, t1, late in self.evidence.lates
                if late >= SHORT_STOP - 0.1]

    def widen(self, unseen):
        """A stop just before an end hid from the engine what came in it."""
        start = unseen.start_lo
        for begin, end, _ in self.stops:
            if begin < unseen.start_hi and end > unseen.start_lo - SETTLE:
                start = min(start, begin - 0.05)
        return unseen._replace(start_lo=start)

    def handled(self, when):
        """By when an arrival in a short stop was taken.  Its stamp tells when
        it came, if the clocks agree."""
        return max([late for begin, end, late in self.stops
                    if begin <= when <= late and
                    not self.evidence.clock_is_true(begin, late)],
                   default=when)
