#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints the Zabbix template of hbwatch for one version of Zabbix, 6.0 or 7.0;
OIDs and enumerations are those of mibs/HBWATCH-MIB.txt.

  zabbix_template.py 6.0 >contrib/zabbix/6.0/template_app_hbwatch_snmp.yaml

Zabbix 7.0 reads each table with one item (walk[]), on which all others depend.
Zabbix 6.0 has no such item: its discovery rules walk the columns, and each item
has an OID of its own.
"""

import hashlib
import os
import re
import sys

TEMPLATE = "hbwatch by SNMP"
GROUP = "Templates/Applications"
# The group and its UUID are part of Zabbix.
GROUP_UUID = "a571c0d144b14fd4a87a9d9b2aa9fcd6"
MIB = os.path.join(os.path.dirname(os.path.realpath(__file__)),
    "../../mibs/HBWATCH-MIB.txt")
TRAPS = r'snmptrap["^\d\S+ hbwatch: hbw"]'
SEVERITIES = [("critical", 3, "DISASTER"), ("major", 4, "HIGH"),
    ("minor", 5, "AVERAGE"), ("warning", 6, "WARNING")]


#
# The MIB
#

class Mib:
    """OIDs by the name of the object, and enumerations by that of the object
    or its textual convention."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            text = re.sub(r'"[^"]*"|--[^\n]*|IMPORTS[^;]*;', "", file.read())
        self.oids = {"netSnmpPlaypen": "1.3.6.1.4.1.8072.9999.9999"}
        self.enumerations, self.syntax = {}, {}
        for name, parent, number in re.findall(r"^(\w+)\s[^:]*?::=\s*"
                r"\{\s*(\w+)\s+(\d+)\s*\}", text, re.M):
            if parent in self.oids:
                self.oids[name] = "%s.%s" % (self.oids[parent], number)
        for name, members in re.findall(r"^(\w+)\s*::=\s*TEXTUAL-CONVENTION"
                r"[^{]*SYNTAX\s+INTEGER\s*\{([^}]*)\}", text, re.M):
            self.enumerations[name] = re.findall(r"(\w+)\((\d+)\)", members)
        for name, syntax in re.findall(r"^(\w+)\s+OBJECT-TYPE\s+SYNTAX\s+(\w+)",
                text, re.M):
            self.syntax[name] = syntax

    def oid(self, name):
        return self.oids[name]

    def members(self, name):
        return self.enumerations[self.syntax[name]]


#
# Parts of a template
#

def uuid(*names):
    """The same for each version, so that an import of the other version
    updates the template.  Zabbix accepts version 4 only."""
    text = hashlib.sha256("/".join((TEMPLATE,) + names).encode()).hexdigest()
    return text[:12] + "4" + text[13:16] + "8" + text[17:32]


def tags(**pairs):
    return [{"tag": tag, "value": value} for tag, value in pairs.items()]


def step(kind, *parameters):
    return {"type": kind, "parameters": list(parameters)}


def ref(function, key, *parameters):
    """A function of an item, for an expression."""
    return "%s(%s)" % (function,
        ",".join(["/%s/%s" % (TEMPLATE, key), *parameters]))


def from_trap(name):
    """A macro: the value of an object of the notification."""
    return '{{ITEM.VALUE}.regsub("^%s: (.*)$", "\\1")}' % name


def trigger(name, expression, priority, description, scope, **more):
    more_tags = more.pop("tags", [])
    return {"uuid": uuid("trigger", name), "expression": expression, **more,
        "name": "hbwatch: " + name, "priority": priority,
        "description": description, "tags": tags(scope=scope) + more_tags}


class Template:
    """A template for one version of Zabbix."""

    def __init__(self, version):
        self.version, self.mib = version, Mib(MIB)
        self.walks = version != "6.0"
        self.maps = {}
        self.items = [self.traps(), *self.trap_parts()]

    #
    # Items
    #

    def traps(self):
        return {"uuid": uuid("item", "traps"), "name": "Notifications",
            "type": "SNMP_TRAP", "key": TRAPS, "delay": "0",
            "history": "31d", "trends": "0", "value_type": "LOG",
            "description": "All notifications of HBWATCH-MIB that "
                "hbwatch-zabbix has written into SNMPTrapperFile.",
            "logtimefmt": "yyyy-MM-ddThh:mm:ss",
            "tags": tags(component="notifications"),
            "triggers": self.alarm_triggers() + [self.storm_trigger(),
                self.stopped_trigger(), self.alive_trigger()]}

    def received(self, pattern):
        """The last notification has this name.  Without a backslash, which 6.0
        and 7.0 write differently in an expression."""
        return ref("find", TRAPS, "", '"regexp"',
            '"^[^ ]+ hbwatch: %s"' % pattern) + "=1"

    def by_key(self, name, problem, recovery, priority, description, verb):
        """A trigger with a problem for each alarm, which its recovery closes by
        the key of the alarm."""
        return trigger(name, self.received(problem), priority, description,
            "availability", recovery_mode="RECOVERY_EXPRESSION",
            recovery_expression=self.received(recovery),
            correlation_mode="TAG_VALUE", correlation_tag="key",
            event_name='{{ITEM.VALUE}.regsub("^(%s: .*)$", "\\1")}: %s'
                % (verb, from_trap("hbwAlarmDetail")),
            type="MULTIPLE", manual_close="YES",
            tags=tags(key=from_trap("hbwAlarmKey"),
                id=from_trap("hbwAlarmId"),
                serialNo=from_trap("hbwAlarmSerial"),
                level=from_trap("hbwAlarmLevel"),
                locationInfo=from_trap("hbwAlarmLocation"),
                cause=from_trap("hbwAlarmCause"),
                watch=from_trap("hbwWatchName"),
                peer=from_trap("hbwWatchPeerText")))

    def alarm_triggers(self):
        return [self.by_key("Alarm of severity " + severity,
            "hbwAlarmRaised %s$" % severity, "hbwAlarmCleared", priority,
            "hbwatchd has raised an alarm. hbwAlarmCleared with the same "
            "hbwAlarmKey closes the problem.\n"
            "hbwAlarmRepair in the item Notifications has the next step.",
            severity + " raised") for severity, _, priority in SEVERITIES] + [
            self.by_key("Alarm is chattering", "hbwAlarmChanged chattering$",
            "(hbwAlarmChanged calm|hbwAlarmCleared)", "WARNING",
            "The alarm is raised too often (option flapping). Its raises and "
            "clears are only in hbwHistoryTable until it is calm.",
            "[a-z]+ chattering")]

    def stopped_trigger(self):
        return trigger("hbwatchd was stopped",
            self.received("hbwWatcherStopped"), "WARNING",
            "hbwatchd was stopped on request. Until it is started again, "
            "nothing is known about the peers.", "availability",
            recovery_mode="RECOVERY_EXPRESSION",
            recovery_expression=self.received("hbwWatcherStarted"),
            manual_close="YES")

    def storm_trigger(self):
        return trigger("Alarm storm", self.received("hbwAlarmStorm"), "WARNING",
            "More alarms were raised than hbwatchd notifies one by one; "
            "hbwActiveTable has all that are active. Close the problem by "
            "hand.", "availability", recovery_mode="NONE",
            event_name="hbwatch: Alarm storm, %s raised and %s cleared" %
                (from_trap("hbwStormRaised"), from_trap("hbwStormCleared")),
            type="MULTIPLE", manual_close="YES")

    def alive_trigger(self):
        return trigger("No notification for too long",
            ref("nodata", TRAPS, "{$HBWATCH.ALIVE.TIMEOUT}") +
                "=1 and {$HBWATCH.ALIVE}=1", "AVERAGE",
            "hbwatchd with the option alive sends hbwWatcherAlive. None has "
            "arrived: hbwatchd, snmpd, snmptrapd or the network between them "
            "does not work.\n"
            "To use it, set {$HBWATCH.ALIVE} to 1, and "
            "{$HBWATCH.ALIVE.TIMEOUT} to twice the option.", "availability")

    def trap_parts(self):
        return [{"uuid": uuid("item", "trap sequence"),
            "name": "Last notification received", "type": "DEPENDENT",
            "key": "hbwatch.trap.sequence", "delay": "0",
            "description": "hbwNotificationSequence of the last notification "
                "that arrived. If it stays below Last notification sent, and "
                "no alarm is shelved, notifications are lost: use "
                "hbwatch-resync.",
            "preprocessing": [step("REGEX",
                r"\nhbwNotificationSequence: (\d+)", r"\1")],
            "master_item": {"key": TRAPS},
            "tags": tags(component="notifications")}]

    def scalar(self, key, name, mib_name, component, description, triggers=(),
            steps=(), **more):
        """A scalar of hbwAgent."""
        self.items.append(self.value(uuid("item", key), name, key, mib_name,
            "0", "hbwatch.agent.walk", component, description, steps,
            triggers=list(triggers), **more))

    def value(self, identifier, name, key, mib_name, index, master, component,
            description, steps=(), delay="{$HBWATCH.INTERVAL}", more_tags=(),
            **more):
        """An item with the value of one object."""
        oid = "%s.%s" % (self.mib.oid(mib_name), index)
        steps = list(steps)
        item = {"uuid": identifier, "name": name,
            "type": "DEPENDENT" if self.walks else "SNMP_AGENT"}
        if self.walks:
            steps.insert(0, step("SNMP_WALK_VALUE", oid,
                self.walk_format(mib_name)))
            item.update(key=key, delay="0")
        else:
            item.update(snmp_oid=oid, key=key, delay=delay)
        if more.get("value_type") == "CHAR":
            item["trends"] = "0"
        triggers = more.pop("triggers", [])
        trigger_key = "trigger_prototypes" if "{#" in key else "triggers"
        item.update(more, description="MIB: HBWATCH-MIB, %s\n%s" %
            (mib_name, description))
        if self.mib.syntax[mib_name] in self.mib.enumerations:
            self.maps[self.mib.syntax[mib_name]] = self.mib.members(mib_name)
            item["valuemap"] = {"name": self.mib.syntax[mib_name]}
        if steps:
            item["preprocessing"] = steps
        if self.walks:
            item["master_item"] = {"key": master}
        item["tags"] = tags(component=component) + list(more_tags)
        if triggers:
            item[trigger_key] = triggers
        return item

    def walk_format(self, name):
        """1 converts texts that net-snmp shows in hexadecimal."""
        return "1" if self.mib.syntax[name] == "SnmpAdminString" else "0"

    def walk(self, key, name, columns):
        """The master item of a table, or of the scalars."""
        return {"uuid": uuid("item", key), "name": name, "type": "SNMP_AGENT",
            "snmp_oid": "walk[%s]" % ",".join(self.mib.oid(column)
                for column in columns),
            "key": key, "delay": "{$HBWATCH.INTERVAL}", "history": "0",
            "trends": "0", "value_type": "TEXT",
            "description": "The answers for %s; the other items take their "
                "values from it." % ", ".join(columns),
            "tags": tags(component="raw")}

    #
    # Discovery
    #

    def discovery(self, kind, name, macros, values, conditions, overrides=()):
        """A discovery rule: macros are (LLD macro, column), values are items
        of each row."""
        walk = "hbwatch.%s.walk" % kind
        rule = {"uuid": uuid("rule", kind), "name": name}
        columns = [column for _, column in macros]
        steps = []
        if self.walks:
            self.items.append(self.walk(walk, name.replace("discovery", "walk"),
                columns + [value["mib_name"] for value in values]))
            rule["type"] = "DEPENDENT"
            parameters = []
            for macro, column in macros:
                parameters += [macro, self.mib.oid(column),
                    self.walk_format(column)]
            steps = [step("SNMP_WALK_TO_JSON", *parameters),
                step("DISCARD_UNCHANGED_HEARTBEAT", "1h")]
        else:
            rule.update(type="SNMP_AGENT", snmp_oid="discovery[%s]" %
                ",".join("%s,%s" % (macro, self.mib.oid(column))
                for macro, column in macros))
        rule.update(key="hbwatch.%s.discovery" % kind,
            delay="0" if self.walks else "{$HBWATCH.DISCOVERY.INTERVAL}")
        rule["filter"] = {"evaltype": "AND", "conditions": [
            {"macro": macro, "value": value, **({} if matches else
                {"operator": "NOT_MATCHES_REGEX"}), "formulaid": letter}
            for (macro, value, matches), letter in zip(conditions, "ABCD")]}
        rule["lifetime"] = "1d"
        rule["description"] = "The rows of %s." % self.table(columns[0])
        rule["item_prototypes"] = [self.value(master=walk, index="{#SNMPINDEX}",
            identifier=uuid("prototype", value["key"]), **value)
            for value in values]
        if self.walks:
            rule["master_item"] = {"key": walk}
        if steps:
            rule["preprocessing"] = steps
        if overrides:
            rule["overrides"] = list(overrides)
        return rule

    def table(self, column):
        return re.match(r"hbw(Capture|Watch|Alarm)", column).group() + "Table"

    #
    # The whole
    #

    def add_scalars(self):
        heartbeat = [step("DISCARD_UNCHANGED_HEARTBEAT", "12h")]
        key = "hbwatch.version"
        self.scalar(key, "Version", "hbwVersion", "application",
            "The version of hbwatchd.", steps=heartbeat, value_type="CHAR",
            delay="15m", triggers=[trigger("Version has changed",
                "%s<>%s and length(%s)>0" % (ref("last", key, "#1"),
                    ref("last", key, "#2"), ref("last", key)), "INFO",
                "hbwatchd has another version. Acknowledge to close the "
                "problem.", "notice",
                event_name="hbwatch: Version has changed (new version: "
                "{ITEM.VALUE})", manual_close="YES")])
        key = "hbwatch.watches"
        self.scalar(key, "Watches", "hbwWatchCount", "watches",
            "The number of watches.", triggers=[trigger(
                "No data from hbwatchd", ref("nodata", key,
                "{$HBWATCH.NODATA}") + "=1", "HIGH",
                "hbwatchd does not run, or snmpd does not answer. Nothing is "
                "known about the peers.", "availability")])
        key = "hbwatch.watches.blind"
        self.scalar(key, "Blind watches", "hbwBlindWatches", "watches",
            "The number of watches whose heartbeats hbwatchd cannot capture.",
            triggers=[trigger("Watches are blind", ref("last", key) + ">0",
                "AVERAGE", "hbwatchd cannot capture the heartbeats of some "
                "watches, so that nothing is known about their peers. "
                "hbwCaptureError has the reason.", "availability",
                opdata="Blind: {ITEM.LASTVALUE1}")])
        self.scalar("hbwatch.watches.interrupted", "Interrupted watches",
            "hbwInterruptedWatches", "watches",
            "The number of watches whose alarm is active.")
        self.scalar("hbwatch.alarms.active", "Active alarms",
            "hbwActiveAlarms", "alarms", "The number of active alarms.")
        for severity, _, _ in SEVERITIES:
            self.scalar("hbwatch.alarms." + severity, "Active alarms, " +
                severity, "hbwActive" + severity.capitalize(), "alarms",
                "The number of active alarms of this severity.")
        self.scalar("hbwatch.alarms.unacknowledged", "Unacknowledged alarms",
            "hbwUnacknowledgedAlarms", "alarms",
            "The number of active alarms that nobody has acknowledged or "
            "shelved.")
        self.scalar("hbwatch.alarms.shelved", "Shelved alarms",
            "hbwShelvedAlarms", "alarms", "The number of shelved alarms.")
        self.scalar("hbwatch.notifications.sequence", "Last notification sent",
            "hbwNotificationSequence", "notifications",
            "The number of the last notification that hbwatchd has created.")
        key = "hbwatch.notifications.epoch"
        self.scalar(key, "Notification epoch", "hbwNotificationEpoch",
            "notifications", "It grows when hbwatchd has lost its state.",
            steps=heartbeat, triggers=[trigger("State was lost",
                "%s<>%s" % (ref("last", key, "#1"), ref("last", key, "#2")),
                "WARNING", "hbwatchd has lost its state: its notifications "
                "are numbered from the beginning, and alarms that were active "
                "can be open here without a clear. Acknowledge to close the "
                "problem.", "notice", manual_close="YES")])
        key = "hbwatch.notifications.pending"
        self.scalar(key, "Notifications pending", "hbwNotificationsPending",
            "notifications", "The number of notifications that wait to be "
            "delivered.", triggers=[trigger("Notifications are not delivered",
                ref("min", key, "{$HBWATCH.PENDING.TIME}") + ">0", "WARNING",
                "snmpd does not accept the notifications of hbwatchd.",
                "availability", opdata="Pending: {ITEM.LASTVALUE1}")])

    def rules(self):
        slow = "{$HBWATCH.SLOW.INTERVAL}"
        # Without parameters, which 6.0 writes as an empty one.
        rate = [{"type": "CHANGE_PER_SECOND"} if self.walks else
            step("CHANGE_PER_SECOND", "")]
        seconds = [step("MULTIPLIER", "0.001")]
        watch = tags(watch="{#WATCH}", peer="{#PEER}",
            interface="{#INTERFACE}")

        def column(kind, key, name, mib_name, description, more_tags, **more):
            return {"key": "hbwatch.%s.%s[%s.{#SNMPINDEX}]" % (kind, key,
                mib_name), "name": name, "mib_name": mib_name,
                "description": description, "component": kind,
                "more_tags": more_tags, **more}

        def of_watch(key, name, mib_name, description, **more):
            return column("watch", key, "Watch [{#WATCH}]: " + name, mib_name,
                description, watch, **more)

        yield self.discovery("watch", "Watch discovery", [
            ("{#WATCH}", "hbwWatchName"),
            ("{#INTERFACE}", "hbwWatchInterface"),
            ("{#HEARTBEAT}", "hbwWatchHeartbeat"),
            ("{#PEER}", "hbwWatchPeerText")], [
            of_watch("state", "State", "hbwWatchState",
                "The state of the flow of heartbeats ({#HEARTBEAT}) from "
                "{#PEER} on {#INTERFACE}."),
            of_watch("silence", "Silence", "hbwWatchSilenceSeconds",
                "The time since the last heartbeat.", units="s"),
            of_watch("heartbeats", "Heartbeats per second",
                "hbwWatchHeartbeats", "The rate of the heartbeats.",
                delay=slow, value_type="FLOAT", steps=rate),
            of_watch("interval", "Interval", "hbwWatchInterval",
                "The learned interval of the heartbeats.", delay=slow,
                value_type="FLOAT", units="s", steps=seconds),
            of_watch("interruptions", "Interruptions",
                "hbwWatchInterruptions", "The number of interruptions.",
                delay=slow)],
            [("{#WATCH}", "{$HBWATCH.WATCH.MATCHES}", True),
             ("{#WATCH}", "{$HBWATCH.WATCH.NOT_MATCHES}", False)])

        state = "hbwatch.alarm.state[hbwAlarmState.{#SNMPINDEX}]"
        alarm = trigger("Alarm [{#KEY}]: {#ALARM}",
            ref("last", state) + "=2 and {$HBWATCH.TRAPS}=0", "AVERAGE",
            "For hosts whose notifications do not reach Zabbix: then set "
            "{$HBWATCH.TRAPS} to 0. Otherwise the triggers of the item "
            "Notifications open the problem, within seconds.", "availability",
            tags=tags(key="{#KEY}"))
        yield self.discovery("alarm", "Alarm discovery", [
            ("{#KEY}", "hbwAlarmKey"), ("{#ALARM}", "hbwAlarmName"),
            ("{#SEVERITY}", "hbwAlarmSeverity")], [
            column("alarm", "state", "Alarm [{#KEY}]: State", "hbwAlarmState",
                "Whether the alarm {#ALARM} is active.", tags(key="{#KEY}"),
                triggers=[alarm])],
            [("{#KEY}", "{$HBWATCH.ALARM.MATCHES}", True),
             ("{#KEY}", "{$HBWATCH.ALARM.NOT_MATCHES}", False)],
            self.overrides())

        interface = tags(interface="{#INTERFACE}")
        dropped = "hbwatch.capture.dropped[hbwCaptureDropped.{#SNMPINDEX}]"
        yield self.discovery("capture", "Interface discovery",
            [("{#INTERFACE}", "hbwCaptureInterface")], [
            column("capture", "state", "Interface [{#INTERFACE}]: State",
                "hbwCaptureState", "Whether hbwatchd can capture packets.",
                interface),
            column("capture", "heartbeats", "Interface [{#INTERFACE}]: "
                "Heartbeats per second", "hbwCaptureHeartbeats",
                "The rate of the heartbeats of all watches.", interface,
                delay=slow, value_type="FLOAT", steps=rate),
            column("capture", "dropped", "Interface [{#INTERFACE}]: "
                "Dropped packets per second", "hbwCaptureDropped",
                "Packets that the kernel could not give to hbwatchd.",
                interface, value_type="FLOAT", steps=rate,
                triggers=[trigger("Interface [{#INTERFACE}]: Packets are "
                "dropped", ref("min", dropped, "5m") + ">0", "WARNING",
                "The host is too busy to capture all packets; heartbeats can "
                "be lost.", "performance")])],
            [("{#INTERFACE}", "{$HBWATCH.INTERFACE.MATCHES}", True),
             ("{#INTERFACE}", "{$HBWATCH.INTERFACE.NOT_MATCHES}", False)])

    def overrides(self):
        """The severity of the trigger of an alarm; minor is the default."""
        others = [row for row in SEVERITIES if row[0] != "minor"]
        return [{"name": "Severity " + severity, "step": str(number),
            "filter": {"conditions": [{"macro": "{#SEVERITY}",
                "value": "^%d$" % value, "formulaid": "A"}]},
            "operations": [{"operationobject": "TRIGGER_PROTOTYPE",
                "operator": "LIKE", "value": "hbwatch: Alarm",
                "severity": priority}]}
            for number, (severity, value, priority) in enumerate(others, 1)]

    def macros(self):
        rows = [
            ("{$HBWATCH.INTERVAL}", "1m", "How often values are read."),
            ("{$HBWATCH.NODATA}", "5m", "How long no value may arrive."),
            ("{$HBWATCH.PENDING.TIME}", "5m",
                "How long notifications may wait to be delivered."),
            ("{$HBWATCH.TRAPS}", "1", "1: notifications open the problems. "
                "0: the states of the alarms open them."),
            ("{$HBWATCH.ALIVE}", "0", "1: hbwatchd has the option alive, and "
                "its notifications are expected."),
            ("{$HBWATCH.ALIVE.TIMEOUT}", "30m",
                "How long no notification may arrive.")]
        if not self.walks:
            rows += [
                ("{$HBWATCH.SLOW.INTERVAL}", "5m",
                    "How often rates and intervals are read."),
                ("{$HBWATCH.DISCOVERY.INTERVAL}", "1h",
                    "How often watches, alarms and interfaces are "
                    "discovered.")]
        for kind, text in (("WATCH", "watches by name"),
                ("ALARM", "alarms by key"), ("INTERFACE", "interfaces")):
            rows += [("{$HBWATCH.%s.MATCHES}" % kind, ".*",
                    "Discovery: only these %s." % text),
                ("{$HBWATCH.%s.NOT_MATCHES}" % kind, "CHANGE_IF_NEEDED",
                    "Discovery: not these %s." % text)]
        return [{"macro": macro, "value": value, "description": description}
            for macro, value, description in sorted(rows)]

    def dashboard(self):
        scale = 3 if self.walks else 1

        def widget(kind, old_kind, x, y, width, height, fields, name=None):
            place = {"x": x * scale, "y": y, "width": width * scale,
                "height": height}
            return {"type": kind if self.walks else old_kind,
                **({"name": name} if name else {}),
                **{key: str(number) for key, number in place.items()
                    if number}, "fields": fields}

        def item(x, key):
            return widget("item", "ITEM", x, 0, 6, 3, [{"type": "ITEM",
                "name": "itemid.0" if self.walks else "itemid",
                "value": {"host": TEMPLATE, "key": key}},
                {"type": "INTEGER", "name": "decimal_places", "value": "0"}])

        widgets = [item(0, "hbwatch.watches"), item(6, "hbwatch.alarms.active"),
            item(12, "hbwatch.watches.blind"),
            item(18, "hbwatch.notifications.pending"),
            widget("graph", "GRAPH_CLASSIC", 0, 3, 12, 6, [{"type": "GRAPH",
                "name": "graphid.0" if self.walks else "graphid", "value":
                {"host": TEMPLATE, "name": "hbwatch: Active alarms"}}] +
                ([{"type": "STRING", "name": "reference", "value": "HBWAA"}]
                if self.walks else []))]
        if self.walks:
            widgets.append(widget("problems", "", 12, 3, 12, 6, [
                {"type": "STRING", "name": "reference", "value": "HBWAB"}],
                "Problems"))
        else:
            widgets.append(widget("", "PLAIN_TEXT", 12, 3, 12, 6, [
                {"type": "ITEM", "name": "itemids",
                    "value": {"host": TEMPLATE, "key": TRAPS}},
                {"type": "INTEGER", "name": "show_lines", "value": "10"}],
                "Notifications"))
        return {"uuid": uuid("dashboard"), "name": "hbwatch",
            "pages": [{"widgets": widgets}]}

    def export(self):
        self.add_scalars()
        rules = list(self.rules())
        if self.walks:
            self.items.append(self.walk("hbwatch.agent.walk", "Agent walk",
                ["hbwAgent"]))
        groups = [{"uuid": GROUP_UUID, "name": GROUP}]
        colors = ["E45959", "E97659", "FFA059", "FFC859"]
        graph = {"uuid": uuid("graph"), "name": "hbwatch: Active alarms",
            "ymin_type_1": "FIXED", "type": "STACKED", "graph_items": [
            {"sortorder": str(order), "color": color,
                "item": {"host": TEMPLATE, "key": "hbwatch.alarms." + severity}}
            for order, ((severity, _, _), color) in
                enumerate(zip(SEVERITIES, colors))]}
        template = {"uuid": uuid("template"), "template": TEMPLATE,
            "name": TEMPLATE, "description": "hbwatchd: heartbeat "
            "interruptions between the nodes of a redundant service.\n\n"
            "MIBs used:\nHBWATCH-MIB\n\n"
            "contrib/zabbix/README.md of hbwatch describes the setup."}
        if self.walks:
            template["vendor"] = {"name": "hbwatch", "version": "7.0-0"}
        template.update(groups=[{"name": GROUP}], items=self.items,
            discovery_rules=rules, tags=tags(**{"class": "application",
            "target": "hbwatch"}), macros=self.macros(),
            dashboards=[self.dashboard()], valuemaps=[
            {"uuid": uuid("map", name), "name": name, "mappings": [
                {"value": number, "newvalue": word} for word, number in
                members]} for name, members in sorted(self.maps.items())])
        head = {"version": self.version}
        if not self.walks:
            head["date"] = "2026-11-29T00:00:00Z"
        head["template_groups" if self.walks else "groups"] = groups
        return {"zabbix_export": {**head, "templates": [template],
            "graphs": [graph]}}


#
# YAML
#

def yaml(value, indent=0):
    """The lines of a value; only dict, list and str."""
    space = "  " * indent
    if isinstance(value, dict):
        for key, member in value.items():
            if isinstance(member, str):
                yield from text(space + key + ":", member, indent + 1)
            else:
                yield space + key + ":"
                yield from yaml(member, indent + 1)
        return
    for member in value:
        if isinstance(member, str):
            yield from text(space + "-", member, indent + 1)
            continue
        lines = list(yaml(member, indent + 1))
        yield space + "- " + lines[0].lstrip()
        yield from lines[1:]


def text(start, value, indent):
    if "\n" in value:
        yield start + " |"
        for line in value.split("\n"):
            yield ("  " * indent + line).rstrip()
    elif re.fullmatch(r"[A-Za-z][\w.]*", value) and \
            value.lower() not in ("yes", "no", "true", "false", "on", "off"):
        yield start + " " + value
    else:
        yield "%s '%s'" % (start, value.replace("'", "''"))


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in ("6.0", "7.0"):
        print(__doc__, file=sys.stderr)
        return 2
    print("\n".join(yaml(Template(sys.argv[1]).export())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
