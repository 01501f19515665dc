#!/usr/bin/env python3
"""Writes the corpus of fuzz_journal: journals whose sums are 0, which the target's library believes."""
import pathlib
import struct
import subprocess
import sys
import tempfile

ID = 0x0123456789ABCDEF
STARTED = 1795643100 * 10**9 + 1  # 2026-11-25T21:45:00Z
FILE_HEADER = b"\x8fskjour\n" + struct.pack("<II", 1, 0)


def section(kind, body):
    return struct.pack("<BI", kind, len(body)) + body


def text(words):
    return struct.pack("<H", len(words)) + words


def varint(step):
    x = (step << 1) ^ (step >> 63)
    out = b""
    while x >= 128:
        out += bytes([x & 127 | 128])
        x >>= 7
    return out + bytes([x])


def address(a):
    return bytes(a)


def head(started=STARTED, networks=((bytes(10) + b"\xff\xff\xc0\x00\x02\x00", 24),)):
    body = struct.pack("<Q", started) + text(b"eth1: xdp") + text(b"Asia/Tokyo")
    body += struct.pack("<I", len(networks)) + b"".join(a + bytes([n]) for a, n in networks)
    return section(1, body)


def record(step, marks=0, v6=False, protocol=6):
    host = bytes.fromhex("20010db8") + bytes(11) + b"\x01" if v6 else bytes([192, 0, 2, 7])
    peer = bytes.fromhex("20010db8ffff") + bytes(9) + b"\x02" if v6 else bytes([203, 0, 113, 9])
    flags = (3 if v6 else 0) | (4 if protocol != 6 else 0) | marks << 3
    out = bytes([flags]) + varint(step) + host + struct.pack("<H", 443) + peer + struct.pack("<H", 50000)
    return out + (bytes([protocol]) if protocol != 6 else b"")


FIRST = STARTED // 10**6
RECORDS = [record(FIRST), record(3, 1), record(-2, 2), record(900, 3, True), record(0, 0, True, 17)]


def sightings(records=tuple(RECORDS), n=None):
    return section(2, struct.pack("<I", len(records) if n is None else n) + b"".join(records))


def gap(begin=STARTED, end=STARTED + 10**9, count=7, kind=0, interface=b"eth1"):
    return struct.pack("<QQQBB", begin, end, count, kind, len(interface)) + interface


def gaps(*list_):
    return section(3, struct.pack("<I", len(list_)) + b"".join(list_))


def counts(*list_):
    return section(4, struct.pack("<I", len(list_)) + b"".join(struct.pack("<QB", n, len(w)) + w for w, n in list_))


MEMORY = section(5, b"what the observer remembers")


def up_to(seconds):
    return section(6, struct.pack("<Q", STARTED + seconds * 10**9))


def flood(host=bytes(10) + b"\xff\xff\xc0\x00\x02\x07", port=443, protocol=6, marks=0, first=STARTED,
          last=STARTED + 10**9, packets=3 * 10**6, peers=10**6):
    return host + struct.pack("<HBBQQQQ", port, protocol, marks, first, last, packets, peers)


def floods(*list_, n=None):
    return section(7, struct.pack("<I", len(list_) if n is None else n) + b"".join(list_))


OTHERS = flood(host=bytes(16), port=0, protocol=0, marks=64, packets=5, peers=5)


def zstd(data):
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        return subprocess.run(["zstd", "-1", "--no-check", "-q", "-c", f.name], check=True, capture_output=True).stdout


def group(number, unpacked, packed=None, identity=ID):
    packed = unpacked if packed is None else packed
    return struct.pack("<QQIII", 0, identity, number, len(packed), len(unpacked)) + packed


REST = gaps(gap(), gap(kind=6, interface=b"")) + counts((b"sighting", 5), (b"tcp", 9)) + MEMORY + up_to(1)
HEAD = FILE_HEADER + group(0, head())
MANY = sightings(tuple([record(FIRST)] + [record(i % 7, i % 4, i % 3 == 0) for i in range(300)])) + REST

