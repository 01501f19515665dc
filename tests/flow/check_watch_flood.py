#!/usr/bin/env python3
"""
A flood with forged sources against one service, and a host that answers on all ports, with other services in their midst:
these are all there, and exact; of the flood packets are exact in sum, peers an estimate that is marked; memory stays under
the limit; what a killed sensor had told is kept. usage: check_watch_flood.py SEKIMORI DRIVER
"""
import datetime
import json
import os
import signal
import socket
import struct
import sys

from harness import Check, has, sanitized, skip
from lines import Line, Sensor, until, within

driver = sys.argv[2]
if not has('inih') or not has('jansson'):
    skip('this build reads no configuration file, which sets the memory, or prints no status')
check = Check()
line = Line()
store = check.store()
MEMORY = 64 << 20  # the least that can be set; bounds go with it
OF_SERIES = MEMORY // 192 // 8  # flood_settings_for
FLOODED, SWEPT, QUIET = '192.0.2.10', '192.0.2.20', '192.0.2.30'
STEP = 5000
config = check.path('flood.conf')
with open(config, 'w') as f:
    f.write('[sensor]\nmemory = 64M\n')


def frame(host, port, peer, peer_port=40000):
    ip = struct.pack('>BBHHHBBH4sI', 0x45, 0, 40, 0, 0, 64, 6, 0, socket.inet_aton(host), peer)
    tcp = struct.pack('>HHIIBBHHH', port, peer_port, 1, 1, 0x50, 0x12, 64240, 0, 0)
    return b'\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00' + ip + tcp


class Sender:
    """Sends no faster than the sensor sees, so that nothing is lost and all can be held against what was sent."""

    def __init__(self):
        def make():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            s.bind(('eth0', 0))
            return s

        self.socket = within(line.out, make)
        self.peers = self.quiet = self.sent = 0  # forged sources so far; sightings of the quiet services; frames

    def wait(self, sensor, before):
        return sensor.until_page(lambda p: p['sightings'] >= self.sent - before, 'all %d frames' % (self.sent - before))

    def flood(self, sensor, n, before=0):
        """N sources, none of which came before; a quiet service, each time another one, in their midst."""
        for start in range(0, n, STEP):
            for _ in range(STEP):
                self.socket.send(frame(FLOODED, 443, 0x0b000000 + self.peers * 7919 % (1 << 26)))
                self.peers += 1
            self.socket.send(frame(QUIET, 1000 + self.quiet % 20, 0x0a000000 + self.quiet))
            self.quiet += 1
            self.sent += STEP + 1
            if not self.wait(sensor, before):
                return

    def sweep(self, sensor, ports, before=0):
        for start in range(0, ports, STEP):
            for port in range(start, start + STEP):
                self.socket.send(frame(SWEPT, port + 1, 0x0c000000 + port))
            self.sent += STEP
            if not self.wait(sensor, before):
                return


def own_bytes(sensor):
    """The most that the process held, without rings and files that it shares with the kernel."""
    with open('/proc/%d/status' % sensor.process.pid) as f:
        fields = dict(l.split(':', 1) for l in f)
    kib = {name: int(fields[name].split()[0]) for name in ('VmHWM', 'RssFile', 'RssShmem')}
    return (kib['VmHWM'] - kib['RssFile'] - kib['RssShmem']) * 1024


def row(host, port):
    return store.rows(include='').get((host, port), {'packets': 0, 'peers': 0})


def compare(what, sender):
    """A question, whatever journals and batches there are."""
    flooded = row(FLOODED, 443)
    check.equal(what + ': packets of the flood', flooded['packets'], sender.peers)
    check.holds(what + ': its peers within 10 %', abs(flooded['peers'] - sender.peers) < sender.peers / 10, flooded)
    check.equal(what + ': and marked', flooded.get('peers_estimated'), True)
    quiet = {port: r for (host, port), r in store.rows(include='').items() if host == QUIET}
    check.equal(what + ': quiet services', sum(r['packets'] for r in quiet.values()), sender.quiet)
    check.equal(what + ': and their peers', sum(r['peers'] for r in quiet.values()), sender.quiet)
    check.equal(what + ': not marked', [r for r in quiet.values() if 'peers_estimated' in r], [])


