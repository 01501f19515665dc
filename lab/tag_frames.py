#!/usr/bin/python3
"""Copies a capture and puts an IEEE 802.1Q tag into the frames from and to the given hosts.

Reads and writes pcap in this machine's byte order, Ethernet frames, as tcpdump makes them.
"""
import argparse
import ipaddress
import struct
import sys

MAGICS = (0xA1B2C3D4, 0xA1B23C4D)  # microseconds, nanoseconds
LINKTYPE_ETHERNET = 1
FILE_HEADER = struct.Struct("=IHHiIII")
RECORD_HEADER = struct.Struct("=IIII")
ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_VLAN = 0x0800, 0x86DD, 0x8100
MACS_BYTES = 12


def addresses(frame):
    """The IP source and destination of a frame; none for other protocols."""
    (ethertype,) = struct.unpack_from("!H", frame, MACS_BYTES)
    if ethertype == ETHERTYPE_IPV4:
        at, size = 26, 4
    elif ethertype == ETHERTYPE_IPV6:
        at, size = 22, 16
    else:
        return ()
    return frame[at:at + size], frame[at + size:at + 2 * size]


def copy_tagged(source, target, vlan, hosts):
    header = source.read(FILE_HEADER.size)
    magic, *_, linktype = FILE_HEADER.unpack(header)
    if magic not in MAGICS or linktype != LINKTYPE_ETHERNET:
        sys.exit("tag_frames.py: not a pcap file of Ethernet frames in this machine's byte order")
    target.write(header)
    tag = struct.pack("!HH", ETHERTYPE_VLAN, vlan)
    tagged = 0
    while header := source.read(RECORD_HEADER.size):
        seconds, fraction, captured, length = RECORD_HEADER.unpack(header)
        frame = source.read(captured)
        if hosts.intersection(addresses(frame)):
            frame = frame[:MACS_BYTES] + tag + frame[MACS_BYTES:]
            length += len(tag)
            tagged += 1
        target.write(RECORD_HEADER.pack(seconds, fraction, len(frame), length))
        target.write(frame)
    return tagged


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vlan", type=int, required=True)
    parser.add_argument("--host", action="append", required=True, type=ipaddress.ip_address)
    parser.add_argument("source")
    parser.add_argument("target")
    args = parser.parse_args()
    with open(args.source, "rb") as source, open(args.target, "wb") as target:
        tagged = copy_tagged(source, target, args.vlan, {h.packed for h in args.host})
    if tagged == 0:
        sys.exit("tag_frames.py: no frame of these hosts")


if __name__ == "__main__":
    main()
