#!/usr/bin/env python3
"""
What scans found against what was seen: each reason on a case made for it, figures against plain sets, forms against each
other; and section 5 of the source, where the made month is at hand.
Usage: check_compare.py SEKIMORI [SEKIMORI_MONTH]
"""
import collections
import csv
import io
import json
import os
import re
import subprocess
import sys
import time

from harness import Check, has, sanitized, skip
from traffic import SECOND, SYN, Traffic, pcap, write

DAY = 86400
START = 1552521600  # 2019-03-14T00:00:00Z
SCAN = START + DAY + 10 * 3600  # the second day, ten o'clock
NET = '192.0.2.0/24'
SCANNER = '203.0.113.99'
CONFIG = '[site]\nnetworks = %s 2001:db8:1::/48\ntimezone = UTC\n[excluded]\n192.0.2.6 = honeypot\n[scanners]\n%s = the yearly scan\n[lists]\nnoisy ones = noisy.txt\n' % (NET, SCANNER)
V6 = '2001:db8:1::9'

# (host, port): when it answered whom; each of these once an hour, from the first hour to the last.
SEEN = {
    ('192.0.2.1', 80): range(0, 72),    # both
    ('192.0.2.1', 443): range(0, 72),   # the scan says closed
    ('192.0.2.1', 8080): range(0, 72),  # the scan says filtered
    ('192.0.2.1', 9999): range(0, 72),  # the scan did not ask
    ('192.0.2.1', 9000): range(0, 72),  # not told one by one: filtered
    ('192.0.2.2', 22): range(0, 20),    # gone before
    ('192.0.2.3', 22): range(40, 72),   # opened after
    ('192.0.2.4', 80): range(0, 72),    # down
    ('192.0.2.6', 80): range(0, 72),    # excluded
    ('192.0.2.7', 80): range(0, 72),    # not scanned
    ('192.0.2.8', 22): range(30, 40, 9),  # a few times
    ('192.0.2.8', 80): range(0, 72),    # missed
    (V6, 443): range(0, 72),            # both
}
NMAP_PORTS = '22,80,443,8000-9000'
NMAP = {  # host: (rest's state, {port: state})
    '192.0.2.1': ('filtered', {80: 'open', 22: 'open', 443: 'closed', 8080: 'filtered'}),
    '192.0.2.2': ('closed', {8080: 'open'}),
    '192.0.2.3': ('closed', {}),
    '192.0.2.6': ('closed', {80: 'open'}),
    '198.51.100.5': ('closed', {80: 'open'}),
    V6: ('closed', {443: 'open', 80: 'open'}),
}
REASONS = {
    ('192.0.2.1', 80): 'both', ('192.0.2.1', 22): 'never-knocked', ('192.0.2.1', 443): 'scan-closed',
    ('192.0.2.1', 8080): 'scan-filtered', ('192.0.2.1', 9999): 'port-not-scanned', ('192.0.2.1', 9000): 'scan-filtered',
    ('192.0.2.2', 22): 'gone-before', ('192.0.2.2', 8080): 'only-scanner', ('192.0.2.3', 22): 'opened-after',
    ('192.0.2.4', 80): 'host-down', ('192.0.2.6', 80): 'marked', ('192.0.2.7', 80): 'host-not-scanned',
    ('192.0.2.8', 22): 'host-not-scanned', ('192.0.2.8', 80): 'host-not-scanned', ('198.51.100.5', 80): 'not-ours',
    (V6, 443): 'both', (V6, 80): 'never-knocked',
}


def capture(path):
    traffic = Traffic(0)
    answers = [(START + hour * 3600 + 60 + i, host, port, '203.0.113.%d' % (i + 1))
               for i, ((host, port), hours) in enumerate(SEEN.items()) for hour in hours]
    answers += [(SCAN + i, '192.0.2.2', 8080, SCANNER) for i in range(3)]
    answers += [(SCAN + 10 + i, '192.0.2.1', 80, SCANNER) for i in range(3)]
    for seconds, host, port, peer in sorted(answers):
        traffic.now = seconds * SECOND + SECOND // 2
        traffic.synack(host, port, '2a00:1::' + peer.split('.')[-1] if ':' in host else peer, 40000)
    ends = Traffic(0)
    for seconds in (START, START + 3 * DAY - 1):
        ends.now = seconds * SECOND
        ends.tcp('203.0.113.1', 40000, '192.0.2.1', 4, SYN)
    return write(path, pcap(traffic.merged([ends]).frames))


