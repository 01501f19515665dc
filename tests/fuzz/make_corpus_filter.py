#!/usr/bin/env python3
"""
Makes corpus/filter: the Ethernet frames of make_encapsulations.py, 32 a file, and sessions of FTP. Each frame is two
bytes with its length, big-endian, and the frame. Writes the same bytes each time.
"""
import pathlib
import random
import struct
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'flow'))

from make_encapsulations import collect  # noqa: E402
from sessions import mixture  # noqa: E402

FOLDER = HERE / 'corpus' / 'filter'
A_FILE = 32


def write(name, frames):
    (FOLDER / name).write_bytes(b''.join(struct.pack('>H', len(frame)) + frame for frame in frames))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    frames = [f.data for f in collect() if f.link == 1 and 'snapped' not in f.name and '-data-' not in f.name and
              '-over-6' not in f.name]
    for i in range(0, len(frames), A_FILE):
        write('encapsulations-%02d' % (i // A_FILE), frames[i:i + A_FILE])
    for seed in range(4):
        write('sessions-%d' % seed, [data for _, data in mixture(random.Random(seed), count=4)][:64])


if __name__ == '__main__':
    main()
