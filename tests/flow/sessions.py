"""A mixture of traffic in which marks depend on what came before: FTP of all kinds, split handshakes, services, scans."""
from traffic import ACK, SECOND, SYN, SYNACK, Conversation, Traffic

INSIDE = ('192.0.2.%d', '2001:db8:1::%x')
OUTSIDE = ('198.51.100.%d', '2001:db8:f000::%x')


def announced(address, port):
    return '%s,%d,%d' % (address.replace('.', ','), port >> 8, port & 255)


def passive(t, rng, host, peer, cport, wait):
    """A passive session with waits between all words; some are TLS, some on odd ports, some split a line."""
    kind = rng.choice(('plain', 'odd', 'tls', 'split'))
    port = 2121 if kind == 'odd' else 21
    c = t.connect(peer, cport, host, port)
    c.server('220 ready\r\n')
    wait()
    c.client('USER a\r\n')
    c.server('331 password\r\n')
    wait()
    if kind == 'tls':
        c.client('AUTH TLS\r\n')
        c.server('234 go ahead\r\n')
        c.client(b'\x16\x03\x01\x00\x05hello')
        wait()
    for i in range(rng.randint(1, 3)):
        data_port = rng.randint(30000, 30050)
        if kind != 'tls':
            line = '227 ok (%s)\r\n' % announced(host, data_port) if ':' not in host else '229 ok (|||%d|)\r\n' % data_port
            c.client('PASV\r\n')
            at = rng.randint(1, len(line) - 1) if kind == 'split' else len(line)
            c.server(line[:at])
            wait()
            if at < len(line):
                c.server(line[at:])
        wait()
        t.connect(peer, cport + 1 + i, host, data_port).server('x' * 50)
    wait()
    t.connect(peer, cport + 10, host, 7777)  # its other service
    c.client('NOOP\r\n')


def active(t, rng, host, peer, cport, wait):
    port = rng.choice((21, 2121))
    c = t.connect(host, cport, peer, port)
    c.client('USER a\r\n')
    c.server('331 password\r\n')
    wait()
    listening = rng.randint(40000, 40050)
    if rng.random() < .7:
        c.client('PORT %s\r\n' % announced(host, listening) if ':' not in host else 'EPRT |2|%s|%d|\r\n' % (host, listening))
    wait()
    t.connect(peer, rng.choice((20, 20, 5555)), host, listening)
    wait()
    c.client('NOOP\r\n')


def split(t, rng, host, peer, cport, wait):
    c = Conversation(t, host, cport, peer, 80, handshake=False)
    c.send(0, SYN)
    wait()
    c.send(1, rng.choice((SYN, SYNACK)))
    wait()
    c.send(0, rng.choice((SYNACK, ACK)))


def bare(t, rng, host, peer, cport, wait):
    """Only SYN+ACKs of an FTP session."""
    t.synack(host, 21, peer, cport)
    wait()
    t.synack(host, rng.randint(30000, 30050), peer, cport + 1)
    wait()
    t.synack(host, rng.randint(30000, 30050), peer, 20)


def service(t, rng, host, peer, cport, wait):
    for i in range(3):
        t.connect(peer, cport + i, host, rng.choice((22, 80, 443, 30010, 30020, 40010)))
        wait()


def mixture(rng, count=150, hours=2.5, unsteady_ns=0):
    """Frames of sessions that begin at any time and go on beside each other; times step back by up to UNSTEADY_NS."""
    parts = []
    for i in range(count):
        t = Traffic()
        t.wait(rng.random() * hours * 3600)
        longest = rng.choice((.01, 1, 50, 700, 3700))
        family = rng.randrange(2)
        make = rng.choice((passive, active, split, bare, service))
        make(t, rng, INSIDE[family] % rng.randint(60, 70), OUTSIDE[family] % rng.randint(1, 20), 41000 + 20 * i,
             lambda: t.wait(rng.random() * longest))
        parts.append(t)
    frames = Traffic().merged(parts).frames
    if unsteady_ns:
        frames = [(time + rng.randrange(unsteady_ns), data) for time, data in frames]
    return frames


def cut(rng, frames, pieces, shortest_s=0):
    """In that many pieces or fewer, at any frames; none is shorter than that but the last."""
    at = [0]
    for i in sorted(rng.sample(range(1, len(frames)), pieces - 1)):
        if frames[i][0] - frames[at[-1]][0] >= shortest_s * SECOND:
            at.append(i)
    at.append(len(frames))
    return [frames[a:b] for a, b in zip(at, at[1:])]


def hourly(frames):
    """As a capture daemon cuts."""
    hours = {}
    for time, data in frames:
        hours.setdefault(time // (3600 * SECOND), []).append((time, data))
    return [hours[h] for h in sorted(hours)]
