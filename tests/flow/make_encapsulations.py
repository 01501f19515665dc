#!/usr/bin/env python3
"""
Writes captures with frames of every link type and encapsulation that the decoder reads, each beside a FILE.expected
that says of each frame: number, verdict, and for TCP source, port, destination, port, flags, payload length.
A last column "!" marks frames that tshark is known to see otherwise (see the notes where they are made).

    make_encapsulations.py DIR            one pcap for each link type, and all.pcapng
    make_encapsulations.py --corpus DIR   the seeds of fuzz_decode: two bytes link type (little-endian), frame
"""
import os
import struct
import sys

from frames import *  # noqa: F403: the headers are this script's vocabulary

SYN, SYNACK, RST, DATA = 0x02, 0x12, 0x04, 0x18
MSS = bytes.fromhex('020405b4')


class Frame:
    def __init__(self, name, link, data, verdict, facts=None, wire=0, tshark=True):
        self.name, self.link, self.data, self.verdict = name, link, data, verdict
        self.facts, self.wire, self.tshark = facts, max(wire, len(data)), tshark

    def expected(self, number):
        words = [str(number), self.verdict]
        if self.verdict == 'tcp':
            words += [str(x) for x in self.facts]
        return ' '.join(words + ([] if self.tshark else ['!']))


class Packet:
    """An IP packet with TCP inside, and what the decoder has to say of it."""

    def __init__(self, version=4, flags=SYNACK, payload=b'', options=MSS, data_offset=None):
        from_server = flags & 0x10
        ends = ((SERVER[version], 443), (CLIENT[version], 50000))
        src, dst = ends if from_server else ends[::-1]
        self.version = version
        self.addresses = (src[0], dst[0])
        self.segment = tcp(src[1], dst[1], flags, payload, options, data_offset)
        self.facts = (src[0], src[1], dst[0], dst[1], '0x%02x' % flags, len(payload))
        self.bytes = self.ip(self.segment)

    def ip(self, inner, protocol=6, **words):
        wrap = ipv4 if self.version == 4 else ipv6
        return wrap(inner, protocol, self.addresses, **words)


class Collection:
    def __init__(self):
        self.frames = []

    def good(self, name, link, data, packet, **more):
        self.frames.append(Frame(name, link, data, 'tcp', packet.facts, **more))

    def other(self, name, link, data, verdict, **more):
        self.frames.append(Frame(name, link, data, verdict, **more))

    def snapped(self, name, link, data, packet, tshark):
        """
        The frame cut in its TCP header: behind the window, behind the flags, and just before their end.
        tshark shows no flags where the window is cut off.
        """
        for kept, verdict, seen in ((16, 'tcp', tshark), (14, 'tcp', False), (13, 'short-tcp', tshark)):
            self.frames.append(Frame('%s-snapped-%d' % (name, kept), link, data[:len(data) - len(packet.segment) + kept],
                                     verdict, packet.facts[:5] + (0,), len(data), seen))


def kinds(version):
    yield 'syn', Packet(version, SYN)
    yield 'synack', Packet(version)
    yield 'synack-ece', Packet(version, 0x52)
    yield 'synack-cwr', Packet(version, 0x92)
    yield 'rst', Packet(version, RST, options=b'')
    yield 'rst-ack', Packet(version, 0x14, options=b'')
    yield 'data', Packet(version, DATA, b'SSH-2.0-x\r\n', bytes(12))
    yield 'synack-data', Packet(version, SYNACK, b'hello')


