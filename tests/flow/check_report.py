#!/usr/bin/env python3
"""The report's tables against the same tables by SQL over the records, and its forms against each other."""
import collections
import csv
import datetime
import json
import math
import os
import socket
import sqlite3
import statistics
import zoneinfo

from harness import NETS, Check, has, sanitized
from traffic import ACK, SECOND, SYN, SYNACK, Traffic, pcap, write

DAY = 86400
FIRST = datetime.date(2019, 3, 1)
DAYS = 75
QUIET = range(40, 50)  # days without anything: 10 to 19 April
RECORDS = 4000 if sanitized() else 15000
CONFIG = """
[site]
networks = 192.0.2.0/24 2001:db8:1::/48
timezone = %s

[excluded]
192.0.2.66 = honeypot

[holidays]
2019-03-21 = Equinox, vernal
2019-04-15 = quiet Monday
2019-04-21 = Sunday as well
"""


def make_capture(check, path):
    """
    Hosts that come and go, peers that return, FTP data by its rule, a honeypot, peers inside, one busy day, split
    handshakes, a host of many ports. Returns the path, and the times of the first and the last frame.
    """
    rng, traffic = check.random, Traffic(0)
    start = int(datetime.datetime(2019, 3, 1, tzinfo=datetime.timezone.utc).timestamp())
    hosts = ['192.0.2.%d' % i for i in range(1, 40)] + ['2001:db8:1::%x' % i for i in range(1, 12)] + ['192.0.2.66']
    lives = {h: sorted(rng.sample(range(DAYS), 2)) if rng.random() < 0.5 else (0, DAYS) for h in hosts}
    ports = {h: rng.sample([21, 22, 25, 53, 80, 110, 143, 443, 587, 8080, 40123], rng.choice((1, 1, 2, 3, 8))) for h in hosts}
    peers = ['203.0.113.%d' % i for i in range(250)] + ['2a00:1:2::%x' % i for i in range(90)] + ['192.0.2.200']
    for _ in range(RECORDS):
        host = rng.choice(hosts)
        day = rng.randrange(DAYS)
        if not lives[host][0] <= day <= lives[host][1] or day in QUIET:
            continue
        family = [p for p in peers[rng.randrange(3)::3] if (':' in p) == (':' in host)]
        port, peer_port = rng.choice(ports[host]), rng.randrange(1024, 65000)
        if rng.random() < 0.03:
            port, peer_port = rng.randrange(50000, 60000), 20
        traffic.now = (start + day * DAY + rng.randrange(DAY)) * SECOND
        traffic.tcp(host, port, rng.choice(family), peer_port, SYNACK)
    for _ in range(RECORDS // 20):
        traffic.now = (start + 24 * DAY + rng.randrange(DAY // 2)) * SECOND
        traffic.tcp(rng.choice(hosts[:20]), rng.choice((22, 443)), '198.51.100.7', rng.randrange(1024, 65000), SYNACK)
    for _ in range(RECORDS // 400):
        traffic.now = (start + 11 * DAY + rng.randrange(DAY // 2)) * SECOND
        traffic.tcp(hosts[0], 80, '198.51.100.8', rng.randrange(1024, 65000), SYNACK)
    for _ in range(RECORDS // 100):
        traffic.now = (start + rng.choice([d for d in range(DAYS) if d not in QUIET]) * DAY + rng.randrange(DAY)) * SECOND
        split_handshake(traffic, (rng.choice(hosts), rng.randrange(30000, 40000)), rng.choice(peers[:250]))
    for i in range(120):
        traffic.now = (start + (rng.randrange(14, 30) if i % 2 else rng.randrange(50, 60)) * DAY + rng.randrange(DAY)) * SECOND
        traffic.tcp('192.0.2.77', 200 + i // 2, '203.0.113.%d' % i, 40000, SYNACK)
    traffic.frames.sort(key=lambda f: f[0])
    return write(path, pcap(traffic.frames)), traffic.frames[0][0], traffic.frames[-1][0]


def split_handshake(traffic, inside, peer):
    """The host began, and answers the peer's own SYN: no open port (docs/marks.md)."""
    if ':' in inside[0]:
        peer = '2a00:1:2::77'
    traffic.tcp(*inside, peer, 80, SYN, seq=100)
    traffic.tcp(peer, 80, *inside, SYN, seq=200)
    traffic.tcp(*inside, peer, 80, SYNACK, seq=100, ack=201)
    traffic.tcp(peer, 80, *inside, ACK, seq=201, ack=101)


class Sql:
    def __init__(self, check, store, config, first, last, include):
        self.check, self.words = check, ['--store', store.dir, '--config', config]
        self.shown = 'visible' if not include else '1'
        self.where = "%s AND date >= '%s' AND date <= '%s'" % (self.shown, first, last)
        self.first = first

    def rows(self, query):
        out = self.check.run('sql', *self.words, '--format', 'csv', query).stdout
        return [tuple(int(x) if x.isdigit() else x for x in row) for row in list(csv.reader(out.splitlines()))[1:]]


def captured_days(r):
    """Half of which lies in the capture, though nothing may have answered; else, those with packets."""
    return [d for d in r['days'] if d['captured_share'] >= 0.5] or [d for d in r['days'] if d['packets']]


def among_captured(r):
    """Of dates in SQL."""
    return "date IN (%s)" % ', '.join("'%s'" % d['date'] for d in captured_days(r)) if captured_days(r) else '0'


def span(json_days):
    return json_days[0]['date'], json_days[-1]['date']


def compare_days(check, what, r, q):
    days = {d['date']: d for d in r['days']}
    got = [(d['date'], d['packets'], d['hosts'], d['peers']) for d in r['days'] if d['packets']]
    check.equal(what + ': days', got, q.rows(
        'SELECT date, count(*), count(DISTINCT saddr), count(DISTINCT daddr) FROM sighting WHERE %s GROUP BY date'
        ' ORDER BY date' % q.where))
    new = q.rows('SELECT first, count(*) FROM (SELECT saddr, min(date) AS first FROM sighting WHERE %s GROUP BY saddr)'
                 ' GROUP BY first ORDER BY first' % q.where)
    check.equal(what + ': new hosts', [(d['date'], d['new_hosts']) for d in r['days'] if d['new_hosts']], new)
    ever = q.rows("SELECT first, count(*) FROM (SELECT saddr, min(date) AS first FROM sighting WHERE %s GROUP BY saddr)"
                  " WHERE first >= '%s' AND first <= '%s' GROUP BY first ORDER BY first" % (q.shown, *span(r['days'])))
    check.equal(what + ': new to the store', [(d['date'], d['new_to_store']) for d in r['days'] if d['new_to_store']], ever)
    total = 0
    for date in sorted(days):
        total += days[date]['new_hosts']
        check.equal(what + ': cumulative on ' + date, days[date]['cumulative_hosts'], total)


def compare_hosts(check, what, r, q):
    captured = len(captured_days(r))
    hosts = {h: n for h, n in q.rows('SELECT saddr, count(DISTINCT CASE WHEN %s THEN date END) FROM sighting WHERE %s GROUP BY saddr'
                                     % (among_captured(r), q.where))}
    seen = sorted(collections.Counter(max(n, 1) for n in hosts.values()).items())
    check.equal(what + ': days seen', [(d['days'], d['hosts']) for d in r['days_seen'] if d['hosts']], seen)
    daily = {h for h, n in hosts.items() if n == captured and n}
    check.equal(what + ': daily hosts', r['totals']['daily_hosts'], len(daily))
    by_day = collections.Counter(date for date, host in q.rows('SELECT DISTINCT date, saddr FROM sighting WHERE %s' % q.where) if host in daily)
    check.equal(what + ': daily hosts of days', {d['date']: d['daily_hosts'] for d in r['days'] if d['daily_hosts']}, dict(by_day))
    nearly = [(h, hosts[h]) for h, in q.rows('SELECT saddr FROM sighting WHERE %s GROUP BY saddr ORDER BY addr_key(saddr)' % q.where)
              if captured - captured // 6 <= hosts[h] < captured]
    check.equal(what + ': nearly daily', [(h['host'], h['days']) for h in r['nearly_daily']], nearly if captured >= 6 else [])
    for h in r['nearly_daily']:
        dates = {d for d, in q.rows("SELECT DISTINCT date FROM sighting WHERE %s AND saddr = '%s'" % (q.where, h['host']))}
        check.equal(what + ': missed by ' + h['host'], h['missed'],
                    [d['date'] for d in captured_days(r) if d['date'] not in dates])
    sets = q.rows("SELECT ports, count(*) FROM (SELECT saddr, count(DISTINCT sport) AS ports FROM sighting WHERE %s"
                  " GROUP BY saddr) GROUP BY ports ORDER BY ports" % q.where)
    check.equal(what + ': ports of a host', [(p['ports'], p['hosts']) for p in r['ports_of_host']], sets)
    same = q.rows("SELECT group_concat(sport, ' '), saddr FROM (SELECT DISTINCT saddr, sport FROM sighting WHERE %s"
                  " ORDER BY saddr, sport) GROUP BY saddr" % q.where)
    got = [(' '.join(str(p['port']) for p in s['ports']), h) for c in r['ports_of_host'] for s in c['sets'] for h in s['hosts']]
    check.equal(what + ': sets of ports', sorted((str(a), b) for a, b in got), sorted((str(a), b) for a, b in same))


def compare_ports(check, what, r, q):
    want = q.rows("SELECT sport, count(DISTINCT saddr), count(DISTINCT daddr), count(*) FROM sighting WHERE %s"
                  " GROUP BY sport ORDER BY 2 DESC, 3 DESC, 1" % q.where)
    check.equal(what + ': ports', [(p['port'], p['hosts'], p['peers'], p['packets']) for p in r['ports']], want)
    captured = len(captured_days(r))
    daily = q.rows("SELECT sport, count(*) FROM (SELECT sport, saddr FROM sighting WHERE %s AND %s GROUP BY sport, saddr"
                   " HAVING count(DISTINCT date) = %d) GROUP BY sport ORDER BY sport" % (q.where, among_captured(r), captured))
    check.equal(what + ': daily hosts of ports', sorted((p['port'], p['daily_hosts']) for p in r['ports'] if p['daily_hosts']), daily)
    totals = q.rows("SELECT count(*), count(DISTINCT saddr), count(DISTINCT daddr), count(DISTINCT sport) FROM sighting"
                    " WHERE %s" % q.where)[0]
    check.equal(what + ': totals', tuple(r['totals'][k] for k in ('packets', 'hosts', 'peers', 'ports')), totals)


def compare_busiest(check, what, r, q):
    for day in r['busiest']:
        want = q.rows("SELECT daddr, count(*), count(DISTINCT saddr) FROM sighting WHERE %s AND date = '%s' GROUP BY daddr"
                      " ORDER BY 2 DESC, addr_key(daddr) LIMIT 5" % (q.shown, day['date']))
        check.equal(what + ': busiest of ' + day['date'], [(p['peer'], p['packets'], p['hosts']) for p in day['peers']], want)
        for p in day['peers']:
            ports = q.rows("SELECT sport, count(*) FROM sighting WHERE %s AND date = '%s' AND daddr = '%s' GROUP BY sport"
                           " ORDER BY 2 DESC, 1" % (q.shown, day['date'], p['peer']))
            check.equal(what + ': ports of ' + p['peer'], [(k['port'], k['packets']) for k in p['ports']], ports)


def compare_changes(check, what, r, q):
    c, before = r['changes'], r['changes']['before']
    service = "SELECT DISTINCT saddr, sport FROM sighting WHERE %s AND date %%s" % q.shown
    now = set(q.rows(service % ("BETWEEN '%s' AND '%s'" % span(r['days']))))
    earlier = set(q.rows(service % ("BETWEEN '%s' AND '%s'" % (before['first'], before['last']))))
    ever = set(q.rows(service % ("< '%s'" % r['days'][0]['date'])))
    listed = {k: {(s['host'], s['port']) for s in c[k]} for k in ('new', 'back', 'gone')}
    check.equal(what + ': something before', before['seen'], bool(earlier))
    check.equal(what + ': new', listed['new'], now - ever if ever else set())
    check.equal(what + ': back', listed['back'], (now & ever) - earlier if earlier else set())
    check.equal(what + ': gone', listed['gone'], earlier - now if captured_days(r) else set())


def compare_left_out(check, what, r, q):
    hidden = q.where.replace('visible', 'NOT visible', 1)
    want = {'excluded': "marks LIKE '%excluded%'",
            'ftp-data': "marks LIKE '%ftp-data%' AND marks NOT LIKE '%excluded%'",
            'split-handshake': "marks LIKE '%split-handshake%' AND marks NOT LIKE '%excluded%' AND marks NOT LIKE '%ftp-data%'",
            'own-scan': "marks = 'own-scan'",
            'inside': "marks = 'inside'"}
    check.equal(what + ': marks', [left['mark'] for left in r['left_out']], list(want))
    for left in r['left_out']:
        rows = q.rows("SELECT count(*), count(DISTINCT saddr || ' ' || sport), count(DISTINCT saddr) FROM sighting"
                      " WHERE %s AND %s" % (hidden, want[left['mark']]))[0]
        check.equal(what + ': left out, ' + left['mark'], (left['packets'], left['services'], left['hosts']), rows)
        check.holds(what + ': something is left out, ' + left['mark'], left['packets'] > 0)


# ---- figures over days, with Python's own arithmetic ----

FIGURES = ('packets', 'hosts', 'other_hosts', 'peers', 'new_hosts')


def figures_of_days(r, q):
    """{figure: [(date, value) of each captured day]}, by SQL."""
    dates = [d['date'] for d in captured_days(r)]
    rows = {d: v for d, *v in q.rows('SELECT date, count(*), count(DISTINCT saddr), count(DISTINCT daddr) FROM sighting WHERE %s GROUP BY date'
                                     % q.where)}
    new = dict(q.rows('SELECT first, count(*) FROM (SELECT saddr, min(date) AS first FROM sighting WHERE %s GROUP BY saddr) GROUP BY first'
                      % q.where))
    others = dict(q.rows('SELECT date, count(DISTINCT saddr) FROM sighting WHERE %s AND saddr NOT IN (SELECT saddr FROM sighting'
                         ' WHERE %s AND %s GROUP BY saddr HAVING count(DISTINCT date) = %d) GROUP BY date'
                         % (q.where, q.where, among_captured(r), len(dates))))
    figures = [[(d, rows.get(d, (0, 0, 0))[i]) for d in dates] for i in range(3)]
    return dict(zip(FIGURES, (figures[0], figures[1], [(d, others.get(d, 0)) for d in dates], figures[2], [(d, new.get(d, 0)) for d in dates[1:]])))


def near(check, what, got, want):
    check.holds(what, (got is None) == (want is None) and (want is None or math.isclose(got, want, rel_tol=1e-5)), '%s, not %s' % (got, want))


def compare_statistics(check, what, r, figures):
    check.equal(what + ': statistics', set(r['statistics']), set(FIGURES))
    for name, days in figures.items():
        got, values = r['statistics'][name], [v for _, v in days]
        if not values:
            check.equal('%s: no %s' % (what, name), got, None)
            continue
        for end, most in (('min', min(values)), ('max', max(values))):
            check.equal('%s: %s of %s' % (what, end, name), (got[end]['value'], got[end]['date']), (most, next(d for d, v in days if v == most)))
        near(check, '%s: mean of %s' % (what, name), got['mean'], statistics.mean(values))
        near(check, '%s: median of %s' % (what, name), got['median'], statistics.median(values))


def compare_rest_days(check, what, r, figures):
    """Sundays and other holidays beside the median."""
    names = {'packets': 'share_of_median', 'hosts': 'hosts_share_of_median', 'peers': 'peers_share_of_median'}
    rests = {'2019-03-21', '2019-04-15', '2019-04-21'}
    dates = [d for d, _ in figures['packets']]
    sundays = [d for d in dates if datetime.date.fromisoformat(d).weekday() == 6]
    for kind, want in (('sundays', sundays), ('holidays', [d for d in dates if d in rests and d not in sundays])):
        check.equal('%s: %s' % (what, kind), [s['date'] for s in r[kind]], want)
        for day in r[kind]:
            for name, share in names.items():
                value, median = dict(figures[name])[day['date']], statistics.median(v for _, v in figures[name])
                check.equal('%s: %s of %s' % (what, name, day['date']), day[name], value)
                near(check, '%s: %s of %s' % (what, share, day['date']), day[share], value / median if median else None)


def compare_outliers(check, what, r, q):
    ports = q.rows('SELECT saddr, count(DISTINCT sport) FROM sighting WHERE %s GROUP BY saddr' % q.where)
    counts = sorted(n for _, n in ports)
    if len(counts) < 8:
        check.equal(what + ': too few hosts', r['outliers'], {'more_than': None, 'hosts': []})
        return 0
    low, high = counts[len(counts) // 4], counts[3 * len(counts) // 4]
    limit = high + 3 * max(high - low, 1)
    check.equal(what + ': limit of ports', r['outliers']['more_than'], limit)
    got = [(h['host'], h['ports']) for h in r['outliers']['hosts']]
    check.equal(what + ': outliers', sorted(got), sorted(p for p in ports if p[1] > limit))
    check.equal(what + ': most ports first', [n for _, n in got], sorted((n for _, n in got), reverse=True))
    for h in r['outliers']['hosts']:
        services = q.rows("SELECT sport, count(*), count(DISTINCT CASE WHEN %s THEN date END) FROM sighting WHERE %s AND saddr = '%s'"
                          " GROUP BY sport ORDER BY 2 DESC, 1" % (among_captured(r), q.where, h['host']))
        check.equal(what + ': services of ' + h['host'], [(s['port'], s['packets'], s['days']) for s in h['services']], services)
    return len(got)


def compare_not_captured(check, what, r, zone, capture):
    """All before the capture's first frame and after its last one; CAPTURE in nanoseconds."""
    def start_of(date):
        local = datetime.datetime.combine(date, datetime.time(), zoneinfo.ZoneInfo(zone))
        return round(local.timestamp()) * SECOND

    dates = [datetime.date.fromisoformat(d['date']) for d in r['days']]
    starts = [start_of(d) for d in dates] + [start_of(dates[-1] + datetime.timedelta(1))]
    spans = [(starts[0], min(capture[0], starts[-1])), (max(capture[1], starts[0]), starts[-1])]
    spans = [(a, b) for a, b in spans if b - a >= 600 * SECOND]
    for day, start, end in zip(r['days'], starts, starts[1:]):
        missing = sum(max(min(end, b) - max(start, a), 0) for a, b in spans)
        near(check, what + ': captured share of ' + day['date'], day['captured_share'], 1 - missing / (end - start))
    gaps = [tuple(round(datetime.datetime.fromisoformat(g[k].replace('Z', '+00:00')).timestamp() * 1000) for k in ('from', 'to'))
            for g in r['not_captured']['gaps']]
    check.equal(what + ': gaps', gaps, [(a // 10 ** 6, b // 10 ** 6) for a, b in spans])
    near(check, what + ': seconds not captured', r['not_captured']['seconds'], sum(b - a for a, b in spans) / SECOND)


def compare_figures(check, what, r, q, zone, capture):
    figures = figures_of_days(r, q)
    compare_statistics(check, what, r, figures)
    compare_rest_days(check, what, r, figures)
    compare_not_captured(check, what, r, zone, capture)
    outliers = compare_outliers(check, what, r, q)
    if r['totals']['packets'] > 2000:
        check.holds(what + ': an outlier, Sundays and a holiday', outliers and r['sundays'] and r['holidays'])


def note_scans(store):
    """As if scans of ours had been what alone reached some ports of the host of many."""
    out = store.ask('sql', '--format', 'csv', "SELECT daddr, time_ns FROM sighting WHERE saddr = '192.0.2.77' AND sport < 220")
    with sqlite3.connect(os.path.join(store.dir, 'catalogue.sqlite')) as c:
        for row in out.split()[1:]:
            peer, time_ns = row.split(',')
            c.execute('INSERT INTO kept_scanner VALUES(?, ?, ?)', (bytes(10) + b'\xff\xff' + socket.inet_aton(peer), int(time_ns), int(time_ns)))


def compare_all(check, store, config, period, include, capture):
    words = ['--include', include] if include else []
    what = '%s of %s%s' % (period, os.path.basename(config), ' with ' + include if include else '')
    r = json.loads(check.run('report', '--store', store.dir, '--config', config, '--format', 'json', *words, period).stdout)
    q = Sql(check, store, config, r['period']['first'], r['period']['last'], include)
    compare_days(check, what, r, q)
    compare_hosts(check, what, r, q)
    compare_ports(check, what, r, q)
    compare_figures(check, what, r, q, os.path.basename(config)[:-5].replace('-', '/'), capture)
    compare_busiest(check, what, r, q)
    compare_changes(check, what, r, q)
    if not include and r['totals']['packets'] > 2000:
        compare_left_out(check, what, r, q)
    return r


def read_table(folder, name):
    with open(os.path.join(folder, name + '.csv'), newline='', encoding='utf-8') as f:
        return list(csv.DictReader(f))


def compare_csv(check, store, config, r):
    folder = check.path('tables')
    check.run('report', '--store', store.dir, '--config', config, '--format', 'csv', '-o', folder, r['period']['name'])
    check.equal('csv: days', [(d['date'], int(d['packets']), int(d['peers']), d['holiday']) for d in read_table(folder, 'days')],
                [(d['date'], d['packets'], d['peers'], d['holiday'] or '') for d in r['days']])
    check.equal('csv: ports', [(int(p['port']), int(p['hosts']), int(p['peers'])) for p in read_table(folder, 'ports')],
                [(p['port'], p['hosts'], p['peers']) for p in r['ports']])
    check.equal('csv: totals', {t['figure']: int(t['value']) for t in read_table(folder, 'totals')}['peers'], r['totals']['peers'])
    check.equal('csv: changes', [(c['change'], c['host'], int(c['port'])) for c in read_table(folder, 'changes')],
                [(k, c['host'], c['port']) for k in ('new', 'back', 'gone') for c in r['changes'][k]])
    check.equal('csv: hosts', sum(int(h['ports']) for h in read_table(folder, 'hosts')), r['totals']['services'])
    check.equal('csv: services', sum(int(s['packets']) for s in read_table(folder, 'services')), r['totals']['packets'])
    check.equal('csv: holiday', [d['holiday'] for d in read_table(folder, 'days') if d['holiday']], ['Equinox, vernal'])


def check_standing_out(check, r):
    """A day of many packets, and one with a peer of many."""
    check.equal('the days that stand out', [(b['date'], b['because'], b['peers'][0]['peer']) for b in r['busiest']],
                [('2019-03-12', 'peer', '198.51.100.8'), ('2019-03-25', 'packets', '198.51.100.7')])
    check.equal('they are marked', [d['date'] for d in r['days'] if d['stands_out']], ['2019-03-12', '2019-03-25'])


def main():
    check = Check()
    capture, *times = make_capture(check, check.path('capture.pcap'))
    if not has('inih'):
        print('without libinih there is no configuration file: networks and zone by options, no holidays')
    for zone in ('UTC', 'Asia/Kolkata', 'Europe/Berlin'):
        store, config = check.store(), check.path(zone.replace('/', '-') + '.conf')
        with open(config, 'w', encoding='utf-8') as f:
            f.write(CONFIG % zone)
        if not has('inih'):
            continue
        check.run('read', '--store', store.dir, '--config', config, capture)
        note_scans(store)
        for period in ('2019-03', '2019-04', '2019-03-25', '2019-03-10..2019-03-31', '2019-04-20..2019-04-25', '2019', '2019-02', '2019-05'):
            r = compare_all(check, store, config, period, '', times)
            if period == '2019-03':
                compare_csv(check, store, config, r)
                check_standing_out(check, r)
        compare_all(check, store, config, '2019-04', 'all', times)
        store.remove()
    if not has('inih'):
        store = check.store()
        store.read(capture, nets=NETS)
        r = json.loads(store.ask('report', '--format', 'json', '2019-03'))
        check.equal('without a configuration file: packets', r['totals']['packets'],
                    sum(d['packets'] for d in r['days']))
    check.end()


main()
