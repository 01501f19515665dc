#!/usr/bin/env python3
"""
sekimori scan --new beside a sensor: what it sees for the first time is looked at once, and nothing else is.

    check_scan_new.py SEKIMORI
"""
import collections
import json
import socket
import sqlite3
import subprocess

from harness import Check, has, skip
from lines import Line, Recorder, Sensor, SITE4, within

NET = '192.0.2.0/24'
ONLY_SEEN, ANY = '192.0.2.77', 9000  # excluded by the configuration
CLIENT = '198.51.100.20'  # beside the scanner: what that one elicits is no news (check_scan_own.py)


class Place(Line):
    def __init__(self):
        super().__init__()
        self.ip('-n', self.site, 'address', 'add', ONLY_SEEN + '/32', 'dev', 'eth0')
        self.ip('-n', self.out, 'address', 'add', CLIENT + '/32', 'dev', 'eth0')

    def knock(self, port, address=SITE4):
        within(self.out, lambda: socket.create_connection((address, port), timeout=30, source_address=(CLIENT, 0)).close())
        return True


class New:
    """`scan` in the outside's namespace, and what it asked on the line."""

    def __init__(self, check, place, store):
        self.check, self.place, self.store, self.runs = check, place, store, 0

    def scan(self, *words, config=None):
        recorder = Recorder(self.place, self.check.path('line-%d.pcap' % self.runs))
        self.runs += 1
        words = [*words, '--store', self.store.dir, *(('--config', config) if config else ())]
        done = subprocess.run(['ip', 'netns', 'exec', self.place.out, self.check.sekimori, 'scan', *words], capture_output=True,
                              text=True, timeout=200, env=self.check.environment, stdin=subprocess.DEVNULL)
        recorder.stop()
        self.check.equal('status of scan %s' % (words,), done.returncode, 0, done.stderr)
        return done, asked(recorder.frames)

    def kept(self):
        rows = self.check.run('sql', '--store', self.store.dir, '--format', 'csv',
                              "SELECT port, state, reason FROM kept_scan_port WHERE scan = (SELECT max(id) FROM kept_scan) ORDER BY port")
        return rows.stdout.split()[1:]


def asked(frames):
    """{(host, port)} of SYNs."""
    found = collections.Counter()
    for _, f in frames:
        if f[12:14] == b'\x08\0' and f[23] == 6 and f[14] == 0x45 and f[47] & 0x12 == 0x02:
            found['.'.join(map(str, f[30:34])), int.from_bytes(f[36:38], 'big')] += 1
    return set(found)


def configure(check, name, *lines):
    path = check.path(name)
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')
    return path


def check_refused(check):
    for words in (('192.0.2.1',), ('-p', '22'), ('-iL', 'x'), ('-F',), ('-sS',), ('-sU',), ('-oX', 'x'), ('--exclude', '::1'),
                  ('--resume', check.path('state')), ('--outside-site',)):
        check.has_words('scan --new %s' % (words,), check.run('scan', '--new', *words, status=2).stderr, '--new')
    check.has_words('--if-configured alone', check.run('scan', '--if-configured', '127.0.0.1', status=2).stderr, 'goes with --new')


def main():
    check = Check()
    check_refused(check)
    if not has('inih'):
        skip('this build reads no configuration file')
    place = Place()
    store = check.store()
    sensor = Sensor(check, place, store, '--driver', 'af_packet', nets=(NET,))
    if not check.holds('it watches', sensor.ready(), sensor.said()):
        check.end()
    new = New(check, place, store)
    off = configure(check, 'off.conf', '[excluded]', ONLY_SEEN + ' = never asked')
    on = configure(check, 'on.conf', '[excluded]', ONLY_SEEN + ' = never asked', '[scan]', 'verify_new = yes')
    place.serve(22)
    closing = place.serve(8080)
    for port in (22, 8080):
        check.holds('it is knocked on', place.knock(port))
    # A host that nobody is to ask: an answer of it is seen all the same.
    excluded = within(place.site, lambda: socket.create_server((ONLY_SEEN, ANY)))
    place.servers.append(excluded)
    place.knock(ANY, ONLY_SEEN)
    closing.shutdown(socket.SHUT_RDWR)
    closing.close()
    check.holds('it is on disk', sensor.on_disk())

    done, ports = new.scan('--new', '--if-configured', config=off)
    check.equal('verify_new is off: nothing is asked', (ports, done.stdout), (set(), ''))
    check.has_words('verify_new is off: that is said', done.stderr, 'verify_new')

    done, ports = new.scan('--new', '--if-configured', config=on)
    check.equal('what is new is asked, and nothing else', ports, {(SITE4, 22), (SITE4, 8080)})
    check.equal('what was found', new.kept(), ['22,open,syn-ack', '8080,closed,conn-refused'])
    check.has_words('it is shown', done.stdout, '22/tcp    open')

    check.holds('that is on disk, too', sensor.on_disk())
    done, ports = new.scan('--new', config=on)
    check.equal('once', (ports, done.stdout), (set(), ''))
    check.has_words('that there is nothing is said', done.stderr, 'nothing new')
    done, ports = new.scan('--new', '--if-configured', config=on)
    check.equal('a unit that finds nothing says nothing', (ports, done.stdout, done.stderr), (set(), '', ''))

    # Once, also where the scanner's clock is behind the sensor's.
    with sqlite3.connect(store.dir + '/catalogue.sqlite', timeout=30) as catalogue:
        catalogue.execute('UPDATE kept_scan SET started_ns = 1, ended_ns = 2')
    done, ports = new.scan('--new', config=on)
    check.equal('once, whatever the clocks say', (ports, done.stdout), (set(), ''))

    # A port that an ordinary scan asked after it was seen is not asked again; one that it asked before is.
    place.serve(443)
    new.scan('-p', '4433', SITE4, config=off)
    place.serve(4433)
    for port in (443, 4433):
        check.holds('it is knocked on', place.knock(port))
    check.holds('it is on disk', sensor.on_disk())
    new.scan('-p', '443', SITE4, config=off)
    # A scan that came in from a file is no look of ours, though it says to be from us.
    if has('yajl'):
        path = check.path('foreign.json')
        with open(path, 'w', encoding='utf-8') as f:
            json.dump({'tool': 'sekimori', 'version': '0.1.0', 'arguments': 'x', 'vantage': 'inside', 'started': '2100-01-01T00:00:00Z',
                       'ended': '2100-01-01T00:01:00Z', 'complete': True, 'tcp_ports': '4433', 'hosts': [
                           {'address': SITE4, 'ports': [{'port': 4433, 'protocol': 'tcp', 'state': 'open'}]}]}, f)
        check.has_words('a foreign scan', check.run('read', '--store', store.dir, path).stdout, '1 ports of 1 hosts')
    _, ports = new.scan('--new', config=off)
    check.equal('only what nobody looked at since', ports, {(SITE4, 4433)})
    check.equal('the sensor ends well', sensor.stop(), 0)
    place.end()
    check.end()


main()