def nmap_xml(path, start=SCAN, hosts=None, down=('192.0.2.4',), asked=NMAP_PORTS):
    words = ['<?xml version="1.0"?><!DOCTYPE nmaprun>',
             '<nmaprun scanner="nmap" args="nmap -sS -p %s" start="%d" version="7.93" xmloutputversion="1.05">' % (asked, start),
             '<scaninfo type="syn" protocol="tcp" numservices="1004" services="%s"/>' % asked]
    kind = lambda a: 'ipv6' if ':' in a else 'ipv4'
    for a in down:
        words.append('<host><status state="down" reason="no-response"/><address addr="%s" addrtype="%s"/></host>' % (a, kind(a)))
    for a, (rest, ports) in (NMAP if hosts is None else hosts).items():
        words.append('<host starttime="%d" endtime="%d"><status state="up" reason="echo-reply"/><address addr="%s" addrtype="%s"/><ports>'
                     '<extraports state="%s" count="900"><extrareasons reason="reset" count="900"/></extraports>'
                     % (start, start + 600, a, kind(a), rest))
        for port, state in ports.items():
            words.append('<port protocol="tcp" portid="%d"><state state="%s" reason="syn-ack"/><service name="x" product="Daemon&#x9b;31m" '
                         'version="%d"/></port>' % (port, state, port))
        words.append('</ports></host>')
    words.append('<runstats><finished time="%d"/></runstats></nmaprun>' % (start + 600))
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(words))
    return path


def masscan_list(path):
    with open(path, 'w', encoding='utf-8') as f:
        f.write('#masscan\nopen tcp 443 192.0.2.8 %d\n# end\n' % SCAN)
    return path


class Comparing:
    def __init__(self, check):
        self.check, self.store, self.config = check, check.store(), check.path('site.conf')
        with open(self.config, 'w', encoding='utf-8') as f:
            f.write(CONFIG)
        with open(check.path('noisy.txt'), 'w', encoding='utf-8') as f:
            f.write('203.0.113.96/28 # all of them\n')
        os.utime(check.path('noisy.txt'), (START, START))
        check.run('read', '--store', self.store.dir, '--config', self.config, capture(check.path('seen.pcap')))

    def words(self, *words):
        return ['compare', '--store', self.store.dir, '--config', self.config, *words]

    def json(self, *words):
        return json.loads(self.check.run(*self.words('--format', 'json', *words)).stdout)


def rows(r):
    return {(row['address'], row['port']): row for row in r['rows']}


def figures(pairs):
    """Of a set of (host, port), by the book."""
    hosts, ports = collections.Counter(h for h, _ in pairs), collections.Counter(p for _, p in pairs)
    least_and_most = lambda c: [min(c.values(), default=0), max(c.values(), default=0)]
    return {'hosts': len(hosts), 'ports': len(ports), 'services': len(pairs), 'hosts_per_port': least_and_most(ports),
            'ports_per_host': least_and_most(hosts)}


def check_figures(check, what, r, active, passive, covered):
    for scope, chosen in (('all', lambda pair: True), ('covered', covered)):
        for side, pairs in (('active', active), ('passive', passive)):
            mine = {p for p in pairs if chosen(p)}
            check.equal('%s: figures, %s, %s' % (what, scope, side), r['figures'][scope][side], figures(mine))
            check.equal('%s: ports, %s, %s' % (what, scope, side),
                        {p['port']: p[scope][side] for p in r['ports'] if p[scope][side]}, dict(collections.Counter(p for _, p in mine)))
            spread = collections.Counter(collections.Counter(h for h, _ in mine).values())
            check.equal('%s: ports per host, %s, %s' % (what, scope, side),
                        {p['ports']: p[scope][side] for p in r['ports_per_host'] if p[scope][side]}, dict(spread))


def asked(pair):
    return pair[0] in set(NMAP) | {'192.0.2.4'} and (pair[1] in (22, 80, 443) or 8000 <= pair[1] <= 9000)


