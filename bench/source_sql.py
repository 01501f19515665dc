"""The source's own way of counting: an SQLite table of six fields without indexes, and SQL."""
import csv
import os

from clickhouse import assemble
from tables import BUSIEST, Failure, run, say

QUERIES = {
    'daily counts': 'select date, count(*), count(distinct saddr), count(distinct daddr) from packets group by date',
    'table 1': 'select sport, count(*), sum(days = 31) from (select sport, saddr, count(distinct date) as days '
               'from packets group by sport, saddr) group by sport',
    'table 2': 'select sport, count(*), count(distinct daddr), count(distinct saddr) from packets group by sport',
    'table 3': 'select ports, count(*) from (select saddr, count(distinct sport) as ports from packets group by saddr) '
               'group by ports',
    'days seen': 'select days, count(*) from (select saddr, count(distinct date) as days from packets group by saddr) '
                 'group by days',
    'new hosts': 'select first, count(*) from (select saddr, min(date) as first from packets group by saddr) '
                 'group by first',
    "month's peers": 'select count(distinct daddr) from packets',
    'busiest': 'select date, daddr, n, hosts, ports from (select *, row_number() over (partition by date '
               'order by n desc, daddr) as rank from (select date, daddr, count(*) as n, '
               'count(distinct saddr) as hosts, count(distinct sport) as ports from packets group by date, daddr)) '
               'where rank <= %d order by date, rank' % BUSIEST,
}
DATED = ('daily counts', 'new hosts', 'busiest')


class Database:
    def __init__(self, where, name):
        self.where, self.name = where, name
        self.path = os.path.join(where, name + '.db')

    def load(self, records, kept):
        if kept.holds(self.name + '.db'):
            return
        kept.forget(self.name + '.db')
        say("loading the source's table")
        if os.path.exists(self.path):
            os.remove(self.path)
        run('sqlite3', self.path, 'create table packets (date, hour, saddr, sport, daddr, dport)', '.mode csv',
            '.import %s packets' % records)
        kept.note(self.name + '.db')

    def _result(self, name):
        return os.path.join(self.where, '%s-%s.csv' % (self.name, name.replace(' ', '-').replace("'", '')))

    def script(self):
        """A shell command that asks everything, and leaves what its timer said in NAME.times."""
        stem = os.path.join(self.where, self.name)
        with open(stem + '.sql', 'w', encoding='utf-8') as file:
            # Defaults of SQLite but for the cache, which is a hundred times as large, to its favour.
            file.write('.bail on\n.mode csv\npragma cache_size = -200000;\n.timer on\n')
            for name, query in QUERIES.items():
                file.write('.once %s\n%s;\n' % (self._result(name), query))
        return 'SQLITE_TMPDIR=%s sqlite3 %s <%s.sql >%s.times' % (self.where, self.path, stem, stem)

    def times(self):
        """Of the one run: real time, or the processor's where others held that up. It has one thread."""
        with open(os.path.join(self.where, self.name + '.times'), encoding='utf-8') as file:
            words = [line.split() for line in file if line.startswith('Run Time: real ')]
        seconds = [min(float(w[3]), float(w[5]) + float(w[7])) for w in words]
        if len(seconds) != len(QUERIES):
            raise Failure('%d times of %d queries of SQLite' % (len(seconds), len(QUERIES)))
        return dict(zip(QUERIES, seconds))

    def tables(self):
        said = {}
        for name in QUERIES:
            with open(self._result(name), newline='', encoding='utf-8') as file:
                said[name] = list(csv.reader(file))
            if name in DATED:
                said[name] = [['2019-01-' + row[0]] + row[1:] for row in said[name]]
        return assemble(said)
