#!/usr/bin/python3
"""Prints address,port for each TCP port that this network namespace listens on, from ss(8).

A wildcard socket counts for each global address of its families: ss prints * for a socket that takes both,
[::] for one that takes IPv6 alone. Loopback and link-local addresses are left out.
"""
import ipaddress
import json
import subprocess


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def global_addresses():
    for link in json.loads(run("ip", "-json", "address", "show")):
        for info in link["addr_info"]:
            if info["scope"] == "global":
                yield ipaddress.ip_address(info["local"])


def expand(local, addresses):
    """The addresses that a socket on `local` answers at."""
    if local == "*":
        return addresses
    wanted = ipaddress.ip_address(local.split("%")[0].strip("[]"))
    if wanted.is_unspecified:
        return [a for a in addresses if a.version == wanted.version]
    return [a for a in addresses if a == wanted]


def main():
    addresses = list(global_addresses())
    found = set()
    for line in run("ss", "-ltnH").splitlines():
        local, port = line.split()[3].rsplit(":", 1)
        found.update((a.version, a, int(port)) for a in expand(local, addresses))
    for _, address, port in sorted(found):
        print(f"{address},{port}")


if __name__ == "__main__":
    main()
