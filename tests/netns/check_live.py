#!/usr/bin/env python3
"""
The drivers of src/live on real interfaces: what they see is what a capture file of the same frames holds, also after an
interface was down, or gone and back.

    check_live.py LIVE_DUMP FILTER_AGREE DRIVER

Exit status 77: no root, no network namespace, or the driver is not built in.
"""
import fcntl
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'flow'))

import netns  # noqa: E402
import traffic  # noqa: E402
from make_encapsulations import collect  # noqa: E402
from sessions import mixture  # noqa: E402
from traffic import ACK, SYN, SYNACK, tcp_frame  # noqa: E402

NETS = ['--net', '192.0.2.0/24', '--net', '2001:db8::/64', '--net', '2001:db8:1::/48']
LEAST, MOST = 14, 1514  # what a line of Ethernet takes
LINK_ETHERNET, LINK_RAW, LINK_SLL = 1, 101, 113
FEATURES = os.environ.get('SEKIMORI_FEATURES', 'seccomp,programs').split(',')

TUNSETIFF, TUNSETLINK, IFF_TUN, IFF_NO_PI, ARPHRD_PPP = 0x400454CA, 0x400454CD, 1, 0x1000, 512

failures = 0


def equal(what, got, expected):
    global failures
    if got != expected:
        failures += 1
        print('FAILED %s\n  got      %.1500s\n  expected %.1500s' % (what, got, expected))


def mark(port):
    """The frame that ends a reading."""
    return tcp_frame('192.0.2.250', port, '198.51.100.250', 9, SYNACK)


class Live:
    """A running live_dump."""

    def __init__(self, dump, interface, driver, *options):
        self.process = subprocess.Popen([dump, *NETS, *options, 'live', interface, driver], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.opened = ' '.join(self.answer())
        self.failed = self.opened.startswith('failed: ')

    def answer(self):
        lines = []
        for line in self.process.stdout:
            if line == 'done\n':
                return lines
            lines.append(line.rstrip('\n'))
        return lines

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.answer()

    def until_seen(self, port, send_mark):
        """As until, where a mark may be lost: it is sent again and again."""
        done = threading.Event()

        def send():
            while not done.wait(.005):
                send_mark()

        sender = threading.Thread(target=send)
        sender.start()
        answer = self.ask('until', port)
        done.set()
        sender.join()
        return answer

    def figures(self, *words):
        return {line.split()[0]: line.split(None, 1)[1] for line in self.ask(*words)}

    def state(self, expected, tries=2000):
        """What the interface is found to be; the kernel may need a moment for a carrier."""
        for _ in range(tries):
            got = self.figures('tend')
            if got['state'] == expected:
                break
            time.sleep(.001)
        return got

    def end(self):
        self.process.stdin.close()
        rest = self.process.stdout.read()
        return self.process.wait(), rest


def write_now(folder, frames, link=LINK_ETHERNET):
    """A capture of these frames; they come as fast as on the line."""
    start = time.time_ns()
    return traffic.write(os.path.join(folder, 'frames.pcap'),
                         traffic.pcap([(start + 1000 * i, data) for i, data in enumerate(frames)], link_type=link))


def of_file(dump, frames, link=LINK_ETHERNET):
    """What a capture of these frames holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_now(folder, frames, link)
        lines = subprocess.run([dump, *NETS, 'file', path], check=True, capture_output=True, text=True).stdout.splitlines()
    assert lines.pop() == 'end'
    return lines


def outcomes_of(agree, frames):
    """How many frames have which outcome for the filter's header."""
    with tempfile.TemporaryDirectory() as folder:
        lines = subprocess.run([agree, *NETS, write_now(folder, frames)], check=True, capture_output=True,
                               text=True).stdout.splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in lines[:-1]}


def all_frames():
    """Sessions, in which marks depend on what came before, and every encapsulation, tags and cut frames among them."""
    rng = random.Random(11)
    frames = [data for _, data in mixture(rng, count=300)]
    frames += [f.data for f in collect() if f.link == LINK_ETHERNET and LEAST <= len(f.data) <= MOST]
    return frames


