# SPDX-License-Identifier: BSD-2-Clause
"""The times when the state of the daemon could not be written, or was lost."""

from typing import NamedTuple

from expected import MARGIN
from visibility import FOREVER, spans

# The daemon tries to write to a disk that fails every 5 s.
WRITTEN = 6.0


class Loss(NamedTuple):
    """If the daemon ends from begin to end, it loses what happened after
    `since`; 0: it may lose everything."""
    begin: float
    end: float
    since: float


class Damage:
    def __init__(self, evidence):
        self.evidence = evidence

    def of_disk(self):
        """(begin, end) of each time when the state could perhaps not be
        written"""
        found = []
        for kind, bad, good in (("disk", ("full", "bad"), ("free", "good")),
                                ("limit", ("on",), ("off",))):
            found += [(begin["t0"], written(end)) for begin, end in spans(
                self.evidence.of(kind),
                lambda fact, states=bad: fact["state"] in states,
                lambda fact, states=good: fact["state"] in states)]
        return found

    def losses(self):
        """Loss of each time when a part of the state may be lost"""
        disk = joined(self.of_disk())
        found = [Loss(begin, end, begin) for begin, end in disk]
        for begin, end in spans(self.evidence.of("state"),
                                lambda fact: fact["state"] == "lost",
                                lambda fact: fact["state"] == "written"):
            since, first = 0.0, begin["t0"]
            if begin["how"] == "restore":
                # The daemon may have been ended just before.
                copied = [fact["t0"] for fact in self.evidence.of("backup")
                          if fact["t0"] < first]
                first = copied[-1] if copied else first - MARGIN
                # The backup lacks the state that could not be written then.
                since = min([first] + [bad for bad, good in disk
                                       if bad <= first <= good])
                if not begin["whole"]:
                    since = 0.0
            found.append(Loss(first, written(end), since))
        return found

    def times(self):
        """(begin, end) of each time when the state on disk may not have been
        the last one"""
        return joined([(loss.begin, loss.end) for loss in self.losses()])

    def restored(self, before):
        """Was a backup of the state put in place before this time?"""
        return any(fact.get("how") == "restore" and fact["t0"] < before
                   for fact in self.evidence.of("state"))

    def delay_at(self, when):
        """The delay of each write at this time."""
        return ([0] + [fact.get("delay", 0)
                       for fact in self.evidence.of("disk")
                       if fact["t0"] <= when])[-1]

    def slow_for(self, begin, end):
        """The delay of the disk, if that is all that was wrong with the state
        in this time; None otherwise."""
        delays = [fact["delay"] for fact in self.evidence.of("disk")
                  if begin <= fact["t0"] <= end and
                  fact["state"] in ("full", "bad")]
        others = [fact for fact in self.evidence.of("limit", "state", "backup")
                  if begin <= fact["t0"] <= end]
        return max(delays) if delays and all(delays) and not others else None


def written(end):
    """When the daemon has surely written its state after this fact."""
    return FOREVER if end is None else end["t1"] + WRITTEN


def joined(times):
    """The union of (begin, end)"""
    found = []
    for begin, end in sorted(times):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found
