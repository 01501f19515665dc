#!/usr/bin/env python3
"""Reports over days of made traffic: which period, where days begin, holidays, changes, lines of 80 cells, many hosts hidden."""
import csv
import datetime
import json
import os
import re
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'flow'))
from harness import Check, has  # noqa: E402
from traffic import SECOND, Traffic, pcap, write  # noqa: E402

check = Check()
WORDS = os.path.join(os.path.dirname(check.sekimori), '..', '..', 'po')
if os.path.isdir(os.path.join(WORDS, 'ja')):
    check.environment['SEKIMORI_LOCALEDIR'] = WORDS
LANGUAGES = ('en', 'ja') if 'SEKIMORI_LOCALEDIR' in check.environment else ('en',)
WEB, PEER, PEER6 = '192.0.2.18', '198.51.100.7', '2001:db8:f000:1111:2222:3333:4444:5555'


def seen(sightings, **read):
    """A store that saw (time, host, port, peer, how often) each; times are UTC."""
    t = Traffic()
    for time, host, port, peer, n in sorted(sightings):
        t.now = round(datetime.datetime.fromisoformat(time + '+00:00').timestamp()) * SECOND
        for _ in range(n):
            t.synack(host, port, peer, 40000)
    store = check.store()
    store.read(write(store.dir + '.pcap', pcap(t.frames)), **read)
    return store


def one(time, host=WEB, port=80, peer=PEER, n=1):
    return (time if 'T' in time else time + 'T12:00', host, port, peer, n)


def report(store, *words):
    """As list and others, in UTC where no zone is named."""
    zone = [] if '--timezone' in words else ['--timezone', 'UTC']
    return check.run('report', '--store', store.dir, *zone, *words).stdout


def counted(store, *words):
    return json.loads(report(store, '--format', 'json', *words))


def table(store, name, *words):
    folder = check.path('tables')
    report(store, '--format', 'csv', '-o', folder, *words)
    with open(os.path.join(folder, name + '.csv'), encoding='utf-8') as f:
        return list(csv.DictReader(f))


def config(name, text):
    return ['--config', write(check.path(name), text.encode())] if has('inih') else []


# ---- which period ----

def usual():
    for days, name in ((['2019-01-24'], '2019-01'), (['2018-12-15', '2019-01-24'], '2018-12'),
                       (['2018-12-31T23:59', '2019-01-01T00:00'], '2018-12'), (['2018-12-15', '2019-01-31T00:00'], '2019-01'),
                       (['2018-10-15', '2019-01-24'], '2019-01'), (['2018-12-15', '2018-12-16', '2020-02-29'], '2020-02'),
                       (['2020-02-01', '2020-03-30'], '2020-02')):
        store = seen([one(day) for day in days])
        check.equal('no period, %s' % days, counted(store)['period']['name'], name)
    store = seen([one('2019-01-31T15:30')])
    check.equal('no period: days are local', counted(store, '--timezone', 'Asia/Tokyo')['period']['name'], '2019-02')


def named():
    store = seen([one('2018-12-31T23:59:59'), one('2019-01-01T00:00', n=2), one('2019-01-24', n=4), one('2019-12-31T23:59', n=8)])
    for name, kind, first, last, before, packets in (
            ('2019', 'year', '2019-01-01', '2019-12-31', '2018', 14), ('2019-01', 'month', '2019-01-01', '2019-01-31', '2018-12', 6),
            ('2019-01-24', 'day', '2019-01-24', '2019-01-24', '2019-01-23', 4),
            ('2018-12..2019-01', 'range', '2018-12-01', '2019-01-31', '2018-09-30..2018-11-30', 7),
            ('2019-01-24..2019', 'range', '2019-01-24', '2019-12-31', '2018-02-16..2019-01-23', 12),
            ('2019-01-24..2019-01-24', 'range', '2019-01-24', '2019-01-24', '2019-01-23..2019-01-23', 4)):
        got = counted(store, name)
        p = got['period']
        check.equal(name, (p['kind'], p['first'], p['last'], got['changes']['before']['name'], got['totals']['packets'], len(got['days'])),
                    (kind, first, last, before, packets, p['days']))
    check.has_words('a month without anything', report(store, '2019-03'), '31 days of UTC\n', 'No SYN+ACK in this period.',
                    'No stretch of ten minutes or more.')
    check.has_words('a month without a capture', report(store, '2020-03'), '31 days of UTC, 0 of them captured\n',
                    'No SYN+ACK in this period.', '744 h 0 min. What answered then')


