#!/usr/bin/env python3
"""
FTP data connections: what is marked, what is hidden, what stays visible.

Each scenario makes a capture and says which services `list` shows, with their packets, and which it leaves out.
"""
from harness import Check, has
from traffic import ACK, COMPRESSIONS, PSH, SYN, SYNACK, Conversation, Traffic, pcap, write

FTPD, FTPD6 = '192.0.2.66', '2001:db8:1:4::66'    # inside, serves FTP
DESK, DESK6 = '192.0.2.98', '2001:db8:1:6::98'    # inside, uses FTP
A, A6 = '198.51.100.7', '2001:db8:f000::7'        # outside
B = '203.0.113.9'
SCENARIOS = []


def scenario(words, shown, hidden, **options):
    """The function makes traffic; SHOWN and HIDDEN: (address, port) → packets."""
    def add(make):
        SCENARIOS.append((words, make, shown, hidden, options))
        return make
    return add


def login(t, client, server, port=21, cport=40000):
    c = t.connect(client, cport, server, port)
    c.server('220 ready\r\n')
    c.client('USER anonymous\r\n')
    c.server('331 password, please\r\n')
    c.client('PASS guest@\r\n')
    c.server('230 welcome\r\n')
    return c


def pasv_words(address, port):
    return '%s,%d,%d' % (address.replace('.', ','), port >> 8, port & 255)


def data(t, client, server, port, cport=41000):
    """A passive transfer: the client connects, the server answers."""
    d = t.connect(client, cport, server, port)
    d.server('x' * 100)
    d.close()


def active(t, server, client, port, from_port=20):
    d = t.connect(server, from_port, client, port)
    d.client('x' * 100)
    d.close()


# ---- the four words, on port 21 and on others, in both families ----

for ftp_port in (21, 2121, 60021):
    @scenario('PASV on port %d' % ftp_port, {(FTPD, ftp_port): 1}, {(FTPD, 30000): 1})
    def pasv(t, p=ftp_port):
        c = login(t, A, FTPD, p)
        c.client('PASV\r\n')
        c.server('227 Entering Passive Mode (%s).\r\n' % pasv_words(FTPD, 30000))
        data(t, A, FTPD, 30000)

    for family, server, client in ((4, FTPD, A), (6, FTPD6, A6)):
        @scenario('EPSV over IPv%d on port %d' % (family, ftp_port), {(server, ftp_port): 1}, {(server, 30001): 1})
        def epsv(t, p=ftp_port, server=server, client=client):
            c = login(t, client, server, p)
            c.client('EPSV\r\n')
            c.server('229 Entering Extended Passive Mode (|||30001|)\r\n')
            data(t, client, server, 30001)

    for source in (20, 5555):
        @scenario('PORT to port %d, data from port %d' % (ftp_port, source), {}, {(DESK, 40001): 1})
        def port(t, p=ftp_port, source=source):
            c = login(t, DESK, B, p, 45000)
            c.client('PORT %s\r\n' % pasv_words(DESK, 40001))
            c.server('200 fine\r\n')
            active(t, B, DESK, 40001, source)

        for family, server, client in ((4, B, DESK), (6, A6, DESK6)):
            @scenario('EPRT over IPv%d to port %d, data from port %d' % (family, ftp_port, source), {}, {(client, 40002): 1})
            def eprt(t, p=ftp_port, source=source, server=server, client=client, family=family):
                c = login(t, client, server, p, 45000)
                c.client('EPRT |%d|%s|40002|\r\n' % (1 if family == 4 else 2, client))
                c.server('200 fine\r\n')
                active(t, server, client, 40002, source)


# ---- how it is written, and how it is cut into segments ----

ODD = {
    'without parentheses': '227 Entering Passive Mode %s\r\n',
    'with an equals sign': '227 =%s\r\n',
    'with numbers before': '227 Mode 2 of server 7 is passive (%s)\r\n',
    'without carriage return': '227 ok (%s)\n',
}
for how, reply in ODD.items():
    @scenario('reply ' + how, {(FTPD, 2121): 1}, {(FTPD, 30000): 1})
    def odd_reply(t, reply=reply):
        c = login(t, A, FTPD, 2121)
        c.client('PASV\r\n')
        c.server(reply % pasv_words(FTPD, 30000))
        data(t, A, FTPD, 30000)


