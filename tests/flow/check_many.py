#!/usr/bin/env python3
"""
Many small files in one call, which commits each by itself and counts them together: the files know each other before they are
counted, other processes too, and whoever asks gets everything.
"""
import os
import sqlite3
import subprocess

from harness import NETS, Check, sanitized
from sessions import cut, mixture
from traffic import Traffic, pcap, write

UNCOUNTED_MIN = 100  # src/catalogue/apply.c
KNOWN = 'frames are in already'


def nets():
    return [word for net in NETS for word in ('--net', net)]


def start(check, store, *files):
    return subprocess.Popen([check.sekimori, 'read', '--store', store.dir, *nets(), *files], env=check.environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def counted(store):
    """Batches in the derived tables, without counting any."""
    db = sqlite3.connect('file:%s/catalogue.sqlite?mode=ro' % store.dir, uri=True)
    rows = db.execute('SELECT count(*) FROM derived_batch').fetchone()[0]
    db.close()
    return rows


def clean(check, frames, **more):
    store = check.store()
    store.read(write(check.path('clean'), pcap(frames)), **more)
    return store.state()


def know_each_other(check, frames):
    """The same, shorter and longer copies of files within one call."""
    pieces = cut(check.random, frames, 30)
    whole = clean(check, frames)
    files, names = [], {}  # in the order of time, as `read` puts them: copies by their place
    for i, piece in enumerate(pieces):
        for form, part in (('again', piece), ('half', piece[:(len(piece) + 1) // 2]), ('whole', piece)):
            names[form, i] = write(check.path('%02d-%s' % (i, form)), pcap(part))
            files.append(names[form, i])
    store = check.store()
    done = store.read(*files)
    check.holds('copies in one call: no overlaps', 'overlaps' not in done.stderr, done.stderr)
    check.equal('copies in one call: who says it is known', done.stdout.count(KNOWN), 2 * len(pieces))
    check.equal('copies in one call', store.state(), whole)
    check.equal('copies in one call: batches', len(store.batches()), len(pieces))
    store.verify('copies in one call')

    # Short ones first: they grow within the call.
    store = check.store()
    done = store.read(*(names[form, i] for i in range(len(pieces)) for form in ('half', 'whole', 'again')))
    check.holds('growing in one call: no overlaps', 'overlaps' not in done.stderr, done.stderr)
    check.equal('growing in one call', store.state(), whole)
    store.verify('growing in one call')

    # Under more networks: each replaces its own, all counted anew once.
    store = check.store()
    store.read(*files, nets=[NETS[0]])
    batches = len(store.batches())
    store.read(*files)
    check.equal('replaced in one call', store.state(), whole)
    check.equal('replaced in one call: batches', len(store.batches()), batches)
    check.equal('replaced in one call: leftovers', store.leftovers(), [])
    store.verify('replaced in one call')
    check.has_words('replaced, and again', store.read(*files).stdout, KNOWN)


def beside_each_other(check, frames):
    """Several calls with the same files at once: each file once."""
    pieces = cut(check.random, frames, 25)
    files = [write(check.path('beside-%02d' % i), pcap(piece)) for i, piece in enumerate(pieces)]
    whole = clean(check, frames)
    for _ in range(1 if sanitized() else 3):
        store = check.store()
        children = [start(check, store, *files) for _ in range(3)]
        outputs = [child.communicate() + (child.returncode,) for child in children]
        check.equal('at once: exit statuses', [status for _, _, status in outputs], [0, 0, 0], str(outputs))
        check.equal('at once: batches', len(store.batches()), len(pieces))
        check.equal('at once: known', sum(out.count(KNOWN) for out, _, _ in outputs), 2 * len(pieces))
        check.equal('at once', store.state(), whole)
        store.verify('at once')
        store.remove()


def asked_meanwhile(check):
    """The call waits at a pipe, its files committed: those beyond the bound are not counted yet, and are told all the same."""
    files, frames, n = [], [], UNCOUNTED_MIN + 7
    for i in range(n + 1):
        t = Traffic()
        t.wait(60 * i if i < n else 60 * n - 70)
        for peer in range(3):
            t.synack('192.0.2.%d' % (60 + i % 4), 80 + i % 2, '198.51.100.%d' % (1 + (i + peer) % 9), 40000 + i)
            t.wait(0 if i < n else 10)  # the last one overlaps with the one before it
        files.append(write(check.path('small-%03d' % i), pcap(t.frames)))
        frames.append(t.frames)
    fifo = check.path('fifo')
    os.mkfifo(fifo)
    store = check.store()
    child = start(check, store, *files[:n], fifo)
    with open(fifo, 'wb') as f:  # when somebody reads it, all before it are done
        check.equal('at the pipe: batches', len(store.batches()), n)
        check.equal('at the pipe: counted', counted(store), UNCOUNTED_MIN)
        check.equal('at the pipe: everything', store.state(), clean(check, sum(frames[:n], [])))
        check.equal('asked: counted', counted(store), n)
        f.write(pcap(frames[n]))
    out, err = child.communicate()
    check.equal('behind the pipe: exit status', child.returncode, 0, out + err)
    check.equal('behind the pipe: the overlap is named once', err.count('overlaps in time with'), 1, err)
    check.equal('behind the pipe', store.state(), clean(check, sum(frames, [])))
    check.equal('behind the pipe: counted', counted(store), n + 1)
    store.verify('behind the pipe')
    check.has_words('and again', store.read(*files).stdout, KNOWN)
    check.equal('and again: batches', len(store.batches()), n + 1)


def main():
    check = Check()
    frames = mixture(check.random)
    know_each_other(check, frames)
    beside_each_other(check, frames)
    asked_meanwhile(check)
    check.end()


main()