def promiscuity(interface):
    """How many ask that interface for all frames."""
    return json.loads(netns.ip('-json', '-details', 'link', 'show', interface).stdout)[0]['promiscuity']


def stripped(data):
    """As the kernel shows a frame to a packet socket: without its first tag."""
    return data[:12] + data[16:] if data[12:14] in (b'\x81\0', b'\x88\xa8') and len(data) >= 18 else data


def check_filtered(counts, outcomes):
    """Every frame is counted, and came up if it should."""
    up = sum(n for outcome, n in outcomes.items() if outcome.startswith('up-'))
    # Two connections may share a slot, and then the frames of one go up in vain.
    in_vain = counts['undecided'] - up
    equal('frames that went up in vain', in_vain if not 0 <= in_vain < 20 else 'few', 'few')
    taken = up + in_vain + outcomes['sighting'] + outcomes['answer'] + outcomes['syn']
    equal('counts', counts, {'frames': sum(n for outcome, n in outcomes.items() if outcome != 'longer-head'), 'taken': taken,
                             'lost': 0, 'over_budget': 0, 'missed': 0, 'undecided': up + in_vain,
                             'foreign_syns': outcomes['foreign-syn']})


def check_frames(dump, agree, live, driver):
    frames = all_frames()
    expected = of_file(dump, frames)
    outcomes = outcomes_of(agree, [stripped(f) if driver == 'af_packet' else f for f in frames + [mark(9)]])
    netns.send('left', frames + [mark(9)])
    got = live.ask('until', 9)
    print('%d frames, %d sightings, %d of them marked' % (len(frames), len(expected),
                                                          sum(len(line.split()) > 4 for line in expected)))
    equal('sightings', got, expected)
    counts = {name: int(value) for name, value in live.figures('counts').items()}
    if ',' not in live.opened:  # not filtered: all frames come
        equal('frames without a filter', (counts['frames'], counts['taken'], counts['lost']), (len(frames) + 1,) * 2 + (0,))
    else:
        check_filtered(counts, outcomes)
    equal('times and lengths', live.figures('times'), {'early': '0', 'late': '0', 'cut': '0'})


def check_one(live, what, port, interface='left'):
    """A connection, and no other, is seen."""
    frames = [tcp_frame('198.51.100.7', 50000, '192.0.2.10', port, SYN),
              tcp_frame('192.0.2.10', port, '198.51.100.7', 50000, SYNACK)]
    netns.send(interface, frames + [mark(9)])
    equal(what, live.ask('until', 9), ['192.0.2.10 %d 198.51.100.7 50000 ' % port])


def check_absence(live):
    netns.ip('link', 'set', 'right', 'down')
    equal('state, set down', live.state('down')['state'], 'down')
    netns.ip('link', 'set', 'right', 'up')
    equal('state, set up', live.state('up')['state'], 'up')
    check_one(live, 'set down and up', 443)
    netns.ip('link', 'set', 'left', 'down')
    equal('state, no carrier', live.state('down')['state'], 'down')
    netns.ip('link', 'set', 'left', 'up')
    equal('state, carrier', live.state('up')['state'], 'up')
    check_one(live, 'without and with carrier', 444)
    netns.ip('link', 'del', 'right')
    equal('state, removed', live.state('gone')['state'], 'gone')
    netns.pair('left', 'right')
    equal('state, back', live.state('up')['state'], 'up')
    check_one(live, 'removed and back', 445)
    netns.ip('link', 'del', 'right')
    netns.pair('left', 'right')
    equal('state, exchanged', live.state('up')['state'], 'up')
    check_one(live, 'exchanged between two looks', 446)


