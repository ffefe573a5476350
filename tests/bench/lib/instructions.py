# SPDX-License-Identifier: BSD-2-Clause
"""Row b: instructions for a heartbeat, counted by callgrind."""

import re

from figures import Figure, Goal
from lab import Failed, read


def total(path):
    found = re.search(r"^totals: (\d+)", read(path), re.MULTILINE)
    return int(found.group(1))


def counted(lab, watches):
    """Instructions from the frame to the row, and for decoding alone."""
    # With the most watches, each deadline moves twice.
    heartbeats = lab.size(600000, 12000)
    out = lab.path("callgrind.%d" % watches)
    lab.command(
        "valgrind", "--tool=callgrind", "--instr-atstart=no",
        "--callgrind-out-file=" + out, lab.tool("bench_table"), "count",
        str(watches), str(heartbeats))
    whole, decoding = total(out + ".1"), total(out + ".2")
    if not whole or not decoding:
        raise Failed("callgrind counted nothing: was valgrind installed "
                     "when it was built?")
    return whole / heartbeats, decoding / heartbeats


def measure(lab):
    figures, few = [], None
    for watches in lab.size([10, 1000, 100000], [10, 1000]):
        whole, decoding = counted(lab, watches)
        row = whole - decoding
        few = few or row
        figures.append(Figure(
            "b", "decoded packet to row, %d watches" % watches,
            "instructions", [row], [few], "hbwatch with 10 watches",
            Goal.ratio_at_most(1.5), "decoding the frame is %.0f more; "
            "counted once, since it is the same each time" % decoding))
    return figures
