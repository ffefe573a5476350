# SPDX-License-Identifier: BSD-2-Clause
"""Row h: varbinds a second over a table, through one snmpd."""

import json

import daemon
import keepalived
from figures import Figure, Goal
from lab import WIRE, wait_for

# hbwWatchTable has 17 columns; three are asked for twice, to make twenty.
ONE = [11]
TWENTY = list(range(2, 19)) + [11, 13, 14]
CONSTANTS = "1.3.6.1.4.1.8072.9999.9999.45641.1"
# vrrpInstanceEntry, and columns of it that each instance has.
INSTANCES = "1.3.6.1.4.1.9586.100.5.2.3.1"
INSTANCES_ONE = [4]
INSTANCES_TWENTY = list(range(2, 17)) + [19, 20, 21, 27, 28]
VRIDS = 250                 # on one interface


def walked(lab, rows, entry, columns):
    """Varbinds a second."""
    said = json.loads(lab.command(
        lab.tool("ask"), "walk", daemon.AGENT, str(lab.size(2, 0.1)),
        str(rows), entry, *[str(column) for column in columns]))
    return said["varbinds"] / said["seconds"]


def ours_and_floor(lab, rows):
    """Samples: ours and the floor's, in turn, by how many columns."""
    host = daemon.Host(lab)
    host.start_hbwatchd(daemon.configuration(rows), rows)
    lab.start("constants", lab.tool("constants"), host.socket, str(rows))
    wait_for("constants", 10, lambda: host.get(CONSTANTS + ".2.1"))
    found = {}
    for columns in (ONE, TWENTY):
        ours, floor = [], []
        for _ in range(lab.repeat):
            floor.append(walked(lab, rows, CONSTANTS, columns))
            ours.append(walked(lab, rows, host.oid(daemon.WATCH_ENTRY),
                               columns))
        found[len(columns)] = ours, floor
    lab.end_all()
    return found


def keepalived_instances(lab, count):
    """A configuration, and the interfaces that it takes."""
    text, interface = "", WIRE
    for i in range(count):
        if i % VRIDS == 0 and i > 0 and count > VRIDS:
            interface = "kv%d" % (i // VRIDS)
            lab.add_veth(interface, "far" + interface,
                         "203.0.113.%d/24" % (i // VRIDS))
        text += keepalived.instance("i%d" % i, i % VRIDS + 1, interface,
                                    interval=10)
    return text


def keepaliveds(lab, rows):
    """The same of keepalived's table, by how many columns."""
    host = daemon.Host(lab)
    keepalived.start(lab, "keepalived", keepalived_instances(lab, rows),
                     "\tenable_snmp_vrrp\n", host.socket)
    wait_for("keepalived at snmpd", 30, lambda: host.get(
        "%s.2.%d" % (INSTANCES, rows)), step=0.2)
    found = {}
    for columns, count in ((INSTANCES_ONE, 1), (INSTANCES_TWENTY, 20)):
        found[count] = [walked(lab, rows, INSTANCES, columns)
                        for _ in range(lab.repeat)]
    lab.end_all()
    return found


def measure(lab):
    sizes = lab.size([100, 1000, 10000, 100000], [10, 100])
    floors = {rows: ours_and_floor(lab, rows) for rows in sizes}
    others = {rows: keepaliveds(lab, rows)
              for rows in lab.size([100, 1000], [10])}
    figures = []
    for columns in (1, 20):
        text = "%d column%s a request" % (columns, "s" * (columns > 1))
        for rows in sizes:
            ours, floor = floors[rows][columns]
            figures.append(Figure(
                "h", "%d rows, %s" % (rows, text), "varbinds/s", ours, floor,
                "an AgentX subagent that answers constants, at the same snmpd",
                Goal.ratio_at_least(0.9), "20 columns are the table's 17 and "
                "3 of them again; GETBULK of up to 100 varbinds"))
        for rows, found in others.items():
            figures.append(Figure(
                "h", "%d rows, %s, beside keepalived" % (rows, text),
                "varbinds/s", floors[rows][columns][0], found[columns],
                "(beside keepalived) its vrrpInstanceTable of that size"))
        figures.append(flatness(floors, sizes, columns, text))
    return figures


def flatness(floors, sizes, columns, text):
    """The slowest size against the fastest, within each time."""
    ours = [floors[rows][columns][0] for rows in sizes]
    worst = [max(sample) / min(sample) for sample in zip(*ours)]
    return Figure("h", "fastest size to slowest, %s" % text, "ratio", worst,
                  goal=Goal.at_most(1.2, ""))
