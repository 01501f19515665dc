#!/usr/bin/env python3
"""
`report --format csv` into a folder that has tables already, with each call that changes a file failing, or killed before it:
the tables are all new or all as they were, as the exit status says, and nothing else is left.
"""
import errno
import os
import signal
import sys

from harness import NETS, Check, sanitized
from sessions import mixture
from traffic import pcap, write

FAULTS = os.path.abspath(sys.argv[2])
STEPS_MAX = 500


def environment(step, error):
    options = os.environ.get('ASAN_OPTIONS', '')
    return {'LD_PRELOAD': FAULTS, 'SEKIMORI_FAULT': '%d:%d' % (step, error) if error else str(step),
            'ASAN_OPTIONS': (options + ':' if options else '') + 'verify_asan_link_order=0:detect_leaks=0',
            'SOURCE_DATE_EPOCH': '1577836800'}


def tables(folder):
    return {name: open(os.path.join(folder, name), 'rb').read() for name in sorted(os.listdir(folder))}


def main():
    check = Check()
    store = check.store()
    store.read(write(check.path('capture.pcap'), pcap(mixture(check.random))), nets=NETS)
    days = [check.path(name) for name in ('day', 'empty')]
    for folder, period in zip(days, ('2019-01-24', '2018-01-01')):
        check.run('report', '--store', store.dir, period, '--format', 'csv', '-o', folder)
    new, old = map(tables, days)
    check.holds('the two differ', new != old and set(new) == set(old))
    # Half of the tables were there.
    some = {name: text for i, (name, text) in enumerate(old.items()) if i % 2}
    steps = failed = 0
    for before in (old, some):
        for error in (errno.EIO, errno.EPERM, 0):
            step, met = 1, True
            while met and step < STEPS_MAX:
                folder = check.path('tables')
                os.makedirs(folder)
                for name, text in before.items():
                    write(os.path.join(folder, name), text)
                done = check.call('report', '--store', store.dir, '2019-01-24', '--format', 'csv', '-o', folder,
                                  environment=environment(step, error))
                what = 'step %d, %s' % (step, errno.errorcode[error] if error else 'killed')
                met = done.returncode != 0 or len(os.listdir(folder)) > len(new) or step < 3 * len(new)
                check.holds(what + ': exit status', done.returncode in (0, 2 if error else -signal.SIGKILL), done.stderr)
                left = tables(folder)
                shown = {name: text for name, text in left.items() if not name.startswith('.')}
                if error:
                    check.equal(what + ': all or none', shown, before if done.returncode else new)
                    failed += done.returncode != 0
                else:
                    check.holds(what + ': each is whole', all(text in (new[name], before.get(name)) for name, text in shown.items()))
                    check.holds(what + ': none is lost', set(shown) >= set(before), sorted(shown))
                check.run('report', '--store', store.dir, '2019-01-24', '--format', 'csv', '-o', folder)
                check.equal(what + ', then once more', tables(folder), new)
                for name in os.listdir(folder):
                    os.unlink(os.path.join(folder, name))
                os.rmdir(folder)
                step += 5 if sanitized() else 1
            steps += step
    check.holds('steps', 6 * 3 * len(new) < steps < 6 * STEPS_MAX, steps)
    check.holds('some failed', failed > len(new), failed)
    print('%d steps, %d failed' % (steps, failed))
    check.end()


main()
