#!/usr/bin/env python3
"""
Files of the archive that are damaged or lost: questions go on with what can be read, name each such file once and end with 2;
`read` goes on; `verify` finds it; and what is put back, or read again, is whole again.
"""
import contextlib
import json
import os
import shutil
import sqlite3

from harness import NETS, Check
from sessions import hourly, mixture
from traffic import SECOND, pcap, write

WORDS = [word for net in NETS for word in ('--net', net)]


BETWEEN = []  # of each damage: was some of the part counted?
BETWEEN_REPORTS = []
HEALED = []   # of each: did reading the capture again heal it, at once or when counting had met it?


def flip(path, at):
    with open(path, 'r+b') as f:
        f.seek(at)
        byte = f.read(1)
        f.seek(at)
        f.write(bytes([byte[0] ^ 0x55]))


def ask(check, store, *words):
    return check.call(words[0], '--store', store.dir, *(('--timezone', 'UTC') if words[0] != 'read' else ()), *words[1:],
                      environment={'SOURCE_DATE_EPOCH': '1577836800'})  # a report says when it was made


def lines(text):
    return text.splitlines()[1:]


def named_once(check, what, done, path):
    """Exit status 2, and the damaged file on one line."""
    check.equal(what + ': exit status', done.returncode, 2, done.stdout + done.stderr)
    check.equal(what + ': named once', done.stderr.count(path), 1, done.stderr)


QUESTIONS = (('export', '--records', '--include', 'all'), ('list', '--since', '2000-01-01', '--include', 'all', '--format', 'csv'),
             ('sql', 'SELECT date, hour, saddr, sport, daddr, dport FROM sighting'),
             ('sql', 'SELECT time, dport FROM sighting'), ('sql', 'SELECT * FROM summary'),
             ('report', '2019-01', '--include', 'all', '--format', 'json'),
             ('sql', 'SELECT count(*) FROM sighting a, summary b WHERE a.sport = b.sport AND a.saddr = b.saddr'))


def questions(check, what, store, path, less):
    """Each is answered without what is damaged. LESS: the whole store's answers, and those of one without the batch."""
    for words, whole, rest in zip(QUESTIONS, *less):
        done = ask(check, store, *words)
        said = '%s, %s' % (what, ' '.join(words))
        if words[0] != 'export' and done.stdout == whole and done.returncode == 0:
            continue  # it did not need what is damaged
        named_once(check, said, done, path)
        if words[0] == 'list':
            counts = [sum(int(line.split(',')[6]) for line in lines(text)) for text in (rest, done.stdout, whole)]
            check.holds(said + ': packets', counts[0] <= counts[1] <= counts[2], counts)
            BETWEEN.append(counts[0] < counts[1] < counts[2])
        if words[0] == 'report':
            found = [json.loads(text) for text in (rest, done.stdout, whole)]
            counts = [r['totals']['packets'] for r in found]
            check.holds(said + ': packets', counts[0] <= counts[1] <= counts[2], counts)
            BETWEEN_REPORTS.append(counts[0] < counts[1] < counts[2])
            check.equal(said + ': says so in itself', [path in text for text in found[1]['unread']], [True], found[1]['unread'])
            check.holds(said + ': on paper, too', 'of the store cannot be read' in ask(check, store, 'report', '2019-01-24').stdout)
        if words[0] == 'export':
            check.holds(said + ': only what is there', set(lines(done.stdout)) <= set(lines(whole)), done.stdout[:500])
            check.holds(said + ': all of what can be read', set(lines(rest)) <= set(lines(done.stdout)), done.stdout[:500])
            check.holds(said + ': and less than all', len(lines(done.stdout)) < len(lines(whole)), len(lines(done.stdout)))


