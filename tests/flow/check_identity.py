#!/usr/bin/env python3
"""
A capture is known by its frames: the same again changes nothing, a grown one gives what is new, a cut one is completed,
one that was read under fewer networks is read anew. Always: as one clean read.
"""
import itertools
import os
import shutil
import threading

from harness import NETS, Check, has
from sessions import mixture
from traffic import COMPRESSIONS, Traffic, pcap, pcapng, write

ALL_KNOWN = 'frames are in already'


def clean(check, data, **more):
    store = check.store()
    store.read(write(check.path('clean'), data), **more)
    return store.state()


def same_again(check, frames):
    store = check.store()
    frames = [(time + 789, data) for time, data in frames]
    original = write(check.path('original.pcap'), pcap(frames))
    store.read(original)
    before, batches = store.state(), store.batches()
    forms = {'again': pcap(frames), 'renamed': pcap(frames), 'pcapng': pcapng(frames),
             'microseconds': pcap(frames, nanoseconds=False)}
    for name, compress in COMPRESSIONS.items():
        if name == 'zstd' or has(name):
            forms[name] = compress(pcap(frames))
            forms['pcapng, ' + name] = compress(pcapng(frames))
    for words, data in forms.items():
        if data is None:
            continue
        path = original if words == 'again' else write(check.path('a capture (%s)' % words), data)
        done = store.read(path)
        check.has_words(words + ': says so', done.stdout, ALL_KNOWN, 'nothing new')
        check.equal(words + ': nothing on stderr', done.stderr, '')
        check.equal(words + ': the store', store.state(), before)
        check.equal(words + ': batches', store.batches(), batches)
    with open(original, 'rb') as f:
        check.has_words('standard input: says so', store.read('-', stdin=f).stdout, ALL_KNOWN)
    check.equal('standard input: batches', store.batches(), batches)
    done = store.read(original, original)
    check.has_words('twice in one command', done.stdout, ALL_KNOWN)
    check.equal('twice in one command: the store', store.state(), before)
    done = store.read(original, more=['--format', 'csv'])
    check.equal('the verdicts of a known capture add up to its frames',
                sum(int(line.split(',')[1]) for line in done.stdout.split()[1:]), len(frames))
    fresh = check.store()
    fresh.read(original, original)
    check.equal('twice in one command, fresh', fresh.state(), before)
    store.verify('the same again')


def fill(descriptor, data):
    with os.fdopen(descriptor, 'wb') as f:
        f.write(data)


def pipes(check, frames):
    """Several pipes in one command, as the shell's <(...) makes them: each gives its bytes once."""
    half = len(frames) // 2
    whole, store, readers = check.store(), check.store(), []
    for piece in (frames[:half], frames[half:]):
        whole.read(write(check.path('half'), pcap(piece)))
        reader, writer = os.pipe()
        readers.append(reader)
        threading.Thread(target=fill, args=(writer, pcap(piece)), daemon=True).start()
    done = store.read(*('/dev/fd/%d' % reader for reader in readers), pass_fds=readers)
    check.equal('pipes: nothing on stderr', done.stderr, '')
    check.equal('pipes', store.state(), whole.state())
    for reader in readers:
        os.close(reader)


def grown(check, frames):
    whole = clean(check, pcap(frames))
    store, at = check.store(), 0
    parts = sorted(check.random.sample(range(1, len(frames)), 6)) + [len(frames)]
    for part in parts:
        done = store.read(write(check.path('growing.pcap'), pcap(frames[:part])))
        check.equal('grown to %d frames: says so' % part, 'it has grown' in done.stdout, at > 0, done.stdout)
        check.equal('grown to %d frames: warnings' % part, 'overlaps' in done.stderr, False, done.stderr)
        at = part
        again = store.read(write(check.path('growing.pcap.again'), pcapng(frames[:part])))
        check.has_words('grown to %d frames, again' % part, again.stdout, ALL_KNOWN)
    check.equal('grown: as one clean read', store.state(), whole)
    check.equal('grown: batches', len(store.batches()), 7)
    for part in parts:
        done = store.read(write(check.path('earlier.pcap'), pcap(frames[:part])))
        check.has_words('an earlier state of it', done.stdout, ALL_KNOWN)
    check.equal('earlier states of it', store.state(), whole)
    store.verify('grown')


