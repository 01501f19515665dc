"""ClickHouse beside the report: its own server on loopback, the month in several orders, the report's tables as queries.

Debian's 18.16 is what a site gets with apt-get. The server has its files in the folder that it is given, listens on
127.0.0.1 at a free port and nowhere else, and ends with the program that started it, whatever ends that.
"""
import os
import socket
import subprocess
import time

from tables import BUSIEST, Failure, run, say, shaped

# IPv4 addresses as numbers and the date as a Date: the smallest types that it has for them.
COLUMNS = 'date Date, hour UInt8, saddr UInt32, sport UInt16, daddr UInt32, dport UInt16'
ORDERS = {'service': 'sport, saddr, date, hour, daddr',
          'peer-of-day': 'date, daddr, saddr, sport, hour',
          'port-and-peer': 'sport, daddr, date, saddr, hour',
          'peer': 'daddr, date, sport, saddr, hour'}

TOP = ('select date, daddr, count() as n from {t} group by date, daddr order by date, n desc, daddr '
       'limit %d by date' % BUSIEST)

# Each table has one query, or several forms, of which the quickest counts.
QUERIES = {
    'daily counts': ['select date, count(), uniqExact(saddr), uniqExact(daddr) from {t} group by date'],
    'table 1': ['select sport, count(), countIf(days = 31) from (select sport, saddr, uniqExact(date) as days from {t} '
                'group by sport, saddr) group by sport'],
    'table 2': ['select sport, count(), uniqExact(daddr), uniqExact(saddr) from {t} group by sport'],
    'table 3': ['select ports, count() from (select saddr, uniqExact(sport) as ports from {t} group by saddr) '
                'group by ports'],
    'days seen': ['select days, count() from (select saddr, uniqExact(date) as days from {t} group by saddr) '
                  'group by days'],
    'new hosts': ['select first, count() from (select saddr, min(date) as first from {t} group by saddr) '
                  'group by first'],
    "month's peers": ['select uniqExact(daddr) from {t}'],
    'busiest': [
        'select date, IPv4NumToString(daddr), n, hosts, ports from (select date, daddr, count() as n, '
        'uniqExact(saddr) as hosts, groupUniqArray(sport) as ports from {t} group by date, daddr '
        'order by date, n desc, daddr limit %d by date)' % BUSIEST,
        'select date, IPv4NumToString(daddr), n, hosts, ports from (select date, daddr, count() as n, '
        'uniqExact(saddr) as hosts, groupUniqArray(sport) as ports from {t} where (date, daddr) in '
        '(select date, daddr from (' + TOP + ')) group by date, daddr order by date, n desc, daddr)',
        'select date, IPv4NumToString(daddr), n, hosts, ports from (select date, daddr, count() as n, '
        'uniqExact(saddr) as hosts, groupUniqArray(sport) as ports from {t} prewhere daddr in '
        '(select daddr from (' + TOP + ')) group by date, daddr order by date, n desc, daddr '
        'limit %d by date)' % BUSIEST],
}

CONFIG = '''<yandex>
  <logger><level>warning</level><log>{where}/log</log><errorlog>{where}/errors</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <tcp_port>{port}</tcp_port>
  <path>{where}/data/</path>
  <tmp_path>{where}/tmp/</tmp_path>
  <users_config>users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>1073741824</mark_cache_size>
  <timezone>UTC</timezone>
</yandex>
'''
USERS = '''<yandex>
  <profiles><default>
    <max_threads>2</max_threads><max_memory_usage>{memory}</max_memory_usage>
  </default></profiles>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
  </default></users>
  <quotas><default/></quotas>
</yandex>
'''


def memory_bytes():
    """Three quarters of the machine's."""
    return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') * 3 // 4


