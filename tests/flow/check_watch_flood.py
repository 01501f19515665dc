#!/usr/bin/env python3
"""
A flood of SYN+ACKs to ever new peers beside a service that is used a little: what is beyond the bounds is counted, its peers
estimated and marked, the other service is exact, memory bounded, also after a kill. usage: check_watch_flood.py SEKIMORI
"""
import json
import signal
import struct

from harness import Check, has, sanitized, skip
from lines import Cables, Sensor, SYNACK, tcp_frame, until

if not has('inih'):
    skip('this build reads no configuration file, which sets the memory')
OURS, OTHER = '192.0.2.7', '192.0.2.8'
N = 150000       # of the flood
WHOLE = 65536    # of them are written down, with 64 MiB: flood_settings_for
QUIET = 40
check = Check()
cables = Cables(['eth7'])
store = check.store()
config = check.path('flood.conf')
with open(config, 'w') as f:
    f.write('[site]\nnetworks = 192.0.2.0/24\n[sensor]\nmemory = 64M\n')


def flood(first, n):
    """Each to a peer of its own."""
    head = bytearray(tcp_frame(OURS, 443, '198.51.100.1', 40000, SYNACK))
    for i in range(first, first + n):
        head[30:34] = struct.pack('>I', 0x0b000000 + i)  # 11.0.0.0 and up
        yield bytes(head)


def quiet(first, n):
    return [tcp_frame(OTHER, 22, '198.18.0.%d' % i, 5000, SYNACK) for i in range(first, first + n)]


sensor = Sensor(check, cables, store, '--driver', 'af_packet', '--config', config, nets=(), interfaces=['eth7'])
check.holds('it watches', sensor.ready(), sensor.said())
sent = 0
for piece in range(10):
    cables.push('eth7', flood(sent, N // 10))
    sent += N // 10
    cables.push('eth7', quiet(piece * QUIET // 10, QUIET // 10))
    # Not faster than it is taken: what is lost on the way is another test's.
    check.holds('piece %d is seen' % piece, sensor.until_page(
        lambda p: p['sightings'] >= sent + (piece + 1) * QUIET // 10, 'piece %d' % piece))
check.holds('all of it is on disk', sensor.on_disk())
page = sensor.page()
check.equal('nothing is lost on the way', [(i['lost'], i['missed']) for i in page['interfaces']], [(0, 0)])
check.holds('status tells of the flood', page.get('floods'), page)
check.equal('for monitors', check.call('status', '--check', '--store', store.dir).returncode, 1)
with open('/proc/%d/status' % page['pid']) as f:
    peak = next(int(line.split()[1]) for line in f if line.startswith('VmHWM'))
if not sanitized():
    check.holds('memory stays within 128 MiB', peak < 128 << 10, '%d kB' % peak)


def look(what):
    rows = store.rows(include='')
    flooded, other = rows.get((OURS, 443), {}), rows.get((OTHER, 22), {})
    check.equal(what + ': the quiet service is exact', (other.get('packets'), other.get('peers'), other.get('peers_estimated')),
                (QUIET, QUIET, None))
    check.equal(what + ': packets of the flood', flooded.get('packets'), N)
    check.equal(what + ': its peers are marked', flooded.get('peers_estimated'), True)
    check.holds(what + ': they are near', abs(flooded.get('peers', 0) - N) < N / 8, flooded)
    told = json.loads(check.run('sql', '--store', store.dir, '--format', 'json', 'SELECT sum(packets) AS n FROM flood').stdout)
    check.equal(what + ': only counted', told[0]['n'], N - WHOLE)


look('while it watches')
until(lambda: sensor.page()['journal']['durable_ns'] > page['now_ns'], 'another group')
sensor.signal(signal.SIGKILL)
sensor.process.wait()
look('killed')
sensor = Sensor(check, cables, store, '--driver', 'af_packet', '--config', config, nets=(), interfaces=['eth7'])
check.holds('the next one watches', sensor.ready(), sensor.said())
check.equal('it ends well', sensor.stop(), 0, sensor.said())
look('as a batch')
store.verify('after a flood')
print('%d kB at most' % peak)
cables.end()
check.end()
