#!/usr/bin/env python3
"""The shipped capture: what is listed is what its clients reached, and nothing else. See lab/README.md."""
import os

from harness import Check, ROOT

LAB = os.path.join(ROOT, 'lab')
FTP_DATA = 15
SERVICES = 87
ALL = 102


def pairs(name):
    with open(os.path.join(LAB, name)) as f:
        lines = [line.split(',') for line in f.read().split()]
    return {(address, int(port)) for address, port in lines}


check = Check()
store = check.store()
done = store.read(os.path.join(LAB, 'campus.pcap.zst'), more=['--format', 'csv'])
verdicts = dict(line.split(',') for line in done.stdout.split()[1:])
check.equal('frames', sum(int(n) for n in verdicts.values()), 2412)
check.equal('sightings', verdicts['sighting'], str(ALL))
check.equal('SYN+ACKs that come in', verdicts['foreign-syn-ack'], '25')
check.equal('nothing to warn of', done.stderr, '')

listed, reached, opened = store.packets(include=''), pairs('campus.reached'), pairs('campus.open')
check.equal('what is listed and not reached', sorted(set(listed) - reached), [])
check.equal('what was reached and is not listed', sorted(reached - set(listed)), [])
check.equal('what is listed and not open', sorted(set(listed) - opened), [])
check.equal('packets of services', sum(listed.values()), SERVICES)
check.equal('IPv6 services', sum(':' in a for a, _ in listed), 14)
check.equal('services behind a VLAN tag', sum(a in ('192.0.2.82', '2001:db8:1:5::82') for a, _ in listed), 5)

everything = store.rows()
more = set(everything) - set(listed)
check.equal('packets, all', sum(r['packets'] for r in everything.values()), ALL)
check.equal('packets of what is left out', sum(everything[k]['packets'] for k in more), FTP_DATA)
check.equal('marks of what is left out', {everything[k]['marks'] for k in more}, {'ftp-data'})
check.equal('whose data connections', {a for a, _ in more},
            {'192.0.2.66', '2001:db8:1:4::66', '192.0.2.98', '2001:db8:1:6::98'})
check.equal('the server listens in its range', {30000 <= p < 30100 for a, p in more if a.endswith('66')}, {True})
check.equal('a service keeps its packets with all marks', {k: everything[k]['packets'] for k in listed}, listed)
check.equal('FTP data alone', set(store.packets(include='ftp-data')), set(everything))
check.equal('the retransmitted SYN+ACKs', [listed[k] for k in (('192.0.2.50', 53), ('2001:db8:1:3::50', 53))], [5, 3])
store.verify('the lab')
check.end()
