#!/usr/bin/env python3
"""The report of the laboratory's capture in all its forms, what hides the hosts, and what cannot be."""
import csv
import json
import os
import re
import resource
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'flow'))
from harness import Check, ROOT, has  # noqa: E402
from traffic import Traffic, pcap, write  # noqa: E402

check = Check()
HERE = os.path.dirname(os.path.abspath(__file__))
WORDS = os.path.join(os.path.dirname(check.sekimori), '..', '..', 'po')
DAY = '2026-11-22'
TABLES = {'totals', 'statistics', 'days', 'days_seen', 'nearly_daily', 'ports', 'ports_of_host', 'hosts', 'services', 'busiest',
          'changes', 'left_out', 'only_counted', 'not_captured', 'gaps', 'unread'}
NAMED = '192.0.2.98'
if os.path.isdir(os.path.join(WORDS, 'ja')):
    check.environment['SEKIMORI_LOCALEDIR'] = WORDS
speaks_japanese = 'SEKIMORI_LOCALEDIR' in check.environment
store = check.store()
store.read(os.path.join(ROOT, 'lab/campus.pcap.zst'))


def config():
    """No places, which not every machine has; a name. Nothing where configurations are not read."""
    if not has('inih'):
        return []
    path = write(check.path('site.conf'), ('[places]\nlibloc =\n[hosts]\n%s = forgotten.example\n' % NAMED).encode())
    return ['--config', path]


SITE = config()


def ask(*words, **run):
    return store.ask('report', *SITE, *words, **run)


def asked_json(*words):
    report = json.loads(ask('--format', 'json', *words))
    del report['made']
    return report


def tables(name, *words):
    """The folder's tables as rows of dicts, and its bytes."""
    folder = check.path(name)
    ask('--format', 'csv', '-o', folder, *words)
    files = {n: open(os.path.join(folder, n), 'rb').read() for n in sorted(os.listdir(folder))}
    rows = {n[:-4]: list(csv.DictReader(b.decode('utf-8-sig').splitlines())) for n, b in files.items()}
    return rows, files


def texts():
    """Exactly, in both languages. Names of ports are those of Debian's /etc/services."""
    if SITE:
        for language in ('en', 'ja') if speaks_japanese else ('en',):
            with open(os.path.join(HERE, 'report-day.%s.txt' % language), encoding='utf-8') as f:
                check.equal('the day, ' + language, ask(DAY, '--lang', language), f.read())
    english = ask(DAY)
    if speaks_japanese:
        for locale in ('C', 'ja_JP.UTF-8', 'C.UTF-8'):
            check.equal('Japanese in the locale ' + locale, ask(DAY, '--lang', 'ja', environment={'LC_ALL': locale}),
                        ask(DAY, '--lang', 'ja'))
        check.holds('Japanese is another language', '公開ポート' in ask(DAY, '--lang', 'ja') and '公開' not in english)
    # No English where Japanese was asked for; a page has its own words.
    nowhere = {'SEKIMORI_LOCALEDIR': check.path('no-messages')}
    says([DAY, '--lang', 'ja'], '--lang: no Japanese messages are installed with this program; --format html has its own',
         environment=nowhere)
    check.equal('json, all the same', json.loads(ask(DAY, '--lang', 'ja', '--format', 'json', environment=nowhere))['lang'], 'ja')
    plain = ask(DAY, environment={'LC_ALL': 'C'})
    check.holds('without UTF-8: ASCII alone, and bars', plain.isascii() and '::::' in plain and '####' in plain, plain)
    check.equal('no blanks at the end', [line for line in english.splitlines() if line != line.rstrip()], [])
    check.equal('written to a file, it is the same', written(check.path('day.txt'), DAY), english)
    for rows, ports in ((0, 0), (3, 3), (12, 12), (13, 13), ('all', 13)):
        table = ask(DAY, '--rows', rows).split('Ports by hosts\n')[1].split('\n\n')[0].splitlines()[1:]
        more = [line for line in table if '--rows all' in line]
        check.equal('--rows %s' % rows, (len(table) - len(more), more),
                    (ports, [] if ports == 13 else ['  and %d more; --rows all shows them' % (13 - ports)]))


def written(path, *words):
    check.equal('nothing on standard output', ask(*words, '-o', path), '')
    with open(path, encoding='utf-8') as f:
        return f.read()


