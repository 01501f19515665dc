#!/usr/bin/env python3
"""A network that was given by mistake is forgotten: its hosts are not shown any more, their records stay."""
import os

from harness import NETS, Check
from sessions import mixture
from traffic import Traffic, pcap, write

WRONG = '198.51.100.0/25'  # the peers'


def everything(check, store):
    """Records of the archive, shown or not."""
    return check.run('sql', '--store', store.dir, '--timezone', 'UTC',
                     'SELECT time, saddr, sport, daddr, dport FROM sighting ORDER BY 1, 2, 3, 4, 5').stdout


def forget(check, store, *words, status=0):
    return check.run('read', '--store', store.dir, *words, status=status)


def report(check, store):
    """Its figures and what it leaves out, but not when it was made."""
    said = check.run('report', '--store', store.dir, '--timezone', 'UTC', '--format', 'json', '2019-01').stdout
    return '\n'.join(line for line in said.splitlines() if not line.startswith(' "made": '))


def main():
    check = Check()
    t = Traffic()
    for i in range(20):
        t.synack('198.51.100.%d' % (1 + i % 5), 443, '203.0.113.%d' % (1 + i), 40000)  # not ours
    frames = sorted(mixture(check.random) + t.frames, key=lambda f: f[0])
    path = write(check.path('capture'), pcap(frames))
    right, store = check.store(), check.store()
    right.read(path)
    store.read(path, nets=NETS + (WRONG,))
    records = everything(check, store)
    check.holds('under the wrong network: more is shown', store.state() != right.state())
    expected, reported = right.state(), report(check, right)
    check.holds('under the wrong network: more is reported', report(check, store) != reported)

    done = forget(check, store, '--forget-net', '198.51.100.0/24', status=2)
    check.has_words('another network', done.stderr, 'does not remember 198.51.100.0/24', WRONG, NETS[0])
    done = forget(check, store, '--forget-net', '198.51.100.0/24', '--net', '203.0.113.0/24', status=2)
    check.has_words('another network, with a right one', done.stderr, 'does not remember 198.51.100.0/24', WRONG)
    done = forget(check, store, '--forget-net', '198.51.100.0/24', status=2)
    check.holds('a call that failed remembers nothing', '203.0.113.0/24' not in done.stderr, done.stderr)
    done = forget(check, store, '--forget-net', WRONG, path, status=2)
    check.has_words('with a file', done.stderr, 'without files')
    done = forget(check, store, '--net', WRONG, '--forget-net', WRONG, status=2)
    check.has_words('named and forgotten at once', done.stderr, 'take it out there first')
    config = write(check.path('sekimori.conf'), ('[site]\nnetworks = %s\n' % WRONG).encode())
    if 'inih' in os.environ.get('SEKIMORI_FEATURES', 'inih'):
        done = forget(check, store, '--config', config, '--forget-net', WRONG, status=2)
        check.has_words('in the configuration', done.stderr, WRONG, 'take it out there first')
    forget(check, store, '--forget-net', 'nonsense', status=2)
    forget(check, check.store(), '--forget-net', WRONG, status=2)

    done = forget(check, store, '--forget-net', WRONG)
    check.has_words('forgotten: says so', done.stdout, WRONG, 'stays in the archive')
    check.equal('forgotten: as if it had never been given', store.state(), expected)
    check.equal('forgotten: the records', everything(check, store), records)
    host = check.run('host', '--store', store.dir, '198.51.100.1').stdout
    check.has_words('forgotten: host', host, 'never seen answering')
    visible = check.run('sql', '--store', store.dir, "SELECT count(*) FROM sighting WHERE visible AND saddr LIKE '198.51.100.%'")
    check.equal('forgotten: visible in sql', visible.stdout.split()[-1], '0')
    store.verify('forgotten')
    check.equal('forgotten: report', report(check, store), reported)
    check.has_words('forgotten: its capture again', store.read(path, nets=()).stdout, 'nothing new')
    check.equal('forgotten: after another read', store.state(), expected)
    forget(check, store, '--forget-net', WRONG, status=2)

    # For one call, and for good.
    check.has_words('named for one call', check.run('list', '--store', store.dir, '--net', WRONG, '--include', 'all').stdout,
                    '198.51.100.1 ')
    check.equal('after that call', store.state(), expected)
    store.read(path, nets=(WRONG,))
    fresh = check.store()
    fresh.read(path, nets=NETS + (WRONG,))
    check.equal('named again', store.state(), fresh.state())

    # Where the catalogue is lost, manifests name the networks, and none says that one was forgotten.
    lost = check.store()
    lost.read(path, nets=NETS + (WRONG,))
    forget(check, lost, '--forget-net', WRONG)
    check.equal('before the catalogue is lost', lost.state(), expected)
    os.unlink(os.path.join(lost.dir, 'catalogue.sqlite'))
    check.equal('the catalogue is lost: it is back', lost.state(), fresh.state())
    forget(check, lost, '--forget-net', WRONG, status=2)
    lost.read(path, nets=())  # remembers what the manifests named
    forget(check, lost, '--forget-net', WRONG)
    check.equal('the catalogue is lost: forgotten once more', lost.state(), expected)

    # The last one, and its right place taken in the same call.
    only = check.store()
    only.read(path, nets=(WRONG,))
    done = forget(check, only, '--forget-net', WRONG, status=2)
    check.has_words('the last one', done.stderr, 'the only network')
    check.holds('the last one: still there', '198.51.100.1' in only.list(), only.list())
    forget(check, only, '--net', NETS[0], '--net', NETS[1], '--forget-net', WRONG)
    check.equal('the last one, for others', only.packets(), {})
    only.read(path, nets=())
    check.equal('the last one, for others, read', only.state(), expected)
    only.verify('the last one, for others')
    check.end()


main()
