# SPDX-License-Identifier: BSD-2-Clause
"""Checks what operators did: it is kept, unless the state was lost, and nothing
else is done.  The rows of each database are replayed by the rules of
tests/tools/check-operator.
"""

import importlib.machinery
import importlib.util
import os

import history
from expected import MARGIN
from plan import OPERATOR

# hbwAlarmChange -> what an operator asked for
REQUESTS = {2: "acknowledge", 3: "unshelve", 4: "shelve", 5: "unshelve"}


def tool(name):
    """A program of tests/tools as a module."""
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..",
                        "tools", name)
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class OperatorCheck:
    def __init__(self, checker):
        self.checker = checker
        self.evidence = checker.evidence
        self.alarm = tool("check-operator").Alarm
        self.requests = [(fact["watch"], fact["request"], fact["t0"])
                         for fact in self.evidence.of("operator")]

    def differ(self, row, text, *values):
        self.checker.differ(
            max(self.times_of(row)), "operator: epoch %d sequence %d, %s: %s",
            row.epoch, row.sequence, row.watch, text % values)

    def times_of(self, row):
        end = self.evidence.final["end"]
        return self.evidence.monotonic(row.time, end) or [end]

    def run(self):
        if not any(act[2] == OPERATOR for act in self.evidence.final["acts"]):
            return
        alarms = {}
        for rows in self.evidence.histories():
            alarms = self.replay(rows)
        for (watch, _), alarm in alarms.items():
            if alarm.missing:
                self.checker.differ(
                    self.evidence.final["end"], "operator: %s: %s with serial "
                    "%d is missing at the end", watch, *alarm.missing)

    def replay(self, rows):
        """Replays the rows of a database; returns the alarms.  Rows before the
        first one, and in a gap, were lost with the state."""
        known, last, alarms = True, 0, {}
        for row in rows:
            if row.sequence != last + 1:
                known, alarms = False, {}
            last = row.sequence
            if row.event not in history.EVENTS:
                continue
            alarm = alarms.setdefault((row.watch, row.alarm),
                                      self.alarm(known))
            for error in alarm.row(row.words()):
                self.differ(row, "%s", error)
            if row.withheld and \
                    (row.epoch, row.sequence) in self.checker.received:
                self.differ(row, "was shelved, and arrived")
            self.was_requested(row)
        return alarms

    def was_requested(self, row):
        """Did an operator ask for it before?"""
        request = REQUESTS.get(row.change)
        if request is None or row.operator == history.ITSELF:
            return
        when = max(self.times_of(row))
        if not any((row.watch, request) == (watch, what) and
                   since - MARGIN <= when
                   for watch, what, since in self.requests):
            self.differ(row, "\"%s\" was not requested",
                        history.CHANGES[row.change])
