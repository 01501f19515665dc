#!/usr/bin/env python3
"""What is asked of a store: formats, times, zones, what is judged when asked, what a store remembers."""
import csv
import datetime
import io
import json
import os
import pty
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'flow'))
from harness import HEADER, NETS, Check  # noqa: E402
from traffic import SECOND, START, Traffic, pcap, write  # noqa: E402

check = Check()
CAPTURE = check.path('capture')
WEB, WEB6, OTHER = '192.0.2.18', '2001:db8:1::18', '192.0.2.130'
A, B, A6 = '198.51.100.7', '203.0.113.9', '2001:db8:f000::7'
# (hours after 2019-01-24T00:00Z, host, port, peer)
SEEN = [(-25, WEB, 80, A), (0, WEB, 80, A), (1, WEB, 80, B), (1.5, WEB, 443, A), (14.9, WEB, 443, A), (15.1, WEB, 443, A),
        (23.999, OTHER, 22, B), (24, WEB6, 80, A6), (24, WEB, 65535, A), (48, WEB, 1, WEB6.replace('::18', '::99')),
        (49, '192.0.2.2', 80, A), (49, '192.0.2.10', 80, A), (50, WEB, 80, OTHER)]


def capture():
    t = Traffic()
    for hours, host, port, peer in SEEN:
        if (':' in host) != (':' in peer):
            continue
        t.now = START + round(hours * 3600) * SECOND + 123456789
        t.synack(host, port, peer, 40000)
    return write(CAPTURE, pcap(t.frames))


def formats(store):
    text = store.list()
    rows = list(csv.reader(io.StringIO(text)))
    check.equal('csv header', text.splitlines()[0], HEADER)
    check.equal('csv', rows[1:], [
        ['192.0.2.2', '80', 'tcp', 'http', '2019-01-26T01:00:00.123Z', '2019-01-26T01:00:00.123Z', '1', '1', '1'],
        ['192.0.2.10', '80', 'tcp', 'http', '2019-01-26T01:00:00.123Z', '2019-01-26T01:00:00.123Z', '1', '1', '1'],
        [WEB, '80', 'tcp', 'http', '2019-01-22T23:00:00.123Z', '2019-01-26T02:00:00.123Z', '4', '3', '3'],
        [WEB, '443', 'tcp', 'https', '2019-01-24T01:30:00.123Z', '2019-01-24T15:06:00.123Z', '3', '1', '1'],
        [WEB, '65535', 'tcp', '', '2019-01-25T00:00:00.123Z', '2019-01-25T00:00:00.123Z', '1', '1', '1'],
        [OTHER, '22', 'tcp', 'ssh', '2019-01-24T23:59:56.123Z', '2019-01-24T23:59:56.123Z', '1', '1', '1'],
        [WEB6, '80', 'tcp', 'http', '2019-01-25T00:00:00.123Z', '2019-01-25T00:00:00.123Z', '1', '1', '1']])
    objects = json.loads(store.ask('list', '--format', 'json', '--include', 'all'))
    names = HEADER.split(',')
    check.equal('json says what csv says', [[str(o[n]) for n in names] for o in objects], rows[1:])
    check.equal('an empty answer, csv', store.list(more=['--since', '2030-01-01']), HEADER + '\n')
    check.equal('an empty answer, json', json.loads(store.ask('list', '--format', 'json', '--since', '2030-01-01')), [])
    done = check.run('list', '--store', store.dir, '--timezone', 'UTC')
    lines = done.stdout.splitlines()
    check.equal('text: lines', len(lines), 8)
    check.holds('text: all columns begin at one place', len({line.index('2019-01') for line in lines[1:]}) == 1)
    check.equal('text: footer on stderr', done.stderr, '7 services on 5 addresses; times in UTC\n')
    check.equal('text: no blanks at the end', [line for line in lines if line != line.rstrip()], [])
    read = store.read(CAPTURE, more=['--format', 'json'])
    verdicts = json.loads(read.stdout)
    check.equal('read: json', verdicts, {'sighting': 12, 'foreign-syn-ack': 0, 'tcp': 0})
    if check.can_export:
        records = [json.loads(line) for line in store.records().splitlines()]
        check.equal('records, json', len(records), 12)
        check.equal('a record', records[0], {'time': '2019-01-22T23:00:00.123Z', 'date': '2019-01-22', 'hour': '23', 'saddr': WEB,
                                             'sport': 80, 'daddr': A, 'dport': 40000, 'marks': ''})
        lines = store.ask('export', '--records').splitlines()
        check.equal('records, csv: header and first', lines[:2], ['date,hour,saddr,sport,daddr,dport',
                                                                  '2019-01-22,23,%s,80,%s,40000' % (WEB, A)])
        check.equal('records, csv: what is inside is left out', len(lines), 12)
        check.equal('services', store.ask('export', '--services', '--include', 'all'), text)
        tokyo = [r.split(',')[:3] for r in store.ask('export', '--records', '--timezone', 'Asia/Tokyo').splitlines()[1:]]
        check.equal('records in Tokyo', tokyo[0], ['2019-01-23', '08', WEB])
        check.equal('records: order by hour', tokyo, sorted(tokyo, key=lambda r: (r[0], r[1])))