def numbers():
    """JSON and CSV against SQL over the same store, and against each other."""
    report = asked_json(DAY)
    sql = store.ask('sql', 'SELECT count(*), count(DISTINCT saddr), count(DISTINCT daddr), count(DISTINCT sport) FROM sighting '
                           'WHERE visible').splitlines()[1]
    check.equal('totals, and SQL', ','.join(str(report['totals'][k]) for k in ('packets', 'hosts', 'peers', 'ports')), sql)
    rows, files = tables('tables', DAY)
    check.equal('tables', set(rows), TABLES)
    check.equal('totals, csv', {r['figure']: int(r['value']) for r in rows['totals']},
                {'packets': 87, 'hosts': 12, 'daily_hosts': 12, 'peers': 8, 'ports': 13, 'services': 28, 'days': 1, 'days_captured': 1})
    for name in ('ports', 'left_out', 'days_seen'):
        check.equal(name + ': csv says what json says', rows[name],
                    [{k: str(v) for k, v in one.items()} for one in report[name]])
    ports = store.ask('sql', 'SELECT sport, count(DISTINCT saddr) AS h, count(DISTINCT daddr), count(*) FROM sighting WHERE visible '
                             'GROUP BY sport ORDER BY h DESC, sport').splitlines()[1:]
    check.equal('ports, and SQL', ['%s,%s,%s,%s' % (r['port'], r['hosts'], r['peers'], r['packets']) for r in rows['ports']], ports)
    services = store.ask('export', '--services').splitlines()[1:]
    check.equal('services, and export', [(r['host'], r['port'], r['packets']) for r in rows['services']],
                [tuple(line.split(',')[i] for i in (0, 1, 6)) for line in services])
    check.equal('names', {r['host']: r['name'] for r in rows['hosts'] if r['name']}, {NAMED: 'forgotten.example'} if SITE else {})
    check.equal('a second time into the same folder', tables('tables', DAY)[1], files)
    bom = tables('bom', DAY, '--bom')[1]
    check.equal('--bom', bom, {name: b'\xef\xbb\xbf' + content for name, content in files.items()})
    if speaks_japanese:
        check.equal('csv is the same in Japanese', tables('ja', DAY, '--lang', 'ja')[1], files)
        check.equal('json differs by its language only', dict(asked_json(DAY, '--lang', 'ja'), lang='en'), report)
        check.equal('its language', asked_json(DAY, '--lang', 'ja')['lang'], 'ja')
    left = report['left_out']
    more = asked_json(DAY, '--include', 'all')
    check.equal('--include all', (more['totals']['packets'], sum(l['packets'] for l in more['left_out'])),
                (87 + sum(l['packets'] for l in left), 0))


# ---- hosts without their addresses ----

def told(text, words):
    """Which of these words stand in the text by themselves."""
    return [word for word in words if re.search(r'(?<![\w.:])%s(?![\w.:]|/\d)' % re.escape(word), text)]


def shape(host):
    """What is left of an address where hosts are hidden."""
    return '2001:db8:x:y' if ':' in host else '192.0.x.y'


def of_sets(sets):
    """(What is left of it, its ports) of each host, sorted; SETS is {host: ports}."""
    return sorted((shape(h), tuple(sorted(ports, key=int))) for h, ports in sets.items())


def anonymised():
    real, _ = tables('real', DAY)
    hosts = sorted({r['host'] for r in real['services']})
    check.equal('the plain report tells all hosts', told(json.dumps(real), hosts), hosts)
    rows, files = tables('hidden', DAY, '--anonymise')
    forms = {'csv ' + name: content.decode() for name, content in files.items()}
    forms['text'] = ask(DAY, '--anonymise', '--rows', 'all')
    forms['json'] = ask(DAY, '--anonymise', '--format', 'json')
    if check.call('report', '--store', store.dir, DAY, '--format', 'html').returncode == 0:
        forms['html'] = ask(DAY, '--anonymise', '--format', 'html').partition('id="data"')[2]
    for form, text in forms.items():
        check.equal('%s tells no host' % form, told(text, hosts), [])
        check.holds('%s tells no name' % form, 'forgotten' not in text)
        check.holds('%s cuts the networks' % form, '192.0.2.' not in text and '2001:db8:1' not in text, text)
    names = sorted({r['host'] for r in rows['services']})
    check.holds('what stands for a host', all(re.fullmatch(r'192\.0\.x\.y#\d+|2001:db8:x:y#\d+', n) for n in names), names)
    check.equal('each has a number of its own', (len(names), {n.split('#')[1] for n in names}), (12, {str(i + 1) for i in range(12)}))
    # Within a report, the same host has the same ports and packets under the same name everywhere.
    ports = {n: {r['port'] for r in rows['services'] if r['host'] == n} for n in names}
    packets = {n: sum(int(r['packets']) for r in rows['services'] if r['host'] == n) for n in names}
    want = of_sets({h: {r['port'] for r in real['services'] if r['host'] == h} for h in hosts})
    check.equal('the sets of ports are the real ones', of_sets(ports), want)
    check.equal('hosts.csv', {r['host']: (int(r['ports']), int(r['packets'])) for r in rows['hosts']},
                {n: (len(ports[n]), packets[n]) for n in names})
    report = json.loads(forms['json'])
    listed = [(h, {str(p['port']) for p in s['ports']}) for o in report['ports_of_host'] for s in o['sets'] for h in s['hosts']]
    check.equal('json', (of_sets(dict(listed)), len(listed), report['anonymised']), (want, 12, True))
    check.equal('json, networks', report['site']['networks'], ['192.0.0.0/16', '2001:db8::/32'])
    shown = {}
    for ports_line, hosts_line in re.findall(r'hosts: ports (.+)\n +(.+)\n', forms['text']):
        shown.update({h: ports_line.split() for h in hosts_line.split()})
    shared = [one for one in want if [other[1] for other in want].count(one[1]) > 1]
    check.equal('text: sets, of different hosts', of_sets(shown), shared)


