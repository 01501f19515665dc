#!/usr/bin/env python3
"""
Large and absurd captures: memory stays bounded, and so does the number of files.

A million records of 400,000 peers, a host that answers on every port, a capture whose every record is another hour, and
one whose times are at the ends of what can be said.
"""
import os
import subprocess
import sys

from harness import NETS, Check, sanitized
from traffic import SECOND, START, Traffic, load, pcap, pcapng, tcp_frame, write, SYNACK

MEMORY_MAX = 256 << 20
FILES_MAX = 64
RECORDS = 100000 if sanitized() else 1000000
SCRIPT = '''
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
'''


def files(store):
    return sum(len(names) for _, _, names in os.walk(store.dir))


def bounded(check, what, store, *words, most=MEMORY_MAX):
    """Runs sekimori and holds its memory against the limit."""
    words = [check.sekimori, words[0], '--store', store.dir, *words[1:]]
    done = subprocess.run([sys.executable, '-c', SCRIPT, *words], capture_output=True, text=True, env=check.environment)
    status, peak = (int(n) for n in done.stdout.split())
    check.equal(what + ': exit status', status, 0, done.stderr)
    if not sanitized():
        check.holds('%s: under %d MiB' % (what, most >> 20), peak < most, '%d MiB' % (peak >> 20))
    return peak >> 20


def read(check, what, capture):
    store = check.store()
    peak = bounded(check, 'reading ' + what, store, 'read', *[w for net in NETS for w in ('--net', net)], capture)
    bounded(check, 'listing ' + what, store, 'list', '--format', 'csv')
    if check.can_export:
        bounded(check, 'exporting ' + what, store, 'export', '--records')
    check.holds(what + ': few files', files(store) <= FILES_MAX, files(store))
    print('%s: %d MiB, %d files' % (what, peak, files(store)))
    return store


def many(check):
    capture = load(check.path('many'), check.random, RECORDS, peers=400000, step_ns=3 * SECOND)
    store = read(check, '%d records of 400,000 peers over %d days' % (RECORDS, 3 * RECORDS // 86400), capture)
    check.equal('many: packets', sum(store.packets().values()), RECORDS)
    store.verify('many')


def busy_host(check):
    """What `host` tells is counted over peers, however many records they have."""
    records = RECORDS * 3
    capture = load(check.path('busy'), check.random, records, hosts=1, peers=3000, step_ns=SECOND // 4)
    store = check.store()
    store.read(capture)
    bounded(check, 'host of %d records' % records, store, 'host', '192.0.2.0', most=MEMORY_MAX // 4)
    asked = store.ask('sql', "SELECT daddr, count(*) FROM sighting GROUP BY daddr ORDER BY count(*) DESC, addr_key(daddr) LIMIT 10")
    told = [line.split()[:2] for line in store.ask('host', '192.0.2.0').splitlines()[-10:]]
    check.equal('host: who knocked most', [[a, n.replace(',', '')] for a, n in told],
                [line.split(',') for line in asked.splitlines()[1:]])


def answers_all(check):
    t = Traffic()
    t.frames = [(START + p * 10 ** 6, tcp_frame('192.0.2.66', p, '198.51.100.7', 40000, SYNACK)) for p in range(1, 65536)]
    store = read(check, 'a host that answers on every port', write(check.path('all'), pcap(t.frames)))
    check.equal('answers all: services', len(store.packets()), 65535)
    store.verify('answers all')


def many_hours(check):
    """400 years cannot be said in pcap: 130 in pcap's 32 bits, more in pcapng's 64."""
    hours = 20000 if sanitized() else 100000
    frame = tcp_frame('192.0.2.66', 80, '198.51.100.7', 40000, SYNACK)
    step = 2 ** 64 // hours // (3600 * SECOND) * 3600 * SECOND
    frames = [(i * step + 5, frame) for i in range(hours)]
    store = read(check, '%d hours over 584 years' % hours, write(check.path('hours'), pcapng(frames)))
    check.equal('many hours: packets', store.packets(), {('192.0.2.66', 80): hours})
    row = store.rows()[('192.0.2.66', 80)]
    check.equal('many hours: first and days', (row['first_seen'], row['days']), ('1970-01-01T00:00:00.000Z', hours))
    check.equal('many hours: a window', store.packets(more=['--since', '2019-01-01', '--at', '2019-12-31']),
                {('192.0.2.66', 80): sum(1546300800 * SECOND <= t < 1577836800 * SECOND for t, _ in frames)})
    store.verify('many hours')
    backwards = check.store()
    backwards.read(write(check.path('hours'), pcapng(frames[::-1])))
    check.equal('many hours, backwards', backwards.list(), store.list())


def edges(check):
    """The first and the last time that a capture can claim."""
    frame = tcp_frame('192.0.2.66', 80, '198.51.100.7', 40000, SYNACK)
    for time, text in ((0, '1970-01-01T00:00:00.000Z'), (2 ** 63 - 1, '2262-04-11T23:47:16.854Z'),
                       (2 ** 63, '2262-04-11T23:47:16.854Z'), (2 ** 64 - 1, '2554-07-21T23:34:33.709Z')):
        store = check.store()
        capture = write(check.path('edge'), pcapng([(time, frame)]))
        store.read(capture)
        row = store.rows()[('192.0.2.66', 80)]
        check.equal('time %d' % time, (row['first_seen'], row['last_seen'], row['packets']), (text, text, 1))
        check.has_words('time %d, again' % time, store.read(capture).stdout, 'frames are in already')
        store.verify('time %d' % time)
    store = check.store()
    times = (0, 2 ** 64 - 1, START, 1, 2 ** 63, START + 1)
    store.read(write(check.path('edge'), pcapng([(time, frame) for time in times])))
    row = store.rows()[('192.0.2.66', 80)]
    check.equal('all of these in one', (row['first_seen'], row['last_seen'], row['packets']),
                ('1970-01-01T00:00:00.000Z', '2554-07-21T23:34:33.709Z', 6))
    # Two that overlap as much as can be said in 63 bits.
    store = check.store()
    store.read(write(check.path('edge'), pcapng([(time, frame) for time in (0, 2 ** 63 - 1)])))
    done = store.read(write(check.path('edge-2'), pcapng([(START, frame), (START + SECOND, frame)])))
    check.has_words('an overlap with it', done.stderr, 'overlaps in time')
    store.verify('edges')


CHECK = Check()
many(CHECK)
busy_host(CHECK)
answers_all(CHECK)
many_hours(CHECK)
edges(CHECK)
CHECK.end()
