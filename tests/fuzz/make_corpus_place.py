#!/usr/bin/env python3
"""Makes corpus/place anew: good databases and spoilt ones. The first byte is the kind: 0 MaxMind, 1 libloc.

Usage: make_corpus_place.py [LIBLOC_DATABASE]

test_place_libloc FILE writes the libloc database; without one named, those in the corpus stay as they are.
"""
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / 'unit/place'))
from make_mmdb import DATABASES, country, database  # noqa: E402

CORPUS = HERE / 'corpus/place'


def keep(name, content):
    (CORPUS / name).write_bytes(content)


def maxmind():
    for name, content in DATABASES.items():
        keep(name, b'\0' + content)
    small = database({'192.0.2.0/24': country('JP'), '2001:db8:1::/48': country('FR')})
    keep('cut-in-metadata.mmdb', b'\0' + small[:-20])
    keep('cut-in-tree.mmdb', b'\0' + small[len(small) // 3:])
    nodes = small.index(bytes(16)) // 6
    keep('points-past-the-data.mmdb', b'\0' + b'\xff' * 6 * nodes + small[6 * nodes:])
    keep('points-to-itself.mmdb', b'\0' + bytes(6 * nodes) + small[6 * nodes:])
    keep('deep-map.mmdb', b'\0' + database({'192.0.2.0/24': nested(600)}))
    keep('text', b'\0no database\n')
    keep('empty', b'\0')


def nested(depth):
    v = country('JP')
    for _ in range(depth):
        v = {'country': v}
    return v


def libloc(good):
    keep('good.db', b'\1' + good)
    tree, length = struct.unpack('>II', good[28 + 16:28 + 24])
    keep('cut.db', b'\1' + good[:tree])
    keep('header-alone.db', b'\1' + good[:28])
    ring = struct.pack('>III', 1, 1, 0xffffffff) * (length // 12)
    keep('ring.db', b'\1' + good[:tree] + ring + good[tree + len(ring):])
    keep('text-without-end.db', b'\1' + good[:-1] + b'x')


sys.setrecursionlimit(10000)
CORPUS.mkdir(exist_ok=True)
maxmind()
if len(sys.argv) > 1:
    libloc(pathlib.Path(sys.argv[1]).read_bytes())