def drawn_anew():
    """A fixed order could be counted out by whoever knows the site's addresses."""
    runs = []
    for i in range(6):
        rows, _ = tables('drawn', DAY, '--anonymise')
        ports = {}
        for r in rows['services']:
            ports.setdefault(r['host'], []).append(r['port'])
        runs.append({(shape(h), *sorted(p)): h for h, p in ports.items()})
        check.equal('every host can be told in run %d' % i, len(runs[-1]), 12)
    check.holds('the numbers are drawn for each report', any(r != runs[0] for r in runs[1:]), runs[0])


def peers_inside():
    """A host of the site may be a peer, and then it is hidden as well, though it never answered itself."""
    inside = ['192.0.2.200', '192.0.2.201', '2001:db8:1:9::200', '192.0.2.10', '2001:db8:1:9::20']
    t = Traffic()
    for host, port, peer, n in (('192.0.2.10', 80, inside[0], 9), ('192.0.2.10', 80, inside[1], 8), ('2001:db8:1:9::20', 81, inside[2], 7),
                                ('192.0.2.30', 82, inside[3], 6), ('2001:db8:1:9::40', 83, inside[4], 5), ('192.0.2.10', 80, '203.0.113.9', 4)):
        for _ in range(n):
            t.synack(host, port, peer, 40000)
    other = check.store()
    other.read(write(check.path('inside.pcap'), pcap(t.frames)))
    words = ('--include', 'all', '2019-01-24')
    plain = json.loads(other.ask('report', '--format', 'json', *words))
    check.equal('peers inside the site', [(p['peer'], p['packets']) for p in plain['busiest'][0]['peers']],
                [(peer, 9 - i) for i, peer in enumerate(inside)])
    folder = check.path('inside')
    other.ask('report', '--anonymise', '--format', 'csv', '-o', folder, *words)
    forms = {n: open(os.path.join(folder, n), encoding='utf-8').read() for n in os.listdir(folder)}
    forms['text'] = other.ask('report', '--anonymise', '--rows', 'all', *words)
    forms['json'] = other.ask('report', '--anonymise', '--format', 'json', *words)
    if check.call('report', '--store', other.dir, DAY, '--format', 'html').returncode == 0:
        forms['html'] = other.ask('report', '--anonymise', '--format', 'html', *words).partition('id="data"')[2]
    for form, text in forms.items():
        check.holds('no address of the site in ' + form, '192.0.2.' not in text and '2001:db8:1' not in text, text)
    report = json.loads(forms['json'])
    peers = [p['peer'] for p in report['busiest'][0]['peers']]
    check.equal('what is left of them', [p.split('#')[0] for p in peers], [shape(p) for p in inside])
    check.holds('each by a number of its own', len({p.split('#')[1] for p in peers}) == 5 and all(p.split('#')[1] != '0' for p in peers), peers)
    host = {p['port']: s['hosts'][0] for o in report['ports_of_host'] for s in o['sets'] for p in s['ports']}
    check.equal('a host has one name, answering or answered', peers[3:], [host[80], host[81]])
    rows = {n: list(csv.DictReader(forms[n].splitlines())) for n in ('busiest.csv', 'services.csv')}
    host = {r['port']: r['host'] for r in rows['services.csv']}
    check.equal('in the tables, too', [r['peer'] for r in rows['busiest.csv']][3:], [host['80'], host['81']])


# ---- what cannot be ----

