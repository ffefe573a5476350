# SPDX-License-Identifier: BSD-2-Clause
"""The faults: what is set up, what is done, and what the cause is.

Each fault is a function that gets the scene, prepares it, yields when
heartbeats should be received, and then causes the fault.  If it yields again,
the alarm must be raised then, and it ends the fault.
"""

import collections
import os
import signal

from scene import (A, A2, B, B2, C, FLOATING, INTERRUPTION, INTERVAL, NODE,
                   PORT, TOOLS, Failed, command, mac_of, wait_for)

FAULTS = {}
DUAL = 45640001
ALARM = 45640

Fault = collections.namedtuple(
    "Fault", "name function cause sides alarm seconds router at_clear exempt")


def fault(cause, *sides, alarm=ALARM, seconds=6, router=False, at_clear=False,
          exempt=()):
    """Declares a fault.  `seconds`: when the last verdict after the raise is
    read.  `exempt` are causes that count as right, because nothing on the wire
    tells them apart."""
    def declare(function):
        name = function.__name__.replace("_", "-")
        FAULTS[name] = Fault(name, function, cause, sides, alarm, seconds,
                             router, at_clear, exempt)
        return function
    return declare


def watch(heartbeat, peer=B, interface="eth0", name="peer", lines=()):
    return 'watch "%s" {\n\tinterface = "%s"\n\tpeer = "%s"\n' \
        '\theartbeat = "%s"\n\tinterruption = %ds\n%s}\n' % (
            name, interface, peer, heartbeat, INTERRUPTION,
            "".join("\t%s\n" % line for line in lines))


# ---- instances of the service

def udp(scene, *lines):
    scene.watches = watch("udp %d" % PORT, scene.peer, lines=lines)
    scene.start("own", "a", NODE, "udp", A, scene.peer, str(PORT))
    scene.start("peer", "b", NODE, "udp", scene.peer, A, str(PORT))


def second_link(scene):
    """The peer is also watched on the direct link."""
    udp(scene, 'peer-host = "b"')
    scene.watches += watch("udp %d" % PORT, B2, "eth1", "peer2",
                           ('peer-host = "b"',))
    scene.start("own2", "a", NODE, "udp", A2, B2, str(PORT))
    scene.start("peer2", "b", NODE, "udp", B2, A2, str(PORT))


def tcp(scene):
    scene.watches = watch("tcp %d" % PORT)
    peer = os.path.join(TOOLS, "tcp-peer")
    scene.start("peer", "b", peer, "listen", "--at", B, "--port", str(PORT),
                "--beat", str(INTERVAL))
    scene.start("own", "a", peer, "connect", "--to", B, "--port", str(PORT),
                "--beat", str(INTERVAL))


def keepalived(scene, host, priority, key):
    path = scene.path(key + ".conf")
    with open(path, "w") as file:
        file.write(
            "global_defs {\n\tvrrp_version 3\n}\n"
            "vrrp_instance i {\n\tinterface eth0\n\tstate BACKUP\n"
            "\tvirtual_router_id 51\n\tpriority %d\n\tadvert_int 0.2\n"
            "\tvirtual_ipaddress {\n\t\t%s/24\n\t}\n}\n" % (
                priority, FLOATING))
    for name in "pid", "vrrp", "checkers":
        if os.path.exists(scene.path(key + "." + name)):
            os.unlink(scene.path(key + "." + name))
    scene.start(key, host, "keepalived", "-n", "-l", "-f", path, "-p",
                scene.path(key + ".pid"), "-r", scene.path(key + ".vrrp"),
                "-c", scene.path(key + ".checkers"))


def vrrp(scene, *lines):
    scene.watches = watch("vrrp 51", lines=lines)
    keepalived(scene, "b", 150, "peer")


FRR = "/usr/lib/frr"


def vtysh(scene, key, *commands):
    """Gives commands to the bfdd of a host."""
    return command("nsenter", "--target", str(scene.processes[key].pid),
                   "--mount", "--net", "--", "vtysh", "-d", "bfdd",
                   *[word for text in commands for word in ("-c", text)])


def bfdd(scene, key, host, peer):
    """Starts bfdd, and the zebra that it needs, with own directories."""
    own = scene.path(key)
    for name in "run/frr", "etc":
        os.makedirs(os.path.join(own, name), exist_ok=True)
    for name, text in (("zebra.conf", ""), ("vtysh.conf", ""), (
            "bfdd.conf", "bfd\n peer %s interface eth0\n"
            "  receive-interval 200\n  transmit-interval 200\n"
            "  detect-multiplier 3\n  no shutdown\n" % peer)):
        with open(os.path.join(own, "etc", name), "w") as file:
            file.write(text)
    command("chown", "-R", "frr:frr", own)
    scene.start(key, host, "sh", "-c", "mount --bind %s/run /run && "
                "mount --bind %s/etc /etc/frr && { %s/zebra -P 0 --log stdout "
                "& } && until test -S /run/frr/zserv.api; do sleep 0.1; done; "
                "exec %s/bfdd -P 0 --log stdout" % (own, own, FRR, FRR))


