#!/usr/bin/env python3
"""Makes corpus/scan_answer anew: answers to a scan, as fuzz_scan_answer.c reads them."""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / 'corpus/scan_answer'
HOST4, OURS4 = bytes([192, 0, 2, 7]), bytes([192, 0, 2, 1])
HOST6, OURS6 = bytes.fromhex('20010db8000000000000000000000007'), bytes.fromhex('20010db8000000000000000000000001')


def v4(source, to, protocol, body, options=b''):
    words = 5 + len(options) // 4
    return struct.pack('>BBHHHBBH', 0x40 | words, 0, words * 4 + len(body), 0, 0x4000, 57, protocol, 0) + source + to + options + body


def v6(source, to, protocol, body):
    return struct.pack('>IHBB', 0x60000000, len(body), protocol, 61) + source + to + body


def tcp(source, to, sequence, acknowledged, flags):
    return struct.pack('>HHIIBBHHH', source, to, sequence, acknowledged, 0x50, flags, 0, 0, 0)


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    syn = tcp(61057, 25, 0x10203040, 0, 2)
    files = {
        'syn-ack-v4': b'\0' + v4(HOST4, OURS4, 6, tcp(80, 61056, 1, 0x10203041, 0x12)),
        'reset-v6': b'\0' + v6(HOST6, OURS6, 6, tcp(443, 61058, 0, 0x10203041, 0x14)),
        'prohibited-v4': b'\0' + v4(HOST4, OURS4, 1, b'\x03\x0d' + bytes(6) + v4(OURS4, HOST4, 6, syn)[:28], b'\1\1\1\0'),
        'unreachable-v6': b'\0' + v6(HOST6, OURS6, 58, b'\x01\x03' + bytes(6) + v6(OURS6, HOST6, 6, syn)[:48]),
        'quoted-cut': b'\0' + v4(HOST4, OURS4, 1, b'\x03\x01' + bytes(6) + v4(OURS4, HOST4, 6, syn)[:27]),
        'arp-reply': b'\1' + bytes.fromhex('0001080006040002') + bytes(5) + b'\2' + HOST4 + bytes(5) + b'\1' + OURS4,
        'advertisement': b'\2' + v6(HOST6, OURS6, 58, b'\x88' + bytes(7) + HOST6 + bytes.fromhex('0201020000000002')).replace(
            b'\x3a\x3d', b'\x3a\xff', 1),
        'advertisement-option-of-no-length': b'\2' + v6(HOST6, OURS6, 58, b'\x88' + bytes(7) + HOST6 + bytes(8)).replace(
            b'\x3a\x3d', b'\x3a\xff', 1),
        'udp-port-unreachable': b'\3' + bytes([2, 3, 3]),
        'udp-error-of-a-router-v6': b'\3' + bytes([1, 1, 4]),
    }
    for name, content in files.items():
        (CORPUS / name).write_bytes(content)


main()
