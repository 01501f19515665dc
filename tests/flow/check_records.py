#!/usr/bin/env python3
"""Other tools' records read into a store: what they say is what `list` says; again, grown, in pieces, from a pipe, with mistakes."""
import os

from harness import NETS, Check
from traffic import SECOND, Traffic, pcap, write

START = 1546300800  # 2019-01-01T00:00:00Z
ZEEK = ['#separator \\x09', '#set_separator\t,', '#empty_field\t(empty)', '#unset_field\t-', '#path\tconn',
        '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\thistory']


def connections(check):
    """(seconds, host, port, peer, peer port, answered): of the site, of others, refused ones."""
    rng = check.random
    hosts = ['192.0.2.%d' % i for i in range(1, 20)] + ['2001:db8:1::%x' % i for i in range(1, 6)] + ['198.51.100.9']
    for _ in range(4000):
        host = rng.choice(hosts)
        peer = '2a00:1::%x' % rng.randrange(1, 90) if ':' in host else '203.0.113.%d' % rng.randrange(1, 255)
        yield (START + rng.randrange(20 * 86400) + rng.randrange(1000) / 1000, host, rng.choice((22, 25, 80, 443)), peer, rng.randrange(1024, 65000),
               rng.random() < 0.9)


def zeek_line(c):
    seconds, host, port, peer, peer_port, answered = c
    return '\t'.join(['%.6f' % seconds, 'C', peer, str(peer_port), host, str(port), 'tcp', '-', '0.1', '1', '1', 'SF' if answered else 'S0',
                      'ShADadFf' if answered else 'S'])


def put(check, name, lines):
    with open(check.path(name), 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')
    return check.path(name)


def as_capture(check, chosen):
    traffic = Traffic(0)
    for seconds, host, port, peer, peer_port, answered in chosen:
        if answered:
            traffic.now = round(seconds * 1000) * SECOND // 1000
            traffic.synack(host, port, peer, peer_port)
    return write(check.path('frames.pcap'), pcap(traffic.frames))


def check_zeek(check, all_of_them):
    frames, records, store = check.store(), check.store(), check.store()
    frames.read(as_capture(check, all_of_them))
    said = records.read(put(check, 'conn.log', ZEEK + [zeek_line(c) for c in all_of_them])).stdout
    answered = sum(c[5] for c in all_of_them)
    check.has_words('the account', said, 'Zeek', '4,000 records', '{:,} of them of a SYN+ACK'.format(answered))
    check.equal('the list is that of frames', records.list(), frames.list())
    check.equal('so are the records', records.records(), frames.records())
    check.has_words('again', records.read(check.path('conn.log')).stdout, 'nothing new')
    part = put(check, 'growing.log', ZEEK + [zeek_line(c) for c in all_of_them[:1500]])
    store.read(part)
    put(check, 'growing.log', ZEEK + [zeek_line(c) for c in all_of_them])
    check.has_words('grown', store.read(part).stdout, 'has grown')
    check.equal('grown: the list', store.list(), frames.list())
    return frames


def check_networks(check, all_of_them, frames):
    """Read under fewer networks first: the second reading takes its place."""
    store = check.store()
    store.read(check.path('conn.log'), nets=NETS[:1])
    said = store.read(check.path('conn.log'), nets=NETS)
    check.has_words('more networks', said.stderr, 'takes its place')
    check.equal('more networks: the list', store.list(), frames.list())


def check_pipe(check, frames):
    for command in ('cat', 'head -c 100000000'):
        store = check.store()
        with os.popen('%s %s' % (command, check.path('conn.log'))) as pipe:
            store.read('-', stdin=pipe)
        check.equal('from a pipe: ' + command, store.list(), frames.list())
    store = check.store()
    with open(check.path('conn.log'), 'rb') as f:
        store.read('-', stdin=f)
    check.equal('from a file as standard input', store.list(), frames.list())
    store = check.store()
    with os.popen('cat ' + check.path('frames.pcap')) as pipe:
        store.read('-', stdin=pipe)
    check.equal('a capture from a pipe is one still', store.list(), frames.list())


def check_six(check, all_of_them, frames):
    header = 'date,hour,saddr,sport,daddr,dport'
    rows = [','.join(['%d' % (1 + (int(s) - START) // 86400), '%02d' % (int(s) % 86400 // 3600), host, str(port), peer, str(peer_port)])
            for s, host, port, peer, peer_port, answered in all_of_them if answered and host != '198.51.100.9']
    path, store = put(check, 'six.csv', [header] + rows), check.store()
    said = store.read(path, status=2, more=['--timezone', 'UTC'])
    check.has_words('which month', said.stderr, 'six.csv', '--month')
    said = store.read(path, more=['--timezone', 'UTC', '--month', '2019-01'])
    check.has_words('hours only', said.stderr, 'hours')
    check.equal('six fields: packets', store.packets(), frames.packets())
    counts = lambda s: {k: (r['peers'], r['days']) for k, r in s.rows().items()}
    check.equal('six fields: peers and days', counts(store), counts(frames))
    exported = check.call('export', '--store', store.dir, '--records', '--timezone', 'UTC').stdout.splitlines()
    check.equal('they come out as they went in', sorted(exported[1:]), sorted('2019-01-%02d,' % int(r.split(',')[0]) + r.split(',', 1)[1] for r in rows))
    for word in ('2019', '2019-13', 'January', '2019-01-01'):
        check.has_words('no month', check.run('read', '--store', store.dir, '--month', word, path, status=2).stderr, word)


def check_mistakes(check, all_of_them):
    lines = ZEEK + [zeek_line(c) for c in all_of_them[:10] if c[5]]
    lines[8] = '\t'.join(['x'] + lines[8].split('\t')[1:])
    store = check.store()
    said = store.read(put(check, 'bad.log', lines), status=2)
    check.has_words('a line that cannot be read is named', said.stderr, 'bad.log', '1 lines cannot be read', 'line 9', '"x"')
    check.equal('all others are in', sum(store.packets().values()) > 0, True)
    said = check.store().read(put(check, 'no.txt', ['hello', 'world']), status=2).stderr
    check.has_words('neither a capture nor records', said, 'no.txt', 'not a capture')


def main():
    check = Check()
    all_of_them = sorted(connections(check))
    frames = check_zeek(check, all_of_them)
    check_networks(check, all_of_them, frames)
    check_pipe(check, frames)
    check_six(check, all_of_them, frames)
    check_mistakes(check, all_of_them)
    check.end()


main()
