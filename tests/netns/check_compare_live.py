#!/usr/bin/env python3
"""
A line with real listeners, a client and a scanner outside, and the sensor on it: nmap, masscan and our own scanner ask,
and every row of `sekimori compare` is held against what was set up and what a capture beside the sensor holds.

    check_compare_live.py SEKIMORI

Exit status 77: no root, no network namespaces, no nmap, no masscan or no nft.
"""
import collections
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'flow'))

from harness import Check, has, skip  # noqa: E402
from lines import Line, OUT4, Recorder, Sensor, SITE4, until, within  # noqa: E402

SCANNER, CLIENT = OUT4, '198.51.100.20'
UNASKED, SHY, FOREIGN = '192.0.2.11', '192.0.2.12', '203.0.113.77'  # SHY answers the scanner nothing; FOREIGN is not ours
NET = '192.0.2.0/24'
TARGETS = (SITE4, SHY, FOREIGN)
ASKED = (22, 25, 80, 443, 2222, 8080, 8443, 9000)
PORTS = ','.join(str(p) for p in ASKED)
OFTEN, SELDOM = 7, 2  # knocks of the client; up to five are few
# What listens before the scans, and how often the client knocks there.
LISTENS = {(SITE4, 22): OFTEN, (SITE4, 443): 0, (SITE4, 25): 1, (SITE4, 8080): OFTEN, (SITE4, 8443): SELDOM, (SITE4, 9999): 1,
           (UNASKED, 22): 1, (SHY, 80): OFTEN, (FOREIGN, 80): 0}
KNOCKED_AGAIN = ((SITE4, 8080), (SITE4, 8443), (SHY, 80))  # once, after the scans
CLOSED_BEFORE, OPENED_AFTER, OPENED_BLIND = (SITE4, 25), (SITE4, 9000), (SITE4, 2222)
DROPS = '''table inet border {
 chain in {
  type filter hook input priority 0
  ip saddr %s ip daddr %s tcp dport { 8080, 8443 } drop
  ip saddr %s ip daddr %s drop
 }
}
''' % (SCANNER, SITE4, SCANNER, SHY)

# Why, by who scanned. nmap and we say what was asked and what was closed; masscan tells only what is open.
# All scanners have one address, from which ours is known to have scanned in this hour: 443 answered nobody else.
FOUND = {(SITE4, 22): 'both', (SITE4, 443): 'marked', (FOREIGN, 80): 'not-ours'}
TELLING = {**FOUND, (SITE4, 25): 'gone-before', (SITE4, 8080): 'scan-filtered', (SITE4, 8443): 'scan-filtered',
           (SITE4, 9999): 'port-not-scanned', (UNASKED, 22): 'host-not-scanned', (SHY, 80): 'host-down', OPENED_AFTER: 'opened-after'}
TERSE = {**FOUND, (SITE4, 25): 'gone-before', (SITE4, 8080): 'scan-missed', (SITE4, 8443): 'seldom', (SITE4, 9999): 'gone-before',
         (UNASKED, 22): 'host-not-scanned', (SHY, 80): 'host-not-scanned', OPENED_AFTER: 'opened-after'}
BY_SCANNER = {(SITE4, 22): 'both', (SITE4, 443): 'only-scanner', (SITE4, 25): 'seldom', (SITE4, 8080): 'scan-missed',
              (SITE4, 8443): 'seldom', (SITE4, 9999): 'seldom', (UNASKED, 22): 'host-not-scanned', (SHY, 80): 'host-not-scanned',
              OPENED_AFTER: 'seldom'}


def next_second():
    """Scanners tell whole seconds: what comes after this is of a later one than what came before."""
    now = int(time.time())
    until(lambda: int(time.time()) > now, 'the next second')


