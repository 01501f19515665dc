#!/usr/bin/env python3
"""The report of the laboratory's capture in all its forms, what hides the hosts, and what cannot be."""
import csv
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'flow'))
from harness import Check, ROOT, has  # noqa: E402
from traffic import write  # noqa: E402

check = Check()
HERE = os.path.dirname(os.path.abspath(__file__))
WORDS = os.path.join(os.path.dirname(check.sekimori), '..', '..', 'po')
DAY = '2026-11-22'
TABLES = {'totals', 'statistics', 'days', 'days_seen', 'nearly_daily', 'ports', 'ports_of_host', 'hosts', 'services', 'busiest',
          'changes', 'left_out', 'not_captured'}
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
    names = sorted({r['host'] for r in rows['services']})
    check.holds('what stands for a host', all(re.fullmatch(r'192\.0\.x\.y#\d+|2001:db8:x:y#\d+', n) for n in names), names)
    check.equal('each has a number of its own', (len(names), len({n.split('#')[1] for n in names})), (12, 12))
    # The same host has the same ports, under the same name, in every table and form.
    ports = {n: {r['port'] for r in rows['services'] if r['host'] == n} for n in names}
    check.equal('the sets of ports are the real ones', sorted(map(sorted, ports.values())),
                sorted(sorted(r['port'] for r in real['services'] if r['host'] == h) for h in hosts))
    check.equal('hosts.csv', {r['host']: int(r['ports']) for r in rows['hosts']}, {n: len(p) for n, p in ports.items()})
    report = asked_json(DAY, '--anonymise')
    sets = {h: {str(p['port']) for p in s['ports']} for o in report['ports_of_host'] for s in o['sets'] for h in s['hosts']}
    check.equal('json', (sets, report['anonymised']), (ports, True))
    for ports_line, hosts_line in re.findall(r'hosts: ports (.+)\n +(.+)\n', forms['text']):
        check.equal('text, ports ' + ports_line, [ports[n] for n in hosts_line.split()],
                    [set(ports_line.split())] * len(hosts_line.split()))
    check.equal('the same the next time', tables('again', DAY, '--anonymise')[1], files)


# ---- what cannot be ----

def says(words, why, **run):
    done = check.call('report', '--store', store.dir, '--timezone', 'UTC', *words, **run)
    check.equal('report %s' % ' '.join(words), (done.returncode, done.stdout, done.stderr), (2, '', 'sekimori report: %s\n' % why))


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
    folder = os.path.join(here, 'tables')
    os.makedirs(folder)
    os.symlink('/dev/full', os.path.join(folder, 'ports.csv'))
    says([DAY, '--format', 'csv', '-o', folder], '%s/ports.csv: No space left on device' % folder)


texts()
numbers()
anonymised()
mistakes()
no_room()
check.end()