def carriers(ip, v):
    """Every way to carry one IP packet: name, link type, bytes."""
    e, inner_eth = ETHERTYPE[v], eth(ip, ETHERTYPE[v])
    yield 'ethernet', 1, inner_eth
    yield 'padded', 1, inner_eth + bytes(40)
    yield 'snap', 1, eth_llc(llc_snap(ip, e))
    yield 'snap-bridge', 1, eth_llc(llc_snap(ip, e, b'\0\0\xf8'))
    yield 'llc-jumbo', 1, eth(llc_snap(ip, e), 0x8870)
    for t in (0x8100, 0x88A8, 0x9100, 0x9200):
        yield 'tag-%04x' % t, 1, eth(tag(ip, e), t)
        yield 'tags-%04x' % t, 1, eth(tag(tag(ip, e), 0x8100), t)
    yield 'three-tags', 1, eth(tag(tag(tag(ip, e), 0x8100), 0x8100), 0x88A8)
    yield 'tag-snap', 1, eth(tag(llc_snap(ip, e), 8 + len(ip)), 0x8100)
    yield 'itag', 1, eth(be32(42) + inner_eth, 0x88E7)
    yield 'btag-itag', 1, eth(tag(be32(42) + inner_eth, 0x88E7), 0x88A8)
    yield 'cisco-cmd', 1, eth(bytes.fromhex('010100010042') + be16(e) + ip, 0x8909)
    yield 'macsec-authenticated', 1, eth(bytes.fromhex('200000000001') + bytes(8) + be16(e) + ip + bytes(16), 0x88E5)
    yield 'mpls', 1, eth(mpls(ip), 0x8847)
    yield 'mpls-multicast', 1, eth(mpls(ip, 3), 0x8848)
    yield 'mpls-ethernet', 1, eth(mpls(be32(0) + inner_eth), 0x8847)
    yield 'mpls-ethernet-bare', 1, eth(mpls(inner_eth), 0x8847)
    yield 'pppoe', 1, eth(pppoe(ip, be16(PPP[v])), 0x8864)
    yield 'pppoe-short-protocol', 1, eth(pppoe(ip, bytes([PPP[v]])), 0x8864)
    yield 'pppoe-mpls', 1, eth(pppoe(mpls(ip), be16(0x281)), 0x8864)
    yield 'pppoe-in-tags', 1, eth(tag(tag(pppoe(ip, be16(PPP[v])), 0x8864), 0x8100), 0x88A8)
    for name, data in tunnels(ip, v, inner_eth):
        yield name + '-over-4', 1, eth(ipv4(data[1], data[0]), 0x0800)
        yield name + '-over-6', 1, eth(ipv6(data[1], data[0]), 0x86DD)
    yield from link_types(ip, v, inner_eth)


