# SPDX-License-Identifier: BSD-2-Clause
"""Compares the alarms of a watch with its heartbeats.

- A monitored silence that is longer than the interruption time plus a margin
  must raise the alarm, unless it is active.
- A raise must come when the interruption time has passed since a heartbeat, or
  since the end of an unmonitored time.
- A heartbeat that the engine surely received must clear the alarm.
- A clear must have a heartbeat, or a reload that removed the watch.
"""

import bisect
from typing import NamedTuple

from evidence import CLEARED, RAISED
from visibility import SETTLE

MARGIN = 0.35
# A packet waits in the ring for at most this many seconds.
RING_KEEPS = 30.0
FOREVER = float("inf")


class ActiveAlarm(NamedTuple):
    """The time of an alarm from its raise to its clear."""
    begin: float
    end: float


class Forgotten(NamedTuple):
    """What the daemon does not know any more when it is up again, at `end`:
    what happened after `begin`, and, with `all`, alarms that were raised
    before."""
    begin: float
    end: float
    all: bool


def key_of(trap):
    return trap.event, trap.wall, trap.serial


class Verdict:
    def __init__(self, watch):
        self.watch = watch
        self.true = self.either = 0
        self.raised = self.cleared = 0
        self.invented = self.lost = 0
        self.differences = []       # (time, text)

    def differ(self, when, text, *values):
        self.differences.append(
            (when, "%s: %s" % (self.watch.name, text % values)))


