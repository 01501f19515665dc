#!/usr/bin/env python3
"""
What other tools, the real ones, make of the shipped capture, read as records: held against what the frames themselves say.
Usage: check_import.py SEKIMORI IMPORT_DUMP export|argus|nfdump|nmap|made; the last are records in all shapes, made by chance. Skips (77) where the tool is not installed.
"""
import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
import time

from harness import Check, NETS, ROOT, has, skip

CAPTURE = os.path.join(ROOT, 'lab/campus.pcap.zst')
SECOND = 1000000000


class Imports(Check):
    def __init__(self):
        super().__init__()
        self.dump = os.path.abspath(sys.argv[2])
        self.environment['PATH'] = os.environ.get('PATH', '/usr/bin:/bin') + ':/usr/sbin:/sbin'

    def tool(self, *names):
        for name in names:
            if not shutil.which(name, path=self.environment['PATH']):
                shutil.rmtree(self.folder)
                skip(f'{name} is not installed')

    def shell(self, command, **more):
        done = subprocess.run(command, shell=True, capture_output=True, text=True, env=self.environment, cwd=self.folder,
                              timeout=120, **more)
        if done.returncode:
            self.fail(command, done.returncode, 0, done.stderr)
        return done.stdout

    def capture(self):
        self.shell(f'zstd -dcq {CAPTURE} > campus.pcap')

    def frames(self):
        """The sightings of the frames: a list of (time in ns, host, port, peer, peer's port, marks)."""
        self.source = self.store()
        self.source.read(CAPTURE)
        path = self.path('frames.json')
        with open(path, 'w') as out:
            out.write(self.source.records())
        return self.records(path)[0]

    def records(self, path, *words):
        """What the reader of records says of a file, and its account."""
        done = subprocess.run([self.dump, 'records', path, ','.join(NETS), *words], capture_output=True, text=True,
                              env=self.environment, timeout=60)
        if done.returncode:
            self.fail('records of ' + path, done.returncode, 0, done.stderr)
        sightings, account = [], ''
        for line in done.stdout.splitlines():
            if line.startswith('sighting '):
                f = (line + ' ').split(' ')
                sightings.append((int(f[1]), f[2], int(f[3]), f[4], int(f[5]), f[6]))
            elif line.startswith('account '):
                account = line
            else:
                self.fail('a line of ' + path, line, 'no such')
        return sightings, account


def ends(sightings):
    return sorted({s[1:5] for s in sightings})


