#!/usr/bin/env python3
"""
Other tools' scans in the store: read once, kept as they tell it, only the site's hosts; and what the site looks like from outside, beside
what was seen.
Usage: check_outside.py SEKIMORI
"""
import datetime
import gzip
import json
import os
import re

from harness import Check, NETS, has, skip
from traffic import SECOND, SYN, Traffic, pcap, write

DAY = 86400
START = 1552521600  # 2019-03-14T00:00:00Z, for two days
LOOKED = START + DAY  # when Shodan looked
BLIND = START + 5 * DAY  # nobody watched then
V6 = '2001:db8:1::9'
HOSTILE = 'red\x1b[31m\x9b32m\u202e'


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S')


def banner(address, port, seconds=LOOKED, transport='tcp', **more):
    return dict({'ip_str': address, 'port': port, 'transport': transport, 'timestamp': iso(seconds) + '.250000', 'data': 'hello\r\n',
                 '_shodan': {'module': 'http'}}, **more)


SHODAN = [
    banner('192.0.2.1', 80, LOOKED - 3600, product='Apache', version='2.4'),
    banner('192.0.2.1', 80, product='nginx', version='1.22', hostnames=['www.example']),  # the later word, in the middle
    banner('192.0.2.1', 80, LOOKED - 7200, product='thttpd'),
    banner('192.0.2.1', 8080, product=HOSTILE, version=HOSTILE, data=HOSTILE),
    banner('192.0.2.1', 8443, BLIND),
    banner('192.0.2.1', 53, transport='udp'),
    banner('192.0.2.6', 81),
    banner('192.0.2.6', 80),
    banner('192.0.2.9', 443, product='only they know the host'),
    banner(V6, 443),
    banner('198.51.100.5', 80),
]
CENSYS = {'code': 200, 'result': {'ip': '192.0.2.1', 'last_updated_at': iso(LOOKED) + 'Z', 'services': [
    {'port': 443, 'transport_protocol': 'TCP', 'service_name': 'HTTP', 'observed_at': iso(LOOKED - 5) + '.5Z',
     'software': [{'product': 'lighttpd', 'version': '1.4'}]}]}}
NMAP = '''<?xml version="1.0"?>
<nmaprun scanner="%s" args="nmap -p 22,80" start="%d" version="7.93"><scaninfo type="syn" protocol="tcp" numservices="2" services="22,80"/>
<host starttime="%d" endtime="%d"><status state="up" reason="echo-reply"/><address addr="192.0.2.1" addrtype="ipv4"/><ports>
%s</ports></host><runstats><finished time="%d"/></runstats></nmaprun>'''
PORT = '<port protocol="tcp" portid="%d"><state state="%s" reason="syn-ack"/></port>'


def put(check, name, text):
    with open(check.path(name), 'w', encoding='utf-8', errors='surrogatepass') as f:
        f.write(text)
    return check.path(name)


def nmap(check, name, ports, seconds=LOOKED, scanner='nmap', state='open'):
    return put(check, name, NMAP % (scanner, seconds, seconds, seconds + 60, ''.join(PORT % (p, state) for p in ports), seconds + 60))


def shodan(check, name='shodan.json', banners=SHODAN):
    return put(check, name, ''.join(json.dumps(b) + '\n' for b in banners))


def capture(check):
    """192.0.2.1 answers on 80, 443 and 25 on both days; .6 on 80; the v6 host on 443; then there is nothing more."""
    t = Traffic(0)
    for hour in range(48):
        for i, (host, port) in enumerate((('192.0.2.1', 80), ('192.0.2.1', 443), ('192.0.2.1', 25), ('192.0.2.6', 80), (V6, 443))):
            t.now = (START + hour * 3600 + 60 + i) * SECOND
            t.synack(host, port, '2a00:1::1' if ':' in host else '203.0.113.1', 40000)
    for seconds in (START, START + 2 * DAY - 1):
        t.now = seconds * SECOND
        t.tcp('203.0.113.1', 40000, '192.0.2.1', 4, SYN)
    return write(check.path('seen.pcap'), pcap(sorted(t.frames)))


