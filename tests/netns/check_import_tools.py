#!/usr/bin/env python3
"""
The real nmap and masscan, asked in many ways, and their several forms of the same results: what is read of each is held against the
others, against what listens, and against what a plain parser finds in nmap's XML.

    check_import_tools.py SEKIMORI IMPORT_DUMP

Exit status 77: no root, no network namespaces, no nmap or no masscan.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'flow'))

from harness import Check, skip  # noqa: E402
from lines import Line, OUT4, SITE4, within  # noqa: E402

FEATURES = os.environ.get('SEKIMORI_FEATURES', 'expat,yajl').split(',')
READ = {'X': 'expat', 'J': 'yajl', 'D': 'yajl'}  # what a form needs
OPEN = (22, 80)
MASSCAN = {(22, 'tcp', 'open'), (80, 'tcp', 'open'), (81, 'tcp', 'closed'), (443, 'tcp', 'closed'), (53, 'udp', 'open')}
NMAP = ('-sS -p 22,80-90', '-sS -v -p 1-200', '-sT --open -p 20-25,80', '-sU -p 50-55', '-sS -sU -p T:22,80-81,U:53-60',
        '-sS -sU -v -p T:1-100,U:53-80', '-sS -sY -p T:80,S:80', '-sA -p 22,80', '-sF -p 22,81', '-sO -p 1,6,17', '-sn',
        '-sS -sV --version-light --reason -p 22,81', '-sS -d -O -p 22,81')
ZONE = 'Asia/Tokyo'  # masscan's grepable form is in UTC wherever it runs


def answer(udp):
    """A name server that knows nothing."""
    while True:
        words, peer = udp.recvfrom(4096)
        udp.sendto(words[:2] + b'\x81\x82' + words[4:], peer)


class Tools(Check):
    def __init__(self):
        super().__init__()
        self.dump = os.path.abspath(sys.argv[2])
        self.line = Line()
        self.listeners = [within(self.line.site, lambda p=p: socket.create_server((SITE4, p), backlog=128)) for p in OPEN]
        udp = within(self.line.site, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind((SITE4, 53))
        threading.Thread(target=answer, args=(udp,), daemon=True).start()

    def run(self, *words):
        done = subprocess.run(['ip', 'netns', 'exec', self.line.out, 'env', 'TZ=' + ZONE, *words], capture_output=True, text=True,
                              timeout=200, stdin=subprocess.DEVNULL, cwd=self.folder)
        if done.returncode:
            self.fail(' '.join(words), done.returncode, 0, done.stderr)

    def read(self, name):
        """(number, protocol, state) of each port with the service's name, what was not listed, and the run; None: not with this build."""
        done = subprocess.run([self.dump, 'scan', self.path(name)], capture_output=True, text=True, env={**self.environment, 'TZ': ZONE})
        if READ.get(name[-1].upper()) not in (None, *FEATURES):
            return None
        self.equal(name + ': read', (done.returncode, done.stderr), (0, ''))
        ports, rest, run = {}, {}, {}
        for line in done.stdout.splitlines():
            f = line.split(' ', 8)
            if f[0] == 'port':
                service = json.loads(f[8])['name'] if '-s' in name else None
                ports[int(f[2]), f[3], f[4]] = service or ports.get((int(f[2]), f[3], f[4]))
            elif f[0] == 'rest':
                rest[f[2], f[3]] = rest.get((f[2], f[3]), 0) + int(f[4])
            elif f[0] == 'run':
                run = json.loads(line[4:])
        return ports, rest, run

    def masscan(self):
        mac = json.loads(subprocess.run(['ip', '-json', '-n', self.line.site, 'link', 'show', 'eth0'], check=True,
                                        capture_output=True).stdout)[0]['address']
        device = json.loads(subprocess.run(['ip', '-json', '-n', self.line.out, 'route', 'get', SITE4], check=True,
                                           capture_output=True).stdout)[0]['dev']
        scan = ['masscan', SITE4, '-p22,80-81,443,U:53', '--ping', '--rate', '1000', '--wait', '1', '--interface', device,
                '--source-ip', OUT4, '--router-mac', mac]
        for form in ('B', 'G'):
            self.run(*scan, '--show', 'open,closed', '-o' + form, 'masscan.' + form)
        run = self.read('masscan.G')[2]
        times = [int(t) * 10**9 for t in re.findall(r'Timestamp: (\d+)', open(self.path('masscan.G')).read())]
        self.equal('masscan -oG: in UTC', [t for t in times if not run['start_ns'] <= t <= run['end_ns']], [])
        for form in 'JDLGX':
            self.run('masscan', '--readscan', 'masscan.B', '--show', 'open,closed', '-o' + form, 'again.' + form)
            read = self.read('again.' + form)
            if read:
                self.equal(f'masscan -o{form}', set(read[0]), MASSCAN)
                self.equal(f'masscan -o{form}: a ping is no port', read[2]['skipped'], 1)
        covered = subprocess.run([self.dump, 'scan', self.path('masscan.G')], capture_output=True, text=True).stdout
        self.equal('masscan -oG: covered', re.findall('covered (.*)', covered), ['tcp 22', 'tcp 80-81', 'tcp 443', 'udp 53'])

    def plain(self, name):
        """nmap's XML as a plain parser has it."""
        ports, rest = set(), {}
        for host in xml.etree.ElementTree.parse(self.path(name)).getroot().iter('host'):
            for port in host.iter('port'):
                if port.get('protocol') != 'ip':
                    ports.add((int(port.get('portid')), port.get('protocol'), port.find('state').get('state')))
            for more in host.iter('extraports'):
                rest[more.get('state')] = rest.get(more.get('state'), 0) + int(more.get('count'))
        return ports, rest

    def nmap(self):
        for i, words in enumerate(NMAP):
            name = f'nmap-s{i}'
            self.run('nmap', '-n', '-T5', '--max-retries', '1', *words.split(), '-oX', name + '.x', '-oG', name + '.g', SITE4)
            plain, plain_rest = self.plain(name + '.x')
            grepable, rest, run = self.read(name + '.g')
            self.holds(words + ': ended, and when', run['ended'] and 0 < run['start_ns'] <= run['end_ns'], run)
            self.equal(words + ': grepable', set(grepable), plain)
            of_xml = self.read(name + '.x')
            if not of_xml:
                continue
            self.equal(words + ': XML', set(of_xml[0]), plain)
            self.equal(words + ': XML, the same services', of_xml[0], grepable)
            counted = {}
            for (_, state), n in of_xml[1].items():
                counted[state] = counted.get(state, 0) + n
            # -sO: of protocols, not of ports.
            self.equal(words + ': XML, not listed', counted, {} if '-sO' in words else plain_rest)
            # Of several states the grepable form has one.
            self.equal(words + ': grepable, not listed', [r for r in rest if r not in of_xml[1]], [])
            self.holds(words + ': the same run', [run[k] // 10**9 for k in ('start_ns', 'end_ns')] ==
                       [of_xml[2][k] // 10**9 for k in ('start_ns', 'end_ns')], f'{run} {of_xml[2]}')


def main():
    if not (shutil.which('nmap') and shutil.which('masscan')):
        skip('nmap or masscan is not installed')
    check = Tools()
    check.masscan()
    check.nmap()
    check.end()


main()
