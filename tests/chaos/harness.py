# SPDX-License-Identifier: BSD-2-Clause
"""Checks the harness itself: what was sent must have been recorded."""

from visibility import spans


class Harness:
    def __init__(self, checker):
        self.checker = checker
        self.evidence = checker.evidence

    def run(self):
        if self.evidence.final["udp_lost"]:
            self.checker.differ(
                self.evidence.final["end"], "the socket of a receiver lost %d "
                "datagrams: an error of the harness",
                self.evidence.final["udp_lost"])
        for watch in self.evidence.watches:
            if watch.family:
                self.recorded(watch)

    def recorded(self, watch):
        """The heartbeats that were sent over a link that was up must have been
        recorded."""
        recorded = {number for _, number in self.evidence.arrivals[watch.name]}
        away = [(begin["t0"] - 0.5, end["t1"] + 0.5) for begin, end in spans(
                    [fact for fact in self.evidence.of("link")
                     if fact["link"] == watch.link],
                    lambda fact: fact["state"] != "up",
                    lambda fact: fact["state"] == "up") if end is not None]
        away += [(begin["t0"] - 0.5, end["t1"] + 0.5) for begin, end in spans(
                     [fact for fact in self.evidence.of("drop")
                      if fact["watch"] == watch.name],
                     lambda fact: fact["state"] == "on",
                     lambda fact: fact["state"] == "off") if end is not None]
        missed = 0
        with open(self.evidence.path("sent-" + watch.link),
                  encoding="ascii") as file:
            for line in file:
                port, number, before, _, result = line.split()
                if int(port) == watch.port and result == "ok" and \
                        int(number) not in recorded and \
                        float(before) < self.evidence.final["end"] and \
                        not any(low <= float(before) <= high
                                for low, high in away):
                    missed += 1
        if missed:
            self.checker.differ(0, "%s: %d heartbeats were sent and not "
                                "recorded: an error of the harness",
                                watch.name, missed)