@scenario('a Telnet interrupt before the command', {}, {(DESK, 40001): 1})
def interrupt(t):
    c = login(t, DESK, B, 21, 45000)
    c.client('\xff\xf4\xff\xf2PORT %s\r\n' % pasv_words(DESK, 40001))
    c.server('200 fine\r\n')
    active(t, B, DESK, 40001, 5555)


@scenario('lower case', {}, {(DESK, 40001): 1, (DESK, 40002): 1})
def lower_case(t):
    c = login(t, DESK, B, 2121, 45000)
    c.client('port %s\r\n' % pasv_words(DESK, 40001))
    active(t, B, DESK, 40001, 5555)
    c.client('eprt |1|%s|40002|\r\n' % DESK)
    active(t, B, DESK, 40002, 5556)


@scenario('several lines in one segment', {(FTPD, 2121): 1}, {(FTPD, 30000): 1, (FTPD, 30001): 1})
def many_lines(t):
    c = t.connect(A, 40000, FTPD, 2121)
    c.client('USER a\r\nPASS b\r\nPASV\r\n')
    c.server('331 password\r\n230-welcome\r\n 227 is not here\r\n230 yes\r\n227 ok (%s)\r\n229 ok (|||30001|)\r\n150 opening\r\n'
             % pasv_words(FTPD, 30000))
    data(t, A, FTPD, 30000)
    data(t, A, FTPD, 30001)


SPLIT = '227 Entering Passive Mode (%s)\r\n' % pasv_words(FTPD, 30000)
for ftp_port in (21, 2121):
    @scenario('a line split over two segments, at any place, port %d' % ftp_port, {(FTPD, ftp_port): len(SPLIT) - 1},
              {(FTPD, 30000): len(SPLIT) - 1})
    def split_line(t, p=ftp_port):
        for at in range(1, len(SPLIT)):
            client = '198.51.100.%d' % at
            c = login(t, client, FTPD, p)
            c.client('PASV\r\n')
            c.server(SPLIT[:at])
            c.server(SPLIT[at:])
            data(t, client, FTPD, 30000)


@scenario('a line in segments of one byte', {(FTPD, 2121): 1}, {(FTPD, 30000): 1})
def one_byte(t):
    c = login(t, A, FTPD, 2121)
    for letter in SPLIT:
        c.server(letter)
    data(t, A, FTPD, 30000)


@scenario('a line split, its first part sent twice', {(FTPD, 2121): 1}, {(FTPD, 30000): 1})
def retransmitted(t):
    c = login(t, A, FTPD, 2121)
    c.client('PASV\r\n')
    at = c.seq[1]
    c.server(SPLIT[:20])
    c.send(1, PSH | ACK, SPLIT[:20].encode(), seq=at)
    c.send(1, PSH | ACK, SPLIT[:30].encode(), seq=at)  # sent again with more
    c.seq[1] = at + 30
    c.server(SPLIT[30:])
    data(t, A, FTPD, 30000)


@scenario('lines sent again, and lines before them again', {(FTPD, 2121): 1}, {(FTPD, 30000): 1})
def lines_again(t):
    c = login(t, A, FTPD, 2121)
    before = c.seq[1]
    c.server('200 noted\r\n')
    c.server(SPLIT)
    c.send(1, PSH | ACK, b'200 noted\r\n', seq=before)
    c.send(1, PSH | ACK, b'200 noted\r\n' + SPLIT.encode(), seq=before)
    data(t, A, FTPD, 30000)


for ftp_port in (21, 2121):
    @scenario('segments in the wrong order, port %d' % ftp_port, {(FTPD, ftp_port): 1}, {(FTPD, 30000): 1})
    def wrong_order(t, p=ftp_port):
        c = login(t, A, FTPD, p)
        at = c.seq[1]
        c.send(1, PSH | ACK, b'150 later\r\n', seq=at + len(SPLIT))
        c.send(1, PSH | ACK, SPLIT.encode(), seq=at)
        c.seq[1] = at + len(SPLIT) + 11
        data(t, A, FTPD, 30000)


