# SPDX-License-Identifier: BSD-2-Clause
"""Row a: packets a second from a capture file."""

import os
import subprocess
import time

import daemon
from figures import Figure, Goal
from lab import Failed, read, write

EVERY = 10              # one packet in ten is a heartbeat
RATE = 100000           # packets a second in the time of the capture


def heartbeats_of(summaries):
    """The sum of the heartbeats in the output of `hbwatch replay`."""
    return sum(int(part.split(",", 1)[0])
               for part in summaries.split('"heartbeats":')[1:])


def seconds_of(command, output):
    with open(output, "w", encoding="utf-8") as file:
        begun = time.monotonic()
        status = subprocess.run(command, stdout=file,
                                stderr=subprocess.DEVNULL,
                                check=False).returncode
        took = time.monotonic() - begun
    if status != 0:
        raise Failed("%s: exit status %d" % (command[0], status))
    return took


def measure(lab):
    packets = lab.size(5000000, 50000)
    watches = lab.size(10000, 100)
    capture, output = lab.large_path("replay.pcap"), \
        lab.large_path("replay.jsonl")
    lab.command(lab.tool("beats"), "-w", capture, "-c", str(packets), "-r",
                str(RATE), "-x", str(EVERY), "-n", str(watches))
    conf = write(lab.path("replay.conf"), daemon.configuration(watches))
    ours, theirs = [], []
    for _ in range(lab.repeat):
        took = seconds_of(["tcpdump", "-Z", "root", "-r", capture, "-w",
                           "/dev/null", "udp port %d" % daemon.PORT], output)
        theirs.append(packets / took)
        took = seconds_of([lab.hbwatch, "replay", "-c", conf, capture], output)
        ours.append(packets / took)
        if heartbeats_of(read(output)) != packets // EVERY:
            raise Failed("replay did not count every heartbeat")
    os.unlink(capture)
    return [Figure("a", "replay of %d packets" % packets, "packets/s", ours,
                   theirs, "tcpdump -r FILE -w /dev/null 'udp port %d'" %
                   daemon.PORT, Goal.ratio_at_least(0.5),
                   "%d watches, one packet in %d is a heartbeat" %
                   (watches, EVERY))]