def tunnels(ip, v, inner_eth):
    """Every way to carry it in IP: name, (protocol, bytes)."""
    e = ETHERTYPE[v]
    yield 'ip', (PROTOCOL[v], ip)
    yield 'ip-ip', (4, ipv4(ip, PROTOCOL[v], ('10.1.0.1', '10.1.0.2')))
    yield 'etherip', (97, be16(0x3000) + inner_eth)
    yield 'mpls-in-ip', (137, mpls(ip, 2))
    yield 'ah', (51, ah(ip, PROTOCOL[v]))
    yield 'gre', (47, gre(ip, e))
    yield 'gre-all', (47, gre(ip, e, 0xB000, be32(0) + be32(7) + be32(1)))
    yield 'gre-ethernet', (47, gre(inner_eth, 0x6558, 0x2000, be32(7)))
    yield 'gre-mpls', (47, gre(mpls(ip), 0x8847))
    yield 'gre-routed', (47, gre(ip, e, 0x4000, be32(0) + bytes.fromhex('08000404c0000201') + be32(0)))
    if v == 4:
        yield 'wccp', (47, gre(be32(0) + ip, 0x883E))
    yield 'pptp', (47, gre(b'\xff\x03' + be16(PPP[v]) + ip, 0x880B, 0x3001, be16(len(ip) + 4) + be16(1) + be32(5)))
    yield 'pptp-ack', (47, gre(bytes([PPP[v]]) + ip, 0x880B, 0x3081, be16(len(ip) + 1) + be16(1) + be32(5) + be32(4)))
    yield 'erspan-1', (47, gre(inner_eth, 0x88BE))
    yield 'erspan-2', (47, gre(erspan2(inner_eth), 0x88BE, 0x1000, be32(1)))
    yield 'erspan-3', (47, gre(erspan3(inner_eth), 0x22EB, 0x1000, be32(1)))
    yield 'erspan-3-sub', (47, gre(erspan3(inner_eth, subheader=bytes.fromhex('0c00000000000000')), 0x22EB, 0x1000, be32(1)))
    yield 'erspan-3-ip', (47, gre(erspan3(ip, 2), 0x22EB, 0x1000, be32(1)))
    yield 'vxlan', (17, udp(vxlan(inner_eth), 50001, 4789))
    yield 'vxlan-tagged', (17, udp(vxlan(eth(tag(ip, e), 0x8100)), 50001, 4789))
    yield 'vxlan-from-port', (17, udp(vxlan(inner_eth), 4789, 50001))
    yield 'vxlan-policy', (17, udp(vxlan(inner_eth, True), 50001, 4789))
    # Reserved bits are ignored on receipt (RFC 7348, 5; RFC 8926, 3.4).
    yield 'vxlan-reserved', (17, udp(bytes.fromhex('080102030000 2a01') + inner_eth, 50001, 4789))
    yield 'vxlan-reserved-flags', (17, udp(bytes.fromhex('c8000000 00002a00') + inner_eth, 50001, 4789))
    yield 'vxlan-linux', (17, udp(vxlan(inner_eth), 50001, 8472))
    yield 'vxlan-gpe', (17, udp(vxlan_gpe(ip, GPE[v]), 50001, 4790))
    yield 'vxlan-gpe-ethernet', (17, udp(vxlan_gpe(inner_eth, 3), 50001, 4790))
    yield 'geneve', (17, udp(geneve(inner_eth, 0x6558), 50001, 6081))
    yield 'geneve-options', (17, udp(geneve(inner_eth, 0x6558, bytes.fromhex('0102800100000000') * 3), 50001, 6081))
    yield 'geneve-ip', (17, udp(geneve(ip, e), 50001, 6081))
    yield 'geneve-reserved', (17, udp(bytes.fromhex('00016558 00002a01') + inner_eth, 50001, 6081))
    yield 'geneve-mpls', (17, udp(geneve(mpls(ip), 0x8847), 50001, 6081))
    yield 'gtp', (17, udp(gtp(ip), 2152, 2152))
    yield 'gtp-sequence', (17, udp(gtp(ip, 0x32, optional=be16(1) + b'\0\0'), 2152, 2152))
    yield 'gtp-extension', (17, udp(gtp(ip, 0x34, optional=bytes.fromhex('00000085') + bytes.fromhex('01001000')), 2152, 2152))
    if v == 6:
        yield 'teredo', (17, udp(ip, 50001, 3544))
        yield 'teredo-origin', (17, udp(bytes(2) + bytes.fromhex('0fffaabbccdd') + ip, 3544, 50001))
    yield 'vxlan-in-gre', (47, gre(ipv4(udp(vxlan(inner_eth), 50001, 4789), 17), 0x0800))