@scenario('one line in two segments in the wrong order: the rules', {(FTPD, 21): 1}, {(FTPD, 30000): 1})
def torn_line(t):
    c = login(t, A, FTPD)
    at = c.seq[1]
    c.send(1, PSH | ACK, SPLIT[20:].encode(), seq=at + 20)
    c.send(1, PSH | ACK, SPLIT[:20].encode(), seq=at)
    data(t, A, FTPD, 30000)


@scenario('a segment that the capture lost: the rules from then on', {(FTPD, 21): 1}, {(FTPD, 30001): 1})
def lost_segment(t):
    c = login(t, A, FTPD)
    c.client('PASV\r\n')
    c.seq[1] += len(SPLIT)
    c.server('150 opening\r\n')
    data(t, A, FTPD, 30001)


for isn in (1000, 2 ** 31 - 5000, 2 ** 31 + 9000, 2 ** 32 - 9000):
    @scenario('another connection over the same ports, from sequence number %d' % isn, {(FTPD, 2121): 2, (FTPD, 7777): 1},
              {(FTPD, 30000): 1})
    def same_ports(t, isn=isn):
        login(t, A, FTPD, 2121).close()
        c = Conversation(t, A, 40000, FTPD, 2121, isn=(isn, (isn + 2 ** 31) % 2 ** 32))
        c.client('USER a\r\n')
        c.server('331 password\r\n')
        c.client('PASV\r\n')
        c.server(SPLIT)
        data(t, A, FTPD, 30000)
        data(t, A, FTPD, 7777)


@scenario('an address behind NAT', {(FTPD, 2121): 1}, {(FTPD, 30000): 1})
def nat(t):
    c = login(t, A, FTPD, 2121)
    c.server('227 ok (10,0,0,5,117,48)\r\n')
    data(t, A, FTPD, 30000)


@scenario('sequence numbers that wrap', {(FTPD, 2121): 1}, {(FTPD, 30000): 1})
def wrapping(t):
    c = Conversation(t, A, 40000, FTPD, 2121, isn=(2 ** 32 - 40, 2 ** 32 - 60))
    c.client('USER anonymous\r\n')
    c.server('331 password, please\r\n')
    c.client('PASV\r\n')
    c.server(SPLIT[:20])
    c.server(SPLIT[20:])
    data(t, A, FTPD, 30000)


# ---- what cannot be read: the two rules ----

for snap in (54, 58, 64, 70):
    @scenario('payloads cut at %d bytes, passive' % snap, {(FTPD, 21): 1}, {(FTPD, 30000): 1}, snap=snap)
    def cut_passive(t):
        c = login(t, A, FTPD)
        c.client('PASV\r\n')
        c.server(SPLIT)
        data(t, A, FTPD, 30000)

    @scenario('payloads cut at %d bytes, active' % snap, {}, {(DESK, 40001): 1}, snap=snap)
    def cut_active(t):
        c = login(t, DESK, B, 21, 45000)
        c.client('PORT %s\r\n' % pasv_words(DESK, 40001))
        active(t, B, DESK, 40001)


def seal(c):
    c.client('AUTH TLS\r\n')
    c.server('234 go ahead\r\n')
    c.client(b'\x16\x03\x01\x00\x05hello')
    c.server(b'\x16\x03\x03\x00\x05hello')
    c.client(b'\x17\x03\x03\x00\x05xxxxx')


@scenario('TLS, passive', {(FTPD, 21): 1}, {(FTPD, 30000): 1})
def tls_passive(t):
    c = t.connect(A, 40000, FTPD, 21)
    c.server('220 ready\r\n')
    seal(c)
    data(t, A, FTPD, 30000)


@scenario('TLS, active: port 20', {}, {(DESK, 40001): 1})
def tls_active(t):
    c = t.connect(DESK, 45000, B, 21)
    c.server('220 ready\r\n')
    seal(c)
    active(t, B, DESK, 40001)