def check_nmap(check, comparing):
    r = comparing.json(nmap_xml(check.path('scan.xml')))
    check.equal('reasons', {key: row['reason'] for key, row in rows(r).items()}, REASONS)
    active = {(h, p) for h, (_, ports) in NMAP.items() for p, state in ports.items() if state == 'open'}
    passive = {key for key in SEEN if key[0] != '192.0.2.6'}
    check.equal('the active side', {k for k, row in rows(r).items() if row['active']}, active)
    check.equal('the passive side', {k for k, row in rows(r).items() if row['passive']}, passive)
    check_figures(check, 'nmap', r, active, passive, asked)
    check.equal('counted by reason', {k: n for k, n in r['reasons'].items() if n}, dict(collections.Counter(REASONS.values())))
    scan = r['scans'][0]
    check.equal('what the file says', (scan['tool'], scan['version'], scan['arguments'], scan['start'], scan['watched_share']),
                ('nmap', '7.93', 'nmap -sS -p ' + NMAP_PORTS, '2019-03-15T10:00:00.000Z', 1))
    only = rows(r)[('192.0.2.2', 8080)]
    check.equal('who knocked there', [(k['time'], k['peer'], k['peer_port']) for k in only['seen']['knocks']],
                [('2019-03-15T10:00:0%d.500Z' % i, SCANNER, 40000) for i in range(3)])
    check.equal('on which list who knocked is', {k['lists'] for k in only['seen']['knocks']}, {'noisy ones (2019-03-14)'})
    check.equal('each knock where there are few, else none',
                {row['seen']['packets'] <= 5 and row['reason'] != 'both' for row in r['rows'] if 'seen' in row and row['seen']['knocks']}, {True})
    check.equal('a marked one tells its marks', rows(r)[('192.0.2.6', 80)]['seen']['marks'], 'excluded')
    check.equal('what the scanner elicited is no sighting of others', rows(r)[('192.0.2.1', 80)]['seen']['packets'], 72)
    return r


def check_forms(check, comparing, r):
    path = check.path('scan.xml')
    lines = list(csv.DictReader(io.StringIO(check.run(*comparing.words('--format', 'csv', path)).stdout)))
    check.equal('csv and json', [(l['address'], int(l['port']), l['reason'], l['active'] == '1', l['passive'] == '1', int(l['packets'])) for l in lines],
                [(row['address'], row['port'], row['reason'], row['active'], row['passive'], row.get('seen', {}).get('packets', 0)) for row in r['rows']])
    text = check.run(*comparing.words('--lang', 'en', path)).stdout
    check.has_words('text', text, '192.0.2.1 22/tcp', 'nobody outside knocked', 'the scan was told: closed', 'nmap 7.93', 'the yearly scan'.split()[0])
    check.holds('no escape reaches the terminal', '\x9b' not in text and '\x1b' not in text, repr(text[:500]))
    check.holds('80 columns', all(len(line) <= 80 for line in text.splitlines()), max(text.splitlines(), key=len))
    page = check.call(*comparing.words('--format', 'html', '-o', check.path('page.html'), path))
    if page.returncode == 0:
        with open(check.path('page.html'), encoding='utf-8') as f:
            html = f.read()
        data = json.loads(html.split('<script type="application/json" id="data">')[1].split('</script>')[0]) if 'id="data">' in html else None
        check.equal('the page holds the same rows', data and data['rows'], r['rows'])
    else:
        check.has_words('no page in this build', page.stderr, 'Node.js')


def check_lists(check, comparing):
    """The same beside the peers of a host, and of a day that stands out."""
    asked = ['--store', comparing.store.dir, '--config', comparing.config]
    check.has_words('host', check.run('host', *asked, '192.0.2.2').stdout, SCANNER, 'noisy ones (2019-03-14)')
    day = json.loads(check.run('report', *asked, '--format', 'json', '2019-03-15').stdout)
    told = {p['peer']: p['lists'] for b in day['busiest'] for p in b['peers']}
    check.equal('report', (told.get(SCANNER, 'noisy ones (2019-03-14)'), told['203.0.113.1']), ('noisy ones (2019-03-14)', None))
    os.rename(check.path('noisy.txt'), check.path('away.txt'))
    check.has_words('a list that is gone', check.run('host', *asked, '192.0.2.2', status=2).stderr, 'noisy.txt')
    os.rename(check.path('away.txt'), check.path('noisy.txt'))


def check_masscan(check, comparing):
    """It says neither what it asked nor what is closed."""
    r = comparing.json(masscan_list(check.path('masscan.txt')))
    got = {key: row['reason'] for key, row in rows(r).items()}
    check.equal('seldom and missed', (got[('192.0.2.8', 22)], got[('192.0.2.8', 80)], got[('192.0.2.8', 443)], got[('192.0.2.1', 80)]),
                ('seldom', 'scan-missed', 'never-knocked', 'host-not-scanned'))
    check.equal('the two knocks', [k['peer'] for k in rows(r)[('192.0.2.8', 22)]['seen']['knocks']], ['203.0.113.11'] * 2)
    check.equal('ports are not told', (r['tells_ports'], r['scans'][0]['tells_ports']), (False, False))