def bfd_is_up(scene):
    try:
        return "Status: up" in vtysh(scene, "own", "show bfd peers")
    except Failed:
        return False


def bfd(scene):
    scene.watches = watch("bfd")
    bfdd(scene, "own", "a", B)
    bfdd(scene, "peer", "b", A)
    wait_for("BFD session", 60, lambda: bfd_is_up(scene))


def drop_at(scene, host, hook, rule):
    """A firewall rule of a host; `hook` is input, output or forward."""
    scene.at(host, "nft", "add table inet t; add chain inet t %s { type filter "
             "hook %s priority 0; }; add rule inet t %s %s" % (
                 hook, hook, hook, rule))


def drop_port(scene, port, direction):
    """The switch drops all frames of a port, `in` or `out` of the switch."""
    command("ip", "netns", "exec", scene.host("x"), "nft",
            "add table bridge t; add chain bridge t c { type filter hook "
            "forward priority 0; }; add rule bridge t c %s %s drop" % (
                "iifname" if direction == "in" else "oifname", port))


# ---- the instance

@fault("instanceStopped", "peer")
def stop_udp(scene):
    udp(scene)
    yield
    scene.stop("peer")


@fault("instanceStopped", "peer")
def stop_tcp(scene):
    tcp(scene)
    yield
    scene.stop("peer")


@fault("instanceStopped", "peer")
def stop_vrrp(scene):
    vrrp(scene)
    yield
    scene.stop("peer")


@fault("instanceStopped", "peer")
def kill_udp(scene):
    udp(scene)
    yield
    scene.stop("peer", signal.SIGKILL)


@fault("instanceStopped", "peer")
def kill_tcp(scene):
    tcp(scene)
    yield
    scene.stop("peer", signal.SIGKILL)


@fault("instanceStopped", "peer")
def stop_bfd(scene):
    bfd(scene)
    yield
    vtysh(scene, "peer", "configure terminal", "bfd",
          "peer %s interface eth0" % A, "shutdown")


@fault("instanceStopped", "peer")
def kill_bfd(scene):
    bfd(scene)
    yield
    scene.stop("peer", signal.SIGKILL)


@fault("peerHung", "peer")
def hang_bfd(scene):
    bfd(scene)
    yield
    scene.send_signal("peer", signal.SIGSTOP)


@fault("peerHung", "peer", exempt=("filtered",))
def hang_udp(scene):
    udp(scene)
    yield
    scene.send_signal("peer", signal.SIGSTOP)


@fault("peerHung", "peer")
def hang_tcp(scene):
    tcp(scene)
    yield
    scene.send_signal("peer", signal.SIGSTOP)


@fault("localFault", "here")
def own_instance_stopped(scene):
    tcp(scene)
    yield
    scene.stop("own")


@fault("handshakeFailed", "peer")
def certificate_refused(scene):
    """After a restart, the peer has a certificate that we do not trust."""
    for name in "old", "new":
        command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=hbwatch", "-addext", "subjectAltName=DNS:hbwatch",
                "-keyout", scene.path(name + ".key"), "-out",
                scene.path(name + ".crt"))
        with open(scene.path(name + ".pem"), "w") as file:
            for part in ".key", ".crt":
                with open(scene.path(name + part)) as source:
                    file.write(source.read())
    scene.watches = watch("tcp %d" % PORT)
    peer = os.path.join(TOOLS, "tcp-peer")

    def listen(name):
        scene.start("peer", "b", peer, "listen", "--at", B, "--port",
                    str(PORT), "--beat", str(INTERVAL), "--certificate",
                    scene.path(name + ".pem"))
    listen("old")
    scene.start("own", "a", peer, "connect", "--to", B, "--port", str(PORT),
                "--beat", str(INTERVAL), "--certificate",
                scene.path("old.pem"))
    yield
    for key in "peer", "own":
        scene.stop(key, signal.SIGKILL)
    listen("new")
    # It tries again less often than the peer must be received.
    scene.start("own", "a", "sh", "-c", "while :; do openssl s_client -CAfile "
                "%s -verify_return_error -connect %s:%d </dev/null; sleep %d; "
                "done" % (scene.path("old.crt"), B, PORT, 2 * INTERRUPTION))


# ---- hosts and links

@fault("hostDown", "peer", seconds=16)
def host_gone(scene):
    udp(scene)
    yield
    scene.ip("x", "link set b0 nomaster")


@fault("hostDown", "peer", seconds=16)
def host_gone_second_link(scene):
    second_link(scene)
    yield
    scene.ip("x", "link set b0 nomaster")
    for key in "peer", "peer2":
        scene.stop(key, signal.SIGKILL)
    scene.ip("b", "link set eth1 down")
    scene.ip("a", "link set eth1 up")


@fault("hostDown", "peer", seconds=4, at_clear=True)
def host_rebooted(scene):
    udp(scene)
    yield
    scene.ip("b", "link set eth0 down")
    scene.stop("peer", signal.SIGKILL)
    yield
    scene.ip("b", "link set eth0 up")
    scene.at("b", NODE, "boot", "eth0", mac_of("b"), B)
    scene.start("peer", "b", NODE, "udp", B, A, str(PORT))


