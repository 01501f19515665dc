#!/usr/bin/env python3
"""
sekimori scan against sockets that listen, in a network namespace of its own: a scanner and a target with a cable between
them, a filter that drops or rejects where nftables are there, loss, loopback; all forms of output, the store, an interrupted
scan that goes on.

    check_scan.py SEKIMORI
"""
import ctypes
import json
import os
import pty
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'netns'))

import netns  # noqa: E402
from harness import Check, has, sanitized, skip  # noqa: E402

A, B = '192.0.2.1', '192.0.2.2'
A6, B6 = '2001:db8:1::1', '2001:db8:1::2'
NET = ('--net', '192.0.2.0/24', '--net', '2001:db8:1::/48')
# Among them some of those that the system hands out, where a connection may meet itself.
OPEN = [22, 80, 443, 5000, 8080, 32800, 33000, 40000, 45000, 50000, 60000, 60999, 65535]
PEER = 'check_scan_peer.py'


class Target:
    """The other end of the cable, in another namespace: a process that listens and does what it is told."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(__file__), PEER)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = self.process.stdout.readline().strip()
        if said != 'ready':
            skip(said)

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def parse_grepable(text):
    """{address: {port: (state, service)}}"""
    hosts = {}
    for address, ports in re.findall(r'^Host: (\S+) \([^)]*\)\tPorts: ([^\t\n]*)', text, re.MULTILINE):
        fields = [p.split('/') for p in ports.split(', ') if p]
        hosts[address] = {int(f[0]): (f[1], f[4]) for f in fields}
    return hosts


def open_ports(check, *words, **more):
    """Of one scan: {address: sorted open ports}."""
    done = check.run('scan', '-oG', '-', *words, **more)
    return {a: sorted(p for p, (state, _) in ports.items() if state == 'open')
            for a, ports in parse_grepable(done.stdout).items()}


CHILDREN = {  # of the elements that we print, as nmap's DTD has them
    'nmaprun': {'scaninfo', 'verbose', 'debugging', 'host', 'runstats'},
    'host': {'status', 'address', 'hostnames', 'ports'},
    'hostnames': {'hostname'},
    'ports': {'extraports', 'port'},
    'extraports': {'extrareasons'},
    'port': {'state', 'service'},
    'service': {'cpe'},
    'runstats': {'finished', 'hosts'},
}
REQUIRED = {
    'nmaprun': {'scanner', 'args', 'start', 'startstr', 'version', 'xmloutputversion'},
    'scaninfo': {'type', 'protocol', 'numservices', 'services'},
    'status': {'state', 'reason', 'reason_ttl'},
    'address': {'addr', 'addrtype'},
    'hostname': {'name', 'type'},
    'extraports': {'state', 'count'},
    'extrareasons': {'reason', 'count'},
    'port': {'protocol', 'portid'},
    'state': {'state', 'reason', 'reason_ttl'},
    'service': {'name', 'conf', 'method'},
    'finished': {'time', 'timestr', 'elapsed', 'summary', 'exit'},
    'hosts': {'up', 'down', 'total'},
}


def check_dtd(check, element):
    check.equal('children of ' + element.tag, {c.tag for c in element} - CHILDREN.get(element.tag, set()), set())
    check.equal('attributes of ' + element.tag, REQUIRED.get(element.tag, set()) - set(element.attrib), set())
    for child in element:
        check_dtd(check, child)


def check_words(check):
    """What is refused before anything is sent."""
    for words, said in (((), 'which host?'), (('192.0.2.1',), "not in the site's networks"),
                        (('127.0.0.1', '192.0.2.0/30'), "192.0.2.0/30: not in the site's networks"),
                        (('-p', '70000', '127.0.0.1'), '"70000" is no port'), (('-sX', '127.0.0.1'), '-sX:'),
                        (('-sTS', '127.0.0.1'), 'one way'), (('-T9', '127.0.0.1'), '"9"'), (('-oQ', 'x', '127.0.0.1'), '-oQ'),
                        (('--rate', '-1', '127.0.0.1'), '--rate'),
                        (('--rate', '0.0009', '-p', '1', '127.0.0.1'), '"0.0009" is less than 0.001 packets'), (('--vantage', 'above', '127.0.0.1'), '"above"'),
                        (('-p', '1', '-F', '127.0.0.1'), '-p goes without'), (('--format', 'csv', '127.0.0.1'), '--format'),
                        (('127.0.0.1', '--exclude', '127.0.0.0/8'), 'nothing is left'), (('--top-ports', '0', '127.0.0.1'), '"0"'),
                        (('2001:db8::/32', '--outside-site'), 'more than 2^32'), (('-iL', '/nowhere', '::1'), '/nowhere'),
                        (('127.0.0.1-',), 'no range'), (('--nothing', '127.0.0.1'), '--nothing'),
                        (('192.0.2.1', '--outside-site'), 'scan-audit.log')):
        done = check.run('scan', *words, '--store', check.path('none'), status=2)
        check.has_words('scan %s' % (words,), done.stderr, said)
        check.equal('what scan %s prints' % (words,), done.stdout, '')
    check.has_words('nothing to go on with', check.run('scan', '--resume', '/nowhere/x', status=2).stderr, '/nowhere/x')


def listen(address, ports):
    sockets = []
    for port in ports:
        s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, port))
        s.listen(64)
        sockets.append(s)
    return sockets


def no_store(check):
    return '--store', check.path('none')


def check_loopback(check):
    """All ports, often: also those that are handed out. Nobody takes the connections: they wait, reset."""
    kept = listen('127.0.0.1', OPEN) + listen('::1', OPEN[:5])
    for i in range(10):
        check.equal('loopback, %d' % i, open_ports(check, *no_store(check), '-p-', '127.0.0.1'), {'127.0.0.1': OPEN})
    check.equal('loopback, IPv6', open_ports(check, *no_store(check), '-p-', '::1'), {'::1': OPEN[:5]})
    check.equal('both', open_ports(check, *no_store(check), '-p', '22,33000', '::1', '127.0.0.1'), {'::1': [22], '127.0.0.1': [22, 33000]})
    kept += listen('127.0.0.77', [25])
    expected = dict({'127.0.0.%d' % i: [] for i in range(1, 128)}, **{'127.0.0.1': [22, 80], '127.0.0.77': [25]})
    check.equal('many hosts', open_ports(check, *no_store(check), '-p', '1-100', '127.0.0.1-127'), expected)
    done = check.run('scan', *no_store(check), '--reason', '-p', '22-24', 'localhost')
    check.equal('the table', re.sub(r'in [\d.]+ seconds', 'in N seconds', done.stdout), '''\
localhost (127.0.0.1)
PORT    STATE   SERVICE  REASON
22/tcp  open    ssh      syn-ack
23/tcp  closed  telnet   conn-refused
24/tcp  closed  unknown  conn-refused

1 of 1 addresses up; scanned from inside the firewall in N seconds
''')
    check.has_words('without a store', done.stderr, 'is not kept')
    few = check.run('scan', *no_store(check), '-p-', '-oG', '-', '127.0.0.1', preexec_fn=lambda: limit_files(40))
    check.equal('with few descriptors', sorted(parse_grepable(few.stdout)['127.0.0.1']), OPEN)
    for s in kept:
        s.close()


def limit_files(n):
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))


def check_forms(check, folder):
    names = {letter: os.path.join(folder, 'scan.' + letter) for letter in 'NXGJ'}
    words = [w for letter, path in names.items() for w in ('-o' + letter, path)]
    done = check.run('scan', *NET, '--store', folder + '/store', *words, '192.0.2.0/30', '--top-ports', '500')
    text = {letter: open(path).read() for letter, path in names.items()}
    check.equal('the text', text['N'], done.stdout)
    check.equal('no file is left beside', sorted(n for n in os.listdir(folder) if n.startswith('scan.')),
                sorted(os.path.basename(p) for p in names.values()))
    root = ElementTree.fromstring(text['X'])
    check_dtd(check, root)
    of_xml = {h.find('address').get('addr'): {int(p.get('portid')): (p.find('state').get('state'), p.find('service').get('name')
                                                                     if p.find('service') is not None else '') for p in h.iter('port')}
              for h in root.iter('host')}
    of_json = {h['address']: {p['port']: (p['state'], p['service']) for p in h['ports']} for h in json.loads(text['J'])['hosts']}
    check.equal('XML and JSON', of_xml, of_json)
    check.equal('grepable and JSON', parse_grepable(text['G']), of_json)
    check.equal('hosts', sorted(of_json), [A, B])
    check.equal('hosts in XML', root.find('runstats/hosts').attrib, {'up': '2', 'down': '2', 'total': '4'})
    services = int(root.find('scaninfo').get('numservices'))
    for h in root.iter('host'):
        counted = sum(int(e.get('count')) for e in h.iter('extraports'))
        check.equal('ports of %s' % h.find('address').get('addr'), counted + len(list(h.iter('port'))), services)
        for e in h.iter('extraports'):
            check.equal('reasons', sum(int(r.get('count')) for r in e), int(e.get('count')))
    return folder + '/store'


def check_kept(check, store, target):
    """What was found is in the store, and host tells it; a later scan that does not find it, too."""
    said = check.run('host', '--store', store, B).stdout
    check.has_words('host', said, '1 scan found it', '22/tcp', 'open', 'inside')
    target.tell('close', 22)
    check.run('scan', '--store', store, '--vantage', 'outside', '-p', '80', B)
    check.run('scan', '--store', store, '-p', '20-60', B)
    said = check.run('host', '--store', store, B).stdout
    rows = [line.split() for line in said.splitlines() if '/tcp' in line]
    check.equal('the latest words', [(r[0], r[1], r[2], r[5]) for r in rows if r[0] in ('22/tcp', '80/tcp')],
                [('22/tcp', 'closed', 'ssh', 'inside'), ('80/tcp', 'open', 'http', 'inside'), ('80/tcp', 'open', 'http', 'outside')])
    check.has_words('how many', said, '3 scans found it')
    check.has_words('another host', check.run('host', '--store', store, '192.0.2.77').stdout, 'never seen answering')
    target.tell('open', B, 22)
    check.run('verify', '--store', store)
    check.run('verify', '--rebuild', '--store', store)
    check.has_words('after a rebuild', check.run('host', '--store', store, B).stdout, '3 scans found it')


def check_scope(check, store, folder):
    """Outside only when told, and then it is written down; what is excluded is never asked."""
    log = os.path.join(store, 'scan-audit.log')
    words = ['scan', '--store', store, '-T5', '-Pn', '-p', '22']
    check.run(*words, '198.51.100.1', status=2)
    check.holds('nothing noted', not os.path.exists(log))
    for _ in range(2):
        check.run(*words, '198.51.100.1', '127.0.0.1', B, '--outside-site', status=0)
    noted = [json.loads(line) for line in open(log)]
    check.equal('what was noted', [(n['outside'], n['hosts'], n['ports'], n['uid']) for n in noted], 2 * [('198.51.100.1', 1, 1, os.getuid())])
    check.has_words('the words', noted[0]['arguments'], '--outside-site', '198.51.100.1')
    check.run('verify', '--store', store)
    if not has('inih'):
        return  # hosts are excluded by the configuration file, or by --exclude, which is tried above
    config = os.path.join(folder, 'excluded.conf')
    with open(config, 'w') as f:
        f.write('[excluded]\n%s = honeypot\n' % B)
    done = check.call('scan', '--config', config, '--store', store, '-p', '22', '%s-2' % A)
    if done.returncode == 0:
        check.holds('the excluded host', B not in done.stdout and A in done.stdout, done.stdout)
        check.run('scan', '--config', config, '--store', store, '-p', '22', B, status=2)
    else:
        check.fail('the configuration', done.stderr, '')


def check_filtered(check, target):
    words = [*NET, '--store', check.path('filtered'), '-p', '1-3000']
    if target.tell('filter', 'tcp dport 1000-1999 drop; tcp dport 2000-2029 reject with icmp admin-prohibited') != 'done':
        print('without nftables: nothing is filtered')
        return
    done = check.run('scan', *words, B)
    # The kernel says so a few times a second: the others are silent.
    counted = {reason: int(n.replace(',', '')) for n, reason in re.findall(r'([\d,]+) tcp ports filtered \((.*)\)', done.stdout)}
    check.equal('what is dropped, and rejected', (sum(counted.values()), sorted(counted)), (1030, ['admin-prohibited', 'no-response']))
    check.has_words('what is open beside', done.stdout, '80/tcp   open')
    target.tell('filter', 'numgen random mod 4 0 drop')
    for i in range(3):
        check.equal('with a loss of a quarter, %d' % i, open_ports(check, *NET, '--store', check.path('filtered'), '-p', '1-9000', B),
                    {B: [p for p in OPEN if p <= 9000]})
    # What rejects by ICMP is a filter, and not the host that says so.
    target.tell('filter', 'tcp dport 7 reject')
    done = check.run('scan', *NET, '--store', check.path('filtered'), '--reason', '-p', '7,9', B)
    check.has_words('a rejected port, and a closed one', done.stdout, '7/tcp  filtered  echo     port-unreach',
                    '9/tcp  closed    discard  conn-refused')
    target.tell('filter', 'tcp flags syn drop')
    done = check.run('scan', *NET, '--store', check.path('filtered'), '-p', '22', B)
    check.has_words('one that says nothing', done.stdout, '0 of 1 addresses up')
    done = check.run('scan', *NET, '--store', check.path('filtered'), '-Pn', '-p', '22', B)
    check.has_words('one that is said to be up', done.stdout, '22/tcp  filtered  ssh')
    target.tell('filter')


def check_resume(check, target):
    """Interrupted, it goes on, and the end is as if nothing had been."""
    state = check.path('state')
    words = [*NET, '--store', check.path('resumed'), '-p', '1-20000', '--rate', '4000', B]
    before = int(target.tell('count'))
    process = subprocess.Popen([check.sekimori, 'scan', '--resume', state, '-v', *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, env=check.environment)
    for line in process.stderr:
        if line.startswith('open:'):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    check.equal('status when interrupted', process.returncode, 2, err)
    check.has_words('what it says', out, 'interrupted: not all was asked')
    check.holds('the state', os.path.exists(state))
    check.run('scan', '--resume', state, '-p', '1', '--store', check.path('resumed'), B, status=2)
    done = check.run('scan', '--resume', state)
    told = re.findall(r'^(\d+)/tcp +open', done.stdout, re.MULTILINE)
    check.equal('open ports after all', [int(p) for p in told], [p for p in OPEN if p <= 20000], done.stderr)
    check.has_words('all are told', done.stdout, 'not listed: %s tcp ports closed' % format(20000 - len(told), ','))
    check.holds('the state is gone', not os.path.exists(state))
    # Each open port once, and in both runs those that show whether the host is there.
    check.holds('no port is asked twice', int(target.tell('count')) - before <= len(told) + 2 * 4, (before, target.tell('count')))


def check_asked_once(check):
    """A SYN scan that goes on asks only what is not told yet, and its status says how far it is."""
    def sent():
        with open('/proc/self/net/dev') as f:
            return next(int(line.split()[10]) for line in f if line.strip().startswith('scan0:'))
    state, ports, before = check.path('state-syn'), 16000, sent()
    words = [*NET, '--store', check.path('resumed'), '-sS', '-p', '1-%d' % ports, '--rate', '8000', B]
    pid, main = pty.fork()
    if pid == 0:
        os.execve(check.sekimori, [check.sekimori, 'scan', '--resume', state, *words], check.environment)
    while sent() - before < ports / 2:
        time.sleep(.005)
    os.write(main, b' ')
    said = b''
    while b'of 16,000 ports' not in said:
        said += os.read(main, 4096)
    part = float(re.search(rb'SYN scan: ([0-9.]+) %', said)[1])
    check.holds('how far it is', 30 < part < 100, said)
    os.kill(pid, signal.SIGINT)
    try:
        while os.read(main, 4096):
            pass
    except OSError:
        pass  # it has ended
    check.equal('status when interrupted', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 2)
    os.close(main)
    done = check.run('scan', '--resume', state)
    told = re.findall(r'^(\d+)/tcp +open', done.stdout, re.MULTILINE)
    check.equal('open ports after all', [int(p) for p in told], [p for p in OPEN if p <= ports], done.stderr)
    # One in sixteen is a known answer; asked anew, it would be half as many again.
    check.holds('what is told is not asked again', sent() - before < 1.25 * ports, sent() - before)


def check_excluded_name(check):
    """Who excludes a name means the host: none of its addresses is asked, of whichever family."""
    hosts = check.path('hosts')
    with open(hosts, 'w') as f:
        f.write('192.0.2.3 twofold\n%s twofold\n%s twofold\n' % (B, B6))
    within = ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts]
    if subprocess.run([*within, 'true'], capture_output=True).returncode != 0:
        return
    done = subprocess.run([*within, check.sekimori, 'scan', *NET, '--store', check.path('excluded'), '-p', '22', '--exclude', 'twofold', B, B6],
                          capture_output=True, text=True, env=check.environment)
    check.equal('status with all excluded', done.returncode, 2, done.stdout)
    check.has_words('a name is all its addresses', done.stderr, 'nothing is left')


def check_terminal(check):
    """Keys are not shown while it runs; two signals end it at once, and the terminal is as it was."""
    pid, main = pty.fork()
    if pid == 0:
        os.execve(check.sekimori, [check.sekimori, 'scan', '--store', check.path('terminal'), '-p-', '--rate', '1', '127.0.0.1'],
                  check.environment)

    def shows_keys():
        return termios.tcgetattr(main)[3] & termios.ECHO

    end = time.monotonic() + 60
    while shows_keys() and time.monotonic() < end:
        time.sleep(.01)
    check.holds('keys are not shown', not shows_keys())
    # Both at the same time: the one finds that the other has been.
    for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
        os.kill(pid, number)
    status = os.waitpid(pid, 0)[1]
    check.holds('it ends at once', os.WIFSIGNALED(status), status)
    check.holds('keys are shown again', shows_keys())
    os.close(main)


def check_udp(check, target):
    """What answers by UDP; the answer is kept. A host that is up, and silent by UDP."""
    target.tell('answer', B, '9999')
    store = check.path('udp')
    done = check.run('scan', *NET, '--store', store, '-sTU', '-p', 'T:22,U:9998,9999', B)
    check.has_words('a service that answers', done.stdout, '9999/udp  open')
    rows = check.run('sql', '--store', store, '--format', 'csv', 'SELECT hex(evidence) FROM kept_scan_port WHERE port = 9999').stdout
    check.has_words('its answer, word for word', rows, '1B5B33316D7265641B5B306D003C623E26')
    asked = int(target.tell('asked'))
    state = check.path('state-udp')
    words = [*NET, '--store', store, '-sSU', '-p', 'T:22,80,443,U:9999', '-v', B]
    process = subprocess.Popen([check.sekimori, 'scan', '--resume', state, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, env=check.environment)
    for line in process.stderr:
        if line.startswith('open:'):
            break
    process.send_signal(signal.SIGINT)
    process.communicate()
    # As if it had been interrupted when TCP was done, and UDP was not; then, when UDP had answered.
    with open(state) as f:
        text = f.read()
    check.has_words('how far it is', text, 'settled-udp 0')
    text = re.sub(r'(?m)^settled \d+$', 'settled 3', re.sub(r'(?m)^(port|told) udp .*\n', '', text))
    for more in ('', 'port udp 9999 open udp-response 64 1000\ntold udp open udp-response 9999\n'):
        with open(state, 'w') as f:
            f.write(text.replace('end\n', more + 'end\n'))
        done = check.run('scan', '--resume', state)
        check.has_words('UDP is asked after all', done.stdout, '9999/udp  open')
        check.holds('it was asked', int(target.tell('asked')) > asked)
        asked = int(target.tell('asked'))
        rows = check.run('sql', '--store', store, '--format', 'csv',
                         'SELECT hex(evidence) FROM kept_scan_port WHERE port = 9999 ORDER BY scan DESC LIMIT 1').stdout
        check.has_words('its answer, after it went on', rows, '1B5B33316D7265641B5B306D003C623E26')
    if target.tell('filter', 'meta l4proto udp drop') != 'done':
        return
    done = check.run('scan', *NET, '--store', store, '-sTU', '-p', 'T:22,U:9000-9099', B)
    check.has_words('silent by UDP, and up', done.stdout, 'not listed: 100 udp ports open|filtered')
    target.tell('filter')


def status_of(pid):
    """What the kernel says of the rights of a process."""
    with open('/proc/%d/status' % pid) as f:
        said = dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line)
    return {'user': said['Uid'].split()[1], 'confined': said['NoNewPrivs'] == '1' and said['CapPrm'].strip('0') == '',
            'rights': [said[c] for c in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb', 'CapBnd') if int(said[c], 16)]}


def listener_of(process):
    """The child that is confined by now, its rights, and what it has open but sockets and the like."""
    while process.poll() is None:
        with open('/proc/%d/task/%d/children' % (process.pid, process.pid)) as f:
            children = [int(c) for c in f.read().split()]
        for child in children:
            status = status_of(child)
            if status['confined']:
                files = [os.readlink('/proc/%d/fd/%s' % (child, fd)) for fd in os.listdir('/proc/%d/fd' % child)]
                return child, status, {f for f in files if f.startswith('/')}
        time.sleep(0.01)
    return None, None, set()


def check_rights(check):
    """Who hears what is said has no rights, no file and no capability, whatever way is asked."""
    store = check.path('rights')
    nobody = str(pwd.getpwnam('nobody').pw_uid)
    ways = [('-sT', '--rate', '30', '-p', '1-3000'), ('-sS', '--rate', '30', '-p', '1-3000'), ('-sU', '--rate', '5', '-p', '1-3000')]
    if has('versions'):
        ways.append(('-sTV', '-p', '22', '--rate', '1'))
    for words in ways:
        process = subprocess.Popen([check.sekimori, 'scan', *NET, '--store', store, '-Pn', *words, B], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=check.environment)
        _, status, files = listener_of(process)
        check.equal('rights of who listens, %s' % words[0], status,
                    {'user': nobody, 'confined': True, 'rights': []})
        check.equal('files of who listens, %s' % words[0], files - {'/dev/null'}, set())
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
        check.holds('no way but the one that was asked for: ' + said, 'instead' not in said)
    # Who started it may end at any time: then it ends, too.
    process = subprocess.Popen([check.sekimori, 'scan', *NET, '--store', store, '-Pn', '-sS', '--rate', '30', '-p', '1-3000', B],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=check.environment)
    child = listener_of(process)[0]
    check.holds('it listens', child is not None)
    process.kill()
    process.wait()
    while os.path.exists('/proc/%d' % child) and status_of(child)['confined']:
        time.sleep(0.01)  # an orphan that goes on lets the test run into its time limit


def run(check):
    # Nothing of this goes anywhere else, nor into another store than ours, whatever is wrong.
    netns.enter()
    check_words(check)
    check_loopback(check)
    check_terminal(check)
    target = Target()
    netns.ip('link', 'add', 'scan0', 'type', 'veth', 'peer', 'name', 'scan1', 'netns', str(target.process.pid))
    for name, value in (('disable_ipv6', '0'), ('accept_dad', '0')):
        with open('/proc/sys/net/ipv6/conf/scan0/' + name, 'w') as f:
            f.write(value)
    netns.ip('addr', 'add', A + '/24', 'dev', 'scan0')
    netns.ip('addr', 'add', A6 + '/64', 'dev', 'scan0', 'nodad')
    netns.ip('link', 'set', 'scan0', 'up')
    check.equal('the other end', target.tell('address', 'scan1', B + '/24', B6 + '/64'), 'done')
    for port in OPEN:
        target.tell('open', B, port)
        target.tell('open', B6, port)
    store = check_forms(check, check.folder)
    for i in range(1 if sanitized() else 10):
        check.equal('all ports, %d' % i, open_ports(check, *NET, '--store', store, '-p-', B), {B: OPEN})
    check.equal('IPv6', open_ports(check, *NET, '--store', store, '-p-', B6), {B6: OPEN})
    shutil.rmtree(store)
    store = check_forms(check, check.folder)
    check_kept(check, store, target)
    check_scope(check, store, check.folder)
    check_resume(check, target)
    check_asked_once(check)
    check_udp(check, target)
    check_excluded_name(check)
    check_rights(check)
    check_filtered(check, target)
    target.end()


check = Check()
run(check)
check.end()
