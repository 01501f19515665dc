#!/usr/bin/env python3
"""Sends the frames of a capture (pcap, little-endian, Ethernet, by zstd) out of an interface: replay.py INTERFACE FILE"""
import socket
import struct
import subprocess
import sys

interface, name = sys.argv[1:]
data = subprocess.run(['zstd', '-dcq', name], capture_output=True, check=True).stdout
magic, link = struct.unpack_from('<I16xI', data)
if magic not in (0xa1b2c3d4, 0xa1b23c4d) or link != 1:
    sys.exit(f'{name} is no capture of this kind')
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
    line.bind((interface, 0))
    at = 24
    while at < len(data):
        captured, = struct.unpack_from('<8xI', data, at)
        line.send(data[at + 16:at + 16 + captured])
        at += 16 + captured