def zones():
    """Each instant lies in the local day that it should, and in the reports of that day and no other."""
    for zone, instant, day in (('Asia/Kolkata', '2019-01-24T18:29:59', '2019-01-24'), ('Asia/Kolkata', '2019-01-24T18:30', '2019-01-25'),
                               ('Asia/Kathmandu', '2019-01-24T18:14:59', '2019-01-24'), ('Asia/Kathmandu', '2019-01-24T18:15', '2019-01-25'),
                               ('America/St_Johns', '2019-01-25T03:29:59', '2019-01-24'), ('America/St_Johns', '2019-01-25T03:30', '2019-01-25'),
                               ('Europe/Berlin', '2019-03-31T21:59:59', '2019-03-31'), ('Europe/Berlin', '2019-03-31T22:00', '2019-04-01'),
                               ('Europe/Berlin', '2019-10-27T22:59:59', '2019-10-27'), ('Europe/Berlin', '2019-10-27T23:00', '2019-10-28')):
        store = seen([one(instant, n=3)])
        month = counted(store, day[:7], '--timezone', zone)
        check.equal('%s of %s' % (instant, zone), [d['date'] for d in month['days'] if d['packets'] == 3], [day])
        check.equal('%s of %s, the day' % (instant, zone), counted(store, day, '--timezone', zone)['totals']['packets'], 3)
        next_day = str(datetime.date.fromisoformat(day) + datetime.timedelta(1))
        check.equal('%s of %s, the next day' % (instant, zone), counted(store, next_day, '--timezone', zone)['totals']['packets'], 0)
    # Both sides of midnight in one hour of the archive.
    store = seen([one('2019-01-24T18:29:59', n=2), one('2019-01-24T18:30', peer='203.0.113.9', n=5)])
    got = counted(store, '2019-01-24..2019-01-25', '--timezone', 'Asia/Kolkata')
    check.equal('an hour cut in two', [(d['packets'], d['peers'], d['hosts']) for d in got['days']], [(2, 1, 1), (5, 1, 1)])


# ---- what is in it ----

def month():
    """20 days of January: a daily host, one that misses a day, one of many ports, one of December and one of later."""
    sightings = [one('2018-12-20', '192.0.2.30', 22), one('2018-12-20', '192.0.2.40', 23), one('2018-11-20', '192.0.2.50', 25)]
    for day in range(1, 21):
        date = '2019-01-%02d' % day
        sightings.append(one(date, WEB, 80, '198.51.100.%d' % day, n=10))
        if day != 9:
            sightings.append(one(date, '192.0.2.20', 443, '198.51.100.%d' % (100 + day)))
    sightings += [one('2019-01-05', '192.0.2.60', 1000 + i, n=3) for i in range(30)]
    sightings += [one('2019-01-%02d' % (i + 6), '2001:db8:1:%x:1234:5678:9abc:def0' % i, 8000 + i, PEER6) for i in range(8)]
    sightings += [one('2019-01-15', '192.0.2.50', 25), one('2019-01-16', '192.0.2.30', 22), one('2019-01-18', WEB, 80, '203.0.113.66', 300)]
    return sightings