sender = Sender()
sensor = Sensor(check, line, store, '--driver', driver, '--config', config)
check.holds('it watches', sensor.ready(), sensor.said())
sender.flood(sensor, OF_SERIES // STEP * STEP)
check.holds('it is on disk', sensor.on_disk())
check.equal('below the bound nothing is marked', row(FLOODED, 443).get('peers_estimated'), None)
check.equal('and peers are exact', row(FLOODED, 443)['peers'], sender.peers)
check.equal('nor told', sensor.page()['floods'], {'series': 0, 'others': False, 'packets': 0})
sender.flood(sensor, 60000)
page = sensor.page()
check.equal('what is only counted is told', page['floods'], {'series': 1, 'others': False,
                                                              'packets': sender.peers - OF_SERIES})
check.equal('nothing was lost', page['gaps'], [])
done = check.call('status', '--check', '--store', store.dir)
check.equal('status --check', done.returncode, 1, done.stdout)
check.has_words('status --check', done.stdout, 'only counted', '{:,}'.format(sender.peers - OF_SERIES))
check.has_words('status', check.run('status', '--store', store.dir).stdout, 'only counted')

# The journal as it is: rows of each second. What was told before a kill is there after it.
check.holds('all of it is told', until(lambda: row(FLOODED, 443)['packets'] == sender.peers, 'rows in the journal'))
compare('journal', sender)
memory = own_bytes(sensor)
sensor.signal(signal.SIGKILL)
sensor.process.wait()
compare('killed', sender)
store.verify('killed')

# Another sensor: a new hour, as it knows. A reload ends a journal, but not the hour.
before = sender.sent
sensor = Sensor(check, line, store, '--driver', driver, '--config', config)
check.holds('it watches again', sensor.ready(), sensor.said())
sender.flood(sensor, 60000, before)
sensor.signal(signal.SIGHUP)
check.holds('a reload', until(lambda: 'was read again' in sensor.said(), 'the reload'))
sender.flood(sensor, 30000, before)
counted = sensor.page()['floods']['packets']
check.equal('the hour goes on with another journal', counted, 90000 - OF_SERIES)

# A host that answers on all ports, and a service that shows up only then.
sender.sweep(sensor, 20000, before)
for i in range(5):
    sender.socket.send(frame(QUIET, 22, 0x0a800000 + i))
sender.sent += 5
check.holds('it came by', sender.wait(sensor, before))
floods = sensor.page()['floods']
check.equal('some of the ports are not told apart', floods['others'], True)
swept = floods['packets'] - counted
check.holds('the most of them are only counted', 10000 < swept < 20000, swept)
check.equal('nothing was lost', [g for g in sensor.page()['gaps'] if g['kind'] != 'stopped'], [])
memory = max(memory, own_bytes(sensor))
check.equal('it ends well', sensor.stop(), 0, sensor.said())
check.equal('no journal is left', os.listdir(os.path.join(store.dir, 'live')), [])
check.equal('what came behind the sweep', (row(QUIET, 22)['packets'], row(QUIET, 22)['peers']), (5, 5))
sender.quiet += 5
compare('batches', sender)
store.verify('batches')
services = store.rows(include='')
check.equal('no port 0 is a service', [key for key in services if key[1] == 0], [])
check.equal('packets of the sweep', sum(r['packets'] for (host, _), r in services.items() if host == SWEPT), 20000 - swept)
check.has_words('host', store.ask('host', SWEPT), '{:,} packets of further ports'.format(swept))

# In all forms.
csv = check.run('list', '--store', store.dir, '--format', 'csv')
check.has_words('csv says so beside the table', csv.stderr, 'of 1 service')
for words in ((), ('--format', 'csv')):
    check.has_words('what is in no row', check.run('list', '--store', store.dir, *words).stderr,
                    '{:,} packets of further services'.format(swept))
check.holds('text', '~' in [l for l in store.ask('list').splitlines() if l.startswith(FLOODED)][0])
rows = json.loads(store.ask('sql', '--format', 'json',
                            'SELECT address, port, sum(packets) AS packets FROM flood GROUP BY 1, 2 ORDER BY 1, 2'))
check.equal('sql', [(r['address'], r['port'], r['packets']) for r in rows],
            [(FLOODED, 443, sender.peers - 2 * OF_SERIES), (SWEPT, 0, swept)])
days = [(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=n)).date().isoformat() for n in (-1, 1)]
report = json.loads(store.ask('report', '--format', 'json', '..'.join(days)))
check.equal('report', [(r['host'], r['port'], r['packets']) for r in report['only_counted']['services']],
            [(FLOODED, 443, sender.peers - 2 * OF_SERIES), (SWEPT, None, swept)])
check.equal('packets of its days', sum(d['packets'] for d in report['days']), sender.sent)
check.equal('and of all', report['totals']['packets'], sender.sent)
check.equal('its peers are marked', [x.get('peers_estimated') for x in (report['totals'], report['ports'][0])], [True, True])
check.holds('and near', abs(report['totals']['peers'] - sender.sent) < sender.sent / 10, report['totals'])
check.has_words('report, text', store.ask('report', '..'.join(days)), 'Only counted, in floods', FLOODED, SWEPT)
store.ask('report', '--format', 'csv', '-o', check.path('tables'), '..'.join(days))
with open(check.path('tables/only_counted.csv')) as f:
    check.equal('report, csv', [(l.split(',')[0], l.split(',')[2], l.split(',')[5]) for l in f.read().splitlines()[1:]],
                [(FLOODED, '443', str(sender.peers - 2 * OF_SERIES)), (SWEPT, '', str(swept))])
print('%d packets, %d only counted, %.1f MiB at most' % (sender.sent, sum(r['packets'] for r in rows), memory / 2**20))
if not sanitized():
    check.holds('memory stays under the limit', memory < MEMORY, memory)
line.end()
check.end()
