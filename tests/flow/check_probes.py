#!/usr/bin/env python3
"""
Version detection on loopback: what services say is told, on whatever port; a port is never lost; nobody keeps it longer than it
lets itself be kept.
usage: check_probes.py PROBE_PORTS
"""
import json
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import speakers
from speakers import DatagramSpeaker, Speaker, answers, says

PROBE_PORTS = os.path.abspath(sys.argv[1])
HAVE_TLS = 'tls' in os.environ.get('SEKIMORI_FEATURES', 'tls').split(',')
failures = checks = 0


def equal(what, got, expected, more=''):
    global failures, checks
    checks += 1
    if got != expected:
        failures += 1
        print(f'{what}: got {got!r}, expected {expected!r} {more}')


def ask(ports, limit_ms=20000, quiet_ms=300, protocol='tcp', files=None, host='127.0.0.1'):
    """Asks all of them at once. Returns port -> what was told."""
    lines = ''.join(f'{host} {protocol} {p}\n' for p in ports)
    run = subprocess.run([PROBE_PORTS, '-e', '-t', str(limit_ms), str(quiet_ms)], input=lines, capture_output=True, text=True,
                         timeout=120, preexec_fn=files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))))
    equal('it ends well', run.returncode, 0, run.stderr)
    told = {j['port']: j for j in map(json.loads, run.stdout.splitlines())}
    equal('each port is told', sorted(told), sorted(ports))
    return told


def words_of(j):
    """As a person reads it: "OpenSSH 8.7 (protocol 2.0)"."""
    text = ' '.join(x for x in (j['product'], j['version'], f"({j['extra']})" if j['extra'] else None) if x)
    return ('ssl/' if j['tls'] else '') + (j['name'] or '?') + (': ' + text if text else '')


def http(server, body=b''):
    head = f'HTTP/1.1 200 OK\r\nServer: {server}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n'
    return answers(head.encode() + body, only_to=b'GET / HTTP/1.')


ESCAPES = says(b'\x1b]0;you\x07\x1b[2Jhello\r\n')


def check_words():
    """What the services say, on ports where nobody expects them."""
    asked = [
        (says(b'SSH-2.0-OpenSSH_8.7\r\n'), 'ssh: OpenSSH 8.7 (protocol 2.0)'),
        (http('Apache/2.4.57 (CentOS Stream)'), 'http: Apache httpd 2.4.57 ((CentOS Stream))'),
        (http('Apache'), 'http: Apache httpd'),
        (says(b'@RSYNCD: 31.0\n'), 'rsync: rsync (protocol version 31)'),
        (says(b'5\0\0\0\x0a8.0.35\0' + bytes(46)), 'mysql: MySQL 8.0.35'),
        (answers(b'VERSION 1.6.18\r\n', only_to=b'version'), 'memcached: Memcached 1.6.18'),
        (answers(b'$70\r\n# Server\r\nredis_version:7.0.15\r\nos:Linux 6.1.0 x86_64\r\ntcp_port:6379\r\n\r\n', only_to=b'INFO'),
         'redis: Redis key-value store 7.0.15'),
        (speakers.redis, 'redis: Redis key-value store 7.2.4'),
        (answers(b'\x20\2\0\0\x31\x2c\0\x13$SYS/broker/versionmosquitto version 2.0.1', only_to=b'\x10'), 'mqtt: mosquitto 2.0.1'),
        (answers(b'AMQP\0\0\x09\x01', only_to=b'AMQP'), 'amqp: (protocol 0.9.1)'),
        (answers(b'RTSP/1.0 400 Bad Request\r\nServer: Cam/1.0\r\n\r\n'), 'rtsp: Cam 1.0'),
        # It says who it is only to those who said something first.
        (answers(b'220 ftp.example.org FTP server ready\r\n'), 'ftp'),
        (ESCAPES, '?'),
        (says(b'\0\0\0\0'), '?'),
        (speakers.silent, '?'),
        (lambda connection: None, '?'),
    ]
    servers = [Speaker(talk) for talk, _ in asked]
    # One that can talk to one at a time, as small devices do.
    servers.append(Speaker(http('Boa/0.94.14rc21'), alone=True))
    asked.append((None, 'http: Boa 0.94.14rc21'))
    told = ask([s.port for s in servers])
    for server, (_, expected) in zip(servers, asked):
        equal('it is told as', words_of(told[server.port]), expected, told[server.port])
        equal('it stays open', told[server.port]['open'], True)
    escapes = told[servers[[talk for talk, _ in asked].index(ESCAPES)].port]
    equal('evidence is word for word', bytes.fromhex(escapes['evidence']), b'\x1b]0;you\x07\x1b[2Jhello\r\n')


