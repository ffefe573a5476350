# SPDX-License-Identifier: BSD-2-Clause
"""Measured values, and the references that they are compared with."""

import statistics


def percentile(values, percent):
    """The smallest value that is not exceeded by `percent` of the values."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def number(value):
    if value is None:
        return "-"
    size = abs(value)
    if size == float("inf"):
        return "never"
    if size >= 100 or value == int(value):
        return "{:,.0f}".format(value)
    return "%.1f" % value if size >= 10 else "%.2f" % value


def finite(value):
    """Replaces infinity, which JSON does not have."""
    return None if value == float("inf") else value


def samples_json(samples):
    return {"median": finite(statistics.median(samples)),
            "least": finite(min(samples)), "most": finite(max(samples)),
            "samples": [finite(sample) for sample in samples]}


class Goal:
    """A goal: at least, or at most, a factor or a value."""

    def __init__(self, text, is_met):
        self.text = text
        self.is_met = is_met

    @staticmethod
    def at_most(limit, unit):
        return Goal("<= %s %s" % (number(limit), unit),
                    lambda ours, _theirs, _floor: ours <= limit)

    @staticmethod
    def ratio_at_least(limit):
        return Goal(">= %s of it" % number(limit),
                    lambda ours, theirs, _floor: ours >= limit * theirs)

    @staticmethod
    def ratio_at_most(limit):
        return Goal("<= %s of it" % number(limit),
                    lambda ours, theirs, _floor: ours <= limit * theirs)

    @staticmethod
    def no_more():
        """At most the reference."""
        return Goal("<= it", lambda ours, theirs, _floor: ours <= theirs)

    @staticmethod
    def above_floor(limit, unit):
        """At most so much more than the floor."""
        return Goal("<= floor + %s %s" % (number(limit), unit),
                    lambda ours, _theirs, floor: ours <= floor + limit)


class Figure:
    """Samples of hbwatch and of the reference, one for each run; those of the
    floor are what the machine itself needs."""

    def __init__(self, row, what, unit, ours, reference=None, against="",
                 goal=None, note="", floor=None):
        self.row, self.what, self.unit = row, what, unit
        self.samples, self.reference, self.against = ours, reference, against
        self.goal, self.note, self.floor_samples = goal, note, floor

    @property
    def ours(self):
        return statistics.median(self.samples)

    @property
    def theirs(self):
        return statistics.median(self.reference) if self.reference else None

    @property
    def floor(self):
        return statistics.median(self.floor_samples) \
            if self.floor_samples else None

    @property
    def ratio(self):
        return self.ours / self.theirs if self.theirs else None

    @property
    def met(self):
        return self.goal.is_met(self.ours, self.theirs, self.floor) \
            if self.goal else None

    def as_json(self):
        return {
            "row": self.row, "figure": self.what, "unit": self.unit,
            "ours": samples_json(self.samples),
            "reference": dict(samples_json(self.reference),
                              what=self.against) if self.reference else None,
            "floor": samples_json(self.floor_samples)
                     if self.floor_samples else None,
            "ratio": None if self.ratio is None else finite(self.ratio),
            "goal": self.goal.text if self.goal else None,
            "met": self.met, "note": self.note,
        }

    def cells(self):
        spread = ""
        if len(self.samples) > 1:
            spread = "%s .. %s" % (number(min(self.samples)),
                                   number(max(self.samples)))
        return [self.row, "%s, %s" % (self.what, self.unit),
                number(self.ours), spread, number(self.floor),
                number(self.theirs),
                number(self.ratio), self.goal.text if self.goal else "-",
                {True: "yes", False: "NO", None: "-"}[self.met]]


class Note:
    """A row without values."""

    def __init__(self, row, text):
        self.row, self.note = row, text
        self.against = ""

    def as_json(self):
        return {"row": self.row, "note": self.note}

    def cells(self):
        return [self.row, self.note] + [""] * (len(HEAD) - 2)


HEAD = ["", "figure", "ours", "least .. most", "floor", "reference", "ratio",
        "goal", "met"]
LEFT = (0, 1, 7, 8)


def lines_of(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    for row in rows:
        cells = [cell.ljust(width) if i in LEFT else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        yield "  ".join(cells).rstrip()


def table(figures, options):
    """The table, and the notes below it."""
    lines = ["medians of %d; %s" % (
        options.repeat, "quick: nothing here is a measurement" if
        options.quick else "least and most of them beside")]
    lines += [""] + list(lines_of([HEAD] + [f.cells() for f in figures]))
    lines.append("")
    printed = set()
    for figure in figures:
        text = "; ".join(filter(None, [
            figure.against and "reference: " + figure.against,
            isinstance(figure, Figure) and figure.note]))
        if text and (figure.row, text) not in printed:
            printed.add((figure.row, text))
            lines.append("%s  %s" % (figure.row, text))
    return "\n".join(lines) + "\n"
