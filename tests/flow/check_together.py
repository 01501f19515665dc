#!/usr/bin/env python3
"""Several processes at one store: `read`s of different captures, of the same one, and `list`s beside them."""
import json
import subprocess

from harness import NETS, Check, sanitized
from traffic import SECOND, START, Traffic, load, pcap, write

RECORDS = 20000 if sanitized() else 100000
HOUR = 3600 * SECOND


def start(check, store, *words):
    return subprocess.Popen([check.sekimori, words[0], '--store', store.dir, *words[1:]], env=check.environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def nets():
    return [word for net in NETS for word in ('--net', net)]


def end_all(check, what, children):
    outputs = []
    for child in children:
        out, err = child.communicate()
        check.equal(what + ': exit status', child.returncode, 0, out + err)
        outputs.append(out)
    return outputs


def report_beside_replacing(check):
    """Reading under more networks replaces the batch; a report meanwhile is of one of the two, whole."""
    capture = load(check.path('replaced'), check.random, RECORDS, start_ns=START, step_ns=HOUR // RECORDS)
    store = check.store()
    store.read(capture, nets=('192.0.2.0/25',))
    small = json.loads(store.ask('report', '--format', 'json', '2019-01'))['totals']['packets']
    seen = []
    for net in ('192.0.2.0/24', '192.0.2.0/23', '192.0.0.0/22', '192.0.0.0/21', '192.0.0.0/20'):
        reading = start(check, store, 'read', '--net', net, capture)
        while reading.poll() is None:
            done = check.call('report', '--store', store.dir, '--format', 'json', '2019-01')
            check.equal('report beside a replacing read: exit status', done.returncode, 0, done.stderr)
            if done.returncode == 0:
                seen.append(json.loads(done.stdout)['totals']['packets'])
        end_all(check, 'replacing read', [reading])
    check.holds('report beside a replacing read: old or new', set(seen) <= {small, RECORDS}, (small, set(seen)))
    check.holds('report beside a replacing read: there were some', seen)
    store.remove()


def questions_beside_replacing(check):
    """The same for what reads the archive: of one moment, and no damage is told. Many small batches are read before the one that is replaced."""
    hosts, nets_more, others = 240, 20 if sanitized() else 40, 300
    earlier = []
    for i in range(others):
        t = Traffic(START + i * SECOND)
        t.synack('192.0.2.1', 80, '198.51.100.1', 40000)
        earlier.append(write(check.path('earlier-%d' % i), pcap(t.frames)))
    t = Traffic(START + HOUR)
    for i in range(hosts):
        t.synack('192.0.2.%d' % i, 80, '198.51.100.%d' % (1 + i % 9), 40000 + i)
        t.wait(1)
    capture = write(check.path('questioned'), pcap(t.frames))
    store = check.store()
    store.read(*earlier, capture, nets=('192.0.2.0/30',))
    script = 'for i in $(seq 1 %d); do "$0" read --store "$1" --net 192.0.2.$((4 * i))/30 "$2" || exit 1; done' % nets_more
    may_be = set(range(4, hosts + 1, 4))
    questions = (('list', '--since', '2000-01-01', '--format', 'csv'), ('export', '--records'),
                 ('sql', 'SELECT count(*) FROM sighting WHERE visible AND dport > 0'),
                 ('sql', 'SELECT sum(packets) FROM summary WHERE visible'))
    seen = {words: [] for words in questions}
    reading = subprocess.Popen(['sh', '-c', script, check.sekimori, store.dir, capture], env=check.environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while reading.poll() is None:
        for words in questions:
            done = check.call(words[0], '--store', store.dir, *words[1:])
            check.equal('%s beside replacing reads: exit status' % words[0], done.returncode, 0, done.stderr)
            rows = done.stdout.splitlines()[1:]
            found = int(rows[0] or 0) if words[0] == 'sql' and rows else len(rows)
            seen[words].append(found if words[0] == 'list' else found - others)
    check.equal('replacing reads: exit status', reading.returncode, 0)
    for words in questions:
        check.holds('%s beside replacing reads: of one moment' % words[0], set(seen[words]) <= may_be, seen[words])
        check.equal('%s beside replacing reads: never less than before' % words[0], seen[words], sorted(seen[words]))
        check.holds('%s beside replacing reads: there were some' % words[0], seen[words])
    store.remove()


def stall(check, store, data, *words):
    """
    A `read` of standard input that waits for the end. It has seen the first frames: a pipe holds 64 KiB, `read` takes 4 MiB
    ahead at most, and this returns when all but the last bytes are in one or the other.
    """
    child = subprocess.Popen([check.sekimori, 'read', '--store', store.dir, *words, '-'], env=check.environment,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdin.write(data[:-10])
    child.stdin.flush()
    return child


def replaced_meanwhile(check):
    """Whoever reads a capture whose batch another one replaces meanwhile must not add a second one."""
    nets = ['192.0.2.0/25', '192.0.2.128/26', '192.0.2.192/26']
    capture = load(check.path('stalled'), check.random, 100000, start_ns=START, step_ns=HOUR // 100000)
    with open(capture, 'rb') as f:
        data = f.read()
    check.holds('more than is taken ahead', len(data) > 6 << 20, len(data))
    half = write(check.path('half'), data[:len(data) // 2])
    clean = check.store()
    clean.read(capture, nets=nets)
    whole = clean.state()
    for what, first, other in (('replacing', capture, [nets[2]]), ('replacing, alike', capture, [nets[1]]),
                               ('growing', half, [nets[1]])):
        store = check.store()
        store.read(first, nets=nets[:1], status=2 if first == half else 0)
        child = stall(check, store, data, *([] if what == 'growing' else ['--net', nets[1]]))
        store.read(first, nets=other, status=2 if first == half else 0)
        before = store.batches()
        out, err = child.communicate(data[-10:])
        check.equal(what + ' what another replaced: exit status', child.returncode, 2, out.decode() + err.decode())
        check.has_words(what + ' what another replaced', err.decode(), 'another process took in a capture')
        check.equal(what + ' what another replaced: batches', store.batches(), before)
        check.equal(what + ' what another replaced: leftovers', store.leftovers(), [])
        store.read(capture, nets=nets)
        check.holds(what + ' what another replaced, read again', store.state() == whole, store.batches())
        store.verify(what + ' what another replaced')
        store.remove()
    for _ in range(3):
        store = check.store()
        store.read(capture, nets=nets[:1])
        words = [word for net in nets for word in ('--net', net)]
        outputs = end_all(check, 'two that replace', [start(check, store, 'read', *words, capture) for _ in range(2)])
        check.equal('two that replace: who says it is known', sum('nothing new' in o for o in outputs), 1)
        check.holds('two that replace', store.state() == whole, store.batches())
        check.equal('two that replace: batches', len(store.batches()), 1)
        store.verify('two that replace')
        store.remove()


def main():
    check = Check()
    report_beside_replacing(check)
    questions_beside_replacing(check)
    replaced_meanwhile(check)
    captures = [load(check.path('capture-%d' % i), check.random, RECORDS, start_ns=START + 2 * i * HOUR,
                     step_ns=HOUR // RECORDS) for i in range(3)]
    states = {}
    for n in (1, 3):
        clean = check.store()
        clean.read(*captures[:n])
        states[n] = clean.state()

    for turn in range(3 if sanitized() else 6):
        store = check.store()
        end_all(check, 'different captures', [start(check, store, 'read', *nets(), c) for c in captures])
        check.equal('different captures at once', store.state(), states[3])
        check.equal('different captures at once: leftovers', store.leftovers(), [])
        store.verify('different captures at once')
        store.remove()

        outputs = []
        store = check.store()
        outputs = end_all(check, 'the same capture', [start(check, store, 'read', *nets(), captures[0]) for _ in range(3)])
        check.equal('the same capture at once', store.state(), states[1])
        check.equal('the same capture at once: batches', len(store.batches()), 1)
        check.equal('the same capture at once: who says it is known', sum('nothing new' in o for o in outputs), 2)
        check.equal('the same capture at once: leftovers', store.leftovers(), [])
        store.verify('the same capture at once')

        # Questions beside a read: what was there before, or all of it.
        seen = {store.list()}
        reading = [start(check, store, 'read', *nets(), c) for c in captures[1:]]
        while any(child.poll() is None for child in reading):
            seen.add(store.list())
        end_all(check, 'reading beside list', reading)
        seen.add(store.list())
        check.equal('lists beside a read: the last', store.state(), states[3])
        total = {sum(int(line.split(',')[6]) for line in text.splitlines()[1:]) for text in seen}
        check.holds('lists beside a read: whole captures', total <= {RECORDS, 2 * RECORDS, 3 * RECORDS}, total)
        store.verify('lists beside a read')
        store.remove()
    check.end()


main()