def contents(store):
    got = counted(store, '2019-01')
    check.equal('nearly daily', [(h['host'], h['days'], h['missed']) for h in got['nearly_daily']], [('192.0.2.20', 19, ['2019-01-09'])])
    check.equal('outliers', [(h['host'], h['ports']) for h in got['outliers']['hosts']], [('192.0.2.60', 30)])
    busy = [(b['date'], b['because'], b['peers'][0]['peer'], b['peers'][0]['packets']) for b in got['busiest']]
    check.equal('days that stand out', busy, [('2019-01-05', 'packets', PEER, 90), ('2019-01-18', 'packets', '203.0.113.66', 300)])
    changes = got['changes']
    check.equal('back', [(c['host'], c['port']) for c in changes['back']], [('192.0.2.50', 25)])
    check.equal('gone', [(c['host'], c['port'], c['packets']) for c in changes['gone']], [('192.0.2.40', 23, 0)])
    check.equal('new', len(changes['new']), 40)
    check.equal('changes, csv', [(r['change'], r['host'], r['port']) for r in table(store, 'changes', '2019-01') if r['change'] != 'new'],
                [('back', '192.0.2.50', '25'), ('gone', '192.0.2.40', '23')])
    text = report(store, '2019-01')
    check.has_words('text', text, '192.0.2.20: 19 days, ports 443\n    not seen on 9 Jan\n', '192.0.2.60: 30 ports (packets)\n',
                    'Gone: seen in the period before, and not in this one (1)\n', 'Fri 18 Jan!', 'Sat  5 Jan!')
    if 'ja' in LANGUAGES:
        check.has_words('text, ja', report(store, '2019-01', '--lang', 'ja'), '192.0.2.20: 19 日、ポート 443\n    観測されなかった日: 1/9\n',
                        '192.0.2.60: 30 ポート', ' 1/18(金) !', '消失: 前の期間にあり')


def holidays(store):
    site = config('holidays.conf', '[holidays]\n2019-01-14 = 成人の日, "x"\n')
    if not site:
        return
    lines = {line[:10]: line for line in report(store, '2019-01', *site).splitlines()}
    for day, hatched in (('Sat 12 Jan', False), ('Sun 13 Jan', True), ('Mon 14 Jan', True), ('Tue 15 Jan', False)):
        bar = lines[day][10:].split()[1]
        check.equal('the bar of ' + day, (set(bar) <= {'▒'}, '▒' in bar), (hatched, hatched))
    check.equal('without them', '▒' in [x for x in report(store, '2019-01').splitlines() if 'Mon 14' in x][0].split()[4], False)
    check.equal('json', {d['date']: d['holiday'] for d in counted(store, '2019-01', *site)['days'] if d['holiday']},
                {'2019-01-14': '成人の日, "x"'})
    check.equal('csv', {r['date']: r['holiday'] for r in table(store, 'days', '2019-01', *site) if r['holiday']},
                {'2019-01-14': '成人の日, "x"'})


def all_tables(store, *words):
    """Those of one run, as rows of dicts: an anonymised run has its own numbers."""
    folder = check.path('all-tables')
    report(store, '--format', 'csv', '-o', folder, *words)
    tables = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding='utf-8') as f:
            tables[name[:-4]] = list(csv.DictReader(f))
    return tables


def hidden(store):
    """Every table of a run has the same name for the same host. Which host it is, its ports say."""
    plain, veiled = (all_tables(store, '2019-01', *words) for words in ((), ('--anonymise',)))
    services, names = ({r['port']: r['host'] for r in t['services']} for t in (plain, veiled))
    name_of = {services[port]: names[port] for port in services}
    check.equal('one name each', len(set(name_of.values())), len(set(services.values())))
    gone = [r['host'] for r in veiled['changes'] if r['change'] == 'gone']
    check.holds('a host that is gone has another', len(gone) == 1 and gone[0] not in name_of.values(), gone)
    name_of['192.0.2.40'] = gone[0]
    for table_name in ('services', 'hosts', 'nearly_daily', 'changes'):
        def contents_of(rows, hide):
            return sorted([hide(r['host'])] + [v for k, v in r.items() if k not in ('host', 'name', 'same_ports')] for r in rows)

        check.equal('the same names in %s.csv' % table_name, contents_of(veiled[table_name], str), contents_of(plain[table_name], name_of.get))
    got = counted(store, '2019-01', '--anonymise')
    names = {p['port']: s['hosts'][0] for c in got['ports_of_host'] for s in c['sets'] for p in s['ports']}
    check.equal('json: one name each', len(set(names.values())), 13)
    for where, hosts in (('nearly_daily', got['nearly_daily']), ('outliers', got['outliers']['hosts'])):
        check.equal('the same name among ' + where, [{names[p['port']] for p in h['services']} for h in hosts], [{h['host']} for h in hosts])
    for change in ('new', 'back'):
        check.equal('and among ' + change, [c['host'] for c in got['changes'][change]], [names[c['port']] for c in got['changes'][change]])
    check.holds('and among gone', got['changes']['gone'][0]['host'] not in names.values())
    # Addresses' order would tell which is which.
    for where, hosts in [(change, [c['host'] for c in got['changes'][change]]) for change in ('new', 'back', 'gone')] + [
            (n + '.csv', [r['host'] for r in veiled[n]]) for n in ('services', 'nearly_daily')]:
        numbers = [int(h.split('#')[1]) for h in hosts]
        check.equal('in the order of numbers: ' + where, numbers, sorted(numbers))
    text = report(store, '2019-01', '--anonymise', '--rows', 'all')
    names = {port: host for host, port in re.findall(r'(\S+#\d+) +(\d+)/tcp', text)}
    check.has_words('text', text, '%s: 30 ports' % names['1000'], '%s: 19 days' % names['443'])
    check.equal('one name for 30 ports', {names[str(1000 + i)] for i in range(30)}, {names['1000']})
    check.equal('and in the text no others', set(re.findall(r'\S+#\d+', text.replace(':\n', '\n').replace(': ', ' '))), set(names.values()))


