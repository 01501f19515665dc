#!/usr/bin/env python3
"""
A tap: each direction on an interface of its own. The marks need both in one order; what is held for that is not lost at the end.
usage: check_watch_tap.py SEKIMORI DRIVER
"""
import sys

from harness import Check
from lines import Cables, Sensor, SYN, SYNACK, tcp_frame

driver = sys.argv[2]
OURS, THEIRS, HELD = '192.0.2.7', '198.51.100.9', '192.0.2.8'
check = Check()
cables = Cables(['tapin', 'tapout'])
store = check.store()
sensor = Sensor(check, cables, store, '--driver', driver, interfaces=['tapin', 'tapout'])
check.holds('it watches', sensor.ready(), sensor.said())
N = 50
for i in range(N):
    # Ours calls out, and is answered with a SYN of the other's own (split handshake): what ours then sends is no service.
    cables.push('tapout', [tcp_frame(OURS, 2000 + i, THEIRS, 80, SYN)])
    cables.push('tapin', [tcp_frame(THEIRS, 80, OURS, 2000 + i, SYN)])
    cables.push('tapout', [tcp_frame(OURS, 2000 + i, THEIRS, 80, SYNACK)])
    # And a connection as usual.
    cables.push('tapin', [tcp_frame(THEIRS, 4000 + i, OURS, 443, SYN)])
    cables.push('tapout', [tcp_frame(OURS, 443, THEIRS, 4000 + i, SYNACK)])
check.holds('it sees', sensor.until_page(lambda p: p['sightings'] == 2 * N, 'all of both'))
# Held for the other line, which is silent, when it is told to stop.
cables.push('tapout', [tcp_frame(HELD, 22, THEIRS, 5000 + i, SYNACK) for i in range(N)])
check.equal('it ends well', sensor.stop(), 0, sensor.said())
rows = store.rows()
check.equal('the service', (rows.get((OURS, 443), {}).get('packets'), rows.get((OURS, 443), {}).get('marks')), (N, ''))
check.equal('split handshakes', sum(r['packets'] for r in rows.values() if r['marks'] == 'split-handshake'), N)
check.equal('what was held', rows.get((HELD, 22), {}).get('packets'), N)
store.verify('in the end')
cables.end()
check.end()
