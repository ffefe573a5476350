# SPDX-License-Identifier: BSD-2-Clause
"""The delays that the machine itself has: of a bare timer, and of fdatasync.

No program can raise an alarm before its timer expires, or have it on the disk
before the disk has written it.
"""

import json
import os
import re
import shutil
import sys
import time

TIMER = "cyclictest"
NICE = "-10"                # as hbwatchd
INTERVAL = 0.01             # seconds between two of them, as between raises
BYTES = 8192                # what a commit of one alarm writes, about


def timer(lab):
    """Milliseconds that a timer of an ordinary process, with the nice value of
    hbwatchd, expires late; none if the program is missing."""
    if shutil.which(TIMER) is None:
        return []
    count = lab.size(300, 30)
    output = lab.command(
        "nice", "-n", NICE, TIMER, "--policy=other", "--threads=1",
        "--interval=%d" % (INTERVAL * 1e6), "--loops=%d" % count,
        "--histogram=1000000", "--quiet")
    delays = []
    for microseconds, times in re.findall(r"^(\d+) (\d+)$", output,
                                          re.MULTILINE):
        delays += [int(microseconds) / 1000] * int(times)
    return delays


def fdatasync(lab):
    """Milliseconds of fdatasync after a write, in the state's directory."""
    return json.loads(lab.command(
        "nice", "-n", NICE, sys.executable, os.path.abspath(__file__),
        lab.state, str(lab.size(300, 30))))


def write_and_sync(directory, count):
    """As SQLite does, the same part of a file is written again and again."""
    path = os.path.join(directory, "fdatasync")
    delays, data = [], b"x" * BYTES
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for i in range(64):
            os.pwrite(descriptor, data, i * BYTES)
        os.fsync(descriptor)
        due = time.monotonic()
        for i in range(count):
            due += INTERVAL
            time.sleep(max(0, due - time.monotonic()))
            begun = time.monotonic()
            os.pwrite(descriptor, data, i % 64 * BYTES)
            os.fdatasync(descriptor)
            delays.append((time.monotonic() - begun) * 1000)
    finally:
        os.close(descriptor)
        os.unlink(path)
    return delays


if __name__ == "__main__":
    print(json.dumps(write_and_sync(sys.argv[1], int(sys.argv[2]))))
