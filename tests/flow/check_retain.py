#!/usr/bin/env python3
"""
What a store lets go of: `retain` at a given time, and what list, report, sql and export say before and after. Counts stay what
they were as long as summaries are kept; first and last times for ever; each step may fail, or be the last.
"""
import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys

from harness import Check, sanitized
from sessions import mixture
from traffic import SECOND, START, Traffic, load, pcap, write

RETAIN, FAULTS = os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
DAYS = 8
HOUR = 3600 * SECOND
DAY = 24 * HOUR
NOW = START + DAYS * DAY  # the end of the last day
STEPS_MAX = 300
# Every step takes minutes: SEKIMORI_STRIDE=1 walks them all.
STRIDE = int(os.environ.get('SEKIMORI_STRIDE', 41 if sanitized() else 11))
# Nothing but numbers of the store's size may differ between two of the same; and who runs out of time.
EPOCH = {'SOURCE_DATE_EPOCH': str(NOW // SECOND)}


def environment(check, step, error):
    options = os.environ.get('ASAN_OPTIONS', '')
    return {'LD_PRELOAD': FAULTS, 'SEKIMORI_FAULT': '%d:%d' % (step, error) if error else str(step),
            'ASAN_OPTIONS': (options + ':' if options else '') + 'verify_asan_link_order=0:detect_leaks=0'}


def retain(check, store, *words, now=NOW, status=0, extra=None):
    """Returns what it says it did."""
    done = subprocess.run([RETAIN, store.dir, str(now // SECOND), 'apply', *words], capture_output=True, text=True, timeout=600,
                          env=dict(check.environment, **(extra or {})))
    if status is not None and done.returncode != status:
        check.fail('retain %s: exit status' % ' '.join(words), done.returncode, status, done.stdout + done.stderr)
    said = {}
    for line in done.stdout.splitlines():
        word, value = line.split()
        said[word] = int(value)
    return said, done


# ---- what the store is made of ----

def frames_of(check, day):
    """A day: sessions of every kind, a service of every day, one of this day only, some of a few days."""
    start = START + day * DAY
    t = Traffic(start + 10 * HOUR)
    for hour in range(0, 24, 3):
        t.now = start + hour * HOUR + 17 * 60 * SECOND
        for i in range(1 + hour % 5):
            t.synack('192.0.2.10', 443, '198.51.100.%d' % (1 + (day * 7 + hour + i) % 40), 30000 + i)
            t.synack('2001:db8:1::10', 22, '2001:db8:99::%x' % (1 + (day + i) % 9), 40000 + i)
            t.wait(601)
    t.now = start + 18 * HOUR + 29 * 60 * SECOND  # the last minutes of a day in India, and the first of the next
    for i in range(6):
        t.synack('192.0.2.11', 8080, '203.0.113.%d' % (day * 8 + i), 50000 + i)
        t.wait(20)
    t.synack('192.0.2.%d' % (100 + day), 1000 + day, '198.51.100.200', 40000)
    if day in (0, 7):
        t.synack('192.0.2.12', 25, '198.51.100.201', 40001)
    if day == 0:
        t.synack('192.0.2.13', 110, '198.51.100.202', 40002)
    moved = [(time + start - START + 10 * HOUR, data) for time, data in mixture(check.random, 60, 3)]
    return sorted(t.frames + moved, key=lambda f: f[0])


class Made:
    """The store that all begin with, and what it says."""

    def __init__(self, check):
        self.check = check
        self.frames = [frames_of(check, day) for day in range(DAYS)]
        self.captures = [write(check.path('day-%d.pcap' % day), pcap(f)) for day, f in enumerate(self.frames)]
        self.store = check.store()
        self.store.read(*self.captures)

    def days_only(self, first):
        """A store that never knew the days before."""
        store = self.check.store()
        store.read(*self.captures[first:])
        return store


def report(store, period='2019-01-24..2019-01-31', zone='UTC'):
    done = store.check.run('report', '--store', store.dir, '--timezone', zone, '--format', 'json', '--include', 'all', period,
                           environment=EPOCH)
    return done.stdout


def summary(store):
    return store.ask('sql', '--format', 'csv', 'SELECT * FROM summary ORDER BY 1, 4, 5, 6, 7, 8')


def counts(store):
    """All that is counted; who was seen when, and how much of it."""
    return store.list() + store.list(include='') + summary(store) + report(store)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def without(text, *columns):
    return [{k: v for k, v in row.items() if k not in columns} for row in rows(text)]


NOTE = 'single records are kept from '


def ask_noted(check, what, store, *words):
    """It is said once, and is no failure."""
    done = check.run(words[0], '--store', store.dir, '--timezone', 'UTC', *words[1:])
    check.equal(what + ': said once', done.stderr.count(NOTE), 1, done.stderr)
    return done


# ---- records ----

def check_records_go(check, made):
    store = made.store.copy()
    before, records = counts(store), store.ask('export', '--records', '--include', 'all')
    batches = store.batches()
    said, _ = retain(check, store, 'records=3')
    check.equal('records: batches without details', said['bared'], 5)
    check.holds('records: up to the last of them', START + 4 * DAY < said['bared_until_ns'] < START + 5 * DAY, said)
    check.holds('records: takes less', said['freed'] > 0 or said['disk'] > 0, said)
    check.equal('records: as many batches', len(store.batches()), len(batches))
    check.equal('records: counts stay', counts(store), before)
    store.verify('records')
    done = ask_noted(check, 'records: export', store, 'export', '--records', '--include', 'all')
    kept = [line for line in records.splitlines()[1:] if line >= '2019-01-29']
    check.equal('records: export', done.stdout.splitlines()[1:], kept)
    check.has_words('records: from when on', done.stderr, NOTE + '2019-01-28 22:00:00')
    done = ask_noted(check, 'records: sql', store, 'sql', 'SELECT date, hour, saddr, sport, daddr, dport FROM sighting')
    check.equal('records: sql sighting', sorted(done.stdout.splitlines()[1:]),
                sorted(line[:11] + line[11:].removeprefix('0') for line in kept))
    for words in (('export', '--records', '--since', '2019-01-29'), ('list',), ('report', '2019-01'),
                  ('sql', 'SELECT count(*) FROM summary'), ('sql', "SELECT count(*) FROM sighting WHERE time >= '2019-01-29'"),
                  ('list', '--since', '2019-01-25', '--at', '2019-01-26')):
        done = check.run(words[0], '--store', store.dir, '--timezone', 'UTC', *words[1:])
        check.equal('%s: nothing is missing' % ' '.join(words), done.stderr.count(NOTE), 0, done.stderr)
    check_within_hours(check, made, store)
    said, _ = retain(check, store, 'records=3')
    check.equal('records: once more', (said['bared'], said['dropped'], said['freed']), (0, 0, 0))
    check_read_again(check, made, store, before)
    check_counted_anew(check, made, store, before)
    store.remove()


def check_within_hours(check, made, store):
    """Times within an hour: all of the hour."""
    words = ('--since', '2019-01-24T15:20', '--at', '2019-01-24T18:29:30')
    done = ask_noted(check, 'within hours', store, 'list', '--include', 'all', '--format', 'csv', *words)
    whole = made.store.list(more=('--since', '2019-01-24T15:00', '--at', '2019-01-24T18:59:59.999'))
    check.equal('within hours: hours are whole', without(done.stdout, 'first_seen', 'last_seen'),
                without(whole, 'first_seen', 'last_seen'))
    check.holds('within hours: there are some', len(rows(whole)) > 3)
    for got, exact in zip(rows(done.stdout), rows(whole)):
        check.equal('within hours: first seen', got['first_seen'], exact['first_seen'][:14] + '00:00.000Z')
        check.equal('within hours: last seen', got['last_seen'], exact['last_seen'][:14] + '59:59.999Z')


def check_read_again(check, made, store, before):
    batches = store.batches()
    shorter = write(check.path('shorter.pcap'), pcap(made.frames[1][:len(made.frames[1]) // 2]))
    other = list(made.frames[1][:len(made.frames[1]) // 2])
    t = Traffic(other[-1][0] + 1)
    t.synack('192.0.2.99', 99, '198.51.100.99', 999)
    for what, capture in (('again', made.captures[0]), ('a shorter copy', shorter)):
        done = store.read(capture)
        check.has_words('reading %s' % what, done.stdout + done.stderr, 'nothing new')
        check.equal('reading %s: batches' % what, store.batches(), batches)
    check.equal('reading again: counts', counts(store), before)
    copy = store.copy()
    copy.read(write(check.path('other.pcap'), pcap(other + t.frames)))
    check.equal('reading a copy with one more: a batch more', len(copy.batches()), len(batches) + 1)
    copy.remove()


def check_counted_anew(check, made, store, before):
    """Times are as exact as they were, from what is kept; without it, they are the hours'."""
    store.ask('verify', '--rebuild')
    check.equal('counted anew', counts(store), before)
    store.verify('counted anew')
    lost = store.copy()
    os.remove(os.path.join(lost.dir, 'catalogue.sqlite'))
    got, exact = rows(lost.list()), rows(made.store.list())
    check.equal('lost: all but times', without(lost.list(), 'first_seen', 'last_seen'),
                without(made.store.list(), 'first_seen', 'last_seen'))
    rounded = 0
    for a, b in zip(got, exact):
        for column, end in (('first_seen', '00:00.000Z'), ('last_seen', '59:59.999Z')):
            bare = b[column] < '2019-01-29'
            rounded += bare
            check.equal('lost: %s of %s' % (column, a['address']), a[column], b[column][:14] + end if bare else b[column])
    check.holds('lost: some are', rounded > 10, rounded)
    lost.verify('lost')
    # What comes in later is in the same tables as what is known to the hour.
    lost.read(made.captures[0])
    lost.verify('lost, and read again')
    lost.remove()


def check_half_hours(check, made):
    """A day that begins within an hour: the hour belongs to the day in which it begins, wherever it is counted."""
    zone = 'Asia/Kolkata'
    store = check.store()
    check.run('read', '--store', store.dir, '--net', '192.0.2.0/24', '--net', '2001:db8:1::/48', '--timezone', zone,
              *made.captures)
    exact = report(store, zone=zone)
    retain(check, store, 'records=3')
    store.verify('half hours')
    done = check.run('report', '--store', store.dir, '--timezone', zone, '--format', 'json', '--include', 'all',
                     '2019-01-24..2019-01-31', environment=EPOCH)
    check.equal('half hours: said once', done.stderr.count(NOTE), 1, done.stderr)
    got, had = json.loads(done.stdout), json.loads(exact)
    check.equal('half hours: packets', got['totals']['packets'], had['totals']['packets'])
    days = [[d['packets'] for d in r['days']] for r in (got, had)]
    check.holds('half hours: days differ where they are cut', days[0] != days[1], days)
    check.equal('half hours: days', sum(days[0]), sum(days[1]))
    hours = {}
    table = store.ask('sql', '--format', 'csv', 'SELECT hour_ns, sum(packets) FROM summary GROUP BY 1')
    for hour_ns, packets in list(csv.reader(io.StringIO(table)))[1:]:
        day = (int(hour_ns) + 5 * HOUR + HOUR // 2) // DAY
        hours[day] = hours.get(day, 0) + int(packets)
    check.equal('half hours: a day that is without details', days[0][1], hours[START // DAY + 1])
    store.remove()


def check_half_hours_killed(check, made):
    """Killed between the details and the count anew: the next call counts."""
    whole = check.store()
    check.run('read', '--store', whole.dir, '--net', '192.0.2.0/24', '--net', '2001:db8:1::/48', '--timezone', 'Asia/Kolkata',
              *made.captures)
    killed, step = 0, 8
    while step < STEPS_MAX:
        store = whole.copy()
        # A single batch: what a call has done is all that there was to do.
        _, done = retain(check, store, 'records=7', status=None, extra=environment(check, step, 0))
        if done.returncode != -signal.SIGKILL:
            store.remove()
            break
        killed += 1
        retain(check, store, 'records=7')
        store.verify('half hours, killed at step %d' % step)
        store.remove()
        step += max(STRIDE // 4, 1)
    check.holds('half hours: it was killed', killed > 2, killed)
    whole.remove()


# ---- summaries ----

def first_seen(store):
    return {(r['address'], r['port']): r['first_seen'] for r in rows(store.list())}


def check_batches_go(check, made):
    store, rest = made.store.copy(), made.days_only(4)
    seen = first_seen(store)
    said, _ = retain(check, store, 'records=2', 'summaries=4')
    check.equal('summaries: batches', (said['dropped'], said['bared']), (4, 2))
    check.holds('summaries: up to', START + 3 * DAY < said['dropped_until_ns'] < START + 4 * DAY, said)
    check.equal('summaries: batches that are left', len(store.batches()), 4)
    check.equal('summaries: nothing is left over', store.leftovers(), [])
    check.equal('summaries: figures are of what is kept', without(store.list(), 'first_seen'), without(rest.list(), 'first_seen'))
    check.equal('summaries: summary', summary(store), summary(rest))
    check.equal('summaries: first seen', first_seen(store), {k: v for k, v in seen.items() if k in first_seen(rest)})
    check.holds('summaries: some were seen before', first_seen(store) != first_seen(rest))
    store.verify('summaries')
    check_new(check, store, rest)
    host = store.ask('host', '192.0.2.12', '--format', 'csv')
    check.has_words('summaries: host', host, '2019-01-24T')
    store.ask('verify', '--rebuild')
    check.equal('summaries, counted anew: first seen', first_seen(store), {k: v for k, v in seen.items() if k in first_seen(rest)})
    said, _ = retain(check, store, 'records=2', 'summaries=4')
    check.equal('summaries: once more', (said['bared'], said['dropped'], said['freed']), (0, 0, 0))
    # The capture is not known any more: it comes in, and goes again.
    store.read(made.captures[0])
    check.equal('summaries: an old capture comes in', len(store.batches()), 5)
    said, _ = retain(check, store, 'records=2', 'summaries=4')
    check.equal('summaries: and goes', (said['dropped'], len(store.batches())), (1, 4))
    store.verify('summaries, in the end')
    store.remove()
    rest.remove()


def changes(store, period):
    changed = json.loads(report(store, period))['changes']
    return changed['before']['seen'], {what: sorted((r['host'], r['port']) for r in changed[what])
                                       for what in ('new', 'back', 'gone')}


def check_new(check, store, rest):
    """New is what the store has never known; back and gone want all of the period before."""
    for period in ('2019-01-31', '2019-01-30'):
        got, plain = changes(store, period), changes(rest, period)
        check.equal('new on %s: back and gone can be told' % period, got[0], plain[0])
        if period == '2019-01-31':
            check.holds('new: without the past it would be', ('192.0.2.12', 25) in plain[1]['new'], plain)
        check.holds('new on %s: not what was known' % period, ('192.0.2.12', 25) not in got[1]['new'], got)
        check.holds('new on %s: what was not' % period, ('192.0.2.1%s' % ('07' if period == '2019-01-31' else '06'),
                                                          1007 if period == '2019-01-31' else 1006) in got[1]['new'], got)
    check.equal('the period before is not there any more', changes(store, '2019-01-28')[0], False)


def check_keeps_newest(check, made):
    """However little room: the newest day stays; and a clock that is wrong takes nothing by the room."""
    store = made.store.copy()
    said, _ = retain(check, store, 'disk=1')
    check.equal('no room: all but the newest day', (said['dropped'], said['over'], len(store.batches())), (DAYS - 1, 1, 1))
    check.equal('no room: the newest is whole', store.ask('export', '--records', '--include', 'all').splitlines()[1:],
                [line for line in made.store.ask('export', '--records', '--include', 'all').splitlines()
                 if line.startswith('2019-01-31')])
    store.verify('no room')
    said, _ = retain(check, store, 'disk=1', now=START + 100 * DAY)
    check.equal('no room, later: the newest day stays', (said['bared'], said['dropped'], len(store.batches())), (0, 0, 1))
    store.remove()


def check_wrong_clock(check, made):
    """A clock that jumps far ahead is not believed before a week was watched by it."""
    store, later = made.store.copy(), START + 3000 * DAY

    def watched(day):
        t = Traffic(later + day * DAY + HOUR)
        t.synack('192.0.2.10', 443, '198.51.100.1', 30000)
        store.read(write(check.path('later-%d.pcap' % day), pcap(t.frames)))

    said, _ = retain(check, store, 'records=7', 'summaries=7', now=later)
    check.equal('wrong clock: two days ahead of the last day', said['as_of_ns'], NOW + DAY)
    check.equal('wrong clock: what goes by that', (said['dropped'], said['bared']), (2, 0))
    watched(0)
    said, _ = retain(check, store, 'records=7', 'summaries=7', now=later + 2 * HOUR)
    check.equal('wrong clock, a day of it', (said['as_of_ns'], said['dropped']), (NOW + 2 * DAY, 1))
    room = store.copy()
    retain(check, room, 'disk=1', now=later + 2 * HOUR)
    check.equal('wrong clock: the newest day by the right one stays too', len(room.batches()), 2)
    room.remove()
    # Set right again: what was written by the wrong one is not asked.
    said, _ = retain(check, store, 'records=7', 'summaries=7', now=NOW + 3 * HOUR)
    check.equal('the right clock again', (said['as_of_ns'], said['dropped'], said['bared']), (NOW + 3 * HOUR, 0, 0))
    for day in range(1, 7):
        watched(day)
    said, _ = retain(check, store, 'records=7', 'summaries=7', now=later + 6 * DAY + 2 * HOUR)
    check.equal('a week of it is believed', (said['as_of_ns'], said['dropped']), (later + 6 * DAY + 2 * HOUR, DAYS - 3))
    store.verify('wrong clock')
    store.remove()


def large(check):
    """Days that take room on the disk."""
    store = check.store()
    store.read(*[load(check.path('large-%d.pcap' % day), check.random, 20000, hosts=20, peers=3000, start_ns=START + day * DAY,
                      step_ns=DAY // 20000) for day in range(DAYS)])
    return store


def check_room(check):
    """First details, from the oldest on, then batches, until it fits."""
    whole = large(check)
    size, seen = retain(check, whole)[0]['disk'], first_seen(whole)
    most = whole.copy()
    least = retain(check, most, 'records=1')[0]['disk']
    check.holds('room: details take half of it', least < size * 0.6, (least, size))
    print('%d sightings: %d bytes, %d without details of all but a day' % (DAYS * 20000, size, least))
    store = whole.copy()
    # A copy may have blocks that were not rounded up alike.
    said, _ = retain(check, store, 'disk=%d' % (retain(check, store)[0]['disk'] - 1))
    check.equal('room for all but a byte', (said['bared'], said['dropped'], said['over']), (1, 0, 0))
    check.equal('room for all but a byte: counts', counts(store), counts(whole))
    check.equal('room: the oldest go first', store.ask('sql', '--format', 'csv', 'SELECT min(date) FROM sighting').split()[1],
                '2019-01-25')
    said, _ = retain(check, store, 'disk=%d' % (least * 3 // 4))
    check.holds('less room: batches go', said['bared'] == 6 and said['dropped'] >= 1 and not said['over'], said)
    check.holds('less room: it fits', said['disk'] <= least * 3 // 4, said)
    check.equal('less room: no more than that', len(store.batches()), DAYS - said['dropped'])
    check.equal('less room: first seen', first_seen(store), seen)
    check.equal('less room: room enough', retain(check, store, 'disk=%d' % (least * 3 // 4))[0]['dropped'], 0)
    store.verify('less room')
    for each in (whole, most, store):
        each.remove()


# ---- what fails ----

class Steps:
    """RETAIN with these words, with each step that changes a file failing in turn, or the last before it is killed."""

    def __init__(self, check, made, what, *words):
        self.check, self.what, self.words, self.base = check, what, words, made.store
        clean = self.base.copy()
        retain(check, clean, *words)
        self.lists, self.state = {self.base.list(), clean.list()}, self.say(clean)
        self.seen = first_seen(made.store)
        clean.remove()

    def say(self, store):
        return store.list() + store.list(include='') + summary(store) + store.ask('export', '--records', '--include', 'all')

    def fail_at(self, step, error):
        check, store = self.check, self.base.copy()
        what = '%s, step %d, %s' % (self.what, step, errno.errorcode[error] if error else 'killed')
        said, done = retain(check, store, *self.words, status=None, extra=environment(check, step, error))
        check.holds(what + ': exit status', done.returncode in (0, 2 if error else -signal.SIGKILL), done.stderr)
        if done.returncode == 2:
            check.has_words(what + ': the place', done.stderr, store.dir)
        seen = first_seen(store)
        check.equal(what + ': when they were seen', seen, {k: v for k, v in self.seen.items() if k in seen})
        if 'summaries' not in self.words[-1]:
            check.holds(what + ': before or after', store.list() in self.lists, store.list())
        store.verify(what)
        retain(check, store, *self.words)
        check.equal(what + ', then again', self.say(store), self.state)
        check.equal(what + ', then again: leftovers', store.leftovers(), [])
        store.verify(what + ', then again')
        store.remove()
        return done.returncode

    def fail_everywhere(self):
        steps = 1
        while self.fail_at(steps, 0) != 0 and steps < STEPS_MAX:
            steps += STRIDE
        self.check.holds(self.what + ': steps', 10 < steps < STEPS_MAX, steps)
        for step in range(1, steps, STRIDE):
            self.fail_at(step, errno.ENOSPC if step % 2 else errno.EIO)
        print('%s: %d steps' % (self.what, steps))


def check_damage(check, made):
    """What cannot be read stays, and is said; the others go on."""
    store = made.store.copy()
    batch = store.batches()[1]
    path = os.path.join(store.dir, 'archive', batch, 'part-0000')
    with open(path, 'r+b') as f:
        f.seek(20)
        f.write(b'\x55\x55')
    said, done = retain(check, store, 'records=3')
    check.equal('damage: the others', (said['bared'], said['passed_over']), (4, 1))
    check.has_words('damage: it is named', done.stderr, batch)
    check.holds('damage: it stays', batch in store.batches())
    said, done = retain(check, store, 'summaries=3')
    check.equal('damage: goes with the others', (said['dropped'], batch in store.batches()), (5, False))
    store.verify('damage, gone')
    store.remove()


def check_beside(check, made):
    """Questions beside it are of one moment, and tell no damage."""
    answers = [set(), set()]
    for words, index in ((('records=3',), 0), (('summaries=4',), 1)):
        for _ in range(2 if sanitized() else 5):
            store = made.store.copy()
            clean = made.store.copy()
            retain(check, clean, *words)
            allowed = ({made.store.list(), clean.list()}, {summary(made.store), summary(clean)})
            child = subprocess.Popen([RETAIN, store.dir, str(NOW // SECOND), 'apply', *words], env=check.environment,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            while child.poll() is None:
                text = store.list()
                if text not in allowed[0]:
                    check.equal('beside %s: list' % words, text, clean.list(), 'neither this nor what was before')
                text = summary(store)
                check.holds('beside %s: summary' % words, text in allowed[1], text[:500])
                done = check.call('export', '--store', store.dir, '--timezone', 'UTC', '--records')
                check.equal('beside %s: export' % words, done.returncode, 0, done.stderr)
                report(store)
                answers[index].add(text)
            check.equal('beside %s' % words, (child.returncode, child.stderr.read()), (0, b''))
            store.remove()
            clean.remove()
    check.holds('beside: there were some', answers[0] and answers[1])


def main():
    check = Check()
    made = Made(check)
    check_records_go(check, made)
    check_half_hours(check, made)
    check_half_hours_killed(check, made)
    check_batches_go(check, made)
    check_room(check)
    check_keeps_newest(check, made)
    check_wrong_clock(check, made)
    check_damage(check, made)
    check_beside(check, made)
    Steps(check, made, 'records go', 'records=7').fail_everywhere()
    Steps(check, made, 'batches go', 'records=7', 'summaries=6').fail_everywhere()
    check.end()


main()
