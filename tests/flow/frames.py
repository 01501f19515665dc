"""Headers as bytes: each function puts one header before what it carries. Checksums are left at 0."""
import ipaddress
import struct

ETHERTYPE = {4: 0x0800, 6: 0x86DD}
PROTOCOL = {4: 4, 6: 41}
PPP = {4: 0x21, 6: 0x57}
GPE = {4: 1, 6: 2}

SERVER = {4: '192.0.2.10', 6: '2001:db8::10'}
CLIENT = {4: '198.51.100.7', 6: '2001:db8:ffff::7'}
TUNNEL = {4: ('10.0.0.1', '10.0.0.2'), 6: ('fd00::1', 'fd00::2')}


def be16(x):
    return struct.pack('>H', x)


def be32(x):
    return struct.pack('>I', x)


def packed(address):
    return ipaddress.ip_address(address).packed


def eth(inner, ethertype):
    return bytes.fromhex('001b21000002 001b21000001') + be16(ethertype) + inner


def llc_snap(inner, ethertype, oui=b'\0\0\0'):
    return b'\xaa\xaa\x03' + oui + be16(ethertype) + inner


def eth_llc(inner):
    return eth(inner, len(inner))


def tag(inner, ethertype, tci=0x0064):
    return be16(tci) + be16(ethertype) + inner


def mpls(inner, labels=1):
    stack = b''.join(be32((100 + i) << 12 | (1 if i == labels - 1 else 0) << 8 | 64) for i in range(labels))
    return stack + inner


def ipv4(inner, protocol, addresses=TUNNEL[4], options=b'', total=None, fragment=0):
    length = 20 + len(options) + len(inner) if total is None else total
    return struct.pack('>BBHHHBBH', 0x40 | (5 + len(options) // 4), 0, length, 1, fragment, 64, protocol, 0) + \
        packed(addresses[0]) + packed(addresses[1]) + options + inner


def ipv6(inner, next_header, addresses=TUNNEL[6], length=None):
    length = len(inner) if length is None else length
    return struct.pack('>IHBB', 0x60000000, length, next_header, 64) + packed(addresses[0]) + \
        packed(addresses[1]) + inner


def extension(inner, next_header, words=0, content=b''):
    """IPv6 extension header; PadN fills it unless content is given."""
    room = 6 + 8 * words
    content = content or (b'\x01' + bytes([room - 2]) + bytes(room - 2))
    return bytes([next_header, words]) + content + inner


def fragment6(inner, next_header, offset=0, more=0):
    return bytes([next_header, 0]) + be16(offset << 3 | more) + be32(7) + inner


def ah(inner, next_header):
    return bytes([next_header, 4, 0, 0]) + be32(1) + be32(1) + bytes(12) + inner


def tcp(sport, dport, flags, payload=b'', options=b'', data_offset=None):
    data_offset = 5 + len(options) // 4 if data_offset is None else data_offset
    return struct.pack('>HHIIBBHHH', sport, dport, 1000, 2000 if flags & 0x10 else 0, data_offset << 4, flags,
                       65535, 0, 0) + options + payload


def udp(inner, sport, dport, length=None):
    return struct.pack('>HHHH', sport, dport, 8 + len(inner) if length is None else length, 0) + inner


def gre(inner, protocol, flags=0, fields=b''):
    return be16(flags) + be16(protocol) + fields + inner


def erspan2(inner):
    return be16(0x1064) + be16(0x0001) + be32(0) + inner


def erspan3(inner, frame_type=0, subheader=b''):
    last = 1 if subheader else 0
    return be16(0x2064) + be16(0x0001) + be32(12345) + be16(7) + be16(frame_type << 10 | last) + subheader + inner


def vxlan(inner, policy=False):
    return bytes([0x88 if policy else 0x08, 0]) + be16(5 if policy else 0) + be32(42 << 8) + inner


def vxlan_gpe(inner, protocol):
    return bytes([0x0C, 0, 0, protocol]) + be32(42 << 8) + inner


def geneve(inner, protocol, options=b''):
    return bytes([len(options) // 4, 0]) + be16(protocol) + be32(42 << 8) + options + inner


def gtp(inner, flags=0x30, message=255, optional=b''):
    return bytes([flags, message]) + be16(len(optional) + len(inner)) + be32(7) + optional + inner


def pppoe(inner, protocol, code=0):
    ppp = protocol + inner
    return bytes([0x11, code]) + be16(1) + be16(len(ppp)) + ppp


def cooked(inner, protocol, device=1):
    return be16(0) + be16(device) + be16(6) + bytes.fromhex('0200000000010000') + be16(protocol) + inner


def cooked2(inner, protocol, device=1):
    return be16(protocol) + be16(0) + be32(2) + be16(device) + bytes([0, 6]) + \
        bytes.fromhex('0200000000010000') + inner


def nflog(inner, family, order='<'):
    def attribute(kind, content):
        length = 4 + len(content)
        return struct.pack(order + 'HH', length, kind) + content + bytes(-length % 4)
    return bytes([family, 0, 0, 5]) + attribute(1, bytes([8, 0, 1, 0])) + attribute(10, b'prefix\0') + \
        attribute(9, inner)


def radiotap(inner, flags=0, fields=()):
    """fields: of 'tsft', 'more' (a second word of present bits)."""
    present = 2 | (1 if 'tsft' in fields else 0) | (1 << 31 if 'more' in fields else 0)
    words = struct.pack('<I', present) + (struct.pack('<I', 0) if 'more' in fields else b'')
    content = b''
    if 'tsft' in fields:
        content += bytes(-(4 + len(words)) % 8) + struct.pack('<Q', 123456789)
    content += bytes([flags])
    return struct.pack('<BBH', 0, 0, 4 + len(words) + len(content)) + words + content + inner


def wifi(inner, to_ds=0, from_ds=0, qos=None, ht=False, flags=0, subtype=0, kind=2, pad=False, fragment=0):
    control = bytes([kind << 2 | (8 | subtype if qos is not None else subtype) << 4,
                     to_ds | from_ds << 1 | (0x80 if ht else 0) | flags])
    header = control + be16(0) + bytes.fromhex('020000000001 020000000002 020000000003') + bytes([fragment, 0])
    if to_ds and from_ds:
        header += bytes.fromhex('020000000004')
    if qos is not None:
        header += bytes([qos, 0])
    if ht:
        header += be32(0)
    if pad:
        header += bytes(-len(header) % 4)
    return header + inner


def subframes(*inners):
    out = b''
    for i, inner in enumerate(inners):
        out += bytes.fromhex('020000000001 020000000002') + be16(len(inner)) + inner
        if i < len(inners) - 1:
            out += bytes(-len(out) % 4)
    return out


def prism(inner):
    return struct.pack('<II', 0x44, 144) + b'wlan0'.ljust(16, b'\0') + bytes(120) + inner


def avs(inner):
    return be32(0x80211001) + be32(64) + bytes(56) + inner
