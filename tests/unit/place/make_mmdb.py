#!/usr/bin/env python3
"""Makes small MaxMind databases for the tests, after the MaxMind DB File Format Specification 2.0.

Usage: make_mmdb.py FOLDER
"""
import ipaddress
import pathlib
import struct
import sys

BUILD_EPOCH = 1704153600  # 2024-01-02


def control(kind, size):
    """The first bytes of a value: its type and size."""
    extended = b'' if kind < 8 else bytes([kind - 7])
    first = (kind if kind < 8 else 0) << 5
    if size < 29:
        return bytes([first | size]) + extended
    if size < 285:
        return bytes([first | 29]) + extended + bytes([size - 29])
    return bytes([first | 30]) + extended + struct.pack('>H', size - 285)


def value(v):
    """A dictionary, list, text or number (or a number and its type) as data of the format."""
    if isinstance(v, dict):
        return control(7, len(v)) + b''.join(value(k) + value(x) for k, x in v.items())
    if isinstance(v, list):
        return control(11, len(v)) + b''.join(value(x) for x in v)
    if isinstance(v, str):
        v = v.encode()
    if isinstance(v, bytes):
        return control(2, len(v)) + v
    number, kind = v if isinstance(v, tuple) else (v, 6)
    data = number.to_bytes(8, 'big').lstrip(b'\0')
    return control(kind, len(data)) + data


def bits(network, ip_version):
    n = ipaddress.ip_network(network)
    text = format(int(n.network_address), '0%db' % n.max_prefixlen)[:n.prefixlen]
    return '0' * 96 + text if n.version == 4 and ip_version == 6 else text


def record_pair(left, right, record_bits):
    if record_bits == 28:
        middle = (left >> 24) << 4 | right >> 24
        return (left & 0xffffff).to_bytes(3, 'big') + bytes([middle]) + (right & 0xffffff).to_bytes(3, 'big')
    return left.to_bytes(record_bits // 8, 'big') + right.to_bytes(record_bits // 8, 'big')


def database(networks, ip_version=6, record_bits=24, kind='Test', epoch=BUILD_EPOCH):
    """NETWORKS maps disjoint networks to values."""
    nodes, data, places = [[None, None]], b'', {}
    for network, v in networks.items():
        path, node = bits(network, ip_version), 0
        for bit in path[:-1]:
            if nodes[node][int(bit)] is None:
                nodes.append([None, None])
                nodes[node][int(bit)] = len(nodes) - 1
            node = nodes[node][int(bit)]
        encoded = value(v)
        if encoded not in places:
            places[encoded] = len(data)
            data += encoded
        nodes[node][int(path[-1])] = ('data', places[encoded])
    count = len(nodes)

    def record(r):
        return count if r is None else r if isinstance(r, int) else count + 16 + r[1]
    tree = b''.join(record_pair(record(left), record(right), record_bits) for left, right in nodes)
    metadata = {'node_count': count, 'record_size': (record_bits, 5), 'ip_version': (ip_version, 5), 'database_type': kind,
                'languages': ['en'], 'binary_format_major_version': (2, 5), 'binary_format_minor_version': (0, 5),
                'build_epoch': (epoch, 9), 'description': {'en': 'made for a test'}}
    return tree + bytes(16) + data + b'\xab\xcd\xefMaxMind.com' + value(metadata)


def country(code):
    return {'country': {'iso_code': code}}


def network(number, name=None):
    return {'autonomous_system_number': number, **({} if name is None else {'autonomous_system_organization': name})}


DATABASES = {
    'country.mmdb': database({
        '192.0.2.0/24': {**country('JP'), 'registered_country': {'iso_code': 'US'}},
        '198.51.100.0/24': {'registered_country': {'iso_code': 'DE'}},
        '203.0.113.0/28': country('jp'),
        '203.0.113.16/28': country('JPN'),
        '203.0.113.32/28': country('J'),
        '203.0.113.48/28': country(77),
        '203.0.113.64/28': 'a text where a map should be',
        '203.0.113.80/28': {'country': 'JP'},
        '2001:db8:1::/48': country('FR'),
        '2001:db8:ffff::1/128': country('BR'),
    }, record_bits=28),
    'asn.mmdb': database({
        '192.0.2.0/25': network(64500, 'Example \x1b[31mUniversity\x7f\n \u6771\u4eac\u0085\u202e\u2066\u061c'),
        '192.0.2.128/25': network(4294967295, b'caf\xe9\xff'),
        '198.51.100.0/24': network(64501),
        '203.0.113.0/28': network(0, 'Nobody'),
        '203.0.113.16/28': network('64500', 'Nobody'),
        '203.0.113.32/28': {'autonomous_system_organization': 'Nobody'},
        '203.0.113.48/28': network(64502, 77),
        '2001:db8:1::/48': network(64503, '\u6771' * 60),
        '2001:db8:2::/48': network(64504, 'x' * 95),
        '2001:db8:3::/48': network(64505, 'x' * 96),
        '2001:db8:4::/48': network(64506, 'x' * 300 + '\u6771' * 300),
    }, record_bits=24),
    'four.mmdb': database({'192.0.2.0/24': {**country('SE'), **network(64510, 'Four')}}, 4, 32),
    'more-names.mmdb': database({'198.51.100.0/24': network(64501, 'Named elsewhere'),
                                 '192.0.2.0/24': network(64999, 'Another number')}, epoch=2 ** 63),
}

if __name__ == '__main__':
    for name, content in DATABASES.items():
        (pathlib.Path(sys.argv[1]) / name).write_bytes(content)
