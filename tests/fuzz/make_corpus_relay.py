#!/usr/bin/env python3
"""Writes the first inputs of corpus/relay: make_corpus_relay.py FOLDER"""
import pathlib
import struct
import sys

HOST = bytes(10) + b'\xff\xff\xc0\0\2\1'


def message(kind, body):
    return struct.pack('<IB', len(body) + 1, kind) + body


def outcome(n=0, port=22, protocol=6, state=0, reason=1):
    high, low = struct.unpack('>QQ', HOST)
    return struct.pack('<IQQHBBBBQ', n, high, low, port, protocol, 64, state, reason, 1)


def text(said):
    return struct.pack('<I', 0xffffffff) if said is None else struct.pack('<I', len(said)) + said


def service(*texts, evidence=None):
    said = list(texts) + [None] * (11 - len(texts))
    return b''.join(text(t) for t in said) + text(evidence) + b'\0'


ALL = {
    'port': message(0, outcome() + service(evidence=b'SSH-2.0-x')),
    'host': message(1, outcome(n=999, state=2)),
    'up-down': message(2, outcome()) + message(3, outcome()),
    'settled': message(4, struct.pack('<QQ', 5, 6)),
    'probed': message(5, outcome(n=3) + service(b'ssh', b'OpenSSH', b'9.2p1', evidence=b'SSH-2.0-OpenSSH_9.2p1\r\n')),
    'end': message(6, struct.pack('<i', 0) + text(None)),
    'end-escape': message(6, struct.pack('<i', -1) + text(b'\x1b]0;x\x07 no\n')),
    'state-too-high': message(0, outcome(state=9) + service()),
    'nul-in-text': message(5, outcome() + service(b's\0h')),
    'kind-too-high': message(7, b''),
    'length-too-high': struct.pack('<IB', 1 << 24, 0),
    'trailing': message(4, struct.pack('<QQB', 5, 6, 0)),
    'positive-status': message(6, struct.pack('<i', 1) + text(b'')),
    'evidence-too-long': message(0, outcome() + service()[:-5] + struct.pack('<I', 16385) + bytes(16386)),
}
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, data in ALL.items():
    (folder / name).write_bytes(data)
