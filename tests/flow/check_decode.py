#!/usr/bin/env python3
"""
Decoder against the generator's own word, or (--tshark) against tshark, frame by frame.

    check_decode.py [--tshark] DECODE_DUMP [CAPTURE...]

Without captures: those of make_encapsulations.py. With --tshark captures need no FILE.expected.
Exit status 77: tshark is not installed.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

FIELDS = ('frame.number', 'frame.protocols', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'tcp.srcport', 'tcp.dstport',
          'tcp.flags')


def lines(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def tshark_view(capture):
    """Frame number → (src, sport, dst, dport, flags) of the innermost TCP header, for frames that have one."""
    command = ['tshark', '-n', '-r', capture, '-d', 'udp.port==8472,vxlan', '-o', 'ip.defragment:FALSE',
               '-o', 'ipv6.defragment:FALSE', '-o', 'ipv6.tso_support:TRUE', '-T', 'fields', '-E', 'occurrence=l']
    for field in FIELDS:
        command += ['-e', field]
    view = {}
    for line in lines(command):
        number, protocols, *values = line.split('\t')
        if not values[6]:
            continue
        layers = protocols.split(':')
        before_tcp = layers[:len(layers) - layers[::-1].index('tcp')]
        family = [layer for layer in before_tcp if layer in ('ip', 'ipv6')][-1]
        src, dst = values[0:2] if family == 'ip' else values[2:4]
        view[int(number)] = (src, values[4], dst, values[5], '0x%02x' % (int(values[6], 16) & 0xFF))
    return view


def read_words(path):
    try:
        with open(path) as f:
            return [line.split() for line in f]
    except FileNotFoundError:
        return []


def check(capture, dump, with_tshark):
    """Returns the frames compared and those that differ."""
    ours = [line.split() for line in lines([dump, capture])]
    expected = read_words(capture + '.expected')
    names = read_words(capture + '.names')
    if with_tshark and expected and all(words[-1] == '!' for words in expected):
        return 0, 0
    view = tshark_view(capture) if with_tshark else {}
    compared = differing = 0
    for i, words in enumerate(ours):
        if with_tshark:
            if expected and expected[i][-1] == '!':
                continue
            got, wanted = tuple(words[2:7]), view.get(i + 1, ())
        else:
            got, wanted = words, [word for word in expected[i] if word != '!']
        compared += 1
        if got != wanted:
            differing += 1
            print('%s frame %d (%s): %s, wanted %s' % (os.path.basename(capture), i + 1,
                                                      names[i][1] if names else '', ' '.join(words), ' '.join(wanted)))
    if not with_tshark and len(expected) != len(ours):
        print('%s: %d frames, wanted %d' % (capture, len(ours), len(expected)))
        differing += 1
    return compared, differing


def main():
    words = sys.argv[1:]
    with_tshark = words[0] == '--tshark'
    dump, *captures = words[1:] if with_tshark else words
    if with_tshark and not shutil.which('tshark'):
        print('skipped: tshark is not installed')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        if not captures:
            maker = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'make_encapsulations.py')
            subprocess.run([sys.executable, '-B', maker, folder], check=True)
            captures = sorted(glob.glob(os.path.join(folder, '*.pcap')))
        counts = [check(capture, dump, with_tshark) for capture in captures]
    compared, differing = (sum(column) for column in zip(*counts))
    print('%d frames compared, %d differ' % (compared, differing))
    return 1 if differing or not compared else 0


if __name__ == '__main__':
    sys.exit(main())