def check_networks(live):
    live.ask('networks', '203.0.113.0/24')
    netns.send('left', [tcp_frame('192.0.2.10', 80, '198.51.100.7', 50000, SYNACK),
                        tcp_frame('203.0.113.1', 80, '198.51.100.7', 50000, SYNACK),
                        tcp_frame('203.0.113.250', 9, '198.51.100.7', 9, SYNACK)])
    equal('other networks', live.ask('until', 9), ['203.0.113.1 80 198.51.100.7 50000 '])
    if ',' not in live.opened:
        return
    # Whose SYN it is, the kernel has to know.
    before = {name: int(value) for name, value in live.figures('counts').items()}
    netns.send('left', [tcp_frame('192.0.2.10', 50000, '198.51.100.7', 80, SYN)] * 3 +
               [tcp_frame('203.0.113.1', 50000, '198.51.100.7', 80, SYN)] * 5 +
               [tcp_frame('203.0.113.250', 9, '198.51.100.7', 9, SYNACK)])
    live.ask('until', 9)
    after = {name: int(value) for name, value in live.figures('counts').items()}
    equal('SYNs of other networks', [after[name] - before[name] for name in ('foreign_syns', 'taken')], [3, 6])


def check_veth(dump, agree, driver):
    netns.pair('left', 'right')
    live = Live(dump, 'right', driver)
    if live.failed and live.end()[0] == 77:
        netns.skip(live.opened)
    print('driver:', live.opened)
    automatic = Live(dump, 'left', 'auto')
    if driver == 'xdp':
        equal('auto, without an address', automatic.opened, live.opened)
    netns.ip('address', 'add', '192.0.2.1/32', 'dev', 'left')
    automatic.end()
    automatic = Live(dump, 'left', 'auto')
    equal('auto, with an address', automatic.opened.split(',')[0], 'af_packet')
    automatic.end()
    netns.ip('address', 'flush', 'dev', 'left')
    check_frames(dump, agree, live, driver)
    equal('promiscuous', promiscuity('right'), 1)
    check_absence(live)
    equal('promiscuous again', promiscuity('right'), 1)
    check_networks(live)
    equal('end', live.end(), (0, 'end\n'))
    equal('promiscuous no more', promiscuity('right'), 0)
    netns.ip('link', 'del', 'left')


def check_overflow(dump, driver):
    """More comes than a small ring holds: what is lost is counted, and everything adds up."""
    netns.pair('left', 'right')
    live = Live(dump, 'right', driver, '--ring', '262144')
    frames = [tcp_frame('192.0.2.10', 80, '198.51.100.7', 1024 + i % 60000, SYNACK) for i in range(20000)]
    netns.send('left', frames)
    marks = []  # several may be read at once, of which none is printed

    def send_mark():
        marks.append(9)
        netns.send('left', [mark(9)])

    seen = live.until_seen(9, send_mark)
    netns.send('left', [mark(10)])
    seen += live.ask('until', 10)
    counts = {name: int(value) for name, value in live.figures('counts').items()}
    print('overflow: %d frames, %d taken, %d lost' % (counts['frames'], counts['taken'], counts['lost']))
    equal('something is lost', counts['lost'] > 0, True)
    equal('frames = taken + lost', counts['taken'] + counts['lost'], counts['frames'])
    equal('taken were seen', len([line for line in seen if ' 80 ' in line]) <= counts['taken'] <= len(seen) + len(marks) + 1, True)
    live.end()
    netns.ip('link', 'del', 'left')


def check_budget(dump, driver):
    """Words of control connections without leave to go up: counted, and no sighting less."""
    netns.pair('left', 'right')
    live = Live(dump, 'right', driver, '--budget', '0')
    words = tcp_frame('192.0.2.10', 21, '198.51.100.7', 50000, ACK, payload=b'220 ready\r\n')
    check_one(live, 'before the budget', 443)
    netns.send('left', [words] * 100)
    check_one(live, 'beside what is over budget', 444)
    counts = live.figures('counts')
    equal('over budget', (counts['over_budget'], counts['undecided'], counts['frames']), ('100', '0', '106'))
    live.end()
    netns.ip('link', 'del', 'left')