def check_told_twice(check, comparing):
    """A port that a scan tells of again, as masscan does with each banner, is one port."""
    path = check.path('twice.txt')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('#masscan\n' + ''.join('open tcp 443 192.0.2.%d %d\n' % (host, SCAN) for host in (8, 9, 8, 8)) + 'closed tcp 444 192.0.2.8 %d\n# end\n' % SCAN)
    for files in ((path,), (path, path), (masscan_list(check.path('masscan.txt')), path)):
        r = comparing.json(*files)
        check.equal('told twice, found once', (r['scans'][-1]['open'], r['scans'][-1]['hosts'], r['figures']['all']['active']['services']), (2, 2, 2))


def check_memory(check, comparing):
    """Closed ports that nobody saw make no row, and stay in no memory: kept, these would be 36 MB."""
    path = check.path('closed.txt')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('#masscan\n')
        for host in range(1, 9):
            f.write(''.join('closed tcp %d 192.0.2.%d %d\n' % (port, host, SCAN) for port in range(1, 65536)))
        f.write('# end\n')
    limit = [] if sanitized() else ['prlimit', '--data=%d' % (32 << 20)]
    asked = limit + [check.sekimori] + comparing.words('--format', 'json', path)
    done = subprocess.run(asked, capture_output=True, text=True, env=check.environment, check=False)
    check.equal('524,280 closed ports in little memory', (done.returncode, done.stderr), (0, ''))
    check.equal('what is seen is told', done.stdout and rows(json.loads(done.stdout))[('192.0.2.8', 80)]['reason'], 'scan-closed')


def check_together(check, comparing):
    """Of two scans, open and up stand."""
    again = nmap_xml(check.path('again.xml'), SCAN + 3600, {'192.0.2.1': ('closed', {80: 'closed', 8000: 'open'}), '192.0.2.4': ('closed', {443: 'open'})},
                     ('192.0.2.2', '192.0.2.9'))
    for files in ((check.path('scan.xml'), again), (again, check.path('scan.xml'))):
        r = comparing.json(*files)
        check.equal('what one found stands', [rows(r)[key]['reason'] for key in (('192.0.2.1', 80), ('192.0.2.1', 8000), ('192.0.2.2', 22), ('192.0.2.4', 80))],
                    ['both', 'never-knocked', 'gone-before', 'scan-closed'])
        check.equal('its service too', rows(r)[('192.0.2.1', 80)]['scan']['state'], 'open')
    alone = comparing.json(again)
    check.equal('a host that is down is down', rows(alone)[('192.0.2.2', 22)]['reason'], 'gone-before')


def check_apart(check, comparing):
    """What one scan says counts where it asked, and when; what another says elsewhere does not."""
    knock = nmap_xml(check.path('22.xml'), SCAN, {'192.0.2.1': ('closed', {}), '192.0.2.3': ('closed', {})}, (), '22')
    down = nmap_xml(check.path('80.xml'), SCAN + DAY, {}, ('192.0.2.1',), '80,443')
    for files in ((knock, down), (down, knock)):
        r = rows(comparing.json(*files))
        check.equal('down for the one that asked', [r[('192.0.2.1', port)]['reason'] for port in (80, 443, 8080)], ['host-down', 'host-down', 'port-not-scanned'])
        check.equal('after the one that asked', r[('192.0.2.3', 22)]['reason'], 'opened-after')


def check_without_time(check, comparing):
    """A file that tells no time takes none from another."""
    naabu = check.path('naabu.json')
    with open(naabu, 'w', encoding='utf-8') as f:
        f.write('{"ip":"192.0.2.1","port":80}\n{"ip":"192.0.2.2","port":25}\n')
    late = nmap_xml(check.path('late.xml'), START + 40 * DAY, {'192.0.2.1': ('closed', {25: 'open'})}, ())
    for files in ((naabu, check.path('scan.xml'), late), (late, check.path('scan.xml'), naabu)):
        r = comparing.json(*files)
        check.equal('for how much of its time the sensor looked', [s.get('watched_share') for s in r['scans'] if s['source'] == naabu], [None])
        check.equal('and of the others', sorted(s['watched_share'] for s in r['scans'] if s['tool'] == 'nmap'), [0, 1])
        check.equal('blind beside it', [rows(r)[key]['reason'] for key in (('192.0.2.1', 25), ('192.0.2.2', 25))], ['blind', 'never-knocked'])
        check.equal('when it asked nobody knows', rows(r)[('192.0.2.2', 22)]['reason'], 'scan-closed')
    timeless = check.path('timeless.xml')
    with open(check.path('scan.xml'), encoding='utf-8') as f, open(timeless, 'w', encoding='utf-8') as to:
        to.write(re.sub(' (start|starttime|endtime|time)="[0-9]+"', '', f.read()))
    r = rows(comparing.json(timeless))
    check.equal('a state without a time', (r[('192.0.2.1', 443)]['scan']['state'], r[('192.0.2.1', 443)]['reason']), ('closed', 'scan-closed'))
    alike = list(csv.DictReader(io.StringIO(check.run(*comparing.words('--format', 'csv', timeless)).stdout)))
    check.equal('in csv', [row['scan_state'] for row in alike if (row['address'], row['port']) == ('192.0.2.1', '443')], ['closed'])