def sql(check, store, query):
    return [line.split(',') for line in
            check.run('sql', '--store', store.dir, '--format', 'csv', query).stdout.splitlines()[1:]]


def ports(check, store, of='tool'):
    return sql(check, store, 'SELECT %s, hex(host), protocol, port, state, time_ns FROM kept_scan_port JOIN kept_scan ON id = scan'
               ' ORDER BY id, host, protocol, port' % of)


def check_kept(check):
    """What is kept of a file: once, the site's hosts, each port with its own time and last words."""
    store = check.store()
    said = store.read(shodan(check))
    check.has_words('what is said', said.stdout, 'shodan json, a scan from outside, 11 ports, 2019-03-14 22:00:00 to 2019-03-19 00:00:00',
                    '8 ports of 4 hosts of your networks are kept')
    check.has_words('what is left out is said', said.stderr, '1 ports of hosts that are in none of your networks')
    kept = ports(check, store)
    check.equal('ports', [(row[1][24:] if row[1].startswith('0000') else row[1][-4:], row[2], row[3]) for row in kept],
                [('C0000201', '6', '80'), ('C0000201', '6', '8080'), ('C0000201', '6', '8443'), ('C0000201', '17', '53'),
                 ('C0000206', '6', '80'), ('C0000206', '6', '81'), ('C0000209', '6', '443'), ('0009', '6', '443')])
    check.equal('each has its own time', {row[5] for row in kept},
                {str(s * SECOND + SECOND // 4) for s in (LOOKED, BLIND)})
    check.equal('the later word stays', sql(check, store, "SELECT product, version, hostname, CAST(evidence AS TEXT) FROM kept_scan_port"
                                            " WHERE port = 80 AND product IS NOT NULL")[0][:3], ['nginx', '1.22', 'www.example'])
    check.equal('the scan', sql(check, store, 'SELECT vantage, tool, tcp_ports, complete, started_ns, ended_ns FROM kept_scan'),
                [['outside', 'shodan', '', '1', str((LOOKED - 7200) * SECOND + SECOND // 4), str(BLIND * SECOND + SECOND // 4)]])
    # Known by what it tells, whatever it is called and however it is written.
    again = [check.path('other.json')]
    os.link(check.path('shodan.json'), again[0])
    again.append(put(check, 'array.json', json.dumps(SHODAN, indent=2)))
    if has('gzip'):
        again.append(check.path('shodan.json.gz'))
        with open(again[0], 'rb') as f, gzip.open(again[-1], 'wb') as out:
            out.write(f.read())
    for path in again:
        check.has_words('the same again', store.read(path).stdout, 'in already, as %s: nothing new' % check.path('shodan.json'))
    check.equal('nothing came twice', ports(check, store), kept)
    other = store.read(shodan(check, 'later.json', [dict(b, timestamp=iso(BLIND)) for b in SHODAN[:1]]))
    check.has_words('a later file is another scan', other.stdout, '1 ports of 1 hosts')
    check.equal('and kept beside', len(ports(check, store)), len(kept) + 1)
    none = store.read(shodan(check, 'none.json', SHODAN[-1:]))
    check.has_words('nothing of ours in it', none.stdout, '0 ports of 0 hosts')
    check.equal('leaves no scan', sql(check, store, 'SELECT count(*) FROM kept_scan'), [['2']])


def check_networks(check):
    """A network that is named later brings its hosts into the scan that is there."""
    store = check.store()
    store.read(shodan(check), nets=NETS[1:])
    check.equal('one network', len(ports(check, store)), 1)
    check.has_words('one more', store.read(shodan(check), nets=NETS).stdout, 'under fewer networks: 3 hosts more')
    check.equal('all ports', len(ports(check, store)), 8)
    check.equal('still one scan', sql(check, store, 'SELECT count(*) FROM kept_scan'), [['1']])
    check.has_words('and again', store.read(shodan(check), nets=NETS[1:]).stdout, 'nothing new')
    check.equal('all ports stay', len(ports(check, store)), 8)


def check_vantage(check):
    """Who does not say from where it was made has to be told."""
    if not has('expat'):
        return
    store = check.store()
    path = nmap(check, 'nmap.xml', (22,))
    check.has_words('without', store.read(path, status=2).stderr, '--vantage', 'nmap xml')
    check.equal('nothing is kept', ports(check, store), [])
    check.has_words('neither', store.read(path, more=('--vantage', 'above'), status=2).stderr, 'neither inside nor outside')
    store.read(path, more=('--vantage', 'inside'))
    check.equal('the scan', sql(check, store, 'SELECT vantage, tool, arguments, tcp_ports, udp_ports, complete FROM kept_scan'),
                [['inside', 'nmap 7.93', '"nmap -p 22', '80"', '"22', '80"', '', '1']])
    # Lines that no header begins.
    store.read(put(check, 'naabu.txt', '192.0.2.1:80\n192.0.2.6:443 [cdn]\n'), more=('--vantage', 'outside'))
    check.equal('naabu', sql(check, store, "SELECT vantage FROM kept_scan WHERE tool = 'naabu'"), [['outside']])
    store.read(shodan(check), more=('--vantage', 'inside'))
    check.equal('Shodan is outside', sql(check, store, "SELECT vantage FROM kept_scan WHERE tool = 'shodan'"), [['outside']])


def check_damaged(check):
    """What came before the damage is kept; the file that is none leaves nothing; captures beside it go in."""
    store = check.store()
    whole = ''.join(json.dumps(b) + '\n' for b in SHODAN)
    cut = put(check, 'cut.json', whole[:whole.index('"port": 8443')])
    said = store.read(cut, capture(check), status=2)
    check.has_words('it is said', said.stderr, 'cut.json: byte ')
    check.has_words('and what of it is kept', said.stdout, '2 ports of 1 hosts', 'seen.pcap: ')
    check.equal('its ports', [row[3] for row in ports(check, store)], ['80', '8080'])
    check.equal('the capture is in', len(store.rows()), 5)
    for name, text in (('list.json', store.ask('list', '--format', 'json')), ('none.xml', '<html><p>'), ('none.json', '[{"a": 1}]')):
        store.read(put(check, name, text), status=2)
    check.equal('nothing of what is none', len(ports(check, store)), 2)
    # Records of connections are still what they were, one damaged line or not.
    record = json.dumps({'ts': START + 70, 'id.orig_h': '203.0.113.7', 'id.orig_p': 1, 'id.resp_h': '192.0.2.77', 'id.resp_p': 99,
                         'proto': 'tcp', 'history': 'ShAD'})
    store.read(put(check, 'conn.log', '{"ts": broken\n' + record + '\n'), status=2)
    check.equal('Zeek in JSON', ('192.0.2.77', 99) in store.rows(), True)


def check_own(check):
    """Our own scan, printed and read again, is in already; in another store it is a scan from a file, and no look of ours."""
    store, other = check.store(), check.store()
    net = ('127.0.0.0/8',)
    store.read(capture(check), nets=NETS + net)
    json_file, xml_file = check.path('own.json'), check.path('own.xml')
    check.run('scan', '--store', store.dir, '-p', '9', '127.0.0.1', '-oJ', json_file, '-oX', xml_file)
    count = sql(check, store, 'SELECT count(*) FROM kept_scan')
    check.has_words('its JSON', store.read(json_file, nets=net).stdout, 'a scan of this store')
    if has('expat'):
        check.has_words('its XML', store.read(xml_file, nets=net, more=('--vantage', 'inside')).stdout, 'a scan of this store')
    check.equal('it is in once', sql(check, store, 'SELECT count(*) FROM kept_scan'), count)
    other.read(json_file, nets=net)
    check.equal('elsewhere it is kept', sql(check, other, 'SELECT vantage, tcp_ports FROM kept_scan'), [['inside', '9']])


def words(rows):
    """{(port, protocol, viewer): (mark, time)} of a host's JSON, or of all hosts with the address before."""
    return {(r['port'], r['protocol'], o['by']): (o['mark'], o['time'][:19]) for r in rows for o in r.get('outside', [])}


def table(text, heading):
    """The rows of a table below a line: lists of cells, by where the headings begin."""
    lines = text.split(heading + '\n', 1)[1].split('\n\n')[0].splitlines()
    starts = [i for i in range(len(lines[0])) if lines[0][i] != ' ' and (i == 0 or lines[0][i - 2:i] == '  ')]
    return [[line[a:b].strip() for a, b in zip(starts, starts[1:] + [None])] for line in lines[1:]]


def check_beside(check):
    """What they see and we do not, and the reverse, with whose it is and when they looked."""
    store = check.store()
    store.read(capture(check))
    before = {w: check.call('list' if w[0] != 'host' else w[0], '--store', store.dir, *w[1:]) for w in (
        ('list',), ('list', '--format', 'csv'), ('list', '--format', 'json'), ('host', '192.0.2.1'),
        ('host', '192.0.2.1', '--format', 'json'))}
    check.equal('nothing is known', 'outside' in ''.join(d.stdout for d in before.values()).lower(), False)
    check.has_words('that is said', check.run('list', '--store', store.dir, '--outside').stderr, 'nothing is known of how')
    store.read(shodan(check), put(check, 'censys.json', json.dumps(CENSYS)))
    looked, last = iso(LOOKED), iso(BLIND)
    host = json.loads(store.ask('host', '--format', 'json', '192.0.2.1'))
    check.equal('a host', words(host), {
        (80, 'tcp', 'shodan'): ('both', looked), (443, 'tcp', 'shodan'): ('we-only-earlier', last),
        (25, 'tcp', 'shodan'): ('we-only-earlier', last), (8080, 'tcp', 'shodan'): ('they-only', looked),
        (8443, 'tcp', 'shodan'): ('they-only-blind', last), (53, 'udp', 'shodan'): ('unwatched', looked),
        (443, 'tcp', 'censys'): ('both', iso(LOOKED - 5)), (80, 'tcp', 'censys'): ('we-only', iso(LOOKED - 5)),
        (25, 'tcp', 'censys'): ('we-only', iso(LOOKED - 5))})
    check.equal('what they alone see was never seen', {(r['port'], r['packets']) for r in host if not r['first_seen']},
                {(8080, 0), (8443, 0), (53, 0)})
    check.equal('a host that only they know', words(json.loads(store.ask('host', '--format', 'json', '192.0.2.9'))),
                {(443, 'tcp', 'shodan'): ('they-only', looked)})
    check.equal('a host of others', json.loads(store.ask('host', '--format', 'json', '198.51.100.5')), [])
    text = store.ask('host', '192.0.2.1')
    check.equal('its table', [row[:5] for row in table(text, 'From outside, beside what was seen:')], [
        ['25/tcp', 'smtp', 'censys', iso(LOOKED - 5).replace('T', ' '), 'we see, they do not'],
        ['25/tcp', 'smtp', 'shodan', last.replace('T', ' '), 'we saw it, only before that'],
        ['53/udp', 'http', 'shodan', looked.replace('T', ' '), 'only TCP is watched'],
        ['80/tcp', 'http', 'censys', iso(LOOKED - 5).replace('T', ' '), 'we see, they do not'],
        ['80/tcp', 'http', 'shodan', looked.replace('T', ' '), 'both see it'],
        ['443/tcp', 'http', 'censys', iso(LOOKED - 5).replace('T', ' '), 'both see it'],
        ['443/tcp', 'https', 'shodan', last.replace('T', ' '), 'we saw it, only before that'],
        ['8080/tcp', 'http', 'shodan', looked.replace('T', ' '), 'they see, we do not'],
        ['8443/tcp', 'http', 'shodan', last.replace('T', ' '), 'they see, nobody looked here then']])
    check.equal('no byte of theirs reaches the terminal', [c for c in text + store.ask('list') if c < ' ' and c != '\n' or
                                                           '\x7f' <= c < '\xa0' or c == '\u202e'], [])
    check.equal('they are not among our scans', 'scans found it' in text, False)


def check_list(check):
    store = check.store()
    config = put(check, 'site.conf', '[excluded]\n192.0.2.6 = a honeypot\n')
    more = ('--config', config) if has('inih') else ()
    store.read(capture(check))
    csv = store.ask('list', '--format', 'csv')
    store.read(shodan(check), put(check, 'censys.json', json.dumps(CENSYS)))
    ours, theirs = store.ask('list', *more).split('\n\n')[0], store.ask('list', *more)
    said = {tuple(row[:2]): row[8] for row in (re.split('  +', line) for line in ours.splitlines()[1:])}
    expected = {('192.0.2.1', '25/tcp'): 'not in censys, not in shodan',
                ('192.0.2.1', '80/tcp'): 'not in censys, shodan ' + iso(LOOKED)[:10],
                ('192.0.2.1', '443/tcp'): 'censys %s, not in shodan' % iso(LOOKED - 5)[:10],
                (V6, '443/tcp'): 'shodan ' + iso(LOOKED)[:10]}
    if more:
        check.equal('beside ours', said, expected)
        check.equal('only theirs', [row[:2] + row[5:6] for row in table(theirs, 'Seen from outside, and not by us:')], [
            ['192.0.2.1', '8080/tcp', 'they see, we do not'], ['192.0.2.1', '8443/tcp', 'they see, nobody looked here then'],
            ['192.0.2.9', '443/tcp', 'they see, we do not']])
        left = json.loads(store.ask('host', '--format', 'json', *more, '192.0.2.6'))
        check.equal('an excluded host', words(left), {(80, 'tcp', 'shodan'): ('they-only-marked', iso(LOOKED)),
                                                      (81, 'tcp', 'shodan'): ('they-only', iso(LOOKED))})
        check.has_words('is left out for', store.ask('host', *more, '192.0.2.6'), 'they see, we leave it out: excluded')
    check.has_words('UDP is said', check.run('list', '--store', store.dir).stderr, '1 UDP service')
    check.equal('csv is what it was', store.ask('list', '--format', 'csv'), csv)
    check.equal('json has only what was seen', len(json.loads(store.ask('list', '--format', 'json'))), 5)
    differing = json.loads(store.ask('list', '--outside', '--format', 'json'))
    check.equal('what differs', [(r['address'], r['port']) for r in differing],
                [('192.0.2.1', p) for p in (25, 80, 443, 53, 8080, 8443)] + [('192.0.2.6', 81), ('192.0.2.9', 443)])
    check.has_words('csv has no place for it', check.run('list', '--store', store.dir, '--outside', '--format', 'csv', status=2).stderr,
                    '--outside')
    # The time asked for holds for both sides.
    check.equal('before Shodan looked', {w for w in words(json.loads(store.ask('list', '--format', 'json', '--at', iso(START)[:10])))},
                {(25, 'tcp', 'censys'), (80, 'tcp', 'censys'), (443, 'tcp', 'censys')})
    # A later record of the host that does not list a port does not deny it: it may be of a search.
    store.read(shodan(check, 'port-80.json', [banner('192.0.2.1', 80, LOOKED + 3600)]))
    host = words(json.loads(store.ask('host', '--format', 'json', '192.0.2.1')))
    check.equal('listed, and in a later record not', (host[8080, 'tcp', 'shodan'], host[80, 'tcp', 'shodan']),
                (('they-only', iso(LOOKED)), ('both', iso(LOOKED + 3600))))
    # A service that opened after they looked.
    store.read(write(check.path('new.pcap'), late(START + 4 * DAY)), shodan(check, 'two.json', [banner('192.0.2.2', 9, START + DAY)]))
    row = next(r for r in json.loads(store.ask('list', '--format', 'json')) if r['address'] == '192.0.2.2')
    check.equal('opened after they looked', words([row]), {(22, 'tcp', 'shodan'): ('we-only-later', iso(START + DAY))})
    check.has_words('in words', store.ask('list'), 'not yet in shodan')


def late(seconds):
    t = Traffic(seconds * SECOND)
    t.synack('192.0.2.2', 22, '203.0.113.1', 40000)
    return pcap(t.frames)


def check_asked(check):
    """A scan that says what it asked has no word about other ports; where it asked again and no longer lists, that is the last word."""
    if not has('expat'):
        return
    store = check.store()
    store.read(capture(check))
    store.read(nmap(check, 'first.xml', (22, 80), LOOKED), more=('--vantage', 'outside'))
    of = lambda: words(json.loads(store.ask('host', '--format', 'json', '192.0.2.1')))
    at = iso(LOOKED + 60)
    check.equal('asked and found; not asked', of(), {(22, 'tcp', 'nmap'): ('they-only', at), (80, 'tcp', 'nmap'): ('both', at)})
    store.read(nmap(check, 'second.xml', (), LOOKED + 3600), more=('--vantage', 'outside'))
    check.equal('asked again, and not found', of(), {(80, 'tcp', 'nmap'): ('we-only', iso(LOOKED + 3660))})
    store.read(nmap(check, 'third.xml', (22,), LOOKED + 1800), more=('--vantage', 'outside'))
    check.equal('an earlier one changes nothing', of(), {(80, 'tcp', 'nmap'): ('we-only', iso(LOOKED + 3660))})
    store.read(nmap(check, 'inside.xml', (22, 80), LOOKED + 7200), more=('--vantage', 'inside'))
    check.equal('nor does one from inside', of(), {(80, 'tcp', 'nmap'): ('we-only', iso(LOOKED + 3660))})
    store.read(nmap(check, 'closed.xml', (22, 80), LOOKED + 5400, state='closed'), more=('--vantage', 'outside'))
    check.equal('closed is not open', of(), {(80, 'tcp', 'nmap'): ('we-only', iso(LOOKED + 5460))})
    # Of one scan each port has its own time: the last of them denies none of the others.
    store.read(put(check, 'away.json', json.dumps({
        'tool': 'sekimori', 'version': '0.1.0', 'arguments': 'x', 'vantage': 'outside', 'started': iso(LOOKED) + 'Z', 'ended': iso(LOOKED + 90) + 'Z',
        'complete': True, 'tcp_ports': '22,25,80', 'hosts': [{'address': '192.0.2.1', 'ports': [
            {'port': p, 'protocol': 'tcp', 'state': 'open', 'time': iso(LOOKED + 9 + p) + 'Z'} for p in (22, 80)]}]})))
    check.equal('ours, made elsewhere', {k: v for k, v in of().items() if k[2] == 'sekimori'}, {
        (22, 'tcp', 'sekimori'): ('they-only', iso(LOOKED + 31)), (80, 'tcp', 'sekimori'): ('both', iso(LOOKED + 89)),
        (25, 'tcp', 'sekimori'): ('we-only', iso(LOOKED + 89))})
    check.has_words('which is among our scans', store.ask('host', '192.0.2.1'), '1 scan found it')


def main():
    check = Check()
    if not has('yajl'):
        skip('this build reads no JSON')
    check_kept(check)
    check_networks(check)
    check_vantage(check)
    check_damaged(check)
    check_own(check)
    check_beside(check)
    check_list(check)
    check_asked(check)
    check.end()


main()