def hidden_peers():
    """A peer inside the site that never answered has one name on all days."""
    days = [one('2019-01-%02d' % day, WEB, 80, '198.51.100.%d' % (day * 10 + i)) for day in range(1, 10) for i in range(10)]
    days += [one('2019-01-%02d' % day, WEB, 80, '192.0.2.%d' % peer, n=n) for day in (3, 6) for peer, n in ((200, 60), (201, 50))]
    store = seen(days + [one('2019-01-01T00:00', '203.0.113.1', 9), one('2019-01-09T23:59', '203.0.113.1', 9)])
    busy = counted(store, '2019-01', '--include', 'inside', '--anonymise')['busiest']
    names = [[p['peer'] for p in day['peers'][:2]] for day in busy]
    check.equal('the days with peers inside', [day['date'] for day in busy], ['2019-01-03', '2019-01-06'])
    check.holds('the same names on both', names[0] == names[1] and len(set(names[0])) == 2, names)
    check.equal('and no addresses', {n.split('#')[0] for n in names[0]}, {'192.0.x.y'})


# ---- days of which little was captured ----

def whole_days(first, last, *more):
    """Frames of elsewhere at both ends: so far the capture goes."""
    return [one(first, '203.0.113.1', 9, '203.0.113.2'), one(last, '203.0.113.1', 9, '203.0.113.2')] + list(more)


def a_minute():
    """19 whole days and a minute of the 20th: the 20th is counted, and nothing goes by it."""
    for n in (1, 500):
        days = [one('2019-01-%02d' % day, host, 80, '198.51.100.%d' % day, n=3) for day in range(1, 20) for host in (WEB, '192.0.2.20')]
        days += [one('2019-01-%02d' % day, '192.0.2.30', 22) for day in range(2, 20)]
        store = seen(whole_days('2019-01-01T00:00', '2019-01-20T00:01', *days, one('2019-01-20T00:00:30', '192.0.2.40', 25, n=n)))
        what = 'a minute with %d packets: ' % n
        got = counted(store, '2019-01')
        check.equal(what + 'days captured', (got['period']['days'], got['period']['days_captured']), (31, 19))
        last = got['days'][19]
        check.equal(what + 'its day', (last['date'], last['packets'], last['hosts'], last['new_hosts'], last['stands_out']),
                    ('2019-01-20', n, 1, 1, False))
        check.holds(what + 'its share is the true one', abs(last['captured_share'] - 60 / 86400) < 1e-6, last)
        check.equal(what + 'totals', [got['totals'][k] for k in ('packets', 'hosts', 'daily_hosts')], [19 * 6 + 18 + n, 4, 2])
        check.equal(what + 'daily on the whole days', [d['daily_hosts'] for d in got['days']], [2] * 19 + [0] * 12)
        check.equal(what + 'nothing stands out', got['busiest'], [])
        packets = got['statistics']['packets']
        check.equal(what + 'least and most', (packets['min'], packets['max']['value']), ({'value': 6, 'date': '2019-01-01'}, 7))
        check.equal(what + 'days seen', [(d['days'], d['hosts']) for d in got['days_seen'] if d['hosts']], [(1, 1), (18, 1), (19, 2)])
        check.equal(what + 'nearly daily', [(h['host'], h['missed']) for h in got['nearly_daily']], [('192.0.2.30', ['2019-01-01'])])
        check.equal(what + 'daily hosts of ports', {p['port']: p['daily_hosts'] for p in got['ports']}, {80: 2, 22: 0, 25: 0})
        check.has_words(what + 'text', report(store, '2019-01'), '31 days of UTC, 19 of them captured\n', ' 4 hosts, 2 of them every day\n',
                        'Sun 20 Jan ', '\n   18       1 ', '\n   19       2 (every day)\n')
    # With one whole day, what was seen on the other one alone is not daily.
    store = seen(whole_days('2019-01-01T00:00', '2019-01-02T00:01', one('2019-01-01'), one('2019-01-02T00:00:30', '192.0.2.20')))
    got = counted(store, '2019-01')
    check.equal('one whole day: daily hosts', (got['totals']['hosts'], got['totals']['daily_hosts']), (2, 1))
    check.equal('one whole day: daily hosts of days', [d['daily_hosts'] for d in got['days'][:3]], [1, 0, 0])
    # Half a day is a whole one; where there is none, days with packets have to do.
    for end, captured in (('2019-01-01T11:59', 1), ('2019-01-01T12:00:01', 1), ('2019-01-02T11:59', 1), ('2019-01-02T12:00:01', 2)):
        got = counted(seen(whole_days('2019-01-01T00:00', end, one('2019-01-01T01:00'))), '2019-01')
        check.equal('captured up to %s' % end, (got['period']['days_captured'], got['totals']['daily_hosts']), (captured, 2 - captured))
    got = counted(seen(whole_days('2019-01-01T20:00', '2019-01-02T04:00', one('2019-01-02T01:00'))), '2019-01')
    check.equal('no whole day', (got['period']['days_captured'], got['totals']['daily_hosts'], got['statistics']['packets']['min']),
                (1, 1, {'value': 1, 'date': '2019-01-02'}))