def check_blind(check, comparing):
    late = START + 40 * DAY
    r = comparing.json(nmap_xml(check.path('late.xml'), late, {'192.0.2.1': ('closed', {25: 'open', 80: 'open'})}, ()))
    check.equal('nobody looked then', (rows(r)[('192.0.2.1', 25)]['reason'], rows(r)[('192.0.2.1', 80)]['reason'], r['scans'][0]['watched_share']),
                ('blind', 'both', 0))
    check.equal('of what was seen before', rows(r)[('192.0.2.1', 443)]['reason'], 'gone-before')
    both = comparing.json(check.path('scan.xml'), check.path('late.xml'))
    check.equal('two files together', (rows(both)[('192.0.2.1', 25)]['reason'], rows(both)[('192.0.2.1', 22)]['reason'], len(both['scans'])),
                ('blind', 'never-knocked', 2))


def check_seconds(check, comparing):
    """nmap tells whole seconds: what came in the last one is not after the scan, and a scan within one second has a time."""
    first = START + 40 * 3600 + 60 + list(SEEN).index(('192.0.2.3', 22))
    for after, why in ((0, 'scan-closed'), (-1, 'opened-after')):
        r = comparing.json(nmap_xml(check.path('seconds.xml'), first + after - 600, {'192.0.2.3': ('closed', {})}, ()))
        check.equal('first seen at the end, %d s' % after, rows(r)[('192.0.2.3', 22)]['reason'], why)
    path = check.path('short.json')
    for at, why, share in ((SCAN, 'from-inside', 1), (START + 40 * DAY, 'blind', 0)):
        second = zone_text(at)
        with open(path, 'w', encoding='utf-8') as f:
            json.dump({'tool': 'sekimori', 'version': '1', 'vantage': 'inside', 'started': second, 'ended': second, 'complete': True,
                       'tcp_ports': '1-100', 'hosts': [{'address': '192.0.2.1', 'ports': [
                           {'port': 25, 'protocol': 'tcp', 'state': 'open', 'reason': 'syn-ack', 'time': second}]}]}, f)
        r = comparing.json(path)
        check.equal('a scan of one second', (rows(r)[('192.0.2.1', 25)]['reason'], r['scans'][0]['inside'], r['scans'][0].get('watched_share')),
                    (why, True, share))


def zone_text(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))


def our_json(path, at=SCAN, hosts=None, **more):
    """What `sekimori scan -oJ` writes: HOSTS: {host: ({port: state}, {state that is not listed: ports})}"""
    told = [{'address': host, 'name': '', 'reason': 'syn-ack',
             'ports': [{'port': port, 'protocol': 'tcp', 'state': state, 'reason': 'syn-ack', 'time': zone_text(at)} for port, state in ports.items()],
             'not_listed': [{'protocol': 'tcp', 'state': state, 'reason': 'reset', 'ports': n} for state, n in rest.items()]}
            for host, (ports, rest) in (hosts or {}).items()]
    with open(path, 'w', encoding='utf-8') as f:
        json.dump({'tool': 'sekimori', 'version': '1', 'vantage': 'outside', 'started': zone_text(at), 'ended': zone_text(at + 600), 'complete': True,
                   'tcp_ports': '1-100,443', 'hosts': told, **more}, f)
    return path


def check_all_that_found(check, comparing):
    """Of several scans that found a port, each could have been seen: blind for one is not blind for all, nor inside."""
    open25 = {'192.0.2.1': ({25: 'open'}, {'closed': 100})}
    late = START + 40 * DAY
    made = {'out': (SCAN, 'outside'), 'in': (SCAN, 'inside'), 'blind out': (late, 'outside'), 'blind in': (late, 'inside')}
    for names, why in ((('out', 'blind out'), 'never-knocked'), (('out', 'in'), 'never-knocked'), (('blind out', 'blind in'), 'blind'),
                       (('in', 'blind in'), 'from-inside'), (('blind out', 'in'), 'blind'), (('out', 'in', 'blind out', 'blind in'), 'never-knocked')):
        files = [our_json(check.path(name + '.json'), made[name][0], open25, vantage=made[name][1]) for name in names]
        for order in (files, files[::-1]):
            check.equal('found by %s' % (order,), rows(comparing.json(*order))[('192.0.2.1', 25)]['reason'], why)


