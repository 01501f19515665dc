#!/usr/bin/env python3
"""A full disk, a limit on file sizes, whose files they are, and a store that may only be read."""
import os
import resource
import shutil
import subprocess
import sys

from harness import NETS, Check, Store, sanitized
from traffic import SECOND, START, Traffic, load, pcap, write

NOBODY = 61398  # nobody's number, and no process of theirs: their limit is for all of a user's
BIG = 700000  # records: more than 4 MB of parts


def small(check):
    t = Traffic(START - 86400 * SECOND)
    for i in range(50):
        t.synack('192.0.2.66', 80, '198.51.100.%d' % (i + 1), 40000)
    return write(check.path('small.pcap'), pcap(t.frames))


def check_refused(check, what, store, capture, **run):
    """The read ends with status 2, names the place, and leaves the store as it was."""
    before, batches = store.state(), store.batches()
    done = store.read(capture, status=2, **run)
    check.has_words(what + ': the place', done.stderr, 'sekimori read: ', store.dir)
    check.equal(what + ': the store', store.state(), before)
    check.equal(what + ': batches', store.batches(), batches)
    check.equal(what + ': leftovers', store.leftovers(), [])
    store.verify(what)
    return done.stderr


def full_disk(check, place):
    """PLACE is a file system of 3 MiB."""
    big, little = load(check.path('big.pcap'), check.random, BIG), small(check)
    store = Store(check, os.path.join(place, 'store'))
    store.read(little)
    words = check_refused(check, 'full disk', store, big)
    check.has_words('full disk: why', words, 'No space left on device')
    # Full to the last byte: questions are still answered.
    before = store.list()
    with open(os.path.join(place, 'filler'), 'wb', buffering=0) as f:
        try:
            while f.write(bytes(4096)) == 4096:
                pass
        except OSError:
            pass
    check.equal('full to the last byte: list', store.list(), before)
    t = Traffic()
    for i in range(3000):
        t.synack('192.0.2.%d' % (i % 200), i, '198.51.100.%d' % (i % 250), 40000)
    other = write(check.path('other.pcap'), pcap(t.frames))
    check_refused(check, 'full to the last byte', store, other)
    clean = check.store()
    clean.read(little, other)
    sweep(check, place, store, other, before, clean.list())
    store.read(other)
    check.equal('a read with room after many without', store.state(), clean.state())
    store.verify('a read with room after many without')
    done = subprocess.run(['mount', '-o', 'remount,size=64m', place], capture_output=True, text=True)
    if check.equal('more room', done.returncode, 0, done.stderr):
        store.read(big, other)
        clean.read(big)
        check.equal('after room was made', store.state(), clean.state())
        store.verify('after room was made')


def sweep(check, place, store, capture, before, after):
    """A little more room each time: what is short is the part, the manifest, the catalogue, in turn. Before or after."""
    filler = os.path.join(place, 'filler')
    seen = set()
    for room in range(4096, 640 * 1024, 65536 if sanitized() else 16384):
        trial = Store(check, os.path.join(place, 'trial'))
        os.truncate(filler, 0)
        shutil.copytree(store.dir, trial.dir)
        with open(filler, 'wb', buffering=0) as f:
            try:
                while f.write(bytes(4096)) == 4096:
                    pass
            except OSError:
                pass
        os.truncate(filler, max(0, os.path.getsize(filler) - room))
        what = 'room for %d bytes' % room
        done = check.call('read', '--store', trial.dir, *[w for n in NETS for w in ('--net', n)], capture)
        listed = trial.list()
        check.holds(what + ': before or after', listed in (before, after), listed)
        # Committed, but no room to count it: status 2 too, and whoever asks counts for the moment.
        check.holds(what + ': exit status', done.returncode == 2 or (done.returncode, listed) == (0, after), done.returncode)
        check.equal(what + ': the place', trial.dir in done.stderr, done.returncode == 2, done.stderr)
        seen.add(done.returncode)
        os.truncate(filler, 0)
        trial.verify(what)
        trial.read(capture)
        check.equal(what + ', then with room', trial.list(), after)
        check.equal(what + ', then with room: leftovers', trial.leftovers(), [])
        trial.remove()
    check.equal('too little room and enough', seen, {0, 2})
    os.unlink(filler)


def in_small_file_system():
    """Again under a mount namespace of its own, so that nothing remains. Returns whether it could be done."""
    if os.geteuid() != 0 or not shutil.which('unshare'):
        return False
    script = 'mkdir "$1" && mount -t tmpfs -o size=3m tmpfs "$1" || exit 78; shift; exec "$@"'
    place = os.path.join(CHECK.folder, 'small')
    done = subprocess.run(['unshare', '-m', 'sh', '-c', script, 'sh', place, sys.executable, '-B', __file__,
                           CHECK.sekimori, place], timeout=600)
    if done.returncode == 78:
        return False
    CHECK.equal('the checks in a small file system', done.returncode, 0)
    return True


def limited(check):
    """A file may not be larger than 300 kB: as a quota would do."""
    big = load(check.path('big.pcap'), check.random, BIG // 4)
    store = check.store()
    store.read(small(check))

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))
    words = check_refused(check, 'limited file size', store, big, preexec_fn=limit)
    check.has_words('limited file size: why', words, 'File too large')
    store.read(big)
    clean = check.store()
    clean.read(small(check), big)
    check.equal('limited file size, then without', store.state(), clean.state())