def check_export(check):
    """Our own export, read again: as JSON nothing is lost but what is below a millisecond; as csv, the time in the hour, and marks."""
    frames = check.frames()
    check.equal('SYN+ACKs of the capture', len(frames), 102)
    marked = sum(s[5] == 'ftp-data' for s in frames)
    check.equal('of them with a stored mark', marked > 0, True)
    path = check.path('export.csv')
    with open(path, 'w') as out:
        out.write(check.source.ask('export', '--records', '--include', 'all'))
    read, account = check.records(path)
    hour = 3600 * SECOND
    check.equal('csv: all but time and marks', sorted((s[0] // hour * hour,) + s[1:5] for s in frames), sorted(s[:5] for s in read))
    check.holds('csv: hours only', '"hours_only": true' in account, account)
    with open(path, 'rb') as f, gzip.open(path + '.gz', 'wb') as out:
        out.write(f.read())
    if has('gzip'):
        check.equal('csv, compressed', check.records(path + '.gz')[0], read)
    # The source's own form: the day of the month, no header.
    lines = open(path).read().splitlines()[1:]
    month = lines[0][:7]
    with open(path, 'w') as out:
        out.writelines('%d,%s\n' % (int(line[8:10]), line[11:]) for line in lines)
    check.equal('six fields with days', check.records(path, month)[0], read)


def check_argus(check):
    """argus and ra -Zb: the same ends; a record a connection, with the time of its first packet."""
    check.tool('argus', 'ra', 'zstd')
    frames = check.frames()
    check.capture()
    check.shell('argus -X -r campus.pcap -w argus')
    fields = 'stime saddr sport dir daddr dport proto state'
    check.shell(f'ra -X -nn -u -Zb -c , -r argus -s {fields} > ra.csv')
    read, account = check.records(check.path('ra.csv'))
    check.equal('who answered whom', ends(read), ends(frames))
    check.equal('nothing undecided or malformed', '"undecided": 0,"malformed": 0' in account, True, account)
    check.equal('a record a connection', len(read), len(ends(frames)))
    first = {}
    for s in frames:
        first[s[1:5]] = min(s[0], first.get(s[1:5], s[0]))
    late = [s for s in read if not 0 <= first[s[1:5]] + SECOND // 1000 - s[0] < SECOND]
    check.equal('times: of the SYN before, at most a second', late, [])
    # Its own names for states tell less: nothing else, and what is not told is counted.
    check.shell(f'ra -X -nn -u -c , -r argus -s {fields} > names.csv')
    some, account = check.records(check.path('names.csv'))
    check.equal('with names of states: nothing that was not', sorted(set(ends(some)) - set(ends(frames))), [])
    check.holds('the rest is undecided', int(account.split('"undecided": ')[1].split(',')[0]) >= len(read) - len(some), account)
    # The source's way: only SYN+ACKs were looked at, and there is no state.
    check.shell("argus -X -r campus.pcap -w synack - 'tcp[tcpflags] & 18 == 18'")
    check.shell('ra -X -nn -u -c , -r synack -s stime saddr sport daddr dport > synack.csv')
    plain = check.records(check.path('synack.csv'))[0]
    check.equal("the source's rows: nothing that was not", sorted(set(ends(plain)) - set(ends(frames))), [])
    # pcap's filter looks at IPv4 without a tag.
    check.equal("the source's rows: all IPv4 without a tag", sorted(set(ends(frames)) - set(ends(plain))),
                [e for e in ends(frames) if ':' in e[0] or e[0] == '192.0.2.82'])


def check_nfdump(check):
    """nfdump: the lower port is taken for the service's, so what is knocked on from a lower port is lost; nothing else is."""
    check.tool('nfpcapd', 'nfdump', 'zstd')
    frames = check.frames()
    check.capture()
    os.mkdir(check.path('flows'))
    check.shell('nfpcapd -r campus.pcap -l flows')
    check.shell('nfdump -R flows -o csv > nfdump.csv')
    read, account = check.records(check.path('nfdump.csv'))
    check.holds('nothing is malformed', '"malformed": 0' in account, account)
    check.equal('nothing that was not', sorted(set(ends(read)) - set(ends(frames))), [])
    check.equal('lost: the lower port is the peer\'s', sorted(set(ends(frames)) - set(ends(read))),
                [e for e in ends(frames) if e[1] >= e[3] or 20 in (e[1], e[3])])
    # Both directions in one row, of which either may be the source; and without the header.
    for words in ('-b', '-B', '-q'):
        check.shell(f'nfdump -R flows {words} -o csv > more.csv')
        more, account = check.records(check.path('more.csv'))
        check.equal(f'nfdump {words}: the same ends', ends(more), ends(read))
        check.holds(f'nfdump {words}: nothing is malformed', '"malformed": 0' in account, account)
    first = {}
    for s in frames:
        first[s[1:5]] = min(s[0], first.get(s[1:5], s[0]))
    check.equal('times: of whole seconds', [s for s in read if not 0 <= first[s[1:5]] - s[0] < 2 * SECOND], [])


def check_nmap(check):
    """The real nmap on this machine's loopback: its XML and grepable form say what listens, and what was asked."""
    check.tool('nmap')
    with socket.create_server(('127.0.0.1', 0)) as one, socket.create_server(('127.0.0.1', 0)) as two:
        ports = sorted(s.getsockname()[1] for s in (one, two))
        asked = sorted({*ports, 1})
        words = ','.join(map(str, asked))
        check.shell(f'nmap -n -Pn -sT -p {words} -oX out.xml -oG out.gnmap 127.0.0.1')
    for name in ('out.xml', 'out.gnmap') if 'expat' in os.environ.get('SEKIMORI_FEATURES', 'expat') else ('out.gnmap',):
        done = subprocess.run([check.dump, 'scan', check.path(name)], capture_output=True, text=True, env=check.environment)
        check.equal(name + ': read', done.returncode, 0, done.stderr)
        lines = [line.split(' ') for line in done.stdout.splitlines()]
        got = {int(f[2]): f[4] for f in lines if f[0] == 'port' and f[1] == '127.0.0.1' and f[3] == 'tcp'}
        check.equal(name + ': ports', got, {p: 'open' if p in ports else 'closed' for p in asked})
        check.holds(name + ': ended, by nmap', '"tool": "nmap"' in done.stdout and '"ended": true' in done.stdout, done.stdout)
        check.holds(name + ': nmap\'s words', f'-p {words}' in done.stdout.splitlines()[-1], done.stdout)
        if name == 'out.xml':
            covered = [f[2].split(',') for f in lines if f[0] == 'covered' and f[1] == 'tcp'][0]
            flat = [p for r in covered for p in range(int(r.split('-')[0]), int(r.split('-')[-1]) + 1)]
            check.equal(name + ': covered', flat, asked)
            check.holds(name + ': up', ['host', '127.0.0.1', 'up'] in [f[:3] for f in lines], done.stdout)


def filling(draw, depth=0):
    """Any value of JSON."""
    kinds = [lambda: draw.randrange(10**6), lambda: draw.random(), lambda: None, lambda: draw.random() < .5,
             lambda: ''.join(draw.choice('ab"\\\\\\n{}[],: \u00e9') for _ in range(draw.randrange(30)))]
    if depth < 3:
        kinds += [lambda: [filling(draw, depth + 1) for _ in range(draw.randrange(4))],
                  lambda: {draw.choice(('history', 'x', 'ts', 'tcp_flags_tc')): filling(draw, depth + 1) for _ in range(draw.randrange(4))}]
    return draw.choice(kinds)()


def check_made(check):
    """Lines of Zeek's and Suricata's JSON, keys in any order with anything beside them, blanks or none, as a plain parser reads them."""
    draw = check.random
    marks = {'ftp-data': 'ftp-data'}
    for tool in ('zeek', 'eve'):
        lines, expected = [], []
        shape = None
        for i in range(3000):
            peer, port = '198.51.100.%d' % draw.randrange(256), draw.randrange(1, 65536)
            host, sport = '192.0.2.%d' % draw.randrange(256), draw.randrange(1, 65536)
            answered, service, second = draw.random() < .7, draw.choice(('http', 'ftp-data')), 1548288000 + i
            if tool == 'zeek':
                history = draw.choice(('ShADad', '^h', 'Sh')) if answered else draw.choice(('S', 'Sr', 'D', ''))
                record = {'ts': second, 'id.orig_h': peer, 'id.orig_p': port, 'id.resp_h': host, 'id.resp_p': sport,
                          'proto': 'tcp', 'history': history, 'service': service}
                if draw.random() < .2:
                    record['id'] = {k[3:]: record.pop(k) for k in list(record) if k.startswith('id.')}
            else:
                record = {'timestamp': '2020-01-01T00:00:00.000000+0000', 'event_type': 'flow', 'src_ip': peer, 'src_port': port,
                          'dest_ip': host, 'dest_port': sport, 'proto': 'TCP', 'app_proto': service, 'vlan': [7, 8],
                          'flow': {'start': time.strftime('%Y-%m-%dT%H:%M:%S.000000+0000', time.gmtime(second)), 'age': 1},
                          'tcp': {'tcp_flags': '1b', 'tcp_flags_ts': '1b' if answered else '02', 'tcp_flags_tc': '1b' if answered else '14'}}
            if answered:
                expected.append((second * SECOND, host, sport, peer, port, marks.get(service, '')))
            for _ in range(draw.randrange(3)):
                record[draw.choice(('uid', 'conn_bytes', 'a key of which nobody has heard', 'in_iface', ''))] = filling(draw)
            # Mostly as the line before, so that what is remembered of it is used; some keys come behind forty others.
            if shape is None or draw.random() < .1:
                shape = [draw.random() for _ in range(40)], draw.choice(((',', ':'), (', ', ': '), (' ,\t', ' : '))), draw.random() < .1
            keys = [k for _, k in sorted(zip(shape[0], record))]
            whole = {f'key{n}': n for n in range(45)} if shape[2] else {}
            lines.append(json.dumps({**whole, **{k: record[k] for k in keys}}, separators=shape[1], ensure_ascii=draw.random() < .5))
        path = check.path(tool + '.json')
        with open(path, 'w') as out:
            out.write('\n'.join(lines) + '\n')
        read, account = check.records(path)
        check.equal(tool + ': sightings', [s for s in read if s not in expected] or len(read), len(expected))
        check.holds(tool + ': in that order', read == expected, '')
        check.holds(tool + ': the rest was nobody\'s answer', f'"other": {3000 - len(expected)},"undecided": 0,"malformed": 0' in account, account)


check = Imports()
{'export': check_export, 'argus': check_argus, 'nfdump': check_nfdump, 'nmap': check_nmap, 'made': check_made}[sys.argv[3]](check)
check.end()