def check_interrupted(check, comparing):
    """Of a host that was not asked to the end, only the ports that are listed were asked."""
    path = check.path('interrupted.json')
    for rest, complete, why in ((50, False, ['port-not-scanned', 'scan-closed', 'port-not-scanned', 'host-not-scanned']),
                                (98, False, ['port-not-scanned', 'scan-closed', 'port-not-scanned', 'host-not-scanned']),
                                (99, False, ['scan-filtered', 'scan-closed', 'port-not-scanned', 'host-not-scanned']),
                                (50, True, ['scan-filtered', 'scan-closed', 'port-not-scanned', 'host-not-scanned'])):
        r = comparing.json(our_json(path, hosts={'192.0.2.1': ({25: 'open', 443: 'closed'}, {'filtered': rest})}, complete=complete))
        keys = (('192.0.2.1', 80), ('192.0.2.1', 443), ('192.0.2.1', 8080), ('192.0.2.8', 80))
        check.equal('%d not listed, complete: %s' % (rest, complete), ([rows(r)[key]['reason'] for key in keys], r['scans'][0]['interrupted']), (why, not complete))
        check.equal('covered', rows(r)[keys[0]]['covered'], why[0] != 'port-not-scanned')
    check.has_words('in words', check.run(*comparing.words('--lang', 'en', our_json(path, complete=False))).stdout, 'it was interrupted')


def check_down(check, comparing):
    """Whom a scan took for down, our own file says in ranges, and who is in them and answered is up. No range costs room."""
    path = check.path('down.json')
    for down in (['192.0.2.4', '192.0.2.7-192.0.2.8'], ['192.0.2.0/24'], ['0.0.0.0/0', '::/0', '192.0.2.4'] * 1000):
        r = comparing.json(our_json(path, hosts={'192.0.2.1': ({80: 'open'}, {'closed': 100})}, down=down))
        check.equal('down: %s' % down[:4], [rows(r)[key]['reason'] for key in (('192.0.2.4', 80), ('192.0.2.7', 80), ('192.0.2.1', 443), ('192.0.2.1', 80))],
                    ['host-down', 'host-down', 'scan-closed', 'both'])
        check.equal('hosts', r['scans'][0]['hosts'], {'192.0.2.4': 4, '192.0.2.0/24': 256}.get(down[0], 2 ** 64 - 1))
    udp = our_json(path, hosts={'192.0.2.1': ({}, {})}, tcp_ports='', udp_ports='53')
    check.equal('who asked by UDP asked nothing by TCP', rows(comparing.json(udp))[('192.0.2.1', 80)]['reason'], 'port-not-scanned')


def check_scanner(check, comparing):
    r = comparing.json('--scanner', SCANNER)
    active = {('192.0.2.2', 8080), ('192.0.2.1', 80)}
    check.equal('what it elicited', {k for k, row in rows(r).items() if row['active']}, active)
    check_figures(check, 'scanner', r, active, {key for key in SEEN if key[0] != '192.0.2.6'}, lambda pair: pair[0] in ('192.0.2.1', '192.0.2.2'))
    check.equal('reasons by the scanner', {k: row['reason'] for k, row in rows(r).items() if k[0] in ('192.0.2.2', '192.0.2.7')},
                {('192.0.2.2', 8080): 'only-scanner', ('192.0.2.2', 22): 'scan-missed', ('192.0.2.7', 80): 'host-not-scanned'})


def check_banners(check, comparing):
    """A banner neither steers a terminal nor becomes a formula."""
    path = check.path('banner.json')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('{"ip_str":"192.0.2.1","port":9,"product":"=cmd|\\u0007\\u001b[31m\\u009b31mcalc\\r\\nx"}\n')
    plain = check.run(*comparing.words('--format', 'csv', path)).stdout
    excel = check.run(*comparing.words('--format', 'csv', '--bom', path)).stdout
    check.equal('only lines and what is printed', [c for c in plain + excel if c < ' ' and c != '\n' or '\x7f' <= c < '\xa0'], [])
    services = [[row['scan_service'][:5] for row in csv.DictReader(io.StringIO(text)) if row['scan_service']] for text in (plain, excel.lstrip('\ufeff'))]
    check.equal('for Excel no formula', (services, excel[0]), ([['=cmd|'], ["'=cmd"]], '\ufeff'))
    check.has_words('no mark in json', check.run(*comparing.words('--format', 'json', '--bom', path), status=2).stderr, '--bom')