def grown_backwards(check):
    """The clock steps back by minutes while a capture grows, in the midst of an FTP session; the next file goes on."""
    t, host, peer = Traffic(), '192.0.2.66', '198.51.100.7'
    t.synack(host, 80, peer, 40000)
    t.wait(900)
    t.synack(host, 80, peer, 40001)
    first = len(t.frames)
    t.wait(-300)
    c = t.connect(peer, 40002, host, 2121)
    c.client('USER a\r\n')
    c.server('331 password\r\n')
    c.server('227 ok (192,0,2,66,117,48)\r\n')
    second = len(t.frames)
    t.wait(400)
    t.connect(peer, 40003, host, 30000)
    store = check.store()
    store.read(write(check.path('steps'), pcap(t.frames[:first])))
    done = store.read(write(check.path('steps'), pcap(t.frames[:second])))
    check.has_words('grown backwards', done.stdout, 'it has grown', '00:10:00 to 2019-01-24 00:10:00')
    check.equal('grown backwards: warnings', done.stderr, '')
    store.read(write(check.path('steps-next'), pcap(t.frames[second:])))
    check.equal('grown backwards, and on: marks', store.rows()[host, 30000]['marks'], 'ftp-data')


def absurd_time(check):
    """One frame amid an FTP session is dated decades ahead; the next file still goes on from the session."""
    t, host, peer = Traffic(), '192.0.2.66', '198.51.100.7'
    c = t.connect(peer, 40002, host, 2121)
    c.client('USER a\r\n')
    c.server('331 password\r\n')
    c.server('227 ok (192,0,2,66,117,48)\r\n')
    t.wait(2000000000)
    t.synack(host, 80, peer, 40000)
    t.wait(-2000000000)
    t.synack(host, 80, peer, 40001)
    first = len(t.frames)
    t.wait(5)
    t.connect(peer, 40003, host, 30000)
    store = check.store()
    store.read(write(check.path('absurd'), pcap(t.frames[:first])))
    store.read(write(check.path('absurd-next'), pcap(t.frames[first:])))
    check.equal('an absurd time: marks', store.rows()[host, 30000]['marks'], 'ftp-data')


def read_known(check, what, store, path, state, batches, **run):
    """It is in already: said so, and nothing changes."""
    done = store.read(path, **run)
    check.has_words(what + ': says so', done.stdout, ALL_KNOWN, 'nothing new')
    check.equal(what + ': no warning of overlaps', 'overlaps' in done.stderr, False, done.stderr)
    check.equal(what + ': batches', store.batches(), batches)
    check.equal(what + ': leftovers', store.leftovers(), [])
    check.equal(what + ': the store', store.state(), state)


