#!/usr/bin/env python3
"""
Journals: a store with them answers, byte by byte, as it does when they have become batches, and as `read` of the same
frames does. A sensor that dies, or finds the disk full or broken, at each single step that changes a file: nothing that was
synced is lost, nothing counts twice, `verify` finds nothing; nor while one writes and batches are made of its journals.
"""
import errno
import os
import signal
import subprocess
import sys

from harness import NETS, Check, has, sanitized
from sessions import mixture
from traffic import SECOND, pcap, write

FEED, FAULTS = (os.path.abspath(p) for p in sys.argv[2:4])
STEPS_MAX = 1000
# Every step takes minutes: SEKIMORI_STRIDE=1 walks them all.
STRIDE = int(os.environ.get('SEKIMORI_STRIDE', 23 if sanitized() else 5))
MADE = {'SOURCE_DATE_EPOCH': '1550000000'}


def faulty(step, error):
    options = os.environ.get('ASAN_OPTIONS', '')
    return {'LD_PRELOAD': FAULTS, 'SEKIMORI_FAULT': '%d:%d' % (step, error) if error else str(step),
            'ASAN_OPTIONS': (options + ':' if options else '') + 'verify_asan_link_order=0:detect_leaks=0'}


def feed_words(store, capture=None, group=50, split=10 ** 6, skip=0):
    """Of one that writes CAPTURE, or without one makes batches."""
    words = ['write', store.dir, capture, group, split, skip] if capture else ['absorb', store.dir]
    return [FEED] + [str(w) for w in words] + list(NETS)


def feed(check, store, environment=(), **more):
    return subprocess.run(feed_words(store, **more), capture_output=True, text=True, timeout=600,
                          env=dict(check.environment, **dict(environment)))


def synced(done):
    """How many sightings are on disk, as the feeder says."""
    return int(done.stdout.split()[-1]) if done.stdout.split() else 0


def journals(store):
    live = os.path.join(store.dir, 'live')
    return sorted(os.listdir(live)) if os.path.isdir(live) else []


def answers(store, host):
    """All that can be asked, but for the names and frames of batches."""
    def report(period):
        return store.ask('report', period, '--format', 'json', '--include', 'all', environment=MADE)
    return '\n'.join((
        store.state(), store.ask('host', host, '--format', 'json', '--include', 'all'), report('2019-01-24'), report('2019-01'),
        store.ask('list', '--format', 'csv', '--since', '2019-01-24T01:00', '--at', '2019-01-24T05:00', '--include', 'all'),
        store.ask('sql', 'SELECT * FROM sighting ORDER BY time_ns, saddr, sport, daddr, dport'),
        store.ask('sql', "SELECT s.*, h.packets FROM service('all') s JOIN host h USING (address) ORDER BY 1, 2"),
        store.ask('sql', 'SELECT hour_ns, saddr, sport, marks, inside, visible, sum(packets) FROM summary'
                  ' GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5'),
        store.ask('sql', 'SELECT min(first_time), max(last_time), sum(sightings) FROM batch')))