def after_the_capture(store):
    """What was not captured is not gone."""
    for period in ('2019-02', '2100-01'):
        got = counted(store, period)
        check.equal(period + ': no changes', {k: got['changes'][k] for k in ('new', 'back', 'gone')}, {'new': [], 'back': [], 'gone': []})
        check.equal(period + ': captured', (got['period']['days_captured'], {d['captured_share'] for d in got['days']}), (0, {0}))
        check.equal(period + ': csv', table(store, 'changes', period), [])
    check.equal('all of February', counted(store, '2019-02')['not_captured']['seconds'], 28 * 86400)
    check.equal('nothing is missing of the future', counted(store, '2100-01')['not_captured'], {'seconds': 0, 'gaps': [], 'recorded': {'seconds': 0, 'kinds': [], 'longest': []}})
    check.equal('before February', counted(store, '2019-02')['changes']['before']['seen'], True)
    for language, nothing, some, gone in (
            ('en', 'Nothing of this period was captured: nothing can be told.', '20 of 31 days were captured: what is gone may', 'Gone: '),
            ('ja', 'この期間のキャプチャがないため、変化は分かりません。', 'キャプチャがあるのは 31 日中 20 日です。', '消失: ')):
        if language in LANGUAGES:
            text, january = (report(store, period, '--lang', language) for period in ('2019-02', '2019-01'))
            check.has_words('February, ' + language, text, nothing)
            check.holds('February, nothing gone, ' + language, gone not in text and some not in text and nothing in text, text)
            check.has_words('January, ' + language, january, some, gone)
            check.holds('January was captured, ' + language, nothing not in january)
    little = seen(whole_days('2019-02-01T00:00', '2019-02-01T03:00', one('2019-01-03')))
    for language, nothing, too_little, not_begun, no_gap in (
            ('en', 'Nothing of this period', 'Too little of this period was captured', 'The period has not begun.', 'No stretch of ten'),
            ('ja', 'この期間のキャプチャがないため', 'この期間のキャプチャが少なすぎるため', 'この期間はまだ始まっていません。', '10 分以上の空白は')):
        if language in LANGUAGES:
            text = report(little, '2019-02', '--lang', language)
            check.holds('little captured, ' + language, too_little in text and nothing not in text and not_begun not in text, text)
            text = report(store, '2100-01', '--lang', language)
            check.holds('the future, ' + language, not_begun in text and no_gap not in text and nothing in text, text)
    whole = seen(whole_days('2019-01-01T00:00', '2019-02-01T00:00', one('2018-12-20', '192.0.2.40', 23), one('2019-01-03')))
    check.holds('a month of which all was captured does not say so', ' days were captured' not in report(whole, '2019-01'))