def windows(store):
    def shown(*more):
        return {(a, p): n for (a, p), n in store.packets('all', list(more)).items()}
    check.equal('--since a day', shown('--since', '2019-01-26'), {('192.0.2.2', 80): 1, ('192.0.2.10', 80): 1, (WEB, 80): 1})
    check.equal('--at a day: to its end', shown('--at', '2019-01-23'), {(WEB, 80): 1})
    check.equal('one day', shown('--since', '2019-01-24', '--at', '2019-01-24'), {(WEB, 80): 2, (WEB, 443): 3, (OTHER, 22): 1})
    check.equal('one day of Tokyo', shown('--since', '2019-01-24', '--at', '2019-01-24', '--timezone', 'Asia/Tokyo'),
                {(WEB, 80): 2, (WEB, 443): 2})
    for since, n in (('2019-01-24T15:06', 1), ('2019-01-24T15:06:00.123', 1), ('2019-01-24T15:06:00.124', 0),
                     ('2019-01-25T00:06:00.123+09:00', 1), ('2019-01-24T15:06:01Z', 0)):
        check.equal('--since %s' % since, shown('--since', since).get((WEB, 443), 0), n)
    for at, n in (('2019-01-24T01:29', 0), ('2019-01-24T01:30:00.122', 0), ('2019-01-24T01:30:00.123', 1), ('2019-01-24 02:00', 1)):
        check.equal('--at %s' % at, shown('--at', at).get((WEB, 443), 0), n)
    row = store.rows('all', ['--since', '2019-01-24', '--at', '2019-01-24'])[(WEB, 80)]
    check.equal('first, last, peers and days of a window', [row[k] for k in ('first_seen', 'last_seen', 'peers', 'days')],
                ['2019-01-24T00:00:00.123Z', '2019-01-24T01:00:00.123Z', 2, 1])
    everything = store.list()
    check.equal('all times, said', store.list(more=['--since', '1970-01-01', '--at', '9999-12-31']), everything)
    for words in (['--since', '2019-01-25', '--at', '2019-01-24'], ['--since', '9999-01-01'], ['--at', '1970-01-01'],
                  ['--at', '1970-01-01T00:00']):
        check.equal('nothing, %s' % words, store.list(more=words), HEADER + '\n')


def judged_when_asked(store):
    check.equal('inside is left out', store.packets(include='')[(WEB, 80)], 3)
    check.equal('inside is brought back', store.packets(include='inside')[(WEB, 80)], 4)
    check.equal('its peers', store.rows(include='inside')[(WEB, 80)]['peers'], 3)
    more = ['--net', '198.51.100.0/24']
    check.equal('another network for this once', store.packets('', more), {(WEB, 80): 1, (OTHER, 22): 1, (WEB6, 80): 1})
    check.equal('only once', store.packets(include='')[(WEB, 80)], 3)
    # Reading with it makes it remembered.
    t = Traffic(START + 60 * 3600 * SECOND)
    t.synack(WEB, 8080, B, 40000)
    store.read(write(check.path('later'), pcap(t.frames)), nets=['198.51.100.0/24'])
    check.equal('networks that a read brought reach back', store.packets(include=''),
                {(WEB, 80): 1, (OTHER, 22): 1, (WEB6, 80): 1, (WEB, 8080): 1})


