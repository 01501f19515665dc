#!/usr/bin/env python3
"""The servers' laboratory, with a few of its servers: what it says of its ports is so, seen from where the scanner is.

usage: check_servers.py TOP

Exit status: 0 all is as it should be, 1 something is not, 77 there is no root, or a program is missing.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

NEEDED = ("ip", "nft", "nsenter", "openssl", "setpriv", "ss", "sysctl", "unshare")
CHOSEN = ("hidden", "mute", "openssh", "python-http")
SILENCE_S = 0.5  # that a port which says nothing is listened to
PATIENCE_S = 60  # for what is said at once, if nothing is lost
DROP_S = 2  # that a port behind the firewall is knocked at
CLOSED, DROPPED = ("192.0.2.60", 1), ("192.0.2.70", 8080)

# Runs in the scanner's namespace: of each address and port, what a connection brings, and how long it took.
KNOCK = """
import json, socket, sys, time
for address, port, connect_s, hear_s in json.loads(sys.argv[1]):
    start = time.monotonic()
    try:
        line = socket.create_connection((address, port), timeout=connect_s)
    except ConnectionRefusedError:
        print(json.dumps(["closed", 0, ""]))
        continue
    except OSError:
        print(json.dumps(["dropped", 0, ""]))
        continue
    took = time.monotonic() - start
    line.settimeout(hear_s)
    try:
        said = line.recv(1000).decode("latin-1")
    except OSError:
        said = ""
    print(json.dumps(["open", took, said]))
"""
failed = 0


def check(what, holds):
    global failed
    print("ok:" if holds else "FAILED:", what)
    failed |= not holds


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def knock(laboratory):
    """What each port says; those of OpenSSH say something at once, the others nothing unasked."""
    ports = [(one.address, one.port, PATIENCE_S, PATIENCE_S if one.server == "openssh" else SILENCE_S)
             for one in laboratory.expected]
    ports += [(*CLOSED, PATIENCE_S, SILENCE_S), (*DROPPED, DROP_S, SILENCE_S)]
    command = laboratory.in_scanner(sys.executable, "-c", KNOCK, json.dumps(ports))
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {port[:2]: json.loads(line) for port, line in zip(ports, lines)}


def children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def check_running(laboratory, delay_ms):
    found = knock(laboratory)
    for one in laboratory.expected:
        state, took_s, said = found[one.address, one.port]
        check(f"{one.address}:{one.port} ({one.server} on {one.host}) is open", state == "open")
        if one.server == "openssh":
            check(f"{one.host} says the version that dpkg tells, {one.version}", f"OpenSSH_{one.version} " in said)
        if one.server == "mute":
            check(f"port {one.port} of it says nothing", not said)
        if one.host == "far":
            check(f"it is {delay_ms} ms away", took_s * 1000 >= delay_ms)
    check("a port that nothing listens on is closed", found[CLOSED][0] == "closed")
    check("what the firewall drops says nothing, though it listens", found[DROPPED][0] == "dropped")
    hidden = ("fenced", "tcp", DROPPED[1])
    check("it does listen", hidden in laboratory.listening())
    check("nothing else is open", not laboratory.unexpected())


def main():
    if os.geteuid() != 0:
        skip("needs root, for network namespaces")
    missing = [program for program in NEEDED if not shutil.which(program)]
    if missing:
        skip(f"not there: {' '.join(missing)}")
    sys.path.insert(0, sys.argv[1])
    sys.dont_write_bytecode = True
    from lab.servers import network, start
    laboratory = start(only=CHOSEN)
    spaces = list(laboratory.network.spaces)
    # The first process of each PID namespace: with it all others end.
    pids = [pid for one in laboratory.running for pid in children(one.process.pid)]
    try:
        check_running(laboratory, network.DELAY_MS)
    finally:
        laboratory.stop()
    check("no namespace is left", not any(pathlib.Path("/run/netns", space).exists() for space in spaces))
    check(f"none of {len(pids)} servers is left", pids and not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids))
    return failed


if __name__ == "__main__":
    sys.exit(main())
