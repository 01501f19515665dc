#!/usr/bin/env python3
"""The SYN and the UDP engine against real stacks, and against one that is made up, in network namespaces."""
import collections
import os
import select
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import netns  # noqa: E402

NEAR, FAR = 'sc%dn' % os.getpid(), 'sc%df' % os.getpid()
TCP_OPEN = {22, 80, 443, 1500, 2999}
UDP_OPEN = {53, 69, 161, 999}
MADE_UP = '10.78.0.9'  # routed to the far end, where a program of ours is its only stack
OURS = set(range(1, 41))
DEAF_AT_FIRST = {13, 14, 15}  # not of those that are asked first, to see who is there
WRONG = {10, 11, 12}
RESETS = {20, 21}
NEVER = {30, 31}
EPERM = 1


# ---- the far end ----

def listen():
    """Real services; what is bound is kept by who calls."""
    kept = []
    for port in TCP_OPEN:
        s = socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
        kept.append(s)
    for port in UDP_OPEN:
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.bind(('::', port))
        kept.append(s)
    return kept


def answer_udp(s):
    port = s.getsockname()[1]
    data, who = s.recvfrom(2000)
    if port == 161 and data[4:5] != b'\x03':
        return  # only the question of version 3 is answered
    if port == 69:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
            other.sendto(b'\0\5\0\1none\0', who)  # TFTP answers from another port
    else:
        s.sendto(b'answer of %d' % port, who)


def checksum(data):
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def tcp_answer(packet, flags, more):
    """To the SYN in the packet, acknowledging its number and MORE."""
    source, to = packet[12:16], packet[16:20]
    sport, dport, sequence = struct.unpack('>HHI', packet[20:28])
    tcp = struct.pack('>HHIIBBHHH', dport, sport, 7, (sequence + more) & 0xffffffff, 0x50, flags, 1000, 0, 0)
    pseudo = to + source + struct.pack('>HH', 6, len(tcp))
    return tcp[:16] + struct.pack('>H', checksum(pseudo + tcp)) + tcp[18:]


class Stack:
    """Answers SYNs for MADE_UP: some at once and twice, some with a wrong number, some only when asked again."""

    def __init__(self):
        self.packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
        self.packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.asked = collections.Counter()

    def read(self):
        packet = self.packets.recv(200)
        if packet[9] != 6 or packet[16:20] != socket.inet_aton(MADE_UP) or packet[33] != 2:
            return
        port = struct.unpack('>H', packet[22:24])[0]
        self.asked[port] += 1
        if port in NEVER or (port in DEAF_AT_FIRST and self.asked[port] == 1):
            return
        flags, more = (0x14, 1) if port in RESETS else (0x12, 2 if port in WRONG else 1)
        body = tcp_answer(packet, flags, more)
        header = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(body), 0, 0x4000, 60, 6, 0) + packet[16:20] + packet[12:16]
        for _ in range(2):
            self.out.sendto(header + body, (socket.inet_ntoa(packet[12:16]), 0))


def far():
    netns.enter()
    with open('/proc/sys/net/ipv6/conf/default/disable_ipv6', 'w') as f:
        f.write('0')
    print('entered', flush=True)
    sys.stdin.readline()  # the interface has come
    services = listen()
    udp = [s for s in services if s.type == socket.SOCK_DGRAM]
    stack = Stack()
    print('ready', flush=True)
    while True:
        for s in select.select(udp + [stack.packets], [], [])[0]:
            if s is stack.packets:
                stack.read()
            else:
                answer_udp(s)


# ---- this end ----

class Result:
    def __init__(self, engine, words, **options):
        done = subprocess.run([engine, *words], capture_output=True, text=True, timeout=120, **options)
        self.said = done.stderr
        self.status = done.returncode
        self.ports = collections.defaultdict(list)
        self.silent, self.down = {}, set()
        for line in done.stdout.splitlines():
            words = line.split()
            if words[1] == 'down':
                self.down.add(words[0])
            elif words[1] == '*':
                self.silent[words[2]] = self.silent.get(words[2], 0) + int(words[3])
            else:
                self.ports[words[2]].append(int(words[1]))

    def told(self):
        return sum(len(p) for p in self.ports.values()) + sum(self.silent.values())


def expect(what, got, wanted):
    if got != wanted:
        print('%s: %r, not %r' % (what, got, wanted))
        sys.exit(1)
    print('%s: as it is' % what)


def far_ip(pid, *words):
    subprocess.run(['nsenter', '-t', str(pid), '-n', 'ip', *words], check=True)


def connect(far_end):
    """A cable with addresses, and routes at whose other end nobody is."""
    pid = far_end.pid
    netns.pair(NEAR, FAR)
    netns.ip('link', 'set', FAR, 'netns', str(pid))
    far_ip(pid, 'link', 'set', FAR, 'up')
    far_ip(pid, 'addr', 'add', '10.9.0.2/24', 'dev', FAR)
    netns.ip('addr', 'add', '10.9.0.1/24', 'dev', NEAR)
    netns.ip('route', 'add', '10.78.0.0/16', 'via', '10.9.0.2')
    subprocess.run(['nsenter', '-t', str(pid), '-n', 'sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward'], check=True)
    far_ip(pid, 'route', 'add', 'prohibit', '10.78.0.1')
    far_ip(pid, 'route', 'add', 'blackhole', '10.78.0.2')
    far_ip(pid, 'route', 'add', 'blackhole', MADE_UP)


