"""The tables of a month, as each of those who count it says them, in one shape; and what makes the months.

A table is a dictionary from its key to its figures. Tables of a month: days (date: packets, hosts, new_hosts, peers),
ports (port: packets, hosts, daily_hosts, peers), days_seen (days: hosts), ports_of_host (ports: hosts), totals
(figure: value), busiest (date: a list of (peer, packets), most first).
"""
import csv
import hashlib
import os
import subprocess
import sys

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCH)
HONEYPOT = '163.209.250.9'

SHAPES = {'days': ('date', ('packets', 'hosts', 'new_hosts', 'peers')),
          'ports': ('port', ('packets', 'hosts', 'daily_hosts', 'peers')),
          'days_seen': ('days', ('hosts',)),
          'ports_of_host': ('ports', ('hosts',)),
          'totals': ('figure', ('value',))}
TOTALS = ('packets', 'hosts', 'daily_hosts', 'peers', 'ports', 'services')
BUSIEST = 5


class Failure(Exception):
    """Something that ends the run, in words for people."""


def say(words):
    print(words, file=sys.stderr, flush=True)


def sekimori():
    return os.environ.get('SEKIMORI', os.path.join(ROOT, 'build/src/cmd/sekimori'))


def run(*command, **more):
    """The standard output as text."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, check=False, text=True, **more)
    if done.returncode != 0:
        raise Failure('%s ended with status %d' % (' '.join(str(c) for c in command), done.returncode))
    return done.stdout


def has_report():
    """Whether there is a sekimori with the command."""
    try:
        done = subprocess.run([sekimori(), 'report', '--help'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False)
    except OSError:
        return False
    return done.returncode == 0


def sources(*folders):
    names = (os.path.join(f, n) for f in folders for n in os.listdir(f) if n.endswith(('.c', '.h')))
    digest = hashlib.sha256()
    for name in sorted(names):
        with open(name, 'rb') as file:
            digest.update(file.read())
    return digest.hexdigest()


def build_tools(where):
    """Our own tools, always optimised and without sanitizers, whatever the product was built with."""
    month, flags = os.path.join(BENCH, 'month'), ['-std=gnu11', '-O2', '-D_GNU_SOURCE']
    flags += ['-I' + d for d in (os.path.join(ROOT, 'src'), BENCH, month)]
    counts = [n for n in os.listdir(month) if n.startswith('recount') and n.endswith('.c')]
    writes = [n for n in os.listdir(month) if n.endswith('.c') and n not in counts]
    tools = {'sekimori-month': [os.path.join(month, n) for n in writes] +
                               [os.path.join(BENCH, 'load_%s.c' % n) for n in ('frame', 'pcap', 'peers')],
             'sekimori-recount': [os.path.join(month, n) for n in counts + ['facts.c']],
             'measure': [os.path.join(BENCH, 'measure.c')]}
    for name, files in tools.items():
        run(os.environ.get('CC', 'cc'), *flags, '-o', os.path.join(where, name), *files, '-lm')


class Month:
    """January, or what a scale leaves of it, in a folder: capture, account, configuration."""

    def __init__(self, tools, where, scale):
        self.tools, self.where, self.scale = tools, where, scale
        self.capture, self.config = os.path.join(where, 'month.pcap'), os.path.join(where, 'month.conf')
        self.account, self.records = os.path.join(where, 'account'), os.path.join(where, 'records.csv')

    def make(self, with_records):
        """What is kept is used again while the generator and the scale are the same."""
        stamp = '%s %s' % (self.scale, sources(BENCH, os.path.join(BENCH, 'month')))
        os.makedirs(self.where, exist_ok=True)
        kept = Stamp(self.where, stamp)
        if not kept.holds('capture'):
            say('writing January at scale %s' % self.scale)
            kept.forget('capture')
            kept.forget('records')
            run(os.path.join(self.tools, 'sekimori-month'), '--scale', self.scale, '--account', self.account,
                '--config', self.config, self.capture)
            kept.note('capture')
        if with_records and not kept.holds('records'):
            say('writing its six fields')
            # At a scale the figures differ from the published ones; whether it is right, the account says.
            counted = os.path.join(self.where, 'recounted')
            os.makedirs(counted, exist_ok=True)
            subprocess.run([os.path.join(self.tools, 'sekimori-recount'), '--left-out', HONEYPOT, '--csv', counted,
                            '--records', self.records, self.capture], stdout=subprocess.DEVNULL, check=False)
            if subprocess.run(['diff', '-rq', self.account, counted], check=False).returncode != 0:
                raise Failure('the recount of %s differs from the account' % self.capture)
            kept.note('records')

    def frames(self):
        """All it holds, what is left out as well; its frames are all of one length."""
        return (os.path.getsize(self.capture) - 24) // 90

    def packets(self):
        return of_account(self.account)['totals']['packets'][0]


class Stamp:
    """Files that say what something kept was made of."""

    def __init__(self, where, text):
        self.where, self.text = where, text

    def _path(self, name):
        return os.path.join(self.where, name + '.stamp')

    def holds(self, name):
        try:
            with open(self._path(name), encoding='utf-8') as file:
                return file.read() == self.text
        except OSError:
            return False

    def forget(self, name):
        if os.path.exists(self._path(name)):
            os.remove(self._path(name))

    def note(self, name):
        with open(self._path(name), 'w', encoding='utf-8') as file:
            file.write(self.text)


def rows_of(path):
    # What --bom puts in front is no part of a name.
    with open(path, newline='', encoding='utf-8-sig') as file:
        return list(csv.DictReader(file))


def shaped(name, rows):
    """A table of rows, each a mapping of column names; zeros of a histogram are the same as no row."""
    key, figures = SHAPES[name]
    table = {}
    for row in rows:
        at = str(row[key])
        if name == 'totals' and at not in TOTALS:
            continue
        if at in table:
            raise Failure('%s: two rows of %s' % (name, at))
        table[at] = tuple(int(row[f]) for f in figures)
    if name in ('days_seen', 'ports_of_host'):
        table = {k: v for k, v in table.items() if v != (0,)}
    return table


def busiest_of(rows, peer):
    table = {}
    for row in rows:
        table.setdefault(row['date'], []).append((row[peer], int(row['packets'])))
    return {date: sorted(peers, key=lambda p: -p[1]) for date, peers in table.items()}


def of_account(folder):
    tables = {name: shaped(name, rows_of(os.path.join(folder, name + '.csv'))) for name in SHAPES}
    tables['busiest'] = busiest_of(rows_of(os.path.join(folder, 'busiest.csv')), 'address')
    return tables


def of_report_csv(folder):
    """What `sekimori report --format csv -o FOLDER` wrote."""
    tables = {name: shaped(name, rows_of(os.path.join(folder, name + '.csv'))) for name in SHAPES}
    tables['busiest'] = busiest_of(rows_of(os.path.join(folder, 'busiest.csv')), 'peer')
    return tables


def of_report_json(report):
    """What `sekimori report --format json` printed, parsed."""
    tables = {name: shaped(name, report[name]) for name in SHAPES if name != 'totals'}
    tables['totals'] = {f: (report['totals'][f],) for f in TOTALS}
    tables['busiest'] = {day['date']: sorted(((p['peer'], p['packets']) for p in day['peers']), key=lambda p: -p[1])
                         for day in report['busiest']}
    return tables


def compare_busiest(said, account):
    """Days and ranks that are not said are not asked for. Of peers of the same number as the last that the account
    names, any may stand there."""
    wrong = []
    for date, peers in said.items():
        told = account.get(date, [])
        least = told[-1][1] if told else 0
        for (peer, packets), (_, wanted) in zip(peers, told):
            if packets != wanted or (packets > least and (peer, packets) not in told):
                wrong.append('busiest of %s: %s with %d, the account has %d' % (date, peer, packets, wanted))
    return wrong


def compare(said, account):
    """What differs, in words; nothing when they are the same."""
    wrong = []
    for name in SHAPES:
        for key in sorted(set(said[name]) | set(account[name])):
            ours, theirs = said[name].get(key), account[name].get(key)
            if ours != theirs:
                wrong.append('%s of %s: %s, the account has %s' % (name, key, ours, theirs))
    return wrong + compare_busiest(said['busiest'], account['busiest'])
