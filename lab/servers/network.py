"""The network of the laboratory: a namespace a host, each behind one router, and the scanner's on the other side of it.

    hub mail web odd … ── router ── scanner

Hosts have addresses for documentation: 192.0.2.N and 2001:db8:1::N. Addresses of these networks that nobody has
are dropped by the router, as a quiet network does. Namespaces are named sk<pid>-<host>.
"""
import os
import pathlib
import re
import subprocess
import sys

# Each host's number, and what is special about its way.
HOSTS = {
    "hub": 10,  # many servers, each at its usual port
    "mail": 20,
    "web": 30,
    "odd": 40,  # unusual ports
    "tls": 50,
    "mute": 60,  # accepts connections and says nothing
    "fenced": 70,  # a firewall that drops
    "terse": 80,  # few ICMP answers
    "lossy": 90,  # loses packets
    "far": 100,  # far away
    "chat": 110,
    "store": 120,
    "desk": 130,
    "second": 140,  # the second server of each kind, at the usual port
    "third": 150,
}
SCANNER_IPV4 = "198.51.100.2"
SCANNER_IPV6 = "2001:db8:f::2"
SITE = ("192.0.2.0/24", "2001:db8:1::/64")

# What each special host has between its servers and everybody else.
FENCED = """table inet fence { chain input { type filter hook input priority 0; policy drop;
    ct state established,related accept
    meta l4proto { icmp, ipv6-icmp } accept
    tcp dport { 22, 53, 80 } accept
    udp dport 53 accept
}
}"""
TERSE = """table inet terse { chain output { type filter hook output priority 0; policy accept;
    icmp type destination-unreachable limit rate 2/second burst 2 packets accept
    icmp type destination-unreachable drop
    icmpv6 type destination-unreachable limit rate 2/second burst 2 packets accept
    icmpv6 type destination-unreachable drop
}
}"""
# Before conntrack and the sockets, in both directions: one packet in twenty is lost each way.
LOSSY = """table inet lossy {
    chain input { type filter hook prerouting priority -400; policy accept; numgen random mod 20 == 0 drop; }
    chain output { type filter hook output priority -400; policy accept; numgen random mod 20 == 0 drop; }
}"""
RULES = {"fenced": FENCED, "terse": TERSE, "lossy": LOSSY}
DELAY_MS = 60  # there and back


def run(*command, **more):
    done = subprocess.run(command, check=False, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def ipv4(host):
    return f"192.0.2.{HOSTS[host]}"


def ipv6(host):
    return f"2001:db8:1::{HOSTS[host]}"


class Network:
    def __init__(self, hosts):
        self.prefix = f"sk{os.getpid()}-"
        self.hosts = hosts
        self.delay = None
        self.spaces = []

    def space(self, name):
        return self.prefix + name

    def inside(self, name, *command):
        """The command that runs COMMAND in the namespace of a host."""
        return ["nsenter", f"--net=/run/netns/{self.space(name)}", "--", *command]

    @staticmethod
    def remove_leftovers():
        """The namespaces of a laboratory that was killed."""
        for path in pathlib.Path("/run/netns").glob("sk*-*"):
            found = re.fullmatch(r"sk(\d+)-([a-z]+)", path.name)
            if found and found[2] in {*HOSTS, "router", "scanner"} and not os.path.exists(f"/proc/{found[1]}"):
                subprocess.run(["ip", "netns", "delete", path.name], check=False, stderr=subprocess.DEVNULL)

    def make(self):
        self.remove_leftovers()
        for name in ["router", "scanner", *self.hosts]:
            run("ip", "netns", "add", self.space(name))
            self.spaces.append(self.space(name))
            run(*self.inside(name, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
                             "net.ipv6.conf.all.accept_ra=0", "net.ipv6.conf.default.accept_ra=0",
                             "net.ipv4.ip_unprivileged_port_start=0", "net.ipv4.ping_group_range=0 2147483647"))
            run("ip", "-n", self.space(name), "link", "set", "lo", "up")
        run(*self.inside("router", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"))
        self.make_link("scanner", SCANNER_IPV4, SCANNER_IPV6)
        for host in self.hosts:
            if host == "far":
                self.make_delay(host)
            else:
                self.make_link(host, ipv4(host), ipv6(host))
            if host in RULES:
                run(*self.inside(host, "nft", "-f", "-"), input=RULES[host])
        self.batch("router", [f"route add blackhole {SITE[0]}"], "-4")
        self.batch("router", [f"route add blackhole {SITE[1]}"], "-6")

    def batch(self, name, lines, *options):
        run("ip", "-n", self.space(name), *options, "-batch", "-", input="\n".join(lines) + "\n")

    def make_link(self, host, v4, v6):
        run("ip", "link", "add", "eth0", "netns", self.space(host), "type", "veth",
            "peer", "name", host, "netns", self.space("router"))
        self.configure(host, "eth0", host, v4, v6)

    def configure(self, host, interface, at_router, v4, v6):
        """The addresses and routes of a host and of the router's end of its link."""
        self.batch("router", [f"address add 192.0.2.1/32 dev {at_router}", f"link set {at_router} up",
                              f"route add {v4}/32 dev {at_router}"])
        self.batch("router", [f"address add 2001:db8:1::1/128 dev {at_router} nodad", f"address add fe80::1/64 dev {at_router} nodad",
                              f"route add {v6}/128 dev {at_router}"], "-6")
        self.batch(host, [f"address add {v4}/32 dev {interface}", f"link set {interface} up",
                          f"route add default via 192.0.2.1 dev {interface} onlink src {v4}"])
        self.batch(host, [f"address add {v6}/128 dev {interface} nodad",
                          f"route add default via fe80::1 dev {interface} onlink src {v6}"], "-6")

    def make_delay(self, host):
        """A link whose two ends are TUN devices of one program, which holds every packet back."""
        program = pathlib.Path(__file__).with_name("delay.py")
        self.delay = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", sys.executable, program, str(DELAY_MS / 2),
                                       self.space(host), "eth0", self.space("router"), host],
                                      stdout=subprocess.PIPE, text=True)
        if self.delay.stdout.readline() != "ready\n":
            raise RuntimeError("the delaying link did not come up")
        self.configure(host, "eth0", host, ipv4(host), ipv6(host))

    def remove(self):
        if self.delay:
            self.delay.kill()
            self.delay.wait()
            self.delay.stdout.close()
        for space in self.spaces:
            subprocess.run(["ip", "netns", "delete", space], check=False)
        self.spaces = []