def check_tls(folder):
    path = speakers.certificate(folder) if HAVE_TLS else None
    if not path:
        print('without TLS: ' + ('no openssl' if HAVE_TLS else 'built without it'))
        return
    web = Speaker(speakers.within_tls(path, http('nginx/1.22.1')))
    shell = Speaker(speakers.within_tls(path, says(b'SSH-2.0-OpenSSH_9.2p1\r\n')))
    quiet = Speaker(speakers.within_tls(path, speakers.silent))
    mail = Speaker(speakers.smtp_with_starttls(path))
    plain = b'HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<title>400 The plain HTTP request was sent to HTTPS port</title>'
    both = Speaker(speakers.web_of_tls(path, http('nginx/1.22.1'), plain))
    told = ask([s.port for s in (web, shell, quiet, mail, both)])
    equal('http within, and a page without', words_of(told[both.port]), 'ssl/http: nginx 1.22.1')
    equal('http within', words_of(told[web.port]), 'ssl/http: nginx 1.22.1')
    equal('ssh within', words_of(told[shell.port]), 'ssl/ssh: OpenSSH 9.2p1 (protocol 2.0)')
    equal('silence within', words_of(told[quiet.port]), 'ssl/?')
    equal('mail', (words_of(told[mail.port]), told[mail.port]['hostname']), ('smtp', 'mail.example.org'))
    for server in (web, shell, quiet, mail):
        c = json.loads(told[server.port]['certificate'] or '{}')
        equal('its names', (c.get('subject'), c.get('issuer'), c.get('names'), c.get('self_signed'), c.get('key')),
              ('CN=www.example.org,O=Campus', 'CN=www.example.org,O=Campus', ['www.example.org', 'alt.example.org'], True, 'EC 256'))
        equal('its session', (c.get('version'), bool(c.get('cipher')), len(c.get('sha256', ''))), ('TLSv1.3', True, 64))


def check_hostile():
    """Within the limit, whatever they do."""
    limit = 3000
    servers = {'flood': Speaker(speakers.flood), 'drip': Speaker(speakers.drip(b'x')),
               'drip of a reply': Speaker(speakers.drip(b'220-\r\n')), 'endless': Speaker(speakers.endless_records),
               'silent': Speaker(speakers.silent)}
    began = time.monotonic()
    told = ask([s.port for s in servers.values()], limit_ms=limit)
    took = time.monotonic() - began
    if took > 3 * limit / 1000:
        equal('they are left in time', took, limit / 1000)
    # Left to itself, this would take several times five seconds.
    patient = ask([servers['silent'].port], limit_ms=500, quiet_ms=5000)
    equal('the limit is the port\'s', patient[servers['silent'].port]['ms'] < 5000, True, patient)
    for name, server in servers.items():
        equal(name + ' stays open', told[server.port]['open'], True)
    flooded = told[servers['flood'].port]
    equal('evidence is bounded', (flooded['evidence_bytes'], flooded['name']), (16384, None))


def check_many():
    """Many ports of one host: all told, and not all at once."""
    crowd = speakers.Crowd()
    servers = [Speaker(says(f'SSH-2.0-OpenSSH_9.{i}\r\n'.encode()), crowd=crowd) for i in range(200)]
    told = ask([s.port for s in servers])
    for i, server in enumerate(servers):
        equal('each has its own', told[server.port]['version'], f'9.{i}')
        equal('one connection is enough', server.connections, 1)
    # A server's thread may notice late that it was left: a few more than the limit of one host.
    equal('not all at once', 1 < crowd.most <= 48 + 24, True, crowd.most)
    # Where the system has no room for a socket, the port waits for one.
    told = ask([s.port for s in servers], files=24)
    equal('with room for a few files', sum(j['name'] == 'ssh' for j in told.values()), len(servers))