def check_skipped(check, comparing):
    """A name cannot be compared, and that is said."""
    path = check.path('names.json')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('{"host":"www.example.org","port":80}\n{"host":"192.0.2.1","ip":"192.0.2.1","port":80}\n')
    check.equal('left out', [(s['skipped'], s['open']) for s in comparing.json(path)['scans']], [(1, 1)])
    check.has_words('in words', check.run(*comparing.words('--lang', 'en', path)).stdout, 'left out: 1')


def check_watched(check, comparing):
    """Of a time that is asked for, as far as it was watched."""
    for since, at, watched in (('2019-03-15', '2019-03-15', {'first': '2019-03-15T00:00:00.000Z', 'last': '2019-03-15T23:59:59.999Z'}),
                               ('2018-01-01', '2018-01-02', {'first': None, 'last': None}), ('2020-01-01', '2020-01-02', {'first': None, 'last': None})):
        check.equal('watched of ' + since, comparing.json('--scanner', SCANNER, '--since', since, '--at', at)['watched'], watched)


def check_words(check, comparing):
    for words, told in (([], 'FILE'), (['--scanner', 'x'], '"x"'), ([check.path('none.xml')], 'none.xml'),
                        (['--scanner', SCANNER, check.path('scan.xml')], 'FILE')):
        check.has_words('a mistake: %s' % words, check.run(*comparing.words(*words), status=2).stderr, told)
    with open(check.path('cut.xml'), 'w', encoding='utf-8') as f:
        f.write(open(check.path('scan.xml'), encoding='utf-8').read()[:900])
    check.has_words('a file that breaks off', check.run(*comparing.words(check.path('cut.xml')), status=2).stderr, 'cut.xml', 'line ')


def check_knocks(check, comparing):
    """Marked knocks are shown for what is marked; beside it, what is not keeps to its own."""
    traffic, store = Traffic(START * SECOND), check.store()
    for peer in ['192.0.2.70'] * 4 + ['203.0.113.7', '192.0.2.71', '203.0.113.8']:
        traffic.synack('192.0.2.8', 22, peer, 40000)
        traffic.now += SECOND
    traffic.synack('192.0.2.8', 443, '192.0.2.70', 40000)
    check.run('read', '--store', store.dir, '--config', comparing.config, write(check.path('inside.pcap'), pcap(traffic.frames)))
    asked = ['compare', '--store', store.dir, '--config', comparing.config, '--format', 'json', masscan_list(check.path('masscan.txt'))]
    got = {row['port']: (row['reason'], row['seen']['packets'], [k['peer'] for k in row['seen']['knocks']])
           for row in json.loads(check.run(*asked).stdout)['rows']}
    check.equal('each its own knocks', got, {22: ('gone-before', 2, ['203.0.113.7', '203.0.113.8']), 443: ('marked', 1, ['192.0.2.70'])})


def check_damage(check, comparing):
    """Of a scan that breaks off, what comes before counts: it is said, and the status is not that of a whole one."""
    whole, cut = check.path('whole.txt'), check.path('cut.txt')
    with open(whole, 'w', encoding='utf-8') as f:
        f.write('#masscan\nopen tcp 80 192.0.2.1 %d\n' % SCAN)
    with open(cut, 'w', encoding='utf-8') as f:
        f.write('#masscan\nopen tcp 80 192.0.2.1 %d\nopen tcp x192.0.2.8\n' % SCAN)
    for words in ((cut,), (cut, whole), (whole, cut)):
        done = check.run(*comparing.words('--format', 'json', *words), status=2)
        check.has_words('what is damaged', done.stderr, 'cut.txt', 'what comes before counts', '3')
        r = json.loads(done.stdout)
        check.equal('what came before', ({k for k, row in rows(r).items() if row['active']}, len(r['scans'])), ({('192.0.2.1', 80)}, len(words)))
    page = check.path('cut.csv')
    check.run(*comparing.words('--format', 'csv', '-o', page, cut), status=2)
    check.holds('into a file too', os.path.exists(page))
    with open(cut, 'w', encoding='utf-8') as f:
        f.write('no scan at all\n')
    check.equal('no scan has nothing before', check.run(*comparing.words('--format', 'csv', cut), status=2).stdout, '')


