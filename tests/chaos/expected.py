# SPDX-License-Identifier: BSD-2-Clause
"""What of a watch had to be raised and cleared, what may have been, and what
was.

A stretch of watched silence that is longer than the interruption time by the
margin must have raised the alarm within it, unless it stood; a raise must come
when the interruption time has passed since a heartbeat, or since the watcher
could see again; a heartbeat that was surely seen must have cleared; and a clear
must have a heartbeat.
"""

import bisect
from typing import NamedTuple

from evidence import CLEARED, RAISED
from visibility import SETTLE

MARGIN = 0.35
# What was not taken after so long never is.
RING_KEEPS = 30.0
FOREVER = float("inf")


class Standing(NamedTuple):
    """An alarm from its raise to its clear."""
    begin: float
    end: float


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
        """`events` are the watch's Traps in order; `forgotten` are times
        (begin, end) at whose end the daemon knew nothing any more."""
        self.evidence = evidence
        self.visibility = visibility
        self.watch = watch
        self.forgotten = forgotten
        self.end = evidence.final["end"]
        self.arrivals = [when for when, _ in evidence.arrivals[watch.name]]
        self.sure = list(self.surely_seen())
        self.verdict = Verdict(watch)
        self.standings = self.follow(events)

    def surely_seen(self):
        """The arrivals outside of all that may have been unseen."""
        unseen = iter(self.visibility.unseen)        # in order of their starts
        following, dark_until = next(unseen, None), -FOREVER
        for when in self.arrivals:
            while following is not None and following.start_lo <= when:
                dark_until = max(dark_until, following.end_hi)
                following = next(unseen, None)
            if when > dark_until:
                yield when

    def margin(self, begin, end):
        return MARGIN + self.evidence.lateness(begin, end)

    # ---- what was told

    def when(self, trap, fits):
        """Its time, if one fits; else the likeliest, and False."""
        possible = self.evidence.monotonic(trap.wall, trap.arrival)
        for at in possible:
            if fits(at):
                return at, True
        return (possible[0] if possible else trap.arrival), False

    def follow(self, events):
        """The alarm's standings; judges each raise and clear by itself."""
        self.found, begin, serial, epoch = [], None, None, None
        told, stale = set(), None
        for trap in events:
            if epoch is not None and trap.epoch != epoch:
                stale = self.forgotten_until(trap)
                self.stood(begin, self.forgotten_at(trap))
                begin = None
            epoch = trap.epoch
            if stale is not None and key_of(trap) in told:
                # Told once more, from where the state was last written.
                begin = stale if trap.event == RAISED else None
                serial = trap.serial
                continue
            told.add(key_of(trap))
            if trap.event == RAISED:
                at = self.take_raise(trap, begin)
                begin, serial = (at if begin is None else begin), trap.serial
            elif trap.event == CLEARED:
                if begin is None and stale is not None:
                    begin, serial = stale, trap.serial
                at = self.take_clear(trap, begin, serial)
                self.stood(begin, at)
                begin = None
            stale = None
        self.stood(begin, FOREVER)
        return self.found

    def stood(self, begin, end):
        if begin is not None:
            self.found.append(Standing(begin, end))

    def forgotten_at(self, trap):
        return max((begin for begin, _ in self.forgotten
                    if begin < trap.arrival), default=trap.arrival)

    def forgotten_until(self, trap):
        return max((end for begin, end in self.forgotten
                    if begin < trap.arrival), default=trap.arrival)

    def take_raise(self, trap, begin):
        verdict = self.verdict
        verdict.raised += 1
        at, fits = self.when(trap, self.may_raise)
        if begin is not None:
            verdict.invented += 1
            verdict.differ(at, "raised again (sequence %d) while it stood "
                           "since %.3f", trap.sequence, begin)
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
            verdict.differ(at, "cleared (sequence %d) what did not stand",
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

    # ---- what may be

    def may_raise(self, at):
        margin = self.margin(at - self.watch.interruption, at)
        unseen = self.visibility.unseen
        if any(u.certain and u.start_hi + margin < at < u.end_lo - margin
               for u in unseen):
            return False
        since = at - self.watch.interruption
        # What surely began to count silence anew, the last of it.
        position = bisect.bisect_left(self.sure, at - margin)
        last = self.sure[position - 1] if position > 0 else -FOREVER
        last = max([last] + [u.end_lo for u in unseen
                             if u.certain and u.end_lo < at - margin])
        for u in unseen:
            if u.end_hi >= last and \
                    u.end_lo - margin <= since <= u.end_hi + margin:
                return True
        begin = bisect.bisect_left(self.arrivals, last)
        return any(arrival - margin <= since
                   <= self.visibility.handled(arrival) + margin
                   for arrival in self.arrivals[begin:] if arrival < at)

    def may_clear(self, at):
        margin = self.margin(at, at)
        begin = bisect.bisect_left(self.arrivals, at - RING_KEEPS)
        end = bisect.bisect_right(self.arrivals, at + margin)
        return any(at <= self.taken(arrival) + margin
                   for arrival in self.arrivals[begin:end])

    def taken(self, arrival):
        """By when, if it was taken at all: a stopped engine's ring keeps."""
        return max([u.end_hi for u in self.visibility.unseen
                    if u.start_lo <= arrival <= u.end_hi] +
                   [self.visibility.handled(arrival)])

    # ---- what must be

    def silences(self):
        """(begin, end) of stretches that were surely watched, and silent."""
        blocks = [(when, self.visibility.handled(when)) for when in self.arrivals]
        blocks += [(u.start_lo, u.end_hi) for u in self.visibility.unseen]
        blocks += [(begin, end + SETTLE) for begin, end in self.forgotten]
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
            # One interruption, if nothing in between surely ended it.
            if bisect.bisect_left(self.sure, latest) != \
                    bisect.bisect_right(self.sure, begin):
                self.verdict.true += 1
            latest = end
            if not any(standing.begin <= begin + due + margin and
                       standing.end >= end - margin
                       for standing in self.standings):
                self.verdict.lost += 1
                self.verdict.differ(
                    begin + due, "lost: silent from %.3f to %.3f, watched "
                    "all the time, and no alarm for it; %s", begin, end,
                    self.around(begin + due))

    def must_be_cleared(self):
        for standing in self.standings:
            margin = self.margin(standing.begin, standing.begin)
            position = bisect.bisect_right(self.sure,
                                           standing.begin + margin)
            if position == len(self.sure):
                continue
            heard = self.sure[position]
            limit = self.visibility.handled(heard) + self.margin(heard, heard)
            if standing.end > limit and not any(
                    begin <= standing.end <= end + SETTLE
                    for begin, end in self.forgotten):
                self.verdict.lost += 1
                self.verdict.differ(
                    heard, "lost: raised at %.3f, heard at %.3f, and not "
                    "cleared until %.3f; %s", standing.begin, heard,
                    standing.end, self.around(heard))

    def count_either(self):
        """Silences between heartbeats where it was open what is right."""
        due = self.watch.interruption
        possible = 0
        for before, after in zip(self.sure, self.sure[1:]):
            if after - before >= due - MARGIN:
                possible += 1
        self.verdict.either = max(possible - self.verdict.true, 0)

    # ---- for people

    def around(self, at):
        """What was heard and unseen just before and after."""
        position = bisect.bisect_left(self.arrivals, at)
        heard = ["%.3f" % when for when in
                 self.arrivals[max(position - 2, 0):position + 2]]
        near = ["%.2f..%.2f to %.2f..%.2f%s" % (
                    *u[:4], "" if u.certain else "?")
                for u in self.visibility.unseen
                if u.start_lo < at + 1 and
                u.end_hi > at - self.watch.interruption - 1]
        return "heard %s; unseen %s; clock late %.2f" % (
            " ".join(heard) or "nothing", ", ".join(near) or "never",
            self.evidence.lateness(at, at))

    def compare(self):
        self.must_be_raised()
        self.must_be_cleared()
        self.count_either()
        return self.verdict