class ExpectedAlarms:
    def __init__(self, evidence, visibility, watch, events, forgotten):
        """`events` are the Traps of the watch in order.  `forgotten` has
        the states that the daemon lost."""
        self.evidence = evidence
        self.visibility = visibility
        self.watch = watch
        self.forgotten = forgotten
        self.end = evidence.final["end"]
        self.arrivals = [when for when, _ in evidence.arrivals[watch.name]]
        self.certain = list(self.surely_received())
        self.verdict = Verdict(watch)
        self.lies = []              # Traps that only a lie explains
        self.last = -FOREVER        # the time of the last event
        self.active_alarms = self.follow(events)

    def surely_received(self):
        """Yields the arrivals outside of all unmonitored times."""
        # They are in the order of their starts.
        unmonitored = iter(self.visibility.unmonitored)
        following, unmonitored_until = next(unmonitored, None), -FOREVER
        for when in self.arrivals:
            while following is not None and following.start_lo <= when:
                unmonitored_until = max(unmonitored_until, following.end_hi)
                following = next(unmonitored, None)
            if when > unmonitored_until:
                yield when

    def margin(self, begin, end):
        return MARGIN + self.evidence.lateness(begin, end)

    # ---- the alarms that were received

    def when(self, trap, fits):
        """(a possible time of the trap that fits, True), or (its most likely
        time, False)"""
        possible = self.evidence.monotonic(trap.wall, trap.arrival)
        lied = self.visibility.lie_logged(trap)
        for at in possible or ([trap.arrival] if lied is None else []):
            if fits(at) and (lied is None or at >= self.last - MARGIN):
                return at, True
        # A lying engine can send any time, also one before the last event.
        if lied is not None:
            self.lies.append(trap)
            return lied, True
        return (possible[0] if possible else trap.arrival), False

    def follow(self, events):
        """Checks each raise and clear; returns the alarms that were active."""
        self.found, begin, serial, epoch = [], None, None, None
        seen, stale = set(), None
        before = None
        for trap in events:
            if epoch is not None and trap.epoch != epoch and \
                    self.was_forgotten(before, trap):
                stale = self.forgotten_until(trap)
                self.add_active(begin, self.forgotten_at(trap))
                begin = None
            before = trap
            epoch = trap.epoch
            if stale is not None and key_of(trap) in seen:
                # The daemon sent it again, from the last state on disk.
                begin = stale if trap.event == RAISED else None
                serial = trap.serial
                continue
            seen.add(key_of(trap))
            if trap.event == RAISED:
                at = self.last = self.take_raise(trap, begin)
                begin, serial = (at if begin is None else begin), trap.serial
            elif trap.event == CLEARED:
                if begin is None and stale is not None:
                    begin, serial = stale, trap.serial
                at = self.last = self.take_clear(trap, begin, serial)
                self.add_active(begin, at)
                begin = None
            stale = None
        # The daemon may have forgotten it since then.
        self.add_active(begin, FOREVER if begin is None else min(
            (lost.end for lost in self.forgotten if begin <= lost.end and
             (lost.all or lost.begin - MARGIN <= begin)), default=FOREVER))
        return self.found

    def add_active(self, begin, end):
        if begin is not None:
            self.found.append(ActiveAlarm(begin, end))

    def was_forgotten(self, before, trap):
        """Can the daemon have lost its state between the two?"""
        at = min(self.evidence.monotonic(before.wall, before.arrival)[:1],
                 default=before.arrival)
        return any(begin < trap.arrival and end > at - MARGIN
                   for begin, end, _ in self.forgotten)

    def forgotten_at(self, trap):
        return max((begin for begin, _, _ in self.forgotten
                    if begin < trap.arrival), default=trap.arrival)

    def forgotten_until(self, trap):
        return max((end for begin, end, _ in self.forgotten
                    if begin < trap.arrival), default=trap.arrival)

    def take_raise(self, trap, begin):
        verdict = self.verdict
        verdict.raised += 1
        at, fits = self.when(trap, self.may_raise)
        if begin is not None:
            verdict.invented += 1
            verdict.differ(at, "raised again (sequence %d) while it was "
                           "active since %.3f", trap.sequence, begin)
        elif not fits:
            verdict.invented += 1
            verdict.differ(at, "invented: raised at %.3f (sequence %d, came "
                           "%.3f); %s", at, trap.sequence, trap.arrival,
                           self.around(at))
        return at

    def take_clear(self, trap, begin, serial):
        verdict = self.verdict
        verdict.cleared += 1
        at, fits = self.when(trap, self.may_clear)
        if begin is None:
            verdict.invented += 1
            verdict.differ(at, "cleared (sequence %d) and was not active",
                           trap.sequence)
        elif not fits:
            verdict.invented += 1
            verdict.differ(at, "cleared at %.3f (sequence %d, came %.3f) "
                           "without a heartbeat; %s", at, trap.sequence,
                           trap.arrival, self.around(at))
        elif trap.serial != serial:
            verdict.differ(at, "cleared (sequence %d) with serial %d, raised "
                           "with %d", trap.sequence, trap.serial, serial)
        return at

    # ---- alarms that are allowed

    def may_raise(self, at):
        if self.visibility.lied(at):
            return True
        margin = self.margin(at - self.watch.interruption, at)
        unmonitored = self.visibility.unmonitored
        if any(u.certain and u.start_hi + margin < at < u.end_lo - margin
               for u in unmonitored):
            return False
        since = at - self.watch.interruption
        # The last event after which silence surely counts from zero.
        position = bisect.bisect_left(self.certain, at - margin)
        last = self.certain[position - 1] if position > 0 else -FOREVER
        last = max([last] + [u.end_lo for u in unmonitored
                             if u.certain and u.end_lo < at - margin])
        for u in unmonitored:
            if u.end_hi >= last and \
                    u.end_lo - margin <= since <= u.end_hi + margin:
                return True
        begin = bisect.bisect_left(self.arrivals, last)
        return any(arrival - margin <= since
                   <= self.visibility.handled(arrival) + margin
                   for arrival in self.arrivals[begin:] if arrival < at)

    def may_clear(self, at):
        if self.visibility.lied(at):
            return True
        margin = self.margin(at, at)
        # The alarm of a watch that was removed is cleared.
        if any(u.start_lo - margin <= at <= u.end_hi + margin
               for u in self.visibility.removed):
            return True
        begin = bisect.bisect_left(self.arrivals, at - RING_KEEPS)
        end = bisect.bisect_right(self.arrivals, at + margin)
        return any(at <= self.handled_by(arrival) + margin
                   for arrival in self.arrivals[begin:end])

    def handled_by(self, arrival):
        """The latest time when the packet can have been handled: packets wait
        in the ring of a stopped engine."""
        return max([u.end_hi for u in self.visibility.unmonitored
                    if u.start_lo <= arrival <= u.end_hi] +
                   [self.visibility.handled(arrival)])

    # ---- alarms that are required

    def silences(self):
        """(begin, end) of each silence that was surely monitored"""
        blocks = [(when, self.visibility.handled(when))
                  for when in self.arrivals]
        blocks += [(u.start_lo, u.end_hi) for u in self.visibility.unmonitored]
        blocks += [(lost.begin, lost.end + SETTLE) for lost in self.forgotten]
        begin = None
        for low, high in sorted(blocks):
            if begin is not None and begin < low:
                yield begin, low
            begin = high if begin is None else max(begin, high)
        if begin is not None and begin < self.end:
            yield begin, self.end

    def must_be_raised(self):
        due = self.watch.interruption
        latest = -FOREVER
        for begin, end in self.silences():
            margin = self.margin(begin, end)
            if end - begin < due + margin:
                continue
            # It is the same interruption if no heartbeat surely ended it.
            if bisect.bisect_left(self.certain, latest) != \
                    bisect.bisect_right(self.certain, begin):
                self.verdict.true += 1
            latest = end
            if not any(alarm.begin <= begin + due + margin and
                       alarm.end >= end - margin
                       for alarm in self.active_alarms):
                self.verdict.lost += 1
                self.verdict.differ(
                    begin + due, "lost: silent from %.3f to %.3f, monitored "
                    "all the time, and no alarm; %s", begin, end,
                    self.around(begin + due))

    def must_be_cleared(self):
        for alarm in self.active_alarms:
            margin = self.margin(alarm.begin, alarm.begin)
            position = bisect.bisect_right(self.certain,
                                           alarm.begin + margin)
            if position == len(self.certain):
                continue
            received = self.certain[position]
            limit = self.visibility.handled(received) + \
                self.margin(received, received)
            if alarm.end > limit and not any(
                    begin <= alarm.end <= end + SETTLE
                    for begin, end, _ in self.forgotten):
                self.verdict.lost += 1
                self.verdict.differ(
                    received, "lost: raised at %.3f, received at %.3f, not "
                    "cleared until %.3f; %s", alarm.begin, received,
                    alarm.end, self.around(received))

    def count_either(self):
        """Counts the silences where an alarm is allowed but not required."""
        due = self.watch.interruption
        possible = 0
        for before, after in zip(self.certain, self.certain[1:]):
            if after - before >= due - MARGIN:
                possible += 1
        self.verdict.either = max(possible - self.verdict.true, 0)

    # ---- for the report

    def around(self, at):
        """The arrivals and unmonitored times just before and after."""
        position = bisect.bisect_left(self.arrivals, at)
        received = ["%.3f" % when for when in
                 self.arrivals[max(position - 2, 0):position + 2]]
        near = ["%.2f..%.2f to %.2f..%.2f%s" % (
                    *u[:4], "" if u.certain else "?")
                for u in self.visibility.unmonitored
                if u.start_lo < at + 1 and
                u.end_hi > at - self.watch.interruption - 1]
        return "received %s; unmonitored %s; late %.2f" % (
            " ".join(received) or "nothing", ", ".join(near) or "never",
            self.evidence.lateness(at, at))

    def compare(self):
        self.must_be_raised()
        self.must_be_cleared()
        self.count_either()
        return self.verdict
