#!/usr/bin/env python3
"""
The kernel filter over all frames there are: those of make_encapsulations.py, the laboratory's capture, and captures
beside the project where there are any; and mutations of each, under several networks.

    check_filter.py FILTER_AGREE [--kernel]

Exit status 77: the kernel takes no program from us (no root, no BPF), or the program is not built in.
"""
import glob
import os
import random
import subprocess
import sys
import tempfile

import traffic
from frames import eth, extension, ipv6
from sessions import mixture

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, '..', '..')
SHARED = os.environ.get('SEKIMORI_SHARED', os.path.join(ROOT, '..', 'shared'))

# Frames of the laboratory's capture that may go up, in percent. It is small and shows FTP in all its ways, so that a
# sixth of its frames are words of control connections; what else goes up has to be rare.
MOST_UP, MOST_UP_BUT_WORDS = 20, 1
WORDS = ('up-control', 'up-word', 'up-stream')
EVERYTHING = ['--net', '0.0.0.0/0', '--net', '::/0']
SITE = ['--net', '192.0.2.0/24', '--net', '198.51.100.0/24', '--net', '2001:db8::/64', '--net', '2001:db8:1::/48']
# More networks than the filter holds ranges.
MANY = [word for i in range(0, 256, 2) for word in ('--net', '192.0.%d.0/24' % i)]


def run(command):
    """Returns the counts by outcome, and the last line. Ends the check when there is no kernel to ask."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 77:
        print(done.stdout, end='')
        sys.exit(77)
    if done.returncode != 0:
        print(' '.join(command[:8]), '...')
        print(done.stdout[-4000:], done.stderr[-4000:])
        sys.exit(1)
    lines = done.stdout.splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in lines[:-1]}, lines[-1]


def long_headers():
    """TCP so far behind extension headers that the first bytes of a frame do not show it."""
    def segment(flags, payload=b'', sport=2100, dport=50000):
        return traffic.tcp_frame('192.0.2.1', sport, '192.0.2.2', dport, flags, seq=1, payload=payload)[34:]

    frames = []
    for words in (0, 3, 9, 10, 11, 40, 255):
        for count in range(1, 6):
            for inner in (segment(traffic.SYNACK), segment(traffic.SYN), segment(traffic.ACK, b'PASV\r\n', count),
                          segment(traffic.ACK, b'more\r\n', count), segment(traffic.ACK, b'200 ok\r\n', 21),
                          segment(traffic.ACK)):
                kind = 6
                for _ in range(count):
                    inner = extension(inner, kind, words, bytes(6 + 8 * words))
                    kind = 60
                frames.append((traffic.START, eth(ipv6(inner, kind, ('2001:db8::1', '2001:db8:f::1')), 0x86DD)))
    return frames


def main():
    agree, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, '-B', os.path.join(HERE, 'make_encapsulations.py'), folder], check=True)
        made = sorted(glob.glob(os.path.join(folder, '*.pcap')))
        lab = [os.path.join(ROOT, 'lab', 'campus.pcap.zst')]
        others = sorted(f for f in glob.glob(os.path.join(SHARED, 'captures', '*.pcap*'))
                        if f.endswith(('.pcap', '.pcapng', '.gz')))
        # Hours of sessions, so that what is remembered has to last, and be forgotten.
        hours = [os.path.join(folder, 'sessions.pcap')]
        traffic.write(hours[0], traffic.pcap(mixture(random.Random(7), count=1000, hours=6)))
        long = traffic.write(os.path.join(folder, 'long.pcap'), traffic.pcap(long_headers()))
        seen = {}
        for name, networks, mutations, captures in (
                ('encapsulations', SITE, 200, made), ('encapsulations, all ours', EVERYTHING, 20, made),
                ('long headers', SITE, 10, [long]), ('sessions', SITE, 0, hours), ('sessions, mutated', SITE, 1, hours),
                ('laboratory', SITE, 0, lab), ('laboratory, all ours', EVERYTHING, 0, lab),
                ('laboratory, mutated', SITE, 1, lab), ('laboratory, 128 networks', MANY, 0, lab),
                ('others', EVERYTHING, 0, others), ('others, mutated', SITE, 2, others)):
            if not captures:
                continue
            counts, summary = run([agree, *options, '--mutations', str(mutations), *networks, *captures])
            print('%s: %s' % (name, summary))
            if name == 'laboratory':
                counts.pop('longer-head')
                up = {outcome: n for outcome, n in counts.items() if outcome.startswith('up-')}
                but_words = sum(n for outcome, n in up.items() if outcome not in WORDS)
                if 100 * sum(up.values()) > MOST_UP * sum(counts.values()) or \
                        100 * but_words > MOST_UP_BUT_WORDS * sum(counts.values()):
                    print('too many of the laboratory\'s frames went up:', up)
                    return 1
            for outcome, n in counts.items():
                seen[outcome] = seen.get(outcome, 0) + n
    for outcome, n in seen.items():
        print('%10d %s' % (n, outcome))
    # A case that never came was not tested.
    missing = [outcome for outcome, n in seen.items() if n == 0]
    if missing:
        print('never seen:', *missing)
    return 1 if missing else 0


if __name__ == '__main__':
    sys.exit(main())