def remembered():
    store = check.store()
    store.read(CAPTURE, nets=[NETS[0]], more=['--timezone', 'Asia/Tokyo'])
    done = check.run('list', '--store', store.dir, '--format', 'csv')
    check.holds('the timezone is remembered', '+09:00' in done.stdout and 'Z,' not in done.stdout, done.stdout)
    t = Traffic(START + 60 * 3600 * SECOND)
    t.synack(WEB, 8080, B, 40000)
    store.read(write(check.path('later'), pcap(t.frames)), nets=[])
    check.equal('the networks are remembered', store.packets('')[(WEB, 8080)], 1)
    done = store.read(CAPTURE, nets=['10.0.0.0/8'])
    check.has_words('another network: read anew', done.stderr, 'under fewer networks')
    check.equal('the networks before are still there', store.packets('')[(WEB, 8080)], 1)


def nothing_made():
    """A read that cannot be leaves no store behind, and nothing remembered."""
    store = check.store()
    store.read(CAPTURE, nets=[], status=2)
    check.holds('no networks: no store', not os.path.exists(store.dir))
    store.read(check.path('mistyped'), nets=['0.0.0.0/0'], status=2)
    check.holds('no such capture: no store', not os.path.exists(store.dir))
    store.read(CAPTURE, nets=[NETS[0]])
    before = store.list()
    store.read(check.path('mistyped'), nets=['0.0.0.0/0', '::/0'], status=2)
    check.equal('no such capture: its networks are not remembered', store.list(), before)
    check.equal('no such capture: nor asked', store.ask('sql', 'SELECT prefix FROM kept_network'), 'prefix\n%s\n' % NETS[0])


def days():
    """Days begin where the site is; on days of 23 and 25 hours too, and where an hour holds two days."""
    for zone, instants, expected in (
            ('Asia/Tokyo', ['2019-01-24T14:59', '2019-01-24T15:00'], 2), ('UTC', ['2019-01-24T14:59', '2019-01-24T15:00'], 1),
            ('Asia/Kolkata', ['2019-01-24T18:29', '2019-01-24T18:30'], 2),
            ('Asia/Kathmandu', ['2019-01-24T18:14', '2019-01-24T18:15'], 2),
            ('Europe/Berlin', ['2019-03-30T23:00', '2019-03-31T21:59'], 1),
            ('Europe/Berlin', ['2019-03-30T23:00', '2019-03-31T22:00'], 2),
            ('Europe/Berlin', ['2019-10-26T22:00', '2019-10-27T22:59'], 1),
            ('Europe/Berlin', ['2019-10-26T22:00', '2019-10-27T23:00'], 2)):
        t = Traffic()
        for text in instants:
            t.now = round(datetime.datetime.fromisoformat(text + '+00:00').timestamp()) * SECOND
            t.synack(WEB, 80, A, 40000)
        store = check.store()
        store.read(write(check.path('days'), pcap(t.frames)))
        check.equal('days of %s in %s' % (instants, zone), store.rows(more=['--timezone', zone])[(WEB, 80)]['days'], expected)
        check.equal('days of %s in %s, remembered' % (instants, zone), remembered_days(zone), expected)


def remembered_days(zone):
    store = check.store()
    store.read(check.path('days'), more=['--timezone', zone])
    done = check.run('list', '--store', store.dir, '--format', 'json')
    return json.loads(done.stdout)[0]['days']


def forgotten():
    """Most answers come from elsewhere: perhaps a network was forgotten."""
    store = check.store()
    done = store.read(CAPTURE, nets=['192.0.2.128/25'])
    check.has_words('a forgotten network', done.stderr, '11 of 12 SYN+ACKs come from outside your networks',
                    '192.0.2.0/24 ', '2001:db8:1::/48 ', 'forgot your IPv6 prefix?')
    check.equal('no warning where most are ours', check.store().read(CAPTURE).stderr, '')


def colours(store):
    def on_terminal(**environment):
        main, other = pty.openpty()
        child = subprocess.Popen([check.sekimori, 'list', '--store', store.dir], stdout=other, stderr=subprocess.DEVNULL,
                                 env=dict(check.environment, **{'TERM': 'xterm', **environment}))
        os.close(other)
        out = b''
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:
                break
            if not piece:
                break
            out += piece
        child.wait()
        os.close(main)
        return b'\033' in out
    check.equal('colours on a terminal', on_terminal(), True)
    check.equal('NO_COLOR', on_terminal(NO_COLOR='1'), False)
    check.equal('NO_COLOR, empty', on_terminal(NO_COLOR=''), True)
    check.equal('TERM=dumb', on_terminal(TERM='dumb'), False)
    check.holds('no colours elsewhere', '\033' not in store.ask('list'))