def check_consume(dump, driver):
    """Frames end at the program, or that is refused."""
    netns.pair('left', 'right')
    live = Live(dump, 'right', driver, '--consume')
    if driver != 'xdp':
        equal('consume is refused', (live.failed, live.end()[0]), (True, 1))
    else:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as system:
            system.bind(('right', 3))
            system.setblocking(False)
            check_one(live, 'consumed', 443)
            live.end()
            equal('what goes on to the system', select.select([system], [], [], 0)[0], [])
            # Nothing stays behind: frames go on again.
            netns.send('left', [mark(9)])
            equal('after the end', select.select([system], [], [], 10)[0], [system])
    netns.ip('link', 'del', 'left')


def exchange():
    netns.ip('link', 'del', 'right')
    netns.pair('left', 'right')


def check_without_privileges(dump, driver):
    """What a sensor does when it has given up all that root may."""
    netns.pair('left', 'right')
    live = Live(dump, 'right', driver)
    live.ask('drop')
    if driver == 'af_packet':
        check_absence(live)
        check_networks(live)
    if driver == 'xdp':
        check_held(live)
    live.figures('counts')
    equal('end', live.end(), (0, 'end\n'))
    if driver == 'xdp':
        live = Live(dump, 'right', driver)
        live.ask('drop', 'old')
        exchange()
        got = live.state('gone')
        equal('what an older kernel refuses is said', (got['state'], 'started again' in got['reason']), ('gone', True))
        equal('end, refused', live.end(), (0, 'end\n'))
    netns.ip('link', 'del', 'left')


def check_held(live):
    """From Linux 5.19 on, whoever holds a program may attach it; before, it is said that this is not so."""
    exchange()
    for _ in range(200):
        got = live.figures('tend')
        if got['state'] == 'up':
            check_one(live, 'attached without a right', 449)
            return
        time.sleep(.001)
    equal('state, refused', (got['state'], 'started again' in got['reason']), ('gone', True))


def check_loopback(dump, driver):
    """A real connection; on this interface every frame both goes out and comes in."""
    live = Live(dump, 'lo', driver)
    live.ask('networks', '127.0.0.0/8')
    with socket.create_server(('127.0.0.1', 0)) as server, socket.create_server(('127.0.0.1', 9)) as last:
        port = server.getsockname()[1]
        with socket.create_connection(('127.0.0.1', port)) as client:
            peer = client.getsockname()[1]
            with socket.create_connection(('127.0.0.1', 9)):
                equal('the loopback interface', live.ask('until', 9), ['127.0.0.1 %d 127.0.0.1 %d ' % (port, peer)])
    live.end()


def check_point_to_point(dump, driver, kind):
    """An interface without Ethernet: frames come bare, or with a header that the kernel makes up."""
    with open('/dev/net/tun', 'r+b', buffering=0) as tun:
        fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH22x', b'bare', IFF_TUN | IFF_NO_PI))
        if kind:
            fcntl.ioctl(tun, TUNSETLINK, kind)
        netns.ip('link', 'set', 'bare', 'up')
        live = Live(dump, 'bare', driver)
        if driver == 'xdp':
            equal('XDP on what is no Ethernet', live.end()[0], 77)
            return
        frames = [data[14:] for data in all_frames() if data[12:14] in (b'\x08\0', b'\x86\xdd')]
        frames = [data for data in frames if data and data[0] >> 4 in (4, 6)]
        for data in frames + [mark(9)[14:]]:
            tun.write(data)
        equal('point to point, kind %d' % kind, live.ask('until', 9), of_file(dump, frames, LINK_RAW))
        live.end()


def main():
    dump, agree, driver = sys.argv[1:]
    netns.enter()
    check_veth(dump, agree, driver)
    check_without_privileges(dump, driver)
    if driver != 'pcap':
        check_overflow(dump, driver)
        check_consume(dump, driver)
    if driver != 'pcap' and 'programs' in FEATURES:
        check_budget(dump, driver)
    check_loopback(dump, driver)
    if os.path.exists('/dev/net/tun'):
        for kind in (0, ARPHRD_PPP):
            check_point_to_point(dump, driver, kind)
    else:
        print('no /dev/net/tun: point-to-point interfaces are not looked at')
    print('%d failures' % failures)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