@scenario('long addresses (RFC 1639): by rule', {(FTPD6, 21): 1}, {(FTPD6, 30000): 1, (DESK6, 40001): 1})
def long_addresses(t):
    c = login(t, A6, FTPD6)
    c.client('LPSV\r\n')
    c.server('228 Entering Long Passive Mode (6,16,32,1,13,184,0,1,0,4,0,0,0,0,0,0,0,102,2,117,48)\r\n')
    data(t, A6, FTPD6, 30000)
    c = login(t, DESK6, A6, 21, 45000)
    c.client('LPRT 6,16,32,1,13,184,0,1,0,6,0,0,0,0,0,0,0,152,2,156,65\r\n')
    active(t, A6, DESK6, 40001)


@scenario('TLS from the first byte', {(FTPD, 21): 1}, {(FTPD, 30000): 1})
def tls_at_once(t):
    c = t.connect(A, 40000, FTPD, 21)
    c.client(b'\x16\x03\x01\x00\x05hello')
    data(t, A, FTPD, 30000)


@scenario('SYN+ACKs alone: to port 20, from 1024 on', {(DESK, 22): 1, (DESK, 80): 1, (DESK, 1023): 1, (DESK, 3389): 1,
                                                       (DESK, 8080): 1}, {(DESK, 1024): 1, (DESK, 40001): 1, (DESK6, 40001): 1})
def rule_port_20(t):
    for p in (22, 80, 1023, 1024, 3389, 8080, 40001):
        t.synack(DESK, p, B, 20)
    t.synack(DESK6, 40001, A6, 20)


@scenario('SYN+ACKs alone: after a control connection', {(FTPD, 21): 1, (FTPD, 40000): 1, (FTPD, 999): 1, (FTPD6, 21): 1,
                                                         (FTPD6, 30002): 1}, {(FTPD, 30000): 2, (FTPD6, 30000): 1})
def rule_after_control(t):
    t.synack(FTPD, 40000, A, 39999)  # before it: a service
    t.synack(FTPD, 21, A, 40000)
    t.synack(FTPD, 30000, A, 41000)
    t.synack(FTPD, 999, A, 41001)
    t.synack(FTPD, 30000, A, 41002)
    t.synack(FTPD6, 21, A6, 40000)
    t.synack(FTPD6, 30000, A6, 41000)
    t.synack(FTPD6, 30002, '2001:db8:f000::8', 41000)  # another peer: no session of its own


@scenario('SYN+ACKs alone: the other host of the same session', {(FTPD, 21): 1, (DESK, 30000): 1}, {})
def rule_other_host(t):
    t.synack(FTPD, 21, A, 40000)
    t.synack(DESK, 30000, A, 41000)


# ---- a real service is never hidden ----

@scenario('commonly served ports', {(FTPD, 21): 1, (FTPD, 3389): 1, (FTPD, 8080): 1}, {(FTPD, 30000): 1})
def served(t):
    t.synack(FTPD, 21, A, 40000)
    for p in (3389, 8080, 30000):
        t.synack(FTPD, p, A, 41000)


@scenario('a port that somebody without FTP reaches too, with all its packets', {(FTPD, 21): 1, (FTPD, 30000): 4},
          {(FTPD, 30001): 1})
def others_too(t):
    c = login(t, A, FTPD)
    c.server(SPLIT)
    c.server('229 ok (|||30001|)\r\n')
    for cport in (41000, 41001, 41002):
        data(t, A, FTPD, 30000, cport)
    data(t, B, FTPD, 30000)
    data(t, A, FTPD, 30001)


@scenario('what is announced is announced to one peer', {(FTPD, 2121): 1, (FTPD, 30000): 1}, {})
def one_peer(t):
    c = login(t, A, FTPD, 2121)
    c.server(SPLIT)
    data(t, B, FTPD, 30000)


@scenario('what is announced is announced by one host', {(FTPD, 2121): 1, (DESK, 30000): 1}, {})
def one_host(t):
    c = login(t, A, FTPD, 2121)
    c.server(SPLIT)
    data(t, A, DESK, 30000)


@scenario("the FTP server's other service, used by its client right after", {(FTPD, 21): 1, (FTPD, 7777): 1}, {(FTPD, 30000): 1})
def other_service(t):
    c = login(t, A, FTPD)
    c.server(SPLIT)
    data(t, A, FTPD, 30000)
    c.close()
    data(t, A, FTPD, 7777)