def check_damaged_store(check, comparing):
    """Damage in the store is told as by all other commands, with known scanners or without."""
    store = check.store()
    check.run('read', '--store', store.dir, '--config', comparing.config, check.path('seen.pcap'))
    parts = [os.path.join(folder, name) for folder, _, names in os.walk(store.dir) for name in names if name.startswith('part-')]
    for part in parts:
        with open(part, 'r+b') as f:
            f.seek(os.path.getsize(part) // 2)
            f.write(b'\xa5' * 64)
    asked = ['--store', store.dir, '--config', comparing.config]
    listed = check.run('list', *asked, '--since', '2019-03-15', status=2).stderr
    said = check.run('compare', *asked, '--since', '2019-03-15', '--scanner', SCANNER, status=2).stderr
    check.has_words('damage is told', listed, 'gone on without it')
    check.has_words('by compare as well', said, 'gone on without it')


def check_vantage(check, comparing):
    """Our own scans say where they were made."""
    for vantage, reason in (('inside', 'from-inside'), ('outside', 'never-knocked')):
        path = check.path(vantage + '.json')
        with open(path, 'w', encoding='utf-8') as f:
            json.dump({'tool': 'sekimori', 'version': '1', 'vantage': vantage, 'started': '2019-03-15T10:00:00.000Z', 'ended': '2019-03-15T10:10:00.000Z',
                       'complete': True, 'tcp_ports': '25,80', 'hosts': [{'address': '192.0.2.1', 'ports': [
                           {'port': p, 'protocol': 'tcp', 'state': 'open'} for p in (25, 80)]}]}, f)
        r = comparing.json(path)
        check.equal('made ' + vantage, (r['scans'][0]['inside'], rows(r)[('192.0.2.1', 25)]['reason'], rows(r)[('192.0.2.1', 80)]['reason']),
                    (vantage == 'inside', reason, 'both'))


def check_month(check, month):
    """Section 5: hosts 162 and 270, ports 147 and 207, 1-89 and 1-169, 1-57 and 1-59, and the three packets."""
    jan, scan, config, store = check.path('jan.pcap'), check.path('nessus.pcap'), check.path('month.conf'), check.store()
    subprocess.run([month, '--scale', '0.002', '--config', config, jan], check=True)
    subprocess.run([month, '--stream', 'nessus', '--account', check.path('account'), scan], check=True)
    check.run('read', '--store', store.dir, '--config', config, jan, scan)
    r = json.loads(check.run('compare', '--store', store.dir, '--config', config, '--scanner', '198.51.100.10', '--format', 'json').stdout)
    got = {side: tuple(r['figures']['all'][side][k] for k in ('hosts', 'ports', 'hosts_per_port', 'ports_per_host')) for side in ('active', 'passive')}
    check.equal('section 5', got, {'active': (162, 147, [1, 89], [1, 57]), 'passive': (270, 207, [1, 169], [1, 59])})
    with open(check.path('account/nessus.csv'), newline='', encoding='utf-8') as f:
        account = {(a['address'], int(a['port'])) for a in csv.DictReader(f)}
    check.equal('what the scan found', {k for k, row in rows(r).items() if row['active']}, account)
    seldom = [(k['time'][8:13], row['address'], row['port'], k['peer'], k['peer_port']) for row in r['rows'] if row['reason'] == 'seldom'
              for k in row['seen']['knocks']]
    check.equal('the three packets', seldom, [('13T00', '163.209.1.12', 33020, '185.176.27.26', 40269), ('15T22', '163.209.1.12', 60912, '5.8.18.62', 46266),
                                              ('16T11', '163.209.1.12', 60912, '176.119.4.26', 45228)])


def main():
    check = Check()
    if not has('inih'):
        skip('known scanners stand in the configuration file, which this build does not read')
    comparing = Comparing(check)
    if check.call(*comparing.words(nmap_xml(check.path('scan.xml')))).returncode == 2:
        check.has_words('without libexpat', check.run(*comparing.words(check.path('scan.xml')), status=2).stderr, 'libexpat')
    else:
        check_forms(check, comparing, check_nmap(check, comparing))
        check_together(check, comparing)
        check_apart(check, comparing)
        if has('yajl'):
            check_without_time(check, comparing)
        check_blind(check, comparing)
        check_seconds(check, comparing)
        check_words(check, comparing)
    check_lists(check, comparing)
    check_masscan(check, comparing)
    check_knocks(check, comparing)
    check_damage(check, comparing)
    check_damaged_store(check, comparing)
    if has('yajl'):
        check_vantage(check, comparing)
        check_all_that_found(check, comparing)
        check_interrupted(check, comparing)
        check_down(check, comparing)
        check_banners(check, comparing)
        check_skipped(check, comparing)
    check_told_twice(check, comparing)
    check_memory(check, comparing)
    check_scanner(check, comparing)
    check_watched(check, comparing)
    if len(sys.argv) > 2 and os.path.exists(sys.argv[2]) and not sanitized():
        check_month(check, sys.argv[2])
    check.end()


main()
