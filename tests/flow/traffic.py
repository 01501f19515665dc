"""
Made traffic: TCP conversations as frames with times, and capture files of them.

Times are nanoseconds. A Traffic has a clock that goes on by a millisecond with each frame.
"""
import bz2
import gzip
import lzma
import shutil
import struct
import subprocess

from frames import ETHERTYPE, eth, ipv4, ipv6, packed, tag

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SYNACK = SYN | ACK
SECOND = 10 ** 9
START = 1548288000 * SECOND  # 2019-01-24T00:00:00Z


def tcp_frame(src, sport, dst, dport, flags, seq=0, ack=0, payload=b'', vlan=None):
    segment = struct.pack('>HHIIBBHHH', sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0) + payload
    family = 6 if ':' in src else 4
    inner = ipv6(segment, 6, (src, dst)) if family == 6 else ipv4(segment, 6, (src, dst))
    if vlan is not None:
        return eth(tag(inner, ETHERTYPE[family], vlan), 0x8100)
    return eth(inner, ETHERTYPE[family])


class Traffic:
    def __init__(self, start_ns=START):
        self.now = start_ns
        self.frames = []  # (time, bytes)

    def wait(self, seconds):
        self.now += round(seconds * SECOND)

    def frame(self, data):
        self.frames.append((self.now, data))
        self.now += 10 ** 6

    def tcp(self, src, sport, dst, dport, flags, **more):
        self.frame(tcp_frame(src, sport, dst, dport, flags, **more))

    def synack(self, host, port, peer, peer_port):
        """All that a SYN+ACK capture holds of a connection."""
        self.tcp(host, port, peer, peer_port, SYNACK, seq=5000, ack=1001)

    def connect(self, client, cport, server, sport):
        return Conversation(self, client, cport, server, sport)

    def merged(self, others):
        """Frames of several, in the order of time (stable)."""
        self.frames = sorted([f for t in [self] + list(others) for f in t.frames], key=lambda f: f[0])
        return self


class Conversation:
    """client connects to server; what they say takes the sequence numbers that it should."""

    def __init__(self, traffic, client, cport, server, sport, handshake=True, isn=(1000, 5000)):
        self.traffic = traffic
        self.ends = ((client, cport), (server, sport))
        self.seq = list(isn)
        if handshake:
            self.send(0, SYN)
            self.send(1, SYNACK)
            self.send(0, ACK)

    def send(self, side, flags, payload=b'', seq=None):
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        at = self.seq[side] if seq is None else seq
        self.traffic.tcp(src, sport, dst, dport, flags, seq=at, ack=self.seq[1 - side] if flags & ACK else 0,
                         payload=payload)
        if seq is None:
            self.seq[side] += len(payload) + (1 if flags & (SYN | FIN) else 0)

    def say(self, side, text):
        self.send(side, PSH | ACK, text.encode() if isinstance(text, str) else text)

    def client(self, text):
        self.say(0, text)

    def server(self, text):
        self.say(1, text)

    def close(self):
        self.send(0, FIN | ACK)
        self.send(1, FIN | ACK)
        self.send(0, ACK)


# ---- capture files ----

def pcap(frames, snap=None, nanoseconds=True, link_type=1):
    parts = [struct.pack('<IHHiIII', 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)]
    for time, data in frames:
        kept = data[:snap]
        fraction = time % SECOND if nanoseconds else time % SECOND // 1000
        parts.append(struct.pack('<IIII', time // SECOND, fraction, len(kept), len(data)))
        parts.append(kept)
    return b''.join(parts)


def block(kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack('<I', len(body) + 12)
    return struct.pack('<I', kind) + length + body + length


def pcapng(frames, link_type=1):
    parts = [block(0x0A0D0D0A, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1)),
             block(1, struct.pack('<HHI', link_type, 0, 262144) + struct.pack('<HHBxxxHH', 9, 1, 9, 0, 0))]
    for time, data in frames:
        parts.append(block(6, struct.pack('<IIIII', 0, time >> 32, time & 0xFFFFFFFF, len(data), len(data)) + data))
    return b''.join(parts)


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)
    return path


def zstd(data):
    """None where there is no zstd."""
    if not shutil.which('zstd'):
        return None
    return subprocess.run(['zstd', '-q', '-c'], input=data, capture_output=True, check=True).stdout


COMPRESSIONS = {'gzip': lambda data: gzip.compress(data, 1), 'xz': lambda data: lzma.compress(data, preset=0),
                'bzip2': lambda data: bz2.compress(data, 1), 'zstd': zstd}


def load(path, rng, records, hosts=256, peers=65536, start_ns=START, step_ns=10 ** 6, ports=(22, 25, 80, 443, 8443)):
    """A large capture of SYN+ACKs alone, written fast: one frame with holes for addresses, ports and time."""
    frame = bytearray(tcp_frame('192.0.2.1', 80, '198.51.100.1', 40000, SYNACK, seq=1, ack=1))
    size = len(frame)
    head, tail = bytes(frame[:26]), bytes(frame[38:])
    pack = struct.Struct('<IIII').pack
    hole = struct.Struct('>IIHH').pack
    host_base = int.from_bytes(packed('192.0.2.0'), 'big')
    peer_base = int.from_bytes(packed('11.0.0.0'), 'big')
    bits, n_ports = rng.getrandbits, len(ports)
    time = start_ns
    with open(path, 'wb') as f:
        f.write(pcap([]))
        pieces = []
        for i in range(records):
            x = bits(63)
            pieces += (pack(time // SECOND, time % SECOND, size, size), head,
                       hole(host_base + x % hosts, peer_base + (x >> 8) % peers, ports[(x >> 32) % n_ports],
                            1024 + (x >> 40) % 60000), tail)
            time += step_ns
            if len(pieces) > 100000:
                f.write(b''.join(pieces))
                pieces.clear()
        f.write(b''.join(pieces))
    return path
