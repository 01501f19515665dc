#!/usr/bin/env python3
"""
Who began a connection: a SYN+ACK that the initiator itself sends says nothing about an open port (Beardsley and Qian,
"The TCP Split Handshake", 2010; RFC 9293, 3.5 on simultaneous opens).
"""
from harness import Check
from traffic import ACK, FIN, RST, SYN, SYNACK, Traffic, pcap, write

PAIRS = (('192.0.2.98', '203.0.113.9'), ('2001:db8:1:6::98', '2001:db8:f000::9'))  # inside, outside
INSIDE_PORT, OUTSIDE_PORT = 45000, 80
CASES = []


def case(words, marked=0, plain=0):
    def add(make):
        CASES.append((words, make, marked, plain))
        return make
    return add


class Line:
    """One pair of endpoints."""

    def __init__(self, t, inside, outside):
        self.t, self.inside, self.outside = t, inside, outside

    def out(self, flags):
        self.t.tcp(self.inside, INSIDE_PORT, self.outside, OUTSIDE_PORT, flags, seq=100, ack=200 if flags & ACK else 0)

    def come(self, flags):
        self.t.tcp(self.outside, OUTSIDE_PORT, self.inside, INSIDE_PORT, flags, seq=200, ack=100 if flags & ACK else 0)


@case('the four-way split handshake', marked=1)
def four_way(line):
    line.out(SYN)
    line.come(SYN)
    line.out(SYNACK)
    line.come(ACK)


@case('the five-way split handshake', marked=1)
def five_way(line):
    line.out(SYN)
    line.come(ACK)
    line.come(SYN)
    line.out(SYNACK)
    line.come(ACK)


@case('a split handshake whose SYN+ACK is sent again', marked=3)
def split_again(line):
    line.out(SYN)
    line.come(SYN)
    for _ in range(3):
        line.out(SYNACK)
        line.t.wait(1)
    line.come(ACK)


@case('a simultaneous open', marked=1)
def simultaneous(line):
    line.out(SYN)
    line.come(SYN)
    line.out(SYNACK)
    line.come(SYNACK)


@case("a simultaneous open, the other's SYN+ACK first", marked=1)
def simultaneous_theirs_first(line):
    line.come(SYN)
    line.out(SYN)
    line.come(SYNACK)
    line.out(SYNACK)


@case('an answer 59 seconds after the own SYN', marked=1)
def late(line):
    line.out(SYN)
    line.t.wait(59)
    line.come(SYN)
    line.out(SYNACK)


@case('a connection from outside', plain=1)
def from_outside(line):
    line.come(SYN)
    line.out(SYNACK)
    line.come(ACK)


@case('a connection from outside, of which only the SYN+ACK is there', plain=1)
def alone(line):
    line.out(SYNACK)


@case('a connection from inside')
def from_inside(line):
    line.out(SYN)
    line.come(SYNACK)
    line.out(ACK)


@case('a service on the port of a connection from inside that is over', plain=1)
def reused(line):
    line.out(SYN)
    line.come(SYNACK)
    line.out(ACK)
    line.out(FIN | ACK)
    line.t.wait(5)
    line.come(SYN)
    line.out(SYNACK)


@case('a service on the port of an attempt 61 seconds before', plain=1)
def expired(line):
    line.out(SYN)
    line.t.wait(61)
    line.come(SYN)
    line.out(SYNACK)


@case('SYN+ACKs with RST or FIN are none')
def broken(line):
    line.come(SYN)
    line.out(SYNACK | RST)
    line.out(SYNACK | FIN)


@case('SYN+ACKs with ECN bits, PSH and URG are some', plain=6)
def ecn(line):
    for bits in (0x40, 0x80, 0xC0, 0x08, 0x20, 0xE8):
        line.out(SYNACK | bits)


def elsewhere(check):
    """The SYN of one pair of endpoints says nothing about another."""
    t = Traffic()
    inside, outside = PAIRS[0]
    t.tcp(inside, INSIDE_PORT, outside, OUTSIDE_PORT, SYN)
    for host, port, peer, peer_port in ((inside, INSIDE_PORT, outside, 81), (inside, 45001, outside, OUTSIDE_PORT),
                                        (inside, INSIDE_PORT, '203.0.113.10', OUTSIDE_PORT),
                                        ('192.0.2.97', INSIDE_PORT, outside, OUTSIDE_PORT)):
        t.synack(host, port, peer, peer_port)
    store = check.store()
    store.read(write(check.path('capture'), pcap(t.frames)))
    check.equal('other endpoints', store.packets(include=''),
                {(inside, INSIDE_PORT): 2, (inside, 45001): 1, ('192.0.2.97', INSIDE_PORT): 1})


def main():
    check = Check()
    for words, make, marked, plain in CASES:
        for inside, outside in PAIRS:
            t = Traffic()
            make(Line(t, inside, outside))
            store = check.store()
            store.read(write(check.path('capture'), pcap(t.frames)))
            service = (inside, INSIDE_PORT)
            check.equal('%s, %s: shown' % (words, inside), store.packets(include=''), {service: plain} if plain else {})
            rows = store.rows(include='split-handshake')
            check.equal('%s, %s: with split handshakes' % (words, inside), {k: (r['packets'], r['marks']) for k, r in rows.items()},
                        {service: (marked + plain, 'split-handshake' if marked else '')} if marked + plain else {})
    elsewhere(check)
    check.end()


main()
