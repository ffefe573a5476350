# SPDX-License-Identifier: BSD-2-Clause
"""Checks the records of a run, and prints what was found."""

import collections

from checker import Checker
from evidence import BLIND, RESTORED, Evidence

COLUMNS = ("true", "either", "raised", "cleared", "invented", "lost")


def print_table(checker):
    final = checker.evidence.final
    print("chaos: seed %d, %g minutes" % (final["seed"],
                                          final["seconds"] / 60))
    print()
    print("%-8s %-5s %8s %8s" % ("watch", "link", "interval", "interr.") +
          "".join("%9s" % column for column in COLUMNS))
    for verdict in checker.verdicts:
        watch = verdict.watch
        print("%-8s %-5s %6.0f ms %6.1f s" % (
            watch.name, watch.link, watch.interval * 1000,
            watch.interruption) + "".join(
                "%9d" % getattr(verdict, column) for column in COLUMNS))
    print("%-32s" % "all" + "".join(
        "%9d" % sum(getattr(verdict, column) for verdict in checker.verdicts)
        for column in COLUMNS))
    print()
    print_totals(checker)


def disturbances(acts):
    """How often each track did what."""
    done = collections.Counter("%s %s" % (track, what)
                               for _, _, track, what, _, _ in acts)
    return "disturbed: " + (", ".join("%s %d" % item for item
                                      in sorted(done.items())) or "nothing")


def print_totals(checker):
    print(disturbances(checker.evidence.final["acts"]))
    count = collections.Counter(trap.event
                                for trap in checker.received.values())
    epochs = len({epoch for epoch, _ in checker.received})
    print("notifications: %d, blind %d, restored %d; epochs %d; gaps %d; "
          "duplicates %d and %d" % (
              len(checker.received), count[BLIND], count[RESTORED], epochs,
              checker.gaps, *checker.duplicates))
    lates = checker.evidence.lates
    print("the machine was late %d times, by at most %.2f s" % (
        len(lates), max((late for _, _, late in lates), default=0.0)))


def print_differences(checker):
    origin = checker.evidence.of("begin")[0]["t0"]
    for when, text in sorted(checker.differences):
        print("DIFFERENCE at %.3f (%.2f of the run): %s" % (
            when, when - origin if when else 0, text))


def check(directory):
    checker = Checker(Evidence(directory))
    checker.run()
    print_table(checker)
    print_differences(checker)
    print("%d differences" % len(checker.differences))
    return 1 if checker.differences else 0


def check_shortly(directory):
    checker = Checker(Evidence(directory))
    checker.run()
    final = checker.evidence.final
    print("seed %d: %d acts, %d interruptions, %d notifications, %d epochs, "
          "%d differences" % (
              final["seed"], len(final["acts"]),
              sum(verdict.true for verdict in checker.verdicts),
              len(checker.received),
              len({epoch for epoch, _ in checker.received}),
              len(checker.differences)))
    print_differences(checker)
    return 1 if checker.differences else 0
