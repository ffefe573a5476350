# SPDX-License-Identifier: BSD-2-Clause
"""Reads the rows of the history from copies of a database of hbwatchd.

The table of the MIB has only the rows of the last state, and what happens to an
alarm that is shelved is nowhere else.
"""

import os
import shutil
import sqlite3
from typing import NamedTuple

DATABASE = "hbwatchd.db"
ITSELF = "hbwatchd"    # the name if a shelf ends without an operator
FILES = DATABASE, DATABASE + "-wal"
SHELVED = 1             # enum notification_withheld
EVENTS = {1: "raised", 2: "cleared", 6: "changed"}
# enum operator_change, as hbwHistoryDetail begins
CHANGES = {1: "changed", 2: "acknowledged by ", 3: "unacknowledged by ",
           4: "shelved until ", 5: "unshelved by "}


class Row(NamedTuple):
    epoch: int
    sequence: int
    event: int
    change: int         # 0 unless it is hbwAlarmChanged
    withheld: int
    watch: str
    alarm: int
    serial: int
    raised: float       # seconds since 1970
    cleared: float
    time: float
    operator: str       # who; "": nobody

    def words(self):
        """The columns of hbwHistoryTable that tests/tools/check-operator
        needs."""
        return {"Event": EVENTS[self.event], "Serial": self.serial,
                "Detail": CHANGES.get(self.change, ""),
                "Delivery": "shelved" if self.withheld else ""}

    def wall(self):
        """Of a raise or a clear; with the resolution of notifications."""
        at = {1: self.raised, 2: self.cleared}.get(self.event)
        return None if at is None else int(at * 10) / 10


class Files:
    """The open files of a database.  They can be read when they were removed,
    with all that the daemon has written to them since."""

    def __init__(self, directory):
        self.files = {}
        for name in FILES:
            try:
                self.files[name] = open(os.path.join(directory, name), "rb")
            except OSError:
                pass

    def read(self, directory):
        """The rows.  Makes copies in this directory for a moment, because
        reading a database writes to its directory.  None: it is not complete,
        or damaged."""
        os.mkdir(directory)
        for name, file in self.files.items():
            with file, open(os.path.join(directory, name), "wb") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
        try:
            return rows(os.path.join(directory, DATABASE)) \
                if DATABASE in self.files else None
        except sqlite3.Error:
            return None
        finally:
            shutil.rmtree(directory)


def in_epochs(found):
    """The rows, in the order of their epochs.  A row that is not sent has the
    epoch when it was stored; later ones may have been sent in an earlier epoch
    while the disk failed."""
    epoch, last = [], float("inf")
    for row in reversed(found):
        if not row.withheld:
            last = min(last, row.epoch)
        epoch.append(min(row.epoch, last))
    return [row._replace(epoch=one)
            for row, one in zip(found, reversed(epoch))]


def rows(path):
    database = sqlite3.connect(path)
    try:
        return [Row(*row[:8], *(ns / 1e9 for ns in row[8:11]), row[11] or "")
                for row in database.execute(
                    "SELECT epoch, sequence, event, ifnull(change, 0),"
                    " ifnull(withheld, 0), watch, alarm_id, serial,"
                    " ifnull(raised, 0), ifnull(cleared, 0), time, operator"
                    " FROM notice ORDER BY sequence")]
    finally:
        database.close()
