"""Starts the servers, says what they are, and ends them."""
import ipaddress
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple, Optional

from . import network

FOLDER = pathlib.Path(__file__).parent
READY_LIMIT_S = 60
END_LIMIT_S = 10


class Expected(NamedTuple):
    """What a scanner should find at one port. A server that does not say its version has None there."""
    address: str
    port: int
    transport: str  # tcp, udp
    service: str  # as the services database names it
    tls: bool
    product: Optional[str]
    version: Optional[str]
    package: str
    host: str
    server: str


class Daemon:
    """One file of daemons/: a script that becomes the server, and in lines that begin with "#:" what it is.

    #: package NAME              of Debian; where the version comes from
    #: host NAME…                one server on each of them
    #: layer                     it may be unpacked instead of installed (see unpack)
    #: open PORT/tcp[/tls] SERVICE VERSION PRODUCT      VERSION: = the package's, - not told, or itself
    #: hidden PORT/tcp           it listens there too, but its host's firewall lets nobody in
    """

    def __init__(self, path):
        self.path, self.name = path, path.name
        self.hosts, self.opens, self.hidden, self.package, self.layered = [], [], [], None, False
        for line in path.read_text().splitlines():
            if not line.startswith("#: "):
                continue
            word, _, rest = line[3:].partition(" ")
            if word == "package":
                self.package = rest
            elif word == "host":
                self.hosts = rest.split()
            elif word == "layer":
                self.layered = True
            elif word == "open":
                self.opens.append(rest.split(maxsplit=3))
            elif word == "hidden":
                port, transport = rest.split("/")
                self.hidden.append((transport, int(port)))
            else:
                raise ValueError(f"{path}: {word}: no such word")

    def expected(self, host, package_version):
        for ports, service, version, product in self.opens:
            port, transport, *tls = ports.split("/")
            told = {"=": upstream(package_version), "-": None}.get(version, version)
            yield Expected(network.ipv4(host), int(port), transport, service, bool(tls), None if product == "-" else product,
                           told, self.package, host, self.name)


def daemons():
    return [Daemon(path) for path in sorted((FOLDER / "daemons").iterdir())]


def upstream(version):
    """What a package's version says of its program's: without Debian's epoch, revision and repacking."""
    version = re.sub(r"^\d+:", "", version)
    version = re.sub(r"-[^-]*$", "", version)
    return re.split(r"[+~](?:dfsg|ds|really|repack|deb|git)|~rc|\.dfsg", version)[0]


def installed():
    """The version of every installed package."""
    lines = network.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n").splitlines()
    return {name: version for status, name, version in map(str.split, lines) if status == "installed"}


def in_order(line):
    return ipaddress.ip_address(line.address), line.port, line.transport


