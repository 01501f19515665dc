#!/usr/bin/env python3
"""
`read` that dies, or finds the disk full or broken, at each single step that changes a file: the store is as before or as
after, says so in words, and reading again gives exactly what one clean read gives.
"""
import errno
import os
import signal
import sys

from harness import NETS, Check, has, sanitized
from sessions import hourly, mixture
from traffic import SECOND, pcap, write

FAULTS = os.path.abspath(sys.argv[2])
STEPS_MAX = 500
# Each step is some fifty milliseconds, and ten times that with sanitizers. The build without libraries has the same steps.
STRIDE = 5 if sanitized() else 1 if has('inih') else 7


def environment(step, error):
    options = os.environ.get('ASAN_OPTIONS', '')
    return {'LD_PRELOAD': FAULTS, 'SEKIMORI_FAULT': '%d:%d' % (step, error) if error else str(step),
            'ASAN_OPTIONS': (options + ':' if options else '') + 'verify_asan_link_order=0:detect_leaks=0'}


class Steps:
    """One `read`, in a store that holds what BEFORE read, or in a new one: there it may have several captures."""

    def __init__(self, check, what, before, nets, *captures):
        self.check, self.what, self.nets, self.captures = check, what, nets, captures
        self.base = check.store() if before else None
        for earlier_nets, earlier in before:
            self.base.read(earlier, nets=earlier_nets)
        clean = self.begin()
        clean.read(*captures, nets=nets)
        self.lists = (self.base.list() if before else None, clean.list())
        self.state, self.batches = clean.state(), clean.batches()
        clean.remove()

    def begin(self):
        return self.base.copy() if self.base else self.check.store()

    def fail_at(self, step, error):
        """Returns the exit status of the read that met the fault."""
        check, store = self.check, self.begin()
        what = '%s, step %d, %s' % (self.what, step, errno.errorcode[error] if error else 'killed')
        nets = [word for net in self.nets for word in ('--net', net)]
        done = check.call('read', '--store', store.dir, *nets, *self.captures, environment=environment(step, error))
        check.holds(what + ': exit status', done.returncode in (0, 2 if error else -signal.SIGKILL), done.stderr)
        if done.returncode == 2:
            check.has_words(what + ': the place', done.stderr, store.dir)
        if self.base:
            check.holds(what + ': before or after', store.list() in self.lists)
            store.verify(what)
        store.read(*self.captures, nets=self.nets)
        check.equal(what + ', then read again', store.state(), self.state)
        check.equal(what + ', then read again: batches', store.batches(), self.batches)
        check.equal(what + ', then read again: leftovers', store.leftovers(), [])
        store.verify(what + ', then read again')
        store.remove()
        return done.returncode

    def fail_everywhere(self):
        steps, stride = 1, STRIDE * len(self.captures)
        while self.fail_at(steps, 0) != 0 and steps < STEPS_MAX:
            steps += stride
        self.check.holds(self.what + ': steps', 10 < steps < STEPS_MAX, steps)
        # Of several, those behind the one that failed are taken in, and lack what it would have remembered.
        for step in range(1, steps, stride) if len(self.captures) == 1 else ():
            self.fail_at(step, errno.ENOSPC if step % 2 else errno.EIO)
        print('%s: %d steps' % (self.what, steps))


def main():
    check = Check()
    frames = mixture(check.random)
    capture = write(check.path('capture.pcap'), pcap(frames))
    earlier = write(check.path('earlier.pcap'), pcap([(t - 12 * 3600 * SECOND, d) for t, d in frames]))
    some, more, most = [['192.0.2.0/%d' % length] for length in (28, 25, 24)]
    pieces = [write(check.path('piece-%d' % i), pcap(piece)) for i, piece in enumerate(hourly(frames)[:2])]
    for steps in (Steps(check, 'a new store', [], NETS, capture),
                  Steps(check, 'several in one call', [], NETS, *pieces),
                  Steps(check, 'a second capture', [(NETS, earlier)], NETS, capture),
                  Steps(check, 'in place of what was in place of another', [(some, capture), (more, capture)], most, capture)):
        steps.fail_everywhere()
    check.end()


main()