def shorter(check, frames):
    """The whole first, later a copy of its beginning, cut anywhere, in whatever form."""
    frames = [(time + 789, data) for time, data in frames]
    store, data = check.store(), pcap(frames)
    store.read(write(check.path('whole.pcap'), data))
    state, batches = store.state(), store.batches()
    for at in [1, 2, len(frames) - 1] + check.random.sample(range(3, len(frames) - 1), 12):
        path = write(check.path('beginning.pcap'), pcap(frames[:at]))
        read_known(check, 'its first %d frames' % at, store, path, state, batches)
    some = frames[:len(frames) // 3]
    forms = {'pcapng': pcapng(some), 'microseconds': pcap(some, nanoseconds=False)}
    forms.update({name: compress(pcap(some)) for name, compress in COMPRESSIONS.items() if name == 'zstd' or has(name)})
    for form, packed in forms.items():
        if packed:
            read_known(check, 'its beginning, ' + form, store, write(check.path('beginning'), packed), state, batches)
    for cut in check.random.sample(range(24 + 16 + len(frames[0][1]), len(data)), 5):
        path = write(check.path('cut.pcap'), data[:cut])
        read_known(check, 'its first %d bytes' % cut, store, path, state, batches, status=2)
    if has('gzip'):
        packed = COMPRESSIONS['gzip'](data)
        path = write(check.path('cut.gz'), packed[:len(packed) * 2 // 3])
        read_known(check, 'cut inside the compression', store, path, state, batches, status=2)
    store.verify('copies of its beginning')


def shorter_in_all_orders(check, frames):
    """A short copy, the whole, one between them: whichever comes first."""
    whole = clean(check, pcap(frames))
    lengths = [len(frames) // 4, len(frames) // 2, len(frames)]
    names = [write(check.path('%d.pcap' % n), pcap(frames[:n])) for n in lengths]
    for order in itertools.permutations(names):
        what = 'in the order ' + ' '.join(os.path.basename(name) for name in order)
        apart, together = check.store(), check.store()
        for name in order:
            done = apart.read(name)
            check.equal(what + ': no warning', done.stderr, '')
        check.equal(what, apart.state(), whole)
        together.read(*order)
        check.equal(what + ', one command', together.state(), whole)
        apart.verify(what)
        apart.remove()
        together.remove()


def shorter_than_many(check, frames):
    """The whole came in as it grew; then copies that end between those ends."""
    store, whole = check.store(), clean(check, pcap(frames))
    ends = sorted(check.random.sample(range(1, len(frames)), 4)) + [len(frames)]
    for end in ends:
        store.read(write(check.path('growing.pcap'), pcap(frames[:end])))
    batches = store.batches()
    for at in check.random.sample(range(1, len(frames)), 10):
        read_known(check, 'grown %s times, its first %d frames' % (ends, at), store,
                   write(check.path('beginning.pcap'), pcap(frames[:at])), whole, batches)
    store.verify('shorter than one that has grown')


def sum_of(*counts):
    total = {}
    for count in counts:
        for key, packets in count.items():
            total[key] = total.get(key, 0) + packets
    return total


def shorter_but_other(check, frames):
    """What is not in the longer capture is never dropped."""
    # In the midst of an hour: whole hours are told apart by their counts alone.
    early, half = len(frames) // 4, len(frames) // 2
    whole = write(check.path('whole.pcap'), pcap(frames))
    alone = check.store()
    alone.read(whole)
    more = Traffic(frames[early][0])
    more.synack('192.0.2.66', 8443, '198.51.100.99', 40000)
    again = Traffic(frames[early][0])
    at = next(i for i in range(half, len(frames)) if is_synack(frames[i][1]))
    again.frames += [(again.now, frames[at][1])]
    twice = next(i for i in range(1, early) if is_synack(frames[i][1]))
    others = {'its beginning and another answer': frames[:early] + more.frames,
              'another answer in the midst': frames[:early] + more.frames + frames[early:half],
              'an answer of the rest at another time': frames[:early] + again.frames,
              'an answer twice as often': frames[:twice] + [frames[twice]] + frames[twice:early],
              'other answers in the same hour': frames[:1] + more.frames}
    for what, other in others.items():
        store, only = check.store(), check.store()
        path = write(check.path('other.pcap'), pcap(other))
        store.read(whole)
        only.read(path)
        done = store.read(path)
        check.equal(what + ': is counted', store.packets(), sum_of(alone.packets(), only.packets()), done.stdout)
        check.has_words(what + ': warned of', done.stderr, 'other.pcap: overlaps in time with', 'whole.pcap')
        check.has_words(what + ', again', store.read(path).stdout, ALL_KNOWN)
        store.verify(what)
        # The other one first: the whole is not shorter, and is counted.
        store, _ = check.store(), store.remove()
        store.read(path)
        store.read(whole)
        check.equal(what + ', the other way round', store.packets(), sum_of(alone.packets(), only.packets()))
        store.remove()
        only.remove()


def is_synack(frame):
    """Of IPv4 without options, from the site."""
    return frame[12:14] == b'\x08\0' and frame[26:29] == b'\xc0\0\x02' and frame[47] & 0x12 == 0x12


def shorter_under_other_networks(check, frames):
    """The whole under few networks: its beginning under more says more, and is taken in. Reading the whole cures it."""
    whole, beginning = pcap(frames), pcap(frames[:len(frames) // 2])
    store = check.store()
    store.read(write(check.path('whole.pcap'), whole), nets=[NETS[0]])
    done = store.read(write(check.path('beginning.pcap'), beginning), nets=NETS)
    check.has_words('its beginning under more networks: warned of', done.stderr, 'overlaps in time with')
    check.holds('its beginning under more networks: is taken in', '2001:db8:1::' in store.list(), store.list())
    store.read(check.path('whole.pcap'), nets=NETS)
    check.equal('then the whole', store.state(), clean(check, whole))
    store.verify('then the whole')
    # As it grew: the part that is read anew replaces, what is behind it overlaps, and that is said.
    store = check.store()
    for part in (len(frames) // 4, len(frames)):
        store.read(write(check.path('whole.pcap'), pcap(frames[:part])), nets=[NETS[0]])
    done = store.read(check.path('beginning.pcap'), nets=NETS)
    check.has_words('of one that has grown', done.stderr, 'under fewer networks', 'overlaps in time with')
    store.read(check.path('whole.pcap'), nets=NETS)
    check.equal('of one that has grown, then the whole', store.state(), clean(check, whole))


def shorter_than_a_damaged(check, frames):
    """The longer capture cannot be read any more: whether it holds the shorter one cannot be told."""
    store = check.store()
    store.read(write(check.path('whole.pcap'), pcap(frames)))
    part = os.path.join(store.dir, 'archive', store.batches()[0], 'part-0000')
    with open(part, 'r+b') as f:
        f.seek(os.path.getsize(part) // 2)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 0xFF]))
    words = ['read', '--store', store.dir] + [w for net in NETS for w in ('--net', net)]
    done = check.call(*words, write(check.path('beginning.pcap'), pcap(frames[:len(frames) // 2])))
    check.holds('shorter than a damaged one: is taken in', 'nothing new' not in done.stdout, done.stdout)
    check.equal('shorter than a damaged one: batches', len(store.batches()), 2)


def cut_short(check, frames):
    whole, data = clean(check, pcap(frames)), pcap(frames)
    places, at = [], 24
    for _, frame in frames:
        places.append(at)
        at += 16 + len(frame)
    for record in (0, 1, len(frames) // 2, len(frames) - 1):
        for inside in (1, 15, 16, 40):
            store = check.store()
            cut = places[record] + inside
            done = store.read(write(check.path('cut.pcap'), data[:cut]), status=2)
            check.has_words('cut at byte %d: the position' % cut, done.stderr, 'cut.pcap', str(places[record]),
                            'everything before it is taken in')
            check.equal('cut at byte %d: what is before it' % cut, store.state(), clean(check, pcap(frames[:record])))
            done = store.read(write(check.path('cut.pcap'), data))
            check.equal('cut at byte %d, then whole' % cut, store.state(), whole, done.stdout + done.stderr)
            store.remove()
    if shutil.which('zstd'):
        packed = COMPRESSIONS['zstd'](data)
        store = check.store()
        store.read(write(check.path('cut.zst'), packed[:len(packed) // 2]), status=2)
        store.read(write(check.path('cut.zst'), packed))
        check.equal('cut inside the compression, then whole', store.state(), whole)


def more_networks(check, frames):
    data = pcap(frames)
    path = write(check.path('networks.pcap'), data)
    whole = clean(check, data)
    for first in ([NETS[0]], [NETS[1]], ['192.0.2.64/28']):
        store = check.store()
        store.read(path, nets=first)
        check.holds('under %s first: fewer' % first, store.state() != whole)
        done = store.read(path, nets=NETS)
        check.has_words('under %s first: says so' % first, done.stderr, 'under fewer networks')
        check.equal('under %s first' % first, store.state(), whole)
        check.has_words('under %s first, then again' % first, store.read(path).stdout, ALL_KNOWN)
        store.verify('under %s first' % first)
        # Networks that are remembered need not be said again.
        check.has_words('under %s first, then with none said' % first, store.read(path, nets=()).stdout, ALL_KNOWN)
        check.equal('under %s first, then with none said: the store' % first, store.state(), whole)
    # Grown and under more networks at once.
    store = check.store()
    for part, nets in ((len(frames) // 3, [NETS[0]]), (len(frames) // 2, [NETS[0]]), (len(frames), NETS)):
        store.read(write(path, pcap(frames[:part])), nets=nets)
    check.equal('grown, then under more networks', store.state(), whole)
    store.verify('grown, then under more networks')


def forgotten_networks(check, frames):
    """A network is forgotten, and another one is named: what takes the old batches' place knows what they knew."""
    t = Traffic(frames[-1][0])
    for i in range(30):
        t.wait(1)
        t.synack(('203.0.113.9', '198.18.0.9', '192.0.2.9')[i % 3], 80, '198.51.100.%d' % (i % 7), 40000 + i)
    frames = frames + t.frames
    old, new = '203.0.113.0/24', '198.18.0.0/24'
    data = pcap(frames)
    path = write(check.path('forgotten.pcap'), data)
    whole, without = clean(check, data, nets=[*NETS, old, new]), check.store()
    without.read(path, nets=[*NETS, new])
    without = without.list()
    later = Traffic(frames[-1][0] + 86400 * 1000000000)
    later.tcp('192.0.2.66', 80, '198.51.100.7', 40000, 2)
    later = write(check.path('later.pcap'), pcap(later.frames))
    for what, ends in (('at once', [len(frames)]), ('as it grew', [len(frames) // 3, len(frames) - 10, len(frames)]),
                       ('from standard input', [len(frames)])):
        store = check.store()
        for end in ends:
            store.read(write(check.path('growing.pcap'), pcap(frames[:end])), nets=[*NETS, old])
        store.read(more=['--forget-net', old], nets=())
        if what == 'from standard input':
            with open(path, 'rb') as f:
                done = store.read('-', nets=[new], stdin=f)
        else:
            done = store.read(path, nets=[new])
        check.has_words('forgotten, %s: replaced' % what, done.stderr, 'takes its place')
        check.equal('forgotten, %s: batches' % what, len(store.batches()), 1)
        check.equal('forgotten, %s: not shown' % what, store.list(), without, done.stdout)
        store.read(later, nets=[old])
        check.equal('forgotten, %s: named again' % what, store.state(), whole)
        check.has_words('forgotten, %s: all is in' % what, store.read(path).stdout, ALL_KNOWN)
        store.verify('forgotten, ' + what)
    # Where nothing is replaced, what is new is read under today's networks, and cured when the old one is named.
    store = check.store()
    store.read(write(check.path('growing.pcap'), pcap(frames[:-20])), nets=[*NETS, old, new])
    store.read(more=['--forget-net', old], nets=())
    store.read(path, nets=())
    check.equal('forgotten, then grown', store.list(), without)
    store.read(path, nets=[old])
    check.equal('forgotten, then grown, then named', store.state(), whole)
    store.verify('forgotten, then grown, then named')


def others(check, frames):
    """Overlaps, and what only looks like the same capture."""
    half = len(frames) // 2
    names = [write(check.path(n), pcap(f)) for n, f in (('first.pcap', frames[:half + 200]), ('second.pcap', frames[half:]))]
    store = check.store()
    store.read(names[0])
    done = store.read(names[1])
    check.has_words('an overlap is named', done.stderr, 'second.pcap: overlaps in time with', 'first.pcap', 'both are counted')
    total = sum(r['packets'] for r in store.rows().values())
    apart = 0
    for name in names:
        one = check.store()
        one.read(name)
        apart += sum(r['packets'] for r in one.rows().values())
    check.equal('an overlap is counted twice', total, apart)
    store.verify('an overlap')

    t = Traffic()
    t.synack('192.0.2.66', 80, '198.51.100.7', 40000)
    one, two = Traffic(t.now), Traffic(t.now)
    one.synack('192.0.2.66', 81, '198.51.100.7', 40000)
    two.synack('192.0.2.66', 82, '198.51.100.7', 40000)
    store = check.store()
    store.read(write(check.path('one.pcap'), pcap(t.frames + one.frames)))
    done = store.read(write(check.path('two.pcap'), pcap(t.frames + two.frames + one.frames)))
    check.equal('the same first frame, other frames after it', store.packets(),
                {('192.0.2.66', 80): 2, ('192.0.2.66', 81): 2, ('192.0.2.66', 82): 1}, done.stdout)
    check.has_words('the same first frame: an overlap', done.stderr, 'overlaps in time')

    t = Traffic()
    for _ in range(3):
        t.frames.append((t.now, t.frames[0][1])) if t.frames else t.synack('192.0.2.66', 80, '198.51.100.7', 40000)
    store = check.store()
    store.read(write(check.path('alike.pcap'), pcap(t.frames)))
    check.equal('frames that are all alike', store.packets(), {('192.0.2.66', 80): 3})
    check.has_words('frames that are all alike, again', store.read(check.path('alike.pcap')).stdout, ALL_KNOWN)


def nothing_in_it(check):
    store = check.store()
    done = store.read(write(check.path('empty.pcap'), pcap([])))
    check.has_words('a capture without frames', done.stdout, 'nothing to take in')
    check.equal('a capture without frames: batches', store.batches(), [])
    t = Traffic()
    t.tcp('192.0.2.66', 80, '198.51.100.7', 40000, 2)
    store.read(write(check.path('no-synack.pcap'), pcap(t.frames)))
    check.equal('a capture without SYN+ACKs', store.list().splitlines()[1:], [])
    check.has_words('a capture without SYN+ACKs, again', store.read(check.path('no-synack.pcap')).stdout, ALL_KNOWN)
    t.synack('192.0.2.66', 80, '198.51.100.7', 40000)
    store.read(write(check.path('no-synack.pcap'), pcap(t.frames)))
    check.equal('a capture without SYN+ACKs that has grown', store.packets(), {('192.0.2.66', 80): 1})
    store.verify('nothing in it')


def main():
    check = Check()
    frames = mixture(check.random)
    same_again(check, frames)
    pipes(check, frames)
    grown_backwards(check)
    absurd_time(check)
    grown(check, frames)
    shorter(check, frames)
    shorter_in_all_orders(check, frames)
    shorter_than_many(check, frames)
    shorter_but_other(check, frames)
    shorter_under_other_networks(check, mixture(check.random))
    shorter_than_a_damaged(check, frames)
    cut_short(check, mixture(check.random, count=20))
    more_networks(check, frames)
    forgotten_networks(check, frames)
    others(check, frames)
    nothing_in_it(check)
    check.end()


main()