def children(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []  # it has ended


class Running(NamedTuple):
    daemon: Daemon
    host: str
    process: subprocess.Popen
    expected: list
    log: pathlib.Path

    @property
    def wanted(self):
        return {(line.transport, line.port) for line in self.expected} | set(self.daemon.hidden)


class Laboratory:
    def __init__(self, say=lambda text: print(text, file=sys.stderr)):
        self.say = say
        self.running, self.expected = [], []
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="lab-servers-"))
        self.network = None

    def start(self, only=None, unpacked=None):
        """Starts all servers, or those named in ONLY, and waits until each listens."""
        chosen = self.choose(only, unpacked)
        self.make_keys()
        hosts = {host for _, _, daemon in chosen for host in daemon.hosts}
        self.network = network.Network([host for host in network.HOSTS if host in hosts])
        self.network.make()
        for layer, version, daemon in chosen:
            for host in daemon.hosts:
                self.start_one(layer, version, daemon, host)
        self.await_all()
        self.expected = sorted((line for one in self.running for line in one.expected), key=in_order)

    def choose(self, only, unpacked):
        """The servers whose packages are there: installed, or unpacked in a folder."""
        packages, chosen = installed(), []
        for daemon in daemons():
            if only is not None and daemon.name not in only:
                continue
            folder = pathlib.Path(unpacked) / daemon.package if unpacked else None
            if daemon.package in packages:
                chosen.append(("", packages[daemon.package], daemon))
            elif daemon.layered and folder and folder.is_dir():
                version = (folder / ".version").read_text().strip()
                chosen.append((str(folder.resolve()), version, daemon))
            else:
                self.say(f"skipped: {daemon.name}: the package {daemon.package} is not installed")
        return chosen

    def make_keys(self):
        keys = self.scratch / "keys"
        keys.mkdir()
        network.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", "/CN=lab.example",
                    "-addext", "subjectAltName=DNS:lab.example,DNS:*.lab.example", "-keyout", keys / "key.pem", "-out",
                    keys / "cert.pem")
        (keys / "both.pem").write_text((keys / "cert.pem").read_text() + (keys / "key.pem").read_text())
        for key in keys.iterdir():
            key.chmod(0o644)  # the servers' own users read it; it is nobody's secret

    def start_one(self, layer, version, daemon, host):
        name = f"{daemon.name}-{host}"
        root = self.scratch / f"{name}.root"
        root.mkdir()
        log = self.scratch / f"{name}.log"
        command = self.network.inside(host, "unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--",
                                      FOLDER / "box.sh", layer, root, self.scratch / "keys", host, network.ipv4(host),
                                      daemon.path)
        with log.open("wb") as out:
            process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command], stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        self.running.append(Running(daemon, host, process, list(daemon.expected(host, version)), log))

    def await_all(self):
        """Until every port that is expected is open. Raises RuntimeError with the last words of those that do not come."""
        end = time.monotonic() + READY_LIMIT_S
        waiting, complaints = list(self.running), []
        while waiting and time.monotonic() < end:
            open_now = {host: self.ports_of(host) for host in {one.host for one in waiting}}
            complaints += [self.complaint(one, "ended") for one in waiting if one.process.poll() is not None]
            waiting = [one for one in waiting if one.process.poll() is None and not one.wanted <= open_now[one.host]]
            time.sleep(0.1)
        complaints += [self.complaint(one, "does not listen") for one in waiting]
        if complaints:
            raise RuntimeError("\n".join(complaints))

    def ports_of(self, host):
        """The (transport, port) of a host that can be reached by IPv4, from ss(8).

        It prints * for a socket that takes both families. Loopback is left out.
        """
        found = set()
        for line in network.run(*self.network.inside(host, "ss", "-Htuln")).splitlines():
            transport, _, _, _, local, *_ = line.split()
            address, port = local.rsplit(":", 1)
            if not address.startswith(("[", "127.")):
                found.add((transport, int(port)))
        return found

    @staticmethod
    def complaint(one, what):
        wanted = ", ".join(f"{port}/{transport}" for transport, port in sorted(one.wanted))
        last = "\n    ".join(one.log.read_text(errors="replace").splitlines()[-20:])
        return f"{one.daemon.name} on {one.host} ({wanted}) {what}:\n    {last}"

    def listening(self):
        """Every (host, transport, port) that is open, as the kernel says: expected or not, hidden too."""
        return sorted((host, *port) for host in self.network.hosts for port in self.ports_of(host))

    def unexpected(self):
        """What is open and no daemon's file tells of. UDP ports that clients have opened for an answer are among it."""
        told = {(line.host, line.transport, line.port) for line in self.expected}
        told |= {(one.host, *port) for one in self.running for port in one.daemon.hidden}
        return [port for port in self.listening() if port not in told]

    def in_scanner(self, *command):
        """The command that runs COMMAND where the scanner is."""
        return self.network.inside("scanner", *command)

    def stop(self):
        """Returns when the last of what was started has ended."""
        firsts = [pid for one in self.running for pid in children(one.process.pid)]
        for one in self.running:
            # The unshare at the head of it; --kill-child ends the first process inside, and the kernel with it the others.
            one.process.send_signal(signal.SIGKILL)
        for one in self.running:
            one.process.wait()
        end = time.monotonic() + END_LIMIT_S
        while any(os.path.exists(f"/proc/{pid}") for pid in firsts) and time.monotonic() < end:
            time.sleep(0.02)
        self.running = []
        if self.network:
            self.network.remove()
        shutil.rmtree(self.scratch, ignore_errors=True)


def start(only=None, unpacked=None):
    """The laboratory, all of it up. Who starts it stops it."""
    laboratory = Laboratory()
    try:
        laboratory.start(only, unpacked)
    except BaseException:
        laboratory.stop()
        raise
    return laboratory


def stop(laboratory):
    laboratory.stop()