class Place(Line):
    """The line, with more addresses of the site and a client beside the scanner."""

    def __init__(self):
        super().__init__()
        self.client = self.add_outsider('cli', CLIENT)
        for address in (UNASKED, SHY, FOREIGN):
            self.ip('-n', self.site, 'address', 'add', address + '/32', 'dev', 'eth0')
        self.mac = json.loads(subprocess.run(['ip', '-json', '-n', self.site, 'link', 'show', 'eth0'], check=True,
                                             capture_output=True).stdout)[0]['address']
        done = subprocess.run(['ip', 'netns', 'exec', self.site, 'nft', '-f', '-'], input=DROPS, text=True, capture_output=True)
        if done.returncode != 0:
            skip('nft: ' + done.stderr.strip())

    def listen(self, address, port):
        """Nobody accepts: the kernel answers, and that is all that is asked of it."""
        s = within(self.site, lambda: socket.create_server((address, port), backlog=128))
        self.servers.append(s)
        return s

    def knock_from_client(self, address, port, times):
        def connect():
            for _ in range(times):
                socket.create_connection((address, port), timeout=30).close()

        within(self.client, connect)

    def scan(self, *words):
        """Runs a scanner outside."""
        return subprocess.run(['ip', 'netns', 'exec', self.out, *words], capture_output=True, text=True, timeout=200,
                              stdin=subprocess.DEVNULL)


class Answers:
    """What a capture holds of SYN+ACKs: independent of all that the sensor does."""

    def __init__(self, frames):
        self.all = collections.defaultdict(list)  # (host, port): (time, peer, its port)
        for at, f in frames:
            if f[12:14] == b'\x08\0' and f[23] == 6 and f[14] == 0x45 and f[47] & 0x12 == 0x12:
                self.all[socket.inet_ntoa(f[26:30]), int.from_bytes(f[34:36], 'big')].append(
                    (at, socket.inet_ntoa(f[30:34]), int.from_bytes(f[36:38], 'big')))

    def of(self, key, peers):
        return [a for a in self.all.get(key, ()) if a[1] in peers]


def rows_of(comparison):
    return {(r['address'], r['port']): r for r in comparison['rows']}


def spread(keys, of):
    counts = collections.Counter(k[of] for k in keys).values()
    return [min(counts, default=0), max(counts, default=0)]


def figures(keys):
    return {'hosts': len({k[0] for k in keys}), 'ports': len({k[1] for k in keys}), 'services': len(keys),
            'hosts_per_port': spread(keys, 1), 'ports_per_host': spread(keys, 0)}


def check_rows(check, what, got, expected, answers, peers=(SCANNER, CLIENT)):
    """Each row of it: its reason, its sides, what was seen and by whom; and the figures of all."""
    rows = rows_of(got)
    check.equal(what + ': reasons', {k: r['reason'] for k, r in rows.items()}, expected)
    check.equal(what + ': reasons counted', {k: n for k, n in got['reasons'].items() if n}, dict(collections.Counter(expected.values())))
    for key, r in rows.items():
        name = '%s: %s port %d, ' % (what, *key)
        found = expected.get(key) in ('both', 'not-ours', 'marked', 'only-scanner', 'blind', 'from-inside', 'never-knocked')
        check.equal(name + 'found', r['active'], found)
        seen = answers.of(key, peers) if expected.get(key) != 'only-scanner' else answers.of(key, (SCANNER,))
        if key[0] == FOREIGN:
            seen = []  # the sensor keeps nothing of others
        check.equal(name + 'passive', r['passive'], bool(seen) and expected.get(key) not in ('only-scanner', 'marked'))
        check_seen(check, name, r.get('seen'), seen, 'own-scan' if expected.get(key) == 'marked' else '')
    for scope in ('all', 'covered'):
        for side in ('active', 'passive'):
            keys = [k for k, r in rows.items() if r[side] and (scope == 'all' or r['covered'])]
            check.equal('%s: figures, %s, %s' % (what, scope, side), got['figures'][scope][side], figures(keys))


def check_seen(check, name, told, seen, marks=''):
    check.equal(name + 'seen', told is not None, bool(seen))
    if not told or not seen:
        return
    check.equal(name + 'packets and peers', (told['packets'], told['peers'], told['marks']),
                (len(seen), len({p for _, p, _ in seen}), marks))
    if len(seen) <= 5:
        check.equal(name + 'knocks', [(k['peer'], k['peer_port']) for k in told['knocks']], [(p, n) for _, p, n in seen])


