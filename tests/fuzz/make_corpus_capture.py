#!/usr/bin/env python3
"""Makes corpus/capture: small captures of every kind that the reader knows, whole and damaged.

Writes the same bytes each time. zstd frames are put together by hand, from raw blocks.
"""

import bz2
import gzip
import lzma
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "corpus" / "capture"
FRAME = bytes.fromhex("001122334455 66778899aabb 0800 45000028000040004006 0000 c0000201 c6336402"
                      "01bbc3500000000100000002501272100000 0000".replace(" ", ""))


def pcap(order, magic=0xA1B2C3D4, version=(2, 4), link=1, extra=b"", frames=2):
    out = struct.pack(order + "IHHIIII", magic, *version, 0, 0, 65535, link)
    lengths = (1500, len(FRAME)) if version < (2, 4) else (len(FRAME), 1500)
    for i in range(frames):
        out += struct.pack(order + "IIII", 1500000000 + i, i, *lengths) + extra + FRAME
    return out


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order, version=(1, 0)):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHQ", 0x1A2B3C4D, *version, 2**64 - 1))


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def interface(order, link=1, snap=0, unit=None, offset=None):
    options = b""
    if unit is not None:
        options += option(order, 9, bytes([unit]))
    if offset is not None:
        options += option(order, 14, struct.pack(order + "q", offset))
    if options:
        options += option(order, 0, b"")
    return block(order, 1, struct.pack(order + "HHI", link, 0, snap) + options)


def enhanced(order, number, ticks):
    return block(order, 6, struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF,
                                       len(FRAME), 1500) + FRAME)


def obsolete(order, number, ticks):
    return block(order, 2, struct.pack(order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF,
                                       len(FRAME), 1500) + FRAME)


def simple(order, wire, captured=FRAME):
    return block(order, 3, struct.pack(order + "I", wire) + captured)


def pcapng():
    out = section("<") + interface("<") + interface("<", 113, 0, 9) + simple("<", len(FRAME))
    out += enhanced("<", 1, 1500000000 * 10**9) + obsolete("<", 0, 1500000000 * 10**6)
    out += block("<", 5, struct.pack("<III", 0, 0, 0)) + block("<", 0xBAD, b"?")
    out += section(">") + interface(">", 276, 40, 0x80 | 20, -3600) + enhanced(">", 0, 1500000000 << 20)
    return out + simple(">", 1500, FRAME[:40])


def zstd(data):
    size = len(data)
    assert 256 <= size < 65536 + 256
    return (b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", size - 256)
            + struct.pack("<I", size << 3 | 1)[:3] + data)


def inputs():
    files = {
        "pcap-little": pcap("<"),
        "pcap-big": pcap(">"),
        "pcap-nano-little": pcap("<", 0xA1B23C4D),
        "pcap-nano-big": pcap(">", 0xA1B23C4D),
        "pcap-kuznetzov": pcap("<", 0xA1B2CD34, extra=b"\0" * 8),
        "pcap-2.2-lengths-swapped": pcap("<", version=(2, 2)),
        "pcap-2.3-lengths-unsure": pcap(">", version=(2, 3)),
        "pcap-fcs": pcap("<", link=0x44000001),
        "pcap-giant-frame": pcap("<")[:24] + struct.pack("<IIII", 0, 0, 262145, 262145),
        "pcap-no-frames": pcap("<", frames=0),
        "pcapng": pcapng(),
        "pcapng-unknown-interface": section("<") + enhanced("<", 7, 0),
        "pcapng-simple-first": section("<") + simple("<", len(FRAME)),
        "pcapng-new-version": section("<", (2, 0)),
        "pcapng-lengths-differ": section("<") + interface("<")[:-1] + b"\1",
        "pcapng-units": section("<") + b"".join(interface("<", unit=u, offset=2**63 - 1)
                                               for u in (0, 9, 10, 28, 29, 127, 128, 192, 255))
                        + b"".join(enhanced("<", i, 2**64 - 1) for i in range(9)),
        "empty": b"",
        "text": b"#!/bin/sh\n",
    }
    for name, whole in (("pcap", pcap("<", frames=4)), ("pcapng", pcapng())):
        half = len(whole) // 2
        packers = {
            "gzip": lambda b: gzip.compress(b, mtime=0),
            "xz": lambda b: lzma.compress(b, preset=0),
            "bzip2": bz2.compress,
        }
        for kind, packer in packers.items():
            packed = packer(whole)
            files[f"{name}.{kind}"] = packed
            files[f"{name}-members.{kind}"] = packer(whole[:half]) + packer(b"") + packer(whole[half:])
            files[f"{name}-cut.{kind}"] = packed[:-9]
            files[f"{name}-corrupt.{kind}"] = packed[:-12] + b"\x55" * 4 + packed[-8:]
        files[f"{name}.zstd"] = zstd(whole)
        files[f"{name}-skippable.zstd"] = b"\x5a\x2a\x4d\x18\3\0\0\0abc" + zstd(whole)
        files[f"{name}-cut.zstd"] = zstd(whole)[:-9]
    files["pcap-corrupt.zstd"] = zstd(pcap("<", frames=4)) + zstd(pcap("<", frames=4))[:10] + b"\xff" * 9
    files["huge-window.zstd"] = b"\x28\xb5\x2f\xfd\0\xa8\1\0\0"
    files["pcapng-cut"] = pcapng()[:-5]
    files["pcap-cut"] = pcap(">")[:-5]
    return files


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in inputs().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