def says(words, why, **run):
    done = check.call('report', '--store', store.dir, '--timezone', 'UTC', *words, **run)
    check.equal('report %s' % ' '.join(words), (done.returncode, done.stdout, done.stderr), (2, '', 'sekimori report: %s\n' % why))


def one_of_each():
    """One packet, one host, one port: said in the singular."""
    one, traffic = check.store(), Traffic()
    traffic.synack('192.0.2.1', 80, '203.0.113.9', 4000)
    one.read(write(check.path('one.pcap'), pcap(traffic.frames)))
    done = check.call('report', '--store', one.dir, '--timezone', 'UTC', '2019-01-24')
    for words in ('1 SYN+ACK  ', '1 host, 1 of them', '1 external host ', '1 port, in 1 service\n', ': 1 packet\n',
                  '1 packet,  100.0 %; 1 host answered on'):
        check.has_words('one of each', done.stdout, words)
    listed = check.call('list', '--store', one.dir, '--timezone', 'UTC', '--format', 'text')
    check.has_words('one of each, list', listed.stderr, '1 service on 1 address; times in UTC')


def mistakes():
    here = check.path('place')
    os.makedirs(here)
    to = os.path.join(here, 'out')
    for period in ('', '201', '2019-1', '2019-13', '2019-02-29', '2019-01-32', '1969', '2554', '2019-01-24T00:00', '2019-01..', '..',
                   '2019..x', '2019-01-01..2019-01-02..2019-01-03', ' 2019', '2019 ', 'last'):
        says([period, '-o', to], '"%s" is no period (2019, 2019-01, 2019-01-24 or 2019-01-01..2019-01-15)' % period)
    says(['2019-01-02..2019-01-01', '-o', to], '"2019-01-02..2019-01-01": a period ends after it begins')
    says(['2019..2018', '-o', to], '"2019..2018": a period ends after it begins')
    says(['1970..2553', '-o', to], '"1970..2553": more than a century')
    says([DAY, '2019', '-o', to], '"2019": one period, please')
    says([DAY, '--format', 'csv'], 'csv is a file for each table: -o FOLDER says where')
    says([DAY, '--bom', '-o', to], '--bom goes with --format csv')
    for rows in ('x', '', '-1', '3x', ' 3', '99999999999999999999999'):
        says([DAY, '--rows', rows], '--rows: "%s" is neither a number nor all' % rows)
    for language in ('fr', '', 'JA', 'ja_JP'):
        says([DAY, '--lang', language], '--lang: "%s" is none of en, ja' % language)
    says([DAY, '--format', 'xml', '-o', to], '--format: "xml" is none of text, csv, json, html')
    says([DAY, '--since', '2019-01-01'], 'unknown option --since; sekimori report --help lists them')
    check.equal('none of them leaves anything', os.listdir(here), [])
    done = check.call('report', '--store', store.dir, DAY, '--format', 'html', '-o', to)
    if done.returncode == 0:
        with open(to, encoding='utf-8') as f:
            page = f.read()
        data = re.search(r'<script[^>]*id="?data"?[^>]*>(.*?)</script>', page, re.DOTALL)
        check.equal('the page holds the report', data and json.loads(data[1])['totals'], asked_json(DAY)['totals'])
        os.unlink(to)
    else:
        check.equal('no html', (done.returncode, done.stderr),
                    (2, 'sekimori report: this build has no html report: Node.js was missing when it was made\n'))
    check.equal('nothing else is left', os.listdir(here), [])


def no_room():
    here = check.path('crowded')
    os.makedirs(here)
    for form in ('text', 'json', 'csv'):
        nowhere = os.path.join(here, 'missing', 'report')
        says([DAY, '--format', form, '-o', nowhere], nowhere + ': No such file or directory')
    file = write(os.path.join(here, 'file'), b'mine')
    says([DAY, '--format', 'csv', '-o', file], file + ': Not a directory')
    says([DAY, '-o', here], here + ': Is a directory')
    check.equal('what was there is left alone', (os.listdir(here), open(file, 'rb').read()), (['file'], b'mine'))
    if not os.path.exists('/dev/full'):
        return
    for form in ('text', 'json'):
        says([DAY, '--format', form, '-o', '/dev/full'], '/dev/full: No space left on device')
        with open('/dev/full', 'w', encoding='ascii') as full:
            done = subprocess.run([check.sekimori, 'report', '--store', store.dir, DAY, '--format', form], stdout=full,
                                  stderr=subprocess.PIPE, text=True, env=check.environment, check=False)
        check.equal('a full disk, %s' % form, (done.returncode, done.stderr),
                    (2, 'sekimori report: standard output: No space left on device\n'))
    folder = os.path.join(here, 'full')
    says([DAY, '--format', 'csv', '-o', folder], '%s/statistics.csv: File too large' % folder, preexec_fn=little_room)
    check.equal('nothing unfinished is left', os.listdir(folder), [])


