# SPDX-License-Identifier: BSD-2-Clause
"""The machine and the versions of the programs."""

import os
import platform
import re
import subprocess
import time


def output(*command):
    """The first line of the output of a command, or ""."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False)
    except OSError:
        return ""
    return done.stdout


def version(pattern, *command):
    found = re.search(pattern, output(*command))
    return found.group(1) if found else "missing"


def first(path, pattern, default="unknown"):
    with open(path, encoding="utf-8", errors="replace") as file:
        found = re.search(pattern, file.read(), re.MULTILINE)
    return found.group(1) if found else default


def commit():
    tree = os.path.dirname(os.path.abspath(__file__))
    found = output("git", "-C", tree, "describe", "--always", "--dirty")
    return " (%s)" % found.strip() if re.fullmatch(
        r"[\w.-]+\n", found) else ""


def file_system(path):
    """Its type, such as ext4."""
    found = output("stat", "--file-system", "--format=%T", path).strip()
    return {"ext2/ext3": "ext4"}.get(found, found)


def describe(lab):
    """Returns {name: text}."""
    memory = int(first("/proc/meminfo", r"^MemTotal:\s+(\d+)", "0"))
    tcpdump = output("tcpdump", "--version")
    libpcap = re.search(r"libpcap version (\S+)", tcpdump)
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"),
        "cores": os.cpu_count(),
        "memory": "%d GiB" % round(memory / 1024 / 1024),
        "kernel": platform.release(),
        "disk": "none" if lab.disk is None else file_system(lab.disk),
        "load": "%.2f %.2f %.2f" % os.getloadavg(),
        "cflags": first(os.path.join(lab.build, "Makefile"),
                        r"^CFLAGS = (.*)$"),
        "hbwatch": version(r"hbwatchd (\S+)", lab.hbwatchd, "-V") + commit(),
        "net-snmp": version(r"version:\s+(\S+)", "snmpd", "-v"),
        "libpcap": libpcap.group(1) if libpcap else "missing",
        "keepalived": version(r"Keepalived v(\S+)", "keepalived", "-v"),
        "tcpdump": version(r"tcpdump version (\S+)", "tcpdump", "--version"),
        "valgrind": version(r"valgrind-(\S+)", "valgrind", "--version"),
    }


def text(about):
    versions = ("hbwatch", "net-snmp", "libpcap", "keepalived", "tcpdump",
                "valgrind")
    return "\n".join([
        "machine   %s, %s cores, %s, disk with %s, Linux %s" % (
            about["cpu"], about["cores"], about["memory"], about["disk"],
            about["kernel"]),
        "versions  " + ", ".join("%s %s" % (name, about[name])
                                 for name in versions),
        "when      %s, load before it %s, built with %s" % (
            about["time"], about["load"], about["cflags"]),
    ]) + "\n"