def connect_v6(pid):
    try:
        with open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % NEAR, 'w') as f:
            f.write('0')
        netns.ip('addr', 'add', 'fd00:9::1/64', 'dev', NEAR, 'nodad')
        far_ip(pid, 'addr', 'add', 'fd00:9::2/64', 'dev', FAR, 'nodad')
        return True
    except (OSError, subprocess.CalledProcessError):
        return False


def check_syn(engine, v6):
    for target in ['10.9.0.2'] + ['fd00:9::2'] * v6:
        r = Result(engine, ['syn', target, '1-3000', '0'])
        expect('%s, open' % target, sorted(r.ports['open']), sorted(TCP_OPEN))
        expect('%s, closed' % target, len(r.ports['closed']), 3000 - len(TCP_OPEN))
        expect('%s, all told once' % target, (r.told(), r.silent), (3000, {}))
    r = Result(engine, ['syn', '127.0.0.1', '1-3000', '0'])
    expect('this machine, closed', len(r.ports['closed']), 3000)
    r = Result(engine, ['syn', '10.78.0.1', '1-30', '0', 'up'])
    expect('behind a route that prohibits: ICMP is heard', len(r.ports['filtered']) > 0, True)
    expect('and all told', r.told(), 30)
    r = Result(engine, ['syn', '10.78.0.2', '1-30', '0', 'up', 'retries=1'])
    expect('behind a route into nothing', (dict(r.ports), r.silent), ({}, {'filtered': 30}))
    r = Result(engine, ['syn', '10.78.0.2', '1-30', '0', 'retries=1'])
    expect('the same, not said to be up', r.down, {'10.78.0.2'})
    r = Result(engine, ['syn', '10.9.0.77', '1-30', '0'])
    expect('nobody on the link has that address', r.down, {'10.9.0.77'})


def check_limit(engine):
    """A host's time is up: no more is asked of it than the rate allows in that time, however slow this machine is."""
    for way in ('syn', 'udp'):
        r = Result(engine, [way, '10.78.0.2-10.78.0.3', '1-300', '40', 'up', 'retries=9', 'limit=2'])
        expect('%s, a limit of time: nothing is wrong' % way, r.status, 0)
        sent = int(r.said.split(' sent ')[1].split()[0])
        # Two hosts at a time would not get through: one after the other, two seconds each.
        expect('%s, so much was asked: %d' % (way, sent), 0 < sent <= 2 * 2 * 40 + 4, True)
        expect('%s, and all is told' % way, r.told(), 600)


def check_made_up(engine):
    r = Result(engine, ['syn', MADE_UP, '1-40', '0'])
    expect('doubles, and deaf at first: open', sorted(r.ports['open']), sorted(OURS - WRONG - RESETS - NEVER))
    expect('resets', sorted(r.ports['closed']), sorted(RESETS))
    expect('wrong numbers and silence', r.silent, {'filtered': len(WRONG | NEVER)})


def check_udp(engine, v6):
    for target in ['10.9.0.2'] + ['fd00:9::2'] * v6:
        begin = time.monotonic()
        r = Result(engine, ['udp', target, '50-70,120-170,990-1000', '0'], user=65534, group=65534)
        expect('%s, UDP without rights, open' % target, sorted(r.ports['open']), sorted(UDP_OPEN))
        expect('%s, some are told to be closed' % target, len(r.ports['closed']) > 0, True)
        expect('%s, all told once' % target, r.told(), 83)
        print('in %.1f s' % (time.monotonic() - begin))
    r = Result(engine, ['udp', '10.9.0.77', '50-70', '0'])
    expect('UDP, nobody has that address', r.down, {'10.9.0.77'})
    r = Result(engine, ['udp', '127.0.0.1', '50-70', '0'])
    expect('UDP, this machine, closed', len(r.ports['closed']), 21)


def main():
    engine = sys.argv[1]
    if os.geteuid() != 0:
        netns.skip('needs root')
    netns.enter()
    r = Result(engine, ['syn', '127.0.0.1', '1-10', '0'], user=65534, group=65534)
    expect('a SYN scan without rights', (r.status, 'error -%d ' % EPERM in r.said), (1, True))
    far_end = subprocess.Popen([sys.executable, __file__, 'far'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if far_end.stdout.readline() != 'entered\n':
            netns.skip('no second network namespace')
        connect(far_end)
        v6 = connect_v6(far_end.pid)
        print('go', file=far_end.stdin, flush=True)
        expect('the far end', far_end.stdout.readline(), 'ready\n')
        check_syn(engine, v6)
        check_limit(engine)
        check_made_up(engine)
        check_udp(engine, v6)
    finally:
        far_end.kill()
        far_end.wait()


far() if sys.argv[1] == 'far' else main()
