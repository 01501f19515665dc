#!/usr/bin/env python3
"""
Scans that the store keeps: `compare --scans` says of each of them what `compare` says of the file that it wrote, `list --scans`
which there are. Scanned is loopback, where sockets listen; what was seen of it is a made capture around the time of the scans.

    check_scans_kept.py SEKIMORI
"""
import csv
import io
import json
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from harness import Check, has, skip
from traffic import SECOND, Traffic, pcap, write

NET = '127.9.0.0/24'
HOST, OTHER, EXCLUDED, UNASKED = '127.9.0.1', '127.9.0.2', '127.9.0.3', '127.9.0.200'
PEER, SCANNER = '203.0.113.7', '203.0.113.99'


class Listeners:
    """Each port is of one host alone."""

    def __init__(self):
        self.sockets, self.ports = [], set()

    def open(self, host, port=0):
        while True:
            s = socket.create_server((host, port), backlog=128)
            self.sockets.append(s)
            if s.getsockname()[1] not in self.ports:
                self.ports.add(s.getsockname()[1])
                return s

    def listen(self, host, banner=b'', port=0):
        s = self.open(host, port)

        def serve():
            while True:
                with s.accept()[0] as connection:
                    try:
                        connection.sendall(banner)
                    except OSError:
                        pass  # whoever only asked has gone

        threading.Thread(target=serve, daemon=True).start()
        return s.getsockname()[1]

    def listen_on_any_of(self, host, *ports):
        for port in ports:
            try:
                return self.listen(host, port=port)
            except OSError:
                pass
        skip('somebody listens on each of %s' % (ports,))

    def closed(self):
        """A port where nobody listens."""
        with self.open(HOST) as s:
            return s.getsockname()[1]


def capture(path, services, now, early):
    """Seen for hours, before the scans and after them; the last of EARLY an hour before, within the first millisecond."""
    traffic = Traffic(0)
    for at in range(now - 7200, now + 7200, 600):
        for i, (host, port) in enumerate(services):
            traffic.now = at * SECOND + i * 10 ** 6
            traffic.synack(host, port, SCANNER if port == services[-1][1] else PEER, 40000)
        if at < now - 3600:
            traffic.now = (at + 600) * SECOND - 300 * SECOND * (at + 600 < now - 3600) + 200_000
            traffic.synack(*early, PEER, 40000)
    return write(path, pcap(traffic.frames))


