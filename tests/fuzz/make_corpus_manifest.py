#!/usr/bin/env python3
"""Writes the corpus of fuzz_manifest: bodies of manifests, to which the target adds their sums."""
import pathlib
import sys

BODY = """sekimori-batch 1
capture lines 2019-01-24.pcap
format pcapng, zstd
zone Asia/Tokyo
head 0123456789abcdef
start-frames 0
start-digest 0000000000000000
end-frames 1000
end-digest fedcba9876543210
end-bytes 123456
first-ns 1548255600000000000
last-ns 1548259200000000000
end-ns 1548259200000000000
sightings 30
network 192.0.2.0/24
network 2001:db8::/32
count sighting 30
count tcp 970
replaces 20190124T000000Z-0123456789abcdef
part part-0000 20 4000
part part-0001 10 2000
"""

TWO = BODY.replace("batch 1", "batch 2").replace("replaces 20190124T000000Z-0123456789abcdef\n", """\
journal 20261125T214500Z-0123456789abcdef
gap 1548255600000000000 1548255601000000000 17 lost eth1
gap 1548255600000000000 1548255600000000000 0 clock
""")

CASES = {
    "whole": BODY,
    "magic": "sekimori-batch 1\n",
    "newer": BODY.replace("batch 1", "batch 3"),
    "two": TWO,
    "two-words-of-one": BODY.replace("batch 1", "batch 2"),
    "one-words-of-two": TWO.replace("batch 2", "batch 1"),
    "journal-twice": TWO + "journal 20261125T214500Z-0123456789abcdef\n",
    "journal-replaces": TWO.replace("abcdef\ngap", "abcdef+\ngap"),
    "gap-backwards": TWO.replace("1548255601000000000 17", "17 17"),
    "gap-kind": TWO.replace("lost", "found"),
    "gap-no-kind": TWO.replace(" clock", ""),
    "gap-blank": TWO.replace("clock", "clock "),
    "gap-long-name": TWO.replace("eth1", "x" * 16),
    "gap-two-names": TWO.replace("eth1", "eth 1"),
    "bare": BODY.replace("batch 1", "batch 2").replace("replaces", "without details\nreplaces"),
    "bare-in-one": BODY.replace("replaces", "without details\nreplaces"),
    "without-more": BODY.replace("batch 1", "batch 2") + "without parts\n",
    "other": "something else\n",
    "no-newline": BODY[:-1],
    "empty-line": BODY.replace("zone", "\nzone"),
    "unknown-word": BODY + "colour red\n",
    "hexadecimal-sign": BODY.replace("0123456789abcdef", "0x23456789abcdef"),
    "capital-digits": BODY.replace("0123456789abcdef", "0123456789ABCDEF"),
    "minus": BODY.replace("end-frames 1000", "end-frames -1"),
    "tab": BODY.replace("end-frames 1000", "end-frames \t1"),
    "too-great": BODY.replace("end-frames 1000", "end-frames 18446744073709551616"),
    "same-part-twice": BODY.replace("part-0001", "part-0000"),
    "part-elsewhere": BODY.replace("part-0001", "../../x"),
    "part-without-bytes": BODY.replace("10 2000", "10"),
    "part-with-more": BODY.replace("10 2000", "10 2000 7"),
    "replaces-elsewhere": BODY.replace("20190124T000000Z", "../20190124T0000"),
    "network-bits": BODY.replace("192.0.2.0/24", "192.0.2.1/24"),
    "capture-empty": BODY.replace("capture lines 2019-01-24.pcap", "capture "),
    "capture-bytes": BODY.replace("lines 2019-01-24", "\udcff\x01 \x7f"),
    "long-count": BODY.replace("sighting 30\n", "x" * 100 + " 30\n"),
}

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus/manifest")
folder.mkdir(parents=True, exist_ok=True)
for name, text in CASES.items():
    (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