def check_covered(check, what, got, telling, hosts):
    """What the scan asked: of a format that does not tell, all of the hosts it tells of."""
    for key, r in rows_of(got).items():
        expected = key[0] in hosts and (key[1] in ASKED or not telling)
        check.equal('%s: %s port %d is covered' % (what, *key), r['covered'], expected)
    check.equal(what + ': ports are told', got['tells_ports'], telling)


def check_scan(check, what, got, tool, watched):
    s = got['scans'][0]
    check.equal(what + ': one scan, by whom', (len(got['scans']), s['tool'], s['open'], s['inside']), (1, tool, 3, False))
    # In no time at all there is no share of it.
    if watched is not None:
        check.equal(what + ': share of its time that was watched', s.get('watched_share'), watched)


class Scans:
    """Files of the scans, in the order that they were made: (name, file, tool, whether it says what it asked)."""

    def __init__(self, check, place, store):
        self.check, self.place, self.store = check, place, store
        self.files = []

    def path(self, name):
        return self.check.path(name)

    def run(self, what, *words):
        done = self.place.scan(*words)
        self.check.equal(what + ': it ends well', done.returncode, 0, done.stderr + done.stdout)

    def nmap(self, name):
        xml, grep = self.path(name + '.xml'), self.path(name + '.gnmap')
        self.run(name, 'nmap', '-v', '-n', '-sS', '--disable-arp-ping', '-PS22', '-p', PORTS, '-oX', xml, '-oG', grep, *TARGETS)
        return [(name + ' -oX', xml, 'nmap', True), (name + ' -oG', grep, 'nmap', True)]

    def masscan(self):
        for form in ('-oJ', '-oX', '-oL'):
            path = self.path('masscan' + form)
            self.run('masscan ' + form, 'masscan', '-p', PORTS, '--rate', '200', '--wait', '1', '-e', 'eth0', '--adapter-ip', SCANNER,
                     '--router-mac', self.place.mac, form, path, ','.join(TARGETS))
            self.files.append(('masscan ' + form, path, 'masscan', False))

    def ours(self):
        xml, lines = self.path('ours.xml'), self.path('ours.json')
        self.run('our scan', self.check.sekimori, 'scan', '-v', '-sT', '-p', PORTS, '--vantage', 'outside', '--outside-site', '--net', NET,
                 '--store', self.store.dir, '-oX', xml, '-oJ', lines, *TARGETS)
        self.files += [('ours -oX', xml, 'sekimori', True), ('ours -oJ', lines, 'sekimori', True)]


def check_xml(check, path):
    """Others can read what we write as nmap's."""
    root = xml.etree.ElementTree.parse(path).getroot()
    found = {(h.find('address').get('addr'), int(p.get('portid'))) for h in root.iter('host') for p in h.iter('port')
             if p.find('state').get('state') == 'open'}
    check.equal('our XML, read by others', (root.tag, found), ('nmaprun', set(FOUND)))
    if shutil.which('xmllint'):
        done = subprocess.run(['xmllint', '--noout', path], capture_output=True, text=True)
        check.equal('our XML is well-formed to xmllint', (done.returncode, done.stderr), (0, ''))


def compare(check, store, *words, config=None):
    words = ['compare', '--store', store.dir, '--net', NET, '--timezone', 'UTC', '--format', 'json', *words]
    return json.loads(check.run(*words, *(['--config', config] if config else [])).stdout or '{"rows": []}')


