#!/usr/bin/env python3
"""
The sensor killed by SIGKILL under load, again and again: all that it called durable is there, each record once, and the
store verifies. usage: check_watch_kill.py SEKIMORI DRIVER   (SEKIMORI_ROUNDS: how often; 6)
"""
import os
import random
import signal
import socket
import struct
import sys
import threading
import time

from harness import Check
from lines import Line, Sensor, enter, until

driver = sys.argv[2]
rounds = int(os.environ.get('SEKIMORI_ROUNDS', '6'))
check = Check()
line = Line()
store = check.store()
PEERS = 0xc6120000  # 198.18.0.0/15, and sixteen bits of port: the number of the frame


def frame(n):
    """A SYN+ACK of 192.0.2.(1..4) that carries its number in the peer's address and port."""
    ip = struct.pack('>BBHHHBBHII', 0x45, 0, 40, 0, 0, 64, 6, 0, 0xc0000201 + n % 4, PEERS + (n >> 16))
    tcp = struct.pack('>HHIIBBHHH', 443, n & 0xffff, 1, 1, 0x50, 0x12, 64240, 0, 0)
    return b'\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02' + b'\x08\x00' + ip + tcp


class Sender(threading.Thread):
    """Sends numbered frames until it is told to stop; knows when each hundred of them went out."""

    def __init__(self):
        super().__init__(daemon=True)
        self.going, self.sent = True, []  # (first number, how many, wall clock after the last)

    def run(self):
        enter(line.out)
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        s.bind(('eth0', 0))
        n = 0
        while self.going and n < 1 << 25:
            for i in range(n, n + 100):
                s.send(frame(i))
            n += 100
            self.sent.append((n - 100, 100, time.time_ns()))
            time.sleep(0.002)
        s.close()


sender = Sender()
sender.start()
stretches = []  # wall clock: watching since, durable up to
moments = random.Random(os.environ.get('SEKIMORI_SEED', 'kill'))
for i in range(rounds):
    sensor = Sensor(check, line, store, '--driver', driver)
    if not check.holds('round %d: it watches' % i, sensor.ready(), sensor.said()):
        break
    began = time.time_ns()
    # At any moment, but not before there is something on disk.
    enough = moments.randint(300, 6000)
    last = sensor.until_page(lambda p: p['sightings'] > enough and p['journal']['durable_ns'] > began, 'sightings')
    if not check.holds('round %d: it sees' % i, last, sensor.said()):
        break
    sensor.signal(signal.SIGKILL)
    sensor.process.wait()
    stretches.append((began, last['journal']['durable_ns']))
    if i % 3 == 0:
        store.verify('round %d, as the kill left it' % i)
final = Sensor(check, line, store, '--driver', driver)
check.holds('the last one watches', final.ready(), final.said())
began = time.time_ns()
until(lambda: (final.page() or {}).get('sightings', 0) > 1000, 'sightings of the last one')
sender.going = False
sender.join()
check.holds('all that was sent is on disk', final.on_disk())
stretches.append((began, final.page()['journal']['durable_ns']))
overlaid = store.packets()
check.equal('it ends well', final.stop(), 0, final.said())
check.equal('no journal is left', os.listdir(os.path.join(store.dir, 'live')), [])
store.verify('after all rounds')
check.equal('counted as when journals were overlaid', store.packets(), overlaid)

got = {}
for row in store.ask('export', '--records', '--format', 'csv', '--include', 'all').splitlines()[1:]:
    _, _, _, _, daddr, dport = row.split(',')
    high, low = daddr.split('.')[2:]
    n = (int(high) << 8 | int(low)) << 16 | int(dport)
    got[n] = got.get(n, 0) + 1
check.equal('records that are there twice', sorted(n for n, times in got.items() if times > 1)[:10], [])
wanted = lacking = 0
for since, durable in stretches:
    for first, count, at in sender.sent:
        if since < at <= durable:
            wanted += count
            lacking += sum(n not in got for n in range(first, first + count))
check.equal('durable records that are missing, of %d' % wanted, lacking, 0)
check.holds('there was something to lose in %d rounds' % rounds, wanted > 100 * rounds, wanted)
print('%d frames sent, %d called durable, %d recorded, %d rounds' % (sum(c for _, c, _ in sender.sent), wanted, len(got), rounds))
line.end()
check.end()
