#!/usr/bin/env python3
"""
`read` killed (SIGKILL) at random moments, into an empty store and into one that has something: the store is whole at
every time, and reading again gives exactly what one clean read gives.

SEKIMORI_CRASH_ROUNDS: the number of kills (60; 12 with sanitizers).
"""
import hashlib
import os
import signal
import subprocess
import time

from harness import Check, NETS, sanitized
from sessions import mixture
from traffic import SECOND, load, pcap, write

KILLS = int(os.environ.get('SEKIMORI_CRASH_ROUNDS', '12' if sanitized() else '60'))
RECORDS = 50000 if sanitized() else 250000
HOUR = 3600 * SECOND


def records_digest(store):
    """A digest of all records: tens of megabytes."""
    if not store.check.can_export:
        return ''
    words = ['export', '--store', store.dir, '--timezone', 'UTC', '--records', '--include', 'all', '--format', 'json']
    digest = hashlib.sha256()
    child = subprocess.Popen([store.check.sekimori] + words, stdout=subprocess.PIPE, env=store.check.environment)
    for piece in iter(lambda: child.stdout.read(1 << 20), b''):
        digest.update(piece)
    return '%s, exit status %d' % (digest.hexdigest(), child.wait())


def answers(store):
    return store.list() + records_digest(store)


class Killer:
    def __init__(self, check, capture):
        self.check, self.capture = check, capture
        self.words = [check.sekimori, 'read', *[w for n in NETS for w in ('--net', n)], capture, '--store']
        self.seconds = min(self.run_whole() for _ in range(3))
        self.ended = {'before the end': 0, 'after it': 0}
        self.found = {'nothing': 0, 'something pending': 0, 'committed': 0}

    def start(self, store):
        return subprocess.Popen(self.words + [store.dir], env=self.check.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run_whole(self):
        store = self.check.store()
        began = time.monotonic()
        self.start(store).wait()
        took = time.monotonic() - began
        store.remove()
        return took

    def moment(self):
        """Anywhere, and as often in the last third, where parts are written, synced and counted."""
        return self.seconds * self.check.random.uniform(*self.check.random.choice(((0, 1.1), (.6, 1.1))))

    def kill(self, store):
        began, moment = time.monotonic(), self.moment()
        child = self.start(store)
        while time.monotonic() - began < moment:
            pass  # a sleep would be coarser than the moments that matter
        child.send_signal(signal.SIGKILL)
        self.ended['before the end' if child.wait() < 0 else 'after it'] += 1


def after_kill(check, killer, store, what, before, after):
    """The store as the kill left it: as before, or as after the read."""
    if not os.path.isdir(store.dir):
        check.equal(what + ': from an empty store', before, '')
        return
    there = {name: os.path.isdir(os.path.join(store.dir, name)) for name in ('pending', 'archive')}
    pending = there['pending'] and store.leftovers()
    killer.found['something pending' if pending else 'committed' if there['archive'] and store.batches() else 'nothing'] += 1
    if check.random.randrange(3) == 0:
        return  # the next read, not list, is to put it in order
    done = check.call('list', '--store', store.dir, '--timezone', 'UTC', '--format', 'csv', '--include', 'all')
    if done.returncode == 2 and not before and 'there is no store' in done.stderr:
        return
    check.equal(what + ': list after the kill', done.returncode, 0, done.stderr)
    check.holds(what + ': all or nothing', done.stdout in (before or done.stdout.splitlines(True)[0], after), done.stdout)
    store.verify(what + ', after the kill')


def main():
    check = Check()
    capture = load(check.path('large.pcap'), check.random, RECORDS, step_ns=2 * HOUR // RECORDS)
    earlier = write(check.path('earlier.pcap'), pcap([(t - 12 * HOUR, d) for t, d in mixture(check.random)]))
    killer = Killer(check, capture)
    bases = []
    for begin in ([], [earlier]):
        base, clean = check.store(), check.store()
        if begin:
            base.read(*begin)
            clean.read(*begin)
        clean.read(capture)
        bases.append((base, base.list() if begin else '', clean.list(), answers(clean)))
        clean.verify('a clean read')
        clean.remove()
    kills = 0
    while kills < KILLS:
        base, before, after, expected = bases[check.random.randrange(2)]
        store = base.copy() if before else check.store()
        for _ in range(check.random.randint(1, 3)):
            kills += 1
            what = 'kill %d, %s' % (kills, 'something there' if before else 'empty')
            killer.kill(store)
            after_kill(check, killer, store, what, before, after)
        store.read(capture)
        check.equal(what + ', then read again', answers(store), expected)
        check.equal(what + ', then read again: leftovers', store.leftovers(), [])
        check.equal(what + ', then read again: batches', len(store.batches()), 2 if before else 1)
        store.verify(what + ', then read again')
        store.remove()
    print('%d kills, %s; found: %s; a read takes %.0f ms' % (kills, killer.ended, killer.found, killer.seconds * 1000))
    check.end()


main()