@scenario('the same, announced in words that say nothing', {(FTPD, 21): 1, (FTPD, 7777): 1}, {})
def lines_of_others(t):
    c = login(t, A, FTPD)
    c.client('RETR 227 (192,0,2,66,30,97)\r\n')
    c.server('150 227 ok (%s)\r\n' % pasv_words(FTPD, 7777))
    c.server('500 %s\r\n' % ('x' * 300 + '227 ok (%s)' % pasv_words(FTPD, 7777)))
    data(t, A, FTPD, 7777)


@scenario('knocked on from port 20 by a peer whose session can be read', {(DESK, 40001): 1}, {})
def readable_20(t):
    login(t, DESK, B, 21, 45000)
    active(t, B, DESK, 40001)


# ---- time ----

for seconds, is_hidden in ((599, True), (601, False)):
    @scenario('a port announced %d seconds before' % seconds, {(FTPD, 2121): 1, **({} if is_hidden else {(FTPD, 30000): 1})},
              {(FTPD, 30000): 1} if is_hidden else {})
    def expiry(t, seconds=seconds):
        c = login(t, A, FTPD, 2121)
        c.server(SPLIT)
        t.wait(seconds)
        t.synack(FTPD, 30000, A, 41000)

for seconds, is_hidden in ((3599, True), (3601, False)):
    @scenario('a control connection %d seconds before' % seconds, {(FTPD, 21): 1, **({} if is_hidden else {(FTPD, 30000): 1})},
              {(FTPD, 30000): 1} if is_hidden else {})
    def pair_expiry(t, seconds=seconds):
        t.synack(FTPD, 21, A, 40000)
        t.wait(seconds)
        t.synack(FTPD, 30000, A, 41000)


@scenario('a session that goes on for hours', {(FTPD, 21): 1}, {(FTPD, 30000): 4})
def long_session(t):
    t.synack(FTPD, 21, A, 40000)
    for _ in range(4):
        t.wait(3000)
        t.synack(FTPD, 30000, A, 41000)


@scenario('a flood of control connections', {(FTPD, 21): 20001}, {(FTPD, 30000): 1})
def flood(t):
    for i in range(20000):
        t.synack(FTPD, 21, '100.%d.%d.1' % (i >> 8, i & 255), 40000)
    t.synack(FTPD, 21, A, 40000)
    t.synack(FTPD, 30000, A, 41000)


def run(check, words, make, shown, hidden, options):
    t = Traffic()
    make(t)
    store = check.store()
    store.read(write(check.path('capture'), pcap(t.frames, options.get('snap'))))
    check.equal('FTP, %s: what is shown' % words, store.packets(include=''), shown)
    rows = store.rows()
    check.equal('FTP, %s: what is left out' % words, {k: r['packets'] for k, r in rows.items() if k not in shown}, hidden)
    check.equal('FTP, %s: why' % words, {r['marks'] for k, r in rows.items() if k in hidden}, {'ftp-data'} if hidden else set())
    check.equal('FTP, %s: packets of what is shown, with all marks' % words, {k: rows[k]['packets'] for k in shown if k in rows},
                shown)


def run_configured(check):
    """The lists of ports that the site may give."""
    t = Traffic()
    t.synack(FTPD, 2121, A, 40000)
    t.synack(FTPD, 30000, A, 41000)
    t.synack(DESK, 8080, B, 20)
    t.synack(DESK, 30005, B, 20)
    conf = write(check.path('ports.conf'), b'[ftp]\ncontrol_ports = 21 2121\nserved_ports = 1-1023 30005\n')
    store = check.store()
    more = ['--config', conf]
    store.read(write(check.path('capture'), pcap(t.frames)), more=more)
    check.equal('FTP, configured ports', store.packets(include='', more=more), {(FTPD, 2121): 1, (DESK, 30005): 1})
    check.equal('FTP, served ports reach back', store.packets(include=''), {(FTPD, 2121): 1, (DESK, 8080): 1})


def main():
    check = Check()
    for one in SCENARIOS:
        run(check, *one)
    if has('inih'):
        run_configured(check)
    check.end()


main()