def link_types(ip, v, inner_eth):
    e, families = ETHERTYPE[v], {4: (2,), 6: (10, 24, 28, 30)}[v]
    for link in (12, 14, 101, 228 if v == 4 else 229):
        yield 'raw', link, ip
    for family in families:
        yield 'null-le-%d' % family, 0, struct.pack('<I', family) + ip
        yield 'null-be-%d' % family, 0, be32(family) + ip
        yield 'loop-%d' % family, 108, be32(family) + ip
    yield 'enc', 109, struct.pack('<III', families[len(families) // 3], 1, 0x800) + ip
    yield 'cooked', 113, cooked(ip, e)
    yield 'cooked-tag', 113, cooked(tag(ip, e), 0x8100)
    yield 'cooked-llc', 113, cooked(llc_snap(ip, e), 4)
    yield 'cooked-2', 276, cooked2(ip, e)
    yield 'cooked-2-tag', 276, cooked2(tag(ip, e), 0x8100)
    yield 'ppp', 9, b'\xff\x03' + be16(PPP[v]) + ip
    yield 'ppp-bare', 9, be16(PPP[v]) + ip
    yield 'ppp-hdlc', 50, b'\xff\x03' + be16(PPP[v]) + ip
    yield 'ppp-hdlc-cisco', 50, b'\x0f\0' + be16(e) + ip
    yield 'ppp-ether', 51, pppoe(ip, be16(PPP[v]))
    yield 'pppd', 166, b'\0\x03' + be16(PPP[v]) + ip
    yield 'ppp-direction', 204, b'\1' + be16(PPP[v]) + ip
    yield 'ppp-hdlc-direction', 204, b'\0\xff\x03' + be16(PPP[v]) + ip
    yield 'cisco-hdlc', 104, b'\x0f\0' + be16(e) + ip
    yield 'cisco-hdlc-multicast', 104, b'\x8f\0' + be16(e) + ip
    yield 'cisco-hdlc-mpls', 104, b'\x0f\0' + be16(0x8847) + mpls(ip)
    yield 'mpls-link', 219, mpls(ip, 2)
    yield 'nflog', 239, nflog(ip, 2 if v == 4 else 10)
    snap = llc_snap(ip, e)
    yield 'wifi', 105, wifi(snap)
    yield 'wifi-to', 105, wifi(snap, to_ds=1)
    yield 'wifi-from-qos', 105, wifi(snap, from_ds=1, qos=0)
    yield 'wifi-four', 105, wifi(snap, to_ds=1, from_ds=1)
    yield 'wifi-four-qos-ht', 105, wifi(snap, to_ds=1, from_ds=1, qos=0, ht=True)
    yield 'wifi-amsdu', 105, wifi(subframes(snap), from_ds=1, qos=0x80)
    yield 'wifi-amsdu-second', 105, wifi(subframes(llc_snap(bytes(28), 0x0806), snap), from_ds=1, qos=0x80)
    yield 'radiotap', 127, radiotap(wifi(snap, from_ds=1))
    yield 'radiotap-fcs', 127, radiotap(wifi(snap, from_ds=1) + bytes(4), 0x10)
    yield 'radiotap-pad', 127, radiotap(wifi(snap, from_ds=1, qos=0, pad=True), 0x20)
    yield 'radiotap-tsft', 127, radiotap(wifi(snap, from_ds=1, qos=0, pad=True), 0x20, ('tsft',))
    yield 'radiotap-more', 127, radiotap(wifi(snap, from_ds=1, qos=0, pad=True), 0x20, ('tsft', 'more'))
    yield 'prism', 119, prism(wifi(snap, from_ds=1))
    yield 'prism-avs', 119, avs(wifi(snap, from_ds=1))
    yield 'avs', 163, avs(wifi(snap, from_ds=1))


def ip_layouts(c):
    p4, p6 = Packet(4, SYNACK, b'greeting'), Packet(6, SYNACK, b'greeting')
    s4, s6 = p4.segment, p6.segment

    def good4(name, ip):
        c.good(name, 1, eth(ip, 0x0800), p4)

    def good6(name, ip, tshark=True):
        c.good(name, 1, eth(ip, 0x86DD), p6, tshark=tshark)

    c.good('llc-ip', 1, eth_llc(b'\x06\x06\x03' + p4.bytes), p4)
    good4('options', p4.ip(s4, options=b'\x01' * 8))
    good4('offload', p4.ip(s4, total=0))
    good4('first-fragment', p4.ip(s4, fragment=0x2000))
    good4('do-not-fragment', p4.ip(s4, fragment=0x4000))
    good4('ah-4', p4.ip(ah(s4, 6), 51))
    good6('offload-6', p6.ip(s6, length=0))
    good6('hop-by-hop', p6.ip(extension(s6, 6), 0))
    good6('destination', p6.ip(extension(s6, 6, 2), 60))
    good6('routing', p6.ip(extension(s6, 6, 2, bytes([4, 0]) + bytes(4) + packed(p6.addresses[1])), 43))
    good6('fragment-first', p6.ip(fragment6(s6, 6, 0, 1), 44))
    good6('fragment-atomic', p6.ip(fragment6(s6, 6), 44))
    # tshark ends at these two, and takes no jumbogram below 65,536 bytes.
    good6('mobility', p6.ip(extension(s6, 6, 0, bytes(6)), 135), False)
    good6('hip', p6.ip(extension(s6, 6, 4, bytes([1, 0x21]) + bytes(36)), 139), False)
    good6('shim6', p6.ip(extension(s6, 6, 0, bytes([0x80]) + bytes(5)), 140))
    good6('ah-6', p6.ip(ah(s6, 6), 51))
    good6('chain', p6.ip(extension(extension(fragment6(ah(s6, 6), 51), 44), 60), 0))
    long_chain = s6
    for i in range(6):
        long_chain = extension(long_chain, 60 if i else 6)
    good6('chain-long', p6.ip(long_chain, 60))
    jumbo = b'\xc2\x04' + be32(8 + len(s6))
    good6('jumbogram', p6.ip(extension(s6, 6, 0, jumbo), 0, length=0), False)
    c.other('later-fragment', 1, eth(p4.ip(s4, fragment=100), 0x0800), 'fragment')
    c.other('later-fragment-6', 1, eth(p6.ip(fragment6(s6, 6, 100), 44), 0x86DD), 'fragment')
    c.other('tiny-first-fragment', 1, eth(p4.ip(s4[:8], fragment=0x2000), 0x0800) + bytes(20), 'fragment')


def not_tcp(c):
    p = Packet()
    ip, inner = p.bytes, eth(p.bytes, 0x0800)
    c.other('arp', 1, eth(bytes(28), 0x0806), 'not-ip')
    c.other('stp', 1, eth_llc(b'\x42\x42\x03' + bytes(35)), 'not-ip')
    c.other('pppoe-discovery', 1, eth(bytes.fromhex('110900000000'), 0x8863), 'not-ip')
    c.other('lcp', 1, eth(pppoe(bytes(10), be16(0xC021)), 0x8864), 'not-ip')
    c.other('macsec', 1, eth(bytes.fromhex('2c0000000001') + bytes(60), 0x88E5), 'encrypted')
    c.other('dns', 1, eth(ipv4(udp(bytes(12), 53, 5353), 17), 0x0800), 'other-protocol')
    c.other('icmp', 1, eth(ipv4(bytes([8, 0]) + bytes(30), 1), 0x0800), 'other-protocol')
    c.other('esp', 1, eth(ipv4(be32(1) + be32(1) + bytes(40), 50), 0x0800), 'other-protocol')
    c.other('gtp-echo', 1, eth(ipv4(udp(gtp(ip, message=1), 2152, 2152), 17), 0x0800), 'other-protocol')
    c.other('l2tp-3', 1, eth(ipv4(be32(1) + inner, 115), 0x0800), 'unknown-encapsulation')
    # Not VXLAN by its flags, and yet tshark goes by the port alone.
    c.other('vxlan-not', 1, eth(ipv4(udp(be32(0) + be32(0) + inner, 50001, 4789), 17), 0x0800), 'other-protocol',
            tshark=False)
    c.other('bad-version', 1, eth(b'\x55' + ip[1:], 0x0800), 'bad-ip')
    c.other('bad-header-length', 1, eth(b'\x44' + ip[1:], 0x0800), 'bad-ip')
    c.other('bad-total', 1, eth(p.ip(p.segment, total=19), 0x0800), 'bad-ip')
    c.other('bad-data-offset', 1, eth(p.ip(tcp(443, 50000, SYNACK, data_offset=4)), 0x0800), 'bad-tcp')
    c.other('no-room', 1, eth(p.ip(p.segment, total=33), 0x0800), 'bad-tcp')
    # The reported length ends in the header; the flags are there all the same.
    c.good('header-too-long', 1, eth(p.ip(tcp(443, 50000, SYNACK, data_offset=15)), 0x0800), p)
    c.other('unknown-link', 147, bytes(60), 'unknown-link-type')
    c.other('beacon', 105, wifi(bytes(40), kind=0, subtype=8), 'not-ip')
    c.other('ack-frame', 105, bytes.fromhex('d4000000020000000001'), 'not-ip')
    c.other('null-data', 105, wifi(b'', to_ds=1, subtype=4), 'not-ip')
    c.other('qos-null', 105, wifi(b'', to_ds=1, subtype=4, qos=0), 'not-ip')
    c.other('protected', 105, wifi(bytes(60), from_ds=1, flags=0x40), 'encrypted')
    c.other('wifi-fragment', 105, wifi(bytes(60), from_ds=1, fragment=1), 'fragment')
    deep = ip
    for _ in range(40):
        deep = tag(deep, 0x8100 if deep is not ip else 0x0800)
    # tshark's own limit lies elsewhere.
    c.other('too-deep', 1, eth(deep, 0x8100), 'too-deep', tshark=False)


# What tshark 4.0 does not look into: the last of the tags, IP in ERSPAN III, Linux's AF_INET6 on a loopback link
# type, and two link types.
TSHARK_DIFFERS = {'tag-9200', 'tags-9200', 'erspan-3-ip-over-4', 'erspan-3-ip-over-6', 'null-le-10', 'null-be-10',
                  'loop-10', 'pppd', 'mpls-link'}


def collect():
    c = Collection()
    for v in (4, 6):
        for name, p in kinds(v):
            for carrier, link, data in carriers(p.bytes, v):
                if name in ('synack', 'data') or carrier == 'ethernet':
                    full = '%s-%s-%d' % (carrier, name, v)
                    c.good(full, link, data, p, tshark=carrier not in TSHARK_DIFFERS)
        p = Packet(v, SYNACK, b'greeting')
        for carrier, link, data in carriers(p.bytes, v):
            if data.endswith(p.segment) and carrier != 'wifi-amsdu-second':
                # tshark wants a log's attribute whole.
                c.snapped('%s-%d' % (carrier, v), link, data, p,
                          carrier not in TSHARK_DIFFERS and carrier != 'nflog')
    ip_layouts(c)
    not_tcp(c)
    return c.frames


def write_pcap(path, link, frames):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
        for i, frame in enumerate(frames):
            f.write(struct.pack('<IIII', 1500000000 + i, i, len(frame.data), frame.wire) + frame.data)
    with open(path + '.expected', 'w') as f:
        f.writelines(frame.expected(i + 1) + '\n' for i, frame in enumerate(frames))
    with open(path + '.names', 'w') as f:
        f.writelines('%d %s\n' % (i + 1, frame.name) for i, frame in enumerate(frames))


def block(kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack('<I', 12 + len(body))
    return struct.pack('<I', kind) + length + body + length


def write_pcapng(path, frames):
    links = sorted({frame.link for frame in frames})
    with open(path, 'wb') as f:
        f.write(block(0x0A0D0D0A, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1)))
        for link in links:
            f.write(block(1, struct.pack('<HHI', link, 0, 0)))
        for i, frame in enumerate(frames):
            time = 1500000000000000 + i
            f.write(block(6, struct.pack('<IIIII', links.index(frame.link), time >> 32, time & 0xFFFFFFFF,
                                         len(frame.data), frame.wire) + frame.data))
    with open(path + '.expected', 'w') as f:
        f.writelines(frame.expected(i + 1) + '\n' for i, frame in enumerate(frames))


def write_corpus(folder, frames):
    """One seed for each kind of header: nothing snapped, tunnels in IPv4 only."""
    for frame in frames:
        name = frame.name
        if 'snapped' in name or '-data-' in name or '-over-6' in name:
            continue
        if '-over-4-synack-6' in name and 'teredo' not in name:
            continue
        with open(os.path.join(folder, '%s-%d' % (name, frame.link)), 'wb') as f:
            f.write(struct.pack('<H', frame.link) + frame.data)


def main():
    corpus = sys.argv[1:2] == ['--corpus']
    folder = sys.argv[-1]
    os.makedirs(folder, exist_ok=True)
    frames = collect()
    if corpus:
        write_corpus(folder, frames)
        return
    for link in sorted({frame.link for frame in frames}):
        write_pcap(os.path.join(folder, 'link-%03d.pcap' % link), link, [f for f in frames if f.link == link])
    write_pcapng(os.path.join(folder, 'all.pcapng'), frames)


if __name__ == '__main__':
    main()
