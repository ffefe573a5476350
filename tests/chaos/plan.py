# SPDX-License-Identifier: BSD-2-Clause
"""The plan of a run: what is broken, and when.  It depends only on the seed.

Each track has its own random numbers, so that the other tracks do not change
when one is left out.
"""

import random
from typing import NamedTuple

OPERATOR = "operator"
TRACKS = ("senders", "drops", "snmpd", "receivers", "daemon", "engine", "links",
          "disk", "state", "clock", "reload", "limits", "second", "lies",
          OPERATOR)
LINKS = ("hb0", "hb1")
VRRP_LINK = "hb2"
FIRST_PORT = 20001
YEAR = 365 * 86400.0


class Watch(NamedTuple):
    name: str
    link: str
    family: int             # 4, 6, or 0 for VRRP
    port: int               # UDP port, or VRRP group
    interval: float         # seconds between two heartbeats
    interruption: float


class Act(NamedTuple):
    begin: float            # seconds since the begin of the run
    end: float
    track: str
    what: str
    target: str
    amount: float


def chances(seed, *of):
    return random.Random("/".join([str(seed), *map(str, of)]))


def watches(seed):
    """The watches of a run: three on each link, and a VRRP group."""
    chance = chances(seed, "watches")
    found = []
    for number in range(6):
        interruption = (1.0, 1.5, 2.0, 1.0, 1.2, 3.0)[number]
        interval = round(chance.uniform(0.05, 0.3 if number != 0 else 0.1), 3)
        found.append(Watch("peer%d" % number, LINKS[number // 3],
                           6 if number % 3 == 1 else 4, FIRST_PORT + number,
                           min(interval, interruption / 5), interruption))
    found.append(Watch("vrrp", VRRP_LINK, 0, 51, 0.3, 2.0))
    return found


def alternating(chance, seconds, calm, lengths):
    """Yields (begin, end) of disturbances, with calm times between them."""
    at = chance.uniform(*calm) / 2
    while True:
        length = lengths()
        if at + length >= seconds:
            return
        yield at, at + length
        at += length + chance.uniform(*calm)


def sender_acts(seed, seconds, watch):
    chance = chances(seed, "senders", watch.name)

    def length():
        # Clearly shorter than the interruption time, or clearly longer.
        factor = chance.choice(((0.2, 0.6), (1.6, 3.0), (1.6, 6.0)))
        return watch.interruption * chance.uniform(*factor)

    for begin, end in alternating(chance, seconds, (2.0, 9.0), length):
        what = chance.choice(("kill", "term")) if watch.family == 0 \
            else "silent"
        yield Act(begin, end, "senders", what, watch.name, 0)


def drop_acts(seed, seconds, link, targets):
    chance = chances(seed, "drops", link)
    for begin, end in alternating(chance, seconds, (5.0, 20.0),
                                  lambda: chance.uniform(1.0, 8.0)):
        yield Act(begin, end, "drops", "drop", chance.choice(targets).name,
                  chance.choice((20, 50, 80, 95, 100)))


def snmpd_acts(seed, seconds):
    chance = chances(seed, "snmpd")
    for begin, end in alternating(chance, seconds, (3.0, 18.0),
                                  lambda: chance.uniform(0.2, 9.0)):
        yield Act(begin, end, "snmpd", chance.choice(("kill", "term", "stop")),
                  "snmpd", 0)


def daemon_acts(seed, seconds):
    chance = chances(seed, "daemon")
    for begin, end in alternating(chance, seconds, (8.0, 25.0),
                                  lambda: chance.uniform(0.1, 5.0)):
        yield Act(begin, end, "daemon",
                  chance.choice(("kill", "kill", "term", "stop", "suspend")),
                  "hbwatchd", 0)


def engine_acts(seed, seconds):
    chance = chances(seed, "engine")

    def length():
        return chance.uniform(*chance.choice(((0.1, 0.6), (0.6, 2.5),
                                              (3.0, 5.0), (9.0, 12.0))))

    for begin, end in alternating(chance, seconds, (3.0, 15.0), length):
        what = chance.choice(("kill", "stop"))
        yield Act(begin, begin if what == "kill" else end, "engine", what,
                  "engine", 0)


def receiver_acts(seed, seconds):
    """At any time, at least one receiver works."""
    chance = chances(seed, "receivers")
    for begin, end in alternating(chance, seconds, (5.0, 20.0),
                                  lambda: chance.uniform(0.5, 8.0)):
        yield Act(begin, end, "receivers",
                  chance.choice(("stop", "slow", "kill", "term")),
                  chance.choice(("1", "2")), 0)


def link_acts(seed, seconds, link):
    chance = chances(seed, "links", link)
    for begin, end in alternating(chance, seconds, (6.0, 25.0),
                                  lambda: chance.uniform(0.2, 6.0)):
        yield Act(begin, end, "links",
                  chance.choice(("remove", "down", "no-carrier", "rename",
                                 "move", "mtu", "mac", "address")), link, 0)


def disk_acts(seed, seconds):
    chance = chances(seed, "disk")
    for begin, end in alternating(chance, seconds, (6.0, 25.0),
                                  lambda: chance.uniform(2.0, 15.0)):
        what = chance.choice(("fill", "read-only", "error", "slow", "slow"))
        yield Act(begin, end, "disk", what, "state",
                  chance.choice((30, 300, 1000, 8000))
                  if what == "slow" else 0)


def state_acts(seed, seconds):
    chance = chances(seed, "state")
    for begin, end in alternating(chance, seconds, (10.0, 35.0),
                                  lambda: chance.uniform(1.0, 6.0)):
        yield Act(begin, end, "state",
                  chance.choice(("remove", "move", "files", "restore",
                                 "restore-stopped")), "state", 0)


def clock_acts(seed, seconds):
    chance = chances(seed, "clock")
    for begin, end in alternating(chance, seconds, (4.0, 15.0),
                                  lambda: chance.uniform(2.0, 6.0)):
        what = chance.choice(("step", "step", "slew", "years"))
        if what == "step":
            yield Act(begin, begin, "clock", what, "clock",
                      chance.choice((-3600.0, 3600.0, -120.0, 120.0)))
        elif what == "slew":
            yield Act(begin, end, "clock", what, "clock",
                      round(chance.uniform(-0.5, 0.5), 3))
        else:
            yield Act(begin, end, "clock", what, "clock",
                      chance.choice((-20, -3, 3, 20)) * YEAR)


def reload_acts(seed, seconds):
    chance = chances(seed, "reload")
    names = [watch.name for watch in watches(seed)]
    for begin, end in alternating(chance, seconds, (5.0, 20.0),
                                  lambda: chance.uniform(0.5, 5.0)):
        yield Act(begin, end, "reload",
                  chance.choice(("same", "without", "without", "broken",
                                 "fifo", "directory", "missing")),
                  chance.choice(names), 0)


def limit_acts(seed, seconds):
    """The amount is what hbwatchd may use in addition."""
    chance = chances(seed, "limits")
    for begin, end in alternating(chance, seconds, (12.0, 40.0),
                                  lambda: chance.uniform(0.5, 4.0)):
        what = chance.choice(("descriptors", "memory", "processes"))
        yield Act(begin, end, "limits", what, "hbwatchd",
                  chance.choice({"descriptors": (0, 1, 3),
                                 "memory": (0, 256 << 10, 4 << 20),
                                 "processes": (0,)}[what]))


def second_acts(seed, seconds):
    chance = chances(seed, "second")
    for begin, end in alternating(chance, seconds, (10.0, 35.0),
                                  lambda: chance.uniform(1.0, 6.0)):
        yield Act(begin, end, "second", chance.choice(("state", "agentx")),
                  "hbwatchd", 0)


def lie_acts(seed, seconds):
    chance = chances(seed, "lies")
    for begin, end in alternating(chance, seconds, (15.0, 45.0),
                                  lambda: chance.uniform(0.5, 5.0)):
        yield Act(begin, end, "lies", "lie", "engine",
                  chance.randrange(1, 1 << 30))


def operator_acts(seed, seconds, watch):
    """By SNMP, or by hbwatch(1).  The amount is the time of a shelf in
    seconds."""
    chance = chances(seed, OPERATOR, watch.name)
    for begin, end in alternating(chance, seconds, (0.5, 6.0),
                                  lambda: chance.uniform(0.2, 8.0)):
        what = chance.choice(("acknowledge", "shelve", "shelve"))
        yield Act(begin, end, OPERATOR,
                  what + chance.choice(("", "-hbwatch")), watch.name,
                  chance.randrange(1, 12) if what == "shelve" else 0)


def acts(seed, seconds, tracks):
    """All acts of a run, in order of time."""
    found = []
    for watch in watches(seed):
        found += sender_acts(seed, seconds, watch)
        found += operator_acts(seed, seconds, watch)
    for link in LINKS + (VRRP_LINK,):
        found += drop_acts(seed, seconds, link, [
            watch for watch in watches(seed) if watch.link == link])
    for link in LINKS:
        found += link_acts(seed, seconds, link)
    for track in (snmpd_acts, receiver_acts, daemon_acts, engine_acts,
                  disk_acts, state_acts, clock_acts, reload_acts, limit_acts,
                  second_acts, lie_acts):
        found += track(seed, seconds)
    return sorted(act for act in found if act.track in tracks)


def text(act):
    amount = " %+g" % act.amount if act.amount else ""
    return "%8.2f to %8.2f  %-8s %s %s%s" % (
        act.begin, act.end, act.track, act.what, act.target, amount)
