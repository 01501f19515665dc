#!/usr/bin/env python3
"""
Our own scan from outside crosses the line that a sensor watches: what only it elicited is kept, marked own-scan and left out; what
others knocked on too stays.

    check_scan_own.py SEKIMORI RETAIN
"""
import json
import socket
import sqlite3
import subprocess
import sys
import time

from harness import Check, has, skip
from lines import Line, OUT4, Sensor, SITE4, within
from traffic import SECOND, Traffic, pcap, write

NET, CLIENT = '192.0.2.0/24', '198.51.100.20'
BOTH, OURS, PING, LATER = 22, 9443, 443, 9080  # PING is not asked: whether the host is up is found out there
INSIDE, CLOSED = '192.0.2.50', 9
HOUR_NS = 3600 * 10**9


class Place(Line):
    """With somebody else outside."""

    def __init__(self):
        super().__init__()
        self.client = self.add_outsider('cli', CLIENT)

    def visit(self, port):
        within(self.client, lambda: socket.create_connection((SITE4, port), timeout=30).close())


class Own:
    def __init__(self, check, place, store):
        self.check, self.place, self.store = check, place, store

    def scan(self, space, *words, store=None):
        done = subprocess.run(['ip', 'netns', 'exec', space, self.check.sekimori, 'scan', *words, '--store', (store or self.store).dir],
                              capture_output=True, text=True, timeout=200, env=self.check.environment, stdin=subprocess.DEVNULL)
        self.check.equal('status of scan %s' % (words,), done.returncode, 0, done.stderr)
        return done

    def scanners(self):
        with sqlite3.connect(self.store.dir + '/catalogue.sqlite', timeout=30) as c:
            return c.execute('SELECT address, first_ns, last_ns FROM kept_scanner').fetchall()

    def move(self, by_ns):
        with sqlite3.connect(self.store.dir + '/catalogue.sqlite', timeout=30) as c:
            c.execute('UPDATE kept_scanner SET first_ns = first_ns + ?1, last_ns = last_ns + ?1', (by_ns,))

    def ask(self, *words):
        return self.check.run(words[0], '--store', self.store.dir, '--timezone', 'UTC', *words[1:]).stdout

    def list(self, *words):
        """{port: (packets, marks)}"""
        return {r['port']: (r['packets'], r['marks']) for r in json.loads(self.ask('list', '--format', 'json', *words))}


def check_answers(check, own, when, hidden, shown, records=True):
    """HIDDEN answered us only; SHOWN {port: (answers to all, to others)}."""
    lists = {port: (n, '') for port, (n, _) in shown.items()}
    marked = {**lists, **{port: (n, 'own-scan') for port, n in hidden.items()}}
    check.equal(when + ': list', own.list(), lists)
    check.equal(when + ': list --include own-scan', own.list('--include', 'own-scan'), marked)
    check.equal(when + ': list --include all', own.list('--include', 'all'), marked)
    check.equal(when + ': list --peers all', own.list('--peers', 'all'), marked)
    check.equal(when + ': list --peers others', own.list('--peers', 'others'), {port: (n, '') for port, (_, n) in shown.items()})
    check.equal(when + ': list --peers scanners', own.list('--peers', 'scanners'),
                {**{port: (n - m, '') for port, (n, m) in shown.items() if n > m}, **{port: (n, '') for port, n in hidden.items()}})
    since = ('--since', '2000-01-01')
    check.equal(when + ': list of a time', (own.list(*since), own.list(*since, '--include', 'own-scan')), (lists, marked))
    check.equal(when + ': export --services', own.ask('export', '--services').count('\n'), 1 + len(shown))
    said = own.ask('host', SITE4)
    check.holds(when + ': host shows the hidden as such', all(w in said.split('left out:')[-1] for w in ('own-scan', *map(str, hidden))), said)
    today = time.strftime('%Y-%m-%d', time.gmtime())
    yesterday = time.strftime('%Y-%m-%d', time.gmtime(time.time() - 86400))
    report = json.loads(own.ask('report', '--format', 'json', yesterday + '..' + today))
    left = {x['mark']: (x['packets'], x['services'], x['hosts']) for x in report['left_out']}
    check.equal(when + ': report, left out', left['own-scan'], (sum(hidden.values()), len(hidden), 1))
    check.equal(when + ': report, ports', sorted(p['port'] for p in report['ports']), sorted(shown))
    check.equal(when + ': report, new', sorted(s['port'] for s in report['changes']['new']), sorted(set(shown) - {BOTH}))
    check.equal(when + ': sql, services', own.ask('sql', '--format', 'csv', 'SELECT port FROM service ORDER BY 1').split()[1:],
                [str(p) for p in sorted(shown)])
    if records:
        check.equal(when + ': export --records', own.ask('export', '--records').count('\n'), 1 + sum(n for n, _ in shown.values()))
        rows = own.ask('sql', '--format', 'csv', 'SELECT marks, visible, count(*) FROM sighting GROUP BY 1, 2 ORDER BY 1').split()[1:]
        check.equal(when + ': sql, sightings', rows, [',1,%d' % sum(n for n, _ in shown.values()), 'own-scan,0,%d' % sum(hidden.values())])


