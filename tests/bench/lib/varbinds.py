# SPDX-License-Identifier: BSD-2-Clause
"""Row h: varbinds a second over a table, through one snmpd."""

import json

import daemon
import keepalived
from figures import Figure, Goal
from lab import WIRE, wait_for

# hbwWatchTable has 17 columns; three are requested twice, to have twenty.
ONE = [11]
TWENTY = list(range(2, 19)) + [11, 13, 14]
CONSTANTS = "1.3.6.1.4.1.8072.9999.9999.45641.1"
# vrrpInstanceEntry, and the columns that each instance has.
INSTANCES = "1.3.6.1.4.1.9586.100.5.2.3.1"
INSTANCES_ONE = [4]
INSTANCES_TWENTY = list(range(2, 17)) + [19, 20, 21, 27, 28]
VRIDS = 250                 # on one interface
PARTS = 4                   # of a table, walked in turn


def walked(lab, rows, columns, *entries):
    """Varbinds a second of each table.  The parts of the tables are walked in
    turn, so that a busy moment of the machine affects all of them."""
    varbinds, seconds = [[0] * len(entries) for _ in range(2)]
    for part in range(PARTS):
        for i, entry in enumerate(entries):
            output = json.loads(lab.command(
                lab.tool("ask"), "walk", daemon.AGENT,
                str(lab.size(0.5, 0.05)), str(part * rows // PARTS),
                str(rows // PARTS), entry, *map(str, columns)))
            varbinds[i] += output["varbinds"]
            seconds[i] += output["seconds"]
    return [count / took for count, took in zip(varbinds, seconds)]


def ours_and_constants(lab, rows):
    """{columns: samples of hbwatchd and of the constant subagent}"""
    host = daemon.Host(lab)
    host.start_hbwatchd(daemon.configuration(rows), rows)
    lab.start("constants", lab.tool("constants"), host.socket, str(rows))
    wait_for("constants", 60, lambda: host.get(CONSTANTS + ".2.1"))
    found = {len(columns): [
        walked(lab, rows, columns, host.oid(daemon.WATCH_ENTRY), CONSTANTS)
        for _ in range(lab.repeat)] for columns in (ONE, TWENTY)}
    lab.end_all()
    return found


def keepalived_instances(lab, count):
    """Writes the configuration and makes its interfaces."""
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
    """{columns: samples} of the table of keepalived."""
    host = daemon.Host(lab)
    keepalived.start(lab, "keepalived", keepalived_instances(lab, rows),
                     "\tenable_snmp_vrrp\n", host.socket)
    wait_for("keepalived at snmpd", 60, lambda: host.get(
        "%s.2.%d" % (INSTANCES, rows)), step=0.2)
    found = {len(columns): [
        walked(lab, rows, columns, INSTANCES)[0] for _ in range(lab.repeat)]
        for columns in (INSTANCES_ONE, INSTANCES_TWENTY)}
    lab.end_all()
    return found


def measure(lab):
    sizes = lab.size([100, 1000, 10000, 100000], [10, 100])
    samples = {rows: ours_and_constants(lab, rows) for rows in sizes}
    others = {rows: keepaliveds(lab, rows)
              for rows in lab.size([100, 1000], [10])}
    figures = []
    for columns in (1, 20):
        text = "%d column%s a request" % (columns, "s" * (columns > 1))
        for rows in sizes:
            ours, theirs = zip(*samples[rows][columns])
            figures.append(Figure(
                "h", "%d rows, %s" % (rows, text), "varbinds/s", ours, theirs,
                "an AgentX subagent that answers constants, at the same snmpd",
                Goal.ratio_at_least(0.9), "20 columns are the table's 17 and "
                "3 of them again; GETBULK of up to 100 varbinds"))
        for rows, found in others.items():
            ours, _ = zip(*samples[rows][columns])
            figures.append(Figure(
                "h", "%d rows, %s, beside keepalived" % (rows, text),
                "varbinds/s", ours, found[columns],
                "(beside keepalived) its vrrpInstanceTable of that size"))
        figures.append(flatness(samples, sizes, columns, text))
    return figures


def flatness(samples, sizes, columns, text):
    """The fastest size divided by the slowest, for each run; that of the
    constant subagent shows how steady the machine was."""
    times = zip(*[samples[rows][columns] for rows in sizes])
    ours, theirs = zip(*[[max(rates) / min(rates) for rates in zip(*time)]
                        for time in times])
    return Figure("h", "fastest size to slowest, %s" % text, "ratio", ours,
                  theirs, "(fastest to slowest) the same ratio of that "
                  "subagent",
                  Goal("<= 1.20", lambda mine, *_: mine <= 1.2))
