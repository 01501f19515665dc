#!/usr/bin/env python3
"""The same traffic as one file, as consecutive files in one command, and in a command each: the same marks and records."""
from harness import Check, sanitized
from sessions import cut, hourly, mixture
from traffic import SECOND, Traffic, pcap, write

HOST, PEER = '192.0.2.66', '198.51.100.7'


def files_of(check, pieces, shuffled):
    """Files whose names are in another order than their times."""
    names = list(range(len(pieces)))
    if shuffled:
        check.random.shuffle(names)
    return [write(check.path('piece-%03d' % name), pcap(piece)) for name, piece in zip(names, pieces)]


def compare(check, what, frames, pieces, whole):
    together, apart = check.store(), check.store()
    files = files_of(check, pieces, True)
    done = together.read(*sorted(files))
    check.holds(what + ', one command: no warning of overlaps', 'overlaps' not in done.stderr, done.stderr)
    check.equal(what + ', one command', together.state(), whole)
    for name in files:
        apart.read(name)
    check.equal(what + ', a command each', apart.state(), whole)
    check.equal(what + ', batches', len(apart.batches()), len(pieces))
    if check.can_verify and len(pieces) > 2:
        check.run('verify', '--rebuild', '--store', apart.dir)
        check.equal(what + ', counted anew from the archive', apart.state(), whole)
    together.remove()
    apart.remove()


def read_whole(check, frames):
    store = check.store()
    store.read(write(check.path('whole'), pcap(frames)))
    return store


def cut_everywhere(check, what, frames):
    """Two files, for each place between two frames."""
    whole = read_whole(check, frames).state()
    for at in range(1, len(frames)):
        compare(check, '%s, cut before frame %d' % (what, at + 1), frames, [frames[:at], frames[at:]], whole)


def one_session():
    t = Traffic()
    c = t.connect(PEER, 40000, HOST, 21)
    c.client('USER a\r\n')
    c.server('331 pass')
    c.server('word\r\n227 ok (192,0,2,66,')
    c.server('117,48)\r\n')
    t.connect(PEER, 41000, HOST, 30000)
    t.connect(PEER, 41001, HOST, 7777)
    return t.frames


def idle_session():
    """A control connection on an odd port that is idle for longer than it is remembered."""
    t = Traffic()
    c = t.connect(HOST, 40000, PEER, 2121)
    c.client('USER a\r\n')
    c.server('331 password\r\n')
    t.wait(3700)
    t.synack(HOST, 80, PEER, 50000)
    c.client('NOOP\r\n')
    t.synack(HOST, 30000, PEER, 20)
    t.synack(HOST, 80, PEER, 50001)
    return t.frames


def stepped_back(check, frames, seconds):
    """The clock is set back where one file ends and the next begins; a file of another time lies nearby as well."""
    for _ in range(3):
        # The second file begins at least that much after the beginning of the first.
        at = check.random.randrange(len(frames) // 3, len(frames) * 2 // 3)
        earlier = next(i for i in range(at) if frames[at][0] - frames[i][0] < 1800 * SECOND)
        later = [(time - seconds * SECOND, data) for time, data in frames[at:]]
        pieces = [frames[:earlier], frames[earlier:at], later]
        whole = read_whole(check, frames[:at] + later)
        apart = check.store()
        for i, piece in enumerate(pieces):
            apart.read(write(check.path('stepped-%d' % i), pcap(piece)))
        check.equal('set back by %d s before frame %d' % (seconds, at + 1), apart.state(), whole.state())
        apart.verify('set back')


def main():
    check = Check()
    cut_everywhere(check, 'one FTP session', one_session())
    cut_everywhere(check, 'an idle session', idle_session())
    for turn in range(2 if sanitized() else 5):
        frames = mixture(check.random)
        store = read_whole(check, frames)
        whole = store.state()
        marks = {row['marks'] for row in store.rows().values()}
        check.holds('the mixture has marks and none', {'', 'ftp-data', 'split-handshake'} <= marks, marks)
        compare(check, 'mixture %d, hourly' % turn, frames, hourly(frames), whole)
        for pieces in (2, 5, 12):
            compare(check, 'mixture %d in %d files' % (turn, pieces), frames, cut(check.random, frames, pieces), whole)
    for seconds in (2, 20, 280):
        stepped_back(check, mixture(check.random), seconds)
    # Several queues of a network card: times that step back a little, at the cuts too.
    frames = mixture(check.random, unsteady_ns=5 * 10 ** 8)
    compare(check, 'unsteady times', frames, cut(check.random, frames, 40, 3), read_whole(check, frames).state())
    check.end()


main()