def check_late():
    """On its usual port a service may greet late: the others are asked meanwhile."""
    for _ in range(100):
        host = '127.%d.%d.%d' % (random.randrange(64, 255), random.randrange(256), random.randrange(1, 255))
        try:
            server = Speaker(speakers.greets_late(b'SSH-2.0-OpenSSH_7.4\r\n'), address=(host, 2222))
            break
        except OSError:  # somebody listens there
            continue
    told = ask([server.port], host=host)
    equal('one that greets late', words_of(told[server.port]), 'ssh: OpenSSH 7.4 (protocol 2.0)')


def check_closed():
    """A port that was found and is gone meanwhile stays what the scan said it was."""
    listener = socket.create_server(('127.0.0.1', 0))
    port = listener.getsockname()[1]
    listener.close()
    told = ask([port])
    equal('it stays open', (told[port]['open'], told[port]['name']), (True, None))


def dns(question):
    if question[2:4] != b'\0\0' or b'\x07version\x04bind' not in question:
        return None
    return question[:2] + b'\x84\0\0\1\0\1\0\0\0\0' + question[12:] + b'\xc0\x0c\0\x10\0\3\0\0\0\0\0\x0f\x0eunbound 1.17.1'


def check_datagrams():
    named, quiet = DatagramSpeaker(dns), DatagramSpeaker(lambda question: None)
    told = ask([named.port, quiet.port], protocol='udp')
    equal('a name server', (words_of(told[named.port]), told[named.port]['open']), ('domain: unbound 1.17.1', True))
    equal('one that says nothing', (told[quiet.port]['name'], told[quiet.port]['open']), (None, False))


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as s:
        return s.getsockname()[1]


def wait_for(port, process):
    for _ in range(500):
        try:
            socket.create_connection(('127.0.0.1', port), timeout=1).close()
            return True
        except OSError:
            if process.poll() is not None:
                return False
            time.sleep(0.02)
    return False


def check_real(folder):
    """Servers as they are, where they are installed."""
    key = f'{folder}/hostkey'
    if shutil.which('ssh-keygen'):
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key], check=True)
    os.makedirs('/run/sshd', exist_ok=True) if os.geteuid() == 0 else None
    real = {
        'ssh: OpenSSH': lambda p: ['/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', '-h', key, '-p', p, '-o', 'ListenAddress=127.0.0.1', '-o',
                                   'UsePAM=no', '-o', f'PidFile={folder}/sshd.pid'],
        'redis: Redis': lambda p: ['redis-server', '--port', p, '--bind', '127.0.0.1', '--save', '', '--dir', folder],
        'memcached: Memcached': lambda p: ['memcached', '-l', '127.0.0.1', '-p', p, '-U', '0', '-u', 'nobody'],
        'rsync: rsync': lambda p: ['rsync', '--daemon', '--no-detach', '--address=127.0.0.1', '--port', p, '--config=/dev/null'],
        'http: SimpleHTTPServer': lambda p: [sys.executable, '-m', 'http.server', p, '--bind', '127.0.0.1', '--directory', folder],
    }
    running = {}
    for expected, command in real.items():
        port = free_port()
        words = command(str(port))
        if not shutil.which(words[0]):
            print(f'without {words[0]}: not installed')
            continue
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if wait_for(port, process):
            running[port] = (expected, process)
        else:
            print(f'without {words[0]}: it does not start')
            process.kill()
    if running:
        told = ask(list(running))
        for port, (expected, process) in running.items():
            equal('a real one', words_of(told[port])[:len(expected)], expected)
            equal('its version', bool(told[port]['version']) or expected.startswith('rsync'), True, told[port])
            process.terminate()
            process.wait()


with tempfile.TemporaryDirectory(prefix='sekimori-probes-') as folder:
    check_words()
    check_tls(folder)
    check_hostile()
    check_many()
    check_late()
    check_closed()
    check_datagrams()
    check_real(folder)
print(f'{checks} checks, {failures} failures')
sys.exit(failures > 0)