def everything(folder):
    for path, folders, files in os.walk(folder):
        for name in [''] + files:
            yield os.path.join(path, name)


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def owners(check):
    """Root reads into somebody else's store."""
    store = check.store()
    os.mkdir(store.dir)
    os.chown(store.dir, NOBODY, NOBODY)
    store.read(small(check))
    store.list()
    store.read(load(check.path('more.pcap'), check.random, 1000))
    check.equal("files in nobody's store", sorted({os.stat(p).st_uid for p in everything(store.dir)}), [NOBODY])
    check.equal("their group", sorted({os.stat(p).st_gid for p in everything(store.dir)}), [NOBODY])


def links(check):
    """Somebody's store that root reads into, or asks, is no way to root's files."""
    secret = write(check.path('secret'), b'a secret')
    other = load(check.path('link.pcap'), check.random, 100)  # something to commit
    os.chmod(secret, 0o600)
    for name in ('lock', 'catalogue.sqlite', 'store.new', 'archive', 'pending'):
        for make, what in ((os.symlink, 'symbolic'), (os.link, 'hard')):
            store = check.store()
            os.mkdir(store.dir)
            os.chown(store.dir, NOBODY, NOBODY)
            target = check.folder if name in ('archive', 'pending') else secret
            if target != secret and make == os.link:
                continue
            if name != 'store.new':
                store.read(small(check))
                path = os.path.join(store.dir, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
            make(target, os.path.join(store.dir, name))
            for words in (['list'], ['read', '--net', NETS[0], other]):
                done = check.call(words[0], '--store', store.dir, *words[1:])
                said = '%s link at %s: %s' % (what, name, words[0])
                check.holds(said + ': exit status', done.returncode in (0, 2), done.stderr)
                if make == os.link and name != 'store.new':
                    check.equal(said + ': refused', done.returncode, 2)
                    check.has_words(said + ': why', done.stderr, '/%s is a hard link' % name)
                with open(secret, 'rb') as f:
                    check.equal(said + ': what root has', f.read(), b'a secret', done.stderr)
                check.equal(said + ': whose it is', (os.stat(secret).st_uid, os.stat(check.folder).st_uid), (0, 0))


def no_threads(check):
    """A user with no process to spare: said as it is, and nothing is taken in."""
    os.chmod(check.folder, 0o755)
    store = check.store()
    os.mkdir(store.dir)
    os.chown(store.dir, NOBODY, NOBODY)

    def alone():
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        as_nobody()

    capture = small(check)
    if subprocess.run([check.sekimori, '--version'], capture_output=True, preexec_fn=alone).returncode != 0:
        print('nobody cannot run %s: no threads was not checked' % check.sekimori)
        return
    done = store.read(capture, status=2, preexec_fn=alone)
    check.has_words('no threads', done.stderr, 'no further thread')
    check.equal('no threads: batches', store.batches(), [])


def readers(check):
    """Somebody who may not write asks a store of root's."""
    os.chmod(check.folder, 0o755)
    if subprocess.run([check.sekimori, '--version'], capture_output=True, preexec_fn=as_nobody).returncode != 0:
        print('nobody cannot run %s: not checked as nobody' % check.sekimori)
        return
    store = check.store()
    store.read(small(check))
    expected, before = store.list(), sorted(everything(store.dir))
    check.equal('list by who may not write', store.list(preexec_fn=as_nobody), expected)
    check.equal('list by who may not write, other zone', store.list(more=['--timezone', 'Asia/Tokyo'],
                                                                    preexec_fn=as_nobody).count('+09:00'), 2)
    check.equal('files after it', sorted(everything(store.dir)), before)
    done = store.read(small(check), status=2, preexec_fn=as_nobody)
    check.has_words('read by who may not write', done.stderr, store.dir, 'Permission denied')
    # A batch that was committed and not counted yet: the reader counts it for the moment.
    os.unlink(os.path.join(store.dir, 'catalogue.sqlite'))
    check.equal('list by who may not write, nothing counted', store.list(preexec_fn=as_nobody), expected)


def without_root(check):
    """The same, for whoever runs the checks."""
    store = check.store()
    store.read(small(check))
    expected = store.list()
    for folder in (store.dir, os.path.join(store.dir, 'archive'), os.path.join(store.dir, 'pending')):
        os.chmod(folder, 0o555)
    for path in everything(store.dir):
        if os.path.isfile(path):
            os.chmod(path, 0o444)
    check.equal('list of a store that is read-only', store.list(), expected)
    done = store.read(small(check), status=2)
    check.has_words('read into a store that is read-only', done.stderr, store.dir)
    for folder in (store.dir, os.path.join(store.dir, 'archive'), os.path.join(store.dir, 'pending')):
        os.chmod(folder, 0o755)


CHECK = Check()
if len(sys.argv) > 2:
    full_disk(CHECK, sys.argv[2])
    CHECK.end()
limited(CHECK)
if os.geteuid() == 0:
    owners(CHECK)
    links(CHECK)
    no_threads(CHECK)
    readers(CHECK)
else:
    without_root(CHECK)
if not in_small_file_system():
    print('not root, or no mounts: a full disk was not checked')
CHECK.end()