@fault("hostDown", "peer", seconds=16, router=True)
def host_gone_behind_router(scene):
    udp(scene)
    yield
    scene.ip("b", "address flush dev eth0")


@fault("linkAbnormal", "here")
def our_link_disabled(scene):
    udp(scene)
    yield
    scene.ip("a", "link set eth0 down")


@fault("linkAbnormal", "here")
def our_carrier_lost(scene):
    udp(scene)
    yield
    scene.ip("x", "link set a0 down")


@fault("linkAbnormal", "between", "peer", seconds=16)
def peer_link_down(scene):
    second_link(scene)
    yield
    scene.ip("b", "link set eth0 down")


@fault("linkAbnormal", "between", seconds=16)
def switch_link_cut(scene):
    second_link(scene)
    yield
    scene.ip("x", "link set u1 down")


@fault("localFault", "here", seconds=10)
def switch_port_dead(scene):
    udp(scene)
    yield
    command("ip", "netns", "exec", scene.host("x"), "bridge", "link", "set",
            "dev", "a0", "state", "0")


@fault("linkAbnormal", "between", seconds=16, exempt=("oneWayLink",))
def one_way_to_us(scene):
    second_link(scene)
    yield
    drop_port(scene, "b0", "in")


@fault("oneWayLink", "between", seconds=16)
def one_way_from_us(scene):
    tcp(scene)
    yield
    drop_port(scene, "b0", "out")


@fault("oneWayLink", "between", seconds=16)
def one_way_from_us_bfd(scene):
    bfd(scene)
    yield
    drop_port(scene, "b0", "out")


# ---- filters

@fault("filtered", "between", seconds=12)
def port_dropped_tcp(scene):
    tcp(scene)
    yield
    drop_at(scene, "b", "output", "tcp sport %d drop" % PORT)
    drop_at(scene, "b", "input", "tcp dport %d drop" % PORT)


@fault("filtered", "between", exempt=("peerHung",))
def port_dropped_udp(scene):
    udp(scene)
    yield
    drop_at(scene, "b", "output", "udp sport %d drop" % PORT)


@fault("filtered", "between", exempt=("peerHung",))
def all_dropped(scene):
    udp(scene)
    yield
    drop_at(scene, "b", "output", "drop")
    drop_at(scene, "b", "input", "drop")


@fault("filtered", "between")
def rejected(scene):
    """The firewall of the peer is loaded again without our port."""
    udp(scene)
    yield
    drop_at(scene, "b", "output", "udp sport %d drop" % PORT)
    drop_at(scene, "b", "input",
            "udp dport %d reject with icmp type admin-prohibited" % PORT)


# ---- the floating IP address, and two active nodes

@fault("floatingIpMisconfigured", "here")
def floating_ip_invalid(scene):
    log = scene.path("prestart.log")
    with open(log, "w") as file:
        file.write("started\n")
    os.chmod(log, 0o644)
    udp(scene, 'log = "%s"' % log, 'log-pattern = "Float ip .* is invalid"')
    yield
    scene.stop("peer")
    with open(log, "a") as file:
        file.write("Float ip 10.9.0.10 is invalid\n")


@fault("floatingIpMisconfigured", "peer", seconds=38)
def floating_ip_unanswered(scene):
    """The peer takes it from its interface, and its instance ends."""
    udp(scene, 'floating-ip = "%s"' % FLOATING)
    scene.ip("b", "address add %s/24 dev eth0" % FLOATING)
    scene.start("asks", "c", "ping", "-q", "-i", "0.5", FLOATING)
    yield
    scene.ip("b", "address delete %s/24 dev eth0" % FLOATING)
    # The MAC address that a client knows expires after some time.
    scene.ip("c", "neighbour flush all")
    scene.stop("peer", signal.SIGKILL)


@fault("dualActive", "both", alarm=DUAL)
def floating_ip_on_two_hosts(scene):
    udp(scene, 'floating-ip = "%s"' % FLOATING)
    scene.start("claims1", "b", NODE, "claim", "eth0", mac_of("b"), FLOATING)
    yield
    scene.start("claims2", "c", NODE, "claim", "eth0", mac_of("c"), FLOATING)


@fault("dualActive", "both", alarm=DUAL)
def two_masters(scene):
    vrrp(scene)
    keepalived(scene, "c", 100, "other")
    yield
    # Each receives no advertisements of the other one.
    for host in "b", "c":
        drop_at(scene, host, "input", "ip protocol 112 drop")


# ---- an observer that is neither node

@fault("instanceStopped", "peer")
def mirror_stop_udp(scene):
    scene.watches = watch("udp %d" % PORT)
    # A switch that learns no addresses sends each frame to all ports.
    for switch in "s1", "s2":
        scene.ip("x", "link set %s type bridge ageing_time 0" % switch)
    scene.start("own", "c", NODE, "udp", C, B, str(PORT))
    scene.start("peer", "b", NODE, "udp", B, C, str(PORT))
    yield
    scene.stop("peer")
