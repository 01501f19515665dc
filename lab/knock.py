#!/usr/bin/python3
"""Connects to each ADDRESS,PORT and hangs up; prints those where the connection came about."""
import argparse
import concurrent.futures
import ipaddress
import socket
import sys

TIMEOUT_S = 2.5


def knock(target, source_port):
    address, port = target.rsplit(",", 1)
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(TIMEOUT_S)
        if source_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("", source_port))
        try:
            sock.connect((address, int(port)))
        except OSError as error:
            return target, error
    return target, None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source-port", type=int, default=0)
    parser.add_argument("target", nargs="+", metavar="ADDRESS,PORT")
    args = parser.parse_args()
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        for target, error in pool.map(lambda t: knock(t, args.source_port), args.target):
            if error is None:
                print(target)
            else:
                print(f"{target}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