def host(store):
    done = check.call('host', '--store', store.dir, '--timezone', 'UTC', WEB)
    if 'no command' in done.stderr:
        return
    check.equal('host', done.returncode, 0, done.stderr)
    check.has_words('host', done.stdout, WEB + '\n', '80/tcp', '443/tcp', '65535/tcp', 'Who knocked most, of 2 peers:')
    objects = json.loads(store.ask('host', '--format', 'json', WEB))
    check.equal('host, json', [(o['address'], o['port']) for o in objects], [(WEB, 80), (WEB, 443), (WEB, 65535)])
    check.equal('host, csv', store.ask('host', '--format', 'csv', WEB6),
                HEADER + '\n' + [line for line in store.list().splitlines() if line.startswith(WEB6)][0] + '\n')
    done = check.call('host', '--store', store.dir, '192.0.2.99')
    check.equal('a host never seen', (done.returncode, done.stdout), (0, '192.0.2.99\nnever seen answering\n'))
    for words, said in ((['www'], '"www" is not an address'), ([], 'which host? (sekimori host ADDRESS)')):
        done = check.call('host', '--store', store.dir, *words)
        check.equal('host %s' % words, (done.returncode, done.stderr), (2, 'sekimori host: %s\n' % said))


def part_lost(store):
    """Each question that needs a part which is gone or damaged says which and what is the matter, once, and goes on."""
    questions = (['export', '--records'], ['sql', 'SELECT sum(dport) FROM sighting'], ['host', WEB],
                 ['list', '--timezone', 'Asia/Tokyo'])
    for what, words_said in (('cut short', ''), ('gone', 'No such file or directory')):
        broken = store.copy()
        batch = os.path.join(broken.dir, 'archive', broken.batches()[0])
        part = os.path.join(batch, 'part-0000')
        if what == 'gone':
            os.unlink(part)
        else:
            os.truncate(part, os.path.getsize(part) - 1)
        for words in questions:
            said = check.run(words[0], '--store', broken.dir, *words[1:], status=2).stderr
            named = [line for line in said.splitlines() if 'part-0000' in line]
            check.holds('a part %s: %s' % (what, words[0]), len(named) == 1 and named[0].startswith(
                'sekimori %s: %s: part-0000: %s' % (words[0], batch, words_said)) and
                named[0].endswith(': gone on without it'), said)
        for words in ([], ['--rebuild']):
            done = check.run('verify', '--store', broken.dir, *words, status=1)
            check.holds('a part %s: verify %s' % (what, words), done.stderr.startswith(batch + ': part-0000: ' + words_said) and
                        done.stderr.count('\n') == 1, done.stderr)


def shell(store):
    """The shell on a terminal: its commands, a statement over lines, its history."""
    main, other = pty.openpty()
    child = subprocess.Popen([check.sekimori, 'sql', '--store', store.dir], stdin=other, stdout=other, stderr=other,
                             env=dict(check.environment, TERM='dumb'), start_new_session=True)
    os.close(other)
    os.write(main, b".tables\n.schema\nSELECT 6 *\n7 AS answer;\nSELECT * FROM nowhere;\n.quit\n")
    out = b''
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(main)
    check.equal('shell: exit status', child.wait(), 0)
    lines = [line.split() for line in out.decode().replace('\r', '').splitlines()]
    for table in ('batch', 'host', 'service', 'sighting', 'summary'):
        check.holds('shell: .tables, %s' % table, [table] in lines, out.decode())
    for words in (['sighting', 'dport', 'INTEGER'], ['service', 'address', 'TEXT'], ['host', 'packets'], ['42']):
        check.holds('shell: %s' % ' '.join(words), any(line[:len(words)] == words for line in lines), out.decode())
    check.has_words('shell: a mistake', out.decode(), 'no such table: nowhere')
    asked = store.ask('sql', "SELECT value FROM json_each('[1,2]')")
    check.equal('sql: a table of SQLite that only reads', asked, 'value\n1\n2\n')


def infinity(store):
    asked = store.ask('sql', '--format', 'json', 'SELECT 9e999 AS a, -9e999 AS b, 1.5 AS c')
    check.equal('sql: infinity in json', asked, '[{"a":1e999,"b":-1e999,"c":1.5}]\n')


STORE = check.store()
STORE.read(capture())
part_lost(STORE)
infinity(STORE)
shell(STORE)
formats(STORE)
windows(STORE)
colours(STORE)
host(STORE)
judged_when_asked(STORE)
remembered()
nothing_made()
days()
forgotten()
check.end()