def little_room():
    """150 bytes for a file: enough for totals.csv."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150, 150))


def all_tables_or_none():
    for name in sorted(TABLES):
        folder = check.path('in-the-way-' + name)
        for other in TABLES - {name}:
            os.makedirs(folder, exist_ok=True)
            write(os.path.join(folder, other + '.csv'), b'older')
        os.makedirs(os.path.join(folder, name + '.csv'))
        says([DAY, '--format', 'csv', '-o', folder], '%s/%s.csv: Is a directory' % (folder, name))
        check.equal('%s in the way: nothing else' % name, set(os.listdir(folder)), {t + '.csv' for t in TABLES})
        check.equal('%s in the way: the others are as they were' % name,
                    {open(os.path.join(folder, t + '.csv'), 'rb').read() for t in TABLES - {name}}, {b'older'})
        os.rmdir(os.path.join(folder, name + '.csv'))
        ask(DAY, '--format', 'csv', '-o', folder)
        check.holds('%s out of the way' % name, all(open(os.path.join(folder, t + '.csv'), 'rb').read() != b'older' for t in TABLES))


def links():
    here, there = check.path('here'), check.path('there')
    os.makedirs(here)
    os.makedirs(there)
    file = write(os.path.join(there, 'file'), b'older')
    for link, leads_to in (('absolute', file), ('relative', '../there/file'), ('of-a-link', 'absolute')):
        path = os.path.join(here, link)
        os.symlink(leads_to, path)
        write(file, b'older')
        check.equal(link + ': what it leads to is replaced', (written(path, DAY), open(file, encoding='utf-8').read()), (ask(DAY), ask(DAY)))
        check.equal(link + ': the link stays', os.readlink(path), leads_to)
    check.equal('and nothing else', (sorted(os.listdir(here)), os.listdir(there)), (['absolute', 'of-a-link', 'relative'], ['file']))
    # A link that leads to nothing yet is followed as well, and one that leads round is an error.
    os.symlink('../there/new', os.path.join(here, 'dangling'))
    os.symlink('dangling', os.path.join(here, 'to-dangling'))
    for link in ('dangling', 'to-dangling'):
        new, path = os.path.join(there, 'new'), os.path.join(here, link)
        written(path, DAY)
        check.holds(link + ': the link stays', os.path.islink(path))
        if check.holds(link + ': what it leads to is made', os.path.isfile(new), os.listdir(there)):
            check.equal(link + ': what is written', open(new, encoding='utf-8').read(), ask(DAY))
            os.unlink(new)
    os.symlink('round', os.path.join(here, 'round'))
    done = check.call('report', '--store', store.dir, DAY, '-o', os.path.join(here, 'round'))
    check.equal('a link that leads round', (done.returncode, 'Too many levels of symbolic links' in done.stderr), (2, True))


# ---- what a spreadsheet would take for a formula ----

def formulas():
    if not SITE:
        return
    names = {'192.0.2.18': '=HYPERLINK("http://203.0.113.9/","x")', '192.0.2.34': '+1', '192.0.2.50': '-2', '192.0.2.66': '@SUM(1,2)',
             '2001:db8:1:1::18': "a=b", '2001:db8:1:2::34': '"quoted"'}
    hosts = check.path('hosts.csv')
    with open(hosts, 'w', newline='', encoding='utf-8') as f:
        csv.writer(f).writerows([('address', 'name', 'owner', 'department')] + [(a, n, '', '') for a, n in names.items()])
    site = write(check.path('formulas.conf'), ('[site]\nhosts = %s\n[places]\nlibloc =\n[holidays]\n%s = =cmd\n' % (hosts, DAY)).encode())
    for bom, guard in (((), ''), (('--bom',), "'")):
        rows, _ = tables('formulas', DAY, '--config', site, *bom)
        want = {a: (guard if n[0] in '=+-@' else '') + n for a, n in names.items()}
        for name in ('hosts', 'services'):
            check.equal('%s, %s' % (name, bom), {r['host']: r['name'] for r in rows[name] if r['name']}, want)
        check.equal('holiday, %s' % (bom,), [r['holiday'] for r in rows['days']], [guard + '=cmd'])


texts()
numbers()
anonymised()
drawn_anew()
peers_inside()
one_of_each()
mistakes()
no_room()
all_tables_or_none()
links()
formulas()
check.end()