CASES = {
    "head": HEAD,
    "whole": HEAD + group(1, sightings() + REST) + group(2, up_to(2)),
    "packed": HEAD + group(1, MANY, zstd(MANY)) + group(2, sightings() + up_to(3)),
    "packed-wrong-size": HEAD + group(1, MANY + b"x", zstd(MANY)),
    "cut": HEAD + group(1, sightings() + REST)[:-9],
    "broken-between": HEAD + group(1, sightings() + up_to(1)) + b"\xee" * 70 + group(3, sightings() + up_to(3)),
    "foreign-between": HEAD + group(1, up_to(1), identity=5) + group(2, sightings() + up_to(3)),
    "number-again": HEAD + group(1, up_to(1)) + group(1, up_to(2)),
    "looks-like-groups": HEAD + struct.pack("<Q", ID) * 200,
    "second-head": HEAD + group(1, head()),
    "other-name": FILE_HEADER + group(0, head(started=STARTED + 10**9)),
    "no-head": FILE_HEADER + group(0, up_to(1)),
    "network-bits": FILE_HEADER + group(0, head(networks=((bytes(10) + b"\xff\xff\xc0\x00\x02\x01", 24),))),
    "network-length": FILE_HEADER + group(0, head(networks=((bytes(10) + b"\xff\xff\xc0\x00\x02\x00", 33),))),
    "many-networks": FILE_HEADER + group(0, head()[:-21] + struct.pack("<I", 10**8)),
    "too-many-sightings": HEAD + group(1, sightings(n=10**6)),
    "fewer-sightings": HEAD + group(1, sightings(n=2)),
    "time-too-late": HEAD + group(1, sightings((record(2**62),))),
    "time-before-all": HEAD + group(1, sightings((record(-1),))),
    "mapped-as-v6": HEAD + group(1, sightings((b"\x01\x00" + bytes(10) + b"\xff\xff" + bytes(12),))),
    "long-varint": HEAD + group(1, sightings((b"\x00" + b"\xff" * 11 + bytes(12),))),
    "flags": HEAD + group(1, sightings((b"\x20" + bytes(13),))),
    "too-many-gaps": HEAD + group(1, section(3, struct.pack("<I", 2**32 - 1) + gap())),
    "gap-backwards": HEAD + group(1, gaps(gap(end=5))),
    "gap-kind": HEAD + group(1, gaps(gap(kind=200))),
    "gap-name": HEAD + group(1, gaps(gap(interface=b"an interface"))),
    "gap-long-name": HEAD + group(1, gaps(gap(interface=b"x" * 16))),
    "gap-nul": HEAD + group(1, gaps(gap(interface=b"et\0h"))),
    "gaps-that-touch": HEAD + group(1, gaps(gap(), gap(STARTED + 10**9, STARTED + 2 * 10**9))),
    "count-blank": HEAD + group(1, counts((b"a b", 1))),
    "count-empty": HEAD + group(1, counts((b"", 1))),
    "count-great": HEAD + group(1, counts((b"a", 2**64 - 1), (b"b", 2**64 - 1))),
    "many-counts": HEAD + group(1, counts(*[(b"x", 1)] * 1025)),
    "floods": HEAD + group(1, floods(flood(), OTHERS) + up_to(1)) + group(2, floods(flood(packets=2**63 - 1)) + up_to(2)),
    "flood-backwards": HEAD + group(1, floods(flood(last=STARTED - 1))),
    "flood-marks": HEAD + group(1, floods(flood(marks=128))),
    "flood-more-peers": HEAD + group(1, floods(flood(packets=5, peers=6))),
    "flood-nothing": HEAD + group(1, floods(flood(packets=0, peers=0))),
    "flood-port-of-others": HEAD + group(1, floods(flood(protocol=0))),
    "flood-too-great": HEAD + group(1, floods(flood(packets=2**63))),
    "flood-early": HEAD + group(1, sightings() + floods(flood(first=0, last=2**63 - 1)) + up_to(1)),
    "too-many-floods": HEAD + group(1, floods(flood(), n=2**32 - 1)),
    "floods-cut": HEAD + group(1, section(7, struct.pack("<I", 1) + flood()[:-1])),
    "clock-back": HEAD + group(1, up_to(9)) + group(2, up_to(-9)),
    "unknown-section": HEAD + group(1, section(8, b"")),
    "long-section": HEAD + group(1, struct.pack("<BI", 6, 2**32 - 1)),
    "newer": b"\x8fskjour\n" + struct.pack("<II", 2, 0),
    "version-0": b"\x8fskjour\n" + struct.pack("<II", 0, 0),
    "no-magic": b"something else",
    "empty": b"",
}

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus/journal")
folder.mkdir(parents=True, exist_ok=True)
for name, data in CASES.items():
    (folder / name).write_bytes(data)
