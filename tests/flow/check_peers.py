#!/usr/bin/env python3
"""
Whose knocking counts: what is said of known scanners alone, and of all others, is what is said of a store that has
nothing but their traffic.
"""
import json
import os
import re

from harness import NETS, Check, has, sanitized, skip
from traffic import SECOND, SYN, Traffic, pcap, write

DAY = 86400
START = 1552521600  # 2019-03-14T00:00:00Z
DAYS = 9
RECORDS = 1500 if sanitized() else 6000
SCANNERS = ('203.0.113.64/26', '198.51.100.7', '2a00:1:2::40/122')
NAMES = ('the yearly scan', 'a search engine', 'a partner')
CONFIG = '\n'.join(['[site]', 'networks = ' + ' '.join(NETS), 'timezone = Asia/Kolkata', '[scanners]'] +
                   ['%s = %s' % both for both in zip(SCANNERS, NAMES)]) + '\n'


def is_scanner(peer):
    if ':' in peer:
        return 0x40 <= int(peer.split(':')[-1], 16) < 0x80
    a, _, _, d = peer.split('.')
    return peer == '198.51.100.7' or (a == '203' and 64 <= int(d) < 128)


def knocks(check):
    """(seconds, host, port, peer, peer port): hosts that only scanners reach, that only others reach, and both."""
    rng = check.random
    hosts = ['192.0.2.%d' % i for i in range(1, 30)] + ['2001:db8:1::%x' % i for i in range(1, 9)]
    peers = ['203.0.113.%d' % i for i in range(256)] + ['198.51.100.7'] * 90 + ['2a00:1:2::%x' % i for i in range(200)] + ['192.0.2.200']
    for _ in range(RECORDS):
        host = rng.choice(hosts)
        peer = rng.choice([p for p in peers[rng.randrange(5)::5] if (':' in p) == (':' in host)])
        port = rng.choice((22, 25, 80, 443, 8443)) if not is_scanner(peer) else rng.choice((80, 443, 8443, 9999, 10000))
        peer_port = 20 if rng.random() < 0.05 else rng.randrange(1024, 65000)
        if peer_port == 20 and not is_scanner(peer):
            port = rng.randrange(50000, 50040)
        yield START + rng.randrange(DAYS * DAY), host, port, peer, peer_port


def capture(path, chosen):
    """Where a capture begins and ends is the same in all of them."""
    traffic = Traffic(0)
    for seconds, host, port, peer, peer_port in sorted(chosen):
        traffic.now = seconds * SECOND
        traffic.synack(host, port, peer, peer_port)
    ends = Traffic(0)
    for seconds in (START - 1, START + DAYS * DAY):
        ends.now = seconds * SECOND
        ends.tcp('203.0.113.1', 40000, '192.0.2.1', 4, SYN)
    return write(path, pcap(traffic.merged([ends]).frames))


QUESTIONS = [
    ('list', ['list', '--format', 'csv']),
    ('all of the list', ['list', '--format', 'csv', '--include', 'all']),
    ('a time of the list', ['list', '--format', 'csv', '--since', '2019-03-16T04:10', '--at', '2019-03-20']),
    ('list as json', ['list', '--format', 'json', '--include', 'ftp-data']),
    ('records', ['export', '--records']),
    ('all records', ['export', '--records', '--include', 'all', '--format', 'json']),
    ('services', ['export', '--services']),
    ('report', ['report', '--format', 'json', '2019-03']),
    ('report of days', ['report', '--format', 'json', '2019-03-17..2019-03-19', '--include', 'all']),
    ('report as text', ['report', '--lang', 'en', '2019-03']),
    ('host', ['host', '192.0.2.7']),
    ('host as json', ['host', '--format', 'json', '2001:db8:1::3']),
]


def without_head(name, text):
    """What says whose knocking counts."""
    return re.sub(r'"(peers_of|made)": "[^"]*"', '', re.sub(r'.*known scanners.*\n', '', text))


def compare(check, config, whole, part, who):
    for name, words in QUESTIONS:
        asked = [words[0], '--store', whole.dir, '--config', config, '--peers', who, *words[1:]]
        got = check.run(*asked).stdout
        expected = check.run(words[0], '--store', part.dir, '--config', config, *words[1:]).stdout
        check.equal('%s of %s' % (name, who), without_head(name, got), without_head(name, expected))


def stores(check, config):
    everything = list(knocks(check))
    chosen = {'all': everything, 'scanners': [k for k in everything if is_scanner(k[3])],
              'others': [k for k in everything if not is_scanner(k[3])]}
    made = {}
    for who, frames in chosen.items():
        made[who] = check.store()
        check.run('read', '--store', made[who].dir, '--config', config, capture(check.path(who + '.pcap'), frames))
    return made


def check_words(check, store, config):
    none = check.path('none.conf')
    with open(none, 'w', encoding='utf-8') as f:
        f.write('[site]\nnetworks = %s\n' % ' '.join(NETS))
    said = check.run('list', '--store', store.dir, '--config', none, '--peers', 'scanners', status=2).stderr
    check.has_words('no scanner is known', said, '[scanners]', none)
    said = check.run('list', '--store', store.dir, '--config', config, '--peers', 'friends', status=2).stderr
    check.has_words('a wrong word', said, 'friends', 'scanners', 'others')
    with open(none, 'a', encoding='utf-8') as f:
        f.write('[scanners]\n203.0.113.300 = mistyped\n')
    said = check.run('list', '--store', store.dir, '--config', none, status=2).stderr
    check.has_words('a wrong address', said, 'none.conf:4', '203.0.113.300')


def check_nothing_stays(check, store, config):
    """A question about some is no reason to count anew for the next one about all."""
    before = store.list(include='')
    catalogue = os.stat(os.path.join(store.dir, 'catalogue.sqlite'))
    check.run('list', '--store', store.dir, '--config', config, '--peers', 'others')
    after = os.stat(os.path.join(store.dir, 'catalogue.sqlite'))
    check.equal('the catalogue is as it was', (after.st_mtime_ns, after.st_size), (catalogue.st_mtime_ns, catalogue.st_size))
    check.equal('the list is as it was', store.list(include=''), before)


def main():
    check = Check()
    if not has('inih'):
        skip('known scanners stand in the configuration file, which this build does not read')
    config = check.path('site.conf')
    with open(config, 'w', encoding='utf-8') as f:
        f.write(CONFIG)
    made = stores(check, config)
    for who in ('scanners', 'others'):
        compare(check, config, made['all'], made[who], who)
        compare(check, config, made[who], made[who], who)
    rows = {who: json.loads(check.run('list', '--store', made['all'].dir, '--config', config, '--peers', who, '--format', 'json').stdout)
            for who in ('all', 'scanners', 'others')}
    check.equal('packets add up', sum(r['packets'] for r in rows['all']),
                sum(r['packets'] for who in ('scanners', 'others') for r in rows[who]))
    named = check.run('sql', '--store', made['all'].dir, '--config', config, '--format', 'csv',
                      'SELECT DISTINCT scanner(daddr) FROM sighting WHERE scanner(daddr) IS NOT NULL ORDER BY 1').stdout
    check.equal('scanners have names in SQL', named.splitlines()[1:], sorted(NAMES))
    check_nothing_stays(check, made['all'], config)
    check_words(check, made['all'], config)
    check.end()


main()