def main():
    check = Check()
    if not has('inih'):
        skip('this build reads no configuration file')
    place = Place()
    store = check.store()
    sensor = Sensor(check, place, store, '--driver', 'af_packet', nets=(NET,))
    if not check.holds('it watches', sensor.ready(), sensor.said()):
        check.end()
    own = Own(check, place, store)
    for port in (BOTH, OURS, PING, LATER):
        place.serve(port)
    # So that there is something from before the report's period.
    before = Traffic((int(time.time()) - 10 * 86400) * SECOND)
    before.synack(SITE4, BOTH, CLIENT, 40000)
    check.run('read', '--store', store.dir, write(check.path('before.pcap'), pcap(before.frames)))
    place.visit(BOTH)

    # Neither a scan from inside nor one of this machine itself is seen by anybody.
    own.scan(place.site, '-p', str(BOTH), SITE4)
    own.scan(place.site, '-p', str(BOTH), '127.0.0.1')
    place.ip('-n', place.client, 'address', 'add', INSIDE + '/32', 'dev', 'eth0')
    place.ip('-n', place.client, 'route', 'add', SITE4, 'dev', 'eth0', 'src', INSIDE)
    own.scan(place.client, '-Pn', '-p', str(CLOSED), SITE4)
    place.ip('-n', place.client, 'route', 'del', SITE4)
    check.equal('from inside: no scanner', own.scanners(), [])

    found = check.path('found.json')
    own.scan(place.out, '-p', '%d,%d,%d' % (BOTH, OURS, LATER), '--vantage', 'outside', '-oJ', found, SITE4)
    check.equal('whence it went out', [socket.inet_ntoa(a[-4:]) for a, _, _ in own.scanners()], [OUT4])
    check.holds('it is on disk', sensor.on_disk())
    answers = {port: n for port, (n, _) in own.list('--include', 'all').items()}
    check.equal('all was seen', sorted(answers), sorted((BOTH, OURS, PING, LATER)))
    hidden = {port: answers[port] for port in (OURS, PING, LATER)}
    check_answers(check, own, 'while it watches', hidden, {BOTH: (answers[BOTH], 2)})
    check.equal('its name', own.ask('sql', '--format', 'csv', 'SELECT DISTINCT scanner(daddr) FROM sighting WHERE scanner(daddr) IS NOT NULL').split('\n')[1],
                'sekimori scan')
    # What the scan was not told to ask answered it all the same: no news for the next one.
    check.has_words('scan --new', own.scan(place.out, '--new').stderr, 'nothing new')

    rows = {r['port']: (r['reason'], r['marks'] if 'marks' in r else r['seen']['marks']) for r in
            json.loads(own.ask('compare', '--format', 'json', found))['rows']}
    check.equal('compare', rows, {BOTH: ('both', ''), OURS: ('marked', 'own-scan'), LATER: ('marked', 'own-scan')})
    rows = {r['port']: r['reason'] for r in json.loads(own.ask('compare', '--format', 'json', '--scanner', OUT4))['rows']}
    check.equal('compare --scanner', rows, {BOTH: 'both', **{port: 'only-scanner' for port in hidden}})

    place.visit(LATER)
    check.holds('it is on disk', sensor.on_disk())
    shown = {BOTH: (answers[BOTH], 2), LATER: (hidden.pop(LATER) + 1, 1)}
    check_answers(check, own, 'somebody else came', hidden, shown)
    check.equal('the sensor ends well', sensor.stop(), 0)
    check_answers(check, own, 'after it', hidden, shown)

    # Somebody else has had that address before or since: only the hours of the scan count.
    for by in (-3 * HOUR_NS, 6 * HOUR_NS):
        own.move(by)
        check.equal('the address at another time', own.list(), {**{port: (n, '') for port, (n, _) in shown.items()},
                                                                **{port: (n, '') for port, n in hidden.items()}})
    own.move(-3 * HOUR_NS)

    # Without details it is known all the same.
    done = subprocess.run([sys.argv[2], store.dir, str(int(time.time()) + 4 * 86400), 'apply', 'records=1'], capture_output=True, text=True,
                          env=check.environment)
    check.has_words('details went', done.stdout + done.stderr, 'bared 1')
    check_answers(check, own, 'without details', hidden, shown, records=False)
    place.end()
    check.end()


main()