def few_days():
    """Packets on 3 days of 31: the median is 0, and nothing is a multiple of it."""
    store = seen(whole_days('2019-01-01T00:00', '2019-01-31T23:59:59', one('2019-01-06', n=5), one('2019-01-12', n=50),
                            one('2019-01-18', '192.0.2.20', 443, n=20)))
    site = config('few.conf', '[holidays]\n2019-01-14 = x\n2019-01-18 = y\n')
    got = counted(store, '2019-01', *site)
    check.equal('captured', got['period']['days_captured'], 31)
    check.equal('the median', [got['statistics'][k]['median'] for k in ('packets', 'hosts', 'peers')], [0, 0, 0])
    check.equal('nothing stands out', (got['busiest'], [d for d in got['days'] if d['stands_out']]), ([], []))
    for name, dates in (('sundays', ['2019-01-06', '2019-01-13', '2019-01-20', '2019-01-27']),
                        ('holidays', ['2019-01-14', '2019-01-18'] if site else [])):
        check.equal(name, [(s['date'], s['share_of_median'], s['hosts_share_of_median'], s['peers_share_of_median']) for s in got[name]],
                    [(date, None, None, None) for date in dates])
    for language in LANGUAGES:
        words = [*site, '--lang', language, '2019-01']
        forms = {'text': report(store, '--rows', 'all', *words), 'json': report(store, '--format', 'json', *words),
                 'csv': json.dumps(all_tables(store, *words))}
        if check.call('report', '--store', store.dir, '--format', 'html', '2019-01').returncode == 0:
            forms['html'] = report(store, '--format', 'html', *words).partition('id="data"')[2].partition('</script>')[0]
        for form, text in forms.items():
            check.holds('%s, %s: something' % (form, language), len(text) > 500)
            check.equal('%s, %s: numbers that are none' % (form, language), re.findall(r'(?i)\W-?(?:inf|nan|infinity)\b', text), [])
        check.holds('no Sundays against nothing, ' + language, '中央値の' not in forms['text'] and 'of the median' not in forms['text'])
        bars = [line.count('█') + line.count('▒') for line in forms['text'].splitlines()
                if re.match(r'\S+ +\d+ Jan| 1/\d+', line) and re.search('[█▒]', line)]
        check.holds('bars tell 5 packets from 50, ' + language, len(bars) == 3 and bars[0] < bars[2] < bars[1], bars)


# ---- lines ----

def cells(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)


def widths(store):
    year = seen([one('2019-%02d-%02d' % (m, d), '2001:db8:1:aaaa:bbbb:cccc:dddd:%x' % (m * d), 65535 - m, PEER6, 1 + 1000 * (m == d))
                 for m in range(1, 13) for d in range(1, 29)], nets=['192.0.2.0/24', '2001:db8::/32'])
    site = config('wide.conf', '[site]\nnetworks = %s\n[hosts]\n192.0.2.20 = %s\n192.0.2.60 = %s\n' % (
        ', '.join('2001:db8:ffff:%x::/64' % i for i in range(1000, 1006)), '情報科学研究科計算機演習室' * 4,
        'a-very-long-name.of-a-host.' * 3 + 'in a department, with blanks between its words'))
    for store_of, period in ((store, '2019-01'), (store, '2019-01-05'), (store, '2018-12-02..2019-01-31'), (store, '2019'), (year, '2019'),
                             (year, '2019-06'), (year, '2019-06-06'), (year, '2018..2021')):
        for language in LANGUAGES:
            for words in (['--rows', 'all'], ['--anonymise'], ['--timezone', 'America/Argentina/ComodRivadavia']):
                text = report(store_of, period, '--lang', language, *site, *words)
                wide = [line for line in text.splitlines() if cells(line) > 80]
                check.equal('%s %s %s: lines of more than 80 cells' % (period, language, words), wide, [])


usual()
named()
zones()
STORE = seen(month())
contents(STORE)
holidays(STORE)
hidden(STORE)
hidden_peers()
a_minute()
after_the_capture(STORE)
few_days()
widths(STORE)
check.end()