def places(path):
    """Offsets in a part: header, series, peers, details, summaries, directory, footer; about."""
    size = os.path.getsize(path)
    return sorted({0, 20, 60, size // 3, size // 2, size * 3 // 4, size * 4 // 5, size * 7 // 8, size - 120, size - 90, size - 20})


def read_again(check, what, store, file, state):
    """Its capture heals what is damaged as soon as that is known; else it is in already. Afterwards nothing is named."""
    for known in ('at once', 'when it was counted'):
        if known == 'when it was counted':
            ask(check, store, 'verify', '--rebuild')
            if ask(check, store, 'list').returncode == 0:
                break  # counting does not look where the damage is
        done = ask(check, store, 'read', *WORDS, file)
        if 'nothing new' in done.stdout:
            continue
        said = '%s, its capture again %s' % (what, known)
        check.has_words(said + ': says so', done.stderr, 'takes its place')
        check.equal(said + ': exit status', done.returncode, 0, done.stderr)
        check.equal(said, store.state(), state)
        check.equal(said + ': nothing is named', ask(check, store, 'list', '--since', '2000-01-01').returncode, 0)
        store.verify(said)
        return known
    check.equal(what + ', its capture again: said', 'gone on without' in done.stderr, done.returncode == 2, done.stderr)
    return 'never'


def again_and_again(check, hours):
    """What took a damaged batch's place is damaged too: by its name it is another batch each time."""
    store, clean, file = check.store(), check.store(), write(check.path('again'), pcap(hours[0]))
    clean.read(file)
    store.read(file, nets=NETS[:1])
    store.read(file)
    for i, name in enumerate(('manifest', 'manifest', 'part-0000', 'part-0000', 'manifest')):
        check.equal('healed %d times: batches' % i, len(store.batches()), 1)
        path = os.path.join(store.dir, 'archive', store.batches()[0], name)
        flip(path, os.path.getsize(path) - 20)
        store.read(file)
        check.equal('healed once more after %d times' % i, store.state(), clean.state())
        store.verify('healed once more after %d times' % i)


def main():
    check = Check()
    hours = hourly(mixture(check.random))
    pieces = [hours[0], hours[1] + hours[2], hours[3]]
    files = [write(check.path('piece-%d' % i), pcap(piece)) for i, piece in enumerate(pieces)]
    whole, rest = check.store(), check.store()
    whole.read(*files)
    rest.read(files[0], files[2])
    state, listed = whole.state(), whole.list()
    before = {(row[0], row[1]): int(row[7]) for row in (line.split(',') for line in lines(listed))}
    damaged_batch = next(name for name in whole.batches() if name not in rest.batches())
    less = [[ask(check, store, *words).stdout for words in QUESTIONS] for store in (whole, rest)]
    later = write(check.path('later'), pcap([(t + 30 * 86400 * SECOND, d) for t, d in pieces[0]]))
    more = whole.copy()
    more.read(later)

    def spoil(store, name, how):
        path = os.path.join(store.dir, 'archive', damaged_batch, name)
        shutil.copy(path, check.path('kept'))
        how(path)
        return path

    part = os.path.join(whole.dir, 'archive', damaged_batch, 'part-0000')
    harms = [('part-0000', lambda p, at=at: flip(p, at), 'byte %d of a part' % at) for at in places(part)]
    harms += [('part-0000', os.unlink, 'no part'), ('part-0000', lambda p: os.truncate(p, 100), 'a short part'),
              ('manifest', lambda p: flip(p, 30), 'a manifest'), ('manifest', os.unlink, 'no manifest')]
    for name, how, what in harms:
        store = whole.copy()
        path = spoil(store, name, how)
        place = os.path.join(store.dir, 'archive', damaged_batch) + ('/' + name if name == 'manifest' else '')
        check.equal(what + ': what was counted is known', store.list(), listed)
        questions(check, what, store, place, less)
        check.equal(what + ': verify', ask(check, store, 'verify').returncode, 1)

        again = store.copy()
        HEALED.append(read_again(check, what, again, files[1], state))
        again.remove()

        # Another capture comes in. It has the services of the damaged one; they are counted on top.
        done = ask(check, store, 'read', *WORDS, later)
        needed = done.returncode != 0  # the damage is where counting looks: not in the times and ports
        if needed or name == 'manifest':
            named_once(check, what + ', read', done, place)
        done = ask(check, store, 'list', '--include', 'all', '--format', 'csv')
        if needed:
            named_once(check, what + ', then list', done, place)
        else:
            check.equal(what + ', then list', done.stdout, more.list(), done.stderr)
        got, expected = ([line.split(',') for line in lines(text)] for text in (done.stdout, more.list()))
        check.equal(what + ', then list: all but peers', [row[:7] + row[8:] for row in got],
                    [row[:7] + row[8:] for row in expected])
        check.holds(what + ', then list: peers, as before or more',
                    all(max(before.get((a[0], a[1]), 0), 1) <= int(a[7]) <= int(b[7]) for a, b in zip(got, expected)),
                    done.stdout)
        check.equal(what + ': where it was', store.batches(), more.batches())

        # Counted anew without it, and with it when it is back.
        done = ask(check, store, 'verify', '--rebuild')
        check.equal(what + ', rebuilt: exit status', done.returncode, 1, done.stderr)
        if needed or ask(check, store, 'list', '--include', 'all', '--format', 'csv').stdout != more.list():
            named_once(check, what + ', rebuilt: list', ask(check, store, 'list'), place)
        shutil.copy(check.path('kept'), path)
        check.run('verify', '--rebuild', '--store', store.dir)
        check.equal(what + ', put back', store.state(), more.state())
        store.verify(what + ', put back')
        store.remove()

    # The memory of the file before: the marks may differ, the sightings not.
    store = rest.copy()
    shutil.rmtree(os.path.join(store.dir, 'archive', [n for n in store.batches()][1]))
    path = os.path.join(store.dir, 'archive', store.batches()[0], 'memory')
    flip(path, 20)
    named_once(check, 'a memory', ask(check, store, 'read', *WORDS, files[1]), path)
    check.equal('a memory: batches', len(store.batches()), 2)
    # It is no count that lacks it: named where it was wanted, and nowhere else.
    for words in (('list',), ('read', *WORDS, files[0]), ('read', *WORDS, later), ('list', '--since', '2000-01-01')):
        done = ask(check, store, *words)
        check.equal('a memory, then %s: exit status' % words[0], done.returncode, 0, done.stderr)
    check.equal('a memory: verify', ask(check, store, 'verify').returncode, 1)
    # Also when the same call counts all anew, for another capture takes an old batch's place.
    store = rest.copy()
    path = os.path.join(store.dir, 'archive', store.batches()[0], 'memory')
    flip(path, 20)
    done = ask(check, store, 'read', *WORDS, '--net', '198.18.0.0/15', files[1], files[2])
    named_once(check, 'a memory, and all counted anew', done, path)
    check.has_words('a memory, and all counted anew', done.stderr, 'takes its place')
    check.equal('a memory, and all counted anew: list', ask(check, store, 'list').returncode, 0)

    # Damaged before it was counted: not counted, named each time, counted when it is back.
    store = whole.copy()
    os.unlink(os.path.join(store.dir, 'catalogue.sqlite'))
    path = spoil(store, 'manifest', lambda p: flip(p, 30))
    done = ask(check, store, 'read', *WORDS, later)
    named_once(check, 'a manifest, not counted: read', done, path)
    named_once(check, 'a manifest, not counted: list', ask(check, store, 'list'), path)
    shutil.copy(check.path('kept'), path)
    check.equal('a manifest, put back', store.state(), more.state())
    store.verify('a manifest, put back')

    # What the catalogue of somebody else's store says of damage does not reach the terminal as it is.
    store = whole.copy()
    with contextlib.closing(sqlite3.connect(os.path.join(store.dir, 'catalogue.sqlite'))) as db:
        db.execute("UPDATE derived_batch SET damage = char(27) || '[31mred' || char(27) || ']0;title' || char(7)")
        db.commit()
    done = ask(check, store, 'list')
    check.equal('words with control characters: exit status', done.returncode, 2)
    check.has_words('words with control characters', done.stderr, '[31mred', ']0;title', 'gone on without it')
    check.holds('words with control characters: none is left', not set(done.stderr) & {chr(27), chr(7)}, repr(done.stderr))

    # Reading the capture of a damaged manifest again heals it.
    store = whole.copy()
    spoil(store, 'manifest', lambda p: flip(p, 30))
    done = ask(check, store, 'read', *WORDS, files[1])
    check.has_words('its capture again: says so', done.stderr, 'takes its place')
    check.equal('its capture again', store.state(), state)
    store.verify('its capture again')
    again_and_again(check, hours)
    check.equal('healed by its capture: ' + ', '.join(HEALED), set(HEALED) >= {'at once', 'when it was counted'}, True)
    check.holds('the other hours of a damaged part are counted', any(BETWEEN), BETWEEN)
    check.holds('the other hours of a damaged part are reported', any(BETWEEN_REPORTS), BETWEEN_REPORTS)
    check.end()


main()
