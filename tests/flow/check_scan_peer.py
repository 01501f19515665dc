#!/usr/bin/env python3
"""The target of check_scan.py: listens in a network namespace of its own, as it is told on standard input."""
import os
import select
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'netns'))

import netns  # noqa: E402

listening = {}
answering = []
asked = 0
accepted = 0
# Neither a protocol's answer nor text: escapes that a terminal would obey.
ANSWER = b'\x1b[31mred\x1b[0m\x00<b>&'


def obey(words):
    if words[0] == 'address':
        for name, value in (('disable_ipv6', '0'), ('accept_dad', '0')):
            with open('/proc/sys/net/ipv6/conf/%s/%s' % (words[1], name), 'w') as f:
                f.write(value)
        for address in words[2:]:
            netns.ip('addr', 'add', address, 'dev', words[1], *(['nodad'] if ':' in address else []))
        netns.ip('link', 'set', words[1], 'up')
    elif words[0] == 'open':
        s = socket.socket(socket.AF_INET6 if ':' in words[1] else socket.AF_INET)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((words[1], int(words[2])))
        s.listen(64)
        s.setblocking(False)
        listening.setdefault(int(words[2]), []).append(s)
    elif words[0] == 'answer':
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((words[1], int(words[2])))
        answering.append(s)
    elif words[0] == 'close':
        for s in listening.pop(int(words[1])):
            s.close()
    elif words[0] == 'count':
        return str(accepted)
    elif words[0] == 'asked':
        return str(asked)
    elif words[0] == 'filter':
        if not shutil.which('nft'):
            return 'no nft'
        rules = '\n'.join(' '.join(words[1:]).split(';'))
        script = 'flush ruleset\ntable inet scan {\n chain in {\n  type filter hook input priority 0\n  meta l4proto icmpv6 accept\n%s\n }\n}\n'
        done = subprocess.run(['nft', '-f', '-'], input=script % rules, text=True, capture_output=True)
        return done.stderr.strip().replace('\n', ' ') or 'done'
    return 'done'


netns.enter()
print('ready', flush=True)
lines = b''
while True:
    ready = select.select([0] + [s for some in listening.values() for s in some] + answering, [], [])[0]
    for s in ready:
        if s in answering:
            asked += 1
            s.sendto(ANSWER, s.recvfrom(65536)[1])
        elif s != 0:
            try:
                s.accept()[0].close()
                accepted += 1
            except OSError:
                pass  # it was reset before
    if 0 in ready:
        got = os.read(0, 4096)
        if not got:
            break
        lines += got
        while b'\n' in lines:
            line, lines = lines.split(b'\n', 1)
            print(obey(line.decode().split()), flush=True)