class Journals:
    def __init__(self, check, capture, earlier):
        self.check, self.capture = check, capture
        self.base = check.store()
        self.base.read(earlier)
        clean = self.base.copy()
        clean.read(capture)
        self.host = min(clean.rows())[0]
        self.clean, self.clean_list = answers(clean, self.host), clean.list()
        self.n_base = self.base.records().count('\n')
        self.sightings = clean.records().count('\n') - self.n_base
        clean.remove()

    def live(self, **more):
        """A store with something, and journals on top that nobody holds."""
        store = self.base.copy()
        done = feed(self.check, store, capture=self.capture, **more)
        self.check.equal('writing: exit status', done.returncode, 0, done.stderr)
        self.check.equal('writing: synced', synced(done), self.sightings)
        return store

    def hold(self, what, store):
        self.check.equal(what, answers(store, self.host), self.clean)
        store.verify(what)

    # ---- the same answers ----

    def before_and_after(self, **shape):
        what = ', '.join('%s %s' % item for item in shape.items())
        store = self.live(**shape)
        self.check.holds(what + ': journals', len(journals(store)) >= 1)
        self.hold(what + ': with journals', store)
        self.check.holds(what + ': still there', len(journals(store)) >= 1)
        rows = store.ask('sql', 'SELECT * FROM batch ORDER BY name')
        done = feed(self.check, store)
        self.check.equal(what + ': absorbing', done.returncode, 0, done.stderr)
        self.check.equal(what + ': no journals any more', journals(store), [])
        self.hold(what + ': with batches', store)
        self.check.equal(what + ': batches', store.ask('sql', 'SELECT * FROM batch ORDER BY name'), rows)
        # The frames that a sensor saw are not those of a file: both count, with a warning.
        done = store.read(self.capture)
        self.check.has_words(what + ': a capture of the same time', done.stdout + done.stderr, 'eth1: xdp')
        self.check.equal(what + ': a capture of the same time', store.records().count('\n'), self.n_base + 2 * self.sightings)
        store.remove()

    # ---- faults ----

    def write_at(self, step, error):
        """Returns whether the fault was met."""
        check, store = self.check, self.base.copy()
        what = 'writing, step %d, %s' % (step, errno.errorcode[error] if error else 'killed')
        done = feed(check, store, faulty(step, error), capture=self.capture, group=60, split=200)
        check.holds(what + ': exit status', done.returncode in ((0,) if error else (0, -signal.SIGKILL)), done.stderr)
        there = store.records().count('\n') - self.n_base
        # What is written and not said to be synced yet may be there: one group.
        check.holds(what + ': what was synced is there', synced(done) <= there <= synced(done) + 60, (synced(done), there))
        store.verify(what)
        again = feed(check, store, capture=self.capture, skip=there)
        check.equal(what + ', the rest: exit status', again.returncode, 0, again.stderr)
        check.equal(what + ', the rest', store.list(), self.clean_list)
        absorbed = feed(check, store)
        check.equal(what + ', absorbing: exit status', absorbed.returncode, 0, absorbed.stderr)
        check.equal(what + ', absorbed', store.list(), self.clean_list)
        check.equal(what + ', nothing is left', journals(store) + store.leftovers(), [])
        store.verify(what + ', absorbed')
        store.remove()
        return done.returncode != 0

    def absorb_at(self, full, state, step, error):
        check, store = self.check, full.copy()
        what = 'absorbing, step %d, %s' % (step, errno.errorcode[error] if error else 'killed')
        done = feed(check, store, faulty(step, error))
        check.holds(what + ': exit status', done.returncode in (0, 2 if error else -signal.SIGKILL), done.stderr)
        if done.returncode == 2:
            check.has_words(what + ': the place', done.stderr, store.dir)
        check.equal(what, store.list() + store.records(), state)
        store.verify(what)
        again = feed(check, store)
        check.equal(what + ', again: exit status', again.returncode, 0, again.stderr)
        check.equal(what + ', again', store.list() + store.records(), state)
        check.equal(what + ', again: nothing is left', journals(store) + store.leftovers(), [])
        store.verify(what + ', again')
        store.remove()
        return done.returncode != 0

    def everywhere(self, what, run):
        steps = 1
        while run(steps, 0) and steps < STEPS_MAX:
            steps += STRIDE
        self.check.holds(what + ': steps', 10 < steps < STEPS_MAX, steps)
        for step in range(1, steps, STRIDE):
            run(step, errno.ENOSPC if step % 2 else errno.EIO)
        print('%s: %d steps' % (what, steps))

    def faults(self):
        self.everywhere('writing', self.write_at)
        full = self.live(group=100, split=300)
        self.check.holds('several journals to absorb', len(journals(full)) > 1)
        state = full.list() + full.records()
        self.everywhere('absorbing', lambda step, error: self.absorb_at(full, state, step, error))
        full.remove()

    # ---- at the same time ----

    def asked_while_written(self):
        """Never less than before, never more than there is, and clean whenever it is looked at."""
        check, store = self.check, self.base.copy()
        child = subprocess.Popen(feed_words(store, capture=self.capture, group=1, split=150), stdout=subprocess.DEVNULL,
                                 env=check.environment)
        least, rounds = self.n_base, 0
        most = least + self.sightings
        while child.poll() is None and rounds < 200:
            there = store.records().count('\n')
            check.holds('while it is written', least <= there <= most, (least, there, most))
            store.verify('while it is written')
            least, rounds = there, rounds + 1
        check.equal('written: exit status', child.wait(), 0)
        self.hold('written, then asked', store)
        store.remove()
        print('asked %d times while it was written' % rounds)

    def asked_while_absorbed(self):
        check, rounds = self.check, 0
        for _ in range(3):
            store = self.live(group=100, split=100)
            child = subprocess.Popen(feed_words(store), env=check.environment)
            while child.poll() is None and rounds < 200:
                self.hold('while batches are made', store)
                rounds += 1
            check.equal('absorbed: exit status', child.wait(), 0)
            self.hold('absorbed, then asked', store)
            store.remove()
        print('asked %d times while batches were made' % rounds)

    def strays(self):
        check, store = self.check, self.live(split=500)
        name = journals(store)[0]
        note, path = (os.path.join(store.dir, 'live', file) for file in ('note', name))
        write(note, b'')
        done = check.run('verify', '--store', store.dir, status=1)
        check.has_words('a stray file', done.stderr, 'live/note')
        os.unlink(note)
        with open(path, 'rb') as f:
            whole = f.read()
        write(path, whole[:-7])
        store.verify('torn at its end')
        write(path, whole[:300] + bytes([whole[300] ^ 1]) + whole[301:])
        done = check.run('verify', '--store', store.dir, status=1)
        check.has_words('a broken group', done.stderr, 'live/' + name)
        check.has_words('its gap', store.ask('sql', 'SELECT kind, batch FROM gap'), 'disk', name)
        report = store.ask('report', '2019-01-24', '--format', 'json', environment=MADE)
        check.has_words('in the report', report, '"kind": "disk"')
        store.remove()


    def whose(self):
        """Known scanners and all others are told apart in journals too, as in the batches of them."""
        config, store = self.check.path('scanners.conf'), self.live(group=40, split=90)
        write(config, ('[site]\nnetworks = %s\ntimezone = UTC\n[scanners]\n198.51.100.0/28 = one\n2001:db8:f000::/125 = another\n' % ' '.join(NETS)).encode())

        def ask(who):
            told = ('--config', config, '--peers', who)
            return [store.ask(*words) for words in (
                ('list', *told, '--format', 'csv', '--include', 'all'), ('export', *told, '--records', '--include', 'all'),
                ('host', self.host, *told, '--include', 'all'),
                ('list', *told, '--format', 'csv', '--since', '2019-01-24T01:00', '--at', '2019-01-24T05:00', '--include', 'all'))]
        sides = ('all', 'scanners', 'others')
        live = {who: ask(who) for who in sides}
        lines = {who: sorted(live[who][1].splitlines()[1:]) for who in sides}
        self.check.holds('journals: both have some', lines['scanners'] and lines['others'], lines)
        self.check.equal('journals: both make all', sorted(lines['scanners'] + lines['others']), lines['all'])
        self.check.holds('journals: still there', journals(store))
        self.hold('journals: all are asked as before', store)
        self.check.equal('absorbing', feed(self.check, store).returncode, 0)
        for who in sides:
            self.check.equal('batches: the same of ' + who, ask(who), live[who])
        store.remove()


def main():
    check = Check()
    frames = mixture(check.random)
    capture = write(check.path('capture.pcap'), pcap(frames))
    # Other peers of the same hosts, and some of the same ones.
    earlier = write(check.path('earlier.pcap'), pcap([(t - 12 * 3600 * SECOND, d) for t, d in mixture(check.random)]))
    j = Journals(check, capture, earlier)
    print('%d sightings' % j.sightings)
    for group, split in ((1, 10 ** 6), (40, 10 ** 6), (10 ** 4, 10 ** 6), (30, 90)):
        j.before_and_after(group=group, split=split)
    if has('inih'):
        j.whose()
    j.strays()
    j.asked_while_written()
    j.asked_while_absorbed()
    j.faults()
    check.end()


main()
