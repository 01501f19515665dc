"""Who watches a line: sekimori and its peers, each started as people start it, and asked in the end how many SYN+ACKs of
the site it saw."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

from line import INTERFACE, NET, Failure, processor_seconds, until
from tables import sekimori

SYNACKS = 'tcp[13] & 0x12 = 0x12 and src net %s' % NET
SETTLE_S = 1  # until whoever watches has taken what is still in its buffers


class Watcher:
    """One run. Files lie in WHERE, which is the run's own."""
    name = '?'
    needs = ()
    ends_with = signal.SIGINT

    def __init__(self, line, where, files):
        self.line, self.where, self.files = line, where, files
        self.said = os.path.join(where, 'said')
        self.cpu_before = self.cpu = 0

    def command(self):
        raise NotImplementedError

    def count(self):
        """SYN+ACKs of the site that it saw; or None."""
        raise NotImplementedError

    def remarks(self):
        return ''

    @classmethod
    def missing(cls):
        return [n for n in cls.needs if not shutil.which(n)]

    def text(self):
        with open(self.said, encoding='utf-8', errors='replace') as f:
            return f.read()

    def is_ready(self):
        """It has a packet socket that is bound: for each process the kernel lists those of its namespace."""
        if self.process.poll() is not None:
            raise Failure('%s ended: %s' % (self.name, self.text()[-500:]))
        with open('/proc/%d/net/packet' % self.process.pid, encoding='ascii') as f:
            return any(words[4] != '0' for words in (x.split() for x in f.readlines()[1:]))

    def start(self):
        with open(self.said, 'w', encoding='utf-8') as said:
            self.process = subprocess.Popen(self.line.within(*self.command()), stdout=said, stderr=said,
                                            stdin=subprocess.DEVNULL, cwd=self.where)
        until(self.is_ready, self.name + ' to begin')
        time.sleep(0.3)
        self.cpu_before = processor_seconds(self.process.pid)

    def stop(self):
        """Ends it when it has had time to take what it holds; leaves what it took of the processors since start()."""
        time.sleep(SETTLE_S)
        self.process.send_signal(self.ends_with)
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu = usage.ru_utime + usage.ru_stime - self.cpu_before


class Sekimori(Watcher):
    driver = '?'
    ends_with = signal.SIGTERM
    more = ()

    def __init__(self, *args):
        super().__init__(*args)
        self.store = os.path.join(self.where, 'store')
        os.chmod(self.where, 0o711)  # it becomes a user without rights
        self.last = None
        self.refused = ''

    @classmethod
    def missing(cls):
        return [] if os.access(sekimori(), os.X_OK) else [sekimori() + ' (not built; set SEKIMORI=...)']

    def command(self):
        return (sekimori(), 'watch', '--store', self.store, '--net', NET, '--user', 'nobody', '-i', INTERFACE,
                '--driver', self.driver, *self.more)

    def ask(self, *words):
        """What it prints; or None, with its words in `refused`."""
        done = subprocess.run([sekimori(), *words, '--store', self.store], capture_output=True, text=True, check=False)
        self.refused = '%s: exit status %d: %s' % (words[0], done.returncode, done.stderr)
        return done.stdout if done.returncode == 0 else None

    def page(self):
        text = self.ask('status', '--format', 'json')
        return json.loads(text) if text else None

    def is_ready(self):
        if self.process.poll() is not None:
            raise Failure('%s ended: %s' % (self.name, self.text()[-500:]))
        return os.path.exists(os.path.join(self.store, 'status')) and self.page()

    def stop(self):
        self.last = self.page()
        super().stop()
        if self.process.returncode != 0:
            raise Failure('%s ended with %d: %s' % (self.name, self.process.returncode, self.text()[-500:]))

    def count(self):
        """What can be listed in the end: on disk, and counted."""
        done = subprocess.run([sekimori(), 'list', '--store', self.store, '--include', 'all', '--format', 'csv'],
                              capture_output=True, text=True, check=False)
        rows = [row.split(',') for row in done.stdout.splitlines()]
        return sum(int(row[rows[0].index('packets')]) for row in rows[1:]) if rows else 0

    def count_unnamed(self):
        """Beyond what an hour may cost: counted, and of services that were not told apart any more."""
        text = self.ask('sql', '--format', 'csv', "SELECT coalesce(sum(packets), 0) AS n FROM flood WHERE address = '::'")
        return int(text.split()[-1]) if text else 0

    def remarks(self):
        i = self.last['interfaces'][0]
        return '%s; lost %d, unwritten %d, over budget %d' % (i['driver'], i['lost'] + i['missed'],
                                                              self.last['journal']['unwritten'], i['over_budget'])


class Xdp(Sekimori):
    name, driver = 'sekimori xdp', 'xdp'


class XdpConsume(Sekimori):
    name, driver, more = 'sekimori xdp --consume', 'xdp', ('--consume',)


class Packet(Sekimori):
    name, driver = 'sekimori af_packet', 'af_packet'


class Tcpdump(Watcher):
    """What it writes goes into memory: no disk holds it up."""
    name, needs, buffer = 'tcpdump -w', ('tcpdump',), ()

    def path(self):
        return os.path.join(self.files, 'tcpdump.pcap')

    def command(self):
        # As root it would become another user, who may not write the file.
        return ('tcpdump', '-i', INTERFACE, '-n', '-Z', 'root', *self.buffer, '-w', self.path())

    def count(self):
        done = subprocess.run(['tcpdump', '-n', '-Z', 'root', '--count', '-r', self.path(), SYNACKS], capture_output=True,
                              text=True, check=False)
        os.unlink(self.path())
        found = re.search(r'^(\d+) packets?$', done.stdout, re.MULTILINE)
        return int(found.group(1)) if found else None

    def remarks(self):
        found = re.search(r'(\d+) packets? dropped by kernel', self.text())
        return 'lost %s by its own account' % (found.group(1) if found else '?')


class TcpdumpB(Tcpdump):
    name, buffer = 'tcpdump -B 65536 -w', ('-B', '65536')


class Argus(Watcher):
    """With the source's filter, which is to its favour. -X: the machine's argus.conf would open a network port."""
    name, needs = 'argus', ('argus', 'ra')

    def command(self):
        return ('argus', '-X', '-i', INTERFACE, '-w', os.path.join(self.files, 'argus.out'), '-', SYNACKS)

    def count(self):
        path, rc = os.path.join(self.files, 'argus.out'), os.path.join(self.where, 'rc')
        with open(rc, 'w', encoding='ascii') as f:
            f.write('RA_PRINT_LABELS=0\n')
        with subprocess.Popen(['ra', '-F', rc, '-nn', '-r', path, '-s', 'pkts', '-', 'tcp'], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as ra:
            seen = sum(int(row) for row in ra.stdout if row.strip().isdigit())
        os.unlink(path)
        return seen


class Prads(Watcher):
    """It keeps assets and not SYN+ACKs: the frames that it looked at are its share."""
    name, needs = 'prads', ('prads',)

    def command(self):
        empty = os.path.join(self.where, 'prads.conf')
        with open(empty, 'w', encoding='ascii'):
            pass
        return ('prads', '-c', empty, '-d', '-i', INTERFACE, '-a', NET, '-XK', '-l', os.path.join(self.files, 'prads.log'))

    def frames(self):
        found = re.search(r'Ethernet packets received\s*:\s*(\d+)', self.text())
        return int(found.group(1)) if found else None

    def count(self):
        return None


WATCHERS = (Xdp, XdpConsume, Packet, Tcpdump, TcpdumpB, Argus, Prads)
