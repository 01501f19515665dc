#!/usr/bin/env python3
"""
A sensor's hourly batches of a finished day become one, and all that can be asked says the same; each step may fail, or be the
last.
"""
import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys

from harness import NETS, Check, sanitized
from sessions import hourly, mixture
from traffic import SECOND, START, Traffic, pcap, write

RETAIN, FAULTS = os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
HOUR = 3600 * SECOND
DAY = 24 * HOUR
NOW = START + 2 * DAY + 4 * HOUR
STEPS_MAX = 300
# Every step takes minutes: SEKIMORI_STRIDE=1 walks them all.
STRIDE = int(os.environ.get('SEKIMORI_STRIDE', 23 if sanitized() else 5))
EPOCH = {'SOURCE_DATE_EPOCH': str(START // SECOND + 10 * 86400)}


def environment(step, error):
    options = os.environ.get('ASAN_OPTIONS', '')
    return {'LD_PRELOAD': FAULTS, 'SEKIMORI_FAULT': '%d:%d' % (step, error) if error else str(step),
            'ASAN_OPTIONS': (options + ':' if options else '') + 'verify_asan_link_order=0:detect_leaks=0'}


def keeper(check, store, *words, now=NOW, status=0, extra=None):
    done = subprocess.run([RETAIN, store.dir, str(now // SECOND), *words], capture_output=True, text=True, timeout=600,
                          env=dict(check.environment, **(extra or {})))
    if status is not None and done.returncode != status:
        check.fail('%s: exit status' % ' '.join(words[:2]), done.returncode, status, done.stdout + done.stderr)
    return dict((line.split()[0], int(line.split()[1])) for line in done.stdout.splitlines()), done


def frames(check, start, hours):
    """Sessions that cross the hours, and a service in each."""
    t = Traffic(start)
    for hour in range(hours):
        t.now = start + hour * HOUR + 5 * SECOND
        for i in range(3):
            t.synack('192.0.2.10', 443, '198.51.100.%d' % (1 + (hour + i) % 20), 30000 + i)
            t.synack('2001:db8:1::10', 22, '2001:db8:99::%x' % (1 + hour % 5), 40000 + i)
            t.wait(900)
    moved = [(time + start - START + HOUR, data) for time, data in mixture(check.random, 60, hours - 2)]
    return sorted([f for f in t.frames + moved if f[0] < start + hours * HOUR], key=lambda f: f[0])


class Watched:
    """Three days of a sensor: one whole, one with a break of two hours, one that is not over; beside it a capture."""

    def __init__(self, check):
        self.check = check
        self.store = check.store()
        self.store.read(write(check.path('beside.pcap'), pcap([(t - 30 * DAY, d) for t, d in mixture(check.random)])))
        files = []
        for name, start, hours in (('whole', START, 24), ('morning', START + DAY, 9), ('evening', START + DAY + 11 * HOUR, 13),
                                   ('today', START + 2 * DAY, 3)):
            for i, piece in enumerate(hourly(frames(check, start, hours))):
                files.append(write(check.path('%s-%02d.pcap' % (name, i)), pcap(piece)))
        keeper(check, self.store, 'watch', 'eth1: xdp', *files)
        check.equal('a batch an hour', len(self.store.batches()), 1 + 24 + 9 + 13 + 3)


def say(store):
    """All that can be asked, but for the batches themselves."""
    return ''.join((store.list(), store.list(include=''), store.ask('export', '--records', '--include', 'all', '--format', 'json'),
                    store.ask('list', '--include', 'all', '--format', 'json', '--since', '2019-01-24T10:20', '--at', '2019-01-25T10:20'),
                    store.ask('sql', '--format', 'csv', 'SELECT from_ns, to_ns, kind, count, interface FROM gap ORDER BY 1, 2, 3'),
                    store.ask('sql', '--format', 'csv', 'SELECT sum(frames), sum(sightings) FROM batch'),
                    store.ask('report', '--format', 'json', '--include', 'all', '2019-01-24..2019-01-27', environment=EPOCH)))


def check_days(check, watched):
    store, before = watched.store.copy(), say(watched.store)
    check.equal('too early', keeper(check, store, 'compact', now=START + DAY + HOUR)[0], {'made': 0, 'of': 0, 'passed_over': 0})
    said, _ = keeper(check, store, 'compact')
    check.equal('days', said, {'made': 3, 'of': 24 + 9 + 13, 'passed_over': 0})
    check.equal('days: batches', len(store.batches()), 1 + 3 + 3)
    check.equal('days: nothing is left over', store.leftovers(), [])
    check.equal('days: all answers', say(store), before)
    store.verify('days')
    check.equal('days: once more', keeper(check, store, 'compact')[0]['made'], 0)
    store.ask('verify', '--rebuild')
    check.equal('days: counted anew', say(store), before)
    gaps = json.loads(store.ask('report', '--format', 'json', '2019-01-25', environment=EPOCH))['not_captured']
    check.holds('days: a break is not covered', gaps['seconds'] == 7200, gaps)
    # A late hour of a day that is one already joins it, and what comes in is counted once.
    late = write(check.path('late.pcap'), pcap(frames(check, START + DAY + 9 * HOUR, 3)[:1]))
    for each in (store, watched_copy := watched.store.copy()):
        keeper(check, each, 'watch', 'eth1: xdp', late)
    check.equal('late', keeper(check, store, 'compact')[0], {'made': 1, 'of': 2, 'passed_over': 0})
    check.equal('late: all answers', say(store), say(watched_copy))
    store.verify('late')
    # A clock is believed after a week.
    week = [write(check.path('week-%d.pcap' % day), pcap(frames(check, START + day * DAY + 9 * HOUR, 3)[:1])) for day in range(2, 9)]
    keeper(check, store, 'watch', 'eth1: xdp', *week)
    retained, _ = keeper(check, store, 'apply', 'records=1', now=START + 9 * DAY)
    check.holds('days lose their details, too', retained['bared'] >= 2, retained)
    store.verify('days without details')
    check.equal('days without details stay', keeper(check, store, 'compact')[0]['made'], 0)
    store.remove()
    watched_copy.remove()


def check_not_counted(check, watched):
    """A count that is wrong stays wrong: nothing is counted for what tells the same, and details go without it."""
    store = watched.store.copy()
    with sqlite3.connect(os.path.join(store.dir, 'catalogue.sqlite')) as catalogue:
        catalogue.execute('UPDATE derived_count SET packets = packets + 1000000')
    wrong = store.list()
    for what, words in (('compact', ('compact',)), ('details', ('apply', 'records=1'))):
        said, _ = keeper(check, store, *words)
        check.holds('not counted, %s: something was done' % what, said.get('made') or said.get('bared'), said)
        check.equal('not counted, %s' % what, store.list(), wrong)
    keeper(check, store, 'apply', 'summaries=2')
    check.holds('counted anew where batches go', store.list() != wrong and '10000' not in store.list())
    store.remove()


def check_apart(check):
    """Other sensors, other networks: batches of their own."""
    store = check.store()
    store.read(write(check.path('first.pcap'), pcap([(t - 30 * DAY, d) for t, d in mixture(check.random, 20)])), nets=NETS[:1])
    files = [write(check.path('apart-%d.pcap' % i), pcap(piece)) for i, piece in enumerate(hourly(frames(check, START, 6)))]
    keeper(check, store, 'watch', 'eth1: xdp', *files[:2])
    keeper(check, store, 'watch', 'eth2: xdp', *files[2:4])
    store.read(write(check.path('second.pcap'), pcap([(t - 29 * DAY, d) for t, d in mixture(check.random, 20)])), nets=NETS[1:])
    keeper(check, store, 'watch', 'eth2: xdp', *files[4:])
    before = say(store)
    check.equal('apart', keeper(check, store, 'compact')[0], {'made': 3, 'of': 6, 'passed_over': 0})
    check.equal('apart: all answers', say(store), before)
    store.verify('apart')
    store.remove()


def check_damage(check, watched):
    store = watched.store.copy()
    batch = sorted(b for b in store.batches() if b.startswith('20190124T05'))[0]
    path = os.path.join(store.dir, 'archive', batch, 'part-0000')
    with open(path, 'r+b') as f:
        f.seek(20)
        f.write(b'\x55\x55')
    said, done = keeper(check, store, 'compact')
    check.equal('damage: the others', said, {'made': 2, 'of': 22, 'passed_over': 1})
    check.has_words('damage: it is named', done.stderr, batch)
    check.equal('damage: its day stays', len(store.batches()), 1 + 24 + 2 + 3)
    store.remove()


class Steps:
    def __init__(self, check):
        base = check.store()
        base.read(write(check.path('before.pcap'), pcap([(t - 30 * DAY, d) for t, d in mixture(check.random, 20)])))
        keeper(check, base, 'watch', 'eth1: xdp', *[write(check.path('step-%d.pcap' % i), pcap(piece)) for i, piece in enumerate(
            hourly(frames(check, START, 4)))])
        self.check, self.base, self.state = check, base, say(base)
        clean = self.base.copy()
        keeper(check, clean, 'compact')
        self.batches = len(clean.batches())
        clean.remove()

    def fail_at(self, step, error):
        check, store = self.check, self.base.copy()
        what = 'step %d, %s' % (step, errno.errorcode[error] if error else 'killed')
        _, done = keeper(check, store, 'compact', status=None, extra=environment(step, error))
        check.holds(what + ': exit status', done.returncode in (0, 2 if error else -signal.SIGKILL), done.stderr)
        if done.returncode == 2:
            check.has_words(what + ': the place', done.stderr, store.dir)
        check.equal(what + ': all answers', say(store), self.state)
        store.verify(what)
        keeper(check, store, 'compact')
        check.equal(what + ', then again', say(store), self.state)
        check.equal(what + ', then again: batches', len(store.batches()), self.batches)
        check.equal(what + ', then again: leftovers', store.leftovers(), [])
        store.verify(what + ', then again')
        store.remove()
        return done.returncode

    def fail_everywhere(self):
        steps = 1
        while self.fail_at(steps, 0) != 0 and steps < STEPS_MAX:
            steps += STRIDE
        self.check.holds('steps', 10 < steps < STEPS_MAX, steps)
        for step in range(1, steps, STRIDE):
            self.fail_at(step, errno.ENOSPC if step % 2 else errno.EIO)
        print('%d steps' % steps)


def main():
    check = Check()
    watched = Watched(check)
    check_days(check, watched)
    check_not_counted(check, watched)
    check_apart(check)
    check_damage(check, watched)
    Steps(check).fail_everywhere()
    check.end()


main()