def check_all(check, store, scans, answers, when):
    for name, path, tool, telling in scans.files:
        what = '%s, %s' % (name, when)
        got = compare(check, store, path)
        check_scan(check, what, got, tool, 1 if telling else None)
        check_rows(check, what, got, TELLING if telling else TERSE, answers)
        check_covered(check, what, got, telling, TARGETS if telling else (SITE4, FOREIGN))
    # The last of them is the one that the store keeps, too.
    kept = compare(check, store, '--scans')
    check.equal('our scan as the store keeps it, ' + when, (kept['scans'][0].pop('source'), kept.pop('made') > got.pop('made')), ('scan 1', True))
    got['scans'][0].pop('source')
    check.equal('its comparison, ' + when, kept, got)
    got = compare(check, store, '--scanner', SCANNER)
    expected = dict(BY_SCANNER)
    check_rows(check, '--scanner, ' + when, got, expected, answers, peers=(CLIENT,))
    if has('inih'):
        config = check.path('scanners.conf')
        with open(config, 'w', encoding='utf-8') as f:
            f.write('[scanners]\n%s = the test\n' % SCANNER)
        got = compare(check, store, scans.files[0][1], config=config)
        expected = {**TELLING, (SITE4, 443): 'only-scanner'}
        check_rows(check, 'a known scanner, ' + when, got, expected, answers, peers=(CLIENT,))


def check_blind(check, store, scans):
    """The sensor has ended: what is found now, nobody could have seen."""
    next_second()
    scans.place.listen(*OPENED_BLIND)
    for name, path, _, _ in scans.nmap('later'):
        got = compare(check, store, path)
        rows = rows_of(got)
        check.equal(name + ', when nobody looked', (rows[OPENED_BLIND]['reason'], rows[OPENED_AFTER]['reason'], rows[FOREIGN, 80]['reason'],
                                                    rows[SITE4, 8080]['reason'], got['scans'][0].get('watched_share')),
                    ('blind', 'both', 'not-ours', 'gone-before', 0))


def check_inside(check, store, place, path):
    """From within, past the line: what nobody outside reached. Asked at once, while the sensor has not yet written all of it."""
    done = subprocess.run(['ip', 'netns', 'exec', place.site, check.sekimori, 'scan', '-sT', '-p', PORTS, '--net', NET, '--store',
                           check.path('scans'), '-oJ', path, SITE4], capture_output=True, text=True, timeout=200)
    check.equal('our scan from inside ends well', done.returncode, 0, done.stderr)
    got = compare(check, store, path)
    check.equal('from inside', {k: r['reason'] for k, r in rows_of(got).items() if r['active']},
                {(SITE4, 22): 'both', (SITE4, 443): 'from-inside', (SITE4, 8080): 'both', (SITE4, 8443): 'both'})
    check.equal('it is said to be from inside, and was watched', [(s['inside'], s['watched_share']) for s in got['scans']], [(True, 1)])


def main():
    check = Check()
    for program in ('nmap', 'masscan', 'nft'):
        if not shutil.which(program):
            skip('there is no ' + program)
    if not has('expat') or not has('yajl'):
        skip('this build does not read XML and JSON, in which the scanners tell what they found')
    place = Place()
    store = check.store()
    sensor = Sensor(check, place, store, '--driver', 'af_packet', nets=(NET,))
    if not check.holds('it watches', sensor.ready(), sensor.said()):
        check.end()
    recorder = Recorder(place, check.path('line.pcap'))
    listening = {key: place.listen(*key) for key in LISTENS}
    for key, times in LISTENS.items():
        place.knock_from_client(*key, times)
    listening.pop(CLOSED_BEFORE).close()
    next_second()
    scans = Scans(check, place, store)
    check.holds('what was seen so far is on disk', sensor.on_disk())
    check_inside(check, store, place, check.path('inside.json'))
    scans.files += scans.nmap('nmap')
    scans.masscan()
    scans.ours()
    check_xml(check, check.path('ours.xml'))
    next_second()
    place.listen(*OPENED_AFTER)
    for key in (OPENED_AFTER, *KNOCKED_AGAIN):
        place.knock_from_client(*key, 1)
    check.holds('what was seen is on disk', sensor.on_disk())
    recorder.stop()
    answers = Answers(recorder.frames)
    check.equal('the client was answered', {k: len(answers.of(k, (CLIENT,))) for k in LISTENS},
                {k: n + (k in KNOCKED_AGAIN) for k, n in LISTENS.items()})
    check_all(check, store, scans, answers, 'while it watches')
    check.equal('the sensor ends well', sensor.stop(), 0)
    check_all(check, store, scans, answers, 'after it')
    check_blind(check, store, scans)
    place.end()
    check.end()


main()
