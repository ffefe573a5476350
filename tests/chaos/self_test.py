# SPDX-License-Identifier: BSD-2-Clause
"""Shows that the checker finds errors: reads the records of a good run, damages
them in memory in several ways, and tests that the checker reports each damage.
"""

import contextlib
import io
import random

import checker
from evidence import CLEARED, RAISED, Evidence
from history import CHANGES, Row
from plan import OPERATOR

TRIES = 12


def alarms(evidence):
    """(raise, clear) of each alarm that was received."""
    active, found = {}, []
    for trap in sorted(set(evidence.traps[0]),
                       key=lambda trap: (trap.epoch, trap.sequence)):
        if trap.event == RAISED:
            active[trap.about] = trap
        elif trap.event == CLEARED and trap.about in active:
            found.append((active.pop(trap.about), trap))
    return found


def renumbered(traps):
    """The traps with sequences and serials that have no gap."""
    sequences = {key: number for number, key in enumerate(sorted(
        {(trap.epoch, trap.sequence) for trap in traps}), 1)}
    raises = {trap.serial: None for trap in sorted(
        traps, key=lambda trap: trap.sequence) if trap.event == RAISED}
    serials = {serial: number for number, serial in enumerate(raises, 1)}
    return [trap._replace(
        sequence=sequences[trap.epoch, trap.sequence],
        serial=serials.get(trap.serial, trap.serial)) for trap in traps]


def without(evidence, *gone):
    keys = {(trap.epoch, trap.sequence) for trap in gone}
    for number, traps in enumerate(evidence.traps):
        evidence.traps[number] = renumbered([
            trap for trap in traps
            if (trap.epoch, trap.sequence) not in keys])


def changed(evidence, old, **fields):
    for number, traps in enumerate(evidence.traps):
        evidence.traps[number] = [
            trap._replace(**fields)
            if (trap.epoch, trap.sequence) == (old.epoch, old.sequence)
            else trap for trap in traps]


def lose_alarm(evidence, alarm):
    without(evidence, *alarm)


def lose_clear(evidence, alarm):
    without(evidence, alarm[1])


def lose_raise(evidence, alarm):
    without(evidence, alarm[0])


def raise_late(evidence, alarm):
    changed(evidence, alarm[0], wall=alarm[0].wall + 1.5,
            arrival=alarm[0].arrival + 1.5)


def raise_early(evidence, alarm):
    changed(evidence, alarm[0], wall=alarm[0].wall - 0.8)


def clear_early(evidence, alarm):
    """Moves the clear to 0.2 s after the raise, when no heartbeat came."""
    changed(evidence, alarm[1], wall=alarm[0].wall + 0.2)


def raise_twice(evidence, alarm):
    """Adds a raise half a second later, with its own sequence number."""
    for number, traps in enumerate(evidence.traps):
        extra = alarm[0]._replace(
            sequence=max(trap.sequence for trap in traps) + 1,
            arrival=alarm[0].arrival + 0.5, wall=alarm[0].wall + 0.5)
        later = [trap._replace(sequence=trap.sequence + 1)
                 if trap.sequence > alarm[0].sequence else trap
                 for trap in traps]
        extra = extra._replace(sequence=alarm[0].sequence + 1)
        evidence.traps[number] = sorted(later + [extra])


def lose_datagram(evidence, alarm):
    key = alarm[0].epoch, alarm[0].sequence
    evidence.traps[1] = [trap for trap in evidence.traps[1]
                         if (trap.epoch, trap.sequence) != key]


def change_duplicate(evidence, alarm):
    """Adds a duplicate with other content."""
    trap = alarm[1]
    evidence.traps[0].append(trap._replace(content=trap.content[:-1]))


def change_epoch(evidence, alarm):
    """Increases the epoch although no state was lost."""
    for number, traps in enumerate(evidence.traps):
        evidence.traps[number] = [
            trap._replace(epoch=trap.epoch + 1)
            if trap.sequence >= alarm[0].sequence else trap
            for trap in traps]


def change_rows(evidence, name, function):
    """Replaces the rows of the watch in each database."""
    for fact in evidence.of("history"):
        fact["rows"] = [
            function(Row(*row)) if row[5] == name else row
            for row in fact["rows"] or []]


def lose_requests(evidence, alarm):
    """What operators did with the alarm is invented then."""
    evidence.facts = [fact for fact in evidence.facts
                      if fact["what"] != "operator" or
                      fact["watch"] != alarm[0].about]


def forget_shelves(evidence, alarm):
    """The row of each shelf becomes one about the cause."""
    change_rows(evidence, alarm[0].about, lambda row: row._replace(
        change=1 if CHANGES.get(row.change) == "shelved until "
        else row.change))


def forget_ends(evidence, alarm):
    """The same for the end of each shelf."""
    change_rows(evidence, alarm[0].about, lambda row: row._replace(
        change=1 if CHANGES.get(row.change) == "unshelved by "
        else row.change))


# Description, the damage, and texts of which the checker must report one.
DAMAGES = (
    ("an alarm is lost", lose_alarm, " lost: silent"),
    ("a clear is lost", lose_clear, "raised again", "lost: raised"),
    ("a raise is lost", lose_raise, "was not active"),
    ("a raise is 1.5 s late", raise_late, "invented: raised at"),
    ("a raise is 0.8 s early", raise_early, "invented: raised at"),
    ("a clear is too early", clear_early, "without a heartbeat"),
    ("a raise comes twice", raise_twice, "raised again"),
    ("a receiver lacks a trap", lose_datagram, "never got epoch"),
    ("a duplicate differs", change_duplicate, "with other content"),
    ("the epoch changes", change_epoch, "cannot have been"),
)

# The same for a run with the track `operator`.
OPERATOR_DAMAGES = (
    ("an action is invented", lose_requests, "was not requested"),
    ("a shelf is forgotten", forget_shelves, "but the alarm is none"),
    ("the end is forgotten", forget_ends, "but the alarm is shelved"),
)


def finds(directory, damage, alarm, texts):
    evidence = Evidence(directory)
    damage(evidence, alarm)
    checked = checker.Checker(evidence)
    with contextlib.redirect_stdout(io.StringIO()):
        checked.run()
    return any(text in difference for text in texts
               for _, difference in checked.differences)


def self_test(directory):
    """Returns 1 if a kind of damage was never found, or if the records without
    damage have a difference."""
    evidence = Evidence(directory)
    checked = checker.Checker(evidence)
    checked.run()
    wrong = len(checked.differences)
    print("%-26s %d differences" % ("without damage", wrong))
    chance = random.Random(evidence.final["seed"])
    chosen = alarms(evidence)
    chosen = chance.sample(chosen, min(TRIES, len(chosen)))
    operator = any(act[2] == OPERATOR for act in evidence.final["acts"])
    for name, damage, *texts in OPERATOR_DAMAGES if operator else DAMAGES:
        found = sum(finds(directory, damage, alarm, texts) for alarm in chosen)
        wrong += found == 0
        print("%-26s found %d of %d" % (name, found, len(chosen)))
    return 1 if wrong else 0