class Kept:
    def __init__(self, check):
        self.check, self.store, self.files = check, check.store(), []
        listeners = Listeners()
        self.ssh, self.mute, self.other = listeners.listen(HOST, b'SSH-2.0-OpenSSH_9.2p1\r\n'), None, listeners.listen(OTHER)
        self.mute = listeners.listen_on_any_of(HOST, 8080, 5432, 3306, 1080, 6000)  # that have names
        self.shut, self.known = listeners.closed(), listeners.listen(OTHER)
        self.crowd = [listeners.listen(HOST) for _ in range(40)]
        self.seen = [(HOST, self.ssh), (HOST, self.shut), (HOST, 9), (OTHER, self.shut), (EXCLUDED, self.shut), (UNASKED, 80), (OTHER, self.known)]
        self.config = check.path('site.conf')
        with open(self.config, 'w', encoding='utf-8') as f:
            f.write('[site]\nnetworks = %s\ntimezone = UTC\n[excluded]\n%s = never asked\n' % (NET, EXCLUDED))
        self.now, self.early = int(time.time()), (HOST, 10)
        check.run('read', '--store', self.store.dir, '--config', self.config, capture(check.path('seen.pcap'), self.seen, self.now, self.early))
        self.ports = ','.join(str(p) for p in sorted({self.ssh, self.mute, self.other, self.shut, self.known, 9}))

    def words(self, *words, config=None):
        return ['--store', self.store.dir, '--config', config or self.config, *words]

    def scan(self, *words):
        path = self.check.path('scan-%d.json' % (len(self.files) + 1))
        self.check.run('scan', *self.words('-oJ', path, *words))
        self.files.append(path)
        return len(self.files)

    def interrupted(self):
        """Slow; when the first open port is told, it is interrupted."""
        path = self.check.path('scan-%d.json' % (len(self.files) + 1))
        words = self.words('-v', '--rate', '1000', '-p-', '-oJ', path, HOST, OTHER)
        process = subprocess.Popen([self.check.sekimori, 'scan', *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                                   env=self.check.environment, stdin=subprocess.DEVNULL)
        for line in process.stderr:
            if line.startswith('open: '):
                break
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.check.equal('status when interrupted', process.returncode, 2)
        self.files.append(path)
        return len(self.files)

    def compare(self, *words, form='json', config=None):
        text = self.check.run('compare', *self.words('--format', form, *words, config=config)).stdout
        return re.sub(r'"made": "[^"]*"', '"made": null', text)

    def of_file(self, *ids, form='json', config=None):
        """The comparison of these scans' files, with their names as the store's."""
        text = self.compare(*[self.files[i - 1] for i in ids], form=form, config=config)
        for i in ids:
            text = re.sub(r'("source": "|(?m:^))%s' % re.escape(self.files[i - 1]), r'\1scan %d' % i, text)
        return text


def check_same(check, kept, i):
    for form in ('json', 'csv', 'text'):
        of_store, of_file = kept.compare('--scans', str(i), form=form), kept.of_file(i, form=form)
        if form == 'text':  # where a line ends depends on the name
            of_store, of_file = of_store.split(), of_file.split()
        check.equal('scan %d and its file, %s' % (i, form), of_store, of_file)
    return {(r['address'], r['port']): r for r in json.loads(kept.compare('--scans', str(i)))['rows']}


def check_each(check, kept):
    first = kept.scan('-sTV', '-p', kept.ports, '127.9.0.0-7', '--exclude', '127.9.0.5')
    rows = check_same(check, kept, first)
    check.equal('reasons', {key: row['reason'] for key, row in rows.items()},
                {kept.early: 'port-not-scanned', (HOST, kept.ssh): 'both', (HOST, kept.mute): 'from-inside', (HOST, kept.shut): 'scan-closed', (HOST, 9): 'scan-closed',
                 (OTHER, kept.other): 'from-inside', (OTHER, kept.known): 'both', (OTHER, kept.shut): 'scan-closed', (UNASKED, 80): 'host-not-scanned'})
    check.holds('what it is', 'OpenSSH 9.2p1' in rows[HOST, kept.ssh]['scan']['service'], rows[HOST, kept.ssh])
    outside = kept.scan('--vantage', 'outside', '-p', kept.ports, HOST)
    check.equal('from outside', check_same(check, kept, outside)[HOST, kept.mute]['reason'], 'never-knocked')
    both = kept.scan('-sTU', '-p', 'T:%d,U:9' % kept.ssh, HOST)
    check.equal('UDP beside TCP', check_same(check, kept, both)[HOST, kept.shut]['reason'], 'port-not-scanned')
    udp = kept.scan('-sU', '-p', '9', HOST)
    check.equal('UDP alone', check_same(check, kept, udp)[HOST, kept.ssh]['reason'], 'port-not-scanned')
    many = kept.scan('-p', '1-1000', '127.9.0.0/28')
    check.equal('many that are not listed', check_same(check, kept, many)[HOST, 9]['reason'], 'scan-closed')
    return first, outside, many


def check_interrupted(check, kept):
    i = kept.interrupted()
    rows = check_same(check, kept, i)
    told = json.loads(kept.compare('--scans', str(i)))['scans'][0]
    check.equal('it is said', (told['interrupted'], told['open'] > 0), (True, True))
    check.equal('what it did not list it may not have asked', (rows[HOST, 9]['reason'], rows[UNASKED, 80]['reason']), ('port-not-scanned', 'host-not-scanned'))
    return i


def check_down(check, kept, i):
    """On loopback all hosts are up: the store and the file are told of more, as of a line."""
    def change(assignment):
        with sqlite3.connect(kept.store.dir + '/catalogue.sqlite', timeout=30) as catalogue:
            catalogue.execute('UPDATE kept_scan SET %s WHERE id = ?' % assignment, (i,))
        catalogue.close()

    with open(kept.files[i - 1], encoding='utf-8') as f:
        scan = json.load(f)
    check.equal('nobody was', scan['down'], [])
    scan['down'], scan['tcp_ports'] = ['127.9.0.128/25'], scan['tcp_ports'] + ',80'
    with open(kept.files[i - 1], 'w', encoding='utf-8') as f:
        json.dump(scan, f)
    change("ranges = '127.9.0.1 www.example.org 127.9.0.128/25', tcp_ports = tcp_ports || ',80'")
    check.equal('who was down', check_same(check, kept, i)[UNASKED, 80]['reason'], 'host-down')
    # Of a start between two milliseconds the file has the first.
    scan['started'], scan['tcp_ports'] = time.strftime('%Y-%m-%dT%H:%M:%S.000Z', time.gmtime(kept.now - 3600)), scan['tcp_ports'] + ',10'
    with open(kept.files[i - 1], 'w', encoding='utf-8') as f:
        json.dump(scan, f)
    change("tcp_ports = tcp_ports || ',10', started_ns = %d" % ((kept.now - 3600) * SECOND + 500_000))
    check.equal('who was there in the millisecond in which it began', check_same(check, kept, i)[kept.early]['reason'], 'scan-missed')
    change("tool = 'other 1.0'")
    rows = {(r['address'], r['port']): r for r in json.loads(kept.compare('--scans', str(i)))['rows']}
    check.equal('what others were told to ask is not whom they asked', rows[UNASKED, 80]['reason'], 'host-not-scanned')


def check_which(check, kept, last, interrupted):
    ids = range(1, interrupted + 1)
    whole = kept.of_file(last)
    for words in (('--scans',), ('--scans', 'latest'), ('--scans=latest',), ('--scans=%d' % last,)):
        check.equal('%s: the latest that was not interrupted' % (words,), kept.compare(*words), whole)
    check.equal('all', kept.compare('--scans', 'all'), kept.of_file(*ids))
    check.equal('some', kept.compare('--scans', '2,1'), kept.of_file(1, 2))
    for words in (('--scans', '2', kept.files[0]), (kept.files[0], '--scans', '2'), ('--scans=2', kept.files[0])):
        check.equal('a file beside it', [s['source'] for s in json.loads(kept.compare(*words))['scans']], [kept.files[0], 'scan 2'])
    check.equal('a file behind it', [s['source'] for s in json.loads(kept.compare('--scans', kept.files[0]))['scans']], [kept.files[0], 'scan %d' % last])
    for words, told in ((['--scans', '1,77'], ('77', '1, 2, 3')), (['--scans=x'], ('"x"',)), (['--scans=1,'], ('"1,"',)), (['--scans='], ('""',)),
                        (['--scans', '--scanner', SCANNER], ('--scanner',)), (['--scans', '9' * 19], ('9' * 19,))):
        done = check.run('compare', *kept.words(*words), status=2)
        check.has_words('a mistake: %s' % words, done.stderr, *told)
        check.equal('nothing is compared: %s' % words, done.stdout, '')


def check_known_scanners(check, kept, i):
    config = check.path('scanners.conf')
    with open(kept.config, encoding='utf-8') as f, open(config, 'w', encoding='utf-8') as to:
        to.write(f.read() + '[scanners]\n%s = the yearly one\n' % SCANNER)
    text = kept.compare('--scans', str(i), config=config)
    check.equal('beside known scanners', text, kept.of_file(i, config=config))
    check.equal('what they alone elicited', [r['reason'] for r in json.loads(text)['rows'] if (r['address'], r['port']) == (OTHER, kept.known)], ['only-scanner'])


def check_list(check, kept, interrupted):
    told = json.loads(check.run('list', *kept.words('--scans', '--format', 'json')).stdout)
    check.equal('ids', [s['id'] for s in told], list(range(1, interrupted + 1)))
    for s, path in zip(told, kept.files):
        with open(path, encoding='utf-8') as f:
            scan = json.load(f)
        hosts = scan['hosts']
        check.equal('scan %d' % s['id'], (s['started'][:23], s['ended'][:23], s['complete'], s['tool'], s['vantage'], s['hosts_up'], s['open_ports'], s['arguments'],
                                         s['tcp_ports'], s['udp_ports']),
                    (scan['started'][:23], scan['ended'][:23], scan['complete'], 'sekimori ' + scan['version'], scan['vantage'], len(hosts),
                     sum(p['state'] == 'open' for h in hosts for p in h['ports']), scan['arguments'], scan.get('tcp_ports', ''), scan.get('udp_ports', '')))
    lines = list(csv.DictReader(io.StringIO(check.run('list', *kept.words('--scans', '--format', 'csv')).stdout)))
    check.equal('csv', [{k: v for k, v in s.items()} for s in lines], [{k: str(int(v)) if isinstance(v, (bool, int)) else v for k, v in s.items()} for s in told])
    text = check.run('list', *kept.words('--scans')).stdout.splitlines()
    check.equal('a line each', (len(text), 'interrupted' in text[-1], 'U:9' in text[4]), (interrupted + 1, True, True), text)
    check.equal('some', [s['id'] for s in json.loads(check.run('list', *kept.words('--scans', '3,1', '--format', 'json')).stdout)], [1, 3])
    check.equal('of a time', check.run('list', *kept.words('--scans', '--format', 'csv', '--at', '2019-01-01')).stdout.count('\n'), 1)
    check.has_words('one that is not there', check.run('list', *kept.words('--scans', '77'), status=2).stderr, '77')


def check_none(check, kept):
    store = check.store()
    check.run('read', '--store', store.dir, '--config', kept.config, check.path('seen.pcap'))
    for which in ('latest', 'all', '1'):
        check.has_words('there is none: ' + which, check.run('compare', '--store', store.dir, '--config', kept.config, '--scans', which, status=2).stderr, 'keeps no scan')
    check.equal('none', check.run('list', '--store', store.dir, '--config', kept.config, '--scans', '--format', 'json').stdout, '[]\n')


def main():
    check = Check()
    if not has('inih') or not has('yajl'):
        skip('this build reads no configuration file or no JSON')
    kept = Kept(check)
    check_none(check, kept)
    first, outside, last = check_each(check, kept)
    interrupted = check_interrupted(check, kept)
    check_which(check, kept, last, interrupted)
    check_known_scanners(check, kept, first)
    check_list(check, kept, interrupted)
    check_down(check, kept, outside)
    check.end()


main()