class Server:
    """with Server(folder) as server: runs while the block does."""

    def __init__(self, where):
        self.where, self.process = where, None
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]

    def __enter__(self):
        os.makedirs(os.path.join(self.where, 'data'), exist_ok=True)
        os.makedirs(os.path.join(self.where, 'tmp'), exist_ok=True)
        for name, text in (('config.xml', CONFIG), ('users.xml', USERS)):
            with open(os.path.join(self.where, name), 'w', encoding='utf-8') as file:
                file.write(text.format(where=self.where, port=self.port, memory=memory_bytes()))
        with open(os.path.join(self.where, 'said'), 'w', encoding='utf-8') as said:
            # setpriv: should this program be killed, the kernel ends the server.
            self.process = subprocess.Popen(
                ['setpriv', '--pdeathsig', 'TERM', 'clickhouse-server', '--config-file=config.xml'],
                cwd=self.where, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait(self):
        for _ in range(300):
            if self.process.poll() is not None:
                break
            with socket.socket() as s:
                if s.connect_ex(('127.0.0.1', self.port)) == 0:
                    return
            time.sleep(0.1)
        raise Failure('clickhouse-server does not answer; see %s/said' % self.where)

    def client(self):
        return ['clickhouse-client', '--host', '127.0.0.1', '--port', str(self.port)]

    def ask(self, query, **more):
        return run(*self.client(), '--format', 'TabSeparated', '--query', query, **more)

    def load(self, records, kept):
        """The month in each order. Text goes through a table of strings, once."""
        if kept.holds('tables'):
            return
        kept.forget('tables')
        say("loading ClickHouse's tables")
        self.ask('drop table if exists raw')
        self.ask('create table raw (date UInt8, hour UInt8, saddr String, sport UInt16, daddr String, dport UInt16) '
                 'engine = Log')
        with open(records, 'rb') as file:
            self.ask('insert into raw format CSV', stdin=file)
        for name, order in ORDERS.items():
            self.ask('drop table if exists %s' % table(name))
            self.ask('create table %s (%s) engine = MergeTree partition by tuple() order by (%s)' %
                     (table(name), COLUMNS, order))
            self.ask("insert into %s select toDate('2018-12-31') + date, hour, IPv4StringToNum(saddr), sport, "
                     'IPv4StringToNum(daddr), dport from raw' % table(name))
            self.ask('optimize table %s final' % table(name))
        self.ask('drop table raw')
        kept.note('tables')

    def script(self, order, where):
        """A shell command that asks everything of one order, and adds its seconds, one a line, to WHERE/ORDER.times."""
        stem = os.path.join(where, 'clickhouse-' + order)
        with open(stem + '.sql', 'w', encoding='utf-8') as file:
            for forms in QUERIES.values():
                file.writelines(form.format(t=table(order)) + ';\n' for form in forms)
        if os.path.exists(stem + '.times'):
            os.remove(stem + '.times')
        return '%s --time --multiquery <%s.sql 2>>%s.times' % (' '.join(self.client()), stem, stem)

    def bytes_of(self, order):
        return int(self.ask("select sum(bytes_on_disk) from system.parts where active and table = '%s'" % table(order)))

    def tables(self, order):
        """The results, in the shape of tables.py, and the busiest peers' hosts."""
        said = {name: [row.split('\t') for row in self.ask(forms[0].format(t=table(order))).splitlines()]
                for name, forms in QUERIES.items()}
        for form in QUERIES['busiest'][1:]:
            other = [row.split('\t') for row in self.ask(form.format(t=table(order))).splitlines()]
            if [r[:4] for r in other] != [r[:4] for r in said['busiest']]:
                raise Failure('two forms of the same query give different results')
        return assemble(said)


def table(order):
    return 'by_' + order.replace('-', '_')


def times_of(where, order):
    """Of each table: the best of all turns and forms, in seconds."""
    with open(os.path.join(where, 'clickhouse-%s.times' % order), encoding='utf-8') as file:
        seconds = [float(line) for line in file]
    n_forms = sum(len(forms) for forms in QUERIES.values())
    if not seconds or len(seconds) % n_forms:
        raise Failure('%d times of %d queries' % (len(seconds), n_forms))
    best, at = {}, 0
    for name, forms in QUERIES.items():
        best[name] = min(s for f in range(len(forms)) for s in seconds[at + f::n_forms])
        at += len(forms)
    return best


def assemble(said):
    """From the results of the eight queries, rows of texts, to the shape of tables.py. SQLite's are laid out alike."""
    new = {r[0]: r[1] for r in said['new hosts']}
    daily = {r[0]: r[1:] for r in said['table 1']}
    rows = {
        'days': [{'date': d, 'packets': p, 'hosts': h, 'peers': e, 'new_hosts': new.get(d, 0)}
                 for d, p, h, e in said['daily counts']],
        'ports': [{'port': p, 'packets': n, 'peers': e, 'hosts': h, 'daily_hosts': daily[p][1]}
                  for p, n, e, h in said['table 2']],
        'days_seen': [{'days': d, 'hosts': h} for d, h in said['days seen']],
        'ports_of_host': [{'ports': p, 'hosts': h} for p, h in said['table 3']]}
    result = {name: shaped(name, table_rows) for name, table_rows in rows.items()}
    hosts = sum(n for n, in result['days_seen'].values())
    result['totals'] = {'packets': (sum(d[0] for d in result['days'].values()),), 'hosts': (hosts,),
                        'daily_hosts': result['days_seen'].get('31', (0,)), 'peers': (int(said["month's peers"][0][0]),),
                        'ports': (len(result['ports']),), 'services': (sum(int(r[0]) for r in daily.values()),)}
    result['busiest'] = {}
    for row in said['busiest']:
        result['busiest'].setdefault(row[0], []).append((row[1], int(row[2])))
    return result
